/* SPDX-License-Identifier: MIT */
#include "mss.h"

#include <string.h>

#include "cksum.h"
#include "host.h"

#define TCP_SYN 0x02
#define OPTION_END 0
#define OPTION_NOP 1
#define OPTION_MSS 2

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* RFC 1624: HC' = ~(~HC + ~m + m'), in the octets' own order. */
static void replace16(uint8_t *field, uint8_t *cksum, uint16_t value)
{
    uint16_t was, is, sum;
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    memcpy(&was, field, 2);
    memcpy(&is, octets, 2);
    memcpy(&sum, cksum, 2);
    sum = (uint16_t)~cksum_fold((uint64_t)(uint16_t)~sum + (uint16_t)~was + is);
    memcpy(field, octets, 2);
    memcpy(cksum, &sum, 2);
}

static bool clamp(uint8_t *tcp, size_t head, unsigned mss)
{
    for (size_t at = 20; at + 4 <= head;) {
        uint8_t kind = tcp[at];
        if (kind == OPTION_END)
            return false;
        if (kind == OPTION_NOP) {
            at++;
            continue;
        }
        if (tcp[at + 1] < 2)
            return false;
        if (kind == OPTION_MSS && tcp[at + 1] == 4) {
            if (get16(tcp + at + 2) <= mss)
                return false;
            /* An option at an odd place would need the sum turned round: such are left alone. */
            if (at % 2 != 0)
                return false;
            replace16(tcp + at + 2, tcp + 16, (uint16_t)mss);
            return true;
        }
        at += tcp[at + 1];
    }
    return false;
}

bool mss_clamp(uint8_t *packet, size_t len, unsigned mtu)
{
    size_t ip;
    if (len >= 40 && packet[0] >> 4 == 4 && packet[9] == IK_IP_TCP &&
        (get16(packet + 6) & 0x1fff) == 0)
        ip = (size_t)(packet[0] & 15) * 4;
    else if (len >= 60 && packet[0] >> 4 == 6 && packet[6] == IK_IP_TCP)
        ip = 40;
    else
        return false;
    if (ip + 20 > len || (packet[ip + 13] & TCP_SYN) == 0 || mtu < ip + 20 + 88)
        return false;
    size_t head = (size_t)(packet[ip + 12] >> 4) * 4;
    if (head < 20 || ip + head > len)
        return false;
    return clamp(packet + ip, head, mtu - (packet[0] >> 4 == 4 ? 40 : 60));
}
