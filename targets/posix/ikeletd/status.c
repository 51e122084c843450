/* SPDX-License-Identifier: MIT */
#include "status.h"

#include <string.h>

#include "why.h"

static const char *const child_states[] = {"free",    "larval", "ended",   "up",
                                           "in_only", "old",    "deleting"};

static json_t *addr_json(const struct ik_addr *a)
{
    char text[46];
    host_addr_print(a, text, sizeof text);
    return json_string(text);
}

static json_t *spi_json(uint32_t spi)
{
    char text[12];
    snprintf(text, sizeof text, "%08lx", (unsigned long)spi);
    return json_string(text);
}

static json_t *ago(ik_time now, ik_time at)
{
    return at == IK_NEVER ? json_null() : json_real((double)(now - at) / (double)IK_SECOND);
}

static json_t *suite_json(const uint16_t (*words)[3], unsigned n)
{
    char text[120];
    struct ik_proposal p = {0};
    for (unsigned i = 0; i < n; i++)
        if (words[i][1] != 0)
            p.transforms[p.transforms_n++] = (struct ik_transform){
                .type = (uint8_t)words[i][0], .id = words[i][1], .key_bits = words[i][2]};
    host_suite_print(&p, text, sizeof text);
    return json_string(text);
}

static json_t *child_json(const struct worker *w, uint16_t slot, const struct ik_child_info *c)
{
    struct ik_export_child x;
    char local[300] = "", remote[300] = "";
    ik_time now = daemon_now();
    const struct conf_child *conf = plan_child(w->d->plan, c->policy);
    const struct conf_manual *by_hand = plan_manual(w->d->plan, c->policy);
    const char *name = conf != NULL ? conf->name : by_hand != NULL ? by_hand->name : "-";
    json_t *suite = json_null();
    if (ik_export_child(&w->node, slot, &x)) {
        const uint16_t words[2][3] = {{IK_TT_ENCR, x.encr_id, x.encr_key_bits},
                                      {IK_TT_INTEG, x.integ_id, 0}};
        suite = x.ah ? suite_json(&words[1], 1) : suite_json(words, 2);
        why_selectors(x.ts_local, x.ts_local_n, local, sizeof local);
        why_selectors(x.ts_remote, x.ts_remote_n, remote, sizeof remote);
    }
    return json_pack("{ss ss ss ss so ss sb so so sI sI sI sI si si so so}", "name", name, "state",
                     child_states[c->state], "local_ts", local, "remote_ts", remote, "suite", suite,
                     "protocol", c->ah ? "AH" : "ESP", "udp", (int)c->udp, "spi_in",
                     spi_json(c->spi_in), "spi_out", spi_json(c->spi_out), "octets_in",
                     (json_int_t)c->octets_in, "octets_out", (json_int_t)c->octets_out,
                     "packets_in", (json_int_t)c->packets_in, "packets_out",
                     (json_int_t)c->packets_out, "drops", (int)c->drops, "path_mtu", (int)c->mtu,
                     "last_in_s", ago(now, c->last_in), "last_out_s", ago(now, c->last_out));
}

static json_t *children_json(const struct worker *w, const struct ik_ike_info *info)
{
    json_t *list = json_array();
    struct ik_child_info c;
    for (ik_slot s = info->first_child; s != IK_NO_SLOT; s = ik_ike_next_child(&w->node, s))
        if (ik_child_info(&w->node, s, &c) &&
            c.state < sizeof child_states / sizeof child_states[0])
            json_array_append_new(list, child_json(w, s, &c));
    return list;
}

static json_t *manual_json(const struct daemon *d)
{
    json_t *list = json_array();
    struct ik_child_info c;
    for (unsigned i = 0; i < d->by_hand_n; i++) {
        const struct by_hand *h = &d->by_hand[i];
        const struct worker *w = &d->workers[h->worker];
        if (ik_child_info(&w->node, h->slot, &c) && c.ike == IK_NO_SLOT)
            json_array_append_new(list, child_json(w, h->slot, &c));
    }
    return list;
}

static json_t *ike_json(const struct worker *w, uint16_t slot, const struct ik_ike_info *i)
{
    char who[300];
    const struct conf_connection *k = plan_connection(w->d->plan, i->peer);
    const uint16_t words[4][3] = {{IK_TT_ENCR, i->encr_id, i->encr_key_bits},
                                  {IK_TT_PRF, i->prf_id, 0},
                                  {IK_TT_INTEG, i->integ_id, 0},
                                  {IK_TT_DH, i->dh_id, 0}};
    sa_name(w, slot, i->peer, who, sizeof who);
    return json_pack("{ss ss ss ss so si so sb sb sI sf sf si so}", "connection",
                     k != NULL ? k->name : "-", "id", who, "state", host_state_name(i->state),
                     "role", i->initiator ? "initiator" : "responder", "address",
                     addr_json(&i->path.remote), "port", (int)i->path.remote_port, "suite",
                     suite_json(words, 4), "nat_here", (int)i->nat_here, "nat_there",
                     (int)i->nat_there, "since", (json_int_t)w->known[slot].since, "up_s",
                     (double)i->up_ms / 1000., "heard_s", (double)i->heard_ms / 1000., "worker",
                     (int)w->number, "children", children_json(w, i));
}

