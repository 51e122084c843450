/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.1, 2.4: lost messages and their repetition, in both roles. */
#include "craft.h"

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

Test(retransmit, bit_for_bit_with_growing_intervals_until_given_up)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    pair_pass(p, 200 * IK_SECOND);
    const unsigned at[] = {0, 1, 3, 7, 15, 31, 63};
    cr_assert_eq(p->grams_n, 7);
    for (unsigned i = 0; i < 7; i++) {
        cr_assert_eq(p->grams[i].at, begun + at[i] * IK_SECOND);
        cr_assert_eq(p->grams[i].len, p->grams[0].len);
        cr_assert_eq(memcmp(p->grams[i].b, p->grams[0].b, p->grams[0].len), 0);
    }
    cr_assert_eq(p->end[0].told_n, 1);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_TIMEOUT);
    cr_assert_eq(pair_last(&p->end[0])->at, begun + 95 * IK_SECOND);
    cr_assert_eq(p->end[0].node.env.counters.count[IK_COUNT_IKE_RETRANSMITTED], 6);
    cr_assert_eq(p->end[0].node.env.counters.count[IK_COUNT_IKE_SAS_FAILED], 1);
    cr_assert_eq(p->end[0].traces[IK_TR_IKE_RETX], 6);
    pair_assert_usage(p, 0, 0, 0);
    cr_assert_eq(ik_node_deadline(&p->end[0].node), IK_NEVER);
    free(p);
}

Test(retransmit, as_configured)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    p->end[0].config.retransmit = (struct ik_retransmit){
        .initial = 100 * IK_MS, .max = 300 * IK_MS, .factor_x16 = 24, .tries = 4};
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    pair_pass(p, 200 * IK_SECOND);
    const unsigned at[] = {0, 100, 250, 475}; /* 100, 150, 225, 300 (not 337) */
    cr_assert_eq(p->grams_n, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(p->grams[i].at, begun + at[i] * IK_MS);
    }
    cr_assert_eq(pair_last(&p->end[0])->at, begun + 775 * IK_MS);
    free(p);
}

Test(retransmit, jitter_shortens_by_the_seed)
{
    ik_time second[3];
    for (unsigned run = 0; run < 3; run++) {
        struct pair *p = pair_new();
        p->hook = lose_all;
        p->end[0].config.retransmit.jitter_256 = 128;
        pair_start(p);
        if (run == 2) {
            ik_node_seed(&p->end[0].node, "other", 5);
        }
        ik_time begun = p->now;
        pair_up(p);
        pair_pass(p, 2 * IK_SECOND);
        second[run] = p->grams[1].at - begun;
        cr_assert_leq(second[run], IK_SECOND);
        cr_assert_geq(second[run], IK_SECOND / 2);
        free(p);
    }
    cr_assert_eq(second[0], second[1]);
    cr_assert_neq(second[0], second[2]);
}

/* Loses the datagrams whose number is in a bit set kept in p->seen's upper half. */
static unsigned lost_set;
static bool lose_set(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)to, (void)path, (void)g;
    return ((lost_set >> p->seen++) & 1u) == 0;
}

Test(retransmit, each_message_lost_once)
{
    /* 0 INIT, 1 its response, 2 AUTH, 3 its response: or as they are numbered after a loss. */
    for (unsigned lost = 0; lost < 4; lost++) {
        struct pair *p = pair_new();
        lost_set = 1u << lost;
        p->hook = lose_set;
        pair_start(p);
        pair_up(p);
        pair_pass(p, 5 * IK_SECOND);
        pair_assert_up(p);
        bool response = lost == 1 || lost == 3;
        cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_REANSWERED], response,
                     "message %u", lost);
        cr_assert_eq(p->end[0].node.env.counters.count[IK_COUNT_IKE_RETRANSMITTED], 1);
        /* The responder's work was done once. */
        cr_assert_eq(p->end[1].jobs, 1);
        pair_assert_usage(p, 1, 1, 1);
        pair_assert_data(p, 0);
        free(p);
    }
}

