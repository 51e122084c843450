/* SPDX-License-Identifier: MIT */
/* IP headers and the Internet checksum (RFC 791, 8200, 1071). */
#include <string.h>

#include "host.h"

uint32_t host_cksum_add(uint32_t sum, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

uint16_t host_cksum_fold(uint32_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(~sum & 0xffff);
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static size_t put_ip4(uint8_t *out, const uint8_t *src, const uint8_t *dst, uint8_t proto,
                      uint8_t ttl, size_t len)
{
    memset(out, 0, 20);
    out[0] = 0x45;
    put16(out + 2, 20 + len);
    out[6] = 0x40; /* don't fragment, so that identification 0 is right (RFC 6864 4.1) */
    out[8] = ttl;
    out[9] = proto;
    memcpy(out + 12, src, 4);
    memcpy(out + 16, dst, 4);
    put16(out + 10, host_cksum_fold(host_cksum_add(0, out, 20)));
    return 20;
}

static size_t put_ip6(uint8_t *out, const uint8_t *src, const uint8_t *dst, uint8_t proto,
                      uint8_t ttl, size_t len)
{
    memset(out, 0, 8);
    out[0] = 0x60;
    put16(out + 4, len);
    out[6] = proto;
    out[7] = ttl;
    memcpy(out + 8, src, 16);
    memcpy(out + 24, dst, 16);
    return 40;
}

size_t host_ip_put(uint8_t *out, const struct ik_addr *src, const struct ik_addr *dst,
                   uint8_t proto, uint8_t ttl, size_t len)
{
    if (dst->family == 6)
        return put_ip6(out, src->b, dst->b, proto, ttl, len);
    return put_ip4(out, src->b, dst->b, proto, ttl, len);
}

uint32_t host_cksum_pseudo(const struct ik_addr *src, const struct ik_addr *dst, uint8_t proto,
                           size_t len)
{
    size_t n = dst->family == 6 ? 16 : 4;
    uint8_t tail[4] = {0, proto, (uint8_t)(len >> 8), (uint8_t)len};
    uint32_t sum = host_cksum_add(0, src->b, n);
    sum = host_cksum_add(sum, dst->b, n);
    return host_cksum_add(sum, tail, 4);
}
