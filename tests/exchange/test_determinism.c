/* SPDX-License-Identifier: MIT */
/* Same configuration, seed and events: the same bytes. */
#include "story.h"

#include "sim/node.h"

/* Two nodes behind a bad link and a NAT box, in all their doings. */
static struct sim *life(uint64_t seed)
{
    static const struct sim_nat_opts box = {.idle_for = 60 * IK_SECOND};
    const struct sim_pair p = {.nat_a = &box, .esp_a = "aes128-sha256"};
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed, .record_sent = true});

    sim_pair_add(s, &p);
    for (uint16_t i = 0; i < s->nodes_n; i++)
        s->nodes[i]->opts.link = (struct sim_link){.delay = 10 * IK_MS,
                                                   .jitter = 30 * IK_MS,
                                                   .loss = {15, 100},
                                                   .twice = {5, 100},
                                                   .reorder = {5, 100},
                                                   .reorder_by = 100 * IK_MS,
                                                   .corrupt = {3, 100}};
    for (int round = 0; round < 5; round++) {
        sim_up(s, A, 0);
        sim_run_for(s, 100 * IK_SECOND);
        for (int i = 0; i < 20; i++) {
            sim_pair_send(s, &p, i % 2 ? B : A, 200);
            sim_run_for(s, 5 * IK_MS);
        }
        sim_down(s, round % 2 ? B : A, IK_NO_SLOT);
        sim_run_for(s, 100 * IK_SECOND);
    }
    cr_assert_not(s->failed, "%s", s->why);
    return s;
}

Test(determinism, same_seed_same_trace_and_same_bytes)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct sim *a = life(seed), *b = life(seed);
        cr_assert_gt(a->trace.len, 1000);
        cr_assert_gt(a->sent.len, 1000);
        cr_assert(sim_log_equal(&a->trace, &b->trace), "seed %u", (unsigned)seed);
        cr_assert(sim_log_equal(&a->sent, &b->sent), "seed %u", (unsigned)seed);
        cr_assert_eq(a->sent_hash, b->sent_hash);
        sim_free(a);
        sim_free(b);
    }
}

Test(determinism, other_seed_other_bytes)
{
    struct sim *a = life(1), *b = life(2);
    cr_assert_not(sim_log_equal(&a->trace, &b->trace));
    cr_assert_not(sim_log_equal(&a->sent, &b->sent));
    sim_free(a);
    sim_free(b);
}

/* What the simulation watches does not change what it does. */
Test(determinism, checks_and_records_change_nothing)
{
    const struct sim_opts opts[] = {{.seed = 9},
                                    {.seed = 9, .quiet = true},
                                    {.seed = 9, .unchecked = true, .record_sent = true}};
    uint64_t hash[3];
    for (int i = 0; i < 3; i++) {
        struct sim *s = sim_new(&opts[i]);
        sim_pair_add(s, &plain);
        sim_up(s, A, 0);
        sim_run_for(s, IK_SECOND);
        sim_pair_send(s, &plain, A, 100);
        sim_down(s, A, IK_NO_SLOT);
        cr_assert(sim_run_idle(s, 600 * IK_SECOND));
        hash[i] = s->sent_hash;
        sim_free(s);
    }
    cr_assert_eq(hash[0], hash[1]);
    cr_assert_eq(hash[0], hash[2]);
}

/* A host that polls more often than it must gets the same. */
Test(determinism, polling_often_changes_nothing)
{
    uint64_t hash[2];
    for (int often = 0; often < 2; often++) {
        struct sim *s = sim_new(&(struct sim_opts){.seed = 9});
        sim_pair_add(s, &plain);
        sim_rule_add(s, &(struct sim_rule){.node = A,
                                           .exchange = IK_EX_IKE_AUTH,
                                           .response = 0,
                                           .msgid = SIM_ANY,
                                           .nth = 1,
                                           .act = SIM_DROP});
        sim_up(s, A, 0);
        for (ik_time at = 0; at < 5 * IK_SECOND; at += 7 * IK_MS) {
            cr_assert(sim_run_until(s, at));
            for (uint16_t i = 0; often && i < s->nodes_n; i++)
                sim_node_pump(s->nodes[i]);
        }
        sim_pair_send(s, &plain, A, 100);
        sim_down(s, A, IK_NO_SLOT);
        cr_assert(sim_run_idle(s, 600 * IK_SECOND), "%s", s->why);
        cr_assert_eq(sim_told_count(s, B, IK_EV_IKE_DOWN, IK_WHY_NONE), 1);
        hash[often] = s->sent_hash;
        sim_free(s);
    }
    cr_assert_eq(hash[0], hash[1]);
}

/* The moment at which the clock begins is in no message. */
Test(determinism, bytes_do_not_depend_on_the_hour)
{
    struct sim_log sent[2];
    const ik_time starts[] = {0, UINT64_C(1700000000) * IK_SECOND};
    for (int i = 0; i < 2; i++) {
        struct sim *s =
            sim_new(&(struct sim_opts){.seed = 4, .start = starts[i], .record_sent = true});
        sim_pair_add(s, &plain);
        sim_up(s, A, 0);
        sim_run_for(s, IK_SECOND);
        sim_pair_send(s, &plain, A, 100);
        sim_run_for(s, IK_SECOND);
        sim_log_init(&sent[i]);
        for (size_t at = 0; at + 16 <= s->sent.len;) {
            const uint8_t *head = (const uint8_t *)s->sent.p + at;
            size_t len = (size_t)head[14] << 8 | head[15];
            sim_log_add(&sent[i], head + 8, 8 + len);
            at += 16 + len;
        }
        sim_free(s);
    }
    cr_assert_gt(sent[0].len, 0);
    cr_assert(sim_log_equal(&sent[0], &sent[1]));
    sim_log_free(&sent[0]);
    sim_log_free(&sent[1]);
}
