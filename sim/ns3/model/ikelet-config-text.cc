/* SPDX-License-Identifier: MIT */
/* Peers and policies as a text: IkeletConfig::Parse. */
#include <fstream>
#include <map>
#include <sstream>
#include <utility>

#include "ns3/log.h"

#include "host.h"
#include "ikelet-config.h"

namespace ns3
{

NS_LOG_COMPONENT_DEFINE("IkeletConfigText");

namespace
{

bool Complain(std::string *error, const std::string &what)
{
    if (error)
        *error = what;
    return false;
}

/* The words of one entry; quotes hold spaces together and go. */
bool Words(const std::string &entry, std::vector<std::string> *words, std::string *error)
{
    std::string word;
    bool quoted = false, any = false;
    for (char c : entry) {
        if (c == '"') {
            quoted = !quoted;
            any = true;
        } else if (!quoted && (c == ' ' || c == '\t' || c == '\r')) {
            if (any)
                words->push_back(word);
            word.clear();
            any = false;
        } else {
            word += c;
            any = true;
        }
    }
    if (quoted)
        return Complain(error, "a quote does not end in \"" + entry + "\"");
    if (any)
        words->push_back(word);
    return true;
}

/* Entries end at semicolons and at line ends that no white space follows: a line that begins with
 * white space goes on with the entry before it. */
std::vector<std::string> Entries(const std::string &text)
{
    std::vector<std::string> entries(1);
    bool quoted = false, comment = false;
    for (size_t i = 0; i < text.size(); i++) {
        char c = text[i];
        bool goesOn = i + 1 < text.size() && (text[i + 1] == ' ' || text[i + 1] == '\t');
        quoted = quoted != (c == '"' && !comment);
        comment = (comment || (c == '#' && !quoted)) && c != '\n';
        if (c == '\n' && !quoted && goesOn)
            entries.back() += ' ';
        else if ((c == '\n' || (c == ';' && !comment)) && !quoted)
            entries.emplace_back();
        else if (!comment)
            entries.back() += c;
    }
    return entries;
}

bool ReadBool(const std::string &value, bool *out)
{
    *out = value == "yes";
    return value == "yes" || value == "no";
}

bool ReadNumber(const std::string &value, uint16_t *out)
{
    if (value.empty() || value.size() > 5 ||
        value.find_first_not_of("0123456789") != std::string::npos || std::stoul(value) > 65535)
        return false;
    *out = static_cast<uint16_t>(std::stoul(value));
    return true;
}

bool ReadLong(const std::string &value, uint32_t *out)
{
    if (value.empty() || value.size() > 10 ||
        value.find_first_not_of("0123456789") != std::string::npos ||
        std::stoull(value) > UINT32_MAX)
        return false;
    *out = static_cast<uint32_t>(std::stoull(value));
    return true;
}

bool ReadKey(const std::string &value, std::string *out)
{
    if (value.compare(0, 2, "0x") != 0) {
        *out = value;
        return !value.empty();
    }
    if (value.size() < 4 || value.size() % 2 != 0 ||
        value.find_first_not_of("0123456789abcdefABCDEF", 2) != std::string::npos)
        return false;
    out->clear();
    for (size_t i = 2; i < value.size(); i += 2)
        *out += static_cast<char>(std::stoul(value.substr(i, 2), nullptr, 16));
    return true;
}

/* By the name that suites have for it. */
bool ReadPrf(const std::string &value, uint16_t *out)
{
    for (uint16_t id = IK_PRF_HMAC_SHA1; id <= IK_PRF_AES128_CMAC; id++) {
        struct ik_transform prf = {};
        prf.type = IK_TT_PRF;
        prf.id = id;
        char word[32];
        if (host_suite_print_word(&prf, word, sizeof word) > 0 && value == word) {
            *out = id;
            return true;
        }
    }
    return false;
}

bool SetPeer(IkeletPeer *peer, const std::string &key, const std::string &value)
{
    const std::map<std::string, std::string IkeletPeer::*> texts = {
        {"local", &IkeletPeer::local},      {"remote", &IkeletPeer::remote},
        {"local-id", &IkeletPeer::localId}, {"remote-id", &IkeletPeer::remoteId},
        {"suites", &IkeletPeer::suites},
    };
    if (auto text = texts.find(key); text != texts.end()) {
        peer->*text->second = value;
        return true;
    }
    if (key == "psk")
        return ReadKey(value, &peer->psk);
    if (key == "psk-prf")
        return ReadPrf(value, &peer->pskPrf);
    const std::map<std::string, uint32_t IkeletPeer::*> seconds = {
        {"rekey", &IkeletPeer::rekeyS},
        {"life", &IkeletPeer::lifeS},
        {"liveness", &IkeletPeer::livenessS}};
    if (auto number = seconds.find(key); number != seconds.end())
        return ReadLong(value, &(peer->*number->second));
    const std::map<std::string, bool IkeletPeer::*> choices = {
        {"initial-contact", &IkeletPeer::initialContact},
        {"resume", &IkeletPeer::resume},
        {"force-natt", &IkeletPeer::forceNatt},
        {"no-nat", &IkeletPeer::noNat},
        {"no-idr", &IkeletPeer::noIdr}};
    auto choice = choices.find(key);
    return choice != choices.end() && ReadBool(value, &(peer->*choice->second));
}

bool SetPolicy(IkeletPolicy *policy, const std::string &key, const std::string &value)
{
    const std::map<std::string, enum ik_action> actions = {
        {"protect", IK_PROTECT}, {"bypass", IK_BYPASS}, {"discard", IK_DISCARD}};
    if (key == "action" && actions.count(value)) {
        policy->action = actions.at(value);
        return true;
    }
    if (key == "protocol") {
        policy->protocol = value == "ah" ? IK_PROTO_AH : IK_PROTO_ESP;
        return value == "ah" || value == "esp";
    }
    if (key == "mode") {
        policy->mode = value == "tunnel" ? IK_TUNNEL : IK_TRANSPORT;
        return value == "tunnel" || value == "transport";
    }
    if (key == "peer" && value == "none") {
        policy->peer = IkeletPolicy::kNobody;
        return true;
    }
    if (key == "peer")
        return ReadNumber(value, &policy->peer);
    if (key == "rekey")
        return ReadLong(value, &policy->rekeyS);
    if (key == "life")
        return ReadLong(value, &policy->lifeS);
    if (key == "pfp")
        return host_pfp_parse(value.c_str(), &policy->pfp);
    if (key == "replay")
        return ReadNumber(value, &policy->replay);
    const std::map<std::string, std::string IkeletPolicy::*> texts = {
        {"local", &IkeletPolicy::local},
        {"remote", &IkeletPolicy::remote},
        {"suites", &IkeletPolicy::suites},
    };
    auto text = texts.find(key);
    if (text == texts.end())
        return false;
    policy->*text->second = value;
    return true;
}

bool SetManual(IkeletManual *manual, const std::string &key, const std::string &value)
{
    const std::map<std::string, std::string IkeletManual::*> keys = {
        {"encr-in", &IkeletManual::encrIn},
        {"encr-out", &IkeletManual::encrOut},
        {"integ-in", &IkeletManual::integIn},
        {"integ-out", &IkeletManual::integOut}};
    const std::map<std::string, std::string IkeletManual::*> texts = {
        {"local", &IkeletManual::local},
        {"remote", &IkeletManual::remote},
        {"suite", &IkeletManual::suite}};
    if (auto at = keys.find(key); at != keys.end())
        return ReadKey(value, &(manual->*at->second));
    if (key == "policy")
        return ReadNumber(value, &manual->policy);
    if (key == "spi-in")
        return ReadLong(value, &manual->spiIn);
    if (key == "spi-out")
        return ReadLong(value, &manual->spiOut);
    auto text = texts.find(key);
    if (text == texts.end())
        return false;
    manual->*text->second = value;
    return true;
}

/* What stands behind such a key is in no message. */
bool IsSecret(const std::string &key)
{
    return key == "psk" || key.compare(0, 5, "encr-") == 0 || key.compare(0, 6, "integ-") == 0;
}

/* key=value words behind the first one. */
template <typename Entry>
bool Fill(Entry *entry, bool (*set)(Entry *, const std::string &, const std::string &),
          const std::vector<std::string> &words, std::string *error)
{
    for (size_t i = 1; i < words.size(); i++) {
        size_t equals = words[i].find('=');
        std::string key = words[i].substr(0, equals);
        std::string value = equals == std::string::npos ? "" : words[i].substr(equals + 1);
        if (equals == std::string::npos || !set(entry, key, value))
            return Complain(error, "a " + words[0] + " does not understand \"" +
                                       (IsSecret(key) ? key + "=…" : words[i]) + "\"");
    }
    return true;
}

} // namespace

bool IkeletConfig::Parse(const std::string &text, std::string *error)
{
    if (!text.empty() && text[0] == '@') {
        std::ifstream file(text.substr(1));
        std::ostringstream content;
        content << file.rdbuf();
        if (!file)
            return Complain(error, "\"" + text.substr(1) + "\" can't be read");
        return Parse("\n" + content.str(), error);
    }
    for (const std::string &entry : Entries(text)) {
        std::vector<std::string> words;
        if (!Words(entry, &words, error))
            return false;
        if (words.empty())
            continue;
        IkeletPeer peer;
        IkeletPolicy policy;
        IkeletManual manual;
        if (words[0] == "peer" && Fill(&peer, SetPeer, words, error))
            AddPeer(peer);
        else if (words[0] == "policy" && Fill(&policy, SetPolicy, words, error))
            AddPolicy(policy);
        else if (words[0] == "manual" && Fill(&manual, SetManual, words, error))
            AddManual(manual);
        else if (words[0] == "peer" || words[0] == "policy" || words[0] == "manual")
            return false;
        else
            return Complain(error, "\"" + words[0] + "\" is neither peer nor policy nor manual");
        NS_LOG_LOGIC("a " << words[0] << " with " << words.size() - 1 << " settings");
    }
    return true;
}

bool IkeletConfig::Prepend(const std::string &text, std::string *error)
{
    std::vector<IkeletPeer> peers = std::move(m_peerWords);
    std::vector<IkeletPolicy> policies = std::move(m_policyWords);
    std::vector<IkeletManual> manuals = std::move(m_manualWords);
    m_peerWords.clear();
    m_policyWords.clear();
    m_manualWords.clear();
    m_locals.clear();
    bool good = Parse(text, error);
    uint16_t before = static_cast<uint16_t>(m_peerWords.size());
    uint16_t above = static_cast<uint16_t>(m_policyWords.size());
    for (const IkeletPeer &peer : peers)
        AddPeer(peer);
    for (IkeletPolicy policy : policies) {
        if (policy.peer != IkeletPolicy::kNobody)
            policy.peer = static_cast<uint16_t>(policy.peer + before);
        AddPolicy(policy);
    }
    for (IkeletManual manual : manuals) {
        manual.policy = static_cast<uint16_t>(manual.policy + above);
        AddManual(manual);
    }
    return good;
}

} // namespace ns3
