/* SPDX-License-Identifier: MIT */
/*
 * The smallest useful end point: an RFC 7815 initiator with one peer, one policy and one suite
 * (AES-128-CCM-8, HMAC-SHA2-256, X25519), with pools for one IKE SA and one Child SA. It is never
 * run: footprint.py links it to see which sections of the core such a program takes, and how much
 * memory its node and pools need.
 */
#include "ikelet/ikelet.h"

static const struct ik_encr *const encr[] = {&ik_encr_aes_ccm_8_128, NULL};
static const struct ik_prf *const prf[] = {&ik_prf_hmac_sha2_256, NULL};
static const struct ik_integ *const integ[] = {NULL};
static const struct ik_dh *const dh[] = {&ik_dh_x25519, NULL};

static const struct ik_crypto crypto = {
    .aes_ctrcbc = &br_aes_small_ctrcbc_vtable,
    .sha1 = &br_sha1_vtable,
    .sha256 = &br_sha256_vtable,
    .ec_x25519 = &br_ec_c25519_i15,
    .encr = encr,
    .prf = prf,
    .integ = integ,
    .dh = dh,
};

static const struct ik_proposal ike_proposal = {
    .transforms_n = 3,
    .transforms = {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
                   {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
                   {.type = IK_TT_DH, .id = IK_DH_X25519}},
};
static const struct ik_proposal esp_proposal = {
    .transforms_n = 2,
    .transforms = {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
                   {.type = IK_TT_ESN, .id = IK_ESN_NO}},
};
static const struct ik_peer peer = {
    .remote = {.family = 6, .b = {0xfe, 0x80, [15] = 1}},
    .local_id = {IK_ID_KEY_ID, {(const uint8_t *)"r1", 2}},
    .remote_id = {IK_ID_KEY_ID, {(const uint8_t *)"gw", 2}},
    .psk = {(const uint8_t *)"a good key", 10},
    .proposals = &ike_proposal,
    .proposals_n = 1,
};
static const struct ik_policy policy = {
    .action = IK_PROTECT,
    .ts_local_n = 1,
    .ts_remote_n = 1,
    .ts_local = {{.family = 6, .port_hi = 65535, .lo = {0xfd, [15] = 1}, .hi = {0xfd, [15] = 1}}},
    .ts_remote = {{.family = 6, .port_hi = 65535, .lo = {0xfd, [15] = 2}, .hi = {0xfd, [15] = 2}}},
    .proposals = &esp_proposal,
    .proposals_n = 1,
};
static const struct ik_config config = {
    .crypto = &crypto, .peers = &peer, .peers_n = 1, .policies = &policy, .policies_n = 1};

/* Not static: their symbols tell what they take. */
struct ik_node ram_node;
struct ik_ike_sa ram_ike_sa[1];
struct ik_child_sa ram_child_sa[1];
struct ik_handshake ram_handshake[1];
struct ik_task ram_task[2];
struct ik_buffer ram_buffer[2];

/* What a radio and an application would say. */
extern volatile ik_time now;
extern struct ik_pkt *packet_in(struct ik_path *path);
extern struct ik_pkt *packet_out(void);
extern void carry_out(const struct ik_effect *fx);
extern void sleep_until(ik_time at);
extern const uint8_t entropy[32];

void entry(void);

void entry(void)
{
    const struct ik_host host = {.ike_sas = ram_ike_sa,
                                 .child_sas = ram_child_sa,
                                 .handshakes = ram_handshake,
                                 .tasks = ram_task,
                                 .buffers = ram_buffer,
                                 .ike_sas_n = 1,
                                 .child_sas_n = 1,
                                 .handshakes_n = 1,
                                 .tasks_n = 2,
                                 .buffers_n = 2};
    struct ik_path path;
    struct ik_pkt *pkt;

    if (ik_node_init(&ram_node, &config, &host, now) != IK_OK) {
        return;
    }
    ik_node_seed(&ram_node, entropy, sizeof entropy);
    ik_node_up(&ram_node, now, 0);
    for (;;) {
        struct ik_effect fx;
        while (ik_node_poll(&ram_node, now, &fx)) {
            if (fx.kind == IK_FX_JOB) {
                ik_job_run(fx.job);
                ik_node_job_done(&ram_node, now, fx.job);
            }
            carry_out(&fx);
        }
        sleep_until(ik_node_deadline(&ram_node));
        if ((pkt = packet_in(&path)) != NULL) {
            ik_node_rx(&ram_node, now, &path, pkt);
        } else if ((pkt = packet_out()) != NULL) {
            ik_node_tx(&ram_node, now, pkt);
        } else {
            ik_node_down(&ram_node, now, 0);
        }
    }
}
