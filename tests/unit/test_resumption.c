/* SPDX-License-Identifier: MIT */
/* The keys of a resumed IKE SA (RFC 5723 5.1), against those of Python's hmac. */
#include "pair.h"
#include "resumption.h"

#if IK_RESUME

struct derived {
    struct ik_suite suite;
    const uint8_t *sk_d, *ni, *nr, *spis, *keys;
    uint16_t ni_len, nr_len;
};

#define DERIVED(name, ...)                                                                         \
    {                                                                                              \
        {__VA_ARGS__}, name##_sk_d_old, name##_ni, name##_nr, name##_spis, name##_keys,            \
            sizeof name##_ni, sizeof name##_nr                                                     \
    }

static const struct derived all[] = {
    DERIVED(sha256, .encr = &ik_encr_aes_cbc_128, .integ = &ik_integ_hmac_sha2_256_128,
            .prf = &ik_prf_hmac_sha2_256),
    DERIVED(sha384, .encr = &ik_encr_aes_cbc_256, .integ = &ik_integ_hmac_sha2_384_192,
            .prf = &ik_prf_hmac_sha2_384),
    DERIVED(sha512, .encr = &ik_encr_aes_cbc_256, .integ = &ik_integ_hmac_sha2_512_256,
            .prf = &ik_prf_hmac_sha2_512),
};

static void is(const uint8_t *got, const uint8_t **want, size_t len)
{
    cr_assert_arr_eq(got, *want, len);
    *want += len;
}

static void derive(const struct derived *d)
{
    struct pair *p = pair_new();
    pair_start(p);
    struct ik_node *node = &p->end[0].node;
    struct ik_ike_sa *sa = ik_ike_alloc(node, true);
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    sa->suite = d->suite;
    ik_nonce_take(hs, true, (struct ik_span){d->ni, d->ni_len});
    ik_nonce_take(hs, false, (struct ik_span){d->nr, d->nr_len});
    memcpy(sa->spi_i, d->spis, 8);
    memcpy(sa->spi_r, d->spis + 8, 8);
    ik_keys_resume(node, sa, hs, d->sk_d);
    const uint8_t *want = d->keys;
    is(sa->keys.d, &want, d->suite.prf->key_len);
    is(sa->keys.a[1], &want, d->suite.integ->key_len);
    is(sa->keys.a[0], &want, d->suite.integ->key_len);
    is(sa->keys.e[1], &want, d->suite.encr->key_len);
    is(sa->keys.e[0], &want, d->suite.encr->key_len);
    is(hs->sk_p[1], &want, d->suite.prf->key_len);
    is(hs->sk_p[0], &want, d->suite.prf->key_len);
    free(p);
}

Test(resumption, keys_as_derived_by_python)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        derive(&all[i]);
    }
}

#endif
