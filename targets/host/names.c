/* SPDX-License-Identifier: MIT */
/* Names of numbers. Those that the core lists in X-macros come from there; IANA's from here. */
#include "host.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

struct name {
    uint16_t id;
    const char *text;
};

static const char *find(const struct name *names, size_t n, unsigned id)
{
    for (size_t i = 0; i < n; i++)
        if (names[i].id == id)
            return names[i].text;
    return "unknown";
}

static const char *at(const char *const *names, size_t n, unsigned i)
{
    return i < n && names[i] != NULL ? names[i] : "unknown";
}

#define NAME_OF(id, name) name,
static const char *const drops[] = {IK_DROPS(NAME_OF)};
static const char *const counts[] = {IK_COUNTS(NAME_OF)};
static const char *const costs[] = {IK_COSTS(NAME_OF)};
static const char *const faults[] = {IK_FAULTS(NAME_OF)};

#define NAME_AT(number, id, name) [number] = name,
static const char *const traces[] = {IK_TRACES(NAME_AT)};

const char *host_drop_name(unsigned drop)
{
    return at(drops, ROWS(drops), drop);
}

const char *host_count_name(unsigned count)
{
    return at(counts, ROWS(counts), count);
}

const char *host_cost_name(unsigned cost)
{
    return at(costs, ROWS(costs), cost);
}

const char *host_fault_text(unsigned what)
{
    return at(faults, ROWS(faults), what);
}

const char *host_trace_name(unsigned event)
{
    return at(traces, ROWS(traces), event);
}

static const char *const events[] = {
    [IK_EV_IKE_UP] = "ike_up",
    [IK_EV_CHILD_UP] = "child_up",
    [IK_EV_CHILD_FAILED] = "child_failed",
    [IK_EV_IKE_FAILED] = "ike_failed",
    [IK_EV_CHILD_DOWN] = "child_down",
    [IK_EV_IKE_DOWN] = "ike_down",
    [IK_EV_NO_ROOM] = "no_room",
};

const char *host_event_name(unsigned event)
{
    return at(events, ROWS(events), event);
}

static const char *const reasons[] = {
    [IK_WHY_NONE] = "no reason given",
    [IK_WHY_TIMEOUT] = "no answer",
    [IK_WHY_AUTH] = "authentication failed",
    [IK_WHY_NO_PROPOSAL] = "no proposal chosen",
    [IK_WHY_BAD_KE] = "no Diffie-Hellman group in common, or a bad public value",
    [IK_WHY_TS] = "traffic selectors unacceptable",
    [IK_WHY_SYNTAX] = "malformed message",
    [IK_WHY_CRITICAL] = "unsupported critical payload",
    [IK_WHY_NO_ADDITIONAL] = "no additional SAs",
    [IK_WHY_REFUSED] = "refused by the peer",
    [IK_WHY_NO_ROOM] = "no room for another SA",
    [IK_WHY_NOT_SEEDED] = "no entropy yet",
    [IK_WHY_DELETED_HERE] = "deleted here",
    [IK_WHY_DELETED_PEER] = "deleted by the peer",
    [IK_WHY_REPLACED] = "replaced by a newer SA",
    [IK_WHY_NO_PEER] = "nobody to call: the peer has no address",
    [IK_WHY_MODE] = "tunnel and transport mode don't fit together",
    [IK_WHY_REKEYED] = "rekeyed",
    [IK_WHY_EXPIRED] = "its life is over",
    [IK_WHY_CONFIG] = "not allowed by the new configuration",
    [IK_WHY_CHILDLESS] = "one side wants a Child SA in IKE_AUTH, the other one none",
    [IK_WHY_PPK] = "a post-quantum pre-shared key is required, and the peer uses none",
    [IK_WHY_AH_NAT] = "AH cannot pass the NAT that is between the two ends",
};

const char *host_reason_text(unsigned reason)
{
    return at(reasons, ROWS(reasons), reason);
}

static const char *const states[] = {
    [IK_IKE_FREE] = "free",       [IK_IKE_OPENING] = "opening", [IK_IKE_UP] = "up",
    [IK_IKE_REKEYED] = "rekeyed", [IK_IKE_CLOSING] = "closing", [IK_IKE_DEAD] = "dead",
};

