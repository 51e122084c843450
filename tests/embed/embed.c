/* SPDX-License-Identifier: MIT */
/*
 * Two nodes of the core in one program, joined by nothing but this loop. README.md shows this file, the tests run it.
 */
#include <stdio.h>
#include "ikelet/ikelet.h"

#define TEXT(s) {(const uint8_t *)(s), sizeof(s) - 1}
#define ADDR(n) {.family = 4, .b = {10, 0, 0, n}}
#define HOST(n) {.family = 4, .port_hi = 65535, .lo = {10, 0, 0, n}, .hi = {10, 0, 0, n}}

static const struct ik_proposal ike = {3, {{IK_TT_ENCR, IK_ENCR_AES_CCM_8, 128, false},
    {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false}, {IK_TT_DH, IK_DH_X25519, 0, false}}};
static const struct ik_proposal esp = {1, {{IK_TT_ENCR, IK_ENCR_AES_CCM_8, 128, false}}};

static struct ik_node node[2]; /* 0 opens the door, 1 is the gateway */
static ik_time now;

static void drive(int n)
{
    struct ik_effect fx;
    while (ik_node_poll(&node[n], now, &fx)) {
        if (fx.kind == IK_FX_EVENT)
            printf("node %d: event %d, reason %d\n", n, fx.event, fx.reason);
        if (fx.kind == IK_FX_JOB) { /* slow: another program runs it on a thread, or in slices */
            ik_job_run(fx.job);
            ik_node_job_done(&node[n], now, fx.job);
        }
        if (fx.kind == IK_FX_SEND) { /* another program calls sendto() here */
            uint8_t copy[IK_MSG_MAX + 4];
            for (uint16_t i = 0; i < fx.len; i++)
                copy[i] = fx.data[i];
            struct ik_pkt pkt = {copy, sizeof copy, 0, fx.len};
            struct ik_path back = {fx.path.carrier, fx.path.remote, fx.path.local,
                                   fx.path.remote_port, fx.path.local_port};
            ik_node_rx(&node[1 - n], now, &back, &pkt);
            drive(1 - n); /* pkt is the other node's until its poll answers false */
        }
    }
}

int main(void)
{
    static struct ik_ike_sa ike_sa[2]; /* pools: one SA for each node is enough here */
    static struct ik_child_sa child_sa[2];
    static const struct ik_peer peer[2] = {
        {.local = ADDR(1), .remote = ADDR(2), .local_id = {IK_ID_FQDN, TEXT("remote")},
         .remote_id = {IK_ID_FQDN, TEXT("gate")}, .psk = TEXT("secret"), .proposals = &ike, .proposals_n = 1},
        {.local = ADDR(2), .local_id = {IK_ID_FQDN, TEXT("gate")},
         .remote_id = {IK_ID_FQDN, TEXT("remote")}, .psk = TEXT("secret"), .proposals = &ike, .proposals_n = 1}};
    static const struct ik_policy policy[2] = {
        {.action = IK_PROTECT, .mode = IK_TRANSPORT, .ts_local_n = 1, .ts_remote_n = 1, .ts_local = {HOST(1)},
         .ts_remote = {HOST(2)}, .proposals = &esp, .proposals_n = 1},
        {.action = IK_PROTECT, .mode = IK_TRANSPORT, .ts_local_n = 1, .ts_remote_n = 1, .ts_local = {HOST(2)},
         .ts_remote = {HOST(1)}, .proposals = &esp, .proposals_n = 1}};
    static struct ik_config config[2];
    for (int n = 0; n < 2; n++) {
        config[n] = (struct ik_config){.crypto = &ik_crypto_portable, .peers = &peer[n], .peers_n = 1,
                                       .policies = &policy[n], .policies_n = 1, .responder = n == 1};
        struct ik_host host = {&ike_sa[n], &child_sa[n], 1, 1, (uint16_t)n, NULL, NULL};
        if (ik_node_init(&node[n], &config[n], &host, now) != IK_OK)
            return 1;
        ik_node_seed(&node[n], n ? "32 octets of entropy, as it were" : "take them from a real source !!!", 32);
    }
    ik_node_up(&node[0], now, 0);
    drive(0);
    return node[0].env.counters.count[IK_COUNT_CHILD_SAS_UP] == 1 ? 0 : 1;
}
