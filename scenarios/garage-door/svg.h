/* SPDX-License-Identifier: MIT */
/* A sheet of SVG: shapes in whole pixels, so that the same drawing is the same bytes. */
#ifndef GARAGE_DOOR_SVG_H
#define GARAGE_DOOR_SVG_H

#include <string>

namespace garage
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

    bool Write(const std::string &path) const;

  private:
    std::string m_body;
    int m_width, m_height;
};

} // namespace garage

#endif
