/* SPDX-License-Identifier: MIT */
/* What the node tells, as lines of the log that say why; who callers are; liveness. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "daemon.h"
#include "hook.h"
#include "why.h"

const unsigned histogram_ms[HISTOGRAM_N - 1] = {1, 2, 5, 10, 20, 50, 100, 500, 2000};

/* ---- who ------------------------------------------------------------------------------------- */

void sa_name(const struct worker *w, uint16_t ike, uint16_t peer, char *out, size_t cap)
{
    const struct ik_id *id =
        peer < w->d->plan->config.peers_n ? &w->d->plan->peers[peer].remote_id : NULL;
    if (ike < w->host.ike_sas_n && w->known[ike].id != NULL)
        snprintf(out, cap, "%s", w->known[ike].id);
    else if (id != NULL && id->type != 0)
        host_id_print(id->type, id->data, out, cap);
    else
        snprintf(out, cap, "%s",
                 id != NULL && plan_connection(w->d->plan, peer)->remote != NULL
                     ? plan_connection(w->d->plan, peer)->remote
                     : "somebody");
}

struct said {
    char who[200], addr[60], why[200], connection[100];
};

static void describe(const struct worker *w, const struct ik_effect *fx, struct said *s)
{
    char addr[46] = "nowhere";
    const struct conf_connection *k = plan_connection(w->d->plan, fx->peer);
    sa_name(w, fx->ike, fx->peer, s->who, sizeof s->who);
    if (fx->path != NULL)
        host_addr_print(&fx->path->remote, addr, sizeof addr);
    snprintf(s->addr, sizeof s->addr, "%s", addr);
    snprintf(s->connection, sizeof s->connection, "%s", k != NULL ? k->name : "-");
    why_reason(fx, s->why, sizeof s->why);
}

