/* SPDX-License-Identifier: MIT */
#include "ikelet-engine.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

#include "ikelet-spectator.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletEngine");

namespace
{

/* Head room for sealing (ik_node_tx), tail room likewise. */
constexpr size_t kHead = IK_ESP_HEAD + 40;
constexpr size_t kTail = IK_ESP_TAIL;

ik_time NowUs()
{
    return static_cast<ik_time>(Simulator::Now().GetMicroSeconds());
}

/* A buffer with room around the packet, and the core's view of it. */
struct ik_pkt Frame(const std::vector<uint8_t> &data, std::vector<uint8_t> *buffer)
{
    buffer->assign(kHead + data.size() + kTail, 0);
    if (!data.empty())
        std::memcpy(buffer->data() + kHead, data.data(), data.size());
    struct ik_pkt pkt = {};
    pkt.buf = buffer->data();
    pkt.cap = static_cast<uint16_t>(buffer->size());
    pkt.off = static_cast<uint16_t>(kHead);
    pkt.len = static_cast<uint16_t>(data.size());
    return pkt;
}

void AddCounters(struct ik_counters *sum, const struct ik_counters &more)
{
    for (size_t i = 0; i < IK_DROP_N; i++)
        sum->drop[i] += more.drop[i];
    for (size_t i = 0; i < IK_COUNT_N; i++)
        sum->count[i] += more.count[i];
}

void AddMeter(struct ik_meter *sum, const struct ik_meter &more)
{
    for (size_t i = 0; i < IK_COST_N; i++)
        sum->n[i] += more.n[i];
}

/* An IKE message, behind the non-ESP marker (RFC 3948 2.2) too, by its exchange type. */
IkeletCpuPhase PhaseOf(const struct ik_path &path, const std::vector<uint8_t> &data)
{
    constexpr size_t kExchangeAt = 18;
    if (path.carrier == IK_CARRIER_ESP || path.carrier == IK_CARRIER_AH)
        return IkeletCpuPhase::Esp;
    size_t at = 0;
    if (path.carrier == IK_CARRIER_UDP4500) {
        if (data.size() < 4 || data[0] + data[1] + data[2] + data[3] != 0)
            return IkeletCpuPhase::Esp;
        at = 4;
    }
    if (data.size() <= at + kExchangeAt)
        return IkeletCpuPhase::Other;
    switch (data[at + kExchangeAt]) {
    case IK_EX_IKE_SA_INIT:
    case IK_EX_IKE_SESSION_RESUME:
        return IkeletCpuPhase::KeyExchange;
    case IK_EX_IKE_AUTH:
        return IkeletCpuPhase::Auth;
    default:
        return IkeletCpuPhase::Other;
    }
}

/* What came tells; where nothing came, what goes out. */
IkeletCpuPhase PhaseOf(const IkeletEngine::Input &input,
                       const std::vector<IkeletEngine::Output> &outputs)
{
    switch (input.kind) {
    case IkeletEngine::InputKind::Rx:
        return PhaseOf(input.path, input.data);
    case IkeletEngine::InputKind::RxClear:
    case IkeletEngine::InputKind::Tx:
        return IkeletCpuPhase::Esp;
    default:
        break;
    }
    for (const IkeletEngine::Output &output : outputs) {
        if (output.effect.kind == IK_FX_SEND)
            return PhaseOf(output.path, output.data);
        if (output.effect.kind == IK_FX_JOB)
            return IkeletCpuPhase::KeyExchange;
    }
    return IkeletCpuPhase::Other;
}

IkeletSpectator *g_spectator = nullptr;

} // namespace

void IkeletSpectator::Set(IkeletSpectator *spectator)
{
    g_spectator = spectator;
}

IkeletSpectator *IkeletSpectator::Get()
{
    return g_spectator;
}

const char *IkeletCpuPhaseName(IkeletCpuPhase phase)
{
    static const char *const names[] = {"off", "idle", "key_exchange", "auth", "esp", "other"};
    return names[static_cast<size_t>(phase)];
}

void IkeletEngine::SetOwner(Owner owner)
{
    m_owner = std::move(owner);
}

void IkeletEngine::SetCpu(const IkeletCpu &cpu)
{
    m_cpu = cpu;
}

void IkeletEngine::SetBoard(bool board)
{
    m_board = board;
    if (board)
        m_cpu.UseBoard();
}

void IkeletEngine::SetKeyAhead(Time quiet)
{
    m_keyAhead = quiet;
}

void IkeletEngine::Rest()
{
    m_rests = m_board;
    SetNap();
}

