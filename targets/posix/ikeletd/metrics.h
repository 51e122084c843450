/* SPDX-License-Identifier: MIT */
/* Counters in Prometheus' text form: on a loopback port, or in a file that is written anew every
 * ten seconds (for node_exporter's textfile collector). */
#ifndef IKELETD_METRICS_H
#define IKELETD_METRICS_H

#include "daemon.h"

/* Nothing if daemon.metrics is not set. False with a line in err. */
bool metrics_open(struct daemon *d, char *err, size_t err_len);
void metrics_close(struct daemon *d);
/* Each second. */
void metrics_tick(struct daemon *d);
/* The text; the caller frees it. */
char *metrics_text(const struct daemon *d, size_t *len);

#endif
