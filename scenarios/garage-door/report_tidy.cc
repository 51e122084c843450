/* SPDX-License-Identifier: MIT */
/* presses.csv, handshakes.csv, nodes.csv, runs.csv: a row each, for other tools. */
#include <cinttypes>
#include <cstdio>

#include "report.h"

namespace garage
{

namespace
{

/* A file that is written row by row. */
class Rows
{
  public:
    Rows(const std::string &path, const char *head) : m_file(fopen(path.c_str(), "w"))
    {
        if (m_file)
            fprintf(m_file, "%s\n", head);
    }
    ~Rows()
    {
        Close();
    }
    Rows(const Rows &) = delete;
    Rows &operator=(const Rows &) = delete;

    FILE *File() const
    {
        return m_file;
    }
    bool Close()
    {
        bool good = m_file && !ferror(m_file);
        good = m_file && fclose(m_file) == 0 && good;
        m_file = nullptr;
        return good;
    }

  private:
    FILE *m_file;
};

/* Milliseconds of microseconds; nothing if it did not happen. */
std::string Ms(int64_t us)
{
    char text[40] = "";
    if (us != kNever)
        snprintf(text, sizeof text, "%" PRId64 ".%03d", us / 1000, static_cast<int>(us % 1000));
    return text;
}

int64_t After(const Press &p, int64_t at)
{
    return at == kNever ? kNever : at - p.at;
}

/* Millijoule; nothing if nobody asked for energy. */
std::string Mj(bool known, double joules)
{
    char text[40] = "";
    if (known)
        snprintf(text, sizeof text, "%.6f", 1e3 * joules);
    return text;
}

bool WritePresses(const std::string &dir, const std::vector<Run> &runs)
{
    Rows rows(
        dir + "/presses.csv",
        "run,press,remote,at_ms,command,handshake,moved,done,reason,handshake_ms,ack_ms,done_ms,"
        "command_tries,ike_retransmissions,mac_retransmissions,frames,bytes,cpu_ms,energy_mj");
    for (size_t r = 0; rows.File() && r < runs.size(); r++) {
        for (const Press &p : runs[r].presses)
            fprintf(rows.File(),
                    "%zu,%u,%u,%s,%s,%d,%d,%d,%s,%s,%s,%s,%u,%u,%u,%u,%" PRIu64 ",%s,%s\n", r + 1,
                    p.id, p.remote, Ms(p.at).c_str(), p.open ? "open" : "close", p.handshake,
                    p.movedAt != kNever, p.doneAt != kNever, ReasonName(p.reason),
                    Ms(After(p, p.readyAt)).c_str(), Ms(After(p, p.ackAt)).c_str(),
                    Ms(After(p, p.doneAt)).c_str(), p.commandTries, p.ikeRetransmissions,
                    p.macRetransmissions, p.frames, p.bytes, Ms(p.cpuUs).c_str(),
                    Mj(HasEnergy(runs[r]), p.joules).c_str());
    }
    return rows.Close();
}

bool WriteHandshakes(const std::string &dir, const std::vector<Run> &runs)
{
    Rows rows(dir + "/handshakes.csv",
              "run,press,remote,at_ms,resumed,ok,handshake_ms,ike_retransmissions,repeated_answers,"
              "energy_mj");
    for (size_t r = 0; rows.File() && r < runs.size(); r++) {
        for (const Press &p : runs[r].presses) {
            if (!p.handshake)
                continue;
            bool ok = p.readyAt != kNever;
            fprintf(rows.File(), "%zu,%u,%u,%s,%d,%d,%s,%u,%u,%s\n", r + 1, p.id, p.remote,
                    Ms(p.at).c_str(), p.resumed, ok, Ms(After(p, p.readyAt)).c_str(),
                    p.ikeRetransmissions, p.repeatedAnswers,
                    Mj(ok && HasEnergy(runs[r]), p.handshakeJoules).c_str());
        }
    }
    return rows.Close();
}

bool WriteNodes(const std::string &dir, const std::vector<Run> &runs)
{
    std::string head =
        "run,node,frames,bytes,frames_lost,frames_duplicate,mac_retransmissions,cpu_ms,awake_ms,"
        "sas_left,energy_drawn_mj";
    for (const auto &row : LedgerOf(runs.front()))
        head += "," + row.first + "_mj";
    Rows rows(dir + "/nodes.csv", head.c_str());
    for (size_t r = 0; rows.File() && r < runs.size(); r++) {
        for (const NodeTotals &n : runs[r].nodes) {
            fprintf(rows.File(),
                    "%zu,%s,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%s,%s,%u,%s", r + 1,
                    n.name.c_str(), n.frames, n.bytes, n.lost, n.duplicates, n.macRetransmissions,
                    Ms(n.cpuUs).c_str(), Ms(n.awakeUs).c_str(), n.saLeft,
                    Mj(!n.ledger.empty(), n.drawnJ).c_str());
            for (size_t i = 0; i < LedgerOf(runs.front()).size(); i++)
                fprintf(rows.File(), ",%s",
                        Mj(!n.ledger.empty(), n.ledger.empty() ? 0 : n.ledger[i].second).c_str());
            fputs("\n", rows.File());
        }
    }
    return rows.Close();
}

bool WriteRuns(const std::string &dir, const std::vector<Run> &runs)
{
    Rows rows(dir + "/runs.csv",
              "run,presses,doors_moved,presses_done,handshakes_begun,handshakes_ok,retransmissions,"
              "repeated_answers,command_retransmissions,mac_retransmissions,frames,frames_lost,"
              "frames_duplicate,bytes,cpu_ms,ended_ms,energy_mj_per_press");
    for (size_t r = 0; rows.File() && r < runs.size(); r++) {
        const Run &run = runs[r];
        const Totals &t = run.totals;
        fprintf(rows.File(), "%zu,%zu,%u,%zu,%u,%u,%u,%u,%u,%u,%u,%u,%u,%" PRIu64 ",%s,%s,%s\n",
                r + 1, run.presses.size(), DoorsMoved(run), DoneTimes(run).size(),
                t.handshakesBegun, t.handshakesOk, t.retransmissions, t.repeatedAnswers,
                t.commandRetransmissions, t.macRetransmissions, t.frames, t.framesLost,
                t.duplicates, t.bytes, Ms(t.cpuUs).c_str(), Ms(t.endedAt).c_str(),
                Mj(HasEnergy(run), JoulesPerPress(run)).c_str());
    }
    return rows.Close();
}

} // namespace

bool WriteTidyCsv(const std::string &dir, const std::vector<Run> &runs)
{
    return WritePresses(dir, runs) && WriteHandshakes(dir, runs) && WriteNodes(dir, runs) &&
           WriteRuns(dir, runs);
}

} // namespace garage
