/* SPDX-License-Identifier: MIT */
/* The command line of garage-door. */
#ifndef GARAGE_DOOR_OPTIONS_H
#define GARAGE_DOOR_OPTIONS_H

#include <iosfwd>
#include <string>
#include <vector>

#include "report.h"

namespace garage
{

enum class Parsed { Run, Help, Bad };

/* Reads the words behind the program's name into *options. Bad: *error has one line for people. */
Parsed ParseOptions(const std::vector<std::string> &words, Options *options, std::string *error);

/* What --help prints. */
void PrintHelp(std::ostream &os);

} // namespace garage

#endif
