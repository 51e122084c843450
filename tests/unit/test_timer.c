/* SPDX-License-Identifier: MIT */
#include "octets.h"

Test(timer, backoff_doubles_up_to_the_limit)
{
    const unsigned want[] = {1, 2, 4, 8, 16, 32, 32, 32};
    for (uint8_t k = 0; k < 8; k++) {
        cr_assert_eq(ik_backoff(IK_SECOND, 32 * IK_SECOND, 32, k), want[k] * IK_SECOND, "%u", k);
    }
    cr_assert_eq(ik_backoff(IK_SECOND, 32 * IK_SECOND, 32, 255), 32 * IK_SECOND);
    cr_assert_eq(ik_backoff(5, 3, 32, 0), 3, "the limit holds for the first one, too");
}

/* strongSwan's usual factor: 1.8, here 29/16. */
Test(timer, backoff_takes_fractions)
{
    cr_assert_eq(ik_backoff(16, 1000, 29, 1), 29);
    cr_assert_eq(ik_backoff(16, 1000, 29, 2), 52); /* 52.56 */
    cr_assert_eq(ik_backoff(17, 1000, 29, 1), 30); /* 30.81 */
    cr_assert_eq(ik_backoff(100, 1000, 16, 200), 100);
    cr_assert_eq(ik_backoff(100, 1000, 8, 1), 50);
    cr_assert_eq(ik_backoff(100, 1000, 0, 1), 0);
}

Test(timer, backoff_never_overflows)
{
    cr_assert_eq(ik_backoff(UINT32_MAX, UINT32_MAX, 255, 255), UINT32_MAX);
    cr_assert_eq(ik_backoff(UINT32_MAX - 1, UINT32_MAX, 255, 1), UINT32_MAX);
    for (uint8_t factor = 17; factor < 255; factor++) {
        for (unsigned k = 0; k < 255; k++) {
            uint32_t a = ik_backoff(30, UINT32_MAX, factor, (uint8_t)k);
            uint32_t b = ik_backoff(30, UINT32_MAX, factor, (uint8_t)(k + 1));
            uint64_t want = (uint64_t)a * factor / 16;
            bool saturated = b == UINT32_MAX && want >= UINT32_MAX / 256u * 255u;
            cr_assert(b == want || saturated, "%u %u", factor, k);
        }
    }
    cr_assert_eq(ik_backoff(3, UINT32_MAX, 255, 255), UINT32_MAX);
}

Test(timer, jitter_stays_within_its_share)
{
    cr_assert_eq(ik_jitter(1000, 0, 255), 1000);
    cr_assert_eq(ik_jitter(1000, 255, 0), 1000);
    for (unsigned r = 1; r < 256; r++) {
        uint32_t a = ik_jitter(IK_SECOND, 64, (uint8_t)r);
        cr_assert(a < ik_jitter(IK_SECOND, 64, (uint8_t)(r - 1)), "falls with r: %u", r);
        cr_assert(a > IK_SECOND - IK_SECOND / 4);
    }
    /* 1000000 * 64 * 128 / 65536 */
    cr_assert_eq(ik_jitter(IK_SECOND, 64, 128), 875000);
    cr_assert_eq(ik_jitter(UINT32_MAX, 0, 255), UINT32_MAX);
    cr_assert(ik_jitter(UINT32_MAX, 255, 255) > 0);
}

Test(timer, later_saturates_below_never)
{
    cr_assert_eq(ik_later(5, 7), 12);
    cr_assert_eq(ik_later(0, IK_NEVER), IK_NEVER - 1);
    cr_assert_eq(ik_later(IK_NEVER, 1), IK_NEVER - 1);
    cr_assert_eq(ik_later(IK_NEVER - 1, 0), IK_NEVER - 1);
    cr_assert_eq(ik_later(IK_NEVER - 3, 2), IK_NEVER - 1);
    cr_assert_eq(ik_later(IK_NEVER - 3, 1), IK_NEVER - 2);
    cr_assert_eq(ik_later(IK_NEVER - 3, 3), IK_NEVER - 1);
}

Test(timer, wait_is_the_usual_one_or_as_configured)
{
    cr_assert_eq(ik_wait(0, 77), 77);
    cr_assert_eq(ik_wait(1, 77), 1);
    cr_assert_eq(ik_wait(UINT32_MAX, 77), UINT32_MAX);
    cr_assert_eq(ik_wait((ik_time)UINT32_MAX + 8, 77), UINT32_MAX);
    cr_assert_eq(ik_wait(IK_NEVER, 77), UINT32_MAX);
}

Test(timer, from_now_saturates_too)
{
    static struct ik_env env;
    env.now = 5;
    cr_assert_eq(ik_from_now(&env, UINT32_MAX), (ik_time)UINT32_MAX + 5);
    env.now = IK_NEVER - 3;
    cr_assert_eq(ik_from_now(&env, UINT32_MAX), IK_NEVER - 1);
}
