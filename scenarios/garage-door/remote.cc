/* SPDX-License-Identifier: MIT */
#include "remote.h"

#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"

#include "host.h"

namespace garage
{

using namespace ns3;

namespace
{

/* Nothing came for so long, and nothing is wanted: sleep. */
const Time kQuiet = Seconds(5);
/* While the door moves a status packet comes each second. */
const Time kStatusSilence = MilliSeconds(2500);
const Time kPatienceMax = Seconds(3);
constexpr uint32_t kSilencesMax = 20;
constexpr uint32_t kHandshakesMax = 3;

Reason ReasonOf(uint8_t why)
{
    switch (why) {
    case IK_WHY_TIMEOUT:
        return Reason::IkeTimeout;
    case IK_WHY_AUTH:
        return Reason::IkeAuth;
    case IK_WHY_NO_PROPOSAL:
    case IK_WHY_BAD_KE:
        return Reason::IkeProposal;
    default:
        return Reason::IkeOther;
    }
}

/* The text of a status or of the end, as events.csv has it. */
std::string Moving(bool open)
{
    return open ? "opening" : "closing";
}

std::string Moved(bool open)
{
    return open ? "opened" : "closed";
}

} // namespace

Remote::Remote(uint32_t number, const Options &options, Ptr<Node> node, Ptr<IkeletNode> ike,
               Inet6SocketAddress gateway, Ptr<IkeletRadio> radio, IkeletEnergy *energy,
               Recorder *recorder, int64_t stream)
    : m_number(number), m_plain(options.plain), m_keep(!options.plain && options.sa == "kept"),
      m_resume(options.sa == "resumed"), m_ike(ike), m_gateway(gateway), m_radio(radio),
      m_energy(energy), m_recorder(recorder), m_random(CreateObject<UniformRandomVariable>()),
      m_patience(FromUs(options.patienceUs))
{
    m_random->SetStream(stream);
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kDoorPort));
    m_socket->SetRecvCallback(MakeCallback(&Remote::OnRead, this));
    if (m_ike) {
        m_ike->TraceConnectWithoutContext("ChildUp", MakeCallback(&Remote::OnChildUp, this));
        m_ike->TraceConnectWithoutContext("Failed", MakeCallback(&Remote::OnFailed, this));
        m_ike->TraceConnectWithoutContext("Down", MakeCallback(&Remote::OnDown, this));
        m_ike->TraceConnectWithoutContext("Power", MakeCallback(&Remote::OnPower, this));
        m_ike->TraceConnectWithoutContext("Radio", MakeCallback(&Remote::OnRadio, this));
    }
}

/* ---- presses --------------------------------------------------------------------------------- */

bool Remote::WouldOpen(bool doorIsOpen) const
{
    uint32_t last = !m_waiting.empty() ? m_waiting.back() : m_press;
    return last ? !m_recorder->At(last).open : !doorIsOpen;
}

bool Remote::IsIdle() const
{
    return m_state == State::Asleep && m_press == 0 && m_waiting.empty();
}

void Remote::PressButton(bool open)
{
    if (m_ike)
        m_recorder->Cpu(m_number, m_ike->GetCpuTime().GetMicroSeconds());
    TellEnergy();
    m_waiting.push_back(m_recorder->Begin(m_number, open).id);
    m_quiet.Cancel();
    if (m_state == State::Asleep || m_state == State::Closing)
        Wake();
    else if (m_state == State::Ready)
        Next();
}

/* The next press begins when the one before it is carried out, or has failed. One that is still on
 * its way to the end is turned round by the new one. */
void Remote::Next()
{
    if (m_waiting.empty() || (m_press && !m_acked))
        return;
    if (m_press)
        End(Reason::Superseded);
    m_press = m_waiting.front();
    m_waiting.pop_front();
    m_acked = false;
    m_silences = 0;
    SendCommand();
}

void Remote::End(Reason reason)
{
    m_watch.Cancel();
    if (reason == Reason::None)
        m_recorder->Done(m_press);
    else
        m_recorder->Failed(m_press, reason);
    if (reason != Reason::None && reason != Reason::Superseded)
        m_recorder->Led(m_number, m_press, "fail");
    m_press = 0;
}

