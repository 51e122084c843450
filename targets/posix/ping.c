/* SPDX-License-Identifier: MIT */
/*
 * Sets up SAs, pings, deletes the SAs:
 *
 *     HANDSHAKE --CHILD_UP--> ECHOING --count answered, or interrupted--> CLOSING --IKE_DOWN--> end
 *         |                      |                                           ^
 *         |                      +-- its Child SA ends, not rekeyed ---------+
 *         +-- CHILD_FAILED: the IKE SA is still to be deleted ---------------+
 *         +-- IKE_FAILED: end
 *
 * With --ticket-file it ends instead of CLOSING, if there is a ticket: who deletes the IKE SA ends
 * the ticket, too (RFC 5723 6.2).
 */
#include "ping.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "icmp.h"
#include "rtt.h"
#include "say.h"
#include "tell.h"
#include "ticket.h"

#define CLOSING_MAX (3 * IK_SECOND) /* how long the answer to our Delete is waited for */

enum phase { PING_HANDSHAKE, PING_ECHOING, PING_CLOSING, PING_CLOSED };

struct ping {
    struct link link;
    struct options options;
    struct rtt rtt;
    enum phase phase;
    bool failed; /* something was complained of */
    unsigned ikes_up;
    bool down_is_due; /* ik_node_down() as soon as the node is idle */
    bool echo_is_due;
    unsigned interrupts;
    uint16_t id;
    char to[46];
    ik_time begun;
    struct ev_timer pace; /* ECHOING: the next echo, or giving up on the last; CLOSING: giving up */
};

static void restart(struct ping *p, ik_time after)
{
    ev_timer_stop(p->link.ev, &p->pace);
    ev_now_update(p->link.ev);
    ev_timer_set(&p->pace, (double)after / (double)IK_SECOND, 0.);
    ev_timer_start(p->link.ev, &p->pace);
}

static void end(struct ping *p)
{
    p->phase = PING_CLOSED;
    link_stop(&p->link);
}

static void begin_closing(struct ping *p)
{
    if (p->phase == PING_CLOSING || p->phase == PING_CLOSED)
        return;
    p->echo_is_due = false;
    if (p->options.ticket_file != NULL && p->phase == PING_ECHOING && !p->failed &&
        ticket_here(&p->link.node)) {
        printf("SAs left for the next time: %s\n", p->options.ticket_file);
        end(p);
        return;
    }
    p->phase = PING_CLOSING;
    p->down_is_due = true;
    restart(p, p->options.timeout < CLOSING_MAX ? p->options.timeout : CLOSING_MAX);
}

/* ---- echo ------------------------------------------------------------------------------------ */

static void send_echo(struct ping *p)
{
    uint8_t data[OPTIONS_SIZE_MAX];
    size_t cap;
    uint8_t *room = link_tx_room(&p->link, &cap);
    uint16_t seq = (uint16_t)(p->rtt.sent + 1);
    for (size_t i = 0; i < p->options.size; i++)
        data[i] = (uint8_t)i;
    const struct icmp echo = {.kind = ICMP_ECHO_REQUEST,
                              .src = p->options.from,
                              .dst = p->options.to,
                              .id = p->id,
                              .seq = seq,
                              .data = data,
                              .len = p->options.size};
    size_t len = icmp_put_echo(room, cap, &echo);
    rtt_sent(&p->rtt, seq, link_now());
    link_tx(&p->link, len);
    bool last = p->options.count != 0 && p->rtt.sent == p->options.count;
    restart(p, last ? p->options.timeout : p->options.interval);
}

static void take_reply(struct ping *p, const struct icmp *m)
{
    ik_time took;
    enum rtt_verdict verdict = rtt_received(&p->rtt, m->seq, link_now(), &took);
    if (verdict == RTT_UNKNOWN)
        return;
    printf("%zu bytes from %s: icmp_seq=%u ttl=%u time=%.3f ms%s\n", m->len + 8, p->to,
           (unsigned)m->seq, (unsigned)m->ttl, (double)took / (double)IK_MS,
           verdict == RTT_DUPLICATE ? " (DUP!)" : "");
    if (p->options.count != 0 && p->rtt.received == p->options.count)
        begin_closing(p);
}

