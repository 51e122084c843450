/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.7, 3.3: choosing and verifying proposals. */
#include "pair.h"

struct offer {
    struct ik_proposal list[4];
    struct ik_proposals p;
};

static void offer_init(struct offer *o, const char *text, uint8_t protocol)
{
    o->p = (struct ik_proposals){.crypto = host_crypto(),
                                 .list = o->list,
                                 .n = pair_suites(text, protocol == IK_PROTO_IKE, o->list),
                                 .protocol = protocol,
                                 .spi_len = protocol == IK_PROTO_ESP ? 4 : 0};
}

static const uint8_t spi[8] = {0xc0, 0xff, 0xee, 1, 2, 3, 4, 5};

/* Ours, of a proposal for that protocol. */
static struct ik_span our_spi(uint8_t protocol)
{
    return (struct ik_span){spi, protocol == IK_PROTO_ESP ? 4 : 0};
}

static const struct ik_span *put(struct ik_chain *c, uint8_t *buf, size_t cap)
{
    cr_assert(ik_wr_ok(&c->w));
    static struct ik_span body;
    (void)cap;
    body = (struct ik_span){buf + 4, (uint16_t)(c->w.len - 4)};
    return &body;
}

static const struct ik_span *wire(const struct offer *o, uint8_t *buf, size_t cap)
{
    struct ik_chain c;
    ik_chain_begin(&c, buf, cap);
    ik_proposal_put(&c, &o->p, (struct ik_span){spi, o->p.spi_len});
    return put(&c, buf, cap);
}

/* What the answer with that suite names; answers how many. */
static uint8_t named(const struct ik_suite *suite, uint8_t protocol, struct ik_transform *out)
{
    uint8_t buf[512];
    struct ik_chain c;
    struct ik_wire_proposal w;
    uint16_t at = 0, t_at = 0;
    uint8_t n = 0;
    ik_chain_begin(&c, buf, sizeof buf);
    ik_suite_put(&c, suite, protocol, our_spi(protocol));
    cr_assert_eq(ik_sa_next(put(&c, buf, sizeof buf), &at, &w), IK_OK);
    while (t_at < w.transforms.len) {
        cr_assert_eq(ik_transform_next(&w, &t_at, &out[n++]), IK_OK);
    }
    return n;
}

/* Responder's choice between the two, as text; "" if there is none. */
static const char *chosen(const char *ours, const char *theirs, uint8_t protocol, uint8_t *number)
{
    static char text[256];
    static struct offer a, b;
    uint8_t buf[2048];
    struct ik_suite s;
    struct ik_span no_spi;
    offer_init(&a, ours, protocol);
    offer_init(&b, theirs, protocol);
    if (ik_proposal_choose(&a.p, wire(&b, buf, sizeof buf), &s, &no_spi) != IK_OK) {
        return "";
    }
    struct ik_proposal p = {0};
    p.transforms_n = named(&s, protocol, p.transforms);
    host_suite_print(&p, text, sizeof text);
    if (number != NULL) {
        *number = s.number;
    }
    return text;
}

static void assert_chosen(const char *ours, const char *theirs, const char *want, uint8_t number)
{
    uint8_t got = 0;
    cr_assert_str_eq(chosen(ours, theirs, IK_PROTO_IKE, &got), want);
    cr_assert(want[0] == '\0' || got == number);
}

Test(proposal, our_order_decides)
{
    assert_chosen("aes128-sha256-x25519", "aes128-sha256-x25519", "aes128-sha256-x25519", 1);
    assert_chosen("aes256-aes128-sha512-sha256-prfsha256-ecp256-x25519",
                  "aes128-aes256-sha256-sha512-prfsha256-x25519-ecp256",
                  "aes256-sha512-prfsha256-ecp256", 1);
    assert_chosen("chacha20poly1305-prfsha256-x25519,aes128-sha256-x25519",
                  "aes128-sha256-x25519,chacha20poly1305-prfsha256-x25519",
                  "chacha20poly1305-prfsha256-x25519", 2);
}

Test(proposal, key_lengths_count)
{
    assert_chosen("aes128-sha256-x25519", "aes256-sha256-x25519", "", 0);
    assert_chosen("aes128-sha256-x25519", "aes256-aes128-sha256-x25519", "aes128-sha256-x25519", 1);
}

Test(proposal, each_type_must_be_met)
{
    assert_chosen("aes128-sha256-x25519", "aes128-sha512-prfsha256-x25519", "", 0);
    assert_chosen("aes128-sha256-x25519", "aes128-sha256-prfsha1-x25519", "", 0);
    assert_chosen("aes128-sha256-x25519", "aes128-sha256-ecp256", "", 0);
    assert_chosen("aes128gcm16-prfsha256-x25519", "aes128-sha256-x25519", "", 0);
    assert_chosen("aes128-sha256-x25519", "aes128gcm16-prfsha256-x25519", "", 0);
}

