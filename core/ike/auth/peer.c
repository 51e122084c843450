/* SPDX-License-Identifier: MIT */
/* The Peer Authorization Database (RFC 4301 4.4.3): which entry a caller is. */
#include "ike/auth/auth.h"

#if IK_RESPONDER || IK_PPK
static bool addr_fits(const struct ik_addr *wanted, const struct ik_addr *is)
{
    return wanted->family == 0 || ik_addr_eq(wanted, is);
}

static bool path_fits(const struct ik_peer *peer, const struct ik_path *path)
{
    return addr_fits(&peer->local, &path->local) && addr_fits(&peer->remote, &path->remote);
}
#endif

#if IK_PPK
bool ik_peer_with_ppk(const struct ik_node *node, const struct ik_path *path)
{
    uint16_t i = 0;
    while (i < node->config->peers_n &&
           (node->config->peers[i].ppks_n == 0 || !path_fits(&node->config->peers[i], path))) {
        i++;
    }
    return i < node->config->peers_n;
}
#endif

#if IK_RESPONDER
const struct ik_peer *ik_peer_candidate(const struct ik_node *node, const struct ik_rx *rx,
                                        struct ik_suite *suite, enum ik_drop *why)
{
    const struct ik_span *sa = &ik_msg_find(&rx->m, IK_PL_SA)->body;
    struct ik_span no_spi;
    *why = IK_DROP_IKE_NO_PEER;
    for (uint16_t i = 0; i < ik_config_of(node)->peers_n; i++) {
        const struct ik_peer *peer = &ik_config_of(node)->peers[i];
        struct ik_proposals ours = ik_proposals_ike(node, peer);
        if (!path_fits(peer, rx->path)) {
            continue;
        }
        *why = IK_DROP_IKE_NO_PROPOSAL;
        if (ik_proposal_choose(&ours, sa, suite, &no_spi) == IK_OK) {
            return peer;
        }
    }
    return NULL;
}

#endif

#if !IK_LINKED
void ik_peer_proved(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span id_body)
{
    ik_index_take(node, sa, IK_BY_ID);
    ik_id_digest(node, id_body, sa->peer_id);
    ik_index_put(node, sa, IK_BY_ID);
#if !IK_ONE
    if ((sa->sched.indexed & (1u << IK_BY_PEER)) == 0 && ik_peer_of(node, sa)->remote.family != 0) {
        ik_index_put(node, sa, IK_BY_PEER);
    }
#endif
}
#endif

/* ---- callers -------------------------------------------------------------------------------- */

#if IK_RESPONDER

bool ik_caller_read(const struct ik_rx *rx, struct ik_caller *c)
{
    const struct ik_payload *id_r = ik_msg_find(&rx->m, IK_PL_IDR);
    c->id_i = ik_msg_find(&rx->m, IK_PL_IDI)->body;
    c->id_r = id_r != NULL ? id_r->body : (struct ik_span){0};
    return ik_auth_parse(ik_msg_find(&rx->m, IK_PL_AUTH)->body, &c->auth) == IK_OK;
}

/* How well an entry names a caller, the best first. */
enum named { BY_NAME, BY_SUBTREE, BY_ANY, NAMED_N };

static enum named named(const struct ik_peer *peer)
{
    if (peer->remote_id.type == IK_ID_ANY) {
        return BY_ANY;
    }
    return ik_id_is_subtree(&peer->remote_id) ? BY_SUBTREE : BY_NAME;
}

/* Is this a PAD entry of the caller, so named? */
static bool fits(const struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c,
                 const struct ik_peer *peer, enum named how, bool other_id_r)
{
    struct ik_proposals ours = ik_proposals_ike(node, peer);
    bool id_r = c->id_r.len == 0 || ik_id_is(&peer->local_id, c->id_r);
    return path_fits(peer, rx->path) && named(peer) == how &&
           ik_id_is_of(&peer->remote_id, c->id_i) && id_r == !other_id_r &&
           ik_proposal_allows(&ours, &ik_rx_sa(rx)->suite);
}

/* Entries for many come after those that name one, and those for another IDr last: "the responder
 * might use some other IDr to finish the exchange" (1.2). */
uint16_t ik_peer_find(const struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c)
{
    for (uint8_t pass = 0; pass < 2 * NAMED_N; pass++) {
        enum named how = (enum named)(pass % NAMED_N);
        for (uint16_t i = 0; i < ik_config_of(node)->peers_n; i++) {
            if (fits(node, rx, c, &ik_config_of(node)->peers[i], how, pass >= NAMED_N)) {
                return i;
            }
        }
    }
    return IK_NO_SLOT;
}

#endif
