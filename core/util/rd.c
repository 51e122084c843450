/* SPDX-License-Identifier: MIT */
#include "util/util.h"

void ik_rd_init(struct ik_rd *r, const uint8_t *p, size_t len)
{
    r->p = p;
    r->bad = len > UINT16_MAX;
    r->left = r->bad ? 0 : (uint16_t)len;
}

/* The next len octets, or NULL if they are not there. */
static const uint8_t *take(struct ik_rd *r, size_t len)
{
    if (r->bad || len > r->left) {
        r->bad = true;
        r->left = 0;
        return NULL;
    }
    const uint8_t *p = r->p;
    if (len > 0) {
        r->p += len;
    }
    r->left = (uint16_t)(r->left - len);
    return p;
}

uint8_t ik_rd_u8(struct ik_rd *r)
{
    const uint8_t *p = take(r, 1);
    return p ? *p : 0;
}

uint16_t ik_rd_u16(struct ik_rd *r)
{
    const uint8_t *p = take(r, 2);
    return p ? ik_get16(p) : 0;
}

uint32_t ik_rd_u32(struct ik_rd *r)
{
    const uint8_t *p = take(r, 4);
    return p ? ik_get32(p) : 0;
}

struct ik_span ik_rd_span(struct ik_rd *r, size_t len)
{
    struct ik_span s = {take(r, len), 0};
    if (s.p) {
        s.len = (uint16_t)len;
    }
    return s;
}

void ik_rd_copy(struct ik_rd *r, uint8_t *out, size_t len)
{
    if (len == 0) {
        return;
    }
    const uint8_t *p = take(r, len);
    if (p) {
        memcpy(out, p, len);
    } else {
        memset(out, 0, len);
    }
}

bool ik_rd_done(const struct ik_rd *r)
{
    return !r->bad && r->left == 0;
}