const char *host_state_name(unsigned state)
{
    return at(states, ROWS(states), state);
}

/* From here on: the names of the IANA registry "IKEv2 Parameters" (ik_iana.h). */

#define EX(x)                                                                                      \
    {                                                                                              \
        IK_EX_##x, #x                                                                              \
    }
static const struct name exchanges[] = {EX(IKE_SA_INIT), EX(IKE_AUTH), EX(CREATE_CHILD_SA),
                                        EX(INFORMATIONAL), EX(IKE_SESSION_RESUME)};

const char *host_exchange_name(unsigned exchange)
{
    return find(exchanges, ROWS(exchanges), exchange);
}

static const struct name payloads[] = {
    {IK_PL_SA, "SA"},     {IK_PL_KE, "KE"},           {IK_PL_IDI, "IDi"},   {IK_PL_IDR, "IDr"},
    {IK_PL_CERT, "CERT"}, {IK_PL_CERTREQ, "CERTREQ"}, {IK_PL_AUTH, "AUTH"}, {IK_PL_NONCE, "Nonce"},
    {IK_PL_NOTIFY, "N"},  {IK_PL_DELETE, "D"},        {IK_PL_VENDOR, "V"},  {IK_PL_TSI, "TSi"},
    {IK_PL_TSR, "TSr"},   {IK_PL_SK, "SK"},           {IK_PL_CP, "CP"},     {IK_PL_EAP, "EAP"},
    {IK_PL_SKF, "SKF"},
};

const char *host_payload_name(unsigned type)
{
    return find(payloads, ROWS(payloads), type);
}

#define N(x)                                                                                       \
    {                                                                                              \
        IK_N_##x, #x                                                                               \
    }
static const struct name notifies[] = {
    N(UNSUPPORTED_CRITICAL_PAYLOAD),
    N(INVALID_IKE_SPI),
    N(INVALID_MAJOR_VERSION),
    N(INVALID_SYNTAX),
    N(INVALID_MESSAGE_ID),
    N(INVALID_SPI),
    N(NO_PROPOSAL_CHOSEN),
    N(INVALID_KE_PAYLOAD),
    N(AUTHENTICATION_FAILED),
    N(SINGLE_PAIR_REQUIRED),
    N(NO_ADDITIONAL_SAS),
    N(INTERNAL_ADDRESS_FAILURE),
    N(FAILED_CP_REQUIRED),
    N(TS_UNACCEPTABLE),
    N(INVALID_SELECTORS),
    N(TEMPORARY_FAILURE),
    N(CHILD_SA_NOT_FOUND),
    N(INITIAL_CONTACT),
    N(SET_WINDOW_SIZE),
    N(ADDITIONAL_TS_POSSIBLE),
    N(IPCOMP_SUPPORTED),
    N(NAT_DETECTION_SOURCE_IP),
    N(NAT_DETECTION_DESTINATION_IP),
    N(COOKIE),
    N(USE_TRANSPORT_MODE),
    N(HTTP_CERT_LOOKUP_SUPPORTED),
    N(REKEY_SA),
    N(ESP_TFC_PADDING_NOT_SUPPORTED),
    N(NON_FIRST_FRAGMENTS_ALSO),
    N(AUTH_LIFETIME),
    N(IKEV2_FRAGMENTATION_SUPPORTED),
    N(CHILDLESS_IKEV2_SUPPORTED),
    N(SIGNATURE_HASH_ALGORITHMS),
    N(TICKET_LT_OPAQUE),
    N(TICKET_REQUEST),
    N(TICKET_ACK),
    N(TICKET_NACK),
    N(TICKET_OPAQUE),
    N(USE_PPK),
    N(PPK_IDENTITY),
    N(NO_PPK_AUTH),
    /* what other implementations send and the core does not act on */
    {16396, "MOBIKE_SUPPORTED"},
    {16404, "MULTIPLE_AUTH_SUPPORTED"},
    {16417, "EAP_ONLY_AUTHENTICATION"},
    {16406, "REDIRECT_SUPPORTED"},
};

const char *host_notify_name(unsigned type)
{
    return find(notifies, ROWS(notifies), type);
}

