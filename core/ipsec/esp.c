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

static struct ik_seal_key key_of(const struct ik_child_sa *sa, const struct ik_esp_sa *dir)
{
    return (struct ik_seal_key){
        .encr = sa->encr,
        .integ = sa->integ,
        .encr_key = dir->keys.encr,
        .integ_key = dir->keys.integ,
    };
}

/* 2.4: text with its trailer fills the cipher's blocks, and words of 4 octets in any case. Blocks
 * are of 1 or 16. */
static uint8_t pad_len(const struct ik_child_sa *sa, uint16_t len)
{
    uint8_t block = sa->encr->block > 4 ? sa->encr->block : 4;
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

enum ik_status ik_esp_seal(struct ik_env *env, struct ik_child_sa *sa, struct ik_pkt *pkt,
                           uint8_t next_header)
{
    struct ik_seal_key key = key_of(sa, &sa->out);
    uint8_t pad = pad_len(sa, pkt->len);
    uint16_t head = (uint16_t)(ESP_HDR + sa->encr->iv_len);
    uint16_t trailer = (uint16_t)(pad + ESP_TRAILER);
    uint16_t tail = (uint16_t)(trailer + ik_seal_icv_len(&key));
    if (!has_room(pkt, head, tail)) {
        ik_drop(env, IK_DROP_ESP_NO_ROOM, pkt->len);
        return IK_ERR_NO_ROOM;
    }
    /* 3.3.3: the sender must not let the number cycle. It is the nonce of most ciphers, too. */
    if (sa->out.seq == UINT32_MAX) {
        ik_drop(env, IK_DROP_ESP_SEQ_OVERFLOW, pkt->len);
        return IK_ERR_STATE;
    }
    sa->out.seq++;
    put_trailer(pkt->buf + pkt->off + pkt->len, pad, next_header);
    struct ik_sealed sealed = {
        .msg = pkt->buf + pkt->off - head,
        .aad_len = ESP_HDR,
        .text_len = (uint16_t)(pkt->len + trailer),
    };
    ik_put32(sealed.msg, sa->out.spi);
    ik_put32(sealed.msg + 4, sa->out.seq);
    ik_seal(env, &key, &sealed, sa->out.seq);
    ik_charge(env, IK_COST_ESP_OUT, 1);
    pkt->off = (uint16_t)(pkt->off - head);
    pkt->len = (uint16_t)(head + pkt->len + tail);
    sa->sent_at = env->now;
    ik_count(env, IK_COUNT_ESP_OUT);
    ik_trace(env, IK_TR_ESP_TX, sa->out.spi, sa->out.seq);
    return IK_OK;
}

static enum ik_status refuse(struct ik_env *env, enum ik_drop why, const struct ik_pkt *pkt,
                             enum ik_status st)
{
    ik_drop(env, why, pkt->len);
    return st;
}

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

enum ik_status ik_esp_open(struct ik_env *env, struct ik_child_sa *sa, struct ik_pkt *pkt,
                           uint8_t *next_header)
{
    struct ik_seal_key key = key_of(sa, &sa->in);
    uint16_t head = (uint16_t)(ESP_HDR + sa->encr->iv_len);
    uint16_t icv = ik_seal_icv_len(&key);
    if (pkt->len < head + icv + ESP_TRAILER ||
        ((pkt->len - head - icv) & (sa->encr->block - 1)) != 0) {
        return refuse(env, IK_DROP_ESP_SHORT, pkt, IK_ERR_SYNTAX);
    }
    uint8_t *msg = pkt->buf + pkt->off;
    uint32_t seq = ik_get32(msg + 4);
    /* 3.4.3: before decryption, so that a replay costs nothing; the window moves only after. */
    if (!ik_replay_check(&sa->replay, seq)) {
        return refuse(env, IK_DROP_ESP_REPLAY, pkt, IK_ERR_STATE);
    }
    struct ik_sealed sealed = {
        .msg = msg,
        .aad_len = ESP_HDR,
        .text_len = (uint16_t)(pkt->len - head - icv),
    };
    ik_charge(env, IK_COST_ESP_IN, 1);
    if (ik_open(env, &key, &sealed) != IK_OK) {
        return refuse(env, IK_DROP_ESP_INTEGRITY, pkt, IK_ERR_AUTH);
    }
    ik_replay_mark(&sa->replay, seq);
    ik_trace(env, IK_TR_ESP_RX, sa->in.spi, seq);
    pkt->off = (uint16_t)(pkt->off + head);
    pkt->len = sealed.text_len;
    if (!take_trailer(pkt, next_header)) {
        return refuse(env, IK_DROP_ESP_PADDING, pkt, IK_ERR_SYNTAX);
    }
    return IK_OK;
}
