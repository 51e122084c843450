/* SPDX-License-Identifier: MIT */
#include "sim/stub.h"
#include "sim/swarm.h"

#include <string.h>

#include "provider.h"

/* ---- drawing --------------------------------------------------------------------------------- */

/* What a remote offers, and what its gateway takes: a different first group makes
 * INVALID_KE_PAYLOAD. */
static const struct {
    const char *remote, *gateway;
} ike_suites[] = {
    {"aes128-sha256-x25519", "aes128-sha256-x25519"},
    {"aes128gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519"},
    {"aes256-sha512-x25519", "aes256-sha512-x25519"},
    {"chacha20poly1305-prfsha256-x25519", "chacha20poly1305-prfsha256-x25519"},
    {"aes128ccm8-prfsha256-x25519", "aes128ccm8-prfsha256-x25519"},
    {"aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-x25519"},
    {"aes128ctr-sha256-x25519", "aes128ctr-sha256-x25519"},
    {"aes128-aesxcbc-x25519", "aes128-aesxcbc-x25519"},
    {"aes128-aescmac-x25519", "aes128-aescmac-x25519"},
    {"aes128-sha1-modp1024", "aes128-sha1-modp1024"},
    {"aes192-sha384-ecp256", "aes192-sha384-ecp256"},
    {"aes128-sha256-ecp256-x25519", "aes128-sha256-x25519"},
    {"aes128-sha256-modp2048-x25519,aes128gcm16-prfsha256-x25519", "aes128gcm16-prfsha256-x25519"},
    {"aes256-sha256-x25519,aes128-sha256-x25519", "aes128-sha256-ecp256-x25519"},
};

static const char *const esp_suites[] = {
    "aes128gcm16", "aes256gcm12",    "aes128-sha256",  "aes256-sha512",       "chacha20poly1305",
    "aes128ccm8",  "null-sha256",    "aes128ctr-sha1", "aes128-aesxcbc",      "aes192-aescmac",
    "aes128gmac",  "aes256gcm16iiv", "aes128ccm8iiv",  "chacha20poly1305iiv",
};

#define PICK(r, list) ((list)[sim_rng_below((r), sizeof(list) / sizeof *(list))])

static bool one_in(struct sim_rng *r, uint32_t n)
{
    return sim_rng_hit(r, (struct sim_ratio){1, n});
}

/* Half of the time, the default. */
static uint32_t draw_wait(struct sim_rng *r, uint32_t lo, uint32_t hi, ik_time unit)
{
    return one_in(r, 2) ? 0 : (uint32_t)(sim_rng_between(r, lo, hi) * unit);
}

static uint32_t upto(struct sim_rng *r, uint32_t n)
{
    return (uint32_t)sim_rng_between(r, 0, n);
}

static struct sim_link draw_link(struct sim_rng *r)
{
    struct sim_link l = {.delay = sim_rng_between(r, 0, 100 * IK_MS)};

    if (one_in(r, 3))
        return l;
    if (one_in(r, 2))
        l.loss = (struct sim_ratio){upto(r, 30), 100};
    if (one_in(r, 2))
        l.twice = (struct sim_ratio){upto(r, 20), 100};
    if (one_in(r, 2)) {
        l.reorder = (struct sim_ratio){upto(r, 20), 100};
        l.reorder_by = sim_rng_between(r, 0, 3 * IK_SECOND);
    }
    if (one_in(r, 3))
        l.corrupt = (struct sim_ratio){upto(r, 10), 100};
    if (one_in(r, 2))
        l.jitter = sim_rng_between(r, 0, 500 * IK_MS);
    if (one_in(r, 6))
        l.mtu = (uint16_t)sim_rng_between(r, 300, 1500);
    l.tells = l.mtu % 2 != 0; /* some routers do */
    l.cuts = l.mtu % 4 > 1;   /* and some cut what may be cut */
    return l;
}

/* A part of its kind takes 12 s for X25519 and minutes for the larger groups. */
static const struct sim_cpu *draw_cpu(struct sim_rng *r, const char *ike)
{
    bool quick = strstr(ike, "x25519") && !strstr(ike, "modp");

    return quick && one_in(r, 4) ? &sim_cpu_msp430f1611 : &sim_cpu_ideal;
}

