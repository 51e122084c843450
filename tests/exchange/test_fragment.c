/* SPDX-License-Identifier: MIT */
/* IKE messages in fragments (RFC 7383). */
#include "story.h"

#include "sim/node.h"

#define AUTH IK_EX_IKE_AUTH
#define CREATE IK_EX_CREATE_CHILD_SA

/* Eight proposals of many transforms: an IKE_AUTH request of some 1,350 octets. */
#define FAT                                                                                        \
    "aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes192-aes256-aes128ctr-aes192ctr-aes256ctr-aes128-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes256-aes128ctr-aes192ctr-aes256ctr-aes128-aes192-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes128ctr-aes192ctr-aes256ctr-aes128-aes192-aes256-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes192ctr-aes256ctr-aes128-aes192-aes256-aes128ctr-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes256ctr-aes128-aes192-aes256-aes128ctr-aes192ctr-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes128-aes192-aes256-aes128ctr-aes192ctr-aes256ctr-sha256-sha384-sha512-sha1-aesxcbc-"        \
    "aescmac,"                                                                                     \
    "aes192-aes256-aes128ctr-aes192ctr-aes256ctr-aes128-sha256-sha384-sha512-sha1-aesxcbc-aescmac"

static const struct sim_pair small = {
    .esp_a = "aes128gcm16,aes256gcm16,chacha20poly1305", .fragment_a = 200, .fragment_b = 200};
static const struct sim_pair fat = {.esp_a = FAT, .fragment_a = 576, .fragment_b = 576};

/* How many fragments an IKE_AUTH request and response of `small` have, and a request of `fat`. */
#define REQUESTS 3
#define RESPONSES 2
#define FAT_REQUESTS 3

/* ---- it works -------------------------------------------------------------------------------- */

Test(fragment, both_ways)
{
    STORY(&small, UP(A, 0), UP_BOTH, TALK(0), COUNT(A, IK_COUNT_FRAGMENTS_OUT, REQUESTS),
          COUNT(B, IK_COUNT_FRAGMENTS_IN, REQUESTS), COUNT(B, IK_COUNT_FRAGMENTS_OUT, RESPONSES),
          COUNT(A, IK_COUNT_FRAGMENTS_IN, RESPONSES), COUNT(A, IK_COUNT_REASSEMBLED, 1),
          COUNT(B, IK_COUNT_REASSEMBLED, 1), COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0),
          DOWN_BOTH(A, B));
}

/* What is small enough leaves whole: RFC 7383 2.4: "there is no point in fragmenting liveness check
 * messages". */
Test(fragment, only_what_is_too_large)
{
    const struct sim_pair p = {.fragment_a = 1280, .fragment_b = 1280};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), COUNT(A, IK_COUNT_FRAGMENTS_OUT, 0),
          COUNT(B, IK_COUNT_FRAGMENTS_OUT, 0), DOWN_BOTH(B, A));
    STORY(&fat, UP(A, 0), UP_BOTH, TALK(0), COUNT(A, IK_COUNT_FRAGMENTS_OUT, FAT_REQUESTS),
          COUNT(B, IK_COUNT_FRAGMENTS_OUT, 0), DOWN_BOTH(A, B));
}

/* Every kind of IV and ICV, over both families. */
Test(fragment, every_suite)
{
    static const char *const suites[] = {
        "aes128-sha256-x25519",         "aes256-sha512-x25519",
        "aes128gcm16-prfsha256-x25519", "aes128ccm8-prfsha256-x25519",
        "aes128ctr-sha256-x25519",      "chacha20poly1305-prfsha256-x25519",
        "aes128-aesxcbc-x25519"};
    for (size_t i = 0; i < 2 * sizeof suites / sizeof *suites; i++) {
        struct sim_pair p = small;
        p.ike_a = suites[i / 2];
        p.v6 = i % 2 == 1;
        STORY(&p, UP(A, 0), UP_BOTH, TALK(0), COUNT(B, IK_COUNT_REASSEMBLED, 1), DOWN_BOTH(A, B));
    }
}

