/* SPDX-License-Identifier: MIT */
#include "ikelet-energy-parts.h"

#include "ns3/log.h"

#include "ikelet-energy-table.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletEnergyParts");

namespace
{

constexpr double kMicro = 1e-6;

} // namespace

bool IkeletFindMcu(const std::string &name, IkeletMcuPart *out)
{
    for (const auto &row : kMcus) {
        if (name == row.name) {
            *out = {row.name, kMicro * row.active, kMicro * row.sleep, kMicro * row.deepSleep};
            return true;
        }
    }
    NS_LOG_INFO("no microcontroller is called " << name);
    return false;
}

bool IkeletFindRadio(const std::string &name, IkeletRadioPart *out)
{
    for (const auto &row : kRadios) {
        if (name == row.name) {
            *out = {row.name,
                    kMicro * row.transmit,
                    kMicro * row.receive,
                    kMicro * row.listen,
                    kMicro * row.start,
                    kMicro * row.off,
                    kMicro * row.unpowered,
                    NanoSeconds(static_cast<uint64_t>(1000 * row.crystal))};
            return true;
        }
    }
    NS_LOG_INFO("no radio is called " << name);
    return false;
}

std::vector<std::string> IkeletMcuNames()
{
    std::vector<std::string> names;
    for (const auto &row : kMcus)
        names.emplace_back(row.name);
    return names;
}

std::vector<std::string> IkeletRadioNames()
{
    std::vector<std::string> names;
    for (const auto &row : kRadios)
        names.emplace_back(row.name);
    return names;
}

double IkeletPartsVolts()
{
    return kVolts;
}

} // namespace ns3
