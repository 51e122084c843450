/* SPDX-License-Identifier: MIT */
/*
 * The image that runs operations for tests/target/kat.py and the cost table: it waits in
 * ops_wait() for the runner to fill in ops_io, ops_len and ops_code.
 */
#include "app/door.h"
#include "ops.h"
#include "primitives/aes.h"
#include "primitives/sha.h"
#include "x25519/x25519.h"

SEAM_DATA uint8_t ops_io[OPS_CAP] __attribute__((aligned(2)));
SEAM_DATA volatile uint16_t ops_len;
SEAM_DATA volatile uint8_t ops_code;

/* Seam: what is behind the return is one operation, and then this again. */
SEAM void ops_wait(void)
{
    __asm__ volatile("nop");
}

/* ops_code is the operation, and 32 times the set of implementations. */
#define SET_SHIFT 5

/* The image's, and each that it might have. */
static const struct ik_dh *const small_dh[] = {&small_x25519, NULL};
static const struct ik_dh *const fast_dh[] = {&mpy16_x25519, NULL};
static struct ik_crypto small, fast;
#ifdef MPY32L
static const struct ik_dh *const mpy32_dh[] = {&mpy32_x25519, NULL};
static struct ik_crypto mpy32;
#endif
static const struct ops_set sets[] = {
    {&small, ik_fe_small_run},
    {&fast, ik_fe_mpy16_run},
#ifdef MPY32L
    {&mpy32, ik_fe_mpy32_run},
#endif
};

SEAM_DATA volatile const uint8_t ops_sets_n = sizeof sets / sizeof sets[0];

/* What the core takes for linked: the set of the operation that runs. */
static struct ik_crypto chosen;
const struct ik_config ik_linked_config = {.crypto = &chosen};

static void fill(void)
{
    small = door_crypto;
    small.drbg = NULL; /* HMAC_DRBG, too, must do */
    fast = small;
    small.dh = small_dh;
    small.aes_ctrcbc = &small_aes_ctrcbc;
    small.sha256 = &small_sha256;
    fast.dh = fast_dh;
    fast.aes_ctrcbc = &fast_aes_ctrcbc;
    fast.sha256 = &fast_sha256;
#ifdef MPY32L
    mpy32 = fast;
    mpy32.dh = mpy32_dh;
#endif
}

int main(void)
{
    fill();
    for (;;) {
        ops_wait();
        uint8_t set = ops_code >> SET_SHIFT;
        if (set >= ops_sets_n) {
            ops_len = 0;
            continue;
        }
        chosen = *sets[set].crypto;
        ops_len = ops_run(&sets[set], ops_code % (1 << SET_SHIFT), ops_io, ops_len);
    }
}
