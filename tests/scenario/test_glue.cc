/* SPDX-License-Identifier: MIT */
/* The ns-3 glue: modes, families, policy, power, CPU time. */
#include <fstream>

#include "ns3/ikelet-cpu.h"
#include "flows.h" /* last: criterion has names that ns-3 has, too */

using namespace pair;

Test(glue, transport_ipv4)
{
    Pair p;
    p.InstallBoth();
    expect_echo(p, kEsp, 10);
}

Test(glue, transport_ipv6)
{
    Pair p(true);
    p.InstallBoth();
    expect_echo(p, kEsp, 10);
}

/* 1440 octets and ESP do not fit into 1500: the outer packet is fragmented. */
Test(glue, large_packets_are_fragmented_outside)
{
    Pair p4;
    p4.InstallBoth();
    expect_echo(p4, kEsp, 1440);
}

Test(glue, large_packets_are_fragmented_outside_ipv6)
{
    Pair p6(true);
    p6.InstallBoth();
    expect_echo(p6, kEsp, 1440);
}

Test(glue, empty_local_address_is_that_of_the_route)
{
    Pair p;
    p.peer[0].local = p.peer[1].local = "";
    p.InstallBoth();
    expect_echo(p, kEsp, 10);
}

Test(glue, responder_knows_no_remote_address)
{
    Pair p;
    p.peer[1].remote = "";
    p.policy[1].local = "10.0.0.2[udp]";
    p.policy[1].remote = "10.0.0.1[udp]";
    p.InstallBoth();
    expect_echo(p, kEsp, 10);
}

Test(glue, udp_encapsulation)
{
    Pair p;
    p.peer[0].forceNatt = p.peer[1].forceNatt = true;
    p.InstallBoth();
    uint32_t carriers[3] = {0, 0, 0};
    p.ike[0]->TraceConnectWithoutContext(
        "Tx",
        Callback<void, Ptr<const Packet>, const struct ik_path &>(
            [&](Ptr<const Packet>, const struct ik_path &path) { carriers[path.carrier]++; }));
    expect_echo(p, kEsp, 10);
    cr_assert_eq(carriers[IK_CARRIER_ESP], 0);
    cr_assert_eq(carriers[IK_CARRIER_UDP4500], 2, "IKE_AUTH and one packet");
}

/* ---- tunnel ---------------------------------------------------------------------------------- */

Test(glue, tunnel_ipv4_in_ipv4)
{
    Pair p;
    expect_pings(p, kEsp);
}

Test(glue, tunnel_ipv4_in_ipv6)
{
    Pair p(true);
    expect_pings(p, kEsp);
}

static void expect_echo_in_tunnel_v6(Pair &p)
{
    p.policy[0].local = p.policy[1].remote = "fd00:1::/64";
    p.policy[0].remote = p.policy[1].local = "fd00:2::/64";
    p.policy[0].mode = p.policy[1].mode = IK_TUNNEL;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    p.ike[0]->AddTunnel("fd00:1::1/64", {"fd00:2::/64"});
    p.ike[1]->AddTunnel("fd00:2::1/64", {"fd00:1::/64"});
    Talker alice(p.nodes.Get(0), 4000, true), bob(p.nodes.Get(1), 7, true);
    bob.echo = true;
    alice.Send(Seconds(5), Inet6SocketAddress(Ipv6Address("fd00:2::1"), 7), 1200);
    p.Run(Seconds(10));
    cr_assert_eq(bob.got.size(), 1);
    cr_assert_eq(alice.got.size(), 1);
    cr_assert_eq(p.Count(0, IK_COUNT_ESP_OUT), 1);
    cr_assert_eq(p.Drops(0, IK_DROP_SPD_NO_POLICY), 0, "no discovery goes into the tunnel");
}

Test(glue, tunnel_ipv6_in_ipv6)
{
    Pair p(true);
    expect_echo_in_tunnel_v6(p);
}

Test(glue, tunnel_ipv6_in_ipv4)
{
    Pair p;
    expect_echo_in_tunnel_v6(p);
}

/* ---- policy ---------------------------------------------------------------------------------- */

Test(glue, clear_packets_do_not_come_in_where_policy_protects)
{
    Pair p;
    p.Install(1); /* alice has no IPsec */
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(5), p.At(1, 7));
    p.Run(Seconds(10));
    cr_assert_eq(bob.got.size(), 0);
    cr_assert_eq(p.Drops(1, IK_DROP_SPD_CLEAR), 1);
}

Test(glue, bypass_goes_in_clear)
{
    Pair p;
    p.policy[0].action = p.policy[1].action = IK_BYPASS;
    p.InstallBoth();
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(5), p.At(1, 7));
    p.Run(Seconds(10));
    cr_assert_eq(bob.got.size(), 1);
    cr_assert_eq(p.Count(0, IK_COUNT_BYPASS_OUT), 1);
    cr_assert_eq(p.Count(1, IK_COUNT_BYPASS_IN), 1);
}

