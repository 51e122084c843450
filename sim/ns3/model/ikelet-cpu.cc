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
