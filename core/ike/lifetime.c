/* SPDX-License-Identifier: MIT */
/*
 * The age of SAs and the silence of peers (RFC 7296 2.4, 2.8): at a soft limit an SA is rekeyed, at
 * a hard one it ends; a peer of whom nothing was heard is asked for a sign of life. Whatever
 * authenticates is one, so that a connection that is used is never asked.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define AGAIN 10000u /* ms until a rekeying that did not come about is tried again */
#define PACKET 1500u /* octets of one that is to fit below a limit */

static uint32_t in_ms(uint32_t s)
{
    return (s < IK_LIFE_MAX ? s : IK_LIFE_MAX) * 1000u;
}

/* 2.8: less a random part, "so that both ends do not rekey at once": a tenth at most. */
static ik_ms soft(struct ik_node *node, uint32_t s)
{
    uint8_t r;
    if (s == 0) {
        return IK_MS_NONE;
    }
    ik_drbg_bytes(&node->env, &r, 1);
    uint32_t ms = in_ms(s);
    return ik_in(node, ms - ms / 2560u * r);
}

static ik_ms hard(const struct ik_node *node, uint32_t s)
{
    return s == 0 ? IK_MS_NONE : ik_in(node, in_ms(s));
}

static void begin_ike(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_peer *peer = ik_peer_of(node, sa);
    sa->moment[IK_TIMER_REKEY] = soft(node, peer->rekey_s);
    sa->moment[IK_TIMER_REAUTH] = ik_reauth_at(node, sa);
    sa->moment[IK_TIMER_EXPIRE] = hard(node, peer->life_s);
}

static void begin_child(struct ik_node *node, struct ik_child_sa *child)
{
    const struct ik_policy *p = ik_policy_of(node, child->policy);
    child->rekey_at = soft(node, p->rekey_s);
    child->expire_at = hard(node, p->life_s);
#if IK_ACCOUNT
    ik_child_limit(&node->ipsec, child);
#endif
    ik_unique_child(node, child);
}

/* ---- silence --------------------------------------------------------------------------------- */

static ik_ms silent_until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms heard = sa->heard_at;
    /* Another configuration may have no such peer: then it is closing. A request that is out asks,
     * too. */
    if (sa->state != IK_IKE_UP || sa->peer == IK_NO_SLOT || ik_task_asks(node, sa)) {
        return IK_MS_NONE;
    }
    uint32_t s = ik_peer_of(node, sa)->liveness_s;
    if (s == 0) {
        return IK_MS_NONE;
    }
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (ik_child_receives(c) && (int32_t)(c->heard_at - heard) > 0) {
            heard = c->heard_at;
        }
    }
    ik_ms at = heard + in_ms(s);
    return at != IK_MS_NONE ? at : 1;
}

/* ---- limits of packets and octets, and of sequence numbers ----------------------------------- */

/* Has it come to a limit, and was nothing done for that just now? */
static bool at_limit(const struct ik_node *node, const struct ik_child_sa *c)
{
    bool tried = c->rekey_at != IK_MS_NONE && !ik_due(node, c->rekey_at) &&
                 c->rekey_at - node->env.now <= AGAIN;
    return c->due && !tried;
}

/* Does it take no packet any more? */
static bool exhausted(const struct ik_node *node, const struct ik_child_sa *c)
{
#if IK_ACCOUNT
    struct ik_esp_limit hard_limit = ik_child_hard_limit(&node->ipsec, c);
    if (c->seq >= hard_limit.packets || c->packets_in >= hard_limit.packets ||
        c->octets_out + PACKET > hard_limit.octets || c->octets_in + PACKET > hard_limit.octets) {
        return true;
    }
#else
    (void)node;
#endif
    return !(IK_ESN && c->esn) && c->seq >= UINT32_MAX;
}

/* ---- all together ---------------------------------------------------------------------------- */

static ik_ms until(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_ms at = ik_reauth_due(node, sa) ? node->env.now : silent_until(node, sa);
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->state == IK_CHILD_UP) {
            at = ik_earlier(at, at_limit(node, c) ? node->env.now : c->rekey_at);
        }
    }
    return at;
}

static void renew(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *c)
{
    bool overdue = c->replaced && ik_due(node, c->rekey_at);
    c->due = false;
    c->rekey_at = ik_in(node, AGAIN);
    if (overdue) {
        ik_child_overdue(node, sa, c);
    } else {
        ik_child_rekey(node, sa, c);
    }
}

/* One Child SA whose soft limit is reached. */
static bool child_due(struct ik_node *node, struct ik_ike_sa *sa)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        if (c->state == IK_CHILD_UP && (at_limit(node, c) || ik_due(node, c->rekey_at))) {
            if (c->due && exhausted(node, c)) {
                (void)ik_child_expire(node, sa, c);
                return true;
            }
            renew(node, sa, c);
            return true;
        }
    }
    return false;
}

/* If no task is free, a little later: what is due for ever would keep the node busy for ever. */
static void ask(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_liveness_check(node, sa);
    if (!ik_task_asks(node, sa)) {
        sa->heard_at = node->env.now + AGAIN - in_ms(ik_peer_of(node, sa)->liveness_s);
    }
}

static void due(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (ik_due(node, sa->moment[IK_TIMER_REKEY])) {
        sa->moment[IK_TIMER_REKEY] = ik_in(node, AGAIN);
        ik_ike_rekey(node, sa);
    } else if (ik_reauth_due(node, sa)) {
        ik_reauth_finish(node, sa);
    } else if (ik_due(node, sa->moment[IK_TIMER_REAUTH])) {
        sa->moment[IK_TIMER_REAUTH] = IK_MS_NONE;
        ik_reauthenticate(node, sa);
    } else if (!child_due(node, sa) && ik_due(node, silent_until(node, sa))) {
        ask(node, sa);
    }
}

const struct ik_life ik_lifetimes = {
    .begin_ike = begin_ike, .begin_child = begin_child, .until = until, .due = due};

#endif
