/* SPDX-License-Identifier: MIT */
/* Zones of link-local addresses (RFC 4007 section 11). */
#include <criterion/criterion.h>
#include <net/if.h>
#include <string.h>

#include "sockets.h"
#include "zones.h"

static struct ik_addr addr(const char *text)
{
    struct ik_addr a;
    cr_assert(host_addr_parse(text, &a));
    return a;
}

Test(zones, name_or_number)
{
    struct ik_addr a;
    char text[40];
    uint32_t lo = if_nametoindex("lo");
    cr_assert(zones_addr_parse("fe80::1%lo", &a));
    cr_expect_eq(zones_of(&a), lo);
    snprintf(text, sizeof text, "fe80::2%%%u", (unsigned)lo);
    cr_assert(zones_addr_parse(text, &a));
    cr_expect_eq(zones_of(&a), lo);
    cr_expect_eq(a.b[15], 2);
}

Test(zones, only_of_link_local_addresses_and_of_links_that_are_here)
{
    static const char *const bad[] = {"10.0.0.1%lo", "2001:db8::1%lo", "fe80::1%",  "fe80::1%nope",
                                      "fe80::1%0",   "fe80::1%99999",  "%lo",       "fe80::1%lo%lo",
                                      "fe80::g%lo",  "fe80::1%1x",     "lo%fe80::1"};
    struct ik_addr a;
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect_not(zones_addr_parse(bad[i], &a), "%s", bad[i]);
    char text[80];
    memset(text, 'f', sizeof text);
    memcpy(text + sizeof text - 4, "%lo", 4);
    cr_expect_not(zones_addr_parse(text, &a), "too long");
    cr_expect(zones_addr_parse("fe80::9", &a));
    cr_expect_eq(zones_of(&a), 0);
    cr_expect(zones_lacks(&a));
    cr_expect(zones_addr_parse("fe80::1%lo", &a));
    cr_expect_not(zones_lacks(&a));
    cr_expect(zones_addr_parse("10.0.0.1", &a));
    cr_expect_not(zones_lacks(&a));
    cr_expect_str_neq(zones_hint("fe80::1%x"), "");
    cr_expect_str_eq(zones_hint("fe80::1"), "");
}

Test(zones, what_was_heard_goes_back)
{
    struct ik_addr a = addr("fe80::7"), b = addr("2001:db8::7"), c;
    union sockets_name name;
    sockets_to_name(&a, 500, &name);
    cr_expect_eq(name.in6.sin6_scope_id, 0);
    name.in6.sin6_scope_id = 42;
    cr_expect_eq(sockets_from_name(&name, &c), 500);
    sockets_to_name(&a, 500, &name);
    cr_expect_eq(name.in6.sin6_scope_id, 42);
    zones_learn(&b, 42);
    sockets_to_name(&b, 500, &name);
    cr_expect_eq(name.in6.sin6_scope_id, 0);
    zones_learn(&a, 43); /* it has moved */
    cr_expect_eq(zones_of(&a), 43);
}

Test(zones, the_oldest_goes)
{
    struct ik_addr a = addr("fe80::");
    for (unsigned i = 0; i < 300; i++) {
        a.b[14] = (uint8_t)(i >> 8), a.b[15] = (uint8_t)i;
        zones_learn(&a, 1 + i);
        cr_expect_eq(zones_of(&a), 1 + i);
    }
    a.b[14] = 0, a.b[15] = 43;
    cr_expect_eq(zones_of(&a), 0);
    a.b[15] = 44;
    cr_expect_eq(zones_of(&a), 45);
}
