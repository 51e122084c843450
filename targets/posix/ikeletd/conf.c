/* SPDX-License-Identifier: MIT */
/* Texts become values. Each mistake is told, and the rest goes on being looked at. */
#include "conf.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"
#include "hook.h"
#include "lines.h"
#include "log.h"
#include "provider.h"
#include "sockets.h"
#include "words.h"
#include "zones.h"

#define CONTROL_PATH_MAX 107 /* sun_path, and a zero behind it */
#define IKE_REKEY (4 * 3600 * IK_SECOND)
#define PROBE 1500
#define CHILD_REKEY (3600 * IK_SECOND)

/* In seconds, as the core has them, or milliseconds. */
static const struct word_times ages = {IK_SECOND, 0, 20 * 86400 * IK_SECOND};
static const struct word_times silences = {IK_SECOND, 0, 86400 * IK_SECOND};
static const struct word_times ticket_lives = {IK_SECOND, 0, IK_LIFE_MAX / 2 * IK_SECOND};
static const struct word_times timeouts = {IK_MS, IK_SECOND / 10, 3600 * IK_SECOND};
static const struct word_times dummies = {IK_MS, 0, IK_DUMMY_MAX / 1000 * IK_SECOND};

static bool parse_address(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    struct conf_tun *t = out;
    char addr[46];
    size_t len = strcspn(word, "/");
    bool good = len < sizeof addr;
    snprintf(addr, sizeof addr, "%.*s", (int)(good ? len : 0), word);
    good = good && host_addr_parse(addr, &t->address[i].addr);
    uint64_t most = good && t->address[i].addr.family == 4 ? 32 : 128, bits = most;
    good = good && (word[len] == '\0' || host_number_parse(word + len + 1, 0, 0, most, &bits));
    t->address[i].bits = (uint8_t)bits;
    if (!good)
        snprintf(err, cap, "\"%s\" is not an address with its length (10.1.0.1/24)", word);
    return good;
}

static bool parse_ike(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    return host_suite_parse_ike(word, &((struct ik_proposal *)out)[i], err, cap);
}

static bool parse_ah(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    return host_suite_parse_ah(word, &((struct ik_proposal *)out)[i], err, cap);
}

static bool parse_esp(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    return host_suite_parse_esp(word, &((struct ik_proposal *)out)[i], err, cap);
}

/* ---- sections -------------------------------------------------------------------------------- */

static void take_crypto(struct reader *r, const struct ik_crypto **out)
{
    if (!word_is_there(r, "crypto"))
        return;
    const struct ik_crypto *crypto = host_crypto_named(r->value);
    if (crypto == NULL)
        word_wrong(r, host_crypto_names());
    else
        *out = crypto;
}

/* An empty text is told already. */
static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void take_updown(struct reader *r, char **out)
{
    word_text(r, "updown", out);
    const char *why = is_given(*out) ? hook_objection(*out) : NULL;
    if (why != NULL)
        word_wrong(r, why);
}

/* 127.0.0.1:PORT or a file. */
static void take_metrics(struct reader *r, struct conf_daemon *d)
{
    static const char here[] = "127.0.0.1:";
    word_text(r, "metrics", &d->metrics);
    if (!is_given(d->metrics) || d->metrics[0] == '/')
        return;
    uint64_t port = 0;
    if (strncmp(d->metrics, here, sizeof here - 1) != 0 ||
        !host_number_parse(d->metrics + sizeof here - 1, 0, 1, UINT16_MAX, &port))
        word_wrong(r, "neither 127.0.0.1:PORT nor /a/file");
    d->metrics_port = (uint16_t)port;
}

