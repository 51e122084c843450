/* SPDX-License-Identifier: MIT */
/* Clear packets that wait for their SA: in what order they leave, how many they may be, and what
 * their senders are told when none comes up (RFC 4301 5.1.1). */
#include "craft.h"

#define PLACES 4
#define LAST (PAIR_AT + 39) /* the last octet of pair_packet()'s IPv4 packet */
#define LEN4 40
#define LEN6 60

static struct ik_held places[PLACES];
static uint8_t seen[64];
static unsigned seen_n;

/* Notes the last octets of ESP packets' clear text by what end 1 delivers. */
static void note(const struct pair *p)
{
    cr_assert_lt(seen_n, sizeof seen);
    seen[seen_n++] = p->end[1].got[p->end[1].got_len - 1];
}

static struct pair *begun(uint16_t n, int family)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", family);
    p->end[0].host.held = places;
    p->end[0].host.held_n = n;
    pair_start(p);
    seen_n = 0;
    return p;
}

static void give(struct pair *p, uint8_t mark)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    buf[PAIR_AT + pkt.len - 1] = mark;
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_drain(p, 0);
    memset(buf, 0xee, sizeof buf); /* it was copied */
}

/* Step by step, so that each delivery is seen. */
static void settle(struct pair *p)
{
    unsigned got = p->end[1].got_n;
    while (pair_step(p)) {
        if (p->end[1].got_n > got) {
            note(p);
        }
        got = p->end[1].got_n;
    }
}

Test(held, the_first_packet_arrives)
{
    for (int family = 4; family <= 6; family += 2) {
        struct pair *p = begun(PLACES, family);
        uint8_t want[512];
        struct ik_pkt pkt = pair_packet(p, 0, want, sizeof want);
        give(p, 0);
        settle(p);
        pair_assert_up(p);
        cr_assert_eq(p->end[1].got_n, 1);
        cr_assert_eq(p->end[1].got_len, pkt.len);
        cr_assert_eq(memcmp(p->end[1].got, want + PAIR_AT, pkt.len), 0);
        cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 0);
        cr_assert_eq(p->end[0].node.held_n, 0);
        pair_assert_data(p, 0);
        free(p);
    }
}

/* Half of the places are one policy's at most; the others of its packets are dropped at once. */
Test(held, in_the_order_of_coming_and_not_too_many)
{
    struct pair *p = begun(PLACES, 4);
    for (uint8_t i = 1; i <= 5; i++) {
        give(p, i);
    }
    cr_assert_eq(p->end[0].node.held_n, 2);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 3);
    settle(p);
    cr_assert_eq(seen_n, 2);
    cr_assert_arr_eq(seen, ((uint8_t[]){1, 2}), 2);
    free(p);
}

/* Places become free in any order; packets leave in the order of coming all the same. */
Test(held, order_does_not_depend_on_the_place)
{
    struct pair *p = begun(PLACES, 4);
    p->end[0].node.held_turn = UINT32_MAX; /* the count goes round */
    give(p, 1);
    give(p, 2);
    struct ik_held swapped = places[3];
    places[3] = places[2];
    places[2] = swapped;
    settle(p);
    cr_assert_arr_eq(seen, ((uint8_t[]){1, 2}), 2);
    free(p);
}

Test(held, without_a_place_it_is_dropped)
{
    struct pair *p = begun(0, 4);
    give(p, 1);
    settle(p);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 1);
    cr_assert_eq(p->end[1].got_n, 0);
    cr_assert_eq(p->end[0].got_n, 0, "and nobody is told");
    free(p);
}

