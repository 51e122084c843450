/* SPDX-License-Identifier: MIT */
/* SAs that are made by hand, without IKE (RFC 4301 4.5.1): of the file, and in the node. */
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "steer.h"
#include "why.h"

/* ---- the plan -------------------------------------------------------------------------------- */

static void add_policy(struct plan *p, uint16_t number)
{
    const struct conf_manual *k = &p->conf.manuals[number];
    struct ik_policy *policy = &p->policies[p->config.policies_n];
    *policy = (struct ik_policy){.action = IK_PROTECT,
                                 .mode = k->mode,
                                 .peer = IK_NO_SLOT,
                                 .protocol = k->ah ? IK_PROTO_AH : IK_PROTO_ESP,
                                 .replay = k->replay,
                                 .proposals = &k->esp,
                                 .proposals_n = 1,
                                 .ts_local_n = k->ts_local_n,
                                 .ts_remote_n = k->ts_remote_n};
    memcpy(policy->ts_local, k->ts_local, sizeof policy->ts_local);
    memcpy(policy->ts_remote, k->ts_remote, sizeof policy->ts_remote);
    if (policy->ts_local_n == 0) {
        host_ts_from_addr(&k->local, policy->ts_local);
        policy->ts_local_n = 1;
    }
    if (policy->ts_remote_n == 0) {
        host_ts_from_addr(&k->remote, policy->ts_remote);
        policy->ts_remote_n = 1;
    }
    p->of_policy[p->config.policies_n] = (struct plan_entry){IK_NO_SLOT, number, IK_NO_SLOT};
}

/* Lines keyid:NAME/in and keyid:NAME/out of the secrets: the cipher's key, with its salt, and then
 * that of the integrity algorithm, as KEYMAT has them (RFC 7296 2.17). */
static bool take_keys(const struct plan *p, const struct conf_manual *k, const char *way,
                      size_t encr_len, struct ik_span *encr, struct ik_span *integ,
                      struct mistakes *m)
{
    char id[IK_ID_MAX];
    int n = snprintf(id, sizeof id, "%s/%s", k->name, way);
    struct ik_span key = {0};
    if (n > 0 && (size_t)n < sizeof id)
        key = secrets_of(&p->secrets, IK_ID_KEY_ID,
                         (struct ik_span){(const uint8_t *)id, (uint16_t)n});
    size_t wanted = encr_len + integ->len;
    if (key.p == NULL || key.len != wanted) {
        mistakes_add(m, p->conf.file, k->line,
                     "manual %s: %s has no line keyid:%s/%s: with a key of %zu octets", k->name,
                     p->conf.daemon.secrets, k->name, way, wanted);
        return false;
    }
    *encr = (struct ik_span){key.p, (uint16_t)encr_len};
    integ->p = key.p + encr_len;
    return true;
}

static void take_suite(const struct ik_proposal *p, struct ik_manual *out)
{
    for (unsigned i = 0; i < p->transforms_n; i++) {
        const struct ik_transform *t = &p->transforms[i];
        if (t->type == IK_TT_ENCR) {
            out->encr_id = t->id;
            out->encr_key_bits = t->key_bits;
        } else if (t->type == IK_TT_INTEG) {
            out->integ_id = t->id;
        } else if (t->type == IK_TT_ESN) {
            out->esn = t->id == IK_ESN_YES;
        }
    }
}

static struct ik_path path_of(const struct conf_manual *k)
{
    struct ik_path path = {.carrier = k->ah      ? IK_CARRIER_AH
                                      : k->encap ? IK_CARRIER_UDP4500
                                                 : IK_CARRIER_ESP,
                           .local = k->local,
                           .remote = k->remote};
    if (k->encap)
        path.local_port = path.remote_port = IK_PORT_NATT;
    return path;
}

/* A counter that is the sequence number must not come twice (RFC 3686 2.1, 4106 3, 4309 3). */
static bool counts(const struct ik_encr *encr)
{
    return (encr->flags & IK_ALG_AEAD) != 0 || encr->iv_len == sizeof(uint64_t);
}

static bool fill(const struct plan *p, const struct conf_manual *k, struct ik_manual *out,
                 struct mistakes *m)
{
    *out = (struct ik_manual){.spi_in = k->spi_in,
                              .spi_out = k->spi_out,
                              .path = path_of(k),
                              .fresh = k->fresh,
                              .sent = k->sent,
                              .received = k->received};
    take_suite(&k->esp, out);
    const struct ik_encr *encr =
        k->ah ? NULL : ik_crypto_encr(host_crypto(), out->encr_id, out->encr_key_bits);
    const struct ik_integ *integ = ik_crypto_integ(host_crypto(), out->integ_id);
    if ((encr == NULL && !k->ah) || (integ == NULL && out->integ_id != 0)) {
        mistakes_add(m, p->conf.file, k->esp_line, "manual %s: there is no such algorithm",
                     k->name);
        return false;
    }
    if (encr != NULL && counts(encr) && !k->fresh) {
        mistakes_add(
            m, p->conf.file, k->esp_line,
            "manual %s: the counter of this cipher must not come twice under a key: take "
            "aes128-sha256 or the like, or say fresh = yes of keys that nothing was sent by",
            k->name);
        return false;
    }
    if (!out->esn && (k->sent > UINT32_MAX || k->received > UINT32_MAX)) {
        mistakes_add(m, p->conf.file, k->line,
                     "manual %s: sent and received are below 2^32 without esn", k->name);
        return false;
    }
    out->integ_in.len = out->integ_out.len = integ != NULL ? integ->key_len : 0;
    size_t encr_len = encr != NULL ? (size_t)encr->key_len + encr->salt_len : 0;
    return take_keys(p, k, "in", encr_len, &out->encr_in, &out->integ_in, m) &&
           take_keys(p, k, "out", encr_len, &out->encr_out, &out->integ_out, m);
}

