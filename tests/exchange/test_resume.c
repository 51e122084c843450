/* SPDX-License-Identifier: MIT */
/* Session resumption (RFC 5723): a remote that lost its IKE SA comes back by a ticket. */
#include "story.h"

#include <string.h>

#include "sim/node.h"

#if IK_RESUME

#define INIT IK_EX_IKE_SA_INIT
#define RESUME IK_EX_IKE_SESSION_RESUME
#define AUTH IK_EX_IKE_AUTH

static bool by_reference;
static uint32_t lasts;

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    a->config.exchanges = ik_exchanges_all;
    a->peers[0].resume = true;
    b->config.ticket_s = lasts;
    b->config.ticket_by_reference = by_reference;
}

static const struct sim_pair pair = {.tune = tune};

static void set(bool reference)
{
    by_reference = reference;
    lasts = 3600;
}

/* How many IKE_SA_INIT requests A has sent since it is on, by jobs: one a key exchange and half. */
#define NO_KEY_EXCHANGE(n) COUNT(n, IK_COUNT_JOBS, 0)

/* A is without power, and comes back: B finds its old IKE SA replaced. */
#define LOST OFF(A), FORGET(A), WAIT(IK_SECOND), ON(A)
#define RESUMED                                                                                    \
    EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),                                            \
        EXPECT_WHY(B, IK_EV_CHILD_DOWN, IK_WHY_REPLACED),                                          \
        EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REPLACED), EXPECT(B, IK_EV_IKE_UP),                   \
        EXPECT(B, IK_EV_CHILD_UP)

/* ---- resumed --------------------------------------------------------------------------------- */

Test(resume, without_a_key_exchange)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&pair, UP(A, 0), UP_BOTH, TALK(0), LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A),
              USAGE(B, 1, 1), CONVERGED, TALK(1), DOWN_BOTH(A, B));
    }
}

/* Each resumption brings the next ticket. */
Test(resume, again_and_again)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&pair, UP(A, 0), UP_BOTH, LOST, UP(A, 0), RESUMED, LOST, UP(A, 0), RESUMED, LOST,
              UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0), DOWN_BOTH(A, B));
    }
}

/* ---- after a rekeying ------------------------------------------------------------------------ */

static void list_all(struct sim_conf *a, struct sim_conf *b)
{
    tune(a, b);
    a->config.exchanges = b->config.exchanges = ik_exchanges_all;
}

static const struct sim_pair renewing = {.tune = list_all};

static void rekey_ike(struct sim *s, uint16_t node)
{
    for (uint16_t i = 0; i < s->nodes[node]->opts.ike_sas; i++) {
        if (s->nodes[node]->ike_sas[i].state == IK_IKE_UP) {
            sim_rekey_ike(s, node, i);
            return;
        }
    }
    sim_fail(s, "n%u has no IKE SA that is up", node);
}

static void rekey_a(struct sim *s)
{
    rekey_ike(s, A);
}

static void rekey_b(struct sim *s)
{
    rekey_ike(s, B);
}

#define REKEYED(n) EXPECT(n, IK_EV_IKE_UP), EXPECT_WHY(n, IK_EV_IKE_DOWN, IK_WHY_REKEYED)

/* 6.2: the ticket of before is worth nothing, and there is another one, whoever rekeys; and again.
 */
Test(resume, after_a_rekeying)
{
    for (unsigned how = 0; how < 4; how++) {
        void (*const rekey)(struct sim *) = how & 1 ? rekey_a : rekey_b;
        set(how & 2);
        STORY(&renewing, UP(A, 0), UP_BOTH, CALL(rekey), REKEYED(A), REKEYED(B), WAIT(IK_SECOND),
              LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0), CALL(rekey), REKEYED(A),
              REKEYED(B), CALL(rekey), REKEYED(A), REKEYED(B), WAIT(IK_SECOND), LOST, UP(A, 0),
              RESUMED, NO_KEY_EXCHANGE(A), TALK(1), CONVERGED, DOWN_BOTH(A, B));
    }
}

/* Both at once: of the two new ones, that which stays. */
Test(resume, after_crossing_rekeyings)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&renewing, UP(A, 0), UP_BOTH, CALL(rekey_a), CALL(rekey_b), WAIT(60 * IK_SECOND),
              FORGET(A), FORGET(B), LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0), CONVERGED,
              DOWN_BOTH(A, B));
    }
}

