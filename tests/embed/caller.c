/* SPDX-License-Identifier: MIT */
/* A node that answers nobody: it calls, nobody answers, and it tells so. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ikelet/ikelet.h"

void ik_assert_failed(const char *file, int line)
{
    fprintf(stderr, "%s:%d: a bug of ikelet\n", file, line);
    abort();
}

static struct ik_node node;
static struct ik_peer peer;
static struct ik_policy policy;

static const struct ik_proposal ike = {
    3,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
     {.type = IK_TT_DH, .id = IK_DH_X25519}}};
static const struct ik_proposal esp = {
    2,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_ESN, .id = IK_ESN_NO}}};

static struct ik_span span(const char *s)
{
    return (struct ik_span){(const uint8_t *)s, (uint16_t)strlen(s)};
}

static void configure(struct ik_config *config)
{
    const struct ik_addr local = {4, {10, 0, 0, 1}}, remote = {4, {10, 0, 0, 2}};
    struct ik_ts mine = {.family = 4, .port_hi = 65535}, theirs = mine;
    memcpy(mine.lo, local.b, 4), memcpy(mine.hi, local.b, 4);
    memcpy(theirs.lo, remote.b, 4), memcpy(theirs.hi, remote.b, 4);
    /* 32 octets: also what prf(PSK, "Key Pad for IKEv2") would have */
    peer = (struct ik_peer){.local = local,
                            .remote = remote,
                            .proposals = &ike,
                            .proposals_n = 1,
                            .local_id = {IK_ID_FQDN, span("remote")},
                            .remote_id = {IK_ID_FQDN, span("gate")},
                            .psk = span("a pre-shared key of 32 octets ..")};
    policy = (struct ik_policy){.action = IK_PROTECT,
                                .mode = IK_TUNNEL,
                                .proposals = &esp,
                                .proposals_n = 1,
                                .ts_local_n = 1,
                                .ts_local = {mine},
                                .ts_remote_n = 1,
                                .ts_remote = {theirs}};
    *config = (struct ik_config){.crypto = &ik_crypto_portable,
                                 .peers = &peer,
                                 .peers_n = 1,
                                 .policies = &policy,
                                 .policies_n = 1};
}

/* Answers how many messages left until there was nothing to do. */
static unsigned drive(ik_time now)
{
    struct ik_effect fx;
    unsigned sent = 0;
    while (ik_node_poll(&node, now, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&node, now, fx.job);
        }
        if (fx.kind == IK_FX_EVENT) {
            printf("event %d, reason %d\n", fx.event, fx.reason);
        }
        sent += fx.kind == IK_FX_SEND;
    }
    return sent;
}

int main(void)
{
    static struct ik_config config;
    static const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1};
    struct ik_host host = {0};
    ik_time now = 0;
    unsigned sent = 0;
    configure(&config);
    ik_host_lay(&host, &sizes, malloc(ik_host_size(&sizes)));
    if (ik_node_init(&node, &config, &host, now) != IK_OK) {
        return 1;
    }
    ik_node_seed(&node, "take 32 octets from a real source", 32);
    ik_node_up(&node, now, 0);
    for (unsigned i = 0; i < 100 && now != IK_NEVER; i++) {
        sent += drive(now);
        now = ik_node_deadline(&node);
    }
    printf("sent %u times\n", sent);
    return sent > 1 ? 0 : 1;
}
