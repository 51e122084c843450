/* SPDX-License-Identifier: MIT */
/* Paths that are narrower than their first hop, and whose routers say nothing (RFC 8899). */
#include "story.h"

#include "sim/nat.h"
#include "sim/node.h"

#if IK_PROBE

#define WIDE 1500
#define STEP 8    /* the search ends when it is that near */
#define SEARCH 60 /* seconds that one takes at the most */
#define LARGE 1350
#define BASE 1200
#define NONE 1 /* no Child SA is up */
#define TEN_MINUTES (601 * IK_SECOND)

static void probing(struct sim_conf *a, struct sim_conf *b)
{
    a->peers[0].probe = b->peers[0].probe = WIDE;
    a->config.exchanges = ik_exchanges_all;
}

static void only_a(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->peers[0].probe = WIDE;
}

static void in_udp(struct sim_conf *a, struct sim_conf *b)
{
    probing(a, b);
    a->peers[0].force_natt = b->peers[0].force_natt = true;
}

static const struct sim_pair probed = {.ike_a = "aes128gcm16-prfsha256-x25519",
                                       .fragment_a = 1280,
                                       .fragment_b = 1280,
                                       .tune = probing};

static void narrow(struct sim *s, uint16_t mtu)
{
    s->nodes[A]->opts.link.mtu = mtu;
}

/* Both are up, and from now on the path takes so much; what is larger vanishes. */
static struct sim *begin(const struct sim_pair *p, uint64_t seed, uint16_t mtu)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed});
    const struct story_step up[] = {UP(A, 0), UP_BOTH};

    sim_pair_add(s, p);
    cr_assert(story_run(s, p, up, STEPS_N(up)));
    narrow(s, mtu);
    return s;
}

/* What a node holds to pass. */
static uint16_t found(const struct sim *s, uint16_t node)
{
    struct ik_child_info c;

    for (uint16_t i = 0; i < s->nodes[node]->opts.child_sas; i++) {
        if (ik_child_info(&s->nodes[node]->core, i, &c) && c.state == IK_CHILD_UP)
            return c.mtu;
    }
    return NONE;
}

/* No SA has ended. */
static void end(struct sim *s)
{
    cr_assert_not(s->failed, "%s", s->why);
    for (uint16_t n = A; n <= B; n++)
        cr_assert_neq(found(s, n), NONE);
    sim_free(s);
}

static void near(const struct sim *s, uint16_t mtu)
{
    for (uint16_t n = A; n <= B; n++) {
        uint16_t is = found(s, n);
        cr_assert(is <= mtu && is + 2 * STEP >= mtu, "n%u finds %u of %u", n, is, mtu);
    }
}

/* ---- each carrier ---------------------------------------------------------------------------- */

static void silent(struct sim_pair p, uint16_t mtu)
{
    struct sim *s = begin(&p, mtu, mtu);

    sim_run_for(s, mtu < BASE ? 2 * SEARCH * IK_SECOND : SEARCH * IK_SECOND);
    near(s, mtu);
    for (uint16_t from = A; from <= B; from++) {
        sim_pair_send(s, &p, from, LARGE); /* it may be cut */
        sim_run_for(s, IK_SECOND);
        cr_assert_eq(s->nodes[!from]->delivered, 1);
    }
    end(s);
}

Test(probe, a_silent_router_is_found)
{
    static const uint16_t sizes[] = {1281, 1300, 1400, 1492};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned k = 0; k < 4; k++) {
            struct sim_pair p = probed;
            p.held = 8;
            p.v6 = k % 2 != 0;
            p.tune = k / 2 != 0 ? in_udp : probing;
            silent(p, sizes[i]);
        }
    }
}

Test(probe, every_size, FULL)
{
    for (uint16_t mtu = 1200; mtu < WIDE; mtu = (uint16_t)(mtu + 3)) {
        struct sim_pair p = probed;
        p.held = 8;
        p.ah_a = mtu % 2 ? "sha256" : NULL;
        silent(p, mtu);
    }
}

