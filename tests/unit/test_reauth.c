/* SPDX-License-Identifier: MIT */
/* AUTH_LIFETIME (RFC 4478): taken in a request, too, for what it says. */
#include "craft.h"

#if IK_REKEY

static struct pair *up(void)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].config.life = &ik_lifetimes;
        p->end[who].config.exchanges = ik_exchanges_all;
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

static void tell(struct pair *p, uint32_t msgid, uint32_t s, uint16_t len)
{
    uint8_t inner[16] = {0, 0, 0, 0, 0, 0, IK_N_AUTH_LIFETIME >> 8, IK_N_AUTH_LIFETIME & 0xff};
    const struct craft m = {IK_EX_INFORMATIONAL, false, msgid,
                            IK_PL_NOTIFY,        inner, (uint16_t)(8 + len)};
    inner[3] = (uint8_t)(8 + len);
    ik_put32(inner + 8, s);
    craft_sealed(p, 1, craft_sa(p, 1), &m);
    pair_settle(p);
}

/* How many IKE SAs the client has had. */
static unsigned authenticated(struct pair *p)
{
    return pair_count(&p->end[0], IK_EV_IKE_UP);
}

Test(reauth, told_in_a_request)
{
    struct pair *p = up();
    tell(p, 0, 100, 4);
    pair_pass(p, 80 * IK_SECOND);
    cr_assert_eq(authenticated(p), 1);
    pair_pass(p, 20 * IK_SECOND);
    cr_assert_eq(authenticated(p), 2);
    pair_pass(p, 600 * IK_SECOND);
    cr_assert_eq(authenticated(p), 2);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* "A zero value signifies that the Initial exchange should begin immediately": as soon as it may.
 */
Test(reauth, told_to_begin_at_once)
{
    struct pair *p = up();
    tell(p, 0, 0, 4);
    pair_pass(p, 1900 * IK_MS);
    cr_assert_eq(authenticated(p), 1);
    pair_pass(p, 200 * IK_MS);
    cr_assert_eq(authenticated(p), 2);
    free(p);
}

/* An earlier moment stays, the longest life is as long as can be told, and no other length counts.
 */
Test(reauth, told_something_odd)
{
    struct pair *p = up();
    tell(p, 0, 5, 3);
    tell(p, 1, 5, 5);
    tell(p, 2, 0xffffffff, 4);
    pair_pass(p, 60 * IK_SECOND);
    cr_assert_eq(authenticated(p), 1);
    tell(p, 3, 20, 4);
    tell(p, 4, 1000, 4);
    pair_pass(p, 20 * IK_SECOND);
    cr_assert_eq(authenticated(p), 2);
    free(p);
}

/* Nobody watches over ages here. */
Test(reauth, told_to_who_does_not_age)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    tell(p, 0, 1, 4);
    pair_pass(p, 60 * IK_SECOND);
    cr_assert_eq(authenticated(p), 1);
    ik_node_reauth(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(authenticated(p), 1);
    free(p);
}

#endif
