/* SPDX-License-Identifier: MIT */
/* What a node tells of its CPU and radio, addresses that move, configuration by attributes. */
#include <csignal>
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

#include <sys/wait.h>
#include <unistd.h>

#include "pair.h"

#include "ns3/ikelet-animation.h"
#include "ns3/ikelet-firmware-node.h"
#include "ns3/netanim-module.h"

#include <criterion/criterion.h> /* last: ns-3 has names of its macros */

using namespace pair;

/* ---- CPU and radio --------------------------------------------------------------------------- */

struct Phases {
    std::map<IkeletCpuPhase, Time> spent;
    IkeletCpuPhase now = IkeletCpuPhase::Off;
    Time since;

    void Watch(Ptr<IkeletNode> node)
    {
        node->TraceConnectWithoutContext(
            "Cpu", Callback<void, IkeletCpuPhase>([this](IkeletCpuPhase phase) {
                cr_assert_neq(phase, now, "a change that is none");
                spent[now] += Simulator::Now() - since;
                now = phase;
                since = Simulator::Now();
            }));
    }
};

Test(module, cpu_phases_add_up_to_the_cpu_time)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].SetAttribute("CpuProfile", StringValue("msp430f1611"));
    p.InstallBoth();
    Phases phases;
    phases.Watch(p.ike[0]);
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(20), p.At(1, 7));
    Simulator::Schedule(Seconds(30), &IkeletNode::Sleep, p.ike[0]);
    p.Run(Seconds(60));
    Time computed;
    for (IkeletCpuPhase phase : {IkeletCpuPhase::KeyExchange, IkeletCpuPhase::Auth,
                                 IkeletCpuPhase::Esp, IkeletCpuPhase::Other}) {
        cr_assert(phases.spent[phase].IsStrictlyPositive(), "%s", IkeletCpuPhaseName(phase));
        computed += phases.spent[phase];
    }
    cr_assert_eq(computed.GetNanoSeconds(), p.ike[0]->GetCpuTime().GetNanoSeconds());
    cr_assert_gt(phases.spent[IkeletCpuPhase::KeyExchange].GetMilliSeconds(), 2500);
    cr_assert_gt(phases.spent[IkeletCpuPhase::Auth].GetMilliSeconds(), 200);
    cr_assert_eq(phases.now, IkeletCpuPhase::Off);
}

/* When the radio was switched, in milliseconds. */
static std::vector<int64_t> radio_of(Pair &p)
{
    std::vector<int64_t> switched;
    p.ike[0]->TraceConnectWithoutContext("Radio", Callback<void, bool>([&](bool on) {
                                             cr_assert_eq(on, switched.size() % 2 == 0);
                                             switched.push_back(Simulator::Now().GetMilliSeconds());
                                         }));
    p.Run(Seconds(60));
    return switched;
}

static void computes_slowly(Pair &p, bool radio)
{
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].SetAttribute("CpuProfile", StringValue("msp430f1611"));
    p.helper[0].SetAttribute("RadioWhileComputing", BooleanValue(radio));
    p.InstallBoth();
}

Test(module, radio_is_needed_from_wake_to_sleep)
{
    Pair p;
    computes_slowly(p, true);
    Simulator::Schedule(Seconds(30), &IkeletNode::Cut, p.ike[0]);
    std::vector<int64_t> switched = radio_of(p);
    cr_assert_eq(switched.size(), 2);
    cr_assert_eq(switched[0], 2000);
    cr_assert_eq(switched[1], 30000);
}

/* On for each of the two exchanges, and from the Child SA on. */
Test(module, radio_is_off_while_computing_alone)
{
    Pair p;
    computes_slowly(p, false);
    std::vector<int64_t> switched = radio_of(p);
    cr_assert_eq(switched.size(), 5);
    cr_assert_gt(switched[0], 2000 + 1375, "the first X25519");
    cr_assert_lt(switched[1] - switched[0], 50, "IKE_SA_INIT and its answer");
    cr_assert_gt(switched[2] - switched[1], 1375, "the second X25519");
    cr_assert_lt(switched[3] - switched[2], 50, "IKE_AUTH and its answer");
    cr_assert_gt(switched[4] - switched[3], 100, "the answer is verified");
}

