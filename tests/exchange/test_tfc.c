/* SPDX-License-Identifier: MIT */
/* Traffic flow confidentiality (RFC 4303 2.6, 2.7; RFC 7296 1.3.1): lengths that tell nothing, and
 * packets that say nothing. */
#include "story.h"

#if IK_TFC

static void pads(struct sim_conf *a, struct sim_conf *b)
{
    a->policies[0].tfc_pad = 1200;
    b->policies[0].tfc_pad = 700;
}

static void refuses(struct sim_conf *a, struct sim_conf *b)
{
    pads(a, b);
    b->policies[0].tfc_refuse = true;
}

static void is_refused(struct sim_conf *a, struct sim_conf *b)
{
    pads(a, b);
    a->policies[0].tfc_refuse = true;
}

static void is_idle(struct sim_conf *a, struct sim_conf *b)
{
    a->policies[0].dummy_ms = 500;
    (void)b;
}

static void is_idle_and_pads(struct sim_conf *a, struct sim_conf *b)
{
    is_idle(a, b);
    pads(a, b);
}

/* Are all packets of a node as long as each other? */
static uint16_t len_of[2];
static unsigned others;

static void measure(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    (void)ctx;
    sim_view(d, &v);
    if (v.kind != SIM_ESP)
        return;
    others += len_of[d->from] != 0 && len_of[d->from] != d->len;
    len_of[d->from] = d->len;
}

static void begin(struct sim *s)
{
    len_of[A] = len_of[B] = 0;
    others = 0;
    s->net.tap = measure;
    s->net.tap_ctx = s;
}

static void all_alike(struct sim *s)
{
    if (others != 0 || len_of[A] < 1200 || len_of[B] < 700)
        sim_fail(s, "%u packets of other lengths, %u and %u", others, len_of[A], len_of[B]);
}

static void a_differs(struct sim *s)
{
    if (others == 0 || len_of[A] > 700)
        sim_fail(s, "padding for who wants none");
}

static void b_differs(struct sim *s)
{
    if (others == 0 || len_of[B] > 700)
        sim_fail(s, "padding for who wants none");
}

#define SIZES                                                                                      \
    SEND(A, 1, 20), SEND(A, 1, 100), SEND(A, 1, 600), SEND(A, 1, 1000), SEND(B, 1, 20),            \
        SEND(B, 1, 500), WAIT(IK_SECOND), DELIVERED(B, 4), DELIVERED(A, 2)

Test(tfc, lengths_tell_nothing)
{
    const char *const suites[] = {"aes128gcm16", "aes256-sha512", "chacha20poly1305"};
    for (size_t i = 0; i < 6; i++) {
        const struct sim_pair p = {.esp_a = suites[i / 2], .inner6 = i % 2 != 0, .tune = pads};
        STORY(&p, CALL(begin), UP(A, 0), UP_BOTH, SIZES, CALL(all_alike), LOSSLESS,
              COUNT(A, IK_COUNT_TFC_PADDED, 4), COUNT(A, IK_COUNT_TFC_SHORT, 0), DOWN_BOTH(A, B));
    }
}

static void aligns(struct sim_conf *a, struct sim_conf *b)
{
    a->policies[0].tfc_align = b->policies[0].tfc_align = 256;
}

/* GCM adds 8 of header, 8 of IV, 4 of padding and trailer, 16 of ICV. */
static void measure_multiples(void *ctx, const struct sim_dgram *d)
{
    struct sim_view v;

    sim_view(d, &v);
    if (v.kind == SIM_ESP && (d->len - 8 - 8 - 4 - 16) % 256 != 0)
        sim_fail(ctx, "%u octets", d->len);
}

static void watch_multiples(struct sim *s)
{
    s->net.tap = measure_multiples;
    s->net.tap_ctx = s;
}

Test(tfc, multiples)
{
    const struct sim_pair p = {.tune = aligns};
    STORY(&p, CALL(watch_multiples), UP(A, 0), UP_BOTH, SIZES, LOSSLESS, DOWN_BOTH(A, B));
}

/* A longer packet is not cut. */
Test(tfc, longer_ones_stay)
{
    const struct sim_pair p = {.tune = pads};
    STORY(&p, UP(A, 0), UP_BOTH, SEND(A, 1, 1300), WAIT(IK_SECOND), DELIVERED(B, 1),
          COUNT(A, IK_COUNT_TFC_PADDED, 0), LOSSLESS, DOWN_BOTH(A, B));
}

Test(tfc, who_wants_none_gets_none)
{
    const struct sim_pair b = {.tune = refuses}, a = {.tune = is_refused};
    STORY(&b, CALL(begin), UP(A, 0), UP_BOTH, SEND(A, 1, 20), SEND(A, 1, 100), WAIT(IK_SECOND),
          CALL(a_differs), DELIVERED(B, 2), COUNT(A, IK_COUNT_TFC_PADDED, 0), DOWN_BOTH(A, B));
    STORY(&a, CALL(begin), UP(A, 0), UP_BOTH, SEND(B, 1, 20), SEND(B, 1, 100), WAIT(IK_SECOND),
          CALL(b_differs), DELIVERED(A, 2), COUNT(B, IK_COUNT_TFC_PADDED, 0), DOWN_BOTH(A, B));
}

/* One each half second of silence; B drops them, and tells nobody. */
Test(tfc, dummies_fill_the_silence)
{
    const struct sim_pair p = {.tune = is_idle};
    STORY(&p, UP(A, 0), UP_BOTH, WAIT(10 * IK_SECOND + 100 * IK_MS),
          COUNT(A, IK_COUNT_DUMMIES_OUT, 20), DROPPED(B, IK_DROP_ESP_DUMMY, 20), DELIVERED(B, 0),
          DELIVERED(A, 0), TALK(0), DOWN_BOTH(A, B));
}

static void talk(struct sim *s)
{
    const struct sim_pair p = {0};
    for (int i = 0; i < 20; i++) {
        sim_pair_send(s, &p, A, 64);
        sim_run_for(s, 400 * IK_MS);
    }
}

Test(tfc, who_talks_needs_none)
{
    const struct sim_pair p = {.tune = is_idle};
    STORY(&p, UP(A, 0), UP_BOTH, CALL(talk), COUNT(A, IK_COUNT_DUMMIES_OUT, 0), DOWN_BOTH(A, B));
}

/* They are as long as what they stand for. */
Test(tfc, dummies_look_like_the_others)
{
    const struct sim_pair p = {.tune = is_idle_and_pads};
    STORY(&p, CALL(begin), UP(A, 0), UP_BOTH, WAIT(3 * IK_SECOND), SIZES, WAIT(3 * IK_SECOND),
          CALL(all_alike), DOWN_BOTH(A, B));
}

#endif
