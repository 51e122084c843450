/* SPDX-License-Identifier: MIT */
/* ESP over bad links (RFC 4303 3.4.3, RFC 4301 5). */
#include "story.h"

#include "sim/spy.h"

#define MANY 300

static const struct sim_ratio fifth = {1, 5};

/* Sends MANY packets A to B over a link with that fault; answers how many came. The invariants see
 * to it that none comes twice or changed. */
static uint32_t came(const struct sim_link *link, const struct sim_pair *p, struct sim **out)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 3});
    const struct story_step up[] = {UP(A, 0), UP_BOTH};

    sim_pair_add(s, p);
    cr_assert(story_run(s, p, up, STEPS_N(up)));
    s->nodes[A]->opts.link = *link;
    for (int i = 0; i < MANY; i++) {
        sim_pair_send(s, p, A, (uint16_t)(20 + i));
        sim_run_for(s, IK_MS);
    }
    sim_run_for(s, 60 * IK_SECOND);
    cr_assert_not(s->failed, "%s", s->why);
    *out = s;
    return s->nodes[B]->delivered;
}

Test(esp, all_come_over_a_good_link)
{
    struct sim *s;
    cr_assert_eq(came(&(struct sim_link){.delay = IK_MS}, &plain, &s), MANY);
    sim_free(s);
}

Test(esp, what_is_lost_is_lost)
{
    struct sim *s;
    uint32_t n = came(&(struct sim_link){.loss = fifth}, &plain, &s);
    cr_assert(n > MANY / 2 && n < MANY);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_ESP_REPLAY), 0);
    sim_free(s);
}

Test(esp, what_comes_twice_is_delivered_once)
{
    struct sim *s;
    cr_assert_eq(came(&(struct sim_link){.twice = {1, 1}}, &plain, &s), MANY);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_ESP_REPLAY), MANY);
    sim_free(s);
}

/* Overtaken by fewer than the window holds: all are taken. */
Test(esp, what_is_overtaken_a_little_is_delivered)
{
    struct sim *s;
    struct sim_link l = {.reorder = fifth, .reorder_by = 30 * IK_MS};
    cr_assert_eq(came(&l, &plain, &s), MANY);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_ESP_REPLAY), 0);
    sim_free(s);
}

/* By more than the window: dropped, though each is genuine. */
Test(esp, what_is_overtaken_too_far_is_dropped)
{
    struct sim *s;
    struct sim_link l = {.reorder = fifth, .reorder_by = 100 * IK_MS};
    uint32_t n = came(&l, &plain, &s);
    cr_assert_lt(n, MANY);
    cr_assert_eq(n + sim_dropped(s, B, IK_DROP_ESP_REPLAY), MANY);
    sim_free(s);
}

static void wide(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->policies[0].replay = 1024;
}

Test(esp, a_wider_window_takes_them, FULL)
{
    const struct sim_pair p = {.tune = wide};
    struct sim *s;
    struct sim_link l = {.reorder = fifth, .reorder_by = 100 * IK_MS};
    cr_assert_eq(came(&l, &p, &s), MANY);
    sim_free(s);
}

Test(esp, what_is_damaged_is_dropped, FULL)
{
    const char *const suites[] = {"aes128gcm16",      "aes128-sha256", "null-sha256",
                                  "chacha20poly1305", "aes128ccm8",    "aes128ctr-aescmac"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        const struct sim_pair p = {.esp_a = suites[i]};
        struct sim *s;
        struct sim_link l = {.corrupt = {1, 1}};
        /* One bit each: in the SPI it is another SA's, elsewhere it does not authenticate. */
        cr_assert_eq(came(&l, &p, &s), 0, "%s", suites[i]);
        cr_assert_gt(sim_dropped(s, B, IK_DROP_ESP_INTEGRITY), MANY / 2);
        sim_free(s);
    }
}

/* 320 octets of IP: sealed packets above the MTU vanish, and only those. */
Test(esp, what_is_too_long_for_the_link_vanishes)
{
    struct sim *s;
    uint32_t n = came(&(struct sim_link){.mtu = 320}, &plain, &s);
    cr_assert(n > 100 && n < 250, "%u", (unsigned)n);
    sim_free(s);
}

Test(esp, everything_at_once)
{
    struct sim *s;
    struct sim_link l = {.delay = 5 * IK_MS,
                         .jitter = 20 * IK_MS,
                         .loss = {1, 10},
                         .twice = {1, 10},
                         .reorder = fifth,
                         .reorder_by = 200 * IK_MS,
                         .corrupt = {1, 10}};
    uint32_t n = came(&l, &plain, &s);
    cr_assert(n > MANY / 2 && n < MANY);
    sim_free(s);
}

/* ---- sizes ----------------------------------------------------------------------------------- */

