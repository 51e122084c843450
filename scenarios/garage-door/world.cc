/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <algorithm>
#include <cstdio>

#include "ns3/double.h"
#include "ns3/simulator.h"

#include "presses.h"
#include "totals.h"

namespace garage
{

using namespace ns3;

namespace
{

const Time kStart = Seconds(4); /* stacks are up and silent by then */
const Time kLongest = Hours(2); /* after the last press; only a fault in here takes so long */
/* The gateway repeats its answer to a Delete for a while before it forgets the SA. */
const Time kLinger = Seconds(10);
const Time kCheckEvery = Seconds(1);

} // namespace

World::World(const Options &options, bool files)
    : m_run(MakeRun(options)), m_files(files), m_recorder(&m_run), m_progress(options.quiet)
{
    m_field = std::make_unique<scenario::Field>(options.air, options.remotes,
                                                files ? options.out : "", "remote", true);
    m_field->onFrame = [this](const scenario::Frame &frame) { OnFrame(frame); };
    m_field->onLost = [this](uint32_t) { m_recorder.OnLost(); };
    if (!options.plain)
        BuildIpsec();
    BuildEnergy();
    for (uint32_t i = 1; i <= options.remotes; i++)
        m_field->RadioOf(FieldNode(i))->Switch(false);
    Simulator::Schedule(kStart, &World::BuildDoors, this);
    SchedulePresses();
}

World::~World()
{
    m_remotes.clear();
    m_gateway.reset();
    m_energy.clear();
    m_ike.clear();
    Simulator::Destroy();
    m_field.reset();
}

/* ---- nodes ------------------------------------------------------------------------------------
 */

uint32_t World::FieldNode(uint32_t number) const
{
    return number == kGateway ? 0 : m_field->NodeOfStation(number);
}

uint32_t World::NumberOf(uint32_t fieldNode) const
{
    if (fieldNode == 0)
        return kGateway;
    uint32_t station = m_field->StationOfNode(fieldNode);
    return station ? station : m_run.options.remotes + fieldNode;
}

/* What a relay sends belongs to whoever was pressed last: it does not look into packets. */
void World::OnFrame(const scenario::Frame &frame)
{
    uint32_t from = m_field->StationOfNode(frame.node);
    uint32_t to = frame.peer < m_field->Nodes() ? m_field->StationOfNode(frame.peer) : 0;
    uint32_t remote = from ? from : to ? to : m_run.options.air.hops > 1 ? m_lastPressed : kNoNode;
    m_recorder.OnFrame(NumberOf(frame.node), remote, frame);
}

std::string World::OuterAddress(uint32_t number) const
{
    return m_field->AddressText(FieldNode(number));
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

/* ---- energy ---------------------------------------------------------------------------------- */

/* A remote without IPsec computes nothing that counts: it idles while it is awake, and sleeps. */
void World::BuildEnergy()
{
    const scenario::PowerOptions &power = m_run.options.power;
    IkeletEnergyHelper helper;
    helper.SetMcu(scenario::McuOf(power));
    helper.SetRadio(power.radio == "none" ? "" : power.radio);
    helper.SetSource("BasicEnergySourceInitialEnergyJ",
                     DoubleValue(static_cast<double>(power.batteryMj) / 1e3));
    if (scenario::McuOf(power).empty() && power.radio == "none")
        return;
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        uint32_t node = FieldNode(i);
        m_energy.push_back(helper.Install(
            m_field->GetNode(node), m_ike.empty() ? nullptr : m_ike[i], m_field->DeviceOf(node)));
        m_energy.back().SetPowered(false); /* it sleeps until somebody presses */
    }
}

/* ---- doors ----------------------------------------------------------------------------------- */

void World::BuildDoors()
{
    const Options &options = m_run.options;
    std::vector<Inet6SocketAddress> addresses;
    for (uint32_t i = 1; i <= options.remotes; i++)
        addresses.push_back(DoorAddress(i));
    m_gateway = std::make_unique<Gateway>(m_field->GetNode(0), addresses, &m_recorder);
    for (uint32_t i = 1; i <= options.remotes; i++) {
        uint32_t node = FieldNode(i);
        m_remotes.push_back(std::make_unique<Remote>(
            i, options, m_field->GetNode(node), m_ike.empty() ? nullptr : m_ike[i],
            DoorAddress(kGateway), m_field->RadioOf(node),
            m_energy.empty() ? nullptr : &m_energy[i - 1], &m_recorder, m_field->stream++));
    }
}

void World::SchedulePresses()
{
    const Options &options = m_run.options;
    uint32_t remote = 0;
    for (const Time &at : PressTimes(options, m_field->stream++)) {
        m_lastPressAt = at.GetMicroSeconds();
        Simulator::Schedule(at, &World::OnPress, this, remote++ % options.remotes + 1);
    }
    Simulator::Schedule(kFirstPress, &World::Check, this);
}

void World::OnPress(uint32_t remote)
{
    Remote &r = *m_remotes[remote - 1];
    r.PressButton(r.WouldOpen(m_gateway->IsOpen(remote)));
    m_pressed++;
    m_lastPressed = remote;
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
