/* SPDX-License-Identifier: MIT */
/*
 * Limits of the core. Each has its meaning, its default for the two profiles, and its check.
 *
 * A build picks a profile with -DIK_PROFILE_MINIMAL (RFC 7815 on a small part) or takes the full
 * one, and may override single limits with -DNAME=VALUE. How many SAs a node holds is no limit of
 * the build: the host lends the pools at ik_node_init() (see ik_node.h).
 */
#ifndef IKELET_IK_CONF_H
#define IKELET_IK_CONF_H

/* IK_MSG_MAX: octets of the largest IKE message kept or built, header included (RFC 7296 section 2
 * asks for 1280 at the least, and for 3000 where it can be; a minimal part sends and expects far
 * less: 300 octets by an initiator with one suite and a pre-shared key; 384 leaves room for the
 * notifies that its peer adds). */
#ifndef IK_MSG_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_MSG_MAX 640
#else
#define IK_MSG_MAX 3072
#endif
#endif

/* IK_PAYLOADS_MAX: payloads in one message, those inside SK counted too. */
#ifndef IK_PAYLOADS_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_PAYLOADS_MAX 16
#else
#define IK_PAYLOADS_MAX 40
#endif
#endif

/* IK_TRANSFORMS_MAX: transforms in one configured proposal (all types together). */
#ifndef IK_TRANSFORMS_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_TRANSFORMS_MAX 5
#else
#define IK_TRANSFORMS_MAX 16
#endif
#endif

/* IK_PROPOSALS_MAX: proposals in one configured list. */
#ifndef IK_PROPOSALS_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_PROPOSALS_MAX 2
#else
#define IK_PROPOSALS_MAX 8
#endif
#endif

/* IK_TS_MAX: traffic selectors kept per direction of a Child SA, and per policy side. */
#ifndef IK_TS_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_TS_MAX 1
#else
#define IK_TS_MAX 4
#endif
#endif

/* IK_DH_PUB_MAX: octets of the largest public value (384: MODP-3072; 32: X25519 only). */
#ifndef IK_DH_PUB_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_DH_PUB_MAX 32
#else
#define IK_DH_PUB_MAX 384
#endif
#endif

/* IK_DH_PRIV_MAX: octets of the largest private value (66: P-521; 32: X25519 only). */
#ifndef IK_DH_PRIV_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_DH_PRIV_MAX 32
#else
#define IK_DH_PRIV_MAX 66
#endif
#endif

/* IK_DH_WORK_MAX: octets that a group computed in slices keeps in its job from one to the next;
 * even (232: X25519 of targets/msp430). */
#ifndef IK_DH_WORK_MAX
#define IK_DH_WORK_MAX 232
#endif

/* IK_HASH_MAX: octets of the largest prf output and integrity key (64: SHA-512; 32: SHA-256). */
#ifndef IK_HASH_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_HASH_MAX 32
#else
#define IK_HASH_MAX 64
#endif
#endif

/* IK_ENCR_KEY_MAX: octets of the largest encryption key with its salt (ChaCha20: 32 + 4). */
#ifndef IK_ENCR_KEY_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_ENCR_KEY_MAX 20
#else
#define IK_ENCR_KEY_MAX 36
#endif
#endif

/* IK_NONCE_MAX: octets of the largest nonce accepted (RFC 7296 3.9: 16 to 256). */
#ifndef IK_NONCE_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_NONCE_MAX 64
#else
#define IK_NONCE_MAX 256
#endif
#endif

/* IK_COOKIE_MAX: octets of the largest cookie given back (RFC 7296 2.6: up to 64). */
#ifndef IK_COOKIE_MAX
#define IK_COOKIE_MAX 64
#endif

/* IK_ID_MAX: octets of the largest identity in a configuration. */
#ifndef IK_ID_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_ID_MAX 32
#else
#define IK_ID_MAX 128
#endif
#endif

/* IK_REPLAY_MAX: packets in the largest replay window that a policy may ask for; a power of two, 64
 * to 32768. A Child SA has 64 of its own; more are lent (ik_host.windows). */
#ifndef IK_REPLAY_MAX
#ifdef IK_PROFILE_MINIMAL
#define IK_REPLAY_MAX 64
#else
#define IK_REPLAY_MAX 4096
#endif
#endif

