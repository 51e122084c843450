/* SPDX-License-Identifier: MIT */
/* One walk over the payload chain (RFC 7296 3.2, 2.5). */
#include "wire/wire.h"

/* ---- the bodies ------------------------------------------------------------------------------ */

/* Reads the whole body, so that whoever reads it later finds good syntax. */
static enum ik_status check(const struct ik_payload *p)
{
    union {
        struct ik_ke ke;
        struct ik_wire_id id;
        struct ik_cert cert;
        struct ik_auth auth;
        struct ik_span span;
        struct ik_notify notify;
        struct ik_delete delete;
        struct ik_skf skf;
    } u;
    uint8_t cfg_type;
    switch (p->type) {
    case IK_PL_SA:
        return ik_sa_check(p->body);
    case IK_PL_KE:
        return ik_ke_parse(p->body, &u.ke);
    case IK_PL_IDI:
    case IK_PL_IDR:
        return ik_id_parse(p->body, &u.id);
    case IK_PL_AUTH:
        return ik_auth_parse(p->body, &u.auth);
    case IK_PL_NONCE:
        return ik_nonce_parse(p->body, &u.span);
    case IK_PL_NOTIFY:
        return ik_notify_parse(p->body, &u.notify);
    case IK_PL_DELETE:
        return ik_delete_parse(p->body, &u.delete);
    case IK_PL_TSI:
    case IK_PL_TSR:
        return ik_ts_check(p->body);
    case IK_PL_CERT:
    case IK_PL_CERTREQ:
        return IK_CHECK_IGNORED ? ik_cert_parse(p->body, &u.cert) : IK_OK;
    case IK_PL_CP:
        return IK_CHECK_IGNORED ? ik_cp_parse(p->body, &cfg_type, &u.span) : IK_OK;
    case IK_PL_SKF:
        return IK_CHECK_IGNORED ? ik_skf_parse(p->body, &u.skf) : IK_OK;
    default:
        return IK_OK;
    }
}

/* ---- the chain ------------------------------------------------------------------------------- */

/* Drawn once at most in a message by the diagrams of section 1 and appendix C. */
#define ONCE                                                                                       \
    (IK_PRESENT(IK_PL_SA) | IK_PRESENT(IK_PL_KE) | IK_PRESENT(IK_PL_IDI) | IK_PRESENT(IK_PL_IDR) | \
     IK_PRESENT(IK_PL_AUTH) | IK_PRESENT(IK_PL_NONCE) | IK_PRESENT(IK_PL_TSI) |                    \
     IK_PRESENT(IK_PL_TSR))

static bool known(uint8_t type)
{
    return (type >= IK_PL_SA && type <= IK_PL_EAP) || type == IK_PL_SKF;
}

static enum ik_status add(struct ik_msg *m, const struct ik_payload *p, bool critical)
{
    if (!known(p->type)) {
        /* 2.5: ignored, unless critical: then the caller answers UNSUPPORTED_CRITICAL_PAYLOAD. */
        if (critical && m->critical_type == 0) {
            m->critical_type = p->type;
        }
        return IK_OK;
    }
    uint32_t bit = IK_PRESENT(p->type);
    if ((m->present & bit & ONCE) != 0 || check(p) != IK_OK) {
        return IK_ERR_SYNTAX;
    }
    if (m->payloads_n == IK_PAYLOADS_MAX) {
        return IK_ERR_NO_ROOM;
    }
    m->present |= bit;
    m->payloads[m->payloads_n++] = *p;
    return IK_OK;
}

static bool is_sealed(uint8_t type)
{
    return type == IK_PL_SK || type == IK_PL_SKF;
}

/*
 * Each generic header names the payload behind it; 0 ends the chain. The one exception is SK
 * (3.14) and SKF (RFC 7383 2.5): last in the message, they name the first payload inside.
 */
static enum ik_status walk(struct ik_msg *m, uint8_t next, struct ik_span rest, bool inner)
{
    while (next != IK_PL_NONE) {
        uint16_t len = rest.len < IK_GENERIC_LEN ? 0 : ik_get16(rest.p + 2);
        if (len < IK_GENERIC_LEN || len > rest.len || (inner && is_sealed(next))) {
            return IK_ERR_SYNTAX;
        }
        struct ik_payload p = {{rest.p + IK_GENERIC_LEN, (uint16_t)(len - IK_GENERIC_LEN)}, next};
        bool critical = (rest.p[1] & 0x80u) != 0;
        next = rest.p[0];
        rest = ik_span_from(rest, len);
        if (is_sealed(p.type)) {
            m->sk_next = next;
            next = IK_PL_NONE;
        }
        enum ik_status st = add(m, &p, critical);
        if (st != IK_OK) {
            return st;
        }
    }
    return rest.len == 0 ? IK_OK : IK_ERR_SYNTAX;
}

enum ik_status ik_msg_parse(const uint8_t *msg, size_t len, struct ik_msg *out)
{
    if (ik_hdr_parse(msg, len, &out->hdr) != IK_OK || len > UINT16_MAX) {
        return IK_ERR_SYNTAX;
    }
    out->payloads_n = 0;
    out->sk_next = IK_PL_NONE;
    out->critical_type = 0;
    out->present = 0;
    return walk(out, out->hdr.next,
                (struct ik_span){msg + IK_HDR_LEN, (uint16_t)(len - IK_HDR_LEN)}, false);
}

enum ik_status ik_msg_parse_inner(struct ik_msg *m, uint8_t next, const uint8_t *text, size_t len)
{
    if (len > UINT16_MAX) {
        return IK_ERR_SYNTAX;
    }
    return walk(m, next, (struct ik_span){text, (uint16_t)len}, true);
}

const struct ik_payload *ik_msg_find(const struct ik_msg *m, uint8_t type)
{
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        if (m->payloads[i].type == type) {
            return &m->payloads[i];
        }
    }
    return NULL;
}
