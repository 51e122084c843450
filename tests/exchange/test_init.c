/* SPDX-License-Identifier: MIT */
/*
 * IKE_SA_INIT and IKE_AUTH between two nodes, and what links do to them (RFC 7296 1.2, 2.1 to 2.7).
 *
 *     A                              B
 *     HDR, SAi1, KEi, Ni      -->
 *                             <--    HDR, SAr1, KEr, Nr
 *     HDR, SK{IDi, AUTH, …}   -->
 *                             <--    HDR, SK{IDr, AUTH, …}
 */
#include "story.h"

#define INIT IK_EX_IKE_SA_INIT
#define AUTH IK_EX_IKE_AUTH

Test(init, both_ends_come_up_talk_and_hang_up)
{
    STORY(&plain, UP(A, 0), UP_BOTH, USAGE(A, 1, 1), USAGE(B, 1, 1),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0), TALK(0), DOWN_BOTH(A, B));
}

Test(init, a_second_up_changes_nothing)
{
    STORY(&plain, UP(A, 0), UP(A, 0), WAIT(5 * IK_MS), UP(A, 0), UP_BOTH, UP(A, 0), WAIT(IK_SECOND),
          SILENT(A), SILENT(B), USAGE(A, 1, 1), COUNT(A, IK_COUNT_IKE_SENT, 2), DOWN_BOTH(A, B));
}

/* RFC 4301 5.1: a packet that policy protects begins the negotiation, and is itself lost. */
Test(init, a_packet_begins_the_negotiation)
{
    STORY(&plain, SEND(A, 2, 64), DROPPED(A, IK_DROP_SPD_NO_SA, 2), UP_BOTH, DELIVERED(B, 0),
          TALK(0), DOWN_BOTH(B, A));
}

/* ---- one message lost ------------------------------------------------------------------------ */

Test(init, init_request_lost)
{
    STORY(&plain, DROP(A, INIT, REQUEST, FIRST), UP(A, 0), UP_BOTH,
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), COUNT(B, IK_COUNT_IKE_REANSWERED, 0), HITS(0, 1),
          TALK(0), DOWN_BOTH(A, B));
}

Test(init, init_response_lost)
{
    STORY(&plain, DROP(B, INIT, RESPONSE, FIRST), UP(A, 0), UP_BOTH,
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), COUNT(B, IK_COUNT_IKE_REANSWERED, 1), HITS(0, 1),
          USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
}

Test(init, auth_request_lost)
{
    STORY(&plain, DROP(A, AUTH, REQUEST, FIRST), UP(A, 0), UP_BOTH,
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), HITS(0, 1), TALK(0), DOWN_BOTH(A, B));
}

/* B is up and A is not: A's repeated request gets the kept answer. */
Test(init, auth_response_lost)
{
    STORY(&plain, DROP(B, AUTH, RESPONSE, FIRST), UP(A, 0), EXPECT(B, IK_EV_IKE_UP),
          EXPECT(B, IK_EV_CHILD_UP), SILENT(A), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          COUNT(B, IK_COUNT_IKE_REANSWERED, 1), TALK(0), DOWN_BOTH(B, A));
}

/* Each of the first two transmissions of each of the four messages is lost or not: 256 stories. */
Test(init, every_pattern_of_early_losses_ends_well)
{
    for (unsigned mask = 0; mask < 256; mask++) {
        struct story_step steps[16];
        size_t n = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            if ((mask >> bit & 1) == 0)
                continue;
            const struct story_step drop =
                DROP(bit & 1 ? B : A, bit & 2 ? AUTH : INIT, bit & 1, (uint16_t)(1 + bit / 4));
            steps[n++] = drop;
        }
        const struct story_step rest[] = {UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
                                          EXPECT(A, IK_EV_CHILD_UP), SILENT(A)};
        for (size_t i = 0; i < STEPS_N(rest); i++)
            steps[n++] = rest[i];
        cr_assert(story_pair(mask, &plain, steps, n), "losses %02x", mask);
    }
}

