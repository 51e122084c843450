/* SPDX-License-Identifier: MIT */
/*
 * What proposal.c does, for an initiator with one proposal of AEADs and one algorithm of each kind
 * (IK_LINKED): the answer is that proposal, with its transforms in any order (RFC 7296 2.7, 3.3).
 */
#include "ike/nego/nego.h"

#if IK_LINKED

#define FRAME_LEN 8 /* of a proposal without SPI, of a transform without attributes */
#define ATTR_LEN 4
#define KEY_LENGTH (0x8000u | IK_ATTR_KEY_LENGTH)
#define MORE_TRANSFORMS 3

struct ik_proposals ik_proposals_ike(const struct ik_node *node, const struct ik_peer *peer)
{
    (void)node;
    return (struct ik_proposals){.list = peer->proposals, .n = 1, .protocol = IK_PROTO_IKE};
}

struct ik_proposals ik_proposals_child(const struct ik_node *node, const struct ik_policy *policy,
                                       bool with_dh)
{
    (void)node, (void)with_dh;
    return (struct ik_proposals){
        .list = policy->proposals, .n = 1, .protocol = IK_PROTO_ESP, .spi_len = 4};
}

void ik_suite_trace(struct ik_env *env, const struct ik_suite *suite)
{
    (void)env, (void)suite;
}

const struct ik_dh *ik_proposal_group(const struct ik_proposals *ours, uint16_t group)
{
    const struct ik_dh *dh = ik_linked_config.crypto->dh[0];
    (void)ours;
    return group == 0 || group == dh->id ? dh : NULL;
}

void ik_proposal_put(struct ik_chain *c, const struct ik_proposals *ours, struct ik_span spi)
{
    const struct ik_transform *t = ours->list->transforms;
    struct ik_wr *w = &c->w;
    uint8_t n = ours->list->transforms_n;
    ik_payload_open(c, IK_PL_SA);
    uint16_t start = w->len;
    ik_wr_u32(w, 0); /* the last one; its length: below */
    ik_wr_u16(w, (uint16_t)(1u << 8 | ours->protocol));
    ik_wr_u16(w, (uint16_t)(spi.len << 8 | n));
    ik_wr_bytes(w, spi.p, spi.len);
    for (; n > 0; t++) {
        ik_wr_u16(w, --n > 0 ? MORE_TRANSFORMS << 8 : 0);
        ik_wr_u16(w, t->key_bits != 0 ? FRAME_LEN + ATTR_LEN : FRAME_LEN);
        ik_wr_u16(w, (uint16_t)(t->type << 8));
        ik_wr_u16(w, t->id);
        if (t->key_bits != 0) {
            ik_wr_u16(w, KEY_LENGTH);
            ik_wr_u16(w, t->key_bits);
        }
    }
    ik_wr_patch16(w, (uint16_t)(start + 2), (uint16_t)(w->len - start));
    ik_payload_close(c);
}

/* The length of a transform that has the frame's octets and is t; else 0. */
static uint8_t is(const uint8_t *p, const struct ik_transform *t)
{
    uint8_t len = t->key_bits != 0 ? FRAME_LEN + ATTR_LEN : FRAME_LEN;
    bool same = ik_get16(p + 2) == len && p[4] == t->type && ik_get16(p + 6) == t->id &&
                (t->key_bits == 0 || (ik_get16(p + FRAME_LEN) == KEY_LENGTH &&
                                      ik_get16(p + FRAME_LEN + 2) == t->key_bits));
    return same ? len : 0;
}

/* Is each of our transforms there, once? left: octets at p. */
static bool all_there(const struct ik_proposal *ours, const uint8_t *p, uint16_t left)
{
    uint8_t seen = 0;
    for (uint8_t n = ours->transforms_n; n > 0;) {
        uint8_t len = 0, i = 0;
        if (left < FRAME_LEN || p[0] != (--n > 0 ? MORE_TRANSFORMS : 0) || left < ik_get16(p + 2)) {
            return false;
        }
        while (i < ours->transforms_n && (len = is(p, &ours->transforms[i])) == 0) {
            i++;
        }
        if (len == 0 || (seen & (1u << i)) != 0) {
            return false;
        }
        seen |= (uint8_t)(1u << i);
        p += len;
        left = (uint16_t)(left - len);
    }
    return left == 0;
}

enum ik_status ik_proposal_verify(const struct ik_proposals *ours, const struct ik_span *sa,
                                  struct ik_suite *out, struct ik_span *spi)
{
    const struct ik_crypto *c = ik_linked_config.crypto;
    const uint8_t *p = sa->p;
    uint8_t spi_len = ours->spi_len;
    uint16_t head = (uint16_t)(FRAME_LEN + spi_len);
    /* The last octets of one proposal, whole, with its number, protocol, SPI and transforms. */
    if (sa->len < head || p[0] != 0 || ik_get16(p + 2) != sa->len || p[4] != 1 ||
        p[5] != ours->protocol || p[6] != spi_len || p[7] != ours->list->transforms_n) {
        return IK_ERR_POLICY;
    }
    *spi = (struct ik_span){p + FRAME_LEN, spi_len};
    out->encr = c->encr[0];
    out->prf = c->prf[0];
    out->integ = NULL;
    out->dh = c->dh[0];
    return (spi_len == 0 || ik_get32(spi->p) != 0) &&
                   all_there(ours->list, p + head, (uint16_t)(sa->len - head))
               ? IK_OK
               : IK_ERR_POLICY;
}

#endif
