/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "sim/node.h"
#include "sim/swarm_attack.h"

#define PAYLOAD_MAX 1300
#define AGREEING 60 /* seconds in which both ends must have been seen to agree once */

/* ---- trouble --------------------------------------------------------------------------------- */

static void restart(struct swarm_state *run, uint16_t node)
{
    sim_node_off(run->s, node);
    sim_run_for(run->s, sim_rng_between(&run->rng, 0, 10 * IK_SECOND));
    sim_node_on(run->s, node);
}

static void nat_reboot(struct swarm_state *run)
{
    struct sim *s = run->s;
    uint16_t i;

    if (s->nats_n == 0)
        return;
    i = (uint16_t)sim_rng_below(&run->rng, s->nats_n);
    sim_note(s, "nat%u reboot", i);
    sim_nat_reboot(s->nats[i]);
}

static uint16_t which(struct swarm_state *run, uint8_t remote)
{
    return (uint16_t)sim_rng_below(&run->rng, swarm_policies(&run->plan, remote));
}

static void call(struct swarm_state *run, uint8_t remote)
{
    const struct swarm_remote *m = &run->plan.remote[remote];
    uint16_t policy = which(run, remote);

    if (m->mutual && sim_rng_below(&run->rng, 2) == 0)
        sim_up(run->s, m->gateway, swarm_policy(&run->plan, remote, policy));
    else
        swarm_up(run->s, &run->plan, remote, policy);
}

static void hang_up(struct swarm_state *run, uint8_t remote)
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

