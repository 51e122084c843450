/* SPDX-License-Identifier: MIT */
/* IKE_AUTH at the initiator: what it says, and what it takes for an answer. */
#include "craft.h"

static craft_edit edit;
static bool edit_auth_response(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_AUTH) {
        craft_rewrite(p, g, edit);
    }
    return true;
}

static struct pair *answered(craft_edit how)
{
    struct pair *p = pair_new();
    edit = how;
    p->hook = edit_auth_response;
    pair_start(p);
    pair_up(p);
    return p;
}

static void unchanged(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL) {
        craft_copy(c, pl);
    }
}

Test(auth_i, rewriting_changes_nothing_by_itself)
{
    struct pair *p = answered(unchanged);
    pair_assert_up(p);
    free(p);
}

/* ---- the request ----------------------------------------------------------------------------- */

static void payloads_of(struct pair *p, const uint8_t *types, uint8_t n)
{
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    cr_assert(
        ik_export_open(&p->end[0].node, 0, p->grams[2].b, p->grams[2].len, buf, sizeof buf, &m));
    cr_assert_eq(m.payloads_n, n + 1);
    for (uint8_t i = 0; i < n; i++) {
        cr_assert_eq(m.payloads[i + 1].type, types[i], "payload %u", i);
    }
}

Test(auth_i, request_in_the_order_of_the_rfc)
{
    struct pair *p = pair_new();
    p->end[0].peer[0].initial_contact = true;
    p->end[0].policy[0].mode = IK_TRANSPORT;
    pair_start(p);
    pair_up(p);
    const uint8_t types[] = {IK_PL_IDI,    IK_PL_NOTIFY, IK_PL_IDR, IK_PL_AUTH,
                             IK_PL_NOTIFY, IK_PL_SA,     IK_PL_TSI, IK_PL_TSR};
    payloads_of(p, types, sizeof types);
    free(p);
}

/* An entry for many names nobody who could be meant. */
Test(auth_i, request_without_what_is_not_wanted)
{
    const struct ik_id many[] = {{.type = IK_ID_ANY}, {IK_ID_FQDN, pair_text("*.example")}};
    for (unsigned i = 0; i < 2; i++) {
        struct pair *p = pair_new();
        p->end[0].peer[0].remote_id = many[i];
        pair_start(p);
        pair_up(p);
        pair_assert_up(p);
        const uint8_t types[] = {IK_PL_IDI, IK_PL_AUTH, IK_PL_SA, IK_PL_TSI, IK_PL_TSR};
        payloads_of(p, types, sizeof types);
        free(p);
    }
}

/* Who is meant is not told, but has to be proved. */
Test(auth_i, idr_is_left_out)
{
    for (unsigned right = 0; right < 2; right++) {
        struct pair *p = pair_new();
        static const uint8_t other[] = "somebody.example.org";
        p->end[0].peer[0].no_idr = true;
        if (right == 0) {
            p->end[0].peer[0].remote_id.data = (struct ik_span){other, sizeof other - 1};
        }
        pair_start(p);
        pair_up(p);
        const uint8_t types[] = {IK_PL_IDI, IK_PL_AUTH, IK_PL_SA, IK_PL_TSI, IK_PL_TSR};
        if (right == 1) {
            pair_assert_up(p);
            payloads_of(p, types, sizeof types);
        } else {
            cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 0);
            cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
        }
        free(p);
    }
}

/* 2.4: INITIAL_CONTACT says that there is no other. */
Test(auth_i, no_initial_contact_beside_another_sa)
{
    struct pair *p = pair_new();
    struct end *e = &p->end[0];
    e->peer[0].initial_contact = true;
    e->config.policies_n = 2;
    e->policy[1] = e->policy[0];
    pair_start(p);
    pair_up(p);
    ik_node_up(&e->node, p->now, 1);
    pair_settle(p);
    cr_assert_eq(pair_count(e, IK_EV_CHILD_UP), 2);
    pair_assert_usage(p, 1, 2, 2);
    free(p);
}

