/* SPDX-License-Identifier: MIT */
/*
 * No secret is left on the stack: each entry point runs on a stack of its own, which is then
 * searched for every secret that is known by then: keys as they are, with the pads of HMAC, and
 * AES's round keys. For each suite below, with the host's table and the portable one.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "crypto/crypto.h"
#include "host.h"
#include "provider.h"
#include "util/util.h"

#define STACK_LEN 65536
#define PAINT 0xa7
#define SECRETS_MAX 4096
#define PIECE 8 /* octets that may not be found */
#define ROWS_MAX 64
#define GRAM_MAX 4096
#define AT 96
#define CLEAR_LEN 100

/* ---- secrets -----------------------------------------------------------------------------------
 */

struct secret {
    const char *name;
    unsigned next; /* that begins alike, and 1 */
    uint8_t b[PIECE];
};

static struct secret secrets[SECRETS_MAX];
static unsigned secrets_n;
static unsigned begin[1 << 16]; /* the last one with these two octets, and 1; 0: none */

/* NULL if nothing secret is there. */
static const struct secret *find(const uint8_t *p)
{
    unsigned i = begin[p[0] << 8 | p[1]];

    while (i != 0 && memcmp(secrets[i - 1].b, p, PIECE) != 0) {
        i = secrets[i - 1].next;
    }
    return i != 0 ? &secrets[i - 1] : NULL;
}

static void know_piece(const char *name, const uint8_t *p, uint8_t pad)
{
    struct secret s = {.name = name};
    uint8_t differ = 0;

    for (unsigned i = 0; i < PIECE; i++) {
        s.b[i] = p[i] ^ pad;
        differ |= p[i] ^ p[0];
    }
    if (differ == 0) {
        return; /* as the DRBG begins */
    }
    if (find(s.b) != NULL) {
        return;
    }
    cr_assert_lt(secrets_n, SECRETS_MAX);
    s.next = begin[ik_get16(s.b)];
    secrets[secrets_n++] = s;
    begin[ik_get16(s.b)] = secrets_n;
}

/* Each eight octets of it. */
static void know(const char *name, const uint8_t *p, size_t len)
{
    static const uint8_t pads[] = {0, 0x36, 0x5c};

    for (size_t at = 0; at + PIECE <= len; at += PIECE) {
        for (unsigned i = 0; i < sizeof pads; i++) {
            know_piece(name, p + at, pads[i]);
        }
    }
}

/* Round keys, as words of the machine and as octets. */
static void know_aes(const uint8_t *key, uint8_t len)
{
    br_aes_big_ctr_keys k;
    uint8_t octets[16];

    br_aes_big_ctr_init(&k, key, len);
    for (unsigned round = 0; round <= k.num_rounds; round++) {
        for (unsigned i = 0; i < 4; i++) {
            ik_put32(octets + 4 * i, k.skey[4 * round + i]);
        }
        know("a round key", octets, 16);
        know("a round key", (const uint8_t *)&k.skey[4 * round], 16);
    }
}

static bool is_aes(uint16_t id)
{
    return id != IK_ENCR_NULL && id != IK_ENCR_CHACHA20_POLY1305;
}

static void know_key(const char *name, uint16_t id, uint16_t bits, struct ik_span key)
{
    know(name, key.p, key.len);
    if (is_aes(id)) {
        know_aes(key.p, (uint8_t)(bits / 8));
    }
}

static void know_span(const char *name, struct ik_span s)
{
    know(name, s.p, s.len);
}

/* ---- algorithms: rows that tell of what they make -------------------------------------------- */

static struct ik_crypto crypto;
static const struct ik_crypto *base;
static struct ik_prf prfs[ROWS_MAX];
static struct ik_mac macs[ROWS_MAX];
static struct ik_dh groups[ROWS_MAX];
static const struct ik_prf *prf_list[ROWS_MAX];
static const struct ik_dh *group_list[ROWS_MAX];

static void make_mac(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in,
                     size_t n, uint8_t *out)
{
    const struct ik_mac *real = base->prf[self - macs]->mac;

    real->run(real, env, in, n, out);
    know("what a prf gives", out, self->out_len);
}

static bool step(struct ik_job *job, uint16_t budget)
{
    const struct ik_dh *ours = job->dh;
    bool first = job->op == IK_KE_PUBLIC;

    know("a private value", job->priv, ours->priv_len);
    job->dh = base->dh[ours - groups];
    bool done = job->dh->step(job, budget);
    job->dh = ours;
    if (!first) {
        know("a shared secret", job->peer, ours->shared_len);
    }
    return done;
}

