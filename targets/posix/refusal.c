/* SPDX-License-Identifier: MIT */
#include "refusal.h"

#include <string.h>

#include "link.h"

#define LINES_A_SECOND 10
#define ERRORS_END 16384 /* RFC 7296 3.10.1: status types begin here */

/* ---- the request ----------------------------------------------------------------------------- */

static void read_ts(const struct ik_msg *m, uint8_t type, char *out, size_t cap)
{
    const struct ik_payload *p = ik_msg_find(m, type);
    struct ik_ts ts;
    uint16_t at = 0;
    if (p != NULL && ik_ts_next(&p->body, &at, &ts) == IK_OK)
        host_ts_print(&ts, out, cap);
}

static void read_id(const struct ik_msg *m, char *out, size_t cap)
{
    const struct ik_payload *p = ik_msg_find(m, IK_PL_IDI);
    struct ik_id id;
    if (p != NULL && ik_id_parse(p->body, &id) == IK_OK)
        host_id_print(id.type, id.data, out, cap);
}

/* RFC 8784 5.1: an octet of the kind, and the identity. */
static void read_ppk(struct refusal *r, const struct ik_msg *m)
{
    struct ik_notify n;
    const struct ik_config *config = r->node->config;
    if (!ik_notify_find(m, IK_N_PPK_IDENTITY, &n) || n.data.len < 1)
        return;
    r->ppk = REFUSAL_OTHER_PPK;
    for (uint16_t i = 0; i < config->peers_n; i++) {
        for (uint8_t k = 0; k < config->peers[i].ppks_n; k++) {
            const struct ik_span *id = &config->peers[i].ppks[k].id;
            if (n.data.len == id->len + 1 && memcmp(n.data.p + 1, id->p, id->len) == 0)
                r->ppk = REFUSAL_OUR_PPK;
        }
    }
}

/* Before the node looks at it: afterwards the keys may be gone. */
static void read_request(struct refusal *r, const uint8_t *data, size_t len)
{
    static uint8_t text[LINK_PKT_MAX];
    static struct ik_msg m;
    for (uint16_t ike = 0; ike < LINK_IKE_SAS; ike++) {
        if (ik_export_open(r->node, ike, data, len, text, sizeof text, &m)) {
            read_id(&m, r->id, sizeof r->id);
            read_ppk(r, &m);
            r->wants_child = m.hdr.exchange == IK_EX_IKE_AUTH && ik_msg_find(&m, IK_PL_SA) != NULL;
            read_ts(&m, IK_PL_TSI, r->ts[0], sizeof r->ts[0]);
            read_ts(&m, IK_PL_TSR, r->ts[1], sizeof r->ts[1]);
            break;
        }
    }
    explicit_bzero(text, sizeof text);
}

void refusal_begin(struct refusal *r, const struct ik_path *path, const uint8_t *data, size_t len)
{
    static const uint8_t marker[4];
    if (path->carrier == IK_CARRIER_UDP4500 && len >= 4 && memcmp(data, marker, 4) == 0) {
        data += 4;
        len -= 4;
    }
    r->from = path->remote;
    r->port = path->remote_port;
    r->notify = r->drop = 0;
    r->dropped = r->wants_child = false;
    r->ppk = REFUSAL_NO_PPK;
    r->id[0] = r->ts[0][0] = r->ts[1][0] = '\0';
    if (path->carrier == IK_CARRIER_ESP || path->carrier == IK_CARRIER_AH || len < IK_HDR_LEN ||
        (data[19] & IK_FLAG_RESPONSE) != 0 ||
        (data[18] != IK_EX_IKE_AUTH && data[18] != IK_EX_CREATE_CHILD_SA))
        return;
    read_request(r, data, len);
}

void refusal_trace(struct refusal *r, const struct ik_trace_rec *rec)
{
    if (rec->event == IK_TR_NOTIFY_TX && rec->a < ERRORS_END && r->notify == 0)
        r->notify = rec->a;
    if (rec->event == IK_TR_DROP && !r->dropped) {
        r->dropped = true;
        r->drop = rec->a;
    }
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool ppk_required(const struct ik_config *config)
{
    uint16_t i = 0;
    while (i < config->peers_n && !config->peers[i].ppk_required)
        i++;
    return i < config->peers_n;
}

static bool childless(const struct ik_config *config)
{
    uint16_t i = 0;
    while (i < config->peers_n && config->peers[i].childless != IK_CHILDLESS_FORCE)
        i++;
    return i < config->peers_n;
}

static const char *why_not_authentic(const struct refusal *r)
{
    if (r->dropped && r->drop == IK_DROP_IKE_NO_PEER)
        return "nobody of that name is configured";
    if (r->ppk == REFUSAL_NO_PPK && ppk_required(r->node->config))
        return "it uses no post-quantum pre-shared key, and one is required";
    if (r->ppk == REFUSAL_OTHER_PPK)
        return "its post-quantum pre-shared key is none of ours";
    return "authentication failed: another key, or no proof";
}

static const char *why(const struct refusal *r)
{
    switch (r->notify) {
    case IK_N_NO_PROPOSAL_CHOSEN:
        return "no proposal chosen: none of its suites is configured here";
    case IK_N_TS_UNACCEPTABLE:
        if (r->dropped && r->drop == IK_DROP_IKE_ADDRESS)
            return "traffic selectors that another identity has, whose SA lives";
        return "traffic selectors that are not configured here";
    case IK_N_NO_ADDITIONAL_SAS:
        if (r->wants_child && childless(r->node->config))
            return "IKE SAs come up without a Child SA here, and it wants one at once";
        return "there is no room for another Child SA";
    case IK_N_TEMPORARY_FAILURE:
        return "not now: the SA is being rekeyed or closed";
    case IK_N_AUTHENTICATION_FAILED:
        return why_not_authentic(r);
    default:
        return host_notify_name(r->notify);
    }
}

static bool tells(struct refusal *r, ik_time now)
{
    if (now - r->since >= IK_SECOND) {
        r->since = now;
        r->told = 0;
    }
    return r->told++ < LINES_A_SECOND;
}

bool refusal_told(struct refusal *r, ik_time now, char *out, size_t cap)
{
    char addr[46];
    /* Another group is asked for, and not refused. */
    if (r->notify == 0 || r->notify == IK_N_INVALID_KE_PAYLOAD || !tells(r, now))
        return false;
    host_addr_print(&r->from, addr, sizeof addr);
    bool ts = r->notify == IK_N_TS_UNACCEPTABLE && r->ts[0][0] != '\0' && r->ts[1][0] != '\0';
    snprintf(out, cap, "refused %s port %u%s%s%s: %s%s%s%s%s", addr, (unsigned)r->port,
             r->id[0] != '\0' ? " (" : "", r->id, r->id[0] != '\0' ? ")" : "", why(r),
             ts ? ": " : "", ts ? r->ts[1] : "", ts ? " === " : "", ts ? r->ts[0] : "");
    return true;
}
