/* SPDX-License-Identifier: MIT */
/* Messages of IKE SAs: coming, going, sealed, repeated. */
#ifndef IK_IKE_MSG_MSG_H
#define IK_IKE_MSG_MSG_H

#include "ike/ike.h"

/* ---- receive.c ------------------------------------------------------------------------------- */

/* An IKE message came: rx->path, pkt, msg and len are set. */
void ik_receive(struct ik_node *node, struct ik_rx *rx);

/* Of a message before it is opened: to know it again when there are no keys any more. */
void ik_rx_digest(struct ik_node *node, const struct ik_rx *rx, uint8_t out[IK_DIGEST_LEN]);

static inline bool ik_is_response(const struct ik_msg *m)
{
    return (m->hdr.flags & IK_FLAG_RESPONSE) != 0;
}

/* ---- window.c (2.1, 2.2, 2.3) ---------------------------------------------------------------- */

enum ik_msgid_is {
    IK_MSGID_NEW,
    IK_MSGID_REPEATED, /* its response is kept */
    IK_MSGID_WRONG     /* outside of the window, or being answered */
};
void ik_window_init(const struct ik_node *node, struct ik_ike_sa *sa);
enum ik_msgid_is ik_window_check(const struct ik_node *node, const struct ik_ike_sa *sa,
                                 uint32_t msgid);
/* How many requests the peer may have out, or may from the next message of ours on. */
uint8_t ik_window_due(const struct ik_node *node, const struct ik_ike_sa *sa);
/* A request with this id was taken. */
void ik_window_took(struct ik_ike_sa *sa, uint32_t msgid);
/* The kept response to it, or NULL. */
struct ik_buffer *ik_window_response(const struct ik_node *node, const struct ik_ike_sa *sa,
                                     uint32_t msgid);
/* Keeps a response; those that nobody may ask for any more go. */
void ik_window_keep(struct ik_node *node, struct ik_ike_sa *sa, ik_slot response);
#if IK_WINDOWS
/* What the peer says of its own, if it says something. */
void ik_window_granted(struct ik_ike_sa *sa, const struct ik_msg *m);
/* Adds what we say of ours, if it is more than one. */
void ik_window_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
/* 2.3: an IKE SA that takes the place of another begins with one: the first message in it that is
 * ours tells the size once more, and from then on that many are taken. */
void ik_window_tell_anew(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c);
#endif
/* Forgets all responses. */
void ik_window_forget(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- retransmit.c (2.1, 2.4) ----------------------------------------------------------------- */

/* How long the response to a request is waited for at first, ms. */
uint32_t ik_first_wait(const struct ik_node *node);
/* The request left once more: when it will be overdue. */
void ik_task_sent(struct ik_node *node, struct ik_task *task);
/* Its response did not come in time: it is to be sent again, or the SA has ended. */
void ik_task_again(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);

#if IK_PROBE
/* xchg/probe.c: the request was not answered in time: if it is a probe and whole, it is cut, and to
 * leave in fragments now. */
bool ik_probe_cut(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);
/* It was not answered at all. No SA ends for its length: the same in the smallest fragments. */
bool ik_probe_rescue(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);
#endif

/* ---- sk.c (3.14) ----------------------------------------------------------------------------- */

/* A message being built in a buffer. */
struct ik_draft {
    ik_slot buffer; /* IK_NO_SLOT: there was none, or it did not fit */
#if IK_PROBE
    bool whole; /* it leaves whole, however large it is */
#endif
    struct ik_chain c;
};
/* The header of a message of ours. */
void ik_hdr_fill(const struct ik_ike_sa *sa, struct ik_hdr *hdr, enum ik_exchange_type exchange,
                 bool response, uint32_t msgid);
/* Begins a message. Once there are keys, payloads put on d->c go inside SK. */
void ik_draft_begin(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_draft *d,
                    enum ik_exchange_type exchange, bool response, uint32_t msgid);
/* Ends it, and seals it; answers the buffer, IK_NO_SLOT if it did not fit. */
ik_slot ik_draft_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d);
/* The request of a task likewise: it gets the next message id, unless it is made anew. Every id
 * that is given out is sent, or the peer's window would stop there. */
void ik_request_begin(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d,
                      struct ik_task *task);
/* IK_STEP_SEND; or, where it did not fit, the end of the SA. */
enum ik_step ik_request_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d,
                            struct ik_task *task);
