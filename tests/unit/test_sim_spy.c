/* SPDX-License-Identifier: MIT */
/* The spectator opens what it is shown, and each of its properties breaks when it should. */
#include <criterion/criterion.h>
#include <string.h>

#include "sim/check_secrets.h"
#include "sim/conf.h"
#include "sim/node.h"
#include "sim/traffic.h"

static const struct sim_pair pair = {.ike_a = "aes128gcm16-prfsha256-x25519"};

/* A pair that is up, has talked, and has broken nothing. */
static struct sim *up(void)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});

    sim_pair_add(s, &pair);
    sim_up(s, A, 0);
    sim_run_for(s, IK_SECOND);
    sim_pair_send(s, &pair, A, 100);
    sim_run_for(s, IK_SECOND);
    cr_assert_not(s->failed, "%s", s->why);
    /* IKE_AUTH both ways, one packet. */
    cr_assert_eq(s->spy.opened, 3);
    cr_assert_eq(s->spy.sas_n, 4);
    return s;
}

static void broken(struct sim *s, const char *why)
{
    cr_assert(s->failed, "did not see: %s", why);
    cr_assert_not_null(strstr(s->why, why), "%s: says %s", why, s->why);
    sim_free(s);
}

static struct sim_sa *ike_of(struct sim *s, uint16_t node)
{
    for (size_t i = 0; i < s->spy.sas_n; i++) {
        if (s->spy.sas[i]->node == node && !s->spy.sas[i]->child)
            return s->spy.sas[i];
    }
    cr_assert_fail("no IKE SA");
    return NULL;
}

static struct sim_sa *child_of(struct sim *s, uint16_t node)
{
    for (size_t i = 0; i < s->spy.sas_n; i++) {
        if (s->spy.sas[i]->node == node && s->spy.sas[i]->child)
            return s->spy.sas[i];
    }
    cr_assert_fail("no Child SA");
    return NULL;
}

/* ---- keys and IVs ---------------------------------------------------------------------------- */

Test(sim_spy, one_key_for_both_directions)
{
    for (int child = 0; child < 2; child++) {
        struct sim *s = up();
        struct sim_sa sa = child ? *child_of(s, A) : *ike_of(s, A);
        if (child)
            sa.keys[SIM_ENCR_OUT] = sa.keys[SIM_ENCR_IN];
        else
            sa.keys[SIM_SK_ER] = sa.keys[SIM_SK_EI];
        sim_check_iv_keys(&s->spy, &sa);
        broken(s, "serves another direction");
    }
}

Test(sim_spy, one_key_for_two_sas)
{
    struct sim *s = up();
    struct sim_sa sa = *ike_of(s, A);

    sim_check_iv_keys(&s->spy, &sa);
    cr_assert_not(s->failed);
    sa.spi_r[7] ^= 1;
    sim_check_iv_keys(&s->spy, &sa);
    broken(s, "serves another direction or SA");
}

static struct sim_seen informational(struct sim *s, uint32_t msgid, bool response)
{
    struct sim_seen m = {
        .node = A, .bytes = (const uint8_t *)"other", .len = 5, .sa = ike_of(s, A)};

    m.hdr = (struct ik_hdr){.exchange = IK_EX_INFORMATIONAL,
                            .flags = IK_FLAG_INITIATOR | (response ? IK_FLAG_RESPONSE : 0),
                            .msgid = msgid};
    memcpy(m.hdr.spi_i, m.sa->spi_i, IK_SPI_LEN);
    memcpy(m.hdr.spi_r, m.sa->spi_r, IK_SPI_LEN);
    return m;
}

Test(sim_spy, one_iv_for_two_messages)
{
    struct sim *s = up();
    struct sim_seen m = informational(s, 2, false);

    m.iv = (struct ik_span){(const uint8_t *)"12345678", 8};
    sim_check_iv_ike(&s->spy, &m);
    sim_check_iv_ike(&s->spy, &m); /* the same bytes again */
    cr_assert_not(s->failed);
    m.bytes = (const uint8_t *)"third";
    sim_check_iv_ike(&s->spy, &m);
    broken(s, "message 2 of exchange 37 with an IV");
}

