/* SPDX-License-Identifier: MIT */
/* The command line of `ikelet load`, as values. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "load.h"
#include "provider.h"
#include "say.h"
#include "zones.h"

#define CLIENTS_MAX 60000
#define SIZE 64 /* octets of an inner packet, if nothing else is said */

enum key {
    KEY_PEER = 256,
    KEY_LOCAL,
    KEY_PORT,
    KEY_CLIENTS,
    KEY_RATE,
    KEY_LOSS,
    KEY_DELAY,
    KEY_TRAFFIC,
    KEY_SIZE,
    KEY_HOLD,
    KEY_TIMEOUT,
    KEY_ID,
    KEY_REMOTE_ID,
    KEY_IKE,
    KEY_ESP,
    KEY_CRYPTO,
    KEY_PSK_FILE,
    KEY_TS_LOCAL,
    KEY_TS_REMOTE,
    KEY_JSON
};

/* clang-format off */
static const struct argp_option rows[] = {
    {"peer", KEY_PEER, "ADDR", 0, "The gateway", 1},
    {"local", KEY_LOCAL, "ADDR", 0, "Our address (default: the one that the route gives)", 1},
    {"port", KEY_PORT, "PORT", 0, "The gateway's UDP port, used as 4500 is (default: 4500)", 1},
    {"id", KEY_ID, "TEMPLATE", 0, "Identities; %d is the client's number, from 0 (default: client%d.example.org)", 2},
    {"remote-id", KEY_REMOTE_ID, "ID", 0, "The gateway's identity (default: any)", 2},
    {"psk-file", KEY_PSK_FILE, "FILE", 0, "The key of all (default: the environment variable IKELET_PSK)", 2},
    {"ike", KEY_IKE, "SUITE", 0, "Default: aes128gcm16-prfsha256-x25519", 3},
    {"esp", KEY_ESP, "SUITE", 0, "Default: aes128gcm16", 3},
    {"crypto", KEY_CRYPTO, "PROVIDER", 0, "Who computes: bearssl (default), or openssl if this build has it", 3},
    {"ts-local", KEY_TS_LOCAL, "CIDR", 0, "Each client has one address of it (default: 10.64.0.0/10)", 3},
    {"ts-remote", KEY_TS_REMOTE, "CIDR", 0, "Default: 10.2.0.0/16", 3},
    {"clients", KEY_CLIENTS, "N", 0, "So many (default: 100)", 4},
    {"rate", KEY_RATE, "N", 0, "Set-ups begun a second (default: as fast as they go)", 4},
    {"loss", KEY_LOSS, "PERCENT", 0, "Lose so many datagrams on purpose, each way", 4},
    {"delay", KEY_DELAY, "MS", 0, "Hold each datagram so long, each way", 4},
    {"traffic", KEY_TRAFFIC, "N", 0, "Inner packets a second in all, to the first address of --ts-remote, once all are up", 4},
    {"size", KEY_SIZE, "OCTETS", 0, "Of an inner packet (default: 64)", 4},
    {"hold", KEY_HOLD, "SECONDS", 0, "Stay up so long when all are (default: 0, with --traffic 5)", 4},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0, "How long a request is repeated (default: 10)", 4},
    {"json", KEY_JSON, 0, 0, "Print the outcome as JSON (schema 1)", 5},
    {0, 0, 0, 0, 0, 0},
};
/* clang-format on */

/* With places behind a point, as a count of the last place. */
static uint64_t number(const char *name, const char *arg, unsigned places, const double range[2])
{
    uint64_t n = 0;
    double unit = 1.;
    for (unsigned i = 0; i < places; i++)
        unit *= 10.;
    if (!host_number_parse(arg, places, (uint64_t)(range[0] * unit + .5),
                           (uint64_t)(range[1] * unit + .5), &n))
        refuse("--%s=%s: not a number from %g to %g", name, arg, range[0], range[1]);
    return n;
}

static unsigned whole(const char *name, const char *arg, unsigned min, unsigned max)
{
    return (unsigned)number(name, arg, 0, (const double[]){min, max});
}

static void take_addr(const char *arg, struct ik_addr *out)
{
    if (!zones_addr_parse(arg, out))
        refuse("\"%s\" is not an IPv4 or IPv6 address%s", arg, zones_hint(arg));
}

