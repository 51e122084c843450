/* SPDX-License-Identifier: MIT */
/* Whole handshakes: every group, suite, mode and family. */
#include "pair.h"

static void handshake(const char *ike, const char *esp, uint8_t mode, int family)
{
    struct pair *p = pair_new_family(ike, esp, family);
    p->end[0].policy[0].mode = p->end[1].policy[0].mode = mode;
    if (mode == IK_TRANSPORT) {
        for (unsigned who = 0; who < 2; who++) {
            const char *text[2] = {family == 6 ? "2001:db8::1" : "192.0.2.1",
                                   family == 6 ? "2001:db8::2" : "192.0.2.2"};
            p->end[who].policy[0].ts_local[0] = pair_ts(text[who]);
            p->end[who].policy[0].ts_remote[0] = pair_ts(text[!who]);
        }
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->grams_n, 4, "%s takes %u messages", ike, p->grams_n);
    cr_assert_eq(p->end[0].jobs, 2);
    cr_assert_eq(p->end[1].jobs, 2);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_settle(p);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_DELETED_HERE);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    free(p);
}

Test(node, handshake)
{
    handshake("aes128-sha256-x25519", "aes128gcm16", IK_TUNNEL, 4);
}
