/* SPDX-License-Identifier: MIT */
#ifndef IKELET_HELPER_H
#define IKELET_HELPER_H

#include <memory>
#include <string>
#include <vector>

#include "ns3/application-container.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"
#include "ns3/output-stream-wrapper.h"

#include "ns3/ikelet-node.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief Puts an IkeletNode on each node of a container.
 *
 * Peers and policies added so far go to every node that is installed. An address that differs from
 * node to node is best left out: a peer's empty `local` and the selector "dynamic" stand for the
 * node's own.
 */
class IkeletHelper
{
  public:
    IkeletHelper();

    /// \brief Sets an attribute of the applications to be installed.
    void SetAttribute(const std::string &name, const AttributeValue &value);

    /// \return the index that policies name
    uint16_t AddPeer(const IkeletPeer &peer);
    uint16_t AddPolicy(const IkeletPolicy &policy);
    /// \brief A pair of SAs that is made by hand at each Wake.
    void AddManual(const IkeletManual &manual);
    /// \brief Forgets peers, policies and SAs by hand; attributes, key log and pcap stay.
    void Clear();

    /// \brief Keys of all nodes installed from now on go to DIR, for Wireshark and tshark.
    void EnableKeyLog(const std::string &directory);
    /// \brief IKE and ESP of each node installed from now on go to PREFIX-<node id>.pcap.
    void EnablePcap(const std::string &prefix);

    /// \brief What each node installed from now on does goes to PREFIX-<node id>.tr, as with the
    /// ascii traces of ns-3's devices.
    void EnableAscii(const std::string &prefix);
    /// \brief What the IkeletNodes of a container do goes to one stream, a line each:
    /// \verbatim
    /// t 2.0137 /NodeList/0/$ns3::IkeletNode/Tx IKE_SA_INIT request 0, 250 octets, 10.0.0.1:500
    /// > 10.0.0.2:500 r 2.0213 /NodeList/1/$ns3::IkeletNode/Rx IKE_SA_INIT request 0, 250
    /// octets, 10.0.0.1:500 > 10.0.0.2:500 e 2.0421 /NodeList/0/$ns3::IkeletNode/ChildUp policy 0
    /// d 9.1000 /NodeList/1/$ns3::IkeletNode/Drop replay, 84 octets \endverbatim
    /// t: sent, r: received, e: an event, d: a packet that the core refused.
    static void EnableAscii(Ptr<OutputStreamWrapper> stream, ApplicationContainer applications);

    ApplicationContainer Install(NodeContainer nodes) const;
    ApplicationContainer Install(Ptr<Node> node) const;

    /// \brief Gives a random stream to each IkeletNode in the container.
    /// \return how many were given
    static int64_t AssignStreams(ApplicationContainer applications, int64_t stream);

    /// \return the key log, or null; close it to know whether all was written
    std::shared_ptr<IkeletKeyLog> GetKeyLog() const;

  private:
    ObjectFactory m_factory;
    std::vector<IkeletPeer> m_peers;
    std::vector<IkeletPolicy> m_policies;
    std::vector<IkeletManual> m_manuals;
    std::shared_ptr<IkeletKeyLog> m_keyLog;
    std::string m_pcapPrefix;
    std::string m_asciiPrefix;
};

} // namespace ns3

#endif
