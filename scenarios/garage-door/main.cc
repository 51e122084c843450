/* SPDX-License-Identifier: MIT */
/* garage-door: battery-powered remotes, one home gateway, IPsec between them. See --help. */
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "options.h"
#include "report.h"
#include "world.h"

namespace
{

int Complain(const std::string &what, int status)
{
    std::cerr << "garage-door: " << what << "\n";
    return status;
}

/* What an earlier run left there would be taken for this one's. */
void RemoveOld(const std::string &dir)
{
    for (const auto &entry : std::filesystem::directory_iterator(dir)) {
        std::string name = entry.path().filename();
        bool ours = name == "ikev2_decryption_table" || name == "esp_sa" ||
                    name == "gateway.pcap" || name == "summary.json" || name == "timeline.svg" ||
                    (name.rfind("remote-", 0) == 0 && entry.path().extension() == ".pcap");
        if (ours)
            std::filesystem::remove(entry.path());
    }
}

/* Empty, or why not. */
std::string Prepare(const std::string &dir)
{
    std::error_code error;
    std::filesystem::create_directories(dir, error);
    if (error)
        return error.message();
    try {
        RemoveOld(dir);
    } catch (const std::filesystem::filesystem_error &e) {
        return e.code().message();
    }
    /* Known now, and not when the simulation is over; ns-3 would abort at its first pcap file. */
    return std::ofstream(dir + "/events.csv") ? "" : std::strerror(errno);
}

int Write(const std::string &dir, bool plain, garage::World *world, const garage::Run &run)
{
    bool good = world->CloseKeyLog() && garage::WriteSummaryJson(dir, run) &&
                garage::WriteEventsCsv(dir, run) && garage::WriteTimelineSvg(dir, run);
    if (!good)
        return Complain("can't write into " + dir + ": " + std::strerror(errno), 1);
    garage::PrintTable(std::cout, run);
    std::cout << "\nWritten to " << dir << ": summary.json, events.csv, timeline.svg, pcap files"
              << (plain ? ".\n" : ", key log.\n") << std::flush;
    return std::cout.good() ? 0 : Complain("can't write to standard output", 1);
}

} // namespace

int main(int argc, char **argv)
{
    garage::Options options;
    std::string error;
    switch (garage::ParseOptions({argv + 1, argv + argc}, &options, &error)) {
    case garage::Parsed::Help:
        garage::PrintHelp(std::cout);
        return 0;
    case garage::Parsed::Bad:
        return Complain(error, 2);
    case garage::Parsed::Run:
        break;
    }
    error = Prepare(options.out);
    if (!error.empty())
        return Complain("can't use folder " + options.out + ": " + error, 1);
    garage::World world(options);
    return Write(options.out, options.plain, &world, world.Simulate());
}
