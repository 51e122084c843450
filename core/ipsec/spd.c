/* SPDX-License-Identifier: MIT */
/* The SPD (RFC 4301 4.4.1): an ordered list; the first entry that takes the packet decides. */
#include "ipsec/ipsec.h"

uint16_t ik_spd_find(const struct ik_ipsec *ip, const struct ik_flow *flow, bool outbound)
{
    uint16_t i = 0;
    while (i < ip->policies_n) {
        const struct ik_policy *p = &ip->policies[i];
        if (ik_ts_match(p->ts_local, p->ts_local_n, p->ts_remote, p->ts_remote_n, flow, outbound)) {
            break;
        }
        i++;
    }
    return i;
}
