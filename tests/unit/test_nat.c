/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.23, RFC 3948: a NAT before either end, or none but forced. */
#include "craft.h"

/*
 * The client is behind a NAT: what it sends comes from 203.0.113.9, port by port from a base that
 * grows when the NAT forgets.
 *
 *     192.0.2.1 [client] --- NAT --- 203.0.113.9 ... 192.0.2.2 [gw]
 */
static uint16_t base;
static bool nat_before_client(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    struct ik_addr outside = pair_addr("203.0.113.9");
    (void)p;
    if (to == 1) {
        path->remote = outside;
        if (path->remote_port != 0) {
            path->remote_port = (uint16_t)(path->remote_port + base);
        }
    } else {
        cr_assert(ik_addr_eq(&g->path.remote, &outside), "what is sent there is lost");
        if (g->path.carrier != IK_CARRIER_ESP && path->remote_port != 0) {
            uint16_t inside = (uint16_t)(g->path.remote_port - base);
            if (inside != 500 && inside != 4500) {
                return false; /* an old mapping */
            }
            path->local_port = inside;
        }
        path->local = pair_addr("192.0.2.1");
    }
    return true;
}

/* The gateway is behind a NAT that forwards both ports: the client knows it as 198.51.100.2. */
static bool nat_before_gateway(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)g;
    if (to == 1) {
        path->local = pair_addr("192.0.2.2");
    } else {
        path->remote = pair_addr("198.51.100.2");
    }
    return true;
}

static struct pair *behind_nat(void)
{
    struct pair *p = pair_new();
    base = 20000;
    p->hook = nat_before_client;
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    pair_up(p);
    return p;
}

static void assert_all_from(struct pair *p, unsigned first, uint8_t carrier)
{
    for (unsigned i = first; i < p->grams_n; i++) {
        cr_assert_eq(p->grams[i].path.carrier, carrier, "datagram %u", i);
    }
}

Test(nat, none_stays_on_500_with_bare_esp)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    assert_all_from(p, 0, IK_CARRIER_UDP500);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(p->grams[i].path.local_port, 500);
        cr_assert_eq(p->grams[i].path.remote_port, 500);
    }
    pair_assert_data(p, 0);
    cr_assert_eq(p->grams[4].path.carrier, IK_CARRIER_ESP);
    cr_assert_eq(p->grams[4].path.remote_port, 0);
    cr_assert_eq(p->end[0].last_trace_a[IK_TR_NAT], 0);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(p->grams_n, 5, "no keepalive where there is no NAT");
    free(p);
}

Test(nat, client_behind_it_moves_to_4500)
{
    struct pair *p = behind_nat();
    pair_assert_up(p);
    cr_assert_eq(p->grams[0].path.carrier, IK_CARRIER_UDP500);
    assert_all_from(p, 2, IK_CARRIER_UDP4500);
    cr_assert_eq(p->grams[2].path.local_port, 4500);
    cr_assert_eq(p->grams[2].path.remote_port, 4500);
    cr_assert_eq(ik_get32(p->grams[2].b), 0, "the non-ESP marker");
    cr_assert_eq(p->grams[3].path.remote_port, 24500);
    cr_assert_eq(p->end[0].last_trace_a[IK_TR_NAT], 1);
    cr_assert_eq(p->end[1].last_trace_a[IK_TR_NAT], 0);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    assert_all_from(p, 2, IK_CARRIER_UDP4500);
    free(p);
}

Test(nat, gateway_behind_it)
{
    struct pair *p = pair_new();
    p->hook = nat_before_gateway;
    p->end[0].peer[0].remote = pair_addr("198.51.100.2");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    assert_all_from(p, 2, IK_CARRIER_UDP4500);
    cr_assert_eq(p->end[0].last_trace_a[IK_TR_NAT], 0);
    cr_assert_eq(p->end[1].last_trace_a[IK_TR_NAT], 1);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    free(p);
}

/* ESP in UDP at both ends, as if there were a NAT; the peer is made to believe so. */
Test(nat, forced_by_either_end)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = pair_new();
        p->end[who].peer[0].force_natt = true;
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        assert_all_from(p, 2, IK_CARRIER_UDP4500);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
        assert_all_from(p, 4, IK_CARRIER_UDP4500);
        free(p);
    }
}

