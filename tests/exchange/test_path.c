/* SPDX-License-Identifier: MIT */
/* Paths that are narrower than their first hop (RFC 4301 8.2): what is told there, and inside. */
#include "story.h"

#include <string.h>

#include "sim/node.h"

#define V6_LEAST 1280
#define LARGE 1350 /* octets of payload that no narrow path takes */
#define PLACES 8
#define TEN_MINUTES (601 * IK_SECOND)

static void udp(struct sim_conf *a, struct sim_conf *b)
{
    a->peers[0].force_natt = b->peers[0].force_natt = true;
}

/* Both are up, and from now on the path takes so much. */
static struct sim *begin(const struct sim_pair *p, uint16_t mtu)
{
    struct sim *s = sim_new(&(struct sim_opts){.seed = 1});
    const struct story_step up[] = {UP(A, 0), UP_BOTH};

    sim_pair_add(s, p);
    cr_assert(story_run(s, p, up, STEPS_N(up)));
    s->nodes[A]->opts.link.mtu = mtu;
    s->nodes[A]->opts.link.tells = true;
    s->nodes[A]->opts.link.cuts = true;
    return s;
}

static void end(struct sim *s)
{
    cr_assert_not(s->failed, "%s", s->why);
    sim_free(s);
}

static struct ik_addr host(struct sim *s, const struct sim_pair *p, uint16_t who)
{
    static const char *const four[] = {"10.1.0.1", "10.2.0.1"}, *const six[] = {"fd00:1::1",
                                                                                "fd00:2::1"};
    static const char *const outer4[] = {"192.0.2.1", "192.0.2.2"}, *const outer6[] = {
                                                                        "2001:db8::1",
                                                                        "2001:db8::2"};

    if (p->mode == IK_TRANSPORT)
        return sim_addr(s, p->v6 ? outer6[who] : outer4[who]);
    return sim_addr(s, p->inner6 ? six[who] : four[who]);
}

/* An inner packet of so many octets, that must not be cut. How many the other end has delivered
 * by and by. */
static uint32_t send(struct sim *s, const struct sim_pair *p, uint16_t from, uint16_t len)
{
    bool v6 = p->mode == IK_TRANSPORT ? p->v6 : p->inner6;
    const struct sim_inner in = {.src = host(s, p, from),
                                 .dst = host(s, p, !from),
                                 .payload = (uint16_t)(len - (v6 ? 48 : 28)),
                                 .to = (uint16_t)(1 + !from)};

    sim_traffic_send_odd(s, from, &in, v6 ? 1 : 6, v6 ? 0 : 0x40);
    sim_run_for(s, IK_SECOND);
    return s->nodes[!from]->delivered;
}

/* ---- each carrier, each way ------------------------------------------------------------------ */

/* The first large packet is lost; of the second its sender is told what fits; that fits. */
static void told(const struct sim_pair *p, uint16_t mtu, uint16_t from)
{
    struct sim *s = begin(p, mtu);
    const struct sim_node *n = s->nodes[from];

    cr_assert_eq(send(s, p, from, LARGE), 0);
    cr_assert_eq(sim_counted(s, from, IK_COUNT_TOO_BIG), 1);
    cr_assert_eq(n->icmp, 0);
    cr_assert_eq(send(s, p, from, LARGE), 0);
    cr_assert_eq(n->icmp, 1);
    cr_assert_eq(sim_dropped(s, from, IK_DROP_PATH_MTU), 1);
    uint16_t fits = n->icmp_mtu;
    cr_assert_eq(send(s, p, from, fits), 1);
    cr_assert_eq(send(s, p, from, (uint16_t)(fits + 1)), 1);
    cr_assert_eq(n->icmp, 2);
    cr_assert_eq(n->icmp_mtu, fits);
    cr_assert_eq(sim_counted(s, from, IK_COUNT_TOO_BIG), 1);
    cr_assert_eq(sim_dropped(s, from, IK_DROP_TOO_BIG), 0);
    /* Nothing was told too small: it was not IPv6's least, one octet more would not have fitted. */
    sim_run_for(s, TEN_MINUTES);
    cr_assert_eq(send(s, p, from, (uint16_t)(fits + 1)), 1);
    cr_assert_eq(sim_counted(s, from, IK_COUNT_TOO_BIG), 2);
    end(s);
}

