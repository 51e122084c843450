/* SPDX-License-Identifier: MIT */
/*
 * Two whole nodes and the datagrams between them: what the tests of core/ike share. Virtual time,
 * no delay, no loss but what a test's hook makes. end[0] calls, end[1] answers:
 *
 *     10.1.0.0/24 --- 192.0.2.1 (client.example) ===== (gw.example) 192.0.2.2 --- 10.2.0.0/24
 *
 * and the same with 2001:db8::1, fd00:1::/64 and so on. After every call the deadline contract is
 * checked, that no event was lost, and that the node is whole (sound.h).
 */
#ifndef TEST_PAIR_H
#define TEST_PAIR_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "ike/xchg/xchg.h"
#include "sound.h"

#define PAIR_SAS 4
#define PAIR_TASKS (3 * PAIR_SAS)
#define PAIR_BUFFERS (4 * PAIR_SAS)
#define PAIR_GRAMS 512
#define PAIR_EVENTS 64
#define PAIR_BUF 3200
#define PAIR_AT 64 /* where packets begin in their buffer */

struct gram {
    uint8_t from;        /* end that sent it */
    struct ik_path path; /* as the sender has it */
    ik_time at;
    uint16_t len;
    uint8_t b[PAIR_BUF];
};

struct told {
    uint8_t event, reason;
    uint16_t notify, ike, child, peer, policy;
    ik_time at;
};

struct pair;

struct end {
    struct pair *pair;
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer[2];
    struct ik_policy policy[2];
    struct ik_proposal ike[4], esp[4];
    struct ik_ike_sa ike_sas[PAIR_SAS];
    struct ik_child_sa child_sas[PAIR_SAS];
    struct ik_handshake handshakes[PAIR_SAS];
    struct ik_task tasks[PAIR_TASKS];
    struct ik_buffer buffers[PAIR_BUFFERS];
    struct ik_child_more child_more[PAIR_SAS];
    struct ik_host host;
    struct told told[PAIR_EVENTS];
    unsigned told_n;
    uint8_t got[PAIR_BUF]; /* last packet delivered */
    uint16_t got_len;
    unsigned got_n;
    unsigned jobs;
    struct ik_job *held; /* a job that waits, where pair->hold_jobs */
    /* Answers IK_FX_LOOKUP: false if nobody knows who it is. NULL: the test answers, some time. */
    bool (*lookup)(struct end *e, const struct ik_effect *fx, struct ik_credential *who);
    unsigned lookups;
    uint16_t lookup_ike;
    uint32_t lookup_number;
    unsigned traces[32];
    uint32_t last_trace_a[32];
};

struct pair {
    struct end end[2];
    ik_time now;
    bool hold_jobs;
    /* Sees each datagram that is to be delivered to end `to`, with the path as that end sees it;
     * may change both. False: lost. */
    bool (*hook)(struct pair *p, unsigned to, struct ik_path *path, struct gram *g);
    unsigned seen; /* for hooks */
    struct gram grams[PAIR_GRAMS];
    unsigned grams_n, delivered;
};

static inline struct ik_span pair_text(const char *s)
{
    return (struct ik_span){(const uint8_t *)s, (uint16_t)strlen(s)};
}

static inline struct ik_addr pair_addr(const char *text)
{
    struct ik_addr a;
    memset(&a, 0, sizeof a);
    cr_assert(host_addr_parse(text, &a));
    return a;
}

static inline struct ik_ts pair_ts(const char *text)
{
    struct ik_ts ts;
    memset(&ts, 0, sizeof ts);
    cr_assert(host_ts_parse(text, &ts));
    return ts;
}

static inline void pair_trace(void *ctx, const struct ik_trace_rec *rec)
{
    struct end *e = ctx;
    e->traces[rec->event % 32]++;
    e->last_trace_a[rec->event % 32] = rec->a;
}

/* Suites: several, separated by commas. */
static inline uint8_t pair_suites(const char *text, bool ike, struct ik_proposal *out)
{
    char copy[256], err[128];
    uint8_t n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word = strtok(copy, ","); word != NULL; word = strtok(NULL, ",")) {
        bool good = ike ? host_suite_parse_ike(word, &out[n], err, sizeof err)
                        : host_suite_parse_esp(word, &out[n], err, sizeof err);
        cr_assert(good, "%s: %s", word, err);
        n++;
    }
    return n;
}