static void draw_nat(struct sim_rng *r, struct swarm_plan *p, struct swarm_remote *m)
{
    if (!one_in(r, 3))
        return;
    /* Two in transport mode behind one box would be the same host to the gateway. */
    if (p->nats && m->mode == IK_TUNNEL && one_in(r, 2)) {
        m->nat = (uint8_t)sim_rng_between(r, 1, p->nats);
        return;
    }
    p->nat[p->nats] = (struct sim_nat_opts){
        .idle_for = one_in(r, 2) ? sim_rng_between(r, 30, 300) * IK_SECOND : 0,
        .keep_port = one_in(r, 2),
        .per_remote = one_in(r, 2)};
    m->nat = ++p->nats;
}

static void draw_remote(struct sim_rng *r, struct swarm_plan *p, struct swarm_remote *m)
{
    struct sim_rng aside = *r; /* the other choices are as they were without this one */
    uint8_t suite;

    m->prepares = one_in(&aside, 3);
    m->gateway = (uint8_t)sim_rng_below(r, p->gateways);
    suite = p->suite[m->gateway];
    m->flaw = one_in(r, 4) ? (uint8_t)sim_rng_between(r, 1, SWARM_FLAWS - 1) : SWARM_SOUND;
    m->mode = one_in(r, 3) ? IK_TRANSPORT : IK_TUNNEL;
    m->inner6 = one_in(r, 3);
    m->initial_contact = one_in(r, 3);
    m->force_natt = one_in(r, 6);
    m->ike_gateway = ike_suites[suite].gateway;
    m->ike = m->flaw == SWARM_NO_IKE_PROPOSAL ? "aes192-sha512-ecp384" : ike_suites[suite].remote;
    m->esp = PICK(r, esp_suites);
    m->second = m->mode == IK_TUNNEL && m->flaw == SWARM_SOUND && one_in(r, 3);
    m->portable = one_in(r, 4);
    m->pool = (uint16_t)sim_rng_between(r, 1u + m->second, 6);
    m->child_pool = (uint16_t)sim_rng_between(r, 1u + m->second, m->pool);
    m->natt_only = one_in(r, 6);
    m->replay = one_in(r, 2) ? 0 : (uint16_t)sim_rng_between(r, 32, 1024);
    m->nonce_len = one_in(r, 2) ? 0 : (uint8_t)sim_rng_between(r, 32, 255);
    m->cpu = draw_cpu(r, m->ike);
    m->trouble = draw_link(r);
    draw_nat(r, p, m);
    m->mutual = !m->nat && m->flaw == SWARM_SOUND && one_in(r, 3);
}

/* Soft limits from 20 s on, so that they meet all else; hard ones so late that a renewal which is
 * possible has come about. */
static void draw_ages(struct sim_rng *r, struct swarm_plan *p, struct swarm_remote *m)
{
    m->refuses = !m->mutual && one_in(r, 4);
    m->pfs = one_in(r, 3);
    /* Who cannot add a Child SA makes another IKE SA for it. */
    m->unique = one_in(r, 2) && !(m->refuses && m->second) ? IK_UNIQUE_REPLACE : IK_UNIQUE_KEEP;
    for (unsigned side = 0; side < 2; side++) {
        uint32_t soft = (uint32_t)sim_rng_between(r, 20, 400);
        uint32_t child_soft = (uint32_t)sim_rng_between(r, 20, 400);
        uint32_t hard = (uint32_t)sim_rng_between(r, 1000, 3000);
        uint32_t child_hard = (uint32_t)sim_rng_between(r, 1000, 3000);
        /* A slow part computes P-256 for half a minute, if it begins with the wrong group. */
        uint32_t least = m->cpu == &sim_cpu_ideal ? 40 : 400;
        uint32_t reauth = (uint32_t)sim_rng_between(r, least, 800);
        bool ike = one_in(r, 2), child = one_in(r, 2), packets = one_in(r, 3);
        /* It takes room for two of each: who has none loses the SA when its time is over. */
        bool anew =
            one_in(r, 3) && m->pool > 2 + 2 * m->second && m->child_pool > 2 + 2 * m->second;

        m->rekey_s[side] = p->rekey && ike ? soft : 0;
        m->reauth_s[side] = p->rekey && anew ? reauth : 0;
        p->anew = p->anew || m->reauth_s[side] != 0;
        m->child_rekey_s[side] = p->rekey && child ? child_soft : 0;
        m->rekey_packets[side] = p->rekey && packets ? 1 + upto(r, 30) : 0;
        m->life_s[side] = p->expire ? hard : 0;
        m->child_life_s[side] = p->expire ? child_hard : 0;
        m->liveness_s[side] = p->watch ? (uint32_t)sim_rng_between(r, 5, 120) : 0;
    }
}