static void make_rows(const struct ik_crypto *c)
{
    base = c;
    crypto = *c;
    for (unsigned i = 0; c->prf[i] != NULL; i++) {
        macs[i] = *c->prf[i]->mac;
        macs[i].run = make_mac;
        prfs[i] = *c->prf[i];
        prfs[i].mac = &macs[i];
        prf_list[i] = &prfs[i];
    }
    for (unsigned i = 0; c->dh[i] != NULL; i++) {
        groups[i] = *c->dh[i];
        groups[i].step = step;
        group_list[i] = &groups[i];
    }
    crypto.prf = prf_list;
    crypto.dh = group_list;
}

/* ---- two nodes ------------------------------------------------------------------------------- */

struct end {
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy policy;
    struct ik_ike_sa ike;
    struct ik_child_sa child;
};

static struct end ends[2];
static struct ik_proposal ike_proposal, esp_proposal;
static const char *suite, *table;
static uint8_t psk[32] = "A key that is found if it's left";
static ik_time now;

/* What both nodes keep that nobody is to see. */
static void know_all(void)
{
    know("the pre-shared key", psk, sizeof psk);
    for (unsigned who = 0; who < 2; who++) {
        struct ik_export_ike ike;
        struct ik_export_child child;
        const struct ik_drbg *drbg = &ends[who].node.env.drbg;

        know("the DRBG's key", drbg->key, sizeof drbg->key);
        know("the DRBG's V", drbg->v, sizeof drbg->v);
        if (ik_export_ike(&ends[who].node, 0, &ike)) {
            know_span("SK_d", ike.sk_d);
            know_span("SK_pi", ike.sk_pi);
            know_span("SK_pr", ike.sk_pr);
            know_span("SK_ai", ike.sk_ai);
            know_span("SK_ar", ike.sk_ar);
            know_key("SK_ei", ike.encr_id, ike.encr_key_bits, ike.sk_ei);
            know_key("SK_er", ike.encr_id, ike.encr_key_bits, ike.sk_er);
        }
        if (ik_export_child(&ends[who].node, 0, &child)) {
            know_key("encr_in", child.encr_id, child.encr_key_bits, child.encr_in);
            know_key("encr_out", child.encr_id, child.encr_key_bits, child.encr_out);
            know_span("integ_in", child.integ_in);
            know_span("integ_out", child.integ_out);
        }
    }
}

/* ---- calls on a stack of their own ----------------------------------------------------------- */

enum entry { INIT, SEED, RX, TX, UP, DOWN, JOB_STEP, JOB_DONE, POLL, EXPORT_OPEN, ENTRY_N };
static const char *const entry_names[ENTRY_N] = {
    "ik_node_init", "ik_node_seed", "ik_node_rx",       "ik_node_tx",   "ik_node_up",
    "ik_node_down", "ik_job_step",  "ik_node_job_done", "ik_node_poll", "ik_export_open"};
static unsigned runs[ENTRY_N];

static struct {
    enum entry entry;
    struct ik_node *node;
    const struct ik_config *config;
    const struct ik_host *host;
    const struct ik_path *path;
    struct ik_pkt *pkt;
    struct ik_job *job;
    struct ik_effect *fx;
    const uint8_t *data;
    size_t len;
    bool result;
} call;

static uint8_t stack[STACK_LEN] __attribute__((aligned(64)));
static ucontext_t outside, inside;

static void entered(void)
{
    static struct ik_msg opened;
    static uint8_t text[GRAM_MAX];

    switch (call.entry) {
    case INIT:
        call.result = ik_node_init(call.node, call.config, call.host, now) == IK_OK;
        break;
    case SEED:
        ik_node_seed(call.node, call.data, call.len);
        break;
    case RX:
        ik_node_rx(call.node, now, call.path, call.pkt);
        break;
    case TX:
        ik_node_tx(call.node, now, call.pkt);
        break;
    case UP:
        ik_node_up(call.node, now, 0);
        break;
    case DOWN:
        ik_node_down(call.node, now, IK_NO_SLOT);
        break;
    case JOB_STEP:
        call.result = ik_job_step(call.job, IK_JOB_WHOLE);
        break;
    case JOB_DONE:
        ik_node_job_done(call.node, now, call.job);
        break;
    case EXPORT_OPEN:
        call.result = ik_export_open(call.node, 0, call.data, call.len, text, sizeof text, &opened);
        break;
    default:
        call.result = ik_node_poll(call.node, now, call.fx);
        break;
    }
}

