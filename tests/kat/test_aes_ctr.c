/* SPDX-License-Identifier: MIT */
/* AES-CTR: RFC 3686 section 6, all nine vectors. RFC 5930 uses the same for IKE. */
#include "tests/kat/aead.h"

static const struct vector {
    const char *name, *key, *nonce, *iv, *text, *ct;
} vectors[] = {
    {"RFC 3686 #1", "ae6852f8121067cc4bf7a5765577f39e", "00000030", "0000000000000000",
     "53696e676c6520626c6f636b206d7367", "e4095d4fb7a7b3792d6175a3261311b8"},
    {"RFC 3686 #2", "7e24067817fae0d743d6ce1f32539163", "006cb6db", "c0543b59da48d90b",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28"},
    {"RFC 3686 #3", "7691be035e5020a8ac6e618529f9a0dc", "00e0017b", "27777f3f4a1786f0",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "20212223",
     "c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef31053"
     "25b2072f"},
    {"RFC 3686 #4", "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb78515", "00000048",
     "36733c147d6d93cb", "53696e676c6520626c6f636b206d7367", "4b55384fe259c9c84e7935a003cbe928"},
    {"RFC 3686 #5", "7c5cb2401b3dc33c19e7340819e0f69c678c3db8e6f6a91a", "0096b03b",
     "020c6eadc2cb500d", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "453243fc609b23327edfaafa7131cd9f8490701c5ad4a79cfc1fe0ff42f4fb00"},
    {"RFC 3686 #6", "02bf391ee8ecb159b959617b0965279bf59b60a786d3e0fe", "0007bdfd",
     "5cbd60278dcc0912",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "20212223",
     "96893fc55e5c722f540b7dd1ddf7e758d288bc95c69165884536c811662f2188"
     "abee0935"},
    {"RFC 3686 #7", "776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104", "00000060",
     "db5672c97aa8f0b2", "53696e676c6520626c6f636b206d7367", "145ad01dbf824ec7560863dc71e3e0c0"},
    {"RFC 3686 #8", "f6d66d6bd52d59bb0796365879eff886c66dd51a5b6a99744b50590c87a23884", "00faac24",
     "c1585ef15a43d875", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "f05e231b3894612c49ee000b804eb2a9b8306b508f839d6a5530831d9344af1c"},
    {"RFC 3686 #9", "ff7a617ce69148e4f1726e2f43581de2aa62d9f805532edff1eed687fb54153d", "001cc5b7",
     "51a51d70a1c11148",
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
     "20212223",
     "eb6c52821d0bbbf7ce7594462aca4faab407df866569fd07f48cc0b583d6071f"
     "1ec0e6b8"}};

static void check(struct ik_env *env, const struct vector *v)
{
    struct kat_bytes iv = kat_hex(v->iv);
    struct kat_aead a = {.key = kat_hex(v->key),
                         .nonce = kat_hex(v->nonce),
                         .text = kat_hex(v->text),
                         .ct = kat_hex(v->ct)};
    const struct ik_encr *encr =
        ik_crypto_encr(env->crypto, IK_ENCR_AES_CTR, (uint16_t)(a.key.len * 8));

    cr_assert_not_null(encr);
    memcpy(a.nonce.b + a.nonce.len, iv.b, iv.len);
    a.nonce.len += iv.len;
    kat_aead_valid(env, encr, &a);
}

Test(aes_ctr, rfc3686)
{
    struct ik_env env;

    for (size_t t = 0; t < KAT_TABLES; t++) {
        kat_env(&env, kat_table(t));
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
            check(&env, &vectors[i]);
        }
    }
}
