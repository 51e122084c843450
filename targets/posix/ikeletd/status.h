/* SPDX-License-Identifier: MIT */
/* What is, as JSON: schema 1 of the control socket. Members are only ever added. */
#ifndef IKELETD_STATUS_H
#define IKELETD_STATUS_H

#include <jansson.h>

#include "daemon.h"

#define STATUS_SCHEMA 1

json_t *status_daemon(const struct daemon *d);   /* with all IKE SAs */
json_t *status_list(const struct daemon *d);     /* connections of the file */
json_t *status_counters(const struct daemon *d); /* drops by reason, counts */

#endif
