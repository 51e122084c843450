/* SPDX-License-Identifier: MIT */
#include <cmath>
#include <cstdio>

#include "svg.h"

namespace garage
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

bool Svg::Write(const std::string &path) const
{
    FILE *f = fopen(path.c_str(), "w");
    if (!f)
        return false;
    fprintf(f,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans, Helvetica, sans-serif\" "
            "font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
            m_width, m_height, m_width, m_height);
    fputs(m_body.c_str(), f);
    fputs("</svg>\n", f);
    const bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

} // namespace garage
