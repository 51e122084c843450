/* SPDX-License-Identifier: MIT */
#include "ikelet-mcu-energy-model.h"

#include "ns3/double.h"
#include "ns3/log.h"
#include "ns3/simulator.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletMcuEnergyModel");
NS_OBJECT_ENSURE_REGISTERED(IkeletMcuEnergyModel);

TypeId IkeletMcuEnergyModel::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletMcuEnergyModel")
            .SetParent<DeviceEnergyModel>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletMcuEnergyModel>()
            .AddAttribute("ActiveCurrentA", "Ampere while it computes.", DoubleValue(4e-3),
                          MakeDoubleAccessor(&IkeletMcuEnergyModel::m_active),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("SleepCurrentA", "Ampere while it is awake and idle.", DoubleValue(75e-6),
                          MakeDoubleAccessor(&IkeletMcuEnergyModel::m_sleep),
                          MakeDoubleChecker<double>(0))
            .AddAttribute("DeepSleepCurrentA", "Ampere while the node is off.", DoubleValue(2.6e-6),
                          MakeDoubleAccessor(&IkeletMcuEnergyModel::m_deepSleep),
                          MakeDoubleChecker<double>(0));
    return tid;
}

void IkeletMcuEnergyModel::DoDispose()
{
    m_source = nullptr;
    m_node = nullptr;
    m_firmware = nullptr;
    DeviceEnergyModel::DoDispose();
}

void IkeletMcuEnergyModel::SetPart(const IkeletMcuPart &part)
{
    m_active = part.active;
    m_sleep = part.sleep;
    m_deepSleep = part.deepSleep;
}

void IkeletMcuEnergyModel::Attach(Ptr<IkeletNode> node)
{
    m_node = node;
    node->TraceConnectWithoutContext("Cpu", MakeCallback(&IkeletMcuEnergyModel::OnCpu, this));
}

void IkeletMcuEnergyModel::Attach(Ptr<IkeletFirmwareNode> node)
{
    m_firmware = node;
    node->TraceConnectWithoutContext("Cpu", MakeCallback(&IkeletMcuEnergyModel::OnCpu, this));
}

void IkeletMcuEnergyModel::SetAwake(bool awake)
{
    if (!m_node && !m_firmware)
        OnCpu(awake ? IkeletCpuPhase::Idle : IkeletCpuPhase::Off);
}

void IkeletMcuEnergyModel::SetEnergySource(Ptr<EnergySource> source)
{
    m_source = source;
}

void IkeletMcuEnergyModel::OnCpu(IkeletCpuPhase phase)
{
    ChangeState(static_cast<int>(phase));
}

/* The source asks for the current of the time that is over: it must still be the old one. */
void IkeletMcuEnergyModel::ChangeState(int phase)
{
    if (m_source)
        m_source->UpdateEnergySource();
    Book();
    m_phase = static_cast<IkeletCpuPhase>(phase);
    NS_LOG_LOGIC(IkeletCpuPhaseName(m_phase) << ": " << DoGetCurrentA() << " A");
}

void IkeletMcuEnergyModel::Book()
{
    m_times[static_cast<size_t>(m_phase)] += Since();
    m_since = Simulator::Now();
}

Time IkeletMcuEnergyModel::Since() const
{
    return m_empty ? Time(0) : Simulator::Now() - m_since;
}

double IkeletMcuEnergyModel::CurrentOf(IkeletCpuPhase phase) const
{
    switch (phase) {
    case IkeletCpuPhase::Off:
        return m_deepSleep;
    case IkeletCpuPhase::Idle:
        return m_sleep;
    default:
        return m_active;
    }
}

double IkeletMcuEnergyModel::DoGetCurrentA() const
{
    return m_empty ? 0 : CurrentOf(m_phase);
}

Time IkeletMcuEnergyModel::GetTime(IkeletCpuPhase phase) const
{
    Time time = m_times[static_cast<size_t>(phase)];
    return phase == m_phase ? time + Since() : time;
}

double IkeletMcuEnergyModel::GetEnergy(IkeletCpuPhase phase) const
{
    double volts = m_source ? m_source->GetSupplyVoltage() : IkeletPartsVolts();
    return volts * CurrentOf(phase) * GetTime(phase).GetSeconds();
}

double IkeletMcuEnergyModel::GetTotalEnergyConsumption() const
{
    double sum = 0;
    for (size_t i = 0; i < kPhases; i++)
        sum += GetEnergy(static_cast<IkeletCpuPhase>(i));
    return sum;
}

/* From an empty battery nothing is taken, not even for sleep. The node is not switched off from
 * here: the source is in the middle of its sums. */
void IkeletMcuEnergyModel::HandleEnergyDepletion()
{
    NS_LOG_INFO("the battery is empty");
    Book();
    m_empty = true;
    if (m_node)
        Simulator::ScheduleNow(&IkeletNode::SetCharged, m_node, false);
    if (m_firmware)
        Simulator::ScheduleNow(&IkeletFirmwareNode::Cut, m_firmware);
}

void IkeletMcuEnergyModel::HandleEnergyRecharged()
{
    Book();
    m_empty = false;
    if (m_node)
        Simulator::ScheduleNow(&IkeletNode::SetCharged, m_node, true);
}

void IkeletMcuEnergyModel::HandleEnergyChanged()
{
}

} // namespace ns3
