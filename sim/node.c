/* SPDX-License-Identifier: MIT */
#include "sim/node.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/watched.h"

/* More effects than this from one event: the core would never come to rest. */
#define EFFECTS_MAX 5000

ik_time sim_node_now(const struct sim_node *n)
{
    return n->sim->clock.now + n->ahead;
}

/* Kept with and without text. */
static void trace_hash_add(struct sim_node *n, uint32_t what, uint32_t sa, uint32_t a, uint32_t b)
{
    struct sim *s = n->sim;
    const uint64_t words[5] = {s->trace_hash, s->clock.now, (uint64_t)n->index << 32 | what, sa,
                               (uint64_t)a << 32 | b};

    s->trace_hash = sim_spy_digest(5, (const uint8_t *)words, sizeof words);
}

/* ---- trace ---------------------------------------------------------------------------------- */

static void on_trace(void *ctx, const struct ik_trace_rec *rec)
{
    struct sim_node *n = ctx;
    struct sim *s = n->sim;

    trace_hash_add(n, rec->event, rec->sa, rec->a, rec->b);
    sim_note(s, "n%u %s sa=%u a=%" PRIu32 " b=%" PRIu32, rec->node, host_trace_name(rec->event),
             rec->sa, rec->a, rec->b);
    if (rec->at != sim_node_now(n) || rec->node != n->index)
        sim_fail(s, "n%u: trace record of another time or node", n->index);
    if (s->keylog.ike && rec->event == IK_TR_IKE_KEYS)
        host_keylog_ike(&s->keylog, &n->core, rec->sa);
    if (s->keylog.ike && rec->event == IK_TR_CHILD_UP)
        host_keylog_child(&s->keylog, &n->core, rec->sa);
    sim_check_trace(n, rec);
    if (!s->opts.unchecked)
        sim_spy_trace(&s->spy, n->index, &n->core, rec);
}

/* ---- effects -------------------------------------------------------------------------------- */

static void record_sent(struct sim_node *n, const struct ik_path *path, const uint8_t *data,
                        uint16_t len)
{
    struct sim *s = n->sim;
    uint8_t head[16];
    ik_time at = s->clock.now;

    n->sent++;
    n->sent_octets += len;

    for (int i = 0; i < 8; i++)
        head[i] = (uint8_t)(at >> (56 - 8 * i));
    head[8] = (uint8_t)(n->index >> 8);
    head[9] = (uint8_t)n->index;
    head[10] = path->carrier;
    head[11] = path->remote.family;
    head[12] = (uint8_t)(path->remote_port >> 8);
    head[13] = (uint8_t)path->remote_port;
    head[14] = (uint8_t)(len >> 8);
    head[15] = (uint8_t)len;
    s->sent_hash = sim_spy_digest(s->sent_hash, head, sizeof head);
    s->sent_hash = sim_spy_digest(s->sent_hash, data, len);
    if (!s->opts.record_sent)
        return;
    sim_log_add(&s->sent, head, sizeof head);
    sim_log_add(&s->sent, data, len);
}

static void send_out(struct sim_node *n, const struct ik_effect *fx)
{
    struct sim *s = n->sim;

    record_sent(n, fx->path, fx->data, fx->len);
    sim_check_sent(n, fx);
    if (!s->opts.unchecked)
        sim_spy_sent(&s->spy, n->index, fx->path, fx->outer.df, fx->data, fx->len);
    if (s->pcap.f)
        host_pcap_write(&s->pcap, s->clock.now, fx->path, true, fx->data, fx->len);
    struct ik_outer outer = fx->outer;
    if (outer.ttl == 0)
        outer.ttl = SIM_OUTER.ttl;
    sim_net_send_as(n, fx->path, &outer, fx->data, fx->len);
}

