/* SPDX-License-Identifier: MIT */
/* The clear side of IkeletNet: what this node's own protocols send and receive. */
#include <utility>

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-routing-protocol.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-routing-protocol.h"
#include "ns3/log.h"
#include "ns3/udp-header.h"
#include "ns3/udp-l4-protocol.h"

#include "ikelet-address.h"
#include "ikelet-net.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNetClear");

namespace
{

bool PassesBy(Ipv6Address source, Ipv6Address destination)
{
    return destination.IsMulticast() || destination.IsLinkLocal() || source.IsLinkLocal() ||
           destination.IsLocalhost();
}

bool PassesBy(Ipv4Address destination)
{
    return destination.IsMulticast() || destination.IsBroadcast() || destination.IsLocalhost();
}

/* The whole IP packets that the SPD looks at. */
Ptr<Packet> Whole(Ptr<const Packet> payload, Ipv4Header header)
{
    Ptr<Packet> p = payload->Copy();
    header.SetPayloadSize(static_cast<uint16_t>(payload->GetSize()));
    header.EnableChecksum();
    p->AddHeader(header);
    return p;
}

Ptr<Packet> Whole(Ptr<const Packet> payload, Ipv6Header header)
{
    Ptr<Packet> p = payload->Copy();
    header.SetPayloadLength(static_cast<uint16_t>(payload->GetSize()));
    p->AddHeader(header);
    return p;
}

constexpr uint8_t kHopLimit = 64;

} // namespace

void IkeletNet::Hook(Ptr<IpL4Protocol> l4)
{
    if (!l4)
        return;
    size_t at = m_hooks.size();
    Hooked hooked;
    hooked.l4 = l4;
    hooked.down4 = l4->GetDownTarget();
    hooked.down6 = l4->GetDownTarget6();
    hooked.guard = CreateObject<IkeletL4>();
    hooked.guard->Set(
        l4->GetProtocolNumber(), l4,
        [this, at](Ptr<Packet> p, const Ipv4Header &h, Ptr<Ipv4Interface> i) {
            return Up4(at, p, h, i);
        },
        [this, at](Ptr<Packet> p, const Ipv6Header &h, Ptr<Ipv6Interface> i) {
            return Up6(at, p, h, i);
        });
    m_hooks.push_back(hooked);
    if (!hooked.down4.IsNull()) {
        l4->SetDownTarget(MakeCallback(&IkeletNet::Down4, this).Bind(at));
        m_node->GetObject<Ipv4>()->Insert(hooked.guard);
    }
    if (!hooked.down6.IsNull()) {
        l4->SetDownTarget6(MakeCallback(&IkeletNet::Down6, this).Bind(at));
        m_node->GetObject<Ipv6>()->Insert(hooked.guard);
    }
}

void IkeletNet::Unhook()
{
    for (Hooked &hooked : m_hooks) {
        hooked.l4->SetDownTarget(hooked.down4);
        hooked.l4->SetDownTarget6(hooked.down6);
        if (!hooked.down4.IsNull())
            m_node->GetObject<Ipv4>()->Insert(hooked.l4);
        if (!hooked.down6.IsNull())
            m_node->GetObject<Ipv6>()->Insert(hooked.l4);
    }
    m_hooks.clear();
}

void IkeletNet::SubmitClear(IkeletEngine::InputKind kind, Ptr<Packet> p,
                            std::function<void()> allowed)
{
    NS_LOG_LOGIC("node " << m_node->GetId() << ": " << p->GetSize() << " octets "
                         << (kind == IkeletEngine::InputKind::Tx ? "out" : "in")
                         << (m_owner.awake() ? ", to the SPD" : ", lost: asleep"));
    if (!m_owner.awake()) {
        m_owner.lost(p);
        return;
    }
    IkeletEngine::Input input;
    input.kind = kind;
    input.data.resize(p->GetSize());
    p->CopyData(input.data.data(), p->GetSize());
    if (kind == IkeletEngine::InputKind::Tx)
        input.onPass = std::move(allowed);
    else
        input.onDeliver = std::move(allowed);
    m_owner.submit(std::move(input));
}

/* ---- out ------------------------------------------------------------------------------------- */

void IkeletNet::Down4(size_t at, Ptr<Packet> p, Ipv4Address source, Ipv4Address destination,
                      uint8_t protocol, Ptr<Ipv4Route> route)
{
    auto down = m_hooks[at].down4;
    if (m_ownSend || PassesBy(destination) || IntoTunnel4(destination, route)) {
        down(p, source, destination, protocol, route);
        return;
    }
    Ipv4Header header;
    header.SetSource(source);
    header.SetDestination(destination);
    header.SetProtocol(protocol);
    header.SetTtl(kHopLimit);
    SubmitClear(IkeletEngine::InputKind::Tx, Whole(p, header),
                [=]() { down(p, source, destination, protocol, route); });
}

void IkeletNet::Down6(size_t at, Ptr<Packet> p, Ipv6Address source, Ipv6Address destination,
                      uint8_t protocol, Ptr<Ipv6Route> route)
{
    auto down = m_hooks[at].down6;
    if (m_ownSend || PassesBy(source, destination) || IntoTunnel6(destination, route)) {
        down(p, source, destination, protocol, route);
        return;
    }
    Ipv6Header header;
    header.SetSource(source);
    header.SetDestination(destination);
    header.SetNextHeader(protocol);
    header.SetHopLimit(kHopLimit);
    SubmitClear(IkeletEngine::InputKind::Tx, Whole(p, header),
                [=]() { down(p, source, destination, protocol, route); });
}

