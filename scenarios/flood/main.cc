/* SPDX-License-Identifier: MIT */
/* flood: forged IKE_SA_INIT requests against a gateway, with cookies and without. See --help. */
#include <cmath>
#include <cstdio>
#include <memory>

#include "ns3/boolean.h"
#include "ns3/ipv4.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/udp-l4-protocol.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "field.h"
#include "host.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"
#include "settings.h"
#include "wires.h"

namespace flood
{

using namespace ns3;
using namespace scenario;

namespace
{

const char *const kGateway = "10.0.0.1";
constexpr int64_t kBeginUs = 5'000'000;

struct Options {
    std::string cookies = "both";
    uint32_t clients = 3, rate = 200, pool = 64, seconds = 60;
    std::string cpu = "ideal";
    std::string suite = "aes128gcm16-prfsha256-x25519", ikeSuite, espSuite;
};
Options options;

void AddOptions(OptionTable *table)
{
    table->AddChoice(
        "cookies", "the gateway asks for cookies when a quarter of its pool is half open, or never",
        {"both", "on", "off"}, &options.cookies);
    table->AddCount("rate", "forged requests a second, each from another address", 0, 100000,
                    &options.rate);
    table->AddCount("seconds", "that the flood lasts", 1, 86400, &options.seconds);
    table->AddCount("clients", "honest clients, each with a handshake every two seconds", 1, 50,
                    &options.clients);
    table->AddCount("pool", "IKE SAs that the gateway has room for", 2, 10000, &options.pool);
    table->Add("gateway-cpu", "PROFILE",
               "what computing costs the gateway: ideal, a part, or a CSV file (default ideal)",
               [](const std::string &text) -> std::string {
                   std::string why;
                   options.cpu = text;
                   return IkeletCpu().Load(text, &why)
                              ? ""
                              : "ideal, a part or a CSV file (" + why + ")";
               });
    ReadSuite(options.suite, &options.ikeSuite, &options.espSuite);
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them (default " + options.suite + ")",
               [](const std::string &text) {
                   options.suite = text;
                   return ReadSuite(text, &options.ikeSuite, &options.espSuite);
               });
}

struct Outcome {
    std::string cookies;
    uint64_t begun = 0, ok = 0, forged = 0, octetsIn = 0, octetsOut = 0;
    std::vector<double> ms;
    uint32_t halfOpenMost = 0;
    double gatewayCpuMs = 0;
    uint64_t x25519 = 0;
    std::vector<std::pair<std::string, uint64_t>> drops;
};

class World
{
  public:
    World(bool cookies, const std::string &dir) : m_cookies(cookies)
    {
        m_out.cookies = cookies ? "on" : "off";
        uint32_t gateway = m_wires.Add("gateway"), router = m_wires.Add("router"),
                 attacker = m_wires.Add("attacker");
        NetDeviceContainer up = m_wires.Link(gateway, router, "10.0.0.0", "100Mbps", 1'000);
        NetDeviceContainer bad = m_wires.Link(attacker, router, "10.0.1.0", "100Mbps", 5'000);
        m_wires.Get(router)->GetObject<Ipv4>()->SetAttribute("IpForward", BooleanValue(true));
        m_wires.Route(gateway, "0.0.0.0/0", up.Get(0));
        m_wires.Route(attacker, "0.0.0.0/0", bad.Get(0));
        m_wires.EnablePcap(dir, "gateway", up.Get(0));
        if (!dir.empty())
            m_helper.EnableKeyLog(dir);
        for (uint32_t i = 0; i < options.clients; i++) {
            uint32_t client = m_wires.Add("client-" + std::to_string(i + 1));
            NetDeviceContainer wire = m_wires.Link(client, router, Net(i), "10Mbps", 10'000);
            m_wires.Route(client, "0.0.0.0/0", wire.Get(0));
            m_clients.push_back(client);
        }
        m_attacker = m_wires.Get(attacker);
        m_wires.AssignStreams();
        m_random->SetStream(m_wires.stream++);
        InstallGateway(gateway);
        for (uint32_t i = 0; i < options.clients; i++)
            InstallClient(i);
    }
    ~World()
    {
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    Outcome Run()
    {
        for (uint32_t i = 0; i < options.clients; i++)
            Simulator::Schedule(MicroSeconds(uint64_t{kBeginUs} - 3'000'000 + 100'000 * i),
                                &World::Begin, this, i);
        if (options.rate > 0)
            Simulator::Schedule(MicroSeconds(uint64_t{kBeginUs}), &World::Forge, this);
        Simulator::Schedule(MicroSeconds(uint64_t{kBeginUs}), &World::Sample, this);
        Simulator::Stop(MicroSeconds(uint64_t{kBeginUs}) + Seconds(options.seconds));
        Simulator::Run();
        m_out.gatewayCpuMs = 1e3 * m_gateway->GetCpuTime().GetSeconds();
        m_out.x25519 = m_gateway->GetMeter().n[IK_COST_X25519];
        struct ik_counters counters = m_gateway->GetCounters();
        for (unsigned i = 0; i < IK_DROP_N; i++) {
            if (counters.drop[i])
                m_out.drops.emplace_back(host_drop_name(i), counters.drop[i]);
        }
        return m_out;
    }

    const Wires &GetWires() const
    {
        return m_wires;
    }

    bool Close()
    {
        return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
    }

  private:
    static std::string Net(uint32_t i)
    {
        return "10.1." + std::to_string(i) + ".0";
    }
    static std::string Address(uint32_t i)
    {
        return "10.1." + std::to_string(i) + ".1";
    }

    IkeletPeer PeerOf(uint32_t i, bool atGateway) const
    {
        IkeletPeer peer;
        peer.local = atGateway ? kGateway : Address(i);
        peer.remote = atGateway ? "" : kGateway;
        peer.localId = atGateway ? "gateway" : "client-" + std::to_string(i + 1);
        peer.remoteId = atGateway ? "client-" + std::to_string(i + 1) : "gateway";
        peer.psk = "the key of client " + std::to_string(i + 1);
        peer.suites = options.ikeSuite;
        return peer;
    }

    IkeletPolicy PolicyOf(uint32_t i, bool atGateway) const
    {
        IkeletPolicy policy;
        policy.local = std::string(atGateway ? kGateway : Address(i)) + "[udp]";
        policy.remote = std::string(atGateway ? Address(i) : kGateway) + "[udp]";
        policy.mode = IK_TRANSPORT;
        policy.suites = options.espSuite;
        return policy;
    }

    void InstallGateway(uint32_t node)
    {
        IkeletHelper helper = m_helper;
        helper.SetAttribute("Responder", BooleanValue(true));
        helper.SetAttribute("IkeSas", UintegerValue(options.pool));
        helper.SetAttribute("ChildSas", UintegerValue(options.pool));
        Prefer(&helper, "Queue", UintegerValue(1000));
        helper.SetAttribute("CpuProfile", StringValue(options.cpu));
        helper.SetAttribute("CookieAbove", UintegerValue(m_cookies ? options.pool / 4 : 65535));
        for (uint32_t i = 0; i < options.clients; i++) {
            IkeletPolicy policy = PolicyOf(i, true);
            policy.peer = helper.AddPeer(PeerOf(i, true));
            helper.AddPolicy(policy);
        }
        m_gateway = Keep(helper, node);
        m_gateway->TraceConnectWithoutContext("Tx", MakeCallback(&World::OnGatewayTx, this));
        m_gateway->TraceConnectWithoutContext("Rx", MakeCallback(&World::OnGatewayRx, this));
    }

    void InstallClient(uint32_t i)
    {
        IkeletHelper helper = m_helper;
        helper.SetAttribute("AutoWake", BooleanValue(false));
        Prefer(&helper, "RetransmitTries", UintegerValue(3));
        helper.AddPeer(PeerOf(i, false));
        helper.AddPolicy(PolicyOf(i, false));
        m_ike.push_back(Keep(helper, m_clients[i]));
        m_ike[i]->TraceConnectWithoutContext(
            "ChildUp", Callback<void, uint16_t>([this, i](uint16_t) { End(i, true); }));
        m_ike[i]->TraceConnectWithoutContext(
            "Failed", Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>(
                          [this, i](uint8_t, uint8_t, uint16_t, uint16_t) { End(i, false); }));
        if (i == 0)
            m_ike[0]->TraceConnectWithoutContext("Tx", MakeCallback(&World::OnClientTx, this));
        m_since.push_back(Time(0));
        m_open.push_back(false);
    }

    Ptr<IkeletNode> Keep(const IkeletHelper &helper, uint32_t node)
    {
        Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(helper.Install(m_wires.Get(node)).Get(0));
        ike->SetStartTime(Seconds(1));
        m_wires.stream += ike->AssignStreams(m_wires.stream);
        return ike;
    }

    /* ---- the honest -------------------------------------------------------------------------- */

    void Begin(uint32_t i)
    {
        m_out.begun++;
        m_open[i] = true;
        m_since[i] = Simulator::Now();
        m_ike[i]->Wake();
        m_ike[i]->Up();
    }

    void End(uint32_t i, bool ok)
    {
        if (!m_open[i])
            return;
        m_open[i] = false;
        m_out.ok += ok;
        if (ok)
            m_out.ms.push_back(1e3 * (Simulator::Now() - m_since[i]).GetSeconds());
        Simulator::Schedule(Seconds(1), &IkeletNode::Sleep, m_ike[i]);
        Simulator::Schedule(Seconds(2), &World::Begin, this, i);
    }

    /* The first request of an honest client is what the attacker copies. */
    void OnClientTx(Ptr<const Packet> datagram, const struct ik_path &)
    {
        if (!m_template.empty())
            return;
        m_template.resize(datagram->GetSize());
        datagram->CopyData(m_template.data(), datagram->GetSize());
        struct ik_msg msg;
        if (ik_msg_parse(m_template.data(), m_template.size(), &msg) != IK_OK)
            return;
        for (uint8_t type : {uint8_t{IK_PL_NONCE}, uint8_t{IK_PL_KE}}) {
            const struct ik_payload *payload = ik_msg_find(&msg, type);
            const size_t skip = type == IK_PL_KE ? 4 : 0;
            if (payload)
                m_fresh.push_back({static_cast<size_t>(payload->body.p - m_template.data()) + skip,
                                   payload->body.len - skip});
        }
    }

    /* ---- the attacker ------------------------------------------------------------------------ */

    void Forge()
    {
        std::vector<uint8_t> data = m_template;
        auto randomize = [&](size_t at, size_t n) {
            for (size_t i = at; i < at + n && i < data.size(); i++)
                data[i] = static_cast<uint8_t>(m_random->GetInteger(0, 255));
        };
        if (!data.empty()) {
            randomize(0, IK_SPI_LEN);
            for (const auto &[at, n] : m_fresh)
                randomize(at, n);
            Ipv4Address from(0xc6336400u | m_random->GetInteger(1, 254)); /* 198.51.100.0/24 */
            uint16_t port = static_cast<uint16_t>(m_random->GetInteger(1024, 65535));
            m_out.forged++;
            m_attacker->GetObject<UdpL4Protocol>()->Send(
                Create<Packet>(data.data(), static_cast<uint32_t>(data.size())), from,
                Ipv4Address(kGateway), port, IK_PORT_IKE);
        }
        Simulator::Schedule(NanoSeconds(1'000'000'000 / options.rate), &World::Forge, this);
    }

    void OnGatewayTx(Ptr<const Packet> datagram, const struct ik_path &path)
    {
        if (path.remote.b[0] == 198)
            m_out.octetsOut += datagram->GetSize();
    }

    void OnGatewayRx(Ptr<const Packet> datagram, const struct ik_path &path)
    {
        if (path.remote.b[0] == 198)
            m_out.octetsIn += datagram->GetSize();
    }

    void Sample()
    {
        uint16_t ikeSas = 0, childSas = 0;
        m_gateway->GetUsage(&ikeSas, &childSas);
        m_out.halfOpenMost = std::max<uint32_t>(m_out.halfOpenMost, ikeSas);
        Simulator::Schedule(MilliSeconds(100), &World::Sample, this);
    }

    bool m_cookies;
    Outcome m_out;
    Wires m_wires;
    IkeletHelper m_helper;
    std::vector<uint32_t> m_clients;
    Ptr<Node> m_attacker;
    Ptr<IkeletNode> m_gateway;
    std::vector<Ptr<IkeletNode>> m_ike;
    std::vector<Time> m_since;
    std::vector<bool> m_open;
    std::vector<uint8_t> m_template;
    std::vector<std::pair<size_t, size_t>> m_fresh;
    Ptr<UniformRandomVariable> m_random = CreateObject<UniformRandomVariable>();
};

/* ---- figures ----------------------------------------------------------------------------------
 */

std::map<std::string, std::vector<Outcome>> outcomes;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Csv &rows = report->Table("floods", {"run", "cookies", "forged", "handshakes_begun",
                                         "handshakes_ok", "handshake_ms_median", "ike_sas_most",
                                         "x25519", "gateway_cpu_ms", "octets_in", "octets_out"});
    bool good = dir.empty() || Field::WritePreferences(dir);
    for (bool cookies : {false, true}) {
        if (options.cookies != "both" && (options.cookies == "on") != cookies)
            continue;
        Tally tally(report, run, cookies ? "cookies" : "no cookies");
        World world(cookies, cookies || options.cookies == "off" ? dir : "");
        tally.Follow(world.GetWires());
        Outcome o = world.Run();
        tally.Write();
        good = world.Close() && good;
        rows.Row({std::to_string(run), o.cookies, std::to_string(o.forged), std::to_string(o.begun),
                  std::to_string(o.ok), o.ms.empty() ? "" : Cell(Ordered(o.ms).median),
                  std::to_string(o.halfOpenMost), std::to_string(o.x25519), Cell(o.gatewayCpuMs),
                  std::to_string(o.octetsIn), std::to_string(o.octetsOut)});
        report->OfRun(run, "ok_rate_cookies_" + o.cookies,
                      static_cast<double>(o.ok) / static_cast<double>(o.begun));
        outcomes[o.cookies].push_back(o);
    }
    return good;
}

void DrawTimes(Html *page)
{
    Axes axes;
    axes.title = "Handshakes of the honest";
    axes.x = "handshake, ms";
    axes.y = "fraction of those that come up";
    axes.yMax = 1;
    std::vector<Series> series;
    for (const auto &[cookies, all] : outcomes) {
        std::vector<double> ms;
        for (const Outcome &o : all)
            ms.insert(ms.end(), o.ms.begin(), o.ms.end());
        series.push_back(Distribution("cookies " + cookies, ms));
    }
    page->Svg(LineChart(axes, series));
}

void Finish(Report *report)
{
    json_t *list = json_array();
    std::vector<std::vector<std::string>> rows;
    char line[200];
    report->table =
        "flood: " + std::to_string(options.rate) + " forged requests a second for " +
        std::to_string(options.seconds) + " s, " + std::to_string(options.clients) +
        " honest clients, a pool of " + std::to_string(options.pool) +
        "\n\n  cookies   honest up   of   median, ms   SAs at most   X25519   octets out/in\n";
    for (const auto &[cookies, all] : outcomes) {
        uint64_t begun = 0, ok = 0, forged = 0, in = 0, out = 0, x25519 = 0;
        uint32_t most = 0;
        std::vector<double> ms, cpu;
        for (const Outcome &o : all) {
            begun += o.begun;
            ok += o.ok;
            forged += o.forged;
            in += o.octetsIn;
            out += o.octetsOut;
            x25519 += o.x25519;
            most = std::max(most, o.halfOpenMost);
            ms.insert(ms.end(), o.ms.begin(), o.ms.end());
            cpu.push_back(o.gatewayCpuMs);
        }
        const double gain = in ? static_cast<double>(out) / static_cast<double>(in) : NAN;
        json_t *j = json_object();
        json_object_set_new(j, "cookies", json_string(cookies.c_str()));
        json_object_set_new(j, "forged", Number(forged));
        json_object_set_new(j, "honest_handshakes", ProportionObject(ok, begun));
        json_object_set_new(j, "handshake_ms", OrderObject(ms));
        json_object_set_new(j, "ike_sas_most", Number(most));
        json_object_set_new(j, "gateway_x25519", Number(x25519));
        json_object_set_new(j, "gateway_cpu_ms", MeanObject(cpu, 3));
        json_object_set_new(j, "octets_from_forged", Number(in));
        json_object_set_new(j, "octets_to_forged", Number(out));
        json_object_set_new(j, "amplification", Real(gain, 3));
        json_object_set_new(j, "drops", CountsObject(all.front().drops));
        json_array_append_new(list, j);
        const Order o = Ordered(ms);
        const Proportion p = ProportionOf(ok, begun);
        rows.push_back({cookies, std::to_string(ok) + " of " + std::to_string(begun),
                        Brief(100 * p.low) + " to " + Brief(100 * p.high),
                        o.n ? Brief(o.median) : "-", std::to_string(most), std::to_string(x25519),
                        std::isnan(gain) ? "-" : Brief(gain)});
        snprintf(line, sizeof line, "  %-8s%11llu%6llu%12s%14u%9llu%15s\n", cookies.c_str(),
                 static_cast<unsigned long long>(ok), static_cast<unsigned long long>(begun),
                 o.n ? Brief(o.median).c_str() : "-", most, static_cast<unsigned long long>(x25519),
                 std::isnan(gain) ? "-" : Brief(gain).c_str());
        report->table += line;
    }
    DrawTimes(&report->Page());
    json_t *j = report->Options();
    json_object_set_new(j, "cookies", json_string(options.cookies.c_str()));
    json_object_set_new(j, "rate_per_s", Number(options.rate));
    json_object_set_new(j, "flood_s", Number(options.seconds));
    json_object_set_new(j, "clients", Number(options.clients));
    json_object_set_new(j, "pool", Number(options.pool));
    json_object_set_new(j, "gateway_cpu", json_string(options.cpu.c_str()));
    json_object_set_new(j, "ike_suite", json_string(options.ikeSuite.c_str()));
    json_object_set_new(report->Figures(), "floods", list);
    report->Page().Paragraph(
        std::to_string(options.rate) +
        " forged IKE_SA_INIT requests a second, each from another address, against a gateway "
        "with room for " +
        std::to_string(options.pool) + " IKE SAs and " + std::to_string(options.clients) +
        " honest clients.");
    report->Page().Table({"cookies", "honest handshakes up", "95 % interval, %", "median, ms",
                          "IKE SAs at most", "X25519 of the gateway", "octets out for an octet in"},
                         rows);
}

} // namespace

} // namespace flood

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "flood";
    program.question = "what do forged requests do to a gateway, with cookies and without?";
    program.intro = "Forged IKE_SA_INIT requests from spoofed addresses against a gateway with "
                    "honest clients, in ns-3,\n"
                    "with cookies (RFC 7296 2.6) and without.\n";
    program.outro = ", gateway.pcap and key log.";
    program.files = {"floods.csv",  "handshakes.csv",         "nodes.csv",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = flood::AddOptions;
    program.run = flood::Run;
    program.finish = flood::Finish;
    return scenario::RunProgram(program, argc, argv);
}
