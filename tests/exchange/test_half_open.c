/* SPDX-License-Identifier: MIT */
/* IKE SAs that never come to IKE_AUTH (RFC 7296 2.6, 2.4). */
#include "story.h"

#define INIT IK_EX_IKE_SA_INIT
#define AUTH IK_EX_IKE_AUTH

/* B keeps a half-open SA for 30 s, and tells nobody. */
Test(half_open, forgotten_after_thirty_seconds)
{
    STORY(&plain, DROP(A, AUTH, REQUEST, EVERY), UP(A, 0), WAIT(500 * IK_MS), USAGE(B, 1, 0),
          OFF(A), AT(29 * IK_SECOND), USAGE(B, 1, 0), AT(31 * IK_SECOND), USAGE(B, 0, 0), SILENT(B),
          END_ALL);
}

static void short_patience(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->config.half_open_for = 5 * IK_SECOND;
}

Test(half_open, patience_is_configured)
{
    const struct sim_pair p = {.tune = short_patience};
    STORY(&p, DROP(A, AUTH, REQUEST, EVERY), UP(A, 0), WAIT(500 * IK_MS), OFF(A), AT(4 * IK_SECOND),
          USAGE(B, 1, 0), AT(6 * IK_SECOND), USAGE(B, 0, 0), END_ALL);
}

/* A comes with IKE_AUTH when B has forgotten: it ends by time-out, and the next try works. */
Test(half_open, auth_comes_too_late)
{
    const struct sim_pair p = {.tune = short_patience};
    STORY(&p, DELAY(A, AUTH, REQUEST, EVERY, 10 * IK_SECOND), UP(A, 0),
          EXPECT_WHY(A, IK_EV_IKE_FAILED, IK_WHY_TIMEOUT), USAGE(B, 0, 0), SILENT(B), CLEAR_RULES,
          WAIT(60 * IK_SECOND), UP(A, 0), UP_BOTH, TALK(0), DOWN_BOTH(A, B));
}

/* IKE_SA_INIT requests from n places that never answer. */
static void strangers(struct sim *s, unsigned n)
{
    uint8_t buf[512];

    for (unsigned i = 0; i < n; i++) {
        struct ik_hdr hdr = {.spi_i = {1, (uint8_t)i, 1, 1, 1, 1, 1, 1},
                             .version = 0x20,
                             .exchange = INIT,
                             .flags = IK_FLAG_INITIATOR};
        const struct ik_transform t[] = {
            {.type = IK_TT_ENCR, .id = IK_ENCR_AES_CBC, .key_bits = 128},
            {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
            {.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA2_256_128},
            {.type = IK_TT_DH, .id = IK_DH_X25519}};
        const struct ik_sa_item sa = {
            .number = 1, .protocol = IK_PROTO_IKE, .transforms_n = 4, .transforms = t};
        uint8_t value[32] = {9, (uint8_t)i};
        const struct ik_ke ke = {.group = IK_DH_X25519, .data = {value, 32}};
        const struct ik_path path = {.local = s->nodes[B]->opts.addr,
                                     .local_port = 500,
                                     .remote = {4, {203, 0, 113, (uint8_t)(1 + i)}},
                                     .remote_port = 500};
        struct ik_chain chain;
        ik_msg_begin(&chain, buf, sizeof buf, &hdr);
        ik_sa_put(&chain, &sa, 1);
        ik_ke_put(&chain, &ke);
        ik_nonce_put(&chain, (struct ik_span){value, 32});
        cr_assert_eq(ik_msg_end(&chain), IK_OK);
        sim_rx(s, B, &path, buf, chain.w.len);
    }
}

static void flood(struct sim *s)
{
    strangers(s, 100);
}

/* They fill the pool for half a minute and no longer. */
Test(half_open, flood_passes)
{
    STORY(&plain, CALL(flood), WAIT(IK_SECOND), USAGE(B, 4, 0), WAIT(40 * IK_SECOND),
          USAGE(B, 0, 0), UP(A, 0), EXPECT(A, IK_EV_IKE_UP), EXPECT(A, IK_EV_CHILD_UP), TALK(0),
          FORGET(B), DOWN_BOTH(A, B));
}

static void cookies(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->config.cookie_above = 1;
}

/* With cookies the flood costs two places; A gets in at once. */
Test(half_open, flood_against_cookies)
{
    const struct sim_pair p = {.tune = cookies};
    STORY(&p, CALL(flood), WAIT(IK_SECOND), USAGE(B, 2, 0), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), BY(3 * IK_SECOND), TALK(0), WAIT(60 * IK_SECOND),
          USAGE(B, 1, 1), FORGET(B), DOWN_BOTH(A, B));
}

