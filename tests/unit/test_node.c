/* SPDX-License-Identifier: MIT */
/* Whole handshakes and the entry points: every group, suite, mode and family. */
#include "pair.h"

static void set_transport(struct pair *p, int family)
{
    const char *text[2] = {family == 6 ? "2001:db8::1" : "192.0.2.1",
                           family == 6 ? "2001:db8::2" : "192.0.2.2"};
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].policy[0].mode = IK_TRANSPORT;
        p->end[who].policy[0].ts_local[0] = pair_ts(text[who]);
        p->end[who].policy[0].ts_remote[0] = pair_ts(text[!who]);
    }
}

static void assert_gone(struct pair *p)
{
    pair_pass(p, 10 * IK_SECOND);
    for (unsigned who = 0; who < 2; who++) {
        pair_assert_usage(p, who, 0, 0);
        cr_assert_eq(pair_count(&p->end[who], IK_EV_CHILD_DOWN), 1);
        cr_assert_eq(pair_last(&p->end[who])->event, IK_EV_IKE_DOWN);
        cr_assert_eq(ik_node_deadline(&p->end[who].node), IK_NEVER);
    }
}

static void handshake(const char *ike, const char *esp, uint8_t mode, int family)
{
    struct pair *p = pair_new_family(ike, esp, family);
    if (mode == IK_TRANSPORT) {
        set_transport(p, family);
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->grams_n, 4, "%s takes %u messages", ike, p->grams_n);
    for (unsigned who = 0; who < 2; who++) {
        unsigned jobs = who == 0 ? 2 : 1;
        cr_assert_eq(p->end[who].jobs, jobs);
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_JOBS], jobs);
        cr_assert_eq(p->end[who].child_sas[0].mode, mode);
    }
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_settle(p);
    assert_gone(p);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    free(p);
}

Test(node, handshake_by_every_group)
{
    const char *groups[] = {"modp1024", "modp2048", "modp3072", "ecp256",
                            "ecp384",   "ecp521",   "x25519"};
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        char ike[64];
        snprintf(ike, sizeof ike, "aes128-sha256-%s", groups[i]);
        handshake(ike, "aes128gcm16", IK_TUNNEL, 4);
    }
}

Test(node, handshake_by_every_ike_suite)
{
    const char *suites[] = {"aes128-sha1",
                            "aes192-sha256",
                            "aes256-sha384",
                            "aes256-sha512",
                            "aes128ctr-sha256",
                            "aes256ctr-sha512",
                            "aes128-aesxcbc-prfaesxcbc",
                            "aes128-aescmac-prfaescmac",
                            "aes128-aesxcbc-prfsha1",
                            "aes128gcm8-prfsha256",
                            "aes192gcm12-prfsha384",
                            "aes256gcm16-prfsha512",
                            "aes128gcm16-prfaesxcbc",
                            "aes128ccm8-prfsha256",
                            "aes192ccm12-prfaescmac",
                            "aes256ccm16-prfsha384",
                            "chacha20poly1305-prfsha256",
                            "chacha20poly1305-prfsha512"};
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        char ike[64];
        snprintf(ike, sizeof ike, "%s-x25519", suites[i]);
        handshake(ike, "aes128gcm16", IK_TUNNEL, 4);
    }
}

Test(node, handshake_by_every_esp_suite)
{
    const char *suites[] = {
        "null-sha1",     "null-sha256",     "aes128-sha1",    "aes192-sha256",    "aes256-sha384",
        "aes256-sha512", "aes128-aesxcbc",  "aes128-aescmac", "aes128ctr-sha256", "aes256ctr-sha1",
        "aes128gcm8",    "aes192gcm12",     "aes256gcm16",    "aes128ccm8",       "aes192ccm12",
        "aes256ccm16",   "chacha20poly1305"};
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        handshake("aes128-sha256-x25519", suites[i], IK_TUNNEL, 4);
    }
}

