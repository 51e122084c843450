/* SPDX-License-Identifier: MIT */
/* handshake-loss: success and latency of an IKEv2 handshake against loss on the air. See --help. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>

#include "ns3/config.h"
#include "ns3/lr-wpan-mac-header.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"

namespace loss
{

using namespace ns3;
using namespace scenario;

namespace
{

struct Options {
    std::string losses = "0,10,20,30,40,50,60,70,80,90";
    std::vector<int64_t> ppm;
    uint32_t handshakes = 200, nonce = 32;
    AirOptions air;
    PowerOptions power;
    IpsecOptions ipsec;
};
Options options;

std::string ReadLosses(const std::string &text)
{
    std::istringstream words(text);
    std::string word;
    options.ppm.clear();
    while (std::getline(words, word, ',')) {
        int64_t ppm = 0;
        if (!ReadDecimal(word, 4, &ppm) || ppm > 1'000'000)
            return "must be per cents from 0 to 100 with commas between";
        options.ppm.push_back(ppm);
    }
    options.losses = text;
    return options.ppm.empty() || options.ppm.size() > 100 ? "must be 1 to 100 numbers" : "";
}

void AddOptions(OptionTable *table)
{
    ReadLosses(options.losses);
    table->Add("losses", "LIST",
               "per cents of frames lost, with commas between: a point of the curve each, instead "
               "of --loss (default " +
                   options.losses + ")",
               ReadLosses);
    table->AddCount("handshakes", "at each point", 1, 100000, &options.handshakes);
    table->AddCount("nonce",
                    "octets of nonces (RFC 7296 2.10): what makes a message longer and "
                    "computing no dearer",
                    16, 255, &options.nonce);
    AddAirOptions(table, &options.air);
    AddPowerOptions(table, &options.power, "station");
    AddIpsecOptions(table, &options.ipsec);
}

/* Into how many fragments of 6LoWPAN (RFC 4944 5.3) a datagram goes: the most of all that are seen.
 */
class Fragments
{
  public:
    void See(const Frame &frame)
    {
        constexpr uint32_t kFirst = 0xc0, kNext = 0xe0, kKind = 0xf8;
        LrWpanMacHeader header;
        Ptr<Packet> packet = frame.packet->Copy();
        packet->RemoveHeader(header);
        uint8_t head[5] = {};
        if (frame.ack || packet->GetSize() < sizeof head)
            return;
        packet->CopyData(head, sizeof head);
        const uint32_t kind = head[0] & kKind;
        if (kind != kFirst && kind != kNext)
            return;
        const uint32_t datagram = frame.node << 16 | static_cast<uint32_t>(head[2] << 8 | head[3]);
        if (datagram != m_datagram)
            m_offsets.clear();
        m_datagram = datagram;
        m_offsets.insert(kind == kFirst ? 0 : head[4]);
        most = std::max(most, static_cast<uint32_t>(m_offsets.size()));
    }

    uint32_t most = 1;

  private:
    uint32_t m_datagram = UINT32_MAX; /* the sender and its tag */
    std::set<uint32_t> m_offsets;
};

/* ---- one point of the curve ------------------------------------------------------------------ */

struct Handshake {
    int64_t at = 0, endUs = 0;
    bool ok = false;
    uint32_t retransmissions = 0, answers = 0; /* requests, and answers, sent again */
    uint64_t frames = 0, bytes = 0;
    double joules = 0;
};

class Point
{
  public:
    Point(int64_t ppm, const std::string &dir) : m_field(AirOf(ppm), 1, dir, "station", true)
    {
        m_ipsec = std::make_unique<FieldIpsec>(&m_field, options.ipsec, options.power, "udp/4713",
                                               "station", dir);
        m_batteries = InstallBatteries(m_field, options.power, {m_ipsec->Station(1)});
        Ptr<IkeletNode> station = m_ipsec->Station(1), gateway = m_ipsec->Gateway();
        station->TraceConnectWithoutContext("ChildUp", MakeCallback(&Point::OnUp, this));
        station->TraceConnectWithoutContext("Failed", MakeCallback(&Point::OnFailed, this));
        station->TraceConnectWithoutContext("Radio", MakeCallback(&IkeletRadio::Switch, Radio()));
        for (Ptr<IkeletNode> ike : {station, gateway})
            ike->TraceConnectWithoutContext("Tx", MakeCallback(&Point::OnTx, this));
        m_field.onFrame = [this](const Frame &frame) { fragments.See(frame); };
        Simulator::Schedule(MicroSeconds(uint64_t{kIpsecStartUs} + 1'000'000), &Point::Begin, this);
    }
    ~Point()
    {
        m_batteries.clear();
        Simulator::Destroy();
    }
    Point(const Point &) = delete;
    Point &operator=(const Point &) = delete;

