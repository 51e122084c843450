/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.1 to 2.3: which requests are taken, which responses are kept; every size of window. */
#include "craft.h"

#include "bare.h"

#define IDS 200 /* that the model knows */

/* ---- against a model ------------------------------------------------------------------------- */

struct model {
    uint8_t size;
    bool taken[IDS];
    uint32_t answered[IDS]; /* in the order in which they were answered */
    unsigned answered_n;
};

static uint32_t lowest(const struct model *m)
{
    uint32_t i = 0;
    while (m->taken[i]) {
        i++;
    }
    return i;
}

/* Is its response among as many last ones as the window takes? */
static bool kept(const struct model *m, uint32_t id)
{
    unsigned from = m->answered_n > m->size ? m->answered_n - m->size : 0;
    for (unsigned i = from; i < m->answered_n; i++) {
        if (m->answered[i] == id) {
            return true;
        }
    }
    return false;
}

static enum ik_msgid_is model_check(const struct model *m, uint32_t id)
{
    uint32_t least = lowest(m);
    if (id >= least && id - least < m->size && !m->taken[id]) {
        return IK_MSGID_NEW;
    }
    return kept(m, id) ? IK_MSGID_REPEATED : IK_MSGID_WRONG;
}

static struct ik_ike_sa *with_window(struct bare *b, uint8_t size)
{
    struct ik_ike_sa *sa = ik_ike_alloc(&b->node, false);
    b->config.window = size;
    sa->state = IK_IKE_UP;
    ik_window_init(&b->node, sa);
    return sa;
}

static void answer(struct bare *b, struct ik_ike_sa *sa, struct model *m, uint32_t id,
                   uint32_t base)
{
    ik_slot slot = ik_buffer_alloc(&b->node);
    cr_assert_neq(slot, IK_NO_SLOT);
    struct ik_buffer *response = ik_buffer_at(&b->node, slot);
    response->msgid = base + id;
    response->len = 1;
    ik_window_keep(&b->node, sa, slot);
    m->answered[m->answered_n++] = id;
}

static void assert_same(const struct bare *b, const struct ik_ike_sa *sa, const struct model *m,
                        uint32_t base)
{
    for (uint32_t id = 0; id < IDS; id++) {
        enum ik_msgid_is want = model_check(m, id);
        cr_assert_eq(ik_window_check(&b->node, sa, base + id), want, "size %u, id %u: not %u",
                     m->size, id, want);
        struct ik_buffer *response = ik_window_response(&b->node, sa, base + id);
        cr_assert_eq(response != NULL, kept(m, id));
        cr_assert(response == NULL || response->msgid == base + id);
    }
}

/* Requests come in any order within the window; each is answered when it comes. */
static void any_order(uint8_t size, uint32_t base)
{
    struct bare *b = bare_new(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1, .buffers = 34});
    struct model m = {.size = size};
    bare_start(b);
    struct ik_ike_sa *sa = with_window(b, size);
    sa->window.expected = base;
    for (unsigned n = 0; n < IDS - 40;) {
        uint32_t id = lowest(&m) + bare_draw(b, size);
        if (id < IDS && model_check(&m, id) == IK_MSGID_NEW) {
            cr_assert_eq(ik_window_check(&b->node, sa, base + id), IK_MSGID_NEW);
            ik_window_took(sa, base + id);
            m.taken[id] = true;
            /* being answered: neither new nor repeated */
            cr_assert_eq(ik_window_check(&b->node, sa, base + id), IK_MSGID_WRONG);
            answer(b, sa, &m, id, base);
            n++;
        }
        assert_same(b, sa, &m, base);
    }
    cr_assert_eq(sound_free_buffers(&b->node, NULL), 34 - size);
    ik_window_forget(&b->node, sa);
    cr_assert_eq(sound_free_buffers(&b->node, NULL), 34);
    cr_assert_eq(sa->window.responses, IK_NO_SLOT);
    sound(&b->node);
    bare_free(b);
}

Test(window, every_size_and_any_order)
{
    for (uint8_t size = 1; size <= 32; size++) {
        any_order(size, 0);
    }
}

/* A response of len octets is kept; answers where. */
static struct ik_buffer *keep(struct bare *b, struct ik_ike_sa *sa, uint32_t id, uint16_t len)
{
    ik_slot slot = ik_buffer_alloc(&b->node);
    cr_assert_neq(slot, IK_NO_SLOT);
    struct ik_buffer *response = ik_buffer_at(&b->node, slot);
    response->msgid = id;
    response->len = len;
    memset(response->b, (int)(0x40 + id), IK_MARKER_LEN + (size_t)len);
    ik_window_keep(&b->node, sa, slot);
    cr_assert_eq(ik_buffer_at(&b->node, slot)->len, sa->window.responses == slot ? len : 0);
    return ik_window_response(&b->node, sa, id);
}

