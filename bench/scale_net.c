/* SPDX-License-Identifier: MIT */
/*
 * The gateway is behind a NAT, so that each of its IKE SAs keeps a mapping alive. Nine of ten
 * policies and more let packets bypass and are only in the way; ten protect, each the clients
 * whose number ends in its own. Clients are nodes too. All but those that are measured are
 * forgotten when their SAs are up.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scale.h"

#define PROTECTING 10
#define GRAM_MAX 2304
#define AT 64 /* where a clear packet begins */
#define CLEAR_LEN 128
#define KEEPALIVE (600 * IK_SECOND)

struct client {
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy policy;
    uint8_t *memory; /* its pools */
    struct ik_addr outer;
    char name[16];
};

/* What the next event is, and what came of it. */
struct happening {
    enum scale_event event;
    struct ik_path path;
    struct ik_pkt pkt;
    uint8_t buf[GRAM_MAX];
    unsigned effects, jobs;
    uint8_t kind; /* of the last effect but jobs */
    uint16_t len;
};

struct scale_net {
    struct ik_node gate;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy *policies;
    void *memory; /* the gateway's pools */
    unsigned sas, policies_n;
    ik_time now;
    struct client any;                    /* one after the other */
    struct client sampled[SCALE_SAMPLES]; /* they stay */
    struct happening h;
};

static const struct ik_addr gate_outer = {4, {192, 0, 2, 1}}; /* before the NAT */
static const struct ik_addr gate_inner = {4, {10, 255, 0, 1}};

static void fail(const char *what)
{
    fprintf(stderr, "bench_scale: %s\n", what);
    exit(EXIT_FAILURE);
}

/* ---- configurations ----------------------------------------------------------------------------
 */

static struct ik_ts range(uint32_t lo, uint32_t hi)
{
    struct ik_ts ts = {.family = 4, .port_hi = 0xffff};

    for (unsigned i = 0; i < 4; i++) {
        ts.lo[i] = (uint8_t)(lo >> (24 - 8 * i));
        ts.hi[i] = (uint8_t)(hi >> (24 - 8 * i));
    }
    return ts;
}

/* 172.16.0.0/16 is behind the gateway, 10.k.0.0/16 are the clients of policy k. */
static struct ik_ts gate_net(void)
{
    return range(0xac100000u, 0xac10ffffu);
}

static uint32_t client_inner(unsigned i)
{
    return 0x0a000000u | i % PROTECTING << 16 | i / PROTECTING;
}

/* 198.18.0.0/15: traffic that bypasses. */
static void gate_policy(struct scale_net *net, unsigned n)
{
    struct ik_policy *p = &net->policies[n];
    unsigned k = n + PROTECTING - net->policies_n;

    p->ts_local_n = p->ts_remote_n = 1;
    p->ts_local[0] = gate_net();
    if (n + PROTECTING < net->policies_n) {
        p->action = IK_BYPASS;
        p->ts_remote[0] = range(0xc6120000u + n, 0xc6120000u + n);
        return;
    }
    p->action = IK_PROTECT;
    p->ts_remote[0] = range(0x0a000000u | k << 16, 0x0a00ffffu | k << 16);
    p->proposals = &scale_esp;
    p->proposals_n = 1;
}

static void gate_configure(struct scale_net *net)
{
    net->peer = (struct ik_peer){.local = gate_inner,
                                 .local_id = {IK_ID_FQDN, {(const uint8_t *)"gate", 4}},
                                 .remote_id = {.type = IK_ID_ANY},
                                 .psk = {(const uint8_t *)"a key of many", 13},
                                 .proposals = &scale_ike,
                                 .proposals_n = 1};
    net->config = (struct ik_config){.crypto = scale_crypto(),
                                     .peers = &net->peer,
                                     .peers_n = 1,
                                     .policies = net->policies,
                                     .policies_n = (uint16_t)net->policies_n,
                                     .exchanges = ik_exchanges_all,
                                     .cookie_above = SCALE_SAMPLES - 1,
                                     .keepalive = (uint32_t)KEEPALIVE};
    for (unsigned n = 0; n < net->policies_n; n++)
        gate_policy(net, n);
}

