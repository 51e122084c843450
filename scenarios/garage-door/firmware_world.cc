/* SPDX-License-Identifier: MIT */
#include "firmware_world.h"

#include <algorithm>

#include "ns3/boolean.h"
#include "ns3/double.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include "host.h"
#include "ipsec.h"
#include "ns3/ikelet-address.h"
#include "presses.h"
#include "totals.h"

namespace garage
{

using namespace ns3;

namespace
{

const Time kStart = Seconds(4);   /* stacks are up and silent by then */
const Time kLongest = Minutes(5); /* after the last press: the firmware has given up long before */
const Time kLinger = Seconds(10);
const Time kInterrupt = MicroSeconds(200); /* more than any that leaves the main loop asleep */
const Time kCheckEvery = Seconds(1);
constexpr uint32_t kIpv6Head = 40, kUdpHead = 8;
constexpr uint8_t kUdp = 17;
constexpr uint32_t kCommandOctets = 8;

/* What a whole IPv6 packet of the machine carries above UDP, or from the SPI on. */
Ptr<Packet> DatagramOf(Ptr<const Packet> packet, bool *ike)
{
    uint8_t head[kIpv6Head + kUdpHead + 4] = {};
    packet->CopyData(head, sizeof head);
    uint32_t at = kIpv6Head + (head[6] == kUdp ? kUdpHead : 0);
    bool natt = head[42] == (IK_PORT_NATT >> 8) && head[43] == (IK_PORT_NATT & 0xff);
    *ike = head[6] == kUdp && (!natt || head[48] + head[49] + head[50] + head[51] == 0);
    return packet->CreateFragment(at, packet->GetSize() - at);
}

Reason ReasonOf(uint8_t why)
{
    return why == IK_WHY_TIMEOUT       ? Reason::IkeTimeout
           : why == IK_WHY_AUTH        ? Reason::IkeAuth
           : why == IK_WHY_NO_PROPOSAL ? Reason::IkeProposal
                                       : Reason::IkeOther;
}

} // namespace

FirmwareWorld::FirmwareWorld(const Options &options, bool files)
    : m_run(MakeRun(options)), m_files(files), m_recorder(&m_run), m_progress(options.quiet),
      m_stations(options.remotes)
{
    m_field = std::make_unique<scenario::Field>(options.air, options.remotes,
                                                files ? options.out : "", "remote", true);
    m_field->onFrame = [this](const scenario::Frame &frame) { OnFrame(frame); };
    m_field->onLost = [this](uint32_t) { m_recorder.OnLost(); };
    MakeIdentities();
    InstallGateway();
    for (uint32_t i = 1; i <= options.remotes; i++)
        InstallRemote(i);
    SchedulePresses();
}

FirmwareWorld::~FirmwareWorld()
{
    m_stations.clear();
    m_door.reset();
    m_gateway = nullptr;
    Simulator::Destroy();
    m_field.reset();
}

FirmwareWorld::Station &FirmwareWorld::At(uint32_t remote)
{
    return m_stations.at(remote - 1);
}

uint32_t FirmwareWorld::FieldNode(uint32_t remote) const
{
    return m_field->NodeOfStation(remote);
}

uint32_t FirmwareWorld::NumberOf(uint32_t fieldNode) const
{
    if (fieldNode == 0)
        return kGateway;
    uint32_t station = m_field->StationOfNode(fieldNode);
    return station ? station : m_run.options.remotes + fieldNode;
}

void FirmwareWorld::OnFrame(const scenario::Frame &frame)
{
    uint32_t from = m_field->StationOfNode(frame.node);
    uint32_t to = frame.peer < m_field->Nodes() ? m_field->StationOfNode(frame.peer) : 0;
    uint32_t remote = from ? from : to ? to : m_run.options.air.hops > 1 ? m_lastPressed : kNoNode;
    m_recorder.OnFrame(NumberOf(frame.node), remote, frame);
}

/* ---- nodes -------------------------------------------------------------------------------------
 */

void FirmwareWorld::MakeIdentities()
{
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        scenario::DoorIdentity &who = At(i).identity;
        who.local = m_field->AddressText(FieldNode(i));
        who.remote = m_field->AddressText(0);
        who.id = "keyid:" + std::to_string(i);
        who.gatewayId = "keyid:g";
        who.brief = true;
        who.keyAhead = m_run.options.keyAhead;
        who.psk = scenario::MakeKey(m_field->stream++);
    }
}

