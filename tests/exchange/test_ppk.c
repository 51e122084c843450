/* SPDX-License-Identifier: MIT */
/* Post-quantum pre-shared keys (RFC 8784): used, left out, required, and wrong. */
#include "story.h"

#include <string.h>

#include "sim/node.h"

#define INIT IK_EX_IKE_SA_INIT
#define AUTH IK_EX_IKE_AUTH
#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

static const struct ik_ppk lists[][2] = {
    {{TEXT("first"), TEXT("a key of thirty-two octets, no more")},
     {TEXT("second"), TEXT("another key of thirty-two octets")}},
    {{TEXT("second"), TEXT("another key of thirty-two octets")},
     {TEXT("first"), TEXT("a key of thirty-two octets, no more")}},
    {{TEXT("third"), TEXT("nobody else has this one, whatever")},
     {TEXT("fourth"), TEXT("nobody else has this one, whatever")}},
    {{TEXT("first"), TEXT("the same name, but not the same key")},
     {TEXT("second"), TEXT("the same name, but not the same key")}},
};

/* What an end has: list n from 1, 0: none. */
struct has {
    unsigned list;
    bool required;
};
static struct has of[2];

static void give(struct sim_conf *c, const struct has *h)
{
    c->config.exchanges = ik_exchanges_all;
    if (h->list > 0) {
        c->peers[0].ppks = lists[h->list - 1];
        c->peers[0].ppks_n = 2;
    }
    c->peers[0].ppk_required = h->required;
}

static void tune(struct sim_conf *a, struct sim_conf *b)
{
    give(a, &of[A]);
    give(b, &of[B]);
}

static const struct sim_pair pair = {.tune = tune};

static void set(struct has a, struct has b)
{
    of[A] = a;
    of[B] = b;
}

/* How many IKE SAs are mixed with one, at both ends. */
static unsigned mixed_n(const struct sim *s)
{
    unsigned n = 0;
    for (size_t i = 0; i < s->spy.sas_n; i++)
        n += s->spy.sas[i]->ppk;
    return n;
}

static void mixed(struct sim *s)
{
    if (mixed_n(s) != 2)
        sim_fail(s, "%u ends have mixed their keys with a PPK, not both", mixed_n(s));
}

static void unmixed(struct sim *s)
{
    if (mixed_n(s) != 0)
        sim_fail(s, "%u ends have mixed their keys with a PPK", mixed_n(s));
}

#define REFUSED                                                                                    \
    EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_AUTH), EXPECT_WHY(B, IK_EV_IKE_FAILED, IK_WHY_AUTH),    \
        WAIT(60 * IK_SECOND), SILENT(A), SILENT(B), USAGE(A, 0, 0), USAGE(B, 0, 0), END_ALL

/* ---- used ------------------------------------------------------------------------------------ */

Test(ppk, required_or_not)
{
    for (unsigned mask = 0; mask < 4; mask++) {
        set((struct has){1, mask & 1}, (struct has){1, mask & 2});
        STORY(&pair, UP(A, 0), UP_BOTH, CALL(mixed), TALK(0), DOWN_BOTH(A, B));
    }
}

Test(ppk, named_second_in_the_list)
{
    set((struct has){1, true}, (struct has){2, true});
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(mixed), TALK(0), DOWN_BOTH(B, A));
}

Test(ppk, by_every_prf, FULL)
{
    static const char *const suites[] = {
        "aes128-sha1-modp1024", "aes256-sha384-x25519", "aes256gcm16-prfsha512-x25519",
        "aes128gcm16-prfaesxcbc-x25519", "aes128gcm16-prfaescmac-x25519"};
    for (size_t i = 0; i < STEPS_N(suites); i++) {
        const struct sim_pair p = {.ike_a = suites[i], .tune = tune};
        set((struct has){1, true}, (struct has){1, true});
        STORY(&p, UP(A, 0), UP_BOTH, CALL(mixed), TALK(0), DOWN_BOTH(A, B));
    }
}

static void rekey_ike(struct sim *s)
{
    struct sim_node *n = s->nodes[B];
    for (uint16_t i = 0; i < n->opts.ike_sas; i++)
        ik_node_rekey_ike(&n->core, s->clock.now, i);
    sim_node_pump(n);
}

