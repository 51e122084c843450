/* SPDX-License-Identifier: MIT */
#include "sim/insider.h"

#include <string.h>

#define ROOM 3000
#define MARKER_LEN 4
#define ESP_HDR 8

static bool one_in(struct sim_rng *r, uint32_t n)
{
    return sim_rng_hit(r, (struct sim_ratio){1, n});
}

static uint8_t octet(struct sim_rng *r)
{
    return (uint8_t)sim_rng_below(r, 256);
}

/* ---- payloads -------------------------------------------------------------------------------- */

static void put_junk(struct sim_rng *r, struct ik_chain *c, uint8_t type, uint16_t len)
{
    uint8_t junk[64];

    sim_rng_bytes(r, junk, sizeof junk);
    ik_payload_open(c, type);
    for (uint16_t i = 0; i < len && !c->w.bad && c->w.len < c->w.cap; i++)
        c->w.buf[c->w.len++] = junk[i % sizeof junk];
    ik_payload_close(c);
}

static void put_notify(struct sim_rng *r, struct ik_chain *c)
{
    static const uint16_t known[] = {IK_N_INVALID_SYNTAX,
                                     IK_N_AUTHENTICATION_FAILED,
                                     IK_N_NO_PROPOSAL_CHOSEN,
                                     IK_N_INVALID_SELECTORS,
                                     IK_N_TEMPORARY_FAILURE,
                                     IK_N_CHILD_SA_NOT_FOUND,
                                     IK_N_INITIAL_CONTACT,
                                     IK_N_SET_WINDOW_SIZE,
                                     IK_N_INVALID_MESSAGE_ID,
                                     IK_N_REKEY_SA,
                                     IK_N_COOKIE,
                                     IK_N_HTTP_CERT_LOOKUP_SUPPORTED};
    uint8_t data[32];
    bool spi = one_in(r, 3);

    sim_rng_bytes(r, data, sizeof data);
    uint16_t type = one_in(r, 2) ? known[sim_rng_below(r, sizeof known / sizeof *known)]
                                 : (uint16_t)sim_rng_below(r, 65536);
    uint16_t len = (uint16_t)sim_rng_below(r, sizeof data);
    ik_notify_put(c, &(struct ik_notify){.protocol = spi ? IK_PROTO_ESP : IK_PROTO_NONE,
                                         .type = type,
                                         .spi = {data, spi ? 4 : 0},
                                         .data = {data, len}});
}

/* Of SPIs that are not there, now and then of one that is; of the IKE SA. */
static void put_delete(struct sim_rng *r, struct ik_chain *c, const struct sim_sa *child)
{
    uint8_t spis[4 * 9];
    uint16_t n = (uint16_t)sim_rng_below(r, 10);

    if (one_in(r, 8)) {
        ik_delete_put(c, &(struct ik_delete){.protocol = IK_PROTO_IKE});
        return;
    }
    sim_rng_bytes(r, spis, sizeof spis);
    if (child && one_in(r, 4)) {
        for (int i = 0; i < 4; i++)
            spis[i] = (uint8_t)(child->spi_out >> (24 - 8 * i));
    }
    ik_delete_put(c, &(struct ik_delete){.protocol = one_in(r, 4) ? IK_PROTO_AH : IK_PROTO_ESP,
                                         .spi_size = 4,
                                         .count = n,
                                         .spis = {spis, (uint16_t)(4 * n)}});
}

static void put_payload(struct sim_rng *r, struct ik_chain *c, const struct sim_sa *child)
{
    static const uint8_t types[] = {IK_PL_SA,  IK_PL_KE,     IK_PL_NONCE,   IK_PL_TSI, IK_PL_TSR,
                                    IK_PL_IDI, IK_PL_VENDOR, IK_PL_CERTREQ, IK_PL_CP,  IK_PL_EAP};
    uint16_t at = c->w.len, len;
    uint8_t type;

    /* One draw a statement: C does not say in which order arguments are evaluated. */
    switch (sim_rng_below(r, 5)) {
    case 0:
    case 1:
        put_notify(r, c);
        break;
    case 2:
        put_delete(r, c, child);
        break;
    case 3: /* nobody's */
        type = (uint8_t)sim_rng_between(r, 54, 255);
        len = (uint16_t)sim_rng_below(r, 100);
        put_junk(r, c, type, len);
        break;
    default:
        type = types[sim_rng_below(r, sizeof types)];
        len = (uint16_t)sim_rng_below(r, 100);
        put_junk(r, c, type, len);
        break;
    }
    /* Reserved bits are ignored (RFC 7296 3.2); the critical one is of known types, too (2.5). */
    if (!c->w.bad && one_in(r, 4))
        c->w.buf[at + 1] |= (uint8_t)sim_rng_below(r, 128);
    if (!c->w.bad && one_in(r, 8))
        c->w.buf[at + 1] |= 0x80;
}

