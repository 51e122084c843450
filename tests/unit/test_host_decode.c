/* SPDX-License-Identifier: MIT */
/* What a person reads of an IKE message, line by line, and what must not be there. */
#define _POSIX_C_SOURCE 200809L

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

static uint8_t buf[2048];
static struct ik_chain chain;

static void begin(uint8_t exchange, uint8_t flags, uint32_t msgid)
{
    struct ik_hdr h = {.version = 0x20, .exchange = exchange, .flags = flags, .msgid = msgid};
    memset(h.spi_i, 0x11, sizeof h.spi_i);
    memset(h.spi_r, 0x22, sizeof h.spi_r);
    ik_msg_begin(&chain, buf, sizeof buf, &h);
}

/* Ends the message, prints it, and compares. */
static void expect(const char *wanted)
{
    static struct ik_msg m;
    char *text = NULL;
    size_t len = 0;
    cr_assert_eq(ik_msg_end(&chain), IK_OK);
    cr_assert_eq(ik_msg_parse_all(buf, chain.w.len, &m), IK_OK);
    FILE *f = open_memstream(&text, &len);
    host_decode_print(f, &m);
    fclose(f);
    cr_expect_str_eq(text, wanted);
    free(text);
}

static struct ik_span span(const char *text)
{
    return (struct ik_span){(const uint8_t *)text, (uint16_t)strlen(text)};
}

Test(decode, ike_sa_init)
{
    struct ik_proposal p, q;
    char err[100];
    uint8_t pub[32] = {9}, nonce[32] = {7};
    cr_assert(host_suite_parse_ike("aes128-sha256-x25519", &p, err, sizeof err));
    cr_assert(host_suite_parse_ike("aes256gcm16-prfsha384-ecp384", &q, err, sizeof err));
    const struct ik_sa_item items[] = {
        {.number = 1,
         .protocol = IK_PROTO_IKE,
         .transforms_n = p.transforms_n,
         .transforms = p.transforms},
        {.number = 2,
         .protocol = IK_PROTO_IKE,
         .transforms_n = q.transforms_n,
         .transforms = q.transforms},
    };
    const struct ik_ke ke = {.group = IK_DH_X25519, .data = {pub, sizeof pub}};
    const struct ik_notify n = {.type = IK_N_NAT_DETECTION_SOURCE_IP, .data = {nonce, 20}};
    const struct ik_notify odd = {.type = 40000};
    begin(IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 0);
    ik_sa_put(&chain, items, 2);
    ik_ke_put(&chain, &ke);
    ik_nonce_put(&chain, (struct ik_span){nonce, sizeof nonce});
    ik_notify_put(&chain, &n);
    ik_notify_put(&chain, &odd);
    ik_vendor_put(&chain, span("someone"));
    expect("IKE_SA_INIT request 0 by the initiator, 235 octets, SPIs 1111111111111111 "
           "2222222222222222\n"
           "    SA 1: IKE aes128-prfsha256-sha256-x25519; 2: IKE aes256gcm16-prfsha384-ecp384\n"
           "    KE x25519, 32 octets\n"
           "    Nonce 32 octets\n"
           "    N NAT_DETECTION_SOURCE_IP, 20 octets\n"
           "    N type 40000\n"
           "    V 7 octets\n");
}

Test(decode, ike_auth_content)
{
    struct ik_proposal p;
    struct ik_ts ts;
    char err[100];
    uint8_t mac[32] = {0xaa};
    cr_assert(host_suite_parse_esp("aes128gcm16-noesn", &p, err, sizeof err));
    cr_assert(host_ts_parse("10.1.0.0/24", &ts));
    const struct ik_sa_item item = {.number = 1,
                                    .protocol = IK_PROTO_ESP,
                                    .spi = span("\xde\xad\xbe\xef"),
                                    .transforms_n = p.transforms_n,
                                    .transforms = p.transforms};
    const struct ik_id id = {.type = IK_ID_FQDN, .data = span("gw\n.example")};
    const struct ik_auth auth = {.method = IK_AUTH_SHARED_KEY_MIC, .data = {mac, sizeof mac}};
    begin(IK_EX_IKE_AUTH, IK_FLAG_RESPONSE, 1);
    ik_id_put(&chain, IK_PL_IDR, &id);
    ik_auth_put(&chain, &auth);
    ik_sa_put(&chain, &item, 1);
    ik_ts_put(&chain, IK_PL_TSI, &ts, 1);
    expect("IKE_AUTH response 1 by the responder, 147 octets, SPIs 1111111111111111 "
           "2222222222222222\n"
           "    IDr gw\\x0a.example\n"
           "    AUTH by pre-shared key, 32 octets\n"
           "    SA 1: ESP SPI deadbeef aes128gcm16-noesn\n"
           "    TSi 10.1.0.0/24\n");
}

Test(decode, delete_and_unknown_exchange)
{
    const struct ik_delete d = {.protocol = IK_PROTO_ESP,
                                .spi_size = 4,
                                .count = 2,
                                .spis = {(const uint8_t *)"\1\2\3\4\5\6\7\x8", 8}};
    const struct ik_delete ike = {.protocol = IK_PROTO_IKE};
    begin(99, IK_FLAG_INITIATOR, 70000);
    ik_delete_put(&chain, &d);
    ik_delete_put(&chain, &ike);
    expect("exchange 99 request 70000 by the initiator, 52 octets, SPIs 1111111111111111 "
           "2222222222222222\n"
           "    D ESP 01020304 05060708\n"
           "    D IKE\n");
}

Test(decode, sealed_content_is_told_by_its_length)
{
    uint16_t aad_len = 0, text_len = 0;
    begin(IK_EX_INFORMATIONAL, IK_FLAG_INITIATOR, 2);
    ik_sk_open(&chain, 8, 0, 0);
    ik_sk_close(&chain, 0, 1, 16, &aad_len, &text_len);
    expect("INFORMATIONAL request 2 by the initiator, 57 octets, SPIs 1111111111111111 "
           "2222222222222222\n"
           "    SK sealed, 25 octets\n");
}