Test(esp, every_size_of_packet_through_every_kind_of_cipher, FULL)
{
    const char *const suites[] = {"aes128gcm16",      "aes256-sha512",    "null-sha1",
                                  "chacha20poly1305", "aes192ctr-sha384", "aes128ccm12",
                                  "aes128gcm16-esn",  "aes128-sha256-esn"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        const struct sim_pair p = {.esp_a = suites[i]};
        struct sim *s = sim_new(&(struct sim_opts){.seed = i});
        const struct story_step up[] = {UP(A, 0), UP_BOTH};
        sim_pair_add(s, &p);
        cr_assert(story_run(s, &p, up, STEPS_N(up)));
        uint32_t n = 0;
        for (uint16_t size = 20; size < 100; size++, n += 2) {
            sim_pair_send(s, &p, A, size);
            sim_pair_send(s, &p, A, (uint16_t)(1300 + size));
            sim_run_for(s, IK_SECOND);
        }
        cr_assert_eq(s->nodes[B]->delivered, n, "%s", suites[i]);
        sim_free(s);
    }
}

/* ---- policy --------------------------------------------------------------------------------- */

static void bypass_first(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *both[] = {a, b};

    for (int i = 0; i < 2; i++) {
        struct sim_conf *c = both[i];
        sim_conf_clear(c, IK_BYPASS, i ? "192.0.2.2" : "192.0.2.1", i ? "192.0.2.1" : "192.0.2.2");
        sim_conf_clear(c, IK_DISCARD, "10.0.0.0/8", "10.0.0.0/8");
    }
}

static void send_bypass(struct sim *s)
{
    sim_traffic_send(
        s, A,
        &(struct sim_inner){.src = sim_addr(s, "192.0.2.1"), .dst = sim_addr(s, "192.0.2.2")});
}

static void send_discard(struct sim *s)
{
    sim_traffic_send(
        s, A, &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "10.77.0.1")});
}

static void send_nowhere(struct sim *s)
{
    sim_traffic_send(
        s, A,
        &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "198.51.100.1")});
}

Test(esp, protect_bypass_discard_in_order)
{
    const struct sim_pair p = {.tune = bypass_first};
    STORY(&p, UP(A, 0), UP_BOTH, CALL(send_bypass), WAIT(IK_SECOND), DELIVERED(B, 1),
          COUNT(A, IK_COUNT_BYPASS_OUT, 1), COUNT(B, IK_COUNT_BYPASS_IN, 1), CALL(send_discard),
          DROPPED(A, IK_DROP_SPD_DISCARD, 1), CALL(send_nowhere),
          DROPPED(A, IK_DROP_SPD_NO_POLICY, 1), SEND(A, 1, 100), WAIT(IK_SECOND), DELIVERED(B, 2),
          COUNT(A, IK_COUNT_ESP_OUT, 1));
}

/* RFC 4301 5.2 step 3a: what policy wants protected does not come in without. */
static void forge_clear(struct sim *s)
{
    uint8_t buf[200];
    const struct sim_inner in = {.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "10.2.0.1")};
    uint16_t len = sim_traffic_build(&in, 0, buf, sizeof buf);

    sim_rx(s, B, &(struct ik_path){.carrier = SIM_CARRIER_CLEAR}, buf, len);
}

Test(esp, clear_packet_where_policy_protects)
{
    STORY(&plain, UP(A, 0), UP_BOTH, CALL(forge_clear), DROPPED(B, IK_DROP_SPD_CLEAR, 1),
          DELIVERED(B, 0));
}

/* An SA of 10.1.0.0/24 carries nobody else's packets, though they are sealed well: A is made to
 * believe that its network is wider than B knows. */
static void widen(struct sim *s)
{
    struct ik_child_sa *sa = &s->nodes[A]->child_sas[0];
    struct ik_policy *policy = (struct ik_policy *)s->nodes[A]->opts.config->policies;

    cr_assert_eq(sa->state, IK_CHILD_UP);
    cr_assert(host_ts_parse("10.0.0.0/8", &sa->ts[0]));
    cr_assert(host_ts_parse("10.0.0.0/8", &policy->ts_local[0]));
    s->nodes[A]->core.ipsec.shapes_n = 0; /* the index knows the policy as it was */
    /* The spectator knows better; here it has to look away. */
    sim_spy_child(&s->spy, A, sa->in.spi, true)->ts_local[0] = sa->ts[0];
    sim_traffic_send(
        s, A, &(struct sim_inner){.src = sim_addr(s, "10.7.0.1"), .dst = sim_addr(s, "10.2.0.1")});
}

Test(esp, inner_packet_outside_of_the_selectors)
{
    STORY(&plain, UP(A, 0), UP_BOTH, CALL(widen), COUNT(A, IK_COUNT_ESP_OUT, 1), WAIT(IK_SECOND),
          DELIVERED(B, 0), DROPPED(B, IK_DROP_ESP_SELECTOR, 1));
}

/* ---- the last sequence number (RFC 4303 3.3.3) ---------------------------------------------- */

static void near_the_end(struct sim *s)
{
    s->nodes[A]->child_sas[0].seq = UINT32_MAX - 2;
}

Test(esp, sequence_numbers_never_cycle)
{
    STORY(&plain, UP(A, 0), UP_BOTH, CALL(near_the_end), SEND(A, 5, 100), WAIT(IK_SECOND),
          DELIVERED(B, 2), DROPPED(A, IK_DROP_ESP_SEQ_OVERFLOW, 3), DOWN_BOTH(A, B));
}
