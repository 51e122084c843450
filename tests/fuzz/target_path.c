/* SPDX-License-Identifier: MIT */
/*
 * A packet of any length that is to leave by an SA whose path a router has spoken of. The first
 * octet says which SA and what is made of the rest, two more what the router has said; see
 * fuzz_path. What leaves fits, or may be cut on its way; its pieces are the packet; else whoever
 * sent it hears how much does.
 */
#include <stdlib.h>

#include "ikelet/ikelet.h"
#include "ipsec/ipsec.h"
#include "targets.h"

#define HEAD 96
#define PLACES 4
#define SPI 0x1000u
#define POLLS 64

/* Of the first octet. */
enum { V6 = 1, UDP = 2, TRANSPORT = 4, AH = 8, NO_PLACES = 16, DF_CLEAR = 32, IP4 = 64, IP6 = 128 };

static const uint8_t key[20] = "twenty octets of key";
static struct ik_node node;
static struct ik_host host;
static struct ik_policy policy;
static struct ik_proposal proposal;
static struct ik_config config;
static void *pools;
static uint32_t cut, told_inside; /* in all runs so far */

static struct ik_ts everything(uint8_t family)
{
    struct ik_ts ts = {.family = family, .port_hi = 0xffff};
    memset(ts.hi, 0xff, family == 4 ? 4 : 16);
    return ts;
}

static struct ik_addr outer(bool v6, uint8_t last)
{
    struct ik_addr a = {.family = 4, .b = {192, 0, 2, last}};
    if (v6) {
        a = (struct ik_addr){.family = 6, .b = {0x20, 0x01, 0x0d, 0xb8}};
        a.b[15] = last;
    }
    return a;
}

static void configure(uint8_t how)
{
    bool ah = (how & AH) != 0;
    policy = (struct ik_policy){.action = IK_PROTECT,
                                .ts_local_n = 2,
                                .ts_remote_n = 2,
                                .ts_local = {everything(4), everything(6)},
                                .ts_remote = {everything(4), everything(6)},
                                .mode = how & TRANSPORT ? IK_TRANSPORT : IK_TUNNEL,
                                .proposals_n = 1,
                                .peer = IK_NO_SLOT,
                                .proposals = &proposal,
                                .df = how & DF_CLEAR ? IK_DF_CLEAR : IK_DF_COPY,
                                .protocol = ah ? IK_PROTO_AH : IK_PROTO_ESP};
    proposal =
        (struct ik_proposal){.transforms_n = 2,
                             .transforms = {{.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA1_96},
                                            {.type = IK_TT_ESN, .id = IK_ESN_NO}}};
    if (!ah) {
        proposal.transforms[proposal.transforms_n++] =
            (struct ik_transform){.type = IK_TT_ENCR, .id = IK_ENCR_NULL};
    }
    config = (struct ik_config){.crypto = &ik_crypto_portable,
                                .policies = &policy,
                                .policies_n = 1,
                                .cookie_above = 0xffff};
}

static struct ik_path path_of(uint8_t how)
{
    bool v6 = (how & V6) != 0, udp = (how & (UDP | AH)) == UDP;
    return (struct ik_path){.carrier = how & AH ? IK_CARRIER_AH
                                       : udp    ? IK_CARRIER_UDP4500
                                                : IK_CARRIER_ESP,
                            .local = outer(v6, 1),
                            .remote = outer(v6, 2),
                            .local_port = udp ? 4500 : 0,
                            .remote_port = udp ? 4500 : 0};
}

/* One packet has left by it. */
static void begin(uint8_t how)
{
    static const struct ik_sizes sizes = {
        .ike_sas = 1, .child_sas = 1, .handshakes = 1, .tasks = 1, .buffers = 2, .held = PLACES};
    struct ik_span none = {key, 0}, integ = {key, sizeof key};
    struct ik_manual m = {.spi_in = SPI,
                          .spi_out = SPI,
                          .path = path_of(how),
                          .encr_id = how & AH ? 0 : IK_ENCR_NULL,
                          .integ_id = IK_INTEG_HMAC_SHA1_96,
                          .encr_in = none,
                          .encr_out = none,
                          .integ_in = integ,
                          .integ_out = integ,
                          .sent = 1};
    configure(how);
    if (pools == NULL) {
        pools = malloc(ik_host_size(&sizes)); /* for all runs */
        FUZZ_CHECK(pools);
    }
    memset(&host, 0, sizeof host);
    ik_host_lay(&host, &sizes, pools);
    host.held_n = how & NO_PLACES ? 0 : PLACES;
    FUZZ_CHECK(ik_node_init(&node, &config, &host, IK_SECOND) == IK_OK);
    ik_node_seed(&node, "thirty-two octets of fixed seed.", 32);
    FUZZ_CHECK(ik_node_manual(&node, IK_SECOND, &m, NULL) == IK_OK);
}

static void say(uint8_t how, uint16_t mtu)
{
    uint8_t quoted[64] = {0};
    struct ik_path path = path_of(how);
    size_t at = 0;
    if ((how & AH) != 0) { /* it comes back from its IP header on */
        at = how & V6 ? 40 : 20;
        quoted[0] = how & V6 ? 0x60 : 0x45;
        quoted[how & V6 ? 6 : 9] = IK_IP_AH;
        at += 4;
    }
    ik_put32(quoted + at, SPI);
    ik_put32(quoted + at + 4, 1);
    ik_node_too_big(&node, IK_SECOND, &path, (struct ik_span){quoted, sizeof quoted}, mtu);
}

