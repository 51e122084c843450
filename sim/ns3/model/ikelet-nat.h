/* SPDX-License-Identifier: MIT */
#ifndef IKELET_NAT_H
#define IKELET_NAT_H

#include <cstdint>
#include <map>
#include <tuple>

#include "ns3/ipv4-address.h"
#include "ns3/nstime.h"

#include "ikelet-middlebox.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief A NAPT (RFC 2663, RFC 4787) for IPv4 with UDP and TCP, on a path between an inside and an
 * outside network.
 *
 * Mapping and filtering are endpoint-independent: one outside port an inside endpoint. A mapping
 * ends when nothing went out through it for UdpTimeout or TcpTimeout. Reboot() forgets them all:
 * what comes from the inside then gets other ports. Packets of other protocols, ESP among them, and
 * fragments are dropped.
 */
class IkeletNat : public IkeletMiddlebox
{
  public:
    static TypeId GetTypeId();

    IkeletNat();

    /// \brief Forgets all mappings, and goes on with other ports.
    void Reboot();
    /// \brief Changes the outside address, as a provider does; mappings stay.
    void SetOutside(Ipv4Address outside);
    size_t GetMappings() const;

  private:
    struct Endpoint {
        uint8_t protocol;
        uint32_t address;
        uint16_t port;
        bool operator<(const Endpoint &other) const
        {
            return std::tie(protocol, address, port) <
                   std::tie(other.protocol, other.address, other.port);
        }
    };
    struct Mapping {
        uint16_t port;
        Time used;
    };

    std::vector<Octets> Translate(Direction direction, const Octets &packet);
    bool Out(Octets *packet, size_t head);
    bool In(Octets *packet, size_t head);
    bool IsOld(const Endpoint &inside, const Mapping &mapping) const;

    Ipv4Address m_outside;
    Time m_udpTimeout;
    Time m_tcpTimeout;
    uint16_t m_nextPort = 0;
    std::map<Endpoint, Mapping> m_mappings;                   ///< by inside endpoint
    std::map<std::pair<uint8_t, uint16_t>, Endpoint> m_ports; ///< by protocol and outside port
};

} // namespace ns3

#endif
