/* SPDX-License-Identifier: MIT */
/*
 * Scripted faults: rules that act on chosen messages as they leave a node, before any link or NAT.
 * The first rule that matches and is due acts; the others still count the message.
 */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "sim/net.h"

#define SIM_ANY (-1)

enum sim_act {
    SIM_DROP = 1,
    SIM_HOLD,  /* keep it under `label` until sim_net_release() */
    SIM_TWICE, /* send it twice */
    SIM_DELAY, /* send it `delay` later */
    SIM_FLIP,  /* flip one bit (`bit`, from the end if negative) and send it */
    SIM_EDIT   /* let `edit` change it, then send it */
};

struct sim_rule {
    int32_t node;     /* sender; SIM_ANY */
    int16_t kind;     /* enum sim_kind; 0: IKE; SIM_ANY */
    int16_t exchange; /* enum ik_exchange_type; SIM_ANY (IKE only) */
    int16_t response; /* 0: requests, 1: responses, SIM_ANY */
    int64_t msgid;    /* SIM_ANY */
    uint16_t nth;     /* act on the n-th match only, from 1; 0: on each */
    uint8_t act;      /* enum sim_act */
    char label;
    ik_time delay;
    int32_t bit;
    void (*edit)(struct sim_dgram *d); /* may change data[0..len), and shorten it */
    /* state */
    uint32_t seen; /* matches so far */
    uint32_t hits; /* actions so far */
};

#define SIM_RULES_MAX 64

struct sim_script {
    struct sim_rule rules[SIM_RULES_MAX];
    uint16_t rules_n;
};

/* Adds a rule and answers it, for its counts; NULL if there are too many. */
struct sim_rule *sim_rule_add(struct sim *s, const struct sim_rule *rule);
/* Forgets all rules; what they hold stays held. */
void sim_rules_clear(struct sim *s);
/* The rule that acts on this datagram, or NULL; counts it. */
struct sim_rule *sim_rule_for(struct sim *s, const struct sim_dgram *d);
/* Does the rule speak of that datagram at all? */
bool sim_rule_match(const struct sim_rule *r, const struct sim_dgram *d);

#endif
