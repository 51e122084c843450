/* SPDX-License-Identifier: MIT */
/* The Child SA that IKE_AUTH brings along. */
#include "ike/ike.h"

void ik_child_install(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_suite *suite)
{
    struct ik_child_sa *child = ik_sa_child(node, sa);
    struct ik_env *env = &node->env;
    child->initiator = ik_began(sa);
    child->policy = sa->policy;
    child->ike = ik_sa_slot(node, sa);
    child->encr = suite->encr;
    child->integ = suite->integ;
    child->out.spi = suite->spi;
    ik_replay_init(&child->replay, ik_sa_policy(node, sa)->replay);
    ik_nat_child_path(sa, child);
    ik_keys_child(node, sa, child);
    child->sent_at = env->now;
    child->state = IK_CHILD_UP;

    ik_about(env, sa->child);
    ik_suite_trace(env, suite);
    ik_trace(env, IK_TR_CHILD_UP, child->in.spi, child->out.spi);
    ik_about(env, child->ike);
    ik_count(env, IK_COUNT_CHILD_SAS_UP);
    ik_raise_child(sa, IK_EV_CHILD_UP, IK_WHY_NONE, 0);
}
