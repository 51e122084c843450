/* SPDX-License-Identifier: MIT */
#include "rtt.h"

void rtt_sent(struct rtt *r, uint16_t seq, ik_time now)
{
    r->sent++;
    r->sent_at[seq] = now;
    r->answered[seq] = false;
}

enum rtt_verdict rtt_received(struct rtt *r, uint16_t seq, ik_time now, ik_time *took)
{
    if (r->sent_at[seq] == 0)
        return RTT_UNKNOWN;
    *took = now - r->sent_at[seq];
    if (r->answered[seq]) {
        r->duplicates++;
        return RTT_DUPLICATE;
    }
    r->answered[seq] = true;
    if (r->received == 0 || *took < r->min)
        r->min = *took;
    if (*took > r->max)
        r->max = *took;
    r->sum += *took;
    r->received++;
    return RTT_NEW;
}

static double ms(ik_time t)
{
    return (double)t / (double)IK_MS;
}

void rtt_print(const struct rtt *r, const char *whom)
{
    double lost = r->sent > 0 ? 100. * (double)(r->sent - r->received) / (double)r->sent : 0.;
    printf("--- %s ping statistics ---\n%lu packets transmitted, %lu received", whom, r->sent,
           r->received);
    if (r->duplicates > 0)
        printf(", %lu duplicates", r->duplicates);
    printf(", %.3g%% packet loss\n", lost);
    if (r->received > 0)
        printf("rtt min/avg/max = %.3f/%.3f/%.3f ms\n", ms(r->min),
               ms(r->sum) / (double)r->received, ms(r->max));
}