Test(nat, keepalives_while_idle)
{
    struct pair *p = behind_nat();
    ik_time begun = p->now;
    unsigned n = p->grams_n;
    pair_pass(p, 65 * IK_SECOND);
    cr_assert_eq(p->grams_n, n + 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct gram *g = &p->grams[n + i];
        cr_assert_eq(g->from, 0, "only who is behind the NAT sends them");
        cr_assert_eq(g->len, 1);
        cr_assert_eq(g->b[0], 0xff);
        cr_assert_eq(g->path.carrier, IK_CARRIER_UDP4500);
        cr_assert_eq(g->at, begun + 20 * (i + 1) * IK_SECOND);
    }
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_RX_KEEPALIVE), 3);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(p->grams_n, n + 3 + 2);
    free(p);
}

Test(nat, data_spares_keepalives)
{
    struct pair *p = behind_nat();
    p->end[0].config.keepalive = 10 * IK_SECOND;
    ik_touch(&p->end[0].node, craft_sa(p, 0));
    unsigned n = p->grams_n;
    ik_time begun = p->now;
    pair_pass(p, 7 * IK_SECOND);
    pair_assert_data(p, 0);
    pair_pass(p, 9 * IK_SECOND); /* at 10 it looks, and sees what left at 7 */
    cr_assert_eq(p->grams_n, n + 1);
    pair_pass(p, 2 * IK_SECOND);
    cr_assert_eq(p->grams_n, n + 2);
    cr_assert_eq(p->grams[n + 1].len, 1);
    cr_assert_eq(p->grams[n + 1].at, begun + 17 * IK_SECOND);
    /* What comes in does not count. */
    pair_pass(p, 5 * IK_SECOND);
    pair_assert_data(p, 1);
    pair_pass(p, 6 * IK_SECOND);
    cr_assert_eq(p->grams[p->grams_n - 1].at, begun + 27 * IK_SECOND);
    free(p);
}

/* 2.23: the NAT reboots; who is not behind it follows the first packet that authenticates. */
Test(nat, gateway_follows_esp)
{
    struct pair *p = behind_nat();
    pair_assert_data(p, 0);
    base = 30000;
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 34500);
    free(p);
}

Test(nat, gateway_follows_ike)
{
    struct pair *p = behind_nat();
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    struct gram g = {.from = 0, .path = sa->route.path};
    g.len = (uint16_t)(4 + craft_seal(
                               p, 0, sa,
                               &(struct craft){IK_EX_INFORMATIONAL, false, 2, IK_PL_NONE, NULL, 0},
                               g.b + 4));
    base = 30000;
    pair_deliver(p, &g);
    /* The gateway's own requests and packets go there now. */
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 34500);
    ik_node_down(&p->end[1].node, p->now, 0);
    pair_drain(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 34500);
    free(p);
}

/* Both are behind one. */
static bool nat_before_both(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    return nat_before_client(p, to, path, g) && nat_before_gateway(p, to, path, g);
}

static struct pair *both_behind_nat(void)
{
    struct pair *p = pair_new();
    base = 20000;
    p->hook = nat_before_both;
    p->end[0].peer[0].remote = pair_addr("198.51.100.2");
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(craft_sa(p, 1)->route.nat & (IK_NAT_HERE | IK_NAT_THERE),
                 IK_NAT_HERE | IK_NAT_THERE);
    return p;
}

/* Then nothing but a request of IKE leads elsewhere, but that one does, with ESP: not a packet of
 * ESP, no old request, none that is forged. */
Test(nat, gateway_behind_another_follows_requests)
{
    struct pair *p = both_behind_nat();
    struct gram old = p->grams[2];
    base = 30000;
    pair_assert_data(p, 0);
    cr_assert_eq(craft_sa(p, 1)->route.path.remote_port, 24500, "by ESP");
    pair_deliver(p, &old);
    cr_assert_eq(craft_sa(p, 1)->route.path.remote_port, 24500, "by IKE_AUTH again");
    const struct ik_ike_sa *sa = craft_sa(p, 0);
    const struct craft empty = {IK_EX_INFORMATIONAL, false, 2, IK_PL_NONE, NULL, 0};
    struct gram g = {.from = 0, .path = sa->route.path};
    g.len = (uint16_t)(4 + craft_seal(p, 0, sa, &empty, g.b + 4));
    struct gram forged = g;
    forged.b[g.len - 1] ^= 1;
    pair_deliver(p, &forged);
    cr_assert_eq(craft_sa(p, 1)->route.path.remote_port, 24500, "by a forged request");
    pair_deliver(p, &g);
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 34500);
    free(p);
}

/* SHA-1(SPIi | SPIr | address | port), by BearSSL without our layers: in the request, the
 * responder's SPI is zero. */