static void take_daemon(struct reader *r, struct conf_daemon *d)
{
    word_text(r, "user", &d->user);
    word_text(r, "group", &d->group);
    word_text(r, "control", &d->control);
    if (strlen(d->control) > CONTROL_PATH_MAX)
        word_wrong(r, "longer than 107 octets, which a socket's name cannot be");
    word_text(r, "secrets", &d->secrets);
    take_metrics(r, d);
    word_text(r, "keylog", &d->keylog);
    word_yes(r, "audit", &d->audit);
    take_updown(r, &d->updown);
    word_text(r, "pcap", &d->pcap);
    word_addr(r, "local", &d->local);
    word_choice(r, "log", log_levels, "error, warning, info or debug", &d->log);
    word_number(r, "ike_sas", 1, 60000, &d->ike_sas);
    word_number(r, "workers", 1, WORKERS_MAX, &d->workers);
    word_number(r, "cookie_above", 0, 65535, &d->cookie_above);
    take_crypto(r, &d->crypto);
    word_time(r, "timeout", &timeouts, &d->timeout);
    word_time(r, "tickets", &ticket_lives, &d->tickets);
}

static void take_tun(struct reader *r, struct conf_tun *t)
{
    word_text(r, "name", &t->name);
    if (word_is_there(r, "name") && is_given(r->value) && !device_name_fits(r->value))
        word_wrong(r, "not a name for a device (" DEVICE_NAME_IS ")");
    word_number(r, "mtu", 0, 65535, &t->mtu);
    if (t->mtu != 0 && t->mtu < 576)
        word_wrong(r, "0 (from the path), or 576 and more");
    if (word_is_there(r, "address"))
        t->address_n =
            word_each(r, r->value, sizeof t->address / sizeof t->address[0], parse_address, t);
    word_yes(r, "routes", &t->routes);
    word_yes(r, "offload", &t->offload);
    word_yes(r, "mss_clamp", &t->mss_clamp);
}

/* As swanctl.conf has it: ah_proposals in the place of esp_proposals. */
static void take_suites(struct reader *r, struct conf_child *c)
{
    bool esp = word_is_there(r, "esp");
    if (esp)
        c->esp_n = (uint8_t)word_each(r, r->value, IK_PROPOSALS_MAX, parse_esp, c->esp);
    c->ah = word_is_there(r, "ah") || (c->ah && !esp);
    if (!word_is_there(r, "ah"))
        return;
    if (esp)
        word_wrong(r, "a child has ESP or AH: leave out one of esp and ah");
    c->esp_n = (uint8_t)word_each(r, r->value, IK_PROPOSALS_MAX, parse_ah, c->esp);
}

/* A power of two. */
static void take_replay(struct reader *r, uint16_t *out)
{
    unsigned replay = *out;
    word_number(r, "replay", 32, IK_REPLAY_MAX, &replay);
    if ((replay & (replay - 1)) != 0)
        word_wrong(r, "not a power of two");
    else
        *out = (uint16_t)replay;
}

/* Beyond 2048 there would be no room behind a packet. */
static void take_tfc(struct reader *r, const char *word, uint16_t *out)
{
    unsigned octets = *out;
    word_number(r, word, 0, 2048, &octets);
    *out = (uint16_t)octets;
}

/* What comes from packets cannot be asked for without one. */
static void take_pfp(struct reader *r, struct conf_child *c)
{
    const uint8_t ports = IK_PFP_LOCAL_PORT | IK_PFP_REMOTE_PORT;
    if (word_is_there(r, "pfp")) {
        if (!host_pfp_parse(r->value, &c->pfp))
            word_wrong(r, "not some of " HOST_PFP_WORDS);
        else if ((c->pfp & ports) != 0 && (c->pfp & IK_PFP_PROTOCOL) == 0)
            word_wrong(r, "ports need the protocol beside them");
    }
    if (c->pfp == 0 || (c->start & START_NOW) == 0)
        return;
    if (word_is_there(r, "start"))
        word_wrong(r, "with pfp it takes a packet to say what for: none or trap");
    c->start &= (uint8_t)~START_NOW;
}

