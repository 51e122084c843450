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

static void again(void)
{
    free(p);
    begin();
}

static void good(void)
{
    struct ik_fault fault;
    memset(&fault, 0xff, sizeof fault);
    cr_assert_eq(ik_config_check(&e->config, &fault), IK_OK);
    cr_assert_eq(fault.what, IK_FAULT_NONE);
    cr_assert_eq(fault.part | fault.index | fault.proposal | fault.transform, 0);
    cr_assert_eq(init(), IK_OK);
    again();
}

static void wrong(struct ik_fault want)
{
    struct ik_fault got;
    memset(&got, 0xff, sizeof got);
    cr_assert_eq(ik_config_check(&e->config, &got), IK_ERR_CONFIG);
    cr_assert_eq(got.what, want.what, "fault %u, not %u", got.what, want.what);
    cr_assert_eq(got.part, want.part, "of part %u, not %u", got.part, want.part);
    cr_assert_eq(got.index, want.index, "of entry %u, not %u", got.index, want.index);
    cr_assert_eq(got.proposal, want.proposal, "in proposal %u, not %u", got.proposal,
                 want.proposal);
    cr_assert_eq(got.transform, want.transform, "transform %u, not %u", got.transform,
                 want.transform);
    cr_assert_eq(ik_config_check(&e->config, NULL), IK_ERR_CONFIG);
    cr_assert_eq(init(), IK_ERR_CONFIG);
    again();
}

static void bad(enum ik_fault_what what)
{
    wrong((struct ik_fault){.what = (uint8_t)what});
}

static void bad_peer(enum ik_fault_what what)
{
    wrong((struct ik_fault){.what = (uint8_t)what, .part = IK_FAULT_OF_PEER});
}

static void bad_policy(enum ik_fault_what what)
{
    wrong((struct ik_fault){.what = (uint8_t)what, .part = IK_FAULT_OF_POLICY});
}

/* In the first proposal of the first peer, or policy. */
static void bad_ike(enum ik_fault_what what, unsigned transform)
{
    wrong((struct ik_fault){
        .what = (uint8_t)what, .part = IK_FAULT_OF_PEER, .transform = (uint8_t)transform});
}

static void bad_esp(enum ik_fault_what what, unsigned transform)
{
    wrong((struct ik_fault){
        .what = (uint8_t)what, .part = IK_FAULT_OF_POLICY, .transform = (uint8_t)transform});
}

/* The configuration is good, what the host lends is not. */
static void bad_host(void)
{
    cr_assert_eq(ik_config_check(&e->config, NULL), IK_OK);
    cr_assert_eq(init(), IK_ERR_CONFIG);
    again();
}

/* Of the configuration that is there now: good() and bad() begin anew. */
static uint32_t *wait_of(unsigned i)
{
    uint32_t *wait[] = {&e->config.retransmit.initial, &e->config.retransmit.max,
                        &e->config.half_open_for, &e->config.response_for, &e->config.keepalive};
    return wait[i];
}

TestSuite(config, .init = begin);

Test(config, host)
{
    good();
    const void *const none = NULL;
    for (unsigned i = 0; i < 5; i++) {
        void *const pool[] = {&e->host.ike_sas, &e->host.child_sas, &e->host.handshakes,
                              &e->host.tasks, &e->host.buffers};
        memcpy(pool[i], &none, sizeof none);
        bad_host();
    }
    for (unsigned i = 0; i < 15; i++) {
        uint16_t *const n[] = {&e->host.ike_sas_n, &e->host.child_sas_n, &e->host.handshakes_n,
                               &e->host.tasks_n, &e->host.buffers_n};
        *n[i / 3] = i % 3 == 0 ? 0 : i % 3 == 1 ? IK_NO_SLOT : 1;
        if (i % 3 == 2 && n[i / 3] != &e->host.buffers_n) {
            good();
        } else {
            bad_host(); /* an IKE SA that opens takes two buffers */
        }
    }
    e->host.child_sas = NULL;
    e->host.child_sas_n = 0;
    bad_host();
}