void sim_node_send(struct sim_node *n, const struct ik_path *path, const uint8_t *data,
                   uint16_t len)
{
    struct sim *s = n->sim;

    record_sent(n, path, data, len);
    if (s->pcap.f)
        host_pcap_write(&s->pcap, s->clock.now, path, true, data, len);
    sim_net_send(n, path, data, len);
}

/* A clear packet goes to the node whose outer address it names. */
static void pass_out(struct sim_node *n, const struct ik_effect *fx)
{
    struct ik_path path = {.carrier = SIM_CARRIER_CLEAR};
    bool v6 = fx->len >= 40 && fx->data[0] >> 4 == 6;

    n->passed++;
    sim_check_passed(n, fx);
    if (!v6 && fx->len < 20)
        return;
    path.local.family = path.remote.family = v6 ? 6 : 4;
    memcpy(path.local.b, fx->data + (v6 ? 8 : 12), v6 ? 16 : 4);
    memcpy(path.remote.b, fx->data + (v6 ? 24 : 16), v6 ? 16 : 4);
    sim_net_send(n, &path, fx->data, fx->len);
}

static void job_done(struct sim_node *n, struct ik_job *job)
{
    struct sim_spy *spy = &n->sim->spy;
    ik_time now = sim_node_now(n);
    struct sim_key used[2];

    sim_check_secrets_job(spy, job);
    WATCHED(n, ik_job_run(job));
    sim_check_secrets_job(spy, job);
    sim_check_secrets_take(job, used);
    WATCHED(n, ik_node_job_done(&n->core, now, job));
    sim_check_secrets_used(spy, n->index, used);
}

static void job_fires(struct sim_timer *t)
{
    struct sim_job *j = t->ctx;
    struct ik_job *job = j->job;
    struct sim_node *n = j->node;

    j->job = NULL;
    if (n->sim->opts.unchecked) {
        ik_job_run(job);
        ik_node_job_done(&n->core, sim_node_now(n), job);
    } else {
        job_done(n, job);
    }
    sim_node_pump(n);
}

/* The CPU does one job after the other. */
static void job_start(struct sim_node *n, struct ik_job *job)
{
    struct sim *s = n->sim;
    ik_time begin = n->busy_until > s->clock.now ? n->busy_until : s->clock.now;

    for (uint16_t i = 0; i < n->jobs_n; i++) {
        struct sim_job *j = &n->jobs[i];
        if (j->job)
            continue;
        n->busy_until = begin + sim_cpu_time(n->opts.cpu, ik_job_cost(job), ik_job_times(job));
        *j = (struct sim_job){.timer = {.fire = job_fires, .ctx = j}, .node = n, .job = job};
        sim_timer_set(&s->clock, &j->timer, n->busy_until);
        return;
    }
    sim_fail(s, "n%u: more jobs at once than handshakes", n->index);
}

static void keep_told(struct sim_node *n, const struct sim_told *told)
{
    if (n->told_n == n->told_cap) {
        n->told_cap = n->told_cap ? 2 * n->told_cap : 16;
        n->told = sim_realloc(n->told, n->told_cap, sizeof *n->told);
    }
    n->told[n->told_n++] = *told;
    trace_hash_add(n, 1000u + told->event, told->ike, told->reason, told->notify);
    sim_note(n->sim, "n%u told %s: %s (notify %u) peer=%u policy=%u", n->index,
             host_event_name(told->event), host_reason_text(told->reason), told->notify, told->peer,
             told->policy);
    if (n->opts.app && n->opts.app->told)
        n->opts.app->told(n->opts.app->ctx, told);
}

static void tell(struct sim_node *n, const struct ik_effect *fx)
{
    const struct sim_told told = {.at = n->sim->clock.now,
                                  .event = fx->event,
                                  .reason = fx->reason,
                                  .notify = fx->notify,
                                  .ike = fx->ike,
                                  .child = fx->child,
                                  .peer = fx->peer,
                                  .policy = fx->policy};

    keep_told(n, &told);
    sim_check_told(n, fx);
}

