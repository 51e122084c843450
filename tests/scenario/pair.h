/* SPDX-License-Identifier: MIT */
/* Two ns-3 nodes on a wire of 1 Mbit/s and 5 ms, with IPv4 and IPv6, and a core node on each. */
#ifndef TESTS_SCENARIO_PAIR_H
#define TESTS_SCENARIO_PAIR_H

#include <string>
#include <vector>

#include "ns3/core-module.h"
#include "ns3/internet-module.h"
#include "ns3/point-to-point-module.h"

#include "ns3/ikelet-helper.h"

namespace pair
{

using namespace ns3;

/* UDP on one port: what came, and a way to send. */
class Talker
{
  public:
    Talker(Ptr<Node> node, uint16_t port, bool v6)
    {
        m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
        if (v6)
            m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), port));
        else
            m_socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
        m_socket->SetRecvCallback(MakeCallback(&Talker::OnRead, this));
    }
    Talker(const Talker &) = delete;
    Talker &operator=(const Talker &) = delete;

    void Send(Time at, Address to, uint32_t octets = 10)
    {
        Simulator::Schedule(
            at, [this, to, octets]() { m_socket->SendTo(Create<Packet>(octets), 0, to); });
    }

    std::vector<uint32_t> got; /* lengths */
    bool echo = false;

  private:
    void OnRead(Ptr<Socket> socket)
    {
        Address from;
        while (Ptr<Packet> p = socket->RecvFrom(from)) {
            got.push_back(p->GetSize());
            if (echo)
                socket->SendTo(p, 0, from);
        }
    }

    Ptr<Socket> m_socket;
};

struct Pair {
    NodeContainer nodes{2};
    NetDeviceContainer devices;
    IkeletPeer peer[2];
    IkeletPolicy policy[2];
    IkeletHelper helper[2];
    Ptr<IkeletNode> ike[2];
    bool v6;

    /* The first node begins, the second answers; UDP is protected in transport mode. */
    explicit Pair(bool ipv6 = false) : v6(ipv6)
    {
        GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
        PointToPointHelper wire;
        wire.SetDeviceAttribute("DataRate", StringValue("1Mbps"));
        wire.SetChannelAttribute("Delay", StringValue("5ms"));
        devices = wire.Install(nodes);
        InternetStackHelper().Install(nodes);
        Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
        for (uint32_t i : {0u, 1u}) {
            AddAddress6(i);
            peer[i].local = Outer(i);
            peer[i].remote = Outer(1 - i);
            peer[i].localId = i == 0 ? "alice" : "bob";
            peer[i].remoteId = i == 0 ? "bob" : "alice";
            peer[i].psk = "a key of some length";
            peer[i].suites = "aes128gcm16-prfsha256-x25519";
            policy[i].local = policy[i].remote = "dynamic[udp]";
            policy[i].mode = IK_TRANSPORT;
            policy[i].suites = "aes128-sha256";
            helper[i].SetAttribute("Responder", BooleanValue(i == 1));
        }
    }

    ~Pair()
    {
        Simulator::Destroy();
    }

    std::string Outer(uint32_t i) const
    {
        return (v6 ? "fd00::" : "10.0.0.") + std::to_string(i + 1);
    }

    Address At(uint32_t i, uint16_t port) const
    {
        if (v6)
            return Inet6SocketAddress(Ipv6Address(Outer(i).c_str()), port);
        return InetSocketAddress(Ipv4Address(Outer(i).c_str()), port);
    }

    void AddAddress6(uint32_t i)
    {
        Ptr<Ipv6> ipv6 = nodes.Get(i)->GetObject<Ipv6>();
        uint32_t at = ipv6->AddInterface(devices.Get(i));
        std::string text = "fd00::" + std::to_string(i + 1);
        ipv6->AddAddress(at, Ipv6InterfaceAddress(Ipv6Address(text.c_str()), Ipv6Prefix(64)));
        ipv6->SetUp(at);
    }

    /* Installs a core node; applications begin at 2 s, when addresses are there. */
    void Install(uint32_t i)
    {
        helper[i].AddPeer(peer[i]);
        helper[i].AddPolicy(policy[i]);
        ApplicationContainer application = helper[i].Install(nodes.Get(i));
        application.Start(Seconds(2));
        ike[i] = DynamicCast<IkeletNode>(application.Get(0));
    }

    void InstallBoth()
    {
        Install(0);
        Install(1);
    }

    void Run(Time until)
    {
        Simulator::Stop(until);
        Simulator::Run();
    }

    uint32_t Count(uint32_t i, enum ik_count what) const
    {
        return ike[i]->GetCounters().count[what];
    }

    uint32_t Drops(uint32_t i, enum ik_drop what) const
    {
        return ike[i]->GetCounters().drop[what];
    }
};

} // namespace pair

#endif
