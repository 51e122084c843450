/* SPDX-License-Identifier: MIT */
/*
 * Either end loses power at each step of a handshake, of a rekeying of Child SA and IKE SA, of a
 * reauthentication and of a Delete, and is back at once or after a while. Nobody does anything but
 * send packets: soon they pass both ways, both ends hold the same SAs, and none that the other does
 * not know.
 */
#include "story.h"

#include "ike/xchg/xchg.h"

#include "sim/node.h"

#if IK_REKEY

#define STEPS 16 /* more than any of them has */

enum stage { OPENING, REKEYING_CHILD, REKEYING_IKE, ANEW, ENDING };

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    struct sim_conf *both[] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        both[i]->config.exchanges = ik_exchanges_all;
        both[i]->config.life = &ik_lifetimes;
        both[i]->peers[0].unique = IK_UNIQUE_REPLACE;
        both[i]->peers[0].liveness_s = 10;
        both[i]->peers[0].initial_contact = true;
    }
    b->peers[0].remote = a->peers[0].local;
}

static const struct sim_pair pair = {.esp_a = "aes128gcm16-x25519", .tune = tune};

static void go_on(struct sim *s, enum stage stage, uint16_t who)
{
    const struct sim_node_opts *o = &s->nodes[who]->opts;
    for (uint16_t slot = 0; stage == REKEYING_CHILD && slot < o->child_sas; slot++)
        sim_rekey_child(s, who, slot);
    for (uint16_t slot = 0; slot < o->ike_sas; slot++) {
        if (stage == REKEYING_IKE)
            sim_rekey_ike(s, who, slot);
        else if (stage == ANEW)
            sim_reauth(s, who, slot);
    }
    if (stage == ENDING)
        sim_down(s, who, IK_NO_SLOT);
}

static void talk(struct sim *s, unsigned seconds)
{
    for (unsigned i = 0; i < seconds && !s->failed; i++) {
        sim_pair_send(s, &pair, A, 100);
        sim_pair_send(s, &pair, B, 100);
        sim_run_for(s, IK_SECOND);
    }
}

/* It asks for nothing, but for a sign of life. */
static bool at_rest(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_slot at = sa->state == IK_IKE_FREE ? IK_NO_SLOT : sa->tasks;
    while (at != IK_NO_SLOT && ik_task_at(node, at)->exchange == &ik_exchange_liveness)
        at = ik_task_at(node, at)->next;
    return at == IK_NO_SLOT;
}

/* It was done with before the last of the steps, or that is too few of them. */
static void assert_over(struct sim *s, enum stage stage)
{
    for (uint16_t n = 0; n < s->nodes_n; n++) {
        const struct sim_node *node = s->nodes[n];
        bool any = false;
        for (uint16_t i = 0; i < node->opts.ike_sas; i++) {
            const struct ik_ike_sa *sa = &node->ike_sas[i];
            any = any || sa->state == IK_IKE_UP;
            cr_assert(at_rest(&node->core, sa), "stage %u", (unsigned)stage);
        }
        cr_assert_eq(any, stage != ENDING, "stage %u", (unsigned)stage);
    }
    sim_check_converged(s);
    cr_assert_not(s->failed, "%s", s->why);
}

static void crash(enum stage stage, uint16_t who, uint16_t victim, unsigned steps, ik_time off)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1 + steps});
    size_t first;

    sim_pair_add(s, &pair);
    sim_up(s, who, 0);
    if (stage != OPENING)
        sim_run_for(s, 2 * IK_SECOND);
    go_on(s, stage, who);
    for (unsigned i = 0; i < steps && sim_step(s); i++) {
    }
    if (steps == STEPS - 1)
        assert_over(s, stage);
    sim_node_off(s, victim);
    sim_run_for(s, off);
    sim_node_on(s, victim);
    talk(s, 120);
    first = s->check.packets_n;
    talk(s, 3);
    cr_assert_not(s->failed, "%s", s->why);
    sim_check_lossless(s, first);
    sim_check_converged(s);
    cr_assert_not(s->failed, "stage %u of n%u, n%u off after %u steps: %s", (unsigned)stage, who,
                  victim, steps, s->why);
    sim_free(s);
}

static void at_every_step(enum stage stage)
{
    static const ik_time off[] = {IK_MS, 3 * IK_SECOND, 60 * IK_SECOND};
    for (unsigned steps = 0; steps < STEPS; steps++) {
        for (unsigned i = 0; i < 12; i++)
            crash(stage, i & 1, i >> 1 & 1, steps, off[i / 4]);
    }
}

Test(crash, while_it_opens)
{
    at_every_step(OPENING);
}

Test(crash, while_a_child_is_rekeyed)
{
    at_every_step(REKEYING_CHILD);
}

Test(crash, while_an_ike_sa_is_rekeyed)
{
    at_every_step(REKEYING_IKE);
}

Test(crash, while_it_is_reauthenticated)
{
    at_every_step(ANEW);
}

Test(crash, while_it_ends)
{
    at_every_step(ENDING);
}

#endif
