/* SPDX-License-Identifier: MIT */
/* SAs that are made by hand, without IKE. */
#include "craft.h"

#define SUITE "aes128-aesxcbc"

static uint8_t keys[2][2][64]; /* by direction: 0 from end 0 to end 1; encryption, integrity */

/* What both ends have on a sheet of paper. */
static struct ik_manual paper(struct pair *p, unsigned who)
{
    struct end *e = &p->end[who];
    struct ik_manual m = {
        .spi_in = who == 0 ? 0x1000 : 0x2001,
        .spi_out = who == 0 ? 0x2001 : 0x1000,
        .path = {.carrier = IK_CARRIER_ESP, .local = e->peer[0].local, .remote = e->peer[0].remote},
        .encr_id = IK_ENCR_AES_CBC,
        .encr_key_bits = 128,
        .integ_id = IK_INTEG_AES_XCBC_96};
    for (unsigned i = 0; i < 4; i++) {
        memset(keys[i / 2][i % 2], (int)(0x10 + i), sizeof keys[0][0]);
    }
    m.encr_out = (struct ik_span){keys[who][0], 16};
    m.integ_out = (struct ik_span){keys[who][1], 16};
    m.encr_in = (struct ik_span){keys[!who][0], 16};
    m.integ_in = (struct ik_span){keys[!who][1], 16};
    return m;
}

/* Nobody to ask for an SA, and none by IKE. */
static struct pair *without_ike(int family)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", SUITE, family);
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].policy[0].peer = IK_NO_SLOT;
    }
    pair_start(p);
    return p;
}

static ik_slot make(struct pair *p, unsigned who)
{
    struct ik_manual m = paper(p, who);
    ik_slot slot = IK_NO_SLOT;
    cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, &slot), IK_OK);
    sound(&p->end[who].node);
    return slot;
}

static void assert_no_ike(const struct pair *p)
{
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_IKE_SENT], 0);
        cr_assert_eq(p->end[who].told_n, 0);
    }
}

Test(manual, packets_go_both_ways)
{
    for (unsigned i = 0; i < 4; i++) {
        struct pair *p = without_ike(i % 2 == 0 ? 4 : 6);
        for (unsigned who = 0; who < 2; who++) {
            if (i >= 2) {
                struct ik_manual m = paper(p, who);
                m.path.carrier = IK_CARRIER_UDP4500;
                m.path.local_port = m.path.remote_port = IK_PORT_NATT;
                cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, NULL), IK_OK);
            } else {
                make(p, who);
            }
        }
        for (unsigned k = 0; k < 3; k++) {
            pair_assert_data(p, 0);
            pair_assert_data(p, 1);
        }
        assert_no_ike(p);
        free(p);
    }
}

#if IK_AH
/* By AH: no cipher, and not in UDP. */
Test(manual, ah)
{
    for (unsigned i = 0; i < 2; i++) {
        struct pair *p = pair_new_family("aes128-sha256-x25519", SUITE, i == 0 ? 4 : 6);
        for (unsigned who = 0; who < 2; who++) {
            struct ik_policy *policy = &p->end[who].policy[0];
            policy->peer = IK_NO_SLOT;
            policy->protocol = IK_PROTO_AH;
            p->end[who].esp[0] = (struct ik_proposal){
                2, {{.type = IK_TT_INTEG, .id = IK_INTEG_AES_XCBC_96}, {.type = IK_TT_ESN}}};
        }
        pair_start(p);
        for (unsigned who = 0; who < 2; who++) {
            struct ik_manual m = paper(p, who);
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, NULL), IK_ERR_CONFIG);
            m.path.carrier = IK_CARRIER_AH;
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, NULL), IK_ERR_CONFIG);
            m.encr_id = m.encr_key_bits = 0;
            m.encr_in.len = m.encr_out.len = 0;
            struct ik_manual counts = m; /* GMAC's IV must not come again */
            counts.integ_id = IK_INTEG_AES_128_GMAC;
            counts.integ_in.len = counts.integ_out.len = 20;
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &counts, NULL), IK_ERR_CONFIG);
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, NULL), IK_OK);
        }
        for (unsigned k = 0; k < 3; k++) {
            pair_assert_data(p, 0);
            pair_assert_data(p, 1);
        }
        assert_no_ike(p);
        free(p);
    }
}
#endif

