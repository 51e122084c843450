/* SPDX-License-Identifier: MIT */
/* ESP alone: every suite, length, room, truncation and bit. */
#include "ipsec_ends.h"

static struct end ends[2];
static struct ik_child_sa *tx, *rx;

/* A fresh SA from end 0 to end 1. */
static void up(const struct suite *s)
{
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    end_init(&ends[1], 1, IK_TUNNEL, 4);
    unsigned slot = ends_up(ends, s, 4, false);
    tx = &ends[0].sas[slot];
    rx = &ends[1].sas[slot];
}

static void fill(uint8_t *at, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        at[i] = (uint8_t)(i * 13 + len);
    }
}

static uint8_t icv_len(const struct suite *s)
{
    return s->integ != NULL ? s->integ->icv_len : s->encr->icv_len;
}

/* RFC 4303 section 2: how long a text of len octets becomes. */
static size_t sealed_len(const struct suite *s, size_t len)
{
    size_t block = s->encr->block > 4 ? s->encr->block : 4;
    size_t text = (len + 2 + block - 1) / block * block;
    return 8 + s->encr->iv_len + text + icv_len(s);
}

static void round_trip(const struct suite *s, size_t len, uint32_t seq)
{
    uint8_t buf[ENDS_BUF], want[ENDS_BUF], next = 0;
    memset(buf, 0xee, sizeof buf);
    fill(buf + ENDS_AT, len);
    memcpy(want, buf + ENDS_AT, len);
    struct ik_pkt pkt = pkt_of(buf, len);
    cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4), IK_OK);
    cr_assert_eq(pkt.off, ENDS_AT - 8 - s->encr->iv_len);
    cr_assert_eq(pkt.len, sealed_len(s, len));
    cr_assert_eq(ik_get32(buf + pkt.off), tx->out.spi);
    cr_assert_eq(ik_get32(buf + pkt.off + 4), seq);
    if (s->encr->iv_len == 8) {
        /* RFC 4106, 4309, 7634, 3686: the counter, here the sequence number. */
        cr_assert_eq(ik_get32(buf + pkt.off + 8), 0);
        cr_assert_eq(ik_get32(buf + pkt.off + 12), seq);
    }
    if (s->encr != &ik_encr_null && len >= 8) {
        cr_assert_neq(memcmp(buf + ENDS_AT, want, len), 0);
    }
    cr_assert_eq(buf[pkt.off - 1], 0xee);
    cr_assert_eq(buf[pkt.off + pkt.len], 0xee);
    cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next), IK_OK);
    cr_assert_eq(next, 4);
    cr_assert_eq(pkt.off, ENDS_AT);
    cr_assert_eq(pkt.len, len);
    cr_assert_eq(memcmp(buf + ENDS_AT, want, len), 0);
}

Test(esp, every_suite_and_length)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        up(&suites[i]);
        uint32_t seq = 1;
        for (size_t len = 0; len <= 80; len++) {
            round_trip(&suites[i], len, seq++);
        }
        round_trip(&suites[i], 1400, seq++);
        round_trip(&suites[i], ENDS_BUF - ENDS_AT - IK_ESP_TAIL, seq);
        cr_assert_eq(ends[0].env.counters.count[IK_COUNT_ESP_OUT], seq);
        cr_assert_eq(drops_of(&ends[0].env) + drops_of(&ends[1].env), 0);
    }
}

/* Two packets of one text differ: no IV comes twice. */
Test(esp, no_iv_twice)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        if (suites[i].encr->iv_len == 0) {
            continue;
        }
        up(&suites[i]);
        uint8_t a[ENDS_BUF] = {0}, b[ENDS_BUF] = {0};
        struct ik_pkt pa = pkt_of(a, 32), pb = pkt_of(b, 32);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pa, 4), IK_OK);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pb, 4), IK_OK);
        uint16_t iv = (uint16_t)(pa.off + 8);
        cr_assert_neq(memcmp(a + iv, b + iv, suites[i].encr->iv_len), 0);
        cr_assert_neq(memcmp(a + ENDS_AT, b + ENDS_AT, 32), 0);
    }
}

