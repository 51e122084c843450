/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "captured.h"
#include "octets.h"

static enum ik_status parse(struct ik_span body)
{
    struct ik_msg m;
    return ik_msg_parse(body.p, body.len, &m);
}

/* A message of the given payload octets; first is the type in the header. */
static struct octets message(uint8_t first, const char *payloads)
{
    struct octets o = unhex("0101010101010101 0202020202020202 00 20 22 08 00000000 00000000");
    struct octets p = unhex(payloads);
    o.b[16] = first;
    memcpy(o.b + o.len, p.b, p.len);
    o.len = (uint16_t)(o.len + p.len);
    ik_put32(o.b + 24, o.len);
    return o;
}

/* The spans of *m are good until the next call. */
static enum ik_status parse_payloads(uint8_t first, const char *payloads, struct ik_msg *m)
{
    static struct octets o;
    o = message(first, payloads);
    return ik_msg_parse(o.b, o.len, m);
}

/* ---- captured messages ----------------------------------------------------------------------- */

static void check_types(const struct ik_msg *m, const uint8_t *types, size_t n)
{
    cr_assert_eq(m->payloads_n, n);
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(m->payloads[i].type, types[i], "payload %zu", i);
        cr_assert_not(m->payloads[i].body.p[-3] & 0x80);
        cr_assert(m->present & IK_PRESENT(types[i]));
    }
    cr_assert_eq(m->critical_type, 0);
}

Test(msg, captured_ike_sa_init_request)
{
    /* The last notify, REDIRECT_SUPPORTED, is of no use here. */
    static const uint8_t types[] = {IK_PL_SA,     IK_PL_KE,     IK_PL_NONCE, IK_PL_NOTIFY,
                                    IK_PL_NOTIFY, IK_PL_NOTIFY, IK_PL_NOTIFY};
    struct ik_msg m;
    struct ik_ke ke;
    struct ik_notify n;
    cr_assert_eq(ik_msg_parse(captured_init_request, sizeof captured_init_request, &m), IK_OK);
    check_types(&m, types, 7);
    cr_assert_eq(m.present, IK_PRESENT(IK_PL_SA) | IK_PRESENT(IK_PL_KE) | IK_PRESENT(IK_PL_NONCE) |
                                IK_PRESENT(IK_PL_NOTIFY));
    cr_assert_eq(ik_ke_parse(ik_msg_find(&m, IK_PL_KE)->body, &ke), IK_OK);
    cr_assert_eq(ke.group, IK_DH_X25519);
    cr_assert_eq(ke.data.len, 32);
    cr_assert_eq(ik_msg_find(&m, IK_PL_NONCE)->body.len, 32);
    cr_assert(ik_notify_find(&m, IK_N_NAT_DETECTION_DESTINATION_IP, &n));
    cr_assert_eq(n.data.len, 20);
    cr_assert(ik_notify_find(&m, IK_N_SIGNATURE_HASH_ALGORITHMS, &n));
    cr_assert_eq(n.data.len, 8);
    cr_assert_not(ik_notify_find(&m, IK_N_COOKIE, &n));
}

Test(msg, captured_ike_sa_init_response)
{
    struct ik_msg m;
    cr_assert_eq(ik_msg_parse(captured_init_response, sizeof captured_init_response, &m), IK_OK);
    cr_assert_eq(m.payloads_n, 7 + IK_CHILDLESS); /* and MULTIPLE_AUTH_SUPPORTED */
    cr_assert_null(ik_msg_find(&m, IK_PL_SK));
    cr_assert_eq(m.sk_next, 0);
}

