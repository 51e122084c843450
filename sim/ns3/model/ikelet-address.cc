/* SPDX-License-Identifier: MIT */
#include "ikelet-address.h"

#include <cstring>

#include "ns3/inet-socket-address.h"
#include "ns3/inet6-socket-address.h"

namespace ns3
{

struct ik_addr IkeletAddress(Ipv4Address address)
{
    struct ik_addr out = {};
    out.family = 4;
    address.Serialize(out.b);
    return out;
}

struct ik_addr IkeletAddress(Ipv6Address address)
{
    struct ik_addr out = {};
    out.family = 6;
    address.Serialize(out.b);
    return out;
}

struct ik_addr IkeletAddress(const Address &address, uint16_t *port)
{
    if (InetSocketAddress::IsMatchingType(address)) {
        InetSocketAddress v4 = InetSocketAddress::ConvertFrom(address);
        *port = v4.GetPort();
        return IkeletAddress(v4.GetIpv4());
    }
    Inet6SocketAddress v6 = Inet6SocketAddress::ConvertFrom(address);
    *port = v6.GetPort();
    return IkeletAddress(v6.GetIpv6());
}

Ipv4Address IkeletIpv4(const struct ik_addr &address)
{
    return Ipv4Address::Deserialize(address.b);
}

Ipv6Address IkeletIpv6(const struct ik_addr &address)
{
    return Ipv6Address::Deserialize(address.b);
}

bool IkeletSame(const struct ik_addr &a, const struct ik_addr &b)
{
    return a.family == b.family && std::memcmp(a.b, b.b, a.family == 4 ? 4 : 16) == 0;
}

} // namespace ns3
