/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.6: cookies, from both sides. */
#include "craft.h"

/* Leaves n half-open IKE SAs at the responder, from clients that never go on. */
static void half_open(struct pair *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct pair *other = pair_new();
        pair_start(other);
        unsigned salt = n << 8 | i;
        ik_node_seed(&other->end[0].node, &salt, sizeof salt);
        ik_node_up(&other->end[0].node, other->now, 0);
        pair_drain(other, 0);
        craft_give(p, 0, other->grams[0].b, other->grams[0].len);
        free(other);
    }
    p->delivered = p->grams_n; /* what was answered goes nowhere */
}

static struct pair *under_load(unsigned above, unsigned n)
{
    struct pair *p = pair_new();
    p->end[1].config.cookie_above = (uint16_t)above;
    pair_start(p);
    half_open(p, n);
    return p;
}

Test(cookie, none_below_the_threshold)
{
    struct pair *p = under_load(1, 1);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 0);
    free(p);
}

Test(cookie, asked_for_and_given_back_first)
{
    struct pair *p = under_load(0, 1);
    unsigned first = p->grams_n;
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 1);
    cr_assert_eq(p->grams_n - first, 6);
    const struct gram *ask = &p->grams[first + 1], *retry = &p->grams[first + 2];
    struct ik_msg m, again;
    struct ik_notify cookie, back;
    cr_assert_eq(ik_msg_parse(ask->b, ask->len, &m), IK_OK);
    cr_assert(ik_notify_find(&m, IK_N_COOKIE, &cookie));
    static const uint8_t zero[8];
    cr_assert_eq(memcmp(m.hdr.spi_r, zero, 8), 0, "nothing is committed");
    cr_assert_eq(ik_msg_parse(retry->b, retry->len, &again), IK_OK);
    cr_assert_eq(again.payloads[0].type, IK_PL_NOTIFY);
    cr_assert_eq(ik_notify_parse(again.payloads[0].body, &back), IK_OK);
    cr_assert_eq(back.type, IK_N_COOKIE);
    cr_assert_eq(back.data.len, cookie.data.len);
    cr_assert_eq(memcmp(back.data.p, cookie.data.p, cookie.data.len), 0);
    /* "and all other payloads unchanged" */
    const struct gram *plain = &p->grams[first];
    uint16_t rest = (uint16_t)(plain->len - IK_HDR_LEN);
    cr_assert_eq(memcmp(plain->b + IK_HDR_LEN, retry->b + retry->len - rest, rest), 0);
    free(p);
}

Test(cookie, asked_statelessly)
{
    struct pair *p = under_load(0, 1);
    uint16_t before, child;
    ik_node_usage(&p->end[1].node, &before, &child);
    half_open(p, 20);
    pair_assert_usage(p, 1, before, child);
    cr_assert_eq(p->end[1].jobs, 1);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 20);
    free(p);
}

/* For as long as an IKE_SA_INIT request is looked at, all buffers of end 1 are somebody's. */
static bool without_buffers(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    struct ik_node *node = &p->end[1].node;
    struct ik_ike_sa *idle = &p->end[1].ike_sas[0];
    ik_slot slot;
    (void)path;
    if (to == 1 && g->b[18] != IK_EX_IKE_SA_INIT) {
        ik_window_forget(node, idle);
    }
    while (to == 1 && g->b[18] == IK_EX_IKE_SA_INIT &&
           (slot = ik_buffer_alloc(node)) != IK_NO_SLOT) {
        ik_buffer_at(node, slot)->next = idle->window.responses;
        idle->window.responses = slot;
    }
    return true;
}

/* 2.15: AUTH is about the newest request that has a cookie. Another copy was accepted without it,
 * and has the last buffer: it gives way to the one that counts. */
Test(cookie, newest_copy_is_kept_when_no_buffer_is_left)
{
    struct pair *p = pair_new();
    p->end[1].config.cookie_above = 0;
    pair_start(p);
    half_open(p, 1);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    struct gram *plain = &p->grams[p->delivered];
    pair_step(p);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 1);
    p->end[1].config.cookie_above = 0xffff;
    pair_deliver(p, plain);
    p->hook = without_buffers;
    pair_settle(p);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_IKE_REANSWERED], 1);
    pair_assert_up(p);
    free(p);
}

