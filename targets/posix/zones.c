/* SPDX-License-Identifier: MIT */
#include "zones.h"

#include <net/if.h>
#include <pthread.h>
#include <string.h>

#define KNOWN_MAX 256 /* then the oldest goes */

static struct {
    uint8_t b[16];
    uint32_t interface;
} known[KNOWN_MAX];
static unsigned known_n, oldest;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a host may have several threads */

/* fe80::/10 */
static bool is_link_local(const struct ik_addr *a)
{
    return a->family == 6 && a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

static unsigned find(const struct ik_addr *a)
{
    unsigned i = 0;
    while (i < known_n && memcmp(known[i].b, a->b, 16) != 0)
        i++;
    return i;
}

void zones_learn(const struct ik_addr *a, uint32_t interface)
{
    if (!is_link_local(a) || interface == 0)
        return;
    (void)pthread_mutex_lock(&lock);
    unsigned at = find(a);
    if (at == known_n && known_n == KNOWN_MAX) {
        at = oldest;
        oldest = (oldest + 1) % KNOWN_MAX;
    } else if (at == known_n) {
        known_n++;
    }
    memcpy(known[at].b, a->b, 16);
    known[at].interface = interface;
    (void)pthread_mutex_unlock(&lock);
}

uint32_t zones_of(const struct ik_addr *a)
{
    if (!is_link_local(a))
        return 0;
    (void)pthread_mutex_lock(&lock);
    unsigned at = find(a);
    uint32_t interface = at < known_n ? known[at].interface : 0;
    (void)pthread_mutex_unlock(&lock);
    return interface;
}

bool zones_lacks(const struct ik_addr *a)
{
    return is_link_local(a) && zones_of(a) == 0;
}

static uint32_t interface_of(const char *zone)
{
    char name[IF_NAMESIZE];
    uint64_t n;
    if (host_number_parse(zone, 0, 0, UINT32_MAX, &n))
        return if_indextoname((unsigned)n, name) != NULL ? (uint32_t)n : 0;
    return if_nametoindex(zone);
}

bool zones_addr_parse(const char *text, struct ik_addr *out)
{
    char addr[46];
    const char *zone = strchr(text, '%');
    if (zone == NULL)
        return host_addr_parse(text, out);
    if ((size_t)(zone - text) >= sizeof addr)
        return false;
    memcpy(addr, text, (size_t)(zone - text));
    addr[zone - text] = '\0';
    uint32_t interface = interface_of(zone + 1);
    if (interface == 0 || !host_addr_parse(addr, out) || !is_link_local(out))
        return false;
    zones_learn(out, interface);
    return true;
}

const char *zones_hint(const char *text)
{
    return strchr(text, '%') != NULL ? " of a link that is here (fe80::1%eth0)" : "";
}
