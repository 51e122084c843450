/* SPDX-License-Identifier: MIT */
/*
 * Every number of ik_iana.h against a table written from the RFCs; and every name of the header
 * must stand in the table, so that none slips in unchecked.
 */
#include <ctype.h>
#include <stdio.h>

#include "octets.h"

struct row {
    const char *name;
    long value; /* the compiler's */
    long rfc;   /* the RFC's */
};

#define R(name, number)                                                                            \
    {                                                                                              \
#name, name, number                                                                        \
    }

static const struct row rows[] = {
    /* RFC 7296 3.1 */
    R(IK_EX_IKE_SA_INIT, 34),
    R(IK_EX_IKE_AUTH, 35),
    R(IK_EX_CREATE_CHILD_SA, 36),
    R(IK_EX_INFORMATIONAL, 37),
    /* RFC 7296 3.2; SKF: RFC 7383 2.5 */
    R(IK_PL_NONE, 0),
    R(IK_PL_SA, 33),
    R(IK_PL_KE, 34),
    R(IK_PL_IDI, 35),
    R(IK_PL_IDR, 36),
    R(IK_PL_CERT, 37),
    R(IK_PL_CERTREQ, 38),
    R(IK_PL_AUTH, 39),
    R(IK_PL_NONCE, 40),
    R(IK_PL_NOTIFY, 41),
    R(IK_PL_DELETE, 42),
    R(IK_PL_VENDOR, 43),
    R(IK_PL_TSI, 44),
    R(IK_PL_TSR, 45),
    R(IK_PL_SK, 46),
    R(IK_PL_CP, 47),
    R(IK_PL_EAP, 48),
    R(IK_PL_SKF, 53),
    /* RFC 7296 3.3.1; 0: 3.10 */
    R(IK_PROTO_NONE, 0),
    R(IK_PROTO_IKE, 1),
    R(IK_PROTO_AH, 2),
    R(IK_PROTO_ESP, 3),
    /* RFC 7296 3.3.2 */
    R(IK_TT_ENCR, 1),
    R(IK_TT_PRF, 2),
    R(IK_TT_INTEG, 3),
    R(IK_TT_DH, 4),
    R(IK_TT_ESN, 5),
    /* RFC 7296 3.3.2; CCM: RFC 4309 11; GCM: RFC 4106 12; RFC 7634 6 */
    R(IK_ENCR_NULL, 11),
    R(IK_ENCR_AES_CBC, 12),
    R(IK_ENCR_AES_CTR, 13),
    R(IK_ENCR_AES_CCM_8, 14),
    R(IK_ENCR_AES_CCM_12, 15),
    R(IK_ENCR_AES_CCM_16, 16),
    R(IK_ENCR_AES_GCM_8, 18),
    R(IK_ENCR_AES_GCM_12, 19),
    R(IK_ENCR_AES_GCM_16, 20),
    R(IK_ENCR_NULL_AUTH_AES_GMAC, 21),
    R(IK_ENCR_CHACHA20_POLY1305, 28),
    R(IK_ENCR_AES_CCM_8_IIV, 29),
    R(IK_ENCR_AES_GCM_16_IIV, 30),
    R(IK_ENCR_CHACHA20_POLY1305_IIV, 31),
    /* RFC 7296 3.3.2; RFC 4434 4; RFC 4868 4; RFC 4615 6 */
    R(IK_PRF_HMAC_SHA1, 2),
    R(IK_PRF_AES128_XCBC, 4),
    R(IK_PRF_HMAC_SHA2_256, 5),
    R(IK_PRF_HMAC_SHA2_384, 6),
    R(IK_PRF_HMAC_SHA2_512, 7),
    R(IK_PRF_AES128_CMAC, 8),
    /* RFC 7296 3.3.2; RFC 4494 8; RFC 4868 4 */
    R(IK_INTEG_NONE, 0),
    R(IK_INTEG_HMAC_SHA1_96, 2),
    R(IK_INTEG_AES_XCBC_96, 5),
    R(IK_INTEG_AES_CMAC_96, 8),
    R(IK_INTEG_AES_128_GMAC, 9), /* RFC 4543 9 */
    R(IK_INTEG_AES_192_GMAC, 10),
    R(IK_INTEG_AES_256_GMAC, 11),
    R(IK_INTEG_HMAC_SHA2_256_128, 12),
    R(IK_INTEG_HMAC_SHA2_384_192, 13),
    R(IK_INTEG_HMAC_SHA2_512_256, 14),
    /* RFC 7296 3.3.2 and appendix B; RFC 3526 9; RFC 5903 6; RFC 8031 5 */
    R(IK_DH_NONE, 0),
    R(IK_DH_MODP_1024, 2),
    R(IK_DH_MODP_2048, 14),
    R(IK_DH_MODP_3072, 15),
    R(IK_DH_P256, 19),
    R(IK_DH_P384, 20),
    R(IK_DH_P521, 21),
    R(IK_DH_X25519, 31),
    /* RFC 7296 3.3.2 and 3.3.5 */
    R(IK_ESN_NO, 0),
    R(IK_ESN_YES, 1),
    R(IK_ATTR_KEY_LENGTH, 14),
    /* RFC 7296 3.5 */
    R(IK_ID_ANY, 0),
    R(IK_ID_IPV4_ADDR, 1),
    R(IK_ID_FQDN, 2),
    R(IK_ID_RFC822_ADDR, 3),
    R(IK_ID_IPV6_ADDR, 5),
    R(IK_ID_DER_ASN1_DN, 9),
    R(IK_ID_DER_ASN1_GN, 10),
    R(IK_ID_KEY_ID, 11),
    /* RFC 7296 3.8; RFC 7619 2.1; RFC 7427 3 */
    R(IK_AUTH_RSA_SIGNATURE, 1),
    R(IK_AUTH_SHARED_KEY_MIC, 2),
    R(IK_AUTH_NULL, 13),
    R(IK_AUTH_DIGITAL_SIGNATURE, 14),
    /* RFC 7296 3.13.1 and 3.15 */
    R(IK_TS_IPV4_ADDR_RANGE, 7),
    R(IK_TS_IPV6_ADDR_RANGE, 8),
    R(IK_CFG_REQUEST, 1),
    R(IK_CFG_REPLY, 2),
    R(IK_CFG_SET, 3),
    R(IK_CFG_ACK, 4),
    /* RFC 7296 3.10.1 */
    R(IK_N_UNSUPPORTED_CRITICAL_PAYLOAD, 1),
    R(IK_N_INVALID_IKE_SPI, 4),
    R(IK_N_INVALID_MAJOR_VERSION, 5),
    R(IK_N_INVALID_SYNTAX, 7),
    R(IK_N_INVALID_MESSAGE_ID, 9),
    R(IK_N_INVALID_SPI, 11),
    R(IK_N_NO_PROPOSAL_CHOSEN, 14),
    R(IK_N_INVALID_KE_PAYLOAD, 17),
    R(IK_N_AUTHENTICATION_FAILED, 24),
    R(IK_N_SINGLE_PAIR_REQUIRED, 34),
    R(IK_N_NO_ADDITIONAL_SAS, 35),
    R(IK_N_INTERNAL_ADDRESS_FAILURE, 36),
    R(IK_N_FAILED_CP_REQUIRED, 37),
    R(IK_N_TS_UNACCEPTABLE, 38),
    R(IK_N_INVALID_SELECTORS, 39),
    R(IK_N_TEMPORARY_FAILURE, 43),
    R(IK_N_CHILD_SA_NOT_FOUND, 44),
    R(IK_N_INITIAL_CONTACT, 16384),
    R(IK_N_SET_WINDOW_SIZE, 16385),
    R(IK_N_ADDITIONAL_TS_POSSIBLE, 16386),
    R(IK_N_IPCOMP_SUPPORTED, 16387),
    R(IK_N_NAT_DETECTION_SOURCE_IP, 16388),
    R(IK_N_NAT_DETECTION_DESTINATION_IP, 16389),
    R(IK_N_COOKIE, 16390),
    R(IK_N_USE_TRANSPORT_MODE, 16391),
    R(IK_N_HTTP_CERT_LOOKUP_SUPPORTED, 16392),
    R(IK_N_REKEY_SA, 16393),
    R(IK_N_ESP_TFC_PADDING_NOT_SUPPORTED, 16394),
    R(IK_N_NON_FIRST_FRAGMENTS_ALSO, 16395),
    /* RFC 4478 3 */
    R(IK_N_AUTH_LIFETIME, 16403),
    /* RFC 5723 8 */
    R(IK_EX_IKE_SESSION_RESUME, 38),
    R(IK_N_TICKET_LT_OPAQUE, 16409),
    R(IK_N_TICKET_REQUEST, 16410),
    R(IK_N_TICKET_ACK, 16411),
    R(IK_N_TICKET_NACK, 16412),
    R(IK_N_TICKET_OPAQUE, 16413),
    /* RFC 6023 7; RFC 7383 6; RFC 7427 7 */
    R(IK_N_CHILDLESS_IKEV2_SUPPORTED, 16418),
    R(IK_N_IKEV2_FRAGMENTATION_SUPPORTED, 16430),
    R(IK_N_SIGNATURE_HASH_ALGORITHMS, 16431),
    /* RFC 8784 8 */
    R(IK_N_USE_PPK, 16435),
    R(IK_N_PPK_IDENTITY, 16436),
    R(IK_N_NO_PPK_AUTH, 16437),
    /* IANA "Protocol Numbers", as cited by RFC 4301, RFC 4303 and RFC 8200 */
    R(IK_IP_HOPOPT, 0),
    R(IK_IP_ICMP, 1),
    R(IK_IP_IPV4, 4),
    R(IK_IP_TCP, 6),
    R(IK_IP_UDP, 17),
    R(IK_IP_DCCP, 33),
    R(IK_IP_IPV6, 41),
    R(IK_IP_IPV6_ROUTE, 43),
    R(IK_IP_IPV6_FRAG, 44),
    R(IK_IP_ESP, 50),
    R(IK_IP_AH, 51),
    R(IK_IP_ICMPV6, 58),
    R(IK_IP_NONE, 59),
    R(IK_IP_IPV6_OPTS, 60),
    R(IK_IP_SCTP, 132),
    R(IK_IP_MOBILITY, 135),
    R(IK_IP_UDPLITE, 136),
    /* RFC 7296 2 */
    R(IK_PORT_IKE, 500),
    R(IK_PORT_NATT, 4500),
};