static void deliver(struct link *l, const uint8_t *packet, size_t len)
{
    struct ping *p = l->ctx;
    struct icmp m;
    char from[46];
    icmp_parse(packet, len, &m);
    bool mine = m.kind == ICMP_ECHO_REPLY && m.id == p->id &&
                memcmp(&m.src, &p->options.to, sizeof m.src) == 0;
    host_addr_print(&m.src, from, sizeof from);
    if (mine && p->phase == PING_ECHOING)
        take_reply(p, &m);
    else if (m.kind == ICMP_OTHER)
        printf("from %s: ICMP type %u code %u\n", from, (unsigned)m.type, (unsigned)m.code);
}

static void on_pace(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    struct link *l = ev_userdata(ev);
    struct ping *p = l->ctx;
    (void)timer;
    (void)events;
    if (p->phase == PING_CLOSING) {
        complain("no answer to the Delete: the peer may keep its SAs for a while");
        end(p);
        return;
    }
    if (p->options.count != 0 && p->rtt.sent == p->options.count)
        begin_closing(p);
    else
        p->echo_is_due = true;
    link_pump(l);
}

/* ---- what the node tells --------------------------------------------------------------------- */

static void fail(struct ping *p, const struct ik_effect *fx, const char *what)
{
    char why[160], line[200];
    bool silent = fx->reason == IK_WHY_TIMEOUT;
    tell_why(fx, why, sizeof why);
    complaint_print(&p->link.complaint, line, sizeof line);
    if (!p->failed && silent && p->link.send_errno != 0)
        complain("%s%s: cannot send: %s", what, why, strerror(p->link.send_errno));
    else if (!p->failed && silent && p->link.complaint.error != 0)
        complain("%s%s: %s", what, why, line);
    else if (!p->failed)
        complain("%s%s", what, why);
    p->failed = true;
}

/* Why the Child SA can't carry the echo; NULL if it can. */
static const char *obstacle(const struct ping *p, uint16_t child)
{
    struct ik_export_child x;
    if (!ik_export_child(&p->link.node, child, &x))
        return NULL;
    if (!x.udp && p->link.sockets.esp_denied)
        return x.ah ? "not permitted: AH needs a raw socket: root or CAP_NET_RAW"
                    : "not permitted: ESP without UDP needs a raw socket: root or CAP_NET_RAW "
                      "(--natt "
                      "does "
                      "without)";
    if (!host_ts_hold(x.ts_local, x.ts_local_n, &p->options.from) ||
        !host_ts_hold(x.ts_remote, x.ts_remote_n, &p->options.to))
        return "the peer narrowed the traffic selectors so that --from or --to is outside of them";
    return NULL;
}

static void child_up(struct ping *p, const struct ik_effect *fx)
{
    const char *why = obstacle(p, fx->child);
    char from[46];
    tell_child_up(&p->link, fx);
    if (p->phase != PING_HANDSHAKE)
        return;
    printf("handshake: %.3f ms\n", (double)(link_now() - p->begun) / (double)IK_MS);
    if (why != NULL) {
        complain("%s", why);
        p->failed = true;
        begin_closing(p);
        return;
    }
    host_addr_print(&p->options.from, from, sizeof from);
    printf("PING %s from %s: %lu data bytes\n", p->to, from, p->options.size);
    p->phase = PING_ECHOING;
    p->echo_is_due = true;
    link_up_others(&p->link);
}

/* A rekeyed one has a successor that was told before. If both ends renewed it at once, there are
 * two: one is deleted as replaced, and the other goes on. */
static bool serves_still(const struct ping *p, uint16_t policy)
{
    struct ik_child_info info;
    for (uint16_t i = 0; i < LINK_CHILD_SAS; i++)
        if (ik_child_info(&p->link.node, i, &info) && info.policy == policy &&
            info.state == IK_CHILD_UP)
            return true;
    return false;
}

static void child_down(struct ping *p, const struct ik_effect *fx)
{
    if (p->phase == PING_ECHOING && (fx->reason == IK_WHY_REKEYED || serves_still(p, fx->policy))) {
        tell_down(fx);
    } else if (fx->policy == p->options.children_n) {
        if (p->phase == PING_ECHOING)
            fail(p, fx, "Child SA: ");
        begin_closing(p);
    } else if (p->phase == PING_ECHOING) {
        tell_down(fx);
    }
}

/* A reauthentication that came to nothing, or to less: the SAs before it are still there. */
static bool served_all_the_same(const struct ping *p, const struct ik_effect *fx)
{
    char why[160];
    if (p->phase != PING_ECHOING || p->ikes_up == 0)
        return false;
    tell_why(fx, why, sizeof why);
    printf("not authenticated anew: %s\n", why);
    return true;
}

