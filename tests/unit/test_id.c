/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figure 11. */
static const char drawn[] = "00000011 02 000000 6c616d702e6578616d";

static void build(struct ik_chain *c)
{
    const struct ik_id id = {IK_ID_FQDN, {(const uint8_t *)"lamp.exam", 9}};
    ik_id_put(c, IK_PL_IDI, &id);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_id id;
    return ik_id_parse(body, &id);
}

Test(id, round_trip)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    struct ik_id id;
    check_build(build, &want);
    cr_assert_eq(ik_id_parse(span_of(&body), &id), IK_OK);
    cr_assert_eq(id.type, IK_ID_FQDN);
    cr_assert(span_is(id.data, "lamp.exam", 9));
}

Test(id, is_written_under_either_type)
{
    uint8_t buf[32];
    struct ik_chain c;
    const struct ik_id id = {IK_ID_KEY_ID, {(const uint8_t *)"k", 1}};
    ik_chain_begin(&c, buf, sizeof buf);
    ik_id_put(&c, IK_PL_IDI, &id);
    ik_id_put(&c, IK_PL_IDR, &id);
    cr_assert_eq(ik_chain_first(&c), IK_PL_IDI);
    cr_assert_eq(buf[0], IK_PL_IDR);
}

Test(id, truncations)
{
    struct octets want = unhex(drawn);
    struct octets body = body_of(&want);
    check_truncations(parse, &body, 4);
}

/* Addresses have their length, other types any. */
Test(id, lengths_by_type)
{
    for (unsigned type = 0; type < 16; type++) {
        for (unsigned len = 0; len <= 20; len++) {
            uint8_t b[24] = {(uint8_t)type, 0xff, 0xff, 0xff};
            bool good = type == IK_ID_IPV4_ADDR   ? len == 4
                        : type == IK_ID_IPV6_ADDR ? len == 16
                                                  : true;
            cr_assert_eq(parse_copy(parse, b, 4 + len), good ? IK_OK : IK_ERR_SYNTAX,
                         "type %u, %u octets", type, len);
        }
    }
}
