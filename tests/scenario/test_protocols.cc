/* SPDX-License-Identifier: MIT */
/* AH in the place of ESP, and resumption by tickets. */
#include "flows.h" /* last: criterion has names that ns-3 has, too */

using namespace pair;

/* ---- AH -------------------------------------------------------------------------------------- */

static void use_ah(Pair &p)
{
    for (uint32_t i : {0u, 1u}) {
        p.policy[i].protocol = IK_PROTO_AH;
        p.policy[i].suites = "aesxcbc";
    }
}

Test(ah, transport)
{
    for (bool v6 : {false, true}) {
        Pair p(v6);
        use_ah(p);
        p.InstallBoth();
        expect_echo(p, kAh, 10);
    }
}

/* Cut by its sender, and put together before it is looked at: the header is that of the whole. */
Test(ah, in_fragments)
{
    for (bool v6 : {false, true}) {
        Pair p(v6);
        use_ah(p);
        p.InstallBoth();
        expect_echo(p, kAh, 1440);
    }
}

Test(ah, tunnel)
{
    for (bool v6 : {false, true}) {
        Pair p(v6);
        use_ah(p);
        expect_pings(p, kAh);
    }
}

Test(ah, by_a_text_and_by_hand)
{
    Pair p;
    for (uint32_t i : {0u, 1u}) {
        const std::string here = std::to_string(i + 1), there = std::to_string(2 - i);
        p.helper[i].SetAttribute(
            "Config", StringValue("policy protocol=ah mode=transport peer=none local=10.0.0." +
                                  here + "[udp] remote=10.0.0." + there + "[udp] suites=sha256\n" +
                                  "manual policy=0 local=10.0.0." + here + " remote=10.0.0." +
                                  there + " spi-in=500" + here + " spi-out=500" + there +
                                  " suite=sha256 integ-in=" + std::string(32, i ? 'a' : 'b') +
                                  " integ-out=" + std::string(32, i ? 'b' : 'a')));
    }
    for (uint32_t i : {0u, 1u}) {
        ApplicationContainer application = p.helper[i].Install(p.nodes.Get(i));
        application.Start(Seconds(2));
        p.ike[i] = DynamicCast<IkeletNode>(application.Get(0));
    }
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    alice.Send(Seconds(3), p.At(1, 7));
    alice.Send(Seconds(4), p.At(1, 7), 200);
    p.Run(Seconds(10));
    cr_assert_eq(alice.got.size(), 2);
    cr_assert_eq(p.Count(0, IK_COUNT_AH_OUT), 2);
    cr_assert_eq(p.Count(0, IK_COUNT_IKE_SENT), 0);
}

/* What is told of it: carrier, whole packets, and lines for people. */
Test(ah, traces)
{
    std::ostringstream lines;
    {
        Pair p;
        use_ah(p);
        p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
        p.InstallBoth();
        IkeletHelper::EnableAscii(Create<OutputStreamWrapper>(&lines),
                                  ApplicationContainer(p.ike[0]));
        std::vector<uint8_t> first;
        p.ike[0]->TraceConnectWithoutContext(
            "Tx", Callback<void, Ptr<const Packet>, const struct ik_path &>(
                      [&](Ptr<const Packet> packet, const struct ik_path &path) {
                          if (path.carrier != IK_CARRIER_AH)
                              return;
                          first.resize(20);
                          packet->CopyData(first.data(), 20);
                      }));
        Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
        alice.Send(Seconds(5), p.At(1, 7));
        p.Run(Seconds(10));
        cr_assert_eq(first.size(), 20);
        cr_assert_eq(first[0], 0x45);
        cr_assert_eq(first[9], IK_IP_AH);
    }
    cr_assert_neq(lines.str().find("Tx AH, "), std::string::npos, "%s", lines.str().c_str());
}

/* ESP at one end, AH at the other: there is an IKE SA, and no pair of Child SAs is agreed upon. */
Test(ah, is_not_esp)
{
    Pair p;
    p.policy[0].protocol = IK_PROTO_AH;
    p.policy[0].suites = "sha256";
    p.policy[1].suites = "null-sha256";
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    p.Run(Seconds(10));
    for (uint32_t i : {0u, 1u}) {
        cr_assert_eq(p.Count(i, IK_COUNT_IKE_SAS_UP), 1, "IKE_AUTH was answered");
        cr_assert_eq(p.Count(i, IK_COUNT_CHILD_SAS_UP), 0);
    }
}

