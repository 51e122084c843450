/* SPDX-License-Identifier: MIT */
#include "svg.h"

#include <algorithm>
#include <cinttypes>
#include <cmath>
#include <cstdio>

namespace scenario
{

static std::string Escape(const std::string &text)
{
    std::string out;
    for (char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
}

static std::string At(const char *name, int value)
{
    return std::string(" ") + name + "=\"" + std::to_string(value) + "\"";
}

Svg::Svg(int width, int height) : m_width(width), m_height(height)
{
}

void Svg::Line(int x1, int y1, int x2, int y2, const std::string &style)
{
    m_body +=
        "<line" + At("x1", x1) + At("y1", y1) + At("x2", x2) + At("y2", y2) + " " + style + "/>\n";
}

void Svg::Rect(int x, int y, int width, int height, const std::string &style)
{
    m_body += "<rect" + At("x", x) + At("y", y) + At("width", width < 1 ? 1 : width) +
              At("height", height) + " " + style + "/>\n";
}

void Svg::Circle(int x, int y, int r, const std::string &style)
{
    m_body += "<circle" + At("cx", x) + At("cy", y) + At("r", r) + " " + style + "/>\n";
}

void Svg::Text(int x, int y, const std::string &text, const std::string &style)
{
    m_body += "<text" + At("x", x) + At("y", y) + " " + style + ">" + Escape(text) + "</text>\n";
}

void Svg::Arrow(int x1, int y1, int x2, int y2, const std::string &colour, const std::string &title)
{
    /* The head: two short strokes, turned with the line, in a fixed 7 pixels. */
    const double angle = std::atan2(y2 - y1, x2 - x1);
    auto barb = [&](double turn) {
        return std::to_string(x2 - static_cast<int>(std::lround(7 * std::cos(angle + turn)))) +
               "," + std::to_string(y2 - static_cast<int>(std::lround(7 * std::sin(angle + turn))));
    };
    const std::string tip = std::to_string(x2) + "," + std::to_string(y2);
    m_body += "<g stroke=\"" + colour + "\" fill=\"" + colour + "\"><title>" + Escape(title) +
              "</title>\n";
    Line(x1, y1, x2, y2, "stroke-width=\"1.4\"");
    m_body += "<polygon points=\"" + tip + " " + barb(0.4) + " " + barb(-0.4) + "\"/></g>\n";
}

void Svg::Cross(int x, int y, const std::string &colour)
{
    const std::string style = "stroke=\"" + colour + "\" stroke-width=\"2\"";
    Line(x - 4, y - 4, x + 4, y + 4, style);
    Line(x - 4, y + 4, x + 4, y - 4, style);
}

std::string Svg::Whole() const
{
    char head[400];
    snprintf(head, sizeof head,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
             "viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans, Helvetica, sans-serif\" "
             "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
             m_width, m_height, m_width, m_height);
    return head + m_body + "</svg>\n";
}

bool Svg::Write(const std::string &path) const
{
    FILE *f = fopen(path.c_str(), "w");
    if (!f)
        return false;
    fputs(Whole().c_str(), f);
    const bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

/* ---- labels and times ------------------------------------------------------------------------ */

int TimeAxis::X(int64_t at) const
{
    auto part = [at](int64_t a, int64_t b, int low, int high) {
        const int64_t t = std::clamp(at, a, b);
        return b == a ? low : low + static_cast<int>((t - a) * (high - low) / (b - a));
    };
    return at <= split ? part(from, split, left, middle) : part(split, to, middle + kBreak, right);
}

Labels::Labels(int y, int step, int right) : m_y(y), m_step(step), m_right(right)
{
}

void Labels::Put(Svg &svg, int x, const std::string &text, const std::string &colour)
{
    const int width = static_cast<int>(text.size()) * 6 + 8;
    x = std::min(x, m_right - width);
    for (int row = 0; row < 3; row++) {
        if (x < m_end[row])
            continue;
        svg.Text(x, m_y + row * m_step, text, "font-size=\"10\" fill=\"" + colour + "\"");
        m_end[row] = x + width;
        return;
    }
}

std::string TimeText(int64_t us)
{
    char text[32];
    if (us < 1'000'000)
        snprintf(text, sizeof text, "%" PRId64 ".%" PRId64 " ms", us / 1000, us % 1000 / 100);
    else
        snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64 " s", us / 1'000'000,
                 us % 1'000'000 / 10'000);
    return text;
}

int64_t TimeStep(int64_t span, int n)
{
    int64_t unit = 1;
    for (;; unit *= 10)
        for (int64_t k : {1, 2, 5})
            if (k * unit * n >= span)
                return k * unit;
}

std::string TimeTick(int64_t us, int64_t step)
{
    char text[32];
    if (step >= 1'000'000 || us == 0)
        snprintf(text, sizeof text, "%" PRId64 " s", us / 1'000'000);
    else if (us >= 1'000'000)
        snprintf(text, sizeof text, "%" PRId64 ".%03" PRId64 " s", us / 1'000'000,
                 us % 1'000'000 / 1000);
    else if (step >= 1000)
        snprintf(text, sizeof text, "%" PRId64 " ms", us / 1000);
    else
        snprintf(text, sizeof text, "%" PRId64 " us", us);
    return text;
}

} // namespace scenario
