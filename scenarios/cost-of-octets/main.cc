/* SPDX-License-Identifier: MIT */
/* cost-of-octets: an IKEv2 handshake field by field, and what it takes of the air. See --help. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "ns3/config.h"
#include "ns3/simulator.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "host.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"

namespace octets
{

using namespace ns3;
using namespace scenario;

namespace
{

constexpr uint32_t kHeader = 28, kPayloadHeader = 4;

struct Options {
    uint32_t nonce = 32;
    AirOptions air;
    PowerOptions power;
    IpsecOptions ipsec;
};
Options options;

void AddOptions(OptionTable *table)
{
    options.ipsec.mode = "tunnel";
    table->AddCount(
        "nonce",
        "octets of the nonces; RFC 7296 2.10 wants half the key of the PRF, and 16 at least", 16,
        64, &options.nonce);
    AddAirOptions(table, &options.air);
    AddCpuOptions(table, &options.power, "station");
    AddIpsecOptions(table, &options.ipsec);
}

std::string Check()
{
    const uint32_t least = LeastNonce(options.ipsec.ikeSuite);
    if (options.nonce >= least)
        return "";
    return "--nonce=" + std::to_string(options.nonce) +
           " is less than half the key of the PRF of " + options.ipsec.ikeSuite + ": " +
           std::to_string(least);
}

/* One field of a message. */
struct FieldRow {
    std::string message, field;
    uint32_t octets = 0, needed = 0; /* needed: what the standard asks for at least */
};

struct MessageRow {
    std::string name;
    uint32_t octets = 0, needed = 0;
    uint64_t air = 0,
             frames = 0; /* until the next message begins: acknowledgements and repetitions, too */
};

/* The same handshake with something else: what it takes. */
struct Variant {
    std::string name;
    uint32_t nonce = 0; /* octets */
    bool shortIds = false, noContext = false, noNat = false;
    uint64_t octets = 0, air = 0; /* sums over its messages */
};

/* ---- taking messages apart --------------------------------------------------------------------
 */

/* What nobody has to send: notifications that offer or tell, a nonce and an identity longer than
 * they need be. */
uint32_t NeededOf(const struct ik_payload &payload)
{
    const uint32_t all = kPayloadHeader + static_cast<uint32_t>(payload.body.len);
    switch (payload.type) {
    case IK_PL_NOTIFY: {
        const uint16_t type =
            payload.body.len >= 4
                ? static_cast<uint16_t>(payload.body.p[2] << 8 | payload.body.p[3])
                : uint16_t{0};
        return type == IK_N_USE_TRANSPORT_MODE ? all : 0;
    }
    case IK_PL_NONCE:
        return std::min(all, kPayloadHeader + LeastNonce(options.ipsec.ikeSuite));
    case IK_PL_IDI:
    case IK_PL_IDR:
        return std::min(all, kPayloadHeader + 4 + 1); /* ID_KEY_ID of one octet */
    default:
        return all;
    }
}

std::string NameOf(const struct ik_payload &payload)
{
    std::string name = host_payload_name(payload.type);
    if (payload.type == IK_PL_NOTIFY && payload.body.len >= 4)
        name += std::string(" ") +
                host_notify_name(static_cast<unsigned>(payload.body.p[2] << 8 | payload.body.p[3]));
    return name;
}

