/* SPDX-License-Identifier: MIT */
/* The whole simulation: nodes, addresses, IPsec, presses; from options to a Run. */
#ifndef GARAGE_DOOR_WORLD_H
#define GARAGE_DOOR_WORLD_H

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ns3/node-container.h"

#include "gateway.h"
#include "ns3/ikelet-helper.h"
#include "progress.h"
#include "radio.h"
#include "recorder.h"
#include "remote.h"
#include "report.h"

namespace garage
{

class World
{
  public:
    explicit World(const Options &options);
    ~World();
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    /* Simulates to the end. pcap files and key log are written meanwhile. */
    const Run &Simulate();
    /* False if the key log could not be written. */
    bool CloseKeyLog();

  private:
    void BuildStack();
    void AddAddress(uint32_t node);
    void KnowNeighbours();
    void BuildDoors();
    void SchedulePresses();
    void OnPress(uint32_t remote);
    void Check();
    void Collect();

    /* world_ipsec.cc */
    void BuildIpsec();
    void InstallGateway();
    void InstallRemote(uint32_t remote);
    ns3::IkeletPeer PeerOf(uint32_t remote, bool atGateway) const;
    ns3::IkeletPolicy PolicyOf(uint32_t remote, bool atGateway) const;
    void Keep(uint32_t node, ns3::Ptr<ns3::Application> application);
    void ConnectTraces(uint32_t node);
    void OnUp(EventKind kind, uint32_t node, uint16_t index);
    void OnEnd(EventKind kind, uint32_t node, uint8_t reason, uint16_t peer);
    void OnJob(uint32_t node, uint8_t kind, bool ended, ns3::Time time);
    void CollectIke(uint32_t node, NodeTotals *totals) const;
    uint32_t RemoteAt(uint32_t node, const struct ik_path &path) const;

    static std::string OuterAddress(uint32_t node);
    static std::string InnerAddress(uint32_t node);
    ns3::Inet6SocketAddress DoorAddress(uint32_t node) const;

    Run m_run;
    Recorder m_recorder;
    Progress m_progress;
    ns3::NodeContainer m_nodes;
    std::unique_ptr<Radio> m_radio;
    ns3::NetDeviceContainer m_sixLowPan;
    ns3::IkeletHelper m_helper;
    std::vector<ns3::Ptr<ns3::IkeletNode>> m_ike; /* by node; empty if plain */
    std::vector<std::string> m_keys;              /* by remote */
    /* SPIs of the Child SA that came up last, by node. */
    std::vector<std::pair<uint32_t, uint32_t>> m_spis;
    std::vector<uint32_t> m_heard; /* remote whose datagram came last, by node */
    std::unique_ptr<Gateway> m_gateway;
    std::vector<std::unique_ptr<Remote>> m_remotes;
    uint32_t m_pressed = 0;
    int64_t m_lastPressAt = 0;
    int64_t m_stream = 1;
};

} // namespace garage

#endif
