/* SPDX-License-Identifier: MIT */
#include "wires.h"

#include "ns3/boolean.h"
#include "ns3/global-value.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/ipv4.h"
#include "ns3/point-to-point-helper.h"
#include "ns3/string.h"

namespace scenario
{

using namespace ns3;

Wires::Wires()
{
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
}

uint32_t Wires::Add(const std::string &name, bool stack)
{
    Ptr<Node> node = CreateObject<Node>();
    m_nodes.Add(node);
    m_names.push_back(name);
    if (stack) {
        InternetStackHelper internet;
        internet.SetIpv6StackInstall(false);
        internet.Install(node);
        m_stacks.Add(node);
    }
    return m_nodes.GetN() - 1;
}

NetDeviceContainer Wires::Link(uint32_t a, uint32_t b, const std::string &net,
                               const std::string &rate, int64_t delayUs)
{
    PointToPointHelper wire;
    wire.SetDeviceAttribute("DataRate", StringValue(rate));
    wire.SetChannelAttribute("Delay", TimeValue(MicroSeconds(static_cast<uint64_t>(delayUs))));
    NetDeviceContainer devices = wire.Install(m_nodes.Get(a), m_nodes.Get(b));
    const std::string base = net.substr(0, net.rfind('.') + 1);
    const uint32_t ends[] = {a, b};
    for (uint32_t i : {0u, 1u})
        if (m_nodes.Get(ends[i])->GetObject<Ipv4>())
            AddAddress(ends[i], devices.Get(i), base + std::to_string(i + 1), "255.255.255.0");
    return devices;
}

void Wires::AddAddress(uint32_t node, Ptr<NetDevice> device, const std::string &address,
                       const std::string &mask)
{
    Ptr<Ipv4> ipv4 = m_nodes.Get(node)->GetObject<Ipv4>();
    int32_t at = ipv4->GetInterfaceForDevice(device);
    uint32_t interface = at < 0 ? ipv4->AddInterface(device) : static_cast<uint32_t>(at);
    ipv4->AddAddress(interface,
                     Ipv4InterfaceAddress(Ipv4Address(address.c_str()), Ipv4Mask(mask.c_str())));
    ipv4->SetUp(interface);
}

void Wires::Route(uint32_t node, const std::string &prefix, Ptr<NetDevice> device)
{
    Ptr<Ipv4> ipv4 = m_nodes.Get(node)->GetObject<Ipv4>();
    const size_t slash = prefix.find('/');
    Ipv4StaticRoutingHelper().GetStaticRouting(ipv4)->AddNetworkRouteTo(
        Ipv4Address(prefix.substr(0, slash).c_str()), Ipv4Mask(prefix.substr(slash).c_str()),
        static_cast<uint32_t>(ipv4->GetInterfaceForDevice(device)));
}

Ptr<Node> Wires::Get(uint32_t node) const
{
    return m_nodes.Get(node);
}

const std::string &Wires::NameOf(uint32_t node) const
{
    return m_names.at(node);
}

void Wires::EnablePcap(const std::string &dir, const std::string &name, Ptr<NetDevice> device) const
{
    if (!dir.empty())
        PointToPointHelper().EnablePcap(dir + "/" + name + ".pcap", device, false, true);
}

void Wires::AssignStreams()
{
    stream += InternetStackHelper().AssignStreams(m_stacks, stream);
}

} // namespace scenario
