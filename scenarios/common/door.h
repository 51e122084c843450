/* SPDX-License-Identifier: MIT */
/* The firmware's garage door (targets/msp430/app): the remote, as machine code or as the same
 * application on a core of the host, and the gateway that answers it. */
#ifndef SCENARIO_DOOR_H
#define SCENARIO_DOOR_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ns3/event-id.h"
#include "ns3/ikelet-firmware-node.h"
#include "ns3/ikelet-node.h"
#include "ns3/node.h"
#include "ns3/socket.h"

namespace scenario
{

constexpr uint16_t kFirmwarePort = 4930;
constexpr const char *kFirmwareSuite = "aes128ccm8-prfaescmac-x25519";
/* Quiet after which a remote has nothing else to do than to compute its next key pair. */
const ns3::Time kKeyAhead = ns3::MilliSeconds(1);

/* What a remote knows of itself. Addresses are IPv6; inner ones are the prefix and the low half of
 * the outer ones. */
struct DoorIdentity {
    std::string local, remote, prefix = "fd00:1::";
    std::string id, gatewayId, psk;
    bool espInUdp = false;
    bool brief = false;    /* handshakes leave out what they may */
    bool keyAhead = false; /* a core: it computes its next key pair when there is nothing to do */

    std::string InnerLocal() const;
    std::string InnerRemote() const;
};

/* A press of its button ends in answered(number of the press), or in nothing: the firmware has no
 * lamp for it. */
class DoorRemote
{
  public:
    virtual ~DoorRemote() = default;
    DoorRemote(const DoorRemote &) = delete;
    DoorRemote &operator=(const DoorRemote &) = delete;

    virtual void Press() = 0;
    /* For which its CPU ran, since power came. */
    virtual ns3::Time CpuTime() const = 0;

    std::function<void(uint32_t press)> answered;
    std::function<void(uint8_t event, uint8_t reason)> told; /* enum ik_event, ik_reason */

  protected:
    DoorRemote() = default;
};

/* Noise of the ADC for the first seed and some more. */
std::vector<uint8_t> DoorNoise(int64_t stream);

/* Power comes at `start`. noise: as DoorNoise() has it. */
class MachineRemote : public DoorRemote
{
  public:
    MachineRemote(ns3::Ptr<ns3::Node> node, const std::string &image, const DoorIdentity &identity,
                  const std::vector<uint8_t> &noise, ns3::Time start);
    void Press() override;
    ns3::Time CpuTime() const override;
    ns3::Ptr<ns3::IkeletFirmwareNode> Machine() const;

  private:
    ns3::Ptr<ns3::IkeletFirmwareNode> m_machine;
};

/* What app/main.c does, on a core of the host; profile: of its CPU and board. */
class CoreRemote : public DoorRemote
{
  public:
    CoreRemote(ns3::Ptr<ns3::Node> node, const std::string &profile, const DoorIdentity &identity,
               const std::vector<uint8_t> &noise, ns3::Time start);
    void Press() override;
    ns3::Time CpuTime() const override;
    ns3::Ptr<ns3::IkeletNode> Core() const;

  private:
    void Start();
    void BeginAnew();
    void BeginToSend();
    void SendCommand();
    void AwaitAnswer();
    uint16_t Rounds() const;
    void Rest();
    void OnEvent(uint8_t event, uint8_t reason);
    void OnRead(ns3::Ptr<ns3::Socket> socket);

    DoorIdentity m_identity;
    std::vector<uint8_t> m_noise;
    size_t m_seeds = 0; /* taken of it */
    ns3::Ptr<ns3::IkeletNode> m_core;
    ns3::Ptr<ns3::VirtualNetDevice> m_tunnel;
    ns3::Ptr<ns3::Socket> m_socket;
    ns3::EventId m_sendEvent;
    ns3::Time m_clock;     /* when the firmware's begins */
    uint16_t m_sendAt = 0; /* the command, next; in rounds of that clock */
    uint32_t m_press = 0;
    uint8_t m_tries = 0; /* to send the command, those left and one; 0: no answer is waited for */
    bool m_up = false, m_anew = false;
};

/* The gateway's application: a command that comes through ESP is answered at once. */
class DoorGateway
{
  public:
    explicit DoorGateway(ns3::Ptr<ns3::Node> node);
    DoorGateway(const DoorGateway &) = delete;
    DoorGateway &operator=(const DoorGateway &) = delete;

    std::function<void(const ns3::Address &from, uint32_t press)> opened;

  private:
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    ns3::Ptr<ns3::Socket> m_socket;
};

/* The peer's key as the firmware's store keeps it (RFC 7296 2.15), by the prf of its suites. */
void KeepPadded(ns3::IkeletPeer *peer, const struct ik_prf &prf);
/* Peer and policy of a core that is the remote, or its gateway. */
ns3::IkeletPeer DoorPeer(const DoorIdentity &identity, bool atGateway);
ns3::IkeletPolicy DoorPolicy(const DoorIdentity &identity, bool atGateway);

} // namespace scenario

#endif
