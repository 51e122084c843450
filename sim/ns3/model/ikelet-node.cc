/* SPDX-License-Identifier: MIT */
#include "ikelet-node.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include "ikelet-address.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNode");

namespace
{

constexpr size_t kSeedOctets = 48;

ik_time Us(Time time)
{
    return static_cast<ik_time>(time.GetMicroSeconds());
}

/* An IKE message, behind the non-ESP marker (RFC 3948 2.2) too. */
bool IsIke(Ptr<const Packet> datagram, const struct ik_path &path, bool *response)
{
    constexpr uint32_t kFlagsAt = 19, kMarker = 4;
    uint8_t head[kMarker + kFlagsAt + 1];
    uint32_t at = path.carrier == IK_CARRIER_UDP4500 ? kMarker : 0;
    if (path.carrier == IK_CARRIER_ESP || path.carrier == IK_CARRIER_AH ||
        datagram->GetSize() < at + kFlagsAt + 1)
        return false;
    datagram->CopyData(head, at + kFlagsAt + 1);
    *response = (head[at + kFlagsAt] & IK_FLAG_RESPONSE) != 0;
    return at == 0 || head[0] + head[1] + head[2] + head[3] == 0;
}

/* Which entry a fault is in. */
std::string Where(const struct ik_fault &fault)
{
    std::string entry = fault.part == IK_FAULT_OF_PEER     ? "peer "
                        : fault.part == IK_FAULT_OF_POLICY ? "policy "
                                                           : "";
    return entry.empty() ? "" : entry + std::to_string(fault.index) + ": ";
}

} // namespace

IkeletNode::IkeletNode() : m_random(CreateObject<UniformRandomVariable>())
{
    IkeletEngine::Owner engine;
    engine.carryOut = [this](const IkeletEngine::Output &output) { CarryOut(output); };
    engine.jobStarted = [this](const struct ik_job &job, Time needs) {
        m_jobTrace(job.kind, false, needs);
    };
    engine.jobEnded = [this](const struct ik_job &job, Time took) {
        m_jobTrace(job.kind, true, took);
    };
    engine.cpu = [this](IkeletCpuPhase phase) {
        m_phase = phase;
        SetCpu();
    };
    engine.trace = &IkeletNode::OnRecord;
    engine.traceCtx = this;
    m_engine.SetOwner(std::move(engine));

    IkeletNet::Owner net;
    net.tx = [this](Ptr<const Packet> p, const struct ik_path &path) { Sends(p, path); };
    net.rx = [this](Ptr<const Packet> p, const struct ik_path &path) { Receives(p, path); };
    net.submit = [this](IkeletEngine::Input input) { m_engine.Submit(std::move(input)); };
    net.awake = [this]() { return IsOn(); };
    net.lost = [this](Ptr<const Packet>) { m_lost++; };
    net.changed = [this]() { InterfaceChanged(); };
    m_net = std::make_unique<IkeletNet>(std::move(net));
}

IkeletNode::~IkeletNode()
{
    if (m_pcap.f)
        host_pcap_close(&m_pcap);
}

void IkeletNode::DoDispose()
{
    m_sleepEvent.Cancel();
    m_checkEvent.Cancel();
    m_changedEvent.Cancel();
    m_settledEvent.Cancel();
    m_engine.Forget();
    m_net->Dispose();
    m_keyLog = nullptr;
    m_random = nullptr;
    Application::DoDispose();
}

IkeletConfig &IkeletNode::Config()
{
    return m_config;
}

Ptr<VirtualNetDevice> IkeletNode::AddTunnel(const std::string &address,
                                            const std::vector<std::string> &remotes)
{
    return m_net->AddTunnel(GetNode(), address, remotes, m_tunnelMtu);
}

void IkeletNode::SetKeyLog(std::shared_ptr<IkeletKeyLog> log)
{
    m_keyLog = std::move(log);
}

void IkeletNode::EnablePcap(const std::string &path)
{
    NS_ABORT_MSG_IF(!host_pcap_open(&m_pcap, path.c_str()),
                    "ikelet: no pcap file " << path << ": " << std::strerror(errno));
}

