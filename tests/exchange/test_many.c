/* SPDX-License-Identifier: MIT */
/* Many initiators on one responder. */
#include "story.h"

#define REMOTES 64

static const char *numbered(struct sim *s, const char *fmt, unsigned n)
{
    char *out = sim_own(s, 40);

    snprintf(out, 40, fmt, n);
    return out;
}

/* Node 0 is the gateway, nodes 1 to n the remotes. */
static struct sim *network(uint64_t seed, unsigned n, uint16_t pool, struct sim_link link,
                           uint16_t cookie_above)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed});
    struct sim_conf *g = sim_conf_new(s);

    g->config.exchanges = ik_exchanges_all;
    g->config.cookie_above = cookie_above;
    for (unsigned i = 0; i < n; i++) {
        sim_conf_peer(g, &(struct sim_peer_text){.local = "192.0.2.1",
                                                 .local_id = "gw.example.org",
                                                 .remote_id = numbered(s, "r%u.example.org", i),
                                                 .psk = numbered(s, "key of %u", i),
                                                 .ike = "aes128-sha256-x25519"});
        sim_conf_policy(g, &(struct sim_policy_text){.ts_local = "10.2.0.0/16",
                                                     .ts_remote = numbered(s, "10.1.%u.0/24", i),
                                                     .esp = "aes128gcm16",
                                                     .peer = (uint16_t)i});
    }
    sim_node_add(s, &(struct sim_node_opts){
                        .config = &g->config, .addr = sim_addr(s, "192.0.2.1"), .ike_sas = pool});
    for (unsigned i = 0; i < n; i++) {
        struct sim_conf *c = sim_conf_new(s);
        const char *own = numbered(s, "203.0.113.%u", i + 1);
        c->config.retransmit = (struct ik_retransmit){.tries = 12, .jitter_256 = 64};
        sim_conf_peer(c, &(struct sim_peer_text){.local = own,
                                                 .remote = "192.0.2.1",
                                                 .local_id = numbered(s, "r%u.example.org", i),
                                                 .remote_id = "gw.example.org",
                                                 .psk = numbered(s, "key of %u", i),
                                                 .ike = "aes128-sha256-x25519"});
        sim_conf_policy(c, &(struct sim_policy_text){.ts_local = numbered(s, "10.1.%u.0/24", i),
                                                     .ts_remote = "10.2.0.0/16",
                                                     .esp = "aes128gcm16"});
        sim_node_add(
            s, &(struct sim_node_opts){
                   .config = &c->config, .addr = sim_addr(s, own), .ike_sas = 1, .link = link});
    }
    return s;
}

static unsigned up_among(const struct sim *s)
{
    unsigned up = 0;

    for (uint16_t i = 1; i < s->nodes_n; i++)
        up += sim_told_count(s, i, IK_EV_CHILD_UP, IK_WHY_NONE);
    return up;
}

static void call_all(struct sim *s)
{
    for (uint16_t i = 1; i < s->nodes_n; i++)
        sim_up(s, i, 0);
}

static void talk_all(struct sim *s)
{
    for (uint16_t i = 1; i < s->nodes_n; i++) {
        struct sim_inner in = {.src = sim_addr(s, numbered(s, "10.1.%u.1", i - 1u)),
                               .dst = sim_addr(s, "10.2.0.1")};
        struct sim_inner back = {.src = in.dst, .dst = in.src};
        sim_traffic_send(s, i, &in);
        sim_traffic_send(s, 0, &back);
    }
}

static void end_all(struct sim *s)
{
    for (uint16_t i = 0; i < s->nodes_n; i++)
        s->nodes[i]->opts.link = (struct sim_link){0};
    for (uint16_t i = 1; i < s->nodes_n; i++)
        sim_down(s, i, IK_NO_SLOT);
    sim_down(s, 0, IK_NO_SLOT);
    cr_assert(sim_run_idle(s, 3600 * IK_SECOND), "%s", s->why);
    sim_check_end(s);
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
}

