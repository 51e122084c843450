/* SPDX-License-Identifier: MIT */
/* Parts of the module beside the core: loss models, the NAT, the radio's energy. */
#include <cmath>

#include "pair.h"

#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/energy-source-container.h"
#include "ns3/ikelet-module.h"

#include <criterion/criterion.h> /* last: ns-3 has names of its macros */

using namespace pair;

/* ---- loss ------------------------------------------------------------------------------------ */

static double rate_of(Ptr<IkeletLoss> loss, uint32_t octets, Time step)
{
    uint32_t lost = 0, n = 20000;
    loss->AssignStreams(7);
    for (uint32_t i = 0; i < n; i++)
        Simulator::Schedule(
            i * step, [&lost, loss, octets]() { lost += loss->IsCorrupt(Create<Packet>(octets)); });
    Simulator::Run();
    Simulator::Destroy();
    return lost / static_cast<double>(n);
}

Test(parts, loss_by_frame_is_the_same_for_all)
{
    Ptr<IkeletFrameLoss> loss = CreateObject<IkeletFrameLoss>();
    loss->SetAttribute("Rate", DoubleValue(0.3));
    cr_assert_float_eq(rate_of(loss, 5, MilliSeconds(1)), 0.3, 0.02);
    cr_assert_float_eq(rate_of(loss, 127, MilliSeconds(1)), 0.3, 0.02);
}

Test(parts, loss_by_bit_spares_short_frames)
{
    Ptr<IkeletBitLoss> loss = CreateObject<IkeletBitLoss>();
    loss->SetAttribute("Rate", DoubleValue(IkeletBitLoss::RateFor(0.3, 127)));
    cr_assert_float_eq(rate_of(loss, 127, MilliSeconds(1)), 0.3, 0.02);
    cr_assert_float_eq(rate_of(loss, 5, MilliSeconds(1)), 1 - std::pow(0.7, 11.0 / 133), 0.01);
    cr_assert_eq(IkeletBitLoss::RateFor(1, 127), 1);
    cr_assert_eq(IkeletBitLoss::RateFor(0, 127), 0);
}

/* A fifth of the time is bad, 100 ms each: by frames a millisecond apart, losses come in runs. */
Test(parts, bursts_last)
{
    Ptr<IkeletBurstLoss> loss = CreateObject<IkeletBurstLoss>();
    loss->SetAttribute("MeanGood", TimeValue(MilliSeconds(400)));
    loss->SetAttribute("MeanBad", TimeValue(MilliSeconds(100)));
    loss->AssignStreams(3);
    uint32_t lost = 0, runs = 0, n = 200000;
    bool before = false;
    for (uint32_t i = 0; i < n; i++)
        Simulator::Schedule(i * MilliSeconds(1), [&]() {
            bool now = loss->IsCorrupt(Create<Packet>(50));
            lost += now;
            runs += now && !before;
            before = now;
        });
    Simulator::Run();
    Simulator::Destroy();
    cr_assert_float_eq(lost / static_cast<double>(n), 0.2, 0.04);
    cr_assert_float_eq(lost / static_cast<double>(runs), 100, 25, "mean length of a burst");
}

/* After an hour of silence the state is drawn anew, not step by step; the rate stays. */
Test(parts, bursts_after_long_silence)
{
    Ptr<IkeletBurstLoss> loss = CreateObject<IkeletBurstLoss>();
    loss->SetAttribute("MeanGood", TimeValue(MilliSeconds(400)));
    loss->SetAttribute("MeanBad", TimeValue(MilliSeconds(100)));
    cr_assert_float_eq(rate_of(loss, 50, Hours(1)), 0.2, 0.02);
}

/* ---- NAT ------------------------------------------------------------------------------------- */

/* alice - NAT - bob: bob echoes, and tells from where it came. */
struct Nat {
    NodeContainer nodes{3};
    Ptr<IkeletNat> nat = CreateObject<IkeletNat>();
    std::vector<std::string> from; /* as bob sees it */
    uint32_t answers = 0;
    Ptr<Socket> alice, bob;