Test(module, dozing_keeps_the_sas)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    Simulator::Schedule(Seconds(5), &IkeletNode::Doze, p.ike[0]);
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(50), p.At(1, 7));
    std::vector<int64_t> switched = radio_of(p);
    cr_assert_eq(bob.got.size(), 1);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1, "no second handshake");
    cr_assert_eq(switched.size(), 3, "on, off, on to send");
    cr_assert_eq(switched[1], 5000);
    cr_assert_eq(switched[2], 50000);
}

/* ---- configuration --------------------------------------------------------------------------- */

static void move_to(Pair &p, const char *address)
{
    Ptr<Ipv4> ipv4 = p.nodes.Get(0)->GetObject<Ipv4>();
    ipv4->RemoveAddress(1, 0);
    ipv4->AddAddress(1, Ipv4InterfaceAddress(Ipv4Address(address), Ipv4Mask("/24")));
}

/* Asleep the node moves; awake again it uses the address that it has then. */
Test(module, local_address_is_that_of_the_moment)
{
    Pair p;
    p.peer[0].local = "";
    p.peer[1].remote = "";
    p.policy[0].local = "dynamic[udp]";
    p.policy[1].remote = "10.0.0.0/24[udp]";
    p.policy[1].local = "10.0.0.2[udp]";
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    std::vector<std::string> sources;
    p.ike[0]->TraceConnectWithoutContext("Tx",
                                         Callback<void, Ptr<const Packet>, const struct ik_path &>(
                                             [&](Ptr<const Packet>, const struct ik_path &path) {
                                                 sources.push_back(std::to_string(path.local.b[3]));
                                             }));
    Simulator::Schedule(Seconds(5), &IkeletNode::Sleep, p.ike[0]);
    Simulator::Schedule(Seconds(20), [&]() {
        move_to(p, "10.0.0.77");
        p.ike[0]->Wake();
    });
    p.Run(Seconds(30));
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 2);
    cr_assert_eq(sources.front(), "1");
    cr_assert_eq(sources.back(), "77");
}

/* Awake the node moves, behind UDP encapsulation: SAs stay, and the peer follows the first packet
 * from the new address (RFC 7296 2.23). */
Test(module, awake_it_moves_and_keeps_its_sas)
{
    Pair p;
    p.peer[0].local = "";
    p.peer[0].forceNatt = true;
    p.peer[1].remote = "";
    p.policy[0].local = p.policy[1].remote = "192.168.1.0/24";
    p.policy[0].remote = p.policy[1].local = "192.168.2.0/24";
    p.policy[0].mode = p.policy[1].mode = IK_TUNNEL;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    p.ike[0]->AddTunnel("192.168.1.1/24", {"192.168.2.0/24"});
    p.ike[1]->AddTunnel("192.168.2.1/24", {"192.168.1.0/24"});
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    const InetSocketAddress to(Ipv4Address("192.168.2.1"), 7);
    alice.Send(Seconds(5), to);
    alice.Send(Seconds(21), to);
    std::vector<std::string> sources;
    p.ike[0]->TraceConnectWithoutContext("Tx",
                                         Callback<void, Ptr<const Packet>, const struct ik_path &>(
                                             [&](Ptr<const Packet>, const struct ik_path &path) {
                                                 sources.push_back(std::to_string(path.local.b[3]));
                                             }));
    Simulator::Schedule(Seconds(20), [&]() { move_to(p, "10.0.0.77"); });
    p.Run(Seconds(30));
    cr_assert_eq(bob.got.size(), 2);
    cr_assert_eq(alice.got.size(), 2, "the echo goes to the new address");
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1, "no second handshake");
    cr_assert_eq(sources.front(), "1");
    cr_assert_eq(sources.back(), "77");
}

