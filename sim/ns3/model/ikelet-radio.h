/* SPDX-License-Identifier: MIT */
#ifndef IKELET_RADIO_H
#define IKELET_RADIO_H

#include <map>
#include <utility>

#include "ns3/event-id.h"
#include "ns3/lr-wpan-mac.h"
#include "ns3/lr-wpan-net-device.h"
#include "ns3/lr-wpan-phy.h"
#include "ns3/nstime.h"
#include "ns3/object.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"

#include "ikelet-compat.h"

namespace ns3
{

/// \ingroup ikelet
/// \brief The type of the states of LrWpanPhy, whose name changed in 3.42.
using IkeletPhyState = decltype(IEEE_802_15_4_PHY_TRX_OFF);
using IkeletMacState = decltype(MAC_IDLE);

/**
 * \ingroup ikelet
 * \brief What stands between an LrWpanNetDevice and the layers above it in a real node, and not in
 * ns-3: a table of duplicates, a power switch, and a stand-in for links that are slow.
 *
 * ns-3's MAC delivers a frame twice if the acknowledgement was lost; real stacks drop the second by
 * source and sequence number, and so does this. A device that is switched off leaves the channel,
 * and comes back when it is on again or when its MAC has something to send: every transmission is
 * an event for each PHY on the channel, asleep or not.
 *
 * Attach() aggregates it to the device; device->GetObject<IkeletRadio>() finds it.
 */
class IkeletRadio : public Object
{
  public:
    static TypeId GetTypeId();

    IkeletRadio();

    /// \brief Takes the device over. It must be on its channel.
    void Attach(Ptr<LrWpanNetDevice> device);

    /// \brief Receiver on or off. Off means: after Tail, when what is under way is over. Sending
    /// always works, and wakes the radio for as long as it takes.
    void Switch(bool on);
    bool IsOn() const;

    uint64_t GetDuplicates() const;
    Ptr<LrWpanNetDevice> GetDevice() const;

    /// \brief One stream, for the duty cycle. \return how many were taken
    int64_t AssignStreams(int64_t stream);

  protected:
    void DoDispose() override;

  private:
    void TurnOff();
    void Receive(McpsDataIndicationParams params, Ptr<Packet> packet);
    void Deliver(McpsDataIndicationParams params, Ptr<Packet> packet);
    bool IsDuplicate(const McpsDataIndicationParams &params);
    void OnState(Time at, IkeletPhyState before, IkeletPhyState now);
    void OnMac(IkeletMacState before, IkeletMacState now);
    bool IsBusy() const;
    void Rest();
    void Join();
    void Leave();

    struct Seen {
        uint8_t sequence;
        Time at;
    };

    Ptr<LrWpanNetDevice> m_device;
    Ptr<UniformRandomVariable> m_random;
    std::map<std::pair<uint8_t, uint64_t>, Seen> m_seen; ///< by mode and octets of the source
    EventId m_off;
    EventId m_rest;
    IkeletPhyState m_phyState = IEEE_802_15_4_PHY_TRX_OFF;
    IkeletMacState m_macState = MAC_IDLE;
    bool m_on = true;
    bool m_joined = true;
    uint64_t m_duplicates = 0;

    bool m_rejectDuplicates = true;
    bool m_leaveChannel = true;
    Time m_remember;
    Time m_delay;
    Time m_dutyCycle;
    Time m_tail;

    TracedCallback<Ptr<const Packet>> m_duplicateTrace;
    TracedCallback<bool> m_powerTrace;
};

} // namespace ns3

#endif
