/* SPDX-License-Identifier: MIT */
/* A remote: sleeps until its button is pressed, and sleeps again when all is quiet. */
#ifndef GARAGE_DOOR_REMOTE_H
#define GARAGE_DOOR_REMOTE_H

#include <cstdint>
#include <deque>
#include <functional>

#include "ns3/event-id.h"
#include "ns3/inet6-socket-address.h"
#include "ns3/random-variable-stream.h"
#include "ns3/socket.h"

#include "ns3/ikelet-node.h"
#include "message.h"
#include "recorder.h"

namespace garage
{

class Remote
{
  public:
    /* ike: null if plain. gateway: where the commands go. energy: null if nobody asks for it. */
    Remote(uint32_t number, const Options &options, ns3::Ptr<ns3::Node> node,
           ns3::Ptr<ns3::IkeletNode> ike, ns3::Inet6SocketAddress gateway,
           ns3::Ptr<ns3::IkeletRadio> radio, ns3::IkeletEnergy *energy, Recorder *recorder,
           int64_t stream);
    Remote(const Remote &) = delete;
    Remote &operator=(const Remote &) = delete;

    /* A finger on a button: open or close. */
    void PressButton(bool open);
    /* Opens when pressed next, as a person decides who sees the door and knows what was pressed. */
    bool WouldOpen(bool doorIsOpen) const;
    /* Nothing to do, and asleep. */
    bool IsIdle() const;
    /* The run is over: what has not ended has failed. */
    void Finish();
    int64_t AwakeUs() const;

  private:
    enum class State {
        Asleep,
        Handshake, /* radio on, no Child SA yet */
        Ready,
        Closing /* Delete is on its way */
    };

    uint32_t Served() const;
    void Wake();
    void Ready();
    void StartHandshake();
    void OnChildUp(uint16_t policy);
    void OnFailed(uint8_t event, uint8_t reason, uint16_t notify, uint16_t peer);
    void OnDown(uint8_t event, uint8_t reason, uint16_t notify, uint16_t peer);
    void OnPower(bool on);
    void FallAsleep();
    void GoodNight();
    void OnRadio(bool needed);
    void TellEnergy();
    void SetPowered(bool powered);

    void Next();
    void SendCommand();
    void Answer(const Message &done);
    void Transmit(EventKind kind, Message *m, const std::string &text);
    void OnRead(ns3::Ptr<ns3::Socket> socket);
    void OnMessage(const Message &m);
    void OnAck();
    void OnDone();
    void End(Reason reason);
    void Watch(ns3::Time silence);
    void OnSilence();
    void BeQuiet();
    ns3::Time Jitter(ns3::Time time);

    uint32_t m_number;
    bool m_plain;
    bool m_keep;   /* SAs over the sleep */
    bool m_resume; /* what a ticket stands for, over the sleep */
    ns3::Ptr<ns3::IkeletNode> m_ike;
    ns3::Ptr<ns3::Socket> m_socket;
    ns3::Inet6SocketAddress m_gateway;
    ns3::Ptr<ns3::IkeletRadio> m_radio;
    ns3::IkeletEnergy *m_energy;
    Recorder *m_recorder;
    ns3::Ptr<ns3::UniformRandomVariable> m_random;
    ns3::Time m_patience; /* before a command is sent again for the first time */

    State m_state = State::Asleep;
    std::deque<uint32_t> m_waiting; /* presses that have not begun */
    uint32_t m_press = 0;           /* the one that is under way; 0: none */
    bool m_acked = false;
    bool m_childUp = false;
    uint32_t m_silences = 0; /* in a row */
    uint32_t m_handshakes = 0;
    uint16_t m_sent = 0;
    int m_heard = -1; /* number of the last message from the gateway */
    int64_t m_wokeAt = 0;
    int64_t m_awakeUs = 0;
    ns3::EventId m_watch;
    ns3::EventId m_quiet;
};

} // namespace garage

#endif