/* With NULL encryption the trailer can be read: 1, 2, 3 …, pad length, next header (2.4 to 2.6). */
Test(esp, trailer)
{
    for (size_t len = 0; len < 40; len++) {
        up(&suites[0]);
        uint8_t buf[ENDS_BUF] = {0};
        struct ik_pkt pkt = pkt_of(buf, len);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 41), IK_OK);
        unsigned pad = (unsigned)(-(len + 2) & 3u);
        for (unsigned i = 0; i < pad; i++) {
            cr_assert_eq(buf[ENDS_AT + len + i], i + 1);
        }
        cr_assert_eq(buf[ENDS_AT + len + pad], pad);
        cr_assert_eq(buf[ENDS_AT + len + pad + 1], 41);
    }
}

/* Every head room and every tail room: sealed if it fits, else refused with nothing changed. */
Test(esp, every_room)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        const struct suite *s = &suites[i];
        for (size_t len = 60; len < 77; len++) {
            up(s);
            uint16_t head = (uint16_t)(8 + s->encr->iv_len);
            uint16_t tail = (uint16_t)(sealed_len(s, len) - head - len);
            cr_assert_leq(head, IK_ESP_HEAD);
            cr_assert_leq(tail, IK_ESP_TAIL);
            for (uint16_t room = 0; room <= IK_ESP_TAIL; room++) {
                /* The buffer ends where its cap says: a sanitizer sees a step too far. */
                uint8_t *buf = calloc(1, head + len + room);
                cr_assert_not_null(buf);
                struct ik_pkt pkt = {.buf = buf,
                                     .cap = (uint16_t)(head + len + room),
                                     .off = head,
                                     .len = (uint16_t)len};
                ik_seq seq = tx->seq;
                enum ik_status st = ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4);
                cr_assert_eq(st, room < tail ? IK_ERR_NO_ROOM : IK_OK);
                if (st != IK_OK) {
                    cr_assert_eq(tx->seq, seq);
                    cr_assert_eq(pkt.off, head);
                    cr_assert_eq(pkt.len, len);
                    assert_one_drop(&ends[0].env, IK_DROP_ESP_NO_ROOM);
                }
                free(buf);
            }
        }
        for (uint16_t head = 0; head <= IK_ESP_HEAD; head++) {
            uint8_t buf[256] = {0};
            struct ik_pkt pkt = {.buf = buf, .cap = sizeof buf, .off = head, .len = 64};
            enum ik_status st = ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4);
            cr_assert_eq(st, head < 8 + s->encr->iv_len ? IK_ERR_NO_ROOM : IK_OK);
        }
    }
}

/* A packet that does not lie in its buffer is refused, whatever 16 bits make of the sum. */
Test(esp, no_packet_outside_of_the_buffer)
{
    uint8_t buf[256] = {0};
    up(&suites[1]);
    struct ik_pkt wild[] = {
        {.buf = buf, .cap = 256, .off = 65000, .len = 600},
        {.buf = buf, .cap = 256, .off = 100, .len = 65500},
        {.buf = buf, .cap = 256, .off = 255, .len = 10},
    };
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) {
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &wild[i], 4), IK_ERR_NO_ROOM);
    }
}

/* RFC 4303 3.3.3 */
Test(esp, sequence_number_never_cycles)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        up(&suites[i]);
        tx->seq = UINT32_MAX - 2;
        round_trip(&suites[i], 50, UINT32_MAX - 1);
        round_trip(&suites[i], 50, UINT32_MAX);
        for (unsigned again = 0; again < 3; again++) {
            uint8_t buf[ENDS_BUF] = {0}, before[ENDS_BUF] = {0};
            struct ik_pkt pkt = pkt_of(buf, 50);
            cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4), IK_ERR_STATE);
            cr_assert_eq(tx->seq, UINT32_MAX);
            cr_assert_eq(memcmp(buf, before, sizeof buf), 0);
            assert_one_drop(&ends[0].env, IK_DROP_ESP_SEQ_OVERFLOW);
        }
    }
}

