/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "util/util.h"

void ik_job_begin(struct ik_env *env, struct ik_job *job, uint32_t id, const struct ik_dh *dh)
{
    IK_ASSERT(dh->priv_len <= sizeof job->priv && dh->pub_len <= sizeof job->pub);
    ik_wipe(job, sizeof *job);
    job->id = id;
    job->kind = IK_JOB_KE_BEGIN;
    job->dh = dh;
    job->crypto = ik_crypto_of(env);
    ik_drbg_bytes(env, job->priv, dh->priv_len);
}

enum ik_status ik_job_answer(struct ik_env *env, struct ik_job *job, uint32_t id,
                             const struct ik_dh *dh, struct ik_span peer)
{
    if (peer.len != dh->pub_len) {
        return IK_ERR_SYNTAX;
    }
    ik_job_begin(env, job, id, dh);
    job->kind = IK_JOB_KE_ANSWER;
    memcpy(job->peer, peer.p, peer.len);
    return IK_OK;
}

enum ik_status ik_job_end(struct ik_job *job, uint32_t id, struct ik_span peer)
{
    if (peer.len != job->dh->pub_len) {
        return IK_ERR_SYNTAX;
    }
    job->id = id;
    job->kind = IK_JOB_KE_END;
    job->op = IK_KE_SECRET;
    job->good = 0;
    memcpy(job->peer, peer.p, peer.len);
    return IK_OK;
}

void ik_job_redraw(struct ik_env *env, struct ik_job *job)
{
    ik_drbg_bytes(env, job->priv, job->dh->priv_len);
}

/* The responder's second half follows the first. */
static bool goes_on(struct ik_job *job)
{
    if (job->kind != IK_JOB_KE_ANSWER || job->op == IK_KE_SECRET || !job->good) {
        return false;
    }
    job->op = IK_KE_SECRET;
    ik_wipe(job->work, sizeof job->work);
    return true;
}

bool ik_job_step(struct ik_job *job, uint16_t budget)
{
    if (job->kind == IK_JOB_NONE) {
        job->good = 0;
    } else if (!job->dh->step(job, budget) || goes_on(job)) {
        ik_wipe_stack_deep();
        return false;
    }
    if (!job->good && job->op == IK_KE_SECRET) {
        ik_wipe(job->peer, sizeof job->peer);
    }
    ik_wipe(job->work, sizeof job->work);
    ik_wipe_stack_deep();
    return true;
}

void ik_job_run(struct ik_job *job)
{
    while (!ik_job_step(job, IK_JOB_WHOLE)) {
    }
}

enum ik_cost ik_job_cost(const struct ik_job *job)
{
    return (enum ik_cost)job->dh->cost;
}

uint8_t ik_job_times(const struct ik_job *job)
{
    return job->kind == IK_JOB_KE_ANSWER ? 2 : 1;
}
