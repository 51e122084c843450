/* SPDX-License-Identifier: MIT */
/* Key export: both ends give the same, nothing without keys, and nothing changes by it. */
#include "craft.h"

static void assert_span(struct ik_span a, struct ik_span b, uint16_t len)
{
    cr_assert_eq(a.len, len);
    cr_assert_eq(b.len, len);
    cr_assert_eq(memcmp(a.p, b.p, len), 0);
}

Test(export, both_ends_have_the_same)
{
    struct pair *p = pair_new_family("aes256ctr-sha512-prfsha1-x25519", "aes192ccm12", 4);
    struct ik_export_ike ike[2];
    struct ik_export_child child[2];
    pair_start(p);
    pair_up(p);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert(ik_export_ike(&p->end[who].node, 0, &ike[who]));
        cr_assert(ik_export_child(&p->end[who].node, 0, &child[who]));
        cr_assert_eq(ike[who].encr_id, IK_ENCR_AES_CTR);
        cr_assert_eq(ike[who].encr_key_bits, 256);
        cr_assert_eq(ike[who].integ_id, IK_INTEG_HMAC_SHA2_512_256);
        cr_assert_eq(ike[who].prf_id, IK_PRF_HMAC_SHA1);
        cr_assert_eq(ike[who].dh_id, IK_DH_X25519);
        cr_assert_eq(child[who].encr_id, IK_ENCR_AES_CCM_12);
        cr_assert_eq(child[who].encr_key_bits, 192);
        cr_assert_eq(child[who].integ_id, 0);
        cr_assert_eq(child[who].mode, IK_TUNNEL);
        cr_assert_not(child[who].udp);
        cr_assert_eq(child[who].ts_local_n, 1);
    }
    cr_assert_eq(memcmp(ike[0].spi_i, ike[1].spi_i, 8), 0);
    cr_assert_eq(memcmp(ike[0].spi_r, ike[1].spi_r, 8), 0);
    assert_span(ike[0].sk_ei, ike[1].sk_ei, 32 + 4);
    assert_span(ike[0].sk_er, ike[1].sk_er, 32 + 4);
    assert_span(ike[0].sk_ai, ike[1].sk_ai, 64);
    assert_span(ike[0].sk_ar, ike[1].sk_ar, 64);
    assert_span(ike[0].sk_d, ike[1].sk_d, 20);
    /* These served the handshake only. */
    for (unsigned who = 0; who < 2; who++) {
        cr_assert_eq(ike[who].sk_pi.len, 0);
        cr_assert_eq(ike[who].sk_pr.len, 0);
    }
    assert_span(child[0].encr_in, child[1].encr_out, 24 + 3);
    assert_span(child[0].encr_out, child[1].encr_in, 24 + 3);
    cr_assert_eq(child[0].integ_in.len, 0);
    cr_assert_eq(child[0].spi_in, child[1].spi_out);
    free(p);
}

/* While IKE_AUTH is under way. */
Test(export, all_keys_of_an_opening_one)
{
    struct pair *p = pair_new_family("aes256ctr-sha512-prfsha1-x25519", "aes192ccm12", 4);
    struct ik_export_ike ike[2];
    struct ik_export_child child;
    pair_start(p);
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 3) {
        pair_step(p);
    }
    for (unsigned who = 0; who < 2; who++) {
        cr_assert(ik_export_ike(&p->end[who].node, 0, &ike[who]));
        cr_assert_not(ik_export_child(&p->end[who].node, 0, &child));
    }
    assert_span(ike[0].sk_ei, ike[1].sk_ei, 32 + 4);
    assert_span(ike[0].sk_d, ike[1].sk_d, 20);
    assert_span(ike[0].sk_pi, ike[1].sk_pi, 20);
    assert_span(ike[0].sk_pr, ike[1].sk_pr, 20);
    cr_assert_neq(memcmp(ike[0].sk_pi.p, ike[0].sk_pr.p, 20), 0);
    free(p);
}

