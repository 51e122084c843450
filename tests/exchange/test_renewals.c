/* SPDX-License-Identifier: MIT */
/* Both ends renew what they have, again and again, on a link that loses messages of IKE and no
 * other packet: not one packet is lost for it, and none by a rekeying that meets another one (RFC
 * 7296 2.8, 2.8.1, 2.8.2). */
#include "story.h"

#include "sim/node.h"

#if IK_REKEY

#define ROUNDS 800 /* of 50 ms */
#define SEEDS 160

static struct renewals {
    unsigned loss;       /* of messages of IKE, per cent */
    bool orders;         /* "rekey" by hand, too, at both ends at once */
    uint32_t child_s[2]; /* soft ages at A and at B; 0: none */
    uint32_t ike_s[2];
} plan;

static struct sim_rng rng;

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *both[] = {a, b};
    a->config.exchanges = ik_exchanges_all;
    for (unsigned i = 0; i < 2; i++) {
        struct sim_conf *c = both[i];
        c->config.life = &ik_lifetimes;
        c->config.retransmit.tries = 20;
        c->config.retransmit.initial = IK_SECOND / 2;
        c->config.retransmit.max = 8 * IK_SECOND;
        c->peers[0].unique = IK_UNIQUE_REPLACE;
        c->peers[0].liveness_s = 30;
        c->policies[0].rekey_s = plan.child_s[i];
        c->peers[0].rekey_s = plan.ike_s[i];
    }
}

/* The other end cannot open it. */
static void damage(struct sim_dgram *d)
{
    if (sim_rng_below(&rng, 100) < plan.loss)
        d->data[d->len - 1] ^= 1;
}

static void rekey_children(struct sim_node *node, ik_time now)
{
    for (uint16_t i = 0; i < node->opts.child_sas; i++) {
        if (node->child_sas[i].state == IK_CHILD_UP)
            ik_node_rekey_child(&node->core, now, i);
    }
}

static void rekey_ike(struct sim_node *node, ik_time now)
{
    for (uint16_t i = 0; i < node->opts.ike_sas; i++) {
        if (node->ike_sas[i].state == IK_IKE_UP)
            ik_node_rekey_ike(&node->core, now, i);
    }
}

static void give_order(struct sim *s, uint16_t n)
{
    struct sim_node *node = s->nodes[n];
    uint64_t what = sim_rng_below(&rng, 3);
    if (what == 0)
        rekey_children(node, s->clock.now);
    else if (what == 1)
        rekey_ike(node, s->clock.now);
    sim_node_pump(node);
}

static void talk(struct sim *s, const struct sim_pair *pair)
{
    for (unsigned i = 0; i < ROUNDS && !s->failed; i++) {
        sim_pair_send(s, pair, A, 60);
        sim_pair_send(s, pair, B, 60);
        if (plan.orders && i % 20 == 0 && sim_rng_below(&rng, 100) < 60) {
            give_order(s, A);
            give_order(s, B);
        }
        sim_run_for(s, 50 * IK_MS);
    }
    sim_run_for(s, IK_SECOND);
}

static void one(uint64_t seed)
{
    const struct sim_pair pair = {.tune = tune, .pool_a = 16, .pool_b = 16};
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed, .quiet = true});
    sim_rng_init(&rng, seed);
    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    sim_run_for(s, 5 * IK_SECOND);
    sim_rule_add(s, &(struct sim_rule){.node = SIM_ANY,
                                       .exchange = SIM_ANY,
                                       .response = SIM_ANY,
                                       .msgid = SIM_ANY,
                                       .act = SIM_EDIT,
                                       .edit = damage});
    size_t first = s->check.packets_n;
    talk(s, &pair);
    sim_check_lossless(s, first);
    cr_expect_not(s->failed, "seed %llu: %s", (unsigned long long)seed, s->why);
    sim_free(s);
}

static void renew(struct renewals how)
{
    plan = how;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        one(seed);
}

/* What one end is about to decide is none of two that were made beside each other (unique.c). */
Test(renewals, orders_that_cross)
{
    renew((struct renewals){.orders = true});
}

Test(renewals, orders_that_cross_on_a_lossy_link)
{
    renew((struct renewals){.loss = 25, .orders = true});
}

/* The peer has made a Child SA, and does not have our response yet: it is not sent by (reauth.c).
 */
Test(renewals, child_sas_by_age)
{
    renew((struct renewals){.loss = 25, .child_s = {2, 3}});
}

Test(renewals, all_by_age_and_by_order)
{
    renew((struct renewals){.loss = 25, .orders = true, .child_s = {2, 3}, .ike_s = {5, 7}});
}

#endif
