/* SPDX-License-Identifier: MIT */
/* Ascii traces: IkeletHelper::EnableAscii. */
#include <sstream>

#include "ns3/log.h"
#include "ns3/simulator.h"

#include "host.h"
#include "ikelet-helper.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletAscii");

namespace
{

std::string End(const struct ik_addr &address, uint16_t port, uint8_t carrier)
{
    char text[64];
    host_addr_print(&address, text, sizeof text);
    if (carrier == IK_CARRIER_ESP || carrier == IK_CARRIER_AH)
        return text;
    const std::string shown = address.family == 6 ? "[" + std::string(text) + "]" : text;
    return shown + ":" + std::to_string(port);
}

/* "IKE_AUTH request 1", "ESP", "keepalive". */
std::string Kind(Ptr<const Packet> datagram, const struct ik_path &path)
{
    constexpr uint32_t kHeader = 28, kExchangeAt = 18, kFlagsAt = 19, kIdAt = 20, kMarker = 4;
    uint8_t head[kMarker + kHeader] = {};
    const uint32_t at = path.carrier == IK_CARRIER_UDP4500 ? kMarker : 0;
    datagram->CopyData(head, sizeof head);
    if (path.carrier == IK_CARRIER_ESP)
        return "ESP";
    if (path.carrier == IK_CARRIER_AH)
        return "AH";
    if (at && datagram->GetSize() == 1)
        return "keepalive";
    if (at && (head[0] | head[1] | head[2] | head[3]) != 0)
        return "ESP";
    if (datagram->GetSize() < at + kHeader)
        return "octets";
    uint32_t id = 0;
    for (uint32_t i = 0; i < 4; i++)
        id = id << 8 | head[at + kIdAt + i];
    return std::string(host_exchange_name(head[at + kExchangeAt])) +
           ((head[at + kFlagsAt] & IK_FLAG_RESPONSE) ? " response " : " request ") +
           std::to_string(id);
}

std::string Datagram(Ptr<const Packet> datagram, const struct ik_path &path, bool sent)
{
    const std::string local = End(path.local, path.local_port, path.carrier),
                      remote = End(path.remote, path.remote_port, path.carrier);
    return Kind(datagram, path) + ", " + std::to_string(datagram->GetSize()) + " octets, " +
           (sent ? local + " > " + remote : remote + " > " + local);
}

struct Writer {
    Ptr<OutputStreamWrapper> stream;
    uint32_t node;

    void Line(char kind, const std::string &source, const std::string &text) const
    {
        *stream->GetStream() << kind << " " << Simulator::Now().GetSeconds() << " /NodeList/"
                             << node << "/$ns3::IkeletNode/" << source << " " << text << std::endl;
    }
};

void Watch(Ptr<IkeletNode> ike, const Writer &out)
{
    using Packets = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    using Index = Callback<void, uint16_t>;
    using Ended = Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>;
    ike->TraceConnectWithoutContext("Tx",
                                    Packets([out](Ptr<const Packet> p, const struct ik_path &path) {
                                        out.Line('t', "Tx", Datagram(p, path, true));
                                    }));
    ike->TraceConnectWithoutContext("Rx",
                                    Packets([out](Ptr<const Packet> p, const struct ik_path &path) {
                                        out.Line('r', "Rx", Datagram(p, path, false));
                                    }));
    ike->TraceConnectWithoutContext(
        "IkeUp", Index([out](uint16_t i) { out.Line('e', "IkeUp", "peer " + std::to_string(i)); }));
    ike->TraceConnectWithoutContext("ChildUp", Index([out](uint16_t i) {
                                        out.Line('e', "ChildUp", "policy " + std::to_string(i));
                                    }));
    for (const char *source : {"Failed", "Down"})
        ike->TraceConnectWithoutContext(
            source, Ended([out, source](uint8_t event, uint8_t reason, uint16_t, uint16_t peer) {
                out.Line('e', source,
                         "peer " + std::to_string(peer) + ": " + host_event_name(event) + ", " +
                             host_reason_text(reason));
            }));
    ike->TraceConnectWithoutContext("Power", Callback<void, bool>([out](bool on) {
                                        out.Line('e', "Power", on ? "on" : "off");
                                    }));
    ike->TraceConnectWithoutContext(
        "Drop", Callback<void, uint32_t, uint32_t>([out](uint32_t reason, uint32_t octets) {
            out.Line('d', "Drop",
                     std::string(host_drop_name(reason)) + ", " + std::to_string(octets) +
                         " octets");
        }));
}

} // namespace

void IkeletHelper::EnableAscii(Ptr<OutputStreamWrapper> stream, ApplicationContainer applications)
{
    for (auto each = applications.Begin(); each != applications.End(); ++each) {
        if (Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(*each)) {
            NS_LOG_INFO("node " << ike->GetNode()->GetId() << ": ascii trace");
            Watch(ike, Writer{stream, ike->GetNode()->GetId()});
        }
    }
}

} // namespace ns3
