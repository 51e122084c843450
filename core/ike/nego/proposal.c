/* SPDX-License-Identifier: MIT */
/*
 * Choosing an algorithm suite (RFC 7296 2.7, 3.3). "The accepted cryptographic suite MUST contain
 * exactly one transform of each type included in the proposal."
 */
#include "ike/nego/nego.h"

#if !IK_LINKED /* else proposal_one.c */

static bool same(const struct ik_transform *a, const struct ik_transform *b)
{
    return a->type == b->type && a->id == b->id && a->key_bits == b->key_bits && !b->unknown_attr;
}

static bool within(const struct ik_proposal *ours, const struct ik_transform *t)
{
    const struct ik_transform *end = ours->transforms + ours->transforms_n;
    for (const struct ik_transform *o = ours->transforms; o < end; o++) {
        if (same(o, t)) {
            return true;
        }
    }
    return false;
}

static bool has_type(const struct ik_proposal *ours, uint8_t type)
{
    for (uint8_t i = 0; i < ours->transforms_n; i++) {
        if (ours->transforms[i].type == type) {
            return true;
        }
    }
    return false;
}

static bool wire_has(const struct ik_wire_proposal *w, const struct ik_transform *want)
{
    struct ik_transform t;
    uint16_t at = 0;
    while (at < w->transforms.len && ik_transform_next(w, &at, &t) == IK_OK) {
        if (same(want, &t)) {
            return true;
        }
    }
    return false;
}

static bool wire_has_type(const struct ik_wire_proposal *w, uint8_t type)
{
    struct ik_transform t;
    uint16_t at = 0;
    while (at < w->transforms.len && ik_transform_next(w, &at, &t) == IK_OK) {
        if (t.type == type) {
            return true;
        }
    }
    return false;
}

/* Who leaves ESN out means what there was before it: 32 bits. */
static const struct ik_transform no_esn = {.type = IK_TT_ESN, .id = IK_ESN_NO};

/* All types of the peer's proposal are known. */
static bool all_known(const struct ik_wire_proposal *w)
{
    struct ik_transform t;
    uint16_t at = 0;
    while (at < w->transforms.len && ik_transform_next(w, &at, &t) == IK_OK) {
        if (t.type < 1 || t.type > IK_SUITE_TYPES) {
            return false;
        }
    }
    return true;
}

static void add(const struct ik_crypto *c, struct ik_suite *s, const struct ik_transform *t)
{
    s->named |= (uint8_t)(1u << t->type);
    switch (t->type) {
    case IK_TT_ENCR:
        s->encr = ik_crypto_encr(c, t->id, t->key_bits);
        break;
    case IK_TT_PRF:
        s->prf = ik_crypto_prf(c, t->id);
        break;
    case IK_TT_INTEG:
        s->integ = t->id == IK_INTEG_NONE ? NULL : ik_crypto_integ(c, t->id);
        break;
    case IK_TT_DH:
        s->dh = t->id == IK_DH_NONE ? NULL : ik_crypto_dh(c, t->id);
        break;
#if IK_ESN
    case IK_TT_ESN:
        s->esn = t->id == IK_ESN_YES;
        break;
#endif
    default:
        break;
    }
}

/* 3.3.1: no SPI in IKE_SA_INIT, 8 octets when an IKE SA is rekeyed, 4 that are not 0 for ESP. */
static bool begin(const struct ik_proposals *ours, const struct ik_wire_proposal *w,
                  struct ik_suite *s, struct ik_span *spi)
{
    memset(s, 0, sizeof *s);
    s->number = w->number;
#if IK_AH
    /* AH has no cipher: whoever asks for one finds that which does nothing. */
    s->encr = ours->protocol == IK_PROTO_AH ? &ik_encr_null : NULL;
#endif
    *spi = w->spi;
    if (w->protocol != ours->protocol || w->spi.len != ours->spi_len) {
        return false;
    }
    return ours->spi_len != 4 || ik_get32(w->spi.p) != 0;
}

static bool named(const struct ik_suite *s, uint8_t type)
{
    return (s->named & (1u << type)) != 0;
}

/* One transform of a type: the first of ours that the peer has too; or NONE, if we have none of
 * that type and the peer can do without. */
