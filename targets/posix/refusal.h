/* SPDX-License-Identifier: MIT */
/*
 * What a responder refuses, for people: to whom and why, and which identity or selectors did not
 * fit. The core tells the peer as little as it may; here is what its owner wants to know.
 */
#ifndef POSIX_REFUSAL_H
#define POSIX_REFUSAL_H

#include "options.h"

struct refusal {
    const struct ik_node *node;
    struct ik_addr from;
    uint16_t port;
    unsigned notify; /* error that the message was answered with; 0: none */
    unsigned drop;   /* enum ik_drop of the same message */
    bool dropped;
    bool wants_child; /* the request is an IKE_AUTH that makes a Child SA, too */
    enum { REFUSAL_NO_PPK, REFUSAL_OUR_PPK, REFUSAL_OTHER_PPK } ppk; /* which PPK it names */
    char id[200];    /* whom the request names; empty: nobody */
    char ts[2][130]; /* its first selectors: the peer's side, ours */
    ik_time since;   /* beginning of the second in which … */
    unsigned told;   /* … so many lines were told */
};

/* A datagram is about to be given to the node. */
void refusal_begin(struct refusal *r, const struct ik_path *path, const uint8_t *data, size_t len);
/* A trace record of the node. */
void refusal_trace(struct refusal *r, const struct ik_trace_rec *rec);
/* After the node took the datagram: one line in *out if it refused something. A flood of refusals
 * is told ten times a second at most. */
bool refusal_told(struct refusal *r, ik_time now, char *out, size_t cap);

#endif
