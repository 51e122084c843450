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

/* The IKE_SA_INIT request of the n-th stranger, with a cookie if there is one, comes to B. */
static void stranger(struct sim *s, unsigned n, struct ik_span cookie)
{
    const struct ik_transform t[] = {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CBC, .key_bits = 128},
                                     {.type = IK_TT_PRF, .id = IK_PRF_HMAC_SHA2_256},
                                     {.type = IK_TT_INTEG, .id = IK_INTEG_HMAC_SHA2_256_128},
                                     {.type = IK_TT_DH, .id = IK_DH_X25519}};
    const struct ik_sa_item sa = {
        .number = 1, .protocol = IK_PROTO_IKE, .transforms_n = 4, .transforms = t};
    const struct ik_hdr hdr = {.spi_i = {1, (uint8_t)n, 1, 1, 1, 1, 1, 1},
                               .version = 0x20,
                               .exchange = INIT,
                               .flags = IK_FLAG_INITIATOR};
    const struct ik_path path = {.local = s->nodes[B]->opts.addr,
                                 .local_port = 500,
                                 .remote = {4, {203, 0, 113, (uint8_t)(1 + n)}},
                                 .remote_port = 500};
    uint8_t value[32] = {9, (uint8_t)n}, buf[512];
    struct ik_chain c;

    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    if (cookie.len)
        ik_notify_put(&c, &(struct ik_notify){.type = IK_N_COOKIE, .data = cookie});
    ik_sa_put(&c, &sa, 1);
    ik_ke_put(&c, &(struct ik_ke){.group = IK_DH_X25519, .data = {value, 32}});
    ik_nonce_put(&c, (struct ik_span){value, 32});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    sim_rx(s, B, &path, buf, c.w.len);
}

/* Of n strangers who never answer. */
static void strangers(struct sim *s, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        stranger(s, i, (struct ik_span){0});
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

/* The same, when B has just become calm: it takes the second, knows the one with the cookie for the
 * same request, and verifies what A signs. */
static void two_strangers(struct sim *s)
{
    strangers(s, 2);
}

Test(half_open, request_without_cookie_again_when_it_is_calm)
{
    const struct sim_pair p = {.tune = crowd_of_one};
    STORY(&p, CALL(two_strangers), WAIT(9900 * IK_MS), CALL(listen_once),
          HOLD(A, INIT, REQUEST, 2, 'c'), UP(A, 0), WAIT(200 * IK_MS), USAGE(B, 0, 0),
          CALL(repeat_first), USAGE(B, 1, 0), RELEASE('c'), UP_BOTH, TALK(0), WAIT(60 * IK_SECOND),
          USAGE(B, 1, 1), DOWN_BOTH(A, B));
}

/* A forged cookie: what is kept stays what it is. */
static void repeat_with_forged_cookie(struct sim *s)
{
    uint8_t msg[1024 + 41] = {0};
    const uint8_t notify[8] = {first[16], 0, 0, 41, 0, 0, IK_N_COOKIE >> 8, IK_N_COOKIE & 255};

    cr_assert_gt(first_len, 0);
    memcpy(msg, first, IK_HDR_LEN);
    msg[16] = IK_PL_NOTIFY;
    msg[26] = (uint8_t)((first_len + 41) >> 8);
    msg[27] = (uint8_t)(first_len + 41);
    memcpy(msg + IK_HDR_LEN, notify, sizeof notify);
    memcpy(msg + IK_HDR_LEN + 41, first + IK_HDR_LEN, first_len - IK_HDR_LEN);
    sim_rx(s, B, &first_path, msg, (uint16_t)(first_len + 41));
}

Test(half_open, request_with_a_cookie_that_nobody_gave)
{
    STORY(&plain, CALL(listen_once), HOLD(A, AUTH, REQUEST, 1, 'a'), UP(A, 0), WAIT(100 * IK_MS),
          USAGE(B, 1, 0), CALL(repeat_with_forged_cookie), USAGE(B, 1, 0), RELEASE('a'), UP_BOTH,
          TALK(0), DOWN_BOTH(A, B));
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

/* 2.6: version | Hash(Ni | IPi | SPIi | secret), here of a secret that nobody drew. */
static void cookie_of_zeros(unsigned n, uint8_t version, uint8_t out[33])
{
    const uint8_t nonce[32] = {9, (uint8_t)n}, zeros[16] = {0};
    const uint8_t ip[16] = {203, 0, 113, (uint8_t)(1 + n)};
    const uint8_t spi[8] = {1, (uint8_t)n, 1, 1, 1, 1, 1, 1};
    br_sha256_context h;

    out[0] = version;
    br_sha256_init(&h);
    br_sha256_update(&h, nonce, sizeof nonce);
    br_sha256_update(&h, ip, sizeof ip);
    br_sha256_update(&h, spi, sizeof spi);
    br_sha256_update(&h, zeros, sizeof zeros);
    br_sha256_out(&h, out + 1);
}

static void guess(struct sim *s)
{
    strangers(s, 2);
    for (unsigned version = 0; version < 256; version++) {
        uint8_t cookie[33];
        cookie_of_zeros(7, (uint8_t)version, cookie);
        stranger(s, 7, (struct ik_span){cookie, sizeof cookie});
    }
}

Test(half_open, cookie_of_a_secret_that_was_never_drawn)
{
    const struct sim_pair p = {.tune = crowd_of_one};
    STORY(&p, CALL(guess), USAGE(B, 1, 0), DROPPED(B, IK_DROP_IKE_COOKIE, 256));
}
