/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <cinttypes>
#include <cstdio>

#include <unistd.h>

namespace garage
{

namespace
{

constexpr std::chrono::milliseconds kTerminalEvery(500);
constexpr std::chrono::seconds kLogEvery(5);

} // namespace

Progress::Progress(bool quiet)
    : m_quiet(quiet), m_terminal(isatty(STDERR_FILENO) == 1), m_began(Clock::now()), m_next(m_began)
{
    m_next += m_terminal ? Clock::duration(kTerminalEvery) : Clock::duration(kLogEvery);
}

Progress::~Progress()
{
    if (m_printed && m_terminal)
        std::fputs("\r\033[K", stderr);
}

void Progress::Tell(uint32_t done, uint32_t presses, int64_t virtualUs)
{
    if (m_quiet || Clock::now() < m_next)
        return;
    m_next =
        Clock::now() + (m_terminal ? Clock::duration(kTerminalEvery) : Clock::duration(kLogEvery));
    auto wall = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - m_began).count();
    std::fprintf(stderr,
                 "%sgarage-door: %" PRIu32 " of %" PRIu32 " presses, %" PRId64
                 " s simulated in %lld s%s",
                 m_terminal ? "\r\033[K" : "", done, presses, virtualUs / 1000000,
                 static_cast<long long>(wall), m_terminal ? "" : "\n");
    std::fflush(stderr);
    m_printed = true;
}

} // namespace garage
