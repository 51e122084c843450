/* SPDX-License-Identifier: MIT */
/* Hosts and routers on wires: point-to-point links with IPv4, static routes, boxes without an IP
 * stack in between. */
#ifndef SCENARIO_WIRES_H
#define SCENARIO_WIRES_H

#include <string>
#include <vector>

#include "ns3/ikelet-module.h"
#include "ns3/ipv4-address.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"

namespace scenario
{

class Wires
{
  public:
    Wires();
    Wires(const Wires &) = delete;
    Wires &operator=(const Wires &) = delete;

    /* stack: false for a middlebox. */
    uint32_t Add(const std::string &name, bool stack = true);
    /* A link of two nodes; net ends in ".0": a gets .1, b gets .2, as far as they have a stack.
     * delayUs is one way. */
    ns3::NetDeviceContainer Link(uint32_t a, uint32_t b, const std::string &net,
                                 const std::string &rate, int64_t delayUs);
    /* An address beside those of the links. */
    void AddAddress(uint32_t node, ns3::Ptr<ns3::NetDevice> device, const std::string &address,
                    const std::string &mask);
    /* prefix: "10.2.0.0/16"; by the device, whose link has no other end to be named. */
    void Route(uint32_t node, const std::string &prefix, ns3::Ptr<ns3::NetDevice> device);

    ns3::Ptr<ns3::Node> Get(uint32_t node) const;
    const std::string &NameOf(uint32_t node) const;
    /* pcap of one device: DIR/NAME.pcap. */
    void EnablePcap(const std::string &dir, const std::string &name,
                    ns3::Ptr<ns3::NetDevice> device) const;
    /* Streams of all nodes; call it when all is built. */
    void AssignStreams();

    int64_t stream = 1;

  private:
    std::vector<std::string> m_names;
    ns3::NodeContainer m_nodes, m_stacks;
};

} // namespace scenario

#endif