/* Only where the gateway announces it. */
static void draw_childless(struct sim_rng *r, struct swarm_plan *p)
{
    for (uint8_t g = 0; g < p->gateways; g++)
        p->childless[g] = one_in(r, 3) ? IK_CHILDLESS_ALLOW : IK_CHILDLESS_NEVER;
    for (uint8_t i = 0; i < p->remotes; i++) {
        struct swarm_remote *m = &p->remote[i];
        bool forced = one_in(r, 2);
        if (p->childless[m->gateway] == IK_CHILDLESS_ALLOW)
            m->childless = forced && !m->refuses ? IK_CHILDLESS_FORCE : IK_CHILDLESS_ALLOW;
    }
}

/* Some take none, most take the smallest, for the messages of a swarm are small. */
static uint16_t draw_fragment(struct sim_rng *r)
{
    switch (sim_rng_below(r, 8)) {
    case 0:
        return 0;
    case 1:
        return 1280;
    case 2:
        return 576;
    case 3:
        return (uint16_t)sim_rng_between(r, IK_FRAGMENT_LEAST, 1500);
    default:
        return (uint16_t)sim_rng_between(r, IK_FRAGMENT_LEAST, 300);
    }
}

static bool any_slow(const struct swarm_plan *p)
{
    for (uint8_t i = 0; i < p->remotes; i++) {
        if (p->remote[i].cpu != &sim_cpu_ideal)
            return true;
    }
    return false;
}

/* Such that the two can agree: who requires one has it, and the other has it, too. That of a
 * gateway is the last of its list, for who begins uses the first. */
static void draw_ppk(struct sim_rng *r, struct swarm_remote *m)
{
    bool remote = one_in(r, 3), gateway = one_in(r, 3);
    bool by_remote = one_in(r, 2), by_gateway = one_in(r, 2);

    m->ppks[0] = remote;
    m->ppks[1] = (uint8_t)(gateway + (gateway && !m->mutual));
    m->ppk_required[0] = remote && gateway && by_remote;
    m->ppk_required[1] = remote && gateway && by_gateway;
}

static void draw_tickets(struct sim_rng *r, struct swarm_plan *p)
{
    for (uint8_t g = 0; g < p->gateways; g++) {
        bool any = one_in(r, 2);
        uint32_t lasts = (uint32_t)sim_rng_between(r, 30, 4000);
        p->ticket_by_reference[g] = one_in(r, 2);
        p->ticket_s[g] = any ? lasts : 0;
    }
    for (uint8_t i = 0; i < p->remotes; i++)
        p->remote[i].resume = one_in(r, 2);
    p->hints = one_in(r, 2);
    bool windows = one_in(r, 3);
    uint8_t window = (uint8_t)sim_rng_between(r, 2, 8);
    p->window = windows ? window : 0;
}