static void both_ways(struct sim_pair p, uint16_t mtu)
{
    for (unsigned k = 0; k < 4; k++) {
        p.v6 = k / 2 != 0;
        p.inner6 = p.mode == IK_TUNNEL && k % 2 != 0;
        told(&p, (uint16_t)(mtu + 80u * (k % 2)), A);
        told(&p, (uint16_t)(mtu + 80u * (k % 2)), B);
    }
}

Test(path, esp_behind_a_narrow_router)
{
    both_ways((struct sim_pair){.esp_a = "aes128gcm16"}, 1310);
}

Test(path, esp_in_udp_behind_a_narrow_router)
{
    both_ways((struct sim_pair){.tune = udp}, 1310);
}

Test(path, ah_behind_a_narrow_router, FULL)
{
    both_ways((struct sim_pair){.ah_a = "sha256"}, 1310);
}

Test(path, transport_mode_behind_a_narrow_router)
{
    for (unsigned k = 0; k < 2; k++) {
        const struct sim_pair p = {.mode = IK_TRANSPORT, .ah_a = k != 0 ? "sha256" : NULL};
        told(&p, 1340, A);
        told(&p, 1340, B);
    }
}

/* Nobody but its sender may cut IPv6, and in transport mode only behind ESP (RFC 4303 3.3.4). */
Test(path, transport_mode_of_ipv6_leaves_in_pieces)
{
    for (unsigned k = 0; k < 2; k++) {
        const struct sim_pair p = {
            .mode = IK_TRANSPORT, .v6 = true, .ah_a = k != 0 ? "sha256" : NULL};
        struct sim *s = begin(&p, 1340);
        cr_assert_eq(send(s, &p, A, LARGE), 0);
        cr_assert_eq(send(s, &p, A, LARGE), 1);
        cr_assert_eq(send(s, &p, A, 3000), 2);
        cr_assert_eq(s->nodes[A]->icmp, 0);
        end(s);
    }
}

/* Whatever the padding: so many octets and no more. */
Test(path, what_is_told_inside_is_exact, FULL)
{
    static const char *const suites[] = {"aes128gcm16",      "aes128-sha256", "null-sha1",
                                         "chacha20poly1305", "aes256-sha512", "aes128ccm8iiv",
                                         "aes128ctr-aescmac"};
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        for (uint16_t k = 0; k < 17; k++) {
            const struct sim_pair p = {
                .esp_a = suites[i], .v6 = k % 2 != 0, .tune = k % 3 ? NULL : udp};
            told(&p, (uint16_t)(1301 + k), k % 2);
        }
    }
}

/* ---- what can't be asked for less ------------------------------------------------------------ */

/* ESP over IPv6 behind a router of 1280: IPv6 inside is told its least, and that passes in pieces
 * (RFC 2473 7.1). */
Test(path, least_of_ipv6_leaves_in_pieces)
{
    for (unsigned k = 0; k < 4; k++) {
        const struct sim_pair p = {
            .v6 = k % 2 != 0, .inner6 = true, .tune = k / 2 % 2 ? udp : NULL};
        struct sim *s = begin(&p, V6_LEAST);
        cr_assert_eq(send(s, &p, A, 1300), 0);
        cr_assert_eq(send(s, &p, A, 1300), 0);
        cr_assert_eq(s->nodes[A]->icmp_mtu, V6_LEAST);
        cr_assert_eq(send(s, &p, A, V6_LEAST), 1);
        cr_assert_eq(send(s, &p, A, 1100), 2);
        end(s);
    }
}

/* ---- IPv4 that may be cut -------------------------------------------------------------------- */

