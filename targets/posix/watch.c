/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "link.h"
#include "say.h"

static ik_time epoch_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (ik_time)t.tv_sec * IK_SECOND + (ik_time)t.tv_nsec / 1000;
}

bool watch_open(struct watch *w, const struct options *o, const struct ik_node *node)
{
    memset(w, 0, sizeof *w);
    w->node = node;
    w->verbose = o->verbose;
    w->begun = link_now();
    w->epoch_begun = epoch_now();
    w->pcap_name = o->pcap;
    w->keylog_name = o->keylog;
    if (o->pcap != NULL && !host_pcap_open(&w->pcap, o->pcap)) {
        complain("cannot write --pcap=%s: %s", o->pcap, strerror(errno));
        return false;
    }
    if (o->keylog != NULL && !host_keylog_open(&w->keylog, o->keylog)) {
        complain("cannot write into --keylog=%s: %s", o->keylog, strerror(errno));
        return false;
    }
    return true;
}

bool watch_close(struct watch *w)
{
    bool pcap = host_pcap_close(&w->pcap);
    bool keylog = host_keylog_close(&w->keylog);
    if (!pcap)
        complain("cannot write --pcap=%s", w->pcap_name);
    if (!keylog)
        complain("cannot write into --keylog=%s", w->keylog_name);
    return pcap && keylog;
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* Opened by the keys of the SA that it belongs to, if we have them; as it came if not. */
static bool parse(const struct watch *w, const uint8_t *data, size_t len, struct ik_msg *m)
{
    static uint8_t text[LINK_PKT_MAX];
    for (uint16_t ike = 0; ike < LINK_IKE_SAS; ike++)
        if (ik_export_open(w->node, ike, data, len, text, sizeof text, m))
            return true;
    return ik_msg_parse(data, len, m) == IK_OK;
}

static void print_time(const struct watch *w)
{
    fprintf(stderr, "%9.6f ", (double)(link_now() - w->begun) / (double)IK_SECOND);
}

static void print_head(const struct watch *w, const struct ik_path *path, bool outbound)
{
    char addr[46];
    print_time(w);
    host_addr_print(&path->remote, addr, sizeof addr);
    fprintf(stderr, "%s %s", outbound ? "to" : "from", addr);
    if (path->carrier != IK_CARRIER_ESP && path->carrier != IK_CARRIER_AH)
        fprintf(stderr, " port %u", (unsigned)path->remote_port);
    fputs(": ", stderr);
}

static void print_ah(const uint8_t *ip, size_t len)
{
    size_t at = ip[0] >> 4 == 6 ? 40 : 4u * (ip[0] & 15u);
    if (len < at + 12 || ip[ip[0] >> 4 == 6 ? 6 : 9] != IK_IP_AH) {
        fprintf(stderr, "AH behind other headers, %zu octets\n", len);
        return;
    }
    fputs("AH SPI ", stderr);
    for (size_t i = at + 4; i < at + 8; i++)
        fprintf(stderr, "%02x", (unsigned)ip[i]);
    unsigned long seq = (unsigned long)ip[at + 8] << 24 | (unsigned long)ip[at + 9] << 16 |
                        (unsigned long)ip[at + 10] << 8 | ip[at + 11];
    fprintf(stderr, " sequence number %lu, %zu octets\n", seq, len);
}

static void print_esp(const uint8_t *data, size_t len)
{
    fputs("ESP SPI ", stderr);
    for (unsigned i = 0; i < 4; i++)
        fprintf(stderr, "%02x", (unsigned)data[i]);
    unsigned long seq = (unsigned long)data[4] << 24 | (unsigned long)data[5] << 16 |
                        (unsigned long)data[6] << 8 | data[7];
    fprintf(stderr, " sequence number %lu, %zu octets\n", seq, len);
}

static void print_datagram(const struct watch *w, const struct ik_path *path, bool outbound,
                           const uint8_t *data, size_t len)
{
    static struct ik_msg m;
    static const uint8_t marker[4];
    bool marked = path->carrier == IK_CARRIER_UDP4500 && len >= 4 && memcmp(data, marker, 4) == 0;
    print_head(w, path, outbound);
    if (marked) {
        data += 4;
        len -= 4;
    }
    if (path->carrier == IK_CARRIER_AH && len >= 20)
        print_ah(data, len);
    else if (!marked && path->carrier != IK_CARRIER_UDP500 && len >= 8)
        print_esp(data, len);
    else if (!marked && path->carrier == IK_CARRIER_UDP4500 && len == 1)
        fputs("NAT keepalive\n", stderr);
    else if (parse(w, data, len, &m))
        host_decode_print(stderr, &m);
    else
        fprintf(stderr, "%zu octets that are no IKE message\n", len);
}

void watch_datagram(struct watch *w, const struct ik_path *path, bool outbound, const uint8_t *data,
                    size_t len)
{
    if (w->verbose)
        print_datagram(w, path, outbound, data, len);
    if (w->pcap.f != NULL)
        host_pcap_write(&w->pcap, w->epoch_begun + (link_now() - w->begun), path, outbound, data,
                        len);
}

/* ---- trace records --------------------------------------------------------------------------- */

/* Each legacy algorithm once. */
static void note_legacy(struct watch *w, unsigned type, unsigned id)
{
    const char *name = host_transform_name(type, id);
    size_t at = strlen(w->legacy);
    if (strstr(w->legacy, name) == NULL)
        snprintf(w->legacy + at, sizeof w->legacy - at, "%s%s", at > 0 ? ", " : "", name);
}

static void print_drop(const struct watch *w, const struct ik_trace_rec *rec)
{
    if (rec->a == IK_DROP_RX_KEEPALIVE)
        return;
    print_time(w);
    fprintf(stderr, "dropped: %s, %lu octets\n", host_drop_name(rec->a), (unsigned long)rec->b);
}

static void print_nat(const struct watch *w, const struct ik_trace_rec *rec)
{
    static const char *const found[] = {"no NAT", "the peer is behind a NAT", "we are behind a NAT",
                                        "both ends are behind a NAT"};
    print_time(w);
    fprintf(stderr, "%s\n", found[(rec->a != 0 ? 2 : 0) + (rec->b != 0 ? 1 : 0)]);
}

static void print_record(const struct watch *w, const struct ik_trace_rec *rec)
{
    if (rec->event == IK_TR_DROP)
        print_drop(w, rec);
    else if (rec->event == IK_TR_NAT)
        print_nat(w, rec);
}

void watch_trace(void *ctx, const struct ik_trace_rec *rec)
{
    struct watch *w = ctx;
    switch (rec->event) {
    case IK_TR_IKE_KEYS:
        host_keylog_ike(&w->keylog, w->node, rec->sa);
        break;
    case IK_TR_CHILD_UP:
        host_keylog_child(&w->keylog, w->node, rec->sa);
        break;
    case IK_TR_LEGACY:
        note_legacy(w, rec->a, rec->b);
        break;
    default:
        break;
    }
    if (w->verbose)
        print_record(w, rec);
}
