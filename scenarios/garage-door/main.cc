/* SPDX-License-Identifier: MIT */
/* garage-door: battery-powered remotes, one home gateway, IPsec between them. See --help. */
#include <cerrno>
#include <cstring>
#include <iostream>

#include "ns3/rng-seed-manager.h"

#include "firmware_world.h"
#include "options.h"
#include "report.h"
#include "world.h"

namespace
{

const char *const kFiles[] = {
    "ikev2_decryption_table", "esp_sa",      "preferences", "summary.json",
    "timeline.svg",           "report.html", "events.csv",  "presses.csv",
    "handshakes.csv",         "nodes.csv",   "runs.csv"};

int Complain(const std::string &what, int status)
{
    std::cerr << "garage-door: " << what << "\n";
    return status;
}

int Write(const std::string &dir, bool plain, bool good, const std::vector<garage::Run> &runs)
{
    const garage::Run all = garage::Merge(runs);
    good = good && garage::WriteEventsCsv(dir, runs.front()) && garage::WriteTidyCsv(dir, runs) &&
           garage::WriteTimelineSvg(dir, runs.front()) && garage::WriteReportHtml(dir, all, runs) &&
           scenario::Field::WritePreferences(dir) && garage::WriteSummaryJson(dir, all, runs);
    if (!good)
        return Complain("can't write into " + dir + ": " + std::strerror(errno), 1);
    garage::PrintTable(std::cout, all);
    std::cout << "\nWritten to " << dir
              << ": summary.json, report.html, *.csv, timeline.svg, pcap files"
              << (plain ? ".\n" : ", key log.\n") << std::flush;
    return std::cout.good() ? 0 : Complain("can't write to standard output", 1);
}

template <class SomeWorld> bool Play(const garage::Options &options, bool files, garage::Run *run)
{
    SomeWorld world(options, files);
    *run = world.Simulate();
    return world.CloseKeyLog();
}

/* Files are those of the first run. */
bool Simulate(const garage::Options &options, std::vector<garage::Run> *runs)
{
    const uint64_t first = ns3::RngSeedManager::GetRun();
    bool good = true;
    for (uint32_t r = 0; r < options.runs; r++) {
        ns3::RngSeedManager::SetRun(first + r);
        garage::Run run;
        good = (options.firmware.empty() ? Play<garage::World>(options, r == 0, &run)
                                         : Play<garage::FirmwareWorld>(options, r == 0, &run)) &&
               good;
        runs->push_back(std::move(run));
        if (r > 0)
            runs->back().events.clear();
    }
    return good;
}

} // namespace

int main(int argc, char **argv)
{
    garage::Options options;
    std::string error;
    switch (garage::ParseOptions(argc, argv, &options, &error)) {
    case scenario::Parsed::Help:
        garage::PrintHelp(std::cout);
        return 0;
    case scenario::Parsed::Bad:
        return Complain(error, 2);
    case scenario::Parsed::Run:
        break;
    }
    error = scenario::PrepareFolder(options.out, {std::begin(kFiles), std::end(kFiles)});
    if (!error.empty())
        return Complain("can't use folder " + options.out + ": " + error, 1);
    std::vector<garage::Run> runs;
    bool good = Simulate(options, &runs);
    return Write(options.out, options.plain, good, runs);
}
