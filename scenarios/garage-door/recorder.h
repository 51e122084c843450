/* SPDX-License-Identifier: MIT */
/* Writes down what happens, while it happens, into a Run. */
#ifndef GARAGE_DOOR_RECORDER_H
#define GARAGE_DOOR_RECORDER_H

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "ns3/packet.h"

#include "ns3/ikelet-node.h"
#include "message.h"
#include "field.h"
#include "report.h"

namespace garage
{

/* Microseconds as this program keeps them, as a span of ns-3 time. */
inline ns3::Time FromUs(int64_t us)
{
    return ns3::MicroSeconds(static_cast<uint64_t>(us));
}

class Recorder
{
  public:
    explicit Recorder(Run *run);
    Recorder(const Recorder &) = delete;
    Recorder &operator=(const Recorder &) = delete;

    /* A press begins; what its remote causes belongs to it until the next one. */
    Press &Begin(uint32_t remote, bool open);
    /* A press by its number. */
    Press &At(uint32_t press);
    uint32_t Current(uint32_t remote) const;
    /* Presses that are over, well or not. */
    uint32_t Ended() const;

    /* Appends an event of this moment. */
    void Add(EventKind kind, uint32_t node, uint32_t press, const std::string &text = "",
             int64_t a = 0, int64_t b = 0);
    void Led(uint32_t remote, uint32_t press, const char *why);
    void HandshakeBegun(uint32_t press);
    void HandshakeEnded(uint32_t press, bool good);
    void CommandSent(uint32_t press);
    void Done(uint32_t press);
    void Failed(uint32_t press, Reason reason);

    /* What one application says to the other. number: which the receiver sees again. */
    struct Word {
        uint32_t remote = 0, press = 0, number = 0;
        std::string text;
        int64_t octets = 0, b = 0; /* b: as in Event */
    };
    void WordTx(EventKind kind, uint32_t node, const Word &word);
    void WordRx(EventKind kind, uint32_t node, const Word &word);
    /* An application message leaves `node`, or has come there. */
    void MessageTx(EventKind kind, uint32_t node, const Message &m, const std::string &text);
    void MessageRx(EventKind kind, uint32_t node, const Message &m, const std::string &text);

    /* IKE at a node; remote: the one at either end, kNoNode if unknown. whole: what goes on the
     * way, if it is more than the IKE message. */
    void IkeTx(uint32_t node, uint32_t remote, ns3::Ptr<const ns3::Packet> packet,
               ns3::Ptr<const ns3::Packet> whole = nullptr);
    void IkeRx(uint32_t node, uint32_t remote, ns3::Ptr<const ns3::Packet> packet);

    /* node: kGateway, a remote, or a relay behind the remotes; remote: the one that it is for. */
    void OnFrame(uint32_t node, uint32_t remote, const scenario::Frame &frame);
    void OnLost();
    /* Joules of a remote's life so far; the difference to the last time is the press's. */
    void Energy(uint32_t remote, double joules);
    /* The Child SA is up: what the press has cost so far. */
    void HandshakeEnergy(uint32_t remote, uint32_t press, double joules);
    /* CPU time of a remote's life so far; the difference to the last time is the press's. */
    void Cpu(uint32_t remote, int64_t us);

    static int64_t Now();

  private:
    void CountAgain(uint32_t press, bool response);
    void NoteExchange(uint32_t press, uint8_t exchange);
    Event &Append(EventKind kind, uint32_t node, uint32_t press);
    void AppendWord(EventKind kind, uint32_t node, const Word &word, uint64_t message);

    Run *m_run;
    std::vector<uint32_t> m_current;  /* press, by remote */
    std::vector<double> m_joulesSeen; /* by remote */
    std::vector<int64_t> m_cpuSeen;
    uint32_t m_ended = 0;
    uint64_t m_messages = 0;
    std::map<std::tuple<bool, uint32_t, uint32_t>, uint64_t>
        m_messageOf;                           /* sender, remote, number */
    std::vector<std::set<std::string>> m_sent; /* IKE messages, by node: sent twice is sent again */
};

} // namespace garage

#endif
