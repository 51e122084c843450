/* SPDX-License-Identifier: MIT */
/* The file of post-quantum pre-shared keys: what it may hold, and one line for each mistake. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ppk.h"

static char name[] = "ppk-XXXXXX";

static bool reads(const char *text, struct ppk_list *list, char *err, size_t err_len)
{
    strncpy(name, "ppk-XXXXXX", sizeof name);
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    bool good = ppk_read(name, list, err, err_len);
    unlink(name);
    return good;
}

static void is(struct ik_span span, const char *wanted)
{
    cr_expect_eq(span.len, strlen(wanted));
    cr_expect_eq(memcmp(span.p, wanted, strlen(wanted)), 0);
}

Test(ppk_file, lines)
{
    struct ppk_list list;
    char err[300] = "";
    cr_assert(reads("# ours\n\nfirst: a key of words \r\n  second:0x6b6579\nthird:k", &list, err,
                    sizeof err),
              "%s", err);
    cr_assert_eq(list.n, 3);
    is(list.list[0].id, "first");
    is(list.list[0].key, "a key of words");
    is(list.list[1].id, "second");
    is(list.list[1].key, "key");
    is(list.list[2].key, "k");
    ppk_forget(&list);
    cr_assert_eq(list.n, 0);
    cr_assert_null(list.text);
}

static void refused(const char *text, const char *wanted)
{
    struct ppk_list list;
    char err[300] = "";
    cr_assert_not(reads(text, &list, err, sizeof err));
    cr_expect_not_null(strstr(err, wanted), "%s", err);
    cr_expect_null(strstr(err, "secret"), "the key is told: %s", err);
    cr_expect_eq(list.n, 0);
    cr_expect_null(list.text);
}

Test(ppk_file, mistakes)
{
    refused("", "there is no key");
    refused("# nothing\n", "there is no key");
    refused("secret\n", "line 1 is not \"IDENTITY: KEY\"");
    refused("a: k\n: secret\n", "line 2 has no identity");
    refused("a: \n", "line 1 has no key");
    refused("a: 0xsecret\n", "not pairs of hex digits");
    refused("a: 0x1\n", "not pairs of hex digits");
}

Test(ppk_file, too_many)
{
    char text[(PPKS_MAX + 1) * 5 + 1] = "";
    for (size_t i = 0; i + 5 < sizeof text; i += 5)
        memcpy(text + i, "a: k\n", 5);
    refused(text, "line 33 is one too many");
}

Test(ppk_file, not_there)
{
    struct ppk_list list;
    char err[300] = "";
    cr_assert_not(ppk_read("/nonexistent/ppk", &list, err, sizeof err));
    cr_expect_not_null(strstr(err, "cannot read --ppk-file=/nonexistent/ppk"), "%s", err);
}
