/* SPDX-License-Identifier: MIT */
/* A sheet of SVG: shapes in whole pixels, so that the same drawing is the same bytes; and what
 * drawings of who sent what when have in common. Times are microseconds. */
#ifndef SCENARIO_SVG_H
#define SCENARIO_SVG_H

#include <cstdint>
#include <string>

namespace scenario
{

class Svg
{
  public:
    Svg(int width, int height);

    /* style: attributes as they stand in the element, such as class="axis". */
    void Line(int x1, int y1, int x2, int y2, const std::string &style);
    void Rect(int x, int y, int width, int height, const std::string &style);
    void Circle(int x, int y, int r, const std::string &style);
    void Text(int x, int y, const std::string &text, const std::string &style);
    /* A line with a head at its end and a text that shows when the pointer is on it. */
    void Arrow(int x1, int y1, int x2, int y2, const std::string &colour, const std::string &title);
    void Cross(int x, int y, const std::string &colour);

    /* All of it. */
    std::string Whole() const;
    bool Write(const std::string &path) const;

  private:
    std::string m_body;
    int m_width, m_height;
};

/* Two linear scales of time that meet at `split`, with a gap between; one from left to right if
 * split is to. */
struct TimeAxis {
    static constexpr int kBreak = 20;

    int64_t from, split, to;
    int left, middle, right; /* pixels; middle: where the first ends */

    int X(int64_t at) const;
};

/* Labels in a few rows beside a lane; one that would run into another goes to the next row, or is
 * left out. */
class Labels
{
  public:
    /* y of the first row, step to the next; none ends beyond right. */
    Labels(int y, int step, int right);
    void Put(Svg &svg, int x, const std::string &text, const std::string &colour);

  private:
    int m_y, m_step, m_right;
    int m_end[3] = {0, 0, 0};
};

/* "3.2 ms", "1.25 s" */
std::string TimeText(int64_t us);
/* A step of 1, 2 or 5 times a power of ten that cuts span into at most n parts. */
int64_t TimeStep(int64_t span, int n);
/* A tick's label, as short as its step allows. */
std::string TimeTick(int64_t us, int64_t step);

} // namespace scenario

#endif
