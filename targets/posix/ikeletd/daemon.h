/* SPDX-License-Identifier: MIT */
/*
 * ikeletd: nodes joined to sockets and a TUN device, each in a libev loop; and routes, a log, a
 * control socket for all of them. What each file does is told in targets/posix/README.md.
 */
#ifndef IKELETD_DAEMON_H
#define IKELETD_DAEMON_H

#include <ev.h>
#include <pthread.h>

#include "complaint.h"
#include "inbox.h"
#include "inner.h"
#include "log.h"
#include "merge.h"
#include "netlink.h"
#include "plan.h"
#include "shared.h"
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
    uint64_t tun_in, tun_out, tun_dropped, mss_clamped, restarts;
    uint64_t handed, handed_lost; /* to another worker */
};

/* Of all nodes together. */
struct counters {
    uint64_t drop[IK_DROP_N], count[IK_COUNT_N];
};

struct control; /* control.h */
struct hook;    /* hook.h */

/* A node with its sockets and its queue of the TUN device, in a loop. With several, each has a
 * thread; the only one is in the daemon's own loop. worker.c says who touches what. */
struct worker {
    struct daemon *d;
    unsigned number;
    struct ev_loop *ev;
    pthread_t thread;
    bool runs;    /* it is there */
    bool touched; /* by the main thread: its loop has to look at its timers again */
    bool ended;   /* nothing is left to wait for at the end */
    struct ik_node node;
    struct ik_host host;
    void *pools;
    size_t pools_len;
    struct ik_session *sessions; /* what can be resumed, by peer; not of peers that a reload adds */
    struct sockets sockets;
    struct udp udp;
    int tun_fd; /* its queue */
    struct merge merge;
    struct known *known;   /* by slot of the IKE SA */
    struct routed *routed; /* by slot of the Child SA; in common, as is the next */
    uint16_t *up;          /* likewise: 1 + the policy of one that is up; 0: it is not */
    struct statistics statistics;
    struct inbox inbox;
    struct ev_io io[SOCKETS_MAX], tun_io;
    struct ev_timer deadline, second;
    struct ev_async wake;
    ik_time now; /* of the last call for the node */
    ik_time entropy_at;
    uint8_t *room;  /* for a packet of the TUN device */
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

/* An SA of plan->manuals. */
struct by_hand {
    uint8_t worker;
    uint16_t slot; /* IK_NO_SLOT: it is not there */
};

struct daemon {
    const char *file;
    struct plan *plan;
    struct ev_loop *ev;
    struct worker *workers;
    unsigned workers_n;
    pthread_rwlock_t awake; /* worker.c */
    bool main_is_awake;
    bool quit; /* the threads shall end */
    struct inner inner;
    struct netlink netlink;
    struct tun tun;
    struct started *started; /* by policy */
    struct by_hand *by_hand;
    unsigned by_hand_n;
    time_t since;
    uint64_t reloads;
    struct control *control;
    struct hook *hook; /* NULL: there is no program */
    struct host_pcap pcap;
    struct host_keylog keylog;
    struct ev_timer second, stopping;
    struct ev_async wake, gone;
    struct ev_signal signals[4];
    bool ending;
    bool look_again;  /* a peer did not answer: its name may have another address now */
    unsigned seconds; /* since the addresses were looked up */
};

ik_time daemon_now(void);
/* Opens all, runs until it is told to end; answers the exit status. */
int daemon_run(struct daemon *d, const char *file);
/* The file once more. False after mistakes, and then all is as before. */
bool daemon_reload(struct daemon *d, struct mistakes *m);
/* Deletes all SAs, then ends. */
void daemon_end(struct daemon *d);
/* The same, soon: from any thread. */
void daemon_end_soon(struct daemon *d);
/* While it is ending: an IKE SA of that worker has gone. */
void daemon_ended(struct worker *w);
/* Something of the daemon's own loop has changed: it looks again. From any thread. */
void daemon_wake(struct daemon *d);

/* ---- worker.c -------------------------------------------------------------------------------- */

/* Makes them with their nodes; false after a line in the log. */
bool workers_make(struct daemon *d);
/* Their threads, if there are several. False with a line in err. */
bool workers_run(struct daemon *d, char *err, size_t err_len);
/* Ends the threads, not the nodes. */
void workers_stop(struct daemon *d);
void workers_free(struct daemon *d);
/* Each worker's timer of a second is due now. */
void workers_tick(struct daemon *d);
/* Who sets up SAs with a peer, where we are the one who calls. */
struct worker *worker_of_peer(const struct daemon *d, uint16_t peer);
void workers_usage(const struct daemon *d, unsigned *ike_sas, unsigned *child_sas);
/* The sums. */
struct statistics workers_statistics(const struct daemon *d);
struct counters workers_counters(const struct daemon *d);

/* Now, and from here on the node's: it never goes back for the node. */
ik_time worker_tick(struct worker *w);
/* Carries out all that the node wants; then sets the timer. */
void worker_pump(struct worker *w);
/* Fresh entropy before a handshake; false after a line in the log. */
bool worker_entropy(struct worker *w);

/* ---- handover.c: what came to a worker and is for another ------------------------------------ */

/* A packet of the TUN device, with the header before it. */
void handover_inner(struct worker *w, unsigned to, const uint8_t *data, size_t len);
void handover_datagram(struct worker *w, unsigned to, const struct ik_path *path,
                       const struct ik_pkt *pkt);
/* For all others: a word of a router; a datagram. */
void handover_complaint(struct worker *w, const struct complaint *c);
void handover_to_all(struct worker *w, const struct ik_path *path, const struct ik_pkt *pkt);
/* An IKE SA is up here: what others have with the same peer gives way, if it shall be the only
 * one. */
void handover_rival(struct worker *w, uint16_t ike);
/* A Child SA of this worker is to be deleted, when it does something else. */
void handover_end_of(struct worker *w, uint16_t child);
/* All that others have handed to this one. */
void handover_take(struct worker *w);

/* ---- path.c: packets ------------------------------------------------------------------------- */

bool path_open(struct daemon *d, char *err, size_t err_len);
void path_close(struct daemon *d);
void path_send(struct worker *w, const struct ik_effect *fx);
void path_deliver(struct worker *w, const struct ik_effect *fx);
/* What was handed over. */
void path_inner(struct worker *w, uint8_t *data, size_t len);
void path_datagram(struct worker *w, const struct ik_path *path, struct ik_pkt *pkt);
void path_effects(struct worker *w);
/* What waits to be sent or written, is; what was handed over may be overwritten then. */
void path_flush(struct worker *w);
/* The MTU inside of the tunnel that fits to the path towards peer. */
unsigned path_mtu(const struct daemon *d);

/* ---- sa.c: what the node tells --------------------------------------------------------------- */

void sa_event(struct worker *w, const struct ik_effect *fx);
void sa_lookup(struct worker *w, const struct ik_effect *fx);
void sa_trace(void *ctx, const struct ik_trace_rec *rec);
/* Has another worker what is claimed here? */
bool sa_claimed(void *ctx, const struct ik_claim *claim);

/* audit.c: writes an auditable event to the log, ten a second at the most, if the file says so. */
void audit_event(void *ctx, const struct ik_audit *rec);
/* Who is at the other end of an IKE SA: "gw.example.org". */
void sa_name(const struct worker *w, uint16_t ike, uint16_t peer, char *out, size_t cap);

/* ---- routes.c -------------------------------------------------------------------------------- */

bool routes_open(struct daemon *d);
void routes_close(struct daemon *d);
void routes_child_up(struct worker *w, uint16_t child);
void routes_child_down(struct worker *w, uint16_t child);
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
/* How many of them a worker has. */
unsigned manual_of(const struct worker *w);

/* ---- start.c --------------------------------------------------------------------------------- */

/* After plan has changed: what is to be started now. False without memory. */
bool start_begin(struct daemon *d);
/* The same file, other addresses: what waits goes on waiting, what is held stays so. */
bool start_go_on(struct daemon *d, const struct plan *old);
/* Each second. */
void start_tick(struct worker *w);
/* A policy's SA is up, or has fallen. */
void start_is_up(struct worker *w, uint16_t child, uint16_t policy);
void start_is_down(struct worker *w, uint16_t policy);
/* By hand. */
void start_up(struct daemon *d, uint16_t policy);
void start_hold(struct daemon *d, uint16_t peer);
/* Is there a Child SA of this policy? */
bool start_has_child(const struct daemon *d, uint16_t policy);

#endif
