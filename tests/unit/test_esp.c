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
    if (hides(s->encr) && len >= 8) {
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
        if (suites[i].encr == &ik_encr_null) {
            continue;
        }
        up(&suites[i]);
        uint8_t a[ENDS_BUF] = {0}, b[ENDS_BUF] = {0};
        struct ik_pkt pa = pkt_of(a, 32), pb = pkt_of(b, 32);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pa, 4), IK_OK);
        cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pb, 4), IK_OK);
        uint16_t iv = (uint16_t)(pa.off + 8);
        cr_assert(suites[i].encr->iv_len == 0 ||
                  memcmp(a + iv, b + iv, suites[i].encr->iv_len) != 0);
        /* What is behind the text of GMAC is its ICV. */
        cr_assert_neq(memcmp(a + ENDS_AT, b + ENDS_AT, hides(suites[i].encr) ? 32 : 52), 0);
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

/* ---- extended sequence numbers (RFC 4303 2.2.1, appendix A) ------------------------------------
 */

static void up_esn(const struct suite *s, uint64_t last, uint16_t window)
{
    up(s);
    tx->esn = rx->esn = true;
    tx->seq = last;
    ik_child_window(&ends[1].ip, rx, window);
    rx->replay.last = last;
}

/* Across each place where half of the number changes; the low half travels, all of it counts. */
Test(esp, esn_round_trips)
{
    static const uint64_t begins[] = {0, UINT32_MAX - 3, UINT64_C(0x7fffffff),
                                      UINT64_C(0x1fffffffd), UINT64_C(0xfffffffffffffff0)};
    for (size_t i = 0; i < SUITES_N; i++) {
        for (size_t b = 0; b < sizeof begins / sizeof begins[0]; b++) {
            up_esn(&suites[i], begins[b], 64);
            for (unsigned n = 1; n <= 8; n++) {
                uint8_t buf[ENDS_BUF], want[ENDS_BUF], next;
                struct ik_pkt pkt;
                fill(want, 50);
                memcpy(buf + ENDS_AT, want, 50);
                pkt = pkt_of(buf, 50);
                cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4), IK_OK);
                cr_assert_eq(ik_get32(buf + pkt.off + 4), (uint32_t)(begins[b] + n));
                cr_assert_eq(pkt.len, sealed_len(&suites[i], 50), "the high half is not sent");
                if (suites[i].encr->iv_len == 8) {
                    cr_assert_eq(ik_get32(buf + pkt.off + 8), (uint32_t)((begins[b] + n) >> 32));
                }
                cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next), IK_OK);
                cr_assert_eq(memcmp(buf + pkt.off, want, 50), 0);
                cr_assert_eq(rx->replay.last, begins[b] + n);
            }
            cr_assert_eq(drops_of(&ends[0].env) + drops_of(&ends[1].env), 0);
        }
    }
}

/* The high half is authenticated: a peer that believes in another one is refused. */
Test(esp, esn_half_is_authenticated)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        up_esn(&suites[i], 5, 64);
        tx->seq = UINT64_C(0x300000005);
        size_t len = sealed(buf, 40, &pkt);
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_ERR_AUTH);
        assert_one_drop(&ends[1].env, IK_DROP_ESP_INTEGRITY);
        /* Without ESN at one end, too. */
        up_esn(&suites[i], 5, 64);
        rx->esn = false;
        len = sealed(buf, 40, &pkt);
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_ERR_AUTH);
    }
}

/* What the number is, by the definition: of all with this low half, the one that lies in the window
 * or less than 2^32 - size beyond its left edge. Every distance near each edge. */
static void believed(uint64_t last, uint16_t size, int64_t distance)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    uint64_t seq = last + (uint64_t)distance;
    bool before_first = distance < 0 && (uint64_t)-distance >= last;
    up_esn(&suites[22], last, size);
    tx->seq = seq - 1;
    size_t len = sealed(buf, 40, &pkt);
    enum ik_status st = open_copy(buf + pkt.off, len);
    bool in_reach = distance > -(int64_t)size && distance <= (int64_t)UINT32_MAX - size + 1;
    if (in_reach && !before_first) {
        cr_assert_eq(st, IK_OK, "last %llx size %u distance %lld", (unsigned long long)last, size,
                     (long long)distance);
        cr_assert_eq(rx->replay.last, distance > 0 ? seq : last);
    } else {
        cr_assert_neq(st, IK_OK, "last %llx size %u distance %lld", (unsigned long long)last, size,
                      (long long)distance);
        cr_assert_eq(rx->replay.last, last);
    }
}