Test(ah, words)
{
    const char *const wrong[] = {"policy protocol=ike", "policy protocol=", "peer resume=maybe",
                                 "policy protocol=AH"};
    for (const char *text : wrong) {
        std::string error;
        cr_assert_not(IkeletConfig().Parse(text, &error), "%s", text);
        cr_assert_neq(error, "");
    }
    const char *const impossible[] = {
        "peer remote=10.0.0.2 psk=x suites=aes128gcm16-prfsha256-x25519\n"
        "policy protocol=ah local=10.0.0.1 remote=10.0.0.2 suites=aes128gcm16",
        "policy protocol=ah peer=none local=10.0.0.1 remote=10.0.0.2 suites=sha256\n"
        "manual policy=1 local=10.0.0.1 remote=10.0.0.2 spi-in=256 spi-out=256 suite=sha256"};
    for (const char *text : impossible) {
        std::string error;
        IkeletConfig config;
        cr_assert(config.Parse(text, &error), "%s", error.c_str());
        cr_assert_null(config.Build(&error), "%s", text);
        cr_assert_neq(error, "");
    }
}

/* ---- resumption ------------------------------------------------------------------------------ */

struct Resumed {
    uint32_t ups = 0, jobs[2] = {0, 0}, ikeSas = 0, childSas = 0, echoes = 0;
};

/* Thrice its power is cut, and it comes back. Jobs: of the key exchange. */
static Resumed comes_back(Pair &p, bool deletes)
{
    Resumed r;
    p.helper[0].SetAttribute("AutoUp", BooleanValue(true));
    p.InstallBoth();
    for (uint32_t i : {0u, 1u})
        p.ike[i]->TraceConnectWithoutContext(
            "Job", Callback<void, uint8_t, bool, Time>(
                       [&r, i](uint8_t, bool ended, Time) { r.jobs[i] += ended; }));
    Talker alice(p.nodes.Get(0), 4000, false), bob(p.nodes.Get(1), 7, false);
    bob.echo = true;
    for (int s : {10, 20, 30}) {
        Simulator::Schedule(Seconds(s), deletes ? &IkeletNode::Sleep : &IkeletNode::Cut, p.ike[0]);
        Simulator::Schedule(Seconds(s + 5), [&p]() { p.ike[0]->Wake(); });
        alice.Send(Seconds(s + 7), p.At(1, 7));
    }
    p.Run(Seconds(50));
    uint16_t ikeSas = 0, childSas = 0;
    p.ike[1]->GetUsage(&ikeSas, &childSas);
    r.ups = p.Count(0, IK_COUNT_CHILD_SAS_UP);
    r.ikeSas = ikeSas;
    r.childSas = childSas;
    r.echoes = static_cast<uint32_t>(alice.got.size());
    return r;
}

Test(resume, by_ticket_of_either_kind)
{
    for (uint32_t places : {0u, 4u}) {
        Pair p;
        p.peer[0].resume = true;
        p.helper[1].SetAttribute("TicketLifetime", TimeValue(Hours(1)));
        p.helper[1].SetAttribute("TicketsByReference", UintegerValue(places));
        Resumed r = comes_back(p, false);
        cr_assert_eq(r.ups, 4);
        cr_assert_eq(r.jobs[0], 2, "%u jobs: of the first handshake only", r.jobs[0]);
        cr_assert_eq(r.ikeSas, 1, "what it resumes goes");
        cr_assert_eq(r.childSas, 1);
        cr_assert_eq(r.echoes, 3);
    }
}

Test(resume, by_words)
{
    Pair p;
    p.helper[0].SetAttribute("Config",
                             StringValue("peer local=10.0.0.1 remote=10.0.0.2 local-id=alice "
                                         "remote-id=bob psk=\"a key of some length\" resume=yes "
                                         "suites=aes128gcm16-prfsha256-x25519; policy "
                                         "mode=transport local=dynamic[udp] remote=dynamic[udp] "
                                         "suites=aes128-sha256"));
    p.helper[1].SetAttribute("TicketLifetime", TimeValue(Hours(1)));
    cr_assert_eq(comes_back(p, false).jobs[0], 2);
}

/* Where nobody gives tickets, where one has grown old, and where the SA was deleted (RFC 5723 6.2):
 * in full. */
Test(resume, in_full)
{
    for (int story = 0; story < 3; story++) {
        Pair p;
        p.peer[0].resume = true;
        if (story > 0)
            p.helper[1].SetAttribute("TicketLifetime",
                                     TimeValue(story == 1 ? Seconds(3) : Hours(1)));
        Resumed r = comes_back(p, story == 2);
        cr_assert_eq(r.ups, 4);
        cr_assert_eq(r.jobs[0], 8, "story %d: %u jobs", story, r.jobs[0]);
        cr_assert_eq(r.ikeSas, 1);
        cr_assert_eq(r.echoes, 3);
    }
}
