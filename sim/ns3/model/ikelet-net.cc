/* SPDX-License-Identifier: MIT */
#include "ikelet-net.h"

#include <utility>

#include "ns3/inet-socket-address.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-packet-info-tag.h"
#include "ns3/ipv4-routing-protocol.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-packet-info-tag.h"
#include "ns3/ipv6-routing-protocol.h"
#include "ns3/log.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/udp-l4-protocol.h"
#include "ns3/udp-socket-factory.h"

#include "ikelet-address.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNet");

namespace
{

std::vector<uint8_t> Octets(Ptr<const Packet> p)
{
    std::vector<uint8_t> out(p->GetSize());
    if (!out.empty())
        p->CopyData(out.data(), static_cast<uint32_t>(out.size()));
    return out;
}

Ptr<Packet> MakePacket(const std::vector<uint8_t> &data)
{
    return Create<Packet>(data.data(), static_cast<uint32_t>(data.size()));
}

} // namespace

IkeletNet::IkeletNet(Owner owner) : m_owner(std::move(owner))
{
}

void IkeletNet::Attach(Ptr<Node> node)
{
    m_node = node;
    OpenSockets();
    if (node->GetObject<Ipv4>())
        ListenToRouters(false);
    if (node->GetObject<Ipv6>())
        ListenToRouters(true);
    InsertEsp();
    InsertAh();
    Hook(node->GetObject<UdpL4Protocol>());
    Hook(node->GetObject<TcpL4Protocol>());
    m_watches.Start(node, m_owner.changed);
}

void IkeletNet::Detach()
{
    m_watches.Stop();
    Unhook();
    for (Ptr<Socket> socket : m_sockets)
        socket->Close();
    Ptr<Ipv4> ipv4 = m_node->GetObject<Ipv4>();
    Ptr<Ipv6> ipv6 = m_node->GetObject<Ipv6>();
    for (Ptr<IkeletL4> l4 : m_protected) {
        if (ipv4)
            ipv4->Remove(l4);
        if (ipv6)
            ipv6->Remove(l4);
    }
    m_sockets.clear();
    m_protected.clear();
}

void IkeletNet::Dispose()
{
    m_watches.Stop();
    m_sockets.clear();
    m_hooks.clear();
    m_protected.clear();
    m_tunnel = nullptr;
    m_node = nullptr;
}

/* ---- IKE ------------------------------------------------------------------------------------- */

void IkeletNet::OpenSockets()
{
    for (uint16_t port : {uint16_t{IK_PORT_IKE}, uint16_t{IK_PORT_NATT}}) {
        if (m_node->GetObject<Ipv4>())
            m_sockets.push_back(Open(port, false));
        if (m_node->GetObject<Ipv6>())
            m_sockets.push_back(Open(port, true));
    }
}

Ptr<Socket> IkeletNet::Open(uint16_t port, bool v6)
{
    Ptr<Socket> socket = Socket::CreateSocket(m_node, UdpSocketFactory::GetTypeId());
    int failed = v6 ? socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), port))
                    : socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    NS_ABORT_MSG_IF(failed, "ikelet: UDP port " << port << " is taken on node " << m_node->GetId());
    socket->SetRecvPktInfo(true);
    socket->SetIpRecvTtl(true);
    socket->SetIpRecvTos(true);
    socket->SetIpv6RecvHopLimit(true);
    socket->SetIpv6RecvTclass(true);
    socket->SetRecvCallback(MakeCallback(&IkeletNet::OnRead, this));
    return socket;
}

/* What the socket tells of the IP header; DF it does not. */
static struct ik_outer TakeOuter(Ptr<Packet> p)
{
    struct ik_outer outer = {};
    SocketIpTtlTag ttl;
    SocketIpTosTag tos;
    SocketIpv6HopLimitTag hops;
    SocketIpv6TclassTag tclass;
    outer.df = true;
    if (p->RemovePacketTag(ttl))
        outer.ttl = ttl.GetTtl();
    if (p->RemovePacketTag(hops))
        outer.ttl = hops.GetHopLimit();
    if (p->RemovePacketTag(tos))
        outer.tclass = tos.GetTos();
    if (p->RemovePacketTag(tclass))
        outer.tclass = tclass.GetTclass();
    return outer;
}

void IkeletNet::OnRead(Ptr<Socket> socket)
{
    Address from, bound;
    socket->GetSockName(bound);
    while (Ptr<Packet> p = socket->RecvFrom(from)) {
        struct ik_path path = {};
        path.remote = IkeletAddress(from, &path.remote_port);
        IkeletAddress(bound, &path.local_port);
        path.carrier = path.local_port == IK_PORT_NATT ? IK_CARRIER_UDP4500 : IK_CARRIER_UDP500;
        Ipv4PacketInfoTag info4;
        Ipv6PacketInfoTag info6;
        if (p->RemovePacketTag(info4))
            path.local = IkeletAddress(info4.GetAddress());
        else if (p->RemovePacketTag(info6))
            path.local = IkeletAddress(info6.GetAddress());
        if (!m_owner.awake()) {
            NS_LOG_LOGIC("asleep: IKE of " << p->GetSize() << " octets is not heard");
            continue;
        }
        m_owner.rx(p, path);
        IkeletEngine::Input input;
        input.kind = IkeletEngine::InputKind::Rx;
        input.path = path;
        input.outer = TakeOuter(p);
        input.data = Octets(p);
        m_owner.submit(std::move(input));
    }
}

