/* SPDX-License-Identifier: MIT */
#ifndef IKELET_ENGINE_H
#define IKELET_ENGINE_H

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "ns3/event-id.h"
#include "ns3/nstime.h"

#include "ikelet-compat.h"
#include "ikelet-cpu.h"

namespace ns3
{

class IkeletSpectator;

/// \ingroup ikelet
/// \brief What a CPU does, and what for: the columns of an energy ledger.
enum class IkeletCpuPhase : uint8_t {
    Off,         ///< the node is powered off: deep sleep
    Idle,        ///< awake, nothing to compute: light sleep
    KeyExchange, ///< Diffie-Hellman, and the messages of IKE_SA_INIT or IKE_SESSION_RESUME
    Auth,        ///< key derivation and the messages of IKE_AUTH
    Esp,         ///< packets of ESP or AH, sealed or opened, and those that policy passes
    Other,       ///< all else: start, Delete, other exchanges, drops
};

/// \ingroup ikelet
/// \return "key_exchange" and so on, as summaries have it
const char *IkeletCpuPhaseName(IkeletCpuPhase phase);

/**
 * \ingroup ikelet
 * \brief One core node on the simulator's clock, with a CPU that takes its time.
 *
 * Inputs wait in a queue while the CPU is busy. What an input made the core do is charged by the
 * CPU profile, and its effects leave when that time is over. Jobs run in the background, one at a
 * time: what the core does meanwhile is taken from them. Knows nothing of IP, sockets or devices.
 */
class IkeletEngine
{
  public:
    enum class InputKind {
        Seed,
        Poll,
        Rx,
        RxClear,
        Tx,
        Up,
        Down,
        JobDone,
        Prepare,
        Readdress,
        TooBig,
        Configure,
        Manual
    };

    /// \brief An event for the core.
    struct Input {
        InputKind kind = InputKind::Poll;
        struct ik_path path = {};   ///< Rx; TooBig; Readdress: local has become remote
        struct ik_outer outer = {}; ///< Rx: what the IP header said
        std::vector<uint8_t> data;  ///< Seed: entropy; Rx, RxClear, Tx: the packet; TooBig: of it
        uint16_t index = 0;         ///< Up: policy; Down: peer; TooBig: octets that pass
        uint64_t extra = 0;         ///< cycles that the board takes for it, before the core does
        const struct ik_config *config = nullptr; ///< Configure: it outlives the node
        const struct ik_manual *manual = nullptr; ///< Manual: it outlives the input
        struct ik_job *job = nullptr;             ///< JobDone
        enum ik_cost jobCost = IK_COST_N;         ///< JobDone; the core wipes the job
        uint8_t jobTimes = 0;                     ///< JobDone: how often that cost
        std::function<void()> onDeliver; ///< RxClear: what to do with it if policy lets it in
        std::function<void()> onPass;    ///< Tx: what to do with it if policy lets it out in clear
    };

    /// \brief An effect of the core, kept until the CPU has earned it.
    struct Output {
        struct ik_effect effect = {};
        struct ik_path path = {};  ///< what effect.path pointed to; effect.path is not to be used
        std::vector<uint8_t> data; ///< SEND, DELIVER, PASS; effect.data is not to be used
        std::function<void()> own; ///< onDeliver or onPass of the input that it answers
    };

    /// \brief What the engine asks of its owner.
    struct Owner {
        std::function<void(const Output &)> carryOut; ///< SEND, DELIVER, PASS, EVENT
        std::function<void(const struct ik_job &, Time)> jobStarted;
        std::function<void(const struct ik_job &, Time)> jobEnded;
        /// The CPU does something else from now on; called only when that is so.
        std::function<void(IkeletCpuPhase)> cpu;
        ik_trace_fn trace = nullptr;
        void *traceCtx = nullptr;
    };

    /// \brief Sizes of the pools and of the queue of packets that wait for the CPU.
    struct Sizes {
        uint16_t ikeSas = 1;
        uint16_t childSas = 1;
        uint32_t queue = 16;
        /// What peers of those indexes give for resumption, which outlives a power cycle; and
        /// tickets by reference that are out at once (RFC 5723).
        uint16_t sessions = 0;
        uint16_t tickets = 0;
    };

