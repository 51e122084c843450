/* SPDX-License-Identifier: MIT */
/* gateway-to-gateway: two networks over a tunnel between their gateways. See --help. */
#include "vpn.h"

int main(int argc, char **argv)
{
    return scenario::RunVpn(
        scenario::Topology::Gateways, "gateway-to-gateway",
        "what do two networks get through a tunnel between their gateways?",
        "Two hosts behind two gateways with the internet between, in ns-3: TCP at several segment "
        "sizes and UDP\nechoes, in clear and through an ESP tunnel between the gateways.\n",
        argc, argv);
}
