/* SPDX-License-Identifier: MIT */
#include "util/util.h"

void ik_wr_init(struct ik_wr *w, uint8_t *buf, size_t cap)
{
    w->buf = buf;
    w->cap = cap > UINT16_MAX ? UINT16_MAX : (uint16_t)cap;
    w->len = 0;
    w->bad = false;
}

bool ik_wr_ok(const struct ik_wr *w)
{
    return !w->bad;
}

/* Room for len more octets, or NULL. */
static uint8_t *grow(struct ik_wr *w, size_t len)
{
    if (w->bad || len > (size_t)(w->cap - w->len)) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->buf + w->len;
    w->len = (uint16_t)(w->len + len);
    return p;
}

void ik_wr_u8(struct ik_wr *w, uint8_t v)
{
    uint8_t *p = grow(w, 1);
    if (p) {
        *p = v;
    }
}

void ik_wr_u16(struct ik_wr *w, uint16_t v)
{
    uint8_t *p = grow(w, 2);
    if (p) {
        ik_put16(p, v);
    }
}

void ik_wr_u32(struct ik_wr *w, uint32_t v)
{
    uint8_t *p = grow(w, 4);
    if (p) {
        ik_put32(p, v);
    }
}

void ik_wr_bytes(struct ik_wr *w, const void *p, size_t len)
{
    if (len == 0) {
        return;
    }
    uint8_t *q = grow(w, len);
    if (q) {
        memcpy(q, p, len);
    }
}

void ik_wr_zero(struct ik_wr *w, size_t len)
{
    if (len == 0) {
        return;
    }
    uint8_t *q = grow(w, len);
    if (q) {
        memset(q, 0, len);
    }
}

/* The len octets at an offset that were written before, or NULL. */
static uint8_t *written(struct ik_wr *w, uint16_t at, uint16_t len)
{
    if (w->bad || at > w->len || w->len - at < len) {
        w->bad = true;
        return NULL;
    }
    return w->buf + at;
}

void ik_wr_patch8(struct ik_wr *w, uint16_t at, uint8_t v)
{
    uint8_t *p = written(w, at, 1);
    if (p) {
        *p = v;
    }
}

void ik_wr_patch16(struct ik_wr *w, uint16_t at, uint16_t v)
{
    uint8_t *p = written(w, at, 2);
    if (p) {
        ik_put16(p, v);
    }
}
