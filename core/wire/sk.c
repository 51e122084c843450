/* SPDX-License-Identifier: MIT */
/* Encrypted payload (RFC 7296 3.14), whole or in fragments (RFC 7383 2.5). */
#include "wire/wire.h"

void ik_sk_open(struct ik_chain *c, uint8_t iv_len, uint16_t number, uint16_t total)
{
    ik_payload_open(c, total > 0 ? IK_PL_SKF : IK_PL_SK);
    c->sk_at = c->open_at;
    if (total > 0) {
        ik_wr_u16(&c->w, number);
        ik_wr_u16(&c->w, total);
    }
    c->iv_at = c->w.len;
    ik_wr_zero(&c->w, iv_len);
    c->text_at = c->w.len;
}

/* Octets of padding that make n octets, padding and pad length a multiple of block, which is a
 * power of two. */
static uint8_t pad_len(uint16_t n, uint8_t block)
{
    return (uint8_t)(-(n + 1u) & (block - 1u));
}

void ik_sk_close(struct ik_chain *c, uint8_t inner_first, uint8_t block, uint8_t icv_len,
                 uint16_t *aad_len, uint16_t *text_len)
{
    struct ik_wr *w = &c->w;
    uint8_t pad = pad_len((uint16_t)(w->len - c->text_at), block);
    ik_wr_zero(w, pad);
    ik_wr_u8(w, pad);
    *aad_len = c->iv_at;
    *text_len = (uint16_t)(w->len - c->text_at);
    ik_wr_zero(w, icv_len);
    if (inner_first != IK_PL_NONE) {
        ik_wr_patch8(w, c->sk_at, inner_first);
    }
    ik_wr_patch16(w, (uint16_t)(c->sk_at + 2), (uint16_t)(w->len - c->sk_at));
    ik_wr_patch16(w, IK_HDR_LEN_AT + 2, w->len);
}

enum ik_status ik_sk_unpad(const uint8_t *text, size_t text_len, size_t *len)
{
    if (text_len == 0) {
        return IK_ERR_SYNTAX;
    }
    size_t pad = text[text_len - 1];
    if (pad >= text_len) {
        return IK_ERR_SYNTAX;
    }
    *len = text_len - 1 - pad;
    return IK_OK;
}