/* In transport mode the address is what the SA protects: it ends, the next packet makes another. */
Test(module, awake_it_moves_in_transport_mode)
{
    Pair p;
    p.peer[0].local = p.peer[1].remote = "";
    p.policy[1].remote = "10.0.0.0/24[udp]";
    p.policy[1].local = "10.0.0.2[udp]";
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    alice.Send(Seconds(5), p.At(1, 7));
    Simulator::Schedule(Seconds(20), [&]() { move_to(p, "10.0.0.77"); });
    alice.Send(Seconds(25), p.At(1, 7));
    alice.Send(Seconds(40), p.At(1, 7));
    p.Run(Seconds(60));
    cr_assert_eq(bob.got.size(), 2, "%zu: the one that found no SA is lost", bob.got.size());
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 2);
}

Test(module, tunnel_mtu_is_that_of_the_link_less_what_is_added)
{
    Pair p;
    p.helper[1].SetAttribute("TunnelMtu", UintegerValue(1400));
    p.InstallBoth();
    Ptr<NetDevice> one = p.ike[0]->AddTunnel("192.168.1.1/24", {"192.168.2.0/24"});
    Ptr<NetDevice> two = p.ike[1]->AddTunnel("192.168.2.1/24", {"192.168.1.0/24"});
    cr_assert_eq(one->GetMtu(), 1500 - 48 - IK_ESP_HEAD - IK_ESP_TAIL);
    cr_assert_eq(two->GetMtu(), 1400);
}

Test(module, tunnel_mtu_is_1280_at_least)
{
    Pair small;
    small.devices.Get(0)->SetMtu(1300);
    small.InstallBoth();
    cr_assert_eq(small.ike[0]->AddTunnel("192.168.1.1/24", {})->GetMtu(), 1280);
}

/* A path that is narrower than the links at its ends: its router says so, the core says inside what
 * fits, and packets inside are made to. */
static void follow_the_path(const std::string &words, uint16_t fits)
{
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    NodeContainer nodes(3);
    InternetStackHelper().Install(nodes);
    PointToPointHelper wire;
    wire.SetDeviceAttribute("DataRate", StringValue("1Mbps"));
    NetDeviceContainer left = wire.Install(nodes.Get(0), nodes.Get(1)),
                       right = wire.Install(nodes.Get(1), nodes.Get(2));
    for (uint32_t i : {0u, 1u})
        right.Get(i)->SetMtu(1420);
    Ipv6AddressHelper(Ipv6Address("fd00:a::"), Ipv6Prefix(64)).Assign(left);
    Ipv6AddressHelper(Ipv6Address("fd00:b::"), Ipv6Prefix(64)).Assign(right);
    for (uint32_t i = 0; i < 3; i++)
        nodes.Get(i)->GetObject<Ipv6>()->SetForwarding(1, true);
    nodes.Get(1)->GetObject<Ipv6>()->SetForwarding(2, true);
    auto address = [&](uint32_t i) {
        std::ostringstream text;
        nodes.Get(i)->GetObject<Ipv6>()->GetAddress(1, 1).GetAddress().Print(text);
        return text.str();
    };
    for (uint32_t i : {0u, 2u})
        Ipv6StaticRoutingHelper()
            .GetStaticRouting(nodes.Get(i)->GetObject<Ipv6>())
            ->SetDefaultRoute(
                nodes.Get(1)->GetObject<Ipv6>()->GetAddress(i / 2 + 1, 1).GetAddress(), 1);
    Ptr<IkeletNode> ike[2];
    Ptr<VirtualNetDevice> tunnel[2];
    const std::string inner[] = {"fd00:1::", "fd00:2::"};
    for (uint32_t i : {0u, 1u}) {
        IkeletHelper helper;
        helper.SetAttribute("Responder", BooleanValue(i == 1));
        helper.SetAttribute("AutoUp", BooleanValue(i == 0));
        helper.SetAttribute("Config",
                            StringValue("peer remote=" + address(2 - 2 * i) +
                                        " local-id=n remote-id=n psk=secret "
                                        "suites=aes128gcm16-prfsha256-x25519" +
                                        words + "; policy local=" + inner[i] +
                                        "/64 remote=" + inner[1 - i] + "/64 suites=aes128gcm16"));
        ApplicationContainer application = helper.Install(nodes.Get(2 * i));
        application.Start(Seconds(3));
        ike[i] = DynamicCast<IkeletNode>(application.Get(0));
        tunnel[i] = ike[i]->AddTunnel(inner[i] + "1/64", {inner[1 - i] + "/64"});
    }
    const uint16_t before = tunnel[0]->GetMtu();
    Talker alice(nodes.Get(0), 4000, true), bob(nodes.Get(2), 7, true);
    const Address to = Inet6SocketAddress(Ipv6Address("fd00:2::1"), 7);
    const uint32_t around = 40 + 8;
    for (int i = 0; i < 3; i++)
        alice.Send(Seconds(10 + i), to, fits + 1 - around);
    alice.Send(Seconds(13), to, fits - around);
    Simulator::Schedule(Seconds(20), [&]() {
        const struct ik_counters c = ike[0]->GetCounters();
        cr_assert_eq(c.count[IK_COUNT_TOO_BIG], 1);
        cr_assert_eq(c.drop[IK_DROP_PATH_MTU], 1);
        cr_assert_eq(bob.got.size(), 2, "%zu: two are too long", bob.got.size());
        cr_assert_eq(c.count[IK_COUNT_ESP_OUT], 4, "the third in two, the fourth whole");
        cr_assert_eq(tunnel[0]->GetMtu(), before, "other peers have other paths");
    });
    Simulator::Stop(Minutes(1));
    Simulator::Run();
    Simulator::Destroy();
}

