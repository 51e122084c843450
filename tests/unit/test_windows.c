/* SPDX-License-Identifier: MIT */
/* SET_WINDOW_SIZE (RFC 7296 2.3): told, and kept to. */
#include "craft.h"

#if IK_WINDOWS

static struct pair *up_with(uint8_t client, uint8_t gateway)
{
    struct pair *p = pair_new();
    p->end[0].config.window = client;
    p->end[1].config.window = gateway;
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[0].policy[1] = p->end[0].policy[0];
    p->end[0].config.policies_n = 2;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* Asks for three things at once, of which the peer answers none; how many leave? */
static unsigned outstanding(struct pair *p)
{
    struct ik_node *node = &p->end[0].node;
    unsigned n = p->grams_n;
    p->hook = lose_all;
    ik_node_check(node, p->now, 0);
    ik_node_up(node, p->now, 1);
    ik_node_down_child(node, p->now, 0);
    pair_settle(p);
    return p->grams_n - n;
}

Test(windows, of_the_peer_is_used)
{
    static const uint8_t told[] = {0, 1, 2, 3, 32}, used[] = {1, 1, 2, 3, 3};
    for (size_t i = 0; i < sizeof told; i++) {
        struct pair *p = up_with(0, told[i]);
        cr_assert_eq(craft_sa(p, 0)->window.size_out, told[i] == 0 ? 1 : told[i]);
        cr_assert_eq(craft_sa(p, 1)->window.size_out, 1);
        cr_assert_eq(outstanding(p), used[i], "%u told", told[i]);
        p->hook = NULL;
        pair_pass(p, 60 * IK_SECOND);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 0);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
        pair_assert_usage(p, 0, 1, 1);
        free(p);
    }
}

Test(windows, of_both_ends)
{
    struct pair *p = up_with(5, 7);
    cr_assert_eq(craft_sa(p, 0)->window.size_out, 7);
    cr_assert_eq(craft_sa(p, 1)->window.size_out, 5);
    free(p);
}

static void grant(struct pair *p, uint32_t msgid, uint32_t size, uint16_t len)
{
    uint8_t inner[16] = {0, 0, 0, 0, 0, 0, IK_N_SET_WINDOW_SIZE >> 8, IK_N_SET_WINDOW_SIZE & 0xff};
    const struct craft m = {IK_EX_INFORMATIONAL, false, msgid,
                            IK_PL_NOTIFY,        inner, (uint16_t)(8 + len)};
    inner[3] = (uint8_t)(8 + len);
    ik_put32(inner + 8, size);
    craft_sealed(p, 1, craft_sa(p, 1), &m);
    pair_settle(p);
}

/* "there is currently no way to reduce the window size of an existing IKE SA" */
Test(windows, grows_only)
{
    static const struct {
        uint32_t size;
        uint16_t len;
        uint8_t then;
    } rows[] = {{4, 4, 4}, {2, 4, 4}, {0, 4, 4}, {9, 3, 4}, {9, 4, 9}, {0xffffffff, 4, 32}};
    struct pair *p = up_with(0, 0);
    for (uint32_t i = 0; i < 6; i++) {
        grant(p, i, rows[i].size, rows[i].len);
        cr_assert_eq(craft_sa(p, 0)->window.size_out, rows[i].then, "row %u", (unsigned)i);
    }
    free(p);
}

/* "The window size is always one until the initial exchanges complete." */
Test(windows, one_while_it_opens)
{
    struct pair *p = pair_new();
    p->end[1].config.window = 8;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_step(p);
    pair_step(p);
    struct ik_ike_sa *sa = craft_sa(p, 1);
    cr_assert_eq(sa->state, IK_IKE_OPENING);
    cr_assert_eq(ik_window_check(&p->end[1].node, sa, 1), IK_MSGID_NEW);
    cr_assert_eq(ik_window_check(&p->end[1].node, sa, 2), IK_MSGID_WRONG);
    pair_settle(p);
    cr_assert_eq(ik_window_check(&p->end[1].node, sa, 9), IK_MSGID_NEW);
    cr_assert_eq(ik_window_check(&p->end[1].node, sa, 10), IK_MSGID_WRONG);
    free(p);
}

