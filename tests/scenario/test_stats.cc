/* SPDX-License-Identifier: MIT */
/* Statistics, charts and pages of scenarios/common, without ns-3. */
#include <cmath>
#include <fstream>
#include <regex>
#include <sstream>

#include "chart.h"
#include "html.h"
#include "json.h"
#include "stats.h"
#include "timeline.h"

#include <criterion/criterion.h>

using namespace scenario;

/* Tables of Student's t, two-sided 95 %. */
Test(stats, student)
{
    cr_assert_float_eq(StudentT(1), 12.7062, 1e-4);
    cr_assert_float_eq(StudentT(9), 2.26216, 1e-5);
    cr_assert_float_eq(StudentT(30), 2.04227, 1e-5);
    cr_assert_float_eq(StudentT(31), 2.03951, 1e-4);
    cr_assert_float_eq(StudentT(100), 1.98397, 1e-5);
    cr_assert_float_eq(StudentT(1000000), 1.95996, 1e-5);
}

/* Wilson's interval of 8 of 10, of none and of all (Brown, Cai and DasGupta 2001). */
Test(stats, wilson)
{
    Proportion p = ProportionOf(8, 10);
    cr_assert_float_eq(p.low, 0.4902, 1e-4);
    cr_assert_float_eq(p.high, 0.9433, 1e-4);
    cr_assert_float_eq(ProportionOf(0, 20).high, 0.1611, 1e-4);
    cr_assert_float_eq(ProportionOf(0, 20).low, 0, 1e-12);
    cr_assert_float_eq(ProportionOf(20, 20).low, 0.8389, 1e-4);
    cr_assert_eq(ProportionOf(0, 0).high, 1);
}

Test(stats, mean)
{
    Mean m = MeanOf({2, 4, 4, 4, 5, 5, 7, 9});
    cr_assert_float_eq(m.mean, 5, 1e-12);
    cr_assert_float_eq(m.deviation, 2.13809, 1e-5);
    cr_assert_float_eq(m.high - m.mean, 2.364624 * 2.13809 / std::sqrt(8), 1e-4);
    cr_assert_not(MeanOf({3}).hasInterval);
    cr_assert_eq(MeanOf({}).n, 0);
}

Test(stats, order)
{
    std::vector<double> values;
    for (int i = 19; i > 0; i--)
        values.push_back(i);
    cr_assert_not(Ordered(values).hasP95, "of 19 values");
    values.push_back(20);
    Order o = Ordered(values);
    cr_assert(o.hasP95);
    cr_assert_float_eq(o.p95, 19, 1e-12);
    cr_assert_float_eq(o.median, 10.5, 1e-12);
    cr_assert_eq(Ordered({}).n, 0);
}

Test(stats, json)
{
    json_t *few = OrderObject({1, 2, 3});
    cr_assert(json_is_null(json_object_get(few, "p95")));
    cr_assert_float_eq(json_real_value(json_object_get(few, "median")), 2, 1e-12);
    json_decref(few);
    json_t *noise = Real(0.1 + 0.2, 6);
    cr_assert_eq(json_real_value(noise), 0.3);
    json_decref(noise);
    json_t *none = Real(NAN);
    cr_assert(json_is_null(none));
    json_decref(none);
}

Test(chart, numbers_for_people)
{
    const std::pair<std::string, const char *> cases[] = {
        {Brief(0), "0"},         {Brief(1234.5), "1234"},
        {Brief(12.345), "12.3"}, {Brief(0.012345), "0.0123"},
        {Brief(-2.5), "-2.5"},   {EscapeXml("<a & \"b\">"), "&lt;a &amp; &quot;b&quot;&gt;"}};
    for (const auto &one : cases)
        cr_assert_str_eq(one.first.c_str(), one.second);
}

/* Nothing, one point, and names that would break the page. */
Test(chart, edges)
{
    Axes axes;
    axes.title = "<t>";
    cr_assert_neq(LineChart(axes, {}).find("&lt;t&gt;"), std::string::npos);
    Series one;
    one.name = "a & b";
    one.x = {0};
    one.y = {0};
    axes.logX = true;
    std::string svg = LineChart(axes, {one});
    cr_assert_neq(svg.find("a &amp; b"), std::string::npos);
    cr_assert_eq(svg.find("nan"), std::string::npos);
    cr_assert_eq(StackedBars("t", "u", {}, {}).find("nan"), std::string::npos);
    cr_assert_eq(svg, LineChart(axes, {one}), "the same data, other octets");
}

/* What stands below the x axis. */
static std::vector<std::string> ticks_of(const std::string &svg)
{
    const std::regex tick("text-anchor=\"middle\" font-size=\"12\" font-family=\"sans-serif\" >"
                          "([0-9.-]+)<");
    std::vector<std::string> ticks;
    for (std::sregex_iterator i(svg.begin(), svg.end(), tick), end; i != end; ++i)
        ticks.push_back((*i)[1]);
    return ticks;
}

/* No two ticks are named alike: not of values that are near each other, nor of one value. */
Test(chart, ticks_differ)
{
    const std::vector<std::vector<double>> cases = {
        {34.4012, 34.4031, 34.4085}, {1220, 1220}, {1220, 1221}, {0, 0}, {0.0001234, 0.0001235}};
    for (const std::vector<double> &x : cases) {
        Series s;
        s.x = x;
        s.y.assign(x.size(), 1);
        std::vector<std::string> ticks = ticks_of(LineChart({}, {s}));
        cr_assert_gt(ticks.size(), 2);
        for (size_t i = 1; i < ticks.size(); i++)
            cr_assert_neq(ticks[i], ticks[i - 1], "%s twice", ticks[i].c_str());
    }
}

