/* SPDX-License-Identifier: MIT */
/* One MAC vector through ik_prf_* or ik_integ_icv, with every table of implementations. */
#ifndef IK_TESTS_MAC_H
#define IK_TESTS_MAC_H

#include "crypto/mac.h"
#include "tests/kat/wycheproof.h"

/* prf(key, data), given in pieces of at most step octets. */
static inline void kat_prf_pieces(struct ik_env *env, const struct ik_prf *prf,
                                  const struct kat_bytes *key, const struct kat_bytes *data,
                                  size_t step, uint8_t *out)
{
    static struct ik_span in[1 + KAT_MAX];
    size_t parts = 1;

    in[0] = (struct ik_span){key->b, (uint16_t)key->len};
    for (size_t at = 0; at < data->len; at += step) {
        size_t n = data->len - at < step ? data->len - at : step;

        in[parts++] = (struct ik_span){data->b + at, (uint16_t)n};
    }
    ik_prf(env, prf, in, parts, out);
}

/* expect may be shorter than the output: a truncated one. */
static inline void kat_prf(const struct ik_prf *prf, const char *key_hex, const char *data_hex,
                           const char *expect_hex)
{
    static const size_t steps[] = {KAT_MAX, 1, 7, 16, 33};
    struct kat_bytes key = kat_hex(key_hex), data = kat_hex(data_hex);
    struct kat_bytes expect = kat_hex(expect_hex);
    struct ik_env env;
    uint8_t out[IK_HASH_MAX];

    cr_assert(expect.len >= 12 && expect.len <= prf->key_len);
    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            kat_prf_pieces(&env, prf, &key, &data, steps[i], out);
            cr_assert_arr_eq(out, expect.b, expect.len, "key %s data %s", key_hex, data_hex);
        }
    }
}

static inline void kat_integ(const struct ik_integ *integ, const char *key_hex,
                             const char *data_hex, const char *icv_hex)
{
    struct kat_bytes key = kat_hex(key_hex), data = kat_hex(data_hex), icv = kat_hex(icv_hex);
    struct ik_env env;
    uint8_t out[IK_HASH_MAX];

    cr_assert_eq(key.len, integ->key_len);
    cr_assert_eq(icv.len, integ->icv_len);
    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        memset(out, 0xee, sizeof out);
        ik_integ_icv(&env, integ, key.b, (struct ik_span){data.b, (uint16_t)data.len}, NULL, out);
        cr_assert_arr_eq(out, icv.b, icv.len, "key %s data %s", key_hex, data_hex);
        for (size_t i = icv.len; i < sizeof out; i++) {
            cr_assert_eq(out[i], 0xee, "more than the ICV was written");
        }
    }
}

/* A Wycheproof MacTest: as prf with any key, as integrity algorithm where key and tag are its own.
 */
static inline bool kat_mac_case(struct ik_env *env, const struct kat_case *c,
                                const struct ik_prf *prf, const struct ik_integ *integ)
{
    struct kat_bytes key = kat_field(c, "key"), msg = kat_field(c, "msg");
    struct kat_bytes tag = kat_field(c, "tag");
    bool valid = kat_result_is(c, "valid");
    uint8_t out[IK_HASH_MAX];

    cr_assert(valid || kat_result_is(c, "invalid"), "acceptable: case %d", kat_id(c));
    cr_assert_eq((long long)tag.len * 8, kat_size(c, "tagSize"));
    kat_prf_pieces(env, prf, &key, &msg, KAT_MAX, out);
    cr_assert_eq(memcmp(out, tag.b, tag.len) == 0, valid, "case %d", kat_id(c));
    if (key.len == integ->key_len && tag.len == integ->icv_len) {
        ik_integ_icv(env, integ, key.b, (struct ik_span){msg.b, (uint16_t)msg.len}, NULL, out);
        cr_assert_eq(memcmp(out, tag.b, tag.len) == 0, valid, "case %d", kat_id(c));
    }
    return true;
}

#endif
