/* SPDX-License-Identifier: MIT */
#include "captured.h"
#include "octets.h"

static enum ik_status check(struct ik_span body)
{
    return ik_sa_check(&body);
}

static enum ik_status check_hex(const char *hex)
{
    struct octets o = unhex(hex);
    return parse_copy(check, o.b, o.len);
}

/* ---- reading a captured payload -------------------------------------------------------------- */

static struct ik_span captured_sa(struct ik_msg *m)
{
    cr_assert_eq(ik_msg_parse(captured_init_request, sizeof captured_init_request, m), IK_OK);
    return ik_msg_find(m, IK_PL_SA)->body;
}

static void check_transforms(const struct ik_wire_proposal *p, const struct ik_transform *want)
{
    struct ik_transform t;
    uint16_t at = 0;
    for (uint8_t i = 0; i < p->transforms_n; i++) {
        cr_assert_eq(ik_transform_next(p, &at, &t), IK_OK);
        cr_assert_eq(t.type, want[i].type, "transform %u", i);
        cr_assert_eq(t.id, want[i].id, "transform %u", i);
        cr_assert_eq(t.key_bits, want[i].key_bits, "transform %u", i);
        cr_assert_not(t.unknown_attr);
    }
    cr_assert_eq(at, p->transforms.len);
}

