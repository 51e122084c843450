/* SPDX-License-Identifier: MIT */
/* Attributes and trace sources of IkeletNode. */
#include "ns3/boolean.h"
#include "ns3/nstime.h"
#include "ns3/string.h"
#include "ns3/uinteger.h"

#include "ikelet-node.h"

namespace ns3
{

NS_OBJECT_ENSURE_REGISTERED(IkeletNode);

TypeId IkeletNode::GetTypeId()
{
    static TypeId tid = AddTraces(AddTiming(AddSizes(TypeId("ns3::IkeletNode")
                                                         .SetParent<Application>()
                                                         .SetGroupName("Ikelet")
                                                         .AddConstructor<IkeletNode>())));
    return tid;
}

TypeId IkeletNode::AddSizes(TypeId tid)
{
    return tid
        .AddAttribute("Config",
                      "Peers and policies as a text, or \"@\" and the name of a file of it "
                      "(IkeletConfig::Parse); they stand before those that a helper adds.",
                      StringValue(""), MakeStringAccessor(&IkeletNode::m_text), MakeStringChecker())
        .AddAttribute("CpuProfile",
                      "What computing costs: \"ideal\", a part (\"msp430f1611\", "
                      "\"msp430f5438a\", \"msp430fr5994\") or the path of a CSV file.",
                      StringValue("ideal"), MakeStringAccessor(&IkeletNode::m_cpu),
                      MakeStringChecker())
        .AddAttribute("Board",
                      "The CPU is on the firmware's board, which the rows board_... of CpuProfile "
                      "describe: start, waking from Doze(), slices, a serial line to the network.",
                      BooleanValue(false), MakeBooleanAccessor(&IkeletNode::m_board),
                      MakeBooleanChecker())
        .AddAttribute("AutoWake", "Power is on from StartTime.", BooleanValue(true),
                      MakeBooleanAccessor(&IkeletNode::m_autoWake), MakeBooleanChecker())
        .AddAttribute("AutoUp", "Set up the Child SA of policy 0 at each Wake.",
                      BooleanValue(false), MakeBooleanAccessor(&IkeletNode::m_autoUp),
                      MakeBooleanChecker())
        .AddAttribute("Responder", "Answer IKE_SA_INIT requests.", BooleanValue(false),
                      MakeBooleanAccessor(&IkeletNode::m_responder), MakeBooleanChecker())
        .AddAttribute("FurtherChildSas",
                      "Not as a responder: begin and answer CREATE_CHILD_SA too, so that an IKE SA "
                      "has several Child SAs and both can be rekeyed (on by itself where a peer or "
                      "a policy has a lifetime); if not, a minimal initiator (RFC 7815).",
                      BooleanValue(false), MakeBooleanAccessor(&IkeletNode::m_children),
                      MakeBooleanChecker())
        .AddAttribute("IkeSas", "Most IKE SAs at a time, half-open ones too.", UintegerValue(4),
                      MakeUintegerAccessor(&IkeletNode::m_ikeSas),
                      MakeUintegerChecker<uint16_t>(1, 0xfffe))
        .AddAttribute("ChildSas", "Most Child SAs at a time.", UintegerValue(4),
                      MakeUintegerAccessor(&IkeletNode::m_childSas),
                      MakeUintegerChecker<uint16_t>(1, 0xfffe))
        .AddAttribute("Queue", "Packets that wait for a busy CPU at most.", UintegerValue(16),
                      MakeUintegerAccessor(&IkeletNode::m_queue), MakeUintegerChecker<uint32_t>(1))
        .AddAttribute("RadioWhileComputing",
                      "The radio stays on while a handshake is computed and no answer is "
                      "awaited; if not, the trace source Radio says when it is needed.",
                      BooleanValue(true), MakeBooleanAccessor(&IkeletNode::m_radioWhileComputing),
                      MakeBooleanChecker())
        .AddAttribute("TunnelMtu",
                      "MTU of the tunnel device; 0: of the node's smallest link, less what the "
                      "tunnel may add, and 1280 at least.",
                      UintegerValue(0), MakeUintegerAccessor(&IkeletNode::m_tunnelMtu),
                      MakeUintegerChecker<uint16_t>())
        .AddAttribute("SleepTimeout", "How long Sleep() waits for the answer to its Delete.",
                      TimeValue(Seconds(10)), MakeTimeAccessor(&IkeletNode::m_sleepTimeout),
                      MakeTimeChecker(Time(0)));
}

TypeId IkeletNode::AddTiming(TypeId tid)
{
    return tid
        .AddAttribute("RetransmitInitial", "Wait before a request is first sent again.",
                      TimeValue(Seconds(1)), MakeTimeAccessor(&IkeletNode::m_retransmitInitial),
                      MakeTimeChecker(MicroSeconds(1)))
        .AddAttribute("RetransmitMax", "Longest wait between two transmissions of a request.",
                      TimeValue(Seconds(32)), MakeTimeAccessor(&IkeletNode::m_retransmitMax),
                      MakeTimeChecker(MicroSeconds(1)))
        .AddAttribute("RetransmitFactor", "Sixteenths by which that wait is multiplied each time.",
                      UintegerValue(32), MakeUintegerAccessor(&IkeletNode::m_retransmitFactor),
                      MakeUintegerChecker<uint8_t>(17))
        .AddAttribute("RetransmitTries", "Transmissions of a request before giving up.",
                      UintegerValue(7), MakeUintegerAccessor(&IkeletNode::m_retransmitTries),
                      MakeUintegerChecker<uint8_t>(1))
        .AddAttribute("RetransmitJitter",
                      "By up to how many 256ths of itself that wait is shortened.",
                      UintegerValue(64), MakeUintegerAccessor(&IkeletNode::m_retransmitJitter),
                      MakeUintegerChecker<uint8_t>())
        .AddAttribute("HalfOpenFor", "After this a half-open IKE SA is forgotten.",
                      TimeValue(Seconds(30)), MakeTimeAccessor(&IkeletNode::m_halfOpenFor),
                      MakeTimeChecker(MicroSeconds(1)))
        .AddAttribute("CookieAbove",
                      "Ask for a cookie when more IKE SAs than this are half open; 65535: never.",
                      UintegerValue(0xffff), MakeUintegerAccessor(&IkeletNode::m_cookieAbove),
                      MakeUintegerChecker<uint16_t>())
        .AddAttribute("Keepalive", "NAT keepalive when nothing else was sent for so long.",
                      TimeValue(Seconds(20)), MakeTimeAccessor(&IkeletNode::m_keepalive),
                      MakeTimeChecker(MicroSeconds(1)))
        .AddAttribute(
            "TicketLifetime",
            "Responder: a caller that asks for it is given a ticket, good for so long, by "
            "which it resumes its IKE SA (RFC 5723); 0: none is.",
            TimeValue(Seconds(0)), MakeTimeAccessor(&IkeletNode::m_ticketLifetime),
            MakeTimeChecker(Time(0)))
        .AddAttribute(
            "TicketsByReference",
            "Places for what such tickets stand for, the oldest gives way; 0: it is in the "
            "ticket, sealed.",
            UintegerValue(0), MakeUintegerAccessor(&IkeletNode::m_ticketsByReference),
            MakeUintegerChecker<uint16_t>())
        .AddAttribute("NonceLength", "Octets of our nonces.", UintegerValue(32),
                      MakeUintegerAccessor(&IkeletNode::m_nonceLength),
                      MakeUintegerChecker<uint8_t>(16))
        .AddAttribute(
            "CtrDrbg",
            "Random bits by CTR_DRBG with AES-128, as firmware has it that has no SHA-256; "
            "else by HMAC_DRBG.",
            BooleanValue(false), MakeBooleanAccessor(&IkeletNode::m_ctrDrbg), MakeBooleanChecker())
        .AddAttribute("KeyAhead",
                      "The key pair of the next handshake with the first peer is computed when "
                      "nothing has happened for that long, also in the Sleep() that follows, over "
                      "which memory is kept for it; zero: when the handshake begins.",
                      TimeValue(Seconds(0)), MakeTimeAccessor(&IkeletNode::m_keyAhead),
                      MakeTimeChecker(Seconds(0)));
}

TypeId IkeletNode::AddTraces(TypeId tid)
{
    return tid
        .AddTraceSource("Tx",
                        "An IKE, ESP or AH datagram leaves (the octets above UDP, or from the "
                        "SPI on; of AH the whole IP packet), and its path.",
                        MakeTraceSourceAccessor(&IkeletNode::m_txTrace),
                        "ns3::IkeletNode::DatagramTracedCallback")
        .AddTraceSource("Rx", "An IKE, ESP or AH datagram came, and its path.",
                        MakeTraceSourceAccessor(&IkeletNode::m_rxTrace),
                        "ns3::IkeletNode::DatagramTracedCallback")
        .AddTraceSource("Record",
                        "Every trace record of the core (ik_trace.h). From inside the core.",
                        MakeTraceSourceAccessor(&IkeletNode::m_recordTrace),
                        "ns3::IkeletNode::RecordTracedCallback")
        .AddTraceSource("StateChange",
                        "An IKE SA changes its state: slot, old and new enum ik_ike_state. From "
                        "inside the core.",
                        MakeTraceSourceAccessor(&IkeletNode::m_stateTrace),
                        "ns3::IkeletNode::StateTracedCallback")
        .AddTraceSource("IkeUp", "An IKE SA is up: index of the peer.",
                        MakeTraceSourceAccessor(&IkeletNode::m_ikeUpTrace),
                        "ns3::IkeletNode::UpTracedCallback")
        .AddTraceSource("ChildUp", "A Child SA is up: index of the policy.",
                        MakeTraceSourceAccessor(&IkeletNode::m_childUpTrace),
                        "ns3::IkeletNode::UpTracedCallback")
        .AddTraceSource("Failed",
                        "A handshake ended without SA: IK_EV_IKE_FAILED or IK_EV_CHILD_FAILED, "
                        "enum ik_reason, the peer's notify type or 0, index of the peer.",
                        MakeTraceSourceAccessor(&IkeletNode::m_failedTrace),
                        "ns3::IkeletNode::EndedTracedCallback")
        .AddTraceSource("Down",
                        "An SA is gone: IK_EV_IKE_DOWN or IK_EV_CHILD_DOWN, enum ik_reason, "
                        "the peer's notify type or 0, index of the peer.",
                        MakeTraceSourceAccessor(&IkeletNode::m_downTrace),
                        "ns3::IkeletNode::EndedTracedCallback")
        .AddTraceSource("Drop",
                        "The core refused a packet: enum ik_drop, octets. From inside the core.",
                        MakeTraceSourceAccessor(&IkeletNode::m_dropTrace),
                        "ns3::IkeletNode::DropTracedCallback")
        .AddTraceSource("Job",
                        "A slow operation: enum ik_job_kind; false when it starts, with the time "
                        "that it needs; true when it ends, with the time that it took.",
                        MakeTraceSourceAccessor(&IkeletNode::m_jobTrace),
                        "ns3::IkeletNode::JobTracedCallback")
        .AddTraceSource("Cpu",
                        "What the CPU does from now on: IkeletCpuPhase. May come from inside an "
                        "entry point of the node: see Record.",
                        MakeTraceSourceAccessor(&IkeletNode::m_cpuTrace),
                        "ns3::IkeletNode::CpuTracedCallback")
        .AddTraceSource("Radio",
                        "The node needs its radio (true), or does not (false): it sleeps, dozes, "
                        "or computes while RadioWhileComputing is false.",
                        MakeTraceSourceAccessor(&IkeletNode::m_radioTrace),
                        "ns3::IkeletNode::PowerTracedCallback")
        .AddTraceSource("Power", "The node is switched on (true) or off (false).",
                        MakeTraceSourceAccessor(&IkeletNode::m_powerTrace),
                        "ns3::IkeletNode::PowerTracedCallback");
}

} // namespace ns3
