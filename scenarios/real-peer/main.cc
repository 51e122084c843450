/* SPDX-License-Identifier: MIT */
/* real-peer: a simulated station behind a simulated lossy radio, and a real IKEv2 daemon, in real
 * time. See --help. */
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ns3/boolean.h"
#include "ns3/fd-net-device.h"
#include "ns3/global-value.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-static-routing-helper.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/string.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "field.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"

namespace realpeer
{

using namespace ns3;
using namespace scenario;

namespace
{

/* Not in fd00::/8: ns-3 3.37 takes every address that has the bits of a 6LoWPAN context's prefix
 * for one with that prefix, and restores fd00:5::2 as fd00::2. */
const char *const kRouter = "fc00:5::1", *const kPeer = "fc00:5::2", *const kInner = "fd00:1::101",
                  *const kEcho = "fd00:2::1";
constexpr uint16_t kEchoPort = 7;

struct Options {
    std::string netns, tap = "radio0", psk = "a pre-shared key of the tests",
                       id = "client.example.org", peerId = "gw.example.org";
    uint32_t handshakes = 5;
    AirOptions air;
    PowerOptions power;
    std::string suite = "aes128gcm16-prfsha256-x25519", ikeSuite, espSuite;
};
Options options;

void AddOptions(OptionTable *table)
{
    table->AddText(
        "netns", "NAME",
        "network namespace of the daemon: the tap device is made there (default: this one)",
        &options.netns);
    table->AddText("tap", "NAME", "of that device (default radio0)", &options.tap);
    table->AddText("psk", "TEXT", "pre-shared key (default that of the tests)", &options.psk);
    table->AddText("id", "NAME", "identity of the station (default client.example.org)",
                   &options.id);
    table->AddText("peer-id", "NAME", "identity of the daemon (default gw.example.org)",
                   &options.peerId);
    table->AddCount("handshakes", "one after the other, each with an echo through ESP", 1, 10000,
                    &options.handshakes);
    AddAirOptions(table, &options.air);
    AddCpuOptions(table, &options.power, "station");
    ReadSuite(options.suite, &options.ikeSuite, &options.espSuite);
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them (default " + options.suite + ")",
               [](const std::string &text) {
                   options.suite = text;
                   return ReadSuite(text, &options.ikeSuite, &options.espSuite);
               });
}

/* A tap device in the daemon's namespace; -1 if it can't be made (errno tells). */
int OpenTap()
{
    const int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (!options.netns.empty()) {
        const int there = open(("/run/netns/" + options.netns).c_str(), O_RDONLY | O_CLOEXEC);
        const bool entered = there >= 0 && setns(there, CLONE_NEWNET) == 0;
        if (there >= 0)
            close(there);
        if (!entered)
            return -1;
    }
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    struct ifreq request = {};
    request.ifr_flags = IFF_TAP | IFF_NO_PI;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", options.tap.c_str());
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &request) != 0) {
        close(fd);
        fd = -1;
    }
    const int error = errno;
    if (home >= 0 && setns(home, CLONE_NEWNET) != 0)
        fd = -1;
    close(home);
    errno = error;
    return fd;
}

struct Try {
    bool ok = false, echoed = false;
    double ms = NAN, echoMs = NAN;
    uint32_t retransmissions = 0;
};

