/* SPDX-License-Identifier: MIT */
/* Proposals as strongSwan writes them: to transforms and back, and every mistake in one line. */
#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

static struct ik_proposal ike(const char *text)
{
    struct ik_proposal p;
    char err[200] = "";
    cr_assert(host_suite_parse_ike(text, &p, err, sizeof err), "%s: %s", text, err);
    return p;
}

static struct ik_proposal esp(const char *text)
{
    struct ik_proposal p;
    char err[200] = "";
    cr_assert(host_suite_parse_esp(text, &p, err, sizeof err), "%s: %s", text, err);
    return p;
}

static void expect(const struct ik_proposal *p, unsigned i, uint8_t type, uint16_t id,
                   uint16_t bits)
{
    cr_assert_lt(i, p->transforms_n);
    cr_expect_eq(p->transforms[i].type, type);
    cr_expect_eq(p->transforms[i].id, id);
    cr_expect_eq(p->transforms[i].key_bits, bits);
    cr_expect_not(p->transforms[i].unknown_attr);
}

Test(suite, ike_takes_the_prf_of_its_integrity_algorithm)
{
    struct ik_proposal p = ike("aes128-sha256-x25519");
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_AES_CBC, 128);
    expect(&p, 1, IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0);
    expect(&p, 2, IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0);
    expect(&p, 3, IK_TT_DH, IK_DH_X25519, 0);
}

Test(suite, ike_keeps_a_prf_that_is_named)
{
    struct ik_proposal p = ike("aes256-sha1-prfsha512-modp2048");
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 1, IK_TT_PRF, IK_PRF_HMAC_SHA2_512, 0);
    expect(&p, 2, IK_TT_INTEG, IK_INTEG_HMAC_SHA1_96, 0);
}

Test(suite, an_aead_has_no_integrity_algorithm)
{
    struct ik_proposal p = ike("aes256gcm16-sha384-ecp384"); /* strongSwan: the prf comes of it */
    cr_assert_eq(p.transforms_n, 3);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_AES_GCM_16, 256);
    expect(&p, 1, IK_TT_PRF, IK_PRF_HMAC_SHA2_384, 0);
    expect(&p, 2, IK_TT_DH, IK_DH_P384, 0);
    p = esp("chacha20poly1305");
    cr_assert_eq(p.transforms_n, 2);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_CHACHA20_POLY1305, 0);
    expect(&p, 1, IK_TT_ESN, IK_ESN_NO, 0); /* need not be written */
}

Test(suite, several_of_a_type_keep_their_order)
{
    struct ik_proposal p = ike("aes256-aes128-sha512-sha256-x25519-ecp256");
    cr_assert_eq(p.transforms_n, 8);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_AES_CBC, 256);
    expect(&p, 1, IK_TT_ENCR, IK_ENCR_AES_CBC, 128);
    expect(&p, 2, IK_TT_PRF, IK_PRF_HMAC_SHA2_512, 0);
    expect(&p, 3, IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0);
    expect(&p, 6, IK_TT_DH, IK_DH_X25519, 0);
    expect(&p, 7, IK_TT_DH, IK_DH_P256, 0);
}

Test(suite, words_that_stand_there_twice_are_passed_over)
{
    struct ik_proposal p = ike("aes128-aesxcbc-aesxcbc-ecp256");
    cr_assert_eq(p.transforms_n, 4);
    p = ike("aes128-aes-sha256-x25519");
    cr_assert_eq(p.transforms_n, 4);
}

Test(suite, esp_groups)
{
    struct ik_proposal p = esp("aes128-sha256-x25519");
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 2, IK_TT_DH, IK_DH_X25519, 0);
}

Test(suite, esp_words)
{
    struct ik_proposal p = esp("null-sha256-esn-noesn");
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_NULL, 0);
    expect(&p, 1, IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0);
    expect(&p, 2, IK_TT_ESN, IK_ESN_YES, 0);
    expect(&p, 3, IK_TT_ESN, IK_ESN_NO, 0);
    p = esp("aes256gmac");
    cr_assert_eq(p.transforms_n, 2);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_NULL_AUTH_AES_GMAC, 256);
    p = esp("aes128ccm8iiv-aes128gcm16iiv-chacha20poly1305iiv-esn");
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_AES_CCM_8_IIV, 128);
    expect(&p, 1, IK_TT_ENCR, IK_ENCR_AES_GCM_16_IIV, 128);
    expect(&p, 2, IK_TT_ENCR, IK_ENCR_CHACHA20_POLY1305_IIV, 0);
}

