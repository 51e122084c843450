/* SPDX-License-Identifier: MIT */
/* The air: one IEEE 802.15.4 channel that all nodes share, what is lost on it, and a count of it.
 */
#ifndef GARAGE_DOOR_RADIO_H
#define GARAGE_DOOR_RADIO_H

#include <functional>
#include <string>
#include <vector>

#include "ns3/error-model.h"
#include "ns3/lr-wpan-helper.h"
#include "ns3/lr-wpan-net-device.h"
#include "ns3/net-device-container.h"
#include "ns3/node-container.h"
#include "ns3/random-variable-stream.h"

#include "report.h"

namespace garage
{

/* Loses each packet with a chance of parts per million, by integers. */
class Loss : public ns3::ErrorModel
{
  public:
    Loss(uint32_t ppm, int64_t stream, std::function<void(ns3::Ptr<const ns3::Packet>)> lost);

  private:
    bool DoCorrupt(ns3::Ptr<ns3::Packet> packet) override;
    void DoReset() override;

    uint32_t m_ppm;
    ns3::Ptr<ns3::UniformRandomVariable> m_random;
    std::function<void(ns3::Ptr<const ns3::Packet>)> m_lost;
};

/* A frame that some node has begun to send. */
struct Frame {
    uint32_t node = kGateway;  /* the sender */
    uint32_t remote = kNoNode; /* the remote at either end */
    uint32_t bytes = 0;        /* with preamble, SFD and PHR */
    bool repeated = false;     /* the same frame again */
};

/* The radios of all nodes; node 0 is the gateway. */
class Radio
{
  public:
    Radio(const Options &options, ns3::NodeContainer nodes);
    Radio(const Radio &) = delete;
    Radio &operator=(const Radio &) = delete;

    ns3::NetDeviceContainer Devices() const;
    /* DIR/gateway.pcap, DIR/remote-1.pcap, … */
    void EnablePcap(const std::string &dir);
    /* Receiver on or off. Sending always works. */
    void Switch(uint32_t node, bool on);
    /* Random streams taken by the radios. */
    int64_t AssignStreams(int64_t stream);

    std::function<void(const Frame &)> onFrame;
    std::function<void()> onLost;

  private:
    ns3::Ptr<ns3::LrWpanNetDevice> Device(uint32_t node) const;
    void Tune(uint32_t node);
    void OnTx(uint32_t node, ns3::Ptr<const ns3::Packet> frame);
    void OnLost(uint32_t node, ns3::Ptr<const ns3::Packet> frame);
    void Delay(uint32_t node, ns3::Time by);
    uint32_t NodeOf(ns3::Mac16Address address) const;

    ns3::LrWpanHelper m_helper; /* takes the channel with it when it goes */
    ns3::NetDeviceContainer m_devices;
    uint32_t m_lossPpm;
    std::vector<int> m_lastSeq;       /* of the last data frame, by node; -1 before the first */
    std::vector<uint32_t> m_seqOwner; /* by sequence number: the remote that sent it last */
};

} // namespace garage

#endif
