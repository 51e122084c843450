/* SPDX-License-Identifier: MIT */
/*
 * Two whole nodes whose cipher hides and checks nothing, so that what is changed on the way reaches
 * the handlers of authenticated messages. The input is a script of steps: its octets decide what is
 * delivered, changed, lost, made up, and how time goes by.
 */
#include "targets.h"

#include "host.h"

#define SAS 3
#define GRAMS 16
#define GRAM_MAX 2304
#define STEPS_MAX 96
#define POLLS_MAX 200
#define HEAD 64

/* ---- a cipher and a group that cost nothing -------------------------------------------------- */

#define ICV_LEN 4

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    (void)env;
    (void)key;
    if (seal) {
        memset(s->msg + s->aad_len + self->iv_len + s->text_len, 0xcc, ICV_LEN);
    }
    return 1;
}

/* In two slices. One public value fails, as it may in a real group. */
static bool raise(struct ik_job *job, uint16_t budget)
{
    if (job->work[0]++ == 0 && budget < IK_JOB_WHOLE) {
        return false;
    }
    job->good = job->op == IK_KE_PUBLIC || job->peer[0] != 0;
    for (uint16_t i = 0; i < job->dh->pub_len; i++) {
        if (job->op == IK_KE_PUBLIC) {
            job->pub[i] = job->priv[i];
        } else {
            job->peer[i] ^= job->priv[i];
        }
    }
    return true;
}

static const struct ik_encr clear = {
    .id = IK_ENCR_AES_GCM_16,
    .key_bits = 128,
    .key_len = 16,
    .salt_len = 4,
    .iv_len = 8,
    .block = 1,
    .icv_len = ICV_LEN,
    .flags = IK_ALG_AEAD,
    .run = run,
};
static const struct ik_dh group = {
    .id = IK_DH_X25519,
    .pub_len = 32,
    .shared_len = 32,
    .priv_len = 32,
    .cost = IK_COST_X25519,
    .step = raise,
};
static const struct ik_dh group2 = {
    .id = IK_DH_P256,
    .pub_len = 32,
    .shared_len = 32,
    .priv_len = 32,
    .cost = IK_COST_P256,
    .step = raise,
};
static const struct ik_encr *const encrs[] = {&clear, NULL};
static const struct ik_dh *const groups[] = {&group, &group2, NULL};

/* ---- two nodes ------------------------------------------------------------------------------- */

struct gram {
    uint8_t to;
    struct ik_path path; /* as the receiver has it */
    size_t len;
    uint8_t b[GRAM_MAX];
};

struct end {
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy policy;
    struct ik_host host;
    void *pools;
    struct ik_job *held;
};

/* The script, read octet by octet; behind its end come zeros. */
struct script {
    const uint8_t *p;
    size_t left;
};

static struct end ends[2];
static struct gram grams[GRAMS]; /* a ring: what waits, and behind it what was delivered */
static size_t grams_n, taken;
static ik_time now;
static bool hold_jobs;
static struct ik_crypto crypto;

static uint8_t next(struct script *s)
{
    if (s->left == 0) {
        return 0;
    }
    s->left--;
    return *s->p++;
}

static struct ik_ts net(uint8_t third)
{
    return (struct ik_ts){4, 0, 0, 65535, {10, third, 0, 0}, {10, third, 0, 255}};
}

static struct ik_id name(const char *text)
{
    return (struct ik_id){IK_ID_FQDN, {(const uint8_t *)text, (uint16_t)strlen(text)}};
}

static const struct ik_proposal ike_proposal = {
    4,
    {{IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false},
     {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
     {IK_TT_DH, IK_DH_X25519, 0, false},
     {IK_TT_DH, IK_DH_P256, 0, false}},
};
static const struct ik_proposal esp_proposal = {
    2,
    {{IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false}, {IK_TT_ESN, IK_ESN_NO, 0, false}},
};

/* Options of the configuration by the script's first octet. */
static void configure(unsigned who, uint8_t options)
{
    struct end *e = &ends[who];
    struct ik_addr addr[2] = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 2}}};
    e->peer = (struct ik_peer){
        .local = addr[who],
        .remote = addr[!who],
        .local_id = name(who ? "gw" : "client"),
        .remote_id = name(who ? "client" : "gw"),
        .psk = {(const uint8_t *)"a secret", 8},
        .proposals = &ike_proposal,
        .proposals_n = 1,
        .initial_contact = (options & 1) != 0,
        .force_natt = (options & 2) != 0,
    };
    e->policy = (struct ik_policy){
        .action = IK_PROTECT,
        .ts_local_n = 1,
        .ts_remote_n = 1,
        .ts_local = {net((uint8_t)(1 + who))},
        .ts_remote = {net((uint8_t)(2 - who))},
        .mode = options & 4 ? IK_TRANSPORT : IK_TUNNEL,
        .proposals_n = 1,
        .proposals = &esp_proposal,
    };
    e->config = (struct ik_config){
        .crypto = &crypto,
        .peers = &e->peer,
        .peers_n = 1,
        .policies_n = 1,
        .policies = &e->policy,
        .retransmit = {.tries = 3, .jitter_256 = 64},
        .exchanges = who == 1 || options & 8 ? ik_exchanges_all : NULL,
        .cookie_above = options & 16 ? 0 : 0xffff,
    };
}

