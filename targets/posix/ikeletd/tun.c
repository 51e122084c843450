/* SPDX-License-Identifier: MIT */
#include "tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

static bool complain(char *err, size_t len, const char *what, const char *name, int why)
{
    snprintf(err, len, "cannot %s %s: %s%s", what, name, strerror(why), device_hint(why));
    return false;
}

static bool create(struct tun *t, const char *name, int *queues, unsigned queues_n, char *err,
                   size_t cap)
{
    int head = (int)TUN_HEAD, flags = IFF_VNET_HDR | (queues_n > 1 ? IFF_MULTI_QUEUE : 0);
    queues[0] = device_make(name, flags, err, cap);
    if (queues[0] < 0)
        return false;
    for (unsigned i = 1; i < queues_n; i++) {
        queues[i] = device_queue(name, flags);
        if (queues[i] < 0)
            return complain(err, cap, "make another queue of the TUN device", name, errno);
    }
    for (unsigned i = 0; i < queues_n; i++)
        if (ioctl(queues[i], TUNSETVNETHDRSZ, &head) != 0)
            return complain(err, cap, "set up the TUN device", name, errno);
    snprintf(t->name, sizeof t->name, "%s", name);
    t->ifindex = (int)if_nametoindex(t->name);
    return t->ifindex > 0 || complain(err, cap, "find the TUN device", name, errno);
}

/* Older kernels know less: each is asked for by itself. */
static void probe_offloads(struct tun *t, int fd, bool wanted)
{
    const unsigned long sum = TUN_F_CSUM, tso = sum | TUN_F_TSO4 | TUN_F_TSO6;
    const unsigned long uso = tso | TUN_F_USO4 | TUN_F_USO6;
    t->uso = wanted && ioctl(fd, TUNSETOFFLOAD, uso) == 0;
    t->tso = t->uso || (wanted && ioctl(fd, TUNSETOFFLOAD, tso) == 0);
    if (!t->tso)
        (void)ioctl(fd, TUNSETOFFLOAD, 0UL);
}

static bool set_up(struct tun *t, const struct conf_tun *c, struct netlink *n, char *err,
                   size_t err_len)
{
    char text[60];
    int why = netlink_link_up(n, t->ifindex, t->mtu);
    if (why != 0)
        return complain(err, err_len, "bring up", c->name, why);
    for (unsigned i = 0; i < c->address_n; i++) {
        why = netlink_address(n, t->ifindex, &c->address[i].addr, c->address[i].bits);
        host_addr_print(&c->address[i].addr, text, sizeof text);
        if (why != 0)
            return complain(err, err_len, "give the TUN device the address", text, why);
    }
    return true;
}

bool tun_open(struct tun *t, const struct conf_tun *c, unsigned mtu, struct netlink *n, int *queues,
              unsigned queues_n, char *err, size_t err_len)
{
    memset(t, 0, sizeof *t);
    t->mtu = mtu;
    for (unsigned i = 0; i < queues_n; i++)
        queues[i] = -1;
    bool good = create(t, c->name, queues, queues_n, err, err_len);
    if (good) {
        probe_offloads(t, queues[0], c->offload);
        good = set_up(t, c, n, err, err_len);
    }
    for (unsigned i = 0; !good && i < queues_n; i++)
        if (queues[i] >= 0)
            close(queues[i]);
    return good;
}

/* ---- prefixes -------------------------------------------------------------------------------- */

/* Adds 2^zeros to an address of len octets; false if that overflows. */
static bool add_power(uint8_t *a, unsigned len, unsigned zeros)
{
    unsigned at = len - 1 - zeros / 8, carry = 1u << zeros % 8;
    for (;; at--) {
        carry += a[at];
        a[at] = (uint8_t)carry;
        carry >>= 8;
        if (carry == 0)
            return true;
        if (at == 0)
            return false;
    }
}

/* The last address of a prefix with so many zero bits at the end. */
static void last_of(uint8_t *a, unsigned len, unsigned zeros)
{
    for (unsigned i = 0; i < zeros; i++)
        a[len - 1 - i / 8] |= (uint8_t)(1u << i % 8);
}

static bool is_aligned(const uint8_t *a, unsigned len, unsigned zeros)
{
    for (unsigned i = 0; i < zeros; i++)
        if ((a[len - 1 - i / 8] & 1u << i % 8) != 0)
            return false;
    return true;
}

void tun_prefixes(const struct ik_ts *ts,
                  void (*take)(void *ctx, const struct ik_addr *prefix, uint8_t bits), void *ctx)
{
    unsigned len = ts->family == 4 ? 4 : 16;
    struct ik_addr at = {.family = ts->family};
    memcpy(at.b, ts->lo, 16);
    while (memcmp(at.b, ts->hi, len) <= 0) {
        unsigned zeros = 0;
        /* The largest prefix that begins here and ends in time. */
        while (zeros < len * 8 && is_aligned(at.b, len, zeros + 1)) {
            uint8_t end[16];
            memcpy(end, at.b, sizeof end);
            last_of(end, len, zeros + 1);
            if (memcmp(end, ts->hi, len) > 0)
                break;
            zeros++;
        }
        take(ctx, &at, (uint8_t)(len * 8 - zeros));
        if (zeros == len * 8 || !add_power(at.b, len, zeros))
            return;
    }
}
