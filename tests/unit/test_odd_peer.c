/* SPDX-License-Identifier: MIT */
/*
 * Peers that are right in another way than we are: later versions of IKEv2, other extensions,
 * another order; and what they must not achieve. RFC 7296 2.5, 2.6, 2.22, 2.23, 3.1, 3.2, 3.10.1.
 */
#include "craft.h"

static bool is_init(const struct gram *g)
{
    return g->b[18] == IK_EX_IKE_SA_INIT;
}

/* ---- header and payload bits (2.5, 3.1, 3.2) ------------------------------------------------- */

static void set_header_bits(struct gram *g)
{
    g->b[17] |= 0x0f;                                              /* minor version */
    g->b[19] |= (uint8_t) ~(IK_FLAG_INITIATOR | IK_FLAG_RESPONSE); /* X and V */
    g->b[IK_HDR_LEN + 1] = 0xff; /* critical and reserved, of a payload type that is known */
}

/* Sets them in a message; a protected one is sealed again around them. */
static void set_bits(struct pair *p, struct gram *g)
{
    const struct ik_ike_sa *sa = craft_sa(p, g->from);
    static uint8_t text[PAIR_BUF];
    static uint64_t iv = 7000;
    struct ik_msg m;
    if (is_init(g)) {
        set_header_bits(g);
        craft_as_sent(p, g);
        return;
    }
    cr_assert(ik_export_open(&p->end[g->from].node, (uint16_t)(sa - p->end[g->from].ike_sas), g->b,
                             g->len, text, sizeof text, &m));
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    uint16_t text_at = (uint16_t)(IK_HDR_LEN + 4 + sa->suite.encr->iv_len);
    uint16_t text_len = (uint16_t)(g->len - text_at - ik_seal_icv_len(&key));
    memcpy(g->b + text_at, text + text_at, text_len);
    set_header_bits(g);
    if (m.payloads_n > 1) {
        g->b[text_at + 1] = 0xff;
    }
    struct ik_sealed s = {.msg = g->b, .aad_len = IK_HDR_LEN + 4, .text_len = text_len};
    ik_seal(&p->end[g->from].node.env, &key, &s, iv++);
}

static bool with_bits(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)to, (void)path;
    if (is_init(g) || (craft_sa(p, g->from)->flags & IK_SA_KEYED) != 0) {
        set_bits(p, g);
        p->seen++;
    }
    return true;
}

Test(odd_peer, reserved_bits_and_minor_version_are_ignored)
{
    struct pair *p = pair_new();
    p->hook = with_bits;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    /* What we send has none of them. */
    for (unsigned i = 0; i < p->grams_n; i++) {
        cr_assert_eq(p->grams[i].b[17], 0x20);
        cr_assert_eq(p->grams[i].b[19] & ~(IK_FLAG_INITIATOR | IK_FLAG_RESPONSE), 0);
    }
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_settle(p);
    cr_assert_eq(p->seen, 5); /* whoever answers a Delete has no keys to seal it again */
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_DOWN);
    free(p);
}

/* ---- payloads: order, unknown ones, notifies ------------------------------------------------- */

static craft_edit edit_now;
static bool edited(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)to, (void)path;
    p->seen++;
    if (is_init(g)) {
        craft_rebuild(p, g, edit_now);
    } else {
        craft_rewrite(p, g, edit_now);
    }
    return true;
}

static struct pair *both_send(craft_edit edit)
{
    struct pair *p = pair_new();
    edit_now = edit;
    p->hook = edited;
    pair_start(p);
    pair_up(p);
    p->hook = NULL;
    return p;
}

/* All RESERVED octets of 3.3.1, 3.3.2, 3.4, 3.8 and 3.13. */
static void fill_reserved(uint8_t type, uint8_t *body)
{
    switch (type) {
    case IK_PL_SA:
        body[1] = 0xff;
        for (uint16_t at = (uint16_t)(8 + body[6]), n = body[7]; n > 0; n--) {
            body[at + 1] = body[at + 5] = 0xff;
            at = (uint16_t)(at + ik_get16(body + at + 2));
        }
        break;
    case IK_PL_KE:
        body[2] = body[3] = 0xff;
        break;
    case IK_PL_AUTH:
    case IK_PL_TSI:
    case IK_PL_TSR:
        body[1] = body[2] = body[3] = 0xff;
        break;
    default:
        break;
    }
}

