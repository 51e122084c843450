/* SPDX-License-Identifier: MIT */
/* Each payload is parsed; what is taken is written and parsed again, and must be the same. */
#include "targets.h"

static uint8_t buf[UINT16_MAX];

/* The body of the one payload that was written. */
static struct ik_span written(const struct ik_chain *c)
{
    FUZZ_CHECK(ik_wr_ok(&c->w) && c->w.len >= 4 && ik_get16(buf + 2) == c->w.len);
    return (struct ik_span){buf + 4, (uint16_t)(c->w.len - 4)};
}

/* ---- SA -------------------------------------------------------------------------------------- */

#define PROPOSALS_MAX 8
#define TRANSFORMS_MAX 16

struct sa {
    uint8_t n;
    bool whole; /* it all went in here */
    struct ik_sa_item items[PROPOSALS_MAX];
    struct ik_transform transforms[PROPOSALS_MAX][TRANSFORMS_MAX];
};

static void read_transforms(const struct ik_wire_proposal *p, struct sa *sa)
{
    struct ik_transform t;
    uint16_t at = 0;
    uint8_t n = 0;
    while (at < p->transforms.len) {
        uint16_t before = at;
        FUZZ_CHECK(ik_transform_next(p, &at, &t) == IK_OK && at > before);
        if (sa->n < PROPOSALS_MAX && n < TRANSFORMS_MAX) {
            sa->transforms[sa->n][n] = t;
        } else {
            sa->whole = false;
        }
        n++;
    }
    FUZZ_CHECK(n == p->transforms_n && at == p->transforms.len);
}

static void read_sa(struct ik_span body, struct sa *sa)
{
    struct ik_wire_proposal p;
    uint16_t at = 0;
    sa->n = 0;
    sa->whole = true;
    while (at < body.len) {
        uint16_t before = at;
        FUZZ_CHECK(ik_sa_next(&body, &at, &p) == IK_OK && at > before);
        FUZZ_CHECK(inside(p.spi, body.p, body.len) && inside(p.transforms, body.p, body.len));
        read_transforms(&p, sa);
        if (sa->n == PROPOSALS_MAX) {
            sa->whole = false;
            continue;
        }
        sa->items[sa->n] =
            (struct ik_sa_item){p.number, p.protocol, p.spi, p.transforms_n, sa->transforms[sa->n]};
        sa->n++;
    }
    FUZZ_CHECK(at == body.len);
}

static bool same_item(const struct ik_sa_item *a, const struct ik_sa_item *b)
{
    if (a->number != b->number || a->protocol != b->protocol || !same_span(a->spi, b->spi) ||
        a->transforms_n != b->transforms_n) {
        return false;
    }
    for (uint8_t i = 0; i < a->transforms_n; i++) {
        const struct ik_transform *x = &a->transforms[i], *y = &b->transforms[i];
        /* Unknown attributes are not written. */
        if (x->type != y->type || x->id != y->id || x->key_bits != y->key_bits || y->unknown_attr) {
            return false;
        }
    }
    return true;
}

static void sa_body(struct ik_span body)
{
    static struct sa sa, again;
    struct ik_chain c;
    if (ik_sa_check(&body) != IK_OK) {
        return;
    }
    read_sa(body, &sa);
    if (!sa.whole) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_sa_put(&c, sa.items, sa.n);
    struct ik_span w = written(&c);
    FUZZ_CHECK(ik_sa_check(&w) == IK_OK);
    read_sa(w, &again);
    FUZZ_CHECK(again.n == sa.n);
    for (uint8_t i = 0; i < sa.n; i++) {
        FUZZ_CHECK(same_item(&sa.items[i], &again.items[i]));
    }
}

/* ---- TS, CP ---------------------------------------------------------------------------------- */

static uint8_t read_ts(struct ik_span body, struct ik_ts *known)
{
    struct ik_ts ts;
    uint16_t at = 0;
    uint8_t n = 0, known_n = 0;
    do {
        uint16_t before = at;
        FUZZ_CHECK(ik_ts_next(&body, &at, &ts) == IK_OK && at > before && at <= body.len);
        FUZZ_CHECK(ts.family == 0 || ts.family == 4 || ts.family == 6);
        if (ts.family != 0) {
            known[known_n++] = ts;
        }
        n++;
    } while (at < body.len);
    FUZZ_CHECK(n == body.p[0]);
    return known_n;
}

static void ts_body(uint8_t type, struct ik_span body)
{
    static struct ik_ts ts[256], again[256];
    struct ik_chain c;
    if (ik_ts_check(&body) != IK_OK) {
        return;
    }
    uint8_t n = read_ts(body, ts);
    if (n == 0) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_ts_put(&c, type, ts, n);
    struct ik_span w = written(&c);
    FUZZ_CHECK(ik_ts_check(&w) == IK_OK && read_ts(w, again) == n);
    FUZZ_CHECK(memcmp(ts, again, n * sizeof ts[0]) == 0);
}

