/* SPDX-License-Identifier: MIT */
/* What tells datagrams of a simulation apart. */
#ifndef SCENARIO_DATAGRAM_TAG_H
#define SCENARIO_DATAGRAM_TAG_H

#include <cstdint>
#include <ostream>
#include <vector>

#include "ns3/packet.h"
#include "ns3/tag.h"

namespace scenario
{

/* Marks the octets of a datagram with its number, through fragments and repetitions. It is not on
 * the air; a middlebox takes it away. */
class DatagramTag : public ns3::Tag
{
  public:
    explicit DatagramTag(uint64_t number = 0) : m_number(number)
    {
    }

    static ns3::TypeId GetTypeId()
    {
        static ns3::TypeId tid = ns3::TypeId("scenario::DatagramTag")
                                     .SetParent<ns3::Tag>()
                                     .AddConstructor<DatagramTag>();
        return tid;
    }
    ns3::TypeId GetInstanceTypeId() const override
    {
        return GetTypeId();
    }
    uint32_t GetSerializedSize() const override
    {
        return 8;
    }
    void Serialize(ns3::TagBuffer i) const override
    {
        i.WriteU64(m_number);
    }
    void Deserialize(ns3::TagBuffer i) override
    {
        m_number = i.ReadU64();
    }
    void Print(std::ostream &os) const override
    {
        os << m_number;
    }
    uint64_t Number() const
    {
        return m_number;
    }

  private:
    uint64_t m_number;
};

inline std::vector<uint8_t> OctetsOf(const ns3::Ptr<const ns3::Packet> &packet)
{
    std::vector<uint8_t> octets(packet->GetSize());
    packet->CopyData(octets.data(), packet->GetSize());
    return octets;
}

} // namespace scenario

#endif
