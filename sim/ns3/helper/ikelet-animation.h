/* SPDX-License-Identifier: MIT */
#ifndef IKELET_ANIMATION_H
#define IKELET_ANIMATION_H

#include <array>
#include <string>
#include <type_traits>

#include "ns3/application-container.h"
#include "ns3/node.h"

#include "ns3/ikelet-node.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Shows in NetAnim what IkeletNodes do: a node's colour is what its CPU is busy with, its
 * description what it has, two counters how many packets it sealed and opened.
 *
 *     AnimationInterface animation("animation.xml");
 *     IkeletAnimation show(animation);
 *     show.Add(applications);
 *
 * Both have to live until the simulation ends. A template, so that this module does not need
 * ns-3's netanim; it goes with its AnimationInterface.
 */
template <typename Animation> class IkeletAnimation
{
  public:
    /// \param animation outlives this
    explicit IkeletAnimation(Animation &animation)
        : m_animation(animation),
          m_sealed(animation.AddNodeCounter("ESP sealed", Animation::UINT32_COUNTER)),
          m_opened(animation.AddNodeCounter("ESP opened", Animation::UINT32_COUNTER))
    {
    }
    IkeletAnimation(const IkeletAnimation &) = delete;
    IkeletAnimation &operator=(const IkeletAnimation &) = delete;

    /// \brief Shows each IkeletNode of a container.
    void Add(ApplicationContainer applications)
    {
        for (auto each = applications.Begin(); each != applications.End(); ++each) {
            if (Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(*each))
                Watch(ike);
        }
    }

  private:
    void Watch(Ptr<IkeletNode> ike)
    {
        const uint32_t id = ike->GetNode()->GetId();
        IkeletNode *node = PeekPointer(ike);
        Colour(id, IkeletCpuPhase::Off);
        m_animation.UpdateNodeDescription(id, "off");
        ike->TraceConnectWithoutContext(
            "Cpu", Callback<void, IkeletCpuPhase>([this, id](IkeletCpuPhase p) { Colour(id, p); }));
        ike->TraceConnectWithoutContext("Power", Callback<void, bool>([this, id](bool on) {
                                            Describe(id, on ? "on" : "off");
                                        }));
        ike->TraceConnectWithoutContext(
            "IkeUp", Callback<void, uint16_t>([this, id](uint16_t) { Describe(id, "IKE SA"); }));
        ike->TraceConnectWithoutContext("ChildUp", Callback<void, uint16_t>([this, id](uint16_t) {
                                            Describe(id, "IKE SA, Child SA");
                                        }));
        Callback<void, Ptr<const Packet>, const struct ik_path &> count(
            [this, id, node](Ptr<const Packet>, const struct ik_path &) { Count(id, *node); });
        ike->TraceConnectWithoutContext("Tx", count);
        ike->TraceConnectWithoutContext("Rx", count);
    }

    void Describe(uint32_t id, const std::string &text)
    {
        m_animation.UpdateNodeDescription(id, text);
    }

    void Colour(uint32_t id, IkeletCpuPhase phase)
    {
        /* Off, idle, key exchange, authentication, ESP, all else. */
        static constexpr uint8_t rgb[][3] = {{160, 160, 160}, {35, 139, 69},  {179, 0, 0},
                                             {217, 72, 1},    {66, 146, 198}, {106, 81, 163}};
        const uint8_t *c = rgb[static_cast<size_t>(phase)];
        m_animation.UpdateNodeColor(id, c[0], c[1], c[2]);
    }

    void Count(uint32_t id, const IkeletNode &node)
    {
        const struct ik_counters counters = node.GetCounters();
        m_animation.UpdateNodeCounter(m_sealed, id, counters.count[IK_COUNT_ESP_OUT]);
        m_animation.UpdateNodeCounter(m_opened, id, counters.count[IK_COUNT_ESP_IN]);
    }

    Animation &m_animation;
    uint32_t m_sealed, m_opened;
};

} // namespace ns3

#endif
