/* SPDX-License-Identifier: MIT */
/*
 * Inside of core/ike. A datagram comes in by node.c, is brought to its IKE SA by receive.c, taken
 * by the transition row that fits (steps.c, steps_responder.c), and leaves by poll.c.
 */
#ifndef IK_IKE_IKE_H
#define IK_IKE_IKE_H

#include "crypto/crypto.h"
#include "ikelet/ik_node.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

#define IK_MARKER_LEN 4 /* RFC 3948 2.2: the non-ESP marker */

/* An IKE message that came. msg is in the host's buffer, behind the marker. */
struct ik_rx {
    const struct ik_path *path;
    struct ik_pkt *pkt;
    struct ik_ike_sa *sa; /* NULL for an IKE_SA_INIT request, until its handler takes one */
    uint8_t *msg;
    uint16_t len;
    struct ik_msg m;
};

/* The node's IKE SAs: how many, and the one in a slot. */
static inline uint16_t ik_ike_n(const struct ik_node *node)
{
    return IK_ONE ? 1 : node->ike_sas_n;
}

static inline struct ik_ike_sa *ik_ike_at(const struct ik_node *node, uint16_t slot)
{
    struct ik_ike_sa *sa = &node->ike_sas[IK_ONE ? 0 : slot];
    IK_KNOWN(sa, ik_one_ike);
    return sa;
}

/* The IKE SA of a message that was brought to one. */
static inline struct ik_ike_sa *ik_sa_of(const struct ik_node *node, const struct ik_rx *rx)
{
    IK_KNOWN(node, ik_one_node);
    IK_KNOWN(rx->sa, ik_one_ike);
    (void)node;
    return rx->sa;
}

/* ---- clock.c --------------------------------------------------------------------------------- */

/* An entry point runs at that time. */
void ik_enter(struct ik_node *node, ik_time now);

/* ---- steps.c: transition rows ---------------------------------------------------------------- */

/*
 * A row takes a message if its SA is in state `from` and all of `required` and nothing outside of
 * `permitted` is present; the first such row wins. If the handler answers IK_OK, the SA goes to
 * state `to`; otherwise the handler has said what comes next, except for IK_ERR_SYNTAX of a
 * protected request, which receive.c answers.
 */
struct ik_step {
    uint8_t from; /* enum ik_ike_state */
    uint8_t to;
    uint8_t exchange;
    bool response;
    uint16_t required; /* IK_PRESENT() of payload types */
    uint16_t permitted;
    enum ik_status (*run)(struct ik_node *node, struct ik_rx *rx);
};

struct ik_error;

/* What a responder has beyond an initiator; ik_responder is the only one. */
struct ik_role {
    const struct ik_step *steps;
    uint8_t steps_n;
    void (*job_done)(struct ik_node *node, struct ik_ike_sa *sa);
    /* Answers an unprotected request that can't be taken; a node that only begins does not. */
    void (*refuse)(struct ik_node *node, struct ik_rx *rx, const struct ik_error *error);
};

/* The responder's, or NULL if this node only begins. */
static inline const struct ik_role *ik_role_of(const struct ik_node *node)
{
    return IK_RESPONDER ? node->config->responder : NULL;
}

/* The row for the message, or NULL. */
const struct ik_step *ik_step_find(const struct ik_node *node, enum ik_ike_state from,
                                   const struct ik_msg *m);

/* ---- receive.c ------------------------------------------------------------------------------- */

/* An IKE message came: rx->path, pkt, msg and len are set. */
void ik_receive(struct ik_node *node, struct ik_rx *rx);

/* ---- sa.c: the pool -------------------------------------------------------------------------- */

