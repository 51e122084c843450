/* SPDX-License-Identifier: MIT */
#ifndef IKELET_CPU_H
#define IKELET_CPU_H

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ns3/nstime.h"

#include "ikelet/ikelet.h"

namespace ns3
{

/// \ingroup ikelet
/// \brief What the firmware's board takes beside the core's work: the rows board_... of a table, in
/// cycles of its clock. A table without them has zeros.
struct IkeletBoard {
    uint64_t start = 0;      ///< from power to the first sleep, beside seeding
    uint64_t clock = 0;      ///< from power to where the firmware's clock begins
    uint64_t wake = 0;       ///< from deep sleep: crystal and clocks
    uint64_t own = 0;        ///< an own value of X25519, in slices with the main loop between them;
                             ///< 0: as the row x25519
    uint64_t shared = 0;     ///< a shared secret, likewise
    uint64_t espOut = 0;     ///< instead of the row esp_out, of a packet that no UDP carries
    uint64_t espIn = 0;      ///< instead of esp_in, likewise
    uint64_t udp = 0;        ///< of an ESP packet in UDP, each way, beyond its octets
    uint64_t again = 0;      ///< a request that is sent again
    uint64_t againOctet = 0; ///< and an octet of it, beyond the row udp_octets
    uint64_t after = 0;      ///< of the above, behind what leaves: until it sleeps
    uint64_t came = 0;       ///< a packet, from its last octet to the main loop
    uint64_t octetIn = 0;    ///< an octet on the serial line, taken in by an interrupt
    uint64_t nap = 0;        ///< it looks around in light sleep, each 32768 us
    uint64_t baud = 0;       ///< of that line, ten bits an octet, SLIP; 0: there is no line

    /// \return how many octets a packet takes on the line: SLIP (RFC 1055) with its IP and UDP
    /// headers
    static uint32_t LineOctets(const struct ik_path &path, const std::vector<uint8_t> &data);
};

/**
 * \ingroup ikelet
 * \brief What each cryptographic primitive costs on some processor: cycles and a clock rate.
 *
 * A profile is "ideal" (everything is free), a built-in name ("msp430f1611", "msp430f5438a",
 * "msp430fr5994": bench/cost/), or a file of lines
 * `name,cycles[,note]` with the names of IK_COSTS, a line `clock_hz,N`, and perhaps lines board_...
 * (IkeletBoard). What a file does not name is free.
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
    /// \return what the board takes
    const IkeletBoard &Board() const;
    /// \brief From now on ESP packets cost what the board's rows say.
    void UseBoard();
    /// \return cycles that so many octets take on the board's line; 0 if it has none
    uint64_t LineCycles(uint32_t octets) const;
    /// \return how long so many cycles take, rounded down to a nanosecond
    Time Duration(uint64_t cycles) const;

    /// \return after minus before, entry by entry (the meter wraps at 2^32)
    static struct ik_meter Difference(const struct ik_meter &before, const struct ik_meter &after);

  private:
    bool Parse(const std::string &text, std::string *error);
    bool ParseLine(const std::string &line, std::string *error);

    uint64_t m_hz = 0; ///< 0: everything is free
    std::array<uint64_t, IK_COST_N> m_cycles{};
    IkeletBoard m_board;
};

} // namespace ns3

#endif
