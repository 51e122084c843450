/* SPDX-License-Identifier: MIT */
/*
 * Message IDs (RFC 7296 2.1 to 2.3). Each side counts its own requests:
 *
 *     initiator of the IKE SA           responder of the IKE SA
 *     0 IKE_SA_INIT, 1 IKE_AUTH, 2 …    (none before), 0 INFORMATIONAL, 1 …
 *
 * Of the peer's, with a window of four:
 *
 *     expected - 4        expected          expected + 4
 *     -----|=================|=================|-------->  id
 *            the response is   taken, unless it
 *            kept              came already
 */
#include "ike/msg/msg.h"

#if !IK_LINKED /* else window_one.c */

void ik_window_init(const struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t size = ik_config_of(node)->window;
    sa->window.size_in = size != 0 ? size : 1;
    sa->window.size_out = 1; /* until the peer's SET_WINDOW_SIZE says more (2.3) */
}

uint8_t ik_window_due(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    uint8_t size = ik_config_of(node)->window;
    return IK_WINDOWS && size > sa->window.size_in ? size : sa->window.size_in;
}

#if IK_WINDOWS
#define SIZE_MAX_OUT 32 /* what is out is found by looking at all of it */

/* 2.3: "there is currently no way to reduce the window size of an existing IKE SA". */
void ik_window_granted(struct ik_ike_sa *sa, const struct ik_msg *m)
{
    struct ik_notify n;
    if (!ik_notify_find(m, IK_N_SET_WINDOW_SIZE, &n) || n.data.len != 4) {
        return;
    }
    uint32_t size = ik_get32(n.data.p);
    size = size < SIZE_MAX_OUT ? size : SIZE_MAX_OUT;
    sa->window.size_out = size > sa->window.size_out ? (uint8_t)size : sa->window.size_out;
}

void ik_window_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    uint8_t data[4];
    if (sa->window.size_in > 1) {
        ik_put32(data, sa->window.size_in);
        ik_put_notify(node, c, IK_N_SET_WINDOW_SIZE, (struct ik_span){data, sizeof data});
    }
}

void ik_window_tell_anew(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c)
{
    uint8_t due = ik_window_due(node, sa);
    if (sa->state == IK_IKE_UP && due > sa->window.size_in) {
        sa->window.size_in = due;
        ik_window_put(node, sa, c);
    }
}
#endif

static bool came(const struct ik_window *w, uint32_t ahead)
{
    return ahead > 0 && ahead <= 32 && (w->beyond & ((uint32_t)1 << (ahead - 1))) != 0;
}

/* The oldest that came and is not answered, for its key exchange is being computed; or expected. */
static uint32_t oldest_open(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    uint32_t oldest = sa->window.expected;
#if IK_REKEY
    for (ik_slot s = sa->handshake; s != IK_NO_SLOT; s = ik_handshake_next(node, s)) {
        const struct ik_handshake *hs = ik_handshake_at(node, s);
        if (hs->job.kind == IK_JOB_KE_ANSWER && hs->msgid < oldest) {
            oldest = hs->msgid;
        }
    }
#else
    (void)node;
#endif
    return oldest;
}

enum ik_msgid_is ik_window_check(const struct ik_node *node, const struct ik_ike_sa *sa,
                                 uint32_t msgid)
{
    const struct ik_window *w = &sa->window;
    /* 2.3: "The window size is always one until the initial exchanges complete." */
    uint8_t size = sa->state == IK_IKE_OPENING ? 1 : w->size_in;
    /* A window of N is full with N requests that were not answered. */
    bool open = msgid - oldest_open(node, sa) < size;
    /* 2.2: the ID never wraps; the last one is not taken. */
    if (msgid >= w->expected && open && msgid != UINT32_MAX && !came(w, msgid - w->expected)) {
        return IK_MSGID_NEW;
    }
    /* 2.1: a request is repeated because our response was lost. */
    return ik_window_response(node, sa, msgid) != NULL ? IK_MSGID_REPEATED : IK_MSGID_WRONG;
}

void ik_window_took(struct ik_ike_sa *sa, uint32_t msgid)
{
    struct ik_window *w = &sa->window;
    uint32_t ahead = msgid - w->expected;
    if (ahead > 0) {
        w->beyond |= (uint32_t)1 << (ahead - 1);
        return;
    }
    do {
        w->expected++;
        ahead = w->beyond & 1u;
        w->beyond >>= 1;
    } while (ahead != 0);
}

struct ik_buffer *ik_window_response(const struct ik_node *node, const struct ik_ike_sa *sa,
                                     uint32_t msgid)
{
    ik_slot slot = sa->window.responses;
    while (slot != IK_NO_SLOT && ik_buffer_at(node, slot)->msgid != msgid) {
        slot = ik_buffer_at(node, slot)->next;
    }
    return slot == IK_NO_SLOT ? NULL : ik_buffer_at(node, slot);
}

/* Puts a response in front of the others; those that the window has no place for go. */
static void add_response(struct ik_node *node, struct ik_ike_sa *sa, ik_slot response)
{
    ik_slot *link = &sa->window.responses;
    ik_buffer_at(node, response)->next = *link;
    *link = response;
    for (uint8_t n = 0; *link != IK_NO_SLOT && n < sa->window.size_in; n++) {
        link = &ik_buffer_at(node, *link)->next;
    }
    ik_slot old = *link;
    *link = IK_NO_SLOT;
    while (old != IK_NO_SLOT) {
        ik_slot next = ik_buffer_at(node, old)->next;
        ik_buffer_drop(node, &old);
        old = next;
    }
}

void ik_window_keep(struct ik_node *node, struct ik_ike_sa *sa, ik_slot response)
{
    uint32_t lasts = ik_config_of(node)->response_for;
    response = ik_buffer_settle(node, response);
    add_response(node, sa, response);
    /* Message 2 is needed for AUTH (2.15), however late that comes. */
    bool message_2 = sa->state == IK_IKE_OPENING && ik_buffer_at(node, response)->msgid == 0;
    if (lasts != 0 && !message_2) {
        sa->moment[IK_TIMER_LINGER] = ik_in(node, ik_wait(lasts, 0));
    }
    ik_touch(node, sa);
}

void ik_window_forget(struct ik_node *node, struct ik_ike_sa *sa)
{
    while (sa->window.responses != IK_NO_SLOT) {
        ik_slot slot = sa->window.responses;
        sa->window.responses = ik_buffer_at(node, slot)->next;
        ik_buffer_drop(node, &slot);
    }
}

#endif
