/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.10, 2.13 to 2.17: nonces, keys and AUTH, against numbers that others have computed. */
#include "pair.h"

static uint8_t octet(const char *hex)
{
    unsigned v;
    cr_assert_eq(sscanf(hex, "%2x", &v), 1);
    return (uint8_t)v;
}

static struct ik_span hex(const char *text, uint8_t *out)
{
    uint16_t n = 0;
    for (; text[0] != '\0'; text += 2) {
        out[n++] = octet(text);
    }
    return (struct ik_span){out, n};
}

static void assert_hex(const uint8_t *got, const char *want)
{
    uint8_t octets[256];
    struct ik_span w = hex(want, octets);
    cr_assert_eq(memcmp(got, w.p, w.len), 0, "not %s", want);
}

/* A node with one IKE SA that opens, by hand. */
static struct pair *p;
static struct ik_node *node;
static struct ik_ike_sa *sa;
static struct ik_handshake *hs;

static void begin(void)
{
    p = pair_new();
    pair_start(p);
    node = &p->end[0].node;
    sa = ik_ike_alloc(node, true);
    hs = ik_handshake_lend(node, sa);
    cr_assert_not_null(hs);
}

TestSuite(keys, .init = begin);

/*
 * NIST CAVP, SP 800-135 "IKEv2", HMAC-SHA1: derivedKeyingMaterial of 132 octets, which is as much
 * as AES-CBC-128, HMAC-SHA1-96 and PRF-HMAC-SHA1 take.
 */
Test(keys, nist_cavp_hmac_sha1)
{
    uint8_t buf[64];
    sa->suite = (struct ik_suite){
        .encr = &ik_encr_aes_cbc_128, .integ = &ik_integ_hmac_sha1_96, .prf = &ik_prf_hmac_sha1};
    hs->job.dh = &ik_dh_x25519; /* g^ir of 32 octets */
    ik_nonce_take(hs, true, hex("32b50d5f4a3763f3", buf));
    ik_nonce_take(hs, false, hex("9206a04b26564cb1", buf));
    hex("34c9e7c188868785", sa->spi_i);
    hex("3ff77d760d2b2199", sa->spi_r);
    hex("4b2c1f971981a8ad8d0abeafabf38cf75fc8349c148142465ed9c8b516b8be52", hs->job.peer);
    ik_keys_derive(node, sa, hs);
    assert_hex(sa->keys.d, "a14293677cc80ff8f9cc0eee30d895da9d8f4056");
    assert_hex(sa->keys.a[1], "66e30ef0dfcb63c634a46002a2a63080e514a062");
    assert_hex(sa->keys.a[0], "768b76606f9fa5e992204fc5a670bde3f10d6b02");
    assert_hex(sa->keys.e[1], "7113936a5c55b648a194ae587b0088d5");
    assert_hex(sa->keys.e[0], "2204b702c979fa280870d2ed41efa9c5");
    assert_hex(hs->sk_p[1], "49fd11198af1670b143d384bd275c5f594cf266b");
    assert_hex(hs->sk_p[0], "05ebadca855e4249520a441a81157435a7a56cc4");
    cr_assert(sa->flags & IK_SA_KEYED);
    /* g^ir and the private value have served. */
    static const struct ik_job none;
    cr_assert_eq(memcmp(&hs->job, &none, sizeof none), 0);

    /* prf+(SK_d, Ni | Nr), by Python's hmac: 16 + 20 octets a direction. */
    struct ik_child_sa *child = ik_child_add(node, sa, 0);
    cr_assert(ik_child_suite_set(&node->ipsec, child, sa->suite.encr, sa->suite.integ));
    for (unsigned initiator = 0; initiator < 2; initiator++) {
        child->initiator = initiator != 0;
        ik_keys_child(node, sa, hs, child);
        struct ik_seal_key first = ik_child_key(&node->ipsec, child, initiator != 0);
        struct ik_seal_key second = ik_child_key(&node->ipsec, child, initiator == 0);
        assert_hex(first.encr_key, "8059e3ee8810e6c3a91bc8bcd2a7a411");
        assert_hex(first.integ_key, "51b8d0e6ae239c7b38093ad85ef4c5811a8e7b5d");
        assert_hex(second.encr_key, "1cdabd9560b2d5e092d1f24e2d4b85ec");
        assert_hex(second.integ_key, "cdf0ad0dc9abd94b51ee71814ca6dbc8bb51b630");
    }
}

