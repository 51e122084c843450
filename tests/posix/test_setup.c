/* SPDX-License-Identifier: MIT */
/* What follows from the options that were given. */
#include <criterion/criterion.h>
#include <string.h>

#include "say.h"
#include "setup.h"

static struct options o;

static void addr(struct ik_addr *a, const char *text)
{
    cr_assert(host_addr_parse(text, a));
}

static void begin(enum role role)
{
    memset(&o, 0, sizeof o);
    o.role = role;
    o.timeout = 10 * IK_SECOND;
    addr(&o.local, "192.0.2.1");
    if (role == ROLE_PING)
        addr(&o.peer, "192.0.2.2");
}

static void expect_ts(const struct ik_ts *ts, const char *wanted)
{
    char text[120];
    host_ts_print(ts, text, sizeof text);
    cr_expect_str_eq(text, wanted);
}

Test(setup, all_follows_from_the_outer_addresses)
{
    begin(ROLE_PING);
    cr_assert_eq(setup_complete(&o), 0);
    expect_ts(&o.ts_local[0], "192.0.2.1");
    expect_ts(&o.ts_remote[0], "192.0.2.2");
    cr_expect_eq(memcmp(&o.from, &o.local, sizeof o.from), 0);
    cr_expect_eq(memcmp(&o.to, &o.peer, sizeof o.to), 0);
    cr_expect_eq(o.id.type, IK_ID_IPV4_ADDR);
    cr_expect_arr_eq(o.id.data.p, o.local.b, 4);
}

Test(setup, selectors_follow_from_the_echo_and_the_reverse)
{
    begin(ROLE_PING);
    addr(&o.from, "10.1.0.1");
    cr_assert(host_ts_parse("10.2.0.1", &o.ts_remote[0]));
    o.ts_remote_n = 1;
    cr_assert_eq(setup_complete(&o), 0);
    expect_ts(&o.ts_local[0], "10.1.0.1");
    cr_expect_eq(o.to.family, 4);
    cr_expect_arr_eq(o.to.b, ((uint8_t[]){10, 2, 0, 1}), 4);
}

Test(setup, the_echo_is_within_one_of_several_selectors)
{
    begin(ROLE_PING);
    addr(&o.to, "10.3.0.9");
    cr_assert(host_ts_parse("10.2.0.0/24", &o.ts_remote[0]));
    cr_assert(host_ts_parse("10.3.0.0/24", &o.ts_remote[1]));
    o.ts_remote_n = 2;
    cr_expect_eq(setup_complete(&o), 0);
    addr(&o.to, "10.4.0.9");
    cr_expect_eq(setup_complete(&o), EXIT_USAGE);
}

Test(setup, a_network_names_no_address)
{
    begin(ROLE_PING);
    cr_assert(host_ts_parse("10.2.0.0/24", &o.ts_remote[0]));
    o.ts_remote_n = 1;
    cr_expect_eq(setup_complete(&o), EXIT_USAGE);
}

Test(setup, transport_mode_pings_the_peer)
{
    begin(ROLE_PING);
    o.mode = IK_TRANSPORT;
    cr_assert_eq(setup_complete(&o), 0);
    cr_expect_eq(memcmp(&o.to, &o.peer, sizeof o.to), 0);
}

Test(setup, a_responder_takes_anything)
{
    begin(ROLE_RESPOND);
    cr_assert_eq(setup_complete(&o), 0);
    cr_expect_eq(o.ts_local_n, 2);
    expect_ts(&o.ts_local[0], "0.0.0.0/0");
    expect_ts(&o.ts_remote[1], "::/0");
}

/* A selector of a family that the other side lacks has no partner there. */
Test(setup, a_responder_takes_anything_of_the_versions_that_are_told)
{
    begin(ROLE_RESPOND);
    cr_assert(host_ts_parse("10.2.0.0/24", &o.ts_local[0]));
    o.ts_local_n = 1;
    cr_assert_eq(setup_complete(&o), 0);
    cr_assert_eq(o.ts_remote_n, 1);
    expect_ts(&o.ts_remote[0], "0.0.0.0/0");

    begin(ROLE_RESPOND);
    cr_assert(host_ts_parse("fd00:1::/64", &o.ts_remote[0]));
    o.ts_remote_n = 1;
    cr_assert_eq(setup_complete(&o), 0);
    cr_assert_eq(o.ts_local_n, 1);
    expect_ts(&o.ts_local[0], "::/0");
}

/* All waits of a request that is never answered come to the time-out, the first is short. */
Test(setup, retransmissions_fill_the_timeout)
{
    static const ik_time timeouts[] = {100 * IK_MS, IK_SECOND, 10 * IK_SECOND, 3600 * IK_SECOND};
    for (size_t i = 0; i < sizeof timeouts / sizeof timeouts[0]; i++) {
        struct sockets sockets = {.n = 1};
        struct setup s;
        begin(ROLE_PING);
        o.timeout = timeouts[i];
        setup_make(&s, &o, &sockets);
        const struct ik_retransmit *r = &s.config.retransmit;
        ik_time sum = 0, wait = r->initial;
        for (unsigned k = 0; k < r->tries; k++, wait = wait * r->factor_x16 / 16)
            sum += wait < r->max ? wait : r->max;
        cr_expect_leq(sum, timeouts[i]);
        cr_expect_geq(sum, timeouts[i] - timeouts[i] / 1000);
        cr_expect_leq(r->initial, IK_SECOND);
        cr_expect_gt(r->initial, 0);
    }
}

Test(setup, one_port)
{
    struct sockets sockets = {.n = 1, .list = {{.port = 40000}}};
    struct setup s;
    begin(ROLE_PING);
    o.port = 4500;
    o.natt = true;
    setup_make(&s, &o, &sockets);
    cr_expect_eq(s.peer.remote_port, 4500);
    cr_expect_eq(s.peer.local_port, 40000);
    cr_expect(s.peer.force_natt);
    cr_expect_eq(s.config.exchanges, ik_exchanges_caller);
    begin(ROLE_RESPOND);
    o.port = 4500;
    setup_make(&s, &o, &sockets);
    cr_expect_eq(s.peer.remote_port, 0);
    cr_expect_eq(s.config.exchanges, ik_exchanges_all);
}
