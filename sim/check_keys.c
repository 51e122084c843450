/* SPDX-License-Identifier: MIT */
/* Both ends of an SA hold the same keys. */
#include <string.h>

#include "sim/mem.h"
#include "sim/sim.h"

/* ---- digests --------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t word)
{
    uint64_t words[2] = {h, word};

    return sim_map_key(words, 2);
}

static uint64_t mix_bytes(uint64_t h, const uint8_t *p, size_t len)
{
    h = mix(h, len);
    for (size_t i = 0; i < len; i++)
        h = mix(h, p[i]);
    return h;
}

static uint64_t mix_span(uint64_t h, struct ik_span span)
{
    return mix_bytes(h, span.p, span.len);
}

static uint64_t ts_digest(const struct ik_ts *ts, uint8_t n)
{
    uint64_t h = n;

    for (uint8_t i = 0; i < n; i++) {
        size_t len = ts[i].family == 6 ? 16 : 4;
        h = mix(mix(mix(mix(h, ts[i].family), ts[i].proto), ts[i].port_lo), ts[i].port_hi);
        h = mix_bytes(mix_bytes(h, ts[i].lo, len), ts[i].hi, len);
    }
    return h;
}

/* ---- both ends ------------------------------------------------------------------------------- */

static uint64_t ike_digest(const struct ik_export_ike *x)
{
    uint64_t h = mix(mix(mix(mix(x->encr_id, x->encr_key_bits), x->integ_id), x->prf_id), x->dh_id);

    h = mix_span(mix_span(mix_span(h, x->sk_d), x->sk_ai), x->sk_ar);
    h = mix_span(mix_span(h, x->sk_ei), x->sk_er);
    return mix_span(mix_span(h, x->sk_pi), x->sk_pr);
}

void sim_check_ike_keys(struct sim_node *n, uint16_t ike)
{
    struct sim_check *c = &n->sim->check;
    struct sim_ike_rec rec = {.node = n->index};
    struct ik_export_ike x;

    if (!ik_export_ike(&n->core, ike, &x))
        return; /* up and down again in one event */
    memcpy(rec.spi_i, x.spi_i, IK_SPI_LEN);
    memcpy(rec.spi_r, x.spi_r, IK_SPI_LEN);
    rec.digest = ike_digest(&x);
    for (size_t i = 0; i < c->ikes_n; i++) {
        const struct sim_ike_rec *o = &c->ikes[i];
        if (o->node == rec.node || memcmp(o->spi_i, rec.spi_i, IK_SPI_LEN) != 0 ||
            memcmp(o->spi_r, rec.spi_r, IK_SPI_LEN) != 0)
            continue;
        if (o->digest != rec.digest)
            sim_fail(n->sim, "n%u and n%u hold different keys of one IKE SA", o->node, rec.node);
    }
    if (c->ikes_n == c->ikes_cap) {
        c->ikes_cap = c->ikes_cap ? 2 * c->ikes_cap : 16;
        c->ikes = sim_realloc(c->ikes, c->ikes_cap, sizeof *c->ikes);
    }
    c->ikes[c->ikes_n++] = rec;
}

/* Not whether it sends ESP in UDP: each end takes both (RFC 7296 2.23), and whoever bends an
 * IKE_SA_INIT response makes one end see a NAT that the other does not see. */
static uint64_t child_digest(const struct ik_export_child *x, bool in)
{
    uint64_t h = mix(mix(mix(x->encr_id, x->encr_key_bits), x->integ_id), x->mode);

    return mix_span(mix_span(h, in ? x->encr_in : x->encr_out), in ? x->integ_in : x->integ_out);
}

static void child_compare(struct sim *s, const struct sim_child_rec *a,
                          const struct sim_child_rec *b)
{
    /* An older self asks once more, with another nonce and the same message id: what it takes for
     * the answer is that to its younger self. */
    if (sim_spy_is_restored(&s->spy, a->node) || sim_spy_is_restored(&s->spy, b->node))
        return;
    if (a->digest_in != b->digest_out || a->digest_out != b->digest_in)
        sim_fail(s, "n%u and n%u hold different keys of one Child SA", a->node, b->node);
    if (a->ts_local != b->ts_remote || a->ts_remote != b->ts_local)
        sim_fail(s, "n%u and n%u hold different selectors of one Child SA", a->node, b->node);
}

void sim_check_child_keys(struct sim_node *n, uint16_t child)
{
    struct sim_check *c = &n->sim->check;
    struct sim_child_rec rec = {.node = n->index};
    struct ik_export_child x;

    if (!ik_export_child(&n->core, child, &x))
        return;
    rec.spi_in = x.spi_in;
    rec.spi_out = x.spi_out;
    rec.digest_in = child_digest(&x, true);
    rec.digest_out = child_digest(&x, false);
    if (x.mode == IK_TUNNEL) {
        rec.ts_local = ts_digest(x.ts_local, x.ts_local_n);
        rec.ts_remote = ts_digest(x.ts_remote, x.ts_remote_n);
    }
    for (size_t i = 0; i < c->children_n; i++) {
        const struct sim_child_rec *o = &c->children[i];
        if (o->node != rec.node && o->spi_in == rec.spi_out && o->spi_out == rec.spi_in)
            child_compare(n->sim, o, &rec);
    }
    if (c->children_n == c->children_cap) {
        c->children_cap = c->children_cap ? 2 * c->children_cap : 16;
        c->children = sim_realloc(c->children, c->children_cap, sizeof *c->children);
    }
    c->children[c->children_n++] = rec;
}
