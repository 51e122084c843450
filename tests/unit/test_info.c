/* SPDX-License-Identifier: MIT */
/* What a host is told of IKE SAs and Child SAs. */
#include "craft.h"

static struct ik_ike_info told(struct pair *p, unsigned who)
{
    struct ik_ike_info info;
    memset(&info, 0xaa, sizeof info);
    cr_assert(ik_ike_info(&p->end[who].node, craft_sa(p, who)->slot, &info));
    return info;
}

static bool any(struct pair *p, unsigned who)
{
    struct ik_ike_info info;
    for (ik_slot i = 0; i < PAIR_SAS; i++) {
        if (ik_ike_info(&p->end[who].node, i, &info)) {
            return true;
        }
    }
    return false;
}

Test(info, of_both_ends)
{
    struct pair *p = pair_new_family("aes256-sha512-prfsha384-ecp256", "aes128gcm16", 4);
    pair_start(p);
    pair_up(p);
    struct ik_ike_info a = told(p, 0), b = told(p, 1);
    for (unsigned who = 0; who < 2; who++) {
        const struct ik_ike_info *i = who == 0 ? &a : &b;
        cr_assert_eq(i->state, IK_IKE_UP);
        cr_assert_eq(i->initiator, who == 0);
        cr_assert(!i->nat_here && !i->nat_there);
        cr_assert_eq(i->peer, 0);
        cr_assert_eq(i->child_sas, 1);
        cr_assert_eq(i->encr_id, IK_ENCR_AES_CBC);
        cr_assert_eq(i->encr_key_bits, 256);
        cr_assert_eq(i->integ_id, IK_INTEG_HMAC_SHA2_512_256);
        cr_assert_eq(i->prf_id, IK_PRF_HMAC_SHA2_384);
        cr_assert_eq(i->dh_id, IK_DH_P256);
        cr_assert_eq(i->path.carrier, IK_CARRIER_UDP500);
        cr_assert(ik_addr_eq(&i->path.remote, &p->end[who].peer[0].remote));
        cr_assert_eq(i->first_child, pair_find(&p->end[who], IK_EV_CHILD_UP)->child);
        cr_assert_eq(ik_ike_next_child(&p->end[who].node, i->first_child), IK_NO_SLOT);
    }
    cr_assert_eq(memcmp(a.spi_i, b.spi_i, IK_SPI_LEN), 0);
    cr_assert_eq(memcmp(a.spi_r, b.spi_r, IK_SPI_LEN), 0);
    cr_assert_eq(memcmp(a.spi_i, p->grams[1].b, IK_SPI_LEN), 0);
    cr_assert_eq(memcmp(a.spi_r, p->grams[1].b + 8, IK_SPI_LEN), 0);
    cr_assert_neq(memcmp(a.peer_id, b.peer_id, sizeof a.peer_id), 0, "they are two");
    free(p);
}

Test(info, no_integrity_beside_an_aead)
{
    struct pair *p = pair_new_family("aes128gcm16-prfsha256-x25519", "aes128gcm16", 6);
    pair_start(p);
    pair_up(p);
    cr_assert_eq(told(p, 0).integ_id, 0);
    cr_assert_eq(told(p, 0).encr_id, IK_ENCR_AES_GCM_16);
    cr_assert_eq(told(p, 0).path.remote.family, 6);
    free(p);
}

/* Neither while it opens nor when it is dead, though its slot is taken; in between until the last.
 */
Test(info, only_of_what_is_up)
{
    struct ik_ike_info info;
    struct pair *p = pair_new();
    pair_start(p);
    cr_assert(!any(p, 0) && !any(p, 1));
    ik_node_up(&p->end[0].node, p->now, 0);
    while (p->grams_n < 4) {
        cr_assert(!any(p, 0) && !any(p, 1));
        pair_step(p);
        pair_drain(p, 0);
    }
    cr_assert(!any(p, 0) && any(p, 1));
    pair_settle(p);
    cr_assert(any(p, 0));
    cr_assert_not(ik_ike_info(&p->end[0].node, PAIR_SAS, &info));
    cr_assert_not(ik_ike_info(&p->end[0].node, IK_NO_SLOT, &info));
    cr_assert_eq(ik_ike_next_child(&p->end[0].node, IK_NO_SLOT), IK_NO_SLOT);
    ik_node_down(&p->end[0].node, p->now, 0);
    pair_drain(p, 0);
    cr_assert_eq(told(p, 0).state, IK_IKE_CLOSING);
    cr_assert_eq(told(p, 0).child_sas, 0);
    pair_settle(p);
    cr_assert_eq(craft_sa(p, 1)->state, IK_IKE_DEAD);
    cr_assert(!any(p, 0) && !any(p, 1));
    free(p);
}

