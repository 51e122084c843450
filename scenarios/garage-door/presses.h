/* SPDX-License-Identifier: MIT */
/* When the buttons are pressed. */
#ifndef GARAGE_DOOR_PRESSES_H
#define GARAGE_DOOR_PRESSES_H

#include <vector>

#include "ns3/nstime.h"

#include "options.h"

namespace garage
{

const ns3::Time kFirstPress = ns3::Seconds(5); /* stacks are up and silent by then */

/* Of each press in turn; the remotes take turns, too. An interval has a random part of a tenth, at
 * most a second, from that stream. There is at least one. */
std::vector<ns3::Time> PressTimes(const Options &options, int64_t stream);

} // namespace garage

#endif
