/* SPDX-License-Identifier: MIT */
/* Who may come in, and with which Child SA (RFC 7296 1.3, 2.7, 2.9, 2.15, 2.21.2). */
#include "story.h"

#define AUTH IK_EX_IKE_AUTH

/* ---- refused --------------------------------------------------------------------------------- */

Test(auth, wrong_key)
{
    const struct sim_pair p = {.psk_a = "a bad key"};
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), DROPPED(B, IK_DROP_IKE_AUTH, 1), END_ALL,
          SILENT(A), SILENT(B));
}

Test(auth, unknown_initiator)
{
    const struct sim_pair p = {.id_a = "c.example.org"};
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), END_ALL, SILENT(A), SILENT(B));
}

/* What an attacker sees of both: the same messages of the same lengths at the same moments. */
Test(auth, no_oracle_about_which)
{
    const struct sim_pair pairs[] = {{.psk_a = "a bad key"}, {.id_a = "c.example.org"}};
    struct sim_log seen[2];
    for (int i = 0; i < 2; i++) {
        struct sim *s = sim_new(&(struct sim_opts){.seed = 5, .record_sent = true});
        sim_pair_add(s, &pairs[i]);
        sim_up(s, A, 0);
        cr_assert(sim_run_idle(s, 600 * IK_SECOND), "%s", s->why);
        sim_log_init(&seen[i]);
        for (size_t at = 0; at + 16 <= s->sent.len;) {
            const uint8_t *head = (const uint8_t *)s->sent.p + at;
            sim_log_add(&seen[i], head, 16);
            at += 16u + ((size_t)head[14] << 8 | head[15]);
        }
        sim_free(s);
    }
    cr_assert_gt(seen[0].len, 0);
    cr_assert(sim_log_equal(&seen[0], &seen[1]));
    sim_log_free(&seen[0]);
    sim_log_free(&seen[1]);
}

/* B proves that it knows the key, but it is not who A wanted: A says so to B (2.21.2). */
Test(auth, wrong_responder)
{
    const struct sim_pair p = {.id_b = "c.example.org"};
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH), WAIT(60 * IK_SECOND),
          FORGET(B), USAGE(A, 0, 0), USAGE(B, 0, 0), END_ALL, SILENT(A), SILENT(B));
}

Test(auth, refusal_lost)
{
    const struct sim_pair p = {.psk_a = "a bad key"};
    STORY(&p, DROP(B, AUTH, RESPONSE, FIRST), UP(A, 0),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH), HITS(0, 1), END_ALL);
}

/* A damaged IKE_AUTH message is as good as lost: retransmission mends it. */
Test(auth, every_octet_of_the_request_damaged)
{
    for (int octet = 0; octet < 300; octet += 3) {
        STORY(&plain, FLIP(A, AUTH, REQUEST, FIRST, 8 * octet + octet % 8), UP(A, 0),
              EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), SILENT(A));
    }
}

Test(auth, every_octet_of_the_response_damaged)
{
    for (int octet = 0; octet < 250; octet += 3) {
        STORY(&plain, FLIP(B, AUTH, RESPONSE, FIRST, 8 * octet + octet % 8), UP(A, 0),
              EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), SILENT(A));
    }
}

/* ---- a key that is kept padded ----------------------------------------------------------------
 */

static const struct ik_prf *padded_by;
static const char *padded_secret;

/* What A keeps of the secret; B, or both ends of other keys, have it as it is. */
static void pad(struct sim_conf *c)
{
    uint8_t *out = sim_own(c->sim, IK_HASH_MAX);
    struct ik_span secret = {(const uint8_t *)padded_secret, (uint16_t)strlen(padded_secret)};
    ik_psk_pad(c->config.crypto, padded_by, secret, out);
    c->peers[0].psk = (struct ik_span){out, padded_by->key_len};
    c->peers[0].psk_prf = padded_by->id;
}

static void pad_a(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    pad(a);
}

static void pad_b(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    pad(b);
}

