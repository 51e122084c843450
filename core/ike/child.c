/* SPDX-License-Identifier: MIT */
/* The Child SA that IKE_AUTH brings along. */
#include "ike/ike.h"

void ik_child_install(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_child_deal *deal)
{
    struct ik_child_sa *child = ik_sa_child(node, sa);
    struct ik_env *env = &node->env;
    child->mode = deal->mode;
    child->initiator = ik_began(sa);
    child->policy = deal->policy;
    child->ike = ik_sa_slot(node, sa);
    child->encr = deal->suite.encr;
    child->integ = deal->suite.integ;
    child->out.spi = deal->suite.spi;
    child->ts_local_n = deal->local.n;
    child->ts_remote_n = deal->remote.n;
    memcpy(child->ts_local, deal->local.ts, deal->local.n * sizeof deal->local.ts[0]);
    memcpy(child->ts_remote, deal->remote.ts, deal->remote.n * sizeof deal->remote.ts[0]);
    ik_replay_init(&child->replay, node->config->policies[deal->policy].replay);
    ik_nat_child_path(sa, child);
    ik_keys_child(node, sa, child);
    child->sent_at = env->now;
    child->state = IK_CHILD_UP;

    ik_about(env, sa->child);
    ik_suite_trace(env, &deal->suite);
    ik_trace(env, IK_TR_CHILD_UP, child->in.spi, child->out.spi);
    ik_about(env, child->ike);
    ik_count(env, IK_COUNT_CHILD_SAS_UP);
    ik_raise_child(sa, IK_EV_CHILD_UP, IK_WHY_NONE, 0);
}
