/* SPDX-License-Identifier: MIT */
/*
 * The same world of ns-3 twice: once the remote is the firmware image, instruction by instruction,
 * once its application on a core of the host, whose CPU and board are a cost table. What gateway
 * and remote send to each other has to be the same to the octet; what each phase takes, in time, in
 * CPU time and in energy, has to agree within 1 %.
 *
 * Usage: msp430_twins IMAGE TABLE MCU; exit status 77: there is no image.
 */
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "ns3/core-module.h"
#include "ns3/error-model.h"
#include "ns3/ikelet-module.h"
#include "ns3/internet-module.h"
#include "ns3/point-to-point-module.h"

#include "door.h"

using namespace ns3;

namespace
{

constexpr int kSkipped = 77;
constexpr double kMost = 1; /* per cent */
const Time kStart = Seconds(2), kFirstPress = Seconds(5), kNextPress = Seconds(20);
const Time kLastPress = Seconds(200), kEnd = Seconds(220);
const char *const kRemote = "fd00:9::1", *const kGateway = "fd00:9::2";

/* One datagram at the gateway. */
struct Datagram {
    bool came = false;
    uint8_t carrier = 0;
    std::vector<uint8_t> data;
    bool operator==(const Datagram &other) const
    {
        return came == other.came && carrier == other.carrier && data == other.data;
    }
};

/* What has been taken by a moment. */
struct Mark {
    Time at, cpu;
    double joule = 0;
};

struct Tale {
    std::vector<Datagram> datagrams;
    std::vector<std::pair<std::string, Mark>> marks;
    uint32_t answers = 0;
    std::string fault;
};

/* Loses packets of IKE and ESP by their number at this device, from 0. */
class LoseSome : public ErrorModel
{
  public:
    explicit LoseSome(std::vector<uint32_t> which) : m_which(std::move(which))
    {
    }

  private:
    bool DoCorrupt(Ptr<Packet> packet) override
    {
        constexpr uint32_t kSmallest = 110; /* neighbour discovery's are smaller */
        if (packet->GetSize() < kSmallest)
            return false;
        return std::find(m_which.begin(), m_which.end(), m_seen++) != m_which.end();
    }
    void DoReset() override
    {
    }
    std::vector<uint32_t> m_which;
    uint32_t m_seen = 0;
};

struct Plan {
    std::string name;
    bool espInUdp;
    bool brief; /* identities and key: other ones than those that the table was measured with */
    std::vector<uint32_t> lostAtGateway, lostAtRemote;
};

class World
{
  public:
    World(const Plan &plan, const std::string &image, const std::string &table,
          const std::string &mcu);
    ~World()
    {
        m_remote.reset();
        m_energy = {};
        Simulator::Destroy();
    }
    Tale Tell();

  private:
    void Wire(const Plan &plan);
    void MakeGateway();
    void MakeRemote(const std::string &image, const std::string &table, const std::string &mcu);
    void Keep(bool came, Ptr<const Packet> packet, const struct ik_path &path);
    void Note(const std::string &what);
    void Press();

