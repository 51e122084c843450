/* SPDX-License-Identifier: MIT */
/*
 * Either end loses power at each step of a handshake, of a rekeying of Child SA and IKE SA, of a
 * reauthentication and of a Delete, and is back at once or after a while. Nobody does anything but
 * send packets: soon they pass both ways, both ends hold the same SAs, and none that the other does
 * not know.
 */
#include "story.h"

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

static void crash(enum stage stage, uint16_t who, uint16_t victim, unsigned steps, ik_time off)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1 + steps});
    size_t first;

    sim_pair_add(s, &pair);
    sim_up(s, who, 0);
    if (stage != OPENING)
        sim_run_for(s, 2 * IK_SECOND);
    go_on(s, stage, who);
    while (steps > 0 && sim_step(s))
        steps--;
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
