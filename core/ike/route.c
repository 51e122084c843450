/* SPDX-License-Identifier: MIT */
/* Where the peer of an IKE SA is. The Child SAs follow, so that IKE and ESP always agree. */
#include "ike/ike.h"

#if IK_PMTU
/* Do packets between these addresses go the same way? Ports make no difference to routers, but a
 * NAT box that forgets them may be another one. */
static bool same_way(const struct ik_path *a, const struct ik_path *b)
{
    return a->carrier == b->carrier && a->remote_port == b->remote_port &&
           ik_addr_eq(&a->remote, &b->remote) && ik_addr_eq(&a->local, &b->local);
}
#endif

/*
 * How a Child SA sends. Who begins on 4500 gets ESP there too: nothing else may reach it. Who only
 * moves there, as MOBIKE does, knows of no NAT and may take no ESP in UDP. Who stays on 500
 * although we saw a NAT gets plain ESP: RFC 7296 2.23: "UDP encapsulation MUST NOT be done on port
 * 500".
 */
static void follow(const struct ik_route *route, struct ik_child_sa *child)
{
#if IK_PMTU
    const struct ik_path was = child->path;
#endif
    bool wanted = (route->nat & (IK_NAT_ANY | IK_NAT_STARTED)) != 0;
    child->udp = wanted && route->path.carrier == IK_CARRIER_UDP4500 && !ik_child_is_ah(child);
    child->path = route->path;
    if (!child->udp) {
        child->path.carrier = ik_child_is_ah(child) ? IK_CARRIER_AH : IK_CARRIER_ESP;
        child->path.local_port = child->path.remote_port = 0;
    }
#if IK_PMTU
    if (!same_way(&was, &child->path)) {
        child->mtu = 0; /* nobody has said that this one is narrow */
    }
#endif
}

void ik_route_changed(struct ik_node *node, struct ik_ike_sa *sa)
{
    for (struct ik_child_sa *c = ik_child_first(node, sa); c != NULL; c = ik_child_next(node, c)) {
        follow(&sa->route, c);
    }
}

/*
 * RFC 7296 2.23: NAT boxes forget mappings that still live. Who is not behind a NAT sends to where
 * the last fresh packet came from; who is behind one does not, or anybody could break the
 * connection with one packet. But if both are (a gateway in a cloud is), nobody else could mend it:
 * then a request of IKE counts, which is answered there, so that ESP agrees with IKE. Who never
 * serves need not: a client calls anew.
 */
static bool heeds(const struct ik_ike_sa *sa, bool request)
{
    uint8_t nat = sa->route.nat & (IK_NAT_HERE | IK_NAT_THERE);
    return nat == IK_NAT_THERE || (IK_RESPONDER && request && nat == (IK_NAT_HERE | IK_NAT_THERE));
}

void ik_route_follow(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path,
                     bool request)
{
    const struct ik_path *ours = &sa->route.path;
    if (!IK_NAT || !heeds(sa, request) || path->carrier != IK_CARRIER_UDP4500 ||
        sa->state == IK_IKE_OPENING ||
        (ours->remote_port == path->remote_port && ik_addr_eq(&ours->remote, &path->remote))) {
        return;
    }
    struct ik_path now = *ours;
    now.remote = path->remote;
    now.remote_port = path->remote_port;
    ik_route_set(node, sa, &now);
#if IK_PROBE
    ik_probe_begin(node, sa);
#endif
}

void ik_route_set(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path)
{
#if !IK_ONE
    uint8_t indexed = sa->sched.indexed & (uint8_t)(1u << IK_BY_SPI_I | 1u << IK_BY_ADDR);
    ik_index_take(node, sa, IK_BY_SPI_I);
    ik_index_take(node, sa, IK_BY_ADDR);
#endif
    sa->route.path = *path;
#if !IK_ONE
    for (uint8_t kind = 0; kind < IK_INDEX_N; kind++) {
        if ((indexed & (1u << kind)) != 0) {
            ik_index_put(node, sa, (enum ik_index_kind)kind);
        }
    }
#endif
    ik_route_changed(node, sa);
}

bool ik_addr_eq(const struct ik_addr *a, const struct ik_addr *b)
{
    return a->family == b->family && ik_ct_eq(a->b, b->b, ik_is_v4(a->family) ? 4 : 16);
}
