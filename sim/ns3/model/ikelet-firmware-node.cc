/* SPDX-License-Identifier: MIT */
#include "ikelet-firmware-node.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "ns3/abort.h"
#include "ns3/boolean.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ipv6-route.h"
#include "ns3/ipv6-routing-protocol.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/udp-l4-protocol.h"
#include "ns3/uinteger.h"

#include "host.h"
#include "ikelet-address.h"

extern "C" {
#include "mote.h"
}

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletFirmwareNode");
NS_OBJECT_ENSURE_REGISTERED(IkeletFirmwareNode);

namespace
{

constexpr uint8_t kUdp = 17, kEsp = 50;
constexpr uint32_t kIpv6Head = 40, kChecksumAt = kIpv6Head + 6;
constexpr uint64_t kPerNs = MSIM_US / 1000; /* units of the machine's time */

/*
 * ns-3 leaves the checksum of UDP out if ChecksumEnabled is false, and 6LoWPAN may elide it; the
 * machine refuses a packet without (RFC 8200 8.1). It is made good here, where the adaptation layer
 * of the radio would.
 */
void FillChecksum(std::vector<uint8_t> *packet, const Ipv6Header &header)
{
    std::vector<uint8_t> &p = *packet;
    if (header.GetNextHeader() != kUdp || p.size() < kIpv6Head + 8 ||
        p[kChecksumAt] + p[kChecksumAt + 1] != 0)
        return;
    struct ik_addr from = IkeletAddress(header.GetSource()),
                   to = IkeletAddress(header.GetDestination());
    uint32_t len = static_cast<uint32_t>(p.size()) - kIpv6Head;
    uint32_t sum = host_cksum_pseudo(&from, &to, kUdp, len);
    uint16_t folded = host_cksum_fold(host_cksum_add(sum, p.data() + kIpv6Head, len));
    folded = folded ? folded : 0xffff;
    p[kChecksumAt] = static_cast<uint8_t>(folded >> 8);
    p[kChecksumAt + 1] = static_cast<uint8_t>(folded);
}

constexpr size_t kKeyId = 6; /* octets of "keyid:" */

std::vector<uint8_t> ReadImage(const std::string &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

} // namespace

TypeId IkeletFirmwareNode::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletFirmwareNode")
            .SetParent<Application>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletFirmwareNode>()
            .AddAttribute("Image", "The firmware, an ELF file.", StringValue(""),
                          MakeStringAccessor(&IkeletFirmwareNode::m_image), MakeStringChecker())
            .AddAttribute("Local", "Its IPv6 address, which is one of the node's.", StringValue(""),
                          MakeStringAccessor(&IkeletFirmwareNode::m_local), MakeStringChecker())
            .AddAttribute("Remote", "The gateway's IPv6 address.", StringValue(""),
                          MakeStringAccessor(&IkeletFirmwareNode::m_remote), MakeStringChecker())
            .AddAttribute("InnerPrefix",
                          "An IPv6 address whose first 64 bits those in the tunnel have; their "
                          "last 64 are those of Local and Remote.",
                          StringValue("fd00:1::"), MakeStringAccessor(&IkeletFirmwareNode::m_inner),
                          MakeStringChecker())
            .AddAttribute("LocalId",
                          "Who it is: a name of at most 20 octets, or keyid: and as many.",
                          StringValue(""), MakeStringAccessor(&IkeletFirmwareNode::m_localId),
                          MakeStringChecker())
            .AddAttribute("RemoteId", "Who the gateway is, likewise.", StringValue(""),
                          MakeStringAccessor(&IkeletFirmwareNode::m_remoteId), MakeStringChecker())
            .AddAttribute("Psk", "The pre-shared key, of any length.", StringValue(""),
                          MakeStringAccessor(&IkeletFirmwareNode::m_psk), MakeStringChecker())
            .AddAttribute("EspInUdp", "ESP goes in UDP from the beginning.", BooleanValue(false),
                          MakeBooleanAccessor(&IkeletFirmwareNode::m_espInUdp),
                          MakeBooleanChecker())
            .AddAttribute("Brief", "Handshakes leave out NAT detection, IDr and INITIAL_CONTACT.",
                          BooleanValue(false), MakeBooleanAccessor(&IkeletFirmwareNode::m_brief),
                          MakeBooleanChecker())
            .AddAttribute("Boots", "How often the device was started before.", UintegerValue(0),
                          MakeUintegerAccessor(&IkeletFirmwareNode::m_boots),
                          MakeUintegerChecker<uint32_t>())
            .AddTraceSource("Tx", "A whole IPv6 packet has left the machine.",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_txTrace),
                            "ns3::IkeletFirmwareNode::PacketTracedCallback")
            .AddTraceSource("Rx", "A whole IPv6 packet begins to go over its serial line.",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_rxTrace),
                            "ns3::IkeletFirmwareNode::PacketTracedCallback")
            .AddTraceSource("Told", "The application was told an event: enum ik_event, ik_reason.",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_toldTrace),
                            "ns3::IkeletFirmwareNode::ToldTracedCallback")
            .AddTraceSource("Answered", "The gateway has answered that press.",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_answeredTrace),
                            "ns3::IkeletFirmwareNode::AnsweredTracedCallback")
            .AddTraceSource("On", "What is on has changed: a sum of MSIM_ON_... (msim.h).",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_onTrace),
                            "ns3::IkeletFirmwareNode::OnTracedCallback")
            .AddTraceSource("Cpu",
                            "The same for an energy model: Other while the CPU runs, Idle while "
                            "SMCLK does, else Off.",
                            MakeTraceSourceAccessor(&IkeletFirmwareNode::m_cpuTrace),
                            "ns3::IkeletNode::CpuTracedCallback");
    return tid;
}

