/* SPDX-License-Identifier: MIT */
#ifndef LR_WPAN_ENERGY_MODEL_H
#define LR_WPAN_ENERGY_MODEL_H

#include <array>

#include "ns3/device-energy-model.h"
#include "ns3/energy-source.h"

#include "ikelet-energy-parts.h"
#include "ikelet-radio.h"

namespace ns3
{

/// \ingroup ikelet
/// \brief What a radio does: the other columns of an energy ledger.
enum class LrWpanEnergyState : uint8_t {
    Unpowered, ///< its supply is off
    Off,       ///< power-down that keeps the registers
    Start,     ///< the crystal starts
    Listen,    ///< receiver on; back-off, clear channel assessment, turning round, waiting
    Receive,   ///< a frame comes in, whomever it is for
    Transmit,  ///< a frame goes out
};

/// \ingroup ikelet
/// \return "unpowered" and so on
const char *LrWpanEnergyStateName(LrWpanEnergyState state);

/**
 * \ingroup ikelet
 * \brief What an LrWpanNetDevice takes from a battery, by what its transceiver does.
 *
 * Fed by the trace source TrxState of the PHY. A transceiver that is off keeps its registers while
 * the node is awake, and has no supply while SetPowered(false) holds.
 */
class LrWpanEnergyModel : public DeviceEnergyModel
{
  public:
    static constexpr size_t kStates = 6; ///< of LrWpanEnergyState

    static TypeId GetTypeId();

    /// \brief Takes the currents of a part; instead of the attributes.
    void SetPart(const IkeletRadioPart &part);
    /// \brief Follows a device. Its transceiver is taken to be off at this moment.
    void Attach(Ptr<LrWpanNetDevice> device);
    /// \brief Says which kind of off the transceiver is in when it is off.
    void SetPowered(bool powered);

    /// \return joule taken in a state so far
    double GetEnergy(LrWpanEnergyState state) const;
    /// \return how long the radio was in a state so far
    Time GetTime(LrWpanEnergyState state) const;

    void SetEnergySource(Ptr<EnergySource> source) override;
    double GetTotalEnergyConsumption() const override;
    /// \param state an LrWpanEnergyState
    void ChangeState(int state) override;
    void HandleEnergyDepletion() override;
    void HandleEnergyRecharged() override;
    void HandleEnergyChanged() override;

  protected:
    void DoDispose() override;

  private:
    double DoGetCurrentA() const override;
    double CurrentOf(LrWpanEnergyState state) const;
    void OnState(Time at, IkeletPhyState before, IkeletPhyState now);
    void Enter(LrWpanEnergyState state);
    void Started();
    /* Adds the time since then to that of the state. */
    void Book();
    Time Since() const;

    Ptr<EnergySource> m_source;
    double m_transmit = 0;
    double m_receive = 0;
    double m_listen = 0;
    double m_start = 0;
    double m_off = 0;
    double m_unpowered = 0;
    Time m_crystal;
    bool m_powered = true;
    bool m_empty = false; /* of the battery: nothing is taken */
    EventId m_started;
    LrWpanEnergyState m_state = LrWpanEnergyState::Off;
    Time m_since;
    std::array<Time, kStates> m_times = {};
};

} // namespace ns3

#endif
