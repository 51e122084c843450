/* SPDX-License-Identifier: MIT */
/*
 * RFC 4301 8.2, of each end by itself: what a router says of ESP or AH is heeded only if it is of a
 * packet that has left there, by an SA which is there still, and a number that a path may have and
 * that is less than before; for ten minutes from then on nothing larger leaves by that SA on that
 * path in one piece. Inside, whoever is told that a packet was too big has sent it, and smaller
 * ones are possible.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/link.h"
#include "sim/node.h"

#define HOLDS (598 * IK_SECOND) /* ten minutes, in whole units of the core's */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static bool same_path(const struct ik_path *a, const struct ik_path *b)
{
    return a->carrier == b->carrier && a->remote_port == b->remote_port &&
           sim_addr_equal(&a->remote, &b->remote);
}

/* ---- routers --------------------------------------------------------------------------------- */

/* Simulations have neither options nor extension headers before AH. */
void sim_check_path_told(struct sim_spied *n, const struct ik_path *path, struct ik_span quoted,
                         uint16_t mtu)
{
    uint16_t at = path->carrier != IK_CARRIER_AH ? 0 : path->remote.family == 6 ? 44 : 24;

    n->told = quoted.len >= at + 8;
    if (!n->told)
        return;
    n->told_path = *path;
    n->told_spi = get32(quoted.p + at);
    n->told_seq = get32(quoted.p + at + 4);
    n->told_mtu = mtu;
}

/* The SA that the router speaks of. */
static struct sim_sa *sender(struct sim_spy *spy, uint16_t node, const struct sim_spied *n)
{
    struct sim_sa *sa = sim_spy_child(spy, node, n->told_spi, false);

    while (sa && (sa->ended || sa->packets == 0 || n->told_seq == 0 || n->told_seq > sa->seq ||
                  !same_path(&sa->path, &n->told_path)))
        sa = sa->older;
    return sa;
}

void sim_check_path_heeded(struct sim_spy *spy, uint16_t node, struct sim_spied *n, uint32_t spi,
                           uint32_t mtu)
{
    struct sim_sa *sa = n->told && n->told_spi == spi ? sender(spy, node, n) : NULL;
    bool narrower = false, v6 = n->told_path.remote.family == 6;
    bool cut = !v6 && n->told_mtu < 576;

    if (sim_spy_is_restored(spy, node))
        return; /* what it has sent it does not know */
    if (!sa || mtu != (cut ? 576 : n->told_mtu) || n->told_mtu < (v6 ? 1280 : 68)) {
        sim_spy_fail(spy, "n%u: heeds that %u octets pass for SPI %08x, which can't be", node,
                     (unsigned)mtu, (unsigned)spi);
        return;
    }
    narrower = sa->mtu && spy->now - sa->mtu_at < HOLDS && same_path(&sa->path, &sa->mtu_path);
    if (narrower && mtu >= sa->mtu && !(cut && !sa->mtu_cut && mtu == sa->mtu))
        sim_spy_fail(spy, "n%u: heeds that %u octets pass after it was %u", node, (unsigned)mtu,
                     sa->mtu);
    sa->mtu = (uint16_t)mtu;
    sa->mtu_at = spy->now;
    sa->mtu_found = false;
    sa->mtu_cut = cut;
    sa->mtu_path = n->told_path;
    n->narrow = true;
}

/* What is known of a path ends with it, though the SA may come back there. */
void sim_check_path_moved(struct sim_spy *spy, uint16_t node, const struct ik_node *core)
{
#if IK_PMTU
    for (size_t i = 0; i < spy->sas_n; i++) {
        struct sim_sa *sa = spy->sas[i];
        if (sa->node != node || !sa->child || sa->ended || sa->mtu == 0)
            continue;
        const struct ik_child_sa *c = &core->host.child_sas[sa->slot];
        if (c->out.spi == sa->spi_out && !same_path(&c->path, &sa->mtu_path))
            sa->mtu = 0;
    }
#else
    (void)spy, (void)node, (void)core;
#endif
}

/* ---- what leaves ----------------------------------------------------------------------------- */

/* IPv6 may be cut outside where it can't be asked for less; IPv4 if its header may say so. */
static bool may_be_cut(const struct sim_sealed *p, bool df)
{
    bool tunnel = p->sa->mode == IK_TUNNEL;
    uint8_t family = tunnel ? p->text[0] >> 4 : p->path->remote.family;
    uint16_t len =
        tunnel ? (uint16_t)(p->len >= 6 ? 40 + get16(p->text + 4) : 0) : (uint16_t)(p->len + 40);

    return family == 6 && (tunnel || p->next_header == IK_IP_TCP) ? len <= 1280 : !df;
}