/* Each pair: what is written, and how it is written back. */
static const char *const ike_texts[][2] = {
    {"aes-sha-curve25519-prfsha1", "aes128-sha1-x25519"},
    {"modp1024-sha1-aes128", "aes128-sha1-modp1024"},
    {"aes192-sha2_384-modp3072", "aes192-sha384-modp3072"},
    {"aes256-sha2_512-ecp521", "aes256-sha512-ecp521"},
    {"aes128-sha2_256-ecp256", "aes128-sha256-ecp256"},
    {"aes128ctr-sha256-modp2048", "aes128ctr-sha256-modp2048"},
    {"aes128-aesxcbc-ecp256", "aes128-aesxcbc-ecp256"},
    {"aes128-aesxcbc-prfaesxcbc-ecp256", "aes128-aesxcbc-ecp256"},
    {"aes128-aescmac-prfaescmac-x25519", "aes128-aescmac-x25519"},
    {"aes128-aescmac-prfsha256-x25519", "aes128-aescmac-prfsha256-x25519"},
    {"aes128-sha256-sha512-prfsha256-x25519", "aes128-sha256-sha512-prfsha256-x25519"},
    {"aes128ccm8-prfsha256-ecp384", "aes128ccm8-prfsha256-ecp384"},
    {"aes192ccm64-prfsha256-ecp384", "aes192ccm8-prfsha256-ecp384"},
    {"aes256ccm96-aes256ccm128-prfsha256-ecp384", "aes256ccm12-aes256ccm16-prfsha256-ecp384"},
    {"aes128ccm12-aes128ccm16-prfsha1-ecp384", "aes128ccm12-aes128ccm16-prfsha1-ecp384"},
    {"aes256gcm64-aes192gcm96-aes128gcm128-prfsha384-ecp521",
     "aes256gcm8-aes192gcm12-aes128gcm16-prfsha384-ecp521"},
    {"aes128gcm8-aes128gcm12-prfsha512-x25519", "aes128gcm8-aes128gcm12-prfsha512-x25519"},
    {"aes128gcm-prfsha256-x25519", "aes128gcm16-prfsha256-x25519"},
    {"aes256ccm-aes192ccm-prfsha256-x25519", "aes256ccm16-aes192ccm16-prfsha256-x25519"},
    {"chacha20poly1305-prfsha256-x25519", "chacha20poly1305-prfsha256-x25519"},
    {"chacha20poly1305-aes256gcm16-sha256-x25519", "chacha20poly1305-aes256gcm16-prfsha256-x25519"},
};

Test(suite, print_is_the_reverse_of_parse)
{
    for (size_t i = 0; i < sizeof ike_texts / sizeof ike_texts[0]; i++) {
        char text[200];
        struct ik_proposal p = ike(ike_texts[i][0]);
        size_t len = host_suite_print(&p, text, sizeof text);
        cr_expect_str_eq(text, ike_texts[i][1]);
        cr_expect_eq(len, strlen(text));
        struct ik_proposal again = ike(text);
        cr_assert_eq(again.transforms_n, p.transforms_n);
        for (unsigned k = 0; k < p.transforms_n; k++)
            expect(&again, k, p.transforms[k].type, p.transforms[k].id, p.transforms[k].key_bits);
    }
}

