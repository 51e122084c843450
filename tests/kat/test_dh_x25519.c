/* SPDX-License-Identifier: MIT */
/* X25519: RFC 7748 sections 5.2 and 6.1, Wycheproof x25519. */
#include "tests/kat/dh.h"
#include "tests/kat/wycheproof.h"

static const struct {
    const char *k, *u, *out;
} functions[] = {{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
                  "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
                  "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
                 {"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
                  "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
                  "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"}};

static void function(struct ik_env *env, const uint8_t *k, const uint8_t *u, uint8_t *out)
{
    struct ik_job job = {.dh = &ik_dh_x25519, .crypto = env->crypto};

    memcpy(job.priv, k, 32);
    cr_assert(kat_shared(&job, u));
    memcpy(out, job.peer, 32);
}

Test(dh_x25519, rfc7748_5_2)
{
    struct ik_env env;
    uint8_t out[32];

    for (size_t i = 0; i < KAT_TABLES * 2; i++) {
        struct kat_bytes k = kat_hex(functions[i % 2].k), u = kat_hex(functions[i % 2].u);
        struct kat_bytes expect = kat_hex(functions[i % 2].out);

        kat_env(&env, kat_table(i / 2));
        function(&env, k.b, u.b, out);
        cr_assert_arr_eq(out, expect.b, 32);
    }
}

/* k := X25519(k, u), u := the old k; 1000 times. */
Test(dh_x25519, rfc7748_5_2_iterated)
{
    struct kat_bytes expect =
        kat_hex("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51");
    struct ik_env env;
    uint8_t k[32] = {9}, u[32] = {9}, out[32];

    kat_env(&env, host_crypto());
    for (int i = 0; i < 1000; i++) {
        function(&env, k, u, out);
        memcpy(u, k, 32);
        memcpy(k, out, 32);
    }
    cr_assert_arr_eq(k, expect.b, 32);
}

Test(dh_x25519, rfc7748_6_1)
{
    struct kat_bytes
        a = kat_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"),
        pub_a = kat_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
        b = kat_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"),
        pub_b = kat_hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
        k = kat_hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    struct ik_env env;
    struct ik_job job;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        cr_assert(kat_keygen(&env, &job, &ik_dh_x25519, &a));
        cr_assert_arr_eq(job.pub, pub_a.b, 32);
        cr_assert(kat_shared(&job, pub_b.b));
        cr_assert_arr_eq(job.peer, k.b, 32);
        cr_assert(kat_keygen(&env, &job, &ik_dh_x25519, &b));
        cr_assert_arr_eq(job.pub, pub_b.b, 32);
        cr_assert(kat_shared(&job, pub_a.b));
        cr_assert_arr_eq(job.peer, k.b, 32);
    }
}

/*
 * Wycheproof's "acceptable" cases, decided:
 *  - ZeroSharedSecret (points of low order): refused, RFC 7748 section 6.1.
 *  - NonCanonicalPublic: taken, RFC 8031 section 3.2 and RFC 7748 section 5 demand it.
 *  - Twist: taken; the curve is safe on its twist, and RFC 7748 has no check.
 */
static bool run(struct ik_env *env, const struct kat_case *c)
{
    struct kat_bytes priv = kat_field(c, "private"), peer = kat_field(c, "public");
    struct kat_bytes shared = kat_field(c, "shared");
    struct ik_job job = {.dh = &ik_dh_x25519, .crypto = env->crypto};
    bool refuse = kat_has_flag(c, "ZeroSharedSecret");

    cr_assert(kat_result_is(c, "valid") || refuse || kat_has_flag(c, "NonCanonicalPublic") ||
                  kat_has_flag(c, "Twist"),
              "undecided: case %d", kat_id(c));
    memcpy(job.priv, priv.b, 32);
    cr_assert_eq(kat_shared(&job, peer.b), !refuse, "case %d", kat_id(c));
    cr_assert_arr_eq(job.peer, shared.b, 32, "case %d", kat_id(c));
    return true;
}

Test(dh_x25519, wycheproof)
{
    cr_assert_eq(kat_wycheproof("x25519_test.json", host_crypto(), run), 518);
    cr_assert_eq(kat_wycheproof("x25519_test.json", kat_small(), run), 518);
}

/* The seven encodings of points of low order that RFC 7748 section 7 speaks of: 0, 1, p - 1, p,
 * p + 1 and the two of order 8. */
Test(dh_x25519, low_order_points_are_refused)
{
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"};
    struct ik_env env;
    struct ik_job job;

    for (size_t i = 0; i < KAT_TABLES * sizeof low / sizeof *low; i++) {
        struct kat_bytes peer = kat_hex(low[i / KAT_TABLES]);

        kat_env(&env, kat_table(i % KAT_TABLES));
        ik_job_begin(&env, &job, 1, &ik_dh_x25519);
        cr_assert(!kat_shared(&job, peer.b));
        peer.b[31] |= 0x80; /* the bit that is masked */
        cr_assert(!kat_shared(&job, peer.b));
    }
}

/* What the host takes agrees with the portable code, on points that are not below the prime and of
 * small order too. */
Test(dh_x25519, both_tables_agree)
{
    const br_ec_impl *host = host_crypto()->ec_x25519, *portable = ik_crypto_portable.ec_x25519;
    uint64_t x = 88172645463325252u;
    uint8_t k[32], u[3][32];

    for (unsigned i = 0; i < 300; i++) {
        memset(u[0], i % 4 == 1 ? 0xff : 0, 32);
        for (unsigned j = 0; j < 32; j++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            k[j] = (uint8_t)x;
            u[0][j] = (uint8_t)(i % 4 >= 2 ? x >> 8 : u[0][j]);
        }
        if (i % 4 < 2) {
            u[0][0] = (uint8_t)(i % 4 == 1 ? 0xe4 + i / 4 % 24 : i / 4 % 12); /* the prime: 0xed */
            u[0][31] &= (uint8_t)(i % 8 < 4 ? 0x7f : 0xff);
        }
        memcpy(u[1], u[0], 32);
        cr_assert_eq(host->mul(u[0], 32, k, 32, BR_EC_curve25519),
                     portable->mul(u[1], 32, k, 32, BR_EC_curve25519));
        cr_assert_arr_eq(u[0], u[1], 32, "case %u", i);
        cr_assert_eq(host->mulgen(u[0], k, 32, BR_EC_curve25519), 32);
        cr_assert_eq(portable->mulgen(u[2], k, 32, BR_EC_curve25519), 32);
        cr_assert_arr_eq(u[0], u[2], 32);
    }
    cr_assert_eq(host->mul(u[0], 31, k, 32, BR_EC_curve25519), 0);
    cr_assert_eq(host->mulgen(u[0], k, 32, BR_EC_secp256r1), 0);
}