/* What ns-3 lets a sender say of the IP header: not the flow label. */
void IkeletNet::TagOuter(Ptr<Packet> p, const struct ik_outer &outer, bool v6)
{
    if (v6) {
        SocketIpv6HopLimitTag hops;
        SocketIpv6TclassTag tclass;
        hops.SetHopLimit(outer.ttl);
        tclass.SetTclass(outer.tclass);
        if (outer.ttl != 0)
            p->AddPacketTag(hops);
        if (outer.tclass != 0)
            p->AddPacketTag(tclass);
        return;
    }
    SocketIpTtlTag ttl;
    SocketIpTosTag tos;
    ttl.SetTtl(outer.ttl);
    tos.SetTos(outer.tclass);
    if (outer.ttl != 0)
        p->AddPacketTag(ttl);
    if (outer.tclass != 0)
        p->AddPacketTag(tos);
    if (outer.df) {
        SocketSetDontFragmentTag df;
        df.Enable();
        p->AddPacketTag(df);
    }
}

void IkeletNet::Send(const struct ik_path &path, const struct ik_outer &outer,
                     const std::vector<uint8_t> &data)
{
    Ptr<Packet> p = MakePacket(data);
    m_owner.tx(p, path);
    bool v6 = path.local.family == 6;
    if (path.carrier == IK_CARRIER_AH) {
        SendAh(path, p);
        return;
    }
    TagOuter(p, outer, v6);
    if (path.carrier == IK_CARRIER_ESP) {
        if (v6)
            m_node->GetObject<Ipv6L3Protocol>()->Send(p, IkeletIpv6(path.local),
                                                      IkeletIpv6(path.remote), IK_IP_ESP, nullptr);
        else
            m_node->GetObject<Ipv4L3Protocol>()->Send(p, IkeletIpv4(path.local),
                                                      IkeletIpv4(path.remote), IK_IP_ESP, nullptr);
        return;
    }
    Ptr<UdpL4Protocol> udp = m_node->GetObject<UdpL4Protocol>();
    m_ownSend = true;
    if (v6)
        udp->Send(p, IkeletIpv6(path.local), IkeletIpv6(path.remote), path.local_port,
                  path.remote_port);
    else
        udp->Send(p, IkeletIpv4(path.local), IkeletIpv4(path.remote), path.local_port,
                  path.remote_port);
    m_ownSend = false;
}

/* ---- what was protected, on its way up ------------------------------------------------------- */

void IkeletNet::Deliver(const struct ik_path &path, const std::vector<uint8_t> &data)
{
    bool v6 = !data.empty() && data[0] >> 4 == 6;
    if (data.size() < (v6 ? 40u : 20u))
        return; /* never: the core delivers IP packets */
    struct ik_addr source = {}, destination = {};
    Ptr<Packet> p = MakePacket(data);
    if (v6) {
        Ipv6Header header;
        p->PeekHeader(header);
        source = IkeletAddress(header.GetSource());
        destination = IkeletAddress(header.GetDestination());
    } else {
        Ipv4Header header;
        p->PeekHeader(header);
        source = IkeletAddress(header.GetSource());
        destination = IkeletAddress(header.GetDestination());
    }
    /* The same ends inside and outside: no routing is needed, as in transport mode. Nor where the
     * core itself speaks, by no path, and there is no tunnel. */
    bool own = path.local.family == 0 && !m_tunnel;
    if (own || (IkeletSame(source, path.remote) && IkeletSame(destination, path.local)))
        DeliverTransport(data, v6);
    else
        DeliverTunnel(data, v6);
}

void IkeletNet::DeliverTransport(const std::vector<uint8_t> &data, bool v6)
{
    Ptr<Packet> p = MakePacket(data);
    if (v6) {
        Ptr<Ipv6L3Protocol> ipv6 = m_node->GetObject<Ipv6L3Protocol>();
        Ipv6Header header;
        p->RemoveHeader(header);
        int32_t at = ipv6->GetInterfaceForAddress(header.GetDestination());
        Ptr<IpL4Protocol> l4 = ipv6->GetProtocol(header.GetNextHeader());
        for (const Hooked &hook : m_hooks)
            l4 = l4 == hook.guard ? hook.l4 : l4;
        if (l4 && at >= 0)
            l4->Receive(p, header, ipv6->GetInterface(static_cast<uint32_t>(at)));
        else
            m_owner.lost(p);
        return;
    }
    Ptr<Ipv4L3Protocol> ipv4 = m_node->GetObject<Ipv4L3Protocol>();
    Ipv4Header header;
    p->RemoveHeader(header);
    int32_t at = ipv4->GetInterfaceForAddress(header.GetDestination());
    Ptr<IpL4Protocol> l4 = ipv4->GetProtocol(header.GetProtocol());
    for (const Hooked &hook : m_hooks)
        l4 = l4 == hook.guard ? hook.l4 : l4;
    if (l4 && at >= 0)
        l4->Receive(p, header, ipv4->GetInterface(static_cast<uint32_t>(at)));
    else
        m_owner.lost(p);
}

void IkeletNet::DeliverTunnel(const std::vector<uint8_t> &data, bool v6)
{
    Ptr<Packet> p = MakePacket(data);
    if (!m_tunnel) {
        NS_LOG_WARN("a packet came out of a tunnel, and there is no tunnel device");
        m_owner.lost(p);
        return;
    }
    Address self = m_tunnel->GetAddress();
    m_tunnel->Receive(p, v6 ? Ipv6L3Protocol::PROT_NUMBER : Ipv4L3Protocol::PROT_NUMBER, self, self,
                      NetDevice::PACKET_HOST);
}

} // namespace ns3
