/* SPDX-License-Identifier: MIT */
/* What every scenario tells of the core nodes of a simulation: handshakes.csv has a row for each
 * handshake that one of them began, nodes.csv a row for each node; report.html has a timeline of
 * the first run. */
#ifndef SCENARIO_TALLY_H
#define SCENARIO_TALLY_H

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ns3/ikelet-module.h"

#include "field.h"
#include "report-files.h"
#include "traffic.h"
#include "wires.h"

namespace scenario
{

class Tally
{
  public:
    /* run: from 1 on. variant: which of several simulations of one run; a column of both tables.
     * The report and this outlive the simulation. */
    Tally(Report *report, uint32_t run, std::string variant = "");
    Tally(const Tally &) = delete;
    Tally &operator=(const Tally &) = delete;

    /* Follows every core node that has been built. */
    void Follow(const Field &field);
    void Follow(const Wires &wires);
    /* Adds the rows: when the simulation is over, before it is destroyed. field: null without
     * radios. batteries: of the stations, empty if there are none. awakeMs: how long the radios of
     * the stations were on, empty if nobody counts. handshakes: false if the scenario has its own
     * table of them. */
    void Write(const Field *field = nullptr, const std::vector<ns3::IkeletEnergy> &batteries = {},
               const std::vector<double> &awakeMs = {}, bool handshakes = true);

  private:
    /* nameOf: of a node by its number in ns-3. */
    void Follow(const std::function<std::string(uint32_t)> &nameOf);
    /* A handshake of an initiator, under way or over; times in microseconds. */
    struct Handshake {
        size_t node = 0; /* of m_nodes */
        int64_t at = 0, endedAt = -1;
        bool ok = false;
        uint32_t retransmissions = 0;
        std::string reason;
    };
    struct Followed {
        std::string name;
        ns3::Ptr<ns3::IkeletNode> ike;
        size_t handshake = SIZE_MAX; /* under way, of m_handshakes */
    };

    void OnRecord(size_t node, const struct ik_trace_rec &record);
    void OnUp(size_t node);
    void OnFailed(size_t node, uint8_t reason);
    void End(size_t node, bool ok, const std::string &reason);
    void WriteHandshakes() const;

    Report *m_report;
    uint32_t m_run;
    std::string m_variant;
    std::map<uint32_t, size_t> m_byId; /* ns-3's number, of m_nodes */
    std::vector<Followed> m_nodes;
    std::vector<Handshake> m_handshakes;
    Traffic m_traffic; /* of the first run; its nodes are m_nodes */
};

} // namespace scenario

#endif