int64_t IkeletNode::AssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

/* ---- start and power ------------------------------------------------------------------------- */

void IkeletNode::StartApplication()
{
    IkeletCpu cpu;
    std::string error;
    NS_ABORT_MSG_IF(!cpu.Load(m_cpu, &error), "ikelet: CpuProfile " << m_cpu << ": " << error);
    m_engine.SetCpu(cpu);
    m_engine.SetBoard(m_board);
    m_engine.SetKeyAhead(m_keyAhead);
    ReadText();
    SetTiming();
    Rebuild();
    m_net->Attach(GetNode());
    m_attached = true;
    if (m_autoWake)
        Wake();
}

void IkeletNode::StopApplication()
{
    Cut();
    if (m_attached)
        m_net->Detach();
    m_attached = false;
}

void IkeletNode::Wake()
{
    if (m_asleep)
        WakeWithPair();
    else
        Wake(DrawSeed());
}

std::vector<uint8_t> IkeletNode::DrawSeed()
{
    std::vector<uint8_t> seed(kSeedOctets);
    for (uint8_t &octet : seed)
        octet = static_cast<uint8_t>(m_random->GetInteger(0, 255));
    return seed;
}

void IkeletNode::Wake(const std::vector<uint8_t> &seed)
{
    if (m_closing || m_asleep)
        PowerOff(); /* pressed again on the way to sleep: the old SAs are lost; or begun afresh */
    if (m_engine.IsRunning() || !m_charged)
        return;
    NS_LOG_INFO("node " << GetNode()->GetId() << " wakes");
    m_powerTrace(true);
    Begin(seed);
    MakeManual();
    SetRadio();
    if (m_autoUp)
        Up(0);
}

void IkeletNode::Begin(const std::vector<uint8_t> &seed)
{
    m_engine.Stop(); /* has the configuration that was built before */
    Rebuild();       /* addresses may have moved */
    m_dozing = false;
    m_awaiting = false;
    m_childUp = false;
    struct ik_fault fault = {};
    fault.what = IK_FAULT_POOLS; /* of the host, if the configuration is good */
    bool good = ik_config_check(m_built, &fault) == IK_OK &&
                m_engine.Start(m_built, Sizes(), static_cast<uint16_t>(GetNode()->GetId()), seed);
    NS_ABORT_MSG_IF(!good, "ikelet: node "
                               << GetNode()->GetId()
                               << " has a configuration that can't work: " << Where(fault)
                               << host_fault_text(fault.what));
}

/* What has happened to its addresses meanwhile it learns now. */
void IkeletNode::WakeWithPair()
{
    NS_LOG_INFO("node " << GetNode()->GetId() << " wakes, as it was");
    m_asleep = false;
    m_awaiting = false;
    m_powerTrace(true);
    Undoze();
    if (!Readdressed())
        MakeManual();
    if (m_autoUp)
        Up(0);
}

void IkeletNode::Seed(const std::vector<uint8_t> &octets)
{
    IkeletEngine::Input input;
    input.kind = IkeletEngine::InputKind::Seed;
    input.data = octets;
    SubmitIfOn(std::move(input));
}

void IkeletNode::Sleep()
{
    if (m_closing || !IsOn())
        return;
    m_closing = true;
    m_sleepEvent = Simulator::Schedule(
        m_sleepTimeout, m_keyAhead.IsZero() ? &IkeletNode::PowerOff : &IkeletNode::SleepAnew, this);
    Down();
    CheckAsleep();
}

void IkeletNode::Cut()
{
    if (m_engine.IsRunning())
        PowerOff();
}

void IkeletNode::SetCharged(bool charged)
{
    m_charged = charged;
    if (!charged)
        Cut();
}

bool IkeletNode::IsAwake() const
{
    return IsOn() && !m_closing;
}

/* Who sleeps with its memory kept does and hears no more than who has no power. */
bool IkeletNode::IsOn() const
{
    return m_engine.IsRunning() && !m_asleep;
}

