/* SPDX-License-Identifier: MIT */
/*
 * One way to protect a message, whether cipher and integrity are one algorithm or two (encrypt,
 * then MAC: RFC 7296 3.14, RFC 4303 3.3.2).
 */
#include "crypto/mac.h"
#include "crypto/sealed.h"

#define CBC_IV_LEN 16

int ik_sealed_tag(uint8_t tag[16], uint8_t *icv, uint8_t len, int seal)
{
    int good;

    if (seal) {
        memcpy(icv, tag, len);
    }
    good = (IK_PREPARE && seal) || ik_ct_eq(tag, icv, len); /* small code has one way */
    ik_sealed_wipe(tag, 16);
    return good;
}

uint8_t ik_seal_icv_len(const struct ik_seal_key *k)
{
    return IK_INTEG && k->integ != NULL ? k->integ->icv_len : k->encr->icv_len;
}

/* What INTEG covers: aad | IV | text. RFC 4303 2.2.1: the high half of an extended sequence number
 * follows. */
static struct ik_span covered(const struct ik_encr *encr, const struct ik_sealed *s)
{
    size_t len = (size_t)s->aad_len + encr->iv_len + s->text_len;
    IK_ASSERT(len <= UINT16_MAX);
    return (struct ik_span){s->msg, (uint16_t)len};
}

/* Writes the ICV of INTEG. */
static void icv_of(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s,
                   uint8_t *out)
{
    struct ik_span data = covered(k->encr, s);
#if IK_PREPARE
    if (k->mac_ctx != NULL) {
        ik_integ_icv_prepared(env, k->integ, k->mac_ctx, data, ik_sealed_esn(s), out);
        return;
    }
#endif
    ik_integ_icv(env, k->integ, k->integ_key, data, ik_sealed_esn(s), out);
}

static int run_cipher(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s,
                      int seal)
{
#if IK_PREPARE
    if (k->encr_ctx != NULL) {
        return k->encr->run_prepared(k->encr, env, k->encr_ctx, s, seal);
    }
#endif
    return k->encr->run(k->encr, env, k->encr_key, s, seal);
}

/* What was prepared is used for many packets: whoever works through them wipes when he is done. */
static void wipe_stack(const struct ik_seal_key *k)
{
#if IK_PREPARE
    if (k->encr_ctx != NULL) {
        return;
    }
#else
    (void)k;
#endif
    ik_wipe_stack();
}

static void put_iv(struct ik_env *env, const struct ik_encr *encr, uint8_t *iv, uint64_t counter)
{
    /* RFC 3602 section 3: CBC's must be unpredictable; for the others, unique is enough. */
    if (encr->iv_len == CBC_IV_LEN) {
        ik_drbg_bytes(env, iv, CBC_IV_LEN);
    } else if (encr->iv_len == 8) {
        ik_put64(iv, counter);
    }
}

/* encr->block is 1 or 16, so that no division is needed, which small parts lack. */
static bool whole_blocks(const struct ik_encr *encr, const struct ik_sealed *s)
{
    return (s->text_len & (encr->block - 1u)) == 0;
}

void ik_seal(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s,
             uint64_t iv_counter)
{
    put_iv(env, k->encr, ik_sealed_iv(s), iv_counter);
    ik_seal_by_iv(env, k, s);
}

void ik_seal_by_iv(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s)
{
    IK_ASSERT(whole_blocks(k->encr, s));
    (void)run_cipher(env, k, s, 1);
    if (IK_INTEG && k->integ != NULL) {
        icv_of(env, k, s, ik_sealed_icv(k->encr, s));
    }
    wipe_stack(k);
}

static int integ_good(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s)
{
    uint8_t icv[IK_HASH_MAX];
    int good;

    icv_of(env, k, s, icv);
    good = ik_ct_eq(icv, ik_sealed_icv(k->encr, s), k->integ->icv_len);
    ik_wipe(icv, sizeof icv);
    return good;
}

static enum ik_status check_and_run(struct ik_env *env, const struct ik_seal_key *k,
                                    const struct ik_sealed *s)
{
    if (IK_INTEG && k->integ != NULL && !integ_good(env, k, s)) {
        return IK_ERR_AUTH;
    }
    if (!run_cipher(env, k, s, 0)) {
        /* Nobody gets to see what did not authenticate. */
        ik_wipe(ik_sealed_text(k->encr, s), s->text_len);
        return IK_ERR_AUTH;
    }
    return IK_OK;
}

enum ik_status ik_open(struct ik_env *env, const struct ik_seal_key *k, const struct ik_sealed *s)
{
    /* The length came from the wire; BearSSL's CBC runs over the end of a partial block. */
    if (!whole_blocks(k->encr, s)) {
        return IK_ERR_SYNTAX;
    }
    enum ik_status st = check_and_run(env, k, s);
    wipe_stack(k);
    return st;
}

#if IK_PREPARE
void ik_seal_prepare(struct ik_env *env, struct ik_seal_key *k, int seal)
{
    const struct ik_mac *mac = k->integ != NULL ? k->integ->mac : NULL;
    if (k->encr->ctx_len > 0) {
        k->encr->prepare(k->encr, env, k->encr_key, seal, k->encr_ctx);
    } else {
        k->encr_ctx = NULL;
    }
    if (mac != NULL && mac->ctx_len > 0) {
        mac->prepare(mac, env, (struct ik_span){k->integ_key, k->integ->key_len}, k->mac_ctx);
    } else {
        k->mac_ctx = NULL;
    }
    ik_wipe_stack();
}

void ik_seal_release(const struct ik_seal_key *k)
{
    if (k->encr_ctx != NULL && k->encr->release != NULL) {
        k->encr->release(k->encr_ctx);
    }
    if (k->mac_ctx != NULL && k->integ->mac->release != NULL) {
        k->integ->mac->release(k->mac_ctx);
    }
}
#endif
