/* SPDX-License-Identifier: MIT */
/*
 * ikeletd: one node joined to sockets, a TUN device, routes, a log and a control socket in a libev
 * loop. What each file does is told in targets/posix/README.md.
 */
#ifndef IKELETD_DAEMON_H
#define IKELETD_DAEMON_H

#include <ev.h>

#include "log.h"
#include "merge.h"
#include "netlink.h"
#include "plan.h"
#include "sockets.h"
#include "tun.h"
#include "udp.h"

#define DAEMON_HEAD (IK_ESP_HEAD + 40) /* room before a packet, as ik_node_tx() asks */
#define DAEMON_IKE_MAX 4096            /* octets of the last IKE message that are kept to explain */

/* What is known of an IKE SA beside what the node tells, by its slot. */
struct known {
    char *id;       /* who the peer says that it is */
    uint64_t began; /* us; when it began to open */
    time_t since;   /* wall clock; up since */
    bool has_name;  /* the caller's name has a key here */
    bool resumed;   /* by a ticket, without a key exchange */
};

/* A Child SA that has routes. */
struct routed {
    bool there;
    uint8_t n;
    struct ik_ts ts[IK_TS_MAX];
    struct ik_addr src;
};

/* What a policy of ours is doing (start.c). */
struct started {
    ik_time at; /* to be tried (again) then; IK_NEVER: not */
    unsigned tries;
    bool held; /* taken down by hand: stays down */
};

#define HISTOGRAM_N 10
extern const unsigned histogram_ms[HISTOGRAM_N - 1];

struct statistics {
    uint64_t handshakes_up, handshakes_failed, child_up, child_down;
    uint64_t took[HISTOGRAM_N]; /* handshakes by duration, the last beyond all */
    uint64_t took_us;
    uint64_t tun_in, tun_out, tun_dropped, mss_clamped, restarts, reloads;
    time_t since;
};

struct control; /* control.h */
struct hook;    /* hook.h */

struct daemon {
    const char *file;
    struct plan *plan;
    struct ev_loop *ev;
    struct ik_node node;
    struct ik_host host;
    void *pools;
    size_t pools_len;
    struct ik_session *sessions; /* what can be resumed, by peer; not of peers that a reload adds */
    struct sockets sockets;
    struct udp udp;
    struct netlink netlink;
    struct tun tun;
    struct merge merge;
    struct known *known;     /* by slot of the IKE SA */
    struct routed *routed;   /* by slot of the Child SA */
    struct started *started; /* by policy */
    uint16_t *by_hand;       /* slots of the SAs of plan->manuals; IK_NO_SLOT: it is not there */
    unsigned by_hand_n;
    struct statistics statistics;
    struct control *control;
    struct hook *hook; /* NULL: there is no program */
    struct host_pcap pcap;
    struct host_keylog keylog;
    struct ev_io io[SOCKETS_MAX], tun_io;
    struct ev_timer deadline, second, stopping, metrics;
    struct ev_signal signals[4];
    bool ending;
    bool look_again;  /* a peer did not answer: its name may have another address now */
    unsigned seconds; /* since the addresses were looked up */
    ik_time now;      /* of the last call for the node */
    ik_time entropy_at;
    uint8_t *slots; /* of packets that wait to leave */
    size_t slot_len;
    unsigned slot; /* next */
    /* The IKE message that is being looked at, as it came, to explain what becomes of it. */
    uint8_t last[DAEMON_IKE_MAX];
    size_t last_len;
    struct ik_path last_path;
    bool last_is_anothers; /* it asks for what a living SA of another identity has */
    struct {
        ik_time second; /* when it began */
        unsigned written, left_out;
    } audit;
};

ik_time daemon_now(void);
/* The same, and from here on the node's: it never goes back for the node. */
ik_time daemon_tick(struct daemon *d);
/* Opens all, runs until it is told to end; answers the exit status. */
int daemon_run(struct daemon *d, const char *file);
/* Carries out all that the node wants; then sets the timer. */
void daemon_pump(struct daemon *d);
/* Fresh entropy before a handshake; false after a line in the log. */
bool daemon_entropy(struct daemon *d);
/* The file once more. False after mistakes, and then all is as before. */
bool daemon_reload(struct daemon *d, struct mistakes *m);
/* Deletes all SAs, then ends. */
void daemon_end(struct daemon *d);

/* ---- path.c: packets ------------------------------------------------------------------------- */

bool path_open(struct daemon *d, char *err, size_t err_len);
void path_close(struct daemon *d);
void path_send(struct daemon *d, const struct ik_effect *fx);
void path_deliver(struct daemon *d, const struct ik_effect *fx);
/* The MTU inside of the tunnel that fits to the path towards peer. */
unsigned path_mtu(const struct daemon *d);

/* ---- sa.c: what the node tells --------------------------------------------------------------- */

void sa_event(struct daemon *d, const struct ik_effect *fx);
void sa_lookup(struct daemon *d, const struct ik_effect *fx);
void sa_trace(void *ctx, const struct ik_trace_rec *rec);

/* audit.c: writes an auditable event to the log, ten a second at the most, if the file says so. */
void audit_event(void *ctx, const struct ik_audit *rec);
/* Who is at the other end of an IKE SA: "gw.example.org". */
void sa_name(const struct daemon *d, uint16_t ike, uint16_t peer, char *out, size_t cap);

/* ---- routes.c -------------------------------------------------------------------------------- */

bool routes_open(struct daemon *d);
void routes_close(struct daemon *d);
void routes_child_up(struct daemon *d, uint16_t child);
void routes_child_down(struct daemon *d, uint16_t child);
/* Those of policies that wait for traffic: trap. */
void routes_traps(struct daemon *d, bool add);

/* ---- manual.c -------------------------------------------------------------------------------- */

/* Makes the SAs of the plan that are made by hand, with their routes; each is told in the log. */
void manual_make(struct daemon *d);
/* The SAs that the next plan has, too, with the same SPIs and keys, shall go on with their numbers
 * there. Before ik_node_configure(), which ends them all. */
void manual_carry(const struct daemon *d, struct plan *next);
/* Behind it: what stood for the old ones goes. */
void manual_forget(struct daemon *d);

/* ---- start.c --------------------------------------------------------------------------------- */

/* After plan has changed: what is to be started now. False without memory. */
bool start_begin(struct daemon *d);
/* The same file, other addresses: what waits goes on waiting, what is held stays so. */
bool start_go_on(struct daemon *d, const struct plan *old);
/* Each second. */
void start_tick(struct daemon *d);
/* A policy's SA is up, or has fallen. */
void start_is_up(struct daemon *d, uint16_t policy);
void start_is_down(struct daemon *d, uint16_t policy);
/* By hand. */
void start_up(struct daemon *d, uint16_t policy);
void start_hold(struct daemon *d, uint16_t peer);
/* Is there a Child SA of this policy? */
bool start_has_child(const struct daemon *d, uint16_t policy);

#endif
