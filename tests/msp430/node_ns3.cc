/* SPDX-License-Identifier: MIT */
/*
 * The engine of the ns-3 node with the configuration of the firmware, fed with a recorded run at
 * the times of the record: lines as native.c reads them. "job" and "wake" are its own affair: its
 * CPU takes the time that the profile says.
 *
 * Usage: msp430_node_ns3 PROFILE <EVENTS
 */
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "ns3/simulator.h"

#include "ns3/ikelet-engine.h"

#define _Noreturn [[noreturn]]
extern "C" {
#include "app/door.h"
}

using namespace ns3;

namespace
{

constexpr uint16_t kHeadRoom = IK_ESP_HEAD + 40;
constexpr uint16_t kBodyAt = IP6_LEN + UDP_LEN;
constexpr uint16_t kBodyLen = 8; // "OPEN" and the number of the press, as app/main.c has it

std::vector<uint8_t> FromHex(const std::string &text)
{
    std::vector<uint8_t> octets;
    for (size_t i = 0; i + 1 < text.size(); i += 2)
        octets.push_back(static_cast<uint8_t>(std::stoul(text.substr(i, 2), nullptr, 16)));
    return octets;
}

void PrintHex(const uint8_t *p, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++)
        std::cout << digits[p[i] >> 4] << digits[p[i] & 15];
}

/* The store as it lies in the target's flash: no gap before boots. */
bool ReadStore(const std::vector<uint8_t> &flat, struct store *s)
{
    size_t head = offsetof(struct store, none) + 1;
    size_t tail = offsetof(struct store, crc) - offsetof(struct store, local);
    if (flat.size() != head + 4 + tail + sizeof s->crc)
        return false;
    std::copy_n(flat.begin(), head, reinterpret_cast<uint8_t *>(s));
    for (size_t i = 4; i-- > 0;)
        s->boots = s->boots << 8 | flat[head + i];
    std::copy_n(flat.begin() + static_cast<long>(head) + 4, tail, s->local);
    return true;
}

class Door
{
  public:
    bool Start(const std::vector<uint8_t> &store, const std::vector<uint8_t> &entropy,
               const IkeletCpu &cpu);
    void Press();
    void Receive(std::vector<uint8_t> packet);

  private:
    void CarryOut(const IkeletEngine::Output &out);
    void Send(const struct ik_path &path, const std::vector<uint8_t> &data);
    void Command();

    struct store m_store = {};
    IkeletEngine m_engine;
    uint32_t m_press = 0;
    bool m_up = false;
};

bool Door::Start(const std::vector<uint8_t> &store, const std::vector<uint8_t> &entropy,
                 const IkeletCpu &cpu)
{
    if (!ReadStore(store, &m_store))
        return false;
    m_store.boots++;
    door_configure(&m_store);
    IkeletEngine::Owner owner;
    owner.carryOut = [this](const IkeletEngine::Output &out) { CarryOut(out); };
    owner.jobStarted = owner.jobEnded = [](const struct ik_job &, Time) {};
    m_engine.SetOwner(owner);
    m_engine.SetCpu(cpu);
    if (!m_engine.Start(&ik_linked_config, {1, 1, 100}, 0, entropy))
        return false;
    IkeletEngine::Input boots;
    boots.kind = IkeletEngine::InputKind::Seed;
    for (int shift : {0, 8, 16, 24})
        boots.data.push_back(static_cast<uint8_t>(m_store.boots >> shift));
    m_engine.Submit(boots);
    return true;
}

void Door::Press()
{
    m_press++;
    if (m_up) {
        Command();
        return;
    }
    IkeletEngine::Input up;
    up.kind = IkeletEngine::InputKind::Up;
    m_engine.Submit(up);
}

void Door::Command()
{
    alignas(2) uint8_t room[kHeadRoom + kBodyAt + kBodyLen] = {};
    uint8_t *body = room + kHeadRoom + kBodyAt;
    const struct ip6_ends ends = {door_policy.ts_local[0].lo, door_policy.ts_remote[0].lo,
                                  DOOR_PORT, DOOR_PORT};
    std::copy_n("OPEN", 4, body);
    for (int i = 0; i < 4; i++)
        body[4 + i] = static_cast<uint8_t>(m_press >> (24 - 8 * i));
    ip6_put(room + kHeadRoom, &ends, body, kBodyLen);
    IkeletEngine::Input tx;
    tx.kind = IkeletEngine::InputKind::Tx;
    tx.data.assign(room + kHeadRoom, room + sizeof room);
    m_engine.Submit(tx);
}

void Door::Receive(std::vector<uint8_t> packet)
{
    struct ik_pkt pkt = {};
    pkt.buf = packet.data();
    pkt.cap = pkt.len = static_cast<uint16_t>(packet.size());
    IkeletEngine::Input rx;
    rx.kind = IkeletEngine::InputKind::Rx;
    if (!ip6_read(&pkt, m_store.local, &rx.path))
        return;
    rx.data.assign(packet.data() + pkt.off, packet.data() + pkt.off + pkt.len);
    m_engine.Submit(rx);
}

void Door::CarryOut(const IkeletEngine::Output &out)
{
    if (out.effect.kind == IK_FX_SEND) {
        Send(out.path, out.data);
    } else if (out.effect.kind == IK_FX_EVENT && out.effect.event == IK_EV_CHILD_UP) {
        m_up = true;
        Command();
    }
}

void Door::Send(const struct ik_path &path, const std::vector<uint8_t> &data)
{
    alignas(2) uint8_t head[IP6_LEN + UDP_LEN];
    const struct ip6_ends ends = {path.local.b, path.remote.b, path.local_port, path.remote_port};
    uint16_t len = ip6_put(head, &ends, data.data(), static_cast<uint16_t>(data.size()));
    std::cout << "tx ";
    PrintHex(head, len);
    PrintHex(data.data(), data.size());
    std::cout << "\n";
}

/* The store and the seed, then what comes at its time. False if a line can't be read. */
bool Schedule(Door *door, const IkeletCpu &cpu)
{
    std::string word, hex, line;
    std::vector<uint8_t> store;
    uint64_t at = 0;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        words >> word;
        if (word == "store" || word == "entropy") {
            words >> hex;
            if (word == "store")
                store = FromHex(hex);
            else if (!door->Start(store, FromHex(hex), cpu))
                return false;
            continue;
        }
        if (!(words >> at))
            return false;
        if (word == "press")
            Simulator::Schedule(MicroSeconds(at), [door] { door->Press(); });
        else if (word == "rx" && words >> hex)
            Simulator::Schedule(MicroSeconds(at), [door, hex] { door->Receive(FromHex(hex)); });
    }
    Simulator::Stop(MicroSeconds(at + 1000000));
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    IkeletCpu cpu;
    std::string error;
    if (argc != 2 || !cpu.Load(argv[1], &error)) {
        std::cerr << "msp430_node_ns3: " << (argc == 2 ? error : "name a profile") << "\n";
        return 2;
    }
    Door door;
    if (!Schedule(&door, cpu)) {
        std::cerr << "msp430_node_ns3: the record can't be read\n";
        return 2;
    }
    Simulator::Run();
    Simulator::Destroy();
}
