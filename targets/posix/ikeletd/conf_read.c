/* SPDX-License-Identifier: MIT */
/*
 * libconfuse ends at the first word that it does not know. To name every mistake, the line of one
 * is blanked, or the section that begins there, and the rest is parsed again, until nothing more is
 * found. It does not mind if the file ends within a section, takes a quote that is not closed up to
 * the next one, and does not count the lines of a comment in slashes and asterisks: so the text is
 * looked through before, and has no comments when libconfuse sees it.
 */
#include "conf_read.h"

#include <stdlib.h>
#include <string.h>

#include "conf_hint.h"
#include "conf_lex.h"
#include "lines.h"

#define ROUNDS_MAX 20 /* of parsing again */
#define DEPTH_MAX 16  /* of sections whose beginnings are remembered */

static struct conf_text *parsing; /* libconfuse's callbacks have no context of their own */

static bool note_place(struct conf_text *t, const cfg_t *section, const char *word, unsigned line)
{
    for (unsigned i = t->places_n; i-- > 0 && t->places[i].section == section;)
        if (strcmp(t->places[i].word, word) == 0) {
            mistakes_add(t->mistakes, t->file, line, "%s is given twice", word);
            return true;
        }
    if (t->places_n == t->places_cap) {
        unsigned cap = t->places_cap * 2 + 64;
        struct conf_place *more = realloc(t->places, cap * sizeof *more);
        if (more == NULL)
            return false;
        t->places = more;
        t->places_cap = cap;
    }
    t->places[t->places_n++] = (struct conf_place){section, word, line};
    return true;
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    *(const char **)result = value;
    return note_place(parsing, cfg, opt->name, (unsigned)cfg->line) ? 0 : -1;
}

static void no_such_word(const cfg_t *section, const char *word)
{
    const char *where =
        section->name != NULL && strcmp(section->name, "root") != 0 ? section->name : "the file";
    char hint[160];
    conf_hint(parsing->root, word, hint, sizeof hint);
    mistakes_add(parsing->mistakes, parsing->file, parsing->noted_line,
                 "there is no word \"%s\" in %s%s", word, where, hint);
}

/* It says so where the file is cut off between two words; within a section that is told already. */
static void premature_end(void)
{
    if (!parsing->broken)
        mistakes_add(parsing->mistakes, parsing->file, parsing->noted_line,
                     "the file ends in the middle of this");
    parsing->broken = true;
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    char text[200];
    vsnprintf(text, sizeof text, format, args);
    parsing->noted = true;
    parsing->noted_line = (unsigned)cfg->line;
    char *quoted = strstr(text, "no such option '");
    if (quoted != NULL) {
        char *word = quoted + strlen("no such option '");
        word[strcspn(word, "'")] = '\0';
        no_such_word(cfg, word);
    } else if (strstr(text, "premature end of file") != NULL) {
        premature_end();
    } else {
        parsing->broken = true;
        mistakes_add(parsing->mistakes, parsing->file, parsing->noted_line, "%s", text);
    }
}

#define WORD(name) CFG_STR_CB(name, NULL, CFGF_NODEFAULT, on_value)

