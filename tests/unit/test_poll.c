/* SPDX-License-Identifier: MIT */
/* poll, deadline and events: what is due, in which order, and that nothing is lost. */
#include "craft.h"

static struct pair *up(void)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

Test(poll, idle_node_has_nothing_to_do)
{
    struct pair *p = pair_new();
    struct ik_effect fx;
    pair_start(p);
    cr_assert_eq(ik_node_deadline(&p->end[0].node), IK_NEVER);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(ik_node_deadline(&p->end[0].node), IK_NEVER);
    free(p);
}

/* From 0 on, and as long as numbers last. */
Test(poll, any_time)
{
    const ik_time begin[] = {0, 1, IK_NEVER / 2, IK_NEVER - 100 * IK_SECOND};
    for (unsigned i = 0; i < 4; i++) {
        struct pair *p = pair_new();
        pair_start(p);
        p->now = begin[i];
        pair_up(p);
        pair_assert_up(p);
        free(p);
    }
}

Test(poll, deadline_says_when_each_step_is_due)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    struct ik_effect fx;
    pair_start(p);
    ik_node_up(&e->node, p->now, 0);
    cr_assert_leq(ik_node_deadline(&e->node), p->now);
    cr_assert(ik_node_poll(&e->node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_JOB);
    cr_assert_eq(fx.ike, 0);
    struct ik_job *job = fx.job;
    cr_assert_not(ik_node_poll(&e->node, p->now, &fx));
    cr_assert_eq(ik_node_deadline(&e->node), IK_NEVER);
    ik_job_run(job);
    p->now += 5;
    ik_node_job_done(&e->node, p->now, job);
    cr_assert_leq(ik_node_deadline(&e->node), p->now);
    /* polled late: the interval counts from when it left */
    p->now += 50;
    cr_assert(ik_node_poll(&e->node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_SEND);
    cr_assert_not(ik_node_poll(&e->node, p->now, &fx));
    /* the first millisecond that is not too early */
    ik_time again = 1001 * IK_SECOND + IK_MS;
    cr_assert_eq(ik_node_deadline(&e->node), again);
    cr_assert_not(ik_node_poll(&e->node, again - 1, &fx));
    cr_assert_eq(ik_node_deadline(&e->node), again);
    cr_assert(ik_node_poll(&e->node, again, &fx));
    cr_assert_eq(fx.kind, IK_FX_SEND);
    sound(&e->node);
    free(p);
}

/* A host that sleeps through several time-outs is given one repetition, not all. */
Test(poll, late_host)
{
    struct pair *p = pair_new();
    struct ik_effect fx;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    p->now += 20 * IK_SECOND;
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_SEND);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(ik_node_deadline(&p->end[0].node), p->now + 2 * IK_SECOND);
    free(p);
}

Test(poll, events_carry_who_and_where)
{
    struct pair *p = up();
    struct ik_effect fx;
    const struct told *t = pair_find(&p->end[1], IK_EV_CHILD_UP);
    cr_assert_eq(t->ike, 0);
    cr_assert_eq(t->child, 0);
    cr_assert_eq(t->peer, 0);
    cr_assert_eq(t->policy, 0);
    cr_assert_eq(t->reason, IK_WHY_NONE);
    cr_assert_eq(pair_find(&p->end[1], IK_EV_IKE_UP)->child, IK_NO_SLOT);
    ik_node_down(&p->end[0].node, p->now, 0);
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_EVENT);
    cr_assert_eq(fx.event, IK_EV_CHILD_DOWN);
    cr_assert_eq(fx.child, 0);
    cr_assert(ik_addr_eq(&fx.path->remote, &p->end[0].peer[0].remote));
    free(p);
}

/* The end of an old SA is told before the beginning of the one that replaced it, in whatever slots
 * they are. */
