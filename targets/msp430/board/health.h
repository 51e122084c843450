/* SPDX-License-Identifier: MIT */
/*
 * Health tests of an entropy source that gives one bit a sample, credited with 1/8 bit of entropy:
 * those of NIST SP 800-90B 4.4, and tests for what these let pass, a source that can be foretold. A
 * good source fails each of them once in 2^29 times or more rarely. How much entropy a source
 * brings is not told by any test: what fails is stuck, absent or a machine.
 */
#ifndef BOARD_HEALTH_H
#define BOARD_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_OCTETS 384 /* 3072 samples: 384 bits by the credit */

/* Fills out with samples, the first one in the highest bit. sample() answers 0, 1, or anything
 * else if the source is dead. False if they are not to be used; out is unspecified then. last: a
 * digest of the samples before, for the same are no good again; at first anything. */
bool health_gather(uint8_t out[HEALTH_OCTETS], uint8_t (*sample)(void), uint16_t last[2]);

#endif
