/* SPDX-License-Identifier: MIT */
/* report.html: one file with everything in it, that a browser opens without a network. */
#ifndef SCENARIO_HTML_H
#define SCENARIO_HTML_H

#include <string>
#include <utility>
#include <vector>

namespace scenario
{

class Html
{
  public:
    explicit Html(const std::string &title);

    void Heading(const std::string &text);
    void Paragraph(const std::string &text);
    /* Lines as they are, in columns of letters of one width. */
    void Preformatted(const std::string &text);
    /* The first column is text, the others are numbers. */
    void Table(const std::vector<std::string> &head,
               const std::vector<std::vector<std::string>> &rows);
    /* Two columns: what, and how much. */
    void Facts(const std::vector<std::pair<std::string, std::string>> &facts);
    void Svg(const std::string &svg);
    /* The content of an SVG file; nothing if it can't be read. */
    void SvgFile(const std::string &path);

    /* False if it can't be written (errno tells). */
    bool Write(const std::string &path) const;

  private:
    std::string m_title, m_body;
};

} // namespace scenario

#endif
