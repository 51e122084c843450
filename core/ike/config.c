/* SPDX-License-Identifier: MIT */
/* What a configuration must have so that nothing later can trip over it, and what is missing. */
#include "ike/ike.h"

#define NONCE_LEN 32

/* What is being looked at, and the first thing that was wrong with it. */
struct check {
    const struct ik_config *config;
    struct ik_fault *fault;
};

static bool wrong(const struct check *k, enum ik_fault_what what)
{
    k->fault->what = (uint8_t)what;
    return false;
}

static bool holds(const struct check *k, bool good, enum ik_fault_what what)
{
    return good || wrong(k, what);
}

/* ---- proposals ------------------------------------------------------------------------------ */

struct tally {
    uint8_t n[IK_TT_ESN + 1]; /* transforms of each type */
    uint8_t aead;             /* of those ENCR, how many are AEADs */
    uint8_t prf_key_max;
};

/* The protocol that a proposal is for. */
static bool is_ike(uint8_t protocol)
{
    return protocol == IK_PROTO_IKE;
}

static bool encr_good(const struct ik_crypto *c, const struct ik_transform *t, bool ike,
                      struct tally *tally)
{
    const struct ik_encr *encr = ik_crypto_encr(c, t->id, t->key_bits);
    if (encr == NULL || encr->key_len + encr->salt_len > IK_ENCR_KEY_MAX ||
        (ike && (encr->flags & IK_ALG_ESP_ONLY) != 0)) {
        return false;
    }
    tally->aead = (uint8_t)(tally->aead + ((encr->flags & IK_ALG_AEAD) != 0));
    return true;
}

static bool prf_good(const struct ik_crypto *c, const struct ik_transform *t, struct tally *tally)
{
    const struct ik_prf *prf = ik_crypto_prf(c, t->id);
    if (prf == NULL || prf->key_len > IK_HASH_MAX) {
        return false;
    }
    if (prf->key_len > tally->prf_key_max) {
        tally->prf_key_max = prf->key_len;
    }
    return true;
}

static bool dh_good(const struct ik_crypto *c, const struct ik_transform *t)
{
    const struct ik_dh *dh = ik_crypto_dh(c, t->id);
    return dh != NULL && dh->pub_len <= IK_DH_PUB_MAX && dh->shared_len <= IK_DH_PUB_MAX &&
           dh->priv_len <= IK_DH_PRIV_MAX;
}

static bool transform_good(const struct ik_crypto *c, const struct ik_transform *t,
                           uint8_t protocol, struct tally *tally)
{
    bool ike = is_ike(protocol);
    if (t->type < IK_TT_ENCR || t->type > IK_TT_ESN || t->unknown_attr ||
        (t->type != IK_TT_ENCR && t->key_bits != 0)) {
        return false;
    }
    tally->n[t->type]++;
    switch (t->type) {
    case IK_TT_ENCR:
        return protocol != IK_PROTO_AH && encr_good(c, t, ike, tally);
    case IK_TT_PRF:
        return ike && prf_good(c, t, tally);
    case IK_TT_INTEG: {
        const struct ik_integ *integ = ik_crypto_integ(c, t->id);
        return integ != NULL && integ->key_len <= IK_HASH_MAX &&
               (protocol == IK_PROTO_AH || integ->iv_len == 0); /* RFC 4543 5.3 */
    }
    case IK_TT_DH:
        return dh_good(c, t);
    default:
        return !ike && (t->id == IK_ESN_NO || (IK_ESN && t->id == IK_ESN_YES));
    }
}

/* RFC 5282 section 8: AEADs and others don't mix, and an AEAD has no INTEG beside it. */
static bool types_good(const struct tally *tally, uint8_t protocol)
{
    uint8_t encr = tally->n[IK_TT_ENCR], integ = tally->n[IK_TT_INTEG];
    if (protocol == IK_PROTO_AH) {
        return integ > 0 && tally->n[IK_TT_ESN] > 0;
    }
    if (encr == 0 || (tally->aead != 0 && tally->aead != encr) ||
        (tally->aead != 0) != (integ == 0)) {
        return false;
    }
    return is_ike(protocol) ? tally->n[IK_TT_PRF] > 0 && tally->n[IK_TT_DH] > 0
                            : tally->n[IK_TT_ESN] > 0;
}

