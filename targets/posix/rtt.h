/* SPDX-License-Identifier: MIT */
/* Which echo requests are out, and how long replies took. */
#ifndef POSIX_RTT_H
#define POSIX_RTT_H

#include "host.h"

#define RTT_WINDOW 65536 /* sequence numbers of ICMP */

struct rtt {
    unsigned long sent, received, duplicates;
    ik_time min, max, sum;
    ik_time sent_at[RTT_WINDOW]; /* by sequence number; 0: not sent */
    bool answered[RTT_WINDOW];
};

enum rtt_verdict { RTT_NEW, RTT_DUPLICATE, RTT_UNKNOWN };

void rtt_sent(struct rtt *r, uint16_t seq, ik_time now);
/* A reply came; NEW and DUPLICATE fill *took. */
enum rtt_verdict rtt_received(struct rtt *r, uint16_t seq, ik_time now, ik_time *took);
/* The last lines of ping. */
void rtt_print(const struct rtt *r, const char *whom);

#endif
