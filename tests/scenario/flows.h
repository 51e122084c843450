/* SPDX-License-Identifier: MIT */
/* What a Pair is held to, whichever protocol protects. */
#ifndef TESTS_SCENARIO_FLOWS_H
#define TESTS_SCENARIO_FLOWS_H

#include "ns3/internet-apps-module.h"

#include "pair.h"

#include <criterion/criterion.h> /* last: ns-3 has names of its macros */

namespace pair
{

/* What protects: its counters, and those of what it is not. */
struct Protocol {
    enum ik_count out, in, otherOut, otherIn;
};
constexpr Protocol kEsp = {IK_COUNT_ESP_OUT, IK_COUNT_ESP_IN, IK_COUNT_AH_OUT, IK_COUNT_AH_IN};
constexpr Protocol kAh = {IK_COUNT_AH_OUT, IK_COUNT_AH_IN, IK_COUNT_ESP_OUT, IK_COUNT_ESP_IN};

/* An echo of UDP between the two, at 5 s; the packet at 3 s only begins the handshake. */
inline void expect_echo(Pair &p, const Protocol &by, uint32_t octets)
{
    Talker alice(p.nodes.Get(0), 4000, p.v6), bob(p.nodes.Get(1), 7, p.v6);
    bob.echo = true;
    alice.Send(Seconds(3), p.At(1, 7));
    alice.Send(Seconds(5), p.At(1, 7), octets);
    p.Run(Seconds(20));
    cr_assert_eq(bob.got.size(), 1);
    cr_assert_eq(alice.got.size(), 1);
    cr_assert_eq(alice.got[0], octets);
    cr_assert_eq(p.Drops(0, IK_DROP_SPD_NO_SA), 1, "the first packet waits for no SA");
    for (uint32_t i : {0u, 1u}) {
        cr_assert_eq(p.Count(i, by.out), 1);
        cr_assert_eq(p.Count(i, by.in), 1);
        cr_assert_eq(p.Count(i, by.otherOut), 0);
        cr_assert_eq(p.Count(i, by.otherIn), 0);
        cr_assert_eq(p.ike[i]->GetLost(), 0);
    }
}

/* Pings of IPv4 through tunnel devices, which no transport protocol takes part in. */
inline void expect_pings(Pair &p, const Protocol &by)
{
    p.policy[0].local = p.policy[1].remote = "192.168.1.0/24";
    p.policy[0].remote = p.policy[1].local = "192.168.2.0/24";
    p.policy[0].mode = p.policy[1].mode = IK_TUNNEL;
    p.InstallBoth();
    p.ike[0]->AddTunnel("192.168.1.1/24", {"192.168.2.0/24"});
    p.ike[1]->AddTunnel("192.168.2.1/24", {"192.168.1.0/24"});
    V4PingHelper ping(Ipv4Address("192.168.2.1"));
    ApplicationContainer pinger = ping.Install(p.nodes.Get(0));
    pinger.Start(Seconds(3));
    uint32_t answers = 0;
    pinger.Get(0)->TraceConnectWithoutContext("Rtt",
                                              Callback<void, Time>([&](Time) { answers++; }));
    p.Run(Seconds(6) + MilliSeconds(500));
    cr_assert_eq(answers, 3, "%u answers: all but the one that began the handshake", answers);
    cr_assert_eq(p.Count(1, by.in), 3);
    cr_assert_eq(p.Count(1, by.otherIn), 0);
}

} // namespace pair

#endif
