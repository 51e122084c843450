/* SPDX-License-Identifier: MIT */
/* Messages that come in fragments (RFC 7383 2.6), from a peer that cuts as it likes. */
#include "craft.h"

#define PLACES 2
#define TEXT_MAX 3000

static struct ik_reassembly places[2][PLACES];
static struct ik_buffer sealed[2];

/* Both ends are up, and take fragments. */
static struct pair *begin(void)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].host.reassemblies = places[who];
        p->end[who].host.reassemblies_n = PLACES;
        p->end[who].host.fragment = &sealed[who];
        p->end[who].peer[0].fragment = 200;
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* Lists and free list hold each place once; only a taken one is not zero. */
static unsigned taken(const struct pair *p)
{
    const struct ik_node *node = &p->end[1].node;
    unsigned in_order = 0, of_sas = 0, unused = 0;
    ik_slot before = IK_NO_SLOT;
    for (ik_slot i = node->reassembly_first; i != IK_NO_SLOT; i = places[1][i].later) {
        cr_assert_eq(places[1][i].earlier, before);
        before = i;
        cr_assert_lt(in_order++, PLACES);
    }
    cr_assert_eq(node->reassembly_last, before);
    for (ik_slot k = 0; k < PAIR_SAS; k++) {
        const struct ik_ike_sa *sa = ik_ike_at(node, k);
        ik_slot i = sa->state == IK_IKE_FREE ? IK_NO_SLOT : sa->reassembly;
        for (; i != IK_NO_SLOT; i = places[1][i].next) {
            cr_assert_eq(places[1][i].ike, k);
            cr_assert_lt(of_sas++, PLACES);
        }
    }
    for (ik_slot i = node->reassembly_free; i != IK_NO_SLOT; i = places[1][i].next) {
        cr_assert_eq(places[1][i].total, 0);
        for (unsigned k = 0; k < IK_MSG_MAX; k++) {
            cr_assert_eq(places[1][i].b[k], 0, "a free place holds text");
        }
        cr_assert_lt(unused++, PLACES);
    }
    cr_assert_eq(in_order, of_sas);
    cr_assert_eq(in_order + unused, PLACES);
    return in_order;
}

/* One fragment of a request of end 0. */
struct piece {
    uint32_t msgid;
    uint16_t number, total;
    uint8_t first;
    const uint8_t *text;
    uint16_t len;
};

static uint16_t seal(struct pair *p, const struct piece *f, uint8_t *buf)
{
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    struct ik_sealed s = {.msg = buf};
    struct ik_hdr hdr;
    struct ik_chain c;
    ik_hdr_fill(sa, &hdr, IK_EX_INFORMATIONAL, false, f->msgid);
    ik_msg_begin(&c, buf, PAIR_BUF - 4, &hdr);
    ik_sk_open(&c, sa->suite.encr->iv_len, f->number, f->total);
    ik_wr_bytes(&c.w, f->text, f->len);
    ik_sk_close(&c, f->first, sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len,
                &s.text_len);
    cr_assert(ik_wr_ok(&c.w));
    ik_seal(&p->end[0].node.env, &key, &s, 0);
    return c.w.len;
}

static void give(struct pair *p, const struct piece *f)
{
    uint8_t buf[PAIR_BUF];
    craft_give(p, 0, buf, seal(p, f, buf));
    taken(p);
}

/* A chain of two Vendor IDs: any octet that is not in its place breaks it or is seen. */
static uint16_t text_of(uint8_t *text, uint16_t len)
{
    struct ik_chain c;
    static uint8_t fill[TEXT_MAX];
    for (unsigned i = 0; i < TEXT_MAX; i++) {
        fill[i] = (uint8_t)(i * 7 + i / 256);
    }
    ik_chain_begin(&c, text, TEXT_MAX);
    ik_vendor_put(&c, (struct ik_span){fill, (uint16_t)(len / 2 - 4)});
    ik_vendor_put(&c, (struct ik_span){fill, (uint16_t)(len - len / 2 - 4)});
    cr_assert(ik_wr_ok(&c.w));
    return c.w.len;
}

/* Fragment number of total, of chunks of so many octets, the last being the rest. */
static struct piece piece(const uint8_t *text, uint16_t len, uint16_t number, uint16_t total,
                          uint16_t chunk)
{
    uint16_t at = (uint16_t)((number - 1) * chunk);
    at = at < len ? at : len;
    uint16_t n = number == total || chunk > len - at ? (uint16_t)(len - at) : chunk;
    return (struct piece){.msgid = 2,
                          .number = number,
                          .total = total,
                          .first = number == 1 ? IK_PL_VENDOR : IK_PL_NONE,
                          .text = text + at,
                          .len = n};
}

static unsigned answers(const struct pair *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->grams_n; i++) {
        n += p->grams[i].from == 1;
    }
    return n;
}