Test(fragment, behind_nat)
{
    static const struct sim_nat_opts nat = {.keep_port = false};
    struct sim_pair p = small;
    p.nat_a = &nat;
    p.mtu = 200;
    p.ts_a = "10.1.0.0/24";
    STORY(&p, UP(A, 0), EXPECT(A, IK_EV_IKE_FAILED));
    p.mtu = 0;
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), COUNT(B, IK_COUNT_REASSEMBLED, 1), DOWN_BOTH(A, B));
}

/* ---- agreed on ------------------------------------------------------------------------------- */

/* Either both say that they take fragments, or none leaves. */
Test(fragment, only_if_both_say_so)
{
    static const struct sim_pair one_sided[] = {
        {.fragment_a = 200}, {.fragment_b = 200}, {.fragment_a = 0}};
    for (size_t i = 0; i < 3; i++)
        STORY(&one_sided[i], UP(A, 0), UP_BOTH, TALK(0), COUNT(A, IK_COUNT_FRAGMENTS_OUT, 0),
              COUNT(B, IK_COUNT_FRAGMENTS_OUT, 0), DOWN_BOTH(A, B));
}

/* Each cuts by its own size; and the responder no larger than what came (2.5.1). */
Test(fragment, sizes_of_their_own)
{
    struct sim_pair p = small, q = small;
    p.fragment_b = 1280;
    q.fragment_a = 1280;
    STORY(&p, UP(A, 0), UP_BOTH, COUNT(A, IK_COUNT_FRAGMENTS_OUT, REQUESTS),
          COUNT(B, IK_COUNT_FRAGMENTS_OUT, RESPONSES), DOWN_BOTH(A, B));
    STORY(&q, UP(A, 0), UP_BOTH, COUNT(A, IK_COUNT_FRAGMENTS_OUT, 0),
          COUNT(B, IK_COUNT_FRAGMENTS_OUT, RESPONSES), DOWN_BOTH(A, B));
}

/* ---- lost, twice, out of order, damaged ------------------------------------------------------ */

/* It takes another try of A's, and that is the same bytes: the spectator looks. */
Test(fragment, each_lost)
{
    for (uint16_t k = 1; k <= REQUESTS; k++)
        STORY(&small, DROP(A, AUTH, REQUEST, k), UP(A, 0), UP_BOTH, HITS(0, 1),
              COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), TALK(0), DOWN_BOTH(A, B));
    for (uint16_t k = 1; k <= RESPONSES; k++)
        STORY(&small, DROP(B, AUTH, RESPONSE, k), UP(A, 0), EXPECT(B, IK_EV_IKE_UP),
              EXPECT(B, IK_EV_CHILD_UP), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
              HITS(0, 1), COUNT(B, IK_COUNT_IKE_REANSWERED, 1), TALK(0), DOWN_BOTH(B, A));
}

/* What came of the first try is not asked for again: of the second, only what was lost counts. */
Test(fragment, what_came_is_kept)
{
    STORY(&small, DROP(A, AUTH, REQUEST, 2), DROP(A, AUTH, REQUEST, REQUESTS + 1),
          DROP(A, AUTH, REQUEST, REQUESTS + 3), UP(A, 0), UP_BOTH, HITS(0, 1), HITS(1, 1),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), TALK(0), DOWN_BOTH(A, B));
}

Test(fragment, each_twice)
{
    for (uint16_t k = 1; k <= REQUESTS; k++)
        STORY(&small, TWICE(A, AUTH, REQUEST, k), UP(A, 0), UP_BOTH, HITS(0, 1), TALK(0),
              COUNT(B, IK_COUNT_REASSEMBLED, 1), DOWN_BOTH(A, B));
    STORY(&small, TWICE(A, AUTH, REQUEST, EVERY), TWICE(B, AUTH, RESPONSE, EVERY), UP(A, 0),
          UP_BOTH, TALK(0), COUNT(B, IK_COUNT_REASSEMBLED, 1), COUNT(A, IK_COUNT_REASSEMBLED, 1),
          DOWN_BOTH(A, B));
}

