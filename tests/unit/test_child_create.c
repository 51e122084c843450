/* SPDX-License-Identifier: MIT */
/* CREATE_CHILD_SA at the initiator: answers that nothing comes of (RFC 7296 1.3, 2.8). */
#include "craft.h"

static void no_point(struct ik_chain *c, const struct ik_payload *pl)
{
    static uint8_t body[PAIR_BUF];
    if (pl == NULL) {
        return;
    }
    struct ik_payload copy = *pl;
    if (pl->type == IK_PL_KE) {
        memset(body, 0, sizeof body);
        memcpy(body, pl->body.p, 4);
        copy.body.p = body;
    }
    craft_copy(c, &copy);
}

/* The responder's public value of a group for a Child SA is none. */
static bool spoil_ke(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_CREATE_CHILD_SA) {
        craft_rewrite(p, g, no_point);
    }
    return true;
}

static void rekey(struct pair *p)
{
    ik_node_rekey_child(&p->end[0].node, p->now, pair_find(&p->end[0], IK_EV_CHILD_UP)->child);
    pair_settle(p);
}

/* What was to be rekeyed serves on, and the next attempt is an attempt. */
Test(child_create, rekeyed_after_a_bad_public_value)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", "aes128gcm16-x25519", 4);
    p->end[0].config.exchanges = ik_exchanges_all;
    p->hook = spoil_ke;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    rekey(p);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_BAD_KE), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    pair_assert_data(p, 0);
    p->hook = NULL;
    rekey(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    free(p);
}

static uint16_t no;

static void say_no(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = no});
    }
}

/* The responder never comes to it. */
static bool put_off(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_CREATE_CHILD_SA) {
        craft_rewrite(p, g, say_no);
        p->seen++;
    }
    return true;
}

/* End 1 makes no Child SA but the first, and says why. */
static struct pair *put_off_by(uint16_t notify, uint32_t life_s)
{
    static const struct ik_exchange *const no_more[] = {&ik_exchange_init_r, &ik_exchange_auth_r,
                                                        &ik_exchange_informational,
                                                        &ik_exchange_child_refused, NULL};
    struct pair *p = pair_new();
    no = notify;
    p->end[0].config.exchanges = ik_exchanges_all;
    p->end[1].config.exchanges = no_more;
    p->end[0].config.life = &ik_lifetimes;
    p->end[0].policy[0].life_s = life_s;
    p->hook = put_off;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    rekey(p);
    return p;
}

/* 2.25: who is put off "after several minutes" still concludes that the state is out of sync. */
Test(child_create, put_off_for_minutes_closes_the_ike_sa)
{
    struct pair *p = put_off_by(IK_N_TEMPORARY_FAILURE, 0);
    ik_time began = p->now;
    pair_pass(p, 60 * IK_SECOND);
    cr_assert_gt(p->seen, 4);
    pair_assert_up(p);
    while (pair_count(&p->end[0], IK_EV_IKE_DOWN) == 0) {
        pair_pass(p, IK_SECOND);
    }
    cr_assert_gt(p->now - began, 90 * IK_SECOND);
    cr_assert_lt(p->now - began, 360 * IK_SECOND);
    cr_assert_eq(p->seen, 11);
    const struct told *down = pair_find(&p->end[0], IK_EV_IKE_DOWN);
    cr_assert_eq(down->reason, IK_WHY_REFUSED);
    cr_assert_eq(down->notify, IK_N_TEMPORARY_FAILURE);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_IKE_DOWN), 1, "it is told");
    pair_pass(p, 120 * IK_SECOND);
    cr_assert_eq(p->seen, 11);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* 2.8: where rekeying fails, the IKE SA goes with what has come to its hard limit. */