/* This node is the original initiator of the IKE SA. */
static inline bool ik_began(const struct ik_ike_sa *sa)
{
    return !IK_RESPONDER || sa->initiator;
}
static inline uint16_t ik_sa_slot(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    (void)node;
    return sa->slot;
}
/* A free slot, zeroed, with our SPI drawn and all indices IK_NO_SLOT; NULL if the pool is full. */
struct ik_ike_sa *ik_sa_alloc(struct ik_node *node, bool initiator);
/* The SA whose SPI of ours is in the header, or NULL. */
struct ik_ike_sa *ik_sa_find(const struct ik_node *node, const struct ik_hdr *hdr);
void ik_sa_state(struct ik_node *node, struct ik_ike_sa *sa, enum ik_ike_state state);
const struct ik_peer *ik_sa_peer(const struct ik_node *node, const struct ik_ike_sa *sa);
const struct ik_policy *ik_sa_policy(const struct ik_node *node, const struct ik_ike_sa *sa);
/* A Delete of ours is under way, or waits for the window. */
static inline bool ik_closing(const struct ik_ike_sa *sa)
{
    return sa->state == IK_IKE_DELETING || (sa->flags & IK_SA_CLOSE) != 0;
}
struct ik_child_sa *ik_sa_child(const struct ik_node *node, const struct ik_ike_sa *sa);
bool ik_addr_eq(const struct ik_addr *a, const struct ik_addr *b);

/* ---- teardown.c: the one place where secrets of an SA end ------------------------------------ */

/* Ends an IKE SA: its child goes, secrets are wiped, the end is raised if it was not, state DEAD.
 * The response stays for a while, in case that the peer did not get it. */
void ik_sa_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify);
/* Likewise without telling the user: of half-open SAs he never heard. */
void ik_sa_end_silent(struct ik_node *node, struct ik_ike_sa *sa);
/* Ends its Child SA only. */
void ik_sa_child_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify);
/* Frees a slot at once. */
void ik_sa_free(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- event.c --------------------------------------------------------------------------------- */

enum ik_reason ik_reason_of(uint16_t notify);
/* The first error among the notifies of a message; 0 if there is none. */
uint16_t ik_error_in(const struct ik_msg *m);
void ik_raise_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_event event,
                  enum ik_reason why, uint16_t notify);
void ik_raise_child(struct ik_ike_sa *sa, enum ik_event event, enum ik_reason why, uint16_t notify);
/* Packets without an SA do not begin a handshake for a while. */
void ik_pause_acquire(struct ik_node *node);
/* Adds the next event to *fx. */
void ik_event_tell(struct ik_ike_sa *sa, struct ik_effect *fx);
/* An end is among the events that wait. */
bool ik_event_ends(const struct ik_ike_sa *sa);
/* An up that could not begin. */
void ik_refuse(struct ik_node *node, uint16_t policy, enum ik_reason why);

/* ---- msgid.c (2.2, 2.3) ---------------------------------------------------------------------- */

enum ik_msgid_is { IK_MSGID_NEW, IK_MSGID_REPEATED, IK_MSGID_WRONG };
enum ik_msgid_is ik_msgid_check(const struct ik_ike_sa *sa, const struct ik_hdr *hdr);

/* ---- retransmit.c (2.1, 2.4) ----------------------------------------------------------------- */

/* A wait of the configuration, or the usual one for 0. */
uint32_t ik_wait(uint32_t configured, uint32_t usual);
/* How long the response to a request is waited for at first. */
uint32_t ik_first_wait(const struct ik_node *node);
/* The request in sa->request is to leave, and to be repeated until answered. If none is there, it
 * did not fit: the SA ends. */
void ik_request_start(struct ik_node *node, struct ik_ike_sa *sa);
/* Its response has come and authenticated. */
void ik_request_answered(struct ik_ike_sa *sa);
/* The response was none after all: waits on. */
void ik_request_resume(struct ik_node *node, struct ik_ike_sa *sa);
/* It left once more: sets the timer. */
void ik_request_sent(struct ik_node *node, struct ik_ike_sa *sa);
/* Still no response, and the timer has expired: true if it is to be sent again, else the SA has
 * ended. */
bool ik_request_overdue(struct ik_node *node, struct ik_ike_sa *sa);
/* An unauthenticated error came (2.21.1): remembered, and waiting is cut short. */
void ik_request_hint(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify);

