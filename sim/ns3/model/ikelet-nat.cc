/* SPDX-License-Identifier: MIT */
#include "ikelet-nat.h"

#include "ns3/log.h"
#include "ns3/simulator.h"
#include "ns3/tcp-l4-protocol.h"
#include "ns3/udp-l4-protocol.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNat");
NS_OBJECT_ENSURE_REGISTERED(IkeletNat);

namespace
{

constexpr uint16_t kFirstPort = 20000, kLastPort = 59999;
constexpr size_t kIpv4Header = 20, kSourceAt = 12, kDestinationAt = 16, kPorts = 4;

uint32_t Get32(const uint8_t *p)
{
    return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 |
           static_cast<uint32_t>(p[2]) << 8 | p[3];
}

uint16_t Get16(const uint8_t *p)
{
    return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

void Put32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

void Put16(uint8_t *p, uint16_t value)
{
    p[0] = static_cast<uint8_t>(value >> 8);
    p[1] = static_cast<uint8_t>(value);
}

} // namespace

TypeId IkeletNat::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletNat")
            .SetParent<IkeletMiddlebox>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletNat>()
            .AddAttribute("Outside", "The address that the outside sees.",
                          Ipv4AddressValue(Ipv4Address("203.0.113.2")),
                          MakeIpv4AddressAccessor(&IkeletNat::m_outside), MakeIpv4AddressChecker())
            .AddAttribute("UdpTimeout",
                          "A UDP mapping ends when nothing went out for so long (RFC 4787: 2 "
                          "minutes at least).",
                          TimeValue(Minutes(2)), MakeTimeAccessor(&IkeletNat::m_udpTimeout),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("TcpTimeout", "The same of TCP.", TimeValue(Hours(2)),
                          MakeTimeAccessor(&IkeletNat::m_tcpTimeout), MakeTimeChecker(Time(0)));
    return tid;
}

IkeletNat::IkeletNat() : m_nextPort(kFirstPort)
{
    SetHook(
        [this](Direction direction, const Octets &packet) { return Translate(direction, packet); });
}

void IkeletNat::Reboot()
{
    NS_LOG_INFO("reboot: " << m_mappings.size() << " mappings are forgotten");
    m_mappings.clear();
    m_ports.clear();
}

void IkeletNat::SetOutside(Ipv4Address outside)
{
    m_outside = outside;
}

size_t IkeletNat::GetMappings() const
{
    return m_mappings.size();
}

bool IkeletNat::IsOld(const Endpoint &inside, const Mapping &mapping) const
{
    Time timeout = inside.protocol == UdpL4Protocol::PROT_NUMBER ? m_udpTimeout : m_tcpTimeout;
    return Simulator::Now() - mapping.used > timeout;
}

bool IkeletNat::Out(Octets *packet, size_t head)
{
    uint8_t *p = packet->data(), *l4 = p + head;
    Endpoint inside = {p[9], Get32(p + kSourceAt), Get16(l4)};
    auto found = m_mappings.find(inside);
    if (found != m_mappings.end() && IsOld(inside, found->second)) {
        m_ports.erase({inside.protocol, found->second.port});
        m_mappings.erase(found);
        found = m_mappings.end();
    }
    if (found == m_mappings.end()) {
        while (m_ports.count({inside.protocol, m_nextPort}))
            m_nextPort =
                m_nextPort == kLastPort ? kFirstPort : static_cast<uint16_t>(m_nextPort + 1);
        found = m_mappings.insert({inside, {m_nextPort, Simulator::Now()}}).first;
        m_ports[{inside.protocol, m_nextPort}] = inside;
        NS_LOG_INFO("a mapping: " << Ipv4Address(inside.address) << ":" << inside.port
                                  << " to port " << m_nextPort);
        m_nextPort = m_nextPort == kLastPort ? kFirstPort : static_cast<uint16_t>(m_nextPort + 1);
    }
    found->second.used = Simulator::Now();
    Put32(p + kSourceAt, m_outside.Get());
    Put16(l4, found->second.port);
    return true;
}

bool IkeletNat::In(Octets *packet, size_t head)
{
    uint8_t *p = packet->data(), *l4 = p + head;
    auto port = m_ports.find({p[9], Get16(l4 + 2)});
    if (Get32(p + kDestinationAt) != m_outside.Get() || port == m_ports.end())
        return false;
    auto mapping = m_mappings.find(port->second);
    if (mapping == m_mappings.end() || IsOld(port->second, mapping->second))
        return false;
    Put32(p + kDestinationAt, port->second.address);
    Put16(l4 + 2, port->second.port);
    return true;
}

std::vector<IkeletNat::Octets> IkeletNat::Translate(Direction direction, const Octets &packet)
{
    Octets out = packet;
    const size_t head = packet.empty() ? 0 : static_cast<size_t>(packet[0] & 15) * 4;
    const bool known =
        packet.size() >= kIpv4Header && packet[0] >> 4 == 4 && packet.size() >= head + kPorts &&
        (packet[9] == UdpL4Protocol::PROT_NUMBER || packet[9] == TcpL4Protocol::PROT_NUMBER) &&
        ((packet[6] << 8 | packet[7]) & 0x3fff) == 0;
    if (!known || !(direction == Outbound ? Out(&out, head) : In(&out, head)))
        return {};
    IkeletFixChecksums(&out);
    return {out};
}

} // namespace ns3
