/* SPDX-License-Identifier: MIT */
/*
 * "Populate from packet" (RFC 4301 4.4.1.2): of an SPD entry's selectors those that an SA takes
 * from the packet which asks for it.
 */
#include "ipsec/ipsec.h"

#if IK_PACKET_TS

/* The flags of one side. */
struct side {
    bool addr, proto, port;
};

static bool one_port(const struct ik_ts *ts)
{
    const uint8_t both = 4; /* octets of two ports; what has another selector there has it whole */
    return ts->port_lo >= ts->port_hi || ik_ports_len(ts->proto) != both;
}

/* Has it one value where one is to be taken? */
static bool single(const struct ik_ts *ts, struct side of)
{
    uint8_t len = ik_is_v4(ts->family) ? 4 : 16;
    return (!of.addr || ik_ct_eq(ts->lo, ts->hi, len)) && (!of.proto || ts->proto != 0) &&
           (!of.port || one_port(ts));
}

static void take(struct ik_ts *ts, const struct ik_ts *from, struct side of)
{
    if (of.addr) {
        memcpy(ts->lo, from->lo, sizeof ts->lo);
        memcpy(ts->hi, from->hi, sizeof ts->hi);
    }
    if (of.proto) {
        ts->proto = from->proto;
    }
    if (of.port) {
        ts->port_lo = from->port_lo;
        ts->port_hi = from->port_hi;
    }
}

static bool populate(const struct ik_ts *entry, uint8_t n, struct side of, struct ik_ts *ts)
{
    for (uint8_t i = 0; i < n; i++) {
        struct ik_ts common;
        if (ik_ts_intersect(ts, &entry[i], &common) && single(&common, of)) {
            *ts = entry[i];
            take(ts, &common, of);
            return true;
        }
    }
    return false;
}

bool ik_ts_populate(uint8_t pfp, const struct ik_ts *local, uint8_t local_n,
                    const struct ik_ts *remote, uint8_t remote_n, struct ik_ts pair[2])
{
    bool proto = (pfp & IK_PFP_PROTOCOL) != 0;
    struct side ours = {(pfp & IK_PFP_LOCAL) != 0, proto, (pfp & IK_PFP_LOCAL_PORT) != 0};
    struct side theirs = {(pfp & IK_PFP_REMOTE) != 0, proto, (pfp & IK_PFP_REMOTE_PORT) != 0};
    return populate(local, local_n, ours, &pair[0]) &&
           populate(remote, remote_n, theirs, &pair[1]) && ik_ts_pair_good(&pair[0], &pair[1]);
}

#endif
