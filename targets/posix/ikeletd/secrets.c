/* SPDX-License-Identifier: MIT */
#include "secrets.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lines.h"

#define KEY_MAX 65535

uint32_t secrets_hash(uint8_t type, const uint8_t *p, size_t len)
{
    uint32_t h = 2166136261u ^ type;
    for (size_t i = 0; i < len; i++) {
        /* RFC 4343: names compare without case; what is too much in one bucket is told apart. */
        h = (h ^ (uint8_t)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] | 0x20 : p[i])) * 16777619u;
    }
    return h;
}

/* Is it the same line: the same name, or the same subtree of names? */
static bool is(const struct secrets *s, const struct secret *one, uint8_t type, const uint8_t *id,
               size_t len)
{
    const uint8_t *name = s->arena + one->id_at;
    const struct ik_id its = {one->id_type, {name, (uint16_t)one->id_len}};
    const struct ik_id who = {type, {id, (uint16_t)len}};
    return one->id_len == len && (len == 0 || (name[0] == '*') == (id[0] == '*')) &&
           ik_id_names(&its, &who);
}

/* The place of an identity in the table, or the empty one where it belongs. */
static uint32_t *place(const struct secrets *s, uint8_t type, const uint8_t *id, size_t len)
{
    uint32_t i = secrets_hash(type, id, len) & (s->table_n - 1);
    while (s->table[i] != 0 && !is(s, &s->list[s->table[i] - 1], type, id, len))
        i = (i + 1) & (s->table_n - 1);
    return &s->table[i];
}

static struct ik_span key_of(const struct secrets *s, uint32_t number)
{
    if (number == 0)
        return (struct ik_span){0};
    const struct secret *one = &s->list[number - 1];
    return (struct ik_span){s->arena + one->key_at, one->key_len};
}

struct ik_span secrets_of(const struct secrets *s, uint8_t type, struct ik_span id)
{
    return key_of(s, s->table_n == 0 ? 0 : *place(s, type, id.p, id.len));
}

/* That of all names below the dot or the at sign which stands there. */
static struct ik_span of_subtree(const struct secrets *s, uint8_t type, struct ik_span id,
                                 uint16_t at)
{
    uint8_t name[IK_ID_MAX + 1] = "*";
    uint16_t len = (uint16_t)(id.len - at);
    if (len >= sizeof name)
        return (struct ik_span){0};
    memcpy(name + 1, id.p + at, len);
    return secrets_of(s, type, (struct ik_span){name, (uint16_t)(1 + len)});
}

struct ik_span secrets_find(const struct secrets *s, uint8_t type, struct ik_span id)
{
    struct ik_span key = secrets_of(s, type, id);
    uint8_t mark = type == IK_ID_FQDN ? '.' : '@';
    bool domain = type == IK_ID_FQDN || type == IK_ID_RFC822_ADDR;
    for (uint16_t at = 1; domain && key.p == NULL && at < id.len; at++) {
        if (id.p[at] == mark)
            key = of_subtree(s, type, id, at);
    }
    return key.p != NULL ? key : key_of(s, s->any);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* RFC 7296 2.15: 0x and pairs of hex digits stand for octets. Answers the length; 0 if it is bad.
 */
static size_t decode(const char *text, uint8_t *out)
{
    size_t len = strlen(text);
    if (len < 2 || text[0] != '0' || (text[1] | 0x20) != 'x') {
        memcpy(out, text, len);
        return len;
    }
    return host_hex_parse(text + 2, len - 2, out) ? len / 2 - 1 : 0;
}

static bool take_line(struct secrets *s, char *text, const char *file, unsigned line,
                      struct mistakes *m)
{
    uint8_t *id_at = s->arena + s->arena_used;
    struct ik_id id = {0};
    char *colon = strstr(text, ": ");
    if (colon == NULL) {
        mistakes_add(m, file, line, "is not \"IDENTITY: KEY\"");
        return false;
    }
    *colon = '\0';
    char *key = colon + 2 + strspn(colon + 2, " \t");
    bool any = strcmp(text, "%any") == 0;
    if (!any && (!host_id_parse(text, id_at, IK_ID_MAX, &id) || id.type == 0)) {
        mistakes_add(m, file, line, "\"%s\" is not an identity", text);
        return false;
    }
    size_t len = decode(key, id_at + id.data.len);
    if (len == 0 || len > KEY_MAX) {
        mistakes_add(m, file, line,
                     "the key is empty, too long, or 0x without pairs of hex digits");
        return false;
    }
    uint32_t *cell = any ? &s->any : place(s, id.type, id_at, id.data.len);
    if (*cell != 0) {
        mistakes_add(m, file, line, "\"%s\" has a key already", text);
        return false;
    }
    s->list[s->n++] = (struct secret){.id_at = (uint32_t)s->arena_used,
                                      .key_at = (uint32_t)(s->arena_used + id.data.len),
                                      .id_len = id.data.len,
                                      .key_len = (uint16_t)len,
                                      .id_type = id.type};
    *cell = s->n;
    s->arena_used += id.data.len + len;
    return true;
}

static bool make_room(struct secrets *s, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        s->cap += text[i] == '\n';
    s->cap++;
    s->table_n = 2;
    while (s->table_n < 2 * s->cap)
        s->table_n *= 2;
    /* What a line says is not longer than the line, but for an IPv6 address as identity. */
    s->arena_len = len + 16 * (size_t)s->cap + IK_ID_MAX + 1;
    s->arena = calloc(1, s->arena_len);
    s->list = calloc(s->cap, sizeof *s->list);
    s->table = calloc(s->table_n, sizeof *s->table);
    if (s->arena == NULL || s->list == NULL || s->table == NULL)
        return false;
    (void)mlock(s->arena, s->arena_len); /* a limit of locked memory is no reason to refuse */
    return true;
}

bool secrets_read(struct secrets *s, const char *file, const char *user, struct mistakes *m)
{
    size_t len = 0;
    unsigned line = 0;
    bool good = true;
    memset(s, 0, sizeof *s);
    char *text = lines_read_keys(file, user, &len, m), *at = text, *one;
    if (text == NULL)
        return false;
    if (!make_room(s, text, len)) {
        mistakes_add(m, file, 0, "out of memory");
        good = false;
    }
    while (good && (one = lines_next(&at, &line)) != NULL)
        good = take_line(s, one, file, line, m);
    /* The others, so that each mistake is told. */
    while (s->table != NULL && (one = lines_next(&at, &line)) != NULL)
        (void)take_line(s, one, file, line, m);
    lines_forget(text, len);
    return good;
}

void secrets_free(struct secrets *s)
{
    if (s->arena != NULL) {
        explicit_bzero(s->arena, s->arena_len);
        munlock(s->arena, s->arena_len);
    }
    free(s->arena);
    free(s->list);
    free(s->table);
    memset(s, 0, sizeof *s);
}
