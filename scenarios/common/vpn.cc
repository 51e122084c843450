/* SPDX-License-Identifier: MIT */
#include "vpn.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "ns3/boolean.h"
#include "ns3/bulk-send-helper.h"
#include "ns3/config.h"
#include "ns3/error-model.h"
#include "ns3/inet-socket-address.h"
#include "ns3/packet-sink-helper.h"
#include "ns3/packet-sink.h"
#include "ns3/pointer.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/udp-echo-helper.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "databases.h"
#include "field.h"
#include "ipsec.h"
#include "tally.h"
#include "wires.h"

namespace scenario
{

using namespace ns3;

namespace
{

constexpr uint16_t kTcpPort = 5001, kEchoPort = 7;
const Time kUpAt = Seconds(2), kEchoAt = Seconds(4), kTcpAt = Seconds(6),
           kEchoEvery = MilliSeconds(100);

struct Options {
    int64_t rateKbit = 10'000, delayUs = 20'000, lossPpm = 0;
    uint32_t seconds = 10;
    std::string mssText = "536,1220,1448";
    std::vector<uint32_t> mss;
    std::string suite = "aes128gcm16-prfsha256-x25519", ikeSuite, espSuite;
    bool reboot = false;
};
Options options;
Topology topology;

std::string ReadMss(const std::string &text)
{
    std::istringstream words(text);
    std::string word;
    options.mss.clear();
    while (std::getline(words, word, ',')) {
        int64_t n = 0;
        if (!ReadDecimal(word, 0, &n) || n < 88 || n > 9000)
            return "must be octets from 88 to 9000 with commas between";
        options.mss.push_back(static_cast<uint32_t>(n));
    }
    options.mssText = text;
    return options.mss.empty() || options.mss.size() > 20 ? "must be 1 to 20 numbers" : "";
}

void AddOptions(OptionTable *table)
{
    ReadMss(options.mssText);
    ReadSuite(options.suite, &options.ikeSuite, &options.espSuite);
    table->AddDecimal("rate", "MBIT", "megabit a second of the internet's links", 64, 10'000'000, 3,
                      &options.rateKbit);
    table->AddDecimal("delay", "MS", "one way over the internet", 0, 1'000'000, 3,
                      &options.delayUs);
    table->AddDecimal("loss", "PERCENT", "of packets on the internet", 0, 1'000'000, 4,
                      &options.lossPpm);
    table->AddCount("seconds", "that TCP sends", 1, 3600, &options.seconds);
    table->Add("mss", "LIST",
               "segment sizes of TCP, with commas between (default " + options.mssText + ")",
               ReadMss);
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them (default " + options.suite + ")",
               [](const std::string &text) {
                   options.suite = text;
                   return ReadSuite(text, &options.ikeSuite, &options.espSuite);
               });
    if (topology == Topology::Roadwarrior)
        table->AddFlag("nat-reboot", "the NAT forgets its mappings half-way", &options.reboot);
}

std::vector<std::string> Variants()
{
    if (topology == Topology::Hosts)
        return {"plain", "transport", "tunnel"};
    return {"plain", "tunnel"};
}

/* ---- one simulation ---------------------------------------------------------------------------
 */

struct Outcome {
    std::string variant;
    uint32_t mss = 0;
    double goodputMbit = 0;
    std::vector<double> echoMs;
    uint64_t echoes = 0, retransmits = 0, espPackets = 0;
    double longestGapMs = 0;
    uint32_t up = 0;
};

class World
{
  public:
    World(const std::string &variant, uint32_t mss, const std::string &dir)
        : m_variant(variant), m_dir(dir)
    {
        Config::SetDefault("ns3::TcpSocket::SegmentSize", UintegerValue(mss));
        m_out.variant = variant;
        m_out.mss = mss;
        if (!dir.empty() && variant != "plain")
            m_helper.EnableKeyLog(dir);
        switch (topology) {
        case Topology::Roadwarrior:
            BuildRoadwarrior();
            break;
        case Topology::Gateways:
            BuildGateways();
            break;
        case Topology::Hosts:
            BuildHosts();
            break;
        }
        m_wires.AssignStreams();
        BuildTraffic();
    }
    ~World()
    {
        m_echo = nullptr;
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    Outcome Run()
    {
        if (m_ike[0])
            Simulator::Schedule(kUpAt, [this]() { m_ike[0]->Up(); });
        const Time end = kTcpAt + Seconds(options.seconds);
        if (m_nat && options.reboot)
            Simulator::Schedule(kTcpAt + Seconds(options.seconds) / 2, &IkeletNat::Reboot, m_nat);
        Databases("before");
        Simulator::Stop(end);
        Simulator::Run();
        Databases("after");
        const double octets =
            static_cast<double>(DynamicCast<PacketSink>(m_sink.Get(0))->GetTotalRx());
        m_out.goodputMbit = 8 * octets / 1e6 / options.seconds;
        if (m_ike[0])
            m_out.espPackets = m_ike[0]->GetCounters().count[IK_COUNT_ESP_OUT];
        return m_out;
    }

    const Wires &GetWires() const
    {
        return m_wires;
    }

    bool Close()
    {
        bool good = !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
        if (m_dir.empty() || m_variant == "plain")
            return good;
        std::ofstream file(m_dir + "/databases.txt");
        file << m_databases;
        return good && file.good() && Field::WritePreferences(m_dir);
    }

    std::string GetDatabases() const
    {
        return m_databases;
    }

  private:
    bool Secure() const
    {
        return m_variant != "plain";
    }

    std::string Rate() const
    {
        return std::to_string(options.rateKbit) + "kbps";
    }

    NetDeviceContainer Lan(uint32_t a, uint32_t b, const std::string &net)
    {
        return m_wires.Link(a, b, net, "1Gbps", 100);
    }

    /* A link of the internet, half of its delay each; what comes to the second end may be lost. */
    NetDeviceContainer Wan(uint32_t a, uint32_t b, const std::string &net, bool lossy)
    {
        NetDeviceContainer devices = m_wires.Link(a, b, net, Rate(), options.delayUs / 2);
        if (lossy && options.lossPpm > 0) {
            for (uint32_t i : {0u, 1u}) {
                Ptr<RateErrorModel> loss = CreateObject<RateErrorModel>();
                loss->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
                loss->SetRate(static_cast<double>(options.lossPpm) / 1e6);
                m_wires.stream += loss->AssignStreams(m_wires.stream);
                devices.Get(i)->SetAttribute("ReceiveErrorModel", PointerValue(loss));
            }
        }
        return devices;
    }

    void BuildRoadwarrior()
    {
        uint32_t client = m_wires.Add("client"), nat = m_wires.Add("nat", false),
                 net = m_wires.Add("internet"), gateway = m_wires.Add("gateway"),
                 server = m_wires.Add("server");
        NetDeviceContainer home = Lan(client, nat, "192.168.1.0"),
                           access = Wan(nat, net, "203.0.113.0", true),
                           office = Wan(net, gateway, "198.51.100.0", false),
                           lan = Lan(gateway, server, "10.2.0.0");
        m_nat = CreateObject<IkeletNat>();
        m_nat->SetOutside(Ipv4Address("203.0.113.1"));
        m_nat->Attach(home.Get(1), access.Get(0));
        m_wires.Route(client, "0.0.0.0/0", home.Get(0));
        m_wires.Route(net, "10.2.0.0/16", office.Get(0));
        m_wires.Route(gateway, "0.0.0.0/0", office.Get(1));
        m_wires.Route(server, "0.0.0.0/0", lan.Get(1));
        m_wires.EnablePcap(m_dir, "access", access.Get(1));
        m_left = client;
        m_right = server;
        m_rightAddress = "10.2.0.2";
        if (!Secure())
            return;
        Install(0, client, "192.168.1.1", "198.51.100.2", "10.9.0.2", "10.2.0.0/16", IK_TUNNEL);
        Install(1, gateway, "198.51.100.2", "", "10.2.0.0/16", "10.9.0.0/16", IK_TUNNEL);
        m_ike[0]->AddTunnel("10.9.0.2/32", {"10.2.0.0/16"});
        m_ike[1]->AddTunnel("10.9.255.254/32", {"10.9.0.0/16"});
    }

    void BuildGateways()
    {
        uint32_t a = m_wires.Add("host-a"), ga = m_wires.Add("gateway-a"),
                 net = m_wires.Add("internet"), gb = m_wires.Add("gateway-b"),
                 b = m_wires.Add("host-b");
        NetDeviceContainer la = Lan(a, ga, "10.1.0.0"), wa = Wan(ga, net, "203.0.113.0", true),
                           wb = Wan(net, gb, "198.51.100.0", false), lb = Lan(gb, b, "10.2.0.0");
        m_wires.Route(a, "0.0.0.0/0", la.Get(0));
        m_wires.Route(b, "0.0.0.0/0", lb.Get(1));
        m_wires.Route(ga, "0.0.0.0/0", wa.Get(0));
        m_wires.Route(gb, "0.0.0.0/0", wb.Get(1));
        if (!Secure()) { /* nobody knows private networks on a real internet */
            m_wires.Route(net, "10.1.0.0/16", wa.Get(1));
            m_wires.Route(net, "10.2.0.0/16", wb.Get(0));
        }
        m_wires.EnablePcap(m_dir, "internet", wa.Get(1));
        m_left = a;
        m_right = b;
        m_rightAddress = "10.2.0.2";
        if (!Secure())
            return;
        Install(0, ga, "203.0.113.1", "198.51.100.2", "10.1.0.0/16", "10.2.0.0/16", IK_TUNNEL);
        Install(1, gb, "198.51.100.2", "203.0.113.1", "10.2.0.0/16", "10.1.0.0/16", IK_TUNNEL);
        m_ike[0]->AddTunnel("10.1.255.254/32", {"10.2.0.0/16"});
        m_ike[1]->AddTunnel("10.2.255.254/32", {"10.1.0.0/16"});
    }

    void BuildHosts()
    {
        uint32_t a = m_wires.Add("host-a"), net = m_wires.Add("internet"),
                 b = m_wires.Add("host-b");
        NetDeviceContainer wa = Wan(a, net, "203.0.113.0", true),
                           wb = Wan(net, b, "198.51.100.0", false);
        m_wires.Route(a, "0.0.0.0/0", wa.Get(0));
        m_wires.Route(b, "0.0.0.0/0", wb.Get(1));
        m_wires.EnablePcap(m_dir, "internet", wa.Get(1));
        const bool tunnel = m_variant == "tunnel";
        const std::string inA = tunnel ? "10.3.0.1" : "203.0.113.1",
                          inB = tunnel ? "10.4.0.1" : "198.51.100.2";
        m_left = a;
        m_right = b;
        m_rightAddress = inB;
        if (!Secure())
            return;
        Install(0, a, "203.0.113.1", "198.51.100.2", inA, inB, tunnel ? IK_TUNNEL : IK_TRANSPORT);
        Install(1, b, "198.51.100.2", "203.0.113.1", inB, inA, tunnel ? IK_TUNNEL : IK_TRANSPORT);
        if (!tunnel)
            return;
        m_ike[0]->AddTunnel("10.3.0.1/32", {"10.4.0.0/16"});
        m_ike[1]->AddTunnel("10.4.0.1/32", {"10.3.0.0/16"});
    }

    void Install(size_t end, uint32_t node, const std::string &local, const std::string &remote,
                 const std::string &tsLocal, const std::string &tsRemote, enum ik_mode mode)
    {
        IkeletPeer peer;
        peer.local = local;
        peer.remote = remote;
        peer.localId = end == 0 ? "left.example" : "right.example";
        peer.remoteId = end == 0 ? "right.example" : "left.example";
        peer.psk = "what both ends know";
        peer.suites = options.ikeSuite;
        IkeletPolicy policy;
        policy.local = tsLocal;
        policy.remote = tsRemote;
        policy.mode = mode;
        policy.suites = options.espSuite;
        IkeletHelper helper = m_helper;
        helper.SetAttribute("Responder", BooleanValue(end == 1));
        Prefer(&helper, "Queue", UintegerValue(1000));
        helper.AddPeer(peer);
        helper.AddPolicy(policy);
        m_ike[end] = DynamicCast<IkeletNode>(helper.Install(m_wires.Get(node)).Get(0));
        m_ike[end]->SetStartTime(Seconds(1));
        m_wires.stream += m_ike[end]->AssignStreams(m_wires.stream);
        m_ike[end]->TraceConnectWithoutContext(
            "ChildUp", Callback<void, uint16_t>([this](uint16_t) { m_out.up++; }));
    }

    void BuildTraffic()
    {
        Ipv4Address to(m_rightAddress.c_str());
        BulkSendHelper bulk("ns3::TcpSocketFactory", InetSocketAddress(to, kTcpPort));
        bulk.SetAttribute("SendSize", UintegerValue(m_out.mss));
        ApplicationContainer sender = bulk.Install(m_wires.Get(m_left));
        sender.Start(kTcpAt);
        PacketSinkHelper sink("ns3::TcpSocketFactory",
                              InetSocketAddress(Ipv4Address::GetAny(), kTcpPort));
        m_sink = sink.Install(m_wires.Get(m_right));
        UdpEchoServerHelper(kEchoPort).Install(m_wires.Get(m_right)).Start(Seconds(1));
        m_echo = Socket::CreateSocket(m_wires.Get(m_left), UdpSocketFactory::GetTypeId());
        m_echo->SetRecvCallback(MakeCallback(&World::OnEcho, this));
        Simulator::Schedule(kEchoAt, [this, to]() {
            m_echo->Connect(InetSocketAddress(to, kEchoPort));
            m_lastEcho = Simulator::Now();
            Echo();
        });
    }

    void Echo()
    {
        uint64_t now = static_cast<uint64_t>(Simulator::Now().GetNanoSeconds());
        uint8_t data[8];
        for (int i = 0; i < 8; i++)
            data[i] = static_cast<uint8_t>(now >> (56 - 8 * i));
        m_out.echoes++;
        m_echo->Send(Create<Packet>(data, 8u));
        Simulator::Schedule(kEchoEvery, &World::Echo, this);
    }

    void OnEcho(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv()) {
            uint8_t data[8] = {};
            packet->CopyData(data, 8);
            uint64_t sent = 0;
            for (uint8_t octet : data)
                sent = sent << 8 | octet;
            m_out.echoMs.push_back(
                static_cast<double>(static_cast<uint64_t>(Simulator::Now().GetNanoSeconds()) -
                                    sent) /
                1e6);
            m_out.longestGapMs =
                std::max(m_out.longestGapMs, 1e3 * (Simulator::Now() - m_lastEcho).GetSeconds());
            m_lastEcho = Simulator::Now();
        }
    }

