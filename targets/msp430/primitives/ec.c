/* SPDX-License-Identifier: MIT */
#include "primitives/ec.h"

#include <string.h>

#include "x25519/x25519.h"

#define LEN 32
#define WHOLE UINT32_MAX

static uint32_t mul(unsigned char *point, size_t point_len, const unsigned char *k, size_t k_len,
                    int curve)
{
    struct ik_x25519 s;

    if (curve != BR_EC_curve25519 || point_len != LEN || k_len != LEN) {
        return 0;
    }
    ik_x25519_begin(&s, k, point);
    while (!ik_x25519_step(&s, WHOLE)) {
    }
    ik_x25519_result(&s, point);
    return 1;
}

static size_t mulgen(unsigned char *out, const unsigned char *k, size_t k_len, int curve)
{
    memset(out, 0, LEN);
    out[0] = 9;
    return mul(out, LEN, k, k_len, curve) ? LEN : 0;
}

const br_ec_impl small_x25519 = {
    .supported_curves = (uint32_t)1 << BR_EC_curve25519,
    .mul = mul,
    .mulgen = mulgen,
};
