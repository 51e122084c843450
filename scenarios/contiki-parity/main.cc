/* SPDX-License-Identifier: MIT */
/* contiki-parity: what Contiki-IPsec was shown to do, by this stack. See --help. */
#include <cmath>
#include <cstdio>
#include <memory>

#include "ns3/simulator.h"

#include "chart.h"
#include "echo.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"

namespace parity
{

using namespace ns3;
using namespace scenario;

namespace
{

constexpr uint16_t kFirstPort = 3000;
const char *const kSuite = "aes128ctr-aesxcbc-prfaesxcbc-x25519";
/* A counter must not begin anew with a key that somebody wrote down (RFC 3686 2.1). */
const char *const kHandSuite = "aes128-aesxcbc-prfaesxcbc-x25519";

struct Options {
    uint32_t flows = 3, echoes = 10, payload = 32;
    std::string keys = "ike"; /* or manual */
    AirOptions air;
    PowerOptions power;
    IpsecOptions ipsec;
};
Options options;

void AddOptions(OptionTable *table)
{
    options.power.cpu = "msp430f1611";
    options.ipsec.gatewayCpu = "msp430f1611";
    options.ipsec.suite = kSuite;
    options.ipsec.furtherChildSas = true;
    table->AddCount("flows", "UDP ports with a selector, and so a Child SA, each", 1, 8,
                    &options.flows);
    table->AddCount("echoes", "round trips on each", 1, 10000, &options.echoes);
    table->AddCount("payload", "octets of an echo", 4, 1024, &options.payload);
    AddAirOptions(table, &options.air);
    AddPowerOptions(table, &options.power, "host");
    AddIpsecOptions(table, &options.ipsec);
    table->AddChoice("keys",
                     "of the Child SAs: from IKE, or told to both ends by hand: then "
                     "aes128-aesxcbc, because a counter mode must not have such keys",
                     {"ike", "manual"}, &options.keys);
}

std::string Check()
{
    options.ipsec.manual = options.keys == "manual";
    if (!options.ipsec.manual)
        return "";
    if (options.ipsec.suite == kSuite)
        options.ipsec.suite = kHandSuite;
    const std::string wrong =
        ReadSuite(options.ipsec.suite, &options.ipsec.ikeSuite, &options.ipsec.espSuite);
    return wrong.empty() && options.ipsec.espSuite != "aes128-aesxcbc"
               ? "--keys=manual is for the ESP suite aes128-aesxcbc"
               : wrong;
}

/* What happened on one flow. */
struct Flow {
    double upMs = NAN; /* from the wish to the Child SA */
    std::vector<double> ms;
    uint64_t lost = 0;
};

class World
{
  public:
    explicit World(const std::string &dir)
        : m_field(options.air, 1, dir, "host", true),
          m_ipsec(&m_field, options.ipsec, options.power, Ports(), "host", dir)
    {
        Ptr<IkeletNode> host = m_ipsec.Station(1);
        host->TraceConnectWithoutContext("ChildUp", MakeCallback(&World::OnUp, this));
        host->TraceConnectWithoutContext("Failed", MakeCallback(&World::OnFailed, this));
        m_batteries = InstallBatteries(m_field, options.power, {host});
        Simulator::Schedule(MicroSeconds(uint64_t{kIpsecStartUs}) + Seconds(1), &World::Begin,
                            this);
    }
    ~World()
    {
        m_clients.clear();
        m_servers.clear();
        m_batteries.clear();
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    bool Run()
    {
        Simulator::Stop(Hours(2));
        Simulator::Run();
        m_ipsec.Gateway()->GetUsage(&ikeSas, &childSas);
        cpuMs = 1e3 * m_ipsec.Station(1)->GetCpuTime().GetSeconds();
        gatewayCpuMs = 1e3 * m_ipsec.Gateway()->GetCpuTime().GetSeconds();
        drawnMj = m_batteries.empty() ? NAN : 1e3 * m_batteries[0].Drawn();
        air = m_field.Total();
        return m_ipsec.Close();
    }

    const Field &GetField() const
    {
        return m_field;
    }
    const std::vector<IkeletEnergy> &Batteries() const
    {
        return m_batteries;
    }

    std::vector<Flow> flows;
    uint16_t ikeSas = 0, childSas = 0;
    double cpuMs = 0, gatewayCpuMs = 0, drawnMj = NAN;
    AirCount air;

  private:
    static std::string Ports()
    {
        std::string ports;
        for (uint32_t i = 0; i < options.flows; i++)
            ports += (i ? " udp/" : "udp/") + std::to_string(kFirstPort + i);
        return ports;
    }

    void Begin()
    {
        for (uint32_t i = 0; i < options.flows; i++) {
            uint16_t port = static_cast<uint16_t>(kFirstPort + i);
            m_servers.push_back(std::make_unique<EchoServer>(m_field.GetNode(0), port));
            m_clients.push_back(
                std::make_unique<EchoClient>(m_field.GetNode(m_field.NodeOfStation(1)),
                                             Inet6SocketAddress(m_ipsec.AddressOf(0), port)));
        }
        m_ipsec.Station(1)->Wake();
        NextFlow();
    }

    void NextFlow()
    {
        if (flows.size() == options.flows) {
            Simulator::Stop(Seconds(1));
            return;
        }
        flows.emplace_back();
        if (options.ipsec.manual) { /* it is there from the beginning */
            flows.back().upMs = 0;
            Echo();
            return;
        }
        m_wishedAt = Simulator::Now();
        m_ipsec.Station(1)->Up(static_cast<uint16_t>(flows.size() - 1));
    }

    void OnUp(uint16_t policy)
    {
        if (policy + 1u != flows.size() || !std::isnan(flows.back().upMs))
            return;
        flows.back().upMs = 1e3 * (Simulator::Now() - m_wishedAt).GetSeconds();
        Simulator::Schedule(Seconds(2), &World::Echo, this);
    }

    void OnFailed(uint8_t, uint8_t, uint16_t, uint16_t)
    {
        Simulator::Schedule(Seconds(1), &World::NextFlow, this);
    }

    void Echo()
    {
        Flow &flow = flows.back();
        if (flow.ms.size() + flow.lost == options.echoes) {
            NextFlow();
            return;
        }
        m_clients[flows.size() - 1]->Send(options.payload, Seconds(10), [this](int64_t us) {
            if (us < 0)
                flows.back().lost++;
            else
                flows.back().ms.push_back(static_cast<double>(us) / 1e3);
            Simulator::Schedule(MilliSeconds(200), &World::Echo, this);
        });
    }

    Field m_field;
    FieldIpsec m_ipsec;
    std::vector<IkeletEnergy> m_batteries;
    std::vector<std::unique_ptr<EchoServer>> m_servers;
    std::vector<std::unique_ptr<EchoClient>> m_clients;
    Time m_wishedAt;
};

/* ---- figures ----------------------------------------------------------------------------------
 */

struct Sums {
    std::vector<double> first, more, trips, cpu, gatewayCpu, energy, bytes;
    uint64_t flows = 0, up = 0, lost = 0, ikeSas = 0, childSas = 0;
};
Sums sums;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Tally tally(report, run);
    World world(dir);
    tally.Follow(world.GetField());
    bool good = world.Run() && (dir.empty() || Field::WritePreferences(dir));
    tally.Write(&world.GetField(), world.Batteries());
    Csv &rows =
        report->Table("flows", {"run", "flow", "up_ms", "echoes", "lost", "round_trip_ms_median"});
    for (size_t i = 0; i < world.flows.size(); i++) {
        const Flow &flow = world.flows[i];
        const bool up = !std::isnan(flow.upMs);
        sums.flows++;
        sums.up += up;
        sums.lost += flow.lost;
        if (up && !options.ipsec.manual)
            (i == 0 ? sums.first : sums.more).push_back(flow.upMs);
        sums.trips.insert(sums.trips.end(), flow.ms.begin(), flow.ms.end());
        rows.Row({std::to_string(run), std::to_string(i + 1), Cell(flow.upMs),
                  std::to_string(flow.ms.size() + flow.lost), std::to_string(flow.lost),
                  flow.ms.empty() ? "" : Cell(Ordered(flow.ms).median)});
    }
    sums.cpu.push_back(world.cpuMs);
    sums.gatewayCpu.push_back(world.gatewayCpuMs);
    sums.bytes.push_back(static_cast<double>(world.air.bytes));
    if (!std::isnan(world.drawnMj))
        sums.energy.push_back(world.drawnMj);
    sums.ikeSas = world.ikeSas;
    sums.childSas = world.childSas;
    report->OfRun(run, "first_sa_ms", world.flows.empty() ? NAN : world.flows[0].upMs);
    report->OfRun(run, "cpu_ms", world.cpuMs);
    return good;
}

void Finish(Report *report)
{
    json_t *j = report->Options();
    json_object_set_new(j, "flows", Number(options.flows));
    json_object_set_new(j, "echoes", Number(options.echoes));
    json_object_set_new(j, "keys", json_string(options.keys.c_str()));
    json_object_set_new(j, "payload_octets", Number(options.payload));
    json_object_set_new(j, "mode", json_string(options.ipsec.mode.c_str()));
    json_object_set_new(j, "ike_suite", json_string(options.ipsec.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", json_string(options.ipsec.espSuite.c_str()));
    json_object_set_new(j, "gateway_cpu", json_string(options.ipsec.gatewayCpu.c_str()));
    j = report->Figures();
    json_object_set_new(j, "air", AirObject(options.air));
    json_object_set_new(j, "power", PowerObject(options.power));
    json_object_set_new(j, "child_sas_up", ProportionObject(sums.up, sums.flows));
    json_object_set_new(j, "first_sa_ms", OrderObject(sums.first));
    json_object_set_new(j, "further_sa_ms", OrderObject(sums.more));
    json_object_set_new(j, "round_trip_ms", OrderObject(sums.trips));
    json_object_set_new(j, "echoes_lost", Number(sums.lost));
    json_object_set_new(j, "responder_ike_sas", Number(sums.ikeSas));
    json_object_set_new(j, "responder_child_sas", Number(sums.childSas));
    json_object_set_new(j, "initiator_cpu_ms", OrderObject(sums.cpu));
    json_object_set_new(j, "responder_cpu_ms", OrderObject(sums.gatewayCpu));
    json_object_set_new(j, "energy_drawn_mj", OrderObject(sums.energy, 6));
    json_object_set_new(j, "bytes_on_air", OrderObject(sums.bytes));
    auto median = [](const std::vector<double> &values) {
        return values.empty() ? std::string("-") : Brief(Ordered(values).median);
    };
    const std::vector<std::vector<std::string>> rows = {
        {"first IKE SA and Child SA, s",
         sums.first.empty() ? "-" : Brief(Ordered(sums.first).median / 1e3),
         "about 10 (MSP430X at 16 MHz, 192-bit ECC, PSK, strongSwan as peer)"},
        {"Child SAs by selector", std::to_string(sums.childSas), "several, by SPD"},
        {"UDP echo through ESP, ms", median(sums.trips), "not published with these algorithms"},
        {"CPU time of the initiator, all flows, ms", median(sums.cpu),
         "about 10,000 a handshake (160 M cycles)"},
        {"CPU time of the responder, all flows, ms", median(sums.gatewayCpu), "-"}};
    report->Page().Paragraph((options.ipsec.manual ? "keys by hand" : options.ipsec.ikeSuite) +
                             ", ESP " + options.ipsec.espSuite + ", " + options.ipsec.mode +
                             " mode, both ends on " + options.power.cpu + " at 8 MHz");
    report->Page().Table({"", "here, simulated", "Contiki-IPsec, its README"}, rows);
    Axes axes;
    axes.title = "Echoes through ESP";
    axes.x = "round trip, ms";
    axes.y = "fraction of echoes";
    axes.yMax = 1;
    report->Page().Svg(LineChart(axes, {Distribution("all flows", sums.trips)}));
    report->table =
        "contiki-parity: " + (options.ipsec.manual ? "keys by hand" : options.ipsec.ikeSuite) +
        ", ESP " + options.ipsec.espSuite + ", " + options.ipsec.mode + " mode, cpu " +
        options.power.cpu + "\n\n";
    char line[240];
    for (const auto &row : rows) {
        snprintf(line, sizeof line, "  %-34s%12s   %s\n", row[0].c_str(), row[1].c_str(),
                 row[2].c_str());
        report->table += line;
    }
}

} // namespace

} // namespace parity

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "contiki-parity";
    program.question = "host to host, as Contiki-IPsec did it";
    program.intro =
        "Two hosts on IEEE 802.15.4 with 6LoWPAN in ns-3, both on a microcontroller: IKEv2 with a\n"
        "pre-shared key, AES-CTR with AES-XCBC, transport mode, a Child SA for each of several UDP "
        "ports\n"
        "by selector, echoes through each.\n";
    program.outro = ", pcap files and key log.";
    program.files = {"flows.csv",   "handshakes.csv",         "nodes.csv",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = parity::AddOptions;
    program.check = parity::Check;
    program.run = parity::Run;
    program.finish = parity::Finish;
    return scenario::RunProgram(program, argc, argv);
}