Test(esp, esn_at_every_edge)
{
    static const uint64_t lasts[] = {1,
                                     10,
                                     63,
                                     64,
                                     1000,
                                     UINT32_MAX - 1,
                                     UINT32_MAX,
                                     UINT64_C(0x100000000),
                                     UINT64_C(0x100000020),
                                     UINT64_C(0x10000003e),
                                     UINT64_C(0x10000003f),
                                     UINT64_C(0x100000040),
                                     UINT64_C(0x2fffffff0),
                                     UINT64_C(0x500001234)};
    static const uint16_t windows[] = {32, 64, 1024};
    for (size_t l = 0; l < sizeof lasts / sizeof lasts[0]; l++) {
        for (size_t w = 0; w < 3; w++) {
            int64_t far = (int64_t)UINT32_MAX - windows[w] + 1;
            for (int64_t d = -3; d <= 3; d++) {
                believed(lasts[l], windows[w], d != 0 ? d : 4);
                believed(lasts[l], windows[w], far + d);
                if (lasts[l] > (uint64_t)windows[w] + 3) {
                    believed(lasts[l], windows[w], d - windows[w]);
                }
            }
        }
    }
}

/* More than 2^32 behind: the same low half comes again, and is no news. */
Test(esp, esn_replay_of_an_old_round)
{
    uint8_t buf[ENDS_BUF];
    struct ik_pkt pkt;
    up_esn(&suites[22], 999, 64);
    size_t len = sealed(buf, 40, &pkt); /* number 1000 */
    cr_assert_eq(open_copy(buf + pkt.off, len), IK_OK);
    rx->replay.last = UINT64_C(0x100000000) + 990;
    cr_assert_eq(open_copy(buf + pkt.off, len), IK_ERR_AUTH);
    rx->replay.last = UINT64_C(0x100000000) + 1000;
    cr_assert_neq(open_copy(buf + pkt.off, len), IK_OK);
    cr_assert_eq(rx->replay.last, UINT64_C(0x100000000) + 1000);
}

/* 64 bits are not used up, and 32 of them are no limit. */
Test(esp, esn_goes_beyond_32_bits)
{
    up_esn(&suites[22], UINT32_MAX - 1, 64);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t buf[ENDS_BUF];
        struct ik_pkt pkt;
        size_t len = sealed(buf, 20, &pkt);
        cr_assert_eq(open_copy(buf + pkt.off, len), IK_OK);
    }
    cr_assert_not(tx->due);
    cr_assert_eq(tx->seq, UINT64_C(0x100000002));
}

/* RFC 4303 2.2.1: the integrity algorithm sees the high half behind the packet, the AEAD between
 * SPI and low half (RFC 4106 section 5), by the primitives alone. */
Test(esp, esn_where_it_is_authenticated)
{
    uint8_t buf[ENDS_BUF], mac[32], esn[4] = {0, 0, 0, 7};
    struct ik_pkt pkt;
    up_esn(&suites[1], UINT64_C(0x700000009), 64); /* CBC and HMAC with SHA-256 */
    size_t len = sealed(buf, 40, &pkt);
    struct ik_seal_key key = ik_child_key(&ends[0].ip, tx, true);
    br_hmac_key_context hk;
    br_hmac_context h;
    br_hmac_key_init(&hk, &br_sha256_vtable, key.integ_key, 32);
    br_hmac_init(&h, &hk, 16);
    br_hmac_update(&h, buf + pkt.off, len - 16);
    br_hmac_update(&h, esn, 4);
    br_hmac_out(&h, mac);
    cr_assert_eq(memcmp(mac, buf + pkt.off + len - 16, 16), 0);

    up_esn(&suites[22], UINT64_C(0x700000009), 64); /* GCM */
    len = sealed(buf, 40, &pkt);
    key = ik_child_key(&ends[0].ip, tx, true);
    uint8_t *esp = buf + pkt.off, nonce[12], aad[12], tag[16];
    br_aes_ct_ctr_keys ctr;
    br_gcm_context gcm;
    br_aes_ct_ctr_init(&ctr, key.encr_key, key.encr->key_len);
    memcpy(nonce, key.encr_key + key.encr->key_len, 4);
    memcpy(nonce + 4, esp + 8, 8);
    memcpy(aad, esp, 4);
    memcpy(aad + 4, esn, 4);
    memcpy(aad + 8, esp + 4, 4);
    br_gcm_init(&gcm, &ctr.vtable, br_ghash_ctmul);
    br_gcm_reset(&gcm, nonce, 12);
    br_gcm_aad_inject(&gcm, aad, 12);
    br_gcm_flip(&gcm);
    br_gcm_run(&gcm, 0, esp + 16, len - 32);
    br_gcm_get_tag(&gcm, tag);
    cr_assert_eq(memcmp(tag, esp + len - 16, key.encr->icv_len), 0);
}