/* What the peer names besides, and we do not have, cannot be left out. */
static const struct ik_span *with(uint8_t *buf, size_t cap, uint8_t protocol,
                                  const struct ik_transform *t, uint8_t n)
{
    struct ik_chain c;
    struct ik_sa_item item = {1, protocol, our_spi(protocol), n, t};
    ik_chain_begin(&c, buf, cap);
    ik_sa_put(&c, &item, 1);
    return put(&c, buf, cap);
}

#define T(t, i, bits)                                                                              \
    {                                                                                              \
        .type = (t), .id = (i), .key_bits = (bits)                                                 \
    }

static struct ik_span their_spi;
static bool takes(const char *ours, uint8_t protocol, const struct ik_transform *t, uint8_t n,
                  struct ik_suite *s)
{
    static struct offer o;
    static uint8_t buf[512]; /* their_spi lies in it */
    offer_init(&o, ours, protocol);
    return ik_proposal_choose(&o.p, with(buf, sizeof buf, protocol, t, n), s, &their_spi) == IK_OK;
}

Test(proposal, none_can_stand_for_what_we_lack)
{
    struct ik_suite s;
    const struct ik_transform gcm[] = {T(IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128),
                                       T(IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0),
                                       T(IK_TT_INTEG, IK_INTEG_NONE, 0),
                                       T(IK_TT_DH, IK_DH_NONE, 0),
                                       T(IK_TT_ESN, IK_ESN_YES, 0),
                                       T(IK_TT_ESN, IK_ESN_NO, 0)};
    cr_assert(takes("aes128gcm16", IK_PROTO_ESP, gcm, 6, &s));
    cr_assert_null(s.integ);
    cr_assert_null(s.dh);
    struct ik_transform back[IK_SUITE_TYPES];
    cr_assert_eq(named(&s, IK_PROTO_ESP, back), 4);
    cr_assert_eq(back[1].id, IK_INTEG_NONE);
    cr_assert_eq(their_spi.len, 4);
    cr_assert_arr_eq(their_spi.p, spi, 4);
    /* without NONE, it must not be chosen */
    cr_assert_not(takes("aes128gcm16", IK_PROTO_ESP, gcm, 2, &s));
    const struct ik_transform group[] = {gcm[0], T(IK_TT_DH, IK_DH_X25519, 0), gcm[5]};
    cr_assert_not(takes("aes128gcm16", IK_PROTO_ESP, group, 3, &s));
}

Test(proposal, esn)
{
    struct ik_suite s;
    const struct ik_transform yes[] = {T(IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128),
                                       T(IK_TT_ESN, IK_ESN_YES, 0)};
    cr_assert_not(takes("aes128gcm16", IK_PROTO_ESP, yes, 2, &s));
    const char *const taken[] = {"aes128gcm16-esn", "aes128gcm16-esn-noesn",
                                 "aes128gcm16-noesn-esn"};
    for (unsigned i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        struct ik_transform back[IK_SUITE_TYPES];
        cr_assert(takes(taken[i], IK_PROTO_ESP, yes, 2, &s));
        cr_assert(s.esn);
        cr_assert_eq(named(&s, IK_PROTO_ESP, back), 2);
        cr_assert_eq(back[1].id, IK_ESN_YES);
    }
    /* our order counts */
    const struct ik_transform both[] = {yes[0], T(IK_TT_ESN, IK_ESN_NO, 0), yes[1]};
    cr_assert(takes("aes128gcm16-esn-noesn", IK_PROTO_ESP, both, 3, &s));
    cr_assert(s.esn);
    cr_assert(takes("aes128gcm16-noesn-esn", IK_PROTO_ESP, both, 3, &s));
    cr_assert_not(s.esn);
    cr_assert_not(takes("aes128gcm16-esn", IK_PROTO_ESP, both, 2, &s));
    /* who leaves it out can't do it */
    cr_assert_not(takes("aes128gcm16-esn", IK_PROTO_ESP, yes, 1, &s));
    /* who leaves it out means 32 bits */
    cr_assert(takes("aes128gcm16", IK_PROTO_ESP, yes, 1, &s));
    cr_assert_eq(s.named, 1u << IK_TT_ENCR);
}

Test(proposal, unknown_types_and_attributes)
{
    struct ik_suite s;
    const struct ik_transform t[] = {
        T(IK_TT_ENCR, IK_ENCR_AES_CBC, 128), T(IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0),
        T(IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0), T(IK_TT_DH, IK_DH_X25519, 0), T(6, 35, 0)};
    cr_assert(takes("aes128-sha256-x25519", IK_PROTO_IKE, t, 4, &s));
    cr_assert_not(takes("aes128-sha256-x25519", IK_PROTO_IKE, t, 5, &s));
}

