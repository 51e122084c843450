/* SPDX-License-Identifier: MIT */
/* IKE and ESP in a Field: a core node on the border router and on each station, with a key for each
 * pair. */
#ifndef SCENARIO_IPSEC_H
#define SCENARIO_IPSEC_H

#include <string>
#include <utility>
#include <vector>

#include "ns3/ikelet-module.h"

#include "field.h"
#include "settings.h"

namespace scenario
{

void AddIpsecOptions(OptionTable *table, IpsecOptions *options);
/* --suite, into options. */
OptionTable::Reader SuiteReader(IpsecOptions *options);

/* Sets an attribute of IkeletNode, unless the command line of ns-3 has. */
void Prefer(ns3::IkeletHelper *helper, const std::string &name, const ns3::AttributeValue &value);

/* When IPsec is built and started, and by when a Field is silent. */
constexpr int64_t kIpsecStartUs = 4'000'000;

/* What is printed on the sticker of a station and typed into the gateway: 26 letters, 130 bits. */
std::string MakeKey(int64_t stream);

class FieldIpsec
{
  public:
    /* ports: what is protected, as a selector has it: "udp/4711"; several with spaces between are a
     * policy each. who: the name of a station. keyLogDir: empty for no key log. Random streams are
     * taken from the field. */
    FieldIpsec(Field *field, const IpsecOptions &options, const PowerOptions &power,
               const std::string &ports, const std::string &who, const std::string &keyLogDir);
    FieldIpsec(const FieldIpsec &) = delete;
    FieldIpsec &operator=(const FieldIpsec &) = delete;

    ns3::Ptr<ns3::IkeletNode> Gateway() const;
    /* station: from 1 on */
    ns3::Ptr<ns3::IkeletNode> Station(uint32_t station) const;
    /* The station with this outer address; 0 if none. */
    uint32_t StationAt(const struct ik_addr &outer) const;
    /* Where the station's, or (0) the border router's, UDP is to be sent to: the inner address in a
     * tunnel. */
    ns3::Ipv6Address AddressOf(uint32_t station) const;
    /* False if the key log could not be written. */
    bool Close();

  private:
    void InstallGateway();
    void InstallStation(uint32_t station);
    ns3::IkeletPeer PeerOf(uint32_t station, bool atGateway) const;
    ns3::IkeletPolicy PolicyOf(uint32_t station, const std::string &port, bool atGateway) const;
    ns3::IkeletManual ManualOf(uint32_t station, size_t port, bool atGateway) const;
    ns3::Ptr<ns3::IkeletNode> Keep(ns3::ApplicationContainer applications);
    std::string Outer(uint32_t station) const;

    Field *m_field;
    IpsecOptions m_options;
    PowerOptions m_power;
    std::vector<std::string> m_ports;
    std::string m_who;
    ns3::IkeletHelper m_helper;
    std::vector<ns3::Ptr<ns3::IkeletNode>> m_ike; /* by station; 0 is the border router */
    std::vector<std::string> m_keys;              /* by station */
    std::vector<std::vector<std::string>> m_hand; /* by station, of ports: keys for SAs by hand */
    std::vector<struct ik_addr> m_outer;          /* by station */
};

/* Counters of a node by their names, only those that are not 0. */
struct NamedCounts {
    std::vector<std::pair<std::string, uint64_t>> counts, drops, costs;
};
NamedCounts CountsOf(const ns3::IkeletNode &ike);

/* An IKE header behind the non-ESP marker (RFC 3948 2.2), too. */
struct IkeMessage {
    uint8_t exchange = 0;
    bool response = false;
    uint32_t msgid = 0;
    uint32_t octets = 0;
};
bool ReadIkeMessage(ns3::Ptr<const ns3::Packet> datagram, const struct ik_path &path,
                    IkeMessage *out);

/* Batteries of all stations; empty if neither CPU nor radio is a part. ike: by station - 1, empty
 * without IPsec. */
std::vector<ns3::IkeletEnergy> InstallBatteries(const Field &field, const PowerOptions &power,
                                                const std::vector<ns3::Ptr<ns3::IkeletNode>> &ike);

} // namespace scenario

#endif
