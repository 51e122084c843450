/* SPDX-License-Identifier: MIT */
/*
 * Two ends of a Child SA without IKE, and packets to send: what the tests of core/ipsec share.
 * Addresses: gateways 192.0.2.1 and 192.0.2.2 (2001:db8::1 and ::2), behind them 10.1.0.0/16 and
 * 10.2.0.0/16 (fd00:1::/64 and fd00:2::/64). end[0] is the left one.
 */
#ifndef TEST_IPSEC_ENDS_H
#define TEST_IPSEC_ENDS_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

#define ENDS_SAS 4
#define ENDS_BUF 2048
#define ENDS_AT 128 /* where packets begin in their buffer */

struct end {
    struct ik_env env;
    struct ik_policy policies[3];
    struct ik_child_sa sas[ENDS_SAS];
    struct ik_child_more more[1];
    uint8_t windows[2][IK_REPLAY_MAX / 8];
    struct ik_spd_slot spd[3];
    struct ik_prepared prepared[ENDS_SAS];
    struct ik_ipsec ip;
};

struct suite {
    const struct ik_encr *encr;
    const struct ik_integ *integ;
};

/* Every cipher row of the table, with an integrity algorithm where it has none of its own; then
 * every integrity row. */
static const struct suite suites[] = {
    {&ik_encr_null, &ik_integ_hmac_sha1_96},
    {&ik_encr_aes_cbc_128, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_cbc_192, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_cbc_256, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_ctr_128, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_ctr_192, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_ctr_256, &ik_integ_hmac_sha2_256_128},
    {&ik_encr_aes_ccm_8_128, NULL},
    {&ik_encr_aes_ccm_8_192, NULL},
    {&ik_encr_aes_ccm_8_256, NULL},
    {&ik_encr_aes_ccm_12_128, NULL},
    {&ik_encr_aes_ccm_12_192, NULL},
    {&ik_encr_aes_ccm_12_256, NULL},
    {&ik_encr_aes_ccm_16_128, NULL},
    {&ik_encr_aes_ccm_16_192, NULL},
    {&ik_encr_aes_ccm_16_256, NULL},
    {&ik_encr_aes_gcm_8_128, NULL},
    {&ik_encr_aes_gcm_8_192, NULL},
    {&ik_encr_aes_gcm_8_256, NULL},
    {&ik_encr_aes_gcm_12_128, NULL},
    {&ik_encr_aes_gcm_12_192, NULL},
    {&ik_encr_aes_gcm_12_256, NULL},
    {&ik_encr_aes_gcm_16_128, NULL},
    {&ik_encr_aes_gcm_16_192, NULL},
    {&ik_encr_aes_gcm_16_256, NULL},
    {&ik_encr_chacha20_poly1305, NULL},
    {&ik_encr_null_auth_aes_gmac_128, NULL},
    {&ik_encr_null_auth_aes_gmac_192, NULL},
    {&ik_encr_null_auth_aes_gmac_256, NULL},
    {&ik_encr_aes_ccm_8_iiv_128, NULL},
    {&ik_encr_aes_ccm_8_iiv_192, NULL},
    {&ik_encr_aes_ccm_8_iiv_256, NULL},
    {&ik_encr_aes_gcm_16_iiv_128, NULL},
    {&ik_encr_aes_gcm_16_iiv_192, NULL},
    {&ik_encr_aes_gcm_16_iiv_256, NULL},
    {&ik_encr_chacha20_poly1305_iiv, NULL},
    {&ik_encr_aes_cbc_128, &ik_integ_hmac_sha1_96},
    {&ik_encr_aes_cbc_128, &ik_integ_hmac_sha2_384_192},
    {&ik_encr_aes_cbc_128, &ik_integ_hmac_sha2_512_256},
    {&ik_encr_aes_cbc_128, &ik_integ_aes_xcbc_96},
    {&ik_encr_aes_cbc_128, &ik_integ_aes_cmac_96},
    {&ik_encr_null, &ik_integ_hmac_sha2_512_256},
};
#define SUITES_N (sizeof suites / sizeof suites[0])

/* Is the text encrypted? */
static inline bool hides(const struct ik_encr *encr)
{
    return encr->id != IK_ENCR_NULL && encr->id != IK_ENCR_NULL_AUTH_AES_GMAC;
}

/* ---- selectors ------------------------------------------------------------------------------- */

/* Every port and protocol; lo and hi: 4 or 16 octets. */
static inline struct ik_ts ts_range(uint8_t family, const void *lo, const void *hi)
{
    struct ik_ts ts = {.family = family, .port_hi = 0xffff};
    memcpy(ts.lo, lo, family == 4 ? 4 : 16);
    memcpy(ts.hi, hi, family == 4 ? 4 : 16);
    return ts;
}

