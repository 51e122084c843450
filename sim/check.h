/* SPDX-License-Identifier: MIT */
/*
 * Invariants of every simulation. The first that breaks ends the run (sim.failed, sim.why):
 *
 *  - after "nothing to do" at t the deadline is later than t; before an effect it was not;
 *  - IKE and Child SAs that both ends call up have the same algorithms, keys and selectors;
 *  - a node delivers only inner packets that another node sent to it, unchanged, each once;
 *  - no sequence number is delivered, or used for sealing, twice under one SPI;
 *  - what does not authenticate is not decrypted, or not left lying so;
 *  - no inner packet leaves in clear, unless its node's SPD bypasses, or ESP is NULL;
 *  - a protected IKE message is sent again bit for bit or not at all (RFC 7296 2.1);
 *  - what is told makes sense: down follows up, and each "up" command has one outcome;
 *  - no event is lost and no packet is given to a node that is not ready (counters);
 *  - when all has ended, the pools are empty, nothing is pending, and no key is left in the node's
 *    memory;
 *  - and what the spectator (sim/spy.h) sees with the keys in its hand.
 */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "ikelet/ikelet.h"
#include "sim/map.h"

struct sim;
struct sim_node;

/* What one end exported when it called an IKE SA or Child SA up. */
struct sim_ike_rec {
    uint16_t node;
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN];
    uint64_t digest; /* of algorithms and keys, in the order of RFC 7296 2.14 */
};

struct sim_child_rec {
    uint16_t node;
    uint32_t spi_in, spi_out;
    uint64_t digest_in, digest_out; /* of algorithms, mode and keys of that direction */
    uint64_t ts_local, ts_remote;   /* of the selectors; 0 in transport mode, where NAT changes
                                       them (RFC 7296 2.23.1) */
};

/* An inner packet that a user gave to a node. */
struct sim_packet {
    uint16_t from;
    uint16_t meant; /* the node that it is for; SIM_NONE: whoever has its address */
    uint16_t to;    /* node that it was delivered at; SIM_NONE */
    uint16_t delivered;
    uint16_t pieces; /* octets that were delivered in pieces (RFC 4301 7) */
    bool too_long;   /* for its path: it was refused */
    uint16_t len;
    uint8_t *bytes;
};

/* A pending "up", or the slots that a user believes to be up. */
struct sim_live {
    uint16_t node;
    uint16_t slot;
    uint16_t ike; /* Child SA: slot of its IKE SA */
};

struct sim_list {
    struct sim_live *v;
    size_t n, cap;
};

struct sim_check {
    struct sim_ike_rec *ikes;
    size_t ikes_n, ikes_cap;
    struct sim_child_rec *children;
    size_t children_n, children_cap;
    struct sim_packet *packets; /* by id */
    size_t packets_n, packets_cap;
    struct sim_list pending;                      /* slot: policy */
    struct sim_list ike_up;                       /* slot: IKE SA */
    struct sim_list child_up;                     /* slot: Child SA */
    struct sim_list saved_ike_up, saved_child_up; /* when sim_node_save() was called */
    struct sim_map epochs_seen; /* (node, child slot, n): the n-th SA there exists */
    struct sim_map seqs;        /* sequence numbers seen */
    struct sim_map messages;    /* protected IKE messages sent */
};

void sim_check_init(struct sim_check *c);
void sim_check_free(struct sim_check *c);

/* Hooks of the simulation. */
void sim_check_trace(struct sim_node *n, const struct ik_trace_rec *rec);
void sim_check_sent(struct sim_node *n, const struct ik_effect *fx);
void sim_check_passed(struct sim_node *n, const struct ik_effect *fx);
void sim_check_delivered(struct sim_node *n, const struct ik_effect *fx);
/* Of a datagram that the node was given: how many there were before that did not authenticate; and
 * after the call, what is in the node's buffer now. */
uint32_t sim_check_refusals(const struct sim_node *n);
/* Places that a node has taken for messages that come in fragments; and: after it was given a
 * datagram that did not authenticate, it has no more of them (RFC 7383 section 5). */
uint16_t sim_check_reassemblies(const struct sim_node *n);
void sim_check_taken(struct sim_node *n, uint16_t before, uint32_t refused_before);
void sim_check_refused(struct sim_node *n, uint32_t before, const uint8_t *given,
                       const uint8_t *left, uint16_t len);
void sim_check_told(struct sim_node *n, const struct ik_effect *fx);
/* The node has made one for its user. The packet of which that is a piece; NULL: of none
 * (check_path.c). */
void sim_check_icmp(struct sim_node *n, const uint8_t *ip, uint16_t len);
struct sim_packet *sim_check_piece(struct sim_check *c, const uint8_t *ip, uint16_t len);
void sim_check_up(struct sim_node *n, uint16_t policy);
/* poll has answered false. */
void sim_check_rest(struct sim_node *n);
/* The node was wiped. */
void sim_check_off(struct sim_node *n);
/* Its memory was copied; it is as the copy again. */
void sim_check_save(struct sim_node *n);
void sim_check_restored(struct sim_node *n);

/* The parts of the above (check_keys.c). */
void sim_check_ike_keys(struct sim_node *n, uint16_t ike);
void sim_check_child_keys(struct sim_node *n, uint16_t child);

/* An inner packet is about to be given to node `from`; answers its id. */
uint32_t sim_check_packet(struct sim *s, uint16_t from, uint16_t len);

/* Every "up" should have had its outcome. */
void sim_check_settled(struct sim *s);
/* Faults have stopped a while ago: both ends of each SA know of it, and there is one of each. */
void sim_check_converged(struct sim *s);
/* Whether they do now; while a renewal is on its way they do not. why: what does not agree. */
bool sim_converged(struct sim *s, char *why, size_t why_len);
/* Of the packets that users have given to nodes since there were `first` (sim.check.packets_n),
 * each has arrived once: over a rekey, for example, on a link without faults. But not those of
 * which a node has said at once that they are too long. */
void sim_check_lossless(struct sim *s, size_t first);
/* All should have ended: pools empty, nothing pending, no key left. */
void sim_check_end(struct sim *s);

#endif
