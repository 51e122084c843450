/* SPDX-License-Identifier: MIT */
#include "entropy.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "say.h"

#define SEED_LEN 48
#define MARKER_LEN 4
/* Offsets in the header (RFC 7296 3.1). */
#define EXCHANGE_AT 18
#define FLAGS_AT 19

bool entropy_give(struct ik_node *node)
{
    uint8_t bytes[SEED_LEN];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes) {
        complain("no entropy: getrandom: %s", strerror(errno));
        return false;
    }
    ik_node_seed(node, bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    return true;
}

bool entropy_due(const struct ik_path *path, const struct ik_pkt *pkt)
{
    const uint8_t *msg = pkt->buf + pkt->off;
    size_t len = pkt->len;
    if (path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH)
        return false;
    if (path->carrier == IK_CARRIER_UDP4500) {
        static const uint8_t marker[MARKER_LEN] = {0};
        if (len < MARKER_LEN || memcmp(msg, marker, MARKER_LEN) != 0)
            return false;
        msg += MARKER_LEN;
        len -= MARKER_LEN;
    }
    return len >= IK_HDR_LEN && msg[EXCHANGE_AT] == IK_EX_IKE_SA_INIT &&
           (msg[FLAGS_AT] & IK_FLAG_RESPONSE) == 0;
}