void swarm_plan_draw(struct sim_rng *r, struct swarm_plan *p)
{
    *p = (struct swarm_plan){0};
    p->real = one_in(r, 10);
    p->stack = one_in(r, 16);
    p->v6 = one_in(r, 3);
    p->gateways = (uint8_t)sim_rng_between(r, 1, SWARM_GATEWAYS);
    p->remotes = (uint8_t)sim_rng_between(r, 1, SWARM_REMOTES);
    for (uint8_t i = 0; i < p->gateways; i++) {
        p->suite[i] = (uint8_t)sim_rng_below(r, sizeof ike_suites / sizeof *ike_suites);
        p->trouble[i] = draw_link(r);
    }
    for (uint8_t i = 0; i < p->remotes; i++)
        draw_remote(r, p, &p->remote[i]);
    p->cookie_above = one_in(r, 2) ? 0xffff : (uint16_t)upto(r, 3);
    p->retransmit.initial = draw_wait(r, 200, 3000, IK_MS);
    p->retransmit.max = draw_wait(r, 3, 30, IK_SECOND);
    p->retransmit.factor_x16 = one_in(r, 2) ? 0 : (uint8_t)sim_rng_between(r, 17, 48);
    p->retransmit.tries = one_in(r, 2) ? 0 : (uint8_t)sim_rng_between(r, 5, 12);
    p->retransmit.jitter_256 = one_in(r, 2) ? 0 : (uint8_t)upto(r, 255);
    p->spare = (uint16_t)upto(r, 2 * SWARM_REMOTES);
    p->half_open_for = draw_wait(r, 20, 60, IK_SECOND);
    /* A slow part that makes two IKE SAs at once takes its time between the two exchanges. */
    if (any_slow(p))
        p->half_open_for = 120 * IK_SECOND;
    p->keepalive = draw_wait(r, 5, 25, IK_SECOND);
    p->events = (uint32_t)sim_rng_between(r, 10, 200);
    p->forge = one_in(r, 2);
    p->restart = one_in(r, 2);
    p->die = one_in(r, 4);
    p->squat = one_in(r, 4);
    p->oneway = one_in(r, 3);
    p->roam = one_in(r, 3);
    p->jump = one_in(r, 6);
    p->older = one_in(r, 6);
    p->age = one_in(r, 6);
    p->busy = one_in(r, 6);
    if (p->busy) { /* who waits for his turn must not be forgotten, nor give up */
        p->half_open_for = 120 * IK_SECOND;
        p->retransmit = (struct ik_retransmit){0};
    }
    p->hold = one_in(r, 4);
    for (uint8_t i = 0; i < p->remotes; i++)
        p->remote[i].insider = p->remote[i].flaw == SWARM_SOUND && one_in(r, 5);
    for (uint8_t i = 0; i < p->remotes; i++)
        p->insiders = p->insiders || p->remote[i].insider;
    p->late = one_in(r, 3) ? sim_rng_between(r, 1, 500 * IK_MS) : 0;
    p->starve = one_in(r, 4);
    p->start = one_in(r, 3) ? 0 : sim_rng_below(r, UINT64_C(1) << 50);
    p->rekey = one_in(r, 2);
    p->renew = one_in(r, 5);
    p->expire = one_in(r, 4);
    p->watch = one_in(r, 3);
    if ((p->rekey || p->watch) && any_slow(p)) /* its gateway asks, too: with patience */
        p->retransmit = (struct ik_retransmit){0};
    for (uint8_t i = 0; i < p->remotes; i++)
        draw_ages(r, p, &p->remote[i]);
    draw_childless(r, p);
    p->fragments = one_in(r, 2);
    for (uint8_t i = 0; p->fragments && i < p->remotes; i++) {
        for (unsigned side = 0; side < 2; side++)
            p->remote[i].fragment[side] = draw_fragment(r);
    }
    for (uint8_t i = 0; i < p->remotes; i++)
        draw_ppk(r, &p->remote[i]);
    draw_tickets(r, p);
    for (uint8_t i = 0; i < p->remotes; i++)
        swarm_protocol_draw(r, &p->remote[i]);
    for (uint8_t i = 0; i < p->remotes; i++) {
        struct swarm_remote *m = &p->remote[i];
        m->joint = one_in(r, 2) && m->second && !m->refuses;
    }
    swarm_octets_draw(r, p);
}

void swarm_plan_alone(struct swarm_plan *p)
{
    p->watch = true;
    for (uint8_t i = 0; i < p->remotes; i++) {
        struct swarm_remote *m = &p->remote[i];
        m->refuses = false;
        m->unique = IK_UNIQUE_REPLACE;
        for (unsigned side = 0; side < 2; side++)
            m->liveness_s[side] = m->liveness_s[side] ? m->liveness_s[side] : 30;
    }
}

/* ---- building -------------------------------------------------------------------------------- */

