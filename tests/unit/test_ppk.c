/* SPDX-License-Identifier: MIT */
/* RFC 8784 section 3, by a second derivation: HMAC of BearSSL, and nothing of core/. */
#include "craft.h"

#include <bearssl.h>

#if IK_PPK

static const uint8_t name[] = "first";
static const uint8_t key[] = "thirty-two octets of a quantum key";
static const struct ik_ppk ppk = {{name, sizeof name - 1}, {key, sizeof key - 1}};

/* SK_d, SK_pi, SK_pr: before and after, of each end. */
static uint8_t before[2][3][32], after[2][3][32];

static void take(const struct end *e, uint16_t slot, uint8_t out[3][32])
{
    struct ik_export_ike x;
    cr_assert(ik_export_ike(&e->node, slot, &x));
    cr_assert_eq(x.sk_d.len, 32);
    memcpy(out[0], x.sk_d.p, 32);
    memcpy(out[1], x.sk_pi.p, 32);
    memcpy(out[2], x.sk_pr.p, 32);
}

static struct pair *p;

static void on_trace(void *ctx, const struct ik_trace_rec *rec)
{
    unsigned who = (unsigned)(uintptr_t)ctx;
    if (rec->event == IK_TR_IKE_KEYS) {
        take(&p->end[who], rec->sa, before[who]);
    } else if (rec->event == IK_TR_IKE_PPK) {
        take(&p->end[who], rec->sa, after[who]);
    }
}

static void up(bool required)
{
    memset(before, 0, sizeof before);
    memset(after, 0, sizeof after);
    p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].host.trace = on_trace;
        p->end[who].host.trace_ctx = (void *)(uintptr_t)who;
        p->end[who].peer[0].ppks = &ppk;
        p->end[who].peer[0].ppks_n = 1;
        p->end[who].peer[0].ppk_required = required;
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
}

static void hmac(const uint8_t sk[32], uint8_t out[32])
{
    br_hmac_key_context k;
    br_hmac_context c;
    br_hmac_key_init(&k, &br_sha256_vtable, key, sizeof key - 1);
    br_hmac_init(&c, &k, 0);
    br_hmac_update(&c, sk, 32);
    br_hmac_update(&c, "\1", 1);
    br_hmac_out(&c, out);
}

/* "SK_d = prf (PPK, SK_d' | 0x01)", and so the other two. */
Test(ppk, as_derived_by_hand, .disabled = !IK_TRACE)
{
    uint8_t wanted[32];
    up(true);
    for (unsigned who = 0; who < 2; who++) {
        for (unsigned k = 0; k < 3; k++) {
            hmac(before[who][k], wanted);
            cr_assert_arr_eq(after[who][k], wanted, 32, "end %u, key %u", who, k);
        }
    }
    cr_assert_arr_eq(after[0], after[1], sizeof after[0]);
    free(p);
}

static unsigned seen(unsigned from, uint16_t type, struct ik_notify *n)
{
    static uint8_t buf[PAIR_BUF];
    static struct ik_msg m;
    cr_assert(ik_export_open(&p->end[!from].node, 0, p->grams[2 + from].b, p->grams[2 + from].len,
                             buf, sizeof buf, &m));
    return ik_notify_find(&m, type, n);
}

Test(ppk, notifies_of_ike_auth)
{
    struct ik_notify n;
    up(true);
    cr_assert(seen(0, IK_N_PPK_IDENTITY, &n));
    cr_assert_eq(n.data.len, 6);
    cr_assert_arr_eq(n.data.p, "\2first", 6); /* PPK_ID_FIXED */
    cr_assert_not(seen(0, IK_N_NO_PPK_AUTH, &n));
    cr_assert(seen(1, IK_N_PPK_IDENTITY, &n));
    cr_assert_eq(n.data.len, 0);
    free(p);
    up(false);
    cr_assert(seen(0, IK_N_NO_PPK_AUTH, &n));
    cr_assert_eq(n.data.len, 32);
    free(p);
}

/* ---- the responder takes back what it said --------------------------------------------------- */

static void without_identity(struct ik_chain *c, const struct ik_payload *pl)
{
    struct ik_notify n;
    if (pl != NULL && !(pl->type == IK_PL_NOTIFY && ik_notify_parse(pl->body, &n) == IK_OK &&
                        n.type == IK_N_PPK_IDENTITY)) {
        craft_copy(c, pl);
    }
}

static bool edit_response(struct pair *pair, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_AUTH) {
        craft_rewrite(pair, g, without_identity);
    }
    return true;
}

/* Required: it is none; optional: its AUTH shows that it has used one. */
Test(ppk, response_that_does_not_confirm)
{
    for (unsigned required = 0; required < 2; required++) {
        p = pair_new();
        p->hook = edit_response;
        for (unsigned who = 0; who < 2; who++) {
            p->end[who].peer[0].ppks = &ppk;
            p->end[who].peer[0].ppks_n = 1;
        }
        p->end[0].peer[0].ppk_required = required;
        pair_start(p);
        pair_up(p);
        cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
        cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
        cr_assert_eq(pair_last(&p->end[1])->notify, IK_N_AUTHENTICATION_FAILED);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 0, 0);
        pair_assert_usage(p, 1, 0, 0);
        free(p);
    }
}

#endif
