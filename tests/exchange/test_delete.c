/* SPDX-License-Identifier: MIT */
/* INFORMATIONAL and Delete (RFC 7296 1.4, 1.4.1, 2.25). */
#include "story.h"

#define INFO IK_EX_INFORMATIONAL

Test(delete, by_the_initiator)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN_BOTH(A, B), USAGE(A, 0, 0), USAGE(B, 0, 0));
}

Test(delete, by_the_responder)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN_BOTH(B, A));
}

Test(delete, of_a_peer_by_index)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN_PEER(A, 0), EXPECT(A, IK_EV_CHILD_DOWN),
          EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_IKE_DOWN),
          END_ALL);
}

Test(delete, without_anything_to_delete)
{
    STORY(&plain, DOWN(A), DOWN(B), END_ALL, SILENT(A), SILENT(B));
}

Test(delete, twice)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN(A), DOWN(A), EXPECT(A, IK_EV_CHILD_DOWN),
          EXPECT(A, IK_EV_IKE_DOWN), END_ALL, SILENT(A), COUNT(A, IK_COUNT_IKE_SENT, 3));
}

Test(delete, request_lost)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DROP(A, INFO, REQUEST, FIRST), DOWN_BOTH(A, B), HITS(0, 1),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1));
}

/* B has forgotten all but its answer, and repeats that. */
Test(delete, response_lost)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DROP(B, INFO, RESPONSE, FIRST), DOWN_BOTH(A, B), HITS(0, 1),
          COUNT(A, IK_COUNT_IKE_RETRANSMITTED, 1), COUNT(B, IK_COUNT_IKE_REANSWERED, 1));
}

Test(delete, every_message_twice)
{
    STORY(&plain, TWICE(SIM_ANY, SIM_ANY, SIM_ANY, EVERY), UP(A, 0), UP_BOTH, TALK(0),
          DOWN_BOTH(A, B));
}

/* A gives up in the end; the SA is gone either way. */
Test(delete, silent_peer)
{
    STORY(&plain, UP(A, 0), UP_BOTH, OFF(B), DOWN(A), EXPECT(A, IK_EV_CHILD_DOWN),
          EXPECT(A, IK_EV_IKE_DOWN), END_ALL, SILENT(A), USAGE(A, 0, 0));
}

/*
 * Both delete at once (2.25.2): each answers the other's Delete though its own is under way.
 *
 *     A                    B
 *     Delete ->        <- Delete
 *     answer ->        <- answer
 */
Test(delete, both_at_once)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN(A), DOWN(B), EXPECT(A, IK_EV_CHILD_DOWN),
          EXPECT(A, IK_EV_IKE_DOWN), EXPECT(B, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_IKE_DOWN),
          END_ALL, SILENT(A), SILENT(B));
}

/* The same with each of the four messages lost once. */
Test(delete, both_at_once_with_a_loss)
{
    for (int which = 0; which < 4; which++) {
        STORY(&plain, UP(A, 0), UP_BOTH, DROP(which & 1 ? B : A, INFO, which >> 1 & 1, FIRST),
              DOWN(A), DOWN(B), EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_IKE_DOWN),
              EXPECT(B, IK_EV_CHILD_DOWN), EXPECT(B, IK_EV_IKE_DOWN), END_ALL, SILENT(A),
              SILENT(B));
    }
}

/* B's Delete arrives late, when A has long been done. */
Test(delete, old_request_after_the_end)
{
    STORY(&plain, UP(A, 0), UP_BOTH, HOLD(A, INFO, REQUEST, FIRST, 'x'), DOWN_BOTH(A, B),
          RELEASE('x'), END_ALL, SILENT(A), SILENT(B));
}

Test(delete, handshake_dropped_before_any_answer)
{
    STORY(&plain, OFF(B), UP(A, 0), WAIT(500 * IK_MS), DOWN(A), WAIT(IK_SECOND), USAGE(A, 0, 0),
          FORGET(A), END_ALL);
}

/* While the job runs: the host has it until it is done. */
Test(delete, handshake_dropped_during_key_generation)
{
    const struct sim_pair p = {.cpu_a = &sim_cpu_msp430f1611, .cpu_b = &sim_cpu_msp430f1611};
    STORY(&p, UP(A, 0), WAIT(4500 * IK_MS), DOWN(A), WAIT(60 * IK_SECOND), USAGE(A, 0, 0),
          FORGET(A), END_ALL);
    STORY(&p, UP(A, 0), WAIT(15 * IK_SECOND), DOWN(A), DOWN(B), WAIT(200 * IK_SECOND),
          USAGE(A, 0, 0), USAGE(B, 0, 0), FORGET(A), END_ALL);
}

/* In between IKE_AUTH and its answer: B comes up, and A has gone. */
Test(delete, handshake_dropped_during_auth)
{
    STORY(&plain, UP(A, 0), WAIT(45 * IK_MS), DOWN(A), WAIT(60 * IK_SECOND), USAGE(A, 0, 0),
          FORGET(A), FORGET(B), DOWN(B), END_ALL);
}

Test(delete, and_up_again)
{
    STORY(&plain, UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B), UP(A, 0), UP_BOTH, TALK(1),
          DOWN_BOTH(B, A), UP(A, 0), UP_BOTH, TALK(2), DOWN_BOTH(A, B));
}

/* At once, while the old one is still being deleted. */
Test(delete, and_up_before_the_answer)
{
    STORY(&plain, UP(A, 0), UP_BOTH, DOWN(A), UP(A, 0), WAIT(10 * IK_SECOND), FORGET(A), FORGET(B),
          USAGE(A, 1, 1), TALK(0), DOWN_BOTH(A, B));
}

/* ESP that was under way when the SA ended is dropped, counted, and does no harm. */
Test(delete, esp_behind_the_delete)
{
    STORY(&plain, UP(A, 0), UP_BOTH, ON_KIND(A, SIM_ESP, FIRST, .act = SIM_HOLD, .label = 'x'),
          SEND(A, 1, 100), DOWN_BOTH(A, B), RELEASE('x'), END_ALL, DELIVERED(B, 0),
          DROPPED(B, IK_DROP_ESP_UNKNOWN_SPI, 1));
}

/* Power off of B, and A does not know: its packets go nowhere, and B says so to nobody. */
Test(delete, peer_restarted)
{
    STORY(&plain, UP(A, 0), UP_BOTH, OFF(B), ON(B), SEND(A, 3, 100), WAIT(IK_SECOND),
          DELIVERED(B, 0), DROPPED(B, IK_DROP_ESP_UNKNOWN_SPI, 3), DOWN(A),
          EXPECT(A, IK_EV_CHILD_DOWN), EXPECT(A, IK_EV_IKE_DOWN), END_ALL);
}

#if IK_HOLD
static const struct sim_pair holding = {.held = 4};

/* A packet waits for the SA that is taken down: it is given up, and calls nobody again; the next
 * one does. */
Test(delete, what_waits_calls_nobody_again)
{
    STORY(&holding, OFF(B), SEND(A, 1, 100), WAIT(10 * IK_SECOND), DOWN(A),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_DELETED_HERE), WAIT(60 * IK_SECOND), SILENT(A),
          USAGE(A, 0, 0), DROPPED(A, IK_DROP_SPD_GIVEN_UP, 1), ON(B), SEND(A, 1, 100), UP_BOTH,
          WAIT(IK_SECOND), DELIVERED(B, 1), DOWN_BOTH(A, B));
}
#endif