/* What strongSwan takes for a Child SA and makes nothing of. */
Test(suite, words_that_add_nothing)
{
    static const char *const texts[][2] = {{"aes128gcm16-modpnone", "aes128gcm16"},
                                           {"none-aes128gcm-noesn", "aes128gcm16"},
                                           {"aes128-sha256-prfsha384", "aes128-sha256"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char text[100];
        struct ik_proposal p = esp(texts[i][0]);
        host_suite_print(&p, text, sizeof text);
        cr_expect_str_eq(text, texts[i][1]);
    }
}

Test(suite, print_cuts_where_the_buffer_ends)
{
    struct ik_proposal p = esp("aes128ctr-sha256");
    const char *whole = "aes128ctr-sha256";
    for (size_t cap = 0; cap <= strlen(whole) + 1; cap++) {
        char text[40];
        memset(text, '#', sizeof text);
        cr_expect_eq(host_suite_print(&p, text, cap), strlen(whole));
        cr_expect_eq(text[cap], '#');
        if (cap > 0) {
            cr_expect_eq(strlen(text), cap - 1);
            cr_expect_eq(strncmp(text, whole, cap - 1), 0);
        }
    }
}

Test(suite, print_tells_numbers_that_have_no_word)
{
    char text[40];
    const struct ik_transform t = {.type = IK_TT_ENCR, .id = 99, .key_bits = 128};
    host_suite_print_word(&t, text, sizeof text);
    cr_expect_str_eq(text, "encr99/128");
    const struct ik_transform u = {.type = 200, .id = 7};
    host_suite_print_word(&u, text, sizeof text);
    cr_expect_str_eq(text, "type7");
}

static const struct {
    bool esp;
    const char *text;
    const char *complaint;
} wrong[] = {
    {false, "", "empty"},
    {false, "aes128-foo-x25519", "unknown algorithm \"foo\""},
    {false, "aes128--sha256-x25519", "unknown algorithm \"\""},
    {false, "aes128-sha256-x25519-", "unknown algorithm \"\""},
    {false, "AES128-sha256-x25519", "unknown algorithm \"AES128\""},
    {false, "aes128-sha256", "no Diffie-Hellman group"},
    {false, "aes128-x25519", "no integrity algorithm"},
    {false, "sha256-x25519", "no encryption algorithm"},
    {false, "aes128gcm16-x25519", "no prf"},
    {false, "aes128-aes128gcm16-sha256-x25519", "separate proposals"},
    {false, "null-sha256-x25519", "for ESP only"},
    {false, "aes128-sha256-x25519-noesn", "for ESP and AH only"},
    {false,
     "aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-sha1-sha256-sha384-sha512-aesxcbc-"
     "aescmac-x25519",
     "too many"},
    {true, "aes128", "no integrity algorithm"},
    {true, "sha256", "no encryption algorithm"},
    {true, "aes128gcm16-x25519-modpnone", "a group beside modpnone"},
    {false, "aes128-sha256-modpnone", "for ESP and AH only"},
};

Test(suite, each_mistake_gets_one_line)
{
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct ik_proposal p;
        char err[300] = "";
        bool good = wrong[i].esp ? host_suite_parse_esp(wrong[i].text, &p, err, sizeof err)
                                 : host_suite_parse_ike(wrong[i].text, &p, err, sizeof err);
        cr_expect_not(good, "%s", wrong[i].text);
        cr_expect_not_null(strstr(err, wrong[i].complaint), "%s: %s", wrong[i].text, err);
        cr_expect_null(strchr(err, '\n'));
    }
}

/* AH: integrity, perhaps a group and a kind of numbers, and nothing else. */
Test(suite, ah_has_no_cipher)
{
    static const char *const bad[][2] = {{"aes128-sha256", "takes no cipher"},
                                         {"null-sha256", "takes no cipher"},
                                         {"x25519", "no integrity algorithm"},
                                         {"", "empty"}};
    struct ik_proposal p;
    char err[300], text[100];
    cr_assert(host_suite_parse_ah("sha256-aescmac-x25519-esn", &p, err, sizeof err), "%s", err);
    cr_assert_eq(p.transforms_n, 4);
    expect(&p, 0, IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0);
    expect(&p, 1, IK_TT_INTEG, IK_INTEG_AES_CMAC_96, 0);
    expect(&p, 2, IK_TT_DH, IK_DH_X25519, 0);
    expect(&p, 3, IK_TT_ESN, IK_ESN_YES, 0);
    host_suite_print(&p, text, sizeof text);
    cr_expect_str_eq(text, "sha256-aescmac-x25519-esn");
    cr_assert(host_suite_parse_ah("sha1", &p, err, sizeof err), "%s", err);
    expect(&p, 1, IK_TT_ESN, IK_ESN_NO, 0);
    /* As strongSwan: one word, two algorithms (RFC 4543 9). */
    cr_assert(host_suite_parse_ah("aes128gmac-aes256gmac", &p, err, sizeof err), "%s", err);
    expect(&p, 0, IK_TT_INTEG, IK_INTEG_AES_128_GMAC, 0);
    expect(&p, 1, IK_TT_INTEG, IK_INTEG_AES_256_GMAC, 0);
    host_suite_print(&p, text, sizeof text);
    cr_expect_str_eq(text, "aes128gmac-aes256gmac");
    cr_assert(host_suite_parse_esp("aes128gmac", &p, err, sizeof err), "%s", err);
    expect(&p, 0, IK_TT_ENCR, IK_ENCR_NULL_AUTH_AES_GMAC, 128);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_expect_not(host_suite_parse_ah(bad[i][0], &p, err, sizeof err));
        cr_expect_not_null(strstr(err, bad[i][1]), "%s: %s", bad[i][0], err);
    }
}

Test(suite, a_short_error_buffer_is_not_overrun)
{
    struct ik_proposal p;
    char err[8] = "#######";
    cr_expect_not(host_suite_parse_ike("no-such-thing", &p, err, 5));
    cr_expect_eq(err[4], '\0');
    cr_expect_eq(err[5], '#');
}
