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

/* While the handshake is under way, SK_pi and SK_pr too. */
static void remember_ike(struct secrets *s, const struct ik_node *node, ik_slot slot)
{
    const struct ik_ike_sa *sa = ik_ike_at(node, slot);
    remember(s, "SK_d", sa->keys.d);
    remember(s, "SK_ai", sa->keys.a[1]);
    remember(s, "SK_ar", sa->keys.a[0]);
    remember(s, "SK_ei", sa->keys.e[1]);
    remember(s, "SK_er", sa->keys.e[0]);
    if (sa->handshake != IK_NO_SLOT) {
        const struct ik_handshake *hs = ik_handshake_of(node, sa);
        remember(s, "SK_pi", hs->sk_p[1]);
        remember(s, "SK_pr", hs->sk_p[0]);
    }
}

static void remember_child(struct secrets *s, const struct ik_ipsec *ip, ik_slot slot)
{
    struct ik_child_sa *sa = ik_child_at(ip, slot);
    remember(s, "ESP in", ik_child_keys(ip, sa, false));
    remember(s, "ESP out", ik_child_keys(ip, sa, true));
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

/* All that the host lent, and the node: where is a secret? */
static const char *whereabouts(const struct end *e, const uint8_t *needle)
{
    const struct {
        const char *name;
        const void *p;
        size_t n;
    } of[] = {{"in IKE SAs", e->ike_sas, sizeof e->ike_sas},
              {"in Child SAs", e->child_sas, sizeof e->child_sas},
              {"in more of Child SAs", e->child_more, sizeof e->child_more},
              {"in handshakes", e->handshakes, sizeof e->handshakes},
              {"in tasks", e->tasks, sizeof e->tasks},
              {"in buffers", e->buffers, sizeof e->buffers},
              {"in the node", &e->node, sizeof e->node}};
    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        if (found(of[i].p, of[i].n, needle)) {
            return of[i].name;
        }
    }
    return NULL;
}

static void assert_wiped(const struct end *e, const struct secrets *s, const char *when)
{
    for (unsigned i = 0; i < s->n; i++) {
        const char *where = whereabouts(e, s->of[i].b);
        cr_assert_null(where, "%s is %s %s", s->of[i].name, where, when);
    }
}

/* Runs the handshake with its jobs looked into: private values and the shared secret. */
static struct pair *up_with_secrets(struct secrets *s, const char *esp)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", esp, 4);
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
            if (job->kind != IK_JOB_KE_END) {
                remember(&s[who], "private value", job->priv);
            }
            if (job->kind != IK_JOB_KE_BEGIN) {
                remember(&s[who], "g^ir", job->peer);
            }
            ik_node_job_done(&p->end[who].node, p->now, job);
            const struct ik_ike_sa *sa = &p->end[who].ike_sas[0];
            if ((sa->flags & IK_SA_KEYED) != 0) {
                const struct ik_handshake *hs = ik_handshake_of(&p->end[who].node, sa);
                remember(&s[who], "SK_pi", hs->sk_p[1]);
                remember(&s[who], "SK_pr", hs->sk_p[0]);
            }
        }
    }
    pair_assert_up(p);
    return p;
}

Test(teardown, ephemeral_secrets_end_with_the_handshake)
{
    struct secrets s[2] = {{.n = 0}};
    struct pair *p = up_with_secrets(s, "aes128gcm16");
    cr_assert_eq(s[0].n, 4);
    cr_assert_eq(s[1].n, 4);
    cr_assert_eq(memcmp(s[0].of[1].b, s[1].of[1].b, 16), 0, "g^ir is shared");
    assert_wiped(&p->end[0], &s[0], "after the handshake");
    assert_wiped(&p->end[1], &s[1], "after the handshake");
    free(p);
}

/* Keys that lie in the Child SA, and those that take more. */
Test(teardown, keys_end_with_the_delete)
{
    const char *esp[] = {"aes128gcm16", "aes256-sha512"};
    for (unsigned i = 0; i < 2; i++) {
        struct secrets s[2] = {{.n = 0}};
        struct pair *p = up_with_secrets(s, esp[i]);
        for (unsigned who = 0; who < 2; who++) {
            remember_ike(&s[who], &p->end[who].node, 0);
            remember_child(&s[who], &p->end[who].node.ipsec, 0);
            for (unsigned k = 4; k < s[who].n; k++) {
                cr_assert_not_null(whereabouts(&p->end[who], s[who].of[k].b));
            }
        }
        ik_node_down(&p->end[0].node, p->now, 0);
        pair_settle(p);
        /* The responder's SA is dead and keeps its answer only. */
        assert_wiped(&p->end[0], &s[0], "after Delete");
        assert_wiped(&p->end[1], &s[1], "after Delete");
        free(p);
    }
}

/* What was said in secret before it was sealed, or when it was opened, is nowhere after the end. */
Test(teardown, buffers_are_wiped)
{
    struct pair *p = pair_new();
    const uint8_t *id = (const uint8_t *)"\0\0client.example"; /* as IDi has it */
    p->end[1].config.lookup = true;
    pair_start(p);
    pair_up(p);
    struct end *e = &p->end[1];
    cr_assert_eq(e->lookups, 1);
    cr_assert(found(e->buffers, sizeof e->buffers, id));
    ik_node_identified(&e->node, p->now, e->lookup_ike, e->lookup_number,
                       &(struct ik_credential){0, e->peer[0].psk});
    pair_settle(p);
    pair_assert_up(p);
    cr_assert_not(found(e->buffers, sizeof e->buffers, id));
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    pair_pass(p, 10 * IK_SECOND);
    static const struct ik_buffer none;
    for (unsigned who = 0; who < 2; who++) {
        pair_assert_usage(p, who, 0, 0);
        for (unsigned i = 0; i < PAIR_BUFFERS; i++) {
            cr_assert_eq(memcmp(p->end[who].buffers[i].b, none.b, sizeof none.b), 0);
        }
    }
    free(p);
}

static void assert_zero(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(((const uint8_t *)p)[i], 0);
    }
}

static void assert_nothing_left(const struct end *e)
{
    assert_zero(&e->node, sizeof e->node);
    assert_zero(e->ike_sas, sizeof e->ike_sas);
    assert_zero(e->child_sas, sizeof e->child_sas);
    assert_zero(e->child_more, sizeof e->child_more);
    assert_zero(e->handshakes, sizeof e->handshakes);
    assert_zero(e->tasks, sizeof e->tasks);
    assert_zero(e->buffers, sizeof e->buffers);
}

Test(teardown, wipe_forgets_all)
{
    struct secrets s[2] = {{.n = 0}};
    struct pair *p = up_with_secrets(s, "aes256-sha512");
    struct end *e = &p->end[0];
    remember_ike(&s[0], &e->node, 0);
    remember_child(&s[0], &e->node.ipsec, 0);
    ik_node_wipe(&e->node);
    assert_wiped(e, &s[0], "after wiping");
    assert_nothing_left(e);
    free(p);
}

/* In the midst of a handshake, with a job out. */
Test(teardown, wipe_while_opening)
{
    struct pair *p = pair_new();
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    p->hold_jobs = true;
    pair_deliver(p, &p->grams[0]);
    for (unsigned who = 0; who < 2; who++) {
        ik_node_wipe(&p->end[who].node);
        assert_nothing_left(&p->end[who]);
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
    remember_ike(&s, &p->end[0].node, 0);
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
    remember_ike(&s, &p->end[1].node, 0);
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