Test(held, long_packets_do_not_wait)
{
    struct pair *p = begun(PLACES, 4);
    static uint8_t buf[PAIR_AT + IK_HELD_MAX + 100];
    for (uint16_t more = 0; more < 2; more++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        uint8_t *ip = buf + PAIR_AT;
        pkt.len = (uint16_t)(IK_HELD_MAX + more);
        ik_put16(ip + 2, pkt.len);
        ik_put16(ip + 10, 0);
        ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
        ik_node_tx(&p->end[0].node, p->now, &pkt);
        pair_drain(p, 0);
        cr_assert_eq(p->end[0].node.held_n, 1);
    }
    settle(p);
    cr_assert_eq(p->end[1].got_n, 1);
    cr_assert_eq(p->end[1].got_len, IK_HELD_MAX);
    free(p);
}

#if IK_PACKET_TS
static void give_to(struct pair *p, const char *dst)
{
    uint8_t buf[512];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    struct ik_ts there = pair_ts(dst);
    memcpy(buf + PAIR_AT + 16, there.lo, 4);
    ik_put16(buf + PAIR_AT + 10, 0);
    ik_put16(buf + PAIR_AT + 10, ik_cksum_fold(ik_cksum_add(0, buf + PAIR_AT, 20)));
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_drain(p, 0);
}

/* RFC 7296 2.9: the SA that the first has asked for is not the second's, which asks for its own;
 * the third is nobody's. */
Test(held, each_asks_for_its_own)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", 4);
    static struct ik_held many[8];
    p->end[0].host.held = many;
    p->end[0].host.held_n = 8;
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[0].policy[0].ts_remote[0] = pair_ts("10.0.0.0/8");
    p->end[1].policy[1] = p->end[1].policy[0];
    p->end[1].policy[1].ts_local[0] = pair_ts("10.9.0.0/24");
    p->end[1].config.policies_n = 2;
    pair_start(p);
    give_to(p, "10.9.0.1/32");
    give_to(p, "10.2.0.1/32");
    give_to(p, "10.7.0.1/32");
    pair_settle(p);
    cr_assert_eq(p->end[1].got_n, 2);
    pair_assert_usage(p, 0, 1, 2);
    pair_assert_usage(p, 1, 1, 2);
    cr_assert_eq(p->end[0].node.held_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
    free(p);
}

/* ---- the peer refuses a further one ---------------------------------------------------------- */

static craft_edit create_edit;

/* Rewrites the responses of CREATE_CHILD_SA. */
static bool edit_create(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (g->b[18] == IK_EX_CREATE_CHILD_SA) {
        p->seen += to == 1;
        if (to == 0 && create_edit != NULL) {
            craft_rewrite(p, g, create_edit);
        }
    }
    return true;
}

/* End 0 holds packets, and asks for 10.9.0.0/24 apart from 10.2.0.0/24, which is up. */
static struct pair *two_policies(uint8_t mode)
{
    struct pair *p = pair_new();
    p->end[0].host.held = places;
    p->end[0].host.held_n = PLACES;
    p->end[0].config.exchanges = ik_exchanges_all;
    for (unsigned who = 0; who < 2; who++) {
        struct end *e = &p->end[who];
        e->policy[1] = e->policy[0];
        *(who == 0 ? e->policy[1].ts_remote : e->policy[1].ts_local) = pair_ts("10.9.0.0/24");
        e->config.policies_n = 2;
    }
    p->end[0].policy[1].mode = mode;
    p->hook = edit_create;
    pair_start(p);
    give_to(p, "10.2.0.1/32");
    pair_settle(p);
    pair_assert_up(p);
    return p;
}

/* It was asked for so often; the packet has gone, and its sender was told. */
static void assert_given_up(struct pair *p, unsigned times, enum ik_reason why)
{
    cr_assert_eq(p->seen, times);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 1);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_CHILD_FAILED)->reason, why);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
    cr_assert_eq(p->end[0].node.held_n, 0);
    cr_assert_eq(p->end[0].got_n, 1);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* The peer gives what is none for us. The packet that asked for it does not ask again at once, and
 * again, as fast as the peer answers. */
Test(held, what_is_declined_is_not_asked_for_again)
{
    create_edit = NULL;
    struct pair *p = two_policies(IK_TRANSPORT);
    give_to(p, "10.9.0.1/32");
    pair_settle(p);
    assert_given_up(p, 1, IK_WHY_MODE);
}