Test(sim_spy, one_iv_for_two_packets)
{
    struct sim *s = up();
    struct sim_sealed p = {.node = A, .sa = child_of(s, A), .iv = {(const uint8_t *)"12345678", 8}};

    sim_check_iv_esp(&s->spy, &p);
    cr_assert_not(s->failed);
    sim_check_iv_esp(&s->spy, &p);
    broken(s, "with an IV that its key has served");
}

/* ---- what is drawn --------------------------------------------------------------------------- */

/* An IKE_SA_INIT request with that SPI, nonce and public value. */
static void init(struct sim *s, uint8_t spi, uint8_t nonce, uint8_t value)
{
    const struct ik_hdr hdr = {.spi_i = {spi, 1, 2, 3},
                               .version = 0x20,
                               .exchange = IK_EX_IKE_SA_INIT,
                               .flags = IK_FLAG_INITIATOR};
    const struct ik_path path = {.carrier = IK_CARRIER_UDP500};
    uint8_t buf[300], n[32] = {nonce}, v[32] = {value};
    struct ik_chain c;

    ik_msg_begin(&c, buf, sizeof buf, &hdr);
    ik_ke_put(&c, &(struct ik_ke){.group = IK_DH_X25519, .data = {v, 32}});
    ik_nonce_put(&c, (struct ik_span){n, 32});
    cr_assert_eq(ik_msg_end(&c), IK_OK);
    sim_spy_sent(&s->spy, A, &path, false, buf, c.w.len);
}

Test(sim_spy, nonce_twice)
{
    struct sim *s = up();
    init(s, 1, 1, 1);
    init(s, 1, 1, 2); /* another group */
    init(s, 2, 2, 3);
    cr_assert_not(s->failed, "%s", s->why);
    init(s, 3, 1, 4);
    broken(s, "a nonce serves twice");
}

Test(sim_spy, private_value_twice)
{
    struct sim *s = up();
    init(s, 1, 1, 1);
    init(s, 2, 2, 1);
    broken(s, "a private value serves twice");
}

Test(sim_spy, ike_spi_twice)
{
    struct sim *s = up();
    init(s, 1, 1, 1);
    init(s, 1, 2, 2);
    broken(s, "gives an IKE SPI");
}

/* ---- message ids ----------------------------------------------------------------------------- */

Test(sim_spy, request_before_the_last_is_answered)
{
    struct sim *s = up();
    struct sim_seen m = informational(s, 2, false);

    sim_check_window_sent(&s->spy, &m);
    cr_assert_not(s->failed, "%s", s->why);
    m = informational(s, 3, false);
    sim_check_window_sent(&s->spy, &m);
    broken(s, "request 3 leaves before request 2 is answered");
}

Test(sim_spy, request_that_leaves_an_id_out)
{
    struct sim *s = up();
    struct sim_seen m = informational(s, 3, false);

    sim_check_window_sent(&s->spy, &m);
    broken(s, "request 3 of exchange 37 follows request 1");
}

Test(sim_spy, response_to_nothing)
{
    struct sim *s = up();
    struct sim_seen m = informational(s, 0, true);

    sim_check_window_sent(&s->spy, &m);
    broken(s, "response 0 of exchange 37 answers no request");
}

/* A is told that this id of B's, or of nobody's, is invalid. */
static void invalid_id(struct sim *s, uint32_t id, bool response)
{
    struct sim_seen m = informational(s, response ? 0 : 2, response);
    uint8_t body[8] = {0, 0, 0, IK_N_INVALID_MESSAGE_ID};

    for (int i = 0; i < 4; i++)
        body[4 + i] = (uint8_t)(id >> (24 - 8 * i));
    m.msg.payloads_n = 1;
    m.msg.payloads[0] = (struct ik_payload){.type = IK_PL_NOTIFY, .body = {body, sizeof body}};
    sim_check_window_sent(&s->spy, &m);
}

static void arrives(struct sim *s, uint32_t id)
{
    struct sim_seen m = informational(s, id, false);

    m.hdr.flags = (uint8_t)(m.hdr.flags ^ IK_FLAG_INITIATOR);
    sim_check_window_arrived(&s->spy, m.node, &m.hdr, NULL);
}