/* ---- who answered ---------------------------------------------------------------------------- */

/* 2.21.2: told to the other side, which has let us in, in an INFORMATIONAL exchange. */
static void refuses(struct pair *p)
{
    cr_assert_eq(p->end[0].told_n, 1);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_AUTH);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_AUTH), 1);
    cr_assert_eq(p->grams_n, 6);
    cr_assert_eq(p->grams[4].b[18], IK_EX_INFORMATIONAL);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_AUTH);
    cr_assert_eq(pair_last(&p->end[1])->notify, IK_N_AUTHENTICATION_FAILED);
    pair_pass(p, 10 * IK_SECOND);
    pair_assert_usage(p, 0, 0, 0);
    pair_assert_usage(p, 1, 0, 0);
    free(p);
}

static void wrong_auth(struct ik_chain *c, const struct ik_payload *pl)
{
    uint8_t octets[256];
    if (pl == NULL) {
        return;
    }
    struct ik_payload copy = *pl;
    memcpy(octets, pl->body.p, pl->body.len);
    if (pl->type == IK_PL_AUTH) {
        octets[pl->body.len - 1] ^= 1;
        copy.body.p = octets;
    }
    craft_copy(c, &copy);
}

static void short_auth(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL) {
        struct ik_payload copy = *pl;
        copy.body.len = (uint16_t)(copy.body.len - (pl->type == IK_PL_AUTH));
        craft_copy(c, &copy);
    }
}

static void other_method(struct ik_chain *c, const struct ik_payload *pl)
{
    struct ik_auth auth;
    if (pl != NULL && pl->type == IK_PL_AUTH) {
        cr_assert_eq(ik_auth_parse(pl->body, &auth), IK_OK);
        auth.method = IK_AUTH_NULL;
        ik_auth_put(c, &auth);
    } else {
        unchanged(c, pl);
    }
}

static void other_idr(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL && pl->type == IK_PL_IDR) {
        ik_id_put(c, IK_PL_IDR, &(struct ik_id){IK_ID_FQDN, pair_text("gw.exampld")});
    } else {
        unchanged(c, pl);
    }
}

Test(auth_i, wrong_proofs)
{
    refuses(answered(wrong_auth));
    refuses(answered(short_auth));
    refuses(answered(other_method));
    refuses(answered(other_idr));
}

/* The responder has the key but is somebody else. */
Test(auth_i, other_responder_with_the_same_key)
{
    struct pair *p = pair_new();
    p->end[1].peer[0].local_id.data = pair_text("other.example");
    pair_start(p);
    pair_up(p);
    refuses(p);
}

/* ---- what it agreed to ----------------------------------------------------------------------- */

/* The Child SA that the responder believes in is deleted; the IKE SA stays. */
static void deletes_child(struct pair *p, enum ik_reason why)
{
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 0);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_CHILD_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, why, "reason %u", pair_last(&p->end[0])->reason);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_POLICY), 1);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_CHILD_DOWN);
    cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
    pair_assert_usage(p, 0, 1, 0);
    pair_assert_usage(p, 1, 1, 0);
    cr_assert_eq(p->grams_n, 6);
    free(p);
}

