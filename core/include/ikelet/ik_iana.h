/* SPDX-License-Identifier: MIT */
/*
 * Numbers that IANA keeps: registry "Internet Key Exchange Version 2 (IKEv2) Parameters", and the
 * IP protocol numbers used here. Names are the registry's. tests/unit compares them with a table.
 */
#ifndef IKELET_IK_IANA_H
#define IKELET_IK_IANA_H

/* IKEv2 Exchange Types */
enum ik_exchange_type {
    IK_EX_IKE_SA_INIT = 34,
    IK_EX_IKE_AUTH = 35,
    IK_EX_CREATE_CHILD_SA = 36,
    IK_EX_INFORMATIONAL = 37,
    IK_EX_IKE_SESSION_RESUME = 38
};

/* IKEv2 Payload Types */
enum ik_payload_type {
    IK_PL_NONE = 0,
    IK_PL_SA = 33,
    IK_PL_KE = 34,
    IK_PL_IDI = 35,
    IK_PL_IDR = 36,
    IK_PL_CERT = 37,
    IK_PL_CERTREQ = 38,
    IK_PL_AUTH = 39,
    IK_PL_NONCE = 40,
    IK_PL_NOTIFY = 41,
    IK_PL_DELETE = 42,
    IK_PL_VENDOR = 43,
    IK_PL_TSI = 44,
    IK_PL_TSR = 45,
    IK_PL_SK = 46,
    IK_PL_CP = 47,
    IK_PL_EAP = 48,
    IK_PL_SKF = 53
};

/* IKEv2 Security Protocol Identifiers */
enum ik_protocol { IK_PROTO_NONE = 0, IK_PROTO_IKE = 1, IK_PROTO_AH = 2, IK_PROTO_ESP = 3 };

/* Transform Type Values */
enum ik_transform_type {
    IK_TT_ENCR = 1,
    IK_TT_PRF = 2,
    IK_TT_INTEG = 3,
    IK_TT_DH = 4,
    IK_TT_ESN = 5
};

/* Transform Type 1 - Encryption Algorithm Transform IDs */
enum ik_encr_id {
    IK_ENCR_NULL = 11,
    IK_ENCR_AES_CBC = 12,
    IK_ENCR_AES_CTR = 13,
    IK_ENCR_AES_CCM_8 = 14,
    IK_ENCR_AES_CCM_12 = 15,
    IK_ENCR_AES_CCM_16 = 16,
    IK_ENCR_AES_GCM_8 = 18,
    IK_ENCR_AES_GCM_12 = 19,
    IK_ENCR_AES_GCM_16 = 20,
    IK_ENCR_NULL_AUTH_AES_GMAC = 21, /* RFC 4543 */
    IK_ENCR_CHACHA20_POLY1305 = 28,
    /* RFC 8750: the IV is the sequence number, and not sent. */
    IK_ENCR_AES_CCM_8_IIV = 29,
    IK_ENCR_AES_GCM_16_IIV = 30,
    IK_ENCR_CHACHA20_POLY1305_IIV = 31
};

/* Transform Type 2 - Pseudorandom Function Transform IDs */
enum ik_prf_id {
    IK_PRF_HMAC_SHA1 = 2,
    IK_PRF_AES128_XCBC = 4,
    IK_PRF_HMAC_SHA2_256 = 5,
    IK_PRF_HMAC_SHA2_384 = 6,
    IK_PRF_HMAC_SHA2_512 = 7,
    IK_PRF_AES128_CMAC = 8
};

/* Transform Type 3 - Integrity Algorithm Transform IDs */
enum ik_integ_id {
    IK_INTEG_NONE = 0,
    IK_INTEG_HMAC_SHA1_96 = 2,
    IK_INTEG_AES_XCBC_96 = 5,
    IK_INTEG_AES_CMAC_96 = 8,
    IK_INTEG_AES_128_GMAC = 9, /* RFC 4543: in AH only */
    IK_INTEG_AES_192_GMAC = 10,
    IK_INTEG_AES_256_GMAC = 11,
    IK_INTEG_HMAC_SHA2_256_128 = 12,
    IK_INTEG_HMAC_SHA2_384_192 = 13,
    IK_INTEG_HMAC_SHA2_512_256 = 14
};

/* Transform Type 4 - Key Exchange Method Transform IDs */
enum ik_dh_id {
    IK_DH_NONE = 0,
    IK_DH_MODP_1024 = 2,
    IK_DH_MODP_2048 = 14,
    IK_DH_MODP_3072 = 15,
    IK_DH_P256 = 19,
    IK_DH_P384 = 20,
    IK_DH_P521 = 21,
    IK_DH_X25519 = 31
};

/* Transform Type 5 - Extended Sequence Numbers Transform IDs */
enum ik_esn_id { IK_ESN_NO = 0, IK_ESN_YES = 1 };

/* Transform Attribute Types */
enum ik_attr_type { IK_ATTR_KEY_LENGTH = 14 };

