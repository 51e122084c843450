/* SPDX-License-Identifier: MIT */
/* Trains of packets, and what is told of a Child SA after them; with key schedules that are kept.
 */
#include "pair.h"

#define TRAIN 8

static struct pair *p;
static struct ik_prepared prepared[2][PAIR_SAS];
static uint8_t bufs[2 * TRAIN][512];

static void setup(void)
{
    p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].host.prepared = prepared[who];
        p->end[who].host.prepared_n = PAIR_SAS;
    }
    pair_start(p);
    pair_up(p);
}

static void teardown(void)
{
    free(p);
}

TestSuite(batch, .init = setup, .fini = teardown);

/* One call for all of them at each end; what comes out is what went in. */
Test(batch, train_of_packets)
{
    struct ik_pkt pkts[TRAIN], arrived[TRAIN];
    struct ik_path paths[TRAIN];
    struct ik_effect fx[TRAIN];
    uint8_t want[TRAIN][128];
    for (unsigned i = 0; i < TRAIN; i++) {
        pkts[i] = pair_packet(p, 0, bufs[i], sizeof bufs[i]);
        bufs[i][PAIR_AT + 28] = (uint8_t)i;
        memcpy(want[i], bufs[i] + PAIR_AT, pkts[i].len);
    }
    /* One of them is no packet, and has no effect. */
    bufs[3][PAIR_AT + 10] ^= 1;
    cr_assert_eq(ik_node_tx_batch(&p->end[0].node, p->now, pkts, TRAIN, fx), TRAIN - 1);
    unsigned n = 0;
    for (unsigned i = 0; i < TRAIN; i++) {
        cr_assert_eq(fx[i].kind, i == 3 ? 0 : IK_FX_SEND);
        if (i != 3) {
            memcpy(bufs[TRAIN + n] + PAIR_AT, fx[i].data, fx[i].len);
            paths[n] = pair_turn(fx[i].path);
            arrived[n] = (struct ik_pkt){
                .buf = bufs[TRAIN + n], .cap = sizeof bufs[0], .off = PAIR_AT, .len = fx[i].len};
            n++;
        }
    }
    /* The second comes twice: as it was copied before it was opened. */
    memcpy(bufs[0], bufs[TRAIN + 1], sizeof bufs[0]);
    arrived[n] = arrived[1];
    arrived[n].buf = bufs[0];
    paths[n] = paths[1];
    cr_assert_eq(ik_node_rx_batch(&p->end[1].node, p->now, paths, arrived, TRAIN, fx), TRAIN - 1);
    for (unsigned i = 0; i < TRAIN - 1; i++) {
        unsigned sent = i < 3 ? i : i + 1;
        cr_assert_eq(fx[i].kind, IK_FX_DELIVER);
        cr_assert_eq(memcmp(fx[i].data, want[sent], fx[i].len), 0);
    }
    cr_assert_eq(fx[TRAIN - 1].kind, 0);
    cr_assert_eq(p->end[1].node.env.counters.drop[IK_DROP_ESP_REPLAY], 1);
    struct ik_effect left;
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &left));
    cr_assert_not(ik_node_poll(&p->end[1].node, p->now, &left));
}

/* IKE datagrams in a train are answered by poll. */
Test(batch, ike_among_them)
{
    struct ik_effect fx;
    uint8_t keepalive[1] = {0xff};
    struct ik_pkt pkt = {.buf = keepalive, .cap = 1, .len = 1};
    struct ik_path path = pair_turn(&p->grams[0].path);
    path.carrier = IK_CARRIER_UDP4500;
    cr_assert_eq(ik_node_rx_batch(&p->end[1].node, p->now, &path, &pkt, 1, &fx), 0);
    cr_assert_eq(fx.kind, 0);
}

Test(batch, child_info)
{
    struct ik_child_info before, tx, rx;
    uint16_t slot = pair_find(&p->end[0], IK_EV_CHILD_UP)->child;
    uint16_t other = pair_find(&p->end[1], IK_EV_CHILD_UP)->child;
    cr_assert(ik_child_info(&p->end[0].node, slot, &before));
    cr_assert_eq(before.state, IK_CHILD_UP);
    cr_assert_eq(before.packets_out + before.packets_in + before.octets_in + before.octets_out, 0);
    cr_assert_eq(before.last_in, IK_NEVER);
    cr_assert_eq(before.last_out, IK_NEVER);
    ik_time first = p->now += 5 * IK_SECOND;
    pair_assert_data(p, 0);
    p->now += 5 * IK_SECOND;
    pair_assert_data(p, 0);
    cr_assert(ik_child_info(&p->end[0].node, slot, &tx));
    cr_assert(ik_child_info(&p->end[1].node, other, &rx));
    cr_assert_eq(tx.spi_in, rx.spi_out);
    cr_assert_eq(tx.spi_out, rx.spi_in);
    cr_assert_eq(tx.packets_out, 2);
    cr_assert_eq(tx.octets_out, 80);
    cr_assert_eq(tx.seq_out, 2);
    cr_assert_eq(rx.packets_in, 2);
    cr_assert_eq(rx.octets_in, 80);
    cr_assert_eq(rx.seq_in, 2);
    cr_assert_geq(tx.last_out, first + 5 * IK_SECOND);
    cr_assert_eq(tx.last_in, IK_NEVER);
    cr_assert_geq(rx.last_in, first + 5 * IK_SECOND);
    cr_assert_leq(rx.last_in, p->now);
    cr_assert_eq(rx.last_out, IK_NEVER);
    cr_assert_eq(tx.window, 64);
    cr_assert_eq(tx.drops + rx.drops, 0);
    cr_assert_not(ik_child_info(&p->end[0].node, PAIR_SAS, &tx));
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_drain(p, 0);
    pair_settle(p);
    cr_assert_not(ik_child_info(&p->end[0].node, slot, &tx));
    /* What was prepared of its keys is gone, but for the links of the pool. */
    for (size_t i = sizeof(uint16_t); i < sizeof prepared[0][0]; i++) {
        cr_assert_eq(((uint8_t *)&prepared[0][0])[i], 0);
    }
}
