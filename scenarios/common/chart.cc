/* SPDX-License-Identifier: MIT */
#include "chart.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace scenario
{

namespace
{

constexpr int kWidth = 760, kLeft = 74, kRight = 20, kTop = 44, kPlot = 280, kBottom = 56;
constexpr int kLegendRow = 18, kBarRow = 26, kBarLeft = 150;
/* Differ in lightness, too. */
const char *const kColours[] = {"#08306b", "#d94801", "#238b45", "#6a51a3", "#b30000", "#4292c6",
                                "#8c6d31", "#636363", "#e7298a", "#66a61e", "#a6bddb", "#fdae6b",
                                "#017a79", "#ffd92f", "#1b1b1b", "#c994c7"};

const char *Colour(size_t i)
{
    return kColours[i % (sizeof kColours / sizeof kColours[0])];
}

template <typename... Args> std::string Format(const char *format, Args... args)
{
    char text[400];
    snprintf(text, sizeof text, format, args...);
    return text;
}

std::string Text(double x, double y, const std::string &text, const char *anchor = "start",
                 int size = 12, const char *more = "")
{
    return Format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" "
                  "font-family=\"sans-serif\" %s>",
                  x, y, anchor, size, more) +
           EscapeXml(text) + "</text>\n";
}

/* A step of 1, 2 or 5 times a power of ten that cuts span into at most n parts. */
double Step(double span, int n)
{
    double unit = std::pow(10, std::floor(std::log10(span / n)));
    for (double k : {1.0, 2.0, 5.0, 10.0})
        if (k * unit * n >= span * (1 - 1e-12))
            return k * unit;
    return 10 * unit;
}

struct Scale {
    double from = 0, to = 1;
    double low = 0, high = 1; /* pixels */
    bool log = false;

    double At(double v) const
    {
        double a = log ? std::log10(from) : from, b = log ? std::log10(to) : to;
        double x = log ? std::log10(std::max(v, from)) : v;
        return b == a ? low
                      : low + (std::clamp(x, std::min(a, b), std::max(a, b)) - a) / (b - a) *
                                  (high - low);
    }

    std::vector<double> Ticks(int n) const
    {
        std::vector<double> ticks;
        if (log) {
            for (double decade = std::pow(10, std::floor(std::log10(from))); decade <= to * 1.0001;
                 decade *= 10)
                for (double k : {1.0, 2.0, 5.0})
                    if (k * decade >= from * 0.9999 && k * decade <= to * 1.0001)
                        ticks.push_back(k * decade);
            if (ticks.size() > 1)
                return ticks;
            ticks.clear(); /* less than a step of those: as on a linear one */
        }
        double step = Step(to - from, n);
        for (double t = std::ceil(from / step - 1e-9) * step; t <= to + step * 1e-9; t += step)
            ticks.push_back(std::abs(t) < step * 1e-9 ? 0 : t);
        return ticks;
    }
};

/* What stands at the ticks: as brief as may be, but no two alike. */
std::vector<std::string> NamesOf(const std::vector<double> &ticks)
{
    std::vector<std::string> names;
    for (double t : ticks)
        names.push_back(Brief(t));
    if (std::adjacent_find(names.begin(), names.end()) == names.end())
        return names;
    const double step = std::abs(ticks[1] - ticks[0]);
    const int decimals = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
    for (size_t i = 0; i < ticks.size(); i++)
        names[i] = Format("%.*f", decimals, ticks[i]);
    return names;
}

/* What has one value only stands in the middle. */
void Widen(Scale *scale)
{
    if (scale->to > scale->from)
        return;
    const double more = std::max(std::abs(scale->from) / 10, 0.5);
    scale->from -= more;
    scale->to += more;
}

std::string Head(int height, const std::string &title)
{
    return Format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                  "viewBox=\"0 0 %d %d\" role=\"img\">\n",
                  kWidth, height, kWidth, height) +
           Format("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", kWidth, height) +
           Text(kLeft, 24, title, "start", 14, "font-weight=\"bold\"");
}

