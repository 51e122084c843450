/* SPDX-License-Identifier: MIT */
/* How IKE SAs end. Nowhere else are their secrets given up. */
#include "ike/xchg/xchg.h"

/* How long a dead SA keeps its last response, in first waits of a request: the peer repeats his
 * about twice in that time if ours was lost. */
#define LINGER_WAITS 4

static void wipe_secrets(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_tasks_drop(node, sa);
    while (sa->handshake != IK_NO_SLOT) {
        ik_handshake_return(node, sa->handshake);
    }
#if IK_FRAGMENT
    ik_reassemblies_end(node, sa);
#endif
    ik_wipe(&sa->keys, sizeof sa->keys);
    sa->flags &= (uint8_t) ~(IK_SA_KEYED | IK_SA_RESPONSE_DUE);
    for (uint8_t i = 0; i < IK_TIMER_N; i++) {
        sa->moment[i] = IK_MS_NONE;
    }
}

/* Those that keep a response go in the order in which they came, for all keep it equally long. */
static void keep_response(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->flags |= IK_SA_LAST_WORD;
    sa->moment[IK_TIMER_LINGER] = ik_in(node, LINGER_WAITS * ik_first_wait(node));
#if !IK_ONE
    if (node->dead_first == IK_NO_SLOT) {
        node->dead_first = sa->slot;
    } else {
        ik_ike_at(node, node->dead_last)->dead_next = sa->slot;
    }
    node->dead_last = sa->slot;
#endif
}

static void die(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_children_end(node, sa, IK_WHY_NONE, 0);
    wipe_secrets(node, sa);
    if (sa->state != IK_IKE_DEAD) {
        ik_index_take_all(node, sa);
        ik_ike_state(node, sa, IK_IKE_DEAD);
    }
    ik_touch(node, sa);
}

void ik_sa_end_silent(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_window_forget(node, sa);
    die(node, sa);
}

static void tell_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify)
{
    bool was_up = (sa->flags & IK_SA_WAS_UP) != 0;
    ik_children_end(node, sa, why, notify);
#if IK_RESUME
    ik_session_ended(node, sa, why);
#endif
    if ((sa->flags & IK_SA_ENDED) == 0) {
        ik_raise_ike(node, sa, was_up ? IK_EV_IKE_DOWN : IK_EV_IKE_FAILED, why, notify);
    }
}

void ik_sa_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify)
{
    tell_end(node, sa, why, notify);
    ik_sa_end_silent(node, sa);
}

/* Fragments are sealed as they leave, and there are no keys any more. (What ends an SA is said in a
 * few octets.) */
static bool kept_as_sent(const struct ik_buffer *response)
{
#if IK_FRAGMENT
    return response->pieces.total == 0;
#else
    (void)response;
    return true;
#endif
}

void ik_sa_end_answering(struct ik_node *node, const struct ik_rx *rx, enum ik_reason why,
                         uint16_t notify)
{
    struct ik_ike_sa *sa = ik_rx_sa(rx);
    const struct ik_buffer *response = ik_window_response(node, sa, rx->m.hdr.msgid);
    tell_end(node, sa, why, notify);
    if (response == NULL || !kept_as_sent(response)) {
        ik_sa_end_silent(node, sa);
        return;
    }
    memcpy(sa->last_word, rx->digest, sizeof sa->last_word);
    die(node, sa);
    keep_response(node, sa);
}

void ik_sa_spoilt(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why)
{
    ik_delete_ike(node, sa, why, 0, 0);
}

#if IK_REKEY
void ik_sa_out_of_step(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_delete_ike(node, sa, IK_WHY_REFUSED, IK_N_TEMPORARY_FAILURE, 0);
}
#endif

bool ik_last_word(struct ik_node *node, const struct ik_rx *rx)
{
    uint8_t digest[IK_DIGEST_LEN];
    ik_rx_digest(node, rx, digest);
    return ik_ct_eq(digest, ik_rx_sa(rx)->last_word, sizeof digest) != 0;
}

#if !IK_ONE
static void leave_dead(struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_slot *link = &node->dead_first;
    ik_slot last = IK_NO_SLOT;
    while (*link != IK_NO_SLOT && *link != sa->slot) {
        last = *link;
        link = &ik_ike_at(node, *link)->dead_next;
    }
    if (*link == sa->slot) {
        *link = sa->dead_next;
        node->dead_last = node->dead_last == sa->slot ? last : node->dead_last;
    }
}
#endif

void ik_dead_free(struct ik_node *node, struct ik_ike_sa *sa)
{
#if !IK_ONE
    leave_dead(node, sa);
#endif
    IK_ASSERT(!ik_event_waits(sa));
    ik_window_forget(node, sa);
    ik_ike_free(node, sa);
}
