/* SPDX-License-Identifier: MIT */
/* The command line of a scenario: rows of options in front of ns-3's CommandLine, which does the
 * rest: attributes, global values,
 * --PrintAttributes and so on. A bad word is one line for people, not a page. */
#ifndef SCENARIO_OPTIONS_TABLE_H
#define SCENARIO_OPTIONS_TABLE_H

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace scenario
{

enum class Parsed { Run, Help, Bad };

class OptionTable
{
  public:
    /* Answers an empty string if the value is good, else what is wrong with it. */
    using Reader = std::function<std::string(const std::string &)>;

    /* value: its name in --help; empty: the option takes none. Lines of help end with '\n'. */
    void Add(const std::string &name, const std::string &value, const std::string &help,
             Reader reader);

    /* Options of one type. */
    void AddCount(const std::string &name, const std::string &help, int64_t low, int64_t high,
                  uint32_t *out);
    /* A decimal number from low to high, kept times 10^decimals. */
    void AddDecimal(const std::string &name, const std::string &value, const std::string &help,
                    int64_t low, int64_t high, unsigned decimals, int64_t *out);
    void AddChoice(const std::string &name, const std::string &help,
                   const std::vector<std::string> &choices, std::string *out);
    void AddFlag(const std::string &name, const std::string &help, bool *out);
    void AddText(const std::string &name, const std::string &value, const std::string &help,
                 std::string *out);

    /* What is asked when all words are read: empty, or what is wrong with options together. */
    void AddCheck(std::function<std::string()> check);

    /* Reads the words behind the program's name. Bad: *error has one line for people. Words that
     * name attributes or global values of ns-3 go to its CommandLine. Sets the seed of ns-3:
     * --seed, or --RngSeed. */
    Parsed Parse(int argc, char **argv, std::string *error);
    void PrintHelp(std::ostream &os, const std::string &intro, const std::string &outro) const;

  private:
    struct Row {
        std::string name, value, help;
        Reader reader;
    };

    const Row *Find(const std::string &name) const;
    std::string Check(const std::string &word) const;

    std::vector<Row> m_rows;
    std::vector<std::function<std::string()>> m_checks;
};

/* A decimal number with at most `decimals` digits behind the point, times 10^decimals. */
bool ReadDecimal(const std::string &text, unsigned decimals, int64_t *out);

/* Whether an attribute has another default than its type gave it, by --TYPE::NAME=VALUE. A
 * scenario's own value gives way to that. */
bool AttributeIsGiven(const std::string &type, const std::string &name);

/* What every scenario has. */
struct CommonOptions {
    uint32_t seed = 1;
    uint32_t runs = 1;
    std::string out;
    bool quiet = false;
};
void AddCommonOptions(OptionTable *table, CommonOptions *options, const std::string &program);

/* --suite: fills the texts of both proposals, as host_suite_print writes them. The ESP suite may be
 * left out: it is IKE's ciphers. */
std::string ReadSuite(const std::string &text, std::string *ike, std::string *esp);
/* Octets that a nonce has at least: 16, and half the key of each PRF (RFC 7296 2.10). */
uint32_t LeastNonce(const std::string &ike);

/* Likewise a suite of AH: an integrity algorithm, and perhaps how sequence numbers are. */
std::string ReadAhSuite(const std::string &text, std::string *ahText);

/* ns-3's generator takes seeds from 1 to this; above it aborts. */
constexpr uint32_t kSeedMax = 4294944442;

/* The folder for the files: made, and emptied of what an earlier run wrote there (names and
 * "*.pcap"). Empty, or why not. */
std::string PrepareFolder(const std::string &dir, const std::vector<std::string> &names);

} // namespace scenario

#endif
