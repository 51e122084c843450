/* SPDX-License-Identifier: MIT */
/* Traffic Selector payloads (RFC 7296 3.13). */
#include "wire/wire.h"

#define SELECTOR_HEAD 4
#define PORTS_LEN 4
#define ADDRS_AT (SELECTOR_HEAD + PORTS_LEN)

enum ik_status ik_ts_next(const struct ik_span *body, uint16_t *at, struct ik_ts *out)
{
    uint16_t from = *at == 0 ? IK_BODY_HEAD : *at;
    if (body->len < from + SELECTOR_HEAD) {
        return IK_ERR_SYNTAX;
    }
    const uint8_t *p = body->p + from;
    uint16_t len = ik_get16(p + 2);
    uint8_t family = 6, n = 16;
    if (IK_IPV4 && p[0] == IK_TS_IPV4_ADDR_RANGE) {
        family = n = 4;
    } else if (p[0] != IK_TS_IPV6_ADDR_RANGE) {
        family = 0;
    }
    if (len < SELECTOR_HEAD || len > body->len - from || (family != 0 && len != ADDRS_AT + 2 * n)) {
        return IK_ERR_SYNTAX;
    }
    *at = (uint16_t)(from + len);
    memset(out, 0, sizeof *out);
    out->family = family;
    if (family != 0) {
        out->proto = p[1];
        out->port_lo = ik_get16(p + SELECTOR_HEAD);
        out->port_hi = ik_get16(p + SELECTOR_HEAD + 2);
        memcpy(out->lo, p + ADDRS_AT, n);
        memcpy(out->hi, p + ADDRS_AT + n, n);
    }
    return IK_OK;
}

IK_OUT_OF_LINE enum ik_status ik_ts_check(const struct ik_span *body)
{
    struct ik_ts ts;
    uint16_t at = 0;
    uint16_t n = 0;
    do {
        if (ik_ts_next(body, &at, &ts) != IK_OK) {
            return IK_ERR_SYNTAX;
        }
        n++;
    } while (at < body->len);
    return n == body->p[0] ? IK_OK : IK_ERR_SYNTAX;
}

static void put_selector(struct ik_wr *w, const struct ik_ts *ts)
{
    bool v4 = ik_is_v4(ts->family);
    uint8_t n = v4 ? 4 : 16;
    ik_wr_u16(w, (uint16_t)((v4 ? IK_TS_IPV4_ADDR_RANGE : IK_TS_IPV6_ADDR_RANGE) << 8 | ts->proto));
    ik_wr_u16(w, (uint16_t)(ADDRS_AT + 2 * n));
    ik_wr_u16(w, ts->port_lo);
    ik_wr_u16(w, ts->port_hi);
    ik_wr_bytes(w, ts->lo, n);
    ik_wr_bytes(w, ts->hi, n);
}

void ik_ts_put(struct ik_chain *c, uint8_t payload_type, const struct ik_ts *ts, uint8_t n)
{
    static const struct ik_span nothing = {NULL, 0};
    ik_body_put(c, payload_type, (uint32_t)n << 24, &nothing);
    for (uint8_t i = 0; i < n; i++) {
        put_selector(&c->w, &ts[i]);
    }
    ik_payload_close(c);
}