Test(config, whole)
{
    e->config.crypto = NULL;
    bad(IK_FAULT_CRYPTO);
    e->config.peers = NULL;
    bad(IK_FAULT_COUNTS);
    e->config.policies = NULL;
    bad(IK_FAULT_COUNTS);
    e->config.peers_n = IK_NO_SLOT;
    bad(IK_FAULT_COUNTS);
    e->config.policies_n = IK_NO_SLOT;
    bad(IK_FAULT_COUNTS);
    e->config.peers_n = 0; /* the policy's peer is out of range then */
    bad_policy(IK_FAULT_PEER);
    e->config.peers_n = e->config.policies_n = 0;
    e->config.peers = NULL;
    e->config.policies = NULL;
    good();
    e->config.nonce_len = 15;
    bad(IK_FAULT_NONCE_LEN);
    e->config.nonce_len = 16;
    good();
    e->config.nonce_len = 255;
    good();
    e->config.window = 33;
    bad(IK_FAULT_WINDOW);
    e->config.window = 32;
    good();
    e->config.lookup = true;
    good();
    e->config.retransmit.factor_x16 = 16;
    bad(IK_FAULT_WAITS);
    e->config.retransmit.factor_x16 = 17;
    good();
    for (unsigned i = 0; i < 5; i++) {
        uint32_t most = i == 4 ? IK_WAIT_MAX / 2 : IK_WAIT_MAX;
        *wait_of(i) = most + 1;
        bad(IK_FAULT_WAITS);
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
        bad(IK_FAULT_CRYPTO);
    }
    /* a descriptor that the table lacks */
    struct ik_crypto c = *host_crypto();
    const struct ik_dh *const groups[] = {&ik_dh_p256, NULL};
    c.dh = groups;
    e->config.crypto = &c;
    bad_ike(IK_FAULT_TRANSFORM, 3);
}

Test(config, peers)
{
    struct ik_peer *peer = &e->peer[0];
    peer->psk.len = 0;
    bad_peer(IK_FAULT_PSK);
    peer = &e->peer[0];
    peer->psk.p = NULL;
    bad_peer(IK_FAULT_PSK);
    peer = &e->peer[0];
    peer->local_id.type = IK_ID_ANY;
    bad_peer(IK_FAULT_LOCAL_ID);
    peer = &e->peer[0];
    peer->local_id.data.len = 0;
    bad_peer(IK_FAULT_LOCAL_ID);
    peer = &e->peer[0];
    peer->local_id.data.p = NULL;
    bad_peer(IK_FAULT_LOCAL_ID);
    peer = &e->peer[0];
    peer->remote_id.type = IK_ID_IPV4_ADDR; /* of another length */
    bad_peer(IK_FAULT_REMOTE_ID);
    peer = &e->peer[0];
    peer->remote_id.type = IK_ID_IPV6_ADDR;
    bad_peer(IK_FAULT_REMOTE_ID);
    peer = &e->peer[0];
    peer->remote_id.type = 200;
    bad_peer(IK_FAULT_REMOTE_ID);
    peer = &e->peer[0];
    peer->remote_id.data.len = IK_ID_MAX + 1;
    bad_peer(IK_FAULT_REMOTE_ID);
    peer = &e->peer[0];
    peer->remote_id = (struct ik_id){.type = IK_ID_ANY};
    good();
    peer = &e->peer[0];
    peer->remote_id = (struct ik_id){IK_ID_FQDN, pair_text("*.example.org")};
    good();
    peer = &e->peer[0];
    peer->local_id = (struct ik_id){IK_ID_FQDN, pair_text("*.example.org")};
    bad_peer(IK_FAULT_LOCAL_ID);
    peer = &e->peer[0];
    peer->local.family = 5;
    bad_peer(IK_FAULT_ADDRESS);
    peer = &e->peer[0];
    peer->local.family = 6; /* the other is IPv4 */
    bad_peer(IK_FAULT_ADDRESS);
    peer = &e->peer[0];
    peer->local.family = peer->remote.family = 0;
    good();
    peer = &e->peer[0];
    peer->proposals = NULL;
    bad_peer(IK_FAULT_PROPOSALS);
    peer = &e->peer[0];
    peer->proposals_n = 0;
    bad_peer(IK_FAULT_PROPOSALS);
    peer = &e->peer[0];
    peer->proposals_n = IK_PROPOSALS_MAX + 1;
    bad_peer(IK_FAULT_PROPOSALS);
    /* the host knows the keys */
    e->config.lookup = true;
    e->peer[0].psk = (struct ik_span){0};
    good();
}

