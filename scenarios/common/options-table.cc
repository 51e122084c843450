/* SPDX-License-Identifier: MIT */
#include "options-table.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include "ns3/command-line.h"
#include "ns3/global-value.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/string.h"
#include "ns3/type-id.h"
#include "ns3/uinteger.h"

#include "host.h"
#include "spectator.h"

namespace scenario
{

using namespace ns3;

namespace
{

constexpr size_t kHelpAt = 22;

/* Quoted, without what would break the line. */
std::string Quote(const std::string &text)
{
    std::string out = "\"";
    for (char c : text.substr(0, 60))
        out += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    return out + "\"";
}

std::string NameOf(const std::string &word)
{
    return word.substr(2, word.find('=') == std::string::npos ? std::string::npos
                                                              : word.find('=') - 2);
}

std::string ValueOf(const std::string &word)
{
    size_t equals = word.find('=');
    return equals == std::string::npos ? "" : word.substr(equals + 1);
}

/* The attribute of a type, "ns3::IkeletNode::Queue". */
bool FindAttribute(const std::string &name, TypeId::AttributeInformation *info)
{
    size_t last = name.rfind("::");
    TypeId tid;
    return last != std::string::npos && TypeId::LookupByNameFailSafe(name.substr(0, last), &tid) &&
           tid.LookupAttributeByName(name.substr(last + 2), info);
}

/* ns-3 aborts on a word that it can't read, so a child tries it first. */
bool IsValid(Ptr<const AttributeChecker> checker, const std::string &value)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (!std::freopen("/dev/null", "w", stderr))
            _exit(2);
        signal(SIGABRT, SIG_DFL);
        _exit(checker->CreateValidValue(StringValue(value)) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Global values that name a type: any text will do for their checkers, and what can't be made of it
 * ends the program later. Empty if it is such a type. */
std::string CheckType(const std::string &value, const std::string &parent)
{
    TypeId tid;
    const bool good = TypeId::LookupByNameFailSafe(value, &tid) && tid.HasConstructor() &&
                      tid.IsChildOf(TypeId::LookupByName(parent));
    return good ? "" : "is no type of " + parent;
}

/* --PrintGroups and so on: "?" if there is no such word. */
std::string CheckPrint(const std::string &name, const std::string &value)
{
    TypeId tid;
    if (name == "PrintAttributes")
        return TypeId::LookupByNameFailSafe(value, &tid) ? "" : "is no type of ns-3";
    for (const char *known : {"PrintHelp", "PrintGlobals", "PrintGroups", "PrintGroup",
                              "PrintTypeIds", "PrintVersion"}) {
        if (name == known)
            return "";
    }
    return "?";
}

/* What ns-3's CommandLine knows: empty if it would take it. It prints a page and leaves if not. */
std::string CheckForNs3(const std::string &word)
{
    const std::string name = NameOf(word);
    const bool given = word.find('=') != std::string::npos;
    if (name == "RngSeed") {
        int64_t seed = 0;
        bool good = ReadDecimal(ValueOf(word), 0, &seed) && seed >= 1 && seed <= kSeedMax;
        return good ? "" : "must be a whole number from 1 to " + std::to_string(kSeedMax);
    }
    if (name.rfind("Print", 0) == 0)
        return CheckPrint(name, ValueOf(word));
    if (name == "SimulatorImplementationType")
        return CheckType(ValueOf(word), "ns3::SimulatorImpl");
    if (name == "SchedulerType")
        return CheckType(ValueOf(word), "ns3::Scheduler");
    TypeId::AttributeInformation info;
    if (FindAttribute(name, &info)) {
        bool good = given && IsValid(info.checker, ValueOf(word));
        return good ? "" : "is no " + info.checker->GetValueTypeName();
    }
    for (auto i = GlobalValue::Begin(); i != GlobalValue::End(); ++i) {
        if ((*i)->GetName() == name) {
            bool good = given && IsValid((*i)->GetChecker(), ValueOf(word));
            return good ? "" : "is no " + (*i)->GetChecker()->GetValueTypeName();
        }
    }
    return "?";
}

} // namespace

bool ReadDecimal(const std::string &text, unsigned decimals, int64_t *out)
{
    size_t point = text.find('.');
    std::string whole = text.substr(0, point);
    std::string part = point == std::string::npos ? "" : text.substr(point + 1);
    std::string digits = whole + part;
    if (whole.empty() || (point != std::string::npos && part.empty()) || part.size() > decimals ||
        digits.find_first_not_of("0123456789") != std::string::npos || whole.size() > 10)
        return false;
    digits.append(decimals - part.size(), '0');
    *out = static_cast<int64_t>(std::stoull(digits));
    return true;
}

/* ---- rows ------------------------------------------------------------------------------------ */

void OptionTable::Add(const std::string &name, const std::string &value, const std::string &help,
                      Reader reader)
{
    m_rows.push_back({name, value, help, std::move(reader)});
}

void OptionTable::AddCount(const std::string &name, const std::string &help, int64_t low,
                           int64_t high, uint32_t *out)
{
    std::string range = "(" + std::to_string(low) + " to " + std::to_string(high) + "; default " +
                        std::to_string(*out) + ")";
    Add(name, "N", help + " " + range, [=](const std::string &text) -> std::string {
        int64_t n = 0;
        if (!ReadDecimal(text, 0, &n) || n < low || n > high)
            return "must be a whole number from " + std::to_string(low) + " to " +
                   std::to_string(high);
        *out = static_cast<uint32_t>(n);
        return "";
    });
}

void OptionTable::AddDecimal(const std::string &name, const std::string &value,
                             const std::string &help, int64_t low, int64_t high, unsigned decimals,
                             int64_t *out)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < decimals; i++)
        unit *= 10;
    auto text = [unit, decimals](int64_t n) {
        std::string s = std::to_string(n / unit);
        if (n % unit) {
            std::string part = std::to_string(unit + n % unit).substr(1);
            part.erase(part.find_last_not_of('0') + 1);
            s += "." + part;
        }
        return s;
    };
    std::string range = text(low) + " to " + text(high);
    Add(name, value, help + " (" + range + "; default " + text(*out) + ")",
        [=](const std::string &word) -> std::string {
            int64_t n = 0;
            if (!ReadDecimal(word, decimals, &n) || n < low || n > high)
                return "must be a number from " + range;
            *out = n;
            return "";
        });
}

