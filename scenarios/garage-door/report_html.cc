/* SPDX-License-Identifier: MIT */
/* report.html: the figures, how they are spread, where the energy goes, and the timeline. */
#include <sstream>

#include "chart.h"
#include "html.h"
#include "json.h"
#include "report.h"
#include "stats.h"

namespace garage
{

using namespace scenario;

namespace
{

std::vector<double> Scaled(const std::vector<int64_t> &values, double unit)
{
    std::vector<double> out;
    for (int64_t value : values)
        out.push_back(static_cast<double>(value) * unit);
    return out;
}

void AddTimes(Html *html, const Run &run)
{
    std::vector<Series> series;
    if (!run.options.plain)
        series.push_back(Distribution("handshake", Scaled(HandshakeTimes(run), 1e-6)));
    series.push_back(Distribution("to the acknowledgement", Scaled(AckTimes(run), 1e-6)));
    series.push_back(Distribution("to the last message", Scaled(DoneTimes(run), 1e-6)));
    Axes axes;
    axes.title = "How long a press takes";
    axes.x = "time from the press, s";
    axes.y = "fraction of presses";
    axes.yMax = 1;
    html->Heading("Times");
    html->Svg(LineChart(axes, series));
}

void AddEnergy(Html *html, const Run &run)
{
    if (!HasEnergy(run))
        return;
    std::vector<std::string> parts;
    std::vector<Bar> bars;
    for (const auto &row : LedgerOf(run))
        parts.push_back(row.first);
    for (const NodeTotals &n : run.nodes) {
        Bar bar;
        bar.name = n.name;
        for (const auto &row : n.ledger)
            bar.parts.push_back(row.second);
        if (!n.ledger.empty() && bars.size() < 20)
            bars.push_back(bar);
    }
    html->Heading("Energy");
    html->Facts({{"energy a press, mJ", Brief(1e3 * JoulesPerPress(run))},
                 {"presses a battery of " +
                      Brief(static_cast<double>(run.options.power.batteryMj) / 1e3) + " J",
                  Brief(PressesPerBattery(run))}});
    html->Svg(StackedBars("What each remote's battery gave", "energy, J", parts, bars));
}

void AddRuns(Html *html, const std::vector<Run> &runs)
{
    if (runs.size() < 2)
        return;
    std::vector<std::vector<std::string>> rows;
    for (size_t r = 0; r < runs.size() && r < 100; r++) {
        const Run &run = runs[r];
        rows.push_back({std::to_string(r + 1), std::to_string(run.presses.size()),
                        std::to_string(DoorsMoved(run)), std::to_string(run.totals.handshakesOk),
                        std::to_string(run.totals.retransmissions),
                        HasEnergy(run) ? Brief(1e3 * JoulesPerPress(run)) : "-"});
    }
    html->Heading("Runs");
    html->Table({"run", "presses", "doors moved", "handshakes", "IKE retransmissions",
                 "energy a press, mJ"},
                rows);
}

void AddHow(Html *html, const Options &options, size_t runs)
{
    json_t *own = OptionsObject(options), *air = AirObject(options.air),
           *power = PowerObject(options.power);
    html->Heading("How it was run");
    html->Facts(HowItWasRun(options.seed, runs, {own, air, power}));
    for (json_t *j : {own, air, power})
        json_decref(j);
}

} // namespace

bool WriteReportHtml(const std::string &dir, const Run &run, const std::vector<Run> &runs)
{
    Html html("garage-door: joules and seconds of a press");
    std::ostringstream table;
    PrintTable(table, run);
    std::istringstream lines(table.str());
    std::string line;
    std::getline(lines, line);
    html.Paragraph(line);
    if (std::getline(lines, line))
        html.Paragraph(line);
    const Proportion moved = ProportionOf(DoorsMoved(run), run.presses.size());
    html.Facts({{"presses", std::to_string(run.presses.size())},
                {"doors moved, % (95 % interval)", Brief(100 * moved.value) + " (" +
                                                       Brief(100 * moved.low) + " to " +
                                                       Brief(100 * moved.high) + ")"},
                {"handshakes up / failed", std::to_string(run.totals.handshakesOk) + " / " +
                                               std::to_string(run.totals.handshakesFailed)},
                {"IKE requests sent again on time-out", std::to_string(run.totals.retransmissions)},
                {"802.15.4 frames, lost, sent again",
                 std::to_string(run.totals.frames) + ", " + std::to_string(run.totals.framesLost) +
                     ", " + std::to_string(run.totals.macRetransmissions)}});
    AddTimes(&html, run);
    AddEnergy(&html, run);
    AddRuns(&html, runs);
    html.Heading("Timeline of the first run");
    html.SvgFile(dir + "/timeline.svg");
    AddHow(&html, run.options, runs.size());
    return html.Write(dir + "/report.html");
}

} // namespace garage
