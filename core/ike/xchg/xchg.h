/* SPDX-License-Identifier: MIT */
/* The exchanges: a room for each, with what they ask of one another. */
#ifndef IK_IKE_XCHG_XCHG_H
#define IK_IKE_XCHG_XCHG_H

#include "ike/auth/auth.h"

/* The response to a request that an IKE SA sent once it was up: it may be rekeyed, or be closing,
 * when that comes. */
#define IK_LATE_RESPONSE                                                                           \
    {                                                                                              \
        .states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_REKEYED) | IK_IN(IK_IKE_CLOSING),                \
        .required = IK_P(SK), .permitted = IK_P_ANY                                                \
    }

#define IK_P(name) IK_PRESENT(IK_PL_##name)
#define IK_P_ANY UINT16_MAX

/* What may stand in the clear messages, and in IKE_AUTH. */
#define IK_P_INIT (IK_P(SA) | IK_P(KE) | IK_P(NONCE) | IK_P(NOTIFY) | IK_P(VENDOR) | IK_P(CERTREQ))
#define IK_P_AUTH                                                                                  \
    (IK_P(SK) | IK_P(IDI) | IK_P(IDR) | IK_P(CERT) | IK_P(CERTREQ) | IK_P(AUTH) | IK_P(NOTIFY) |   \
     IK_P(VENDOR) | IK_P(CP) | IK_P(EAP) | IK_P_CHILD)
/* What of it is of the Child SA. */
#define IK_P_CHILD (IK_P(SA) | IK_P(TSI) | IK_P(TSR))

/* ---- init_i.c, auth_i.c --------------------------------------------------------------------- */

/* Begins an IKE SA for the policy's Child SA, unless one is there or on its way. tell_no_peer: the
 * user asked for it, so tell him if there is nobody to call. */
void ik_initiate(struct ik_node *node, uint16_t policy, bool tell_no_peer);
#if IK_REKEY
/* Begins another IKE SA with the peer, whatever is there, in full (by no ticket); policy: of its
 * Child SA, or IK_NO_SLOT. NULL if there is no room, also where it has ended at once for that. */
struct ik_ike_sa *ik_initiate_beside(struct ik_node *node, uint16_t policy, uint16_t peer);
#endif
#if IK_CHILDLESS
/* Likewise for the peer, without a Child SA. */
void ik_initiate_peer(struct ik_node *node, uint16_t peer);
#endif

/* ---- childless.c (RFC 6023) ------------------------------------------------------------------ */

