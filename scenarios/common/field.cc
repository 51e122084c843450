/* SPDX-License-Identifier: MIT */
#include "field.h"

#include <fstream>

#include "ns3/boolean.h"
#include "ns3/config.h"
#include "ns3/constant-position-mobility-model.h"
#include "ns3/double.h"
#include "ns3/global-value.h"
#include "ns3/internet-stack-helper.h"
#include "ns3/lr-wpan-mac-header.h"

namespace scenario
{

using namespace ns3;

namespace
{

constexpr uint32_t kPhyOctets = 6;   /* preamble, SFD, PHR */
constexpr uint32_t kFullFrame = 127; /* whose loss --loss means with the model "bit" */
constexpr uint32_t kUnknown = UINT32_MAX;
/* Apart enough that only neighbours hear each other: the default channel of lr-wpan ends between
 * 100 and 120 m. */
constexpr double kHopMetres = 80;
constexpr double kMillion = 1e6;

ObjectFactory LossOf(const AirOptions &air)
{
    const double loss = static_cast<double>(air.lossPpm) / kMillion;
    ObjectFactory factory;
    if (air.lossModel == "bit") {
        factory.SetTypeId(IkeletBitLoss::GetTypeId());
        factory.Set("Rate", DoubleValue(IkeletBitLoss::RateFor(loss, kFullFrame)));
    } else if (air.lossModel == "burst") {
        const double bad = static_cast<double>(air.burstUs);
        const double good = loss >= 1 ? 0 : loss <= 0 ? 1e15 : bad * (1 - loss) / loss;
        factory.SetTypeId(IkeletBurstLoss::GetTypeId());
        factory.Set("MeanBad",
                    TimeValue(NanoSeconds(static_cast<uint64_t>(loss > 0 ? 1e3 * bad : 0))));
        factory.Set("MeanGood", TimeValue(NanoSeconds(static_cast<uint64_t>(1e3 * good))));
    } else {
        factory.SetTypeId(IkeletFrameLoss::GetTypeId());
        factory.Set("Rate", DoubleValue(loss));
    }
    return factory;
}

} // namespace

/* ---- options --------------------------------------------------------------------------------- */

void AddAirOptions(OptionTable *table, AirOptions *o)
{
    table->AddCheck([o]() -> std::string {
        if (o->minBe <= o->maxBe)
            return "";
        return "--min-be=" + std::to_string(o->minBe) +
               " is above --max-be=" + std::to_string(o->maxBe);
    });
    table->AddDecimal("loss", "PERCENT",
                      "of 802.15.4 frames that do not arrive, acknowledgements too", 0, 1'000'000,
                      4, &o->lossPpm);
    table->AddChoice("loss-model",
                     "how they are lost: each frame alike, by wrong bits (--loss is that of a full "
                     "frame, short ones fare "
                     "better), in bursts (--burst), or by --distance and --shadowing only",
                     {"frame", "bit", "burst", "distance"}, &o->lossModel);
    table->AddDecimal("burst", "MS", "mean time of a burst in which nothing arrives", 1'000,
                      60'000'000, 3, &o->burstUs);
    table->AddDecimal("distance", "M",
                      "between border router and stations, or from hop to hop with --hops; beyond "
                      "100 m little arrives",
                      1'000, 200'000, 3, &o->distanceMm);
    table->AddDecimal("shadowing", "DB",
                      "standard deviation of the log-normal shadowing of each link", 0, 20'000, 3,
                      &o->shadowingMilliDb);
    table->AddDecimal("delay", "MS", "added to each frame on its way up from the radio, both ways",
                      0, 10'000'000, 3, &o->delayUs);
    table->AddDecimal("duty-cycle", "MS",
                      "each frame waits a random part of this for a receiver that samples the "
                      "channel so often: a latency, no energy",
                      0, 10'000'000, 3, &o->dutyCycleUs);
    table->AddCount("hops", "from station to border router, by static routes", 1, 4, &o->hops);
    table->AddCount("min-be", "macMinBE of CSMA-CA", 0, 8, &o->minBe);
    table->AddCount("max-be", "macMaxBE", 3, 8, &o->maxBe);
    table->AddCount("max-backoffs", "macMaxCSMABackoffs", 0, 5, &o->maxBackoffs);
    table->AddCount("frame-retries", "macMaxFrameRetries", 0, 7, &o->frameRetries);
    table->AddFlag(
        "keep-duplicates",
        "deliver frames that came again because their acknowledgement was lost, as ns-3 does",
        &o->keepDuplicates);
    table->AddFlag("no-context", "6LoWPAN without a context: addresses travel in full",
                   &o->noContext);
    table->AddFlag(
        "elide-udp-checksum",
        "6LoWPAN leaves the checksum of UDP out, which RFC 6282 4.3.2 does not allow for IKE",
        &o->elideUdpChecksum);
}

void AddCpuOptions(OptionTable *table, PowerOptions *o, const std::string &who)
{
    table->Add("cpu", "PROFILE",
               "what computing costs a " + who +
                   ": ideal (nothing), msp430f1611, msp430f5438a or msp430fr5994 (8 MHz, each its "
                   "own cycles and currents), or a CSV file of cycles (default " +
                   o->cpu + ")",
               [o](const std::string &text) -> std::string {
                   std::string why;
                   o->cpu = text;
                   return IkeletCpu().Load(text, &why)
                              ? ""
                              : "ideal, a part or a CSV file (" + why + ")";
               });
    table->AddChoice(
        "radio-policy",
        "while a handshake is computed and no answer awaited, the radio may listen on or be off",
        {"listen", "off"}, &o->radioPolicy);
}

void AddPowerOptions(OptionTable *table, PowerOptions *o, const std::string &who)
{
    AddCpuOptions(table, o, who);
    std::vector<std::string> radios = IkeletRadioNames();
    radios.insert(radios.begin(), "none");
    table->AddChoice("radio", "whose currents count", radios, &o->radio);
    table->AddDecimal("battery", "J", "that each " + who + " has; 16200 is 1.5 Ah at 3 V", 1,
                      1'000'000'000, 3, &o->batteryMj);
}

std::string McuOf(const PowerOptions &options)
{
    IkeletMcuPart part;
    return IkeletFindMcu(options.cpu, &part) ? options.cpu : "";
}

/* ---- the field ------------------------------------------------------------------------------- */

Field::Field(const AirOptions &air, uint32_t stations, const std::string &dir,
             const std::string &stationName, bool everybody)
    : m_air(air), m_stations(stations), m_relays(air.hops - 1), m_stationName(stationName),
      m_helper(std::make_unique<IkeletLowpanHelper>()), m_counts(1 + m_relays + stations),
      m_lastSeq(m_counts.size(), -1), m_seqOwner(256, kUnknown)
{
    /* Without checksums the frame check sequence is 0, and no tool dissects what is above it. */
    GlobalValue::Bind("ChecksumEnabled", BooleanValue(true));
    /* Nothing but the scenario's traffic is to be on air: addresses are unique by construction. */
    Config::SetDefault("ns3::Icmpv6L4Protocol::DAD", BooleanValue(false));
    m_nodes.Create(Nodes());
    for (uint32_t i = 0; i < Nodes(); i++)
        Place(i);
    InternetStackHelper internet;
    internet.SetIpv4StackInstall(false);
    internet.Install(m_nodes);
    m_helper->SetCsma(static_cast<uint8_t>(air.minBe), static_cast<uint8_t>(air.maxBe),
                      static_cast<uint8_t>(air.maxBackoffs));
    m_helper->SetFrameRetries(static_cast<uint8_t>(air.frameRetries));
    auto radio = [this](const std::string &name, const AttributeValue &value) {
        if (!AttributeIsGiven("ns3::IkeletRadio", name))
            m_helper->SetRadioAttribute(name, value);
    };
    radio("RejectDuplicates", BooleanValue(!air.keepDuplicates));
    radio("Delay", TimeValue(MicroSeconds(static_cast<uint64_t>(air.delayUs))));
    radio("DutyCycle", TimeValue(MicroSeconds(static_cast<uint64_t>(air.dutyCycleUs))));
    m_helper->SetShadowing(static_cast<double>(air.shadowingMilliDb) / 1000);
    m_helper->SetContext(!air.noContext);
    m_helper->SetElideUdpChecksum(air.elideUdpChecksum);
    if (air.lossPpm > 0 && air.lossModel != "distance")
        m_helper->SetLoss(LossOf(air));
    m_helper->onFrame = [this](uint32_t node, Ptr<const Packet> frame) { OnFrame(node, frame); };
    m_helper->onLost = [this](uint32_t node, Ptr<const Packet> frame) { OnLost(node, frame); };
    m_helper->Install(m_nodes);
    std::vector<uint32_t> parent;
    for (uint32_t i = 0; i < Nodes(); i++)
        parent.push_back(i == 0 ? 0 : i <= m_relays ? i - 1 : m_relays);
    m_helper->SetParents(parent);
    stream += internet.AssignStreams(m_nodes, stream);
    stream += m_helper->AssignStreams(stream);
    for (uint32_t i = 0; i < (everybody ? Nodes() : 1) && !dir.empty(); i++)
        m_helper->EnablePcap(dir + "/" + NameOf(i) + ".pcap", i);
}

Field::~Field() = default;

/* Relays stand in a line. Stations stand in rows of ten, 1 m apart, behind the last relay or the
 * border router: all hear each other. */
void Field::Place(uint32_t node)
{
    Ptr<ConstantPositionMobilityModel> place = CreateObject<ConstantPositionMobilityModel>();
    const double distance = static_cast<double>(m_air.distanceMm) / 1000;
    const double hop = m_relays == 0                                 ? distance
                       : m_air.distanceMm == AirOptions().distanceMm ? kHopMetres
                                                                     : distance;
    const uint32_t station = StationOfNode(node);
    if (station == 0)
        place->SetPosition(Vector(0, hop * node, 0));
    else
        place->SetPosition(
            Vector((station - 1) % 10, hop * (m_relays + 1) + (station - 1) / 10, 0));
    m_nodes.Get(node)->AggregateObject(place);
}

uint32_t Field::Stations() const
{
    return m_stations;
}

uint32_t Field::Nodes() const
{
    return 1 + m_relays + m_stations;
}

uint32_t Field::NodeOfStation(uint32_t station) const
{
    return m_relays + station;
}

uint32_t Field::StationOfNode(uint32_t node) const
{
    return node > m_relays && node < Nodes() ? node - m_relays : 0;
}

std::string Field::NameOf(uint32_t node) const
{
    if (node == 0)
        return "gateway";
    uint32_t station = StationOfNode(node);
    return station ? m_stationName + "-" + std::to_string(station)
                   : "relay-" + std::to_string(node);
}

Ptr<Node> Field::GetNode(uint32_t node) const
{
    return m_nodes.Get(node);
}

Ipv6Address Field::AddressOf(uint32_t node) const
{
    return m_helper->AddressOf(node);
}

std::string Field::AddressText(uint32_t node) const
{
    struct ik_addr address = IkeletAddress(AddressOf(node));
    char text[64];
    host_addr_print(&address, text, sizeof text);
    return text;
}

Ptr<IkeletRadio> Field::RadioOf(uint32_t node) const
{
    return m_helper->RadioOf(node);
}

Ptr<LrWpanNetDevice> Field::DeviceOf(uint32_t node) const
{
    return m_helper->DeviceOf(node);
}

bool Field::WritePreferences(const std::string &dir)
{
    std::ofstream file(dir + "/preferences");
    file << "6lowpan.context0: fd00::/64\n"
            "esp.enable_encryption_decode: TRUE\n";
    return file.good();
}

/* ---- counting -------------------------------------------------------------------------------- */

void Field::OnFrame(uint32_t node, Ptr<const Packet> packet)
{
    LrWpanMacHeader header;
    packet->PeekHeader(header);
    Frame frame;
    frame.node = node;
    frame.bytes = packet->GetSize() + kPhyOctets;
    frame.ack = header.IsAcknowledgment();
    frame.packet = packet;
    const size_t seq = header.GetSeqNum();
    if (frame.ack) {
        /* An acknowledgement has no addresses; its sequence number tells whom it answers. */
        frame.peer = m_seqOwner[seq];
    } else {
        uint32_t peer = m_helper->NodeOf(header.GetShortDstAddr());
        frame.peer = peer < Nodes() ? peer : kUnknown;
        frame.repeated = m_lastSeq[node] == static_cast<int>(seq);
        m_lastSeq[node] = static_cast<int>(seq);
        m_seqOwner[seq] = node;
    }
    AirCount &count = m_counts[node];
    count.frames++;
    count.bytes += frame.bytes;
    count.repeated += frame.repeated;
    count.acks += frame.ack;
    if (onFrame)
        onFrame(frame);
}

/* Everybody hears everything; only what was meant for this node counts as lost. */
void Field::OnLost(uint32_t node, Ptr<const Packet> packet)
{
    LrWpanMacHeader header;
    packet->PeekHeader(header);
    bool mine = header.IsAcknowledgment() ? m_lastSeq[node] == header.GetSeqNum()
                                          : m_helper->NodeOf(header.GetShortDstAddr()) == node;
    if (!mine)
        return;
    m_counts[node].lost++;
    if (onLost)
        onLost(node);
}

AirCount Field::CountOf(uint32_t node) const
{
    AirCount count = m_counts.at(node);
    count.duplicates = RadioOf(node)->GetDuplicates();
    return count;
}

AirCount Field::Total() const
{
    AirCount sum;
    for (uint32_t i = 0; i < Nodes(); i++) {
        AirCount one = CountOf(i);
        sum.frames += one.frames;
        sum.bytes += one.bytes;
        sum.repeated += one.repeated;
        sum.acks += one.acks;
        sum.lost += one.lost;
        sum.duplicates += one.duplicates;
    }
    return sum;
}

} // namespace scenario
