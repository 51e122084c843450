/* SPDX-License-Identifier: MIT */
#include "why.h"

#include <string.h>

static size_t add(char *out, size_t cap, size_t at, const char *text)
{
    int n = at < cap ? snprintf(out + at, cap - at, "%s%s", at > 0 ? "," : "", text) : 0;
    return at + (size_t)(n > 0 ? n : 0);
}

const char *why_proposals(const struct ik_proposal *p, unsigned n, char *out, size_t cap)
{
    size_t at = 0;
    char text[200];
    out[0] = '\0';
    for (unsigned i = 0; i < n; i++) {
        host_suite_print(&p[i], text, sizeof text);
        at = add(out, cap, at, text);
    }
    return out;
}

const char *why_selectors(const struct ik_ts *ts, unsigned n, char *out, size_t cap)
{
    size_t at = 0;
    char text[120];
    out[0] = '\0';
    for (unsigned i = 0; i < n; i++) {
        host_ts_print(&ts[i], text, sizeof text);
        at = add(out, cap, at, text);
    }
    return out;
}

const char *why_offer(const struct ik_msg *m, char *out, size_t cap)
{
    const struct ik_payload *sa = ik_msg_find(m, IK_PL_SA);
    struct ik_wire_proposal wire;
    uint16_t at = 0;
    size_t len = 0;
    char text[200];
    out[0] = '\0';
    while (sa != NULL && at < sa->body.len && ik_sa_next(&sa->body, &at, &wire) == IK_OK) {
        struct ik_proposal p = {0};
        struct ik_transform t;
        uint16_t of = 0;
        while (p.transforms_n < IK_TRANSFORMS_MAX && of < wire.transforms.len &&
               ik_transform_next(&wire, &of, &t) == IK_OK)
            p.transforms[p.transforms_n++] = t;
        host_suite_print(&p, text, sizeof text);
        len = add(out, cap, len, text);
    }
    return out;
}

const char *why_asked(const struct ik_msg *m, uint8_t type, char *out, size_t cap)
{
    const struct ik_payload *p = ik_msg_find(m, type);
    struct ik_ts ts[IK_TS_MAX];
    uint16_t at = 0;
    unsigned n = 0;
    while (p != NULL && n < IK_TS_MAX && at < p->body.len &&
           ik_ts_next(&p->body, &at, &ts[n]) == IK_OK)
        n += ts[n].family != 0;
    return why_selectors(ts, n, out, cap);
}

bool why_last(const struct worker *w, uint16_t ike, uint8_t *text, size_t cap, struct ik_msg *m)
{
    if (w->last_len == 0)
        return false;
    if (ike < w->host.ike_sas_n &&
        ik_export_open(&w->node, ike, w->last, w->last_len, text, cap, m))
        return true;
    return ik_msg_parse(w->last, w->last_len, m) == IK_OK;
}

const char *why_reason(const struct ik_effect *fx, char *out, size_t cap)
{
    if (fx->notify != 0)
        snprintf(out, cap, "%s (notify %s)", host_reason_text(fx->reason),
                 host_notify_name(fx->notify));
    else
        snprintf(out, cap, "%s", host_reason_text(fx->reason));
    return out;
}
