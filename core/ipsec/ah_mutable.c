/* SPDX-License-Identifier: MIT */
/*
 * Headers before AH as its ICV covers them (RFC 4302 3.3.3.1, appendix A): fields that routers may
 * change are taken as zero, those that they change in a known way as the receiver will see them.
 *
 *     IPv4   TOS, flags, fragment offset, TTL, checksum            zero
 *            options                                               as they are, or zero as a whole
 *            destination, with a source route                      the last of the route
 *     IPv6   traffic class, flow label, hop limit                  zero
 *            data of hop-by-hop and destination options that say so  zero
 *            destination and routing header                        as the last segment sees them
 *
 * Nothing is written to the packet: the cover is a list of parts of it, of zeros and of copies.
 */
#include "ipsec/ah.h"
#include "util/util.h"

#if IK_AH

#define IPV4_HDR 20
#define IPV6_HDR 40
#define ADDR6 16

static bool add(struct ik_ah_cover *c, const uint8_t *p, size_t len)
{
    struct ik_span *last = &c->in[c->n - 1u];
    if (c->n > 1 && last->p + last->len == p) {
        last->len = (uint16_t)(last->len + len);
        return true;
    }
    if (c->n == IK_AH_PARTS_OF_HEADERS) {
        return false;
    }
    c->in[c->n++] = (struct ik_span){p, (uint16_t)len};
    return true;
}

/* ---- IPv4 ------------------------------------------------------------------------------------ */

#define OPT_END 0
#define OPT_NOP 1
#define OPT_LSRR 131
#define OPT_SSRR 137

/* Appendix A1: these stay as they are; all others, those that nobody knows among them, are zero. */
static bool option_stays(uint8_t type)
{
    switch (type) {
    case 130: /* security, extended security, commercial security */
    case 133:
    case 134:
    case 148: /* router alert */
    case 149: /* sender directed multi-destination delivery */
        return true;
    default:
        return false;
    }
}

/* A source route that has not come to its end (RFC 791 3.1): its last address is where the packet
 * ends up. False if it can't be told, or if the packet is there already. */
static bool take_route(struct ik_ah_cover *c, const uint8_t *opt, uint8_t len, bool leaving)
{
    if (len < 3 || opt[2] > len) {
        return true;
    }
    if (!leaving || len < 7 || (len - 3) % 4 != 0) {
        return false;
    }
    memcpy(c->base + 16, opt + len - 4, 4);
    return true;
}

static bool cover_options(struct ik_ah_cover *c, const uint8_t *ip, uint16_t hdr, bool leaving)
{
    uint16_t i = IPV4_HDR;
    while (i < hdr && ip[i] != OPT_END) {
        if (ip[i] == OPT_NOP) {
            i++;
            continue;
        }
        uint8_t len = i + 1 < hdr ? ip[i + 1] : 0;
        if (len < 2 || len > hdr - i) {
            return false;
        }
        if ((ip[i] == OPT_LSRR || ip[i] == OPT_SSRR) && !take_route(c, ip + i, len, leaving)) {
            return false;
        }
        if (!option_stays(ip[i])) {
            memset(c->base + i, 0, len);
        }
        i = (uint16_t)(i + len);
    }
    return true;
}

static bool cover_v4(struct ik_ah_cover *c, const uint8_t *ip, uint16_t hdr, bool leaving)
{
    memcpy(c->base, ip, hdr);
    c->base[1] = 0;
    ik_put16(c->base + 6, 0);
    c->base[8] = 0;
    ik_put16(c->base + 10, 0);
    c->to = c->base + 16;
    return cover_options(c, ip, hdr, leaving) && add(c, c->base, hdr);
}

/* ---- IPv6 ------------------------------------------------------------------------------------ */

#define OPT_PAD1 0
#define OPT_CHANGES 0x20 /* RFC 8200 4.2: the third-highest bit of the type */

/* Hop-by-hop or destination options at p: type and length are covered, data that may change is
 * zero. */
static bool cover_ext_options(struct ik_ah_cover *c, const uint8_t *p, uint16_t ext_len)
{
    static const uint8_t zero[255];
    uint16_t from = 0, i = 2;
    while (i < ext_len) {
        if (p[i] == OPT_PAD1) {
            i++;
            continue;
        }
        if (ext_len - i < 2 || p[i + 1] > ext_len - i - 2) {
            return false;
        }
        uint16_t data = (uint16_t)(i + 2u), end = (uint16_t)(data + p[i + 1]);
        if ((p[i] & OPT_CHANGES) != 0 && end > data) {
            if (!add(c, p + from, (size_t)(data - from)) || !add(c, zero, (size_t)(end - data))) {
                return false;
            }
            from = end;
        }
        i = end;
    }
    return add(c, p + from, (size_t)(ext_len - from));
}

/*
 * A routing header of type 0 (RFC 2460 4.4), or 2 (RFC 6275 6.4), which has one address. Each
 * segment puts the next address in the place of the destination, and that in the place of the
 * address:
 *
 *     destination D   | a1 … ai | a(i+1) … an |    i segments are done, the others are left
 *     in the end   an | a1 … ai | D a(i+1) … a(n-1) |
 */
static bool cover_route(struct ik_ah_cover *c, const uint8_t *ip, const uint8_t *p,
                        uint16_t ext_len, bool leaving)
{
    uint8_t left = p[3];
    uint16_t n = (uint16_t)((ext_len - 8u) / ADDR6);
    if (left == 0) {
        return add(c, p, ext_len);
    }
    if (!leaving || (p[2] != 0 && p[2] != 2) || (ext_len - 8u) % ADDR6 != 0 || left > n) {
        return false;
    }
    size_t done = (size_t)(n - left) * ADDR6;
    memcpy(c->route, p, sizeof c->route);
    c->route[3] = 0;
    memcpy(c->base + 24, p + 8 + (size_t)(n - 1u) * ADDR6, ADDR6);
    return add(c, c->route, sizeof c->route) && add(c, p + 8, done) && add(c, ip + 24, ADDR6) &&
           add(c, p + 8 + done, (size_t)(left - 1u) * ADDR6);
}

static bool cover_v6(struct ik_ah_cover *c, const uint8_t *ip, uint16_t at, bool leaving)
{
    uint8_t proto = ip[6];
    memcpy(c->base, ip, IPV6_HDR);
    ik_put32(c->base, UINT32_C(0x60000000));
    c->base[7] = 0;
    c->to = c->base + 24;
    bool good = add(c, c->base, IPV6_HDR);
    for (uint16_t i = IPV6_HDR; good && i < at;) {
        const uint8_t *p = ip + i;
        uint16_t ext_len = (uint16_t)(8u + 8u * p[1]);
        good = proto == IK_IP_IPV6_ROUTE ? cover_route(c, ip, p, ext_len, leaving)
                                         : cover_ext_options(c, p, ext_len);
        proto = p[0];
        i = (uint16_t)(i + ext_len);
    }
    return good;
}

enum ik_status ik_ah_cover(struct ik_ah_cover *cover, const uint8_t *ip, uint16_t at, bool leaving)
{
    cover->n = 1;
    bool good =
        ip[0] >> 4 == 4 ? cover_v4(cover, ip, at, leaving) : cover_v6(cover, ip, at, leaving);
    return good ? IK_OK : IK_ERR_SYNTAX;
}

#endif
