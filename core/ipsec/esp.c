/* SPDX-License-Identifier: MIT */
/*
 * ESP (RFC 4303 section 2) in the caller's buffer:
 *
 *     | SPI 4 | sequence number 4 | IV | text, padding, pad length 1, next header 1 | ICV |
 *     |<----------- aad --------->|    |<--------------- encrypted --------------->|
 */
#include "ipsec/ipsec.h"
#include "util/util.h"
#include "crypto/crypto.h"

#define ESP_HDR 8
#define ESP_TRAILER 2 /* pad length and next header */
#define SEQ_MAX UINT32_MAX
#define SEQ_DUE (SEQ_MAX / 4 * 3) /* time to rekey */

/* ---- limits ---------------------------------------------------------------------------------- */

#if IK_ACCOUNT
/* A limit is reached by so many packets and octets in one direction. True if it was the hard one,
 * and is exceeded. */
static IK_OUT_OF_LINE bool spent(const struct ik_ipsec *ip, struct ik_child_sa *sa,
                                 uint64_t packets, uint64_t octets)
{
    sa->due = true;
    sa->limit = ik_child_hard_limit(ip, sa);
    return packets > sa->limit.packets || octets > sa->limit.octets;
}

/* May the SA take another packet of len octets? */
static bool within_limits(const struct ik_ipsec *ip, struct ik_child_sa *sa, uint64_t packets,
                          uint64_t octets, uint16_t len)
{
    packets++;
    octets += len;
    return (packets < sa->limit.packets && octets < sa->limit.octets) ||
           !spent(ip, sa, packets, octets);
}
#endif

/* 3.3.3: the sender must not let the number cycle. It is the nonce of most ciphers, too. */
static bool next_seq(struct ik_child_sa *sa)
{
    if (sa->seq >= (IK_ACCOUNT ? SEQ_DUE : SEQ_MAX) && !(IK_ESN && sa->esn)) {
        sa->due = true;
        if (sa->seq == SEQ_MAX) {
            return false;
        }
    }
    sa->seq++;
    return true;
}

#if IK_ESN
#define ESN_LEN 4

/* The half of the number that is authenticated but not sent; NULL if there is none. */
static const uint8_t *put_esn(const struct ik_child_sa *sa, ik_seq seq, uint8_t esn[ESN_LEN])
{
    if (!sa->esn) {
        return NULL;
    }
    ik_put32(esn, (uint32_t)(seq >> 32));
    return esn;
}
#endif

/*
 * RFC 4303 appendix A2.2: the whole number, of which the packet has the low half. It is the one
 * that lies in the window or not more than 2^32 - size beyond it:
 *
 *     last's low half >= size - 1        bl = low half of last - size + 1
 *         |---------|=======|-------|    low < bl: of the next 2^32; else of last's
 *         0         bl    last
 *     last's low half < size - 1: the window begins in the 2^32 before
 *         |=======|---------|=======|    low >= bl: of those before; else of last's
 *         0     last        bl
 *
 * 0, which is never new, if it would be of those before the first.
 */
static ik_seq full_seq(const struct ik_child_sa *sa, uint32_t low)
{
#if IK_ESN
    if (sa->esn) {
        uint32_t last = (uint32_t)sa->replay.last, high = (uint32_t)(sa->replay.last >> 32);
        uint32_t begin = last - sa->replay.size + 1u;
        if (last >= sa->replay.size - 1u) {
            high += low < begin;
            return high == 0 && low < begin ? 0 : (ik_seq)high << 32 | low;
        }
        if (low >= begin) {
            return high == 0 ? 0 : (ik_seq)(high - 1u) << 32 | low;
        }
        return (ik_seq)high << 32 | low;
    }
#else
    (void)sa;
#endif
    return low;
}

/* ---- outbound -------------------------------------------------------------------------------- */

/* 2.4: text with its trailer fills the cipher's blocks, and words of 4 octets in any case. Blocks
 * are of 1 or 16. */
static uint8_t pad_len(const struct ik_child_sa *sa, uint16_t len)
{
    uint8_t block = ik_child_encr(sa)->block > 4 ? ik_child_encr(sa)->block : 4;
    return (uint8_t)((0u - len - ESP_TRAILER) & (block - 1u));
}

/* 2.4: padding is 1, 2, 3 …; at: behind the text. */
static void put_trailer(uint8_t *at, uint8_t pad, uint8_t next_header)
{
    for (uint8_t i = 1; i <= pad; i++) {
        *at++ = i;
    }
    at[0] = pad;
    at[1] = next_header;
}

static bool has_room(const struct ik_pkt *pkt, uint16_t head, uint16_t tail)
{
    uint16_t behind = (uint16_t)(pkt->cap - pkt->off);
    return pkt->off >= head && pkt->off <= pkt->cap && pkt->len <= behind &&
           tail <= (uint16_t)(behind - pkt->len);
}

enum ik_status ik_esp_seal(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                           struct ik_pkt *pkt, uint8_t next_header)
{
    struct ik_seal_key key = ik_child_packet_key(env, ip, sa, true);
    uint8_t pad = pad_len(sa, pkt->len);
    uint16_t head = (uint16_t)(ESP_HDR + ik_child_encr(sa)->iv_len);
    uint16_t trailer = (uint16_t)(pad + ESP_TRAILER);
    uint16_t tail = (uint16_t)(trailer + ik_seal_icv_len(&key));
    if (!has_room(pkt, head, tail)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_NO_ROOM, pkt, IK_ERR_NO_ROOM);
    }
#if IK_ACCOUNT
    if (!within_limits(ip, sa, sa->seq, sa->octets_out, pkt->len)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_LIFETIME, pkt, IK_ERR_STATE);
    }
    sa->octets_out += pkt->len;