Test(node, handshake_tunnel_and_transport_ipv4_and_ipv6)
{
    for (int family = 4; family <= 6; family += 2) {
        handshake("aes128gcm16-prfsha256-x25519", "chacha20poly1305", IK_TUNNEL, family);
        handshake("aes128gcm16-prfsha256-x25519", "aes128ccm8", IK_TRANSPORT, family);
    }
}

Test(node, handshake_by_several_proposals)
{
    handshake("aes256gcm16-prfsha384-x25519,aes128-sha256-x25519,aes128-sha1-x25519",
              "aes256gcm16,aes128-sha256", IK_TUNNEL, 4);
}

/* Every kind of identity that RFC 7815 asks for. */
Test(node, handshake_by_every_identity)
{
    static const uint8_t four[4] = {192, 0, 2, 1};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 1};
    const struct ik_id ids[] = {{IK_ID_KEY_ID, {four, 3}},
                                {IK_ID_FQDN, pair_text("remote.example")},
                                {IK_ID_RFC822_ADDR, pair_text("someone@example.org")},
                                {IK_ID_IPV4_ADDR, {four, 4}},
                                {IK_ID_IPV6_ADDR, {six, 16}}};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        struct pair *p = pair_new();
        p->end[0].peer[0].local_id = p->end[1].peer[0].remote_id = ids[i];
        p->end[1].peer[0].local_id = p->end[0].peer[0].remote_id =
            ids[(i + 1) % (sizeof ids / sizeof ids[0])];
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        free(p);
    }
}

Test(node, any_identity_that_has_the_key)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    p->end[1].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
    p->end[1].peer[0].remote.family = 0;
    p->end[1].peer[0].local.family = 0;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    pair_assert_data(p, 1);
    free(p);
}

/* The promise of the project: same configuration, seed and events, same bytes. */
Test(node, same_seed_same_bytes)
{
    struct pair *p[2];
    for (unsigned run = 0; run < 2; run++) {
        p[run] = pair_new();
        p[run]->end[0].config.retransmit.jitter_256 = 64;
        pair_start(p[run]);
        pair_up(p[run]);
        pair_assert_data(p[run], 0);
        ik_node_down(&p[run]->end[1].node, p[run]->now, IK_NO_SLOT);
        pair_settle(p[run]);
    }
    cr_assert_eq(p[0]->grams_n, p[1]->grams_n);
    for (unsigned i = 0; i < p[0]->grams_n; i++) {
        cr_assert_eq(p[0]->grams[i].len, p[1]->grams[i].len);
        cr_assert_eq(memcmp(p[0]->grams[i].b, p[1]->grams[i].b, p[0]->grams[i].len), 0);
    }
    free(p[0]);
    free(p[1]);
}

Test(node, another_seed_other_bytes)
{
    struct pair *a = pair_new(), *b = pair_new();
    pair_start(a);
    pair_start(b);
    ik_node_seed(&b->end[0].node, "x", 1);
    pair_up(a);
    pair_up(b);
    cr_assert_neq(memcmp(a->grams[0].b, b->grams[0].b, a->grams[0].len), 0);
    free(a);
    free(b);
}

/* Nothing that must be fresh is used again. */
Test(node, each_handshake_is_fresh)
{
    struct pair *p = pair_new();
    struct ik_msg m[4];
    pair_start(p);
    for (unsigned i = 0; i < 2; i++) {
        unsigned first = p->grams_n;
        pair_up(p);
        for (unsigned k = 0; k < 2; k++) {
            const struct gram *g = &p->grams[first + k];
            cr_assert_eq(ik_msg_parse(g->b, g->len, &m[2 * i + k]), IK_OK);
        }
        ik_node_down(&p->end[0].node, p->now, 0);
        pair_settle(p);
    }
    const uint8_t types[] = {IK_PL_NONCE, IK_PL_KE};
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < i; k++) {
            for (unsigned t = 0; t < 2; t++) {
                struct ik_span a = ik_msg_find(&m[i], types[t])->body;
                struct ik_span b = ik_msg_find(&m[k], types[t])->body;
                cr_assert_eq(a.len, b.len);
                cr_assert_neq(memcmp(a.p + 4, b.p + 4, a.len - 4u), 0);
            }
        }
    }
    cr_assert_neq(memcmp(m[0].hdr.spi_i, m[2].hdr.spi_i, 8), 0);
    cr_assert_neq(memcmp(m[1].hdr.spi_r, m[3].hdr.spi_r, 8), 0);
    free(p);
}

