/* SPDX-License-Identifier: MIT */
#include "door.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "ns3/boolean.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/ipv6-header.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"
#include "ns3/virtual-net-device.h"

#include "host.h"
#include "ns3/ikelet-address.h"
#include "ns3/ikelet-helper.h"

namespace scenario
{

using namespace ns3;

namespace
{

/* As targets/msp430/app/ has them. */
constexpr size_t kSeedOctets = 384;
constexpr size_t kSeeds = 16;
constexpr uint32_t kBody = 8, kUdpHead = 8, kHops = 64;
constexpr uint8_t kTries = 3;
constexpr uint16_t kAnswerWait = 31; /* rounds */
constexpr int64_t kRoundUs = 65536;

using Body = std::array<uint8_t, kBody>;

struct ik_addr Parse(const std::string &text)
{
    struct ik_addr address = {};
    host_addr_parse(text.c_str(), &address);
    return address;
}

std::string Inner(const std::string &prefix, const std::string &outer)
{
    struct ik_addr address = Parse(prefix), low = Parse(outer);
    std::memcpy(address.b + 8, low.b + 8, 8);
    char text[64];
    host_addr_print(&address, text, sizeof text);
    return text;
}

Body MakeBody(const char *word, uint32_t press)
{
    Body body;
    std::memcpy(body.data(), word, 4);
    for (unsigned i = 0; i < 4; i++)
        body[4 + i] = static_cast<uint8_t>(press >> (24 - 8 * i));
    return body;
}

/* The press that a message is about; 0: it is none of that word. */
uint32_t PressOf(Ptr<Packet> packet, const char *word)
{
    uint8_t octets[kBody];
    if (packet->CopyData(octets, kBody) < kBody || std::memcmp(octets, word, 4) != 0)
        return 0;
    return static_cast<uint32_t>(octets[4]) << 24 | static_cast<uint32_t>(octets[5]) << 16 |
           static_cast<uint32_t>(octets[6]) << 8 | octets[7];
}

/* UDP with its checksum, as the firmware writes it whatever ChecksumEnabled says. */
Ptr<Packet> MakeUdp(const struct ik_addr &from, const struct ik_addr &to, const Body &body)
{
    constexpr uint8_t len = kUdpHead + kBody;
    std::array<uint8_t, len> udp = {
        kFirmwarePort >> 8, kFirmwarePort & 0xff, kFirmwarePort >> 8, kFirmwarePort & 0xff, 0, len};
    std::copy(body.begin(), body.end(), udp.begin() + kUdpHead);
    uint32_t sum = host_cksum_pseudo(&from, &to, 17, len);
    uint16_t folded = host_cksum_fold(host_cksum_add(sum, udp.data(), len));
    folded = folded ? folded : 0xffff;
    udp[6] = static_cast<uint8_t>(folded >> 8);
    udp[7] = static_cast<uint8_t>(folded);
    return Create<Packet>(udp.data(), len);
}

} // namespace

void KeepPadded(IkeletPeer *peer, const struct ik_prf &prf)
{
    uint8_t pad[IK_HASH_MAX];
    const struct ik_span secret = {reinterpret_cast<const uint8_t *>(peer->psk.data()),
                                   static_cast<uint16_t>(peer->psk.size())};
    ik_psk_pad(&ik_crypto_portable, &prf, secret, pad);
    peer->psk.assign(pad, pad + prf.key_len);
    peer->pskPrf = prf.id;
}

std::string DoorIdentity::InnerLocal() const
{
    return Inner(prefix, local);
}

std::string DoorIdentity::InnerRemote() const
{
    return Inner(prefix, remote);
}

std::vector<uint8_t> DoorNoise(int64_t stream)
{
    Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
    std::vector<uint8_t> noise(kSeeds * kSeedOctets);
    random->SetStream(stream);
    for (uint8_t &octet : noise)
        octet = static_cast<uint8_t>(random->GetInteger(0, 255));
    return noise;
}

IkeletPeer DoorPeer(const DoorIdentity &identity, bool atGateway)
{
    IkeletPeer peer;
    peer.local = atGateway ? identity.remote : identity.local;
    peer.remote = atGateway ? identity.local : identity.remote;
    peer.localId = atGateway ? identity.gatewayId : identity.id;
    peer.remoteId = atGateway ? identity.id : identity.gatewayId;
    peer.psk = identity.psk;
    if (!atGateway)
        KeepPadded(&peer, ik_prf_aes128_cmac);
    peer.suites = kFirmwareSuite;
    peer.initialContact = !atGateway && !identity.brief;
    peer.noNat = peer.noIdr = identity.brief && !atGateway;
    peer.forceNatt = identity.espInUdp && !atGateway;
    return peer;
}

IkeletPolicy DoorPolicy(const DoorIdentity &identity, bool atGateway)
{
    IkeletPolicy policy;
    policy.local = atGateway ? identity.InnerRemote() : identity.InnerLocal();
    policy.remote = atGateway ? identity.InnerLocal() : identity.InnerRemote();
    policy.suites = "aes128ccm8";
    return policy;
}

/* ---- machine code ------------------------------------------------------------------------------
 */

MachineRemote::MachineRemote(Ptr<Node> node, const std::string &image, const DoorIdentity &identity,
                             const std::vector<uint8_t> &noise, Time start)
    : m_machine(CreateObject<IkeletFirmwareNode>())
{
    m_machine->SetAttribute("Image", StringValue(image));
    m_machine->SetAttribute("Local", StringValue(identity.local));
    m_machine->SetAttribute("Remote", StringValue(identity.remote));
    m_machine->SetAttribute("InnerPrefix", StringValue(identity.prefix));
    m_machine->SetAttribute("LocalId", StringValue(identity.id));
    m_machine->SetAttribute("RemoteId", StringValue(identity.gatewayId));
    m_machine->SetAttribute("Psk", StringValue(identity.psk));
    m_machine->SetAttribute("EspInUdp", BooleanValue(identity.espInUdp));
    m_machine->SetAttribute("Brief", BooleanValue(identity.brief));
    m_machine->SetNoise(noise);
    m_machine->SetStartTime(start);
    node->AddApplication(m_machine);
    m_machine->TraceConnectWithoutContext("Answered",
                                          Callback<void, uint32_t>([this](uint32_t press) {
                                              if (answered)
                                                  answered(press);
                                          }));
    m_machine->TraceConnectWithoutContext(
        "Told", Callback<void, uint8_t, uint8_t>([this](uint8_t event, uint8_t reason) {
            if (told)
                told(event, reason);
        }));
}

void MachineRemote::Press()
{
    m_machine->Press();
}

Time MachineRemote::CpuTime() const
{
    return m_machine->GetCpuTime();
}

Ptr<IkeletFirmwareNode> MachineRemote::Machine() const
{
    return m_machine;
}

/* ---- the same on a core of the host ------------------------------------------------------------
 */

CoreRemote::CoreRemote(Ptr<Node> node, const std::string &profile, const DoorIdentity &identity,
                       const std::vector<uint8_t> &noise, Time start)
    : m_identity(identity), m_noise(noise)
{
    IkeletHelper helper;
    helper.SetAttribute("CpuProfile", StringValue(profile));
    helper.SetAttribute("Board", BooleanValue(true));
    helper.SetAttribute("AutoWake", BooleanValue(false));
    helper.SetAttribute("IkeSas", UintegerValue(1));
    helper.SetAttribute("ChildSas", UintegerValue(1));
    helper.SetAttribute("RetransmitJitter", UintegerValue(0));
    helper.SetAttribute("NonceLength", UintegerValue(16));
    helper.SetAttribute("CtrDrbg", BooleanValue(true));
    if (identity.keyAhead)
        helper.SetAttribute("KeyAhead", TimeValue(kKeyAhead));
    helper.AddPeer(DoorPeer(identity, false));
    helper.AddPolicy(DoorPolicy(identity, false));
    m_core = DynamicCast<IkeletNode>(helper.Install(node).Get(0));
    m_core->SetStartTime(start);
    IkeletCpu cpu;
    cpu.Load(profile, nullptr);
    m_clock = start + cpu.Duration(cpu.Board().clock);
    m_tunnel = m_core->AddTunnel(identity.InnerLocal() + "/128", {identity.InnerRemote() + "/128"});
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kFirmwarePort));
    m_socket->SetRecvCallback(MakeCallback(&CoreRemote::OnRead, this));
    m_core->TraceConnectWithoutContext(
        "IkeUp", Callback<void, uint16_t>([this](uint16_t) { OnEvent(IK_EV_IKE_UP, 0); }));
    m_core->TraceConnectWithoutContext(
        "ChildUp", Callback<void, uint16_t>([this](uint16_t) { OnEvent(IK_EV_CHILD_UP, 0); }));
    m_core->TraceConnectWithoutContext(
        "Tx", Callback<void, Ptr<const Packet>, const struct ik_path &>(
                  [this](Ptr<const Packet>, const struct ik_path &) { AwaitAnswer(); }));
    for (const char *end : {"Failed", "Down"})
        m_core->TraceConnectWithoutContext(end,
                                           Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>(
                                               [this](uint8_t event, uint8_t reason, uint16_t,
                                                      uint16_t) { OnEvent(event, reason); }));
    /* Behind the application's own start. */
    Simulator::Schedule(start, [this]() { Simulator::ScheduleNow(&CoreRemote::Start, this); });
}

