/* SPDX-License-Identifier: MIT */
#ifndef IKELET_COMPAT_H
#define IKELET_COMPAT_H

#include <cstdint>

#include "ns3/event-id.h"

/**
 * \file
 * \ingroup ikelet
 * What differs between the releases of ns-3 that this module builds with, in one place.
 *
 * | from | what | here |
 * |---|---|---|
 * | 3.38 | LrWpanHelper::AssociateToPan is CreateAssociatedPan | IkeletAssociate() |
 * | 3.42 | lr-wpan stands in namespace lrwpan, energy in namespace energy | using directives |
 * | 3.46 | EventId::IsRunning is gone; IsPending says the same | IkeletIsPending() |
 *
 * Functions pick what the class at hand has, so that no version number is asked for: ns-3 does not
 * give one to a module.
 */

namespace ns3
{

/* Empty before 3.42; there the names stand in ns3 itself. */
namespace lrwpan
{
}
namespace energy
{
}
using namespace lrwpan;
using namespace energy;

namespace ikelet_compat
{

template <typename Event> auto IsPending(const Event &event, int) -> decltype(event.IsPending())
{
    return event.IsPending();
}

template <typename Event> auto IsPending(const Event &event, long) -> decltype(event.IsRunning())
{
    return event.IsRunning();
}

template <typename Helper, typename Devices>
auto Associate(Helper &helper, Devices devices, uint16_t panId, int)
    -> decltype(helper.CreateAssociatedPan(devices, panId))
{
    return helper.CreateAssociatedPan(devices, panId);
}

template <typename Helper, typename Devices>
auto Associate(Helper &helper, Devices devices, uint16_t panId, long)
    -> decltype(helper.AssociateToPan(devices, panId))
{
    return helper.AssociateToPan(devices, panId);
}

} // namespace ikelet_compat

/// \ingroup ikelet
/// \return true if the event is scheduled and has neither happened nor been cancelled
inline bool IkeletIsPending(const EventId &event)
{
    return ikelet_compat::IsPending(event, 0);
}

/// \ingroup ikelet
/// \brief Gives short addresses 00:01, 00:02, … and a PAN to LrWpanNetDevices, without a handshake.
template <typename Helper, typename Devices>
void IkeletAssociate(Helper &helper, Devices devices, uint16_t panId)
{
    ikelet_compat::Associate(helper, devices, panId, 0);
}

} // namespace ns3

#endif
