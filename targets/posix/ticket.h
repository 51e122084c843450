/* SPDX-License-Identifier: MIT */
/*
 * The file of --ticket-file: what is kept of an IKE SA so that the next run resumes it (RFC 5723).
 * It is a secret: SK_d of that IKE SA stands in it. Nobody but its owner can read it, it is never
 * half written, and it is of one peer and one identity of ours.
 */
#ifndef POSIX_TICKET_H
#define POSIX_TICKET_H

#include "kept.h"
#include "options.h"

#define TICKET_ROOM KEPT_ROOM

/* Whose it is, and until when it is good. */
struct ticket_of {
    struct ik_addr peer;
    uint16_t port; /* as in options */
    struct ik_id id;
};

/* Octets of the file; now_s: seconds of the clock on the wall. */
size_t ticket_write(const struct ticket_of *of, const struct ik_session *session, uint32_t left_s,
                    uint64_t now_s, uint8_t out[TICKET_ROOM]);
/* What they say. Only when KEPT_GOOD, *session and *left_s are set. */
enum kept_verdict ticket_read(const struct ticket_of *of, const uint8_t *octets, size_t len,
                              uint64_t now_s, struct ik_session *session, uint32_t *left_s);

/* Gives what the file holds to the node. Nothing if there is no file, or an empty one; one line on
 * stderr if it is of no use, and the handshake will be in full. False after one line on stderr if
 * it cannot be read, or is something else, which is not to be overwritten. */
bool ticket_load(const struct options *o, struct ik_node *node, ik_time now);
/* Writes what the node has of the peer, or removes the file if it has nothing. False after one line
 * on stderr. */
bool ticket_save(const struct options *o, const struct ik_node *node);
/* Has the node something that the next run can resume? */
bool ticket_here(const struct ik_node *node);

#endif
