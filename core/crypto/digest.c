/* SPDX-License-Identifier: MIT */
#include "crypto/digest.h"

static unsigned block_bits(const br_hash_class *hash)
{
    if (IK_HASH_MAX <= 32) {
        return 6; /* of SHA-1 and SHA-256 */
    }
    return (unsigned)(hash->desc >> BR_HASHDESC_LBLEN_OFF) & BR_HASHDESC_LBLEN_MASK;
}

size_t ik_hash_block_len(const br_hash_class *hash)
{
    return (size_t)1 << block_bits(hash);
}

size_t ik_hash_blocks(const br_hash_class *hash, uint32_t len)
{
    unsigned bits = block_bits(hash);
    size_t block = (size_t)1 << bits;
    size_t rest = (size_t)len & (block - 1);
    /* One octet 0x80, then the length in an eighth of a block: 8 octets of 64, 16 of 128. */
    size_t room = block - 1 - block / 8;

    return (size_t)(len >> bits) + (rest > room ? 2 : 1);
}

#if IK_METER
void ik_hash_charge(struct ik_env *env, const br_hash_class *hash, size_t compressions)
{
    switch ((hash->desc >> BR_HASHDESC_ID_OFF) & BR_HASHDESC_ID_MASK) {
    case br_sha1_ID:
        ik_charge(env, IK_COST_SHA1_BLOCK, compressions);
        break;
    case br_sha256_ID:
        ik_charge(env, IK_COST_SHA256_BLOCK, compressions);
        break;
    default: /* SHA-384 is SHA-512 with other constants */
        ik_charge(env, IK_COST_SHA512_BLOCK, compressions);
        break;
    }
}
#endif

void ik_digest(struct ik_env *env, const br_hash_class *hash, const uint8_t *pad,
               const struct ik_span *parts, size_t n, uint8_t *out)
{
    union ik_hash_state s;
    uint32_t len = 0;
    size_t i;

    hash->init(&s.vtable);
    if (pad != NULL) {
        hash->update(&s.vtable, pad, ik_hash_block_len(hash));
        len += (uint32_t)ik_hash_block_len(hash);
    }
    for (i = 0; i < n; i++) {
        if (parts[i].len > 0) {
            hash->update(&s.vtable, parts[i].p, parts[i].len);
        }
        len += parts[i].len;
    }
    hash->out(&s.vtable, out);
    if (IK_METER) {
        ik_hash_charge(env, hash, ik_hash_blocks(hash, len));
    }
    ik_wipe(&s, sizeof s);
}

void ik_sha1(struct ik_env *env, const struct ik_span *parts, size_t n, uint8_t *out)
{
    ik_digest(env, ik_crypto_of(env)->sha1, NULL, parts, n, out);
}

void ik_sha256(struct ik_env *env, const struct ik_span *parts, size_t n, uint8_t *out)
{
    ik_digest(env, ik_crypto_of(env)->sha256, NULL, parts, n, out);
    ik_wipe_stack(); /* secrets of cookies are hashed */
}
