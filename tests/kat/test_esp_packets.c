/* SPDX-License-Identifier: MIT */
/*
 * Whole ESP packets from RFCs, sent and received through the SPD and SAD: RFC 3602 section 4, cases
 * 5 to 8 (AES-CBC without integrity), RFC 7634 appendix A (ChaCha20-Poly1305). "esp" begins at the
 * SPI: the outer IP header is the host's.
 */
#include "ipsec/ipsec.h"
#include "tests/kat/kat.h"

struct packet {
    const char *name;
    const struct ik_encr *encr;
    uint8_t mode;
    uint8_t src[4], dst[4]; /* outer */
    uint32_t spi, seq;
    const char *key; /* with salt */
    const char *iv;
    const char *clear; /* the IP packet */
    const char *esp;   /* behind SPI, sequence number and IV */
};

static const struct packet packets[] = {
    {
        .name = "RFC 3602 case 5",
        .encr = &ik_encr_aes_cbc_128,
        .mode = IK_TRANSPORT,
        .src = {192, 168, 123, 3},
        .dst = {192, 168, 123, 100},
        .spi = 0x4321,
        .seq = 1,
        .key = "90d382b410eeba7ad938c46cec1a82bf",
        .iv = "e96e8c08ab465763fd098d45dd3ff893",
        .clear = "4500005408f200004001f9fec0a87b03c0a87b64"
                 "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
                 "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
        .esp = "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
               "a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
               "a269add047ad2d5913ac19b7cfbad4a6",
    },
    {
        .name = "RFC 3602 case 6",
        .encr = &ik_encr_aes_cbc_128,
        .mode = IK_TRANSPORT,
        .src = {192, 168, 123, 3},
        .dst = {192, 168, 123, 100},
        .spi = 0x4321,
        .seq = 8,
        .key = "90d382b410eeba7ad938c46cec1a82bf",
        .iv = "69d08df7d203329db093fc4924e5bd80",
        .clear = "4500003008fe00004001fa16c0a87b03c0a87b64"
                 "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
        .esp = "f51995881ec4e0c4488987ce742e8109689bb379d2d750c0d915dca346a89f75",
    },
    {
        .name = "RFC 3602 case 7",
        .encr = &ik_encr_aes_cbc_128,
        .mode = IK_TUNNEL,
        .src = {192, 168, 123, 3},
        .dst = {192, 168, 123, 200},
        .spi = 0x8765,
        .seq = 2,
        .key = "0123456789abcdef0123456789abcdef",
        .iv = "f4e765244f6407adf13dc1380f673f37",
        .clear = "45000054090400004001f988c0a87b03c0a87bc8"
                 "08009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f1011121314151617"
                 "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
        .esp = "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8"
               "e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5"
               "c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d",
    },
    {
        .name = "RFC 3602 case 8",
        .encr = &ik_encr_aes_cbc_128,
        .mode = IK_TUNNEL,
        .src = {192, 168, 123, 3},
        .dst = {192, 168, 123, 200},
        .spi = 0x8765,
        .seq = 5,
        .key = "0123456789abcdef0123456789abcdef",
        .iv = "85d47224b5f3dd5d2101d4ea8dffab22",
        .clear = "45000044090c00004001f990c0a87b03c0a87bc8"
                 "0800d63caa0a0200c69c083da3de0300ffffffffffffffffffffffffffffffff"
                 "ffffffffffffffffffffffffffffffff",
        .esp = "15b92683819596a8047232cc00f7048fe45318e11f8a0f62ede3c3fc61203bb5"
               "0f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207ed971ef3"
               "d2726d9b5ef6affc6d17a0decbb13892",
    },
    {
        .name = "RFC 7634 appendix A",
        .encr = &ik_encr_chacha20_poly1305,
        .mode = IK_TUNNEL,
        .src = {203, 0, 113, 153},
        .dst = {203, 0, 113, 5},
        .spi = 0x01020304,
        .seq = 5,
        .key = "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
               "a0a1a2a3",
        .iv = "1011121314151617",
        .clear = "45000054a6f200004001e778c6336405c0000205"
                 "08005b7a3a080000553bec100007362708090a0b0c0d0e0f1011121314151617"
                 "18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
        .esp = "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
               "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
               "cbec163fac469b502773f6fb94e664da9165b82829f641e0"
               "76aaa8266b7fb0f7b11b369907e1ad43",
    },
};
#define PACKETS_N (sizeof packets / sizeof packets[0])

/* A row of the table that takes the RFC's IV instead of the one that it was given. */
static struct {
    const struct ik_encr *row;
    struct kat_bytes iv;
} fixed;

static int run_with_iv(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                       const struct ik_sealed *s, int seal)
{
    if (seal) {
        memcpy(s->msg + s->aad_len, fixed.iv.b, self->iv_len);
    }
    return fixed.row->run(fixed.row, env, key, s, seal);
}

static const struct ik_ts anything = {.family = 4, .port_hi = 0xffff, .hi = {255, 255, 255, 255}};

/* One end: the SA lies in the slot that the low half of its SPI names. */
struct end {
    struct ik_env env;
    struct ik_policy policy;
    struct ik_ipsec ip;
    struct ik_encr encr;
    struct ik_child_sa *sa;
    struct ik_path path;
};