    bool Run()
    {
        Simulator::Run();
        return m_ipsec->Close();
    }

    const Field &GetField() const
    {
        return m_field;
    }
    const std::vector<IkeletEnergy> &Batteries() const
    {
        return m_batteries;
    }

    std::vector<Handshake> handshakes;
    Fragments fragments;

  private:
    static AirOptions AirOf(int64_t ppm)
    {
        AirOptions air = options.air;
        air.lossPpm = ppm;
        return air;
    }

    Ptr<IkeletRadio> Radio() const
    {
        return m_field.RadioOf(m_field.NodeOfStation(1));
    }

    double Drawn() const
    {
        return m_batteries.empty() ? 0 : m_batteries[0].Drawn();
    }

    /* Both ends begin with nothing: half-open SAs of the one before would fill the pool. */
    void Begin()
    {
        m_ipsec->Gateway()->Cut();
        m_ipsec->Gateway()->Wake();
        handshakes.emplace_back();
        handshakes.back().at = Simulator::Now().GetMicroSeconds();
        m_before = m_field.Total();
        m_joulesBefore = Drawn();
        m_sent.clear();
        m_open = true;
        m_ipsec->Station(1)->Wake();
        m_ipsec->Station(1)->Up();
    }

    /* The last answer's acknowledgement may still be on its way. */
    void End(bool ok)
    {
        if (!m_open)
            return;
        m_open = false;
        Handshake &h = handshakes.back();
        const AirCount now = m_field.Total();
        h.ok = ok;
        h.endUs = Simulator::Now().GetMicroSeconds();
        h.frames = now.frames - m_before.frames;
        h.bytes = now.bytes - m_before.bytes;
        h.joules = Drawn() - m_joulesBefore;
        Simulator::Schedule(MilliSeconds(50), &IkeletNode::Cut, m_ipsec->Station(1));
        if (handshakes.size() < options.handshakes)
            Simulator::Schedule(Seconds(1), &Point::Begin, this);
        else
            Simulator::Stop(Seconds(1));
    }

    void OnUp(uint16_t)
    {
        End(true);
    }
    void OnFailed(uint8_t, uint8_t, uint16_t, uint16_t)
    {
        End(false);
    }

    void OnTx(Ptr<const Packet> datagram, const struct ik_path &path)
    {
        IkeMessage message;
        if (!m_open || !ReadIkeMessage(datagram, path, &message))
            return;
        uint32_t key = message.exchange * 4u + message.msgid * 2u + message.response;
        if (m_sent[key]++ > 0)
            (message.response ? handshakes.back().answers : handshakes.back().retransmissions)++;
    }

    Field m_field;
    std::unique_ptr<FieldIpsec> m_ipsec;
    std::vector<IkeletEnergy> m_batteries;
    AirCount m_before;
    double m_joulesBefore = 0;
    std::map<uint32_t, uint32_t> m_sent;
    bool m_open = false;
};

/* ---- figures --------------------------------------------------------------------------------- */

struct Sums {
    uint64_t n = 0, ok = 0, retransmissions = 0, answers = 0;
    uint32_t fragments = 0; /* of the largest datagram */
    std::vector<double> ms, bytes, millijoules;
};
std::map<int64_t, Sums> sums;