void sim_check_path_sent(struct sim_spy *spy, const struct sim_sealed *p, bool df, uint16_t len)
{
    struct sim_sa *sa = p->sa;
    size_t octets = len + sim_header_len(p->path);
    bool known = sa->mtu && p->at - sa->mtu_at < HOLDS && same_path(p->path, &sa->mtu_path);

    sa->path = *p->path;
    sa->seq = p->seq;
    if (!known || sim_spy_is_restored(spy, p->node))
        return;
    if (sa->mtu_cut && df)
        sim_spy_fail(spy, "n%u: sends what must not be cut where less than 576 octets pass",
                     p->node);
    if (octets <= sa->mtu)
        return;
    if (p->next_header == IK_IP_NONE || !may_be_cut(p, df))
        sim_spy_fail(spy, "n%u: sends %u octets after a router has said that %u pass", p->node,
                     (unsigned)octets, sa->mtu);
}

/* ---- inside ---------------------------------------------------------------------------------- */

bool sim_check_is_icmp(const uint8_t *ip, uint16_t len)
{
    return (len >= 48 && ip[0] >> 4 == 6 && ip[6] == IK_IP_ICMPV6) ||
           (len >= 28 && ip[0] == 0x45 && ip[9] == IK_IP_ICMP);
}

/* The packet of that node which begins like this one; NULL if there is none. */
static const struct sim_packet *quoted(const struct sim_node *n, const uint8_t *p, uint16_t len)
{
    const struct sim_check *c = &n->sim->check;

    for (size_t i = c->packets_n; i-- > 0;) {
        const struct sim_packet *k = &c->packets[i];
        if (k->from == n->index && k->len >= len && memcmp(k->bytes, p, len) == 0)
            return k;
    }
    return NULL;
}

void sim_check_icmp(struct sim_node *n, const uint8_t *ip, uint16_t len)
{
    bool v6 = ip[0] >> 4 == 6;
    uint16_t at = v6 ? 40 : 20;
    const uint8_t *icmp = ip + at;
    const struct sim_packet *p = quoted(n, icmp + 8, (uint16_t)(len - at - 8));
    bool too_big = v6 ? icmp[0] == 2 && icmp[1] == 0 : icmp[0] == 3 && icmp[1] == 4;
    uint16_t mtu = get16(icmp + 6);

    n->icmp++;
    if (!p)
        sim_fail(n->sim, "n%u: tells of a packet that nobody gave to it", n->index);
    if (!p || !too_big)
        return;
    n->icmp_mtu = mtu;
    if (mtu >= p->len || mtu < (v6 ? 1280 : 68) || (!v6 && (p->bytes[6] & 0x40) == 0))
        sim_fail(n->sim, "n%u: tells that %u octets fit, of a packet of %u", n->index, mtu, p->len);
}

/* ---- pieces of inner packets ----------------------------------------------------------------- */

/* Is that a piece of it: the octets that belong there, and more to follow or not? */
static bool is_piece(const struct sim_packet *p, const uint8_t *ip, uint16_t len)
{
    uint16_t was = get16(p->bytes + 6), is = get16(ip + 6);
    unsigned at = 8u * (unsigned)((is & 0x1fff) - (was & 0x1fff)), n = len - 20u;
    unsigned total = get16(p->bytes + 2) - 20u;

    if ((is & 0x1fff) < (was & 0x1fff) || at + n > total || (was & 0x4000) != 0)
        return false;
    bool more = at + n < total || (was & 0x2000) != 0;
    return ((is & 0x2000) != 0) == more && memcmp(p->bytes + 20 + at, ip + 20, n) == 0 &&
           memcmp(p->bytes, ip, 2) == 0 && memcmp(p->bytes + 4, ip + 4, 2) == 0 &&
           memcmp(p->bytes + 8, ip + 8, 2) == 0 && memcmp(p->bytes + 12, ip + 12, 8) == 0;
}

struct sim_packet *sim_check_piece(struct sim_check *c, const uint8_t *ip, uint16_t len)
{
    if (len <= 20 || ip[0] != 0x45 || get16(ip + 2) != len || (get16(ip + 6) & 0x3fff) == 0)
        return NULL;
    for (size_t i = c->packets_n; i-- > 0;) {
        struct sim_packet *p = &c->packets[i];
        if (p->len > len && p->bytes[0] == 0x45 && is_piece(p, ip, len))
            return p;
    }
    return NULL;
}