class World
{
  public:
    World(int tap, const std::string &dir) : m_field(options.air, 1, dir, "station", true)
    {
        BuildRouter(tap);
        BuildStation(dir);
        m_echo = Socket::CreateSocket(Station(), UdpSocketFactory::GetTypeId());
        m_echo->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), 4000));
        m_echo->SetRecvCallback(MakeCallback(&World::OnEcho, this));
        Simulator::Schedule(Seconds(2), &World::Begin, this);
    }
    ~World()
    {
        m_echo = nullptr;
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    bool Run()
    {
        Simulator::Run();
        return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
    }

    const Field &GetField() const
    {
        return m_field;
    }

    std::vector<Try> tries;

  private:
    Ptr<Node> Station() const
    {
        return m_field.GetNode(m_field.NodeOfStation(1));
    }

    void BuildRouter(int tap)
    {
        Ptr<Node> router = m_field.GetNode(0);
        Ptr<FdNetDevice> device = CreateObject<FdNetDevice>();
        device->SetAddress(Mac48Address("02:00:00:00:00:01"));
        device->SetFileDescriptor(tap);
        router->AddDevice(device);
        Ptr<Ipv6L3Protocol> ipv6 = router->GetObject<Ipv6L3Protocol>();
        uint32_t at = ipv6->AddInterface(device);
        ipv6->AddAddress(at, Ipv6InterfaceAddress(Ipv6Address(kRouter), Ipv6Prefix(64)));
        ipv6->SetForwarding(at, true);
        ipv6->SetUp(at);
        Ptr<Ipv6> station = Station()->GetObject<Ipv6>();
        Ipv6StaticRoutingHelper().GetStaticRouting(station)->AddNetworkRouteTo(
            Ipv6Address("fc00:5::"), Ipv6Prefix(64), m_field.AddressOf(0), 1);
    }

    void BuildStation(const std::string &dir)
    {
        IkeletPeer peer;
        peer.local = m_field.AddressText(m_field.NodeOfStation(1));
        peer.remote = kPeer;
        peer.localId = options.id;
        peer.remoteId = options.peerId;
        peer.psk = options.psk;
        peer.suites = options.ikeSuite;
        peer.forceNatt = true; /* a daemon in user space takes ESP in UDP only */
        IkeletPolicy policy;
        policy.local = std::string(kInner) + "/128";
        policy.remote = std::string(kEcho) + "/128";
        policy.mode = IK_TUNNEL;
        policy.suites = options.espSuite;
        m_helper.SetAttribute("AutoWake", BooleanValue(false));
        m_helper.SetAttribute("CpuProfile", StringValue(options.power.cpu));
        Prefer(&m_helper, "RetransmitTries", UintegerValue(8));
        m_helper.AddPeer(peer);
        m_helper.AddPolicy(policy);
        if (!dir.empty())
            m_helper.EnableKeyLog(dir);
        m_ike = DynamicCast<IkeletNode>(m_helper.Install(Station()).Get(0));
        m_ike->SetStartTime(Seconds(1));
        m_field.stream += m_ike->AssignStreams(m_field.stream);
        m_ike->AddTunnel(std::string(kInner) + "/128", {std::string(kEcho) + "/128"});
        m_ike->TraceConnectWithoutContext("ChildUp", MakeCallback(&World::OnUp, this));
        m_ike->TraceConnectWithoutContext("Failed", MakeCallback(&World::OnFailed, this));
        m_ike->TraceConnectWithoutContext("Power", MakeCallback(&World::OnPower, this));
        m_ike->TraceConnectWithoutContext("Tx", MakeCallback(&World::OnTx, this));
    }

    void Begin()
    {
        tries.emplace_back();
        m_since = Simulator::Now();
        m_last = UINT32_MAX;
        m_ike->Wake();
        m_ike->Up();
    }

    void OnTx(Ptr<const Packet> datagram, const struct ik_path &path)
    {
        IkeMessage message;
        if (tries.empty() || !ReadIkeMessage(datagram, path, &message) || message.response)
            return;
        const uint32_t key = message.exchange << 16 | message.msgid;
        tries.back().retransmissions += key == m_last;
        m_last = key;
    }

    void OnUp(uint16_t)
    {
        tries.back().ok = true;
        tries.back().ms = 1e3 * (Simulator::Now() - m_since).GetSeconds();
        Echo(0);
    }

    /* Three times, then the SA is deleted. */
    void Echo(uint32_t n)
    {
        if (n == 3 || tries.back().echoed) {
            m_ike->Sleep();
            return;
        }
        m_since = Simulator::Now();
        m_echo->SendTo(Create<Packet>(32), 0, Inet6SocketAddress(Ipv6Address(kEcho), kEchoPort));
        Simulator::Schedule(Seconds(1), &World::Echo, this, n + 1);
    }

    void OnEcho(Ptr<Socket> socket)
    {
        while (socket->Recv()) {
            if (!tries.back().echoed)
                tries.back().echoMs = 1e3 * (Simulator::Now() - m_since).GetSeconds();
            tries.back().echoed = true;
        }
    }

    void OnFailed(uint8_t, uint8_t, uint16_t, uint16_t)
    {
        Simulator::ScheduleNow(&IkeletNode::Cut, m_ike);
    }

    void OnPower(bool on)
    {
        if (on)
            return;
        if (tries.size() < options.handshakes)
            Simulator::Schedule(MilliSeconds(300), &World::Begin, this);
        else
            Simulator::Stop(MilliSeconds(300));
    }

    Field m_field;
    IkeletHelper m_helper;
    Ptr<IkeletNode> m_ike;
    Ptr<Socket> m_echo;
    Time m_since;
    uint32_t m_last = UINT32_MAX;
};