IkeletFirmwareNode::IkeletFirmwareNode() : m_random(CreateObject<UniformRandomVariable>())
{
}

IkeletFirmwareNode::~IkeletFirmwareNode()
{
    mote_free(m_mote);
}

void IkeletFirmwareNode::DoDispose()
{
    m_event.Cancel();
    m_udp = nullptr;
    m_esp = nullptr;
    m_udpBefore = nullptr;
    m_random = nullptr;
    Application::DoDispose();
}

std::string IkeletFirmwareNode::PartOf(const std::string &path, std::string *why)
{
    std::vector<uint8_t> image = ReadImage(path);
    const char *part = image.empty() ? nullptr : msim_image_part(image.data(), image.size());
    if (!part && why)
        *why = image.empty() ? "can't be read" : "no image for a part that is known";
    return part ? part : "";
}

void IkeletFirmwareNode::SetNoise(const std::vector<uint8_t> &noise)
{
    m_noise = noise;
}

int64_t IkeletFirmwareNode::AssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

/* ---- power ------------------------------------------------------------------------------------
 */

void IkeletFirmwareNode::StartApplication()
{
    NS_ABORT_MSG_IF(m_psk.empty() || m_psk.size() > UINT16_MAX,
                    "ikelet: the firmware's Psk must have 1 to 65535 octets");
    std::vector<uint8_t> image = ReadImage(m_image);
    NS_ABORT_MSG_IF(image.empty(), "ikelet: the firmware " << m_image << " can't be read");
    if (m_noise.empty()) {
        m_noise.resize(MOTE_NOISE_LEN);
        for (uint8_t &octet : m_noise)
            octet = static_cast<uint8_t>(m_random->GetInteger(0, 255));
    }
    PowerOn(image);
    Join();
    SetCpu(MSIM_ON_CPU);
    Rearm();
}

void IkeletFirmwareNode::PowerOn(const std::vector<uint8_t> &image)
{
    struct mote_identity who = {};
    uint8_t pad[IK_HASH_MAX];
    uint8_t store[MOTE_STORE_LEN];
    NS_ABORT_MSG_IF(!Identify(&who, pad) || !mote_store(&who, store),
                    "ikelet: the firmware's Local, Remote and InnerPrefix are IPv6 addresses, and "
                    "its identities have at most 20 octets");
    struct mote_opts opts = {};
    opts.image = image.data();
    opts.image_len = image.size();
    opts.store = store;
    opts.store_len = sizeof store;
    opts.noise = m_noise.data();
    opts.noise_len = m_noise.size();
    const char *wrong = nullptr;
    m_mote = mote_new(&opts, &wrong);
    NS_ABORT_MSG_IF(!m_mote, "ikelet: the firmware " << m_image << ": " << wrong);
    m_power = Simulator::Now();
    NS_LOG_INFO("node " << GetNode()->GetId() << ": power comes to " << m_image);
}