bool IkeletEngine::Start(const struct ik_config *config, const Sizes &sizes, uint16_t nodeId,
                         const std::vector<uint8_t> &seed)
{
    Stop();
    m_sizes = sizes;
    struct ik_sizes pools = {};
    pools.ike_sas = sizes.ikeSas;
    pools.child_sas = sizes.childSas;
    m_pools.assign(ik_host_size(&pools) / sizeof(uint64_t) + 1, 0);
    struct ik_host host = {};
    ik_host_lay(&host, &pools, m_pools.data());
    m_sessions.resize(sizes.sessions);
    m_tickets.assign(sizes.tickets, {});
    host.sessions = m_sessions.data();
    host.sessions_n = sizes.sessions;
    host.tickets = m_tickets.data();
    host.tickets_n = sizes.tickets;
    host.node_id = nodeId;
    host.trace = OnTrace;
    host.trace_ctx = this;
    m_spectator = IkeletSpectator::Get();
    m_number = nodeId;
    if (ik_node_init(&m_node, config, &host, NowUs()) != IK_OK)
        return false;
    if (m_spectator)
        m_spectator->Started(m_number, m_node, m_pools);
    m_running = true;
    SetCpuPhase();
    Input input;
    input.kind = InputKind::Seed;
    input.data = seed;
    input.extra = m_board ? m_cpu.Board().start : 0;
    m_rests = false;
    m_lineFree = Simulator::Now();
    Submit(std::move(input));
    return true;
}

void IkeletEngine::OnTrace(void *ctx, const struct ik_trace_rec *rec)
{
    auto *self = static_cast<IkeletEngine *>(ctx);
    if (self->m_spectator)
        self->m_spectator->Traced(self->m_number, self->m_node, *rec);
    if (self->m_owner.trace)
        self->m_owner.trace(self->m_owner.traceCtx, rec);
}

void IkeletEngine::Stop()
{
    if (!m_running)
        return;
    AddCounters(&m_countersBefore, m_node.env.counters);
    AddMeter(&m_meterBefore, m_node.env.meter);
    m_running = false;
    m_busy = false;
    m_power++;
    m_queue.clear();
    m_jobs.clear();
    if (IkeletIsPending(m_jobEvent))
        m_cpuTime -= Simulator::GetDelayLeft(m_jobEvent);
    m_jobEvent.Cancel();
    m_busyEvent.Cancel();
    m_deadlineEvent.Cancel();
    m_keyAheadEvent.Cancel();
    m_napEvent.Cancel();
    m_napping = false;
    ik_node_wipe(&m_node);
    if (m_spectator)
        m_spectator->Stopped(m_number);
    SetCpuPhase();
}

void IkeletEngine::Forget()
{
    Stop();
    m_sessions.clear();
}

bool IkeletEngine::IsRunning() const
{
    return m_running;
}

void IkeletEngine::Submit(Input input)
{
    if (!m_running)
        return;
    if (m_board && input.kind == InputKind::Rx)
        ComesByLine(std::move(input));
    else
        Enqueue(std::move(input));
}

/* The last octets' interrupts are charged at the end of the line's time, as if they came there. */
void IkeletEngine::ComesByLine(Input input)
{
    uint32_t octets = IkeletBoard::LineOctets(input.path, input.data);
    input.extra = octets * m_cpu.Board().octetIn;
    m_lineFree = Max(m_lineFree, Simulator::Now()) + m_cpu.Duration(m_cpu.LineCycles(octets));
    Time at = Max(m_lineFree - m_cpu.Duration(input.extra) - Simulator::Now(), Time(0));
    input.extra += m_cpu.Board().came;
    Simulator::Schedule(at, [this, power = m_power, input = std::move(input)]() {
        if (power == m_power)
            Enqueue(input);
    });
}

void IkeletEngine::Enqueue(Input input)
{
    bool packet = !input.data.empty();
    if (packet && (m_queue.size() >= m_sizes.queue || input.data.size() > UINT16_MAX / 2)) {
        m_queueDrops++;
        NS_LOG_INFO("a packet of " << input.data.size() << " octets found the queue full");
        return;
    }
    /* A key pair is computed before the sleep that waits for it. */
    bool ahead = input.kind == InputKind::Prepare || input.kind == InputKind::JobDone;
    if (m_rests && !ahead && m_jobs.empty() && !m_busy)
        input.extra += m_cpu.Board().wake;
    m_rests = m_rests && ahead;
    m_prepared = input.kind == InputKind::Prepare || (m_prepared && input.kind == InputKind::Poll);
    m_queue.push_back(std::move(input));
    Run();
}