Test(node, up_before_entropy_is_told)
{
    struct pair *p = pair_new();
    struct ik_node *node = &p->end[0].node;
    cr_assert_eq(ik_node_init(node, &p->end[0].config, &p->end[0].host, 5), IK_OK);
    p->now = 5;
    ik_node_seed(node, "too little", 10);
    ik_node_up(node, 5, 0);
    cr_assert_leq(ik_node_deadline(node), p->now);
    pair_drain(p, 0);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NOT_SEEDED);
    cr_assert_eq(pair_last(&p->end[0])->policy, 0);
    cr_assert_eq(pair_last(&p->end[0])->peer, 0);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

Test(node, responder_without_entropy_stays_silent)
{
    struct pair *p = pair_new();
    pair_start(p);
    struct end *e = &p->end[1];
    cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, p->now), IK_OK);
    pair_up(p);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(pair_drops(e, IK_DROP_IKE_NOT_SEEDED), 1);
    free(p);
}

Test(node, up_that_cannot_begin_is_told)
{
    struct pair *p = pair_new();
    p->end[0].config.policies_n = 2;
    p->end[0].policy[1] = p->end[0].policy[0];
    p->end[0].policy[1].action = IK_BYPASS;
    pair_start(p);
    const uint16_t wrong[] = {1, 2, 3, 0xffff};
    for (unsigned i = 0; i < 4; i++) {
        ik_node_up(&p->end[0].node, p->now, wrong[i]);
        pair_settle(p);
        cr_assert_eq(p->end[0].told_n, i + 1);
        cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_PEER);
        cr_assert_eq(pair_last(&p->end[0])->policy, wrong[i]);
        cr_assert_eq(pair_last(&p->end[0])->peer, i == 0 ? 0 : IK_NO_SLOT);
    }
    p->end[0].peer[0].remote.family = 0;
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_PEER);
    cr_assert_eq(p->grams_n, 0);
    free(p);
}

Test(node, up_twice_is_up_once)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_settle(p);
    pair_assert_up(p);
    cr_assert_eq(p->grams_n, 4);
    /* The responder's SA serves its policy too. */
    p->end[1].policy[0].peer = 0;
    ik_node_up(&p->end[1].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 4);
    free(p);
}

Test(node, pools_full_at_up_is_told)
{
    for (unsigned which = 0; which < 2; which++) {
        struct pair *p = pair_new();
        struct end *e = &p->end[0];
        e->host.ike_sas_n = which == 0 ? 1 : 2;
        e->host.child_sas_n = which == 0 ? 2 : 1;
        e->config.policies_n = 2;
        e->policy[1] = e->policy[0];
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        ik_node_up(&e->node, p->now, 1);
        pair_settle(p);
        cr_assert_eq(pair_last(e)->event, IK_EV_IKE_FAILED);
        cr_assert_eq(pair_last(e)->reason, IK_WHY_NO_ROOM);
        cr_assert_eq(pair_last(e)->policy, 1);
        pair_assert_usage(p, 0, 1, 1);
        free(p);
    }
}

Test(node, packet_to_protect_brings_the_sa_up)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    pair_start(p);
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 1);
    pair_settle(p);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    free(p);
}

