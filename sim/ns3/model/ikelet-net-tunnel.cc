/* SPDX-License-Identifier: MIT */
/* The tunnel device of IkeletNet: its address and routes. */
#include <algorithm>

#include "ns3/abort.h"
#include "ns3/ipv4-static-routing-helper.h"
#include "ns3/ipv4.h"
#include "ns3/ipv6-static-routing-helper.h"
#include "ns3/ipv6.h"
#include "ns3/log.h"
#include "ns3/loopback-net-device.h"
#include "ns3/mac48-address.h"

#include "ikelet-address.h"
#include "ikelet-net.h"
#include "host.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletTunnel");

namespace
{

/* The least that IPv6 allows inside (RFC 8200 section 5). */
constexpr uint16_t kLeastMtu = 1280;
/* The most that a tunnel puts around a packet: an IPv6 header, UDP, and ESP with AES-CBC. */
constexpr uint16_t kTunnelRoom = 40 + 8 + IK_ESP_HEAD + IK_ESP_TAIL;

uint16_t InsideOf(uint32_t outside)
{
    if (outside < kLeastMtu + kTunnelRoom)
        return kLeastMtu;
    return static_cast<uint16_t>(outside - kTunnelRoom);
}

/* A whole packet inside fits the smallest link in one piece outside. */
uint16_t MtuOf(Ptr<Node> node)
{
    uint16_t least = UINT16_MAX;
    for (uint32_t i = 0; i < node->GetNDevices(); i++) {
        if (!DynamicCast<LoopbackNetDevice>(node->GetDevice(i)))
            least = std::min(least, node->GetDevice(i)->GetMtu());
    }
    return least == UINT16_MAX ? kLeastMtu : InsideOf(least);
}

struct Prefix {
    struct ik_addr address;
    uint8_t bits;
};

Prefix ParsePrefix(const std::string &text)
{
    Prefix out = {};
    size_t slash = text.find('/');
    bool good = host_addr_parse(text.substr(0, slash).c_str(), &out.address);
    unsigned max = out.address.family == 4 ? 32 : 128, bits = max;
    if (slash != std::string::npos) {
        std::string digits = text.substr(slash + 1);
        good = good && !digits.empty() && digits.size() <= 3 &&
               digits.find_first_not_of("0123456789") == std::string::npos;
        bits = good ? static_cast<unsigned>(std::stoul(digits)) : 0;
    }
    NS_ABORT_MSG_IF(!good || bits > max, "ikelet: \"" << text << "\" is no address with a prefix");
    out.bits = static_cast<uint8_t>(bits);
    return out;
}

Ipv4Mask Mask(uint8_t bits)
{
    return Ipv4Mask(bits == 0 ? 0 : static_cast<uint32_t>(UINT32_MAX << (32 - bits)));
}

uint32_t AddInterface4(Ptr<Ipv4> ipv4, Ptr<NetDevice> device, const Prefix &own)
{
    int32_t at = ipv4->GetInterfaceForDevice(device);
    if (at < 0)
        at = static_cast<int32_t>(ipv4->AddInterface(device));
    uint32_t i = static_cast<uint32_t>(at);
    ipv4->AddAddress(i, Ipv4InterfaceAddress(IkeletIpv4(own.address), Mask(own.bits)));
    ipv4->SetUp(i);
    return i;
}

uint32_t AddInterface6(Ptr<Ipv6> ipv6, Ptr<NetDevice> device, const Prefix &own)
{
    int32_t at = ipv6->GetInterfaceForDevice(device);
    if (at < 0)
        at = static_cast<int32_t>(ipv6->AddInterface(device));
    uint32_t i = static_cast<uint32_t>(at);
    Ipv6InterfaceAddress address(IkeletIpv6(own.address), Ipv6Prefix(own.bits));
    address.SetState(Ipv6InterfaceAddress::PREFERRED);
    ipv6->AddAddress(i, address);
    ipv6->SetUp(i);
    return i;
}

} // namespace

Ptr<VirtualNetDevice> IkeletNet::AddTunnel(Ptr<Node> node, const std::string &address,
                                           const std::vector<std::string> &remotes, uint16_t mtu)
{
    if (!m_tunnel) {
        m_tunnel = CreateObject<VirtualNetDevice>();
        m_tunnel->SetAddress(Mac48Address::Allocate());
        m_tunnel->SetNeedsArp(false);
        m_tunnel->SetIsPointToPoint(true);
        m_tunnel->SetMtu(mtu ? mtu : MtuOf(node));
        m_tunnel->SetSendCallback(MakeCallback(&IkeletNet::TunnelTx, this));
        node->AddDevice(m_tunnel);
    }
    NS_LOG_INFO("node " << node->GetId() << ": " << address << " inside, MTU "
                        << m_tunnel->GetMtu());
    Prefix own = ParsePrefix(address);
    bool v6 = own.address.family == 6;
    uint32_t i = v6 ? AddInterface6(node->GetObject<Ipv6>(), m_tunnel, own)
                    : AddInterface4(node->GetObject<Ipv4>(), m_tunnel, own);
    for (const std::string &text : remotes) {
        Prefix to = ParsePrefix(text);
        if (v6)
            Ipv6StaticRoutingHelper()
                .GetStaticRouting(node->GetObject<Ipv6>())
                ->AddNetworkRouteTo(IkeletIpv6(to.address), Ipv6Prefix(to.bits), i);
        else
            Ipv4StaticRoutingHelper()
                .GetStaticRouting(node->GetObject<Ipv4>())
                ->AddNetworkRouteTo(IkeletIpv4(to.address), Mask(to.bits), i);
    }
    return m_tunnel;
}

} // namespace ns3
