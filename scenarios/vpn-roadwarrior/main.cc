/* SPDX-License-Identifier: MIT */
/* vpn-roadwarrior: a client behind a NAT and its office. See --help. */
#include "vpn.h"

int main(int argc, char **argv)
{
    return scenario::RunVpn(scenario::Topology::Roadwarrior, "vpn-roadwarrior",
                            "what does a client behind a NAT get through a tunnel to its office?",
                            "A client behind a NAT, the internet, a gateway and a server behind "
                            "it, in ns-3: TCP at several segment\nsizes and UDP echoes, in clear "
                            "and through a tunnel of ESP in UDP; the NAT may reboot.\n",
                            argc, argv);
}