static bool proposal_good(const struct check *k, const struct ik_proposal *p, uint8_t protocol)
{
    struct tally tally = {.aead = 0};
    uint8_t nonce_len = k->config->nonce_len != 0 ? k->config->nonce_len : NONCE_LEN;
    if (p->transforms_n > IK_TRANSFORMS_MAX) {
        return wrong(k, IK_FAULT_PROPOSAL);
    }
    for (uint8_t i = 0; i < p->transforms_n; i++) {
        k->fault->transform = i;
        if (!transform_good(k->config->crypto, &p->transforms[i], protocol, &tally)) {
            return wrong(k, IK_FAULT_TRANSFORM);
        }
    }
    k->fault->transform = 0;
    /* 2.10: nonces are half of the prf's key at least. */
    return holds(k, types_good(&tally, protocol), IK_FAULT_PROPOSAL) &&
           holds(k, nonce_len >= tally.prf_key_max / 2, IK_FAULT_PRF_NONCE);
}

static bool proposals_good(const struct check *k, const struct ik_proposal *list, uint8_t n,
                           uint8_t protocol)
{
    if (list == NULL || n == 0 || n > IK_PROPOSALS_MAX) {
        return wrong(k, IK_FAULT_PROPOSALS);
    }
    for (uint8_t i = 0; i < n; i++) {
        k->fault->proposal = i;
        if (!proposal_good(k, &list[i], protocol)) {
            return false;
        }
    }
    k->fault->proposal = 0;
    return true;
}

/* ---- peers ---------------------------------------------------------------------------------- */

static bool addr_good(const struct ik_addr *a)
{
    return a->family == 0 || ik_is_v4(a->family) || a->family == 6;
}

static bool addresses_good(const struct ik_peer *p)
{
    return addr_good(&p->local) && addr_good(&p->remote) &&
           (p->local.family == 0 || p->remote.family == 0 || p->local.family == p->remote.family);
}

static bool id_good(const struct ik_id *id, bool may_be_any)
{
    if (id->data.len > IK_ID_MAX || (id->data.p == NULL && id->data.len > 0)) {
        return false;
    }
    switch (id->type) {
    case IK_ID_ANY:
        return may_be_any;
    case IK_ID_IPV4_ADDR:
        return id->data.len == 4;
    case IK_ID_IPV6_ADDR:
        return id->data.len == 16;
    case IK_ID_FQDN:
    case IK_ID_RFC822_ADDR:
    case IK_ID_KEY_ID:
    case IK_ID_DER_ASN1_DN:
    case IK_ID_DER_ASN1_GN:
        return id->data.len > 0;
    default:
        return false;
    }
}

/* We are one. */
static bool is_subtree(const struct ik_id *id)
{
#if IK_LINKED
    (void)id;
    return false;
#else
    return ik_id_is_subtree(id);
#endif
}

#if IK_CHILDLESS
static bool childless_good(const struct ik_config *c, const struct ik_peer *p)
{
    const struct ik_exchange *const *x = c->exchanges;
    while (x != NULL && *x != NULL && *x != &ik_exchange_child_create) {
        x++;
    }
    return p->childless < IK_CHILDLESS_FORCE ||
           (p->childless == IK_CHILDLESS_FORCE && x != NULL && *x != NULL);
}
#endif

#if IK_PPK
static bool ppks_good(const struct ik_peer *p)
{
    for (uint8_t i = 0; p->ppks != NULL && i < p->ppks_n; i++) {
        const struct ik_ppk *ppk = &p->ppks[i];
        if (ppk->id.p == NULL || ppk->id.len == 0 || ppk->id.len > IK_ID_MAX ||
            ppk->key.p == NULL || ppk->key.len == 0) {
            return false;
        }
    }
    return p->ppks_n > 0 ? p->ppks != NULL : !p->ppk_required;
}
#endif

#if !IK_PSK_PADDED
/* What was made with one prf serves no other. */
static bool psk_prf_good(const struct check *k, const struct ik_peer *p)
{
    const struct ik_prf *prf = ik_crypto_prf(k->config->crypto, p->psk_prf);
    if (p->psk_prf == 0) {
        return true;
    }
    for (uint8_t i = 0; i < p->proposals_n; i++) {
        const struct ik_proposal *proposal = &p->proposals[i];
        for (uint8_t at = 0; at < proposal->transforms_n; at++) {
            const struct ik_transform *t = &proposal->transforms[at];
            if (t->type == IK_TT_PRF && t->id != p->psk_prf) {
                return false;
            }
        }
    }
    return prf != NULL && p->psk.len == prf->key_len;
}
#endif

#if IK_PROBE
static bool probe_good(const struct ik_peer *p)
{
    return p->probe == 0 ||
           (p->fragment != 0 && p->probe >= IK_PROBE_LEAST && p->probe <= IK_MSG_MAX);
}
#endif

