/* SPDX-License-Identifier: MIT */
#include "sim/swarm.h"

#include <inttypes.h>
#include <string.h>

#define PAYLOAD_MAX 1300

/* What the attacker has heard. */
struct heard {
    uint16_t from, to;
    struct ik_path path; /* as the receiver saw it */
    uint16_t len;
    uint8_t data[2048];
};

struct run {
    struct sim *s;
    struct swarm_plan plan;
    struct sim_rng rng;
    struct heard heard[SWARM_TAPPED];
    size_t heard_n;
};

/* ---- trouble -------------------------------------------------------------------------------- */

static void listen(void *ctx, const struct sim_dgram *d)
{
    struct run *run = ctx;
    struct heard *h = &run->heard[run->heard_n++ % SWARM_TAPPED];

    if (d->len > sizeof h->data) {
        run->heard_n--;
        return;
    }
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

/* Repeats what was heard: as it was, bent, cut short, or from another place. */
static void forge(struct run *run)
{
    struct sim_rng *r = &run->rng;
    size_t n = run->heard_n < SWARM_TAPPED ? run->heard_n : SWARM_TAPPED;
    struct heard h;

    if (n == 0)
        return;
    h = run->heard[sim_rng_below(r, n)];
    if (h.len && sim_rng_below(r, 2) == 0) {
        for (uint64_t k = sim_rng_between(r, 1, 4); k > 0; k--)
            h.data[sim_rng_below(r, h.len)] ^= (uint8_t)(1u << sim_rng_below(r, 8));
    }
    if (sim_rng_below(r, 6) == 0)
        h.len = (uint16_t)sim_rng_between(r, 0, h.len);
    if (sim_rng_below(r, 4) == 0)
        h.path.remote_port = (uint16_t)sim_rng_between(r, 1, 65535);
    sim_note(run->s, "forged for n%u len=%u", h.to, h.len);
    sim_rx(run->s, h.to, &h.path, h.data, h.len);
}

/* An answer to an IKE_SA_INIT request that he has heard, as the responder might have given it: an
 * error, a cookie or another group (2.21.1: nobody vouches for those). */
static void spoof(struct run *run)
{
    static const uint16_t types[] = {IK_N_UNSUPPORTED_CRITICAL_PAYLOAD,
                                     IK_N_INVALID_MAJOR_VERSION,
                                     IK_N_INVALID_SYNTAX,
                                     IK_N_NO_PROPOSAL_CHOSEN,
                                     IK_N_INVALID_KE_PAYLOAD,
                                     IK_N_AUTHENTICATION_FAILED,
                                     IK_N_COOKIE};
    static const uint8_t groups[] = {IK_DH_P256, IK_DH_X25519, IK_DH_MODP_2048, 0, 99};
    struct sim_rng *r = &run->rng;
    size_t n = run->heard_n < SWARM_TAPPED ? run->heard_n : SWARM_TAPPED;
    uint8_t buf[128], data[4] = {0};
    const struct heard *h;
    struct ik_chain c;
    struct ik_hdr hdr;
    struct ik_path path;

    if (n == 0)
        return;
    h = &run->heard[sim_rng_below(r, n)];
    if (ik_hdr_parse(h->data, h->len, &hdr) != IK_OK || hdr.exchange != IK_EX_IKE_SA_INIT)
        return;
    hdr.flags = IK_FLAG_RESPONSE;
    data[1] = groups[sim_rng_below(r, sizeof groups)];
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_notify_put(&c, &(struct ik_notify){.type = types[sim_rng_below(r, 7)],
                                          .data = {data, (uint16_t)sim_rng_between(r, 0, 4)}});
    if (ik_msg_end(&c) != IK_OK)
        return;
    path = (struct ik_path){.carrier = IK_CARRIER_UDP500,
                            .local = run->s->nodes[h->from]->opts.addr,
                            .local_port = IK_PORT_IKE,
                            .remote = h->path.local,
                            .remote_port = IK_PORT_IKE};
    sim_note(run->s, "spoofed for n%u", h->from);
    sim_rx(run->s, h->from, &path, buf, c.w.len);
}

static void restart(struct run *run, uint16_t node)
{
    sim_node_off(run->s, node);
    sim_run_for(run->s, sim_rng_between(&run->rng, 0, 10 * IK_SECOND));
    sim_node_on(run->s, node);
}

static void nat_reboot(struct run *run)
{
    struct sim *s = run->s;
    uint16_t i;

    if (s->nats_n == 0)
        return;
    i = (uint16_t)sim_rng_below(&run->rng, s->nats_n);
    sim_note(s, "nat%u reboot", i);
    sim_nat_reboot(s->nats[i]);
}

static uint16_t which(struct run *run, uint8_t remote)
{
    return (uint16_t)sim_rng_below(&run->rng, swarm_policies(&run->plan, remote));
}

static void call(struct run *run, uint8_t remote)
{
    const struct swarm_remote *m = &run->plan.remote[remote];
    uint16_t policy = which(run, remote);

    if (m->mutual && sim_rng_below(&run->rng, 2) == 0)
        sim_up(run->s, m->gateway, swarm_policy(&run->plan, remote, policy));
    else
        sim_up(run->s, swarm_node(&run->plan, remote), policy);
}

static void hang_up(struct run *run, uint8_t remote)
{
    const struct swarm_remote *m = &run->plan.remote[remote];

    switch (sim_rng_below(&run->rng, 3)) {
    case 0:
        sim_down(run->s, m->gateway, swarm_peer(&run->plan, remote));
        break;
    case 1:
        sim_down(run->s, swarm_node(&run->plan, remote), 0);
        break;
    default:
        sim_down(run->s, swarm_node(&run->plan, remote), IK_NO_SLOT);
        sim_down(run->s, m->gateway, IK_NO_SLOT);
        break;
    }
}

static void talk(struct run *run, uint8_t remote)
{
    struct swarm_packet packet = {.remote = remote,
                                  .from_remote = sim_rng_below(&run->rng, 2) == 0,
                                  .policy = which(run, remote)};

    for (uint64_t k = sim_rng_between(&run->rng, 1, 20); k > 0; k--) {
        packet.payload = (uint16_t)sim_rng_between(&run->rng, SIM_PAYLOAD_MIN, PAYLOAD_MAX);
        /* Now and then one bit of the header is not as usual: fragments, options, lengths … */
        packet.odd_at = (uint16_t)sim_rng_below(&run->rng, 28);
        packet.odd_mask = 0;
        if (sim_rng_below(&run->rng, 8) == 0)
            packet.odd_mask = (uint8_t)(1u << sim_rng_below(&run->rng, 8));
        swarm_send(run->s, &run->plan, &packet);
        sim_run_for(run->s, sim_rng_below(&run->rng, 20 * IK_MS));
    }
}

static void event(struct run *run)
{
    struct sim *s = run->s;
    uint8_t remote = (uint8_t)sim_rng_below(&run->rng, run->plan.remotes);
    uint16_t node = (uint16_t)sim_rng_below(&run->rng, s->nodes_n);
    uint64_t what = sim_rng_below(&run->rng, 100);

    if (what < 35)
        call(run, remote);
    else if (what < 64)
        talk(run, remote);
    else if (what < 70)
        hang_up(run, remote);
    else if (what < 73)
        nat_reboot(run);
    else if (what < 78)
        s->nodes[node]->opts.link.cut = !s->nodes[node]->opts.link.cut;
    else if (what < 82 && run->plan.restart)
        restart(run, node);
    else if (what < 95 && run->plan.forge)
        forge(run);
    else if (run->plan.forge)
        spoof(run);
}

static void trouble(struct run *run)
{
    for (uint32_t i = 0; i < run->plan.events && !run->s->failed; i++) {
        event(run);
        /* Mostly close together, so that they meet; sometimes far apart, so that timers run out. */
        sim_run_for(run->s, sim_rng_below(&run->rng, 10)
                                ? sim_rng_below(&run->rng, IK_SECOND)
                                : sim_rng_below(&run->rng, 60 * IK_SECOND));
    }
}

/* ---- convergence ---------------------------------------------------------------------------- */

static void heal(struct run *run)
{
    struct sim *s = run->s;

    sim_note(s, "healed");
    s->net.tap = NULL;
    for (uint16_t i = 0; i < s->nodes_n; i++)
        s->nodes[i]->opts.link = (struct sim_link){.delay = s->nodes[i]->opts.link.delay};
}

/* Everybody calls, whatever state trouble has left him in: soon each has his outcome. */
static void settle(struct run *run)
{
    struct sim *s = run->s;

    for (uint8_t i = 0; i < run->plan.remotes; i++)
        sim_up(s, swarm_node(&run->plan, i), which(run, i));
    sim_run_for(s, 1200 * IK_SECOND);
    if (!s->failed)
        sim_check_settled(s);
}

/* Everybody hangs up; soon nothing is left anywhere. */
static void all_down(struct run *run)
{
    struct sim *s = run->s;

    for (uint16_t i = 0; i < s->nodes_n; i++)
        sim_down(s, i, IK_NO_SLOT);
    if (!sim_run_idle(s, 3600 * IK_SECOND))
        sim_fail(s, "an hour after everybody hung up something is still pending");
    if (!s->failed)
        sim_check_end(s);
}

static unsigned told_since(const struct sim_node *n, size_t from, uint8_t event, uint8_t reason)
{
    unsigned count = 0;

    for (size_t i = from; i < n->told_n; i++)
        count += n->told[i].event == event && n->told[i].reason == reason;
    return count;
}

/* How the handshake of that remote has to end. */
struct verdict {
    uint8_t event;
    uint8_t reason;
};

static const struct verdict verdicts[SWARM_FLAWS] = {
    [SWARM_SOUND] = {IK_EV_CHILD_UP, IK_WHY_NONE},
    [SWARM_WRONG_PSK] = {IK_EV_IKE_FAILED, IK_WHY_AUTH},
    [SWARM_UNKNOWN_ID] = {IK_EV_IKE_FAILED, IK_WHY_AUTH},
    [SWARM_NO_IKE_PROPOSAL] = {IK_EV_IKE_FAILED, IK_WHY_NO_PROPOSAL},
    [SWARM_NO_ESP_PROPOSAL] = {IK_EV_CHILD_FAILED, IK_WHY_NO_PROPOSAL},
    [SWARM_BAD_TS] = {IK_EV_CHILD_FAILED, IK_WHY_TS},
};

static void judge(struct run *run, uint8_t remote, size_t from)
{
    const struct verdict *v = &verdicts[run->plan.remote[remote].flaw];
    struct sim *s = run->s;
    uint16_t node = swarm_node(&run->plan, remote);
    unsigned want = swarm_policies(&run->plan, remote);
    unsigned have = told_since(s->nodes[node], from, v->event, v->reason);

    if (have != want)
        sim_fail(s, "healed, n%u comes %u times of %u to: %s (%s)", node, have, want,
                 host_event_name(v->event), host_reason_text(v->reason));
}

static void all_up(struct run *run)
{
    struct sim *s = run->s;
    size_t from[SWARM_REMOTES];

    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        uint16_t node = swarm_node(&run->plan, i);
        from[i] = s->nodes[node]->told_n;
        for (uint16_t k = 0; k < swarm_policies(&run->plan, i); k++)
            sim_up(s, node, k);
        sim_run_for(s, sim_rng_below(&run->rng, 100 * IK_MS));
    }
    sim_run_for(s, 600 * IK_SECOND);
    for (uint8_t i = 0; i < run->plan.remotes && !s->failed; i++)
        judge(run, i, from[i]);
}