/* Half a dozen packets of it, that may be cut; how many have come. */
static uint32_t loose(struct sim *s, const struct sim_pair *p, uint16_t payload)
{
    for (unsigned i = 0; i < 6; i++) {
        sim_pair_send(s, p, A, payload);
        sim_run_for(s, IK_SECOND);
    }
    return s->nodes[B]->delivered;
}

Test(path, ipv4_is_cut_before_it_is_sealed)
{
    for (unsigned k = 0; k < 4; k++) {
        struct sim_pair p = {.held = PLACES, .v6 = k % 2 != 0};
        p.ah_a = k / 2 ? "sha256" : NULL;
        struct sim *s = begin(&p, 1300);
        s->nodes[A]->opts.link.cuts = false;
        send(s, &p, A, LARGE);
        cr_assert_eq(loose(s, &p, LARGE), 6);
        cr_assert_eq(sim_counted(s, A, IK_COUNT_PACKETS_CUT), 6);
        cr_assert_eq(s->nodes[A]->icmp, 0);
        cr_assert_eq(loose(s, &p, 4000), 12); /* in four */
        end(s);
    }
}

/* Every size in pieces of every size. */
Test(path, pieces_of_every_size)
{
    const struct sim_pair p = {.held = PLACES};
    for (uint16_t mtu = 576; mtu < 592; mtu++) {
        struct sim *s = begin(&p, mtu);
        s->nodes[A]->opts.link.cuts = false;
        send(s, &p, A, LARGE);
        for (uint16_t payload = 480; payload < 3200; payload = (uint16_t)(payload + 79))
            sim_pair_send(s, &p, A, payload);
        sim_run_for(s, IK_SECOND);
        cr_assert_eq(s->nodes[B]->delivered, 35);
        end(s);
    }
}

/* Where no place is for the rest, it may be cut on its way. */
Test(path, ipv4_is_cut_behind_it_for_want_of_places)
{
    static const uint16_t places[] = {0, 2};
    for (unsigned k = 0; k < 2; k++) {
        const struct sim_pair p = {.held = places[k]};
        struct sim *s = begin(&p, 1300);
        send(s, &p, A, LARGE);
        cr_assert_eq(loose(s, &p, 4000), 6);
        cr_assert_eq(sim_counted(s, A, IK_COUNT_PACKETS_CUT), 0);
        end(s);
    }
}

/* RFC 4301 7: later pieces have no ports, so an SA of some ports does not take them. */
Test(path, ports_in_selectors)
{
    const struct sim_pair p = {
        .held = PLACES, .ts_a = "10.1.0.0/24[17/7]", .ts_b = "10.2.0.0/24[17/7]"};
    struct sim *s = begin(&p, 1300);
    send(s, &p, A, LARGE);
    cr_assert_eq(loose(s, &p, LARGE), 6);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_PACKETS_CUT), 0);
    end(s);
}

static void df_set(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->policies[0].df = IK_DF_SET;
}

static void df_clear(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->policies[0].df = IK_DF_CLEAR;
}

/* RFC 4301 8.1: where the outer header has it set, it is cut before; where it has it clear, nobody
 * need be told. */
Test(path, df_of_the_policy)
{
    const struct sim_pair set = {.held = PLACES, .tune = df_set},
                          clear = {.held = PLACES, .tune = df_clear};
    struct sim *s = begin(&set, 1300);
    cr_assert_eq(loose(s, &set, LARGE), 5); /* the first was too big */
    cr_assert_eq(sim_counted(s, A, IK_COUNT_PACKETS_CUT), 5);
    end(s);
    s = begin(&clear, 1300);
    s->nodes[A]->opts.link.cuts = false;
    cr_assert_eq(send(s, &clear, A, LARGE), 0); /* as if a host had set it after all */
    s->nodes[A]->opts.link.cuts = true;
    cr_assert_eq(send(s, &clear, A, LARGE), 1);
    cr_assert_eq(loose(s, &clear, LARGE), 7);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_PACKETS_CUT), 0);
    cr_assert_eq(s->nodes[A]->icmp, 0);
    end(s);
}

