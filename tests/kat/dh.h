/* SPDX-License-Identifier: MIT */
/* A Diffie-Hellman job with a private value that the test chose. */
#ifndef IK_TESTS_DH_H
#define IK_TESTS_DH_H

#include "tests/kat/kat.h"

/* Sets the private value, padded or cut on the left to the group's length. */
static inline void kat_priv(struct ik_env *env, struct ik_job *job, const struct ik_dh *dh,
                            const struct kat_bytes *priv)
{
    size_t at = dh->priv_len > priv->len ? dh->priv_len - priv->len : 0;
    size_t cut = priv->len > dh->priv_len ? priv->len - dh->priv_len : 0;

    ik_job_begin(env, job, 1, dh);
    memset(job->priv, 0, sizeof job->priv);
    memcpy(job->priv + at, priv->b + cut, priv->len - cut);
}

static inline bool kat_keygen(struct ik_env *env, struct ik_job *job, const struct ik_dh *dh,
                              const struct kat_bytes *priv)
{
    kat_priv(env, job, dh, priv);
    ik_job_run(job);
    return job->good == 1;
}

/* The shared secret is in job->peer if it answers true. */
static inline bool kat_shared(struct ik_job *job, const uint8_t *peer)
{
    cr_assert_eq(ik_job_end(job, 2, (struct ik_span){peer, job->dh->pub_len}), IK_OK);
    ik_job_run(job);
    return job->good == 1;
}

#endif