/* Answers how many pieces of secrets there are; the first of each is told. */
static unsigned search(const char *who)
{
    const struct secret *last = NULL, *is;
    unsigned found = 0;

    for (size_t at = 0; at + PIECE <= STACK_LEN; at++) {
        is = find(stack + at);
        if (is == NULL) {
            continue;
        }
        found++;
        if (who != NULL && (last == NULL || is->name != last->name)) {
            cr_log_error("%s, %s: %s leaves %s on the stack, %zu octets down", table, suite, who,
                         is->name, STACK_LEN - at);
        }
        last = is;
    }
    return found;
}

static void on_stack(void (*f)(void))
{
    memset(stack, PAINT, sizeof stack);
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = sizeof stack;
    inside.uc_link = &outside;
    makecontext(&inside, f, 0);
    swapcontext(&outside, &inside);
}

static bool run(enum entry entry)
{
    call.entry = entry;
    runs[entry]++;
    on_stack(entered);
    know_all();
    cr_expect_eq(search(entry_names[entry]), 0);
    return call.result;
}

/* ---- a life ---------------------------------------------------------------------------------- */

static void configure(unsigned who)
{
    struct end *e = &ends[who];
    static const struct ik_addr addr[2] = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 2}}};
    static const char *const name[2] = {"client", "gw"};

    e->peer = (struct ik_peer){
        .local = addr[who],
        .remote = addr[!who],
        .local_id = {IK_ID_FQDN, {(const uint8_t *)name[who], (uint16_t)strlen(name[who])}},
        .remote_id = {IK_ID_FQDN, {(const uint8_t *)name[!who], (uint16_t)strlen(name[!who])}},
        .psk = {psk, sizeof psk},
        .proposals = &ike_proposal,
        .proposals_n = 1,
    };
    e->policy = (struct ik_policy){
        .action = IK_PROTECT,
        .ts_local_n = 1,
        .ts_remote_n = 1,
        .proposals = &esp_proposal,
        .proposals_n = 1,
    };
    host_ts_from_addr(&addr[who], &e->policy.ts_local[0]);
    host_ts_from_addr(&addr[!who], &e->policy.ts_remote[0]);
    e->config = (struct ik_config){
        .crypto = &crypto,
        .peers = &e->peer,
        .peers_n = 1,
        .policies = &e->policy,
        .policies_n = 1,
        .exchanges = who ? ik_exchanges_all : NULL,
        .cookie_above = who ? 0 : 0xffff,
    };
}

static void start(unsigned who)
{
    struct end *e = &ends[who];
    static uint64_t pools[2][4096];
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1};
    struct ik_host host = {.node_id = 0};
    cr_assert(ik_host_size(&sizes) <= sizeof pools[who]);
    ik_host_lay(&host, &sizes, pools[who]);
    uint8_t seed[32];

    memset(e, 0, sizeof *e);
    configure(who);
    memset(seed, (int)(0x51 + who), sizeof seed);
    for (unsigned i = 0; i < sizeof seed; i++) {
        seed[i] = (uint8_t)(seed[i] + 7 * i);
    }
    know("a seed", seed, sizeof seed);
    call.node = &e->node;
    call.config = &e->config;
    call.host = &host;
    cr_assert(run(INIT));
    call.data = seed;
    call.len = sizeof seed;
    run(SEED);
}

static void drain(unsigned who);

static void give(unsigned to, const struct ik_effect *fx)
{
    uint8_t copy[GRAM_MAX];
    struct ik_path back = {fx->path->carrier, fx->path->remote, fx->path->local,
                           fx->path->remote_port, fx->path->local_port};
    struct ik_pkt pkt = {.buf = copy, .cap = sizeof copy, .len = fx->len, .outer = {.ttl = 64}};

    memcpy(copy, fx->data, fx->len);
    call.node = &ends[!to].node;
    if (back.carrier == IK_CARRIER_UDP500) {
        call.data = copy;
        call.len = fx->len;
        run(EXPORT_OPEN);
    }
    call.node = &ends[to].node;
    call.path = &back;
    call.pkt = &pkt;
    run(RX);
    drain(to);
}

static void drain(unsigned who)
{
    struct end *e = &ends[who];
    struct ik_effect fx;

    for (;;) {
        call.node = &e->node;
        call.fx = &fx;
        if (!run(POLL)) {
            return;
        }
        if (fx.kind == IK_FX_JOB) {
            call.job = fx.job;
            while (!run(JOB_STEP)) {
            }
            run(JOB_DONE);
        } else if (fx.kind == IK_FX_SEND) {
            give(!who, &fx);
        }
    }
}

