/* SPDX-License-Identifier: MIT */
#include "gateway.h"

#include <algorithm>
#include <utility>

#include "ns3/simulator.h"
#include "ns3/udp-socket-factory.h"

namespace garage
{

using namespace ns3;

namespace
{

constexpr int64_t kTravelUs = 10'000'000; /* from closed to open */
const Time kStatusEvery = Seconds(1);
const Time kDoneEvery = Seconds(1);
constexpr uint8_t kDoneTriesMax = 15;

} // namespace

Gateway::Gateway(Ptr<Node> node, std::vector<Inet6SocketAddress> remotes, Recorder *recorder)
    : m_remotes(std::move(remotes)), m_doors(m_remotes.size()), m_recorder(recorder)
{
    m_socket = Socket::CreateSocket(node, UdpSocketFactory::GetTypeId());
    m_socket->Bind(Inet6SocketAddress(Ipv6Address::GetAny(), kDoorPort));
    m_socket->SetRecvCallback(MakeCallback(&Gateway::OnRead, this));
}

Gateway::Door &Gateway::DoorOf(uint32_t remote)
{
    return m_doors.at(remote - 1);
}

bool Gateway::IsOpen(uint32_t remote) const
{
    return m_doors.at(remote - 1).open;
}

bool Gateway::IsIdle() const
{
    return std::all_of(m_doors.begin(), m_doors.end(),
                       [](const Door &door) { return !door.moving && !door.done.IsRunning(); });
}

void Gateway::OnRead(Ptr<Socket> socket)
{
    while (Ptr<Packet> packet = socket->Recv()) {
        Message m;
        if (!FromPacket(packet, &m) || m.remote < 1 || m.remote > m_doors.size())
            continue;
        Door &door = DoorOf(m.remote);
        if (m.number == door.heard)
            continue; /* the same datagram twice: its MAC acknowledgement was lost */
        door.heard = m.number;
        if (m.type == MessageType::Command) {
            m_recorder->MessageRx(EventKind::CommandRx, kGateway, m, m.open ? "open" : "close");
            OnCommand(m);
        } else if (m.type == MessageType::DoneAck) {
            m_recorder->MessageRx(EventKind::DoneAckRx, kGateway, m, "");
            if (m.command == door.command) {
                door.doneSeen = true;
                door.done.Cancel();
            }
        }
    }
}

/* Carried out once, acknowledged each time; an old one is late and counts for nothing. */
void Gateway::OnCommand(const Message &m)
{
    Door &door = DoorOf(m.remote);
    if (m.command < door.command)
        return;
    Message ack = m;
    ack.type = MessageType::Ack;
    Send(EventKind::AckTx, m.remote, &ack, "");
    if (m.command > door.command) {
        door.command = m.command;
        door.doneTries = 0;
        door.doneSeen = false;
        door.done.Cancel();
        Move(m.remote, m.open);
    } else if (!door.moving) {
        SendDone(m.remote); /* it asks because it has not seen the end */
    }
}

/* ---- the door -------------------------------------------------------------------------------- */

int64_t Gateway::Travelled(const Door &door) const
{
    int64_t way = door.moving ? Recorder::Now() - door.since : 0;
    int64_t at = door.open ? door.travelled + way : door.travelled - way;
    return std::clamp<int64_t>(at, 0, kTravelUs);
}

void Gateway::Move(uint32_t remote, bool open)
{
    Door &door = DoorOf(remote);
    if (door.open == open && !door.moving) {
        SendDone(remote);
        return;
    }
    if (door.open != open || !door.moving) {
        m_recorder->At(door.command).movedAt = Recorder::Now();
        m_recorder->Add(EventKind::DoorStart, kGateway, door.command, open ? "opening" : "closing");
    }
    door.travelled = Travelled(door);
    door.since = Recorder::Now();
    door.open = open;
    door.moving = true;
    door.status.Cancel();
    door.stop.Cancel();
    int64_t way = open ? kTravelUs - door.travelled : door.travelled;
    door.stop = Simulator::Schedule(FromUs(way), &Gateway::Stop, this, remote);
    door.status = Simulator::Schedule(kStatusEvery, &Gateway::SendStatus, this, remote);
}

void Gateway::Stop(uint32_t remote)
{
    Door &door = DoorOf(remote);
    door.travelled = door.open ? kTravelUs : 0;
    door.moving = false;
    door.status.Cancel();
    m_recorder->Add(EventKind::DoorStop, kGateway, door.command, door.open ? "opened" : "closed");
    SendDone(remote);
}

/* ---- messages -------------------------------------------------------------------------------- */

void Gateway::Send(EventKind kind, uint32_t remote, Message *m, const std::string &text)
{
    Door &door = DoorOf(remote);
    m->remote = static_cast<uint16_t>(remote);
    m->number = ++door.sent;
    m->percent = static_cast<uint8_t>(Travelled(door) * 100 / kTravelUs);
    m_recorder->MessageTx(kind, kGateway, *m, text);
    m_socket->SendTo(ToPacket(*m), 0, m_remotes[remote - 1]);
}

void Gateway::SendStatus(uint32_t remote)
{
    Door &door = DoorOf(remote);
    Message m;
    m.type = MessageType::Status;
    m.command = door.command;
    m.open = door.open;
    Send(EventKind::StatusTx, remote, &m, door.open ? "opening" : "closing");
    door.status = Simulator::Schedule(kStatusEvery, &Gateway::SendStatus, this, remote);
}

void Gateway::SendDone(uint32_t remote)
{
    Door &door = DoorOf(remote);
    door.done.Cancel();
    if (door.doneTries >= kDoneTriesMax)
        return;
    Message m;
    m.type = MessageType::Done;
    m.command = door.command;
    m.open = door.open;
    m.tries = ++door.doneTries;
    Send(EventKind::DoneTx, remote, &m, door.open ? "opened" : "closed");
    if (!door.doneSeen)
        door.done = Simulator::Schedule(kDoneEvery, &Gateway::SendDone, this, remote);
}

} // namespace garage
