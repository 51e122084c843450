/* SPDX-License-Identifier: MIT */
#include "util/util.h"

#if IK_TRACE
void ik_trace(struct ik_env *env, uint16_t event, uint32_t a, uint32_t b)
{
    if (!env->trace) {
        return;
    }
    struct ik_trace_rec rec = {
        .at = env->host_now,
        .node = env->node_id,
        .event = event,
        .sa = env->sa,
        .a = a,
        .b = b,
    };
    env->trace(env->trace_ctx, &rec);
}

void ik_drop(struct ik_env *env, enum ik_drop why, size_t len)
{
    env->counters.drop[why]++;
#if IK_AUDIT
    env->dropped = (uint16_t)(why + 1u);
#endif
    ik_trace(env, IK_TR_DROP, (uint32_t)why, (uint32_t)len);
}
#elif IK_COUNTERS
void ik_drop_count(struct ik_env *env, enum ik_drop why)
{
    env->counters.drop[why]++;
}
#endif

#if IK_COUNTERS
void ik_count(struct ik_env *env, enum ik_count what)
{
    env->counters.count[what]++;
}
#endif

#if IK_METER
void ik_charge(struct ik_env *env, enum ik_cost what, size_t times)
{
    env->meter.n[what] += (uint32_t)times;
}
#endif