/* ---- one message twice, late, or again ------------------------------------------------------- */

Test(init, every_message_comes_twice)
{
    STORY(&plain, TWICE(A, INIT, REQUEST, EVERY), TWICE(B, INIT, RESPONSE, EVERY),
          TWICE(A, AUTH, REQUEST, EVERY), TWICE(B, AUTH, RESPONSE, EVERY), UP(A, 0), UP_BOTH,
          WAIT(60 * IK_SECOND), SILENT(A), SILENT(B), USAGE(A, 1, 1), USAGE(B, 1, 1),
          COUNT(A, IK_COUNT_IKE_SAS_UP, 1), COUNT(B, IK_COUNT_IKE_SAS_UP, 1), TALK(0),
          DOWN_BOTH(A, B));
}

/* The first copy overtaken by a retransmission, for each message in turn. */
Test(init, every_message_comes_late)
{
    for (int which = 0; which < 4; which++) {
        STORY(&plain,
              DELAY(which & 1 ? B : A, which & 2 ? AUTH : INIT, which & 1, FIRST, 1500 * IK_MS),
              UP(A, 0), UP_BOTH, WAIT(60 * IK_SECOND), SILENT(A), SILENT(B), USAGE(A, 1, 1),
              USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
    }
}

/* A very old request comes out of the net when all is long up: no second IKE SA stays. */
Test(init, old_init_request_after_up)
{
    STORY(&plain, HOLD(A, INIT, REQUEST, FIRST, 'x'), UP(A, 0), UP_BOTH, RELEASE('x'),
          WAIT(120 * IK_SECOND), SILENT(A), SILENT(B), USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
}

Test(init, old_init_response_after_up)
{
    STORY(&plain, HOLD(B, INIT, RESPONSE, FIRST, 'x'), UP(A, 0), UP_BOTH, RELEASE('x'),
          WAIT(120 * IK_SECOND), SILENT(A), SILENT(B), TALK(0), DOWN_BOTH(A, B));
}

Test(init, old_auth_messages_after_up)
{
    STORY(&plain, HOLD(A, AUTH, REQUEST, FIRST, 'x'), HOLD(B, AUTH, RESPONSE, FIRST, 'y'), UP(A, 0),
          UP_BOTH, RELEASE('x'), RELEASE('y'), WAIT(120 * IK_SECOND), SILENT(A), SILENT(B),
          COUNT(B, IK_COUNT_IKE_SAS_UP, 1), TALK(0), DOWN_BOTH(A, B));
}

/* And when all is long gone. */
Test(init, old_messages_after_down)
{
    STORY(&plain, HOLD(A, INIT, REQUEST, FIRST, 'x'), HOLD(B, INIT, RESPONSE, FIRST, 'x'),
          HOLD(A, AUTH, REQUEST, FIRST, 'x'), HOLD(B, AUTH, RESPONSE, FIRST, 'x'), UP(A, 0),
          UP_BOTH, DOWN_BOTH(A, B), RELEASE('x'), END_ALL, SILENT(A), SILENT(B));
}

/* ---- retransmission ------------------------------------------------------------------------- */

/* RFC 7296 2.4 with the default of 1 s that doubles up to 32 s and seven transmissions: at 0, 1, 3,
 * 7, 15, 31 and 63 s, given up at 95 s. */
Test(init, silent_peer)
{
    STORY(&plain, OFF(B), UP(A, 0), AT(999 * IK_MS), COUNT(A, IK_COUNT_IKE_SENT, 1), AT(IK_SECOND),
          COUNT(A, IK_COUNT_IKE_SENT, 2), AT(3 * IK_SECOND - 1), COUNT(A, IK_COUNT_IKE_SENT, 2),
          AT(3 * IK_SECOND), COUNT(A, IK_COUNT_IKE_SENT, 3), AT(7 * IK_SECOND),
          COUNT(A, IK_COUNT_IKE_SENT, 4), AT(15 * IK_SECOND), COUNT(A, IK_COUNT_IKE_SENT, 5),
          AT(31 * IK_SECOND), COUNT(A, IK_COUNT_IKE_SENT, 6), AT(63 * IK_SECOND),
          COUNT(A, IK_COUNT_IKE_SENT, 7), AT(95 * IK_SECOND - 1), SILENT(A),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), BY(95 * IK_SECOND),
          COUNT(A, IK_COUNT_IKE_SENT, 7), END_ALL);
}

Test(init, the_last_transmission_still_counts)
{
    for (int lost = 5; lost <= 7; lost++) {
        struct story_step steps[16];
        size_t n = 0;
        for (int i = 1; i <= lost; i++) {
            const struct story_step drop = DROP(A, INIT, REQUEST, (uint16_t)i);
            steps[n++] = drop;
        }
        const struct story_step up = UP(A, 0), good = EXPECT(A, IK_EV_IKE_UP),
                                bad = EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT);
        steps[n++] = up;
        steps[n++] = lost < 7 ? good : bad;
        cr_assert(story_pair(1, &plain, steps, n));
    }
}