class World
{
  public:
    World(const AirOptions &air, const IpsecOptions &ipsec, const std::string &dir)
        : m_field(air, 1, dir, "station", true),
          m_ipsec(&m_field, ipsec, options.power, "udp/4715", "station", dir)
    {
        Ptr<IkeletNode> station = m_ipsec.Station(1), gateway = m_ipsec.Gateway();
        station->TraceConnectWithoutContext("Tx", MakeCallback(&World::OnTx, this).Bind(station));
        gateway->TraceConnectWithoutContext("Tx", MakeCallback(&World::OnTx, this).Bind(gateway));
        station->TraceConnectWithoutContext("ChildUp", MakeCallback(&World::OnUp, this));
        Simulator::Schedule(MicroSeconds(uint64_t{kIpsecStartUs}) + Seconds(1), [station]() {
            station->Wake();
            station->Up();
        });
    }
    ~World()
    {
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    bool Run()
    {
        Simulator::Stop(Hours(1));
        Simulator::Run();
        Close();
        return m_ipsec.Close();
    }

    const Field &GetField() const
    {
        return m_field;
    }

    std::vector<FieldRow> fields;
    std::vector<MessageRow> messages;
    bool up = false;
    double handshakeMs = NAN;

  private:
    void OnUp(uint16_t)
    {
        up = true;
        handshakeMs = 1e3 * (Simulator::Now() - m_first).GetSeconds();
        Simulator::Stop(MilliSeconds(100)); /* the last acknowledgements go out */
    }

    void Close()
    {
        if (messages.empty())
            return;
        const AirCount now = m_field.Total();
        messages.back().air = now.bytes - m_before.bytes;
        messages.back().frames = now.frames - m_before.frames;
        m_before = now;
    }

    void OnTx(Ptr<IkeletNode> node, Ptr<const Packet> datagram, const struct ik_path &path)
    {
        IkeMessage head;
        if (up || !ReadIkeMessage(datagram, path, &head))
            return;
        if (messages.empty()) {
            m_first = Simulator::Now();
            m_before = m_field.Total();
        }
        const std::string name = std::string(host_exchange_name(head.exchange)) +
                                 (head.response ? " response" : " request");
        if (!messages.empty() && messages.back().name == name)
            return; /* the same again: its octets on air are the message's */
        Close();
        messages.emplace_back();
        messages.back().name = name;
        messages.back().octets = head.octets;
        std::vector<uint8_t> data(datagram->GetSize());
        datagram->CopyData(data.data(), datagram->GetSize());
        data.erase(data.begin(), data.begin() + static_cast<long>(data.size() - head.octets));
        Take(*node, name, data);
        for (const FieldRow &row : fields)
            messages.back().needed += row.message == name ? row.needed : 0;
    }

    void Add(const std::string &message, const std::string &field, uint32_t octets, uint32_t needed)
    {
        fields.push_back({message, field, octets, needed});
    }

    void Take(const IkeletNode &node, const std::string &name, const std::vector<uint8_t> &data)
    {
        struct ik_msg msg;
        std::vector<uint8_t> inner(data.size() + 64);
        Add(name, "IKE header", kHeader, kHeader);
        if (ik_msg_parse(data.data(), data.size(), &msg) != IK_OK)
            return;
        const bool sealed = msg.payloads_n > 0 && msg.payloads[0].type == IK_PL_SK;
        bool opened = false;
        for (uint16_t slot = 0; sealed && !opened && slot < node.GetIkeSlots(); slot++)
            opened = ik_export_open(node.GetCore(), slot, data.data(), data.size(), inner.data(),
                                    inner.size(), &msg);
        uint32_t inside = 0;
        for (unsigned i = 0; i < msg.payloads_n; i++) {
            const struct ik_payload &payload = msg.payloads[i];
            if (payload.type == IK_PL_SK)
                continue;
            const uint32_t octets = kPayloadHeader + static_cast<uint32_t>(payload.body.len);
            Add(name, NameOf(payload), octets, NeededOf(payload));
            inside += octets;
        }
        if (sealed) {
            const uint32_t around = static_cast<uint32_t>(data.size()) - kHeader - inside;
            Add(name, opened ? "SK: header, IV, padding, ICV" : "SK, not opened", around, around);
        }
    }

    Field m_field;
    FieldIpsec m_ipsec;
    AirCount m_before;
    Time m_first;
};

/* ---- figures ----------------------------------------------------------------------------------
 */

struct Reference {
    const char *what;
    unsigned low, high;
};
/* draft-ietf-iotops-security-protocol-comparison, as octets above UDP. */
const Reference kReferences[] = {{"EDHOC, static Diffie-Hellman", 101, 101},
                                 {"DTLS 1.3, PSK with ECDHE", 417, 441},
                                 {"DTLS 1.3, raw public keys", 722, 820}};

std::vector<FieldRow> fields;
std::vector<MessageRow> messages;
std::vector<double> handshakes;
std::vector<Variant> variants;
uint64_t ups = 0;

/* One thing at a time, then those together that a user can choose. */
std::vector<Variant> MakeVariants()
{
    const bool context = !options.air.noContext;
    Variant given = {"as given", options.nonce, false, !context};
    Variant nonce = given, ids = given, other = given, nat = given, least = given;
    nonce.name = "nonces of " + std::to_string(LeastNonce(options.ipsec.ikeSuite)) + " octets";
    ids.name = "identities of one octet";
    other.name = context ? "no context of 6LoWPAN" : "a context of 6LoWPAN";
    nat.name = "no NAT detection";
    least.name = "short nonces and identities, a context, no NAT detection";
    nonce.nonce = least.nonce = LeastNonce(options.ipsec.ikeSuite);
    ids.shortIds = least.shortIds = true;
    other.noContext = context;
    least.noContext = false;
    nat.noNat = least.noNat = true;
    return {given, nonce, ids, other, nat, least};
}

void Measure(Variant *variant)
{
    AirOptions air = options.air;
    IpsecOptions ipsec = options.ipsec;
    air.noContext = variant->noContext;
    ipsec.shortIds = variant->shortIds;
    ipsec.noNat = variant->noNat;
    Config::SetDefault("ns3::IkeletNode::NonceLength", UintegerValue(variant->nonce));
    World world(air, ipsec, "");
    world.Run();
    for (const MessageRow &m : world.messages) {
        variant->octets += m.octets;
        variant->air += m.air;
    }
}

void MeasureVariants()
{
    variants = MakeVariants();
    for (Variant &variant : variants)
        Measure(&variant);
}

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Config::SetDefault("ns3::IkeletNode::NonceLength", UintegerValue(options.nonce));
    Tally tally(report, run);
    World world(options.air, options.ipsec, dir);
    tally.Follow(world.GetField());
    bool good = world.Run() && (dir.empty() || Field::WritePreferences(dir));
    tally.Write(&world.GetField());
    uint64_t octets = 0, air = 0;
    for (const MessageRow &m : world.messages) {
        octets += m.octets;
        air += m.air;
    }
    report->OfRun(run, "octets", static_cast<double>(octets));
    report->OfRun(run, "octets_on_air", static_cast<double>(air));
    ups += world.up;
    if (world.up)
        handshakes.push_back(world.handshakeMs);
    if (run == 1) {
        fields = world.fields;
        messages = world.messages;
    }
    return good;
}

