/* SPDX-License-Identifier: MIT */
#include "targets.h"

/* Of these, some may have no place: what is ignored, and what is one too many. */
#define MAY_LACK_PLACE                                                                             \
    (IK_PRESENT(IK_PL_NOTIFY) | IK_PRESENT(IK_PL_VENDOR) | IK_PRESENT(IK_PL_CERT) |                \
     IK_PRESENT(IK_PL_CERTREQ) | IK_PRESENT(IK_PL_DELETE) | IK_PRESENT(IK_PL_CP) |                 \
     IK_PRESENT(IK_PL_EAP))

/* Types of the payloads that have a place. */
static uint16_t placed(const struct ik_msg *m)
{
    uint16_t types = 0;
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        types |= IK_PRESENT(m->payloads[i].type);
    }
    FUZZ_CHECK((types & ~m->present) == 0 && (m->present & ~types & ~MAY_LACK_PLACE) == 0);
    return types;
}

static void check_chain(const struct ik_msg *m, const uint8_t *data, size_t len)
{
    FUZZ_CHECK(m->payloads_n <= IK_PAYLOADS_MAX);
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        const struct ik_payload *p = &m->payloads[i];
        FUZZ_CHECK(inside(p->body, data, len));
        FUZZ_CHECK((p->type >= IK_PL_SA && p->type <= IK_PL_EAP) || p->type == IK_PL_SKF);
        const struct ik_payload *first = ik_msg_find(m, p->type);
        FUZZ_CHECK(first && first <= p);
    }
    (void)placed(m);
    FUZZ_CHECK(m->critical_type == 0 || !ik_msg_find(m, m->critical_type));
}

static void check_notifies(const struct ik_msg *m, const uint8_t *data, size_t len)
{
    struct ik_notify n, found;
    uint8_t at = 0, notifies = 0, payloads = 0;
    while (ik_notify_next(m, &at, &n)) {
        FUZZ_CHECK(inside(n.spi, data, len) && inside(n.data, data, len));
        FUZZ_CHECK(ik_notify_find(m, n.type, &found) && found.type == n.type);
        notifies++;
    }
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        payloads = (uint8_t)(payloads + (m->payloads[i].type == IK_PL_NOTIFY));
    }
    FUZZ_CHECK(notifies == payloads);
}

/* Writes the payloads anew and reads them again: the same chain. */
static void rebuild(const struct ik_msg *m)
{
    static uint8_t buf[UINT16_MAX];
    struct ik_chain c;
    struct ik_msg again;
    ik_msg_begin(&c, buf, sizeof buf, &m->hdr);
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        ik_payload_open(&c, m->payloads[i].type);
        ik_wr_bytes(&c.w, m->payloads[i].body.p, m->payloads[i].body.len);
        ik_payload_close(&c);
    }
    if (ik_msg_end(&c) != IK_OK) {
        return; /* octets of skipped payloads are gone, so it can't have grown: see below */
    }
    FUZZ_CHECK(c.w.len <= m->hdr.len);
    FUZZ_CHECK(ik_msg_parse(buf, c.w.len, &again) == IK_OK);
    FUZZ_CHECK(again.payloads_n == m->payloads_n && again.present == placed(m));
    for (uint8_t i = 0; i < m->payloads_n; i++) {
        FUZZ_CHECK(same_span(again.payloads[i].body, m->payloads[i].body));
    }
}

static void open_sk(struct ik_msg *m, const uint8_t *data, size_t len)
{
    const struct ik_payload *sk = ik_msg_find(m, IK_PL_SK);
    size_t inner;
    if (!sk || ik_sk_unpad(sk->body.p, sk->body.len, &inner) != IK_OK) {
        return;
    }
    FUZZ_CHECK(inner < sk->body.len);
    if (ik_msg_parse_inner(m, m->sk_next, sk->body.p, inner) == IK_OK) {
        check_chain(m, data, len);
        check_notifies(m, data, len);
    }
}

void fuzz_msg(const uint8_t *data, size_t len)
{
    struct ik_msg m;
    struct ik_hdr hdr;
    bool header = ik_hdr_parse(data, len, &hdr) == IK_OK;
    if (ik_msg_parse(data, len, &m) != IK_OK) {
        return;
    }
    FUZZ_CHECK(header && hdr.len == len && memcmp(&hdr, &m.hdr, sizeof hdr) == 0);
    check_chain(&m, data, len);
    check_notifies(&m, data, len);
    rebuild(&m);
    open_sk(&m, data, len);
}