std::pair<Scale, Scale> ScalesOf(const Axes &axes, const std::vector<Series> &series)
{
    Scale x, y;
    bool first = true;
    x.log = axes.logX;
    for (const Series &s : series) {
        for (size_t i = 0; i < s.x.size(); i++) {
            double low = s.low.empty() ? s.y[i] : s.low[i],
                   high = s.high.empty() ? s.y[i] : s.high[i];
            x.from = first ? s.x[i] : std::min(x.from, s.x[i]);
            x.to = first ? s.x[i] : std::max(x.to, s.x[i]);
            y.from = first ? low : std::min(y.from, low);
            y.to = first ? high : std::max(y.to, high);
            first = false;
        }
    }
    if (axes.fromZero)
        y.from = std::min(0.0, y.from);
    if (axes.yMax > 0)
        y.to = axes.yMax;
    Widen(&x);
    if (axes.fromZero && y.to <= y.from)
        y.to = y.from + 1;
    Widen(&y);
    if (x.log && x.from <= 0)
        x.log = false;
    x.low = kLeft;
    x.high = kWidth - kRight;
    y.low = kTop + kPlot;
    y.high = kTop;
    return {x, y};
}

std::string Grid(const Axes &axes, const Scale &x, const Scale &y)
{
    std::string out;
    const std::vector<double> up = y.Ticks(6), along = x.Ticks(8);
    const std::vector<std::string> upNames = NamesOf(up), alongNames = NamesOf(along);
    for (size_t i = 0; i < up.size(); i++) {
        const double at = y.At(up[i]);
        out += Format("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#dddddd\"/>\n",
                      kLeft, at, kWidth - kRight, at);
        out += Text(kLeft - 6, at + 4, upNames[i], "end");
    }
    for (size_t i = 0; i < along.size(); i++) {
        const double at = x.At(along[i]);
        out += Format("<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#555555\"/>\n",
                      at, kTop + kPlot, at, kTop + kPlot + 5);
        out += Text(at, kTop + kPlot + 20, alongNames[i], "middle");
    }
    out += Format(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#555555\"/>\n",
        kLeft, kTop, kWidth - kRight - kLeft, kPlot);
    out += Text((kLeft + kWidth - kRight) / 2, kTop + kPlot + 42, axes.x, "middle");
    out += Text(16, kTop + kPlot / 2, axes.y, "middle", 12,
                Format("transform=\"rotate(-90 16 %d)\"", kTop + kPlot / 2).c_str());
    return out;
}

std::string Draw(const Series &s, const char *colour, const Scale &x, const Scale &y)
{
    std::string band, line, dots;
    for (size_t i = 0; i < s.x.size(); i++) {
        line += Format("%.1f,%.1f ", x.At(s.x[i]), y.At(s.y[i]));
        if (s.dots)
            dots += Format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x.At(s.x[i]),
                           y.At(s.y[i]), colour);
        if (!s.low.empty())
            band += Format("%.1f,%.1f ", x.At(s.x[i]), y.At(s.low[i]));
    }
    if (!s.low.empty()) {
        for (size_t i = s.x.size(); i-- > 0;)
            band += Format("%.1f,%.1f ", x.At(s.x[i]), y.At(s.high[i]));
        band = "<polygon points=\"" + band +
               Format("\" fill=\"%s\" fill-opacity=\"0.15\"/>\n", colour);
    }
    return band + "<polyline points=\"" + line +
           Format("\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", colour) + dots;
}

} // namespace

std::string Brief(double value)
{
    if (value == 0)
        return "0";
    double size = std::abs(value);
    if (size >= 1e6 || size < 1e-3)
        return Format("%.3g", value);
    int decimals = std::max(0, 2 - static_cast<int>(std::floor(std::log10(size) + 1e-12)));
    std::string text = Format("%.*f", decimals, value);
    if (text.find('.') != std::string::npos) {
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.')
            text.pop_back();
    }
    return text;
}

std::string Counted(uint64_t n, const std::string &noun)
{
    return std::to_string(n) + " " + noun + (n == 1 ? "" : "s");
}