/* Section 3: a PPK "MUST NOT be used" once more then: it is in SK_d. */
Test(ppk, rekeyed)
{
    set((struct has){1, true}, (struct has){1, true});
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(rekey_ike), EXPECT(A, IK_EV_IKE_UP),
          EXPECT_WHY(A, IK_EV_IKE_DOWN, IK_WHY_REKEYED), EXPECT(B, IK_EV_IKE_UP),
          EXPECT_WHY(B, IK_EV_IKE_DOWN, IK_WHY_REKEYED), CALL(mixed), TALK(0), DOWN_BOTH(A, B));
}

Test(ppk, every_message_lost_once)
{
    for (unsigned mask = 0; mask < 16; mask++) {
        const struct story_step steps[] = {
            DROP(A, INIT, REQUEST, mask & 1 ? 1 : 99),
            DROP(B, INIT, RESPONSE, mask & 2 ? 1 : 99),
            DROP(A, AUTH, REQUEST, mask & 4 ? 1 : 99),
            DROP(B, AUTH, RESPONSE, mask & 8 ? 1 : 99),
            UP(A, 0),
            UP_BOTH,
            CALL(mixed),
            TALK(0),
            CONVERGED,
            DOWN_BOTH(A, B),
        };
        set((struct has){1, true}, (struct has){1, false});
        cr_assert(story_pair(mask, &pair, steps, STEPS_N(steps)), "mask %u", mask);
    }
}

Test(ppk, every_message_twice)
{
    set((struct has){1, false}, (struct has){1, true});
    STORY(&pair, TWICE(A, INIT, REQUEST, EVERY), TWICE(B, INIT, RESPONSE, EVERY),
          TWICE(A, AUTH, REQUEST, EVERY), TWICE(B, AUTH, RESPONSE, EVERY), UP(A, 0), UP_BOTH,
          CALL(mixed), TALK(0), CLEAR_RULES, DOWN_BOTH(A, B));
}

/* ---- left out (table 1, section 4) ----------------------------------------------------------- */

Test(ppk, only_one_end_has_any)
{
    set((struct has){1, false}, (struct has){0, false});
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(unmixed), TALK(0), DOWN_BOTH(A, B));
    set((struct has){0, false}, (struct has){1, false});
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(unmixed), TALK(0), DOWN_BOTH(A, B));
}

/* By NO_PPK_AUTH. */
Test(ppk, none_in_common)
{
    set((struct has){3, false}, (struct has){1, false});
    STORY(&pair, UP(A, 0), UP_BOTH, CALL(unmixed), TALK(0), DOWN_BOTH(A, B));
}

/* ---- required -------------------------------------------------------------------------------- */

Test(ppk, required_by_the_initiator_alone)
{
    set((struct has){1, true}, (struct has){0, false});
    STORY(&pair, UP(A, 0), EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_PPK), SILENT(B),
          WAIT(60 * IK_SECOND), END_ALL);
}

Test(ppk, required_by_the_responder_alone)
{
    set((struct has){0, false}, (struct has){1, true});
    STORY(&pair, UP(A, 0), REFUSED);
}

Test(ppk, required_and_none_in_common)
{
    set((struct has){3, true}, (struct has){1, false});
    STORY(&pair, UP(A, 0), REFUSED);
    set((struct has){3, false}, (struct has){1, true});
    STORY(&pair, UP(A, 0), REFUSED);
    set((struct has){3, true}, (struct has){1, true});
    STORY(&pair, UP(A, 0), REFUSED);
}

/* ---- wrong ----------------------------------------------------------------------------------- */

/* A key of that name is another key: AUTH tells, and no way leads back to doing without. */
Test(ppk, other_key_of_the_same_name)
{
    for (unsigned mask = 0; mask < 4; mask++) {
        set((struct has){1, mask & 1}, (struct has){4, mask & 2});
        STORY(&pair, UP(A, 0), REFUSED);
    }
}

/* The last two octets of the message are the notify's type. */
static void hide_use_ppk(struct sim_dgram *d)
{
    for (size_t i = 28; i + 2 <= d->len; i++) {
        if (d->data[i] == IK_N_USE_PPK >> 8 && d->data[i + 1] == (IK_N_USE_PPK & 0xff))
            d->data[i + 1] = 0xff;
    }
}

/* Who hides it in either direction gains nothing: AUTH covers both messages. */
Test(ppk, downgrade)
{
    set((struct has){1, false}, (struct has){1, false});
    STORY(&pair, EDIT(A, INIT, REQUEST, EVERY, hide_use_ppk), UP(A, 0), REFUSED);
    STORY(&pair, EDIT(B, INIT, RESPONSE, EVERY, hide_use_ppk), UP(A, 0), REFUSED);
}
