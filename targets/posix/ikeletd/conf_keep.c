/* SPDX-License-Identifier: MIT */
/* What was opened at the start stays so until a restart: sockets, device, pools, rights. */
#include <stdlib.h>
#include <string.h>

#include "conf.h"

struct keeper {
    const struct conf *is;
    struct mistakes *mistakes;
    const char *section;
    unsigned line;
};

static void tell(const struct keeper *k, const char *word)
{
    mistakes_add(k->mistakes, k->is->file, k->line, "%s.%s: a change takes a restart", k->section,
                 word);
}

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void keep_text(const struct keeper *k, const char *word, char **is, const char *was)
{
    if (same(*is, was))
        return;
    tell(k, word);
    free(*is);
    *is = was != NULL ? strdup(was) : NULL;
}

static void keep_number(const struct keeper *k, const char *word, unsigned *is, unsigned was)
{
    if (*is != was)
        tell(k, word);
    *is = was;
}

static void keep_yes(const struct keeper *k, const char *word, bool *is, bool was)
{
    if (*is != was)
        tell(k, word);
    *is = was;
}

static void keep_daemon(const struct keeper *k, struct conf_daemon *is,
                        const struct conf_daemon *was)
{
    keep_text(k, "user", &is->user, was->user);
    keep_text(k, "group", &is->group, was->group);
    keep_text(k, "control", &is->control, was->control);
    keep_text(k, "metrics", &is->metrics, was->metrics);
    is->metrics_port = was->metrics_port;
    keep_text(k, "keylog", &is->keylog, was->keylog);
    keep_text(k, "pcap", &is->pcap, was->pcap);
    keep_text(k, "updown", &is->updown, was->updown);
    keep_number(k, "ike_sas", &is->ike_sas, was->ike_sas);
    keep_number(k, "workers", &is->workers, was->workers);
    if (memcmp(&is->local, &was->local, sizeof is->local) != 0)
        tell(k, "local");
    is->local = was->local;
}

static void keep_tun(const struct keeper *k, struct conf_tun *is, const struct conf_tun *was)
{
    keep_text(k, "name", &is->name, was->name);
    keep_number(k, "mtu", &is->mtu, was->mtu);
    keep_yes(k, "routes", &is->routes, was->routes);
    keep_yes(k, "offload", &is->offload, was->offload);
    if (is->address_n != was->address_n ||
        memcmp(is->address, was->address, was->address_n * sizeof was->address[0]) != 0)
        tell(k, "address");
    memcpy(is->address, was->address, sizeof is->address);
    is->address_n = was->address_n;
}

void conf_keep(struct conf *is, const struct conf *was, struct mistakes *m)
{
    const struct keeper daemon = {is, m, "daemon", is->daemon.line};
    const struct keeper tun = {is, m, "tun", is->tun.line};
    keep_daemon(&daemon, &is->daemon, &was->daemon);
    keep_tun(&tun, &is->tun, &was->tun);
}
