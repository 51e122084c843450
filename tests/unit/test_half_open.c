/* SPDX-License-Identifier: MIT */
/* How the places for half-open IKE SAs are shared out, and who gives way. */
#include "craft.h"

#define PLACES 8

static void *memory;

/* A gateway that takes calls from anywhere, and one request to be varied. */
static struct pair *gateway(const struct ik_sizes *sizes)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[1];
    e->peer[0].remote.family = 0;
    memory = malloc(ik_host_size(sizes));
    cr_assert_not_null(memory);
    ik_host_lay(&e->host, sizes, memory);
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    return p;
}

static struct pair *usual(void)
{
    return gateway(&(struct ik_sizes){.ike_sas = PLACES, .child_sas = 1});
}

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* Whatever is left ends without a word of anybody. */
static void end(struct pair *p)
{
    ik_node_down(&p->end[1].node, p->now, IK_NO_SLOT);
    p->hook = lose_all;
    pair_drain(p, 1);
    if (!p->hold_jobs) {
        pair_pass(p, 200 * IK_SECOND);
        pair_assert_usage(p, 1, 0, 0);
    }
    free(memory);
    free(p);
}

/* A new initiator at 192.0.2.<from> calls: is he taken? */
static bool calls(struct pair *p, uint8_t from)
{
    struct ik_counters *c = &p->end[1].node.env.counters;
    uint32_t refused = c->drop[IK_DROP_IKE_NO_ROOM];
    static uint16_t serial;
    struct gram g = p->grams[0];
    ik_put16(g.b + 3, ++serial); /* SPIi */
    g.b[2] = from;
    g.path.local.b[3] = from;
    pair_deliver(p, &g);
    return c->drop[IK_DROP_IKE_NO_ROOM] == refused;
}

static unsigned calls_of(struct pair *p, uint8_t from, unsigned n)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < n; i++) {
        taken += calls(p, from);
    }
    return taken;
}

static uint32_t evicted(const struct pair *p)
{
    return p->end[1].node.env.counters.count[IK_COUNT_HALF_OPEN_EVICTED];
}

/* Each address gets half of what is still free, and who comes last one. */
Test(half_open, shares)
{
    struct pair *p = usual();
    cr_assert_eq(calls_of(p, 10, 100), 4);
    cr_assert_eq(calls_of(p, 11, 100), 2);
    cr_assert_eq(calls_of(p, 12, 100), 1);
    cr_assert_eq(calls_of(p, 13, 100), 1);
    cr_assert_eq(p->end[1].node.half_open, PLACES);
    cr_assert_eq(evicted(p), 0);
    end(p);
}

Test(half_open, one_place_is_for_whoever_comes)
{
    struct pair *p = gateway(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1});
    cr_assert(calls(p, 10));
    cr_assert_not(calls(p, 10));
    cr_assert_not(calls(p, 11));
    end(p);
}

/* Told at most once a second, and of whom. */
Test(half_open, refusals_are_told)
{
    struct pair *p = usual();
    cr_assert_eq(calls_of(p, 10, 100), 4);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_NO_ROOM), 1);
    p->now += IK_SECOND - 1;
    cr_assert_eq(calls_of(p, 10, 100), 0);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_NO_ROOM), 1);
    p->now += 1 + IK_MS;
    cr_assert_eq(calls_of(p, 10, 100), 0);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_NO_ROOM), 2);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_NO_ROOM);
    cr_assert_eq(pair_last(&p->end[1])->ike, IK_NO_SLOT);
    end(p);
}

/* The oldest that does not go on gives way to an address that has none, after two seconds. */
Test(half_open, oldest_gives_way)
{
    struct pair *p = usual();
    for (uint8_t i = 0; i < PLACES; i++) {
        cr_assert(calls(p, (uint8_t)(10 + i)));
        p->now += 100 * IK_MS;
    }
    p->now += 1200 * IK_MS - IK_MS; /* the first is 2 s old, but for a millisecond */
    cr_assert_not(calls(p, 50));
    cr_assert_eq(evicted(p), 0);
    p->now += IK_MS;
    cr_assert(calls(p, 50));
    cr_assert_eq(evicted(p), 1);
    /* who has one gets no other, however old others are */
    p->now += IK_SECOND;
    cr_assert_not(calls(p, 50));
    cr_assert_not(calls(p, 11));
    cr_assert_eq(evicted(p), 1);
    /* the first one has none now */
    cr_assert(calls(p, 10));
    cr_assert_eq(evicted(p), 2);
    cr_assert_not(calls(p, 10));
    cr_assert_eq(p->end[1].told_n, pair_count(&p->end[1], IK_EV_NO_ROOM), "users hear of no end");
    end(p);
}

/* A flood from many addresses does not keep out one who goes on: he has two seconds. */
Test(half_open, a_flood_leaves_time_to_go_on)
{
    struct pair *p = usual();
    for (unsigned i = 0; i < 200; i++) {
        (void)calls(p, (uint8_t)(20 + i));
        p->now += 10 * IK_MS;
    }
    p->now += 2 * IK_SECOND;
    unsigned told = p->end[0].told_n;
    p->delivered = 0;
    p->grams_n = 1;
    pair_settle(p); /* the true one */
    cr_assert_eq(p->end[0].told_n, told + 2);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), 1);
    end(p);
}

