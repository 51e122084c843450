/* SPDX-License-Identifier: MIT */
/*
 * ECP groups (RFC 5903): P-256, P-384, P-521. The Key Exchange Data is X | Y without the octet 4 in
 * front that BearSSL wants; the shared secret is X alone (section 9).
 */
#include "crypto/crypto.h"
#include "crypto/dh.h"
#include "util/util.h"

#define COORDINATE_MAX 66 /* of P-521 */
#define POINT_MAX (1 + 2 * COORDINATE_MAX)

static int curve_of(const struct ik_dh *self)
{
    switch (self->id) {
    case IK_DH_P256:
        return BR_EC_secp256r1;
    case IK_DH_P384:
        return BR_EC_secp384r1;
    default:
        return BR_EC_secp521r1;
    }
}

/* 0 < priv < n */
static int priv_in_range(const struct ik_dh *self, const struct ik_job *job)
{
    size_t order_len;
    const uint8_t *order = job->crypto->ec_nist->order(curve_of(self), &order_len);

    return order_len == self->priv_len && ik_dh_below(job->priv, order, order_len) &&
           !ik_dh_is(job->priv, order_len, 0);
}

static int keygen(const struct ik_dh *self, struct ik_job *job)
{
    uint8_t point[POINT_MAX];
    size_t len;

    if (self->id == IK_DH_P521) {
        job->priv[0] &= 1; /* 66 octets hold 528 bits */
    }
    if (!priv_in_range(self, job)) {
        return 0;
    }
    len = job->crypto->ec_nist->mulgen(point, job->priv, self->priv_len, curve_of(self));
    if (len != 1u + self->pub_len) {
        return 0;
    }
    memcpy(job->pub, point + 1, self->pub_len);
    return 1;
}

/* RFC 6989 section 2.3: BearSSL refuses coordinates that are not below p and points that are not on
 * the curve; the point at infinity has no form in X | Y, and the cofactor is 1. */
static int shared(const struct ik_dh *self, struct ik_job *job)
{
    uint8_t point[POINT_MAX];
    int good;

    point[0] = 4;
    memcpy(point + 1, job->peer, self->pub_len);
    good = job->crypto->ec_nist->mul(point, 1u + self->pub_len, job->priv, self->priv_len,
                                     curve_of(self)) != 0;
    memcpy(job->peer, point + 1, self->shared_len);
    ik_wipe(point, sizeof point);
    return good;
}

static bool step(struct ik_job *job, uint16_t budget)
{
    bool first = job->op == IK_KE_PUBLIC;

    (void)budget; /* all at once */
    job->good = (uint8_t)(first ? keygen(job->dh, job) : shared(job->dh, job));
    return true;
}

#define ROW(bits, octets)                                                                          \
    {                                                                                              \
        .id = IK_DH_P##bits, .pub_len = 2 * (octets), .shared_len = (octets),                      \
        .priv_len = (octets), .cost = IK_COST_P##bits, .step = step                                \
    }

const struct ik_dh ik_dh_p256 = ROW(256, 32);
const struct ik_dh ik_dh_p384 = ROW(384, 48);
const struct ik_dh ik_dh_p521 = ROW(521, COORDINATE_MAX);