void Add(uint32_t run, int64_t ppm, const std::vector<Handshake> &handshakes, Report *report)
{
    Csv &rows = report->Table("handshakes", {"run", "loss_percent", "number", "ok", "handshake_ms",
                                             "ike_retransmissions", "repeated_answers", "frames",
                                             "bytes", "energy_mj"});
    Sums &s = sums[ppm];
    uint64_t number = 0;
    for (const Handshake &h : handshakes) {
        const double ms = static_cast<double>(h.endUs - h.at) / 1e3;
        const bool energy = h.joules > 0;
        s.n++;
        s.ok += h.ok;
        s.retransmissions += h.retransmissions;
        s.answers += h.answers;
        s.bytes.push_back(static_cast<double>(h.bytes));
        if (h.ok)
            s.ms.push_back(ms);
        if (energy)
            s.millijoules.push_back(1e3 * h.joules);
        rows.Row({std::to_string(run), Cell(static_cast<double>(ppm) / 1e4, 4),
                  std::to_string(++number), std::to_string(h.ok), Cell(h.ok ? ms : NAN),
                  std::to_string(h.retransmissions), std::to_string(h.answers),
                  std::to_string(h.frames), std::to_string(h.bytes),
                  Cell(energy ? 1e3 * h.joules : NAN, 6)});
    }
}

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    if (options.nonce != Options().nonce)
        Config::SetDefault("ns3::IkeletNode::NonceLength", UintegerValue(options.nonce));
    bool good = dir.empty() || Field::WritePreferences(dir);
    for (size_t i = 0; i < options.ppm.size(); i++) {
        Tally tally(report, run, Cell(static_cast<double>(options.ppm[i]) / 1e4, 4) + "% lost");
        Point point(options.ppm[i], i + 1 == options.ppm.size() ? dir : "");
        tally.Follow(point.GetField());
        good = point.Run() && good;
        tally.Write(&point.GetField(), point.Batteries(), {}, false);
        Add(run, options.ppm[i], point.handshakes, report);
        sums[options.ppm[i]].fragments =
            std::max(sums[options.ppm[i]].fragments, point.fragments.most);
        uint64_t ok = 0;
        for (const Handshake &h : point.handshakes)
            ok += h.ok;
        report->OfRun(
            run, "ok_rate_at_" + Cell(static_cast<double>(options.ppm[i]) / 1e4, 0) + "_percent",
            static_cast<double>(ok) / static_cast<double>(point.handshakes.size()));
    }
    return good;
}

/* ---- the report ------------------------------------------------------------------------------ */

json_t *PointObject(int64_t ppm, const Sums &s)
{
    json_t *j = json_object();
    json_object_set_new(j, "loss_percent", Real(static_cast<double>(ppm) / 1e4, 4));
    json_object_set_new(j, "ok", ProportionObject(s.ok, s.n));
    json_object_set_new(j, "handshake_ms", OrderObject(s.ms));
    json_object_set_new(j, "handshake_mean_ms", MeanObject(s.ms, 3));
    json_object_set_new(j, "ike_retransmissions_per_handshake",
                        Real(static_cast<double>(s.retransmissions) / static_cast<double>(s.n)));
    json_object_set_new(j, "repeated_answers_per_handshake",
                        Real(static_cast<double>(s.answers) / static_cast<double>(s.n)));
    json_object_set_new(j, "fragments_of_largest_datagram", Number(s.fragments));
    json_object_set_new(j, "bytes_on_air", MeanObject(s.bytes, 3));
    json_object_set_new(j, "energy_mj", MeanObject(s.millijoules, 6));
    return j;
}