void IkeletEngine::Run()
{
    if (m_inRun)
        return;
    m_inRun = true;
    while (m_running && !m_busy && !m_queue.empty()) {
        Input input = std::move(m_queue.front());
        m_queue.pop_front();
        Step(input);
    }
    m_inRun = false;
    Rearm();
}

/* One input: the core does all that it has to do about it, then the CPU is busy for that long. */
void IkeletEngine::Step(Input &input)
{
    std::vector<uint8_t> buffer;
    struct ik_meter before = m_node.env.meter;
    if (m_spectator)
        m_spectator->Given(m_number, m_node, input);
    Feed(input, &buffer);
    if (m_spectator)
        m_spectator->Called(m_number, m_node);
    Time later = m_board ? m_cpu.Duration(Charge(input, before) + input.extra) : Time(0);
    std::vector<Output> outputs = Collect(input, later);
    NoteEffects(input, outputs);
    Time busy = m_cpu.Duration(Charge(input, before) + OfBoard(input, outputs));
    if (busy.IsZero()) {
        Emit(outputs);
        return;
    }
    m_trails = Min(Trails(outputs), busy);
    busy -= m_trails;
    m_cpuTime += busy;
    DelayJob(busy);
    m_busy = true;
    m_step = PhaseOf(input, outputs);
    SetCpuPhase();
    m_busyEvent = Simulator::Schedule(busy, &IkeletEngine::Finish, this, std::move(outputs));
}

/* What happens by itself may have taken the key pair, and who sends is awake. */
void IkeletEngine::NoteEffects(const Input &input, const std::vector<Output> &outputs)
{
    if (input.kind == InputKind::Poll && !outputs.empty())
        m_prepared = false;
    for (const Output &output : outputs)
        m_rests = m_rests && output.effect.kind != IK_FX_SEND;
}

void IkeletEngine::Feed(Input &input, std::vector<uint8_t> *buffer)
{
    ik_time now = NowUs();
    struct ik_pkt pkt = Frame(input.data, buffer);
    pkt.outer = input.outer;
    switch (input.kind) {
    case InputKind::Seed:
        ik_node_seed(&m_node, input.data.data(), input.data.size());
        break;
    case InputKind::Poll:
        break;
    case InputKind::Rx:
        ik_node_rx(&m_node, now, &input.path, &pkt);
        break;
    case InputKind::RxClear:
        ik_node_rx_clear(&m_node, now, &pkt);
        break;
    case InputKind::Tx:
        ik_node_tx(&m_node, now, &pkt);
        break;
    case InputKind::Up:
        ik_node_up(&m_node, now, input.index);
        break;
    case InputKind::Down:
        ik_node_down(&m_node, now, input.index);
        break;
    case InputKind::JobDone:
        ik_node_job_done(&m_node, now, input.job);
        break;
    case InputKind::Prepare:
        ik_node_prepare(&m_node, now, 0);
        break;
    case InputKind::Readdress:
        ik_node_readdress(&m_node, now, &input.path.local, &input.path.remote);
        break;
    case InputKind::TooBig:
        ik_node_too_big(&m_node, now, &input.path,
                        {input.data.data(), static_cast<uint16_t>(input.data.size())}, input.index);
        break;
    case InputKind::Configure:
        if (ik_node_configure(&m_node, now, input.config) != IK_OK)
            NS_LOG_WARN("a configuration that can't work; the one before stays");
        break;
    case InputKind::Manual:
        NS_ABORT_MSG_IF(ik_node_manual(&m_node, now, input.manual, nullptr) != IK_OK,
                        "ikelet: SAs by hand that can't work: SPI in " << input.manual->spi_in);
        break;
    }
}

/* On the board time has passed when effects are taken: what waits counts from there. */
std::vector<IkeletEngine::Output> IkeletEngine::Collect(const Input &input, Time later)
{
    std::vector<Output> outputs;
    struct ik_effect effect;
    ik_time now = NowUs() + static_cast<ik_time>(later.GetMicroSeconds());
    while (ik_node_poll(&m_node, now, &effect)) {
        if (m_spectator) {
            m_spectator->Called(m_number, m_node);
            m_spectator->Did(m_number, effect);
        }
        Output output;
        output.effect = effect;
        if (effect.len > 0 && effect.kind != IK_FX_EVENT)
            output.data.assign(effect.data, effect.data + effect.len);
        output.effect.data = nullptr;
        if (effect.path)
            output.path = *effect.path;
        output.effect.path = nullptr;
        if (effect.kind == IK_FX_DELIVER)
            output.own = input.onDeliver;
        else if (effect.kind == IK_FX_PASS)
            output.own = input.onPass;
        outputs.push_back(std::move(output));
    }
    return outputs;
}