#if IK_PPK
Test(config, ppks)
{
    static const uint8_t octets[IK_ID_MAX + 1] = {1};
    const struct ik_ppk bad[] = {{{octets, 0}, {octets, 8}},
                                 {{NULL, 4}, {octets, 8}},
                                 {{octets, IK_ID_MAX + 1}, {octets, 8}},
                                 {{octets, 4}, {octets, 0}},
                                 {{octets, 4}, {NULL, 8}}};
    const struct ik_ppk right = {{octets, IK_ID_MAX}, {octets, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        e->peer[0].ppks = &bad[i];
        e->peer[0].ppks_n = 1;
        bad_peer(IK_FAULT_PPK);
    }
    e->peer[0].ppks = &right;
    e->peer[0].ppks_n = 1;
    e->peer[0].ppk_required = true;
    good();
    e->peer[0].ppk_required = true;
    bad_peer(IK_FAULT_PPK);
    e->peer[0].ppks_n = 1;
    bad_peer(IK_FAULT_PPK);
}
#endif

#if !IK_PSK_PADDED
/* What one prf has padded is for that one, and of its length (2.15). */
Test(config, padded_key)
{
    static const uint8_t octets[33];
    for (uint16_t len = 31; len <= 33; len++) {
        e->peer[0].psk_prf = IK_PRF_HMAC_SHA2_256;
        e->peer[0].psk = (struct ik_span){octets, len};
        if (len == 32) {
            good();
        } else {
            bad_peer(IK_FAULT_PSK_PRF);
        }
    }
    const uint16_t others[] = {IK_PRF_AES128_CMAC, IK_PRF_HMAC_SHA1, 0x7fff};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        e->peer[0].psk_prf = others[i];
        e->peer[0].psk = (struct ik_span){octets, 16};
        bad_peer(IK_FAULT_PSK_PRF);
    }
}

/* Also where the other prf is in a further proposal, or beside it in the same one. */
Test(config, padded_key_of_two_prfs)
{
    static const uint8_t octets[32];
    for (int further = 0; further < 2; further++) {
        struct ik_peer *peer = &e->peer[0];
        struct ik_proposal *other = &e->ike[further];
        peer->psk_prf = IK_PRF_HMAC_SHA2_256;
        peer->psk = (struct ik_span){octets, sizeof octets};
        if (further) {
            *other = e->ike[0];
            peer->proposals_n = 2;
            for (uint8_t i = 0; i < other->transforms_n; i++) {
                if (other->transforms[i].type == IK_TT_PRF) {
                    other->transforms[i].id = IK_PRF_HMAC_SHA2_384;
                }
            }
        } else {
            other->transforms[other->transforms_n++] =
                (struct ik_transform){.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_384};
        }
        bad_peer(IK_FAULT_PSK_PRF);
    }
}
#endif

#if IK_CHILDLESS
Test(config, childless)
{
    e->peer[0].childless = IK_CHILDLESS_FORCE + 1;
    bad_peer(IK_FAULT_CHILDLESS);
    e->peer[0].childless = IK_CHILDLESS_ALLOW;
    e->config.exchanges = ik_exchanges_initiator;
    good();
    /* its Child SAs would have no exchange */
    e->peer[0].childless = IK_CHILDLESS_FORCE;
    e->config.exchanges = ik_exchanges_initiator;
    bad_peer(IK_FAULT_CHILDLESS);
    e->peer[0].childless = IK_CHILDLESS_FORCE;
    e->config.exchanges = NULL;
    bad_peer(IK_FAULT_CHILDLESS);
    e->peer[0].childless = IK_CHILDLESS_FORCE;
    e->config.exchanges = ik_exchanges_caller;
    good();
}
#endif

#if IK_PROBE
Test(config, probes)
{
    e->peer[0].probe = IK_PROBE_LEAST;
    bad_peer(IK_FAULT_PROBE); /* what is lost has to be cut */
    e->peer[0].fragment = 1280;
    e->peer[0].probe = IK_PROBE_LEAST;
    good();
    e->peer[0].fragment = 1280;
    e->peer[0].probe = IK_MSG_MAX;
    good();
    e->peer[0].fragment = 1280;
    e->peer[0].probe = IK_PROBE_LEAST - 1;
    bad_peer(IK_FAULT_PROBE);
    e->peer[0].fragment = 1280;
    e->peer[0].probe = IK_MSG_MAX + 1;
    bad_peer(IK_FAULT_PROBE);
}
#endif

