/* SPDX-License-Identifier: MIT */
/* NULL encryption (RFC 2410): integrity alone, in ESP only (RFC 7296 section 3.3.3 and 5). */
#include "crypto/sealed.h"

static void seal(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                 const struct ik_sealed *s)
{
    (void)self;
    (void)env;
    (void)key;
    (void)s;
}

static int open(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
                const struct ik_sealed *s)
{
    seal(self, env, key, s);
    return 1;
}

const struct ik_encr ik_encr_null = {
    .id = IK_ENCR_NULL,
    .block = 1,
    .flags = IK_ALG_ESP_ONLY,
    .seal = seal,
    .open = open,
};
