/* SPDX-License-Identifier: MIT */
#include "totals.h"

#include "host.h"

namespace garage
{

using namespace ns3;

Run MakeRun(const Options &options)
{
    Run run;
    run.options = options;
    run.nodes.resize(options.remotes + options.air.hops);
    for (uint32_t i = 0; i < run.nodes.size(); i++)
        run.nodes[i].name = i == kGateway          ? "gateway"
                            : i <= options.remotes ? "remote-" + std::to_string(i)
                                                   : "relay-" + std::to_string(i - options.remotes);
    return run;
}

void CollectCore(Ptr<IkeletNode> core, NodeTotals *totals)
{
    struct ik_counters counters = core->GetCounters();
    struct ik_meter meter = core->GetMeter();
    uint16_t ikeSas = 0, childSas = 0;
    core->GetUsage(&ikeSas, &childSas);
    totals->cpuUs = core->GetCpuTime().GetMicroSeconds();
    totals->saLeft = ikeSas + childSas;
    for (unsigned i = 0; i < IK_COUNT_N; i++) {
        if (counters.count[i])
            totals->counts.emplace_back(host_count_name(i), counters.count[i]);
    }
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        if (counters.drop[i])
            totals->drops.emplace_back(host_drop_name(i), counters.drop[i]);
    }
    for (unsigned i = 0; i < IK_COST_N; i++) {
        if (meter.n[i])
            totals->costs.emplace_back(host_cost_name(i), meter.n[i]);
    }
}

void CollectAir(const scenario::AirCount &air, NodeTotals *node, Totals *totals)
{
    node->lost = air.lost;
    node->duplicates = air.duplicates;
    node->macRetransmissions = air.repeated;
    totals->duplicates += static_cast<uint32_t>(air.duplicates);
}

} // namespace garage