void FirmwareWorld::InstallGateway()
{
    const uint32_t sas = 3 * m_run.options.remotes + 4;
    m_helper.SetAttribute("Responder", BooleanValue(true));
    m_helper.SetAttribute("IkeSas", UintegerValue(sas));
    m_helper.SetAttribute("ChildSas", UintegerValue(sas));
    m_helper.SetAttribute("Queue", UintegerValue(256));
    if (m_files)
        m_helper.EnableKeyLog(m_run.options.out);
    for (const Station &station : m_stations) {
        IkeletPolicy policy = scenario::DoorPolicy(station.identity, true);
        policy.peer = m_helper.AddPeer(scenario::DoorPeer(station.identity, true));
        m_helper.AddPolicy(policy);
    }
    m_gateway = DynamicCast<IkeletNode>(m_helper.Install(m_field->GetNode(0)).Get(0));
    m_gateway->SetStartTime(kStart);
    m_field->stream += m_gateway->AssignStreams(m_field->stream);
    const scenario::DoorIdentity &any = m_stations.front().identity;
    m_gateway->AddTunnel(any.InnerRemote() + "/64", {any.prefix + "/64"});
    WatchGateway();
    m_door = std::make_unique<scenario::DoorGateway>(m_field->GetNode(0));
    m_door->opened = [this](const Address &from, uint32_t press) { OnOpened(from, press); };
}

uint32_t FirmwareWorld::RemoteAt(const struct ik_path &path) const
{
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        if (IkeletSame(path.remote, IkeletAddress(m_field->AddressOf(FieldNode(i)))))
            return i;
    }
    return kNoNode;
}

void FirmwareWorld::WatchGateway()
{
    using Signature = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    m_gateway->TraceConnectWithoutContext(
        "Tx", Signature([this](Ptr<const Packet> datagram, const struct ik_path &path) {
            if (path.carrier != IK_CARRIER_ESP)
                m_recorder.IkeTx(kGateway, RemoteAt(path), datagram);
        }));
    m_gateway->TraceConnectWithoutContext(
        "Rx", Signature([this](Ptr<const Packet> datagram, const struct ik_path &path) {
            if (path.carrier != IK_CARRIER_ESP)
                m_recorder.IkeRx(kGateway, RemoteAt(path), datagram);
        }));
}

void FirmwareWorld::InstallRemote(uint32_t remote)
{
    const Options &options = m_run.options;
    Station &station = At(remote);
    Ptr<Node> node = m_field->GetNode(FieldNode(remote));
    std::vector<uint8_t> noise = scenario::DoorNoise(m_field->stream++);
    if (options.firmware == "core") {
        auto made = std::make_unique<scenario::CoreRemote>(node, options.power.cpu,
                                                           station.identity, noise, kStart);
        station.core = made->Core();
        station.remote = std::move(made);
        WatchCore(remote);
    } else {
        auto made = std::make_unique<scenario::MachineRemote>(node, options.firmware,
                                                              station.identity, noise, kStart);
        station.machine = made->Machine();
        station.remote = std::move(made);
        WatchMachine(remote);
    }
    station.remote->answered = [this, remote](uint32_t press) { OnAnswered(remote, press); };
    station.remote->told = [this, remote](uint8_t event, uint8_t reason) {
        OnTold(remote, event, reason);
    };
    IkeletEnergyHelper energy;
    energy.SetMcu(scenario::McuOf(options.power));
    energy.SetRadio(options.power.radio == "none" ? "" : options.power.radio);
    energy.SetSource("BasicEnergySourceInitialEnergyJ",
                     DoubleValue(static_cast<double>(options.power.batteryMj) / 1e3));
    station.energy =
        energy.Install(node, station.core, m_field->DeviceOf(FieldNode(remote)), station.machine);
    /* The radio is on while the firmware could hear it. */
    m_field->RadioOf(FieldNode(remote))->Switch(false);
}

void FirmwareWorld::WatchMachine(uint32_t remote)
{
    Ptr<IkeletFirmwareNode> machine = At(remote).machine;
    machine->TraceConnectWithoutContext(
        "Tx", Callback<void, Ptr<const Packet>>([this, remote](Ptr<const Packet> packet) {
            bool ike = false;
            Ptr<Packet> datagram = DatagramOf(packet, &ike);
            OnSent(remote, datagram, ike, packet);
        }));
    machine->TraceConnectWithoutContext(
        "Rx", Callback<void, Ptr<const Packet>>([this, remote](Ptr<const Packet> packet) {
            bool ike = false;
            Ptr<Packet> datagram = DatagramOf(packet, &ike);
            if (ike)
                m_recorder.IkeRx(remote, remote, datagram);
        }));
    machine->TraceConnectWithoutContext(
        "Cpu", Callback<void, IkeletCpuPhase>(
                   [this, remote](IkeletCpuPhase phase) { OnCpu(remote, phase); }));
}