Test(proposal, other_protocol_and_spi)
{
    static struct offer ike, esp;
    uint8_t buf[512];
    struct ik_suite s;
    offer_init(&ike, "aes128-sha256-x25519", IK_PROTO_IKE);
    offer_init(&esp, "aes128gcm16", IK_PROTO_ESP);
    const struct ik_span *sa = wire(&esp, buf, sizeof buf);
    cr_assert_eq(ik_proposal_choose(&esp.p, sa, &s, &their_spi), IK_OK);
    cr_assert_eq(ik_proposal_choose(&ike.p, sa, &s, &their_spi), IK_ERR_POLICY);
    memset(buf + 4 + 8, 0, 4); /* SPI 0 */
    cr_assert_eq(ik_proposal_choose(&esp.p, sa, &s, &their_spi), IK_ERR_POLICY);
    buf[4 + 5] = IK_PROTO_AH;
    cr_assert_eq(ik_proposal_choose(&esp.p, sa, &s, &their_spi), IK_ERR_POLICY);
}

/* 3.3.1: 8 octets of SPI when an IKE SA is rekeyed, none in IKE_SA_INIT. */
Test(proposal, spi_of_an_ike_sa)
{
    static struct offer first, rekey;
    uint8_t buf[512];
    struct ik_suite s;
    offer_init(&first, "aes128-sha256-x25519", IK_PROTO_IKE);
    offer_init(&rekey, "aes128-sha256-x25519", IK_PROTO_IKE);
    rekey.p.spi_len = 8;
    const struct ik_span *sa = wire(&rekey, buf, sizeof buf);
    cr_assert_eq(ik_proposal_choose(&first.p, sa, &s, &their_spi), IK_ERR_POLICY);
    cr_assert_eq(ik_proposal_verify(&first.p, sa, &s, &their_spi), IK_ERR_POLICY);
    cr_assert_eq(ik_proposal_choose(&rekey.p, sa, &s, &their_spi), IK_OK);
    cr_assert_eq(their_spi.len, 8);
    cr_assert_arr_eq(their_spi.p, spi, 8);
    cr_assert_eq(ik_proposal_verify(&rekey.p, sa, &s, &their_spi), IK_OK);
    cr_assert_eq(their_spi.len, 8);
    cr_assert_arr_eq(their_spi.p, spi, 8);
    sa = wire(&first, buf, sizeof buf);
    cr_assert_eq(ik_proposal_choose(&rekey.p, sa, &s, &their_spi), IK_ERR_POLICY);
    cr_assert_eq(ik_proposal_verify(&rekey.p, sa, &s, &their_spi), IK_ERR_POLICY);
}

/* ---- verifying ------------------------------------------------------------------------------- */

static const struct ik_span *answer(uint8_t *buf, size_t cap, uint8_t number,
                                    const struct ik_transform *t, uint8_t n, uint8_t copies)
{
    struct ik_chain c;
    struct ik_sa_item items[2] = {{number, IK_PROTO_IKE, {NULL, 0}, n, t},
                                  {(uint8_t)(number + 1), IK_PROTO_IKE, {NULL, 0}, n, t}};
    ik_chain_begin(&c, buf, cap);
    ik_sa_put(&c, items, copies);
    return put(&c, buf, cap);
}

Test(proposal, answer_must_be_one_of_ours)
{
    static struct offer o;
    uint8_t buf[512];
    struct ik_suite s;
    struct ik_transform t[6] = {
        T(IK_TT_ENCR, IK_ENCR_AES_CBC, 128), T(IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0),
        T(IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0), T(IK_TT_DH, IK_DH_X25519, 0)};
    offer_init(&o, "aes256-sha512-x25519,aes128-sha256-prfsha256-x25519-ecp256", IK_PROTO_IKE);
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, t, 4, 1), &s, &their_spi),
                 IK_OK);
    cr_assert_eq(s.encr, &ik_encr_aes_cbc_128);
    cr_assert_eq(s.dh, &ik_dh_x25519);
    /* another number, none, too high a one, two proposals */
    const uint8_t numbers[] = {0, 1, 3, 255};
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(
            ik_proposal_verify(&o.p, answer(buf, sizeof buf, numbers[i], t, 4, 1), &s, &their_spi),
            IK_ERR_POLICY);
    }
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 1, t, 4, 2), &s, &their_spi),
                 IK_ERR_POLICY);
    /* each type is missing once */
    for (unsigned skip = 0; skip < 4; skip++) {
        struct ik_transform less[3];
        for (unsigned i = 0, n = 0; i < 4; i++) {
            if (i != skip) {
                less[n++] = t[i];
            }
        }
        cr_assert_eq(
            ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, less, 3, 1), &s, &their_spi),
            IK_ERR_POLICY);
    }
    /* one twice, though each is ours */
    t[4] = (struct ik_transform)T(IK_TT_DH, IK_DH_P256, 0);
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, t, 5, 1), &s, &their_spi),
                 IK_ERR_POLICY);
    /* one of another proposal, or another key length, or of no type of ours */
    t[0].key_bits = 256;
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, t, 4, 1), &s, &their_spi),
                 IK_ERR_POLICY);
    t[0].key_bits = 128;
    t[4] = (struct ik_transform)T(IK_TT_ESN, IK_ESN_NO, 0);
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, t, 5, 1), &s, &their_spi),
                 IK_ERR_POLICY);
    t[4].type = 200;
    cr_assert_eq(ik_proposal_verify(&o.p, answer(buf, sizeof buf, 2, t, 5, 1), &s, &their_spi),
                 IK_ERR_POLICY);
}

