/* SPDX-License-Identifier: MIT */
/*
 * What changes IKE_AUTH is used only as both ends have said before. RFC 6023 section 3: a request
 * without a Child SA only after its responder's CHILDLESS_IKEV2_SUPPORTED, and a response without
 * one only to such a request.
 */
#include <string.h>

#include "sim/spy.h"

/* Bits of what was seen of an IKE SA that opens. */
enum { CHILDLESS_OFFERED = 1, CHILD_ASKED = 2 };

/* By the initiator's SPI alone: the responder's may be bent on its way, which AUTH finds out. */
static uint64_t *seen_of(struct sim_spy *spy, const struct ik_hdr *hdr)
{
    uint64_t word, key;
    bool fresh;

    memcpy(&word, hdr->spi_i, IK_SPI_LEN);
    key = sim_map_key(&word, 1);
    sim_map_put(&spy->offered, key, 0, &fresh);
    return sim_map_at(&spy->offered, key);
}

static bool says(const struct sim_seen *m, uint16_t type)
{
    struct ik_notify n;

    return ik_notify_find(&m->msg, type, &n);
}

static void check_request(struct sim_spy *spy, const struct sim_seen *m, uint64_t *seen)
{
    if (ik_msg_find(&m->msg, IK_PL_SA))
        *seen |= CHILD_ASKED;
    else if (!(*seen & CHILDLESS_OFFERED))
        sim_spy_fail(spy, "n%u: IKE_AUTH without a Child SA, which nobody has offered", m->node);
}

static bool refuses(const struct ik_msg *msg)
{
    struct ik_notify n;
    uint8_t i = 0;

    while (ik_notify_next(msg, &i, &n)) {
        if (n.type < IK_N_INITIAL_CONTACT)
            return true;
    }
    return false;
}

static void check_response(struct sim_spy *spy, const struct sim_seen *m, uint64_t seen)
{
    bool has = ik_msg_find(&m->msg, IK_PL_SA) != NULL;

    if (!refuses(&m->msg) && has != ((seen & CHILD_ASKED) != 0))
        sim_spy_fail(spy, "n%u: answers IKE_AUTH %s", m->node,
                     has ? "with a Child SA that nobody asked for" : "without the Child SA");
}

void sim_check_offered(struct sim_spy *spy, const struct sim_seen *m)
{
    bool response = (m->hdr.flags & IK_FLAG_RESPONSE) != 0;
    uint64_t *seen = seen_of(spy, &m->hdr);

    if (m->hdr.exchange == IK_EX_IKE_SA_INIT && response && says(m, IK_N_CHILDLESS_IKEV2_SUPPORTED))
        *seen |= CHILDLESS_OFFERED;
    if (m->hdr.exchange != IK_EX_IKE_AUTH || !m->sa)
        return;
    if (response)
        check_response(spy, m, *seen);
    else
        check_request(spy, m, seen);
}
