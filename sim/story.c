/* SPDX-License-Identifier: MIT */
#include "sim/story.h"

#include <inttypes.h>
#include <string.h>

#define TAIL_LINES 40

struct telling {
    struct sim *s;
    const struct sim_pair *pair;
    ik_time told_at; /* of the event expected last */
    size_t mark;     /* inner packets that had been sent then */
};

static bool differ(struct sim *s, const char *what, int64_t want, int64_t have)
{
    if (want != have)
        sim_fail(s, "%s: expected %" PRId64 ", have %" PRId64, what, want, have);
    return want == have;
}

/* ---- acting --------------------------------------------------------------------------------- */

static void send_many(struct telling *t, const struct story_step *step)
{
    if (!t->pair) {
        sim_fail(t->s, "SEND needs a pair");
        return;
    }
    for (int64_t i = 0; i < step->a; i++)
        sim_pair_send(t->s, t->pair, step->node, (uint16_t)step->b);
}

static bool act(struct telling *t, const struct story_step *step)
{
    struct sim *s = t->s;

    switch (step->op) {
    case STORY_UP:
        sim_up(s, step->node, (uint16_t)step->a);
        return true;
    case STORY_DOWN:
        sim_down(s, step->node, (uint16_t)step->a);
        return true;
    case STORY_OFF:
        sim_node_off(s, step->node);
        return true;
    case STORY_ON:
        sim_node_on(s, step->node);
        return true;
    case STORY_RULE:
        sim_rule_add(s, &step->rule);
        return true;
    case STORY_RELEASE:
        if (sim_net_release(s, (char)step->a) == 0)
            sim_fail(s, "nothing is held as %c", (char)step->a);
        return true;
    case STORY_CLEAR:
        sim_rules_clear(s);
        return true;
    case STORY_NAT_REBOOT:
        sim_note(s, "nat%u reboot", (unsigned)step->a);
        sim_nat_reboot(s->nats[step->a]);
        return true;
    case STORY_SEND:
        send_many(t, step);
        return true;
    case STORY_CALL:
        step->call(s);
        return true;
    case STORY_MARK:
        t->mark = s->check.packets_n;
        return true;
    default:
        return false;
    }
}

/* ---- time ----------------------------------------------------------------------------------- */

static bool pass_time(struct telling *t, const struct story_step *step)
{
    switch (step->op) {
    case STORY_AT:
        if (step->t < t->s->clock.now)
            sim_fail(t->s, "that moment is past");
        sim_run_until(t->s, step->t);
        return true;
    case STORY_WAIT:
        sim_run_for(t->s, step->t);
        return true;
    case STORY_IDLE:
        if (!sim_run_idle(t->s, step->t))
            sim_fail(t->s, "something is still pending");
        return true;
    default:
        return false;
    }
}

/* ---- expecting ------------------------------------------------------------------------------ */

static void expect_told(struct telling *t, const struct story_step *step)
{
    struct sim *s = t->s;
    struct sim_node *n = s->nodes[step->node];
    ik_time end = s->clock.now + STORY_PATIENCE;
    const struct sim_told *told;

    while (n->told_read == n->told_n && !s->failed && sim_clock_next(&s->clock) <= end)
        sim_step(s);
    if (n->told_read == n->told_n) {
        sim_fail(s, "n%u tells nothing", step->node);
        return;
    }
    told = &n->told[n->told_read++];
    t->told_at = told->at;
    if (told->event != step->a)
        sim_fail(s, "n%u tells %s (%s) instead", step->node, host_event_name(told->event),
                 host_reason_text(told->reason));
    else if (step->b >= 0 && told->reason != step->b)
        sim_fail(s, "n%u gives as reason: %s", step->node, host_reason_text(told->reason));
}

static void expect_silence(struct telling *t, const struct story_step *step)
{
    struct sim_node *n = t->s->nodes[step->node];

    if (n->told_read < n->told_n)
        sim_fail(t->s, "n%u has told %s", step->node, host_event_name(n->told[n->told_read].event));
}

static void expect_usage(struct telling *t, const struct story_step *step)
{
    uint16_t ikes, children;

    ik_node_usage(&t->s->nodes[step->node]->core, &ikes, &children);
    if (differ(t->s, "IKE SAs", step->a, ikes))
        differ(t->s, "Child SAs", step->b, children);
}

static void expect_end(struct telling *t)
{
    if (sim_run_idle(t->s, STORY_PATIENCE))
        sim_check_end(t->s);
    else
        sim_fail(t->s, "something is still pending");
}

static void expect(struct telling *t, const struct story_step *step)
{
    struct sim *s = t->s;
    struct sim_node *n = s->nodes[step->node];

    switch (step->op) {
    case STORY_EXPECT:
        expect_told(t, step);
        break;
    case STORY_BY:
        if (t->told_at > step->t)
            sim_fail(s, "told too late: at %" PRIu64 " us", t->told_at);
        break;
    case STORY_SILENT:
        expect_silence(t, step);
        break;
    case STORY_FORGET:
        n->told_read = n->told_n;
        break;
    case STORY_COUNT:
        differ(s, step->text, step->b, n->core.env.counters.count[step->a]);
        break;
    case STORY_DROPPED:
        differ(s, step->text, step->b, n->core.env.counters.drop[step->a]);
        break;
    case STORY_DELIVERED:
        differ(s, "inner packets", step->a, n->delivered);
        break;
    case STORY_USAGE:
        expect_usage(t, step);
        break;
    case STORY_HITS:
        differ(s, "hits", step->b, s->script.rules[step->a].hits);
        break;
    case STORY_LOSSLESS:
        sim_check_lossless(s, t->mark);
        break;
    case STORY_CONVERGED:
        sim_check_converged(s);
        break;
    case STORY_END:
        expect_end(t);
        break;
    default:
        sim_fail(s, "step of unknown kind %u", step->op);
        break;
    }
}

/* ---- the whole ------------------------------------------------------------------------------ */

bool story_run(struct sim *s, const struct sim_pair *pair, const struct story_step *steps, size_t n)
{
    struct telling t = {.s = s, .pair = pair};

    for (size_t i = 0; i < n && !s->failed; i++) {
        if (!act(&t, &steps[i]) && !pass_time(&t, &steps[i]))
            expect(&t, &steps[i]);
        if (s->failed)
            fprintf(stderr, "story: line %d, step %zu, %s: %s\n", steps[i].line, i, steps[i].text,
                    s->why);
    }
    if (s->failed)
        fprintf(stderr, "The last of the trace:\n%s", sim_log_tail(&s->trace, TAIL_LINES));
    return !s->failed;
}

bool story_pair(uint64_t seed, const struct sim_pair *pair, const struct story_step *steps,
                size_t n)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed, .stack = true});
    bool good;

    sim_pair_add(s, pair);
    good = story_run(s, pair, steps, n);
    if (!good && n == 0)
        fprintf(stderr, "story: %s\n", s->why);
    sim_free(s);
    return good;
}
