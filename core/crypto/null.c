/* SPDX-License-Identifier: MIT */
/* NULL encryption (RFC 2410): integrity alone, in ESP only (RFC 7296 section 3.3.3 and 5). */
#include "crypto/sealed.h"

static int run(const struct ik_encr *self, struct ik_env *env, const uint8_t *key,
               const struct ik_sealed *s, int seal)
{
    (void)self;
    (void)env;
    (void)key;
    (void)s;
    (void)seal;
    return 1;
}

const struct ik_encr ik_encr_null = {
    .id = IK_ENCR_NULL,
    .block = 1,
    .flags = IK_ALG_ESP_ONLY,
    .run = run,
};