Test(fragment, any_order)
{
    for (uint16_t k = 1; k <= REQUESTS; k++)
        STORY(&small, DELAY(A, AUTH, REQUEST, k, 300 * IK_MS), UP(A, 0), UP_BOTH, HITS(0, 1),
              COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0), TALK(0), DOWN_BOTH(A, B));
    STORY(&small, DELAY(A, AUTH, REQUEST, 1, 400 * IK_MS), DELAY(A, AUTH, REQUEST, 2, 200 * IK_MS),
          DELAY(B, AUTH, RESPONSE, 1, 100 * IK_MS), UP(A, 0), UP_BOTH,
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 0), TALK(0), DOWN_BOTH(A, B));
}

/* A damaged fragment is as good as lost; and the right one finds its place free. */
Test(fragment, every_octet_damaged)
{
    for (int octet = 0; octet < 150; octet += 2) {
        STORY(&small, FLIP(A, AUTH, REQUEST, 2, 8 * octet + octet % 8), UP(A, 0), UP_BOTH,
              COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), TALK(0), DOWN_BOTH(A, B));
        STORY(&small, FLIP(B, AUTH, RESPONSE, 1, 8 * octet + octet % 8), UP(A, 0),
              EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), TALK(0));
    }
}

/* RFC 7383 2.6.1: of a request that was answered, only fragment 1 asks for the response again. */
Test(fragment, only_the_first_asks_again)
{
    STORY(&small, DROP(B, AUTH, RESPONSE, 1), DROP(B, AUTH, RESPONSE, 2),
          DROP(A, AUTH, REQUEST, REQUESTS + 1), UP(A, 0), EXPECT(B, IK_EV_IKE_UP),
          EXPECT(B, IK_EV_CHILD_UP), WAIT(2 * IK_SECOND), COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1),
          COUNT(B, IK_COUNT_IKE_REANSWERED, 0), DROPPED(B, IK_DROP_IKE_FRAGMENT, REQUESTS - 1),
          EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), COUNT(B, IK_COUNT_IKE_REANSWERED, 1),
          TALK(0), DOWN_BOTH(A, B));
}

/* ---- forged ---------------------------------------------------------------------------------- */

/* The ICV is wrong. */
static void spoil(struct sim_dgram *d)
{
    d->data[d->len - 1] ^= 1;
}

static void nothing_taken(struct sim *s)
{
    if (sim_check_reassemblies(s->nodes[B]))
        sim_fail(s, "n1: a forged fragment has taken memory");
}