Test(msg, captured_ike_auth_request_with_its_inside)
{
    /* The notify is INITIAL_CONTACT; the five behind, of MOBIKE and others, are of no use here. */
    static const uint8_t types[] = {IK_PL_SK,   IK_PL_IDI, IK_PL_NOTIFY, IK_PL_IDR,
                                    IK_PL_AUTH, IK_PL_SA,  IK_PL_TSI,    IK_PL_TSR};
    struct ik_msg m;
    struct ik_id id;
    cr_assert_eq(ik_msg_parse(captured_auth_request, sizeof captured_auth_request, &m), IK_OK);
    cr_assert_eq(m.payloads_n, 1);
    cr_assert_eq(m.sk_next, IK_PL_IDI);
    cr_assert_eq(m.payloads[0].body.len, 416 - 28 - 4);
    cr_assert_eq(ik_msg_parse_inner(&m, m.sk_next, captured_auth_request_inner,
                                    sizeof captured_auth_request_inner),
                 IK_OK);
    check_types(&m, types, 8);
    cr_assert_eq(ik_id_parse(ik_msg_find(&m, IK_PL_IDI)->body, &id), IK_OK);
    cr_assert_eq(id.type, IK_ID_FQDN);
    cr_assert(span_is(id.data, "client.example.org", 18));
}

Test(msg, captured_answers)
{
    struct ik_msg m = {0};
    struct ik_notify n;
    struct ik_delete d;
    cr_assert_eq(ik_msg_parse_inner(&m, IK_PL_IDR, captured_auth_response_inner,
                                    sizeof captured_auth_response_inner),
                 IK_OK);
    cr_assert(ik_notify_find(&m, IK_N_TS_UNACCEPTABLE, &n));
    struct ik_msg del = {0};
    cr_assert_eq(
        ik_msg_parse_inner(&del, IK_PL_DELETE, captured_delete_inner, sizeof captured_delete_inner),
        IK_OK);
    cr_assert_eq(ik_delete_parse(ik_msg_find(&del, IK_PL_DELETE)->body, &d), IK_OK);
    cr_assert_eq(d.protocol, IK_PROTO_IKE);
}

/* ---- truncation, trailing octets ------------------------------------------------------------- */

static void check_cut(const uint8_t *msg, size_t len)
{
    struct octets o = {.len = (uint16_t)len};
    memcpy(o.b, msg, len);
    check_truncations(parse, &o, len);
    /* Likewise where the header agrees with what came: no payload ends there. */
    for (size_t n = 0; n < len; n++) {
        struct octets cut = o;
        ik_put32(cut.b + 24, (uint32_t)n);
        cr_assert_eq(parse_copy(parse, cut.b, n), IK_ERR_SYNTAX, "%zu", n);
    }
}

Test(msg, every_truncation_is_refused)
{
    check_cut(captured_init_request, sizeof captured_init_request);
    check_cut(captured_init_response, sizeof captured_init_response);
    check_cut(captured_auth_request, sizeof captured_auth_request);
}

static enum ik_status parse_inner(struct ik_span text)
{
    struct ik_msg m = {0};
    return ik_msg_parse_inner(&m, IK_PL_IDI, text.p, text.len);
}

Test(msg, every_truncation_of_the_inside_is_refused)
{
    struct octets o = {.len = sizeof captured_auth_request_inner};
    memcpy(o.b, captured_auth_request_inner, o.len);
    check_truncations(parse_inner, &o, o.len);
}

Test(msg, octets_left_over_are_refused)
{
    struct octets o = {.len = sizeof captured_init_request};
    memcpy(o.b, captured_init_request, o.len);
    o.len++;
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX, "behind the message");
    ik_put32(o.b + 24, o.len);
    cr_assert_eq(parse_copy(parse, o.b, o.len), IK_ERR_SYNTAX, "behind the chain");
    struct octets none = message(0, "00");
    cr_assert_eq(parse_copy(parse, none.b, none.len), IK_ERR_SYNTAX, "without a chain");
}

/* ---- the generic header ---------------------------------------------------------------------- */

Test(msg, empty_chain)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(0, "", &m), IK_OK);
    cr_assert_eq(m.payloads_n, 0);
    cr_assert_eq(m.present, 0);
}

Test(msg, payload_length_below_its_header)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_EAP, "00000004", &m), IK_OK);
    cr_assert_eq(m.payloads[0].body.len, 0);
    cr_assert_eq(parse_payloads(IK_PL_EAP, "00000003", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_EAP, "00000000", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_EAP, "0000ffff", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_EAP, "00000005", &m), IK_ERR_SYNTAX);
}

