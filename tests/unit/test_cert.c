/* SPDX-License-Identifier: MIT */
#include "octets.h"

/* RFC 7296 figures 12 and 13: the same layout. */
static const char drawn[] = "26000008 04 aabbcc 00000005 0c";

static void build(struct ik_chain *c)
{
    const struct ik_cert cert = {4, {(const uint8_t *)"\xaa\xbb\xcc", 3}};
    const struct ik_cert none = {12, {NULL, 0}};
    ik_cert_put(c, IK_PL_CERT, &cert);
    ik_cert_put(c, IK_PL_CERTREQ, &none);
}

static enum ik_status parse(struct ik_span body)
{
    struct ik_cert cert;
    return ik_cert_parse(body, &cert);
}

Test(cert, is_written_as_drawn)
{
    struct octets want = unhex(drawn);
    check_build(build, &want);
}

Test(cert, reads_and_refuses_truncations)
{
    struct octets body = unhex("04 aabbcc");
    struct ik_cert cert;
    cr_assert_eq(ik_cert_parse(span_of(&body), &cert), IK_OK);
    cr_assert_eq(cert.encoding, 4);
    cr_assert(span_is(cert.data, "\xaa\xbb\xcc", 3));
    check_truncations(parse, &body, 1);
}
