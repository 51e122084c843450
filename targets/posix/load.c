/* SPDX-License-Identifier: MIT */
/* One node that is as many clients as asked for: a peer, an identity and a policy each. */
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "complaint.h"
#include "entropy.h"
#include "load_delay.h"
#include "psk.h"
#include "say.h"
#include "sockets.h"

#define AHEAD 256 /* set-ups under way at once, if no rate is given */

static volatile sig_atomic_t interrupted;

struct load {
    struct load_wish wish;
    struct load_result result;
    struct ik_proposal ike, esp;
    struct ik_id remote_id;
    uint8_t remote_id_data[IK_ID_MAX];
    uint8_t *psk;
    size_t psk_len;
    char (*ids)[64];
    struct ik_peer *peers;
    struct ik_policy *policies;
    ik_time *began; /* by client; 0: not yet, IK_NEVER: over */
    struct ik_config config;
    struct ik_host host;
    struct ik_node node;
    void *pools;
    struct sockets sockets;
    struct load_line out, in; /* --delay */
    unsigned started, open;
    uint64_t dice;
    uint8_t rx[65536], tx[2048];
};

static ik_time now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (ik_time)t.tv_sec * IK_SECOND + (ik_time)t.tv_nsec / 1000;
}

/* ---- the clients ----------------------------------------------------------------------------- */

static int failed(const char *what, const char *why)
{
    complain("%s: %s", what, why);
    return EXIT_FAILED;
}

static int wrong(const char *what, const char *why)
{
    complain("%s: %s", what, why);
    return EXIT_USAGE;
}

/* The n-th address of a selector, behind its first one, which is that of the net. */
static struct ik_ts nth(const struct ik_ts *ts, unsigned n)
{
    struct ik_ts one = *ts;
    bool single = memcmp(ts->lo, ts->hi, sizeof ts->lo) == 0;
    unsigned len = ts->family == 4 ? 4 : 16, carry = single ? n : n + 1;
    for (unsigned i = len; i-- > 0 && carry > 0; carry >>= 8) {
        carry += one.lo[i];
        one.lo[i] = (uint8_t)carry;
    }
    memcpy(one.hi, one.lo, sizeof one.hi);
    return one;
}

/* Each client is somebody else, with another address. */
static int check_clients(const struct load_wish *w)
{
    const struct ik_ts last = nth(&w->ts_local, w->clients - 1);
    if (memcmp(last.lo, w->ts_local.hi, sizeof last.lo) > 0 ||
        memcmp(last.lo, w->ts_local.lo, sizeof last.lo) < 0)
        return wrong("--ts-local", "there are more clients than addresses in it");
    if (w->clients > 1 && strstr(w->id, "%d") == NULL)
        return wrong("--id", "each client has its own: %d stands for its number");
    return 0;
}

/* 0, or the exit status. */
static int read_wish(struct load *l)
{
    char err[300];
    const struct load_wish *w = &l->wish;
    int status = check_clients(w);
    if (status != 0)
        return status;
    if (w->local.family != 0 && w->local.family != w->peer.family)
        return wrong("--local", "not of the IP version of --peer");
    if (w->size != 0 && w->traffic == 0)
        return wrong("--size", "it is of --traffic, which is not given");
    if (!host_suite_parse_ike(w->ike, &l->ike, err, sizeof err))
        return wrong("--ike", err);
    if (!host_suite_parse_esp(w->esp, &l->esp, err, sizeof err))
        return wrong("--esp", err);
    if (w->remote_id != NULL &&
        !host_id_parse(w->remote_id, l->remote_id_data, sizeof l->remote_id_data, &l->remote_id))
        return wrong("--remote-id", "not an identity");
    if (!psk_read(w->psk_file, &l->psk, &l->psk_len, err, sizeof err))
        return wrong("the key", err);
    return 0;
}

/* The template with the number in the place of %d. */
static bool make_id(const struct load *l, unsigned n, uint8_t *out, struct ik_id *id)
{
    char text[64];
    const char *at = strstr(l->wish.id, "%d");
    int len = at != NULL ? snprintf(text, sizeof text, "%.*s%u%s", (int)(at - l->wish.id),
                                    l->wish.id, n, at + 2)
                         : snprintf(text, sizeof text, "%s", l->wish.id);
    return len < (int)sizeof text && host_id_parse(text, out, sizeof l->ids[0], id);
}

