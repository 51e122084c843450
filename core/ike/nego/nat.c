/* SPDX-License-Identifier: MIT */
/* NAT detection and what follows from it (RFC 7296 2.23, RFC 3948). */
#include "ike/nego/nego.h"

#define HASH_LEN 20
#define SOURCE ((uint16_t)IK_N_NAT_DETECTION_SOURCE_IP)
#define DESTINATION ((uint16_t)IK_N_NAT_DETECTION_DESTINATION_IP) /* the next number */
#define KEEPALIVE 20000u                                          /* ms */

/* SHA-1(SPIi | SPIr | address | port) of one end of path; the SPIs are those that msg begins with.
 */
static void hash(struct ik_node *node, const uint8_t *msg, const struct ik_path *path, bool local,
                 uint8_t out[HASH_LEN])
{
    const struct ik_addr *addr = local ? &path->local : &path->remote;
    uint8_t port[2];
    struct ik_span parts[3] = {
        {msg, 2 * IK_SPI_LEN}, {addr->b, ik_is_v4(addr->family) ? 4 : 16}, {port, sizeof port}};
    ik_put16(port, local ? path->local_port : path->remote_port);
    ik_sha1(&node->env, parts, 3, out);
}

void ik_nat_put(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_chain *c)
{
    struct ik_path path = sa->route.path;
    uint8_t h[HASH_LEN];
    if ((sa->route.nat & IK_NAT_UNTOLD) != 0) {
        return;
    }
    if ((sa->route.nat & IK_NAT_ANY) == IK_NAT_FORCED) {
        /* A source that is nobody's makes the peer act as if it had found a NAT before us. */
        memset(path.local.b, 0, sizeof path.local.b);
        path.local_port = 0;
    }
    for (uint16_t type = SOURCE; type <= DESTINATION; type++) {
        hash(node, c->w.buf, &path, type == SOURCE, h);
        ik_put_notify(node, c, type, (struct ik_span){h, HASH_LEN});
    }
}

/* Is there a notify of that type, and does none of them hold the hash? There may be several
 * sources: the sender may not know by which interface it leaves. */
static bool mismatch(const struct ik_msg *m, uint16_t type, const uint8_t *h)
{
    struct ik_notify n;
    uint8_t i = 0;
    bool seen = false;
    while (ik_notify_next(m, &i, &n)) {
        if (n.type != type) {
            continue;
        }
        if (n.data.len == HASH_LEN && ik_ct_eq(n.data.p, h, HASH_LEN)) {
            return false;
        }
        seen = true;
    }
    return seen;
}

#if IK_RESPONDER
/* An initiator that tells nothing does not do NAT traversal, or knows that there is no NAT: our
 * notifies would be of no use to it. One that is forced has to be told all the same. */
static void answer_in_kind(struct ik_route *route, const struct ik_msg *m)
{
    struct ik_notify n;
    if (!ik_notify_find(m, SOURCE, &n) && !ik_notify_find(m, DESTINATION, &n) &&
        (route->nat & IK_NAT_FORCED) == 0) {
        route->nat |= IK_NAT_UNTOLD;
    }
}
#endif

void ik_nat_detect(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_route *route = &ik_rx_sa(rx)->route;
    uint8_t h[HASH_LEN];
    if ((route->nat & IK_NAT_UNTOLD) != 0) {
        return;
    }
#if IK_RESPONDER
    if (!ik_rx_sa(rx)->initiator) {
        answer_in_kind(route, &rx->m);
    }
#endif
    route->nat &= (uint8_t) ~(IK_NAT_HERE | IK_NAT_THERE);
    /* Its source is the remote end of our path. */
    for (uint16_t type = SOURCE; type <= DESTINATION; type++) {
        hash(node, rx->msg, rx->path, type == DESTINATION, h);
        if (mismatch(&rx->m, type, h)) {
            route->nat |= type == SOURCE ? IK_NAT_THERE : IK_NAT_HERE;
        }
    }
    ik_trace(&node->env, IK_TR_NAT, (route->nat & IK_NAT_HERE) != 0,
             (route->nat & IK_NAT_THERE) != 0);
}

void ik_nat_begin(struct ik_ike_sa *sa, const struct ik_peer *peer)
{
    if (sa->route.path.carrier == IK_CARRIER_UDP4500) {
        sa->route.nat |= IK_NAT_STARTED;
    }
    if (IK_NAT && peer->force_natt) {
        sa->route.nat |= IK_NAT_FORCED;
    }
    if (IK_NAT && peer->no_nat) {
        sa->route.nat |= IK_NAT_UNTOLD;
    }
}

void ik_nat_move(struct ik_ike_sa *sa)
{
    struct ik_path *path = &sa->route.path;
    if ((sa->route.nat & IK_NAT_ANY) == 0 || path->carrier == IK_CARRIER_UDP4500) {
        return;
    }
    path->carrier = IK_CARRIER_UDP4500;
    path->remote_port = IK_PORT_NATT;
    if (path->local_port == IK_PORT_IKE) {
        path->local_port = IK_PORT_NATT;
    }
}

/* The last moment at which the SA or one of its Child SAs has sent. */
static ik_ms sent_last(const struct ik_node *node, const struct ik_ike_sa *sa)
{
#if IK_LINKED
    (void)node; /* ik_node_tx() writes there too */
    return sa->sent_at;
#else
    uint32_t idle = node->env.now - sa->sent_at;
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        uint32_t child_idle = node->env.now - c->sent_at;
        if (c->state == IK_CHILD_UP && child_idle < idle) {
            idle = child_idle;
        }
    }
    return node->env.now - idle;
#endif
}

ik_ms ik_nat_keepalive_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    if (sa->state != IK_IKE_UP || (sa->route.nat & IK_NAT_HERE) == 0) {
        return IK_MS_NONE;
    }
    ik_ms at = sent_last(node, sa) + ik_wait(ik_config_of(node)->keepalive, KEEPALIVE);
    return at != IK_MS_NONE ? at : 1;
}
