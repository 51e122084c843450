/* SPDX-License-Identifier: MIT */
#include "slip_line.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "device.h"
#include "sockets.h"

#define PTY_NAME 64 /* octets of the name of a pty */

/* Of <linux/ipv6.h>, which does not go with <netinet/in.h>. */
struct in6_ifreq {
    struct in6_addr addr;
    uint32_t prefixlen;
    int ifindex;
};

static const char *hint_of(int why)
{
    return why == EBUSY    ? " (another program has it: end that one first)"
           : why == ENOTTY ? " (it is no serial line)"
           : why == EPERM  ? device_hint(why)
                           : "";
}

static int fail(int fd, char *err, size_t cap, const char *what, const char *name)
{
    int why = errno;
    snprintf(err, cap, "cannot %s %s: %s%s", what, name, strerror(why), hint_of(why));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* ---- the line -------------------------------------------------------------------------------- */

static bool speed_of(unsigned baud, speed_t *speed)
{
    static const struct {
        unsigned baud;
        speed_t speed;
    } known[] = {{9600, B9600},     {19200, B19200},   {38400, B38400},   {57600, B57600},
                 {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600}};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].baud == baud) {
            *speed = known[i].speed;
            return true;
        }
    errno = EINVAL;
    return false;
}

static bool make_raw(int fd, unsigned baud)
{
    struct termios t;
    speed_t speed;
    if (!speed_of(baud, &speed) || tcgetattr(fd, &t) != 0)
        return false;
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cflag &= ~(tcflag_t)CRTSCTS;
    return cfsetspeed(&t, speed) == 0 && tcsetattr(fd, TCSANOW, &t) == 0;
}

int slip_line_open(const char *path, unsigned baud, char *err, size_t cap)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return fail(fd, err, cap, "open", path);
    return make_raw(fd, baud) ? fd : fail(fd, err, cap, "set up the line", path);
}

/* Where the link at path leads to; false if there is none. */
static bool leads_to(const char *path, char target[PTY_NAME])
{
    ssize_t n = readlink(path, target, PTY_NAME - 1);
    target[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* One that was killed leaves its link, to a pty that has gone or whose number is ours now. */
static bool link_to(const char *name, const char *path)
{
    char old[PTY_NAME];
    if (symlink(name, path) == 0)
        return true;
    if (errno != EEXIST)
        return false;
    bool to_pty = leads_to(path, old) && strncmp(old, "/dev/pts/", 9) == 0;
    if (to_pty && strcmp(old, name) == 0)
        return true;
    if (to_pty && access(old, F_OK) != 0)
        return unlink(path) == 0 && symlink(name, path) == 0;
    errno = EEXIST;
    return false;
}

void slip_pty_unlink(const char *path, int line)
{
    char name[PTY_NAME], is[PTY_NAME];
    if (ptsname_r(line, name, sizeof name) == 0 && leads_to(path, is) && strcmp(name, is) == 0)
        unlink(path);
}

int slip_pty_make(const char *path, int *keep, char *err, size_t cap)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    char name[PTY_NAME];
    if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, name, sizeof name) != 0)
        return fail(fd, err, cap, "make a pty for", path);
    *keep = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (*keep < 0 || !make_raw(*keep, 115200))
        return fail(fd, err, cap, "set up the pty for", path);
    return link_to(name, path) ? fd : fail(fd, err, cap, "link", path);
}

/* ---- a TUN device ---------------------------------------------------------------------------- */

static bool give_ipv6(int s, int ifindex, const struct slip_net *net)
{
    struct in6_ifreq r = {.prefixlen = net->bits, .ifindex = ifindex};
    memcpy(&r.addr, net->addr.b, 16);
    return ioctl(s, SIOCSIFADDR, &r) == 0;
}

static void put_ipv4(struct sockaddr *to, const void *octets)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    memcpy(&in.sin_addr, octets, 4);
    memcpy(to, &in, sizeof in);
}

static bool give_ipv4(int s, struct ifreq *r, const struct slip_net *net)
{
    uint32_t mask = net->bits == 0 ? 0 : htonl(UINT32_MAX << (32 - net->bits));
    put_ipv4(&r->ifr_addr, net->addr.b);
    if (ioctl(s, SIOCSIFADDR, r) != 0)
        return false;
    put_ipv4(&r->ifr_netmask, &mask);
    return ioctl(s, SIOCSIFNETMASK, r) == 0;
}

/* Up, with MTU and address. */
static bool configure(const char *name, const struct slip_net *net, unsigned mtu)
{
    int s = socket(net->addr.family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq r = {.ifr_mtu = (int)mtu};
    memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    bool good = s >= 0 && ioctl(s, SIOCSIFMTU, &r) == 0;
    if (good && net->addr.family == 4)
        good = give_ipv4(s, &r, net);
    if (good && net->addr.family == 6)
        good = give_ipv6(s, (int)if_nametoindex(name), net);
    good = good && ioctl(s, SIOCGIFFLAGS, &r) == 0;
    r.ifr_flags = (short)(r.ifr_flags | IFF_UP | IFF_RUNNING);
    good = good && ioctl(s, SIOCSIFFLAGS, &r) == 0;
    int why = errno;
    if (s >= 0)
        close(s);
    errno = why;
    return good;
}

int slip_tun_open(const char *name, const struct slip_net *net, unsigned mtu, char *err, size_t cap)
{
    int fd = device_make(name, 0, err, cap);
    if (fd < 0 || configure(name, net, mtu))
        return fd;
    return fail(fd, err, cap, "configure the TUN device", name);
}

/* ---- a UDP peer ------------------------------------------------------------------------------ */

int slip_udp_open(const struct ik_addr *peer, uint16_t port, uint16_t local_port, char *err,
                  size_t cap)
{
    const struct ik_addr any = {.family = peer->family};
    union sockets_name own, other;
    socklen_t own_len = sockets_to_name(&any, local_port, &own);
    socklen_t other_len = sockets_to_name(peer, port, &other);
    int fd = socket(own.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    char name[80];
    host_addr_print(peer, name, sizeof name);
    if (fd < 0 || bind(fd, &own.sa, own_len) != 0 || connect(fd, &other.sa, other_len) != 0)
        return fail(fd, err, cap, "reach", name);
    return fd;
}
