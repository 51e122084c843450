/* SPDX-License-Identifier: MIT */
/* Jobs: key generation and shared secret of every group, as the core starts and a host runs them.
 */
#include "tests/kat/kat.h"

static struct ik_env env;

static void setup(void)
{
    kat_env(&env, host_crypto());
}

TestSuite(job, .init = setup);

static void run_keygen(struct ik_job *job, uint32_t id, const struct ik_dh *dh)
{
    ik_job_begin(&env, job, id, dh);
    cr_assert_eq(job->id, id);
    cr_assert_eq(job->kind, IK_JOB_KE_BEGIN);
    cr_assert_eq(job->good, 0);
    cr_assert_eq(job->dh, dh);
    cr_assert_eq(job->crypto, env.crypto);
    cr_assert_eq(ik_job_cost(job), (enum ik_cost)dh->cost);
    ik_job_run(job);
    cr_assert_eq(job->good, 1);
}

static void run_shared(struct ik_job *job, uint32_t id, const uint8_t *peer)
{
    cr_assert_eq(ik_job_end(job, id, (struct ik_span){peer, job->dh->pub_len}), IK_OK);
    cr_assert_eq(job->id, id);
    cr_assert_eq(job->kind, IK_JOB_KE_END);
    cr_assert_eq(job->good, 0);
    cr_assert_eq(ik_job_cost(job), (enum ik_cost)job->dh->cost);
    ik_job_run(job);
    cr_assert_eq(job->good, 1);
}

Test(job, both_sides_agree_in_every_group)
{
    struct ik_job a, b;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (const struct ik_dh *const *dh = env.crypto->dh; *dh != NULL; dh++) {
            env.crypto = host_crypto();
            run_keygen(&a, 1, *dh);
            env.crypto = kat_table(t);
            run_keygen(&b, 2, *dh);
            cr_assert(memcmp(a.pub, b.pub, (*dh)->pub_len) != 0);
            uint8_t pub_a[IK_DH_PUB_MAX];
            memcpy(pub_a, a.pub, sizeof pub_a);
            run_shared(&a, 3, b.pub);
            run_shared(&b, 4, pub_a);
            cr_assert_arr_eq(a.peer, b.peer, (*dh)->shared_len);
            cr_assert(memcmp(a.peer, b.pub, (*dh)->shared_len) != 0);
        }
    }
}

/* The responder's two halves are one job: what the initiator gets, and the same secret. */
Test(job, an_answer_agrees_with_both_halves)
{
    struct ik_job a, b;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (const struct ik_dh *const *dh = env.crypto->dh; *dh != NULL; dh++) {
            env.crypto = host_crypto();
            run_keygen(&a, 1, *dh);
            env.crypto = kat_table(t);
            struct ik_span peer = {a.pub, (*dh)->pub_len};
            cr_assert_eq(ik_job_answer(&env, &b, 2, *dh, peer), IK_OK);
            cr_assert_eq(b.kind, IK_JOB_KE_ANSWER);
            cr_assert_eq(ik_job_times(&b), 2);
            cr_assert_eq(ik_job_times(&a), 1);
            unsigned steps = 1;
            while (!ik_job_step(&b, 0)) {
                steps++;
            }
            cr_assert_geq(steps, 2);
            cr_assert_eq(b.good, 1);
            run_shared(&a, 3, b.pub);
            cr_assert_arr_eq(a.peer, b.peer, (*dh)->shared_len);
        }
    }
}

/* A value that fails its checks: no secret, and nothing of the value is left in its place. */
Test(job, an_answer_to_a_bad_value)
{
    static const uint8_t zero[IK_DH_PUB_MAX];
    struct ik_job job;

    for (const struct ik_dh *const *dh = env.crypto->dh; *dh != NULL; dh++) {
        cr_assert_eq(ik_job_answer(&env, &job, 2, *dh, (struct ik_span){zero, (*dh)->pub_len}),
                     IK_OK);
        ik_job_run(&job);
        cr_assert_eq(job.good, 0, "group %u", (*dh)->id);
        cr_assert_eq(job.op, IK_KE_SECRET);
        cr_assert_eq(memcmp(job.peer, zero, sizeof job.peer), 0);
        cr_assert_eq(ik_job_answer(&env, &job, 2, *dh, (struct ik_span){zero, 1}), IK_ERR_SYNTAX);
    }
}

