/* SPDX-License-Identifier: MIT */
/* What two ends agree on: suites, selectors, keys, whether there is a NAT. */
#ifndef IK_IKE_NEGO_NEGO_H
#define IK_IKE_NEGO_NEGO_H

#include "ike/msg/msg.h"

/* ---- proposal.c (2.7, 3.3) ------------------------------------------------------------------- */

#define IK_SUITE_TYPES 5 /* ENCR to ESN: enum ik_transform_type counts from 1 */

struct ik_proposals {
    const struct ik_crypto *crypto;
    const struct ik_proposal *list;
    uint8_t n;
    uint8_t protocol; /* enum ik_protocol */
    uint8_t spi_len;  /* octets of SPI in each proposal: 0, 4 or 8 */
    uint16_t prf;     /* offer no other prf than this; 0: all */
    bool no_dh;       /* ESP in IKE_AUTH, which has no key exchange (1.2): groups do not count */
};
struct ik_proposals ik_proposals_ike(const struct ik_node *node, const struct ik_peer *peer);
/* with_dh: in CREATE_CHILD_SA. */
struct ik_proposals ik_proposals_child(const struct ik_node *node, const struct ik_policy *policy,
                                       bool with_dh);
/* Responder: the first of ours that the peer proposes too. spi: the peer's, in the message.
 * IK_ERR_POLICY if there is none. */
IK_NODISCARD enum ik_status ik_proposal_choose(const struct ik_proposals *ours,
                                               const struct ik_span *sa, struct ik_suite *out,
                                               struct ik_span *spi);
/* Initiator: is the answer one proposal that we made, with one transform of each type? */
IK_NODISCARD enum ik_status ik_proposal_verify(const struct ik_proposals *ours,
                                               const struct ik_span *sa, struct ik_suite *out,
                                               struct ik_span *spi);
/* Writes SA with all of ours; spi: ours, empty in IKE_SA_INIT. */
void ik_proposal_put(struct ik_chain *c, const struct ik_proposals *ours, struct ik_span spi);
/* The group of that number, if one of our proposals names it; the first of all for number 0. */
const struct ik_dh *ik_proposal_group(const struct ik_proposals *ours, uint16_t group);
/* Does one of ours allow exactly this suite? */
bool ik_proposal_allows(const struct ik_proposals *ours, const struct ik_suite *suite);
/* Writes SA with what was chosen. */
void ik_suite_put(struct ik_chain *c, const struct ik_suite *suite, uint8_t protocol,
                  struct ik_span spi);
/* IK_TR_LEGACY for what is weak in it. */
void ik_suite_trace(struct ik_env *env, const struct ik_suite *suite);

/* ---- narrow.c (2.9, 2.23.1) ------------------------------------------------------------------ */

struct ik_ts_set {
    uint8_t n;
    struct ik_ts ts[IK_TS_MAX];
};
/* Responder: what policy and offer have in common, in the order of the offer. False if nothing. */
bool ik_ts_narrow(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *offer,
                  struct ik_ts_set *out, const struct ik_addr *instead);
/* Transport mode: what of the set is of that one address. False if nothing. Of no family: all. */
bool ik_ts_at(struct ik_ts_set *set, const struct ik_addr *addr);
#if IK_PACKET_TS
/* Is it in the set, whole? Of a set with any. */
bool ik_ts_has(const struct ik_ts_set *set, const struct ik_ts *ts);
#endif
/* The first of an offer, as this side sees it; false if it is of an unknown type. */
bool ik_ts_first(const struct ik_span *offer, const struct ik_addr *instead, struct ik_ts *out);
/* Is the first selector of the offer in the set, whole? */
bool ik_ts_has_first(const struct ik_ts_set *set, const struct ik_span *offer,
                     const struct ik_addr *instead);
#if IK_PACKET_TS
/* Is the first selector of the offer one of a packet: within one that comes later? */
bool ik_ts_first_specific(const struct ik_span *offer);
#endif
/* Initiator: is each selector of the answer within one of the policy? What is more than fits, or
 * within another that came before, is left out. */
bool ik_ts_accept(const struct ik_ts *policy, uint8_t policy_n, const struct ik_span *answer,
                  struct ik_ts_set *out, const struct ik_addr *instead);

/* ---- kex.c: the key exchange as a job (2.12, 2.14) ------------------------------------------ */

/* Each makes the job due. The first and the last are the initiator's. exchange: whose resume()
 * takes it. IK_ERR_SYNTAX if the peer's value has another length than the group's. */
void ik_kex_begin(struct ik_node *node, struct ik_handshake *hs, const struct ik_exchange *exchange,
                  const struct ik_dh *dh);
IK_NODISCARD enum ik_status ik_kex_answer(struct ik_node *node, struct ik_handshake *hs,
                                          const struct ik_exchange *exchange,
                                          const struct ik_dh *dh, struct ik_span peer);
IK_NODISCARD enum ik_status ik_kex_end(struct ik_node *node, struct ik_handshake *hs,
                                       struct ik_span peer);
#if IK_KEY_AHEAD
/* ahead.c: the handshake with the key pair that is there, or is being computed, lent to the SA if
 * the pair is of that group; NULL: there is none. */
struct ik_handshake *ik_ahead_lend(struct ik_node *node, struct ik_ike_sa *sa,
                                   const struct ik_dh *dh);
/* The same as ik_kex_begin() for such a handshake, but nothing is to be drawn. False if it is none.
 * *done: there is no job to wait for. */
