/* SPDX-License-Identifier: MIT */
/*
 * libconfuse ends at the first word that it does not know. To name every mistake, the line of one
 * is blanked, or the section that begins there, and the rest is parsed again, until nothing more is
 * found. It does not mind if the file ends within a section: a section of ours behind it does. It
 * stands there twice, for the first one may be taken for a title.
 */
#include "conf_read.h"

#include <stdlib.h>
#include <string.h>

#include "lines.h"

#define ROUNDS_MAX 20 /* of parsing again */
#define END "end_of_file"

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
    const char *why = strcmp(word, "pool") == 0 || strcmp(word, "vips") == 0
                          ? ": it needs configuration payloads, which ikeletd has not yet; give "
                            "inner addresses by tun.address, remote_ts and remotes"
                          : "";
    bool end = strcmp(word, END) == 0;
    parsing->broken = parsing->broken || end;
    if (end)
        mistakes_add(parsing->mistakes, parsing->file, parsing->noted_line - 1,
                     "the file ends within %s: a closing brace is missing", where);
    else
        mistakes_add(parsing->mistakes, parsing->file, parsing->noted_line,
                     "there is no word \"%s\" in %s%s", word, where, why);
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
                                WORD("start"),    WORD("rekey"),     WORD("replay"), CFG_END()};
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
        WORD("childless"),
        WORD("fragment"),
        CFG_SEC("child", child, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_END()};
    static cfg_opt_t daemon[] = {
        WORD("user"),         WORD("group"),   WORD("control"), WORD("secrets"), WORD("metrics"),
        WORD("keylog"),       WORD("pcap"),    WORD("local"),   WORD("log"),     WORD("ike_sas"),
        WORD("cookie_above"), WORD("timeout"), WORD("crypto"),  WORD("audit"),   WORD("updown"),
        WORD("tickets"),      CFG_END()};
    static cfg_opt_t tun[] = {WORD("name"),    WORD("mtu"),       WORD("address"), WORD("routes"),
                              WORD("offload"), WORD("mss_clamp"), CFG_END()};
    static cfg_opt_t manual[] = {
        WORD("local"),   WORD("remote"), WORD("local_ts"), WORD("remote_ts"), WORD("esp"),
        WORD("ah"),      WORD("mode"),   WORD("encap"),    WORD("replay"),    WORD("spi_in"),
        WORD("spi_out"), WORD("fresh"),  WORD("sent"),     WORD("received"),  CFG_END()};
    static cfg_opt_t end[] = {CFG_END()};
    static cfg_opt_t all[] = {
        CFG_SEC("daemon", daemon, CFGF_NONE),
        CFG_SEC("tun", tun, CFGF_NONE),
        CFG_SEC("connection", connection, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("manual", manual, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC(END, end, CFGF_NONE),
        CFG_END()};
    cfg_t *cfg = cfg_init(all, CFGF_NONE);
    if (cfg != NULL) {
        cfg_set_error_function(cfg, on_error);
        t->places_n = 0;
        t->noted = false;
    }
    return cfg;
}

/* With the lines behind it up to the brace that closes what it opens. */
static void blank_from(char *text, unsigned line)
{
    int open = 0;
    for (unsigned i = 1; i < line && text != NULL; i++) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, "\n");
        if (strncmp(text, END, strlen(END)) == 0 && open > 0)
            return;
        for (size_t i = 0; i < len; i++)
            open += text[i] == '{' ? 1 : text[i] == '}' ? -1 : 0;
        memset(text, ' ', len);
        text += len + (text[len] == '\n');
        if (open <= 0)
            return;
    }
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
    char *text = lines_read(file, false, &len, m), *whole;
    if (text == NULL)
        return false;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0) /* a byte order mark */
        memset(text, ' ', 3);
    const char *newline = len > 0 && text[len - 1] == '\n' ? "" : "\n";
    if (is_text(text, len, file, m) &&
        asprintf(&whole, "%s%s" END " {} " END " {}\n", text, newline) > 0) {
        (void)parse(t, whole);
        free(whole);
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