/* Whatever a responder chooses from an offer, its initiator takes. */
Test(proposal, choice_is_verified)
{
    const char *lists[] = {"aes128-sha256-x25519", "aes128gcm16-prfsha256-x25519-ecp384",
                           "chacha20poly1305-prfsha512-x25519,aes128-aes256-sha1-sha256-modp2048",
                           "aes128ccm8-prfaesxcbc-ecp521"};
    for (unsigned i = 0; i < 4; i++) {
        static struct offer o;
        struct ik_suite s, back;
        struct ik_chain c;
        uint8_t buf[1024], reply[512];
        offer_init(&o, lists[i], IK_PROTO_IKE);
        cr_assert_eq(ik_proposal_choose(&o.p, wire(&o, buf, sizeof buf), &s, &their_spi), IK_OK);
        ik_chain_begin(&c, reply, sizeof reply);
        ik_suite_put(&c, &s, IK_PROTO_IKE, our_spi(IK_PROTO_IKE));
        cr_assert_eq(ik_proposal_verify(&o.p, put(&c, reply, sizeof reply), &back, &their_spi),
                     IK_OK);
        cr_assert_eq(s.named, back.named);
        cr_assert(s.encr == back.encr && s.prf == back.prf && s.integ == back.integ &&
                  s.dh == back.dh);
    }
}

Test(proposal, groups)
{
    static struct offer o;
    offer_init(&o, "aes128-sha256-ecp256-x25519,aes256-sha512-modp2048", IK_PROTO_IKE);
    cr_assert_eq(ik_proposal_group(&o.p, 0), &ik_dh_p256);
    cr_assert_eq(ik_proposal_group(&o.p, IK_DH_X25519), &ik_dh_x25519);
    cr_assert_eq(ik_proposal_group(&o.p, IK_DH_MODP_2048), &ik_dh_modp_2048);
    cr_assert_null(ik_proposal_group(&o.p, IK_DH_MODP_1024));
    cr_assert_null(ik_proposal_group(&o.p, 999));
}

Test(proposal, allows_only_what_stands_together)
{
    static struct offer o;
    struct ik_suite s = {.named = 1u << IK_TT_ENCR | 1u << IK_TT_PRF | 1u << IK_TT_INTEG |
                                  1u << IK_TT_DH};
    offer_init(&o, "aes128-sha256-x25519,aes256-sha512-ecp256", IK_PROTO_IKE);
    s.encr = &ik_encr_aes_cbc_128;
    s.integ = &ik_integ_hmac_sha2_256_128;
    s.prf = &ik_prf_hmac_sha2_256;
    s.dh = &ik_dh_x25519;
    cr_assert(ik_proposal_allows(&o.p, &s));
    s.dh = &ik_dh_p256;
    cr_assert_not(ik_proposal_allows(&o.p, &s));
    s.encr = &ik_encr_aes_gcm_16_128;
    s.integ = NULL;
    cr_assert_not(ik_proposal_allows(&o.p, &s));
}

/* Weak algorithms say so when they are chosen, at both ends. */
Test(proposal, legacy_is_traced)
{
    struct pair *p = pair_new_family("aes128-sha1-modp1024", "aes128-sha1", 4);
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[0].traces[IK_TR_LEGACY], 4);
    cr_assert_eq(p->end[1].traces[IK_TR_LEGACY], 4);
    free(p);
    p = pair_new();
    pair_start(p);
    pair_up(p);
    cr_assert_eq(p->end[0].traces[IK_TR_LEGACY], 0);
    free(p);
}