/* Beside the core's work. The CPU hands over octet by octet, and waits for each. */
uint64_t IkeletEngine::OfBoard(const Input &input, const std::vector<Output> &outputs) const
{
    auto inUdp = [](const struct ik_path &path, const std::vector<uint8_t> &data) {
        return path.carrier == IK_CARRIER_UDP4500 && PhaseOf(path, data) == IkeletCpuPhase::Esp;
    };
    if (!m_board)
        return 0;
    uint64_t cycles = input.extra;
    if (input.kind == InputKind::Rx && inUdp(input.path, input.data))
        cycles += m_cpu.Board().udp;
    for (const Output &output : outputs) {
        if (output.effect.kind != IK_FX_SEND)
            continue;
        cycles += m_cpu.LineCycles(IkeletBoard::LineOctets(output.path, output.data));
        cycles += inUdp(output.path, output.data) ? m_cpu.Board().udp : 0;
        if (input.kind == InputKind::Poll)
            cycles += m_cpu.Board().again + m_cpu.Board().againOctet * output.data.size();
    }
    return cycles;
}

/* What is behind a packet that leaves or an answer that came. */
Time IkeletEngine::Trails(const std::vector<Output> &outputs) const
{
    bool trails = std::any_of(outputs.begin(), outputs.end(), [](const Output &output) {
        return output.effect.kind == IK_FX_SEND || output.effect.kind == IK_FX_DELIVER;
    });
    return m_board && trails ? m_cpu.Duration(m_cpu.Board().after) : Time(0);
}

uint64_t IkeletEngine::Charge(const Input &input, const struct ik_meter &before) const
{
    struct ik_meter work = IkeletCpu::Difference(before, m_node.env.meter);
    /* The core books a job when it is done; its time was spent while it ran. */
    if (input.kind == InputKind::JobDone)
        work.n[input.jobCost] -= std::min<uint32_t>(work.n[input.jobCost], input.jobTimes);
    NS_LOG_LOGIC(m_cpu.Cycles(work) << " cycles: " << IkeletCpu::Describe(work));
    return m_cpu.Cycles(work);
}

void IkeletEngine::Finish(std::vector<Output> outputs)
{
    m_busy = !m_trails.IsZero();
    if (m_busy) {
        DelayJob(m_trails);
        m_busyEvent = Simulator::Schedule(m_trails, &IkeletEngine::OnTrailed, this);
    }
    SetCpuPhase();
    m_inRun = true; /* what the effects cause waits in the queue behind what waits already */
    Emit(outputs);
    m_inRun = false;
    Run();
}

void IkeletEngine::OnTrailed()
{
    m_cpuTime += m_trails;
    m_busy = false;
    SetCpuPhase();
    Run();
}

void IkeletEngine::Emit(std::vector<Output> &outputs)
{
    uint32_t power = m_power;
    for (const Output &output : outputs) {
        if (power != m_power)
            return;
        if (output.effect.kind == IK_FX_JOB)
            m_jobs.push_back(output.effect.job);
        else
            m_owner.carryOut(output);
    }
    if (power == m_power && !m_jobs.empty() && !IkeletIsPending(m_jobEvent))
        StartJob();
}

/* Not in the way of a handshake: its end, as that of any job, begins the quiet anew. */
void IkeletEngine::RearmKeyAhead()
{
    m_keyAheadEvent.Cancel();
    if (m_keyAhead.IsZero() || !m_running || m_busy || m_prepared || !m_jobs.empty() ||
        m_node.handshakes_left != m_node.host.handshakes_n)
        return;
    m_keyAheadEvent = Simulator::Schedule(m_keyAhead, [this]() {
        Input input;
        input.kind = InputKind::Prepare;
        Submit(std::move(input));
    });
}

void IkeletEngine::Rearm()
{
    m_deadlineEvent.Cancel();
    RearmKeyAhead();
    if (!m_running || m_busy)
        return;
    ik_time deadline = ik_node_deadline(&m_node);
    if (deadline == IK_NEVER || deadline > static_cast<ik_time>(INT64_MAX / 1000))
        return;
    Time wait = MicroSeconds(deadline) - Simulator::Now();
    m_deadlineEvent = Simulator::Schedule(Max(wait, Time(0)), &IkeletEngine::OnDeadline, this);
}