#if IK_PACKET_TS
Test(config, populate_from_packet)
{
    for (unsigned flags = 0; flags < 256; flags++) {
        const unsigned ports = IK_PFP_LOCAL_PORT | IK_PFP_REMOTE_PORT;
        struct ik_policy *s = &e->policy[0];
        s->pfp = (uint8_t)flags;
        if (flags < 32 && ((flags & ports) == 0 || (flags & IK_PFP_PROTOCOL) != 0)) {
            good();
        } else {
            bad_policy(IK_FAULT_PFP);
        }
    }
}
#endif

Test(config, policies)
{
    struct ik_policy *s = &e->policy[0];
    s->action = 3;
    bad_policy(IK_FAULT_ACTION);
    s = &e->policy[0];
    s->ts_local_n = 0;
    bad_policy(IK_FAULT_TS_LOCAL);
    s = &e->policy[0];
    s->ts_remote_n = IK_TS_MAX + 1;
    bad_policy(IK_FAULT_TS_REMOTE);
    s = &e->policy[0];
    s->ts_remote[0].family = 0;
    bad_policy(IK_FAULT_TS_REMOTE);
    s = &e->policy[0];
    s->ts_local[0].lo[0] = 11; /* above hi */
    bad_policy(IK_FAULT_TS_LOCAL);
    s = &e->policy[0];
    s->ts_local[0].port_lo = 5;
    s->ts_local[0].port_hi = 4;
    bad_policy(IK_FAULT_TS_LOCAL);
    s = &e->policy[0];
    s->ts_local[0].port_lo = 65535; /* OPAQUE */
    s->ts_local[0].port_hi = 0;
    good();
    s = &e->policy[0];
    s->peer = 1;
    bad_policy(IK_FAULT_PEER);
    s = &e->policy[0];
    s->mode = 2;
    bad_policy(IK_FAULT_MODE);
    s = &e->policy[0];
    s->replay = IK_REPLAY_MAX + 1;
    bad_policy(IK_FAULT_REPLAY);
    s = &e->policy[0];
    s->replay = IK_REPLAY_MAX;
    good();
    s = &e->policy[0];
    s->proposals_n = 0;
    bad_policy(IK_FAULT_PROPOSALS);
    /* what does not protect needs no peer and no proposals */
    s = &e->policy[0];
    s->action = IK_BYPASS;
    s->peer = 9;
    s->proposals_n = 0;
    good();
    /* each selector needs a partner of its family and protocol */
    s = &e->policy[0];
    s->ts_remote[0] = pair_ts("fd00:2::/64");
    bad_policy(IK_FAULT_TS_PAIR);
    s = &e->policy[0];
    s->ts_local[0].proto = IK_IP_UDP;
    s->ts_remote[0].proto = IK_IP_TCP;
    bad_policy(IK_FAULT_TS_PAIR);
    s = &e->policy[0];
    s->ts_local_n = 2;
    s->ts_local[1] = pair_ts("fd00:1::/64");
    bad_policy(IK_FAULT_TS_PAIR);
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
        bad_ike(IK_FAULT_PROPOSAL, 0);
    }
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    good();
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    add(&e->ike[0], IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0); /* beside an AEAD */
    bad_ike(IK_FAULT_PROPOSAL, 0);
    pair_set_suites(e, "aes128gcm16-prfsha256-x25519", "aes128gcm16");
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_AES_CBC, 128); /* mixed */
    bad_ike(IK_FAULT_PROPOSAL, 0);
    /* These never protect IKE. */
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_NULL, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_NULL_AUTH_AES_GMAC, 128);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_AES_GCM_16_IIV, 128);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_INTEG, IK_INTEG_AES_128_GMAC, 0); /* nor ESP: RFC 4543 5.3 */
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_ESN, IK_ESN_NO, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_ENCR, IK_ENCR_AES_CBC, 100);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_INTEG, 99, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_PRF, 99, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_DH, 99, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_DH, IK_DH_NONE, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], 0, 1, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], 6, 1, 0);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    add(&e->ike[0], IK_TT_PRF, IK_PRF_HMAC_SHA1, 128);
    bad_ike(IK_FAULT_TRANSFORM, 4);
    e->ike[0].transforms[0].unknown_attr = true;
    bad_ike(IK_FAULT_TRANSFORM, 0);
    e->ike[0].transforms_n = IK_TRANSFORMS_MAX + 1;
    bad_ike(IK_FAULT_PROPOSAL, 0);
    e->config.nonce_len = 16; /* less than half of SHA-512's key */
    pair_set_suites(e, "aes128-sha512-x25519", "aes128gcm16");
    bad_ike(IK_FAULT_PRF_NONCE, 0);
}

