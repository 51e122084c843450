/* SPDX-License-Identifier: MIT */
/* The usual pair of an initiator and a responder. */
#include "sim/conf.h"
#include "sim/traffic.h"

#define OR(x, otherwise) ((x) ? (x) : (otherwise))

/* Where they are: outer addresses, that of the NAT box, inner networks. */
struct place {
    const char *outer4, *outer6;
    const char *inside4, *inside6; /* behind a NAT box */
    const char *net4, *net6;
    const char *host4, *host6;
};

static const struct place places[2] = {
    {"192.0.2.1", "2001:db8::1", "10.0.0.1", "fd00:a::1", "10.1.0.0/24", "fd00:1::/64", "10.1.0.1",
     "fd00:1::1"},
    {"192.0.2.2", "2001:db8::2", "10.0.0.2", "fd00:b::2", "10.2.0.0/24", "fd00:2::/64", "10.2.0.1",
     "fd00:2::1"},
};

static const char *outer(const struct sim_pair *p, int who)
{
    return p->v6 ? places[who].outer6 : places[who].outer4;
}

/* The node's own address. */
static const char *own(const struct sim_pair *p, int who)
{
    if (!(who == A ? p->nat_a : p->nat_b))
        return outer(p, who);
    return p->v6 ? places[who].inside6 : places[who].inside4;
}

static const char *net(const struct sim_pair *p, int who, int seen_by)
{
    if (p->mode == IK_TRANSPORT)
        return who == seen_by ? own(p, who) : outer(p, who);
    return p->inner6 ? places[who].net6 : places[who].net4;
}

static struct sim_conf *conf_a(struct sim *s, const struct sim_pair *p)
{
    struct sim_conf *c = sim_conf_new(s);

    sim_conf_peer(c, &(struct sim_peer_text){.local = own(p, A),
                                             .remote = outer(p, B),
                                             .local_id = OR(p->id_a, "a.example.org"),
                                             .remote_id = "b.example.org",
                                             .psk = OR(p->psk_a, "a good key"),
                                             .ike = OR(p->ike_a, "aes128-sha256-x25519")});
    sim_conf_policy(c, &(struct sim_policy_text){.ts_local = OR(p->ts_a, net(p, A, A)),
                                                 .ts_remote = OR(p->ts_b, net(p, B, A)),
                                                 .esp = OR(p->esp_a, "aes128gcm16"),
                                                 .ah = p->ah_a,
                                                 .mode = p->mode});
    return c;
}

static enum ik_mode mode_b(const struct sim_pair *p)
{
    if (!p->mode_b_other)
        return p->mode;
    return p->mode == IK_TUNNEL ? IK_TRANSPORT : IK_TUNNEL;
}

static struct sim_conf *conf_b(struct sim *s, const struct sim_pair *p)
{
    const char *ike_a = OR(p->ike_a, "aes128-sha256-x25519");
    const char *esp_a = OR(p->esp_a, "aes128gcm16");
    const char *ts_a = OR(p->ts_a, net(p, A, B)), *ts_b = OR(p->ts_b, net(p, B, B));
    struct sim_conf *c = sim_conf_new(s);

    c->config.exchanges = ik_exchanges_all;
    sim_conf_peer(c, &(struct sim_peer_text){.local = own(p, B),
                                             .local_id = OR(p->id_b, "b.example.org"),
                                             .remote_id = "a.example.org",
                                             .psk = OR(p->psk_b, "a good key"),
                                             .ike = OR(p->ike_b, ike_a)});
    sim_conf_policy(c, &(struct sim_policy_text){.ts_local = OR(p->wide_b, ts_b),
                                                 .ts_remote = OR(p->wide_a, ts_a),
                                                 .esp = OR(p->esp_b, esp_a),
                                                 .ah = p->esp_b ? NULL : OR(p->ah_b, p->ah_a),
                                                 .mode = mode_b(p)});
    return c;
}

static uint16_t box(struct sim *s, const struct sim_pair *p, int who)
{
    const struct sim_nat_opts *given = who == A ? p->nat_a : p->nat_b;
    struct sim_nat_opts opts;

    if (!given)
        return 0;
    opts = *given;
    opts.outside = sim_addr(s, outer(p, who));
    return sim_nat_add(s, &opts);
}

static void node(struct sim *s, const struct sim_pair *p, int who, const struct sim_conf *c)
{
    uint16_t fragment = who == A ? p->fragment_a : p->fragment_b;

    sim_node_add(
        s, &(struct sim_node_opts){
               .config = &c->config,
               .addr = sim_addr(s, own(p, who)),
               .nat = box(s, p, who),
               .ike_sas = who == A ? p->pool_a : p->pool_b,
               .cpu = who == A ? p->cpu_a : p->cpu_b,
               .reassemblies = fragment ? 4 : 0,
               .held = p->held,
               .link = {.delay = 10 * IK_MS, .mtu = p->mtu, .tells = p->tells, .cuts = p->cuts}});
}

void sim_pair_add(struct sim *s, const struct sim_pair *p)
{
    struct sim_conf *a = conf_a(s, p), *b = conf_b(s, p);

#if IK_FRAGMENT
    a->peers[0].fragment = p->fragment_a;
    b->peers[0].fragment = p->fragment_b;
#endif
    if (p->tune)
        p->tune(a, b);
    node(s, p, A, a);
    node(s, p, B, b);
}

static struct ik_addr inner(struct sim *s, const struct sim_pair *p, int who, int seen_by)
{
    if (p->mode == IK_TRANSPORT)
        return sim_addr(s, who == seen_by ? own(p, who) : outer(p, who));
    return sim_addr(s, p->inner6 ? places[who].host6 : places[who].host4);
}

void sim_pair_send(struct sim *s, const struct sim_pair *p, uint16_t from, uint16_t payload)
{
    int to = from == A ? B : A;

    sim_traffic_send(s, from,
                     &(struct sim_inner){.src = inner(s, p, from, from),
                                         .dst = inner(s, p, to, from),
                                         .payload = payload,
                                         .to = (uint16_t)(to + 1)});
}