static void send_packet(unsigned from)
{
    const struct ik_peer *peer = &ends[from].peer;
    uint8_t b[AT + CLEAR_LEN + IK_ESP_TAIL] = {0};
    struct ik_pkt pkt = {.buf = b, .cap = sizeof b, .off = AT, .len = CLEAR_LEN};
    size_t head = host_ip_put(b + AT, &peer->local, &peer->remote, IK_IP_UDP, 64, CLEAR_LEN - 20);

    b[AT + head + 5] = CLEAR_LEN - 20;
    call.node = &ends[from].node;
    call.pkt = &pkt;
    run(TX);
    drain(from);
}

static void live(void)
{
    char err[160], ike[80];
    const char *esp = strchr(suite, '/');

    memcpy(ike, suite, (size_t)(esp - suite));
    ike[esp - suite] = '\0';
    cr_assert(host_suite_parse_ike(ike, &ike_proposal, err, sizeof err), "%s", err);
    cr_assert(host_suite_parse_esp(esp + 1, &esp_proposal, err, sizeof err), "%s", err);
    secrets_n = 0;
    memset(begin, 0, sizeof begin);
    now = IK_SECOND;
    for (unsigned who = 0; who < 2; who++) {
        start(who);
    }
    call.node = &ends[0].node;
    run(UP);
    drain(0);
    send_packet(0);
    send_packet(1);
    cr_assert_eq(ends[0].node.env.counters.count[IK_COUNT_ESP_IN], 1);
    cr_assert_eq(ends[1].node.env.counters.count[IK_COUNT_ESP_IN], 1);
    call.node = &ends[0].node;
    run(DOWN);
    drain(0);
}

static const char *const suites[] = {
    "aes128gcm16-prfsha256-x25519/aes256gcm16",
    "aes256ccm8-prfsha512-x25519/aes128ccm16",
    "chacha20poly1305-prfsha256-x25519/chacha20poly1305",
    "aes128-sha256-x25519/aes256-sha512",
    "aes256ctr-sha384-x25519/aes128ctr-sha1",
    "aes192-aesxcbc-prfaesxcbc-x25519/aes128-aesxcbc",
    "aes128ctr-aescmac-prfaescmac-x25519/null-aescmac",
    "aes128gcm16-prfsha256-ecp256/aes128gcm16",
    "aes128gcm16-prfsha256-ecp521/aes128gcm16",
    "aes128gcm16-prfsha256-modp2048/aes128gcm16",
};

static void live_all(const char *name, const struct ik_crypto *c)
{
    table = name;
    make_rows(c);
    memset(runs, 0, sizeof runs);
    for (unsigned i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        suite = suites[i];
        live();
    }
    for (unsigned i = 0; i < ENTRY_N; i++) {
        cr_expect_gt(runs[i], 0, "%s never ran", entry_names[i]);
    }
}

Test(stack, holds_no_secret_after_a_call_with_the_hosts_table)
{
    live_all("host", host_crypto());
}

Test(stack, holds_no_secret_after_a_call_with_the_portable_table)
{
    live_all("portable", &ik_crypto_portable);
}

#ifdef IK_OPENSSL
Test(stack, holds_no_secret_after_a_call_with_the_table_of_openssl)
{
    live_all("openssl", host_crypto_named("openssl"));
}
#endif

/* ---- how deep -------------------------------------------------------------------------------- */

/* Each operation of core/crypto with a secret overwrites all that it had others put on the stack,
 * whatever it was. */
static struct {
    struct ik_env env;
    struct ik_seal_key key;
    struct ik_sealed sealed;
    const struct ik_prf *prf;
    struct ik_job job;
    uint8_t secret[64], buf[2048], out[64];
} op;

static void op_seal(void)
{
    ik_seal(&op.env, &op.key, &op.sealed, 1);
}

static void op_open(void)
{
    cr_assert_eq(ik_open(&op.env, &op.key, &op.sealed), IK_OK);
}

static void op_prf(void)
{
    const struct ik_span in[2] = {{op.secret, sizeof op.secret}, {op.buf, 300}};
    ik_prf(&op.env, op.prf, in, 2, op.out);
}

static void op_job(void)
{
    while (!ik_job_step(&op.job, IK_JOB_WHOLE)) {
    }
    cr_assert(op.job.good);
}

static void op_seed(void)
{
    ik_drbg_seed(&op.env, op.secret, sizeof op.secret);
}

static void op_draw(void)
{
    ik_drbg_bytes(&op.env, op.buf, 100);
}

static void op_hash(void)
{
    const struct ik_span in = {op.secret, sizeof op.secret};
    ik_sha256(&op.env, &in, 1, op.out);
}

