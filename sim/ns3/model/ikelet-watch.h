/* SPDX-License-Identifier: MIT */
#ifndef IKELET_WATCH_H
#define IKELET_WATCH_H

#include <functional>

#include "ns3/ipv4-routing-protocol.h"
#include "ns3/ipv6-routing-protocol.h"
#include "ns3/node.h"

namespace ns3
{

namespace ikelet_watch
{

/* RouteInput() takes its callbacks by value up to 3.37 and by reference later: what a release of
 * ns-3 has is taken from it. */
template <typename Base, typename Method = decltype(&Base::RouteInput)> class Deaf;

template <typename Base, typename... A> class Deaf<Base, bool (Base::*)(A...)> : public Base
{
  public:
    bool RouteInput(A...) override
    {
        return false;
    }
};

} // namespace ikelet_watch

/**
 * \ingroup ikelet
 * \brief Tells when an interface of a node goes up or down, gets or loses an address.
 *
 * ns-3 tells that to routing protocols only. So this is one, the last in the node's list: it knows
 * no route and routes nothing.
 */
class IkeletWatch4 : public ikelet_watch::Deaf<Ipv4RoutingProtocol>
{
  public:
    static TypeId GetTypeId();

    std::function<void()> changed; ///< may be empty

    Ptr<Ipv4Route> RouteOutput(Ptr<Packet> p, const Ipv4Header &header, Ptr<NetDevice> device,
                               Socket::SocketErrno &error) override;
    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, Ipv4InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, Ipv4InterfaceAddress address) override;
    void SetIpv4(Ptr<Ipv4> ipv4) override;
    void PrintRoutingTable(Ptr<OutputStreamWrapper> stream, Time::Unit unit) const override;
};

/// \ingroup ikelet
/// \brief IkeletWatch4 for IPv6.
class IkeletWatch6 : public ikelet_watch::Deaf<Ipv6RoutingProtocol>
{
  public:
    static TypeId GetTypeId();

    std::function<void()> changed; ///< may be empty

    Ptr<Ipv6Route> RouteOutput(Ptr<Packet> p, const Ipv6Header &header, Ptr<NetDevice> device,
                               Socket::SocketErrno &error) override;
    void NotifyInterfaceUp(uint32_t interface) override;
    void NotifyInterfaceDown(uint32_t interface) override;
    void NotifyAddAddress(uint32_t interface, Ipv6InterfaceAddress address) override;
    void NotifyRemoveAddress(uint32_t interface, Ipv6InterfaceAddress address) override;
    void NotifyAddRoute(Ipv6Address to, Ipv6Prefix mask, Ipv6Address nextHop, uint32_t interface,
                        Ipv6Address prefix) override;
    void NotifyRemoveRoute(Ipv6Address to, Ipv6Prefix mask, Ipv6Address nextHop, uint32_t interface,
                           Ipv6Address prefix) override;
    void SetIpv6(Ptr<Ipv6> ipv6) override;
    void PrintRoutingTable(Ptr<OutputStreamWrapper> stream, Time::Unit unit) const override;
};

/// \ingroup ikelet
/// \brief What watches the interfaces of one node, as long as it lives.
struct IkeletWatches {
    Ptr<IkeletWatch4> ipv4;
    Ptr<IkeletWatch6> ipv6;

    /// \brief Begins to watch, or goes on with another function. A stack whose routing is not a
    /// list (Ipv4ListRouting, which InternetStackHelper makes) is not watched.
    void Start(Ptr<Node> node, const std::function<void()> &changed);
    /// \brief Stops telling.
    void Stop();
};

} // namespace ns3

#endif
