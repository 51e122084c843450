/* SPDX-License-Identifier: MIT */
/*
 * Rows by number. A row whose keys or values are larger than this build's limits (ik_conf.h) is as
 * absent as one that the host did not list: no buffer of the core would hold them. A build that
 * believes its configuration believes this, too.
 */
#include "crypto/digest.h"
#include "crypto/sealed.h"

#define FITS(condition) (!IK_CHECK_CONFIG || (condition))

static bool hash_fits(const br_hash_class *hash)
{
    return hash == NULL || hash->context_size <= sizeof(union ik_hash_state);
}

bool ik_crypto_fits(const struct ik_crypto *c)
{
    return (c->aes_ctrcbc == NULL || c->aes_ctrcbc->context_size <= sizeof(union ik_aes_keys)) &&
           hash_fits(c->sha1) && hash_fits(c->sha256) &&
           (IK_HASH_MAX <= 32 || (hash_fits(c->sha384) && hash_fits(c->sha512)));
}

const struct ik_encr *ik_crypto_encr(const struct ik_crypto *c, uint16_t id, uint16_t key_bits)
{
    const struct ik_encr *const *row = c->encr;

    for (; row != NULL && *row != NULL; row++) {
        if ((*row)->id == id && (*row)->key_bits == key_bits) {
            return FITS((*row)->key_len + (*row)->salt_len <= IK_ENCR_KEY_MAX) ? *row : NULL;
        }
    }
    return NULL;
}

const struct ik_prf *ik_crypto_prf(const struct ik_crypto *c, uint16_t id)
{
    const struct ik_prf *const *row = c->prf;

    for (; row != NULL && *row != NULL; row++) {
        if ((*row)->id == id) {
            return FITS((*row)->key_len <= IK_HASH_MAX) ? *row : NULL;
        }
    }
    return NULL;
}

const struct ik_integ *ik_crypto_integ(const struct ik_crypto *c, uint16_t id)
{
    const struct ik_integ *const *row = IK_INTEG ? c->integ : NULL;

    for (; row != NULL && *row != NULL; row++) {
        if ((*row)->id == id) {
            return FITS((*row)->mac->out_len <= IK_HASH_MAX) ? *row : NULL;
        }
    }
    return NULL;
}

const struct ik_dh *ik_crypto_dh(const struct ik_crypto *c, uint16_t id)
{
    const struct ik_dh *const *row = c->dh;

    for (; row != NULL && *row != NULL; row++) {
        if ((*row)->id == id) {
            bool fits = (*row)->pub_len <= IK_DH_PUB_MAX && (*row)->priv_len <= IK_DH_PRIV_MAX;
            return FITS(fits) ? *row : NULL;
        }
    }
    return NULL;
}
