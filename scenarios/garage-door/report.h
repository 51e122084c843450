/* SPDX-License-Identifier: MIT */
/*
 * The record of one run of garage-door as plain data, and what can be written from it.
 *
 * Times are microseconds of virtual time since the run began, kNever where something did not
 * happen. Nothing here is floating point, names an address in memory or comes from a wall clock:
 * the same run writes the same bytes. Nodes are numbered: 0 is the gateway, 1 … remotes are the
 * remotes. Presses are numbered from 1, in order of time; 0 means "no press".
 */
#ifndef GARAGE_DOOR_REPORT_H
#define GARAGE_DOOR_REPORT_H

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

#include <jansson.h>

#include "settings.h"

namespace garage
{

constexpr int64_t kNever = -1;
constexpr uint32_t kNoNode = UINT32_MAX;
constexpr uint32_t kGateway = 0;

/* Version of summary.json and of the columns of events.csv; raised when a key changes its meaning
 * or goes away, not when one is added. */
constexpr const char *kSchema = "ikelet-garage-door/2";

/* What the user asked for, after its checks. */
struct Options {
    uint32_t remotes = 3;
    uint32_t presses = 12;           /* of all remotes together */
    int64_t intervalUs = 60'000'000; /* from one press to the next, whichever remote it is */
    scenario::AirOptions air;
    scenario::PowerOptions power;   /* of the remotes; the gateway is a PC */
    int64_t ikeTimeoutUs = 700'000; /* before an IKE request is sent again for the first time */
    bool brief = false;             /* handshakes leave out what they may */
    bool keyAhead = false;          /* the next key pair is computed before the press */
    uint32_t ikeJitter = 25;        /* per cent by which such a wait is shortened at most */
    int64_t patienceUs = 400'000;   /* the same of a command */
    std::string suite;              /* as given, or the default; empty if plain */
    std::string ikeSuite, espSuite; /* what suite came to, in host_suite_print's words */
    std::string mode = "transport"; /* or "tunnel" */
    bool plain = false;             /* no IPsec: suite, mode and handshakes count for nothing */
    std::string sa = "handshake"; /* each press, "resumed" by a ticket, or "kept" over the sleep */
    std::string firmware;         /* empty, "core", or an image that the remotes are */
    uint32_t seed = 1, runs = 1;
    std::string out = "garage-door.out"; /* never written into a file */
    bool quiet = false;
};

/* X(identifier, name in events.csv). What `text`, a and b of an event are stands beside each;
 * peer is the other node where there is one. octets: of the UDP payload or ESP packet. */
#define GARAGE_EVENTS(X)                                                                           \
    X(Press, "press")          /* a finger on a remote; text: "open" or "close" */                 \
    X(Wake, "wake")            /* the remote is on */                                              \
    X(Sleep, "sleep")          /* the remote is off, its SAs are gone; a: time awake in us */      \
    X(Led, "led")              /* one blink; text: what for ("ack", "status", "done", "fail") */   \
    X(IkeTx, "ike_tx")         /* text: "IKE_SA_INIT request 0"; a: octets, b: message id */       \
    X(IkeRetx, "ike_retx")     /* the same bytes again; text, a, b: as ike_tx */                   \
    X(IkeRx, "ike_rx")         /* text, a, b: as ike_tx */                                         \
    X(IkeUp, "ike_up")         /* IKE SA is up at this node */                                     \
    X(ChildUp, "child_up")     /* Child SA is up at this node; a: SPI in, b: SPI out */            \
    X(IkeFailed, "ike_failed") /* text: why, for people */                                         \
    X(ChildFailed, "child_failed") /* text: why */                                                 \
    X(IkeDown, "ike_down")         /* text: why */                                                 \
    X(JobStart, "job_start")   /* text: "ke_begin", "ke_answer", "ke_end"; a: us that it needs */  \
    X(JobDone, "job_done")     /* text: as job_start, or "cancelled"; a: us since */               \
    X(CommandTx, "command_tx") /* text: "open" or "close"; a: octets, b: tries so far */           \
    X(CommandRx, "command_rx") /* at the gateway, repeated ones too; text, a, b likewise */        \
    X(AckTx, "ack_tx")         /* a: octets, b: number of the try that it answers */               \
    X(AckRx, "ack_rx")                                                                             \
    X(StatusTx, "status_tx") /* text: "opening" or "closing"; a: octets, b: per cent travelled */  \
    X(StatusRx, "status_rx")                                                                       \
    X(DoneTx, "done_tx") /* text: "opened" or "closed"; a: octets, b: tries so far */              \
    X(DoneRx, "done_rx")                                                                           \
    X(DoneAckTx, "done_ack_tx") /* the remote has seen the last message; a: octets, b: its try */  \
    X(DoneAckRx, "done_ack_rx")                                                                    \
    X(DoorStart, "door_start") /* at the gateway; text: "opening" or "closing" */                  \
    X(DoorStop, "door_stop")   /* text: "opened" or "closed" */                                    \
    X(Drop, "drop")            /* the core refused a packet; text: host_drop_name; a: octets */    \
    X(PressDone, "press_done") /* the remote knows that the door is where it was told to go */     \
    X(PressFailed, "press_failed") /* text: name of the reason (GARAGE_REASONS) */

enum class EventKind : uint8_t {
#define GARAGE_EVENT_ENUM(id, name) id,
    GARAGE_EVENTS(GARAGE_EVENT_ENUM)
#undef GARAGE_EVENT_ENUM
};

/* One line of events.csv. In order of time; those of one moment in the order they happened. */
struct Event {
    int64_t at = 0;
    EventKind kind = EventKind::Press;
    uint32_t node = kGateway; /* where it happened */
    uint32_t peer = kNoNode;
    uint32_t press = 0;    /* that it belongs to; at the gateway, too */
    uint64_t message = 0;  /* the *_tx and *_rx of one transmission share it (an arrow); 0: none */
    int64_t a = 0, b = 0;  /* see GARAGE_EVENTS */
    std::string text = {}; /* plain ASCII without comma, quote or line end */
};

/* Why a press did not end as it should. X(identifier, name in summary.json, text for people) */
#define GARAGE_REASONS(X)                                                                          \
    X(None, "none", "none")                                                                        \
    X(IkeTimeout, "ike_timeout", "handshake: no answer")                                           \
    X(IkeAuth, "ike_auth", "handshake: authentication failed")                                     \
    X(IkeProposal, "ike_proposal", "handshake: no proposal chosen")                                \
    X(IkeOther, "ike_other", "handshake: another error")                                           \
    X(NoAck, "no_ack", "no answer to the command")                                                 \
    X(NoDone, "no_done", "acknowledged, but the end was not seen")                                 \
    X(Superseded, "superseded", "pressed again before the end")                                    \
    X(Unfinished, "unfinished", "the run ended before it")

enum class Reason : uint8_t {
#define GARAGE_REASON_ENUM(id, name, text) id,
    GARAGE_REASONS(GARAGE_REASON_ENUM)
#undef GARAGE_REASON_ENUM
};

/* One press of a button. */
struct Press {
    uint32_t id = 0;
    uint32_t remote = 1;
    bool open = true; /* or close */
    int64_t at = 0;
    bool handshake = false;   /* a handshake was begun for it (plain, or SAs still up: none) */
    bool resumed = false;     /* its last one was a resumption (RFC 5723) */
    int64_t readyAt = kNever; /* IKE and Child SA are up at the remote, by that handshake */
    int64_t ackAt = kNever;   /* the remote has the acknowledgement */
    int64_t movedAt = kNever; /* the door began to move for it: it counts as moved */
    int64_t doneAt = kNever;  /* the remote has the last message */
    int64_t sleepAt =
        kNever;             /* the remote went to sleep after it (kNever if pressed again first) */
    int64_t endAt = kNever; /* it was done or given up */
    Reason reason = Reason::None; /* None if doneAt is known */
    uint32_t commandTries = 0;    /* transmissions of the command by the remote's application */
    uint32_t statuses = 0; /* status packets that the remote has got (the last one not counted) */
    uint32_t leds = 0;     /* blinks of the LED */
    uint32_t ikeRetransmissions = 0; /* requests sent again on time-out, by either end */
    uint32_t repeatedAnswers = 0;    /* IKE answers sent again, because the request came again */
    uint32_t macRetransmissions = 0; /* 802.15.4 frames sent again */
    uint32_t frames = 0; /* on air, by both ends, acknowledgements and repeated ones too */
    uint64_t bytes = 0;  /* of those frames: PSDU and 6 octets of preamble, SFD and PHR each */
    int64_t cpuUs = 0;   /* CPU time of the remote */
    double joules = 0;   /* that the remote's battery gave, until its next press */
    double handshakeJoules = 0; /* of those, until its Child SA was up */
    /* From the press to the next press of the same remote: what is on air after the end (Delete)
     * counts for the press before it. */
};

/* A node at the end of the run. */
struct NodeTotals {
    std::string name;    /* "gateway", "remote-1" */
    uint32_t frames = 0; /* that it sent */
    uint64_t bytes = 0;
    int64_t cpuUs = 0;
    int64_t awakeUs = 0; /* radio on */
    uint32_t saLeft = 0; /* IKE and Child SAs in its pools at the end */
    uint64_t lost = 0, duplicates = 0, macRetransmissions = 0; /* frames: see AirCount */
    /* Joules by phase, and what the battery counts itself; empty if nobody asked for energy. */
    std::vector<std::pair<std::string, double>> ledger;
    double drawnJ = 0;
    /* struct ik_counters and struct ik_meter by their names, only those that are not 0 */
    std::vector<std::pair<std::string, uint64_t>> counts, drops, costs;
};

struct Totals {
    uint32_t handshakesBegun = 0;
    uint32_t handshakesOk = 0;
    uint32_t handshakesFailed = 0;
    uint32_t retransmissions = 0; /* IKE requests sent again on time-out, by either end */
    uint32_t repeatedAnswers = 0; /* IKE answers sent again, because the request came again */
    uint32_t commandRetransmissions = 0;
    uint32_t macRetransmissions = 0;
    uint32_t frames = 0, framesLost = 0; /* sent by anyone; dropped by the loss model */
    uint32_t duplicates = 0;             /* frames that came again, and were dropped as such */
    uint64_t bytes = 0;
    uint32_t leds = 0;
    int64_t cpuUs = 0;   /* of all remotes */
    int64_t endedAt = 0; /* virtual time when the run ended */
};

struct Run {
    Options options;
    std::vector<Press> presses;
    std::vector<Event> events;
    std::vector<NodeTotals> nodes; /* by node number */
    Totals totals;
};

/* ---- report_stats.cc ----------------------------------------------------------------------- */

/* All runs as one: presses behind each other, totals and nodes summed. Events are those of the
 * first. */
Run Merge(const std::vector<Run> &runs);

/* Energy was asked for. */
bool HasEnergy(const Run &run);
/* Joules by phase of all remotes. */
std::vector<std::pair<std::string, double>> LedgerOf(const Run &run);
/* What the batteries of all remotes gave, sleep included, by the number of presses. */
double JoulesPerPress(const Run &run);
double PressesPerBattery(const Run &run);

/* Order statistics. p95 is the smallest value that at least 95 % do not exceed (nearest rank);
 * the median of an even number is the lower middle plus half the gap, rounded down. n 0: all 0. */
struct Stats {
    uint32_t n = 0;
    int64_t min = 0, median = 0, p95 = 0, max = 0;
};
Stats Summarise(std::vector<int64_t> values);

/* Of the presses where they are known, in microseconds from the press. */
std::vector<int64_t> AckTimes(const Run &run);
std::vector<int64_t> DoneTimes(const Run &run);
std::vector<int64_t> HandshakeTimes(const Run &run);
uint32_t DoorsMoved(const Run &run);
/* Handshakes that came up by a ticket. */
uint32_t HandshakesResumed(const Run &run);

const char *EventName(EventKind kind);
const char *ReasonName(Reason reason);
const char *ReasonText(Reason reason);

/* ---- report_table.cc, report_json.cc, report_csv.cc, report_svg.cc --------------------------- */

/* The table for people. */
void PrintTable(std::ostream &os, const Run &run);

/* What was asked for: "options" of summary.json. A new reference. */
json_t *OptionsObject(const Options &options);
/* DIR/summary.json, DIR/events.csv, DIR/timeline.svg. False if it can't be written (errno tells).
 * A time of microseconds is written in milliseconds with three decimals. */
bool WriteSummaryJson(const std::string &dir, const Run &run, const std::vector<Run> &runs);
bool WriteEventsCsv(const std::string &dir, const Run &run);
/* presses.csv, handshakes.csv, nodes.csv, runs.csv: a row each. */
bool WriteTidyCsv(const std::string &dir, const std::vector<Run> &runs);
bool WriteTimelineSvg(const std::string &dir, const Run &run);
/* DIR/report.html, with DIR/timeline.svg in it. */
bool WriteReportHtml(const std::string &dir, const Run &run, const std::vector<Run> &runs);

} // namespace garage

#endif
