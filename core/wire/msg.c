/* SPDX-License-Identifier: MIT */
/* One walk over the payload chain (RFC 7296 3.2, 2.5). */
#include "wire/wire.h"

/* ---- the bodies ------------------------------------------------------------------------------ */

/* Those that begin with four octets of their own. */
#define HEADED                                                                                     \
    (IK_PRESENT(IK_PL_SA) | IK_PRESENT(IK_PL_KE) | IK_PRESENT(IK_PL_IDI) | IK_PRESENT(IK_PL_IDR) | \
     IK_PRESENT(IK_PL_AUTH) | IK_PRESENT(IK_PL_NONCE) | IK_PRESENT(IK_PL_NOTIFY) |                 \
     IK_PRESENT(IK_PL_DELETE) | IK_PRESENT(IK_PL_TSI) | IK_PRESENT(IK_PL_TSR))

/* Reads what is behind them, so that whoever reads the body later finds good syntax. */
static enum ik_status check(const struct ik_payload *p)
{
    union {
        struct ik_id id;
        struct ik_cert cert;
        struct ik_span span;
        struct ik_notify notify;
        struct ik_delete delete;
        struct ik_skf skf;
    } u;
    uint8_t cfg_type;
    switch (p->type) {
    case IK_PL_SA:
        return IK_LINKED ? IK_OK : ik_sa_check(&p->body); /* proposal_one.c checks all of it */
    case IK_PL_IDI:
    case IK_PL_IDR:
        return ik_id_parse(p->body, &u.id);
    case IK_PL_NONCE:
        return ik_nonce_parse(p->body, &u.span);
    case IK_PL_NOTIFY:
        return ik_notify_parse(p->body, &u.notify);
    case IK_PL_DELETE:
        return ik_delete_parse(p->body, &u.delete);
    case IK_PL_TSI:
    case IK_PL_TSR:
        return IK_LINKED ? IK_OK : ik_ts_check(&p->body); /* ik_ts_accept() does */
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

/* Drawn once at most in a message by the diagrams of section 1 and appendix C. SK and SKF end the
 * chain, and hold none of their own. */
#define ONCE                                                                                       \
    (IK_PRESENT(IK_PL_SA) | IK_PRESENT(IK_PL_KE) | IK_PRESENT(IK_PL_IDI) | IK_PRESENT(IK_PL_IDR) | \
     IK_PRESENT(IK_PL_AUTH) | IK_PRESENT(IK_PL_NONCE) | IK_PRESENT(IK_PL_TSI) |                    \
     IK_PRESENT(IK_PL_TSR) | IK_PRESENT(IK_PL_SK))
#define ONCE_N 9 /* so many types */
_Static_assert(IK_PAYLOADS_MAX > ONCE_N, "room for what may come several times");

static bool known(uint8_t type)
{
    return (type >= IK_PL_SA && type <= IK_PL_EAP) || type == IK_PL_SKF;
}

/* Notifies that something is done with; what a notify of another type says costs no place. */
static bool heeded(uint16_t type)
{
    switch (type) {
    case IK_N_INITIAL_CONTACT:
    case IK_N_SET_WINDOW_SIZE:
    case IK_N_ADDITIONAL_TS_POSSIBLE:
    case IK_N_NAT_DETECTION_SOURCE_IP:
    case IK_N_NAT_DETECTION_DESTINATION_IP:
    case IK_N_COOKIE:
    case IK_N_USE_TRANSPORT_MODE:
    case IK_N_REKEY_SA:
    case IK_N_ESP_TFC_PADDING_NOT_SUPPORTED:
    case IK_N_NON_FIRST_FRAGMENTS_ALSO:
#if IK_REKEY
    case IK_N_AUTH_LIFETIME:
#endif
#if IK_RESUME
    case IK_N_TICKET_LT_OPAQUE:
    case IK_N_TICKET_REQUEST:
    case IK_N_TICKET_ACK:
    case IK_N_TICKET_NACK:
    case IK_N_TICKET_OPAQUE:
#endif
#if IK_PPK
    case IK_N_USE_PPK:
    case IK_N_PPK_IDENTITY:
    case IK_N_NO_PPK_AUTH:
#endif
#if IK_CHILDLESS
    case IK_N_CHILDLESS_IKEV2_SUPPORTED:
#endif
    case IK_N_IKEV2_FRAGMENTATION_SUPPORTED:
    case IK_N_SIGNATURE_HASH_ALGORITHMS:
        return true;
    default:
        return type < IK_N_INITIAL_CONTACT; /* errors */
    }
}

/*
 * Has the payload a place? What stands once in a message has one always. The rest shares what is
 * left, and what is ignored takes none: however much of it there is, the message is no worse for
 * that.
 */
static bool has_place(const struct ik_msg *m, const struct ik_payload *p)
{
    if (m->all) {
        return m->payloads_n < IK_PAYLOADS_MAX;
    }
    if ((IK_PRESENT(p->type) & ONCE) != 0) {
        return true;
    }
    if (p->type == IK_PL_VENDOR || m->payloads_n + ONCE_N >= IK_PAYLOADS_MAX) {
        return false;
    }
    return p->type != IK_PL_NOTIFY || heeded(ik_get16(p->body.p + 2));
}

static enum ik_status add(struct ik_msg *m, const struct ik_payload *p)
{
    uint16_t bit = IK_PRESENT(p->type);
    if ((m->present & bit & ONCE) != 0 || ((bit & HEADED) != 0 && p->body.len < IK_BODY_HEAD) ||
        check(p) != IK_OK) {
        return IK_ERR_SYNTAX;
    }
    bool place = has_place(m, p);
    m->present |= bit;
    if (place) {
        m->payloads[m->payloads_n++] = *p;
    }
    return IK_OK;
}

/*
 * Each generic header names the payload behind it; 0 ends the chain. The one exception is SK
 * (3.14) and SKF (RFC 7383 2.5): last in the message, they name the first payload inside.
 */
static enum ik_status walk(struct ik_msg *m, uint8_t next, const uint8_t *at, uint16_t left)
{
    while (next != IK_PL_NONE) {
        uint16_t len = left < IK_GENERIC_LEN ? 0 : ik_get16(at + 2);
        if (len < IK_GENERIC_LEN || len > left) {
            return IK_ERR_SYNTAX;
        }
        struct ik_payload p = {{at + IK_GENERIC_LEN, (uint16_t)(len - IK_GENERIC_LEN)}, next};
        if (known(next)) {
            enum ik_status st = add(m, &p);
            if (st != IK_OK) {
                return st;
            }
        } else if ((at[1] & 0x80u) != 0 && m->critical_type == 0) {
            /* 2.5: ignored, unless critical: the caller answers UNSUPPORTED_CRITICAL_PAYLOAD. */
            m->critical_type = next;
        }
        next = at[0];
        at += len;
        left = (uint16_t)(left - len);
        if (p.type == IK_PL_SK || p.type == IK_PL_SKF) {
            m->sk_next = next;
            break;
        }
    }
    return left == 0 ? IK_OK : IK_ERR_SYNTAX;
}

static enum ik_status parse(const uint8_t *msg, size_t len, bool all, struct ik_msg *out)
{
    if (ik_hdr_parse(msg, len, &out->hdr) != IK_OK || len > UINT16_MAX) {
        return IK_ERR_SYNTAX;
    }
    out->payloads_n = 0;
    out->sk_next = IK_PL_NONE;
    out->critical_type = 0;
    out->present = 0;
    out->all = all;
    return walk(out, out->hdr.next, msg + IK_HDR_LEN, (uint16_t)(len - IK_HDR_LEN));
}

enum ik_status ik_msg_parse(const uint8_t *msg, size_t len, struct ik_msg *out)
{
    return parse(msg, len, false, out);
}

enum ik_status ik_msg_parse_all(const uint8_t *msg, size_t len, struct ik_msg *out)
{
    return parse(msg, len, true, out);
}

enum ik_status ik_msg_parse_inner(struct ik_msg *m, uint8_t next, const uint8_t *text, size_t len)
{
    if (len > UINT16_MAX) {
        return IK_ERR_SYNTAX;
    }
    return walk(m, next, text, (uint16_t)len);
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
