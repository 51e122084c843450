/* SPDX-License-Identifier: MIT */
/*
 * A bridge: whole IP packets between a serial line that speaks SLIP and a TUN device, or a UDP peer
 * that takes each as a datagram. What the line cannot take yet waits in a queue; what that cannot
 * take is dropped and counted, as a router does.
 */
#include "slip.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "help.h"
#include "say.h"
#include "slip_frame.h"
#include "slip_line.h"
#include "zones.h"

#define QUEUE (8 * SLIP_FRAME_MAX)
#define IP6_MTU_LEAST 1280
#define BAUD 115200

enum key {
    KEY_DEVICE = 256,
    KEY_BAUD,
    KEY_PTY,
    KEY_TUN,
    KEY_ADDRESS,
    KEY_MTU,
    KEY_PEER,
    KEY_PORT,
    KEY_LOCAL_PORT,
    KEY_VERBOSE
};

struct wish {
    const char *device, *pty, *tun;
    unsigned baud, mtu; /* 0: not given */
    struct slip_net net;
    struct ik_addr peer;
    uint16_t port, local_port;
    bool verbose;
};

struct bridge {
    int line, other, keep;
    struct slip_reader reader;
    uint8_t queue[QUEUE];
    size_t queued;
    unsigned long from_line, to_line; /* packets */
    unsigned broken, dropped;
    bool verbose;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

/* ---- command line ---------------------------------------------------------------------------- */

/* clang-format off */
static const struct argp_option rows[] = {
    {0, 0, 0, 0, "The line:", 1},
    {"device", KEY_DEVICE, "PATH", 0, "Serial device or pty that carries SLIP (RFC 1055): /dev/ttyUSB0", 1},
    {"baud", KEY_BAUD, "N", 0, "Its speed, 9600 to 921600 (default: 115200, as the firmware has it)", 1},
    {"pty", KEY_PTY, "LINK", 0, "Make a pty instead, and a symbolic link to it, for a simulator", 1},
    {0, 0, 0, 0, "Where its packets go to, and come from:", 2},
    {"tun", KEY_TUN, "NAME", 0, "A TUN device that is made for it; needs CAP_NET_ADMIN", 2},
    {"address", KEY_ADDRESS, "CIDR", 0, "The device's address: fd00:9::2/64 (default: none)", 2},
    {"mtu", KEY_MTU, "OCTETS", 0, "The device's MTU (default: 1280)", 2},
    {"peer", KEY_PEER, "ADDR", 0, "Or a UDP peer: each packet is a datagram to and from it", 2},
    {"port", KEY_PORT, "PORT", 0, "Its port", 2},
    {"local-port", KEY_LOCAL_PORT, "PORT", 0, "Ours (default: any)", 2},
    {0, 0, 0, 0, "To see more:", 3},
    {"verbose", KEY_VERBOSE, 0, 0, "Print a line for each packet", 3},
    {0, 0, 0, 0, 0, 0},
};
/* clang-format on */

static const char doc[] =
    "Carry IP packets between a serial line that speaks SLIP, such as the firmware of an MSP430 "
    "has "
    "it, and a TUN device or a UDP peer."
    "\vIt goes on until it is interrupted. Exit status: 0 if it was, 1 if the line has gone or "
    "something failed, 2 if the command line is wrong.\n\n"
    "Example:\n"
    "  ikelet slip --device=/dev/ttyUSB0 --tun=mote0 --address=fd00:9::2/64";

static unsigned take_number(const char *name, const char *arg, unsigned long min, unsigned long max)
{
    uint64_t n = 0;
    if (!host_number_parse(arg, 0, min, max, &n))
        refuse("--%s=%s: not a number from %lu to %lu", name, arg, min, max);
    return (unsigned)n;
}

static void take_net(const char *arg, struct slip_net *out)
{
    char text[80];
    const char *slash = strchr(arg, '/');
    size_t len = slash != NULL ? (size_t)(slash - arg) : sizeof text;
    if (len < sizeof text) {
        memcpy(text, arg, len);
        text[len] = '\0';
        if (host_addr_parse(text, &out->addr)) {
            out->bits =
                (uint8_t)take_number("address", slash + 1, 0, out->addr.family == 4 ? 32 : 128);
            return;
        }
    }
    refuse("--address=%s: not an address and its prefix (fd00:9::2/64)", arg);
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct wish *w = state->input;
    switch (key) {
    case KEY_DEVICE:
        w->device = arg;
        break;
    case KEY_BAUD:
        w->baud = take_number("baud", arg, 9600, 921600);
        break;
    case KEY_PTY:
        w->pty = arg;
        break;
    case KEY_TUN:
        if (!device_name_fits(arg))
            refuse("--tun=%s: not a name for a device (%s)", arg, DEVICE_NAME_IS);
        w->tun = arg;
        break;
    case KEY_ADDRESS:
        take_net(arg, &w->net);
        break;
    case KEY_MTU:
        w->mtu = take_number("mtu", arg, 68, SLIP_PACKET_MAX);
        break;
    case KEY_PEER:
        if (!zones_addr_parse(arg, &w->peer))
            refuse("--peer=%s: not an IPv4 or IPv6 address%s", arg, zones_hint(arg));
        break;
    case KEY_PORT:
        w->port = (uint16_t)take_number("port", arg, 1, 65535);
        break;
    case KEY_LOCAL_PORT:
        w->local_port = (uint16_t)take_number("local-port", arg, 1, 65535);
        break;
    case KEY_VERBOSE:
        w->verbose = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* What does not go together, or NULL. */
static const char *wrong(const struct wish *w)
{
    if ((w->device == NULL) == (w->pty == NULL))
        return "one of --device and --pty is needed";
    if ((w->tun == NULL) == (w->peer.family == 0))
        return "one of --tun and --peer is needed";
    if (w->peer.family != 0 && w->port == 0)
        return "--peer goes with --port";
    if (w->peer.family == 0 && (w->port != 0 || w->local_port != 0))
        return "--port and --local-port go with --peer";
    if (w->tun == NULL && w->net.addr.family != 0)
        return "--address goes with --tun";
    if (w->tun == NULL && w->mtu != 0)
        return "--mtu goes with --tun";
    if (w->pty != NULL && w->baud != 0)
        return "--baud is of a serial line: it goes with --device";
    if (w->net.addr.family == 6 && w->mtu != 0 && w->mtu < IP6_MTU_LEAST)
        return "--mtu is below the 1280 octets that IPv6 asks for";
    return NULL;
}

/* ---- packets --------------------------------------------------------------------------------- */

static void tell(const struct bridge *b, const char *way, size_t len)
{
    if (b->verbose)
        printf("%s the line: %zu octets\n", way, len);
}

/* A peer that is not there yet, a device that is down: the packet is lost, the bridge stays. */
static void pass_on(struct bridge *b)
{
    b->from_line++;
    tell(b, "from", b->reader.len);
    if (write(b->other, b->reader.packet, b->reader.len) < 0)
        b->dropped++;
}

/* False if the line has gone. */
static bool from_line(struct bridge *b)
{
    uint8_t octets[4096];
    ssize_t n = read(b->line, octets, sizeof octets);
    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    for (ssize_t i = 0; i < n; i++)
        if (slip_read(&b->reader, octets[i], &b->broken))
            pass_on(b);
    return true;
}

/* False if the TUN device has gone. Of a UDP peer that is not there a datagram of before tells. */
static bool from_other(struct bridge *b)
{
    uint8_t packet[SLIP_PACKET_MAX + 1];
    ssize_t n = read(b->other, packet, sizeof packet);
    if (n < 0)
        return errno != EBADFD && errno != EIO;
    if (n == 0)
        return true;
    if ((size_t)n > SLIP_PACKET_MAX || QUEUE - b->queued < SLIP_FRAME_MAX) {
        b->dropped++;
        return true;
    }
    b->to_line++;
    tell(b, "to", (size_t)n);
    b->queued += slip_frame(packet, (size_t)n, b->queue + b->queued);
    return true;
}

static bool to_line(struct bridge *b)
{
    ssize_t n = write(b->line, b->queue, b->queued);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    b->queued -= (size_t)n;
    memmove(b->queue, b->queue + n, b->queued);
    return true;
}

/* What has gone, or NULL when it is interrupted: signals come while it waits, and only then. */
static const char *carry(struct bridge *b, const sigset_t *waiting)
{
    struct pollfd fds[2] = {{.fd = b->line}, {.fd = b->other, .events = POLLIN}};
    while (!interrupted) {
        fds[0].events = (short)(POLLIN | (b->queued > 0 ? POLLOUT : 0));
        if (ppoll(fds, 2, NULL, waiting) < 0)
            continue; /* a signal */
        if (((fds[0].revents & POLLOUT) != 0 && !to_line(b)) ||
            ((fds[0].revents & ~POLLOUT) != 0 && !from_line(b)))
            return "line";
        if (fds[1].revents != 0 && !from_other(b))
            return "TUN device";
    }
    return NULL;
}

static bool open_both(const struct wish *w, struct bridge *b)
{
    char err[200];
    b->line = w->pty != NULL
                  ? slip_pty_make(w->pty, &b->keep, err, sizeof err)
                  : slip_line_open(w->device, w->baud != 0 ? w->baud : BAUD, err, sizeof err);
    b->other =
        b->line < 0 ? -1
        : w->tun != NULL
            ? slip_tun_open(w->tun, &w->net, w->mtu != 0 ? w->mtu : IP6_MTU_LEAST, err, sizeof err)
            : slip_udp_open(&w->peer, w->port, w->local_port, err, sizeof err);
    if (b->other < 0)
        complain("%s", err);
    return b->other >= 0;
}

int slip_main(int argc, char **argv)
{
    static struct bridge b = {.line = -1, .other = -1, .keep = -1};
    const struct argp argp = {rows, take, NULL, doc, help_child, NULL, NULL};
    const struct sigaction stop = {.sa_handler = on_signal};
    sigset_t stops, waiting;
    struct wish w = {0};
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &w) != 0)
        return EXIT_USAGE;
    const char *why = wrong(&w);
    if (why != NULL) {
        complain("%s", why);
        return EXIT_USAGE;
    }
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &stops, &waiting);
    b.verbose = w.verbose;
    bool open = open_both(&w, &b);
    if (open)
        printf("bridge: %s and %s\n", w.pty != NULL ? w.pty : w.device,
               w.tun != NULL ? w.tun : "a UDP peer");
    const char *gone = open ? carry(&b, &waiting) : NULL;
    if (gone != NULL)
        complain("the %s has gone", gone);
    if (open)
        printf("%lu packets from the line, %lu to it; %u broken frames, %u packets dropped\n",
               b.from_line, b.to_line, b.broken, b.dropped);
    if (w.pty != NULL && b.line >= 0)
        slip_pty_unlink(w.pty, b.line);
    return open && gone == NULL ? EXIT_ANSWERED : EXIT_FAILED;
}