#endif
    if (!next_seq(sa)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_SEQ_OVERFLOW, pkt, IK_ERR_STATE);
    }
    put_trailer(pkt->buf + pkt->off + pkt->len, pad, next_header);
    struct ik_sealed sealed = {
        .msg = pkt->buf + pkt->off - head,
        .aad_len = ESP_HDR,
        .text_len = (uint16_t)(pkt->len + trailer),
    };
#if IK_ESN
    uint8_t esn[ESN_LEN];
    sealed.esn = put_esn(sa, sa->seq, esn);
#endif
    ik_put32(sealed.msg, sa->out.spi);
    ik_put32(sealed.msg + 4, (uint32_t)sa->seq);
    ik_seal(env, &key, &sealed, sa->seq);
    ik_charge(env, IK_COST_ESP_OUT, 1);
    pkt->off = (uint16_t)(pkt->off - head);
    pkt->len = (uint16_t)(head + pkt->len + tail);
    ik_child_sent(env, sa);
    ik_count(env, IK_COUNT_ESP_OUT);
    ik_trace(env, IK_TR_ESP_TX, sa->out.spi, (uint32_t)sa->seq);
    return IK_OK;
}

/* ---- inbound --------------------------------------------------------------------------------- */

/* 2.4, 3.4.4.1: takes padding and trailer off; the padding must be 1, 2, 3 …. */
static bool take_trailer(struct ik_pkt *pkt, uint8_t *next_header)
{
    const uint8_t *end = pkt->buf + pkt->off + pkt->len;
    if (pkt->len < ESP_TRAILER) {
        return false;
    }
    uint8_t pad = end[-2];
    *next_header = end[-1];
    if (pkt->len - ESP_TRAILER < pad) {
        return false;
    }
    const uint8_t *padding = end - ESP_TRAILER - pad;
    unsigned wrong = 0;
    for (uint8_t i = 0; i < pad; i++) {
        wrong |= padding[i] ^ (i + 1u);
    }
    pkt->len = (uint16_t)(pkt->len - ESP_TRAILER - pad);
    return wrong == 0;
}

enum ik_status ik_esp_open(struct ik_env *env, struct ik_ipsec *ip, struct ik_child_sa *sa,
                           struct ik_pkt *pkt, uint8_t *next_header)
{
    struct ik_seal_key key = ik_child_packet_key(env, ip, sa, false);
    uint16_t head = (uint16_t)(ESP_HDR + ik_child_encr(sa)->iv_len);
    uint16_t icv = ik_seal_icv_len(&key);
    if (pkt->len < head + icv + ESP_TRAILER ||
        ((pkt->len - head - icv) & (ik_child_encr(sa)->block - 1)) != 0) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_SHORT, pkt, IK_ERR_SYNTAX);
    }
    uint8_t *msg = pkt->buf + pkt->off;
    uint8_t *bits = ik_replay_bits(ip, sa);
    ik_seq seq = full_seq(sa, ik_get32(msg + 4));
    /* 3.4.3: before decryption, so that a replay costs nothing; the window moves only after. */
    if (!ik_replay_check(&sa->replay, bits, seq)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_REPLAY, pkt, IK_ERR_STATE);
    }
    struct ik_sealed sealed = {
        .msg = msg,
        .aad_len = ESP_HDR,
        .text_len = (uint16_t)(pkt->len - head - icv),
    };
#if IK_ESN
    uint8_t esn[ESN_LEN];
    sealed.esn = put_esn(sa, seq, esn);
#endif
    ik_charge(env, IK_COST_ESP_IN, 1);
    if (ik_open(env, &key, &sealed) != IK_OK) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_INTEGRITY, pkt, IK_ERR_AUTH);
    }
    ik_replay_mark(&sa->replay, bits, seq);
    ik_child_heard(env, sa);
    ik_trace(env, IK_TR_ESP_RX, sa->in.spi, (uint32_t)seq);
    pkt->off = (uint16_t)(pkt->off + head);
    pkt->len = sealed.text_len;
    if (!take_trailer(pkt, next_header)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_PADDING, pkt, IK_ERR_SYNTAX);
    }
#if IK_ACCOUNT
    if (!within_limits(ip, sa, sa->packets_in, sa->octets_in, pkt->len)) {
        return ik_child_refuse(env, sa, IK_DROP_ESP_LIFETIME, pkt, IK_ERR_STATE);
    }
    sa->packets_in++;
    sa->octets_in += pkt->len;
#endif
    return IK_OK;
}

/* ---- what AH does likewise ------------------------------------------------------------------- */

#if IK_AH
bool ik_child_next_seq(struct ik_child_sa *sa)
{
    return next_seq(sa);
}

ik_seq ik_child_full_seq(const struct ik_child_sa *sa, uint32_t low)
{
    return full_seq(sa, low);
}

bool ik_child_may_send(const struct ik_ipsec *ip, struct ik_child_sa *sa, uint16_t len)
{
#if IK_ACCOUNT
    if (!within_limits(ip, sa, sa->seq, sa->octets_out, len)) {
        return false;
    }
    sa->octets_out += len;
#else
    (void)ip, (void)sa, (void)len;
#endif
    return true;
}

bool ik_child_may_take(const struct ik_ipsec *ip, struct ik_child_sa *sa, uint16_t len)
{
#if IK_ACCOUNT
    if (!within_limits(ip, sa, sa->packets_in, sa->octets_in, len)) {
        return false;
    }
    sa->packets_in++;
    sa->octets_in += len;
#else
    (void)ip, (void)sa, (void)len;
#endif
    return true;
}
#endif
