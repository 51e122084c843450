/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <ostream>

#include "door.h"
#include "field.h"
#include "ns3/ikelet-firmware-node.h"

namespace garage
{

namespace
{

const char *const kDefaultSuite = "aes128gcm8-prfsha256-x25519";

std::string ReadSuite(Options *o, const std::string &text)
{
    o->suite = text;
    return scenario::ReadSuite(text, &o->ikeSuite, &o->espSuite);
}

void AddPresses(scenario::OptionTable *table, Options *o)
{
    table->AddCount("remotes", "remotes, each with a door of its own", 1, 100, &o->remotes);
    table->AddCount("presses",
                    "presses in all; the remotes take turns, and each opens its door if it is "
                    "closed and closes it if it is open",
                    1, 10000, &o->presses);
    table->AddDecimal("interval", "S",
                      "seconds from one press to the next, to which up to a tenth, at most 1 s, is "
                      "added by chance",
                      1'000'000, 86400'000'000, 6, &o->intervalUs);
}

void AddIpsec(scenario::OptionTable *table, Options *o)
{
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them, for example "
               "aes128ccm8-prfsha256-ecp256/aes128ctr-sha256; without /ESP those of IKE (default " +
                   std::string(kDefaultSuite) + ")",
               [o](const std::string &text) { return ReadSuite(o, text); });
    table->AddChoice("mode", "of the Child SA", {"tunnel", "transport"}, &o->mode);
    table->AddChoice(
        "sa",
        "a handshake for each press; resumed by a ticket that the remote keeps over its "
        "sleep (RFC 5723), without a key exchange; or SAs kept over it",
        {"handshake", "resumed", "kept"}, &o->sa);
    table->AddDecimal("ike-timeout", "MS",
                      "before an IKE request is sent again for the first time; a remote does not "
                      "know the network's delay",
                      1'000, 600'000'000, 3, &o->ikeTimeoutUs);
    table->AddCount(
        "ike-jitter",
        "per cent by which a wait of IKE is shortened at most by chance; each draw costs "
        "a slow CPU some 40 ms, and the firmware of targets/msp430 has none",
        0, 99, &o->ikeJitter);
    table->AddFlag(
        "brief",
        "handshakes of as few octets as may be, as the firmware of targets/msp430 has "
        "them: no NAT detection, IDr and INITIAL_CONTACT, short identities, the remotes' "
        "nonces of 16 octets, or half the key of the PRF; its DRBG; and, with its suite, the "
        "pre-shared key as it keeps it",
        &o->brief);
    table->AddFlag("key-ahead",
                   "a remote computes the key pair of its next handshake when it has nothing else "
                   "to do, so that the press need not wait for it; its memory is kept over its "
                   "sleep",
                   &o->keyAhead);
    table->AddDecimal("patience", "MS", "before a command is sent again for the first time", 1'000,
                      600'000'000, 3, &o->patienceUs);
    table->AddFlag("plain", "no IPsec: the same in clear, for comparison", &o->plain);
}

void AddFirmware(scenario::OptionTable *table, Options *o)
{
    table->AddText(
        "firmware", "FILE",
        "remotes are machine code: that image for MSP430 (door.elf of make msp430), run "
        "instruction by instruction, with the application, suite, tunnel, timers and kept SAs that "
        "it has; \"core\": the same on a core of the host, by the cycles of --cpu, for comparison",
        &o->firmware);
}

/* What an image or its application on a core decides. The part is the image's. */
std::string FitFirmware(Options *o)
{
    std::string part = "msp430f1611", why;
    if (o->keyAhead &&
        (o->plain || o->sa == "resumed" || (o->firmware != "core" && !o->firmware.empty())))
        return "--key-ahead goes with neither --plain nor --sa=resumed, and an image has it or has "
               "it not";
    if (o->firmware.empty())
        return "";
    if (o->plain || o->power.radioPolicy == "off")
        return "--firmware goes with neither --plain nor --radio-policy=off";
    if (o->firmware != "core")
        part = ns3::IkeletFirmwareNode::PartOf(o->firmware, &why);
    if (part.empty())
        return "--firmware=" + o->firmware + ": " + why;
    if (o->power.cpu == "ideal")
        o->power.cpu = part;
    else if (o->firmware != "core" && o->power.cpu != part)
        return "--firmware=" + o->firmware + " is for " + part + ", and --cpu says " + o->power.cpu;
    ReadSuite(o, scenario::kFirmwareSuite);
    o->mode = "tunnel";
    o->sa = "kept";
    o->ikeTimeoutUs = 1'000'000;
    o->ikeJitter = 0;
    o->brief = true;
    o->patienceUs = 31 * 65'536;
    return "";
}

scenario::OptionTable MakeTable(Options *o, scenario::CommonOptions *common)
{
    scenario::OptionTable table;
    AddPresses(&table, o);
    scenario::AddAirOptions(&table, &o->air);
    scenario::AddPowerOptions(&table, &o->power, "remote");
    AddIpsec(&table, o);
    AddFirmware(&table, o);
    scenario::AddCommonOptions(&table, common, "garage-door");
    return table;
}

} // namespace

scenario::Parsed ParseOptions(int argc, char **argv, Options *options, std::string *error)
{
    scenario::CommonOptions common;
    ReadSuite(options, kDefaultSuite);
    scenario::Parsed parsed = MakeTable(options, &common).Parse(argc, argv, error);
    options->seed = common.seed;
    options->runs = common.runs;
    options->out = common.out;
    options->quiet = common.quiet;
    if (parsed == scenario::Parsed::Run) {
        *error = FitFirmware(options);
        parsed = error->empty() ? parsed : scenario::Parsed::Bad;
    }
    return parsed;
}

void PrintHelp(std::ostream &os)
{
    Options options;
    scenario::CommonOptions common;
    MakeTable(&options, &common)
        .PrintHelp(os,
                   "Usage: garage-door [OPTION]...\n"
                   "Simulates battery-powered garage door remotes on IEEE 802.15.4 with 6LoWPAN "
                   "and their\n"
                   "home gateway in ns-3. A press wakes a remote; it sets up IKE and Child SA, "
                   "sends the\n"
                   "command through ESP, follows the door's status and sleeps again, its SAs "
                   "deleted.\n",
                   "\nPrints a table and writes into DIR: summary.json, report.html, events.csv, "
                   "presses.csv,\n"
                   "handshakes.csv, nodes.csv, runs.csv, timeline.svg, a pcap file of each radio "
                   "(gateway.pcap,\n"
                   "remote-1.pcap, ...), and key log and preferences (ikev2_decryption_table, "
                   "esp_sa, preferences),\n"
                   "with which tshark and Wireshark decrypt them:\n"
                   "  WIRESHARK_CONFIG_DIR=DIR tshark -r DIR/gateway.pcap\n"
                   "Exit status: 0 when the run is over, 1 if a file can't be written, 2 for a bad "
                   "option.\n");
}

} // namespace garage
