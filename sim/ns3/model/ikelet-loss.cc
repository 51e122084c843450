/* SPDX-License-Identifier: MIT */
#include "ikelet-loss.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ns3/double.h"
#include "ns3/log.h"
#include "ns3/mobility-model.h"
#include "ns3/node.h"
#include "ns3/packet.h"
#include "ns3/simulator.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletLoss");
NS_OBJECT_ENSURE_REGISTERED(IkeletLoss);
NS_OBJECT_ENSURE_REGISTERED(IkeletFrameLoss);
NS_OBJECT_ENSURE_REGISTERED(IkeletBitLoss);
NS_OBJECT_ENSURE_REGISTERED(IkeletBurstLoss);
NS_OBJECT_ENSURE_REGISTERED(IkeletShadowing);

/* ---- any loss -------------------------------------------------------------------------------- */

TypeId IkeletLoss::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletLoss")
                            .SetParent<ErrorModel>()
                            .SetGroupName("Ikelet")
                            .AddTraceSource("Lost", "A frame that this receiver loses.",
                                            MakeTraceSourceAccessor(&IkeletLoss::m_lostTrace),
                                            "ns3::Packet::TracedCallback");
    return tid;
}

IkeletLoss::IkeletLoss() : m_random(CreateObject<UniformRandomVariable>())
{
}

int64_t IkeletLoss::AssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

double IkeletLoss::Draw()
{
    return m_random->GetValue(0, 1);
}

bool IkeletLoss::DoCorrupt(Ptr<Packet> frame)
{
    bool lost = Loses(frame->GetSize());
    if (lost) {
        NS_LOG_LOGIC("a frame of " << frame->GetSize() << " octets is lost");
        m_lostTrace(frame);
    }
    return lost;
}

void IkeletLoss::DoReset()
{
}

/* ---- by frame -------------------------------------------------------------------------------- */

TypeId IkeletFrameLoss::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletFrameLoss")
            .SetParent<IkeletLoss>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletFrameLoss>()
            .AddAttribute("Rate", "Chance of each frame to be lost.", DoubleValue(0),
                          MakeDoubleAccessor(&IkeletFrameLoss::m_rate),
                          MakeDoubleChecker<double>(0, 1));
    return tid;
}

bool IkeletFrameLoss::Loses(uint32_t)
{
    return Draw() < m_rate;
}

/* ---- by bit ---------------------------------------------------------------------------------- */

TypeId IkeletBitLoss::GetTypeId()
{
    static TypeId tid = TypeId("ns3::IkeletBitLoss")
                            .SetParent<IkeletLoss>()
                            .SetGroupName("Ikelet")
                            .AddConstructor<IkeletBitLoss>()
                            .AddAttribute("Rate", "Chance of each bit to be wrong.", DoubleValue(0),
                                          MakeDoubleAccessor(&IkeletBitLoss::m_rate),
                                          MakeDoubleChecker<double>(0, 1));
    return tid;
}

double IkeletBitLoss::RateFor(double loss, uint32_t octets)
{
    return loss >= 1 ? 1 : -std::expm1(std::log1p(-loss) / (8 * (octets + kPhyOctets)));
}

bool IkeletBitLoss::Loses(uint32_t octets)
{
    double whole = std::pow(1 - m_rate, 8 * (octets + kPhyOctets));
    return Draw() >= whole;
}

/* ---- in bursts ------------------------------------------------------------------------------- */

TypeId IkeletBurstLoss::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletBurstLoss")
            .SetParent<IkeletLoss>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletBurstLoss>()
            .AddAttribute("MeanGood", "Mean time of the good state.", TimeValue(Seconds(1)),
                          MakeTimeAccessor(&IkeletBurstLoss::m_meanGood), MakeTimeChecker(Time(0)))
            .AddAttribute("MeanBad", "Mean time of the bad state.", TimeValue(MilliSeconds(100)),
                          MakeTimeAccessor(&IkeletBurstLoss::m_meanBad), MakeTimeChecker(Time(0)))
            .AddAttribute("LossGood", "Chance of a frame to be lost in the good state.",
                          DoubleValue(0), MakeDoubleAccessor(&IkeletBurstLoss::m_lossGood),
                          MakeDoubleChecker<double>(0, 1))
            .AddAttribute("LossBad", "Chance of a frame to be lost in the bad state.",
                          DoubleValue(1), MakeDoubleAccessor(&IkeletBurstLoss::m_lossBad),
                          MakeDoubleChecker<double>(0, 1));
    return tid;
}

/* At least a nanosecond, so that time goes on. */
Time IkeletBurstLoss::Stay()
{
    double mean = static_cast<double>((m_bad ? m_meanBad : m_meanGood).GetNanoSeconds());
    return NanoSeconds(static_cast<uint64_t>(1 - mean * std::log1p(-Draw())));
}

bool IkeletBurstLoss::Loses(uint32_t)
{
    if (!m_begun) {
        double good = static_cast<double>(m_meanGood.GetNanoSeconds());
        double bad = static_cast<double>(m_meanBad.GetNanoSeconds());
        m_bad = good + bad > 0 && Draw() < bad / (good + bad);
        m_until = Simulator::Now() + Stay();
        m_begun = true;
    }
    /* The chance to be in either state is that of long ago after many stays: no need to draw them
     * all for an hour of silence. */
    Time forgotten = 50 * (m_meanGood + m_meanBad);
    if (Simulator::Now() - m_until > forgotten)
        m_until = Simulator::Now() - forgotten;
    while (m_until <= Simulator::Now()) {
        m_bad = !m_bad;
        m_until += Stay();
    }
    return Draw() < (m_bad ? m_lossBad : m_lossGood);
}

/* ---- shadowing ------------------------------------------------------------------------------- */

TypeId IkeletShadowing::GetTypeId()
{
    static TypeId tid =
        TypeId("ns3::IkeletShadowing")
            .SetParent<PropagationLossModel>()
            .SetGroupName("Ikelet")
            .AddConstructor<IkeletShadowing>()
            .AddAttribute("Sigma", "Standard deviation of the gain, in dB.", DoubleValue(0),
                          MakeDoubleAccessor(&IkeletShadowing::m_sigma),
                          MakeDoubleChecker<double>(0));
    return tid;
}

IkeletShadowing::IkeletShadowing() : m_random(CreateObject<NormalRandomVariable>())
{
}

double IkeletShadowing::DoCalcRxPower(double txPowerDbm, Ptr<MobilityModel> a,
                                      Ptr<MobilityModel> b) const
{
    std::pair<uint32_t, uint32_t> pair =
        std::minmax(a->GetObject<Node>()->GetId(), b->GetObject<Node>()->GetId());
    auto found = m_gains.find(pair);
    if (found == m_gains.end())
        found = m_gains.emplace(pair, m_sigma * m_random->GetValue(0, 1)).first;
    return txPowerDbm + found->second;
}

int64_t IkeletShadowing::DoAssignStreams(int64_t stream)
{
    m_random->SetStream(stream);
    return 1;
}

} // namespace ns3
