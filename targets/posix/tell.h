/* SPDX-License-Identifier: MIT */
/* What both subcommands say of SAs, on stdout. */
#ifndef POSIX_TELL_H
#define POSIX_TELL_H

#include "link.h"

/* "IKE SA with 10.9.0.2 (gw.example.org) up: aes128-sha256-x25519" */
void tell_ike_up(const struct link *l, const struct ik_effect *fx);
/* "Child SA up: 10.1.0.0/24 === 10.2.0.0/24, aes128gcm16, tunnel mode, ESP in UDP, SPIs …" */
void tell_child_up(const struct link *l, const struct ik_effect *fx);
/* "Child SA down: rekeyed", "IKE SA down: its age: …" */
void tell_down(const struct ik_effect *fx);
/* Reason and the peer's notify, for people. */
void tell_why(const struct ik_effect *fx, char *out, size_t cap);

#endif
