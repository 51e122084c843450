/* SPDX-License-Identifier: MIT */
#ifndef IKELET_NODE_H
#define IKELET_NODE_H

#include <memory>
#include <string>
#include <vector>

#include "ns3/application.h"
#include "ns3/packet.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"
#include "ns3/virtual-net-device.h"

#include "ikelet-config.h"
#include "ikelet-engine.h"
#include "ikelet-keylog.h"
#include "ikelet-net.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief IKEv2 and ESP on an ns-3 node: the ikelet core as an application.
 *
 * Install it with IkeletHelper. From StartTime on it answers and asks IKE on UDP 500 and 4500 and
 * protects what its policies say. It can be switched off and on like a battery-powered device:
 * Sleep() deletes the SAs and then forgets everything, Wake() starts afresh. After Cut(), a node
 * whose peer has the word resume has its ticket still, and resumes by it instead (RFC 5723).
 *
 * Random bits come from one ns-3 random stream (AssignStreams), given to the core as its seed event
 * at each Wake(); so the same RngSeed and RngRun give the same bytes.
 *
 * Trace sources that say so are called from inside the core. What is connected to them must not
 * call Wake(), Sleep() or StopApplication(); the others may.
 */
class IkeletNode : public Application
{
  public:
    static TypeId GetTypeId();

    IkeletNode();
    ~IkeletNode() override;

    /// \brief The configuration; to be filled before StartTime.
    IkeletConfig &Config();

    /// \brief Makes a tunnel device with an inner address, and routes into it.
    /// \param address "10.1.0.1/24" or "fd00:1::1/64"
    /// \param remotes what is reached through it: "10.2.0.0/16"
    /// May be called again for more addresses and routes; there is one device a node.
    Ptr<VirtualNetDevice> AddTunnel(const std::string &address,
                                    const std::vector<std::string> &remotes);

    /// \brief Writes keys for Wireshark; the log may be shared by nodes.
    void SetKeyLog(std::shared_ptr<IkeletKeyLog> log);
    /// \brief Writes IKE and ESP datagrams of this node to a pcap file (link type RAW).
    void EnablePcap(const std::string &path);

    /// \brief Power on with 48 octets from this node's random stream. Nothing if it is on. With
    /// KeyAhead, after Sleep(), no octets are drawn: it goes on with the memory that it has kept.
    void Wake();
    /// \brief Power on with a given seed of at least 32 octets, and with no memory of before.
    void Wake(const std::vector<uint8_t> &seed);
    /// \brief More entropy, a seed event of its own. Nothing if it is off.
    void Seed(const std::vector<uint8_t> &octets);
    /// \brief Power off: Delete is sent, and when that is answered, or after SleepTimeout, all keys
    /// and SAs are forgotten and Power(false) is traced. Nothing if it is off or on its way. With
    /// KeyAhead memory is kept, and the next key pair is computed in it; after SleepTimeout it
    /// begins afresh for that, by a seed of its own. Wake() on the way to sleep finds no pair.
    void Sleep();
    /// \brief Power off at once, sending nothing: as if the battery had been taken out. Tickets
    /// stay, as in flash: Delete would have ended them.
    void Cut();
    /// \brief Whether there is anything to wake up by: an empty battery cuts the node off, and it
    /// wakes no more until there is charge again. The energy model tells it.
    void SetCharged(bool charged);
    bool IsAwake() const;

    /// \brief Radio off, SAs kept. It is on again when this node has something to send, or by
    /// Undoze(). What the peer sends meanwhile is lost. Nothing if the node is off.
    void Doze();
    void Undoze();

    /// \brief Looks up again the local addresses that words leave open, and tells the core of those
    /// that have become others: SAs go on from there if the peer can follow (behind UDP
    /// encapsulation it does, RFC 7296 2.23) and their selectors allow. Done by itself when an
    /// interface or an address changes, in a stack whose routing is a list, as InternetStackHelper
    /// makes it; to be called where it is not, or where only a route has changed. Nothing if off.
    void Readdress();

    /// \brief Sets up the Child SA of a policy. Nothing if it is up or on its way.
    void Up(uint16_t policy = 0);
    /// \brief Deletes the IKE SAs of a peer, IK_NO_SLOT for all.
    void Down(uint16_t peer = IK_NO_SLOT);

    /// \name Counters since the simulation began, over all power cycles
    /// @{
    struct ik_counters GetCounters() const;
    struct ik_meter GetMeter() const;
    Time GetCpuTime() const;
    uint32_t GetQueueDrops() const; ///< packets that came while the queue for the CPU was full
    uint32_t GetLost() const;       ///< clear packets while asleep, or with nowhere to go
    /// @}
    /// \brief SAs that exist now.
    void GetUsage(uint16_t *ikeSas, uint16_t *childSas) const;

    /// \name The core's own view, for decoders and lists of SAs (ik_export_*, ik_export_open)
    /// @{
    const struct ik_node *GetCore() const; ///< null while the node is off
    uint16_t GetIkeSlots() const;
    uint16_t GetChildSlots() const;
    /// @}

    int64_t AssignStreams(int64_t stream);

