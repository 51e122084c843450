/* SPDX-License-Identifier: MIT */
#include "setup.h"

#include <string.h>

#include "say.h"

/* Half-open IKE SAs: half of what one address may hold of LINK_IKE_SAS. */
#define COOKIE_ABOVE 4

/* The one address that the selectors name; false if there are more. */
static bool single(const struct ik_ts *ts, uint8_t n, struct ik_addr *out)
{
    if (n != 1 || memcmp(ts->lo, ts->hi, 16) != 0)
        return false;
    out->family = ts->family;
    memcpy(out->b, ts->lo, 16);
    return true;
}

/* One end of the echo and its selectors: each follows from the other, or from the outer address. */
struct end {
    const char *addr_name, *ts_name;
    struct ik_addr *inner;
    const struct ik_addr *outer;
    struct ik_ts *ts;
    uint8_t *ts_n;
};

static bool complete_end(const struct end *e)
{
    if (*e->ts_n == 0) {
        if (e->inner->family == 0)
            *e->inner = *e->outer;
        host_ts_from_addr(e->inner, e->ts);
        *e->ts_n = 1;
    } else if (e->inner->family == 0 && !single(e->ts, *e->ts_n, e->inner)) {
        complain("--%s=ADDR is needed: --%s names more than one address", e->addr_name, e->ts_name);
        return false;
    }
    if (host_ts_hold(e->ts, *e->ts_n, e->inner))
        return true;
    complain("--%s is outside of --%s", e->addr_name, e->ts_name);
    return false;
}

static void own_address_as_id(struct options *o)
{
    o->id.type = o->local.family == 4 ? IK_ID_IPV4_ADDR : IK_ID_IPV6_ADDR;
    o->id.data.p = o->id_data;
    o->id.data.len = o->local.family == 4 ? 4 : 16;
    memcpy(o->id_data, o->local.b, 16);
}

static bool complete_ends(struct options *o)
{
    const struct end here = {"from", "ts-local", &o->from, &o->local, o->ts_local, &o->ts_local_n};
    const struct end there = {"to", "ts-remote", &o->to, &o->peer, o->ts_remote, &o->ts_remote_n};
    if (o->mode == IK_TRANSPORT) {
        /* RFC 4301 4.1: transport mode is between the two hosts themselves. */
        o->from = o->local;
        o->to = o->peer;
    }
    if (!complete_end(&here) || !complete_end(&there))
        return false;
    if (o->from.family != o->to.family)
        complain("the echo would go from one IP version to the other: give --from and --to");
    return o->from.family == o->to.family;
}

static bool has_family(const struct ik_ts *ts, uint8_t n, uint8_t family)
{
    for (unsigned i = 0; i < n; i++)
        if (ts[i].family == family)
            return true;
    return n == 0;
}

/* Where nothing is said: any address of the IP versions that the other side has. */
static void anything(struct ik_ts *ts, uint8_t *n, const struct ik_ts *other, uint8_t other_n)
{
    static const char *const all[] = {"0.0.0.0/0", "::/0"};
    struct ik_ts one;
    for (unsigned i = 0; i < 2; i++)
        if (host_ts_parse(all[i], &one) && has_family(other, other_n, one.family))
            ts[(*n)++] = one;
}

static void make_peer(struct ik_peer *p, const struct options *o, const struct sockets *sockets)
{
    p->local = o->local;
    p->remote = o->peer;
    if (o->port != 0) {
        p->local_port = sockets->list[sockets->n - 1].port;
        p->remote_port = o->role == ROLE_PING ? o->port : 0;
    }
    p->local_id = o->id;
    p->remote_id = o->remote_id;
    p->psk = (struct ik_span){o->psk, (uint16_t)o->psk_len};
    p->proposals = o->ike;
    p->proposals_n = o->ike_n;
    p->ppks = o->ppks.list;
    p->ppks_n = o->ppks.n;
    p->ppk_required = o->ppk_required;
    p->childless = (uint8_t)o->childless;
    p->initial_contact = o->initial_contact;
    p->force_natt = o->natt || o->port != 0;
    p->no_nat = !o->nat_detection;
    p->no_idr = !o->idr;
    p->rekey_s = o->rekey_ike;
    p->life_s = o->life_ike;
    p->reauth_s = o->reauth;
    p->liveness_s = o->liveness;
    p->fragment = o->fragment;
    p->resume = o->role == ROLE_PING && o->ticket_file != NULL;
    p->unique = IK_UNIQUE_REPLACE;
}

