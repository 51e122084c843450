/* SPDX-License-Identifier: MIT */
/* A configuration file and its keys as the configuration of a node: what is in place, or is to be.
 */
#ifndef IKELETD_PLAN_H
#define IKELETD_PLAN_H

#include "conf.h"
#include "secrets.h"

struct plan_entry {
    uint16_t connection; /* of the file; IK_NO_SLOT: made by hand */
    uint16_t child;      /* of the connection, or of those that are made by hand */
    uint16_t remote;     /* line of its list; IK_NO_SLOT: none */
};

struct plan {
    struct conf conf;
    struct secrets secrets;
    struct ik_config config;
    struct ik_peer *peers;
    struct ik_policy *policies;
    struct plan_entry *of_peer, *of_policy; /* child: of policies only */
    uint16_t *table;                        /* peers by identity: index + 1 */
    uint32_t table_n;
    struct ik_manual *manuals; /* as conf.manuals; the keys lie in secrets */
    bool no_raw; /* no right to raw sockets: ESP has to go in UDP, in all connections without AH */
    unsigned waiting; /* connections that are left out: their remote has no address now */
};

/* Reads file and keys, looks up names, makes the node's configuration and checks it. old: the one
 * whose place it is to take, and that keeps what takes a restart; or NULL. NULL after mistakes;
 * what is left in *m otherwise are warnings. */
struct plan *plan_make(const char *file, const struct plan *old, struct mistakes *m);
/* The same file as it was read, with the addresses that names and routes have now. The old plan is
 * an empty shell then, which plan_free() takes. NULL: it stays as it is. */
struct plan *plan_again(struct plan *old);
/* Is there a connection whose remote is told by name, or has no address now? */
bool plan_may_change(const struct plan *p);
/* Nothing may use it any more. Keys are wiped. */
void plan_free(struct plan *p);
/* manual.c: policies and SAs of those that are made by hand. */
void plan_add_manuals(struct plan *p, struct mistakes *m);

/* Who a caller is (IK_FX_LOOKUP). False if nobody; *known tells whether there is such a name. */
bool plan_identify(const struct plan *p, const struct ik_id *id, const struct ik_path *path,
                   struct ik_credential *out, bool *known);

const struct conf_connection *plan_connection(const struct plan *p, uint16_t peer);
const struct conf_child *plan_child(const struct plan *p, uint16_t policy);
/* NULL if the policy's SAs are made by IKE. */
const struct conf_manual *plan_manual(const struct plan *p, uint16_t policy);

#endif
