/* SPDX-License-Identifier: MIT */
/* What a scenario writes: summary.json, report.html, tables as CSV; and how a program with runs is
 * run. */
#ifndef SCENARIO_REPORT_FILES_H
#define SCENARIO_REPORT_FILES_H

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "html.h"
#include "json.h"
#include "options-table.h"
#include "timeline.h"

namespace scenario
{

/* A table that becomes DIR/NAME.csv. Cells hold no comma, quote or line end. */
class Csv
{
  public:
    explicit Csv(std::vector<std::string> head = {});
    void Row(std::vector<std::string> cells);
    bool Write(const std::string &path) const;
    size_t Rows() const;

  private:
    std::vector<std::string> m_head;
    std::vector<std::vector<std::string>> m_rows;
};

/* A number as a cell: so many decimals, empty for NaN. */
std::string Cell(double value, int decimals = 3);

class Report
{
  public:
    /* program: as in "ikelet-PROGRAM/VERSION". */
    Report(const std::string &program, int version, const std::string &question,
           const CommonOptions &common);
    ~Report();
    Report(const Report &) = delete;
    Report &operator=(const Report &) = delete;

    /* Objects to be filled: summary.json's "options", and its figures, which stand on its top
     * level. Borrowed. */
    json_t *Options();
    json_t *Figures();
    /* A table, made when it is first named. */
    Csv &Table(const std::string &name, const std::vector<std::string> &head);
    /* A figure of one run: a column of runs.csv, and a mean with its interval in "runs". run: from
     * 1 on. */
    void OfRun(uint32_t run, const std::string &name, double value);
    Html &Page();
    /* To be drawn at the end of the page, if there was a handshake. */
    void Add(const Timeline &timeline);

    /* Lines for people, printed when all is written. */
    std::string table;

    /* summary.json, report.html, CSV. False if something can't be written. */
    bool Write();

  private:
    std::vector<double> ValuesOf(const std::string &name) const;
    json_t *Runs() const;
    void SetRuns();
    void SetTimelines();

    std::string m_program, m_schema, m_question;
    CommonOptions m_common;
    json_t *m_options, *m_figures;
    Html m_page;
    std::vector<Timeline> m_timelines;
    std::map<std::string, Csv> m_tables;
    std::vector<std::string> m_names; /* of the figures of runs, as they came */
    std::map<uint32_t, std::map<std::string, double>> m_runs;
};

/* A scenario as a program: options, runs, files, exit status. */
struct Program {
    std::string name;
    int version = 1;
    std::string question;           /* the heading of its report */
    std::string intro, outro;       /* of --help */
    std::vector<std::string> files; /* beside summary.json, report.html and *.csv, those of an
                                       earlier run to be removed */
    std::function<void(OptionTable *)> options;
    /* Empty, or what is wrong with the options together. */
    std::function<std::string()> check;
    /* One run; dir is empty but for the first. False if a file can't be written. */
    std::function<bool(uint32_t run, const std::string &dir, Report *report)> run;
    /* After all runs: fills in what is of all of them. */
    std::function<void(Report *report)> finish;
};
int RunProgram(const Program &program, int argc, char **argv);

} // namespace scenario

#endif