#if IK_CHILDLESS
/* Initiator: is its IKE_AUTH to be without a Child SA? */
bool ik_childless(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Initiator: that is so, and the responder does not announce that it can? */
bool ik_childless_declined(const struct ik_node *node, const struct ik_rx *rx);
/* Responder: is this an IKE_AUTH request without a Child SA, as was announced? */
bool ik_childless_asked(const struct ik_node *node, const struct ik_rx *rx);
/* Responder: the initiator is known; what it asks for is refused with this notify. 0: it is not. */
uint16_t ik_childless_refusal(const struct ik_node *node, const struct ik_rx *rx);
#else
static inline bool ik_childless(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    (void)node, (void)sa;
    return false;
}
static inline bool ik_childless_asked(const struct ik_node *node, const struct ik_rx *rx)
{
    (void)node, (void)rx;
    return false;
}
#endif

/* ---- init_i.c: what IKE_SESSION_RESUME has in common with it --------------------------------- */

/* Is this a cookie that has to be given back? The request is to be built with it anew. */
bool ik_init_take_cookie(struct ik_node *node, const struct ik_rx *rx, struct ik_task *task,
                         struct ik_span given);
/* A copy of message 2, for AUTH; false if there is no room, which was counted. */
bool ik_init_keep(struct ik_node *node, const struct ik_rx *rx, struct ik_handshake *hs);
/* What a response that counts says: SPI, nonce, where we are, NAT, fragments. */
void ik_init_take(struct ik_node *node, struct ik_rx *rx, const struct ik_suite *suite);

/* ---- init_r.c: what IKE_SESSION_RESUME has in common with it --------------------------------- */

/* Is this a request that is good and new, of a caller who need not show a cookie? If not, it was
 * dealt with. */
bool ik_init_is_new(struct ik_node *node, struct ik_rx *rx);
/* A half-open IKE SA of the request, rx->sa; NULL if there is no room, which was told. */
struct ik_handshake *ik_init_accept(struct ik_node *node, struct ik_rx *rx,
                                    const struct ik_suite *suite, const struct ik_peer *peer);
/* Adds what the response says beside. */
void ik_init_put_status(struct ik_node *node, const struct ik_ike_sa *sa,
                        const struct ik_handshake *hs, struct ik_chain *c);

#if IK_RESUME
/* ---- resume_r.c (RFC 5723) ------------------------------------------------------------------- */

/* Is the caller who had the IKE SA that is resumed? */
bool ik_resumed_by(struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c);
/* He has proved it: the old IKE SA ends, and its ticket. False if that was used already. */
bool ik_resumed_proved(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- ticket_ask.c (RFC 5723 4.1, 6.2) -------------------------------------------------------- */

#if IK_REKEY
extern const struct ik_exchange ik_exchange_ticket;
/* Initiator: the response says that a ticket is to be asked for later, if it does. */
void ik_ticket_ask_later(struct ik_node *node, const struct ik_rx *rx);
/* Initiator: `to` has taken the place of old, and its ticket's. */
void ik_ticket_ask_anew(struct ik_node *node, struct ik_ike_sa *old, struct ik_ike_sa *to);
/* Responder: the answer to a request of INFORMATIONAL that asks for one. */
void ik_ticket_answer(struct ik_node *node, const struct ik_rx *rx, struct ik_chain *c);
#endif
#endif

/* ---- cookie.c (2.6) ------------------------------------------------------------------------- */

/* Does this IKE_SA_INIT request need a cookie that it does not have? Then it was answered. */
bool ik_cookie_wanted(struct ik_node *node, struct ik_rx *rx);
/* Was that cookie made here, for the address, SPI and nonce of this request? */
bool ik_cookie_good(struct ik_node *node, const struct ik_rx *rx, struct ik_span cookie);

/* ---- delete.c (1.4.1) ----------------------------------------------------------------------- */

/* Deletes of an IKE SA and of a Child SA, begun here. */
extern const struct ik_exchange ik_exchange_delete_ike, ik_exchange_delete_child;
/* Ends an IKE SA that the peer believes in: Delete, as soon as the window allows. A user who did
 * not hear of an IK_EV_IKE_UP is told at once. by_error: that notify instead of the Delete; 0:
 * none. Answers IK_STEP_ENDED where there was no room for a Delete: then it has ended. */
enum ik_step ik_delete_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                           uint16_t notify, uint16_t by_error);
/* Tells the peer that its Child SA is none. It receives until the response has come; a larval one,
 * or one that is expired or without a policy, ends at once. */
void ik_delete_child(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child,
                     enum ik_reason why);
/* Adds the Delete of our inbound side. */
void ik_put_delete_child(struct ik_chain *c, const struct ik_child_sa *child);

/* ---- child_create.c, child_answer.c (1.3) ---------------------------------------------------- */

#define IK_CHILD_REQUEST(says)                                                                     \
    {                                                                                              \
        .states = IK_IN(IK_IKE_UP) | IK_IN(IK_IKE_REKEYED) | IK_IN(IK_IKE_CLOSING),                \
        .notify = (says), .required = IK_P(SK) | IK_P(SA) | IK_P(TSI), .permitted = IK_P_ANY       \
    }
/* Asks for a further Child SA, for the policy; first: for that pair of selectors before all others,
 * NULL: for none. False if a pool is empty. */
bool ik_child_create(struct ik_node *node, struct ik_ike_sa *sa, uint16_t policy,
                     const struct ik_ts *first);
/* The IKE SA came up without the Child SA of this task of IKE_AUTH, which is asked for now. */
enum ik_step ik_child_create_next(struct ik_node *node, struct ik_task *task);
/* Have we asked for one, which the peer may have made, so that its SPI is not known here yet? */
bool ik_child_awaited(const struct ik_node *node, const struct ik_ike_sa *sa);
/* The peer deletes an SPI that is not known here: if that is of such a one, it comes to nothing. */
void ik_child_gone(struct ik_node *node, const struct ik_ike_sa *sa, uint32_t spi);
/* Asks for one in the place of this one, unless that is under way. */
void ik_child_rekey(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child);
enum ik_step ik_child_create_answer(struct ik_node *node, struct ik_rx *rx);
enum ik_step ik_child_rekey_answer(struct ik_node *node, struct ik_rx *rx);
/* What CREATE_CHILD_SA was to make has come to nothing after all: this notify is the response to
 * its request, if there is a buffer. */
void ik_create_refuse(struct ik_node *node, struct ik_ike_sa *sa, uint32_t msgid, uint16_t error);
enum ik_step ik_child_answer_resume(struct ik_node *node, struct ik_handshake *hs,
                                    struct ik_task *task);
/* Adds N(REKEY_SA) of a Child SA. */
void ik_put_rekey_sa(struct ik_node *node, struct ik_chain *c, const struct ik_child_sa *old);

/* ---- unique.c (2.4) ------------------------------------------------------------------------- */

/* A caller has proved who it is: others of the same identity give way, by the policy of its entry.
 * False if it is to be refused. */
bool ik_unique_admits(struct ik_node *node, struct ik_ike_sa *self);
/* It came up, but what it asked for was refused: those stay. */
void ik_unique_in_vain(struct ik_node *node, const struct ik_ike_sa *self);
/* As initiator, it is about to be up: did another one come up meanwhile that the peer began? */
void ik_unique_crossed(struct ik_node *node, struct ik_ike_sa *self);
/* A Child SA is up: is there another for the same flow? */
void ik_unique_child(struct ik_node *node, const struct ik_child_sa *child);
/* Its moment has come: what is still there twice is deleted. */
void ik_unique_due(struct ik_node *node, struct ik_ike_sa *self);

/* ---- reauth.c (2.8.3, RFC 4478) -------------------------------------------------------------- */

/* When the authentication of one that comes up is to be repeated; IK_MS_NONE: never. */
ik_ms ik_reauth_at(struct ik_node *node, const struct ik_ike_sa *sa);
/* Begins to repeat it, unless that is under way. */
void ik_reauthenticate(struct ik_node *node, struct ik_ike_sa *sa);
/* One that is to take the place of another: has it all that it asked for? Then it does. */
bool ik_reauth_due(const struct ik_node *node, const struct ik_ike_sa *sa);
void ik_reauth_finish(struct ik_node *node, struct ik_ike_sa *sa);
/* old is rekeyed, sa goes on: with the age of its authentication. */
void ik_reauth_inherit(struct ik_node *node, const struct ik_ike_sa *old, struct ik_ike_sa *sa);
/* Responder: says how long the authentication is good. Either: what the peer says of that. */
void ik_auth_lifetime_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
void ik_auth_lifetime_take(struct ik_node *node, const struct ik_rx *rx);
/* Responder: is the one of a caller who has proved who it is as an older one of his maybe a
 * reauthentication? Whoever comes from elsewhere has moved, or was restarted. */
bool ik_reauth_of(const struct ik_ike_sa *sa, const struct ik_ike_sa *old);
/* Responder: does another IKE SA with that peer send what the new Child SA takes? Then this waits
 * until the peer sends by it. */
bool ik_reauth_beside(const struct ik_node *node, const struct ik_ike_sa *sa,
                      const struct ik_child_sa *child);
/* … or until 5 s are over, in which the response has come to the peer: and then. */
void ik_reauth_settle_later(struct ik_node *node, struct ik_ike_sa *sa);
void ik_reauth_settle(struct ik_node *node, struct ik_ike_sa *sa);
/* The IKE SA ends: one that the peer has set up since takes its place, if it has the like of a
 * Child SA of it. False if there is none. */
bool ik_reauth_yield(struct ik_node *node, struct ik_ike_sa *sa);

/* A request whose answer waits for a job will not be taken once more, so there has to be a buffer
 * for that answer then: the one that was free when the request came. Where messages 1 and 2 lie
 * while an IKE SA opens, there is none now. */
static inline void ik_answer_reserve(struct ik_node *node, struct ik_handshake *hs)
{
    hs->message[0] = ik_buffer_alloc(node);
}

/* ---- ike_rekey.c (1.3.2, 2.18) --------------------------------------------------------------- */

/* Asks for an IKE SA in the place of this one, unless that is under way. */
void ik_ike_rekey(struct ik_node *node, struct ik_ike_sa *sa);
/* The peer ends it: what it made in its place meanwhile has all from now on. */
void ik_ike_yield(struct ik_node *node, struct ik_ike_sa *sa);
/* The IKE SA whose place this one, which the peer made, takes if our own request loses; or NULL.
 * Its Child SAs are where they were until that is decided (2.8.2). */
struct ik_ike_sa *ik_ike_undecided(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Is our request for that under way? */
bool ik_rekeying_ike(const struct ik_node *node, const struct ik_ike_sa *sa);

/* ---- collision.c (2.8.1, 2.8.2) -------------------------------------------------------------- */

/* The peer has rekeyed old by a request of its own; what it made lies beside what we make, if we
 * are at it too. */
void ik_child_rival(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *theirs,
                    struct ik_child_sa *old, struct ik_child_sa *made);
/* The peer has rekeyed old, and did not delete it: it goes, if the peer sends by the new one; if
 * not, the peer may not know of that, and old is rekeyed by us. */
void ik_child_overdue(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *old);
/* Our request was answered: the old one goes, or, if the peer's wins, the new one. */
void ik_child_replace(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                      struct ik_child_sa *made);
/* Our request did not make one: that of the peer takes the place of the old one. */
void ik_child_rival_stays(struct ik_node *node, struct ik_handshake *hs);
void ik_rival_note(struct ik_handshake *ours, const struct ik_handshake *theirs, ik_slot made);
/* Is there one, and is the lowest nonce of the four in our exchange? */
bool ik_rival_wins(const struct ik_handshake *hs);

/* Whose resume() finishes the answer to a rekeying of an IKE SA. */
extern const struct ik_exchange ik_exchange_ike_rekey_answer;

#if IK_HINTS
/* ---- invalid_id.c (2.3) ---------------------------------------------------------------------- */

/* Does the request say of one of ours, which is out, that its id is outside of the window? */
bool ik_msgid_refused(const struct ik_node *node, const struct ik_rx *rx);
#endif

/* ---- liveness.c (2.4) ------------------------------------------------------------------------ */

extern const struct ik_exchange ik_exchange_liveness;
/* Asks the peer for a sign of life, unless a request that is out does so already (lifetime.c). */
void ik_liveness_check(struct ik_node *node, struct ik_ike_sa *sa);

#if IK_PROBE
/* ---- probe.c (RFC 8899) ---------------------------------------------------------------------- */

extern const struct ik_exchange ik_exchange_probe;
/* When the next probe is due, IK_MS_NONE: none is; and: it is due. */
ik_ms ik_probe_at(const struct ik_node *node, const struct ik_ike_sa *sa);
void ik_probe_due(struct ik_node *node, struct ik_ike_sa *sa);
/* Is the request of that task one, and whole: it must not be cut on its way? */
bool ik_probe_is(const struct ik_node *node, const struct ik_task *task);
/* The SA's successor goes on. */
void ik_probe_move(struct ik_node *node, const struct ik_ike_sa *from, const struct ik_ike_sa *to);
#endif

#endif
