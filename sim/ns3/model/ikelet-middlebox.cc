/* SPDX-License-Identifier: MIT */
#include "ikelet-middlebox.h"

#include <utility>

#include "ns3/ipv4-l3-protocol.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/log.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/udp-l4-protocol.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletMiddlebox");
NS_OBJECT_ENSURE_REGISTERED(IkeletMiddlebox);

namespace
{

constexpr size_t kIpv4Header = 20, kChecksumAt = 10, kProtocolAt = 9, kAddressesAt = 12;

uint32_t Add(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2)
        sum += static_cast<uint32_t>(p[i] << 8 | p[i + 1]);
    return n % 2 ? sum + static_cast<uint32_t>(p[n - 1] << 8) : sum;
}

uint16_t Fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

void Put(uint8_t *p, uint16_t value)
{
    p[0] = static_cast<uint8_t>(value >> 8);
    p[1] = static_cast<uint8_t>(value);
}

} // namespace

void IkeletFixChecksums(std::vector<uint8_t> *packet)
{
    uint8_t *p = packet->data();
    if (packet->size() < kIpv4Header || p[0] >> 4 != 4)
        return;
    const size_t head = static_cast<size_t>(p[0] & 15) * 4;
    Put(p + kChecksumAt, 0);
    Put(p + kChecksumAt, Fold(Add(0, p, head)));
    const uint8_t protocol = p[kProtocolAt];
    const size_t at = protocol == UdpL4Protocol::PROT_NUMBER ? 6 : 16;
    const bool fragment = ((p[6] << 8 | p[7]) & 0x3fff) != 0;
    if ((protocol != UdpL4Protocol::PROT_NUMBER && protocol != TcpL4Protocol::PROT_NUMBER) ||
        fragment || packet->size() < head + at + 2)
        return;
    uint8_t *l4 = p + head;
    const size_t n = packet->size() - head;
    if (protocol == UdpL4Protocol::PROT_NUMBER && l4[at] == 0 && l4[at + 1] == 0)
        return;
    Put(l4 + at, 0);
    uint32_t sum = Add(0, p + kAddressesAt, 8) + protocol + static_cast<uint32_t>(n);
    uint16_t checksum = Fold(Add(sum, l4, n));
    Put(l4 + at, protocol == UdpL4Protocol::PROT_NUMBER && checksum == 0 ? 0xffff : checksum);
}

TypeId IkeletMiddlebox::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletMiddlebox")
                            .SetParent<Object>()
                            .SetGroupName("Ikelet")
                            .AddConstructor<IkeletMiddlebox>();
    return tid;
}

void IkeletMiddlebox::DoDispose()
{
    m_inside = nullptr;
    m_outside = nullptr;
    m_hook = nullptr;
    Object::DoDispose();
}

void IkeletMiddlebox::Attach(Ptr<NetDevice> inside, Ptr<NetDevice> outside)
{
    m_inside = inside;
    m_outside = outside;
    for (Ptr<NetDevice> device : {inside, outside})
        for (uint16_t protocol : {Ipv4L3Protocol::PROT_NUMBER, Ipv6L3Protocol::PROT_NUMBER})
            device->GetNode()->RegisterProtocolHandler(
                MakeCallback(&IkeletMiddlebox::Receive, this), protocol, device);
}

void IkeletMiddlebox::SetHook(Hook hook)
{
    m_hook = std::move(hook);
}

void IkeletMiddlebox::Receive(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t,
                              const Address &, const Address &, NetDevice::PacketType)
{
    Direction direction = device == m_inside ? Outbound : Inbound;
    Octets octets(packet->GetSize());
    packet->CopyData(octets.data(), packet->GetSize());
    std::vector<Octets> on = m_hook ? m_hook(direction, octets) : std::vector<Octets>{octets};
    if (on.empty())
        m_dropped++;
    for (const Octets &one : on)
        Send(direction, one);
}

void IkeletMiddlebox::Send(Direction direction, const Octets &packet)
{
    Ptr<NetDevice> to = direction == Outbound ? m_outside : m_inside;
    if (!to || packet.empty())
        return;
    m_forwarded++;
    NS_LOG_LOGIC("a packet of " << packet.size() << " octets goes "
                                << (direction == Outbound ? "out" : "in"));
    to->Send(Create<Packet>(packet.data(), static_cast<uint32_t>(packet.size())),
             to->GetBroadcast(),
             packet[0] >> 4 == 6 ? Ipv6L3Protocol::PROT_NUMBER : Ipv4L3Protocol::PROT_NUMBER);
}

uint64_t IkeletMiddlebox::GetForwarded() const
{
    return m_forwarded;
}

uint64_t IkeletMiddlebox::GetDropped() const
{
    return m_dropped;
}

} // namespace ns3
