/* SPDX-License-Identifier: MIT */
/* summary.json: keys in the order written here, numbers that print alike everywhere. */
#include <jansson.h>

#include "report.h"

namespace garage
{

static json_t *Ms(int64_t us)
{
    return us == kNever ? json_null() : json_real(static_cast<double>(us) / 1000.0);
}

static json_t *Number(uint64_t n)
{
    return json_integer(static_cast<json_int_t>(n));
}

/* min, median, p95 and max are null where there is nothing to count. */
static json_t *StatsObject(const std::vector<int64_t> &values, bool times)
{
    const Stats s = Summarise(values);
    auto value = [&](int64_t v) {
        return s.n == 0 ? json_null() : times ? Ms(v) : json_integer(v);
    };
    json_t *o = json_object();
    json_object_set_new(o, "n", Number(s.n));
    json_object_set_new(o, "min", value(s.min));
    json_object_set_new(o, "median", value(s.median));
    json_object_set_new(o, "p95", value(s.p95));
    json_object_set_new(o, "max", value(s.max));
    return o;
}

template <typename Member> static json_t *PressStats(const Run &run, Member member, bool times)
{
    std::vector<int64_t> values;
    for (const Press &p : run.presses)
        values.push_back(static_cast<int64_t>(p.*member));
    return StatsObject(values, times);
}

static json_t *OptionsObject(const Options &o)
{
    json_t *j = json_object();
    json_object_set_new(j, "remotes", Number(o.remotes));
    json_object_set_new(j, "presses", Number(o.presses));
    json_object_set_new(j, "interval_ms", Ms(o.intervalUs));
    json_object_set_new(j, "loss_ppm", Number(o.lossPpm));
    json_object_set_new(j, "delay_ms", Ms(o.delayUs));
    json_object_set_new(j, "cpu", json_string(o.cpu.c_str()));
    json_object_set_new(j, "plain", json_boolean(o.plain));
    json_object_set_new(j, "mode", o.plain ? json_null() : json_string(o.mode.c_str()));
    json_object_set_new(j, "ike_suite", o.plain ? json_null() : json_string(o.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", o.plain ? json_null() : json_string(o.espSuite.c_str()));
    return j;
}

static json_t *FailuresObject(const Run &run)
{
    json_t *j = json_object();
#define GARAGE_REASON_COUNT(id, name, text)                                                        \
    if (Reason::id != Reason::None) {                                                              \
        uint64_t n = 0;                                                                            \
        for (const Press &p : run.presses)                                                         \
            n += p.reason == Reason::id;                                                           \
        json_object_set_new(j, name, Number(n));                                                   \
    }
    GARAGE_REASONS(GARAGE_REASON_COUNT)
#undef GARAGE_REASON_COUNT
    return j;
}

static json_t *PairsObject(const std::vector<std::pair<std::string, uint64_t>> &pairs)
{
    json_t *j = json_object();
    for (const auto &p : pairs)
        json_object_set_new(j, p.first.c_str(), Number(p.second));
    return j;
}

static json_t *NodesArray(const Run &run)
{
    json_t *a = json_array();
    for (const NodeTotals &n : run.nodes) {
        json_t *j = json_object();
        json_object_set_new(j, "name", json_string(n.name.c_str()));
        json_object_set_new(j, "frames", Number(n.frames));
        json_object_set_new(j, "bytes", Number(n.bytes));
        json_object_set_new(j, "cpu_ms", Ms(n.cpuUs));
        json_object_set_new(j, "awake_ms", Ms(n.awakeUs));
        json_object_set_new(j, "sas_left", Number(n.saLeft));
        json_object_set_new(j, "counts", PairsObject(n.counts));
        json_object_set_new(j, "drops", PairsObject(n.drops));
        json_object_set_new(j, "costs", PairsObject(n.costs));
        json_array_append_new(a, j);
    }
    return a;
}

/* Octets of all presses by their number, to the nearest; what no press caused is not in it. */
static uint64_t BytesPerPress(const Run &run)
{
    uint64_t sum = 0;
    for (const Press &p : run.presses)
        sum += p.bytes;
    const uint64_t n = run.presses.size();
    return n == 0 ? 0 : (sum + n / 2) / n;
}

static void SetCounts(json_t *j, const Run &run)
{
    const Totals &t = run.totals;
    json_object_set_new(j, "presses", Number(run.presses.size()));
    json_object_set_new(j, "doors_moved", Number(DoorsMoved(run)));
    json_object_set_new(j, "presses_done", Number(DoneTimes(run).size()));
    json_object_set_new(j, "failures", FailuresObject(run));
    json_object_set_new(j, "handshakes_begun", Number(t.handshakesBegun));
    json_object_set_new(j, "handshakes_ok", Number(t.handshakesOk));
    json_object_set_new(j, "handshakes_failed", Number(t.handshakesFailed));
    json_object_set_new(j, "retransmissions", Number(t.retransmissions));
    json_object_set_new(j, "command_retransmissions", Number(t.commandRetransmissions));
    json_object_set_new(j, "mac_retransmissions", Number(t.macRetransmissions));
    json_object_set_new(j, "leds", Number(t.leds));
}

static void SetFigures(json_t *j, const Run &run)
{
    json_object_set_new(j, "handshake_ms", StatsObject(HandshakeTimes(run), true));
    json_object_set_new(j, "ack_ms", StatsObject(AckTimes(run), true));
    json_object_set_new(j, "done_ms", StatsObject(DoneTimes(run), true));
    json_object_set_new(j, "bytes_on_air_per_press", Number(BytesPerPress(run)));
    json_object_set_new(j, "press_bytes", PressStats(run, &Press::bytes, false));
    json_object_set_new(j, "press_frames", PressStats(run, &Press::frames, false));
    json_object_set_new(j, "press_cpu_ms", PressStats(run, &Press::cpuUs, true));
    json_object_set_new(j, "frames_on_air", Number(run.totals.frames));
    json_object_set_new(j, "frames_lost", Number(run.totals.framesLost));
    json_object_set_new(j, "bytes_on_air", Number(run.totals.bytes));
    json_object_set_new(j, "cpu_ms", Ms(run.totals.cpuUs));
    json_object_set_new(j, "ended_ms", Ms(run.totals.endedAt));
}

bool WriteSummaryJson(const std::string &dir, const Run &run)
{
    json_t *j = json_object();
    json_object_set_new(j, "schema", json_string(kSchema));
    json_object_set_new(j, "seed", Number(run.options.seed));
    json_object_set_new(j, "options", OptionsObject(run.options));
    SetCounts(j, run);
    SetFigures(j, run);
    json_object_set_new(j, "nodes", NodesArray(run));

    /* 15 significant digits: all of a time in ms, none of the noise of binary fractions. */
    const bool good = json_dump_file(j, (dir + "/summary.json").c_str(),
                                     JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0;
    json_decref(j);
    return good;
}

} // namespace garage