/* One whose job the host has is waited for: its memory is not free before that. */
Test(half_open, not_while_its_job_is_out)
{
    struct pair *p = gateway(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1});
    p->hold_jobs = true;
    cr_assert(calls(p, 10));
    p->now += 5 * IK_SECOND;
    cr_assert_not(calls(p, 11));
    struct ik_job *job = p->end[1].held;
    p->end[1].held = NULL;
    ik_job_run(job);
    ik_node_job_done(&p->end[1].node, p->now, job);
    pair_drain(p, 1);
    cr_assert(calls(p, 11));
    cr_assert_eq(evicted(p), 1);
    end(p);
}

/* Nor one about whom the host was asked. */
Test(half_open, not_while_the_host_is_asked)
{
    struct pair *p = gateway(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1});
    p->end[1].config.lookup = true;
    pair_settle(p);
    cr_assert_eq(p->end[1].lookups, 1);
    p->now += 5 * IK_SECOND;
    cr_assert_not(calls(p, 11));
    ik_node_identified(&p->end[1].node, p->now, 0, p->end[1].lookup_number,
                       &(struct ik_credential){0, p->end[1].peer[0].psk});
    pair_settle(p);
    pair_find(&p->end[0], IK_EV_CHILD_UP);
    cr_assert_eq(evicted(p), 0);
    /* up: it gives way to nobody */
    p->now += 5 * IK_SECOND;
    cr_assert_not(calls(p, 11));
    cr_assert_eq(p->end[1].node.half_open, 0);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    /* the dead one, who keeps his last response, does */
    cr_assert(calls(p, 12));
    end(p);
}

/* Whatever is scarcest is shared out: handshakes, and buffers, of which each takes two. */
Test(half_open, shares_of_what_is_scarcest)
{
    struct pair *p = gateway(&(struct ik_sizes){.ike_sas = 32, .child_sas = 1, .handshakes = 8});
    cr_assert_eq(calls_of(p, 10, 100), 4);
    cr_assert_eq(calls_of(p, 11, 100), 2);
    end(p);
    p = gateway(&(struct ik_sizes){.ike_sas = 32, .child_sas = 1, .buffers = 16});
    cr_assert_eq(calls_of(p, 10, 100), 4);
    cr_assert_eq(calls_of(p, 11, 100), 2);
    end(p);
}

/* So the oldest gives way too if not SAs but handshakes or buffers are short. */
Test(half_open, gives_way_for_what_is_scarcest)
{
    for (unsigned which = 0; which < 2; which++) {
        struct ik_sizes sizes = {.ike_sas = 32, .child_sas = 2};
        sizes.handshakes = which == 0 ? 2 : 32;
        sizes.buffers = which == 1 ? 4 : 64;
        struct pair *p = gateway(&sizes);
        cr_assert(calls(p, 10));
        /* One of ours opens meanwhile, by the same pools. */
        p->end[1].peer[0].remote = pair_addr("192.0.2.1");
        ik_node_up(&p->end[1].node, p->now, 0);
        pair_drain(p, 1);
        p->end[1].peer[0].remote.family = 0;
        p->now += 2 * IK_SECOND;
        cr_assert(calls(p, 11), "pool %u", which);
        cr_assert_eq(evicted(p), 1);
        end(p);
    }
}

/* An address that gave up after its time leaves its places to others. */
Test(half_open, expired_ones_are_free)
{
    struct pair *p = usual();
    cr_assert_eq(calls_of(p, 10, 100), 4);
    p->now += 30 * IK_SECOND;
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(calls_of(p, 10, 100), 4);
    end(p);
}

/* However they come and go: lists and counts agree (sound.h looks), and no address holds more than
 * its share. */
Test(half_open, any_order)
{
    struct pair *p = usual();
    uint32_t random = 1;
    for (unsigned i = 0; i < 3000; i++) {
        random = random * 1664525u + 1013904223u;
        (void)calls(p, (uint8_t)(10 + (random >> 24) % 12));
        p->grams_n = 1;
        p->delivered = 1;
        p->end[1].told_n = 0;
        p->now += (random >> 8) % 800 * IK_MS;
        pair_drain(p, 1);
        for (uint8_t from = 10; from < 22; from++) {
            struct ik_addr addr = pair_addr("192.0.2.0");
            const struct ik_ike_sa *sa = NULL;
            unsigned held = 0;
            addr.b[3] = from;
            while ((sa = ik_index_by_addr(&p->end[1].node, &addr, sa)) != NULL) {
                held += ik_addr_eq(&sa->route.path.remote, &addr);
            }
            cr_assert_leq(held, PLACES / 2);
        }
    }
    cr_assert_gt(evicted(p), 10);
    p->end[1].told_n = 0;
    end(p);
}