/* ---- messages -------------------------------------------------------------------------------- */

static uint8_t draw_exchange(struct sim_rng *r)
{
    static const uint8_t all[] = {IK_EX_INFORMATIONAL,
                                  IK_EX_INFORMATIONAL,
                                  IK_EX_CREATE_CHILD_SA,
                                  IK_EX_IKE_AUTH,
                                  IK_EX_IKE_SA_INIT,
                                  43,
                                  240};

    return all[sim_rng_below(r, sizeof all)];
}

/* Mostly the next one; else any other near it, or far. */
static uint32_t draw_msgid(struct sim_rng *r, const struct ik_hdr *hdr)
{
    uint32_t next = (hdr->flags & IK_FLAG_RESPONSE) ? 0 : hdr->msgid + 1;

    if (!one_in(r, 3))
        return next;
    if (one_in(r, 2))
        return next + (uint32_t)sim_rng_below(r, 4) - 2;
    return (uint32_t)sim_rng_below(r, UINT64_C(1) << 32);
}

static struct ik_hdr draw_header(struct sim_rng *r, const struct ik_hdr *heard)
{
    struct ik_hdr hdr = *heard;

    hdr.exchange = draw_exchange(r);
    hdr.flags &= IK_FLAG_INITIATOR;
    hdr.msgid = draw_msgid(r, heard);
    if (one_in(r, 4))
        hdr.flags |= IK_FLAG_RESPONSE;
    if (one_in(r, 6)) /* reserved flags and a later minor version: to be ignored (3.1) */
        hdr.flags |= (uint8_t)(octet(r) & 0xc7);
    if (one_in(r, 6))
        hdr.version = (uint8_t)(0x20 | sim_rng_below(r, 16));
    return hdr;
}

/* One octet of the text is another: lengths, types and counts that do not fit. */
static void bend(struct sim_rng *r, struct ik_chain *c)
{
    if (c->w.len > c->text_at && one_in(r, 3)) {
        uint64_t at = sim_rng_between(r, c->text_at, c->w.len - 1u);
        c->w.buf[at] ^= octet(r);
    }
}

static void deliver(struct sim *s, const struct sim_insider *in, uint8_t *buf, uint16_t len)
{
    bool marked = in->path.carrier == IK_CARRIER_UDP4500;

    memset(buf, 0, MARKER_LEN);
    sim_note(s, "insider for n%u len=%u", in->victim, len);
    if (marked)
        sim_rx(s, in->victim, &in->path, buf, (uint16_t)(len + MARKER_LEN));
    else
        sim_rx(s, in->victim, &in->path, buf + MARKER_LEN, len);
}

/* Does the other end have that Child SA, too? */
static bool shared(const struct sim *s, const struct sim_sa *sa, uint16_t with)
{
    const struct sim_sa *other = sim_spy_child(&s->spy, with, sa->spi_in, false);

    return other && !other->ended && other->spi_in == sa->spi_out;
}

static const struct sim_sa *a_child(const struct sim *s, const struct sim_insider *in)
{
    for (size_t i = s->spy.sas_n; i > 0; i--) {
        const struct sim_sa *sa = s->spy.sas[i - 1];
        if (sa->child && !sa->ended && sa->node == in->victim && shared(s, sa, in->from))
            return sa;
    }
    return NULL;
}