Test(poll, ends_are_told_before_beginnings)
{
    struct pair *p = pair_new();
    struct end *client = &p->end[0], *e = &p->end[1];
    client->peer[0].initial_contact = true;
    pair_start(p);
    /* Somebody half open holds slot 0, and lets it go. */
    ik_node_up(&client->node, p->now, 0);
    pair_drain(p, 0);
    struct gram other = p->grams[0];
    other.b[1] ^= 1;
    pair_deliver(p, &other);
    ik_node_wipe(&client->node);
    cr_assert_eq(ik_node_init(&client->node, &client->config, &client->host, p->now), IK_OK);
    ik_node_seed(&client->node, "forty-eight octets of whatever it may be, more..", 48);
    p->delivered = p->grams_n;
    pair_up(p);
    cr_assert_eq(pair_find(e, IK_EV_IKE_UP)->ike, 1);
    p->now += 40 * IK_SECOND;
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 1, 1);
    ik_node_wipe(&client->node);
    cr_assert_eq(ik_node_init(&client->node, &client->config, &client->host, p->now), IK_OK);
    ik_node_seed(&client->node, "forty-eight octets of something else, and more..", 48);
    e->told_n = 0;
    pair_up(p);
    const uint8_t order[] = {IK_EV_CHILD_DOWN, IK_EV_IKE_DOWN, IK_EV_IKE_UP, IK_EV_CHILD_UP};
    cr_assert_eq(e->told_n, 4);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_eq(e->told[i].event, order[i]);
        cr_assert_eq(e->told[i].ike, i < 2 ? 1 : 0);
    }
    free(p);
}

/* All that one datagram brings about is told, in order, though nobody polls in between. */
Test(poll, nothing_is_lost_between_events)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    struct gram *auth = &p->grams[2];
    struct ik_path path = pair_turn(&auth->path);
    struct ik_pkt pkt = {.buf = auth->b, .cap = sizeof auth->b, .len = auth->len};
    ik_node_rx(&e->node, p->now, &path, &pkt);
    ik_node_down(&e->node, p->now, IK_NO_SLOT);
    pair_drain(p, 1);
    const uint8_t order[] = {IK_EV_IKE_UP, IK_EV_CHILD_UP, IK_EV_CHILD_DOWN};
    cr_assert_eq(e->told_n, 3);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(e->told[i].event, order[i]);
    }
    free(p);
}

/* Dropped before its answer has left: nothing empty leaves. */
Test(poll, half_open_dropped_before_its_answer_left)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    p->hold_jobs = true;
    pair_deliver(p, &p->grams[0]);
    ik_job_run(e->held);
    ik_node_job_done(&e->node, p->now, e->held);
    cr_assert_neq(craft_sa(p, 1)->flags & IK_SA_RESPONSE_DUE, 0);
    ik_node_down(&e->node, p->now, IK_NO_SLOT);
    pair_drain(p, 1);
    cr_assert_eq(p->grams_n, 1);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

/* Two refusals without polling between them: the only way to lose an event is counted. */
Test(poll, host_that_does_not_poll)
{
    struct pair *p = pair_new();
    struct ik_effect fx;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 5);
    ik_node_up(&p->end[0].node, p->now, 6);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_EVENT_LOST), 1);
    cr_assert(ik_node_poll(&p->end[0].node, p->now, &fx));
    cr_assert_eq(fx.policy, 6);
    cr_assert_not(ik_node_poll(&p->end[0].node, p->now, &fx));
    free(p);
}

/* A stream of packets that nobody wants is no stream of handshakes. */
Test(poll, packets_after_a_refusal)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    p->end[0].peer[0].psk = pair_text("wrong");
    pair_start(p);
    for (unsigned i = 0; i < 100; i++) {
        struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
        ik_node_tx(&p->end[0].node, p->now, &pkt);
        pair_settle(p);
        p->now += 100 * IK_MS;
    }
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_FAILED), 5);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_SPD_NO_SA), 100);
    free(p);
}

Test(poll, traces_tell_the_states)
{
    struct pair *p = up();
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(p->end[who].traces[IK_TR_IKE_STATE], 2); /* OPENING, UP */
        cr_assert_eq(p->end[who].last_trace_a[IK_TR_IKE_STATE], IK_IKE_OPENING);
        /* KE_BEGIN, KE_END; KE_ANSWER */
        cr_assert_eq(p->end[who].traces[IK_TR_JOB], who == 0 ? 2 : 1);
        cr_assert_eq(p->end[who].traces[IK_TR_JOB_DONE], who == 0 ? 2 : 1);
    }
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(p->end[who].traces[IK_TR_IKE_TX], 2);
        cr_assert_eq(p->end[who].traces[IK_TR_IKE_RX], 2);
        cr_assert_eq(p->end[who].traces[IK_TR_IKE_KEYS], 1);
        cr_assert_eq(p->end[who].traces[IK_TR_CHILD_UP], 1);
        cr_assert_eq(p->end[who].traces[IK_TR_NAT], 1);
        cr_assert_eq(p->end[who].traces[IK_TR_DROP], 0);
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_IKE_SENT], 2);
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_IKE_RECEIVED], 2);
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_IKE_SAS_UP], 1);
        cr_assert_eq(p->end[who].node.env.counters.count[IK_COUNT_CHILD_SAS_UP], 1);
    }
    free(p);
}

