/* SPDX-License-Identifier: MIT */
/* NAT on the way (RFC 7296 2.23, RFC 3948). */
#include "story.h"

static const struct sim_nat_opts box = {.idle_for = 60 * IK_SECOND};
static const struct sim_nat_opts lasting = {.idle_for = 0};
static const struct sim_nat_opts keeping = {.keep_port = true};
static const struct sim_nat_opts symmetric = {.per_remote = true};
static const struct sim_pair behind = {.nat_a = &box};

/* Were all IKE messages but those of IKE_SA_INIT, and all ESP, in UDP on port 4500? */
static void watch(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    sim_view(d, &v);
    if (v.kind == SIM_ESP || (v.kind == SIM_IKE && v.hdr.exchange != IK_EX_IKE_SA_INIT)) {
        if (d->path.carrier != IK_CARRIER_UDP4500)
            sim_fail(ctx, "a message behind NAT does not go by port 4500");
    }
}

static void watch_ports(struct sim *s)
{
    s->net.tap = watch;
    s->net.tap_ctx = s;
}

Test(nat, initiator_behind_nat_moves_to_4500)
{
    STORY(&behind, CALL(watch_ports), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

Test(nat, every_kind_of_box)
{
    const struct sim_nat_opts *boxes[] = {&lasting, &keeping, &symmetric};
    for (int i = 0; i < 3; i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            const struct sim_pair p = {.nat_a = boxes[i], .v6 = v6};
            STORY(&p, CALL(watch_ports), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(B, A));
        }
    }
}

/* Without NAT nothing moves: ESP is IP protocol 50. */
static void watch_none(void *ctx, const struct sim_dgram *d)
{
    if (d->path.carrier == IK_CARRIER_UDP4500)
        sim_fail(ctx, "port 4500 without NAT");
}

static void watch_no_natt(struct sim *s)
{
    s->net.tap = watch_none;
    s->net.tap_ctx = s;
}

Test(nat, no_nat_no_move)
{
    STORY(&plain, CALL(watch_no_natt), UP(A, 0), UP_BOTH, TALK(0), WAIT(300 * IK_SECOND),
          DOWN_BOTH(A, B));
}

static void force(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->peers[0].force_natt = true;
}

Test(nat, forced)
{
    const struct sim_pair p = {.tune = force};
    STORY(&p, CALL(watch_ports), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* All that a handshake may leave out: 690 octets with strongSwan, and here with ourselves. */
static void few_octets(struct sim_conf *a, struct sim_conf *b)
{
    static const uint8_t names[2] = {'r', 'g'};
    struct sim_conf *const ends[2] = {a, b};
    for (unsigned i = 0; i < 2; i++) {
        ends[i]->config.nonce_len = 16;
        ends[i]->peers[0].no_nat = ends[i]->peers[0].no_idr = true;
        ends[i]->peers[0].local_id = (struct ik_id){IK_ID_KEY_ID, {&names[i], 1}};
        ends[i]->peers[0].remote_id = (struct ik_id){IK_ID_KEY_ID, {&names[!i], 1}};
#if IK_FRAGMENT
        ends[i]->peers[0].fragment = 0;
#endif
    }
}

static const struct sim_pair brief = {
    .ike_a = "aes128ccm8-prfaescmac-x25519", .esp_a = "aes128ccm8", .v6 = true, .tune = few_octets};
static unsigned octets;

static void count_octets(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    watch_none(ctx, d);
    sim_view(d, &v);
    if (v.kind == SIM_IKE)
        octets += d->len;
}

static void watch_octets(struct sim *s)
{
    octets = 0;
    s->net.tap = count_octets;
    s->net.tap_ctx = s;
}

static void few(struct sim *s)
{
    if (octets != 588)
        sim_fail(s, "a handshake of %u octets is not brief", octets);
}

Test(nat, nobody_looks_for_one)
{
    STORY(&brief, CALL(watch_octets), UP(A, 0), UP_BOTH, CALL(few), TALK(0), DOWN_BOTH(A, B));
}

/* A box before B that lets in what comes to ports 500 and 4500. */
static void open_ports(struct sim *s)
{
    const uint16_t ports[] = {500, 4500};

    for (int i = 0; i < 2; i++) {
        struct ik_path p = {.local = s->nodes[B]->opts.addr,
                            .local_port = ports[i],
                            .remote = {4, {198, 51, 100, 1}},
                            .remote_port = 9};
        sim_nat_out(s->nats[0], 0, &p);
    }
}

Test(nat, responder_behind_nat)
{
    const struct sim_pair p = {.nat_b = &keeping};
    STORY(&p, CALL(open_ports), CALL(watch_ports), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* ---- keepalives (RFC 3948 section 4) -------------------------------------------------------- */

/* One each 20 s of silence; they hold the mapping of a box that forgets after 60 s. */
Test(nat, keepalives_hold_the_mapping)
{
    STORY(&behind, UP(A, 0), UP_BOTH, WAIT(201 * IK_SECOND), DROPPED(B, IK_DROP_RX_KEEPALIVE, 10),
          SEND(B, 1, 100), WAIT(IK_SECOND), DELIVERED(A, 1), DOWN_BOTH(A, B));
}

/* Who talks needs none. */
static void talk_on(struct sim *s)
{
    for (int i = 0; i < 30; i++) {
        sim_pair_send(s, &behind, A, 64);
        sim_run_for(s, 10 * IK_SECOND);
    }
}

Test(nat, no_keepalive_while_talking)
{
    STORY(&behind, UP(A, 0), UP_BOTH, CALL(talk_on), DELIVERED(B, 30),
          DROPPED(B, IK_DROP_RX_KEEPALIVE, 0));
}

static void rare(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.keepalive = 50 * IK_SECOND;
}

Test(nat, keepalive_interval_is_configured)
{
    const struct sim_pair p = {.nat_a = &box, .tune = rare};
    STORY(&p, UP(A, 0), UP_BOTH, WAIT(210 * IK_SECOND), DROPPED(B, IK_DROP_RX_KEEPALIVE, 4));
}

static void never(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.keepalive = 1000 * IK_SECOND;
}

/* Nobody keeps the mapping: B's packets are lost, until A speaks. */
Test(nat, mapping_times_out)
{
    const struct sim_pair p = {.nat_a = &box, .tune = never};
    STORY(&p, UP(A, 0), UP_BOTH, WAIT(100 * IK_SECOND), SEND(B, 1, 100), WAIT(IK_SECOND),
          DELIVERED(A, 0), SEND(A, 1, 100), WAIT(IK_SECOND), DELIVERED(B, 1), SEND(B, 1, 100),
          WAIT(IK_SECOND), DELIVERED(A, 1), DOWN_BOTH(A, B));
}

/* ---- another mapping ------------------------------------------------------------------------ */

/* 2.23: answers and what follows go to "the address and port from the last valid authenticated
 * packet". */

Test(nat, box_reboots_and_esp_leads_the_way)
{
    const struct sim_pair p = {.nat_a = &lasting};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), NAT_REBOOT(0), SEND(B, 1, 100), WAIT(IK_SECOND),
          DELIVERED(A, 1), SEND(A, 1, 100), WAIT(IK_SECOND), DELIVERED(B, 2), SEND(B, 1, 100),
          WAIT(IK_SECOND), DELIVERED(A, 2), DOWN_BOTH(B, A));
}

Test(nat, box_reboots_and_ike_leads_the_way)
{
    const struct sim_pair p = {.nat_a = &lasting};
    STORY(&p, UP(A, 0), UP_BOTH, NAT_REBOOT(0), DOWN_BOTH(A, B));
}

Test(nat, box_reboots_between_init_and_auth)
{
    const struct sim_pair p = {.nat_a = &lasting};
    STORY(&p, UP(A, 0), WAIT(25 * IK_MS), NAT_REBOOT(0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

Test(nat, box_reboots_before_the_auth_response)
{
    const struct sim_pair p = {.nat_a = &lasting};
    STORY(&p, UP(A, 0), WAIT(55 * IK_MS), NAT_REBOOT(0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* A packet that somebody repeats from elsewhere does not lead B astray. */
static struct ik_path heard_path;
static uint8_t heard[2048];
static uint16_t heard_len;

static void hear(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    (void)ctx;
    sim_view(d, &v);
    if (v.kind != SIM_ESP || d->to != B)
        return;
    heard_path = (struct ik_path){.carrier = d->path.carrier,
                                  .local = d->path.remote,
                                  .local_port = d->path.remote_port,
                                  .remote = {4, {203, 0, 113, 66}},
                                  .remote_port = 6666};
    heard_len = d->len;
    memcpy(heard, d->data, d->len);
}

static void hear_esp(struct sim *s)
{
    s->net.tap = hear;
}

static void repeat_from_elsewhere(struct sim *s)
{
    cr_assert_gt(heard_len, 0);
    sim_rx(s, B, &heard_path, heard, heard_len);
}

Test(nat, replay_from_elsewhere_changes_no_path)
{
    const struct sim_pair p = {.nat_a = &lasting};
    STORY(&p, UP(A, 0), UP_BOTH, CALL(hear_esp), TALK(0), CALL(repeat_from_elsewhere),
          DROPPED(B, IK_DROP_ESP_REPLAY, 1), TALK(1), DOWN_BOTH(B, A));
}

/* ---- transport mode (2.23.1) ---------------------------------------------------------------- */

Test(nat, transport_mode_behind_nat)
{
    const struct sim_pair p = {.nat_a = &lasting, .mode = IK_TRANSPORT};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* ---- losses --------------------------------------------------------------------------------- */

Test(nat, each_message_lost_once)
{
    for (int which = 0; which < 4; which++) {
        STORY(&behind,
              DROP(which & 1 ? B : A, which & 2 ? IK_EX_IKE_AUTH : IK_EX_IKE_SA_INIT, which & 1,
                   FIRST),
              CALL(watch_ports), UP(A, 0), UP_BOTH, HITS(0, 1), TALK(0), DOWN_BOTH(A, B));
    }
}

Test(nat, invalid_ke_payload_behind_nat, FULL)
{
    const struct sim_pair p = {.nat_a = &symmetric,
                               .ike_a = "aes128-sha256-ecp256-x25519",
                               .ike_b = "aes128-sha256-x25519"};
    STORY(&p, CALL(watch_ports), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}