static inline struct ik_ts ts_v4(unsigned a, unsigned b, unsigned prefix16)
{
    uint8_t lo[4] = {(uint8_t)a, (uint8_t)b, 0, 0};
    uint8_t hi[4] = {(uint8_t)a, prefix16 ? (uint8_t)b : 255, 255, 255};
    return ts_range(4, lo, hi);
}

static inline struct ik_ts ts_v6_net(unsigned net)
{
    uint8_t lo[16] = {0xfd, 0, 0, (uint8_t)net};
    uint8_t hi[16] = {0xfd, 0, 0, (uint8_t)net};
    memset(hi + 8, 0xff, 8);
    return ts_range(6, lo, hi);
}

static inline struct ik_ts ts_host(const struct ik_addr *a)
{
    return ts_range(a->family, a->b, a->b);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static inline struct ik_addr gateway(uint8_t family, unsigned which)
{
    struct ik_addr a = {.family = family};
    if (family == 4) {
        memcpy(a.b, (uint8_t[]){192, 0, 2, (uint8_t)(which + 1)}, 4);
    } else {
        memcpy(a.b, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8}, 4);
        a.b[15] = (uint8_t)(which + 1);
    }
    return a;
}

static inline void env_init(struct ik_env *env)
{
    memset(env, 0, sizeof *env);
    env->crypto = &ik_crypto_portable;
    env->sa = 0xffff;
    ik_drbg_init(env);
    ik_drbg_seed(env, "thirty-two octets of fixed seed.", 32);
}

/* One policy: protect everything between the two networks (or the two gateways in transport mode).
 */
static inline void end_init(struct end *e, unsigned which, uint8_t mode, uint8_t inner)
{
    memset(e, 0, sizeof *e);
    env_init(&e->env);
    e->env.now = 1000;
    struct ik_policy *p = &e->policies[0];
    p->action = IK_PROTECT;
    p->mode = mode;
    p->ts_local_n = p->ts_remote_n = 1;
    if (mode == IK_TRANSPORT) {
        struct ik_addr local = gateway(inner, which), remote = gateway(inner, 1 - which);
        p->ts_local[0] = ts_host(&local);
        p->ts_remote[0] = ts_host(&remote);
    } else if (inner == 4) {
        p->ts_local[0] = ts_v4(10, 1 + which, 1);
        p->ts_remote[0] = ts_v4(10, 2 - which, 1);
    } else {
        p->ts_local[0] = ts_v6_net(1 + which);
        p->ts_remote[0] = ts_v6_net(2 - which);
    }
    e->ip = (struct ik_ipsec){.policies = e->policies,
                              .policies_n = 1,
                              .sas_n = ENDS_SAS,
                              .sas = e->sas,
                              .more = e->more,
                              .more_pool = {.n = 1},
                              .windows = e->windows[0],
                              .window_packets = IK_REPLAY_MAX,
                              .windows_pool = {.n = 2},
                              .prepared = e->prepared,
                              .spd = e->spd};
    ik_ipsec_begin(&e->ip);
}

static inline void keys_fill(struct end *e, struct ik_child_sa *sa, bool out, unsigned seed)
{
    uint8_t *keys = ik_child_keys(&e->ip, sa, out);
    memset(keys, (int)(0x11 * (seed + 1)), ik_encr_key_len(sa->encr));
    memset(keys + ik_encr_key_len(sa->encr), (int)(0x77 - seed), ik_integ_key_len(sa->integ));
}

/* Makes an SA between both ends for policy 0; answers the slot, the same at both. */
static inline unsigned ends_up(struct end end[2], const struct suite *s, uint8_t outer, bool udp)
{
    struct ik_child_sa *sa[2];
    for (unsigned i = 0; i < 2; i++) {
        sa[i] = ik_sad_alloc(&end[i].env, &end[i].ip);
        cr_assert_not_null(sa[i]);
    }
    for (unsigned i = 0; i < 2; i++) {
        const struct ik_policy *p = &end[i].policies[0];
        sa[i]->mode = p->mode;
        sa[i]->udp = udp;
        cr_assert(ik_child_suite_set(&end[i].ip, sa[i], s->encr, s->integ));
        sa[i]->out.spi = sa[1 - i]->in.spi;
        keys_fill(&end[i], sa[i], true, i);
        keys_fill(&end[i], sa[i], false, 1 - i);
        cr_assert(ik_child_ts_set(&end[i].ip, sa[i], p->ts_local, p->ts_local_n, p->ts_remote,
                                  p->ts_remote_n));
        sa[i]->path = (struct ik_path){
            .carrier = udp ? IK_CARRIER_UDP4500 : IK_CARRIER_ESP,
            .local = gateway(outer, i),
            .remote = gateway(outer, 1 - i),
            .local_port = udp ? 4500 : 0,
            .remote_port = udp ? 4500 : 0,
        };
        ik_child_up(&end[i].ip, sa[i]);
    }
    return (unsigned)(sa[0] - end[0].sas);
}