bool IkeletFirmwareNode::Identify(struct mote_identity *who, uint8_t *pad) const
{
    const struct ik_span secret = {reinterpret_cast<const uint8_t *>(m_psk.data()),
                                   static_cast<uint16_t>(m_psk.size())};
    ik_psk_pad(&ik_crypto_portable, &ik_prf_aes128_cmac, secret, pad);
    struct ik_addr local, remote, inner;
    if (!host_addr_parse(m_local.c_str(), &local) || local.family != 6 ||
        !host_addr_parse(m_remote.c_str(), &remote) || remote.family != 6 ||
        !host_addr_parse(m_inner.c_str(), &inner) || inner.family != 6)
        return false;
    std::memcpy(who->local, local.b, sizeof who->local);
    std::memcpy(who->remote, remote.b, sizeof who->remote);
    std::memcpy(who->inner_prefix, inner.b, sizeof who->inner_prefix);
    who->key_id = m_localId.compare(0, kKeyId, "keyid:") == 0;
    if (who->key_id != (m_remoteId.compare(0, kKeyId, "keyid:") == 0))
        return false;
    size_t prefix = who->key_id ? kKeyId : 0;
    who->id = m_localId.data() + prefix;
    who->id_len = m_localId.size() - prefix;
    who->peer_id = m_remoteId.data() + prefix;
    who->peer_id_len = m_remoteId.size() - prefix;
    who->psk_pad = pad;
    who->psk_pad_len = ik_prf_aes128_cmac.key_len;
    who->prf = IK_PRF_AES128_CMAC;
    who->natt = m_espInUdp;
    who->brief = m_brief;
    who->boots = m_boots;
    return true;
}

void IkeletFirmwareNode::StopApplication()
{
    Cut();
}

void IkeletFirmwareNode::Cut()
{
    if (!m_mote)
        return;
    NS_LOG_INFO("node " << GetNode()->GetId() << ": power goes");
    m_event.Cancel();
    Leave();
    mote_free(m_mote);
    m_mote = nullptr;
    SetCpu(0);
}

/* ---- the node's stack --------------------------------------------------------------------------
 */

void IkeletFirmwareNode::Join()
{
    Ptr<Ipv6L3Protocol> ipv6 = GetNode()->GetObject<Ipv6L3Protocol>();
    NS_ABORT_MSG_IF(!ipv6, "ikelet: the firmware needs a node with IPv6");
    auto receive = [this](Ptr<Packet> p, const Ipv6Header &h, Ptr<Ipv6Interface>) {
        return Receive(p, h);
    };
    m_udp = CreateObject<IkeletL4>();
    m_udp->Set(kUdp, nullptr, nullptr, receive);
    m_esp = CreateObject<IkeletL4>();
    m_esp->Set(kEsp, nullptr, nullptr, receive);
    m_udpBefore = GetNode()->GetObject<UdpL4Protocol>();
    ipv6->Insert(m_udp);
    ipv6->Insert(m_esp);
}

void IkeletFirmwareNode::Leave()
{
    Ptr<Ipv6L3Protocol> ipv6 = GetNode()->GetObject<Ipv6L3Protocol>();
    ipv6->Remove(m_esp);
    if (m_udpBefore)
        ipv6->Insert(m_udpBefore);
    else
        ipv6->Remove(m_udp);
    m_udp = nullptr;
    m_esp = nullptr;
    m_udpBefore = nullptr;
}

IpL4Protocol::RxStatus IkeletFirmwareNode::Receive(Ptr<Packet> p, const Ipv6Header &header)
{
    Ptr<Packet> whole = p->Copy();
    whole->AddHeader(header);
    std::vector<uint8_t> octets(whole->GetSize());
    whole->CopyData(octets.data(), whole->GetSize());
    FillChecksum(&octets, header);
    Deliver(whole, octets);
    return IpL4Protocol::RX_OK;
}

void IkeletFirmwareNode::Deliver(Ptr<const Packet> whole, const std::vector<uint8_t> &octets)
{
    if (!m_mote)
        return;
    Pump();
    m_rxTrace(whole);
    if (!mote_receive(m_mote, MachineNow(), octets.data(), octets.size())) {
        m_lost++;
        NS_LOG_INFO("a packet of " << octets.size() << " octets does not fit the serial line");
    }
    Rearm();
}

/* With the header that the machine wrote: the interface sends it as it is. */
void IkeletFirmwareNode::Send(Ptr<Packet> packet)
{
    Ptr<Ipv6L3Protocol> ipv6 = GetNode()->GetObject<Ipv6L3Protocol>();
    Socket::SocketErrno error = Socket::ERROR_NOTERROR;
    Ipv6Header header;
    m_txTrace(packet);
    uint32_t size = packet->GetSize();
    Ptr<Packet> body = packet->Copy();
    if (size < kIpv6Head || body->RemoveHeader(header) != kIpv6Head) {
        m_lost++;
        return;
    }
    Ptr<Ipv6Route> route =
        ipv6->GetRoutingProtocol()->RouteOutput(body, header, Ptr<NetDevice>(nullptr), error);
    int32_t at = route ? ipv6->GetInterfaceForDevice(route->GetOutputDevice()) : -1;
    if (at < 0 || size > ipv6->GetMtu(static_cast<uint32_t>(at))) {
        m_lost++;
        NS_LOG_INFO("no way for a packet of " << size << " octets to " << header.GetDestination());
        return;
    }
    Ipv6Address next = route->GetGateway();
    ipv6->GetInterface(static_cast<uint32_t>(at))
        ->Send(body, header, next.IsAny() ? header.GetDestination() : next);
}