static struct ik_trace_rec seen[256];
static unsigned seen_n;
static void record(void *ctx, const struct ik_trace_rec *rec)
{
    (void)ctx;
    cr_assert_lt(seen_n, 256);
    seen[seen_n++] = *rec;
}

/* Which pool slot a record is about: of the Child SA where it is about one. */
Test(poll, traces_tell_the_slot)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->host.trace = record;
    pair_start(p);
    /* slot 0 and Child SAs 0 and 1 are taken */
    struct ik_ike_sa *other = ik_ike_alloc(&e->node, false);
    cr_assert_not_null(ik_child_add(&e->node, other, 0));
    cr_assert_not_null(ik_child_add(&e->node, other, 0));
    pair_drain(p, 1);
    seen_n = 0;
    pair_up(p);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    unsigned child = 0, none = 0;
    for (unsigned i = 0; i < seen_n; i++) {
        const struct ik_trace_rec *r = &seen[i];
        cr_assert_eq(r->node, 1);
        bool of_child = r->event == IK_TR_CHILD_UP || r->event == IK_TR_CHILD_DOWN;
        child += of_child;
        none += r->sa == IK_NO_SLOT;
        cr_assert(r->sa == (of_child ? 2 : 1) || r->sa == IK_NO_SLOT, "%s is of %u",
                  host_trace_name(r->event), r->sa);
    }
    cr_assert_eq(child, 2);
    /* the first datagram, with its two notifies, came before there was an SA */
    cr_assert_eq(none, 3);
    free(p);
}

/* Many clients at one gateway, all at once. */
Test(poll, several_initiators_at_once)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    e->policy[1].ts_local[0] = pair_ts("10.1.0.0/28");
    pair_start(p);
    ik_node_up(&e->node, p->now, 0);
    ik_node_up(&e->node, p->now, 1);
    pair_settle(p);
    cr_assert_eq(pair_count(e, IK_EV_CHILD_UP), 2);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), 2);
    pair_assert_usage(p, 0, 2, 2);
    pair_assert_usage(p, 1, 2, 2);
    ik_node_down(&e->node, p->now, IK_NO_SLOT);
    pair_settle(p);
    cr_assert_eq(pair_count(e, IK_EV_IKE_DOWN), 2);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

/* ---- the ready list -------------------------------------------------------------------------- */

static struct pair *two_up(void)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    e->policy[1].ts_local[0] = pair_ts("10.1.0.0/28");
    pair_start(p);
    ik_node_up(&e->node, p->now, 0);
    ik_node_up(&e->node, p->now, 1);
    pair_settle(p);
    cr_assert_eq(pair_count(e, IK_EV_CHILD_UP), 2);
    return p;
}

/* Who is touched first is looked at first, until it has nothing more to do: then the next one. */
Test(poll, in_the_order_of_events)
{
    for (ik_slot first = 0; first < 2; first++) {
        struct pair *p = two_up();
        struct end *e = &p->end[0];
        struct ik_effect fx;
        ik_node_down_ike(&e->node, p->now, first);
        ik_node_down_ike(&e->node, p->now, !first);
        ik_slot want[] = {first, first, !first, !first};
        for (unsigned i = 0; i < 4; i++) {
            cr_assert(ik_node_poll(&e->node, p->now, &fx));
            cr_assert_eq(fx.ike, want[i]);
            cr_assert_eq(fx.kind, i % 2 == 0 ? IK_FX_EVENT : IK_FX_SEND);
            pair_effect(p, 0, &fx);
        }
        cr_assert_not(ik_node_poll(&e->node, p->now, &fx));
        pair_settle(p);
        pair_assert_usage(p, 0, 0, 0);
        free(p);
    }
}

/* An event of one SA looks at no other: that has nothing to do, and its moments stay. */
Test(poll, events_touch_their_own_sa_only)
{
    struct pair *p = two_up();
    struct end *e = &p->end[0];
    struct ik_ike_sa before = e->ike_sas[1];
    ik_node_check(&e->node, p->now, 0);
    cr_assert(e->ike_sas[0].sched.ready);
    cr_assert_not(e->ike_sas[1].sched.ready);
    pair_settle(p);
    cr_assert_eq(memcmp(&before, &e->ike_sas[1], sizeof before), 0);
    free(p);
}