static void assert_kept(const struct ik_buffer *response, uint32_t id, uint16_t len)
{
    cr_assert(response->msgid == id && response->len == len);
    for (uint16_t i = 0; i < IK_MARKER_LEN + len; i++) {
        cr_assert_eq(response->b[i], 0x40 + id);
    }
}

/* What fits moves into a short buffer, as long as there is one, and leaves it wiped. */
Test(window, short_buffers)
{
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1, .buffers = 4, .shorts = 2};
    struct bare *b = bare_new(&sizes);
    bare_start(b);
    struct ik_node *node = &b->node;
    struct ik_ike_sa *sa = with_window(b, 4);
    struct ik_buffer *fits = keep(b, sa, 0, IK_SHORT_MAX);
    cr_assert_eq((uint8_t *)fits, (uint8_t *)node->host.shorts);
    cr_assert_eq(node->buffers_left, 4);
    struct ik_buffer *too_long = keep(b, sa, 1, IK_SHORT_MAX + 1);
    cr_assert_eq(node->buffers_left, 3);
    struct ik_buffer *second = keep(b, sa, 2, 28);
    cr_assert_eq((uint8_t *)second, (uint8_t *)node->host.shorts + IK_SHORT_BUFFER);
    struct ik_buffer *none_left = keep(b, sa, 3, 28);
    cr_assert_eq(node->buffers_left, 2);
    sound(node);
    assert_kept(fits, 0, IK_SHORT_MAX);
    assert_kept(too_long, 1, IK_SHORT_MAX + 1);
    assert_kept(second, 2, 28);
    assert_kept(none_left, 3, 28);
    ik_window_forget(node, sa);
    cr_assert_eq(node->buffers_left, 4);
    cr_assert_eq(sound_free_shorts(node, NULL), 2);
    for (size_t i = offsetof(struct ik_buffer, b); i < IK_SHORT_BUFFER; i++) {
        cr_assert_eq(((uint8_t *)node->host.shorts)[i], 0);
    }
    sound(node);
    bare_free(b);
}

/* With ids of which the highest bit changes meanwhile. */
Test(window, ids_of_any_value)
{
    any_order(32, 0x7fffff80);
    any_order(5, 0x7fffff80);
    any_order(32, UINT32_MAX - IDS);
}

/* 2.2: the id never wraps: the last one is not taken, nor what would come then. */
Test(window, the_last_id)
{
    for (uint8_t size = 1; size <= 32; size++) {
        struct bare *b = bare_of(1);
        struct ik_ike_sa *sa = with_window(b, size);
        sa->window.expected = UINT32_MAX - 1;
        cr_assert_eq(ik_window_check(&b->node, sa, UINT32_MAX), IK_MSGID_WRONG);
        cr_assert_eq(ik_window_check(&b->node, sa, 0), IK_MSGID_WRONG);
        cr_assert_eq(ik_window_check(&b->node, sa, UINT32_MAX - 1), IK_MSGID_NEW);
        ik_window_took(sa, UINT32_MAX - 1);
        for (uint32_t id = UINT32_MAX - 40; id != 40; id++) {
            cr_assert_eq(ik_window_check(&b->node, sa, id), IK_MSGID_WRONG);
        }
        bare_free(b);
    }
}

Test(window, usual_size_is_one)
{
    struct bare *b = bare_of(1);
    struct ik_ike_sa *sa = with_window(b, 0);
    cr_assert_eq(sa->window.size_in, 1);
    cr_assert_eq(sa->window.size_out, 1);
    cr_assert_eq(ik_window_check(&b->node, sa, 0), IK_MSGID_NEW);
    cr_assert_eq(ik_window_check(&b->node, sa, 1), IK_MSGID_WRONG);
    bare_free(b);
}

/* The whole window but its first: then that, and all of them are over at once. */
Test(window, the_first_comes_last)
{
    for (uint8_t size = 2; size <= 32; size++) {
        struct bare *b = bare_of(1);
        struct ik_ike_sa *sa = with_window(b, size);
        for (uint32_t id = size - 1u; id > 0; id--) {
            ik_window_took(sa, id);
        }
        cr_assert_eq(sa->window.expected, 0);
        cr_assert_eq(ik_window_check(&b->node, sa, size), IK_MSGID_WRONG);
        ik_window_took(sa, 0);
        cr_assert_eq(sa->window.expected, size);
        cr_assert_eq(sa->window.beyond, 0);
        for (uint32_t id = size; id < 2u * size; id++) {
            cr_assert_eq(ik_window_check(&b->node, sa, id), IK_MSGID_NEW);
        }
        bare_free(b);
    }
}

/* ---- whole nodes ----------------------------------------------------------------------------- */

static struct pair *up(uint8_t window, uint32_t response_for)
{
    struct pair *p = pair_new();
    p->end[1].config.window = window;
    p->end[1].config.response_for = response_for;
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* An empty INFORMATIONAL request of that id: how many datagrams answer it? */
static unsigned ask(struct pair *p, uint32_t msgid)
{
    unsigned before = p->grams_n;
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){.exchange = IK_EX_INFORMATIONAL, .msgid = msgid});
    p->delivered = p->grams_n; /* nobody waits for the answers */
    return p->grams_n - before;
}

