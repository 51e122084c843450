/* SPDX-License-Identifier: MIT */
#include "conf_lex.h"

#include <string.h>

#define SPACES " \t\r"
#define SIGNS "=(),+"
#define NO_WORD SPACES SIGNS "\n#\"'{}"

static enum conf_token rest_of_line(struct conf_lex *l, enum conf_token kind)
{
    l->at += strcspn(l->at, "\n");
    return kind;
}

static enum conf_token take_comment(struct conf_lex *l)
{
    char *end = strstr(l->at + 2, "*/");
    l->at = end != NULL ? end + 2 : l->at + strlen(l->at);
    for (const char *p = l->token; p < l->at; p++)
        l->next_line += *p == '\n';
    return end != NULL ? CONF_COMMENT : CONF_UNCLOSED_COMMENT;
}

/* ${NAME}: libconfuse takes all up to a brace, be it in the next section. */
static enum conf_token take_variable(struct conf_lex *l)
{
    char *end = l->at + strcspn(l->at, "}\n");
    if (*end != '}')
        return rest_of_line(l, CONF_UNCLOSED_VARIABLE);
    l->at = end + 1;
    return CONF_WORD;
}

/* A backslash takes the meaning from what follows; from the end of the line, too. */
static enum conf_token take_quotes(struct conf_lex *l)
{
    char quote = *l->at++;
    while (*l->at != quote) {
        if (*l->at == '\0' || *l->at == '\n')
            return CONF_UNCLOSED_QUOTES;
        if (quote == '"' && strncmp(l->at, "${", 2) == 0) {
            if (take_variable(l) != CONF_WORD)
                return CONF_UNCLOSED_VARIABLE;
            continue;
        }
        if (l->at[0] == '\\' && l->at[1] != '\0')
            l->next_line += *++l->at == '\n';
        l->at++;
    }
    l->at++;
    return CONF_WORD;
}

static enum conf_token take_word(struct conf_lex *l)
{
    while (*l->at != '\0' && strchr(NO_WORD, *l->at) == NULL && strncmp(l->at, "/*", 2) != 0)
        l->at++;
    return CONF_WORD;
}

static enum conf_token take_sign(struct conf_lex *l)
{
    char c = *l->at++;
    l->next_line += c == '\n';
    return c == '\n' ? CONF_LINE : c == '{' ? CONF_OPEN : c == '}' ? CONF_CLOSE : CONF_SIGN;
}

enum conf_token conf_lex_next(struct conf_lex *l)
{
    size_t spaces = strspn(l->at, SPACES);
    l->token = l->at;
    l->line = l->next_line;
    if (*l->at == '\0')
        return CONF_END;
    l->at += spaces;
    if (spaces > 0)
        return CONF_SPACE;
    if (*l->at == '#' || strncmp(l->at, "//", 2) == 0)
        return rest_of_line(l, CONF_COMMENT);
    if (strncmp(l->at, "/*", 2) == 0)
        return take_comment(l);
    if (strncmp(l->at, "${", 2) == 0)
        return take_variable(l);
    if (*l->at == '"' || *l->at == '\'')
        return take_quotes(l);
    return strchr("\n{}" SIGNS, *l->at) != NULL ? take_sign(l) : take_word(l);
}