    /// \name Signatures of trace sources
    /// @{
    typedef void (*DatagramTracedCallback)(Ptr<const Packet> datagram, const struct ik_path &path);
    typedef void (*RecordTracedCallback)(const struct ik_trace_rec &record);
    typedef void (*StateTracedCallback)(uint16_t slot, uint32_t oldState, uint32_t newState);
    typedef void (*UpTracedCallback)(uint16_t index);
    typedef void (*EndedTracedCallback)(uint8_t event, uint8_t reason, uint16_t notify,
                                        uint16_t peer);
    typedef void (*DropTracedCallback)(uint32_t reason, uint32_t octets);
    typedef void (*JobTracedCallback)(uint8_t kind, bool ended, Time time);
    typedef void (*PowerTracedCallback)(bool on);
    typedef void (*CpuTracedCallback)(IkeletCpuPhase phase);
    /// @}

  protected:
    void DoDispose() override;

  private:
    static TypeId AddSizes(TypeId tid);
    static TypeId AddTiming(TypeId tid);
    static TypeId AddTraces(TypeId tid);

    void StartApplication() override;
    void StopApplication() override;

    void ReadText();
    struct Move {
        struct ik_addr was, is;
    };
    void MakeManual();
    std::vector<Move> ResolveLocals();
    void Rebuild();
    void InterfaceChanged();
    void SetTiming();
    bool Resumes() const;
    IkeletEngine::Sizes Sizes() const;
    void CarryOut(const IkeletEngine::Output &output);
    void Tell(const struct ik_effect &effect);
    void Record(const struct ik_trace_rec &record);
    void Capture(Ptr<const Packet> datagram, const struct ik_path &path, bool outbound);
    void CheckAsleep();
    bool IsOn() const;
    void SubmitIfOn(IkeletEngine::Input input);
    std::vector<uint8_t> DrawSeed();
    void Begin(const std::vector<uint8_t> &seed);
    bool Readdressed();
    void PowerOff();
    void SleepWithPair();
    void SleepAnew();
    void WakeWithPair();
    void Sends(Ptr<const Packet> datagram, const struct ik_path &path);
    void Receives(Ptr<const Packet> datagram, const struct ik_path &path);
    void SetRadio();
    void SetCpu();
    static void OnRecord(void *self, const struct ik_trace_rec *record);

    IkeletConfig m_config;
    IkeletEngine m_engine;
    std::unique_ptr<IkeletNet> m_net;
    std::shared_ptr<IkeletKeyLog> m_keyLog;
    struct host_pcap m_pcap = {};
    Ptr<UniformRandomVariable> m_random;
    EventId m_sleepEvent;
    EventId m_checkEvent;
    EventId m_changedEvent;
    EventId m_settledEvent;
    const struct ik_config *m_built = nullptr; ///< of m_config; the core's
    bool m_attached = false;
    bool m_asleep = false;  ///< Sleep() came to its end, with the memory kept (KeyAhead)
    bool m_closing = false; ///< Sleep() waits for the answers to its Delete
    bool m_charged = true;
    bool m_dozing = false;
    bool m_awaiting = false;                        ///< an IKE request of ours has no answer yet
    bool m_childUp = false;                         ///< since the node was switched on
    IkeletCpuPhase m_phase = IkeletCpuPhase::Off;   ///< of the engine
    IkeletCpuPhase m_cpuTold = IkeletCpuPhase::Off; ///< what the trace source Cpu said last
    bool m_radio = false;                           ///< what the trace source Radio said last
    uint32_t m_lost = 0;

    std::string m_text;
    std::string m_cpu;
    bool m_board = false;
    bool m_radioWhileComputing = true;
    uint16_t m_tunnelMtu = 0;
    bool m_autoWake = true;
    bool m_autoUp = false;
    bool m_responder = false;
    bool m_children = false;
    uint16_t m_ikeSas = 0;
    uint16_t m_childSas = 0;
    uint32_t m_queue = 0;
    Time m_sleepTimeout;
    Time m_retransmitInitial;
    Time m_retransmitMax;
    uint8_t m_retransmitFactor = 0;
    uint8_t m_retransmitTries = 0;
    uint8_t m_retransmitJitter = 0;
    Time m_halfOpenFor;
    uint16_t m_cookieAbove = 0;
    Time m_keepalive;
    uint8_t m_nonceLength = 0;
    Time m_ticketLifetime;
    uint16_t m_ticketsByReference = 0;
    bool m_ctrDrbg = false;
    Time m_keyAhead;

    TracedCallback<Ptr<const Packet>, const struct ik_path &> m_txTrace;
    TracedCallback<Ptr<const Packet>, const struct ik_path &> m_rxTrace;
    TracedCallback<const struct ik_trace_rec &> m_recordTrace;
    TracedCallback<uint16_t, uint32_t, uint32_t> m_stateTrace;
    TracedCallback<uint16_t> m_ikeUpTrace;
    TracedCallback<uint16_t> m_childUpTrace;
    TracedCallback<uint8_t, uint8_t, uint16_t, uint16_t> m_failedTrace;
    TracedCallback<uint8_t, uint8_t, uint16_t, uint16_t> m_downTrace;
    TracedCallback<uint32_t, uint32_t> m_dropTrace;
    TracedCallback<uint8_t, bool, Time> m_jobTrace;
    TracedCallback<bool> m_powerTrace;
    TracedCallback<bool> m_radioTrace;
    TracedCallback<IkeletCpuPhase> m_cpuTrace;
};

} // namespace ns3

#endif
