/* SPDX-License-Identifier: MIT */
/* Each invariant of the simulation breaks when it should. */
#include <criterion/criterion.h>
#include <string.h>

#include "ike/ike.h"
#include "sim/conf.h"
#include "sim/node.h"
#include "sim/story.h"
#include "sim/traffic.h"

static const struct sim_pair pair = {0};

/* A pair that is up, has talked, and has broken nothing. */
static struct sim *up(void)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    sim_run_for(s, IK_SECOND);
    sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_not(s->failed, "%s", s->why);
    cr_assert_eq(s->nodes[B]->delivered, 1);
    return s;
}

static void broken(struct sim *s, const char *why)
{
    cr_assert(s->failed, "did not see: %s", why);
    cr_assert_not_null(strstr(s->why, why), "%s: says %s", why, s->why);
    sim_free(s);
}

/* ---- rest ------------------------------------------------------------------------------------ */

Test(sim_check, deadline_not_later_than_now)
{
    struct sim *s = up();
    ik_touch(&s->nodes[A]->core, &s->nodes[A]->ike_sas[0]);
    sim_check_rest(s->nodes[A]);
    broken(s, "deadline is not later");
}

Test(sim_check, event_lost)
{
    struct sim *s = up();
    s->nodes[B]->core.env.counters.drop[IK_DROP_EVENT_LOST] = 1;
    sim_check_rest(s->nodes[B]);
    broken(s, "event is lost");
}

Test(sim_check, not_ready_for_a_packet)
{
    struct sim *s = up();
    s->nodes[B]->core.env.counters.drop[IK_DROP_RX_BUSY] = 1;
    sim_check_rest(s->nodes[B]);
    broken(s, "not ready");
}

/* ---- keys ------------------------------------------------------------------------------------ */

Test(sim_check, other_ike_keys)
{
    for (int which = 0; which < 3; which++) {
        struct sim *s = up();
        struct ik_ike_sa *sa = &s->nodes[B]->ike_sas[0];
        uint8_t *keys[] = {sa->keys.d, sa->keys.a[1], sa->keys.e[0]};
        keys[which][3] ^= 1;
        sim_check_ike_keys(s->nodes[B], 0);
        broken(s, "different keys of one IKE SA");
    }
}

Test(sim_check, other_child_keys)
{
    for (int in = 0; in < 2; in++) {
        struct sim *s = up();
        struct ik_child_sa *sa = &s->nodes[B]->child_sas[0];
        ik_child_keys(&s->nodes[B]->core.ipsec, sa, !in)[0] ^= 1;
        sim_check_child_keys(s->nodes[B], 0);
        broken(s, "different keys of one Child SA");
    }
}

Test(sim_check, other_selectors)
{
    struct sim *s = up();
    s->nodes[B]->child_sas[0].ts[0].port_hi = 7;
    sim_check_child_keys(s->nodes[B], 0);
    broken(s, "different selectors");
}

Test(sim_check, key_left_in_memory)
{
    struct sim *s = up();
    uint8_t key[16];
    memcpy(key, s->nodes[A]->ike_sas[0].keys.d, sizeof key);
    sim_down(s, A, IK_NO_SLOT);
    cr_assert(sim_run_idle(s, 600 * IK_SECOND));
    memcpy(s->nodes[A]->core.host.buffers[1].b + 77, key, sizeof key);
    sim_check_end(s);
    broken(s, "a key is left in the pools");
}

/* ---- packets --------------------------------------------------------------------------------- */

static struct ik_effect delivery(const uint8_t *p, uint16_t len)
{
    return (struct ik_effect){.kind = IK_FX_DELIVER, .data = p, .len = len};
}

Test(sim_check, packet_that_nobody_sent)
{
    struct sim *s = up();
    uint8_t b[200];
    const struct sim_inner in = {.src = sim_addr(s, "10.1.0.1"), .dst = sim_addr(s, "10.2.0.1")};
    struct ik_effect fx = delivery(b, sim_traffic_build(&in, 5, b, sizeof b));
    sim_check_delivered(s->nodes[B], &fx);
    broken(s, "nobody sent");
}

Test(sim_check, packet_changed)
{
    for (uint16_t at = 1; at < 120; at += 17) {
        struct sim *s = up();
        const struct sim_packet *p = &s->check.packets[0];
        struct ik_effect fx = delivery(p->bytes, p->len);
        uint8_t b[200];
        s->check.packets[0].delivered = 0;
        memcpy(b, p->bytes, p->len);
        b[at] ^= 1;
        fx.data = b;
        sim_check_delivered(s->nodes[B], &fx);
        cr_assert(s->failed, "octet %u", at);
        sim_free(s);
    }
}

Test(sim_check, packet_twice)
{
    struct sim *s = up();
    struct ik_effect fx = delivery(s->check.packets[0].bytes, s->check.packets[0].len);
    sim_check_delivered(s->nodes[B], &fx);
    broken(s, "twice");
}