static void talk(struct swarm_state *run, uint8_t remote)
{
    struct swarm_packet packet = {.remote = remote,
                                  .from_remote = sim_rng_below(&run->rng, 2) == 0,
                                  .policy = which(run, remote)};

    for (uint64_t k = sim_rng_between(&run->rng, 1, 12); k > 0; k--) {
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

/* ---- what the plan allows -------------------------------------------------------------------- */

/* Behind another box; or over a path that takes less. */
static void roam(struct swarm_state *run, uint8_t remote)
{
    const struct swarm_remote *m = &run->plan.remote[remote];
    struct sim_node_opts *o = &run->s->nodes[swarm_node(&run->plan, remote)]->opts;

    if (m->nat && m->mode == IK_TUNNEL && sim_rng_below(&run->rng, 2) == 0) {
        o->nat = (uint16_t)sim_rng_between(&run->rng, 1, run->s->nats_n);
        sim_note(run->s, "n%u roams to nat%u", swarm_node(&run->plan, remote), o->nat - 1u);
    } else {
        o->link.mtu = (uint16_t)sim_rng_between(&run->rng, 250, 1500);
        o->link.tells = o->link.mtu % 2 != 0;
        o->link.cuts = o->link.mtu % 4 > 1;
    }
}

static void jump(struct swarm_state *run, uint16_t node)
{
    ik_time most = sim_rng_below(&run->rng, 4) ? 60 * IK_SECOND : 36000 * IK_SECOND;

    sim_node_jump(run->s, node, sim_rng_below(&run->rng, most));
}

static void become_older(struct swarm_state *run, uint16_t node)
{
    if (!run->s->nodes[node]->copy || sim_rng_below(&run->rng, 2))
        sim_node_save(run->s, node);
    else
        sim_node_restore(run->s, node);
}

static void cut_one_way(struct swarm_state *run, uint16_t node)
{
    struct sim_link *link = &run->s->nodes[node]->opts.link;

    if (sim_rng_below(&run->rng, 2))
        link->mute = !link->mute;
    else
        link->deaf = !link->deaf;
}

static void delay(struct swarm_state *run, uint16_t node)
{
    if (run->s->script.rules_n == 0 || sim_rng_below(&run->rng, 2))
        swarm_hold(run, node);
    else
        swarm_release(run);
}

/* At both ends at once, half of the time. */
static void renew(struct swarm_state *run, uint8_t remote, uint16_t node)
{
    uint16_t ends[2] = {node, node == run->plan.remote[remote].gateway
                                  ? swarm_node(&run->plan, remote)
                                  : run->plan.remote[remote].gateway};
    unsigned n = sim_rng_below(&run->rng, 2) ? 2 : 1;

    for (unsigned i = 0; i < n; i++) {
        const struct sim_node_opts *o = &run->s->nodes[ends[i]]->opts;
        if (sim_rng_below(&run->rng, 4) == 0)
            sim_reauth(run->s, ends[i], (uint16_t)sim_rng_below(&run->rng, o->ike_sas));
        else if (sim_rng_below(&run->rng, 2))
            sim_rekey_ike(run->s, ends[i], (uint16_t)sim_rng_below(&run->rng, o->ike_sas));
        else
            sim_rekey_child(run->s, ends[i], (uint16_t)sim_rng_below(&run->rng, o->child_sas));
    }
}

enum rare { DIE, SQUAT, ONE_WAY, ROAM, JUMP, OLDER, AGE, DELAY, MISBEHAVE, STARVE, RENEW, RARE_N };

/* Which of them the plan has; answers how many. */
static unsigned rare_kinds(const struct swarm_plan *p, uint8_t kinds[RARE_N])
{
    const bool on[RARE_N] = {[DIE] = p->die,       [SQUAT] = p->squat, [ONE_WAY] = p->oneway,
                             [ROAM] = p->roam,     [JUMP] = p->jump,   [OLDER] = p->older,
                             [AGE] = p->age,       [DELAY] = p->hold,  [MISBEHAVE] = p->insiders,
                             [STARVE] = p->starve, [RENEW] = p->rekey};
    unsigned n = 0;

    for (uint8_t i = 0; i < RARE_N; i++) {
        if (on[i])
            kinds[n++] = i;
    }
    return n;
}

static void misbehave(struct swarm_state *run)
{
    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        if (run->plan.remote[i].insider)
            swarm_misbehave(run, i);
    }
}

/* While somebody calls: in the midst of his handshake. */
static void starve(struct swarm_state *run, uint8_t remote, uint16_t node)
{
    enum sim_pool kind = (enum sim_pool)sim_rng_below(&run->rng, SIM_POOLS);

    call(run, remote);
    sim_run_for(run->s, sim_rng_below(&run->rng, 200 * IK_MS));
    sim_starve_for(run->s, node, kind, sim_rng_below(&run->rng, 5 * IK_SECOND));
}

static void rare_event(struct swarm_state *run, uint8_t remote, uint16_t node)
{
    uint8_t kinds[RARE_N];
    unsigned n = rare_kinds(&run->plan, kinds);

    switch (n ? kinds[sim_rng_below(&run->rng, n)] : RARE_N) {
    case DIE: /* not too many */
        if (sim_rng_below(&run->rng, 4) == 0)
            sim_node_off(run->s, node);
        break;
    case SQUAT:
        swarm_squat(run);
        break;
    case ONE_WAY:
        cut_one_way(run, node);
        break;
    case ROAM:
        roam(run, remote);
        break;
    case JUMP:
        jump(run, node);
        break;
    case OLDER:
        become_older(run, node);
        break;
    case AGE:
        sim_node_age(run->s, node, (uint32_t)sim_rng_below(&run->rng, 20));
        break;
    case DELAY:
        delay(run, node);
        break;
    case MISBEHAVE:
        misbehave(run);
        break;
    case STARVE:
        starve(run, remote, node);
        break;
    case RENEW:
        renew(run, remote, node);
        break;
    default:
        break;
    }
}

static void event(struct swarm_state *run)
{
    struct sim *s = run->s;
    uint8_t remote = (uint8_t)sim_rng_below(&run->rng, run->plan.remotes);
    uint16_t node = (uint16_t)sim_rng_below(&run->rng, s->nodes_n);
    uint64_t what = sim_rng_below(&run->rng, 125);

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
        swarm_forge(run);
    else if (what < 100 && run->plan.forge)
        swarm_spoof(run);
    else if (what >= 100)
        rare_event(run, remote, node);
}

static void trouble(struct swarm_state *run)
{
    for (uint32_t i = 0; i < run->plan.events && !run->s->failed; i++) {
        event(run);
        /* Mostly close together, so that they meet; sometimes far apart, so that timers run out. */
        sim_run_for(run->s, sim_rng_below(&run->rng, 10)
                                ? sim_rng_below(&run->rng, IK_SECOND)
                                : sim_rng_below(&run->rng, 60 * IK_SECOND));
    }
}

/* ---- convergence ----------------------------------------------------------------------------- */

static void heal(struct swarm_state *run)
{
    struct sim *s = run->s;

    sim_note(s, "healed");
    swarm_release(run);
    s->net.tap = s->net.sent = NULL;
    for (uint16_t i = 0; i < s->nodes_n; i++) {
        s->nodes[i]->opts.link = (struct sim_link){.delay = s->nodes[i]->opts.link.delay};
        sim_node_on(s, i);
    }
    /* Who has misbehaved begins anew; what it has done to its own SAs is its own affair. */
    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        if (run->plan.remote[i].insider) {
            sim_node_off(s, swarm_node(&run->plan, i));
            sim_node_on(s, swarm_node(&run->plan, i));
        }
    }
}

