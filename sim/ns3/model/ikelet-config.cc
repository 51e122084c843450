/* SPDX-License-Identifier: MIT */
#include "ikelet-config.h"

#include <cstring>

#include "ns3/log.h"

#include "host.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletConfig");

namespace
{

bool Complain(std::string *error, const std::string &what)
{
    if (error)
        *error = what;
    return false;
}

/* Words between commas; commas inside of brackets belong to a word. */
std::vector<std::string> Split(const std::string &text)
{
    std::vector<std::string> words;
    std::string word;
    for (char c : text + ",") {
        if (c != ',') {
            if (c != ' ')
                word += c;
            continue;
        }
        if (!word.empty())
            words.push_back(word);
        word.clear();
    }
    return words;
}

bool ParseAddress(const std::string &text, struct ik_addr *out, std::string *error)
{
    *out = {};
    if (text.empty() || host_addr_parse(text.c_str(), out))
        return true;
    return Complain(error, "\"" + text + "\" is no address");
}

} // namespace

uint16_t IkeletConfig::AddPeer(const IkeletPeer &peer)
{
    m_peerWords.push_back(peer);
    m_locals.emplace_back();
    return static_cast<uint16_t>(m_peerWords.size() - 1);
}

uint16_t IkeletConfig::AddPolicy(const IkeletPolicy &policy)
{
    m_policyWords.push_back(policy);
    return static_cast<uint16_t>(m_policyWords.size() - 1);
}

void IkeletConfig::AddManual(const IkeletManual &manual)
{
    m_manualWords.push_back(manual);
}

const std::vector<struct ik_manual> &IkeletConfig::Manuals() const
{
    return m_built.back().manuals;
}

bool IkeletConfig::HasLifetimes() const
{
    bool has = false;
    for (const IkeletPeer &peer : m_peerWords)
        has = has || peer.rekeyS || peer.lifeS || peer.livenessS;
    for (const IkeletPolicy &policy : m_policyWords)
        has = has || policy.rekeyS || policy.lifeS;
    return has;
}

const std::vector<IkeletPeer> &IkeletConfig::Peers() const
{
    return m_peerWords;
}

const std::vector<IkeletPolicy> &IkeletConfig::Policies() const
{
    return m_policyWords;
}

void IkeletConfig::SetLocal(uint16_t peer, const std::string &address)
{
    m_locals.at(peer) = address;
}

const std::string &IkeletConfig::GetLocal(uint16_t peer) const
{
    const std::string &words = m_peerWords.at(peer).local;
    return words.empty() ? m_locals.at(peer) : words;
}

const struct ik_config *IkeletConfig::Build(std::string *error)
{
    m_built.emplace_back();
    if (!BuildAll(error)) {
        m_built.pop_back();
        return nullptr;
    }
    Built &built = m_built.back();
    NS_LOG_LOGIC(built.peers.size() << " peers, " << built.policies.size() << " policies");
    built.config = base;
    built.config.crypto = base.crypto ? base.crypto : host_crypto();
    built.config.peers = built.peers.data();
    built.config.peers_n = static_cast<uint16_t>(built.peers.size());
    built.config.policies = built.policies.data();
    built.config.policies_n = static_cast<uint16_t>(built.policies.size());
    return &built.config;
}

bool IkeletConfig::BuildAll(std::string *error)
{
    for (uint16_t i = 0; i < m_peerWords.size(); i++) {
        if (!BuildPeer(i, error))
            return false;
    }
    for (const IkeletPolicy &policy : m_policyWords) {
        if (!BuildPolicy(policy, error))
            return false;
    }
    for (const IkeletManual &manual : m_manualWords) {
        if (!BuildManual(manual, error))
            return false;
    }
    return true;
}

struct ik_span IkeletConfig::Keep(const std::string &octets)
{
    m_built.back().octets.emplace_back(octets.begin(), octets.end());
    return {m_built.back().octets.back().data(), static_cast<uint16_t>(octets.size())};
}

void IkeletConfig::Forget()
{
    m_built.clear();
}

bool IkeletConfig::BuildPeer(uint16_t index, std::string *error)
{
    const IkeletPeer &from = m_peerWords[index];
    struct ik_peer to = {};
    if (!ParseAddress(GetLocal(index), &to.local, error) ||
        !ParseAddress(from.remote, &to.remote, error))
        return false;
    if (!BuildId(from.localId, &to.local_id, error) ||
        !BuildId(from.remoteId, &to.remote_id, error))
        return false;
    if (from.psk.empty() || from.psk.size() > UINT16_MAX)
        return Complain(error, "the pre-shared key must have 1 to 65535 octets");
    to.psk = Keep(from.psk);
    to.psk_prf = from.pskPrf;
    to.proposals = BuildSuites(from.suites, IK_PROTO_IKE, &to.proposals_n, error);
    if (!to.proposals)
        return false;
    to.initial_contact = from.initialContact;
    to.force_natt = from.forceNatt;
    to.resume = from.resume;
    to.no_nat = from.noNat;
    to.no_idr = from.noIdr;
    to.rekey_s = from.rekeyS;
    to.life_s = from.lifeS;
    to.liveness_s = from.livenessS;
    m_built.back().peers.push_back(to);
    return true;
}

