/* SPDX-License-Identifier: MIT */
/* Time in 32 bits of milliseconds: what is waited for does not see that they wrap. */
#include "craft.h"

#define WRAP (((ik_time)1 << 32) * IK_MS) /* so long until the count is 0 again: 49.7 days */
#define DAY (86400 * IK_SECOND)

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

static struct ik_node *node_at(ik_time now)
{
    static struct ik_node node;
    memset(&node, 0, sizeof node);
    ik_enter(&node, now);
    return &node;
}

/* ---- moments --------------------------------------------------------------------------------- */

/* Division by digits of 16 bits, against that of the compiler: only differences count. */
Test(clock, milliseconds_of_the_host)
{
    uint64_t x = 88172645463325252u;
    for (unsigned i = 0; i < 200000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        ik_time base = x >> (i % 64), step = (x * 31u) >> (26 + i % 38);
        if (base > IK_NEVER - step) {
            continue;
        }
        struct ik_node *node = node_at(base);
        cr_assert_eq(node->env.now_us, base % 1000);
        ik_ms before = node->env.now;
        ik_enter(node, base + step);
        cr_assert_eq(node->env.now - before, (uint32_t)((base + step) / 1000 - base / 1000));
        cr_assert_eq(node->env.now_us, (base + step) % 1000);
    }
}

Test(clock, a_wait_is_never_cut_short)
{
    const ik_time at[] = {0, 1, 999, 1000, 1001, WRAP - 1, WRAP, WRAP + 1, 7 * WRAP - 500 * IK_MS};
    const uint32_t waits[] = {0, 1, 2, 500, 1000, 0x7fffffff / 1000};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        for (unsigned k = 0; k < sizeof waits / sizeof waits[0]; k++) {
            struct ik_node *node = node_at(at[i]);
            ik_ms moment = ik_in(node, waits[k]);
            ik_time host = ik_host_time(node, moment);
            cr_assert_neq(moment, IK_MS_NONE);
            cr_assert_geq(host, at[i] + waits[k] * IK_MS);
            cr_assert_leq(host, at[i] + (waits[k] + 2) * IK_MS);
            if (host > at[i]) {
                ik_enter(node, host - 1);
                cr_assert_not(ik_due(node, moment), "%u, %u", i, k);
            }
            ik_enter(node, host);
            cr_assert(ik_due(node, moment), "%u, %u", i, k);
        }
    }
}

/* The moment that would have the number of none is the next one. */
Test(clock, no_moment_is_none)
{
    struct ik_node *node = node_at(0);
    node->env.now = (ik_ms)-1000;
    cr_assert_eq(ik_in(node, 999), UINT32_MAX);
    cr_assert_eq(ik_in(node, 1000), 1);
    cr_assert_eq(ik_in(node, 1001), 1);
    cr_assert_not(ik_due(node, IK_MS_NONE));
    node->env.now = 1;
    cr_assert_not(ik_due(node, IK_MS_NONE));
    cr_assert(ik_due(node, 1));
    cr_assert(ik_due(node, UINT32_MAX));
    cr_assert_not(ik_due(node, 2));
}

Test(clock, the_earlier_one)
{
    cr_assert_eq(ik_earlier(IK_MS_NONE, IK_MS_NONE), IK_MS_NONE);
    cr_assert_eq(ik_earlier(IK_MS_NONE, 5), 5);
    cr_assert_eq(ik_earlier(5, IK_MS_NONE), 5);
    cr_assert_eq(ik_earlier(5, 5), 5);
    const ik_ms at[] = {1, 1000, 0x7fffffff, 0x80000000, 0x80000001, UINT32_MAX};
    for (unsigned i = 0; i < sizeof at / sizeof at[0]; i++) {
        ik_ms later = at[i] + 1000;
        if (later != IK_MS_NONE) {
            cr_assert_eq(ik_earlier(at[i], later), at[i]);
            cr_assert_eq(ik_earlier(later, at[i]), at[i]);
        }
    }
}

