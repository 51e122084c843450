/* SPDX-License-Identifier: MIT */
/* Every limit of ik_conf.h that a peer can reach: the most that fits is taken, one more is refused
 * in order; and what is only ignored costs nothing. */
#include "craft.h"

static struct pair *p;
static unsigned more; /* than the limit */

static void begin(void)
{
    p = pair_new();
}

TestSuite(limits, .init = begin);

static void again(void)
{
    free(p);
    begin();
}

/* ---- IK_MSG_MAX ------------------------------------------------------------------------------ */

/* Fills a clear message with Vendor IDs up to its largest size, and more. */
static void fill(struct ik_chain *c, const struct ik_payload *payload)
{
    if (payload != NULL) {
        craft_copy(c, payload);
        return;
    }
    ik_payload_open(c, IK_PL_VENDOR);
    ik_wr_zero(&c->w, IK_MSG_MAX + more - c->w.len);
    ik_payload_close(c);
}

static bool fill_request(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_IKE_SA_INIT) {
        craft_rebuild(q, g, fill);
    }
    return true;
}

static bool fill_response(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_SA_INIT) {
        craft_rebuild(q, g, fill);
    }
    return true;
}

Test(limits, longest_clear_messages)
{
    for (unsigned which = 0; which < 2; which++) {
        for (more = 0; more < 2; more++) {
            p->hook = which == 0 ? fill_request : fill_response;
            pair_start(p);
            pair_up(p);
            if (more == 0) {
                pair_assert_up(p);
            } else {
                cr_assert_eq(pair_drops(&p->end[which == 0], IK_DROP_IKE_NO_ROOM), 1);
                cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
            }
            again();
        }
    }
}

static void empty(struct ik_chain *c, const struct ik_payload *payload)
{
    if (payload != NULL) {
        craft_copy(c, payload);
    }
}

/* A protected one is not kept: it may be as long as datagrams are; unless the host is asked. */
static void fill_auth(struct ik_chain *c, const struct ik_payload *payload)
{
    if (payload != NULL) {
        craft_copy(c, payload);
    } else {
        ik_payload_open(c, IK_PL_VENDOR);
        ik_wr_zero(&c->w, more);
        ik_payload_close(c);
    }
}

static uint16_t auth_len;

static bool fill_auth_request(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_IKE_AUTH) {
        craft_rewrite(q, g, more == 0 ? empty : fill_auth);
        auth_len = g->len;
    }
    return true;
}

static bool everybody(struct end *e, const struct ik_effect *fx, struct ik_credential *who)
{
    (void)fx;
    *who = (struct ik_credential){0, e->peer[0].psk};
    return true;
}

static bool auth_of_len(uint16_t len, bool lookup)
{
    more = 0;
    for (unsigned i = 0; i < 2; i++) {
        p->hook = fill_auth_request;
        p->end[1].config.lookup = lookup;
        p->end[1].lookup = everybody;
        pair_set_suites(&p->end[0], "aes128gcm16-prfsha256-x25519", "aes128gcm16");
        pair_set_suites(&p->end[1], "aes128gcm16-prfsha256-x25519", "aes128gcm16");
        pair_start(p);
        pair_up(p);
        if (i == 0) {
            pair_assert_up(p);
            more = (unsigned)(len - auth_len - 4);
            again();
        }
    }
    cr_assert_eq(auth_len, len);
    bool good = pair_count(&p->end[1], IK_EV_CHILD_UP) == 1;
    cr_assert(good || pair_last(&p->end[0])->notify == IK_N_AUTHENTICATION_FAILED);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), !good);
    again();
    return good;
}

Test(limits, longest_protected_messages)
{
    cr_assert(auth_of_len(IK_MSG_MAX, false));
    cr_assert(auth_of_len(IK_MSG_MAX + 1, false));
    cr_assert(auth_of_len(IK_MSG_MAX, true));
    cr_assert_not(auth_of_len(IK_MSG_MAX + 1, true));
}

/* ---- IK_PAYLOADS_MAX ------------------------------------------------------------------------- */

static void with_ignored(struct ik_chain *c, const struct ik_payload *payload)
{
    for (unsigned i = 0; i < more && payload != NULL; i++) {
        ik_payload_open(c, IK_PL_VENDOR);
        ik_payload_close(c);
        ik_payload_open(c, 201);
        ik_payload_close(c);
        ik_notify_put(c, &(struct ik_notify){.type = 50000});
    }
    if (payload != NULL) {
        craft_copy(c, payload);
    }
}

static bool ignored_everywhere(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    /* whoever has answered a Delete has no keys any more */
    if (path->carrier == IK_CARRIER_ESP || (to == 0 && g->b[18] == IK_EX_INFORMATIONAL)) {
        return true;
    }
    (g->b[18] == IK_EX_IKE_SA_INIT ? craft_rebuild : craft_rewrite)(q, g, with_ignored);
    return true;
}