void sim_node_tell(struct sim_node *n, uint8_t event, uint8_t reason)
{
    const struct sim_told told = {.at = n->sim->clock.now, .event = event, .reason = reason};

    keep_told(n, &told);
}

/* Packets of an application are its affair: they are none of sim/traffic.h. */
static void deliver(struct sim_node *n, const struct ik_effect *fx)
{
    const struct sim_app *app = n->opts.app;

    if (!fx->path && sim_check_is_icmp(fx->data, fx->len)) {
        sim_check_icmp(n, fx->data, fx->len);
        return;
    }
    n->delivered++;
    if (!app || !app->delivered)
        sim_check_delivered(n, fx);
    if (!n->sim->opts.unchecked)
        sim_spy_delivered(&n->sim->spy, n->index, fx->data, fx->len);
    if (app && app->delivered)
        app->delivered(app->ctx, fx->data, fx->len);
}

static void carry_out(struct sim_node *n, const struct ik_effect *fx)
{
    switch (fx->kind) {
    case IK_FX_SEND:
        send_out(n, fx);
        break;
    case IK_FX_DELIVER:
        deliver(n, fx);
        break;
    case IK_FX_PASS:
        pass_out(n, fx);
        break;
    case IK_FX_JOB:
        job_start(n, fx->job);
        break;
    case IK_FX_EVENT:
        tell(n, fx);
        break;
    default:
        sim_fail(n->sim, "n%u: effect of unknown kind %u", n->index, fx->kind);
        break;
    }
}

static void set_wake(struct sim_node *n)
{
    ik_time at = ik_node_deadline(&n->core);
    if (at != IK_NEVER)
        at = at > n->ahead ? at - n->ahead : 0;
    if (n->opts.late && at < IK_NEVER - n->opts.late)
        at += sim_rng_between(&n->sim->faults, 0, n->opts.late);
    sim_timer_set(&n->sim->clock, &n->wake, at);
}

void sim_node_pump(struct sim_node *n)
{
    struct sim *s = n->sim;
    struct ik_effect fx;
    ik_time now = sim_node_now(n);

    for (unsigned n_fx = 0;;) {
        ik_time promised = ik_node_deadline(&n->core);
        bool more;
        WATCHED(n, more = ik_node_poll(&n->core, now, &fx));
        if (!more && sim_node_prepare(n, now))
            continue;
        if (!more)
            break;
        if (promised > now)
            sim_fail(s, "n%u: poll had effect %u, deadline said later", n->index, fx.kind);
        if (++n_fx > EFFECTS_MAX)
            sim_fail(s, "n%u: poll does not come to an end", n->index);
        if (s->failed)
            return;
        carry_out(n, &fx);
    }
    sim_check_rest(n);
    set_wake(n);
}

/* ---- power ---------------------------------------------------------------------------------- */

static void wake_fires(struct sim_timer *t)
{
    sim_node_pump(t->ctx);
}

static struct ik_sizes sizes_of(const struct sim_node *n)
{
    return (struct ik_sizes){.ike_sas = n->opts.ike_sas,
                             .child_sas = n->opts.child_sas,
                             .windows = n->opts.child_sas,
                             /* So that some responses are kept in such, and some are not. */
                             .shorts = n->opts.ike_sas / 2u,
                             /* Who promises to keep responses has room for them. */
                             .buffers = (uint16_t)((4u + n->opts.config->window) * n->opts.ike_sas),
                             .reassemblies = n->opts.reassemblies,
                             .probes = n->opts.reassemblies != 0,
                             .held = n->opts.held,
                             .window_packets = IK_REPLAY_MAX < 1024 ? IK_REPLAY_MAX : 1024,
                             .policies = n->opts.config->policies_n};
}