void FirmwareWorld::WatchCore(uint32_t remote)
{
    using Signature = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    Ptr<IkeletNode> core = At(remote).core;
    core->TraceConnectWithoutContext(
        "Tx", Signature([this, remote](Ptr<const Packet> datagram, const struct ik_path &path) {
            OnSent(remote, datagram, path.carrier != IK_CARRIER_ESP, datagram);
        }));
    core->TraceConnectWithoutContext(
        "Rx", Signature([this, remote](Ptr<const Packet> datagram, const struct ik_path &path) {
            if (path.carrier != IK_CARRIER_ESP)
                m_recorder.IkeRx(remote, remote, datagram);
        }));
    core->TraceConnectWithoutContext(
        "Cpu", Callback<void, IkeletCpuPhase>(
                   [this, remote](IkeletCpuPhase phase) { OnCpu(remote, phase); }));
}

/* ---- what happens ------------------------------------------------------------------------------
 */

void FirmwareWorld::SchedulePresses()
{
    const Options &options = m_run.options;
    uint32_t remote = 0;
    for (const Time &at : PressTimes(options, m_field->stream++)) {
        m_lastPressAt = at.GetMicroSeconds();
        Simulator::Schedule(at, &FirmwareWorld::OnPress, this, remote++ % options.remotes + 1);
    }
    Simulator::Schedule(kFirstPress, &FirmwareWorld::Check, this);
}

void FirmwareWorld::OnPress(uint32_t remote)
{
    Station &station = At(remote);
    if (!station.ended)
        End(station, Reason::Superseded);
    TellCosts(remote);
    station.presses.push_back(m_recorder.Begin(remote, true).id);
    station.ended = false;
    m_pressed++;
    m_lastPressed = remote;
    station.remote->Press();
}

/* The firmware numbers its presses; the same number is in each command and its answers. */
Recorder::Word FirmwareWorld::WordOf(uint32_t remote, uint32_t press, const char *text) const
{
    return {remote, press, press, text, kCommandOctets, 0};
}

/* The first command of a press opens the door; it is answered at once. */
void FirmwareWorld::OnOpened(const Address &from, uint32_t press)
{
    Ipv6Address inner = Inet6SocketAddress::ConvertFrom(from).GetIpv6();
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        if (inner != Ipv6Address(At(i).identity.InnerLocal().c_str()) ||
            press > At(i).presses.size())
            continue;
        uint32_t id = At(i).presses[press - 1];
        m_recorder.WordRx(EventKind::CommandRx, kGateway, WordOf(i, id, "open"));
        if (m_recorder.At(id).movedAt == kNever) {
            m_recorder.At(id).movedAt = Recorder::Now();
            m_recorder.Add(EventKind::DoorStart, kGateway, id, "opening");
        }
        m_recorder.WordTx(EventKind::DoneTx, kGateway, WordOf(i, id, "opened"));
    }
}

void FirmwareWorld::OnAnswered(uint32_t remote, uint32_t press)
{
    Station &station = At(remote);
    if (station.ended || press != station.presses.size())
        return;
    m_recorder.At(station.presses.back()).ackAt = Recorder::Now();
    m_recorder.WordRx(EventKind::DoneRx, remote, WordOf(remote, station.presses.back(), "opened"));
    End(station, Reason::None);
}

void FirmwareWorld::OnTold(uint32_t remote, uint8_t event, uint8_t reason)
{
    static constexpr EventKind kinds[] = {EventKind::IkeUp,       EventKind::ChildUp,
                                          EventKind::ChildFailed, EventKind::IkeFailed,
                                          EventKind::IkeDown,     EventKind::IkeDown};
    Station &station = At(remote);
    uint32_t press = m_recorder.Current(remote);
    if (event < IK_EV_IKE_UP || event > IK_EV_IKE_DOWN)
        return;
    bool up = event == IK_EV_IKE_UP || event == IK_EV_CHILD_UP;
    m_recorder.Add(kinds[event - IK_EV_IKE_UP], remote, press, up ? "" : host_reason_text(reason));
    if (event == IK_EV_CHILD_UP && press)
        m_recorder.HandshakeEnergy(remote, press, station.energy.Drawn());
    bool failed = event == IK_EV_CHILD_FAILED || event == IK_EV_IKE_FAILED;
    if (station.handshake && press && (event == IK_EV_CHILD_UP || failed)) {
        station.handshake = false;
        m_recorder.HandshakeEnded(press, !failed);
    }
    if (failed && !station.ended)
        End(station, ReasonOf(reason));
}

