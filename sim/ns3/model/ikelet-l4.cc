/* SPDX-License-Identifier: MIT */
#include "ikelet-l4.h"

#include <utility>

#include "ns3/log.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletL4");
NS_OBJECT_ENSURE_REGISTERED(IkeletL4);

TypeId IkeletL4::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletL4")
                            .SetParent<IpL4Protocol>()
                            .SetGroupName("Ikelet")
                            .AddConstructor<IkeletL4>();
    return tid;
}

void IkeletL4::Set(int number, Ptr<IpL4Protocol> inner, Receive4 receive4, Receive6 receive6)
{
    m_number = number;
    m_inner = inner;
    m_receive4 = std::move(receive4);
    m_receive6 = std::move(receive6);
}

void IkeletL4::DoDispose()
{
    m_inner = nullptr;
    m_receive4 = nullptr;
    m_receive6 = nullptr;
    m_down4.Nullify();
    m_down6.Nullify();
    IpL4Protocol::DoDispose();
}

int IkeletL4::GetProtocolNumber() const
{
    return m_number;
}

IpL4Protocol::RxStatus IkeletL4::Receive(Ptr<Packet> p, const Ipv4Header &header,
                                         Ptr<Ipv4Interface> interface)
{
    NS_LOG_LOGIC("protocol " << m_number << ": " << p->GetSize() << " octets from "
                             << header.GetSource());
    return m_receive4 ? m_receive4(p, header, interface) : RX_OK;
}

IpL4Protocol::RxStatus IkeletL4::Receive(Ptr<Packet> p, const Ipv6Header &header,
                                         Ptr<Ipv6Interface> interface)
{
    NS_LOG_LOGIC("protocol " << m_number << ": " << p->GetSize() << " octets from "
                             << header.GetSource());
    return m_receive6 ? m_receive6(p, header, interface) : RX_OK;
}

void IkeletL4::ReceiveIcmp(Ipv4Address source, uint8_t ttl, uint8_t type, uint8_t code,
                           uint32_t info, Ipv4Address payloadSource, Ipv4Address payloadDestination,
                           const uint8_t payload[8])
{
    NS_LOG_LOGIC("protocol " << m_number << ": ICMP " << uint32_t{type} << "/" << uint32_t{code}
                             << " from " << source);
    if (m_inner)
        m_inner->ReceiveIcmp(source, ttl, type, code, info, payloadSource, payloadDestination,
                             payload);
}

void IkeletL4::ReceiveIcmp(Ipv6Address source, uint8_t ttl, uint8_t type, uint8_t code,
                           uint32_t info, Ipv6Address payloadSource, Ipv6Address payloadDestination,
                           const uint8_t payload[8])
{
    NS_LOG_LOGIC("protocol " << m_number << ": ICMP " << uint32_t{type} << "/" << uint32_t{code}
                             << " from " << source);
    if (m_inner)
        m_inner->ReceiveIcmp(source, ttl, type, code, info, payloadSource, payloadDestination,
                             payload);
}

void IkeletL4::SetDownTarget(DownTargetCallback cb)
{
    m_down4 = cb;
    if (m_inner)
        m_inner->SetDownTarget(cb);
}

void IkeletL4::SetDownTarget6(DownTargetCallback6 cb)
{
    m_down6 = cb;
    if (m_inner)
        m_inner->SetDownTarget6(cb);
}

IpL4Protocol::DownTargetCallback IkeletL4::GetDownTarget() const
{
    return m_inner ? m_inner->GetDownTarget() : m_down4;
}

IpL4Protocol::DownTargetCallback6 IkeletL4::GetDownTarget6() const
{
    return m_inner ? m_inner->GetDownTarget6() : m_down6;
}

} // namespace ns3
