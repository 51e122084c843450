/* SPDX-License-Identifier: MIT */
#include "report-files.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "ns3/rng-seed-manager.h"

#include "chart.h"

namespace scenario
{

namespace
{

constexpr size_t kTimelinesMax = 8;

} // namespace

/* ---- tables ---------------------------------------------------------------------------------- */

Csv::Csv(std::vector<std::string> head) : m_head(std::move(head))
{
}

void Csv::Row(std::vector<std::string> cells)
{
    m_rows.push_back(std::move(cells));
}

size_t Csv::Rows() const
{
    return m_rows.size();
}

bool Csv::Write(const std::string &path) const
{
    std::ofstream file(path);
    auto line = [&file](const std::vector<std::string> &cells) {
        for (size_t i = 0; i < cells.size(); i++)
            file << (i ? "," : "") << cells[i];
        file << "\n";
    };
    line(m_head);
    for (const auto &row : m_rows)
        line(row);
    file.close();
    return file.good();
}

std::string Cell(double value, int decimals)
{
    char text[64] = "";
    if (std::isfinite(value))
        snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

/* ---- the report ------------------------------------------------------------------------------ */

Report::Report(const std::string &program, int version, const std::string &question,
               const CommonOptions &common)
    : m_program(program), m_schema("ikelet-" + program + "/" + std::to_string(version)),
      m_question(question), m_common(common), m_options(json_object()), m_figures(json_object()),
      m_page(program + ": " + question)
{
}

Report::~Report()
{
    json_decref(m_options);
    json_decref(m_figures);
}

json_t *Report::Options()
{
    return m_options;
}

json_t *Report::Figures()
{
    return m_figures;
}

Csv &Report::Table(const std::string &name, const std::vector<std::string> &head)
{
    return m_tables.emplace(name, Csv(head)).first->second;
}

Html &Report::Page()
{
    return m_page;
}

void Report::Add(const Timeline &timeline)
{
    if (!timeline.bars.empty())
        m_timelines.push_back(timeline);
}

void Report::OfRun(uint32_t run, const std::string &name, double value)
{
    bool known = false;
    for (const std::string &n : m_names)
        known = known || n == name;
    if (!known)
        m_names.push_back(name);
    m_runs[run][name] = value;
}

/* Of a figure, those runs that have one. */
std::vector<double> Report::ValuesOf(const std::string &name) const
{
    std::vector<double> values;
    for (const auto &run : m_runs) {
        auto value = run.second.find(name);
        if (value != run.second.end() && std::isfinite(value->second))
            values.push_back(value->second);
    }
    return values;
}

json_t *Report::Runs() const
{
    json_t *j = json_object();
    json_object_set_new(j, "n", Number(m_runs.size()));
    for (const std::string &name : m_names)
        json_object_set_new(j, name.c_str(), MeanObject(ValuesOf(name)));
    return j;
}

void Report::SetRuns()
{
    if (m_runs.size() < 2)
        return;
    std::vector<std::vector<std::string>> rows;
    for (const std::string &name : m_names) {
        const Mean m = MeanOf(ValuesOf(name));
        rows.push_back({name, std::to_string(m.n), m.n ? Brief(m.mean) : "-",
                        m.hasInterval ? Brief(m.low) + " to " + Brief(m.high) : "-"});
    }
    m_page.Heading("Over the runs");
    m_page.Table({"figure of a run", "runs", "mean", "95 % interval (Student's t)"}, rows);
}

void Report::SetTimelines()
{
    if (m_timelines.empty())
        return;
    m_page.Heading("Timeline of the first run");
    const size_t n = std::min(m_timelines.size(), kTimelinesMax);
    if (n < m_timelines.size())
        m_page.Paragraph("The first " + std::to_string(n) + " of " +
                         std::to_string(m_timelines.size()) + " simulations.");
    for (size_t i = 0; i < n; i++)
        m_page.Svg(DrawTimeline(m_timelines[i]));
}

bool Report::Write()
{
    SetRuns();
    SetTimelines();
    m_page.Heading("How it was run");
    m_page.Facts(HowItWasRun(
        m_common.seed, m_common.runs,
        {m_options, json_object_get(m_figures, "air"), json_object_get(m_figures, "power")}));
    std::vector<std::string> head = {"run"};
    head.insert(head.end(), m_names.begin(), m_names.end());
    Csv &runs = Table("runs", head);
    for (const auto &run : m_runs) {
        std::vector<std::string> row = {std::to_string(run.first)};
        for (const std::string &name : m_names)
            row.push_back(Cell(run.second.count(name) ? run.second.at(name) : NAN, 6));
        runs.Row(row);
    }
    json_t *j = json_object();
    json_object_set_new(j, "schema", json_string(m_schema.c_str()));
    json_object_set_new(j, "question", json_string(m_question.c_str()));
    json_object_set_new(j, "seed", Number(m_common.seed));
    json_object_set_new(j, "made_by", MadeBy());
    json_object_set(j, "options", m_options);
    json_object_update(j, m_figures);
    json_object_set_new(j, "runs", Runs());
    bool good = m_page.Write(m_common.out + "/report.html");
    for (const auto &entry : m_tables)
        good = good && entry.second.Write(m_common.out + "/" + entry.first + ".csv");
    return WriteJson(m_common.out + "/summary.json", j) && good;
}

/* ---- a program ------------------------------------------------------------------------------- */

namespace
{

int Complain(const Program &program, const std::string &what, int status)
{
    std::cerr << program.name << ": " << what << "\n";
    return status;
}

int Simulate(const Program &program, const CommonOptions &common)
{
    using Clock = std::chrono::steady_clock;
    Report report(program.name, program.version, program.question, common);
    const uint64_t first = ns3::RngSeedManager::GetRun();
    auto told = Clock::now();
    bool good = true;
    for (uint32_t r = 1; r <= common.runs; r++) {
        ns3::RngSeedManager::SetRun(first + r - 1);
        good = program.run(r, r == 1 ? common.out : "", &report) && good;
        if (!common.quiet && common.runs > 1 && Clock::now() - told > std::chrono::seconds(5)) {
            std::cerr << program.name << ": " << r << " of " << common.runs << " runs\n";
            told = Clock::now();
        }
    }
    program.finish(&report);
    if (!good || !report.Write())
        return Complain(program, "can't write into " + common.out + ": " + std::strerror(errno), 1);
    std::cout << report.table << "\nWritten to " << common.out
              << ": summary.json, report.html, *.csv" << program.outro << "\n"
              << std::flush;
    return std::cout.good() ? 0 : Complain(program, "can't write to standard output", 1);
}

} // namespace

int RunProgram(const Program &program, int argc, char **argv)
{
    OptionTable table;
    CommonOptions common;
    std::string error;
    program.options(&table);
    AddCommonOptions(&table, &common, program.name);
    std::vector<std::string> files = program.files;
    files.insert(files.end(), {"summary.json", "report.html", "runs.csv"});
    switch (table.Parse(argc, argv, &error)) {
    case Parsed::Help:
        table.PrintHelp(std::cout,
                        "Usage: " + program.name + " [OPTION]...\n" + program.intro + "\n",
                        "\nPrints a table and writes into DIR: summary.json, report.html, *.csv" +
                            (program.outro.empty() ? "." : ",\n" + program.outro.substr(2)) +
                            "\nExit status: 0 when the run is over, 1 if a file can't be written, "
                            "2 for a bad option.\n");
        return 0;
    case Parsed::Bad:
        return Complain(program, error, 2);
    case Parsed::Run:
        break;
    }
    if (program.check && !(error = program.check()).empty())
        return Complain(program, error, 2);
    error = PrepareFolder(common.out, files);
    if (!error.empty())
        return Complain(program, "can't use folder " + common.out + ": " + error, 1);
    return Simulate(program, common);
}

} // namespace scenario