Test(module, what_fits_into_a_narrow_path)
{
    follow_the_path("", 1420 - 40 - 8 - 8 - 16 - 2);
}

/* A port of UDP does not tell whose ESP it was: the SPI does. */
Test(module, what_fits_into_a_narrow_path_in_udp)
{
    follow_the_path(" force-natt=yes", 1420 - 40 - 8 - 8 - 8 - 16 - 2);
}

/* A text before what the helper adds: its policy still means its own peer. */
Test(module, text_comes_before_the_helper)
{
    IkeletConfig config;
    IkeletPeer peer;
    peer.remote = "10.0.0.9";
    IkeletPolicy policy;
    policy.local = policy.remote = "dynamic";
    policy.peer = config.AddPeer(peer);
    config.AddPolicy(policy);
    std::string error;
    cr_assert(config.Prepend("peer remote=10.0.0.1 psk=0x00ff; policy action=bypass local=10.0.0.1 "
                             "remote=10.0.0.2",
                             &error),
              "%s", error.c_str());
    cr_assert_eq(config.Peers().size(), 2);
    cr_assert_eq(config.Peers()[0].psk, std::string("\0\xff", 2));
    cr_assert_eq(config.Policies()[0].action, IK_BYPASS);
    cr_assert_eq(config.Policies()[1].peer, 1);
}

/* One end has what a device keeps of the key, and the other the key. */
Test(module, a_key_as_a_device_keeps_it)
{
    Pair p;
    const struct ik_span secret = {reinterpret_cast<const uint8_t *>(p.peer[1].psk.data()),
                                   static_cast<uint16_t>(p.peer[1].psk.size())};
    uint8_t pad[IK_HASH_MAX];
    ik_psk_pad(&ik_crypto_portable, &ik_prf_hmac_sha2_256, secret, pad);
    std::ostringstream text;
    text << "peer remote=10.0.0.2 local-id=alice remote-id=bob psk-prf=prfsha256 psk=0x";
    for (size_t i = 0; i < ik_prf_hmac_sha2_256.key_len; i++)
        text << std::hex << std::setw(2) << std::setfill('0') << int{pad[i]};
    text << " suites=aes128gcm16-prfsha256-x25519; policy mode=transport local=dynamic[udp]"
            " remote=dynamic[udp] suites=aes128-sha256";
    IkeletHelper helper;
    helper.SetAttribute("Config", StringValue(text.str()));
    helper.SetAttribute("AutoUp", BooleanValue(true));
    p.ike[0] = DynamicCast<IkeletNode>(helper.Install(p.nodes.Get(0)).Get(0));
    p.ike[0]->SetStartTime(Seconds(3));
    p.Install(1);
    p.Run(Seconds(10));
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1);
    std::string error;
    for (const char *wrong : {"peer psk-prf=sha256", "peer psk-prf=8", "peer psk-prf="}) {
        cr_assert_not(IkeletConfig().Parse(wrong, &error), "%s", wrong);
        cr_assert_neq(error.find("psk-prf"), std::string::npos, "%s", error.c_str());
    }
}

