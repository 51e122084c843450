/* SPDX-License-Identifier: MIT */
/*
 * Whole packets with AH, sent and received through the SPD and SAD, against scapy (ah_packets.py):
 * every integrity algorithm, both modes and both IP versions, options, extension headers, extended
 * sequence numbers.
 */
#include "ipsec/ipsec.h"
#include "tests/kat/kat.h"

struct packet {
    const char *name;
    const struct ik_integ *integ;
    uint8_t mode, outer;
    bool esn;
    uint32_t spi;
    uint64_t seq;
    const char *key, *clear, *sealed;
    const char *arrived, *delivered; /* where a routing header makes them others */
};

#include "tests/kat/ah_packets.h"

#define PACKETS_N (sizeof packets / sizeof packets[0])

/* ---- ends ------------------------------------------------------------------------------------ */

struct end {
    struct ik_env env;
    struct ik_policy policy;
    struct ik_ipsec ip;
    struct ik_child_sa sa;
    struct ik_child_more more;
    struct ik_prepared prepared;
};

static const struct ik_ts anything[2] = {
    {.family = 4, .port_hi = 0xffff, .hi = {255, 255, 255, 255}},
    {.family = 6,
     .port_hi = 0xffff,
     .hi = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}}};

static struct ik_addr gateway(uint8_t family, uint8_t which)
{
    struct ik_addr a = {.family = family, .b = {192, 0, 2, which}};
    if (family == 6) {
        a = (struct ik_addr){.family = 6, .b = {0x20, 0x01, 0x0d, 0xb8}};
        a.b[15] = which;
    }
    return a;
}

static void end_init(struct end *e, const struct packet *p, const struct ik_crypto *crypto,
                     bool sender, bool prepared)
{
    struct kat_bytes key = kat_hex(p->key);
    memset(e, 0, sizeof *e);
    kat_env(&e->env, crypto);
    e->policy = (struct ik_policy){.action = IK_PROTECT,
                                   .mode = p->mode,
                                   .protocol = IK_PROTO_AH,
                                   .ts_local_n = 2,
                                   .ts_remote_n = 2};
    memcpy(e->policy.ts_local, anything, sizeof anything);
    memcpy(e->policy.ts_remote, anything, sizeof anything);
    e->ip = (struct ik_ipsec){.policies = &e->policy,
                              .policies_n = 1,
                              .sas_n = 1,
                              .sas = &e->sa,
                              .more = &e->more,
                              .more_pool = {.n = 1},
                              .prepared = &e->prepared,
                              .prepared_pool = {.n = prepared}};
    ik_ipsec_begin(&e->ip);
    struct ik_child_sa *sa = &e->sa;
    sa->mode = p->mode;
    sa->ah = true;
    sa->esn = p->esn;
    sa->path = (struct ik_path){.carrier = IK_CARRIER_AH,
                                .local = gateway(p->outer, sender ? 1 : 2),
                                .remote = gateway(p->outer, sender ? 2 : 1)};
    memset(&sa->limit, 0xff, sizeof sa->limit);
    cr_assert(ik_child_ts_set(&e->ip, sa, anything, 2, anything, 2));
    cr_assert(ik_child_suite_set(&e->ip, sa, &ik_encr_null, p->integ));
    sa->in.spi = sa->out.spi = p->spi;
    ik_child_window(&e->ip, sa, 0);
    sa->seq = p->seq - 1;
    sa->replay.last = p->seq - 1;
    memcpy(ik_child_keys(&e->ip, sa, false), key.b, key.len);
    memcpy(ik_child_keys(&e->ip, sa, true), key.b, key.len);
    ik_child_prepare(&e->env, &e->ip, sa);
    ik_child_up(&e->ip, sa);
}

/* ---- both ways ------------------------------------------------------------------------------- */

static void send(const struct packet *p, const struct ik_crypto *crypto, bool prepared)
{
    struct end e;
    struct kat_bytes clear = kat_hex(p->clear), want = kat_hex(p->sealed);
    uint8_t buf[2048];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = 64, .len = (uint16_t)clear.len};
    const struct ik_path *path;
    uint16_t policy;
    end_init(&e, p, crypto, true, prepared);
    memcpy(buf + pkt.off, clear.b, clear.len);
    cr_assert_eq(ik_ipsec_out(&e.env, &e.ip, &pkt, &path, &policy), IK_VERDICT_SEND, "%s", p->name);
    cr_assert_eq(path->carrier, IK_CARRIER_AH);
    cr_assert_eq(pkt.len, want.len, "%s: %u, not %zu", p->name, pkt.len, want.len);
    for (size_t i = 0; i < want.len; i++) {
        cr_assert_eq(buf[pkt.off + i], want.b[i], "%s, %08x: octet %zu is %02x, not %02x", p->name,
                     (unsigned)p->spi, i, buf[pkt.off + i], want.b[i]);
    }
}

static void receive(const struct packet *p, const struct ik_crypto *crypto, bool prepared)
{
    struct end e;
    struct kat_bytes want = kat_hex(p->delivered != NULL ? p->delivered : p->clear);
    struct kat_bytes came = kat_hex(p->arrived != NULL ? p->arrived : p->sealed);
    uint8_t buf[2048];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = 0, .len = (uint16_t)came.len};
    struct ik_child_sa *sa;
    end_init(&e, p, crypto, false, prepared);
    memcpy(buf, came.b, came.len);
    cr_assert_eq(ik_ipsec_in(&e.env, &e.ip, &pkt, &e.sa.path, &sa), IK_VERDICT_DELIVER, "%s, %08x",
                 p->name, (unsigned)p->spi);
    cr_assert_eq(sa, &e.sa);
    cr_assert_eq(pkt.len, want.len, "%s", p->name);
    cr_assert_arr_eq(buf + pkt.off, want.b, want.len, "%s", p->name);
}

Test(ah_packets, sent)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (size_t i = 0; i < PACKETS_N; i++) {
            send(&packets[i], kat_table(t), false);
            send(&packets[i], kat_table(t), true);
        }
    }
}

Test(ah_packets, received)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (size_t i = 0; i < PACKETS_N; i++) {
            receive(&packets[i], kat_table(t), false);
            receive(&packets[i], kat_table(t), true);
        }
    }
}

/* ESP or AH with the other's SA: the SPI is none of that protocol. */
Test(ah_packets, other_protocol)
{
    struct end e;
    struct kat_bytes came = kat_hex(packets[0].sealed);
    struct ik_pkt pkt = {.buf = came.b, .cap = sizeof came.b, .len = (uint16_t)came.len};
    struct ik_child_sa *sa;
    end_init(&e, &packets[0], &ik_crypto_portable, false, false);
    e.sa.ah = false;
    cr_assert_eq(ik_ipsec_in(&e.env, &e.ip, &pkt, &e.sa.path, &sa), IK_VERDICT_DROP);
    cr_assert_eq(e.env.counters.drop[IK_DROP_AH_UNKNOWN_SPI], 1);
    e.sa.ah = true;
    e.sa.path.carrier = IK_CARRIER_ESP;
    pkt.off = 24; /* its SPI */
    pkt.len = (uint16_t)(came.len - 24);
    cr_assert_eq(ik_ipsec_in(&e.env, &e.ip, &pkt, &e.sa.path, &sa), IK_VERDICT_DROP);
    cr_assert_eq(e.env.counters.drop[IK_DROP_ESP_UNKNOWN_SPI], 1);
}
