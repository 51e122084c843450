/* SPDX-License-Identifier: MIT */
#ifndef IKELET_MIDDLEBOX_H
#define IKELET_MIDDLEBOX_H

#include <cstdint>
#include <functional>
#include <vector>

#include "ns3/net-device.h"
#include "ns3/node.h"
#include "ns3/object.h"
#include "ns3/packet.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief A node without an IP stack that stands on a path and sees every IP packet: it hands on,
 * changes, drops, keeps, repeats or makes them.
 *
 * It joins two point-to-point devices of one node. What comes in on one goes out on the other, as
 * the hook decides. With no hook it is a wire.
 */
class IkeletMiddlebox : public Object
{
  public:
    /// Which way a packet goes: from the first device to the second, or back.
    enum Direction : uint8_t { Outbound, Inbound };
    using Octets = std::vector<uint8_t>;
    /// \brief Looks at a packet, from its IP header on. \return what goes on in its place, in
    /// order; an empty list drops it
    using Hook = std::function<std::vector<Octets>(Direction, const Octets &packet)>;

    static TypeId GetTypeId();

    /// \param inside the device towards the inside, \param outside the other one, of the same node;
    /// neither may have an IP interface
    void Attach(Ptr<NetDevice> inside, Ptr<NetDevice> outside);
    void SetHook(Hook hook);
    /// \brief Sends a packet of its own making, in a direction.
    void Send(Direction direction, const Octets &packet);

    uint64_t GetForwarded() const;
    uint64_t GetDropped() const;

  protected:
    void DoDispose() override;

  private:
    void Receive(Ptr<NetDevice> device, Ptr<const Packet> packet, uint16_t protocol,
                 const Address &from, const Address &to, NetDevice::PacketType type);

    Ptr<NetDevice> m_inside;
    Ptr<NetDevice> m_outside;
    Hook m_hook;
    uint64_t m_forwarded = 0;
    uint64_t m_dropped = 0;
};

/// \ingroup ikelet
/// \brief Recomputes the checksums of an IPv4 packet with UDP or TCP, after a change.
/// A UDP checksum of 0 stays 0.
void IkeletFixChecksums(std::vector<uint8_t> *packet);

} // namespace ns3

#endif