void OptionTable::AddChoice(const std::string &name, const std::string &help,
                            const std::vector<std::string> &choices, std::string *out)
{
    std::string list;
    for (size_t i = 0; i < choices.size(); i++)
        list += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i];
    Add(name, "WORD", help + ": " + list + " (default " + *out + ")",
        [=](const std::string &text) -> std::string {
            if (std::find(choices.begin(), choices.end(), text) == choices.end())
                return "must be " + list;
            *out = text;
            return "";
        });
}

void OptionTable::AddFlag(const std::string &name, const std::string &help, bool *out)
{
    Add(name, "", help, [out](const std::string &) -> std::string {
        *out = true;
        return "";
    });
}

void OptionTable::AddText(const std::string &name, const std::string &value,
                          const std::string &help, std::string *out)
{
    Add(name, value, help, [out](const std::string &text) -> std::string {
        *out = text;
        return text.empty() ? "must not be empty" : "";
    });
}

const OptionTable::Row *OptionTable::Find(const std::string &name) const
{
    for (const Row &row : m_rows) {
        if (name == row.name)
            return &row;
    }
    return nullptr;
}

/* ---- parsing --------------------------------------------------------------------------------- */

/* What is wrong with a word of the form --name or --name=value; empty if nothing. */
std::string OptionTable::Check(const std::string &word) const
{
    if (word.compare(0, 2, "--") != 0)
        return "what is " + Quote(word) + "? (--help lists the options)";
    const Row *row = Find(NameOf(word));
    bool given = word.find('=') != std::string::npos;
    if (row && row->value.empty() && given)
        return "--" + row->name + " takes no value";
    if (row && !row->value.empty() && !given)
        return "--" + row->name + " needs a value: " + row->value;
    std::string wrong = row ? row->reader(ValueOf(word)) : CheckForNs3(word);
    if (wrong == "?")
        return "no option " + Quote("--" + NameOf(word)) + " (--help lists the options)";
    return wrong.empty() ? "" : "--" + NameOf(word) + "=" + Quote(ValueOf(word)) + ": " + wrong;
}