static void make_policy(struct ik_policy *p, const struct options *o)
{
    p->action = IK_PROTECT;
    p->mode = (uint8_t)o->mode;
    p->ts_local_n = o->ts_local_n;
    p->ts_remote_n = o->ts_remote_n;
    memcpy(p->ts_local, o->ts_local, sizeof p->ts_local);
    memcpy(p->ts_remote, o->ts_remote, sizeof p->ts_remote);
    p->protocol = o->ah ? IK_PROTO_AH : IK_PROTO_ESP;
    p->proposals = o->esp;
    p->proposals_n = o->esp_n;
    p->rekey_s = o->rekey_child;
    p->life_s = o->life_child;
}

/* One of --child: as the first, but for its selectors. */
static void make_child(struct ik_policy *p, const struct options *o, unsigned i)
{
    make_policy(p, o);
    p->ts_local_n = p->ts_remote_n = 1;
    p->ts_local[0] = o->children[i][0];
    p->ts_remote[0] = o->children[i][1];
}

void setup_make(struct setup *s, const struct options *o, const struct sockets *sockets)
{
    memset(s, 0, sizeof *s);
    make_peer(&s->peer, o, sockets);
    /* Those of --child come first: the selectors of the first may hold theirs. */
    for (unsigned i = 0; i < o->children_n; i++)
        make_child(&s->policies[i], o, i);
    make_policy(&s->policies[o->children_n], o);
    s->config.crypto = o->crypto;
    s->config.peers = &s->peer;
    s->config.peers_n = 1;
    s->config.policies = s->policies;
    s->config.policies_n = 1u + o->children_n;
    s->config.retransmit = host_retransmit_within(o->timeout, 0);
    s->config.exchanges = o->role == ROLE_RESPOND ? ik_exchanges_all : ik_exchanges_caller;
    s->config.ticket_s = o->ticket_life;
    s->config.nonce_len = o->nonce;
    s->config.hints = true;
    s->config.life = &ik_lifetimes;
    s->config.cookie_above = COOKIE_ABOVE;
}

int setup_check(const struct options *o)
{
    static struct setup s;
    const struct sockets any = {.n = 1, .list = {{.port = IK_PORT_NATT}}};
    struct ik_fault fault;
    setup_make(&s, o, &any);
    if (ik_config_check(&s.config, &fault) == IK_OK)
        return 0;
    complain("these options make no configuration that can work: %s", host_fault_text(fault.what));
    return EXIT_USAGE;
}

static bool complete_selectors(struct options *o)
{
    if (o->role == ROLE_PING)
        return complete_ends(o);
    if (o->ts_local_n == 0)
        anything(o->ts_local, &o->ts_local_n, o->ts_remote, o->ts_remote_n);
    if (o->ts_remote_n == 0)
        anything(o->ts_remote, &o->ts_remote_n, o->ts_local, o->ts_local_n);
    return true;
}

int setup_complete(struct options *o)
{
    char err[200];
    if (o->role == ROLE_PING && o->local.family == 0 &&
        !sockets_route(&o->peer, &o->local, err, sizeof err)) {
        complain("%s", err);
        return EXIT_FAILED;
    }
    if (!o->id_given)
        own_address_as_id(o);
    return complete_selectors(o) ? 0 : EXIT_USAGE;
}
