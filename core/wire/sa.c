/* SPDX-License-Identifier: MIT */
/* Security Association payload (RFC 7296 3.3): proposals, transforms, attributes. */
#include "wire/wire.h"

/* The Last Substruc octets (3.3.1, 3.3.2): 0 on the last one. */
#define MORE_PROPOSALS 2
#define MORE_TRANSFORMS 3

#define PROPOSAL_LEN 8 /* without SPI */
#define TRANSFORM_LEN 8
#define ATTR_LEN 4
#define ATTR_TV 0x8000u /* AF: the value is in the place of the length (3.3.5) */

/*
 * Takes the frame that proposals and transforms have in common, up to its length, and moves *at
 * behind it. Its flag says "more" exactly if something follows.
 */
static enum ik_status take_frame(struct ik_span in, uint16_t *at, uint8_t more, struct ik_rd *out)
{
    struct ik_rd r;
    ik_rd_init_at(&r, in, *at);
    uint8_t last = ik_rd_u8(&r);
    (void)ik_rd_u8(&r); /* RESERVED */
    uint16_t len = ik_rd_u16(&r);
    if (r.bad || len < 4) {
        return IK_ERR_SYNTAX;
    }
    struct ik_span rest = ik_rd_span(&r, (size_t)(len - 4));
    if (r.bad || last != (r.left > 0 ? more : 0)) {
        return IK_ERR_SYNTAX;
    }
    ik_rd_init(out, rest.p, rest.len);
    *at = (uint16_t)(in.len - r.left);
    return IK_OK;
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

enum ik_status ik_sa_next(struct ik_span body, uint16_t *at, struct ik_wire_proposal *out)
{
    struct ik_rd r;
    bool first = *at == 0;
    enum ik_status st = take_frame(body, at, MORE_PROPOSALS, &r);
    if (st != IK_OK) {
        return st;
    }
    out->number = ik_rd_u8(&r);
    out->protocol = ik_rd_u8(&r);
    uint8_t spi_len = ik_rd_u8(&r);
    out->transforms_n = ik_rd_u8(&r);
    out->spi = ik_rd_span(&r, spi_len);
    out->transforms = ik_rd_rest(&r);
    if (r.bad || out->number == 0 || out->transforms_n == 0 ||
        !spi_len_good(out->protocol, spi_len)) {
        return IK_ERR_SYNTAX;
    }
    /* An answer holds one proposal, with the number that it had in the request. */
    if (first && *at < body.len && out->number != 1) {
        return IK_ERR_SYNTAX;
    }
    return IK_OK;
}

/* The Key Length attribute. A second one makes the transform malformed (3.3); zero bits, or a form
 * other than TV, make it one that must not be chosen. */
static enum ik_status put_attr(struct ik_transform *t, uint16_t type, uint16_t value, bool *seen)
{
    if ((type & ~ATTR_TV) != IK_ATTR_KEY_LENGTH) {
        t->unknown_attr = true;
        return IK_OK;
    }
    if (*seen) {
        return IK_ERR_SYNTAX;
    }
    *seen = true;
    if (!(type & ATTR_TV) || value == 0) {
        t->unknown_attr = true;
        return IK_OK;
    }
    t->key_bits = value;
    return IK_OK;
}

static enum ik_status read_attrs(struct ik_rd *r, struct ik_transform *t)
{
    bool seen = false;
    while (!r->bad && r->left > 0) {
        uint16_t type = ik_rd_u16(r);
        uint16_t value = ik_rd_u16(r);
        if (!(type & ATTR_TV)) {
            (void)ik_rd_span(r, value);
        }
        if (!r->bad && put_attr(t, type, value, &seen) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
    }
    return ik_rd_status(r);
}

enum ik_status ik_transform_next(const struct ik_wire_proposal *p, uint16_t *at,
                                 struct ik_transform *out)
{
    struct ik_rd r;
    enum ik_status st = take_frame(p->transforms, at, MORE_TRANSFORMS, &r);
    if (st != IK_OK) {
        return st;
    }
    out->type = ik_rd_u8(&r);
    (void)ik_rd_u8(&r); /* RESERVED */
    out->id = ik_rd_u16(&r);
    out->key_bits = 0;
    out->unknown_attr = false;
    if (r.bad) {
        return IK_ERR_SYNTAX;
    }
    return read_attrs(&r, out);
}

static enum ik_status check_transforms(const struct ik_wire_proposal *p)
{
    struct ik_transform t;
    uint16_t at = 0;
    uint8_t n = 0;
    while (at < p->transforms.len) {
        if (n == p->transforms_n || ik_transform_next(p, &at, &t) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        n++;
    }
    return n == p->transforms_n ? IK_OK : IK_ERR_SYNTAX;
}

enum ik_status ik_sa_check(struct ik_span body)
{
    struct ik_wire_proposal p;
    uint16_t at = 0;
    uint8_t number = 0;
    do {
        if (ik_sa_next(body, &at, &p) != IK_OK || check_transforms(&p) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        if (number != 0 && p.number != number + 1) {
            return IK_ERR_SYNTAX;
        }
        number = p.number;
    } while (at < body.len);
    return IK_OK;
}

static uint16_t transform_len(const struct ik_transform *t)
{
    return t->key_bits ? TRANSFORM_LEN + ATTR_LEN : TRANSFORM_LEN;
}

static void put_transform(struct ik_wr *w, const struct ik_transform *t, bool last)
{
    ik_wr_u8(w, last ? 0 : MORE_TRANSFORMS);
    ik_wr_u8(w, 0);
    ik_wr_u16(w, transform_len(t));
    ik_wr_u8(w, t->type);
    ik_wr_u8(w, 0);
    ik_wr_u16(w, t->id);
    if (t->key_bits) {
        ik_wr_u16(w, ATTR_TV | IK_ATTR_KEY_LENGTH);
        ik_wr_u16(w, t->key_bits);
    }
}

static void put_proposal(struct ik_wr *w, const struct ik_sa_item *item, bool last)
{
    uint16_t start = w->len;
    ik_wr_u8(w, last ? 0 : MORE_PROPOSALS);
    ik_wr_u8(w, 0);
    ik_wr_u16(w, 0); /* length: below */
    ik_wr_u8(w, item->number);
    ik_wr_u8(w, item->protocol);
    ik_wr_u8(w, (uint8_t)item->spi.len);
    ik_wr_u8(w, item->transforms_n);
    ik_wr_bytes(w, item->spi.p, item->spi.len);
    for (uint8_t i = 0; i < item->transforms_n; i++) {
        put_transform(w, &item->transforms[i], i + 1 == item->transforms_n);
    }
    ik_wr_patch16(w, (uint16_t)(start + 2), (uint16_t)(w->len - start));
}

void ik_sa_put(struct ik_chain *c, const struct ik_sa_item *items, uint8_t n)
{
    ik_payload_open(c, IK_PL_SA);
    for (uint8_t i = 0; i < n; i++) {
        put_proposal(&c->w, &items[i], i + 1 == n);
    }
    ik_payload_close(c);
}
