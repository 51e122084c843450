/* SPDX-License-Identifier: MIT */
/* The module's tests in ns-3's own frame: test-runner --suite=ikelet. What needs more than two
 * nodes and a wire is tested by the project's other tests. */
#include "ns3/boolean.h"
#include "ns3/ikelet-module.h"
#include "ns3/internet-module.h"
#include "ns3/point-to-point-module.h"
#include "ns3/simulator.h"
#include "ns3/string.h"
#include "ns3/test.h"

using namespace ns3;

namespace
{

/* TypeIds are known whether or not the program names a class of the module. */
class RegistrationTestCase : public TestCase
{
  public:
    RegistrationTestCase() : TestCase("TypeIds are registered")
    {
    }

  private:
    void DoRun() override
    {
        for (const char *name :
             {"ns3::IkeletNode", "ns3::IkeletFirmwareNode", "ns3::IkeletL4", "ns3::IkeletRadio",
              "ns3::IkeletFrameLoss", "ns3::IkeletBitLoss", "ns3::IkeletBurstLoss",
              "ns3::IkeletShadowing", "ns3::IkeletMiddlebox", "ns3::IkeletNat",
              "ns3::IkeletMcuEnergyModel", "ns3::LrWpanEnergyModel"}) {
            TypeId tid;
            NS_TEST_ASSERT_MSG_EQ(TypeId::LookupByNameFailSafe(name, &tid), true, name);
            NS_TEST_ASSERT_MSG_EQ(tid.HasConstructor(), true, name);
            NS_TEST_ASSERT_MSG_EQ(tid.GetGroupName(), "Ikelet", name);
        }
    }
};

/* A profile knows the board of its part. */
class BoardTestCase : public TestCase
{
  public:
    BoardTestCase() : TestCase("Cost tables have rows of the board")
    {
    }

  private:
    void DoRun() override
    {
        for (const char *name : {"msp430f1611", "msp430f5438a", "msp430fr5994"}) {
            IkeletCpu cpu;
            std::string error;
            NS_TEST_ASSERT_MSG_EQ(cpu.Load(name, &error), true, error);
            NS_TEST_ASSERT_MSG_EQ(cpu.Board().baud, 115200, name);
            NS_TEST_ASSERT_MSG_GT(cpu.Board().shared, cpu.Board().own, name);
            /* An octet of ten bits takes 86.8 us. */
            NS_TEST_ASSERT_MSG_EQ(cpu.Duration(cpu.LineCycles(100)).GetMicroSeconds(), 8680, name);
        }
        IkeletCpu ideal;
        NS_TEST_ASSERT_MSG_EQ(ideal.Load("ideal", nullptr), true, "ideal");
        NS_TEST_ASSERT_MSG_EQ(ideal.LineCycles(100), 0, "an ideal board has no line");
    }
};

/* Peers and policies as a text. */
class TextTestCase : public TestCase
{
  public:
    TextTestCase() : TestCase("Config is read from a text")
    {
    }

  private:
    void DoRun() override
    {
        IkeletConfig config;
        std::string error;
        bool good =
            config.Parse("# two entries\n"
                         "peer remote=10.0.0.2 local=10.0.0.1 local-id=a psk=\"a key; # 1\"\n"
                         "  suites=aes128gcm16-prfsha256-x25519 force-natt=yes no-idr=yes;"
                         "policy mode=transport local=dynamic remote=dynamic "
                         "suites=aes128gcm16 replay=128 pfp=local,remote_port,protocol\n",
                         &error);
        NS_TEST_ASSERT_MSG_EQ(good, true, error);
        NS_TEST_ASSERT_MSG_EQ(config.Peers().size(), 1u, "peers");
        NS_TEST_ASSERT_MSG_EQ(config.Peers()[0].psk, "a key; # 1", "quotes");
        NS_TEST_ASSERT_MSG_EQ(config.Peers()[0].forceNatt, true, "force-natt");
        NS_TEST_ASSERT_MSG_EQ(config.Peers()[0].noNat, false, "no-nat");
        NS_TEST_ASSERT_MSG_EQ(config.Peers()[0].noIdr, true, "no-idr");
        NS_TEST_ASSERT_MSG_EQ(config.Policies()[0].mode, IK_TRANSPORT, "mode");
        NS_TEST_ASSERT_MSG_EQ(config.Policies()[0].replay, 128, "replay");
        NS_TEST_ASSERT_MSG_EQ(config.Policies()[0].pfp,
                              (IK_PFP_LOCAL | IK_PFP_REMOTE_PORT | IK_PFP_PROTOCOL), "pfp");
        NS_TEST_ASSERT_MSG_NE(config.Build(&error), nullptr, error);
        for (const char *wrong : {"peers", "peer remote", "peer colour=red", "policy mode=both",
                                  "policy peer=70000", "peer psk=0x1", "peer psk=\"open",
                                  "@/nonexistent/file", "policy replay=-1", "policy pfp=both"})
            NS_TEST_ASSERT_MSG_EQ(IkeletConfig().Parse(wrong, &error), false, wrong);
    }
};

/* Two nodes by nothing but attributes; UDP between them is protected. */
class EchoTestCase : public TestCase
{
  public:
    EchoTestCase(bool v6) : TestCase(v6 ? "Transport mode, IPv6" : "Transport mode, IPv4"), m_v6(v6)
    {
    }