static void still_up(struct pair *p)
{
    cr_assert_eq(craft_sa(p, 1)->state, IK_IKE_UP);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_SYNTAX), 0);
}

/* ---- what makes a whole ---------------------------------------------------------------------- */

/* Four pieces of unlike lengths, one of them empty, in each of 24 orders. */
Test(reassemble, every_order)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 301);
    for (unsigned order = 0; order < 24; order++) {
        struct pair *p = begin();
        struct piece f[4] = {piece(text, len, 1, 4, 100), piece(text, len, 2, 4, 100),
                             piece(text, len, 3, 4, 100), piece(text, len, 4, 4, 100)};
        f[1].len = 0;
        f[2].text = text + 100;
        f[2].len = 151;
        f[3].text = text + 251;
        f[3].len = (uint16_t)(len - 251);
        unsigned before = answers(p), at = order, left[4] = {0, 1, 2, 3};
        for (unsigned n = 4; n > 0; n--) {
            unsigned pick = at % n;
            at /= n;
            cr_assert_eq(answers(p), before);
            give(p, &f[left[pick]]);
            left[pick] = left[n - 1];
        }
        cr_assert_eq(answers(p), before + 1, "order %u", order);
        cr_assert_eq(taken(p), 0);
        still_up(p);
        free(p);
    }
}

/* One fragment is a whole; and as many as there can be. */
Test(reassemble, one_and_the_most)
{
    uint8_t text[TEXT_MAX];
    static const uint16_t totals[] = {1, 2, IK_FRAGMENTS_MAX};
    for (unsigned i = 0; i < 3; i++) {
        struct pair *p = begin();
        uint16_t len = text_of(text, 2900), chunk = (uint16_t)(len / totals[i]);
        unsigned before = answers(p);
        for (uint16_t k = totals[i]; k > 0; k--) {
            struct piece f = piece(text, len, k, totals[i], chunk);
            give(p, &f);
        }
        cr_assert_eq(answers(p), before + 1);
        cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_REASSEMBLED], 2);
        still_up(p);
        free(p);
    }
}

/* ---- what does not --------------------------------------------------------------------------- */

Test(reassemble, too_many_or_too_long)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 2990);
    struct pair *p = begin();
    struct piece f = piece(text, len, 1, IK_FRAGMENTS_MAX + 1, 40);
    give(p, &f);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 1);
    cr_assert_eq(taken(p), 0);
    /* Together they are longer than any message that is taken: all is forgotten. */
    for (uint16_t k = 1; k <= 2; k++) {
        f = piece(text, len, k, 3, 2000);
        f.text = text;
        f.len = 2000;
        give(p, &f);
    }
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 2);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_REASSEMBLY_LOST], 1);
    cr_assert_eq(taken(p), 0);
    still_up(p);
    free(p);
}

/* 2.6: the larger total counts, and nothing of the smaller one is mixed in; what comes of that
 * later is dropped. */
Test(reassemble, larger_total)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 600);
    struct pair *p = begin();
    unsigned before = answers(p);
    struct piece f = piece(text, len, 2, 3, 250);
    give(p, &f);
    f = piece(text, len, 1, 3, 250);
    give(p, &f);
    for (uint16_t k = 1; k <= 5; k++) {
        f = piece(text, len, k, 6, 110);
        give(p, &f);
        f = piece(text, len, 3, 3, 250);
        give(p, &f);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_FRAGMENT), k);
        cr_assert_eq(answers(p), before);
    }
    f = piece(text, len, 6, 6, 110);
    give(p, &f);
    cr_assert_eq(answers(p), before + 1);
    still_up(p);
    free(p);
}

/* 2.6: "this message is considered a replay": dropped before anything is opened. */
Test(reassemble, twice)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 600);
    struct pair *p = begin();
    struct piece f = piece(text, len, 1, 3, 250);
    give(p, &f);
    struct ik_meter meter = p->end[1].node.env.meter;
    give(p, &f);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_FRAGMENT), 1);
    cr_assert_eq(p->end[1].node.env.meter.n[IK_COST_AES128_BLOCK], meter.n[IK_COST_AES128_BLOCK]);
    free(p);
}