/* IK_ACCOUNT: 1: each Child SA counts its octets and packets and has limits of them
 * (ik_child_info(), ik_child_limit()); 0: it has only its sequence number. */
#ifndef IK_ACCOUNT
#ifdef IK_PROFILE_MINIMAL
#define IK_ACCOUNT 0
#else
#define IK_ACCOUNT 1
#endif
#endif

/* IK_PREPARE: 1: a host may lend room for key schedules of Child SAs (ik_host.prepared), so that
 * they are not computed for each packet; 0: they always are. */
#ifndef IK_PREPARE
#ifdef IK_PROFILE_MINIMAL
#define IK_PREPARE 0
#else
#define IK_PREPARE 1
#endif
#endif

/* IK_PSK_PADDED: 1: ik_peer.psk is prf(Shared Secret, "Key Pad for IKEv2") of every peer (RFC 7296
 * 2.15), of the prf that all their proposals name, so that the node never has the secret itself and
 * computes one prf less for each AUTH payload; for initiators. 0: ik_peer.psk_prf says what psk is.
 */
#ifndef IK_PSK_PADDED
#define IK_PSK_PADDED 0
#endif

/* IK_KEY_AHEAD: 1: the host may have the key pair of the next IKE_SA_INIT computed before there is
 * an IKE SA for it (ik_node_prepare); 0: it is computed when one begins. */
#ifndef IK_KEY_AHEAD
#ifdef IK_PROFILE_MINIMAL
#define IK_KEY_AHEAD 0
#else
#define IK_KEY_AHEAD 1
#endif
#endif

/* IK_HOLD: 1: a host may lend places for packets that wait for their SA (ik_host.held); 0: they are
 * dropped. */
#ifndef IK_HOLD
#ifdef IK_PROFILE_MINIMAL
#define IK_HOLD 0
#else
#define IK_HOLD 1
#endif
#endif

/* IK_ESN: 1: sequence numbers of Child SAs have 64 bits where the peers agree on it (RFC 4303
 * 2.2.1); 0: 32 bits always. */
#ifndef IK_ESN
#ifdef IK_PROFILE_MINIMAL
#define IK_ESN 0
#else
#define IK_ESN 1
#endif
#endif

/* IK_NAT: 1: NAT is looked for and lived with (RFC 7296 2.23, RFC 3948); 0: not, ik_peer.force_natt
 * does nothing, and ik_crypto.sha1 may be NULL. */
#ifndef IK_NAT
#define IK_NAT 1
#endif

/* IK_OUTER: 1: what the outer IP header says beside addresses goes with each packet (struct
 * ik_outer); 0: it does not: the host sends Not-ECT, and there is no transport mode. */
#ifndef IK_OUTER
#define IK_OUTER 1
#endif

/* IK_TRANSPORT_MODE: 1: policies may ask for transport mode; 0: tunnel mode is all there is. */
#ifndef IK_TRANSPORT_MODE
#define IK_TRANSPORT_MODE 1
#endif

/* IK_INTEG: 1: ciphers with an integrity algorithm beside them, too; 0: AEADs are all there is. */
#ifndef IK_INTEG
#define IK_INTEG 1
#endif

/* IK_INTEG_KEY_MAX: octets of the largest integrity key. */
#define IK_INTEG_KEY_MAX (IK_INTEG ? IK_HASH_MAX : 0)

/* IK_AES_KEYS_MAX: octets of the context of ik_crypto.aes_ctrcbc; if it is not defined, those of
 * BearSSL's largest. */

/* IK_LOOKUP: 1: ik_config.lookup may be set; 0: it may not. */
#ifndef IK_LOOKUP
#ifdef IK_PROFILE_MINIMAL
#define IK_LOOKUP 0
#else
#define IK_LOOKUP 1
#endif
#endif

/* IK_MANUAL: 1: SAs may be made by hand, without IKE (ik_node_manual); 0: they may not. */
#ifndef IK_MANUAL
#ifdef IK_PROFILE_MINIMAL
#define IK_MANUAL 0
#else
#define IK_MANUAL 1
#endif
#endif

/* IK_REKEY: 1: CREATE_CHILD_SA may be among a node's exchanges, and lifetimes in its configuration;
 * 0: the structs have no room for that. */