/* What is between the top and here belongs to the operation itself: pointers and lengths. */
#define OWN 400

static void leaves_nothing(void (*f)(void), const char *what, unsigned id)
{
    unsigned left = 0, deepest = 0;

    on_stack(f);
    for (unsigned down = OWN; down <= STACK_LEN; down++) {
        uint8_t octet = stack[STACK_LEN - down];
        if (octet != 0 && octet != PAINT) {
            left++;
            deepest = down;
        }
    }
    cr_expect_eq(left, 0, "%s: %s %u leaves %u octets on the stack, down to %u", table, what, id,
                 left, deepest);
}

static void ciphers_leave_nothing(void)
{
    const struct ik_crypto *c = op.env.crypto;
    const struct ik_integ *const longest = &ik_integ_hmac_sha2_512_256;

    for (unsigned i = 0; c->encr[i] != NULL; i++) {
        bool aead = (c->encr[i]->flags & IK_ALG_AEAD) != 0;
        op.key = (struct ik_seal_key){.encr = c->encr[i],
                                      .integ = aead ? NULL : longest,
                                      .encr_key = op.secret,
                                      .integ_key = op.secret};
        op.sealed = (struct ik_sealed){.msg = op.buf, .aad_len = 8, .text_len = 1408};
        leaves_nothing(op_seal, "seal by cipher", c->encr[i]->id);
        leaves_nothing(op_open, "open by cipher", c->encr[i]->id);
    }
    for (unsigned i = 0; c->integ[i] != NULL && c->integ[i]->iv_len == 0; i++) {
        op.key = (struct ik_seal_key){.encr = &ik_encr_null,
                                      .integ = c->integ[i],
                                      .encr_key = op.secret,
                                      .integ_key = op.secret};
        leaves_nothing(op_seal, "integrity by", c->integ[i]->id);
    }
}

static void groups_leave_nothing(void)
{
    const struct ik_crypto *c = op.env.crypto;
    uint8_t pub[IK_DH_PUB_MAX];

    for (unsigned i = 0; c->dh[i] != NULL; i++) {
        ik_job_begin(&op.env, &op.job, 1, c->dh[i]);
        leaves_nothing(op_job, "own value of group", c->dh[i]->id);
        memcpy(pub, op.job.pub, c->dh[i]->pub_len);
        cr_assert_eq(ik_job_end(&op.job, 2, (struct ik_span){pub, c->dh[i]->pub_len}), IK_OK);
        leaves_nothing(op_job, "secret of group", c->dh[i]->id);
    }
}

static void operations_leave_nothing(const char *name, const struct ik_crypto *c)
{
    table = name;
    memset(&op, 0x3c, sizeof op);
    memset(&op.env, 0, sizeof op.env);
    op.env.crypto = c;
    ik_drbg_init(&op.env);
    leaves_nothing(op_seed, "a seed", 0);
    leaves_nothing(op_draw, "random octets", 0);
    leaves_nothing(op_hash, "a hash", 0);
    for (unsigned i = 0; c->prf[i] != NULL; i++) {
        op.prf = c->prf[i];
        leaves_nothing(op_prf, "prf", c->prf[i]->id);
    }
    ciphers_leave_nothing();
    groups_leave_nothing();
}

Test(stack, operations_leave_nothing_below_them)
{
    operations_leave_nothing("host", host_crypto());
    operations_leave_nothing("portable", &ik_crypto_portable);
#ifdef IK_OPENSSL
    operations_leave_nothing("openssl", host_crypto_named("openssl"));
#endif
}

/* The control: what a primitive leaves is seen. */
static void op_bare(void)
{
    op.key.encr->run(op.key.encr, &op.env, op.key.encr_key, &op.sealed, 1);
}

Test(stack, what_a_primitive_leaves_is_seen)
{
    static const uint8_t key[64] = "sixteen or more octets of a key that anybody would find there.";

    table = "portable";
    memcpy(op.secret, key, sizeof key);
    op.env.crypto = &ik_crypto_portable;
    op.key = (struct ik_seal_key){.encr = &ik_encr_chacha20_poly1305,
                                  .integ = NULL,
                                  .encr_key = op.secret,
                                  .integ_key = NULL};
    op.sealed = (struct ik_sealed){.msg = op.buf, .aad_len = 8, .text_len = 1408};
    know("a key", op.secret, 32);
    on_stack(op_bare);
    cr_expect_gt(search(NULL), 0);
    on_stack(op_seal);
    cr_expect_eq(search("ik_seal"), 0);
}