uint16_t swarm_node(const struct swarm_plan *p, uint8_t remote)
{
    return (uint16_t)(p->gateways + remote);
}

uint16_t swarm_policies(const struct swarm_plan *p, uint8_t remote)
{
    return p->remote[remote].second ? 2 : 1;
}

uint16_t swarm_policy(const struct swarm_plan *p, uint8_t remote, uint16_t which)
{
    uint16_t n = which;

    for (uint8_t i = 0; i < remote; i++) {
        if (p->remote[i].gateway == p->remote[remote].gateway)
            n = (uint16_t)(n + swarm_policies(p, i));
    }
    return n;
}

uint16_t swarm_peer(const struct swarm_plan *p, uint8_t remote)
{
    uint16_t n = 0;

    for (uint8_t i = 0; i < remote; i++)
        n = (uint16_t)(n + (p->remote[i].gateway == p->remote[remote].gateway));
    return n;
}

/* Text with one number in it, kept as long as s. */
__attribute__((format(printf, 2, 3))) static const char *text(struct sim *s, const char *fmt, ...)
{
    char *out = sim_own(s, 64);
    va_list args;

    va_start(args, fmt);
    vsnprintf(out, 64, fmt, args);
    va_end(args);
    return out;
}

static const char *gateway_outer(struct sim *s, const struct swarm_plan *p, unsigned i)
{
    return text(s, p->v6 ? "2001:db8::%u" : "192.0.2.%u", i + 1);
}

/* As others see it, and as it sees itself. */
static const char *remote_outer(struct sim *s, const struct swarm_plan *p, unsigned i)
{
    unsigned nat = p->remote[i].nat;

    if (nat)
        return text(s, p->v6 ? "2001:db8:1::%u" : "198.51.100.%u", nat);
    return text(s, p->v6 ? "2001:db8:2::%u" : "203.0.113.%u", i + 1);
}

static const char *remote_own(struct sim *s, const struct swarm_plan *p, unsigned i)
{
    if (!p->remote[i].nat)
        return remote_outer(s, p, i);
    return text(s, p->v6 ? "fd00:a::%u" : "10.0.0.%u", i + 1);
}

static const char *remote_net(struct sim *s, const struct swarm_plan *p, unsigned i, bool host)
{
    if (p->remote[i].inner6)
        return text(s, host ? "fd00:1:%x::1" : "fd00:1:%x::/48", i + 1);
    return text(s, host ? "10.1.%u.1" : "10.1.%u.0/24", i + 1);
}

static const char *gateway_net(struct sim *s, const struct swarm_plan *p, unsigned i, bool host)
{
    const struct swarm_remote *m = &p->remote[i];

    if (m->inner6)
        return text(s, host ? "fd00:2:%x::1" : "fd00:2:%x::/48", m->gateway + 1u);
    return text(s, host ? "10.2.%u.1" : "10.2.%u.0/24", m->gateway + 1u);
}

/* The one host behind a remote that its second policy is for. */
static const char *remote_second(struct sim *s, const struct swarm_plan *p, unsigned i)
{
    return text(s, p->remote[i].inner6 ? "fd00:3:%x::1" : "10.3.%u.1", i + 1);
}

/* The fastest code of this build, so that there are more runs: it changes no octet. But no keys
 * outside of the node's memory, which is copied where a node is restored from an older self. */
static void fastest(struct ik_crypto *out)
{
    const struct ik_crypto *openssl = host_crypto_named("openssl");

    *out = openssl != NULL ? *openssl : *host_crypto();
    out->aes_gcm = NULL;
    out->chacha20_poly1305 = NULL;
}

static void common(struct sim_conf *c, const struct swarm_plan *p, bool portable)
{
    struct ik_crypto *own = sim_own(c->sim, sizeof *own);

    if (portable)
        *own = ik_crypto_portable;
    else
        fastest(own);
    if (!p->real)
        sim_stub_crypto(own, own);
    c->config.crypto = own;
    c->config.half_open_for = p->half_open_for;
    c->config.keepalive = p->keepalive;
    c->config.retransmit = p->retransmit;
    c->config.cookie_above = p->cookie_above;
    c->config.hints = p->hints;
    c->config.window = p->window;
}

