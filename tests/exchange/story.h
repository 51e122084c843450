/* SPDX-License-Identifier: MIT */
/* What the exchange tests share. */
#ifndef TESTS_EXCHANGE_STORY_H
#define TESTS_EXCHANGE_STORY_H

#include <criterion/criterion.h>

#include "sim/story.h"
#include "sim/traffic.h"

/* Of a test that needs algorithms or sizes which the minimal profile lacks. */
#ifdef IK_PROFILE_MINIMAL
#define FULL .disabled = true
#else
#define FULL .disabled = false
#endif

#define STEPS_N(steps) (sizeof(steps) / sizeof *(steps))

/* Tells the story of a pair. */
#define STORY(pair, ...)                                                                           \
    do {                                                                                           \
        const struct story_step steps_[] = {__VA_ARGS__};                                          \
        cr_assert(story_pair(1, (pair), steps_, STEPS_N(steps_)));                                 \
    } while (0)

static const struct sim_pair plain = {0};

/* Both ends are up, and say nothing else. */
#define UP_BOTH                                                                                    \
    EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), EXPECT(B, IK_EV_IKE_UP),                   \
        EXPECT(B, IK_EV_CHILD_UP), SILENT(A), SILENT(B)

/* One of them deletes; both tell why, and nothing is left. */
#define DOWN_BOTH(who, other)                                                                      \
    DOWN(who), EXPECT_WHY(who, IK_EV_CHILD_DOWN, IK_WHY_DELETED_HERE),                             \
        EXPECT_WHY(who, IK_EV_IKE_DOWN, IK_WHY_DELETED_HERE),                                      \
        EXPECT_WHY(other, IK_EV_CHILD_DOWN, IK_WHY_DELETED_PEER),                                  \
        EXPECT_WHY(other, IK_EV_IKE_DOWN, IK_WHY_DELETED_PEER), END_ALL

/* A packet each way, and it arrives. b, a, n: how many B, A, each has delivered before. */
#define TALK(n) TALK_FROM(n, n)
#define TALK_FROM(b, a)                                                                            \
    SEND(A, 1, 100), WAIT(IK_SECOND), DELIVERED(B, (b) + 1), SEND(B, 1, 100), WAIT(IK_SECOND),     \
        DELIVERED(A, (a) + 1)

#endif
