/* SPDX-License-Identifier: MIT */
#include "sim/script.h"

#include "sim/sim.h"

struct sim_rule *sim_rule_add(struct sim *s, const struct sim_rule *rule)
{
    struct sim_rule *r;

    if (s->script.rules_n == SIM_RULES_MAX) {
        sim_fail(s, "script: more than %d rules", SIM_RULES_MAX);
        return NULL;
    }
    r = &s->script.rules[s->script.rules_n++];
    *r = *rule;
    r->seen = r->hits = 0;
    return r;
}

void sim_rules_clear(struct sim *s)
{
    s->script.rules_n = 0;
}

static bool match_ike(const struct sim_rule *r, const struct ik_hdr *hdr)
{
    if (r->exchange != SIM_ANY && r->exchange != hdr->exchange)
        return false;
    if (r->response != SIM_ANY && r->response != ((hdr->flags & IK_FLAG_RESPONSE) != 0))
        return false;
    return r->msgid == SIM_ANY || r->msgid == (int64_t)hdr->msgid;
}

bool sim_rule_match(const struct sim_rule *r, const struct sim_dgram *d)
{
    int kind = r->kind ? r->kind : SIM_IKE;
    struct sim_view v;

    if (r->node != SIM_ANY && r->node != d->from)
        return false;
    sim_view(d, &v);
    if (kind != SIM_ANY && kind != v.kind)
        return false;
    return v.kind != SIM_IKE || kind == SIM_ANY || match_ike(r, &v.hdr);
}

struct sim_rule *sim_rule_for(struct sim *s, const struct sim_dgram *d)
{
    struct sim_rule *acting = NULL;

    for (uint16_t i = 0; i < s->script.rules_n; i++) {
        struct sim_rule *r = &s->script.rules[i];
        if (!sim_rule_match(r, d))
            continue;
        r->seen++;
        if (!acting && (r->nth == 0 || r->nth == r->seen))
            acting = r;
    }
    if (acting)
        acting->hits++;
    return acting;
}
