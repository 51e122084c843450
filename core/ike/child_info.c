/* SPDX-License-Identifier: MIT */
/* What a host is told about a Child SA: linked only into hosts that ask. */
#include "ike/ike.h"

#if !IK_LINKED

/* A moment that the core kept, in node time. */
static ik_time time_of(const struct ik_env *env, ik_ms at)
{
    return env->host_now - (ik_time)(env->now - at) * IK_MS;
}

bool ik_child_info(const struct ik_node *node, uint16_t child, struct ik_child_info *out)
{
    if (child >= ik_child_n(&node->ipsec) ||
        ik_child_at(&node->ipsec, child)->state == IK_CHILD_FREE) {
        return false;
    }
    const struct ik_child_sa *sa = ik_child_at(&node->ipsec, child);
    *out = (struct ik_child_info){
        .state = sa->state,
        .mode = sa->mode,
        .udp = sa->udp,
        .esn = sa->esn,
        .ah = ik_child_is_ah(sa),
        .policy = sa->policy,
        .ike = sa->ike,
        .spi_in = sa->in.spi,
        .spi_out = sa->out.spi,
        .packets_out = sa->seq,
        .seq_in = sa->replay.last,
        .seq_out = sa->seq,
        .window = sa->replay.size,
        .last_in = sa->replay.last > 0 ? time_of(&node->env, sa->heard_at) : IK_NEVER,
        .last_out = sa->seq > 0 ? time_of(&node->env, sa->sent_at) : IK_NEVER,
    };
#if IK_PMTU
    out->mtu = ik_pmtu_of(&node->env, sa);
#endif
#if IK_ACCOUNT
    out->octets_in = sa->octets_in;
    out->octets_out = sa->octets_out;
    out->packets_in = sa->packets_in;
    out->drops = sa->drops;
#endif
    return true;
}

#endif