Test(sim_spy, invalid_message_id)
{
    struct sim *s = up();
    arrives(s, 7);
    invalid_id(s, 7, false);
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
    s = up();
    invalid_id(s, 7, false);
    broken(s, "calls message id 7 invalid, which no request had");
    s = up();
    arrives(s, 0);
    invalid_id(s, 0, false);
    broken(s, "calls message id 0 invalid, which is inside of the window");
    s = up();
    arrives(s, 7);
    invalid_id(s, 7, true);
    broken(s, "tells of an invalid message id in a response");
}

/* ---- named SPIs ------------------------------------------------------------------------------ */

static void deletes(struct sim *s, uint32_t spi)
{
    struct sim_seen m = informational(s, 2, false);
    uint8_t body[8] = {IK_PROTO_ESP, 4, 0, 1};

    for (int i = 0; i < 4; i++)
        body[4 + i] = (uint8_t)(spi >> (24 - 8 * i));
    m.msg.payloads_n = 1;
    m.msg.payloads[0] = (struct ik_payload){.type = IK_PL_DELETE, .body = {body, sizeof body}};
    sim_check_named(&s->spy, &m);
}

/* As if its IKE SA had been rekeyed in the meantime. */
static void in_another_ike_sa(struct sim *s)
{
    informational(s, 2, false).sa->spi_i[7] ^= 1;
}

Test(sim_spy, delete_of_nothing)
{
    struct sim *s = up();
    deletes(s, child_of(s, A)->spi_in);
    cr_assert_not(s->failed, "%s", s->why);
    in_another_ike_sa(s);
    deletes(s, child_of(s, A)->spi_in);
    cr_assert_not(s->failed, "%s", s->why);
    deletes(s, child_of(s, A)->spi_in);
    broken(s, "which is of no SA");
    s = up();
    deletes(s, child_of(s, A)->spi_out);
    broken(s, "which is of no SA");
}

/* ---- first choices --------------------------------------------------------------------------- */

/* A message of A's, or B's answer to it, with so many of these selectors on each side. */
static void says(struct sim *s, uint16_t node, const char *const text[2][2], unsigned n)
{
    struct sim_seen m = informational(s, 9, node == B);
    uint8_t buf[2][100];

    m.node = node;
    m.hdr.flags ^= node == B ? IK_FLAG_INITIATOR : 0;
    for (unsigned side = 0; side < 2; side++) {
        struct ik_ts ts[2];
        struct ik_chain c;
        for (unsigned i = 0; i < n; i++)
            cr_assert(host_ts_parse(text[side][i], &ts[i]));
        ik_chain_begin(&c, buf[side], sizeof buf[side]);
        ik_ts_put(&c, IK_PL_TSI, ts, (uint8_t)n);
        m.msg.payloads[side].type = side == 0 ? IK_PL_TSI : IK_PL_TSR;
        m.msg.payloads[side].body = (struct ik_span){buf[side] + 4, (uint16_t)(c.w.len - 4)};
    }
    m.msg.payloads_n = 2;
    sim_check_first(&s->spy, &m);
}

/* The selectors of the pair's policy, and before them one for a single address; with: whether it
 * stands there. */
static void asks_for(struct sim *s, uint16_t node, bool with, const char *src, const char *dst)
{
    const char *const both[2][2] = {{src, "10.1.0.0/24"}, {dst, "10.2.0.0/24"}};
    const char *const whole[2][2] = {{"10.1.0.0/24"}, {"10.2.0.0/24"}};

    says(s, node, with ? both : whole, with ? 2 : 1);
}

static void answers(struct sim *s, const char *src, const char *dst)
{
    const char *const only[2][2] = {{src}, {dst}};

    says(s, B, only, 1);
}