Test(config, esp_proposals)
{
    without(&e->esp[0], IK_TT_ENCR);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    pair_set_suites(e, "aes128-sha256-x25519", "aes128-sha256");
    without(&e->esp[0], IK_TT_INTEG);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    pair_set_suites(e, "aes128-sha256-x25519", "null-sha256");
    good();
    pair_set_suites(e, "aes128-sha256-x25519", "null-sha256");
    without(&e->esp[0], IK_TT_INTEG);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    pair_set_suites(e, "aes128-sha256-x25519", "aes128gcm16");
    without(&e->esp[0], IK_TT_ESN);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    add(&e->esp[0], IK_TT_ESN, IK_ESN_YES, 0);
    good();
    add(&e->esp[0], IK_TT_ESN, IK_ESN_YES + 1, 0);
    bad_esp(IK_FAULT_TRANSFORM, 2);
    add(&e->esp[0], IK_TT_PRF, IK_PRF_HMAC_SHA1, 0);
    bad_esp(IK_FAULT_TRANSFORM, 2);
    /* 1.3: in CREATE_CHILD_SA, if of a group that there is */
    add(&e->esp[0], IK_TT_DH, IK_DH_X25519, 0);
    good();
    add(&e->esp[0], IK_TT_DH, 999, 0);
    bad_esp(IK_FAULT_TRANSFORM, 2);
}

#if IK_TFC
/* RFC 4303 2.7: padding is told from the packet by its length: in tunnel mode. */
Test(config, traffic_flow_confidentiality)
{
    e->policy[0].tfc_pad = IK_TFC_MAX;
    e->policy[0].dummy_ms = IK_DUMMY_MAX;
    good();
    e->policy[0].tfc_pad = IK_TFC_MAX + 1;
    bad_policy(IK_FAULT_TFC);
    e->policy[0].tfc_align = IK_TFC_MAX + 1;
    bad_policy(IK_FAULT_TFC);
    e->policy[0].dummy_ms = IK_DUMMY_LEAST - 1;
    bad_policy(IK_FAULT_TFC);
    e->policy[0].dummy_ms = IK_DUMMY_MAX + 1;
    bad_policy(IK_FAULT_TFC);
    e->policy[0].mode = IK_TRANSPORT;
    e->policy[0].tfc_pad = 100;
    bad_policy(IK_FAULT_TFC);
}
#endif

#if IK_AH
static void ask_for_ah(void)
{
    pair_set_suites(e, "aes128-sha256-x25519", "aes128-sha256");
    without(&e->esp[0], IK_TT_ENCR);
    e->policy[0].protocol = IK_PROTO_AH;
}

/* RFC 7296 3.3.3: integrity and numbers, and perhaps a group. */
Test(config, ah_proposals)
{
    pair_set_suites(e, "aes128-sha256-x25519", "aes128-sha256");
    e->policy[0].protocol = IK_PROTO_AH;
    bad_esp(IK_FAULT_TRANSFORM, 0); /* a cipher */
    ask_for_ah();
    good();
    ask_for_ah();
    add(&e->esp[0], IK_TT_DH, IK_DH_X25519, 0);
    good();
    ask_for_ah();
    without(&e->esp[0], IK_TT_ESN);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    ask_for_ah();
    without(&e->esp[0], IK_TT_INTEG);
    bad_esp(IK_FAULT_PROPOSAL, 0);
    e->policy[0].protocol = IK_PROTO_IKE;
    bad_policy(IK_FAULT_PROTOCOL);
    /* RFC 3715 2.1 */
    ask_for_ah();
    e->peer[0].force_natt = true;
    bad_policy(IK_FAULT_AH_NAT);
}
#endif

/* ---- which entry ----------------------------------------------------------------------------- */

Test(config, second_peer)
{
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    good();
    e->config.peers_n = 2;
    e->peer[1] = e->peer[0];
    e->peer[1].local_id.data.len = 0;
    wrong((struct ik_fault){IK_FAULT_LOCAL_ID, IK_FAULT_OF_PEER, 1, 0, 0});
}