static void prf(const struct ik_prf *alg, struct ik_span key, struct ik_span data, uint8_t *out)
{
    const struct ik_span in[2] = {key, data};
    ik_prf(&node->env, alg, in, 2, out);
}

/* 2.14: a prf of fixed key length is keyed by 64 bits of each nonce; prf+ takes them whole. */
Test(keys, fixed_key_prf_takes_half_of_each_nonce)
{
    const struct ik_prf *const prfs[] = {&ik_prf_aes128_xcbc, &ik_prf_aes128_cmac};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t ni[20], nr[32], g_ir[32], key[16], skeyseed[16], seed[20 + 32 + 16 + 1], sk_d[16];
        memset(ni, 0x11, sizeof ni);
        memset(nr, 0x22, sizeof nr);
        ni[7] = 0x77;
        sa->suite = (struct ik_suite){
            .encr = &ik_encr_aes_cbc_128, .integ = &ik_integ_aes_xcbc_96, .prf = prfs[i]};
        hs->job.dh = &ik_dh_x25519;
        memset(sa->spi_i, 0x33, 8);
        memset(sa->spi_r, 0x44, 8);
        memset(g_ir, 0x55, sizeof g_ir);
        memcpy(hs->job.peer, g_ir, sizeof g_ir);
        ik_nonce_take(hs, true, (struct ik_span){ni, sizeof ni});
        ik_nonce_take(hs, false, (struct ik_span){nr, sizeof nr});
        ik_keys_derive(node, sa, hs);

        memcpy(key, ni, 8);
        memcpy(key + 8, nr, 8);
        prf(prfs[i], (struct ik_span){key, 16}, (struct ik_span){g_ir, 32}, skeyseed);
        memcpy(seed, ni, 20);
        memcpy(seed + 20, nr, 32);
        memcpy(seed + 52, sa->spi_i, 8);
        memcpy(seed + 60, sa->spi_r, 8);
        seed[68] = 1;
        prf(prfs[i], (struct ik_span){skeyseed, 16}, (struct ik_span){seed, 69}, sk_d);
        cr_assert_eq(memcmp(sk_d, sa->keys.d, 16), 0);
    }
}

Test(keys, nonces_lie_together)
{
    uint8_t n[IK_NONCE_MAX];
    memset(n, 0xaa, sizeof n);
    ik_nonce_take(hs, true, (struct ik_span){n, 17});
    memset(n, 0xbb, sizeof n);
    ik_nonce_take(hs, false, (struct ik_span){n, IK_NONCE_MAX});
    cr_assert_eq(ik_nonce_i(hs).len, 17);
    cr_assert_eq(ik_nonce_i(hs).p, hs->seed);
    cr_assert_eq(ik_nonce_r(hs).len, IK_NONCE_MAX);
    cr_assert_eq(ik_nonce_r(hs).p, hs->seed + 17);
    cr_assert_eq(hs->seed[16], 0xaa);
    cr_assert_eq(hs->seed[17], 0xbb);
    cr_assert_eq(hs->seed[17 + IK_NONCE_MAX], 0);
}