/* Secrets of 16 octets, of a block and on both sides of these: RFC 4615 3, RFC 2104 2. */
Test(auth, key_that_was_padded_before)
{
    static const char text[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const struct ik_prf *prf;
        const char *ike;
    } with[] = {{&ik_prf_aes128_cmac, "aes128ccm8-prfaescmac-x25519"},
                {&ik_prf_hmac_sha2_256, "aes128ccm8-prfsha256-x25519"}};
    static const size_t lengths[] = {1, 15, 16, 17, 63, 64, 65, 80};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        padded_secret = text + 80 - lengths[i];
        for (size_t w = 0; w < sizeof with / sizeof *with; w++) {
            const struct sim_pair p = {.ike_a = with[w].ike, .psk_b = padded_secret, .tune = pad_a};
            padded_by = with[w].prf;
            STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
        }
    }
}

Test(auth, key_that_was_padded_is_another)
{
    const struct sim_pair p = {.ike_a = "aes128ccm8-prfaescmac-x25519", .tune = pad_a};
    padded_by = &ik_prf_aes128_cmac;
    padded_secret = "a bad key";
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), END_ALL);
}

/* As responder there is no key in it. */
Test(auth, key_that_was_padded_is_for_who_calls)
{
    const struct sim_pair p = {
        .ike_a = "aes128ccm8-prfaescmac-x25519", .psk_a = "its key", .tune = pad_b};
    padded_by = &ik_prf_aes128_cmac;
    padded_secret = "its key";
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), END_ALL);
}

/* ---- identities ------------------------------------------------------------------------------ */

static const char *expect_of_b; /* what B wants A to be */

static void b_expects(struct sim_conf *a, struct sim_conf *b)
{
    cr_assert(
        host_id_parse(expect_of_b, b->ids[SIM_PEERS_MAX], SIM_ID_LEN, &b->peers[0].remote_id));
    a->peers[0].remote_id = (struct ik_id){0};
}

Test(auth, every_type_of_identity)
{
    const char *const ids[] = {"a.example.org", "user@example.org", "192.0.2.1", "2001:db8::1",
                               "keyid:0x00ff8001"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        const struct sim_pair p = {.id_a = ids[i], .id_b = ids[i], .tune = b_expects};
        expect_of_b = ids[i];
        STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
    }
}

/* The same octets as another type are somebody else. */
Test(auth, type_of_identity_counts)
{
    const struct sim_pair p = {.id_a = "keyid:a.example.org"};
    STORY(&p, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH), END_ALL);
}

/* ---- suites ---------------------------------------------------------------------------------- */

static void talk_with(const char *ike, const char *esp)
{
    const struct sim_pair p = {.ike_a = ike, .esp_a = esp};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

Test(auth, every_cipher_of_ike, FULL)
{
    const char *const encr[] = {
        "aes128-sha256",
        "aes192-sha256",
        "aes256-sha256",
        "aes128ctr-sha256",
        "aes192ctr-sha256",
        "aes256ctr-sha256",
        "aes128ccm8-prfsha256",
        "aes192ccm12-prfsha256",
        "aes256ccm16-prfsha256",
        "aes128gcm8-prfsha256",
        "aes192gcm12-prfsha256",
        "aes256gcm16-prfsha256",
        "aes128-sha1",
        "aes128-sha384",
        "aes128-sha512",
        "aes128-aesxcbc",
        "aes128-aescmac",
        "chacha20poly1305-prfsha256",
        "aes128gcm16-prfsha1",
        "aes128gcm16-prfsha384",
        "aes128gcm16-prfsha512",
        "aes128gcm16-prfaesxcbc",
        "aes128gcm16-prfaescmac",
    };
    for (size_t i = 0; i < sizeof encr / sizeof *encr; i++) {
        char suite[64];
        snprintf(suite, sizeof suite, "%s-x25519", encr[i]);
        talk_with(suite, NULL);
    }
}

Test(auth, every_group, FULL)
{
    const char *const groups[] = {"modp1024", "modp2048", "modp3072", "ecp256",
                                  "ecp384",   "ecp521",   "x25519"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        char suite[64];
        snprintf(suite, sizeof suite, "aes128-sha256-%s", groups[i]);
        talk_with(suite, NULL);
    }
}

Test(auth, every_cipher_of_esp, FULL)
{
    const char *const esp[] = {
        "null-sha256",       "null-sha1",     "null-aesxcbc",     "aes128-sha256",
        "aes192-sha384",     "aes256-sha512", "aes128ctr-sha256", "aes192ctr-sha1",
        "aes256ctr-aescmac", "aes128ccm8",    "aes192ccm12",      "aes256ccm16",
        "aes128gcm8",        "aes192gcm12",   "aes256gcm16",      "chacha20poly1305",
    };
    for (size_t i = 0; i < sizeof esp / sizeof *esp; i++)
        talk_with(NULL, esp[i]);
}

/* ---- the Child SA --------------------------------------------------------------------------- */

/* 1.3: an IKE_AUTH that fails only its Child SA leaves the IKE SA. */
Test(auth, no_esp_proposal_chosen, FULL)
{
    const struct sim_pair p = {.esp_a = "aes128gcm16", .esp_b = "aes256-sha512"};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_NO_PROPOSAL), EXPECT(B, IK_EV_IKE_UP),
          WAIT(IK_SECOND), USAGE(A, 1, 0), USAGE(B, 1, 0), FORGET(B), DOWN(A),
          EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

Test(auth, selectors_unacceptable)
{
    const struct sim_pair p = {.wide_a = "10.7.0.0/24"};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_TS),
          EXPECT(B, IK_EV_IKE_UP), FORGET(B), DOWN(A), EXPECT(A, IK_EV_IKE_DOWN),
          EXPECT(B, IK_EV_IKE_DOWN), END_ALL);
}

