/* SPDX-License-Identifier: MIT */
#ifndef IKELET_CPU_H
#define IKELET_CPU_H

#include <array>
#include <cstdint>
#include <string>

#include "ns3/nstime.h"

#include "ikelet/ikelet.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief What each cryptographic primitive costs on some processor: cycles and a clock rate.
 *
 * A profile is "ideal" (everything is free), a built-in name ("msp430f1611", "msp430f5438a",
 * "msp430fr5994": bench/cost/), or a file of lines
 * `name,cycles[,note]` with the names of IK_COSTS and a line `clock_hz,N`. What a file does not
 * name is free.
 */
class IkeletCpu
{
  public:
    /// \brief Finds a built-in profile or reads a file.
    /// \param name "ideal", a part as bench/cost/ has them, or the path of a CSV file
    /// \param error gets one line for people if it fails; may be null
    /// \return true if *this is that profile now
    bool Load(const std::string &name, std::string *error);

    /// \return cycles that this much work costs
    uint64_t Cycles(const struct ik_meter &work) const;
    /// \return cycles of one primitive
    uint64_t Cycles(enum ik_cost primitive) const;
    /// \return what the work consists of: "sha256_block 12, hmac 3"
    static std::string Describe(const struct ik_meter &work);
    /// \return how long so many cycles take, rounded down to a nanosecond
    Time Duration(uint64_t cycles) const;

    /// \return after minus before, entry by entry (the meter wraps at 2^32)
    static struct ik_meter Difference(const struct ik_meter &before, const struct ik_meter &after);

  private:
    bool Parse(const std::string &text, std::string *error);
    bool ParseLine(const std::string &line, std::string *error);

    uint64_t m_hz = 0; ///< 0: everything is free
    std::array<uint64_t, IK_COST_N> m_cycles{};
};

} // namespace ns3

#endif