static void assert_hash(const struct ik_msg *m, uint16_t type, const char *addr, uint16_t port)
{
    struct ik_addr a = pair_addr(addr);
    uint8_t want[20], octets[2] = {(uint8_t)(port >> 8), (uint8_t)port};
    struct ik_notify n;
    br_sha1_context c;
    br_sha1_init(&c);
    br_sha1_update(&c, m->hdr.spi_i, 8);
    br_sha1_update(&c, m->hdr.spi_r, 8);
    br_sha1_update(&c, a.b, a.family == 4 ? 4 : 16);
    br_sha1_update(&c, octets, 2);
    br_sha1_out(&c, want);
    cr_assert(ik_notify_find(m, type, &n));
    cr_assert_eq(n.data.len, 20);
    cr_assert_eq(memcmp(n.data.p, want, 20), 0, "%s", addr);
}

Test(nat, notifies_hold_the_hashes_of_the_rfc)
{
    const char *const addr[2][2] = {{"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2"}};
    for (unsigned six = 0; six < 2; six++) {
        struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16", six ? 6 : 4);
        struct ik_msg m;
        pair_start(p);
        pair_up(p);
        for (unsigned side = 0; side < 2; side++) {
            cr_assert_eq(ik_msg_parse(p->grams[side].b, p->grams[side].len, &m), IK_OK);
            assert_hash(&m, IK_N_NAT_DETECTION_SOURCE_IP, addr[six][side], 500);
            assert_hash(&m, IK_N_NAT_DETECTION_DESTINATION_IP, addr[six][!side], 500);
        }
        free(p);
    }
}

/* Old packets from elsewhere, repeated ones and those that do not authenticate move nothing. */
Test(nat, gateway_is_not_led_astray)
{
    struct pair *p = behind_nat();
    unsigned old = p->grams_n;
    pair_assert_data(p, 0);
    struct gram forged = p->grams[old];
    forged.b[3] ^= 0; /* the SPI stays */
    forged.b[7] = 99; /* another sequence number */
    base = 40000;
    pair_deliver(p, &p->grams[old]); /* replayed */
    pair_deliver(p, &forged);
    struct gram ike = p->grams[2];
    pair_deliver(p, &ike); /* IKE_AUTH again: answered to there, but not followed */
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 44500);
    base = 20000;
    p->delivered = p->grams_n;
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 24500);
    free(p);
}

/* A late packet of before the change does not lead back. */
static bool hold_esp;
static bool hold(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    return nat_before_client(p, to, path, g) && !hold_esp;
}

Test(nat, late_packet_does_not_lead_back)
{
    struct pair *p = behind_nat();
    uint8_t buf[512];
    p->hook = hold;
    hold_esp = true;
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_settle(p);
    unsigned late = p->grams_n - 1;
    hold_esp = false;
    base = 30000;
    pair_assert_data(p, 0);
    base = 20000;
    unsigned before = p->end[1].got_n;
    pair_deliver(p, &p->grams[late]);
    cr_assert_eq(p->end[1].got_n, before + 1, "it is within the window");
    base = 30000;
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote_port, 34500);
    free(p);
}

/* "A host behind a NAT SHOULD NOT do this type of dynamic address update". */
static bool from_elsewhere;
static bool elsewhere(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    bool good = nat_before_client(p, to, path, g);
    if (to == 0 && from_elsewhere) {
        path->remote.b[3] = 99;
    }
    return good;
}

Test(nat, client_behind_it_does_not_follow)
{
    struct pair *p = behind_nat();
    p->hook = elsewhere;
    from_elsewhere = true;
    pair_assert_data(p, 1);
    from_elsewhere = false;
    pair_assert_data(p, 0);
    cr_assert_eq(p->grams[p->grams_n - 1].path.remote.b[3], 2);
    free(p);
}

/* 2.23.1: transport mode; each end's selectors name the addresses that it sees. */
Test(nat, transport_mode_substitutes_addresses)
{
    struct pair *p = pair_new();
    base = 20000;
    p->hook = nat_before_client;
    p->end[1].peer[0].remote.family = 0;
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].policy[0].mode = IK_TRANSPORT;
    }
    p->end[0].policy[0].ts_local[0] = pair_ts("192.0.2.1/32[udp]");
    p->end[0].policy[0].ts_remote[0] = pair_ts("192.0.2.2/32[udp]");
    p->end[1].policy[0].ts_local[0] = pair_ts("192.0.2.2/32");
    p->end[1].policy[0].ts_remote[0] = pair_ts("0.0.0.0/0");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    struct ik_ts inside = pair_ts("192.0.2.1/32[udp]"), outside = pair_ts("203.0.113.9/32[udp]");
    struct ik_ts gw = pair_ts("192.0.2.2/32[udp]");
    const struct ik_child_sa *a = &p->end[0].child_sas[0], *b = &p->end[1].child_sas[0];
    cr_assert_eq(memcmp(&a->ts[0], &inside, sizeof inside), 0);
    cr_assert_eq(memcmp(&a->ts[1], &gw, sizeof gw), 0);
    cr_assert_eq(memcmp(&b->ts[1], &outside, sizeof outside), 0);
    cr_assert_eq(memcmp(&b->ts[0], &gw, sizeof gw), 0);
    free(p);
}