static void take_child(struct reader *r, struct conf_child *c)
{
    static const char *const modes[] = {"tunnel", "transport", NULL};
    static const char *const starts[] = {"none", "trap", "start", "start+trap", NULL};
    unsigned mode = c->mode, start = c->start;
    word_ts(r, "local_ts", c->ts_local, &c->ts_local_n);
    word_ts(r, "remote_ts", c->ts_remote, &c->ts_remote_n);
    take_suites(r, c);
    word_choice(r, "mode", modes, "tunnel or transport", &mode);
    if (mode == IK_TRANSPORT) {
        r->line = 0;
        if (word_is_there(r, "mode"))
            word_wrong(r, "ikeletd routes packets by a TUN device, which has tunnel mode only");
        mode = IK_TUNNEL;
    }
    word_choice(r, "start", starts, "none, trap, start or start+trap", &start);
    word_time(r, "rekey", &ages, &c->rekey);
    take_replay(r, &c->replay);
    c->mode = (uint8_t)mode;
    c->start = (uint8_t)start;
    take_pfp(r, c);
    take_tfc(r, "tfc", &c->tfc);
    take_tfc(r, "tfc_align", &c->tfc_align);
    word_time(r, "dummy", &dummies, &c->dummy);
}

static void default_child(struct reader *r, struct conf_child *c, bool calls)
{
    memset(c, 0, sizeof *c);
    c->rekey = CHILD_REKEY;
    c->start = calls ? START_NOW | START_TRAP : START_NONE;
    c->esp_n = (uint8_t)word_each(r, HOST_ESP, IK_PROPOSALS_MAX, parse_esp, c->esp);
}

/* The title of the section. `ikelet up` takes CONNECTION/CHILD. */
static char *take_name(const struct reader *r, unsigned line)
{
    const char *name = cfg_title(r->section);
    if (name[0] == '\0' || strchr(name, '/') != NULL)
        mistakes_add(r->mistakes, r->text->file, line,
                     "the name \"%.100s\" is empty, or has a slash", name);
    return strdup(name);
}

/* Words of a child in the connection itself are the defaults of its children. */
static bool take_children(struct reader *r, struct conf_connection *c)
{
    cfg_t *section = r->section;
    struct conf_child base;
    unsigned n = cfg_size(section, "child");
    default_child(r, &base, c->remote != NULL);
    take_child(r, &base);
    c->children = calloc(n > 0 ? n : 1, sizeof *c->children);
    if (c->children == NULL)
        return false;
    c->children_n = n > 0 ? n : 1;
    for (unsigned i = 0; i < c->children_n; i++) {
        struct conf_child *child = &c->children[i];
        *child = base;
        child->line = c->line;
        if (n == 0) {
            child->name = strdup(c->name);
            continue;
        }
        r->section = cfg_getnsec(section, "child", i);
        child->line = conf_text_line(r->text, r->section);
        child->name = take_name(r, child->line);
        take_child(r, child);
    }
    r->section = section;
    return true;
}