/* The cookie is bound to the address, the nonce and the SPI: a request from elsewhere that carries
 * A's cookie is asked again. */
static void elsewhere(void *ctx, const struct sim_dgram *d)
{
    struct sim *s = ctx;
    struct sim_view v;
    struct ik_path path;

    sim_view(d, &v);
    if (d->to != B || v.kind != SIM_IKE || v.hdr.exchange != INIT || v.hdr.next != IK_PL_NOTIFY)
        return;
    s->net.tap = NULL;
    path = (struct ik_path){.local = d->path.remote,
                            .local_port = 500,
                            .remote = {4, {203, 0, 113, 200}},
                            .remote_port = 500};
    sim_rx(s, B, &path, d->data, d->len);
}

static void steal_cookie(struct sim *s)
{
    s->net.tap = elsewhere;
    s->net.tap_ctx = s;
}

Test(half_open, stolen_cookie)
{
    const struct sim_pair p = {.tune = cookies};
    STORY(&p, CALL(flood), WAIT(IK_SECOND), CALL(steal_cookie), UP(A, 0), EXPECT(A, IK_EV_IKE_UP),
          EXPECT(A, IK_EV_CHILD_UP), DROPPED(B, IK_DROP_IKE_COOKIE, 1), USAGE(B, 3, 1));
}

/*
 * A's first request arrives twice: while B is crowded, and again when it is not any more. B must
 * not take the second, for A will sign the request with the cookie.
 */
static void one_stranger(struct sim *s)
{
    strangers(s, 1);
}

static void crowd_of_one(struct sim_conf *a, struct sim_conf *b)
{
    (void)a;
    b->config.cookie_above = 0;
    b->config.half_open_for = IK_SECOND;
}

static struct ik_path first_path;
static uint8_t first[1024];
static uint16_t first_len;

static void hear_first(void *ctx, const struct sim_dgram *d)
{
    struct sim *s = ctx;

    if (d->to != B)
        return;
    first_path = (struct ik_path){
        .local = d->path.remote, .local_port = 500, .remote = d->path.local, .remote_port = 500};
    first_len = d->len;
    memcpy(first, d->data, d->len);
    s->net.tap = NULL;
}

static void listen_once(struct sim *s)
{
    s->net.tap = hear_first;
    s->net.tap_ctx = s;
}

static void repeat_first(struct sim *s)
{
    cr_assert_gt(first_len, 0);
    sim_rx(s, B, &first_path, first, first_len);
}

Test(half_open, request_without_cookie_again_when_the_crowd_has_gone)
{
    const struct sim_pair p = {.tune = crowd_of_one};
    STORY(&p, CALL(one_stranger), WAIT(900 * IK_MS), CALL(listen_once),
          HOLD(A, INIT, REQUEST, 2, 'c'), UP(A, 0), WAIT(200 * IK_MS), USAGE(B, 0, 0),
          CALL(repeat_first), WAIT(200 * IK_MS), USAGE(B, 0, 0), RELEASE('c'), UP_BOTH, TALK(0),
          DOWN_BOTH(A, B));
}

/* The cookie that B gives for one and the same request: the last octets that it sends. */
static void cookie_of(uint64_t seed, uint8_t out[32])
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = seed, .record_sent = true});

    sim_pair_add(s, &(struct sim_pair){.tune = crowd_of_one});
    strangers(s, 2);
    cr_assert_eq(sim_counted(s, B, IK_COUNT_COOKIES_SENT), 1);
    cr_assert_gt(s->sent.len, 32);
    memcpy(out, s->sent.p + s->sent.len - 32, 32);
    sim_free(s);
}

/* Its secret is drawn: who knows how cookies are made can make none. */
Test(half_open, cookies_have_a_secret)
{
    uint8_t one[32], again[32], other[32];
    cookie_of(1, one);
    cookie_of(1, again);
    cookie_of(2, other);
    cr_assert_arr_eq(one, again, 32);
    cr_assert_arr_neq(one, other, 32);
}
