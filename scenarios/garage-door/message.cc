/* SPDX-License-Identifier: MIT */
#include "message.h"

namespace garage
{

namespace
{

constexpr uint32_t kLength = 16;
constexpr uint8_t kVersion = 1;

uint8_t Octet(uint32_t value, unsigned shift)
{
    return static_cast<uint8_t>(value >> shift);
}

uint16_t Get16(const uint8_t *p)
{
    return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

} // namespace

ns3::Ptr<ns3::Packet> ToPacket(const Message &m)
{
    const uint8_t octets[kLength] = {'G',
                                     'D',
                                     kVersion,
                                     static_cast<uint8_t>(m.type),
                                     Octet(m.remote, 8),
                                     Octet(m.remote, 0),
                                     Octet(m.number, 8),
                                     Octet(m.number, 0),
                                     Octet(m.command, 24),
                                     Octet(m.command, 16),
                                     Octet(m.command, 8),
                                     Octet(m.command, 0),
                                     m.tries,
                                     m.open,
                                     m.percent,
                                     0};
    return ns3::Create<ns3::Packet>(octets, kLength);
}

bool FromPacket(ns3::Ptr<const ns3::Packet> packet, Message *out)
{
    uint8_t b[kLength];
    if (packet->GetSize() != kLength)
        return false;
    packet->CopyData(b, kLength);
    if (b[0] != 'G' || b[1] != 'D' || b[2] != kVersion || b[3] < 1 || b[3] > 5)
        return false;
    out->type = static_cast<MessageType>(b[3]);
    out->remote = Get16(b + 4);
    out->number = Get16(b + 6);
    out->command = static_cast<uint32_t>(Get16(b + 8)) << 16 | Get16(b + 10);
    out->tries = b[12];
    out->open = b[13] != 0;
    out->percent = b[14];
    return true;
}

} // namespace garage