    Nat()
    {
        GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
        PointToPointHelper wire;
        wire.SetDeviceAttribute("DataRate", StringValue("1Mbps"));
        NetDeviceContainer left = wire.Install(nodes.Get(0), nodes.Get(1)),
                           right = wire.Install(nodes.Get(1), nodes.Get(2));
        InternetStackHelper internet;
        internet.Install(nodes.Get(0));
        internet.Install(nodes.Get(2));
        Address(0, left.Get(0), "192.168.1.2");
        Address(2, right.Get(1), "203.0.113.1");
        nat->Attach(left.Get(1), right.Get(0));
        alice = Socket::CreateSocket(nodes.Get(0), UdpSocketFactory::GetTypeId());
        alice->Bind(InetSocketAddress(Ipv4Address::GetAny(), 4000));
        alice->SetRecvCallback(Callback<void, Ptr<Socket>>([this](Ptr<Socket> s) {
            while (s->Recv())
                answers++;
        }));
        bob = Socket::CreateSocket(nodes.Get(2), UdpSocketFactory::GetTypeId());
        bob->Bind(InetSocketAddress(Ipv4Address::GetAny(), 7));
        bob->SetRecvCallback(Callback<void, Ptr<Socket>>([this](Ptr<Socket> s) {
            ns3::Address who;
            while (Ptr<Packet> p = s->RecvFrom(who)) {
                InetSocketAddress at = InetSocketAddress::ConvertFrom(who);
                std::ostringstream text;
                text << at.GetIpv4() << ":" << at.GetPort();
                from.push_back(text.str());
                s->SendTo(p, 0, who);
            }
        }));
    }
    ~Nat()
    {
        alice = bob = nullptr;
        Simulator::Destroy();
    }

    void Address(uint32_t node, Ptr<NetDevice> device, const char *text)
    {
        Ptr<Ipv4> ipv4 = nodes.Get(node)->GetObject<Ipv4>();
        uint32_t at = ipv4->AddInterface(device);
        ipv4->AddAddress(at, Ipv4InterfaceAddress(Ipv4Address(text), Ipv4Mask("/24")));
        ipv4->SetUp(at);
        Ipv4StaticRoutingHelper().GetStaticRouting(ipv4)->AddNetworkRouteTo(Ipv4Address("0.0.0.0"),
                                                                            Ipv4Mask("/0"), at);
    }

    void Ask(Time at)
    {
        Simulator::Schedule(at, [this]() {
            alice->SendTo(Create<Packet>(20), 0, InetSocketAddress(Ipv4Address("203.0.113.1"), 7));
        });
    }
};

Test(parts, nat_maps_there_and_back)
{
    Nat n;
    n.Ask(Seconds(1));
    n.Ask(Seconds(60));
    Simulator::Run();
    cr_assert_eq(n.answers, 2);
    cr_assert_str_eq(n.from[0].c_str(), "203.0.113.2:20000");
    cr_assert_eq(n.from[0], n.from[1], "a mapping that is used stays");
    cr_assert_eq(n.nat->GetMappings(), 1);
}

Test(parts, nat_forgets)
{
    Nat n;
    n.Ask(Seconds(1));
    n.Ask(Seconds(200)); /* above UdpTimeout */
    n.Ask(Seconds(210));
    Simulator::Schedule(Seconds(205), &IkeletNat::Reboot, n.nat);
    Simulator::Run();
    cr_assert_eq(n.answers, 3);
    cr_assert_neq(n.from[0], n.from[1], "the time-out");
    cr_assert_neq(n.from[1], n.from[2], "the reboot");
}

