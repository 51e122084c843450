/* SPDX-License-Identifier: MIT */
/* The world with the firmware's remotes (--firmware): machine code, or its application on a core of
 * the host; what they say is theirs, OPEN and DONE. From options to a Run. */
#ifndef GARAGE_DOOR_FIRMWARE_WORLD_H
#define GARAGE_DOOR_FIRMWARE_WORLD_H

#include <memory>
#include <string>
#include <vector>

#include "door.h"
#include "field.h"
#include "progress.h"
#include "recorder.h"
#include "report.h"

namespace garage
{

class FirmwareWorld
{
  public:
    /* files: pcap files and key log are written. */
    FirmwareWorld(const Options &options, bool files);
    ~FirmwareWorld();
    FirmwareWorld(const FirmwareWorld &) = delete;
    FirmwareWorld &operator=(const FirmwareWorld &) = delete;

    /* Simulates to the end. */
    const Run &Simulate();
    /* False if the key log could not be written. */
    bool CloseKeyLog();

  private:
    struct Station {
        scenario::DoorIdentity identity;
        std::unique_ptr<scenario::DoorRemote> remote;
        ns3::Ptr<ns3::IkeletFirmwareNode> machine; /* or null */
        ns3::Ptr<ns3::IkeletNode> core;            /* or null */
        ns3::IkeletEnergy energy;
        std::vector<uint32_t> presses; /* of all remotes' numbers, by its own */
        bool ended = true;             /* the last of them */
        bool handshake = false;        /* one is under way */
        bool awake = false;
        ns3::EventId waking;
        int64_t wokeAt = 0, awakeUs = 0;
    };

    Station &At(uint32_t remote);
    uint32_t FieldNode(uint32_t remote) const;
    void OnFrame(const scenario::Frame &frame);
    uint32_t NumberOf(uint32_t fieldNode) const;
    void MakeIdentities();
    void InstallGateway();
    void WatchGateway();
    uint32_t RemoteAt(const struct ik_path &path) const;
    void InstallRemote(uint32_t remote);
    void WatchMachine(uint32_t remote);
    void WatchCore(uint32_t remote);
    void SchedulePresses();
    void OnPress(uint32_t remote);
    void OnOpened(const ns3::Address &from, uint32_t press);
    void OnAnswered(uint32_t remote, uint32_t press);
    void OnTold(uint32_t remote, uint8_t event, uint8_t reason);
    void OnSent(uint32_t remote, ns3::Ptr<const ns3::Packet> datagram, bool ike,
                ns3::Ptr<const ns3::Packet> whole);
    Recorder::Word WordOf(uint32_t remote, uint32_t press, const char *text) const;
    void OnCpu(uint32_t remote, ns3::IkeletCpuPhase phase);
    void SetAwake(uint32_t remote, bool awake);
    void End(Station &station, Reason reason);
    void TellCosts(uint32_t remote);
    void Check();
    void Collect();

    Run m_run;
    bool m_files;
    Recorder m_recorder;
    Progress m_progress;
    std::unique_ptr<scenario::Field> m_field;
    ns3::IkeletHelper m_helper;
    ns3::Ptr<ns3::IkeletNode> m_gateway;
    std::unique_ptr<scenario::DoorGateway> m_door;
    std::vector<Station> m_stations; /* by remote - 1 */
    uint32_t m_pressed = 0, m_lastPressed = 0;
    int64_t m_lastPressAt = 0;
};

} // namespace garage

#endif
