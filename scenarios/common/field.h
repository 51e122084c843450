/* SPDX-License-Identifier: MIT */
/* A field of battery-powered nodes around one border router: IEEE 802.15.4 with 6LoWPAN, one hop or
 * several, what is lost on the air, what everybody takes from its battery, and a count of it all.
 * Node 0 is the border router. */
#ifndef SCENARIO_FIELD_H
#define SCENARIO_FIELD_H

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ns3/ikelet-module.h"
#include "ns3/node-container.h"

#include "options-table.h"
#include "settings.h"

namespace scenario
{

/* Adds what settings.h has to a command line. */
void AddAirOptions(OptionTable *table, AirOptions *options);
void AddCpuOptions(OptionTable *table, PowerOptions *options, const std::string &who);
/* The same with radio and battery, where joules are counted. */
void AddPowerOptions(OptionTable *table, PowerOptions *options, const std::string &who);
/* The part of --cpu whose currents count: empty for a profile that is none. */
std::string McuOf(const PowerOptions &options);

/* A frame that some node has begun to send. */
struct Frame {
    uint32_t node = 0;     /* the sender */
    uint32_t peer = 0;     /* whom it is for; UINT32_MAX if unknown */
    uint32_t bytes = 0;    /* with preamble, SFD and PHR */
    bool repeated = false; /* the same frame again */
    bool ack = false;
    ns3::Ptr<const ns3::Packet> packet; /* as it is on air, with its MAC header */
};

/* What a node did on the air. */
struct AirCount {
    uint64_t frames = 0, bytes = 0, repeated = 0, acks = 0;
    uint64_t lost = 0;       /* frames meant for it that the loss model took */
    uint64_t duplicates = 0; /* frames that came again and were dropped */
};

class Field
{
  public:
    /* stations: behind `hops` - 1 relays, all within reach of the last of them. dir: empty for no
     * pcap files; else that of the border router goes there, and with everybody those of all. */
    Field(const AirOptions &air, uint32_t stations, const std::string &dir,
          const std::string &stationName, bool everybody);
    ~Field();
    Field(const Field &) = delete;
    Field &operator=(const Field &) = delete;

    uint32_t Stations() const;
    uint32_t Nodes() const;
    /* The node of a station, from 1 on: relays stand between. */
    uint32_t NodeOfStation(uint32_t station) const;
    /* 0 if the node is the border router or a relay. */
    uint32_t StationOfNode(uint32_t node) const;
    std::string NameOf(uint32_t node) const;
    ns3::Ptr<ns3::Node> GetNode(uint32_t node) const;
    ns3::Ipv6Address AddressOf(uint32_t node) const;
    std::string AddressText(uint32_t node) const;
    ns3::Ptr<ns3::IkeletRadio> RadioOf(uint32_t node) const;
    ns3::Ptr<ns3::LrWpanNetDevice> DeviceOf(uint32_t node) const;
    AirCount CountOf(uint32_t node) const;
    AirCount Total() const;

    /* Called for each frame. */
    std::function<void(const Frame &)> onFrame;
    std::function<void(uint32_t node)> onLost;

    /* The next free random stream. */
    int64_t stream = 1;

    /* What tells Wireshark and tshark the context: DIR/preferences. False if it can't be written.
     */
    static bool WritePreferences(const std::string &dir);

  private:
    void OnFrame(uint32_t node, ns3::Ptr<const ns3::Packet> frame);
    void OnLost(uint32_t node, ns3::Ptr<const ns3::Packet> frame);
    void Place(uint32_t node);

    AirOptions m_air;
    uint32_t m_stations, m_relays;
    std::string m_stationName;
    ns3::NodeContainer m_nodes;
    std::unique_ptr<ns3::IkeletLowpanHelper> m_helper;
    std::vector<AirCount> m_counts;
    std::vector<int> m_lastSeq;       /* of the last data frame, by node; -1 before the first */
    std::vector<uint32_t> m_seqOwner; /* by sequence number: the node that sent it last */
};

} // namespace scenario

#endif
