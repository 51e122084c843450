/* SPDX-License-Identifier: MIT */
/* IKE_SA_INIT as the initiator sees it: another group, answers that are none, forged ones. */
#include "craft.h"

Test(init_i, retries_with_the_group_that_the_responder_wants)
{
    struct pair *p = pair_new();
    pair_set_suites(&p->end[0], "aes128-sha256-modp2048-ecp256-x25519", "aes128gcm16");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->grams_n, 6);
    cr_assert_eq(p->end[0].jobs, 3);
    cr_assert_eq(p->end[1].jobs, 1);
    struct ik_msg m[2];
    cr_assert_eq(ik_msg_parse(p->grams[0].b, p->grams[0].len, &m[0]), IK_OK);
    cr_assert_eq(ik_msg_parse(p->grams[2].b, p->grams[2].len, &m[1]), IK_OK);
    /* 1.2: "The initiator MUST again propose its full set of acceptable cryptographic suites". */
    struct ik_span sa[2] = {ik_msg_find(&m[0], IK_PL_SA)->body, ik_msg_find(&m[1], IK_PL_SA)->body};
    cr_assert_eq(sa[0].len, sa[1].len);
    cr_assert_eq(memcmp(sa[0].p, sa[1].p, sa[0].len), 0);
    cr_assert_eq(memcmp(m[0].hdr.spi_i, m[1].hdr.spi_i, 8), 0);
    struct ik_ke ke;
    cr_assert_eq(ik_ke_parse(ik_msg_find(&m[1], IK_PL_KE)->body, &ke), IK_OK);
    cr_assert_eq(ke.group, IK_DH_X25519);
    free(p);
}

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

static struct pair *calling(const char *ike)
{
    struct pair *p = pair_new();
    pair_set_suites(&p->end[0], ike, "aes128gcm16");
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    return p;
}

Test(init_i, group_that_was_not_offered_is_a_hint)
{
    struct pair *p = calling("aes128-sha256-x25519-ecp256");
    const uint8_t groups[][2] = {{0, 14}, {0, 0}, {0x7f, 0xff}};
    for (unsigned i = 0; i < 3; i++) {
        craft_clear_error(p, IK_N_INVALID_KE_PAYLOAD, groups[i], 2);
    }
    craft_clear_error(p, IK_N_INVALID_KE_PAYLOAD, groups[0], 1);
    craft_clear_error(p, IK_N_INVALID_KE_PAYLOAD, groups[0], 0);
    cr_assert_eq(p->grams_n, 1);
    cr_assert_eq(p->end[0].jobs, 1);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_BAD_KE);
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_INVALID_KE_PAYLOAD);
    free(p);
}

Test(init_i, own_group_named_again_is_an_echo)
{
    struct pair *p = calling("aes128-sha256-x25519");
    const uint8_t group[2] = {0, 31};
    craft_clear_error(p, IK_N_INVALID_KE_PAYLOAD, group, 2);
    cr_assert_eq(p->end[0].jobs, 1);
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

Test(init_i, forged_groups_are_followed_a_few_times)
{
    struct pair *p = calling("aes128-sha256-x25519-ecp256");
    const uint8_t groups[2][2] = {{0, 19}, {0, 31}};
    for (unsigned i = 0; i < 30; i++) {
        craft_clear_error(p, IK_N_INVALID_KE_PAYLOAD, groups[i & 1], 2);
        pair_settle(p);
    }
    cr_assert_eq(p->end[0].jobs, 1 + 8);
    /* and the true answer is still taken */
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

/* A clear answer is changed on its way, once; the right one comes after the next transmission. */
static void (*change)(struct gram *g);
static bool change_first_answer(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_SA_INIT && p->seen++ == 0) {
        change(g);
    }
    return true;
}

static void survives(void (*how)(struct gram *), enum ik_drop drop)
{
    struct pair *p = pair_new();
    change = how;
    p->hook = change_first_answer;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
    cr_assert_eq(pair_drops(&p->end[0], drop), 1);
    pair_pass(p, 5 * IK_SECOND);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_REANSWERED], 1);
    free(p);
}

static uint8_t *body_of(struct gram *g, uint8_t type)
{
    struct ik_msg m;
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    return g->b + (ik_msg_find(&m, type)->body.p - g->b);
}

static void zero_spi(struct gram *g)
{
    memset(g->b + 8, 0, 8);
}
static void other_key_len(struct gram *g)
{
    body_of(g, IK_PL_SA)[8 + 11] = 1; /* 128 to 129, or any other octet of the first transform */
}
static void other_proposal(struct gram *g)
{
    body_of(g, IK_PL_SA)[4] = 2;
}
static void other_group(struct gram *g)
{
    body_of(g, IK_PL_KE)[1] = 19;
}
static void zero_public_value(struct gram *g)
{
    memset(body_of(g, IK_PL_KE) + 4, 0, 32);
}
static void short_message(struct gram *g)
{
    g->len--;
}
static void other_msgid(struct gram *g)
{
    g->b[23] = 1;
}
static void other_spi(struct gram *g)
{
    g->b[0] ^= 1;
}
static void as_request(struct gram *g)
{
    g->b[19] &= (uint8_t)~IK_FLAG_RESPONSE;
}
static void critical(struct gram *g)
{
    g->b[16] = 200; /* SA is now of a type that nobody knows, and critical */
    g->b[29] |= 0x80;
}

