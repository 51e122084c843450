/* SPDX-License-Identifier: MIT */
#ifndef IKELET_ADDRESS_H
#define IKELET_ADDRESS_H

#include "ns3/address.h"
#include "ns3/ipv4-address.h"
#include "ns3/ipv6-address.h"

#include "ikelet/ikelet.h"

namespace ns3
{

/// \ingroup ikelet
/// \name Addresses of ns-3 and of the core
/// @{
struct ik_addr IkeletAddress(Ipv4Address address);
struct ik_addr IkeletAddress(Ipv6Address address);
/// \param address an InetSocketAddress or Inet6SocketAddress
struct ik_addr IkeletAddress(const Address &address, uint16_t *port);
Ipv4Address IkeletIpv4(const struct ik_addr &address);
Ipv6Address IkeletIpv6(const struct ik_addr &address);
bool IkeletSame(const struct ik_addr &a, const struct ik_addr &b);
/// @}

} // namespace ns3

#endif
