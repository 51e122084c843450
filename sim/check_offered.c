/* SPDX-License-Identifier: MIT */
/*
 * What changes IKE_AUTH is used only as both ends have said before. RFC 6023 section 3: a request
 * without a Child SA only after its responder's CHILDLESS_IKEV2_SUPPORTED, and a response without
 * one only to such a request. RFC 8784 section 3: PPK_IDENTITY only after the responder's USE_PPK,
 * in each of the two messages only with the other's; NO_PPK_AUTH is not AUTH, for the key makes a
 * difference; and whoever confirms it has mixed it into its keys.
 */
#include <string.h>

#include "sim/spy.h"

/* Bits of what was seen of an IKE SA that opens. */
enum { CHILDLESS_OFFERED = 1, CHILD_ASKED = 2, PPK_OFFERED = 4, PPK_NAMED = 8, PPK_WAIVED = 16 };

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

static void check_ppk_request(struct sim_spy *spy, const struct sim_seen *m, uint64_t *seen)
{
    struct ik_notify plain;
    struct ik_auth auth;
    const struct ik_payload *proof = ik_msg_find(&m->msg, IK_PL_AUTH);
    bool waived = ik_notify_find(&m->msg, IK_N_NO_PPK_AUTH, &plain);

    if (!says(m, IK_N_PPK_IDENTITY))
        return;
    if (!(*seen & PPK_OFFERED))
        sim_spy_fail(spy, "n%u: names a PPK without USE_PPK", m->node);
    *seen |= PPK_NAMED | (waived ? PPK_WAIVED : 0);
    if (waived && proof && ik_auth_parse(proof->body, &auth) == IK_OK &&
        auth.data.len == plain.data.len && memcmp(auth.data.p, plain.data.p, plain.data.len) == 0)
        sim_spy_fail(spy, "n%u: its AUTH is the same with and without a PPK", m->node);
}

static void check_ppk_response(struct sim_spy *spy, const struct sim_seen *m, uint64_t seen)
{
    bool confirmed = says(m, IK_N_PPK_IDENTITY);

    if (!ik_msg_find(&m->msg, IK_PL_AUTH))
        return;
    if (confirmed && !(seen & PPK_NAMED))
        sim_spy_fail(spy, "n%u: takes a PPK that nobody has named", m->node);
    if (!confirmed && (seen & PPK_NAMED) && !(seen & PPK_WAIVED))
        sim_spy_fail(spy, "n%u: leaves out a PPK that its peer requires", m->node);
    if (confirmed != m->sa->ppk)
        sim_spy_fail(spy, "n%u: %s a PPK, and says otherwise", m->node,
                     m->sa->ppk ? "uses" : "does not use");
}

static void see_init(const struct sim_seen *m, uint64_t *seen)
{
    *seen |= says(m, IK_N_CHILDLESS_IKEV2_SUPPORTED) ? CHILDLESS_OFFERED : 0;
    *seen |= says(m, IK_N_USE_PPK) ? PPK_OFFERED : 0;
}

void sim_check_offered(struct sim_spy *spy, const struct sim_seen *m)
{
    bool response = (m->hdr.flags & IK_FLAG_RESPONSE) != 0;
    uint64_t *seen = seen_of(spy, &m->hdr);

    if (sim_spy_opens(m->hdr.exchange) && response)
        see_init(m, seen);
    if (m->hdr.exchange != IK_EX_IKE_AUTH || !m->sa)
        return;
    if (response) {
        check_response(spy, m, *seen);
        check_ppk_response(spy, m, *seen);
    } else {
        check_request(spy, m, seen);
        check_ppk_request(spy, m, seen);
    }
}
