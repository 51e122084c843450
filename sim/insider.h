/* SPDX-License-Identifier: MIT */
/*
 * An insider: a peer with valid keys that misbehaves once it is authenticated. It seals what no
 * honest peer would send, or what one may but few do: unknown payloads, notifies and exchanges,
 * many payloads, reserved bits, chains that do not parse, message ids out of order, Deletes of SPIs
 * that are not there, packets outside of the selectors, padding that is not 1, 2, 3. What it knows
 * of the other end's SAs is the spectator's copy of the keys.
 */
#ifndef SIM_INSIDER_H
#define SIM_INSIDER_H

#include "sim/sim.h"

struct sim_insider {
    uint16_t from, victim;
    struct ik_path path; /* as the victim sees what comes from the peer */
    struct ik_hdr hdr;   /* of the last protected message from the peer that arrived there */
};

/* One message of IKE. False: the victim has no keys of that SA any more. */
bool sim_insider_ike(struct sim *s, const struct sim_insider *in, struct sim_rng *r);
/* One packet of ESP, for a Child SA of the victim, that must not be delivered. False: it has none
 * with the peer at that address. */
bool sim_insider_esp(struct sim *s, const struct sim_insider *in, struct sim_rng *r);

#endif
