/* SPDX-License-Identifier: MIT */
#include "ikelet-energy-helper.h"

#include <algorithm>

#include "ns3/double.h"
#include "ns3/energy-source-container.h"
#include "ns3/log.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletEnergyHelper");

namespace
{

using Row = std::pair<std::string, double>;

constexpr double kSteps = 1000; /* that it takes at least to empty a battery */

/* Between two changes of a current a source asks at its interval only: a small battery must not
 * give more than it has until then. */
void AskOftenEnough(BasicEnergySource &source, double mostAmpere)
{
    const double seconds =
        source.GetInitialEnergy() / (kSteps * source.GetSupplyVoltage() * mostAmpere);
    if (mostAmpere > 0 && seconds < source.GetEnergyUpdateInterval().GetSeconds())
        source.SetEnergyUpdateInterval(Max(Seconds(seconds), MilliSeconds(1)));
}

} // namespace

std::vector<Row> IkeletEnergy::Ledger() const
{
    auto cpu = [this](IkeletCpuPhase phase) { return mcu ? mcu->GetEnergy(phase) : 0; };
    auto air = [this](LrWpanEnergyState state) { return radio ? radio->GetEnergy(state) : 0; };
    return {{"key_exchange", cpu(IkeletCpuPhase::KeyExchange)},
            {"auth", cpu(IkeletCpuPhase::Auth)},
            {"esp", cpu(IkeletCpuPhase::Esp)},
            {"other", cpu(IkeletCpuPhase::Other)},
            {"cpu_idle", cpu(IkeletCpuPhase::Idle)},
            {"sending", air(LrWpanEnergyState::Transmit)},
            {"receiving", air(LrWpanEnergyState::Receive)},
            {"listening", air(LrWpanEnergyState::Listen)},
            {"radio_start", air(LrWpanEnergyState::Start)},
            {"radio_off", air(LrWpanEnergyState::Off)},
            {"sleeping", cpu(IkeletCpuPhase::Off) + air(LrWpanEnergyState::Unpowered)}};
}

double IkeletEnergy::Drawn() const
{
    source->UpdateEnergySource();
    return source->GetInitialEnergy() - source->GetRemainingEnergy();
}

double IkeletEnergy::Awake() const
{
    double sum = 0;
    for (const Row &row : Ledger())
        sum += row.first == "sleeping" ? 0 : row.second;
    return sum;
}

void IkeletEnergy::SetPowered(bool powered) const
{
    if (radio)
        radio->SetPowered(powered);
    if (mcu)
        mcu->SetAwake(powered);
}

/* A battery that is asked at each change of a current need not ask by itself each second. */
IkeletEnergyHelper::IkeletEnergyHelper()
{
    m_source.SetTypeId(BasicEnergySource::GetTypeId());
    m_source.Set("BasicEnergySupplyVoltageV", DoubleValue(IkeletPartsVolts()));
    m_source.Set("BasicEnergySourceInitialEnergyJ", DoubleValue(16200)); /* 1.5 Ah */
    m_source.Set("PeriodicEnergyUpdateInterval", TimeValue(Minutes(1)));
}

bool IkeletEnergyHelper::SetMcu(const std::string &name)
{
    m_mcu = {};
    return name.empty() || IkeletFindMcu(name, &m_mcu);
}

bool IkeletEnergyHelper::SetRadio(const std::string &name)
{
    m_radio = {};
    return name.empty() || IkeletFindRadio(name, &m_radio);
}

void IkeletEnergyHelper::SetSource(const std::string &name, const AttributeValue &value)
{
    m_source.Set(name, value);
}

IkeletEnergy IkeletEnergyHelper::Install(Ptr<Node> node, Ptr<IkeletNode> ike,
                                         Ptr<LrWpanNetDevice> device,
                                         Ptr<IkeletFirmwareNode> firmware) const
{
    NS_LOG_INFO("node " << node->GetId() << ": " << m_mcu.name << " and " << m_radio.name);
    IkeletEnergy out;
    out.source = m_source.Create<BasicEnergySource>();
    out.source->SetNode(node);
    AskOftenEnough(*out.source, m_mcu.active + std::max({m_radio.transmit, m_radio.receive,
                                                         m_radio.listen, m_radio.start}));
    if (!m_mcu.name.empty()) {
        out.mcu = CreateObject<IkeletMcuEnergyModel>();
        out.mcu->SetPart(m_mcu);
        out.mcu->SetEnergySource(out.source);
        if (firmware)
            out.mcu->Attach(firmware);
        else if (ike)
            out.mcu->Attach(ike);
        out.source->AppendDeviceEnergyModel(out.mcu);
    }
    if (device && !m_radio.name.empty()) {
        out.radio = CreateObject<LrWpanEnergyModel>();
        out.radio->SetPart(m_radio);
        out.radio->SetEnergySource(out.source);
        out.radio->Attach(device);
        out.source->AppendDeviceEnergyModel(out.radio);
        if (ike)
            ike->TraceConnectWithoutContext(
                "Power", MakeCallback(&LrWpanEnergyModel::SetPowered, out.radio));
    }
    Ptr<EnergySourceContainer> sources = node->GetObject<EnergySourceContainer>();
    if (!sources) {
        sources = CreateObject<EnergySourceContainer>();
        node->AggregateObject(sources);
    }
    sources->Add(out.source);
    out.source->Initialize();
    return out;
}

} // namespace ns3
