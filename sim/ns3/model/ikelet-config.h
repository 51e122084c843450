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

/// \ingroup ikelet
/// \brief A peer, in words: one entry of the Peer Authorization Database.
struct IkeletPeer {
    std::string local;    ///< our outer address; empty: the one that routes to `remote`
    std::string remote;   ///< the peer's outer address; empty: anywhere (responder only)
    std::string localId;  ///< "gw.example.org", "a@b", an address, "keyid:door-1"
    std::string remoteId; ///< likewise; empty: whoever knows the key
    std::string psk;      ///< pre-shared key, as octets
    uint16_t pskPrf = 0;  ///< enum ik_prf_id: psk is what ik_psk_pad() makes of it by this prf
    std::string suites;   ///< IKE proposals, preferred first: "aes128gcm16-prfsha256-x25519,…"
    bool initialContact = true;
    bool forceNatt = false; ///< UDP encapsulation even without NAT
    bool resume = false;    ///< initiator: ask for tickets, and resume by them (RFC 5723)
    bool noNat = false;     ///< there is no NAT: nobody looks for one, 56 octets a message
    bool noIdr = false;     ///< leave IDr out: who is meant is not told, but must be proved
    uint32_t rekeyS = 0;    ///< age in seconds at which the IKE SA is rekeyed; 0: never
    uint32_t lifeS = 0;     ///< age in seconds at which it ends; 0: never
    uint32_t livenessS = 0; ///< silence in seconds after which the peer is asked; 0: never
};

/// \ingroup ikelet
/// \brief A policy, in words: one entry of the ordered Security Policy Database.
struct IkeletPolicy {
    enum ik_action action = IK_PROTECT;
    /// Selectors, with commas between: "fd00:1::/64", "dynamic[udp/7000]". "dynamic" is the outer
    /// address of that end, as the policy's peer has it.
    std::string local;
    std::string remote;
    uint16_t peer = 0; ///< by the order of AddPeer; kNobody: its SAs are made by hand
    enum ik_protocol protocol = IK_PROTO_ESP; ///< or IK_PROTO_AH (RFC 4302)
    enum ik_mode mode = IK_TUNNEL;
    std::string suites;  ///< of ESP: "aes128gcm16,chacha20poly1305"; of AH: "sha256,aesxcbc"
    uint8_t pfp = 0;     ///< IK_PFP_*: selectors that an SA takes from the packet that asks for it
    uint16_t replay = 0; ///< packets in the replay window; 0: 64
    uint32_t rekeyS = 0; ///< age in seconds at which a Child SA is rekeyed; 0: never
    uint32_t lifeS = 0;  ///< age in seconds at which it ends; 0: never

    static constexpr uint16_t kNobody = IK_NO_SLOT;
};

/// \ingroup ikelet
/// \brief A pair of SAs that both ends were told by hand, without IKE (ik_node_manual).
struct IkeletManual {
    uint16_t policy = 0; ///< by the order of AddPolicy: it protects
    std::string local;   ///< our outer address
    std::string remote;  ///< that of the other end
    uint32_t spiIn = 0;  ///< 256 or above
    uint32_t spiOut = 0; ///< 256 or above
    std::string suite; ///< one cipher and one integrity algorithm: "aes128-aesxcbc"; AH: "aesxcbc"
    std::string encrIn, encrOut, integIn, integOut; ///< keys, as octets; AH has none of a cipher
};