/* Keys that no packet has seen: each cipher may have them, and the numbers may have any length. */
Test(manual, fresh_keys_are_for_every_cipher)
{
    static const struct {
        uint16_t encr, bits, integ, encr_len, integ_len;
    } suites[] = {{IK_ENCR_AES_CTR, 128, IK_INTEG_AES_XCBC_96, 20, 16},
                  {IK_ENCR_AES_CCM_8, 128, 0, 19, 0},
                  {IK_ENCR_AES_GCM_16, 256, 0, 36, 0},
                  {IK_ENCR_CHACHA20_POLY1305, 0, 0, 36, 0},
                  {IK_ENCR_NULL, 0, IK_INTEG_HMAC_SHA2_512_256, 0, 64}};
    for (size_t i = 0; i < 2 * sizeof suites / sizeof suites[0]; i++) {
        struct pair *p = without_ike(4);
        for (unsigned who = 0; who < 2; who++) {
            struct ik_manual m = paper(p, who);
            m.encr_id = suites[i / 2].encr;
            m.encr_key_bits = suites[i / 2].bits;
            m.integ_id = suites[i / 2].integ;
            m.encr_in.len = m.encr_out.len = suites[i / 2].encr_len;
            m.integ_in.len = m.integ_out.len = suites[i / 2].integ_len;
            m.fresh = true;
            m.esn = i % 2 != 0;
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, NULL), IK_OK);
        }
        for (unsigned k = 0; k < 3; k++) {
            pair_assert_data(p, 0);
            pair_assert_data(p, 1);
        }
        free(p);
    }
}

/* Sends one packet from end 0; answers whether it left. */
static bool leaves(struct pair *p)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    unsigned before = p->grams_n;
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_drain(p, 0);
    return p->grams_n > before;
}

Test(manual, without_an_sa_nothing_leaves)
{
    struct pair *p = without_ike(4);
    cr_assert_not(leaves(p));
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 0);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_PEER);
    free(p);
}

Test(manual, what_is_wrong_does_not_come_in)
{
    struct pair *p = without_ike(4);
    make(p, 0);
    make(p, 1);
    cr_assert(leaves(p));
    struct gram *g = &p->grams[0];
    g->b[g->len - 1] ^= 1;
    pair_deliver(p, g);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_ESP_INTEGRITY), 1);
    g->b[g->len - 1] ^= 1;
    pair_deliver(p, g);
    pair_deliver(p, g);
    cr_assert_eq(p->end[1].got_n, 1);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_ESP_REPLAY), 1);
    g->b[3] ^= 0x40; /* the SPI */
    pair_deliver(p, g);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_ESP_UNKNOWN_SPI), 1);
    cr_assert_eq(p->end[1].got_n, 1);
    free(p);
}

/* Numbers go on where they were: what was received before is old, and 2^32 is passed. */
Test(manual, numbers_go_on)
{
    for (unsigned i = 0; i < 2; i++) {
        struct pair *p = without_ike(4);
        uint64_t sent = i == 0 ? 1000 : UINT64_C(0x1fffffffe);
        ik_slot slot[2];
        for (unsigned who = 0; who < 2; who++) {
            struct ik_manual m = paper(p, who);
            m.esn = i != 0;
            m.sent = sent;
            m.received = sent + (who == 0 ? 0 : 2); /* two of end 0 had come that it forgot */
            cr_assert_eq(ik_node_manual(&p->end[who].node, p->now, &m, &slot[who]), IK_OK);
        }
        for (unsigned k = 0; k < 5; k++) {
            cr_assert(leaves(p));
            pair_deliver(p, &p->grams[p->grams_n - 1]);
        }
        cr_assert_eq(p->end[1].got_n, 3);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_ESP_REPLAY), 2);
        for (unsigned k = 0; k < 3; k++) {
            pair_assert_data(p, 1);
        }
        struct ik_child_info info;
        cr_assert(ik_child_info(&p->end[0].node, slot[0], &info));
        cr_assert(info.seq_out == sent + 5 && info.seq_in == sent + 3);
        free(p);
    }
}

/* An SPI says nothing about the slot; several with the same low bits stand beside each other, and
 * beside one that IKE made. */
Test(manual, beside_each_other_and_beside_ike)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", SUITE, 4);
    pair_start(p);
    struct ik_manual m = paper(p, 0);
    for (uint32_t i = 0; i < 3; i++) {
        m.spi_in = 0x5000 + 0x100 * i;
        cr_assert_eq(ik_node_manual(&p->end[0].node, p->now, &m, NULL), IK_OK);
        cr_assert_eq(ik_sad_find(&p->end[0].node.ipsec, m.spi_in)->in.spi, m.spi_in);
    }
    for (ik_slot slot = 0; slot < 3; slot++) {
        ik_node_rekey_child(&p->end[0].node, p->now, slot); /* nobody could be asked */
    }
    cr_assert_null(ik_sad_find(&p->end[0].node.ipsec, 0x5300));
    pair_assert_usage(p, 0, 0, 3);
    pair_up(p); /* the fourth */
    pair_assert_up(p);
    struct ik_child_info info;
    for (ik_slot slot = 0; slot < 3; slot++) {
        cr_assert(ik_child_info(&p->end[0].node, slot, &info));
        cr_assert_eq(info.ike, IK_NO_SLOT);
        ik_node_down_child(&p->end[0].node, p->now, slot);
        sound(&p->end[0].node);
    }
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    pair_assert_usage(p, 0, 1, 1);
    free(p);
}