static struct ik_span span(const char *t)
{
    return (struct ik_span){(const uint8_t *)t, (uint16_t)strlen(t)};
}

/* side: 0: the remote's, 1: the gateway's. */
static void ppks(struct sim_conf *c, const struct swarm_plan *p, unsigned i, unsigned side,
                 struct ik_peer *peer)
{
    const struct swarm_remote *m = &p->remote[i];
    struct ik_ppk *list = sim_own(c->sim, 2 * sizeof *list);

    for (uint8_t k = 0; k < m->ppks[side]; k++) {
        unsigned whose = i + 100u * (m->ppks[side] - 1u - k);
        list[k].id = span(text(c->sim, "quantum-%u.example.org", whose));
        list[k].key = span(text(c->sim, "post-quantum key %u, of 32 octets", whose));
    }
    peer->ppks = list;
    peer->ppks_n = m->ppks[side];
    peer->ppk_required = m->ppk_required[side];
}

static const char *with_more(struct sim *s, const struct swarm_remote *m, const char *suite)
{
    return suite ? text(s, "%s%s%s", suite, m->pfs ? "-x25519" : "", m->esn ? "-esn" : "") : NULL;
}

/* side: 0: the remote's, 1: the gateway's. */
static void ages(struct sim_conf *c, const struct swarm_plan *p, const struct swarm_remote *m,
                 unsigned side, uint16_t peer, uint16_t policy)
{
    c->config.life = p->rekey || p->expire || p->watch ? &ik_lifetimes : NULL;
    c->peers[peer].rekey_s = m->rekey_s[side];
    c->peers[peer].reauth_s = m->reauth_s[side];
    c->peers[peer].life_s = m->life_s[side];
    c->peers[peer].liveness_s = m->liveness_s[side];
    c->peers[peer].unique = m->unique;
    c->policies[policy].rekey_s = m->child_rekey_s[side];
    c->policies[policy].life_s = m->child_life_s[side];
    c->policies[policy].rekey_packets = m->rekey_packets[side];
#if IK_TFC
    c->policies[policy].tfc_pad = m->tfc_pad;
    c->policies[policy].tfc_align = m->tfc_align;
    c->policies[policy].tfc_refuse = m->tfc_refuse && side == 1;
    c->policies[policy].dummy_ms = side == 0 ? m->dummy_ms : 0;
#endif
}

/* What the gateway allows as the other side of that remote's policy. */
static const char *allowed(struct sim *s, const struct swarm_plan *p, unsigned i)
{
    const struct swarm_remote *m = &p->remote[i];
    bool six = m->mode == IK_TUNNEL ? m->inner6 : p->v6;

    if (m->flaw == SWARM_BAD_TS)
        return six ? "fd00:9::/48" : "10.9.0.0/24";
    return m->mode == IK_TUNNEL ? remote_net(s, p, i, false) : remote_outer(s, p, i);
}

static void gateway_entry(struct sim *s, const struct swarm_plan *p, struct sim_conf *c, unsigned i)
{
    const struct swarm_remote *m = &p->remote[i];
    const char *own = gateway_outer(s, p, m->gateway);
    struct sim_peer_text peer = {
        .local = own,
        .remote = m->mutual ? remote_outer(s, p, i) : NULL,
        .local_id = text(s, "g%u.example.org", m->gateway),
        .remote_id = text(s, "r%u.example.org", i + (m->flaw == SWARM_UNKNOWN_ID ? 100 : 0)),
        .psk = text(s, "key of remote %u, of 24", i),
        .ike = m->ike_gateway};
    struct sim_policy_text policy = {
        .ts_local = m->mode == IK_TUNNEL ? gateway_net(s, p, i, false) : own,
        .ts_remote = allowed(s, p, i),
        .esp = m->flaw == SWARM_NO_ESP_PROPOSAL ? "aes256-sha384" : with_more(s, m, m->esp),
        .ah = with_more(s, m, m->ah),
        .mode = (enum ik_mode)m->mode,
        .replay = m->replay};

    policy.peer = sim_conf_peer(c, &peer);
    c->peers[policy.peer].initial_contact = m->mutual && m->initial_contact;
    c->peers[policy.peer].no_nat = m->no_nat[1];
    c->peers[policy.peer].no_idr = m->no_idr[1];
    c->peers[policy.peer].childless = p->childless[m->gateway];
    c->peers[policy.peer].fragment = m->fragment[1];
    c->peers[policy.peer].probe = m->probe[1];
    ppks(c, p, i, 1, &c->peers[policy.peer]);
    c->peers[policy.peer].resume = m->mutual && m->resume;
    ages(c, p, m, 1, policy.peer, sim_conf_policy(c, &policy));
    if (m->second) {
        policy.ts_remote = remote_second(s, p, i);
        ages(c, p, m, 1, policy.peer, sim_conf_policy(c, &policy));
    }
}

