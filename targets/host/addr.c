/* SPDX-License-Identifier: MIT */
/* Addresses, traffic selectors and identities, from text and to text. */
#include <arpa/inet.h>
#include <string.h>

#include "host.h"
#include "text.h"

/* ---- addresses ------------------------------------------------------------------------------ */

bool host_addr_parse(const char *text, struct ik_addr *out)
{
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, text, out->b) == 1)
        out->family = 4;
    else if (inet_pton(AF_INET6, text, out->b) == 1)
        out->family = 6;
    return out->family != 0;
}

void host_addr_print(const struct ik_addr *a, char *out, size_t cap)
{
    char text[INET6_ADDRSTRLEN] = "any";
    if (a->family != 0)
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, text, sizeof text);
    snprintf(out, cap, "%s", text);
}

/* ---- traffic selectors ---------------------------------------------------------------------- */

static const struct {
    const char *name;
    uint8_t proto;
} protos[] = {{"any", 0},
              {"%any", 0},
              {"icmp", IK_IP_ICMP},
              {"tcp", IK_IP_TCP},
              {"udp", IK_IP_UDP},
              {"icmpv6", IK_IP_ICMPV6},
              {"ipv6-icmp", IK_IP_ICMPV6}};

/* A decimal number up to max that ends where *text then points; false if there is none. */
static bool parse_number(const char **text, uint64_t max, uint64_t *out)
{
    size_t len = host_number_take(*text, 0, out);
    *text += len;
    return len > 0 && *out <= max;
}

static bool parse_proto(const char *text, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < sizeof protos / sizeof protos[0]; i++)
        if (strlen(protos[i].name) == len && memcmp(protos[i].name, text, len) == 0) {
            *out = protos[i].proto;
            return true;
        }
    uint64_t n = 0;
    const char *at = text;
    if (!parse_number(&at, 255, &n) || at != text + len)
        return false;
    *out = (uint8_t)n;
    return true;
}

/* "53", "5000-5010", "any", "opaque"; for ICMP the number is the type (RFC 4301 4.4.1.1: type in
 * the high octet, any code). */
static bool parse_ports(const char *text, struct ik_ts *out)
{
    bool icmp = out->proto == IK_IP_ICMP || out->proto == IK_IP_ICMPV6;
    uint64_t lo = 0, hi = 0, max = icmp ? 255 : 65535;
    if (strcmp(text, "any") == 0 || strcmp(text, "%any") == 0)
        return true;
    if (strcmp(text, "opaque") == 0) {
        out->port_lo = 65535;
        out->port_hi = 0;
        return true;
    }
    if (!parse_number(&text, max, &lo))
        return false;
    hi = lo;
    if (*text == '-') {
        text++;
        if (!parse_number(&text, max, &hi))
            return false;
    }
    if (*text != '\0' || lo > hi)
        return false;
    out->port_lo = (uint16_t)(icmp ? lo << 8 : lo);
    out->port_hi = (uint16_t)(icmp ? hi << 8 | 255 : hi);
    return true;
}

/* What stands in brackets: "proto" or "proto/ports". */
static bool parse_upper(char *text, struct ik_ts *out)
{
    size_t len = strlen(text);
    if (len == 0 || text[len - 1] != ']')
        return false;
    text[len - 1] = '\0';
    size_t proto_len = strcspn(text, "/");
    if (!parse_proto(text, proto_len, &out->proto))
        return false;
    return text[proto_len] == '\0' || parse_ports(text + proto_len + 1, out);
}

static void apply_prefix(struct ik_ts *ts, unsigned bits)
{
    for (unsigned i = 0; i < (ts->family == 4 ? 4U : 16U); i++) {
        unsigned fixed = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        unsigned host = 0xffU >> fixed;
        ts->lo[i] = (uint8_t)(ts->lo[i] & ~host);
        ts->hi[i] = (uint8_t)(ts->hi[i] | host);
    }
}

