/* SPDX-License-Identifier: MIT */
/* What remotes and gateway say to each other: UDP port 4711, 16 octets. */
#ifndef GARAGE_DOOR_MESSAGE_H
#define GARAGE_DOOR_MESSAGE_H

#include <cstdint>

#include "ns3/packet.h"

namespace garage
{

constexpr uint16_t kDoorPort = 4711;

enum class MessageType : uint8_t {
    Command = 1, /* remote: open or close; repeated until acknowledged, done once */
    Ack = 2,     /* gateway: the command is being carried out */
    Status = 3,  /* gateway: each second while the door moves */
    Done = 4,    /* gateway: the door is where it was told to go; repeated until acknowledged */
    DoneAck = 5  /* remote: the Done was seen */
};

/*
 *   0               1               2               3
 *  +---------------+---------------+---------------+---------------+
 *  |      'G'      |      'D'      |  version (1)  |     type      |
 *  +---------------+---------------+---------------+---------------+
 *  |            remote             |            number             |
 *  +---------------+---------------+---------------+---------------+
 *  |                            command                            |
 *  +---------------+---------------+---------------+---------------+
 *  |     tries     |  open (0, 1)  |   per cent    |       0       |
 *  +---------------+---------------+---------------+---------------+
 */
struct Message {
    MessageType type = MessageType::Command;
    uint16_t remote = 0;
    uint16_t number = 0;  /* counts what a sender sends to this peer; a repeated one is a copy */
    uint32_t command = 0; /* rises from press to press: an older one is never carried out */
    uint8_t tries = 0;    /* transmissions of this Command or Done, this one included; Ack and
                             DoneAck repeat that of what they answer */
    bool open = false;    /* or close */
    uint8_t percent = 0;  /* how far open the door is */
};

ns3::Ptr<ns3::Packet> ToPacket(const Message &message);
/* False if it is no message of this version. */
bool FromPacket(ns3::Ptr<const ns3::Packet> packet, Message *out);

} // namespace garage

#endif