Test(msg, reserved_bits_and_critical_bit_of_known_payloads_are_ignored)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_EAP, "30ff0005aa 007f0004", &m), IK_OK);
    cr_assert_eq(m.payloads_n, 2);
    cr_assert(m.payloads[0].body.p[-3] & 0x80);
    cr_assert_not(m.payloads[1].body.p[-3] & 0x80);
    cr_assert_eq(m.critical_type, 0);
}

Test(msg, unknown_payloads_are_skipped)
{
    struct ik_msg m;
    /* 1 (of IKEv1's range), 49, 200 (private), around an EAP. */
    cr_assert_eq(parse_payloads(1, "31000005aa 30000004 c8000006bbbb 00000004", &m), IK_OK);
    cr_assert_eq(m.payloads_n, 1);
    cr_assert_eq(m.payloads[0].type, IK_PL_EAP);
    cr_assert_eq(m.present, IK_PRESENT(IK_PL_EAP));
    cr_assert_eq(m.critical_type, 0);
    /* They must have valid lengths all the same (3.2). */
    cr_assert_eq(parse_payloads(200, "00000003", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(200, "00000005", &m), IK_ERR_SYNTAX);
}

Test(msg, first_unknown_critical_payload_is_told)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(200, "c9000004 ca800004 30800004 00800004", &m), IK_OK);
    cr_assert_eq(m.critical_type, 201);
    cr_assert_eq(m.payloads_n, 1);
    /* Inside of SK, too. */
    struct octets in = unhex("00800004");
    cr_assert_eq(parse_payloads(IK_PL_SK, "fa000004", &m), IK_OK);
    cr_assert_eq(ik_msg_parse_inner(&m, m.sk_next, in.b, in.len), IK_OK);
    cr_assert_eq(m.critical_type, 250);
}

/* Every value of the type octet: known ones are kept, and an unknown one leaves no bit. */
Test(msg, knows_the_types_of_the_rfcs_and_no_other)
{
    for (unsigned type = 1; type < 256; type++) {
        bool known = (type >= 33 && type <= 48) || type == 53;
        struct ik_msg m;
        struct octets o = message((uint8_t)type, "00800004");
        enum ik_status st = ik_msg_parse(o.b, o.len, &m);
        if (!known) {
            cr_assert_eq(st, IK_OK);
            cr_assert_eq(m.payloads_n, 0);
            cr_assert_eq(m.critical_type, type);
        } else if (st == IK_OK) {
            cr_assert_eq(m.payloads_n, type != IK_PL_VENDOR);
            cr_assert(type == IK_PL_VENDOR || m.payloads[0].type == type);
            cr_assert_eq(m.present, IK_PRESENT(type));
            cr_assert_eq(m.critical_type, 0);
        }
    }
}

/* ---- duplicates ------------------------------------------------------------------------------ */

#define NONCE16 "00112233445566778899aabbccddeeff"

/* Payload octets behind the next-payload octet. */
static const struct {
    uint8_t type;
    bool once;
    const char *rest;
} kinds[] = {
    {IK_PL_SA, true, "000014 00000010 01010001 00000008 02000005"},
    {IK_PL_KE, true, "00000a 001f0000 aabb"},
    {IK_PL_IDI, true, "00000a 0b000000 aabb"},
    {IK_PL_IDR, true, "00000a 0b000000 aabb"},
    {IK_PL_CERT, false, "000006 04 aa"},
    {IK_PL_CERTREQ, false, "000006 04 aa"},
    {IK_PL_AUTH, true, "00000a 02000000 aabb"},
    {IK_PL_NONCE, true, "000014" NONCE16},
    {IK_PL_NOTIFY, false, "000008 00004000"},
    {IK_PL_DELETE, false, "000008 01000000"},
    {IK_PL_VENDOR, false, "000006 aabb"},
    {IK_PL_TSI, true, "000018 01000000 07000010 0000ffff 0a000001 0a000001"},
    {IK_PL_TSR, true, "000018 01000000 07000010 0000ffff 0a000001 0a000001"},
    {IK_PL_CP, false, "000008 01000000"},
    {IK_PL_EAP, false, "000008 01000004"},
};

