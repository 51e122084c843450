/* SPDX-License-Identifier: MIT */
/* The home gateway: a door for each remote. */
#ifndef GARAGE_DOOR_GATEWAY_H
#define GARAGE_DOOR_GATEWAY_H

#include <cstdint>
#include <vector>

#include "ns3/event-id.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/socket.h"

#include "message.h"
#include "recorder.h"

namespace garage
{

class Gateway
{
  public:
    /* remotes: their addresses, by number - 1. */
    Gateway(ns3::Ptr<ns3::Node> node, std::vector<ns3::Inet6SocketAddress> remotes,
            Recorder *recorder);
    Gateway(const Gateway &) = delete;
    Gateway &operator=(const Gateway &) = delete;

    /* Open, or on its way there. */
    bool IsOpen(uint32_t remote) const;
    /* No door moves, and no Done waits for its acknowledgement. */
    bool IsIdle() const;

  private:
    struct Door {
        uint32_t command = 0; /* the last one that was carried out */
        bool open = false;    /* where it is, or where it moves to */
        bool moving = false;
        int64_t travelled = 0; /* us of way from closed, when `since` began */
        int64_t since = 0;
        uint16_t sent = 0;
        int heard = -1;
        uint8_t doneTries = 0;
        bool doneSeen = true;
        ns3::EventId status;
        ns3::EventId stop;
        ns3::EventId done;
    };

    Door &DoorOf(uint32_t remote);
    int64_t Travelled(const Door &door) const;
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    void OnCommand(const Message &m);
    void Move(uint32_t remote, bool open);
    void Stop(uint32_t remote);
    void SendStatus(uint32_t remote);
    void SendDone(uint32_t remote);
    void Send(EventKind kind, uint32_t remote, Message *m, const std::string &text);

    ns3::Ptr<ns3::Socket> m_socket;
    std::vector<ns3::Inet6SocketAddress> m_remotes;
    std::vector<Door> m_doors;
    Recorder *m_recorder;
};

} // namespace garage

#endif
