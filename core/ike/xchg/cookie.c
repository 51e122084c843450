/* SPDX-License-Identifier: MIT */
/*
 * Cookies (RFC 7296 2.6): an initiator that is many, or behind many forged addresses, has to prove
 * that it receives what is sent to it before it costs anything here.
 *
 *     Cookie = <VersionIDofSecret> | Hash(Ni | IPi | SPIi | <secret>)
 */
#include "ike/xchg/xchg.h"

#if IK_RESPONDER

#define HASH_LEN 32
#define COOKIE_LEN (1 + HASH_LEN)
#define SECRET_LASTS 30000u /* ms */
/* Cookies are asked for until this long after the last crowd: an initiator that got one signs the
 * request that has it (2.15), and a copy without it may be on its way (init_r.c). */
#define CALM_AFTER 10000u /* ms */

/* Draws a new secret where the last one is old; the one before it still counts. */
static void renew(struct ik_node *node)
{
    struct ik_cookie_secrets *s = &node->cookie;
    uint32_t age = node->env.now - s->drawn_at;
    if (s->known > 0 && age < SECRET_LASTS) {
        return;
    }
    if (s->known > 0 && age < 2 * SECRET_LASTS) {
        memcpy(s->secret[1], s->secret[0], sizeof s->secret[0]);
        s->known = 2;
    } else {
        s->known = 1;
    }
    ik_drbg_bytes(&node->env, s->secret[0], sizeof s->secret[0]);
    s->version++;
    s->drawn_at = node->env.now;
}

static void make(struct ik_node *node, const struct ik_rx *rx, uint8_t which,
                 uint8_t out[COOKIE_LEN])
{
    const struct ik_cookie_secrets *s = &node->cookie;
    const struct ik_addr *from = &rx->path->remote;
    struct ik_span parts[4] = {ik_msg_find(&rx->m, IK_PL_NONCE)->body,
                               {from->b, sizeof from->b},
                               {rx->m.hdr.spi_i, IK_SPI_LEN},
                               {s->secret[which], sizeof s->secret[which]}};
    out[0] = (uint8_t)(s->version - which);
    ik_sha256(&node->env, parts, 4, out + 1);
}

bool ik_cookie_good(struct ik_node *node, const struct ik_rx *rx, struct ik_span cookie)
{
    uint8_t own[COOKIE_LEN];
    if (cookie.len != COOKIE_LEN) {
        return false;
    }
    for (uint8_t which = 0; which < node->cookie.known; which++) {
        make(node, rx, which, own);
        if (ik_ct_eq(own, cookie.p, COOKIE_LEN)) {
            return true;
        }
    }
    return false;
}

static bool crowded(struct ik_node *node)
{
    uint16_t above = ik_config_of(node)->cookie_above;
    if (above == 0xffff) {
        return false;
    }
    if (node->half_open > above) {
        node->cookie.until = ik_in(node, CALM_AFTER);
        return true;
    }
    return ik_pausing(node, node->cookie.until, CALM_AFTER);
}

bool ik_cookie_wanted(struct ik_node *node, struct ik_rx *rx)
{
    struct ik_notify n;
    uint8_t cookie[COOKIE_LEN];
    if (!crowded(node)) {
        return false;
    }
    renew(node);
    if (ik_notify_find(&rx->m, IK_N_COOKIE, &n)) {
        if (ik_cookie_good(node, rx, n.data)) {
            return false;
        }
        /* "MUST ignore the cookie and process the message as if no cookie had been included" */
        ik_drop(&node->env, IK_DROP_IKE_COOKIE, rx->len);
    }
    make(node, rx, 0, cookie);
    ik_count(&node->env, IK_COUNT_COOKIES_SENT);
    ik_answer_clear(node, rx, &(struct ik_error){IK_N_COOKIE, {cookie, sizeof cookie}});
    return true;
}

#endif
