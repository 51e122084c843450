/* SPDX-License-Identifier: MIT */
#include "crypto/crypto.h"
#include "util/util.h"

void ik_job_keygen(struct ik_env *env, struct ik_job *job, uint32_t id, const struct ik_dh *dh)
{
    IK_ASSERT(dh->priv_len <= sizeof job->priv && dh->pub_len <= sizeof job->pub);
    ik_wipe(job, sizeof *job);
    job->id = id;
    job->kind = IK_JOB_DH_KEYGEN;
    job->dh = dh;
    job->crypto = env->crypto;
    ik_drbg_bytes(env, job->priv, dh->priv_len);
}

enum ik_status ik_job_shared(struct ik_env *env, struct ik_job *job, uint32_t id,
                             const uint8_t *peer, size_t len)
{
    if (len != job->dh->pub_len) {
        return IK_ERR_SYNTAX;
    }
    job->id = id;
    job->kind = IK_JOB_DH_SHARED;
    job->good = 0;
    job->crypto = env->crypto;
    memcpy(job->peer, peer, len);
    return IK_OK;
}

bool ik_job_step(struct ik_job *job, uint16_t budget)
{
    if (job->kind == IK_JOB_NONE) {
        job->good = 0;
    } else if (!job->dh->step(job, budget)) {
        return false;
    }
    if (!job->good) {
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
