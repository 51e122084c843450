/* SPDX-License-Identifier: MIT */
/*
 * Two whole nodes and the network between them. The input is a script: two octets of options, then
 * steps, whose octets decide what is delivered, changed, lost, made up, and how time goes by. What
 * is changed on the way is refused, unless the step puts the ICV right, as a peer with the keys
 * could.
 */
#include <stdlib.h>

#include "targets.h"

#include "host.h"
#include "node_crypto.h"

#define SAS 2
#define GRAMS 16
#define GRAM_MAX 2304
#define STEPS_MAX 64
#define POLLS_MAX 200
#define HEAD 64
#define CLEAR_MAX 96

/* Options of the first octet … */
enum {
    INITIAL_CONTACT = 0x01,
    FORCE_NATT = 0x02,
    TRANSPORT = 0x04,
    BOTH_ANSWER = 0x08,
    COOKIES = 0x10,
    HOLD_JOBS = 0x20, /* they are run by steps, in slices */
    BEGIN_UP = 0x40,  /* the script begins after a handshake */
    NAT = 0x80        /* end 0 is behind one */
};
/* … and of the second: two bits each for the suites of IKE and ESP (IKE 3: and the responder asks
 * its host who a caller is), then: */
enum {
    ONLY_UDP = 0x10,
    OPAQUE = 0x20,   /* and tickets are by reference */
    INNER_V6 = 0x40, /* and end 0 asks for tickets */
    BOTH_CALL = 0x80 /* in fragments: small ones in tunnel mode */
};

/* Indices of policies. */
enum { BYPASS, DISCARD, PROTECT, POLICIES };

/* ---- two nodes ------------------------------------------------------------------------------- */

struct gram {
    uint8_t to;
    struct ik_path path; /* as the receiver has it */
    uint16_t len;
    uint8_t b[GRAM_MAX];
};

/* What an end has sent, as anybody on the way can read it. */
struct said {
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    bool initiator;
    uint32_t request, response; /* message ids of the last ones */
};

struct end {
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy policies[POLICIES];
    struct ik_host host;
    struct ik_session session; /* of end 0; it outlives the node */
    struct ik_ticket ticket;
    struct ik_job *held;
    struct said said;
    uint32_t lookup; /* what the node asks and is not told yet; 0: nothing */
    ik_slot asks;    /* for which IKE SA */
    bool known;      /* the answer */
};

/* All that a script changes, beside the pools; it can be copied, for it stays where it is. */
struct world {
    struct end ends[2];
    ik_time now;
    uint8_t options, more;
    uint8_t lives; /* each draws other random octets */
    uint16_t nat_port;
};

/* The script, read octet by octet; behind its end come zeros. */
struct script {
    const uint8_t *p;
    size_t left;
};

static struct world w;
/* Pools that run short now and then. */
static const struct ik_sizes sizes = {.ike_sas = SAS,
                                      .child_sas = SAS,
                                      .handshakes = SAS,
                                      .tasks = 3,
                                      .buffers = 5,
                                      .reassemblies = 1,
                                      .probes = true,
                                      .held = 2,
                                      .child_more = 1,
                                      .windows = 1,
                                      .window_packets = 128,
                                      .policies = POLICIES};
static void *pools[2];
static struct gram grams[GRAMS]; /* a ring: what waits, and behind it what was delivered */
static size_t grams_n, taken;

static uint8_t next(struct script *s)
{
    if (s->left == 0) {
        return 0;
    }
    s->left--;
    return *s->p++;
}

static uint16_t next16(struct script *s)
{
    uint16_t high = next(s);
    return (uint16_t)(high << 8 | next(s));
}

/* ---- configuration --------------------------------------------------------------------------- */

static const struct ik_addr outer[2] = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 2}}};
static const struct ik_addr nat_outer = {4, {198, 51, 100, 9}};

