/* SPDX-License-Identifier: MIT */
/* What the spectator knows: the SAs of all nodes, and the ways in which it hears of them. */
#include "sim/spy.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/check_secrets.h"
#include "sim/mem.h"

void sim_spy_init(struct sim_spy *spy, void (*fail)(void *ctx, const char *why), void *ctx)
{
    *spy = (struct sim_spy){.fail = fail, .ctx = ctx};
}

void sim_spy_free(struct sim_spy *spy)
{
    struct sim_map *const maps[] = {&spy->sa_at,    &spy->sent,    &spy->ivs,     &spy->keys,
                                    &spy->fresh,    &spy->window,  &spy->named,   &spy->sealed,
                                    &spy->forgiven, &spy->offered, &spy->tickets, &spy->pieces,
                                    &spy->asked,    &spy->chosen};

    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        sim_map_free(maps[i]);
    for (size_t i = 0; i < spy->sas_n; i++)
        free(spy->sas[i]);
    free(spy->sas);
    free(spy->nodes);
    sim_check_fragments_free(spy);
    sim_check_probe_free(spy);
    sim_check_first_free(spy);
    free(spy->talks);
    free(spy->memory);
    sim_secrets_free(&spy->secrets);
}

void sim_spy_fail(struct sim_spy *spy, const char *fmt, ...)
{
    char why[256];
    va_list args;

    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    spy->fail(spy->ctx, why);
}

uint64_t sim_spy_digest(uint64_t seed, const uint8_t *p, size_t len)
{
    uint64_t h = (seed ^ len) * UINT64_C(0x9e3779b97f4a7c15), v;

    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&v, p, 8);
        h = (h ^ v ^ h >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    }
    v = 0;
    if (len)
        memcpy(&v, p, len);
    h = (h ^ v ^ h >> 29) * UINT64_C(0x94d049bb133111eb);
    return h ^ h >> 31;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct sim_spied *spied(struct sim_spy *spy, uint16_t node)
{
    size_t n = (size_t)node + 1;

    if (spy->nodes_n < n) {
        spy->nodes = sim_realloc(spy->nodes, n, sizeof *spy->nodes);
        memset(spy->nodes + spy->nodes_n, 0, (n - spy->nodes_n) * sizeof *spy->nodes);
        spy->nodes_n = n;
    }
    return &spy->nodes[node];
}

uint32_t sim_spy_life(const struct sim_spy *spy, uint16_t node)
{
    return node < spy->nodes_n ? spy->nodes[node].life : 0;
}

void sim_spy_memory(struct sim_spy *spy, uint16_t node, const char *what, const void *p, size_t len)
{
    struct sim_memory m = {.node = node, .what = what, .p = p, .len = len};

    for (size_t i = 0; i < spy->memory_n; i++) {
        if (spy->memory[i].node == node && strcmp(spy->memory[i].what, what) == 0) {
            spy->memory[i] = m;
            return;
        }
    }
    if (spy->memory_n == spy->memory_cap) {
        spy->memory_cap = spy->memory_cap ? 2 * spy->memory_cap : 16;
        spy->memory = sim_realloc(spy->memory, spy->memory_cap, sizeof *spy->memory);
    }
    spy->memory[spy->memory_n++] = m;
}

void sim_spy_fragment(struct sim_spy *spy, uint16_t node, uint16_t octets)
{
    spied(spy, node)->fragment = octets;
}

/* ---- SAs ------------------------------------------------------------------------------------- */

/* By 64 bits of the sender's SPIs; two words are enough to tell the SAs of a run apart. */
static uint64_t place(const struct sim_spy *spy, uint16_t node, uint64_t kind, uint64_t a,
                      uint64_t b)
{
    uint64_t words[4] = {(uint64_t)sim_spy_life(spy, node) << 32 | (uint64_t)node << 8 | kind, a,
                         b};

    return sim_map_key(words, 3);
}

