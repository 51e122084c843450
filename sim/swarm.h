/* SPDX-License-Identifier: MIT */
/*
 * One random run: a network and its faults drawn from a seed, a time of trouble in which every
 * invariant must hold, then a healed network that must converge.
 */
#ifndef SIM_SWARM_H
#define SIM_SWARM_H

#include "sim/conf.h"
#include "sim/traffic.h"

#define SWARM_GATEWAYS 2
#define SWARM_REMOTES 6
#define SWARM_TAPPED 64

/* What is wrong with a remote's configuration, and so how its handshakes must end. */
enum swarm_flaw {
    SWARM_SOUND = 0,
    SWARM_WRONG_PSK,
    SWARM_UNKNOWN_ID,
    SWARM_NO_IKE_PROPOSAL,
    SWARM_NO_ESP_PROPOSAL,
    SWARM_BAD_TS,
    SWARM_FLAWS
};

struct swarm_remote {
    uint8_t gateway;
    uint8_t flaw; /* enum swarm_flaw */
    uint8_t mode; /* enum ik_mode */
    bool inner6;
    bool mutual; /* the gateway may call it, too */
    bool initial_contact;
    bool force_natt;
    uint8_t nat;   /* 0: none; else 1 + NAT box of the run */
    bool second;   /* a second policy for the same gateway, of its own */
    bool joint;    /* and one for both is all that it has: the gateway narrows (2.9) */
    bool portable; /* computes with other code than its gateway */
    bool prepares; /* computes its next key pair ahead */
    const char *ike, *ike_gateway, *esp;
    const char *ah; /* in the place of ESP; NULL: ESP */
    bool tfc_refuse;
    uint16_t tfc_pad, tfc_align;
    uint32_t dummy_ms;
    bool no_nat[2]; /* of the remote, of the gateway for it: nobody looks for one */
    bool no_idr[2];
    bool natt_only;      /* speaks to port 4500 from the first message on (2.23) */
    uint16_t pool;       /* IKE SAs */
    uint16_t child_pool; /* Child SAs */
    uint16_t replay;     /* packets in the window */
    uint8_t nonce_len;
    const struct sim_cpu *cpu;
    struct sim_link trouble;
    bool insider;      /* once authenticated, it misbehaves (sim/insider.h) */
    bool refuses;      /* it begins, and refuses CREATE_CHILD_SA */
    uint8_t unique;    /* enum ik_unique, of both ends */
    bool pfs;          /* its Child SAs have key exchanges of their own */
    bool resume;       /* it asks for tickets */
    uint8_t childless; /* enum ik_childless */
    uint8_t ppks[2];   /* PPKs of the remote, of the gateway for it; 0: none */
    bool ppk_required[2];
    uint32_t rekey_s[2], life_s[2], liveness_s[2]; /* of the remote, of the gateway */
    uint32_t reauth_s[2];
    uint32_t child_rekey_s[2], child_life_s[2];
    uint64_t rekey_packets[2];
    uint16_t fragment[2]; /* octets of the largest datagram of IKE; 0: no fragments */
    uint16_t probe[2];    /* octets whose passing is found out; 0: none */
    bool esn;             /* sequence numbers of 64 bits */
    bool pfp;             /* its address is taken from the packet that asks (RFC 4301 4.4.1.2) */
};

/* Policies of a remote: its network and, if `second`, one host more. */
#define SWARM_POLICIES 2