void SetOptions(json_t *j)
{
    json_object_set_new(j, "losses", json_string(options.losses.c_str()));
    json_object_set_new(j, "handshakes", Number(options.handshakes));
    json_object_set_new(j, "nonce_octets", Number(options.nonce));
    json_object_set_new(j, "ike_suite", json_string(options.ipsec.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", json_string(options.ipsec.espSuite.c_str()));
    json_object_set_new(j, "ike_timeout_ms",
                        Real(static_cast<double>(options.ipsec.ikeTimeoutUs) / 1e3, 3));
    json_object_set_new(j, "ike_tries", Number(options.ipsec.ikeTries));
    json_object_set_new(j, "gateway_cpu", json_string(options.ipsec.gatewayCpu.c_str()));
}

void SetPage(Html *page)
{
    Series ok, median, p95, bytes;
    ok.name = "handshakes that succeed, with 95 % interval";
    median.name = "median";
    p95.name = "95th percentile";
    bytes.name = "octets on air, mean";
    ok.dots = median.dots = p95.dots = bytes.dots = true;
    std::vector<std::vector<std::string>> rows;
    for (const auto &[ppm, s] : sums) {
        const double x = static_cast<double>(ppm) / 1e4;
        const Proportion p = ProportionOf(s.ok, s.n);
        const Order o = Ordered(s.ms);
        ok.x.push_back(x);
        ok.y.push_back(100 * p.value);
        ok.low.push_back(100 * p.low);
        ok.high.push_back(100 * p.high);
        if (o.n > 0) {
            median.x.push_back(x);
            median.y.push_back(o.median / 1e3);
        }
        if (o.hasP95) {
            p95.x.push_back(x);
            p95.y.push_back(o.p95 / 1e3);
        }
        bytes.x.push_back(x);
        bytes.y.push_back(MeanOf(s.bytes).mean);
        rows.push_back({Brief(x), std::to_string(s.n), Brief(100 * p.value),
                        Brief(100 * p.low) + " to " + Brief(100 * p.high),
                        o.n ? Brief(o.median) : "-", o.hasP95 ? Brief(o.p95) : "-",
                        Brief(static_cast<double>(s.retransmissions) / static_cast<double>(s.n)),
                        Brief(MeanOf(s.bytes).mean)});
    }
    page->Paragraph(
        "Loss model " + options.air.lossModel + ", " + Counted(options.air.hops, "hop") + ", " +
        std::to_string(options.air.frameRetries) + " retries of the MAC, one-way delay " +
        Brief(static_cast<double>(options.air.delayUs) / 1e3) + " ms, " + options.ipsec.ikeSuite);
    Axes axes;
    axes.x = "frames lost, %";
    axes.title = "Success against loss";
    axes.y = "handshakes, %";
    axes.yMax = 100;
    page->Svg(LineChart(axes, {ok}));
    axes.title = "Latency of those that succeed";
    axes.y = "handshake, s";
    axes.yMax = 0;
    page->Svg(LineChart(axes, {median, p95}));
    axes.title = "Octets on air, both ends, failed ones too";
    axes.y = "octets a handshake";
    page->Svg(LineChart(axes, {bytes}));
    page->Table({"lost, %", "handshakes", "up, %", "95 % interval", "median, ms", "p95, ms",
                 "retransmissions each", "octets each"},
                rows);
}

void Finish(Report *report)
{
    SetOptions(report->Options());
    json_object_set_new(report->Figures(), "air", AirObject(options.air));
    json_object_set_new(report->Figures(), "power", PowerObject(options.power));
    json_t *points = json_array();
    char line[200];
    report->table = "handshake-loss: " + std::to_string(options.handshakes) +
                    " handshakes a point, loss model " + options.air.lossModel + ", " +
                    options.ipsec.ikeSuite +
                    "\n\n  lost, %   up, %   median, ms   retransmissions each   octets each\n";
    for (const auto &[ppm, s] : sums) {
        json_array_append_new(points, PointObject(ppm, s));
        const Proportion p = ProportionOf(s.ok, s.n);
        const Order o = Ordered(s.ms);
        snprintf(line, sizeof line, "  %7s %7s %12s %22s %13s\n",
                 Brief(static_cast<double>(ppm) / 1e4).c_str(), Brief(100 * p.value).c_str(),
                 o.n ? Brief(o.median).c_str() : "-",
                 Brief(static_cast<double>(s.retransmissions) / static_cast<double>(s.n)).c_str(),
                 Brief(MeanOf(s.bytes).mean).c_str());
        report->table += line;
    }
    json_object_set_new(report->Figures(), "points", points);
    SetPage(&report->Page());
}

} // namespace

} // namespace loss

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "handshake-loss";
    program.question = "what does loss on the air do to an IKEv2 handshake?";
    program.intro = "Sets up IKE and Child SA again and again between a station and a border "
                    "router on IEEE 802.15.4 with\n"
                    "6LoWPAN in ns-3, at several rates of lost frames: how many succeed, after how "
                    "long, at what cost.\n";
    program.outro = ", pcap files and key log of the last point.";
    program.files = {"handshakes.csv", "nodes.csv", "preferences", "ikev2_decryption_table",
                     "esp_sa"};
    program.options = loss::AddOptions;
    program.run = loss::Run;
    program.finish = loss::Finish;
    return scenario::RunProgram(program, argc, argv);
}