static void take_ts(const char *arg, struct ik_ts *out)
{
    if (!host_ts_parse(arg, out))
        refuse("\"%s\" is not a traffic selector", arg);
}

static const struct ik_crypto *take_crypto(const char *arg)
{
    const struct ik_crypto *crypto = host_crypto_named(arg);
    if (crypto == NULL)
        refuse("--crypto=%s: this build has %s", arg, host_crypto_names());
    return crypto;
}

static error_t take_how_many(int key, char *arg, struct argp_state *state)
{
    struct load_wish *w = state->input;
    switch (key) {
    case KEY_CLIENTS:
        w->clients = whole("clients", arg, 1, CLIENTS_MAX);
        return 0;
    case KEY_RATE:
        w->rate = (double)number("rate", arg, 3, (const double[]){.01, 1e6}) / 1e3;
        return 0;
    case KEY_LOSS:
        w->loss = (double)number("loss", arg, 2, (const double[]){0, 99}) / 100.;
        return 0;
    case KEY_DELAY:
        w->delay = number("delay", arg, 3, (const double[]){0, 10000});
        return 0;
    case KEY_TRAFFIC:
        w->traffic = whole("traffic", arg, 1, 10000000);
        return 0;
    case KEY_SIZE:
        w->size = whole("size", arg, 48, 1400);
        return 0;
    case KEY_HOLD:
        w->hold = number("hold", arg, 6, (const double[]){0, 86400});
        return 0;
    case KEY_TIMEOUT:
        w->timeout = number("timeout", arg, 6, (const double[]){.1, 600});
        return 0;
    case KEY_PORT:
        w->port = (uint16_t)whole("port", arg, 1, 65535);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct load_wish *w = state->input;
    switch (key) {
    case KEY_PEER:
        take_addr(arg, &w->peer);
        break;
    case KEY_LOCAL:
        take_addr(arg, &w->local);
        break;
    case KEY_ID:
        w->id = arg;
        break;
    case KEY_REMOTE_ID:
        w->remote_id = arg;
        break;
    case KEY_PSK_FILE:
        w->psk_file = arg;
        break;
    case KEY_IKE:
        w->ike = arg;
        break;
    case KEY_ESP:
        w->esp = arg;
        break;
    case KEY_TS_LOCAL:
        take_ts(arg, &w->ts_local);
        break;
    case KEY_TS_REMOTE:
        take_ts(arg, &w->ts_remote);
        break;
    case KEY_CRYPTO:
        w->crypto = take_crypto(arg);
        break;
    case KEY_JSON:
        w->json = true;
        break;
    case ARGP_KEY_ARG:
        refuse(NO_OPTION, arg);
        break;
    case ARGP_KEY_END:
        if (w->peer.family == 0)
            refuse("--peer=ADDR is needed");
        break;
    default:
        return take_how_many(key, arg, state);
    }
    return 0;
}

void load_options_parse(struct load_wish *w, int argc, char **argv)
{
    const struct argp argp = {
        rows,
        take,
        NULL,
        "Be many clients of an IKEv2 gateway at once, and tell how it bears them: set-ups a "
        "second, "
        "how long each took, failures with reasons. It works against any daemon that takes "
        "pre-shared keys."
        "\vExit status: 0 if all came up, 1 if not, 2 if the command line is wrong.",
        help_child,
        NULL,
        NULL};
    *w = (struct load_wish){.clients = 100,
                            .timeout = 10 * IK_SECOND,
                            .port = IK_PORT_NATT,
                            .crypto = host_crypto(),
                            .id = "client%d.example.org",
                            .ike = "aes128gcm16-prfsha256-x25519",
                            .esp = "aes128gcm16"};
    if (!host_ts_parse("10.64.0.0/10", &w->ts_local) ||
        !host_ts_parse("10.2.0.0/16", &w->ts_remote))
        abort();
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, w) != 0)
        exit(EXIT_USAGE);
    if (w->traffic > 0 && w->hold == 0)
        w->hold = 5 * IK_SECOND;
    if (w->traffic > 0 && w->size == 0)
        w->size = SIZE;
}
