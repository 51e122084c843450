/* SPDX-License-Identifier: MIT */
#include "radio.h"

#include <utility>

#include "ns3/constant-position-mobility-model.h"
#include "ns3/lr-wpan-csmaca.h"
#include "ns3/lr-wpan-mac-header.h"
#include "ns3/lr-wpan-mac.h"
#include "ns3/lr-wpan-phy.h"
#include "ns3/simulator.h"

namespace garage
{

using namespace ns3;

namespace
{

constexpr uint16_t kPanId = 0x4744;
constexpr uint32_t kPhyOctets = 6; /* preamble, SFD, PHR */

/* Remotes stand in rows of ten, 3 m behind the gateway and 1 m apart: all hear each other. */
Vector Place(uint32_t node)
{
    if (node == kGateway)
        return Vector(0, 0, 0);
    return Vector((node - 1) % 10, 3.0 + (node - 1) / 10, 0);
}

} // namespace

/* ---- loss ------------------------------------------------------------------------------------ */

Loss::Loss(uint32_t ppm, int64_t stream, std::function<void(Ptr<const Packet>)> lost)
    : m_ppm(ppm), m_random(CreateObject<UniformRandomVariable>()), m_lost(std::move(lost))
{
    m_random->SetStream(stream);
}

bool Loss::DoCorrupt(Ptr<Packet> packet)
{
    bool lost = m_random->GetInteger(0, 999999) < m_ppm;
    if (lost)
        m_lost(packet);
    return lost;
}

void Loss::DoReset()
{
}

/* ---- radios ---------------------------------------------------------------------------------- */

Radio::Radio(const Options &options, NodeContainer nodes)
    : m_lossPpm(options.lossPpm), m_lastSeq(nodes.GetN(), -1), m_seqOwner(256, kNoNode)
{
    for (uint32_t i = 0; i < nodes.GetN(); i++) {
        Ptr<ConstantPositionMobilityModel> place = CreateObject<ConstantPositionMobilityModel>();
        place->SetPosition(Place(i));
        nodes.Get(i)->AggregateObject(place);
    }
    m_devices = m_helper.Install(nodes);
    m_helper.AssociateToPan(m_devices, kPanId);
    for (uint32_t i = 0; i < nodes.GetN(); i++) {
        Tune(i);
        if (options.delayUs > 0)
            Delay(i, MicroSeconds(static_cast<uint64_t>(options.delayUs)));
    }
}

NetDeviceContainer Radio::Devices() const
{
    return m_devices;
}

Ptr<LrWpanNetDevice> Radio::Device(uint32_t node) const
{
    return DynamicCast<LrWpanNetDevice>(m_devices.Get(node));
}

/* More patience than the defaults: a crowded or lossy channel needs it. */
void Radio::Tune(uint32_t node)
{
    Ptr<LrWpanNetDevice> device = Device(node);
    device->GetCsmaCa()->SetMacMaxBE(8);
    device->GetCsmaCa()->SetMacMinBE(4);
    device->GetCsmaCa()->SetMacMaxCSMABackoffs(5);
    device->GetMac()->SetMacMaxFrameRetries(7);
    device->GetPhy()->TraceConnectWithoutContext("PhyTxBegin",
                                                 MakeCallback(&Radio::OnTx, this).Bind(node));
}

/* What comes from the MAC waits before it goes up. Acknowledgements are the MAC's and do not. */
void Radio::Delay(uint32_t node, Time by)
{
    Ptr<LrWpanNetDevice> device = Device(node);
    device->GetMac()->SetMcpsDataIndicationCallback(
        McpsDataIndicationCallback([device, by](McpsDataIndicationParams params, Ptr<Packet> p) {
            Simulator::Schedule(by, &LrWpanNetDevice::McpsDataIndication, device, params, p);
        }));
}

int64_t Radio::AssignStreams(int64_t stream)
{
    int64_t next = stream;
    next += m_helper.AssignStreams(m_devices, next);
    for (uint32_t i = 0; i < m_devices.GetN(); i++) {
        if (m_lossPpm == 0)
            continue;
        Device(i)->GetPhy()->SetPostReceptionErrorModel(Create<Loss>(
            m_lossPpm, next++, [this, i](Ptr<const Packet> frame) { OnLost(i, frame); }));
    }
    return next - stream;
}

void Radio::EnablePcap(const std::string &dir)
{
    for (uint32_t i = 0; i < m_devices.GetN(); i++) {
        std::string name = i == kGateway ? "gateway" : "remote-" + std::to_string(i);
        m_helper.EnablePcap(dir + "/" + name + ".pcap", m_devices.Get(i), true, true);
    }
}

void Radio::Switch(uint32_t node, bool on)
{
    Device(node)->GetMac()->SetRxOnWhenIdle(on);
}

/* ---- counting -------------------------------------------------------------------------------- */

/* AssociateToPan gave out 1, 2, 3 … */
uint32_t Radio::NodeOf(Mac16Address address) const
{
    uint8_t b[2];
    address.CopyTo(b);
    uint32_t number = static_cast<uint32_t>(b[0]) << 8 | b[1];
    return number >= 1 && number <= m_devices.GetN() ? number - 1 : kNoNode;
}

void Radio::OnTx(uint32_t node, Ptr<const Packet> packet)
{
    LrWpanMacHeader header;
    packet->PeekHeader(header);
    Frame frame;
    frame.node = node;
    frame.bytes = packet->GetSize() + kPhyOctets;
    int seq = header.GetSeqNum();
    if (header.IsAcknowledgment()) {
        /* An acknowledgement has no addresses; its sequence number tells whom it answers. */
        frame.remote = node == kGateway ? m_seqOwner[static_cast<size_t>(seq)] : node;
    } else {
        frame.remote = node == kGateway ? NodeOf(header.GetShortDstAddr()) : node;
        frame.repeated = m_lastSeq[node] == seq;
        m_lastSeq[node] = seq;
        if (node != kGateway)
            m_seqOwner[static_cast<size_t>(seq)] = node;
    }
    if (onFrame)
        onFrame(frame);
}

/* Everybody hears everything; only what was meant for this node counts as lost. */
void Radio::OnLost(uint32_t node, Ptr<const Packet> packet)
{
    LrWpanMacHeader header;
    packet->PeekHeader(header);
    bool mine = header.IsAcknowledgment() ? m_lastSeq[node] == header.GetSeqNum()
                                          : NodeOf(header.GetShortDstAddr()) == node;
    if (mine && onLost)
        onLost();
}

} // namespace garage