static void lend(struct sim_node *n, struct ik_host *host)
{
    struct ik_sizes sizes = sizes_of(n);
    ik_host_lay(host, &sizes, n->pools);
    n->ike_sas = host->ike_sas;
#if IK_RESUME
    host->sessions = n->sessions;
    host->sessions_n = SIM_SESSIONS;
    host->tickets = n->tickets;
    host->tickets_n = SIM_SESSIONS;
#endif
    n->child_sas = host->child_sas;
}

static void seed(struct sim_node *n)
{
    uint8_t drawn[48];

    if (n->opts.seeds[0].len == 0) {
        sim_rng_bytes(&n->sim->seeds, drawn, sizeof drawn);
        WATCHED(n, ik_node_seed(&n->core, drawn, sizeof drawn));
    }
    for (size_t i = 0; i < 2; i++) {
        if (n->opts.seeds[i].len > 0)
            WATCHED(n, ik_node_seed(&n->core, n->opts.seeds[i].p, n->opts.seeds[i].len));
    }
}

static void power_on(struct sim_node *n)
{
    struct sim *s = n->sim;
    struct ik_host host = {.node_id = n->index, .trace = on_trace, .trace_ctx = n};

    n->off = false;
    /* What init does not set, nobody has set. */
    memset(n->pools, 0xa5, n->pools_len);
    lend(n, &host);
    memset(&n->core, 0xa5, sizeof n->core);
    if (ik_node_init(&n->core, n->opts.config, &host, sim_node_now(n)) != IK_OK) {
        n->off = true;
        sim_fail(s, "n%u: ik_node_init refuses the configuration", n->index);
        return;
    }
    seed(n);
    sim_node_pump(n);
}

/* Of what its peers are sent where fragments are agreed on. */
static uint16_t largest(const struct sim_node *n)
{
    const struct ik_config *c = n->opts.config;
    uint16_t most = 0;

#if IK_FRAGMENT
    for (uint16_t i = 0; n->opts.reassemblies && i < c->peers_n; i++) {
        if (c->peers[i].fragment > most)
            most = c->peers[i].fragment;
    }
#else
    (void)c;
#endif
    return most;
}

/* The spectator looks at all memory that the node has. */
static void watch(struct sim_node *n)
{
    struct sim_spy *spy = &n->sim->spy;

    if (n->sim->opts.unchecked)
        return;
    sim_spy_memory(spy, n->index, "the node", &n->core, sizeof n->core);
    sim_spy_memory(spy, n->index, "the pools", n->pools, n->pools_len);
    sim_check_secrets_config(spy, n->opts.config);
    sim_spy_fragment(spy, n->index, largest(n));
}

void sim_node_start(struct sim_node *n)
{
    if (n->opts.guest) {
        n->off = true;
        return;
    }
    if (n->opts.ike_sas == 0)
        n->opts.ike_sas = 4;
    if (n->opts.child_sas == 0)
        n->opts.child_sas = n->opts.ike_sas;
    if (!n->opts.cpu)
        n->opts.cpu = &sim_cpu_ideal;
    struct ik_sizes sizes = sizes_of(n);
    struct ik_host host;
    n->pools_len = ik_host_size(&sizes);
    n->pools = sim_realloc(NULL, n->pools_len, 1); /* power_on() fills it */
#if IK_RESUME
    n->sessions = sim_calloc(SIM_SESSIONS, sizeof *n->sessions);
    n->tickets = sim_calloc(SIM_SESSIONS, sizeof *n->tickets);
#endif
    lend(n, &host);
    n->jobs_n = host.handshakes_n;
    n->jobs = sim_calloc(n->jobs_n, sizeof *n->jobs);
    n->wake = (struct sim_timer){.fire = wake_fires, .ctx = n};
    watch(n);
    power_on(n);
}

