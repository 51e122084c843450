/* SPDX-License-Identifier: MIT */
#include "traffic.h"

#include <algorithm>

#include "ns3/simulator.h"

#include "datagram-tag.h"
#include "host.h"

namespace scenario
{

using namespace ns3;

namespace
{

/* Of a handshake's messages and those that follow. */
constexpr size_t kMessagesMax = 48;
constexpr size_t kWorkMax = 10'000;
/* Of what follows: so many, and for so long. */
constexpr size_t kAfterMax = 8;
constexpr int64_t kAfterUs = 60'000'000;

int64_t NowUs()
{
    return Simulator::Now().GetMicroSeconds();
}

std::string AddressOf(const struct ik_path &path)
{
    const auto *p = reinterpret_cast<const char *>(&path.remote);
    return std::string(p, sizeof path.remote) + std::to_string(path.remote_port);
}

/* Behind the non-ESP marker (RFC 3948 2.2) too; ESP and AH by their names. */
std::string Describe(const std::vector<uint8_t> &octets, const struct ik_path &path)
{
    if (path.carrier == IK_CARRIER_AH)
        return "AH";
    if (octets.size() == 1)
        return "keepalive";
    struct ik_hdr header;
    const bool marker = octets.size() >= 4 && octets[0] + octets[1] + octets[2] + octets[3] == 0;
    const size_t at = marker ? 4 : 0;
    if ((path.carrier != IK_CARRIER_UDP500 && !marker) ||
        ik_hdr_parse(octets.data() + at, octets.size() - at, &header) != IK_OK)
        return "ESP";
    return std::string(host_exchange_name(header.exchange)) +
           (header.flags & IK_FLAG_RESPONSE ? " response " : " request ") +
           std::to_string(header.msgid);
}

/* Failed before up, then the longest. */
bool IsWorse(const TimelineHandshake &a, const TimelineHandshake &b)
{
    return a.ok != b.ok ? !a.ok : a.endedAt - a.at > b.endedAt - b.at;
}

} // namespace

void Traffic::Add(const std::string &name, const Ptr<IkeletNode> &ike, bool responder)
{
    const size_t node = m_nodes.size();
    m_nodes.emplace_back();
    m_nodes.back().name = name;
    m_nodes.back().responder = responder;
    if (responder) {
        m_responder = node;
    } else {
        m_stations++;
        m_lastStation = node;
    }
    using Datagram = Callback<void, Ptr<const Packet>, const struct ik_path &>;
    ike->TraceConnectWithoutContext(
        "Tx", Datagram([this, node](Ptr<const Packet> packet, const struct ik_path &path) {
            OnTx(node, packet, path);
        }));
    ike->TraceConnectWithoutContext(
        "Rx", Datagram([this, node](Ptr<const Packet> packet, const struct ik_path &path) {
            OnRx(node, packet, path);
        }));
    ike->TraceConnectWithoutContext(
        "Job", Callback<void, uint8_t, bool, Time>(
                   [this, node](uint8_t, bool ended, Time) { OnJob(node, ended); }));
}

/* ---- handshakes ------------------------------------------------------------------------------ */

void Traffic::Begin(size_t node)
{
    Close(node);
    Log &log = m_nodes[node].log;
    log.open = true;
    log.handshake.station = m_nodes[node].name;
    log.handshake.peerSeen = m_responder != SIZE_MAX;
    log.handshake.peer = log.handshake.peerSeen ? m_nodes[m_responder].name : "peer";
    log.handshake.at = NowUs();
}

void Traffic::End(size_t node, bool ok, const std::string &reason)
{
    TimelineHandshake &handshake = m_nodes[node].log.handshake;
    handshake.endedAt = NowUs();
    handshake.ok = ok;
    handshake.reason = reason;
}

/* The log begins anew; what it had is kept if it is the first or the worst. */
void Traffic::Close(size_t station)
{
    Log &log = m_nodes[station].log;
    if (!log.open)
        return;
    TimelineHandshake &h = log.handshake;
    const int64_t end = h.endedAt < 0 ? NowUs() : h.endedAt;
    size_t after = 0;
    h.messages.erase(std::remove_if(h.messages.begin(), h.messages.end(),
                                    [end, &after](const TimelineMessage &m) {
                                        const int64_t at = std::max(m.sentAt, m.arrivedAt);
                                        after += m.sentAt > end;
                                        return after > kAfterMax || at > end + kAfterUs;
                                    }),
                     h.messages.end());
    AddWork(station, &h);
    if (m_responder != SIZE_MAX)
        AddWork(m_responder, &h);
    m_bars.push_back({station, h.at, end, h.ok});
    for (uint64_t number : log.numbers)
        m_onTheWay.erase(number);
    if (m_kept.size() < 2)
        m_kept.push_back(h);
    else if (IsWorse(h, m_kept[1]))
        m_kept[1] = h;
    log = Log();
}

void Traffic::AddWork(size_t node, TimelineHandshake *handshake) const
{
    int64_t end = std::max(handshake->endedAt, handshake->at);
    for (const TimelineMessage &m : handshake->messages)
        end = std::max({end, m.sentAt, m.arrivedAt});
    for (const auto &work : m_nodes[node].work) {
        if (work.second > handshake->at && work.first < end)
            handshake->work.push_back({std::max(work.first, handshake->at),
                                       std::min(work.second, end), !m_nodes[node].responder});
    }
}

void Traffic::OnJob(size_t node, bool ended)
{
    Followed &f = m_nodes[node];
    if (!ended)
        f.workSince = NowUs();
    else if (f.workSince >= 0 && f.work.size() < kWorkMax && NowUs() > f.workSince)
        f.work.emplace_back(f.workSince, NowUs());
}

/* ---- datagrams ------------------------------------------------------------------------------- */

/* Whose handshake a datagram of a node belongs to; SIZE_MAX if nobody knows. */
size_t Traffic::StationOf(size_t node, const struct ik_path &path) const
{
    if (!m_nodes[node].responder)
        return node;
    auto route = m_routes.find({node, AddressOf(path)});
    if (route != m_routes.end())
        return route->second;
    return m_stations == 1 ? m_lastStation : SIZE_MAX;
}

/* Null if it is not to be shown. */
TimelineMessage *Traffic::Append(size_t station, const std::vector<uint8_t> &octets,
                                 const struct ik_path &path)
{
    if (station == SIZE_MAX || !m_nodes[station].log.open)
        return nullptr;
    std::vector<TimelineMessage> &messages = m_nodes[station].log.handshake.messages;
    if (messages.size() >= kMessagesMax)
        return nullptr;
    messages.emplace_back();
    messages.back().octets = static_cast<uint32_t>(octets.size());
    messages.back().text = Describe(octets, path);
    return &messages.back();
}

void Traffic::OnTx(size_t node, const Ptr<const Packet> &packet, const struct ik_path &path)
{
    const size_t station = StationOf(node, path);
    const std::vector<uint8_t> octets = OctetsOf(packet);
    TimelineMessage *message = Append(station, octets, path);
    if (!message)
        return;
    Log &log = m_nodes[station].log;
    message->sentAt = NowUs();
    message->fromStation = node == station;
    message->again = !log.seen.insert(octets).second;
    if (!log.handshake.peerSeen)
        message->arrivedAt = message->sentAt;
    packet->AddByteTag(DatagramTag(++m_number));
    log.numbers.push_back(m_number);
    log.sent[octets] = log.handshake.messages.size() - 1;
    m_onTheWay[m_number] = {station, log.handshake.messages.size() - 1};
}

/* By its mark, or, where a middlebox took that away, by its octets. */
bool Traffic::Find(size_t station, uint64_t number, const std::vector<uint8_t> &octets,
                   Place *place)
{
    auto marked = m_onTheWay.find(number);
    if (marked != m_onTheWay.end()) {
        *place = marked->second;
        m_onTheWay.erase(marked);
        return true;
    }
    if (number || station == SIZE_MAX)
        return false;
    auto sent = m_nodes[station].log.sent.find(octets);
    if (sent == m_nodes[station].log.sent.end())
        return false;
    *place = {station, sent->second};
    return m_nodes[station].log.handshake.messages[sent->second].arrivedAt < 0;
}

void Traffic::OnRx(size_t node, const Ptr<const Packet> &packet, const struct ik_path &path)
{
    DatagramTag tag;
    packet->FindFirstMatchingByteTag(tag);
    const std::vector<uint8_t> octets = OctetsOf(packet);
    const size_t station = StationOf(node, path);
    Place place;
    TimelineMessage *message = nullptr;
    if (Find(station, tag.Number(), octets, &place)) {
        message = &m_nodes[place.first].log.handshake.messages[place.second];
        if (m_nodes[node].responder)
            m_routes[{node, AddressOf(path)}] = place.first;
    } else if (tag.Number() == 0) {
        message = Append(station, octets, path);
        if (message)
            message->fromStation = m_nodes[node].responder;
    }
    if (!message)
        return;
    message->arrivedAt = NowUs();
    if (message->sentAt < 0 && station != SIZE_MAX && !m_nodes[station].log.handshake.peerSeen)
        message->sentAt = message->arrivedAt;
}

Timeline Traffic::Draw(const std::string &variant)
{
    Timeline timeline;
    timeline.variant = variant;
    std::vector<size_t> rows(m_nodes.size());
    for (size_t i = 0; i < m_nodes.size(); i++) {
        Close(i);
        rows[i] = timeline.rows.size();
        if (!m_nodes[i].responder)
            timeline.rows.push_back(m_nodes[i].name);
    }
    timeline.bars = m_bars;
    for (TimelineBar &bar : timeline.bars)
        bar.row = rows[bar.row];
    timeline.endedAt = NowUs();
    timeline.details = m_kept;
    return timeline;
}

} // namespace scenario
