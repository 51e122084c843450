/* SPDX-License-Identifier: MIT */
/* What ik_node_init refuses. Each case spoils one thing of a configuration that is good. */
#include "pair.h"

static struct pair *p;
static struct end *e;

static void begin(void)
{
    p = pair_new();
    e = &p->end[0];
}

static enum ik_status init(void)
{
    return ik_node_init(&e->node, &e->config, &e->host, 0);
}

static void good(void)
{
    cr_assert_eq(init(), IK_OK);
    free(p);
    begin();
}

static void bad(void)
{
    cr_assert_eq(init(), IK_ERR_CONFIG);
    free(p);
    begin();
}

/* Of the configuration that is there now: good() and bad() begin anew. */
static uint32_t *wait_of(unsigned i)
{
    uint32_t *wait[] = {&e->config.retransmit.initial, &e->config.retransmit.max,
                        &e->config.half_open_for, &e->config.keepalive};
    return wait[i];
}

TestSuite(config, .init = begin);

Test(config, host)
{
    good();
    e->host.ike_sas = NULL;
    bad();
    e->host.ike_sas_n = 0;
    bad();
    e->host.ike_sas_n = 0xffff;
    bad();
    e->host.child_sas = NULL;
    bad();
    e->host.child_sas_n = 0xffff;
    bad();
    e->host.child_sas = NULL;
    e->host.child_sas_n = 0;
    good();
}

Test(config, whole)
{
    e->config.crypto = NULL;
    bad();
    e->config.peers = NULL;
    bad();
    e->config.policies = NULL;
    bad();
    e->config.peers_n = 0; /* the policy's peer is out of range then */
    bad();
    e->config.peers_n = e->config.policies_n = 0;
    e->config.peers = NULL;
    e->config.policies = NULL;
    good();
    e->config.nonce_len = 15;
    bad();
    e->config.nonce_len = 16;
    good();
    e->config.nonce_len = 255;
    good();
    e->config.retransmit.factor_x16 = 16;
    bad();
    e->config.retransmit.factor_x16 = 17;
    good();
    for (unsigned i = 0; i < 4; i++) {
        uint32_t most = i == 3 ? IK_WAIT_MAX / 2 : IK_WAIT_MAX;
        *wait_of(i) = most + 1;
        bad();
        *wait_of(i) = most;
        good();
    }
}

Test(config, crypto)
{
    for (unsigned i = 0; i < 6; i++) {
        struct ik_crypto c = *host_crypto();
        static const struct ik_encr *const none = NULL;
        const void *const nothing[] = {&c.encr, &c.prf, &c.integ, &c.dh, &c.sha1, &c.sha256};
        (void)none;
        memset((void *)(uintptr_t)nothing[i], 0, sizeof(void *));
        e->config.crypto = &c;
        bad();
    }
    /* a descriptor that the table lacks */
    struct ik_crypto c = *host_crypto();
    const struct ik_dh *const groups[] = {&ik_dh_p256, NULL};
    c.dh = groups;
    e->config.crypto = &c;
    bad();
}

Test(config, peers)
{
    struct ik_peer *peer = &e->peer[0];
    peer->psk.len = 0;
    bad();
    peer = &e->peer[0];
    peer->psk.p = NULL;
    bad();
    peer = &e->peer[0];
    peer->local_id.type = IK_ID_ANY;
    bad();
    peer = &e->peer[0];
    peer->local_id.data.len = 0;
    bad();
    peer = &e->peer[0];
    peer->local_id.data.p = NULL;
    bad();
    peer = &e->peer[0];
    peer->remote_id.type = IK_ID_IPV4_ADDR; /* of another length */
    bad();
    peer = &e->peer[0];
    peer->remote_id.type = IK_ID_IPV6_ADDR;
    bad();
    peer = &e->peer[0];
    peer->remote_id.type = 200;
    bad();
    peer = &e->peer[0];
    peer->remote_id.data.len = IK_ID_MAX + 1;
    bad();
    peer = &e->peer[0];
    peer->remote_id = (struct ik_id){.type = IK_ID_ANY};
    good();
    peer = &e->peer[0];
    peer->local.family = 5;
    bad();
    peer = &e->peer[0];
    peer->local.family = 6; /* the other is IPv4 */
    bad();
    peer = &e->peer[0];
    peer->local.family = peer->remote.family = 0;
    good();
    peer = &e->peer[0];
    peer->proposals = NULL;
    bad();
    peer = &e->peer[0];
    peer->proposals_n = 0;
    bad();
    peer = &e->peer[0];
    peer->proposals_n = IK_PROPOSALS_MAX + 1;
    bad();
}

