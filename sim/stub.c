/* SPDX-License-Identifier: MIT */
#include "sim/stub.h"

#include "host.h"

/* pub = priv ^ 0x5a…; shared = priv ^ peer: the same at both ends. */
static int keygen(const struct ik_dh *self, struct ik_job *job)
{
    for (uint16_t i = 0; i < self->pub_len; i++)
        job->pub[i] = job->priv[i] ^ 0x5a;
    return 1;
}

static int shared(const struct ik_dh *self, struct ik_job *job)
{
    for (uint16_t i = 0; i < self->shared_len; i++)
        job->peer[i] ^= job->priv[i];
    return 1;
}

static const struct ik_dh stub = {.id = IK_DH_X25519,
                                  .pub_len = 32,
                                  .shared_len = 32,
                                  .priv_len = 32,
                                  .cost = IK_COST_X25519,
                                  .keygen = keygen,
                                  .shared = shared};

static const struct ik_dh *const groups[] = {&stub, NULL};

void sim_stub_crypto(struct ik_crypto *out)
{
    *out = *host_crypto();
    out->dh = groups;
}