    void SetOwner(Owner owner);
    void SetCpu(const IkeletCpu &cpu);
    /// \brief The CPU is on the firmware's board (IkeletBoard): it starts, wakes, computes in
    /// slices, and what comes and goes takes its time on a serial line.
    void SetBoard(bool board);
    /// \brief The key pair of the next handshake with the first peer is computed when nothing has
    /// happened for that long (ik_node_prepare); zero: when the handshake begins.
    void SetKeyAhead(Time quiet);
    /// \brief The next event finds the board in deep sleep.
    void Rest();

    /// \brief Power on: a fresh node with nothing but configuration, seed and, if there are
    /// sessions, the tickets of its peers. \return false if the configuration can't work
    bool Start(const struct ik_config *config, const Sizes &sizes, uint16_t nodeId,
               const std::vector<uint8_t> &seed);
    /// \brief Power off: keys are wiped, queues are empty. Sessions stay.
    void Stop();
    /// \brief Sessions go, too.
    void Forget();
    bool IsRunning() const;

    /// \brief Gives the core an event, now or when the CPU is free.
    void Submit(Input input);

    /// \brief IKE SAs and Child SAs that exist.
    void GetUsage(uint16_t *ikeSas, uint16_t *childSas) const;
    /// \brief Counters and meter since the simulation began, over any number of power cycles.
    struct ik_counters GetCounters() const;
    struct ik_meter GetMeter() const;
    /// \brief CPU time charged so far, jobs included.
    Time GetCpuTime() const;
    /// \brief Packets that found the queue full.
    uint32_t GetQueueDrops() const;
    /// \brief For key export from the trace sink.
    const struct ik_node *GetNode() const;

  private:
    static void OnTrace(void *ctx, const struct ik_trace_rec *rec);
    void Run();
    void Enqueue(Input input);
    void ComesByLine(Input input);
    uint64_t JobCycles(const struct ik_job *job) const;
    uint64_t OfBoard(const Input &input, const std::vector<Output> &outputs) const;
    Time Trails(const std::vector<Output> &outputs) const;
    void OnTrailed();
    void SetNap();
    void OnNap();
    void Step(Input &input);
    void NoteEffects(const Input &input, const std::vector<Output> &outputs);
    void Feed(Input &input, std::vector<uint8_t> *buffer);
    std::vector<Output> Collect(const Input &input, Time later);
    uint64_t Charge(const Input &input, const struct ik_meter &before) const;
    void Finish(std::vector<Output> outputs);
    void Emit(std::vector<Output> &outputs);
    void Rearm();
    void OnDeadline();
    void RearmKeyAhead();
    void StartJob();
    void EndJob();
    void DelayJob(Time by);
    void SetCpuPhase();

    Owner m_owner;
    IkeletSpectator *m_spectator = nullptr; ///< who was set when it started
    uint16_t m_number = 0;                  ///< of the node, for that
    IkeletCpu m_cpu;
    bool m_board = false;
    bool m_rests = false;    ///< deep sleep has to be left first
    Time m_keyAhead;         ///< quiet before the next key pair is computed; zero: never
    bool m_prepared = false; ///< nothing has happened since that was asked for
    EventId m_keyAheadEvent;
    Time m_lineFree;        ///< what came before is through the line by then
    Time m_trails;          ///< how long the CPU goes on when the effects are out
    bool m_napping = false; ///< it looks around in light sleep
    EventId m_napEvent;
    bool m_running = false;
    bool m_inRun = false;
    bool m_busy = false;
    IkeletCpuPhase m_step = IkeletCpuPhase::Other; ///< of what the CPU is busy with
    IkeletCpuPhase m_told = IkeletCpuPhase::Off;   ///< what the owner knows
    uint32_t m_power = 0; ///< counts power cycles: what was begun before one must not end after it
    Sizes m_sizes;
    struct ik_node m_node = {};
    std::vector<uint64_t> m_pools;             ///< what the node is lent (ik_host_lay())
    std::vector<struct ik_session> m_sessions; ///< they outlive the node, as in a mote's flash
    std::vector<struct ik_ticket> m_tickets;
    std::deque<Input> m_queue;
    uint32_t m_queueDrops = 0;
    std::deque<struct ik_job *> m_jobs; ///< the first one runs
    Time m_jobStart;
    Time m_jobNeeds;
    EventId m_jobEvent;
    EventId m_busyEvent;
    EventId m_deadlineEvent;
    Time m_cpuTime;
    struct ik_counters m_countersBefore = {}; ///< of earlier power cycles
    struct ik_meter m_meterBefore = {};
};

} // namespace ns3

#endif
