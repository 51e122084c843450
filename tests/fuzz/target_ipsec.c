/* SPDX-License-Identifier: MIT */
/*
 * The data plane: a node that sends to itself over four SAs (both modes, both families), by ESP or
 * AH. The first octet of the input says which SA and what is done with the rest; see fuzz_ipsec.
 */
#include "crypto/crypto.h"
#include "ipsec/ipsec.h"
#include "targets.h"

#define SAS 4

static struct {
    struct ik_env env;
    struct ik_policy policy;
    struct ik_child_sa sas[SAS];
    struct ik_ipsec ip;
} node;

/* AH whose ICV anybody can write: 12 octets of zeros. */
static void no_mac(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in,
                   size_t n, uint8_t *out)
{
    unsigned sum = 0;
    (void)env;
    /* Reads what it is given: a part outside of the packet is found. */
    for (size_t i = 1; i < n; i++) {
        for (uint16_t k = 0; k < in[i].len; k++) {
            sum += in[i].p[k];
        }
    }
    memset(out, 0, self->out_len);
    out[self->out_len - 1] = (uint8_t)sum; /* behind what the ICV takes */
}

static const struct ik_mac mac_none = {.run = no_mac, .out_len = 20};
static const struct ik_integ no_integ = {.id = 1, .key_len = 0, .icv_len = 12, .mac = &mac_none};

static struct ik_ts everything(uint8_t family)
{
    struct ik_ts ts = {.family = family, .port_hi = 0xffff};
    memset(ts.hi, 0xff, family == 4 ? 4 : 16);
    return ts;
}

/* Slot: bit 0 the family, bit 1 the mode. Both ends of the path are 192.0.2.1, or 2001:db8::1. */
static void fill_sa(struct ik_child_sa *sa, unsigned slot)
{
    uint8_t family = slot & 1 ? 6 : 4;
    *sa = (struct ik_child_sa){.state = IK_CHILD_UP,
                               .mode = slot & 2 ? IK_TRANSPORT : IK_TUNNEL,
                               .encr = slot & 1 ? &ik_encr_aes_gcm_16_128 : &ik_encr_null,
                               .integ = slot & 1 ? NULL : &ik_integ_hmac_sha1_96,
                               .bucket = sa->bucket};
    sa->slot = (uint16_t)slot;
    sa->ts[0] = sa->ts[1] = everything(family);
    sa->in.spi = sa->out.spi = 0x10000u + slot;
    sa->path.local.family = family;
    memcpy(sa->path.local.b, family == 4 ? "\xc0\x00\x02\x01" : "\x20\x01\x0d\xb8", 4);
    sa->path.local.b[15] = family == 6;
    sa->path.remote = sa->path.local;
}

static void reset(unsigned slot)
{
    if (node.env.crypto == NULL) {
        node.env.crypto = &ik_crypto_portable;
        ik_drbg_init(&node.env);
        ik_drbg_seed(&node.env, "thirty-two octets of fixed seed.", 32);
        node.policy.action = IK_PROTECT;
        node.policy.ts_local_n = node.policy.ts_remote_n = 1;
        node.ip = (struct ik_ipsec){
            .policies = &node.policy, .policies_n = 1, .sas_n = SAS, .sas = node.sas};
        ik_ipsec_begin(&node.ip);
    }
    for (unsigned i = 0; i < SAS; i++) {
        if (node.sas[i].linked) {
            ik_child_retire(&node.ip, &node.sas[i], IK_CHILD_OLD);
        }
    }
    for (unsigned i = 0; i < SAS; i++) {
        fill_sa(&node.sas[i], i);
        ik_child_window(&node.ip, &node.sas[i], 0);
        memset(&node.sas[i].limit, 0xff, sizeof node.sas[i].limit);
        /* Only the chosen SA may send. */
        node.sas[i].policy = i == slot ? 0 : 1;
        ik_child_up(&node.ip, &node.sas[i]);
    }
    node.policy.ts_local[0] = node.policy.ts_remote[0] = everything(slot & 1 ? 6 : 4);
    memset(&node.env.counters, 0, sizeof node.env.counters);
}

static uint32_t drops(void)
{
    uint32_t n = 0;
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        n += node.env.counters.drop[i];
    }
    return n;
}

static void check_flow(const struct ik_pkt *pkt, bool must)
{
    struct ik_flow f;
    if (ik_flow_parse(pkt->buf + pkt->off, pkt->len, &f) != IK_OK) {
        FUZZ_CHECK(!must);
        return;
    }
    FUZZ_CHECK(f.family == 4 || f.family == 6);
    FUZZ_CHECK(f.hdr_len >= 20 && f.hdr_len <= f.len && f.len <= pkt->len);
    FUZZ_CHECK(f.proto_at < f.hdr_len && pkt->buf[pkt->off + f.proto_at] == f.proto);
    FUZZ_CHECK(!f.fragment || (f.any_fragment && !f.ports));
    FUZZ_CHECK(f.ports || (f.src_port == 0 && f.dst_port == 0));
    FUZZ_CHECK(!must || f.len == pkt->len);
}

/* Takes the packet in; what is delivered lies in the buffer and is a whole IP packet. */
static enum ik_verdict take_in(struct ik_pkt *pkt, const struct ik_path *path)
{
    struct ik_child_sa *sa;
    if (pkt->outer.ttl == 0) {
        pkt->outer.ttl = 64;
    }
    enum ik_verdict v = ik_ipsec_in(&node.env, &node.ip, pkt, path, &sa);
    FUZZ_CHECK(v == IK_VERDICT_DELIVER || v == IK_VERDICT_DROP);
    FUZZ_CHECK(drops() == (v == IK_VERDICT_DROP));
    FUZZ_CHECK((sa != NULL) == (v == IK_VERDICT_DELIVER));
    if (v == IK_VERDICT_DELIVER) {
        FUZZ_CHECK((size_t)pkt->off + pkt->len <= pkt->cap);
        check_flow(pkt, true);
    }
    return v;
}

