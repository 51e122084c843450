/* SPDX-License-Identifier: MIT */
/* Why something was refused: both sides and the difference, for people. */
#ifndef IKELETD_WHY_H
#define IKELETD_WHY_H

#include "daemon.h"

/* Lists with commas. Each answers out. */
const char *why_proposals(const struct ik_proposal *p, unsigned n, char *out, size_t cap);
const char *why_selectors(const struct ik_ts *ts, unsigned n, char *out, size_t cap);

/* What a message that came offers, as it stands in its SA or TS payload; out is empty without. */
const char *why_offer(const struct ik_msg *m, char *out, size_t cap);
const char *why_asked(const struct ik_msg *m, uint8_t type, char *out, size_t cap);

/* The message that is being looked at: opened by the keys of ike, if it has an SK payload. text is
 * room for what is inside. */
bool why_last(const struct worker *w, uint16_t ike, uint8_t *text, size_t cap, struct ik_msg *m);

/* The reason of an event, with the peer's notify behind it. */
const char *why_reason(const struct ik_effect *fx, char *out, size_t cap);

#endif