/* The longest of both, and the SPIs behind them, fill the place that is there for them. */
Test(keys, longest_nonces)
{
    uint8_t n[IK_NONCE_MAX];
    struct ik_handshake *other = hs + 1;
    struct ik_handshake before = *other;
    memset(n, 0xaa, sizeof n);
    sa->suite = (struct ik_suite){.encr = &ik_encr_aes_gcm_16_256, .prf = &ik_prf_hmac_sha2_512};
    hs->job.dh = &ik_dh_x25519;
    ik_nonce_take(hs, true, (struct ik_span){n, IK_NONCE_MAX});
    ik_nonce_take(hs, false, (struct ik_span){n, IK_NONCE_MAX});
    ik_keys_derive(node, sa, hs);
    cr_assert_eq(memcmp(hs->seed + 2 * IK_NONCE_MAX, sa->spi_i, 8), 0);
    cr_assert_eq(memcmp(hs->seed + 2 * IK_NONCE_MAX + 8, sa->spi_r, 8), 0);
    cr_assert_eq(sizeof hs->seed, 2 * IK_NONCE_MAX + 16);
    cr_assert_eq(memcmp(other, &before, sizeof before), 0);
}

/* Drawn as long as configured, 32 octets else; another each time. */
Test(keys, own_nonces)
{
    const uint8_t lens[] = {0, 16, 33, 255};
    for (unsigned i = 0; i < 4; i++) {
        uint8_t first[IK_NONCE_MAX];
        uint16_t len = lens[i] != 0 ? lens[i] : 32;
        p->end[0].config.nonce_len = lens[i];
        ik_nonce_draw(node, hs, true);
        cr_assert_eq(ik_nonce_i(hs).len, len);
        memcpy(first, hs->seed, len);
        ik_nonce_draw(node, hs, true);
        cr_assert_eq(ik_nonce_i(hs).len, len);
        cr_assert_neq(memcmp(first, hs->seed, len), 0);
        ik_nonce_draw(node, hs, false);
        cr_assert_eq(ik_nonce_r(hs).len, len);
        cr_assert_eq(hs->nonces_len, 2 * len);
    }
}

Test(keys, nonce_is_half_of_the_prf_key_at_least)
{
    static const uint8_t n[300];
    cr_assert(ik_nonce_good((struct ik_span){n, 16}, &ik_prf_hmac_sha2_256));
    cr_assert_not(ik_nonce_good((struct ik_span){n, 16}, &ik_prf_hmac_sha2_512));
    cr_assert(ik_nonce_good((struct ik_span){n, 32}, &ik_prf_hmac_sha2_512));
    cr_assert(ik_nonce_good((struct ik_span){n, 256}, &ik_prf_hmac_sha1));
    cr_assert_not(ik_nonce_good((struct ik_span){n, 257}, &ik_prf_hmac_sha1));
}

/* HMAC-SHA-256 by BearSSL itself, without any of our layers between. */
static void hmac(const void *key, size_t key_len, const struct ik_span *parts, unsigned n,
                 uint8_t *out)
{
    br_hmac_key_context kc;
    br_hmac_context ctx;
    br_hmac_key_init(&kc, &br_sha256_vtable, key, key_len);
    br_hmac_init(&ctx, &kc, 0);
    for (unsigned i = 0; i < n; i++) {
        br_hmac_update(&ctx, parts[i].p, parts[i].len);
    }
    br_hmac_out(&ctx, out);
}

/* What the handshake of end 0 still knows when the last message of IKE_AUTH comes. */
static struct ik_handshake known;

static bool keep_known(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path, (void)g;
    if (to == 0 && q->end[0].ike_sas[1].handshake != IK_NO_SLOT) {
        known = *ik_handshake_of(&q->end[0].node, &q->end[0].ike_sas[1]);
    }
    return true;
}

