/* SPDX-License-Identifier: MIT */
/* mitm: a man in the middle of an IKEv2 handshake and of the ESP behind it. See --help. */
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>

#include "ns3/boolean.h"
#include "ns3/inet-socket-address.h"
#include "ns3/simulator.h"
#include "ns3/socket.h"
#include "ns3/string.h"
#include "ns3/udp-socket-factory.h"
#include "ns3/uinteger.h"

#include "chart.h"
#include "field.h"
#include "host.h"
#include "ipsec.h"
#include "report-files.h"
#include "tally.h"
#include "settings.h"
#include "wires.h"

namespace mitm
{

using namespace ns3;
using namespace scenario;

namespace
{

constexpr uint16_t kPort = 4716;
constexpr size_t kUdpHeader = 8;
constexpr uint8_t kEsp = 50, kUdp = 17;
using Octets = IkeletMiddlebox::Octets;

/* What the man in the middle does. key: the handshake must not end in an SA; else payloads come
 * once, and as they were sent. */
struct Attack {
    const char *name, *what;
    bool key;
};
const Attack kAttacks[] = {
    {"none", "nothing: packets are handed on", false},
    {"ke", "another public value in both IKE_SA_INIT messages", true},
    {"nonce", "a bit of both nonces", true},
    {"proposal", "a bit of the proposal in the request of IKE_SA_INIT", true},
    {"auth", "a bit in IKE_AUTH, both ways", true},
    {"replay", "every ESP packet twice, and again a second later", false},
    {"flip", "a forged copy of every ESP packet, one bit changed, before it", false},
    {"inject", "for every ESP packet a forged one, of the same SPI and the next number", false},
};

struct Options {
    std::string attack = "all";
    uint32_t packets = 20;
    std::string suite = "aes128gcm16-prfsha256-x25519", ikeSuite, espSuite;
};
Options options;

void AddOptions(OptionTable *table)
{
    std::vector<std::string> names = {"all"};
    for (const Attack &attack : kAttacks)
        names.push_back(attack.name);
    table->AddChoice("attack", "what the man in the middle does", names, &options.attack);
    table->AddCount("packets", "that are sent through ESP, ten a second", 1, 10000,
                    &options.packets);
    ReadSuite(options.suite, &options.ikeSuite, &options.espSuite);
    table->Add("suite", "IKE[/ESP]",
               "algorithms as strongSwan writes them (default " + options.suite + ")",
               [](const std::string &text) {
                   options.suite = text;
                   return ReadSuite(text, &options.ikeSuite, &options.espSuite);
               });
}

/* ---- the man ----------------------------------------------------------------------------------
 */

size_t HeadOf(const Octets &packet)
{
    return static_cast<size_t>(packet[0] & 15) * 4;
}

/* The IKE message of a UDP packet to or from port 500. */
bool IsIke(const Octets &packet, size_t *at)
{
    *at = HeadOf(packet) + kUdpHeader;
    return packet.size() > *at + 28 && packet[9] == kUdp &&
           (packet[HeadOf(packet) + 3] == 0xf4 || packet[HeadOf(packet) + 1] == 0xf4);
}

class Man
{
  public:
    Man(const std::string &attack, Ptr<IkeletMiddlebox> box, int64_t stream)
        : m_attack(attack), m_box(box)
    {
        m_random->SetStream(stream);
        for (uint8_t &octet : m_own)
            octet = static_cast<uint8_t>(m_random->GetInteger(0, 255));
        box->SetHook([this](IkeletMiddlebox::Direction direction, const Octets &packet) {
            return See(direction, packet);
        });
    }
    Man(const Man &) = delete;
    Man &operator=(const Man &) = delete;

    uint64_t touched = 0;

  private:
    std::vector<Octets> See(IkeletMiddlebox::Direction direction, const Octets &packet)
    {
        size_t at = 0;
        if (IsIke(packet, &at))
            return {Ike(packet, at)};
        if (packet[9] == kEsp)
            return Esp(direction, packet);
        return {packet};
    }