static bool make_client(struct load *l, unsigned n)
{
    struct ik_peer *p = &l->peers[n];
    struct ik_policy *policy = &l->policies[n];
    *p = (struct ik_peer){.local = l->wish.local,
                          .remote = l->wish.peer,
                          .local_port = l->sockets.list[l->sockets.n - 1].port,
                          .remote_port = l->wish.port,
                          .remote_id = l->remote_id,
                          .psk = {l->psk, (uint16_t)l->psk_len},
                          .proposals = &l->ike,
                          .proposals_n = 1,
                          .force_natt = true};
    *policy = (struct ik_policy){.action = IK_PROTECT,
                                 .mode = IK_TUNNEL,
                                 .peer = (uint16_t)n,
                                 .proposals = &l->esp,
                                 .proposals_n = 1,
                                 .ts_local_n = 1,
                                 .ts_remote_n = 1,
                                 .ts_local = {nth(&l->wish.ts_local, n)},
                                 .ts_remote = {l->wish.ts_remote}};
    return make_id(l, n, (uint8_t *)l->ids[n], &p->local_id);
}

/* 0, or the exit status. */
static int make_node(struct load *l)
{
    unsigned n = l->wish.clients;
    struct ik_sizes sizes = {
        .ike_sas = (uint16_t)n, .child_sas = (uint16_t)n, .policies = (uint16_t)n};
    l->ids = calloc(n, sizeof *l->ids);
    l->peers = calloc(n, sizeof *l->peers);
    l->policies = calloc(n, sizeof *l->policies);
    l->began = calloc(n, sizeof *l->began);
    l->result.took = calloc(n, sizeof *l->result.took);
    l->pools = malloc(ik_host_size(&sizes));
    if (l->ids == NULL || l->peers == NULL || l->policies == NULL || l->began == NULL ||
        l->result.took == NULL || l->pools == NULL)
        return failed("--clients", "out of memory");
    for (unsigned i = 0; i < n; i++)
        if (!make_client(l, i))
            return wrong("--id", "not an identity, or too long");
    ik_host_lay(&l->host, &sizes, l->pools);
    l->config = (struct ik_config){.crypto = l->wish.crypto,
                                   .peers = l->peers,
                                   .peers_n = (uint16_t)n,
                                   .policies = l->policies,
                                   .policies_n = (uint16_t)n,
                                   .retransmit = host_retransmit_within(l->wish.timeout, 64),
                                   .exchanges = ik_exchanges_all};
    struct ik_fault fault;
    if (ik_config_check(&l->config, &fault) != IK_OK)
        return wrong("these options make no configuration that can work",
                     host_fault_text(fault.what));
    if (ik_node_init(&l->node, &l->config, &l->host, now_us()) != IK_OK)
        return failed("these options make no node", host_fault_text(IK_FAULT_POOLS));
    return entropy_give(&l->node) ? 0 : EXIT_FAILED;
}

/* ---- running --------------------------------------------------------------------------------- */

/* xorshift64: what is lost on purpose need not be unguessable. */
static bool is_lost(struct load *l)
{
    l->dice ^= l->dice << 13;
    l->dice ^= l->dice >> 7;
    l->dice ^= l->dice << 17;
    return (double)(l->dice % 10000) < l->wish.loss * 100.;
}

static void over(struct load *l, unsigned client, bool up, unsigned reason)
{
    if (client >= l->wish.clients || l->began[client] == 0 || l->began[client] == IK_NEVER) {
        l->result.fell += !up;
        return;
    }
    if (up) {
        l->result.took[client] = now_us() - l->began[client];
        l->result.up++;
    } else {
        l->result.failed++;
        if (reason < sizeof l->result.reasons / sizeof l->result.reasons[0])
            l->result.reasons[reason]++;
    }
    l->began[client] = IK_NEVER;
    l->open--;
    if (l->open == 0 && l->started == l->wish.clients)
        l->result.all_up = now_us();
}

static void event(struct load *l, const struct ik_effect *fx)
{
    if (fx->event == IK_EV_CHILD_UP)
        over(l, fx->policy, true, 0);
    else if (fx->event == IK_EV_CHILD_FAILED || fx->event == IK_EV_IKE_FAILED)
        over(l, fx->peer, false, fx->reason);
    else if (fx->event == IK_EV_IKE_DOWN && fx->reason != IK_WHY_DELETED_HERE)
        l->result.fell++;
}

