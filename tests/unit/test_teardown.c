/* SPDX-License-Identifier: MIT */
/* Where secrets end: the memory is read afterwards. */
#include "pair.h"

#define SECRETS_MAX 24

struct secrets {
    unsigned n;
    struct {
        const char *name;
        uint8_t b[16];
    } of[SECRETS_MAX];
};

static void remember(struct secrets *s, const char *name, const uint8_t *b)
{
    static const uint8_t zero[16];
    cr_assert_lt(s->n, SECRETS_MAX);
    cr_assert_neq(memcmp(b, zero, 16), 0, "%s is not there", name);
    s->of[s->n].name = name;
    memcpy(s->of[s->n++].b, b, 16);
}

static void remember_ike(struct secrets *s, const struct ik_ike_sa *sa)
{
    remember(s, "SK_d", sa->keys);
    remember(s, "SK_ai", ik_sk_a(sa, true));
    remember(s, "SK_ar", ik_sk_a(sa, false));
    remember(s, "SK_ei", ik_sk_e(sa, true));
    remember(s, "SK_er", ik_sk_e(sa, false));
    remember(s, "SK_pi", ik_sk_p(sa, true));
    remember(s, "SK_pr", ik_sk_p(sa, false));
}

static void remember_child(struct secrets *s, const struct ik_child_sa *sa)
{
    remember(s, "ESP in", sa->in.keys.encr);
    remember(s, "ESP out", sa->out.keys.encr);
}

static bool found(const void *hay, size_t n, const uint8_t *needle)
{
    const uint8_t *h = hay;
    for (size_t i = 0; i + 16 <= n; i++) {
        if (memcmp(h + i, needle, 16) == 0) {
            return true;
        }
    }
    return false;
}

static void assert_wiped(const struct end *e, const struct secrets *s, const char *when)
{
    for (unsigned i = 0; i < s->n; i++) {
        cr_assert_not(found(e->ike_sas, sizeof e->ike_sas, s->of[i].b), "%s %s", s->of[i].name,
                      when);
        cr_assert_not(found(e->child_sas, sizeof e->child_sas, s->of[i].b), "%s %s", s->of[i].name,
                      when);
        cr_assert_not(found(&e->node, sizeof e->node, s->of[i].b), "%s %s", s->of[i].name, when);
    }
}

/* Runs the handshake with its jobs looked into: private values and the shared secret. */
static struct pair *up_with_secrets(struct secrets *s)
{
    struct pair *p = pair_new();
    p->hold_jobs = true;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    for (unsigned i = 0; i < 20; i++) {
        pair_settle(p);
        for (unsigned who = 0; who < 2; who++) {
            struct ik_job *job = p->end[who].held;
            if (job == NULL) {
                continue;
            }
            p->end[who].held = NULL;
            ik_job_run(job);
            cr_assert(job->good);
            if (job->kind == IK_JOB_DH_KEYGEN) {
                remember(&s[who], "private value", job->priv);
            } else {
                remember(&s[who], "g^ir", job->peer);
            }
            ik_node_job_done(&p->end[who].node, p->now, job);
        }
    }
    pair_assert_up(p);
    return p;
}

Test(teardown, ephemeral_secrets_end_with_the_handshake)
{
    struct secrets s[2] = {{.n = 0}};
    struct pair *p = up_with_secrets(s);
    cr_assert_eq(s[0].n, 2);
    cr_assert_eq(s[1].n, 2);
    cr_assert_eq(memcmp(s[0].of[1].b, s[1].of[1].b, 16), 0, "g^ir is shared");
    assert_wiped(&p->end[0], &s[0], "after the handshake");
    assert_wiped(&p->end[1], &s[1], "after the handshake");
    free(p);
}

Test(teardown, keys_end_with_the_delete)
{
    struct secrets s[2] = {{.n = 0}};
    struct pair *p = up_with_secrets(s);
    for (unsigned who = 0; who < 2; who++) {
        remember_ike(&s[who], &p->end[who].ike_sas[0]);
        remember_child(&s[who], &p->end[who].child_sas[0]);
        cr_assert(found(p->end[who].ike_sas, sizeof p->end[who].ike_sas, s[who].of[2].b));
    }
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    /* The responder's SA is dead and keeps its answer only. */
    assert_wiped(&p->end[0], &s[0], "after Delete");
    assert_wiped(&p->end[1], &s[1], "after Delete");
    free(p);
}

Test(teardown, wipe_forgets_all)
{
    struct secrets s[2] = {{.n = 0}};
    struct pair *p = up_with_secrets(s);
    struct end *e = &p->end[0];
    static const struct ik_node node;
    remember_ike(&s[0], &e->ike_sas[0]);
    remember_child(&s[0], &e->child_sas[0]);
    ik_node_wipe(&e->node);
    assert_wiped(e, &s[0], "after wiping");
    cr_assert_eq(memcmp(&node, &e->node, sizeof node), 0);
    for (size_t i = 0; i < sizeof e->ike_sas; i++) {
        cr_assert_eq(((uint8_t *)e->ike_sas)[i], 0);
    }
    for (size_t i = 0; i < sizeof e->child_sas; i++) {
        cr_assert_eq(((uint8_t *)e->child_sas)[i], 0);
    }
    free(p);
}

Test(teardown, failed_handshake_leaves_nothing)
{
    struct secrets s = {.n = 0};
    struct pair *p = pair_new();
    p->end[0].peer[0].psk = pair_text("wrong");
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    remember_ike(&s, &p->end[0].ike_sas[0]);
    pair_settle(p);
    assert_wiped(&p->end[0], &s, "after AUTHENTICATION_FAILED");
    assert_wiped(&p->end[1], &s, "after AUTHENTICATION_FAILED");
    free(p);
}

static bool lose_all(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)q, (void)to, (void)path, (void)g;
    return false;
}

Test(teardown, half_open_expires)
{
    struct secrets s = {.n = 0};
    struct pair *p = pair_new();
    p->end[1].config.half_open_for = 7 * IK_SECOND;
    pair_start(p);
    ik_time begun = p->now;
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_step(p);
    pair_drain(p, 1);
    p->hook = lose_all;
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(p->end[1].node.half_open, 1);
    remember_ike(&s, &p->end[1].ike_sas[0]);
    cr_assert_eq(ik_node_deadline(&p->end[1].node), begun + 7 * IK_SECOND);
    pair_pass(p, 7 * IK_SECOND - 1);
    pair_assert_usage(p, 1, 1, 0);
    pair_pass(p, 1);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(p->end[1].node.half_open, 0);
    cr_assert_eq(p->end[1].told_n, 0, "nobody was told of it");
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_SAS_FAILED], 1);
    assert_wiped(&p->end[1], &s, "after expiry");
    free(p);
}

/* Half-open SAs of all peers go when all go; those of one peer are not known yet. */
Test(teardown, half_open_and_down)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_step(p);
    pair_drain(p, 1);
    ik_node_down(&p->end[1].node, p->now, 0);
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 1, 0);
    ik_node_down(&p->end[1].node, p->now, IK_NO_SLOT);
    pair_drain(p, 1);
    pair_assert_usage(p, 1, 0, 0);
    cr_assert_eq(p->end[1].told_n, 0);
    free(p);
}