/* "a", "a/bits" or "a-b" */
static bool parse_range(char *text, struct ik_ts *out)
{
    struct ik_addr lo, hi;
    size_t len = strcspn(text, "/-");
    char sep = text[len];
    text[len] = '\0';
    const char *rest = text + len + 1;
    if (!host_addr_parse(text, &lo))
        return false;
    hi = lo;
    if (sep == '-' && (!host_addr_parse(rest, &hi) || hi.family != lo.family))
        return false;
    out->family = lo.family;
    memcpy(out->lo, lo.b, 16);
    memcpy(out->hi, hi.b, 16);
    if (sep == '/') {
        uint64_t bits = 0;
        if (!parse_number(&rest, lo.family == 4 ? 32 : 128, &bits) || *rest != '\0')
            return false;
        apply_prefix(out, (unsigned)bits);
    }
    return memcmp(out->lo, out->hi, 16) <= 0;
}

bool host_ts_parse(const char *text, struct ik_ts *out)
{
    char copy[160];
    memset(out, 0, sizeof *out);
    out->port_hi = 65535;
    if (strlen(text) >= sizeof copy)
        return false;
    memcpy(copy, text, strlen(text) + 1);
    char *upper = strchr(copy, '[');
    if (upper != NULL) {
        *upper++ = '\0';
        if (!parse_upper(upper, out))
            return false;
    }
    return parse_range(copy, out);
}

bool host_pfp_parse(const char *text, uint8_t *out)
{
    static const char *const names[] = {"local", "remote", "protocol", "local_port", "remote_port"};
    static const uint8_t flags[] = {IK_PFP_LOCAL, IK_PFP_REMOTE, IK_PFP_PROTOCOL, IK_PFP_LOCAL_PORT,
                                    IK_PFP_REMOTE_PORT};
    struct ik_span word;
    *out = 0;
    for (const char *at = text; host_word_next(&at, &word);) {
        unsigned i = 0;
        while (i < sizeof flags &&
               (strlen(names[i]) != word.len || memcmp(names[i], word.p, word.len) != 0))
            i++;
        if (i == sizeof flags)
            return false;
        *out |= flags[i];
    }
    return true;
}

bool host_ts_hold(const struct ik_ts *ts, uint8_t n, const struct ik_addr *a)
{
    for (unsigned i = 0; i < n; i++)
        if (ts[i].family == a->family && memcmp(ts[i].lo, a->b, 16) <= 0 &&
            memcmp(a->b, ts[i].hi, 16) <= 0)
            return true;
    return false;
}

void host_ts_from_addr(const struct ik_addr *a, struct ik_ts *out)
{
    memset(out, 0, sizeof *out);
    out->family = a->family;
    out->port_hi = 65535;
    memcpy(out->lo, a->b, 16);
    memcpy(out->hi, a->b, 16);
}

/* The prefix length of a range that is one; -1 if it is none. */
static int prefix_of(const struct ik_ts *ts)
{
    unsigned octets = ts->family == 4 ? 4 : 16;
    for (unsigned bits = 0; bits <= 8 * octets; bits++) {
        struct ik_ts t = *ts;
        memcpy(t.hi, t.lo, sizeof t.hi);
        apply_prefix(&t, bits);
        if (memcmp(t.lo, ts->lo, octets) == 0 && memcmp(t.hi, ts->hi, octets) == 0)
            return (int)bits;
    }
    return -1;
}

static void print_upper(struct text *t, const struct ik_ts *ts)
{
    if (ts->proto == 0 && ts->port_lo == 0 && ts->port_hi == 65535)
        return;
    const char *name = NULL;
    for (size_t i = 0; i < sizeof protos / sizeof protos[0] && name == NULL; i++)
        if (protos[i].proto == ts->proto)
            name = protos[i].name;
    if (name != NULL)
        text_add(t, "[%s", name);
    else
        text_add(t, "[%u", (unsigned)ts->proto);
    bool icmp = ts->proto == IK_IP_ICMP || ts->proto == IK_IP_ICMPV6;
    if (ts->port_lo == 65535 && ts->port_hi == 0)
        text_add(t, "/opaque");
    else if (ts->port_lo != 0 || ts->port_hi != 65535) {
        unsigned shift = icmp ? 8 : 0;
        text_add(t, "/%u", (unsigned)ts->port_lo >> shift);
        if (ts->port_lo >> shift != ts->port_hi >> shift)
            text_add(t, "-%u", (unsigned)ts->port_hi >> shift);
    }
    text_add(t, "]");
}