#ifndef IK_REKEY
#ifdef IK_PROFILE_MINIMAL
#define IK_REKEY 0
#else
#define IK_REKEY 1
#endif
#endif

/* IK_CHILDLESS: 1: IKE SAs may come up without a Child SA (RFC 6023), if ik_peer.childless says so;
 * 0: they never do. */
#ifndef IK_CHILDLESS
#define IK_CHILDLESS IK_REKEY
#endif

/* IK_PACKET_TS: 1: a Child SA that a packet asks for is asked for with the packet's own selectors
 * first, and a packet that those which are there do not take asks for a further one (RFC 7296 2.9);
 * 0: all ask for what their policy says, and such a packet is dropped. */
#ifndef IK_PACKET_TS
#define IK_PACKET_TS IK_REKEY
#endif

/* IK_FRAGMENT: 1: large messages may leave and come in fragments (RFC 7383), where the host lends
 * places for these (ik_host.reassemblies); 0: they never do. */
#ifndef IK_FRAGMENT
#ifdef IK_PROFILE_MINIMAL
#define IK_FRAGMENT 0
#else
#define IK_FRAGMENT 1
#endif
#endif

/* IK_FRAGMENT_LEAST: octets of the smallest IP datagram that ik_peer.fragment may ask for: with any
 * algorithms, that leaves room for IK_FRAGMENT_TEXT_LEAST octets of what is to be said. */
#define IK_FRAGMENT_LEAST 200
#define IK_FRAGMENT_TEXT_LEAST 48

/* IK_FRAGMENTS_MAX: fragments of one message: the largest, in the smallest. */
#define IK_FRAGMENTS_MAX (IK_MSG_MAX / IK_FRAGMENT_TEXT_LEAST)

/* IK_PMTU: 1: a Child SA learns what its path takes, and tells it inside (RFC 4301 8.2); 0: that is
 * the host's affair. */
#ifndef IK_PMTU
#ifdef IK_PROFILE_MINIMAL
#define IK_PMTU 0
#else
#define IK_PMTU (IK_FRAGMENT && IK_HOLD && IK_OUTER)
#endif
#endif

/* IK_PROBE: 1: an IKE SA may find out what its path takes where no router says so (RFC 8899), if
 * the host lends places for that (ik_host.probes); 0: it never does. */
#ifndef IK_PROBE
#define IK_PROBE IK_PMTU
#endif

/* IK_RESUME: 1: IKE SAs may be resumed by tickets, without a key exchange (RFC 5723): as initiator,
 * where the host lends ik_host.sessions; as responder, by ik_config.ticket_s; 0: they are not. */
#ifndef IK_RESUME
#ifdef IK_PROFILE_MINIMAL
#define IK_RESUME 0
#else
#define IK_RESUME 1
#endif
#endif

/* IK_TICKET_MAX: octets of the largest ticket that an initiator keeps. Ours have 144 at the most.
 */
#ifndef IK_TICKET_MAX
#define IK_TICKET_MAX 256
#endif

/* IK_SHORT_MAX: octets of the largest response that is kept in a short buffer, if the host lends
 * such (ik_host.shorts); 0: there are none. */
#ifndef IK_SHORT_MAX
#define IK_SHORT_MAX (IK_ONE ? 0 : 300)
#endif

/* IK_WINDOWS: 1: several requests may be outstanding at once, either way (RFC 7296 2.3); 0: one of
 * ours, and ours is not told. */
#ifndef IK_WINDOWS
#ifdef IK_PROFILE_MINIMAL
#define IK_WINDOWS 0
#else
#define IK_WINDOWS 1
#endif
#endif

/* IK_HINTS: 1: the node may tell who sends by an SA that it does not have, or with a message id
 * outside of the window (ik_config.hints), and asks a silent peer for a sign of life who is said to
 * do without one of ours (RFC 7296 1.5, 2.3); 0: such packets are dropped. */
#ifndef IK_HINTS
#ifdef IK_PROFILE_MINIMAL
#define IK_HINTS 0
#else
#define IK_HINTS 1
#endif
#endif

/* IK_IMPLICIT_IV: 1: ESP may leave its IV out, which then is the sequence number (RFC 8750), if a
 * policy names such a cipher; 0: those ciphers are not there. */
