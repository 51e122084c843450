/* SPDX-License-Identifier: MIT */
#include "crypto/cbc_mac.h"

#define BLOCK 16

void ik_cbc_mac_again(struct ik_cbc_mac *m)
{
    memset(m->sum, 0, BLOCK);
    m->fill = 0;
}

void ik_cbc_mac_begin(struct ik_env *env, struct ik_cbc_mac *m, const uint8_t key[16])
{
    ik_aes_begin(&m->keys, env, key, BLOCK);
    ik_cbc_mac_again(m);
}

void ik_cbc_mac_end(struct ik_env *env, struct ik_cbc_mac *m)
{
    static const uint8_t nothing[BLOCK];
    m->keys.vtable->mac(&m->keys.vtable, m->sum, nothing, BLOCK);
    ik_aes_charge(env, BLOCK, 0, 1);
    m->fill = 0;
}

#if IK_LINKED
#define add_blocks(env, m, data, len) ((void)(data), (void)(len), (size_t)0)
#else
/* All but the last of the blocks that are whole, at once: what it answers is done. */
static size_t add_blocks(struct ik_env *env, struct ik_cbc_mac *m, const uint8_t *data, size_t len)
{
    size_t blocks = m->fill == 0 && len > BLOCK ? (len - 1) / BLOCK : 0;
    if (blocks > 0) {
        m->keys.vtable->mac(&m->keys.vtable, m->sum, data, blocks * BLOCK);
        ik_aes_charge(env, BLOCK, 0, blocks);
    }
    return blocks * BLOCK;
}
#endif

void ik_cbc_mac_add(struct ik_env *env, struct ik_cbc_mac *m, const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len > 0) {
        if (m->fill == BLOCK) {
            ik_cbc_mac_end(env, m);
        }
        size_t done = add_blocks(env, m, p, len);
        p += done;
        len -= done;
        m->sum[m->fill++] ^= *p++;
        len--;
    }
}
