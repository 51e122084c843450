/* SPDX-License-Identifier: MIT */
/* The table of which argp makes --help and --usage. */
#include "option_rows.h"

/* Rows that both subcommands have. */
#define ROWS_WHO                                                                                   \
    {0, 0, 0, 0, "Who:", 2},                                                                       \
        {"id",                                                                                     \
         KEY_ID,                                                                                   \
         "ID",                                                                                     \
         0,                                                                                        \
         "Our identity: gw.example.org, user@example.org, an address, keyid:TEXT or keyid:0xHEX "  \
         "(default: our address)",                                                                 \
         2},                                                                                       \
        {"remote-id",                                                                              \
         KEY_REMOTE_ID,                                                                            \
         "ID",                                                                                     \
         0,                                                                                        \
         "The identity that the peer must prove (default: any that has the key)",                  \
         2},                                                                                       \
        {"psk-file",                                                                               \
         KEY_PSK_FILE,                                                                             \
         "FILE",                                                                                   \
         0,                                                                                        \
         "File with the pre-shared key, as text or 0xHEX; a line end behind it doesn't count "     \
         "(default: the environment variable IKELET_PSK)",                                         \
         2},                                                                                       \
        {"ppk-file",                                                                               \
         KEY_PPK_FILE,                                                                             \
         "FILE",                                                                                   \
         0,                                                                                        \
         "File with post-quantum pre-shared keys (RFC 8784), lines IDENTITY: KEY, the key as "     \
         "text or 0xHEX; the first is ours to name, any of them the peer's",                       \
         2},                                                                                       \
        {"ppk-required",                                                                           \
         KEY_PPK_REQUIRED,                                                                         \
         0,                                                                                        \
         0,                                                                                        \
         "No IKE SA without one of --ppk-file (default: if the peer has it, too)",                 \
         2},                                                                                       \
    {                                                                                              \
        "psk", KEY_PSK, "KEY", OPTION_HIDDEN, 0, 2                                                 \
    }

#define ROWS_HOW                                                                                   \
    {0, 0, 0, 0, "How:", 3},                                                                       \
        {"ike",                                                                                    \
         KEY_IKE,                                                                                  \
         "SUITES",                                                                                 \
         0,                                                                                        \
         "Proposals for IKE as strongSwan writes them, joined by commas: aes128-sha256-x25519, "   \
         "aes128gcm16-prfsha256-ecp256, chacha20poly1305-prfsha256-x25519 ...",                    \
         3},                                                                                       \
        {"esp",                                                                                    \
         KEY_ESP,                                                                                  \
         "SUITES",                                                                                 \
         0,                                                                                        \
         "Proposals for ESP: aes128gcm16, aes128-sha256, null-sha256 ...; with a group "           \
         "(aes128-sha256-x25519) further and rekeyed Child SAs have a key exchange of their own",  \
         3},                                                                                       \
        {"ah",                                                                                     \
         KEY_AH,                                                                                   \
         "SUITES",                                                                                 \
         0,                                                                                        \
         "AH in the place of ESP (RFC 4302), which hides nothing and passes no NAT: sha256, "      \
         "aescmac, sha384-esn ...; needs a raw socket",                                            \
         3},                                                                                       \
        {"child",                                                                                  \
         KEY_CHILD,                                                                                \
         "LOCAL===REMOTE",                                                                         \
         0,                                                                                        \
         "A further Child SA between these selectors: 10.1.1.0/24===10.2.1.0/24; may be given "    \
         "several times",                                                                          \
         3},                                                                                       \
        {"childless",                                                                              \
         KEY_CHILDLESS,                                                                            \
         "WORD",                                                                                   \
         0,                                                                                        \
         "An IKE SA without a Child SA in IKE_AUTH (RFC 6023): never; allow, if the peer "         \
         "wants it so (default); force: Child SAs follow by CREATE_CHILD_SA",                      \
         3},                                                                                       \
        {"fragment",                                                                               \
         KEY_FRAGMENT,                                                                             \
         "OCTETS",                                                                                 \
         0,                                                                                        \
         "Largest IP datagram of an IKE message, 200 at the least; a larger message goes in "      \
         "fragments if the peer takes them (RFC 7383); 0: never (default: 1280)",                  \
         3},                                                                                       \
        {"nat-detection",                                                                          \
         KEY_NAT_DETECTION,                                                                        \
         "WORD",                                                                                   \
         0,                                                                                        \
         "no: there is no NAT on the way, and nobody looks for one, which saves 56 octets a "      \
         "message; if there is one after all, ESP is lost (default: yes)",                         \
         3},                                                                                       \
        {"nonce",                                                                                  \
         KEY_NONCE,                                                                                \
         "OCTETS",                                                                                 \
         0,                                                                                        \
         "Length of our nonces, 16 to 255, and half the key of the PRF at the least (default: "    \
         "32)",                                                                                    \
         3},                                                                                       \
        {"legacy-mini",                                                                            \
         KEY_LEGACY_MINI,                                                                          \
         0,                                                                                        \
         0,                                                                                        \
         "The suite of the first minimal initiators, for old peers: aes128-sha1-modp1024, and "    \
         "aes128-sha1 for ESP; weak",                                                              \
         3},                                                                                       \
        {"crypto",                                                                                 \
         KEY_CRYPTO,                                                                               \
         "PROVIDER",                                                                               \
         0,                                                                                        \
         "Who computes: bearssl (default), or openssl if this build has it, which is faster with " \
         "SHA-2, ChaCha20, NIST curves and MODP",                                                  \
         3},                                                                                       \
    {                                                                                              \
        "mode", KEY_MODE, "MODE", 0, "tunnel (default) or transport", 3                            \
    }