/* A private value outside of the group's range is drawn again; the peer's value waits so long. */
Test(job, redrawn)
{
    struct ik_job a, b;
    uint8_t peer[IK_DH_PUB_MAX];

    run_keygen(&a, 1, &ik_dh_p256);
    memcpy(peer, a.pub, sizeof peer);
    cr_assert_eq(ik_job_answer(&env, &b, 2, &ik_dh_p256, (struct ik_span){peer, a.dh->pub_len}),
                 IK_OK);
    memset(b.priv, 0xff, b.dh->priv_len); /* above the order */
    ik_job_run(&b);
    cr_assert_eq(b.good, 0);
    cr_assert_eq(b.op, IK_KE_PUBLIC);
    ik_job_redraw(&env, &b);
    ik_job_run(&b);
    cr_assert_eq(b.good, 1);
    run_shared(&a, 3, b.pub);
    cr_assert_arr_eq(a.peer, b.peer, a.dh->shared_len);
}

/* One that was cancelled comes to its end at the next step, and gives nothing. */
Test(job, cancelled)
{
    struct ik_job job;

    ik_job_begin(&env, &job, 1, &ik_dh_x25519);
    job.kind = IK_JOB_NONE;
    cr_assert(ik_job_step(&job, 0));
    cr_assert_eq(job.good, 0);
    cr_assert_eq(ik_job_times(&job), 1);
}

/* Key Exchange Data of another length than the group's is refused before any work (RFC 7296 3.4),
 * and the finished key generation is still there. */
Test(job, a_peer_value_of_wrong_length_is_refused)
{
    struct ik_job job, before;
    uint8_t peer[IK_DH_PUB_MAX + 1] = {9};

    for (const struct ik_dh *const *dh = env.crypto->dh; *dh != NULL; dh++) {
        run_keygen(&job, 1, *dh);
        before = job;
        for (uint16_t len = 0; len <= sizeof peer; len++) {
            if (len != (*dh)->pub_len) {
                cr_assert_eq(ik_job_end(&job, 2, (struct ik_span){peer, len}), IK_ERR_SYNTAX);
                cr_assert_eq(memcmp(&job, &before, sizeof job), 0);
            }
        }
    }
}

Test(job, private_values_are_fresh_and_follow_the_seed)
{
    struct ik_job a, b, c;

    ik_job_begin(&env, &a, 1, &ik_dh_x25519);
    ik_job_begin(&env, &b, 1, &ik_dh_x25519);
    cr_assert(memcmp(a.priv, b.priv, 32) != 0);
    kat_env(&env, host_crypto());
    ik_job_begin(&env, &c, 1, &ik_dh_x25519);
    cr_assert_arr_eq(a.priv, c.priv, 32);
}

/* Nothing of an earlier run stays in a slot that is used again. */
Test(job, keygen_wipes_the_slot)
{
    struct ik_job job;

    memset(&job, 0x5a, sizeof job);
    ik_job_begin(&env, &job, 7, &ik_dh_x25519);
    for (size_t i = 32; i < sizeof job.priv; i++) {
        cr_assert_eq(job.priv[i], 0);
    }
    for (size_t i = 0; i < sizeof job.peer; i++) {
        cr_assert_eq(job.peer[i] | job.pub[i], 0);
    }
}

/* It may run on another thread: nothing but the job is read and written, and the meter is charged
 * by the core when the job comes back. */
Test(job, run_is_pure)
{
    struct ik_job job, again;
    struct ik_meter before;

    ik_job_begin(&env, &job, 1, &ik_dh_p256);
    again = job;
    before = env.meter;
    ik_job_run(&job);
    cr_assert_eq(memcmp(&env.meter, &before, sizeof before), 0);
    memset(&env, 0, sizeof env);
    ik_job_run(&again);
    cr_assert_eq(memcmp(&job, &again, sizeof job), 0);
}

Test(job, a_job_of_no_kind_fails)
{
    struct ik_job job = {.kind = IK_JOB_NONE, .good = 1};

    ik_job_run(&job);
    cr_assert_eq(job.good, 0);
}
