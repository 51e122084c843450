/* SPDX-License-Identifier: MIT */
/* IKE SAs by what is known of their peer, against a look at all of them. */
#include "bare.h"
#include "ike/auth/auth.h"

#define N_MAX 100

static struct bare *of(uint16_t n)
{
    struct bare *b = bare_new(&(struct ik_sizes){
        .ike_sas = n, .child_sas = 1, .handshakes = 1, .tasks = 1, .buffers = 2});
    bare_start(b);
    return b;
}

/* Few different keys, so that buckets are shared by equal ones and by others. */
static void draw_key(struct bare *b, struct ik_ike_sa *sa, unsigned kind)
{
    uint8_t r = (uint8_t)bare_draw(b, 6);
    switch (kind) {
    case IK_BY_SPI_I:
    case IK_BY_ADDR: /* the address is in both keys */
        memset(sa->spi_i, 0, sizeof sa->spi_i);
        sa->spi_i[r % 2 == 0 ? 7 : 0] = (uint8_t)(1 + r);
        sa->route.path.remote = (struct ik_addr){.family = 4, .b = {10, 0, 0, r}};
        break;
    case IK_BY_PEER:
        sa->peer = r;
        break;
    default:
        memset(sa->peer_id, 0, sizeof sa->peer_id);
        sa->peer_id[r] = r;
        break;
    }
}

static bool same_key(const struct ik_ike_sa *a, const struct ik_ike_sa *c, unsigned kind)
{
    switch (kind) {
    case IK_BY_SPI_I:
        return memcmp(a->spi_i, c->spi_i, sizeof a->spi_i) == 0 &&
               ik_addr_eq(&a->route.path.remote, &c->route.path.remote);
    case IK_BY_ADDR:
        return ik_addr_eq(&a->route.path.remote, &c->route.path.remote);
    case IK_BY_PEER:
        return a->peer == c->peer;
    default:
        return memcmp(a->peer_id, c->peer_id, sizeof a->peer_id) == 0;
    }
}

/* By the key of one all that have it are found, each once, and nobody who is not filed. */
static void assert_finds(const struct bare *b, const struct ik_ike_sa *sa, unsigned kind)
{
    bool found[N_MAX] = {false};
    const struct ik_ike_sa *at = NULL;
    while ((at = sound_walk(&b->node, sa, kind, at)) != NULL) {
        cr_assert_not(found[at->slot], "IKE SA %u is found twice", at->slot);
        cr_assert_neq(at->sched.indexed & 1u << kind, 0);
        found[at->slot] = true;
    }
    for (ik_slot i = 0; i < ik_ike_n(&b->node); i++) {
        const struct ik_ike_sa *other = ik_ike_at(&b->node, i);
        if ((other->sched.indexed & 1u << kind) != 0 && same_key(sa, other, kind)) {
            cr_assert(found[i], "IKE SA %u is not found by %u", i, kind);
        }
    }
}

Test(index, as_a_look_at_all)
{
    const uint16_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 33, N_MAX};
    for (unsigned s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct bare *b = of(sizes[s]);
        for (unsigned n = 0; n < 3000; n++) {
            struct ik_ike_sa *sa = ik_ike_at(&b->node, (ik_slot)bare_draw(b, sizes[s]));
            unsigned kind = bare_draw(b, IK_INDEX_N);
            bool filed = (sa->sched.indexed & 1u << kind) != 0;
            if (bare_draw(b, 50) == 0) {
                ik_index_take_all(&b->node, sa);
                cr_assert_eq(sa->sched.indexed, 0);
            } else if (filed) {
                ik_index_take(&b->node, sa, (enum ik_index_kind)kind);
                ik_index_take(&b->node, sa, (enum ik_index_kind)kind); /* again is nothing */
            } else if ((sa->sched.indexed & (1u << IK_BY_SPI_I | 1u << IK_BY_ADDR)) == 0 ||
                       (kind != IK_BY_SPI_I && kind != IK_BY_ADDR)) {
                draw_key(b, sa, kind); /* none that it is filed under */
                ik_index_put(&b->node, sa, (enum ik_index_kind)kind);
            }
            sound_index(&b->node);
            for (unsigned k = 0; k < IK_INDEX_N; k++) {
                assert_finds(b, sa, k);
            }
        }
        bare_free(b);
    }
}

/* A slot that is free and taken again is found as what it is now; buckets that lie in it stay. */
Test(index, buckets_outlive_the_sas_that_they_lie_in)
{
    struct bare *b = of(8);
    for (ik_slot i = 0; i < 8; i++) {
        struct ik_ike_sa *sa = ik_ike_alloc(&b->node, false);
        sa->peer = i;
        ik_index_put(&b->node, sa, IK_BY_PEER);
    }
    for (unsigned n = 0; n < 500; n++) {
        ik_slot slot = (ik_slot)bare_draw(b, 8);
        struct ik_ike_sa *sa = ik_ike_at(&b->node, slot);
        ik_ike_free(&b->node, sa);
        for (ik_slot i = 0; i < 8; i++) {
            const struct ik_ike_sa *at = NULL;
            do {
                at = ik_index_by_peer(&b->node, ik_ike_at(&b->node, i)->peer, at);
            } while (i != slot && at != ik_ike_at(&b->node, i));
        }
        cr_assert_eq(ik_ike_alloc(&b->node, false), sa);
        sa->peer = (uint16_t)bare_draw(b, 20);
        ik_index_put(&b->node, sa, IK_BY_PEER);
        sound_index(&b->node);
    }
    bare_free(b);
}

