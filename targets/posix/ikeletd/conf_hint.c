/* SPDX-License-Identifier: MIT */
#include "conf_hint.h"

#include <stdio.h>
#include <string.h>

#define NO_PAYLOADS                                                                                \
    "it needs configuration payloads, which ikeletd has not yet; give inner addresses by "         \
    "tun.address, remote_ts and remotes"
#define KEYS "keys stand in the file that daemon.secrets names, each in a line IDENTITY: KEY"

/* Words of swanctl.conf, ipsec.conf and others for what is here. */
static const struct {
    const char *word, *hint;
} others[] = {
    {"pool", NO_PAYLOADS},
    {"pools", NO_PAYLOADS},
    {"vips", NO_PAYLOADS},
    {"psk", KEYS},
    {"secret", KEYS},
    {"key", KEYS},
    {"auth", "each side proves who it is by a key that both have: " KEYS},
    {"local_addrs", "here it is local"},
    {"left", "here it is local"},
    {"remote_addrs", "here it is remote"},
    {"right", "here it is remote"},
    {"leftid", "here it is id"},
    {"local_id", "here it is id"},
    {"rightid", "here it is remote_id"},
    {"leftsubnet", "here it is local_ts"},
    {"rightsubnet", "here it is remote_ts"},
    {"proposals", "here it is ike"},
    {"esp_proposals", "here it is esp"},
    {"ah_proposals", "here it is ah"},
    {"children", "here each is a section: child NAME { ... }"},
    {"dpd_delay", "here it is dpd"},
    {"dpddelay", "here it is dpd"},
    {"start_action", "here it is start"},
    {"rekey_time", "here it is rekey, of a child, and ike_rekey, of the IKE SA"},
    {"reauth_time", "here it is reauth"},
    {"fragmentation", "here it is fragment, in octets"},
    {"ppk_id", "here it is ppk"},
    {"replay_window", "here it is replay"},
    {"forceencaps", "here it is encap"},
};

static const cfg_opt_t *find(const cfg_opt_t *opts, const char *word)
{
    for (; opts != NULL && opts->name != NULL; opts++)
        if (strcmp(opts->name, word) == 0)
            return opts;
    return NULL;
}

/* The section that has such a word, or NULL. */
static const char *section_of(const cfg_opt_t *opts, const char *word)
{
    for (const cfg_opt_t *o = opts; o->name != NULL; o++) {
        if (o->type == CFGT_SEC && find(o->subopts, word) != NULL)
            return o->name;
        const char *below = o->type == CFGT_SEC ? section_of(o->subopts, word) : NULL;
        if (below != NULL)
            return below;
    }
    return NULL;
}

void conf_hint(const cfg_t *root, const char *word, char *out, size_t cap)
{
    const char *section = section_of(root->opts, word);
    *out = '\0';
    if (section != NULL)
        snprintf(out, cap, ": it is a word of %s", section);
    else if (find(root->opts, word) != NULL)
        snprintf(out, cap, ": it is a section of its own; is a brace missing before it?");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(word, others[i].word) == 0)
            snprintf(out, cap, ": %s", others[i].hint);
}