#ifndef IK_IMPLICIT_IV
#ifdef IK_PROFILE_MINIMAL
#define IK_IMPLICIT_IV 0
#else
#define IK_IMPLICIT_IV 1
#endif
#endif

/* IK_AH: 1: policies may ask for AH (RFC 4302) in the place of ESP; 0: they may not. */
#ifndef IK_AH
#ifdef IK_PROFILE_MINIMAL
#define IK_AH 0
#else
#define IK_AH (IK_INTEG && IK_TRANSPORT_MODE)
#endif
#endif

/* IK_TFC: 1: policies may ask for traffic flow confidentiality: padding to a length, and dummy
 * packets (RFC 4303 2.6, 2.7); 0: they may not; what a peer sends of it is taken all the same. */
#ifndef IK_TFC
#ifdef IK_PROFILE_MINIMAL
#define IK_TFC 0
#else
#define IK_TFC 1
#endif
#endif

/* IK_AUDIT: 1: what the data plane refuses goes to ik_host.audit (RFC 4303 section 4); 0: it is
 * counted and traced only. */
#ifndef IK_AUDIT
#ifdef IK_PROFILE_MINIMAL
#define IK_AUDIT 0
#else
#define IK_AUDIT (IK_TRACE && IK_OUTER && !IK_LINKED)
#endif
#endif

/* IK_PPK: 1: peers may have post-quantum pre-shared keys (RFC 8784); 0: they have none. */
#ifndef IK_PPK
#ifdef IK_PROFILE_MINIMAL
#define IK_PPK 0
#else
#define IK_PPK 1
#endif
#endif

/* IK_IPV4: 1: paths, selectors and packets may be IPv4; 0: IPv6 is all there is, and IPv4 is
 * refused. */
#ifndef IK_IPV4
#define IK_IPV4 1
#endif

/* IK_IP6_EXT: 1: the upper layer is looked for behind IPv6 extension headers (RFC 4301 4.4.1.1); 0:
 * a packet with one is refused. */
#ifndef IK_IP6_EXT
#define IK_IP6_EXT 1
#endif

/* IK_ONE: 1: the pools hold one IKE SA, one Child SA and one handshake: then nothing is looked for,
 * which makes an initiator for MSP430 smaller. 0: any number of them. */
#ifndef IK_ONE
#define IK_ONE 0
#endif

/* IK_RESPONDER: 1: the node may answer IKE_SA_INIT requests; 0: it drops them. */
#ifndef IK_RESPONDER
#define IK_RESPONDER (!IK_ONE)
#endif
#if IK_RESPONDER && IK_ONE
#error "IK_ONE: an initiator only"
#endif

/* IK_LINKED: 1, with IK_ONE: node, pools, two tasks and two buffers among them, and configuration
 * are the host's variables ik_linked_*, so that the compiler knows where they are; there is one
 * peer, one policy, one proposal of each kind and one algorithm of each. ik_host lends the same
 * pools. 0: all that lies anywhere. */
#ifndef IK_LINKED
#define IK_LINKED 0
#endif

/* Policies and outbound Child SAs are found by index, in a time that does not grow with their
 * number, but where there is only one. */
#define IK_INDEX (!IK_ONE)

/* IK_COUNTERS: 1: drops, and what else happens, are counted in ik_env.counters; 0: they are not,
 * which is for a part where nobody is who could read them. */
#ifndef IK_COUNTERS
#define IK_COUNTERS (!IK_LINKED)
#endif

/* IK_DROP_LAST: 1: without IK_COUNTERS, the host's ik_dropped() is called for each drop, which
 * counts it and keeps from where it was called, for a debugger; 0: it is not. */
#ifndef IK_DROP_LAST
#define IK_DROP_LAST 0
#endif

/* IK_TRACE: 1: trace records go to ik_host.trace; 0: they are not made. */
#ifndef IK_TRACE
#ifdef IK_PROFILE_MINIMAL
#define IK_TRACE 0
#else
#define IK_TRACE 1
#endif
#endif

/* IK_METER: 1: what is computed is counted in ik_env.meter; 0: it is not, and there is no meter. */
#ifndef IK_METER
#ifdef IK_PROFILE_MINIMAL
#define IK_METER 0
#else
#define IK_METER 1
#endif
#endif