void plan_add_manuals(struct plan *p, struct mistakes *m)
{
    for (unsigned i = 0; i < p->conf.manuals_n; i++) {
        struct ik_manual *out = &p->manuals[i];
        if (!fill(p, &p->conf.manuals[i], out, m))
            continue;
        add_policy(p, (uint16_t)i);
        out->policy = p->config.policies_n++;
    }
}

/* ---- the node -------------------------------------------------------------------------------- */

static void tell_up(const struct worker *w, const struct conf_manual *k, uint16_t child)
{
    char suite[120], local[300], remote[300];
    struct ik_export_child x;
    if (!ik_export_child(&w->node, child, &x))
        return;
    host_suite_print(&k->esp, suite, sizeof suite);
    log_say(LOG_INFO_LEVEL, "manual %s: %s === %s: %s, %s", k->name,
            why_selectors(x.ts_local, x.ts_local_n, local, sizeof local),
            why_selectors(x.ts_remote, x.ts_remote_n, remote, sizeof remote), suite,
            x.ah    ? "AH"
            : x.udp ? "ESP in UDP"
                    : "ESP");
}

static void make(struct worker *w, unsigned i, struct by_hand *made)
{
    const struct plan *p = w->d->plan;
    const struct conf_manual *k = &p->conf.manuals[i];
    ik_slot slot;
    enum ik_status st = ik_node_manual(&w->node, worker_tick(w), &p->manuals[i], &slot);
    *made = (struct by_hand){(uint8_t)w->number, st == IK_OK ? slot : IK_NO_SLOT};
    if (st == IK_OK) {
        routes_child_up(w, slot);
        tell_up(w, k, slot);
    } else {
        log_say(LOG_ERROR_LEVEL, "manual %s: %s", k->name,
                st == IK_ERR_NO_ROOM ? "no room for it until a restart"
                                     : "an SA of IKE has its SPI, or it makes no sense");
    }
}

/* Each in the worker that the kernel hands its packets to. */
void manual_make(struct daemon *d)
{
    unsigned n = d->plan->conf.manuals_n;
    free(d->by_hand);
    d->by_hand = calloc(n + 1u, sizeof *d->by_hand);
    d->by_hand_n = d->by_hand != NULL ? n : 0;
    bool transport = false;
    for (unsigned i = 0; i < d->by_hand_n; i++) {
        const struct conf_manual *k = &d->plan->conf.manuals[i];
        transport = transport || (k->encap && k->mode == IK_TRANSPORT);
        make(&d->workers[steer_spi(k->spi_in, d->workers_n)], i, &d->by_hand[i]);
    }
    for (unsigned i = 0; i < d->workers_n; i++)
        udp_transport(&d->workers[i].udp, transport);
}

unsigned manual_of(const struct worker *w)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->d->by_hand_n; i++)
        n += w->d->by_hand[i].worker == w->number;
    return n;
}

/* Keys: how long it takes says nothing of them. */
static bool same(struct ik_span a, struct ik_span b)
{
    unsigned differs = a.len ^ b.len;
    for (uint16_t i = 0; i < a.len && i < b.len; i++)
        differs |= a.p[i] ^ b.p[i];
    return differs == 0;
}

static bool goes_on(const struct ik_manual *a, const struct ik_manual *b)
{
    return a->spi_in == b->spi_in && a->spi_out == b->spi_out && same(a->encr_in, b->encr_in) &&
           same(a->encr_out, b->encr_out) && same(a->integ_in, b->integ_in) &&
           same(a->integ_out, b->integ_out);
}

void manual_carry(const struct daemon *d, struct plan *next)
{
    struct ik_child_info info;
    for (unsigned i = 0; i < d->by_hand_n; i++)
        for (unsigned k = 0; k < next->conf.manuals_n; k++) {
            struct ik_manual *m = &next->manuals[k];
            const struct by_hand *h = &d->by_hand[i];
            if (!goes_on(&d->plan->manuals[i], m) ||
                !ik_child_info(&d->workers[h->worker].node, h->slot, &info))
                continue;
            m->sent = m->sent > info.seq_out ? m->sent : info.seq_out;
            m->received = m->received > info.seq_in ? m->received : info.seq_in;
        }
}

void manual_forget(struct daemon *d)
{
    for (unsigned i = 0; i < d->by_hand_n; i++)
        if (d->by_hand[i].slot != IK_NO_SLOT)
            routes_child_down(&d->workers[d->by_hand[i].worker], d->by_hand[i].slot);
    d->by_hand_n = 0;
}