/* The cookie of the request that gets another group stays in it (2.6.1). */
Test(cookie, together_with_another_group)
{
    struct pair *p = pair_new();
    pair_set_suites(&p->end[0], "aes128-sha256-ecp256-x25519", "aes128gcm16");
    p->end[1].config.cookie_above = 0;
    pair_start(p);
    half_open(p, 1);
    unsigned first = p->grams_n;
    pair_up(p);
    pair_assert_up(p);
    /* request, COOKIE, request, INVALID_KE_PAYLOAD, request, response, two of IKE_AUTH */
    cr_assert_eq(p->grams_n - first, 8);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 1);
    cr_assert_eq(p->end[0].jobs, 3);
    free(p);
}

static bool spoil_cookie(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[16] == IK_PL_NOTIFY && p->seen++ == 0) {
        g->b[IK_HDR_LEN + 20] ^= 1;
    }
    return true;
}

Test(cookie, wrong_one_gets_a_new_one)
{
    struct pair *p = under_load(0, 1);
    p->hook = spoil_cookie;
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_COOKIE), 1);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 2);
    free(p);
}

static bool zero_public_value(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    struct ik_msg m;
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_SA_INIT && ik_msg_parse(g->b, g->len, &m) == IK_OK &&
        ik_msg_find(&m, IK_PL_KE) != NULL && p->seen++ == 0) {
        memset(g->b + (ik_msg_find(&m, IK_PL_KE)->body.p - g->b) + 4, 0, 32);
    }
    return true;
}

/* 2.6.1: the cookie stays in all later requests: also after an answer that was none because its
 * public value was refused. */
Test(cookie, survives_a_refused_public_value)
{
    struct pair *p = under_load(0, 1);
    p->hook = zero_public_value;
    unsigned first = p->grams_n;
    pair_up(p);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_BAD_KE), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
    /* request, COOKIE, request with it, the answer */
    cr_assert_eq(p->grams_n - first, 4);
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    const struct gram *with = &p->grams[first + 2], *again = &p->grams[first + 4];
    cr_assert_eq(again->len, with->len);
    cr_assert_eq(memcmp(again->b, with->b, with->len), 0);
    cr_assert_eq(again->at - with->at, IK_SECOND);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], 1);
    free(p);
}

static bool from_elsewhere(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)g;
    if (to == 1 && g->b[16] == IK_PL_NOTIFY) {
        path->remote.b[3] = 77; /* an address that did not get it */
    }
    return true;
}

Test(cookie, is_of_one_address)
{
    struct pair *p = under_load(0, 1);
    p->end[1].peer[0].remote.family = 0;
    p->hook = from_elsewhere;
    ik_node_up(&p->end[0].node, p->now, 0);
    for (unsigned i = 0; i < 4; i++) {
        pair_step(p);
    }
    cr_assert_geq(pair_drops(&p->end[1], IK_DROP_IKE_COOKIE), 1);
    cr_assert_eq(pair_count(&p->end[1], IK_EV_IKE_UP), 0);
    free(p);
}

/* The secret changes each 30 s; cookies of the one before still count, older ones do not. */
Test(cookie, secret_grows_old)
{
    const unsigned age[] = {1, 31, 61};
    for (unsigned i = 0; i < 3; i++) {
        struct pair *p = under_load(0, 1);
        p->end[1].config.half_open_for = 1000 * IK_SECOND;
        unsigned first = p->grams_n;
        ik_node_up(&p->end[0].node, p->now, 0);
        pair_step(p);
        pair_step(p); /* the retry with its cookie is on its way */
        pair_drain(p, 0);
        struct gram retry = p->grams[p->grams_n - 1];
        cr_assert_eq(retry.b[16], IK_PL_NOTIFY);
        cr_assert_eq(p->grams_n - first, 3);
        p->now += age[i] * IK_SECOND;
        craft_sa(p, 1)->moment[IK_TIMER_EXPIRE] = IK_MS_NONE;
        half_open(p, 1); /* somebody else asks: the secret is renewed */
        craft_give(p, 0, retry.b, retry.len);
        cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_COOKIE), i == 2, "age %u", age[i]);
        free(p);
    }
}

