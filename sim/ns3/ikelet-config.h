/* SPDX-License-Identifier: MIT */
#ifndef IKELET_CONFIG_H
#define IKELET_CONFIG_H

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "ikelet/ikelet.h"

namespace ns3
{

/// \brief A peer, in words: one entry of the Peer Authorization Database.
struct IkeletPeer {
    std::string local;    ///< our outer address; empty: the one that routes to `remote`
    std::string remote;   ///< the peer's outer address; empty: anywhere (responder only)
    std::string localId;  ///< "gw.example.org", "a@b", an address, "keyid:door-1"
    std::string remoteId; ///< likewise; empty: whoever knows the key
    std::string psk;      ///< pre-shared key, as octets
    std::string suites;   ///< IKE proposals, preferred first: "aes128gcm16-prfsha256-x25519,…"
    bool initialContact = true;
    bool forceNatt = false; ///< UDP encapsulation even without NAT
};

/// \brief A policy, in words: one entry of the ordered Security Policy Database.
struct IkeletPolicy {
    enum ik_action action = IK_PROTECT;
    /// Selectors, with commas between: "fd00:1::/64", "dynamic[udp/7000]". "dynamic" is the outer
    /// address of that end, as the policy's peer has it.
    std::string local;
    std::string remote;
    uint16_t peer = 0; ///< by the order of AddPeer
    enum ik_mode mode = IK_TUNNEL;
    std::string suites;  ///< ESP proposals: "aes128gcm16,chacha20poly1305"
    uint16_t replay = 0; ///< packets in the replay window; 0: 64
};

/**
 * \brief Owns what a struct ik_config points to.
 *
 * Filled in words; Build() makes the structs of the core, once the addresses of the node are known.
 */
class IkeletConfig
{
  public:
    IkeletConfig() = default;
    IkeletConfig(const IkeletConfig &) = delete;
    IkeletConfig &operator=(const IkeletConfig &) = delete;

    /// What needs no words: retransmission, time-outs, responder. Pointers in it are Build()'s.
    struct ik_config base = {};

    /// \brief Appends a peer. \return its index
    uint16_t AddPeer(const IkeletPeer &peer);
    /// \brief Appends a policy; they are tried in this order. \return its index
    uint16_t AddPolicy(const IkeletPolicy &policy);

    const std::vector<IkeletPeer> &Peers() const;
    const std::vector<IkeletPolicy> &Policies() const;

    /// \brief Replaces the local address of a peer (where it was empty).
    void SetLocal(uint16_t peer, const std::string &address);

    /// \brief Parses all words.
    /// \param error gets one line for people if a word is wrong
    /// \return the configuration, good as long as *this; null if a word is wrong
    const struct ik_config *Build(std::string *error);

  private:
    bool BuildPeer(const IkeletPeer &from, std::string *error);
    bool BuildPolicy(const IkeletPolicy &from, std::string *error);
    bool BuildId(const std::string &text, struct ik_id *out, std::string *error);
    const struct ik_proposal *BuildSuites(const std::string &text, bool esp, uint8_t *n,
                                          std::string *error);
    bool BuildSelectors(const std::string &text, const std::string &dynamic, struct ik_ts *out,
                        uint8_t *n, std::string *error);

    std::vector<IkeletPeer> m_peerWords;
    std::vector<IkeletPolicy> m_policyWords;
    std::vector<struct ik_peer> m_peers;
    std::vector<struct ik_policy> m_policies;
    std::deque<std::vector<uint8_t>> m_octets; /* identities and keys; a deque never moves them */
    std::deque<std::vector<struct ik_proposal>> m_proposals;
};

} // namespace ns3

#endif
