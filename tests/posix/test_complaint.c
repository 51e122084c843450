/* SPDX-License-Identifier: MIT */
/* What ICMP says, in a line for people. */
#include <criterion/criterion.h>
#include <errno.h>

#include "complaint.h"

Test(complaint, in_words)
{
    static const struct {
        int error;
        uint16_t mtu;
        const char *says;
    } rows[] = {{ECONNREFUSED, 0, "nobody listens at 192.0.2.1 port 4500 (ICMP port unreachable)"},
                {EMSGSIZE, 1280, "the path to 192.0.2.1 takes 1280 octets only"},
                {EMSGSIZE, 0, "the path to 192.0.2.1 takes fewer octets than were sent"},
                {EHOSTUNREACH, 0, "no way to 192.0.2.1: No route to host"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[200];
        struct complaint c = {.error = rows[i].error, .mtu = rows[i].mtu};
        cr_assert(host_addr_parse("192.0.2.1", &c.path.remote));
        c.path.remote_port = 4500;
        complaint_print(&c, line, sizeof line);
        cr_expect_str_eq(line, rows[i].says);
    }
}
