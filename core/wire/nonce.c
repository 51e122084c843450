/* SPDX-License-Identifier: MIT */
/* Nonce payload (RFC 7296 3.9). */
#include "wire/wire.h"

#define NONCE_MIN 16
#define NONCE_MAX 256

enum ik_status ik_nonce_parse(struct ik_span body, struct ik_span *out)
{
    if (body.len < NONCE_MIN || body.len > NONCE_MAX) {
        return IK_ERR_SYNTAX;
    }
    *out = body;
    return IK_OK;
}

void ik_nonce_put(struct ik_chain *c, struct ik_span nonce)
{
    ik_payload_open(c, IK_PL_NONCE);
    ik_wr_bytes(&c->w, nonce.p, nonce.len);
    ik_payload_close(c);
}