static const struct name encrs[] = {
    {IK_ENCR_NULL, "ENCR_NULL"},
    {IK_ENCR_AES_CBC, "ENCR_AES_CBC"},
    {IK_ENCR_AES_CTR, "ENCR_AES_CTR"},
    {IK_ENCR_AES_CCM_8, "ENCR_AES_CCM_8"},
    {IK_ENCR_AES_CCM_12, "ENCR_AES_CCM_12"},
    {IK_ENCR_AES_CCM_16, "ENCR_AES_CCM_16"},
    {IK_ENCR_AES_GCM_8, "ENCR_AES_GCM_8"},
    {IK_ENCR_AES_GCM_12, "ENCR_AES_GCM_12"},
    {IK_ENCR_AES_GCM_16, "ENCR_AES_GCM_16"},
    {IK_ENCR_NULL_AUTH_AES_GMAC, "ENCR_NULL_AUTH_AES_GMAC"},
    {IK_ENCR_CHACHA20_POLY1305, "ENCR_CHACHA20_POLY1305"},
    {IK_ENCR_AES_CCM_8_IIV, "ENCR_AES_CCM_8_IIV"},
    {IK_ENCR_AES_GCM_16_IIV, "ENCR_AES_GCM_16_IIV"},
    {IK_ENCR_CHACHA20_POLY1305_IIV, "ENCR_CHACHA20_POLY1305_IIV"},
};
static const struct name prfs[] = {
    {IK_PRF_HMAC_SHA1, "PRF_HMAC_SHA1"},         {IK_PRF_AES128_XCBC, "PRF_AES128_XCBC"},
    {IK_PRF_HMAC_SHA2_256, "PRF_HMAC_SHA2_256"}, {IK_PRF_HMAC_SHA2_384, "PRF_HMAC_SHA2_384"},
    {IK_PRF_HMAC_SHA2_512, "PRF_HMAC_SHA2_512"}, {IK_PRF_AES128_CMAC, "PRF_AES128_CMAC"},
};
static const struct name integs[] = {
    {IK_INTEG_NONE, "NONE"},
    {IK_INTEG_HMAC_SHA1_96, "AUTH_HMAC_SHA1_96"},
    {IK_INTEG_AES_XCBC_96, "AUTH_AES_XCBC_96"},
    {IK_INTEG_AES_CMAC_96, "AUTH_AES_CMAC_96"},
    {IK_INTEG_AES_128_GMAC, "AUTH_AES_128_GMAC"},
    {IK_INTEG_AES_192_GMAC, "AUTH_AES_192_GMAC"},
    {IK_INTEG_AES_256_GMAC, "AUTH_AES_256_GMAC"},
    {IK_INTEG_HMAC_SHA2_256_128, "AUTH_HMAC_SHA2_256_128"},
    {IK_INTEG_HMAC_SHA2_384_192, "AUTH_HMAC_SHA2_384_192"},
    {IK_INTEG_HMAC_SHA2_512_256, "AUTH_HMAC_SHA2_512_256"},
};
static const struct name groups[] = {
    {IK_DH_NONE, "NONE"},           {IK_DH_MODP_1024, "MODP_1024"}, {IK_DH_MODP_2048, "MODP_2048"},
    {IK_DH_MODP_3072, "MODP_3072"}, {IK_DH_P256, "P_256"},          {IK_DH_P384, "P_384"},
    {IK_DH_P521, "P_521"},          {IK_DH_X25519, "CURVE25519"},
};
static const struct name esns[] = {{IK_ESN_NO, "NO_ESN"}, {IK_ESN_YES, "ESN"}};

const char *host_transform_name(unsigned type, unsigned id)
{
    switch (type) {
    case IK_TT_ENCR:
        return find(encrs, ROWS(encrs), id);
    case IK_TT_PRF:
        return find(prfs, ROWS(prfs), id);
    case IK_TT_INTEG:
        return find(integs, ROWS(integs), id);
    case IK_TT_DH:
        return find(groups, ROWS(groups), id);
    case IK_TT_ESN:
        return find(esns, ROWS(esns), id);
    default:
        return "unknown";
    }
}
