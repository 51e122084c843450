/* SPDX-License-Identifier: MIT */
/* The reports of garage-door, on records made by hand. */
#include <fstream>
#include <sstream>
#include <string>

#include <criterion/criterion.h>
#include <jansson.h>

#include "report.h"

using namespace garage;

static std::string read(const std::string &path)
{
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

static bool has(const std::string &text, const std::string &what)
{
    return text.find(what) != std::string::npos;
}

static Run make_run(uint32_t remotes)
{
    Run run;
    run.options.remotes = remotes;
    run.options.ikeSuite = "aes128-sha256-x25519";
    run.options.espSuite = "aes128-sha256";
    for (uint32_t i = 0; i <= remotes; i++) {
        NodeTotals node;
        node.name = i == 0 ? "gateway" : "remote-" + std::to_string(i);
        run.nodes.push_back(node);
    }
    run.totals.endedAt = 1000000;
    return run;
}

/* A press of one remote that took `us` to the end, or failed. */
static void add_press(Run &run, int64_t at, int64_t us, Reason reason, bool moved)
{
    Press press;
    press.id = static_cast<uint32_t>(run.presses.size() + 1);
    press.at = at;
    press.endAt = at + us;
    press.reason = reason;
    press.bytes = 100;
    if (moved)
        press.movedAt = at + us / 2;
    if (reason == Reason::None)
        press.ackAt = press.doneAt = at + us;
    run.presses.push_back(press);
}

Test(report, nearest_rank)
{
    cr_assert_eq(Summarise({}).n, 0);
    Stats one = Summarise({7});
    cr_assert(one.n == 1 && one.min == 7 && one.median == 7 && one.p95 == 7 && one.max == 7);
    Stats two = Summarise({4, 1});
    cr_assert(two.min == 1 && two.median == 2 && two.p95 == 4 && two.max == 4);
    std::vector<int64_t> hundred;
    for (int64_t i = 100; i >= 1; i--)
        hundred.push_back(i * 10);
    Stats s = Summarise(hundred);
    cr_assert_eq(s.n, 100);
    cr_assert_eq(s.min, 10);
    cr_assert_eq(s.median, 505);
    cr_assert_eq(s.p95, 950);
    cr_assert_eq(s.max, 1000);
    hundred.push_back(2000);
    cr_assert_eq(Summarise(hundred).p95, 960, "the 96th of 101");
}

Test(report, summary_of_presses_that_went_well_and_badly)
{
    Run run = make_run(1);
    run.options.seed = 42;
    add_press(run, 1000, 12345, Reason::None, true);
    add_press(run, 50000, 20000, Reason::NoDone, true);
    add_press(run, 90000, 30000, Reason::IkeAuth, false);
    cr_assert(WriteSummaryJson(".", run, {run}));
    json_error_t error;
    json_t *j = json_load_file("summary.json", 0, &error);
    cr_assert_not_null(j, "%s", error.text);
    auto integer = [j](const char *key) { return json_integer_value(json_object_get(j, key)); };
    cr_assert_str_eq(json_string_value(json_object_get(j, "schema")), kSchema);
    cr_assert_eq(integer("seed"), 42);
    cr_assert_eq(integer("presses"), 3);
    cr_assert_eq(integer("doors_moved"), 2);
    cr_assert_eq(integer("presses_done"), 1);
    cr_assert_eq(integer("bytes_on_air_per_press"), 100);
    json_t *failures = json_object_get(j, "failures");
    cr_assert_eq(json_integer_value(json_object_get(failures, "no_done")), 1);
    cr_assert_eq(json_integer_value(json_object_get(failures, "ike_auth")), 1);
    cr_assert_eq(json_integer_value(json_object_get(failures, "no_ack")), 0);
    json_t *done = json_object_get(j, "done_ms");
    cr_assert_float_eq(json_real_value(json_object_get(done, "max")), 12.345, 1e-9);
    cr_assert(has(read("summary.json"), "12.345\n") || has(read("summary.json"), "12.345,"),
              "no noise of binary fractions");
    json_decref(j);
}

Test(report, table_names_reasons)
{
    Run run = make_run(1);
    add_press(run, 1000, 12345, Reason::None, true);
    std::ostringstream good;
    PrintTable(good, run);
    cr_assert(has(good.str(), "failed presses            none"));
    cr_assert(has(good.str(), "doors moved               1 (100 %)"));
    cr_assert_not(has(good.str(), "end not seen"));
    add_press(run, 50000, 20000, Reason::Superseded, true);
    add_press(run, 90000, 30000, Reason::NoAck, false);
    std::ostringstream bad;
    PrintTable(bad, run);
    cr_assert(
        has(bad.str(), std::string("failed presses            1  ") + ReasonText(Reason::NoAck)));
    cr_assert(has(bad.str(),
                  std::string("moved, end not seen       1  ") + ReasonText(Reason::Superseded)));
    cr_assert(has(bad.str(), "doors moved               2 (66 %)"));
}

Test(report, table_of_nothing)
{
    Run run = make_run(1);
    std::ostringstream os;
    PrintTable(os, run);
    cr_assert(has(os.str(), "presses                   0"));
    run.options.plain = true;
    std::ostringstream plain;
    PrintTable(plain, run);
    cr_assert_not(has(plain.str(), "handshake"));
}

Test(report, events_line_by_line)
{
    Run run = make_run(2);
    Event event;
    event.at = 1234567;
    event.kind = EventKind::StatusTx;
    event.peer = 2;
    event.press = 3;
    event.message = 4;
    event.a = 16;
    event.b = 50;
    event.text = "opening";
    run.events.push_back(event);
    event = Event();
    event.at = 9;
    event.node = 1;
    run.events.push_back(event);
    cr_assert(WriteEventsCsv(".", run));
    std::string text = read("events.csv");
    cr_assert(has(text, "\n1234.567,gateway,status_tx,remote-2,3,4,16,50,opening\n"));
    cr_assert(has(text, "\n0.009,remote-1,press,,0,0,0,0,\n"));
}

Test(report, timeline_of_all_kinds_of_events)
{
    Run run = make_run(30); /* more remotes than rows */
    run.options.power.cpu = "<&>.csv";
    for (uint32_t i = 0; i < 9; i++)
        add_press(run, 1000 * i, 500, i % 3 ? Reason::None : Reason::NoAck, i % 3 != 0);
    run.presses[8].remote = 30;
    for (int kind = 0; kind <= static_cast<int>(EventKind::PressFailed); kind++) {
        Event event;
        event.at = 1000 + kind;
        event.kind = static_cast<EventKind>(kind);
        event.node = kind % 2 ? kGateway : 1;
        event.press = 2;
        event.message = static_cast<uint64_t>(kind);
        event.text = "a<b & c";
        run.events.push_back(event);
    }
    cr_assert(WriteTimelineSvg(".", run));
    std::string text = read("timeline.svg");
    cr_assert(has(text, "&lt;&amp;&gt;.csv"));
    cr_assert(has(text, "others"));
    cr_assert(has(text, ": lost</title>"));
    cr_assert_not(has(text, "a<b"));
    cr_assert_eq(text.substr(text.size() - 7), "</svg>\n");
}

Test(report, timeline_of_nothing)
{
    Run run = make_run(1);
    run.totals.endedAt = 0;
    cr_assert(WriteTimelineSvg(".", run));
    add_press(run, 0, 0, Reason::Unfinished, false);
    cr_assert(WriteTimelineSvg(".", run));
}

Test(report, no_folder_no_file)
{
    Run run = make_run(1);
    cr_assert_not(WriteSummaryJson("no-such-folder", run, {run}));
    cr_assert_not(WriteTidyCsv("no-such-folder", {run}));
    cr_assert_not(WriteReportHtml("no-such-folder", run, {run}));
    cr_assert_not(WriteEventsCsv("no-such-folder", run));
    cr_assert_not(WriteTimelineSvg("no-such-folder", run));
}