/* 3.10.1: a success with an error that nobody knows is none. */
static void unknown_error(struct gram *g)
{
    struct ik_msg m;
    struct ik_chain c;
    uint8_t out[PAIR_BUF];
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    ik_msg_begin(&c, out, sizeof out, &m.hdr);
    for (uint8_t i = 0; i < m.payloads_n; i++) {
        craft_copy(&c, &m.payloads[i]);
    }
    ik_notify_put(&c, &(struct ik_notify){.type = 8192});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    memcpy(g->b, out, c.w.len);
    g->len = c.w.len;
}

Test(init_i, wrong_answers_do_not_kill_it)
{
    survives(unknown_error, IK_DROP_IKE_UNAUTHENTICATED);
    survives(zero_spi, IK_DROP_IKE_UNAUTHENTICATED);
    survives(other_key_len, IK_DROP_IKE_UNAUTHENTICATED);
    survives(other_proposal, IK_DROP_IKE_UNAUTHENTICATED);
    survives(other_group, IK_DROP_IKE_UNAUTHENTICATED);
    survives(short_message, IK_DROP_IKE_SYNTAX);
    survives(other_msgid, IK_DROP_IKE_UNEXPECTED);
    survives(other_spi, IK_DROP_IKE_UNKNOWN_SPI);
    survives(as_request, IK_DROP_IKE_UNEXPECTED);
    survives(critical, IK_DROP_IKE_CRITICAL);
}

/* The public value is looked at by the job: then it goes back to waiting. */
Test(init_i, bad_public_value_does_not_kill_it)
{
    survives(zero_public_value, IK_DROP_IKE_BAD_KE);
}

Test(init_i, bad_public_values_only_end_as_bad_ke)
{
    struct pair *p = pair_new();
    change = zero_public_value;
    p->hook = change_first_answer;
    pair_start(p);
    pair_up(p);
    p->hook = lose_all;
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_BAD_KE);
    pair_assert_usage(p, 0, 0, 0);
    free(p);
}

/* Nothing in common: the responder says so. 2.21.1: nobody vouches for that, so it does not shorten
 * the wait; but it is the reason that the user is told. */
Test(init_i, no_proposal_chosen_is_told_when_time_is_up)
{
    struct pair *p = pair_new();
    pair_set_suites(&p->end[0], "aes256-sha512-x25519", "aes128gcm16");
    pair_start(p);
    ik_time begun = p->now;
    pair_up(p);
    pair_pass(p, 100 * IK_SECOND);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_NO_PROPOSAL);
    cr_assert_eq(pair_last(&p->end[0])->notify, IK_N_NO_PROPOSAL_CHOSEN);
    cr_assert_eq(pair_last(&p->end[0])->at - begun, (1 + 2 + 4 + 8 + 16 + 32 + 32) * IK_SECOND);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_PROPOSAL), 7);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

Test(init_i, ends_while_its_job_runs)
{
    struct pair *p = pair_new();
    p->hold_jobs = true;
    pair_start(p);
    pair_up(p);
    struct end *e = &p->end[0];
    cr_assert_not_null(e->held);
    ik_node_down(&e->node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(e)->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(e)->reason, IK_WHY_DELETED_HERE);
    /* The IKE SA is free; its handshake is not, for the host has the job. */
    pair_assert_usage(p, 0, 0, 0);
    cr_assert_eq(ik_node_deadline(&e->node), IK_NEVER);
    struct ik_job *job = e->held;
    cr_assert_eq(job->kind, IK_JOB_NONE);
    cr_assert_eq(e->node.handshake_free, IK_NO_SLOT);
    cr_assert_eq(e->node.handshakes_fresh, 1);
    ik_job_run(job);
    ik_node_job_done(&e->node, p->now, job);
    pair_settle(p);
    pair_assert_usage(p, 0, 0, 0);
    cr_assert_eq(e->told_n, 1);
    static const struct ik_job none;
    cr_assert_eq(memcmp(job, &none, sizeof none), 0, "the job's secrets are wiped");
    free(p);
}

/* A private value outside of the group's range: another is drawn. */
Test(init_i, bad_key_generation_is_done_again)
{
    struct pair *p = pair_new();
    p->hold_jobs = true;
    pair_start(p);
    pair_up(p);
    struct end *e = &p->end[0];
    struct ik_job *job = e->held;
    uint8_t priv[32];
    memcpy(priv, job->priv, sizeof priv);
    uint32_t id = job->id;
    e->held = NULL;
    job->good = 0;
    ik_node_job_done(&e->node, p->now, job);
    pair_settle(p);
    cr_assert_not_null(e->held);
    cr_assert_neq(e->held->id, id);
    cr_assert_neq(memcmp(priv, e->held->priv, sizeof priv), 0);
    p->hold_jobs = false;
    ik_job_run(e->held);
    ik_node_job_done(&e->node, p->now, e->held);
    pair_settle(p);
    pair_assert_up(p);
    free(p);
}

Test(init_i, other_nonce_length)
{
    struct pair *p = pair_new();
    p->end[0].config.nonce_len = 16;
    p->end[1].config.nonce_len = 255;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    free(p);
}

/* A port of the peer's other than 500 is taken as it is, with the marker, and is not left. */
Test(init_i, peer_on_another_port)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].remote_port = 5555;
    p->end[0].peer[0].local_port = 6666;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    for (unsigned i = 0; i < p->grams_n; i++) {
        cr_assert_eq(p->grams[i].path.carrier, IK_CARRIER_UDP4500);
        cr_assert_eq(ik_get32(p->grams[i].b), 0);
        cr_assert_eq(p->grams[i].path.remote_port, i % 2 == 0 ? 5555 : 6666);
        cr_assert_eq(p->grams[i].path.local_port, i % 2 == 0 ? 6666 : 5555);
    }
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    cr_assert_eq(p->grams[p->grams_n - 1].path.carrier, IK_CARRIER_UDP4500);
    free(p);
}
