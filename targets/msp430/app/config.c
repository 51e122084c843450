/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "app/door.h"

/* One address of the tunnel's inside; any protocol and port. */
static void selector(struct ik_ts *ts, const struct store *s, const uint8_t outer[16])
{
    ts->family = 6;
    ts->port_hi = 65535;
    memcpy(ts->lo, s->inner_prefix, 8);
    memcpy(ts->lo + 8, outer + 8, 8);
    memcpy(ts->hi, ts->lo, 16);
}

void door_configure(struct door_config *c, const struct store *s)
{
    struct ik_peer *peer = &c->peer;
    struct ik_policy *policy = &c->policy;

    memset(c, 0, sizeof *c);
    peer->local.family = 6;
    memcpy(peer->local.b, s->local, 16);
    peer->remote.family = 6;
    memcpy(peer->remote.b, s->remote, 16);
    peer->local_id = (struct ik_id){IK_ID_FQDN, {s->id, s->id_len}};
    peer->remote_id = (struct ik_id){IK_ID_FQDN, {s->peer_id, s->peer_id_len}};
    peer->psk = (struct ik_span){s->psk, s->psk_len};
    peer->proposals = &door_ike;
    peer->proposals_n = 1;
    peer->initial_contact = true; /* after a reset nothing of us is left there that is of use */
    peer->force_natt = (s->flags & STORE_NATT) != 0;

    policy->action = IK_PROTECT;
    policy->mode = IK_TUNNEL;
    policy->proposals = &door_esp;
    policy->proposals_n = 1;
    policy->ts_local_n = policy->ts_remote_n = 1;
    selector(&policy->ts_local[0], s, s->local);
    selector(&policy->ts_remote[0], s, s->remote);

    c->ik.crypto = &door_crypto;
    c->ik.peers = peer;
    c->ik.peers_n = 1;
    c->ik.policies = policy;
    c->ik.policies_n = 1;
}