Test(msg, second_of_what_occurs_once_is_refused)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        char text[512];
        struct ik_msg m;
        snprintf(text, sizeof text, "%02x%s 00%s", kinds[i].type, kinds[i].rest, kinds[i].rest);
        enum ik_status want = kinds[i].once ? IK_ERR_SYNTAX : IK_OK;
        cr_assert_eq(parse_payloads(kinds[i].type, text, &m), want, "type %u", kinds[i].type);
        snprintf(text, sizeof text, "00%s", kinds[i].rest);
        cr_assert_eq(parse_payloads(kinds[i].type, text, &m), IK_OK, "type %u", kinds[i].type);
        cr_assert_eq(m.present, IK_PRESENT(kinds[i].type));
        const struct ik_payload *at = kinds[i].type != IK_PL_VENDOR ? &m.payloads[0] : NULL;
        cr_assert_eq(ik_msg_find(&m, kinds[i].type), at);
    }
}

Test(msg, one_outside_and_one_inside_are_two)
{
    struct ik_msg m;
    struct octets in = unhex("00000014" NONCE16);
    cr_assert_eq(parse_payloads(IK_PL_NONCE, "2e000014" NONCE16 "28000004", &m), IK_OK);
    cr_assert_eq(ik_msg_parse_inner(&m, m.sk_next, in.b, in.len), IK_ERR_SYNTAX);
}

/* ---- SK and SKF (3.14, RFC 7383 2.5) --------------------------------------------------------- */

Test(msg, sk_is_the_last)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_SK, "21000008 aabbccdd", &m), IK_OK);
    cr_assert_eq(m.sk_next, IK_PL_SA);
    cr_assert(span_is(m.payloads[0].body, "\xaa\xbb\xcc\xdd", 4));
    /* What follows is no payload, even though it could be one. */
    cr_assert_eq(parse_payloads(IK_PL_SK, "30000008 aabbccdd 00000004", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_EAP, "2e000004 00000004", &m), IK_OK);
    cr_assert_eq(m.payloads_n, 2);
}

Test(msg, skf_is_the_last)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_SKF, "21000009 00010002 aa", &m), IK_OK);
    cr_assert_eq(m.sk_next, IK_PL_SA);
    cr_assert_eq(m.present, IK_PRESENT(IK_PL_SKF));
    cr_assert_eq(parse_payloads(IK_PL_SKF, "00000009 00020002 aa", &m), IK_OK);
    cr_assert_eq(m.sk_next, 0);
    cr_assert_eq(parse_payloads(IK_PL_SKF, "2b000008 00010002 00000004", &m), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_SKF, "00000009 00030002 aa", &m), IK_ERR_SYNTAX);
}

Test(msg, sk_holds_no_sk)
{
    struct octets in = unhex("00000008 00010001");
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_SK, "2e000004", &m), IK_OK);
    cr_assert_eq(ik_msg_parse_inner(&m, IK_PL_SK, in.b, in.len), IK_ERR_SYNTAX);
    cr_assert_eq(parse_payloads(IK_PL_SK, "35000004", &m), IK_OK);
    cr_assert_eq(ik_msg_parse_inner(&m, IK_PL_SKF, in.b, in.len), IK_ERR_SYNTAX);
}

Test(msg, sk_may_be_empty)
{
    struct ik_msg m;
    cr_assert_eq(parse_payloads(IK_PL_SK, "00000004", &m), IK_OK);
    cr_assert_eq(ik_msg_parse_inner(&m, m.sk_next, NULL, 0), IK_OK);
    cr_assert_eq(m.payloads_n, 1);
}

/* ---- bodies and room ------------------------------------------------------------------------- */

