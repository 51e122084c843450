/* SPDX-License-Identifier: MIT */
/*
 * What a peer may claim (RFC 4301 4.4.3): whoever an entry for any identity admits still gets no
 * packets of another. Who has an address first holds it, until his SA ends; the same identity may
 * come again with it.
 */
#include "story.h"

#define GATEWAY 0

static struct ik_addr outer(struct sim *s, unsigned node)
{
    char text[20];

    snprintf(text, sizeof text, "192.0.2.%u", node + 1);
    return sim_addr(s, text);
}

static const char *kept(struct sim *s, const char *fmt, unsigned n)
{
    char *out = sim_own(s, 40);

    snprintf(out, 40, fmt, n);
    return out;
}

/* Who may come to it; NULL: anybody. */
static const char *whom;

static struct sim *gateway_of(const char *ts_local, const char *ts_remote, enum ik_mode mode)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    struct sim_conf *g = sim_conf_new(s);

    g->config.exchanges = ik_exchanges_all;
    sim_conf_peer(g, &(struct sim_peer_text){.local = "192.0.2.1",
                                             .local_id = "gw.example.org",
                                             .remote_id = whom,
                                             .psk = "a key of everybody",
                                             .ike = "aes128-sha256-x25519"});
    sim_conf_policy(
        g, &(struct sim_policy_text){
               .ts_local = ts_local, .ts_remote = ts_remote, .esp = "aes128gcm16", .mode = mode});
    sim_node_add(
        s, &(struct sim_node_opts){.config = &g->config, .addr = outer(s, GATEWAY), .ike_sas = 8});
    return s;
}

static struct sim *gateway(const char *ts_remote)
{
    return gateway_of("10.2.0.0/16", ts_remote, IK_TUNNEL);
}

/* A client by that name, with these addresses behind it. Answers its node. */
static uint16_t client_of(struct sim *s, const char *name, const char *ts_local,
                          const char *ts_remote, enum ik_mode mode)
{
    struct sim_conf *c = sim_conf_new(s);
    unsigned n = s->nodes_n;

    sim_conf_peer(c, &(struct sim_peer_text){.local = kept(s, "192.0.2.%u", n + 1),
                                             .remote = "192.0.2.1",
                                             .local_id = name,
                                             .remote_id = "gw.example.org",
                                             .psk = "a key of everybody",
                                             .ike = "aes128-sha256-x25519"});
    sim_conf_policy(
        c, &(struct sim_policy_text){
               .ts_local = ts_local, .ts_remote = ts_remote, .esp = "aes128gcm16", .mode = mode});
    return sim_node_add(
        s, &(struct sim_node_opts){.config = &c->config, .addr = outer(s, n), .ike_sas = 2});
}

static uint16_t client(struct sim *s, const char *name, const char *ts_local)
{
    return client_of(s, name, ts_local, "10.2.0.0/16", IK_TUNNEL);
}

static bool up(struct sim *s, uint16_t node)
{
    unsigned before = sim_told_count(s, node, IK_EV_CHILD_UP, IK_WHY_NONE);

    sim_up(s, node, 0);
    cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
    return sim_told_count(s, node, IK_EV_CHILD_UP, IK_WHY_NONE) > before;
}

/* A packet for that address, from behind the gateway, comes out there. */
static void assert_gets_from(struct sim *s, const char *from, uint16_t node, const char *address)
{
    uint32_t before = s->nodes[node]->delivered;

    sim_traffic_send(s, GATEWAY,
                     &(struct sim_inner){.src = sim_addr(s, from), .dst = sim_addr(s, address)});
    cr_assert(sim_run_for(s, IK_SECOND), "%s", s->why);
    cr_assert_eq(s->nodes[node]->delivered, before + 1, "n%u does not get what is for %s", node,
                 address);
}

static void assert_gets(struct sim *s, uint16_t node, const char *address)
{
    assert_gets_from(s, "10.2.0.1", node, address);
}

static void end(struct sim *s)
{
    for (uint16_t i = 0; i < s->nodes_n; i++)
        sim_down(s, i, IK_NO_SLOT);
    cr_assert(sim_run_idle(s, 3600 * IK_SECOND), "%s", s->why);
    sim_check_end(s);
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
}