/* Between all that is needed, in every message: many more than there are places. */
Test(limits, what_is_ignored)
{
    more = 15;
    p->hook = ignored_everywhere;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    cr_assert_gt(p->grams_n, 3);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    free(p);
}

/* ---- IK_NONCE_MAX ---------------------------------------------------------------------------- */

static void with_nonce(struct ik_chain *c, const struct ik_payload *payload)
{
    if (payload != NULL && payload->type == IK_PL_NONCE) {
        ik_payload_open(c, IK_PL_NONCE);
        ik_wr_zero(&c->w, IK_NONCE_MAX + more);
        ik_payload_close(c);
    } else if (payload != NULL) {
        craft_copy(c, payload);
    }
}

static uint8_t nonce_to;

static bool replace_nonce(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == nonce_to && g->b[18] == IK_EX_IKE_SA_INIT) {
        craft_rebuild(q, g, with_nonce);
        if (more == 0) {
            /* its sender means it */
            static uint8_t zeros[IK_NONCE_MAX];
            const struct ik_ike_sa *sa = craft_sa(q, g->from);
            struct ik_handshake *hs = ik_handshake_of(&q->end[g->from].node, sa);
            ik_nonce_take(hs, to == 1, (struct ik_span){zeros, sizeof zeros});
        }
    }
    return true;
}

Test(limits, longest_nonce_of_an_initiator)
{
    for (more = 0; more < 2; more++) {
        nonce_to = 1;
        p->hook = replace_nonce;
        pair_start(p);
        pair_up(p);
        if (more == 0) {
            pair_assert_up(p);
        } else {
            cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_SYNTAX), 1);
        }
        again();
    }
}

/* The responder has derived its keys already: here the initiator's side is looked at only. */
Test(limits, longest_nonce_of_a_responder)
{
    for (more = 0; more < 2; more++) {
        nonce_to = 0;
        p->hook = replace_nonce;
        pair_start(p);
        pair_up(p);
        bool taken = p->end[0].jobs == 2;
        cr_assert_eq(taken, more == 0);
        cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_SYNTAX), more);
        again();
    }
}

/* ---- IK_COOKIE_MAX --------------------------------------------------------------------------- */

static bool lose_all(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)q, (void)to, (void)path, (void)g;
    return false;
}

Test(limits, longest_cookie)
{
    uint8_t cookie[IK_COOKIE_MAX + 1];
    struct ik_msg m;
    struct ik_notify n;
    memset(cookie, 0x77, sizeof cookie);
    p->hook = lose_all;
    pair_start(p);
    pair_up(p);
    craft_clear_error(p, IK_N_COOKIE, cookie, IK_COOKIE_MAX + 1);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_COOKIE), 1);
    cr_assert_eq(p->grams_n, 1);
    craft_clear_error(p, IK_N_COOKIE, cookie, 0);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_COOKIE), 2);
    cr_assert_eq(p->grams_n, 1);
    craft_clear_error(p, IK_N_COOKIE, cookie, IK_COOKIE_MAX);
    cr_assert_eq(p->grams_n, 2);
    cr_assert_eq(ik_msg_parse(p->grams[1].b, p->grams[1].len, &m), IK_OK);
    cr_assert(ik_notify_find(&m, IK_N_COOKIE, &n));
    cr_assert_eq(n.data.len, IK_COOKIE_MAX);
    cr_assert_eq(memcmp(n.data.p, cookie, n.data.len), 0);
    free(p);
}

/* ---- IK_ID_MAX ------------------------------------------------------------------------------- */

/* Longer identities than any of ours are nobody's, or anybody's; in both roles. */
Test(limits, longest_identity)
{
    static uint8_t name[IK_ID_MAX + 200];
    memset(name, 'n', sizeof name);
    for (unsigned who = 0; who < 2; who++) {
        for (unsigned i = 0; i < 4; i++) {
            struct ik_id id = {IK_ID_FQDN, {name, IK_ID_MAX}};
            bool any = i >= 2;
            p->end[who].peer[0].local_id = id;
            p->end[!who].peer[0].remote_id = any ? (struct ik_id){.type = IK_ID_ANY} : id;
            pair_start(p);
            /* what it sends is longer by one, or by many */
            p->end[who].peer[0].local_id.data.len = (uint16_t)(IK_ID_MAX + (i % 2) * 199 + (i % 2));
            pair_up(p);
            cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), any || i == 0, "end %u, %u", who,
                         i);
            again();
        }
    }
}

/* ---- IK_PROPOSALS_MAX, IK_TRANSFORMS_MAX ----------------------------------------------------- */

#define TOO_MANY (3 * IK_PROPOSALS_MAX)

