/* SPDX-License-Identifier: MIT */
/* Who the peer is, and how both prove it (RFC 7296 2.15). */
#ifndef IK_IKE_AUTH_AUTH_H
#define IK_IKE_AUTH_AUTH_H

#include "ike/nego/nego.h"

/* ---- identity.c ------------------------------------------------------------------------------ */

/* Does the body of an ID payload name it? */
bool ik_id_is(const struct ik_id *id, struct ik_span body);
/* Likewise where a PAD entry may be for many: is he one of these? */
bool ik_id_is_of(const struct ik_id *id, struct ik_span body);
#if !IK_LINKED
/* A digest of the type and of the name as it compares, as the SA keeps it. */
void ik_id_digest(struct ik_node *node, struct ik_span body, uint8_t out[16]);
#endif

/* ---- peer.c: the PAD (RFC 4301 4.4.3) ------------------------------------------------------- */

/* What the initiator of IKE_AUTH says of itself and of us. */
struct ik_caller {
    struct ik_span id_i; /* bodies of ID payloads */
    struct ik_span id_r; /* the one that it wants to talk to; empty: any */
    struct ik_auth auth;
};
/* False if its AUTH payload is malformed. */
bool ik_caller_read(const struct ik_rx *rx, struct ik_caller *c);
/* Its PAD entry, or IK_NO_SLOT. */
uint16_t ik_peer_find(const struct ik_node *node, const struct ik_rx *rx,
                      const struct ik_caller *c);
/* The first entry that takes an IKE_SA_INIT request from there with a suite in common, or NULL;
 * then *why tells why. Who is calling shows only in IKE_AUTH; until then, all whose addresses fit
 * are candidates. */
const struct ik_peer *ik_peer_candidate(const struct ik_node *node, const struct ik_rx *rx,
                                        struct ik_suite *suite, enum ik_drop *why);
/* The identity that the SA's peer has proved: the SA can be found by it from now on. */
void ik_peer_proved(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span id_body);

#if IK_RESUME
/* ---- ticket.c: RFC 5723, both sides -----------------------------------------------------------
 */

/* Of an IKE SA; until: how many ms it is good for. */
void ik_resumable_of(const struct ik_node *node, const struct ik_ike_sa *sa, uint32_t ms,
                     struct ik_resumable *out);
/* Its suite; false if we do not have it, or it is no more allowed to the peer. */
bool ik_resumable_suite(const struct ik_node *node, const struct ik_resumable *r,
                        struct ik_suite *out);
/* Responder: may whoever asks for a ticket have one? */
#if IK_RESPONDER
bool ik_tickets_given(const struct ik_node *node);
#else
static inline bool ik_tickets_given(const struct ik_node *node)
{
    (void)node;
    return false;
}
#endif
/* Responder: adds TICKET_LT_OPAQUE, or TICKET_NACK. */
void ik_ticket_put(struct ik_node *node, struct ik_ike_sa *sa, struct ik_chain *c);
/* Responder: what stands behind a ticket; place: by reference. False if it is none, or too old. */
bool ik_ticket_read(struct ik_node *node, struct ik_span ticket, struct ik_resumable *out,
                    ik_slot *place);
/* Responder: the caller has proved that it is his, and of this identity. True once. */
bool ik_ticket_spend(struct ik_node *node, const struct ik_handshake *hs);
/* Initiator: what can be used now of the peer's, or NULL. */
struct ik_session *ik_session_of(const struct ik_node *node, uint16_t peer);
/* Initiator: there is a place for one. */
bool ik_session_wanted(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Initiator: is the ticket that is kept of this one? */
bool ik_session_is_of(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Initiator: it is up: what it was resumed by is spent, and a new ticket may have come. */
void ik_session_take(struct ik_node *node, const struct ik_rx *rx);
/* Initiator: the IKE SA has ended, or did not come up. */
void ik_session_ended(struct ik_node *node, const struct ik_ike_sa *sa, enum ik_reason why);
/* Nothing that was kept counts any more: there are other peers, or other keys of theirs. */
void ik_tickets_forget(struct ik_node *node);
#endif

#if IK_PPK
/* Has an entry for that path a PPK? */
bool ik_peer_with_ppk(const struct ik_node *node, const struct ik_path *path);

/* ---- ppk.c (RFC 8784) ------------------------------------------------------------------------ */

/* Initiator: adds USE_PPK to IKE_SA_INIT. */
void ik_ppk_offer(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
/* Initiator: a PPK is required, and the response does not say USE_PPK. */
bool ik_ppk_declined(const struct ik_node *node, const struct ik_rx *rx);
/* Initiator: takes from the response whether it says so. */
void ik_ppk_agreed(const struct ik_node *node, const struct ik_rx *rx);
/* Initiator: our AUTH, in proof, and in plain the same without a PPK. */
struct ik_auth ik_ppk_prove(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span psk,
                            uint8_t proof[IK_HASH_MAX], uint8_t plain[IK_HASH_MAX]);
/* Initiator: adds PPK_IDENTITY and, if it may be without, NO_PPK_AUTH. */
void ik_ppk_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span plain,
                struct ik_chain *c);
/* Initiator: mixes the PPK into the keys if the IKE_AUTH response says that it is used. False if it
 * is not, but required. */
bool ik_ppk_taken(struct ik_node *node, const struct ik_rx *rx);
/* Responder: takes from the IKE_SA_INIT request whether it says USE_PPK; adds our own. */
void ik_ppk_asked(const struct ik_node *node, const struct ik_rx *rx);
void ik_ppk_answer(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
/* Responder: mixes the PPK that the caller names into the keys; or, where that may be, puts what
 * proves him without one into auth. peer: IK_NO_SLOT: nobody knows him. False: refuse him. */
bool ik_ppk_choose(struct ik_node *node, const struct ik_rx *rx, uint16_t peer,
                   struct ik_auth *auth);
/* Responder: adds PPK_IDENTITY, if one is used. */
void ik_ppk_confirm(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
#endif

/* ---- method.c: how a peer proves who it is (2.15) ------------------------------------------- */

/* A row of ik_config.auth_methods. */
struct ik_auth_method_row {
    uint8_t method; /* enum ik_auth_method */
    /* Our AUTH data, in out (IK_HASH_MAX octets); answers its length. */
    uint8_t (*prove)(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                     uint8_t *out);
    /* Is data the peer's, whose ID payload has this body? In constant time. */
    bool (*verify)(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                   struct ik_span id, struct ik_span data);
};
/* Writes our AUTH payload; the octets of it are in proof. */
struct ik_auth ik_auth_prove(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                             uint8_t proof[IK_HASH_MAX]);
/* Is this AUTH payload the peer's? */
bool ik_auth_good(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                  struct ik_span id, const struct ik_auth *auth);

/* ---- psk.c (2.15) --------------------------------------------------------------------------- */

/* AUTH of the peer, id being the body of its ID payload; or ours, with NULL for id. out:
 * prf->key_len octets. */
void ik_auth_octets(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                    const struct ik_span *id, uint8_t *out);

#endif
