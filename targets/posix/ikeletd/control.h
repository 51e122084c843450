/* SPDX-License-Identifier: MIT */
/*
 * The control socket: a line of JSON asks, a line of JSON answers (control(7) of the documentation
 * lists the verbs). `ikelet` speaks to it.
 */
#ifndef IKELETD_CONTROL_H
#define IKELETD_CONTROL_H

#include "daemon.h"

/* Makes the socket, mode 0660, of that group. NULL with a line in err. */
struct control *control_open(struct daemon *d, unsigned gid, char *err, size_t err_len);
void control_close(struct daemon *d);

/* The outcome of something that a client may be waiting for. why: "" is good. */
void control_outcome(struct daemon *d, const struct ik_effect *fx, const char *why);

#endif