Test(clock, waits_are_rounded_up)
{
    cr_assert_eq(ik_wait(0, 77), 77);
    cr_assert_eq(ik_wait(1, 77), 1);
    cr_assert_eq(ik_wait(999, 77), 1);
    cr_assert_eq(ik_wait(1000, 77), 1);
    cr_assert_eq(ik_wait(1001, 77), 2);
    cr_assert_eq(ik_wait(IK_WAIT_MAX, 77), 2147484);
}

/* ---- whole nodes ----------------------------------------------------------------------------- */

/* The count wraps, and half of it is over, before, between and behind the transmissions. */
Test(clock, requests_are_repeated_on_time_whenever_it_wraps)
{
    const unsigned at[] = {0, 1, 3, 7, 15, 31, 63};
    for (unsigned half = 1; half <= 4; half++) {
        for (unsigned before = 0; before <= 100; before += 10) {
            struct pair *p = up();
            unsigned n = p->grams_n;
            p->hook = lose_all;
            p->now = half * (WRAP / 2) - before * IK_SECOND;
            ik_time begun = p->now;
            ik_node_down(&p->end[0].node, p->now, 0);
            pair_drain(p, 0);
            pair_pass(p, 200 * IK_SECOND);
            cr_assert_eq(p->grams_n, n + 7, "%u s", before);
            for (unsigned i = 0; i < 7; i++) {
                ik_time want = begun + at[i] * IK_SECOND;
                cr_assert_geq(p->grams[n + i].at, want, "%u s", before);
                cr_assert_leq(p->grams[n + i].at, want + IK_MS, "%u s", before);
            }
            cr_assert_leq(pair_last(&p->end[0])->at, begun + 95 * IK_SECOND + IK_MS);
            free(p);
        }
    }
}

/* 0x7fffffff us are kept as 2147484 ms. */
Test(clock, the_longest_wait)
{
    const ik_time wait = 2147484 * IK_MS;
    struct pair *p = pair_new();
    p->hook = lose_all;
    p->end[0].config.retransmit =
        (struct ik_retransmit){.initial = IK_WAIT_MAX, .max = IK_WAIT_MAX, .tries = 5};
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    pair_pass(p, 5 * wait);
    cr_assert_eq(p->grams_n, 5);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_eq(p->grams[i].at, begun + i * wait);
    }
    cr_assert_eq(pair_last(&p->end[0])->at, p->now);
    free(p);
}

/* Nothing happens for a century, then all is as it was. */
Test(clock, long_sleep)
{
    struct pair *p = up();
    for (unsigned i = 0; i < 3; i++) {
        p->now += 36500 * DAY;
        cr_assert_eq(ik_node_deadline(&p->end[0].node), IK_NEVER);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
    }
    pair_assert_up(p);
    free(p);
}

/* A host that was asleep when it should have polled is given one repetition, however late it is. */
Test(clock, late_by_any_time)
{
    const unsigned days[] = {1, 12, 13, 24, 25, 26, 37, 49, 50, 51, 74, 75, 36500};
    for (unsigned i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct pair *p = up();
        struct ik_effect fx;
        unsigned n = p->grams_n;
        p->hook = lose_all;
        ik_node_down(&p->end[0].node, p->now, 0);
        pair_drain(p, 0);
        p->now += days[i] * DAY;
        cr_assert_eq(ik_node_deadline(&p->end[0].node), 1001 * IK_SECOND);
        cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx), "%u days", days[i]);
        cr_assert_eq(fx.kind, IK_FX_SEND);
        cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
        cr_assert_eq(ik_node_deadline(&p->end[0].node), p->now + 2 * IK_SECOND);
        cr_assert_eq(p->grams_n, n + 1);
        free(p);
    }
}

static void packet(struct pair *p)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_settle(p);
}

/* What is past stays past: a packet may begin a handshake again, though nobody looked for half of a
 * wrap or more. */
Test(clock, a_pause_ends_once_for_all)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].psk = pair_text("wrong");
    pair_start(p);
    for (unsigned i = 0; i < 8; i++) {
        packet(p);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), i + 1, "round %u", i);
        packet(p);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), i + 1, "round %u", i);
        /* other things happen now and then */
        for (unsigned k = 0; k < i; k++) {
            p->now += 12 * DAY;
            pair_settle(p);
        }
        p->now += (12 + i) * DAY;
    }
    free(p);
}