/* ---- in -------------------------------------------------------------------------------------- */

bool IkeletNet::IsIke(Ptr<const Packet> p, int protocol) const
{
    if (protocol != UdpL4Protocol::PROT_NUMBER || p->GetSize() < 8)
        return false;
    UdpHeader udp;
    p->PeekHeader(udp);
    return udp.GetDestinationPort() == IK_PORT_IKE || udp.GetDestinationPort() == IK_PORT_NATT;
}

IpL4Protocol::RxStatus IkeletNet::Up4(size_t at, Ptr<Packet> p, const Ipv4Header &header,
                                      Ptr<Ipv4Interface> interface)
{
    Ptr<IpL4Protocol> l4 = m_hooks[at].l4;
    bool tunnelled = m_tunnel && interface && interface->GetDevice() == m_tunnel;
    if (tunnelled || PassesBy(header.GetDestination()) || IsIke(p, header.GetProtocol()))
        return l4->Receive(p, header, interface);
    SubmitClear(IkeletEngine::InputKind::RxClear, Whole(p, header),
                [=]() { l4->Receive(p, header, interface); });
    return IpL4Protocol::RX_OK;
}

IpL4Protocol::RxStatus IkeletNet::Up6(size_t at, Ptr<Packet> p, const Ipv6Header &header,
                                      Ptr<Ipv6Interface> interface)
{
    Ptr<IpL4Protocol> l4 = m_hooks[at].l4;
    int protocol = l4->GetProtocolNumber();
    bool tunnelled = m_tunnel && interface && interface->GetDevice() == m_tunnel;
    if (tunnelled || PassesBy(header.GetSource(), header.GetDestination()) || IsIke(p, protocol))
        return l4->Receive(p, header, interface);
    /* Extension headers were walked over and are gone: what is looked at is the transport. */
    Ipv6Header plain = header;
    plain.SetNextHeader(static_cast<uint8_t>(protocol));
    SubmitClear(IkeletEngine::InputKind::RxClear, Whole(p, plain),
                [=]() { l4->Receive(p, header, interface); });
    return IpL4Protocol::RX_OK;
}

/* ---- routes ---------------------------------------------------------------------------------- */

bool IkeletNet::IntoTunnel4(Ipv4Address destination, Ptr<Ipv4Route> route) const
{
    if (!m_tunnel)
        return false;
    if (!route) {
        Ipv4Header header;
        header.SetDestination(destination);
        Socket::SocketErrno error = Socket::ERROR_NOTERROR;
        Ptr<Ipv4RoutingProtocol> routing = m_node->GetObject<Ipv4>()->GetRoutingProtocol();
        route = routing->RouteOutput(nullptr, header, nullptr, error);
    }
    return route && route->GetOutputDevice() == m_tunnel;
}

bool IkeletNet::IntoTunnel6(Ipv6Address destination, Ptr<Ipv6Route> route) const
{
    if (!m_tunnel)
        return false;
    if (!route) {
        Ipv6Header header;
        header.SetDestination(destination);
        Socket::SocketErrno error = Socket::ERROR_NOTERROR;
        Ptr<Ipv6RoutingProtocol> routing = m_node->GetObject<Ipv6>()->GetRoutingProtocol();
        route = routing->RouteOutput(nullptr, header, nullptr, error);
    }
    return route && route->GetOutputDevice() == m_tunnel;
}

bool IkeletNet::SourceFor(Ptr<Node> node, const struct ik_addr &remote, struct ik_addr *out)
{
    Socket::SocketErrno error = Socket::ERROR_NOTERROR;
    if (remote.family == 4 && node->GetObject<Ipv4>()) {
        Ipv4Header header;
        header.SetDestination(IkeletIpv4(remote));
        Ptr<Ipv4Route> route = node->GetObject<Ipv4>()->GetRoutingProtocol()->RouteOutput(
            nullptr, header, nullptr, error);
        if (route)
            *out = IkeletAddress(route->GetSource());
        return route != nullptr;
    }
    if (remote.family == 6 && node->GetObject<Ipv6>()) {
        Ipv6Header header;
        header.SetDestination(IkeletIpv6(remote));
        Ptr<Ipv6Route> route = node->GetObject<Ipv6>()->GetRoutingProtocol()->RouteOutput(
            nullptr, header, nullptr, error);
        if (route)
            *out = IkeletAddress(route->GetSource());
        return route != nullptr;
    }
    return false;
}

/* ---- the tunnel device ---------------------------------------------------------------------- */

bool IkeletNet::TunnelTx(Ptr<Packet> p, const Address &, const Address &, uint16_t protocol)
{
    bool v6 = protocol == Ipv6L3Protocol::PROT_NUMBER;
    if (v6) {
        Ipv6Header header;
        p->PeekHeader(header);
        if (PassesBy(header.GetSource(), header.GetDestination()))
            return true; /* neighbour and router discovery find nobody in a tunnel */
    } else {
        Ipv4Header header;
        p = p->Copy();
        p->RemoveHeader(header);
        p = Whole(p, header); /* ns-3 leaves the header checksum out unless told otherwise */
    }
    /* Bypass would lead back into the device: what policy lets out in clear has no way. */
    Owner &owner = m_owner;
    SubmitClear(IkeletEngine::InputKind::Tx, p, [&owner, p]() { owner.lost(p); });
    return true;
}

} // namespace ns3