static const struct ik_ike_sa *by_addr(const struct bare *b, const char *text)
{
    struct ik_addr addr = {0};
    const struct ik_ike_sa *sa = NULL;
    cr_assert(host_addr_parse(text, &addr));
    do {
        sa = ik_index_by_addr(&b->node, &addr, sa);
    } while (sa != NULL && !ik_addr_eq(&sa->route.path.remote, &addr));
    return sa;
}

/* Whose peer moves is found where it is, and only by what it was filed under. */
Test(index, moves_with_the_route)
{
    struct bare *b = of(8);
    struct ik_ike_sa *sa = ik_ike_alloc(&b->node, false);
    struct ik_path path = {.carrier = IK_CARRIER_UDP4500};
    cr_assert(host_addr_parse("192.0.2.7", &sa->route.path.remote));
    cr_assert(host_addr_parse("198.51.100.9", &path.remote));
    ik_index_put(&b->node, sa, IK_BY_ADDR);
    cr_assert_eq(by_addr(b, "192.0.2.7"), sa);
    ik_route_set(&b->node, sa, &path);
    cr_assert_null(by_addr(b, "192.0.2.7"));
    cr_assert_eq(by_addr(b, "198.51.100.9"), sa);
    cr_assert_eq(sa->sched.indexed, 1u << IK_BY_ADDR);
    ik_index_take(&b->node, sa, IK_BY_ADDR);
    path.remote.b[3] = 10;
    ik_route_set(&b->node, sa, &path);
    cr_assert_eq(sa->sched.indexed, 0);
    sound_index(&b->node);
    bare_free(b);
}

/* ---- identities ------------------------------------------------------------------------------ */

static struct ik_span body(uint8_t type, const char *name, uint8_t *buf)
{
    size_t len = strlen(name);
    memset(buf, 0, 4);
    buf[0] = type;
    memcpy(buf + 4, name, len);
    return (struct ik_span){buf, (uint16_t)(4 + len)};
}

static bool same_person(struct bare *b, uint8_t type_a, const char *x, uint8_t type_b,
                        const char *y)
{
    struct ik_ike_sa *one = ik_ike_at(&b->node, 0), *two = ik_ike_at(&b->node, 1);
    uint8_t buf[400];
    ik_peer_proved(&b->node, one, body(type_a, x, buf));
    ik_peer_proved(&b->node, two, body(type_b, y, buf));
    sound_index(&b->node);
    return memcmp(one->peer_id, two->peer_id, sizeof one->peer_id) == 0;
}

/* Names that compare as equal (RFC 4343, RFC 5321 2.4) are one person; the type counts. */
Test(index, persons)
{
    static struct ik_peer peer;
    struct bare *b = of(2);
    struct ik_config config = b->config;
    config.peers = &peer;
    config.peers_n = 1;
    for (unsigned i = 0; i < 2; i++) {
        ik_ike_alloc(&b->node, false)->peer = 0;
    }
    b->node.config = &config;
    cr_assert(same_person(b, IK_ID_FQDN, "gw.example", IK_ID_FQDN, "GW.exAmple"));
    cr_assert_not(same_person(b, IK_ID_FQDN, "gw.example", IK_ID_FQDN, "gv.example"));
    cr_assert_not(same_person(b, IK_ID_FQDN, "gw.example", IK_ID_FQDN, "gw.example."));
    cr_assert_not(same_person(b, IK_ID_FQDN, "gw.example", IK_ID_KEY_ID, "gw.example"));
    cr_assert(same_person(b, IK_ID_RFC822_ADDR, "a.B@ex.org", IK_ID_RFC822_ADDR, "a.B@Ex.Org"));
    cr_assert_not(same_person(b, IK_ID_RFC822_ADDR, "a.B@ex.org", IK_ID_RFC822_ADDR, "a.b@ex.org"));
    cr_assert(same_person(b, IK_ID_KEY_ID, "Ab", IK_ID_KEY_ID, "Ab"));
    cr_assert_not(same_person(b, IK_ID_KEY_ID, "Ab", IK_ID_KEY_ID, "AB"));
    /* Longer than any of ours: what is behind counts. */
    char x[301], y[301];
    memset(x, 'x', 300);
    x[300] = '\0';
    memcpy(y, x, sizeof y);
    cr_assert(same_person(b, IK_ID_FQDN, x, IK_ID_FQDN, y));
    y[299] = 'y';
    cr_assert_not(same_person(b, IK_ID_FQDN, x, IK_ID_FQDN, y));
    y[IK_ID_MAX - 1] = 'X';
    y[299] = 'x';
    cr_assert(same_person(b, IK_ID_FQDN, x, IK_ID_FQDN, y));
    bare_free(b);
}
