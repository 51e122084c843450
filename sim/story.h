/* SPDX-License-Identifier: MIT */
/*
 * Exchange tests as tables of steps over a simulation. A step acts, lets time pass, or expects; the
 * first that fails ends the story with its line, what was expected, and the last of the trace.
 *
 *     const struct story_step steps[] = {
 *         DROP(A, IK_EX_IKE_AUTH, REQUEST, FIRST),
 *         UP(A, 0),
 *         EXPECT(A, IK_EV_IKE_UP),
 *         EXPECT(A, IK_EV_CHILD_UP),
 *         COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1),
 *         END_ALL,
 *     };
 *     story_pair(1, &(struct sim_pair){.v6 = true}, steps, sizeof steps / sizeof *steps);
 */
#ifndef SIM_STORY_H
#define SIM_STORY_H

#include "sim/conf.h"

enum story_op {
    STORY_UP = 1,
    STORY_DOWN,
    STORY_OFF,
    STORY_ON,
    STORY_RULE,
    STORY_RELEASE,
    STORY_CLEAR,
    STORY_NAT_REBOOT,
    STORY_SEND,
    STORY_CALL,
    STORY_MARK,
    STORY_AT,
    STORY_WAIT,
    STORY_IDLE,
    STORY_EXPECT,
    STORY_BY,
    STORY_SILENT,
    STORY_FORGET,
    STORY_COUNT,
    STORY_DROPPED,
    STORY_DELIVERED,
    STORY_USAGE,
    STORY_HITS,
    STORY_LOSSLESS,
    STORY_CONVERGED,
    STORY_END
};

struct story_step {
    uint8_t op; /* enum story_op */
    uint16_t node;
    int64_t a, b;
    ik_time t;
    struct sim_rule rule;
    void (*call)(struct sim *s);
    const char *text;
    int line;
};

/* How long an expectation waits for what it expects. */
#define STORY_PATIENCE (600 * IK_SECOND)

#define REQUEST 0
#define RESPONSE 1
#define FIRST 1
#define EVERY 0

#define STORY_STEP_(...)                                                                           \
    {                                                                                              \
        .line = __LINE__, __VA_ARGS__                                                              \
    }

/* ---- commands -------------------------------------------------------------------------------- */
#define UP(n, policy) STORY_STEP_(.op = STORY_UP, .node = (n), .a = (policy), .text = "UP")
#define DOWN(n) STORY_STEP_(.op = STORY_DOWN, .node = (n), .a = IK_NO_SLOT, .text = "DOWN")
#define DOWN_PEER(n, peer) STORY_STEP_(.op = STORY_DOWN, .node = (n), .a = (peer), .text = "DOWN")
/* Power off and on. */
#define OFF(n) STORY_STEP_(.op = STORY_OFF, .node = (n), .text = "OFF")
#define ON(n) STORY_STEP_(.op = STORY_ON, .node = (n), .text = "ON")
/* `count` inner packets of that many payload octets, between the pair's hosts, at once. */
#define SEND(from, count, payload)                                                                 \
    STORY_STEP_(.op = STORY_SEND, .node = (from), .a = (count), .b = (payload), .text = "SEND")
/* Anything else: a function of the test; it fails the story by sim_fail(). */
#define CALL(function) STORY_STEP_(.op = STORY_CALL, .call = (function), .text = "CALL")

/* From here on no packet may be lost: LOSSLESS asks. */
#define MARK STORY_STEP_(.op = STORY_MARK, .text = "MARK")

/* ---- faults: the nth message (from 1; EVERY) of that kind that node sends -------------------- */
#define RULE(n, ex, resp, nth_, ...)                                                               \
    STORY_STEP_(.op = STORY_RULE, .text = #__VA_ARGS__,                                            \
                .rule = {.node = (n),                                                              \
                         .exchange = (ex),                                                         \
                         .response = (resp),                                                       \
                         .msgid = SIM_ANY,                                                         \
                         .nth = (nth_),                                                            \
                         __VA_ARGS__})