/* Opens a copy of a sealed packet in a buffer of just its size. */
static enum ik_status open_copy(const uint8_t *esp, size_t len)
{
    uint8_t *copy = malloc(len + (len == 0)), next;
    cr_assert_not_null(copy);
    memcpy(copy, esp, len);
    struct ik_pkt pkt = {.buf = copy, .cap = (uint16_t)len, .off = 0, .len = (uint16_t)len};
    enum ik_status st = ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next);
    free(copy);
    return st;
}

static size_t sealed(uint8_t *buf, size_t len, struct ik_pkt *pkt)
{
    fill(buf + ENDS_AT, len);
    *pkt = pkt_of(buf, len);
    cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, pkt, 4), IK_OK);
    return pkt->len;
}

Test(esp, every_truncation)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        up(&suites[i]);
        size_t len = sealed(buf, 84, &pkt);
        struct ik_replay before = rx->replay;
        for (size_t cut = 0; cut < len; cut++) {
            cr_assert_neq(open_copy(buf + pkt.off, cut), IK_OK, "suite %zu cut %zu", i, cut);
            uint32_t *drop = ends[1].env.counters.drop;
            cr_assert_eq(drop[IK_DROP_ESP_SHORT] + drop[IK_DROP_ESP_INTEGRITY], 1);
            cr_assert_eq(drops_of(&ends[1].env), 1);
            memset(drop, 0, sizeof ends[1].env.counters.drop);
        }
        cr_assert_eq(memcmp(&before, &rx->replay, sizeof before), 0);
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_OK);
    }
}

Test(esp, every_bit)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        up(&suites[i]);
        size_t len = sealed(buf, 40, &pkt);
        struct ik_replay before = rx->replay;
        uint8_t *esp = buf + pkt.off;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            esp[bit / 8] ^= (uint8_t)(1u << bit % 8);
            enum ik_status st = open_copy(esp, len);
            esp[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (bit / 8 == 7 && bit % 8 == 0) {
                /* Sequence number 1 became 0, which is never new. */
                cr_assert_eq(st, IK_ERR_STATE);
                assert_one_drop(&ends[1].env, IK_DROP_ESP_REPLAY);
                continue;
            }
            cr_assert_eq(st, IK_ERR_AUTH, "suite %zu bit %zu", i, bit);
            assert_one_drop(&ends[1].env, IK_DROP_ESP_INTEGRITY);
        }
        /* No forgery moved the window. */
        cr_assert_eq(memcmp(&before, &rx->replay, sizeof before), 0);
        cr_assert_eq(open_copy(esp, len), IK_OK);
    }
}

Test(esp, wrong_key)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        up(&suites[i]);
        size_t len = sealed(buf, 40, &pkt);
        uint8_t encr_len = ik_encr_key_len(suites[i].encr);
        ik_child_keys(&ends[1].ip, rx, false)[suites[i].integ != NULL ? encr_len + 3 : 3] ^= 1;
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_ERR_AUTH);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_INTEGRITY);
    }
}

/* A replay is refused before any octet of it is decrypted. */
Test(esp, replay)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        up(&suites[i]);
        size_t len = sealed(buf, 40, &pkt);
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_OK);
        struct ik_meter spent = ends[1].env.meter;
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_ERR_STATE);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_REPLAY);
        cr_assert_eq(memcmp(&spent, &ends[1].env.meter, sizeof spent), 0);
    }
}

/* Late packets within the window pass once, in any order; what is older does not. */
Test(esp, order)
{
    enum { N = 140 };
    static uint8_t bufs[N][ENDS_BUF];
    static struct ik_pkt pkts[N];
    up(&suites[7]);
    for (size_t i = 0; i < N; i++) {
        sealed(bufs[i], 30, &pkts[i]);
    }
    for (size_t i = N; i-- > 0;) {
        enum ik_status st = open_copy(bufs[i] + pkts[i].off, pkts[i].len);
        cr_assert_eq(st, i >= N - 64 ? IK_OK : IK_ERR_STATE, "packet %zu", i + 1);
    }
    cr_assert_eq(ends[1].env.counters.drop[IK_DROP_ESP_REPLAY], N - 64);
}