static json_t *ike_list(const struct daemon *d)
{
    json_t *list = json_array();
    struct ik_ike_info info;
    for (unsigned k = 0; k < d->workers_n; k++) {
        const struct worker *w = &d->workers[k];
        for (uint16_t i = 0; i < w->host.ike_sas_n; i++)
            if (ik_ike_info(&w->node, i, &info))
                json_array_append_new(list, ike_json(w, i, &info));
    }
    return list;
}

json_t *status_daemon(const struct daemon *d)
{
    unsigned ike_sas, child_sas;
    const struct udp *udp = &d->workers[0].udp;
    workers_usage(d, &ike_sas, &child_sas);
    return json_pack("{ss sI ss si sb sb sb sb si si si so so}", "version", IK_VERSION, "since",
                     (json_int_t)d->since, "device", d->tun.name, "mtu", (int)d->tun.mtu, "tso",
                     (int)d->tun.tso, "uso", (int)d->tun.uso, "udp_gso", (int)udp->gso, "udp_gro",
                     (int)udp->gro, "workers", (int)d->workers_n, "ike_sas_taken", (int)ike_sas,
                     "child_sas_taken", (int)child_sas, "ike_sas", ike_list(d), "manual",
                     manual_json(d));
}

static const char *start_word(uint8_t start)
{
    static const char *const words[] = {"none", "trap", "start", "start+trap"};
    return words[start & 3];
}

static json_t *child_list(const struct conf_connection *k)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < k->children_n; i++) {
        const struct conf_child *c = &k->children[i];
        char local[300], remote[300], esp[400];
        json_array_append_new(
            list,
            json_pack("{ss ss ss ss ss}", "name", c->name, "local_ts",
                      why_selectors(c->ts_local, c->ts_local_n, local, sizeof local), "remote_ts",
                      why_selectors(c->ts_remote, c->ts_remote_n, remote, sizeof remote), "start",
                      start_word(c->start), c->ah ? "ah" : "esp",
                      why_proposals(c->esp, c->esp_n, esp, sizeof esp)));
    }
    return list;
}

json_t *status_list(const struct daemon *d)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < d->plan->conf.connections_n; i++) {
        const struct conf_connection *k = &d->plan->conf.connections[i];
        char id[200] = "", remote_id[200] = "%any", ike[400];
        host_id_print(k->id.type, k->id.data, id, sizeof id);
        if (k->remote_id.type != 0)
            host_id_print(k->remote_id.type, k->remote_id.data, remote_id, sizeof remote_id);
        json_array_append_new(
            list,
            json_pack("{ss ss ss ss si ss so}", "name", k->name, "remote",
                      k->remote != NULL ? k->remote : "%any", "id", id, "remote_id",
                      k->remotes != NULL ? k->remotes : remote_id, "remotes", (int)k->list_n, "ike",
                      why_proposals(k->ike, k->ike_n, ike, sizeof ike), "children", child_list(k)));
    }
    return json_pack("{so}", "connections", list);
}

static json_t *named(const uint64_t *values, unsigned n, const char *(*name)(unsigned))
{
    json_t *list = json_object();
    for (unsigned i = 0; i < n; i++)
        json_object_set_new(list, name(i), json_integer((json_int_t)values[i]));
    return list;
}

json_t *status_counters(const struct daemon *d)
{
    const struct statistics s = workers_statistics(d);
    const struct counters c = workers_counters(d);
    json_int_t datagrams = 0, calls = 0;
    for (unsigned k = 0; k < d->workers_n; k++) {
        datagrams += (json_int_t)d->workers[k].udp.datagrams;
        calls += (json_int_t)d->workers[k].udp.calls;
    }
    return json_pack("{so so s{sI sI sI sI sI sI sI sI sI sI sI}}", "drops",
                     named(c.drop, IK_DROP_N, host_drop_name), "counts",
                     named(c.count, IK_COUNT_N, host_count_name), "host", "handshakes_up",
                     (json_int_t)s.handshakes_up, "handshakes_failed",
                     (json_int_t)s.handshakes_failed, "tun_in", (json_int_t)s.tun_in, "tun_out",
                     (json_int_t)s.tun_out, "tun_dropped", (json_int_t)s.tun_dropped, "mss_clamped",
                     (json_int_t)s.mss_clamped, "restarts", (json_int_t)s.restarts,
                     "datagrams_sent", datagrams, "send_calls", calls, "handed_over",
                     (json_int_t)s.handed, "handed_over_lost", (json_int_t)s.handed_lost);
}
