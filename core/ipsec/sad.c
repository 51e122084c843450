/* SPDX-License-Identifier: MIT */
/*
 * The SAD (RFC 4301 4.4.2). The low 16 bits of an inbound SPI are its slot in the pool, the upper
 * 16 are random: lookup is one comparison, no two SAs share an SPI, and a packet for the slot's
 * former SA does not reach its present one but once in 65536.
 */
#include "ipsec/ipsec.h"
#include "util/util.h"
#include "crypto/crypto.h"

/* RFC 4303 2.1: 1 to 255 are reserved by IANA, 0 is local; all are below 2^16. */
static uint32_t draw_spi(struct ik_env *env, uint16_t slot)
{
    uint8_t upper[2];
    ik_drbg_bytes(env, upper, sizeof upper);
    uint16_t high = ik_get16(upper);
    if (high == 0) {
        high = 1;
    }
    return (uint32_t)high << 16 | slot;
}

struct ik_child_sa *ik_sad_alloc(struct ik_env *env, struct ik_ipsec *ip)
{
    for (uint16_t slot = 0; slot < ik_child_n(ip); slot++) {
        struct ik_child_sa *sa = ik_child_at(ip, slot);
        if (sa->state == IK_CHILD_FREE) {
            memset(sa, 0, sizeof *sa);
            sa->state = IK_CHILD_LARVAL;
            sa->serial = ++ip->serial;
            sa->in.spi = draw_spi(env, slot);
            sa->sent_at = env->now;
            ik_replay_init(&sa->replay, 0);
            return sa;
        }
    }
    return NULL;
}

struct ik_child_sa *ik_sad_find(const struct ik_ipsec *ip, uint32_t spi)
{
    uint16_t slot = (uint16_t)(spi & 0xffffu);
    if (slot >= ik_child_n(ip)) {
        return NULL;
    }
    struct ik_child_sa *sa = ik_child_at(ip, slot);
    return sa->state == IK_CHILD_UP && sa->in.spi == spi ? sa : NULL;
}

void ik_child_wipe(struct ik_child_sa *sa)
{
    /* All of it: selectors and addresses of a dead SA are nobody's business either. */
    ik_wipe(sa, sizeof *sa);
}
