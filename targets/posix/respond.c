/* SPDX-License-Identifier: MIT */
/* Answers IKE, and inside of ESP answers echo requests. */
#include "respond.h"

#include <stdlib.h>
#include <string.h>

#include "icmp.h"
#include "say.h"
#include "tell.h"
#include "ticket_keys.h"

#define CLOSING_MAX (3 * IK_SECOND)

struct respond {
    struct link link;
    struct options options;
    unsigned long answered;
    unsigned up;            /* IKE SAs: those that linger to repeat an answer don't count */
    size_t reply_len;       /* of the reply that stands in the link's room; 0: none */
    uint32_t ticket_serial; /* of the newest key in --ticket-file */
    bool failed;
    bool down_is_due;
    bool closing;
    struct ev_timer give_up;
};

static void deliver(struct link *l, const uint8_t *packet, size_t len)
{
    struct respond *r = l->ctx;
    struct icmp m;
    char from[46];
    size_t cap;
    icmp_parse(packet, len, &m);
    if (m.kind != ICMP_ECHO_REQUEST)
        return;
    host_addr_print(&m.src, from, sizeof from);
    printf("%zu bytes from %s: icmp_seq=%u ttl=%u, answered\n", m.len + 8, from, (unsigned)m.seq,
           (unsigned)m.ttl);
    struct icmp reply = m;
    reply.kind = ICMP_ECHO_REPLY;
    reply.src = m.dst;
    reply.dst = m.src;
    uint8_t *room = link_tx_room(l, &cap);
    r->reply_len = icmp_put_echo(room, cap, &reply);
}

static bool idle(struct link *l)
{
    struct respond *r = l->ctx;
    size_t len = r->reply_len;
    if (r->down_is_due) {
        r->down_is_due = false;
        ik_node_down(&l->node, link_now(), IK_NO_SLOT);
        return true;
    }
    if (len == 0)
        return false;
    r->reply_len = 0;
    r->answered++;
    link_tx(l, len);
    return true;
}

/* The last IKE SA has gone, and no more is awaited. */
static void stop_if_done(struct respond *r)
{
    bool enough = r->options.count != 0 && r->answered >= r->options.count;
    if (r->up == 0 && (r->closing || enough))
        link_stop(&r->link);
}

/* A ticket may have been given by a new key. */
static void keep_ticket_keys(struct respond *r)
{
    if (r->options.ticket_file != NULL)
        r->failed = !ticket_keys_save(&r->options, &r->link.node, &r->ticket_serial) || r->failed;
}

static void event(struct link *l, const struct ik_effect *fx)
{
    struct respond *r = l->ctx;
    char why[160];
    tell_why(fx, why, sizeof why);
    switch (fx->event) {
    case IK_EV_IKE_UP:
        r->up++;
        tell_ike_up(l, fx);
        keep_ticket_keys(r);
        break;
    case IK_EV_CHILD_UP:
        tell_child_up(l, fx);
        break;
    case IK_EV_CHILD_FAILED:
        printf("no Child SA: %s\n", why);
        break;
    case IK_EV_IKE_FAILED:
        printf("no IKE SA: %s\n", why);
        break;
    case IK_EV_CHILD_DOWN:
        tell_down(fx);
        break;
    case IK_EV_IKE_DOWN:
        tell_down(fx);
        r->up--;
        stop_if_done(r);
        break;
    default:
        break;
    }
}

static void on_give_up(struct ev_loop *ev, struct ev_timer *timer, int events)
{
    (void)timer;
    (void)events;
    complain("no answer to the Delete: the peer may keep its SAs for a while");
    link_stop(ev_userdata(ev));
}

static void interrupt(struct link *l)
{
    struct respond *r = l->ctx;
    putchar('\n');
    if (r->closing || r->up == 0) {
        link_stop(l);
        return;
    }
    r->closing = true;
    r->down_is_due = true;
    ev_timer_init(&r->give_up, on_give_up, (double)CLOSING_MAX / (double)IK_SECOND, 0.);
    ev_timer_start(l->ev, &r->give_up);
}

static void refused(struct link *l, const char *line)
{
    (void)l;
    puts(line);
}

static void tell_ready(const struct link *l)
{
    for (unsigned i = 0; i < l->sockets.n; i++) {
        const struct sock *k = &l->sockets.list[i];
        char addr[46];
        host_addr_print(&k->local, addr, sizeof addr);
        if (k->carrier != IK_CARRIER_ESP && k->carrier != IK_CARRIER_AH)
            printf("listening on %s port %u\n", addr, (unsigned)k->port);
    }
    if (l->sockets.esp_denied)
        puts("no right to open a raw socket: only peers that put ESP in UDP can ping");
    puts("ready");
}

static int run(struct respond *r)
{
    static const struct link_user user = {event, deliver, idle, interrupt, refused};
    if (!link_open(&r->link, &r->options, &user, r)) {
        link_close(&r->link);
        return EXIT_FAILED;
    }
    if (r->options.ticket_file != NULL &&
        !ticket_keys_load(&r->options, &r->link.node, link_now())) {
        link_close(&r->link);
        return EXIT_FAILED;
    }
    tell_ready(&r->link);
    link_pump(&r->link);
    link_run(&r->link);
    printf("%lu echo requests answered\n", r->answered);
    return link_close(&r->link) && !r->failed ? EXIT_ANSWERED : EXIT_FAILED;
}

int respond_main(int argc, char **argv)
{
    struct respond *r = calloc(1, sizeof *r);
    if (r == NULL) {
        complain("out of memory");
        return EXIT_FAILED;
    }
    options_parse(&r->options, ROLE_RESPOND, argc, argv);
    int status = setup_complete(&r->options);
    if (status == 0)
        status = setup_check(&r->options);
    if (status == 0)
        status = run(r);
    options_forget(&r->options);
    free(r);
    return status;
}
