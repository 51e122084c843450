/* SPDX-License-Identifier: MIT */
/*
 * The command line by argp: long options, --help and --usage come of one table.
 */
#include "options.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "option_rows.h"
#include "provider.h"
#include "psk.h"
#include "say.h"
#include "zones.h"

/* ---- values of single options ---------------------------------------------------------------- */

static void take_addr(const char *name, const char *text, struct ik_addr *out)
{
    if (!zones_addr_parse(text, out))
        refuse("--%s=%s: not an IPv4 or IPv6 address%s", name, text, zones_hint(text));
}

static unsigned long take_number(const char *name, const char *text, unsigned long min,
                                 unsigned long max)
{
    uint64_t n = 0;
    if (!host_number_parse(text, 0, min, max, &n))
        refuse("--%s=%s: not a number from %lu to %lu", name, text, min, max);
    return (unsigned long)n;
}

static uint16_t take_fragment(const char *text)
{
    unsigned long n = take_number("fragment", text, 0, UINT16_MAX);
    if (n != 0 && n < IK_FRAGMENT_LEAST)
        refuse("--fragment=%s: is not 0 and below %d", text, IK_FRAGMENT_LEAST);
    return (uint16_t)n;
}

static ik_time take_seconds(const char *name, const char *text, ik_time min, ik_time max)
{
    uint64_t us = 0;
    if (!host_number_parse(text, 6, min, max, &us))
        refuse("--%s=%s: not a number of seconds from %g to %g", name, text,
               (double)min / (double)IK_SECOND, (double)max / (double)IK_SECOND);
    return us;
}

static void take_id(const char *name, const char *text, uint8_t *data, struct ik_id *out)
{
    if (!host_id_parse(text, data, IK_ID_MAX, out))
        refuse("--%s=%s: not an identity (host.example.org, user@example.org, an address, "
               "keyid:TEXT, keyid:0xHEX)",
               name, text);
}

/* Calls take for each word between commas. */
static uint8_t take_list(const char *name, const char *text, unsigned max,
                         void (*take)(const char *name, const char *word, void *out, unsigned i),
                         void *out)
{
    unsigned n = 0;
    struct ik_span piece;
    for (const char *at = text; host_word_next(&at, &piece);) {
        if (n == max)
            refuse("--%s: more than %u of them", name, max);
        char *word = strndup((const char *)piece.p, piece.len);
        if (word == NULL)
            refuse("--%s: out of memory", name);
        take(name, word, out, n++);
        free(word);
    }
    return (uint8_t)n;
}

static void take_ts(const char *name, const char *word, void *out, unsigned i)
{
    if (!host_ts_parse(word, &((struct ik_ts *)out)[i]))
        refuse("--%s=%s: not a traffic selector (10.1.0.0/24, fd00:1::/64, 10.1.0.1[icmp])", name,
               word);
}

static void take_ike(const char *name, const char *word, void *out, unsigned i)
{
    char err[240];
    if (!host_suite_parse_ike(word, &((struct ik_proposal *)out)[i], err, sizeof err))
        refuse("--%s: %s", name, err);
}

static void take_esp(const char *name, const char *word, void *out, unsigned i)
{
    char err[240];
    if (!host_suite_parse_esp(word, &((struct ik_proposal *)out)[i], err, sizeof err))
        refuse("--%s: %s", name, err);
}

static void take_ah(const char *name, const char *word, void *out, unsigned i)
{
    char err[240];
    if (!host_suite_parse_ah(word, &((struct ik_proposal *)out)[i], err, sizeof err))
        refuse("--%s: %s", name, err);
}

/* "10.1.1.0/24===10.2.1.0/24" */
static void take_child(struct options *o, const char *text)
{
    char local[120];
    const char *middle = strstr(text, "===");
    if (o->children_n == OPTIONS_CHILDREN_MAX)
        refuse("--child: more than %u of them", (unsigned)OPTIONS_CHILDREN_MAX);
    struct ik_ts *ts = o->children[o->children_n++];
    if (middle == NULL || (size_t)(middle - text) >= sizeof local)
        refuse("--child=%s: not LOCAL===REMOTE (10.1.1.0/24===10.2.1.0/24)", text);
    snprintf(local, sizeof local, "%.*s", (int)(middle - text), text);
    take_ts("child", local, ts, 0);
    take_ts("child", middle + 3, ts, 1);
    if (ts[0].family != ts[1].family)
        refuse("--child=%s: not of the same IP version", text);
}