void SetPage(Html *page, uint32_t octets, uint32_t needed)
{
    std::vector<std::vector<std::string>> rows;
    std::vector<Bar> bars;
    std::vector<std::string> parts;
    for (const FieldRow &f : fields) {
        rows.push_back(
            {f.message + ": " + f.field, std::to_string(f.octets), std::to_string(f.needed)});
        const std::string part = f.field.substr(0, f.field.find(':'));
        if (std::find(parts.begin(), parts.end(), part) == parts.end())
            parts.push_back(part);
    }
    for (const MessageRow &m : messages) {
        Bar bar;
        bar.name = m.name.substr(0, 20);
        bar.parts.assign(parts.size(), 0);
        for (const FieldRow &f : fields) {
            if (f.message == m.name)
                bar.parts[static_cast<size_t>(
                    std::find(parts.begin(), parts.end(), f.field.substr(0, f.field.find(':'))) -
                    parts.begin())] += f.octets;
        }
        bars.push_back(bar);
    }
    page->Paragraph(options.ipsec.ikeSuite + ", ESP " + options.ipsec.espSuite + ", " +
                    options.ipsec.mode + " mode, nonces of " + std::to_string(options.nonce) +
                    " octets");
    page->Svg(StackedBars("Octets of each message", "octets above UDP", parts, bars));
    std::vector<std::vector<std::string>> sums;
    for (const MessageRow &m : messages)
        sums.push_back({m.name, std::to_string(m.octets), std::to_string(m.needed),
                        std::to_string(m.frames), std::to_string(m.air)});
    page->Table({"message", "octets", "standard minimum", "802.15.4 frames", "octets on air"},
                sums);
    std::vector<std::vector<std::string>> savings;
    for (const Variant &v : variants)
        savings.push_back({v.name, std::to_string(v.octets), std::to_string(v.air)});
    page->Table({"the same handshake", "octets above UDP", "octets on air"}, savings);
    page->Table({"field", "octets", "standard minimum"}, rows);
    std::vector<std::vector<std::string>> others = {
        {"IKEv2, this run", std::to_string(octets)},
        {"IKEv2, the same without what the standard does not ask for", std::to_string(needed)}};
    for (const Reference &r : kReferences)
        others.push_back({r.what, r.low == r.high
                                      ? std::to_string(r.low)
                                      : std::to_string(r.low) + " to " + std::to_string(r.high)});
    page->Table({"handshake", "octets above UDP"}, others);
}