Test(glue, discard_goes_nowhere)
{
    Pair p;
    p.policy[0].action = IK_DISCARD;
    p.Install(0);
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(5), p.At(1, 7));
    p.Run(Seconds(10));
    cr_assert_eq(bob.got.size(), 0);
    cr_assert_eq(p.Drops(0, IK_DROP_SPD_DISCARD), 1);
}

Test(glue, wrong_key_is_told)
{
    Pair p;
    p.peer[1].psk = "another key";
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    uint8_t why = IK_WHY_NONE;
    p.ike[0]->TraceConnectWithoutContext(
        "Failed", Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>(
                      [&](uint8_t, uint8_t reason, uint16_t, uint16_t) { why = reason; }));
    p.Run(Seconds(30));
    cr_assert_eq(why, IK_WHY_AUTH);
}

Test(glue, traces_tell_the_handshake)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    std::vector<uint32_t> states;
    p.ike[0]->TraceConnectWithoutContext(
        "StateChange", Callback<void, uint16_t, uint32_t, uint32_t>(
                           [&](uint16_t, uint32_t, uint32_t now) { states.push_back(now); }));
    int ups = 0;
    auto up = Callback<void, uint16_t>([&](uint16_t) { ups++; });
    p.ike[0]->TraceConnectWithoutContext("IkeUp", up);
    p.ike[1]->TraceConnectWithoutContext("ChildUp", up);
    p.Run(Seconds(10));
    cr_assert_eq(ups, 2);
    cr_assert_eq(states.front(), IK_IKE_OPENING);
    cr_assert_eq(states.back(), IK_IKE_UP);
}

Test(glue, pcap_and_key_log)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].EnablePcap("glue");
    p.helper[0].EnableKeyLog(".");
    p.InstallBoth();
    std::string pcap = "glue-" + std::to_string(p.nodes.Get(0)->GetId()) + ".pcap";
    p.Run(Seconds(10));
    cr_assert(p.helper[0].GetKeyLog()->Close());
    p.ike[0]->Dispose();
    p.ike[0] = nullptr;
    Simulator::Destroy();
    std::ifstream file(pcap, std::ios::binary);
    std::vector<char> octets((std::istreambuf_iterator<char>(file)), {});
    cr_assert_gt(octets.size(), 24 + 4 * (16 + 28 + 100));
    cr_assert_eq(octets[20], 101, "link type RAW");
    cr_assert_eq(octets[40], 0x45, "an IPv4 header");
    std::string line;
    int lines = 0;
    std::ifstream esp("esp_sa");
    while (std::getline(esp, line))
        lines++;
    cr_assert_eq(lines, 2, "both directions of one Child SA");
}

/* ---- power ----------------------------------------------------------------------------------- */

Test(glue, sleep_deletes_at_both_ends)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    std::vector<bool> power;
    p.ike[0]->TraceConnectWithoutContext(
        "Power", Callback<void, bool>([&](bool on) { power.push_back(on); }));
    Simulator::Schedule(Seconds(5), &IkeletNode::Sleep, p.ike[0]);
    p.Run(Seconds(20));
    uint16_t ikeSas = 9, childSas = 9;
    cr_assert_not(p.ike[0]->IsAwake());
    cr_assert_eq(power.size(), 2);
    cr_assert(power[0] && !power[1]);
    p.ike[1]->GetUsage(&ikeSas, &childSas);
    cr_assert_eq(ikeSas + childSas, 0);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1, "counters outlive the sleep");
}

Test(glue, who_was_cut_off_comes_back)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    Simulator::Schedule(Seconds(5), &IkeletNode::Cut, p.ike[0]);
    Simulator::Schedule(Seconds(6), [&]() { p.ike[0]->Wake(); });
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(5) + MilliSeconds(500), p.At(1, 7)); /* asleep: lost */
    alice.Send(Seconds(8), p.At(1, 7));
    p.Run(Seconds(40));
    uint16_t ikeSas = 0, childSas = 0;
    cr_assert_eq(bob.got.size(), 1);
    cr_assert_eq(p.ike[0]->GetLost(), 1);
    p.ike[1]->GetUsage(&ikeSas, &childSas);
    cr_assert_eq(ikeSas, 1, "INITIAL_CONTACT replaced the old one");
    cr_assert_eq(childSas, 1);
}

Test(glue, sleep_gives_up_when_nobody_answers)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].SetAttribute("SleepTimeout", TimeValue(Seconds(3)));
    p.InstallBoth();
    Simulator::Schedule(Seconds(4), &IkeletNode::Cut, p.ike[1]);
    Simulator::Schedule(Seconds(5), &IkeletNode::Sleep, p.ike[0]);
    Time off;
    p.ike[0]->TraceConnectWithoutContext(
        "Power", Callback<void, bool>([&](bool on) { off = on ? off : Simulator::Now(); }));
    p.Run(Seconds(20));
    cr_assert_eq(off.GetMilliSeconds(), 8000);
}

