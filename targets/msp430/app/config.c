/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "app/door.h"

struct ik_peer door_peer;
struct ik_policy door_policy;

#if DOOR_RESUMES
static const struct ik_exchange *const exchanges[] = {
    &ik_exchange_init_i,        &ik_exchange_auth_i,        &ik_exchange_resume_i,
    &ik_exchange_informational, &ik_exchange_child_refused, NULL};
#endif

const struct ik_config ik_linked_config = {.crypto = &door_crypto,
#if DOOR_RESUMES
                                           .exchanges = exchanges,
#endif
                                           .peers = &door_peer,
                                           .peers_n = 1,
                                           .policies = &door_policy,
                                           .policies_n = 1,
                                           .nonce_len = 16};

/* An outer address, and the one of the tunnel's inside; any protocol and port. */
static void set_end(struct ik_addr *addr, struct ik_ts *ts, const struct store *s,
                    const uint8_t outer[16])
{
    addr->family = 6;
    memcpy(addr->b, outer, 16);
    ts->family = 6;
    ts->port_hi = 65535;
    memcpy(ts->lo, s->inner_prefix, 8);
    memcpy(ts->lo + 8, outer + 8, 8);
    memcpy(ts->hi, ts->lo, 16);
}

void door_configure(const struct store *s)
{
    struct ik_peer *peer = &door_peer;
    struct ik_policy *policy = &door_policy;

    bool brief = (s->flags & STORE_BRIEF) != 0;
    uint8_t type = (s->flags & STORE_KEY_ID) != 0 ? IK_ID_KEY_ID : IK_ID_FQDN;

    peer->local_id = (struct ik_id){type, {s->id, s->id_len}};
    peer->remote_id = (struct ik_id){type, {s->peer_id, s->peer_id_len}};
    peer->psk = (struct ik_span){s->psk_pad, door_crypto.prf[0]->key_len};
#if !IK_PSK_PADDED
    peer->psk_prf = door_crypto.prf[0]->id;
#endif
    peer->proposals = &door_ike;
    peer->proposals_n = 1;
    /* After a reset nothing of us is left there that is of use. */
    peer->initial_contact = !brief;
    peer->no_nat = peer->no_idr = brief;
#if DOOR_RESUMES
    peer->resume = true;
#endif
    peer->force_natt = (s->flags & STORE_NATT) != 0;

    policy->action = IK_PROTECT;
    policy->mode = IK_TUNNEL;
    policy->proposals = &door_esp;
    policy->proposals_n = 1;
    policy->ts_local_n = policy->ts_remote_n = 1;
    set_end(&peer->local, &policy->ts_local[0], s, s->local);
    set_end(&peer->remote, &policy->ts_remote[0], s, s->remote);
}