static void carry_out(struct load *l, const struct ik_effect *fx)
{
    switch (fx->kind) {
    case IK_FX_SEND:
        l->result.sent++;
        if (l->wish.loss > 0 && is_lost(l))
            l->result.lost_out++;
        else if (l->wish.delay == 0)
            (void)sockets_send(&l->sockets, fx->path, &fx->outer, fx->data, fx->len);
        else if (!load_line_put(&l->out, now_us() + l->wish.delay, fx->path, &fx->outer, fx->data,
                                fx->len))
            l->result.lost_out++;
        break;
    case IK_FX_DELIVER:
        l->result.packets_in++;
        break;
    case IK_FX_JOB:
        ik_job_run(fx->job);
        ik_node_job_done(&l->node, now_us(), fx->job);
        break;
    case IK_FX_EVENT:
        event(l, fx);
        break;
    default:
        break;
    }
}

static void pump(struct load *l)
{
    struct ik_effect fx;
    while (ik_node_poll(&l->node, now_us(), &fx))
        carry_out(l, &fx);
}

/* From the network, or from the line where it was held. */
static void take_in(struct load *l, const struct ik_path *path, struct ik_pkt *pkt)
{
    ik_node_rx(&l->node, now_us(), path, pkt);
    pump(l);
}

/* What was held for long enough, each way. */
static void release(struct load *l)
{
    struct load_datagram *d;
    while ((d = load_line_take(&l->out, now_us())) != NULL) {
        (void)sockets_send(&l->sockets, &d->path, &d->outer, d->data, d->len);
        free(d);
    }
    while ((d = load_line_take(&l->in, now_us())) != NULL) {
        struct ik_pkt pkt = {
            .buf = l->rx, .cap = sizeof l->rx - 1, .len = d->len, .outer = d->outer};
        memcpy(l->rx, d->data, d->len);
        take_in(l, &d->path, &pkt);
        free(d);
    }
}

/* They keep a socket readable until they are taken. */
static void take_complaints(struct load *l, const struct sock *sock)
{
    struct complaint c;
    while (complaint_take(sock, &c)) {
        complaint_tell(&c, &l->node, now_us());
        pump(l);
    }
}

static void receive(struct load *l)
{
    for (unsigned i = 0; i < l->sockets.n; i++) {
        for (unsigned n = 0; n < 64; n++) {
            struct ik_path path;
            struct ik_pkt pkt = {.buf = l->rx, .cap = sizeof l->rx - 1};
            if (!sockets_receive(&l->sockets.list[i], &path, &pkt))
                break;
            if (l->wish.loss > 0 && is_lost(l)) {
                l->result.lost_in++;
                continue;
            }
            if (l->wish.delay == 0)
                take_in(l, &path, &pkt);
            else if (!load_line_put(&l->in, now_us() + l->wish.delay, &path, &pkt.outer,
                                    pkt.buf + pkt.off, pkt.len))
                l->result.lost_in++;
        }
        take_complaints(l, &l->sockets.list[i]);
    }
    release(l);
}

/* How many are to have begun by now. */
static unsigned due(const struct load *l, ik_time now)
{
    unsigned n = l->wish.rate > 0
                     ? (unsigned)((double)(now - l->result.begun) / 1e6 * l->wish.rate) + 1
                     : l->started + (l->open < AHEAD ? AHEAD - l->open : 0);
    return n < l->wish.clients ? n : l->wish.clients;
}

static bool begin_more(struct load *l)
{
    unsigned until = due(l, now_us());
    for (; l->started < until; l->started++) {
        if (!entropy_give(&l->node))
            return false;
        l->began[l->started] = now_us();
        l->open++;
        ik_node_up(&l->node, now_us(), (uint16_t)l->started);
        pump(l);
    }
    return true;
}

/* A UDP datagram of one client, in turn. */
static void send_packet(struct load *l, unsigned client)
{
    struct ik_addr src = {.family = l->wish.ts_local.family}, dst = src;
    memcpy(src.b, l->policies[client].ts_local[0].lo, 16);
    memcpy(dst.b, nth(&l->wish.ts_remote, 0).lo, 16);
    uint8_t *p = l->tx + 128;
    size_t head = host_ip_put(p, &src, &dst, IK_IP_UDP, 64, l->wish.size - 20);
    const uint8_t udp[8] = {
        0x1b, 0x58, 0, 9, (uint8_t)((l->wish.size - 20) >> 8), (uint8_t)(l->wish.size - 20), 0, 0};
    memcpy(p + head, udp, sizeof udp);
    struct ik_pkt pkt = {
        .buf = l->tx, .cap = sizeof l->tx, .off = 128, .len = (uint16_t)l->wish.size};
    ik_node_tx(&l->node, now_us(), &pkt);
    l->result.packets_out++;
    pump(l);
}

