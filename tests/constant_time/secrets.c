/* SPDX-License-Identifier: MIT */
/*
 * Lives of two nodes under valgrind's memcheck, whose secrets are marked as undefined. Memcheck
 * follows what is computed from them and reports each branch and each address that depends on it:
 * what would take another time for another secret.
 *
 * Secret are: pre-shared keys, private values, shared secrets, states of the DRBG, and what ESP
 * carries; so all keys are. Public are: random octets that the DRBG gives, until one becomes a
 * private value; public values; what a cipher or an integrity algorithm wrote into a packet; the
 * text of an IKE message or packet that was opened, for its parser need take no constant time; and
 * the verdict of a comparison, though not how it was found.
 *
 * Usage: valgrind -q --error-exitcode=9 constant_time TABLE SUITE...    TABLE: host, openssl,
 * portable, and, as controls that are no constant time, table_aes (BearSSL's AES with tables) and
 * early_exit (a comparison that ends at the first difference). Prints a line for each suite; exit
 * status 1 if one was reported. SUITE: "IKE/ESP".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

#include "crypto/crypto.h"
#include "crypto/dh.h"
#include "host.h"
#include "provider.h"
#include "util/util.h"

#define ROWS_MAX 64
#define GRAM_MAX 4096
#define AT 96
#define CLEAR_LEN 100

static bool early_exit;

#define SECRET(p, len) ((void)VALGRIND_MAKE_MEM_UNDEFINED(p, len))
#define PUBLIC(p, len) ((void)VALGRIND_MAKE_MEM_DEFINED(p, len))

void ik_assert_failed(const char *file, int line)
{
    fprintf(stderr, "%s:%d: a bug of ikelet\n", file, line);
    abort();
}

/* ---- verdicts: the linker puts these around the core's functions -------------------------------
 */

int __real_ik_ct_eq(const void *a, const void *b, size_t len);
int __real_ik_dh_below(const uint8_t *a, const uint8_t *b, size_t len);
int __real_ik_dh_is(const uint8_t *a, size_t len, uint8_t v);
void __real_ik_drbg_bytes(struct ik_env *env, void *out, size_t len);
int __wrap_ik_ct_eq(const void *a, const void *b, size_t len);
int __wrap_ik_dh_below(const uint8_t *a, const uint8_t *b, size_t len);
int __wrap_ik_dh_is(const uint8_t *a, size_t len, uint8_t v);
void __wrap_ik_drbg_bytes(struct ik_env *env, void *out, size_t len);

static int verdict(int v)
{
    PUBLIC(&v, sizeof v);
    return v;
}

int __wrap_ik_ct_eq(const void *a, const void *b, size_t len)
{
    return verdict(early_exit ? memcmp(a, b, len) == 0 : __real_ik_ct_eq(a, b, len));
}

int __wrap_ik_dh_below(const uint8_t *a, const uint8_t *b, size_t len)
{
    return verdict(__real_ik_dh_below(a, b, len));
}

int __wrap_ik_dh_is(const uint8_t *a, size_t len, uint8_t v)
{
    return verdict(__real_ik_dh_is(a, len, v));
}

void __wrap_ik_drbg_bytes(struct ik_env *env, void *out, size_t len)
{
    SECRET(&env->drbg, sizeof env->drbg);
    __real_ik_drbg_bytes(env, out, len);
    PUBLIC(out, len);
}

/* ---- algorithms: rows that mark what goes in and comes out ----------------------------------- */

static struct ik_crypto crypto;
static const struct ik_crypto *base;
static struct ik_encr encrs[ROWS_MAX];
static struct ik_dh groups[ROWS_MAX];
static const struct ik_encr *encr_list[ROWS_MAX];
static const struct ik_dh *group_list[ROWS_MAX];

/* The row of BearSSL behind one of ours. */
static const struct ik_encr *behind_encr(const struct ik_encr *e)
{
    return base->encr[e - encrs];
}

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    uint8_t *text = s->msg + s->aad_len + self->iv_len;
    const struct ik_encr *real = behind_encr(self);

    SECRET(text, seal ? s->text_len : 0u);
    int good = real->run(real, env, key, s, seal);
    PUBLIC(text, s->text_len + (seal ? self->icv_len : 0u));
    return good;
}

static bool step(struct ik_job *job, uint16_t budget)
{
    const struct ik_dh *ours = job->dh;
    bool first = job->op == IK_KE_PUBLIC;

    SECRET(job->priv, ours->priv_len);
    job->dh = base->dh[ours - groups];
    bool done = job->dh->step(job, budget);
    job->dh = ours;
    PUBLIC(&job->good, sizeof job->good);
    if (first) {
        PUBLIC(job->pub, ours->pub_len);
    }
    return done;
}

