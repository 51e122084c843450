/* SPDX-License-Identifier: MIT */
/* What a person may look at: decoded messages on stderr, a capture, a key log. */
#ifndef POSIX_WATCH_H
#define POSIX_WATCH_H

#include "options.h"

struct watch {
    const struct ik_node *node;
    bool verbose;
    ik_time begun;       /* monotonic */
    ik_time epoch_begun; /* the same moment since 1970 */
    struct host_pcap pcap;
    struct host_keylog keylog;
    const char *pcap_name, *keylog_name;
    char legacy[120]; /* words of legacy algorithms in use */
};

/* False after one line on stderr. */
bool watch_open(struct watch *w, const struct options *o, const struct ik_node *node);
void watch_datagram(struct watch *w, const struct ik_path *path, bool outbound, const uint8_t *data,
                    size_t len);
/* An ik_trace_fn; ctx is the watch. */
void watch_trace(void *ctx, const struct ik_trace_rec *rec);
/* False after one line on stderr if a file could not be written. */
bool watch_close(struct watch *w);

#endif
