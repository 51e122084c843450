/* SPDX-License-Identifier: MIT */
/*
 * AH (RFC 4302) opened with copies of the keys. What is covered is zeroed in a copy of the packet,
 * field by field, where the core makes a list of parts: so that one does not repeat the other's
 * mistake. Packets of a simulation have neither options nor extension headers before AH.
 */
#include <string.h>

#include "sim/spy.h"

#define AH_HDR 12

/* Of extended sequence numbers: no simulation has 2^32 packets. */
static const uint8_t high[4];

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool checksum_good(const uint8_t *ip)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < 20; i += 2)
        sum += get16(ip + i);
    return (uint16_t)(sum + (sum >> 16)) == 0xffff;
}

/* Zeroes what may change in the header at ip; 0 if it is none, or does not say where the packet
 * ends, from where to where it goes, and that AH follows; else its length. The hop limit is the
 * node's in tunnel mode, and whatever the sender has written in transport mode. */
static uint16_t take_header(uint8_t *ip, uint16_t len, const struct ik_path *path, bool tunnel)
{
    bool v6 = path->remote.family == 6;
    uint8_t at = v6 ? 40 : 20, src = v6 ? 8 : 12, addr = v6 ? 16 : 4;
    bool good = len > at + AH_HDR && ip[v6 ? 6 : 9] == 51 &&
                memcmp(ip + src, path->local.b, addr) == 0 &&
                memcmp(ip + src + addr, path->remote.b, addr) == 0;

    if (!good)
        return 0;
    if (v6) {
        good = ip[0] >> 4 == 6 && get16(ip + 4) == len - 40 && (!tunnel || ip[7] != 0);
        ip[0] = 0x60;
        ip[1] = ip[2] = ip[3] = ip[7] = 0;
    } else {
        good = ip[0] == 0x45 && get16(ip + 2) == len && get16(ip + 4) != 0 &&
               (!tunnel || ip[8] != 0) && (get16(ip + 6) & 0x3fff) == 0 && checksum_good(ip);
        ip[1] = ip[6] = ip[7] = ip[8] = ip[10] = ip[11] = 0;
    }
    return good ? at : 0;
}

bool sim_spy_open_ah(struct sim_spy *spy, struct sim_sa *sa, const struct ik_path *path,
                     const uint8_t *data, uint16_t len, struct sim_sealed *out)
{
    const struct sim_key *key = &sa->keys[SIM_INTEG_OUT];
    struct ik_env env = {.crypto = sa->crypto};
    uint8_t *ip = spy->buf, icv[64];
    uint16_t at, ah_len, unit = path->remote.family == 6 ? 8 : 4;

    memcpy(ip, data, len);
    at = take_header(ip, len, path, sa->mode == IK_TUNNEL);
    if (!at || !sa->integ)
        return false;
    ah_len = (uint16_t)((AH_HDR + sa->integ->icv_len + unit - 1) / unit * unit);
    if (len < at + ah_len || ip[at + 1] != ah_len / 4 - 2 || get16(ip + at + 2) != 0 ||
        get32(ip + at + 4) != sa->spi_out)
        return false;
    memset(ip + at + AH_HDR, 0, sa->integ->icv_len);
    struct ik_span in[4] = {{key->b, key->len}, {ip, len}};
    size_t n = 2;
    if (sa->esn)
        in[n++] = (struct ik_span){high, sizeof high};
    out->iv = (struct ik_span){data + at + AH_HDR, sa->integ->iv_len};
    if (out->iv.len)
        in[n++] = out->iv;
    sa->integ->mac->run(sa->integ->mac, &env, in, n, icv);
    if (memcmp(icv, out->iv.p + out->iv.len, (size_t)(sa->integ->icv_len - out->iv.len)) != 0)
        return false;
    out->sa = sa;
    out->seq = get32(ip + at + 8);
    out->text = ip + at + ah_len;
    out->len = (uint16_t)(len - at - ah_len);
    out->next_header = ip[at];
    return true;
}
