/* SPDX-License-Identifier: MIT */
/*
 * RFC 4301 5.1 and 5.2: what an SA seals and what is delivered by it lies within the selectors that
 * were agreed for it, and is the packet that was sealed under that number. 4.4.1.2: where an entry
 * takes selectors from packets, its SAs have one value there.
 */
#include <string.h>

#include "sim/spy.h"
#include "sim/traffic.h"

/* What can be said of a packet by its headers alone. */
struct flow {
    uint16_t len; /* of the packet; octets behind it are padding (RFC 4303 2.7) */
    uint8_t family;
    const uint8_t *src, *dst;
    uint8_t proto; /* of IPv6, the first next header */
    bool ports;    /* it has some, and they are here */
    uint16_t src_port, dst_port;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static void read_upper(struct flow *f, const uint8_t *p, uint16_t len)
{
    f->ports = (f->proto == IK_IP_UDP || f->proto == IK_IP_TCP) && len >= 4;
    if (!f->ports)
        return;
    f->src_port = get16(p);
    f->dst_port = get16(p + 2);
}

static bool read_packet(const uint8_t *ip, uint16_t len, struct flow *f)
{
    uint16_t at;

    *f = (struct flow){.family = len ? ip[0] >> 4 : 0};
    if (f->family == 6 && len >= 40) {
        f->len = (uint16_t)(40 + get16(ip + 4));
        f->proto = ip[6];
        f->src = ip + 8;
        f->dst = ip + 24;
        read_upper(f, ip + 40, (uint16_t)(len - 40));
        return true;
    }
    at = (uint16_t)(4 * (len ? ip[0] & 15 : 0));
    if (f->family != 4 || at < 20 || len < at)
        return false;
    f->len = get16(ip + 2);
    f->proto = ip[9];
    f->src = ip + 12;
    f->dst = ip + 16;
    if ((get16(ip + 6) & 0x1fff) == 0)
        read_upper(f, ip + at, (uint16_t)(len - at));
    return true;
}

/* One end of a flow against the selectors of that side. An ICMP type, an OPAQUE port and what
 * stands behind IPv6 extension headers are left to the core's own tests. */
static bool holds(const struct ik_ts *ts, uint8_t n, const struct flow *f, bool src)
{
    const uint8_t *addr = src ? f->src : f->dst;
    uint16_t port = src ? f->src_port : f->dst_port;
    size_t len = f->family == 6 ? 16 : 4;
    bool plain = f->family == 4 || f->ports;

    for (uint8_t i = 0; i < n; i++) {
        if (ts[i].family != f->family || memcmp(addr, ts[i].lo, len) < 0 ||
            memcmp(addr, ts[i].hi, len) > 0)
            continue;
        if (ts[i].proto && plain && ts[i].proto != f->proto)
            continue;
        if (ts[i].proto && f->ports && ts[i].port_lo <= ts[i].port_hi &&
            (port < ts[i].port_lo || port > ts[i].port_hi))
            continue;
        return true;
    }
    return false;
}

static bool within(const struct sim_sa *sa, const struct flow *f, bool out)
{
    return holds(sa->ts_local, sa->ts_local_n, f, out) &&
           holds(sa->ts_remote, sa->ts_remote_n, f, !out);
}

/* ---- which packet it is ---------------------------------------------------------------------- */

/* 1 + the number of one of sim/traffic.h; 0: another, or cut too short. */
static uint64_t number_of(const uint8_t *p, uint16_t len)
{
    uint8_t ip[20 + 8 + SIM_PAYLOAD_MIN] = {0x45};
    uint16_t at;
    uint32_t id;

    if (sim_traffic_parse(p, len, &id, &at))
        return (uint64_t)id + 1;
    if (len < 8 + SIM_PAYLOAD_MIN) /* transport mode: without IP header */
        return 0;
    memcpy(ip + 20, p, 8 + SIM_PAYLOAD_MIN);
    return sim_traffic_parse(ip, sizeof ip, &id, &at) ? (uint64_t)id + 1 : 0;
}

/* ENCR_NULL has no key. */
static uint64_t place(const struct sim_sa *sa, bool in, uint32_t seq)
{
    uint64_t words[3] = {sa->keys[in ? SIM_ENCR_IN : SIM_ENCR_OUT].id,
                         sa->keys[in ? SIM_INTEG_IN : SIM_INTEG_OUT].id, seq};

    return sim_map_key(words, 3);
}

/* ---- the checks ------------------------------------------------------------------------------ */

#if IK_PACKET_TS
static bool has_one(const struct ik_ts *ts, bool addr, bool proto, bool port)
{
    bool ports = ts->proto == IK_IP_UDP || ts->proto == IK_IP_TCP;

    return (!addr || memcmp(ts->lo, ts->hi, ts->family == 6 ? 16 : 4) == 0) &&
           (!proto || ts->proto != 0) && (!port || !ports || ts->port_lo >= ts->port_hi);
}

void sim_check_populated(struct sim_spy *spy, const struct sim_sa *sa, uint8_t pfp)
{
    bool proto = (pfp & IK_PFP_PROTOCOL) != 0;

    if (pfp == 0)
        return;
    if (sa->ts_local_n != 1 || sa->ts_remote_n != 1 ||
        !has_one(sa->ts_local, pfp & IK_PFP_LOCAL, proto, pfp & IK_PFP_LOCAL_PORT) ||
        !has_one(sa->ts_remote, pfp & IK_PFP_REMOTE, proto, pfp & IK_PFP_REMOTE_PORT))
        sim_spy_fail(spy, "n%u: SPI %08x takes more than the packet has that asked for it",
                     sa->node, (unsigned)sa->spi_out);
}
#endif

void sim_check_sealed(struct sim_spy *spy, const struct sim_sealed *p)
{
    struct flow f;
    bool fresh;

    if (p->next_header == IK_IP_NONE && !p->sa->ah)
        return; /* a dummy (RFC 4303 2.6): nobody delivers it, or check_opened() sees */
    if (p->sa->mode == IK_TUNNEL) {
        if (p->next_header != IK_IP_IPV4 && p->next_header != IK_IP_IPV6) {
            sim_spy_fail(spy, "n%u: in tunnel mode it seals protocol %u", p->node, p->next_header);
            return;
        }
        if (!read_packet(p->text, p->len, &f) ||
            f.family != (p->next_header == IK_IP_IPV4 ? 4 : 6)) {
            sim_spy_fail(spy, "n%u: seals what is no IP packet", p->node);
            return;
        }
    } else {
        f = (struct flow){.family = p->path->remote.family,
                          .len = p->len,
                          .proto = p->next_header,
                          .src = p->path->local.b,
                          .dst = p->path->remote.b};
        read_upper(&f, p->text, p->len);
    }
    if (!within(p->sa, &f, true))
        sim_spy_fail(spy, "n%u: packet %u of SPI %08x is outside of the SA's selectors", p->node,
                     (unsigned)p->seq, (unsigned)p->sa->spi_out);
    sim_map_put(&spy->sealed, place(p->sa, false, p->seq),
                number_of(p->text, f.len < p->len ? f.len : p->len), &fresh);
}

void sim_check_opened(struct sim_spy *spy, const struct sim_sa *sa, uint32_t seq,
                      const uint8_t *packet, uint16_t len)
{
    const uint64_t *sealed = sim_map_at(&spy->sealed, place(sa, true, seq)), any = 0;
    struct flow f;

    if (sim_map_has(&spy->forgiven, sa->keys[SIM_ENCR_IN].id) ||
        sim_map_has(&spy->forgiven, sa->keys[SIM_INTEG_IN].id))
        sealed = &any; /* of two with that number, either */
    if (!sealed)
        sim_spy_fail(spy, "n%u: delivers packet %u of SPI %08x, which nobody sealed", sa->node,
                     (unsigned)seq, (unsigned)sa->spi_in);
    else if (*sealed && *sealed != number_of(packet, len))
        sim_spy_fail(spy, "n%u: delivers another packet than was sealed as %u of SPI %08x",
                     sa->node, (unsigned)seq, (unsigned)sa->spi_in);
    if (!read_packet(packet, len, &f) || !within(sa, &f, false))
        sim_spy_fail(spy, "n%u: delivers by SPI %08x what is outside of its selectors", sa->node,
                     (unsigned)sa->spi_in);
}