#define ROWS_N (sizeof rows / sizeof rows[0])

Test(iana, numbers_are_those_of_the_rfcs)
{
    for (size_t i = 0; i < ROWS_N; i++) {
        cr_assert_eq(rows[i].value, rows[i].rfc, "%s is %ld", rows[i].name, rows[i].value);
    }
}

static const struct row *find(const char *name)
{
    for (size_t i = 0; i < ROWS_N; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Checks the names of one line that are given a number, "IK_X = 5" or "#define IK_X 5". */
static size_t check_line(const char *line)
{
    size_t n = 0;
    for (const char *p = strstr(line, "IK_"); p; p = strstr(p, "IK_")) {
        char name[80];
        size_t len = 0;
        while (len + 1 < sizeof name && (isalnum((unsigned char)p[len]) || p[len] == '_')) {
            name[len] = p[len];
            len++;
        }
        name[len] = '\0';
        p += len;
        const char *q = p + strspn(p, " =");
        if (isdigit((unsigned char)*q)) {
            const struct row *row = find(name);
            cr_assert_not_null(row, "%s has no row in this test", name);
            cr_assert_eq(strtol(q, NULL, 10), row->rfc, "%s", name);
            n++;
        }
    }
    return n;
}

Test(iana, every_name_of_the_header_is_in_the_table)
{
    FILE *f = fopen(IK_SOURCE_DIR "/core/include/ikelet/ik_iana.h", "r");
    char line[256];
    size_t n = 0;
    cr_assert_not_null(f);
    while (fgets(line, sizeof line, f)) {
        n += check_line(line);
    }
    fclose(f);
    cr_assert_eq(n, ROWS_N);
}
