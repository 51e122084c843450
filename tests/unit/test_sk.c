/* SPDX-License-Identifier: MIT */
#include "octets.h"

static const struct ik_hdr hdr = {
    .spi_i = {1, 1, 1, 1, 1, 1, 1, 1},
    .spi_r = {2, 2, 2, 2, 2, 2, 2, 2},
    .version = 0x20,
    .exchange = IK_EX_INFORMATIONAL,
    .flags = IK_FLAG_INITIATOR,
    .msgid = 3,
};

#define HDR_BEFORE_NEXT "0101010101010101 0202020202020202"
#define HDR_BEHIND_NEXT "20 25 08 00000003"

struct shape {
    uint8_t iv_len, block, icv_len;
};

/* A message whose SK holds n octets of Vendor ID behind an empty one. */
static enum ik_status build(uint8_t *buf, size_t cap, struct shape s, uint16_t n, uint16_t *aad,
                            uint16_t *text, uint16_t *len)
{
    struct ik_chain c;
    ik_msg_begin(&c, buf, cap, &hdr);
    ik_sk_open(&c, s.iv_len, 0, 0);
    ik_vendor_put(&c, (struct ik_span){NULL, 0});
    ik_payload_open(&c, IK_PL_EAP);
    for (uint16_t i = 0; i < n; i++) {
        ik_wr_u8(&c.w, 0xee);
    }
    ik_payload_close(&c);
    ik_sk_close(&c, 0, s.block, s.icv_len, aad, text);
    *len = c.w.len;
    return ik_msg_end(&c);
}

/* RFC 7296 figure 21. */
Test(sk, is_laid_out_as_drawn)
{
    struct octets want = unhex(HDR_BEFORE_NEXT "2e" HDR_BEHIND_NEXT "00000044"
                                               "2b000028 0000000000000000"
                                               "30000004 00000006 eeee"
                                               "0000000000 05" /* padding, its length */
                                               "000000000000000000000000");
    uint8_t buf[68];
    uint16_t aad, text, len;
    cr_assert_eq(build(buf, sizeof buf, (struct shape){8, 16, 12}, 2, &aad, &text, &len), IK_OK);
    cr_assert_eq(len, 68);
    cr_assert_arr_eq(buf, want.b, want.len);
    cr_assert_eq(aad, 32, "from the IKE header to the header of SK");
    cr_assert_eq(text, 16);
}

static void check_inside(const uint8_t *buf, uint16_t len, struct shape s, uint16_t n)
{
    struct ik_msg m;
    size_t inner;
    cr_assert_eq(ik_msg_parse(buf, len, &m), IK_OK);
    cr_assert_eq(m.payloads_n, 1);
    struct ik_span body = m.payloads[0].body;
    const uint8_t *text = body.p + s.iv_len;
    size_t text_len = (size_t)(body.len - s.iv_len - s.icv_len);
    cr_assert_eq(text_len % s.block, 0);
    cr_assert_eq(ik_sk_unpad(text, text_len, &inner), IK_OK);
    cr_assert_lt(text_len - inner, (size_t)s.block + 2, "no more padding than needed");
    cr_assert_eq(ik_msg_parse_inner(&m, m.sk_next, text, inner), IK_OK);
    /* The Vendor ID was seen, but has no place. */
    cr_assert_eq(m.sk_next, IK_PL_VENDOR);
    cr_assert_eq(m.present,
                 IK_PRESENT(IK_PL_SK) | IK_PRESENT(IK_PL_VENDOR) | IK_PRESENT(IK_PL_EAP));
    cr_assert_eq(m.payloads_n, 2);
    cr_assert_eq(m.payloads[1].type, IK_PL_EAP);
    cr_assert_eq(m.payloads[1].body.len, n);
}

Test(sk, every_inner_length_and_block_reads_back)
{
    static const struct shape shapes[] = {
        {16, 16, 16}, {8, 1, 16}, {8, 4, 8}, {8, 2, 12}, {0, 1, 0}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (uint16_t n = 0; n < 70; n++) {
            uint8_t buf[256];
            uint16_t aad, text, len;
            cr_assert_eq(build(buf, sizeof buf, shapes[i], n, &aad, &text, &len), IK_OK);
            cr_assert_eq(aad + shapes[i].iv_len + text + shapes[i].icv_len, len);
            check_inside(buf, len, shapes[i], n);
        }
    }
}