static void start(uint8_t options)
{
    crypto = *host_crypto();
    crypto.encr = encrs;
    crypto.dh = groups;
    grams_n = taken = 0;
    now = IK_SECOND;
    hold_jobs = (options & 32) != 0;
    for (unsigned who = 0; who < 2; who++) {
        struct end *e = &ends[who];
        const struct ik_sizes sizes = {.ike_sas = SAS, .child_sas = SAS};
        uint8_t seed[32] = {(uint8_t)(who + 1)};
        configure(who, options);
        e->held = NULL;
        if (e->pools == NULL) {
            e->pools = malloc(ik_host_size(&sizes)); /* for all runs */
            FUZZ_CHECK(e->pools != NULL);
        }
        ik_host_lay(&e->host, &sizes, e->pools);
        e->host.node_id = (uint16_t)who;
        FUZZ_CHECK(ik_node_init(&e->node, &e->config, &e->host, now) == IK_OK);
        ik_node_seed(&e->node, seed, sizeof seed);
    }
}

/* ---- effects --------------------------------------------------------------------------------- */

static void step_job(struct end *e, uint16_t budget)
{
    struct ik_job *job = e->held;
    if (job && ik_job_step(job, budget)) {
        e->held = NULL;
        ik_node_job_done(&e->node, now, job);
    }
}

static void keep(unsigned from, const struct ik_effect *fx)
{
    FUZZ_CHECK(fx->len > 0 && fx->len <= GRAM_MAX);
    if (grams_n - taken == GRAMS) {
        taken++; /* the oldest is lost */
    }
    struct gram *g = &grams[grams_n++ % GRAMS];
    g->to = (uint8_t)!from;
    g->path = (struct ik_path){fx->path->carrier, fx->path->remote, fx->path->local,
                               fx->path->remote_port, fx->path->local_port};
    g->len = fx->len;
    memcpy(g->b, fx->data, fx->len);
}

static void drain(unsigned who)
{
    struct end *e = &ends[who];
    struct ik_effect fx;
    unsigned n = 0;
    while (ik_node_poll(&e->node, now, &fx)) {
        FUZZ_CHECK(++n < POLLS_MAX);
        if (fx.kind == IK_FX_SEND) {
            keep(who, &fx);
        } else if (fx.kind == IK_FX_JOB) {
            FUZZ_CHECK(fx.job);
            step_job(e, IK_JOB_WHOLE); /* at most one waits */
            e->held = fx.job;
            if (!hold_jobs) {
                step_job(e, IK_JOB_WHOLE);
            }
        }
    }
    FUZZ_CHECK(ik_node_deadline(&e->node) > now);
    FUZZ_CHECK(e->node.env.counters.drop[IK_DROP_EVENT_LOST] == 0);
}