static void take_connection(struct reader *r, struct conf_connection *c)
{
    static const char *const unique[] = {"replace", "never", NULL};
    static const char *const childless[] = {"never", "allow", "force", NULL};
    unsigned u = UNIQUE_REPLACE, without = IK_CHILDLESS_ALLOW, fragment = 1280, probe = PROBE;
    struct ik_addr addr;
    c->line = conf_text_line(r->text, r->section);
    c->name = take_name(r, c->line);
    word_text(r, "remote", &c->remote);
    c->remote_line = r->line;
    if (c->remote != NULL && zones_addr_parse(c->remote, &addr) && zones_lacks(&addr))
        word_wrong(r, "a link-local address needs its link (fe80::1%eth0)");
    if (c->remote != NULL && (strcmp(c->remote, "%any") == 0)) {
        free(c->remote);
        c->remote = NULL;
    }
    word_text(r, "remotes", &c->remotes);
    word_addr(r, "local", &c->local);
    word_id(r, "id", c->id_data, &c->id);
    word_id(r, "remote_id", c->remote_id_data, &c->remote_id);
    r->word = "ike";
    c->ike_n = (uint8_t)word_each(r, word_is_there(r, "ike") ? r->value : HOST_IKE,
                                  IK_PROPOSALS_MAX, parse_ike, c->ike);
    word_choice(r, "unique", unique, "replace or never", &u);
    c->unique = (uint8_t)u;
    word_choice(r, "childless", childless, "never, allow or force", &without);
    c->childless = (uint8_t)without;
    word_yes(r, "encap", &c->force_natt);
    word_yes(r, "resumption", &c->resumption);
    c->nat_detection = c->idr = true, c->dpd = 30 * IK_SECOND;
    word_yes(r, "nat_detection", &c->nat_detection), word_yes(r, "idr", &c->idr);
    word_time(r, "dpd", &silences, &c->dpd);
    word_number(r, "fragment", 0, UINT16_MAX, &fragment);
    if (fragment != 0 && fragment < IK_FRAGMENT_LEAST)
        word_wrong(r, "not 0 and below 200");
    c->fragment = (uint16_t)fragment;
    word_number(r, "probe", 0, IK_MSG_MAX, &probe);
    if (probe != 0 && probe < IK_PROBE_LEAST)
        word_wrong(r, "not 0 and below 1280");
    c->probe = (uint16_t)probe;
    c->rekey = IKE_REKEY;
    word_time(r, "ike_rekey", &ages, &c->rekey);
    word_time(r, "reauth", &ages, &c->reauth);
    word_text(r, "ppk", &c->ppk), c->ppk_line = r->line;
    word_yes(r, "ppk_required", &c->ppk_required);
    if (c->ppk_required && c->ppk == NULL)
        word_wrong(r, "without ppk");
    if (!take_children(r, c))
        mistakes_add(r->mistakes, r->text->file, c->line, "out of memory");
}

/* ---- SAs by hand ------------------------------------------------------------------------------
 */

/* One algorithm of each kind: there is nobody to choose another. */
static bool no_choice(const char *word, const struct ik_proposal *p, char *err, size_t cap)
{
    for (unsigned k = 0; k < p->transforms_n; k++)
        for (unsigned j = 0; j < k; j++)
            if (p->transforms[j].type == p->transforms[k].type) {
                snprintf(err, cap, "\"%s\" leaves a choice, and nobody is asked", word);
                return false;
            }
    return true;
}

static bool parse_one_esp(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    return parse_esp(word, out, i, err, cap) && no_choice(word, out, err, cap);
}

static bool parse_one_ah(const char *word, void *out, unsigned i, char *err, size_t cap)
{
    return parse_ah(word, out, i, err, cap) && no_choice(word, out, err, cap);
}

static void take_suite(struct reader *r, struct conf_manual *c)
{
    bool esp = word_is_there(r, "esp");
    c->esp_line = c->line;
    if (esp) {
        c->esp_line = r->line;
        c->esp_n = (uint8_t)word_each(r, r->value, 1, parse_one_esp, &c->esp);
    }
    c->ah = word_is_there(r, "ah");
    if (c->ah && esp)
        word_wrong(r, "it is ESP or AH: leave out one of esp and ah");
    else if (c->ah)
        c->esp_n = (uint8_t)word_each(r, r->value, 1, parse_one_ah, &c->esp);
}

