/* SPDX-License-Identifier: MIT */
#include "ikelet-cpu.h"

#include <fstream>
#include <sstream>

#include "ns3/log.h"

#include "ikelet-cpu-table.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletCpu");

namespace
{

const char *const kCostNames[] = {
#define IK_COST_NAME(id, name) name,
    IK_COSTS(IK_COST_NAME)
#undef IK_COST_NAME
};

constexpr uint64_t kMaxHz = 10000000000; /* so that Duration() does not overflow */

constexpr struct {
    const char *name;
    uint64_t IkeletBoard::*field;
} kBoard[] = {
    {"board_start", &IkeletBoard::start},      {"board_clock", &IkeletBoard::clock},
    {"board_wake", &IkeletBoard::wake},        {"board_own", &IkeletBoard::own},
    {"board_shared", &IkeletBoard::shared},    {"board_esp_out", &IkeletBoard::espOut},
    {"board_esp_in", &IkeletBoard::espIn},     {"board_udp", &IkeletBoard::udp},
    {"board_again", &IkeletBoard::again},      {"board_again_octet", &IkeletBoard::againOctet},
    {"board_after", &IkeletBoard::after},      {"board_came", &IkeletBoard::came},
    {"board_octet_in", &IkeletBoard::octetIn}, {"board_nap", &IkeletBoard::nap},
    {"board_baud", &IkeletBoard::baud}};

bool ParseNumber(const std::string &text, uint64_t *out)
{
    if (text.empty() || text.size() > 15 ||
        text.find_first_not_of("0123456789") != std::string::npos)
        return false;
    *out = std::stoull(text);
    return true;
}

bool Complain(std::string *error, const std::string &what)
{
    if (error)
        *error = what;
    return false;
}

} // namespace

bool IkeletCpu::Load(const std::string &name, std::string *error)
{
    m_hz = 0;
    m_cycles.fill(0);
    m_board = {};
    if (name == "ideal")
        return true;
    for (const auto &table : kTables) {
        if (name == table.name)
            return Parse(table.csv, error);
    }
    std::ifstream file(name);
    if (!file)
        return Complain(error, "neither ideal nor a part that was measured nor a readable file");
    std::ostringstream text;
    text << file.rdbuf();
    std::string why;
    if (Parse(text.str(), &why))
        return true;
    return Complain(error, why);
}

bool IkeletCpu::Parse(const std::string &text, std::string *error)
{
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        if (line.empty() || line[0] == '#')
            continue;
        if (!ParseLine(line, error))
            return false;
    }
    if (m_hz == 0 || m_hz > kMaxHz)
        return Complain(error, "no line clock_hz,N with N from 1 to 10000000000");
    NS_LOG_INFO(m_hz << " Hz, X25519 in " << m_cycles[IK_COST_X25519] << " cycles");
    return true;
}

bool IkeletCpu::ParseLine(const std::string &line, std::string *error)
{
    size_t comma = line.find(',');
    std::string name = line.substr(0, comma);
    std::string number;
    if (comma != std::string::npos)
        number = line.substr(comma + 1, line.find(',', comma + 1) - comma - 1);
    uint64_t value = 0;
    if (!ParseNumber(number, &value))
        return Complain(error, "no number of cycles in line \"" + line + "\"");
    if (name == "clock_hz") {
        m_hz = value;
        return true;
    }
    for (const auto &row : kBoard) {
        if (name == row.name) {
            m_board.*row.field = value;
            return true;
        }
    }
    for (size_t i = 0; i < IK_COST_N; i++) {
        if (name == kCostNames[i]) {
            m_cycles[i] = value;
            return true;
        }
    }
    return Complain(error, "no primitive is called \"" + name + "\"");
}

uint64_t IkeletCpu::Cycles(const struct ik_meter &work) const
{
    uint64_t cycles = 0;
    for (size_t i = 0; i < IK_COST_N; i++)
        cycles += work.n[i] * m_cycles[i];
    return cycles;
}

std::string IkeletCpu::Describe(const struct ik_meter &work)
{
    std::ostringstream out;
    for (size_t i = 0; i < IK_COST_N; i++) {
        if (work.n[i] > 0)
            out << (out.tellp() > 0 ? ", " : "") << kCostNames[i] << " " << work.n[i];
    }
    return out.str();
}

uint64_t IkeletCpu::Cycles(enum ik_cost primitive) const
{
    return primitive < IK_COST_N ? m_cycles[primitive] : 0;
}

const IkeletBoard &IkeletCpu::Board() const
{
    return m_board;
}

void IkeletCpu::UseBoard()
{
    if (m_board.espOut && m_board.espIn) {
        m_cycles[IK_COST_ESP_OUT] = m_board.espOut;
        m_cycles[IK_COST_ESP_IN] = m_board.espIn;
    }
}

uint64_t IkeletCpu::LineCycles(uint32_t octets) const
{
    constexpr uint64_t kBits = 10; /* start, eight, stop */
    return m_board.baud ? octets * kBits * m_hz / m_board.baud : 0;
}

uint32_t IkeletBoard::LineOctets(const struct ik_path &path, const std::vector<uint8_t> &data)
{
    constexpr uint8_t kEnd = 0xc0, kEsc = 0xdb;
    uint32_t octets = 2;
    if (path.carrier != IK_CARRIER_AH) /* its packets have their header */
        octets += path.remote.family == 6 ? 40 : 20;
    if (path.carrier == IK_CARRIER_UDP500 || path.carrier == IK_CARRIER_UDP4500)
        octets += 8;
    for (uint8_t octet : data)
        octets += octet == kEnd || octet == kEsc ? 2 : 1;
    return octets;
}

Time IkeletCpu::Duration(uint64_t cycles) const
{
    if (m_hz == 0)
        return Time(0);
    /* In two parts, because cycles times 10^9 does not fit. */
    uint64_t ns = cycles / m_hz * 1000000000u + cycles % m_hz * 1000000000u / m_hz;
    return NanoSeconds(ns);
}

struct ik_meter IkeletCpu::Difference(const struct ik_meter &before, const struct ik_meter &after)
{
    struct ik_meter work;
    for (size_t i = 0; i < IK_COST_N; i++)
        work.n[i] = after.n[i] - before.n[i];
    return work;
}

} // namespace ns3
