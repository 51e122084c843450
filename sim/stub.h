/* SPDX-License-Identifier: MIT */
/*
 * Diffie-Hellman groups without security, for measuring and trying everything but public-key
 * crypto: they stand where the real ones stand and compute by XOR. Never list them in a program
 * that talks to anybody.
 */
#ifndef SIM_STUB_H
#define SIM_STUB_H

#include "ikelet/ik_crypto.h"

/* The algorithms of *from with these groups in place of its own. */
void sim_stub_crypto(struct ik_crypto *out, const struct ik_crypto *from);

#endif
