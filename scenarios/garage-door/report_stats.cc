/* SPDX-License-Identifier: MIT */
#include <algorithm>

#include "report.h"

namespace garage
{

Stats Summarise(std::vector<int64_t> values)
{
    Stats s;
    if (values.empty())
        return s;
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    const int64_t low = values[(n - 1) / 2];
    s.n = static_cast<uint32_t>(n);
    s.min = values.front();
    s.median = low + (values[n / 2] - low) / 2;
    s.p95 = values[(n * 95 + 99) / 100 - 1];
    s.max = values.back();
    return s;
}

/* The time from the press to the moment that `member` names, where it came. */
static std::vector<int64_t> TimesTo(const Run &run, int64_t Press::*member)
{
    std::vector<int64_t> out;
    for (const Press &p : run.presses)
        if (p.*member != kNever)
            out.push_back(p.*member - p.at);
    return out;
}

std::vector<int64_t> AckTimes(const Run &run)
{
    return TimesTo(run, &Press::ackAt);
}

std::vector<int64_t> DoneTimes(const Run &run)
{
    return TimesTo(run, &Press::doneAt);
}

std::vector<int64_t> HandshakeTimes(const Run &run)
{
    return TimesTo(run, &Press::readyAt);
}

static void Add(std::vector<std::pair<std::string, uint64_t>> *sum,
                const std::vector<std::pair<std::string, uint64_t>> &more)
{
    for (const auto &row : more) {
        auto same = std::find_if(sum->begin(), sum->end(),
                                 [&](const auto &r) { return r.first == row.first; });
        if (same == sum->end())
            sum->push_back(row);
        else
            same->second += row.second;
    }
}

static void Add(std::vector<std::pair<std::string, double>> *sum,
                const std::vector<std::pair<std::string, double>> &more)
{
    if (sum->empty())
        *sum = more;
    else
        for (size_t i = 0; i < more.size(); i++)
            (*sum)[i].second += more[i].second;
}

static void Add(NodeTotals *sum, const NodeTotals &more)
{
    sum->frames += more.frames;
    sum->bytes += more.bytes;
    sum->cpuUs += more.cpuUs;
    sum->awakeUs += more.awakeUs;
    sum->saLeft += more.saLeft;
    sum->lost += more.lost;
    sum->duplicates += more.duplicates;
    sum->macRetransmissions += more.macRetransmissions;
    sum->drawnJ += more.drawnJ;
    Add(&sum->counts, more.counts);
    Add(&sum->drops, more.drops);
    Add(&sum->costs, more.costs);
    Add(&sum->ledger, more.ledger);
}

static void Add(Totals *sum, const Totals &more)
{
    sum->handshakesBegun += more.handshakesBegun;
    sum->handshakesOk += more.handshakesOk;
    sum->handshakesFailed += more.handshakesFailed;
    sum->retransmissions += more.retransmissions;
    sum->repeatedAnswers += more.repeatedAnswers;
    sum->commandRetransmissions += more.commandRetransmissions;
    sum->macRetransmissions += more.macRetransmissions;
    sum->frames += more.frames;
    sum->framesLost += more.framesLost;
    sum->duplicates += more.duplicates;
    sum->bytes += more.bytes;
    sum->leds += more.leds;
    sum->cpuUs += more.cpuUs;
    sum->endedAt += more.endedAt;
}

Run Merge(const std::vector<Run> &runs)
{
    Run all = runs.front();
    for (size_t i = 1; i < runs.size(); i++) {
        const Run &run = runs[i];
        all.presses.insert(all.presses.end(), run.presses.begin(), run.presses.end());
        Add(&all.totals, run.totals);
        for (size_t k = 0; k < run.nodes.size(); k++)
            Add(&all.nodes[k], run.nodes[k]);
    }
    return all;
}

bool HasEnergy(const Run &run)
{
    return std::any_of(run.nodes.begin(), run.nodes.end(),
                       [](const NodeTotals &n) { return !n.ledger.empty(); });
}

std::vector<std::pair<std::string, double>> LedgerOf(const Run &run)
{
    std::vector<std::pair<std::string, double>> sum;
    for (const NodeTotals &n : run.nodes)
        Add(&sum, n.ledger);
    return sum;
}

double JoulesPerPress(const Run &run)
{
    double sum = 0;
    for (const NodeTotals &n : run.nodes)
        sum += n.drawnJ;
    return run.presses.empty() ? 0 : sum / static_cast<double>(run.presses.size());
}

double PressesPerBattery(const Run &run)
{
    const double each = JoulesPerPress(run);
    return each > 0 ? static_cast<double>(run.options.power.batteryMj) / 1e3 / each : 0;
}

uint32_t DoorsMoved(const Run &run)
{
    return static_cast<uint32_t>(std::count_if(run.presses.begin(), run.presses.end(),
                                               [](const Press &p) { return p.movedAt != kNever; }));
}

uint32_t HandshakesResumed(const Run &run)
{
    return static_cast<uint32_t>(
        std::count_if(run.presses.begin(), run.presses.end(),
                      [](const Press &p) { return p.resumed && p.readyAt != kNever; }));
}

const char *EventName(EventKind kind)
{
    static const char *const names[] = {
#define GARAGE_EVENT_NAME(id, name) name,
        GARAGE_EVENTS(GARAGE_EVENT_NAME)
#undef GARAGE_EVENT_NAME
    };
    return names[static_cast<size_t>(kind)];
}

const char *ReasonName(Reason reason)
{
    static const char *const names[] = {
#define GARAGE_REASON_NAME(id, name, text) name,
        GARAGE_REASONS(GARAGE_REASON_NAME)
#undef GARAGE_REASON_NAME
    };
    return names[static_cast<size_t>(reason)];
}

const char *ReasonText(Reason reason)
{
    static const char *const texts[] = {
#define GARAGE_REASON_TEXT(id, name, text) text,
        GARAGE_REASONS(GARAGE_REASON_TEXT)
#undef GARAGE_REASON_TEXT
    };
    return texts[static_cast<size_t>(reason)];
}

} // namespace garage
