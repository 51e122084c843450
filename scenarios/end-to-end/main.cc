/* SPDX-License-Identifier: MIT */
/* end-to-end: two hosts, transport mode and tunnel. See --help. */
#include "vpn.h"

int main(int argc, char **argv)
{
    return scenario::RunVpn(
        scenario::Topology::Hosts, "end-to-end",
        "what does ESP cost between two hosts, in transport mode and in a tunnel?",
        "Two hosts with the internet between, in ns-3: TCP at several segment sizes and UDP "
        "echoes, in clear, in\ntransport mode and through a tunnel.\n",
        argc, argv);
}
