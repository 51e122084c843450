/* SPDX-License-Identifier: MIT */
#include "sensor.h"

#include <algorithm>

#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"

namespace field
{

using namespace ns3;

namespace
{

/* A report is sent again when no answer came: after so long, then twice that, three times. */
const Time kPatience = MilliSeconds(500);
constexpr uint32_t kTriesMax = 6;
constexpr uint32_t kNumberOctets = 4;

int64_t NowUs()
{
    return Simulator::Now().GetMicroSeconds();
}

/* A report or an answer: its number, and zeros. */
Ptr<Packet> Make(uint32_t number, uint32_t octets)
{
    std::vector<uint8_t> data(std::max(octets, kNumberOctets), 0);
    for (uint32_t i = 0; i < kNumberOctets; i++)
        data[i] = static_cast<uint8_t>(number >> (24 - 8 * i));
    return Create<Packet>(data.data(), static_cast<uint32_t>(data.size()));
}

bool NumberOf(Ptr<const Packet> packet, uint32_t *number)
{
    uint8_t data[kNumberOctets];
    if (packet->GetSize() < kNumberOctets)
        return false;
    packet->CopyData(data, kNumberOctets);
    *number = 0;
    for (uint8_t octet : data)
        *number = *number << 8 | octet;
    return true;
}

} // namespace

Sensor::Sensor(uint32_t number, const SensorOptions &options, Ptr<Node> node, Ptr<IkeletNode> ike,
               Ptr<IkeletRadio> radio, IkeletEnergy *energy, Ipv6Address gateway,
               std::vector<Waking> *wakings)
    : m_number(number), m_options(options), m_ike(ike), m_radio(radio), m_energy(energy),
      m_gateway(gateway, kPort), m_wakings(wakings)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kPort));
    m_socket->SetRecvCallback(MakeCallback(&Sensor::OnRead, this));
    if (m_ike) {
        m_ike->TraceConnectWithoutContext("ChildUp", MakeCallback(&Sensor::OnChildUp, this));
        m_ike->TraceConnectWithoutContext("Failed", MakeCallback(&Sensor::OnFailed, this));
        m_ike->TraceConnectWithoutContext("Down", MakeCallback(&Sensor::OnDown, this));
        m_ike->TraceConnectWithoutContext("Power", MakeCallback(&Sensor::OnPower, this));
        m_ike->TraceConnectWithoutContext("Radio", MakeCallback(&Sensor::OnRadio, this));
        m_ike->TraceConnectWithoutContext("Tx", MakeCallback(&Sensor::OnTx, this));
    }
    m_radio->Switch(false);
}

Waking &Sensor::Now()
{
    return (*m_wakings)[m_at];
}

void Sensor::Wake()
{
    Waking waking;
    waking.sensor = m_number;
    waking.at = NowUs();
    if (!m_asleep) {
        waking.reason = "busy";
        m_wakings->push_back(waking);
        return;
    }
    m_asleep = false;
    m_at = m_wakings->size();
    m_sequence++;
    m_wakings->push_back(waking);
    if (m_energy)
        m_energy->SetPowered(true);
    if (!m_ike) {
        m_radio->Switch(true);
        Report();
        return;
    }
    m_ike->Wake(); /* nothing if it kept its SAs */
    m_ike->Undoze();
    if (m_childUp) {
        Report();
        return;
    }
    Now().handshake = true;
    m_ike->Up();
}

void Sensor::OnChildUp(uint16_t)
{
    m_childUp = true;
    if (m_asleep || Now().readyAt >= 0)
        return;
    Now().readyAt = NowUs();
    Report();
}

/* The next waking is another chance. */
void Sensor::OnFailed(uint8_t, uint8_t, uint16_t, uint16_t)
{
    if (!m_asleep)
        End("ike");
}

void Sensor::OnDown(uint8_t event, uint8_t, uint16_t, uint16_t)
{
    if (event == IK_EV_IKE_DOWN)
        m_childUp = false;
}

/* A request with the number and exchange of the one before it is a retransmission. */
void Sensor::OnTx(Ptr<const Packet> datagram, const struct ik_path &path)
{
    scenario::IkeMessage message;
    if (m_asleep || !scenario::ReadIkeMessage(datagram, path, &message) || message.response)
        return;
    if (m_lastRequest == message.exchange && m_lastMsgid == message.msgid)
        Now().retransmissions++;
    m_lastRequest = message.exchange;
    m_lastMsgid = message.msgid;
}

void Sensor::Report()
{
    m_reporting = true;
    Now().tries++;
    m_socket->SendTo(Make(m_sequence, m_options.reportOctets), 0, m_gateway);
    m_again.Cancel();
    if (Now().tries < kTriesMax)
        m_again = Simulator::Schedule(Now().tries * kPatience, &Sensor::Report, this);
    else
        m_again = Simulator::Schedule(Now().tries * kPatience, &Sensor::End, this, "no_answer");
}

void Sensor::OnRead(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv()) {
        uint32_t number = 0;
        if (m_asleep || !m_reporting || !NumberOf(packet, &number) || number != m_sequence)
            continue;
        Now().answerAt = NowUs();
        End("");
    }
}

void Sensor::End(const char *reason)
{
    m_again.Cancel();
    m_reporting = false;
    m_lastRequest = -1;
    Now().reason = reason;
    if (!m_ike)
        Asleep();
    else if (m_options.keep && m_childUp && !*reason) {
        m_ike->Doze();
        Asleep();
    } else if (m_options.resume)
        m_ike->Cut(); /* a Delete would end the ticket, too (RFC 5723 6.2) */
    else
        m_ike->Sleep();
}

void Sensor::OnPower(bool on)
{
    m_childUp = false;
    if (!on && !m_asleep)
        Asleep();
}

void Sensor::Asleep()
{
    m_asleep = true;
    Now().sleepAt = NowUs();
    m_awakeUs += Now().sleepAt - Now().at;
    if (m_energy)
        m_energy->SetPowered(false);
    if (!m_ike)
        m_radio->Switch(false);
}

void Sensor::OnRadio(bool needed)
{
    m_radio->Switch(needed);
}

bool Sensor::IsAsleep() const
{
    return m_asleep;
}

void Sensor::Finish()
{
    if (m_asleep)
        return;
    if (Now().answerAt < 0 && !*Now().reason)
        Now().reason = "unfinished";
    m_awakeUs += NowUs() - Now().at;
}

int64_t Sensor::AwakeUs() const
{
    return m_awakeUs;
}

/* ---- the border router -------------------------------------------------------------------------
 */

Collector::Collector(Ptr<Node> node, uint32_t answerOctets) : m_answerOctets(answerOctets)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kPort));
    m_socket->SetRecvCallback(MakeCallback(&Collector::OnRead, this));
}

void Collector::OnRead(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from)) {
        uint32_t number = 0;
        if (!NumberOf(packet, &number))
            continue;
        m_reports++;
        socket->SendTo(Make(number, m_answerOctets), 0, from);
    }
}

uint64_t Collector::Reports() const
{
    return m_reports;
}

} // namespace field