#define ROWS_LIFE                                                                                  \
    {0, 0, 0, 0, "Lives of SAs:", 5},                                                              \
        {"rekey-child",                                                                            \
         KEY_REKEY_CHILD,                                                                          \
         "SECONDS",                                                                                \
         0,                                                                                        \
         "Age at which a Child SA is rekeyed, less up to a tenth (default: never)",                \
         5},                                                                                       \
        {"rekey-ike", KEY_REKEY_IKE, "SECONDS", 0, "Likewise the IKE SA (default: never)", 5},     \
        {"reauth",                                                                                 \
         KEY_REAUTH,                                                                               \
         "SECONDS",                                                                                \
         0,                                                                                        \
         "Age of an authentication at which it is repeated, less up to a tenth, make before "      \
         "break; as responder: the initiator is told (RFC 4478), and has a tenth and 5 s more "    \
         "(default: never)",                                                                       \
         5},                                                                                       \
        {"life-child",                                                                             \
         KEY_LIFE_CHILD,                                                                           \
         "SECONDS",                                                                                \
         0,                                                                                        \
         "Age at which a Child SA ends (default: never)",                                          \
         5},                                                                                       \
        {"life-ike", KEY_LIFE_IKE, "SECONDS", 0, "Likewise the IKE SA (default: never)", 5},       \
        {"liveness",                                                                               \
         KEY_LIVENESS,                                                                             \
         "SECONDS",                                                                                \
         0,                                                                                        \
         "Silence after which the peer is asked for a sign of life; 0: never (default: 30)",       \
         5},                                                                                       \
    {                                                                                              \
        "commands", KEY_COMMANDS, 0, 0,                                                            \
            "Read lines from standard input: status, rekey child, rekey ike, reauth, "             \
            "delete child, delete ike, check, quit",                                               \
            5                                                                                      \
    }

#define ROWS_SEE                                                                                   \
    {0, 0, 0, 0, "To see more:", 6},                                                               \
        {"keylog",                                                                                 \
         KEY_KEYLOG,                                                                               \
         "DIR",                                                                                    \
         0,                                                                                        \
         "Write the keys for Wireshark and tshark into DIR (WIRESHARK_CONFIG_DIR=DIR); they are "  \
         "secret",                                                                                 \
         6},                                                                                       \
        {"pcap", KEY_PCAP, "FILE", 0, "Write the datagrams of IKE and ESP into FILE", 6},          \
    {                                                                                              \
        "verbose", KEY_VERBOSE, 0, 0, "Print every message, decrypted, on stderr", 6               \
    }