/* What the child has said to stderr before it aborted. */
static std::string last_words(void (*child)())
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        child();
        _exit(0);
    }
    close(ends[1]);
    std::string said;
    char octets[256];
    for (ssize_t n; (n = read(ends[0], octets, sizeof octets)) > 0;)
        said.append(octets, static_cast<size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(pid, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s", said.c_str());
    return said;
}

/* The length of a key has 16 bits: a longer one is refused, not cut. */
Test(module, a_key_that_is_too_long)
{
    std::string said = last_words([]() {
        Ptr<Node> node = CreateObject<Node>();
        Ptr<IkeletFirmwareNode> machine = CreateObject<IkeletFirmwareNode>();
        machine->SetAttribute("Psk", StringValue(std::string(65537, 'k')));
        node->AddApplication(machine);
        Simulator::Run();
    });
    cr_assert_neq(said.find("Psk must have 1 to 65535 octets"), std::string::npos, "%s",
                  said.c_str());
}

/* ---- SAs by hand, and SAs that are renewed -------------------------------------------------- */

/* One end by its text, the other by the helper; over a sleep the keys are the same. */
Test(module, sas_by_hand)
{
    Pair p;
    for (uint32_t i : {0u, 1u}) {
        IkeletManual manual;
        p.policy[i].local = "10.0.0." + std::to_string(i + 1) + "[udp]";
        p.policy[i].remote = "10.0.0." + std::to_string(2 - i) + "[udp]";
        p.policy[i].peer = IkeletPolicy::kNobody;
        p.policy[i].suites = manual.suite = "aes128-aesxcbc";
        manual.local = p.Outer(i);
        manual.remote = p.Outer(1 - i);
        manual.spiIn = 5000 + i;
        manual.spiOut = 5001 - i;
        manual.encrIn = std::string(16, static_cast<char>('a' + i));
        manual.encrOut = std::string(16, static_cast<char>('b' - i));
        manual.integIn = std::string(16, static_cast<char>('c' + i));
        manual.integOut = std::string(16, static_cast<char>('d' - i));
        if (i == 0)
            p.helper[0].AddManual(manual);
    }
    p.helper[1].SetAttribute(
        "Config",
        StringValue("policy mode=transport peer=none local=10.0.0.2[udp] remote=10.0.0.1[udp] "
                    "suites=aes128-aesxcbc\n"
                    "manual policy=0 local=10.0.0.2 remote=10.0.0.1 spi-in=5001 spi-out=5000 "
                    "suite=aes128-aesxcbc encr-in=bbbbbbbbbbbbbbbb encr-out=aaaaaaaaaaaaaaaa "
                    "integ-in=dddddddddddddddd integ-out=0x63636363636363636363636363636363"));
    p.InstallBoth();
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    alice.Send(Seconds(3), p.At(1, 7));
    alice.Send(Seconds(4), p.At(1, 7), 200);
    for (Ptr<IkeletNode> ike : p.ike) {
        Simulator::Schedule(Seconds(5), &IkeletNode::Cut, ike);
        Simulator::Schedule(Seconds(6), static_cast<void (IkeletNode::*)()>(&IkeletNode::Wake),
                            ike);
    }
    alice.Send(Seconds(7), p.At(1, 7));
    p.Run(Seconds(10));
    cr_assert_eq(alice.got.size(), 3, "%zu echoes", alice.got.size());
    for (uint32_t i : {0u, 1u}) {
        cr_assert_eq(p.Count(i, IK_COUNT_ESP_OUT), 3);
        cr_assert_eq(p.Count(i, IK_COUNT_IKE_SENT), 0);
    }
}

Test(module, words_about_sas_by_hand)
{
    const char *const wrong[] = {"manual spi-in=x",   "manual policy=0 encr-in=0x0",
                                 "manual colour=red", "peer rekey=99999999999",
                                 "policy life=-1",    "policy peer=nobody"};
    for (const char *text : wrong) {
        std::string error;
        cr_assert_not(IkeletConfig().Parse(text, &error), "%s", text);
        cr_assert_neq(error, "");
    }
    std::string error;
    cr_assert_not(IkeletConfig().Parse("manual integ-in=0xsecret", &error));
    cr_assert_eq(error.find("secret"), std::string::npos, "%s", error.c_str());
}

/* IKE and Child SA are rekeyed in time, and no packet of a stream is lost. */
Test(module, sas_are_rekeyed)
{
    Pair p;
    for (uint32_t i : {0u, 1u}) {
        p.peer[i].rekeyS = 100;
        p.peer[i].lifeS = 200;
        p.policy[i].rekeyS = 40;
        p.policy[i].lifeS = 80;
    }
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    for (int i = 0; i < 280; i++)
        alice.Send(Seconds(10 + i), p.At(1, 7));
    p.Run(Seconds(300));
    cr_assert_eq(alice.got.size(), 280, "%zu echoes", alice.got.size());
    cr_assert_geq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 6);
    cr_assert_geq(p.Count(0, IK_COUNT_IKE_SAS_UP), 3);
}