static void gateway_build(struct sim *s, const struct swarm_plan *p, uint8_t g)
{
    struct sim_conf *c = sim_conf_new(s);

    common(c, p, false);
    c->config.ticket_s = p->ticket_s[g];
    c->config.ticket_by_reference = p->ticket_by_reference[g];
    c->config.exchanges = ik_exchanges_all;
    for (uint8_t i = 0; i < p->remotes; i++) {
        if (p->remote[i].gateway == g)
            gateway_entry(s, p, c, i);
    }
    sim_node_add(s,
                 &(struct sim_node_opts){.config = &c->config,
                                         .addr = sim_addr(s, gateway_outer(s, p, g)),
                                         .ike_sas = (uint16_t)(1 + c->config.policies_n + p->spare +
                                                               p->anew * c->config.policies_n),
                                         .cpu = p->busy ? &sim_cpu_busy : NULL,
                                         .reassemblies = (uint16_t)(2 * p->fragments),
                                         .held = p->held,
                                         .late = p->late,
                                         .link = p->trouble[g]});
}

static struct sim_conf *remote_conf(struct sim *s, const struct swarm_plan *p, uint8_t i)
{
    const struct swarm_remote *m = &p->remote[i];
    const char *own = remote_own(s, p, i), *gw = gateway_outer(s, p, m->gateway);
    bool tunnel = m->mode == IK_TUNNEL;
    struct sim_conf *c = sim_conf_new(s);
    struct sim_peer_text peer = {
        .local = own,
        .remote = gw,
        .local_id = text(s, "r%u.example.org", i),
        .remote_id = text(s, "g%u.example.org", m->gateway),
        .psk = text(s, "key of remote %u, of 24", i + (m->flaw == SWARM_WRONG_PSK) * 100u),
        .ike = m->ike};
    struct sim_policy_text policy = {.ts_local = tunnel ? remote_net(s, p, i, false) : own,
                                     .ts_remote = tunnel ? gateway_net(s, p, i, false) : gw,
                                     .esp = with_more(s, m, m->esp),
                                     .ah = with_more(s, m, m->ah),
                                     .mode = (enum ik_mode)m->mode,
                                     .replay = m->replay};

    sim_conf_peer(c, &peer);
    if (m->joint) {
        policy.ts_local = text(s, "%s,%s", policy.ts_local, remote_second(s, p, i));
        policy.ts_remote = m->inner6 ? "fd00:2::/32" : "10.2.0.0/16";
    }
    ages(c, p, m, 0, 0, sim_conf_policy(c, &policy));
    c->policies[0].pfp = m->pfp ? IK_PFP_LOCAL : 0;
    if (m->second && !m->joint) {
        policy.ts_local = remote_second(s, p, i);
        ages(c, p, m, 0, 0, sim_conf_policy(c, &policy));
    }
    return c;
}

