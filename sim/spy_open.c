/* SPDX-License-Identifier: MIT */
/*
 * Opening with copies of the keys. The order of things is the spectator's own: what the core's
 * ik_open does wrong is not done wrong here, too.
 */
#include <string.h>

#include "sim/spy.h"

#define ESP_HDR 8

/* Of extended sequence numbers: no simulation has 2^32 packets. */
static const uint8_t high[4];

static uint8_t icv_len(const struct sim_sa *sa)
{
    return sa->integ ? sa->integ->icv_len : sa->encr->icv_len;
}

static bool integ_good(const struct sim_sa *sa, struct ik_env *env, const struct sim_key *key,
                       const uint8_t *sealed, uint16_t len)
{
    uint8_t icv[64];
    const struct ik_span in[] = {{key->b, key->len}, {sealed, len}, {high, sizeof high}};

    sa->integ->mac->run(sa->integ->mac, env, in, sa->esn ? 3 : 2, icv);
    return memcmp(icv, sealed + len, sa->integ->icv_len) == 0;
}

bool sim_spy_open(const struct sim_sa *sa, const struct sim_key *encr, const struct sim_key *integ,
                  uint8_t *sealed, uint16_t aad_len, uint16_t len, uint16_t *text_len)
{
    struct ik_env env = {.crypto = sa->crypto};
    struct ik_sealed s = {.msg = sealed, .aad_len = aad_len};
    uint16_t around;

#if IK_ESN
    s.esn = sa->esn ? high : NULL;
#endif

    if (!sa->encr)
        return false;
    around = (uint16_t)(aad_len + sa->encr->iv_len + icv_len(sa));
    if (len < around)
        return false;
    s.text_len = *text_len = (uint16_t)(len - around);
    if (s.text_len % sa->encr->block != 0)
        return false;
    if (sa->integ && !integ_good(sa, &env, integ, sealed, (uint16_t)(len - icv_len(sa))))
        return false;
    return sa->encr->run(sa->encr, &env, encr->b, &s, 0) == 1;
}

void sim_spy_seal(const struct sim_sa *sa, const struct sim_key *encr, const struct sim_key *integ,
                  uint8_t *msg, uint16_t aad_len, uint16_t text_len)
{
    struct ik_env env = {.crypto = sa->crypto};
    const struct ik_sealed s = {.msg = msg, .aad_len = aad_len, .text_len = text_len};
    uint16_t len = (uint16_t)(aad_len + sa->encr->iv_len + text_len);
    const struct ik_span in[] = {{integ->b, integ->len}, {msg, len}};
    uint8_t icv[64];

    (void)sa->encr->run(sa->encr, &env, encr->b, &s, 1);
    if (!sa->integ)
        return;
    sa->integ->mac->run(sa->integ->mac, &env, in, 2, icv);
    memcpy(msg + len, icv, sa->integ->icv_len);
}

enum sim_opened sim_spy_open_ike(struct sim_spy *spy, const struct sim_sa *sa, const uint8_t *bytes,
                                 uint16_t len, struct ik_msg *out, struct ik_span *iv)
{
    bool by_i;
    uint8_t *body;
    uint16_t text_len;
    size_t inner_len;

    memcpy(spy->buf, bytes, len);
    if (ik_msg_parse(spy->buf, len, out) != IK_OK || out->payloads_n != 1)
        return SIM_NOT_OPENED;
    by_i = (out->hdr.flags & IK_FLAG_INITIATOR) != 0;
    body = spy->buf + (out->payloads[0].body.p - spy->buf);
    if (!sim_spy_open(sa, &sa->keys[by_i ? SIM_SK_EI : SIM_SK_ER],
                      &sa->keys[by_i ? SIM_SK_AI : SIM_SK_AR], spy->buf,
                      (uint16_t)(body - spy->buf), len, &text_len))
        return SIM_NOT_OPENED;
    *iv = (struct ik_span){body, sa->encr->iv_len};
    body += sa->encr->iv_len;
    if (ik_sk_unpad(body, text_len, &inner_len) != IK_OK ||
        ik_msg_parse_inner(out, out->sk_next, body, inner_len) != IK_OK)
        return SIM_OPENED_NO_CHAIN;
    return SIM_OPENED;
}

bool sim_spy_open_piece(struct sim_spy *spy, const struct sim_sa *sa, const uint8_t *bytes,
                        uint16_t len, struct sim_piece *out)
{
    struct ik_msg msg;
    uint8_t *sealed;
    uint16_t text_len;
    size_t inner_len;
    bool by_i;

    memcpy(spy->buf, bytes, len);
    if (ik_msg_parse(spy->buf, len, &msg) != IK_OK || msg.payloads_n != 1 ||
        msg.payloads[0].type != IK_PL_SKF || ik_skf_parse(msg.payloads[0].body, &out->skf) != IK_OK)
        return false;
    by_i = (msg.hdr.flags & IK_FLAG_INITIATOR) != 0;
    sealed = spy->buf + (out->skf.sealed.p - spy->buf);
    if (!sim_spy_open(sa, &sa->keys[by_i ? SIM_SK_EI : SIM_SK_ER],
                      &sa->keys[by_i ? SIM_SK_AI : SIM_SK_AR], spy->buf,
                      (uint16_t)(sealed - spy->buf), len, &text_len))
        return false;
    out->first = msg.sk_next;
    out->iv = (struct ik_span){sealed, sa->encr->iv_len};
    sealed += sa->encr->iv_len;
    if (ik_sk_unpad(sealed, text_len, &inner_len) != IK_OK)
        return false;
    out->text = (struct ik_span){sealed, (uint16_t)inner_len};
    return true;
}

/* RFC 4303 2.4: padding is 1, 2, 3 …, then its length and the next header. */
static bool take_trailer(const uint8_t *text, uint16_t len, struct sim_sealed *out)
{
    uint8_t pad;

    if (len < 2 || len % 4 != 0)
        return false;
    pad = text[len - 2];
    if (pad + 2 > len)
        return false;
    for (uint8_t i = 0; i < pad; i++) {
        if (text[len - 2 - pad + i] != i + 1)
            return false;
    }
    out->text = text;
    out->len = (uint16_t)(len - 2 - pad);
    out->next_header = text[len - 1];
    return true;
}

bool sim_spy_open_esp(struct sim_spy *spy, struct sim_sa *sa, const uint8_t *data, uint16_t len,
                      struct sim_sealed *out)
{
    const uint8_t *at = spy->buf + ESP_HDR;
    uint16_t text_len;

    if (len < ESP_HDR)
        return false;
    memcpy(spy->buf, data, len);
    if (!sim_spy_open(sa, &sa->keys[SIM_ENCR_OUT], &sa->keys[SIM_INTEG_OUT], spy->buf, ESP_HDR, len,
                      &text_len))
        return false;
    out->sa = sa;
    out->seq = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 | (uint32_t)data[6] << 8 | data[7];
    out->iv = (struct ik_span){at, sa->encr->iv_len};
    if ((sa->encr->flags & IK_ALG_IMPLICIT_IV) != 0)
        out->iv = (struct ik_span){at - 4, 4}; /* RFC 8750: the sequence number */
    return take_trailer(at + sa->encr->iv_len, text_len, out);
}