Test(config, second_policy)
{
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    good();
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    e->policy[1].mode = 2;
    wrong((struct ik_fault){IK_FAULT_MODE, IK_FAULT_OF_POLICY, 1, 0, 0});
}

/* What is good of an earlier entry leaves no trace in the fault of a later one. */
Test(config, later_proposal)
{
    const char *three = "aes128-sha256-x25519,aes256-sha256-x25519,aes128gcm16-prfsha256-x25519";
    pair_set_suites(e, three, "aes128gcm16,aes256gcm16");
    good();
    pair_set_suites(e, three, "aes128gcm16,aes256gcm16");
    e->ike[2].transforms[1].key_bits = 3;
    wrong((struct ik_fault){IK_FAULT_TRANSFORM, IK_FAULT_OF_PEER, 0, 2, 1});
    pair_set_suites(e, three, "aes128gcm16,aes256gcm16");
    without(&e->ike[1], IK_TT_DH);
    wrong((struct ik_fault){IK_FAULT_PROPOSAL, IK_FAULT_OF_PEER, 0, 1, 0});
    pair_set_suites(e, three, "aes128gcm16,aes256gcm16");
    without(&e->esp[1], IK_TT_ESN);
    wrong((struct ik_fault){IK_FAULT_PROPOSAL, IK_FAULT_OF_POLICY, 0, 1, 0});
    e->config.nonce_len = 16;
    pair_set_suites(e, "aes128-sha256-x25519,aes128-sha512-x25519", "aes128gcm16");
    wrong((struct ik_fault){IK_FAULT_PRF_NONCE, IK_FAULT_OF_PEER, 0, 1, 0});
}

/* As much as fits is good, and one more is not. */
Test(config, limits)
{
    static const uint8_t name[IK_ID_MAX + 1] = {1};
    static struct ik_proposal many[IK_PROPOSALS_MAX + 1];
    for (unsigned more = 0; more < 2; more++) {
        e->peer[0].local_id = (struct ik_id){IK_ID_KEY_ID, {name, (uint16_t)(IK_ID_MAX + more)}};
        more ? bad_peer(IK_FAULT_LOCAL_ID) : good();
        e->peer[0].remote_id = (struct ik_id){IK_ID_KEY_ID, {name, (uint16_t)(IK_ID_MAX + more)}};
        more ? bad_peer(IK_FAULT_REMOTE_ID) : good();
        for (unsigned i = 0; i < IK_PROPOSALS_MAX + more; i++) {
            many[i] = e->ike[0];
        }
        e->peer[0].proposals = many;
        e->peer[0].proposals_n = (uint8_t)(IK_PROPOSALS_MAX + more);
        more ? bad_peer(IK_FAULT_PROPOSALS) : good();
        while (e->ike[0].transforms_n < IK_TRANSFORMS_MAX) {
            add(&e->ike[0], IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0);
        }
        e->ike[0].transforms_n = (uint8_t)(IK_TRANSFORMS_MAX + more);
        more ? bad_peer(IK_FAULT_PROPOSAL) : good();
        for (unsigned i = 1; i < IK_TS_MAX; i++) {
            e->policy[0].ts_local[i] = e->policy[0].ts_local[0];
            e->policy[0].ts_remote[i] = e->policy[0].ts_remote[0];
        }
        e->policy[0].ts_local_n = (uint8_t)(IK_TS_MAX + more);
        e->policy[0].ts_remote_n = IK_TS_MAX;
        more ? bad_policy(IK_FAULT_TS_LOCAL) : good();
    }
}

/* The first one is told, in the order of the structs: node, peers, policies. */
Test(config, first_of_several)
{
    e->config.window = 33;
    e->peer[0].psk.len = 0;
    e->policy[0].mode = 2;
    bad(IK_FAULT_WINDOW);
    e->peer[0].psk.len = 0;
    e->policy[0].mode = 2;
    bad_peer(IK_FAULT_PSK);
}

/* Each has a text of its own. */
Test(config, texts)
{
    static const char *const texts[] = {
#define TEXT(id, text) text,
        IK_FAULTS(TEXT)
#undef TEXT
    };
    cr_assert_eq(sizeof texts / sizeof texts[0], IK_FAULT_N);
    for (unsigned i = 0; i < IK_FAULT_N; i++) {
        for (unsigned k = 0; k < i; k++) {
            cr_assert_str_neq(texts[i], texts[k]);
        }
    }
}
