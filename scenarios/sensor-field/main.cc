/* SPDX-License-Identifier: MIT */
/* sensor-field: sleepy sensors around a border router (RFC 7815 1.1). See --help. */
#include <cmath>
#include <cstdio>
#include <memory>

#include "ns3/random-variable-stream.h"
#include "ns3/simulator.h"

#include "chart.h"
#include "report-files.h"
#include "tally.h"
#include "sensor.h"

namespace field
{

using namespace ns3;
using namespace scenario;

namespace
{

constexpr int64_t kFirstUs = 5'000'000;
constexpr double kHourUs = 3600e6, kDayS = 86400;

struct Options {
    uint32_t sensors = 10;
    int64_t hoursMilli = 1'000;
    int64_t periodUs = 600'000'000;
    std::string start = "spread"; /* or storm */
    int64_t jitterUs = 0;
    SensorOptions sensor;
    std::string sa = "handshake";
    bool plain = false, pcap = false;
    AirOptions air;
    PowerOptions power;
    IpsecOptions ipsec;
};
Options options;

void AddOptions(OptionTable *table)
{
    table->AddCount("sensors", "sensors around the border router", 1, 200, &options.sensors);
    table->AddDecimal("hours", "H", "to simulate", 1, 8'760'000, 3, &options.hoursMilli);
    table->AddDecimal("period", "S", "from one waking of a sensor to the next", 1'000'000,
                      86400'000'000, 6, &options.periodUs);
    table->AddChoice("start", "all wake at the same instant, or each at its own random phase",
                     {"spread", "storm"}, &options.start);
    table->AddDecimal("jitter", "S", "up to this is added to each waking by chance", 0,
                      3600'000'000, 6, &options.jitterUs);
    table->AddCount("report", "octets of a report", 4, 1024, &options.sensor.reportOctets);
    table->AddCount("answer", "octets of the configuration in its answer", 4, 1024,
                    &options.sensor.answerOctets);
    AddAirOptions(table, &options.air);
    AddPowerOptions(table, &options.power, "sensor");
    AddIpsecOptions(table, &options.ipsec);
    table->AddChoice(
        "sa",
        "a handshake at each waking; resumed by a ticket that the sensor keeps over its "
        "sleep (RFC 5723), without a key exchange; or SAs kept over it",
        {"handshake", "resumed", "kept"}, &options.sa);
    table->AddFlag("plain", "no IPsec: the same in clear, for comparison", &options.plain);
    table->AddFlag("pcap", "pcap files of all radios, not of the border router's only",
                   &options.pcap);
}

/* ---- one run --------------------------------------------------------------------------------- */

class World
{
  public:
    explicit World(const std::string &dir)
        : m_field(options.air, options.sensors, dir, "sensor", options.pcap), m_dir(dir)
    {
        IpsecOptions ipsec = options.ipsec;
        ipsec.resume = options.sa == "resumed";
        if (!options.plain)
            m_ipsec = std::make_unique<FieldIpsec>(&m_field, ipsec, options.power,
                                                   "udp/" + std::to_string(kPort), "sensor", dir);
        std::vector<Ptr<IkeletNode>> ike;
        for (uint32_t i = 1; m_ipsec && i <= options.sensors; i++)
            ike.push_back(m_ipsec->Station(i));
        batteries = InstallBatteries(m_field, options.power, ike);
        for (uint32_t i = 1; i <= options.sensors; i++) /* asleep until its timer fires */
            m_field.RadioOf(m_field.NodeOfStation(i))->Switch(false);
        for (const IkeletEnergy &battery : batteries)
            battery.SetPowered(false);
        Simulator::Schedule(MicroSeconds(uint64_t{kIpsecStartUs}), &World::Build, this);
        SchedulePhases();
        m_endUs = kFirstUs +
                  static_cast<int64_t>(static_cast<double>(options.hoursMilli) * kHourUs / 1e3);
    }
    ~World()
    {
        sensors.clear();
        collector.reset();
        batteries.clear();
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    bool Run()
    {
        /* What is under way at the end may end. */
        Simulator::Stop(MicroSeconds(static_cast<uint64_t>(m_endUs + 60'000'000)));
        Simulator::Run();
        for (auto &sensor : sensors)
            sensor->Finish();
        return (!m_ipsec || m_ipsec->Close()) && (m_dir.empty() || Field::WritePreferences(m_dir));
    }

    Field &GetField()
    {
        return m_field;
    }
    const FieldIpsec *Ipsec() const
    {
        return m_ipsec.get();
    }

    std::vector<Waking> wakings;
    std::vector<std::unique_ptr<Sensor>> sensors;
    std::vector<IkeletEnergy> batteries;
    std::unique_ptr<Collector> collector;

  private:
    void Build()
    {
        Ipv6Address gateway = m_ipsec ? m_ipsec->AddressOf(0) : m_field.AddressOf(0);
        SensorOptions sensor = options.sensor;
        sensor.keep = options.sa == "kept";
        sensor.resume = options.sa == "resumed";
        collector = std::make_unique<Collector>(m_field.GetNode(0), sensor.answerOctets);
        for (uint32_t i = 1; i <= options.sensors; i++) {
            uint32_t node = m_field.NodeOfStation(i);
            sensors.push_back(std::make_unique<Sensor>(
                i, sensor, m_field.GetNode(node), m_ipsec ? m_ipsec->Station(i) : nullptr,
                m_field.RadioOf(node), batteries.empty() ? nullptr : &batteries[i - 1], gateway,
                &wakings));
        }
    }

    void SchedulePhases()
    {
        m_random->SetStream(m_field.stream++);
        for (uint32_t i = 1; i <= options.sensors; i++) {
            int64_t phase = options.start == "storm" ? 0 : Draw(options.periodUs);
            Schedule(i, kFirstUs + phase);
        }
    }

    /* Up to so many microseconds. */
    int64_t Draw(int64_t most)
    {
        return static_cast<int64_t>(m_random->GetValue(0, static_cast<double>(most)));
    }

    void Schedule(uint32_t sensor, int64_t due)
    {
        int64_t at = due + (options.jitterUs ? Draw(options.jitterUs) : 0);
        Time wait = MicroSeconds(static_cast<uint64_t>(at)) - Simulator::Now();
        Simulator::Schedule(Max(wait, Time(0)), &World::Wake, this, sensor, due);
    }

    void Wake(uint32_t sensor, int64_t due)
    {
        if (Simulator::Now().GetMicroSeconds() >= m_endUs)
            return;
        sensors[sensor - 1]->Wake();
        if (due + options.periodUs < m_endUs)
            Schedule(sensor, due + options.periodUs);
    }

    Field m_field;
    std::string m_dir;
    std::unique_ptr<FieldIpsec> m_ipsec;
    Ptr<UniformRandomVariable> m_random = CreateObject<UniformRandomVariable>();
    int64_t m_endUs = 0;
};

/* ---- figures --------------------------------------------------------------------------------- */

struct Sums {
    uint64_t wakings = 0, answered = 0, handshakes = 0, ready = 0, retransmissions = 0, reports = 0,
             busy = 0, ike = 0, noAnswer = 0, unfinished = 0, ended = 0;
    std::vector<double> handshakeMs, answerMs;
    std::vector<std::pair<std::string, double>> ledger;
    double drawnJ = 0, seconds = 0, sensorSeconds = 0;
    AirCount air;
    double gatewayCpuMs = 0;
    std::vector<double> dayJoules; /* by sensor, of the first run */
};
Sums sums;

void Count(const World &world, Sums *s)
{
    for (const Waking &w : world.wakings) {
        const std::string reason = w.reason;
        s->wakings++;
        s->answered += w.answerAt >= 0;
        s->handshakes += w.handshake;
        s->ready += w.readyAt >= 0;
        s->retransmissions += w.retransmissions;
        s->busy += reason == "busy";
        s->ike += reason == "ike";
        s->noAnswer += reason == "no_answer";
        s->unfinished += reason == "unfinished";
        if (w.readyAt >= 0)
            s->handshakeMs.push_back(static_cast<double>(w.readyAt - w.at) / 1e3);
        if (w.answerAt >= 0)
            s->answerMs.push_back(static_cast<double>(w.answerAt - w.at) / 1e3);
    }
}

void Tabulate(uint32_t run, const World &world, Report *report)
{
    Csv &rows = report->Table("handshakes", {"run", "sensor", "at_ms", "handshake", "ok",
                                             "handshake_ms", "answer_ms", "awake_ms",
                                             "report_tries", "ike_retransmissions", "reason"});
    auto ms = [](int64_t from, int64_t to) {
        return to < 0 ? NAN : static_cast<double>(to - from) / 1e3;
    };
    for (const Waking &w : world.wakings)
        rows.Row({std::to_string(run), std::to_string(w.sensor),
                  Cell(static_cast<double>(w.at) / 1e3), std::to_string(w.handshake),
                  std::to_string(w.answerAt >= 0), Cell(ms(w.at, w.readyAt)),
                  Cell(ms(w.at, w.answerAt)), Cell(ms(w.at, w.sleepAt)), std::to_string(w.tries),
                  std::to_string(w.retransmissions), w.reason});
}

void CountEnergy(World &world, double seconds)
{
    for (const IkeletEnergy &battery : world.batteries) {
        const auto ledger = battery.Ledger();
        if (sums.ledger.empty())
            sums.ledger.assign(ledger.size(), {});
        for (size_t i = 0; i < ledger.size(); i++)
            sums.ledger[i] = {ledger[i].first, sums.ledger[i].second + ledger[i].second};
        const double drawn = battery.Drawn();
        sums.drawnJ += drawn;
        if (sums.dayJoules.size() < options.sensors)
            sums.dayJoules.push_back(drawn * kDayS / seconds);
    }
}

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Tally tally(report, run);
    World world(dir);
    tally.Follow(world.GetField());
    bool good = world.Run();
    Sums one;
    Count(world, &one);
    Count(world, &sums);
    Tabulate(run, world, report);
    std::vector<double> awakeMs;
    for (const auto &sensor : world.sensors)
        awakeMs.push_back(static_cast<double>(sensor->AwakeUs()) / 1e3);
    tally.Write(&world.GetField(), world.batteries, awakeMs, false);
    const double seconds = Simulator::Now().GetSeconds(), before = sums.drawnJ;
    CountEnergy(world, seconds);
    const AirCount air = world.GetField().Total();
    sums.reports += world.collector->Reports();
    sums.seconds += seconds;
    sums.sensorSeconds += seconds * options.sensors;
    sums.air.frames += air.frames;
    sums.air.bytes += air.bytes;
    sums.air.lost += air.lost;
    sums.air.duplicates += air.duplicates;
    sums.air.repeated += air.repeated;
    if (world.Ipsec())
        sums.gatewayCpuMs += 1e3 * world.Ipsec()->Gateway()->GetCpuTime().GetSeconds();
    const double n = static_cast<double>(one.wakings);
    report->OfRun(run, "answered_rate", static_cast<double>(one.answered) / n);
    report->OfRun(run, "handshake_ms",
                  one.handshakeMs.empty() ? NAN : MeanOf(one.handshakeMs).mean);
    report->OfRun(run, "answer_ms", one.answerMs.empty() ? NAN : MeanOf(one.answerMs).mean);
    report->OfRun(run, "bytes_on_air_per_waking", static_cast<double>(air.bytes) / n);
    report->OfRun(
        run, "energy_j_per_sensor_day",
        world.batteries.empty() ? NAN : (sums.drawnJ - before) / options.sensors * kDayS / seconds);
    return good;
}

/* ---- the report ------------------------------------------------------------------------------ */

void SetOptions(json_t *j)
{
    auto ms = [](int64_t us) { return Real(static_cast<double>(us) / 1e3, 3); };
    json_object_set_new(j, "sensors", Number(options.sensors));
    json_object_set_new(j, "hours", Real(static_cast<double>(options.hoursMilli) / 1e3, 3));
    json_object_set_new(j, "period_ms", ms(options.periodUs));
    json_object_set_new(j, "start", json_string(options.start.c_str()));
    json_object_set_new(j, "jitter_ms", ms(options.jitterUs));
    json_object_set_new(j, "report_octets", Number(options.sensor.reportOctets));
    json_object_set_new(j, "answer_octets", Number(options.sensor.answerOctets));
    json_object_set_new(j, "plain", json_boolean(options.plain));
    json_object_set_new(j, "sa", options.plain ? json_null() : json_string(options.sa.c_str()));
    json_object_set_new(j, "mode",
                        options.plain ? json_null() : json_string(options.ipsec.mode.c_str()));
    json_object_set_new(j, "ike_suite",
                        options.plain ? json_null() : json_string(options.ipsec.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite",
                        options.plain ? json_null() : json_string(options.ipsec.espSuite.c_str()));
    json_object_set_new(j, "ike_timeout_ms", ms(options.ipsec.ikeTimeoutUs));
    json_object_set_new(j, "gateway_cpu", json_string(options.ipsec.gatewayCpu.c_str()));
}

double JoulesADay()
{
    return sums.sensorSeconds > 0 ? sums.drawnJ / sums.sensorSeconds * kDayS : 0;
}

double BatteryDays()
{
    return JoulesADay() > 0 ? static_cast<double>(options.power.batteryMj) / 1e3 / JoulesADay() : 0;
}

void SetFigures(json_t *j)
{
    const bool energy = !sums.ledger.empty();
    json_object_set_new(j, "air", AirObject(options.air));
    json_object_set_new(j, "power", PowerObject(options.power));
    json_object_set_new(j, "wakings", Number(sums.wakings));
    json_object_set_new(j, "answered", ProportionObject(sums.answered, sums.wakings));
    json_object_set_new(j, "failures",
                        CountsObject({{"ike", sums.ike},
                                      {"no_answer", sums.noAnswer},
                                      {"busy", sums.busy},
                                      {"unfinished", sums.unfinished}}));
    json_object_set_new(j, "handshakes", ProportionObject(sums.ready, sums.handshakes));
    json_object_set_new(j, "handshake_ms", OrderObject(sums.handshakeMs));
    json_object_set_new(j, "answer_ms", OrderObject(sums.answerMs));
    json_object_set_new(j, "ike_retransmissions", Number(sums.retransmissions));
    json_object_set_new(j, "reports_received", Number(sums.reports));
    json_object_set_new(j, "frames_on_air", Number(sums.air.frames));
    json_object_set_new(j, "bytes_on_air", Number(sums.air.bytes));
    json_object_set_new(j, "frames_lost", Number(sums.air.lost));
    json_object_set_new(j, "frames_duplicate", Number(sums.air.duplicates));
    json_object_set_new(j, "mac_retransmissions", Number(sums.air.repeated));
    /* 250 kbit/s: 32 us an octet. */
    json_object_set_new(j, "channel_busy_rate",
                        Real(static_cast<double>(sums.air.bytes) * 32e-6 / sums.seconds));
    json_object_set_new(j, "gateway_cpu_ms", Real(sums.gatewayCpuMs, 3));
    json_object_set_new(j, "simulated_s", Real(sums.seconds, 3));
    json_object_set_new(j, "energy_j_per_sensor_day", energy ? Real(JoulesADay()) : json_null());
    json_object_set_new(j, "battery_days", energy ? Real(BatteryDays(), 3) : json_null());
    json_object_set_new(j, "energy_ledger_mj", energy ? LedgerObject(sums.ledger) : json_null());
    json_object_set_new(j, "energy_drawn_mj", energy ? Real(1e3 * sums.drawnJ) : json_null());
}

void SetPage(Html *page)
{
    const Proportion p = ProportionOf(sums.answered, sums.wakings);
    page->Facts(
        {{"sensors", std::to_string(options.sensors)},
         {"wakings", std::to_string(sums.wakings)},
         {"reports answered, % (95 % interval)",
          Brief(100 * p.value) + " (" + Brief(100 * p.low) + " to " + Brief(100 * p.high) + ")"},
         {"handshakes up / begun",
          std::to_string(sums.ready) + " / " + std::to_string(sums.handshakes)},
         {"energy of a sensor, J a day", sums.ledger.empty() ? "-" : Brief(JoulesADay())},
         {"battery life, days", sums.ledger.empty() ? "-" : Brief(BatteryDays())}});
    Axes axes;
    axes.title = "From the waking of a sensor";
    axes.x = "time, ms";
    axes.y = "fraction of wakings";
    axes.logX = true;
    axes.yMax = 1;
    std::vector<Series> series;
    if (!sums.handshakeMs.empty())
        series.push_back(Distribution("to the Child SA", sums.handshakeMs));
    series.push_back(Distribution("to the answer", sums.answerMs));
    page->Heading("Times");
    page->Svg(LineChart(axes, series));
    if (sums.ledger.empty())
        return;
    std::vector<std::string> parts;
    Bar bar;
    bar.name = "a sensor";
    for (const auto &row : sums.ledger) {
        parts.push_back(row.first);
        bar.parts.push_back(row.second / sums.sensorSeconds * kDayS);
    }
    page->Heading("Energy");
    page->Svg(StackedBars("Where a sensor's energy goes", "J a day", parts, {bar}));
    axes.title = "Energy by sensor";
    axes.x = "J a day";
    axes.y = "fraction of sensors";
    axes.logX = false;
    page->Svg(LineChart(axes, {Distribution("sensors", sums.dayJoules)}));
}

void SetTable(std::string *out)
{
    char line[200];
    auto add = [&](const char *what, const std::string &value) {
        snprintf(line, sizeof line, "  %-30s%s\n", what, value.c_str());
        *out += line;
    };
    const Order handshake = Ordered(sums.handshakeMs), answer = Ordered(sums.answerMs);
    *out += "sensor-field: " + std::to_string(options.sensors) + " sensors, a report each " +
            Brief(static_cast<double>(options.periodUs) / 1e6) + " s for " +
            Brief(static_cast<double>(options.hoursMilli) / 1e3) + " h, " +
            (options.plain ? std::string("no IPsec") : options.ipsec.ikeSuite + ", " + options.sa) +
            "\n\n";
    add("wakings", std::to_string(sums.wakings));
    add("answered", std::to_string(sums.answered));
    add("handshakes up / begun",
        std::to_string(sums.ready) + " / " + std::to_string(sums.handshakes));
    add("failed: IKE, no answer, busy", std::to_string(sums.ike) + ", " +
                                            std::to_string(sums.noAnswer) + ", " +
                                            std::to_string(sums.busy));
    add("handshake, ms: median, max", Brief(handshake.median) + ", " + Brief(handshake.max));
    add("to the answer, ms", Brief(answer.median) + ", " + Brief(answer.max));
    add("IKE retransmissions", std::to_string(sums.retransmissions));
    add("octets on air a waking", sums.wakings ? Brief(static_cast<double>(sums.air.bytes) /
                                                       static_cast<double>(sums.wakings))
                                               : "-");
    if (!sums.ledger.empty()) {
        add("J a sensor and day", Brief(JoulesADay()));
        add("battery, days", Brief(BatteryDays()));
    }
}

void Finish(Report *report)
{
    SetOptions(report->Options());
    SetFigures(report->Figures());
    SetPage(&report->Page());
    SetTable(&report->table);
}

} // namespace

} // namespace field

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "sensor-field";
    program.question = "how long do sleepy sensors last that set up an SA for each report?";
    program.intro = "Simulates battery-powered sensors around a border router on IEEE 802.15.4 "
                    "with 6LoWPAN in ns-3. Each\n"
                    "wakes by its timer, sets up IKE and Child SA, reports in UDP through ESP, "
                    "takes what the answer\n"
                    "configures, deletes its SAs and sleeps (RFC 7815 1.1).\n";
    program.outro = ", gateway.pcap, key log.";
    program.files = {"handshakes.csv", "nodes.csv", "preferences", "ikev2_decryption_table",
                     "esp_sa"};
    program.options = field::AddOptions;
    program.run = field::Run;
    program.finish = field::Finish;
    return scenario::RunProgram(program, argc, argv);
}