static inline void pair_set_suites(struct end *e, const char *ike, const char *esp)
{
    e->peer[0].proposals_n = e->peer[1].proposals_n = pair_suites(ike, true, e->ike);
    e->policy[0].proposals_n = e->policy[1].proposals_n = pair_suites(esp, false, e->esp);
}

static inline void pair_configure(struct end *e, unsigned who, const char *ike, const char *esp,
                                  int family)
{
    static const char *const outer[2][2] = {{"192.0.2.1", "192.0.2.2"},
                                            {"2001:db8::1", "2001:db8::2"}};
    static const char *const inner[2][2] = {{"10.1.0.0/24", "10.2.0.0/24"},
                                            {"fd00:1::/64", "fd00:2::/64"}};
    static const char *const names[2] = {"client.example", "gw.example"};
    unsigned six = family == 6;
    struct ik_peer *p = &e->peer[0];
    p->local = pair_addr(outer[six][who]);
    p->remote = pair_addr(outer[six][!who]);
    p->local_id = (struct ik_id){IK_ID_FQDN, pair_text(names[who])};
    p->remote_id = (struct ik_id){IK_ID_FQDN, pair_text(names[!who])};
    p->psk = pair_text("a pre-shared key of some length");
    p->proposals = e->ike;
    struct ik_policy *s = &e->policy[0];
    s->action = IK_PROTECT;
    s->ts_local_n = s->ts_remote_n = 1;
    s->ts_local[0] = pair_ts(inner[six][who]);
    s->ts_remote[0] = pair_ts(inner[six][!who]);
    s->proposals = e->esp;
    e->config.crypto = host_crypto();
    e->config.peers = e->peer;
    e->config.peers_n = 1;
    e->config.policies = e->policy;
    e->config.policies_n = 1;
    e->config.cookie_above = 0xffff;
    e->config.exchanges = who == 1 ? ik_exchanges_all : NULL;
    e->host = (struct ik_host){.ike_sas = e->ike_sas,
                               .child_sas = e->child_sas,
                               .handshakes = e->handshakes,
                               .tasks = e->tasks,
                               .buffers = e->buffers,
                               .child_more = e->child_more,
                               .ike_sas_n = PAIR_SAS,
                               .child_sas_n = PAIR_SAS,
                               .handshakes_n = PAIR_SAS,
                               .tasks_n = PAIR_TASKS,
                               .buffers_n = PAIR_BUFFERS,
                               .child_more_n = PAIR_SAS,
                               .node_id = (uint16_t)who,
                               .trace = pair_trace,
                               .trace_ctx = e};
    pair_set_suites(e, ike, esp);
}

/* Configured, but not initialised: tests change what they want and then call pair_start. */
static inline struct pair *pair_new_family(const char *ike, const char *esp, int family)
{
    struct pair *p = calloc(1, sizeof *p);
    cr_assert_not_null(p);
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].pair = p;
        pair_configure(&p->end[who], who, ike, esp, family);
    }
    return p;
}

static inline struct pair *pair_new(void)
{
    return pair_new_family("aes128-sha256-x25519", "aes128gcm16", 4);
}

static inline void pair_start(struct pair *p)
{
    p->now = 1000 * IK_SECOND;
    for (unsigned who = 0; who < 2; who++) {
        struct end *e = &p->end[who];
        uint8_t seed[48];
        memset(seed, (int)(0x41 + who), sizeof seed);
        cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, p->now), IK_OK);
        ik_node_seed(&e->node, seed, sizeof seed);
    }
}

static inline void pair_job(struct pair *p, struct end *e, struct ik_job *job)
{
    e->jobs++;
    if (p->hold_jobs) {
        cr_assert_null(e->held);
        e->held = job;
        return;
    }
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
}

static inline void pair_lookup(struct pair *p, struct end *e, const struct ik_effect *fx)
{
    struct ik_credential who;
    e->lookups++;
    e->lookup_ike = fx->ike;
    e->lookup_number = fx->lookup;
    if (e->lookup != NULL) {
        bool known = e->lookup(e, fx, &who);
        ik_node_identified(&e->node, p->now, fx->ike, fx->lookup, known ? &who : NULL);
    }
}

