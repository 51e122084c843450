/* SPDX-License-Identifier: MIT */
/* How a remote of the swarm hides what it says, and when: ESP or AH, padding, dummies; and what its
 * handshakes leave out. */
#include "sim/swarm.h"

#include <string.h>

static const char *const suites[] = {"sha256",  "sha1",    "sha384",     "sha512",
                                     "aesxcbc", "aescmac", "aes128gmac", "aes256gmac"};

static bool one_in(struct sim_rng *r, uint64_t n)
{
    return sim_rng_below(r, n) == 0;
}

void swarm_protocol_draw(struct sim_rng *r, struct swarm_remote *m)
{
    bool ah = one_in(r, 4), tfc = one_in(r, 4);
    const char *suite = suites[sim_rng_below(r, sizeof suites / sizeof *suites)];

    if (ah && m->flaw == SWARM_SOUND && !m->nat && !m->force_natt && !m->natt_only)
        m->ah = suite;
    if (m->ah || !tfc || m->mode == IK_TRANSPORT)
        return;
    m->tfc_pad = one_in(r, 2) ? (uint16_t)sim_rng_between(r, 100, 1400) : 0;
    m->tfc_align = one_in(r, 2) ? 128 : 0;
    m->tfc_refuse = one_in(r, 3);
    m->dummy_ms = one_in(r, 3) ? (uint32_t)sim_rng_between(r, 500, 5000) : 0;
    /* Or Child SAs would be rekeyed each second, and those that linger fill the gateway's pool. */
    if (m->rekey_packets[0] != 0)
        m->dummy_ms = 0;
}

static void draw_octets(struct sim_rng *r, const struct swarm_plan *p, struct swarm_remote *m)
{
    bool ours = one_in(r, 4), theirs = one_in(r, 4), short_nonce = one_in(r, 4);

    m->no_idr[0] = one_in(r, 4);
    m->no_idr[1] = one_in(r, 4);
    /* 2.10: half the key of the prf. */
    if (short_nonce && !strstr(m->ike, "sha384") && !strstr(m->ike, "sha512"))
        m->nonce_len = 16;
    if (m->nat || p->roam || m->force_natt)
        return;
    m->no_nat[0] = ours;
    m->no_nat[1] = theirs && m->mutual && !m->natt_only;
}

/* Old age makes numbers of 64 bits begin anew below, which the spectator does not follow. And one
 * policy for two hosts may give an SA to each, if nobody asks for both at once. */
static void draw_numbers(struct sim_rng *r, const struct swarm_plan *p, struct swarm_remote *m)
{
    m->esn = one_in(r, 3) && !p->age;
    m->pfp = one_in(r, 2) && m->joint && !m->mutual;
}

/* Half of those that can. */
static void draw_probes(struct sim_rng *r, struct swarm_remote *m)
{
    for (unsigned side = 0; side < 2; side++) {
        bool does = one_in(r, 2) && m->fragment[side] != 0;
        m->probe[side] = does ? (uint16_t)sim_rng_between(r, 1280, 1500) : 0;
    }
}

void swarm_octets_draw(struct sim_rng *r, struct swarm_plan *p)
{
    for (uint8_t i = 0; i < p->remotes; i++)
        draw_octets(r, p, &p->remote[i]);
    p->held = one_in(r, 2) ? (uint16_t)sim_rng_between(r, 1, 8) : 0;
    for (uint8_t i = 0; i < p->remotes; i++) {
        draw_probes(r, &p->remote[i]);
        draw_numbers(r, p, &p->remote[i]);
    }
}