static void cp_body(struct ik_span body)
{
    struct ik_cp_attr attrs[64], a;
    struct ik_span s, s2;
    struct ik_chain c;
    uint8_t type, type2, n = 0;
    uint16_t at = 0;
    if (ik_cp_parse(body, &type, &s) != IK_OK) {
        return;
    }
    while (at < s.len && n < 64) {
        FUZZ_CHECK(ik_cp_next(s, &at, &attrs[n]) == IK_OK);
        FUZZ_CHECK(inside(attrs[n].value, body.p, body.len));
        n++;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_cp_put(&c, type, attrs, n);
    FUZZ_CHECK(ik_cp_parse(written(&c), &type2, &s2) == IK_OK && type2 == type);
    at = 0;
    for (uint8_t i = 0; i < n; i++) {
        FUZZ_CHECK(ik_cp_next(s2, &at, &a) == IK_OK && a.type == attrs[i].type);
        FUZZ_CHECK(same_span(a.value, attrs[i].value));
    }
    FUZZ_CHECK(at == s2.len);
}

/* ---- the flat ones --------------------------------------------------------------------------- */

static void ke_body(struct ik_span body)
{
    struct ik_ke a, b;
    struct ik_chain c;
    if (ik_ke_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_ke_put(&c, &a);
    FUZZ_CHECK(ik_ke_parse(written(&c), &b) == IK_OK && a.group == b.group);
    FUZZ_CHECK(same_span(a.data, b.data) && inside(a.data, body.p, body.len));
}

static void id_body(uint8_t type, struct ik_span body)
{
    struct ik_id a, b;
    struct ik_chain c;
    if (ik_id_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_id_put(&c, type, &a);
    FUZZ_CHECK(ik_id_parse(written(&c), &b) == IK_OK && a.type == b.type);
    FUZZ_CHECK(same_span(a.data, b.data) && inside(a.data, body.p, body.len));
}

static void cert_body(uint8_t type, struct ik_span body)
{
    struct ik_cert a, b;
    struct ik_chain c;
    if (ik_cert_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_cert_put(&c, type, &a);
    FUZZ_CHECK(ik_cert_parse(written(&c), &b) == IK_OK && a.encoding == b.encoding);
    FUZZ_CHECK(same_span(a.data, b.data) && inside(a.data, body.p, body.len));
}

static void auth_body(struct ik_span body)
{
    struct ik_auth a, b;
    struct ik_chain c;
    if (ik_auth_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_auth_put(&c, &a);
    FUZZ_CHECK(ik_auth_parse(written(&c), &b) == IK_OK && a.method == b.method);
    FUZZ_CHECK(same_span(a.data, b.data) && inside(a.data, body.p, body.len));
}

static void nonce_body(struct ik_span body)
{
    struct ik_span a, b;
    struct ik_chain c;
    if (ik_nonce_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_nonce_put(&c, a);
    FUZZ_CHECK(ik_nonce_parse(written(&c), &b) == IK_OK && same_span(a, b));
}

static void vendor_body(struct ik_span body)
{
    struct ik_chain c;
    ik_chain_begin(&c, buf, sizeof buf);
    ik_vendor_put(&c, body);
    FUZZ_CHECK(same_span(written(&c), body));
}

static void notify_body(struct ik_span body)
{
    struct ik_notify a, b;
    struct ik_chain c;
    if (ik_notify_parse(body, &a) != IK_OK) {
        return;
    }
    ik_chain_begin(&c, buf, sizeof buf);
    ik_notify_put(&c, &a);
    FUZZ_CHECK(ik_notify_parse(written(&c), &b) == IK_OK);
    FUZZ_CHECK(a.protocol == b.protocol && a.type == b.type);
    FUZZ_CHECK(same_span(a.spi, b.spi) && same_span(a.data, b.data));
}

static void delete_body(struct ik_span body)
{
    struct ik_delete a, b;
    struct ik_chain c;
    if (ik_delete_parse(body, &a) != IK_OK) {
        return;
    }
    FUZZ_CHECK((size_t)a.spi_size * a.count == a.spis.len);
    ik_chain_begin(&c, buf, sizeof buf);
    ik_delete_put(&c, &a);
    FUZZ_CHECK(ik_delete_parse(written(&c), &b) == IK_OK);
    FUZZ_CHECK(a.protocol == b.protocol && a.spi_size == b.spi_size && a.count == b.count);
    FUZZ_CHECK(same_span(a.spis, b.spis));
}

static void skf_body(struct ik_span body)
{
    struct ik_skf skf;
    if (ik_skf_parse(body, &skf) == IK_OK) {
        FUZZ_CHECK(skf.number >= 1 && skf.number <= skf.total);
        FUZZ_CHECK(inside(skf.sealed, body.p, body.len));
    }
}

static void sk_body(struct ik_span body)
{
    size_t len;
    if (ik_sk_unpad(body.p, body.len, &len) == IK_OK) {
        FUZZ_CHECK(len < body.len);
    }
}

void fuzz_body(const uint8_t *data, size_t len)
{
    if (len < 1 || len > 60000) {
        return;
    }
    struct ik_span body = {data + 1, (uint16_t)(len - 1)};
    switch (data[0]) {
    case IK_PL_SA:
        sa_body(body);
        break;
    case IK_PL_KE:
        ke_body(body);
        break;
    case IK_PL_IDI:
    case IK_PL_IDR:
        id_body(data[0], body);
        break;
    case IK_PL_CERT:
    case IK_PL_CERTREQ:
        cert_body(data[0], body);
        break;
    case IK_PL_AUTH:
        auth_body(body);
        break;
    case IK_PL_NONCE:
        nonce_body(body);
        break;
    case IK_PL_NOTIFY:
        notify_body(body);
        break;
    case IK_PL_DELETE:
        delete_body(body);
        break;
    case IK_PL_VENDOR:
        vendor_body(body);
        break;
    case IK_PL_TSI:
    case IK_PL_TSR:
        ts_body(data[0], body);
        break;
    case IK_PL_SK:
        sk_body(body);
        break;
    case IK_PL_CP:
        cp_body(body);
        break;
    case IK_PL_SKF:
        skf_body(body);
        break;
    default:
        break;
    }
}