    void Databases(const char *when)
    {
        for (size_t end : {size_t{0}, size_t{1}}) {
            if (m_ike[end])
                m_databases += std::string(when) + ", " + (end == 0 ? "initiator" : "responder") +
                               "\n" + PrintDatabases(*m_ike[end]) + "\n";
        }
    }

    std::string m_variant, m_dir, m_databases;
    Outcome m_out;
    Wires m_wires;
    IkeletHelper m_helper;
    Ptr<IkeletNode> m_ike[2];
    Ptr<IkeletNat> m_nat;
    uint32_t m_left = 0, m_right = 0;
    std::string m_rightAddress;
    ApplicationContainer m_sink;
    Ptr<Socket> m_echo;
    Time m_lastEcho;
};

/* ---- figures ----------------------------------------------------------------------------------
 */

std::map<std::string, std::map<uint32_t, std::vector<Outcome>>> outcomes;
std::string databases;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Csv &rows = report->Table("flows", {"run", "variant", "mss_octets", "goodput_mbit_per_s",
                                        "echo_ms_median", "echoes", "echoes_answered",
                                        "longest_gap_ms", "esp_packets"});
    bool good = true;
    for (const std::string &variant : Variants()) {
        for (uint32_t mss : options.mss) {
            bool last = variant == Variants().back() && mss == options.mss.back();
            Tally tally(report, run, variant + " " + std::to_string(mss));
            World world(variant, mss, last ? dir : "");
            tally.Follow(world.GetWires());
            Outcome o = world.Run();
            tally.Write();
            good = world.Close() && good;
            if (last && run == 1)
                databases = world.GetDatabases();
            rows.Row({std::to_string(run), variant, std::to_string(mss), Cell(o.goodputMbit, 6),
                      o.echoMs.empty() ? "" : Cell(Ordered(o.echoMs).median),
                      std::to_string(o.echoes), std::to_string(o.echoMs.size()),
                      Cell(o.longestGapMs), std::to_string(o.espPackets)});
            report->OfRun(run, "goodput_mbit_per_s_" + variant + "_" + std::to_string(mss),
                          o.goodputMbit);
            outcomes[variant][mss].push_back(o);
        }
    }
    return good;
}