/* B is up and A never hears it: A gives up; B learns nothing of it, and hangs up by itself. */
Test(init, every_auth_response_lost)
{
    STORY(&plain, DROP(B, AUTH, RESPONSE, EVERY), UP(A, 0), EXPECT(B, IK_EV_IKE_UP),
          EXPECT(B, IK_EV_CHILD_UP), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), SILENT(B),
          USAGE(A, 0, 0), USAGE(B, 1, 1), DOWN(B), EXPECT(B, IK_EV_CHILD_DOWN),
          EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

static void with_jitter(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.retransmit =
        (struct ik_retransmit){.initial = 2 * IK_SECOND, .tries = 2, .jitter_256 = 128};
}

/* Jitter shortens, by half at most, and not always by the same. */
Test(init, jitter_shortens_the_wait)
{
    ik_time least = IK_NEVER, most = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim *s = sim_new(&(struct sim_opts){.seed = seed});
        sim_pair_add(s, &(struct sim_pair){.tune = with_jitter});
        sim_node_off(s, B);
        sim_up(s, A, 0);
        while (sim_counted(s, A, IK_COUNT_IKE_RETRANSMITTED) == 0)
            cr_assert(sim_step(s));
        least = s->clock.now < least ? s->clock.now : least;
        most = s->clock.now > most ? s->clock.now : most;
        sim_free(s);
    }
    cr_assert(least >= IK_SECOND && most <= 2 * IK_SECOND);
    cr_assert(most - least > IK_SECOND / 2);
}

/* ---- cookies (2.6) -------------------------------------------------------------------------- */

static void cookie_always(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->config.cookie_above = 0;
}

/* "More than 0 half open": the first handshake hangs, the second is asked. */
Test(init, cookie_asked_while_others_are_half_open)
{
    const struct sim_pair p = {.tune = cookie_always};
    STORY(&p, HOLD(A, AUTH, REQUEST, FIRST, 'x'), UP(A, 0), WAIT(500 * IK_MS), USAGE(B, 1, 0),
          OFF(A), ON(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          COUNT(B, IK_COUNT_COOKIES_SENT, 1), WAIT(60 * IK_SECOND), USAGE(B, 1, 1), TALK(0),
          CLEAR_RULES, FORGET(B), DOWN_BOTH(A, B));
}

Test(init, cookie_and_losses)
{
    const struct sim_pair p = {.tune = cookie_always};
    for (int which = 0; which < 6; which++) {
        /* Messages of the second handshake: request, cookie, request with it, response, … */
        STORY(&p, HOLD(A, AUTH, REQUEST, FIRST, 'x'), UP(A, 0), WAIT(500 * IK_MS), OFF(A), ON(A),
              CLEAR_RULES,
              DROP(which & 1 ? B : A, which < 4 ? INIT : AUTH, which & 1,
                   (uint16_t)(which == 2 || which == 3 ? 2 : 1)),
              UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), HITS(0, 1), TALK(0),
              WAIT(60 * IK_SECOND), FORGET(B), DOWN_BOTH(A, B));
    }
}