void IkeletEngine::OnDeadline()
{
    Submit(Input{});
}

uint64_t IkeletEngine::JobCycles(const struct ik_job *job) const
{
    const IkeletBoard &board = m_cpu.Board();
    /* An own value takes less than a shared secret; both have the firmware's main loop in them. */
    if (ik_job_cost(job) == IK_COST_X25519 && board.own && board.shared)
        return (job->kind != IK_JOB_KE_END ? board.own : 0) +
               (job->kind != IK_JOB_KE_BEGIN ? board.shared : 0);
    return m_cpu.Cycles(ik_job_cost(job)) * ik_job_times(job);
}

void IkeletEngine::StartJob()
{
    struct ik_job *job = m_jobs.front();
    m_jobNeeds = m_cpu.Duration(JobCycles(job));
    m_jobStart = Simulator::Now();
    m_cpuTime += m_jobNeeds;
    if (m_owner.jobStarted)
        m_owner.jobStarted(*job, m_jobNeeds);
    m_jobEvent = Simulator::Schedule(m_jobNeeds, &IkeletEngine::EndJob, this);
    SetCpuPhase();
}

/* What the core does while a job is in the background is taken from the job. */
void IkeletEngine::DelayJob(Time by)
{
    if (!IkeletIsPending(m_jobEvent))
        return;
    Time left = Simulator::GetDelayLeft(m_jobEvent);
    m_jobEvent.Cancel();
    m_jobEvent = Simulator::Schedule(left + by, &IkeletEngine::EndJob, this);
}

void IkeletEngine::EndJob()
{
    struct ik_job *job = m_jobs.front();
    m_jobs.pop_front();
    ik_job_run(job);
    if (m_owner.jobEnded)
        m_owner.jobEnded(*job, Simulator::Now() - m_jobStart);
    if (!m_jobs.empty())
        StartJob();
    SetCpuPhase();
    Input input;
    input.kind = InputKind::JobDone;
    input.job = job;
    input.jobCost = ik_job_cost(job);
    input.jobTimes = ik_job_times(job);
    Submit(std::move(input));
}

void IkeletEngine::SetCpuPhase()
{
    IkeletCpuPhase now = IkeletCpuPhase::Idle;
    if (!m_running)
        now = IkeletCpuPhase::Off;
    else if (m_busy)
        now = m_step;
    else if (IkeletIsPending(m_jobEvent))
        now = IkeletCpuPhase::KeyExchange;
    else if (m_napping)
        now = IkeletCpuPhase::Other;
    if (now == m_told)
        return;
    m_told = now;
    if (!m_napping)
        SetNap();
    NS_LOG_LOGIC("CPU: " << IkeletCpuPhaseName(now));
    if (m_owner.cpu)
        m_owner.cpu(now);
}

/* In light sleep the firmware looks around again and again (start/clock.S). */
void IkeletEngine::SetNap()
{
    constexpr int64_t kNapUs = 32768;
    m_napEvent.Cancel();
    if (m_board && m_told == IkeletCpuPhase::Idle && !m_rests && m_cpu.Board().nap)
        m_napEvent = Simulator::Schedule(MicroSeconds(kNapUs), &IkeletEngine::OnNap, this);
}

void IkeletEngine::OnNap()
{
    Time nap = m_cpu.Duration(m_cpu.Board().nap);
    m_napping = !m_napping;
    if (m_napping) {
        m_cpuTime += nap;
        m_napEvent = Simulator::Schedule(nap, &IkeletEngine::OnNap, this);
    }
    SetCpuPhase();
}

void IkeletEngine::GetUsage(uint16_t *ikeSas, uint16_t *childSas) const
{
    *ikeSas = 0;
    *childSas = 0;
    if (m_running)
        ik_node_usage(&m_node, ikeSas, childSas);
}

struct ik_counters IkeletEngine::GetCounters() const
{
    struct ik_counters sum = m_countersBefore;
    if (m_running)
        AddCounters(&sum, m_node.env.counters);
    return sum;
}

struct ik_meter IkeletEngine::GetMeter() const
{
    struct ik_meter sum = m_meterBefore;
    if (m_running)
        AddMeter(&sum, m_node.env.meter);
    return sum;
}

Time IkeletEngine::GetCpuTime() const
{
    return m_cpuTime;
}

uint32_t IkeletEngine::GetQueueDrops() const
{
    return m_queueDrops;
}

const struct ik_node *IkeletEngine::GetNode() const
{
    return m_running ? &m_node : nullptr;
}

} // namespace ns3