/* Requests and responses of INFORMATIONAL that are lost, each: the ticket comes all the same. */
Test(resume, after_a_rekeying_with_losses)
{
    for (uint16_t k = 1; k <= 4; k++) {
        for (int16_t response = 0; response < 2; response++) {
            set(false);
            STORY(&renewing, UP(A, 0), UP_BOTH, CALL(rekey_a),
                  RULE(response ? B : A, IK_EX_INFORMATIONAL, response, k, .act = SIM_DROP),
                  REKEYED(A), EXPECT(B, IK_EV_IKE_UP), WAIT(30 * IK_SECOND), FORGET(A), FORGET(B),
                  LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0), CONVERGED, DOWN_BOTH(A, B));
        }
    }
}

/* Who gave none is not asked again. */
Test(resume, none_after_a_rekeying_of_who_gave_none)
{
    lasts = 0;
    STORY(&renewing, UP(A, 0), UP_BOTH, TWICE(A, IK_EX_INFORMATIONAL, REQUEST, EVERY),
          CALL(rekey_a), REKEYED(A), REKEYED(B), WAIT(10 * IK_SECOND), HITS(0, 1), /* the Delete */
          CLEAR_RULES, DOWN_BOTH(A, B));
}

Test(resume, begun_by_a_packet)
{
    set(false);
    STORY(&pair, UP(A, 0), UP_BOTH, LOST, SEND(A, 1, 100), RESUMED, NO_KEY_EXCHANGE(A), TALK(0),
          DOWN_BOTH(A, B));
}

Test(resume, behind_a_box)
{
    static const struct sim_nat_opts nat = {0};
    const struct sim_pair p = {.tune = tune, .nat_a = &nat};
    set(false);
    STORY(&p, UP(A, 0), UP_BOTH, LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0),
          DOWN_BOTH(A, B));
}

Test(resume, by_every_prf, FULL)
{
    static const char *const suites[] = {
        "aes128-sha1-modp1024", "aes256-sha384-x25519", "aes256gcm16-prfsha512-x25519",
        "aes128gcm16-prfaesxcbc-x25519", "aes128gcm16-prfaescmac-x25519"};
    for (size_t i = 0; i < STEPS_N(suites); i++) {
        const struct sim_pair p = {.ike_a = suites[i], .tune = tune};
        set(i % 2);
        STORY(&p, UP(A, 0), UP_BOTH, LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0),
              DOWN_BOTH(A, B));
    }
}

Test(resume, every_message_lost_once)
{
    for (unsigned mask = 0; mask < 32; mask++) {
        const struct story_step steps[] = {
            UP(A, 0),
            UP_BOTH,
            LOST,
            DROP(A, RESUME, REQUEST, mask & 1 ? 1 : 99),
            DROP(B, RESUME, RESPONSE, mask & 2 ? 1 : 99),
            DROP(A, AUTH, REQUEST, mask & 4 ? 1 : 99),
            DROP(B, AUTH, RESPONSE, mask & 8 ? 1 : 99),
            UP(A, 0),
            RESUMED,
            TALK(0),
            CONVERGED,
            DOWN_BOTH(A, B),
        };
        set(mask & 16);
        cr_assert(story_pair(mask, &pair, steps, STEPS_N(steps)), "mask %u", mask);
    }
}

Test(resume, every_message_twice)
{
    set(true);
    STORY(&pair, UP(A, 0), UP_BOTH, LOST, TWICE(A, RESUME, REQUEST, EVERY),
          TWICE(B, RESUME, RESPONSE, EVERY), TWICE(A, AUTH, REQUEST, EVERY),
          TWICE(B, AUTH, RESPONSE, EVERY), UP(A, 0), RESUMED, USAGE(B, 1, 1), TALK(0), CLEAR_RULES,
          DOWN_BOTH(A, B));
}

static void ask_for_cookies(struct sim_conf *a, struct sim_conf *b)
{
    tune(a, b);
    b->config.cookie_above = 0;
}