/* ---- the machine's time ------------------------------------------------------------------------
 */

uint64_t IkeletFirmwareNode::MachineNow() const
{
    return static_cast<uint64_t>((Simulator::Now() - m_power).GetNanoSeconds()) * kPerNs;
}

void IkeletFirmwareNode::Press()
{
    if (!m_mote)
        return;
    NS_LOG_INFO("node " << GetNode()->GetId() << ": the button is pressed");
    Pump();
    mote_press(m_mote, MachineNow());
    Rearm();
}

void IkeletFirmwareNode::OnDeadline()
{
    Pump();
    Rearm();
}

void IkeletFirmwareNode::Pump()
{
    struct mote_effect effect;
    while (m_mote && mote_poll(m_mote, MachineNow(), &effect))
        OnEffect(effect);
}

void IkeletFirmwareNode::Rearm()
{
    m_event.Cancel();
    uint64_t at = m_mote ? mote_deadline(m_mote) : MSIM_NEVER;
    if (at == MSIM_NEVER)
        return;
    Time when = m_power + NanoSeconds((at + kPerNs - 1) / kPerNs);
    m_event = Simulator::Schedule(Max(when - Simulator::Now(), Time(0)),
                                  &IkeletFirmwareNode::OnDeadline, this);
}

void IkeletFirmwareNode::OnEffect(const struct mote_effect &effect)
{
    switch (effect.kind) {
    case MOTE_SENT:
        Send(Create<Packet>(effect.data, effect.len));
        break;
    case MOTE_POWER:
        SetCpu(effect.on);
        break;
    case MOTE_TOLD:
        NS_LOG_INFO("node " << GetNode()->GetId() << ": " << host_event_name(effect.event));
        m_toldTrace(effect.event, effect.reason);
        break;
    case MOTE_ANSWERED:
        m_answeredTrace(effect.press);
        break;
    case MOTE_REFUSED:
        m_fault = std::string("refuses to begin: ") + effect.why;
        break;
    case MOTE_RESET:
        NS_LOG_WARN("node " << GetNode()->GetId() << " resets, cause " << +effect.reason);
        break;
    case MOTE_FAULT:
        m_fault = mote_fault(m_mote);
        NS_LOG_ERROR("node " << GetNode()->GetId() << " stands: " << m_fault);
        break;
    }
}

void IkeletFirmwareNode::SetCpu(uint32_t on)
{
    IkeletCpuPhase phase = on & MSIM_ON_CPU     ? IkeletCpuPhase::Other
                           : on & MSIM_ON_SMCLK ? IkeletCpuPhase::Idle
                                                : IkeletCpuPhase::Off;
    m_onTrace(on);
    if (phase == m_phase)
        return;
    m_phase = phase;
    m_cpuTrace(phase);
}

/* ---- looking on --------------------------------------------------------------------------------
 */

uint64_t IkeletFirmwareNode::GetCycles() const
{
    return m_mote ? msim_cycles(mote_at(m_mote, MachineNow())) : 0;
}

Time IkeletFirmwareNode::GetCpuTime() const
{
    if (!m_mote)
        return Time(0);
    const struct msim *machine = mote_at(m_mote, MachineNow());
    uint64_t sum = 0;
    for (unsigned state = 0; state < MSIM_ON_STATES; state++)
        sum += state & MSIM_ON_CPU ? msim_time_on(machine, state) : 0;
    return NanoSeconds(sum / kPerNs);
}

uint64_t IkeletFirmwareNode::GetResets() const
{
    return m_mote ? msim_resets(mote_at(m_mote, MachineNow())) : 0;
}

uint64_t IkeletFirmwareNode::GetLineLost() const
{
    if (!m_mote)
        return 0;
    struct msim_uart_errors errors = mote_line_errors(m_mote, MachineNow());
    return errors.deaf + errors.framing + errors.overrun + errors.garbled;
}

uint32_t IkeletFirmwareNode::GetLost() const
{
    return m_lost;
}

const std::string &IkeletFirmwareNode::GetFault() const
{
    return m_fault;
}

} // namespace ns3