static void client_configure(struct scale_net *net, struct client *c, unsigned i)
{
    uint32_t inner = client_inner(i);
    uint8_t *memory = c->memory;

    memset(c, 0, sizeof *c);
    c->memory = memory;
    snprintf(c->name, sizeof c->name, "client-%u", i);
    c->outer = (struct ik_addr){4, {100, (uint8_t)(64 + (i >> 16)), (uint8_t)(i >> 8), (uint8_t)i}};
    c->peer = (struct ik_peer){
        .local = c->outer,
        .remote = gate_outer,
        .local_id = {IK_ID_FQDN, {(const uint8_t *)c->name, (uint16_t)strlen(c->name)}},
        .remote_id = net->peer.local_id,
        .psk = net->peer.psk,
        .proposals = &scale_ike,
        .proposals_n = 1};
    c->policy = (struct ik_policy){.action = IK_PROTECT,
                                   .ts_local_n = 1,
                                   .ts_remote_n = 1,
                                   .ts_local = {range(inner, inner)},
                                   .ts_remote = {gate_net()},
                                   .proposals = &scale_esp,
                                   .proposals_n = 1};
    c->config = (struct ik_config){.crypto = net->config.crypto,
                                   .peers = &c->peer,
                                   .peers_n = 1,
                                   .policies = &c->policy,
                                   .policies_n = 1};
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static void seed(struct ik_node *node, unsigned number)
{
    uint8_t octets[32] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
                          (uint8_t)number};

    ik_node_seed(node, octets, sizeof octets);
}

static void gate_start(struct scale_net *net)
{
    uint16_t room = (uint16_t)(net->sas + 2 * SCALE_SAMPLES);
    const struct ik_sizes sizes = {.ike_sas = room,
                                   .child_sas = room,
                                   .handshakes = 4 * SCALE_SAMPLES,
                                   .tasks = 4 * SCALE_SAMPLES,
                                   .buffers = (uint16_t)(room + 4 * SCALE_SAMPLES),
                                   .policies = (uint16_t)net->policies_n};
    struct ik_host host = {.node_id = 0};

    net->memory = malloc(ik_host_size(&sizes));
    if (net->memory == NULL)
        fail("no memory");
    ik_host_lay(&host, &sizes, net->memory);
    if (ik_node_init(&net->gate, &net->config, &host, net->now) != IK_OK)
        fail("the gateway's configuration is refused");
    seed(&net->gate, 0xffffffffu);
}

static void client_start(struct scale_net *net, struct client *c, unsigned i)
{
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1};
    struct ik_host host = {.node_id = 0};

    if (c->memory == NULL && (c->memory = malloc(ik_host_size(&sizes))) == NULL)
        fail("no memory");
    ik_host_lay(&host, &sizes, c->memory);
    client_configure(net, c, i);
    if (ik_node_init(&c->node, &c->config, &host, net->now) != IK_OK)
        fail("a client's configuration is refused");
    seed(&c->node, i);
}

/* ---- between client and gateway -------------------------------------------------------------- */

/* The path of a datagram as its receiver has it: the NAT changes the gateway's address. */
static struct ik_path across(const struct ik_path *path, bool to_gate)
{
    struct ik_path back = {path->carrier, path->remote, path->local, path->remote_port,
                           path->local_port};

    if (to_gate)
        back.local = gate_inner;
    else
        back.remote = gate_outer;
    return back;
}

static void drain_client(struct scale_net *net, struct client *c);

static void to_gate(struct scale_net *net, struct client *c, const struct ik_effect *fx);

