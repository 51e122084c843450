/* SPDX-License-Identifier: MIT */
#include "ikelet-watch.h"

#include "ns3/ipv4-list-routing.h"
#include "ns3/ipv4-route.h"
#include "ns3/ipv4.h"
#include "ns3/ipv6-list-routing.h"
#include "ns3/ipv6-route.h"
#include "ns3/ipv6.h"
#include "ns3/log.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletWatch");

NS_OBJECT_ENSURE_REGISTERED(IkeletWatch4);
NS_OBJECT_ENSURE_REGISTERED(IkeletWatch6);

namespace
{

/* Behind every protocol that knows a route. */
constexpr int16_t kLast = INT16_MIN;

void Tell(const std::function<void()> &changed, uint32_t interface)
{
    NS_LOG_LOGIC("interface " << interface << " has changed");
    if (changed)
        changed();
}

/* One watch for one stack: made and put into its list, if it has one. */
template <typename List, typename Watch, typename Stack>
void Join(Ptr<Watch> *watch, Ptr<Stack> stack, const std::function<void()> &changed)
{
    Ptr<List> list;
    if (stack && !*watch)
        list = DynamicCast<List>(stack->GetRoutingProtocol());
    if (list) {
        *watch = CreateObject<Watch>();
        list->AddRoutingProtocol(*watch, kLast);
    }
    if (*watch)
        (*watch)->changed = changed;
    else if (stack)
        NS_LOG_INFO("no list of routing protocols: nobody tells of addresses");
}

} // namespace

void IkeletWatches::Start(Ptr<Node> node, const std::function<void()> &changed)
{
    Join<Ipv4ListRouting>(&ipv4, node->GetObject<Ipv4>(), changed);
    Join<Ipv6ListRouting>(&ipv6, node->GetObject<Ipv6>(), changed);
}

void IkeletWatches::Stop()
{
    if (ipv4)
        ipv4->changed = nullptr;
    if (ipv6)
        ipv6->changed = nullptr;
}

/* ---- IPv4 ------------------------------------------------------------------------------------ */

TypeId IkeletWatch4::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletWatch4")
                            .SetParent<Ipv4RoutingProtocol>()
                            .SetGroupName("Ikelet")
                            .AddConstructor<IkeletWatch4>();
    return tid;
}

Ptr<Ipv4Route> IkeletWatch4::RouteOutput(Ptr<Packet>, const Ipv4Header &, Ptr<NetDevice>,
                                         Socket::SocketErrno &error)
{
    error = Socket::ERROR_NOROUTETOHOST;
    return nullptr;
}

void IkeletWatch4::NotifyInterfaceUp(uint32_t interface)
{
    Tell(changed, interface);
}

void IkeletWatch4::NotifyInterfaceDown(uint32_t interface)
{
    Tell(changed, interface);
}

void IkeletWatch4::NotifyAddAddress(uint32_t interface, Ipv4InterfaceAddress)
{
    Tell(changed, interface);
}

void IkeletWatch4::NotifyRemoveAddress(uint32_t interface, Ipv4InterfaceAddress)
{
    Tell(changed, interface);
}

void IkeletWatch4::SetIpv4(Ptr<Ipv4>)
{
}

void IkeletWatch4::PrintRoutingTable(Ptr<OutputStreamWrapper>, Time::Unit) const
{
}

/* ---- IPv6 ------------------------------------------------------------------------------------ */

TypeId IkeletWatch6::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletWatch6")
                            .SetParent<Ipv6RoutingProtocol>()
                            .SetGroupName("Ikelet")
                            .AddConstructor<IkeletWatch6>();
    return tid;
}

Ptr<Ipv6Route> IkeletWatch6::RouteOutput(Ptr<Packet>, const Ipv6Header &, Ptr<NetDevice>,
                                         Socket::SocketErrno &error)
{
    error = Socket::ERROR_NOROUTETOHOST;
    return nullptr;
}

void IkeletWatch6::NotifyInterfaceUp(uint32_t interface)
{
    Tell(changed, interface);
}

void IkeletWatch6::NotifyInterfaceDown(uint32_t interface)
{
    Tell(changed, interface);
}

void IkeletWatch6::NotifyAddAddress(uint32_t interface, Ipv6InterfaceAddress)
{
    Tell(changed, interface);
}

void IkeletWatch6::NotifyRemoveAddress(uint32_t interface, Ipv6InterfaceAddress)
{
    Tell(changed, interface);
}

void IkeletWatch6::NotifyAddRoute(Ipv6Address, Ipv6Prefix, Ipv6Address, uint32_t interface,
                                  Ipv6Address)
{
    Tell(changed, interface);
}

void IkeletWatch6::NotifyRemoveRoute(Ipv6Address, Ipv6Prefix, Ipv6Address, uint32_t interface,
                                     Ipv6Address)
{
    Tell(changed, interface);
}

void IkeletWatch6::SetIpv6(Ptr<Ipv6>)
{
}

void IkeletWatch6::PrintRoutingTable(Ptr<OutputStreamWrapper>, Time::Unit) const
{
}

} // namespace ns3