static bool choose_type(const struct ik_proposals *ours, const struct ik_proposal *p,
                        const struct ik_wire_proposal *w, uint8_t type, struct ik_suite *s)
{
    for (uint8_t i = 0; i < p->transforms_n; i++) {
        const struct ik_transform *t = &p->transforms[i];
        if (t->type == type && wire_has(w, t)) {
            add(ours->crypto, s, t);
            return true;
        }
    }
    struct ik_transform none = {.type = type};
    if (has_type(p, type) || (type != IK_TT_INTEG && type != IK_TT_DH) || !wire_has(w, &none)) {
        return false;
    }
    add(ours->crypto, s, &none);
    return true;
}

static bool choose_from(const struct ik_proposals *ours, const struct ik_proposal *p,
                        const struct ik_wire_proposal *w, struct ik_suite *s, struct ik_span *spi)
{
    if (!begin(ours, w, s, spi) || !all_known(w)) {
        return false;
    }
    for (uint8_t type = 1; type <= IK_SUITE_TYPES; type++) {
        if (IK_REKEY && type == IK_TT_DH && ours->no_dh) {
            continue;
        }
        bool theirs = wire_has_type(w, type);
        if (theirs && !choose_type(ours, p, w, type, s)) {
            return false;
        }
        if (!theirs && has_type(p, type) && !(type == IK_TT_ESN && within(p, &no_esn))) {
            return false;
        }
    }
    return true;
}

enum ik_status ik_proposal_choose(const struct ik_proposals *ours, const struct ik_span *sa,
                                  struct ik_suite *out, struct ik_span *spi)
{
    for (uint8_t i = 0; i < ours->n; i++) {
        struct ik_wire_proposal w;
        uint16_t at = 0;
        while (at < sa->len && ik_sa_next(sa, &at, &w) == IK_OK) {
            if (choose_from(ours, &ours->list[i], &w, out, spi)) {
                return IK_OK;
            }
        }
    }
    return IK_ERR_POLICY;
}

enum ik_status ik_proposal_verify(const struct ik_proposals *ours, const struct ik_span *sa,
                                  struct ik_suite *out, struct ik_span *spi)
{
    struct ik_wire_proposal w;
    struct ik_transform t;
    uint16_t at = 0;
    if (ik_sa_next(sa, &at, &w) != IK_OK || at < sa->len || !begin(ours, &w, out, spi)) {
        return IK_ERR_POLICY;
    }
    uint8_t i = (uint8_t)(w.number - 1);
    if (i >= IK_PROPOSALS_MAX || i >= ours->n) {
        return IK_ERR_POLICY;
    }
    const struct ik_proposal *p = &ours->list[i];
    at = 0;
    while (at < w.transforms.len && ik_transform_next(&w, &at, &t) == IK_OK) {
        if (!within(p, &t) || named(out, t.type)) {
            return IK_ERR_POLICY;
        }
        add(ours->crypto, out, &t);
    }
    for (i = 0; i < p->transforms_n; i++) {
        uint8_t type = p->transforms[i].type;
        if (!named(out, type) && (!IK_REKEY || type != IK_TT_DH || !ours->no_dh)) {
            return IK_ERR_POLICY;
        }
    }
    return IK_OK;
}

#if IK_REKEY
/* Those of a proposal that count, at out; answers how many. */
static uint8_t counting(const struct ik_proposals *ours, const struct ik_proposal *p,
                        struct ik_transform *out)
{
    uint8_t n = 0;
    bool keep_prf = within(p, &(struct ik_transform){.type = IK_TT_PRF, .id = ours->prf});
    for (uint8_t i = 0; i < p->transforms_n; i++) {
        const struct ik_transform *t = &p->transforms[i];
        bool other_prf = t->type == IK_TT_PRF && keep_prf && t->id != ours->prf;
        if (!other_prf && (t->type != IK_TT_DH || !ours->no_dh)) {
            out[n++] = *t;
        }
    }
    return n;
}
#endif

void ik_proposal_put(struct ik_chain *c, const struct ik_proposals *ours, struct ik_span spi)
{
#if IK_REKEY
    struct ik_transform t[IK_TRANSFORMS_MAX];
    struct ik_sa_item item = {.protocol = ours->protocol, .spi = spi, .transforms = t};
#else
    struct ik_sa_item item = {.protocol = ours->protocol, .spi = spi};
#endif
    bool more;
    ik_payload_open(c, IK_PL_SA);
    do {
#if IK_REKEY
        item.transforms_n = counting(ours, &ours->list[item.number++], t);
#else
        const struct ik_proposal *p = &ours->list[item.number++];
        item.transforms_n = p->transforms_n;
        item.transforms = p->transforms;
#endif
        more = item.number < IK_PROPOSALS_MAX && item.number < ours->n;
        ik_sa_add(c, &item, more);
    } while (more);
}

