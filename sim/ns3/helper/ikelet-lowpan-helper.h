/* SPDX-License-Identifier: MIT */
#ifndef IKELET_LOWPAN_HELPER_H
#define IKELET_LOWPAN_HELPER_H

#include <functional>
#include <string>
#include <vector>

#include "ns3/ikelet-loss.h"
#include "ns3/ikelet-radio.h"
#include "ns3/ipv6-address.h"
#include "ns3/lr-wpan-helper.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/object-factory.h"

namespace ns3
{

/**
 * \ingroup ikelet
 * \brief IEEE 802.15.4 with 6LoWPAN under nodes that may sleep: one PAN, one IPv6 prefix, static
 * neighbours and routes.
 *
 * Defaults are the standards': macMinBE 3, macMaxBE 5, macMaxCSMABackoffs 4, macMaxFrameRetries 3
 * (IEEE 802.15.4-2011 table 52); interface identifiers from the MAC's short addresses and a context
 * for the prefix, so that both addresses are elided (RFC 6282); UDP checksums in full, because
 * eliding them takes an authorization that IKE does not give (RFC 6282 4.3.2).
 *
 * Nobody asks for neighbours: those who sleep would not answer, and the lost question is a second.
 *
 * The helper has to live as long as the simulation: it holds the channel.
 */
class IkeletLowpanHelper
{
  public:
    IkeletLowpanHelper();
    IkeletLowpanHelper(const IkeletLowpanHelper &) = delete;
    IkeletLowpanHelper &operator=(const IkeletLowpanHelper &) = delete;

    /// \name To be set before Install()
    /// @{
    /// \brief Unslotted CSMA-CA: macMinBE 0 to macMaxBE, macMaxBE 3 to 8, macMaxCSMABackoffs 0
    /// to 5.
    void SetCsma(uint8_t minBe, uint8_t maxBe, uint8_t maxBackoffs);
    /// \brief macMaxFrameRetries, 0 to 7.
    void SetFrameRetries(uint8_t retries);
    /// \brief An attribute of each IkeletRadio.
    void SetRadioAttribute(const std::string &name, const AttributeValue &value);
    /// \brief The loss model that each receiver gets; default: none.
    void SetLoss(const ObjectFactory &loss);
    /// \brief Log-normal shadowing beside the loss by distance; dB, 0: none.
    void SetShadowing(double sigmaDb);
    /// \brief A /64 of which all addresses are; default fd00::.
    void SetPrefix(Ipv6Address prefix);
    /// \brief Without, all addresses travel in full.
    void SetContext(bool context);
    /// \brief Elides the checksum of all UDP, allowed or not.
    void SetElideUdpChecksum(bool elide);
    /// @}

    /// \brief Radios, 6LoWPAN and addresses. The nodes have places (MobilityModel) and an IPv6
    /// stack. \return the 6LoWPAN devices
    NetDeviceContainer Install(NodeContainer nodes);
    NetDeviceContainer RadioDevices() const;
    /// \brief Makes a tree of routes.
    /// \param parent by node: index of the next hop towards node 0; that of node 0 does not count
    void SetParents(const std::vector<uint32_t> &parent);

    Ipv6Address AddressOf(uint32_t node) const;
    Ptr<LrWpanNetDevice> DeviceOf(uint32_t node) const;
    Ptr<IkeletRadio> RadioOf(uint32_t node) const;
    /// \brief The node of a short address; the number of nodes if there is none.
    uint32_t NodeOf(Mac16Address address) const;

    /// \brief pcap with link type 802.15.4 of one node.
    void EnablePcap(const std::string &path, uint32_t node);
    /// \brief Fixes the streams of radios, loss and channel. Call it after Install().
    int64_t AssignStreams(int64_t stream);

    /// \brief A frame begins to leave a node. To be set before Install().
    std::function<void(uint32_t node, Ptr<const Packet> frame)> onFrame;
    /// \brief A frame that a node would have heard is lost by the loss model.
    std::function<void(uint32_t node, Ptr<const Packet> frame)> onLost;

  private:
    void InstallRadio(uint32_t node);
    void InstallAddress(uint32_t node);
    void Know(uint32_t node, uint32_t neighbour);
    void Tell(uint32_t node, Ptr<const Packet> frame);

    LrWpanHelper m_helper;
    uint8_t m_minBe = 3;
    uint8_t m_maxBe = 5;
    uint8_t m_maxBackoffs = 4;
    uint8_t m_retries = 3;
    ObjectFactory m_radio;
    ObjectFactory m_loss;
    bool m_lossy = false;
    double m_shadowing = 0;
    Ipv6Address m_prefix;
    bool m_context = true;
    bool m_elide = false;
    NodeContainer m_nodes;
    NetDeviceContainer m_devices;
    NetDeviceContainer m_lowpan;
    std::vector<Ptr<IkeletRadio>> m_radios;
    Ptr<IkeletShadowing> m_shadow;
};

} // namespace ns3

#endif
