/* SPDX-License-Identifier: MIT */
/* The next key pair, computed while there is nothing else to do (core/ike/nego/ahead.c). */
#include "pair.h"

#if IK_KEY_AHEAD

#define KE_AT_MOST 400

/* The octets of the public value in an IKE_SA_INIT request of that end; which: the nth of them. */
static struct ik_span value_sent(struct pair *p, unsigned from, unsigned which)
{
    static struct ik_msg m;
    for (unsigned i = 0; i < p->grams_n; i++) {
        struct gram *g = &p->grams[i];
        if (g->from != from || ik_msg_parse(g->b, g->len, &m) != IK_OK ||
            m.hdr.exchange != IK_EX_IKE_SA_INIT || (m.hdr.flags & IK_FLAG_RESPONSE) != 0) {
            continue;
        }
        if (which-- == 0) {
            return ik_msg_find(&m, IK_PL_KE)->body;
        }
    }
    cr_assert_fail("there is no such request");
    return (struct ik_span){0};
}

static struct pair *new_pair(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    return p;
}

static bool prepare(struct pair *p, unsigned who)
{
    bool due = ik_node_prepare(&p->end[who].node, p->now, 0);
    pair_drain(p, who);
    return due;
}

/* What is computed is what the next request has, and nothing is computed then. */
Test(ahead, is_taken_by_the_next_request)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    uint8_t pub[32];
    cr_assert(prepare(p, 0));
    cr_assert_eq(e->jobs, 1);
    cr_assert(ik_node_prepared(&e->node));
    cr_assert_not(prepare(p, 0), "there is one");
    memcpy(pub, e->handshakes[e->node.ahead].job.pub, sizeof pub);
    p->hold_jobs = true;
    ik_node_up(&e->node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_null(e->held);
    struct ik_span ke = value_sent(p, 0, 0);
    cr_assert_eq(memcmp(ke.p + 4, pub, sizeof pub), 0);
    cr_assert_not(ik_node_prepared(&e->node));
    p->hold_jobs = false;
    pair_settle(p);
    pair_assert_up(p);
    cr_assert_eq(e->jobs, 2, "its own value, and the secret");
    free(p);
}

Test(ahead, is_taken_once)
{
    struct pair *p = new_pair();
    uint8_t first[KE_AT_MOST];
    cr_assert(prepare(p, 0));
    pair_up(p);
    struct ik_span ke = value_sent(p, 0, 0);
    memcpy(first, ke.p, ke.len);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_pass(p, IK_SECOND);
    cr_assert(prepare(p, 0), "another one");
    pair_up(p);
    struct ik_span second = value_sent(p, 0, 1);
    cr_assert_eq(second.len, ke.len);
    cr_assert_neq(memcmp(second.p, first, ke.len), 0);
    free(p);
}

/* Who is faster than the computation waits for what is left of it. */
Test(ahead, is_waited_for)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    p->hold_jobs = true;
    cr_assert(prepare(p, 0));
    struct ik_job *job = e->held;
    cr_assert_not_null(job);
    cr_assert_not(ik_node_prepared(&e->node));
    cr_assert_not(prepare(p, 0), "it is being computed");
    pair_up(p);
    cr_assert_eq(p->grams_n, 0);
    cr_assert_eq(e->jobs, 1);
    p->hold_jobs = false;
    e->held = NULL;
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
    pair_settle(p);
    pair_assert_up(p);
    cr_assert_eq(e->jobs, 2);
    free(p);
}

/* And who gives up meanwhile leaves nothing behind. */
Test(ahead, ends_while_it_is_waited_for)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    p->hold_jobs = true;
    cr_assert(prepare(p, 0));
    struct ik_job *job = e->held;
    pair_up(p);
    ik_node_down(&e->node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(job->kind, IK_JOB_NONE);
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
    pair_settle(p);
    static const struct ik_job none;
    cr_assert_eq(memcmp(job, &none, sizeof none), 0);
    cr_assert_not(ik_node_prepared(&e->node));
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

Test(ahead, not_without_entropy_peer_or_place)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    cr_assert_eq(ik_node_init(&e->node, &e->config, &e->host, 0), IK_OK);
    cr_assert_not(ik_node_prepare(&e->node, 0, 0));
    e->host.handshakes_n = 1;
    pair_start(p);
    cr_assert_not(ik_node_prepare(&e->node, p->now, 1));
    cr_assert_not(ik_node_prepare(&e->node, p->now, IK_NO_SLOT));
    p->hold_jobs = true;
    ik_node_up(&e->node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_not(ik_node_prepare(&e->node, p->now, 0), "the place is taken");
    free(p);
}

/* One that waits to be polled is not written over. */
Test(ahead, not_before_another_effect)
{
    struct pair *p = new_pair();
    pair_up(p);
    uint8_t buf[PAIR_BUF];
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    cr_assert_neq(p->end[0].node.pending.kind, 0);
    cr_assert_not(ik_node_prepare(&p->end[0].node, p->now, 0));
    pair_settle(p);
    cr_assert_eq(p->end[1].got_n, 1);
    free(p);
}

/* A caller finds the place free. */
Test(ahead, gives_way)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->host.handshakes_n = 1;
    pair_start(p);
    cr_assert(prepare(p, 1));
    cr_assert(ik_node_prepared(&e->node));
    pair_up(p);
    pair_assert_up(p);
    cr_assert_not(ik_node_prepared(&e->node));
    free(p);
}