static void wider_ts(struct ik_chain *c, const struct ik_payload *pl)
{
    struct ik_ts ts = pair_ts("10.2.0.0/16");
    if (pl != NULL && pl->type == IK_PL_TSR) {
        ik_ts_put(c, IK_PL_TSR, &ts, 1);
    } else {
        unchanged(c, pl);
    }
}
static void swapped_ts(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL && (pl->type == IK_PL_TSI || pl->type == IK_PL_TSR)) {
        struct ik_payload copy = *pl;
        copy.type = pl->type == IK_PL_TSI ? IK_PL_TSR : IK_PL_TSI;
        craft_copy(c, &copy);
    } else {
        unchanged(c, pl);
    }
}
static void other_sa(struct ik_chain *c, const struct ik_payload *pl)
{
    static const struct ik_transform t[] = {
        {.type = IK_TT_ENCR, .id = IK_ENCR_AES_GCM_16, .key_bits = 256}, {.type = IK_TT_ESN}};
    static const uint8_t spi[4] = {1, 2, 3, 4};
    if (pl != NULL && pl->type == IK_PL_SA) {
        ik_sa_put(c, &(struct ik_sa_item){1, IK_PROTO_ESP, {spi, 4}, 2, t}, 1);
    } else {
        unchanged(c, pl);
    }
}
static void transport(struct ik_chain *c, const struct ik_payload *pl)
{
    unchanged(c, pl);
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_USE_TRANSPORT_MODE});
    }
}

Test(auth_i, child_outside_of_policy)
{
    deletes_child(answered(wider_ts), IK_WHY_TS);
    deletes_child(answered(swapped_ts), IK_WHY_TS);
    deletes_child(answered(other_sa), IK_WHY_NO_PROPOSAL);
    deletes_child(answered(transport), IK_WHY_MODE);
}

/* 1.3.1: transport mode is wanted; the responder does not want it. */
Test(auth_i, transport_mode_declined)
{
    struct pair *p = pair_new();
    p->end[0].policy[0].mode = IK_TRANSPORT;
    pair_start(p);
    pair_up(p);
    deletes_child(p, IK_WHY_MODE);
}

Test(auth_i, narrowed_selectors_are_taken)
{
    struct pair *p = pair_new();
    p->end[1].policy[0].ts_local[0] = pair_ts("10.2.0.0/28[udp/53]");
    p->end[1].policy[0].ts_remote[0] = pair_ts("10.1.0.0/30");
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    struct ik_ts want = pair_ts("10.2.0.0/28[udp/53]");
    cr_assert_eq(memcmp(&p->end[0].child_sas[0].ts[1], &want, sizeof want), 0);
    free(p);
}

static void without_child(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl != NULL && (pl->type == IK_PL_IDR || pl->type == IK_PL_AUTH)) {
        craft_copy(c, pl);
    }
}

Test(auth_i, child_neither_given_nor_refused)
{
    struct pair *p = answered(without_child);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_CHILD_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_SYNTAX);
    pair_assert_usage(p, 0, 1, 0);
    free(p);
}

static uint16_t child_error;
static void with_error(struct ik_chain *c, const struct ik_payload *pl)
{
    without_child(c, pl);
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_SET_WINDOW_SIZE,
                                             .data = {(const uint8_t *)"\0\0\0\1", 4}});
        ik_notify_put(c, &(struct ik_notify){.type = child_error});
    }
}

/* 1.2: "The list of Notify message types in the IKE_AUTH exchange that do not prevent an IKE SA
 * from being set up". */
Test(auth_i, child_refused_in_every_way)
{
    const struct {
        uint16_t notify;
        enum ik_reason why;
    } ways[] = {{IK_N_NO_PROPOSAL_CHOSEN, IK_WHY_NO_PROPOSAL},
                {IK_N_TS_UNACCEPTABLE, IK_WHY_TS},
                {IK_N_SINGLE_PAIR_REQUIRED, IK_WHY_TS},
                {IK_N_INTERNAL_ADDRESS_FAILURE, IK_WHY_REFUSED},
                {IK_N_FAILED_CP_REQUIRED, IK_WHY_REFUSED},
                {IK_N_NO_ADDITIONAL_SAS, IK_WHY_NO_ADDITIONAL},
                {IK_N_TEMPORARY_FAILURE, IK_WHY_REFUSED}};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        child_error = ways[i].notify;
        struct pair *p = answered(with_error);
        cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_UP), 1);
        cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_CHILD_FAILED);
        cr_assert_eq(pair_last(&p->end[0])->reason, ways[i].why);
        cr_assert_eq(pair_last(&p->end[0])->notify, ways[i].notify);
        pair_assert_usage(p, 0, 1, 0);
        free(p);
    }
}