/* The octets come as ESP; its SPI and sequence number are set right, or nothing would be tried. */
static void raw_esp(struct ik_pkt *pkt, struct ik_child_sa *sa)
{
    if (pkt->len >= 8) {
        ik_put32(pkt->buf + pkt->off, sa->in.spi);
    }
    take_in(pkt, &sa->path);
}

/* The octets come as a packet with AH; where it is one, SPI and ICV are set right, or nothing would
 * be tried: what is delivered is a whole packet, and what is not covered has not made it so. */
static void raw_ah(struct ik_pkt *pkt, struct ik_child_sa *sa, bool forged)
{
    struct ik_ah_place place;
    const struct ik_path path = {
        .carrier = IK_CARRIER_AH, .local = sa->path.remote, .remote = sa->path.local};
    if (!forged && ik_ah_find(pkt, &place) == IK_OK && !place.fragment) {
        ik_put32(pkt->buf + pkt->off + place.at + 4, sa->in.spi);
    }
    take_in(pkt, &path);
}

/* An authenticated peer puts them into ESP. */
static void sealed_esp(struct ik_pkt *pkt, struct ik_child_sa *sa, uint8_t next_header)
{
    if (ik_esp_seal(&node.env, &node.ip, sa, pkt, next_header) == IK_OK) {
        take_in(pkt, &sa->path);
    } else {
        FUZZ_CHECK(drops() == 1);
    }
}

/* They are to leave as an IP packet, and come back the same. */
static void there_and_back(struct ik_pkt *pkt, const struct ik_child_sa *sa)
{
    uint8_t *before = malloc(pkt->len + 1u);
    const struct ik_path *path;
    struct ik_flow flow;
    uint16_t policy;
    if (!before) {
        exit(2);
    }
    memcpy(before, pkt->buf + pkt->off, pkt->len);
    bool parsed = ik_flow_parse(before, pkt->len, &flow) == IK_OK;
    enum ik_verdict v = ik_ipsec_out(&node.env, &node.ip, pkt, &path, &policy);
    FUZZ_CHECK(v == IK_VERDICT_SEND || v == IK_VERDICT_DROP);
    FUZZ_CHECK(drops() == (v == IK_VERDICT_DROP));
    if (v == IK_VERDICT_SEND) {
        enum ik_verdict in = take_in(pkt, path);
        /* One that has its way before it has not arrived. */
        bool on_its_way = sa->ah && node.env.counters.drop[IK_DROP_AH_HEADER] == 1;
        FUZZ_CHECK(parsed && (in == IK_VERDICT_DELIVER || on_its_way));
        if (in != IK_VERDICT_DELIVER) {
            free(before);
            return;
        }
        uint16_t skip = sa->mode == IK_TRANSPORT ? flow.hdr_len : 0;
        if (sa->ah && pkt->len == flow.len - 8) { /* an empty Fragment header has gone */
            free(before);
            return;
        }
        FUZZ_CHECK(pkt->len == flow.len);
        /* In transport mode over UDP the upper layer's checksum is made anew. */
        FUZZ_CHECK((skip && sa->udp) ||
                   memcmp(pkt->buf + pkt->off + skip, before + skip, flow.len - skip) == 0);
    }
    free(before);
}

static void clear(struct ik_pkt *pkt)
{
    check_flow(pkt, false);
    FUZZ_CHECK(ik_ipsec_in_clear(&node.env, &node.ip, pkt) == IK_VERDICT_DROP);
    FUZZ_CHECK(drops() == 1);
}

void fuzz_ipsec(const uint8_t *data, size_t len)
{
    if (len < 2 || len > 4096) {
        return;
    }
    unsigned slot = data[0] & 3u, what = data[0] >> 2 & 3u, head = data[0] & 16u ? 64 : 0;
    struct ik_child_sa *sa = &node.sas[slot];
    reset(slot);
    bool ah = data[0] >= 0x80;
    sa->udp = !ah && (data[0] & 32u) != 0;
    sa->path.carrier = ah ? IK_CARRIER_AH : sa->udp ? IK_CARRIER_UDP4500 : IK_CARRIER_ESP;
    sa->ah = ah;
    if (ah) {
        sa->encr = &ik_encr_null;
        sa->integ = &no_integ;
    }
    uint16_t text = (uint16_t)(len - 2), tail = data[0] & 64u ? IK_ESP_TAIL : 0;
    struct ik_pkt pkt = {.cap = (uint16_t)(head + text + tail), .off = (uint16_t)head, .len = text};
    pkt.buf = malloc(pkt.cap + (size_t)(pkt.cap == 0));
    if (!pkt.buf) {
        exit(2);
    }
    memcpy(pkt.buf + head, data + 2, text);
    switch (what) {
    case 0:
        if (ah) {
            raw_ah(&pkt, sa, false);
        } else {
            raw_esp(&pkt, sa);
        }
        break;
    case 1:
        if (ah) {
            raw_ah(&pkt, sa, true);
        } else {
            sealed_esp(&pkt, sa, data[1]);
        }
        break;
    case 2:
        there_and_back(&pkt, sa);
        break;
    default:
        clear(&pkt);
    }
    free(pkt.buf);
}