static void remote_build(struct sim *s, const struct swarm_plan *p, uint8_t i)
{
    const struct swarm_remote *m = &p->remote[i];
    struct sim_conf *c = remote_conf(s, p, i);

    common(c, p, m->portable);
    if (m->mutual)
        c->config.exchanges = ik_exchanges_all;
    else
        c->config.exchanges = m->refuses ? ik_exchanges_initiator : ik_exchanges_caller;
    c->config.nonce_len = m->nonce_len;
    c->peers[0].initial_contact = m->initial_contact;
    c->peers[0].no_nat = m->no_nat[0];
    c->peers[0].no_idr = m->no_idr[0];
    c->peers[0].childless = m->childless;
    c->peers[0].fragment = m->fragment[0];
    c->peers[0].probe = m->probe[0];
    ppks(c, p, i, 0, &c->peers[0]);
    c->peers[0].resume = m->resume;
    c->peers[0].force_natt = m->force_natt;
    c->peers[0].remote_port = m->natt_only ? IK_PORT_NATT : 0;
    sim_node_add(s, &(struct sim_node_opts){.config = &c->config,
                                            .addr = sim_addr(s, remote_own(s, p, i)),
                                            .nat = m->nat,
                                            .ike_sas = m->pool,
                                            .child_sas = m->child_pool,
                                            .cpu = m->cpu,
                                            .reassemblies = p->fragments,
                                            .held = p->held,
                                            .late = p->late,
                                            .prepares = m->prepares,
                                            .link = m->trouble});
}

void swarm_plan_build(struct sim *s, const struct swarm_plan *p)
{
    for (uint8_t i = 0; i < p->nats; i++) {
        struct sim_nat_opts opts = p->nat[i];
        opts.outside = sim_addr(s, text(s, p->v6 ? "2001:db8:1::%u" : "198.51.100.%u", i + 1u));
        sim_nat_add(s, &opts);
    }
    struct ik_crypto *own = sim_own(s, sizeof *own);
    fastest(own);
    s->spy.crypto = own; /* what portable code seals is opened by other code */
    for (uint8_t g = 0; g < p->gateways; g++)
        gateway_build(s, p, g);
    for (uint8_t i = 0; i < p->remotes; i++)
        remote_build(s, p, i);
}

void swarm_up(struct sim *s, const struct swarm_plan *p, uint8_t remote, uint16_t which)
{
    const struct swarm_packet packet = {
        .remote = remote, .from_remote = true, .policy = which, .payload = SIM_PAYLOAD_MIN};

    if (p->remote[remote].pfp || (p->remote[remote].joint && which > 0))
        swarm_send(s, p, &packet);
    else
        sim_up(s, swarm_node(p, remote), which);
}

bool swarm_has_second(struct sim *s, const struct swarm_plan *p, uint8_t remote)
{
    const struct sim_node *n = s->nodes[swarm_node(p, remote)];
    struct ik_addr host = {0};
    struct ik_export_child x;
    struct ik_child_info info;

    if (!host_addr_parse(remote_second(s, p, remote), &host))
        return false;
    for (uint16_t i = 0; i < n->opts.child_sas; i++) {
        if (ik_export_child(&n->core, i, &x) && ik_child_info(&n->core, i, &info) &&
            info.state == IK_CHILD_UP && memcmp(x.ts_local[0].lo, host.b, sizeof host.b) == 0)
            return true;
    }
    return false;
}

/* Another address, another receiver. */
static bool addresses_touched(const struct swarm_packet *packet, bool v6)
{
    return packet->odd_mask && packet->odd_at >= (v6 ? 8 : 12);
}

uint32_t swarm_send(struct sim *s, const struct swarm_plan *p, const struct swarm_packet *packet)
{
    uint8_t i = packet->remote;
    const struct swarm_remote *m = &p->remote[i];
    bool tunnel = m->mode == IK_TUNNEL, out = packet->from_remote;
    bool touched = addresses_touched(packet, tunnel ? m->inner6 : p->v6);
    uint16_t to = out ? m->gateway : swarm_node(p, i);
    const char *g = tunnel ? gateway_net(s, p, i, true) : gateway_outer(s, p, m->gateway);
    const char *r;

    /* A remote behind NAT is one address to itself, another to its gateway. */
    if (tunnel)
        r = packet->policy ? remote_second(s, p, i) : remote_net(s, p, i, true);
    else
        r = out ? remote_own(s, p, i) : remote_outer(s, p, i);
    return sim_traffic_send_odd(s, out ? swarm_node(p, i) : m->gateway,
                                &(struct sim_inner){.src = sim_addr(s, out ? r : g),
                                                    .dst = sim_addr(s, out ? g : r),
                                                    .payload = packet->payload,
                                                    .to = touched ? 0 : (uint16_t)(to + 1)},
                                packet->odd_at, packet->odd_mask);
}
