/* SPDX-License-Identifier: MIT */
/* What leaves a node, and the sequence numbers of what it seals and accepts. */
#include <string.h>

#include "sim/sim.h"
#include "sim/traffic.h"

#define SKF_END 36 /* offset of what is behind the number and total of a fragment */

/* ---- what is sent ---------------------------------------------------------------------------- */

/* NULL and GMAC (RFC 4543) hide nothing; AH neither. */
static bool hides_nothing(const struct ik_transform *t)
{
    return t->type == IK_TT_ENCR && (t->id == IK_ENCR_NULL || t->id == IK_ENCR_NULL_AUTH_AES_GMAC);
}

static bool has_null(const struct ik_config *config)
{
    for (uint16_t i = 0; i < config->policies_n; i++) {
        const struct ik_policy *p = &config->policies[i];
#if IK_AH
        if (p->action == IK_PROTECT && p->protocol == IK_PROTO_AH)
            return true;
#endif
        for (uint8_t k = 0; p->action == IK_PROTECT && k < p->proposals_n; k++) {
            const struct ik_proposal *pr = &p->proposals[k];
            for (uint8_t t = 0; t < pr->transforms_n; t++) {
                if (hides_nothing(&pr->transforms[t]))
                    return true;
            }
        }
    }
    return false;
}

/* RFC 7296 2.1: what is sent again is sent bit for bit; so no IV serves two texts. IKE_SA_INIT may
 * change (cookie, other group). */
static void check_again(struct sim_node *n, const uint8_t *msg, uint16_t len,
                        const struct ik_hdr *hdr)
{
    struct sim *s = n->sim;
    uint64_t key[6] = {n->index, n->restarts, (uint64_t)hdr->exchange << 8 | hdr->flags,
                       hdr->msgid};
    uint64_t hash = sim_spy_digest(len, msg, len);
    bool fresh;

    if (hdr->next != IK_PL_SK && hdr->next != IK_PL_SKF)
        return;
    if (hdr->next == IK_PL_SKF && len >= SKF_END) /* RFC 7383 2.6.1: number and total count, too */
        memcpy((uint8_t *)&key[2] + 4, msg + SKF_END - 4, 4);
    memcpy(&key[4], hdr->spi_i, 8);
    memcpy(&key[5], hdr->spi_r, 8);
    if (sim_map_put(&s->check.messages, sim_map_key(key, 6), hash, &fresh) != hash)
        sim_fail(s, "n%u: message %u of exchange %u is sent again with other bytes", n->index,
                 (unsigned)hdr->msgid, hdr->exchange);
}

void sim_check_sent(struct sim_node *n, const struct ik_effect *fx)
{
    struct sim *s = n->sim;
    struct sim_view v;

    if (s->opts.unchecked)
        return;
    if (fx->path->remote.family == 0)
        sim_fail(s, "n%u: sends to no address", n->index);
    if (fx->path->local.family && !sim_addr_equal(&fx->path->local, &n->opts.addr))
        sim_fail(s, "n%u: sends from an address that is not its own", n->index);
    sim_view_bytes(fx->path->carrier, fx->data, fx->len, &v);
    if (v.kind == SIM_JUNK)
        sim_fail(s, "n%u: sends what is neither IKE, ESP, AH nor a keepalive", n->index);
    if (v.kind == SIM_IKE && v.hdr.len + v.ike_at != fx->len)
        sim_fail(s, "n%u: sends an IKE message of the wrong length", n->index);
    if (v.kind == SIM_IKE)
        check_again(n, fx->data + v.ike_at, (uint16_t)(fx->len - v.ike_at), &v.hdr);
    if (sim_traffic_seen(fx->data, fx->len) && !has_null(n->opts.config))
        sim_fail(s, "n%u: an inner packet leaves unencrypted", n->index);
}

/* ---- sequence numbers ------------------------------------------------------------------------ */

/* Which SA of that slot it is: the n-th. */
static uint64_t epoch(struct sim_node *n, uint16_t child, bool begin)
{
    struct sim_check *c = &n->sim->check;
    uint64_t key[4] = {n->index, n->restarts, child, 0};
    bool fresh;

    while (sim_map_has(&c->epochs_seen, sim_map_key(key, 4)))
        key[3]++;
    if (begin)
        sim_map_put(&c->epochs_seen, sim_map_key(key, 4), 1, &fresh);
    return key[3];
}

static void check_seq(struct sim_node *n, const struct ik_trace_rec *rec, bool out)
{
    struct sim *s = n->sim;
    uint64_t key[7] = {n->index, n->restarts, rec->sa, epoch(n, rec->sa, false),
                       rec->a,   rec->b,      out};
    bool fresh;

    sim_map_put(&s->check.seqs, sim_map_key(key, 7), 1, &fresh);
    if (!fresh)
        sim_fail(s, "n%u: %s sequence number %u of SPI %08x twice", n->index,
                 out ? "seals with" : "accepts", (unsigned)rec->b, (unsigned)rec->a);
    if (out && rec->b == 0)
        sim_fail(s, "n%u: seals with sequence number 0", n->index);
}

void sim_check_trace(struct sim_node *n, const struct ik_trace_rec *rec)
{
    if (n->sim->opts.unchecked)
        return;
    switch (rec->event) {
    case IK_TR_CHILD_UP:
        epoch(n, rec->sa, true);
        break;
    case IK_TR_ESP_TX:
    case IK_TR_AH_TX:
        check_seq(n, rec, true);
        break;
    case IK_TR_ESP_RX:
    case IK_TR_AH_RX:
        check_seq(n, rec, false);
        break;
    default:
        break;
    }
}