/* In tunnel mode the selectors are of packets inside, which no NAT has seen. */
Test(nat, tunnel_mode_substitutes_nothing)
{
    for (unsigned where = 0; where < 2; where++) {
        struct pair *p = pair_new();
        base = 20000;
        p->hook = where == 0 ? nat_before_client : nat_before_gateway;
        if (where == 0) {
            p->end[1].peer[0].remote.family = 0;
        } else {
            p->end[0].peer[0].remote = pair_addr("198.51.100.2");
        }
        for (unsigned who = 0; who < 2; who++) {
            p->end[who].policy[0].ts_local[0] = pair_ts(who == 0 ? "10.1.0.7/32" : "10.2.0.9/32");
            p->end[who].policy[0].ts_remote[0] = pair_ts(who == 0 ? "10.2.0.9/32" : "10.1.0.7/32");
        }
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
        free(p);
    }
}

/* A peer that sends no NAT_DETECTION at all does not do NAT traversal. */
static void without_notifies(struct gram *g)
{
    /* Nonce is the last payload then: its next is none, and the rest is cut off. */
    struct ik_msg m;
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    uint16_t at = (uint16_t)(ik_msg_find(&m, IK_PL_NONCE)->body.p - g->b - 4);
    uint16_t len = ik_get16(g->b + at + 2);
    g->b[at] = IK_PL_NONE;
    g->len = (uint16_t)(at + len);
    ik_put32(g->b + 24, g->len);
}
static bool strip(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    bool good = nat_before_client(p, to, path, g);
    if (g->b[18] == IK_EX_IKE_SA_INIT) {
        without_notifies(g);
    }
    return good;
}

Test(nat, without_notifies_nothing_is_detected)
{
    struct pair *p = pair_new();
    base = 20000;
    p->hook = strip;
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    pair_up(p);
    /* AUTH covers the messages as they were sent, so it ends there; but nobody has moved. */
    assert_all_from(p, 0, IK_CARRIER_UDP500);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    free(p);
}

/* The initiator names a source that is not its own, and does not move to 4500. */
static void other_source(struct ik_chain *c, const struct ik_payload *pl)
{
    static const uint8_t other[20] = "no hash of anything";
    struct ik_notify n;
    if (pl != NULL && pl->type == IK_PL_NOTIFY && ik_notify_parse(pl->body, &n) == IK_OK &&
        n.type == IK_N_NAT_DETECTION_SOURCE_IP) {
        ik_notify_put(c, &(struct ik_notify){.type = n.type, .data = {other, sizeof other}});
    } else if (pl != NULL) {
        craft_copy(c, pl);
    }
}

static bool from_other_source(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_IKE_SA_INIT && p->seen++ == 0) {
        craft_rebuild(p, g, other_source);
    }
    return true;
}

/* 2.23: "UDP encapsulation MUST NOT be done on port 500." */
Test(nat, no_esp_in_udp_for_who_stays_on_500)
{
    struct pair *p = pair_new();
    p->hook = from_other_source;
    pair_start(p);
    pair_up(p);
    cr_assert_neq(craft_sa(p, 1)->route.nat & IK_NAT_THERE, 0);
    pair_assert_up(p);
    p->hook = NULL;
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.carrier, IK_CARRIER_ESP);
    pair_assert_data(p, 0);
    free(p);
}

/* Names another source before its own: it "does not know which of several network interfaces" the
 * message leaves by. */
static void several_sources(struct ik_chain *c, const struct ik_payload *pl)
{
    struct ik_notify n;
    other_source(c, pl);
    if (pl != NULL && pl->type == IK_PL_NOTIFY && ik_notify_parse(pl->body, &n) == IK_OK &&
        n.type == IK_N_NAT_DETECTION_SOURCE_IP) {
        craft_copy(c, pl);
    }
}

static bool from_several(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)to, (void)path;
    if (g->b[18] == IK_EX_IKE_SA_INIT && p->seen++ < 2) {
        craft_rebuild(p, g, several_sources);
    }
    return true;
}