Test(fragment, forged_takes_no_memory)
{
    STORY(&small, EDIT(A, AUTH, REQUEST, EVERY, spoil), UP(A, 0), WAIT(2 * IK_SECOND),
          DROPPED(B, IK_DROP_IKE_INTEGRITY, 2 * REQUESTS), CALL(nothing_taken), CLEAR_RULES,
          UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

static void number_zero(struct sim_dgram *d)
{
    d->data[32] = d->data[33] = 0;
}

static void above_total(struct sim_dgram *d)
{
    d->data[33] = (uint8_t)(d->data[35] + 1);
}

static void too_many(struct sim_dgram *d)
{
    d->data[34] = 0xff;
}

/* RFC 7383 2.6: "If any of these tests fail, the message MUST be silently discarded." */
Test(fragment, impossible_numbers)
{
    STORY(&small, EDIT(A, AUTH, REQUEST, 2, number_zero), UP(A, 0), UP_BOTH,
          DROPPED(B, IK_DROP_IKE_SYNTAX, 1), TALK(0), DOWN_BOTH(A, B));
    STORY(&small, EDIT(A, AUTH, REQUEST, 2, above_total), UP(A, 0), UP_BOTH,
          DROPPED(B, IK_DROP_IKE_SYNTAX, 1), TALK(0), DOWN_BOTH(A, B));
    STORY(&small, EDIT(A, AUTH, REQUEST, 1, too_many), UP(A, 0), UP_BOTH,
          DROPPED(B, IK_DROP_IKE_NO_ROOM, 1), TALK(0), DOWN_BOTH(A, B));
}

/* Who has not agreed drops them, as anything that nobody expects. */
static void forget_agreement(struct sim *s)
{
    struct sim_node *b = s->nodes[B];
    for (uint16_t i = 0; i < b->opts.ike_sas; i++)
        b->ike_sas[i].route.fragment = 0;
}

Test(fragment, not_agreed_on)
{
    STORY(&small, HOLD(A, AUTH, REQUEST, EVERY, 'x'), UP(A, 0), WAIT(100 * IK_MS),
          CALL(forget_agreement), RELEASE('x'), WAIT(100 * IK_MS),
          DROPPED(B, IK_DROP_IKE_UNEXPECTED, REQUESTS), CALL(nothing_taken), SILENT(B));
}

Test(fragment, of_an_sa_that_is_gone)
{
    STORY(&small, HOLD(A, AUTH, REQUEST, EVERY, 'x'), UP(A, 0), WAIT(100 * IK_MS), OFF(B), ON(B),
          RELEASE('x'), WAIT(100 * IK_MS), DROPPED(B, IK_DROP_IKE_UNKNOWN_SPI, REQUESTS),
          CALL(nothing_taken), SILENT(B));
}

/* ---- the path takes less (2.5.2) ------------------------------------------------------------- */

/* Three tries by 1280 octets, then 576 ones get through; A goes on with these. */
Test(fragment, smaller_when_unanswered)
{
    const struct sim_pair p = {.esp_a = FAT, .fragment_a = 1400, .fragment_b = 1400, .mtu = 600};
    STORY(&p, UP(A, 0), UP_BOTH, TALK(0), BY(30 * IK_SECOND), COUNT(B, IK_COUNT_REASSEMBLED, 1),
          DOWN_BOTH(A, B));
}

/* Down both steps. */
Test(fragment, from_1400_by_1280_to_576)
{
    const struct sim_pair p = {.esp_a = FAT, .fragment_a = 1400, .fragment_b = 1400, .mtu = 1300};
    STORY(&p, UP(A, 0), UP_BOTH, COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 3), TALK(0), DOWN_BOTH(A, B));
}

/* It was whole, and too large for the path: it is opened again and cut. */
Test(fragment, whole_first)
{
    const struct sim_pair p = {.esp_a = FAT, .fragment_a = 1500, .fragment_b = 1500, .mtu = 1000};
    STORY(&p, UP(A, 0), UP_BOTH, COUNT(B, IK_COUNT_REASSEMBLED, 1), TALK(0), DOWN_BOTH(A, B));
}

/* ---- told by a router (2.5.2) ---------------------------------------------------------------- */

/* The first router says what it takes: nobody waits for three tries. */
Test(fragment, router_says_how_much_passes)
{
    static const uint16_t mtus[] = {1300, 1000, 576, 1300, 1281, 1280}; /* three of IPv6 */
    for (size_t i = 0; i < sizeof mtus / sizeof *mtus; i++) {
        const struct sim_pair p = {.esp_a = FAT,
                                   .fragment_a = 1400,
                                   .fragment_b = 1400,
                                   .mtu = mtus[i],
                                   .tells = true,
                                   .v6 = i >= 3};
        STORY(&p, UP(A, 0), UP_BOTH, BY(IK_SECOND), COUNT(A, IK_COUNT_TOO_BIG, 1),
              COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), COUNT(B, IK_COUNT_REASSEMBLED, 1), TALK(0),
              DOWN_BOTH(A, B));
    }
}

/* It says less than any path takes: not believed as it stands, and the usual tries go on. */
Test(fragment, router_says_less_than_there_is)
{
    const struct sim_pair p = {.esp_a = FAT,
                               .fragment_a = 1400,
                               .fragment_b = 1400,
                               .mtu = 600,
                               .v6 = true,
                               .tells = true};
    STORY(&p, UP(A, 0), UP_BOTH, BY(30 * IK_SECOND), COUNT(A, IK_COUNT_TOO_BIG, 1), TALK(0),
          DOWN_BOTH(A, B));
}

/* Fragments of two cuts meet: the larger total counts (2.6), and nothing of the smaller one is
 * mixed in. */