static inline void pair_effect(struct pair *p, unsigned who, const struct ik_effect *fx)
{
    struct end *e = &p->end[who];
    switch (fx->kind) {
    case IK_FX_SEND: {
        cr_assert_lt(p->grams_n, PAIR_GRAMS);
        struct gram *g = &p->grams[p->grams_n++];
        *g = (struct gram){.from = (uint8_t)who, .path = *fx->path, .at = p->now, .len = fx->len};
        memcpy(g->b, fx->data, fx->len);
        break;
    }
    case IK_FX_DELIVER:
        memcpy(e->got, fx->data, fx->len);
        e->got_len = fx->len;
        e->got_n++;
        break;
    case IK_FX_JOB:
        pair_job(p, e, fx->job);
        break;
    case IK_FX_EVENT:
        cr_assert_lt(e->told_n, PAIR_EVENTS);
        e->told[e->told_n++] = (struct told){fx->event, fx->reason, fx->notify, fx->ike,
                                             fx->child, fx->peer,   fx->policy, p->now};
        break;
    case IK_FX_LOOKUP:
        pair_lookup(p, e, fx);
        break;
    default:
        break;
    }
}

/* Takes all effects of one end. */
static inline void pair_drain(struct pair *p, unsigned who)
{
    struct end *e = &p->end[who];
    struct ik_effect fx;
    unsigned n = 0;
    while (ik_node_poll(&e->node, p->now, &fx)) {
        pair_effect(p, who, &fx);
        cr_assert_lt(++n, 100, "poll does not end");
    }
    cr_assert_gt(ik_node_deadline(&e->node), p->now, "deadline contract");
    cr_assert_eq(e->node.env.counters.drop[IK_DROP_EVENT_LOST], 0);
    sound(&e->node);
}

static inline void pair_give(struct pair *p, unsigned to, const struct ik_path *path,
                             const uint8_t *b, size_t len)
{
    uint8_t buf[PAIR_AT + PAIR_BUF + 64];
    struct ik_pkt pkt = {.buf = buf,
                         .cap = sizeof buf,
                         .off = PAIR_AT,
                         .len = (uint16_t)len,
                         .outer = {.ttl = 64}};
    memcpy(buf + PAIR_AT, b, len);
    ik_node_rx(&p->end[to].node, p->now, path, &pkt);
    pair_drain(p, to);
}

static inline struct ik_path pair_turn(const struct ik_path *path)
{
    return (struct ik_path){path->carrier, path->remote, path->local, path->remote_port,
                            path->local_port};
}

/* Delivers the datagram once more, or for the first time. */
static inline void pair_deliver(struct pair *p, struct gram *g)
{
    struct gram copy = *g;
    unsigned to = !g->from;
    struct ik_path path = pair_turn(&copy.path);
    if (p->hook == NULL || p->hook(p, to, &path, &copy)) {
        pair_give(p, to, &path, copy.b, copy.len);
    }
}

/* Delivers one datagram that waits. */
static inline bool pair_step(struct pair *p)
{
    pair_drain(p, 0);
    pair_drain(p, 1);
    if (p->delivered == p->grams_n) {
        return false;
    }
    pair_deliver(p, &p->grams[p->delivered++]);
    return true;
}

/* Until nothing more is to be done at this moment. */
static inline void pair_settle(struct pair *p)
{
    while (pair_step(p)) {
    }
}

/* Until that moment, with all time-outs on the way. */
static inline void pair_until(struct pair *p, ik_time end)
{
    for (;;) {
        pair_settle(p);
        ik_time a = ik_node_deadline(&p->end[0].node);
        ik_time b = ik_node_deadline(&p->end[1].node);
        ik_time next = a < b ? a : b;
        if (next > end) {
            break;
        }
        p->now = next;
    }
    p->now = end;
    pair_settle(p);
}

static inline void pair_pass(struct pair *p, ik_time span)
{
    pair_until(p, p->now + span);
}

static inline void pair_up(struct pair *p)
{
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
}

static inline unsigned pair_count(const struct end *e, unsigned event)
{
    unsigned n = 0;
    for (unsigned i = 0; i < e->told_n; i++) {
        n += e->told[i].event == event;
    }
    return n;
}

static inline const struct told *pair_last(const struct end *e)
{
    cr_assert_gt(e->told_n, 0, "nothing was told");
    return &e->told[e->told_n - 1];
}

static inline const struct told *pair_find(const struct end *e, unsigned event)
{
    for (unsigned i = 0; i < e->told_n; i++) {
        if (e->told[i].event == event) {
            return &e->told[i];
        }
    }
    cr_assert_fail("event %u was not told", event);
    return NULL;
}

