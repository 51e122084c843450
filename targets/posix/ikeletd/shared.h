/* SPDX-License-Identifier: MIT */
/* What the workers have in common (log, routes, start policies, hook) is touched by one of them at
 * a time. The main thread is awake when none of them is, and needs no leave. May be nested. */
#ifndef IKELETD_SHARED_H
#define IKELETD_SHARED_H

void shared_enter(void);
void shared_leave(void);

#endif