/* ---- another group (1.2, 2.7) --------------------------------------------------------------- */

static const struct sim_pair regroup = {.ike_a = "aes128-sha256-ecp256-x25519",
                                        .ike_b = "aes128-sha256-x25519"};

Test(init, invalid_ke_payload, FULL)
{
    STORY(&regroup, UP(A, 0), UP_BOTH, COUNT(A, IK_COUNT_IKE_SENT, 3),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0), USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
}

Test(init, invalid_ke_payload_and_losses, FULL)
{
    for (int which = 0; which < 4; which++) {
        STORY(&regroup, DROP(which & 1 ? B : A, INIT, which & 1, (uint16_t)(1 + which / 2)),
              UP(A, 0), UP_BOTH, HITS(0, 1), TALK(0), DOWN_BOTH(A, B));
    }
}

Test(init, invalid_ke_payload_twice_and_late, FULL)
{
    STORY(&regroup, TWICE(B, INIT, RESPONSE, EVERY), TWICE(A, INIT, REQUEST, EVERY), UP(A, 0),
          UP_BOTH, WAIT(60 * IK_SECOND), USAGE(B, 1, 1), TALK(0), DOWN_BOTH(A, B));
    STORY(&regroup, HOLD(B, INIT, RESPONSE, FIRST, 'x'), UP(A, 0), UP_BOTH, RELEASE('x'),
          WAIT(60 * IK_SECOND), SILENT(A), TALK(0), DOWN_BOTH(A, B));
}

static void regroup_and_cookie(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->config.cookie_above = 0;
}

/* 2.6.1: both in one IKE_SA_INIT. */
Test(init, cookie_and_invalid_ke_payload, FULL)
{
    const struct sim_pair p = {.ike_a = "aes128-sha256-ecp256-x25519",
                               .ike_b = "aes128-sha256-x25519",
                               .tune = regroup_and_cookie};
    STORY(&p, HOLD(A, AUTH, REQUEST, FIRST, 'x'), UP(A, 0), WAIT(500 * IK_MS), OFF(A), ON(A),
          UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), WAIT(60 * IK_SECOND),
          USAGE(B, 1, 1), TALK(0), FORGET(B), DOWN_BOTH(A, B));
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* 2.21.1: nobody vouches for NO_PROPOSAL_CHOSEN, so A waits on before it believes it. */
Test(init, no_proposal_chosen, FULL)
{
    const struct sim_pair p = {.ike_a = "aes128-sha256-x25519", .ike_b = "aes256-sha512-ecp256"};
    STORY(&p, UP(A, 0), WAIT(500 * IK_MS), SILENT(A),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_NO_PROPOSAL), SILENT(B), END_ALL);
}

/* 3.3: an AEAD goes without an integrity algorithm, or with one named NONE; the answer has one
 * transform of each type that was proposed. */
