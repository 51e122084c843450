/* SPDX-License-Identifier: MIT */
/*
 * The indexes of the SPD and of outbound SAs against models that look at one after the other, over
 * worlds drawn from a seed: prefixes, ranges that are none, both families, several selectors.
 */
#include "ipsec_ends.h"

#define POLICIES 60
#define SAS 40

static uint64_t state;

static unsigned draw(unsigned n)
{
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

/* Of few addresses, so that much overlaps: x.y in 10.x.0.y, or in fd00::x:0:y. */
static void address(uint8_t family, unsigned x, unsigned y, uint8_t out[16])
{
    memset(out, 0, 16);
    out[0] = family == 4 ? 10 : 0xfd;
    out[family == 4 ? 1 : 11] = (uint8_t)x;
    out[family == 4 ? 3 : 15] = (uint8_t)y;
}

static struct ik_ts selector(uint8_t family)
{
    struct ik_ts ts = {.family = family, .port_hi = 0xffff};
    unsigned x = draw(6), y = draw(250), kind = draw(5);
    address(family, x, y, ts.lo);
    memcpy(ts.hi, ts.lo, 16);
    if (kind == 0) {
        ts.hi[family == 4 ? 3 : 15] = (uint8_t)(y + draw(6));
    } else if (kind == 1) {
        address(family, x, 0, ts.lo);
        address(family, x + draw(3), 255, ts.hi);
    } else if (kind == 2) {
        memset(ts.lo, 0, 16);
        memset(ts.hi, 255, family == 4 ? 4 : 16);
    } else if (kind == 3) {
        ts.lo[family == 4 ? 3 : 15] &= 0xf0;
        ts.hi[family == 4 ? 3 : 15] |= 0x0f;
    }
    if (draw(4) == 0) {
        ts.proto = IK_IP_UDP;
        ts.port_lo = (uint16_t)draw(3);
        ts.port_hi = 2;
    }
    return ts;
}

static void policy_draw(struct ik_policy *p)
{
    uint8_t family = draw(3) == 0 ? 6 : 4;
    memset(p, 0, sizeof *p);
    p->action = IK_PROTECT;
    p->ts_local_n = (uint8_t)(1 + (draw(4) == 0) * draw(IK_TS_MAX));
    p->ts_remote_n = (uint8_t)(1 + (draw(4) == 0) * draw(IK_TS_MAX));
    for (unsigned i = 0; i < IK_TS_MAX; i++) {
        p->ts_local[i] = selector(draw(12) == 0 ? (uint8_t)(10 - family) : family);
        p->ts_remote[i] = selector(draw(12) == 0 ? (uint8_t)(10 - family) : family);
    }
}

static struct ik_flow flow_draw(void)
{
    struct ik_flow f = {.family = draw(3) == 0 ? 6 : 4, .proto = IK_IP_UDP, .ports = true};
    address(f.family, draw(8), draw(256), f.src);
    address(f.family, draw(8), draw(256), f.dst);
    f.src_port = (uint16_t)draw(4);
    f.dst_port = (uint16_t)draw(4);
    return f;
}

static uint16_t model_spd(const struct ik_policy *p, uint16_t n, const struct ik_flow *f, bool out)
{
    for (uint16_t i = 0; i < n; i++) {
        if (ik_ts_match(p[i].ts_local, p[i].ts_local_n, p[i].ts_remote, p[i].ts_remote_n, f, out)) {
            return i;
        }
    }
    return n;
}

Test(index, spd_as_one_after_the_other)
{
    static struct ik_policy policies[POLICIES];
    static struct ik_spd_slot spd[POLICIES];
    struct ik_child_sa none[1];
    unsigned hits = 0, full = 0;
    for (state = 1; hits < 20000;) {
        struct ik_ipsec ip = {.policies = policies, .sas = none, .spd = spd};
        ip.policies_n = (uint16_t)(1 + draw(POLICIES));
        for (unsigned i = 0; i < ip.policies_n; i++) {
            policy_draw(&policies[i]);
        }
        memset(spd, 0xa5, sizeof spd);
        ik_spd_begin(&ip);
        cr_assert(ip.shapes_n > 0);
        full += ip.shapes_n >= IK_SHAPES_MAX - 1;
        for (unsigned i = 0; i < 400; i++) {
            struct ik_flow f = flow_draw();
            bool out = draw(2);
            uint16_t want = model_spd(policies, ip.policies_n, &f, out);
            cr_assert_eq(ik_spd_find(&ip, &f, out), want, "%u and %u", ik_spd_find(&ip, &f, out),
                         want);
            hits += want < ip.policies_n;
        }
    }
    cr_assert_gt(full, 5, "the table of shapes was never full");
}

/* How many leading bits an SA is found by at most: the more, the fewer remote addresses it has. */
static int bits_of(const struct ik_ipsec *ip, const struct ik_child_sa *sa)
{
    uint8_t n, family;
    const struct ik_ts *remote = ik_child_ts_remote(ip, sa, &n);
    return ik_prefix_of(remote, n, &family);
}

static const struct ik_child_sa *model_sa(const struct ik_ipsec *ip, const uint32_t *born,
                                          uint16_t policy, const struct ik_flow *f)
{
    const struct ik_child_sa *best = NULL;
    for (unsigned i = 0; i < SAS; i++) {
        const struct ik_child_sa *sa = &ip->sas[i];
        if (sa->state != IK_CHILD_UP || sa->policy != policy || !ik_child_takes(ip, sa, f, true)) {
            continue;
        }
        int more = best == NULL ? 1 : bits_of(ip, sa) - bits_of(ip, best);
        if (more > 0 || (more == 0 && born[i] > born[best - ip->sas])) {
            best = sa;
        }
    }
    return best;
}

/* Gives one SA up, or has another one, with selectors within its policy's or not: the index does
 * not mind. */
static void change(struct ik_env *env, struct ik_ipsec *ip, uint32_t *born, uint32_t clock)
{
    struct ik_child_sa *sa = &ip->sas[draw(SAS)];
    struct ik_policy p;
    if (sa->state == IK_CHILD_UP && draw(3) == 0) {
        ik_child_retire(ip, sa, IK_CHILD_OLD);
        return;
    }
    ik_child_wipe(ip, sa);
    sa = ik_sad_alloc(env, ip);
    do {
        policy_draw(&p);
        /* Few lengths only: with more than the table has, the order is not exact any more. */
        for (unsigned i = 0; i < IK_TS_MAX; i++) {
            memset(p.ts_remote[i].lo, 0, 16);
            p.ts_remote[i].lo[0] = p.ts_remote[i].family == 4 ? 10 : 0xfd;
            if (draw(2)) {
                address(p.ts_remote[i].family, draw(6), draw(250), p.ts_remote[i].lo);
                memcpy(p.ts_remote[i].hi, p.ts_remote[i].lo, 16);
            }
        }
        sa->policy = (uint16_t)draw(3);
    } while (!ik_child_ts_set(ip, sa, p.ts_local, p.ts_local_n, p.ts_remote, p.ts_remote_n));
    born[sa - ip->sas] = clock;
    ik_child_up(ip, sa);
}

Test(index, outbound_sa_as_one_after_the_other)
{
    static struct ik_child_sa sas[SAS];
    static struct ik_child_more more[SAS];
    static struct ik_policy policies[3];
    uint32_t born[SAS] = {0};
    struct ik_env env;
    unsigned hits = 0;
    env_init(&env);
    struct ik_ipsec ip = {.policies = policies,
                          .policies_n = 3,
                          .sas = sas,
                          .sas_n = SAS,
                          .more = more,
                          .more_pool = {.n = SAS / 2}};
    ik_ipsec_begin(&ip);
    state = 7;
    for (unsigned i = 0; i < SAS; i++) {
        cr_assert_not_null(ik_sad_alloc(&env, &ip));
    }
    for (uint32_t clock = 1; clock < 6000; clock++) {
        change(&env, &ip, born, clock);
        for (unsigned i = 0; i < 20; i++) {
            struct ik_flow f = flow_draw();
            uint16_t policy = (uint16_t)draw(3);
            const struct ik_child_sa *want = model_sa(&ip, born, policy, &f);
            const struct ik_child_sa *got = ik_child_for(&ip, policy, &f);
            cr_assert_eq(got, want, "%d instead of %d", got ? (int)(got - sas) : -1,
                         want ? (int)(want - sas) : -1);
            hits += want != NULL;
        }
    }
    cr_assert_gt(hits, 10000);
}

/* More different lengths than the table has: all that is right is still found. */
Test(index, every_length)
{
    static struct ik_child_sa sas[128];
    static struct ik_policy policy;
    struct ik_env env;
    env_init(&env);
    for (uint8_t family = 4; family <= 6; family += 2) {
        unsigned n = family == 4 ? 32 : 128;
        struct ik_ipsec ip = {.policies = &policy, .policies_n = 1, .sas = sas, .sas_n = 128};
        ik_ipsec_begin(&ip);
        struct ik_ts any = {.family = family, .port_hi = 0xffff};
        memset(any.hi, 255, family == 4 ? 4 : 16);
        for (unsigned i = 0; i < n; i++) {
            /* The i leading bits are ones, the next is zero. */
            struct ik_ts ts = any;
            for (unsigned bit = 0; bit < i; bit++) {
                ts.lo[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
            }
            ts.hi[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
            struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
            cr_assert(ik_child_ts_set(&ip, sa, &any, 1, &ts, 1));
            ik_child_up(&ip, sa);
        }
        for (unsigned i = 0; i < n; i++) {
            struct ik_flow f = {.family = family, .proto = 17};
            memcpy(f.dst, sas[i].ts[1].hi, 16);
            cr_assert_eq(ik_child_for(&ip, 0, &f), &sas[i], "%u", i);
        }
        for (unsigned i = 0; i < n; i++) {
            ik_child_wipe(&ip, &sas[i]);
        }
    }
}

/* Nobody gets what is another's: the fewest addresses first, whoever came last. */
Test(index, most_specific_first)
{
    static struct ik_child_sa sas[4];
    static struct ik_policy policy;
    struct ik_env env;
    env_init(&env);
    struct ik_ipsec ip = {.policies = &policy, .policies_n = 1, .sas = sas, .sas_n = 4};
    ik_ipsec_begin(&ip);
    struct ik_ts any = ts_range(4, (uint8_t[4]){0}, (uint8_t[4]){255, 255, 255, 255});
    struct ik_ts net = ts_v4(10, 2, 1), host = net;
    memcpy(host.lo, (uint8_t[]){10, 2, 0, 9}, 4);
    memcpy(host.hi, host.lo, 4);
    const struct ik_ts *order[] = {&host, &net, &any};
    for (unsigned i = 0; i < 3; i++) {
        struct ik_child_sa *sa = ik_sad_alloc(&env, &ip);
        cr_assert(ik_child_ts_set(&ip, sa, &any, 1, order[i], 1));
        ik_child_up(&ip, sa);
    }
    struct ik_flow f = {.family = 4, .proto = 17};
    memcpy(f.dst, host.lo, 4);
    cr_assert_eq(ik_child_for(&ip, 0, &f), &sas[0]);
    f.dst[3] = 10;
    cr_assert_eq(ik_child_for(&ip, 0, &f), &sas[1]);
    f.dst[0] = 11;
    cr_assert_eq(ik_child_for(&ip, 0, &f), &sas[2]);
    cr_assert_null(ik_child_for(&ip, 1, &f));
}
