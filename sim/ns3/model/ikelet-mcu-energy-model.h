/* SPDX-License-Identifier: MIT */
#ifndef IKELET_MCU_ENERGY_MODEL_H
#define IKELET_MCU_ENERGY_MODEL_H

#include <array>

#include "ns3/device-energy-model.h"
#include "ns3/energy-source.h"
#include "ns3/traced-value.h"

#include "ikelet-energy-parts.h"
#include "ikelet-firmware-node.h"
#include "ikelet-node.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief What the microcontroller of an IkeletNode takes from a battery, by what it computes for.
 *
 * Fed by the trace source Cpu of the node. Off is deep sleep, Idle is light sleep, all else is the
 * active current.
 */
class IkeletMcuEnergyModel : public DeviceEnergyModel
{
  public:
    static constexpr size_t kPhases = 6; ///< of IkeletCpuPhase

    static TypeId GetTypeId();

    /// \brief Takes the currents of a part; instead of the attributes.
    void SetPart(const IkeletMcuPart &part);
    /// \brief Follows a node, from its phase at this moment (Off, before it starts).
    void Attach(Ptr<IkeletNode> node);
    /// \brief The same for machine code: by what is on in the machine; active is Other.
    void Attach(Ptr<IkeletFirmwareNode> node);
    /// \brief Of a node without IPsec, that is attached to none: it is awake and idle from now on,
    /// or off. What little it computes is not counted.
    void SetAwake(bool awake);

    /// \return joule taken in a phase so far
    double GetEnergy(IkeletCpuPhase phase) const;
    /// \return how long the CPU was in a phase so far
    Time GetTime(IkeletCpuPhase phase) const;

    void SetEnergySource(Ptr<EnergySource> source) override;
    double GetTotalEnergyConsumption() const override;
    /// \param phase an IkeletCpuPhase
    void ChangeState(int phase) override;
    /// \brief The battery is empty: the node is cut off, and nothing is taken until it is
    /// recharged.
    void HandleEnergyDepletion() override;
    void HandleEnergyRecharged() override;
    void HandleEnergyChanged() override;

  protected:
    void DoDispose() override;

  private:
    double DoGetCurrentA() const override;
    double CurrentOf(IkeletCpuPhase phase) const;
    void OnCpu(IkeletCpuPhase phase);
    /* Adds the time since then to that of the phase. */
    void Book();
    Time Since() const;

    bool m_empty = false;
    Ptr<EnergySource> m_source;
    Ptr<IkeletNode> m_node;
    Ptr<IkeletFirmwareNode> m_firmware;
    double m_active = 0;
    double m_sleep = 0;
    double m_deepSleep = 0;
    IkeletCpuPhase m_phase = IkeletCpuPhase::Off;
    Time m_since;
    std::array<Time, kPhases> m_times = {};
};

} // namespace ns3

#endif