/* 2.9: B allows less than A asks for, and A can live with it. */
Test(auth, selectors_narrowed)
{
    const struct sim_pair p = {.ts_a = "10.1.0.0/16",
                               .ts_b = "10.0.0.0/8",
                               .wide_a = "10.1.0.0/24",
                               .wide_b = "10.2.0.0/24"};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* A packet that A's policy protects, but the narrowed SA does not take, stays at home. */
static void send_outside(struct sim *s)
{
    sim_traffic_send(
        s, A, &(struct sim_inner){.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "10.9.0.1")});
}

Test(auth, narrowed_selectors_hold)
{
    const struct sim_pair p = {.ts_b = "10.0.0.0/8", .wide_b = "10.2.0.0/24"};
    STORY(&p, UP(A, 0), UP_BOTH, CALL(send_outside), WAIT(IK_SECOND), DELIVERED(B, 0),
          COUNT(A, IK_COUNT_ESP_OUT, 0), TALK(0));
}

Test(auth, selectors_of_one_port)
{
    const struct sim_pair p = {.ts_a = "10.1.0.1[udp/7]", .ts_b = "10.2.0.1[udp/7]"};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

Test(auth, several_selectors, FULL)
{
    const struct sim_pair p = {.ts_a = "10.1.0.0/24,10.3.0.0/24",
                               .ts_b = "10.9.0.0/24,10.2.0.0/24",
                               .wide_a = "10.0.0.0/8",
                               .wide_b = "10.2.0.0/16"};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* ---- transport mode ------------------------------------------------------------------------- */

Test(auth, transport_mode)
{
    for (int v6 = 0; v6 < 2; v6++) {
        const struct sim_pair p = {.mode = IK_TRANSPORT, .v6 = v6};
        STORY(&p, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(B, A));
    }
}

/* 1.3.1: B does not echo USE_TRANSPORT_MODE; A insists on its policy and gives the Child SA up. */
Test(auth, transport_mode_declined)
{
    const struct sim_pair p = {.mode = IK_TRANSPORT, .mode_b_other = true};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_CHILD_FAILED, IK_WHY_MODE),
          WAIT(60 * IK_SECOND), USAGE(A, 1, 0), USAGE(B, 1, 0), FORGET(A), FORGET(B), DOWN(A),
          END_ALL);
}

/* And B, whose policy is transport mode, does not take a tunnel. */
Test(auth, tunnel_where_policy_says_transport)
{
    const struct sim_pair p = {.mode = IK_TUNNEL, .mode_b_other = true};
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_FAILED),
          WAIT(60 * IK_SECOND), USAGE(A, 1, 0), USAGE(B, 1, 0), FORGET(A), FORGET(B), DOWN(A),
          END_ALL);
}

/* ---- initial contact (2.4) ------------------------------------------------------------------ */

static void initial_contact(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->peers[0].initial_contact = true;
}

Test(auth, initial_contact_ends_the_old_sa)
{
    const struct sim_pair p = {.tune = initial_contact};
    STORY(&p, UP(A, 0), UP_BOTH, OFF(A), ON(A), FORGET(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), WAIT(IK_SECOND), USAGE(B, 1, 1), FORGET(B), TALK(0),
          DOWN_BOTH(A, B));
}

