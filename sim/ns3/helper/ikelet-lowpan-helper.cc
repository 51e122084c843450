/* SPDX-License-Identifier: MIT */
#include "ikelet-lowpan-helper.h"

#include "ns3/abort.h"
#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/ipv6-interface.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-static-routing-helper.h"
#include "ns3/log.h"
#include "ns3/lr-wpan-csmaca.h"
#include "ns3/ndisc-cache.h"
#include "ns3/simulator.h"
#include "ns3/sixlowpan-helper.h"
#include "ns3/sixlowpan-net-device.h"
#include "ns3/spectrum-channel.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletLowpanHelper");

namespace
{

constexpr uint16_t kPanId = 0x4744;
constexpr uint8_t kPrefixBits = 64;

} // namespace

IkeletLowpanHelper::IkeletLowpanHelper() : m_prefix("fd00::")
{
    m_radio.SetTypeId(IkeletRadio::GetTypeId());
}

void IkeletLowpanHelper::SetCsma(uint8_t minBe, uint8_t maxBe, uint8_t maxBackoffs)
{
    NS_ABORT_MSG_IF(maxBe < 3 || maxBe > 8 || minBe > maxBe || maxBackoffs > 5,
                    "ikelet: CSMA-CA of " << +minBe << ", " << +maxBe << ", " << +maxBackoffs
                                          << " is not in IEEE 802.15.4");
    m_minBe = minBe;
    m_maxBe = maxBe;
    m_maxBackoffs = maxBackoffs;
}

void IkeletLowpanHelper::SetFrameRetries(uint8_t retries)
{
    NS_ABORT_MSG_IF(retries > 7, "ikelet: macMaxFrameRetries is 7 at most");
    m_retries = retries;
}

void IkeletLowpanHelper::SetRadioAttribute(const std::string &name, const AttributeValue &value)
{
    m_radio.Set(name, value);
}

void IkeletLowpanHelper::SetLoss(const ObjectFactory &loss)
{
    m_loss = loss;
    m_lossy = true;
}

void IkeletLowpanHelper::SetShadowing(double sigmaDb)
{
    m_shadowing = sigmaDb;
}

void IkeletLowpanHelper::SetPrefix(Ipv6Address prefix)
{
    m_prefix = prefix;
}

void IkeletLowpanHelper::SetContext(bool context)
{
    m_context = context;
}

void IkeletLowpanHelper::SetElideUdpChecksum(bool elide)
{
    m_elide = elide;
}

/* ---- installing ------------------------------------------------------------------------------ */

NetDeviceContainer IkeletLowpanHelper::Install(NodeContainer nodes)
{
    m_nodes = nodes;
    if (m_shadowing > 0) {
        m_shadow = CreateObject<IkeletShadowing>();
        m_shadow->SetAttribute("Sigma", DoubleValue(m_shadowing));
        m_helper.GetChannel()->AddPropagationLossModel(m_shadow);
    }
    m_devices = m_helper.Install(nodes);
    IkeletAssociate(m_helper, m_devices, kPanId);
    for (uint32_t i = 0; i < nodes.GetN(); i++)
        InstallRadio(i);
    SixLowPanHelper lowpan;
    lowpan.SetDeviceAttribute("OmitUdpChecksum", BooleanValue(m_elide));
    m_lowpan = lowpan.Install(m_devices);
    for (uint32_t i = 0; i < nodes.GetN(); i++)
        InstallAddress(i);
    return m_lowpan;
}

void IkeletLowpanHelper::InstallRadio(uint32_t node)
{
    Ptr<LrWpanNetDevice> device = DeviceOf(node);
    device->GetCsmaCa()->SetMacMaxBE(m_maxBe);
    device->GetCsmaCa()->SetMacMinBE(m_minBe);
    device->GetCsmaCa()->SetMacMaxCSMABackoffs(m_maxBackoffs);
    device->GetMac()->SetMacMaxFrameRetries(m_retries);
    if (onFrame)
        device->GetPhy()->TraceConnectWithoutContext(
            "PhyTxBegin", MakeCallback(&IkeletLowpanHelper::Tell, this).Bind(node));
    m_radios.push_back(m_radio.Create<IkeletRadio>());
    m_radios.back()->Attach(device);
}

void IkeletLowpanHelper::Tell(uint32_t node, Ptr<const Packet> frame)
{
    onFrame(node, frame);
}