/* Milliseconds since: it came up, something was heard, something was sent. */
Test(info, times)
{
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    pair_pass(p, 1500 * IK_MS);
    craft_sealed(p, 0, craft_sa(p, 0),
                 &(struct craft){IK_EX_INFORMATIONAL, false, 2, IK_PL_NONE, NULL, 0});
    pair_pass(p, 700 * IK_MS);
    cr_assert_eq(told(p, 0).up_ms, 2200);
    cr_assert_eq(told(p, 0).sent_ms, 2200, "the other end only seemed to be it");
    cr_assert_eq(told(p, 0).heard_ms, 2200);
    cr_assert_eq(told(p, 1).up_ms, 2200);
    cr_assert_eq(told(p, 1).heard_ms, 700);
    cr_assert_eq(told(p, 1).sent_ms, 700);
    /* What does not authenticate was not heard. */
    struct gram forged = p->grams[2];
    forged.b[forged.len - 1] ^= 1;
    forged.b[18] = IK_EX_INFORMATIONAL;
    forged.b[23] = 3;
    pair_deliver(p, &forged);
    cr_assert_eq(pair_drops(&p->end[1], IK_DROP_IKE_INTEGRITY), 1);
    cr_assert_eq(told(p, 1).heard_ms, 700);
    /* A packet is a sign of life, too. */
    pair_assert_data(p, 0);
    cr_assert_eq(told(p, 1).heard_ms, 0);
    cr_assert_eq(told(p, 0).heard_ms, 2200);
    free(p);
}

static bool from_behind_nat(struct pair *p, unsigned to, struct ik_path *path, struct gram *g)
{
    (void)p, (void)g;
    if (to == 1) {
        path->remote = pair_addr("203.0.113.9");
        path->remote_port = (uint16_t)(path->remote_port + 20000);
    } else {
        path->local = pair_addr("192.0.2.1");
        path->local_port = (uint16_t)(path->local_port - 20000);
    }
    return true;
}

Test(info, nat_and_whom_it_hides)
{
    struct pair *p = pair_new();
    p->hook = from_behind_nat;
    p->end[1].peer[0].remote.family = 0;
    pair_start(p);
    pair_up(p);
    struct ik_ike_info a = told(p, 0), b = told(p, 1);
    cr_assert(a.nat_here && !a.nat_there);
    cr_assert(!b.nat_here && b.nat_there);
    struct ik_addr outside = pair_addr("203.0.113.9");
    cr_assert(ik_addr_eq(&b.path.remote, &outside));
    cr_assert_eq(b.path.remote_port, 24500);
    cr_assert_eq(b.path.carrier, IK_CARRIER_UDP4500);
    free(p);
}

/* The digest is of the proven identity: the same one in another case, another one otherwise. */
Test(info, digest_of_who_the_peer_is)
{
    static const char *const names[] = {"client.example", "CLIENT.example", "another.example"};
    uint8_t seen[3][16];
    for (unsigned i = 0; i < 3; i++) {
        struct pair *p = pair_new();
        p->end[0].peer[0].local_id.data = pair_text(names[i]);
        p->end[1].peer[0].remote_id = (struct ik_id){.type = IK_ID_ANY};
        pair_start(p);
        pair_up(p);
        struct ik_ike_info info = told(p, 1);
        memcpy(seen[i], info.peer_id, 16);
        free(p);
    }
    cr_assert_eq(memcmp(seen[0], seen[1], 16), 0);
    cr_assert_neq(memcmp(seen[0], seen[2], 16), 0);
}

/* ---- Child SAs ------------------------------------------------------------------------------- */

static struct ik_child_info child_told(struct pair *p, unsigned who)
{
    struct ik_child_info info;
    memset(&info, 0x5a, sizeof info);
    cr_assert(
        ik_child_info(&p->end[who].node, pair_find(&p->end[who], IK_EV_CHILD_UP)->child, &info));
    return info;
}

Test(info, child_sa)
{
    struct ik_child_info none;
    struct pair *p = pair_new();
    pair_start(p);
    cr_assert_not(ik_child_info(&p->end[0].node, 0, &none));
    pair_up(p);
    struct ik_child_info a = child_told(p, 0), b = child_told(p, 1);
    cr_assert_eq(a.state, IK_CHILD_UP);
    cr_assert_eq(a.mode, IK_TUNNEL);
    cr_assert(!a.udp && !a.esn);
    cr_assert_eq(a.policy, 0);
    cr_assert_eq(a.ike, craft_sa(p, 0)->slot);
    cr_assert_eq(a.spi_in, b.spi_out);
    cr_assert_eq(a.spi_out, b.spi_in);
    cr_assert_eq(a.packets_out + a.packets_in + a.octets_in + a.octets_out + a.drops, 0);
    cr_assert(a.last_in == IK_NEVER && a.last_out == IK_NEVER);
    p->now += 5 * IK_SECOND;
    pair_assert_data(p, 0);
    ik_time sent = p->now;
    p->now += 3 * IK_SECOND;
    pair_assert_data(p, 1);
    a = child_told(p, 0);
    cr_assert_eq(a.packets_out, 1);
    cr_assert_eq(a.packets_in, 1);
    cr_assert_eq(a.octets_out, 40);
    cr_assert_eq(a.octets_in, 40);
    cr_assert_eq(a.seq_in, 1);
    cr_assert_eq(a.seq_out, 1);
    cr_assert_eq(a.last_out, sent);
    cr_assert_eq(a.last_in, p->now);
    cr_assert_eq(a.drops, 0);
    free(p);
}

Test(info, only_of_a_child_sa_that_is_there)
{
    struct ik_child_info info;
    struct pair *p = pair_new();
    pair_start(p);
    pair_up(p);
    cr_assert_not(ik_child_info(&p->end[0].node, PAIR_SAS, &info));
    cr_assert_not(ik_child_info(&p->end[0].node, IK_NO_SLOT, &info));
    ik_node_down(&p->end[0].node, p->now, IK_NO_SLOT);
    pair_pass(p, 60 * IK_SECOND);
    for (uint16_t i = 0; i < PAIR_SAS; i++) {
        cr_assert_not(ik_child_info(&p->end[0].node, i, &info));
    }
    free(p);
}
