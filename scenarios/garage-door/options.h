/* SPDX-License-Identifier: MIT */
/* The command line of garage-door. */
#ifndef GARAGE_DOOR_OPTIONS_H
#define GARAGE_DOOR_OPTIONS_H

#include <iosfwd>
#include <string>

#include "options-table.h"
#include "report.h"

namespace garage
{

/* Reads the words behind the program's name into *options. Bad: *error has one line for people. */
scenario::Parsed ParseOptions(int argc, char **argv, Options *options, std::string *error);

/* What --help prints. */
void PrintHelp(std::ostream &os);

} // namespace garage

#endif
