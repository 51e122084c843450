/* SPDX-License-Identifier: MIT */
#include "recorder.h"

#include "ns3/simulator.h"

#include "datagram-tag.h"
#include "host.h"

namespace garage
{

using namespace ns3;

namespace
{

/* Without what would end a field of events.csv. */
std::string Plain(std::string text)
{
    for (char &c : text) {
        if (c == ',' || c == '"' || c == '\n')
            c = ';';
    }
    return text;
}

/* "IKE_SA_INIT request 0", behind the non-ESP marker (RFC 3948 2.2) too. */
bool Describe(const std::vector<uint8_t> &octets, std::string *text, uint32_t *msgid,
              bool *response, uint8_t *exchange)
{
    struct ik_hdr header;
    size_t at = octets.size() >= 4 && octets[0] + octets[1] + octets[2] + octets[3] == 0 ? 4 : 0;
    if (ik_hdr_parse(octets.data() + at, octets.size() - at, &header) != IK_OK)
        return false;
    *response = (header.flags & IK_FLAG_RESPONSE) != 0;
    *text = std::string(host_exchange_name(header.exchange)) +
            (*response ? " response " : " request ") + std::to_string(header.msgid);
    *msgid = header.msgid;
    *exchange = header.exchange;
    return true;
}

} // namespace

Recorder::Recorder(Run *run)
    : m_run(run), m_current(run->options.remotes + 1, 0), m_joulesSeen(run->options.remotes + 1, 0),
      m_cpuSeen(run->options.remotes + 1, 0), m_sent(run->options.remotes + 1)
{
}

int64_t Recorder::Now()
{
    return Simulator::Now().GetMicroSeconds();
}

Press &Recorder::Begin(uint32_t remote, bool open)
{
    Press press;
    press.id = static_cast<uint32_t>(m_run->presses.size() + 1);
    press.remote = remote;
    press.open = open;
    press.at = Now();
    m_run->presses.push_back(press);
    m_current[remote] = press.id;
    Add(EventKind::Press, remote, press.id, open ? "open" : "close");
    return m_run->presses.back();
}

Press &Recorder::At(uint32_t press)
{
    return m_run->presses.at(press - 1);
}

uint32_t Recorder::Current(uint32_t remote) const
{
    return remote < m_current.size() ? m_current[remote] : 0;
}

uint32_t Recorder::Ended() const
{
    return m_ended;
}

Event &Recorder::Append(EventKind kind, uint32_t node, uint32_t press)
{
    Event event;
    event.at = Now();
    event.kind = kind;
    event.node = node;
    event.press = press;
    m_run->events.push_back(event);
    return m_run->events.back();
}

void Recorder::Add(EventKind kind, uint32_t node, uint32_t press, const std::string &text,
                   int64_t a, int64_t b)
{
    Event &event = Append(kind, node, press);
    event.text = Plain(text);
    event.a = a;
    event.b = b;
}

void Recorder::Led(uint32_t remote, uint32_t press, const char *why)
{
    At(press).leds++;
    m_run->totals.leds++;
    Add(EventKind::Led, remote, press, why);
}

void Recorder::HandshakeBegun(uint32_t press)
{
    At(press).handshake = true;
    m_run->totals.handshakesBegun++;
}

void Recorder::HandshakeEnded(uint32_t press, bool good)
{
    Press &p = At(press);
    if (good && p.readyAt == kNever)
        p.readyAt = Now();
    (good ? m_run->totals.handshakesOk : m_run->totals.handshakesFailed)++;
}

void Recorder::CommandSent(uint32_t press)
{
    if (At(press).commandTries++ > 0)
        m_run->totals.commandRetransmissions++;
}

void Recorder::Done(uint32_t press)
{
    At(press).doneAt = At(press).endAt = Now();
    m_ended++;
    Add(EventKind::PressDone, At(press).remote, press);
}

void Recorder::Failed(uint32_t press, Reason reason)
{
    At(press).reason = reason;
    At(press).endAt = Now();
    m_ended++;
    Add(EventKind::PressFailed, At(press).remote, press, ReasonName(reason));
}

/* ---- messages -------------------------------------------------------------------------------- */

namespace
{

Recorder::Word WordOf(const Message &m, const std::string &text)
{
    return {m.remote,
            m.command,
            m.number,
            text,
            ToPacket(m)->GetSize(),
            m.type == MessageType::Status ? m.percent : m.tries};
}

} // namespace

void Recorder::AppendWord(EventKind kind, uint32_t node, const Word &word, uint64_t message)
{
    Event &event = Append(kind, node, word.press);
    event.peer = node == kGateway ? word.remote : kGateway;
    event.message = message;
    event.text = word.text;
    event.a = word.octets;
    event.b = word.b;
}

void Recorder::WordTx(EventKind kind, uint32_t node, const Word &word)
{
    m_messageOf[{node == kGateway, word.remote, word.number}] = ++m_messages;
    AppendWord(kind, node, word, m_messages);
}

void Recorder::WordRx(EventKind kind, uint32_t node, const Word &word)
{
    AppendWord(kind, node, word, m_messageOf[{node != kGateway, word.remote, word.number}]);
}

void Recorder::MessageTx(EventKind kind, uint32_t node, const Message &m, const std::string &text)
{
    WordTx(kind, node, WordOf(m, text));
}

void Recorder::MessageRx(EventKind kind, uint32_t node, const Message &m, const std::string &text)
{
    WordRx(kind, node, WordOf(m, text));
}

/* A time-out is the sender's; an answer again is the other one's, or the air's. */
void Recorder::CountAgain(uint32_t press, bool response)
{
    (response ? m_run->totals.repeatedAnswers : m_run->totals.retransmissions)++;
    if (press)
        (response ? At(press).repeatedAnswers : At(press).ikeRetransmissions)++;
}

/* A resumption that is refused goes on as a handshake in full (RFC 5723 4.3.2). */
void Recorder::NoteExchange(uint32_t press, uint8_t exchange)
{
    if (press && exchange == IK_EX_IKE_SESSION_RESUME)
        At(press).resumed = true;
    if (press && exchange == IK_EX_IKE_SA_INIT)
        At(press).resumed = false;
}

void Recorder::IkeTx(uint32_t node, uint32_t remote, Ptr<const Packet> packet,
                     Ptr<const Packet> whole)
{
    std::vector<uint8_t> octets = scenario::OctetsOf(packet);
    std::string text;
    uint32_t msgid = 0;
    bool response = false;
    uint8_t exchange = 0;
    if (!Describe(octets, &text, &msgid, &response, &exchange))
        return;
    bool first = m_sent[node].insert(std::string(octets.begin(), octets.end())).second;
    uint32_t press = Current(remote);
    if (!first)
        CountAgain(press, response);
    if (!response)
        NoteExchange(press, exchange);
    (whole ? whole : packet)->AddByteTag(scenario::DatagramTag(++m_messages));
    Event &event = Append(first ? EventKind::IkeTx : EventKind::IkeRetx, node, press);
    event.peer = node == kGateway ? remote : kGateway;
    event.message = m_messages;
    event.text = text;
    event.a = static_cast<int64_t>(octets.size());
    event.b = msgid;
}

void Recorder::IkeRx(uint32_t node, uint32_t remote, Ptr<const Packet> packet)
{
    std::vector<uint8_t> octets = scenario::OctetsOf(packet);
    std::string text;
    uint32_t msgid = 0;
    bool response = false;
    uint8_t exchange = 0;
    if (!Describe(octets, &text, &msgid, &response, &exchange))
        return;
    scenario::DatagramTag tag;
    packet->FindFirstMatchingByteTag(tag);
    Event &event = Append(EventKind::IkeRx, node, Current(remote));
    event.peer = node == kGateway ? remote : kGateway;
    event.message = tag.Number();
    event.text = text;
    event.a = static_cast<int64_t>(octets.size());
    event.b = msgid;
}

/* ---- air and CPU ----------------------------------------------------------------------------- */

void Recorder::OnFrame(uint32_t node, uint32_t remote, const scenario::Frame &frame)
{
    Totals &totals = m_run->totals;
    NodeTotals &sender = m_run->nodes[node];
    totals.frames++;
    totals.bytes += frame.bytes;
    totals.macRetransmissions += frame.repeated;
    sender.frames++;
    sender.bytes += frame.bytes;
    uint32_t press = Current(remote);
    if (!press)
        return;
    At(press).frames++;
    At(press).bytes += frame.bytes;
    At(press).macRetransmissions += frame.repeated;
}

void Recorder::OnLost()
{
    m_run->totals.framesLost++;
}

void Recorder::Energy(uint32_t remote, double joules)
{
    if (uint32_t press = Current(remote))
        At(press).joules += joules - m_joulesSeen[remote];
    m_joulesSeen[remote] = joules;
}

void Recorder::HandshakeEnergy(uint32_t remote, uint32_t press, double joules)
{
    if (press && press == Current(remote))
        At(press).handshakeJoules = joules - m_joulesSeen[remote];
}

void Recorder::Cpu(uint32_t remote, int64_t us)
{
    if (uint32_t press = Current(remote))
        At(press).cpuUs += us - m_cpuSeen[remote];
    m_cpuSeen[remote] = us;
}

} // namespace garage