/* Nobody may ask further while the window is full with what we compute an answer to (2.3). */
Test(windows, full_while_one_is_computed)
{
    for (uint8_t size = 1; size < 3; size++) {
        struct pair *p = up_with(0, size);
        struct ik_node *gateway = &p->end[1].node;
        struct ik_ike_sa *sa = craft_sa(p, 1);
        uint32_t next = sa->window.expected;
        p->end[1].config.exchanges = ik_exchanges_all;
        ik_ike_rekey(&p->end[0].node, craft_sa(p, 0));
        pair_drain(p, 0);
        p->hold_jobs = true;
        pair_settle(p);
        cr_assert_not_null(p->end[1].held);
        cr_assert_eq(ik_window_check(gateway, sa, next), IK_MSGID_WRONG, "it is taken");
        cr_assert_eq(ik_window_check(gateway, sa, next + 1),
                     size == 1 ? IK_MSGID_WRONG : IK_MSGID_NEW);
        cr_assert_eq(ik_window_check(gateway, sa, next + size), IK_MSGID_WRONG);
        p->hold_jobs = false;
        ik_job_run(p->end[1].held);
        ik_node_job_done(gateway, p->now, p->end[1].held);
        cr_assert_eq(ik_window_check(gateway, sa, next + 1), IK_MSGID_NEW);
        pair_settle(p);
        pair_assert_data(p, 0);
        free(p);
    }
}

Test(windows, rekeying_is_alone)
{
    struct pair *p = up_with(0, 8);
    struct ik_node *node = &p->end[0].node;
    unsigned n = p->grams_n;
    p->hook = lose_all;
    ik_ike_rekey(node, craft_sa(p, 0));
    pair_settle(p);
    cr_assert_eq(p->grams_n, n + 1);
    ik_node_down_child(node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->grams_n, n + 1);
    free(p);
}

static struct ik_ike_sa *successor(struct pair *p, unsigned who, const struct ik_ike_sa *old)
{
    for (unsigned i = 0; i < PAIR_SAS; i++) {
        struct ik_ike_sa *sa = &p->end[who].ike_sas[i];
        if (sa != old && sa->state == IK_IKE_UP) {
            return sa;
        }
    }
    cr_assert_fail("it was not rekeyed");
    return NULL;
}

/* The first request in the new IKE SA tells of the one end, its response of the other; then
 * nothing more is told. */
Test(windows, told_anew_after_a_rekeying)
{
    struct pair *p = up_with(3, 5);
    struct ik_ike_sa *old[2] = {craft_sa(p, 0), craft_sa(p, 1)};
    ik_ike_rekey(&p->end[0].node, old[0]);
    pair_settle(p);
    struct ik_ike_sa *new[2] = {successor(p, 0, old[0]), successor(p, 1, old[1])};
    for (unsigned i = 0; i < 2; i++) {
        ik_liveness_check(&p->end[0].node, new[0]);
        pair_settle(p);
        cr_assert_eq(new[0]->window.size_out, 5);
        cr_assert_eq(new[1]->window.size_out, 3);
        cr_assert_eq(new[0]->window.size_in, 3);
        cr_assert_eq(new[1]->window.size_in, 5);
        cr_assert_eq(craft_last_has(p, 1, IK_N_SET_WINDOW_SIZE), i == 0);
    }
    free(p);
}

Test(windows, one_after_a_rekeying)
{
    struct pair *p = up_with(3, 3);
    struct ik_ike_sa *old = craft_sa(p, 0);
    cr_assert_eq(old->window.size_out, 3);
    ik_ike_rekey(&p->end[0].node, old);
    pair_settle(p);
    for (unsigned i = 0; i < PAIR_SAS; i++) {
        const struct ik_ike_sa *sa = &p->end[0].ike_sas[i];
        if (sa != old && sa->state == IK_IKE_UP) {
            cr_assert_eq(sa->window.size_out, 1);
            free(p);
            return;
        }
    }
    cr_assert_fail("it was not rekeyed");
}

#endif