/* Until all is decided, at most for so long. Most runs end then: what comes after is SAs that are
 * renewed, which some do at length. */
static void wait_until(struct swarm_state *run, bool (*decided)(const struct swarm_state *run),
                       ik_time span)
{
    struct sim *s = run->s;
    ik_time end = s->clock.now + span;
    bool done;

    do {
        sim_run_for(s, 10 * IK_SECOND);
        done = decided(run) && !run->plan.renew;
    } while (!s->failed && s->clock.now < end && !done);
}

static bool all_heard(const struct swarm_state *run)
{
    return run->s->check.pending.n == 0;
}

/* Everybody calls, whatever state trouble has left him in: soon each has his outcome. */
static void settle(struct swarm_state *run)
{
    struct sim *s = run->s;

    for (uint8_t i = 0; i < run->plan.remotes; i++)
        swarm_up(s, &run->plan, i, which(run, i));
    wait_until(run, all_heard, 1200 * IK_SECOND);
    if (!s->failed)
        sim_check_settled(s);
}

/* Everybody hangs up; soon nothing is left anywhere. */
static void all_down(struct swarm_state *run)
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

static unsigned verdicts_of(const struct swarm_state *run, uint8_t remote)
{
    const struct verdict *v = &verdicts[run->plan.remote[remote].flaw];
    const struct sim_node *n = run->s->nodes[swarm_node(&run->plan, remote)];

    return told_since(n, run->told_from[remote], v->event, v->reason);
}

/* Where one policy is for two Child SAs, a packet has to ask for the second when the first is up.
 */
static bool all_judged(const struct swarm_state *run)
{
    bool all = true;

    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        bool second = !run->plan.remote[i].joint || swarm_has_second(run->s, &run->plan, i);
        bool first = !run->plan.remote[i].pfp || verdicts_of(run, i) > 0;
        if (!first || (!second && verdicts_of(run, i) > 0))
            swarm_up(run->s, &run->plan, i, first);
        all = all && second && verdicts_of(run, i) >= swarm_policies(&run->plan, i);
    }
    return all;
}

static void judge(struct swarm_state *run, uint8_t remote)
{
    const struct verdict *v = &verdicts[run->plan.remote[remote].flaw];
    struct sim *s = run->s;
    uint16_t node = swarm_node(&run->plan, remote);
    unsigned want = swarm_policies(&run->plan, remote), have = verdicts_of(run, remote);

    /* A Child SA that was renewed meanwhile is told once more. */
    if (have < want || (have > want && !(run->plan.rekey && v->event == IK_EV_CHILD_UP)))
        sim_fail(s, "healed, n%u comes %u times of %u to: %s (%s)", node, have, want,
                 host_event_name(v->event), host_reason_text(v->reason));
}