void IkeletLowpanHelper::InstallAddress(uint32_t node)
{
    Ptr<NetDevice> device = m_lowpan.Get(node);
    uint8_t prefix[16];
    m_prefix.GetBytes(prefix);
    if (m_context)
        DynamicCast<SixLowPanNetDevice>(device)->AddContext(0, Ipv6Prefix(prefix, kPrefixBits),
                                                            true, Time::Max() / 2);
    Ptr<Ipv6L3Protocol> ipv6 = m_nodes.Get(node)->GetObject<Ipv6L3Protocol>();
    NS_ABORT_MSG_IF(!ipv6, "ikelet: node " << m_nodes.Get(node)->GetId() << " has no IPv6");
    uint32_t interface = ipv6->AddInterface(device);
    ipv6->AddAddress(interface, Ipv6InterfaceAddress(AddressOf(node), Ipv6Prefix(kPrefixBits)));
    ipv6->SetForwarding(interface, true); /* a host would look for routers */
    /* A relay sends by the device that the packet came from, which is no reason to tell anybody. */
    ipv6->SetAttribute("SendIcmpv6Redirect", BooleanValue(false));
    ipv6->SetUp(interface);
}

NetDeviceContainer IkeletLowpanHelper::RadioDevices() const
{
    return m_devices;
}

Ipv6Address IkeletLowpanHelper::AddressOf(uint32_t node) const
{
    return Ipv6Address::MakeAutoconfiguredAddress(
        Mac16Address(DeviceOf(node)->GetMac()->GetShortAddress()), m_prefix);
}

Ptr<LrWpanNetDevice> IkeletLowpanHelper::DeviceOf(uint32_t node) const
{
    return DynamicCast<LrWpanNetDevice>(m_devices.Get(node));
}

Ptr<IkeletRadio> IkeletLowpanHelper::RadioOf(uint32_t node) const
{
    return m_radios.at(node);
}

/* Associating gave out 1, 2, 3 … */
uint32_t IkeletLowpanHelper::NodeOf(Mac16Address address) const
{
    uint8_t b[2];
    address.CopyTo(b);
    uint32_t number = static_cast<uint32_t>(b[0]) << 8 | b[1];
    return number >= 1 && number <= m_devices.GetN() ? number - 1 : m_devices.GetN();
}

/* ---- routes ---------------------------------------------------------------------------------- */

void IkeletLowpanHelper::Know(uint32_t node, uint32_t neighbour)
{
    Ptr<Ipv6L3Protocol> ipv6 = m_nodes.Get(node)->GetObject<Ipv6L3Protocol>();
    int32_t at = ipv6->GetInterfaceForDevice(m_lowpan.Get(node));
    Ptr<NdiscCache> cache = ipv6->GetInterface(static_cast<uint32_t>(at))->GetNdiscCache();
    Ipv6Address address = AddressOf(neighbour);
    NdiscCache::Entry *entry = cache->Lookup(address);
    if (!entry)
        entry = cache->Add(address);
    entry->SetMacAddress(m_lowpan.Get(neighbour)->GetAddress());
    entry->MarkPermanent();
}

void IkeletLowpanHelper::SetParents(const std::vector<uint32_t> &parent)
{
    Ipv6StaticRoutingHelper routing;
    auto add = [&](uint32_t at, uint32_t to, uint32_t by) {
        Ptr<Ipv6> ipv6 = m_nodes.Get(at)->GetObject<Ipv6>();
        int32_t interface = ipv6->GetInterfaceForDevice(m_lowpan.Get(at));
        routing.GetStaticRouting(ipv6)->AddHostRouteTo(AddressOf(to), AddressOf(by),
                                                       static_cast<uint32_t>(interface));
    };
    for (uint32_t node = 1; node < m_nodes.GetN(); node++) {
        Know(node, parent[node]);
        Know(parent[node], node);
        if (parent[node] != 0)
            add(node, 0, parent[node]);
        for (uint32_t hop = parent[node]; hop != 0; hop = parent[hop])
            add(parent[hop], node, hop);
    }
}

/* ---- chance and files ------------------------------------------------------------------------ */

void IkeletLowpanHelper::EnablePcap(const std::string &path, uint32_t node)
{
    m_helper.EnablePcap(path, m_devices.Get(node), true, true);
}

int64_t IkeletLowpanHelper::AssignStreams(int64_t stream)
{
    int64_t next = stream;
    next += m_helper.AssignStreams(m_devices, next);
    next += SixLowPanHelper().AssignStreams(m_lowpan, next);
    if (m_shadow)
        next += m_shadow->AssignStreams(next);
    for (uint32_t i = 0; i < m_nodes.GetN(); i++) {
        next += m_radios[i]->AssignStreams(next);
        if (!m_lossy)
            continue;
        Ptr<IkeletLoss> loss = m_loss.Create<IkeletLoss>();
        next += loss->AssignStreams(next);
        if (onLost)
            loss->TraceConnectWithoutContext(
                "Lost", Callback<void, Ptr<const Packet>>(
                            [this, i](Ptr<const Packet> frame) { onLost(i, frame); }));
        DeviceOf(i)->GetPhy()->SetPostReceptionErrorModel(loss);
    }
    return next - stream;
}

} // namespace ns3
