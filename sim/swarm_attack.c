/* SPDX-License-Identifier: MIT */
#include "sim/swarm_attack.h"

#include <string.h>

/* ---- hearing --------------------------------------------------------------------------------- */

static void hear(struct swarm_heard *h, const struct sim_dgram *d)
{
    h->from = d->from;
    h->to = d->to;
    h->len = d->len;
    h->path = (struct ik_path){.carrier = d->path.carrier,
                               .local = d->path.remote,
                               .remote = d->path.local,
                               .local_port = d->path.remote_port,
                               .remote_port = d->path.local_port};
    if (h->path.carrier != IK_CARRIER_ESP)
        h->path.carrier =
            h->path.local_port == IK_PORT_NATT ? IK_CARRIER_UDP4500 : IK_CARRIER_UDP500;
    memcpy(h->data, d->data, d->len);
}

/* What a remote needs to go on in the IKE SA that it has: the last protected message that its
 * gateway got from it. */
static void remember(struct swarm_state *run, const struct sim_dgram *d)
{
    unsigned remote = (unsigned)(d->from - run->plan.gateways);
    static struct swarm_heard h; /* large */
    struct sim_view v;

    sim_view(d, &v);
    if (d->len > sizeof h.data || d->from < run->plan.gateways ||
        d->to != run->plan.remote[remote].gateway || v.kind != SIM_IKE ||
        (v.hdr.next != IK_PL_SK && v.hdr.next != IK_PL_SKF))
        return;
    hear(&h, d);
    run->insider[remote] =
        (struct sim_insider){.from = d->from, .victim = d->to, .path = h.path, .hdr = v.hdr};
}

static void arrives(void *ctx, const struct sim_dgram *d)
{
    struct swarm_state *run = ctx;

    remember(run, d);
    if (d->len <= sizeof run->heard[0].data)
        hear(&run->heard[run->heard_n++ % SWARM_TAPPED], d);
}

static void leaves(void *ctx, const struct sim_dgram *d)
{
    struct swarm_state *run = ctx;

    if (d->len <= sizeof run->answer.data)
        hear(&run->answer, d);
}

void swarm_listen(struct swarm_state *run)
{
    run->s->net.tap = arrives;
    run->s->net.sent = leaves;
    run->s->net.tap_ctx = run;
}

/* ---- who stands outside ---------------------------------------------------------------------- */

/* For the differential run: a node that answers strangers may do so. */
static bool answers_nobody(const struct swarm_state *run, uint16_t node)
{
    return run->s->nodes[node]->opts.config->exchanges != ik_exchanges_all;
}

static void give(struct swarm_state *run, uint16_t node, const struct ik_path *path,
                 const uint8_t *data, uint16_t len)
{
    if (run->how.forged && !answers_nobody(run, node))
        return;
    if (!run->how.mute)
        sim_rx(run->s, node, path, data, len);
}

static const struct swarm_heard *any_heard(struct swarm_state *run)
{
    size_t n = run->heard_n < SWARM_TAPPED ? run->heard_n : SWARM_TAPPED;

    return n ? &run->heard[sim_rng_below(&run->rng, n)] : NULL;
}

/* At another node, as if it had been sent there. */
static void redirect(struct swarm_state *run, struct swarm_heard *h)
{
    h->to = (uint16_t)sim_rng_below(&run->rng, run->s->nodes_n);
    h->path.local = run->s->nodes[h->to]->opts.addr;
}

static void bend(struct sim_rng *r, struct swarm_heard *h)
{
    for (uint64_t k = sim_rng_between(r, 1, 4); h->len && k > 0; k--) {
        uint64_t at = sim_rng_below(r, h->len);
        h->data[at] ^= (uint8_t)(1u << sim_rng_below(r, 8));
    }
}

/* A response to IKE_SA_INIT is believed until AUTH: nobody vouches for it, and nobody can tell a
 * bent one that comes first. For the differential run. */
static bool believed(const struct swarm_heard *h)
{
    struct ik_hdr hdr;
    return ik_hdr_parse(h->data, h->len, &hdr) == IK_OK && hdr.exchange == IK_EX_IKE_SA_INIT &&
           (hdr.flags & IK_FLAG_RESPONSE);
}

void swarm_forge(struct swarm_state *run)
{
    const struct swarm_heard *heard = any_heard(run);
    struct sim_rng *r = &run->rng;
    struct swarm_heard h;

    if (!heard)
        return;
    h = *heard;
    if (sim_rng_below(r, 2) == 0 || run->how.forged)
        bend(r, &h);
    if (sim_rng_below(r, 6) == 0)
        h.len = (uint16_t)sim_rng_between(r, 0, h.len);
    if (sim_rng_below(r, 4) == 0)
        h.path.remote_port = (uint16_t)sim_rng_between(r, 1, 65535);
    if (sim_rng_below(r, 8) == 0)
        redirect(run, &h);
    if (run->how.forged && believed(&h))
        return;
    sim_note(run->s, "forged for n%u len=%u", h.to, h.len);
    give(run, h.to, &h.path, h.data, h.len);
}

/* An answer to an IKE_SA_INIT request that he has heard, as the responder might have given it: an
 * error, a cookie or another group (2.21.1: nobody vouches for those). */