static void with_reserved(struct ik_chain *c, const struct ik_payload *pl)
{
    uint8_t body[PAIR_BUF];
    if (pl != NULL) {
        struct ik_payload copy = *pl;
        memcpy(body, pl->body.p, pl->body.len);
        fill_reserved(pl->type, body);
        copy.body.p = body;
        craft_copy(c, &copy);
    }
}

Test(odd_peer, reserved_octets_of_payloads_are_ignored)
{
    struct pair *p = both_send(with_reserved);
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    free(p);
}

static struct ik_payload held[IK_PAYLOADS_MAX];
static uint8_t held_n;
static void reversed(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL) {
        held[held_n++] = *pl;
        return;
    }
    while (held_n > 0) {
        craft_copy(c, &held[--held_n]);
    }
}

/* 2.5: "MUST NOT reject as invalid a message with those payloads in any other order". */
Test(odd_peer, payloads_in_the_reverse_order)
{
    struct pair *p = both_send(reversed);
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    free(p);
}

static void unknown(struct ik_chain *c, uint8_t type)
{
    ik_payload_open(c, type);
    ik_wr_bytes(&c->w, "\x80\x00\xff", 3);
    ik_payload_close(c);
}

/* The types around those that are known, and far from them. */
static void among_unknown(struct ik_chain *c, const struct ik_payload *pl)
{
    unknown(c, 1);
    unknown(c, 32);
    unknown(c, 49);
    unknown(c, 54);
    unknown(c, 128);
    unknown(c, 255);
    if (pl != NULL) {
        craft_copy(c, pl);
    }
}

/* 2.5: "MUST skip over those payloads and ignore their contents" */
Test(odd_peer, unknown_payloads_at_every_place)
{
    struct pair *p = both_send(among_unknown);
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    pair_assert_data(p, 1);
    free(p);
}

/* And between the header and SK, where nobody but the sender put it. */
Test(odd_peer, unknown_payload_before_sk)
{
    const uint8_t critical[] = {0, 0x80};
    for (unsigned i = 0; i < 2; i++) {
        struct pair *p = pair_new();
        uint8_t buf[PAIR_BUF];
        struct ik_hdr hdr;
        struct ik_chain c;
        struct ik_sealed s = {.msg = buf};
        pair_start(p);
        pair_up(p);
        const struct ik_ike_sa *sa = craft_sa(p, 0);
        struct ik_seal_key key = ik_sk_key(sa, true);
        ik_hdr_fill(sa, &hdr, IK_EX_INFORMATIONAL, false, 2);
        ik_msg_begin(&c, buf, sizeof buf, &hdr);
        unknown(&c, 99);
        ik_wr_patch8(&c.w, IK_HDR_LEN + 1, critical[i]);
        ik_sk_open(&c, sa->suite.encr->iv_len, 0, 0);
        ik_sk_close(&c, 0, sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len, &s.text_len);
        ik_seal(&p->end[0].node.env, &key, &s, 99);
        craft_give(p, 0, buf, c.w.len);
        cr_assert_eq(p->grams_n, 5, "it is answered");
        cr_assert_eq(craft_last_has(p, 1, IK_N_UNSUPPORTED_CRITICAL_PAYLOAD), i == 1);
        pair_assert_usage(p, 1, 1, 1);
        free(p);
    }
}

static void put(struct ik_chain *c, uint16_t type, const char *data, uint16_t len)
{
    ik_notify_put(c, &(struct ik_notify){.type = type, .data = {(const uint8_t *)data, len}});
}

/* Everything that we have no use for; status types only, for they go into responses, too. */
static void with_extensions(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL) {
        craft_copy(c, pl);
        return;
    }
    put(c, IK_N_SET_WINDOW_SIZE, "\0\0\0\x40", 4);
    put(c, IK_N_ADDITIONAL_TS_POSSIBLE, NULL, 0);
    put(c, IK_N_IPCOMP_SUPPORTED, "\x12\x34\x03", 3);
    put(c, IK_N_HTTP_CERT_LOOKUP_SUPPORTED, NULL, 0);
    put(c, IK_N_ESP_TFC_PADDING_NOT_SUPPORTED, NULL, 0);
    put(c, IK_N_NON_FIRST_FRAGMENTS_ALSO, NULL, 0);
    put(c, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
    put(c, IK_N_SIGNATURE_HASH_ALGORITHMS, "\0\2\0\3", 4);
    put(c, 16417, "\1", 1); /* CHILDLESS_IKEV2_SUPPORTED and others of the registry */
    put(c, 39999, NULL, 0); /* unassigned */
    put(c, 40960, "x", 1);  /* private use */
    put(c, 65535, "xyz", 3);
    ik_notify_put(c, &(struct ik_notify){.protocol = IK_PROTO_ESP,
                                         .spi = {(const uint8_t *)"\1\2\3\4", 4},
                                         .type = 65534});
    ik_vendor_put(c, pair_text("a vendor that nobody knows"));
    ik_vendor_put(c, (struct ik_span){NULL, 0});
    ik_cert_put(c, IK_PL_CERTREQ, &(struct ik_cert){4, pair_text("an authority's digest")});
}

