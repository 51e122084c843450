/* SPDX-License-Identifier: MIT */
/* Key schedules that are kept give what those give that are made anew, and are gone with their SA.
 */
#include "ipsec_ends.h"

static struct end ends[2];

/* End `who` keeps its key schedules, if there is one to keep. */
static struct ik_child_sa *up(const struct suite *s, unsigned who, bool kept)
{
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    end_init(&ends[1], 1, IK_TUNNEL, 4);
    unsigned slot = ends_up(ends, s, 4, false);
    struct ik_child_sa *sa = &ends[who].sas[slot];
    ends[who].ip.prepared_pool.n = kept;
    ik_child_prepare(&ends[who].env, &ends[who].ip, sa);
    cr_assert_eq(sa->prepared, kept);
    return sa;
}

static struct ik_pkt seal(uint8_t *buf, size_t len, bool esn)
{
    struct ik_child_sa *tx = &ends[0].sas[0];
    for (size_t i = 0; i < len; i++) {
        buf[ENDS_AT + i] = (uint8_t)(i * 31 + len);
    }
    tx->esn = esn;
    struct ik_pkt pkt = pkt_of(buf, len);
    cr_assert_eq(ik_esp_seal(&ends[0].env, &ends[0].ip, tx, &pkt, 4), IK_OK);
    return pkt;
}

/* Every suite, with lengths that fill blocks and that do not, several packets by one schedule. */
Test(prepared, seals_the_same)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        for (unsigned esn = 0; esn < 2; esn++) {
            static uint8_t fresh[60][ENDS_BUF], kept[60][ENDS_BUF];
            static struct ik_pkt pkts[60];
            up(&suites[i], 0, false);
            for (size_t len = 0; len < 60; len++) {
                pkts[len] = seal(fresh[len], len * 7, esn != 0);
            }
            up(&suites[i], 0, true);
            for (size_t len = 0; len < 60; len++) {
                struct ik_pkt pkt = seal(kept[len], len * 7, esn != 0);
                cr_assert_eq(pkt.len, pkts[len].len);
                cr_assert_eq(memcmp(kept[len] + pkt.off, fresh[len] + pkt.off, pkt.len), 0,
                             "suite %zu length %zu", i, len * 7);
            }
        }
    }
}

Test(prepared, opens_the_same)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        struct ik_child_sa *rx = up(&suites[i], 1, true);
        for (size_t len = 0; len < 60; len++) {
            uint8_t buf[ENDS_BUF] = {0}, copy[ENDS_BUF], next;
            struct ik_pkt pkt = seal(buf, len * 7, false), bad = pkt;
            memcpy(copy, buf, sizeof copy);
            bad.buf = copy;
            copy[bad.off + 8 + len % (bad.len - 8u)] ^= 4;
            cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &bad, &next), IK_ERR_AUTH);
            cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, rx, &pkt, &next), IK_OK);
            for (size_t j = 0; j < len * 7; j++) {
                cr_assert_eq(buf[pkt.off + j], (uint8_t)(j * 31 + len * 7));
            }
        }
    }
}

/* No schedule is computed for a packet: that is what it is for. */
Test(prepared, no_setup_for_each_packet)
{
    for (size_t i = 0; i < SUITES_N; i++) {
        uint8_t buf[ENDS_BUF] = {0};
        up(&suites[i], 0, true);
        struct ik_meter before = ends[0].env.meter;
        seal(buf, 100, false);
        for (unsigned c = IK_COST_AES128_SETUP; c <= IK_COST_AES256_SETUP; c++) {
            bool by_aes = suites[i].integ == &ik_integ_aes_xcbc_96 ||
                          suites[i].integ == &ik_integ_aes_cmac_96;
            cr_assert(by_aes || ends[0].env.meter.n[c] == before.n[c], "suite %zu", i);
        }
    }
}

Test(prepared, room_is_shared_and_wiped)
{
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    struct ik_ipsec *ip = &ends[0].ip;
    struct ik_child_sa *sa[3];
    ip->prepared_pool.n = 2;
    memset(ends[0].prepared, 0xa5, sizeof ends[0].prepared);
    for (unsigned i = 0; i < 3; i++) {
        sa[i] = ik_sad_alloc(&ends[0].env, ip);
        cr_assert(ik_child_suite_set(ip, sa[i], &ik_encr_aes_gcm_16_128, NULL));
        ik_child_prepare(&ends[0].env, ip, sa[i]);
        cr_assert_eq(sa[i]->prepared, i < 2 ? i + 1 : 0);
    }
    ik_child_wipe(ip, sa[0]);
    for (size_t i = sizeof(uint16_t); i < sizeof ends[0].prepared[0]; i++) {
        cr_assert_eq(((uint8_t *)&ends[0].prepared[0])[i], 0);
    }
    ik_child_prepare(&ends[0].env, ip, sa[2]);
    cr_assert_eq(sa[2]->prepared, 1);
}

/* A row of the host's that keeps something elsewhere is told when it is to go, once for each
 * direction. */
static unsigned released;

static void count_release(void *ctx)
{
    cr_assert_not_null(ctx);
    released++;
}

Test(prepared, rows_are_told_of_the_end)
{
    struct ik_encr row = ik_encr_aes_gcm_16_128;
    row.release = count_release;
    end_init(&ends[0], 0, IK_TUNNEL, 4);
    ends[0].ip.prepared_pool.n = 1;
    struct ik_child_sa *sa = ik_sad_alloc(&ends[0].env, &ends[0].ip);
    cr_assert(ik_child_suite_set(&ends[0].ip, sa, &row, NULL));
    ik_child_prepare(&ends[0].env, &ends[0].ip, sa);
    cr_assert_eq(released, 0);
    ik_child_wipe(&ends[0].ip, sa);
    cr_assert_eq(released, 2);
    ik_child_wipe(&ends[0].ip, sa);
    cr_assert_eq(released, 2);
}

/* An SA at rest takes no room: the first packet of it does, whichever way it goes, and once. */
Test(prepared, at_the_first_packet)
{
    uint8_t buf[ENDS_BUF] = {0}, next;
    up(&suites[0], 0, false);
    for (unsigned who = 0; who < 2; who++) {
        ends[who].ip.prepared_pool.n = 2;
        cr_assert_eq(ends[who].sas[0].prepared, 0);
    }
    struct ik_pkt pkt = seal(buf, 100, false);
    cr_assert_eq(ends[0].sas[0].prepared, 1);
    cr_assert_eq(ik_esp_open(&ends[1].env, &ends[1].ip, &ends[1].sas[0], &pkt, &next), IK_OK);
    cr_assert_eq(ends[1].sas[0].prepared, 1);
    seal(buf, 100, false);
    cr_assert_eq(ends[0].sas[0].prepared, 1);
    cr_assert_eq(ends[0].ip.prepared_pool.fresh, 1);
}