void OptionTable::AddCheck(std::function<std::string()> check)
{
    m_checks.push_back(std::move(check));
}

Parsed OptionTable::Parse(int argc, char **argv, std::string *error)
{
    std::vector<std::string> words = {argv[0]};
    for (int i = 1; i < argc; i++) {
        std::string word = argv[i];
        if (word == "--help" || word == "-h")
            return Parsed::Help;
        const Row *row = word.compare(0, 2, "--") == 0 ? Find(word.substr(2)) : nullptr;
        if (row && !row->value.empty() && i + 1 < argc)
            word += std::string("=") + argv[++i];
        *error = Check(word);
        if (!error->empty())
            return Parsed::Bad;
        words.push_back(word);
    }
    for (const auto &check : m_checks) {
        *error = check();
        if (!error->empty())
            return Parsed::Bad;
    }
    CommandLine cmd;
    for (const Row &row : m_rows)
        cmd.AddValue(row.name, row.help,
                     ns3::Callback<bool, std::string>([](std::string) { return true; }));
    cmd.Parse(words);
    SpectateIfAsked();
    UintegerValue seed;
    GlobalValue::GetValueByName("RngSeed", seed); /* of the environment NS_GLOBAL_VALUE, too */
    if (seed.Get() < 1 || seed.Get() > kSeedMax) {
        *error = "RngSeed must be a whole number from 1 to " + std::to_string(kSeedMax);
        return Parsed::Bad;
    }
    return Parsed::Run;
}

void OptionTable::PrintHelp(std::ostream &os, const std::string &intro,
                            const std::string &outro) const
{
    os << intro << "\n";
    for (const Row &row : m_rows) {
        std::string text = "  --" + row.name + (row.value.empty() ? "" : "=" + row.value);
        text += std::string(text.size() < kHelpAt - 1 ? kHelpAt - text.size() : 1, ' ');
        size_t column = text.size();
        std::string word;
        for (char c : row.help + " ") {
            if (c != ' ' && c != '\n') {
                word += c;
                continue;
            }
            if (column + word.size() > 98) {
                text += "\n" + std::string(kHelpAt, ' ');
                column = kHelpAt;
            }
            text += word + " ";
            column += word.size() + 1;
            word.clear();
        }
        text.erase(text.find_last_not_of(' ') + 1);
        os << text << "\n";
    }
    os << "  --help              this text\n"
          "  --RngRun=N, --ns3::TYPE::ATTRIBUTE=VALUE, --PrintAttributes=TYPE …: as in every "
          "program of ns-3\n"
       << outro;
}

bool AttributeIsGiven(const std::string &type, const std::string &name)
{
    TypeId::AttributeInformation info;
    return FindAttribute(type + "::" + name, &info) &&
           info.initialValue != info.originalInitialValue;
}

/* ---- what every scenario has ----------------------------------------------------------------- */