Test(many, all_at_once)
{
    struct sim *s = network(1, REMOTES, REMOTES, (struct sim_link){.delay = IK_MS}, 0xffff);
    call_all(s);
    cr_assert(sim_run_for(s, 5 * IK_SECOND), "%s", s->why);
    cr_assert_eq(up_among(s), REMOTES);
    talk_all(s);
    cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
    cr_assert_eq(s->nodes[0]->delivered, REMOTES);
    for (uint16_t i = 1; i <= REMOTES; i++)
        cr_assert_eq(s->nodes[i]->delivered, 1);
    end_all(s);
}

/* Each link loses one datagram in five, delays and doubles some: all get up. The pool has room for
 * half-open leftovers. */
Test(many, all_at_once_with_losses)
{
    struct sim_link bad = {
        .delay = 20 * IK_MS, .jitter = 50 * IK_MS, .loss = {20, 100}, .twice = {5, 100}};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct sim *s = network(seed, REMOTES, 2 * REMOTES, bad, 0xffff);
        call_all(s);
        cr_assert(sim_run_for(s, 400 * IK_SECOND), "%s", s->why);
        cr_assert_eq(up_among(s), REMOTES, "seed %u: %u", (unsigned)seed, up_among(s));
        end_all(s);
    }
}

/* The gateway asks for cookies from the ninth half-open SA on: all get up nevertheless. */
Test(many, all_at_once_with_cookies)
{
    struct sim_link bad = {.delay = 20 * IK_MS, .jitter = 50 * IK_MS, .loss = {20, 100}};
    struct sim *s = network(7, REMOTES, REMOTES, bad, 8);
    call_all(s);
    cr_assert(sim_run_for(s, 400 * IK_SECOND), "%s", s->why);
    cr_assert_eq(up_among(s), REMOTES);
    cr_assert_gt(sim_counted(s, 0, IK_COUNT_COOKIES_SENT), 10);
    end_all(s);
}

/* Room for eight: eight get up, the others are told so or hear nothing; nothing breaks. When room
 * comes free, others get it. */
Test(many, more_than_there_is_room_for)
{
    struct sim *s = network(2, 20, 8, (struct sim_link){.delay = IK_MS}, 0xffff);
    call_all(s);
    cr_assert(sim_run_for(s, 900 * IK_SECOND), "%s", s->why);
    cr_assert_eq(up_among(s), 8);
    cr_assert_gt(sim_dropped(s, 0, IK_DROP_IKE_NO_ROOM), 0);
    sim_down(s, 0, IK_NO_SLOT);
    cr_assert(sim_run_for(s, 60 * IK_SECOND), "%s", s->why);
    call_all(s);
    cr_assert(sim_run_for(s, 900 * IK_SECOND), "%s", s->why);
    cr_assert_eq(up_among(s), 16);
    end_all(s);
}

/* All 64 hang up, and call again, three times over. */
Test(many, up_and_down_again)
{
    struct sim *s = network(3, REMOTES, REMOTES, (struct sim_link){.delay = IK_MS}, 0xffff);
    for (unsigned round = 1; round <= 3; round++) {
        call_all(s);
        cr_assert(sim_run_for(s, 60 * IK_SECOND), "%s", s->why);
        cr_assert_eq(up_among(s), round * REMOTES);
        talk_all(s);
        sim_run_for(s, IK_SECOND);
        for (uint16_t i = 1; i < s->nodes_n; i++)
            sim_down(s, i, IK_NO_SLOT);
        cr_assert(sim_run_idle(s, 600 * IK_SECOND), "%s", s->why);
        sim_check_end(s);
        cr_assert_not(s->failed, "%s", s->why);
    }
    cr_assert_eq(s->nodes[0]->delivered, 3 * REMOTES);
    end_all(s);
}