static void never_now(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_TEMPORARY_FAILURE});
    }
}

/* Nor when it was put off for as often as we try. */
Test(held, what_is_put_off_for_ever_is_given_up)
{
    create_edit = never_now;
    struct pair *p = two_policies(IK_TUNNEL);
    give_to(p, "10.9.0.1/32");
    while (pair_count(&p->end[0], IK_EV_CHILD_FAILED) == 0) {
        pair_pass(p, 100 * IK_MS);
    }
    cr_assert_leq(p->now, 1500 * IK_SECOND);
    cr_assert_eq(p->seen, 11);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
    cr_assert_eq(p->end[0].node.held_n, 0);
    pair_pass(p, IK_SECOND);
    cr_assert_eq(p->seen, 11);
    free(p);
}

static bool refuse_one;

static void none_more(struct ik_chain *c, const struct ik_payload *pl)
{
    if (!refuse_one && pl != NULL) {
        craft_copy(c, pl);
    } else if (refuse_one && pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_NO_ADDITIONAL_SAS});
        refuse_one = false;
    }
}

/* A rekeying is no more than that, though a packet that it is not for waits for its end: the user
 * did not ask for what it was to make. */
Test(held, rekeying_that_fails_is_nobodys)
{
    struct pair *p = pair_new();
    p->end[0].host.held = places;
    p->end[0].host.held_n = PLACES;
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[0].policy[0].ts_remote[0] = pair_ts("10.0.0.0/8");
    p->end[1].policy[1] = p->end[1].policy[0];
    p->end[1].policy[1].ts_local[0] = pair_ts("10.9.0.0/24");
    p->end[1].config.policies_n = 2;
    create_edit = none_more;
    refuse_one = true;
    p->hook = edit_create;
    pair_start(p);
    give_to(p, "10.2.0.1/32");
    pair_settle(p);
    pair_assert_up(p);
    ik_node_rekey_child(&p->end[0].node, p->now, pair_find(&p->end[0], IK_EV_CHILD_UP)->child);
    give_to(p, "10.9.0.1/32");
    cr_assert_eq(p->end[0].node.held_n, 1);
    pair_settle(p);
    cr_assert_not(refuse_one);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    cr_assert_eq(p->end[1].got_n, 2);
    cr_assert_eq(p->end[0].node.held_n, 0);
    free(p);
}

/* ---- it cannot even be asked for ------------------------------------------------------------- */

/* The user hears it; the next packet's sender does. */
Test(held, why_it_cannot_be_asked_for_is_told)
{
    struct pair *p = pair_new();
    p->end[0].host.held = places;
    p->end[0].host.held_n = PLACES;
    p->end[0].host.ike_sas_n = 1;
    p->end[0].peer[1] = p->end[0].peer[0];
    p->end[0].peer[1].remote = pair_addr("192.0.2.9");
    p->end[0].config.peers_n = 2;
    p->end[0].policy[1] = p->end[0].policy[0];
    p->end[0].policy[1].ts_remote[0] = pair_ts("10.9.0.0/24");
    p->end[0].policy[1].peer = 1;
    p->end[0].config.policies_n = 2;
    pair_start(p);
    pair_up(p);
    give_to(p, "10.9.0.1/32");
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_ROOM);
    cr_assert_eq(pair_last(&p->end[0])->policy, 1);
    cr_assert_eq(p->end[0].got_n, 0);
    give_to(p, "10.9.0.1/32");
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), 1);
    cr_assert_eq(p->end[0].got_n, 1);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 2);
    free(p);
}
#endif

/* ---- no SA comes up -------------------------------------------------------------------------- */