static void drain_gate(struct scale_net *net, struct client *c)
{
    uint8_t copy[GRAM_MAX];
    struct ik_effect fx;

    while (ik_node_poll(&net->gate, net->now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&net->gate, net->now, fx.job);
        } else if (fx.kind == IK_FX_SEND) {
            struct ik_path path = across(fx.path, false);
            struct ik_pkt pkt = {.buf = copy, .cap = sizeof copy, .len = fx.len};
            memcpy(copy, fx.data, fx.len);
            ik_node_rx(&c->node, net->now, &path, &pkt);
            drain_client(net, c);
        }
    }
}

static void to_gate(struct scale_net *net, struct client *c, const struct ik_effect *fx)
{
    uint8_t copy[GRAM_MAX];
    struct ik_path path = across(fx->path, true);
    struct ik_pkt pkt = {.buf = copy, .cap = sizeof copy, .len = fx->len};

    memcpy(copy, fx->data, fx->len);
    ik_node_rx(&net->gate, net->now, &path, &pkt);
    drain_gate(net, c);
}

static void drain_client(struct scale_net *net, struct client *c)
{
    struct ik_effect fx;

    while (ik_node_poll(&c->node, net->now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&c->node, net->now, fx.job);
        } else if (fx.kind == IK_FX_SEND) {
            to_gate(net, c, &fx);
        }
    }
}

/* A client's first message, which is kept from the gateway. */
static void first_message(struct scale_net *net, unsigned i)
{
    struct client *c = &net->any;
    struct happening *h = &net->h;
    struct ik_effect fx;

    client_start(net, c, i);
    ik_node_up(&c->node, net->now, 0);
    while (ik_node_poll(&c->node, net->now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&c->node, net->now, fx.job);
        } else if (fx.kind == IK_FX_SEND) {
            h->path = across(fx.path, true);
            h->pkt = (struct ik_pkt){.buf = h->buf, .cap = sizeof h->buf, .len = fx.len};
            memcpy(h->buf, fx.data, fx.len);
        }
    }
}

/* The number of the client that is sampled there: from the first to the last. */
static unsigned sampled_is(const struct scale_net *net, unsigned sample)
{
    return (net->sas - 1) * sample / (SCALE_SAMPLES - 1);
}

static struct client *client_of(struct scale_net *net, unsigned i)
{
    for (unsigned s = 0; s < SCALE_SAMPLES; s++) {
        if (sampled_is(net, s) == i)
            return &net->sampled[s];
    }
    return &net->any;
}

struct scale_net *scale_net_new(unsigned sas, unsigned policies)
{
    struct scale_net *net = calloc(1, sizeof *net);
    struct ik_policy *list = calloc(policies, sizeof *list);

    if (net == NULL || list == NULL || sas < SCALE_SAMPLES || policies < PROTECTING)
        fail("no memory, or too few SAs or policies");
    net->policies = list;
    net->policies_n = policies;
    net->sas = sas;
    net->now = IK_SECOND;
    gate_configure(net);
    gate_start(net);
    scale_cheap = true;
    for (unsigned i = 0; i < sas; i++) {
        struct client *c = client_of(net, i);
        client_start(net, c, i);
        ik_node_up(&c->node, net->now, 0);
        drain_client(net, c);
        net->now += IK_MS;
    }
    scale_cheap = false;
    if (net->gate.env.counters.count[IK_COUNT_CHILD_SAS_UP] != sas)
        fail("an SA did not come up");
    return net;
}

void scale_net_free(struct scale_net *net)
{
    ik_node_wipe(&net->gate);
    for (unsigned s = 0; s < SCALE_SAMPLES; s++)
        free(net->sampled[s].memory);
    free(net->any.memory);
    free(net->memory);
    free(net->policies);
    free(net);
}

/* ---- the events ------------------------------------------------------------------------------ */

