/* SPDX-License-Identifier: MIT */
#include "ipsec_ends.h"

static struct ik_ts any_v4(void)
{
    return ts_range(4, (uint8_t[]){0, 0, 0, 0}, (uint8_t[]){255, 255, 255, 255});
}

static struct ik_flow udp_flow(const uint8_t src[4], const uint8_t dst[4], uint16_t sport,
                               uint16_t dport)
{
    uint8_t up[8] = {0}, ip[28];
    struct ik_flow flow;
    ik_put16(up, sport);
    ik_put16(up + 2, dport);
    uint16_t len = make_v4(ip, src, dst, IK_IP_UDP, up, sizeof up);
    cr_assert_eq(ik_flow_parse(ip, len, &flow), IK_OK);
    return flow;
}

static const uint8_t left[4] = {10, 1, 0, 7}, right[4] = {10, 2, 0, 9}, far[4] = {8, 8, 8, 8};

/* The first that takes the packet decides, not the narrowest. */
Test(spd, order_decides)
{
    struct ik_policy p[3] = {{.action = IK_BYPASS, .ts_local_n = 1, .ts_remote_n = 1},
                             {.action = IK_PROTECT, .ts_local_n = 1, .ts_remote_n = 1},
                             {.action = IK_DISCARD, .ts_local_n = 1, .ts_remote_n = 1}};
    p[0].ts_local[0] = p[1].ts_local[0] = ts_v4(10, 1, 1);
    p[0].ts_remote[0] = p[1].ts_remote[0] = ts_v4(10, 2, 1);
    p[0].ts_remote[0].proto = IK_IP_UDP;
    p[0].ts_remote[0].port_lo = p[0].ts_remote[0].port_hi = 53;
    p[2].ts_local[0] = p[2].ts_remote[0] = any_v4();
    struct ik_ipsec ip = {.policies = p, .policies_n = 3};

    struct ik_flow dns = udp_flow(left, right, 1000, 53);
    struct ik_flow other = udp_flow(left, right, 1000, 54);
    struct ik_flow away = udp_flow(left, far, 1000, 53);
    cr_assert_eq(ik_spd_find(&ip, &dns, true), 0);
    cr_assert_eq(ik_spd_find(&ip, &other, true), 1);
    cr_assert_eq(ik_spd_find(&ip, &away, true), 2);

    struct ik_policy wide_first[2] = {p[2], p[0]};
    struct ik_ipsec reversed = {.policies = wide_first, .policies_n = 2};
    cr_assert_eq(ik_spd_find(&reversed, &dns, true), 0);
}

/* Inbound, the source is the remote end, with its port. */
Test(spd, direction)
{
    struct ik_policy p = {.action = IK_PROTECT, .ts_local_n = 1, .ts_remote_n = 1};
    p.ts_local[0] = ts_v4(10, 1, 1);
    p.ts_remote[0] = ts_v4(10, 2, 1);
    p.ts_remote[0].proto = IK_IP_UDP;
    p.ts_remote[0].port_lo = p.ts_remote[0].port_hi = 53;
    struct ik_ipsec ip = {.policies = &p, .policies_n = 1};
    struct ik_flow query = udp_flow(left, right, 1000, 53);
    struct ik_flow answer = udp_flow(right, left, 53, 1000);
    cr_assert_eq(ik_spd_find(&ip, &query, true), 0);
    cr_assert_eq(ik_spd_find(&ip, &query, false), 1);
    cr_assert_eq(ik_spd_find(&ip, &answer, false), 0);
    cr_assert_eq(ik_spd_find(&ip, &answer, true), 1);
}

Test(spd, nothing_matches)
{
    struct ik_ipsec none = {.policies = NULL, .policies_n = 0};
    struct ik_flow flow = udp_flow(left, right, 1, 2);
    cr_assert_eq(ik_spd_find(&none, &flow, true), 0);
    /* An entry without selectors takes nothing. */
    struct ik_policy empty = {.action = IK_BYPASS};
    struct ik_ipsec ip = {.policies = &empty, .policies_n = 1};
    cr_assert_eq(ik_spd_find(&ip, &flow, true), 1);
}

/* Any of the selectors of a side may take its end. */
Test(spd, several_selectors)
{
    struct ik_policy p = {.action = IK_PROTECT, .ts_local_n = 2, .ts_remote_n = 3};
    p.ts_local[0] = ts_v4(10, 3, 1);
    p.ts_local[1] = ts_v4(10, 1, 1);
    p.ts_remote[0] = ts_v4(10, 4, 1);
    p.ts_remote[1] = ts_v4(10, 5, 1);
    p.ts_remote[2] = ts_v4(10, 2, 1);
    struct ik_ipsec ip = {.policies = &p, .policies_n = 1};
    struct ik_flow flow = udp_flow(left, right, 1, 2);
    cr_assert_eq(ik_spd_find(&ip, &flow, true), 0);
    p.ts_remote_n = 2;
    cr_assert_eq(ik_spd_find(&ip, &flow, true), 1);
}
