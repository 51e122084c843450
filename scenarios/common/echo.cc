/* SPDX-License-Identifier: MIT */
#include "echo.h"

#include <algorithm>

#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"

namespace scenario
{

using namespace ns3;

namespace
{

constexpr uint32_t kNumberOctets = 4;

} // namespace

EchoServer::EchoServer(Ptr<Node> node, uint16_t port)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), port));
    m_socket->SetRecvCallback(MakeCallback(&EchoServer::OnRead, this));
}

/* A packet of its own: tags of the one that came would go round with it. */
void EchoServer::OnRead(Ptr<Socket> socket)
{
    Address from;
    while (Ptr<Packet> packet = socket->RecvFrom(from)) {
        std::vector<uint8_t> data(packet->GetSize());
        packet->CopyData(data.data(), packet->GetSize());
        socket->SendTo(Create<Packet>(data.data(), static_cast<uint32_t>(data.size())), 0, from);
    }
}

EchoClient::EchoClient(Ptr<Node> node, Inet6SocketAddress server) : m_server(server)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), server.GetPort()));
    m_socket->SetRecvCallback(MakeCallback(&EchoClient::OnRead, this));
}

void EchoClient::Send(uint32_t octets, Time patience, std::function<void(int64_t)> done)
{
    std::vector<uint8_t> data(std::max(octets, kNumberOctets), 0);
    m_number++;
    for (uint32_t i = 0; i < kNumberOctets; i++)
        data[i] = static_cast<uint8_t>(m_number >> (24 - 8 * i));
    m_done = std::move(done);
    m_sentAt = Simulator::Now().GetMicroSeconds();
    Simulator::Schedule(patience, &EchoClient::OnSilence, this, m_number);
    m_socket->SendTo(Create<Packet>(data.data(), static_cast<uint32_t>(data.size())), 0, m_server);
}

void EchoClient::OnRead(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv()) {
        uint8_t head[kNumberOctets];
        if (packet->GetSize() < kNumberOctets)
            continue;
        packet->CopyData(head, kNumberOctets);
        uint32_t number = 0;
        for (uint8_t octet : head)
            number = number << 8 | octet;
        if (number == m_number && m_sentAt >= 0)
            End(Simulator::Now().GetMicroSeconds() - m_sentAt);
    }
}

void EchoClient::OnSilence(uint32_t number)
{
    if (number == m_number && m_sentAt >= 0)
        End(-1);
}

void EchoClient::End(int64_t us)
{
    m_sentAt = -1;
    auto done = std::move(m_done);
    done(us);
}

} // namespace scenario
