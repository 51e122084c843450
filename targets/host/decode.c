/* SPDX-License-Identifier: MIT */
/*
 * An IKE message for people: a line for the header, a line for each payload. It prints what went
 * over the wire in the clear or under SK, but no AUTH data, no public values and no nonces: their
 * lengths say enough, and a log should not help an offline attack on a weak key.
 */
#include "host.h"

#define CRITICAL_AT (-3) /* from a body: the octet of its generic header that has the bit (3.2) */

static void print_spi(FILE *f, const uint8_t *spi, size_t len)
{
    for (size_t i = 0; i < len; i++)
        fprintf(f, "%02x", (unsigned)spi[i]);
}

static void print_header(FILE *f, const struct ik_hdr *h)
{
    if (host_exchange_name(h->exchange)[0] == 'u')
        fprintf(f, "exchange %u", (unsigned)h->exchange);
    else
        fprintf(f, "%s", host_exchange_name(h->exchange));
    fprintf(f, " %s %lu by the %s, %lu octets, SPIs ",
            h->flags & IK_FLAG_RESPONSE ? "response" : "request", (unsigned long)h->msgid,
            h->flags & IK_FLAG_INITIATOR ? "initiator" : "responder", (unsigned long)h->len);
    print_spi(f, h->spi_i, IK_SPI_LEN);
    fputc(' ', f);
    print_spi(f, h->spi_r, IK_SPI_LEN);
    if (h->version != 0x20)
        fprintf(f, ", version %u.%u", (unsigned)h->version >> 4, (unsigned)h->version & 15);
    fputc('\n', f);
}

static const char *protocol_name(unsigned protocol)
{
    static const char *const names[] = {"", "IKE", "AH", "ESP"};
    return protocol < 4 ? names[protocol] : "protocol unknown";
}

static void print_proposal(FILE *f, const struct ik_wire_proposal *p)
{
    char word[40];
    struct ik_transform t;
    uint16_t at = 0;
    fprintf(f, " %u: %s", (unsigned)p->number, protocol_name(p->protocol));
    if (p->spi.len > 0) {
        fputs(" SPI ", f);
        print_spi(f, p->spi.p, p->spi.len);
    }
    for (unsigned i = 0; i < p->transforms_n && ik_transform_next(p, &at, &t) == IK_OK; i++) {
        host_suite_print_word(&t, word, sizeof word);
        fprintf(f, "%c%s", i == 0 ? ' ' : '-', word);
    }
}

static void print_sa(FILE *f, struct ik_span body)
{
    struct ik_wire_proposal p;
    uint16_t at = 0;
    while (at < body.len && ik_sa_next(&body, &at, &p) == IK_OK) {
        print_proposal(f, &p);
        if (at < body.len)
            fputc(';', f);
    }
}

static void print_ke(FILE *f, struct ik_span body)
{
    struct ik_ke ke;
    if (ik_ke_parse(body, &ke) != IK_OK)
        return;
    char word[40];
    const struct ik_transform t = {.type = IK_TT_DH, .id = ke.group};
    host_suite_print_word(&t, word, sizeof word);
    fprintf(f, " %s, %u octets", word, (unsigned)ke.data.len);
}

static void print_id(FILE *f, struct ik_span body)
{
    struct ik_id id;
    char text[4 * 256];
    if (ik_id_parse(body, &id) != IK_OK)
        return;
    host_id_print(id.type, id.data, text, sizeof text);
    fprintf(f, " %s", text);
}

static void print_auth(FILE *f, struct ik_span body)
{
    struct ik_auth auth;
    if (ik_auth_parse(body, &auth) != IK_OK)
        return;
    if (auth.method == IK_AUTH_SHARED_KEY_MIC)
        fprintf(f, " by pre-shared key, %u octets", (unsigned)auth.data.len);
    else
        fprintf(f, " by method %u, %u octets", (unsigned)auth.method, (unsigned)auth.data.len);
}

static void print_notify(FILE *f, struct ik_span body)
{
    struct ik_notify n;
    if (ik_notify_parse(body, &n) != IK_OK)
        return;
    if (host_notify_name(n.type)[0] == 'u')
        fprintf(f, " type %u", (unsigned)n.type);
    else
        fprintf(f, " %s", host_notify_name(n.type));
    if (n.spi.len > 0) {
        fprintf(f, ", %s SPI ", protocol_name(n.protocol));
        print_spi(f, n.spi.p, n.spi.len);
    }
    if (n.data.len > 0)
        fprintf(f, ", %u octets", (unsigned)n.data.len);
}

static void print_delete(FILE *f, struct ik_span body)
{
    struct ik_delete d;
    if (ik_delete_parse(body, &d) != IK_OK)
        return;
    fprintf(f, " %s", protocol_name(d.protocol));
    for (unsigned i = 0; i < d.count && d.spi_size > 0; i++) {
        fputc(' ', f);
        print_spi(f, d.spis.p + (size_t)i * d.spi_size, d.spi_size);
    }
}

static void print_ts(FILE *f, struct ik_span body)
{
    char text[120];
    struct ik_ts ts;
    uint16_t at = 0;
    while (at < body.len && ik_ts_next(&body, &at, &ts) == IK_OK) {
        host_ts_print(&ts, text, sizeof text);
        fprintf(f, " %s", text);
    }
}

static void print_skf(FILE *f, struct ik_span body)
{
    struct ik_skf s;
    if (ik_skf_parse(body, &s) == IK_OK)
        fprintf(f, " fragment %u of %u, sealed, %u octets", (unsigned)s.number, (unsigned)s.total,
                (unsigned)s.sealed.len);
}

static void print_body(FILE *f, const struct ik_payload *p)
{
    switch (p->type) {
    case IK_PL_SA:
        print_sa(f, p->body);
        break;
    case IK_PL_KE:
        print_ke(f, p->body);
        break;
    case IK_PL_IDI:
    case IK_PL_IDR:
        print_id(f, p->body);
        break;
    case IK_PL_AUTH:
        print_auth(f, p->body);
        break;
    case IK_PL_NOTIFY:
        print_notify(f, p->body);
        break;
    case IK_PL_DELETE:
        print_delete(f, p->body);
        break;
    case IK_PL_TSI:
    case IK_PL_TSR:
        print_ts(f, p->body);
        break;
    case IK_PL_SKF:
        print_skf(f, p->body);
        break;
    case IK_PL_SK:
        fprintf(f, " sealed, %u octets", (unsigned)p->body.len);
        break;
    default:
        fprintf(f, " %u octets", (unsigned)p->body.len);
    }
}

void host_decode_print(FILE *f, const struct ik_msg *m)
{
    const char *indent = "    ";
    print_header(f, &m->hdr);
    for (unsigned i = 0; i < m->payloads_n; i++) {
        const struct ik_payload *p = &m->payloads[i];
        fprintf(f, "%s%s%s", indent, host_payload_name(p->type),
                p->body.p[CRITICAL_AT] & 0x80 ? " (critical)" : "");
        print_body(f, p);
        fputc('\n', f);
        if (p->type == IK_PL_SK || p->type == IK_PL_SKF)
            indent = "        "; /* what follows was inside */
    }
}
