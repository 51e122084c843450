/* SPDX-License-Identifier: MIT */
#include <algorithm>

#include "report.h"

namespace garage
{

Stats Summarise(std::vector<int64_t> values)
{
    Stats s;
    if (values.empty())
        return s;
    std::sort(values.begin(), values.end());
    const size_t n = values.size();
    const int64_t low = values[(n - 1) / 2];
    s.n = static_cast<uint32_t>(n);
    s.min = values.front();
    s.median = low + (values[n / 2] - low) / 2;
    s.p95 = values[(n * 95 + 99) / 100 - 1];
    s.max = values.back();
    return s;
}

/* The time from the press to the moment that `member` names, where it came. */
static std::vector<int64_t> TimesTo(const Run &run, int64_t Press::*member)
{
    std::vector<int64_t> out;
    for (const Press &p : run.presses)
        if (p.*member != kNever)
            out.push_back(p.*member - p.at);
    return out;
}

std::vector<int64_t> AckTimes(const Run &run)
{
    return TimesTo(run, &Press::ackAt);
}

std::vector<int64_t> DoneTimes(const Run &run)
{
    return TimesTo(run, &Press::doneAt);
}

std::vector<int64_t> HandshakeTimes(const Run &run)
{
    return TimesTo(run, &Press::readyAt);
}

uint32_t DoorsMoved(const Run &run)
{
    return static_cast<uint32_t>(std::count_if(run.presses.begin(), run.presses.end(),
                                               [](const Press &p) { return p.movedAt != kNever; }));
}

const char *EventName(EventKind kind)
{
    static const char *const names[] = {
#define GARAGE_EVENT_NAME(id, name) name,
        GARAGE_EVENTS(GARAGE_EVENT_NAME)
#undef GARAGE_EVENT_NAME
    };
    return names[static_cast<size_t>(kind)];
}

const char *ReasonName(Reason reason)
{
    static const char *const names[] = {
#define GARAGE_REASON_NAME(id, name, text) name,
        GARAGE_REASONS(GARAGE_REASON_NAME)
#undef GARAGE_REASON_NAME
    };
    return names[static_cast<size_t>(reason)];
}

const char *ReasonText(Reason reason)
{
    static const char *const texts[] = {
#define GARAGE_REASON_TEXT(id, name, text) text,
        GARAGE_REASONS(GARAGE_REASON_TEXT)
#undef GARAGE_REASON_TEXT
    };
    return texts[static_cast<size_t>(reason)];
}

} // namespace garage
