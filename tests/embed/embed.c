/* SPDX-License-Identifier: MIT */
/* clang-format off: README.md shows this file as it stands. */
/* Two nodes of the core in one program, joined by nothing but the loop in drive(). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ikelet/ikelet.h"

static struct ik_node node[2]; /* 0 is the remote that asks, 1 the gateway that answers */
static ik_time now;            /* stands still: everything here happens at once */

void ik_assert_failed(const char *file, int line)
{
    fprintf(stderr, "%s:%d: a bug of ikelet\n", file, line);
    abort();
}

static void drive(int n)
{
    struct ik_effect fx;
    while (ik_node_poll(&node[n], now, &fx)) {
        if (fx.kind == IK_FX_EVENT)
            printf("node %d: event %d, reason %d\n", n, fx.event, fx.reason);
        if (fx.kind == IK_FX_JOB) { /* slow: your program may use a thread, or slices */
            ik_job_run(fx.job);
            ik_node_job_done(&node[n], now, fx.job);
        }
        if (fx.kind == IK_FX_SEND) { /* your program calls sendto() here */
            uint8_t copy[IK_MSG_MAX + 4];
            struct ik_pkt pkt = {.buf = copy, .cap = sizeof copy, .len = fx.len};
            struct ik_path back = {fx.path->carrier, fx.path->remote, fx.path->local,
                                   fx.path->remote_port, fx.path->local_port};
            memcpy(copy, fx.data, fx.len);
            ik_node_rx(&node[1 - n], now, &back, &pkt);
            drive(1 - n);
        }
    }
}

int main(void)
{
    static const struct ik_proposal ike = {3, {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
                                               {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
                                               {.type = IK_TT_DH, .id = IK_DH_X25519}}};
    static const struct ik_proposal esp = {2, {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
                                               {.type = IK_TT_ESN, .id = IK_ESN_NO}}};
    static const char *const name[2] = {"remote", "gate"}, key[] = "a pre-shared key";
    static struct ik_peer peer[2]; /* what a node is told lives as long as the node */
    static struct ik_policy policy[2];
    static struct ik_config config[2];
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1}; /* is enough here */

    for (int n = 0; n < 2; n++) {
        struct ik_addr local = {4, {10, 0, 0, (uint8_t)(n + 1)}}, remote = {4, {10, 0, 0, (uint8_t)(2 - n)}};
        struct ik_ts mine = {.family = 4, .port_hi = 65535}, theirs = mine;
        memcpy(mine.lo, local.b, 4), memcpy(mine.hi, local.b, 4);
        memcpy(theirs.lo, remote.b, 4), memcpy(theirs.hi, remote.b, 4);
        peer[n] = (struct ik_peer){
            .local = local, .remote = remote, .proposals = &ike, .proposals_n = 1,
            .local_id = {IK_ID_FQDN, {(const uint8_t *)name[n], (uint16_t)strlen(name[n])}},
            .remote_id = {IK_ID_FQDN, {(const uint8_t *)name[1 - n], (uint16_t)strlen(name[1 - n])}},
            .psk = {(const uint8_t *)key, sizeof key - 1}};
        policy[n] = (struct ik_policy){
            .action = IK_PROTECT, .mode = IK_TRANSPORT, .proposals = &esp, .proposals_n = 1,
            .ts_local_n = 1, .ts_local = {mine}, .ts_remote_n = 1, .ts_remote = {theirs}};
        config[n] = (struct ik_config){
            .crypto = &ik_crypto_portable, .exchanges = n ? ik_exchanges_all : NULL,
            .peers = &peer[n], .peers_n = 1, .policies = &policy[n], .policies_n = 1};
        struct ik_host host = {0};
        ik_host_lay(&host, &sizes, malloc(ik_host_size(&sizes)));
        if (ik_node_init(&node[n], &config[n], &host, now) != IK_OK)
            return 1;
        ik_node_seed(&node[n], n ? "take 32 octets from a real source" : "or more; a string is no entropy !", 32);
    }
    ik_node_up(&node[0], now, 0);
    drive(0);
    return node[0].env.counters.count[IK_COUNT_CHILD_SAS_UP] == 1 ? 0 : 1;
}