    Octets Ike(Octets packet, size_t at)
    {
        const uint8_t exchange = packet[at + 18];
        const bool response = (packet[at + 19] & IK_FLAG_RESPONSE) != 0;
        struct ik_msg msg;
        if (ik_msg_parse(packet.data() + at, packet.size() - at, &msg) != IK_OK)
            return packet;
        if (exchange == IK_EX_IKE_SA_INIT && m_attack == "ke")
            Change(&packet, &msg, IK_PL_KE, 4, true);
        if (exchange == IK_EX_IKE_SA_INIT && m_attack == "nonce")
            Change(&packet, &msg, IK_PL_NONCE, 0, false);
        if (exchange == IK_EX_IKE_SA_INIT && m_attack == "proposal" && !response)
            Change(&packet, &msg, IK_PL_SA, 9, false);
        if (exchange == IK_EX_IKE_AUTH && m_attack == "auth")
            Change(&packet, &msg, IK_PL_SK, 12, false);
        IkeletFixChecksums(&packet);
        return packet;
    }

    /* The body of a payload, from an octet on: another value, or one bit. */
    void Change(Octets *packet, struct ik_msg *msg, uint8_t type, size_t from, bool own)
    {
        const struct ik_payload *payload = ik_msg_find(msg, type);
        if (!payload || payload->body.len <= from)
            return;
        uint8_t *body = packet->data() + (payload->body.p - packet->data());
        touched++;
        if (!own)
            body[from] ^= 1;
        for (size_t i = from; own && i < payload->body.len; i++)
            body[i] = m_own[i % sizeof m_own];
    }

    std::vector<Octets> Esp(IkeletMiddlebox::Direction direction, const Octets &packet)
    {
        const size_t at = HeadOf(packet);
        Octets other = packet;
        if (m_attack == "replay") {
            touched++;
            Ptr<IkeletMiddlebox> box = m_box;
            Simulator::Schedule(Seconds(1),
                                [box, direction, packet]() { box->Send(direction, packet); });
            return {packet, packet};
        }
        if (m_attack == "flip") {
            touched++;
            other.back() ^= 1;
            return {other, packet};
        }
        if (m_attack == "inject") {
            touched++;
            other[at + 7] = static_cast<uint8_t>(other[at + 7] + 1);
            for (size_t i = at + 8; i < other.size(); i++)
                other[i] = static_cast<uint8_t>(m_random->GetInteger(0, 255));
            return {other, packet};
        }
        return {packet};
    }