/* Seals text with a trailer of our choice, as a peer with a fault would. */
static size_t seal_raw(uint8_t *esp, const struct suite *s, const uint8_t *text, uint16_t len)
{
    struct ik_seal_key key = ik_child_key(&ends[0].ip, tx, true);
    struct ik_sealed m = {.msg = esp, .aad_len = 8, .text_len = len};
    ik_put32(esp, tx->out.spi);
    ik_put32(esp + 4, (uint32_t)++tx->seq);
    memcpy(esp + 8 + s->encr->iv_len, text, len);
    ik_seal(&ends[0].env, &key, &m, tx->seq);
    return 8u + s->encr->iv_len + len + icv_len(s);
}

/* Padding is looked at when it is taken off (2.4): every octet of it, and its length. */
Test(esp, padding_is_checked)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t esp[ENDS_BUF], text[64] = {0};
        up(&suites[i]);
        for (unsigned pad = 0; pad <= 62; pad++) {
            for (unsigned j = 0; j < pad; j++) {
                text[62 - pad + j] = (uint8_t)(j + 1);
            }
            text[62] = (uint8_t)pad;
            text[63] = 4;
            size_t len = seal_raw(esp, &suites[i], text, sizeof text);
            cr_assert_eq(open_copy(esp, len), IK_OK, "suite %zu pad %u", i, pad);
            for (unsigned j = 0; j < pad; j += 7) {
                text[62 - pad + j] ^= 0x40;
                len = seal_raw(esp, &suites[i], text, sizeof text);
                cr_assert_eq(open_copy(esp, len), IK_ERR_SYNTAX);
                assert_one_drop(&ends[1].env, IK_DROP_ESP_PADDING);
                text[62 - pad + j] ^= 0x40;
            }
        }
        for (unsigned pad = 63; pad <= 255; pad++) {
            text[62] = (uint8_t)pad;
            size_t len = seal_raw(esp, &suites[i], text, sizeof text);
            cr_assert_eq(open_copy(esp, len), IK_ERR_SYNTAX);
            assert_one_drop(&ends[1].env, IK_DROP_ESP_PADDING);
        }
    }
}

/* It authenticated, so its number is used up, whatever is wrong inside. */
Test(esp, bad_padding_still_counts_as_seen)
{
    uint8_t esp[ENDS_BUF], text[16] = {0};
    up(&suites[1]);
    text[14] = 3;
    size_t len = seal_raw(esp, &suites[1], text, sizeof text);
    cr_assert_eq(open_copy(esp, len), IK_ERR_SYNTAX);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_PADDING);
    cr_assert_eq(open_copy(esp, len), IK_ERR_STATE);
    assert_one_drop(&ends[1].env, IK_DROP_ESP_REPLAY);
}

struct seen {
    struct ik_trace_rec rec[8];
    unsigned n;
};

static void see(void *ctx, const struct ik_trace_rec *rec)
{
    struct seen *seen = ctx;
    cr_assert_lt(seen->n, 8);
    seen->rec[seen->n++] = *rec;
}

Test(esp, traces_and_time)
{
    struct seen seen[2] = {0};
    uint8_t buf[ENDS_BUF], next;
    struct ik_pkt pkt;
    up(&suites[1]);
    for (unsigned i = 0; i < 2; i++) {
        ends[i].env.trace = see;
        ends[i].env.trace_ctx = &seen[i];
        ends[i].env.now = 777 + i;
    }
    sealed(buf, 20, &pkt);
    cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next), IK_OK);
    cr_assert_eq(seen[0].n, 1);
    cr_assert_eq(seen[0].rec[0].event, IK_TR_ESP_TX);
    cr_assert_eq(seen[0].rec[0].a, tx->out.spi);
    cr_assert_eq(seen[0].rec[0].b, 1);
    cr_assert_eq(seen[1].n, 1);
    cr_assert_eq(seen[1].rec[0].event, IK_TR_ESP_RX);
    cr_assert_eq(seen[1].rec[0].a, rx->in.spi);
    cr_assert_eq(seen[1].rec[0].b, 1);
    cr_assert_eq(tx->sent_at, 777);
    cr_assert_eq(rx->heard_at, 778);
    cr_assert_eq(tx->heard_at, 1000);
    cr_assert_eq(rx->sent_at, 1000);
}