/* ---- jobs.c ---------------------------------------------------------------------------------- */

void ik_keygen_start(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_dh *dh);
/* IK_ERR_SYNTAX if peer has another length than the group's values. */
IK_NODISCARD enum ik_status ik_shared_start(struct ik_node *node, struct ik_ike_sa *sa,
                                            struct ik_span peer);

/* ---- init_i.c, auth_i.c: the initiator ------------------------------------------------------- */

void ik_init_i_start(struct ik_node *node, uint16_t policy, bool tell_no_peer);
void ik_init_i_keygen_done(struct ik_node *node, struct ik_ike_sa *sa);
enum ik_status ik_init_i_response(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_init_i_again(struct ik_node *node, struct ik_rx *rx);
void ik_init_i_resume(struct ik_node *node, struct ik_ike_sa *sa);
void ik_auth_i_start(struct ik_node *node, struct ik_ike_sa *sa);
enum ik_status ik_auth_i_response(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_auth_i_refused(struct ik_node *node, struct ik_rx *rx);

/* ---- init_r.c, auth_r.c: the responder ------------------------------------------------------- */

enum ik_status ik_init_r_request(struct ik_node *node, struct ik_rx *rx);
void ik_init_r_job_done(struct ik_node *node, struct ik_ike_sa *sa);
enum ik_status ik_auth_r_request(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_auth_r_no_auth(struct ik_node *node, struct ik_rx *rx);

/* ---- informational.c, create_child.c, delete.c ----------------------------------------------- */

enum ik_status ik_informational_request(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_informational_response(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_closing_response(struct ik_node *node, struct ik_rx *rx);
enum ik_status ik_create_child_request(struct ik_node *node, struct ik_rx *rx);
/* Ends an IKE SA that the peer believes in: Delete, as soon as the window allows. A user who did
 * not hear of an IKE_EV_IKE_UP is told at once. */
void ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify);
/* Tells the peer that its Child SA is none. */
void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa);
/* Adds the Delete of our inbound side. */
void ik_put_delete_child(struct ik_chain *c, const struct ik_child_sa *child);
/* INFORMATIONAL with one error notify, after which both sides forget the IKE SA (2.21.2). */
void ik_delete_by_error(struct ik_node *node, struct ik_ike_sa *sa, uint16_t notify,
                        enum ik_reason why);

/* ---- child.c: the Child SA of IKE_AUTH ------------------------------------------------------- */

#define IK_SUITE_TYPES 5 /* ENCR to ESN: enum ik_transform_type counts from 1 */

/* What the two ends agreed on. */
struct ik_suite {
    uint8_t number;                 /* of the proposal on the wire */
    bool named[IK_SUITE_TYPES + 1]; /* transform types that the answer names */
    const struct ik_encr *encr;
    const struct ik_prf *prf;
    const struct ik_integ *integ;
    const struct ik_dh *dh;
    uint32_t spi; /* ESP: the peer's */
};
struct ik_ts_set {
    uint8_t n;
    struct ik_ts ts[IK_TS_MAX];
};
/* Makes the SA's larval Child SA, which has mode and selectors, an UP one. */
void ik_child_install(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_suite *suite);

/* ---- proposal.c (2.7, 3.3) ------------------------------------------------------------------- */

struct ik_proposals {
    const struct ik_crypto *crypto;
    const struct ik_proposal *list;
    uint8_t n;
    uint8_t protocol; /* enum ik_protocol */
};
/* Responder: the first of ours that the peer proposes too. IK_ERR_POLICY if there is none. */
IK_NODISCARD enum ik_status ik_proposal_choose(const struct ik_proposals *ours,
                                               const struct ik_span *sa, struct ik_suite *out);
/* Initiator: is the answer one proposal that we made, with one transform of each type? */
IK_NODISCARD enum ik_status ik_proposal_verify(const struct ik_proposals *ours,
                                               const struct ik_span *sa, struct ik_suite *out);
/* Writes SA with all of ours; spi: 0 for IKE. */
void ik_proposal_put(struct ik_chain *c, const struct ik_proposals *ours, uint32_t spi);
/* The transforms of a suite as the answer names them: 5 at most; answers how many. */
uint8_t ik_suite_transforms(const struct ik_suite *suite, struct ik_transform *out);
/* Writes SA with what was chosen. */
void ik_suite_put(struct ik_chain *c, const struct ik_suite *suite, uint8_t protocol, uint32_t spi);
/* The group of that number, if one of our proposals names it; the first of all for number 0. */
const struct ik_dh *ik_proposal_group(const struct ik_proposals *ours, uint16_t group);
/* Does one of ours allow exactly this suite of an IKE SA? */
bool ik_proposal_allows(const struct ik_proposals *ours, const struct ik_ike_sa *sa);
struct ik_proposals ik_proposals_ike(const struct ik_node *node, const struct ik_peer *peer);
struct ik_proposals ik_proposals_esp(const struct ik_node *node, const struct ik_policy *policy);
/* Takes a suite over into the SA, and back. */
void ik_suite_take(struct ik_ike_sa *sa, const struct ik_suite *suite);
void ik_suite_recall(const struct ik_ike_sa *sa, struct ik_suite *suite);
/* IK_TR_LEGACY for what is weak in it. */
void ik_suite_trace(struct ik_env *env, const struct ik_suite *suite);

/* ---- selectors.c (2.9, 2.23.1) --------------------------------------------------------------- */

/* Responder: what policy and offer have in common, in the order of the offer. False if nothing. */
bool ik_ts_narrow(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *offer,
                  struct ik_ts_set *out, const struct ik_addr *instead);
/* Is the first selector of the offer in the set, whole? */
bool ik_ts_has_first(const struct ik_ts_set *set, const struct ik_span *offer,
                     const struct ik_addr *instead);
/* Initiator: is each selector of the answer within one of the policy? */
bool ik_ts_accept(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *answer,
                  struct ik_ts *out, uint8_t *out_n, const struct ik_addr *instead);

/* ---- keys.c (2.13, 2.14, 2.17) --------------------------------------------------------------- */

/* The nonces lie in sa->seed. Ni is put there before Nr in both roles; when Ni changes, Nr is not
 * there yet. */
uint8_t *ik_nonce_room(struct ik_ike_sa *sa, bool of_initiator, uint16_t len);
/* The peer's. */
void ik_nonce_take(struct ik_ike_sa *sa, struct ik_span nonce);
/* Ours. */
void ik_nonce_draw(struct ik_node *node, struct ik_ike_sa *sa);
struct ik_span ik_nonce_i(const struct ik_ike_sa *sa);
struct ik_span ik_nonce_r(const struct ik_ike_sa *sa);
/* 2.10: long enough for the prf, and not too long for us. */
bool ik_nonce_good(struct ik_span nonce, const struct ik_prf *prf);
/* SK_ai or SK_ar, SK_ei or SK_er, SK_pi or SK_pr. SK_d is sa->keys itself. */
const uint8_t *ik_sk_a(const struct ik_ike_sa *sa, bool of_initiator);
const uint8_t *ik_sk_e(const struct ik_ike_sa *sa, bool of_initiator);
const uint8_t *ik_sk_p(const struct ik_ike_sa *sa, bool of_initiator);
/* SKEYSEED and SK_* from job.peer, which holds g^ir; the job is wiped. */
void ik_keys_derive(struct ik_node *node, struct ik_ike_sa *sa);
/* KEYMAT of the first Child SA. */
void ik_keys_child(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_child_sa *child);

/* ---- auth_octets.c (2.15) -------------------------------------------------------------------- */

/* AUTH of the peer, id being the body of its ID payload; or ours, with NULL for id. out:
 * prf->key_len octets. */
void ik_auth_octets(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_span *psk,
                    const struct ik_span *id, uint8_t *out);
/* Does the body of an ID payload name it? */
bool ik_id_is(const struct ik_id *id, struct ik_span body);
void ik_id_digest(struct ik_node *node, struct ik_span body, uint8_t out[16]);

/* ---- nat.c (2.23) ---------------------------------------------------------------------------- */

/* IKE_SA_INIT goes by sa->path. force: act as if there were a NAT. */
void ik_nat_begin(struct ik_ike_sa *sa, bool force);
/* Writes both NAT_DETECTION notifies of a message that leaves by sa->path. */
void ik_nat_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
/* Reads those of a message: sets the flags NAT_HERE and NAT_THERE of rx->sa. */
void ik_nat_detect(struct ik_node *node, const struct ik_rx *rx);
/* Initiator: from port 500 to 4500 if there is NAT. */
void ik_nat_move(struct ik_ike_sa *sa);
/* A fresh authenticated packet came by path: the peer's mapping may have changed. */
void ik_nat_follow(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path);
/* How a Child SA of sa sends. */
void ik_nat_child_path(const struct ik_ike_sa *sa, struct ik_child_sa *child);
/* When the mapping needs a keepalive; IK_TICK_NEVER if it needs none. */
ik_tick ik_nat_keepalive_at(const struct ik_node *node, const struct ik_ike_sa *sa);
/* It is time: true if a keepalive is to leave, false if something else has left since. */
bool ik_nat_keepalive(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- cookie.c (2.6) -------------------------------------------------------------------------- */

/* Does this IKE_SA_INIT request need a cookie that it does not have? Then it was answered. */
bool ik_cookie_wanted(struct ik_node *node, struct ik_rx *rx);

/* ---- sk.c (3.14) ----------------------------------------------------------------------------- */

/* A message being built for sa: in sa->request or sa->response. */
struct ik_draft {
    struct ik_kept *kept;
    struct ik_chain c;
};
/* The header of a message of ours. */
void ik_hdr_fill(const struct ik_ike_sa *sa, struct ik_hdr *hdr, enum ik_exchange exchange,
                 bool response, uint32_t msgid);
/* Begins a message. Once there are keys, payloads put on d->c go inside SK. */
void ik_draft_begin(struct ik_ike_sa *sa, struct ik_draft *d, enum ik_exchange exchange,
                    bool response);
/* Ends it, and seals it. If it did not fit, nothing is kept. */
void ik_draft_end(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d);
/* The keys of one direction. */
struct ik_seal_key ik_sk_key(const struct ik_ike_sa *sa, bool of_initiator);
/* Opens rx->msg in place: IK_ERR_AUTH if it does not authenticate. Inner payloads are not parsed
 * yet. */
IK_NODISCARD enum ik_status ik_sk_open_msg(struct ik_env *env, const struct ik_ike_sa *sa,
                                           struct ik_msg *m, uint8_t *msg, struct ik_span *inner);

/* ---- errors.c (2.21) ------------------------------------------------------------------------- */

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
void ik_put_notify(struct ik_node *node, struct ik_chain *c, uint32_t msgid, uint16_t type,
                   struct ik_span data);

/* ---- poll.c ---------------------------------------------------------------------------------- */

/* What IKE SAs have to do may have changed: poll looks. Each event that reaches one does this, and
 * each thing that poll does. */
static inline void ik_touch(struct ik_node *node)
{
    node->next_at = 0;
}
/* What the event that is being handled makes leave: an effect to be filled, or filled with the
 * packet or with the kept response. path stays as long as the host's packet. */
struct ik_effect *ik_pend(struct ik_node *node, enum ik_effect_kind kind,
                          const struct ik_path *path);
void ik_pend_pkt(struct ik_node *node, enum ik_effect_kind kind, const struct ik_pkt *pkt,
                 const struct ik_path *path);
void ik_pend_kept(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path);

/* ---- config.c -------------------------------------------------------------------------------- */

IK_NODISCARD enum ik_status ik_config_check(const struct ik_config *config);

#endif