static const struct ik_transform with_none[] = {
    {.type = IK_TT_ENCR, .id = IK_ENCR_AES_GCM_16, .key_bits = 128},
    {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
    {.type = IK_TT_INTEG, .id = IK_INTEG_NONE},
    {.type = IK_TT_DH, .id = IK_DH_X25519}};

static void request_with_none(struct sim *s)
{
    const struct ik_sa_item sa = {
        .number = 1, .protocol = IK_PROTO_IKE, .transforms_n = 4, .transforms = with_none};
    const struct ik_hdr hdr = {
        .spi_i = {1, 2}, .version = 0x20, .exchange = INIT, .flags = IK_FLAG_INITIATOR};
    const struct ik_path path = {.local = s->nodes[B]->opts.addr,
                                 .local_port = 500,
                                 .remote = s->nodes[A]->opts.addr,
                                 .remote_port = 500};
    uint8_t value[32] = {9}, buf[512];
    struct ik_chain c;

    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_sa_put(&c, &sa, 1);
    ik_ke_put(&c, &(struct ik_ke){.group = IK_DH_X25519, .data = {value, 32}});
    ik_nonce_put(&c, (struct ik_span){value, 32});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    sim_rx(s, B, &path, buf, c.w.len);
}

Test(init, aead_with_integrity_none)
{
    const struct sim_pair p = {.ike_a = "aes128gcm16-prfsha256-x25519"};
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1, .record_sent = true});
    struct ik_msg m;
    struct ik_wire_proposal w;
    struct ik_transform t;
    uint16_t at = 0, in = 0;

    sim_pair_add(s, &p);
    request_with_none(s);
    sim_run_for(s, IK_MS);
    cr_assert_gt(s->sent.len, 16);
    cr_assert_eq(ik_msg_parse((const uint8_t *)s->sent.p + 16, s->sent.len - 16, &m), IK_OK);
    cr_assert_not_null(ik_msg_find(&m, IK_PL_SA));
    cr_assert_eq(ik_sa_next(&ik_msg_find(&m, IK_PL_SA)->body, &at, &w), IK_OK);
    cr_assert_eq(w.transforms_n, 4);
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(ik_transform_next(&w, &in, &t), IK_OK);
        cr_assert_eq(t.type, with_none[i].type);
        cr_assert_eq(t.id, with_none[i].id);
    }
    sim_free(s);
}

Test(init, several_proposals, FULL)
{
    const struct sim_pair p = {
        .ike_a = "aes256-sha512-ecp384,chacha20poly1305-prfsha256-x25519,aes128-sha256-x25519",
        .ike_b = "aes128-sha256-x25519,aes128gcm16-prfsha256-x25519"};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* 2.4, 2.21.1: an error that nobody vouches for does not end a handshake. */
static void no_proposal(struct sim_dgram *d)
{
    struct ik_hdr hdr;
    struct ik_chain c;
    struct ik_notify n = {.type = IK_N_NO_PROPOSAL_CHOSEN};
    cr_assert_eq(ik_hdr_parse(d->data, d->len, &hdr), IK_OK);
    memset(hdr.spi_r, 0, sizeof hdr.spi_r);
    ik_msg_begin(&c, d->data, d->len, &hdr);
    ik_notify_put(&c, &n);
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    d->len = c.w.len;
}

Test(init, forged_refusal_before_the_true_response)
{
    STORY(&plain, EDIT(B, INIT, RESPONSE, FIRST, no_proposal), UP(A, 0), UP_BOTH, HITS(0, 1),
          DROPPED(A, IK_DROP_IKE_UNAUTHENTICATED, 1), TALK(0), DOWN_BOTH(A, B));
}

/* An answer that takes a proposal which nobody made (2.7): the number stands behind the headers of
 * message, payload and the first fields of the proposal. */
#define NUMBER_AT (28 + 4 + 4)

static uint8_t wrong_number;

static void renumber(struct sim_dgram *d)
{
    cr_assert_eq(d->data[NUMBER_AT], 1);
    d->data[NUMBER_AT] = wrong_number;
}

/* Behind the list stands another one that would fit. */
static void one_proposal(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->peers[0].proposals_n = 1;
}

Test(init, answer_to_a_proposal_never_made)
{
    const struct sim_pair p = {.ike_a = "aes128-sha256-x25519,aes128-sha256-x25519",
                               .ike_b = "aes128-sha256-x25519",
                               .tune = one_proposal};
    const uint8_t numbers[] = {0, 2, 3, 128, 255};
    for (size_t i = 0; i < sizeof numbers; i++) {
        wrong_number = numbers[i];
        STORY(&p, EDIT(B, INIT, RESPONSE, FIRST, renumber), UP(A, 0), UP_BOTH, HITS(0, 1), TALK(0),
              DOWN_BOTH(A, B));
    }
}

/* One bit wrong anywhere in the first message of B: A gets up nevertheless, or tells that it did
 * not; the invariants hold. */
Test(init, every_bit_of_the_init_response)
{
    unsigned up = 0;
    for (int bit = 0; bit < 8 * 200; bit += 7) {
        struct sim *s = sim_new(&(struct sim_opts){.seed = (uint64_t)bit});
        const struct story_step steps[] = {FLIP(B, INIT, RESPONSE, FIRST, bit), UP(A, 0),
                                           WAIT(200 * IK_SECOND)};
        sim_pair_add(s, &plain);
        cr_assert(story_run(s, &plain, steps, STEPS_N(steps)), "bit %d", bit);
        up += sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE);
        cr_assert_eq(sim_told_count(s, A, IK_EV_CHILD_UP, IK_WHY_NONE) +
                         sim_told_count(s, A, IK_EV_IKE_FAILED, IK_WHY_NONE),
                     1, "bit %d", bit);
        sim_free(s);
    }
    cr_assert_gt(up, 0);
}