/* Makes the octets a packet of that version, from one end of the path to the other where the mode
 * asks for that. */
static void make_packet(uint8_t *p, uint16_t len, uint8_t how)
{
    struct ik_addr from = outer((how & IP6) != 0, 1), to = outer((how & IP6) != 0, 2);
    if ((how & IP4) != 0 && len >= 20) {
        p[0] = 0x45;
        ik_put16(p + 2, len);
        memcpy(p + 12, from.b, 4);
        memcpy(p + 16, to.b, 4);
        ik_put16(p + 10, 0);
        ik_put16(p + 10, ik_cksum_fold(ik_cksum_add(0, p, 20)));
    } else if ((how & IP6) != 0 && len >= 40) {
        p[0] = 0x60;
        ik_put16(p + 4, (uint16_t)(len - 40));
        memcpy(p + 8, from.b, 16);
        memcpy(p + 24, to.b, 16);
    }
}

/* What leaves; octets of a piece of the packet in it. */
static uint16_t check_sent(const struct ik_effect *fx, uint8_t how, uint16_t mtu)
{
    uint16_t ip = how & V6 ? 40 : 20, hdr = how & AH ? 0 : (uint16_t)(ip + (how & UDP ? 8 : 0));
    FUZZ_CHECK(mtu == 0 || !fx->outer.df || (uint32_t)fx->len + hdr <= mtu);
    if ((how & TRANSPORT) != 0) {
        return 0;
    }
    const uint8_t *inner = fx->data + (how & AH ? ip + (how & V6 ? 24 : 24) : 8);
    FUZZ_CHECK(inner < fx->data + fx->len);
    return inner[0] >> 4 == 4 ? (uint16_t)(ik_get16(inner + 2) - (inner[0] & 15u) * 4u) : 0;
}

static void check_told(const struct ik_effect *fx, uint16_t len)
{
    struct ik_flow f;
    FUZZ_CHECK(ik_flow_parse(fx->data, fx->len, &f) == IK_OK);
    const uint8_t *icmp = fx->data + f.hdr_len;
    bool v4 = f.family == 4;
    FUZZ_CHECK(f.proto == (v4 ? IK_IP_ICMP : IK_IP_ICMPV6));
    FUZZ_CHECK(v4 ? icmp[0] == 3 && icmp[1] == 4 : icmp[0] == 2);
    FUZZ_CHECK(ik_get16(icmp + 6) < len && ik_get16(icmp + 6) >= (v4 ? 68 : 1280));
}

static void check_effects(const struct ik_flow *flow, uint8_t how, uint16_t mtu)
{
    struct ik_effect fx;
    uint32_t octets = 0;
    unsigned polls = 0, told = 0, sent = 0;
    while (ik_node_poll(&node, IK_SECOND, &fx)) {
        FUZZ_CHECK(++polls < POLLS && flow != NULL);
        if (fx.kind == IK_FX_SEND) {
            octets += check_sent(&fx, how, mtu);
            sent++;
        } else {
            FUZZ_CHECK(fx.kind == IK_FX_DELIVER && sent == 0);
            check_told(&fx, flow->len);
            told++;
        }
    }
    FUZZ_CHECK(told <= 1 && (told == 0 || sent == 0));
    bool counted = (how & TRANSPORT) == 0 && sent > 0 && flow->family == 4;
    FUZZ_CHECK(!counted || octets == (uint32_t)flow->len - flow->hdr_len);
}

void fuzz_path(const uint8_t *data, size_t len)
{
    struct ik_child_info info;
    struct ik_flow flow;
    if (len < 4 || len > 4096) {
        return;
    }
    uint8_t how = data[0];
    uint16_t mtu = ik_get16(data + 1), text = (uint16_t)(len - 3);
    struct ik_pkt pkt = {.cap = (uint16_t)(HEAD + text + IK_ESP_TAIL), .off = HEAD, .len = text};
    begin(how);
    say(how, mtu);
    FUZZ_CHECK(ik_child_info(&node, 0, &info));
    FUZZ_CHECK(info.mtu == 0 || (info.mtu >= (how & V6 ? 1280 : 576) && mtu >= 68));
    pkt.buf = malloc(pkt.cap);
    FUZZ_CHECK(pkt.buf);
    memcpy(pkt.buf + HEAD, data + 3, text);
    make_packet(pkt.buf + HEAD, text, how);
    bool good = ik_flow_parse(pkt.buf + HEAD, text, &flow) == IK_OK;
    ik_node_tx(&node, IK_SECOND, &pkt);
    check_effects(good ? &flow : NULL, how, info.mtu);
    cut += node.env.counters.count[IK_COUNT_PACKETS_CUT];
    told_inside += node.env.counters.drop[IK_DROP_PATH_MTU];
    free(pkt.buf);
    ik_node_wipe(&node);
}

bool fuzz_path_reached(void)
{
    return cut > 0 && told_inside > 0;
}
