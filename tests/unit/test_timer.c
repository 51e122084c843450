/* SPDX-License-Identifier: MIT */
#include "octets.h"

#include "ikelet/ik_config.h"

Test(timer, backoff_doubles_up_to_the_limit)
{
    const unsigned want[] = {2, 4, 8, 16, 32, 32, 32};
    uint32_t wait = IK_SECOND;
    for (unsigned k = 0; k < 7; k++) {
        wait = ik_backoff(wait, 32 * IK_SECOND, 32);
        cr_assert_eq(wait, want[k] * IK_SECOND, "%u", k);
    }
    cr_assert_eq(ik_backoff(5, 3, 16), 3, "the limit holds for the first one, too");
    cr_assert_eq(ik_backoff(3, 3, 16), 3);
}

/* strongSwan's usual factor: 1.8, here 29/16. */
Test(timer, backoff_takes_fractions)
{
    cr_assert_eq(ik_backoff(16, 1000, 29), 29);
    cr_assert_eq(ik_backoff(29, 1000, 29), 52); /* 52.56 */
    cr_assert_eq(ik_backoff(17, 1000, 29), 30); /* 30.81 */
    cr_assert_eq(ik_backoff(100, 1000, 16), 100);
}

Test(timer, backoff_never_overflows)
{
    cr_assert_eq(ik_backoff(IK_WAIT_MAX, IK_WAIT_MAX, 255), IK_WAIT_MAX);
    cr_assert_eq(ik_backoff(IK_WAIT_MAX - 1, IK_WAIT_MAX, 17), IK_WAIT_MAX);
    for (unsigned factor = 16; factor <= 255; factor++) {
        uint32_t wait = 30;
        for (unsigned k = 0; k < 400; k++) {
            uint64_t want = (uint64_t)wait * factor / 16;
            wait = ik_backoff(wait, IK_WAIT_MAX, (uint8_t)factor);
            cr_assert_eq(wait, want < IK_WAIT_MAX ? want : IK_WAIT_MAX, "%u %u", factor, k);
        }
    }
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
