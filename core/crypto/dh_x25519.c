/* SPDX-License-Identifier: MIT */
/*
 * Curve25519 (RFC 8031, RFC 7748). Scalars and points are little-endian, as RFC 7748 writes them;
 * BearSSL 0.6 takes both so, whatever its header says of scalars in general, and clamps the scalar
 * and masks the top bit of the point itself.
 */
#include "crypto/crypto.h"
#include "crypto/dh.h"

#define LEN 32

/* RFC 7748 section 6.1: zero comes of a point of small order, and is refused without a branch on
 * anything else. RFC 8031 section 3.2: every other value is taken, non-canonical ones too. */
static bool step(struct ik_job *job, uint16_t budget)
{
    const br_ec_impl *ec = job->crypto->ec_x25519;
    int good;

    (void)budget; /* all at once */
    if (job->op == IK_KE_PUBLIC) {
        good = ec->mulgen(job->pub, job->priv, LEN, BR_EC_curve25519) == LEN;
    } else {
        good = ec->mul(job->peer, LEN, job->priv, LEN, BR_EC_curve25519) != 0 &&
               !ik_dh_is(job->peer, LEN, 0);
    }
    job->good = (uint8_t)good;
    return true;
}

const struct ik_dh ik_dh_x25519 = {
    .id = IK_DH_X25519,
    .pub_len = LEN,
    .shared_len = LEN,
    .priv_len = LEN,
    .cost = IK_COST_X25519,
    .step = step,
};