/* Measures them; adds their table for people. */
json_t *VariantsArray(std::string *table)
{
    json_t *same = json_array();
    char line[160];
    MeasureVariants();
    *table += "\n  the same handshake                                        octets   on air\n";
    for (const Variant &v : variants) {
        json_t *j = json_object();
        json_object_set_new(j, "variant", json_string(v.name.c_str()));
        json_object_set_new(j, "octets", Number(v.octets));
        json_object_set_new(j, "octets_on_air", Number(v.air));
        json_array_append_new(same, j);
        snprintf(line, sizeof line, "  %-57s%7llu%9llu\n", v.name.c_str(),
                 static_cast<unsigned long long>(v.octets), static_cast<unsigned long long>(v.air));
        *table += line;
    }
    return same;
}

void Finish(Report *report)
{
    uint32_t octets = 0, needed = 0;
    uint64_t air = 0;
    json_t *list = json_array(), *parts = json_array(), *others = json_array();
    report->table = "cost-of-octets: " + options.ipsec.ikeSuite + ", " + options.ipsec.mode +
                    " mode\n\n" +
                    "  message                     octets   standard minimum   on air\n";
    char line[160];
    for (const MessageRow &m : messages) {
        json_t *j = json_object();
        json_object_set_new(j, "message", json_string(m.name.c_str()));
        json_object_set_new(j, "octets", Number(m.octets));
        json_object_set_new(j, "octets_needed", Number(m.needed));
        json_object_set_new(j, "frames", Number(m.frames));
        json_object_set_new(j, "octets_on_air", Number(m.air));
        json_array_append_new(list, j);
        octets += m.octets;
        needed += m.needed;
        air += m.air;
        snprintf(line, sizeof line, "  %-26s%8u%19u%9llu\n", m.name.c_str(), m.octets, m.needed,
                 static_cast<unsigned long long>(m.air));
        report->table += line;
    }
    snprintf(line, sizeof line, "  %-26s%8u%19u%9llu\n", "all", octets, needed,
             static_cast<unsigned long long>(air));
    report->table += line;
    json_t *same = VariantsArray(&report->table);
    Csv &rows = report->Table("fields", {"message", "field", "octets", "octets_needed"});
    for (const FieldRow &f : fields) {
        json_t *j = json_object();
        json_object_set_new(j, "message", json_string(f.message.c_str()));
        json_object_set_new(j, "field", json_string(f.field.c_str()));
        json_object_set_new(j, "octets", Number(f.octets));
        json_object_set_new(j, "octets_needed", Number(f.needed));
        json_array_append_new(parts, j);
        std::string field = f.field;
        std::replace(field.begin(), field.end(), ',', ';');
        rows.Row({f.message, field, std::to_string(f.octets), std::to_string(f.needed)});
    }
    for (const Reference &r : kReferences) {
        json_t *j = json_object();
        json_object_set_new(j, "handshake", json_string(r.what));
        json_object_set_new(j, "octets_low", Number(r.low));
        json_object_set_new(j, "octets_high", Number(r.high));
        json_array_append_new(others, j);
    }
    json_t *j = report->Options();
    json_object_set_new(j, "nonce_octets", Number(options.nonce));
    json_object_set_new(j, "mode", json_string(options.ipsec.mode.c_str()));
    json_object_set_new(j, "ike_suite", json_string(options.ipsec.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", json_string(options.ipsec.espSuite.c_str()));
    j = report->Figures();
    json_object_set_new(j, "air", AirObject(options.air));
    json_object_set_new(j, "handshakes_ok", Number(ups));
    json_object_set_new(j, "handshake_ms", OrderObject(handshakes));
    json_object_set_new(j, "octets", Number(octets));
    json_object_set_new(j, "octets_needed", Number(needed));
    json_object_set_new(j, "octets_on_air", Number(air));
    json_object_set_new(j, "messages", list);
    json_object_set_new(j, "fields", parts);
    json_object_set_new(j, "variants", same);
    json_object_set_new(j, "others", others);
    SetPage(&report->Page(), octets, needed);
}

} // namespace

} // namespace octets

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "cost-of-octets";
    program.question =
        "what is every octet of an IKEv2 handshake for, and what does it take of the air?";
    program.intro = "One handshake between a station and a border router on IEEE 802.15.4 with "
                    "6LoWPAN in ns-3, taken\n"
                    "apart field by field, beside the least that the standard asks for and beside "
                    "other protocols.\n";
    program.outro = ", pcap files and key log.";
    program.files = {"fields.csv",  "handshakes.csv",         "nodes.csv",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = octets::AddOptions;
    program.check = octets::Check;
    program.run = octets::Run;
    program.finish = octets::Finish;
    return scenario::RunProgram(program, argc, argv);
}
