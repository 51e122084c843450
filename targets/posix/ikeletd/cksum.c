/* SPDX-License-Identifier: MIT */
#include "cksum.h"

#include <arpa/inet.h>
#include <string.h>

static uint64_t carry(uint64_t sum, uint64_t more)
{
    sum += more;
    return sum + (sum < more);
}

uint64_t cksum_add(uint64_t sum, const uint8_t *p, size_t len)
{
    uint64_t word = 0;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        sum = carry(sum, word);
    }
    word = 0;
    memcpy(&word, p, len);
    return carry(sum, word);
}

uint16_t cksum_fold(uint64_t sum)
{
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

uint64_t cksum_pseudo(const uint8_t *ip, uint8_t proto, size_t len)
{
    uint64_t sum = (uint64_t)htons(proto) + htons((uint16_t)len);
    return ip[0] >> 4 == 4 ? cksum_add(sum, ip + 12, 8) : cksum_add(sum, ip + 8, 32);
}