/* Entropy, then the number of starts, low octet first; then it sleeps deeply. */
void CoreRemote::Start()
{
    auto from = m_noise.begin() + static_cast<long>(m_seeds++ % kSeeds * kSeedOctets);
    m_core->Wake(std::vector<uint8_t>(from, from + kSeedOctets));
    m_core->Seed({1, 0, 0, 0});
    m_core->Doze();
}

void CoreRemote::BeginAnew()
{
    m_anew = true;
    m_up = false;
    m_core->Cut();
    Start();
    m_core->Undoze();
    m_core->Up();
}

void CoreRemote::Press()
{
    m_press++;
    m_tries = 0;
    m_anew = false;
    m_sendEvent.Cancel();
    m_core->Undoze();
    if (m_up)
        BeginToSend();
    else
        m_core->Up();
}

void CoreRemote::BeginToSend()
{
    m_tries = kTries + 1;
    m_sendAt = Rounds();
    SendCommand();
}

uint16_t CoreRemote::Rounds() const
{
    return static_cast<uint16_t>((Simulator::Now() - m_clock).GetMicroSeconds() / kRoundUs);
}

/* The firmware sleeps for whole rounds from when it has nothing else to do. */
void CoreRemote::AwaitAnswer()
{
    if (m_tries == 0)
        return;
    auto left = static_cast<int16_t>(m_sendAt - Rounds());
    m_sendEvent.Cancel();
    m_sendEvent = Simulator::Schedule(MicroSeconds(kRoundUs * std::max<int16_t>(left, 0)),
                                      &CoreRemote::SendCommand, this);
}