/* 2.15, from the octets that a whole handshake has sent. */
Test(keys, auth_of_both_sides)
{
    uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    p->hook = keep_known;
    pair_up(p); /* slot 0 is taken */
    struct ik_span psk = p->end[0].peer[0].psk;
    for (unsigned side = 0; side < 2; side++) {
        const struct gram *message = &p->grams[side], *proof = &p->grams[2 + side];
        cr_assert(ik_export_open(node, 1, proof->b, proof->len, buf, sizeof buf, &m));
        struct ik_auth auth;
        struct ik_span id = ik_msg_find(&m, side == 0 ? IK_PL_IDI : IK_PL_IDR)->body;
        cr_assert_eq(ik_auth_parse(ik_msg_find(&m, IK_PL_AUTH)->body, &auth), IK_OK);
        uint8_t padded[32], maced[32], want[32];
        struct ik_span pad = pair_text("Key Pad for IKEv2");
        struct ik_span octets[3] = {{message->b, message->len},
                                    side == 0 ? ik_nonce_r(&known) : ik_nonce_i(&known),
                                    {maced, 32}};
        hmac(psk.p, psk.len, &pad, 1, padded);
        hmac(known.sk_p[side == 0], 32, &id, 1, maced);
        hmac(padded, 32, octets, 3, want);
        cr_assert_eq(auth.method, IK_AUTH_SHARED_KEY_MIC);
        cr_assert_eq(auth.data.len, 32);
        cr_assert_eq(memcmp(auth.data.p, want, 32), 0, "side %u", side);
    }
}

Test(keys, identities)
{
    uint8_t out[] = "\2\0\0\0a.example";
    struct ik_id id = {IK_ID_FQDN, pair_text("a.example")};
    struct ik_span body = {out, 4 + 9};
    cr_assert(ik_id_is(&id, body));
    /* Reserved octets are "ignored on receipt". */
    out[2] = 1;
    cr_assert(ik_id_is(&id, body));
    cr_assert_not(ik_id_is(&id, (struct ik_span){out, 4 + 8}));
    out[4] ^= 1;
    cr_assert_not(ik_id_is(&id, body));
    out[4] ^= 1;
    out[0] = IK_ID_KEY_ID;
    cr_assert_not(ik_id_is(&id, body));
}

/* 2.18: "it is the old IKE SA's PRF that is used to generate SKEYSEED"; the keys come of the new
 * one's. */
Test(keys, rekeyed_with_another_prf)
{
    struct ik_ike_sa *old = sa, *new = ik_ike_alloc(node, true);
    uint8_t ni[32], nr[24], g_ir[32], skeyseed[32], sk_d[64], in[32 + 32 + 24 + 16 + 1];
    cr_assert_not_null(new);
    old->suite = (struct ik_suite){.encr = &ik_encr_aes_cbc_128,
                                   .integ = &ik_integ_hmac_sha2_256_128,
                                   .prf = &ik_prf_hmac_sha2_256};
    new->suite = old->suite;
    new->suite.prf = &ik_prf_hmac_sha2_512;
    memset(old->keys.d, 0x66, 32);
    memset(ni, 0x11, sizeof ni);
    memset(nr, 0x22, sizeof nr);
    memset(g_ir, 0x55, sizeof g_ir);
    memset(new->spi_i, 0x33, 8);
    memset(new->spi_r, 0x44, 8);
    hs->job.dh = &ik_dh_x25519;
    memcpy(hs->job.peer, g_ir, sizeof g_ir);
    ik_nonce_take(hs, true, (struct ik_span){ni, sizeof ni});
    ik_nonce_take(hs, false, (struct ik_span){nr, sizeof nr});
    ik_keys_rekey(node, old, new, hs);

    memcpy(in, g_ir, 32);
    memcpy(in + 32, ni, 32);
    memcpy(in + 64, nr, 24);
    prf(&ik_prf_hmac_sha2_256, (struct ik_span){old->keys.d, 32}, (struct ik_span){in, 88},
        skeyseed);
    memcpy(in, ni, 32);
    memcpy(in + 32, nr, 24);
    memset(in + 56, 0x33, 8);
    memset(in + 64, 0x44, 8);
    in[72] = 1;
    prf(&ik_prf_hmac_sha2_512, (struct ik_span){skeyseed, 32}, (struct ik_span){in, 73}, sk_d);
    cr_assert_eq(memcmp(new->keys.d, sk_d, sizeof sk_d), 0);
    /* Nobody needs SK_p*, for there is no AUTH. */
    static const uint8_t none[sizeof hs->sk_p];
    cr_assert_eq(memcmp(hs->sk_p, none, sizeof none), 0);
}
