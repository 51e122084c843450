/* SPDX-License-Identifier: MIT */
/* Keys by identity, callers by the names of connections, prefixes of selectors. */
#include <criterion/criterion.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"
#include "secrets.h"
#include "tun.h"

#define PATTERN P_tmpdir "/secrets-of-test-XXXXXX"

static char file[] = PATTERN;

static void write_file(const char *text, mode_t mode)
{
    memcpy(file, PATTERN, sizeof file);
    int fd = mkstemp(file);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(fchmod(fd, mode), 0);
    close(fd);
}

static struct ik_span find(const struct secrets *s, const char *name)
{
    uint8_t data[IK_ID_MAX];
    struct ik_id id;
    cr_assert(host_id_parse(name, data, sizeof data, &id));
    return secrets_find(s, id.type, id.data);
}

Test(secrets, found_by_identity)
{
    struct secrets s;
    struct mistakes m = {0};
    write_file(
        "# keys\n\n a.example.org: one two\nb@example.org:   0x00ff\n::1: six\n%any: other\n",
        0600);
    cr_assert(secrets_read(&s, file, NULL, &m));
    unlink(file);
    struct ik_span k = find(&s, "a.example.org");
    cr_assert(k.len == 7 && memcmp(k.p, "one two", 7) == 0);
    k = find(&s, "b@example.org");
    cr_assert(k.len == 2 && k.p[0] == 0 && k.p[1] == 0xff);
    k = find(&s, "::1");
    cr_assert(k.len == 3);
    k = find(&s, "c.example.org");
    cr_assert(k.len == 5 && memcmp(k.p, "other", 5) == 0);
    secrets_free(&s);
    cr_assert_null(find(&s, "a.example.org").p);
}

/* RFC 4343: in any case; and the nearest of those that stand for many. */
Test(secrets, found_by_domain)
{
    static const char *const rows[][2] = {
        {"Door1.Example.ORG", "door"}, {"a.example.org", "below"},
        {"a.b.example.org", "below"},  {"a.lab.example.org", "lab"},
        {"example.org", "any"},        {"alice@company.com", "users"},
        {"Bob@COMPANY.com", "users"},  {"bob@company.com", "bob"},
        {"bob@a.company.com", "any"},  {"@#2a2e61", "any"}};
    struct secrets s;
    struct mistakes m = {0};
    write_file("door1.example.org: door\n*.example.org: below\n*.lab.example.org: lab\n"
               "*@company.com: users\nbob@company.com: bob\n%any: any\n",
               0600);
    cr_assert(secrets_read(&s, file, NULL, &m));
    unlink(file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ik_span k = find(&s, rows[i][0]);
        cr_assert(k.len == strlen(rows[i][1]) && memcmp(k.p, rows[i][1], k.len) == 0, "%s",
                  rows[i][0]);
    }
    secrets_free(&s);
}

Test(secrets, each_mistake_with_its_line)
{
    struct secrets s;
    struct mistakes m = {0};
    write_file("a.example.org: k\nb.example.org k\na.example.org: again\nc.example.org: 0x1\n",
               0600);
    cr_assert_not(secrets_read(&s, file, NULL, &m));
    unlink(file);
    cr_assert_eq(m.n, 3);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(m.list[i].line, i + 2);
    secrets_free(&s);
    mistakes_free(&m);
}

/* Root reads those of the user that it is going to be, too. */
Test(secrets, whose_they_are)
{
    const struct passwd *nobody = getpwnam("nobody");
    if (geteuid() != 0 || nobody == NULL)
        cr_skip_test("not root, or no user nobody");
    unsigned them = nobody->pw_uid, others = 1;
    write_file("a.example.org: k\n", 0600);
    for (unsigned i = 0; i < 4; i++) {
        struct secrets s;
        struct mistakes m = {0};
        bool theirs = i % 2 != 0;
        cr_assert_eq(chown(file, theirs ? them : others, (gid_t)-1), 0);
        bool good = secrets_read(&s, file, i < 2 ? NULL : "nobody", &m);
        cr_expect_eq(good, i == 3);
        cr_expect(good || strstr(m.list[0].text, i < 2 ? "nor who runs this" : "nor daemon.user"));
        secrets_free(&s);
        mistakes_free(&m);
    }
    unlink(file);
}

Test(secrets, others_may_not_read_them)
{
    const mode_t loose[] = {0604, 0640, 0620, 0602};
    for (unsigned i = 0; i < 4; i++) {
        struct secrets s;
        struct mistakes m = {0};
        write_file("a.example.org: k\n", loose[i]);
        cr_assert_not(secrets_read(&s, file, NULL, &m));
        unlink(file);
        cr_assert_eq(m.n, 1);
        secrets_free(&s);
        mistakes_free(&m);
    }
}

