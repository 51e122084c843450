/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figure 16: one with an SPI, one without. */
static const char drawn[] = "2900000e 03 04 4009 c1c2c3c4 d1d2 0000000c 00 00 4006 e1e2e3e4";

static const struct ik_notify rekey = {
    IK_PROTO_ESP,
    IK_N_REKEY_SA,
    {(const uint8_t *)"\xc1\xc2\xc3\xc4", 4},
    {(const uint8_t *)"\xd1\xd2", 2},
};
static const struct ik_notify cookie = {
    IK_PROTO_IKE, /* no SPI: sent as zero */
    IK_N_COOKIE,
    {NULL, 0},
    {(const uint8_t *)"\xe1\xe2\xe3\xe4", 4},
};

static void build(struct ik_chain *c)
{
    ik_notify_put(c, &rekey);
    ik_notify_put(c, &cookie);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_notify n;
    return ik_notify_parse(body, &n);
}

Test(notify, is_written_as_drawn)
{
    struct octets want = unhex(drawn);
    check_build(build, &want);
}

Test(notify, reads_spi_and_data)
{
    struct octets o = unhex("03 04 4009 c1c2c3c4 d1d2");
    struct ik_notify n;
    cr_assert_eq(ik_notify_parse(span_of(&o), &n), IK_OK);
    cr_assert_eq(n.protocol, IK_PROTO_ESP);
    cr_assert_eq(n.type, IK_N_REKEY_SA);
    cr_assert(span_is(n.spi, "\xc1\xc2\xc3\xc4", 4));
    cr_assert(span_is(n.data, "\xd1\xd2", 2));
    check_truncations(parse, &o, 8);
}

Test(notify, protocol_without_spi_is_ignored)
{
    struct octets o = unhex("7f 00 4006 e1e2");
    struct ik_notify n;
    cr_assert_eq(ik_notify_parse(span_of(&o), &n), IK_OK);
    cr_assert_eq(n.protocol, IK_PROTO_NONE);
    cr_assert_eq(n.spi.len, 0);
    cr_assert(span_is(n.data, "\xe1\xe2", 2));
    check_truncations(parse, &o, 4);
}

Test(notify, spi_sizes)
{
    for (unsigned protocol = 0; protocol < 5; protocol++) {
        for (unsigned size = 0; size < 12; size++) {
            uint8_t b[12] = {(uint8_t)protocol, (uint8_t)size, 0x40, 0x09};
            bool ipsec = protocol == IK_PROTO_AH || protocol == IK_PROTO_ESP;
            bool good = size <= 8 && (!ipsec || size == 0 || size == 4);
            cr_assert_eq(parse_copy(parse, b, sizeof b), good ? IK_OK : IK_ERR_SYNTAX,
                         "protocol %u, %u octets", protocol, size);
        }
    }
}

static void parse_message(struct ik_msg *m, const struct octets *o)
{
    *m = (struct ik_msg){0};
    cr_assert_eq(ik_msg_parse_inner(m, IK_PL_VENDOR, o->b, o->len), IK_OK);
}

/* V, N(COOKIE, 1), KE, N(REKEY_SA), N(COOKIE, 2) */
static const char mixed[] = "29000004 22000009 0000 4006 01 2900000a 0013 0000 aabb"
                            "2900000c 0304 4009 c1c2c3c4 00000009 0000 4006 02";

Test(notify, is_found_by_type)
{
    struct octets o = unhex(mixed);
    struct ik_msg m;
    struct ik_notify n;
    parse_message(&m, &o);
    cr_assert(ik_notify_find(&m, IK_N_COOKIE, &n));
    cr_assert(span_is(n.data, "\1", 1), "the first of two");
    cr_assert(ik_notify_find(&m, IK_N_REKEY_SA, &n));
    cr_assert(span_is(n.spi, "\xc1\xc2\xc3\xc4", 4));
    cr_assert_not(ik_notify_find(&m, IK_N_INITIAL_CONTACT, &n));
}

Test(notify, all_are_walked)
{
    struct octets o = unhex(mixed);
    struct ik_msg m;
    struct ik_notify n;
    uint8_t i = 0;
    parse_message(&m, &o);
    m.payloads[m.payloads_n] = m.payloads[m.payloads_n - 1]; /* stale, not to be read */
    cr_assert(ik_notify_next(&m, &i, &n) && n.type == IK_N_COOKIE);
    cr_assert(ik_notify_next(&m, &i, &n) && n.type == IK_N_REKEY_SA);
    cr_assert(ik_notify_next(&m, &i, &n) && n.type == IK_N_COOKIE);
    cr_assert(span_is(n.data, "\2", 1));
    cr_assert_not(ik_notify_next(&m, &i, &n));
    cr_assert_not(ik_notify_next(&m, &i, &n));
}