static enum ik_mode take_mode(const char *text)
{
    if (strcmp(text, "tunnel") != 0 && strcmp(text, "transport") != 0)
        refuse("--mode=%s: neither tunnel nor transport", text);
    return strcmp(text, "tunnel") == 0 ? IK_TUNNEL : IK_TRANSPORT;
}

static enum ik_childless take_childless(const char *text)
{
    static const char *const words[] = {"never", "allow", "force"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return (enum ik_childless)i;
    refuse("--childless=%s: neither never, allow nor force", text);
}

static const struct ik_crypto *take_crypto(const char *text)
{
    const struct ik_crypto *crypto = host_crypto_named(text);
    if (crypto == NULL)
        refuse("--crypto=%s: this build has %s", text, host_crypto_names());
    return crypto;
}

static bool take_yes(const char *name, const char *text)
{
    if (text != NULL && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
        refuse("--%s=%s: neither yes nor no", name, text);
    return text == NULL || strcmp(text, "yes") == 0;
}

/* ---- argp ------------------------------------------------------------------------------------ */

static void take_where(struct options *o, int key, const char *arg)
{
    switch (key) {
    case KEY_PEER:
        take_addr("peer", arg, &o->peer);
        break;
    case KEY_LOCAL:
        take_addr("local", arg, &o->local);
        break;
    case KEY_PORT:
        o->port = (uint16_t)take_number("port", arg, 1, 65535);
        break;
    case KEY_LOCAL_PORT:
        o->local_port = (uint16_t)take_number("local-port", arg, 1, 65535);
        break;
    case KEY_NATT:
        o->natt = true;
        break;
    case KEY_ID:
        take_id("id", arg, o->id_data, &o->id);
        o->id_given = true;
        break;
    case KEY_REMOTE_ID:
        take_id("remote-id", arg, o->remote_id_data, &o->remote_id);
        o->remote_id_given = true;
        break;
    case KEY_PSK_FILE:
        o->psk_file = arg;
        break;
    case KEY_PPK_FILE:
        o->ppk_file = arg;
        break;
    case KEY_PPK_REQUIRED:
        o->ppk_required = true;
        break;
    case KEY_TICKET_FILE:
        o->ticket_file = arg;
        break;
    case KEY_TICKET_LIFE:
        o->ticket_life = (uint32_t)take_number("ticket-life", arg, 0, IK_LIFE_MAX / 2);
        break;
    case KEY_PSK: /* or argp would take it for --psk-file, and the key would be told as a name */
        refuse("--psk: arguments are seen by everybody: use --psk-file=FILE or IKELET_PSK");
    }
}

/* What a handshake may leave out. */
static void take_octets(struct options *o, int key, const char *arg)
{
    switch (key) {
    case KEY_NAT_DETECTION:
        o->nat_detection = take_yes("nat-detection", arg);
        break;
    case KEY_NONCE:
        o->nonce = (uint8_t)take_number("nonce", arg, 16, 255);
        break;
    case KEY_IDR:
        o->idr = take_yes("idr", arg);
        break;
    }
}

static void take_how(struct options *o, int key, const char *arg)
{
    switch (key) {
    case KEY_IKE:
        o->ike_n = take_list("ike", arg, IK_PROPOSALS_MAX, take_ike, o->ike);
        break;
    case KEY_ESP:
        o->esp_n = take_list("esp", arg, IK_PROPOSALS_MAX, take_esp, o->esp);
        o->esp_given = true;
        break;
    case KEY_AH:
        o->esp_n = take_list("ah", arg, IK_PROPOSALS_MAX, take_ah, o->esp);
        o->ah = true;
        break;
    case KEY_FRAGMENT:
        o->fragment = take_fragment(arg);
        break;
    case KEY_LEGACY_MINI:
        o->legacy_mini = true;
        break;
    case KEY_MODE:
        o->mode = take_mode(arg);
        break;
    case KEY_TS_LOCAL:
        o->ts_local_n = take_list("ts-local", arg, IK_TS_MAX, take_ts, o->ts_local);
        break;
    case KEY_TS_REMOTE:
        o->ts_remote_n = take_list("ts-remote", arg, IK_TS_MAX, take_ts, o->ts_remote);
        break;
    case KEY_CHILD:
        take_child(o, arg);
        break;
    case KEY_CRYPTO:
        o->crypto = take_crypto(arg);
        break;
    case KEY_CHILDLESS:
        o->childless = take_childless(arg);
        break;
    case KEY_INITIAL_CONTACT:
        o->initial_contact = take_yes("initial-contact", arg);
        break;
    default:
        take_octets(o, key, arg);
    }
}

static void take_what(struct options *o, int key, const char *arg)
{
    switch (key) {
    case KEY_FROM:
        take_addr("from", arg, &o->from);
        break;
    case KEY_TO:
        take_addr("to", arg, &o->to);
        break;
    case KEY_COUNT:
        o->count = take_number("count", arg, 1, 1000000000);
        break;
    case KEY_INTERVAL:
        o->interval = take_seconds("interval", arg, IK_MS, 3600 * IK_SECOND);
        break;
    case KEY_TIMEOUT:
        o->timeout = take_seconds("timeout", arg, IK_SECOND / 10, 3600 * IK_SECOND);
        break;
    case KEY_SIZE:
        o->size = take_number("size", arg, 0, OPTIONS_SIZE_MAX);
        break;
    case KEY_KEYLOG:
        o->keylog = arg;
        break;
    case KEY_PCAP:
        o->pcap = arg;
        break;
    case KEY_VERBOSE:
        o->verbose = true;
        break;
    }
}

static uint32_t take_age(const char *name, const char *text)
{
    return (uint32_t)take_number(name, text, 1, IK_LIFE_MAX);
}

static void take_life(struct options *o, int key, const char *arg)
{
    switch (key) {
    case KEY_REKEY_CHILD:
        o->rekey_child = take_age("rekey-child", arg);
        break;
    case KEY_REKEY_IKE:
        o->rekey_ike = take_age("rekey-ike", arg);
        break;
    case KEY_REAUTH:
        o->reauth = take_age("reauth", arg);
        break;
    case KEY_LIFE_CHILD:
        o->life_child = take_age("life-child", arg);
        break;
    case KEY_LIFE_IKE:
        o->life_ike = take_age("life-ike", arg);
        break;
    case KEY_LIVENESS:
        o->liveness = (uint32_t)take_number("liveness", arg, 0, IK_LIFE_MAX);
        break;
    case KEY_COMMANDS:
        o->commands = true;
        break;
    }
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct options *o = state->input;
    if (key == ARGP_KEY_ARG) {
        refuse(NO_OPTION, arg);
    } else if (key < KEY_PEER || key > KEY_VERBOSE) {
        return ARGP_ERR_UNKNOWN;
    } else {
        take_where(o, key, arg);
        take_how(o, key, arg);
        take_life(o, key, arg);
        take_what(o, key, arg);
    }
    return 0;
}

static const char ping_doc[] =
    "Set up an IKE SA and a Child SA with a responder, send ICMP echo requests through ESP, print "
    "the replies, and delete the SAs."
    "\vWithout a NAT, ESP needs a raw socket, and ports 500 and 4500 may need privilege: root, or "
    "CAP_NET_RAW and CAP_NET_BIND_SERVICE. --port=4500 needs neither.\n\n"
    "Exit status: 0 if an echo reply came, 1 if not, 2 if the command line is wrong.\n\n"
    "Example:\n"
    "  ikelet ping --peer=192.0.2.1 --id=door@example.org --psk-file=key \\\n"
    "      --from=10.1.0.1 --ts-remote=10.2.0.0/24 --to=10.2.0.1 --count=3";

static const char respond_doc[] =
    "Wait for initiators, and answer the ICMP echo requests that come through ESP: a peer to test "
    "with. It is no gateway: nothing is forwarded."
    "\vExit status: 0 if it was interrupted or has answered --count requests, 1 if it failed, 2 if "
    "the command line is wrong.\n\n"
    "Example:\n"
    "  ikelet respond --id=gw.example.org --psk-file=key --ts-local=10.2.0.0/24";

static void set_defaults(struct options *o, enum role role)
{
    memset(o, 0, sizeof *o);
    o->role = role;
    o->crypto = host_crypto();
    o->interval = IK_SECOND;
    o->timeout = 10 * IK_SECOND;
    o->size = 56;
    o->initial_contact = o->nat_detection = o->idr = true;
    o->nonce = 32;
    o->liveness = 30;
    o->childless = IK_CHILDLESS_ALLOW;
    o->fragment = 1280;
    o->ticket_life = role == ROLE_RESPOND ? 3600 : 0;
}

static void complete_suites(struct options *o)
{
    if (o->legacy_mini && (o->ike_n > 0 || o->esp_n > 0))
        refuse("--legacy-mini names its suites itself: leave out --ike and --esp");
    if (o->ike_n == 0)
        o->ike_n = take_list("ike", o->legacy_mini ? "aes128-sha1-modp1024" : HOST_IKE,
                             IK_PROPOSALS_MAX, take_ike, o->ike);
    if (o->esp_n == 0)
        o->esp_n = take_list("esp", o->legacy_mini ? "aes128-sha1" : HOST_ESP, IK_PROPOSALS_MAX,
                             take_esp, o->esp);
}

static void check(const struct options *o)
{
    if (o->role == ROLE_PING && o->peer.family == 0)
        refuse("--peer=ADDR is needed");
    if (o->peer.family != 0 && o->local.family != 0 && o->peer.family != o->local.family)
        refuse("--peer and --local are not of the same IP version");
    if (o->from.family != 0 && o->to.family != 0 && o->from.family != o->to.family)
        refuse("--from and --to are not of the same IP version");
    if (o->ah && o->esp_given)
        refuse("--ah is in the place of ESP: leave out --esp");
    if (o->ah && (o->natt || o->port != 0))
        refuse("AH cannot go in UDP, and passes no NAT: leave out --natt and --port");
    if (o->mode == IK_TRANSPORT && o->children_n > 0)
        refuse("--child is for tunnel mode");
    if (o->life_child != 0 && o->life_child <= o->rekey_child)
        refuse("--life-child is not above --rekey-child: it would end before it is rekeyed");
    if (o->life_ike != 0 && o->life_ike <= o->rekey_ike)
        refuse("--life-ike is not above --rekey-ike: it would end before it is rekeyed");
    if (o->ppk_required && o->ppk_file == NULL)
        refuse("--ppk-required goes with --ppk-file");
    if (o->role == ROLE_RESPOND && o->ticket_file != NULL && o->ticket_life == 0)
        refuse("--ticket-file keeps keys of tickets, and --ticket-life=0 gives none");
    if (o->local_port != 0 && o->port == 0)
        refuse("--local-port goes with --port");
    if (o->role == ROLE_PING && o->mode == IK_TRANSPORT &&
        (o->from.family != 0 || o->to.family != 0))
        refuse("--mode=transport protects what goes to the peer itself: leave out --from and --to");
    if (o->role == ROLE_RESPOND && !o->id_given && o->local.family == 0)
        refuse("--id=ID is needed, or --local=ADDR whose address is the identity then");
}

void options_parse(struct options *o, enum role role, int argc, char **argv)
{
    const struct argp ping = {option_rows_ping, take, NULL, ping_doc, help_child, NULL, NULL};
    const struct argp respond = {option_rows_respond, take, NULL, respond_doc,
                                 help_child,          NULL, NULL};
    char err[300];
    argp_err_exit_status = EXIT_USAGE;
    set_defaults(o, role);
    if (argp_parse(role == ROLE_PING ? &ping : &respond, argc, argv, 0, NULL, o) != 0)
        exit(EXIT_USAGE);
    check(o);
    complete_suites(o);
    if (!psk_read(o->psk_file, &o->psk, &o->psk_len, err, sizeof err))
        refuse("%s", err);
    if (o->ppk_file != NULL && !ppk_read(o->ppk_file, &o->ppks, err, sizeof err))
        refuse("%s", err);
}

void options_forget(struct options *o)
{
    psk_forget(o->psk, o->psk_len);
    o->psk = NULL;
    o->psk_len = 0;
    ppk_forget(&o->ppks);
}