    scenario::DoorIdentity m_identity;
    NodeContainer m_nodes{2};
    Ptr<IkeletNode> m_gateway;
    std::unique_ptr<scenario::DoorGateway> m_door;
    std::unique_ptr<scenario::DoorRemote> m_remote;
    Ptr<IkeletFirmwareNode> m_machine;
    IkeletEnergy m_energy;
    Tale m_tale;
};

World::World(const Plan &plan, const std::string &image, const std::string &table,
             const std::string &mcu)
{
    m_identity.local = kRemote;
    m_identity.remote = kGateway;
    m_identity.id = plan.brief ? "keyid:r" : "client.example.org";
    m_identity.gatewayId = plan.brief ? "keyid:g" : "gw.example.org";
    m_identity.brief = plan.brief;
    m_identity.psk = plan.brief ? "k" : "a pre-shared key";
    m_identity.espInUdp = plan.espInUdp;
    Wire(plan);
    MakeGateway();
    MakeRemote(image, table, mcu);
    for (Time at : {kFirstPress, kNextPress, kLastPress})
        Simulator::Schedule(at, &World::Press, this);
}

void World::Wire(const Plan &plan)
{
    PointToPointHelper wire;
    wire.SetDeviceAttribute("DataRate", StringValue("250kbps"));
    wire.SetChannelAttribute("Delay", StringValue("5ms"));
    NetDeviceContainer devices = wire.Install(m_nodes);
    InternetStackHelper().Install(m_nodes);
    for (uint32_t i : {0u, 1u}) {
        Ptr<Ipv6> ipv6 = m_nodes.Get(i)->GetObject<Ipv6>();
        uint32_t at = ipv6->AddInterface(devices.Get(i));
        const Ipv6Address address(i == 0 ? kRemote : kGateway);
        ipv6->AddAddress(at, Ipv6InterfaceAddress(address, Ipv6Prefix(64)));
        ipv6->SetUp(at);
        DynamicCast<PointToPointNetDevice>(devices.Get(i))
            ->SetReceiveErrorModel(
                Create<LoseSome>(i == 0 ? plan.lostAtRemote : plan.lostAtGateway));
    }
}

void World::MakeGateway()
{
    IkeletHelper helper;
    helper.SetAttribute("Responder", BooleanValue(true));
    helper.SetAttribute("RetransmitJitter", UintegerValue(0));
    helper.AddPeer(scenario::DoorPeer(m_identity, true));
    helper.AddPolicy(scenario::DoorPolicy(m_identity, true));
    m_gateway = DynamicCast<IkeletNode>(helper.Install(m_nodes.Get(1)).Get(0));
    m_gateway->SetStartTime(kStart);
    m_gateway->AssignStreams(100);
    m_gateway->AddTunnel(m_identity.InnerRemote() + "/64", {m_identity.prefix + "/64"});
    using Signature = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    m_gateway->TraceConnectWithoutContext(
        "Rx", Signature([this](Ptr<const Packet> p, const struct ik_path &path) {
            Keep(true, p, path);
        }));
    m_gateway->TraceConnectWithoutContext(
        "Tx", Signature([this](Ptr<const Packet> p, const struct ik_path &path) {
            Keep(false, p, path);
        }));
    m_door = std::make_unique<scenario::DoorGateway>(m_nodes.Get(1));
}

void World::MakeRemote(const std::string &image, const std::string &table, const std::string &mcu)
{
    std::vector<uint8_t> noise = scenario::DoorNoise(101);
    IkeletEnergyHelper energy;
    NS_ABORT_MSG_IF(!energy.SetMcu(mcu), "no part " << mcu);
    Ptr<Node> node = m_nodes.Get(0);
    if (!image.empty()) {
        auto remote =
            std::make_unique<scenario::MachineRemote>(node, image, m_identity, noise, kStart);
        m_machine = remote->Machine();
        using Signature = Callback<void, Ptr<const Packet>>;
        m_machine->TraceConnectWithoutContext(
            "Tx", Signature([this](Ptr<const Packet>) { Note("sends"); }));
        m_machine->TraceConnectWithoutContext(
            "Rx", Signature([this](Ptr<const Packet>) { Note("gets"); }));
        m_energy = energy.Install(node, nullptr, nullptr, m_machine);
        m_remote = std::move(remote);
    } else {
        auto remote =
            std::make_unique<scenario::CoreRemote>(node, table, m_identity, noise, kStart);
        using Signature = Callback<void, Ptr<const Packet>, const struct ik_path &>;
        Ptr<IkeletNode> core = remote->Core();
        core->TraceConnectWithoutContext(
            "Tx", Signature([this](Ptr<const Packet>, const struct ik_path &) { Note("sends"); }));
        core->TraceConnectWithoutContext(
            "Rx", Signature([this](Ptr<const Packet>, const struct ik_path &) { Note("gets"); }));
        m_energy = energy.Install(node, core, nullptr);
        m_remote = std::move(remote);
    }
    m_remote->answered = [this](uint32_t press) {
        m_tale.answers++;
        Note("answered " + std::to_string(press));
    };
}

void World::Keep(bool came, Ptr<const Packet> packet, const struct ik_path &path)
{
    Datagram d;
    d.came = came;
    d.carrier = path.carrier;
    d.data.resize(packet->GetSize());
    packet->CopyData(d.data.data(), packet->GetSize());
    m_tale.datagrams.push_back(d);
}

/* Once the events of this moment are over: the CPU's state is the new one then. */
void World::Note(const std::string &what)
{
    m_tale.marks.emplace_back(what, Mark{Simulator::Now(), m_remote->CpuTime(),
                                         m_energy.mcu->GetTotalEnergyConsumption()});
}

void World::Press()
{
    Note("press");
    m_remote->Press();
}

Tale World::Tell()
{
    Simulator::Stop(kEnd);
    Simulator::Run();
    Note("end");
    if (m_machine)
        m_tale.fault = m_machine->GetFault();
    return m_tale;
}

/* ---- comparing ---------------------------------------------------------------------------------
 */

bool SameBytes(const Tale &machine, const Tale &core)
{
    size_t n = std::min(machine.datagrams.size(), core.datagrams.size());
    for (size_t i = 0; i < n; i++) {
        if (!(machine.datagrams[i] == core.datagrams[i])) {
            std::printf("  datagram %zu differs: %zu octets, %zu octets\n", i,
                        machine.datagrams[i].data.size(), core.datagrams[i].data.size());
            return false;
        }
    }
    size_t octets = 0;
    for (const Datagram &d : machine.datagrams)
        octets += d.data.size();
    std::printf("  %zu datagrams, %zu octets", n, octets);
    if (machine.datagrams.size() != core.datagrams.size()) {
        std::printf(": one has %zu, the other %zu\n", machine.datagrams.size(),
                    core.datagrams.size());
        return false;
    }
    std::printf(", the same\n");
    return n > 0;
}

double PerCent(double machine, double core)
{
    return machine != 0 ? 100 * (core - machine) / machine : core != 0 ? 100 : 0;
}

/* What is awaited between a request and its answer is the other's affair, and is not compared. */
bool IsOurs(const std::string &from, const std::string &to)
{
    return !(from == "sends" && to == "gets");
}

/* Of a rest only the energy counts: its CPU time is a few ticks of the clock, which the table
 * leaves out, and its end is the world's. */
bool ComparePhase(const std::string &name, const Mark &a, const Mark &b, const Mark &c,
                  const Mark &d, bool rests)
{
    double time[2] = {(b.at - a.at).GetSeconds() * 1e3, (d.at - c.at).GetSeconds() * 1e3};
    double cpu[2] = {(b.cpu - a.cpu).GetSeconds() * 1e3, (d.cpu - c.cpu).GetSeconds() * 1e3};
    double energy[2] = {(b.joule - a.joule) * 1e3, (d.joule - c.joule) * 1e3};
    double off[3] = {PerCent(time[0], time[1]), PerCent(cpu[0], cpu[1]),
                     PerCent(energy[0], energy[1])};
    bool good = std::abs(off[2]) <= kMost && (rests || std::abs(off[0]) <= kMost) &&
                (rests || std::abs(off[1]) <= kMost);
    std::printf("  %-26s %10.2f ms %+5.2f %%  CPU %9.2f ms %+5.2f %%  %9.4f mJ %+5.2f %%%s\n",
                name.c_str(), time[0], off[0], cpu[0], off[1], energy[0], off[2],
                good ? "" : "  FAILED");
    return good;
}

bool SamePhases(const Tale &machine, const Tale &core)
{
    const auto &m = machine.marks, &c = core.marks;
    bool good = m.size() == c.size();
    for (size_t i = 0; good && i < m.size(); i++)
        good = m[i].first == c[i].first;
    if (!good) {
        std::printf("  not the same things happen: %zu and %zu\n", m.size(), c.size());
        return false;
    }
    const Mark zero = {kStart, Time(0), 0};
    good = ComparePhase("power to press", zero, m[0].second, zero, c[0].second, true);
    for (size_t i = 1; i < m.size(); i++) {
        const std::string &from = m[i - 1].first, &to = m[i].first;
        bool rests = to == "press" || to == "end";
        if (IsOurs(from, to))
            good = ComparePhase(from + " to " + to, m[i - 1].second, m[i].second, c[i - 1].second,
                                c[i].second, rests) &&
                   good;
    }
    return ComparePhase("all of it", zero, m.back().second, zero, c.back().second, true) && good;
}

bool Compare(const Plan &plan, char **argv)
{
    std::printf("%s\n", plan.name.c_str());
    Tale machine = World(plan, argv[1], argv[2], argv[3]).Tell();
    Tale core = World(plan, "", argv[2], argv[3]).Tell();
    bool good = machine.fault.empty() && machine.answers == 3 && core.answers == 3;
    if (!good)
        std::printf("  answers: %u and %u of 3 presses; %s\n", machine.answers, core.answers,
                    machine.fault.c_str());
    bool bytes = SameBytes(machine, core), phases = SamePhases(machine, core);
    return good && bytes && phases;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4 || !std::ifstream(argv[1])) {
        std::printf("SKIPPED: machine code in ns-3: no %s\n", argc == 4 ? argv[1] : "image named");
        return kSkipped;
    }
    const Plan plans[] = {{"ESP", false, false, {}, {}},
                          {"ESP, short identities", false, true, {}, {}},
                          {"ESP in UDP", true, false, {}, {}},
                          {"ESP in UDP, losses", true, false, {0, 3}, {0, 2, 4}}};
    bool good = true;
    for (const Plan &plan : plans)
        good = Compare(plan, argv) && good;
    if (!good)
        std::printf("If the firmware has changed, make cost-table measures what it takes.\n");
    return good ? 0 : 1;
}
