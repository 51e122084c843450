/* SPDX-License-Identifier: MIT */
/* The Peer Authorization Database (RFC 4301 4.4.3): which entry a caller is. */
#include "ike/auth/auth.h"

#define ID_HEAD 4 /* ID type and three reserved octets */

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

/* ---- identities ----------------------------------------------------------------------------- */

/* RFC 4343: names in the DNS compare without case, of ASCII. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool same_name(const uint8_t *a, const uint8_t *b, uint16_t len)
{
    for (uint16_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* From where on case does not count: an FQDN's first octet, what follows the last @ of an RFC 822
 * address (RFC 5321 2.4: what is before it is the receiver's own). */
static uint16_t name_from(uint8_t type, const uint8_t *p, uint16_t len)
{
    uint16_t at = len;
    if (type == IK_ID_FQDN) {
        return 0;
    }
    while (type == IK_ID_RFC822_ADDR && at > 0) {
        if (p[--at] == '@') {
            return at;
        }
    }
    return len;
}

bool ik_id_is(const struct ik_id *id, struct ik_span body)
{
    uint16_t len = id->data.len;
    if (body.len != ID_HEAD + len || body.p[0] != id->type) {
        return false;
    }
    const uint8_t *theirs = body.p + ID_HEAD;
    uint16_t name = name_from(id->type, id->data.p, len);
    return ik_ct_eq(id->data.p, theirs, name) &&
           same_name(id->data.p + name, theirs + name, (uint16_t)(len - name));
}

#if !IK_LINKED
/* A digest of the type and of the name as it compares. */
static void digest(struct ik_node *node, struct ik_span body, uint8_t out[16])
{
    uint8_t full[32], c;
    uint16_t len = (uint16_t)(body.len - ID_HEAD);
    const uint8_t *name = body.p + ID_HEAD;
    uint16_t from = name_from(body.p[0], name, len);
    uint8_t folded[IK_ID_MAX];
    uint16_t n = 0;
    for (uint16_t i = from; i < len && n < sizeof folded; i++) {
        c = lower(name[i]);
        folded[n++] = c;
    }
    struct ik_span parts[4] = {{body.p, 1}, {name, from}, {folded, n}};
    /* What does not fit is longer than any name of ours: it stands as it is. */
    parts[3] = (struct ik_span){name + from + n, (uint16_t)(len - from - n)};
#if IK_METER
    /* It is for tables that a mote is without: what is metered is what a mote computes. */
    struct ik_meter meter = node->env.meter;
    ik_sha256(&node->env, parts, 4, full);
    node->env.meter = meter;
#else
    ik_sha256(&node->env, parts, 4, full);
#endif
    memcpy(out, full, 16);
}

#if IK_RESUME
void ik_id_digest(struct ik_node *node, struct ik_span body, uint8_t out[16])
{
    digest(node, body, out);
}
#endif

void ik_peer_proved(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span id_body)
{
    ik_index_take(node, sa, IK_BY_ID);
    digest(node, id_body, sa->peer_id);
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

/* Is this the PAD entry of the caller? Entries for ANY come after those that name it, and those for
 * another IDr last: "the responder might use some other IDr to finish the exchange" (1.2). */
static bool fits(const struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c,
                 const struct ik_peer *peer, bool any, bool other_id_r)
{
    struct ik_proposals ours = ik_proposals_ike(node, peer);
    bool named = peer->remote_id.type != IK_ID_ANY && ik_id_is(&peer->remote_id, c->id_i);
    bool id_r = c->id_r.len == 0 || ik_id_is(&peer->local_id, c->id_r);
    return path_fits(peer, rx->path) && (any ? peer->remote_id.type == IK_ID_ANY : named) &&
           id_r == !other_id_r && ik_proposal_allows(&ours, &ik_rx_sa(rx)->suite);
}

uint16_t ik_peer_find(const struct ik_node *node, const struct ik_rx *rx, const struct ik_caller *c)
{
    for (uint8_t pass = 0; pass < 4; pass++) {
        for (uint16_t i = 0; i < ik_config_of(node)->peers_n; i++) {
            if (fits(node, rx, c, &ik_config_of(node)->peers[i], (pass & 1) != 0, pass >= 2)) {
                return i;
            }
        }
    }
    return IK_NO_SLOT;
}

#endif