Test(auth, without_initial_contact_the_old_sa_stays)
{
    STORY(&plain, UP(A, 0), UP_BOTH, OFF(A), ON(A), FORGET(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), WAIT(IK_SECOND), USAGE(B, 2, 2), TALK(0));
}

/* A second policy with the same peer, for which A makes an IKE SA of its own. */
static void two_policies(struct sim_conf *a, struct sim_conf *b)
{
    initial_contact(a, b);
    sim_conf_policy(a, &(struct sim_policy_text){.ts_local = "10.3.0.0/24",
                                                 .ts_remote = "10.2.0.0/24",
                                                 .esp = "aes128gcm16"});
    sim_conf_policy(b, &(struct sim_policy_text){.ts_local = "10.2.0.0/24",
                                                 .ts_remote = "10.3.0.0/24",
                                                 .esp = "aes128gcm16"});
}

static const struct sim_pair two = {.tune = two_policies};

static void send_by_second(struct sim *s)
{
    sim_traffic_send(
        s, A, &(struct sim_inner){.src = sim_addr(s, "10.3.0.1"), .dst = sim_addr(s, "10.2.0.1")});
}

Test(auth, initial_contact_of_two_at_once)
{
    STORY(&two, UP(A, 0), UP(A, 1), WAIT(60 * IK_SECOND), USAGE(A, 2, 2), USAGE(B, 2, 2),
          CALL(send_by_second), WAIT(IK_SECOND), DELIVERED(B, 1), TALK_FROM(1, 0), DOWN(A),
          END_ALL);
}

/* Each of the messages of both handshakes comes late. */
Test(auth, initial_contact_of_two_overtaken)
{
    for (int which = 0; which < 8; which++) {
        STORY(&two,
              DELAY(which & 1 ? B : A, which & 2 ? AUTH : IK_EX_IKE_SA_INIT, which & 1,
                    (uint16_t)(1 + which / 4), 700 * IK_MS),
              UP(A, 0), WAIT(IK_MS), UP(A, 1), WAIT(60 * IK_SECOND), USAGE(A, 2, 2), USAGE(B, 2, 2),
              CALL(send_by_second), WAIT(IK_SECOND), DELIVERED(B, 1), TALK_FROM(1, 0), DOWN(A),
              END_ALL);
    }
}

/* One of them lost, and repeated when the other handshake is long done. */
Test(auth, initial_contact_of_two_with_a_loss)
{
    for (int which = 0; which < 8; which++) {
        STORY(&two,
              DROP(which & 1 ? B : A, which & 2 ? AUTH : IK_EX_IKE_SA_INIT, which & 1,
                   (uint16_t)(1 + which / 4)),
              UP(A, 0), WAIT(IK_MS), UP(A, 1), WAIT(60 * IK_SECOND), USAGE(A, 2, 2), USAGE(B, 2, 2),
              CALL(send_by_second), WAIT(IK_SECOND), DELIVERED(B, 1), TALK_FROM(1, 0), DOWN(A),
              END_ALL);
    }
}

/* B has the first up before A knows, when the second begins. */
Test(auth, initial_contact_of_two_while_an_answer_is_late)
{
    STORY(&two, HOLD(B, AUTH, RESPONSE, FIRST, 'x'), UP(A, 0), WAIT(200 * IK_MS), UP(A, 1),
          WAIT(200 * IK_MS), RELEASE('x'), WAIT(60 * IK_SECOND), USAGE(A, 2, 2), USAGE(B, 2, 2),
          CALL(send_by_second), WAIT(IK_SECOND), DELIVERED(B, 1), TALK_FROM(1, 0), DOWN(A),
          END_ALL);
}

/* Only the authenticated message counts: an INITIAL_CONTACT under a wrong key ends nothing. */

static void forget_key(struct sim *s)
{
    struct ik_config *c = (struct ik_config *)s->nodes[A]->opts.config;
    struct ik_peer *peer = (struct ik_peer *)c->peers;

    peer->psk.len--;
}

Test(auth, initial_contact_under_a_wrong_key_ends_nothing)
{
    const struct sim_pair p = {.tune = initial_contact};
    STORY(&p, UP(A, 0), UP_BOTH, OFF(A), CALL(forget_key), ON(A), UP(A, 0),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
          EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), WAIT(60 * IK_SECOND), SILENT(B),
          USAGE(B, 1, 1));
}
