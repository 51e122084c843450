/* SPDX-License-Identifier: MIT */
/* One walk over the payload chain (RFC 7296 3.2, 2.5). */
#include "wire/wire.h"

/* ---- the bodies ------------------------------------------------------------------------------ */

/* What there is room for while a body is only checked. */
union parsed {
    struct ik_ke ke;
    struct ik_wire_id id;
    struct ik_cert cert;
    struct ik_auth auth;
    struct ik_span span;
    struct ik_notify notify;
    struct ik_delete delete;
    struct ik_skf skf;
};

#define CHECK(name, call)                                                                          \
    static enum ik_status check_##name(struct ik_span body)                                        \
    {                                                                                              \
        union parsed u;                                                                            \
        return call;                                                                               \
    }
CHECK(ke, ik_ke_parse(body, &u.ke))
CHECK(id, ik_id_parse(body, &u.id))
CHECK(auth, ik_auth_parse(body, &u.auth))
CHECK(nonce, ik_nonce_parse(body, &u.span))
CHECK(notify, ik_notify_parse(body, &u.notify))
CHECK(delete, ik_delete_parse(body, &u.delete))
#if IK_CHECK_IGNORED
CHECK(cert, ik_cert_parse(body, &u.cert))
CHECK(skf, ik_skf_parse(body, &u.skf))

static enum ik_status check_cp(struct ik_span body)
{
    struct ik_span attrs;
    uint8_t cfg_type;
    return ik_cp_parse(body, &cfg_type, &attrs);
}
#define IGNORED(name) check_##name
#else
#define IGNORED(name) NULL
#endif

/* The known types. once: the diagrams of section 1 and appendix C draw it once at most in a
 * message. check reads the whole body, so that whoever reads it later finds good syntax. */
static const struct row {
    uint8_t type;
    bool once;
    enum ik_status (*check)(struct ik_span body);
} rows[] = {
    {IK_PL_SA, true, ik_sa_check},       {IK_PL_KE, true, check_ke},
    {IK_PL_IDI, true, check_id},         {IK_PL_IDR, true, check_id},
    {IK_PL_CERT, false, IGNORED(cert)},  {IK_PL_CERTREQ, false, IGNORED(cert)},
    {IK_PL_AUTH, true, check_auth},      {IK_PL_NONCE, true, check_nonce},
    {IK_PL_NOTIFY, false, check_notify}, {IK_PL_DELETE, false, check_delete},
    {IK_PL_VENDOR, false, NULL},         {IK_PL_TSI, true, ik_ts_check},
    {IK_PL_TSR, true, ik_ts_check},      {IK_PL_SK, false, NULL},
    {IK_PL_CP, false, IGNORED(cp)},      {IK_PL_EAP, false, NULL},
    {IK_PL_SKF, false, IGNORED(skf)},
};

static const struct row *row_of(uint8_t type)
{
    for (uint8_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].type == type) {
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- the chain ------------------------------------------------------------------------------- */

static enum ik_status add(struct ik_msg *m, uint8_t type, bool critical, struct ik_span body)
{
    const struct row *row = row_of(type);
    if (row == NULL) {
        /* 2.5: ignored, unless critical: then the caller answers UNSUPPORTED_CRITICAL_PAYLOAD. */
        if (critical && m->critical_type == 0) {
            m->critical_type = type;
        }
        return IK_OK;
    }
    if ((row->once && (m->present & IK_PRESENT(type))) ||
        (row->check != NULL && row->check(body) != IK_OK)) {
        return IK_ERR_SYNTAX;
    }
    if (m->payloads_n == IK_PAYLOADS_MAX) {
        return IK_ERR_NO_ROOM;
    }
    struct ik_payload *p = &m->payloads[m->payloads_n++];
    p->type = type;
    p->critical = critical;
    p->body = body;
    m->present |= IK_PRESENT(type);
    return IK_OK;
}

/*
 * Each header names the type of the payload behind it; 0 ends the chain. The one exception is SK
 * (3.14) and SKF (RFC 7383 2.5): last in the message, they name the first payload inside.
 */
static enum ik_status walk(struct ik_msg *m, uint8_t next, struct ik_rd *r, bool inner)
{
    while (next != IK_PL_NONE) {
        uint8_t type = next;
        bool sealed = type == IK_PL_SK || type == IK_PL_SKF;
        next = ik_rd_u8(r);
        bool critical = (ik_rd_u8(r) & 0x80u) != 0;
        uint16_t len = ik_rd_u16(r);
        if (len < IK_GENERIC_LEN || (sealed && inner)) {
            return IK_ERR_SYNTAX;
        }
        struct ik_span body = ik_rd_span(r, (size_t)(len - IK_GENERIC_LEN));
        if (r->bad) {
            return IK_ERR_SYNTAX;
        }
        if (sealed) {
            m->sk_next = next;
            next = IK_PL_NONE;
        }
        enum ik_status st = add(m, type, critical, body);
        if (st != IK_OK) {
            return st;
        }
    }
    return ik_rd_done(r) ? IK_OK : IK_ERR_SYNTAX;
}

enum ik_status ik_msg_parse(const uint8_t *msg, size_t len, struct ik_msg *out)
{
    struct ik_rd r;
    if (ik_hdr_parse(msg, len, &out->hdr) != IK_OK || out->hdr.len != len) {
        return IK_ERR_SYNTAX;
    }
    out->payloads_n = 0;
    out->sk_next = IK_PL_NONE;
    out->critical_type = 0;
    out->present = 0;
    ik_rd_init(&r, msg + IK_HDR_LEN, len - IK_HDR_LEN);
    return walk(out, out->hdr.next, &r, false);
}

enum ik_status ik_msg_parse_inner(struct ik_msg *m, uint8_t next, const uint8_t *text, size_t len)
{
    struct ik_rd r;
    ik_rd_init(&r, text, len);
    return walk(m, next, &r, true);
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