static void with_child_and_error(struct ik_chain *c, const struct ik_payload *pl)
{
    unchanged(c, pl);
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = child_error});
    }
}

#if IK_PACKET_TS
static uint8_t pairs_asked;

/* Until CREATE_CHILD_SA: the number of selectors in its TSi. */
static bool count_selectors(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    static uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    if (to == 1 && g->b[18] == IK_EX_CREATE_CHILD_SA &&
        ik_export_open(&p->end[0].node, 0, g->b, g->len, buf, sizeof buf, &m)) {
        pairs_asked = ik_msg_find(&m, IK_PL_TSI)->body.p[0];
    }
    return edit_auth_response(p, to, path, g);
}

/* 2.9: "the requestor is expected to respond by requesting an SA for only the specific traffic it
 * is trying to forward": which it knows if a packet has asked. */
Test(auth_i, single_pair_required)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    child_error = IK_N_SINGLE_PAIR_REQUIRED;
    edit = with_error;
    p->hook = count_selectors;
    p->end[0].config.exchanges = p->end[1].config.exchanges = ik_exchanges_all;
    pair_start(p);
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_settle(p);
    cr_assert_eq(pairs_asked, 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    struct ik_ts local = pair_ts("10.1.0.0/32[udp/0]");
    cr_assert_eq(memcmp(&p->end[0].child_sas[1].ts[0], &local, sizeof local) &&
                     memcmp(&p->end[0].child_sas[0].ts[0], &local, sizeof local),
                 0);
    free(p);
}

/* A responder that gives one all the same has given it. */
Test(auth_i, single_pair_required_of_what_is_there)
{
    struct pair *p = pair_new();
    uint8_t buf[512];
    child_error = IK_N_SINGLE_PAIR_REQUIRED;
    edit = with_child_and_error;
    pairs_asked = 0;
    p->hook = count_selectors;
    p->end[0].config.exchanges = p->end[1].config.exchanges = ik_exchanges_all;
    pair_start(p);
    struct ik_pkt pkt = pair_packet(p, 0, buf, sizeof buf);
    ik_node_tx(&p->end[0].node, p->now, &pkt);
    pair_settle(p);
    pair_assert_up(p);
    cr_assert_eq(pairs_asked, 0);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_FAILED), 0);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}
#endif

static void with_two_errors(struct ik_chain *c, const struct ik_payload *pl)
{
    without_child(c, pl);
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_TS_UNACCEPTABLE});
        ik_notify_put(c, &(struct ik_notify){.type = child_error});
    }
}

/* 3.10.1: "does not recognize in a response MUST assume that the corresponding request has failed
 * entirely". The responder, who believes in both SAs, is sent a Delete. */
Test(auth_i, unrecognized_error_fails_entirely)
{
    const uint16_t errors[] = {2, 44, 8192, 16383, IK_N_INVALID_SYNTAX, IK_N_AUTHENTICATION_FAILED};
    const craft_edit ways[] = {with_error, with_child_and_error, with_two_errors};
    for (size_t i = 0; i < 3 * sizeof errors / sizeof errors[0]; i++) {
        child_error = errors[i / 3];
        struct pair *p = answered(ways[i % 3]);
        cr_assert_eq(p->end[0].told_n, 1, "error %u", child_error);
        cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
        cr_assert_eq(pair_last(&p->end[0])->reason, ik_reason_of(child_error));
        cr_assert_eq(pair_last(&p->end[0])->notify, child_error);
        cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
        cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 0, 0);
        pair_assert_usage(p, 1, 0, 0);
        free(p);
    }
}