/* The answer that is given again is the kept one. */
Test(retransmit, lost_responses_come_again_bit_for_bit)
{
    struct pair *p = pair_new();
    lost_set = 1u << 1 | 1u << 5; /* both responses: 0 I, 1 (r), 2 I, 3 r, 4 A, 5 (r), 6 A, 7 r */
    p->hook = lose_set;
    pair_start(p);
    pair_up(p);
    pair_pass(p, 5 * IK_SECOND);
    pair_assert_up(p);
    cr_assert_eq(p->grams_n, 8);
    for (unsigned i = 1; i < 8; i += 4) {
        cr_assert_eq(p->grams[i].len, p->grams[i + 2].len);
        cr_assert_eq(memcmp(p->grams[i].b, p->grams[i + 2].b, p->grams[i].len), 0);
    }
    free(p);
}

/* Duplicates of every message, at once and much later, change nothing. */
Test(retransmit, every_datagram_again)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    unsigned n = p->grams_n;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < n; i++) {
            pair_deliver(p, &p->grams[i]);
            pair_settle(p);
        }
    }
    pair_assert_up(p);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    /* IKE_AUTH was answered again; IKE_SA_INIT was recognised by its nonce, and ignored. */
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_REANSWERED], 2);
    cr_assert_eq(p->grams_n, n + 2);
    pair_assert_data(p, 1);
    free(p);
}

Test(retransmit, request_of_a_live_sa_given_up_ends_it)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    p->hook = lose_all;
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 0);
    pair_assert_usage(p, 0, 1, 0);
    ik_time begun = p->now;
    pair_pass(p, 200 * IK_SECOND);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_last(&p->end[0])->at, begun + 95 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

/* RFC 7296 2.21.1: an error that nobody vouches for gives the reason, and changes nothing else: not
 * the moments of the transmissions, nor their number. */
Test(retransmit, error_in_clear_is_a_hint)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    craft_clear_error(p, IK_N_NO_PROPOSAL_CHOSEN, NULL, 0);
    pair_settle(p);
    cr_assert_eq(p->end[0].told_n, 0, "one unauthenticated error must not end it");
    craft_clear_error(p, IK_N_NO_PROPOSAL_CHOSEN, NULL, 0);
    cr_assert_eq(p->end[0].told_n, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNAUTHENTICATED), 2);
    pair_pass(p, 100 * IK_SECOND);
    const unsigned at[] = {0, 1, 3, 7, 15, 31, 63};
    cr_assert_eq(p->grams_n, 7);
    for (unsigned i = 0; i < 7; i++) {
        cr_assert_eq(p->grams[i].at, begun + at[i] * IK_SECOND);
    }
    cr_assert_eq(p->end[0].told_n, 1);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_PROPOSAL);
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_NO_PROPOSAL_CHOSEN);
    cr_assert_eq(pair_last(&p->end[0])->at, begun + 95 * IK_SECOND);
    free(p);
}

Test(retransmit, answer_after_forged_errors_is_taken)
{
    const uint16_t errors[] = {IK_N_NO_PROPOSAL_CHOSEN,
                               IK_N_AUTHENTICATION_FAILED,
                               IK_N_INVALID_SYNTAX,
                               IK_N_INVALID_KE_PAYLOAD,
                               IK_N_INVALID_IKE_SPI,
                               IK_N_TEMPORARY_FAILURE,
                               8191};
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        craft_clear_error(p, errors[i], NULL, 0);
    }
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), 0);
    free(p);
}

Test(retransmit, status_in_clear_is_nothing)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    craft_clear_error(p, IK_N_SET_WINDOW_SIZE, "\0\0\0\1", 4);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNAUTHENTICATED), 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_UNEXPECTED), 1);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_TIMEOUT);
    free(p);
}