Test(config, policies)
{
    struct ik_policy *s = &e->policy[0];
    s->action = 3;
    bad();
    s = &e->policy[0];
    s->ts_local_n = 0;
    bad();
    s = &e->policy[0];
    s->ts_remote_n = IK_TS_MAX + 1;
    bad();
    s = &e->policy[0];
    s->ts_remote[0].family = 0;
    bad();
    s = &e->policy[0];
    s->ts_local[0].lo[0] = 11; /* above hi */
    bad();
    s = &e->policy[0];
    s->ts_local[0].port_lo = 5;
    s->ts_local[0].port_hi = 4;
    bad();
    s = &e->policy[0];
    s->ts_local[0].port_lo = 65535; /* OPAQUE */
    s->ts_local[0].port_hi = 0;
    good();
    s = &e->policy[0];
    s->peer = 1;
    bad();
    s = &e->policy[0];
    s->mode = 2;
    bad();
    s = &e->policy[0];
    s->replay = IK_REPLAY_MAX + 1;
    bad();
    s = &e->policy[0];
    s->replay = IK_REPLAY_MAX;
    good();
    s = &e->policy[0];
    s->proposals_n = 0;
    bad();
    /* what does not protect needs no peer and no proposals */
    s = &e->policy[0];
    s->action = IK_BYPASS;
    s->peer = 9;
    s->proposals_n = 0;
    good();
}

/* Takes the first transform of a type away. */
static void without(struct ik_proposal *list, uint8_t type)
{
    uint8_t n = 0;
    for (uint8_t i = 0; i < list->transforms_n; i++) {
        if (list->transforms[i].type != type) {
            list->transforms[n++] = list->transforms[i];
        }
    }
    list->transforms_n = n;
}

static void add(struct ik_proposal *list, uint8_t type, uint16_t id, uint16_t bits)
{
    list->transforms[list->transforms_n++] =
        (struct ik_transform){.type = type, .id = id, .key_bits = bits};
}

Test(config, ike_proposals)
{
    const uint8_t needed[] = {IK_TT_ENCR, IK_TT_PRF, IK_TT_INTEG, IK_TT_DH};
    for (unsigned i = 0; i < 4; i++) {
        without(&e->ike[0], needed[i]);
        bad();
    }
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    good();
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    add(&e->ike[0], IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0); /* beside an AEAD */
    bad();
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_AES_CBC, 128); /* mixed */
    bad();
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_NULL, 0); /* never protects IKE */
    bad();
    add(&e->ike[0], IK_TT_ESN, IK_ESN_NO, 0);
    bad();
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_AES_CBC, 100);
    bad();
    add(&e->ike[0], IK_TT_INTEG, 99, 0);
    bad();
    add(&e->ike[0], IK_TT_PRF, 99, 0);
    bad();
    add(&e->ike[0], IK_TT_DH, 99, 0);
    bad();
    add(&e->ike[0], IK_TT_DH, IK_DH_NONE, 0);
    bad();
    add(&e->ike[0], 0, 1, 0);
    bad();
    add(&e->ike[0], 6, 1, 0);
    bad();
    add(&e->ike[0], IK_TT_PRF, IK_PRF_HMAC_SHA1, 128);
    bad();
    e->ike[0].transforms[0].unknown_attr = true;
    bad();
    e->ike[0].transforms_n = IK_TRANSFORMS_MAX + 1;
    bad();
    e->config.nonce_len = 16; /* less than half of SHA-512's key */
    pair_set_suites(e, "aes128-sha512-x25519", "aes128gcm16");
    bad();
}

Test(config, esp_proposals)
{
    without(&e->esp[0], IK_TT_ENCR);
    bad();
    pair_set_suites(e, "aes128-sha256-x25519", "aes128-sha256");
    without(&e->esp[0], IK_TT_INTEG);
    bad();
    pair_set_suites(e, "aes128-sha256-x25519", "null-sha256");
    good();
    pair_set_suites(e, "aes128-sha256-x25519", "null-sha256");
    without(&e->esp[0], IK_TT_INTEG);
    bad();
    pair_set_suites(e, "aes128-sha256-x25519", "aes128gcm16");
    without(&e->esp[0], IK_TT_ESN);
    bad();
    add(&e->esp[0], IK_TT_ESN, IK_ESN_YES, 0);
    bad();
    add(&e->esp[0], IK_TT_PRF, IK_PRF_HMAC_SHA1, 0);
    bad();
    add(&e->esp[0], IK_TT_DH, IK_DH_X25519, 0); /* 1.2: not in IKE_AUTH */
    bad();
}
