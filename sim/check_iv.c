/* SPDX-License-Identifier: MIT */
/* No (key, IV) pair serves two texts, over IKE and ESP; no key serves two directions or two SAs. */
#include <string.h>

#include "sim/spy.h"

/* ---- keys ------------------------------------------------------------------------------------ */

static uint64_t word(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof v);
    return v;
}

/* Both ends name the same use of a key by the same words: role and SPIs of an IKE SA, SPI of the
 * receiver of ESP. */
static uint64_t use(const struct sim_sa *sa, unsigned i)
{
    bool in = i == SIM_ENCR_IN || i == SIM_INTEG_IN;
    uint64_t words[3] = {i, 0, 0};

    if (sa->child) {
        words[0] = 100 + (i == SIM_INTEG_IN || i == SIM_INTEG_OUT);
        words[1] = in ? sa->spi_in : sa->spi_out;
    } else {
        words[1] = word(sa->spi_i);
        words[2] = word(sa->spi_r);
    }
    return sim_map_key(words, 3);
}

void sim_check_iv_keys(struct sim_spy *spy, const struct sim_sa *sa)
{
    for (unsigned i = 0; i < SIM_KEYS_N; i++) {
        const struct sim_key *key = &sa->keys[i];
        uint64_t owner = use(sa, i);
        bool fresh;
        /* Who was restored from a copy answers IKE_AUTH once more, with another SPI. */
        if (!key->len || sim_map_has(&spy->forgiven, key->id))
            continue;
        if (sim_map_put(&spy->keys, key->id, owner, &fresh) != owner)
            sim_spy_fail(spy, "n%u: key %u of %s SA %u serves another direction or SA, too",
                         sa->node, i, sa->child ? "Child" : "IKE", sa->slot);
    }
}

/* ---- IVs ------------------------------------------------------------------------------------- */

/* ENCR_NULL has no IV, and nothing that would ask for one. */
static bool seen_before(struct sim_spy *spy, const struct sim_key *key, struct ik_span iv,
                        uint64_t text)
{
    bool fresh;

    return iv.len && !sim_map_has(&spy->forgiven, key->id) &&
           sim_map_put(&spy->ivs, sim_spy_digest(key->id, iv.p, iv.len), text, &fresh) != text;
}

void sim_check_iv_ike(struct sim_spy *spy, const struct sim_seen *m)
{
    bool by_i = (m->hdr.flags & IK_FLAG_INITIATOR) != 0;
    const struct sim_key *key = &m->sa->keys[by_i ? SIM_SK_EI : SIM_SK_ER];

    /* RFC 7296 2.1: what is repeated is repeated bit for bit: the same text. */
    if (seen_before(spy, key, m->iv, sim_spy_digest(1, m->bytes, m->len)))
        sim_spy_fail(spy, "n%u: seals message %u of exchange %u with an IV that its key has served",
                     m->node, (unsigned)m->hdr.msgid, m->hdr.exchange);
}

void sim_check_iv_esp(struct sim_spy *spy, const struct sim_sealed *p)
{
    /* Each packet is one of its own. */
    if (seen_before(spy, &p->sa->keys[p->sa->ah ? SIM_INTEG_OUT : SIM_ENCR_OUT], p->iv,
                    ++spy->packets))
        sim_spy_fail(spy, "n%u: seals packet %u of SPI %08x with an IV that its key has served",
                     p->node, (unsigned)p->seq, (unsigned)p->sa->spi_out);
}
