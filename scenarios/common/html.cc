/* SPDX-License-Identifier: MIT */
#include "html.h"

#include <fstream>
#include <sstream>

#include "chart.h"

namespace scenario
{

namespace
{

const char *const kStyle =
    "body{font-family:sans-serif;max-width:1260px;margin:24px auto;padding:0 16px;color:#222}"
    "h1{font-size:22px}h2{font-size:17px;margin-top:28px}"
    "table{border-collapse:collapse;margin:10px 0}"
    "td,th{border:1px solid #ccc;padding:3px 9px;text-align:right;font-size:13px}"
    "td:first-child,th:first-child{text-align:left}th{background:#f0f0f0}"
    "pre{font-size:12px;overflow-x:auto}"
    "svg{max-width:100%;height:auto;display:block;margin:10px 0}";

} // namespace

Html::Html(const std::string &title) : m_title(title)
{
}

void Html::Heading(const std::string &text)
{
    m_body += "<h2>" + EscapeXml(text) + "</h2>\n";
}

void Html::Paragraph(const std::string &text)
{
    m_body += "<p>" + EscapeXml(text) + "</p>\n";
}

void Html::Preformatted(const std::string &text)
{
    m_body += "<pre>" + EscapeXml(text) + "</pre>\n";
}

void Html::Table(const std::vector<std::string> &head,
                 const std::vector<std::vector<std::string>> &rows)
{
    m_body += "<table><tr>";
    for (const std::string &cell : head)
        m_body += "<th>" + EscapeXml(cell) + "</th>";
    m_body += "</tr>\n";
    for (const auto &row : rows) {
        m_body += "<tr>";
        for (const std::string &cell : row)
            m_body += "<td>" + EscapeXml(cell) + "</td>";
        m_body += "</tr>\n";
    }
    m_body += "</table>\n";
}

void Html::Facts(const std::vector<std::pair<std::string, std::string>> &facts)
{
    m_body += "<table>\n";
    for (const auto &fact : facts)
        m_body += "<tr><td>" + EscapeXml(fact.first) + "</td><td>" + EscapeXml(fact.second) +
                  "</td></tr>\n";
    m_body += "</table>\n";
}

void Html::Svg(const std::string &svg)
{
    m_body += svg;
}

void Html::SvgFile(const std::string &path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    std::string svg = text.str();
    m_body += svg.substr(svg.find("<svg") == std::string::npos ? svg.size() : svg.find("<svg"));
}

bool Html::Write(const std::string &path) const
{
    std::ofstream file(path);
    file << "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>"
         << EscapeXml(m_title) << "</title><style>" << kStyle << "</style></head>\n<body>\n<h1>"
         << EscapeXml(m_title) << "</h1>\n"
         << m_body << "</body></html>\n";
    file.close();
    return file.good();
}

} // namespace scenario
