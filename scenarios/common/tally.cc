/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <algorithm>
#include <cmath>

#include "ns3/boolean.h"
#include "ns3/node-list.h"
#include "ns3/simulator.h"

#include "host.h"

namespace scenario
{

using namespace ns3;

namespace
{

int64_t NowUs()
{
    return Simulator::Now().GetMicroSeconds();
}

/* The columns of nodes.csv before those of the energy ledger, which a scenario without batteries
 * does not have. */
const std::vector<std::string> kNodeHead = {"run",
                                            "variant",
                                            "node",
                                            "frames",
                                            "bytes",
                                            "frames_lost",
                                            "frames_duplicate",
                                            "mac_retransmissions",
                                            "cpu_ms",
                                            "awake_ms",
                                            "ike_sent",
                                            "ike_retransmissions",
                                            "repeated_answers",
                                            "ike_sas_up",
                                            "ike_sas_failed",
                                            "child_sas_up",
                                            "esp_out",
                                            "esp_in",
                                            "drops",
                                            "energy_drawn_mj"};

void AddAir(const AirCount *air, std::vector<std::string> *row)
{
    if (!air) {
        row->insert(row->end(), 5, "");
        return;
    }
    for (uint64_t n : {air->frames, air->bytes, air->lost, air->duplicates, air->repeated})
        row->push_back(std::to_string(n));
}

void AddCore(const IkeletNode *ike, std::vector<std::string> *row)
{
    constexpr enum ik_count kColumns[] = {IK_COUNT_IKE_SENT,       IK_COUNT_IKE_RETRANSMITTED,
                                          IK_COUNT_IKE_REANSWERED, IK_COUNT_IKE_SAS_UP,
                                          IK_COUNT_IKE_SAS_FAILED, IK_COUNT_CHILD_SAS_UP,
                                          IK_COUNT_ESP_OUT,        IK_COUNT_ESP_IN};
    if (!ike) {
        row->insert(row->end(), std::size(kColumns) + 1, "");
        return;
    }
    const struct ik_counters counters = ike->GetCounters();
    for (enum ik_count column : kColumns)
        row->push_back(std::to_string(counters.count[column]));
    uint64_t drops = 0;
    for (ik_counter drop : counters.drop)
        drops += drop;
    row->push_back(std::to_string(drops));
}

void AddEnergy(const IkeletEnergy *battery, size_t columns, std::vector<std::string> *row)
{
    if (!battery) {
        row->insert(row->end(), columns, "");
        return;
    }
    row->push_back(Cell(1e3 * battery->Drawn(), 6));
    for (const auto &phase : battery->Ledger())
        row->push_back(Cell(1e3 * phase.second, 6));
}

} // namespace

Tally::Tally(Report *report, uint32_t run, std::string variant)
    : m_report(report), m_run(run), m_variant(std::move(variant))
{
}

void Tally::Follow(const Field &field)
{
    Follow([&field](uint32_t node) { return field.NameOf(node); });
}

void Tally::Follow(const Wires &wires)
{
    Follow([&wires](uint32_t node) { return wires.NameOf(node); });
}

void Tally::Follow(const std::function<std::string(uint32_t)> &nameOf)
{
    for (auto node = NodeList::Begin(); node != NodeList::End(); ++node) {
        for (uint32_t i = 0; i < (*node)->GetNApplications(); i++) {
            Ptr<IkeletNode> ike = DynamicCast<IkeletNode>((*node)->GetApplication(i));
            if (!ike)
                continue;
            const size_t at = m_nodes.size();
            m_byId[(*node)->GetId()] = at;
            m_nodes.push_back({nameOf((*node)->GetId()), ike});
            BooleanValue responder;
            ike->GetAttribute("Responder", responder);
            if (m_run == 1)
                m_traffic.Add(m_nodes.back().name, ike, responder.Get());
            if (responder.Get())
                continue;
            ike->TraceConnectWithoutContext(
                "Record", Callback<void, const struct ik_trace_rec &>(
                              [this, at](const struct ik_trace_rec &r) { OnRecord(at, r); }));
            ike->TraceConnectWithoutContext(
                "ChildUp", Callback<void, uint16_t>([this, at](uint16_t) { OnUp(at); }));
            ike->TraceConnectWithoutContext("Failed",
                                            Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>(
                                                [this, at](uint8_t, uint8_t reason, uint16_t,
                                                           uint16_t) { OnFailed(at, reason); }));
        }
    }
}

/* One that is still under way when the node begins another was cut off with its node. */
void Tally::OnRecord(size_t node, const struct ik_trace_rec &record)
{
    Followed &f = m_nodes[node];
    if (record.event == IK_TR_IKE_STATE && record.b == IK_IKE_OPENING) {
        End(node, false, "cut off");
        f.handshake = m_handshakes.size();
        Handshake begun;
        begun.node = node;
        begun.at = NowUs();
        m_handshakes.push_back(begun);
        if (m_run == 1)
            m_traffic.Begin(node);
    } else if (record.event == IK_TR_IKE_RETX && f.handshake < m_handshakes.size()) {
        m_handshakes[f.handshake].retransmissions++;
    }
}

void Tally::OnUp(size_t node)
{
    End(node, true, "");
}

void Tally::OnFailed(size_t node, uint8_t reason)
{
    std::string text = host_reason_text(reason);
    std::replace(text.begin(), text.end(), ',', ';');
    End(node, false, text);
}

void Tally::End(size_t node, bool ok, const std::string &reason)
{
    size_t &at = m_nodes[node].handshake;
    if (at >= m_handshakes.size())
        return;
    Handshake &h = m_handshakes[at];
    h.endedAt = NowUs();
    h.ok = ok;
    h.reason = reason;
    at = SIZE_MAX;
    if (m_run == 1)
        m_traffic.End(node, ok, reason);
}

void Tally::WriteHandshakes() const
{
    Csv &rows = m_report->Table("handshakes", {"run", "variant", "node", "number", "at_ms", "ok",
                                               "handshake_ms", "ike_retransmissions", "reason"});
    std::vector<uint64_t> numbers(m_nodes.size());
    for (const Handshake &h : m_handshakes)
        rows.Row({std::to_string(m_run), m_variant, m_nodes[h.node].name,
                  std::to_string(++numbers[h.node]), Cell(static_cast<double>(h.at) / 1e3),
                  std::to_string(h.ok),
                  Cell(h.ok ? static_cast<double>(h.endedAt - h.at) / 1e3 : NAN),
                  std::to_string(h.retransmissions), h.endedAt < 0 ? "unfinished" : h.reason});
}

void Tally::Write(const Field *field, const std::vector<IkeletEnergy> &batteries,
                  const std::vector<double> &awakeMs, bool handshakes)
{
    std::vector<std::string> head = kNodeHead;
    if (!batteries.empty()) {
        for (const auto &phase : batteries[0].Ledger())
            head.push_back(phase.first + "_mj");
    }
    Csv &rows = m_report->Table("nodes", head);
    const size_t energy = head.size() - kNodeHead.size() + 1;
    auto add = [&](const std::string &name, const IkeletNode *ike, const AirCount *air,
                   uint32_t station) {
        std::vector<std::string> row = {std::to_string(m_run), m_variant, name};
        AddAir(air, &row);
        row.push_back(ike ? Cell(1e3 * ike->GetCpuTime().GetSeconds()) : "");
        row.push_back(station && station <= awakeMs.size() ? Cell(awakeMs[station - 1]) : "");
        AddCore(ike, &row);
        const bool battery = station && station <= batteries.size();
        AddEnergy(battery ? &batteries[station - 1] : nullptr, energy, &row);
        rows.Row(row);
    };
    for (uint32_t i = 0; field && i < field->Nodes(); i++) {
        const AirCount air = field->CountOf(i);
        auto known = m_byId.find(i);
        add(field->NameOf(i), known == m_byId.end() ? nullptr : &*m_nodes[known->second].ike, &air,
            field->StationOfNode(i));
    }
    for (size_t i = 0; !field && i < m_nodes.size(); i++)
        add(m_nodes[i].name, &*m_nodes[i].ike, nullptr, 0);
    if (handshakes)
        WriteHandshakes();
    if (m_run == 1)
        m_report->Add(m_traffic.Draw(m_variant));
}

} // namespace scenario
