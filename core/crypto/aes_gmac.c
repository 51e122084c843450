/* SPDX-License-Identifier: MIT */
/*
 * AES-GMAC in AH (RFC 4543 4): an IV stands before the tag, and the key has a salt behind it.
 *
 *     | IV | tag |
 *
 * An IV that has served twice under a key gives that key away.
 */
#include "crypto/sealed.h"

#if IK_AH

#define SALT_LEN 4
#define IV_LEN 8
#define TAG_LEN 16

struct gmac {
    br_aes_gen_ctr_keys keys;
    br_gcm_context ctx; /* points to keys */
    uint8_t nonce[SALT_LEN + IV_LEN];
};

/* in[0] is key and salt, the last part the IV. */
static void gmac(const struct ik_mac *self, struct ik_env *env, const struct ik_span *in, size_t n,
                 uint8_t *out)
{
    struct gmac g;
    uint8_t key_len = (uint8_t)(in[0].len - SALT_LEN);
    size_t octets = 0;
    (void)self;

    IK_ASSERT(n >= 2 && in[n - 1].len == IV_LEN);
    ik_crypto_of(env)->aes_ctr->init(&g.keys.vtable, in[0].p, key_len);
    br_gcm_init(&g.ctx, &g.keys.vtable, ik_crypto_of(env)->ghash);
    memcpy(g.nonce, in[0].p + key_len, SALT_LEN);
    memcpy(g.nonce + SALT_LEN, in[n - 1].p, IV_LEN);
    br_gcm_reset(&g.ctx, g.nonce, sizeof g.nonce);
    for (size_t i = 1; i < n - 1; i++) {
        br_gcm_aad_inject(&g.ctx, in[i].p, in[i].len);
        octets += in[i].len;
    }
    br_gcm_flip(&g.ctx);
    br_gcm_get_tag(&g.ctx, out);
    ik_aes_charge(env, key_len, 1, 2); /* the hash key, and the tag */
    ik_charge(env, IK_COST_GHASH_BLOCK, ik_blocks((uint16_t)octets) + 1);
    ik_sealed_wipe(&g, sizeof g);
}

static const struct ik_mac mac_gmac = {.run = gmac, .out_len = TAG_LEN};

#define ROW(bits)                                                                                  \
    {                                                                                              \
        .id = IK_INTEG_AES_##bits##_GMAC, .key_len = (bits) / 8 + SALT_LEN,                        \
        .icv_len = IV_LEN + TAG_LEN, .iv_len = IV_LEN, .mac = &mac_gmac                            \
    }
const struct ik_integ ik_integ_aes_128_gmac = ROW(128);
const struct ik_integ ik_integ_aes_192_gmac = ROW(192);
const struct ik_integ ik_integ_aes_256_gmac = ROW(256);

#endif
