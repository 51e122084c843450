/* SPDX-License-Identifier: MIT */
/* Charts as SVG text: the same data, the same octets. Nothing of ns-3 in it. */
#ifndef SCENARIO_CHART_H
#define SCENARIO_CHART_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace scenario
{

/* Points of one line; low and high are an interval at each, or empty. */
struct Series {
    std::string name;
    std::vector<double> x, y, low, high;
    bool dots = false; /* a dot at each point */
};

struct Axes {
    std::string title, x, y; /* x and y with their units */
    bool logX = false;
    bool fromZero = true; /* the y axis begins at 0 */
    double yMax = 0;      /* 0: from the data */
};

/* Lines over a common x axis, with a legend. */
std::string LineChart(const Axes &axes, const std::vector<Series> &series);

/* The distribution of values as steps: sorted values, fraction below and up to each. */
Series Distribution(const std::string &name, std::vector<double> values);

/* One bar a row, of parts that add up; parts are named once. */
struct Bar {
    std::string name;
    std::vector<double> parts;
};
std::string StackedBars(const std::string &title, const std::string &unit,
                        const std::vector<std::string> &parts, const std::vector<Bar> &bars);

/* A number for people: three significant digits, no exponent from 0.001 to a million. */
std::string Brief(double value);
/* "1 hop", "2 hops" */
std::string Counted(uint64_t n, const std::string &noun);
std::string EscapeXml(const std::string &text);

} // namespace scenario

#endif
