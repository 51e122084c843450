/* SPDX-License-Identifier: MIT */
/* Nonces, private values (seen by their public values) and SPIs are drawn anew each time. */
#include <string.h>

#include "sim/spy.h"

/* An SPI of ESP has few random bits where the pool's slot stands in the others: of the hundred SAs
 * of a run, two may well draw the same. A generator that stands still draws the same always. */
#define ESP_SPIS_AGAIN_MAX 3

enum { OF_NONCE = 1, OF_PUBLIC, OF_SPI_I, OF_SPI_R, OF_ESP_SPI };

static uint64_t thing(unsigned kind, struct ik_span span)
{
    return sim_spy_digest(kind, span.p, span.len);
}

/* True if it was seen, drawn for something else. */
static bool again(struct sim_spy *spy, uint64_t what, uint64_t owner)
{
    bool fresh;

    return sim_map_put(&spy->fresh, what, owner, &fresh) != owner;
}

/* For what the sender drew it: an IKE_SA_INIT request begins anew with the same nonce and SPI after
 * a cookie or another group (RFC 7296 2.6, 2.7); everything else is one message. */
static uint64_t purpose(const struct sim_seen *m, uint32_t msgid)
{
    uint64_t words[5] = {m->node,
                         (uint64_t)m->hdr.exchange << 8 | (m->hdr.flags & IK_FLAG_RESPONSE), msgid};

    memcpy(&words[3], m->hdr.spi_i, IK_SPI_LEN);
    memcpy(&words[4], m->hdr.spi_r, IK_SPI_LEN);
    return sim_map_key(words, 5);
}

static void check_ike_spi(struct sim_spy *spy, const struct sim_seen *m, uint64_t nonce)
{
    bool response = (m->hdr.flags & IK_FLAG_RESPONSE) != 0;
    const uint8_t *spi = response ? m->hdr.spi_r : m->hdr.spi_i;
    uint64_t words[2] = {m->node, nonce};

    /* An older self that began with a ticket, and is refused, draws another nonce than the younger
     * one has drawn. */
    if (again(spy, thing(response ? OF_SPI_R : OF_SPI_I, (struct ik_span){spi, IK_SPI_LEN}),
              sim_map_key(words, 2)) &&
        !sim_spy_is_restored(spy, m->node))
        sim_spy_fail(spy, "n%u: gives an IKE SPI that was given before", m->node);
}

/* A Child SA that is not up keeps its SPI, in as many requests as the peer refuses for now or for
 * their group (RFC 7296 1.3, 2.25). */
static void check_esp_spi(struct sim_spy *spy, const struct sim_seen *m)
{
    bool asks = m->hdr.exchange == IK_EX_CREATE_CHILD_SA && !(m->hdr.flags & IK_FLAG_RESPONSE);
    uint64_t owner = purpose(m, asks ? 0 : m->hdr.msgid);
    const struct ik_payload *sa = ik_msg_find(&m->msg, IK_PL_SA);
    struct ik_wire_proposal p;
    uint16_t at = 0;

    while (sa && at < sa->body.len && ik_sa_next(&sa->body, &at, &p) == IK_OK) {
        if ((p.protocol != IK_PROTO_ESP && p.protocol != IK_PROTO_AH) ||
            !again(spy, thing(OF_ESP_SPI + m->node, p.spi), owner))
            continue;
        if (sim_spy_is_restored(spy, m->node))
            continue; /* it does once more what it did after the copy was taken */
        if (++spy->esp_spis_again > ESP_SPIS_AGAIN_MAX)
            sim_spy_fail(spy, "n%u: gives the same SPI of ESP again and again", m->node);
        return; /* all proposals of a message have the same */
    }
}

void sim_check_fresh(struct sim_spy *spy, const struct sim_seen *m)
{
    const struct ik_payload *nonce = ik_msg_find(&m->msg, IK_PL_NONCE);
    const struct ik_payload *ke = ik_msg_find(&m->msg, IK_PL_KE);
    uint64_t owner = purpose(m, m->hdr.msgid);

    if (nonce && again(spy, thing(OF_NONCE, nonce->body), owner))
        sim_spy_fail(spy, "n%u: a nonce serves twice", m->node);
    if (ke && again(spy, thing(OF_PUBLIC, ke->body), owner))
        sim_spy_fail(spy, "n%u: a private value serves twice", m->node);
    if (nonce && m->hdr.exchange == IK_EX_IKE_SA_INIT)
        check_ike_spi(spy, m, thing(OF_NONCE, nonce->body));
    if (m->sa)
        check_esp_spi(spy, m);
}
