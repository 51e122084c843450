/* SPDX-License-Identifier: MIT */
/*
 * P-256, P-384, P-521: RFC 5903 section 8, Wycheproof ecdh_secp*_ecpoint, and values that RFC 6989
 * refuses.
 */
#include "tests/kat/dh.h"
#include "tests/kat/wycheproof.h"

static const struct {
    const char *name;
    uint16_t group;
    const char *i, *gi, *r, *gr, *gir;
} vectors[] = {{"RFC 5903 P-256", IK_DH_P256,
                "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
                "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
                "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
                "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
                "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
                "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
                "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de"},
               {"RFC 5903 P-384", IK_DH_P384,
                "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
                "e35b538041e649ee3faef896783ab194",
                "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
                "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
                "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
                "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
                "e0308312916b8ed2960e4bd55a7448fc",
                "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
                "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
                "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
                "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
                "d603135569b9e9d09cf5d4a270f59746"},
               {"RFC 5903 P-521", IK_DH_P521,
                "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a0"
                "95aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d"
                "4a52",
                "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
                "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176c"
                "ed3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4"
                "a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3"
                "926f9582",
                "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e"
                "9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb15168"
                "5eb9",
                "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
                "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9"
                "460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d985207"
                "7b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd1"
                "7f0fc56a",
                "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
                "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3"
                "ddea"}};

static const uint16_t groups[] = {IK_DH_P256, IK_DH_P384, IK_DH_P521};

static void check_side(struct ik_env *env, const struct ik_dh *dh, const char *priv_hex,
                       const char *pub_hex, const char *peer_hex, const char *shared_hex)
{
    struct kat_bytes priv = kat_hex(priv_hex), pub = kat_hex(pub_hex), peer = kat_hex(peer_hex);
    struct kat_bytes shared = kat_hex(shared_hex);
    struct ik_job job;

    cr_assert_eq(pub.len, dh->pub_len);
    cr_assert_eq(shared.len, dh->shared_len);
    cr_assert(kat_keygen(env, &job, dh, &priv));
    cr_assert_arr_eq(job.pub, pub.b, pub.len);
    cr_assert(kat_shared(&job, peer.b));
    cr_assert_arr_eq(job.peer, shared.b, shared.len);
}

Test(dh_nist, rfc5903)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
            const struct ik_dh *dh = ik_crypto_dh(env.crypto, vectors[v].group);

            check_side(&env, dh, vectors[v].i, vectors[v].gi, vectors[v].gr, vectors[v].gir);
            check_side(&env, dh, vectors[v].r, vectors[v].gr, vectors[v].gi, vectors[v].gir);
        }
    }
}

static const struct ik_dh *current;

/* IKE has X | Y and nothing else (RFC 5903 section 7), so that a compressed point, which Wycheproof
 * calls acceptable, and an empty one are of a wrong length here. */
static bool run(struct ik_env *env, const struct kat_case *c)
{
    struct kat_bytes point = kat_field(c, "public"), priv = kat_field(c, "private");
    struct ik_job job;

    kat_priv(env, &job, current, &priv);
    if (point.len != 1u + current->pub_len) {
        cr_assert(!kat_result_is(c, "valid"));
        cr_assert_eq(ik_job_end(&job, 2, (struct ik_span){point.b, (uint16_t)point.len}),
                     IK_ERR_SYNTAX);
        return true;
    }
    cr_assert_eq(point.b[0], 4);
    if (kat_result_is(c, "valid")) {
        struct kat_bytes shared = kat_field(c, "shared");

        cr_assert(kat_shared(&job, point.b + 1), "case %d", kat_id(c));
        cr_assert_arr_eq(job.peer, shared.b, shared.len, "case %d", kat_id(c));
        return true;
    }
    cr_assert(kat_result_is(c, "invalid"), "acceptable: case %d", kat_id(c));
    cr_assert(!kat_shared(&job, point.b + 1), "case %d", kat_id(c));
    return true;
}

/* The slow 15-bit code takes every eighth. */
static bool run_some(struct ik_env *env, const struct kat_case *c)
{
    return kat_id(c) % 8 != 0 || run(env, c);
}

static void wycheproof(const struct ik_dh *dh, const char *file, size_t cases)
{
    current = dh;
    cr_assert_eq(kat_wycheproof(file, host_crypto(), run), cases);
    cr_assert_eq(kat_wycheproof(file, kat_small(), run_some), cases);
}

Test(dh_nist, wycheproof_p256)
{
    wycheproof(&ik_dh_p256, "ecdh_secp256r1_ecpoint_test.json", 355);
}

