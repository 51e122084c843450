/* SPDX-License-Identifier: MIT */
/* Security Association payload (RFC 7296 3.3): proposals, transforms, attributes. */
#include "wire/wire.h"

/* The Last Substruc octets (3.3.1, 3.3.2): 0 on the last one. */
#define MORE_PROPOSALS 2
#define MORE_TRANSFORMS 3

#define FRAME_LEN 8 /* of a proposal without SPI, of a transform without attributes */
#define ATTR_LEN 4
#define ATTR_TV 0x8000u /* AF: the value is in the place of the length (3.3.5) */

/*
 * The proposal or transform at *at, which moves behind it; NULL if it does not fit in. Both have
 * their length at octet 2, and eight octets that are always there. Their first octet says "more"
 * exactly if something follows.
 */
static const uint8_t *take_frame(const struct ik_span *in, uint16_t *at, uint8_t more)
{
    uint16_t left = (uint16_t)(in->len - *at);
    if (left < FRAME_LEN) {
        return NULL;
    }
    const uint8_t *p = in->p + *at;
    uint16_t len = ik_get16(p + 2);
    if (len < FRAME_LEN || len > left || p[0] != (len < left ? more : 0)) {
        return NULL;
    }
    *at = (uint16_t)(*at + len);
    return p;
}

/* 3.3.1: none for a first IKE SA, else 8 octets; 4 for AH and ESP. */
static bool spi_len_good(uint8_t protocol, uint8_t len)
{
    switch (protocol) {
    case IK_PROTO_IKE:
        return len == 0 || len == IK_SPI_LEN;
    case IK_PROTO_AH:
    case IK_PROTO_ESP:
        return len == 4;
    default:
        return true;
    }
}

enum ik_status ik_sa_next(const struct ik_span *body, uint16_t *at, struct ik_wire_proposal *out)
{
    const uint8_t *p = take_frame(body, at, MORE_PROPOSALS);
    if (p == NULL) {
        return IK_ERR_SYNTAX;
    }
    struct ik_span rest = {p + FRAME_LEN, (uint16_t)(ik_get16(p + 2) - FRAME_LEN)};
    out->number = p[4];
    out->protocol = p[5];
    out->transforms_n = p[7];
    out->spi = (struct ik_span){rest.p, p[6]};
    if (p[6] > rest.len || out->number == 0 || out->transforms_n == 0 ||
        !spi_len_good(out->protocol, p[6])) {
        return IK_ERR_SYNTAX;
    }
    out->transforms = ik_span_from(rest, p[6]);
    return IK_OK;
}

/* A second Key Length makes the transform malformed (3.3); zero bits, a form other than TV, or
 * another attribute make it one that must not be chosen. */
static enum ik_status read_attrs(const uint8_t *p, uint16_t left, struct ik_transform *t)
{
    bool seen = false;
    while (left > 0) {
        if (left < ATTR_LEN) {
            return IK_ERR_SYNTAX;
        }
        uint16_t type = ik_get16(p);
        uint16_t value = ik_get16(p + 2);
        p += ATTR_LEN;
        left -= ATTR_LEN;
        if ((type | ATTR_TV) == (ATTR_TV | IK_ATTR_KEY_LENGTH)) {
            if (seen) {
                return IK_ERR_SYNTAX;
            }
            seen = true;
        }
        if (type == (ATTR_TV | IK_ATTR_KEY_LENGTH) && value != 0) {
            t->key_bits = value;
        } else {
            t->unknown_attr = true;
        }
        if (!(type & ATTR_TV)) {
            if (value > left) {
                return IK_ERR_SYNTAX;
            }
            p += value;
            left = (uint16_t)(left - value);
        }
    }
    return IK_OK;
}

enum ik_status ik_transform_next(const struct ik_wire_proposal *p, uint16_t *at,
                                 struct ik_transform *out)
{
    const uint8_t *t = take_frame(&p->transforms, at, MORE_TRANSFORMS);
    if (t == NULL) {
        return IK_ERR_SYNTAX;
    }
    out->type = t[4];
    out->id = ik_get16(t + 6);
    out->key_bits = 0;
    out->unknown_attr = false;
    return read_attrs(t + FRAME_LEN, (uint16_t)(ik_get16(t + 2) - FRAME_LEN), out);
}

static enum ik_status check_transforms(const struct ik_wire_proposal *p)
{
    struct ik_transform t;
    uint16_t at = 0;
    uint16_t n = 0;
    while (at < p->transforms.len) {
        if (ik_transform_next(p, &at, &t) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        n++;
    }
    return n == p->transforms_n ? IK_OK : IK_ERR_SYNTAX;
}

IK_OUT_OF_LINE enum ik_status ik_sa_check(const struct ik_span *body)
{
    struct ik_wire_proposal p;
    uint16_t at = 0;
    uint8_t number = 0;
    do {
        if (ik_sa_next(body, &at, &p) != IK_OK || check_transforms(&p) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        if (number == 0 && at == body->len) {
            /* An answer holds one proposal, with the number that it had in the request. */
            return IK_OK;
        }
        if (p.number != ++number) {
            return IK_ERR_SYNTAX;
        }
    } while (at < body->len);
    return IK_OK;
}

static void put_transform(struct ik_wr *w, const struct ik_transform *t, uint8_t left)
{
    ik_wr_u16(w, left > 0 ? MORE_TRANSFORMS << 8 : 0);
    ik_wr_u16(w, t->key_bits != 0 ? FRAME_LEN + ATTR_LEN : FRAME_LEN);
    ik_wr_u16(w, (uint16_t)(t->type << 8));
    ik_wr_u16(w, t->id);
    if (t->key_bits != 0) {
        ik_wr_u16(w, ATTR_TV | IK_ATTR_KEY_LENGTH);
        ik_wr_u16(w, t->key_bits);
    }
}

void ik_sa_add(struct ik_chain *c, const struct ik_sa_item *item, bool more)
{
    struct ik_wr *w = &c->w;
    uint16_t start = w->len;
    ik_wr_u16(w, more ? MORE_PROPOSALS << 8 : 0);
    ik_wr_u16(w, 0); /* length: below */
    ik_wr_u16(w, (uint16_t)(item->number << 8 | item->protocol));
    ik_wr_u16(w, (uint16_t)(item->spi.len << 8 | item->transforms_n));
    ik_wr_bytes(w, item->spi.p, item->spi.len);
    const struct ik_transform *t = item->transforms;
    for (uint8_t n = item->transforms_n; n > 0;) {
        put_transform(w, t++, --n);
    }
    ik_wr_patch16(w, (uint16_t)(start + 2), (uint16_t)(w->len - start));
    ik_payload_close(c);
}

void ik_sa_put(struct ik_chain *c, const struct ik_sa_item *items, uint8_t n)
{
    ik_payload_open(c, IK_PL_SA);
    for (uint8_t i = 0; i < n; i++) {
        ik_sa_add(c, &items[i], i + 1 < n);
    }
}