void FirmwareWorld::OnSent(uint32_t remote, Ptr<const Packet> datagram, bool ike,
                           Ptr<const Packet> whole)
{
    Station &station = At(remote);
    uint32_t press = m_recorder.Current(remote);
    if (ike)
        m_recorder.IkeTx(remote, remote, datagram, whole);
    if (ike && !station.handshake && !station.ended) {
        station.handshake = true;
        m_recorder.HandshakeBegun(press);
    }
    if (ike || !press)
        return;
    m_recorder.CommandSent(press);
    Recorder::Word word = WordOf(remote, press, "open");
    word.b = m_recorder.At(press).commandTries;
    m_recorder.WordTx(EventKind::CommandTx, remote, word);
}

/* Deep sleep is where the serial line is deaf: the radio need not listen then. What its timer's
 * interrupt takes is over before a radio would be started. */
void FirmwareWorld::OnCpu(uint32_t remote, IkeletCpuPhase phase)
{
    Station &station = At(remote);
    station.waking.Cancel();
    if (phase == IkeletCpuPhase::Off)
        SetAwake(remote, false);
    else if (!station.awake)
        station.waking =
            Simulator::Schedule(kInterrupt, &FirmwareWorld::SetAwake, this, remote, true);
}

void FirmwareWorld::SetAwake(uint32_t remote, bool awake)
{
    Station &station = At(remote);
    if (awake == station.awake)
        return;
    station.awake = awake;
    uint32_t press = m_recorder.Current(remote);
    if (awake)
        station.wokeAt = Recorder::Now();
    int64_t span = Recorder::Now() - station.wokeAt;
    station.awakeUs += awake ? 0 : span;
    m_recorder.Add(awake ? EventKind::Wake : EventKind::Sleep, remote, press, "", awake ? 0 : span);
    if (!awake && press)
        m_recorder.At(press).sleepAt = Recorder::Now();
    if (station.energy.radio)
        station.energy.radio->SetPowered(awake);
    m_field->RadioOf(FieldNode(remote))->Switch(awake);
}

void FirmwareWorld::End(Station &station, Reason reason)
{
    station.ended = true;
    if (reason == Reason::None)
        m_recorder.Done(station.presses.back());
    else
        m_recorder.Failed(station.presses.back(), reason);
}

void FirmwareWorld::TellCosts(uint32_t remote)
{
    Station &station = At(remote);
    m_recorder.Cpu(remote, station.remote->CpuTime().GetMicroSeconds());
    m_recorder.Energy(remote, station.energy.Drawn());
}

/* ---- the end -----------------------------------------------------------------------------------
 */

void FirmwareWorld::Check()
{
    m_progress.Tell(m_recorder.Ended(), m_run.options.presses, Recorder::Now());
    bool over = m_pressed == m_run.options.presses &&
                std::all_of(m_stations.begin(), m_stations.end(),
                            [](const Station &station) { return station.ended; });
    if (Recorder::Now() > m_lastPressAt + kLongest.GetMicroSeconds())
        Simulator::Stop();
    else if (over)
        Simulator::Stop(kLinger);
    else
        Simulator::Schedule(kCheckEvery, &FirmwareWorld::Check, this);
}

const Run &FirmwareWorld::Simulate()
{
    Simulator::Run();
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        Station &station = At(i);
        if (!station.ended)
            End(station, Reason::Unfinished);
        if (station.awake)
            station.awakeUs += Recorder::Now() - station.wokeAt;
        TellCosts(i);
    }
    Collect();
    return m_run;
}

void FirmwareWorld::Collect()
{
    Totals &totals = m_run.totals;
    totals.endedAt = Recorder::Now();
    CollectCore(m_gateway, &m_run.nodes[kGateway]);
    for (uint32_t i = 0; i < m_run.nodes.size(); i++) {
        NodeTotals &node = m_run.nodes[i];
        bool isRemote = i != kGateway && i <= m_run.options.remotes;
        uint32_t at = isRemote ? FieldNode(i) : i == kGateway ? 0 : i - m_run.options.remotes;
        CollectAir(m_field->CountOf(at), &node, &totals);
        node.awakeUs = isRemote ? At(i).awakeUs : totals.endedAt;
        if (!isRemote)
            continue;
        Station &station = At(i);
        if (station.core)
            CollectCore(station.core, &node);
        node.cpuUs = station.remote->CpuTime().GetMicroSeconds();
        totals.cpuUs += node.cpuUs;
        node.ledger = station.energy.Ledger();
        node.drawnJ = station.energy.Drawn();
    }
}

bool FirmwareWorld::CloseKeyLog()
{
    return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
}

} // namespace garage
