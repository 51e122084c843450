/* SPDX-License-Identifier: MIT */
/*
 * KeyAhead: the key pair of the next handshake is there when it is wanted, whatever was before; and
 * who sleeps with it in memory does and hears nothing else.
 */
#include <cstdio>
#include <fstream>

#include <unistd.h>

#include "pair.h"

#include <criterion/criterion.h> /* last: ns-3 has names of its macros */

using namespace pair;

namespace
{

/* What alice sends first after a moment, and what she computes. */
struct Ahead : Pair {
    struct Sent {
        Time at;
        std::vector<uint8_t> data;
    };
    std::vector<Sent> sent;
    std::string profile =
        "key-ahead-" + std::to_string(getpid()) + ".csv"; /* tests run in parallel */

    ~Ahead()
    {
        std::remove(profile.c_str());
    }

    /* X25519 is all that takes time: 2 s. */
    explicit Ahead(bool keyAhead = true)
    {
        std::ofstream(profile) << "clock_hz,8000000\nx25519,16000000\n";
        helper[0].SetAttribute("CpuProfile", StringValue(profile));
        if (keyAhead)
            helper[0].SetAttribute("KeyAhead", TimeValue(MilliSeconds(100)));
        helper[0].SetAttribute("RetransmitInitial", TimeValue(MilliSeconds(500)));
        helper[0].SetAttribute("RetransmitJitter", UintegerValue(0));
        helper[0].SetAttribute("RetransmitTries", UintegerValue(4));
        helper[0].SetAttribute("SleepTimeout", TimeValue(Seconds(3)));
    }

    void InstallBoth()
    {
        Pair::InstallBoth();
        IkeletHelper::AssignStreams(ApplicationContainer(ike[0]), 5);
        ike[0]->TraceConnectWithoutContext(
            "Tx", Callback<void, Ptr<const Packet>, const struct ik_path &>(
                      [this](Ptr<const Packet> p, const struct ik_path &) {
                          sent.push_back({Simulator::Now(), std::vector<uint8_t>(p->GetSize())});
                          p->CopyData(sent.back().data.data(), p->GetSize());
                      }));
    }

    void WakeUp(Time at)
    {
        Simulator::Schedule(at, [this]() {
            ike[0]->Wake();
            ike[0]->Up();
        });
    }

    void Sleep(Time at)
    {
        Simulator::Schedule(at, &IkeletNode::Sleep, ike[0]);
    }

    /* How long after that moment the next datagram has left. */
    int64_t WaitMs(Time from) const
    {
        for (const Sent &one : sent) {
            if (one.at >= from)
                return (one.at - from).GetMilliSeconds();
        }
        return -1;
    }
};

} // namespace

Test(key_ahead, without_it_a_press_waits)
{
    Ahead p(false);
    p.InstallBoth();
    p.WakeUp(Seconds(10));
    p.Run(Seconds(30));
    cr_assert_eq(p.WaitMs(Seconds(10)), 2000);
}

Test(key_ahead, before_the_first_press_and_over_each_sleep)
{
    Ahead p;
    p.InstallBoth();
    for (int i = 1; i <= 3; i++) {
        p.WakeUp(Seconds(20 * i));
        p.Sleep(Seconds(20 * i + 10));
    }
    p.Run(Seconds(80));
    for (int i = 1; i <= 3; i++)
        cr_assert_eq(p.WaitMs(Seconds(20 * i)), 0, "press %d", i);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 3);
}

Test(key_ahead, after_a_handshake_that_nobody_answered)
{
    Ahead p;
    p.InstallBoth();
    Simulator::Schedule(Seconds(5), &IkeletNode::Cut, p.ike[1]);
    p.WakeUp(Seconds(10));
    Simulator::Schedule(Seconds(30), static_cast<void (IkeletNode::*)()>(&IkeletNode::Wake),
                        p.ike[1]);
    p.WakeUp(Seconds(35));
    p.Run(Seconds(50));
    cr_assert_eq(p.WaitMs(Seconds(35)), 0);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1);
}

/* What the peer's silence begins takes the pair, too, with no word of the host. */
Test(key_ahead, after_what_began_by_itself)
{
    Ahead p;
    p.peer[0].livenessS = 5;
    p.InstallBoth();
    p.WakeUp(Seconds(10));
    Simulator::Schedule(Seconds(20), &IkeletNode::Cut, p.ike[1]);
    Simulator::Schedule(Seconds(60), static_cast<void (IkeletNode::*)()>(&IkeletNode::Wake),
                        p.ike[1]);
    p.WakeUp(Seconds(70));
    p.Run(Seconds(90));
    cr_assert_eq(p.WaitMs(Seconds(70)), 0);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 2);
}

