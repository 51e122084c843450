/* SPDX-License-Identifier: MIT */
/* The databases of RFC 4301 section 4.4 of a node, as text for people. No keys. */
#ifndef SCENARIO_DATABASES_H
#define SCENARIO_DATABASES_H

#include <string>

#include "ns3/ikelet-module.h"

namespace scenario
{

/* Security Policy Database: the entries in their order, those that are built in too. */
std::string PrintSpd(ns3::IkeletNode &ike);
/* SPD cache (4.4.1): what of it has an SA now, with the selectors that were negotiated. */
std::string PrintSpdCache(const ns3::IkeletNode &ike);
/* Security Association Database: an entry each way. */
std::string PrintSad(const ns3::IkeletNode &ike);
/* All three under their names. */
std::string PrintDatabases(ns3::IkeletNode &ike);

} // namespace scenario

#endif
