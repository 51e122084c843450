/* SPDX-License-Identifier: MIT */
/* esp-latency: what ESP and AH add to the round trip of a small packet. See --help. */
#include <cmath>
#include <cstdio>
#include <memory>
#include <sstream>

#include "ns3/simulator.h"

#include "chart.h"
#include "echo.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"

namespace latency
{

using namespace ns3;
using namespace scenario;

namespace
{

constexpr uint16_t kPort = 4714;

constexpr size_t kVariantsMax = 8; /* that a chart can show */

/* What protects the echoes: nothing, ESP or AH. */
struct Variant {
    std::string name, protocol, suite; /* suite: empty if plain */
};

struct Options {
    uint32_t from = 8, to = 256, step = 8, echoes = 20;
    std::string esp = "aes128ctr-aesxcbc,aes128ccm8,aes128gcm8", ah = "aesxcbc,sha256";
    std::vector<Variant> variants; /* plain, then ESP, then AH */
    AirOptions air;
    PowerOptions power;
    IpsecOptions ipsec;
};
Options options;

std::string ReadEsp(const std::string &text, std::string *esp)
{
    std::string ike;
    return ReadSuite("aes128ccm8-prfsha256-x25519/" + text, &ike, esp);
}

/* A list of suites with commas between; each becomes a variant. */
std::string ReadList(const std::string &text, const std::string &protocol,
                     std::vector<Variant> *variants)
{
    std::istringstream words(text);
    std::string word;
    while (std::getline(words, word, ',')) {
        std::string suite;
        std::string wrong = protocol == "ah" ? ReadAhSuite(word, &suite) : ReadEsp(word, &suite);
        if (!wrong.empty())
            return wrong;
        variants->push_back({(protocol == "ah" ? "ah-" : "") + suite, protocol, suite});
    }
    return "";
}

OptionTable::Reader ListReader(const std::string &protocol, std::string *out)
{
    return [protocol, out](const std::string &text) {
        std::vector<Variant> unused;
        *out = text == "none" ? "" : text;
        return ReadList(*out, protocol, &unused);
    };
}

void AddOptions(OptionTable *table)
{
    table->AddCount("from", "octets of the smallest payload", 4, 1024, &options.from);
    table->AddCount("to", "octets of the largest payload", 4, 1024, &options.to);
    table->AddCount("step", "octets from one payload to the next", 1, 1024, &options.step);
    table->AddCount("echoes", "round trips for each payload", 1, 100000, &options.echoes);
    table->Add("esp", "LIST",
               "ESP suites to compare with plain, with commas between, or none (default " +
                   options.esp + ")",
               ListReader("esp", &options.esp));
    table->Add("ah", "LIST", "suites of AH, likewise (default " + options.ah + ")",
               ListReader("ah", &options.ah));
    AddAirOptions(table, &options.air);
    options.power.cpu = "msp430f1611";
    options.ipsec.gatewayCpu = "msp430f1611";
    AddCpuOptions(table, &options.power, "station");
    AddIpsecOptions(table, &options.ipsec);
}

std::string Check()
{
    options.variants = {{"plain", "none", ""}};
    ReadList(options.esp, "esp", &options.variants); /* both were looked at when they were read */
    ReadList(options.ah, "ah", &options.variants);
    if (options.variants.size() > kVariantsMax)
        return "--esp and --ah have more than 7 suites together";
    return options.from > options.to ? "--from is above --to" : "";
}

/* Whose pcap and keys are kept: of the last one of ESP, else of the last one. */
bool IsKept(const Variant &variant)
{
    std::string last = options.variants.back().name;
    for (const Variant &other : options.variants)
        last = other.protocol == "esp" ? other.name : last;
    return variant.name == last;
}

/* ---- one variant ------------------------------------------------------------------------------
 */

struct Trip {
    uint32_t payload = 0;
    int64_t us = -1;
    uint64_t bytes = 0;
};

class World
{
  public:
    World(const Variant &variant, const std::string &dir)
        : m_field(options.air, 1, dir, "station", true)
    {
        if (variant.protocol != "none") {
            IpsecOptions ipsec = options.ipsec;
            ipsec.espSuite = variant.suite;
            ipsec.ah = variant.protocol == "ah";
            m_ipsec = std::make_unique<FieldIpsec>(&m_field, ipsec, options.power,
                                                   "udp/" + std::to_string(kPort), "station", dir);
            m_ipsec->Station(1)->TraceConnectWithoutContext("ChildUp",
                                                            MakeCallback(&World::OnUp, this));
        }
        Simulator::Schedule(MicroSeconds(uint64_t{kIpsecStartUs}) + Seconds(1), &World::Build,
                            this);
    }
    ~World()
    {
        m_client.reset();
        m_server.reset();
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    bool Run()
    {
        Simulator::Run();
        return !m_ipsec || m_ipsec->Close();
    }

    const Field &GetField() const
    {
        return m_field;
    }

    std::vector<Trip> trips;

  private:
    void Build()
    {
        Ipv6Address server = m_ipsec ? m_ipsec->AddressOf(0) : m_field.AddressOf(0);
        m_server = std::make_unique<EchoServer>(m_field.GetNode(0), kPort);
        m_client = std::make_unique<EchoClient>(m_field.GetNode(m_field.NodeOfStation(1)),
                                                Inet6SocketAddress(server, kPort));
        if (!m_ipsec) {
            Next();
            return;
        }
        m_ipsec->Station(1)->Wake();
        m_ipsec->Station(1)->Up();
        Simulator::Schedule(Hours(1), [this]() {
            if (trips.empty())
                Simulator::Stop(); /* no SA came up */
        });
    }

    void OnUp(uint16_t)
    {
        Simulator::Schedule(Seconds(5), &World::Next, this);
    }

    void Next()
    {
        uint32_t payload =
            options.from + static_cast<uint32_t>(trips.size()) / options.echoes * options.step;
        if (payload > options.to) {
            Simulator::Stop(Seconds(1));
            return;
        }
        uint64_t before = m_field.Total().bytes;
        m_client->Send(payload, Seconds(10), [this, payload, before](int64_t us) {
            Trip trip;
            trip.payload = payload;
            trip.us = us;
            /* The last acknowledgement goes out a moment after the answer is there. */
            Simulator::Schedule(MilliSeconds(100), [this, trip, before]() mutable {
                trip.bytes = m_field.Total().bytes - before;
                trips.push_back(trip);
                Next();
            });
        });
    }

    Field m_field;
    std::unique_ptr<FieldIpsec> m_ipsec;
    std::unique_ptr<EchoServer> m_server;
    std::unique_ptr<EchoClient> m_client;
};

/* ---- figures ----------------------------------------------------------------------------------
 */

struct Sums {
    std::vector<double> ms, bytes;
    uint64_t lost = 0;
};
std::map<std::string, std::map<uint32_t, Sums>> sums;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Csv &rows = report->Table(
        "trips", {"run", "variant", "payload_octets", "round_trip_ms", "bytes_on_air"});
    bool good = dir.empty() || Field::WritePreferences(dir);
    for (const Variant &variant : options.variants) {
        Tally tally(report, run, variant.name);
        World world(variant, IsKept(variant) ? dir : "");
        tally.Follow(world.GetField());
        good = world.Run() && good;
        tally.Write(&world.GetField());
        std::vector<double> all;
        for (const Trip &trip : world.trips) {
            Sums &s = sums[variant.name][trip.payload];
            const double ms = trip.us < 0 ? NAN : static_cast<double>(trip.us) / 1e3;
            rows.Row({std::to_string(run), variant.name, std::to_string(trip.payload), Cell(ms),
                      std::to_string(trip.bytes)});
            s.bytes.push_back(static_cast<double>(trip.bytes));
            if (trip.us < 0) {
                s.lost++;
                continue;
            }
            s.ms.push_back(ms);
            all.push_back(ms);
        }
        report->OfRun(run, "round_trip_ms_" + variant.name, all.empty() ? NAN : MeanOf(all).mean);
    }
    return good;
}

void SetOptions(json_t *j)
{
    json_object_set_new(j, "from_octets", Number(options.from));
    json_object_set_new(j, "to_octets", Number(options.to));
    json_object_set_new(j, "step_octets", Number(options.step));
    json_object_set_new(j, "echoes", Number(options.echoes));
    json_object_set_new(j, "esp", json_string(options.esp.c_str()));
    json_object_set_new(j, "ah", json_string(options.ah.c_str()));
    json_object_set_new(j, "mode", json_string(options.ipsec.mode.c_str()));
    json_object_set_new(j, "ike_suite", json_string(options.ipsec.ikeSuite.c_str()));
    json_object_set_new(j, "gateway_cpu", json_string(options.ipsec.gatewayCpu.c_str()));
}

void Finish(Report *report)
{
    SetOptions(report->Options());
    json_object_set_new(report->Figures(), "air", AirObject(options.air));
    json_object_set_new(report->Figures(), "power", PowerObject(options.power));
    json_t *points = json_array();
    std::vector<Series> times, octets;
    char line[160];
    report->table = "esp-latency: " + std::to_string(options.echoes) + " round trips a payload, " +
                    options.ipsec.mode + " mode, cpu " + options.power.cpu +
                    "\n\n  variant                  payload   median, ms   lost   octets on air\n";
    for (const Variant &variant : options.variants) {
        Series time, octet;
        time.name = octet.name = variant.name;
        for (const auto &[payload, s] : sums[variant.name]) {
            json_t *j = json_object();
            json_object_set_new(j, "variant", json_string(variant.name.c_str()));
            json_object_set_new(j, "protocol", json_string(variant.protocol.c_str()));
            json_object_set_new(j, "payload_octets", Number(payload));
            json_object_set_new(j, "round_trip_ms", OrderObject(s.ms));
            json_object_set_new(j, "round_trip_mean_ms", MeanObject(s.ms, 3));
            json_object_set_new(j, "lost", Number(s.lost));
            json_object_set_new(j, "bytes_on_air", MeanObject(s.bytes, 3));
            json_array_append_new(points, j);
            const Order o = Ordered(s.ms);
            if (o.n > 0) {
                time.x.push_back(payload);
                time.y.push_back(o.median);
            }
            octet.x.push_back(payload);
            octet.y.push_back(MeanOf(s.bytes).mean);
            snprintf(line, sizeof line, "  %-24s %7u %12s %6s %15s\n", variant.name.c_str(),
                     payload, o.n ? Brief(o.median).c_str() : "-", std::to_string(s.lost).c_str(),
                     Brief(MeanOf(s.bytes).mean).c_str());
            report->table += line;
        }
        times.push_back(time);
        octets.push_back(octet);
    }
    json_object_set_new(report->Figures(), "points", points);
    Axes axes;
    axes.title = "Round trip against payload";
    axes.x = "payload of UDP, octets";
    axes.y = "round trip, ms (median)";
    report->Page().Paragraph(
        "Both ends: " + options.power.cpu + " and " + options.ipsec.gatewayCpu +
        ", IEEE 802.15.4 at 250 kbit/s, " + Counted(options.air.hops, "hop") + ", " +
        options.ipsec.mode +
        " mode. Published testbeds to set beside: "
        "Tmote Sky (MSP430F1611, CC2420) and WiSMote (MSP430F5437, CC2520) with Contiki.");
    report->Page().Svg(LineChart(axes, times));
    axes.title = "What a round trip takes of the air";
    axes.y = "octets on air, both ways, acknowledgements too";
    report->Page().Svg(LineChart(axes, octets));
}

} // namespace

} // namespace latency

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "esp-latency";
    program.question = "what do ESP and AH add to the round trip of a small packet?";
    program.intro =
        "Echoes UDP payloads between a station and a border router on IEEE 802.15.4 with 6LoWPAN "
        "in\n"
        "ns-3, in clear, through ESP and through AH of several suites, on CPUs that take their "
        "time.\n";
    program.outro = ", pcap files and key log of the last suite of ESP.";
    program.files = {"trips.csv",   "handshakes.csv",         "nodes.csv",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = latency::AddOptions;
    program.check = latency::Check;
    program.run = latency::Run;
    program.finish = latency::Finish;
    return scenario::RunProgram(program, argc, argv);
}
