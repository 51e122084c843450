/* SPDX-License-Identifier: MIT */
/*
 * What an outer IP header has of the inner one, and the inner one of it (RFC 4301 5.1.2, RFC 6040).
 *
 * Congestion, by the low two bits of the traffic class: going in, the outer header has the mark of
 * the inner one (RFC 6040 4.1, normal mode). Coming out (4.2):
 *
 *     outer     Not-ECT   ECT(0)    ECT(1)    CE
 *     inner
 *     Not-ECT   Not-ECT   Not-ECT   Not-ECT   dropped: it can't tell
 *     ECT(0)    ECT(0)    ECT(0)    ECT(1)    CE
 *     ECT(1)    ECT(1)    ECT(1)    ECT(1)    CE
 *     CE        CE        CE        CE        CE
 */
#include "ipsec/ipsec.h"
#include "util/util.h"

#if IK_OUTER

#define ECN 3u
#define ECT_1 1u
#define CE 3u

static uint8_t tclass_of(const uint8_t *ip)
{
    return ip[0] >> 4 == 4 ? ip[1] : (uint8_t)((unsigned)ip[0] << 4 | ip[1] >> 4);
}

void ik_outer_read(const uint8_t *ip, struct ik_outer *out)
{
    bool v4 = ip[0] >> 4 == 4;
    out->tclass = tclass_of(ip);
    out->ttl = v4 ? ip[8] : ip[7];
    out->df = !v4 || (ip[6] & 0x40) != 0; /* nobody cuts an IPv6 packet on its way */
    out->label = v4 ? 0 : ik_get32(ip) & 0xfffffu;
}

void ik_outer_of_tunnel(const uint8_t *ip, const struct ik_policy *policy, struct ik_outer *out)
{
    ik_outer_read(ip, out);
    out->ttl = 0; /* 5.1.2.1: constructed */
    if ((policy->dscp & IK_DSCP_SET) != 0) {
        out->tclass = (uint8_t)((unsigned)policy->dscp << 2 | (out->tclass & ECN));
    }
    if (policy->df != IK_DF_COPY) {
        out->df = policy->df == IK_DF_SET;
    }
}

/* Sets the mark in the inner header. IPv4's checksum is mended by the difference (RFC 1624). */
static void mark(uint8_t *ip, uint8_t ecn)
{
    if (ip[0] >> 4 == 6) {
        ip[1] = (uint8_t)((ip[1] & 0xcfu) | (unsigned)ecn << 4);
        return;
    }
    uint32_t sum = (uint16_t)~ik_get16(ip + 10);
    sum += (uint16_t) ~(uint16_t)ip[1];
    ip[1] = (uint8_t)((ip[1] & ~ECN) | ecn);
    ik_put16(ip + 10, ik_cksum_fold(sum + ip[1]));
}

bool ik_outer_to_inner(uint8_t *ip, const struct ik_outer *outer)
{
    uint8_t in = tclass_of(ip) & ECN, out = outer->tclass & ECN;
    if (in == 0) {
        return out != CE;
    }
    if (in != CE && (out == CE || out == ECT_1)) {
        mark(ip, out);
    }
    return true;
}

#endif