Test(key_ahead, after_a_sleep_whose_delete_nobody_answered)
{
    Ahead p;
    p.InstallBoth();
    p.WakeUp(Seconds(10));
    Simulator::Schedule(Seconds(20), &IkeletNode::Cut, p.ike[1]);
    p.Sleep(Seconds(21));
    Simulator::Schedule(Seconds(23), [&]() { cr_assert_not(p.ike[0]->IsAwake()); });
    Simulator::Schedule(Seconds(30), static_cast<void (IkeletNode::*)()>(&IkeletNode::Wake),
                        p.ike[1]);
    std::vector<int64_t> off;
    p.ike[0]->TraceConnectWithoutContext("Power", Callback<void, bool>([&](bool on) {
                                             if (!on)
                                                 off.push_back(Simulator::Now().GetMilliSeconds());
                                         }));
    p.WakeUp(Seconds(35));
    p.Run(Seconds(50));
    cr_assert_eq(off.size(), 1);
    cr_assert_eq(off[0], 24000);
    cr_assert_eq(p.WaitMs(Seconds(35)), 0);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 2);
}

/* The battery was out: its memory is lost, and the pair with it. */
Test(key_ahead, not_without_power)
{
    Ahead p;
    p.InstallBoth();
    p.Sleep(Seconds(10));
    Simulator::Schedule(Seconds(15), &IkeletNode::Cut, p.ike[0]);
    p.WakeUp(Seconds(20));
    p.Run(Seconds(30));
    cr_assert_eq(p.WaitMs(Seconds(20)), 2000);
}

/* Asleep with its memory it is as deaf and dumb as without. */
Test(key_ahead, asleep_it_does_nothing_else)
{
    Ahead p;
    p.InstallBoth();
    std::vector<IkeletCpuPhase> phases;
    std::vector<bool> radio;
    Talker alice(p.nodes.Get(0), 4000, false);
    p.Sleep(Seconds(10));
    Simulator::Schedule(Seconds(15), [&]() {
        p.ike[0]->TraceConnectWithoutContext(
            "Cpu",
            Callback<void, IkeletCpuPhase>([&](IkeletCpuPhase phase) { phases.push_back(phase); }));
        p.ike[0]->TraceConnectWithoutContext(
            "Radio", Callback<void, bool>([&](bool on) { radio.push_back(on); }));
        p.ike[0]->Up();
        p.ike[0]->Undoze();
    });
    alice.Send(Seconds(16), p.At(1, 7));
    p.Run(Seconds(20));
    cr_assert_eq(p.sent.size(), 0);
    cr_assert_eq(p.ike[0]->GetLost(), 1);
    cr_assert_eq(phases.size() + radio.size(), 0);
    cr_assert_not(p.ike[0]->IsAwake());
}

/* A seed that is given is that of a fresh node, asleep or not. */
Test(key_ahead, a_seed_begins_afresh)
{
    std::vector<uint8_t> first[2];
    for (bool slept : {false, true}) {
        Ahead p(slept);
        p.InstallBoth();
        if (slept)
            p.Sleep(Seconds(5));
        else
            Simulator::Schedule(Seconds(5), &IkeletNode::Cut, p.ike[0]);
        Simulator::Schedule(Seconds(10), [&]() {
            p.ike[0]->Wake(std::vector<uint8_t>(48, 7));
            p.ike[0]->Up();
        });
        p.Run(Seconds(15));
        cr_assert_eq(p.WaitMs(Seconds(10)), 2000);
        first[slept] = p.sent.front().data;
    }
    cr_assert(first[0] == first[1]);
}

/* Addresses that have moved meanwhile are looked up when it wakes, and not before; with another
 * configuration the pair is another one (ik_node_configure()). */
Test(key_ahead, an_address_that_moves_while_it_sleeps)
{
    Ahead p;
    p.peer[0].local = "";
    p.peer[1].remote = "";
    p.policy[1].remote = "10.0.0.0/24[udp]";
    p.policy[1].local = "10.0.0.2[udp]";
    p.InstallBoth();
    p.Sleep(Seconds(10));
    Simulator::Schedule(Seconds(15), [&]() {
        Ptr<Ipv4> ipv4 = p.nodes.Get(0)->GetObject<Ipv4>();
        ipv4->RemoveAddress(1, 0);
        ipv4->AddAddress(1, Ipv4InterfaceAddress("10.0.0.9", "255.255.255.0"));
    });
    p.WakeUp(Seconds(20));
    p.Run(Seconds(40));
    cr_assert_eq(p.WaitMs(Seconds(20)), 2000);
    cr_assert_eq(p.Count(0, IK_COUNT_CHILD_SAS_UP), 1);
}

/* On the firmware's board: deep sleep is left for a press alone, not for the key pair before it. */
Test(key_ahead, the_board_sleeps_deeply)
{
    Pair p;
    p.helper[0].SetAttribute("CpuProfile", StringValue("msp430f1611"));
    p.helper[0].SetAttribute("Board", BooleanValue(true));
    p.helper[0].SetAttribute("KeyAhead", TimeValue(MilliSeconds(1)));
    p.InstallBoth();
    Time before, after;
    Simulator::Schedule(Seconds(3), &IkeletNode::Doze, p.ike[0]);
    Simulator::Schedule(Seconds(10), [&]() { before = p.ike[0]->GetCpuTime(); });
    Simulator::Schedule(Seconds(100), [&]() { after = p.ike[0]->GetCpuTime(); });
    p.Run(Seconds(101));
    cr_assert_gt(before, MilliSeconds(500), "the key pair is computed");
    cr_assert_eq(before, after, "%ld us more", (after - before).GetMicroSeconds());
}
