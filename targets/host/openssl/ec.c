/* SPDX-License-Identifier: MIT */
/*
 * P-256, P-384 and P-521 by libcrypto. EC_POINT_mul with one secret factor takes the same time for
 * all; EC_POINT_oct2point refuses what is not on the curve and coordinates that are not below p.
 */
#include "provider.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <threads.h>

static EC_GROUP *p256, *p384, *p521;
static br_ec_impl impl;

static const EC_GROUP *group_of(int curve)
{
    switch (curve) {
    case BR_EC_secp256r1:
        return p256;
    case BR_EC_secp384r1:
        return p384;
    case BR_EC_secp521r1:
        return p521;
    default:
        return NULL;
    }
}

/* What one multiplication takes. */
struct work {
    BN_CTX *ctx;
    EC_POINT *point;
    BIGNUM *factor;
};

static void work_begin(struct work *w, const EC_GROUP *group, const uint8_t *x, size_t len)
{
    w->ctx = BN_CTX_secure_new();
    w->point = EC_POINT_new(group);
    w->factor = BN_bin2bn(x, (int)len, NULL);
    if (w->ctx == NULL || w->point == NULL || w->factor == NULL)
        openssl_failed("a point");
    BN_set_flags(w->factor, BN_FLG_CONSTTIME);
}

static void work_end(struct work *w)
{
    BN_clear_free(w->factor);
    EC_POINT_clear_free(w->point);
    BN_CTX_free(w->ctx);
}

static size_t put_point(const struct work *w, const EC_GROUP *group, uint8_t *out, size_t cap)
{
    return EC_POINT_point2oct(group, w->point, POINT_CONVERSION_UNCOMPRESSED, out, cap, w->ctx);
}

static uint32_t mul(unsigned char *point, size_t len, const unsigned char *x, size_t xlen,
                    int curve)
{
    const EC_GROUP *group = group_of(curve);
    struct work w;

    if (group == NULL || len == 0 || point[0] != POINT_CONVERSION_UNCOMPRESSED)
        return 0;
    work_begin(&w, group, x, xlen);
    /* The point at infinity, which is the result for a factor of 0, has one octet. */
    uint32_t good = EC_POINT_oct2point(group, w.point, point, len, w.ctx) == 1 &&
                    EC_POINT_mul(group, w.point, NULL, w.point, w.factor, w.ctx) == 1 &&
                    put_point(&w, group, point, len) == len;
    work_end(&w);
    return good;
}

static size_t mulgen(unsigned char *out, const unsigned char *x, size_t xlen, int curve)
{
    const EC_GROUP *group = group_of(curve);
    struct work w;
    size_t len = 0;

    if (group == NULL)
        return 0;
    work_begin(&w, group, x, xlen);
    if (EC_POINT_mul(group, w.point, w.factor, NULL, NULL, w.ctx) == 1)
        len = put_point(&w, group, out, 1 + 2 * (((size_t)EC_GROUP_get_degree(group) + 7) / 8));
    work_end(&w);
    return len;
}

static void init(void)
{
    p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    p384 = EC_GROUP_new_by_curve_name(NID_secp384r1);
    p521 = EC_GROUP_new_by_curve_name(NID_secp521r1);
    if (p256 == NULL || p384 == NULL || p521 == NULL)
        openssl_failed("a curve");
    impl = *host_crypto()->ec_nist;
    impl.mul = mul;
    impl.mulgen = mulgen;
}

const br_ec_impl *openssl_ec(void)
{
    static once_flag once = ONCE_FLAG_INIT;

    call_once(&once, init);
    return &impl;
}
