/* SPDX-License-Identifier: MIT */
/* summary.json of one run or several. */
#include <algorithm>

#include "json.h"
#include "report.h"

namespace garage
{

using namespace scenario;

static json_t *Ms(int64_t us)
{
    return us == kNever ? json_null() : Real(static_cast<double>(us) / 1000, 3);
}

static std::vector<double> Thousandths(const std::vector<int64_t> &values)
{
    std::vector<double> out;
    for (int64_t value : values)
        out.push_back(static_cast<double>(value) / 1000);
    return out;
}

template <typename Member> static json_t *PressStats(const Run &run, Member member, double unit)
{
    std::vector<double> values;
    for (const Press &p : run.presses)
        values.push_back(static_cast<double>(p.*member) * unit);
    return OrderObject(values);
}

json_t *OptionsObject(const Options &o)
{
    json_t *j = json_object();
    json_object_set_new(j, "remotes", Number(o.remotes));
    json_object_set_new(j, "presses", Number(o.presses));
    json_object_set_new(j, "interval_ms", Ms(o.intervalUs));
    json_object_set_new(j, "loss_ppm", Number(static_cast<uint64_t>(o.air.lossPpm)));
    json_object_set_new(j, "delay_ms", Ms(o.air.delayUs));
    json_object_set_new(j, "cpu", json_string(o.power.cpu.c_str()));
    json_object_set_new(j, "plain", json_boolean(o.plain));
    json_object_set_new(j, "mode", o.plain ? json_null() : json_string(o.mode.c_str()));
    json_object_set_new(j, "sa", o.plain ? json_null() : json_string(o.sa.c_str()));
    json_object_set_new(j, "ike_suite", o.plain ? json_null() : json_string(o.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", o.plain ? json_null() : json_string(o.espSuite.c_str()));
    json_object_set_new(j, "ike_timeout_ms", Ms(o.ikeTimeoutUs));
    json_object_set_new(j, "brief", json_boolean(o.brief));
    json_object_set_new(j, "key_ahead", json_boolean(o.keyAhead));
    json_object_set_new(j, "ike_jitter_percent", Number(o.ikeJitter));
    json_object_set_new(j, "patience_ms", Ms(o.patienceUs));
    if (!o.firmware.empty())
        json_object_set_new(j, "firmware", json_string(o.firmware == "core" ? "core" : "image"));
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

static json_t *NodesArray(const Run &run)
{
    json_t *a = json_array();
    for (const NodeTotals &n : run.nodes) {
        json_t *j = json_object();
        json_object_set_new(j, "name", json_string(n.name.c_str()));
        json_object_set_new(j, "frames", Number(n.frames));
        json_object_set_new(j, "bytes", Number(n.bytes));
        json_object_set_new(j, "frames_lost", Number(n.lost));
        json_object_set_new(j, "frames_duplicate", Number(n.duplicates));
        json_object_set_new(j, "mac_retransmissions", Number(n.macRetransmissions));
        json_object_set_new(j, "cpu_ms", Ms(n.cpuUs));
        json_object_set_new(j, "awake_ms", Ms(n.awakeUs));
        json_object_set_new(j, "energy_drawn_mj",
                            n.ledger.empty() ? json_null() : Real(1e3 * n.drawnJ));
        json_object_set_new(j, "sas_left", Number(n.saLeft));
        json_object_set_new(j, "counts", CountsObject(n.counts));
        json_object_set_new(j, "drops", CountsObject(n.drops));
        json_object_set_new(j, "costs", CountsObject(n.costs));
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
    json_object_set_new(j, "handshakes_resumed", Number(HandshakesResumed(run)));
    json_object_set_new(j, "handshakes_failed", Number(t.handshakesFailed));
    json_object_set_new(j, "retransmissions", Number(t.retransmissions));
    json_object_set_new(j, "repeated_answers", Number(t.repeatedAnswers));
    json_object_set_new(j, "command_retransmissions", Number(t.commandRetransmissions));
    json_object_set_new(j, "mac_retransmissions", Number(t.macRetransmissions));
    json_object_set_new(j, "leds", Number(t.leds));
}

static void SetFigures(json_t *j, const Run &run)
{
    json_object_set_new(j, "handshake_ms", OrderObject(Thousandths(HandshakeTimes(run))));
    json_object_set_new(j, "ack_ms", OrderObject(Thousandths(AckTimes(run))));
    json_object_set_new(j, "done_ms", OrderObject(Thousandths(DoneTimes(run))));
    json_object_set_new(j, "bytes_on_air_per_press", Number(BytesPerPress(run)));
    json_object_set_new(j, "press_bytes", PressStats(run, &Press::bytes, 1));
    json_object_set_new(j, "press_frames", PressStats(run, &Press::frames, 1));
    json_object_set_new(j, "press_cpu_ms", PressStats(run, &Press::cpuUs, 1e-3));
    json_object_set_new(j, "frames_on_air", Number(run.totals.frames));
    json_object_set_new(j, "frames_lost", Number(run.totals.framesLost));
    json_object_set_new(j, "frames_duplicate", Number(run.totals.duplicates));
    json_object_set_new(j, "bytes_on_air", Number(run.totals.bytes));
    json_object_set_new(j, "cpu_ms", Ms(run.totals.cpuUs));
    json_object_set_new(j, "ended_ms", Ms(run.totals.endedAt));
}

/* ---- energy ---------------------------------------------------------------------------------- */

/* By phase: of all remotes, and of each. */
static json_t *LedgersObject(const Run &run)
{
    json_t *j = json_object();
    json_object_set_new(j, "all", LedgerObject(LedgerOf(run)));
    for (const NodeTotals &n : run.nodes) {
        if (!n.ledger.empty())
            json_object_set_new(j, n.name.c_str(), LedgerObject(n.ledger));
    }
    return j;
}

static void SetEnergy(json_t *j, const Run &run)
{
    const bool known = HasEnergy(run);
    json_object_set_new(j, "energy_mj_per_press",
                        known ? Real(1e3 * JoulesPerPress(run)) : json_null());
    json_object_set_new(j, "press_energy_mj",
                        known ? PressStats(run, &Press::joules, 1e3) : json_null());
    std::vector<double> handshakes;
    for (const Press &p : run.presses) {
        if (p.readyAt != kNever)
            handshakes.push_back(1e3 * p.handshakeJoules);
    }
    json_object_set_new(j, "handshake_energy_mj", known ? OrderObject(handshakes) : json_null());
    json_object_set_new(j, "energy_ledger_mj", known ? LedgersObject(run) : json_null());
    json_object_set_new(j, "presses_per_battery",
                        known ? Real(PressesPerBattery(run), 0) : json_null());
}

/* ---- runs ------------------------------------------------------------------------------------ */

static json_t *RunsObject(const std::vector<Run> &runs)
{
    std::vector<double> handshake, ack, bytes, energy;
    uint64_t moved = 0, done = 0, presses = 0, begun = 0, ok = 0;
    for (const Run &run : runs) {
        presses += run.presses.size();
        moved += DoorsMoved(run);
        done += DoneTimes(run).size();
        begun += run.totals.handshakesBegun;
        ok += run.totals.handshakesOk;
        handshake.push_back(MeanOf(Thousandths(HandshakeTimes(run))).mean);
        ack.push_back(MeanOf(Thousandths(AckTimes(run))).mean);
        bytes.push_back(static_cast<double>(run.totals.bytes) /
                        static_cast<double>(run.presses.size()));
        if (HasEnergy(run))
            energy.push_back(1e3 * JoulesPerPress(run));
    }
    json_t *j = json_object();
    json_object_set_new(j, "n", Number(runs.size()));
    json_object_set_new(j, "doors_moved", ProportionObject(moved, presses));
    json_object_set_new(j, "presses_done", ProportionObject(done, presses));
    json_object_set_new(j, "handshakes_ok", ProportionObject(ok, begun));
    json_object_set_new(j, "handshake_ms", MeanObject(handshake));
    json_object_set_new(j, "ack_ms", MeanObject(ack));
    json_object_set_new(j, "bytes_on_air_per_press", MeanObject(bytes));
    json_object_set_new(j, "energy_mj_per_press", MeanObject(energy));
    return j;
}

bool WriteSummaryJson(const std::string &dir, const Run &run, const std::vector<Run> &runs)
{
    json_t *j = json_object();
    json_object_set_new(j, "schema", json_string(kSchema));
    json_object_set_new(j, "seed", Number(run.options.seed));
    json_object_set_new(j, "made_by", MadeBy());
    json_object_set_new(j, "options", OptionsObject(run.options));
    json_object_set_new(j, "air", AirObject(run.options.air));
    json_object_set_new(j, "power", PowerObject(run.options.power));
    SetCounts(j, run);
    SetFigures(j, run);
    SetEnergy(j, run);
    json_object_set_new(j, "runs", RunsObject(runs));
    json_object_set_new(j, "nodes", NodesArray(run));
    return WriteJson(dir + "/summary.json", j);
}

} // namespace garage