/* A second one is half open, so the next is asked for a cookie. */
Test(resume, with_a_cookie)
{
    const struct sim_pair p = {.tune = ask_for_cookies};
    set(false);
    STORY(&p, UP(A, 0), UP_BOTH, LOST, DROP(A, AUTH, REQUEST, FIRST), UP(A, 0), WAIT(IK_MS * 100),
          OFF(A), ON(A), UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          COUNT(B, IK_COUNT_COOKIES_SENT, 1), NO_KEY_EXCHANGE(A), TALK(0));
}

/* ---- in full --------------------------------------------------------------------------------- */

#define IN_FULL EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), COUNT(A, IK_COUNT_JOBS, 2)

/* The gateway has forgotten what it gave, or the key of it. */
Test(resume, gateway_that_was_restarted)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&pair, UP(A, 0), UP_BOTH, OFF(B), LOST, ON(B), FORGET(B), UP(A, 0), IN_FULL,
              DROPPED(B, IK_DROP_IKE_TICKET, 1), TALK(0), DOWN(A), WAIT(IK_SECOND), USAGE(A, 0, 0));
    }
}

/* 4.3.1: "A client MUST NOT present a ticket when it knows that the ticket's lifetime has expired".
 */
Test(resume, too_old)
{
    set(false);
    lasts = 30;
    STORY(&pair, UP(A, 0), UP_BOTH, OFF(A), FORGET(A), WAIT(31 * IK_SECOND), ON(A), UP(A, 0),
          IN_FULL, DROPPED(B, IK_DROP_IKE_TICKET, 0), TALK(0));
}

/* The key is drawn anew after each lifetime, and the one before it counts still. */
Test(resume, key_that_is_not_the_newest)
{
    set(false);
    lasts = 60;
    STORY(&pair, UP(A, 0), UP_BOTH, WAIT(50 * IK_SECOND), LOST, UP(A, 0), RESUMED,
          WAIT(20 * IK_SECOND), LOST, UP(A, 0), RESUMED, NO_KEY_EXCHANGE(A), TALK(0),
          DOWN_BOTH(A, B));
}

Test(resume, gateway_that_gives_none)
{
    set(false);
    lasts = 0;
    STORY(&pair, UP(A, 0), UP_BOTH, LOST, UP(A, 0), IN_FULL, DROPPED(B, IK_DROP_IKE_TICKET, 0));
}

/* 6.2: a Delete by either ends the ticket, too. */
Test(resume, not_after_a_delete)
{
    set(false);
    STORY(&pair, UP(A, 0), UP_BOTH, DOWN(A), EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_IKE_DOWN),
          FORGET(B), UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP),
          COUNT(A, IK_COUNT_JOBS, 4), DOWN(B), WAIT(IK_SECOND), FORGET(A), UP(A, 0),
          EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), COUNT(A, IK_COUNT_JOBS, 6));
}

/* With another configuration may have come other peers, and other keys of theirs. */
static void reconfigure_a(struct sim *s)
{
    cr_assert_eq(
        ik_node_configure(&s->nodes[A]->core, sim_node_now(s->nodes[A]), s->nodes[A]->opts.config),
        IK_OK);
}

static void reconfigure_b(struct sim *s)
{
    cr_assert_eq(
        ik_node_configure(&s->nodes[B]->core, sim_node_now(s->nodes[B]), s->nodes[B]->opts.config),
        IK_OK);
}

Test(resume, not_by_a_ticket_from_before_another_configuration)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&pair, UP(A, 0), UP_BOTH, CALL(reconfigure_b), LOST, UP(A, 0), IN_FULL,
              DROPPED(B, IK_DROP_IKE_TICKET, 1), FORGET(B), TALK(0));
        STORY(&pair, UP(A, 0), UP_BOTH, CALL(reconfigure_a), LOST, UP(A, 0), IN_FULL,
              DROPPED(B, IK_DROP_IKE_TICKET, 0), FORGET(B), TALK(0));
    }
}

/* ---- wrong ----------------------------------------------------------------------------------- */

static void bend_ticket(struct sim_dgram *d)
{
    for (size_t i = 28; i + 30 <= d->len; i++) {
        if (d->data[i] == IK_N_TICKET_OPAQUE >> 8 &&
            d->data[i + 1] == (IK_N_TICKET_OPAQUE & 0xff)) {
            d->data[i + 10] ^= 1;
            return;
        }
    }
}