static void junk(struct scale_net *net, unsigned sample)
{
    struct happening *h = &net->h;
    struct ik_wr w;
    struct ik_hdr hdr = {.version = 0x20, .exchange = IK_EX_INFORMATIONAL, .len = IK_HDR_LEN};

    memset(hdr.spi_i, (int)(0x11 + sample), IK_SPI_LEN);
    memset(hdr.spi_r, (int)(0xe7 - sample), IK_SPI_LEN);
    h->path = (struct ik_path){IK_CARRIER_UDP500, gate_inner, {4, {203, 0, 113, 1}}, 500, 500};
    ik_wr_init(&w, h->buf, sizeof h->buf);
    ik_hdr_put(&w, &hdr);
    h->pkt = (struct ik_pkt){.buf = h->buf, .cap = sizeof h->buf, .len = IK_HDR_LEN};
}

/* Behind the non-ESP marker, as all between client and gateway after IKE_SA_INIT. */
static void informational(struct scale_net *net, struct client *c)
{
    struct happening *h = &net->h;
    struct ik_export_ike keys;
    struct ik_hdr hdr = {
        .version = 0x20, .exchange = IK_EX_INFORMATIONAL, .flags = IK_FLAG_INITIATOR, .msgid = 2};
    struct ik_chain chain;
    struct ik_sealed s = {.msg = NULL};
    const struct ik_encr *encr = scale_crypto()->encr[0];
    struct ik_path out = {IK_CARRIER_UDP4500, c->outer, gate_outer, 4500, 4500};

    if (!ik_export_ike(&c->node, 0, &keys))
        fail("a client has no keys");
    memcpy(hdr.spi_i, keys.spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, keys.spi_r, IK_SPI_LEN);
    memset(h->buf, 0, 4);
    ik_msg_begin(&chain, h->buf + 4, sizeof h->buf - 4, &hdr);
    ik_sk_open(&chain, encr->iv_len, 0, 0);
    ik_sk_close(&chain, IK_PL_NONE, encr->block, encr->icv_len, &s.aad_len, &s.text_len);
    if (ik_msg_end(&chain) != IK_OK)
        fail("a message does not fit");
    s.msg = h->buf + 4;
    memset(s.msg + s.aad_len, 0x77, encr->iv_len);
    (void)encr->run(encr, &c->node.env, keys.sk_ei.p, &s, 1);
    h->path = across(&out, true);
    h->pkt =
        (struct ik_pkt){.buf = h->buf, .cap = sizeof h->buf, .len = (uint16_t)(4 + chain.w.len)};
}

/* UDP from one inner address to another. */
static void clear_packet(struct happening *h, uint32_t from, uint32_t to)
{
    uint8_t *ip = h->buf + AT;
    struct ik_ts a = range(from, to);
    unsigned sum = 0;

    memset(h->buf, 0, AT + CLEAR_LEN);
    memcpy(ip, (const uint8_t[]){0x45, 0, 0, CLEAR_LEN, 0, 0, 0, 0, 64, IK_IP_UDP}, 10);
    memcpy(ip + 12, a.lo, 4);
    memcpy(ip + 16, a.hi, 4);
    for (unsigned i = 0; i < 20; i += 2)
        sum += (unsigned)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = ~(sum + (sum >> 16));
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    ip[23] = 7; /* from port 0 to port 7 */
    ip[25] = CLEAR_LEN - 20;
    h->pkt = (struct ik_pkt){.buf = h->buf, .cap = sizeof h->buf, .off = AT, .len = CLEAR_LEN};
}

static void esp_in(struct scale_net *net, struct client *c, unsigned i)
{
    struct happening *h = &net->h;
    struct ik_effect fx;
    bool sent = false;

    clear_packet(h, client_inner(i), 0xac100001u);
    ik_node_tx(&c->node, net->now, &h->pkt);
    while (ik_node_poll(&c->node, net->now, &fx)) {
        if (fx.kind == IK_FX_SEND) {
            h->path = across(fx.path, true);
            sent = true;
        }
    }
    if (!sent)
        fail("a client does not send");
}

