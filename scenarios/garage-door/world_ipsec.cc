/* SPDX-License-Identifier: MIT */
/* IPsec in the World: configuration of the core nodes, and what they tell. */
#include <algorithm>

#include "ns3/boolean.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include "door.h"
#include "host.h"
#include "ipsec.h"
#include "ns3/ikelet-address.h"
#include "totals.h"
#include "world.h"

namespace garage
{

using namespace ns3;

namespace
{

const Time kStart = Seconds(4);        /* addresses are there by then */
const Time kBattery = MilliSeconds(1); /* behind the application's own start */
const Time kHalfOpenFor = Minutes(15); /* a slow CPU needs minutes for large groups */
const Time kTicketLifetime = Days(10); /* near the longest */

std::string JobName(uint8_t kind)
{
    static const char *const names[] = {"cancelled", "ke_begin", "ke_answer", "ke_end"};
    return names[kind];
}

} // namespace

void World::BuildIpsec()
{
    const Options &options = m_run.options;
    /* One lost frame is mended by the MAC. What is lost in spite of it is asked for again soon:
     * somebody stands before the door. */
    Time initial = FromUs(options.ikeTimeoutUs);
    scenario::Prefer(&m_helper, "RetransmitInitial", TimeValue(initial));
    scenario::Prefer(&m_helper, "RetransmitMax", TimeValue(Max(Seconds(5), 2 * initial)));
    scenario::Prefer(&m_helper, "RetransmitFactor", UintegerValue(24));
    scenario::Prefer(&m_helper, "RetransmitTries", UintegerValue(12));
    scenario::Prefer(&m_helper, "RetransmitJitter", UintegerValue(256 * options.ikeJitter / 100));
    scenario::Prefer(&m_helper, "SleepTimeout", TimeValue(Seconds(10) + 4 * initial));
    if (m_files)
        m_helper.EnableKeyLog(options.out);
    m_spis.resize(options.remotes + 1);
    m_heard.resize(options.remotes + 1, kNoNode);
    m_keys.push_back("");
    for (uint32_t i = 1; i <= options.remotes; i++)
        m_keys.push_back(scenario::MakeKey(m_field->stream++));
    for (uint32_t i = 0; i <= options.remotes; i++)
        m_outer.push_back(IkeletAddress(m_field->AddressOf(FieldNode(i))));
    InstallGateway();
    for (uint32_t i = 1; i <= options.remotes; i++)
        InstallRemote(i);
}

IkeletPeer World::PeerOf(uint32_t remote, bool atGateway) const
{
    IkeletPeer peer;
    std::string name = "keyid:remote-" + std::to_string(remote), home = "gateway.home.arpa";
    peer.local = OuterAddress(atGateway ? kGateway : remote);
    peer.remote = OuterAddress(atGateway ? remote : kGateway);
    peer.localId = atGateway ? home : name;
    peer.remoteId = atGateway ? name : home;
    peer.psk = m_keys[remote];
    peer.suites = m_run.options.ikeSuite;
    peer.resume = !atGateway && m_run.options.sa == "resumed";
    if (m_run.options.brief) {
        std::string number = "keyid:" + std::to_string(remote);
        peer.localId = atGateway ? "keyid:g" : number;
        peer.remoteId = atGateway ? number : "keyid:g";
        peer.initialContact = false;
        peer.noNat = peer.noIdr = !atGateway;
        if (!atGateway && peer.suites == scenario::kFirmwareSuite)
            scenario::KeepPadded(&peer, ik_prf_aes128_cmac);
    }
    return peer;
}

IkeletPolicy World::PolicyOf(uint32_t remote, bool atGateway) const
{
    const std::string doors = "[udp/" + std::to_string(kDoorPort) + "]";
    bool tunnel = m_run.options.mode == "tunnel";
    std::string here = tunnel ? InnerAddress(remote) : OuterAddress(remote);
    std::string home = tunnel ? InnerAddress(kGateway) : OuterAddress(kGateway);
    IkeletPolicy policy;
    policy.local = (atGateway ? home : here) + doors;
    policy.remote = (atGateway ? here : home) + doors;
    policy.mode = tunnel ? IK_TUNNEL : IK_TRANSPORT;
    policy.suites = m_run.options.espSuite;
    return policy;
}

void World::InstallGateway()
{
    const Options &options = m_run.options;
    IkeletHelper helper = m_helper;
    helper.SetAttribute("Responder", BooleanValue(true));
    scenario::Prefer(&helper, "HalfOpenFor", TimeValue(kHalfOpenFor));
    helper.SetAttribute("IkeSas", UintegerValue(3 * options.remotes + 4));
    helper.SetAttribute("ChildSas", UintegerValue(3 * options.remotes + 4));
    scenario::Prefer(&helper, "Queue", UintegerValue(256));
    if (options.sa == "resumed")
        scenario::Prefer(&helper, "TicketLifetime", TimeValue(kTicketLifetime));
    for (uint32_t i = 1; i <= options.remotes; i++) {
        IkeletPolicy policy = PolicyOf(i, true);
        policy.peer = helper.AddPeer(PeerOf(i, true));
        helper.AddPolicy(policy);
    }
    Keep(kGateway, helper.Install(m_field->GetNode(0)).Get(0));
    if (options.mode == "tunnel")
        m_ike[kGateway]->AddTunnel(InnerAddress(kGateway) + "/64", {"fd00:1::/64"});
}

void World::InstallRemote(uint32_t remote)
{
    IkeletHelper helper = m_helper;
    helper.SetAttribute("CpuProfile", StringValue(m_run.options.power.cpu));
    helper.SetAttribute("RadioWhileComputing",
                        BooleanValue(m_run.options.power.radioPolicy == "listen"));
    helper.SetAttribute("AutoWake", BooleanValue(false));
    if (m_run.options.brief) {
        helper.SetAttribute("NonceLength",
                            UintegerValue(scenario::LeastNonce(m_run.options.ikeSuite)));
        helper.SetAttribute("CtrDrbg", BooleanValue(true));
    }
    if (m_run.options.keyAhead)
        helper.SetAttribute("KeyAhead", TimeValue(scenario::kKeyAhead));
    helper.SetAttribute("IkeSas", UintegerValue(2));
    helper.SetAttribute("ChildSas", UintegerValue(2));
    helper.AddPeer(PeerOf(remote, false));
    helper.AddPolicy(PolicyOf(remote, false));
    Keep(remote, helper.Install(m_field->GetNode(FieldNode(remote))).Get(0));
    if (m_run.options.mode == "tunnel")
        m_ike[remote]->AddTunnel(InnerAddress(remote) + "/128", {InnerAddress(kGateway) + "/128"});
}

void World::Keep(uint32_t node, Ptr<Application> application)
{
    Ptr<IkeletNode> ike = DynamicCast<IkeletNode>(application);
    ike->SetStartTime(kStart);
    if (node != kGateway && m_run.options.keyAhead)
        Simulator::Schedule(kStart + kBattery, &World::PutBatteryIn, this, node);
    m_field->stream += ike->AssignStreams(m_field->stream);
    m_ike.push_back(ike);
    ConnectTraces(node);
}

/* From then on it has its memory, and what the first press would wait for. */
void World::PutBatteryIn(uint32_t node)
{
    m_ike[node]->Wake();
    m_ike[node]->Sleep();
}

/* ---- what the nodes tell --------------------------------------------------------------------- */

/* The remote at the far end, or at this one. */
uint32_t World::RemoteAt(uint32_t node, const struct ik_path &path) const
{
    if (node != kGateway)
        return node;
    for (uint32_t i = 1; i <= m_run.options.remotes; i++) {
        if (IkeletSame(path.remote, m_outer[i]))
            return i;
    }
    return kNoNode;
}

void World::ConnectTraces(uint32_t node)
{
    Ptr<IkeletNode> ike = m_ike[node];
    using Datagram = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    using Up = Callback<void, uint16_t>;
    using Ended = Callback<void, uint8_t, uint8_t, uint16_t, uint16_t>;
    auto on = [ike](const char *source, const CallbackBase &callback) {
        ike->TraceConnectWithoutContext(source, callback);
    };
    on("Tx", Datagram([this, node](Ptr<const Packet> p, const struct ik_path &path) {
           if (path.carrier != IK_CARRIER_ESP)
               m_recorder.IkeTx(node, RemoteAt(node, path), p);
       }));
    on("Rx", Datagram([this, node](Ptr<const Packet> p, const struct ik_path &path) {
           m_heard[node] = RemoteAt(node, path);
           if (path.carrier != IK_CARRIER_ESP)
               m_recorder.IkeRx(node, m_heard[node], p);
       }));
    on("IkeUp", Up([this, node](uint16_t peer) { OnUp(EventKind::IkeUp, node, peer); }));
    on("ChildUp", Up([this, node](uint16_t policy) { OnUp(EventKind::ChildUp, node, policy); }));
    on("Failed", Ended([this, node](uint8_t event, uint8_t reason, uint16_t, uint16_t peer) {
           bool child = event == IK_EV_CHILD_FAILED;
           OnEnd(child ? EventKind::ChildFailed : EventKind::IkeFailed, node, reason, peer);
       }));
    on("Down", Ended([this, node](uint8_t event, uint8_t reason, uint16_t, uint16_t peer) {
           if (event == IK_EV_IKE_DOWN)
               OnEnd(EventKind::IkeDown, node, reason, peer);
       }));
    on("Job", Callback<void, uint8_t, bool, Time>(
                  [this, node](uint8_t kind, bool ended, Time t) { OnJob(node, kind, ended, t); }));
    on("Drop", Callback<void, uint32_t, uint32_t>([this, node](uint32_t reason, uint32_t octets) {
           m_recorder.Add(EventKind::Drop, node, m_recorder.Current(m_heard[node]),
                          host_drop_name(reason), octets);
       }));
    on("Record",
       Callback<void, const struct ik_trace_rec &>([this, node](const struct ik_trace_rec &r) {
           if (r.event == IK_TR_CHILD_UP)
               m_spis[node] = {r.a, r.b};
       }));
}

void World::OnEnd(EventKind kind, uint32_t node, uint8_t reason, uint16_t peer)
{
    uint32_t remote = node != kGateway ? node : peer == IK_NO_SLOT ? m_heard[node] : peer + 1u;
    m_recorder.Add(kind, node, m_recorder.Current(remote), host_reason_text(reason));
}

/* At the gateway peers and policies stand in the order of the remotes. */
void World::OnUp(EventKind kind, uint32_t node, uint16_t index)
{
    uint32_t remote = node == kGateway ? index + 1u : node;
    std::pair<uint32_t, uint32_t> spis;
    if (kind == EventKind::ChildUp)
        spis = m_spis[node];
    m_recorder.Add(kind, node, m_recorder.Current(remote), "", spis.first, spis.second);
}

void World::OnJob(uint32_t node, uint8_t kind, bool ended, Time time)
{
    if (node != kGateway) /* a PC needs no time for them */
        m_recorder.Add(ended ? EventKind::JobDone : EventKind::JobStart, node,
                       m_recorder.Current(node), JobName(kind), time.GetMicroSeconds());
}

/* ---- totals ---------------------------------------------------------------------------------- */

void World::Collect()
{
    Totals &totals = m_run.totals;
    totals.endedAt = Recorder::Now();
    for (uint32_t i = 0; i < m_run.nodes.size(); i++) {
        NodeTotals &node = m_run.nodes[i];
        bool isRemote = i != kGateway && i <= m_run.options.remotes;
        uint32_t at = isRemote || i == kGateway ? FieldNode(i) : i - m_run.options.remotes;
        if (!m_ike.empty() && i <= m_run.options.remotes)
            CollectCore(m_ike[i], &node);
        CollectAir(m_field->CountOf(at), &node, &totals);
        node.awakeUs = isRemote ? m_remotes[i - 1]->AwakeUs() : totals.endedAt;
        if (isRemote)
            totals.cpuUs += node.cpuUs;
        if (isRemote && !m_energy.empty()) {
            node.ledger = m_energy[i - 1].Ledger();
            node.drawnJ = m_energy[i - 1].Drawn();
        }
    }
}

bool World::CloseKeyLog()
{
    return !m_helper.GetKeyLog() || m_helper.GetKeyLog()->Close();
}

} // namespace garage