Test(secrets, ten_thousand)
{
    struct secrets s;
    struct mistakes m = {0};
    static char text[1 << 20], name[60];
    size_t at = 0;
    for (unsigned i = 0; i < 10000; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "d%u.example.org: key %u\n", i, i);
    write_file(text, 0600);
    cr_assert(secrets_read(&s, file, NULL, &m));
    unlink(file);
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "d%u.example.org", i);
        struct ik_span k = find(&s, name);
        snprintf(name, sizeof name, "key %u", i);
        cr_assert(k.len == strlen(name) && memcmp(k.p, name, k.len) == 0);
    }
    secrets_free(&s);
}

/* ---- prefixes -------------------------------------------------------------------------------- */

/* Whom the plan takes a caller for. */
static const char *connection_of(const struct plan *p, const char *name, const char *key)
{
    uint8_t data[IK_ID_MAX];
    struct ik_id id;
    struct ik_credential who;
    const struct ik_path path = {.remote = {4, {192, 0, 2, 7}}};
    bool known;
    cr_assert(host_id_parse(name, data, sizeof data, &id));
    if (!plan_identify(p, &id, &path, &who, &known))
        return "nobody";
    cr_assert(who.psk.len == strlen(key) && memcmp(who.psk.p, key, who.psk.len) == 0, "%s: %.*s",
              name, (int)who.psk.len, who.psk.p);
    return plan_connection(p, who.peer)->name;
}

Test(plan, callers_by_the_names_of_a_domain)
{
    char conf[sizeof file], text[1000];
    struct mistakes m = {0};
    write_file("*@company.com: of all\nbob@company.com: of bob\nd.example.org: of d\n"
               "*.example.org: of many\n",
               0600);
    memcpy(conf, file, sizeof conf);
    const char *child = "id = \"gw.example.org\" child net { local_ts = \"10.2.0.0/16\" remote_ts "
                        "= \"10.7.0.0/16\" } }\n";
    snprintf(text, sizeof text,
             "daemon { secrets = \"%s\" local = \"192.0.2.1\" }\n"
             "connection users { remote_id = \"*@company.com\" %s"
             "connection many { remote_id = \"*.example.org\" %s"
             "connection d { remote_id = \"d.example.org\" %s",
             conf, child, child, child);
    write_file(text, 0600);
    struct plan *p = plan_make(file, NULL, &m);
    cr_assert_not_null(p, "%s", m.n > 0 ? m.list[0].text : "");
    unlink(file);
    unlink(conf);
    cr_assert_str_eq(connection_of(p, "alice@company.com", "of all"), "users");
    cr_assert_str_eq(connection_of(p, "bob@Company.COM", "of bob"), "users");
    cr_assert_str_eq(connection_of(p, "D.example.org", "of d"), "d");
    cr_assert_str_eq(connection_of(p, "e.example.org", "of many"), "many");
    cr_assert_str_eq(connection_of(p, "a.company.com", ""), "nobody");
    plan_free(p);
}

static char seen[4000];

static void note(void *ctx, const struct ik_addr *prefix, uint8_t bits)
{
    char addr[46];
    size_t at = strlen(seen);
    (void)ctx;
    host_addr_print(prefix, addr, sizeof addr);
    snprintf(seen + at, sizeof seen - at, "%s%s/%u", at > 0 ? " " : "", addr, (unsigned)bits);
}

static void expect(const char *lo, const char *hi, const char *prefixes)
{
    struct ik_addr a, b;
    struct ik_ts ts = {.port_hi = 65535};
    cr_assert(host_addr_parse(lo, &a) && host_addr_parse(hi, &b));
    ts.family = a.family;
    memcpy(ts.lo, a.b, 16);
    memcpy(ts.hi, b.b, 16);
    seen[0] = '\0';
    tun_prefixes(&ts, note, NULL);
    cr_assert_str_eq(seen, prefixes);
}

Test(tun, prefixes_of_ranges)
{
    expect("10.1.0.0", "10.1.0.255", "10.1.0.0/24");
    expect("10.1.0.7", "10.1.0.7", "10.1.0.7/32");
    expect("0.0.0.0", "255.255.255.255", "0.0.0.0/0");
    expect("10.0.0.1", "10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32");
    expect("255.255.255.254", "255.255.255.255", "255.255.255.254/31");
    expect("fd00:1::", "fd00:1::ffff:ffff:ffff:ffff", "fd00:1::/64");
    expect("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0");
    expect("fd00::ff", "fd00::100", "fd00::ff/128 fd00::100/128");
}