/* The response to a request, which is kept. False if it did not fit. */
void ik_response_begin(struct ik_node *node, const struct ik_rx *rx, struct ik_draft *d);
bool ik_response_end(struct ik_node *node, const struct ik_rx *rx, struct ik_draft *d);
/* The keys of one direction. */
struct ik_seal_key ik_sk_key(const struct ik_ike_sa *sa, bool of_initiator);
/* Opens msg in place: IK_ERR_AUTH if it does not authenticate. Inner payloads are not parsed yet.
 */
IK_NODISCARD enum ik_status ik_sk_open_msg(struct ik_env *env, const struct ik_ike_sa *sa,
                                           struct ik_msg *m, uint8_t *msg, struct ik_span *inner);

/* ---- fragment.c (RFC 7383 2.3 to 2.5) -------------------------------------------------------- */

#if IK_FRAGMENT
/* Does the node send that peer fragments, and take his? */
bool ik_fragment_offered(const struct ik_node *node, const struct ik_peer *peer);
/* RFC 7383 2.3: rx, a message of IKE_SA_INIT, says whether the peer does. */
void ik_fragment_agree(const struct ik_node *node, const struct ik_rx *rx,
                       const struct ik_peer *peer);
/* A message that is written, but not sealed: cuts it, if it is too large and the peer takes
 * fragments. Its buffer is filled then. */
bool ik_fragment_draft(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d);
/* A request was not answered: is it cut smaller, and so to be tried anew (2.5.2)? */
bool ik_fragment_retry(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);
/* A response is to leave once more: it is cut smaller if the peer sends smaller fragments by now,
 * or has asked for it several times. */
void ik_fragment_repeat(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *response);
#if IK_PROBE
/* How much text makes a whole message of a datagram of so many octets at the most; and how many it
 * has, exactly. */
uint16_t ik_fragment_text(const struct ik_ike_sa *sa, uint16_t datagram);
uint16_t ik_fragment_whole(const struct ik_ike_sa *sa, uint16_t text);
/* Cuts a request that left whole; false if it is not larger than that. */
bool ik_fragment_cut(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                     uint16_t datagram);
#endif
/* 2.5.1: what the peer sends us gets through: so does what we send him, in datagrams of that size.
 */
void ik_fragment_learn(struct ik_ike_sa *sa, uint16_t datagram);
/* 2.5.2: a datagram of ours on that path was too big for a link. quoted: what came back of it,
 * behind the header of UDP. */
void ik_fragment_too_big(struct ik_node *node, const struct ik_path *path, struct ik_span quoted,
                         uint16_t mtu);
/* Octets of the IP datagram in which a message came. */
uint16_t ik_fragment_datagram(const struct ik_rx *rx);
/* Seals the fragment whose turn it is, or the first: in ik_host.fragment. */
struct ik_buffer *ik_fragment_next(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *b);
/* A response of the SA of which fragments are to leave, or NULL. */
struct ik_buffer *ik_fragment_due(const struct ik_node *node, const struct ik_ike_sa *sa);

/* ---- reassemble.c (RFC 7383 2.6) ------------------------------------------------------------- */

/* Takes a fragment, which is parsed. True if it is the last that was missing: then rx is the whole
 * message, opened, and lies in rx->whole until that is freed. */
bool ik_reassemble(struct ik_node *node, struct ik_rx *rx);
/* Frees a place; nothing if it is IK_NO_SLOT. */
void ik_reassembly_free(struct ik_node *node, ik_slot slot);
/* The message came whole, or is not waited for any more. */
void ik_reassembly_forget(struct ik_node *node, struct ik_ike_sa *sa, bool response);
/* What a fragment says of itself; and its text, if it authenticates. False: it is dropped. */
bool ik_fragment_read(struct ik_node *node, const struct ik_rx *rx, struct ik_skf *skf);
bool ik_fragment_open(struct ik_node *node, struct ik_rx *rx, struct ik_span *text);
#endif

/* ---- clear_answer.c (1.5, 2.21) -------------------------------------------------------------- */

struct ik_error {
    uint16_t type; /* enum ik_notify_type */
    struct ik_span data;
};
/* Answers a request without state and without protection, in the host's buffer. */
void ik_answer_clear(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error);
/* The same for errors that anybody can provoke: limited in rate (2.21.4). */
void ik_answer_clear_limited(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error);
/* Builds the protected response with nothing but that notify. */
void ik_answer_error(struct ik_node *node, const struct ik_rx *rx, uint16_t type,
                     struct ik_span data);
/* Adds a notify to a message of ours, and traces it. */
void ik_put_notify(struct ik_node *node, struct ik_chain *c, uint16_t type, struct ik_span data);

#endif