Test(parts, nat_lets_nobody_in_unasked)
{
    Nat n;
    Simulator::Schedule(Seconds(1), [&n]() {
        n.bob->SendTo(Create<Packet>(20), 0, InetSocketAddress(Ipv4Address("203.0.113.2"), 20000));
    });
    Simulator::Run();
    cr_assert_eq(n.answers, 0);
    cr_assert_eq(n.nat->GetDropped(), 1);
}

/* ---- radio ----------------------------------------------------------------------------------- */

/* Ten stations talk over each other; one beside them is switched off in the middle of what they
 * spoil, and has itself something to send now and then. ns-3's PHY must not be asked what it can't
 * do. */
Test(parts, a_radio_rests_between_frames)
{
    NodeContainer nodes(12);
    for (uint32_t i = 0; i < nodes.GetN(); i++) {
        Ptr<ConstantPositionMobilityModel> place = CreateObject<ConstantPositionMobilityModel>();
        place->SetPosition(Vector(i, 0, 0));
        nodes.Get(i)->AggregateObject(place);
    }
    InternetStackHelper internet;
    internet.SetIpv4StackInstall(false);
    internet.Install(nodes);
    IkeletLowpanHelper field;
    field.Install(nodes);
    field.AssignStreams(5);
    Ptr<IkeletRadio> radio = field.RadioOf(1);
    auto state = IEEE_802_15_4_PHY_RX_ON;
    field.DeviceOf(1)->GetPhy()->TraceConnectWithoutContext(
        "TrxState", Callback<void, Time, IkeletPhyState, IkeletPhyState>(
                        [&](Time, IkeletPhyState, IkeletPhyState now) { state = now; }));
    auto send = [&](uint32_t from) {
        field.DeviceOf(from)->Send(Create<Packet>(80), field.DeviceOf(0)->GetAddress(), 0xa0ed);
    };
    for (uint32_t i = 0; i < 300; i++) {
        const Time at = Seconds(1) + i * MilliSeconds(30);
        for (uint32_t k = 2; k < nodes.GetN(); k++)
            Simulator::Schedule(at, [&send, k]() { send(k); });
        Simulator::Schedule(at, &IkeletRadio::Switch, radio, true);
        Simulator::Schedule(at + MicroSeconds(i * 337 % 20000), &IkeletRadio::Switch, radio, false);
        if (i % 3 == 0)
            Simulator::Schedule(at + MilliSeconds(25), [&send]() { send(1); });
    }
    Simulator::Stop(Seconds(30));
    Simulator::Run();
    cr_assert_not(radio->IsOn());
    cr_assert_eq(state, IEEE_802_15_4_PHY_TRX_OFF);
    Simulator::Destroy();
}

/* ---- energy ---------------------------------------------------------------------------------- */

/* An hour of which the CPU computes for some seconds: every joule is in the ledger and in the
 * source. */
Test(parts, ledger_of_a_node_on_a_wire)
{
    Pair p;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.helper[0].SetAttribute("CpuProfile", StringValue("msp430f1611"));
    p.InstallBoth();
    IkeletEnergyHelper energy;
    cr_assert(energy.SetMcu("msp430f1611"));
    cr_assert_not(energy.SetRadio("no such radio"));
    IkeletEnergy battery = energy.Install(p.nodes.Get(0), p.ike[0], nullptr);
    Simulator::Schedule(Seconds(60), &IkeletNode::Sleep, p.ike[0]);
    p.Run(Hours(1));
    double sum = 0;
    for (const auto &row : battery.Ledger())
        sum += row.second;
    cr_assert_float_eq(sum / battery.Drawn(), 1, 1e-3);
    double computed = 3 * 4e-3 * p.ike[0]->GetCpuTime().GetSeconds();
    double sleeping = 3 * 2.6e-6 * 3540, idle = 3 * 75e-6 * 55;
    cr_assert_float_eq(sum, computed + sleeping + idle, 0.001);
    cr_assert_float_eq(battery.Awake(), computed + idle, 0.001);
    battery = {};
}