std::vector<Try> all;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    const int tap = OpenTap();
    if (tap < 0) {
        std::fprintf(stderr, "real-peer: no tap device %s%s%s: %s\n", options.tap.c_str(),
                     options.netns.empty() ? "" : " in namespace ", options.netns.c_str(),
                     std::strerror(errno));
        std::exit(1);
    }
    Tally tally(report, run);
    World world(tap, dir);
    tally.Follow(world.GetField());
    bool good = world.Run() && (dir.empty() || Field::WritePreferences(dir));
    Csv &rows = report->Table(
        "handshakes", {"run", "number", "ok", "handshake_ms", "ike_retransmissions", "echo_ms"});
    tally.Write(&world.GetField(), {}, {}, false);
    uint64_t number = 0, ok = 0;
    for (const Try &t : world.tries) {
        ok += t.ok;
        rows.Row({std::to_string(run), std::to_string(++number), std::to_string(t.ok), Cell(t.ms),
                  std::to_string(t.retransmissions), Cell(t.echoMs)});
        all.push_back(t);
    }
    report->OfRun(run, "ok_rate", static_cast<double>(ok) / static_cast<double>(number));
    return good;
}

void Finish(Report *report)
{
    std::vector<double> ms, echo;
    uint64_t ok = 0, retransmissions = 0;
    for (const Try &t : all) {
        ok += t.ok;
        retransmissions += t.retransmissions;
        if (t.ok)
            ms.push_back(t.ms);
        if (t.echoed)
            echo.push_back(t.echoMs);
    }
    json_object_set_new(report->Options(), "handshakes", Number(options.handshakes));
    json_object_set_new(report->Options(), "ike_suite", json_string(options.ikeSuite.c_str()));
    json_object_set_new(report->Options(), "esp_suite", json_string(options.espSuite.c_str()));
    json_t *j = report->Figures();
    json_object_set_new(j, "air", AirObject(options.air));
    json_object_set_new(j, "power", PowerObject(options.power));
    json_object_set_new(j, "handshakes_ok", ProportionObject(ok, all.size()));
    json_object_set_new(j, "handshake_ms", OrderObject(ms));
    json_object_set_new(j, "echoes_ok", ProportionObject(echo.size(), ok));
    json_object_set_new(j, "echo_ms", OrderObject(echo));
    json_object_set_new(j, "ike_retransmissions", Number(retransmissions));
    Axes axes;
    axes.title = "Handshakes with the real daemon, and echoes through ESP";
    axes.x = "time, ms";
    axes.y = "fraction";
    axes.yMax = 1;
    report->Page().Svg(
        LineChart(axes, {Distribution("handshake", ms), Distribution("echo", echo)}));
    char line[200];
    snprintf(line, sizeof line,
             "real-peer: %llu of %zu handshakes with the real daemon, median %s ms; %zu echoes "
             "through ESP, median %s ms\n",
             static_cast<unsigned long long>(ok), all.size(),
             ms.empty() ? "-" : Brief(Ordered(ms).median).c_str(), echo.size(),
             echo.empty() ? "-" : Brief(Ordered(echo).median).c_str());
    report->table = line;
}

} // namespace

} // namespace realpeer

int main(int argc, char **argv)
{
    ns3::GlobalValue::Bind("SimulatorImplementationType",
                           ns3::StringValue("ns3::RealtimeSimulatorImpl"));
    scenario::Program program;
    program.name = "real-peer";
    program.question = "what does a real daemon make of a station behind a lossy radio?";
    program.intro = "A simulated station on IEEE 802.15.4 with 6LoWPAN and its border router, in "
                    "real time, behind a tap\n"
                    "device at whose other end stands a real IKEv2 daemon (fc00:5::2; "
                    "scenarios/real-peer/run.py starts\n"
                    "strongSwan there). Needs root.\n";
    program.outro = ", pcap files and key log.";
    program.files = {"handshakes.csv", "nodes.csv", "preferences", "ikev2_decryption_table",
                     "esp_sa"};
    program.options = realpeer::AddOptions;
    program.run = realpeer::Run;
    program.finish = realpeer::Finish;
    return scenario::RunProgram(program, argc, argv);
}
