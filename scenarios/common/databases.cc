/* SPDX-License-Identifier: MIT */
#include "databases.h"

#include <functional>

#include "host.h"

namespace scenario
{

using namespace ns3;

namespace
{

const char *const kEmpty = "  (empty)\n";

std::string Padded(std::string text, size_t width)
{
    text.resize(std::max(text.size() + 1, width), ' ');
    return text;
}

std::string AddressText(const struct ik_addr &address)
{
    char text[64];
    host_addr_print(&address, text, sizeof text);
    return text;
}

std::string SelectorText(const struct ik_ts *ts, uint8_t n)
{
    std::string out;
    for (uint8_t i = 0; i < n; i++) {
        char text[160];
        host_ts_print(&ts[i], text, sizeof text);
        out += (i ? "," : "") + std::string(text);
    }
    return out;
}

std::string SpiText(uint32_t spi)
{
    char text[16];
    snprintf(text, sizeof text, "0x%08x", spi);
    return text;
}

std::string AlgorithmsOf(const struct ik_export_child &child)
{
    std::string out = host_transform_name(IK_TT_ENCR, child.encr_id);
    if (child.encr_key_bits)
        out += "-" + std::to_string(child.encr_key_bits);
    if (child.integ_id)
        out += std::string(" ") + host_transform_name(IK_TT_INTEG, child.integ_id);
    return out;
}

std::string Row(const std::string &first, const std::string &source, const std::string &destination,
                const std::string &last)
{
    return "  " + Padded(first, 12) + Padded(source, 26) + Padded(destination, 26) + last + "\n";
}

/* Calls a function for each Child SA that is up. */
void Each(
    const IkeletNode &ike,
    const std::function<void(const struct ik_export_child &, const struct ik_child_sa &)> &see)
{
    const struct ik_node *core = ike.GetCore();
    for (uint16_t i = 0; core && i < ike.GetChildSlots(); i++) {
        struct ik_export_child child;
        if (ik_export_child(core, i, &child))
            see(child, core->ipsec.sas[i]);
    }
}

std::string ProcessingOf(IkeletNode &ike, const IkeletPolicy &policy)
{
    if (policy.action != IK_PROTECT)
        return policy.action == IK_BYPASS ? "BYPASS" : "DISCARD";
    const IkeletPeer &peer = ike.Config().Peers().at(policy.peer);
    std::string out = "PROTECT, ESP " + policy.suites;
    if (policy.mode != IK_TUNNEL)
        return out + ", transport mode";
    const std::string local = ike.Config().GetLocal(policy.peer);
    return out + ", tunnel " + (local.empty() ? "any" : local) + " to " +
           (peer.remote.empty() ? "whoever is " + peer.remoteId : peer.remote);
}

} // namespace

std::string PrintSpd(IkeletNode &ike)
{
    std::string out = Row("entry", "local", "remote", "processing") +
                      Row("built in", "udp/500,udp/4500", "any", "BYPASS (IKE)");
    unsigned number = 0;
    for (const IkeletPolicy &policy : ike.Config().Policies())
        out +=
            Row(std::to_string(++number), policy.local, policy.remote, ProcessingOf(ike, policy));
    return out + Row("built in", "any", "any", "DISCARD");
}

std::string PrintSpdCache(const IkeletNode &ike)
{
    std::string out;
    Each(ike, [&](const struct ik_export_child &child, const struct ik_child_sa &) {
        const std::string local = SelectorText(child.ts_local, child.ts_local_n),
                          remote = SelectorText(child.ts_remote, child.ts_remote_n);
        out += Row("out", local, remote, "SA " + SpiText(child.spi_out)) +
               Row("in", remote, local, "SA " + SpiText(child.spi_in));
    });
    return out.empty() ? kEmpty : Row("direction", "source", "destination", "processing") + out;
}

std::string PrintSad(const IkeletNode &ike)
{
    std::string out;
    Each(ike, [&](const struct ik_export_child &child, const struct ik_child_sa &sa) {
        const std::string here = AddressText(child.path.local),
                          there = AddressText(child.path.remote);
        const std::string how = std::string("ESP") + (child.udp ? " in UDP, " : ", ") +
                                (child.mode == IK_TUNNEL ? "tunnel, " : "transport, ") +
                                AlgorithmsOf(child);
        out += Row(SpiText(child.spi_out), here, there,
                   how + "; last sent " + std::to_string(sa.seq)) +
               Row(SpiText(child.spi_in), there, here,
                   how + "; opened " + std::to_string(sa.packets_in));
    });
    return out.empty() ? kEmpty
                       : Row("SPI", "outer source", "outer destination", "processing") + out;
}

std::string PrintDatabases(IkeletNode &ike)
{
    return "SPD\n" + PrintSpd(ike) + "SPD cache\n" + PrintSpdCache(ike) + "SAD\n" + PrintSad(ike);
}

} // namespace scenario