std::string EscapeXml(const std::string &text)
{
    std::string out;
    for (char c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

std::string LineChart(const Axes &axes, const std::vector<Series> &series)
{
    const int rows = static_cast<int>(series.size() + 2) / 3;
    std::string out = Head(kTop + kPlot + kBottom + rows * kLegendRow, axes.title);
    auto [x, y] = ScalesOf(axes, series);
    out += Grid(axes, x, y);
    for (size_t i = 0; i < series.size(); i++)
        out += Draw(series[i], Colour(i), x, y);
    for (size_t i = 0; i < series.size(); i++) {
        int left = kLeft + static_cast<int>(i % 3) * 230,
            top = kTop + kPlot + kBottom + static_cast<int>(i / 3) * kLegendRow;
        out += Format("<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", left,
                      top, Colour(i));
        out += Text(left + 18, top + 11, series[i].name);
    }
    return out + "</svg>\n";
}

Series Distribution(const std::string &name, std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    Series s;
    s.name = name;
    /* 400 points show as much as a million. */
    const size_t n = values.size(), step = std::max<size_t>(1, n / 400);
    for (size_t i = 0; i < n; i++) {
        if (i % step != 0 && i + 1 != n)
            continue;
        /* A step: up to a value it is what is below that. */
        s.x.insert(s.x.end(), 2, values[i]);
        s.y.push_back(i == 0 ? 0 : s.y.back());
        s.y.push_back(static_cast<double>(i + 1) / static_cast<double>(n));
    }
    return s;
}

/* So many names stand beside each other without touching. */
static int LegendColumns(const std::vector<std::string> &names, int most)
{
    constexpr int kLetter = 8, kAround = 34;
    size_t longest = 1;
    for (const std::string &name : names)
        longest = std::max(longest, name.size());
    return std::clamp((kWidth - kLeft) / (kAround + kLetter * static_cast<int>(longest)), 1, most);
}

std::string StackedBars(const std::string &title, const std::string &unit,
                        const std::vector<std::string> &parts, const std::vector<Bar> &bars)
{
    const int columns = LegendColumns(parts, 4), count = static_cast<int>(bars.size());
    const int rows = (static_cast<int>(parts.size()) + columns - 1) / columns;
    const int axis = kTop + count * kBarRow;
    std::string out = Head(axis + kBottom + rows * kLegendRow, title);
    Scale x;
    x.to = 1e-12;
    for (const Bar &bar : bars) {
        double sum = 0;
        for (double part : bar.parts)
            sum += part;
        x.to = std::max(x.to, sum);
    }
    x.low = kBarLeft;
    x.high = kWidth - 70;
    for (double t : x.Ticks(6)) {
        out += Format("<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#dddddd\"/>\n",
                      x.At(t), kTop, x.At(t), axis);
        out += Text(x.At(t), axis + 16, Brief(t), "middle");
    }
    out += Text((x.low + x.high) / 2, axis + 36, unit, "middle");
    for (int i = 0; i < count; i++) {
        const Bar &bar = bars[static_cast<size_t>(i)];
        double sum = 0, top = kTop + i * kBarRow + 4;
        out += Text(kBarLeft - 8, top + 13, bar.name, "end");
        for (size_t k = 0; k < bar.parts.size(); k++) {
            double left = x.At(sum);
            sum += bar.parts[k];
            out +=
                Format("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"18\" fill=\"%s\"/>\n",
                       left, top, x.At(sum) - left, Colour(k));
        }
        out += Text(x.At(sum) + 6, top + 13, Brief(sum));
    }
    for (size_t k = 0; k < parts.size(); k++) {
        int at = static_cast<int>(k), left = kLeft + at % columns * ((kWidth - kLeft) / columns),
            top = axis + kBottom + at / columns * kLegendRow;
        out += Format("<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>\n", left,
                      top, Colour(k));
        out += Text(left + 18, top + 11, parts[k]);
    }
    return out + "</svg>\n";
}

} // namespace scenario
