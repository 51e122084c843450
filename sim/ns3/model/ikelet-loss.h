/* SPDX-License-Identifier: MIT */
#ifndef IKELET_LOSS_H
#define IKELET_LOSS_H

#include <map>

#include "ns3/error-model.h"
#include "ns3/nstime.h"
#include "ns3/propagation-loss-model.h"
#include "ns3/random-variable-stream.h"
#include "ns3/traced-callback.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief A model of lost frames, for LrWpanPhy::SetPostReceptionErrorModel; one object a receiver.
 *
 * Acknowledgements are frames, too.
 */
class IkeletLoss : public ErrorModel
{
  public:
    static TypeId GetTypeId();

    IkeletLoss();

    /// \brief One stream. \return how many were taken
    int64_t AssignStreams(int64_t stream);

  protected:
    /// \param octets of the PSDU
    virtual bool Loses(uint32_t octets) = 0;
    /// \return a number from 0 to 1, 1 not included
    double Draw();

  private:
    bool DoCorrupt(Ptr<Packet> frame) override;
    void DoReset() override;

    Ptr<UniformRandomVariable> m_random;
    TracedCallback<Ptr<const Packet>> m_lostTrace;
};

/// \ingroup ikelet
/// \brief Each frame is lost with the same chance, however long it is.
class IkeletFrameLoss : public IkeletLoss
{
  public:
    static TypeId GetTypeId();

  private:
    bool Loses(uint32_t octets) override;

    double m_rate = 0;
};

/// \ingroup ikelet
/// \brief Each bit of a frame, preamble included, is wrong with the same chance: long ones suffer.
class IkeletBitLoss : public IkeletLoss
{
  public:
    static TypeId GetTypeId();

    /// Octets of preamble, start delimiter and length before the PSDU.
    static constexpr uint32_t kPhyOctets = 6;
    /// \brief The bit error rate at which a PSDU of so many octets is lost with a chance of `loss`.
    static double RateFor(double loss, uint32_t octets);

  private:
    bool Loses(uint32_t octets) override;

    double m_rate = 0;
};

/**
 * \ingroup ikelet
 * \brief Gilbert and Elliott: a channel that is good or bad for random times.
 *
 * Times in either state are exponential; the state of a moment, not the count of frames, decides,
 * so repeating at once meets the same burst.
 */
class IkeletBurstLoss : public IkeletLoss
{
  public:
    static TypeId GetTypeId();

  private:
    bool Loses(uint32_t octets) override;
    Time Stay();

    Time m_meanGood;
    Time m_meanBad;
    double m_lossGood = 0;
    double m_lossBad = 1;
    bool m_begun = false;
    bool m_bad = false;
    Time m_until;
};

/**
 * \ingroup ikelet
 * \brief Log-normal shadowing: a gain in dB for each pair of places, drawn once and the same in
 * both directions. To be chained with a model of distance.
 */
class IkeletShadowing : public PropagationLossModel
{
  public:
    static TypeId GetTypeId();

    IkeletShadowing();

  private:
    double DoCalcRxPower(double txPowerDbm, Ptr<MobilityModel> a,
                         Ptr<MobilityModel> b) const override;
    int64_t DoAssignStreams(int64_t stream) override;

    Ptr<NormalRandomVariable> m_random;
    double m_sigma = 0;
    mutable std::map<std::pair<uint32_t, uint32_t>, double> m_gains; ///< by node ids, lower first
};

} // namespace ns3

#endif
