/* SPDX-License-Identifier: MIT */
/*
 * Secrets, and where they must not be: in the memory of a node whose SA has ended, and on the stack
 * below the entry points of the core when they have returned. A secret is known by its first and
 * its last eight octets.
 */
#ifndef SIM_CHECK_SECRETS_H
#define SIM_CHECK_SECRETS_H

#include "sim/spy.h"

const char *sim_secret_name(enum sim_secret what);
/* Shorter than eight octets: nothing is added. */
void sim_secret_add(struct sim_secrets *s, const uint8_t *p, size_t len, enum sim_secret what);
void sim_secrets_free(struct sim_secrets *s);
/* Where in p[0..len) a part of one lies; len: nowhere. *what tells which. */
size_t sim_secret_find(const struct sim_secrets *s, const uint8_t *p, size_t len,
                       enum sim_secret *what);

/* The PSKs of a configuration and what is made of them for its prfs (RFC 7296 2.15). */
void sim_check_secrets_config(struct sim_spy *spy, const struct ik_config *config);
/* A job leaves the node, with the private value in it; it has come to its end, perhaps with g^ir.
 */
void sim_check_secrets_job(struct sim_spy *spy, const struct ik_job *job);
/* Keeps what a job that has come to its end was made of, if it is the last with that private value:
 * then, after ik_node_job_done(), neither that nor g^ir is in the node's memory any more. */
void sim_check_secrets_take(const struct ik_job *job, struct sim_key out[2]);
void sim_check_secrets_used(struct sim_spy *spy, uint16_t node, const struct sim_key used[2]);
/* SAs have ended, whose SIM_KEYS_N keys each these are: none is in the node's memory. */
void sim_check_secrets_ended(struct sim_spy *spy, uint16_t node, const struct sim_key *const keys[],
                             size_t n);
/* Nothing at all is. */
void sim_check_secrets_none(struct sim_spy *spy, uint16_t node);

/* ---- the stack (check_stack.c) --------------------------------------------------------------- */

/* False under a sanitizer that keeps locals elsewhere: the two below do nothing then. */
bool sim_stack_seen(void);
/* Call the core between these two, all three from one function. */
void sim_stack_paint(const struct sim_spy *spy);
void sim_stack_scan(struct sim_spy *spy, uint16_t node, const char *call);

#endif