static void traffic(struct load *l, ik_time now)
{
    uint64_t want = l->result.all_up == 0 || l->wish.traffic == 0
                        ? 0
                        : (now - l->result.all_up) * l->wish.traffic / 1000000;
    for (unsigned burst = 0; l->result.packets_out < want && burst < 512; burst++)
        send_packet(l, (unsigned)(l->result.packets_out % l->wish.clients));
}

static int wait_ms(const struct load *l)
{
    ik_time at = ik_node_deadline(&l->node), now = now_us();
    at = at < load_line_due(&l->out) ? at : load_line_due(&l->out);
    at = at < load_line_due(&l->in) ? at : load_line_due(&l->in);
    if ((l->wish.rate > 0 && l->started < l->wish.clients) || l->wish.traffic > 0)
        return 1;
    if (at == IK_NEVER || at > now + 100 * IK_MS)
        return 100;
    return at > now ? (int)((at - now) / 1000 + 1) : 0;
}

static bool done(const struct load *l, ik_time now)
{
    return interrupted || (l->result.all_up != 0 && now - l->result.all_up >= l->wish.hold);
}

static bool run(struct load *l)
{
    struct pollfd fds[SOCKETS_MAX];
    for (unsigned i = 0; i < l->sockets.n; i++)
        fds[i] = (struct pollfd){.fd = l->sockets.list[i].fd, .events = POLLIN};
    l->result.begun = now_us();
    while (!done(l, now_us())) {
        if (!begin_more(l))
            return false;
        traffic(l, now_us());
        (void)poll(fds, l->sockets.n, wait_ms(l));
        receive(l);
        pump(l);
    }
    return true;
}

/* Deletes them all, so that the gateway is as it was. */
static void end(struct load *l)
{
    struct pollfd fds[SOCKETS_MAX];
    uint16_t ike_sas = 0, child_sas;
    ik_time until = now_us() + 3 * IK_SECOND + 2 * l->wish.delay;
    l->result.ended = now_us();
    for (unsigned i = 0; i < l->sockets.n; i++)
        fds[i] = (struct pollfd){.fd = l->sockets.list[i].fd, .events = POLLIN};
    ik_node_down(&l->node, now_us(), IK_NO_SLOT);
    do {
        pump(l);
        (void)poll(fds, l->sockets.n, 10);
        receive(l);
        ik_node_usage(&l->node, &ike_sas, &child_sas);
    } while (ike_sas > 0 && now_us() < until);
}

static void measure(struct load *l)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    l->result.cpu_s = (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
                      (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    l->result.clients = l->wish.clients;
    l->result.retransmitted = l->node.env.counters.count[IK_COUNT_IKE_RETRANSMITTED];
}

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

/* 0, or the exit status. */
static int open_all(struct load *l)
{
    char err[300];
    if (l->wish.local.family == 0 && !sockets_route(&l->wish.peer, &l->wish.local, err, sizeof err))
        return failed("--peer", err);
    const struct sockets_wish wish = {.local = l->wish.local, .one_port = true};
    if (!sockets_open(&l->sockets, &wish, err, sizeof err))
        return failed("sockets", err);
    const int octets = 8 << 20;
    for (unsigned i = 0; i < l->sockets.n; i++)
        (void)setsockopt(l->sockets.list[i].fd, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    return make_node(l);
}

static void close_all(struct load *l)
{
    if (l->node.config != NULL)
        ik_node_wipe(&l->node);
    sockets_close(&l->sockets);
    load_line_free(&l->out);
    load_line_free(&l->in);
    psk_forget(l->psk, l->psk_len);
    free(l->pools);
    free(l->ids);
    free(l->peers);
    free(l->policies);
    free(l->began);
    free(l->result.took);
    free(l);
}

int load_main(int argc, char **argv)
{
    struct load *l = calloc(1, sizeof *l);
    if (l == NULL)
        return EXIT_FAILED;
    l->dice = 0x9e3779b97f4a7c15u;
    load_options_parse(&l->wish, argc, argv);
    signal(SIGINT, on_interrupt);
    int status = read_wish(l);
    if (status == 0)
        status = open_all(l);
    if (status == 0 && run(l)) {
        measure(l);
        end(l);
        load_report(&l->wish, &l->result);
        status = l->result.up == l->wish.clients ? EXIT_ANSWERED : EXIT_FAILED;
    } else if (status == 0) {
        status = EXIT_FAILED;
    }
    close_all(l);
    return status;
}