/* Long keys do not lie in the Child SA itself. */
Test(export, long_keys)
{
    struct pair *p = pair_new_family("aes128-sha256-x25519", "aes256-sha512", 4);
    struct ik_export_child child[2];
    pair_start(p);
    pair_up(p);
    for (unsigned who = 0; who < 2; who++) {
        cr_assert(ik_export_child(&p->end[who].node, 0, &child[who]));
        cr_assert_eq(child[who].integ_id, IK_INTEG_HMAC_SHA2_512_256);
        cr_assert_eq(
            memcmp(child[who].ts_local, &p->end[who].policy[0].ts_local[0], sizeof(struct ik_ts)),
            0);
        cr_assert_eq(child[who].ts_remote_n, 1);
    }
    assert_span(child[0].encr_in, child[1].encr_out, 32);
    assert_span(child[0].integ_in, child[1].integ_out, 64);
    assert_span(child[0].encr_out, child[1].encr_in, 32);
    assert_span(child[0].integ_out, child[1].integ_in, 64);
    cr_assert_neq(memcmp(child[0].integ_in.p, child[0].integ_out.p, 64), 0);
    free(p);
}

/* Whatever receives has keys; what has ended has none. */
Test(export, in_every_state)
{
    struct pair *p = pair_new();
    struct ik_export_child child;
    pair_start(p);
    pair_up(p);
    struct ik_child_sa *sa = &p->end[0].child_sas[0];
    const uint8_t state[] = {IK_CHILD_FREE,    IK_CHILD_LARVAL, IK_CHILD_ENDED,   IK_CHILD_UP,
                             IK_CHILD_IN_ONLY, IK_CHILD_OLD,    IK_CHILD_DELETING};
    for (unsigned i = 0; i < sizeof state; i++) {
        sa->state = state[i];
        cr_assert_eq(ik_export_child(&p->end[0].node, 0, &child), i >= 3);
    }
    free(p);
}

Test(export, nothing_without_keys)
{
    struct pair *p = pair_new();
    struct ik_export_ike ike;
    struct ik_export_child child;
    struct ik_msg m;
    uint8_t buf[64] = {0};
    p->hold_jobs = true;
    pair_start(p);
    pair_up(p);
    for (uint16_t slot = 0; slot < PAIR_SAS + 1; slot++) {
        cr_assert_not(ik_export_ike(&p->end[0].node, slot, &ike));
        cr_assert_not(ik_export_child(&p->end[0].node, slot, &child)); /* larval */
        cr_assert_not(ik_export_open(&p->end[0].node, slot, buf, 28, buf, sizeof buf, &m));
    }
    free(p);
}

Test(export, opens_messages_of_both_directions_and_changes_nothing)
{
    struct pair *p = pair_new();
    uint8_t buf[PAIR_BUF];
    struct ik_msg m;
    pair_start(p);
    pair_up(p);
    for (unsigned who = 0; who < 2; who++) {
        struct end *e = &p->end[who];
        struct ik_node before = e->node;
        struct ik_ike_sa sa = e->ike_sas[0];
        for (unsigned i = 2; i < 4; i++) {
            const struct gram *g = &p->grams[i];
            uint8_t copy[PAIR_BUF];
            memcpy(copy, g->b, g->len);
            cr_assert(ik_export_open(&e->node, 0, g->b, g->len, buf, sizeof buf, &m));
            cr_assert_not_null(ik_msg_find(&m, IK_PL_AUTH));
            cr_assert_eq(memcmp(copy, g->b, g->len), 0);
            /* too small a buffer, a wrong octet, a cut message, a clear one, another SA's */
            cr_assert_not(ik_export_open(&e->node, 0, g->b, g->len, buf, g->len - 1u, &m));
            copy[g->len - 1] ^= 1;
            cr_assert_not(ik_export_open(&e->node, 0, copy, g->len, buf, sizeof buf, &m));
            cr_assert_not(ik_export_open(&e->node, 0, g->b, g->len - 1u, buf, sizeof buf, &m));
            cr_assert_not(
                ik_export_open(&e->node, 0, p->grams[0].b, p->grams[0].len, buf, sizeof buf, &m));
            cr_assert_not(ik_export_open(&e->node, 1, g->b, g->len, buf, sizeof buf, &m));
        }
        cr_assert_eq(memcmp(&before, &e->node, sizeof before), 0);
        cr_assert_eq(memcmp(&sa, &e->ike_sas[0], sizeof sa), 0);
    }
    free(p);
}
