/* SPDX-License-Identifier: MIT */
/* The file that people write: comments, quotes, and what is cut off anywhere. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "lines.h"

static const char *const examples[] = {"gateway.conf", "road-warrior.conf", "site-to-site.conf"};
#define EXAMPLES_N (sizeof examples / sizeof examples[0])

#define CONF P_tmpdir "/conf-of-test-XXXXXX"
#define REMOTES P_tmpdir "/remotes-of-test-XXXXXX"

static char file[] = CONF, list[] = REMOTES;

/* With a list of remotes that is here. */
static char *example(unsigned i)
{
    static const char remotes[] = "/etc/ikelet/remotes\"";
    char path[4096], *out;
    size_t len;
    struct mistakes m = {0};
    snprintf(path, sizeof path, "%s/%s", EXAMPLES, examples[i]);
    char *text = lines_read(path, &len, &m);
    cr_assert_not_null(text, "%s", path);
    char *at = strstr(text, remotes);
    if (at == NULL)
        return text;
    cr_assert(asprintf(&out, "%.*s%s%s", (int)(at - text), text, list, at + strlen(remotes) - 1) >
              0);
    free(text);
    return out;
}

/* The mistakes of a text. */
static bool read_text(const char *text, size_t len, struct mistakes *m)
{
    struct conf c;
    int fd = open(file, O_WRONLY | O_TRUNC);
    *m = (struct mistakes){0};
    cr_assert(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    close(fd);
    bool good = conf_read(&c, file, m);
    cr_assert_eq(good, m->n == 0);
    conf_free(&c);
    return good;
}

static void make(char *name, const char *pattern, const char *text)
{
    memcpy(name, pattern, strlen(pattern) + 1);
    int fd = mkstemp(name);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void begin(void)
{
    make(file, CONF, "");
    make(list, REMOTES, "laptop7@example.org 10.1.0.7/32\n");
}

static void end(void)
{
    unlink(file);
    unlink(list);
}

TestSuite(conf, .init = begin, .fini = end);

/* As the examples are written: the last line that is not empty and no comment is a brace alone. */
static bool ends_cleanly(const char *text, size_t len)
{
    bool clean = false;
    for (size_t at = 0; at < len;) {
        size_t line = strcspn(text + at, "\n");
        if (at + line > len)
            line = len - at;
        if (line > 0 && text[at] != '#')
            clean = text[at] == '}';
        at += line + 1;
    }
    return clean;
}

Test(conf, cut_off_anywhere)
{
    for (unsigned i = 0; i < EXAMPLES_N; i++) {
        char *text = example(i);
        size_t len = strlen(text), first = (size_t)(strstr(text, "\nconnection") - text);
        struct mistakes m;
        cr_assert(read_text(text, len, &m), "%s", m.list[0].text);
        for (size_t cut = 0; cut < len; cut++) {
            bool good = read_text(text, cut, &m);
            cr_expect_eq(good, cut > first + 1 && ends_cleanly(text, cut), "%s, %zu octets: %s",
                         examples[i], cut, m.n > 0 ? m.list[0].text : "taken");
            cr_expect(m.n <= 2 && m.more == 0, "%s, %zu octets: %u mistakes", examples[i], cut,
                      m.n);
            mistakes_free(&m);
        }
        free(text);
    }
}

/* Before each line of each example; a mistake behind it has its own line all the same. */
static void mistake_behind(const char *text, const char *comment)
{
    unsigned lines = 0;
    struct mistakes m;
    const char *last = strrchr(text, '}');
    for (const char *at = text; at <= last; at += strcspn(at, "\n") + 1) {
        char *whole;
        unsigned line = 1;
        cr_assert(asprintf(&whole, "%.*s%s%.*sflavour = 1\n}\n", (int)(at - text), text, comment,
                           (int)(last - at), at) > 0);
        for (const char *p = whole; p < strstr(whole, "flavour"); p++)
            line += *p == '\n';
        cr_expect_not(read_text(whole, strlen(whole), &m));
        cr_expect(m.n == 1 && m.list[0].line == line, "after %u lines, %s: %u mistakes, %u: %s",
                  lines, comment, m.n, m.list[0].line, m.list[0].text);
        mistakes_free(&m);
        free(whole);
        lines++;
    }
}

Test(conf, comments_have_lines)
{
    static const char *const comments[] = {
        "",
        "# one \"line' } /*\n",
        "#\n",
        "  // another /* { \"\n",
        "//no space\n",
        "////\n",
        "/* short */",
        "/* alone */\n",
        "/**/\n\n\n",
        "/* of\n * three # // ' \"\n * lines } */\n\n",
        "/*\n\n\n*/  /***\n**/ # and more\n",
        "\n\n \t\n",
    };
    for (unsigned i = 0; i < EXAMPLES_N; i++) {
        char *text = example(i);
        for (unsigned k = 0; k < sizeof comments / sizeof comments[0]; k++)
            mistake_behind(text, comments[k]);
        free(text);
    }
}

static void expect(const char *text, unsigned line, const char *says)
{
    struct mistakes m;
    cr_expect_not(read_text(text, strlen(text), &m), "%s", text);
    cr_expect(m.n == 1 && m.list[0].line == line && strstr(m.list[0].text, says) != NULL,
              "%s: %u mistakes, %u: %s", text, m.n, m.list[0].line, m.list[0].text);
    mistakes_free(&m);
}

static void expect_good(const char *text)
{
    struct mistakes m;
    cr_expect(read_text(text, strlen(text), &m), "%s: %u: %s", text, m.list[0].line,
              m.list[0].text);
    mistakes_free(&m);
}

#define GOOD "connection z {\nremote = 192.0.2.9\n}\n"

Test(conf, what_is_not_closed)
{
    expect(GOOD "/* no end\n}\n", 4, "the file ends within the comment that begins here");
    expect("connection a {\nremote = 192.0.2.1\n/* no end\n}\n", 3, "within the comment");
    expect("connection a {\nremote = \"192.0.2.1\nid = \"b\"\n}\n" GOOD, 2,
           "quotes that begin here");
    expect("connection a {\nremote = '192.0.2.1\n}\n" GOOD, 2, "quotes that begin here");
    expect("connection \"a {\nremote = 192.0.2.1\n}\n" GOOD, 1, "quotes that begin here");
    expect("connection a {\nremote = ${REMOTE\n}\n" GOOD, 2, "\"${\" is not closed");
    expect("connection a {\nremote = \"${REMOTE\"\n}\n" GOOD, 2, "\"${\" is not closed");
    expect("connection a {\nremote = 192.0.2.1", 2,
           "the file ends within the connection of line 1");
    expect("connection a { remote = 192.0.2.1\nchild b {\n}\n\n", 3, "the connection of line 1");
    expect("connection a {\nremote = 192.0.2.1\nchild b {\n", 3, "the child of line 3");
    expect(GOOD "connection", 4, "the file ends in the middle of this");
    expect(GOOD "connection a", 4, "the file ends in the middle of this");
}

/* What a text of theirs says has no meaning for us. */
Test(conf, words_in_quotes)
{
    expect_good("connection \"end_of_file\" {\nremote = 192.0.2.1\nid = end_of_file\n}\n");
    expect_good("connection a {\nremote = 192.0.2.1\nid = \"keyid:{ # // /* \\\" ' }\"\n}\n");
    expect_good("connection a {\nremote = 192.0.2.1\nid = 'keyid:{ # // /* \" \\' }'\n}\n");
    expect_good("connection a {\nremote = 192.0.2.1\nesp = \"aes128gcm16,\\\naes256gcm16\"\n}\n");
    expect_good("connection a { remote = 192.0.2.1 // x\n local_ts = 10.1.0.0/16/* y */}");
    expect("end_of_file {\n}\n" GOOD, 1, "there is no word \"end_of_file\"");
    expect("connection a {\nremote = 192.0.2.1\nesp = \"aes128gcm16,\\\naes256gcm16\"\nx = 1\n}\n",
           5, "there is no word \"x\"");
}

/* What was wrong with one file says nothing about the next one. */
Test(conf, the_next_file)
{
    static const char *const bad[] = {"connection a {\nid = \"\\400\"\n}\n",
                                      "connection a {\nid = \"",
                                      "connection a {\nid = \"\\9\"\n}\n", "/*", "'"};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mistakes m;
        cr_expect_not(read_text(bad[i], strlen(bad[i]), &m));
        mistakes_free(&m);
        expect_good(GOOD);
    }
}