Test(window, requests_in_any_order_are_answered_once)
{
    struct pair *p = up(4, 0);
    struct end *e = &p->end[1];
    const uint32_t order[] = {5, 3, 4, 2, 6, 9, 8, 7};
    for (unsigned i = 0; i < 8; i++) {
        cr_assert_eq(ask(p, order[i]), 1, "%u", order[i]);
        cr_assert_eq(ik_get32(p->grams[p->grams_n - 1].b + 20), order[i]);
    }
    cr_assert_eq(e->node.env.counters.count[IK_COUNT_IKE_REANSWERED], 0);
    /* the last four are known still, those before not */
    for (uint32_t id = 6; id <= 9; id++) {
        cr_assert_eq(ask(p, id), 1);
    }
    cr_assert_eq(e->node.env.counters.count[IK_COUNT_IKE_REANSWERED], 4);
    for (uint32_t id = 0; id <= 5; id++) {
        cr_assert_eq(ask(p, id), 0);
    }
    cr_assert_eq(pair_drops(e, IK_DROP_IKE_MSGID), 6);
    cr_assert_eq(ask(p, 14), 0, "beyond the window");
    cr_assert_eq(ask(p, 13), 1);
    free(p);
}

/* Bit for bit what was sent before, by the path that the request came by. */
Test(window, kept_response_goes_where_it_is_asked_from)
{
    struct pair *p = up(2, 0);
    uint8_t buf[PAIR_BUF];
    struct ik_path path = craft_path(p, 0, IK_CARRIER_UDP500);
    uint16_t len = craft_seal(p, 0, craft_sa(p, 0),
                              &(struct craft){.exchange = IK_EX_INFORMATIONAL, .msgid = 2}, buf);
    pair_give(p, 1, &path, buf, len);
    struct gram first = p->grams[p->grams_n - 1];
    path.remote_port = 1234;
    len = craft_seal(p, 0, craft_sa(p, 0),
                     &(struct craft){.exchange = IK_EX_INFORMATIONAL, .msgid = 2}, buf);
    pair_give(p, 1, &path, buf, len);
    const struct gram *again = &p->grams[p->grams_n - 1];
    cr_assert_eq(again->path.remote_port, 1234);
    cr_assert_eq(again->len, first.len);
    cr_assert_eq(memcmp(again->b, first.b, first.len), 0);
    free(p);
}

/* response_for: then the buffers go to others, and a repeated request is none any more. */
Test(window, responses_are_kept_as_long_as_configured)
{
    struct pair *p = up(2, 3 * IK_SECOND);
    uint16_t all = sound_free_buffers(&p->end[1].node, NULL);
    cr_assert_eq(all, PAIR_BUFFERS - 2); /* the window's last two: of IKE_SA_INIT and IKE_AUTH */
    p->now += 2 * IK_SECOND;
    cr_assert_eq(ask(p, 2), 1);
    cr_assert_eq(ik_node_deadline(&p->end[1].node), p->now + 3 * IK_SECOND);
    pair_pass(p, 3 * IK_SECOND - IK_MS);
    cr_assert_eq(ask(p, 2), 1);
    pair_pass(p, IK_MS);
    cr_assert_eq(sound_free_buffers(&p->end[1].node, NULL), PAIR_BUFFERS);
    cr_assert_eq(ik_node_deadline(&p->end[1].node), IK_NEVER);
    cr_assert_eq(ask(p, 2), 0);
    cr_assert_eq(ask(p, 3), 1);
    free(p);
}

/* No buffer for the answer: the request is not taken, and may come again. */
Test(window, no_buffer_left)
{
    struct pair *p = up(1, 0);
    struct ik_node *node = &p->end[1].node;
    ik_slot taken[PAIR_BUFFERS];
    unsigned n = 0;
    while (ik_buffer_left(node)) {
        taken[n++] = ik_buffer_alloc(node);
    }
    uint8_t buf[PAIR_BUF], at[PAIR_AT + PAIR_BUF];
    struct ik_effect fx;
    struct ik_path path = craft_path(p, 0, IK_CARRIER_UDP500);
    uint16_t len = craft_seal(p, 0, craft_sa(p, 0),
                              &(struct craft){.exchange = IK_EX_INFORMATIONAL, .msgid = 2}, buf);
    memcpy(at, buf, len);
    ik_node_rx(node, p->now, &path, &(struct ik_pkt){.buf = at, .cap = sizeof at, .len = len});
    cr_assert(ik_node_poll(node, p->now, &fx));
    cr_assert_eq(fx.event, IK_EV_NO_ROOM);
    cr_assert_not(ik_node_poll(node, p->now, &fx));
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_NO_ROOM), 1);
    while (n > 0) {
        ik_buffer_drop(node, &taken[--n]);
    }
    cr_assert_eq(ask(p, 2), 1);
    cr_assert_eq(ask(p, 3), 1);
    free(p);
}