static void wrong_version(struct pair *p)
{
    uint8_t b[IK_HDR_LEN] = {0x11, [16] = 0, [17] = 0x30, [18] = 34, [27] = IK_HDR_LEN};
    craft_give(p, 0, b, sizeof b);
}

/* So do the limits on what is said to strangers, and on telling that there is no room. */
Test(clock, limits_end_once_for_all)
{
    struct pair *p = pair_new();
    pair_start(p);
    for (unsigned i = 0; i < 8; i++) {
        wrong_version(p);
        wrong_version(p);
        cr_assert_eq(p->grams_n, i + 1, "round %u", i);
        ik_no_room(&p->end[1].node, NULL);
        pair_drain(p, 1);
        ik_no_room(&p->end[1].node, NULL);
        pair_drain(p, 1);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_NO_ROOM), i + 1, "round %u", i);
        for (unsigned k = 0; k < i; k++) {
            p->now += 12 * DAY;
            pair_drain(p, 1);
        }
        p->now += (12 + i) * DAY;
    }
    free(p);
}

/* Cookies are not asked for any more, though the last crowd is a half or more of a wrap ago. */
Test(clock, calm_lasts)
{
    for (unsigned days = 0; days < 60; days += 4) {
        struct pair *p = pair_new();
        p->end[1].config.cookie_above = 0;
        pair_start(p);
        p->end[1].node.half_open = 1; /* a crowd */
        uint8_t ni[16] = {1};
        struct ik_hdr hdr = {.spi_i = {1}, .version = 0x20, .exchange = IK_EX_IKE_SA_INIT};
        struct ik_rx rx = {.path = &(struct ik_path){0},
                           .pkt =
                               &(struct ik_pkt){.buf = (uint8_t[512]){0}, .cap = 512, .len = 28}};
        rx.m.hdr = hdr;
        rx.m.payloads_n = 1;
        rx.m.payloads[0] = (struct ik_payload){.type = IK_PL_NONCE, .body = {ni, 16}};
        struct ik_node *node = &p->end[1].node;
        cr_assert(ik_cookie_wanted(node, &rx));
        node->half_open = 0;
        pair_drain(p, 1);
        for (unsigned k = 0; k < 4; k++) {
            p->now += days * DAY / 4 + 4 * IK_SECOND;
            pair_drain(p, 1);
        }
        ik_enter(node, p->now);
        cr_assert_not(ik_cookie_wanted(node, &rx), "%u days", days);
        free(p);
    }
}

/* A Child SA is busy for weeks without a message of its IKE SA; then both fall silent behind a NAT.
 */
Test(clock, keepalives_after_weeks_of_packets)
{
    struct pair *p = up();
    struct end *e = &p->end[0];
    e->ike_sas[0].route.nat |= IK_NAT_HERE;
    ik_touch(&e->node, &e->ike_sas[0]);
    pair_drain(p, 0);
    for (unsigned i = 0; i < 30; i++) {
        /* packets in time, so that no keepalive leaves */
        ik_time end = p->now + DAY;
        while (p->now < end) {
            unsigned n = p->grams_n = p->delivered = 0;
            e->child_sas[0].sent_at = e->node.env.now;
            p->now += 19 * IK_SECOND;
            pair_drain(p, 0);
            cr_assert_eq(p->grams_n, n, "day %u", i);
        }
    }
    e->child_sas[0].sent_at = e->node.env.now;
    cr_assert_leq(ik_node_deadline(&e->node), p->now + 20 * IK_SECOND);
    p->now += 20 * IK_SECOND;
    pair_drain(p, 0);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(p->grams[0].len, 1);
    free(p);
}

Test(clock, trace_records_have_the_time_of_the_host)
{
    struct pair *p = up();
    struct ik_trace_rec last = {0};
    p->now += 3 * WRAP + 123;
    p->end[0].node.env.trace = keep_record;
    p->end[0].node.env.trace_ctx = &last;
    pair_assert_data(p, 0);
    cr_assert_eq(last.at, p->now);
    free(p);
}
