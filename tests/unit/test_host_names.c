/* SPDX-License-Identifier: MIT */
/* Every number that the core knows has a name of its own, and no other number crashes. */
#include <criterion/criterion.h>
#include <string.h>

#include "host.h"

typedef const char *(*namer)(unsigned);

/* Names of 0..n-1 exist and differ. */
static void expect_dense(namer name, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        cr_expect_str_neq(name(i), "unknown", "%u", i);
        for (unsigned k = 0; k < i; k++)
            cr_expect_str_neq(name(i), name(k));
    }
    cr_expect_str_eq(name(n), "unknown");
    cr_expect_str_eq(name(65535), "unknown");
    cr_expect_str_eq(name(0xffffffffU), "unknown");
}

Test(names, dense_tables)
{
    expect_dense(host_drop_name, IK_DROP_N);
    expect_dense(host_count_name, IK_COUNT_N);
    expect_dense(host_cost_name, IK_COST_N);
    expect_dense(host_reason_text, IK_WHY_AH_NAT + 1);
    expect_dense(host_fault_text, IK_FAULT_PROBE + 1);
    expect_dense(host_state_name, IK_IKE_DEAD + 1);
}

Test(names, of_the_macro_lists)
{
    cr_expect_str_eq(host_drop_name(IK_DROP_ESP_REPLAY), "esp_replay");
    cr_expect_str_eq(host_count_name(IK_COUNT_JOBS), "jobs");
    cr_expect_str_eq(host_cost_name(IK_COST_X25519), "x25519");
    cr_expect_str_eq(host_trace_name(IK_TR_CHILD_UP), "child_up");
    cr_expect_str_eq(host_trace_name(0), "unknown");
    cr_expect_str_eq(host_event_name(IK_EV_IKE_DOWN), "ike_down");
    cr_expect_str_eq(host_event_name(0), "unknown");
}

Test(names, of_the_registry)
{
    cr_expect_str_eq(host_exchange_name(34), "IKE_SA_INIT");
    cr_expect_str_eq(host_exchange_name(37), "INFORMATIONAL");
    cr_expect_str_eq(host_exchange_name(33), "unknown");
    cr_expect_str_eq(host_payload_name(IK_PL_IDI), "IDi");
    cr_expect_str_eq(host_payload_name(IK_PL_SKF), "SKF");
    cr_expect_str_eq(host_payload_name(0), "unknown");
    cr_expect_str_eq(host_notify_name(14), "NO_PROPOSAL_CHOSEN");
    cr_expect_str_eq(host_notify_name(16384), "INITIAL_CONTACT");
    cr_expect_str_eq(host_transform_name(1, 20), "ENCR_AES_GCM_16");
    cr_expect_str_eq(host_transform_name(2, 5), "PRF_HMAC_SHA2_256");
    cr_expect_str_eq(host_transform_name(3, 12), "AUTH_HMAC_SHA2_256_128");
    cr_expect_str_eq(host_transform_name(4, 31), "CURVE25519");
    cr_expect_str_eq(host_transform_name(5, 1), "ESN");
    cr_expect_str_eq(host_transform_name(6, 1), "unknown");
}
