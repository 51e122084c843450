/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <algorithm>
#include <cstdio>

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/global-value.h"
#include "ns3/icmpv6-l4-protocol.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/ipv6-l3-protocol.h"
#include "ns3/ndisc-cache.h"
#include "ns3/rng-seed-manager.h"
#include "ns3/simulator.h"
#include "ns3/sixlowpan-helper.h"

namespace garage
{

using namespace ns3;

namespace
{

const Time kStart = Seconds(4); /* stacks are up and silent by then */
const Time kFirstPress = Seconds(5);
const Time kLongest = Hours(2); /* after the last press; only a fault in here takes so long */
/* The gateway repeats its answer to a Delete for a while before it forgets the SA. */
const Time kLinger = Seconds(10);
const Time kCheckEvery = Seconds(1);

Run MakeRun(const Options &options)
{
    Run run;
    run.options = options;
    run.nodes.resize(options.remotes + 1);
    for (uint32_t i = 0; i < run.nodes.size(); i++)
        run.nodes[i].name = i == kGateway ? "gateway" : "remote-" + std::to_string(i);
    return run;
}

} // namespace

World::World(const Options &options)
    : m_run(MakeRun(options)), m_recorder(&m_run), m_progress(options.quiet)
{
    /* Without checksums the frame check sequence is 0, and no tool dissects what is above it. */
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    /* Nothing but the doors' traffic is to be on air: addresses are unique by construction. */
    Config::SetDefault("ns3::Icmpv6L4Protocol::DAD", BooleanValue(false));
    RngSeedManager::SetSeed(static_cast<uint32_t>(options.seed));
    RngSeedManager::SetRun(1);

    m_nodes.Create(options.remotes + 1);
    m_radio = std::make_unique<Radio>(options, m_nodes);
    m_radio->onFrame = [this](const Frame &frame) { m_recorder.OnFrame(frame); };
    m_radio->onLost = [this]() { m_recorder.OnLost(); };
    m_stream += m_radio->AssignStreams(m_stream);
    m_radio->EnablePcap(options.out);
    BuildStack();
    if (!options.plain)
        BuildIpsec();
    Simulator::Schedule(kStart, &World::BuildDoors, this);
    SchedulePresses();
}

World::~World()
{
    m_remotes.clear();
    m_gateway.reset();
    Simulator::Destroy();
}

/* ---- IP -------------------------------------------------------------------------------------- */

void World::BuildStack()
{
    InternetStackHelper internet;
    internet.SetIpv4StackInstall(false);
    internet.Install(m_nodes);
    m_stream += internet.AssignStreams(m_nodes, m_stream);
    SixLowPanHelper sixLowPan;
    m_sixLowPan = sixLowPan.Install(m_radio->Devices());
    m_stream += sixLowPan.AssignStreams(m_sixLowPan, m_stream);
    for (uint32_t i = 0; i < m_nodes.GetN(); i++)
        AddAddress(i);
    KnowNeighbours();
}

void World::AddAddress(uint32_t node)
{
    Ptr<Ipv6L3Protocol> ipv6 = m_nodes.Get(node)->GetObject<Ipv6L3Protocol>();
    uint32_t interface = ipv6->AddInterface(m_sixLowPan.Get(node));
    ipv6->AddAddress(interface,
                     Ipv6InterfaceAddress(Ipv6Address(OuterAddress(node).c_str()), Ipv6Prefix(64)));
    ipv6->SetForwarding(interface, true); /* a host would look for routers */
    ipv6->SetUp(interface);
}

/* Neighbour discovery would wake nobody who sleeps, and lose seconds for a lost frame. */
void World::KnowNeighbours()
{
    for (uint32_t i = 0; i < m_nodes.GetN(); i++) {
        Ptr<Ipv6L3Protocol> ipv6 = m_nodes.Get(i)->GetObject<Ipv6L3Protocol>();
        Ptr<NdiscCache> cache = ipv6->GetInterface(1)->GetNdiscCache();
        for (uint32_t j = 0; j < m_nodes.GetN(); j++) {
            if ((i == kGateway) == (j == kGateway))
                continue;
            NdiscCache::Entry *entry = cache->Add(Ipv6Address(OuterAddress(j).c_str()));
            entry->SetMacAddress(m_sixLowPan.Get(j)->GetAddress());
            entry->MarkPermanent();
        }
    }
}

/* RFC 4193. Routers drop 2001:db8::/32. */
std::string World::OuterAddress(uint32_t node)
{
    char text[48];
    snprintf(text, sizeof text, "fd00::%x", node == kGateway ? 1u : 0x100 + node);
    return text;
}

std::string World::InnerAddress(uint32_t node)
{
    char text[48];
    snprintf(text, sizeof text, "fd00:1::%x", node == kGateway ? 1u : 0x100 + node);
    return text;
}

Inet6SocketAddress World::DoorAddress(uint32_t node) const
{
    bool tunnel = !m_run.options.plain && m_run.options.mode == "tunnel";
    std::string address = tunnel ? InnerAddress(node) : OuterAddress(node);
    return Inet6SocketAddress(Ipv6Address(address.c_str()), kDoorPort);
}

/* ---- doors ----------------------------------------------------------------------------------- */

void World::BuildDoors()
{
    const Options &options = m_run.options;
    std::vector<Inet6SocketAddress> addresses;
    for (uint32_t i = 1; i <= options.remotes; i++)
        addresses.push_back(DoorAddress(i));
    m_gateway = std::make_unique<Gateway>(m_nodes.Get(kGateway), addresses, &m_recorder);
    for (uint32_t i = 1; i <= options.remotes; i++) {
        m_remotes.push_back(std::make_unique<Remote>(
            i, options, m_nodes.Get(i), m_ike.empty() ? nullptr : m_ike[i], DoorAddress(kGateway),
            m_radio.get(), &m_recorder, m_stream++));
        m_radio->Switch(i, false);
    }
}

void World::SchedulePresses()
{
    const Options &options = m_run.options;
    Ptr<UniformRandomVariable> random = CreateObject<UniformRandomVariable>();
    random->SetStream(m_stream++);
    uint32_t slack = static_cast<uint32_t>(std::min<int64_t>(options.intervalUs / 10, 1'000'000));
    for (uint32_t i = 0; i < options.presses; i++) {
        Time at = kFirstPress + FromUs(i * options.intervalUs) +
                  MicroSeconds(random->GetInteger(0, slack));
        m_lastPressAt = at.GetMicroSeconds();
        Simulator::Schedule(at, &World::OnPress, this, i % options.remotes + 1);
    }
    Simulator::Schedule(kFirstPress, &World::Check, this);
}

void World::OnPress(uint32_t remote)
{
    Remote &r = *m_remotes[remote - 1];
    r.PressButton(r.WouldOpen(m_gateway->IsOpen(remote)));
    m_pressed++;
}

void World::Check()
{
    m_progress.Tell(m_recorder.Ended(), m_run.options.presses, Recorder::Now());
    bool idle = std::all_of(m_remotes.begin(), m_remotes.end(),
                            [](const auto &remote) { return remote->IsIdle(); });
    bool over = m_pressed == m_run.options.presses && idle && m_gateway->IsIdle();
    if (Recorder::Now() > m_lastPressAt + kLongest.GetMicroSeconds())
        Simulator::Stop();
    else if (over)
        Simulator::Stop(kLinger);
    else
        Simulator::Schedule(kCheckEvery, &World::Check, this);
}

const Run &World::Simulate()
{
    Simulator::Run();
    for (auto &remote : m_remotes)
        remote->Finish();
    Collect();
    return m_run;
}

} // namespace garage