static bool lose_all(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)to, (void)path, (void)g;
    return false;
}

/* Who forges cookies for ever is not answered for ever. */
Test(cookie, forged_ones_are_answered_a_few_times)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    for (uint32_t i = 0; i < 50; i++) {
        craft_clear_error(p, IK_N_COOKIE, &i, sizeof i);
        pair_settle(p);
    }
    cr_assert_eq(p->grams_n, 1 + 8);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_COOKIE), 42);
    p->hook = NULL;
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

Test(cookie, echo_of_the_same_is_not_answered)
{
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    for (unsigned i = 0; i < 5; i++) {
        craft_clear_error(p, IK_N_COOKIE, "the same", 8);
        pair_settle(p);
    }
    cr_assert_eq(p->grams_n, 2);
    free(p);
}

Test(cookie, of_wrong_length_is_none)
{
    static const uint8_t octets[65];
    struct pair *p = pair_new();
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    craft_clear_error(p, IK_N_COOKIE, octets, 0);
    craft_clear_error(p, IK_N_COOKIE, octets, 65);
    cr_assert_eq(p->grams_n, 1);
    craft_clear_error(p, IK_N_COOKIE, octets, 64);
    cr_assert_eq(p->grams_n, 2);
    free(p);
}

/* The client's request with a cookie that the responder did not make. */
static void with_cookie(struct pair *p, const uint8_t *cookie, uint16_t len)
{
    uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_chain c;
    const struct gram *g = &p->grams[p->grams_n - 1];
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    ik_msg_begin(&c, buf, sizeof buf, &m.hdr);
    ik_notify_put(&c, &(struct ik_notify){.type = IK_N_COOKIE, .data = {cookie, len}});
    for (uint8_t i = 0; i < m.payloads_n; i++) {
        craft_copy(&c, &m.payloads[i]);
    }
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    craft_give(p, 0, buf, c.w.len);
}

static void refused(const uint8_t *cookie, uint16_t len)
{
    struct pair *p = under_load(0, 1);
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    pair_assert_usage(p, 1, 1, 0);
    uint32_t asked = p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT];
    with_cookie(p, cookie, len);
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_COOKIE), 1);
    cr_assert_eq(p->end[1].node.env.counters.count[IK_COUNT_COOKIES_SENT], asked + 1);
    free(p);
}

Test(cookie, of_another_length_is_refused)
{
    static const uint8_t octets[64];
    const uint16_t lens[] = {0, 1, 32, 33, 34, 64};
    for (unsigned i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        refused(octets, lens[i]);
    }
}

/* There is no secret before the first: one made with zeros must not do. */
Test(cookie, without_a_secret_is_refused)
{
    static const uint8_t zero[16];
    struct pair *p = under_load(0, 1);
    struct ik_msg m;
    ik_node_up(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    const struct gram *g = &p->grams[p->grams_n - 1];
    cr_assert_eq(ik_msg_parse(g->b, g->len, &m), IK_OK);
    struct ik_span nonce = ik_msg_find(&m, IK_PL_NONCE)->body;
    const uint8_t versions[] = {0, 1, 2, 255};
    for (unsigned i = 0; i < sizeof versions; i++) {
        uint8_t cookie[33] = {versions[i]};
        br_sha256_context c;
        br_sha256_init(&c);
        br_sha256_update(&c, nonce.p, nonce.len);
        br_sha256_update(&c, p->end[0].peer[0].local.b, 16);
        br_sha256_update(&c, m.hdr.spi_i, 8);
        br_sha256_update(&c, zero, sizeof zero);
        br_sha256_out(&c, cookie + 1);
        refused(cookie, sizeof cookie);
    }
    free(p);
}