Test(sa, reads_captured_proposals)
{
    static const struct ik_transform first[] = {
        {IK_TT_ENCR, IK_ENCR_AES_CBC, 128, false},
        {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
        {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
        {IK_TT_DH, IK_DH_X25519, 0, false},
        {IK_TT_DH, IK_DH_P256, 0, false},
    };
    static const struct ik_transform second[] = {
        {IK_TT_ENCR, IK_ENCR_AES_GCM_16, 256, false},
        {IK_TT_PRF, IK_PRF_HMAC_SHA2_384, 0, false},
        {IK_TT_DH, IK_DH_P384, 0, false},
    };
    struct ik_msg m;
    struct ik_wire_proposal p;
    struct ik_span sa = captured_sa(&m);
    uint16_t at = 0;
    cr_assert_eq(ik_sa_check(&sa), IK_OK);
    cr_assert_eq(ik_sa_next(&sa, &at, &p), IK_OK);
    cr_assert_eq(p.number, 1);
    cr_assert_eq(p.protocol, IK_PROTO_IKE);
    cr_assert_eq(p.spi.len, 0);
    cr_assert_eq(p.transforms_n, 5);
    check_transforms(&p, first);
    cr_assert_lt(at, sa.len);
    cr_assert_eq(ik_sa_next(&sa, &at, &p), IK_OK);
    cr_assert_eq(p.number, 2);
    cr_assert_eq(p.transforms_n, 3);
    check_transforms(&p, second);
    cr_assert_eq(at, sa.len);
    cr_assert_eq(ik_sa_next(&sa, &at, &p), IK_ERR_SYNTAX, "nothing is behind the last");
}

Test(sa, every_truncation_is_refused)
{
    struct ik_msg m;
    struct ik_span sa = captured_sa(&m);
    struct octets o = {.len = sa.len};
    memcpy(o.b, sa.p, sa.len);
    check_truncations(check, &o, o.len);
}

/* Any one octet changed: the walk by hand over what ik_sa_check takes never meets bad syntax. */
Test(sa, what_is_checked_can_be_walked)
{
    struct ik_msg m;
    struct ik_span sa = captured_sa(&m);
    for (unsigned i = 0; i < 256u * sa.len; i++) {
        uint8_t *b = exact(sa.p, sa.len);
        struct ik_span s = {b, sa.len};
        struct ik_wire_proposal p;
        struct ik_transform t;
        b[i / 256] = (uint8_t)i;
        if (ik_sa_check(&s) == IK_OK) {
            uint16_t at = 0;
            while (at < s.len) {
                cr_assert_eq(ik_sa_next(&s, &at, &p), IK_OK);
                uint16_t tat = 0;
                while (tat < p.transforms.len) {
                    cr_assert_eq(ik_transform_next(&p, &tat, &t), IK_OK);
                }
            }
        }
        free(b);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static const struct ik_transform esp1[] = {
    {IK_TT_ENCR, IK_ENCR_AES_GCM_16, 128, false},
    {IK_TT_ESN, IK_ESN_NO, 0, false},
};
static const struct ik_transform esp2[] = {
    {IK_TT_ENCR, IK_ENCR_CHACHA20_POLY1305, 0, false},
};

static void build(struct ik_chain *c)
{
    const struct ik_sa_item items[] = {
        {1, IK_PROTO_ESP, {(const uint8_t *)"\xc1\xc2\xc3\xc4", 4}, 2, esp1},
        {2, IK_PROTO_ESP, {(const uint8_t *)"\xd1\xd2\xd3\xd4", 4}, 1, esp2},
    };
    ik_sa_put(c, items, 2);
}

/* RFC 7296 figures 6 to 9. */
static const char drawn[] = "00000038"
                            "02000020 01030402 c1c2c3c4"
                            "0300000c 01000014 800e0080"
                            "00000008 05000000"
                            "00000014 02030401 d1d2d3d4"
                            "00000008 0100001c";

Test(sa, is_written_as_drawn)
{
    struct octets want = unhex(drawn);
    check_build(build, &want);
    struct octets body = body_of(&want);
    check_truncations(check, &body, body.len);
}

Test(sa, eight_octet_spi_for_rekeying)
{
    uint8_t buf[64];
    struct ik_chain c;
    struct ik_wire_proposal p;
    const struct ik_sa_item item = {
        1, IK_PROTO_IKE, {(const uint8_t *)"\1\2\3\4\5\6\7\10", 8}, 1, esp2};
    uint16_t at = 0;
    ik_chain_begin(&c, buf, sizeof buf);
    ik_sa_put(&c, &item, 1);
    struct ik_span body = {buf + 4, (uint16_t)(c.w.len - 4)};
    cr_assert_eq(ik_sa_check(&body), IK_OK);
    cr_assert_eq(ik_sa_next(&body, &at, &p), IK_OK);
    cr_assert(span_is(p.spi, "\1\2\3\4\5\6\7\10", 8));
}

/* ---- what 3.3 forbids ------------------------------------------------------------------------ */

#define T1 "00000008 02000005" /* one transform, the last */

Test(sa, no_proposal_and_no_transform)
{
    cr_assert_eq(check_hex(""), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000008 01010000"), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000010 01010001" T1), IK_OK);
}

Test(sa, counts_of_transforms)
{
    cr_assert_eq(check_hex("00000010 01010000" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000010 01010002" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000018 01010002 03000008 02000005" T1), IK_OK);
    cr_assert_eq(check_hex("00000018 01010001 03000008 02000005" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000018 01010003 03000008 02000005" T1), IK_ERR_SYNTAX);
}

Test(sa, last_substruc)
{
    /* Of transforms: 3 before another, 0 on the last. */
    cr_assert_eq(check_hex("00000010 01010001 03000008 02000005"), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000018 01010002" T1 T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000018 01010002 02000008 02000005" T1), IK_ERR_SYNTAX);
    /* Of proposals: 2 before another, 0 on the last. */
    cr_assert_eq(check_hex("02000010 01010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000010 01010001" T1 "00000010 02010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("03000010 01010001" T1 "00000010 02010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("02000010 01010001" T1 "00000010 02010001" T1), IK_OK);
}

Test(sa, numbers_count_from_one)
{
    cr_assert_eq(check_hex("02000010 02010001" T1 "00000010 03010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("02000010 01010001" T1 "00000010 01010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("02000010 01010001" T1 "00000010 03010001" T1), IK_ERR_SYNTAX);
    /* A lone one is an answer with the number that was accepted (3.3.1), but never 0. */
    cr_assert_eq(check_hex("00000010 07010001" T1), IK_OK);
    cr_assert_eq(check_hex("00000010 00010001" T1), IK_ERR_SYNTAX);
}

/* 255 proposals are all that can be numbered. */
Test(sa, numbers_do_not_wrap)
{
    static uint8_t b[16 * 256];
    struct octets one = unhex("02000010 00010001" T1);
    for (unsigned n = 255; n <= 256; n++) {
        for (unsigned i = 0; i < n; i++) {
            memcpy(b + 16 * i, one.b, 16);
            b[16 * i] = i + 1 < n ? 2 : 0;
            b[16 * i + 4] = (uint8_t)(i + 1);
        }
        cr_assert_eq(parse_copy(check, b, 16 * n), n == 255 ? IK_OK : IK_ERR_SYNTAX);
    }
}

Test(sa, spi_sizes)
{
    static const struct {
        uint8_t protocol, size;
        enum ik_status want;
    } cases[] = {
        {1, 0, IK_OK},         {1, 8, IK_OK}, {1, 4, IK_ERR_SYNTAX}, {2, 4, IK_OK},
        {2, 0, IK_ERR_SYNTAX}, {3, 4, IK_OK}, {3, 0, IK_ERR_SYNTAX}, {3, 8, IK_ERR_SYNTAX},
        {3, 3, IK_ERR_SYNTAX}, {9, 3, IK_OK}, /* a protocol to come: its proposal is passed over,
                                                 not the payload */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct octets o = unhex("00000000 01000001 0000000000000000" T1);
        uint8_t size = cases[i].size;
        memmove(o.b + 8 + size, o.b + 16, 8);
        o.len = (uint16_t)(16 + size);
        o.b[3] = (uint8_t)o.len;
        o.b[5] = cases[i].protocol;
        o.b[6] = size;
        cr_assert_eq(parse_copy(check, o.b, o.len), cases[i].want, "%u, %u octets",
                     cases[i].protocol, size);
    }
    /* An SPI longer than its proposal. */
    cr_assert_eq(check_hex("00000010 0109ff01" T1), IK_ERR_SYNTAX);
}

Test(sa, lengths_below_the_header)
{
    cr_assert_eq(check_hex("00000000 01010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000003 01010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("00000007 01010001" T1), IK_ERR_SYNTAX);
    cr_assert_eq(check_hex("0000ffff 01010001" T1), IK_ERR_SYNTAX);
    for (unsigned len = 0; len < 256; len++) {
        struct octets o = unhex("00000010 01010001" T1);
        o.b[11] = (uint8_t)len;
        cr_assert_eq(parse_copy(check, o.b, o.len), len == 8 ? IK_OK : IK_ERR_SYNTAX, "%u", len);
    }
}

Test(sa, reserved_octets_are_ignored)
{
    cr_assert_eq(check_hex("00ff0010 01010001 00ff0008 02ff0005"), IK_OK);
}

/* ---- attributes (3.3.5, 3.3.6) --------------------------------------------------------------- */

/* One transform with these attribute octets. */
static enum ik_status with_attrs(const char *attrs, struct ik_transform *t)
{
    struct octets a = unhex(attrs);
    struct octets o = unhex("00000000 01010001 00000000 0100000c");
    struct ik_wire_proposal p;
    uint16_t at = 0, tat = 0;
    memcpy(o.b + o.len, a.b, a.len);
    o.len = (uint16_t)(o.len + a.len);
    ik_put16(o.b + 2, o.len);
    ik_put16(o.b + 10, (uint16_t)(8 + a.len));
    enum ik_status st = parse_copy(check, o.b, o.len);
    if (st == IK_OK) {
        cr_assert_eq(ik_sa_next(SPAN(o), &at, &p), IK_OK);
        cr_assert_eq(ik_transform_next(&p, &tat, t), IK_OK);
    }
    return st;
}

Test(sa, key_length)
{
    struct ik_transform t;
    cr_assert_eq(with_attrs("", &t), IK_OK);
    cr_assert(t.key_bits == 0 && !t.unknown_attr);
    cr_assert_eq(with_attrs("800e0100", &t), IK_OK);
    cr_assert(t.key_bits == 256 && !t.unknown_attr);
    cr_assert_eq(with_attrs("800effff", &t), IK_OK);
    cr_assert_eq(t.key_bits, 65535);
    cr_assert_eq(with_attrs("800e0080 800e0080", &t), IK_ERR_SYNTAX, "3.3: one of each type");
    cr_assert_eq(with_attrs("800e0080 800e0100", &t), IK_ERR_SYNTAX);
    cr_assert_eq(with_attrs("800e0000", &t), IK_OK);
    cr_assert(t.unknown_attr, "no bits: not to be taken for an absent attribute");
    cr_assert_eq(with_attrs("000e0002 0080", &t), IK_OK);
    cr_assert(t.unknown_attr, "fixed length must be TV");
}

Test(sa, unknown_attributes_mark_the_transform_only)
{
    struct ik_transform t;
    cr_assert_eq(with_attrs("80010001 800e0080", &t), IK_OK);
    cr_assert(t.unknown_attr && t.key_bits == 128);
    cr_assert_eq(with_attrs("00120003 aabbcc 800e0080", &t), IK_OK);
    cr_assert(t.unknown_attr && t.key_bits == 128);
    cr_assert_eq(with_attrs("00120000", &t), IK_OK);
    cr_assert(t.unknown_attr);
}

Test(sa, attributes_cut_short)
{
    struct ik_transform t;
    cr_assert_eq(with_attrs("80", &t), IK_ERR_SYNTAX);
    cr_assert_eq(with_attrs("800e", &t), IK_ERR_SYNTAX);
    cr_assert_eq(with_attrs("800e00", &t), IK_ERR_SYNTAX);
    cr_assert_eq(with_attrs("00120003 aabb", &t), IK_ERR_SYNTAX);
    cr_assert_eq(with_attrs("0012ffff aabb", &t), IK_ERR_SYNTAX);
}