void Remote::Finish()
{
    m_quiet.Cancel();
    if (m_press)
        End(Reason::Unfinished);
    for (uint32_t press : m_waiting)
        m_recorder->Failed(press, Reason::Unfinished);
    m_waiting.clear();
    if (m_state != State::Asleep)
        m_awakeUs += Recorder::Now() - m_wokeAt;
    if (m_ike)
        m_recorder->Cpu(m_number, m_ike->GetCpuTime().GetMicroSeconds());
    TellEnergy();
}

int64_t Remote::AwakeUs() const
{
    return m_awakeUs;
}

/* ---- power and SAs --------------------------------------------------------------------------- */

void Remote::Wake()
{
    uint32_t press = m_recorder->Current(m_number);
    if (m_state == State::Asleep) {
        SetPowered(true);
        if (m_plain)
            m_radio->Switch(true);
        m_wokeAt = Recorder::Now();
        m_recorder->Add(EventKind::Wake, m_number, press);
    }
    m_handshakes = 0;
    m_state = State::Handshake;
    if (m_plain) {
        Ready();
        return;
    }
    m_ike->Wake(); /* nothing if it kept its SAs */
    m_ike->Undoze();
    if (m_childUp)
        Ready();
    else
        StartHandshake();
}

/* The press that a handshake is for. */
uint32_t Remote::Served() const
{
    if (m_press)
        return m_press;
    return m_waiting.empty() ? m_recorder->Current(m_number) : m_waiting.front();
}

void Remote::StartHandshake()
{
    m_handshakes++;
    m_state = State::Handshake;
    m_recorder->HandshakeBegun(Served());
    m_ike->Up();
}

void Remote::OnChildUp(uint16_t)
{
    m_childUp = true;
    if (m_state != State::Handshake)
        return;
    if (m_energy)
        m_recorder->HandshakeEnergy(m_number, Served(), m_energy->Drawn());
    m_recorder->HandshakeEnded(Served(), true);
    Ready();
}

void Remote::Ready()
{
    m_state = State::Ready;
    if (m_press)
        SendCommand();
    else if (!m_waiting.empty())
        Next();
    else
        BeQuiet();
}

/* No answer may be bad luck: it is tried again. All else is final, for everything that waits. */
void Remote::OnFailed(uint8_t, uint8_t reason, uint16_t, uint16_t)
{
    m_recorder->HandshakeEnded(Served(), false);
    if (reason == IK_WHY_TIMEOUT && m_handshakes < kHandshakesMax) {
        StartHandshake();
        return;
    }
    if (m_press)
        End(ReasonOf(reason));
    while (!m_waiting.empty()) {
        m_press = m_waiting.front();
        m_waiting.pop_front();
        End(ReasonOf(reason));
    }
    FallAsleep();
}

/* The gateway deleted our SA, or went silent: set it up again if something is under way. */
void Remote::OnDown(uint8_t event, uint8_t, uint16_t, uint16_t)
{
    if (event == IK_EV_IKE_DOWN)
        m_childUp = false;
    if (event != IK_EV_IKE_DOWN || m_state != State::Ready)
        return;
    m_watch.Cancel();
    if (m_press || !m_waiting.empty())
        StartHandshake();
    else
        FallAsleep();
}

void Remote::BeQuiet()
{
    m_quiet.Cancel();
    m_quiet = Simulator::Schedule(kQuiet, &Remote::FallAsleep, this);
}

void Remote::FallAsleep()
{
    m_quiet.Cancel();
    m_state = State::Closing;
    if (m_keep && m_childUp)
        m_ike->Doze();
    if (m_plain || (m_keep && m_childUp))
        GoodNight();
    else if (m_resume)
        m_ike->Cut(); /* a Delete would end the ticket, too (RFC 5723 6.2) */
    else
        m_ike->Sleep();
}

void Remote::OnPower(bool on)
{
    m_childUp = false;
    if (!on && m_state == State::Closing)
        GoodNight();
}

void Remote::GoodNight()
{
    m_state = State::Asleep;
    int64_t awake = Recorder::Now() - m_wokeAt;
    uint32_t press = m_recorder->Current(m_number);
    m_awakeUs += awake;
    m_recorder->At(press).sleepAt = Recorder::Now();
    m_recorder->Add(EventKind::Sleep, m_number, press, "", awake);
    SetPowered(false);
    if (m_plain)
        m_radio->Switch(false);
}

