/* SPDX-License-Identifier: MIT */
#include "ppk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "psk.h"

struct place {
    const char *file;
    unsigned line;
    char *err;
    size_t err_len;
};

static bool wrong(const struct place *at, const char *what)
{
    snprintf(at->err, at->err_len, "--ppk-file=%s: line %u %s", at->file, at->line, what);
    return false;
}

static bool blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Without what is blank at both ends. */
static struct ik_span trimmed(uint8_t *p, size_t len)
{
    while (len > 0 && blank(p[len - 1]))
        len--;
    while (len > 0 && blank(*p)) {
        p++;
        len--;
    }
    return (struct ik_span){p, (uint16_t)len};
}

static bool take_line(struct ppk_list *out, const struct place *at, uint8_t *line, size_t len)
{
    uint8_t *colon = memchr(line, ':', len);
    if (trimmed(line, len).len == 0 || line[0] == '#')
        return true;
    if (colon == NULL)
        return wrong(at, "is not \"IDENTITY: KEY\"");
    if (out->n == PPKS_MAX)
        return wrong(at, "is one too many");
    struct ik_ppk *ppk = &out->list[out->n];
    ppk->id = trimmed(line, (size_t)(colon - line));
    ppk->key = trimmed(colon + 1, len - (size_t)(colon + 1 - line));
    if (ppk->id.len == 0 || ppk->id.len > IK_ID_MAX)
        return wrong(at, "has no identity, or too long a one");
    size_t key_len = ppk->key.len;
    if (!psk_decode_hex(line + (ppk->key.p - line), &key_len))
        return wrong(at, "has a key that begins with 0x, but is not pairs of hex digits");
    ppk->key.len = (uint16_t)key_len;
    if (key_len == 0)
        return wrong(at, "has no key");
    out->n++;
    return true;
}

static bool take_all(struct ppk_list *out, struct place *at)
{
    uint8_t *line = out->text, *end = out->text + out->len;
    while (line < end) {
        uint8_t *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop != NULL ? stop : end;
        at->line++;
        if (!take_line(out, at, line, (size_t)(stop - line)))
            return false;
        line = stop + 1;
    }
    return out->n > 0 || wrong(at, "is the last, and there is no key");
}

bool ppk_read(const char *file, struct ppk_list *out, char *err, size_t err_len)
{
    struct place at = {file, 0, err, err_len};
    memset(out, 0, sizeof *out);
    if (!psk_read_file("ppk-file", file, &out->text, &out->len, err, err_len))
        return false;
    if (take_all(out, &at))
        return true;
    ppk_forget(out);
    return false;
}

void ppk_forget(struct ppk_list *list)
{
    psk_forget(list->text, list->len);
    memset(list, 0, sizeof *list);
}
