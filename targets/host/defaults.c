/* SPDX-License-Identifier: MIT */
#include "host.h"

/* So many transmissions, the wait doubled after each, that they fill the time-out and begin with a
 * wait of half a second or a little less. */
struct ik_retransmit host_retransmit_within(ik_time timeout, uint8_t jitter_256)
{
    ik_time longest = timeout < IK_WAIT_MAX ? timeout : IK_WAIT_MAX, waits = 1;
    struct ik_retransmit r = {
        .max = (uint32_t)longest, .factor_x16 = 32, .tries = 1, .jitter_256 = jitter_256};
    while (timeout / waits > IK_SECOND / 2 && r.tries < 12) {
        r.tries++;
        waits = 2 * waits + 1;
    }
    r.initial = (uint32_t)(timeout / waits);
    return r;
}
