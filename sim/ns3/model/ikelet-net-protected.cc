/* SPDX-License-Identifier: MIT */
/* The protected side of IkeletNet: ESP and AH as they come, and AH as it goes. */
#include <utility>

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-routing-protocol.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/log.h"

#include "ikelet-address.h"
#include "ikelet-net.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNetProtected");

namespace
{

struct ik_outer OuterOf(const Ipv4Header &h)
{
    struct ik_outer outer = {};
    outer.ttl = h.GetTtl();
    outer.tclass = h.GetTos();
    outer.df = h.IsDontFragment();
    return outer;
}

struct ik_outer OuterOf(const Ipv6Header &h)
{
    struct ik_outer outer = {};
    outer.ttl = h.GetHopLimit();
    outer.tclass = h.GetTrafficClass();
    outer.label = h.GetFlowLabel();
    return outer;
}

} // namespace

/* Before both IP versions. */
void IkeletNet::Insert(uint8_t protocol, IkeletL4::Receive4 receive4, IkeletL4::Receive6 receive6)
{
    Ptr<IkeletL4> l4 = CreateObject<IkeletL4>();
    l4->Set(protocol, nullptr, std::move(receive4), std::move(receive6));
    if (Ptr<Ipv4> ipv4 = m_node->GetObject<Ipv4>())
        ipv4->Insert(l4);
    if (Ptr<Ipv6> ipv6 = m_node->GetObject<Ipv6>())
        ipv6->Insert(l4);
    m_protected.push_back(l4);
}

void IkeletNet::InsertEsp()
{
    Insert(
        IK_IP_ESP,
        [this](Ptr<Packet> p, const Ipv4Header &h, Ptr<Ipv4Interface>) {
            RxProtected(p, IK_CARRIER_ESP, IkeletAddress(h.GetSource()),
                        IkeletAddress(h.GetDestination()), OuterOf(h));
            return IpL4Protocol::RX_OK;
        },
        [this](Ptr<Packet> p, const Ipv6Header &h, Ptr<Ipv6Interface>) {
            RxProtected(p, IK_CARRIER_ESP, IkeletAddress(h.GetSource()),
                        IkeletAddress(h.GetDestination()), OuterOf(h));
            return IpL4Protocol::RX_OK;
        });
}

/* AH covers the header before it, so the core gets the packet whole. What was in fragments is one
 * again, as it was before its sender, or a router of IPv4, cut it. */
void IkeletNet::InsertAh()
{
    Insert(
        IK_IP_AH,
        [this](Ptr<Packet> p, Ipv4Header h, Ptr<Ipv4Interface>) {
            Ptr<Packet> whole = p->Copy();
            h.SetPayloadSize(static_cast<uint16_t>(p->GetSize()));
            whole->AddHeader(h);
            RxProtected(whole, IK_CARRIER_AH, IkeletAddress(h.GetSource()),
                        IkeletAddress(h.GetDestination()), OuterOf(h));
            return IpL4Protocol::RX_OK;
        },
        [this](Ptr<Packet> p, Ipv6Header h, Ptr<Ipv6Interface>) {
            Ptr<Packet> whole = p->Copy();
            h.SetNextHeader(IK_IP_AH);
            h.SetPayloadLength(static_cast<uint16_t>(p->GetSize()));
            whole->AddHeader(h);
            RxProtected(whole, IK_CARRIER_AH, IkeletAddress(h.GetSource()),
                        IkeletAddress(h.GetDestination()), OuterOf(h));
            return IpL4Protocol::RX_OK;
        });
}

/* With the header that the core wrote: the identification of IPv4 is covered. That of IPv6 is made
 * again of the same addresses, and may differ in what is not covered. */
void IkeletNet::SendAh(const struct ik_path &path, Ptr<Packet> whole)
{
    if (path.local.family == 6) {
        Ipv6Header header;
        whole->RemoveHeader(header);
        TagOuter(whole, OuterOf(header), true);
        m_node->GetObject<Ipv6L3Protocol>()->Send(
            whole, header.GetSource(), header.GetDestination(), header.GetNextHeader(), nullptr);
        return;
    }
    Ptr<Ipv4L3Protocol> ipv4 = m_node->GetObject<Ipv4L3Protocol>();
    Ipv4Header header;
    Socket::SocketErrno error = Socket::ERROR_NOTERROR;
    whole->RemoveHeader(header);
    Ptr<Ipv4Route> route = ipv4->GetRoutingProtocol()->RouteOutput(whole, header, nullptr, error);
    if (route)
        ipv4->SendWithHeader(whole, header, route);
    else
        m_owner.lost(whole);
}

void IkeletNet::RxProtected(Ptr<Packet> p, uint8_t carrier, const struct ik_addr &source,
                            const struct ik_addr &destination, const struct ik_outer &outer)
{
    if (!m_owner.awake()) {
        NS_LOG_LOGIC("asleep: " << p->GetSize() << " octets of ESP or AH are not heard");
        return;
    }
    IkeletEngine::Input input;
    input.kind = IkeletEngine::InputKind::Rx;
    input.path.carrier = carrier;
    input.path.local = destination;
    input.path.remote = source;
    input.outer = outer;
    input.data.resize(p->GetSize());
    p->CopyData(input.data.data(), p->GetSize());
    m_owner.rx(p, input.path);
    m_owner.submit(std::move(input));
}

} // namespace ns3