bool sim_insider_ike(struct sim *s, const struct sim_insider *in, struct sim_rng *r)
{
    const struct sim_sa *sa = sim_spy_ike(&s->spy, in->victim, &in->hdr);
    const struct sim_sa *child = a_child(s, in);
    struct ik_hdr hdr = draw_header(r, &in->hdr);
    bool by_i = (in->hdr.flags & IK_FLAG_INITIATOR) != 0;
    uint8_t buf[MARKER_LEN + ROOM];
    uint16_t aad_len, text_len, number, total;
    struct ik_chain c;

    if (!sa || sa->ended || in->path.carrier == IK_CARRIER_ESP)
        return false;
    ik_msg_begin(&c, buf + MARKER_LEN, ROOM, &hdr);
    total = one_in(r, 4) ? (uint16_t)sim_rng_between(r, 1, 4) : 0;
    number = total ? (uint16_t)sim_rng_between(r, 1, total) : 0;
    ik_sk_open(&c, sa->encr->iv_len, number, total);
    for (uint64_t n = one_in(r, 8) ? sim_rng_below(r, 60) : sim_rng_below(r, 5); n > 0; n--)
        put_payload(r, &c, child);
    bend(r, &c);
    ik_sk_close(&c, IK_PL_NONE, sa->encr->block, sa->integ ? sa->integ->icv_len : sa->encr->icv_len,
                &aad_len, &text_len);
    if (c.w.bad)
        return true;
    sim_rng_bytes(r, c.w.buf + c.iv_at, sa->encr->iv_len);
    sim_spy_seal(sa, &sa->keys[by_i ? SIM_SK_EI : SIM_SK_ER],
                 &sa->keys[by_i ? SIM_SK_AI : SIM_SK_AR], c.w.buf, aad_len, text_len);
    deliver(s, in, buf, c.w.len);
    return true;
}

/* ---- packets --------------------------------------------------------------------------------- */

/* A packet of nobody's addresses. */
static uint16_t draw_stranger(struct sim_rng *r, uint8_t *ip)
{
    uint16_t len = (uint16_t)sim_rng_between(r, 20, 200);
    uint32_t sum = 0;

    sim_rng_bytes(r, ip, len);
    memcpy(ip, (const uint8_t[12]){0x45, 0, 0, (uint8_t)len, 0, 0, 0, 0, 64, 61}, 12);
    ip[12] = ip[16] = 240;
    for (uint8_t i = 0; i < 20; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = ~(sum + (sum >> 16));
    ip[10] = (uint8_t)(sum >> 8);
    ip[11] = (uint8_t)sum;
    return len;
}

/* Text that no receiver may deliver: it is outside of all selectors and, half of the time, wrong in
 * another way as well: no packet at all, padding, its length, next header. Answers its length. */
static uint16_t draw_text(struct sim_rng *r, uint8_t *text, uint8_t block)
{
    uint16_t len = draw_stranger(r, text);
    uint16_t unit = block > 4 ? block : 4;
    uint64_t flaw = sim_rng_below(r, 8);
    uint8_t pad;

    if (flaw == 0) {
        len = (uint16_t)sim_rng_below(r, len);
        sim_rng_bytes(r, text, len);
    }
    pad = (uint8_t)((0u - len - 2u) & (unit - 1u));
    for (uint8_t i = 0; i < pad; i++)
        text[len + i] = flaw == 1 ? octet(r) : (uint8_t)(i + 1);
    text[len + pad] = flaw == 2 ? octet(r) : pad;
    text[len + pad + 1] = flaw == 3 ? octet(r) : IK_IP_IPV4;
    return (uint16_t)(len + pad + 2);
}

bool sim_insider_esp(struct sim *s, const struct sim_insider *in, struct sim_rng *r)
{
    const struct sim_sa *sa = a_child(s, in);
    struct ik_path path = in->path;
    uint8_t buf[ROOM];
    uint16_t len;
    uint32_t seq;

    /* In transport mode any text is somebody's packet. */
    if (!sa || sa->mode != IK_TUNNEL || sa->ah)
        return false;
    /* Mostly ahead of what the peer itself has sent, and rising. */
    seq = (uint32_t)((s->clock.now - s->opts.start) / IK_MS + 1000 + sim_rng_below(r, 32));
    if (sim_rng_below(r, 20) == 0)
        seq = (uint32_t)sim_rng_below(r, UINT64_C(1) << 32);
    for (int i = 0; i < 4; i++) {
        buf[i] = (uint8_t)(sa->spi_in >> (24 - 8 * i));
        buf[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    }
    sim_rng_bytes(r, buf + ESP_HDR, sa->encr->iv_len);
    len = draw_text(r, buf + ESP_HDR + sa->encr->iv_len, sa->encr->block);
    sim_spy_seal(sa, &sa->keys[SIM_ENCR_IN], &sa->keys[SIM_INTEG_IN], buf, ESP_HDR, len);
    len = (uint16_t)(ESP_HDR + sa->encr->iv_len + len +
                     (sa->integ ? sa->integ->icv_len : sa->encr->icv_len));
    if (path.carrier == IK_CARRIER_UDP500)
        path.carrier = IK_CARRIER_ESP;
    sim_note(s, "insider for n%u ESP len=%u", in->victim, len);
    sim_rx(s, in->victim, &path, buf, len);
    return true;
}