Test(manual, its_end_leaves_nothing)
{
    for (unsigned by = 0; by < 2; by++) {
        struct pair *p = without_ike(4);
        ik_slot slot = make(p, 0);
        make(p, 1);
        pair_assert_data(p, 0);
        struct ik_child_sa *sa = &p->end[0].child_sas[slot];
        cr_assert_neq(sa->keys[0][0], 0);
        if (by == 0) {
            ik_node_down_child(&p->end[0].node, p->now, slot);
        } else {
            cr_assert_eq(ik_node_configure(&p->end[0].node, p->now, &p->end[0].config), IK_OK);
        }
        cr_assert_eq(sa->state, IK_CHILD_FREE);
        for (size_t i = 0; i < sizeof sa->keys; i++) {
            cr_assert_eq(((const uint8_t *)sa->keys)[i], 0);
        }
        cr_assert_not(leaves(p));
        pair_assert_usage(p, 0, 0, 0);
        make(p, 0);
        cr_assert(leaves(p));
        assert_no_ike(p);
        free(p);
    }
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void refused(struct pair *p, const struct ik_manual *m, enum ik_status why)
{
    ik_slot slot = 77;
    cr_assert_eq(ik_node_manual(&p->end[0].node, p->now, m, &slot), why);
    cr_assert_eq(slot, 77);
    sound(&p->end[0].node);
}

Test(manual, counters_want_fresh_keys)
{
    static const struct {
        uint16_t encr, bits, integ, len;
    } suites[] = {{IK_ENCR_AES_CTR, 128, IK_INTEG_AES_XCBC_96, 20},
                  {IK_ENCR_AES_CCM_8, 128, 0, 19},
                  {IK_ENCR_AES_GCM_16, 128, 0, 20},
                  {IK_ENCR_AES_GCM_16, 128, IK_INTEG_AES_XCBC_96, 20},
                  {IK_ENCR_CHACHA20_POLY1305, 0, 0, 36},
                  {IK_ENCR_AES_CBC, 128, IK_INTEG_AES_128_GMAC, 16}, /* of AH only */
                  {IK_ENCR_AES_CBC, 128, 0, 16}};
    struct pair *p = without_ike(4);
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        struct ik_manual m = paper(p, 0);
        m.encr_id = suites[i].encr;
        m.encr_key_bits = suites[i].bits;
        m.integ_id = suites[i].integ;
        m.encr_in.len = m.encr_out.len = suites[i].len;
        m.integ_in.len = m.integ_out.len = suites[i].integ == IK_INTEG_AES_128_GMAC ? 20
                                           : suites[i].integ != 0                   ? 16
                                                                                    : 0;
        refused(p, &m, IK_ERR_CONFIG);
    }
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

Test(manual, wrong_words)
{
    struct pair *p = without_ike(4);
    const struct ik_manual good = paper(p, 0);
    for (unsigned i = 0; i < 17; i++) {
        struct ik_manual m = good;
        struct ik_span *keys_of[] = {&m.encr_in, &m.encr_out, &m.integ_in, &m.integ_out};
        switch (i) {
        case 0:
            m.policy = 1;
            break;
        case 1:
            m.policy = IK_NO_SLOT;
            break;
        case 2:
            m.spi_in = 255;
            break;
        case 3:
            m.spi_out = 0;
            break;
        case 4:
            m.path.carrier = IK_CARRIER_UDP500;
            break;
        case 5:
            m.path.carrier = IK_CARRIER_UDP4500; /* without ports */
            break;
        case 6:
            m.path.remote.family = 6;
            break;
        case 7:
            m.path.local.family = m.path.remote.family = 0;
            break;
        case 8:
            m.encr_id = 999;
            break;
        case 9:
            m.integ_id = 999;
            break;
        case 14:
            m.sent = UINT64_C(1) << 32; /* without esn */
            break;
        case 15:
            m.received = UINT64_MAX;
            break;
        case 16:
            m.integ_id = 0; /* of a cipher that needs one */
            m.integ_in.len = m.integ_out.len = 0;
            break;
        default:
            keys_of[i - 10]->len = (uint16_t)(i % 2 == 0 ? 15 : 17);
            break;
        }
        refused(p, &m, IK_ERR_CONFIG);
    }
    make(p, 0);
    refused(p, &good, IK_ERR_CONFIG); /* its SPI is in use */
    p->end[0].policy[0].action = IK_BYPASS;
    struct ik_manual other = good;
    other.spi_in++;
    refused(p, &other, IK_ERR_CONFIG);
    free(p);
}

Test(manual, no_room_and_no_seed)
{
    struct pair *p = without_ike(4);
    struct ik_manual m = paper(p, 0);
    for (unsigned i = 0; i < PAIR_SAS; i++, m.spi_in++) {
        cr_assert_eq(ik_node_manual(&p->end[0].node, p->now, &m, NULL), IK_OK);
    }
    refused(p, &m, IK_ERR_NO_ROOM);
    cr_assert_eq(ik_node_init(&p->end[0].node, &p->end[0].config, &p->end[0].host, p->now), IK_OK);
    refused(p, &m, IK_ERR_STATE);
    free(p);
}