static bool lose(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* The ICMP message that end 0's network got: whole, with good sums, and what it answers inside. */
static void assert_told(struct pair *p, uint8_t type, uint8_t code)
{
    struct end *e = &p->end[0];
    uint8_t buf[512];
    struct ik_pkt sent = pair_packet(p, 0, buf, sizeof buf);
    const uint8_t *ip = e->got;
    bool v4 = ip[0] >> 4 == 4;
    unsigned hdr = v4 ? 20 : 40, addr = v4 ? 4 : 16, src = v4 ? 12 : 8;
    cr_assert_eq(e->got_n, 1);
    cr_assert_eq(e->got_len, hdr + 8 + sent.len);
    cr_assert_eq(ip[v4 ? 9 : 6], v4 ? IK_IP_ICMP : IK_IP_ICMPV6);
    cr_assert_eq(memcmp(ip + src, p->end[0].peer[0].local.b, addr), 0, "from the gateway");
    cr_assert_eq(memcmp(ip + src + addr, buf + PAIR_AT + src, addr), 0, "to who sent it");
    cr_assert_eq(ip[hdr], type);
    cr_assert_eq(ip[hdr + 1], code);
    uint32_t sum = 0;
    if (v4) {
        cr_assert_eq(ik_get16(ip + 2), e->got_len);
        cr_assert_eq(ik_cksum_fold(ik_cksum_add(0, ip, 20)), 0);
    } else {
        cr_assert_eq(ik_get16(ip + 4), e->got_len - 40);
        sum = ik_cksum_add(e->got_len - 40u + IK_IP_ICMPV6, ip + 8, 32);
    }
    cr_assert_eq(ik_cksum_fold(ik_cksum_add(sum, ip + hdr, e->got_len - hdr)), 0);
    cr_assert_eq(memcmp(ip + hdr + 8, buf + PAIR_AT, sent.len), 0);
}

/* RFC 4301 5.1.1 b2 */
Test(held, peer_that_does_not_answer)
{
    for (int family = 4; family <= 6; family += 2) {
        struct pair *p = begun(PLACES, family);
        p->hook = lose;
        give(p, 0);
        cr_assert_eq(p->end[0].node.held_n, 1);
        pair_pass(p, 3600 * IK_SECOND);
        cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_FAILED)->reason, IK_WHY_TIMEOUT);
        assert_told(p, family == 4 ? 3 : 1, family == 4 ? 1 : 3);
        cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
        cr_assert_eq(p->end[0].node.held_n, 0);
        free(p);
    }
}

/* RFC 4301 5.1.1 b1 */
Test(held, peer_that_refuses)
{
    for (int family = 4; family <= 6; family += 2) {
        struct pair *p = begun(PLACES, family);
        p->end[0].peer[0].psk = pair_text("wrong");
        give(p, 0);
        settle(p);
        cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_FAILED)->reason, IK_WHY_AUTH);
        assert_told(p, family == 4 ? 3 : 1, family == 4 ? 13 : 1);
        free(p);
    }
}

/* After a refusal packets are not held, for nothing comes: their senders are told, not too often.
 */
Test(held, not_too_many_messages)
{
    struct pair *p = begun(PLACES, 4);
    p->end[0].peer[0].psk = pair_text("wrong");
    give(p, 0);
    settle(p);
    cr_assert_eq(p->end[0].got_n, 1);
    for (unsigned i = 0; i < 100; i++) { /* within the pause of 2 s */
        p->now += 10 * IK_MS;
        give(p, 0);
        cr_assert_eq(p->end[0].node.held_n, 0);
    }
    cr_assert_geq(p->end[0].got_n, 9);
    cr_assert_leq(p->end[0].got_n, 11);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 100);
    free(p);
}

/* An SA is up, but what was negotiated is too narrow for the packet: it does not wait for ever. */
Test(held, sa_that_does_not_take_it)
{
    struct pair *p = begun(PLACES, 4);
    p->end[1].policy[0].ts_local[0] = pair_ts("10.2.0.128/25");
    give(p, 0);
    cr_assert_eq(p->end[0].node.held_n, 1);
    settle(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].got_n, 0);
    cr_assert_eq(p->end[0].node.held_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
    assert_told(p, 3, 13);
    free(p);
}