static void give(unsigned to, const struct ik_path *path, const uint8_t *b, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    FUZZ_CHECK(exact);
    memcpy(exact, b, len);
    struct ik_pkt pkt = {exact, (uint16_t)len, 0, (uint16_t)len};
    ik_node_rx(&ends[to].node, now, path, &pkt);
    drain(to);
    free(exact);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static void deliver(struct script *s, unsigned edits)
{
    if (taken == grams_n) {
        return;
    }
    struct gram g = grams[taken++ % GRAMS];
    for (; edits > 0; edits--) {
        size_t at = (size_t)next(s) << 8;
        at |= next(s);
        g.b[at % g.len] ^= next(s);
    }
    give(g.to, &g.path, g.b, g.len);
}

/* The other side's address, as the receiver has it. */
static struct ik_path path_to(unsigned to, uint8_t carrier)
{
    uint16_t port = carrier == IK_CARRIER_UDP500 ? IK_PORT_IKE : IK_PORT_NATT;
    if (carrier == IK_CARRIER_ESP) {
        port = 0;
    }
    return (struct ik_path){carrier, ends[to].peer.local, ends[to].peer.remote, port, port};
}

/* Octets of the script as they are. */
static void inject(struct script *s, unsigned to)
{
    uint8_t b[256] = {0};
    struct ik_path path = path_to(to, next(s) % 3);
    size_t len = 1 + next(s) % sizeof b;
    for (size_t i = 0; i < len; i++) {
        b[i] = next(s);
    }
    give(to, &path, b, len);
}

/* A message with the SPIs of the receiver's first SA and payloads of the script, inside of SK or
 * not: what a peer with the keys could send. */
static void forge(struct script *s, unsigned to)
{
    const struct ik_ike_sa *sa = &ends[to].host.ike_sas[0];
    uint8_t b[512] = {0};
    uint8_t how = next(s);
    struct ik_path path = path_to(to, how & 1);
    size_t marker = how & 1 ? 4 : 0;
    struct ik_hdr hdr = {.version = 0x20, .exchange = next(s)};
    uint16_t aad, text;
    struct ik_chain c;
    if (hdr.exchange < 8) {
        hdr.exchange = (uint8_t)(IK_EX_IKE_SA_INIT + hdr.exchange % 4);
    }
    hdr.flags =
        (uint8_t)((sa->initiator ? 0 : IK_FLAG_INITIATOR) | (how & 2 ? IK_FLAG_RESPONSE : 0));
    hdr.msgid = (how & 2 ? sa->window.request - 1 : sa->window.expected) + (how >> 4 & 1);
    memcpy(hdr.spi_i, sa->spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, sa->spi_r, IK_SPI_LEN);
    ik_msg_begin(&c, b + marker, sizeof b - marker, &hdr);
    if (how & 4) {
        ik_sk_open(&c, clear.iv_len, 0, 0);
    }
    for (uint8_t n = how >> 5; n > 0; n--) {
        ik_payload_open(&c, next(s));
        for (uint8_t len = next(s) % 64; len > 0; len--) {
            ik_wr_u8(&c.w, next(s));
        }
        ik_payload_close(&c);
    }
    if (how & 4) {
        ik_sk_close(&c, 0, 1, ICV_LEN, &aad, &text);
    }
    if (ik_msg_end(&c) == IK_OK) {
        give(to, &path, b, marker + c.w.len);
    }
}

/* A clear packet that the policy protects, or whatever the script makes of it. */
static void send_packet(struct script *s, unsigned from, uint8_t edits)
{
    uint8_t b[HEAD + 40 + IK_ESP_TAIL] = {0};
    uint8_t *ip = b + HEAD;
    struct ik_pkt pkt = {b, sizeof b, HEAD, 40};
    ip[0] = 0x45;
    ip[3] = 40;
    ip[8] = 64;
    ip[9] = IK_IP_UDP;
    memcpy(ip + 12, ends[from].policy.ts_local[0].lo, 4);
    memcpy(ip + 16, ends[from].policy.ts_remote[0].lo, 4);
    for (; edits > 0; edits--) {
        uint8_t at = next(s) % 40;
        ip[at] ^= next(s);
    }
    ik_put16(ip + 10, 0);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
    ik_node_tx(&ends[from].node, now, &pkt);
    drain(from);
}

static void step(struct script *s)
{
    uint8_t op = next(s);
    unsigned who = op >> 7;
    uint8_t few = op >> 4 & 3;
    switch (op & 15) {
    case 0:
    case 1:
    case 2:
        deliver(s, 0);
        break;
    case 3:
    case 4:
        deliver(s, 1u + few);
        break;
    case 5:
        inject(s, who);
        break;
    case 6:
    case 7:
        forge(s, who);
        break;
    case 8:
        taken += taken < grams_n; /* lost */
        break;
    case 9:
        now += (ik_time)1 << next(s) % 32;
        break;
    case 10:
        ik_node_up(&ends[who].node, now, few ? 0 : next(s));
        break;
    case 11:
        ik_node_down(&ends[who].node, now, few ? 0 : IK_NO_SLOT);
        break;
    case 12:
        send_packet(s, who, few);
        break;
    case 13:
        step_job(&ends[who], 1);
        break;
    case 14: /* once more what was delivered last */
        taken -= taken > 0 && grams_n - taken < GRAMS - 1;
        break;
    default:
        now =
            ik_node_deadline(&ends[who].node) == IK_NEVER ? now : ik_node_deadline(&ends[who].node);
        break;
    }
    drain(0);
    drain(1);
}

void fuzz_node(const uint8_t *data, size_t len)
{
    struct script s = {data, len};
    uint16_t ike, child;
    start(next(&s));
    ik_node_up(&ends[0].node, now, 0);
    drain(0);
    for (unsigned i = 0; i < STEPS_MAX && s.left > 0; i++) {
        step(&s);
    }
    for (unsigned who = 0; who < 2; who++) {
        ik_node_wipe(&ends[who].node);
        ik_node_usage(&ends[who].node, &ike, &child);
        FUZZ_CHECK(ike == 0 && child == 0);
    }
}
