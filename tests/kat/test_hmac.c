/* SPDX-License-Identifier: MIT */
/*
 * HMAC as prf and as integrity algorithm: RFC 2202 (SHA-1), RFC 4231 (SHA-2), RFC 4868 2.7.2
 * (truncated, keys as long as the digest), Wycheproof hmac_sha*.
 */
#include "tests/kat/mac.h"

static const struct {
    const char *name, *key, *data, *digest;
} sha1[] = {
    {"RFC 2202 case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
     "b617318655057264e28bc0b6fb378c8ef146be00"},
    {"RFC 2202 case 2", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {"RFC 2202 case 3", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddddddddddddddd",
     "125d7342b9ac11cd91a39af48aa17b4f63f175d3"},
    {"RFC 2202 case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "4c9007f4026250c6bc8414f9bf50c86c2d7235da"},
    {"RFC 2202 case 5", "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
     "546573742057697468205472756e636174696f6e", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"},
    {"RFC 2202 case 6",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
     "65204b6579202d2048617368204b6579204669727374",
     "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
    {"RFC 2202 case 7",
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
     "65204b657920616e64204c6172676572205468616e204f6e6520426c6f636b2d"
     "53697a652044617461",
     "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"}};

/* Case 5 is truncated to 128 bits by the RFC. */
static const struct {
    const char *name, *key, *data, *sha256, *sha384, *sha512;
} sha2[] = {{"RFC 4231 case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
             "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
             "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
             "faea9ea9076ede7f4af152e8b2fa9cb6",
             "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
             "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
            {"RFC 4231 case 2", "4a656665",
             "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
             "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
             "8e2240ca5e69e2c78b3239ecfab21649",
             "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
             "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
            {"RFC 4231 case 3", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
             "dddddddddddddddddddddddddddddddddddd",
             "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
             "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
             "2a5ab39dc13814b94e3ab6e101a34f27",
             "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
             "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"},
            {"RFC 4231 case 4", "0102030405060708090a0b0c0d0e0f10111213141516171819",
             "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
             "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
             "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
             "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
             "6801dd23c4a7d679ccf8a386c674cffb",
             "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
             "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"},
            {"RFC 4231 case 5", "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
             "546573742057697468205472756e636174696f6e", "a3b6167473100ee06e0c796c2955552b",
             "3abf34c3503b2a23a46efc619baef897", "415fad6271580a531d4179bc891d87a6"},
            {"RFC 4231 case 6",
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaa",
             "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
             "65204b6579202d2048617368204b6579204669727374",
             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
             "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
             "0c2ef6ab4030fe8296248df163f44952",
             "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
             "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
            {"RFC 4231 case 7",
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaa",
             "5468697320697320612074657374207573696e672061206c6172676572207468"
             "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
             "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
             "647320746f20626520686173686564206265666f7265206265696e6720757365"
             "642062792074686520484d414320616c676f726974686d2e",
             "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
             "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
             "a678cc31e799176d3860e6110c46523e",
             "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
             "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"}};

/* AUTH512-4: the RFC prints 16 octets too many in front of the key (its own count is 64). */
static const struct {
    const char *name;
    unsigned bits;
    const char *key, *data, *icv;
} auth[] = {
    {"RFC 4868 AUTH256-1", 256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265", "198a607eb44bfbc69903a0f1cf2bbdc5"},
    {"RFC 4868 AUTH256-2", 256, "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "167f928588c5cc2eef8e3093caa0e87c"},
    {"RFC 4868 AUTH256-3", 256, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddddddddddddddd",
     "cdcb1220d1ecccea91e53aba3092f962"},
    {"RFC 4868 AUTH256-4", 256, "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "372efcf9b40b35c2115b1346903d2ef4"},
    {"RFC 4868 AUTH384-1", 384,
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265", "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973"},
    {"RFC 4868 AUTH384-2", 384,
     "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665"
     "4a6566654a6566654a6566654a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "2c7353974f1842fd66d53c452ca42122b28c0b594cfb184d"},
    {"RFC 4868 AUTH384-3", 384,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddddddddddddddd",
     "809f439be00274321d4a538652164b53554a508184a0c316"},
    {"RFC 4868 AUTH384-4", 384,
     "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
     "0a0b0c0d0e0f10111213141516171819",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "5b540085c6e6358096532b2493609ed1cb298f774f87bb5c"},
    {"RFC 4868 AUTH512-1", 512,
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
     "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
     "4869205468657265", "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8"},
    {"RFC 4868 AUTH512-2", 512,
     "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665"
     "4a6566654a6566654a6566654a6566654a6566654a6566654a6566654a656665",
     "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "cb370917ae8a7ce28cfd1d8f4705d6141c173b2a9362c15df235dfb251b15454"},
    {"RFC 4868 AUTH512-3", 512,
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
     "dddddddddddddddddddddddddddddddddddd",
     "2ee7acd783624ca9398710f3ee05ae41b9f9b0510c87e49e586cc9bf961733d8"},
    {"RFC 4868 AUTH512-4", 512,
     "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
     "2122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40",
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
     "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd",
     "5e6688e5a3daec826ca32eaea224eff5e700628947470e13ad01302561bab108"}};

Test(hmac, rfc2202_sha1)
{
    for (size_t i = 0; i < sizeof sha1 / sizeof *sha1; i++) {
        kat_prf(&ik_prf_hmac_sha1, sha1[i].key, sha1[i].data, sha1[i].digest);
    }
}

/* RFC 2202 case 5 gives the 96 bits; its key is as long as RFC 2404 wants. */
Test(hmac, rfc2404_sha1_96)
{
    kat_integ(&ik_integ_hmac_sha1_96, sha1[4].key, sha1[4].data, "4c1a03424b55e07fe7f27be1");
}

Test(hmac, rfc4231_sha2)
{
    for (size_t i = 0; i < sizeof sha2 / sizeof *sha2; i++) {
        kat_prf(&ik_prf_hmac_sha2_256, sha2[i].key, sha2[i].data, sha2[i].sha256);
        kat_prf(&ik_prf_hmac_sha2_384, sha2[i].key, sha2[i].data, sha2[i].sha384);
        kat_prf(&ik_prf_hmac_sha2_512, sha2[i].key, sha2[i].data, sha2[i].sha512);
    }
}

Test(hmac, rfc4868_authenticators)
{
    for (size_t i = 0; i < sizeof auth / sizeof *auth; i++) {
        const struct ik_integ *integ = auth[i].bits == 256   ? &ik_integ_hmac_sha2_256_128
                                       : auth[i].bits == 384 ? &ik_integ_hmac_sha2_384_192
                                                             : &ik_integ_hmac_sha2_512_256;

        kat_integ(integ, auth[i].key, auth[i].data, auth[i].icv);
    }
}

static bool run_sha1(struct ik_env *env, const struct kat_case *c)
{
    return kat_mac_case(env, c, &ik_prf_hmac_sha1, &ik_integ_hmac_sha1_96);
}

static bool run_sha256(struct ik_env *env, const struct kat_case *c)
{
    return kat_mac_case(env, c, &ik_prf_hmac_sha2_256, &ik_integ_hmac_sha2_256_128);
}

static bool run_sha384(struct ik_env *env, const struct kat_case *c)
{
    return kat_mac_case(env, c, &ik_prf_hmac_sha2_384, &ik_integ_hmac_sha2_384_192);
}

static bool run_sha512(struct ik_env *env, const struct kat_case *c)
{
    return kat_mac_case(env, c, &ik_prf_hmac_sha2_512, &ik_integ_hmac_sha2_512_256);
}

/* Hash code is the same in all tables. */
Test(hmac, wycheproof)
{
    const struct ik_crypto *c = &ik_crypto_portable;

    cr_assert_eq(kat_wycheproof("hmac_sha1_test.json", c, run_sha1), 170);
    cr_assert_eq(kat_wycheproof("hmac_sha256_test.json", c, run_sha256), 174);
    cr_assert_eq(kat_wycheproof("hmac_sha384_test.json", c, run_sha384), 174);
    cr_assert_eq(kat_wycheproof("hmac_sha512_test.json", c, run_sha512), 174);
}