static uint16_t esn_of(const struct ik_suite *suite)
{
#if IK_ESN
    return suite->esn ? IK_ESN_YES : IK_ESN_NO;
#else
    (void)suite;
    return IK_ESN_NO;
#endif
}

/* The transforms of a suite as the answer names them: 5 at most; answers how many. */
static uint8_t transforms_of(const struct ik_suite *suite, struct ik_transform *out)
{
    const struct ik_transform all[IK_SUITE_TYPES] = {
        {.type = IK_TT_ENCR, .id = suite->encr->id, .key_bits = suite->encr->key_bits},
        {.type = IK_TT_PRF, .id = suite->prf != NULL ? suite->prf->id : 0},
        {.type = IK_TT_INTEG, .id = suite->integ != NULL ? suite->integ->id : IK_INTEG_NONE},
        {.type = IK_TT_DH, .id = suite->dh != NULL ? suite->dh->id : IK_DH_NONE},
        {.type = IK_TT_ESN, .id = esn_of(suite)}};
    uint8_t n = 0;
    for (uint8_t i = 0; i < IK_SUITE_TYPES; i++) {
        if (named(suite, all[i].type)) {
            out[n++] = all[i];
        }
    }
    return n;
}

void ik_suite_put(struct ik_chain *c, const struct ik_suite *suite, uint8_t protocol,
                  struct ik_span spi)
{
    struct ik_transform t[IK_SUITE_TYPES];
    struct ik_sa_item item = {
        .number = suite->number, .protocol = protocol, .spi = spi, .transforms = t};
    item.transforms_n = transforms_of(suite, t);
    ik_payload_open(c, IK_PL_SA);
    ik_sa_add(c, &item, false);
}

const struct ik_dh *ik_proposal_group(const struct ik_proposals *ours, uint16_t group)
{
    uint8_t n = 0;
    do {
        const struct ik_proposal *p = &ours->list[n++];
        for (uint8_t i = 0; i < p->transforms_n; i++) {
            const struct ik_transform *t = &p->transforms[i];
            if (t->type == IK_TT_DH && (group == 0 || t->id == group)) {
                return ik_crypto_dh(ours->crypto, t->id);
            }
        }
    } while (n < IK_PROPOSALS_MAX && n < ours->n);
    return NULL;
}

bool ik_proposal_allows(const struct ik_proposals *ours, const struct ik_suite *suite)
{
    struct ik_transform t[IK_SUITE_TYPES];
    uint8_t n = transforms_of(suite, t);
    for (uint8_t i = 0; i < ours->n; i++) {
        uint8_t found = 0;
        for (uint8_t k = 0; k < n; k++) {
            found = (uint8_t)(found + within(&ours->list[i], &t[k]));
        }
        if (found == n) {
            return true;
        }
    }
    return false;
}

struct ik_proposals ik_proposals_ike(const struct ik_node *node, const struct ik_peer *peer)
{
    return (struct ik_proposals){.crypto = ik_config_of(node)->crypto,
                                 .list = peer->proposals,
                                 .n = peer->proposals_n,
                                 .protocol = IK_PROTO_IKE};
}

struct ik_proposals ik_proposals_child(const struct ik_node *node, const struct ik_policy *policy,
                                       bool with_dh)
{
    return (struct ik_proposals){.crypto = ik_config_of(node)->crypto,
                                 .list = policy->proposals,
                                 .n = policy->proposals_n,
                                 .protocol = ik_policy_is_ah(policy) ? IK_PROTO_AH : IK_PROTO_ESP,
                                 .spi_len = 4,
                                 .no_dh = !with_dh};
}

static void trace_if(struct ik_env *env, uint8_t flags, uint8_t type, uint16_t id)
{
    if (flags & IK_ALG_LEGACY) {
        ik_trace(env, IK_TR_LEGACY, type, id);
    }
}

void ik_suite_trace(struct ik_env *env, const struct ik_suite *suite)
{
    trace_if(env, suite->encr->flags, IK_TT_ENCR, suite->encr->id);
    if (suite->prf != NULL) {
        trace_if(env, suite->prf->flags, IK_TT_PRF, suite->prf->id);
    }
    if (suite->integ != NULL) {
        trace_if(env, suite->integ->flags, IK_TT_INTEG, suite->integ->id);
    }
    if (suite->dh != NULL) {
        trace_if(env, suite->dh->flags, IK_TT_DH, suite->dh->id);
    }
}

#endif
