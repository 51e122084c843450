/* SPDX-License-Identifier: MIT */
/*
 * A Diffie-Hellman group without security, for measuring everything but public-key crypto: it
 * stands where X25519 stands and computes by XOR. Never list it in a program that talks to anybody.
 */
#ifndef SIM_STUB_H
#define SIM_STUB_H

#include "ikelet/ik_crypto.h"

/* The host's algorithms with this group in place of all others. */
void sim_stub_crypto(struct ik_crypto *out);

#endif