Test(sim_check, packet_at_its_own_sender)
{
    struct sim *s = up();
    struct ik_effect fx = delivery(s->check.packets[0].bytes, s->check.packets[0].len);
    s->check.packets[0].delivered = 0;
    sim_check_delivered(s->nodes[A], &fx);
    broken(s, "its own packet");
}

Test(sim_check, packet_at_another_node)
{
    struct sim *s = up();
    struct ik_effect fx = delivery(s->check.packets[0].bytes, s->check.packets[0].len);
    s->check.packets[0].delivered = 0;
    s->check.packets[0].meant = 2;
    sim_check_delivered(s->nodes[B], &fx);
    broken(s, "sent to another");
}

/* A packet whose sender did not say for whom it is: its address does. */
Test(sim_check, packet_at_a_node_without_its_address)
{
    struct sim *s = up();
    const struct sim_inner in = {.src = sim_addr(s, "10.2.0.9"), .dst = sim_addr(s, "10.9.0.1")};
    struct ik_effect fx;

    sim_traffic_send(s, B, &in);
    fx = delivery(s->check.packets[1].bytes, s->check.packets[1].len);
    sim_check_delivered(s->nodes[A], &fx);
    broken(s, "sent to another");
}

Test(sim_check, packet_in_clear)
{
    struct sim *s = up();
    struct ik_effect fx = {.kind = IK_FX_PASS};
    sim_check_passed(s->nodes[A], &fx);
    broken(s, "leaves in clear");
}

Test(sim_check, packet_unencrypted_in_esp)
{
    struct sim *s = up();
    uint8_t b[100] = {1, 2, 3, 4};
    struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    struct ik_effect fx = {.kind = IK_FX_SEND, .path = &path, .data = b, .len = sizeof b};
    path.carrier = IK_CARRIER_ESP;
    path.remote.family = 4;
    memcpy(b + 50, SIM_MARK, SIM_MARK_LEN);
    sim_check_sent(s->nodes[A], &fx);
    broken(s, "unencrypted");
}

/* ---- sequence numbers ----------------------------------------------------------------------- */

static void seq(struct sim *s, uint16_t node, uint16_t event, uint32_t number)
{
    struct ik_trace_rec rec = {.node = node, .event = event, .sa = 0, .a = 99, .b = number};
    sim_check_trace(s->nodes[node], &rec);
}

Test(sim_check, sequence_number_accepted_twice)
{
    struct sim *s = up();
    seq(s, B, IK_TR_ESP_RX, 7);
    seq(s, B, IK_TR_ESP_RX, 8);
    seq(s, B, IK_TR_ESP_TX, 7);
    cr_assert_not(s->failed);
    seq(s, B, IK_TR_ESP_RX, 7);
    broken(s, "accepts sequence number 7");
}

Test(sim_check, sequence_number_sealed_twice)
{
    struct sim *s = up();
    seq(s, A, IK_TR_ESP_TX, 70);
    seq(s, A, IK_TR_ESP_TX, 70);
    broken(s, "seals with sequence number 70");
}

Test(sim_check, sequence_number_zero)
{
    struct sim *s = up();
    seq(s, A, IK_TR_ESP_TX, 0);
    broken(s, "sequence number 0");
}

/* ---- what is sent ---------------------------------------------------------------------------- */

Test(sim_check, sent_again_with_other_bytes)
{
    struct sim *s = up();
    uint8_t b[60] = {
        1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, IK_PL_SK, 0x20, IK_EX_INFORMATIONAL,
        8, 0, 0, 0, 9, 0, 0, 0, 60};
    struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    struct ik_effect fx = {.kind = IK_FX_SEND, .path = &path, .data = b, .len = sizeof b};
    path.remote.family = 4;
    sim_check_sent(s->nodes[A], &fx);
    sim_check_sent(s->nodes[A], &fx);
    cr_assert_not(s->failed, "%s", s->why);
    b[40] = 1;
    sim_check_sent(s->nodes[A], &fx);
    broken(s, "sent again with other bytes");
}

Test(sim_check, sent_to_or_from_no_place)
{
    struct sim *s = up();
    uint8_t b[1] = {0xff};
    struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    struct ik_effect fx = {.kind = IK_FX_SEND, .path = &path, .data = b, .len = 1};
    path.carrier = IK_CARRIER_UDP4500;
    sim_check_sent(s->nodes[A], &fx);
    broken(s, "to no address");
    s = up();
    path.remote.family = 4;
    path.local = sim_addr(s, "192.0.2.77");
    sim_check_sent(s->nodes[A], &fx);
    broken(s, "not its own");
}

Test(sim_check, sent_what_is_nothing)
{
    struct sim *s = up();
    uint8_t b[6] = {0};
    struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    struct ik_effect fx = {.kind = IK_FX_SEND, .path = &path, .data = b, .len = sizeof b};
    path.remote.family = 4;
    sim_check_sent(s->nodes[A], &fx);
    broken(s, "neither IKE, ESP, AH nor");
}

