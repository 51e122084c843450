/* SPDX-License-Identifier: MIT */
/* NAT detection and what follows from it (RFC 7296 2.23, RFC 3948). */
#include "ike/ike.h"

#define HASH_LEN 20
#define SOURCE ((uint16_t)IK_N_NAT_DETECTION_SOURCE_IP)
#define DESTINATION ((uint16_t)IK_N_NAT_DETECTION_DESTINATION_IP) /* the next number */
#define KEEPALIVE ((uint32_t)(20 * IK_SECOND))

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
    struct ik_path path = sa->path;
    uint8_t h[HASH_LEN];
    if ((sa->flags & IK_SA_NATT) == IK_SA_FORCED) {
        /* A source that is nobody's makes the peer act as if it had found a NAT before us. */
        memset(path.local.b, 0, sizeof path.local.b);
        path.local_port = 0;
    }
    for (uint16_t type = SOURCE; type <= DESTINATION; type++) {
        hash(node, c->w.buf, &path, type == SOURCE, h);
        ik_put_notify(node, c, 0, type, (struct ik_span){h, HASH_LEN});
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

void ik_nat_detect(struct ik_node *node, const struct ik_rx *rx)
{
    struct ik_ike_sa *sa = ik_sa_of(node, rx);
    uint8_t h[HASH_LEN];
    sa->flags &= (uint16_t) ~(IK_SA_NAT_HERE | IK_SA_NAT_THERE);
    /* Its source is the remote end of our path. */
    for (uint16_t type = SOURCE; type <= DESTINATION; type++) {
        hash(node, rx->msg, rx->path, type == DESTINATION, h);
        if (mismatch(&rx->m, type, h)) {
            sa->flags |= type == SOURCE ? IK_SA_NAT_THERE : IK_SA_NAT_HERE;
        }
    }
    ik_trace(&node->env, IK_TR_NAT, (sa->flags & IK_SA_NAT_HERE) != 0,
             (sa->flags & IK_SA_NAT_THERE) != 0);
}

void ik_nat_begin(struct ik_ike_sa *sa, bool force)
{
    if (sa->path.carrier == IK_CARRIER_UDP4500) {
        sa->flags |= IK_SA_BEGAN_NATT;
    }
    if (IK_NAT && force) {
        sa->flags |= IK_SA_FORCED;
    }
}

void ik_nat_move(struct ik_ike_sa *sa)
{
    struct ik_path *path = &sa->path;
    if ((sa->flags & IK_SA_NATT) == 0 || path->carrier == IK_CARRIER_UDP4500) {
        return;
    }
    path->carrier = IK_CARRIER_UDP4500;
    path->remote_port = IK_PORT_NATT;
    if (path->local_port == IK_PORT_IKE) {
        path->local_port = IK_PORT_NATT;
    }
}

void ik_nat_child_path(const struct ik_ike_sa *sa, struct ik_child_sa *child)
{
    /* Who begins on 4500 gets ESP there too: nothing else may reach it. Who only moves there, as
     * MOBIKE does, knows of no NAT and may take no ESP in UDP. Who stays on 500 although we saw a
     * NAT gets plain ESP: 2.23: "UDP encapsulation MUST NOT be done on port 500". */
    bool wanted = (sa->flags & (IK_SA_NATT | IK_SA_BEGAN_NATT)) != 0;
    child->udp = wanted && sa->path.carrier == IK_CARRIER_UDP4500;
    child->path = sa->path;
    if (!child->udp) {
        child->path.carrier = IK_CARRIER_ESP;
        child->path.local_port = child->path.remote_port = 0;
    }
}

/*
 * 2.23: NAT boxes forget mappings that still live. Who is not behind a NAT sends to where the last
 * fresh packet came from; who is behind one does not, or anybody could break the connection with
 * one packet.
 */
void ik_nat_follow(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path)
{
    if ((sa->flags & (IK_SA_NAT_THERE | IK_SA_NAT_HERE)) != IK_SA_NAT_THERE ||
        path->carrier != IK_CARRIER_UDP4500) {
        return;
    }
    sa->path.remote = path->remote;
    sa->path.remote_port = path->remote_port;
    struct ik_child_sa *child = ik_sa_child(node, sa);
    if (child != NULL) {
        ik_nat_child_path(sa, child);
    }
}

ik_tick ik_nat_keepalive_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    const struct ik_child_sa *child = ik_sa_child(node, sa);
    ik_tick sent_at = sa->sent_at;
    if (sa->state != IK_IKE_UP || (sa->flags & IK_SA_NAT_HERE) == 0) {
        return IK_TICK_NEVER;
    }
    if (child != NULL && child->sent_at > sent_at) {
        sent_at = child->sent_at;
    }
    return sent_at + ik_wait(node->config->keepalive, KEEPALIVE);
}

bool ik_nat_keepalive(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (ik_nat_keepalive_at(node, sa) > node->env.now) {
        return false;
    }
    sa->sent_at = node->env.now;
    return true;
}