Test(msg, malformed_bodies_are_refused)
{
    static const struct {
        uint8_t type;
        const char *payload;
    } bad[] = {
        {IK_PL_SA, "00000004"},
        {IK_PL_KE, "00000007 001f00"},
        {IK_PL_IDI, "0000000b 01000000 0a0000"},
        {IK_PL_IDR, "00000007 0b0000"},
        {IK_PL_CERT, "00000004"},
        {IK_PL_CERTREQ, "00000004"},
        {IK_PL_AUTH, "00000007 020000"},
        {IK_PL_NONCE, "00000013 00112233445566778899aabbccddee"},
        {IK_PL_NOTIFY, "0000000b 03044009 aabbcc"},
        {IK_PL_DELETE, "0000000b 03040001 aabbcc"},
        {IK_PL_TSI, "00000008 01000000"},
        {IK_PL_TSR, "00000008 00000000"},
        {IK_PL_CP, "0000000b 01000000 000100"},
        {IK_PL_SKF, "00000008 00000001"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ik_msg m;
        cr_assert_eq(parse_payloads(bad[i].type, bad[i].payload, &m), IK_ERR_SYNTAX, "type %u",
                     bad[i].type);
    }
}

/* ---- places ---------------------------------------------------------------------------------- */

#define ONCE_N 9
#define SEVERAL_MAX (IK_PAYLOADS_MAX - ONCE_N)

static char chain[20000];
static size_t chain_len;
static uint8_t chain_first;

/* Puts n payloads of a type before what is there; rest: behind their next-payload octet. */
static void before(uint8_t type, const char *rest, unsigned n)
{
    char all[sizeof chain];
    size_t len = 0;
    for (unsigned i = 0; i < n; i++) {
        uint8_t next = i + 1 < n ? type : chain_first;
        len += (size_t)snprintf(all + len, sizeof all - len, "%02x%s", next, rest);
    }
    cr_assert_lt(len + chain_len, sizeof chain);
    memmove(chain + len, chain, chain_len + 1);
    memcpy(chain, all, len);
    chain_len += len;
    chain_first = type;
}

static void none(void)
{
    chain_len = 0;
    chain_first = 0;
    chain[0] = '\0';
}

/* Of those that may come several times as many have a place as leave one for each of the others;
 * what is too many is checked, and left out. */
Test(msg, more_payloads_than_fit)
{
    struct ik_msg m;
    for (unsigned n = 1; n <= 3 * IK_PAYLOADS_MAX; n++) {
        none();
        before(IK_PL_EAP, "000008 01000004", n);
        cr_assert_eq(parse_payloads(chain_first, chain, &m), IK_OK);
        cr_assert_eq(m.payloads_n, n < SEVERAL_MAX ? n : SEVERAL_MAX, "%u", n);
        cr_assert_eq(m.present, IK_PRESENT(IK_PL_EAP));
        before(IK_PL_NOTIFY, "000008 0000000e", n); /* an error */
        cr_assert_eq(parse_payloads(chain_first, chain, &m), IK_OK);
        cr_assert_eq(m.payloads_n, 2 * n < SEVERAL_MAX ? 2 * n : SEVERAL_MAX, "%u", n);
    }
    none();
    before(IK_PL_CERT, "000004", 1);
    before(IK_PL_EAP, "000008 01000004", 3 * IK_PAYLOADS_MAX);
    cr_assert_eq(parse_payloads(chain_first, chain, &m), IK_ERR_SYNTAX);
}

/* However many others are before, behind or between: each that stands once is found. */
Test(msg, room_for_what_occurs_once)
{
    for (unsigned n = 0; n <= 3 * IK_PAYLOADS_MAX; n++) {
        for (unsigned where = 0; where < 3; where++) {
            struct ik_msg m;
            none();
            before(IK_PL_SK, "000008 aabbccdd", 1);
            for (size_t i = sizeof kinds / sizeof kinds[0]; i-- > 0;) {
                if (kinds[i].once) {
                    before(kinds[i].type, kinds[i].rest, 1);
                }
                if (where == 1 && kinds[i].type == IK_PL_AUTH) {
                    before(IK_PL_DELETE, "000008 01000000", n);
                }
            }
            if (where == 0 && n > 0) {
                before(IK_PL_DELETE, "000008 01000000", n);
            } else if (where == 1 && n == 0) {
                continue;
            }
            cr_assert_eq(parse_payloads(chain_first, chain, &m), IK_OK, "%u", n);
            cr_assert_leq(m.payloads_n, IK_PAYLOADS_MAX);
            for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
                cr_assert(!kinds[i].once || ik_msg_find(&m, kinds[i].type) != NULL, "type %u",
                          kinds[i].type);
            }
            cr_assert_not_null(ik_msg_find(&m, IK_PL_SK));
            if (where < 2 && n >= IK_PAYLOADS_MAX) {
                cr_assert_eq(m.payloads_n, where == 0 ? IK_PAYLOADS_MAX : IK_PAYLOADS_MAX - 4);
            }
        }
    }
}