Test(sk, every_size_of_buffer)
{
    const struct shape s = {16, 16, 16};
    uint8_t whole[256];
    uint16_t aad, text, len, cut;
    cr_assert_eq(build(whole, sizeof whole, s, 21, &aad, &text, &len), IK_OK);
    for (size_t cap = 0; cap <= len; cap++) {
        uint8_t *buf = malloc(cap + GUARD_LEN);
        memset(buf, GUARD, cap + GUARD_LEN);
        enum ik_status st = build(buf, cap, s, 21, &aad, &text, &cut);
        cr_assert_eq(st, cap < len ? IK_ERR_NO_ROOM : IK_OK, "%zu", cap);
        for (size_t i = 0; i < GUARD_LEN; i++) {
            cr_assert_eq(buf[cap + i], GUARD);
        }
        if (st == IK_OK) {
            cr_assert_arr_eq(buf, whole, len);
        }
        free(buf);
    }
}

Test(sk, without_payloads)
{
    uint8_t buf[64];
    uint16_t aad, text;
    struct ik_chain c;
    struct ik_msg m;
    size_t inner;
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_sk_open(&c, 8, 0, 0);
    ik_sk_close(&c, 0, 4, 8, &aad, &text);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    cr_assert_eq(text, 4);
    cr_assert_eq(ik_msg_parse(buf, c.w.len, &m), IK_OK);
    cr_assert_eq(m.sk_next, IK_PL_NONE);
    cr_assert_eq(ik_sk_unpad(m.payloads[0].body.p + 8, 4, &inner), IK_OK);
    cr_assert_eq(inner, 0);
}

/* RFC 7383 2.5: SKF behind an unprotected payload; the first fragment names the first payload. */
static struct octets fragment(uint16_t number, uint8_t first, uint16_t *aad, uint16_t *text)
{
    struct octets o = {0};
    struct ik_chain c;
    ik_msg_begin(&c, o.b, sizeof o.b, &hdr);
    ik_sk_open(&c, 8, number, 3);
    ik_wr_bytes(&c.w, "chunk", 5);
    ik_sk_close(&c, first, 1, 4, aad, text);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    o.len = c.w.len;
    return o;
}

Test(sk, fragments)
{
    uint16_t aad, text;
    struct ik_msg m;
    struct ik_skf skf;
    struct octets first = fragment(1, IK_PL_IDI, &aad, &text);
    struct octets want = unhex(HDR_BEFORE_NEXT "35" HDR_BEHIND_NEXT "00000036"
                                               "2300001a 0001 0003 0000000000000000"
                                               "6368756e6b 00 00000000");
    cr_assert_eq(first.len, want.len);
    cr_assert_arr_eq(first.b, want.b, want.len);
    cr_assert_eq(aad, 36, "the fragment header is authenticated");
    cr_assert_eq(text, 6);
    struct octets third = fragment(3, 0, &aad, &text);
    cr_assert_eq(ik_msg_parse(third.b, third.len, &m), IK_OK);
    cr_assert_eq(m.sk_next, 0);
    cr_assert_eq(ik_skf_parse(ik_msg_find(&m, IK_PL_SKF)->body, &skf), IK_OK);
    cr_assert_eq(skf.number, 3);
    cr_assert_eq(skf.total, 3);
    cr_assert_eq(skf.sealed.len, 8 + 5 + 1 + 4);
}

Test(sk, unpad_takes_any_padding_that_fits)
{
    size_t len;
    cr_assert_eq(ik_sk_unpad(NULL, 0, &len), IK_ERR_SYNTAX);
    for (size_t n = 1; n <= 300; n++) {
        for (unsigned pad = 0; pad < 256; pad++) {
            uint8_t b[300];
            memset(b, 0x77, sizeof b);
            b[n - 1] = (uint8_t)pad;
            enum ik_status want = pad + 1 <= n ? IK_OK : IK_ERR_SYNTAX;
            cr_assert_eq(ik_sk_unpad(b, n, &len), want, "%u in %zu", pad, n);
            if (want == IK_OK) {
                cr_assert_eq(len, n - 1 - pad);
            }
        }
    }
}
