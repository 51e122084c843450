/* SPDX-License-Identifier: MIT */
/* The way of a datagram: script, links, routing. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/conf.h"
#include "sim/story.h"

static uint16_t came[64]; /* message ids, in the order in which they came to B */
static unsigned came_n;

static void tap(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    (void)ctx;
    sim_view(d, &v);
    if (d->to == B && v.kind == SIM_IKE)
        came[came_n++ % 64] = (uint16_t)v.hdr.msgid;
}

static struct sim *pair_up(void)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &(struct sim_pair){0});
    s->net.tap = tap;
    came_n = 0;
    return s;
}

/* A well-formed header with that message id; what B's core makes of it does not matter. */
static void send(struct sim *s, uint32_t msgid, bool response)
{
    uint8_t b[40] = {9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 8, 8, 8, 0, 0x20, IK_EX_INFORMATIONAL,
                     0, 0, 0, 0, 0, 0, 0, 0, 40};
    struct ik_path p = {.remote = s->nodes[B]->opts.addr, .remote_port = 500, .local_port = 500};

    b[19] = response ? IK_FLAG_RESPONSE : 0;
    b[23] = (uint8_t)msgid;
    sim_net_send(s->nodes[A], &p, b, sizeof b);
}

static void order(const uint16_t *want, unsigned n)
{
    cr_assert_eq(came_n, n, "%u came", came_n);
    cr_assert_arr_eq(came, want, n * sizeof *want);
}

Test(sim_net, views)
{
    struct sim_view v;
    uint8_t b[40] = {0};
    b[20] = 0;
    b[27] = 36;
    b[31] = 36;
    sim_view_bytes(IK_CARRIER_UDP500, b, 36, &v);
    cr_assert_eq(v.kind, SIM_IKE);
    cr_assert_eq(v.ike_at, 0);
    sim_view_bytes(IK_CARRIER_UDP4500, b, 40, &v);
    cr_assert_eq(v.kind, SIM_IKE);
    cr_assert_eq(v.ike_at, 4);
    for (uint16_t len = 0; len < 28; len++) {
        sim_view_bytes(IK_CARRIER_UDP500, b, len, &v);
        cr_assert_eq(v.kind, SIM_JUNK);
    }
    b[0] = 1;
    b[7] = 5;
    sim_view_bytes(IK_CARRIER_UDP4500, b, 40, &v);
    cr_assert_eq(v.kind, SIM_ESP);
    cr_assert_eq(v.spi, 0x01000000);
    cr_assert_eq(v.seq, 5);
    sim_view_bytes(IK_CARRIER_ESP, b, 7, &v);
    cr_assert_eq(v.kind, SIM_JUNK);
    b[0] = 0xff;
    sim_view_bytes(IK_CARRIER_UDP4500, b, 1, &v);
    cr_assert_eq(v.kind, SIM_KEEPALIVE);
    sim_view_bytes(SIM_CARRIER_CLEAR, b, 40, &v);
    cr_assert_eq(v.kind, SIM_CLEAR);
}

Test(sim_net, arrives_after_both_links)
{
    struct sim *s = pair_up();
    send(s, 1, false);
    cr_assert(sim_run_until(s, 20 * IK_MS - 1));
    cr_assert_eq(came_n, 0);
    cr_assert(sim_run_until(s, 20 * IK_MS));
    order((uint16_t[]){1}, 1);
    sim_free(s);
}

static struct sim_rule rule(int64_t msgid, uint8_t act, uint16_t nth)
{
    return (struct sim_rule){.node = A,
                             .exchange = SIM_ANY,
                             .response = SIM_ANY,
                             .msgid = msgid,
                             .nth = nth,
                             .act = act,
                             .label = 'x',
                             .delay = IK_SECOND};
}

Test(sim_net, drops_the_nth)
{
    struct sim *s = pair_up();
    struct sim_rule r = rule(SIM_ANY, SIM_DROP, 2);
    const struct sim_rule *in = sim_rule_add(s, &r);
    for (uint32_t i = 1; i <= 3; i++)
        send(s, i, false);
    sim_run_for(s, IK_SECOND);
    order((uint16_t[]){1, 3}, 2);
    cr_assert_eq(in->seen, 3);
    cr_assert_eq(in->hits, 1);
    sim_free(s);
}

Test(sim_net, holds_and_releases_in_order)
{
    struct sim *s = pair_up();
    struct sim_rule a = rule(1, SIM_HOLD, 0), b = rule(2, SIM_HOLD, 0);
    sim_rule_add(s, &a);
    sim_rule_add(s, &b);
    for (uint32_t i = 1; i <= 3; i++)
        send(s, i, false);
    sim_run_for(s, IK_SECOND);
    order((uint16_t[]){3}, 1);
    cr_assert_eq(sim_net_release(s, 'y'), 0);
    cr_assert_eq(sim_net_release(s, 'x'), 2);
    sim_run_for(s, IK_SECOND);
    order((uint16_t[]){3, 1, 2}, 3);
    cr_assert_eq(sim_net_release(s, 'x'), 0);
    sim_free(s);
}

Test(sim_net, delays_doubles_and_tells_requests_from_responses)
{
    struct sim *s = pair_up();
    struct sim_rule late = rule(1, SIM_DELAY, 1), twice = rule(2, SIM_TWICE, 0),
                    answers = rule(SIM_ANY, SIM_DROP, 0);
    answers.response = 1;
    sim_rule_add(s, &late);
    sim_rule_add(s, &twice);
    sim_rule_add(s, &answers);
    send(s, 1, false);
    send(s, 2, false);
    send(s, 3, true);
    send(s, 4, false);
    sim_run_for(s, 10 * IK_SECOND);
    order((uint16_t[]){2, 2, 4, 1}, 4);
    sim_free(s);
}

Test(sim_net, what_is_held_dies_with_the_simulation)
{
    struct sim *s = pair_up();
    struct sim_rule r = rule(SIM_ANY, SIM_HOLD, 0);
    sim_rule_add(s, &r);
    send(s, 1, false);
    sim_free(s);
}

Test(sim_net, no_route_is_no_crash)
{
    struct sim *s = pair_up();
    struct ik_path p = {.remote = sim_addr(s, "198.51.100.99"), .remote_port = 500};
    sim_net_send(s->nodes[A], &p, (const uint8_t *)"x", 1);
    cr_assert(sim_run_for(s, IK_SECOND));
    cr_assert_eq(came_n, 0);
    cr_assert_not_null(strstr(s->trace.p, "no_route"));
    sim_free(s);
}

/* Who is off hears nothing, and the net does not mind. */
Test(sim_net, a_node_without_power)
{
    struct sim *s = pair_up();
    sim_node_off(s, B);
    send(s, 1, false);
    cr_assert(sim_run_for(s, IK_SECOND));
    sim_node_on(s, B);
    cr_assert(sim_run_for(s, IK_SECOND));
    cr_assert_eq(s->nodes[B]->restarts, 1);
    sim_free(s);
}