void AddCommonOptions(OptionTable *table, CommonOptions *options, const std::string &program)
{
    options->out = program + ".out";
    table->AddCount("runs",
                    "independent repetitions, by runs of ns-3's generator from --RngRun on; more "
                    "than one gives intervals",
                    1, 10000, &options->runs);
    table->Add("seed", "N",
               "of all chance; the same seed writes the same files (1 to " +
                   std::to_string(kSeedMax) + ", which is all that ns-3 takes; default 1)",
               [options](const std::string &text) -> std::string {
                   int64_t n = 0;
                   if (!ReadDecimal(text, 0, &n) || n < 1 || n > kSeedMax)
                       return "must be a whole number from 1 to " + std::to_string(kSeedMax);
                   options->seed = static_cast<uint32_t>(n);
                   RngSeedManager::SetSeed(options->seed);
                   return "";
               });
    table->AddText("out", "DIR",
                   "folder for the files, made if missing (default " + options->out + ")",
                   &options->out);
    table->AddFlag("quiet", "no progress line", &options->quiet);
}

namespace
{

/* Encryption and integrity of the IKE proposal, as an ESP suite. */
std::string EspOf(const struct ik_proposal &ike)
{
    struct ik_proposal esp = {};
    for (uint8_t i = 0; i < ike.transforms_n; i++) {
        const struct ik_transform &t = ike.transforms[i];
        if (t.type == IK_TT_ENCR || t.type == IK_TT_INTEG)
            esp.transforms[esp.transforms_n++] = t;
    }
    char text[256];
    host_suite_print(&esp, text, sizeof text);
    return text;
}

std::string Print(const struct ik_proposal &proposal)
{
    char text[256];
    host_suite_print(&proposal, text, sizeof text);
    return text;
}

} // namespace

std::string ReadSuite(const std::string &text, std::string *ikeText, std::string *espText)
{
    struct ik_proposal ike = {}, esp = {};
    char why[160] = "";
    size_t slash = text.find('/');
    if (!host_suite_parse_ike(text.substr(0, slash).c_str(), &ike, why, sizeof why))
        return std::string("IKE: ") + why;
    std::string word = slash == std::string::npos ? EspOf(ike) : text.substr(slash + 1);
    if (!host_suite_parse_esp(word.c_str(), &esp, why, sizeof why))
        return std::string("ESP: ") + why;
    *ikeText = Print(ike);
    *espText = Print(esp);
    return "";
}

uint32_t LeastNonce(const std::string &ikeText)
{
    constexpr uint32_t kLeast = 16;
    struct ik_proposal ike = {};
    char why[160];
    uint32_t least = kLeast;
    host_suite_parse_ike(ikeText.c_str(), &ike, why, sizeof why);
    for (uint8_t i = 0; i < ike.transforms_n; i++) {
        const struct ik_prf *prf = ike.transforms[i].type == IK_TT_PRF
                                       ? ik_crypto_prf(host_crypto(), ike.transforms[i].id)
                                       : nullptr;
        if (prf)
            least = std::max(least, prf->key_len / 2u);
    }
    return least;
}

std::string ReadAhSuite(const std::string &text, std::string *ahText)
{
    struct ik_proposal ah = {};
    char why[160] = "";
    if (!host_suite_parse_ah(text.c_str(), &ah, why, sizeof why))
        return std::string("AH: ") + why;
    *ahText = Print(ah);
    return "";
}

std::string PrepareFolder(const std::string &dir, const std::vector<std::string> &names)
{
    std::error_code error;
    std::filesystem::create_directories(dir, error);
    if (error)
        return error.message();
    try {
        for (const auto &entry : std::filesystem::directory_iterator(dir)) {
            std::string name = entry.path().filename();
            if (entry.path().extension() == ".pcap" ||
                std::find(names.begin(), names.end(), name) != names.end())
                std::filesystem::remove(entry.path());
        }
    } catch (const std::filesystem::filesystem_error &e) {
        return e.code().message();
    }
    /* Known now, and not when the simulation is over; ns-3 would abort at its first pcap file. */
    return std::ofstream(dir + "/summary.json") ? "" : std::strerror(errno);
}

} // namespace scenario
