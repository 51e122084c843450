/* SPDX-License-Identifier: MIT */
/*
 * The file of `respond --ticket-file`: the keys that seal the tickets it gives (RFC 5723), so that
 * initiators resume with its next run, too. It is a secret, and of one identity, one pre-shared key
 * and one set of PPKs: who changes these takes back what tickets allow. A digest of them stands
 * in it: who has the file can try guesses of a pre-shared key that is weak.
 */
#ifndef POSIX_TICKET_KEYS_H
#define POSIX_TICKET_KEYS_H

#include "kept.h"
#include "options.h"

/* Octets of the file; now_s: seconds of the clock on the wall. */
size_t ticket_keys_write(const struct options *o, const struct ik_kept_ticket_keys *keys,
                         uint64_t now_s, uint8_t out[KEPT_ROOM]);
/* What they say. Only when KEPT_GOOD, *keys are set, as old as they are now. */
enum kept_verdict ticket_keys_read(const struct options *o, const uint8_t *octets, size_t len,
                                   uint64_t now_s, struct ik_kept_ticket_keys *keys);

/* Gives what the file holds to the node. Nothing if there is no file, or an empty one; one line on
 * stderr if it is of no use. False after one line on stderr if it cannot be read, or is something
 * else, which is not to be overwritten. */
bool ticket_keys_load(const struct options *o, struct ik_node *node, ik_time now);
/* Writes them, if others have been drawn since *serial, which it sets. False after one line on
 * stderr. */
bool ticket_keys_save(const struct options *o, const struct ik_node *node, uint32_t *serial);

#endif