/* ---- traces ---------------------------------------------------------------------------------- */

static std::string whole(const std::string &name)
{
    std::ifstream file(name);
    std::ostringstream text;
    text << file.rdbuf();
    std::remove(name.c_str());
    return text.str();
}

static size_t times(const std::string &text, const std::string &word)
{
    size_t n = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        n++;
    return n;
}

Test(module, ascii_traces)
{
    std::ostringstream both;
    {
        Pair p;
        p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
        p.helper[1].EnableAscii("module-ascii");
        p.InstallBoth();
        ApplicationContainer applications(p.ike[0]);
        applications.Add(p.ike[1]);
        IkeletHelper::EnableAscii(Create<OutputStreamWrapper>(&both), applications);
        Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
        alice.Send(Seconds(5), p.At(1, 7));
        Simulator::Schedule(Seconds(6), &IkeletNode::Sleep, p.ike[0]);
        p.Run(Seconds(20));
    }
    const std::string text = both.str(), one = whole("module-ascii-1.tr");
    cr_assert_eq(times(text, "Tx IKE_SA_INIT request 0, "), 1, "%s", text.c_str());
    cr_assert_eq(times(text, "Rx IKE_AUTH response 1, "), 1);
    cr_assert_eq(times(text, "/NodeList/0/$ns3::IkeletNode/ChildUp policy 0\n"), 1);
    cr_assert_eq(times(text, "octets, 10.0.0.1:500 > 10.0.0.2:500\n"), 6,
                 "three requests, both ends");
    cr_assert_eq(times(text, "/NodeList/0/$ns3::IkeletNode/Power off\n"), 1);
    cr_assert_eq(times(one, "r 5"), 1, "ESP: %s", one.c_str());
    cr_assert_eq(times(one, "Rx ESP, "), 1);
    cr_assert_eq(times(one, "/NodeList/0/"), 0);
}

Test(module, netanim_shows_nodes)
{
    const std::string name = "module-animation.xml";
    {
        Pair p;
        p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
        p.helper[0].SetAttribute("CpuProfile", StringValue("msp430f1611"));
        p.InstallBoth();
        AnimationInterface animation(name);
        for (uint32_t i : {0u, 1u})
            animation.SetConstantPosition(p.nodes.Get(i), i, 0);
        IkeletAnimation<AnimationInterface> show(animation);
        show.Add(ApplicationContainer(p.ike[0]));
        Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
        alice.Send(Seconds(10), p.At(1, 7));
        p.Run(Seconds(20));
    }
    const std::string xml = whole(name);
    cr_assert_gt(times(xml, "descr=\"IKE SA, Child SA\""), 0, "%s", xml.substr(0, 2000).c_str());
    cr_assert_gt(times(xml, "r=\"179\" g=\"0\" b=\"0\""), 1, "computes Diffie-Hellman twice");
    cr_assert_gt(times(xml, "ESP sealed"), 0);
}
