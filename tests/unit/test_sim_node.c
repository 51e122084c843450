/* SPDX-License-Identifier: MIT */
/* What may befall a node: its clock jumps, it is put back to a copy, its numbers come to an end. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/conf.h"
#include "sim/insider.h"
#include "sim/node.h"

static const struct sim_pair pair = {0};

static struct sim *up(void)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    sim_run_for(s, IK_SECOND);
    sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_not(s->failed, "%s", s->why);
    cr_assert_eq(s->nodes[B]->delivered, 1);
    return s;
}

static void good(struct sim *s)
{
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
}

/* ---- clocks ---------------------------------------------------------------------------------- */

Test(sim_node, clock_that_jumps_is_its_own)
{
    struct sim *s = up();

    sim_node_jump(s, A, 7 * 86400 * IK_SECOND);
    cr_assert_eq(sim_node_now(s->nodes[A]), s->clock.now + 7 * 86400 * IK_SECOND);
    cr_assert_eq(sim_node_now(s->nodes[B]), s->clock.now);
    sim_pair_send(s, &pair, A, 100);
    sim_pair_send(s, &pair, B, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[A]->delivered + s->nodes[B]->delivered, 3);
    good(s);
}

/* A wait that is under way is over when the clock says so. */
Test(sim_node, clock_that_jumps_ends_waits)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &pair);
    s->nodes[B]->opts.link.cut = true;
    sim_up(s, A, 0);
    sim_run_for(s, IK_MS); /* the key is made */
    for (int i = 0; i < 20; i++)
        sim_node_jump(s, A, 40 * IK_SECOND);
    cr_assert_eq(sim_told_count(s, A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), 1);
    good(s);
}

/* ---- copies ---------------------------------------------------------------------------------- */

/* It seals with numbers that it has used, and B refuses them; what both then make anew is sound. */
Test(sim_node, restored_from_a_copy)
{
    struct sim *s = up();

    cr_assert(sim_node_save(s, A));
    for (int i = 0; i < 5; i++)
        sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    sim_node_restore(s, A);
    for (int i = 0; i < 3; i++)
        sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[B]->delivered, 6);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_ESP_REPLAY), 3);
    sim_down(s, A, IK_NO_SLOT);
    sim_run_for(s, IK_SECOND);
    sim_up(s, A, 0);
    sim_run_for(s, IK_SECOND);
    sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[B]->delivered, 7);
    good(s);
}

/* The same without being told of it: the spectator sees the same numbers again. */
Test(sim_node, restored_behind_the_spectators_back)
{
    struct sim *s = up();
    struct ik_child_sa *sa = &s->nodes[A]->child_sas[0];

    sa->seq = 0;
    sim_pair_send(s, &pair, A, 100);
    cr_assert(s->failed);
    cr_assert(strstr(s->why, "sequence number 1") || strstr(s->why, "an IV that its key"), "%s",
              s->why);
    sim_free(s);
}

Test(sim_node, no_copy_while_a_job_runs)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &(struct sim_pair){.cpu_a = &sim_cpu_msp430f1611});
    sim_up(s, A, 0);
    cr_assert_not(sim_node_save(s, A));
    good(s);
}

/* ---- numbers --------------------------------------------------------------------------------- */

Test(sim_node, aged)
{
    struct sim *s = up();

    sim_node_age(s, A, 3);
    for (int i = 0; i < 5; i++)
        sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[B]->delivered, 4);
    cr_assert_eq(sim_dropped(s, A, IK_DROP_ESP_SEQ_OVERFLOW), 2);
    good(s);
}

/* ---- links ----------------------------------------------------------------------------------- */

Test(sim_node, links_closed_in_one_direction)
{
    struct sim *s = up();

    s->nodes[B]->opts.link.mute = true;
    sim_pair_send(s, &pair, A, 100);
    sim_pair_send(s, &pair, B, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[B]->delivered, 2);
    cr_assert_eq(s->nodes[A]->delivered, 0);
    s->nodes[B]->opts.link = (struct sim_link){.deaf = true};
    sim_pair_send(s, &pair, A, 100);
    sim_pair_send(s, &pair, B, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(s->nodes[B]->delivered, 2);
    cr_assert_eq(s->nodes[A]->delivered, 1);
    good(s);
}

/* ---- an insider ------------------------------------------------------------------------------ */

static struct ik_hdr last; /* from A, protected */
static struct ik_path way;

static void tap(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    (void)ctx;
    sim_view(d, &v);
    if (d->from != A || v.kind != SIM_IKE || v.hdr.next != IK_PL_SK)
        return;
    last = v.hdr;
    way = (struct ik_path){.carrier = d->path.carrier,
                           .local = d->path.remote,
                           .remote = d->path.local,
                           .local_port = d->path.remote_port,
                           .remote_port = d->path.local_port};
}

/* What it sends authenticates, whatever it is; and none of its packets comes out. */
Test(sim_node, insider)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    struct sim_insider in = {.from = A, .victim = B};
    struct sim_rng r;
    unsigned ike = 0, esp = 0;

    sim_rng_init(&r, 5);
    sim_pair_add(s, &pair);
    s->net.tap = tap;
    for (int k = 0; k < 40 && !s->failed; k++) {
        sim_up(s, A, 0);
        sim_run_for(s, IK_SECOND);
        in.hdr = last;
        in.path = way;
        for (int i = 0; i < 20; i++) {
            esp += sim_insider_esp(s, &in, &r);
            ike += sim_insider_ike(s, &in, &r);
        }
        sim_down(s, A, IK_NO_SLOT);
        sim_down(s, B, IK_NO_SLOT);
        sim_run_for(s, 600 * IK_SECOND);
    }
    cr_assert_eq(s->nodes[B]->delivered, 0);
    cr_assert_gt(ike, 200);
    cr_assert_gt(esp, 200);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_IKE_INTEGRITY), 0);
    cr_assert_eq(sim_dropped(s, B, IK_DROP_ESP_INTEGRITY), 0);
    cr_assert_gt(sim_counted(s, B, IK_COUNT_IKE_RECEIVED), 100);
    cr_assert_gt(sim_dropped(s, B, IK_DROP_ESP_SELECTOR), 10);
    cr_assert_gt(sim_dropped(s, B, IK_DROP_ESP_PADDING), 20);
    cr_assert_gt(sim_dropped(s, B, IK_DROP_IP_SYNTAX), 10);
    good(s);
}
