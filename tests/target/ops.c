/* SPDX-License-Identifier: MIT */
#include "ops.h"

#include <string.h>

#include "crypto/crypto.h"
#include "crypto/sealed.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

static struct ik_env env;

static struct ik_span span(const uint8_t *p, uint16_t len)
{
    return (struct ik_span){p, len};
}

static uint16_t sha1(uint8_t *io, uint16_t len)
{
    struct ik_span all = span(io, len);

    ik_sha1(&env, &all, 1, io);
    return 20;
}

static uint16_t sha256(uint8_t *io, uint16_t len)
{
    struct ik_span all = span(io, len);

    ik_sha256(&env, &all, 1, io);
    return 32;
}

/* In two pieces, so that blocks begin in the first and end in the second: at, then the octets. */
static uint16_t sha256_pieces(uint8_t *io, uint16_t len)
{
    uint16_t at = io[0] < len ? io[0] : len;
    struct ik_span two[2] = {span(io + 1, at), span(io + 1 + at, (uint16_t)(len - 1 - at))};

    ik_sha256(&env, two, 2, io);
    return 32;
}

/* key_len, key, message */
static uint16_t hmac(uint8_t *io, uint16_t len)
{
    const struct ik_span in[2] = {span(io + 1, io[0]),
                                  span(io + 1 + io[0], (uint16_t)(len - 1 - io[0]))};

    ik_prf(&env, &ik_prf_hmac_sha2_256, in, 2, io);
    return 32;
}

/* seed; answers 80 octets, then 7 */
static uint16_t drbg(uint8_t *io, uint16_t len)
{
    ik_drbg_init(&env);
    ik_drbg_seed(&env, io, len);
    ik_drbg_bytes(&env, io, 80);
    ik_drbg_seed(&env, io, 40);
    ik_drbg_bytes(&env, io + 80, 7);
    return 87;
}

/* key_len, key, message */
static uint16_t cmac(uint8_t *io, uint16_t len)
{
    const struct ik_span in[2] = {span(io + 1, io[0]),
                                  span(io + 1 + io[0], (uint16_t)(len - 1 - io[0]))};

    ik_prf(&env, &ik_prf_aes128_cmac, in, 2, io);
    return 16;
}

/* As drbg(), by the other one: of whatever crypto. */
static uint16_t drbg_ctr(uint8_t *io, uint16_t len)
{
    memset(&env.drbg, 0, sizeof env.drbg);
    ik_drbg_ctr_aes128.stir(&env, io, len);
    ik_drbg_ctr_aes128.fill(&env, io, 80);
    ik_drbg_ctr_aes128.stir(&env, io, 40);
    ik_drbg_ctr_aes128.fill(&env, io + 80, 7);
    return 87;
}

/* key (32), seed; answers 150 octets */
static uint16_t prf_plus(uint8_t *io, uint16_t len)
{
    struct ik_span key_seed[3] = {span(io, 32), span(io + 32, (uint16_t)(len - 32)), {NULL, 0}};
    struct ik_prf_plus p;
    uint8_t out[150];

    ik_prf_plus_begin(&p, &ik_prf_hmac_sha2_256, key_seed);
    ik_prf_plus_take(&env, &p, out, 7);
    ik_prf_plus_take(&env, &p, out + 7, sizeof out - 7);
    ik_prf_plus_end(&p);
    memcpy(io, out, sizeof out);
    return sizeof out;
}

/* key and salt (19), aad_len, then aad | IV (8) | text | ICV (8); the IV is set to
 * 0x0102030405060708 */
static uint16_t ccm(uint8_t *io, uint16_t len, int open)
{
    struct ik_seal_key key = {.encr = &ik_encr_aes_ccm_8_128, .encr_key = io};
    struct ik_sealed s = {
        .msg = io + 20, .aad_len = io[19], .text_len = (uint16_t)(len - 36 - io[19])};
    int good = 1;

    if (open) {
        good = ik_open(&env, &key, &s) == IK_OK;
    } else {
        ik_seal(&env, &key, &s, 0x0102030405060708u);
    }
    memmove(io + 1, s.msg, (size_t)(len - 20));
    io[0] = (uint8_t)good;
    return good ? (uint16_t)(len - 19) : 1;
}

/* key (16), counter (16), sum (16), 0 for CTR or 1 for CBC-MAC, whole blocks: what BearSSL's ctrcbc
 * class makes of counter, sum and blocks. */
static uint16_t aes(uint8_t *io, uint16_t len)
{
    union ik_aes_keys keys;
    uint16_t blocks = (uint16_t)(len - 49);

    ik_aes_begin(&keys, &env, io, 16);
    if (io[48] == 0) {
        keys.vtable->ctr(&keys.vtable, io + 16, io + 49, blocks);
    } else {
        keys.vtable->mac(&keys.vtable, io + 32, io + 49, blocks);
    }
    memmove(io, io + 16, 32);
    memmove(io + 32, io + 49, blocks);
    return (uint16_t)(32 + blocks);
}

/* budget of a step (255: IK_JOB_WHOLE), scalar (32), for a shared secret the point (32) */
static uint16_t x25519(uint8_t *io, enum ik_job_kind kind)
{
    static struct ik_job job;
    uint16_t budget = io[0] == 255 ? IK_JOB_WHOLE : io[0];

    memset(&job, 0, sizeof job);
    job.kind = (uint8_t)kind;
    job.op = kind == IK_JOB_KE_END ? IK_KE_SECRET : IK_KE_PUBLIC;
    job.dh = ik_crypto_dh(ik_crypto_of(&env), IK_DH_X25519);
    job.crypto = ik_crypto_of(&env);
    memcpy(job.priv, io + 1, 32);
    if (kind == IK_JOB_KE_END) {
        memcpy(job.peer, io + 33, 32);
    }
    while (!ik_job_step(&job, budget)) {
    }
    memcpy(io, kind == IK_JOB_KE_END ? job.peer : job.pub, 32);
    io[32] = job.good;
    return 33;
}

