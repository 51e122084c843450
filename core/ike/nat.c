/* SPDX-License-Identifier: MIT */
/* NAT detection and what follows from it (RFC 7296 2.23, RFC 3948). */
#include "ike/ike.h"

#define HASH_LEN 20
#define KEEPALIVE (20 * IK_SECOND)

/* SHA-1(SPIi | SPIr | address | port). */
static void hash(struct ik_node *node, const struct ik_hdr *hdr, const struct ik_addr *addr,
                 uint16_t port, uint8_t out[HASH_LEN])
{
    uint8_t port_octets[2];
    ik_put16(port_octets, port);
    struct ik_span parts[4] = {{hdr->spi_i, IK_SPI_LEN},
                               {hdr->spi_r, IK_SPI_LEN},
                               {addr->b, addr->family == 4 ? 4 : 16},
                               {port_octets, sizeof port_octets}};
    ik_sha1(&node->env, parts, 4, out);
}

static void put(struct ik_node *node, struct ik_chain *c, uint16_t type, const uint8_t *h)
{
    struct ik_error notify = {type, {h, HASH_LEN}};
    ik_put_notify(node, c, 0, &notify);
}

void ik_nat_put(struct ik_node *node, struct ik_chain *c, const struct ik_hdr *hdr,
                const struct ik_path *path, bool force)
{
    uint8_t h[HASH_LEN];
    /* A source that is nobody's makes the peer act as if it had found a NAT before us. */
    struct ik_addr nobody = {path->remote.family, {0}};
    hash(node, hdr, force ? &nobody : &path->local, force ? 0 : path->local_port, h);
    put(node, c, IK_N_NAT_DETECTION_SOURCE_IP, h);
    hash(node, hdr, &path->remote, path->remote_port, h);
    put(node, c, IK_N_NAT_DETECTION_DESTINATION_IP, h);
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

void ik_nat_detect(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_msg *m,
                   const struct ik_path *path, bool force)
{
    uint8_t h[HASH_LEN];
    sa->flags &= (uint16_t) ~(IK_SA_NAT_HERE | IK_SA_NAT_THERE | IK_SA_NATT);
    hash(node, &m->hdr, &path->remote, path->remote_port, h);
    if (mismatch(m, IK_N_NAT_DETECTION_SOURCE_IP, h)) {
        sa->flags |= IK_SA_NAT_THERE | IK_SA_NATT;
    }
    hash(node, &m->hdr, &path->local, path->local_port, h);
    if (mismatch(m, IK_N_NAT_DETECTION_DESTINATION_IP, h)) {
        sa->flags |= IK_SA_NAT_HERE | IK_SA_NATT;
    }
    if (force) {
        sa->flags |= IK_SA_NATT;
    }
    ik_trace(&node->env, IK_TR_NAT, (sa->flags & IK_SA_NAT_HERE) != 0,
             (sa->flags & IK_SA_NAT_THERE) != 0);
}

void ik_nat_begin(struct ik_ike_sa *sa)
{
    if (sa->path.carrier == IK_CARRIER_UDP4500) {
        sa->flags |= IK_SA_BEGAN_NATT;
    }
}

void ik_nat_move(const struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_peer *peer = ik_sa_peer(node, sa);
    if ((sa->flags & IK_SA_NATT) == 0 || sa->path.carrier == IK_CARRIER_UDP4500) {
        return;
    }
    sa->path.carrier = IK_CARRIER_UDP4500;
    sa->path.remote_port = IK_PORT_NATT;
    if (peer->local_port == 0 || peer->local_port == IK_PORT_IKE) {
        sa->path.local_port = IK_PORT_NATT;
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
    if ((sa->flags & IK_SA_NAT_THERE) == 0 || (sa->flags & IK_SA_NAT_HERE) != 0 ||
        path->carrier != IK_CARRIER_UDP4500) {
        return;
    }
    if (ik_addr_eq(&sa->path.remote, &path->remote) && sa->path.remote_port == path->remote_port) {
        return;
    }
    sa->path.remote = path->remote;
    sa->path.remote_port = path->remote_port;
    struct ik_child_sa *child = ik_sa_child(node, sa);
    if (child != NULL) {
        ik_nat_child_path(sa, child);
    }
}

static ik_time period(const struct ik_node *node)
{
    return node->config->keepalive != 0 ? node->config->keepalive : KEEPALIVE;
}

ik_time ik_nat_keepalive_at(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    if (sa->state != IK_IKE_UP || (sa->flags & IK_SA_NAT_HERE) == 0) {
        return IK_NEVER;
    }
    return ik_later(sa->sent_at, period(node));
}

bool ik_nat_keepalive(struct ik_node *node, struct ik_ike_sa *sa)
{
    const struct ik_child_sa *child = ik_sa_child(node, sa);
    if (child != NULL && child->sent_at > sa->sent_at) {
        sa->sent_at = child->sent_at;
        if (ik_nat_keepalive_at(node, sa) > node->env.now) {
            return false;
        }
    }
    sa->sent_at = node->env.now;
    return true;
}