/* ---- long messages (2: "MUST be able to … 1280 octets", "SHOULD … 3000") -------------------- */

#define CIPHERS "aes128-aes192-aes256-aes128ctr-aes192ctr-sha1-sha256-sha384-sha512"

static void long_nonces(struct sim_conf *a, struct sim_conf *b)
{
    a->config.nonce_len = b->config.nonce_len = 255;
}

static const struct sim_pair lengthy = {
    .ike_a = CIPHERS "-modp3072," CIPHERS "-modp3072-ecp256," CIPHERS "-modp3072-ecp384," CIPHERS
                     "-modp3072-ecp521," CIPHERS "-modp3072-x25519," CIPHERS "-modp3072-modp2048",
    .ike_b = "aes256-sha512-modp3072",
    .id_a = "a.example.org",
    .tune = long_nonces};

static uint16_t longest;

static void measure(void *ctx, const struct sim_dgram *d)
{
    (void)ctx;
    longest = d->len > longest ? d->len : longest;
}

static void measure_all(struct sim *s)
{
    longest = 0;
    s->net.tap = measure;
}

Test(init, messages_of_more_than_1280_octets, FULL)
{
    STORY(&lengthy, CALL(measure_all), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
    cr_assert_gt(longest, 1280);
}

/* A path that carries less: nothing comes back, and A says so. */
static void narrow_path(struct sim *s)
{
    s->nodes[A]->opts.link.mtu = 1280;
}

static void wide_path(struct sim *s)
{
    s->nodes[A]->opts.link.mtu = 0;
}

Test(init, message_longer_than_the_path, FULL)
{
    STORY(&lengthy, CALL(narrow_path), UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT),
          SILENT(B), CALL(wide_path), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* A request of exactly `len` octets, filled up by a Vendor ID (3.12). */
static void request_of(struct sim *s, size_t len)
{
    const struct ik_transform t[] = {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CBC, .key_bits = 128},
                                     {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
                                     {.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA2_256_128},
                                     {.type = IK_TT_DH, .id = IK_DH_X25519}};
    const struct ik_sa_item sa = {
        .number = 1, .protocol = IK_PROTO_IKE, .transforms_n = 4, .transforms = t};
    const struct ik_hdr hdr = {
        .spi_i = {1, 2}, .version = 0x20, .exchange = INIT, .flags = IK_FLAG_INITIATOR};
    const struct ik_path path = {.local = s->nodes[B]->opts.addr,
                                 .local_port = 500,
                                 .remote = s->nodes[A]->opts.addr,
                                 .remote_port = 500};
    static uint8_t value[IK_MSG_MAX + 1], buf[IK_MSG_MAX + 1];
    struct ik_chain c;

    value[0] = 9;
    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_sa_put(&c, &sa, 1);
    ik_ke_put(&c, &(struct ik_ke){.group = IK_DH_X25519, .data = {value, 32}});
    ik_nonce_put(&c, (struct ik_span){value, 32});
    ik_vendor_put(&c, (struct ik_span){value, (uint16_t)(len - c.w.len - 4)});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    cr_assert_eq(c.w.len, len);
    sim_rx(s, B, &path, buf, c.w.len);
}

static void longest_request(struct sim *s)
{
    request_of(s, IK_MSG_MAX);
}

static void too_long_request(struct sim *s)
{
    request_of(s, IK_MSG_MAX + 1);
}

/* B has to keep message 1 for AUTH: it takes what it can keep. */
Test(init, request_of_the_greatest_length)
{
    STORY(&plain, CALL(too_long_request), WAIT(IK_SECOND), USAGE(B, 0, 0),
          DROPPED(B, IK_DROP_IKE_NO_ROOM, 1), COUNT(B, IK_COUNT_IKE_SENT, 0), CALL(longest_request),
          WAIT(IK_SECOND), USAGE(B, 1, 0), COUNT(B, IK_COUNT_IKE_SENT, 1));
}

/* ---- cost ----------------------------------------------------------------------------------- */

static void costs(struct sim *s)
{
    for (uint16_t i = 0; i < s->nodes_n; i++) {
        const uint32_t *n = s->nodes[i]->core.env.meter.n;
        cr_assert_eq(n[IK_COST_X25519], 2);
        cr_assert_eq(n[IK_COST_P256] + n[IK_COST_MODP2048], 0);
        cr_assert(n[IK_COST_SHA256_BLOCK] > 50 && n[IK_COST_SHA256_BLOCK] < 500);
        cr_assert(n[IK_COST_AES128_BLOCK] > 20 && n[IK_COST_AES128_BLOCK] < 100);
        cr_assert(n[IK_COST_SHA1_BLOCK] >= 4 && n[IK_COST_SHA1_BLOCK] < 20, "NAT detection");
        cr_assert_eq(n[IK_COST_GHASH_BLOCK], 0, "no ESP yet");
    }
}

/* Each end multiplies twice: its public value and the shared secret. */
Test(init, what_a_handshake_costs)
{
    STORY(&plain, UP(A, 0), UP_BOTH, CALL(costs), TALK(0), DOWN_BOTH(A, B));
}

/* ---- both at once ---------------------------------------------------------------------------- */

static void both_call(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = ik_exchanges_all;
    b->peers[0].remote = a->peers[0].local;
}

/* Two IKE SAs are the result; both work, and both go. */
Test(init, both_call_at_once)
{
    const struct sim_pair p = {.tune = both_call};
    STORY(&p, UP(A, 0), UP(B, 0), WAIT(10 * IK_SECOND), TALK(0), USAGE(A, 2, 2), USAGE(B, 2, 2),
          FORGET(A), FORGET(B), DOWN(A), END_ALL);
}

Test(init, every_address_family)
{
    for (int i = 0; i < 4; i++) {
        const struct sim_pair p = {.v6 = i & 1, .inner6 = i & 2};
        STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(B, A));
    }
}

/* A slow part: its key generation and its shared secret take 1.2 s each, and B waits. */
Test(init, slow_initiator)
{
    const struct sim_pair p = {.cpu_a = &sim_cpu_msp430f1611};
    STORY(&p, UP(A, 0), UP_BOTH, BY(3 * IK_SECOND), COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0),
          TALK(0), DOWN_BOTH(A, B));
}

/* And a slow responder: A repeats itself meanwhile, and that changes nothing. */
Test(init, slow_responder)
{
    const struct sim_pair p = {.cpu_b = &sim_cpu_msp430f1611};
    STORY(&p, UP(A, 0), UP_BOTH, COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), USAGE(B, 1, 1), TALK(0),
          DOWN_BOTH(A, B));
}