static void take(struct scale_net *net)
{
    struct happening *h = &net->h;
    struct ik_effect fx;

    while (ik_node_poll(&net->gate, net->now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            h->jobs++;
            ik_job_run(fx.job);
            ik_node_job_done(&net->gate, net->now, fx.job);
        } else {
            h->effects++;
            h->kind = fx.kind;
            h->len = fx.len;
        }
    }
}

/* A packet of the flow has left before. */
static void esp_out(struct scale_net *net, unsigned i)
{
    for (unsigned n = 0; n < 2; n++) {
        clear_packet(&net->h, 0xac100001u, client_inner(i));
        if (n == 0) {
            ik_node_tx(&net->gate, net->now, &net->h.pkt);
            take(net);
        }
    }
}

/* The half-open IKE SAs end, and each of the others is looked at once: it may have sent by ESP
 * since it was filed. Then the next keepalive is due. */
static void timer(struct scale_net *net, unsigned sample)
{
    if (sample == 0) {
        net->now += 31 * IK_SECOND;
        take(net);
        ik_time all_seen = net->now + KEEPALIVE;
        while (net->now < all_seen) {
            net->now = ik_node_deadline(&net->gate);
            take(net);
        }
    }
    net->now = ik_node_deadline(&net->gate);
}

void scale_prepare(struct scale_net *net, enum scale_event event, unsigned sample)
{
    unsigned i = sampled_is(net, sample);
    struct client *c = &net->sampled[sample];

    net->now += IK_MS;
    switch (event) {
    case SCALE_junk:
        junk(net, sample);
        break;
    case SCALE_init:
    case SCALE_init_cookie:
        first_message(net, net->sas + (unsigned)event * SCALE_SAMPLES + sample);
        break;
    case SCALE_informational:
        informational(net, c);
        break;
    case SCALE_esp_in:
        esp_in(net, c, i);
        break;
    case SCALE_esp_out:
        esp_out(net, i);
        break;
    default:
        timer(net, sample);
        break;
    }
    net->h.event = event;
    net->h.effects = net->h.jobs = 0;
}

__attribute__((noinline)) void scale_happen(struct scale_net *net)
{
    struct happening *h = &net->h;

    if (h->event == SCALE_esp_out)
        ik_node_tx(&net->gate, net->now, &h->pkt);
    else if (h->event != SCALE_timer)
        ik_node_rx(&net->gate, net->now, &h->path, &h->pkt);
    take(net);
    if (ik_node_deadline(&net->gate) <= net->now)
        fail("the deadline has passed after all was polled");
}

void scale_verify(const struct scale_net *net)
{
    static const struct {
        unsigned effects;
        uint8_t kind;
    } right[SCALE_EVENT_N] = {
        [SCALE_junk] = {0, 0},
        [SCALE_init] = {1, IK_FX_SEND},
        [SCALE_init_cookie] = {1, IK_FX_SEND},
        [SCALE_informational] = {1, IK_FX_SEND},
        [SCALE_esp_in] = {1, IK_FX_DELIVER},
        [SCALE_esp_out] = {1, IK_FX_SEND},
        [SCALE_timer] = {1, IK_FX_SEND},
    };
    const struct happening *h = &net->h;
    bool good = h->effects == right[h->event].effects &&
                (h->effects == 0 || h->kind == right[h->event].kind) &&
                (h->jobs > 0) == (h->event == SCALE_init);

    if (h->event == SCALE_timer)
        good = good && h->len == 1;
    if (h->event == SCALE_init_cookie)
        good = good && net->gate.env.counters.count[IK_COUNT_COOKIES_SENT] > 0;
    if (!good) {
        fprintf(stderr, "bench_scale: event %d: %u effects, the last of kind %u with %u octets\n",
                (int)h->event, h->effects, h->kind, h->len);
        exit(EXIT_FAILURE);
    }
}
