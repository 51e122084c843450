/* SPDX-License-Identifier: MIT */
/* One line on stderr that says how far a long run is. The only use of a wall clock: nothing of it
 * goes into a file. */
#ifndef GARAGE_DOOR_PROGRESS_H
#define GARAGE_DOOR_PROGRESS_H

#include <chrono>
#include <cstdint>

namespace garage
{

class Progress
{
  public:
    explicit Progress(bool quiet);
    ~Progress();
    Progress(const Progress &) = delete;
    Progress &operator=(const Progress &) = delete;

    /* To be called often. done: presses that are over. */
    void Tell(uint32_t done, uint32_t presses, int64_t virtualUs);

  private:
    using Clock = std::chrono::steady_clock;

    bool m_quiet;
    bool m_terminal;
    bool m_printed = false;
    Clock::time_point m_began;
    Clock::time_point m_next;
};

} // namespace garage

#endif