Test(fragment, two_cuts_meet)
{
    const struct sim_pair p = {.esp_a = FAT, .fragment_a = 1280, .fragment_b = 1280};
    STORY(&p, DROP(A, AUTH, REQUEST, 2), DROP(A, AUTH, REQUEST, 4),
          DELAY(A, AUTH, REQUEST, 6, 2 * IK_SECOND), DELAY(A, AUTH, REQUEST, 8, 4 * IK_SECOND),
          UP(A, 0), UP_BOTH, COUNT(B, IK_COUNT_REASSEMBLED, 1), TALK(0), DOWN_BOTH(A, B));
}

/* ---- rekeying -------------------------------------------------------------------------------- */

static void list_all(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.exchanges = ik_exchanges_all;
}

static void rekey_ike(struct sim *s)
{
    struct sim_node *n = s->nodes[A];
    for (uint16_t i = 0; i < n->opts.ike_sas; i++) {
        if (n->ike_sas[i].state == IK_IKE_UP) {
            sim_rekey_ike(s, A, i);
            return;
        }
    }
    sim_fail(s, "n0 has no IKE SA that is up");
}

/* A large group: CREATE_CHILD_SA takes several each way, by the old SA; and the new one goes on in
 * fragments without being told anew. */
Test(fragment, of_a_rekeying)
{
    struct sim_pair p = small;
    p.ike_a = "aes128-sha256-modp2048";
    p.tune = list_all;
    STORY(&p, UP(A, 0), UP_BOTH, CALL(rekey_ike), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED), FORGET(B), WAIT(IK_SECOND),
          CALL(rekey_ike), EXPECT(A, IK_EV_IKE_UP), EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED),
          WAIT(IK_SECOND), FORGET(B), COUNT(A, IK_COUNT_REASSEMBLED, 3),
          COUNT(B, IK_COUNT_REASSEMBLED, 3), TALK(0), CONVERGED, DOWN_BOTH(A, B));
}

Test(fragment, each_lost_of_a_rekeying)
{
    struct sim_pair p = small;
    p.ike_a = "aes128-sha256-modp2048";
    p.tune = list_all;
    for (uint16_t k = 1; k <= 4; k++)
        STORY(&p, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, k), DROP(B, CREATE, RESPONSE, k),
              CALL(rekey_ike), EXPECT(A, IK_EV_IKE_UP),
              EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED), FORGET(B), HITS(0, 1), HITS(1, 1),
              TALK(0), CONVERGED, DOWN_BOTH(A, B));
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* What never comes whole is forgotten, with nobody's help: the IKE SA lives on. */
Test(fragment, what_is_missing_is_given_up)
{
    struct sim_pair p = small;
    p.ike_a = "aes128-sha256-modp2048";
    p.tune = list_all;
    STORY(&p, UP(A, 0), UP_BOTH, DROP(A, CREATE, REQUEST, 1), CALL(rekey_ike), WAIT(100 * IK_MS),
          OFF(A), WAIT(61 * IK_SECOND), COUNT(B, IK_COUNT_REASSEMBLY_LOST, 1), CALL(nothing_taken),
          USAGE(B, 1, 1));
}

/* B has one place. */
static void one_place(struct sim *s)
{
    struct ik_node *b = &s->nodes[B]->core;
    b->host.reassemblies[b->reassembly_free].next = IK_NO_SLOT;
}

/* Somebody has said all but the end, and went away: his place is another's, two seconds later. */
Test(fragment, who_waits_longest_gives_way)
{
    STORY(&small, CALL(one_place), DROP(A, AUTH, REQUEST, 1), UP(A, 0), WAIT(100 * IK_MS), OFF(A),
          ON(A), UP(A, 0), WAIT(100 * IK_MS), DROPPED(B, IK_DROP_IKE_NO_ROOM, REQUESTS),
          EXPECT(B, IK_EV_NO_ROOM), WAIT(3 * IK_SECOND), COUNT(B, IK_COUNT_REASSEMBLY_LOST, 1),
          COUNT(B, IK_COUNT_REASSEMBLED, 1), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          TALK(0), FORGET(B), DOWN(A), WAIT(60 * IK_SECOND), USAGE(B, 0, 0));
}
