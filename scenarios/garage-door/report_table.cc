/* SPDX-License-Identifier: MIT */
/* What a person sees when the run is over. */
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <ostream>

#include "report.h"

namespace garage
{

template <typename... Args> static std::string Text(const char *format, Args... args)
{
    char line[256];
    snprintf(line, sizeof line, format, args...);
    return line;
}

/* "12.345" of 12345, for loss in ppm and times in us. */
static std::string Thousandths(int64_t n, int decimals)
{
    return decimals == 1 ? Text("%" PRId64 ".%d", n / 1000, static_cast<int>(n % 1000 / 100))
                         : Text("%" PRId64 ".%03d", n / 1000, static_cast<int>(n % 1000));
}

static std::string Percent(uint32_t ppm)
{
    std::string s = Text("%u.%04u", ppm / 10000, ppm % 10000);
    s.erase(s.find_last_not_of('0') + 1);
    if (s.back() == '.')
        s.pop_back();
    return s + " %";
}

static void PrintTitle(std::ostream &os, const Options &o)
{
    os << Text("garage-door: %u remote%s, %u press%s, %s of frames lost, cpu %s, seed %" PRIu32
               "\n",
               o.remotes, o.remotes == 1 ? "" : "s", o.presses, o.presses == 1 ? "" : "es",
               Percent(static_cast<uint32_t>(o.air.lossPpm)).c_str(), o.power.cpu.c_str(), o.seed);
    if (o.plain)
        os << "plain: no IPsec\n";
    else
        os << "IKE " << o.ikeSuite << ", ESP " << o.espSuite << ", " << o.mode << " mode\n";
}

static void PrintCounts(std::ostream &os, const Run &run)
{
    const Totals &t = run.totals;
    const size_t n = run.presses.size();
    const uint32_t moved = DoorsMoved(run);
    os << Text("\n  %-26s%zu\n", "presses", n);
    os << Text("  %-26s%u (%u %%)\n", "doors moved", moved,
               n ? static_cast<unsigned>(moved * 100 / n) : 0);
    if (!run.options.plain)
        os << Text("  %-26s%u up, %u failed\n", "handshakes", t.handshakesOk, t.handshakesFailed);
    os << Text("  %-26s%u IKE, %u command, %u radio\n", "retransmissions", t.retransmissions,
               t.commandRetransmissions, t.macRetransmissions);
    os << Text("  %-26s%u IKE, %u radio, dropped as such\n", "answers again, duplicates",
               t.repeatedAnswers, t.duplicates);
    os << Text("  %-26s%u\n", "LED blinks", t.leds);
}

/* A line for each reason of the presses that have one and whose door has moved, or has not. */
static bool PrintReasons(std::ostream &os, const Run &run, const char *head, bool moved)
{
    bool any = false;
    for (Reason r : {
#define GARAGE_REASON_ITEM(id, name, text) Reason::id,
             GARAGE_REASONS(GARAGE_REASON_ITEM)
#undef GARAGE_REASON_ITEM
         }) {
        const auto n = std::count_if(run.presses.begin(), run.presses.end(), [&](const Press &p) {
            return p.reason == r && (p.movedAt != kNever) == moved;
        });
        if (r == Reason::None || n == 0)
            continue;
        os << Text("  %-26s%d  %s\n", any ? "" : head, static_cast<int>(n), ReasonText(r));
        any = true;
    }
    return any;
}

static void PrintFailures(std::ostream &os, const Run &run)
{
    if (!PrintReasons(os, run, "failed presses", false))
        os << Text("  %-26snone\n", "failed presses");
    PrintReasons(os, run, "moved, end not seen", true);
}

static void PrintRow(std::ostream &os, const char *what, const std::vector<int64_t> &values,
                     bool times)
{
    const Stats s = Summarise(values);
    os << Text("  %-26s", what);
    for (int64_t v : {s.min, s.median, s.p95, s.max}) {
        const std::string cell = s.n == 0 ? "-" : times ? Thousandths(v, 1) : Text("%" PRId64, v);
        os << Text("%12s", cell.c_str());
    }
    os << "\n";
}

template <typename Member> static std::vector<int64_t> Of(const Run &run, Member member)
{
    std::vector<int64_t> values;
    for (const Press &p : run.presses)
        values.push_back(static_cast<int64_t>(p.*member));
    return values;
}

static void PrintFigures(std::ostream &os, const Run &run)
{
    os << Text("\n  %-26s%12s%12s%12s%12s\n", "of a press", "min", "median", "p95", "max");
    if (!run.options.plain)
        PrintRow(os, "handshake, ms", HandshakeTimes(run), true);
    PrintRow(os, "to acknowledgement, ms", AckTimes(run), true);
    PrintRow(os, "to done, ms", DoneTimes(run), true);
    PrintRow(os, "frames on air", Of(run, &Press::frames), false);
    PrintRow(os, "bytes on air", Of(run, &Press::bytes), false);
    PrintRow(os, "CPU time of remote, ms", Of(run, &Press::cpuUs), true);
}

static void PrintEnergy(std::ostream &os, const Run &run)
{
    if (!HasEnergy(run))
        return;
    const double presses = static_cast<double>(run.presses.size());
    os << Text("\n  %-26s%12.3f  of %s, radio %s; %.0f presses a battery\n", "energy a press, mJ",
               1e3 * JoulesPerPress(run), run.options.power.cpu.c_str(),
               run.options.power.radio.c_str(), PressesPerBattery(run));
    for (const auto &row : LedgerOf(run))
        os << Text("  %-26s%12.3f\n", row.first.c_str(), 1e3 * row.second / presses);
}

void PrintTable(std::ostream &os, const Run &run)
{
    PrintTitle(os, run.options);
    PrintCounts(os, run);
    PrintFailures(os, run);
    PrintFigures(os, run);
    PrintEnergy(os, run);
}

} // namespace garage
