/* SPDX-License-Identifier: MIT */
/* The whole simulation: nodes, addresses, IPsec, presses; from options to a Run. */
#ifndef GARAGE_DOOR_WORLD_H
#define GARAGE_DOOR_WORLD_H

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ns3/node-container.h"

#include "field.h"
#include "gateway.h"
#include "progress.h"
#include "recorder.h"
#include "remote.h"
#include "report.h"

namespace garage
{

class World
{
  public:
    /* files: pcap files and key log are written. */
    World(const Options &options, bool files);
    ~World();
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    /* Simulates to the end. pcap files and key log are written meanwhile. */
    const Run &Simulate();
    /* False if the key log could not be written. */
    bool CloseKeyLog();

  private:
    void OnFrame(const scenario::Frame &frame);
    void BuildEnergy();
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
    void PutBatteryIn(uint32_t node);
    void ConnectTraces(uint32_t node);
    void OnUp(EventKind kind, uint32_t node, uint16_t index);
    void OnEnd(EventKind kind, uint32_t node, uint8_t reason, uint16_t peer);
    void OnJob(uint32_t node, uint8_t kind, bool ended, ns3::Time time);
    uint32_t RemoteAt(uint32_t node, const struct ik_path &path) const;

    std::string OuterAddress(uint32_t number) const;
    static std::string InnerAddress(uint32_t node);
    ns3::Inet6SocketAddress DoorAddress(uint32_t node) const;

    /* A remote's number as the field counts, and back; relays stand behind the remotes here. */
    uint32_t FieldNode(uint32_t number) const;
    uint32_t NumberOf(uint32_t fieldNode) const;

    Run m_run;
    bool m_files;
    Recorder m_recorder;
    Progress m_progress;
    std::unique_ptr<scenario::Field> m_field;
    std::vector<ns3::IkeletEnergy> m_energy; /* by remote - 1; empty if nobody asks for it */
    ns3::IkeletHelper m_helper;
    std::vector<ns3::Ptr<ns3::IkeletNode>> m_ike; /* by node; empty if plain */
    std::vector<std::string> m_keys;              /* by remote */
    std::vector<struct ik_addr> m_outer;          /* by remote; 0 is the gateway's */
    /* SPIs of the Child SA that came up last, by node. */
    std::vector<std::pair<uint32_t, uint32_t>> m_spis;
    std::vector<uint32_t> m_heard; /* remote whose datagram came last, by node */
    std::unique_ptr<Gateway> m_gateway;
    std::vector<std::unique_ptr<Remote>> m_remotes;
    uint32_t m_pressed = 0, m_lastPressed = 0;
    int64_t m_lastPressAt = 0;
};

} // namespace garage

#endif
