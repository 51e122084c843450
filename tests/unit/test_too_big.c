/* SPDX-License-Identifier: MIT */
/* A router says that a datagram was too big (RFC 7383 2.5.2): what is believed, and of whom. */
#include "craft.h"

#define SIZE 1400

static struct ik_reassembly places[2][2];
static struct ik_buffer sealed[2];

/* Both ends are up, and take fragments. */
static struct pair *begin(void)
{
    struct pair *p = pair_new();
    for (unsigned who = 0; who < 2; who++) {
        p->end[who].host.reassemblies = places[who];
        p->end[who].host.reassemblies_n = 2;
        p->end[who].host.fragment = &sealed[who];
        p->end[who].peer[0].fragment = SIZE;
    }
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    return p;
}

/* The first octets of a message of that end, with room for the marker. */
static void quote(struct pair *p, unsigned who, uint8_t out[4 + IK_HDR_LEN])
{
    struct ik_hdr hdr;
    struct ik_wr w;
    memset(out, 0, 4);
    ik_hdr_fill(craft_sa(p, who), &hdr, IK_EX_INFORMATIONAL, false, 7);
    hdr.len = 1390;
    ik_wr_init(&w, out + 4, IK_HDR_LEN);
    ik_hdr_put(&w, &hdr);
    cr_assert(ik_wr_ok(&w));
}

static void tell(struct pair *p, unsigned who, uint8_t carrier, const uint8_t *quoted, uint16_t len,
                 uint16_t mtu)
{
    struct ik_path path = craft_sa(p, who)->route.path;
    path.carrier = carrier;
    ik_node_too_big(&p->end[who].node, p->now, &path, (struct ik_span){quoted, len}, mtu);
}

static void expect(struct pair *p, unsigned who, uint16_t size, uint32_t heeded, uint32_t dropped)
{
    const struct ik_counters *c = &p->end[who].node.env.counters;
    cr_assert_eq(craft_sa(p, who)->route.fragment, size);
    cr_assert_eq(c->count[IK_COUNT_TOO_BIG], heeded);
    cr_assert_eq(c->drop[IK_DROP_TOO_BIG], dropped);
}

Test(too_big, of_either_end_by_either_port)
{
    for (unsigned k = 0; k < 4; k++) {
        struct pair *p = begin();
        uint8_t q[4 + IK_HDR_LEN];
        unsigned who = k / 2;
        bool marked = k % 2 != 0;
        quote(p, who, q);
        tell(p, who, marked ? IK_CARRIER_UDP4500 : IK_CARRIER_UDP500, marked ? q : q + 4,
             IK_HDR_LEN + (marked ? 4 : 0), 1000);
        expect(p, who, 1000, 1, 0);
        expect(p, !who, SIZE, 0, 0);
    }
}

/* Only what is smaller than before, and no smaller than any host takes. */
Test(too_big, sizes)
{
    static const struct {
        uint16_t told, size;
    } rows[] = {{65535, SIZE}, {SIZE, SIZE}, {SIZE - 1, SIZE - 1}, {SIZE, SIZE - 1},
                {900, 900},    {0, 576},     {576, 576},           {68, 576}};
    struct pair *p = begin();
    uint8_t q[4 + IK_HDR_LEN];
    uint32_t heeded = 0;
    quote(p, 0, q);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        heeded += rows[i].size < craft_sa(p, 0)->route.fragment;
        tell(p, 0, IK_CARRIER_UDP500, q + 4, IK_HDR_LEN, rows[i].told);
        expect(p, 0, rows[i].size, heeded, 0);
    }
    cr_assert_eq(heeded, 3);
}

/* Anybody can say so: the SPI of ours is what a stranger has to guess. */
Test(too_big, of_no_message_of_ours)
{
    struct pair *p = begin();
    uint8_t q[4 + IK_HDR_LEN];
    uint32_t dropped = 0;
    quote(p, 0, q);
    for (unsigned bit = 0; bit < 64; bit++) {
        q[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        tell(p, 0, IK_CARRIER_UDP500, q + 4, IK_HDR_LEN, 1000);
        expect(p, 0, SIZE, 0, ++dropped);
        q[4 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    q[4 + 19] ^= IK_FLAG_INITIATOR; /* as the peer's would be */
    tell(p, 0, IK_CARRIER_UDP500, q + 4, IK_HDR_LEN, 1000);
    expect(p, 0, SIZE, 0, ++dropped);
}

Test(too_big, every_truncation)
{
    struct pair *p = begin();
    uint8_t q[4 + IK_HDR_LEN];
    quote(p, 0, q);
    for (uint16_t len = 0; len < IK_HDR_LEN; len++)
        tell(p, 0, IK_CARRIER_UDP500, q + 4, len, 1000);
    for (uint16_t len = 0; len < 4 + IK_HDR_LEN; len++)
        tell(p, 0, IK_CARRIER_UDP4500, q, len, 1000);
    expect(p, 0, SIZE, 0, 4); /* of less than a marker nobody knows what it is */
}

/* ESP and AH of no Child SA. */
Test(too_big, of_esp)
{
    struct pair *p = begin();
    uint8_t q[4 + IK_HDR_LEN];
    quote(p, 0, q);
    tell(p, 0, IK_CARRIER_ESP, q + 4, IK_HDR_LEN, 1000);
    tell(p, 0, IK_CARRIER_AH, q + 4, IK_HDR_LEN, 1000);
    q[3] = 1; /* an SPI of ESP in the place of the marker */
    tell(p, 0, IK_CARRIER_UDP4500, q, sizeof q, 1000);
    expect(p, 0, SIZE, 0, 3);
}

/* Without fragments agreed on nothing can be made smaller. */
Test(too_big, no_fragments)
{
    struct pair *p = pair_new();
    uint8_t q[4 + IK_HDR_LEN];
    pair_start(p);
    pair_up(p);
    pair_assert_up(p);
    quote(p, 0, q);
    tell(p, 0, IK_CARRIER_UDP500, q + 4, IK_HDR_LEN, 1000);
    expect(p, 0, 0, 0, 0);
}
