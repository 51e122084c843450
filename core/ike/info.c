/* SPDX-License-Identifier: MIT */
/* What a host is told of IKE SAs when it asks. Linked only into hosts that do. */
#include "ike/ike.h"

#if !IK_LINKED

static uint16_t children_n(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    uint16_t n = 0;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        n++;
    }
    return n;
}

/* When the peer showed last that it is there, by whatever message or packet. */
static ik_ms heard_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms heard = sa->heard_at;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (ik_child_receives(c) && c->replay.last > 0 && (int32_t)(c->heard_at - heard) > 0) {
            heard = c->heard_at;
        }
    }
    return heard;
}

bool ik_ike_info(const struct ik_node *node, ik_slot ike, struct ik_ike_info *out)
{
    if (ike >= ik_ike_n(node) || (ik_ike_at(node, ike)->flags & IK_SA_WAS_UP) == 0 ||
        ik_ike_at(node, ike)->state == IK_IKE_DEAD) {
        return false;
    }
    const struct ik_ike_sa *sa = ik_ike_at(node, ike);
    const struct ik_suite *s = &sa->suite;
    *out = (struct ik_ike_info){.state = sa->state,
                                .initiator = sa->initiator,
                                .nat_here = (sa->route.nat & IK_NAT_HERE) != 0,
                                .nat_there = (sa->route.nat & IK_NAT_THERE) != 0,
                                .peer = sa->peer,
                                .child_sas = children_n(node, sa),
                                .path = sa->route.path,
                                .encr_id = s->encr->id,
                                .encr_key_bits = s->encr->key_bits,
                                .integ_id = s->integ != NULL ? s->integ->id : 0,
                                .prf_id = s->prf->id,
                                .dh_id = s->dh->id,
                                .up_ms = node->env.now - sa->up_at,
                                .heard_ms = node->env.now - heard_at(node, sa),
                                .sent_ms = node->env.now - sa->sent_at,
                                .first_child = sa->children};
#if IK_REKEY
    out->only = sa->only;
#endif
    memcpy(out->spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(out->spi_r, sa->spi_r, IK_SPI_LEN);
    memcpy(out->peer_id, sa->peer_id, sizeof out->peer_id);
    return true;
}

ik_slot ik_ike_next_child(const struct ik_node *node, ik_slot child)
{
    return child >= ik_child_n(&node->ipsec) ? IK_NO_SLOT
                                             : ik_child_at(&node->ipsec, child)->sibling;
}

#endif
