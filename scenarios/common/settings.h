/* SPDX-License-Identifier: MIT */
/* What several scenarios let be chosen, as plain data; in the units of their names. */
#ifndef SCENARIO_SETTINGS_H
#define SCENARIO_SETTINGS_H

#include <cstdint>
#include <string>

namespace scenario
{

/* Options of the air; in the units of their names. */
struct AirOptions {
    std::string lossModel = "frame"; /* or bit, burst, distance */
    int64_t lossPpm = 0;             /* of frames; 200000 is 20 % */
    int64_t burstUs = 200'000;       /* mean time of a burst */
    int64_t distanceMm = 3'000;      /* of neighbours; at which the loss model "distance" works */
    int64_t shadowingMilliDb = 0;
    int64_t delayUs = 0;     /* added to each frame, above the MAC */
    int64_t dutyCycleUs = 0; /* of receivers, as a latency only */
    uint32_t minBe = 3, maxBe = 5, maxBackoffs = 4,
             frameRetries = 3; /* IEEE 802.15.4-2011 table 52 */
    uint32_t hops = 1;
    bool keepDuplicates = false;
    bool noContext = false;
    bool elideUdpChecksum = false;
};

/* Options of what runs on batteries. */
struct PowerOptions {
    std::string cpu = "ideal"; /* its cycles, and its currents if it is a part */
    std::string radio = "none";
    std::string radioPolicy = "listen"; /* or off: while computing alone */
    int64_t batteryMj = 16'200'000;
};

/* Options of IKE and ESP between stations and border router. */
struct IpsecOptions {
    std::string suite = "aes128ccm8-prfsha256-x25519"; /* as given */
    std::string ikeSuite, espSuite; /* what suite came to, in host_suite_print's words */
    std::string mode = "transport"; /* or "tunnel" */
    int64_t ikeTimeoutUs = 700'000; /* before an IKE request is sent again for the first time */
    uint32_t ikeTries = 12;         /* transmissions of a request before giving up */
    std::string gatewayCpu = "ideal";
    bool ah = false;              /* AH in the place of ESP; espSuite is its suite */
    bool shortIds = false;        /* identities of one octet; for one station */
    bool noNat = false;           /* NAT is not looked for, at either end */
    bool resume = false;          /* stations resume by a ticket, good for ten days (RFC 5723) */
    bool manual = false;          /* SAs by hand, without IKE */
    bool furtherChildSas = false; /* stations begin CREATE_CHILD_SA */
};

} // namespace scenario

#endif