Test(nat, one_right_source_of_several_is_enough)
{
    struct pair *p = pair_new();
    p->hook = from_several;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->seen, 2);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(craft_sa(p, who)->route.nat & IK_NAT_ANY, 0);
    }
    free(p);
}

/* Both notifies are in both messages of IKE_SA_INIT. */
Test(nat, notifies_are_in_both_messages)
{
    struct pair *p = pair_new();
    struct ik_msg m;
    struct ik_notify n;
    pair_start(p);
    pair_up(p);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(ik_msg_parse(p->grams[i].b, p->grams[i].len, &m), IK_OK);
        cr_assert(ik_notify_find(&m, IK_N_NAT_DETECTION_SOURCE_IP, &n));
        cr_assert_eq(n.data.len, 20);
        cr_assert(ik_notify_find(&m, IK_N_NAT_DETECTION_DESTINATION_IP, &n));
        cr_assert_eq(n.data.len, 20);
    }
    free(p);
}

static bool tells_nat(const struct pair *p, unsigned gram)
{
    struct ik_msg m;
    struct ik_notify n;
    cr_assert_eq(ik_msg_parse(p->grams[gram].b, p->grams[gram].len, &m), IK_OK);
    bool source = ik_notify_find(&m, IK_N_NAT_DETECTION_SOURCE_IP, &n);
    cr_assert_eq(ik_notify_find(&m, IK_N_NAT_DETECTION_DESTINATION_IP, &n), source);
    return source;
}

/* Who knows of no NAT sends no notifies, and is answered in kind; as responder it sends none,
 * whatever comes. */
Test(nat, none_by_configuration)
{
    for (unsigned who = 0; who < 2; who++) {
        struct pair *p = pair_new();
        p->end[who].peer[0].no_nat = true;
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        cr_assert_eq(tells_nat(p, 0), who == 1);
        cr_assert_not(tells_nat(p, 1));
        cr_assert_eq(craft_sa(p, who)->route.nat, IK_NAT_UNTOLD);
        assert_all_from(p, 0, IK_CARRIER_UDP500);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
        cr_assert_eq(p->grams[p->grams_n - 1].path.carrier, IK_CARRIER_ESP);
        free(p);
    }
}

/* It does not look at those that come, either. */
Test(nat, none_by_configuration_though_there_is_one)
{
    struct pair *p = pair_new();
    base = 20000;
    p->hook = nat_before_client;
    p->end[1].peer[0].remote.family = 0;
    p->end[1].peer[0].no_nat = true;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(craft_sa(p, 1)->route.nat & IK_NAT_ANY, 0);
    cr_assert_not(tells_nat(p, 1));
    free(p);
}

/* A responder that is forced says so even to who does not ask. */
Test(nat, forced_is_told_to_who_does_not_ask)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].no_nat = true;
    p->end[1].peer[0].force_natt = true;
    pair_start(p);
    pair_up(p);
    cr_assert_not(tells_nat(p, 0));
    cr_assert(tells_nat(p, 1));
    free(p);
}

/* Both are told by configuration that ESP goes in UDP, and nobody says so on the wire. */
Test(nat, forced_at_both_ends_and_untold)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].peer[0].no_nat = p->end[who].peer[0].force_natt = true;
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_not(tells_nat(p, 0));
    cr_assert_not(tells_nat(p, 1));
    assert_all_from(p, 2, IK_CARRIER_UDP4500);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    assert_all_from(p, 2, IK_CARRIER_UDP4500);
    free(p);
}

/* An initiator that moves to 4500 without need, as those do who speak MOBIKE. */
static bool moves_anyway(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p;
    if (to == 1 && g->b[18] == IK_EX_IKE_AUTH) {
        path->carrier = IK_CARRIER_UDP4500;
        path->local_port = path->remote_port = 4500;
        memmove(g->b + 4, g->b, g->len);
        memset(g->b, 0, 4);
        g->len = (uint16_t)(g->len + 4);
    }
    return true;
}

/* 2.23: ESP goes in UDP where a NAT was found; many kernels take it there only then. */
Test(nat, bare_esp_for_who_moves_without_need)
{
    struct pair *p = pair_new();
    p->hook = moves_anyway;
    pair_start(p);
    pair_up(p);
    p->hook = NULL;
    pair_assert_up(p);
    cr_assert_eq(craft_sa(p, 1)->route.path.carrier, IK_CARRIER_UDP4500);
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.carrier, IK_CARRIER_ESP);
    pair_assert_data(p, 0);
    /* What is ours to say goes to where IKE went. */
    ik_node_down(&p->end[1].node, p->now, 0);
    pair_drain(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.carrier, IK_CARRIER_UDP4500);
    free(p);
}
