/* SPDX-License-Identifier: MIT */
/*
 * RFC 8899, of each end by itself: what it says to have found out of a path, answers to its probes
 * have shown. A size passes if a whole request of it, that nobody may cut, was answered before it
 * was sent a second time; one does not if three that were sent whole were answered only in
 * fragments. What a router says may be narrowed, not widened.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/mem.h"
#include "sim/nat.h"
#include "sim/spy.h"

#define HOLDS (598 * IK_SECOND)
#define LOST 3
#define BLOCK 16 /* octets of a cipher: a message has not any length */

/* A request that left with a header which says that nobody may cut it. */
struct sim_probed {
    uint16_t node, octets;
    struct ik_hdr hdr;
    struct ik_addr to;
    ik_time at;
    unsigned whole;   /* how often it left so */
    bool pieces;      /* it left in fragments */
    bool got;         /* it was answered: */
    bool got_at_once; /* when it had left once */
};

static bool same(const struct ik_hdr *a, const struct ik_hdr *b)
{
    return a->msgid == b->msgid && memcmp(a->spi_i, b->spi_i, IK_SPI_LEN) == 0 &&
           memcmp(a->spi_r, b->spi_r, IK_SPI_LEN) == 0;
}

static struct sim_probed *find(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr)
{
    for (size_t i = spy->probed_n; i-- > 0;) {
        if (spy->probed[i].node == node && same(&spy->probed[i].hdr, hdr))
            return &spy->probed[i];
    }
    return NULL;
}

static struct sim_probed *add(struct sim_spy *spy, const struct sim_seen *m,
                              const struct ik_path *path)
{
    if (spy->probed_n == spy->probed_cap) {
        spy->probed_cap = spy->probed_cap ? 2 * spy->probed_cap : 64;
        spy->probed = sim_realloc(spy->probed, spy->probed_cap, sizeof *spy->probed);
    }
    spy->probed[spy->probed_n] = (struct sim_probed){
        .node = m->node, .octets = m->datagram, .hdr = m->hdr, .to = path->remote, .at = m->at};
    return &spy->probed[spy->probed_n++];
}

void sim_check_probe_sent(struct sim_spy *spy, const struct sim_seen *m, const struct ik_path *path)
{
    struct sim_probed *p = find(spy, m->node, &m->hdr);

    if (m->hdr.flags & IK_FLAG_RESPONSE)
        return;
    if (!m->df) {
        if (p)
            p->pieces = true;
        return;
    }
    if (m->hdr.exchange != IK_EX_INFORMATIONAL || m->hdr.next != IK_PL_SK)
        sim_spy_fail(spy, "n%u: a request of exchange %u must not be cut", m->node,
                     m->hdr.exchange);
    if (!p)
        p = add(spy, m, path);
    if (p->pieces && !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: a probe leaves whole after it was cut", m->node);
    p->whole++;
}

void sim_check_probe_answered(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr)
{
    struct sim_probed *p = hdr->flags & IK_FLAG_RESPONSE ? find(spy, node, hdr) : NULL;

    if (!p || p->got)
        return;
    p->got = true;
    p->got_at_once = p->whole == 1 && !p->pieces;
}

void sim_check_probe_free(struct sim_spy *spy)
{
    free(spy->probed);
}

/* ---- found out ------------------------------------------------------------------------------- */

struct way {
    uint16_t node;
    const struct ik_addr *to;
};

/* One of the ten minutes before, that went where the SA sends to: the peer may have moved since its
 * last packet, so the node says where that is. */
static bool counts(const struct sim_spy *spy, const struct sim_probed *p, const struct way *w)
{
    return p->node == w->node && spy->now - p->at < HOLDS && sim_addr_equal(&p->to, w->to);
}

static bool passed(const struct sim_spy *spy, const struct way *w, uint32_t octets)
{
    for (size_t i = spy->probed_n; i-- > 0;) {
        const struct sim_probed *p = &spy->probed[i];
        if (counts(spy, p, w) && p->octets == octets && p->got_at_once)
            return true;
    }
    return false;
}

/* Is there a larger size of which so many were lost? */
static bool larger_lost(const struct sim_spy *spy, const struct way *w, uint32_t octets)
{
    for (size_t i = spy->probed_n; i-- > 0;) {
        unsigned n = 0;
        for (size_t k = 0; k < spy->probed_n; k++) {
            const struct sim_probed *p = &spy->probed[k];
            if (counts(spy, p, w) && p->octets == spy->probed[i].octets && p->octets > octets &&
                p->pieces && p->got)
                n += p->whole;
        }
        if (n >= LOST)
            return true;
    }
    return false;
}

/* Is it all that some peer of the node's is to be sent, as far as whole blocks go? */
static bool all_wanted(const struct sim_spy *spy, uint16_t node, uint32_t octets, uint32_t block)
{
    const struct ik_config *c = spy->nodes[node].config;

#if IK_PROBE
    for (uint16_t i = 0; c && i < c->peers_n; i++) {
        if (c->peers[i].probe >= octets && c->peers[i].probe < octets + block)
            return true;
    }
#else
    (void)c, (void)octets, (void)block;
#endif
    return false;
}

/* The largest that has passed of those which are all that is wanted. */
static bool all_passed(const struct sim_spy *spy, const struct way *w)
{
    for (size_t i = spy->probed_n; i-- > 0;) {
        const struct sim_probed *p = &spy->probed[i];
        if (counts(spy, p, w) && p->got_at_once && all_wanted(spy, w->node, p->octets, 1))
            return true;
    }
    return false;
}

void sim_check_probe_found(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                           uint32_t spi, uint32_t mtu)
{
    struct sim_sa *sa = sim_spy_child(spy, node, spi, false);

    while (sa && sa->ended)
        sa = sa->older;
    if (!sa || sim_spy_is_restored(spy, node))
        return;
    const struct ik_path *path = &core->host.child_sas[sa->slot].path;
    const struct way w = {node, &path->remote};
    if (mtu ? !passed(spy, &w, mtu) : !all_passed(spy, &w))
        sim_spy_fail(spy, "n%u: finds that %u octets pass, which nothing has shown", node,
                     (unsigned)mtu);
    if (mtu && !all_wanted(spy, node, mtu, BLOCK) && !larger_lost(spy, &w, mtu))
        sim_spy_fail(spy, "n%u: finds that no more than %u octets pass, which nothing has shown",
                     node, (unsigned)mtu);
    if (sa->mtu && !sa->mtu_found && spy->now - sa->mtu_at < HOLDS - IK_SECOND &&
        sim_addr_equal(&sa->mtu_path.remote, w.to) && (!mtu || mtu > sa->mtu))
        sim_spy_fail(spy, "n%u: finds that %u octets pass after a router has said %u", node,
                     (unsigned)mtu, sa->mtu);
    sa->mtu = (uint16_t)mtu;
    sa->mtu_at = spy->now;
    sa->mtu_path = *path;
    sa->mtu_cut = false;
    sa->mtu_found = true;
}