void SetOptions(json_t *j)
{
    json_object_set_new(j, "rate_mbit_per_s", Real(static_cast<double>(options.rateKbit) / 1e3, 3));
    json_object_set_new(j, "delay_ms", Real(static_cast<double>(options.delayUs) / 1e3, 3));
    json_object_set_new(j, "loss_ppm", Number(static_cast<uint64_t>(options.lossPpm)));
    json_object_set_new(j, "tcp_s", Number(options.seconds));
    json_object_set_new(j, "mss_octets", json_string(options.mssText.c_str()));
    json_object_set_new(j, "nat_reboot", json_boolean(options.reboot));
    json_object_set_new(j, "ike_suite", json_string(options.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", json_string(options.espSuite.c_str()));
}

void Finish(Report *report)
{
    json_t *flows = json_array();
    std::vector<Series> series;
    std::vector<std::vector<std::string>> rows;
    char line[200];
    report->table +=
        "\n  variant       MSS   goodput, Mbit/s   of plain   echo, ms   longest gap, ms\n";
    for (const std::string &variant : Variants()) {
        Series goodput;
        goodput.name = variant;
        goodput.dots = true;
        for (const auto &[mss, all] : outcomes[variant]) {
            std::vector<double> mbit, echo, plain;
            uint64_t echoes = 0, answered = 0;
            double gap = 0;
            for (const Outcome &o : all) {
                mbit.push_back(o.goodputMbit);
                echo.insert(echo.end(), o.echoMs.begin(), o.echoMs.end());
                echoes += o.echoes;
                answered += o.echoMs.size();
                gap = std::max(gap, o.longestGapMs);
            }
            for (const Outcome &o : outcomes["plain"][mss])
                plain.push_back(o.goodputMbit);
            const double base = MeanOf(plain).mean;
            const double share = base > 0 ? MeanOf(mbit).mean / base : NAN;
            json_t *j = json_object();
            json_object_set_new(j, "variant", json_string(variant.c_str()));
            json_object_set_new(j, "mss_octets", Number(mss));
            json_object_set_new(j, "goodput_mbit_per_s", MeanObject(mbit));
            json_object_set_new(j, "goodput_of_plain", Real(share));
            json_object_set_new(j, "echo_ms", OrderObject(echo));
            json_object_set_new(j, "echoes_answered", ProportionObject(answered, echoes));
            json_object_set_new(j, "longest_gap_ms", Real(gap, 3));
            json_object_set_new(j, "esp_packets", Number(all.front().espPackets));
            json_array_append_new(flows, j);
            goodput.x.push_back(mss);
            goodput.y.push_back(MeanOf(mbit).mean);
            const std::string median = echo.empty() ? "-" : Brief(Ordered(echo).median);
            rows.push_back({variant + ", MSS " + std::to_string(mss), Brief(MeanOf(mbit).mean),
                            std::isnan(share) ? "-" : Brief(100 * share), median, Brief(gap)});
            snprintf(line, sizeof line, "  %-10s%7u%18s%11s%11s%18s\n", variant.c_str(), mss,
                     Brief(MeanOf(mbit).mean).c_str(),
                     (std::isnan(share) ? std::string("-") : Brief(share)).c_str(), median.c_str(),
                     Brief(gap).c_str());
            report->table += line;
        }
        series.push_back(goodput);
    }
    report->table += "\n" + databases;
    SetOptions(report->Options());
    json_object_set_new(report->Figures(), "flows", flows);
    report->Page().Paragraph(options.ikeSuite + ", ESP " + options.espSuite + "; internet of " +
                             Brief(static_cast<double>(options.rateKbit) / 1e3) + " Mbit/s, " +
                             Brief(static_cast<double>(options.delayUs) / 1e3) + " ms one way");
    Axes axes;
    axes.title = "TCP goodput against segment size";
    axes.x = "segment size, octets";
    axes.y = "goodput, Mbit/s";
    report->Page().Svg(LineChart(axes, series));
    report->Page().Table(
        {"", "goodput, Mbit/s", "of plain, %", "UDP echo, ms", "longest gap of echoes, ms"}, rows);
    report->Page().Heading("Databases");
    report->Page().Preformatted(databases);
}

} // namespace

int RunVpn(Topology which, const std::string &name, const std::string &question,
           const std::string &intro, int argc, char **argv)
{
    topology = which;
    Program program;
    program.name = name;
    program.question = question;
    program.intro = intro;
    program.outro = ", databases.txt, a pcap file and key log of the last flow.";
    program.files = {"flows.csv",   "handshakes.csv",         "nodes.csv", "databases.txt",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = AddOptions;
    program.run = Run;
    program.finish = [name](Report *report) {
        report->table = name + ": " + options.ikeSuite + ", ESP " + options.espSuite + "\n";
        Finish(report);
    };
    return RunProgram(program, argc, argv);
}

} // namespace scenario
