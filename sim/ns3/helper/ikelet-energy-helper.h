/* SPDX-License-Identifier: MIT */
#ifndef IKELET_ENERGY_HELPER_H
#define IKELET_ENERGY_HELPER_H

#include <string>
#include <utility>
#include <vector>

#include "ns3/basic-energy-source.h"
#include "ns3/ikelet-mcu-energy-model.h"
#include "ns3/lr-wpan-energy-model.h"
#include "ns3/object-factory.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief The battery of one node with what takes from it.
 */
struct IkeletEnergy {
    Ptr<BasicEnergySource> source;
    Ptr<IkeletMcuEnergyModel> mcu; ///< null if there is no part for it
    Ptr<LrWpanEnergyModel> radio;  ///< null if there is no part for it

    /// \brief Joule by phase, always the same names in the same order: key_exchange, auth, esp,
    /// other, cpu_idle, sending, receiving, listening, radio_start, radio_off, sleeping.
    std::vector<std::pair<std::string, double>> Ledger() const;
    /// \return joule that the battery has given, by its own count
    double Drawn() const;
    /// \return joule taken so far but while asleep
    double Awake() const;
    /// \brief A node wakes or falls asleep: its radio has its supply or has it not; and so its MCU,
    /// if there is no IkeletNode or firmware that tells.
    void SetPowered(bool powered) const;
};

/**
 * \ingroup ikelet
 * \brief Gives nodes a battery, a microcontroller and a radio that take from it.
 */
class IkeletEnergyHelper
{
  public:
    IkeletEnergyHelper();

    /// \param name as IkeletMcuNames() has them; empty: computing takes nothing
    /// \return false if there is no such part
    bool SetMcu(const std::string &name);
    /// \param name as IkeletRadioNames() has them; empty: the radio takes nothing
    bool SetRadio(const std::string &name);
    /// \brief Sets an attribute of the batteries, such as BasicEnergySourceInitialEnergyJ.
    void SetSource(const std::string &name, const AttributeValue &value);

    /// \brief Puts a battery on a node.
    /// \param ike whose CPU takes from it; null if there is none: then IkeletEnergy::SetPowered()
    ///        tells when the MCU is awake, and not off
    /// \param device whose radio takes from it; null if there is none
    /// \param firmware whose CPU takes from it, instead of that of `ike`
    IkeletEnergy Install(Ptr<Node> node, Ptr<IkeletNode> ike, Ptr<LrWpanNetDevice> device,
                         Ptr<IkeletFirmwareNode> firmware = nullptr) const;

  private:
    ObjectFactory m_source;
    IkeletMcuPart m_mcu;
    IkeletRadioPart m_radio;
};

} // namespace ns3

#endif
