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

void ik_child_rival(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *theirs,
                    struct ik_child_sa *old, struct ik_child_sa *made)
{
    struct ik_handshake *ours = our_rekeying(node, sa, old);
    if (ours != NULL) {
        ik_rival_note(ours, theirs, ik_child_slot(made));
        /* By ours, unless that loses. Its Delete may come before our response. */
        made->replaced = true;
    }
    old->replaced = true;
}

void ik_child_rival_stays(struct ik_node *node, struct ik_handshake *hs)
{
    if (hs->rival != IK_NO_SLOT) {
        struct ik_child_sa *rival = ik_child_at(&node->ipsec, hs->rival);
        rival->replaced = rival->ike == hs->ike ? false : rival->replaced;
        hs->rival = IK_NO_SLOT;
    }
}

void ik_child_replace(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                      struct ik_child_sa *made)
{
    if (ik_rival_wins(hs)) {
        /* The peer deletes the old one. */
        ik_child_rival_stays(node, hs);
        ik_delete_child(node, sa, made, IK_WHY_REKEYED);
        return;
    }
    struct ik_child_sa *old = hs->old != IK_NO_SLOT ? ik_child_at(&node->ipsec, hs->old) : NULL;
    if (old != NULL && old->state == IK_CHILD_UP) { /* else the peer has deleted it already */
        ik_delete_child(node, sa, old, IK_WHY_REKEYED);
    }
}

#endif
