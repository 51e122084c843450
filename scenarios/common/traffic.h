/* SPDX-License-Identifier: MIT */
/* Follows the datagrams of the core nodes of a simulation, from one to the other, for the timeline
 * of its report: of the first handshake, and of the one that failed or took longest. */
#ifndef SCENARIO_TRAFFIC_H
#define SCENARIO_TRAFFIC_H

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ns3/ikelet-module.h"

#include "timeline.h"

namespace scenario
{

class Traffic
{
  public:
    Traffic() = default;
    Traffic(const Traffic &) = delete;
    Traffic &operator=(const Traffic &) = delete;

    /* Nodes are numbered from 0 on in the order in which they are added. This outlives the
     * simulation. */
    void Add(const std::string &name, const ns3::Ptr<ns3::IkeletNode> &ike, bool responder);
    /* A node that is no responder begins a handshake, or has ended it. */
    void Begin(size_t node);
    void End(size_t node, bool ok, const std::string &reason);

    /* When the simulation is over, before it is destroyed. */
    Timeline Draw(const std::string &variant);

  private:
    using Place = std::pair<size_t, size_t>; /* a station, a message of its log */
    /* A handshake of a station and what comes after it, with what is needed to go on. */
    struct Log {
        bool open = false;
        TimelineHandshake handshake;
        std::set<std::vector<uint8_t>> seen; /* what has been sent */
        std::vector<uint64_t> numbers;       /* of the messages, as they are marked on the way */
        std::map<std::vector<uint8_t>, size_t> sent; /* by octets: the newest on its way */
    };
    struct Followed {
        std::string name;
        bool responder = false;
        int64_t workSince = -1;
        std::vector<std::pair<int64_t, int64_t>> work;
        Log log;
    };

    void OnTx(size_t node, const ns3::Ptr<const ns3::Packet> &packet, const struct ik_path &path);
    void OnRx(size_t node, const ns3::Ptr<const ns3::Packet> &packet, const struct ik_path &path);
    void OnJob(size_t node, bool ended);
    size_t StationOf(size_t node, const struct ik_path &path) const;
    bool Find(size_t station, uint64_t number, const std::vector<uint8_t> &octets, Place *place);
    TimelineMessage *Append(size_t station, const std::vector<uint8_t> &octets,
                            const struct ik_path &path);
    void Close(size_t station);
    void AddWork(size_t node, TimelineHandshake *handshake) const;

    std::vector<Followed> m_nodes;
    size_t m_stations = 0, m_lastStation = 0, m_responder = SIZE_MAX;
    uint64_t m_number = 0;
    std::map<uint64_t, Place> m_onTheWay;
    std::map<std::pair<size_t, std::string>, size_t> m_routes; /* responder, address: station */
    std::vector<TimelineBar> m_bars;
    std::vector<TimelineHandshake> m_kept; /* the first; the one that failed or was slowest */
};

} // namespace scenario

#endif