/**
 * \ingroup ikelet
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

    /// What needs no words: retransmission, time-outs, responder. Pointers in it are set by
    /// Build().
    struct ik_config base = {};

    /// \brief Appends a peer. \return its index
    uint16_t AddPeer(const IkeletPeer &peer);
    /// \brief Appends a policy; they are tried in this order. \return its index
    uint16_t AddPolicy(const IkeletPolicy &policy);
    /// \brief Appends a pair of SAs that is made by hand at each Wake.
    void AddManual(const IkeletManual &manual);

    /**
     * \brief Appends peers and policies from a text, so that they can be set without C++.
     *
     * Entries are separated by line ends or semicolons; `#` begins a comment that goes to the end
     * of its line. An entry is `peer`, `policy` or `manual` and words `key=value` behind it:
     *
     *     peer remote=10.0.0.2 local=10.0.0.1 local-id=alice remote-id=bob psk=secret
     *          suites=aes128gcm16-prfsha256-x25519 initial-contact=no force-natt=yes
     *          no-nat=yes no-idr=yes resume=yes rekey=3600 life=7200 liveness=60
     *          psk-prf=prfsha256
     *     policy peer=0 action=protect protocol=esp mode=transport local=dynamic[udp]
     *          remote=dynamic[udp] suites=aes128gcm16 replay=64 rekey=600 life=900
     *          pfp=local,remote
     *     manual policy=0 local=10.0.0.1 remote=10.0.0.2 spi-in=4096 spi-out=8193
     *          suite=aes128-aesxcbc encr-in=0x… encr-out=0x… integ-in=0x… integ-out=0x…
     *
     * A value may stand in double quotes. `psk=0x…` gives octets in hexadecimal, and so do the
     * keys of `manual`; with `psk-prf` it is prf(key, "Key Pad for IKEv2") by that prf, as a device
     * keeps it, and not the key. `peer=none` is for a policy whose SAs are made by hand. What is
     * left out has the default of IkeletPeer, IkeletPolicy and IkeletManual.
     *
     * \param text the entries, or "@" and the name of a file of them
     * \param error gets one line for people if it is wrong; may be null
     * \return false if a word is not understood; what stood before it has been appended
     */
    bool Parse(const std::string &text, std::string *error);
    /// \brief The same before what is there; policies that are there still mean their peers.
    bool Prepend(const std::string &text, std::string *error);

    const std::vector<IkeletPeer> &Peers() const;
    const std::vector<IkeletPolicy> &Policies() const;
    /// \return what is to be made by hand, as the last Build() has it
    const std::vector<struct ik_manual> &Manuals() const;
    /// \return true if a peer or a policy has a lifetime, or a peer is asked for signs of life
    bool HasLifetimes() const;

    /// \brief The local address of a peer whose words leave it open; it may change at any time
    /// before Build().
    void SetLocal(uint16_t peer, const std::string &address);
    /// \return the local address of a peer: from its words, or what SetLocal() gave; or empty
    const std::string &GetLocal(uint16_t peer) const;

    /// \brief Parses all words.
    /// \param error gets one line for people if a word is wrong
    /// \return the configuration, good as long as *this and until Forget(); null if a word is wrong
    const struct ik_config *Build(std::string *error);
    /// \brief Forgets all that Build() has returned: no core may use it any more.
    void Forget();

  private:
    bool BuildPeer(uint16_t index, std::string *error);
    bool BuildPolicy(const IkeletPolicy &from, std::string *error);
    bool BuildManual(const IkeletManual &from, std::string *error);
    struct ik_span Keep(const std::string &octets);
    bool BuildId(const std::string &text, struct ik_id *out, std::string *error);
    const struct ik_proposal *BuildSuites(const std::string &text, enum ik_protocol protocol,
                                          uint8_t *n, std::string *error);
    bool BuildSelectors(const std::string &text, const std::string &dynamic, struct ik_ts *out,
                        uint8_t *n, std::string *error);

    std::vector<IkeletPeer> m_peerWords;
    std::vector<std::string> m_locals; ///< by peer: given by SetLocal(), or empty
    std::vector<IkeletPolicy> m_policyWords;
    std::vector<IkeletManual> m_manualWords;
    /* What one call of Build() has made. Deques never move what they hold. */
    struct Built {
        struct ik_config config = {};
        std::vector<struct ik_peer> peers;
        std::vector<struct ik_policy> policies;
        std::vector<struct ik_manual> manuals;
        std::deque<std::vector<uint8_t>> octets; /* identities and keys */
        std::deque<std::vector<struct ik_proposal>> proposals;
    };
    bool BuildAll(std::string *error);
    std::deque<Built> m_built; /* the last is that of today; a core may still use those before */
};

} // namespace ns3

#endif