#define DROP(n, ex, resp, nth) RULE(n, ex, resp, nth, .act = SIM_DROP)
#define TWICE(n, ex, resp, nth) RULE(n, ex, resp, nth, .act = SIM_TWICE)
#define DELAY(n, ex, resp, nth, span) RULE(n, ex, resp, nth, .act = SIM_DELAY, .delay = (span))
#define FLIP(n, ex, resp, nth, at) RULE(n, ex, resp, nth, .act = SIM_FLIP, .bit = (at))
#define EDIT(n, ex, resp, nth, function) RULE(n, ex, resp, nth, .act = SIM_EDIT, .edit = (function))
#define HOLD(n, ex, resp, nth, name) RULE(n, ex, resp, nth, .act = SIM_HOLD, .label = (name))
#define RELEASE(name) STORY_STEP_(.op = STORY_RELEASE, .a = (name), .text = "RELEASE")
/* Likewise for ESP, keepalives and clear packets: kind is one of enum sim_kind. */
#define ON_KIND(n, kind_, nth_, ...)                                                               \
    STORY_STEP_(.op = STORY_RULE, .text = #__VA_ARGS__,                                            \
                .rule = {.node = (n),                                                              \
                         .kind = (kind_),                                                          \
                         .exchange = SIM_ANY,                                                      \
                         .response = SIM_ANY,                                                      \
                         .msgid = SIM_ANY,                                                         \
                         .nth = (nth_),                                                            \
                         __VA_ARGS__})
/* Forgets all rules. */
#define CLEAR_RULES STORY_STEP_(.op = STORY_CLEAR, .text = "CLEAR_RULES")
#define NAT_REBOOT(box) STORY_STEP_(.op = STORY_NAT_REBOOT, .a = (box), .text = "NAT_REBOOT")

/* ---- time ------------------------------------------------------------------------------------ */
#define AT(moment) STORY_STEP_(.op = STORY_AT, .t = (moment), .text = "AT")
#define WAIT(span) STORY_STEP_(.op = STORY_WAIT, .t = (span), .text = "WAIT")
/* Until nothing is pending, at most that long. */
#define IDLE(span) STORY_STEP_(.op = STORY_IDLE, .t = (span), .text = "IDLE")

/* ---- expectations ---------------------------------------------------------------------------- */
/* The next thing that node tells, now or later, is this event. */
#define EXPECT(n, ev) EXPECT_WHY(n, ev, -1)
/* … with this reason. */
#define EXPECT_WHY(n, ev, why)                                                                     \
    STORY_STEP_(.op = STORY_EXPECT, .node = (n), .a = (ev), .b = (why), .text = "EXPECT " #ev)
/* It was told that long after the start of the clock at the latest (asked right after EXPECT). */
#define BY(moment) STORY_STEP_(.op = STORY_BY, .t = (moment), .text = "BY")
/* Node has told nothing more so far. */
#define SILENT(n) STORY_STEP_(.op = STORY_SILENT, .node = (n), .text = "SILENT")
/* Whatever node has told so far does not matter. */
#define FORGET(n) STORY_STEP_(.op = STORY_FORGET, .node = (n), .text = "FORGET")
#define COUNT(n, what, value)                                                                      \
    STORY_STEP_(.op = STORY_COUNT, .node = (n), .a = (what), .b = (value), .text = "COUNT " #what)
#define DROPPED(n, what, value)                                                                    \
    STORY_STEP_(.op = STORY_DROPPED, .node = (n), .a = (what), .b = (value),                       \
                .text = "DROPPED " #what)
/* Inner packets that node has handed to its user. */
#define DELIVERED(n, value)                                                                        \
    STORY_STEP_(.op = STORY_DELIVERED, .node = (n), .a = (value), .text = "DELIVERED")
/* IKE SAs and Child SAs in node's pools. */
#define USAGE(n, ikes, children)                                                                   \
    STORY_STEP_(.op = STORY_USAGE, .node = (n), .a = (ikes), .b = (children), .text = "USAGE")
/* How often the k-th rule (from 0, since the last CLEAR_RULES) has acted. */
#define HITS(k, value) STORY_STEP_(.op = STORY_HITS, .a = (k), .b = (value), .text = "HITS")
/* Each inner packet that was sent since MARK (or ever) has arrived once. */
#define LOSSLESS STORY_STEP_(.op = STORY_LOSSLESS, .text = "LOSSLESS")
/* Both ends of each SA know of it; one IKE SA for the pair, one Child SA for a flow. */
#define CONVERGED STORY_STEP_(.op = STORY_CONVERGED, .text = "CONVERGED")
/* Everything has ended: waits until nothing is pending, then sim_check_end(). */
#define END_ALL STORY_STEP_(.op = STORY_END, .text = "END_ALL")

/* Runs the steps. On failure prints why to stderr and answers false. pair: for SEND; may be NULL
 * where no step sends. */
bool story_run(struct sim *s, const struct sim_pair *pair, const struct story_step *steps,
               size_t n);
/* Makes a simulation of that pair with the given seed, runs the steps, frees it. */
bool story_pair(uint64_t seed, const struct sim_pair *pair, const struct story_step *steps,
                size_t n);

#endif