static void take_manual(struct reader *r, struct conf_manual *c)
{
    static const char *const modes[] = {"tunnel", "transport", NULL};
    unsigned mode = IK_TUNNEL;
    uint64_t spi_in = 0, spi_out = 0;
    c->line = conf_text_line(r->text, r->section);
    c->name = take_name(r, c->line);
    word_addr(r, "local", &c->local);
    word_addr(r, "remote", &c->remote);
    word_ts(r, "local_ts", c->ts_local, &c->ts_local_n);
    word_ts(r, "remote_ts", c->ts_remote, &c->ts_remote_n);
    take_suite(r, c);
    word_choice(r, "mode", modes, "tunnel or transport", &mode);
    c->mode = (uint8_t)mode;
    word_yes(r, "encap", &c->encap);
    take_replay(r, &c->replay);
    word_long(r, "spi_in", 256, UINT32_MAX, &spi_in);
    word_long(r, "spi_out", 256, UINT32_MAX, &spi_out);
    c->spi_in = (uint32_t)spi_in;
    c->spi_out = (uint32_t)spi_out;
    word_yes(r, "fresh", &c->fresh);
    word_long(r, "sent", 0, UINT64_MAX - 1, &c->sent);
    word_long(r, "received", 0, UINT64_MAX - 1, &c->received);
}

static void check_manual(const struct conf *c, const struct conf_manual *k, struct mistakes *m)
{
    if (k->local.family == 0 || k->remote.family == 0 || k->local.family != k->remote.family)
        mistakes_add(m, c->file, k->line,
                     "manual %s: local and remote are two addresses of one IP version", k->name);
    if (k->spi_in == 0 || k->spi_out == 0)
        mistakes_add(m, c->file, k->line, "manual %s: spi_in and spi_out are needed", k->name);
    if (k->esp_n == 0)
        mistakes_add(m, c->file, k->line, "manual %s: esp or ah is needed, one suite", k->name);
    if (k->ah && k->encap)
        mistakes_add(m, c->file, k->line, "manual %s: AH is not put in UDP: leave out encap",
                     k->name);
    if (k->mode == IK_TRANSPORT && k->ts_local_n + k->ts_remote_n > 0)
        mistakes_add(
            m, c->file, k->line,
            "manual %s: transport mode is between local and remote: leave out local_ts and "
            "remote_ts",
            k->name);
    for (const struct conf_manual *other = c->manuals; other < k; other++) {
        if (strcmp(other->name, k->name) == 0)
            mistakes_add(m, c->file, k->line, "there is a manual %s already", k->name);
        if (k->spi_in != 0 && other->spi_in == k->spi_in)
            mistakes_add(m, c->file, k->line, "manual %s: spi_in is that of manual %s", k->name,
                         other->name);
    }
}

static void take_manuals(struct conf *c, struct reader *r)
{
    unsigned n = cfg_size(r->text->root, "manual");
    c->manuals = calloc(n + 1, sizeof *c->manuals);
    for (unsigned i = 0; c->manuals != NULL && i < n; i++) {
        r->section = cfg_getnsec(r->text->root, "manual", i);
        c->manuals_n = i + 1;
        take_manual(r, &c->manuals[i]);
        if (!r->text->broken)
            check_manual(c, &c->manuals[i], r->mistakes);
    }
}

/* ---- files of remotes ------------------------------------------------------------------------ */

/* Ten thousand of them are usual: each takes what it needs, behind those before it. */
struct room {
    struct conf_connection *c;
    size_t ids_used, ts_used;
};

static void take_remote(struct room *room, char *text, unsigned line, struct reader *r)
{
    struct conf_connection *c = room->c;
    struct conf_remote *one = &c->list[c->list_n];
    uint8_t id[IK_ID_MAX];
    struct ik_ts ts[IK_TS_MAX];
    char *selectors = text + strcspn(text, " \t");
    if (*selectors == '\0') {
        mistakes_add(r->mistakes, c->remotes, line, "is not \"IDENTITY SELECTOR[,SELECTOR]\"");
        return;
    }
    *selectors++ = '\0';
    if (!host_id_parse(text, id, IK_ID_MAX, &one->id) || one->id.type == 0) {
        mistakes_add(r->mistakes, c->remotes, line, "\"%s\" is not an identity", text);
        return;
    }
    struct conf_text where = {.file = c->remotes, .mistakes = r->mistakes};
    const struct reader list = {
        .text = &where, .mistakes = r->mistakes, .word = text, .value = selectors, .line = line};
    one->ts_n = word_selectors(&list, selectors + strspn(selectors, " \t"), ts);
    one->line = line;
    if (one->ts_n == 0)
        return;
    one->id.data.p = memcpy(c->list_ids + room->ids_used, id, one->id.data.len);
    one->ts = memcpy(c->list_ts + room->ts_used, ts, one->ts_n * sizeof *ts);
    room->ids_used += one->id.data.len;
    room->ts_used += one->ts_n;
    c->list_n++;
}