static cfg_t *begin(struct conf_text *t)
{
    static cfg_opt_t child[] = {WORD("local_ts"), WORD("remote_ts"), WORD("esp"),    WORD("ah"),
                                WORD("tfc"),      WORD("tfc_align"), WORD("dummy"),  WORD("mode"),
                                WORD("start"),    WORD("rekey"),     WORD("replay"), WORD("pfp"),
                                CFG_END()};
    static cfg_opt_t connection[] = {
        WORD("remote"),
        WORD("remotes"),
        WORD("local"),
        WORD("id"),
        WORD("remote_id"),
        WORD("ike"),
        WORD("unique"),
        WORD("encap"),
        WORD("resumption"),
        WORD("nat_detection"),
        WORD("idr"),
        WORD("ike_rekey"),
        WORD("reauth"),
        WORD("ppk"),
        WORD("ppk_required"),
        WORD("rekey"),
        WORD("dpd"),
        WORD("local_ts"),
        WORD("remote_ts"),
        WORD("esp"),
        WORD("ah"),
        WORD("tfc"),
        WORD("tfc_align"),
        WORD("dummy"),
        WORD("mode"),
        WORD("start"),
        WORD("replay"),
        WORD("pfp"),
        WORD("childless"),
        WORD("fragment"),
        WORD("probe"),
        CFG_SEC("child", child, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END()};
    static cfg_opt_t daemon[] = {
        WORD("user"),    WORD("group"),        WORD("control"), WORD("secrets"), WORD("metrics"),
        WORD("keylog"),  WORD("pcap"),         WORD("local"),   WORD("log"),     WORD("ike_sas"),
        WORD("workers"), WORD("cookie_above"), WORD("timeout"), WORD("crypto"),  WORD("audit"),
        WORD("updown"),  WORD("tickets"),      CFG_END()};
    static cfg_opt_t tun[] = {WORD("name"),    WORD("mtu"),       WORD("address"), WORD("routes"),
                              WORD("offload"), WORD("mss_clamp"), CFG_END()};
    static cfg_opt_t manual[] = {
        WORD("local"),   WORD("remote"), WORD("local_ts"), WORD("remote_ts"), WORD("esp"),
        WORD("ah"),      WORD("mode"),   WORD("encap"),    WORD("replay"),    WORD("spi_in"),
        WORD("spi_out"), WORD("fresh"),  WORD("sent"),     WORD("received"),  CFG_END()};
    static cfg_opt_t all[] = {
        CFG_SEC("daemon", daemon, CFGF_NONE), CFG_SEC("tun", tun, CFGF_NONE),
        CFG_SEC("connection", connection, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("manual", manual, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END()};
    cfg_t *cfg = cfg_init(all, CFGF_NONE);
    if (cfg != NULL) {
        cfg_set_error_function(cfg, on_error);
        t->places_n = 0;
        t->noted = false;
    }
    return cfg;
}

/* ---- before libconfuse sees it --------------------------------------------------------------- */

static void blank(char *from, const char *to)
{
    for (; from < to; from++)
        if (*from != '\n')
            *from = ' ';
}

static char *line_of(char *text, unsigned line)
{
    for (; line > 1 && *text != '\0'; line--)
        text += strcspn(text, "\n") + (strchr(text, '\n') != NULL);
    return text;
}

/* A line, with those behind it up to the brace that closes what it opens. */
static void blank_from(char *text, unsigned line)
{
    struct conf_lex l = {.at = line_of(text, line), .next_line = line};
    char *begin = l.at;
    enum conf_token kind;
    int open = 0;
    do {
        kind = conf_lex_next(&l);
        bool quoted_brace = kind >= CONF_UNCLOSED_QUOTES && l.at[-1] == '{';
        open += kind == CONF_OPEN || quoted_brace ? 1 : kind == CONF_CLOSE ? -1 : 0;
    } while (kind != CONF_END && (kind != CONF_LINE || open > 0));
    blank(begin, l.at);
}

static void not_closed(struct conf_text *t, char *text, struct conf_lex *l, enum conf_token kind)
{
    static const char *const words[] = {
        [CONF_UNCLOSED_COMMENT] = "the file ends within the comment that begins here",
        [CONF_UNCLOSED_QUOTES] = "the quotes that begin here are not closed in this line",
        [CONF_UNCLOSED_VARIABLE] = "\"${\" is not closed by a brace in this line"};
    mistakes_add(t->mistakes, t->file, l->line, "%s", words[kind]);
    t->broken = true;
    if (kind == CONF_UNCLOSED_COMMENT)
        return;
    blank_from(text, l->line);
    l->at = line_of(text, l->line);
    l->next_line = l->line;
}

/* Where we are in the file: sections that are open, and the words before a brace. */
struct nesting {
    struct opened {
        char *name;
        size_t len;
        unsigned line;
    } of[DEPTH_MAX];
    unsigned depth;
    struct opened words; /* the first since the last brace or value */
    bool value_next;
};

static void nest(struct nesting *n, const struct conf_lex *l, enum conf_token kind)
{
    if (kind == CONF_WORD && n->value_next) {
        n->words.name = NULL;
        n->value_next = false;
    } else if (kind == CONF_WORD && n->words.name == NULL) {
        n->words = (struct opened){l->token, (size_t)(l->at - l->token), l->line};
    } else if (kind == CONF_SIGN) {
        n->value_next = true;
    } else if (kind == CONF_OPEN) {
        if (n->depth < DEPTH_MAX)
            n->of[n->depth] = n->words.name != NULL ? n->words : (struct opened){NULL, 0, l->line};
        n->depth++;
    } else if (kind == CONF_CLOSE && n->depth > 0) {
        n->depth--;
    }
    if (kind == CONF_OPEN || kind == CONF_CLOSE) {
        n->words.name = NULL;
        n->value_next = false;
    }
}

static void not_ended(struct conf_text *t, const struct nesting *n, unsigned line)
{
    unsigned last = n->depth <= DEPTH_MAX ? n->depth - 1 : DEPTH_MAX - 1;
    const struct opened *in = &n->of[last];
    t->broken = true;
    mistakes_add(t->mistakes, t->file, line,
                 "the file ends within the %.*s of line %u: a closing brace is missing",
                 in->name != NULL && in->len < 40 ? (int)in->len : 7,
                 in->name != NULL && in->len < 40 ? in->name : "section", in->line);
}

static void look_through(struct conf_text *t, char *text)
{
    struct conf_lex l = {.at = text, .next_line = 1};
    struct nesting n = {0};
    enum conf_token kind;
    unsigned last = 1; /* line in which anything stands */
    bool in_comment = false;
    while ((kind = conf_lex_next(&l)) != CONF_END) {
        if (kind >= CONF_UNCLOSED_COMMENT)
            not_closed(t, text, &l, kind);
        else if (kind != CONF_COMMENT)
            nest(&n, &l, kind);
        if (kind == CONF_COMMENT || kind == CONF_UNCLOSED_COMMENT)
            blank(l.token, l.at);
        in_comment = kind == CONF_UNCLOSED_COMMENT;
        if (kind != CONF_LINE && kind != CONF_SPACE)
            last = l.line;
    }
    if (n.depth > 0 && !in_comment)
        not_ended(t, &n, last);
}

/* libconfuse has a limit for what stands between quotes, none for the file; a zero would end it. */
static bool is_text(const char *text, size_t len, const char *file, struct mistakes *m)
{
    unsigned line = 1;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < ' ' && strchr("\t\r\n", text[i]) == NULL) {
            mistakes_add(m, file, line, "is no text: octet 0x%02x", (unsigned)text[i] & 0xff);
            return false;
        }
        line += text[i] == '\n';
    }
    return true;
}

static bool parse(struct conf_text *t, char *text)
{
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        if (t->root != NULL)
            cfg_free(t->root);
        t->root = begin(t);
        parsing = t;
        if (t->root == NULL || cfg_parse_buf(t->root, text) == CFG_SUCCESS)
            break;
        if (!t->noted)
            mistakes_add(t->mistakes, t->file, (unsigned)t->root->line, "cannot be parsed");
        blank_from(text, t->noted ? t->noted_line : (unsigned)t->root->line);
    }
    return t->root != NULL;
}

