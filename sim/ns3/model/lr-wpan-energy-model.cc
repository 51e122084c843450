/* SPDX-License-Identifier: MIT */
#include "lr-wpan-energy-model.h"

#include "ns3/double.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("LrWpanEnergyModel");
NS_OBJECT_ENSURE_REGISTERED(LrWpanEnergyModel);

namespace
{

LrWpanEnergyState StateOf(IkeletPhyState phy, bool powered)
{
    switch (phy) {
    case IEEE_802_15_4_PHY_TRX_OFF:
    case IEEE_802_15_4_PHY_FORCE_TRX_OFF:
        return powered ? LrWpanEnergyState::Off : LrWpanEnergyState::Unpowered;
    case IEEE_802_15_4_PHY_BUSY_RX:
        return LrWpanEnergyState::Receive;
    case IEEE_802_15_4_PHY_BUSY_TX:
        return LrWpanEnergyState::Transmit;
    default:
        return LrWpanEnergyState::Listen;
    }
}

bool IsDown(LrWpanEnergyState state)
{
    return state == LrWpanEnergyState::Off || state == LrWpanEnergyState::Unpowered;
}

} // namespace

const char *LrWpanEnergyStateName(LrWpanEnergyState state)
{
    static const char *const names[] = {"unpowered", "off",     "start",
                                        "listen",    "receive", "transmit"};
    return names[static_cast<size_t>(state)];
}

TypeId LrWpanEnergyModel::GetTypeId()
{
    auto current = [](double LrWpanEnergyModel::*member) { return MakeDoubleAccessor(member); };
    static TypeId tid =
        TypeId("ns3::LrWpanEnergyModel")
            .SetParent<DeviceEnergyModel>()
            .SetGroupName("Ikelet")
            .AddConstructor<LrWpanEnergyModel>()
            .AddAttribute("TransmitCurrentA", "Ampere while a frame goes out.",
                          DoubleValue(17.4e-3), current(&LrWpanEnergyModel::m_transmit),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("ReceiveCurrentA", "Ampere while a frame comes in.", DoubleValue(18.8e-3),
                          current(&LrWpanEnergyModel::m_receive), MakeDoubleChecker<double>(0))
            .AddAttribute("ListenCurrentA", "Ampere while the receiver waits.",
                          DoubleValue(18.8e-3), current(&LrWpanEnergyModel::m_listen),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("StartCurrentA", "Ampere while the crystal starts.", DoubleValue(426e-6),
                          current(&LrWpanEnergyModel::m_start), MakeDoubleChecker<double>(0))
            .AddAttribute("OffCurrentA", "Ampere while it is off and keeps its registers.",
                          DoubleValue(20e-6), current(&LrWpanEnergyModel::m_off),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("UnpoweredCurrentA", "Ampere while its supply is off.",
                          DoubleValue(20e-9), current(&LrWpanEnergyModel::m_unpowered),
                          MakeDoubleChecker<double>(0))
            .AddAttribute(
                "Crystal", "How long the crystal takes to start.", TimeValue(MilliSeconds(1)),
                MakeTimeAccessor(&LrWpanEnergyModel::m_crystal), MakeTimeChecker(Time(0)));
    return tid;
}

void LrWpanEnergyModel::DoDispose()
{
    m_started.Cancel();
    m_source = nullptr;
    DeviceEnergyModel::DoDispose();
}

void LrWpanEnergyModel::SetPart(const IkeletRadioPart &part)
{
    m_transmit = part.transmit;
    m_receive = part.receive;
    m_listen = part.listen;
    m_start = part.start;
    m_off = part.off;
    m_unpowered = part.unpowered;
    m_crystal = part.crystal;
}

void LrWpanEnergyModel::Attach(Ptr<LrWpanNetDevice> device)
{
    device->GetPhy()->TraceConnectWithoutContext("TrxState",
                                                 MakeCallback(&LrWpanEnergyModel::OnState, this));
}

void LrWpanEnergyModel::SetPowered(bool powered)
{
    m_powered = powered;
    if (IsDown(m_state))
        Enter(powered ? LrWpanEnergyState::Off : LrWpanEnergyState::Unpowered);
}

void LrWpanEnergyModel::SetEnergySource(Ptr<EnergySource> source)
{
    m_source = source;
}

/* From off the crystal has to start; ns-3's transceiver is there at once. What it does meanwhile
 * beside listening ends the start. */
void LrWpanEnergyModel::OnState(Time, IkeletPhyState, IkeletPhyState now)
{
    LrWpanEnergyState next = StateOf(now, m_powered);
    if (m_state == LrWpanEnergyState::Start && next == LrWpanEnergyState::Listen)
        return;
    m_started.Cancel();
    if (IsDown(m_state) && next == LrWpanEnergyState::Listen && m_crystal.IsStrictlyPositive()) {
        m_started = Simulator::Schedule(m_crystal, &LrWpanEnergyModel::Started, this);
        next = LrWpanEnergyState::Start;
    }
    Enter(next);
}

void LrWpanEnergyModel::Started()
{
    Enter(LrWpanEnergyState::Listen);
}

void LrWpanEnergyModel::ChangeState(int state)
{
    Enter(static_cast<LrWpanEnergyState>(state));
}

/* The source asks for the current of the time that is over: it must still be the old one. Where it
 * does not change, the source need not know. */
void LrWpanEnergyModel::Enter(LrWpanEnergyState state)
{
    if (state == m_state)
        return;
    if (m_source && CurrentOf(state) != CurrentOf(m_state))
        m_source->UpdateEnergySource();
    Book();
    m_state = state;
    NS_LOG_LOGIC(LrWpanEnergyStateName(state) << ": " << CurrentOf(state) << " A");
}

void LrWpanEnergyModel::Book()
{
    m_times[static_cast<size_t>(m_state)] += Since();
    m_since = Simulator::Now();
}

Time LrWpanEnergyModel::Since() const
{
    return m_empty ? Time(0) : Simulator::Now() - m_since;
}

double LrWpanEnergyModel::CurrentOf(LrWpanEnergyState state) const
{
    const double currents[] = {m_unpowered, m_off, m_start, m_listen, m_receive, m_transmit};
    return currents[static_cast<size_t>(state)];
}

double LrWpanEnergyModel::DoGetCurrentA() const
{
    return m_empty ? 0 : CurrentOf(m_state);
}

Time LrWpanEnergyModel::GetTime(LrWpanEnergyState state) const
{
    Time time = m_times[static_cast<size_t>(state)];
    return state == m_state ? time + Since() : time;
}

double LrWpanEnergyModel::GetEnergy(LrWpanEnergyState state) const
{
    double volts = m_source ? m_source->GetSupplyVoltage() : IkeletPartsVolts();
    return volts * CurrentOf(state) * GetTime(state).GetSeconds();
}

double LrWpanEnergyModel::GetTotalEnergyConsumption() const
{
    double sum = 0;
    for (size_t i = 0; i < kStates; i++)
        sum += GetEnergy(static_cast<LrWpanEnergyState>(i));
    return sum;
}

void LrWpanEnergyModel::HandleEnergyDepletion()
{
    NS_LOG_INFO("the battery is empty");
    Book();
    m_empty = true;
}

void LrWpanEnergyModel::HandleEnergyRecharged()
{
    Book();
    m_empty = false;
}

void LrWpanEnergyModel::HandleEnergyChanged()
{
}

} // namespace ns3