/* Half of two values is below the larger one, however far that is. */
Test(chart, distributions_are_steps)
{
    Series s = Distribution("d", {900, 45});
    const std::vector<double> x = {45, 45, 900, 900}, y = {0, 0.5, 0.5, 1};
    cr_assert(s.x == x && s.y == y);
    cr_assert_str_eq(Counted(1, "hop").c_str(), "1 hop");
    cr_assert_str_eq(Counted(2, "hop").c_str(), "2 hops");
}

Test(chart, page)
{
    Html html("a < b");
    html.Table({"x", "y"}, {{"1", "<2>"}});
    html.SvgFile("no-such-file.svg");
    cr_assert(html.Write("page.html"));
    cr_assert_not(html.Write("no-such-folder/page.html"));
    std::ifstream file("page.html");
    std::ostringstream text;
    text << file.rdbuf();
    cr_assert_neq(text.str().find("&lt;2&gt;"), std::string::npos);
    cr_assert_eq(text.str().find("<2>"), std::string::npos);
}

/* ---- timelines ---------------------------------------------------------------------------------
 */

static size_t count_of(const std::string &text, const std::string &what)
{
    size_t n = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        n++;
    return n;
}

static TimelineHandshake a_handshake(bool ok)
{
    TimelineHandshake h;
    h.station = "alice";
    h.peer = "bob";
    h.at = 1'000'000;
    h.endedAt = 1'040'000;
    h.ok = ok;
    h.reason = "no <answer>";
    h.messages = {{1'000'000, 1'010'000, true, false, 232, "IKE_SA_INIT request 0"},
                  {1'010'000, -1, false, false, 240, "IKE_SA_INIT response 0"},
                  {-1, 1'020'000, false, false, 240, "IKE_SA_INIT response 0"},
                  {1'030'000, 1'040'000, true, true, 232, "IKE_SA_INIT request 0"}};
    return h;
}

/* What has one end only says so, and is red; the same octets once more are told, too. */
Test(timeline, a_message_that_is_lost_or_comes_from_nobody)
{
    Timeline t;
    t.variant = "ke & nonce";
    t.rows = {"alice"};
    t.bars = {{0, 1'000'000, 1'040'000, false}};
    t.endedAt = 2'000'000;
    t.details = {a_handshake(false)};
    const std::string svg = DrawTimeline(t);
    cr_assert_eq(svg, DrawTimeline(t), "the same data, other octets");
    cr_assert_neq(svg.find("ke &amp; nonce: 1 handshake<"), std::string::npos);
    cr_assert_neq(svg.find("failed after 40.0 ms: no &lt;answer&gt;"), std::string::npos);
    cr_assert_eq(count_of(svg, ": lost or changed</title>"), 1);
    cr_assert_eq(count_of(svg, ": came so from neither end</title>"), 1);
    cr_assert_eq(count_of(svg, ": the same again</title>"), 1);
    cr_assert_eq(count_of(svg, "<polygon"), 4, "an arrow for each");
}

/* One handshake needs no row; many have one a station, those beyond the last row share it. */
Test(timeline, rows_of_many_stations)
{
    Timeline t;
    t.details = {a_handshake(true)};
    t.endedAt = 2'000'000;
    for (size_t i = 0; i < 40; i++) {
        t.rows.push_back("station-" + std::to_string(i));
        t.bars.push_back({i, 1'000'000, 1'040'000, i != 3});
    }
    const std::string svg = DrawTimeline(t);
    cr_assert_neq(svg.find("40 handshakes, 1 of them message by message"), std::string::npos);
    cr_assert_neq(svg.find(">station-22<"), std::string::npos);
    cr_assert_eq(svg.find(">station-23<"), std::string::npos);
    cr_assert_eq(count_of(svg, ">others<"), 1);
    t.bars.resize(1);
    cr_assert_eq(DrawTimeline(t).find(">station-0<"), std::string::npos);
}

/* What follows much later has a scale of its own. */
Test(timeline, two_scales)
{
    Timeline t;
    t.details = {a_handshake(true)};
    cr_assert_eq(count_of(DrawTimeline(t), ">//<"), 0);
    t.details[0].messages.push_back({9'000'000, 9'010'000, true, false, 100, "ESP"});
    cr_assert_eq(count_of(DrawTimeline(t), ">//<"), 1);
}

/* One that nobody has ended, with a peer that is not part of the simulation. */
Test(timeline, unfinished_with_a_peer_outside)
{
    Timeline t;
    t.details = {a_handshake(false)};
    t.details[0].endedAt = -1;
    cr_assert_neq(DrawTimeline(t).find("alice at 1.00 s: unfinished<"), std::string::npos);
    t.details[0].peerSeen = false;
    cr_assert_neq(DrawTimeline(t).find("is not simulated"), std::string::npos);
}

/* A report says how it was run: each name once, none that has no value. */
Test(json, how_it_was_run)
{
    json_t *one = json_pack("{s:s, s:b, s:i, s:n}", "suite", "x", "plain", 0, "hops", 2, "mode");
    json_t *two = json_pack("{s:i, s:f}", "hops", 3, "delay_ms", 1.5);
    const auto facts = HowItWasRun(7, 3, {one, nullptr, two});
    json_decref(one);
    json_decref(two);
    cr_assert_eq(facts.size(), 9);
    cr_assert(facts[0].first == "seed" && facts[0].second == "7");
    cr_assert(facts[3].first == "plain" && facts[3].second == "no");
    cr_assert(facts[4].first == "hops" && facts[4].second == "2");
    cr_assert(facts[5].first == "delay_ms" && facts[5].second == "1.5");
    cr_assert(facts[8].first == "ns3");
}
