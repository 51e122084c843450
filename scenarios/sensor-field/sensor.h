/* SPDX-License-Identifier: MIT */
/* A sensor: sleeps, wakes, sets up IKE, reports, takes what the answer configures, sleeps (RFC
 * 7815 1.1). */
#ifndef SENSOR_FIELD_SENSOR_H
#define SENSOR_FIELD_SENSOR_H

#include <cstdint>
#include <functional>
#include <vector>

#include "ns3/event-id.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/socket.h"

#include "ipsec.h"

namespace field
{

constexpr uint16_t kPort = 4712;

/* One waking of a sensor; times in microseconds, -1 where something did not happen. */
struct Waking {
    uint32_t sensor = 0;
    int64_t at = 0;
    int64_t readyAt = -1;  /* Child SA up, if a handshake was begun */
    int64_t answerAt = -1; /* the answer to its report is there */
    int64_t sleepAt = -1;
    bool handshake = false;
    uint32_t tries = 0; /* transmissions of the report */
    uint32_t retransmissions = 0;
    const char *reason = ""; /* why there is no answer: ike, no_answer, busy, unfinished */
};

struct SensorOptions {
    uint32_t reportOctets = 32, answerOctets = 16;
    bool keep = false;   /* SAs over the sleep */
    bool resume = false; /* what a ticket stands for, likewise */
};

class Sensor
{
  public:
    Sensor(uint32_t number, const SensorOptions &options, ns3::Ptr<ns3::Node> node,
           ns3::Ptr<ns3::IkeletNode> ike, ns3::Ptr<ns3::IkeletRadio> radio,
           ns3::IkeletEnergy *energy, ns3::Ipv6Address gateway, std::vector<Waking> *wakings);
    Sensor(const Sensor &) = delete;
    Sensor &operator=(const Sensor &) = delete;

    /* The timer. One that finds the sensor awake is counted as busy. */
    void Wake();
    bool IsAsleep() const;
    /* The run is over. */
    void Finish();
    int64_t AwakeUs() const;

  private:
    void OnChildUp(uint16_t policy);
    void OnFailed(uint8_t event, uint8_t reason, uint16_t notify, uint16_t peer);
    void OnDown(uint8_t event, uint8_t reason, uint16_t notify, uint16_t peer);
    void OnPower(bool on);
    void OnRadio(bool needed);
    void OnTx(ns3::Ptr<const ns3::Packet> datagram, const struct ik_path &path);
    void Report();
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    void End(const char *reason);
    void Asleep();
    Waking &Now();

    uint32_t m_number;
    SensorOptions m_options;
    ns3::Ptr<ns3::IkeletNode> m_ike;
    ns3::Ptr<ns3::IkeletRadio> m_radio;
    ns3::IkeletEnergy *m_energy;
    ns3::Ptr<ns3::Socket> m_socket;
    ns3::Inet6SocketAddress m_gateway;
    std::vector<Waking> *m_wakings;
    size_t m_at = 0; /* of the waking that is under way, in m_wakings */
    bool m_asleep = true, m_reporting = false, m_childUp = false;
    int m_lastRequest = -1; /* exchange of the last IKE request, and its message id */
    uint32_t m_lastMsgid = 0;
    uint32_t m_sequence = 0;
    int64_t m_awakeUs = 0;
    ns3::EventId m_again;
};

/* The border router's side: answers each report. */
class Collector
{
  public:
    Collector(ns3::Ptr<ns3::Node> node, uint32_t answerOctets);
    Collector(const Collector &) = delete;
    Collector &operator=(const Collector &) = delete;
    uint64_t Reports() const;

  private:
    void OnRead(ns3::Ptr<ns3::Socket> socket);

    ns3::Ptr<ns3::Socket> m_socket;
    uint32_t m_answerOctets;
    uint64_t m_reports = 0;
};

} // namespace field

#endif
