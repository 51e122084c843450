/* SPDX-License-Identifier: MIT */
#include "octets.h"

static const struct ik_hdr hdr = {
    .spi_i = {1, 1, 1, 1, 1, 1, 1, 1},
    .spi_r = {2, 2, 2, 2, 2, 2, 2, 2},
    .next = 99, /* patched */
    .version = 0x20,
    .exchange = IK_EX_INFORMATIONAL,
    .flags = IK_FLAG_RESPONSE,
    .msgid = 7,
    .len = 99, /* patched */
};

static void build_payloads(struct ik_chain *c)
{
    ik_payload_open(c, IK_PL_VENDOR);
    ik_wr_bytes(&c->w, "abc", 3);
    ik_payload_close(c);
    ik_payload_open(c, IK_PL_EAP);
    ik_payload_close(c);
    ik_payload_open(c, IK_PL_NONCE);
    ik_wr_u8(&c->w, 9);
    ik_payload_close(c);
}

/* RFC 7296 figure 5: each header names the type of the payload behind it. */
Test(chain, links_payloads)
{
    struct octets want = unhex("30000007 616263  28000004  00000005 09");
    check_build(build_payloads, &want);
}

Test(chain, knows_its_first_type)
{
    uint8_t buf[64];
    struct ik_chain c;
    ik_chain_begin(&c, buf, sizeof buf);
    cr_assert_eq(ik_chain_first(&c), IK_PL_NONE);
    build_payloads(&c);
    cr_assert_eq(ik_chain_first(&c), IK_PL_VENDOR);
}

Test(chain, message_in_every_size_of_buffer)
{
    struct octets want = unhex("0101010101010101 0202020202020202 2b 20 25 20 00000007 0000002c"
                               "30000007 616263  28000004  00000005 09");
    for (size_t cap = 0; cap <= want.len; cap++) {
        struct ik_chain c;
        uint8_t *buf = malloc(cap ? cap : 1);
        ik_msg_begin(&c, buf, cap, &hdr);
        build_payloads(&c);
        cr_assert_eq(ik_msg_end(&c), cap < want.len ? IK_ERR_NO_ROOM : IK_OK, "%zu", cap);
        if (cap == want.len) {
            cr_assert_eq(c.w.len, want.len);
            cr_assert_arr_eq(buf, want.b, want.len);
        }
        free(buf);
    }
}

Test(chain, message_without_payloads)
{
    uint8_t buf[IK_HDR_LEN];
    struct ik_chain c;
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    cr_assert_eq(buf[16], IK_PL_NONE);
    cr_assert_eq(ik_get32(buf + 24), IK_HDR_LEN);
}
