/* SPDX-License-Identifier: MIT */
#include "sim/stub.h"

#include "host.h"

/* pub = priv ^ 0x5a…; shared = priv ^ peer: the same at both ends. A public value of zeros is none,
 * as zero and the point at infinity are none. */
static bool step(struct ik_job *job, uint16_t budget)
{
    const struct ik_dh *dh = job->dh;
    bool keygen = job->op == IK_KE_PUBLIC;
    uint8_t any = keygen;

    (void)budget;
    for (uint16_t i = 0, k = 0; i < dh->pub_len;
         i++, k = (uint16_t)(k + 1 == dh->priv_len ? 0 : k + 1)) {
        if (keygen)
            job->pub[i] = job->priv[k] ^ 0x5a;
        else
            any |= job->peer[i];
        if (!keygen && i < dh->shared_len)
            job->peer[i] ^= job->priv[k];
    }
    job->good = any != 0;
    return true;
}

#define STUB(group, pub, shared, priv, charged)                                                    \
    {                                                                                              \
        .id = IK_DH_##group, .pub_len = (pub), .shared_len = (shared), .priv_len = (priv),         \
        .cost = IK_COST_##charged, .step = step                                                    \
    }

static const struct ik_dh stubs[] = {
    STUB(X25519, 32, 32, 32, X25519),
#ifndef IK_PROFILE_MINIMAL
    STUB(MODP_1024, 128, 128, 32, MODP1024),
    STUB(MODP_2048, 256, 256, 32, MODP2048),
    STUB(P256, 64, 32, 32, P256),
    STUB(P384, 96, 48, 48, P384),
#endif
};

#define STUBS_N (sizeof stubs / sizeof *stubs)

static const struct ik_dh *const groups[] = {&stubs[0],
#ifndef IK_PROFILE_MINIMAL
                                             &stubs[1], &stubs[2], &stubs[3], &stubs[4],
#endif
                                             NULL};

void sim_stub_crypto(struct ik_crypto *out, const struct ik_crypto *from)
{
    _Static_assert(sizeof groups / sizeof *groups == STUBS_N + 1, "each is listed");
    *out = *from;
    out->dh = groups;
}
