/* SPDX-License-Identifier: MIT */
/* Who sent what when, as a drawing: all handshakes of a simulation, a row for each station, and
 * some of them message by message. Nothing of ns-3 in it. Times are microseconds, -1: never. */
#ifndef SCENARIO_TIMELINE_H
#define SCENARIO_TIMELINE_H

#include <cstdint>
#include <string>
#include <vector>

namespace scenario
{

/* A datagram between the two ends of a panel. */
struct TimelineMessage {
    int64_t sentAt = -1;    /* never: it came as nobody has sent it */
    int64_t arrivedAt = -1; /* never: it was lost, or changed on the way */
    bool fromStation = true;
    bool again = false; /* the same octets once more */
    uint32_t octets = 0;
    std::string text; /* its first word is the label: "IKE_SA_INIT request 0" */
};

/* Time in which one of the ends computes for a key exchange. */
struct TimelineWork {
    int64_t from = 0, to = 0;
    bool ofStation = true;
};

struct TimelineHandshake {
    std::string station, peer;
    bool peerSeen = true; /* if not, it is unknown when it sent and got */
    int64_t at = 0, endedAt = -1;
    bool ok = false;
    std::string reason; /* why not */
    std::vector<TimelineMessage> messages;
    std::vector<TimelineWork> work;
};

struct TimelineBar {
    size_t row = 0;
    int64_t at = 0, endedAt = 0;
    bool ok = false;
};

struct Timeline {
    std::string variant;           /* which of several simulations; may be empty */
    std::vector<std::string> rows; /* the stations */
    std::vector<TimelineBar> bars; /* every handshake */
    int64_t endedAt = 0;
    std::vector<TimelineHandshake> details;
};

std::string DrawTimeline(const Timeline &timeline);

} // namespace scenario

#endif