/* Below what is tried first, too. */
Test(probe, narrower_than_the_base)
{
    static const uint16_t sizes[] = {576, 800, 1199};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sim_pair p = probed;
        p.held = 8;
        silent(p, sizes[i]);
    }
}

/* With blocks of 16 a message has not any length. */
Test(probe, suites_with_blocks)
{
    struct sim_pair p = probed;
    p.ike_a = "aes128-sha256-x25519";
    p.held = 8;
    silent(p, 1400);
    p.tune = in_udp; /* else 1500 is one */
    struct sim *s = begin(&p, 1, 0);
    sim_run_for(s, SEARCH * IK_SECOND);
    near(s, WIDE); /* what was not tried is not sent */
    end(s);
}

/* ---- what it costs --------------------------------------------------------------------------- */

/* Two probes in nine minutes; and nothing is narrowed. */
Test(probe, a_wide_path_stays_wide)
{
    struct sim *s = begin(&probed, 1, 0);
    sim_run_for(s, 60 * IK_SECOND);
    for (uint16_t n = A; n <= B; n++) {
        cr_assert_eq(found(s, n), 0);
        cr_assert_eq(sim_counted(s, n, IK_COUNT_PATH_PROBES), 2);
    }
    sim_run_for(s, TEN_MINUTES);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_PATH_PROBES), 4);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_IKE_RETRANSMITTED), 0);
    end(s);
}

/* Nobody probes whose peer takes no fragments: what is lost could not be said in another way. */
Test(probe, not_without_fragments)
{
    struct sim_pair p = probed;
    p.fragment_b = 0;
    p.tune = only_a;
    struct sim *s = begin(&p, 1, 0);
    sim_run_for(s, TEN_MINUTES);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_PATH_PROBES), 0);
    end(s);
}

/* ---- later ----------------------------------------------------------------------------------- */

Test(probe, becomes_narrow_and_wide_again)
{
    struct sim *s = begin(&probed, 1, 0);
    sim_run_for(s, TEN_MINUTES);
    narrow(s, 1400);
    sim_run_for(s, TEN_MINUTES);
    near(s, 1400);
    narrow(s, 1300);
    sim_run_for(s, TEN_MINUTES);
    near(s, 1300);
    narrow(s, 0);
    sim_run_for(s, TEN_MINUTES);
    cr_assert_eq(found(s, A), 0);
    cr_assert_eq(found(s, B), 0);
    end(s);
}

/* From search to search nothing is forgotten. */
Test(probe, stays_found)
{
    struct sim *s = begin(&probed, 1, 1400);
    sim_run_for(s, SEARCH * IK_SECOND);
    for (unsigned i = 0; i < 400; i++) {
        sim_run_for(s, 10 * IK_SECOND);
        near(s, 1400);
    }
    end(s);
}

/* What takes the place of an SA goes on with what is known. */
Test(probe, rekeyed)
{
    struct sim *s = begin(&probed, 1, 1400);
    sim_run_for(s, SEARCH * IK_SECOND);
    sim_rekey_ike(s, A, 0);
    sim_run_for(s, 2 * IK_SECOND);
    near(s, 1400);
    for (uint16_t i = 0; i < 4; i++) {
        if (s->nodes[B]->child_sas[i].state == IK_CHILD_UP)
            sim_rekey_child(s, B, i);
    }
    sim_run_for(s, 10 * IK_SECOND);
    near(s, 1400);
    sim_run_for(s, 2 * TEN_MINUTES);
    near(s, 1400);
    end(s);
}