/* A ticket that was forged, or bent on its way, is none. */
Test(resume, forged)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&pair, UP(A, 0), UP_BOTH, LOST, EDIT(A, RESUME, REQUEST, EVERY, bend_ticket),
              UP(A, 0), IN_FULL, DROPPED(B, IK_DROP_IKE_TICKET, 1), TALK(0));
    }
}

/* Who has read the ticket, and not the SK_d behind it, comes no further than to be half open. */
static void other_sk_d(struct sim *s)
{
    s->nodes[A]->sessions[0].of.sk_d[0] ^= 1;
}

Test(resume, stolen_ticket)
{
    set(false);
    STORY(&pair, UP(A, 0), UP_BOTH, LOST, CALL(other_sk_d), UP(A, 0),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), WAIT(60 * IK_SECOND), SILENT(B),
          USAGE(B, 1, 1), UP(A, 0), IN_FULL, FORGET(B), TALK(0));
}

/* What is past its time comes to the gateway all the same, from who does not look. */
static void keep_for_ever(struct sim *s)
{
    s->nodes[A]->sessions[0].of.until += 1000000;
}

Test(resume, too_old_for_the_gateway)
{
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        lasts = 60;
        STORY(&pair, UP(A, 0), UP_BOTH, CALL(keep_for_ever), OFF(A), FORGET(A),
              WAIT(61 * IK_SECOND), ON(A), UP(A, 0), IN_FULL, DROPPED(B, IK_DROP_IKE_TICKET, 1));
    }
}

/* 4.3.3: "The IDi value sent in the IKE_AUTH exchange MUST be identical to the value included in
 * the ticket": B knows the other name, too, and it has the same key. */
static struct ik_peer *of_a;

static void two_names(struct sim_conf *a, struct sim_conf *b)
{
    tune(a, b);
    of_a = &a->peers[0];
    b->peers[1] = b->peers[0];
    b->peers[1].remote_id = (struct ik_id){IK_ID_FQDN, {(const uint8_t *)"c.example.org", 13}};
    b->config.peers_n = 2;
    b->policies[1] = b->policies[0];
    b->policies[1].peer = 1;
    b->config.policies_n = 2;
}

static void other_name(struct sim *s)
{
    (void)s;
    of_a->local_id.data = (struct ik_span){(const uint8_t *)"c.example.org", 13};
}

Test(resume, under_another_name)
{
    const struct sim_pair p = {.tune = two_names};
    for (unsigned reference = 0; reference < 2; reference++) {
        set(reference);
        STORY(&p, UP(A, 0), UP_BOTH, LOST, CALL(other_name), UP(A, 0),
              EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH),
              EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH), WAIT(IK_SECOND), USAGE(A, 0, 0),
              UP(A, 0), IN_FULL);
    }
}

/* A copy of what A had. */
static struct ik_session copy;

static void save(struct sim *s)
{
    copy = s->nodes[A]->sessions[0];
}

static void restore(struct sim *s)
{
    s->nodes[A]->sessions[0] = copy;
}

/* Of a client that shows what has served the spectator complains, … */
Test(resume, used_already)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    const struct story_step steps[] = {UP(A, 0), UP_BOTH, CALL(save),    LOST,     UP(A, 0),
                                       RESUMED,  LOST,    CALL(restore), UP(A, 0), WAIT(IK_SECOND)};
    set(true);
    sim_pair_add(s, &pair);
    cr_assert_not(story_run(s, &pair, steps, STEPS_N(steps)));
    cr_assert_not_null(strstr(s->why, "shows a ticket by which an IKE SA came up"), "%s", s->why);
    sim_free(s);
}

/* … and the gateway gives it no IKE SA by it. */
Test(resume, used_already_by_reference)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1, .unchecked = true});
    const struct story_step steps[] = {UP(A, 0),
                                       UP_BOTH,
                                       CALL(save),
                                       LOST,
                                       UP(A, 0),
                                       RESUMED,
                                       LOST,
                                       CALL(restore),
                                       UP(A, 0),
                                       IN_FULL,
                                       DROPPED(B, IK_DROP_IKE_TICKET, 1)};
    set(true);
    sim_pair_add(s, &pair);
    cr_assert(story_run(s, &pair, steps, STEPS_N(steps)));
    sim_free(s);
}

#endif