static const struct ik_proposal ike_suites[4] = {
    {4,
     {{IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false},
      {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
      {IK_TT_DH, IK_DH_X25519, 0, false},
      {IK_TT_DH, IK_DH_P256, 0, false}}},
    {4,
     {{IK_TT_ENCR, IK_ENCR_AES_CBC, 128, false},
      {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
      {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
      {IK_TT_DH, IK_DH_X25519, 0, false}}},
    {4,
     {{IK_TT_ENCR, IK_ENCR_AES_CTR, 128, false},
      {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
      {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
      {IK_TT_DH, IK_DH_P256, 0, false}}},
    {3,
     {{IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false},
      {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
      {IK_TT_DH, IK_DH_P256, 0, false}}},
};
static const struct ik_proposal esp_suites[4] = {
    {2, {{IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false}, {IK_TT_ESN, IK_ESN_NO, 0, false}}},
    {3,
     {{IK_TT_ENCR, IK_ENCR_AES_CBC, 128, false},
      {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
      {IK_TT_ESN, IK_ESN_NO, 0, false}}},
    {3,
     {{IK_TT_ENCR, IK_ENCR_AES_CTR, 128, false},
      {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
      {IK_TT_ESN, IK_ESN_NO, 0, false}}},
    {3,
     {{IK_TT_ENCR, IK_ENCR_NULL, 0, false},
      {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
      {IK_TT_ESN, IK_ESN_NO, 0, false}}},
};

static struct ik_ts range(uint8_t family, const uint8_t *lo, const uint8_t *hi, size_t len)
{
    struct ik_ts ts = {.family = family, .port_hi = 65535};
    memcpy(ts.lo, lo, len);
    memcpy(ts.hi, hi, len);
    return ts;
}

/* The inner network of an end: 10.1.0.0/24 and 10.2.0.0/24, or fd00:1::/120 and fd00:2::/120; in
 * transport mode its outer address, behind the NAT as the end itself knows it. */
static struct ik_ts inner(unsigned who)
{
    uint8_t number = (uint8_t)(1 + who);
    struct ik_ts ts;
    if (w.options & TRANSPORT) {
        ts = range(4, outer[who].b, outer[who].b, 4);
    } else if (w.more & INNER_V6) {
        uint8_t lo[16] = {0xfd, 0, 0, number}, hi[16] = {0xfd, 0, 0, number};
        hi[15] = 255;
        ts = range(6, lo, hi, 16);
    } else {
        ts = range(4, (uint8_t[]){10, number, 0, 0}, (uint8_t[]){10, number, 0, 255}, 4);
    }
    if (w.more & ONLY_UDP) {
        ts.proto = IK_IP_UDP;
    }
    if (w.more & OPAQUE) { /* RFC 4301 4.4.1.1: there is no port to be seen */
        ts.proto = IK_IP_UDP;
        ts.port_lo = 65535;
        ts.port_hi = 0;
    }
    return ts;
}

static struct ik_policy policy(unsigned who, unsigned which)
{
    static const uint8_t to[2][2] = {{198, 18}, {203, 0}};
    struct ik_policy p = {.ts_local_n = 1, .ts_remote_n = 1};
    if (which == PROTECT) {
        p.action = IK_PROTECT;
        p.mode = w.options & TRANSPORT ? IK_TRANSPORT : IK_TUNNEL;
        p.ts_local[0] = inner(who);
        p.ts_remote[0] = inner(!who);
        if ((w.options & (TRANSPORT | NAT)) == (TRANSPORT | NAT) && who == 1) {
            p.ts_remote[0] = range(4, nat_outer.b, nat_outer.b, 4);
        }
        p.proposals = &esp_suites[w.more >> 2 & 3];
        p.proposals_n = 1;
        return p;
    }
    p.action = which == BYPASS ? IK_BYPASS : IK_DISCARD;
    p.ts_local[0] = range(4, (uint8_t[]){0, 0, 0, 0}, (uint8_t[]){255, 255, 255, 255}, 4);
    p.ts_remote[0] = range(4, (uint8_t[]){to[which][0], to[which][1], 0, 0},
                           (uint8_t[]){to[which][0], to[which][1], 255, 255}, 4);
    return p;
}

static struct ik_id name(const char *text)
{
    return (struct ik_id){IK_ID_FQDN, {(const uint8_t *)text, (uint16_t)strlen(text)}};
}

static void configure(unsigned who)
{
    struct end *e = &w.ends[who];
    bool hidden = (w.options & NAT) != 0 && who == 1; /* where the peer is shows by its packets */
    e->peer = (struct ik_peer){
        .local = outer[who],
        .remote = outer[!who],
        .local_id = name(who ? "gw" : "client"),
        .remote_id = name(who ? "client" : "gw"),
        .psk = {(const uint8_t *)"a secret", 8},
        .proposals = &ike_suites[w.more & 3],
        .proposals_n = 1,
        .initial_contact = (w.options & INITIAL_CONTACT) != 0,
        .force_natt = (w.options & FORCE_NATT) != 0,
        .fragment = (w.more & BOTH_CALL) == 0 ? 0
                    : w.options & TRANSPORT   ? 1280
                                              : IK_FRAGMENT_LEAST,
        .probe = (w.more & BOTH_CALL) != 0 && (w.options & TRANSPORT) != 0 ? IK_PROBE_LEAST : 0,
        .resume = (w.more & INNER_V6) != 0,
    };
    if (hidden) {
        e->peer.remote = (struct ik_addr){0};
    }
    for (unsigned i = 0; i < POLICIES; i++) {
        e->policies[i] = policy(who, i);
    }
    e->config = (struct ik_config){
        .crypto = node_crypto(),
        .peers = &e->peer,
        .peers_n = 1,
        .policies_n = POLICIES,
        .policies = e->policies,
        .retransmit = {.tries = 3, .jitter_256 = 64},
        .exchanges = who == 1 || w.options & BOTH_ANSWER ? ik_exchanges_all : NULL,
        .lookup = who == 1 && (w.more & 3) == 3,
        .window = w.more & 1 ? 4 : 0,
        .response_for = w.more & 2 ? 5 * (uint32_t)IK_SECOND : 0,
        .cookie_above = w.options & COOKIES ? 0 : 0xffff,
        .ticket_s = 60,
        .hints = (w.more & 2) != 0,
        .ticket_by_reference = (w.more & OPAQUE) != 0,
    };
}

static void start(unsigned who)
{
    struct end *e = &w.ends[who];
    uint8_t seed[32] = {(uint8_t)(who + 1), w.lives++};
    configure(who);
    e->held = NULL;
    e->lookup = 0;
    memset(&e->said, 0, sizeof e->said);
    if (pools[who] == NULL) {
        pools[who] = malloc(ik_host_size(&sizes)); /* for all runs */
        FUZZ_CHECK(pools[who]);
    }
    memset(&e->host, 0, sizeof e->host);
    ik_host_lay(&e->host, &sizes, pools[who]);
    e->host.node_id = (uint16_t)who;
    e->host.sessions = &e->session;
    e->host.tickets = &e->ticket;
    e->host.sessions_n = e->host.tickets_n = 1;
    FUZZ_CHECK(ik_node_init(&e->node, &e->config, &e->host, w.now) == IK_OK);
    ik_node_seed(&e->node, seed, sizeof seed);
}

/* ---- the network ----------------------------------------------------------------------------- */

/* The path of a datagram as its receiver has it. False if nobody is there. */
static bool across(unsigned from, const struct ik_path *path, struct ik_path *to)
{
    *to = (struct ik_path){path->carrier, path->remote, path->local, path->remote_port,
                           path->local_port};
    if ((w.options & NAT) == 0) {
        return true;
    }
    bool udp = path->carrier != IK_CARRIER_ESP;
    if (from == 0) {
        to->remote = nat_outer;
        to->remote_port = udp ? w.nat_port : 0;
        return true;
    }
    to->local = outer[0];
    to->local_port =
        udp ? (uint16_t)(path->carrier == IK_CARRIER_UDP500 ? IK_PORT_IKE : IK_PORT_NATT) : 0;
    return !udp || path->remote_port == w.nat_port;
}

static void note(struct said *said, const struct ik_path *path, const uint8_t *b, size_t len)
{
    size_t marker = path->carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    if (path->carrier == IK_CARRIER_ESP || len < marker + IK_HDR_LEN ||
        (marker && ik_get32(b) != 0)) {
        return;
    }
    b += marker;
    memcpy(said->spi_i, b, IK_SPI_LEN);
    memcpy(said->spi_r, b + IK_SPI_LEN, IK_SPI_LEN);
    said->initiator = (b[19] & IK_FLAG_INITIATOR) != 0;
    *(b[19] & IK_FLAG_RESPONSE ? &said->response : &said->request) = ik_get32(b + 20);
}

static void keep(unsigned from, const struct ik_effect *fx)
{
    struct ik_path path;
    FUZZ_CHECK(fx->len > 0 && fx->len <= GRAM_MAX);
    note(&w.ends[from].said, fx->path, fx->data, fx->len);
    if (!across(from, fx->path, &path)) {
        return;
    }
    if (grams_n - taken == GRAMS) {
        taken++; /* the oldest is lost */
    }
    struct gram *g = &grams[grams_n++ % GRAMS];
    g->to = (uint8_t)!from;
    g->path = path;
    g->len = fx->len;
    memcpy(g->b, fx->data, fx->len);
}

/* ---- effects --------------------------------------------------------------------------------- */

static void step_job(struct end *e, uint16_t budget)
{
    struct ik_job *job = e->held;
    if (!job) {
        return;
    }
    bool done = ik_job_step(job, budget);
    while (!done && budget == IK_JOB_WHOLE) {
        done = ik_job_step(job, budget);
    }
    if (done) {
        e->held = NULL;
        ik_node_job_done(&e->node, w.now, job);
    }
}

/* The host of end 1 knows one name. */
static void answer_lookup(struct end *e)
{
    const struct ik_credential who = {0, e->peer.psk};
    uint32_t lookup = e->lookup;
    e->lookup = 0;
    if (lookup != 0) {
        ik_node_identified(&e->node, w.now, e->asks, lookup, e->known ? &who : NULL);
    }
}

static void look_up(struct end *e, const struct ik_effect *fx)
{
    answer_lookup(e); /* at most one waits */
    e->lookup = fx->lookup;
    e->asks = fx->ike;
    e->known = fx->id.data.len == 6 && memcmp(fx->id.data.p, "client", 6) == 0;
    if ((w.options & HOLD_JOBS) == 0) {
        answer_lookup(e);
    }
}

static bool within(const struct ik_ts *ts, const uint8_t *addr)
{
    size_t len = ts->family == 4 ? 4 : 16;
    return memcmp(addr, ts->lo, len) >= 0 && memcmp(addr, ts->hi, len) <= 0;
}

/* The node's own: there is no SA for what was sent (RFC 4301 5.1.1). */
static bool is_unreachable(const uint8_t *ip, size_t len)
{
    return ip[0] >> 4 == 4 ? len >= 28 && ip[9] == 1 && ip[20] == 3
                           : len >= 48 && ip[6] == 58 && ip[40] == 1;
}

/* What ESP delivers is a whole packet between addresses of the policy (RFC 4301 5.2). */
static void check_delivered(unsigned who, const struct ik_effect *fx)
{
    const struct ik_policy *p = &w.ends[who].policies[PROTECT];
    const uint8_t *ip = fx->data;
    FUZZ_CHECK(fx->len >= 20);
    if (fx->path == NULL) {
        FUZZ_CHECK(is_unreachable(ip, fx->len) || (ip[12] == 198 && ip[13] == 18));
        return;
    }
    bool six = p->ts_local[0].family == 6;
    FUZZ_CHECK(ip[0] >> 4 == (six ? 6 : 4));
    FUZZ_CHECK(within(&p->ts_remote[0], ip + (six ? 8 : 12)));
    FUZZ_CHECK(within(&p->ts_local[0], ip + (six ? 24 : 16)));
    if (p->ts_local[0].proto && !six) {
        FUZZ_CHECK(ip[9] == p->ts_local[0].proto);
    }
}

static void carry_out(unsigned who, const struct ik_effect *fx)
{
    struct end *e = &w.ends[who];
    if (fx->kind == IK_FX_SEND) {
        keep(who, fx);
    } else if (fx->kind == IK_FX_DELIVER) {
        check_delivered(who, fx);
    } else if (fx->kind == IK_FX_PASS) {
        FUZZ_CHECK(fx->len >= 20 && fx->data[16] == 198 && fx->data[17] == 18);
    } else if (fx->kind == IK_FX_LOOKUP) {
        look_up(e, fx);
    } else if (fx->kind == IK_FX_JOB) {
        FUZZ_CHECK(fx->job);
        step_job(e, IK_JOB_WHOLE); /* at most one waits */
        e->held = fx->job;
        if ((w.options & HOLD_JOBS) == 0) {
            step_job(e, IK_JOB_WHOLE);
        }
    }
}

static void drain(unsigned who)
{
    struct end *e = &w.ends[who];
    struct ik_effect fx;
    unsigned n = 0;
    while (ik_node_poll(&e->node, w.now, &fx)) {
        FUZZ_CHECK(++n < POLLS_MAX);
        carry_out(who, &fx);
    }
    FUZZ_CHECK(ik_node_deadline(&e->node) > w.now);
    FUZZ_CHECK(e->node.env.counters.drop[IK_DROP_EVENT_LOST] == 0);
}

/* What the host saw of the header before a datagram: mostly nothing special. */
static struct ik_outer seen_before(const uint8_t *b, size_t len)
{
    uint8_t x = len > 0 ? b[len - 1] : 0;
    return (struct ik_outer){.ttl = (x & 7) == 0 ? 0 : 64, .tclass = (x & 0x38) == 0 ? 3 : 0};
}

static void give(unsigned to, const struct ik_path *path, const uint8_t *b, size_t len)
{
    uint8_t *exact = malloc(len ? len : 1);
    FUZZ_CHECK(exact);
    memcpy(exact, b, len);
    struct ik_pkt pkt = {
        .buf = exact, .cap = (uint16_t)len, .len = (uint16_t)len, .outer = seen_before(b, len)};
    ik_node_rx(&w.ends[to].node, w.now, path, &pkt);
    drain(to);
    free(exact);
}

/* ---- who has the keys ------------------------------------------------------------------------ */

/* Puts the ICV of an IKE message right that goes to that end; msg behind the marker. */
static bool seal_ike(unsigned to, uint8_t *msg, size_t len)
{
    struct ik_export_ike keys;
    for (uint16_t slot = 0; slot < SAS; slot++) {
        if (!ik_export_ike(&w.ends[to].node, slot, &keys) ||
            memcmp(msg, keys.spi_i, IK_SPI_LEN) != 0) {
            continue;
        }
        bool by_initiator = (msg[19] & IK_FLAG_INITIATOR) != 0;
        struct ik_span key = by_initiator ? keys.sk_ei : keys.sk_er;
        if (keys.integ_id) {
            key = by_initiator ? keys.sk_ai : keys.sk_ar;
        }
        node_icv(key, msg, len - NODE_ICV_LEN, msg + len - NODE_ICV_LEN);
        return true;
    }
    return false;
}

static bool seal_esp(unsigned to, uint8_t *b, size_t len)
{
    struct ik_export_child keys;
    for (uint16_t slot = 0; slot < SAS; slot++) {
        if (ik_export_child(&w.ends[to].node, slot, &keys) && keys.spi_in == ik_get32(b)) {
            node_icv(keys.integ_id ? keys.integ_in : keys.encr_in, b, len - NODE_ICV_LEN,
                     b + len - NODE_ICV_LEN);
            return true;
        }
    }
    return false;
}

static void seal(unsigned to, const struct ik_path *path, uint8_t *b, size_t len)
{
    bool natt = path->carrier == IK_CARRIER_UDP4500;
    bool ike = path->carrier == IK_CARRIER_UDP500 || (natt && len >= 4 && ik_get32(b) == 0);
    size_t marker = ike && natt ? 4 : 0;
    if (ike && len >= marker + IK_HDR_LEN + NODE_ICV_LEN) {
        (void)seal_ike(to, b + marker, len - marker);
    } else if (!ike && len >= 8 + NODE_ICV_LEN) {
        (void)seal_esp(to, b, len);
    }
}

/* ---- steps: datagrams ------------------------------------------------------------------------ */

static void deliver(struct script *s, unsigned edits, bool sealed, bool moved)
{
    if (taken == grams_n) {
        return;
    }
    struct gram *g = &grams[taken++ % GRAMS];
    static uint8_t b[GRAM_MAX];
    uint16_t len = g->len;
    memcpy(b, g->b, len);
    for (; edits > 0; edits--) {
        uint16_t at = next16(s);
        b[at % len] ^= next(s);
    }
    if (sealed) {
        seal(g->to, &g->path, b, len);
    }
    struct ik_path path = g->path;
    if (moved) {
        path.remote = (struct ik_addr){4, {203, 0, 113, next(s)}};
    }
    give(g->to, &path, b, len);
}

/* The other side's address, as the receiver has it. */
static struct ik_path path_to(unsigned to, uint8_t carrier)
{
    uint16_t port = carrier == IK_CARRIER_UDP500 ? IK_PORT_IKE : IK_PORT_NATT;
    struct ik_path path = {carrier, outer[to], outer[!to], port, port};
    if (carrier == IK_CARRIER_ESP) {
        path.local_port = path.remote_port = 0;
    } else if (w.options & NAT && to == 1) {
        path.remote_port = w.nat_port;
    }
    if (w.options & NAT && to == 1) {
        path.remote = nat_outer;
    }
    return path;
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

/* A header that the receiver may wait for. how: 1 by port 4500, 2 a response, 4 inside of SK,
 * 8 the ICV stays wrong, 16 one message id too far, 32 to 128 how many payloads. */
static struct ik_hdr header_for(const struct said *said, uint8_t how, uint8_t exchange)
{
    struct ik_hdr hdr = {.version = 0x20, .exchange = exchange};
    if (hdr.exchange < 8) {
        hdr.exchange = (uint8_t)(IK_EX_IKE_SA_INIT + hdr.exchange % 4);
    }
    hdr.flags =
        (uint8_t)((said->initiator ? 0 : IK_FLAG_INITIATOR) | (how & 2 ? IK_FLAG_RESPONSE : 0));
    hdr.msgid = (how & 2 ? said->request : said->response + 1) + (how >> 4 & 1);
    memcpy(hdr.spi_i, said->spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, said->spi_r, IK_SPI_LEN);
    return hdr;
}

/* A message with the SPIs of what the receiver sent last and payloads of the script: what a peer
 * with the keys could send, and what one without could. */
static void forge(struct script *s, unsigned to)
{
    static const struct {
        uint8_t iv_len, block;
    } suite[4] = {{8, 1}, {16, 16}, {8, 1}, {8, 1}};
    uint8_t b[512] = {0}, how = next(s);
    const uint8_t which = w.more & 3;
    struct ik_path path = path_to(to, how & 1);
    size_t marker = how & 1 ? 4 : 0;
    struct ik_hdr hdr = header_for(&w.ends[to].said, how, next(s));
    uint16_t aad, text;
    struct ik_chain c;
    ik_msg_begin(&c, b + marker, sizeof b - marker, &hdr);
    if (how & 4) {
        ik_sk_open(&c, suite[which].iv_len, 0, 0);
    }
    for (uint8_t n = how >> 5; n > 0; n--) {
        ik_payload_open(&c, next(s));
        for (uint8_t len = next(s) % 64; len > 0; len--) {
            ik_wr_u8(&c.w, next(s));
        }
        ik_payload_close(&c);
    }
    if (how & 4) {
        ik_sk_close(&c, 0, suite[which].block, NODE_ICV_LEN, &aad, &text);
    }
    if (ik_msg_end(&c) == IK_OK) {
        if ((how & 12) == 4) {
            seal(to, &path, b, marker + c.w.len);
        }
        give(to, &path, b, marker + c.w.len);
    }
}

/* ESP with what the script has inside, from the peer whose SA it is. */
static void forge_esp(struct script *s, unsigned to)
{
    static const uint8_t iv_len[4] = {8, 16, 8, 0};
    struct ik_export_child keys;
    uint8_t b[8 + 16 + 160 + NODE_ICV_LEN] = {0}, how = next(s);
    size_t at = 8u + iv_len[w.more >> 2 & 3], n = next(s) % 150,
           block = (w.more >> 2 & 3) == 1 ? 16 : 4;
    if (!ik_export_child(&w.ends[to].node, how & 1, &keys)) {
        return;
    }
    ik_put32(b, keys.spi_in);
    ik_put32(b + 4, how & 2 ? next16(s) : (uint32_t)next16(s) << 16 | next16(s));
    for (size_t i = 0; i < n; i++) {
        b[at + i] = next(s);
    }
    while ((n + 2) % block != 0) {
        n++;
    }
    b[at + n] = next(s) % 8; /* of padding */
    b[at + n + 1] = next(s); /* next header */
    struct ik_path path = path_to(to, keys.udp ? IK_CARRIER_UDP4500 : IK_CARRIER_ESP);
    size_t len = at + n + 2 + NODE_ICV_LEN;
    seal(to, &path, b, len);
    give(to, &path, b, len);
}

static void keepalive(unsigned to)
{
    static const uint8_t octet = 0xff;
    struct ik_path path = path_to(to, IK_CARRIER_UDP4500);
    give(to, &path, &octet, 1);
}

/* The next two change places. */
static void overtake(void)
{
    static struct gram other;
    if (grams_n - taken >= 2) {
        other = grams[taken % GRAMS];
        grams[taken % GRAMS] = grams[(taken + 1) % GRAMS];
        grams[(taken + 1) % GRAMS] = other;
    }
}

/* A router says that the next one is too big, or whatever else the script makes of that. */
static void too_big(struct script *s)
{
    const struct gram *g = &grams[taken % GRAMS];
    if (taken >= grams_n) {
        return;
    }
    struct ik_path path = {.carrier = g->path.carrier, .remote = g->path.local};
    uint16_t mtu = next16(s), at = next16(s) % g->len;
    uint8_t flip = next(s), len = (uint8_t)(next(s) % g->len);
    uint8_t *b = malloc(len > 0 ? len : 1); /* no octet more, so that none is read */
    memcpy(b, g->b, len);
    if (at < len) {
        b[at] ^= flip;
    }
    ik_node_too_big(&w.ends[!g->to].node, w.now, &path, (struct ik_span){b, len}, mtu);
    free(b);
}

/* ---- steps: clear packets -------------------------------------------------------------------- */

/* An IP packet from an end, of UDP. where: 0 what is protected, else an address outside. */
static uint16_t clear_packet(unsigned from, uint8_t where, uint8_t *ip)
{
    static const uint8_t outside[3][4] = {{198, 18, 0, 1}, {203, 0, 113, 1}, {8, 8, 8, 8}};
    const struct ik_policy *p = &w.ends[from].policies[PROTECT];
    struct ik_addr src = {p->ts_local[0].family, {0}}, dst = src;
    memcpy(src.b, p->ts_local[0].lo, 16);
    memcpy(dst.b, p->ts_remote[0].lo, 16);
    if (where > 0) {
        src = outer[from];
        dst = (struct ik_addr){4, {0}};
        memcpy(dst.b, outside[(where - 1) % 3], 4);
    }
    size_t head = host_ip_put(ip, &src, &dst, IK_IP_UDP, 64, 20);
    ip[head + 1] = ip[head + 3] = 53;
    ip[head + 5] = 20;
    return (uint16_t)(head + 20);
}

static void edit_clear(struct script *s, uint8_t *ip, uint16_t len, uint8_t edits)
{
    for (; edits > 0; edits--) {
        uint8_t at = next(s) % (uint8_t)len;
        ip[at] ^= next(s);
    }
    if (ip[0] >> 4 == 4) {
        ik_put16(ip + 10, 0);
        ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
    }
}

/* With room around it, or, where the script says so, without. */
static void send_packet(struct script *s, unsigned from, uint8_t edits, uint8_t where)
{
    uint8_t b[HEAD + CLEAR_MAX + IK_ESP_TAIL] = {0};
    uint16_t len = clear_packet(from, where, b + HEAD);
    struct ik_pkt pkt = {.buf = b, .cap = sizeof b, .off = HEAD, .len = len};
    edit_clear(s, b + HEAD, len, edits);
    if (where == 0 && edits == 3) {
        pkt.cap = (uint16_t)(HEAD + len + next(s) % (IK_ESP_TAIL + 1));
    }
    ik_node_tx(&w.ends[from].node, w.now, &pkt);
    drain(from);
}

/* A packet without protection comes in; turned round, so that its source is outside. */
static void receive_clear(struct script *s, unsigned to, uint8_t edits, uint8_t where)
{
    uint8_t b[CLEAR_MAX] = {0}, swap[4];
    uint16_t len = clear_packet(to, where, b);
    struct ik_pkt pkt = {.buf = b, .cap = sizeof b, .len = len, .outer = {.ttl = 64}};
    if (b[0] >> 4 == 4) {
        memcpy(swap, b + 12, 4);
        memcpy(b + 12, b + 16, 4);
        memcpy(b + 16, swap, 4);
    }
    edit_clear(s, b, len, edits);
    ik_node_rx_clear(&w.ends[to].node, w.now, &pkt);
    drain(to);
}

/* ---- steps: the rest ------------------------------------------------------------------------- */

/* The last few sequence numbers of an SA (RFC 4303 3.3.3), or packets of its life. The only step
 * that reaches into a pool. */
static void near_the_end(unsigned who, uint8_t few)
{
    for (unsigned i = 0; i < SAS; i++) {
        struct ik_child_sa *child = &w.ends[who].host.child_sas[i];
        if (few == 0) {
            child->seq = UINT32_MAX - 2;
        } else if (child->policy < POLICIES) {
            w.ends[who].policies[child->policy].life_packets = child->seq + few;
            child->limit = (struct ik_esp_limit){UINT64_MAX, child->seq + few};
        }
    }
}

/* What happened in all scripts so far. */
static struct ik_counters reached;

static void add_reached(unsigned who)
{
    const struct ik_counters *c = &w.ends[who].node.env.counters;
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        reached.drop[i] += c->drop[i];
    }
    for (unsigned i = 0; i < IK_COUNT_N; i++) {
        reached.count[i] += c->count[i];
    }
}

static void restart(unsigned who)
{
    add_reached(who);
    ik_node_wipe(&w.ends[who].node);
    start(who);
}

/* The address of an end becomes another, or what it was. */
static void move_home(unsigned who, uint8_t few)
{
    const struct ik_addr other = {4, {192, 0, 2, (uint8_t)(9 + who)}};
    const struct ik_addr *was = few & 1 ? &other : &outer[who],
                         *is = few & 1 ? &outer[who] : &other;
    ik_node_readdress(&w.ends[who].node, w.now, was, is);
}

/* Another configuration: what is protected now bypasses, is the same, or cannot work. */
static void reconfigure(unsigned who, uint8_t few)
{
    struct end *e = &w.ends[who];
    struct ik_policy *p = &e->policies[PROTECT];
    enum ik_status st;
    p->action = few == 1 ? IK_DISCARD : IK_PROTECT;
    p->replay = few == 2 ? 128 : 0;
    p->ts_local_n = few == 3 ? 0 : 1;
    st = ik_node_configure(&e->node, w.now, &e->config);
    FUZZ_CHECK((st == IK_OK) == (few != 3));
    p->ts_local_n = 1;
}

static void pass_time(struct script *s, unsigned who)
{
    ik_time at = ik_node_deadline(&w.ends[who].node);
    uint8_t power = next(s) % 34;
    if (power < 32) {
        w.now += (ik_time)1 << power;
    } else if (at != IK_NEVER) {
        w.now = at;
    }
}

static void step_nodes(struct script *s, uint8_t kind, unsigned who, uint8_t few)
{
    struct end *e = &w.ends[who];
    switch (kind) {
    case 16:
        pass_time(s, who);
        break;
    case 17:
        ik_node_up(&e->node, w.now, few ? PROTECT : next(s));
        break;
    case 18:
        ik_node_down(&e->node, w.now, few ? 0 : IK_NO_SLOT);
        break;
    case 19:
        step_job(e, 1);
        break;
    case 20:
        node_jobs_fail = 1u + few;
        break;
    case 21:
        near_the_end(who, few);
        break;
    case 22:
        w.nat_port = next16(s) | 1;
        break;
    case 23:
        restart(who);
        break;
    case 24:
        ik_node_seed(&e->node, &few, 1);
        break;
    case 25: /* from somewhere else */
        deliver(s, few, few != 0, true);
        break;
    case 26:
        ik_node_down_child(&e->node, w.now, few & 1);
        break;
    case 27:
        ik_node_check(&e->node, w.now, few & 1);
        break;
    case 28:
        move_home(who, few);
        break;
    case 29:
        reconfigure(who, few);
        break;
    case 30:
        answer_lookup(e);
        break;
    default: /* until something is due */
        w.now = ik_node_deadline(&e->node) == IK_NEVER ? w.now : ik_node_deadline(&e->node);
        break;
    }
}

/* The highest bit says which end, the next two how much. */
static void step(struct script *s)
{
    uint8_t op = next(s), few = op >> 5 & 3, kind = op & 31;
    unsigned who = op >> 7;
    switch (kind) {
    case 0:
    case 1:
        deliver(s, 0, false, false);
        break;
    case 2:
        deliver(s, 1u + few, false, false);
        break;
    case 3:
    case 4:
        deliver(s, 1u + few, true, false);
        break;
    case 5:
        inject(s, who);
        break;
    case 6:
    case 7:
        forge(s, who);
        break;
    case 8:
        if (few == 3) {
            too_big(s);
        }
        taken += taken < grams_n; /* lost */
        break;
    case 9: /* once more what was delivered last */
        taken -= taken > 0 && grams_n - taken < GRAMS - 1;
        break;
    case 10:
        overtake();
        break;
    case 11:
        forge_esp(s, who);
        break;
    case 12:
        send_packet(s, who, few, 0);
        break;
    case 13:
        send_packet(s, who, few, 1 + next(s) % 3);
        break;
    case 14:
        receive_clear(s, who, few, next(s) % 4);
        break;
    case 15:
        keepalive(who);
        break;
    default:
        step_nodes(s, kind, who, few);
        break;
    }
    drain(0);
    drain(1);
}

/* ---- beginnings ------------------------------------------------------------------------------ */

/* A beginning is the same whenever it is played: worlds after one are kept. */
#define KEPT 256

static void begin_afresh(uint8_t options, uint8_t more)
{
    w.options = options;
    w.more = more;
    w.now = IK_SECOND;
    w.nat_port = 61000;
    w.lives = 0;
    for (unsigned who = 0; who < 2; who++) {
        memset(&w.ends[who].session, 0, sizeof w.ends[who].session);
        start(who);
    }
    ik_node_up(&w.ends[0].node, w.now, PROTECT);
    drain(0);
    if (more & BOTH_CALL) {
        ik_node_up(&w.ends[1].node, w.now, PROTECT);
        drain(1);
    }
}

static void finish_handshake(void)
{
    struct script none = {NULL, 0};
    uint8_t options = w.options;
    w.options &= (uint8_t)~HOLD_JOBS;
    for (unsigned who = 0; who < 2; who++) {
        answer_lookup(&w.ends[who]);
        step_job(&w.ends[who], IK_JOB_WHOLE);
        drain(who);
    }
    while (taken < grams_n) {
        deliver(&none, 0, false, false);
    }
    w.options = options;
}

/* A beginning that is kept: pools are elsewhere than the world. */
struct kept {
    struct world w;
    void *pools[2];
    size_t waiting; /* datagrams */
    struct gram grams[2];
};

static void keep_beginning(struct kept *k, size_t pools_len)
{
    k->w = w;
    k->waiting = grams_n;
    FUZZ_CHECK(taken == 0 && grams_n <= 2);
    memcpy(k->grams, grams, grams_n * sizeof grams[0]);
    for (unsigned who = 0; who < 2; who++) {
        k->pools[who] = k->pools[who] ? k->pools[who] : malloc(pools_len);
        FUZZ_CHECK(k->pools[who]);
        memcpy(k->pools[who], pools[who], pools_len);
    }
}

static void begin(uint8_t options, uint8_t more)
{
    static struct kept kept[KEPT];
    struct kept *k = &kept[(options * 7u + more * 31u) % KEPT];
    const size_t len = ik_host_size(&sizes);
    grams_n = taken = 0;
    node_jobs_fail = 0;
    if (k->w.now == 0 || k->w.options != options || k->w.more != more) {
        begin_afresh(options, more);
        if (options & BEGIN_UP) {
            finish_handshake();
            grams_n = taken = 0;
        }
        keep_beginning(k, len);
        return;
    }
    w = k->w;
    grams_n = k->waiting;
    memcpy(grams, k->grams, grams_n * sizeof grams[0]);
    for (unsigned who = 0; who < 2; who++) {
        memcpy(pools[who], k->pools[who], len);
    }
}

void fuzz_node(const uint8_t *data, size_t len)
{
    struct script s = {data, len};
    uint16_t ike, child;
    uint8_t options = next(&s);
    begin(options, next(&s));
    for (unsigned i = 0; i < STEPS_MAX && s.left > 0; i++) {
        step(&s);
    }
    add_reached(0);
    add_reached(1);
    /* Wiping takes longer than many a script. */
    for (unsigned who = 0; who < 2 && len % 32 == 0; who++) {
        ik_node_wipe(&w.ends[who].node);
        ik_node_usage(&w.ends[who].node, &ike, &child);
        FUZZ_CHECK(ike == 0 && child == 0);
    }
}

/* The rest is out of reach: a host that does not poll, full events, no seed; and scripts end before
 * packets that are held are given up (unit/held shows that). The policies of these nodes ask for
 * ESP and hide nothing: AH is fuzz_ipsec's, and what hides lengths the swarm's. Their packets are
 * shorter than any path's MTU: what is too long is fuzz_path's; and nobody claims what is another's
 * (exchange/claims). */
static bool out_of_reach(unsigned drop)
{
    return drop == IK_DROP_RX_BUSY || drop == IK_DROP_EVENT_LOST ||
           drop == IK_DROP_IKE_NOT_SEEDED || drop == IK_DROP_SPD_GIVEN_UP ||
           drop == IK_DROP_PATH_MTU || drop == IK_DROP_IKE_ADDRESS ||
           strncmp(host_drop_name(drop), "ah_", 3) == 0;
}

static bool never_counted(unsigned count)
{
    return count == IK_COUNT_AH_OUT || count == IK_COUNT_AH_IN || count == IK_COUNT_DUMMIES_OUT ||
           count == IK_COUNT_PACKETS_CUT || count == IK_COUNT_TFC_PADDED ||
           count == IK_COUNT_TFC_SHORT;
}

bool fuzz_node_reached(void)
{
    bool all = true;
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        if (!out_of_reach(i) && reached.drop[i] == 0) {
            printf("no script reaches the drop %s\n", host_drop_name(i));
            all = false;
        }
    }
    for (unsigned i = 0; i < IK_COUNT_N; i++) {
        if (!never_counted(i) && reached.count[i] == 0) {
            printf("no script reaches the count %s\n", host_count_name(i));
            all = false;
        }
    }
    return all;
}