/* Whose peer is elsewhere from now on knows nothing of that path, and looks at once. */
Test(probe, a_peer_that_moves)
{
    const struct sim_nat_opts lasting = {.idle_for = 0};
    struct sim_pair p = probed;
    p.nat_a = &lasting;
    struct sim *s = begin(&p, 1, 1400);
    sim_run_for(s, SEARCH * IK_SECOND);
    near(s, 1400);
    uint32_t before = sim_counted(s, B, IK_COUNT_PATH_PROBES);
    sim_nat_reboot(s->nats[0]);
    narrow(s, 1300);
    sim_pair_send(s, &p, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_eq(found(s, B), 0);
    sim_run_for(s, SEARCH * IK_SECOND);
    cr_assert_gt(sim_counted(s, B, IK_COUNT_PATH_PROBES), before);
    cr_assert_leq(found(s, B), 1300);
    cr_assert_geq(found(s, B), 1300 - 2 * STEP);
    end(s);
}

/* ---- loss, delay, outage --------------------------------------------------------------------- */

/* A lossy path is not a narrow one; and when it is good again, nothing is left of what was taken
 * for one. */
Test(probe, loss)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct sim *s = begin(&probed, seed, 0);
        s->nodes[A]->opts.link.loss = (struct sim_ratio){1, 4};
        sim_run_for(s, 3 * TEN_MINUTES);
        s->nodes[A]->opts.link.loss = (struct sim_ratio){0};
        sim_run_for(s, TEN_MINUTES + SEARCH * IK_SECOND);
        cr_assert_eq(found(s, A), 0);
        cr_assert_eq(found(s, B), 0);
        end(s);
    }
}

/* Whoever is farther away than the first wait learns nothing wrong. */
Test(probe, far_away)
{
    struct sim *s = begin(&probed, 1, 0);
    s->nodes[A]->opts.link.delay = 800 * IK_MS;
    sim_run_for(s, 3 * TEN_MINUTES);
    cr_assert_eq(found(s, A), 0);
    cr_assert_eq(found(s, B), 0);
    end(s);
}

/* Nothing of any length that is usual gets through: no SA ends for that. */
Test(probe, no_sa_ends)
{
    static const uint16_t sizes[] = {240, 300, 575};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sim *s = begin(&probed, 1, sizes[i]);
        sim_run_for(s, 4 * TEN_MINUTES);
        cr_assert_eq(found(s, A), 0);
        cr_assert_gt(sim_counted(s, A, IK_COUNT_PATH_PROBES), 0);
        end(s);
    }
}

/* It becomes narrower while fragments of a probe are out, which are as many as before: there is one
 * more then, for none may be larger than what passes. */
Test(probe, narrower_again_and_told)
{
    for (uint16_t mtu = 800; mtu < 1200; mtu = (uint16_t)(mtu + 13)) {
        struct sim *s = begin(&probed, 1, 1400);
        sim_run_for(s, 2500 * IK_MS);
        cr_assert_gt(sim_counted(s, A, IK_COUNT_PATH_PROBES), 1);
        narrow(s, mtu);
        s->nodes[A]->opts.link.tells = true;
        sim_run_for(s, 60 * IK_SECOND);
        end(s);
    }
}

/* ---- with routers that say so ---------------------------------------------------------------- */

/* Their word is exact, and it holds. */
Test(probe, a_router_says_so)
{
    struct sim_pair p = probed;
    p.held = 8;
    struct sim *s = begin(&p, 1, 0);
    sim_run_for(s, 530 * IK_SECOND);
    narrow(s, 1390);
    s->nodes[A]->opts.link.tells = true;
    sim_pair_send(s, &p, A, 1400);
    sim_run_for(s, 70 * IK_SECOND);
    cr_assert_eq(found(s, A), 1390);
    narrow(s, 0);
    sim_run_for(s, 520 * IK_SECOND); /* meanwhile 1500 got through */
    cr_assert_eq(found(s, A), 1390);
    sim_run_for(s, 2 * TEN_MINUTES);
    cr_assert_eq(found(s, A), 0);
    end(s);
}

#endif
