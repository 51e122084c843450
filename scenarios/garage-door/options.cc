/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <algorithm>
#include <cctype>
#include <ostream>

#include "host.h"
#include "ns3/ikelet-cpu.h"

namespace garage
{

namespace
{

const char *const kDefaultSuite = "aes128gcm8-prfsha256-x25519";

/* One option: how it is written, what it means, and what reads its value. read answers an empty
 * string if the value is good, else what is wrong. */
struct Row {
    const char *name;
    const char *value; /* name of the value in --help; null: takes none */
    const char *help;
    std::string (*read)(Options *options, const std::string &text);
};

/* A decimal number with at most `decimals` digits behind the point, times 10^decimals. */
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

std::string ReadCount(const std::string &text, int64_t low, int64_t high, int64_t *out)
{
    if (ReadDecimal(text, 0, out) && *out >= low && *out <= high)
        return "";
    return "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high);
}

std::string ReadRemotes(Options *o, const std::string &text)
{
    int64_t n = 0;
    std::string want = ReadCount(text, 1, 100, &n);
    o->remotes = static_cast<uint32_t>(n);
    return want;
}

std::string ReadPresses(Options *o, const std::string &text)
{
    int64_t n = 0;
    std::string want = ReadCount(text, 1, 10000, &n);
    o->presses = static_cast<uint32_t>(n);
    return want;
}

std::string ReadInterval(Options *o, const std::string &text)
{
    int64_t us = 0;
    if (!ReadDecimal(text, 6, &us) || us < 1'000'000 || us > 86400'000'000)
        return "must be seconds from 1 to 86400";
    o->intervalUs = us;
    return "";
}

std::string ReadLoss(Options *o, const std::string &text)
{
    int64_t ppm = 0;
    if (!ReadDecimal(text, 4, &ppm) || ppm > 1'000'000)
        return "must be per cent of frames from 0 to 100";
    o->lossPpm = static_cast<uint32_t>(ppm);
    return "";
}

std::string ReadDelay(Options *o, const std::string &text)
{
    int64_t us = 0;
    if (!ReadDecimal(text, 3, &us) || us > 10'000'000)
        return "must be milliseconds from 0 to 10000";
    o->delayUs = us;
    return "";
}

std::string ReadCpu(Options *o, const std::string &text)
{
    std::string why;
    o->cpu = text;
    return ns3::IkeletCpu().Load(text, &why) ? ""
                                             : "ideal, msp430f1611 or a CSV file (" + why + ")";
}

std::string ReadMode(Options *o, const std::string &text)
{
    o->mode = text;
    return text == "tunnel" || text == "transport" ? "" : "must be tunnel or transport";
}

std::string ReadSeed(Options *o, const std::string &text)
{
    int64_t n = 0;
    std::string want = ReadCount(text, 1, UINT32_MAX, &n);
    o->seed = static_cast<uint64_t>(n);
    return want;
}

std::string ReadOut(Options *o, const std::string &text)
{
    o->out = text;
    return text.empty() ? "must be a folder" : "";
}

std::string ReadPlain(Options *o, const std::string &)
{
    o->plain = true;
    return "";
}

std::string ReadQuiet(Options *o, const std::string &)
{
    o->quiet = true;
    return "";
}

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

std::string ReadSuite(Options *o, const std::string &text)
{
    struct ik_proposal ike = {}, esp = {};
    char why[160] = "";
    size_t slash = text.find('/');
    if (!host_suite_parse_ike(text.substr(0, slash).c_str(), &ike, why, sizeof why))
        return std::string("IKE: ") + why;
    std::string espText = slash == std::string::npos ? EspOf(ike) : text.substr(slash + 1);
    if (!host_suite_parse_esp(espText.c_str(), &esp, why, sizeof why))
        return std::string("ESP: ") + why;
    for (uint8_t i = 0; i < esp.transforms_n; i++) {
        if (esp.transforms[i].type == IK_TT_ESN && esp.transforms[i].id != IK_ESN_NO)
            return "ESP: extended sequence numbers are not supported";
    }
    o->suite = text;
    o->ikeSuite = Print(ike);
    o->espSuite = Print(esp);
    return "";
}

const Row kRows[] = {
    {"remotes", "N", "remotes, each with a door of its own (1 to 100; default 3)", ReadRemotes},
    {"presses", "N",
     "presses in all; the remotes take turns, and each opens its door if it\n"
     "is closed and closes it if it is open (1 to 10000; default 12)",
     ReadPresses},
    {"interval", "S",
     "seconds from one press to the next, to which up to a tenth, at most\n"
     "1 s, is added by chance (1 to 86400; default 60)",
     ReadInterval},
    {"loss", "PERCENT",
     "of 802.15.4 frames that do not arrive, acknowledgements too\n"
     "(0 to 100, up to four decimals; default 0)",
     ReadLoss},
    {"delay", "MS",
     "added to each frame on its way up from the radio, both ways\n"
     "(0 to 10000; default 0)",
     ReadDelay},
    {"cpu", "PROFILE",
     "what crypto costs on a remote: ideal (nothing), msp430f1611 (8 MHz),\n"
     "or a CSV file of cycles; the gateway is a PC (default ideal)",
     ReadCpu},
    {"suite", "IKE[/ESP]",
     "algorithms as strongSwan writes them, for example\n"
     "aes128ccm8-prfsha256-ecp256/aes128ctr-sha256; without /ESP those of\n"
     "IKE (default aes128gcm8-prfsha256-x25519)",
     ReadSuite},
    {"mode", "MODE", "of the Child SA: tunnel or transport (default transport)", ReadMode},
    {"plain", nullptr, "no IPsec: the same in clear, for comparison", ReadPlain},
    {"seed", "N",
     "of all chance; the same seed writes the same files (1 to 4294967295;\n"
     "default 1)",
     ReadSeed},
    {"out", "DIR", "folder for the files, made if missing (default garage-door.out)", ReadOut},
    {"quiet", nullptr, "no progress line", ReadQuiet},
};

const Row *Find(const std::string &name)
{
    for (const Row &row : kRows) {
        if (name == row.name)
            return &row;
    }
    return nullptr;
}

Parsed Complain(std::string *error, const std::string &what)
{
    *error = what;
    return Parsed::Bad;
}

/* Quoted, without what would break the line. */
std::string Quote(const std::string &text)
{
    std::string out = "\"";
    for (char c : text.substr(0, 60))
        out += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    return out + "\"";
}

} // namespace

Parsed ParseOptions(const std::vector<std::string> &words, Options *options, std::string *error)
{
    ReadSuite(options, kDefaultSuite);
    for (size_t i = 0; i < words.size(); i++) {
        const std::string &word = words[i];
        if (word == "--help" || word == "-h")
            return Parsed::Help;
        if (word.compare(0, 2, "--") != 0)
            return Complain(error, "what is " + Quote(word) + "? (--help lists the options)");
        size_t equals = word.find('=');
        std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
        const Row *row = Find(name);
        if (!row)
            return Complain(error,
                            "no option " + Quote("--" + name) + " (--help lists the options)");
        bool given = equals != std::string::npos;
        if (!row->value && given)
            return Complain(error, "--" + name + " takes no value");
        std::string value = given ? word.substr(equals + 1) : "";
        if (row->value && !given) {
            if (i + 1 == words.size())
                return Complain(error, "--" + name + " needs a value: " + row->value);
            value = words[++i];
        }
        std::string wrong = row->read(options, value);
        if (!wrong.empty())
            return Complain(error, "--" + name + "=" + Quote(value) + ": " + wrong);
    }
    return Parsed::Run;
}

void PrintHelp(std::ostream &os)
{
    os << "Usage: garage-door [OPTION]...\n"
          "Simulates battery-powered garage door remotes on IEEE 802.15.4 with 6LoWPAN and their\n"
          "home gateway in ns-3. A press wakes a remote; it sets up IKE and Child SA, sends the\n"
          "command through ESP, follows the door's status and sleeps again, its SAs deleted.\n\n";
    for (const Row &row : kRows) {
        std::string head = std::string("  --") + row.name;
        if (row.value)
            head += std::string("=") + row.value;
        std::string text = head + std::string(head.size() < 20 ? 20 - head.size() : 1, ' ');
        for (const char *c = row.help; *c; c++) {
            text += *c;
            if (*c == '\n')
                text += std::string(20, ' ');
        }
        os << text << "\n";
    }
    os << "  --help            this text\n\n"
          "Prints a table and writes into DIR: summary.json, events.csv, timeline.svg, a pcap "
          "file\n"
          "of each radio (gateway.pcap, remote-1.pcap, ...), and the key log\n"
          "(ikev2_decryption_table, esp_sa), with which tshark and Wireshark decrypt them:\n"
          "  WIRESHARK_CONFIG_DIR=DIR tshark -o esp.enable_encryption_decode:TRUE -r "
          "DIR/gateway.pcap\n"
          "Exit status: 0 when the run is over, 1 if a file can't be written, 2 for a bad "
          "option.\n";
}

} // namespace garage
