/* SPDX-License-Identifier: MIT */
#include "ikelet-radio.h"

#include "ns3/boolean.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"
#include "ns3/spectrum-channel.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletRadio");
NS_OBJECT_ENSURE_REGISTERED(IkeletRadio);

namespace
{

/* 20 symbols, the unit of back-offs: how often it is looked whether the air is still in use. */
const Time kSymbolPeriods = MicroSeconds(320);

} // namespace

TypeId IkeletRadio::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletRadio")
            .SetParent<Object>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletRadio>()
            .AddAttribute("RejectDuplicates",
                          "Drop a data frame of the same source and sequence number as the one "
                          "before it.",
                          BooleanValue(true), MakeBooleanAccessor(&IkeletRadio::m_rejectDuplicates),
                          MakeBooleanChecker())
            .AddAttribute("Remember", "How long a sequence number is held against its source.",
                          TimeValue(Seconds(10)), MakeTimeAccessor(&IkeletRadio::m_remember),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("LeaveChannel", "Leave the channel while the transceiver is off.",
                          BooleanValue(true), MakeBooleanAccessor(&IkeletRadio::m_leaveChannel),
                          MakeBooleanChecker())
            .AddAttribute("Delay",
                          "Time of each frame from the MAC to the layer above. A stand-in for a "
                          "long link.",
                          TimeValue(Time(0)), MakeTimeAccessor(&IkeletRadio::m_delay),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("DutyCycle",
                          "Each frame waits a uniform random part of this, too. A stand-in for a "
                          "receiver that samples the channel so often; its energy is not in it.",
                          TimeValue(Time(0)), MakeTimeAccessor(&IkeletRadio::m_dutyCycle),
                          MakeTimeChecker(Time(0)))
            .AddAttribute("Tail",
                          "The receiver stays on so long when it is switched off, so that the last "
                          "frame is acknowledged.",
                          TimeValue(MilliSeconds(3)), MakeTimeAccessor(&IkeletRadio::m_tail),
                          MakeTimeChecker(Time(0)))
            .AddTraceSource("Duplicate", "A data frame came again and was dropped.",
                            MakeTraceSourceAccessor(&IkeletRadio::m_duplicateTrace),
                            "ns3::Packet::TracedCallback")
            .AddTraceSource("Power", "The receiver was switched on (true) or is off (false).",
                            MakeTraceSourceAccessor(&IkeletRadio::m_powerTrace),
                            "ns3::IkeletNode::PowerTracedCallback");
    return tid;
}

IkeletRadio::IkeletRadio() : m_random(CreateObject<UniformRandomVariable>())
{
}

void IkeletRadio::DoDispose()
{
    m_off.Cancel();
    m_rest.Cancel();
    m_device = nullptr;
    m_random = nullptr;
    Object::DoDispose();
}

void IkeletRadio::Attach(Ptr<LrWpanNetDevice> device)
{
    m_device = device;
    device->AggregateObject(this);
    device->GetMac()->SetMcpsDataIndicationCallback(MakeCallback(&IkeletRadio::Receive, this));
    device->GetPhy()->TraceConnectWithoutContext("TrxState",
                                                 MakeCallback(&IkeletRadio::OnState, this));
    device->GetMac()->TraceConnectWithoutContext("MacStateValue",
                                                 MakeCallback(&IkeletRadio::OnMac, this));
}

int64_t IkeletRadio::AssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

/* ---- power ----------------------------------------------------------------------------------- */

void IkeletRadio::Switch(bool on)
{
    m_off.Cancel();
    if (!on) {
        if (m_on)
            m_off = Simulator::Schedule(m_tail, &IkeletRadio::TurnOff, this);
        return;
    }
    if (m_on)
        return;
    m_on = true;
    m_rest.Cancel();
    NS_LOG_LOGIC("node " << m_device->GetNode()->GetId() << ": receiver on");
    m_powerTrace(true);
    Join();
    m_device->GetMac()->SetRxOnWhenIdle(true);
}

void IkeletRadio::TurnOff()
{
    m_on = false;
    NS_LOG_LOGIC("node " << m_device->GetNode()->GetId() << ": receiver off");
    Rest();
    m_powerTrace(false);
}

bool IkeletRadio::IsBusy() const
{
    return m_macState != MAC_IDLE || m_phyState == IEEE_802_15_4_PHY_BUSY_RX;
}

/* Not in the middle of something: ns-3's PHY knows no way from a frame that another one has spoilt
 * to being off, and ends the simulation. */
void IkeletRadio::Rest()
{
    if (IsBusy())
        m_rest = Simulator::Schedule(kSymbolPeriods, &IkeletRadio::Rest, this);
    else
        m_device->GetMac()->SetRxOnWhenIdle(false);
}

bool IkeletRadio::IsOn() const
{
    return m_on;
}

/* The MAC turns the transceiver off when nothing is under way any more; and on to send. */
void IkeletRadio::OnState(Time, IkeletPhyState, IkeletPhyState now)
{
    m_phyState = now;
    if (now != IEEE_802_15_4_PHY_TRX_OFF)
        Join();
    else if (!m_on && m_leaveChannel)
        Leave();
}

/* What is sent while it is off wakes it until that is over. */
void IkeletRadio::OnMac(IkeletMacState, IkeletMacState now)
{
    m_macState = now;
    if (m_on || now == MAC_IDLE || IkeletIsPending(m_rest))
        return;
    m_device->GetMac()->SetRxOnWhenIdle(true);
    m_rest = Simulator::Schedule(kSymbolPeriods, &IkeletRadio::Rest, this);
}

void IkeletRadio::Join()
{
    if (m_joined)
        return;
    m_joined = true;
    m_device->GetPhy()->GetChannel()->AddRx(m_device->GetPhy());
}

void IkeletRadio::Leave()
{
    if (!m_joined)
        return;
    m_joined = false;
    m_device->GetPhy()->GetChannel()->RemoveRx(m_device->GetPhy());
}

/* ---- frames ---------------------------------------------------------------------------------- */

bool IkeletRadio::IsDuplicate(const McpsDataIndicationParams &params)
{
    uint8_t octets[8] = {};
    uint64_t address = 0;
    if (params.m_srcAddrMode == SHORT_ADDR)
        params.m_srcAddr.CopyTo(octets);
    else
        params.m_srcExtAddr.CopyTo(octets);
    for (uint8_t octet : octets)
        address = address << 8 | octet;
    auto [seen, first] =
        m_seen.insert({{params.m_srcAddrMode, address}, {params.m_dsn, Simulator::Now()}});
    if (first)
        return false;
    bool same =
        seen->second.sequence == params.m_dsn && Simulator::Now() - seen->second.at <= m_remember;
    seen->second = {params.m_dsn, Simulator::Now()};
    return same;
}

void IkeletRadio::Receive(McpsDataIndicationParams params, Ptr<Packet> packet)
{
    if (m_rejectDuplicates && IsDuplicate(params)) {
        m_duplicates++;
        NS_LOG_LOGIC("node " << m_device->GetNode()->GetId() << ": frame " << uint32_t{params.m_dsn}
                             << " came again");
        m_duplicateTrace(packet);
        return;
    }
    Time wait = m_delay;
    if (m_dutyCycle.IsStrictlyPositive())
        wait += NanoSeconds(static_cast<uint64_t>(
            m_random->GetValue(0, static_cast<double>(m_dutyCycle.GetNanoSeconds()))));
    if (wait.IsZero())
        Deliver(params, packet);
    else
        Simulator::Schedule(wait, &IkeletRadio::Deliver, this, params, packet);
}

void IkeletRadio::Deliver(McpsDataIndicationParams params, Ptr<Packet> packet)
{
    if (m_device)
        m_device->McpsDataIndication(params, packet);
}

uint64_t IkeletRadio::GetDuplicates() const
{
    return m_duplicates;
}

Ptr<LrWpanNetDevice> IkeletRadio::GetDevice() const
{
    return m_device;
}

} // namespace ns3
