/* SPDX-License-Identifier: MIT */
#include "sim/conf.h"

#include <string.h>

struct sim_conf *sim_conf_new(struct sim *s)
{
    struct sim_conf *c = sim_own(s, sizeof *c);

    c->sim = s;
    c->config.crypto = host_crypto();
    c->config.peers = c->peers;
    c->config.policies = c->policies;
    c->config.cookie_above = 0xffff;
    return c;
}

struct ik_addr sim_addr(struct sim *s, const char *text)
{
    struct ik_addr a = {0};

    if (text && !host_addr_parse(text, &a))
        sim_fail(s, "conf: %s is no address", text);
    return a;
}

/* Cuts the next word off a list with commas; false if there is none. */
static bool word_next(const char **list, char *out, size_t cap)
{
    size_t n;

    if (!*list || !**list)
        return false;
    n = strcspn(*list, ",");
    if (n >= cap)
        n = cap - 1;
    memcpy(out, *list, n);
    out[n] = 0;
    *list += strcspn(*list, ",");
    if (**list == ',')
        ++*list;
    return true;
}

static bool parse(const char *word, uint8_t protocol, struct ik_proposal *p, char *err, size_t cap)
{
    switch (protocol) {
    case IK_PROTO_IKE:
        return host_suite_parse_ike(word, p, err, cap);
    case IK_PROTO_AH:
        return host_suite_parse_ah(word, p, err, cap);
    default:
        return host_suite_parse_esp(word, p, err, cap);
    }
}

static const struct ik_proposal *proposals(struct sim_conf *c, const char *list, uint8_t protocol,
                                           uint8_t *n)
{
    const struct ik_proposal *first = &c->proposals[c->proposals_n];
    char word[128], err[128];

    *n = 0;
    while (word_next(&list, word, sizeof word)) {
        struct ik_proposal *p = &c->proposals[c->proposals_n];
        bool good = c->proposals_n < SIM_PROPOSALS_MAX && parse(word, protocol, p, err, sizeof err);
        if (!good) {
            sim_fail(c->sim, "conf: suite %s", word);
            return first;
        }
        c->proposals_n++;
        ++*n;
    }
    return first;
}

static struct ik_id identity(struct sim_conf *c, const char *text)
{
    struct ik_id id = {0};

    if (!text)
        return id;
    if (c->ids_n == 2 * SIM_PEERS_MAX || !host_id_parse(text, c->ids[c->ids_n], SIM_ID_LEN, &id))
        sim_fail(c->sim, "conf: identity %s", text);
    c->ids_n++;
    return id;
}

static const char *kept_text(struct sim_conf *c, const char *text)
{
    size_t n = strlen(text) + 1;

    return memcpy(sim_own(c->sim, n), text, n);
}

uint16_t sim_conf_peer(struct sim_conf *c, const struct sim_peer_text *t)
{
    uint16_t i = c->config.peers_n;
    struct ik_peer *p = &c->peers[i];

    if (i == SIM_PEERS_MAX) {
        sim_fail(c->sim, "conf: more than %d peers", SIM_PEERS_MAX);
        return 0;
    }
    p->local = sim_addr(c->sim, t->local);
    p->remote = sim_addr(c->sim, t->remote);
    p->local_id = identity(c, t->local_id);
    p->remote_id = identity(c, t->remote_id);
    p->psk.p = (const uint8_t *)kept_text(c, t->psk);
    p->psk.len = (uint16_t)strlen(t->psk);
    p->proposals = proposals(c, t->ike, IK_PROTO_IKE, &p->proposals_n);
    c->config.peers_n++;
    return i;
}

static uint8_t selectors(struct sim_conf *c, const char *list, struct ik_ts *out)
{
    char word[128];
    uint8_t n = 0;

    while (word_next(&list, word, sizeof word)) {
        if (n == IK_TS_MAX || !host_ts_parse(word, &out[n]))
            sim_fail(c->sim, "conf: selector %s", word);
        else
            n++;
    }
    return n;
}

static struct ik_policy *policy_add(struct sim_conf *c, const char *ts_local, const char *ts_remote)
{
    struct ik_policy *p = &c->policies[c->config.policies_n];

    if (c->config.policies_n == SIM_PEERS_MAX) {
        sim_fail(c->sim, "conf: more than %d policies", SIM_PEERS_MAX);
        return &c->policies[0];
    }
    p->ts_local_n = selectors(c, ts_local, p->ts_local);
    p->ts_remote_n = selectors(c, ts_remote, p->ts_remote);
    c->config.policies_n++;
    return p;
}

uint16_t sim_conf_policy(struct sim_conf *c, const struct sim_policy_text *t)
{
    struct ik_policy *p = policy_add(c, t->ts_local, t->ts_remote);

    p->action = IK_PROTECT;
    p->mode = (uint8_t)t->mode;
    p->peer = t->peer;
    p->replay = t->replay;
#if IK_AH
    p->protocol = t->ah ? IK_PROTO_AH : IK_PROTO_ESP;
    p->proposals = proposals(c, t->ah ? t->ah : t->esp, p->protocol, &p->proposals_n);
#else
    p->proposals = proposals(c, t->esp, IK_PROTO_ESP, &p->proposals_n);
#endif
    return (uint16_t)(c->config.policies_n - 1);
}

uint16_t sim_conf_clear(struct sim_conf *c, enum ik_action action, const char *ts_local,
                        const char *ts_remote)
{
    policy_add(c, ts_local, ts_remote)->action = (uint8_t)action;
    return (uint16_t)(c->config.policies_n - 1);
}
