/* SPDX-License-Identifier: MIT */
/* Moments in 32 bits: what is waited for does not see that the epoch moves. */
#include "craft.h"

#define EPOCH ((ik_time)1 << 31) /* it moves so long after the beginning, at the next event */

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

static void keep_record(void *ctx, const struct ik_trace_rec *rec)
{
    *(struct ik_trace_rec *)ctx = *rec;
}

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* The moment at which it moves lies before, between and behind the transmissions. */
Test(clock, requests_are_repeated_on_time_whenever_the_epoch_moves)
{
    const unsigned at[] = {0, 1, 3, 7, 15, 31, 63};
    for (unsigned before = 0; before <= 70; before += 10) {
        struct pair *p = up();
        unsigned n = p->grams_n;
        p->hook = lose_all;
        p->now += EPOCH - before * IK_SECOND;
        ik_time begun = p->now;
        ik_node_down(&p->end[0].node, p->now, 0);
        pair_drain(p, 0);
        pair_pass(p, 200 * IK_SECOND);
        cr_assert_eq(p->grams_n, n + 7, "%u s", before);
        for (unsigned i = 0; i < 7; i++) {
            cr_assert_eq(p->grams[n + i].at, begun + at[i] * IK_SECOND, "%u s", before);
        }
        cr_assert_eq(pair_last(&p->end[0])->at, begun + 95 * IK_SECOND);
        free(p);
    }
}

Test(clock, the_longest_wait)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    p->end[0].config.retransmit =
        (struct ik_retransmit){.initial = IK_WAIT_MAX, .max = IK_WAIT_MAX, .tries = 5};
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    pair_pass(p, 5 * (ik_time)IK_WAIT_MAX);
    cr_assert_eq(p->grams_n, 5);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(p->grams[i].at, begun + i * (ik_time)IK_WAIT_MAX);
    }
    cr_assert_eq(pair_last(&p->end[0])->at, p->now);
    free(p);
}

/* Nothing happens for a century, then all is as it was. */
Test(clock, long_sleep)
{
    struct pair *p = up();
    for (unsigned i = 0; i < 3; i++) {
        p->now += 36500 * (86400 * IK_SECOND);
        cr_assert_eq(ik_node_deadline(&p->end[0].node), IK_NEVER);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
    }
    pair_assert_up(p);
    free(p);
}

/* What is past stays past: a packet may begin a handshake again. */
Test(clock, a_pause_ends_once_for_all)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    p->end[0].peer[0].psk = pair_text("wrong");
    pair_start(p);
    for (unsigned i = 0; i < 5; i++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        ik_node_tx(&p->end[0].node, p->now, &pkt);
        pair_settle(p);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), i + 1);
        p->now += EPOCH + i * (EPOCH / 2);
    }
    free(p);
}

Test(clock, trace_records_have_the_time_of_the_host)
{
    struct pair *p = up();
    struct ik_trace_rec last = {0};
    p->now += 3 * EPOCH;
    p->end[0].node.env.trace = keep_record;
    p->end[0].node.env.trace_ctx = &last;
    pair_assert_data(p, 0);
    cr_assert_eq(last.at, p->now);
    free(p);
}