/* What is ignored costs no place. */
Test(msg, ignored_payloads_take_no_room)
{
    struct ik_msg m;
    none();
    before(IK_PL_NOTIFY, "000008 00004006", 1);      /* COOKIE, of no octets */
    before(IK_PL_NOTIFY, "000009 0000a000 77", 100); /* of private use */
    before(IK_PL_VENDOR, "000006 aabb", 100);
    cr_assert_eq(parse_payloads(chain_first, chain, &m), IK_OK);
    cr_assert_eq(m.payloads_n, 1);
    cr_assert_eq(m.present, IK_PRESENT(IK_PL_NOTIFY) | IK_PRESENT(IK_PL_VENDOR));
}

/* All errors, known or not, have a place; of status types those of which something is made. */
Test(msg, notifies_that_are_heeded)
{
    static const uint16_t heeded[] = {
        IK_N_INITIAL_CONTACT,
        IK_N_SET_WINDOW_SIZE,
        IK_N_ADDITIONAL_TS_POSSIBLE,
        IK_N_NAT_DETECTION_SOURCE_IP,
        IK_N_NAT_DETECTION_DESTINATION_IP,
        IK_N_COOKIE,
        IK_N_USE_TRANSPORT_MODE,
        IK_N_REKEY_SA,
        IK_N_ESP_TFC_PADDING_NOT_SUPPORTED,
        IK_N_NON_FIRST_FRAGMENTS_ALSO,
#if IK_REKEY
        IK_N_AUTH_LIFETIME,
#endif
#if IK_RESUME
        IK_N_TICKET_LT_OPAQUE,
        IK_N_TICKET_REQUEST,
        IK_N_TICKET_ACK,
        IK_N_TICKET_NACK,
        IK_N_TICKET_OPAQUE,
#endif
#if IK_PPK
        IK_N_USE_PPK,
        IK_N_PPK_IDENTITY,
        IK_N_NO_PPK_AUTH,
#endif
#if IK_CHILDLESS
        IK_N_CHILDLESS_IKEV2_SUPPORTED,
#endif
        IK_N_IKEV2_FRAGMENTATION_SUPPORTED,
        IK_N_SIGNATURE_HASH_ALGORITHMS,
    };
    struct octets o = message(IK_PL_NOTIFY, "00000008 00000000");
    for (unsigned type = 0; type < 65536; type++) {
        struct ik_msg m;
        bool want = type < 16384;
        for (size_t i = 0; i < sizeof heeded / sizeof heeded[0]; i++) {
            want = want || heeded[i] == type;
        }
        ik_put16(o.b + o.len - 2, (uint16_t)type);
        cr_assert_eq(ik_msg_parse(o.b, o.len, &m), IK_OK);
        cr_assert_eq(m.payloads_n, want, "type %u", type);
        cr_assert_eq(m.present, IK_PRESENT(IK_PL_NOTIFY));
    }
}

/* Skipped payloads take no room: many of them are no reason to refuse. */
Test(msg, unknown_payloads_take_no_room)
{
    char text[8 * 200 + 1];
    struct ik_msg m;
    for (unsigned i = 0; i < 200; i++) {
        memcpy(text + 8 * i, i < 199 ? "c8000004" : "00000004", 9);
    }
    cr_assert_eq(parse_payloads(200, text, &m), IK_OK);
    cr_assert_eq(m.payloads_n, 0);
}

Test(msg, longest_datagram)
{
    static uint8_t b[65536];
    struct octets head = message(IK_PL_EAP, "0000ffe3");
    struct ik_msg m;
    memcpy(b, head.b, head.len);
    ik_put32(b + 24, 65535);
    cr_assert_eq(ik_msg_parse(b, 65535, &m), IK_OK);
    cr_assert_eq(m.payloads[0].body.len, 65535 - 32);
    ik_put32(b + 24, 65536);
    cr_assert_eq(ik_msg_parse(b, 65536, &m), IK_ERR_SYNTAX);
}