Test(held, another_configuration)
{
    struct pair *p = begun(PLACES, 4);
    give(p, 1);
    struct ik_config other = p->end[0].config;
    cr_assert_eq(ik_node_configure(&p->end[0].node, p->now, &other), IK_OK);
    cr_assert_eq(p->end[0].node.held_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_GIVEN_UP), 1);
    settle(p);
    cr_assert_eq(p->end[1].got_n, 0);
    free(p);
}

Test(held, wiped)
{
    struct pair *p = begun(PLACES, 4);
    static const struct ik_held none[PLACES];
    give(p, 1);
    ik_node_wipe(&p->end[0].node);
    cr_assert_eq(memcmp(places, none, sizeof places), 0);
    free(p);
}

/* ---- whom ICMP is for ------------------------------------------------------------------------ */

static const struct ik_addr gateway = {4, {192, 0, 2, 1}};

static bool tells(struct ik_pkt *pkt)
{
    uint8_t *ip = pkt->buf + pkt->off;
    if (ip[0] == 0x45) {
        ik_put16(ip + 10, 0);
        ik_put16(ip + 10, ik_cksum_fold(ik_cksum_add(0, ip, 20)));
    }
    return ik_icmp_unreachable(pkt, &gateway, false);
}

Test(held, no_message_about_what_must_not_be_answered)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    static const struct {
        uint8_t at, value;
    } v4[] = {{12, 0}, {12, 127}, {12, 224}, {16, 224}, {16, 255}, {7, 2}};
    for (unsigned i = 0; i < sizeof v4 / sizeof v4[0]; i++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        buf[PAIR_AT + v4[i].at] = v4[i].value;
        cr_assert_not(tells(&pkt), "%u", i);
        cr_assert_eq(pkt.len, LEN4);
        cr_assert_eq(pkt.off, PAIR_AT);
    }
    for (unsigned type = 0; type < 20; type++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        buf[PAIR_AT + 9] = IK_IP_ICMP;
        buf[PAIR_AT + 20] = (uint8_t)type;
        bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        bool none = type == 6 || type == 7; /* not errors, but nobody sends them */
        cr_assert(none || tells(&pkt) == !error, "%u", type);
    }
    free(p);
    p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", 6);
    for (unsigned type = 0; type < 256; type++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        buf[PAIR_AT + 6] = IK_IP_ICMPV6;
        buf[PAIR_AT + 40] = (uint8_t)type;
        cr_assert_eq(tells(&pkt), type >= 128 && type != 137, "%u", type);
    }
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    memset(buf + PAIR_AT + 8, 0, 16);
    cr_assert_not(tells(&pkt), "nobody");
    pkt = pair_packet(p, 0, buf, sizeof buf);
    buf[PAIR_AT + 24] = 0xff;
    cr_assert_not(tells(&pkt), "multicast");
    free(p);
}

/* RFC 1812 4.3.2.3, RFC 4443 2.4 (c): as much as fits into 576 and 1280 octets. */
Test(held, messages_are_not_too_long)
{
    static uint8_t buf[3000];
    for (unsigned six = 0; six < 2; six++) {
        struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", six ? 6 : 4);
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        pkt.len = 2000;
        ik_put16(buf + PAIR_AT + (six ? 4 : 2), (uint16_t)(2000 - 40 * six));
        cr_assert(tells(&pkt));
        cr_assert_eq(pkt.len, six ? 1280 : 576);
        /* The gateway's address is of the other family: it comes from where the packet went. */
        if (six) {
            cr_assert_eq(memcmp(buf + pkt.off + 8, p->end[0].policy[0].ts_remote[0].lo, 16), 0);
        }
        pkt = pair_packet(p, 0, buf, sizeof buf);
        memmove(buf + 27 + 20 * six, buf + PAIR_AT, LEN6);
        pkt.off = (uint16_t)(27 + 20 * six);
        cr_assert_not(tells(&pkt), "no head room");
        free(p);
    }
}
