/* SPDX-License-Identifier: MIT */
/* What the implementations of the group share. */
#ifndef X25519_STEP_H
#define X25519_STEP_H

#include "ikelet/ik_crypto.h"
#include "x25519/fe.h"

/* A field arithmetic, and in thousands of cycles, rounded up, what a step of the ladder and one of
 * the inversion take with it. */
struct ik_fe {
    ik_fe_run *run;
    uint8_t ladder_cost, power_cost;
};

/* The step() of struct ik_dh, by fe. */
bool ik_x25519_step(struct ik_job *job, uint16_t budget, const struct ik_fe *fe);

#define IK_X25519(name, arithmetic, ladder, power)                                                 \
    static bool step(struct ik_job *job, uint16_t budget)                                          \
    {                                                                                              \
        static const struct ik_fe fe = {arithmetic, ladder, power};                                \
                                                                                                   \
        return ik_x25519_step(job, budget, &fe);                                                   \
    }                                                                                              \
                                                                                                   \
    const struct ik_dh name = {                                                                    \
        .id = IK_DH_X25519,                                                                        \
        .pub_len = 32,                                                                             \
        .shared_len = 32,                                                                          \
        .priv_len = 32,                                                                            \
        .cost = IK_COST_X25519,                                                                    \
        .step = step,                                                                              \
    }

#endif