/* ---- for how long ---------------------------------------------------------------------------- */

/* Ten minutes later a larger one is tried (RFC 8201 4), and passes if the path takes it now. */
Test(path, ages)
{
    struct sim *s = begin(&plain, 1300);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    s->nodes[A]->opts.link.mtu = 0;
    sim_run_for(s, 590 * IK_SECOND);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    cr_assert_eq(s->nodes[A]->icmp, 1);
    sim_run_for(s, 11 * IK_SECOND);
    cr_assert_eq(send(s, &plain, A, LARGE), 1);
    end(s);
}

/* Narrower and narrower: what is told last counts; never more than before. */
Test(path, narrower_twice)
{
    struct sim *s = begin(&plain, 1300);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    s->nodes[A]->opts.link.mtu = 1000;
    cr_assert_eq(send(s, &plain, A, 1200), 0);
    cr_assert_eq(send(s, &plain, A, 1200), 0);
    cr_assert_eq(s->nodes[A]->icmp, 1);
    cr_assert_eq(send(s, &plain, A, s->nodes[A]->icmp_mtu), 1);
    end(s);
}

static uint16_t child_up(const struct sim *s, uint16_t node)
{
    uint16_t i = 0;
    while (s->nodes[node]->child_sas[i].state != IK_CHILD_UP)
        i++;
    return i;
}

static void may_rekey(struct sim_conf *a, struct sim_conf *b)
{
    (void)b;
    a->config.exchanges = ik_exchanges_all;
}

/* Whoever asked, both ends know what the path took before. */
static void rekeyed(uint16_t who)
{
    const struct sim_pair p = {.tune = may_rekey};
    struct sim *s = begin(&p, 1300);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    cr_assert_eq(send(s, &plain, B, LARGE), 0);
    sim_rekey_child(s, who, child_up(s, who));
    sim_run_for(s, 10 * IK_SECOND);
    for (uint16_t from = A; from <= B; from++) {
        cr_assert_eq(sim_counted(s, from, IK_COUNT_CHILD_SAS_UP), 2);
        cr_assert_eq(send(s, &plain, from, LARGE), 0);
        cr_assert_eq(s->nodes[from]->icmp, 1);
        cr_assert_eq(sim_counted(s, from, IK_COUNT_TOO_BIG), 1);
    }
    end(s);
}

Test(path, inherited_by_what_takes_its_place)
{
    rekeyed(A);
    rekeyed(B);
}

/* A link of IPv4 may take 68 octets (RFC 791 3.2). Nobody could go on in packets of that, so those
 * that fit 576 leave in pieces, whatever carries them. */
Test(path, narrower_than_any_host)
{
    static const uint16_t sizes[] = {68, 300, 575};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (unsigned k = 0; k < 3; k++) {
            struct sim_pair p = {.held = PLACES, .inner6 = k == 2};
            p.ah_a = k == 1 ? "sha256" : NULL;
            struct sim *s = begin(&p, sizes[i]);
            cr_assert_eq(send(s, &p, A, LARGE), 0);
            cr_assert_eq(sim_counted(s, A, IK_COUNT_TOO_BIG), 1);
            cr_assert_eq(send(s, &p, A, LARGE), 0); /* its sender is told */
            cr_assert_eq(s->nodes[A]->icmp, 1);
            cr_assert_eq(send(s, &p, A, s->nodes[A]->icmp_mtu), 1);
            cr_assert_eq(send(s, &p, A, 200), 2);
            cr_assert_eq(loose(s, &p, 400), 8);
            cr_assert_eq(s->nodes[A]->icmp, 1);
            end(s);
        }
    }
}