/* The one that we share is the last of very many, and has very many transforms. */
static void with_proposals(struct ik_chain *c, const struct ik_payload *payload)
{
    static const struct ik_transform good[] = {
        {IK_TT_ENCR, IK_ENCR_AES_CBC, 128, false},
        {IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0, false},
        {IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0, false},
        {IK_TT_DH, IK_DH_X25519, 0, false},
    };
    static struct ik_transform many[3 * IK_TRANSFORMS_MAX + 4];
    struct ik_sa_item items[TOO_MANY];
    if (payload == NULL) {
        return;
    }
    if (payload->type != IK_PL_SA) {
        craft_copy(c, payload);
        return;
    }
    for (unsigned i = 0; i < 3 * IK_TRANSFORMS_MAX; i++) {
        many[i] = (struct ik_transform){IK_TT_ENCR, (uint16_t)(2000 + i), 0, false};
    }
    memcpy(many + 3 * IK_TRANSFORMS_MAX, good, sizeof good);
    for (unsigned i = 0; i < TOO_MANY; i++) {
        items[i] = (struct ik_sa_item){.number = (uint8_t)(i + 1),
                                       .protocol = IK_PROTO_IKE,
                                       .transforms_n = 1,
                                       .transforms = many};
    }
    items[TOO_MANY - 1].transforms_n = sizeof many / sizeof many[0];
    ik_sa_put(c, items, TOO_MANY);
}

static bool offer_many(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_IKE_SA_INIT) {
        craft_rebuild(q, g, with_proposals);
    }
    return true;
}

Test(limits, more_proposals_and_transforms_than_we_keep)
{
    struct ik_msg m;
    struct ik_wire_proposal chosen;
    uint16_t at = 0;
    p->hook = offer_many;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(ik_msg_parse(p->grams[1].b, p->grams[1].len, &m), IK_OK);
    cr_assert_eq(ik_sa_next(&ik_msg_find(&m, IK_PL_SA)->body, &at, &chosen), IK_OK);
    cr_assert_eq(chosen.number, TOO_MANY);
    cr_assert_eq(chosen.transforms_n, 4);
    free(p);
}

/* ---- IK_TS_MAX ------------------------------------------------------------------------------- */

/* As many as may be configured, of each family and side. */
Test(limits, most_selectors)
{
    for (unsigned who = 0; who < 2; who++) {
        struct ik_policy *s = &p->end[who].policy[0];
        s->ts_local_n = s->ts_remote_n = IK_TS_MAX;
        for (unsigned i = 1; i < IK_TS_MAX; i++) {
            char text[32];
            snprintf(text, sizeof text, "10.%u.0.0/24", 10 + i);
            (who == 0 ? s->ts_local : s->ts_remote)[i] = pair_ts(text);
            snprintf(text, sizeof text, "10.%u.0.0/24", 50 + i);
            (who == 0 ? s->ts_remote : s->ts_local)[i] = pair_ts(text);
        }
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    for (unsigned who = 0; who < 2; who++) {
        uint8_t n;
        (void)ik_child_ts_local(&p->end[who].node.ipsec, &p->end[who].child_sas[0], &n);
        cr_assert_eq(n, IK_TS_MAX);
    }
    free(p);
}

/* A peer offers many more: what we can keep is kept, and serves. */
static void with_selectors(struct ik_chain *c, const struct ik_payload *payload)
{
    struct ik_ts ts[100];
    if (payload == NULL) {
        return;
    }
    if (payload->type != IK_PL_TSI) {
        craft_copy(c, payload);
        return;
    }
    for (unsigned i = 0; i < 100; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.1.0.%u/32", i);
        ts[i] = pair_ts(text);
    }
    ik_ts_put(c, IK_PL_TSI, ts, (uint8_t)more);
}

static bool offer_selectors(struct pair *q, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 1 && g->b[18] == IK_EX_IKE_AUTH) {
        craft_rewrite(q, g, with_selectors);
    }
    return true;
}

Test(limits, more_selectors_than_we_keep)
{
    const unsigned n[] = {1, IK_TS_MAX, IK_TS_MAX + 1, 80};
    for (unsigned i = 0; i < 4; i++) {
        uint8_t kept;
        more = n[i];
        p->hook = offer_selectors;
        pair_start(p);
        pair_up(p);
        cr_assert_eq(pair_count(&p->end[1], IK_EV_CHILD_UP), 1, "%u", n[i]);
        (void)ik_child_ts_remote(&p->end[1].node.ipsec, &p->end[1].child_sas[0], &kept);
        cr_assert_eq(kept, n[i] < IK_TS_MAX ? n[i] : IK_TS_MAX);
        again();
    }
}

/* ---- IK_DH_PUB_MAX, IK_DH_PRIV_MAX, IK_HASH_MAX, IK_ENCR_KEY_MAX --------------------------------
 */

Test(limits, largest_suites)
{
    const char *ike[] = {"aes256-sha512-modp3072", "aes256-sha512-ecp521",
                         "chacha20poly1305-prfsha512-modp3072"};
    const char *esp[] = {"aes256-sha512", "chacha20poly1305", "aes256ctr-sha512"};
    for (unsigned i = 0; i < 3; i++) {
        free(p);
        p = pair_new_family(ike[i], esp[i], 4);
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        pair_assert_data(p, 0);
        pair_assert_data(p, 1);
    }
    free(p);
}