/* RFC 4303 2.2.1: both ends count with 64 bits if both want it; the high half is authenticated. */
Test(node, extended_sequence_numbers)
{
    static const struct {
        const char *a, *b;
        bool esn;
    } rows[] = {{"aes128gcm16-esn", "aes128gcm16-esn", true},
                {"aes128gcm16-esn-noesn", "aes128gcm16", false},
                {"aes128gcm16-noesn-esn", "aes128gcm16-esn", true},
                {"aes128-sha256-esn", "aes128-sha256-esn-noesn", true},
                {"aes128gcm16", "aes128gcm16-esn-noesn", false}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair *p = pair_new();
        pair_set_suites(&p->end[0], "aes128-sha256-x25519", rows[i].a);
        pair_set_suites(&p->end[1], "aes128-sha256-x25519", rows[i].b);
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        struct ik_child_sa *sa[2];
        for (unsigned who = 0; who < 2; who++) {
            sa[who] = &p->end[who].child_sas[pair_find(&p->end[who], IK_EV_CHILD_UP)->child];
            cr_assert_eq(sa[who]->esn, rows[i].esn, "row %u, end %u", i, who);
        }
        pair_assert_data(p, 0);
        if (rows[i].esn) {
            sa[0]->seq = sa[1]->replay.last = UINT32_MAX;
            pair_assert_data(p, 0);
            cr_assert_eq(sa[1]->replay.last, UINT64_C(1) << 32);
        }
        free(p);
    }
}

Test(node, extended_sequence_numbers_for_one_end_only)
{
    struct pair *p = pair_new();
    pair_set_suites(&p->end[0], "aes128-sha256-x25519", "aes128gcm16-esn");
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_CHILD_FAILED)->reason, IK_WHY_NO_PROPOSAL);
    free(p);
}

/* Nobody is told each time that a packet finds no way. */
Test(node, packet_for_a_peer_without_address_is_only_dropped)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    pair_start(p);
    p->end[1].peer[0].remote.family = 0;
    struct ik_pkt pkt = pair_packet(p, 1, buf, sizeof buf);
    ik_node_tx(&p->end[1].node, p->now, &pkt);
    pair_settle(p);
    cr_assert_eq(p->end[1].told_n, 0);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_SPD_NO_SA), 1);
    free(p);
}

static struct pair *bypassing(void)
{
    struct pair *p = pair_new();
    p->end[0].config.policies_n = p->end[1].config.policies_n = 2;
    for (unsigned who = 0; who < 2; who++) {
        struct ik_policy *all = &p->end[who].policy[1];
        *all = (struct ik_policy){.action = IK_BYPASS, .ts_local_n = 1, .ts_remote_n = 1};
        all->ts_local[0] = all->ts_remote[0] = pair_ts("0.0.0.0/0");
    }
    return p;
}

Test(node, bypass_passes_and_is_delivered)
{
    struct pair *p = bypassing();
    uint8_t buf[512];
    struct ik_effect fx;
    pair_start(p);
    /* From the other side's network to ours: no protecting policy names it as leaving. */
    struct ik_pkt pkt = pair_packet(p, 1, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_PASS);
    cr_assert_eq(fx.len, pkt.len);
    cr_assert_eq(fx.data, buf + PAIR_AT);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));

    pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_rx_clear(&p->end[0].node, p->now, &pkt);
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_DELIVER);
    cr_assert_eq(fx.child, IK_NO_SLOT);

    pkt = pair_packet(p, 1, buf, sizeof buf);
    ik_node_rx_clear(&p->end[0].node, p->now, &pkt);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_CLEAR), 1);
    free(p);
}

Test(node, second_packet_before_polling_is_dropped)
{
    struct pair *p = bypassing();
    uint8_t buf[2][512];
    struct ik_effect fx;
    pair_start(p);
    struct ik_pkt a = pair_packet(p, 1, buf[0], sizeof buf[0]);
    struct ik_pkt b = pair_packet(p, 1, buf[1], sizeof buf[1]);
    struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    ik_node_tx(&p->end[0].node, p->now, &a);
    cr_assert_leq(ik_node_deadline(&p->end[0].node), p->now);
    ik_node_tx(&p->end[0].node, p->now, &b);
    ik_node_rx_clear(&p->end[0].node, p->now, &b);
    ik_node_rx(&p->end[0].node, p->now, &path, &b);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_RX_BUSY), 3);
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.data, buf[0] + PAIR_AT);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    free(p);
}