struct swarm_plan {
    bool stack; /* the stack is looked at, too (sim/check_secrets.h), which takes time */
    bool real;  /* real key exchanges; else stubs (sim/stub.h), and 20 times as many runs */
    bool v6;
    uint8_t gateways, remotes, nats;
    struct swarm_remote remote[SWARM_REMOTES];
    struct sim_nat_opts nat[SWARM_REMOTES];
    /* One IKE suite a gateway: it chooses before it knows who calls. */
    uint8_t suite[SWARM_GATEWAYS];
    struct sim_link trouble[SWARM_GATEWAYS];
    uint8_t window;                    /* of all: ik_config.window */
    bool hints;                        /* of all: who sends by an SA that is not there is told */
    uint32_t ticket_s[SWARM_GATEWAYS]; /* tickets that a gateway gives are good so long; 0: none */
    bool ticket_by_reference[SWARM_GATEWAYS];
    /* enum ik_childless of a gateway's entries: it announces before it knows who calls. */
    uint8_t childless[SWARM_GATEWAYS];
    uint16_t spare; /* IKE SAs of a gateway beyond one for each policy of its remotes */
    uint32_t half_open_for;
    uint32_t keepalive;
    uint16_t cookie_above;
    struct ik_retransmit retransmit;
    uint32_t events;
    bool forge;     /* an attacker repeats and bends what it has heard */
    bool restart;   /* nodes lose power */
    bool die;       /* nodes lose power until the network is healed */
    bool squat;     /* somebody goes as far as his cookie, and no further */
    bool oneway;    /* links are cut in one direction */
    bool roam;      /* remotes go to another NAT box; paths get narrower */
    bool jump;      /* clocks jump */
    bool older;     /* nodes become what they were when a copy was taken of them */
    bool age;       /* sequence numbers come to their end */
    bool busy;      /* gateways have slow CPUs */
    bool hold;      /* the attacker delays what he likes */
    bool insiders;  /* a remote is one */
    bool starve;    /* pools are full for a while */
    bool rekey;     /* SAs are renewed by age, and when somebody says so */
    bool anew;      /* authentication is repeated by age */
    bool expire;    /* they end by age, too */
    bool watch;     /* silence is noticed */
    bool renew;     /* between trouble and the end SAs live on for half an hour */
    bool fragments; /* IKE messages may leave in fragments */
    uint16_t held;  /* packets that may wait for their SA, in each node */
    ik_time late;   /* hosts sleep longer than they should */
    ik_time start;
};

/* AH where no NAT is, nor is believed to be; and lengths that tell nothing (swarm_protocol.c). */
void swarm_protocol_draw(struct sim_rng *r, struct swarm_remote *m);
/* What handshakes leave out: NAT detection where no NAT is or comes, IDr, half of the nonce; how
 * many packets may wait; and who finds out what his path takes. */
void swarm_octets_draw(struct sim_rng *r, struct swarm_plan *p);

/* Draws a plan. */
void swarm_plan_draw(struct sim_rng *r, struct swarm_plan *p);
/* Then all must be such that it converges when nobody hangs up. */
void swarm_plan_alone(struct swarm_plan *p);
void swarm_plan_print(FILE *f, const struct swarm_plan *p);
/* Makes its nodes: the gateways first, then the remotes. */
void swarm_plan_build(struct sim *s, const struct swarm_plan *p);
/* The node of a remote, and the node of its gateway. */
uint16_t swarm_node(const struct swarm_plan *p, uint8_t remote);
/* Policies that the gateway has for that remote: 1 or 2. */
uint16_t swarm_policies(const struct swarm_plan *p, uint8_t remote);
/* Asks the remote for the SA of that policy; by a packet, where one is for both. */
void swarm_up(struct sim *s, const struct swarm_plan *p, uint8_t remote, uint16_t which);
/* Has it a Child SA for its second host? */
bool swarm_has_second(struct sim *s, const struct swarm_plan *p, uint8_t remote);
/* Where the gateway has what the remote has as its policy `which`. */
uint16_t swarm_policy(const struct swarm_plan *p, uint8_t remote, uint16_t which);
uint16_t swarm_peer(const struct swarm_plan *p, uint8_t remote);

/* An inner packet between a remote and its gateway. */
struct swarm_packet {
    uint8_t remote;
    bool from_remote;
    uint16_t policy; /* 0, or 1 if the remote has a second one */
    uint16_t payload;
    uint16_t odd_at; /* sim_traffic_send_odd() */
    uint8_t odd_mask;
};
/* Sends it; answers its number. */
uint32_t swarm_send(struct sim *s, const struct swarm_plan *p, const struct swarm_packet *packet);

struct swarm_result {
    bool good;
    char why[256];
    uint32_t handshakes; /* IKE SAs up, both ends counted */
    uint32_t failures;
    uint32_t packets; /* inner packets given to nodes, and delivered */
    uint32_t delivered;
    uint32_t datagrams;
    uint64_t virtual_s;
    uint64_t trace_hash; /* of the trace and of all bytes sent */
    uint64_t sent_hash;  /* of the latter alone */
};

/* How a run differs from the usual one. */
struct swarm_opts {
    bool alone;  /* once the network is healed nobody hangs up: it has to converge by itself */
    bool forged; /* only forged packets for nodes that do not answer strangers, and … */
    bool mute;   /* … these do not arrive: both must send the same at the same times */
};

/* The whole run. */
void swarm_run(uint64_t seed, const struct sim_opts *opts, const struct swarm_opts *how,
               struct swarm_result *out);

#endif
