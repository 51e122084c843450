/* SPDX-License-Identifier: MIT */
#ifndef IKELET_ENERGY_PARTS_H
#define IKELET_ENERGY_PARTS_H

#include <string>
#include <vector>

#include "ns3/nstime.h"

namespace ns3
{

/// \ingroup ikelet
/// \brief Currents of a microcontroller by its data sheet, in ampere.
struct IkeletMcuPart {
    std::string name;
    double active = 0;    ///< it computes
    double sleep = 0;     ///< the clock runs, nothing is computed (LPM0)
    double deepSleep = 0; ///< it waits for a button or a timer (LPM3)
};

/// \ingroup ikelet
/// \brief Currents of a radio by its data sheet, in ampere, and how long it takes to start.
struct IkeletRadioPart {
    std::string name;
    double transmit = 0;
    double receive = 0;   ///< a frame comes in
    double listen = 0;    ///< the receiver is on and waits for one
    double start = 0;     ///< the crystal starts
    double off = 0;       ///< power-down that keeps the registers
    double unpowered = 0; ///< its supply is off
    Time crystal;         ///< of `start`; the synthesizer then locks at the current of `listen`
};

/// \ingroup ikelet
/// \name Parts by name, small letters: those of bench/energy/parts.json
/// @{
/// \return false if there is no such part
bool IkeletFindMcu(const std::string &name, IkeletMcuPart *out);
bool IkeletFindRadio(const std::string &name, IkeletRadioPart *out);
std::vector<std::string> IkeletMcuNames();
std::vector<std::string> IkeletRadioNames();
/// \return volts at which the currents are meant
double IkeletPartsVolts();
/// @}

} // namespace ns3

#endif