/* Cut off anywhere, or with a bit flipped anywhere: no place is taken, and the right one is. */
Test(reassemble, every_truncation_and_bit)
{
    uint8_t text[TEXT_MAX], buf[PAIR_BUF];
    uint16_t len = text_of(text, 100);
    struct pair *p = begin();
    struct piece f = piece(text, len, 1, 2, 50);
    uint16_t n = seal(p, &f, buf);
    for (uint16_t cut = 0; cut < n; cut++) {
        uint8_t copy[PAIR_BUF];
        memcpy(copy, buf, n);
        craft_give(p, 0, copy, cut);
        ik_put32(copy + 24, cut); /* and once more with lengths that fit */
        if (cut >= 32) {
            ik_put16(copy + 30, (uint16_t)(cut - 28));
        }
        craft_give(p, 0, copy, cut);
        cr_assert_eq(taken(p), 0, "%u octets", cut);
    }
    for (unsigned bit = 0; bit < 8u * n; bit++) {
        buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
        craft_give(p, 0, buf, n);
        cr_assert_eq(taken(p), 0, "bit %u", bit);
        buf[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    craft_give(p, 0, buf, n);
    cr_assert_eq(taken(p), 1);
    cr_assert_eq(craft_sa(p, 1)->state, IK_IKE_UP);
    free(p);
}

/* Another message's turn comes when the first is whole; and not of another exchange. */
Test(reassemble, one_at_a_time)
{
    uint8_t text[TEXT_MAX], buf[PAIR_BUF];
    uint16_t len = text_of(text, 300);
    struct pair *p = begin();
    p->end[1].config.window = 4;
    craft_sa(p, 1)->window.size_in = 4;
    struct piece f = piece(text, len, 1, 2, 200);
    give(p, &f);
    f.msgid = 3;
    give(p, &f);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 1);
    cr_assert_eq(taken(p), 1);
    f = piece(text, len, 2, 2, 200);
    uint16_t n = seal(p, &f, buf);
    buf[18] = IK_EX_CREATE_CHILD_SA;
    craft_give(p, 0, buf, n);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_UNEXPECTED), 1);
    give(p, &f);
    cr_assert_eq(taken(p), 0);
    still_up(p);
    free(p);
}

/* What came whole after all needs its fragments no more. */
Test(reassemble, whole_after_all)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 300);
    struct pair *p = begin();
    struct piece f = piece(text, len, 1, 2, 200);
    give(p, &f);
    cr_assert_eq(taken(p), 1);
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_INFORMATIONAL, false, 2, IK_PL_VENDOR, text, len});
    cr_assert_eq(taken(p), 0);
    still_up(p);
    free(p);
}

/* An SA that ends forgets what had come. */
Test(reassemble, end_of_the_sa)
{
    uint8_t text[TEXT_MAX];
    uint16_t len = text_of(text, 300);
    struct pair *p = begin();
    struct piece f = piece(text, len, 1, 2, 200);
    give(p, &f);
    ik_node_down(&p->end[1].node, p->now, IK_NO_SLOT);
    pair_settle(p);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(taken(p), 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* The host is asked who it is, and answers later: the request is kept, as it was put together. */
static bool know(struct end *e, const struct ik_effect *fx, struct ik_credential *who)
{
    (void)fx;
    *who = (struct ik_credential){0, e->peer[0].psk};
    return true;
}

Test(reassemble, lookup)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519",
                                     "aes128gcm16,aes256gcm16,aes128-sha256,aes256-sha384", 4);
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].host.reassemblies = places[who];
        p->end[who].host.reassemblies_n = PLACES;
        p->end[who].host.fragment = &sealed[who];
        p->end[who].peer[0].fragment = 200;
    }
    p->end[1].config.lookup = true;
    p->end[1].lookup = know;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].lookups, 1);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_REASSEMBLED], 1);
    free(p);
}

/* ---- sizes of ours --------------------------------------------------------------------------- */

/* No datagram is larger than was asked for, whatever is between; and none could be larger by a
 * block. */
Test(fragment, sizes)
{
    static const char *const suites[] = {"aes128-sha256-x25519", "aes256-sha512-x25519",
                                         "aes128gcm16-prfsha256-x25519",
                                         "chacha20poly1305-prfsha256-x25519"};
    for (unsigned i = 0; i < 8; i++) {
        for (uint16_t size = 200; size < 300; size++) {
            struct pair *p = pair_new_family(suites[i / 2], "aes128gcm16,aes256gcm16,aes128-sha256",
                                             i % 2 != 0 ? 6 : 4);
            uint16_t head = i % 2 != 0 ? 48 : 28, most = 0;
            for (unsigned who = 0; who < 2; who++) {
                p->end[who].host.reassemblies = places[who];
                p->end[who].host.reassemblies_n = PLACES;
                p->end[who].host.fragment = &sealed[who];
                p->end[who].peer[0].fragment = size;
            }
            pair_start(p);
            pair_up(p);
            pair_assert_up(p);
            for (unsigned k = 0; k < p->grams_n; k++) {
                const struct gram *g = &p->grams[k];
                if (g->b[16] == IK_PL_SKF && g->len > most) {
                    most = g->len;
                }
            }
            cr_assert_leq(most + head + 4, size);
            cr_assert_gt(most + head + 4 + 16, size);
            free(p);
        }
    }
}