static void all_talk(struct run *run)
{
    struct sim *s = run->s;
    uint32_t first = (uint32_t)s->check.packets_n;

    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        if (run->plan.remote[i].flaw != SWARM_SOUND)
            continue;
        for (uint16_t k = 0; k < 4 * swarm_policies(&run->plan, i); k++)
            swarm_send(s, &run->plan,
                       &(struct swarm_packet){.remote = i,
                                              .from_remote = k & 1,
                                              .policy = k / 4,
                                              .payload = (uint16_t)sim_rng_between(
                                                  &run->rng, SIM_PAYLOAD_MIN, PAYLOAD_MAX)});
    }
    sim_run_for(s, IK_SECOND);
    for (uint32_t id = first; id < s->check.packets_n && !s->failed; id++) {
        if (s->check.packets[id].delivered != 1)
            sim_fail(s, "healed, packet %u from n%u does not arrive", (unsigned)id,
                     s->check.packets[id].from);
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

static void account(const struct sim *s, struct swarm_result *out)
{
    out->good = !s->failed;
    memcpy(out->why, s->why, sizeof out->why);
    out->trace_hash = s->sent_hash ^ s->trace_hash;
    for (uint16_t i = 0; i < s->nodes_n; i++) {
        out->handshakes += sim_told_count(s, i, IK_EV_IKE_UP, IK_WHY_NONE);
        out->failures += sim_told_count(s, i, IK_EV_IKE_FAILED, IK_WHY_NONE);
        out->delivered += s->nodes[i]->delivered;
        out->datagrams += s->nodes[i]->sent;
    }
    out->packets = (uint32_t)s->check.packets_n;
    out->virtual_s = (s->clock.now - s->opts.start) / IK_SECOND;
}

void swarm_run(uint64_t seed, const struct sim_opts *opts, struct swarm_result *out)
{
    static struct run run; /* large; one run at a time */
    struct sim_opts mine = *opts;

    *out = (struct swarm_result){0};
    memset(&run, 0, sizeof run);
    sim_rng_init(&run.rng, seed);
    swarm_plan_draw(&run.rng, &run.plan);
    if (opts->verbose)
        swarm_plan_print(opts->verbose, &run.plan);
    mine.seed = seed;
    mine.start = run.plan.start;
    run.s = sim_new(&mine);
    run.s->net.tap = listen;
    run.s->net.tap_ctx = &run;
    swarm_plan_build(run.s, &run.plan);
    trouble(&run);
    heal(&run);
    settle(&run);
    all_down(&run);
    all_up(&run);
    all_talk(&run);
    all_down(&run);
    account(run.s, out);
    sim_free(run.s);
}
