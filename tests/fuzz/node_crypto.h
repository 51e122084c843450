/* SPDX-License-Identifier: MIT */
/*
 * Algorithms for target_node.c that cost next to nothing, so that a second holds many lives, and
 * that hide nothing, so that a fuzzer can reach what is inside. An ICV depends on its key and on
 * each octet before it, and is checked: who knows the key can put it right.
 */
#ifndef TESTS_FUZZ_NODE_CRYPTO_H
#define TESTS_FUZZ_NODE_CRYPTO_H

#include "ikelet/ikelet.h"

#define NODE_ICV_LEN 8

/* An AEAD (as AES-GCM-16), one of blocks with an IV of 16 octets (AES-CBC), one of a stream
 * (AES-CTR), and NULL; the latter three with an integrity algorithm. Two groups. */
const struct ik_crypto *node_crypto(void);

/* What a key makes of octets. out: NODE_ICV_LEN. */
void node_icv(struct ik_span key, const uint8_t *p, size_t len, uint8_t *out);

/* So many of the next jobs fail: 0 none. */
extern unsigned node_jobs_fail;

#endif
