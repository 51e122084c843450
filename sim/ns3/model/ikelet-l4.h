/* SPDX-License-Identifier: MIT */
#ifndef IKELET_L4_H
#define IKELET_L4_H

#include <functional>

#include "ns3/address.h"
#include "ns3/ip-l4-protocol.h"
#include "ns3/ipv4-header.h"
#include "ns3/ipv4-interface.h"
#include "ns3/ipv6-header.h"
#include "ns3/ipv6-interface.h"
#include "ns3/packet.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief A transport protocol that hands what it gets to two functions.
 *
 * It stands at protocol 50 to receive ESP, and before UDP and TCP so that clear packets which
 * policy wants protected are not let in (RFC 4301 5.2).
 */
class IkeletL4 : public IpL4Protocol
{
  public:
    using Receive4 = std::function<RxStatus(Ptr<Packet>, const Ipv4Header &, Ptr<Ipv4Interface>)>;
    using Receive6 = std::function<RxStatus(Ptr<Packet>, const Ipv6Header &, Ptr<Ipv6Interface>)>;

    static TypeId GetTypeId();

    /// \param number the protocol number
    /// \param inner the protocol that it stands before, which gets ICMP errors and down targets;
    ///        may be null
    void Set(int number, Ptr<IpL4Protocol> inner, Receive4 receive4, Receive6 receive6);

    int GetProtocolNumber() const override;
    RxStatus Receive(Ptr<Packet> p, const Ipv4Header &header,
                     Ptr<Ipv4Interface> interface) override;
    RxStatus Receive(Ptr<Packet> p, const Ipv6Header &header,
                     Ptr<Ipv6Interface> interface) override;
    void ReceiveIcmp(Ipv4Address source, uint8_t ttl, uint8_t type, uint8_t code, uint32_t info,
                     Ipv4Address payloadSource, Ipv4Address payloadDestination,
                     const uint8_t payload[8]) override;
    void ReceiveIcmp(Ipv6Address source, uint8_t ttl, uint8_t type, uint8_t code, uint32_t info,
                     Ipv6Address payloadSource, Ipv6Address payloadDestination,
                     const uint8_t payload[8]) override;
    void SetDownTarget(DownTargetCallback cb) override;
    void SetDownTarget6(DownTargetCallback6 cb) override;
    DownTargetCallback GetDownTarget() const override;
    DownTargetCallback6 GetDownTarget6() const override;

  protected:
    void DoDispose() override;

  private:
    int m_number = 0;
    Ptr<IpL4Protocol> m_inner;
    Receive4 m_receive4;
    Receive6 m_receive6;
    DownTargetCallback m_down4;
    DownTargetCallback6 m_down6;
};

} // namespace ns3

#endif