static void make_rows(const struct ik_crypto *c)
{
    base = c;
    crypto = *c;
    for (unsigned i = 0; c->encr[i] != NULL; i++) {
        encrs[i] = *c->encr[i];
        encrs[i].run = run;
        encr_list[i] = &encrs[i];
    }
    for (unsigned i = 0; c->dh[i] != NULL; i++) {
        groups[i] = *c->dh[i];
        groups[i].step = step;
        group_list[i] = &groups[i];
    }
    crypto.encr = encr_list;
    crypto.dh = group_list;
}

static bool choose_table(const char *name)
{
    static struct ik_crypto control;

    if (strcmp(name, "host") == 0) {
        make_rows(host_crypto());
    } else if (strcmp(name, "openssl") == 0) {
        make_rows(host_crypto_named(name));
    } else if (strcmp(name, "portable") == 0) {
        make_rows(&ik_crypto_portable);
    } else if (strcmp(name, "table_aes") == 0) {
        control = ik_crypto_portable;
        control.aes_cbcenc = &br_aes_big_cbcenc_vtable;
        control.aes_cbcdec = &br_aes_big_cbcdec_vtable;
        control.aes_ctr = &br_aes_big_ctr_vtable;
        control.aes_ctrcbc = &br_aes_big_ctrcbc_vtable;
        make_rows(&control);
    } else if (strcmp(name, "early_exit") == 0) {
        early_exit = true;
        make_rows(host_crypto());
    } else {
        return false;
    }
    return true;
}

/* ---- two nodes ------------------------------------------------------------------------------- */

struct end {
    struct ik_node node;
    struct ik_config config;
    struct ik_peer peer;
    struct ik_policy policy;
    struct ik_ike_sa ike;
    struct ik_child_sa child;
    uint8_t psk[20];
    unsigned delivered;
};

static struct end ends[2];
static struct ik_proposal ike_proposal, esp_proposal;
static ik_time now;
static uint8_t forge;