  private:
    std::string Address(uint32_t i) const
    {
        return (m_v6 ? "fd00::" : "10.0.0.") + std::to_string(i + 1);
    }

    void AddAddress(Ptr<Node> node, Ptr<NetDevice> device, uint32_t i) const
    {
        Ptr<Ipv6> ipv6 = node->GetObject<Ipv6>();
        uint32_t at = ipv6->AddInterface(device);
        ipv6->AddAddress(at, Ipv6InterfaceAddress(Ipv6Address(Address(i).c_str()), Ipv6Prefix(64)));
        ipv6->SetUp(at);
    }

    Ptr<IkeletNode> Install(Ptr<Node> node, uint32_t i) const
    {
        IkeletHelper helper;
        helper.SetAttribute("Responder", BooleanValue(i == 1));
        helper.SetAttribute("AutoUp", BooleanValue(i == 0));
        helper.SetAttribute(
            "Config", StringValue("peer remote=" + Address(1 - i) + " local-id=" +
                                  (i ? "bob" : "alice") + " remote-id=" + (i ? "alice" : "bob") +
                                  " psk=secret suites=aes128gcm16-prfsha256-x25519; policy "
                                  "mode=transport local=dynamic[udp] remote=dynamic[udp] "
                                  "suites=aes128gcm16"));
        ApplicationContainer applications = helper.Install(node);
        applications.Start(Seconds(2));
        return DynamicCast<IkeletNode>(applications.Get(0));
    }

    void DoRun() override
    {
        NodeContainer nodes(2);
        PointToPointHelper wire;
        wire.SetDeviceAttribute("DataRate", StringValue("1Mbps"));
        NetDeviceContainer devices = wire.Install(nodes);
        InternetStackHelper().Install(nodes);
        Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        Ptr<IkeletNode> ike[2];
        for (uint32_t i : {0u, 1u}) {
            if (m_v6)
                AddAddress(nodes.Get(i), devices.Get(i), i);
            ike[i] = Install(nodes.Get(i), i);
        }
        Ptr<Socket> to = Socket::CreateSocket(nodes.Get(1), UdpSocketFactory::GetTypeId());
        Ptr<Socket> from = Socket::CreateSocket(nodes.Get(0), UdpSocketFactory::GetTypeId());
        uint32_t got = 0;
        if (m_v6) {
            to->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), 7));
            from->Connect(Inet6SocketAddress(Ipv6Address(Address(1).c_str()), 7));
        } else {
            to->Bind(InetSocketAddress(Ipv4Address::GetAny(), 7));
            from->Connect(InetSocketAddress(Ipv4Address(Address(1).c_str()), 7));
        }
        to->SetRecvCallback(Callback<void, Ptr<Socket>>([&](Ptr<Socket> s) {
            while (Ptr<Packet> p = s->Recv())
                got += p->GetSize();
        }));
        Simulator::Schedule(Seconds(5), [from]() { from->Send(Create<Packet>(33)); });
        Simulator::Stop(Seconds(10));
        Simulator::Run();
        NS_TEST_ASSERT_MSG_EQ(got, 33u, "octets that came");
        NS_TEST_ASSERT_MSG_EQ(ike[0]->GetCounters().count[IK_COUNT_ESP_OUT], 1u, "sealed");
        NS_TEST_ASSERT_MSG_EQ(ike[1]->GetCounters().count[IK_COUNT_ESP_IN], 1u, "opened");
        Simulator::Destroy();
    }

    bool m_v6;
};

class IkeletTestSuite : public TestSuite
{
  public:
    IkeletTestSuite() : TestSuite("ikelet")
    {
        AddTestCase(new RegistrationTestCase);
        AddTestCase(new BoardTestCase);
        AddTestCase(new TextTestCase);
        AddTestCase(new EchoTestCase(false));
        AddTestCase(new EchoTestCase(true));
    }
};

IkeletTestSuite g_ikeletTestSuite;

} // namespace