Test(child_create, expires_with_its_ike_sa)
{
    struct pair *p = put_off_by(IK_N_NO_ADDITIONAL_SAS, 600);
    pair_pass(p, 500 * IK_SECOND);
    pair_assert_up(p);
    pair_pass(p, 110 * IK_SECOND);
    const struct told *down = pair_find(&p->end[0], IK_EV_IKE_DOWN);
    cr_assert_not_null(down);
    cr_assert_eq(down->reason, IK_WHY_EXPIRED);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    free(p);
}

/* Where there was no room for a successor for minutes, that is a failure, too; it is tried anew
 * when somebody wants it. */
Test(child_create, rekeying_without_room)
{
    struct pair *p = pair_new();
    p->end[0].config.exchanges = p->end[1].config.exchanges = ik_exchanges_all;
    p->end[0].config.life = &ik_lifetimes;
    p->end[0].policy[0].life_s = 900;
    p->end[0].host.child_sas_n = 1;
    pair_start(p);
    pair_up(p);
    rekey(p);
    const struct ik_child_sa *child = &p->end[0].host.child_sas[0];
    cr_assert(child->rekeyed);
    pair_pass(p, 420 * IK_SECOND);
    cr_assert_not(child->rekeyed);
    rekey(p);
    cr_assert(child->rekeyed);
    pair_pass(p, 420 * IK_SECOND);
    pair_assert_up(p);
    pair_pass(p, 70 * IK_SECOND);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_DOWN)->reason, IK_WHY_EXPIRED);
    free(p);
}

/* While it is being rekeyed once more, that may still succeed. */
Test(child_create, expires_alone_while_it_is_asked_for)
{
    struct pair *p = put_off_by(IK_N_NO_ADDITIONAL_SAS, 60);
    no = IK_N_TEMPORARY_FAILURE;
    pair_pass(p, 55 * IK_SECOND);
    rekey(p);
    pair_pass(p, 7 * IK_SECOND);
    cr_assert_gt(p->seen, 2);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 0);
    p->hook = NULL;
    p->end[1].config.exchanges = ik_exchanges_all;
    pair_pass(p, 120 * IK_SECOND);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 0);
    pair_up(p);
    pair_assert_data(p, 0);
    free(p);
}

/* RFC 7296 4: who has room for one IKE SA never has any for its successor, and says what makes the
 * peer begin anew. */
Test(child_create, ike_rekeying_without_room)
{
    for (uint16_t n = 1; n <= 2; n++) {
        struct pair *p = pair_new();
        p->end[0].config.exchanges = p->end[1].config.exchanges = ik_exchanges_all;
        p->end[1].host.ike_sas_n = n;
        pair_start(p);
        pair_up(p);
        ik_node_rekey_ike(&p->end[0].node, p->now, 0);
        pair_settle(p);
        cr_assert_eq(craft_last_has(p, 1, IK_N_NO_ADDITIONAL_SAS), n == 1);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_IKE_UP), n);
        pair_assert_data(p, 0);
        free(p);
    }
}

static void another_suite(struct ik_chain *c, const struct ik_payload *pl)
{
    static uint8_t body[PAIR_BUF];
    if (pl == NULL) {
        return;
    }
    struct ik_payload copy = *pl;
    if (pl->type == IK_PL_SA) { /* the last octets are those of the last transform: another id */
        memcpy(body, pl->body.p, pl->body.len);
        body[pl->body.len - 1] ^= 0x55;
        copy.body.p = body;
    }
    craft_copy(c, &copy);
}

static bool choose_another(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_CREATE_CHILD_SA) {
        craft_rewrite(p, g, another_suite);
    }
    return true;
}

/* What comes of a rekeying and is none for us is returned; nobody asked for it by itself. */
Test(child_create, of_a_rekeying_that_is_declined_nothing_is_told)
{
    struct pair *p = pair_new();
    p->end[0].config.exchanges = p->end[1].config.exchanges = ik_exchanges_all;
    p->hook = choose_another;
    pair_start(p);
    pair_up(p);
    rekey(p);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_POLICY), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_DOWN), 0);
    pair_assert_data(p, 0);
    free(p);
}
