/* SPDX-License-Identifier: MIT */
/* What routers say to IkeletNet: ICMP as it comes, for the core. */
#include <algorithm>
#include <utility>

#include "ns3/icmpv4-l4-protocol.h"
#include "ns3/icmpv6-l4-protocol.h"
#include "ns3/inet-socket-address.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv4-raw-socket-factory.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-raw-socket-factory.h"
#include "ns3/log.h"
#include "ns3/uinteger.h"

#include "ikelet-address.h"
#include "ikelet-net.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNetRouters");

namespace
{

constexpr uint8_t kUnreachable = 3, kFragmentationNeeded = 4; /* RFC 792, 1191 */
constexpr uint8_t kPacketTooBig = 2;                          /* RFC 4443 3.2 */
constexpr size_t kIcmp = 8;                                   /* octets of its header */
constexpr size_t kQuoted = 128; /* as much as tells of which SA it was */

uint16_t Half(const uint8_t *p)
{
    return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

size_t HeaderOf(const std::vector<uint8_t> &ip, size_t at, bool v6)
{
    return v6 ? 40 : 4u * (ip[at] & 15u);
}

struct ik_addr AddressAt(const uint8_t *p, bool v6)
{
    struct ik_addr a = {};
    a.family = v6 ? 6 : 4;
    std::copy(p, p + (v6 ? 16 : 4), a.b);
    return a;
}

/* Of the packet that came back: its path, and where what the core wants of it begins; false if it
 * is none of ours. */
bool Read(const std::vector<uint8_t> &ip, size_t packet, bool v6, struct ik_path *path,
          size_t *from)
{
    constexpr size_t kPorts = 8;
    if (ip.size() < packet + (v6 ? 40 : 20))
        return false;
    const uint8_t *p = &ip[packet];
    size_t head = HeaderOf(ip, packet, v6);
    uint8_t protocol = p[v6 ? 6 : 9];
    path->local = AddressAt(p + (v6 ? 8 : 12), v6);
    path->remote = AddressAt(p + (v6 ? 24 : 16), v6);
    *from = packet + head;
    if (protocol == IK_IP_ESP || protocol == IK_IP_AH) {
        path->carrier = protocol == IK_IP_ESP ? IK_CARRIER_ESP : IK_CARRIER_AH;
        *from = protocol == IK_IP_ESP ? *from : packet;
        return true;
    }
    if (protocol != IK_IP_UDP || ip.size() < *from + kPorts)
        return false;
    path->local_port = Half(&ip[*from]);
    path->remote_port = Half(&ip[*from + 2]);
    path->carrier = path->local_port == IK_PORT_NATT ? IK_CARRIER_UDP4500 : IK_CARRIER_UDP500;
    *from += kPorts;
    return path->local_port == IK_PORT_NATT || path->local_port == IK_PORT_IKE;
}

} // namespace

/* ns-3 hands an error to the protocol that it is about with 8 octets of the packet, which of ESP in
 * UDP do not tell the SA: so the whole of it is taken. */
void IkeletNet::ListenToRouters(bool v6)
{
    Ptr<Socket> socket = Socket::CreateSocket(m_node, v6 ? Ipv6RawSocketFactory::GetTypeId()
                                                         : Ipv4RawSocketFactory::GetTypeId());
    socket->SetAttribute("Protocol",
                         UintegerValue(v6 ? Icmpv6L4Protocol::GetStaticProtocolNumber()
                                          : Icmpv4L4Protocol::GetStaticProtocolNumber()));
    if (v6)
        socket->Bind6();
    else
        socket->Bind();
    socket->SetRecvCallback(MakeCallback(&IkeletNet::OnIcmp, this));
    m_sockets.push_back(socket);
}

void IkeletNet::OnIcmp(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> p = socket->RecvFrom(from)) {
        std::vector<uint8_t> ip(p->GetSize());
        p->CopyData(ip.data(), p->GetSize());
        bool v6 = !ip.empty() && ip[0] >> 4 == 6;
        size_t at = ip.size() >= 20 ? HeaderOf(ip, 0, v6) : 0, quoted = at + kIcmp, begin;
        if (at == 0 || ip.size() < quoted)
            continue;
        bool tooBig = v6 ? ip[at] == kPacketTooBig
                         : ip[at] == kUnreachable && ip[at + 1] == kFragmentationNeeded;
        IkeletEngine::Input input;
        input.kind = IkeletEngine::InputKind::TooBig;
        if (!tooBig || !m_owner.awake() || !Read(ip, quoted, v6, &input.path, &begin))
            continue;
        bool huge = v6 && Half(&ip[at + 4]) != 0;
        input.index = huge ? UINT16_MAX : Half(&ip[at + 6]);
        NS_LOG_INFO("node " << m_node->GetId() << ": a path of " << input.index << " octets");
        input.data.assign(ip.begin() + static_cast<std::ptrdiff_t>(begin),
                          ip.begin() +
                              static_cast<std::ptrdiff_t>(std::min(ip.size(), begin + kQuoted)));
        m_owner.submit(std::move(input));
    }
}

} // namespace ns3
