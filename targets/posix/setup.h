/* SPDX-License-Identifier: MIT */
/* Options as the configuration of a node: one peer, a policy for each Child SA. */
#ifndef POSIX_SETUP_H
#define POSIX_SETUP_H

#include "options.h"
#include "sockets.h"

/* config points into the rest: it stays where it was made. */
struct setup {
    struct ik_peer peer;
    struct ik_policy policies[1 + OPTIONS_CHILDREN_MAX];
    struct ik_config config;
};

/*
 * Fills in what was not given. Ping: address, identity, selectors and inner addresses follow from
 * the peer, and the echo must be within the selectors. Respond: whatever the peer asks for. Answers
 * 0, or the exit status after one line on stderr.
 */
int setup_complete(struct options *o);
/* Can that work? Answers likewise. */
int setup_check(const struct options *o);

/* The options outlive *s. */
void setup_make(struct setup *s, const struct options *o, const struct sockets *sockets);

#endif
