/* SPDX-License-Identifier: MIT */
/*
 * Configurations of nodes from text, and the usual pair of an initiator and a responder. All of it
 * lives as long as the simulation that it was made for.
 */
#ifndef SIM_CONF_H
#define SIM_CONF_H

#include "sim/sim.h"

#define SIM_PEERS_MAX 128
#define SIM_PROPOSALS_MAX 256
#define SIM_ID_LEN 64

/* A configuration under construction; config points into it. Fields may be changed until the node
 * is added. */
struct sim_conf {
    struct sim *sim;
    struct ik_config config;
    struct ik_peer peers[SIM_PEERS_MAX];
    struct ik_policy policies[SIM_PEERS_MAX];
    struct ik_proposal proposals[SIM_PROPOSALS_MAX];
    uint16_t proposals_n;
    uint8_t ids[2 * SIM_PEERS_MAX][SIM_ID_LEN];
    uint16_t ids_n;
};

/* A peer in text. NULL and 0 mean what ik_config.h says of the absent value. */
struct sim_peer_text {
    const char *local, *remote;       /* outer addresses */
    const char *local_id, *remote_id; /* as host_id_parse reads them; remote NULL: any */
    const char *psk;
    const char *ike; /* proposals, separated by commas */
};

/* A policy that protects, in text. */
struct sim_policy_text {
    const char *ts_local, *ts_remote; /* selectors, separated by commas */
    const char *esp;                  /* proposals, separated by commas */
    const char *ah;                   /* likewise, of AH in the place of ESP; NULL: ESP */
    enum ik_mode mode;
    uint16_t peer;
    uint16_t replay;
};

/* An empty configuration with the host's crypto. */
struct sim_conf *sim_conf_new(struct sim *s);
/* Each appends one entry and answers its index; what can't be read breaks the run. */
uint16_t sim_conf_peer(struct sim_conf *c, const struct sim_peer_text *t);
uint16_t sim_conf_policy(struct sim_conf *c, const struct sim_policy_text *t);
/* A policy that bypasses or discards. */
uint16_t sim_conf_clear(struct sim_conf *c, enum ik_action action, const char *ts_local,
                        const char *ts_remote);
/* Reads an address that the program itself wrote; breaks the run if it is none. */
struct ik_addr sim_addr(struct sim *s, const char *text);

/* ---- the usual pair ------------------------------------------------------------------------- */

/* Node 0 is the initiator, node 1 the responder. */
enum { A = 0, B = 1 };

/* All zero: IPv4, tunnel mode, aes128-sha256-x25519 and aes128gcm16, links of 10 ms each, no
 * NAT. */
struct sim_pair {
    const char *ike_a, *ike_b;   /* NULL: aes128-sha256-x25519; ike_b NULL: as ike_a */
    const char *esp_a, *esp_b;   /* NULL: aes128gcm16; esp_b NULL: as esp_a */
    const char *ah_a, *ah_b;     /* AH instead; ah_b NULL: as ah_a, unless esp_b says ESP */
    const char *psk_a, *psk_b;   /* NULL: the same good key */
    const char *id_a, *id_b;     /* what each says of itself; NULL: a.example.org, b.example.org */
    const char *ts_a, *ts_b;     /* what A wants between; NULL: a network each */
    const char *wide_a, *wide_b; /* what B allows; NULL: the same */
    enum ik_mode mode;
    bool mode_b_other;                        /* B wants the other mode */
    bool v6;                                  /* outer addresses */
    bool inner6;                              /* inner addresses (tunnel mode) */
    const struct sim_nat_opts *nat_a, *nat_b; /* boxes that they are behind; outside is set here */
    uint16_t pool_a, pool_b;                  /* IKE SAs; 0: 4 */
    uint16_t fragment_a, fragment_b;          /* ik_peer.fragment; and then they can take fragments
                                                 of four messages at once */
    uint16_t mtu;                             /* of the path; 0: any */
    bool tells;                               /* it tells who sends what is larger */
    bool cuts;                                /* or cuts it, if it may be */
    uint16_t held;                       /* packets that may wait for their SA, at either end */
    const struct sim_cpu *cpu_a, *cpu_b; /* NULL: ideal */
    void (*tune)(struct sim_conf *a, struct sim_conf *b); /* last touch */
};

/* Makes both configurations and both nodes. */
void sim_pair_add(struct sim *s, const struct sim_pair *p);
/* Sends an inner packet of that many payload octets from one to the other, within the pair's
 * default selectors (or, in transport mode, between the outer addresses). */
void sim_pair_send(struct sim *s, const struct sim_pair *p, uint16_t from, uint16_t payload);

#endif