static bool peer_good(const struct check *k, const struct ik_peer *p)
{
    bool key = p->psk.p != NULL && p->psk.len > 0;
    return holds(k, addresses_good(p), IK_FAULT_ADDRESS) &&
#if IK_FRAGMENT
           holds(k, p->fragment == 0 || p->fragment >= IK_FRAGMENT_LEAST, IK_FAULT_FRAGMENT) &&
#if IK_PROBE
           holds(k, probe_good(p), IK_FAULT_PROBE) &&
#endif
#endif
           holds(k, id_good(&p->local_id, false) && !is_subtree(&p->local_id), IK_FAULT_LOCAL_ID) &&
           holds(k, id_good(&p->remote_id, true), IK_FAULT_REMOTE_ID) &&
           holds(k, key || k->config->lookup, IK_FAULT_PSK) &&
#if IK_PPK
           holds(k, ppks_good(p), IK_FAULT_PPK) &&
#endif
#if IK_CHILDLESS
           holds(k, childless_good(k->config, p), IK_FAULT_CHILDLESS) &&
#endif
#if !IK_PSK_PADDED
           proposals_good(k, p->proposals, p->proposals_n, IK_PROTO_IKE) &&
           holds(k, psk_prf_good(k, p), IK_FAULT_PSK_PRF);
#else
           proposals_good(k, p->proposals, p->proposals_n, IK_PROTO_IKE);
#endif
}

/* ---- policies ------------------------------------------------------------------------------- */

/* Each selector takes something, and has a partner on the other side (3.13.1, RFC 4301 4.4.1.1). */
static bool ts_good(const struct ik_ts *ts, uint8_t n)
{
    for (uint8_t i = 0; i < n; i++) {
        if (!ik_ts_good(&ts[i])) {
            return false;
        }
    }
    return n > 0 && n <= IK_TS_MAX;
}

static bool paired(const struct ik_ts *ts, uint8_t n, const struct ik_ts *others, uint8_t others_n)
{
    for (uint8_t i = 0; i < n; i++) {
        uint8_t j = 0;
        while (j < others_n && !ik_ts_pair_good(&ts[i], &others[j])) {
            j++;
        }
        if (j == others_n) {
            return false;
        }
    }
    return true;
}

static bool pairs_good(const struct ik_policy *p)
{
    return paired(p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n) &&
           paired(p->ts_remote, p->ts_remote_n, p->ts_local, p->ts_local_n);
}

/* RFC 3715 2.1: AH covers the addresses that a NAT changes. */
static bool protocol_good(const struct check *k, const struct ik_policy *p)
{
#if IK_AH
    const struct ik_peer *peer = p->peer != IK_NO_SLOT ? &k->config->peers[p->peer] : NULL;
    return holds(k, p->protocol == 0 || p->protocol == IK_PROTO_ESP || p->protocol == IK_PROTO_AH,
                 IK_FAULT_PROTOCOL) &&
           holds(k, !ik_policy_is_ah(p) || peer == NULL || !peer->force_natt, IK_FAULT_AH_NAT);
#else
    (void)k, (void)p;
    return true;
#endif
}

static bool tfc_good(const struct ik_policy *p)
{
#if IK_TFC
    bool pad = p->tfc_pad <= IK_TFC_MAX && p->tfc_align <= IK_TFC_MAX;
    bool dummy = p->dummy_ms == 0 || (p->dummy_ms >= IK_DUMMY_LEAST && p->dummy_ms <= IK_DUMMY_MAX);
    bool tunnel = p->mode == IK_TUNNEL && !ik_policy_is_ah(p);
    return pad && dummy && (tunnel || (p->tfc_pad == 0 && p->tfc_align == 0 && p->dummy_ms == 0));
#else
    (void)p;
    return true;
#endif
}

static bool protect_good(const struct check *k, const struct ik_policy *p)
{
    bool peer = p->peer < k->config->peers_n || (IK_MANUAL && p->peer == IK_NO_SLOT);
    return holds(k, peer, IK_FAULT_PEER) &&
           holds(k, p->mode <= (IK_TRANSPORT_MODE ? IK_TRANSPORT : IK_TUNNEL), IK_FAULT_MODE) &&
           holds(k, p->replay <= IK_REPLAY_MAX, IK_FAULT_REPLAY) && protocol_good(k, p) &&
           holds(k, tfc_good(p), IK_FAULT_TFC) &&
           proposals_good(k, p->proposals, p->proposals_n,
                          ik_policy_is_ah(p) ? IK_PROTO_AH : IK_PROTO_ESP);
}

