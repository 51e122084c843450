/* SPDX-License-Identifier: MIT */
#ifndef IKELET_FIRMWARE_NODE_H
#define IKELET_FIRMWARE_NODE_H

#include <string>
#include <vector>

#include "ns3/application.h"
#include "ns3/event-id.h"
#include "ns3/ipv6-header.h"
#include "ns3/packet.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"

#include "ikelet-engine.h"
#include "ikelet-l4.h"

struct mote;
struct mote_effect;
struct mote_identity;

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Machine code on an ns-3 node: the firmware of targets/msp430, an unmodified ELF image, run
 * instruction by instruction.
 *
 * The machine is the node's host: it has the node's IPv6 address (attribute Local), writes IPv6,
 * UDP and ESP headers itself and gets whole packets for UDP and ESP; neighbours are found and
 * routes are chosen by the node's own stack, which stands for the radio's. Between the two is the
 * board's serial line. The CPU's time is the machine's own cycle counter: a packet leaves when its
 * last octet has left the UART, whatever the events of the simulation are.
 *
 * The noise of the machine's ADC comes from one ns-3 random stream (AssignStreams), or is given;
 * the same RngSeed and RngRun give the same bytes.
 */
class IkeletFirmwareNode : public Application
{
  public:
    static TypeId GetTypeId();

    IkeletFirmwareNode();
    ~IkeletFirmwareNode() override;

    /// \param why gets a line for people if there is none; may be null
    /// \return the part that an image is for, as IkeletMcuNames() has it; empty if it is no image
    static std::string PartOf(const std::string &path, std::string *why);

    /// \brief What the ADC samples: lowest bits, the first one highest, then again. Before
    /// StartTime; 384 octets are what the firmware takes for its seed.
    void SetNoise(const std::vector<uint8_t> &noise);
    int64_t AssignStreams(int64_t stream);

    /// \brief A finger on the button, for 80 ms. Nothing while there is no power.
    void Press();
    /// \brief An empty battery: power is off for good.
    void Cut();

    /// \name The machine at this moment, since power came; zeros before and after
    /// @{
    uint64_t GetCycles() const;   ///< of MCLK, in which the CPU ran
    Time GetCpuTime() const;      ///< for which it ran
    uint64_t GetResets() const;   ///< how often it was reset, the first one too
    uint64_t GetLineLost() const; ///< octets on the serial line that were lost: it slept deeply
    /// @}
    /// \brief Packets that could not be sent or taken: no route, longer than the link, line full.
    uint32_t GetLost() const;
    /// \return what the program did that none should, in words; empty if it runs
    const std::string &GetFault() const;

    /// \name Signatures of trace sources
    /// @{
    typedef void (*PacketTracedCallback)(Ptr<const Packet> packet);
    typedef void (*ToldTracedCallback)(uint8_t event, uint8_t reason);
    typedef void (*AnsweredTracedCallback)(uint32_t press);
    typedef void (*OnTracedCallback)(uint32_t on);
    /// @}

  protected:
    void DoDispose() override;

  private:
    void StartApplication() override;
    void StopApplication() override;

    void PowerOn(const std::vector<uint8_t> &image);
    bool Identify(struct mote_identity *who, uint8_t *pad) const;
    void Join();
    void Leave();
    IpL4Protocol::RxStatus Receive(Ptr<Packet> p, const Ipv6Header &header);
    void Deliver(Ptr<const Packet> whole, const std::vector<uint8_t> &octets);
    void Send(Ptr<Packet> packet);
    void Pump();
    void OnEffect(const struct mote_effect &effect);
    void SetCpu(uint32_t on);
    void Rearm();
    void OnDeadline();
    uint64_t MachineNow() const;

    std::string m_image;
    std::string m_local, m_remote, m_inner;
    std::string m_localId, m_remoteId, m_psk;
    bool m_espInUdp = false;
    bool m_brief = false;
    uint32_t m_boots = 0;

    Ptr<UniformRandomVariable> m_random;
    std::vector<uint8_t> m_noise;
    struct mote *m_mote = nullptr;
    Time m_power; ///< when it came
    EventId m_event;
    Ptr<IkeletL4> m_udp, m_esp;
    Ptr<IpL4Protocol> m_udpBefore;
    IkeletCpuPhase m_phase = IkeletCpuPhase::Off;
    uint32_t m_lost = 0;
    std::string m_fault;

    TracedCallback<Ptr<const Packet>> m_txTrace;
    TracedCallback<Ptr<const Packet>> m_rxTrace;
    TracedCallback<uint8_t, uint8_t> m_toldTrace;
    TracedCallback<uint32_t> m_answeredTrace;
    TracedCallback<uint32_t> m_onTrace;
    TracedCallback<IkeletCpuPhase> m_cpuTrace;
};

} // namespace ns3

#endif