/* Not while the host has it; the place is free when he gives it back. */
Test(ahead, gives_way_when_it_is_back)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->host.handshakes_n = 1;
    pair_start(p);
    p->hold_jobs = true;
    cr_assert(prepare(p, 1));
    struct ik_job *job = e->held;
    p->hold_jobs = false;
    pair_up(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
    pair_pass(p, 100 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

/* What the peer asks for in vain it finds room for when it asks again: the place is not taken once
 * more meanwhile. */
Test(ahead, gives_way_and_waits)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    p->end[0].config.exchanges = e->config.exchanges = ik_exchanges_all;
    e->host.handshakes_n = 1;
    pair_start(p);
    pair_up(p);
    p->hold_jobs = true;
    cr_assert(prepare(p, 1));
    struct ik_job *job = e->held;
    p->hold_jobs = false;
    ik_node_rekey_child(&p->end[0].node, p->now, pair_find(&p->end[0], IK_EV_CHILD_UP)->child);
    pair_settle(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
    cr_assert_not(ik_node_prepared(&e->node));
    cr_assert_not(prepare(p, 1));
    pair_pass(p, 10 * IK_SECOND);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 2);
    cr_assert_not(prepare(p, 1));
    pair_pass(p, 120 * IK_SECOND);
    cr_assert(prepare(p, 1));
    free(p);
}

/* With the pair there the request is built at once, and without a buffer its IKE SA ends at once:
 * no further Child SA is asked for in it. */
Test(ahead, reauthentication_without_a_buffer)
{
    struct pair *p = pair_new();
    struct ik_node *node = &p->end[0].node;
    for (unsigned i = 0; i < 2; i++) {
        struct end *e = &p->end[i];
        pair_set_suites(e, "aes128-sha256-x25519", "aes128gcm16-x25519");
        e->config.exchanges = ik_exchanges_all;
        e->config.life = &ik_lifetimes;
        e->policy[1] = e->policy[0];
        e->policy[1].ts_local[0].proto = e->policy[1].ts_remote[0].proto = 17;
        e->config.policies_n = 2;
    }
    pair_start(p);
    pair_up(p);
    ik_node_up(node, p->now, 1);
    pair_settle(p);
    pair_assert_usage(p, 0, 1, 2);
    cr_assert(prepare(p, 0));
    const struct ik_node before = *node;
    node->buffer_free = IK_NO_SLOT;
    node->buffers_fresh = node->host.buffers_n;
    node->buffers_left = 0;
    ik_node_reauth(node, p->now, pair_find(&p->end[0], IK_EV_IKE_UP)->ike);
    node->buffer_free = before.buffer_free;
    node->buffers_fresh = before.buffers_fresh;
    node->buffers_left = before.buffers_left;
    pair_settle(p);
    cr_assert_eq(pair_find(&p->end[0], IK_EV_IKE_FAILED)->reason, IK_WHY_NO_ROOM);
    pair_assert_usage(p, 0, 1, 2);
    pair_assert_data(p, 0);
    free(p);
}

/* A value outside of its group's range: there is no pair, and the next one begins as ever. */
Test(ahead, no_good)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    p->hold_jobs = true;
    cr_assert(prepare(p, 0));
    struct ik_job *job = e->held;
    ik_job_run(job);
    job->good = 0;
    ik_node_job_done(&e->node, p->now, job);
    pair_drain(p, 0);
    cr_assert_not(ik_node_prepared(&e->node));
    pair_assert_usage(p, 0, 0, 0);
    p->hold_jobs = false;
    e->held = NULL;
    pair_up(p);
    pair_assert_up(p);
    free(p);
}

/* A pair of one group is no good for a peer that prefers another. */
Test(ahead, of_another_group)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    cr_assert(prepare(p, 0));
    struct ik_proposal other[1];
    cr_assert_eq(pair_suites("aes128-sha256-ecp256", true, other), 1);
    e->peer[0].proposals = other;
    ik_node_up(&e->node, p->now, 0);
    pair_drain(p, 0);
    struct ik_span ke = value_sent(p, 0, 0);
    cr_assert_eq(ik_get16(ke.p), IK_DH_P256);
    cr_assert(ik_node_prepared(&e->node), "it is still there");
    free(p);
}

/* Seeded or configured anew, the node does not use what it drew before: done, or under way. */
Test(ahead, is_given_up)
{
    for (int how = 0; how < 4; how++) {
        struct pair *p = new_pair();
        struct end *e = &p->end[0];
        p->hold_jobs = true;
        cr_assert(prepare(p, 0));
        struct ik_job *job = e->held;
        ik_slot slot = e->node.ahead;
        if (how < 2) {
            ik_job_run(job);
            ik_node_job_done(&e->node, p->now, job);
            cr_assert(ik_node_prepared(&e->node));
        }
        if (how % 2 == 0) {
            ik_node_seed(&e->node, "something new", 13);
        } else {
            cr_assert_eq(ik_node_configure(&e->node, p->now, &e->config), IK_OK);
        }
        pair_drain(p, 0);
        cr_assert_not(ik_node_prepared(&e->node));
        if (how >= 2) {
            ik_job_run(job);
            ik_node_job_done(&e->node, p->now, job);
            pair_drain(p, 0);
        }
        static const struct ik_job none;
        cr_assert_eq(memcmp(&e->handshakes[slot].job, &none, sizeof none), 0);
        pair_assert_usage(p, 0, 0, 0);
        e->held = NULL;
        p->hold_jobs = false;
        cr_assert(prepare(p, 0), "another one");
        free(p);
    }
}

Test(ahead, is_wiped_with_the_node)
{
    struct pair *p = new_pair();
    struct end *e = &p->end[0];
    cr_assert(prepare(p, 0));
    ik_node_wipe(&e->node);
    static const struct ik_handshake none[PAIR_SAS];
    cr_assert_eq(memcmp(e->handshakes, none, sizeof none), 0);
    free(p);
}

#endif