static void all_up(struct swarm_state *run)
{
    struct sim *s = run->s;

    for (uint8_t i = 0; i < run->plan.remotes; i++) {
        uint16_t node = swarm_node(&run->plan, i);
        run->told_from[i] = s->nodes[node]->told_n;
        for (uint16_t k = 0; k < swarm_policies(&run->plan, i); k++)
            swarm_up(s, &run->plan, i, k);
        sim_run_for(s, sim_rng_below(&run->rng, 100 * IK_MS));
    }
    wait_until(run, all_judged, 600 * IK_SECOND);
    sim_run_for(s, 60 * IK_SECOND); /* of two SAs that were made at once one goes */
    for (uint8_t i = 0; i < run->plan.remotes && !s->failed; i++)
        judge(run, i);
}

static void all_talk(struct swarm_state *run)
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
    sim_check_lossless(s, first);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void account(const struct sim *s, struct swarm_result *out)
{
    out->good = !s->failed;
    memcpy(out->why, s->why, sizeof out->why);
    out->trace_hash = s->sent_hash ^ s->trace_hash;
    out->sent_hash = s->sent_hash;
    for (uint16_t i = 0; i < s->nodes_n; i++) {
        out->handshakes += sim_told_count(s, i, IK_EV_IKE_UP, IK_WHY_NONE);
        out->failures += sim_told_count(s, i, IK_EV_IKE_FAILED, IK_WHY_NONE);
        out->delivered += s->nodes[i]->delivered;
        out->datagrams += s->nodes[i]->sent;
    }
    out->packets = (uint32_t)s->check.packets_n;
    out->virtual_s = (s->clock.now - s->opts.start) / IK_SECOND;
}

/* Both ends agree but while a renewal is on its way, and one is at any moment that is looked at. */
static void agree(struct sim *s)
{
    char why[100];

    for (int second = 0; second < AGREEING && !s->failed && !sim_converged(s, why, sizeof why);
         second++)
        sim_run_for(s, IK_SECOND);
    sim_check_converged(s);
}

/* Nobody hangs up, and traffic goes on: in half an hour both ends of everything agree. */
static void converge_alone(struct swarm_state *run)
{
    for (int minute = 0; minute < 30 && !run->s->failed; minute++) {
        for (uint8_t i = 0; i < run->plan.remotes; i++) {
            struct swarm_packet packet = {
                .remote = i, .from_remote = true, .policy = which(run, i), .payload = 100};
            swarm_send(run->s, &run->plan, &packet);
            packet.from_remote = false;
            swarm_send(run->s, &run->plan, &packet);
        }
        sim_run_for(run->s, 60 * IK_SECOND);
    }
    agree(run->s);
}

static void begin(struct swarm_state *run, uint64_t seed, const struct sim_opts *opts)
{
    struct sim_opts mine = *opts;

    sim_rng_init(&run->rng, seed);
    swarm_plan_draw(&run->rng, &run->plan);
    if (run->how.alone)
        swarm_plan_alone(&run->plan);
    if (run->how.forged) {
        run->plan.late = 0;      /* each call of a node would draw */
        run->plan.hints = false; /* who is asked by forged packets may answer */
    }
    if (opts->verbose)
        swarm_plan_print(opts->verbose, &run->plan);
    mine.seed = seed;
    mine.start = run->plan.start;
    mine.stack = run->plan.stack;
    run->s = sim_new(&mine);
    swarm_listen(run);
    swarm_plan_build(run->s, &run->plan);
}

void swarm_run(uint64_t seed, const struct sim_opts *opts, const struct swarm_opts *how,
               struct swarm_result *out)
{
    static struct swarm_state run; /* large; one run at a time */

    *out = (struct swarm_result){0};
    memset(&run, 0, sizeof run);
    run.how = *how;
    begin(&run, seed, opts);
    trouble(&run);
    heal(&run);
    if (how->alone)
        converge_alone(&run);
    settle(&run);
    all_down(&run);
    all_up(&run);
    all_talk(&run);
    all_down(&run);
    account(run.s, out);
    sim_free(run.s);
}
