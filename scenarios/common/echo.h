/* SPDX-License-Identifier: MIT */
/* UDP echo: how long a payload takes to the other end and back. */
#ifndef SCENARIO_ECHO_H
#define SCENARIO_ECHO_H

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "ns3/inet6-socket-address.h"
#include "ns3/node.h"
#include "ns3/socket.h"

namespace scenario
{

class EchoServer
{
  public:
    EchoServer(ns3::Ptr<ns3::Node> node, uint16_t port);
    EchoServer(const EchoServer &) = delete;
    EchoServer &operator=(const EchoServer &) = delete;

  private:
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    ns3::Ptr<ns3::Socket> m_socket;
};

/* Sends one payload after the other: the next when the answer is there, or was waited for in vain.
 */
class EchoClient
{
  public:
    EchoClient(ns3::Ptr<ns3::Node> node, ns3::Inet6SocketAddress server);
    EchoClient(const EchoClient &) = delete;
    EchoClient &operator=(const EchoClient &) = delete;

    /* octets: of the payload, 4 at least; done(us): the round trip, or -1 if no answer came within
     * `patience`. */
    void Send(uint32_t octets, ns3::Time patience, std::function<void(int64_t us)> done);

  private:
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    void OnSilence(uint32_t number);
    void End(int64_t us);

    ns3::Ptr<ns3::Socket> m_socket;
    ns3::Inet6SocketAddress m_server;
    uint32_t m_number = 0;
    int64_t m_sentAt = -1;
    std::function<void(int64_t)> m_done;
};

} // namespace scenario

#endif