bool ik_ahead_begin(struct ik_handshake *hs, const struct ik_exchange *exchange, bool *done);
/* A job of the node's own, of no IKE SA, is back. False if it is none. */
bool ik_ahead_done(struct ik_node *node, struct ik_handshake *hs);
#endif
/* The id of the next job of that handshake. */
uint32_t ik_job_next_id(struct ik_node *node, const struct ik_handshake *hs);
/* Our value. */
struct ik_ke ik_kex_ke(const struct ik_handshake *hs);

/* ---- keys.c (2.10, 2.13, 2.14, 2.17) -------------------------------------------------------- */

/* The nonces lie in hs->seed. Ni is put there before Nr in both roles; when Ni changes, Nr is not
 * there yet. */
void ik_nonce_take(struct ik_handshake *hs, bool of_initiator, struct ik_span nonce);
/* Ours. */
void ik_nonce_draw(struct ik_node *node, struct ik_handshake *hs, bool of_initiator);
struct ik_span ik_nonce_i(const struct ik_handshake *hs);
struct ik_span ik_nonce_r(const struct ik_handshake *hs);
/* 2.10: long enough for the prf, and not too long for us. */
bool ik_nonce_good(struct ik_span nonce, const struct ik_prf *prf);
/* SKEYSEED and SK_* from the finished job, which is wiped. */
void ik_keys_derive(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs);
#if IK_REKEY
/* The keys of the IKE SA that takes old's place (2.18). */
void ik_keys_rekey(struct ik_node *node, const struct ik_ike_sa *old, struct ik_ike_sa *sa,
                   struct ik_handshake *hs);
#endif
#if IK_RESUME
/* SKEYSEED and SK_* from the SK_d of the IKE SA that is resumed (RFC 5723 5.1). */
void ik_keys_resume(struct ik_node *node, struct ik_ike_sa *sa, struct ik_handshake *hs,
                    const uint8_t *sk_d);
#endif
/* KEYMAT of a Child SA: prf+(SK_d, [g^ir] | Ni | Nr). */
void ik_keys_child(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_handshake *hs,
                   struct ik_child_sa *child);

/* ---- nat.c (2.23) --------------------------------------------------------------------------- */

/* IKE_SA_INIT goes by sa->route, and peer says whether a NAT is looked for. */
void ik_nat_begin(struct ik_ike_sa *sa, const struct ik_peer *peer);
/* Writes both NAT_DETECTION notifies of a message that leaves by sa->route, unless nobody is to be
 * told. */
void ik_nat_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c);
/* Reads those of an IKE_SA_INIT message. */
void ik_nat_detect(struct ik_node *node, const struct ik_rx *rx);
/* Initiator: from port 500 to 4500 if there is NAT. */
void ik_nat_move(struct ik_ike_sa *sa);
/* When the mapping needs a keepalive; IK_MS_NONE if it needs none. */
ik_ms ik_nat_keepalive_at(const struct ik_node *node, const struct ik_ike_sa *sa);

/* RFC 3715 2.1: "AH includes the IP source and destination addresses in the keyed message integrity
 * check": the policy of the Child SA asks for what no packet of it could pass. */
static inline bool ik_ah_barred(const struct ik_ike_sa *sa, const struct ik_child_sa *child)
{
    return IK_AH && IK_NAT && ik_child_is_ah(child) && (sa->route.nat & IK_NAT_ANY) != 0;
}
/* The reason behind a Child SA that the peer, or we as responder, have refused by that notify. */
enum ik_reason ik_refusal_of(const struct ik_node *node, const struct ik_ike_sa *sa,
                             uint16_t notify);

/* ---- offer.c: making a Child SA (1.2, 1.3, 2.9) --------------------------------------------- */

/* Initiator: USE_TRANSPORT_MODE and SA of what the larval Child SA's policy asks for; then TSi,
 * TSr. */
void ik_offer_put_sa(struct ik_node *node, const struct ik_child_sa *child, bool with_dh,
                     struct ik_chain *c);
void ik_offer_put_ts(struct ik_node *node, const struct ik_child_sa *child, struct ik_chain *c);
/* Initiator: is the answer within that? Then the Child SA has it, and *suite. IK_WHY_NONE if so;
 * and then child->missed says whether what it asked for first was left out. */
enum ik_reason ik_offer_accepted(struct ik_node *node, const struct ik_rx *rx, bool with_dh,
                                 struct ik_child_sa *child, struct ik_suite *suite);
/* Responder: makes a larval Child SA of what the request asks for, as policies of its peer allow.
 * old: of a rekeying, what it is to take the place of; else NULL. Answers 0, or the error notify
 * that says why not; the suite is in *suite. */
uint16_t ik_offer_choose(struct ik_node *node, const struct ik_rx *rx, bool with_dh,
                         const struct ik_child_sa *old, struct ik_child_sa **child,
                         struct ik_suite *suite);
/* Responder: USE_TRANSPORT_MODE and SA of what was chosen; then TSi, TSr, and
 * ADDITIONAL_TS_POSSIBLE where that is so. */
void ik_choice_put_sa(struct ik_node *node, const struct ik_child_sa *child,
                      const struct ik_suite *suite, struct ik_chain *c);
void ik_choice_put_ts(struct ik_node *node, const struct ik_child_sa *child, struct ik_chain *c);
/* Makes a larval Child SA, which has mode and selectors, one that receives, and sends too unless
 * in_only. */
void ik_child_install(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_handshake *hs,
                      struct ik_child_sa *child, const struct ik_suite *suite, bool in_only);

#endif
