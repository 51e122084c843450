/* SPDX-License-Identifier: MIT */
/* SAs that are made by hand, without IKE (RFC 4301 4.5.1): linked only into hosts that make some.
 */
#include "crypto/crypto.h"
#include "ike/ike.h"

#if IK_MANUAL
#define SPI_LEAST 256

struct suite {
    const struct ik_encr *encr;
    const struct ik_integ *integ;
};

/* A cipher with a counter for an IV, as GMAC in AH, may see each counter once under a key, and
 * nobody knows what was sent by keys on paper before this node began. */
static bool counts(const struct ik_encr *encr)
{
    return (encr->flags & IK_ALG_AEAD) != 0 || encr->iv_len == sizeof(uint64_t);
}

static const struct ik_policy *policy_of(const struct ik_node *node, const struct ik_manual *m)
{
    return &node->config->policies[m->policy];
}

/* An AEAD has its own integrity; any other cipher needs an algorithm for it, which is not AH's (RFC
 * 4543 5.3). */
static bool belong(const struct ik_manual *m, const struct suite *s)
{
    bool aead = (s->encr->flags & IK_ALG_AEAD) != 0;
    return aead ? m->integ_id == 0 : s->integ != NULL && s->integ->iv_len == 0;
}

static bool suite_good(const struct ik_node *node, const struct ik_manual *m, struct suite *out)
{
#if IK_AH
    if (ik_policy_is_ah(policy_of(node, m))) {
        out->encr = &ik_encr_null;
        out->integ = ik_crypto_integ(node->env.crypto, m->integ_id);
        return m->encr_id == 0 && m->encr_key_bits == 0 && out->integ != NULL &&
               (m->fresh || out->integ->iv_len == 0);
    }
#endif
    out->encr = ik_crypto_encr(node->env.crypto, m->encr_id, m->encr_key_bits);
    out->integ = ik_crypto_integ(node->env.crypto, m->integ_id);
    return out->encr != NULL && belong(m, out) && (m->fresh || !counts(out->encr));
}

static bool keys_good(const struct ik_manual *m, const struct suite *s)
{
    uint16_t e = ik_encr_key_len(s->encr), a = s->integ != NULL ? ik_integ_key_len(s->integ) : 0;
    return m->encr_in.len == e && m->encr_out.len == e && m->integ_in.len == a &&
           m->integ_out.len == a;
}

static bool path_good(const struct ik_path *path, bool ah)
{
    bool ports = path->local_port != 0 && path->remote_port != 0;
    return path->local.family == path->remote.family &&
           (path->local.family == 6 || ik_is_v4(path->local.family)) &&
           (ah ? path->carrier == IK_CARRIER_AH
               : path->carrier == IK_CARRIER_ESP || (path->carrier == IK_CARRIER_UDP4500 && ports));
}

static bool policy_good(const struct ik_node *node, const struct ik_manual *m)
{
    const struct ik_config *c = node->config;
    return m->policy < c->policies_n && c->policies[m->policy].action == IK_PROTECT;
}

static void copy_keys(uint8_t *to, struct ik_span encr, struct ik_span integ)
{
    memcpy(to, encr.p, encr.len);
    memcpy(to + encr.len, integ.p, integ.len);
}

static bool numbers_good(const struct ik_manual *m)
{
    bool whole = m->sent <= UINT32_MAX && m->received <= UINT32_MAX;
    return m->esn ? IK_ESN : whole;
}

/* Nothing that is not beyond received is new. */
static void go_on(struct ik_ipsec *ip, struct ik_child_sa *child, const struct ik_manual *m)
{
    child->esn = m->esn;
    child->seq = (ik_seq)m->sent;
    child->replay.last = (ik_seq)m->received;
    if (m->received != 0) {
        memset(ik_replay_bits(ip, child), 0xff, child->replay.size / 8u);
    }
}

/* All that an SA consists of; false if there is no room for it. */
static bool fill(struct ik_node *node, const struct ik_manual *m, const struct suite *s,
                 struct ik_child_sa *child)
{
    struct ik_ipsec *ip = &node->ipsec;
    const struct ik_policy *p = &node->config->policies[m->policy];
    child->policy = m->policy;
#if IK_AH
    child->ah = ik_policy_is_ah(p);
#endif
    child->mode = p->mode;
#if IK_TFC
    child->tfc = true; /* as both ends were told */
#endif
    child->udp = m->path.carrier == IK_CARRIER_UDP4500;
    child->out.spi = m->spi_out;
    child->path = m->path;
    if (!ik_child_ts_set(ip, child, p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n) ||
        !ik_child_suite_set(ip, child, s->encr, s->integ)) {
        return false;
    }
    ik_child_window(ip, child, p->replay);
    go_on(ip, child, m);
    copy_keys(ik_child_keys(ip, child, false), m->encr_in, m->integ_in);
    copy_keys(ik_child_keys(ip, child, true), m->encr_out, m->integ_out);
    return true;
}

enum ik_status ik_node_manual(struct ik_node *node, ik_time now, const struct ik_manual *m,
                              ik_slot *slot)
{
    struct suite suite;
    ik_enter(node, now);
    if (!ik_drbg_ready(&node->env)) {
        return IK_ERR_STATE;
    }
    if (!policy_good(node, m) || !path_good(&m->path, ik_policy_is_ah(policy_of(node, m))) ||
        !suite_good(node, m, &suite) || !keys_good(m, &suite) || !numbers_good(m) ||
        m->spi_in < SPI_LEAST || m->spi_out < SPI_LEAST ||
        ik_sad_find(&node->ipsec, m->spi_in) != NULL) {
        return IK_ERR_CONFIG;
    }
    struct ik_child_sa *child = ik_sad_alloc_manual(&node->env, &node->ipsec, m->spi_in);
    if (child == NULL) {
        return IK_ERR_NO_ROOM;
    }
    if (!fill(node, m, &suite, child)) {
        ik_child_wipe(&node->ipsec, child);
        return IK_ERR_NO_ROOM;
    }
    ik_child_up(&node->ipsec, child);
    ik_about(&node->env, ik_child_slot(child));
    ik_trace(&node->env, IK_TR_CHILD_UP, child->in.spi, child->out.spi);
    ik_count(&node->env, IK_COUNT_CHILD_SAS_UP);
    if (slot != NULL) {
        *slot = ik_child_slot(child);
    }
    return IK_OK;
}
#endif