bool conf_text_read(struct conf_text *t, const char *file, struct mistakes *m)
{
    size_t len;
    memset(t, 0, sizeof *t);
    t->file = file;
    t->mistakes = m;
    char *text = lines_read(file, &len, m);
    if (text == NULL)
        return false;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        memset(text, ' ', 3);
    if (is_text(text, len, file, m)) {
        look_through(t, text);
        (void)parse(t, text);
    }
    lines_forget(text, len);
    return m->n == 0;
}

void conf_text_free(struct conf_text *t)
{
    if (t->root != NULL)
        cfg_free(t->root);
    free(t->places);
    memset(t, 0, sizeof *t);
}

const char *conf_text_get(const struct conf_text *t, cfg_t *section, const char *word,
                          unsigned *line)
{
    for (unsigned i = 0; i < t->places_n; i++)
        if (t->places[i].section == section && strcmp(t->places[i].word, word) == 0) {
            *line = t->places[i].line;
            return cfg_getstr(section, word);
        }
    return NULL;
}

unsigned conf_text_line(const struct conf_text *t, const cfg_t *section)
{
    unsigned line = (unsigned)section->line;
    for (unsigned i = 0; i < t->places_n; i++)
        if (t->places[i].section == section && t->places[i].line < line)
            line = t->places[i].line;
    return line;
}