/* Port 4500 carries three things (RFC 3948 section 2), and rubbish. */
Test(node, what_comes_on_4500)
{
    struct pair *p = pair_new();
    pair_start(p);
    struct ik_path path = {.carrier = IK_CARRIER_UDP4500,
                           .local = p->end[1].peer[0].local,
                           .remote = p->end[1].peer[0].remote,
                           .local_port = 4500,
                           .remote_port = 4500};
    struct end *e = &p->end[1];
    pair_give(p, 1, &path, (const uint8_t *)"\xff", 1);
    cr_assert_eq(pair_drops(e, IK_DROP_RX_KEEPALIVE), 1);
    pair_give(p, 1, &path, (const uint8_t *)"\0\0\0", 0);
    pair_give(p, 1, &path, (const uint8_t *)"\0", 1);
    pair_give(p, 1, &path, (const uint8_t *)"\0\0\0", 3);
    cr_assert_eq(pair_drops(e, IK_DROP_RX_SHORT), 3);
    pair_give(p, 1, &path, (const uint8_t *)"\0\0\0\0", 4);
    cr_assert_eq(pair_drops(e, IK_DROP_RX_SHORT), 4);
    pair_give(p, 1, &path, (const uint8_t *)"\0\0\0\1\0\0\0\1", 8);
    cr_assert_eq(pair_drops(e, IK_DROP_ESP_UNKNOWN_SPI), 1);
    path.carrier = IK_CARRIER_ESP;
    pair_give(p, 1, &path, (const uint8_t *)"\0\0", 2);
    cr_assert_eq(pair_drops(e, IK_DROP_ESP_SHORT), 1);
    cr_assert_eq(p->grams_n, 0);
    free(p);
}

Test(node, job_of_nobody_is_ignored)
{
    struct pair *p = pair_new();
    static struct ik_job job;
    pair_start(p);
    ik_node_job_done(&p->end[0].node, p->now, &job);
    job.id = 77;
    ik_node_job_done(&p->end[0].node, p->now, &job);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 0);
    free(p);
}

Test(node, down_of_one_peer_leaves_the_other)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    ik_node_down(&p->end[0].node, p->now, 1);
    pair_settle(p);
    cr_assert_eq(p->grams_n, 4);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    assert_gone(p);
    free(p);
}

/* ---- what a host can ask --------------------------------------------------------------------- */

Test(node, told_of_an_ike_sa)
{
    struct pair *p = pair_new_family("aes256gcm16-prfsha384-ecp384", "aes128gcm16", 4);
    struct ik_ike_info info[2];
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_step(p);
    cr_assert_not(ik_ike_info(&p->end[0].node, 0, &info[0]), "it is not up yet");
    pair_settle(p);
    p->now += 5 * IK_SECOND;
    ik_node_check(&p->end[0].node, p->now, 0);
    pair_settle(p);
    p->now += 2 * IK_SECOND;
    for (unsigned who = 0; who < 2; who++) {
        struct ik_node *node = &p->end[who].node;
        pair_drain(p, who);
        cr_assert(ik_ike_info(node, 0, &info[who]));
        cr_assert_eq(info[who].state, IK_IKE_UP);
        cr_assert_eq(info[who].initiator, who == 0);
        cr_assert_not(info[who].nat_here || info[who].nat_there);
        cr_assert_eq(info[who].peer, 0);
        cr_assert_eq(info[who].child_sas, 1);
        cr_assert_eq(info[who].first_child, 0);
        cr_assert_eq(ik_ike_next_child(node, 0), IK_NO_SLOT);
        cr_assert_eq(ik_ike_next_child(node, 99), IK_NO_SLOT);
        cr_assert_eq(info[who].up_ms, 7000);
        cr_assert_eq(info[who].heard_ms, 2000);
        cr_assert(who == 1 || info[who].sent_ms == 2000, "its last request");
        cr_assert_eq(info[who].encr_id, IK_ENCR_AES_GCM_16);
        cr_assert_eq(info[who].encr_key_bits, 256);
        cr_assert_eq(info[who].integ_id, 0);
        cr_assert_eq(info[who].prf_id, IK_PRF_HMAC_SHA2_384);
        cr_assert_eq(info[who].dh_id, IK_DH_P384);
        cr_assert(ik_addr_eq(&info[who].path.remote, &p->end[who].peer[0].remote));
    }
    cr_assert_eq(memcmp(info[0].spi_i, info[1].spi_i, 8), 0);
    cr_assert_eq(memcmp(info[0].spi_r, info[1].spi_r, 8), 0);
    cr_assert_neq(memcmp(info[0].peer_id, info[1].peer_id, 16), 0);
    cr_assert_not(ik_ike_info(&p->end[0].node, 1, &info[0]));
    cr_assert_not(ik_ike_info(&p->end[0].node, PAIR_SAS, &info[0]));
    ik_node_down(&p->end[0].node, p->now, 0);
    cr_assert(ik_ike_info(&p->end[0].node, 0, &info[0]), "it is closing");
    cr_assert_eq(info[0].state, IK_IKE_CLOSING);
    pair_settle(p);
    cr_assert_not(ik_ike_info(&p->end[1].node, 0, &info[1]), "it is dead");
    free(p);
}