/* From 576 to less, and in ten minutes back. */
Test(path, narrower_than_any_host_at_last)
{
    struct sim *s = begin(&plain, 576);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    s->nodes[A]->opts.link.mtu = 400;
    cr_assert_eq(send(s, &plain, A, 500), 0);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_TOO_BIG), 2);
    cr_assert_eq(send(s, &plain, A, 500), 1);
    s->nodes[A]->opts.link.mtu = 0;
    sim_run_for(s, TEN_MINUTES);
    s->nodes[A]->opts.link.cuts = false;
    cr_assert_eq(send(s, &plain, A, LARGE), 2);
    end(s);
}

/* What takes its place goes on likewise. */
Test(path, narrower_than_any_host_inherited)
{
    const struct sim_pair p = {.tune = may_rekey};
    struct sim *s = begin(&p, 560);
    cr_assert_eq(send(s, &plain, A, LARGE), 0);
    sim_rekey_child(s, A, child_up(s, A));
    sim_run_for(s, 10 * IK_SECOND);
    cr_assert_eq(send(s, &plain, A, 510), 1);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_TOO_BIG), 1);
    end(s);
}

/* ---- who is not believed --------------------------------------------------------------------- */

/* A router's word to A of a packet with these first octets, sent on that path. */
static void say(struct sim *s, const struct ik_path *path, uint32_t spi, uint32_t seq, uint16_t mtu)
{
    struct sim_dgram *d = calloc(1, sizeof *d + 64);
    cr_assert_not_null(d);
    *d = (struct sim_dgram){.sim = s, .as_sent = *path, .mtu = mtu, .len = 64};
    for (unsigned i = 0; i < 4; i++) {
        d->data[i] = (uint8_t)(spi >> (24 - 8 * i));
        d->data[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
    sim_node_too_big(s->nodes[A], d);
    free(d);
}

/* With something wrong in each, it changes nothing but a counter. */
Test(path, forged)
{
    static const uint16_t sizes[] = {0, 1, 28, 67};
    struct sim *s = begin(&plain, 0);
    cr_assert_eq(send(s, &plain, A, LARGE), 1);
    const struct ik_child_sa *sa = &s->nodes[A]->child_sas[0];
    const struct ik_path good = sa->path;
    uint32_t spi = sa->out.spi, wrong = 0;

    for (unsigned bit = 0; bit < 32; bit++, wrong++)
        say(s, &good, spi ^ UINT32_C(1) << bit, 1, 1000);
    say(s, &good, sa->in.spi, 1, 1000);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++, wrong++)
        say(s, &good, spi, 1, sizes[i]);
    static const uint32_t numbers[] = {0, 2, 3, 1000, UINT32_MAX};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++, wrong++)
        say(s, &good, spi, numbers[i], 1000);
    struct ik_path p = good;
    p.remote.b[3] ^= 1;
    say(s, &p, spi, 1, 1000);
    p = good;
    p.local.b[3] ^= 1;
    say(s, &p, spi, 1, 1000);
    p = good;
    p.carrier = IK_CARRIER_UDP4500;
    say(s, &p, spi, 1, 1000);
    p.remote_port = 4500;
    say(s, &p, spi, 1, 1000);
    p = good;
    p.carrier = IK_CARRIER_AH;
    say(s, &p, spi, 1, 1000);
    wrong += 6;
    cr_assert_eq(sim_dropped(s, A, IK_DROP_TOO_BIG), wrong);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_TOO_BIG), 0);
    cr_assert_eq(sa->mtu, 0);
    cr_assert_eq(send(s, &plain, A, LARGE), 2);
    say(s, &good, spi, 1, 1000); /* the right one */
    say(s, &good, spi, 1, 1000); /* again: nothing new */
    say(s, &good, spi, 1, 1001); /* more than before */
    cr_assert_eq(sim_dropped(s, A, IK_DROP_TOO_BIG), wrong + 1);
    cr_assert_eq(sim_counted(s, A, IK_COUNT_TOO_BIG), 1);
    cr_assert_eq(sa->mtu, 1000);
    end(s);
}