/* IK_WIPE_STACK: 1: what primitives leave on the stack is overwritten after each use with a secret;
 * this takes 4 KB of stack; 0: it is left there until the stack grows over it again. */
#ifndef IK_WIPE_STACK
#ifdef IK_PROFILE_MINIMAL
#define IK_WIPE_STACK 0
#else
#define IK_WIPE_STACK 1
#endif
#endif

/* IK_CHECK_IGNORED: 1: bodies of payloads that are then ignored (CERT, CERTREQ, CP, SKF) are parsed
 * too, so that bad syntax there is refused; 0: they are not looked at. */
#ifndef IK_CHECK_IGNORED
#ifdef IK_PROFILE_MINIMAL
#define IK_CHECK_IGNORED 0
#else
#define IK_CHECK_IGNORED 1
#endif
#endif

/* IK_CHECK_CONFIG: 1: ik_node_init() refuses a configuration that can't work; 0: it believes it,
 * which is for constant ones that a build with 1 has checked. */
#ifndef IK_CHECK_CONFIG
#ifdef IK_PROFILE_MINIMAL
#define IK_CHECK_CONFIG 0
#else
#define IK_CHECK_CONFIG 1
#endif
#endif

#ifdef IK_PROFILE_MINIMAL
#define IK_MSG_MAX_LEAST 384
#else
#define IK_MSG_MAX_LEAST 1280
#endif
#if IK_MSG_MAX < IK_MSG_MAX_LEAST || IK_MSG_MAX > 32768
#error "IK_MSG_MAX: 384 (minimal) or 1280 (full) to 32768"
#endif
#if (IK_REPLAY_MAX & (IK_REPLAY_MAX - 1)) != 0 || IK_REPLAY_MAX < 64 || IK_REPLAY_MAX > 32768
#error "IK_REPLAY_MAX: a power of two, 64 to 32768"
#endif
#if IK_TRACE && !IK_COUNTERS
#error "IK_TRACE needs IK_COUNTERS: what is dropped is counted and traced"
#endif
#if IK_DROP_LAST && IK_COUNTERS
#error "IK_DROP_LAST is for a build without IK_COUNTERS, which know more"
#endif
#if IK_TRANSPORT_MODE && !IK_OUTER
#error "IK_TRANSPORT_MODE needs IK_OUTER"
#endif
#if IK_AH && !(IK_INTEG && IK_TRANSPORT_MODE)
#error "IK_AH needs IK_INTEG and IK_TRANSPORT_MODE"
#endif
#if IK_PMTU && !(IK_FRAGMENT && IK_HOLD && IK_OUTER && IK_REKEY)
#error "IK_PMTU needs IK_FRAGMENT, IK_HOLD, IK_OUTER and IK_REKEY"
#endif
#if IK_PROBE && !IK_PMTU
#error "IK_PROBE needs IK_PMTU: what is found out is for its Child SAs"
#endif
#if IK_CHILDLESS && !IK_REKEY
#error "IK_CHILDLESS needs IK_REKEY: its Child SAs are made by CREATE_CHILD_SA"
#endif
#if IK_PACKET_TS && !IK_REKEY
#error "IK_PACKET_TS needs IK_REKEY: further Child SAs are made by CREATE_CHILD_SA"
#endif
#if IK_DH_WORK_MAX % 2 != 0 || IK_DH_WORK_MAX < 2
#error "IK_DH_WORK_MAX: even, 2 or more"
#endif
#if IK_LINKED && (!IK_ONE || IK_INTEG || IK_PROPOSALS_MAX != 1)
#error "IK_LINKED: with IK_ONE 1, IK_INTEG 0 and IK_PROPOSALS_MAX 1"
#endif
#if IK_PSK_PADDED && IK_RESPONDER
#error "IK_PSK_PADDED: an initiator only"
#endif
#if IK_NONCE_MAX < 32 || IK_NONCE_MAX > 256
#error "IK_NONCE_MAX: 32 to 256"
#endif
#if IK_COOKIE_MAX != 64
#error "IK_COOKIE_MAX: 64, as RFC 7296 2.6 says"
#endif

#endif
