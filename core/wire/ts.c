/* SPDX-License-Identifier: MIT */
/* Traffic Selector payloads (RFC 7296 3.13). */
#include "wire/wire.h"

#define TS_HEAD 4 /* Number of TSs, RESERVED */
#define SELECTOR_HEAD 4
#define PORTS_LEN 4

/* Octets of one address of that selector type; 0 if we do not know it. */
static uint8_t addr_len(uint8_t ts_type)
{
    switch (ts_type) {
    case IK_TS_IPV4_ADDR_RANGE:
        return 4;
    case IK_TS_IPV6_ADDR_RANGE:
        return 16;
    default:
        return 0;
    }
}

enum ik_status ik_ts_next(struct ik_span body, uint16_t *at, struct ik_ts *out)
{
    struct ik_rd r;
    ik_rd_init_at(&r, body, *at == 0 ? TS_HEAD : *at);
    memset(out, 0, sizeof *out);
    uint8_t n = addr_len(ik_rd_u8(&r));
    uint8_t proto = ik_rd_u8(&r);
    uint16_t len = ik_rd_u16(&r);
    if (r.bad || len < SELECTOR_HEAD) {
        return IK_ERR_SYNTAX;
    }
    if (n == 0) {
        (void)ik_rd_span(&r, (size_t)(len - SELECTOR_HEAD));
    } else if (len != SELECTOR_HEAD + PORTS_LEN + 2 * n) {
        return IK_ERR_SYNTAX;
    } else {
        out->family = n == 4 ? 4 : 6;
        out->proto = proto;
        out->port_lo = ik_rd_u16(&r);
        out->port_hi = ik_rd_u16(&r);
        ik_rd_copy(&r, out->lo, n);
        ik_rd_copy(&r, out->hi, n);
    }
    *at = (uint16_t)(body.len - r.left);
    return ik_rd_status(&r);
}

enum ik_status ik_ts_check(struct ik_span body)
{
    struct ik_ts ts;
    uint16_t at = 0;
    uint8_t n = 0;
    do {
        if (ik_ts_next(body, &at, &ts) != IK_OK || n == body.p[0]) {
            return IK_ERR_SYNTAX;
        }
        n++;
    } while (at < body.len);
    return n == body.p[0] ? IK_OK : IK_ERR_SYNTAX;
}

static void put_selector(struct ik_wr *w, const struct ik_ts *ts)
{
    bool v4 = ts->family == 4;
    uint8_t n = v4 ? 4 : 16;
    ik_wr_u8(w, v4 ? IK_TS_IPV4_ADDR_RANGE : IK_TS_IPV6_ADDR_RANGE);
    ik_wr_u8(w, ts->proto);
    ik_wr_u16(w, (uint16_t)(SELECTOR_HEAD + PORTS_LEN + 2 * n));
    ik_wr_u16(w, ts->port_lo);
    ik_wr_u16(w, ts->port_hi);
    ik_wr_bytes(w, ts->lo, n);
    ik_wr_bytes(w, ts->hi, n);
}

void ik_ts_put(struct ik_chain *c, uint8_t payload_type, const struct ik_ts *ts, uint8_t n)
{
    ik_payload_open(c, payload_type);
    ik_wr_u8(&c->w, n);
    ik_wr_zero(&c->w, 3);
    for (uint8_t i = 0; i < n; i++) {
        put_selector(&c->w, &ts[i]);
    }
    ik_payload_close(c);
}