Test(glue, woken_on_the_way_to_sleep)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    Simulator::Schedule(Seconds(5), [&]() {
        p.ike[0]->Sleep();
        p.ike[0]->Wake();
    });
    p.Run(Seconds(20));
    cr_assert(p.ike[0]->IsAwake());
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 2);
}

/* After StopApplication the node is as if it had never been there. */
Test(glue, stopped_it_is_out_of_the_way)
{
    Pair p;
    p.InstallBoth();
    p.ike[0]->SetStopTime(Seconds(4));
    p.ike[1]->SetStopTime(Seconds(4));
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    alice.Send(Seconds(5), p.At(1, 7));
    p.Run(Seconds(10));
    cr_assert_eq(alice.got.size(), 1);
}

/* ---- CPU ------------------------------------------------------------------------------------- */

/* Writes a profile whose only cost is X25519, or SHA-256 too. */
static std::string write_profile(const char *name, const char *text)
{
    std::string path = std::string("glue-") + name + ".csv";
    std::ofstream(path) << text;
    return path;
}

static std::vector<int64_t> job_times(const std::string &profile, Pair &p)
{
    std::vector<int64_t> times;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].SetAttribute("CpuProfile", StringValue(profile));
    p.InstallBoth();
    p.ike[0]->TraceConnectWithoutContext(
        "Job", Callback<void, uint8_t, bool, Time>([&](uint8_t, bool ended, Time took) {
            if (ended)
                times.push_back(took.GetMicroSeconds());
        }));
    p.Run(Seconds(60));
    return times;
}

Test(glue, jobs_take_their_cycles)
{
    Pair p;
    std::string profile = write_profile("jobs", "clock_hz,8000000,x\nx25519,16000000,y\n");
    std::vector<int64_t> times = job_times(profile, p);
    cr_assert_eq(times.size(), 2);
    cr_assert_eq(times[0], 2000000);
    cr_assert_eq(times[1], 2000000);
    cr_assert_eq(p.ike[0]->GetCpuTime().GetMicroSeconds(), 4000000);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1);
}

/* What is no job costs CPU time too: compressions of SHA-256 by the meter. */
Test(glue, primitives_take_their_cycles)
{
    Pair p;
    std::string profile = write_profile("hash", "clock_hz,1000000\nsha256_block,1000\n");
    job_times(profile, p);
    struct ik_meter meter = p.ike[0]->GetMeter();
    cr_assert_gt(meter.n[IK_COST_SHA256_BLOCK], 20);
    cr_assert_eq(p.ike[0]->GetCpuTime().GetMilliSeconds(), meter.n[IK_COST_SHA256_BLOCK]);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1);
}

Test(glue, profiles_are_checked)
{
    const char *const bad[] = {"x25519,5\n",
                               "clock_hz,0\n",
                               "clock_hz,8000000\nx25519\n",
                               "clock_hz,8000000\nx25519,-5\n",
                               "clock_hz,8000000\nz80,5\n",
                               "clock_hz,99999999999\n"};
    for (const char *text : bad) {
        std::string error;
        cr_assert_not(IkeletCpu().Load(write_profile("bad", text), &error), "%s", text);
        cr_assert_not(error.empty());
    }
    IkeletCpu cpu;
    cr_assert_not(cpu.Load("no-such-profile", nullptr));
    cr_assert(cpu.Load("ideal", nullptr));
    cr_assert(cpu.Duration(1000000).IsZero());
    cr_assert(cpu.Load("msp430f1611", nullptr));
    cr_assert_eq(cpu.Duration(8000000).GetNanoSeconds(), 1000000000);
    for (int i = 0; i < IK_COST_N; i++)
        cr_assert_gt(cpu.Cycles(static_cast<enum ik_cost>(i)), 0, "no cycles for %d", i);
    cr_assert_eq(cpu.Duration(8000001).GetNanoSeconds(), 1000000125);
    cr_assert_eq(cpu.Duration(8000000000000000).GetNanoSeconds(), 1000000000000000000);
}

/* ---- chance ---------------------------------------------------------------------------------- */

static std::vector<uint8_t> first_datagram(uint32_t run)
{
    RngSeedManager::SetSeed(1);
    RngSeedManager::SetRun(run);
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.Install(0);
    IkeletHelper::AssignStreams(ApplicationContainer(p.ike[0]), 5);
    std::vector<uint8_t> first;
    p.ike[0]->TraceConnectWithoutContext("Tx",
                                         Callback<void, Ptr<const Packet>, const struct ik_path &>(
                                             [&](Ptr<const Packet> packet, const struct ik_path &) {
                                                 if (!first.empty())
                                                     return;
                                                 first.resize(packet->GetSize());
                                                 packet->CopyData(first.data(), packet->GetSize());
                                             }));
    p.Run(Seconds(3));
    return first;
}

Test(glue, same_run_same_bytes)
{
    std::vector<uint8_t> one = first_datagram(1);
    cr_assert_gt(one.size(), 100);
    cr_assert(one == first_datagram(1));
    cr_assert_not(one == first_datagram(2));
}