/* An address of ours has become another: all that used it goes by the new one, IKE and ESP. */
Test(node, readdressed)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    struct ik_addr was = e->peer[0].local, is = pair_addr("192.0.2.77"),
                   other = pair_addr("192.0.2.78");
    ik_node_readdress(&e->node, p->now, &other, &is);
    cr_assert(ik_addr_eq(&e->ike_sas[0].route.path.local, &was), "that was not its address");
    ik_node_readdress(&e->node, p->now, &was, &is);
    cr_assert(ik_addr_eq(&e->ike_sas[0].route.path.local, &is));
    cr_assert(ik_addr_eq(&e->child_sas[0].path.local, &is));
    pair_assert_data(p, 0);
    cr_assert(ik_addr_eq(&p->grams[p->grams_n - 1].path.local, &is));
    ik_node_down(&e->node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    free(p);
}

/* Each pool that an initiator takes from: all it takes, or nothing. */
Test(node, each_pool_full_at_up_is_told)
{
    for (unsigned which = 0; which < 4; which++) {
        struct pair *p = pair_new();
        struct end *e = &p->end[0];
        uint16_t *const n[] = {&e->host.ike_sas_n, &e->host.child_sas_n, &e->host.handshakes_n,
                               &e->host.tasks_n};
        *n[which] = 1;
        e->config.policies_n = 2;
        e->policy[1] = e->policy[0];
        pair_start(p);
        ik_node_up(&e->node, p->now, 0);
        ik_node_up(&e->node, p->now, 1);
        pair_settle(p);
        const struct told *t = pair_find(e, IK_EV_IKE_FAILED);
        cr_assert_eq(t->reason, IK_WHY_NO_ROOM, "pool %u", which);
        cr_assert_eq(t->policy, 1);
        cr_assert_eq(pair_count(e, IK_EV_CHILD_UP), 1, "the first is not hurt");
        pair_assert_usage(p, 0, 1, 1);
        free(p);
    }
}

/* With as few as a mote lends: 1, 1, 1, 1 and 2 buffers. */
Test(node, smallest_pools)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        struct ik_host *h = &p->end[who].host;
        h->ike_sas_n = h->child_sas_n = h->handshakes_n = h->tasks_n = 1;
        h->buffers_n = who == 0 ? 2 : 3; /* messages 1 and 2, and the answer to IKE_AUTH */
    }
    pair_start(p);
    for (unsigned i = 0; i < 3; i++) {
        pair_up(p);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), i + 1);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), i + 1);
        pair_assert_data(p, 0);
        ik_node_check(&p->end[0].node, p->now, 0);
        pair_settle(p);
        ik_node_check(&p->end[1].node, p->now, 0);
        pair_settle(p);
        ik_node_down(&p->end[i % 2].node, p->now, 0);
        pair_settle(p);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 0, 0);
        pair_assert_usage(p, 1, 0, 0);
    }
    free(p);
}
