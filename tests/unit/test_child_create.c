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
