/* SPDX-License-Identifier: MIT */
/*
 * A node joined to sockets in a libev loop: datagrams and time go in, effects are carried out. What
 * to do with events and inner packets is the subcommand's.
 */
#ifndef POSIX_LINK_H
#define POSIX_LINK_H

#include <ev.h>

#include "commands.h"
#include "complaint.h"
#include "options.h"
#include "refusal.h"
#include "setup.h"
#include "sockets.h"
#include "watch.h"

#define LINK_IKE_SAS 16
#define LINK_CHILD_SAS 32
#define LINK_PKT_MAX 65535

struct link;

/* What a subcommand brings. Each is called between entry points of the node, never inside one. */
struct link_user {
    /* The node tells something. */
    void (*event)(struct link *l, const struct ik_effect *fx);
    /* An inner packet came. */
    void (*deliver)(struct link *l, const uint8_t *packet, size_t len);
    /* The node has nothing to do: packets may be given to it. Answers true if it was given one. */
    bool (*idle)(struct link *l);
    /* SIGINT or SIGTERM. */
    void (*interrupt)(struct link *l);
    /* Something was refused: a line for people. NULL: who never does. */
    void (*refused)(struct link *l, const char *line);
};

struct link {
    struct ev_loop *ev;
    const struct options *options;
    const struct link_user *user;
    void *ctx; /* of the user */
    struct setup setup;
    struct sockets sockets;
    struct watch watch;
    struct refusal refusal;
    struct commands commands;
    struct ik_node node;
    void *pools; /* of the node */
    struct ik_session session;
    size_t pools_len;
    struct ev_io io[SOCKETS_MAX];
    struct ev_timer deadline;
    struct ev_signal signals[2];
    struct ik_addr heard;       /* where the last datagram came from */
    struct complaint complaint; /* the last since then, but that one was too big; error 0: none */
    int send_errno;             /* of the last datagram that could not leave; 0 if it could */
    uint8_t rx[LINK_PKT_MAX];
    uint8_t tx[LINK_PKT_MAX];
};

/* Microseconds of the monotonic clock. */
ik_time link_now(void);

/* Opens what the options name, makes the node and seeds it. False after one line on stderr. */
bool link_open(struct link *l, const struct options *o, const struct link_user *user, void *ctx);
/* Begins the handshake for the first Child SA. False after one line on stderr. */
bool link_up(struct link *l);
/* Asks for the other Child SAs of the options. */
void link_up_others(struct link *l);
/* Carries out what the node wants to have done, until it has nothing to do. Call it after each call
 * of an ik_node_ function. */
void link_pump(struct link *l);
/* Runs until link_stop(). */
void link_run(struct link *l);
void link_stop(struct link *l);
/* Wipes the node, closes files. False if a capture or key log could not be written. */
bool link_close(struct link *l);

/* Room in l->tx for a clear packet, with head and tail room for sealing. */
uint8_t *link_tx_room(struct link *l, size_t *cap);
/* Hands over len octets that stand there. Only from idle(), or outside of the pump. */
void link_tx(struct link *l, size_t len);

#endif