void swarm_spoof(struct swarm_state *run)
{
    static const uint16_t types[] = {IK_N_UNSUPPORTED_CRITICAL_PAYLOAD,
                                     IK_N_INVALID_MAJOR_VERSION,
                                     IK_N_INVALID_SYNTAX,
                                     IK_N_NO_PROPOSAL_CHOSEN,
                                     IK_N_AUTHENTICATION_FAILED,
                                     IK_N_INVALID_KE_PAYLOAD,
                                     IK_N_COOKIE};
    static const uint8_t groups[] = {IK_DH_P256, IK_DH_X25519, IK_DH_MODP_2048, 0, 99};
    struct sim_rng *r = &run->rng;
    /* Those behind it ask for another message, which nobody can refuse (2.6, 2.7). */
    const uint64_t types_n = run->how.forged ? 5 : 7;
    uint8_t buf[128], data[4] = {0};
    const struct swarm_heard *h = any_heard(run);
    struct ik_chain c;
    struct ik_hdr hdr;
    struct ik_path path;

    if (!h)
        return;
    if (ik_hdr_parse(h->data, h->len, &hdr) != IK_OK || hdr.exchange != IK_EX_IKE_SA_INIT)
        return;
    hdr.flags = IK_FLAG_RESPONSE;
    data[1] = groups[sim_rng_below(r, sizeof groups)];
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_notify_put(&c, &(struct ik_notify){.type = types[sim_rng_below(r, types_n)],
                                          .data = {data, (uint16_t)sim_rng_between(r, 0, 4)}});
    if (ik_msg_end(&c) != IK_OK)
        return;
    path = (struct ik_path){.carrier = IK_CARRIER_UDP500,
                            .local = run->s->nodes[h->from]->opts.addr,
                            .local_port = IK_PORT_IKE,
                            .remote = h->path.local,
                            .remote_port = IK_PORT_IKE};
    sim_note(run->s, "spoofed for n%u", h->from);
    give(run, h->from, &path, buf, c.w.len);
}

/* ---- a squatter ------------------------------------------------------------------------------ */

/* The initial request of somebody, as a stranger's: with an SPI, a nonce and a place of its own. */
static bool stranger(struct swarm_state *run, struct swarm_heard *h)
{
    struct sim_rng *r = &run->rng;
    const struct ik_payload *nonce;
    struct ik_msg m;

    if (h->path.carrier != IK_CARRIER_UDP500 || ik_msg_parse(h->data, h->len, &m) != IK_OK ||
        m.hdr.exchange != IK_EX_IKE_SA_INIT || (m.hdr.flags & IK_FLAG_RESPONSE))
        return false;
    nonce = ik_msg_find(&m, IK_PL_NONCE);
    if (!nonce)
        return false;
    sim_rng_bytes(r, h->data, IK_SPI_LEN);
    sim_rng_bytes(r, h->data + (nonce->body.p - h->data), nonce->body.len);
    h->path.remote_port = (uint16_t)sim_rng_between(r, 1025, 65535);
    return true;
}

/* RFC 7296 2.6: the same request with the cookie in front. False: it was asked for none. */
static bool with_cookie(struct swarm_heard *h, const struct swarm_heard *answer)
{
    uint16_t len;
    struct ik_notify n;
    struct ik_msg m;

    if (ik_msg_parse(answer->data, answer->len, &m) != IK_OK ||
        memcmp(m.hdr.spi_i, h->data, IK_SPI_LEN) != 0 || !ik_notify_find(&m, IK_N_COOKIE, &n))
        return false;
    len = (uint16_t)(8 + n.data.len);
    if (h->len + len > (int)sizeof h->data)
        return false;
    memmove(h->data + IK_HDR_LEN + len, h->data + IK_HDR_LEN, (size_t)(h->len - IK_HDR_LEN));
    memcpy(h->data + IK_HDR_LEN,
           (const uint8_t[8]){h->data[16], 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0,
                              IK_N_COOKIE >> 8, (uint8_t)IK_N_COOKIE},
           8);
    memcpy(h->data + IK_HDR_LEN + 8, n.data.p, n.data.len);
    h->data[16] = IK_PL_NOTIFY;
    h->len = (uint16_t)(h->len + len);
    h->data[26] = (uint8_t)(h->len >> 8);
    h->data[27] = (uint8_t)h->len;
    return true;
}

void swarm_squat(struct swarm_state *run)
{
    for (uint64_t k = sim_rng_between(&run->rng, 1, 8); k > 0; k--) {
        const struct swarm_heard *heard = any_heard(run);
        struct swarm_heard h;
        if (!heard)
            return;
        h = *heard;
        if (!stranger(run, &h))
            continue;
        run->answer.len = 0;
        sim_note(run->s, "squatter for n%u", h.to);
        give(run, h.to, &h.path, h.data, h.len);
        if (run->answer.len && with_cookie(&h, &run->answer))
            give(run, h.to, &h.path, h.data, h.len);
    }
}

/* ---- who decides what arrives, and when ------------------------------------------------------ */

void swarm_hold(struct swarm_state *run, uint16_t node)
{
    struct sim_rng *r = &run->rng;

    if (run->s->script.rules_n < SIM_RULES_MAX)
        sim_rule_add(run->s, &(struct sim_rule){.node = node,
                                                .kind = SIM_ANY,
                                                .exchange = SIM_ANY,
                                                .response = SIM_ANY,
                                                .msgid = SIM_ANY,
                                                .nth = (uint16_t)sim_rng_below(r, 4),
                                                .act = SIM_HOLD,
                                                .label = 'h'});
}

void swarm_release(struct swarm_state *run)
{
    sim_rules_clear(run->s);
    sim_net_release(run->s, 'h');
}

/* ---- who has keys ---------------------------------------------------------------------------- */

void swarm_misbehave(struct swarm_state *run, uint8_t remote)
{
    const struct sim_insider in = run->insider[remote];

    if (in.hdr.next != IK_PL_SK)
        return; /* it has sent nothing protected so far */
    for (uint64_t k = sim_rng_between(&run->rng, 1, 6); k > 0; k--) {
        if (sim_rng_below(&run->rng, 3))
            sim_insider_ike(run->s, &in, &run->rng);
        else
            sim_insider_esp(run->s, &in, &run->rng);
    }
}