void IkeletNode::SubmitIfOn(IkeletEngine::Input input)
{
    if (IsOn())
        m_engine.Submit(std::move(input));
}

/* The last effects may still be on their way out when the last SA is gone. */
void IkeletNode::CheckAsleep()
{
    uint16_t ikeSas = 0, childSas = 0;
    m_engine.GetUsage(&ikeSas, &childSas);
    if (m_closing && ikeSas == 0 && childSas == 0 && !IkeletIsPending(m_checkEvent))
        m_checkEvent = Simulator::ScheduleNow(
            m_keyAhead.IsZero() ? &IkeletNode::PowerOff : &IkeletNode::SleepWithPair, this);
}

/* Its SAs are gone, and it sleeps; but its memory is kept, for the key pair of the next one. */
void IkeletNode::SleepWithPair()
{
    m_sleepEvent.Cancel();
    m_closing = false;
    m_childUp = false;
    m_asleep = true;
    NS_LOG_INFO("node " << GetNode()->GetId() << " sleeps, and keeps its memory");
    Doze();
    m_powerTrace(false);
}

/* Its Delete was not answered: the SAs are forgotten, with all that it had in memory. */
void IkeletNode::SleepAnew()
{
    m_checkEvent.Cancel();
    Begin(DrawSeed());
    SleepWithPair();
}

void IkeletNode::PowerOff()
{
    bool told = m_asleep;
    m_sleepEvent.Cancel();
    m_checkEvent.Cancel();
    m_closing = m_asleep = false;
    m_engine.Stop();
    NS_LOG_INFO("node " << GetNode()->GetId() << " sleeps");
    SetRadio();
    if (!told)
        m_powerTrace(false);
}

void IkeletNode::Doze()
{
    m_dozing = m_engine.IsRunning();
    if (m_dozing)
        m_engine.Rest();
    SetRadio();
    SetCpu();
}

void IkeletNode::Undoze()
{
    m_dozing = false;
    SetRadio();
    SetCpu();
}

/* Who dozes with nothing to compute sleeps as deep as who is off: its memory is kept in both. */
void IkeletNode::SetCpu()
{
    IkeletCpuPhase phase = m_phase;
    if ((m_dozing || m_asleep) && phase == IkeletCpuPhase::Idle)
        phase = IkeletCpuPhase::Off;
    if (phase == m_cpuTold)
        return;
    m_cpuTold = phase;
    m_cpuTrace(phase);
}

/* A responder has to listen always. Others need an ear while an answer is awaited, and for what
 * comes through a Child SA. */
void IkeletNode::SetRadio()
{
    bool needed = IsOn() && !m_dozing;
    if (!m_radioWhileComputing && !m_responder)
        needed = needed && (m_awaiting || m_childUp);
    if (needed == m_radio)
        return;
    m_radio = needed;
    NS_LOG_LOGIC("node " << GetNode()->GetId() << ": radio " << (needed ? "on" : "off"));
    m_radioTrace(needed);
}

void IkeletNode::Up(uint16_t policy)
{
    IkeletEngine::Input input;
    input.kind = IkeletEngine::InputKind::Up;
    input.index = policy;
    SubmitIfOn(std::move(input));
}

void IkeletNode::Down(uint16_t peer)
{
    IkeletEngine::Input input;
    input.kind = IkeletEngine::InputKind::Down;
    input.index = peer;
    SubmitIfOn(std::move(input));
}

/* ---- effects --------------------------------------------------------------------------------- */

void IkeletNode::CarryOut(const IkeletEngine::Output &output)
{
    switch (output.effect.kind) {
    case IK_FX_SEND:
        m_net->Send(output.path, output.effect.outer, output.data);
        break;
    case IK_FX_DELIVER:
        if (output.own)
            output.own();
        else
            m_net->Deliver(output.path, output.data);
        break;
    case IK_FX_PASS:
        if (output.own)
            output.own();
        break;
    case IK_FX_EVENT:
        Tell(output.effect);
        break;
    default:
        break;
    }
    CheckAsleep();
}