/* An IKE SA without its Child SA is closed when another is wanted (RFC 7815 2.1). */
Test(auth_i, up_again_after_the_child_failed)
{
    struct pair *p = pair_new();
    struct ik_ts right = p->end[1].policy[0].ts_remote[0];
    p->end[1].policy[0].ts_remote[0] = pair_ts("10.99.0.0/16");
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_CHILD_FAILED);
    p->end[1].policy[0].ts_remote[0] = right;
    pair_up(p);
    pair_pass(p, 10 * IK_SECOND);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_CHILD_UP), 1);
    cr_assert_eq(pair_count(&p->end[0], IK_EV_IKE_DOWN), 1);
    pair_assert_usage(p, 0, 1, 1);
    pair_assert_usage(p, 1, 1, 1);
    free(p);
}

/* ---- what is no answer ----------------------------------------------------------------------- */

static void nothing(struct ik_chain *c, const struct ik_payload *pl)
{
    (void)c, (void)pl;
}
static void status_only(struct ik_chain *c, const struct ik_payload *pl)
{
    if (pl == NULL) {
        ik_notify_put(c, &(struct ik_notify){.type = IK_N_INITIAL_CONTACT});
    }
}
static void broken(struct ik_chain *c, const struct ik_payload *pl)
{
    unchanged(c, pl);
    if (pl == NULL) {
        ik_payload_open(c, IK_PL_NOTIFY);
        ik_payload_close(c); /* an empty notify */
    }
}

/* 2.21: cleaned up by a Delete. */
Test(auth_i, malformed_answers_are_followed_by_a_delete)
{
    const craft_edit ways[] = {nothing, status_only, broken};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct pair *p = answered(ways[i]);
        cr_assert_eq(p->end[0].told_n, 1);
        cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
        cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_SYNTAX);
        cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
        cr_assert_eq(pair_last(&p->end[1])->reason, IK_WHY_DELETED_PEER);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 0, 0);
        pair_assert_usage(p, 1, 0, 0);
        free(p);
    }
}

static void critical(struct ik_chain *c, const struct ik_payload *pl)
{
    unchanged(c, pl);
    if (pl == NULL) {
        uint16_t at = c->w.len;
        ik_payload_open(c, 250);
        ik_payload_close(c);
        ik_wr_patch8(&c->w, (uint16_t)(at + 1), 0x80);
    }
}

Test(auth_i, critical_payload_in_the_answer)
{
    struct pair *p = answered(critical);
    cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
    cr_assert_eq(pair_last(&p->end[0])->reason, IK_WHY_CRITICAL);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_CRITICAL), 1);
    cr_assert_eq(pair_last(&p->end[1])->event, IK_EV_IKE_DOWN);
    free(p);
}

/* What does not authenticate is dropped, and the request repeated. */
static bool spoil(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)path;
    if (to == 0 && g->b[18] == IK_EX_IKE_AUTH && p->seen++ == 0) {
        g->b[g->len - 1] ^= 1;
    }
    return true;
}

Test(auth_i, forged_answer_is_dropped)
{
    struct pair *p = pair_new();
    p->hook = spoil;
    pair_start(p);
    pair_up(p);
    cr_assert_eq(pair_drops(&p->end[0], IK_DROP_IKE_INTEGRITY), 1);
    cr_assert_eq(p->end[0].told_n, 0);
    pair_pass(p, 2 * IK_SECOND);
    pair_assert_up(p);
    free(p);
}

/* No task is left for a Delete: the SA ends at once, and the answered task once. */
Test(auth_i, wrong_proof_without_room_for_a_delete)
{
    const craft_edit ways[] = {wrong_auth, with_error, broken};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct pair *p = pair_new();
        child_error = 8192;
        edit = ways[i];
        p->hook = edit_auth_response;
        p->end[0].host.tasks_n = 1;
        pair_start(p);
        pair_up(p);
        cr_assert_eq(p->end[0].told_n, 1);
        cr_assert_eq(pair_last(&p->end[0])->event, IK_EV_IKE_FAILED);
        pair_pass(p, 10 * IK_SECOND);
        pair_assert_usage(p, 0, 0, 0);
        free(p);
    }
}