    std::string m_attack;
    Ptr<IkeletMiddlebox> m_box;
    Ptr<UniformRandomVariable> m_random = CreateObject<UniformRandomVariable>();
    uint8_t m_own[32];
};

/* ---- one attack -------------------------------------------------------------------------------
 */

struct Outcome {
    const Attack *attack = nullptr;
    uint64_t touched = 0, sent = 0, delivered = 0, repeated = 0, altered = 0;
    uint32_t upA = 0, upB = 0;
    std::vector<std::pair<std::string, uint64_t>> drops; /* of both ends */
    bool refused = false;                                /* the attack failed, as it should */
};

class World
{
  public:
    World(const Attack &attack, const std::string &dir) : m_attack(attack)
    {
        uint32_t a = m_wires.Add("alice"), m = m_wires.Add("mallory", false),
                 b = m_wires.Add("bob");
        NetDeviceContainer left = m_wires.Link(a, m, "10.0.0.0", "10Mbps", 5'000);
        NetDeviceContainer right = m_wires.Link(m, b, "10.0.0.0", "10Mbps", 5'000);
        m_wires.EnablePcap(dir, "alice", left.Get(0));
        m_wires.EnablePcap(dir, "bob", right.Get(1));
        Ptr<IkeletMiddlebox> box = CreateObject<IkeletMiddlebox>();
        box->Attach(left.Get(1), right.Get(0));
        m_wires.AssignStreams();
        m_man = std::make_unique<Man>(attack.name, box, m_wires.stream++);
        if (!dir.empty())
            m_helper.EnableKeyLog(dir);
        m_ike[0] = Install(a, "10.0.0.1", "10.0.0.2", "alice", "bob", true);
        m_ike[1] = Install(b, "10.0.0.2", "10.0.0.1", "bob", "alice", false);
        BuildTraffic(a, b);
    }
    ~World()
    {
        m_from = m_to = nullptr;
        Simulator::Destroy();
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    Outcome Run()
    {
        Simulator::Stop(Seconds(30) + MilliSeconds(100 * uint64_t{options.packets}));
        Simulator::Run();
        Outcome out;
        out.attack = &m_attack;
        out.touched = m_man->touched;
        out.sent = m_sent;
        out.delivered = m_seen.size();
        out.repeated = m_repeated;
        out.altered = m_altered;
        out.upA = m_ups[0];
        out.upB = m_ups[1];
        for (Ptr<IkeletNode> ike : m_ike) {
            struct ik_counters counters = ike->GetCounters();
            for (unsigned i = 0; i < IK_DROP_N; i++) {
                if (counters.drop[i])
                    AddDrop(&out.drops, host_drop_name(i), counters.drop[i]);
            }
        }
        const bool once =
            out.repeated == 0 && out.altered == 0 && out.delivered == out.sent && out.sent > 0;
        out.refused =
            m_attack.key ? out.upA + out.upB == 0 && out.delivered == 0 && out.touched > 0 : once;
        return out;
    }

    const Wires &GetWires() const
    {
        return m_wires;
    }

    bool Close()
    {
        return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
    }

  private:
    static void AddDrop(std::vector<std::pair<std::string, uint64_t>> *drops,
                        const std::string &name, uint64_t n)
    {
        for (auto &drop : *drops) {
            if (drop.first == name) {
                drop.second += n;
                return;
            }
        }
        drops->emplace_back(name, n);
    }

    Ptr<IkeletNode> Install(uint32_t node, const std::string &local, const std::string &remote,
                            const std::string &id, const std::string &other, bool initiator)
    {
        IkeletPeer peer;
        peer.local = local;
        peer.remote = remote;
        peer.localId = id;
        peer.remoteId = other;
        peer.psk = "what both know, and nobody else";
        peer.suites = options.ikeSuite;
        IkeletPolicy policy;
        policy.local = local + "[udp/" + std::to_string(kPort) + "]";
        policy.remote = remote + "[udp/" + std::to_string(kPort) + "]";
        policy.mode = IK_TRANSPORT;
        policy.suites = options.espSuite;
        IkeletHelper helper = m_helper;
        helper.SetAttribute("Responder", BooleanValue(!initiator));
        Prefer(&helper, "RetransmitTries", UintegerValue(4));
        helper.AddPeer(peer);
        helper.AddPolicy(policy);
        Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(helper.Install(m_wires.Get(node)).Get(0));
        ike->SetStartTime(Seconds(1));
        m_wires.stream += ike->AssignStreams(m_wires.stream);
        const size_t end = initiator ? 0 : 1;
        ike->TraceConnectWithoutContext(
            "ChildUp", Callback<void, uint16_t>([this, end](uint16_t) { m_ups[end]++; }));
        if (initiator)
            Simulator::Schedule(Seconds(2), [ike]() { ike->Up(); });
        return ike;
    }

    /* Payload n is its number, then octets that follow from it. */
    static uint8_t OctetOf(uint32_t n, uint32_t i)
    {
        return static_cast<uint8_t>(i < 4 ? n >> (24 - 8 * i) : n * 31 + i * 7);
    }

    void BuildTraffic(uint32_t a, uint32_t b)
    {
        m_from = Socket::CreateSocket(m_wires.Get(a), UdpSocketFactory::GetTypeId());
        m_from->Bind(InetSocketAddress(Ipv4Address::GetAny(), kPort));
        m_to = Socket::CreateSocket(m_wires.Get(b), UdpSocketFactory::GetTypeId());
        m_to->Bind(InetSocketAddress(Ipv4Address::GetAny(), kPort));
        m_to->SetRecvCallback(MakeCallback(&World::OnRead, this));
        for (uint32_t n = 1; n <= options.packets; n++)
            Simulator::Schedule(Seconds(10) + MilliSeconds(100 * uint64_t{n}), &World::SendPayload,
                                this, n);
    }

    /* Without an SA nothing is sent: it would begin the next handshake. */
    void SendPayload(uint32_t n)
    {
        if (m_ups[0] == 0)
            return;
        uint8_t data[64];
        for (uint32_t i = 0; i < sizeof data; i++)
            data[i] = OctetOf(n, i);
        m_sent++;
        m_from->SendTo(Create<Packet>(data, static_cast<uint32_t>(sizeof data)), 0,
                       InetSocketAddress(Ipv4Address("10.0.0.2"), kPort));
    }

    void OnRead(Ptr<Socket> socket)
    {
        while (Ptr<Packet> packet = socket->Recv()) {
            uint8_t data[64] = {};
            uint32_t n = 0;
            packet->CopyData(data, sizeof data);
            for (uint32_t i = 0; i < 4; i++)
                n = n << 8 | data[i];
            bool same = packet->GetSize() == sizeof data;
            for (uint32_t i = 0; i < sizeof data; i++)
                same = same && data[i] == OctetOf(n, i);
            m_altered += !same;
            m_repeated += same && !m_seen.insert(n).second;
        }
    }

    Attack m_attack;
    Wires m_wires;
    std::unique_ptr<Man> m_man;
    IkeletHelper m_helper;
    Ptr<IkeletNode> m_ike[2];
    Ptr<Socket> m_from, m_to;
    uint32_t m_ups[2] = {0, 0};
    uint64_t m_sent = 0, m_repeated = 0, m_altered = 0;
    std::set<uint32_t> m_seen;
};

/* ---- figures ----------------------------------------------------------------------------------
 */

std::vector<Outcome> outcomes; /* of the first run */
uint64_t refusedAll = 0, attacks = 0;

bool Run(uint32_t run, const std::string &dir, Report *report)
{
    Csv &rows =
        report->Table("attacks", {"run", "attack", "touched", "sa_up_initiator", "sa_up_responder",
                                  "sent", "delivered", "repeated", "altered", "refused"});
    bool good = dir.empty() || Field::WritePreferences(dir);
    uint64_t refused = 0, n = 0;
    for (const Attack &attack : kAttacks) {
        if (options.attack != "all" && options.attack != attack.name)
            continue;
        Tally tally(report, run, attack.name);
        World world(attack, std::string(attack.name) ==
                                    (options.attack == "all" ? "replay" : options.attack)
                                ? dir
                                : "");
        tally.Follow(world.GetWires());
        Outcome o = world.Run();
        tally.Write();
        good = world.Close() && good;
        n++;
        refused += o.refused;
        rows.Row({std::to_string(run), attack.name, std::to_string(o.touched),
                  std::to_string(o.upA), std::to_string(o.upB), std::to_string(o.sent),
                  std::to_string(o.delivered), std::to_string(o.repeated),
                  std::to_string(o.altered), std::to_string(o.refused)});
        if (run == 1) {
            outcomes.push_back(o);
            for (const Attack &known : kAttacks) {
                if (known.name == std::string(attack.name))
                    outcomes.back().attack = &known;
            }
        }
    }
    refusedAll += refused;
    attacks += n;
    report->OfRun(run, "refused_rate", static_cast<double>(refused) / static_cast<double>(n));
    return good;
}

void Finish(Report *report)
{
    json_t *list = json_array();
    std::vector<std::vector<std::string>> rows;
    report->table =
        "mitm: " + options.ikeSuite + ", ESP " + options.espSuite +
        "\n\n  attack      changed   SAs up   sent   delivered   repeated   altered   refused\n";
    char line[160];
    for (const Outcome &o : outcomes) {
        json_t *j = json_object();
        json_object_set_new(j, "attack", json_string(o.attack->name));
        json_object_set_new(j, "what", json_string(o.attack->what));
        json_object_set_new(j, "touched", Number(o.touched));
        json_object_set_new(j, "sa_up_initiator", Number(o.upA));
        json_object_set_new(j, "sa_up_responder", Number(o.upB));
        json_object_set_new(j, "sent", Number(o.sent));
        json_object_set_new(j, "delivered", Number(o.delivered));
        json_object_set_new(j, "repeated", Number(o.repeated));
        json_object_set_new(j, "altered", Number(o.altered));
        json_object_set_new(j, "drops", CountsObject(o.drops));
        json_object_set_new(j, "refused", json_boolean(o.refused));
        json_array_append_new(list, j);
        std::string drops;
        for (const auto &drop : o.drops)
            drops += (drops.empty() ? "" : ", ") + drop.first + " " + std::to_string(drop.second);
        rows.push_back({o.attack->what, std::to_string(o.touched),
                        std::to_string(o.upA) + " / " + std::to_string(o.upB),
                        std::to_string(o.delivered) + " of " + std::to_string(o.sent),
                        std::to_string(o.repeated + o.altered), drops, o.refused ? "yes" : "NO"});
        snprintf(line, sizeof line, "  %-10s%9llu%5u / %u%7llu%12llu%11llu%10llu%10s\n",
                 o.attack->name, static_cast<unsigned long long>(o.touched), o.upA, o.upB,
                 static_cast<unsigned long long>(o.sent),
                 static_cast<unsigned long long>(o.delivered),
                 static_cast<unsigned long long>(o.repeated),
                 static_cast<unsigned long long>(o.altered), o.refused ? "yes" : "NO");
        report->table += line;
    }
    std::vector<Bar> bars;
    for (const Outcome &o : outcomes) {
        double dropped = 0;
        for (const auto &drop : o.drops)
            dropped += static_cast<double>(drop.second);
        bars.push_back({o.attack->name, {static_cast<double>(o.delivered), dropped}});
    }
    report->Page().Svg(StackedBars("What came of it", "packets",
                                   {"payloads delivered", "packets that the core dropped"}, bars));
    json_t *j = report->Options();
    json_object_set_new(j, "attack", json_string(options.attack.c_str()));
    json_object_set_new(j, "packets", Number(options.packets));
    json_object_set_new(j, "ike_suite", json_string(options.ikeSuite.c_str()));
    json_object_set_new(j, "esp_suite", json_string(options.espSuite.c_str()));
    json_object_set_new(report->Figures(), "refused", ProportionObject(refusedAll, attacks));
    json_object_set_new(report->Figures(), "attacks", list);
    report->Page().Paragraph("Alice sets up an SA with Bob (" + options.ikeSuite + ", ESP " +
                             options.espSuite + ") and sends " + std::to_string(options.packets) +
                             " packets. Mallory stands on the wire.");
    report->Page().Table({"Mallory changes", "messages", "SAs up", "delivered",
                          "repeated or altered", "dropped by the core", "refused"},
                         rows);
}

} // namespace

} // namespace mitm

int main(int argc, char **argv)
{
    scenario::Program program;
    program.name = "mitm";
    program.question = "what does a man in the middle get?";
    program.intro = "Two hosts on a wire in ns-3 and a man in the middle who changes key exchange "
                    "and authentication,\n"
                    "and repeats, changes and forges ESP. Changed handshakes must end without an "
                    "SA, payloads must\n"
                    "come once and as they were sent.\n";
    program.outro = ", pcap files and key log of one attack.";
    program.files = {"attacks.csv", "handshakes.csv",         "nodes.csv",
                     "preferences", "ikev2_decryption_table", "esp_sa"};
    program.options = mitm::AddOptions;
    program.run = mitm::Run;
    program.finish = mitm::Finish;
    return scenario::RunProgram(program, argc, argv);
}
