/* SPDX-License-Identifier: MIT */
#include <iostream>
#include "ns3/applications-module.h"
#include "ns3/core-module.h"
#include "ns3/ikelet-module.h"
#include "ns3/internet-module.h"
#include "ns3/point-to-point-module.h"
using namespace ns3;

int main()
{
    NodeContainer nodes(2);
    PointToPointHelper wire;
    wire.SetDeviceAttribute("DataRate", StringValue("1Mbps"));
    NetDeviceContainer devices = wire.Install(nodes);
    InternetStackHelper().Install(nodes);
    Ipv4AddressHelper("10.0.0.0", "255.255.255.0").Assign(devices);
    const std::string address[] = {"10.0.0.1", "10.0.0.2"}, name[] = {"alice", "bob"};
    ApplicationContainer ike;
    for (uint32_t i : {0, 1}) {
        IkeletPeer peer; // who the other end is, and how both prove it
        peer.remote = address[1 - i];
        peer.localId = name[i];
        peer.remoteId = name[1 - i];
        peer.psk = "what both know";
        peer.suites = "aes128gcm16-prfsha256-x25519";
        IkeletPolicy policy; // which packets are protected, and how
        policy.local = policy.remote = "dynamic[udp]";
        policy.mode = IK_TRANSPORT;
        policy.suites = "aes128gcm16";
        IkeletHelper helper;
        helper.SetAttribute("Responder", BooleanValue(i == 1));
        helper.SetAttribute("CpuProfile", StringValue(i == 0 ? "msp430f1611" : "ideal"));
        helper.AddPeer(peer);
        helper.AddPolicy(policy);
        ike.Add(helper.Install(nodes.Get(i)));
    }
    UdpEchoServerHelper(7).Install(nodes.Get(1));
    UdpEchoClientHelper client(Ipv4Address("10.0.0.2"), 7); // the first packet starts IKE
    client.SetAttribute("Interval", TimeValue(Seconds(30)));
    client.Install(nodes.Get(0));
    Simulator::Stop(Seconds(100));
    Simulator::Run();
    Ptr<IkeletNode> alice = ike.Get(0)->GetObject<IkeletNode>();
    std::cout << "ESP out: " << alice->GetCounters().count[IK_COUNT_ESP_OUT]
              << ", in: " << alice->GetCounters().count[IK_COUNT_ESP_IN]
              << ", CPU time: " << alice->GetCpuTime().GetMilliSeconds() << " ms\n";
    Simulator::Destroy();
}