/* The packet of up() was for 10.2.0.1; and what the Child SA has explains all the rest of it. */
Test(sim_spy, first_choice_of_nothing)
{
    struct sim *s = up();
    asks_for(s, A, false, "10.1.0.1/32", "10.2.0.1/32");
    asks_for(s, A, true, "10.1.0.1/32", "10.2.0.1/32");
    cr_assert_not(s->failed, "%s", s->why);
    asks_for(s, A, true, "10.1.0.200/32", "10.2.0.200/32");
    cr_assert_not(s->failed, "%s", s->why);
    child_of(s, A)->ts_local[0].hi[3] = 7;
    asks_for(s, A, true, "10.1.0.1/32", "10.2.0.1/32");
    cr_assert_not(s->failed, "%s", s->why);
    asks_for(s, A, true, "10.1.0.200/32", "10.2.0.200/32");
    broken(s, "asks first for what no packet and no SA of its has");
}

/* What it had before it was switched off explains nothing. */
Test(sim_spy, first_choice_of_a_former_life)
{
    struct sim *s = up();
    asks_for(s, A, true, "10.1.0.200/32", "10.2.0.200/32");
    cr_assert_not(s->failed, "%s", s->why);
    s->spy.nodes[A].life++;
    asks_for(s, A, true, "10.1.0.200/32", "10.2.0.200/32");
    broken(s, "asks first for what no packet and no SA of its has");
}

Test(sim_spy, first_choice_left_out)
{
    struct sim *s = up();
    asks_for(s, A, true, "10.1.0.1/32", "10.2.0.1/32");
    asks_for(s, B, true, "10.1.0.1/32", "10.2.0.1/32");
    cr_assert_not(s->failed, "%s", s->why);
    asks_for(s, B, false, "10.1.0.1/32", "10.2.0.1/32");
    cr_assert_not(s->failed, "the network has it: %s", s->why);
    answers(s, "10.1.0.0/28", "10.2.0.0/28");
    cr_assert_not(s->failed, "so has a part of it: %s", s->why);
    answers(s, "10.1.0.0/28", "10.2.0.128/25");
    broken(s, "leaves out the first choices, which its policy allows");
    s = up();
    asks_for(s, A, true, "10.1.0.1/32", "10.2.0.1/32");
    answers(s, "10.1.0.128/25", "10.2.0.0/28");
    broken(s, "leaves out the first choices, which its policy allows");
    s = up();
    asks_for(s, A, true, "10.1.0.1/32", "10.2.0.1/32");
    s->spy.nodes[B].config = &(struct ik_config){0};
    answers(s, "10.1.0.128/25", "10.2.0.128/25");
    cr_assert_not(s->failed, "no policy is known that allows it");
    sim_free(s);
}

/* ---- selectors and limits -------------------------------------------------------------------- */

Test(sim_spy, sealed_outside_of_the_selectors)
{
    struct sim *s = up();
    struct sim_sa *sa = child_of(s, A);
    const struct sim_packet *p = &s->check.packets[0];
    struct sim_sealed sealed = {.node = A, .sa = sa, .next_header = IK_IP_IPV4};

    sealed.text = p->bytes;
    sealed.len = p->len;
    sim_check_sealed(&s->spy, &sealed);
    cr_assert_not(s->failed, "%s", s->why);
    sa->ts_remote[0] = sa->ts_local[0];
    sim_check_sealed(&s->spy, &sealed);
    broken(s, "outside of the SA's selectors");
}

Test(sim_spy, delivered_what_was_not_sealed)
{
    struct sim *s = up();
    const struct sim_packet *p = &s->check.packets[0];

    sim_check_opened(&s->spy, child_of(s, B), 1, p->bytes, p->len);
    cr_assert_not(s->failed, "%s", s->why);
    sim_check_opened(&s->spy, child_of(s, B), 2, p->bytes, p->len);
    broken(s, "which nobody sealed");
}

Test(sim_spy, delivered_outside_of_the_selectors)
{
    struct sim *s = up();
    const struct sim_packet *p = &s->check.packets[0];

    child_of(s, B)->ts_local[0] = child_of(s, B)->ts_remote[0];
    sim_check_opened(&s->spy, child_of(s, B), 1, p->bytes, p->len);
    broken(s, "outside of its selectors");
}

