/* SPDX-License-Identifier: MIT */
/*
 * The pool of IKE SAs. The last two octets of an SPI of ours are its slot, the six before them are
 * random: lookup is one comparison (RFC 7296 2.6: messages are mapped to SAs by SPI only).
 */
#include "ike/ike.h"

#define SLOT_AT (IK_SPI_LEN - 2)

/* A dead SA that only keeps its last answer makes room for a living one. */
static bool lingers(const struct ik_ike_sa *sa)
{
    return sa->state == IK_IKE_DEAD && sa->events == 0 &&
           (sa->flags & (IK_SA_JOB_RUNS | IK_SA_SEND_RESPONSE)) == 0;
}

static struct ik_ike_sa *take_slot(struct ik_node *node)
{
    struct ik_ike_sa *found = NULL;
    for (uint16_t slot = ik_ike_n(node); slot-- > 0;) {
        struct ik_ike_sa *sa = ik_ike_at(node, slot);
        bool better = found == NULL || found->state != IK_IKE_FREE;
        if (sa->state == IK_IKE_FREE || (better && lingers(sa))) {
            sa->slot = slot;
            found = sa;
        }
    }
    return found;
}

struct ik_ike_sa *ik_sa_alloc(struct ik_node *node, bool initiator)
{
    struct ik_ike_sa *sa = take_slot(node);
    if (sa == NULL) {
        return NULL;
    }
    uint16_t slot = sa->slot;
    if (sa->state != IK_IKE_FREE) {
        ik_sa_free(node, sa);
    }
    memset(sa, 0, sizeof *sa);
    sa->slot = slot;
    sa->initiator = initiator;
    sa->peer = sa->policy = sa->child = sa->told_child = IK_NO_SLOT;
    sa->timer_at = IK_TICK_NEVER;
    uint8_t *spi = initiator ? sa->spi_i : sa->spi_r;
    ik_drbg_bytes(&node->env, spi, SLOT_AT);
    spi[0] |= 0x80; /* an SPI is never 0 (3.1) */
    ik_put16(spi + SLOT_AT, slot);
    ik_about(&node->env, slot);
    return sa;
}

struct ik_ike_sa *ik_sa_find(const struct ik_node *node, const struct ik_hdr *hdr)
{
    /* 2.6: the Initiator flag tells which of the two SPIs the receiver gave out. */
    bool we_began = (hdr->flags & IK_FLAG_INITIATOR) == 0;
    const uint8_t *spi = we_began ? hdr->spi_i : hdr->spi_r;
    uint16_t slot = ik_get16(spi + SLOT_AT);
    if (slot >= ik_ike_n(node)) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, slot);
    if (sa->state == IK_IKE_FREE || ik_began(sa) != we_began) {
        return NULL;
    }
    return ik_ct_eq(we_began ? sa->spi_i : sa->spi_r, spi, IK_SPI_LEN) ? sa : NULL;
}

static bool half_open(enum ik_ike_state state)
{
    return state == IK_IKE_R_KEYGEN || state == IK_IKE_R_SHARED || state == IK_IKE_R_INIT;
}

void ik_sa_state(struct ik_node *node, struct ik_ike_sa *sa, enum ik_ike_state state)
{
    if (sa->state == state) {
        return;
    }
    if (IK_RESPONDER) {
        node->half_open = (uint16_t)(node->half_open - half_open((enum ik_ike_state)sa->state) +
                                     half_open(state));
    }
    ik_about(&node->env, ik_sa_slot(node, sa));
    ik_trace(&node->env, IK_TR_IKE_STATE, sa->state, state);
    sa->state = (uint8_t)state;
}

const struct ik_peer *ik_sa_peer(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    IK_ASSERT(sa->peer < node->config->peers_n);
    return &node->config->peers[sa->peer];
}

const struct ik_policy *ik_sa_policy(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return &node->config->policies[sa->policy];
}

struct ik_child_sa *ik_sa_child(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    return sa->child == IK_NO_SLOT ? NULL : ik_child_at(&node->ipsec, sa->child);
}

bool ik_addr_eq(const struct ik_addr *a, const struct ik_addr *b)
{
    return a->family == b->family && ik_ct_eq(a->b, b->b, ik_is_v4(a->family) ? 4 : 16);
}