static void child_failed(struct ping *p, const struct ik_effect *fx)
{
    if (fx->policy == p->options.children_n && served_all_the_same(p, fx))
        return;
    fail(p, fx, "no Child SA: ");
    if (fx->policy == p->options.children_n)
        begin_closing(p);
}

static void ike_down(struct ping *p, const struct ik_effect *fx)
{
    p->ikes_up--;
    if (fx->reason == IK_WHY_REKEYED || (p->ikes_up > 0 && p->phase == PING_ECHOING)) {
        if (p->phase == PING_ECHOING)
            tell_down(fx);
        return;
    }
    if (p->phase != PING_CLOSING)
        fail(p, fx, "IKE SA: ");
    else if (fx->reason == IK_WHY_DELETED_HERE)
        puts("SAs deleted");
    end(p);
}

/* The one that was shown has served: what is kept from now on is the next one, if there is one. */
static void ticket_came(struct ping *p)
{
    if (p->link.node.env.counters.count[IK_COUNT_JOBS] == 0)
        puts("resumed: there was no key exchange");
    p->failed = !ticket_save(&p->options, &p->link.node) || p->failed;
}

static void event(struct link *l, const struct ik_effect *fx)
{
    struct ping *p = l->ctx;
    if (p->phase == PING_CLOSED)
        return;
    switch (fx->event) {
    case IK_EV_IKE_UP:
        p->ikes_up++;
        tell_ike_up(l, fx);
        if (p->options.ticket_file != NULL)
            ticket_came(p);
        break;
    case IK_EV_CHILD_UP:
        child_up(p, fx);
        break;
    case IK_EV_CHILD_FAILED:
        child_failed(p, fx);
        break;
    case IK_EV_IKE_FAILED:
        if (served_all_the_same(p, fx))
            break;
        if (p->phase != PING_CLOSING)
            fail(p, fx, "");
        end(p);
        break;
    case IK_EV_CHILD_DOWN:
        child_down(p, fx);
        break;
    case IK_EV_IKE_DOWN:
        ike_down(p, fx);
        break;
    default:
        break;
    }
}

static bool idle(struct link *l)
{
    struct ping *p = l->ctx;
    if (p->down_is_due) {
        p->down_is_due = false;
        ik_node_down(&l->node, link_now(), IK_NO_SLOT);
        return true;
    }
    if (!p->echo_is_due)
        return false;
    p->echo_is_due = false;
    send_echo(p);
    return true;
}

static void interrupt(struct link *l)
{
    struct ping *p = l->ctx;
    putchar('\n');
    if (p->interrupts++ > 0 || p->phase == PING_CLOSED)
        end(p);
    else
        begin_closing(p);
}

/* ---- run ------------------------------------------------------------------------------------- */

static bool begin(struct ping *p)
{
    static const struct link_user user = {event, deliver, idle, interrupt, NULL};
    if (!link_open(&p->link, &p->options, &user, p))
        return false;
    host_addr_print(&p->options.to, p->to, sizeof p->to);
    if (getrandom(&p->id, sizeof p->id, 0) != (ssize_t)sizeof p->id)
        p->id = 1;
    ev_timer_init(&p->pace, on_pace, 0., 0.);
    if (p->options.ticket_file != NULL && !ticket_load(&p->options, &p->link.node, link_now()))
        return false;
    p->begun = link_now();
    if (!link_up(&p->link))
        return false;
    link_pump(&p->link);
    return true;
}

static int run(struct ping *p)
{
    bool begun = begin(p);
    if (begun && p->phase != PING_CLOSED)
        link_run(&p->link);
    if (p->rtt.sent > 0)
        rtt_print(&p->rtt, p->to);
    if (p->rtt.sent > 0 && p->rtt.received == 0 && !p->failed)
        complain("no answer to the echo requests");
    if (begun && p->options.ticket_file != NULL)
        p->failed = !ticket_save(&p->options, &p->link.node) || p->failed;
    bool written = link_close(&p->link);
    return written && p->rtt.received > 0 ? EXIT_ANSWERED : EXIT_FAILED;
}

int ping_main(int argc, char **argv)
{
    struct ping *p = calloc(1, sizeof *p);
    if (p == NULL) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    options_parse(&p->options, ROLE_PING, argc, argv);
    int status = setup_complete(&p->options);
    if (status == 0)
        status = setup_check(&p->options);
    if (status == 0)
        status = run(p);
    options_forget(&p->options);
    free(p);
    return status;
}