void sa_lookup(struct worker *w, const struct ik_effect *fx)
{
    struct ik_credential who;
    struct known *k = &w->known[fx->ike];
    char id[300];
    host_id_print(fx->id.type, fx->id.data, id, sizeof id);
    free(k->id);
    k->id = strdup(id);
    bool found = plan_identify(w->d->plan, &fx->id, fx->path, &who, &k->has_name);
    ik_node_identified(&w->node, worker_tick(w), fx->ike, fx->lookup, found ? &who : NULL);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static void add(struct ik_proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
    if (id != 0)
        p->transforms[p->transforms_n++] =
            (struct ik_transform){.type = type, .id = id, .key_bits = key_bits};
}

static void count_time(struct worker *w, uint64_t us)
{
    unsigned i = 0;
    while (i < HISTOGRAM_N - 1 && us > histogram_ms[i] * 1000u)
        i++;
    w->statistics.took[i]++;
    w->statistics.took_us += us;
}

static void ike_up(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    char suite[120] = "", in[40];
    struct ik_proposal p = {0};
    struct ik_ike_info info;
    struct known *k = &w->known[fx->ike];
    uint64_t took = k->began != 0 ? daemon_now() - k->began : 0;
    k->since = time(NULL);
    handover_rival(w, fx->ike);
    w->statistics.handshakes_up++;
    count_time(w, took);
    if (!ik_ike_info(&w->node, fx->ike, &info))
        return;
    add(&p, IK_TT_ENCR, info.encr_id, info.encr_key_bits);
    add(&p, IK_TT_PRF, info.prf_id, 0);
    add(&p, IK_TT_INTEG, info.integ_id, 0);
    add(&p, IK_TT_DH, info.dh_id, 0);
    host_suite_print(&p, suite, sizeof suite);
    log_say(
        LOG_INFO_LEVEL, "%s: up with %s at %s: %s, %s in %s%s%s", s->connection, s->who, s->addr,
        suite, info.initiator ? "we called" : "it called", host_duration_print(took, in, sizeof in),
        info.nat_here || info.nat_there ? ", through a NAT" : "", k->resumed ? ", resumed" : "");
}

static bool is_for_several(const struct plan *p, uint16_t peer)
{
    const struct ik_id *id = peer < p->config.peers_n ? &p->peers[peer].remote_id : NULL;
    return id != NULL && (id->type == 0 || ik_id_is_subtree(id));
}

bool sa_claimed(void *ctx, const struct ik_claim *claim)
{
    struct worker *w = ctx;
    return is_for_several(w->d->plan, claim->peer) && inner_claimed(&w->d->inner, w->number, claim);
}

/* Of two in two workers who were asked at the same moment, one. */
static void claim(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    struct ik_ike_info info;
    struct ik_export_child x;
    struct daemon *d = w->d;
    if (d->workers_n == 1 || !is_for_several(d->plan, fx->peer) ||
        !ik_ike_info(&w->node, fx->ike, &info) || !ik_export_child(&w->node, fx->child, &x) ||
        inner_claim(&d->inner, w->number, fx->child, fx->peer, info.peer_id, &x))
        return;
    log_stranger(LOG_WARNING_LEVEL, "%s: what %s has, another identity has: its SA ends",
                 s->connection, s->who);
    handover_end_of(w, fx->child);
}

static void child_up(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    char suite[120], local[300], remote[300];
    struct ik_proposal p = {0};
    struct ik_export_child x;
    const struct conf_child *c = plan_child(w->d->plan, fx->policy);
    w->statistics.child_up++;
    start_is_up(w, fx->child, fx->policy);
    routes_child_up(w, fx->child);
    claim(w, fx, s);
    hook_child_up(w, fx);
    if (!ik_export_child(&w->node, fx->child, &x))
        return;
    if (!x.ah)
        add(&p, IK_TT_ENCR, x.encr_id, x.encr_key_bits);
    add(&p, IK_TT_INTEG, x.integ_id, 0);
    host_suite_print(&p, suite, sizeof suite);
    log_say(LOG_INFO_LEVEL, "%s/%s: %s === %s with %s: %s, %s", s->connection,
            c != NULL ? c->name : "-", why_selectors(x.ts_local, x.ts_local_n, local, sizeof local),
            why_selectors(x.ts_remote, x.ts_remote_n, remote, sizeof remote), s->who, suite,
            x.ah    ? "AH"
            : x.udp ? "ESP in UDP"
                    : "ESP");
}

/* "it asks A === B; ours is C === D" */
static void explain_ts(const struct worker *w, const struct ik_effect *fx, char *out, size_t cap)
{
    static uint8_t text[DAEMON_IKE_MAX];
    struct ik_msg m;
    char a[150] = "", b[150] = "", c[150] = "", e[150] = "";
    const struct ik_policy *ours = NULL;
    for (uint16_t i = 0; i < w->d->plan->config.policies_n && ours == NULL; i++)
        if (w->d->plan->policies[i].peer == fx->peer)
            ours = &w->d->plan->policies[i];
    if (ours != NULL) {
        why_selectors(ours->ts_local, ours->ts_local_n, a, sizeof a);
        why_selectors(ours->ts_remote, ours->ts_remote_n, b, sizeof b);
    }
    bool request = why_last(w, fx->ike, text, sizeof text, &m) &&
                   (m.hdr.flags & IK_FLAG_RESPONSE) == 0 && ik_msg_find(&m, IK_PL_TSI) != NULL;
    if (request) {
        why_asked(&m, IK_PL_TSI, c, sizeof c);
        why_asked(&m, IK_PL_TSR, e, sizeof e);
        if (w->last_is_anothers)
            snprintf(out, cap, "it asks %s === %s, which another identity has, whose SA lives", e,
                     c);
        else
            snprintf(out, cap, "no policy: it asks %s === %s, ours is %s === %s", e, c, a, b);
    } else {
        snprintf(out, cap, "no policy: it refuses %s === %s", a, b);
    }
    explicit_bzero(text, sizeof text);
}

static void explain_proposal(const struct worker *w, const struct ik_effect *fx, bool child,
                             char *out, size_t cap)
{
    static uint8_t text[DAEMON_IKE_MAX];
    struct ik_msg m;
    char ours[250] = "", theirs[250] = "";
    if (child && fx->policy < w->d->plan->config.policies_n)
        why_proposals(w->d->plan->policies[fx->policy].proposals,
                      w->d->plan->policies[fx->policy].proposals_n, ours, sizeof ours);
    else if (fx->peer < w->d->plan->config.peers_n)
        why_proposals(w->d->plan->peers[fx->peer].proposals,
                      w->d->plan->peers[fx->peer].proposals_n, ours, sizeof ours);
    bool request = why_last(w, child ? fx->ike : IK_NO_SLOT, text, sizeof text, &m) &&
                   (m.hdr.flags & IK_FLAG_RESPONSE) == 0;
    if (request && why_offer(&m, theirs, sizeof theirs)[0] != '\0')
        snprintf(out, cap, "no common suite: it offers %s, ours %s", theirs, ours);
    else
        snprintf(out, cap, "no common suite: it takes none of %s", ours);
    explicit_bzero(text, sizeof text);
}

static void explain(const struct worker *w, const struct ik_effect *fx, const struct said *s,
                    char *out, size_t cap)
{
    char within[40];
    bool child = fx->event == IK_EV_CHILD_FAILED;
    bool called = fx->ike < w->host.ike_sas_n && w->known[fx->ike].id != NULL;
    if (fx->reason == IK_WHY_TS)
        explain_ts(w, fx, out, cap);
    else if (fx->reason == IK_WHY_NO_PROPOSAL)
        explain_proposal(w, fx, child, out, cap);
    else if (fx->reason == IK_WHY_AUTH && called)
        snprintf(out, cap, "%s",
                 w->known[fx->ike].has_name
                     ? "AUTH does not verify (its key differs from ours)"
                     : "we have no connection or key for this name at this address");
    else if (fx->reason == IK_WHY_AUTH && fx->notify != 0)
        snprintf(out, cap, "it refuses our AUTH (our key or name is not what it expects)");
    else if (fx->reason == IK_WHY_AUTH)
        snprintf(out, cap, "its AUTH does not verify, or it is not who we expect");
    else if (fx->reason == IK_WHY_TIMEOUT)
        snprintf(out, cap, "no answer within %s",
                 host_duration_print(w->d->plan->conf.daemon.timeout, within, sizeof within));
    else
        snprintf(out, cap, "%s", s->why);
}

static void forget(struct worker *w, uint16_t ike)
{
    if (ike >= w->host.ike_sas_n)
        return;
    free(w->known[ike].id);
    memset(&w->known[ike], 0, sizeof w->known[ike]);
}

static void ike_failed(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    char why[600];
    explain(w, fx, s, why, sizeof why);
    w->statistics.handshakes_failed++;
    w->d->look_again = w->d->look_again || fx->reason == IK_WHY_TIMEOUT;
    /* Who called is known by name only if somebody stands in the file: else it is a stranger. */
    if (fx->peer == IK_NO_SLOT || (fx->ike < w->host.ike_sas_n && w->known[fx->ike].id != NULL))
        log_stranger(LOG_WARNING_LEVEL, "refused %s from %s: %s", s->who, s->addr, why);
    else
        log_say(LOG_WARNING_LEVEL, "%s: no IKE SA with %s at %s: %s", s->connection, s->who,
                s->addr, why);
    for (uint16_t i = 0; fx->peer != IK_NO_SLOT && i < w->d->plan->config.policies_n; i++)
        if (w->d->plan->policies[i].peer == fx->peer)
            start_is_down(w, i);
    control_outcome(w->d, fx, why);
    forget(w, fx->ike);
}

static void child_failed(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    char why[600];
    explain(w, fx, s, why, sizeof why);
    log_stranger(LOG_WARNING_LEVEL, "%s: no Child SA with %s at %s: %s", s->connection, s->who,
                 s->addr, why);
    start_is_down(w, fx->policy);
    control_outcome(w->d, fx, why);
}

static void ike_down(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    w->d->look_again = w->d->look_again || fx->reason == IK_WHY_TIMEOUT;
    log_say(LOG_INFO_LEVEL, "%s: down with %s at %s: %s", s->connection, s->who, s->addr, s->why);
    for (uint16_t i = 0; i < w->d->plan->config.policies_n; i++)
        if (w->d->plan->policies[i].peer == fx->peer)
            start_is_down(w, i);
    control_outcome(w->d, fx, s->why);
    forget(w, fx->ike);
    if (w->d->ending)
        daemon_ended(w);
}

static void child_down(struct worker *w, const struct ik_effect *fx, const struct said *s)
{
    const struct conf_child *c = plan_child(w->d->plan, fx->policy);
    w->statistics.child_down++;
    w->up[fx->child] = 0;
    if (!w->d->ending)
        routes_child_down(w, fx->child);
    hook_child_down(w, fx->child);
    log_say(LOG_DEBUG_LEVEL, "%s/%s: Child SA with %s down: %s", s->connection,
            c != NULL ? c->name : "-", s->who, s->why);
    start_is_down(w, fx->policy);
}

void sa_event(struct worker *w, const struct ik_effect *fx)
{
    struct said s;
    shared_enter();
    describe(w, fx, &s);
    switch (fx->event) {
    case IK_EV_IKE_UP:
        ike_up(w, fx, &s);
        break;
    case IK_EV_CHILD_UP:
        child_up(w, fx, &s);
        control_outcome(w->d, fx, "");
        break;
    case IK_EV_CHILD_FAILED:
        child_failed(w, fx, &s);
        break;
    case IK_EV_IKE_FAILED:
        ike_failed(w, fx, &s);
        break;
    case IK_EV_IKE_DOWN:
        ike_down(w, fx, &s);
        break;
    case IK_EV_CHILD_DOWN:
        child_down(w, fx, &s);
        break;
    case IK_EV_NO_ROOM:
        log_stranger(LOG_WARNING_LEVEL,
                     "no room: all %u IKE SAs or what opens them are taken (daemon.ike_sas)%s",
                     (unsigned)w->host.ike_sas_n,
                     w->d->workers_n > 1 ? " in the worker that the caller fell to" : "");
        break;
    default:
        break;
    }
    shared_leave();
}

/* ---- traces ---------------------------------------------------------------------------------- */

/* No SA was made: only here it shows what came. */
static void refused_offer(const struct worker *w)
{
    struct ik_msg m;
    char theirs[300], ours[300] = "", addr[46];
    if (!why_last(w, IK_NO_SLOT, NULL, 0, &m))
        return;
    for (uint16_t i = 0; ours[0] == '\0' && i < w->d->plan->config.peers_n; i++) {
        const struct ik_peer *p = &w->d->plan->peers[i];
        if (p->remote.family == 0 ||
            memcmp(&p->remote, &w->last_path.remote, sizeof p->remote) == 0)
            why_proposals(p->proposals, p->proposals_n, ours, sizeof ours);
    }
    host_addr_print(&w->last_path.remote, addr, sizeof addr);
    log_stranger(LOG_WARNING_LEVEL, "refused %s: no common suite: it offers %s, ours %s", addr,
                 why_offer(&m, theirs, sizeof theirs), ours);
}

static void refused_address(const struct worker *w)
{
    char addr[46];
    struct ik_msg m;
    if (!why_last(w, IK_NO_SLOT, NULL, 0, &m) || m.hdr.exchange != IK_EX_IKE_SA_INIT)
        return;
    host_addr_print(&w->last_path.remote, addr, sizeof addr);
    log_stranger(LOG_WARNING_LEVEL, "refused %s: no connection is for this address", addr);
}

/* The last that opens it counts: whose ticket is refused begins in full. */
static void begins_by(struct known *k, unsigned exchange)
{
    if (exchange == IK_EX_IKE_SESSION_RESUME || exchange == IK_EX_IKE_SA_INIT)
        k->resumed = exchange == IK_EX_IKE_SESSION_RESUME;
}

void sa_trace(void *ctx, const struct ik_trace_rec *rec)
{
    struct worker *w = ctx;
    if (rec->event == IK_TR_IKE_STATE && rec->b == IK_IKE_OPENING && rec->sa < w->host.ike_sas_n) {
        w->known[rec->sa].began = daemon_now();
        w->known[rec->sa].resumed = false;
    } else if (rec->event == IK_TR_IKE_TX && rec->sa < w->host.ike_sas_n) {
        begins_by(&w->known[rec->sa], rec->a & 0xff);
    } else if (rec->event == IK_TR_IKE_KEYS && w->d->keylog.ike != NULL) {
        shared_enter();
        host_keylog_ike(&w->d->keylog, &w->node, rec->sa);
        shared_leave();
    } else if (rec->event == IK_TR_CHILD_UP && w->d->keylog.ike != NULL) {
        shared_enter();
        host_keylog_child(&w->d->keylog, &w->node, rec->sa);
        shared_leave();
    } else if (rec->event == IK_TR_LEGACY) {
        const struct ik_transform t = {.type = (uint8_t)rec->a, .id = (uint16_t)rec->b};
        char word[60];
        host_suite_print_word(&t, word, sizeof word);
        log_stranger(LOG_WARNING_LEVEL, "a weak algorithm is in use, as the configuration asks: %s",
                     word);
    } else if (rec->event == IK_TR_DROP && rec->a == IK_DROP_IKE_NO_PROPOSAL) {
        refused_offer(w);
    } else if (rec->event == IK_TR_DROP && rec->a == IK_DROP_IKE_NO_PEER) {
        refused_address(w);
    } else if (rec->event == IK_TR_DROP && rec->a == IK_DROP_IKE_ADDRESS) {
        w->last_is_anothers = true;
    }
}
