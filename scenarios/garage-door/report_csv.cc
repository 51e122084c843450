/* SPDX-License-Identifier: MIT */
#include <cinttypes>
#include <cstdio>

#include "report.h"

namespace garage
{

/* The fields hold no comma, quote or line end (report.h), so nothing is quoted. */
static void WriteLine(FILE *f, const Run &run, const Event &e)
{
    fprintf(f, "%" PRId64 ".%03d,%s,%s,%s,%" PRIu32 ",%" PRIu64 ",%" PRId64 ",%" PRId64 ",%s\n",
            e.at / 1000, static_cast<int>(e.at % 1000), run.nodes[e.node].name.c_str(),
            EventName(e.kind), e.peer == kNoNode ? "" : run.nodes[e.peer].name.c_str(), e.press,
            e.message, e.a, e.b, e.text.c_str());
}

bool WriteEventsCsv(const std::string &dir, const Run &run)
{
    FILE *f = fopen((dir + "/events.csv").c_str(), "w");
    if (!f)
        return false;
    fputs("time_ms,node,event,peer,press,message,a,b,text\n", f);
    for (const Event &e : run.events)
        WriteLine(f, run, e);
    const bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

} // namespace garage
