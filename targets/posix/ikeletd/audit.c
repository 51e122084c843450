/* SPDX-License-Identifier: MIT */
/* The log of auditable events (RFC 4302 and RFC 4303 section 4). */
#include "daemon.h"
#include "log.h"

#define PER_SECOND 10 /* anybody can bring them about */

/* Takes one of what may be written in this second; false if there is none left. */
static bool may_write(struct worker *w, ik_time at)
{
    if (at - w->audit.second >= IK_SECOND) {
        if (w->audit.left_out > 0)
            log_say(LOG_WARNING_LEVEL, "audit: %u more in that second", w->audit.left_out);
        w->audit.second = at;
        w->audit.written = w->audit.left_out = 0;
    }
    if (w->audit.written < PER_SECOND) {
        w->audit.written++;
        return true;
    }
    w->audit.left_out++;
    return false;
}

void audit_event(void *ctx, const struct ik_audit *rec)
{
    static const char *const protocols[] = {"ESP", "AH"};
    struct worker *w = ctx;
    char src[46], dst[46], by[80] = "in clear", flow[24] = "";
    if (!w->d->plan->conf.daemon.audit || !may_write(w, rec->at))
        return;
    host_addr_print(&rec->src, src, sizeof src);
    host_addr_print(&rec->dst, dst, sizeof dst);
    if (rec->protocol != 0)
        snprintf(by, sizeof by, "%s SPI %08lx sequence number %lu",
                 protocols[rec->protocol == IK_IP_AH], (unsigned long)rec->spi,
                 (unsigned long)rec->seq);
    if (rec->flow != 0)
        snprintf(flow, sizeof flow, ", flow label %05lx", (unsigned long)rec->flow);
    log_say(LOG_WARNING_LEVEL, "audit: %s: %s, %s to %s, %s%s", host_drop_name(rec->why),
            rec->outbound ? "outbound" : "inbound", rec->src.family != 0 ? src : "-",
            rec->dst.family != 0 ? dst : "-", by, flow);
}