Test(claims, an_address_that_another_holds, FULL)
{
    /* The same; within it; so much more that one end of it is there. */
    static const char *const wanted[] = {"10.1.0.4/30", "10.1.0.5/32", "10.1.0.0/29"};
    for (unsigned i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct sim *s = gateway("10.1.0.0/16");
        uint16_t first = client(s, "first.example.org", "10.1.0.4/30");
        uint16_t second = client(s, "second.example.org", wanted[i]);
        cr_assert(up(s, first));
        cr_assert_not(up(s, second), "%s", wanted[i]);
        cr_assert_eq(sim_told_count(s, second, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
        cr_assert_eq(sim_dropped(s, GATEWAY, IK_DROP_IKE_ADDRESS), 1);
        assert_gets(s, first, "10.1.0.5");
        end(s);
    }
}

#if IK_INDEX
/* The host has other nodes, and one of these has an SA for that. */
static bool is_elsewhere(void *ctx, const struct ik_claim *claim)
{
    const struct ik_ts *has = ctx;
    return claim->peer == 0 && memcmp(claim->remote->lo, has->hi, 16) <= 0 &&
           memcmp(has->lo, claim->remote->hi, 16) <= 0;
}

Test(claims, an_address_that_another_node_of_the_host_holds, FULL)
{
    struct ik_ts has;
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t first = client(s, "first.example.org", "10.1.0.4/30");
    uint16_t second = client(s, "second.example.org", "10.1.0.8/30");
    cr_assert(host_ts_parse("10.1.0.5", &has));
    s->nodes[GATEWAY]->core.host.claimed = is_elsewhere;
    s->nodes[GATEWAY]->core.host.claimed_ctx = &has;
    cr_assert_not(up(s, first));
    cr_assert_eq(sim_told_count(s, first, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
    cr_assert_eq(sim_dropped(s, GATEWAY, IK_DROP_IKE_ADDRESS), 1);
    cr_assert(up(s, second));
    assert_gets(s, second, "10.1.0.9");
    end(s);
}
#endif

/* All of a domain, who have one entry: likewise. Those of another one have none. */
Test(claims, users_of_a_domain, FULL)
{
    whom = "*@company.com";
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t alice = client(s, "alice@company.com", "10.1.0.4/30");
    uint16_t bob = client(s, "bob@Company.com", "10.1.0.4/30");
    uint16_t carol = client(s, "carol@company.com", "10.1.0.8/30");
    uint16_t mallory = client(s, "alice@company.com.example.org", "10.1.0.12/30");
    cr_assert(up(s, alice));
    cr_assert_not(up(s, bob));
    cr_assert_eq(sim_told_count(s, bob, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
    cr_assert(up(s, carol));
    cr_assert_not(up(s, mallory));
    cr_assert_eq(sim_told_count(s, mallory, IK_EV_IKE_FAILED, IK_WHY_AUTH), 1);
    assert_gets(s, alice, "10.1.0.5");
    assert_gets(s, carol, "10.1.0.9");
    end(s);
}

/* Its SA ends: it is free. */
Test(claims, an_address_that_another_held, FULL)
{
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t first = client(s, "first.example.org", "10.1.0.4/30");
    uint16_t second = client(s, "second.example.org", "10.1.0.4/30");

    cr_assert(up(s, first));
    sim_down(s, first, IK_NO_SLOT);
    cr_assert(sim_run_for(s, IK_SECOND));
    cr_assert(up(s, second));
    assert_gets(s, second, "10.1.0.5");
    end(s);
}

Test(claims, addresses_of_its_own, FULL)
{
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t first = client(s, "first.example.org", "10.1.0.4/30");
    uint16_t second = client(s, "second.example.org", "10.1.0.8/30");

    cr_assert(up(s, first));
    cr_assert(up(s, second));
    assert_gets(s, first, "10.1.0.7");
    assert_gets(s, second, "10.1.0.8");
    end(s);
}

/* Somebody who may have all, and says so, gets nothing of who was there before. */
Test(claims, all_of_it, FULL)
{
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t first = client(s, "first.example.org", "10.1.0.4/30");
    uint16_t greedy = client(s, "greedy.example.org", "10.1.0.0/16");
    uint16_t late = client(s, "late.example.org", "10.1.3.0/24");

    cr_assert(up(s, first));
    cr_assert(up(s, greedy));
    assert_gets(s, first, "10.1.0.5");
    assert_gets(s, greedy, "10.1.0.9");
    cr_assert_not(up(s, late));
    end(s);
}

/* The same person comes again, from another place: its packets go there. */
Test(claims, the_same_identity_again, FULL)
{
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t before = client(s, "first.example.org", "10.1.0.4/30");
    uint16_t now = client(s, "FIRST.example.org", "10.1.0.4/30");

    cr_assert(up(s, before));
    cr_assert(up(s, now));
    assert_gets(s, now, "10.1.0.5");
    end(s);
}

/* The same addresses, other ports: no packet is of both. */
Test(claims, other_ports_of_an_address, FULL)
{
    struct sim *s = gateway("10.1.0.0/16");
    uint16_t first = client(s, "first.example.org", "10.1.0.4/32[udp/1000]");
    uint16_t second = client(s, "second.example.org", "10.1.0.4/32[udp/2000]");
    uint16_t third = client(s, "third.example.org", "10.1.0.4/32[udp]");

    cr_assert(up(s, first));
    cr_assert(up(s, second));
    cr_assert_not(up(s, third));
    end(s);
}

/* ---- transport mode: the addresses of the path, and no others -------------------------------- */

Test(claims, an_address_of_another_path, FULL)
{
    struct sim *s = gateway_of("192.0.2.1/32", "192.0.2.0/24", IK_TRANSPORT);
    uint16_t first =
        client_of(s, "first.example.org", "192.0.2.3/32", "192.0.2.1/32", IK_TRANSPORT);
    uint16_t second =
        client_of(s, "second.example.org", "192.0.2.3/32", "192.0.2.1/32", IK_TRANSPORT);

    /* Its own address is 192.0.2.2. */
    cr_assert_not(up(s, first));
    cr_assert_eq(sim_told_count(s, first, IK_EV_CHILD_FAILED, IK_WHY_TS), 1);
    cr_assert(up(s, second));
    assert_gets_from(s, "192.0.2.1", second, "192.0.2.3");
    end(s);
}

/* Who offers more gets his own. */
Test(claims, all_addresses_of_a_network, FULL)
{
    struct sim *s = gateway_of("192.0.2.1/32", "192.0.2.0/24", IK_TRANSPORT);
    uint16_t first =
        client_of(s, "first.example.org", "192.0.2.0/24", "192.0.2.0/24", IK_TRANSPORT);
    uint16_t second =
        client_of(s, "second.example.org", "192.0.2.0/24", "192.0.2.0/24", IK_TRANSPORT);

    cr_assert(up(s, first));
    cr_assert(up(s, second));
    assert_gets_from(s, "192.0.2.1", first, "192.0.2.2");
    assert_gets_from(s, "192.0.2.1", second, "192.0.2.3");
    end(s);
}