/* IKEv2 Identification Payload ID Types */
enum ik_id_type {
    IK_ID_ANY = 0, /* reserved by IANA; in a configuration: whoever knows the key */
    IK_ID_IPV4_ADDR = 1,
    IK_ID_FQDN = 2,
    IK_ID_RFC822_ADDR = 3,
    IK_ID_IPV6_ADDR = 5,
    IK_ID_DER_ASN1_DN = 9,
    IK_ID_DER_ASN1_GN = 10,
    IK_ID_KEY_ID = 11
};

/* IKEv2 Authentication Method */
enum ik_auth_method {
    IK_AUTH_RSA_SIGNATURE = 1,
    IK_AUTH_SHARED_KEY_MIC = 2,
    IK_AUTH_NULL = 13,
    IK_AUTH_DIGITAL_SIGNATURE = 14
};

/* IKEv2 Traffic Selector Types */
enum ik_ts_type { IK_TS_IPV4_ADDR_RANGE = 7, IK_TS_IPV6_ADDR_RANGE = 8 };

/* IKEv2 Configuration Payload CFG Types */
enum ik_cfg_type { IK_CFG_REQUEST = 1, IK_CFG_REPLY = 2, IK_CFG_SET = 3, IK_CFG_ACK = 4 };

/* IKEv2 Notify Message Error Types (below 16384) and Status Types */
enum ik_notify_type {
    IK_N_UNSUPPORTED_CRITICAL_PAYLOAD = 1,
    IK_N_INVALID_IKE_SPI = 4,
    IK_N_INVALID_MAJOR_VERSION = 5,
    IK_N_INVALID_SYNTAX = 7,
    IK_N_INVALID_MESSAGE_ID = 9,
    IK_N_INVALID_SPI = 11,
    IK_N_NO_PROPOSAL_CHOSEN = 14,
    IK_N_INVALID_KE_PAYLOAD = 17,
    IK_N_AUTHENTICATION_FAILED = 24,
    IK_N_SINGLE_PAIR_REQUIRED = 34,
    IK_N_NO_ADDITIONAL_SAS = 35,
    IK_N_INTERNAL_ADDRESS_FAILURE = 36,
    IK_N_FAILED_CP_REQUIRED = 37,
    IK_N_TS_UNACCEPTABLE = 38,
    IK_N_INVALID_SELECTORS = 39,
    IK_N_TEMPORARY_FAILURE = 43,
    IK_N_CHILD_SA_NOT_FOUND = 44,
    IK_N_INITIAL_CONTACT = 16384,
    IK_N_SET_WINDOW_SIZE = 16385,
    IK_N_ADDITIONAL_TS_POSSIBLE = 16386,
    IK_N_IPCOMP_SUPPORTED = 16387,
    IK_N_NAT_DETECTION_SOURCE_IP = 16388,
    IK_N_NAT_DETECTION_DESTINATION_IP = 16389,
    IK_N_COOKIE = 16390,
    IK_N_USE_TRANSPORT_MODE = 16391,
    IK_N_HTTP_CERT_LOOKUP_SUPPORTED = 16392,
    IK_N_REKEY_SA = 16393,
    IK_N_ESP_TFC_PADDING_NOT_SUPPORTED = 16394,
    IK_N_NON_FIRST_FRAGMENTS_ALSO = 16395,
    IK_N_AUTH_LIFETIME = 16403,
    IK_N_TICKET_LT_OPAQUE = 16409,
    IK_N_TICKET_REQUEST = 16410,
    IK_N_TICKET_ACK = 16411,
    IK_N_TICKET_NACK = 16412,
    IK_N_TICKET_OPAQUE = 16413,
    IK_N_CHILDLESS_IKEV2_SUPPORTED = 16418,
    IK_N_IKEV2_FRAGMENTATION_SUPPORTED = 16430,
    IK_N_SIGNATURE_HASH_ALGORITHMS = 16431,
    IK_N_USE_PPK = 16435,
    IK_N_PPK_IDENTITY = 16436,
    IK_N_NO_PPK_AUTH = 16437
};

/* Protocol Numbers */
enum ik_ip_proto {
    IK_IP_HOPOPT = 0,
    IK_IP_ICMP = 1,
    IK_IP_IPV4 = 4,
    IK_IP_TCP = 6,
    IK_IP_UDP = 17,
    IK_IP_DCCP = 33,
    IK_IP_IPV6 = 41,
    IK_IP_IPV6_ROUTE = 43,
    IK_IP_IPV6_FRAG = 44,
    IK_IP_ESP = 50,
    IK_IP_AH = 51,
    IK_IP_ICMPV6 = 58,
    IK_IP_NONE = 59,
    IK_IP_IPV6_OPTS = 60,
    IK_IP_SCTP = 132,
    IK_IP_MOBILITY = 135,
    IK_IP_UDPLITE = 136
};

/* UDP ports of IKE (RFC 7296 section 2). */
#define IK_PORT_IKE 500
#define IK_PORT_NATT 4500

#endif