#if IK_PACKET_TS
static bool pfp_good(const struct ik_policy *p)
{
    const unsigned ports = IK_PFP_LOCAL_PORT | IK_PFP_REMOTE_PORT;
    const unsigned all = IK_PFP_LOCAL | IK_PFP_REMOTE | IK_PFP_PROTOCOL | ports;
    return p->pfp == 0 || ((p->pfp & ~all) == 0 && p->peer != IK_NO_SLOT &&
                           ((p->pfp & ports) == 0 || (p->pfp & IK_PFP_PROTOCOL) != 0));
}
#else
static bool pfp_good(const struct ik_policy *p)
{
    (void)p;
    return true;
}
#endif

static bool policy_good(const struct check *k, const struct ik_policy *p)
{
    return holds(k, p->action <= IK_PROTECT, IK_FAULT_ACTION) &&
           holds(k, p->ts_local_n <= IK_TS_MAX && ts_good(p->ts_local, p->ts_local_n),
                 IK_FAULT_TS_LOCAL) &&
           holds(k, p->ts_remote_n <= IK_TS_MAX && ts_good(p->ts_remote, p->ts_remote_n),
                 IK_FAULT_TS_REMOTE) &&
           holds(k, pairs_good(p), IK_FAULT_TS_PAIR) &&
           (p->action != IK_PROTECT || (protect_good(k, p) && holds(k, pfp_good(p), IK_FAULT_PFP)));
}

/* ---- the node ------------------------------------------------------------------------------- */

static bool random_good(const struct ik_crypto *c)
{
    bool ctr = c->drbg == &ik_drbg_ctr_aes128;
    return (!ctr || c->aes_ctrcbc != NULL) && ((ctr && IK_LINKED) || c->sha256 != NULL);
}

static bool crypto_good(const struct ik_crypto *c)
{
    return c != NULL && c->encr != NULL && c->prf != NULL && c->integ != NULL && c->dh != NULL &&
           (!IK_NAT || c->sha1 != NULL) && random_good(c) && ik_crypto_fits(c);
}

static bool waits_good(const struct ik_config *c)
{
    /* 2.4: "retransmission times MUST increase exponentially". */
    return (c->retransmit.factor_x16 == 0 || c->retransmit.factor_x16 > 16) &&
           c->retransmit.initial <= IK_WAIT_MAX && c->retransmit.max <= IK_WAIT_MAX &&
           c->half_open_for <= IK_WAIT_MAX && c->response_for <= IK_WAIT_MAX &&
           c->keepalive <= IK_WAIT_MAX / 2;
}

static bool node_good(const struct check *k)
{
    const struct ik_config *c = k->config;
    uint16_t nonce_len = c->nonce_len;
    bool nonce = nonce_len == 0 || (nonce_len >= 16 && nonce_len <= IK_NONCE_MAX);
    bool counts = c->peers_n != IK_NO_SLOT && c->policies_n != IK_NO_SLOT &&
                  (c->peers_n == 0 || c->peers != NULL) &&
                  (c->policies_n == 0 || c->policies != NULL);
    return holds(k, crypto_good(c->crypto), IK_FAULT_CRYPTO) &&
           holds(k, IK_LOOKUP || !c->lookup, IK_FAULT_LOOKUP) &&
#if IK_RESUME
           holds(k, c->ticket_s <= IK_LIFE_MAX / 2, IK_FAULT_TICKET) &&
#endif
           holds(k, nonce, IK_FAULT_NONCE_LEN) && holds(k, waits_good(c), IK_FAULT_WAITS) &&
           holds(k, c->window <= 32, IK_FAULT_WINDOW) && holds(k, counts, IK_FAULT_COUNTS);
}

static bool all_good(const struct check *k)
{
    const struct ik_config *c = k->config;
    if (!node_good(k)) {
        return false;
    }
    k->fault->part = IK_FAULT_OF_PEER;
    for (uint16_t i = 0; i < c->peers_n; i++) {
        k->fault->index = i;
        if (!peer_good(k, &c->peers[i])) {
            return false;
        }
    }
    k->fault->part = IK_FAULT_OF_POLICY;
    for (uint16_t i = 0; i < c->policies_n; i++) {
        k->fault->index = i;
        if (!policy_good(k, &c->policies[i])) {
            return false;
        }
    }
    return true;
}

enum ik_status ik_config_check(const struct ik_config *config, struct ik_fault *fault)
{
    struct ik_fault found = {.what = IK_FAULT_NONE};
    bool good = all_good(&(struct check){config, &found});
    if (fault != NULL) {
        *fault = good ? (struct ik_fault){.what = IK_FAULT_NONE} : found;
    }
    return good ? IK_OK : IK_ERR_CONFIG;
}