/* clang-format off */
const struct argp_option option_rows_ping[] = {
    {0, 0, 0, 0, "Where:", 1},
    {"peer", KEY_PEER, "ADDR", 0, "IPv4 or IPv6 address of the responder; a link-local one with its link: fe80::1%eth0", 1},
    {"local", KEY_LOCAL, "ADDR", 0, "Our address (default: the one that the route gives)", 1},
    {"port", KEY_PORT, "PORT", 0,
     "One UDP port of the responder for everything, used as port 4500 is, instead of 500 and 4500; "
     "it brings --natt with it, and needs no privilege", 1},
    {"local-port", KEY_LOCAL_PORT, "PORT", 0, "Our UDP port, with --port (default: any)", 1},
    {"natt", KEY_NATT, 0, 0, "Put ESP in UDP even if there is no NAT", 1},
    ROWS_WHO,
    {"ticket-file", KEY_TICKET_FILE, "FILE", 0,
     "Keep there what resumes the IKE SA without a key exchange (RFC 5723), if the peer gives a "
     "ticket, and leave without deleting the SAs; resume by it what an earlier run has left. A "
     "secret: mode 0600", 2},
    ROWS_HOW,
    {"ts-local", KEY_TS_LOCAL, "CIDR", 0,
     "Traffic selectors of our side, joined by commas: 10.1.0.0/24 (default: --from, or our "
     "address)", 3},
    {"ts-remote", KEY_TS_REMOTE, "CIDR", 0,
     "Traffic selectors of the peer's side (default: --to, or the peer's address)", 3},
    {"initial-contact", KEY_INITIAL_CONTACT, "WORD", OPTION_ARG_OPTIONAL,
     "Tell the peer that this is our only IKE SA with it, so that it forgets older ones: yes "
     "(default) or no", 3},
    {"idr", KEY_IDR, "WORD", 0,
     "no: do not tell the peer which identity of its is meant; it must prove --remote-id all the "
     "same (default: yes)", 3},
    {0, 0, 0, 0, "The echo:", 4},
    {"from", KEY_FROM, "ADDR", 0, "Inner address that the echo requests come from (default: "
     "--ts-local, if that is one address)", 4},
    {"to", KEY_TO, "ADDR", 0, "Inner address that they go to (default: --ts-remote, if that is one "
     "address)", 4},
    {"count", KEY_COUNT, "N", 0, "Send N echo requests (default: until interrupted)", 4},
    {"interval", KEY_INTERVAL, "SECONDS", 0, "Between two echo requests (default: 1)", 4},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0,
     "How long an IKE request is repeated without an answer, and how long the last echo is waited "
     "for (default: 10)", 4},
    {"size", KEY_SIZE, "OCTETS", 0, "Data in an echo request (default: 56)", 4},
    ROWS_LIFE,
    ROWS_SEE,
    {0, 0, 0, 0, 0, 0},
};

const struct argp_option option_rows_respond[] = {
    {0, 0, 0, 0, "Where:", 1},
    {"local", KEY_LOCAL, "ADDR", 0, "IPv4 or IPv6 address to listen on (default: all)", 1},
    {"port", KEY_PORT, "PORT", 0,
     "One UDP port for everything, used as port 4500 is, instead of 500 and 4500; it brings --natt "
     "with it, and needs no privilege", 1},
    {"peer", KEY_PEER, "ADDR", 0, "The only address that is answered (default: any)", 1},
    {"natt", KEY_NATT, 0, 0, "Put ESP in UDP even if there is no NAT", 1},
    ROWS_WHO,
    {"ticket-life", KEY_TICKET_LIFE, "SECONDS", 0,
     "How long a ticket is good by which an initiator that asks for one resumes its IKE SA (RFC "
     "5723); 0: none is given (default: 3600)", 2},
    {"ticket-file", KEY_TICKET_FILE, "FILE", 0,
     "Keep there the keys of tickets, so that those that were given before a restart are taken "
     "after it (default: they are not). A secret: mode 0600; who has it can try guesses of a weak "
     "pre-shared key", 2},
    ROWS_HOW,
    {"ts-local", KEY_TS_LOCAL, "CIDR", 0,
     "What our side may be narrowed to, joined by commas: 10.2.0.0/24 (default: anything)", 3},
    {"ts-remote", KEY_TS_REMOTE, "CIDR", 0, "Likewise the peer's side (default: anything)", 3},
    {0, 0, 0, 0, "How long:", 4},
    {"count", KEY_COUNT, "N", 0,
     "End when N echo requests have been answered and the peer has deleted its SAs (default: until "
     "interrupted)", 4},
    {"timeout", KEY_TIMEOUT, "SECONDS", 0,
     "How long an IKE request of ours is repeated without an answer (default: 10)", 4},
    ROWS_LIFE,
    ROWS_SEE,
    {0, 0, 0, 0, 0, 0},
};
/* clang-format on */
