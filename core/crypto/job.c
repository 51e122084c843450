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

void ik_job_run(struct ik_job *job)
{
    int good = 0;

    switch (job->kind) {
    case IK_JOB_DH_KEYGEN:
        good = job->dh->keygen(job->dh, job);
        break;
    case IK_JOB_DH_SHARED:
        good = job->dh->shared(job->dh, job);
        if (!good) {
            ik_wipe(job->peer, sizeof job->peer);
        }
        break;
    default:
        break;
    }
    job->good = (uint8_t)good;
}

enum ik_cost ik_job_cost(const struct ik_job *job)
{
    return (enum ik_cost)job->dh->cost;
}
