/* SPDX-License-Identifier: MIT */
#include "octets.h"

struct seen {
    int n;
    struct ik_trace_rec last;
};

static void sink(void *ctx, const struct ik_trace_rec *rec)
{
    struct seen *s = ctx;
    s->n++;
    s->last = *rec;
}

Test(count, trace_carries_what_the_env_knows)
{
    struct seen seen = {0};
    struct ik_env env = {.trace = sink, .trace_ctx = &seen, .host_now = 77, .node_id = 3, .sa = 5};
    ik_trace(&env, IK_TR_IKE_TX, 34, 0xfedcba98);
    cr_assert_eq(seen.n, 1);
    cr_assert_eq(seen.last.at, 77);
    cr_assert_eq(seen.last.node, 3);
    cr_assert_eq(seen.last.sa, 5);
    cr_assert_eq(seen.last.event, IK_TR_IKE_TX);
    cr_assert_eq(seen.last.a, 34);
    cr_assert_eq(seen.last.b, 0xfedcba98);
}

Test(count, a_drop_is_counted_and_traced)
{
    struct seen seen = {0};
    struct ik_env env = {.trace = sink, .trace_ctx = &seen};
    ik_drop(&env, IK_DROP_ESP_REPLAY, 120);
    ik_drop(&env, IK_DROP_ESP_REPLAY, 121);
    cr_assert_eq(env.counters.drop[IK_DROP_ESP_REPLAY], 2);
    cr_assert_eq(env.counters.drop[IK_DROP_ESP_INTEGRITY], 0);
    cr_assert_eq(seen.n, 2);
    cr_assert_eq(seen.last.event, IK_TR_DROP);
    cr_assert_eq(seen.last.a, IK_DROP_ESP_REPLAY);
    cr_assert_eq(seen.last.b, 121);
}

Test(count, works_without_a_sink)
{
    struct ik_env env = {0};
    ik_drop(&env, IK_DROP_RX_SHORT, 1);
    ik_count(&env, IK_COUNT_ESP_IN);
    ik_count(&env, IK_COUNT_ESP_IN);
    ik_charge(&env, IK_COST_SHA1_BLOCK, 5);
    ik_charge(&env, IK_COST_SHA1_BLOCK, 6);
    cr_assert_eq(env.counters.drop[IK_DROP_RX_SHORT], 1);
    cr_assert_eq(env.counters.count[IK_COUNT_ESP_IN], 2);
    cr_assert_eq(env.meter.n[IK_COST_SHA1_BLOCK], 11);
    cr_assert_eq(env.meter.n[IK_COST_SHA256_BLOCK], 0);
}