static void power_off(struct sim_node *n)
{
    struct sim *s = n->sim;

    n->off = true;
    sim_timer_clear(&s->clock, &n->wake);
    for (uint16_t i = 0; i < n->jobs_n; i++) {
        sim_timer_clear(&s->clock, &n->jobs[i].timer);
        n->jobs[i].job = NULL;
    }
    n->busy_until = 0;
    sim_stack_paint(&s->spy);
    ik_node_wipe(&n->core);
    sim_stack_scan(&s->spy, n->index, "ik_node_wipe");
}

void sim_node_off(struct sim *s, uint16_t node)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || n->off)
        return;
    sim_note(s, "n%u off", node);
    power_off(n);
    sim_check_off(n);
    if (!s->opts.unchecked)
        sim_spy_off(&s->spy, node);
}

void sim_node_on(struct sim *s, uint16_t node)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || !n->off || n->opts.guest)
        return;
    sim_note(s, "n%u on", node);
    n->restarts++;
    power_on(n);
}

/* ---- clocks and copies ---------------------------------------------------------------------- */

void sim_node_jump(struct sim *s, uint16_t node, ik_time span)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed)
        return;
    sim_note(s, "n%u jumps by %" PRIu64 " us", node, span);
    n->ahead += span;
    sim_spy_jumped(&s->spy, node, span);
    if (!n->off)
        sim_node_pump(n);
}

static bool jobs_run(const struct sim_node *n)
{
    for (uint16_t i = 0; i < n->opts.ike_sas; i++) {
        if (n->jobs[i].job)
            return true;
    }
    return false;
}

bool sim_node_save(struct sim *s, uint16_t node)
{
    struct sim_node *n = s->nodes[node];

    if (s->failed || n->off || jobs_run(n))
        return false;
    free(n->copy);
    n->copy = sim_calloc(1, sizeof n->core + n->pools_len);
    memcpy(n->copy, &n->core, sizeof n->core);
    memcpy(n->copy + sizeof n->core, n->pools, n->pools_len);
    sim_check_save(n);
    sim_note(s, "n%u saved", node);
    return true;
}

void sim_node_restore(struct sim *s, uint16_t node)
{
    struct sim_node *n = s->nodes[node];
    uint8_t seed[48];

    if (s->failed || n->off || !n->copy || jobs_run(n))
        return;
    sim_note(s, "n%u restored", node);
    n->restarts++;
    memcpy(&n->core, n->copy, sizeof n->core);
    memcpy(n->pools, n->copy + sizeof n->core, n->pools_len);
    sim_check_restored(n);
    if (!s->opts.unchecked)
        sim_spy_restored(&s->spy, node, &n->core, n->opts.ike_sas, n->opts.child_sas);
    /* What a host owes a core that may have been copied. */
    sim_rng_bytes(&s->seeds, seed, sizeof seed);
    WATCHED(n, ik_node_seed(&n->core, seed, sizeof seed));
    sim_node_pump(n);
}

void sim_node_age(struct sim *s, uint16_t node, uint32_t left)
{
    struct sim_node *n = s->nodes[node];

    for (uint16_t i = 0; !n->off && i < n->opts.child_sas; i++) {
        if (n->child_sas[i].state == IK_CHILD_UP && n->child_sas[i].seq < UINT32_MAX - left)
            n->child_sas[i].seq = UINT32_MAX - left;
    }
    sim_note(s, "n%u aged, %u packets left", node, (unsigned)left);
}

void sim_node_free(struct sim_node *n)
{
    free(n->copy);
    if (n->opts.guest && n->opts.guest->free)
        n->opts.guest->free(n->opts.guest->ctx);
    if (!n->off)
        power_off(n);
    free(n->pools);
#if IK_RESUME
    free(n->sessions);
    free(n->tickets);
#endif
    free(n->jobs);
    free(n->told);
    free(n);
}

/* ---- events --------------------------------------------------------------------------------- */