/* operation, first operand (32), second (32) */
static uint16_t field(ik_fe_run *fe, uint8_t *io)
{
    static uint16_t e[32];
    const uint8_t program[] = {io[0], 0, 32, FE_END};

    memcpy(e, io + 1, sizeof e);
    fe(e, program);
    memcpy(io, e, 32);
    return 32;
}

/* key and salt (19), packet: sealed by one end and opened by the other, twice, then a third time as
 * a replay. Answers the sealed packet. */
static uint16_t esp(uint8_t *io, uint16_t len)
{
    static struct ik_child_sa out, in;
    static struct ik_ipsec ip;
    static uint8_t buf[256];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = 32, .len = (uint16_t)(len - 19)};
    uint8_t next = 0;
    bool good;

    memset(&out, 0, sizeof out);
    out.state = IK_CHILD_UP;
#if !IK_LINKED
    out.encr = &ik_encr_aes_ccm_8_128;
#endif
    memcpy(out.keys[1], io, 19);
    memcpy(out.keys[0], io, 19);
    out.in.spi = out.out.spi = 0x12345678;
    out.seq = 41;
#if IK_ACCOUNT
    out.limit = (struct ik_esp_limit){UINT64_MAX, UINT64_MAX};
#endif
    in = out;
    ik_replay_init(&in.replay, 64, in.replay.bits);
    memcpy(buf + 32, io + 19, pkt.len);
    good = ik_esp_seal(&env, &ip, &out, &pkt, 17) == IK_OK;
    memcpy(io + 1, buf + pkt.off, pkt.len);
    len = (uint16_t)(pkt.len + 1);
    good = good && ik_esp_open(&env, &ip, &in, &pkt, &next) == IK_OK && next == 17;
    io[0] = (uint8_t)good;
    return len;
}

/* A message of IKE, or anything else: what the walk makes of it. */
static uint16_t parse(uint8_t *io, uint16_t len)
{
    static struct ik_msg m;
    enum ik_status status = ik_msg_parse(io, len, &m);

    io[0] = (uint8_t)status;
    if (status != IK_OK) {
        return 1;
    }
    ik_put64(io + 1, m.present);
    io[9] = m.payloads_n;
    return 10;
}

/* a (8), b (8), n: products, quotients, shifts of 16, 32 and 64 bits by the compiler's helpers */
static uint16_t arithmetic(uint8_t *io, uint16_t len)
{
    uint32_t a = ik_get32(io), b = ik_get32(io + 8);
    uint64_t a8 = (uint64_t)a << 32 | ik_get32(io + 4), b8 = (uint64_t)b << 32 | ik_get32(io + 12);
    uint16_t a2 = (uint16_t)a, b2 = (uint16_t)(b | 1);
    uint8_t n = io[16] & 31;

    (void)len;
    b |= 1;
    ik_put16(io, (uint16_t)((uint32_t)a2 * b2));
    ik_put32(io + 2, a * b);
    ik_put64(io + 6, a8 * b8);
    ik_put16(io + 14, a2 / b2);
    ik_put16(io + 16, a2 % b2);
    ik_put32(io + 18, a / b);
    ik_put32(io + 22, a % b);
    ik_put32(io + 26, a << n);
    ik_put32(io + 30, a >> n);
    ik_put64(io + 34, a8 << n);
    ik_put64(io + 42, a8 >> n);
    ik_put16(io + 50, (uint16_t)((int16_t)a2 / (int16_t)(b2 >> 1 | 1)));
    return 52;
}

/* to, from, n, then octets: what <string.h> does with them */
static uint16_t strings(uint8_t *io, uint16_t len)
{
    uint8_t to = io[0], from = io[1], n = io[2];
    uint8_t *p = io + 4;
    int order;

    len = (uint16_t)(len - 4);
    memmove(p + to, p + from, n);
    order = memcmp(p, p + to, n);
    io[0] = order < 0 ? 1 : order > 0 ? 2 : 0;
    memset(p + from, n, n & 15);
    memcpy(p + len, p + to, n);
    p[len + n - (n > 0)] = 0;
    io[1] = (uint8_t)strlen((const char *)p + len);
    return (uint16_t)(4 + len + n);
}

uint16_t ops_run(const struct ops_set *set, uint8_t op, uint8_t *io, uint16_t len)
{
#if !IK_LINKED /* else image.c has put it in place */
    env.crypto = set->crypto;
#endif
    switch (op) {
    case 1:
        return sha1(io, len);
    case 2:
        return sha256(io, len);
    case 3:
        return sha256_pieces(io, len);
    case 4:
        return hmac(io, len);
    case 5:
        return drbg(io, len);
    case 6:
        return prf_plus(io, len);
    case 7:
        return ccm(io, len, 0);
    case 8:
        return ccm(io, len, 1);
    case 9:
        return x25519(io, IK_JOB_KE_END);
    case 10:
        return x25519(io, IK_JOB_KE_BEGIN);
    case 11:
        return esp(io, len);
    case 12:
        return parse(io, len);
    case 13:
        return arithmetic(io, len);
    case 14:
        return strings(io, len);
    case 15:
        return field(set->fe, io);
    case 16:
        return aes(io, len);
    case 17:
        return cmac(io, len);
    case 18:
        return drbg_ctr(io, len);
    default:
        return 0;
    }
}
