/* SPDX-License-Identifier: MIT */
/*
 * What is fuzzed. Each target takes any octets; it aborts where a promise of a header is broken,
 * and sanitizers watch the rest. libFuzzer calls them (entry.c), and so does the plain driver that
 * ctest runs (replay.c).
 */
#ifndef TESTS_FUZZ_TARGETS_H
#define TESTS_FUZZ_TARGETS_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ikelet/ik_wire.h"
#include "util/util.h"

#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A whole message: header, chain, and the inside of SK as if it had been decrypted. */
void fuzz_msg(const uint8_t *data, size_t len);
/* One payload: its type in the first octet, its body behind. */
void fuzz_body(const uint8_t *data, size_t len);
/* A script for two nodes: see target_node.c. */
void fuzz_node(const uint8_t *data, size_t len);
/* Did the scripts so far reach each count and each reason to drop? Prints those that they did not.
 */
bool fuzz_node_reached(void);
/* ESP and IP packets at the data plane: SA and direction in the first octet, next header in the
 * second, octets behind. */
void fuzz_ipsec(const uint8_t *data, size_t len);
/* A packet that may be too long for the path of its SA: see target_path.c. */
void fuzz_path(const uint8_t *data, size_t len);
/* Was any cut, and of any its sender told? */
bool fuzz_path_reached(void);

static inline bool same_span(struct ik_span a, struct ik_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* The span lies in data[0..len). */
static inline bool inside(struct ik_span s, const uint8_t *data, size_t len)
{
    return s.len == 0 || (s.p >= data && s.len <= len && (size_t)(s.p - data) <= len - s.len);
}

#endif