/* As much as so many lines can need: an identity is no longer than its text, or an address. */
static bool make_list(struct conf_connection *c, const char *text, size_t len)
{
    unsigned lines = 1, commas = 0;
    for (size_t i = 0; i < len; i++) {
        lines += text[i] == '\n';
        commas += text[i] == ',';
    }
    if (lines >= 60000)
        return false;
    c->list = calloc(lines, sizeof *c->list);
    c->list_ids = malloc(len + 16u * lines);
    c->list_ts = calloc(lines + commas, sizeof *c->list_ts);
    return c->list != NULL && c->list_ids != NULL && c->list_ts != NULL;
}

static void read_remotes(struct conf_connection *c, struct reader *r)
{
    size_t len;
    unsigned line = 0;
    struct room room = {.c = c};
    char *text = lines_read(c->remotes, &len, r->mistakes), *at = text, *one;
    if (text == NULL)
        return;
    bool good = make_list(c, text, len);
    if (!good)
        mistakes_add(r->mistakes, c->remotes, 0, "has more than 60000 lines, or memory is short");
    while (good && (one = lines_next(&at, &line)) != NULL)
        take_remote(&room, one, line, r);
    lines_forget(text, len);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void check_connection(const struct conf *c, const struct conf_connection *k,
                             struct mistakes *m)
{
    if (k->remote == NULL && k->remotes == NULL && k->remote_id.type == 0)
        mistakes_add(m, c->file, k->line,
                     "connection %s: name who it is with: remote, remote_id or remotes", k->name);
    if (k->remotes != NULL && (k->remote != NULL || k->remote_id.type != 0))
        mistakes_add(m, c->file, k->line,
                     "connection %s: remotes stands for many; leave out remote and remote_id",
                     k->name);
    if (k->remotes != NULL && k->children_n > 1)
        mistakes_add(m, c->file, k->line, "connection %s: remotes have one child", k->name);
    if (k->remote == NULL && k->id.type == 0)
        mistakes_add(m, c->file, k->line,
                     "connection %s: who waits for others needs an id of its own", k->name);
    for (unsigned i = 0; i < k->children_n; i++) {
        const struct conf_child *child = &k->children[i];
        if (k->remote == NULL && (child->start & (START_NOW | START_TRAP)) != 0)
            mistakes_add(m, c->file, child->line,
                         "child %s: there is nobody to call: start needs remote", child->name);
        if (k->remote == NULL && k->remotes == NULL && child->ts_remote_n == 0)
            mistakes_add(m, c->file, child->line,
                         "child %s: remote_ts is needed, for remote is not told", child->name);
        if (k->remote == NULL && child->ts_local_n == 0)
            mistakes_add(m, c->file, child->line,
                         "child %s: local_ts is needed, for remote is not told", child->name);
    }
    for (const struct conf_connection *other = c->connections; other < k; other++)
        if (strcmp(other->name, k->name) == 0)
            mistakes_add(m, c->file, k->line, "there is a connection %s already", k->name);
}

/* What systemd hands over (LoadCredential=secrets:...), else a file. */
static char *default_secrets(void)
{
    char path[4096];
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    snprintf(path, sizeof path, "%s/secrets", folder != NULL ? folder : "/etc/ikelet");
    return strdup(path);
}

/* Those that this process might use at its first call: at a reload it is the same number. */
static unsigned cores(void)
{
    static unsigned found;
    cpu_set_t set;
    if (found == 0 && sched_getaffinity(0, sizeof set, &set) == 0)
        found = (unsigned)CPU_COUNT(&set);
    if (found == 0)
        found = 1;
    return found < WORKERS_MAX ? found : WORKERS_MAX;
}

static void defaults(struct conf *c, const char *file)
{
    memset(c, 0, sizeof *c);
    c->file = strdup(file);
    c->daemon.control = strdup("/run/ikeletd/control");
    c->daemon.secrets = default_secrets();
    c->daemon.log = LOG_INFO_LEVEL;
    c->daemon.ike_sas = 1024;
    c->daemon.workers = cores();
    c->daemon.cookie_above = 64;
    c->daemon.timeout = 30 * IK_SECOND;
    c->daemon.crypto = host_crypto();
    c->tun.name = strdup("ikelet0");
    c->tun.routes = c->tun.offload = c->tun.mss_clamp = true;
}

static void take_all(struct conf *c, struct reader *r)
{
    cfg_t *root = r->text->root;
    r->section = cfg_getsec(root, "daemon");
    c->daemon.line = conf_text_line(r->text, r->section);
    take_daemon(r, &c->daemon);
    r->section = cfg_getsec(root, "tun");
    c->tun.line = conf_text_line(r->text, r->section);
    take_tun(r, &c->tun);
    unsigned n = cfg_size(root, "connection");
    c->connections = calloc(n + 1, sizeof *c->connections);
    for (unsigned i = 0; c->connections != NULL && i < n; i++) {
        r->section = cfg_getnsec(root, "connection", i);
        c->connections_n = i + 1;
        take_connection(r, &c->connections[i]);
        if (is_given(c->connections[i].remotes))
            read_remotes(&c->connections[i], r);
        if (!r->text->broken)
            check_connection(c, &c->connections[i], r->mistakes);
    }
    take_manuals(c, r);
    if (n + c->manuals_n == 0 && r->mistakes->n == 0)
        mistakes_add(r->mistakes, c->file, 1, "there is no connection");
}

bool conf_read(struct conf *c, const char *file, struct mistakes *m)
{
    struct conf_text text;
    defaults(c, file);
    (void)conf_text_read(&text, file, m);
    struct reader r = {.text = &text, .mistakes = m};
    c->was_read = text.root != NULL;
    if (c->was_read)
        take_all(c, &r);
    conf_text_free(&text);
    return m->n == 0;
}

static void free_connection(struct conf_connection *k)
{
    for (unsigned i = 0; i < k->children_n; i++)
        free(k->children[i].name);
    free(k->children);
    free(k->list);
    free(k->list_ids);
    free(k->list_ts);
    free(k->remotes);
    free(k->remote);
    free(k->ppk);
    free(k->name);
}

void conf_free(struct conf *c)
{
    for (unsigned i = 0; i < c->connections_n; i++)
        free_connection(&c->connections[i]);
    free(c->connections);
    for (unsigned i = 0; i < c->manuals_n; i++)
        free(c->manuals[i].name);
    free(c->manuals);
    char *texts[] = {c->file,           c->daemon.user,    c->daemon.group,  c->daemon.control,
                     c->daemon.secrets, c->daemon.metrics, c->daemon.keylog, c->daemon.pcap,
                     c->tun.name,       c->daemon.updown};
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    memset(c, 0, sizeof *c);
}

unsigned conf_resolve(struct conf *c, struct mistakes *m)
{
    unsigned unknown = 0;
    for (unsigned i = 0; i < c->connections_n; i++) {
        struct conf_connection *k = &c->connections[i];
        if (k->remote == NULL || sockets_resolve(k->remote, &k->remote_addr))
            continue;
        unknown++;
        mistakes_add(m, c->file, k->remote_line,
                     "remote = \"%s\": no name server knows its address (now)", k->remote);
    }
    return unknown;
}