static uint64_t word(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

enum { KIND_IKE, KIND_CHILD_IN, KIND_CHILD_OUT };

static void set(struct sim_map *m, uint64_t key, uint64_t value)
{
    bool fresh;

    sim_map_put(m, key, value, &fresh);
    *sim_map_at(m, key) = value;
}

static struct sim_sa *get(const struct sim_spy *spy, uint64_t key)
{
    const uint64_t *at = sim_map_at(&spy->sa_at, key);

    return at ? spy->sas[*at] : NULL;
}

struct sim_sa *sim_spy_ike(const struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr)
{
    return get(spy, place(spy, node, KIND_IKE, word(hdr->spi_i), word(hdr->spi_r)));
}

struct sim_sa *sim_spy_child(const struct sim_spy *spy, uint16_t node, uint32_t spi, bool in)
{
    return get(spy, place(spy, node, in ? KIND_CHILD_IN : KIND_CHILD_OUT, spi, 0));
}

static void keep(struct sim_spy *spy, struct sim_sa *sa)
{
    uint64_t at = spy->sas_n;

    if (spy->sas_n == spy->sas_cap) {
        spy->sas_cap = spy->sas_cap ? 2 * spy->sas_cap : 16;
        spy->sas = sim_realloc(spy->sas, spy->sas_cap, sizeof *spy->sas);
    }
    spy->sas[spy->sas_n++] = sa;
    if (sa->child) {
        sa->older = sim_spy_child(spy, sa->node, sa->spi_out, false);
        set(&spy->sa_at, place(spy, sa->node, KIND_CHILD_IN, sa->spi_in, 0), at);
        set(&spy->sa_at, place(spy, sa->node, KIND_CHILD_OUT, sa->spi_out, 0), at);
    } else {
        set(&spy->sa_at, place(spy, sa->node, KIND_IKE, word(sa->spi_i), word(sa->spi_r)), at);
    }
}

/* Only the octets: what is computed of them here would stand on the stack of the call that runs,
 * where check_secrets.c looks for them. */
static void key_copy(struct sim_key *key, struct ik_span from)
{
    key->len = from.len <= SIM_KEY_MAX ? (uint8_t)from.len : 0;
    if (key->len)
        memcpy(key->b, from.p, key->len);
}

static struct sim_sa *sa_new(struct sim_spy *spy, uint16_t node, uint16_t slot, bool child)
{
    struct sim_sa *sa = sim_calloc(1, sizeof *sa);

    sa->child = child;
    sa->node = node;
    sa->life = spied(spy, node)->life;
    sa->slot = slot;
    sa->born = spy->now;
    sa->fresh = true;
    return sa;
}

static void ike_new(struct sim_spy *spy, uint16_t node, const struct ik_node *core, uint16_t slot)
{
    const struct ik_crypto *crypto = core->config->crypto;
    struct ik_export_ike x;
    struct sim_sa *sa;

    if (!ik_export_ike(core, slot, &x)) {
        sim_spy_fail(spy, "n%u: IKE keys are traced, but can't be exported", node);
        return;
    }
    sa = sa_new(spy, node, slot, false);
    memcpy(sa->spi_i, x.spi_i, IK_SPI_LEN);
    memcpy(sa->spi_r, x.spi_r, IK_SPI_LEN);
    sa->crypto = spy->crypto ? spy->crypto : crypto;
    sa->encr = ik_crypto_encr(crypto, x.encr_id, x.encr_key_bits);
    sa->integ = x.integ_id ? ik_crypto_integ(crypto, x.integ_id) : NULL;
    key_copy(&sa->keys[SIM_SK_D], x.sk_d);
    key_copy(&sa->keys[SIM_SK_AI], x.sk_ai);
    key_copy(&sa->keys[SIM_SK_AR], x.sk_ar);
    key_copy(&sa->keys[SIM_SK_EI], x.sk_ei);
    key_copy(&sa->keys[SIM_SK_ER], x.sk_er);
    key_copy(&sa->keys[SIM_SK_PI], x.sk_pi);
    key_copy(&sa->keys[SIM_SK_PR], x.sk_pr);
    keep(spy, sa);
}

/* RFC 8784: three of its keys are others. */
static void ike_mixed(struct sim_spy *spy, uint16_t node, const struct ik_node *core, uint16_t slot)
{
    struct ik_export_ike x;
    struct ik_hdr hdr = {0};
    struct sim_sa *sa;

    if (!ik_export_ike(core, slot, &x))
        return;
    memcpy(hdr.spi_i, x.spi_i, IK_SPI_LEN);
    memcpy(hdr.spi_r, x.spi_r, IK_SPI_LEN);
    sa = sim_spy_ike(spy, node, &hdr);
    if (!sa || sa->fresh)
        return;
    if (memcmp(sa->keys[SIM_SK_D].b, x.sk_d.p, x.sk_d.len) == 0 ||
        memcmp(sa->keys[SIM_SK_PI].b, x.sk_pi.p, x.sk_pi.len) == 0 ||
        memcmp(sa->keys[SIM_SK_PR].b, x.sk_pr.p, x.sk_pr.len) == 0)
        sim_spy_fail(spy, "n%u: a PPK leaves a key as it was", node);
    key_copy(&sa->keys[SIM_SK_D], x.sk_d);
    key_copy(&sa->keys[SIM_SK_PI], x.sk_pi);
    key_copy(&sa->keys[SIM_SK_PR], x.sk_pr);
    sa->fresh = true;
    sa->ppk = true;
}

static void child_new(struct sim_spy *spy, uint16_t node, const struct ik_node *core, uint16_t slot)
{
    const struct ik_crypto *crypto = core->config->crypto;
    struct ik_export_child x;
    struct sim_sa *sa;

    if (!ik_export_child(core, slot, &x)) {
        sim_spy_fail(spy, "n%u: Child SA %u is traced, but can't be exported", node, slot);
        return;
    }
    sa = sa_new(spy, node, slot, true);
    sa->spi_in = x.spi_in;
    sa->spi_out = x.spi_out;
    sa->mode = x.mode;
    sa->esn = x.esn;
    sa->ah = x.ah;
    sa->crypto = spy->crypto ? spy->crypto : crypto;
    sa->encr = ik_crypto_encr(crypto, x.encr_id, x.encr_key_bits);
    sa->integ = x.integ_id ? ik_crypto_integ(crypto, x.integ_id) : NULL;
    key_copy(&sa->keys[SIM_ENCR_IN], x.encr_in);
    key_copy(&sa->keys[SIM_ENCR_OUT], x.encr_out);
    key_copy(&sa->keys[SIM_INTEG_IN], x.integ_in);
    key_copy(&sa->keys[SIM_INTEG_OUT], x.integ_out);
    sa->ts_local_n = x.ts_local_n;
    sa->ts_remote_n = x.ts_remote_n;
    memcpy(sa->ts_local, x.ts_local, x.ts_local_n * sizeof *x.ts_local);
    memcpy(sa->ts_remote, x.ts_remote, x.ts_remote_n * sizeof *x.ts_remote);
#if IK_PACKET_TS
    uint16_t policy = core->host.child_sas[slot].policy;
    if (policy < core->config->policies_n)
        sim_check_populated(spy, sa, core->config->policies[policy].pfp);
#endif
    keep(spy, sa);
}

void sim_spy_trace(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                   const struct ik_trace_rec *rec)
{
    struct ik_export_ike x;

    if (spied(spy, node)->narrow)
        sim_check_path_moved(spy, node, core);
    switch (rec->event) {
    case IK_TR_IKE_KEYS:
        ike_new(spy, node, core, rec->sa);
        break;
    case IK_TR_IKE_PPK:
        ike_mixed(spy, node, core, rec->sa);
        break;
    case IK_TR_CHILD_UP:
        child_new(spy, node, core, rec->sa);
        break;
    case IK_TR_ESP_RX:
    case IK_TR_AH_RX:
        spied(spy, node)->rx = true;
        spied(spy, node)->rx_spi = rec->a;
        spied(spy, node)->rx_seq = rec->b;
        return;
    case IK_TR_PATH_MTU:
        sim_check_path_heeded(spy, node, spied(spy, node), rec->a, rec->b);
        return;
    case IK_TR_PATH_FOUND:
        sim_check_probe_found(spy, node, core, rec->a, rec->b);
        return;
    case IK_TR_IKE_STATE:
        if (rec->b == IK_IKE_UP && ik_export_ike(core, rec->sa, &x))
            sim_check_ticket_up(spy, node, x.spi_i);
        break;
    case IK_TR_CHILD_DOWN:
        break;
    default:
        return;
    }
    spied(spy, node)->changed = true;
}

/* ---- after a call ---------------------------------------------------------------------------- */

static bool still_there(const struct ik_node *core, const struct sim_sa *sa)
{
    struct ik_export_child c;
    struct ik_export_ike i;

    if (sa->child)
        return ik_export_child(core, sa->slot, &c) && c.spi_in == sa->spi_in &&
               c.spi_out == sa->spi_out;
    return ik_export_ike(core, sa->slot, &i) && memcmp(i.spi_i, sa->spi_i, IK_SPI_LEN) == 0 &&
           memcmp(i.spi_r, sa->spi_r, IK_SPI_LEN) == 0;
}

static void sa_begins(struct sim_spy *spy, struct sim_sa *sa)
{
    sa->fresh = false;
    for (unsigned i = 0; i < SIM_KEYS_N; i++) {
        struct sim_key *key = &sa->keys[i];
        key->id = sim_spy_digest(0, key->b, key->len);
        sim_secret_add(&spy->secrets, key->b, key->len, SIM_SECRET_KEY);
    }
    sim_check_iv_keys(spy, sa);
}

/* True if it has ended. */
static bool look_at(struct sim_spy *spy, struct sim_sa *sa, const struct ik_node *core)
{
    if (sa->fresh)
        sa_begins(spy, sa);
    sa->ended = !core || !still_there(core, sa);
    return sa->ended;
}

/* Memory is looked through once for so many SAs. */
#define ENDED_AT_ONCE 32

/* core: NULL if the node was wiped. */
/* Whose own request an attacker gave back to him has both ends of an IKE SA, until AUTH. */
static bool other_end_lives(const struct sim_spy *spy, const struct sim_sa *sa)
{
    for (size_t i = 0; i < spy->sas_n; i++) {
        const struct sim_sa *o = spy->sas[i];
        if (o != sa && o->node == sa->node && !o->ended && !o->child && !sa->child &&
            memcmp(o->spi_i, sa->spi_i, IK_SPI_LEN) == 0 &&
            memcmp(o->spi_r, sa->spi_r, IK_SPI_LEN) == 0)
            return true;
    }
    return false;
}

static void look(struct sim_spy *spy, uint16_t node, const struct ik_node *core)
{
    const struct sim_key *ended[ENDED_AT_ONCE];
    size_t n = 0;

    for (size_t i = 0; i < spy->sas_n; i++) {
        struct sim_sa *sa = spy->sas[i];
        if (sa->node != node || sa->ended || !look_at(spy, sa, core) || other_end_lives(spy, sa))
            continue;
        ended[n++] = sa->keys;
        if (n == ENDED_AT_ONCE) {
            sim_check_secrets_ended(spy, node, ended, n);
            n = 0;
        }
    }
    sim_check_secrets_ended(spy, node, ended, n);
}

void sim_spy_called(struct sim_spy *spy, uint16_t node, const struct ik_node *core)
{
    struct sim_spied *n = spied(spy, node);

#if !IK_LINKED
    n->config = core->config;
#endif
    n->told = false;
    sim_check_work(spy, node, core);
    if (!n->changed)
        return;
    n->changed = false;
    look(spy, node, core);
}

/* What it counts from a moment is older by so much. */
void sim_spy_jumped(struct sim_spy *spy, uint16_t node, ik_time span)
{
    for (size_t i = 0; i < spy->sas_n; i++) {
        struct sim_sa *sa = spy->sas[i];
        if (sa->node != node)
            continue;
        if (span > sa->mtu_at)
            sa->mtu = 0;
        sa->mtu_at -= span < sa->mtu_at ? span : sa->mtu_at;
    }
}

void sim_spy_off(struct sim_spy *spy, uint16_t node)
{
    look(spy, node, NULL);
    spied(spy, node)->life++;
    spied(spy, node)->restored = false;
    spied(spy, node)->meter = (struct ik_meter){0};
    spied(spy, node)->work_of = 0;
}

/* Its old SAs are what they were, and it will seal with them as it has done before. */
static void forgive(struct sim_spy *spy, uint16_t node)
{
    for (size_t i = 0; i < spy->sas_n; i++) {
        struct sim_sa *sa = spy->sas[i];
        bool fresh;
        if (sa->node != node)
            continue;
        sa->ended = true;
        for (unsigned k = 0; k < SIM_KEYS_N; k++)
            sim_map_put(&spy->forgiven, sa->keys[k].id, 1, &fresh);
    }
}

void sim_spy_restored(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                      uint16_t ike_sas, uint16_t child_sas)
{
    struct ik_export_ike i;
    struct ik_export_child c;

    forgive(spy, node);
    spied(spy, node)->life++;
    spied(spy, node)->restored = true;
    sim_check_work_begin(&spied(spy, node)->meter, core);
    for (uint16_t k = 0; k < ike_sas; k++) {
        if (ik_export_ike(core, k, &i))
            ike_new(spy, node, core, k);
    }
    for (uint16_t k = 0; k < child_sas; k++) {
        if (ik_export_child(core, k, &c))
            child_new(spy, node, core, k);
    }
    look(spy, node, core);
}

bool sim_spy_is_restored(const struct sim_spy *spy, uint16_t node)
{
    return node < spy->nodes_n && spy->nodes[node].restored;
}

/* ---- messages -------------------------------------------------------------------------------- */

static void saw_ike(struct sim_spy *spy, struct sim_seen *m, const struct ik_path *path)
{
    bool fresh;

    if (ik_hdr_parse(m->bytes, m->len, &m->hdr) != IK_OK)
        return;
    if (m->hdr.next == IK_PL_SKF || m->hdr.next == IK_PL_SK) {
        sim_check_fragments_size(spy, m);
        sim_check_probe_sent(spy, m, path);
    }
    sim_map_put(&spy->sent, sim_spy_digest(m->node, m->bytes, m->len), 1, &fresh);
    if (!fresh)
        return; /* bit for bit what was sent before */
    if (m->hdr.next == IK_PL_SKF) {
        spy->opened++;
        if (!sim_check_fragments_sent(spy, m))
            return;
    } else if (m->hdr.next == IK_PL_SK) {
        m->sa = sim_spy_ike(spy, m->node, &m->hdr);
        if (!m->sa ||
            sim_spy_open_ike(spy, m->sa, m->bytes, m->len, &m->msg, &m->iv) != SIM_OPENED) {
            sim_spy_fail(spy, "n%u: sends an SK payload that its own keys do not open", m->node);
            return;
        }
        spy->opened++;
        sim_check_iv_ike(spy, m);
        sim_check_fragments_whole(spy, m);
    } else if (ik_msg_parse(m->bytes, m->len, &m->msg) != IK_OK) {
        sim_spy_fail(spy, "n%u: sends an IKE message that can't be parsed", m->node);
        return;
    } else {
        sim_check_fragments_init(spy, m->node, &m->hdr, &m->msg);
    }
    sim_check_fresh(spy, m);
    sim_check_window_sent(spy, m);
    sim_check_named(spy, m);
    sim_check_offered(spy, m);
    sim_check_first(spy, m);
    sim_check_ticket_shown(spy, m);
}

static void check_sealed(struct sim_spy *spy, struct sim_sealed *p, bool df, uint16_t len)
{
    spy->opened++;
    sim_check_path_sent(spy, p, df, len);
    sim_check_iv_esp(spy, p);
    sim_check_lifetime(spy, p);
    sim_check_sealed(spy, p);
}

static void saw_esp(struct sim_spy *spy, uint16_t node, const struct ik_path *path, bool df,
                    const uint8_t *data, uint16_t len)
{
    struct sim_sealed p = {.node = node, .at = spy->now, .path = path};
    uint32_t spi =
        (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];

    p.sa = sim_spy_child(spy, node, spi, false);
    while (p.sa && (p.sa->ah || !sim_spy_open_esp(spy, p.sa, data, len, &p)))
        p.sa = p.sa->older;
    if (!p.sa) {
        sim_spy_fail(spy, "n%u: sends ESP that its own keys do not open", node);
        return;
    }
    check_sealed(spy, &p, df, len);
}

static void saw_ah(struct sim_spy *spy, uint16_t node, const struct ik_path *path, bool df,
                   const uint8_t *data, uint16_t len)
{
    struct sim_sealed p = {.node = node, .at = spy->now, .path = path};
    const uint8_t *spi = data + (path->remote.family == 6 ? 40 : 20) + 4;

    if (len >= (path->remote.family == 6 ? 60 : 40))
        p.sa = sim_spy_child(spy, node,
                             (uint32_t)spi[0] << 24 | (uint32_t)spi[1] << 16 |
                                 (uint32_t)spi[2] << 8 | spi[3],
                             false);
    while (p.sa && (!p.sa->ah || !sim_spy_open_ah(spy, p.sa, path, data, len, &p)))
        p.sa = p.sa->older;
    if (!p.sa) {
        sim_spy_fail(spy, "n%u: sends AH that its own keys do not open", node);
        return;
    }
    check_sealed(spy, &p, df, len);
}

/* Offset of the IKE header; len if it is ESP, len + 1 if it is neither. */
static uint16_t ike_at(uint8_t carrier, const uint8_t *data, uint16_t len)
{
    bool marked = len >= 4 && (data[0] | data[1] | data[2] | data[3]) == 0;

    if (carrier == IK_CARRIER_UDP500)
        return 0;
    if (carrier == IK_CARRIER_UDP4500 && marked)
        return 4;
    return len < 8 ? (uint16_t)(len + 1) : len;
}

void sim_spy_sent(struct sim_spy *spy, uint16_t node, const struct ik_path *path, bool df,
                  const uint8_t *data, uint16_t len)
{
    uint16_t at = ike_at(path->carrier, data, len);

    if (at > len)
        return;
    if (path->carrier == IK_CARRIER_AH)
        saw_ah(spy, node, path, df, data, len);
    else if (at == len)
        saw_esp(spy, node, path, df, data, len);
    else
        saw_ike(spy,
                &(struct sim_seen){.node = node,
                                   .at = spy->now,
                                   .bytes = data + at,
                                   .len = (uint16_t)(len - at),
                                   .df = df,
                                   .datagram =
                                       (uint16_t)(len + 8 + (path->remote.family == 6 ? 40 : 20))},
                path);
}

void sim_spy_delivered(struct sim_spy *spy, uint16_t node, const uint8_t *data, uint16_t len)
{
    const struct sim_spied *n = spied(spy, node);
    const struct sim_sa *sa = n->rx ? sim_spy_child(spy, node, n->rx_spi, true) : NULL;

    if (!n->rx)
        return; /* it came in clear */
    if (sa)
        sim_check_opened(spy, sa, n->rx_seq, data, len);
    else
        sim_spy_fail(spy, "n%u: delivers by SPI %08x, which is of no SA of its own", node,
                     (unsigned)n->rx_spi);
}

/* A narrower path than any host takes, or any link of IPv6, there is not. */
void sim_spy_too_big(struct sim_spy *spy, uint16_t node, const struct ik_path *path,
                     struct ik_span quoted, uint16_t mtu)
{
    uint16_t least = path->remote.family == 6 ? 1280 : 576;
    uint16_t at = ike_at(path->carrier, quoted.p, quoted.len);
    struct ik_hdr hdr;

    if (at >= quoted.len) {
        sim_check_path_told(spied(spy, node), path, quoted, mtu);
        return;
    }
    if (quoted.len < at + IK_HDR_LEN)
        return;
    memcpy(&hdr, quoted.p + at, offsetof(struct ik_hdr, flags) + 1);
    sim_check_fragments_told(spy, node, &hdr, mtu > least ? mtu : least);
}

void sim_spy_arrived(struct sim_spy *spy, uint16_t node, uint8_t carrier, const uint8_t *data,
                     uint16_t len)
{
    uint16_t at = ike_at(carrier, data, len);
    struct ik_hdr hdr;
    struct ik_msg msg;
    struct ik_span iv;
    struct sim_sa *sa;
    enum sim_opened opened;
    bool parsed;

    spied(spy, node)->rx = false;
    if (at >= len || ik_hdr_parse(data + at, (size_t)(len - at), &hdr) != IK_OK)
        return;
    sim_check_window_claimed(spy, node, &hdr);
    if (hdr.next != IK_PL_SK && hdr.next != IK_PL_SKF) {
        sim_check_window_arrived(spy, node, &hdr, NULL);
        if (ik_msg_parse(data + at, (size_t)(len - at), &msg) == IK_OK)
            sim_check_fragments_init(spy, node, &hdr, &msg);
        return;
    }
    sa = sim_spy_ike(spy, node, &hdr);
    if (!sa)
        return;
    if (hdr.next == IK_PL_SKF) {
        if (sim_check_fragments_arrived(spy, node, sa, data + at, (uint16_t)(len - at), &msg,
                                        &parsed))
            sim_check_window_arrived(spy, node, &hdr, parsed ? &msg : NULL);
        return;
    }
    opened = sim_spy_open_ike(spy, sa, data + at, (uint16_t)(len - at), &msg, &iv);
    if (opened != SIM_NOT_OPENED) {
        sim_check_window_arrived(spy, node, &hdr, opened == SIM_OPENED ? &msg : NULL);
        sim_check_probe_answered(spy, node, &hdr);
    }
}