static uint8_t carrier_at(uint8_t sent_as, uint16_t port)
{
    if (sent_as == IK_CARRIER_ESP || sent_as == IK_CARRIER_AH || sent_as == SIM_CARRIER_CLEAR)
        return sent_as;
    /* The socket that a datagram comes to tells what it carries, not the one that it left. */
    if (port == IK_PORT_NATT)
        return IK_CARRIER_UDP4500;
    return port == IK_PORT_IKE ? (uint8_t)IK_CARRIER_UDP500 : sent_as;
}

static void rx(struct sim_node *n, const struct ik_path *path, const struct ik_outer *outer,
               const uint8_t *data, uint16_t len)
{
    struct sim *s = n->sim;
    uint8_t buf[SIM_BUFFER];
    struct ik_pkt pkt = {
        .buf = buf, .cap = sizeof buf, .off = SIM_HEAD, .len = len, .outer = *outer};
    uint32_t before;
    uint16_t taken;

    if (s->failed || n->off || len > SIM_PACKET_MAX)
        return;
    if (len)
        memcpy(buf + SIM_HEAD, data, len);
    if (path->carrier == SIM_CARRIER_CLEAR) {
        WATCHED(n, ik_node_rx_clear(&n->core, sim_node_now(n), &pkt));
    } else {
        before = sim_check_refusals(n);
        taken = sim_check_reassemblies(n);
        if (!s->opts.unchecked)
            sim_spy_arrived(&s->spy, n->index, path->carrier, data, len);
        WATCHED(n, ik_node_rx(&n->core, sim_node_now(n), path, &pkt));
        sim_check_refused(n, before, data, buf + SIM_HEAD, len);
        sim_check_taken(n, taken, before);
    }
    sim_node_pump(n);
}

void sim_rx(struct sim *s, uint16_t node, const struct ik_path *path, const uint8_t *data,
            uint16_t len)
{
    rx(s->nodes[node], path, &SIM_OUTER, data, len);
}

/* The host listens on 500, on 4500 and where the configuration says. */
static bool listens(const struct sim_node *n, const struct ik_path *path)
{
    const struct ik_config *c = n->opts.config;

    if (path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH ||
        path->carrier == SIM_CARRIER_CLEAR || path->remote_port == IK_PORT_IKE ||
        path->remote_port == IK_PORT_NATT)
        return true;
    for (uint16_t i = 0; i < c->peers_n; i++) {
        if (c->peers[i].local_port == path->remote_port)
            return true;
    }
    return false;
}

void sim_node_rx(struct sim_node *n, struct sim_dgram *d)
{
    if (n->opts.guest) {
        n->opts.guest->rx(n->opts.guest->ctx, d);
        return;
    }
    struct ik_path path = {.carrier = carrier_at(d->path.carrier, d->path.remote_port),
                           .local = d->path.remote,
                           .remote = d->path.local,
                           .local_port = d->path.remote_port,
                           .remote_port = d->path.local_port};

    if (listens(n, &d->path))
        rx(n, &path, &d->outer, d->data, d->len);
}

#if IK_FRAGMENT
/* As much as a router of IPv4 gives back, and is of use (RFC 1812 4.3.2.3: up to 576). */
#define QUOTED 64

void sim_node_too_big(struct sim_node *n, const struct sim_dgram *d)
{
    struct ik_span quoted = {d->data, d->len < QUOTED ? d->len : QUOTED};

    if (n->sim->failed || n->off || n->opts.guest)
        return;
    sim_note(n->sim, "n%u too big len=%u mtu=%u", n->index, d->len, d->mtu);
    if (!n->sim->opts.unchecked)
        sim_spy_too_big(&n->sim->spy, n->index, &d->as_sent, quoted, d->mtu);
    WATCHED(n, ik_node_too_big(&n->core, sim_node_now(n), &d->as_sent, quoted, d->mtu));
    sim_node_pump(n);
}
#else
void sim_node_too_big(struct sim_node *n, const struct sim_dgram *d)
{
    (void)n, (void)d;
}
#endif
