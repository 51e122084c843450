/* SPDX-License-Identifier: MIT */
/*
 * Both ends rekey the same SA at once (RFC 7296 2.8.1, 2.8.2):
 *
 *     A                                        B
 *     N(REKEY_SA), Ni1  --\        /--  N(REKEY_SA), Ni2
 *                          \      /
 *                           \----/---->  Nr1 chosen: B has A's new one
 *     Nr2 chosen: A has B's <---/
 *                  <--- Nr1                     Nr2 --->
 *
 * Then there are two new SAs. "The new SA containing the lowest nonce should be deleted by the node
 * that created it, and the other surviving new SA MUST inherit": who asked for the survivor deletes
 * the old one.
 */
#include "ike/xchg/xchg.h"

#if IK_REKEY

#define KEPT sizeof(((struct ik_handshake *)0)->rival_nonce)
#define PATIENCE 30000u /* ms for the peer to delete what it has rekeyed, or what has lost */

/* a < b, octet by octet, a prefix being the lower (2.8). */
static bool lower(struct ik_span a, struct ik_span b)
{
    uint16_t n = a.len < b.len ? a.len : b.len;
    for (uint16_t i = 0; i < n; i++) {
        if (a.p[i] != b.p[i]) {
            return a.p[i] < b.p[i];
        }
    }
    return a.len < b.len;
}

static struct ik_span lower_of(const struct ik_handshake *hs)
{
    struct ik_span i = ik_nonce_i(hs), r = ik_nonce_r(hs);
    return lower(i, r) ? i : r;
}

/* Nonces of 16 octets or more that agree in the first 32 do not exist. */
static bool ours_is_lowest(const struct ik_handshake *hs)
{
    struct ik_span ours = lower_of(hs);
    ours.len = ours.len < KEPT ? ours.len : KEPT;
    return lower(ours, (struct ik_span){hs->rival_nonce, KEPT});
}

/* The peer's exchange is remembered where ours, which is under way, will look. */
void ik_rival_note(struct ik_handshake *ours, const struct ik_handshake *theirs, ik_slot made)
{
    struct ik_span nonce = lower_of(theirs);
    ours->rival = made;
    memset(ours->rival_nonce, 0, KEPT);
    memcpy(ours->rival_nonce, nonce.p, nonce.len < KEPT ? nonce.len : KEPT);
}

bool ik_rival_wins(const struct ik_handshake *hs)
{
    return hs->rival != IK_NO_SLOT && ours_is_lowest(hs);
}

/* ---- Child SAs ------------------------------------------------------------------------------- */

/* Our own request to rekey it, if it has left. */
static struct ik_handshake *our_rekeying(const struct ik_node *node, const struct ik_ike_sa *sa,
                                         const struct ik_child_sa *old)
{
    for (ik_slot at = sa->handshake; at != IK_NO_SLOT; at = ik_handshake_at(node, at)->sibling) {
        struct ik_handshake *hs = ik_handshake_at(node, at);
        if (hs->task != IK_NO_SLOT && hs->old == ik_child_slot(old)) {
            return hs;
        }
    }
    return NULL;
}

/* What the peer made in the place of an old one, and is there still; or NULL. */
static struct ik_child_sa *heir_of(const struct ik_node *node, const struct ik_child_sa *old)
{
    return old->heir != 0 ? ik_child_at(&node->ipsec, (ik_slot)(old->heir - 1u)) : NULL;
}

/*
 * What the peer made has lost, and the peer deletes it. Until then it receives; it never sends, or
 * it would when the survivor is rekeyed in its turn. A peer may never learn of it: our response is
 * lost, and its request dies with an IKE SA that was rekeyed meanwhile. Then we delete it.
 */
static void lose(const struct ik_node *node, struct ik_child_sa *theirs)
{
    if (theirs != NULL && theirs->state == IK_CHILD_IN_ONLY) {
        theirs->redundant = true;
        theirs->rekey_at = IK_MS_NONE;
        theirs->expire_at = ik_in(node, PATIENCE);
    }
}

void ik_child_rival(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *theirs,
                    struct ik_child_sa *old, struct ik_child_sa *made)
{
    struct ik_handshake *ours = our_rekeying(node, sa, old);
    if (ours != NULL) {
        ik_rival_note(ours, theirs, ik_child_slot(made));
        /* By ours, unless that loses. Its Delete may come before our response. */
        made->replaced = true;
    }
    lose(node, heir_of(node, old)); /* or the peer would not ask again */
    old->replaced = true;
    old->heir = (uint16_t)(ik_child_slot(made) + 1u);
    /* Who has not deleted it by then may never have heard that it was rekeyed. */
    old->rekey_at = old->rekey_at != IK_MS_NONE ? ik_in(node, PATIENCE) : IK_MS_NONE;
}

void ik_child_overdue(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *old)
{
    const struct ik_child_sa *heir = heir_of(node, old);
    if (old->rekeyed) {
        return; /* we are at it */
    }
    old->replaced = false;
    if (heir != NULL && heir->state == IK_CHILD_UP) {
        ik_delete_child(node, sa, old, IK_WHY_REKEYED);
    } else {
        ik_child_rekey(node, sa, old);
    }
}

void ik_child_rival_stays(struct ik_node *node, struct ik_handshake *hs)
{
    if (hs->rival != IK_NO_SLOT) {
        struct ik_child_sa *rival = ik_child_at(&node->ipsec, hs->rival);
        if (rival->ike == hs->ike) { /* unless the peer has rekeyed that in its turn */
            rival->replaced = heir_of(node, rival) != NULL;
        }
        hs->rival = IK_NO_SLOT;
    }
}

void ik_child_replace(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                      struct ik_child_sa *made)
{
    struct ik_child_sa *old = hs->old != IK_NO_SLOT ? ik_child_at(&node->ipsec, hs->old) : NULL;
    if (ik_rival_wins(hs)) {
        /* The peer deletes the old one. */
        if (old != NULL) {
            old->rekeyed = false;
        }
        ik_child_rival_stays(node, hs);
        ik_delete_child(node, sa, made, IK_WHY_REKEYED);
        return;
    }
    if (hs->rival != IK_NO_SLOT) {
        lose(node, ik_child_at(&node->ipsec, hs->rival));
    } else if (old != NULL) {
        lose(node, heir_of(node, old)); /* it was overdue */
    }
    if (old != NULL && old->state == IK_CHILD_UP) { /* else the peer has deleted it already */
        ik_delete_child(node, sa, old, IK_WHY_REKEYED);
    }
}

#endif
