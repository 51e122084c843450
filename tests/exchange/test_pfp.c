/* SPDX-License-Identifier: MIT */
/* "Populate from packet" (RFC 4301 4.4.1.2): one entry, an SA for each value of a selector. */
#include "story.h"

#if IK_PACKET_TS

static uint8_t flags[2];
static uint32_t rekey_s;
static uint16_t held;

static void populate(struct sim_conf *a, struct sim_conf *b)
{
    a->policies[0].pfp = flags[A];
    b->policies[0].pfp = flags[B];
    a->policies[0].rekey_s = rekey_s;
    a->config.exchanges = b->config.exchanges = ik_exchanges_all;
    a->config.life = &ik_lifetimes;
}

static struct sim *begin(uint8_t of_a, uint8_t of_b)
{
    const struct sim_pair pair = {
        .ts_a = "10.1.0.0/16", .ts_b = "10.2.0.0/16", .tune = populate, .held = held};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    flags[A] = of_a;
    flags[B] = of_b;
    sim_pair_add(s, &pair);
    return s;
}

/* Packets from one to the other, of UDP: the first may find no SA, and asks for one; what comes
 * next arrives. */
static void send(struct sim *s, uint16_t from, const char *src, const char *dst, uint16_t port)
{
    const struct sim_inner in = {.src = sim_addr(s, src),
                                 .dst = sim_addr(s, dst),
                                 .src_port = 1000,
                                 .dst_port = port};

    sim_traffic_send(s, from, &in);
    cr_assert(sim_run_for(s, 3 * IK_SECOND), "%s", s->why);
    uint32_t before = s->nodes[!from]->delivered;
    sim_traffic_send(s, from, &in);
    cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
    cr_assert_eq(s->nodes[!from]->delivered, before + 1, "%s to %s", src, dst);
}

static unsigned ups(struct sim *s, uint16_t node)
{
    return sim_told_count(s, node, IK_EV_CHILD_UP, IK_WHY_NONE);
}

static void end(struct sim *s)
{
    sim_down(s, A, IK_NO_SLOT);
    cr_assert(sim_run_idle(s, 3600 * IK_SECOND), "%s", s->why);
    sim_check_end(s);
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
}

/* Whichever end has the flag; the packets decide, not their order. */
Test(pfp, an_sa_for_each_address, FULL)
{
    for (unsigned who = 1; who < 4; who++) {
        struct sim *s = begin(who & 1 ? IK_PFP_REMOTE : 0, who & 2 ? IK_PFP_LOCAL : 0);
        for (unsigned turn = 0; turn < 2; turn++) {
            send(s, A, "10.1.0.1", "10.2.0.1", 7);
            send(s, A, "10.1.0.1", "10.2.0.2", 7);
            send(s, A, "10.1.0.2", "10.2.0.2", 9);
            send(s, A, "10.1.0.1", "10.2.0.3", 7);
            send(s, B, "10.2.0.2", "10.1.7.7", 7);
            cr_assert_eq(ups(s, A), 3, "%u: %u", who, ups(s, A));
            cr_assert_eq(ups(s, B), 3);
        }
        end(s);
    }
}

Test(pfp, an_sa_for_each_connection, FULL)
{
    const uint8_t all =
        IK_PFP_LOCAL | IK_PFP_REMOTE | IK_PFP_PROTOCOL | IK_PFP_LOCAL_PORT | IK_PFP_REMOTE_PORT;
    struct sim *s = begin(all, 0);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    send(s, A, "10.1.0.1", "10.2.0.1", 9);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    cr_assert_eq(ups(s, A), 2);
    end(s);
    s = begin(IK_PFP_PROTOCOL | IK_PFP_REMOTE_PORT, all);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    send(s, A, "10.1.0.2", "10.2.0.1", 7); /* one for A, two for B */
    cr_assert_eq(ups(s, A), 2);
    end(s);
}

/* One that is rekeyed stays what it was. */
Test(pfp, rekeyed, FULL)
{
    for (unsigned who = 1; who < 4; who++) {
        rekey_s = 10;
        struct sim *s = begin(who & 1 ? IK_PFP_REMOTE : 0, who & 2 ? IK_PFP_LOCAL : 0);
        rekey_s = 0;
        send(s, A, "10.1.0.1", "10.2.0.1", 7);
        send(s, A, "10.1.0.1", "10.2.0.2", 7);
        cr_assert(sim_run_for(s, 25 * IK_SECOND), "%s", s->why);
        cr_assert_geq(ups(s, A), 6);
        unsigned before = ups(s, A);
        send(s, A, "10.1.0.1", "10.2.0.1", 7);
        send(s, A, "10.1.0.1", "10.2.0.2", 7);
        cr_assert_leq(ups(s, A), before + 2);
        end(s);
    }
}

/* A packet for another host waits until the rekeying that is under way is done, for it may take it.
 * Then all is taken down here: nobody is called again for the packet's sake. */
Test(pfp, what_waits_calls_nobody, FULL)
{
    held = 4;
    struct sim *s = begin(IK_PFP_REMOTE, 0);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    sim_rule_add(s, &(struct sim_rule){.node = A,
                                       .exchange = IK_EX_CREATE_CHILD_SA,
                                       .response = SIM_ANY,
                                       .msgid = SIM_ANY,
                                       .act = SIM_DROP});
    sim_rekey_child(s, A, 0);
    sim_traffic_send(
        s, A,
        &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "10.2.0.2")});
    cr_assert(sim_run_for(s, 3 * IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_dropped(s, A, IK_DROP_SPD_GIVEN_UP), 0);
    sim_down(s, A, IK_NO_SLOT);
    cr_assert_eq(sim_dropped(s, A, IK_DROP_SPD_GIVEN_UP), 1);
    sim_rules_clear(s);
    end(s);
}

/* 2.9 of RFC 7296: who asks without a packet is told to ask for a single pair. */
Test(pfp, without_a_packet, FULL)
{
    struct sim *s = begin(0, IK_PFP_LOCAL);
    sim_up(s, A, 0);
    cr_assert(sim_run_for(s, 3 * IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_IKE_POLICY), 1);
    cr_assert_eq(ups(s, B), 0);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    end(s);
    s = begin(IK_PFP_REMOTE, 0);
    sim_up(s, A, 0);
    cr_assert(sim_run_for(s, 3 * IK_SECOND), "%s", s->why);
    cr_assert_eq(sim_told_count(s, A, IK_EV_IKE_FAILED, IK_WHY_TS), 1);
    cr_assert_eq(ups(s, A), 0);
    send(s, A, "10.1.0.1", "10.2.0.1", 7);
    cr_assert_eq(ups(s, A), 1);
    end(s);
}

#endif
