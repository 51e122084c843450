/* SPDX-License-Identifier: MIT */
#include "ipsec.h"

#include <sstream>

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include "host.h"

namespace scenario
{

using namespace ns3;

namespace
{

const Time kHalfOpenFor = Minutes(15); /* a slow CPU needs minutes for large groups */
const Time kTicketLifetime = Days(10); /* near the longest */

/* As on a sheet of paper: encryption and integrity, to the border router and back, 16 octets each.
 */
constexpr size_t kHandOctets = 16;
std::string MakeHandKeys(int64_t stream)
{
    Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
    random->SetStream(stream);
    std::string keys;
    for (size_t i = 0; i < 4 * kHandOctets; i++)
        keys += static_cast<char>(random->GetInteger(0, 255));
    return keys;
}

std::string InnerOf(uint32_t station)
{
    char text[48];
    snprintf(text, sizeof text, "fd00:1::%x", station == 0 ? 1u : 0x100 + station);
    return text;
}

} // namespace

std::string MakeKey(int64_t stream)
{
    Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
    random->SetStream(stream);
    std::string key;
    for (int i = 0; i < 26; i++)
        key += "abcdefghijklmnopqrstuvwxyz234567"[random->GetInteger(0, 31)];
    return key;
}

OptionTable::Reader SuiteReader(IpsecOptions *o)
{
    ReadSuite(o->suite, &o->ikeSuite, &o->espSuite);
    return [o](const std::string &text) {
        o->suite = text;
        return ReadSuite(text, &o->ikeSuite, &o->espSuite);
    };
}

void AddIpsecOptions(OptionTable *table, IpsecOptions *o)
{
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them, for example "
               "aes128ccm8-prfsha256-ecp256/aes128ctr-sha256; without /ESP "
               "those of IKE (default " +
                   o->suite + ")",
               SuiteReader(o));
    table->AddChoice("mode", "of the Child SA", {"tunnel", "transport"}, &o->mode);
    table->AddDecimal("ike-timeout", "MS",
                      "before an IKE request is sent again for the first time; a station does not "
                      "know the network's delay",
                      1'000, 600'000'000, 3, &o->ikeTimeoutUs);
    table->AddCount("ike-tries", "transmissions of an IKE request before giving up", 1, 30,
                    &o->ikeTries);
    table->Add("gateway-cpu", "PROFILE",
               "what computing costs the border router, as --cpu; ideal is a PC (default " +
                   o->gatewayCpu + ")",
               [o](const std::string &text) -> std::string {
                   std::string why;
                   o->gatewayCpu = text;
                   return IkeletCpu().Load(text, &why)
                              ? ""
                              : "ideal, a part or a CSV file (" + why + ")";
               });
}

void Prefer(IkeletHelper *helper, const std::string &name, const AttributeValue &value)
{
    if (!AttributeIsGiven("ns3::IkeletNode", name))
        helper->SetAttribute(name, value);
}

FieldIpsec::FieldIpsec(Field *field, const IpsecOptions &options, const PowerOptions &power,
                       const std::string &ports, const std::string &who,
                       const std::string &keyLogDir)
    : m_field(field), m_options(options), m_power(power), m_who(who)
{
    /* One lost frame is mended by the MAC. What is lost in spite of it is asked for again soon. */
    Time initial = MicroSeconds(static_cast<uint64_t>(options.ikeTimeoutUs));
    Prefer(&m_helper, "RetransmitInitial", TimeValue(initial));
    Prefer(&m_helper, "RetransmitMax", TimeValue(Max(Seconds(5), 2 * initial)));
    Prefer(&m_helper, "RetransmitFactor", UintegerValue(24));
    Prefer(&m_helper, "RetransmitTries", UintegerValue(options.ikeTries));
    Prefer(&m_helper, "RetransmitJitter", UintegerValue(64));
    Prefer(&m_helper, "SleepTimeout", TimeValue(Seconds(10) + 4 * initial));
    if (!keyLogDir.empty())
        m_helper.EnableKeyLog(keyLogDir);
    std::istringstream words(ports);
    for (std::string word; words >> word;)
        m_ports.push_back("[" + word + "]");
    m_keys.push_back("");
    for (uint32_t i = 1; i <= field->Stations(); i++)
        m_keys.push_back(MakeKey(field->stream++));
    m_hand.resize(field->Stations() + 1);
    for (uint32_t i = 1; options.manual && i <= field->Stations(); i++) {
        for (size_t k = 0; k < m_ports.size(); k++)
            m_hand[i].push_back(MakeHandKeys(field->stream++));
    }
    for (uint32_t i = 0; i <= field->Stations(); i++)
        m_outer.push_back(IkeletAddress(field->AddressOf(i == 0 ? 0 : field->NodeOfStation(i))));
    InstallGateway();
    for (uint32_t i = 1; i <= field->Stations(); i++)
        InstallStation(i);
}

std::string FieldIpsec::Outer(uint32_t station) const
{
    return m_field->AddressText(station == 0 ? 0 : m_field->NodeOfStation(station));
}

IkeletPeer FieldIpsec::PeerOf(uint32_t station, bool atGateway) const
{
    IkeletPeer peer;
    std::string name = "keyid:" + m_who + "-" + std::to_string(station), home = "gateway.home.arpa";
    if (m_options.shortIds) {
        name = "keyid:s";
        home = "keyid:g";
    }
    peer.local = Outer(atGateway ? 0 : station);
    peer.remote = Outer(atGateway ? station : 0);
    peer.localId = atGateway ? home : name;
    peer.remoteId = atGateway ? name : home;
    peer.psk = m_keys[station];
    peer.suites = m_options.ikeSuite;
    peer.resume = m_options.resume && !atGateway;
    peer.noNat = m_options.noNat;
    return peer;
}

IkeletPolicy FieldIpsec::PolicyOf(uint32_t station, const std::string &port, bool atGateway) const
{
    bool tunnel = m_options.mode == "tunnel";
    std::string here = tunnel ? InnerOf(station) : Outer(station);
    std::string home = tunnel ? InnerOf(0) : Outer(0);
    IkeletPolicy policy;
    policy.local = (atGateway ? home : here) + port;
    policy.remote = (atGateway ? here : home) + port;
    policy.mode = tunnel ? IK_TUNNEL : IK_TRANSPORT;
    policy.protocol = m_options.ah ? IK_PROTO_AH : IK_PROTO_ESP;
    policy.suites = m_options.espSuite;
    if (m_options.manual)
        policy.peer = IkeletPolicy::kNobody;
    return policy;
}

/* Policies stand in the order of stations and ports. */
IkeletManual FieldIpsec::ManualOf(uint32_t station, size_t port, bool atGateway) const
{
    const std::string &keys = m_hand[station][port];
    const uint32_t spi = 0x10000 * station + 0x100 * static_cast<uint32_t>(port + 1);
    IkeletManual manual;
    manual.policy = static_cast<uint16_t>(atGateway ? (station - 1) * m_ports.size() + port : port);
    manual.local = Outer(atGateway ? 0 : station);
    manual.remote = Outer(atGateway ? station : 0);
    manual.spiIn = atGateway ? spi : spi + 1;
    manual.spiOut = atGateway ? spi + 1 : spi;
    manual.suite = m_options.espSuite;
    std::string part[4];
    for (size_t i = 0; i < 4; i++)
        part[i] = keys.substr(i * kHandOctets, kHandOctets);
    manual.encrIn = part[atGateway ? 0 : 2];
    manual.integIn = part[atGateway ? 1 : 3];
    manual.encrOut = part[atGateway ? 2 : 0];
    manual.integOut = part[atGateway ? 3 : 1];
    return manual;
}

void FieldIpsec::InstallGateway()
{
    IkeletHelper helper = m_helper;
    uint32_t sas = 3 * m_field->Stations() * static_cast<uint32_t>(m_ports.size()) + 4;
    helper.SetAttribute("Responder", BooleanValue(true));
    helper.SetAttribute("CpuProfile", StringValue(m_options.gatewayCpu));
    Prefer(&helper, "HalfOpenFor", TimeValue(kHalfOpenFor));
    helper.SetAttribute("IkeSas", UintegerValue(sas));
    helper.SetAttribute("ChildSas", UintegerValue(sas));
    Prefer(&helper, "Queue", UintegerValue(256));
    if (m_options.resume)
        Prefer(&helper, "TicketLifetime", TimeValue(kTicketLifetime));
    for (uint32_t i = 1; i <= m_field->Stations(); i++) {
        uint16_t peer = helper.AddPeer(PeerOf(i, true));
        for (const std::string &port : m_ports) {
            IkeletPolicy policy = PolicyOf(i, port, true);
            policy.peer = m_options.manual ? policy.peer : peer;
            helper.AddPolicy(policy);
        }
        for (size_t k = 0; k < m_hand[i].size(); k++)
            helper.AddManual(ManualOf(i, k, true));
    }
    m_ike.push_back(Keep(helper.Install(m_field->GetNode(0))));
    if (m_options.mode == "tunnel")
        m_ike[0]->AddTunnel(InnerOf(0) + "/64", {"fd00:1::/64"});
}

void FieldIpsec::InstallStation(uint32_t station)
{
    IkeletHelper helper = m_helper;
    helper.SetAttribute("CpuProfile", StringValue(m_power.cpu));
    helper.SetAttribute("RadioWhileComputing", BooleanValue(m_power.radioPolicy == "listen"));
    helper.SetAttribute("AutoWake", BooleanValue(false));
    helper.SetAttribute("IkeSas", UintegerValue(m_ports.size() + 1));
    helper.SetAttribute("ChildSas", UintegerValue(m_ports.size() + 1));
    helper.AddPeer(PeerOf(station, false));
    for (const std::string &port : m_ports)
        helper.AddPolicy(PolicyOf(station, port, false));
    for (size_t k = 0; k < m_hand[station].size(); k++)
        helper.AddManual(ManualOf(station, k, false));
    helper.SetAttribute("FurtherChildSas", BooleanValue(m_options.furtherChildSas));
    m_ike.push_back(Keep(helper.Install(m_field->GetNode(m_field->NodeOfStation(station)))));
    if (m_options.mode == "tunnel")
        m_ike[station]->AddTunnel(InnerOf(station) + "/128", {InnerOf(0) + "/128"});
}

Ptr<IkeletNode> FieldIpsec::Keep(ApplicationContainer applications)
{
    Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(applications.Get(0));
    ike->SetStartTime(MicroSeconds(static_cast<uint64_t>(kIpsecStartUs)));
    m_field->stream += ike->AssignStreams(m_field->stream);
    return ike;
}

Ptr<IkeletNode> FieldIpsec::Gateway() const
{
    return m_ike[0];
}

Ptr<IkeletNode> FieldIpsec::Station(uint32_t station) const
{
    return m_ike.at(station);
}

uint32_t FieldIpsec::StationAt(const struct ik_addr &outer) const
{
    for (uint32_t i = 1; i < m_outer.size(); i++) {
        if (IkeletSame(outer, m_outer[i]))
            return i;
    }
    return 0;
}

Ipv6Address FieldIpsec::AddressOf(uint32_t station) const
{
    if (m_options.mode == "tunnel")
        return Ipv6Address(InnerOf(station).c_str());
    return m_field->AddressOf(station == 0 ? 0 : m_field->NodeOfStation(station));
}

bool FieldIpsec::Close()
{
    return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
}

/* ---- what nodes tell ------------------------------------------------------------------------- */

NamedCounts CountsOf(const IkeletNode &ike)
{
    NamedCounts out;
    struct ik_counters counters = ike.GetCounters();
    struct ik_meter meter = ike.GetMeter();
    for (unsigned i = 0; i < IK_COUNT_N; i++) {
        if (counters.count[i])
            out.counts.emplace_back(host_count_name(i), counters.count[i]);
    }
    for (unsigned i = 0; i < IK_DROP_N; i++) {
        if (counters.drop[i])
            out.drops.emplace_back(host_drop_name(i), counters.drop[i]);
    }
    for (unsigned i = 0; i < IK_COST_N; i++) {
        if (meter.n[i])
            out.costs.emplace_back(host_cost_name(i), meter.n[i]);
    }
    return out;
}

bool ReadIkeMessage(Ptr<const Packet> datagram, const struct ik_path &path, IkeMessage *out)
{
    constexpr uint32_t kHeader = 28, kMarker = 4, kExchangeAt = 18, kFlagsAt = 19, kMsgidAt = 20;
    uint8_t head[kMarker + kHeader];
    const uint32_t at = path.carrier == IK_CARRIER_UDP4500 ? kMarker : 0;
    if (path.carrier == IK_CARRIER_ESP || path.carrier == IK_CARRIER_AH ||
        datagram->GetSize() < at + kHeader)
        return false;
    datagram->CopyData(head, at + kHeader);
    if (at && head[0] + head[1] + head[2] + head[3] != 0)
        return false;
    out->exchange = head[at + kExchangeAt];
    out->response = (head[at + kFlagsAt] & IK_FLAG_RESPONSE) != 0;
    out->msgid = 0;
    for (uint32_t i = 0; i < 4; i++)
        out->msgid = out->msgid << 8 | head[at + kMsgidAt + i];
    out->octets = datagram->GetSize() - at;
    return true;
}

std::vector<IkeletEnergy> InstallBatteries(const Field &field, const PowerOptions &power,
                                           const std::vector<Ptr<IkeletNode>> &ike)
{
    std::vector<IkeletEnergy> batteries;
    IkeletEnergyHelper helper;
    helper.SetMcu(McuOf(power));
    helper.SetRadio(power.radio == "none" ? "" : power.radio);
    helper.SetSource("BasicEnergySourceInitialEnergyJ",
                     DoubleValue(static_cast<double>(power.batteryMj) / 1e3));
    for (uint32_t i = 1; i <= field.Stations() && !(McuOf(power).empty() && power.radio == "none");
         i++) {
        uint32_t node = field.NodeOfStation(i);
        batteries.push_back(helper.Install(field.GetNode(node), ike.empty() ? nullptr : ike[i - 1],
                                           field.DeviceOf(node)));
    }
    return batteries;
}

} // namespace scenario