Test(dh_nist, wycheproof_p384)
{
    wycheproof(&ik_dh_p384, "ecdh_secp384r1_ecpoint_test.json", 790);
}

Test(dh_nist, wycheproof_p521)
{
    wycheproof(&ik_dh_p521, "ecdh_secp521r1_ecpoint_test.json", 661);
}

static const uint8_t *order_of(const struct ik_crypto *c, const struct ik_dh *dh)
{
    int curve = dh == &ik_dh_p256   ? BR_EC_secp256r1
                : dh == &ik_dh_p384 ? BR_EC_secp384r1
                                    : BR_EC_secp521r1;
    size_t len;
    const uint8_t *order = c->ec_nist->order(curve, &len);

    cr_assert_eq(len, dh->priv_len);
    return order;
}

/* 0 < priv < n: at both ends. */
Test(dh_nist, private_values_out_of_range_are_refused)
{
    struct ik_env env;
    struct ik_job job;

    for (size_t i = 0; i < KAT_TABLES * 3; i++) {
        kat_env(&env, kat_table(i / 3));
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, groups[i % 3]);
        struct kat_bytes priv = {.len = dh->priv_len};

        memset(priv.b, 0, priv.len);
        cr_assert(!kat_keygen(&env, &job, dh, &priv));
        priv.b[priv.len - 1] = 1;
        cr_assert(kat_keygen(&env, &job, dh, &priv));
        memcpy(priv.b, order_of(env.crypto, dh), priv.len);
        cr_assert(!kat_keygen(&env, &job, dh, &priv));
        priv.b[priv.len - 1] += 1;
        cr_assert(!kat_keygen(&env, &job, dh, &priv));
        priv.b[priv.len - 1] -= 2;
        cr_assert(kat_keygen(&env, &job, dh, &priv));
    }
}

/* RFC 6989 section 2.3: on the curve, coordinates below p. */
Test(dh_nist, points_that_are_not_on_the_curve_are_refused)
{
    struct ik_env env;
    struct ik_job job;
    struct kat_bytes one = {.len = 1, .b = {1}}, bad;

    for (size_t i = 0; i < KAT_TABLES * 3; i++) {
        kat_env(&env, kat_table(i / 3));
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, groups[i % 3]);

        cr_assert(kat_keygen(&env, &job, dh, &one));
        memcpy(bad.b, job.pub, dh->pub_len); /* the generator */
        cr_assert(kat_shared(&job, bad.b));
        bad.b[dh->pub_len - 1u] ^= 1;
        cr_assert(!kat_shared(&job, bad.b));
        for (size_t j = 0; j < dh->shared_len; j++) {
            cr_assert_eq(job.peer[j], 0, "a refused peer leaves something behind");
        }
        memset(bad.b, 0, dh->pub_len);
        cr_assert(!kat_shared(&job, bad.b));
        memset(bad.b, 0xff, dh->pub_len);
        cr_assert(!kat_shared(&job, bad.b));
    }
}

/* p of each curve (FIPS 186-4 appendix D), and a Y so that (0, Y) is on it: a square root of b. */
static const struct {
    const char *p, *y;
} x_is_0[] = {{"ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
               "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
              {"fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
               "ffffffff0000000000000000ffffffff",
               "c306610fb0ae5a159cf45c06069f22a6c5eb3641c602d42dea2c4b4f75550793"
               "406d80d2b91ad54f9048bd487af1ade1"},
              {"01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
               "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
               "ffff",
               "012df13601594a883ef2d935e44bb90bf4d6619b74e52af7552f97769011c071"
               "9eb439cfab2a88d40fe59a2bed1f43557169a2d0a2ccd280c607b92bbf51ffe0"
               "b078"}};

/* (p, Y) is the same point modulo p, but p is not a coordinate. */
Test(dh_nist, coordinates_not_below_p_are_refused)
{
    struct ik_env env;
    struct ik_job job;

    for (size_t i = 0; i < KAT_TABLES * 3; i++) {
        struct kat_bytes p = kat_hex(x_is_0[i % 3].p), y = kat_hex(x_is_0[i % 3].y), peer = {0};

        kat_env(&env, kat_table(i / 3));
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, groups[i % 3]);

        ik_job_begin(&env, &job, 1, dh);
        ik_job_run(&job);
        cr_assert_eq(p.len, dh->shared_len);
        memcpy(peer.b + p.len, y.b, y.len);
        cr_assert(kat_shared(&job, peer.b), "(0, Y) is a point");
        memcpy(peer.b, p.b, p.len);
        cr_assert(!kat_shared(&job, peer.b));
    }
}
