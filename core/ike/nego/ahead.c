/* SPDX-License-Identifier: MIT */
/*
 * The key pair of the next IKE_SA_INIT, computed while there is nothing else to do. It lies in the
 * job of a handshake that no IKE SA has yet (ik_node.ahead): first with the host (OUT), then KEPT.
 * The IKE SA that takes it takes the handshake as it is, so that there is no copy of the pair, and
 * it is wiped where every handshake is. None is repaired: if it is no good, there is none.
 *
 * Who is asked for something by a peer meanwhile needs the place; it is free when the job is back.
 * The peer asks again, and must find it free then: for a while no other pair is computed.
 */
#include "ike/nego/nego.h"

#if IK_KEY_AHEAD

static struct ik_handshake *ahead(const struct ik_node *node)
{
    return node->ahead != IK_NO_SLOT ? ik_handshake_at(node, node->ahead) : NULL;
}

#if IK_REKEY
#define AFTER_GIVING_WAY 120000u /* ms; RFC 7296 2.25: the peer tries again within minutes */
#endif

static const struct ik_dh *preferred(const struct ik_node *node, uint16_t peer)
{
    struct ik_proposals ours = ik_proposals_ike(node, &ik_config_of(node)->peers[peer]);
    return ik_proposal_group(&ours, 0);
}

bool ik_node_prepare(struct ik_node *node, ik_time now, uint16_t peer)
{
    ik_enter(node, now);
    if (node->pending.kind != 0 || node->ahead != IK_NO_SLOT || !ik_drbg_ready(&node->env) ||
        peer >= ik_config_of(node)->peers_n) {
        return false;
    }
#if IK_REKEY
    if (ik_pausing(node, node->ahead_at, AFTER_GIVING_WAY)) {
        return false;
    }
#endif
    struct ik_handshake *hs = ik_handshake_take(node);
    if (hs == NULL) {
        return false;
    }
    node->ahead = hs->slot;
    ik_job_begin(&node->env, &hs->job, ik_job_next_id(node, hs), preferred(node, peer));
    hs->job_place = IK_JOB_OUT;
    ik_pend(node, IK_FX_JOB, NULL)->job = &hs->job;
    ik_about(&node->env, IK_NO_SLOT);
    ik_trace(&node->env, IK_TR_JOB, hs->job.kind, hs->job.dh->id);
    return true;
}

bool ik_node_prepared(const struct ik_node *node)
{
    const struct ik_handshake *hs = ahead(node);
    return hs != NULL && hs->job_place == IK_JOB_KEPT;
}

bool ik_ahead_done(struct ik_node *node, struct ik_handshake *hs)
{
    if (hs != ahead(node)) {
        return false;
    }
    if (hs->job.good) {
        hs->job_place = IK_JOB_KEPT;
    } else {
        ik_ahead_drop(node);
    }
    return true;
}

struct ik_handshake *ik_ahead_lend(struct ik_node *node, struct ik_ike_sa *sa,
                                   const struct ik_dh *dh)
{
    struct ik_handshake *hs = ahead(node);
    if (hs == NULL || hs->job.dh != dh) {
        return NULL;
    }
    node->ahead = IK_NO_SLOT;
    ik_handshake_join(sa, hs);
    return hs;
}

bool ik_ahead_begin(struct ik_handshake *hs, const struct ik_exchange *exchange, bool *done)
{
    if (hs->job_place == IK_JOB_IDLE) {
        return false;
    }
    hs->exchange = exchange;
    *done = hs->job_place == IK_JOB_KEPT;
    if (*done) {
        hs->job_place = IK_JOB_IDLE;
    }
    return true;
}

void ik_ahead_give_way(struct ik_node *node)
{
#if IK_REKEY
    const struct ik_handshake *hs = ahead(node);
    if (hs != NULL && hs->job_place == IK_JOB_OUT) {
        node->ahead_at = ik_in(node, AFTER_GIVING_WAY);
    }
#endif
    ik_ahead_drop(node);
}

void ik_ahead_drop(struct ik_node *node)
{
    ik_slot slot = node->ahead;
    node->ahead = IK_NO_SLOT;
    ik_handshake_return(node, slot);
}

#endif