void CoreRemote::SendCommand()
{
    m_sendEvent.Cancel();
    m_sendAt = static_cast<uint16_t>(m_sendAt + kAnswerWait);
    if (--m_tries == 0) {
        if (m_anew)
            Rest();
        else
            BeginAnew();
        return;
    }
    AwaitAnswer();
    struct ik_addr from = Parse(m_identity.InnerLocal()), to = Parse(m_identity.InnerRemote());
    Ptr<Packet> packet = MakeUdp(from, to, MakeBody("OPEN", m_press));
    Ipv6Header header;
    header.SetTrafficClass(0);
    header.SetFlowLabel(0);
    header.SetPayloadLength(static_cast<uint16_t>(packet->GetSize()));
    header.SetNextHeader(17);
    header.SetHopLimit(kHops);
    header.SetSource(IkeletIpv6(from));
    header.SetDestination(IkeletIpv6(to));
    packet->AddHeader(header);
    m_tunnel->Send(packet, m_tunnel->GetBroadcast(), 0x86dd);
}

/* Nothing is waited for: it sleeps deeply. */
void CoreRemote::Rest()
{
    m_tries = 0;
    m_sendEvent.Cancel();
    m_core->Doze();
}

void CoreRemote::OnEvent(uint8_t event, uint8_t reason)
{
    if (told)
        told(event, reason);
    if (event == IK_EV_CHILD_UP) {
        m_up = true;
        Simulator::ScheduleNow(&CoreRemote::BeginToSend, this);
    } else if (event != IK_EV_IKE_UP) {
        m_up = false;
        Rest();
    }
}

void CoreRemote::OnRead(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv()) {
        if (m_tries == 0 || PressOf(packet, "DONE") != m_press)
            continue;
        Rest();
        if (answered)
            answered(m_press);
    }
}

Time CoreRemote::CpuTime() const
{
    return m_core->GetCpuTime();
}

Ptr<IkeletNode> CoreRemote::Core() const
{
    return m_core;
}

/* ---- the gateway -------------------------------------------------------------------------------
 */

DoorGateway::DoorGateway(Ptr<Node> node)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kFirmwarePort));
    m_socket->SetRecvCallback(MakeCallback(&DoorGateway::OnRead, this));
}

void DoorGateway::OnRead(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from)) {
        uint32_t press = PressOf(packet, "OPEN");
        if (press == 0)
            continue;
        Body body = MakeBody("DONE", press);
        socket->SendTo(Create<Packet>(body.data(), kBody), 0, from);
        if (opened)
            opened(from, press);
    }
}

} // namespace scenario
