/* SPDX-License-Identifier: MIT */
#include "presses.h"

#include <algorithm>

#include "ns3/random-variable-stream.h"

#include "recorder.h"

namespace garage
{

using namespace ns3;

std::vector<Time> PressTimes(const Options &options, int64_t stream)
{
    Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
    random->SetStream(stream);
    uint32_t slack = static_cast<uint32_t>(std::min<int64_t>(options.intervalUs / 10, 1'000'000));
    std::vector<Time> times;
    for (uint32_t i = 0; i < options.presses; i++)
        times.push_back(kFirstPress + FromUs(i * options.intervalUs) +
                        MicroSeconds(random->GetInteger(0, slack)));
    return times;
}

} // namespace garage