/* ---- what is told ---------------------------------------------------------------------------- */

static void told(struct sim *s, uint16_t node, uint8_t event, uint16_t slot)
{
    struct ik_effect fx = {.kind = IK_FX_EVENT, .event = event, .ike = slot, .child = slot};
    sim_check_told(s->nodes[node], &fx);
}

Test(sim_check, told_what_makes_no_sense)
{
    struct sim *s = up();
    told(s, A, IK_EV_IKE_UP, 0);
    broken(s, "ike_up of slot 0 twice");
    s = up();
    told(s, A, IK_EV_CHILD_UP, 0);
    broken(s, "child_up of slot 0 twice");
    s = up();
    told(s, A, IK_EV_IKE_DOWN, 1);
    broken(s, "ike_down of slot 1, which was not up");
    s = up();
    told(s, A, IK_EV_CHILD_DOWN, 1);
    broken(s, "child_down of slot 1, which was not up");
    s = up();
    told(s, A, 99, 0);
    broken(s, "unknown event");
}

Test(sim_check, up_without_outcome)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    sim_pair_add(s, &pair);
    sim_check_up(s->nodes[A], 0);
    sim_check_end(s);
    broken(s, "never had an outcome");
}

Test(sim_check, something_left_at_the_end)
{
    struct sim *s = up();
    s->check.ike_up.n = s->check.child_up.n = 0;
    sim_check_end(s);
    broken(s, "the pools hold 1 IKE SAs and 1 Child SAs");
    s = up();
    sim_check_end(s);
    broken(s, "never of its end");
}

/* ---- convergence ------------------------------------------------------------------------------
 */

/* One end has lost power and said nothing. */
Test(sim_check, one_end_alone)
{
    struct sim *s = up();
    sim_check_converged(s);
    cr_assert_not(s->failed, "%s", s->why);
    sim_node_off(s, B);
    sim_check_converged(s);
    broken(s, "holds an IKE SA that no other end holds");
}

Test(sim_check, stale_ike_sa)
{
    struct sim *s = up();
    sim_node_off(s, A);
    sim_node_on(s, A);
    sim_up(s, A, 0);
    sim_run_for(s, IK_SECOND);
    sim_check_converged(s);
    broken(s, "holds an IKE SA that no other end holds");
}

Test(sim_check, lost_packet)
{
    struct sim *s = up();
    sim_check_lossless(s, 0);
    cr_assert_not(s->failed, "%s", s->why);
    s->nodes[B]->opts.link.cut = true;
    sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    sim_check_lossless(s, 0);
    broken(s, "packet 1 from n0 does not arrive");
}

/* ---- the simulation itself ------------------------------------------------------------------ */

Test(sim_check, a_broken_run_stands_still)
{
    struct sim *s = up();
    sim_fail(s, "first %d", 1);
    sim_fail(s, "second");
    cr_assert_not(sim_run_for(s, IK_SECOND));
    cr_assert_not(sim_step(s));
    sim_up(s, A, 0);
    broken(s, "first 1");
}

Test(sim_check, a_bad_configuration_is_no_silent_run)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    sim_pair_add(s, &(struct sim_pair){.ike_a = "aes128-md5-x25519"});
    broken(s, "suite aes128-md5-x25519");
}

/* A story that does not come true says so. */
Test(sim_check, false_stories)
{
    const struct story_step stories[][3] = {
        {UP(A, 0), EXPECT(A, IK_EV_IKE_FAILED), WAIT(1)},
        {UP(A, 0), EXPECT(B, IK_EV_CHILD_UP), WAIT(1)},
        {EXPECT(A, IK_EV_IKE_UP), WAIT(1), WAIT(1)},
        {UP(A, 0), EXPECT(A, IK_EV_IKE_UP), BY(IK_MS)},
        {UP(A, 0), WAIT(IK_SECOND), SILENT(B)},
        {UP(A, 0), WAIT(IK_SECOND), USAGE(B, 0, 0)},
        {UP(A, 0), WAIT(IK_SECOND), DELIVERED(A, 1)},
        {UP(A, 0), WAIT(IK_SECOND), COUNT(A, IK_COUNT_IKE_SENT, 3)},
        {UP(A, 0), WAIT(IK_SECOND), DROPPED(A, IK_DROP_IKE_AUTH, 1)},
        {UP(A, 0), WAIT(IK_SECOND), END_ALL},
        {UP(A, 0), WAIT(IK_SECOND), RELEASE('x')},
        {UP(A, 0), WAIT(IK_SECOND), AT(IK_MS)},
        {OFF(B), UP(A, 0), IDLE(IK_SECOND)},
        {DROP(A, IK_EX_INFORMATIONAL, REQUEST, FIRST), WAIT(IK_SECOND), HITS(0, 1)},
        {MARK, SEND(A, 1, 100), LOSSLESS},
    };
    fclose(stderr);
    for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
        cr_assert_not(story_pair(1, &pair, stories[i], 3), "story %zu", i);
}