static inline uint32_t pair_drops(const struct end *e, enum ik_drop why)
{
    return e->node.env.counters.drop[why];
}

/* Both ends have the same keys, crosswise. */
static inline void pair_assert_up(struct pair *p)
{
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(pair_count(&p->end[who], IK_EV_IKE_UP), 1, "end %u is not up", who);
        cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_UP), 1, "end %u has no child", who);
    }
    struct ik_child_sa *a = &p->end[0].child_sas[pair_find(&p->end[0], IK_EV_CHILD_UP)->child];
    struct ik_child_sa *b = &p->end[1].child_sas[pair_find(&p->end[1], IK_EV_CHILD_UP)->child];
    cr_assert_eq(a->in.spi, b->out.spi);
    cr_assert_eq(a->out.spi, b->in.spi);
    const struct ik_ipsec *ip[2] = {&p->end[0].node.ipsec, &p->end[1].node.ipsec};
    size_t len = (size_t)ik_encr_key_len(a->encr) + ik_integ_key_len(a->integ);
    const uint8_t *in = ik_child_keys(ip[0], a, false), *out = ik_child_keys(ip[0], a, true);
    cr_assert_eq(memcmp(in, ik_child_keys(ip[1], b, true), len), 0);
    cr_assert_eq(memcmp(out, ik_child_keys(ip[1], b, false), len), 0);
    cr_assert_neq(memcmp(in, out, len), 0);
}

static inline void pair_assert_usage(struct pair *p, unsigned who, unsigned ike, unsigned child)
{
    uint16_t i, c;
    ik_node_usage(&p->end[who].node, &i, &c);
    cr_assert_eq(i, ike, "end %u holds %u IKE SAs", who, i);
    cr_assert_eq(c, child, "end %u holds %u Child SAs", who, c);
    if (ike == 0 && child == 0) {
        sound_assert_empty(&p->end[who].node);
    }
}

/* An UDP packet from behind end `from`, for the other side. */
static inline struct ik_pkt pair_packet(struct pair *p, unsigned from, uint8_t *buf, size_t cap)
{
    const struct ik_policy *policy = &p->end[from].policy[0];
    const struct ik_ts *src = &policy->ts_local[0], *dst = &policy->ts_remote[0];
    uint8_t *ip = buf + PAIR_AT;
    memset(buf, 0, cap);
    if (src->family == 4) {
        uint16_t len = 20 + 8 + 12;
        ip[0] = 0x45;
        ik_put16(ip + 2, len);
        ip[8] = 64;
        ip[9] = IK_IP_UDP;
        memcpy(ip + 12, src->lo, 4);
        memcpy(ip + 16, dst->lo, 4);
        ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
        ik_put16(ip + 20 + 4, 20);
        return (struct ik_pkt){.buf = buf, .cap = (uint16_t)cap, .off = PAIR_AT, .len = len};
    }
    ip[0] = 0x60;
    ik_put16(ip + 4, 20);
    ip[6] = IK_IP_UDP;
    ip[7] = 64;
    memcpy(ip + 8, src->lo, 16);
    memcpy(ip + 24, dst->lo, 16);
    ik_put16(ip + 40 + 4, 20);
    return (struct ik_pkt){.buf = buf, .cap = (uint16_t)cap, .off = PAIR_AT, .len = 60};
}

/* Sends such a packet: it comes out at the other side as it went in; in transport mode with another
 * IP header of the same addresses. */
static inline void pair_assert_data(struct pair *p, unsigned from)
{
    uint8_t buf[512], want[128];
    struct ik_pkt pkt = pair_packet(p, from, buf, sizeof buf);
    uint16_t len = pkt.len;
    unsigned before = p->end[!from].got_n;
    memcpy(want, buf + PAIR_AT, len);
    ik_node_tx(&p->end[from].node, p->now, &pkt);
    pair_drain(p, from);
    pair_settle(p);
    cr_assert_eq(p->end[!from].got_n, before + 1, "packet from end %u did not arrive", from);
    cr_assert_eq(p->end[!from].got_len, len);
    bool transport = p->end[from].policy[0].mode == IK_TRANSPORT;
    unsigned skip = !transport ? 0 : want[0] == 0x45 ? 12 : 8;
    cr_assert_eq(memcmp(p->end[!from].got + skip, want + skip, len - skip), 0);
}

#endif