void IkeletNode::Sends(Ptr<const Packet> datagram, const struct ik_path &path)
{
    NS_LOG_LOGIC("node " << GetNode()->GetId() << " sends " << datagram->GetSize() << " octets");
    bool response = false;
    if (m_dozing)
        Undoze();
    if (IsIke(datagram, path, &response) && !response)
        m_awaiting = true;
    SetRadio();
    m_txTrace(datagram, path);
    Capture(datagram, path, true);
}

void IkeletNode::Receives(Ptr<const Packet> datagram, const struct ik_path &path)
{
    NS_LOG_LOGIC("node " << GetNode()->GetId() << " gets " << datagram->GetSize() << " octets");
    bool response = false;
    m_rxTrace(datagram, path);
    Capture(datagram, path, false);
    if (IsIke(datagram, path, &response) && response)
        m_awaiting = false;
    SetRadio();
}

void IkeletNode::Tell(const struct ik_effect &effect)
{
    NS_LOG_INFO("node " << GetNode()->GetId() << ": " << host_event_name(effect.event) << " ("
                        << host_reason_text(effect.reason) << ")");
    m_childUp = m_childUp || effect.event == IK_EV_CHILD_UP;
    SetRadio();
    switch (effect.event) {
    case IK_EV_IKE_UP:
        m_ikeUpTrace(effect.peer);
        break;
    case IK_EV_CHILD_UP:
        m_childUpTrace(effect.policy);
        break;
    case IK_EV_IKE_FAILED:
    case IK_EV_CHILD_FAILED:
        m_failedTrace(effect.event, effect.reason, effect.notify, effect.peer);
        break;
    default:
        m_downTrace(effect.event, effect.reason, effect.notify, effect.peer);
        break;
    }
}

void IkeletNode::OnRecord(void *self, const struct ik_trace_rec *record)
{
    static_cast<IkeletNode *>(self)->Record(*record);
}

void IkeletNode::Record(const struct ik_trace_rec &record)
{
    NS_LOG_LOGIC("node " << record.node << ": " << host_trace_name(record.event) << " " << record.a
                         << " " << record.b);
    const struct ik_node *node = m_engine.GetNode();
    if (m_keyLog && node && record.event == IK_TR_IKE_KEYS)
        m_keyLog->Ike(node, record.sa);
    if (m_keyLog && node && record.event == IK_TR_CHILD_UP)
        m_keyLog->Child(node, record.sa);
    m_recordTrace(record);
    if (record.event == IK_TR_IKE_STATE)
        m_stateTrace(record.sa, record.a, record.b);
    if (record.event == IK_TR_DROP)
        m_dropTrace(record.a, record.b);
}

void IkeletNode::Capture(Ptr<const Packet> datagram, const struct ik_path &path, bool outbound)
{
    if (!m_pcap.f)
        return;
    std::vector<uint8_t> data(datagram->GetSize());
    datagram->CopyData(data.data(), datagram->GetSize());
    host_pcap_write(&m_pcap, Us(Simulator::Now()), &path, outbound, data.data(), data.size());
}

/* ---- counters -------------------------------------------------------------------------------- */

struct ik_counters IkeletNode::GetCounters() const
{
    return m_engine.GetCounters();
}

struct ik_meter IkeletNode::GetMeter() const
{
    return m_engine.GetMeter();
}

Time IkeletNode::GetCpuTime() const
{
    return m_engine.GetCpuTime();
}

uint32_t IkeletNode::GetQueueDrops() const
{
    return m_engine.GetQueueDrops();
}

uint32_t IkeletNode::GetLost() const
{
    return m_lost;
}

const struct ik_node *IkeletNode::GetCore() const
{
    return m_engine.GetNode();
}

uint16_t IkeletNode::GetIkeSlots() const
{
    return m_ikeSas;
}

uint16_t IkeletNode::GetChildSlots() const
{
    return m_childSas;
}

void IkeletNode::GetUsage(uint16_t *ikeSas, uint16_t *childSas) const
{
    m_engine.GetUsage(ikeSas, childSas);
}

} // namespace ns3
