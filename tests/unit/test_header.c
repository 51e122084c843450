/* SPDX-License-Identifier: MIT */
#include "captured.h"
#include "octets.h"

Test(header, reads_a_captured_one)
{
    struct ik_hdr h;
    cr_assert_eq(ik_hdr_parse(captured_init_response, sizeof captured_init_response, &h), IK_OK);
    cr_assert_arr_eq(h.spi_i, ((const uint8_t[]){0xc3, 0x4a, 0x05, 0x36, 0xb4, 0x18, 0x93, 0x54}),
                     8);
    cr_assert_arr_eq(h.spi_r, ((const uint8_t[]){0xca, 0xe6, 0xc4, 0xa8, 0xda, 0xa1, 0xfe, 0x43}),
                     8);
    cr_assert_eq(h.next, IK_PL_SA);
    cr_assert_eq(h.version, 0x20);
    cr_assert_eq(h.exchange, IK_EX_IKE_SA_INIT);
    cr_assert_eq(h.flags, IK_FLAG_RESPONSE);
    cr_assert_eq(h.msgid, 0);
    cr_assert_eq(h.len, sizeof captured_init_response);
}

/* RFC 7296 figure 4, field by field. */
static const char drawn[] = "0102030405060708 1112131415161718 21 20 22 08 89abcdef 00000020"
                            "00000004";

static void build(struct ik_chain *c)
{
    const struct ik_hdr h = {
        .spi_i = {1, 2, 3, 4, 5, 6, 7, 8},
        .spi_r = {0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18},
        .next = IK_PL_SA,
        .version = 0x20,
        .exchange = IK_EX_IKE_SA_INIT,
        .flags = IK_FLAG_INITIATOR,
        .msgid = 0x89abcdef,
        .len = 32,
    };
    ik_hdr_put(&c->w, &h);
    ik_wr_u32(&c->w, 4);
}

Test(header, is_written_as_drawn)
{
    struct octets want = unhex(drawn);
    check_build(build, &want);
}

Test(header, reads_what_it_writes)
{
    struct octets o = unhex(drawn);
    struct ik_hdr h;
    cr_assert_eq(ik_hdr_parse(o.b, o.len, &h), IK_OK);
    uint8_t again[IK_HDR_LEN];
    struct ik_wr w;
    ik_wr_init(&w, again, sizeof again);
    ik_hdr_put(&w, &h);
    cr_assert(ik_wr_ok(&w));
    cr_assert_arr_eq(again, o.b, IK_HDR_LEN);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_hdr h;
    return ik_hdr_parse(body.p, body.len, &h);
}

Test(header, is_refused_when_cut)
{
    struct octets o = unhex(drawn);
    check_truncations(parse, &o, o.len);
}

Test(header, length_is_what_came)
{
    struct octets o = unhex(drawn);
    for (uint32_t len = 0; len < 40; len++) {
        ik_put32(o.b + 24, len);
        enum ik_status want = len == 32 ? IK_OK : IK_ERR_SYNTAX;
        cr_assert_eq(parse_copy(parse, o.b, o.len), want, "length %u", len);
    }
    /* A length whose low 16 bits look right. */
    ik_put32(o.b + 24, 0x00010020);
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX);
    ik_put32(o.b + 24, 0xffffffff);
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX);
}

Test(header, versions_flags_and_types_are_not_judged)
{
    struct octets o = unhex(drawn);
    memset(o.b + 16, 0xff, 4);
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_OK);
}