size_t host_ts_print(const struct ik_ts *ts, char *out, size_t cap)
{
    struct ik_addr lo = {.family = ts->family}, hi = {.family = ts->family};
    char lo_text[INET6_ADDRSTRLEN], hi_text[INET6_ADDRSTRLEN];
    struct text t;
    text_init(&t, out, cap);
    memcpy(lo.b, ts->lo, 16);
    memcpy(hi.b, ts->hi, 16);
    host_addr_print(&lo, lo_text, sizeof lo_text);
    host_addr_print(&hi, hi_text, sizeof hi_text);
    int bits = prefix_of(ts);
    if (ts->family == 0)
        text_add(&t, "unknown type");
    else if (bits == (ts->family == 4 ? 32 : 128))
        text_add(&t, "%s", lo_text);
    else if (bits >= 0)
        text_add(&t, "%s/%d", lo_text, bits);
    else
        text_add(&t, "%s-%s", lo_text, hi_text);
    print_upper(&t, ts);
    return t.len;
}

/* ---- identities ----------------------------------------------------------------------------- */

static bool set_id(struct ik_id *out, uint8_t type, uint8_t *buf, size_t cap, const void *data,
                   size_t len)
{
    if (len > cap || len > IK_ID_MAX || (len == 0 && type != IK_ID_ANY))
        return false;
    memcpy(buf, data, len);
    out->type = type;
    out->data.p = buf;
    out->data.len = (uint16_t)len;
    return true;
}

static bool key_id_from_hex(const char *text, uint8_t *buf, size_t cap, struct ik_id *out)
{
    uint8_t bytes[IK_ID_MAX];
    size_t len = strlen(text);
    if (len / 2 > sizeof bytes || !host_hex_parse(text, len, bytes))
        return false;
    return set_id(out, IK_ID_KEY_ID, buf, cap, bytes, len / 2);
}

bool host_id_parse(const char *text, uint8_t *buf, size_t cap, struct ik_id *out)
{
    struct ik_addr addr;
    memset(out, 0, sizeof *out);
    if (strcmp(text, "%any") == 0)
        return set_id(out, IK_ID_ANY, buf, cap, "", 0);
    if (strncmp(text, "keyid:0x", 8) == 0)
        return key_id_from_hex(text + 8, buf, cap, out);
    if (strncmp(text, "@#", 2) == 0)
        return key_id_from_hex(text + 2, buf, cap, out);
    if (strncmp(text, "keyid:", 6) == 0)
        return set_id(out, IK_ID_KEY_ID, buf, cap, text + 6, strlen(text + 6));
    if (host_addr_parse(text, &addr))
        return set_id(out, addr.family == 4 ? IK_ID_IPV4_ADDR : IK_ID_IPV6_ADDR, buf, cap, addr.b,
                      addr.family == 4 ? 4 : 16);
    if (text[0] == '@')
        return set_id(out, IK_ID_FQDN, buf, cap, text + 1, strlen(text + 1));
    return set_id(out, strchr(text, '@') != NULL ? IK_ID_RFC822_ADDR : IK_ID_FQDN, buf, cap, text,
                  strlen(text));
}

/* Octets of a peer: only what prints as it is goes out as it is. */
static void add_printable(struct text *t, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] > 0x20 && p[i] < 0x7f && p[i] != '\\')
            text_add(t, "%c", p[i]);
        else
            text_add(t, "\\x%02x", (unsigned)p[i]);
}

static void add_hex(struct text *t, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        text_add(t, "%02x", (unsigned)p[i]);
}

size_t host_id_print(uint8_t type, struct ik_span data, char *out, size_t cap)
{
    struct ik_addr addr = {.family = 0};
    char addr_text[INET6_ADDRSTRLEN];
    struct text t;
    text_init(&t, out, cap);
    if ((type == IK_ID_IPV4_ADDR && data.len == 4) || (type == IK_ID_IPV6_ADDR && data.len == 16)) {
        addr.family = data.len == 4 ? 4 : 6;
        memcpy(addr.b, data.p, data.len);
        host_addr_print(&addr, addr_text, sizeof addr_text);
        text_add(&t, "%s", addr_text);
    } else if (type == IK_ID_FQDN || type == IK_ID_RFC822_ADDR) {
        add_printable(&t, data.p, data.len);
    } else if (type == IK_ID_ANY) {
        text_add(&t, "%%any");
    } else {
        if (type == IK_ID_KEY_ID)
            text_add(&t, "keyid:0x");
        else
            text_add(&t, "type %u 0x", (unsigned)type);
        add_hex(&t, data.p, data.len);
    }
    return t.len;
}