Test(sim_spy, sealed_after_a_hard_limit)
{
    struct sim *s = up();
    s->spy.limits.packets = 2;
    sim_pair_send(s, &pair, A, 100);
    cr_assert_not(s->failed, "%s", s->why);
    sim_pair_send(s, &pair, A, 100);
    broken(s, "after its hard limit");
    s = up();
    s->spy.limits.octets = 300;
    sim_pair_send(s, &pair, A, 200);
    broken(s, "after its hard limit");
    s = up();
    s->spy.limits.life = 3 * IK_SECOND;
    sim_run_for(s, 2 * IK_SECOND);
    sim_pair_send(s, &pair, A, 200);
    broken(s, "after its hard limit");
}

/* ---- work ------------------------------------------------------------------------------------ */

Test(sim_spy, call_without_end)
{
    const struct {
        enum ik_cost cost;
        uint32_t n;
        const char *why;
    } cases[] = {{IK_COST_X25519, 3, "3 public-key operations"},
                 {IK_COST_AES256_BLOCK, 3000, "3000 cipher blocks"},
                 {IK_COST_SHA512_BLOCK, 5000, "5000 hash compressions"},
                 {IK_COST_COPY_OCTETS, 30000, "30000 octets copied"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim *s = up();
        s->nodes[A]->core.env.meter.n[cases[i].cost] += cases[i].n;
        sim_spy_called(&s->spy, A, &s->nodes[A]->core);
        broken(s, cases[i].why);
    }
}

/* ---- secrets --------------------------------------------------------------------------------- */

Test(sim_spy, secrets_are_found_wherever_they_begin)
{
    static struct sim_secrets secrets;
    const uint8_t key[20] = "0123456789abcdefghi";
    enum sim_secret what;
    uint8_t b[600]; /* the same octets are passed over in larger steps */

    sim_secret_add(&secrets, key, sizeof key, SIM_SECRET_KEY);
    for (size_t at = 0; at + sizeof key <= sizeof b; at++) {
        memset(b, '0', sizeof b);
        cr_assert_eq(sim_secret_find(&secrets, b, sizeof b, &what), sizeof b);
        memcpy(b + at, key, 15); /* its beginning */
        cr_assert_lt(sim_secret_find(&secrets, b, sizeof b, &what), at + 8);
        cr_assert_eq(what, SIM_SECRET_KEY);
        memset(b, '0', sizeof b);
        memcpy(b + at + 5, key + 5, 15); /* its end */
        cr_assert_lt(sim_secret_find(&secrets, b, sizeof b, &what), at + 13);
        memset(b, '0', sizeof b);
        memcpy(b + at, key, 7);
        cr_assert_eq(sim_secret_find(&secrets, b, sizeof b, &what), sizeof b);
    }
    sim_secrets_free(&secrets);
}

Test(sim_spy, key_that_outlives_its_sa)
{
    struct sim *s = up();
    const struct sim_key key = child_of(s, A)->keys[SIM_ENCR_IN];

    /* In the memory of an SA that is up: at the end of the run it would be wiped. */
    memcpy((uint8_t *)(s->nodes[A]->ike_sas + 2) - 99, key.b, key.len);
    sim_down(s, A, IK_NO_SLOT);
    broken(s, "a key is left in the pools");
}

/* A function of the core that cleans up nothing. */
static __attribute__((noinline)) void untidy(const uint8_t *key)
{
    uint8_t room[500];

    memset(room, 1, sizeof room);
    memcpy(room + 99, key, 32);
    __asm__ volatile("" : : "r"(room) : "memory");
}

Test(sim_spy, key_left_on_the_stack)
{
    struct sim *s;

    if (!sim_stack_seen())
        cr_skip_test("a sanitizer keeps locals elsewhere");
    s = up();
    s->spy.stack = true;
    sim_stack_paint(&s->spy);
    sim_stack_scan(&s->spy, A, "nothing");
    cr_assert_not(s->failed, "%s", s->why);
    sim_stack_paint(&s->spy);
    untidy(ike_of(s, A)->keys[SIM_SK_D].b);
    sim_stack_scan(&s->spy, A, "untidy");
    broken(s, "untidy leaves a key on the stack");
}
