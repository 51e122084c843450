/* SPDX-License-Identifier: MIT */
#ifndef IKELET_NET_H
#define IKELET_NET_H

#include <functional>
#include <string>
#include <vector>

#include "ns3/ipv4-route.h"
#include "ns3/ipv6-route.h"
#include "ns3/node.h"
#include "ns3/socket.h"
#include "ns3/virtual-net-device.h"

#include "ikelet-engine.h"
#include "ikelet-l4.h"
#include "ikelet-watch.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Ties a core node to the IP stack of an ns-3 node.
 *
 * - UDP 500 and 4500 for IKE, ESP as IP protocol 50 and AH as 51, over IPv4 and IPv6.
 * - What UDP and TCP of this node send goes through the SPD before it gets an IP header of its own
 *   (transport mode), unless its route leads into the tunnel device.
 * - A tunnel device, if there is one: what is routed into it goes through the SPD as a whole packet
 *   (tunnel mode).
 * - What comes in clear for UDP and TCP goes through the SPD (RFC 4301 5.2).
 * - What routers say of packets that were too big goes to the core, and what the core says of those
 *   inside to this node's own ICMP.
 *
 * IKE itself, ICMP, multicast and what is link-local pass by.
 */
class IkeletNet
{
  public:
    struct Owner {
        std::function<void(Ptr<const Packet>, const struct ik_path &)> tx;
        std::function<void(Ptr<const Packet>, const struct ik_path &)> rx;
        std::function<void(IkeletEngine::Input)> submit;
        std::function<bool()> awake;
        std::function<void(Ptr<const Packet>)> lost; ///< asleep, or nowhere to deliver
        std::function<void()> changed; ///< an interface or its addresses
    };

    explicit IkeletNet(Owner owner);
    IkeletNet(const IkeletNet &) = delete;
    IkeletNet &operator=(const IkeletNet &) = delete;

    void Attach(Ptr<Node> node);
    void Detach();
    /// \brief Forgets everything while the node is being disposed of.
    void Dispose();

    /// \brief Carries out IK_FX_SEND.
    void Send(const struct ik_path &path, const struct ik_outer &outer,
              const std::vector<uint8_t> &data);
    /// \brief Carries out IK_FX_DELIVER of a packet that was protected.
    void Deliver(const struct ik_path &path, const std::vector<uint8_t> &data);

    /// \brief Makes the tunnel device, or adds an address and routes to it.
    /// \param address "10.1.0.1/24" or "fd00:1::1/64": the inner address of this node
    /// \param remotes what is reached through it, as "10.2.0.0/16"
    /// \param mtu of a device that is made; 0: from the links that the node has now
    Ptr<VirtualNetDevice> AddTunnel(Ptr<Node> node, const std::string &address,
                                    const std::vector<std::string> &remotes, uint16_t mtu);

    /// \brief The address that this node would send from. \return false if there is no route
    static bool SourceFor(Ptr<Node> node, const struct ik_addr &remote, struct ik_addr *out);

  private:
    void OpenSockets();
    Ptr<Socket> Open(uint16_t port, bool v6);
    void OnRead(Ptr<Socket> socket);
    void Insert(uint8_t protocol, IkeletL4::Receive4 receive4, IkeletL4::Receive6 receive6);
    void InsertEsp();
    void InsertAh();
    void SendAh(const struct ik_path &path, Ptr<Packet> whole);
    void ListenToRouters(bool v6);
    void OnIcmp(Ptr<Socket> socket);
    void RxProtected(Ptr<Packet> p, uint8_t carrier, const struct ik_addr &source,
                     const struct ik_addr &destination, const struct ik_outer &outer);
    static void TagOuter(Ptr<Packet> p, const struct ik_outer &outer, bool v6);

    void Hook(Ptr<IpL4Protocol> l4);
    void Unhook();
    void Down4(size_t hook, Ptr<Packet> p, Ipv4Address source, Ipv4Address destination,
               uint8_t protocol, Ptr<Ipv4Route> route);
    void Down6(size_t hook, Ptr<Packet> p, Ipv6Address source, Ipv6Address destination,
               uint8_t protocol, Ptr<Ipv6Route> route);
    IpL4Protocol::RxStatus Up4(size_t hook, Ptr<Packet> p, const Ipv4Header &header,
                               Ptr<Ipv4Interface> interface);
    IpL4Protocol::RxStatus Up6(size_t hook, Ptr<Packet> p, const Ipv6Header &header,
                               Ptr<Ipv6Interface> interface);
    void SubmitClear(IkeletEngine::InputKind kind, Ptr<Packet> p, std::function<void()> allowed);

    bool IntoTunnel4(Ipv4Address destination, Ptr<Ipv4Route> route) const;
    bool IntoTunnel6(Ipv6Address destination, Ptr<Ipv6Route> route) const;
    bool TunnelTx(Ptr<Packet> p, const Address &from, const Address &to, uint16_t protocol);
    bool IsIke(Ptr<const Packet> p, int protocol) const;
    void DeliverTransport(const std::vector<uint8_t> &data, bool v6);
    void DeliverTunnel(const std::vector<uint8_t> &data, bool v6);

    /* A protocol that is hooked: itself, its old way down, and the guard on its way up. */
    struct Hooked {
        Ptr<IpL4Protocol> l4;
        IpL4Protocol::DownTargetCallback down4;
        IpL4Protocol::DownTargetCallback6 down6;
        Ptr<IkeletL4> guard;
    };

    Owner m_owner;
    Ptr<Node> m_node;
    std::vector<Ptr<Socket>> m_sockets;
    std::vector<Hooked> m_hooks;
    std::vector<Ptr<IkeletL4>> m_protected; ///< ESP and AH
    IkeletWatches m_watches;
    Ptr<VirtualNetDevice> m_tunnel;
    bool m_ownSend = false; ///< what goes down now is IKE or ESP in UDP
};

} // namespace ns3

#endif
