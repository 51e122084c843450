/* SPDX-License-Identifier: MIT */
/* IPsec between hosts and gateways on wires: three topologies, what goes through, and at what
 * speed. */
#ifndef SCENARIO_VPN_H
#define SCENARIO_VPN_H

#include <string>
#include <vector>

#include "report-files.h"

namespace scenario
{

enum class Topology {
    Roadwarrior, /* client - NAT - internet - gateway - server */
    Gateways,    /* host - gateway - internet - gateway - host */
    Hosts,       /* host - internet - host, transport mode or tunnel */
};

/* The program of a topology: options, runs, report. */
int RunVpn(Topology topology, const std::string &name, const std::string &question,
           const std::string &intro, int argc, char **argv);

} // namespace scenario

#endif
