/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <algorithm>
#include <cmath>

#include "chart.h"
#include "scenario-commit.h"

namespace scenario
{

json_t *Number(uint64_t n)
{
    return json_integer(static_cast<json_int_t>(n));
}

json_t *Real(double value, int decimals)
{
    if (!std::isfinite(value))
        return json_null();
    const double unit = std::pow(10, decimals);
    const double rounded = std::round(value * unit) / unit;
    return json_real(rounded == 0 ? 0.0 : rounded);
}

json_t *OrderObject(const std::vector<double> &values, int decimals)
{
    const Order o = Ordered(values);
    auto value = [&](double v, bool known) { return known ? Real(v, decimals) : json_null(); };
    json_t *j = json_object();
    json_object_set_new(j, "n", Number(o.n));
    json_object_set_new(j, "min", value(o.min, o.n > 0));
    json_object_set_new(j, "median", value(o.median, o.n > 0));
    json_object_set_new(j, "p95", value(o.p95, o.hasP95));
    json_object_set_new(j, "max", value(o.max, o.n > 0));
    return j;
}

json_t *MeanObject(const std::vector<double> &values, int decimals)
{
    const Mean m = MeanOf(values);
    auto value = [&](double v, bool known) { return known ? Real(v, decimals) : json_null(); };
    json_t *j = json_object();
    json_object_set_new(j, "n", Number(m.n));
    json_object_set_new(j, "mean", value(m.mean, m.n > 0));
    json_object_set_new(j, "deviation", value(m.deviation, m.hasInterval));
    json_object_set_new(j, "ci95_low", value(m.low, m.hasInterval));
    json_object_set_new(j, "ci95_high", value(m.high, m.hasInterval));
    return j;
}

json_t *ProportionObject(uint64_t good, uint64_t n)
{
    const Proportion p = ProportionOf(good, n);
    json_t *j = json_object();
    json_object_set_new(j, "good", Number(good));
    json_object_set_new(j, "n", Number(n));
    json_object_set_new(j, "rate", n ? Real(p.value) : json_null());
    json_object_set_new(j, "ci95_low", Real(p.low));
    json_object_set_new(j, "ci95_high", Real(p.high));
    return j;
}

json_t *CountsObject(const std::vector<std::pair<std::string, uint64_t>> &counts)
{
    json_t *j = json_object();
    for (const auto &count : counts)
        json_object_set_new(j, count.first.c_str(), Number(count.second));
    return j;
}

json_t *LedgerObject(const std::vector<std::pair<std::string, double>> &joules)
{
    json_t *j = json_object();
    for (const auto &row : joules)
        json_object_set_new(j, row.first.c_str(), Real(1e3 * row.second));
    return j;
}

json_t *AirObject(const AirOptions &air)
{
    auto thousandth = [](int64_t n) { return Real(static_cast<double>(n) / 1e3, 3); };
    json_t *j = json_object();
    json_object_set_new(j, "loss_model", json_string(air.lossModel.c_str()));
    json_object_set_new(j, "loss_ppm", Number(static_cast<uint64_t>(air.lossPpm)));
    json_object_set_new(j, "burst_ms", thousandth(air.burstUs));
    json_object_set_new(j, "distance_m", thousandth(air.distanceMm));
    json_object_set_new(j, "shadowing_db", thousandth(air.shadowingMilliDb));
    json_object_set_new(j, "delay_ms", thousandth(air.delayUs));
    json_object_set_new(j, "duty_cycle_ms", thousandth(air.dutyCycleUs));
    json_object_set_new(j, "hops", Number(air.hops));
    json_object_set_new(j, "mac_min_be", Number(air.minBe));
    json_object_set_new(j, "mac_max_be", Number(air.maxBe));
    json_object_set_new(j, "mac_max_csma_backoffs", Number(air.maxBackoffs));
    json_object_set_new(j, "mac_max_frame_retries", Number(air.frameRetries));
    json_object_set_new(j, "duplicates_rejected", json_boolean(!air.keepDuplicates));
    json_object_set_new(j, "lowpan_context", json_boolean(!air.noContext));
    json_object_set_new(j, "udp_checksum_elided", json_boolean(air.elideUdpChecksum));
    return j;
}

json_t *PowerObject(const PowerOptions &power)
{
    json_t *j = json_object();
    json_object_set_new(j, "cpu", json_string(power.cpu.c_str()));
    json_object_set_new(j, "radio",
                        power.radio == "none" ? json_null() : json_string(power.radio.c_str()));
    json_object_set_new(j, "radio_policy", json_string(power.radioPolicy.c_str()));
    json_object_set_new(j, "battery_j", Real(static_cast<double>(power.batteryMj) / 1e3, 3));
    return j;
}

json_t *MadeBy()
{
    json_t *j = json_object();
    json_object_set_new(j, "project", json_string("ikelet"));
    json_object_set_new(j, "commit", json_string(kScenarioCommit));
    json_object_set_new(j, "ns3", json_string(IK_NS3_VERSION));
    return j;
}

/* Empty if it is no scalar. */
static std::string WordOf(const json_t *value)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "yes" : "no";
    if (json_is_integer(value))
        return std::to_string(json_integer_value(value));
    return json_is_real(value) ? Brief(json_real_value(value)) : "";
}

std::vector<std::pair<std::string, std::string>>
HowItWasRun(uint32_t seed, size_t runs, const std::vector<const json_t *> &objects)
{
    std::vector<std::pair<std::string, std::string>> facts = {{"seed", std::to_string(seed)},
                                                              {"runs", std::to_string(runs)}};
    auto add = [&facts](const json_t *object) {
        const char *key;
        json_t *value;
        json_object_foreach(const_cast<json_t *>(object), key, value)
        {
            const bool known = std::any_of(facts.begin(), facts.end(),
                                           [&](const auto &fact) { return fact.first == key; });
            if (!known && !WordOf(value).empty())
                facts.emplace_back(key, WordOf(value));
        }
    };
    for (const json_t *object : objects)
        add(object);
    json_t *by = MadeBy();
    add(by);
    json_decref(by);
    return facts;
}

bool WriteJson(const std::string &path, json_t *object)
{
    const bool good =
        json_dump_file(object, path.c_str(), JSON_INDENT(2) | JSON_REAL_PRECISION(15)) == 0;
    json_decref(object);
    return good;
}

} // namespace scenario
