/* SPDX-License-Identifier: MIT */
/* What a configuration must have so that nothing later can trip over it. */
#include "ike/ike.h"

struct tally {
    uint8_t n[IK_TT_ESN + 1]; /* transforms of each type */
    uint8_t aead;             /* of those ENCR, how many are AEADs */
    uint8_t prf_key_max;
};

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

static bool transform_good(const struct ik_crypto *c, const struct ik_transform *t, bool ike,
                           struct tally *tally)
{
    if (t->type < IK_TT_ENCR || t->type > IK_TT_ESN || t->unknown_attr ||
        (t->type != IK_TT_ENCR && t->key_bits != 0)) {
        return false;
    }
    tally->n[t->type]++;
    switch (t->type) {
    case IK_TT_ENCR:
        return encr_good(c, t, ike, tally);
    case IK_TT_PRF:
        return ike && prf_good(c, t, tally);
    case IK_TT_INTEG: {
        const struct ik_integ *integ = ik_crypto_integ(c, t->id);
        return integ != NULL && integ->key_len <= IK_HASH_MAX;
    }
    case IK_TT_DH:
        /* RFC 7296 1.2: the Child SA of IKE_AUTH has no exchange of its own. */
        return ike && dh_good(c, t);
    default:
        /* Sequence numbers are of 32 bits. */
        return !ike && t->id == IK_ESN_NO;
    }
}

/* RFC 5282 section 8: AEADs and others don't mix, and an AEAD has no INTEG beside it. */
static bool proposal_good(const struct ik_crypto *c, const struct ik_proposal *p, bool ike,
                          uint8_t nonce_len)
{
    struct tally tally = {.aead = 0};
    if (p->transforms_n > IK_TRANSFORMS_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < p->transforms_n; i++) {
        if (!transform_good(c, &p->transforms[i], ike, &tally)) {
            return false;
        }
    }
    bool all_aead = tally.aead > 0;
    if (tally.n[IK_TT_ENCR] == 0 || (all_aead && tally.aead != tally.n[IK_TT_ENCR]) ||
        all_aead == (tally.n[IK_TT_INTEG] > 0)) {
        return false;
    }
    if (!ike) {
        return tally.n[IK_TT_ESN] > 0;
    }
    /* RFC 7296 2.10: a nonce has half the octets of the prf's key at least. */
    return tally.n[IK_TT_PRF] > 0 && tally.n[IK_TT_DH] > 0 && nonce_len >= tally.prf_key_max / 2;
}

static bool proposals_good(const struct ik_config *c, const struct ik_proposal *list, uint8_t n,
                           bool ike)
{
    uint8_t nonce_len = c->nonce_len != 0 ? c->nonce_len : 32;
    if (list == NULL || n == 0 || n > IK_PROPOSALS_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < n; i++) {
        if (!proposal_good(c->crypto, &list[i], ike, nonce_len)) {
            return false;
        }
    }
    return true;
}

static bool addr_good(const struct ik_addr *a)
{
    return a->family == 0 || ik_is_v4(a->family) || a->family == 6;
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

static bool peer_good(const struct ik_config *c, const struct ik_peer *p)
{
    bool families =
        p->local.family == 0 || p->remote.family == 0 || p->local.family == p->remote.family;
    return addr_good(&p->local) && addr_good(&p->remote) && families &&
           id_good(&p->local_id, false) && id_good(&p->remote_id, true) && p->psk.p != NULL &&
           p->psk.len > 0 && proposals_good(c, p->proposals, p->proposals_n, true);
}

static bool in_order(const uint8_t *lo, const uint8_t *hi, uint8_t len)
{
    for (uint8_t i = 0; i < len; i++) {
        if (lo[i] != hi[i]) {
            return lo[i] < hi[i];
        }
    }
    return true;
}

/* lo and hi of a range, or of OPAQUE ports, which are the wrong way round (3.13.1). */
static bool ts_good(const struct ik_ts *ts)
{
    uint8_t len = ik_is_v4(ts->family) ? 4 : 16;
    bool opaque = ts->port_lo == 65535 && ts->port_hi == 0;
    return (ik_is_v4(ts->family) || ts->family == 6) && in_order(ts->lo, ts->hi, len) &&
           (ts->port_lo <= ts->port_hi || opaque);
}

static bool ts_list_good(const struct ik_ts *ts, uint8_t n)
{
    if (n == 0 || n > IK_TS_MAX) {
        return false;
    }
    for (uint8_t i = 0; i < n; i++) {
        if (!ts_good(&ts[i])) {
            return false;
        }
    }
    return true;
}

static bool policy_good(const struct ik_config *c, const struct ik_policy *p)
{
    if (p->action > IK_PROTECT || !ts_list_good(p->ts_local, p->ts_local_n) ||
        !ts_list_good(p->ts_remote, p->ts_remote_n)) {
        return false;
    }
    return p->action != IK_PROTECT ||
           (p->peer < c->peers_n && p->mode <= (IK_TRANSPORT_MODE ? IK_TRANSPORT : IK_TUNNEL) &&
            p->replay <= IK_REPLAY_MAX && proposals_good(c, p->proposals, p->proposals_n, false));
}

static bool crypto_good(const struct ik_crypto *c)
{
    return c != NULL && c->encr != NULL && c->prf != NULL && c->integ != NULL && c->dh != NULL &&
           (!IK_NAT || c->sha1 != NULL) && c->sha256 != NULL && ik_crypto_fits(c);
}

static bool waits_good(const struct ik_config *c)
{
    /* 2.4: "retransmission times MUST increase exponentially". */
    return (c->retransmit.factor_x16 == 0 || c->retransmit.factor_x16 > 16) &&
           c->retransmit.initial <= IK_WAIT_MAX && c->retransmit.max <= IK_WAIT_MAX &&
           c->half_open_for <= IK_WAIT_MAX && c->keepalive <= IK_WAIT_MAX / 2;
}

enum ik_status ik_config_check(const struct ik_config *c)
{
    uint16_t nonce_len = c->nonce_len;
    bool nonce = nonce_len == 0 || (nonce_len >= 16 && nonce_len <= IK_NONCE_MAX);
    bool role = IK_RESPONDER || c->responder == NULL;
    if (!crypto_good(c->crypto) || !nonce || !role || !waits_good(c) || c->peers_n == IK_NO_SLOT ||
        c->policies_n == IK_NO_SLOT || (c->peers_n > 0 && c->peers == NULL) ||
        (c->policies_n > 0 && c->policies == NULL)) {
        return IK_ERR_CONFIG;
    }
    for (uint16_t i = 0; i < c->peers_n; i++) {
        if (!peer_good(c, &c->peers[i])) {
            return IK_ERR_CONFIG;
        }
    }
    for (uint16_t i = 0; i < c->policies_n; i++) {
        if (!policy_good(c, &c->policies[i])) {
            return IK_ERR_CONFIG;
        }
    }
    return IK_OK;
}