bool IkeletConfig::BuildPolicy(const IkeletPolicy &from, std::string *error)
{
    struct ik_policy to = {};
    std::string local, remote;
    if (from.peer < m_peerWords.size()) {
        local = GetLocal(from.peer);
        remote = m_peerWords[from.peer].remote;
    }
    to.action = static_cast<uint8_t>(from.action);
    if (!BuildSelectors(from.local, local, to.ts_local, &to.ts_local_n, error) ||
        !BuildSelectors(from.remote, remote, to.ts_remote, &to.ts_remote_n, error))
        return false;
    if (from.action == IK_PROTECT) {
        if (from.peer >= m_built.back().peers.size() && from.peer != IkeletPolicy::kNobody)
            return Complain(error, "a policy names a peer that there is not");
        to.protocol = static_cast<uint8_t>(from.protocol);
        to.mode = static_cast<uint8_t>(from.mode);
        to.peer = from.peer;
        to.replay = from.replay;
        to.pfp = from.pfp;
        to.rekey_s = from.rekeyS;
        to.life_s = from.lifeS;
        to.proposals = BuildSuites(from.suites, from.protocol, &to.proposals_n, error);
        if (!to.proposals)
            return false;
    }
    m_built.back().policies.push_back(to);
    return true;
}

bool IkeletConfig::BuildManual(const IkeletManual &from, std::string *error)
{
    struct ik_manual to = {};
    struct ik_proposal suite = {};
    char why[160] = "";
    if (from.policy >= m_policyWords.size())
        return Complain(error, "SAs by hand name a policy that there is not");
    const bool ah = m_policyWords[from.policy].protocol == IK_PROTO_AH;
    if (!ParseAddress(from.local, &to.path.local, error) ||
        !ParseAddress(from.remote, &to.path.remote, error))
        return false;
    if (!(ah ? host_suite_parse_ah : host_suite_parse_esp)(from.suite.c_str(), &suite, why,
                                                           sizeof why))
        return Complain(error, why);
    for (uint8_t i = 0; i < suite.transforms_n; i++) {
        const struct ik_transform &t = suite.transforms[i];
        if (t.type == IK_TT_ENCR) {
            to.encr_id = t.id;
            to.encr_key_bits = t.key_bits;
        } else if (t.type == IK_TT_INTEG) {
            to.integ_id = t.id;
        }
    }
    to.policy = from.policy;
    to.path.carrier = ah ? IK_CARRIER_AH : IK_CARRIER_ESP;
    to.spi_in = from.spiIn;
    to.spi_out = from.spiOut;
    to.encr_in = Keep(from.encrIn);
    to.encr_out = Keep(from.encrOut);
    to.integ_in = Keep(from.integIn);
    to.integ_out = Keep(from.integOut);
    m_built.back().manuals.push_back(to);
    return true;
}

bool IkeletConfig::BuildId(const std::string &text, struct ik_id *out, std::string *error)
{
    out->type = IK_ID_ANY;
    if (text.empty())
        return true;
    m_built.back().octets.emplace_back(text.size() + 16);
    if (host_id_parse(text.c_str(), m_built.back().octets.back().data(),
                      m_built.back().octets.back().size(), out))
        return true;
    return Complain(error, "\"" + text + "\" is no identity");
}

const struct ik_proposal *IkeletConfig::BuildSuites(const std::string &text,
                                                    enum ik_protocol protocol, uint8_t *n,
                                                    std::string *error)
{
    const auto parse = protocol == IK_PROTO_IKE  ? host_suite_parse_ike
                       : protocol == IK_PROTO_AH ? host_suite_parse_ah
                                                 : host_suite_parse_esp;
    std::vector<struct ik_proposal> proposals;
    for (const std::string &word : Split(text)) {
        struct ik_proposal proposal = {};
        char why[160] = "";
        if (!parse(word.c_str(), &proposal, why, sizeof why)) {
            Complain(error, why);
            return nullptr;
        }
        proposals.push_back(proposal);
    }
    if (proposals.empty() || proposals.size() > UINT8_MAX) {
        Complain(error, protocol == IK_PROTO_IKE  ? "no IKE suite is given"
                        : protocol == IK_PROTO_AH ? "no AH suite is given"
                                                  : "no ESP suite is given");
        return nullptr;
    }
    *n = static_cast<uint8_t>(proposals.size());
    m_built.back().proposals.push_back(std::move(proposals));
    return m_built.back().proposals.back().data();
}

bool IkeletConfig::BuildSelectors(const std::string &text, const std::string &dynamic,
                                  struct ik_ts *out, uint8_t *n, std::string *error)
{
    const std::string keyword = "dynamic";
    *n = 0;
    for (std::string word : Split(text)) {
        if (word.compare(0, keyword.size(), keyword) == 0)
            word = dynamic + word.substr(keyword.size());
        if (*n == IK_TS_MAX)
            return Complain(error, "too many traffic selectors in \"" + text + "\"");
        if (!host_ts_parse(word.c_str(), &out[*n]))
            return Complain(error, "\"" + word + "\" is no traffic selector");
        ++*n;
    }
    return *n > 0 || Complain(error, "a policy has no traffic selector");
}

} // namespace ns3