static void configure(unsigned who)
{
    struct end *e = &ends[who];
    static const struct ik_addr addr[2] = {{4, {192, 0, 2, 1}}, {4, {192, 0, 2, 2}}};
    static const char *const name[2] = {"client", "gw"};

    memcpy(e->psk, "a secret of the two!", sizeof e->psk);
    e->peer = (struct ik_peer){
        .local = addr[who],
        .remote = addr[!who],
        .local_id = {IK_ID_FQDN, {(const uint8_t *)name[who], (uint16_t)strlen(name[who])}},
        .remote_id = {IK_ID_FQDN, {(const uint8_t *)name[!who], (uint16_t)strlen(name[!who])}},
        .psk = {e->psk, sizeof e->psk},
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

static uint64_t pools[2][4096];

static void start(unsigned who)
{
    struct end *e = &ends[who];
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1};
    struct ik_host host = {.node_id = 0};
    uint8_t seed[32] = {(uint8_t)(who + 1)};

    memset(e, 0, sizeof *e);
    configure(who);
    if (ik_host_size(&sizes) > sizeof pools[who]) {
        fprintf(stderr, "constant_time: the pools need %zu octets\n", ik_host_size(&sizes));
        exit(2);
    }
    ik_host_lay(&host, &sizes, pools[who]);
    if (ik_node_init(&e->node, &e->config, &host, now) != IK_OK) {
        fprintf(stderr, "constant_time: a configuration is refused\n");
        exit(2);
    }
    SECRET(seed, sizeof seed);
    ik_node_seed(&e->node, seed, sizeof seed);
    SECRET(e->psk, sizeof e->psk);
}

static void drain(unsigned who);

/* A datagram on its way is public, whatever it was made of. */
static void give(unsigned to, const struct ik_path *path, const uint8_t *data, size_t len)
{
    uint8_t copy[GRAM_MAX];
    struct ik_path back = {path->carrier, path->remote, path->local, path->remote_port,
                           path->local_port};
    struct ik_pkt pkt = {
        .buf = copy, .cap = sizeof copy, .len = (uint16_t)len, .outer = {.ttl = 64}};

    memcpy(copy, data, len);
    PUBLIC(copy, len);
    copy[len - 1] ^= forge; /* the last octet of the ICV */
    ik_node_rx(&ends[to].node, now, &back, &pkt);
    drain(to);
}

static void drain(unsigned who)
{
    struct end *e = &ends[who];
    struct ik_effect fx;

    while (ik_node_poll(&e->node, now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&e->node, now, fx.job);
        } else if (fx.kind == IK_FX_SEND) {
            give(!who, fx.path, fx.data, fx.len);
        } else if (fx.kind == IK_FX_DELIVER) {
            e->delivered++;
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
    ik_node_tx(&ends[from].node, now, &pkt);
    drain(from);
}

/* Are the keys marked? Else nothing would be shown. */
static bool keys_are_secret(void)
{
    struct ik_export_ike ike;
    struct ik_export_child child;
    uint8_t bits[32];

    if (!ik_export_ike(&ends[0].node, 0, &ike) || !ik_export_child(&ends[1].node, 0, &child)) {
        return false;
    }
    const uint8_t *const keys[] = {ike.sk_d.p, ike.sk_er.p, ike.sk_ei.p};
    for (unsigned i = 0; i < 3; i++) {
        if (VALGRIND_GET_VBITS(keys[i], bits, 16) != 1 || bits[0] != 0xff || bits[15] != 0xff) {
            return false;
        }
    }
    return child.encr_in.len == 0 ||
           (VALGRIND_GET_VBITS(child.encr_in.p, bits, 16) == 1 && bits[0] == 0xff);
}

/* A cookie, a handshake, packets both ways, a forged one, a Delete. Exit status 2 if that fails. */
static void live(const char *suite)
{
    for (unsigned who = 0; who < 2; who++) {
        start(who);
    }
    ik_node_up(&ends[0].node, now, 0);
    drain(0);
    bool secret = keys_are_secret();
    send_packet(0);
    send_packet(1);
    forge = 1;
    send_packet(0);
    forge = 0;
    bool forged = ends[1].node.env.counters.drop[IK_DROP_ESP_INTEGRITY] == 1;
    ik_node_down(&ends[0].node, now, IK_NO_SLOT);
    drain(0);
    uint16_t ike, child;
    ik_node_usage(&ends[0].node, &ike, &child);
    if (!secret || !forged || ends[0].delivered != 1 || ends[1].delivered != 1 || child != 0) {
        fprintf(stderr,
                "constant_time: %s: did not live as it should: keys %s, forged %s, %u and %u\n",
                suite, secret ? "secret" : "in the open", forged ? "refused" : "not refused",
                ends[0].delivered, ends[1].delivered);
        exit(2);
    }
}

/* ---- suites ---------------------------------------------------------------------------------- */

static void parse(char *suite)
{
    char err[160];
    char *esp = strchr(suite, '/');

    if (esp == NULL) {
        fprintf(stderr, "constant_time: %s: IKE/ESP is wanted\n", suite);
        exit(2);
    }
    *esp = '\0';
    bool good = host_suite_parse_ike(suite, &ike_proposal, err, sizeof err) &&
                host_suite_parse_esp(esp + 1, &esp_proposal, err, sizeof err);
    *esp = '/';
    if (!good) {
        fprintf(stderr, "constant_time: %s: %s\n", suite, err);
        exit(2);
    }
}

/* A word for each row of the table of algorithms. */
static void print_rows(void)
{
    const struct ik_crypto *c = &ik_crypto_portable;
    struct ik_transform t[ROWS_MAX];
    unsigned n = 0;

    for (unsigned i = 0; c->encr[i] != NULL; i++) {
        t[n++] = (struct ik_transform){IK_TT_ENCR, c->encr[i]->id, c->encr[i]->key_bits, false};
    }
    for (unsigned i = 0; c->prf[i] != NULL; i++) {
        t[n++] = (struct ik_transform){IK_TT_PRF, c->prf[i]->id, 0, false};
    }
    for (unsigned i = 0; c->integ[i] != NULL && c->integ[i]->iv_len == 0; i++) { /* else AH's */
        t[n++] = (struct ik_transform){IK_TT_INTEG, c->integ[i]->id, 0, false};
    }
    for (unsigned i = 0; c->dh[i] != NULL; i++) {
        t[n++] = (struct ik_transform){IK_TT_DH, c->dh[i]->id, 0, false};
    }
    for (unsigned i = 0; i < n; i++) {
        char word[40];
        host_suite_print_word(&t[i], word, sizeof word);
        puts(word);
    }
}

int main(int argc, char **argv)
{
    unsigned reported = 0;

    if (argc == 2 && strcmp(argv[1], "rows") == 0) {
        print_rows();
        return 0;
    }

    if (argc < 3 || !choose_table(argv[1]) || !RUNNING_ON_VALGRIND) {
        fprintf(stderr, "usage: valgrind constant_time TABLE IKE/ESP...\n");
        return 2;
    }
    now = IK_SECOND;
    for (int i = 2; i < argc; i++) {
        unsigned before = (unsigned)VALGRIND_COUNT_ERRORS;
        parse(argv[i]);
        live(argv[i]);
        unsigned errors = (unsigned)VALGRIND_COUNT_ERRORS - before;
        printf("%s %s %s\n", errors > 0 ? "REPORTED" : "ok", argv[1], argv[i]);
        reported += errors > 0;
    }
    return reported > 0;
}