static void end_init(struct end *e, const struct packet *p, const struct ik_crypto *crypto,
                     bool sender)
{
    struct kat_bytes key = kat_hex(p->key);
    uint16_t slot = (uint16_t)(p->spi & 0xffff);
    memset(e, 0, sizeof *e);
    kat_env(&e->env, crypto);
    fixed.row = p->encr;
    fixed.iv = kat_hex(p->iv);
    e->encr = *p->encr;
    e->encr.run = run_with_iv;
    e->policy = (struct ik_policy){.action = IK_PROTECT,
                                   .mode = p->mode,
                                   .ts_local_n = 1,
                                   .ts_remote_n = 1,
                                   .ts_local = {anything},
                                   .ts_remote = {anything}};
    e->ip =
        (struct ik_ipsec){.policies = &e->policy, .policies_n = 1, .sas_n = (uint16_t)(slot + 1)};
    e->ip.sas = calloc(e->ip.sas_n, sizeof *e->ip.sas);
    cr_assert_not_null(e->ip.sas);
    e->path.carrier = IK_CARRIER_ESP;
    e->path.local.family = e->path.remote.family = 4;
    memcpy(e->path.local.b, sender ? p->src : p->dst, 4);
    memcpy(e->path.remote.b, sender ? p->dst : p->src, 4);
    ik_ipsec_begin(&e->ip);
    e->ip.slot_bits = 16;
    e->sa = &e->ip.sas[slot];
    *e->sa = (struct ik_child_sa){
        .slot = slot, .mode = p->mode, .path = e->path, .ts = {anything, anything}};
    memset(&e->sa->limit, 0xff, sizeof e->sa->limit);
    cr_assert(ik_child_suite_set(&e->ip, e->sa, &e->encr, NULL));
    e->sa->in.spi = e->sa->out.spi = p->spi;
    e->sa->seq = p->seq - 1;
    memcpy(ik_child_keys(&e->ip, e->sa, false), key.b, key.len);
    memcpy(ik_child_keys(&e->ip, e->sa, true), key.b, key.len);
    ik_child_window(&e->ip, e->sa, 0);
    ik_child_up(&e->ip, e->sa);
}

/* SPI, sequence number, IV and the rest, as the RFC prints them. */
static struct kat_bytes whole(const struct packet *p)
{
    struct kat_bytes out = {.len = 8}, iv = kat_hex(p->iv), rest = kat_hex(p->esp);
    ik_put32(out.b, p->spi);
    ik_put32(out.b + 4, p->seq);
    memcpy(out.b + 8, iv.b, iv.len);
    memcpy(out.b + 8 + iv.len, rest.b, rest.len);
    out.len += iv.len + rest.len;
    return out;
}

static void send(const struct packet *p, const struct ik_crypto *crypto)
{
    struct end e;
    struct kat_bytes clear = kat_hex(p->clear), want = whole(p);
    uint8_t buf[512];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = 64, .len = (uint16_t)clear.len};
    const struct ik_path *path;
    uint16_t policy;
    end_init(&e, p, crypto, true);
    memcpy(buf + pkt.off, clear.b, clear.len);
    cr_assert_eq(ik_ipsec_out(&e.env, &e.ip, &pkt, &path, &policy), IK_VERDICT_SEND, "%s", p->name);
    cr_assert_eq(pkt.len, want.len, "%s", p->name);
    cr_assert_arr_eq(buf + pkt.off, want.b, want.len, "%s", p->name);
    free(e.ip.sas);
}

static void receive(const struct packet *p, const struct ik_crypto *crypto)
{
    struct end e;
    struct kat_bytes clear = kat_hex(p->clear), esp = whole(p);
    uint8_t buf[512];
    struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = 64, .len = (uint16_t)esp.len};
    struct ik_child_sa *sa;
    end_init(&e, p, crypto, false);
    memcpy(buf + pkt.off, esp.b, esp.len);
    ik_outer_read(clear.b, &pkt.outer);
    cr_assert_eq(ik_ipsec_in(&e.env, &e.ip, &pkt, &e.path, &sa), IK_VERDICT_DELIVER, "%s", p->name);
    cr_assert_eq(sa, e.sa);
    cr_assert_eq(pkt.len, clear.len, "%s", p->name);
    /* Transport mode makes the header anew: all but the identification is the RFC's. */
    if (p->mode == IK_TRANSPORT) {
        memset(clear.b + 4, 0, 2);
        memset(clear.b + 10, 0, 2);
        ik_put16(clear.b + 10, ik_cksum_fold(ik_cksum_add(0, clear.b, 20)));
    }
    cr_assert_arr_eq(buf + pkt.off, clear.b, clear.len, "%s", p->name);
    free(e.ip.sas);
}

Test(esp_packets, sent)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (size_t i = 0; i < PACKETS_N; i++) {
            send(&packets[i], kat_table(t));
        }
    }
}

Test(esp_packets, received)
{
    for (size_t t = 0; t < KAT_TABLES; t++) {
        for (size_t i = 0; i < PACKETS_N; i++) {
            receive(&packets[i], kat_table(t));
        }
    }
}