/* The path as the other end sees it. */
static inline struct ik_path path_turned(const struct ik_path *p)
{
    struct ik_path t = *p;
    t.local = p->remote;
    t.remote = p->local;
    t.local_port = p->remote_port;
    t.remote_port = p->local_port;
    return t;
}

/* ---- packets --------------------------------------------------------------------------------- */

static inline void v4_cksum(uint8_t *ip)
{
    size_t hdr = (ip[0] & 15u) * 4u;
    ik_put16(ip + 10, 0);
    ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, hdr)));
}

/* An IPv4 packet without options; answers its length. */
static inline uint16_t make_v4(uint8_t *ip, const uint8_t src[4], const uint8_t dst[4],
                               uint8_t proto, const void *up, size_t up_len)
{
    memset(ip, 0, 20);
    ip[0] = 0x45;
    ik_put16(ip + 2, (uint16_t)(20 + up_len));
    ip[8] = 63;
    ip[9] = proto;
    memcpy(ip + 12, src, 4);
    memcpy(ip + 16, dst, 4);
    v4_cksum(ip);
    memcpy(ip + 20, up, up_len);
    return (uint16_t)(20 + up_len);
}

static inline uint16_t make_v6(uint8_t *ip, const uint8_t src[16], const uint8_t dst[16],
                               uint8_t next, const void *up, size_t up_len)
{
    memset(ip, 0, 40);
    ip[0] = 0x60;
    ik_put16(ip + 4, (uint16_t)up_len);
    ip[6] = next;
    ip[7] = 63;
    memcpy(ip + 8, src, 16);
    memcpy(ip + 24, dst, 16);
    memcpy(ip + 40, up, up_len);
    return (uint16_t)(40 + up_len);
}

static inline uint16_t pseudo_cksum(uint8_t family, const uint8_t *src, const uint8_t *dst,
                                    uint8_t proto, const uint8_t *up, size_t len)
{
    size_t n = family == 4 ? 4 : 16;
    uint32_t sum = ik_cksum_add(0, src, n);
    sum = ik_cksum_add(sum, dst, n);
    sum += (uint32_t)len + proto;
    return ik_cksum_fold(ik_cksum_add(sum, up, len));
}

/* Writes a UDP packet from end `which` to the other (between hosts of their networks, or between
 * the gateways in transport mode) with len octets of data, checksum and all. */
static inline uint16_t make_udp(uint8_t *ip, unsigned which, uint8_t mode, uint8_t family,
                                size_t len)
{
    uint8_t up[ENDS_BUF] = {0};
    struct ik_addr src = gateway(family, which), dst = gateway(family, 1 - which);
    if (mode == IK_TUNNEL && family == 4) {
        memcpy(src.b, (uint8_t[]){10, (uint8_t)(1 + which), 0, 7}, 4);
        memcpy(dst.b, (uint8_t[]){10, (uint8_t)(2 - which), 0, 9}, 4);
    } else if (mode == IK_TUNNEL) {
        memset(&src.b, 0, 16);
        memset(&dst.b, 0, 16);
        src.b[0] = dst.b[0] = 0xfd;
        src.b[3] = (uint8_t)(1 + which);
        dst.b[3] = (uint8_t)(2 - which);
        src.b[15] = 7;
        dst.b[15] = 9;
    }
    ik_put16(up, 4660);
    ik_put16(up + 2, 7);
    ik_put16(up + 4, (uint16_t)(8 + len));
    for (size_t i = 0; i < len; i++) {
        up[8 + i] = (uint8_t)(i * 7 + len);
    }
    uint16_t sum = pseudo_cksum(family, src.b, dst.b, IK_IP_UDP, up, 8 + len);
    ik_put16(up + 6, sum == 0 ? 0xffff : sum);
    return family == 4 ? make_v4(ip, src.b, dst.b, IK_IP_UDP, up, 8 + len)
                       : make_v6(ip, src.b, dst.b, IK_IP_UDP, up, 8 + len);
}

/* The packet at ENDS_AT in buf (ENDS_BUF octets). */
static inline struct ik_pkt pkt_of(uint8_t *buf, size_t len)
{
    return (struct ik_pkt){.buf = buf, .cap = ENDS_BUF, .off = ENDS_AT, .len = (uint16_t)len};
}

/* How many packets an end has dropped, for any reason. */
static inline uint32_t drops_of(const struct ik_env *env)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        n += env->counters.drop[i];
    }
    return n;
}

/* Exactly one drop was counted since the last look, and for this reason; forgets it. */
#define assert_one_drop(env, why)                                                                  \
    do {                                                                                           \
        cr_assert_eq((env)->counters.drop[why], 1, "drop " #why " was not counted once");          \
        cr_assert_eq(drops_of(env), 1, "another drop was counted beside " #why);                   \
        memset((env)->counters.drop, 0, sizeof(env)->counters.drop);                               \
    } while (0)

#endif