/* 2.3, 2.22, 3.10.1, 3.12: ignored, and nothing of it is echoed as if we had agreed. */
Test(odd_peer, extensions_that_we_lack_are_ignored)
{
    static const uint16_t not_echoed[] = {IK_N_SET_WINDOW_SIZE,
                                          IK_N_ADDITIONAL_TS_POSSIBLE,
                                          IK_N_IPCOMP_SUPPORTED,
                                          IK_N_USE_TRANSPORT_MODE,
                                          IK_N_ESP_TFC_PADDING_NOT_SUPPORTED,
                                          IK_N_NON_FIRST_FRAGMENTS_ALSO,
                                          IK_N_IKEV2_FRAGMENTATION_SUPPORTED};
    struct pair *p = both_send(with_extensions);
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    struct ik_notify n;
    cr_assert_eq(p->seen, 4);
    pair_assert_up(p);
    pair_assert_data(p, 0);
    pair_assert_data(p, 1);
    cr_assert(
        ik_export_open(&p->end[0].node, 0, p->grams[3].b, p->grams[3].len, buf, sizeof buf, &m));
    for (size_t i = 0; i < sizeof not_echoed / sizeof not_echoed[0]; i++) {
        cr_assert_not(ik_notify_find(&m, not_echoed[i], &n));
    }
    free(p);
}

static void with_much(struct ik_chain *c, const struct ik_payload *pl)
{
    static const uint8_t much[1000];
    if (pl != NULL) {
        craft_copy(c, pl);
    } else {
        ik_vendor_put(c, (struct ik_span){much, sizeof much});
    }
}

/* Section 2: "MUST be able to send, receive, and process IKE messages that are up to 1280 octets
 * long". */
Test(odd_peer, messages_of_more_than_1280_octets)
{
    struct pair *p = pair_new_family("aes128-sha256-modp3072", "aes128gcm16", 4);
    edit_now = with_much;
    p->hook = edited;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    cr_assert_eq(p->seen, 4);
    cr_assert_gt(craft_sa(p, 0)->suite.dh->pub_len, 280);
    free(p);
}

/* 3.10.1: "Unrecognized error types in a request […] MUST be ignored" */
static void request_with_errors(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL) {
        craft_copy(c, pl);
        return;
    }
    put(c, 2, NULL, 0);
    put(c, 8191, NULL, 0);
    put(c, 16383, "x", 1);
    put(c, IK_N_AUTHENTICATION_FAILED, NULL, 0); /* a known one has no meaning there either */
}

static bool requests_edited(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    return to == 0 || edited(p, to, path, g);
}

Test(odd_peer, errors_in_requests_are_ignored)
{
    struct pair *p = pair_new();
    edit_now = request_with_errors;
    p->hook = requests_edited;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(p->seen, 2);
    pair_assert_up(p);
    free(p);
}

/* 3.15: CP asks for an address; who has none to give leaves CP out of the answer. */
static void with_cp(struct ik_chain *c, const struct ik_payload *pl)
{
    static const struct ik_cp_attr wants[] = {{1, {NULL, 0}}, {3, {NULL, 0}}, {20000, {NULL, 0}}};
    if (pl != NULL && pl->type == IK_PL_SA) {
        ik_cp_put(c, IK_CFG_REQUEST, wants, 3); /* 2.19: before SA */
    }
    if (pl != NULL) {
        craft_copy(c, pl);
    }
}

static bool auth_request_edited(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    return to == 0 || is_init(g) || edited(p, to, path, g);
}

Test(odd_peer, configuration_request_is_not_answered)
{
    struct pair *p = pair_new();
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    edit_now = with_cp;
    p->hook = auth_request_edited;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(p->seen, 1);
    pair_assert_up(p);
    cr_assert(
        ik_export_open(&p->end[0].node, 0, p->grams[3].b, p->grams[3].len, buf, sizeof buf, &m));
    cr_assert_null(ik_msg_find(&m, IK_PL_CP));
    free(p);
}