void Remote::OnRadio(bool needed)
{
    m_radio->Switch(needed);
}

/* A radio that is off has no supply while the remote sleeps. */
void Remote::SetPowered(bool powered)
{
    if (m_energy)
        m_energy->SetPowered(powered);
}

void Remote::TellEnergy()
{
    if (m_energy)
        m_recorder->Energy(m_number, m_energy->Drawn());
}

/* ---- messages -------------------------------------------------------------------------------- */

Time Remote::Jitter(Time time)
{
    /* A quarter less at most. */
    int64_t ns = time.GetNanoSeconds();
    ns -= ns / 1024 * static_cast<int64_t>(m_random->GetInteger(0, 256));
    return NanoSeconds(static_cast<uint64_t>(ns));
}

void Remote::Transmit(EventKind kind, Message *m, const std::string &text)
{
    m->remote = static_cast<uint16_t>(m_number);
    m->number = ++m_sent;
    m_recorder->MessageTx(kind, m_number, *m, text);
    m_socket->SendTo(ToPacket(*m), 0, m_gateway);
}

void Remote::SendCommand()
{
    Press &press = m_recorder->At(m_press);
    Message m;
    m.type = MessageType::Command;
    m.command = m_press;
    m.open = press.open;
    m.tries = static_cast<uint8_t>(press.commandTries + 1);
    m_recorder->CommandSent(m_press);
    Transmit(EventKind::CommandTx, &m, m.open ? "open" : "close");
    Time wait = m_patience;
    for (uint32_t i = 0; i < m_silences && wait < kPatienceMax; i++)
        wait = wait + wait / 2;
    Watch(Jitter(m_acked ? kStatusSilence : Max(m_patience, Min(wait, kPatienceMax))));
}

void Remote::Watch(Time silence)
{
    m_watch.Cancel();
    m_watch = Simulator::Schedule(silence, &Remote::OnSilence, this);
}

/* The command again: it is carried out once, but answered each time. */
void Remote::OnSilence()
{
    if (m_state != State::Ready)
        return;
    if (++m_silences < kSilencesMax) {
        SendCommand();
        return;
    }
    End(m_acked ? Reason::NoDone : Reason::NoAck);
    if (m_waiting.empty())
        FallAsleep();
    else
        Next();
}

void Remote::OnRead(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv()) {
        Message m;
        /* A frame whose acknowledgement was lost comes twice; ESP would have seen it. */
        if (!FromPacket(packet, &m) || m.remote != m_number || m.number == m_heard ||
            m_state == State::Asleep)
            continue;
        m_heard = m.number;
        OnMessage(m);
    }
}

void Remote::OnMessage(const Message &m)
{
    switch (m.type) {
    case MessageType::Ack:
        m_recorder->MessageRx(EventKind::AckRx, m_number, m, "");
        break;
    case MessageType::Status:
        m_recorder->MessageRx(EventKind::StatusRx, m_number, m, Moving(m.open));
        break;
    case MessageType::Done:
        m_recorder->MessageRx(EventKind::DoneRx, m_number, m, Moved(m.open));
        Answer(m);
        break;
    default:
        return;
    }
    if (m_quiet.IsRunning())
        BeQuiet();
    if (m.command != m_press)
        return;
    m_silences = 0;
    Watch(Jitter(kStatusSilence) + m_patience);
    OnAck(); /* a status says as much as the acknowledgement, if that was lost */
    if (m.type == MessageType::Status) {
        m_recorder->At(m_press).statuses++;
        m_recorder->Led(m_number, m_press, "status");
    }
    if (m.type == MessageType::Done)
        OnDone();
    if (m_press)
        Next();
}

void Remote::OnAck()
{
    if (m_acked)
        return;
    m_acked = true;
    m_recorder->At(m_press).ackAt = Recorder::Now();
    m_recorder->Led(m_number, m_press, "ack");
}

void Remote::Answer(const Message &done)
{
    Message m = done;
    m.type = MessageType::DoneAck;
    Transmit(EventKind::DoneAckTx, &m, "");
}

void Remote::OnDone()
{
    m_recorder->Led(m_number, m_press, "done");
    End(Reason::None);
    if (m_waiting.empty())
        BeQuiet();
    else
        Next();
}

} // namespace garage
