/* SPDX-License-Identifier: MIT */
/* What an IkeletNode gives to its core: attributes, addresses of the moment, the configuration. */
#include <algorithm>
#include <utility>

#include "ns3/abort.h"
#include "ns3/log.h"
#include "ns3/node.h"
#include "ns3/simulator.h"

#include "host.h"
#include "ikelet-node.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletNodeConfig");

namespace
{

/* The core refuses what is longer than IK_WAIT_MAX. */
uint32_t Wait(Time time)
{
    return static_cast<uint32_t>(std::min<int64_t>(time.GetMicroSeconds(), UINT32_MAX));
}

/* A minimal initiator (RFC 7815) that resumes, as the firmware's. */
const struct ik_exchange *const kResumes[] = {
    &ik_exchange_init_i,        &ik_exchange_auth_i,        &ik_exchange_resume_i,
    &ik_exchange_informational, &ik_exchange_child_refused, nullptr};

} // namespace

/* Those of the attribute come first: a helper's policies may be about the rest. */
void IkeletNode::ReadText()
{
    if (m_text.empty())
        return;
    std::string error;
    NS_ABORT_MSG_IF(!m_config.Prepend(m_text, &error),
                    "ikelet: node " << GetNode()->GetId() << ": Config: " << error);
    m_text.clear();
}

/* A peer without local address gets the one that its packets would leave from now. */
std::vector<IkeletNode::Move> IkeletNode::ResolveLocals()
{
    std::vector<Move> moves;
    for (uint16_t i = 0; i < m_config.Peers().size(); i++) {
        const IkeletPeer &peer = m_config.Peers()[i];
        struct ik_addr remote = {};
        Move move = {};
        if (!peer.local.empty() || !host_addr_parse(peer.remote.c_str(), &remote))
            continue;
        if (!IkeletNet::SourceFor(GetNode(), remote, &move.is)) {
            NS_ABORT_MSG_IF(m_config.GetLocal(i).empty(), "ikelet: node " << GetNode()->GetId()
                                                                          << " has no route to "
                                                                          << peer.remote);
            NS_LOG_WARN("node " << GetNode()->GetId() << " has lost its route to " << peer.remote);
            continue;
        }
        const std::string before = m_config.GetLocal(i);
        char text[64];
        host_addr_print(&move.is, text, sizeof text);
        m_config.SetLocal(i, text);
        if (before != text && host_addr_parse(before.c_str(), &move.was))
            moves.push_back(move);
    }
    return moves;
}

/* The core must not run: it has the configuration that was built before. */
void IkeletNode::Rebuild()
{
    std::string error;
    ResolveLocals();
    m_config.Forget();
    m_built = m_config.Build(&error);
    NS_ABORT_MSG_IF(!m_built, "ikelet: node " << GetNode()->GetId() << ": " << error);
}

/* The core knows an SA by the address that it has; then what new SAs will have, and selectors that
 * follow the address. */
void IkeletNode::Readdress()
{
    if (IsOn())
        Readdressed();
}

bool IkeletNode::Readdressed()
{
    std::vector<Move> moves = ResolveLocals();
    for (const Move &move : moves) {
        NS_LOG_INFO("node " << GetNode()->GetId() << ": an address has become another");
        IkeletEngine::Input input;
        input.kind = IkeletEngine::InputKind::Readdress;
        input.path.local = move.was;
        input.path.remote = move.is;
        m_engine.Submit(std::move(input));
    }
    if (moves.empty())
        return false;
    std::string error;
    IkeletEngine::Input input;
    input.kind = IkeletEngine::InputKind::Configure;
    input.config = m_built = m_config.Build(&error);
    NS_ABORT_MSG_IF(!m_built, "ikelet: node " << GetNode()->GetId() << ": " << error);
    m_engine.Submit(std::move(input));
    MakeManual(); /* those of the configuration before have ended with it */
    return true;
}

void IkeletNode::MakeManual()
{
    for (const struct ik_manual &manual : m_config.Manuals()) {
        IkeletEngine::Input input;
        input.kind = IkeletEngine::InputKind::Manual;
        input.manual = &manual;
        m_engine.Submit(std::move(input));
    }
}

/* Who changes an address sets its route a line later; an IPv6 address is looked at for a second
 * before it can be used (RFC 4862 5.4). */
void IkeletNode::InterfaceChanged()
{
    if (!IkeletIsPending(m_changedEvent))
        m_changedEvent = Simulator::ScheduleNow(&IkeletNode::Readdress, this);
    m_settledEvent.Cancel();
    m_settledEvent = Simulator::Schedule(MilliSeconds(1500), &IkeletNode::Readdress, this);
}

void IkeletNode::SetTiming()
{
    struct ik_config &base = m_config.base;
    base.retransmit.initial = Wait(m_retransmitInitial);
    base.retransmit.max = Wait(m_retransmitMax);
    base.retransmit.factor_x16 = m_retransmitFactor;
    base.retransmit.tries = m_retransmitTries;
    base.retransmit.jitter_256 = m_retransmitJitter;
    base.life = m_config.HasLifetimes() ? &ik_lifetimes : nullptr;
    base.exchanges = m_responder                          ? ik_exchanges_all
                     : m_children || base.life != nullptr ? ik_exchanges_caller
                     : Resumes()                          ? kResumes
                                                          : ik_exchanges_initiator;
    base.ticket_s = static_cast<uint32_t>(
        std::min<int64_t>(m_ticketLifetime.GetMilliSeconds() / 1000, UINT32_MAX));
    base.ticket_by_reference = m_ticketsByReference > 0;
    base.cookie_above = m_cookieAbove;
    base.half_open_for = Wait(m_halfOpenFor);
    base.keepalive = Wait(m_keepalive);
    base.nonce_len = m_nonceLength;
    base.crypto = m_ctrDrbg ? host_crypto_ctr() : nullptr;
}

bool IkeletNode::Resumes() const
{
    return std::any_of(m_config.Peers().begin(), m_config.Peers().end(),
                       [](const IkeletPeer &peer) { return peer.resume; });
}

IkeletEngine::Sizes IkeletNode::Sizes() const
{
    IkeletEngine::Sizes sizes;
    sizes.ikeSas = m_ikeSas;
    sizes.childSas = m_childSas;
    sizes.queue = m_queue;
    sizes.sessions = Resumes() ? static_cast<uint16_t>(m_config.Peers().size()) : 0;
    sizes.tickets = m_ticketsByReference;
    return sizes;
}

} // namespace ns3
