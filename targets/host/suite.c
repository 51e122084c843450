/* SPDX-License-Identifier: MIT */
/*
 * Proposals as strongSwan writes them: words joined by '-', any order, each word an algorithm.
 *
 *   encryption  null aes128 aes192 aes256 (aes: aes128), aes128ctr …, aes128ccm8 12 16 … (or the
 *               tag in bits: aes128ccm64 96 128; without: 16), aes128gcm8 12 16 … (likewise),
 *               chacha20poly1305;
 *               for ESP alone aes128gmac … (RFC 4543, which hides nothing), and with the IV left
 * out (RFC 8750, ours: strongSwan has no words) aes128ccm8iiv … aes128gcm16iiv …
 *               chacha20poly1305iiv
 *   integrity   sha1 sha256 sha384 sha512 (also sha, sha2_256 …), aesxcbc, aescmac; AH: aes128gmac
 * … prf         prfsha1 prfsha256 prfsha384 prfsha512 prfaesxcbc prfaescmac group       modp1024
 * modp2048 modp3072 ecp256 ecp384 ecp521 x25519 (also curve25519); for Child SAs modpnone (also
 * none), which is as if nothing was said sequence    esn noesn
 *
 * AH has integrity, group and sequence only.
 *
 * As strongSwan does, an IKE proposal without a prf takes that of its integrity algorithm, and an
 * AEAD drops an integrity algorithm named beside it. A prf of a Child SA is passed over.
 */
#include <string.h>

#include "host.h"
#include "text.h"

struct word {
    const char *text;
    uint8_t type; /* enum ik_transform_type */
    uint16_t id;
    uint16_t key_bits;
};

/* The first word of an algorithm is the one that host_suite_print writes. */
/* clang-format off */
#define AES_WORDS(suffix, id)                                                                      \
    {"aes128" suffix, IK_TT_ENCR, id, 128},                                                        \
    {"aes192" suffix, IK_TT_ENCR, id, 192},                                                        \
    {"aes256" suffix, IK_TT_ENCR, id, 256}

static const struct word words[] = {
    {"null", IK_TT_ENCR, IK_ENCR_NULL, 0},
    AES_WORDS("", IK_ENCR_AES_CBC),
    {"aes", IK_TT_ENCR, IK_ENCR_AES_CBC, 128},
    AES_WORDS("ctr", IK_ENCR_AES_CTR),
    AES_WORDS("ccm8", IK_ENCR_AES_CCM_8),
    AES_WORDS("ccm64", IK_ENCR_AES_CCM_8),
    AES_WORDS("ccm12", IK_ENCR_AES_CCM_12),
    AES_WORDS("ccm96", IK_ENCR_AES_CCM_12),
    AES_WORDS("ccm16", IK_ENCR_AES_CCM_16),
    AES_WORDS("ccm128", IK_ENCR_AES_CCM_16),
    AES_WORDS("ccm", IK_ENCR_AES_CCM_16),
    AES_WORDS("gcm8", IK_ENCR_AES_GCM_8),
    AES_WORDS("gcm64", IK_ENCR_AES_GCM_8),
    AES_WORDS("gcm12", IK_ENCR_AES_GCM_12),
    AES_WORDS("gcm96", IK_ENCR_AES_GCM_12),
    AES_WORDS("gcm16", IK_ENCR_AES_GCM_16),
    AES_WORDS("gcm128", IK_ENCR_AES_GCM_16),
    AES_WORDS("gcm", IK_ENCR_AES_GCM_16),
    {"chacha20poly1305", IK_TT_ENCR, IK_ENCR_CHACHA20_POLY1305, 0},
    AES_WORDS("gmac", IK_ENCR_NULL_AUTH_AES_GMAC),
    AES_WORDS("ccm8iiv", IK_ENCR_AES_CCM_8_IIV),
    AES_WORDS("gcm16iiv", IK_ENCR_AES_GCM_16_IIV),
    {"chacha20poly1305iiv", IK_TT_ENCR, IK_ENCR_CHACHA20_POLY1305_IIV, 0},
    {"sha1", IK_TT_INTEG, IK_INTEG_HMAC_SHA1_96, 0},
    {"sha", IK_TT_INTEG, IK_INTEG_HMAC_SHA1_96, 0},
    {"sha256", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0},
    {"sha2_256", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_256_128, 0},
    {"sha384", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_384_192, 0},
    {"sha2_384", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_384_192, 0},
    {"sha512", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_512_256, 0},
    {"sha2_512", IK_TT_INTEG, IK_INTEG_HMAC_SHA2_512_256, 0},
    {"aesxcbc", IK_TT_INTEG, IK_INTEG_AES_XCBC_96, 0},
    {"aescmac", IK_TT_INTEG, IK_INTEG_AES_CMAC_96, 0},
    {"aes128gmac", IK_TT_INTEG, IK_INTEG_AES_128_GMAC, 0},
    {"aes192gmac", IK_TT_INTEG, IK_INTEG_AES_192_GMAC, 0},
    {"aes256gmac", IK_TT_INTEG, IK_INTEG_AES_256_GMAC, 0},
    {"prfsha1", IK_TT_PRF, IK_PRF_HMAC_SHA1, 0},
    {"prfsha256", IK_TT_PRF, IK_PRF_HMAC_SHA2_256, 0},
    {"prfsha384", IK_TT_PRF, IK_PRF_HMAC_SHA2_384, 0},
    {"prfsha512", IK_TT_PRF, IK_PRF_HMAC_SHA2_512, 0},
    {"prfaesxcbc", IK_TT_PRF, IK_PRF_AES128_XCBC, 0},
    {"prfaescmac", IK_TT_PRF, IK_PRF_AES128_CMAC, 0},
    {"modp1024", IK_TT_DH, IK_DH_MODP_1024, 0},
    {"modp2048", IK_TT_DH, IK_DH_MODP_2048, 0},
    {"modp3072", IK_TT_DH, IK_DH_MODP_3072, 0},
    {"ecp256", IK_TT_DH, IK_DH_P256, 0},
    {"ecp384", IK_TT_DH, IK_DH_P384, 0},
    {"ecp521", IK_TT_DH, IK_DH_P521, 0},
    {"x25519", IK_TT_DH, IK_DH_X25519, 0},
    {"curve25519", IK_TT_DH, IK_DH_X25519, 0},
    {"modpnone", IK_TT_DH, IK_DH_NONE, 0},
    {"none", IK_TT_DH, IK_DH_NONE, 0},
    {"noesn", IK_TT_ESN, IK_ESN_NO, 0},
    {"esn", IK_TT_ESN, IK_ESN_YES, 0},
};
/* clang-format on */

#define WORDS_N (sizeof words / sizeof words[0])

static const uint16_t prf_of_integ[][2] = {
    {IK_INTEG_HMAC_SHA1_96, IK_PRF_HMAC_SHA1},
    {IK_INTEG_HMAC_SHA2_256_128, IK_PRF_HMAC_SHA2_256},
    {IK_INTEG_HMAC_SHA2_384_192, IK_PRF_HMAC_SHA2_384},
    {IK_INTEG_HMAC_SHA2_512_256, IK_PRF_HMAC_SHA2_512},
    {IK_INTEG_AES_XCBC_96, IK_PRF_AES128_XCBC},
    {IK_INTEG_AES_CMAC_96, IK_PRF_AES128_CMAC},
};

/* One parse: the proposal so far, and the first error. */
struct parse {
    const char *text;
    bool esp; /* or AH: of a Child SA */
    bool ah;
    struct ik_proposal *out;
    char *err;
    size_t err_len;
};

static const struct ik_transform no_esn = {.type = IK_TT_ESN, .id = IK_ESN_NO};

static bool fail(const struct parse *p, const char *what)
{
    snprintf(p->err, p->err_len, "proposal \"%.80s\": %s", p->text, what);
    return false;
}

/* In AH, GMAC is another algorithm of the same name: the later word (RFC 4543 9). */
static const struct word *find_word(const char *text, size_t len, bool ah)
{
    const struct word *found = NULL;
    for (size_t i = 0; i < WORDS_N; i++)
        if (strlen(words[i].text) == len && memcmp(words[i].text, text, len) == 0 &&
            (found == NULL || ah))
            found = &words[i];
    return found;
}

static bool is_aead(const struct ik_transform *t)
{
    return t->type == IK_TT_ENCR &&
           ((t->id >= IK_ENCR_AES_CCM_8 && t->id <= IK_ENCR_AES_GCM_16) ||
            t->id == IK_ENCR_NULL_AUTH_AES_GMAC ||
            (t->id >= IK_ENCR_CHACHA20_POLY1305 && t->id <= IK_ENCR_CHACHA20_POLY1305_IIV));
}

static bool is_for_esp_only(const struct word *w)
{
    return w->type == IK_TT_ENCR &&
           (w->id == IK_ENCR_NULL_AUTH_AES_GMAC ||
            (w->id >= IK_ENCR_AES_CCM_8_IIV && w->id <= IK_ENCR_CHACHA20_POLY1305_IIV));
}

static unsigned count(const struct ik_proposal *p, uint8_t type)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->transforms_n; i++)
        n += p->transforms[i].type == type;
    return n;
}

static unsigned count_aead(const struct ik_proposal *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->transforms_n; i++)
        n += is_aead(&p->transforms[i]);
    return n;
}

static bool has(const struct ik_proposal *p, const struct ik_transform *t)
{
    for (unsigned i = 0; i < p->transforms_n; i++) {
        const struct ik_transform *o = &p->transforms[i];
        if (o->type == t->type && o->id == t->id && o->key_bits == t->key_bits)
            return true;
    }
    return false;
}

/* Keeps transforms in the order of their types, and within a type as they came. */
static bool add(const struct parse *p, const struct ik_transform *t)
{
    struct ik_proposal *o = p->out;
    if (o->transforms_n == IK_TRANSFORMS_MAX)
        return fail(p, "too many algorithms");
    unsigned at = o->transforms_n;
    while (at > 0 && o->transforms[at - 1].type > t->type) {
        o->transforms[at] = o->transforms[at - 1];
        at--;
    }
    o->transforms[at] = *t;
    o->transforms_n++;
    return true;
}

static void drop_type(struct ik_proposal *p, uint8_t type)
{
    uint8_t n = 0;
    for (unsigned i = 0; i < p->transforms_n; i++)
        if (p->transforms[i].type != type)
            p->transforms[n++] = p->transforms[i];
    memset(&p->transforms[n], 0, (p->transforms_n - (size_t)n) * sizeof p->transforms[0]);
    p->transforms_n = n;
}

/* The n-th prf that the integrity algorithms bring; 0 when there are no more. */
static uint16_t implied_prf(const struct ik_proposal *p, unsigned n)
{
    for (unsigned i = 0; i < p->transforms_n; i++)
        for (size_t k = 0; k < sizeof prf_of_integ / sizeof prf_of_integ[0]; k++)
            if (p->transforms[i].type == IK_TT_INTEG && p->transforms[i].id == prf_of_integ[k][0] &&
                n-- == 0)
                return prf_of_integ[k][1];
    return 0;
}

static bool add_implied_prfs(const struct parse *p)
{
    for (unsigned n = 0; implied_prf(p->out, n) != 0; n++) {
        struct ik_transform t = {.type = IK_TT_PRF, .id = implied_prf(p->out, n)};
        if (!add(p, &t))
            return false;
    }
    return true;
}

static bool add_word(const struct parse *p, const char *text, size_t len)
{
    char what[120];
    const struct word *w = find_word(text, len, p->ah);
    if (w == NULL) {
        snprintf(what, sizeof what, "unknown algorithm \"%.*s\"", len > 40 ? 40 : (int)len, text);
        return fail(p, what);
    }
    struct ik_transform t = {.type = w->type, .id = w->id, .key_bits = w->key_bits};
    if (has(p->out, &t))
        return true; /* strongSwan, too, passes over a word that stands there twice */
    if (p->esp && w->type == IK_TT_PRF)
        return true; /* of no use there: as strongSwan does */
    if (!p->esp && (w->type == IK_TT_ESN || (w->type == IK_TT_DH && w->id == IK_DH_NONE)))
        snprintf(what, sizeof what, "%s is for ESP and AH only", w->text);
    else if (!p->esp && w->type == IK_TT_ENCR && w->id == IK_ENCR_NULL)
        snprintf(what, sizeof what, "null encryption is for ESP only");
    else if (!p->esp && is_for_esp_only(w))
        snprintf(what, sizeof what, "%s is for ESP only", w->text);
    else if (p->ah && w->type == IK_TT_ENCR)
        snprintf(what, sizeof what, "%s: AH takes no cipher", w->text);
    else
        return add(p, &t);
    return fail(p, what);
}

static bool drop_no_group(const struct parse *p)
{
    static const struct ik_transform none = {.type = IK_TT_DH, .id = IK_DH_NONE};
    if (!has(p->out, &none))
        return true;
    if (count(p->out, IK_TT_DH) > 1)
        return fail(p, "a group beside modpnone: either each Child SA has a key exchange, or none");
    drop_type(p->out, IK_TT_DH);
    return true;
}

/* RFC 7296 3.3.3: which types a proposal must have. ESN need not be written. */
static bool finish(const struct parse *p)
{
    struct ik_proposal *o = p->out;
    unsigned encr = count(o, IK_TT_ENCR), aead = count_aead(o);
    if (!drop_no_group(p))
        return false;
    if (encr == 0 && !p->ah)
        return fail(p, "no encryption algorithm (for example aes128)");
    if (aead != 0 && aead != encr)
        return fail(p, "AEADs and other ciphers go in separate proposals (join those by a comma)");
    if (aead == 0 && count(o, IK_TT_INTEG) == 0)
        return fail(p, "no integrity algorithm (for example sha256)");
    if (!p->esp && count(o, IK_TT_PRF) == 0 && !add_implied_prfs(p))
        return false;
    if (aead != 0)
        drop_type(o, IK_TT_INTEG);
    if (!p->esp && count(o, IK_TT_PRF) == 0)
        return fail(p, "no prf (for example prfsha256)");
    if (!p->esp && count(o, IK_TT_DH) == 0)
        return fail(p, "no Diffie-Hellman group (for example x25519)");
    if (p->esp && count(o, IK_TT_ESN) == 0)
        return add(p, &no_esn);
    return true;
}

static bool parse(const char *text, uint8_t protocol, struct ik_proposal *out, char *err,
                  size_t err_len)
{
    const struct parse p = {text,   protocol != IK_PROTO_IKE, protocol == IK_PROTO_AH, out, err,
                            err_len};
    memset(out, 0, sizeof *out);
    if (*text == '\0')
        return fail(&p, "it is empty");
    for (;;) {
        size_t len = strcspn(text, "-");
        if (!add_word(&p, text, len))
            return false;
        if (text[len] == '\0')
            return finish(&p);
        text += len + 1;
    }
}

bool host_suite_parse_ike(const char *text, struct ik_proposal *out, char *err, size_t err_len)
{
    return parse(text, IK_PROTO_IKE, out, err, err_len);
}

bool host_suite_parse_esp(const char *text, struct ik_proposal *out, char *err, size_t err_len)
{
    return parse(text, IK_PROTO_ESP, out, err, err_len);
}

bool host_suite_parse_ah(const char *text, struct ik_proposal *out, char *err, size_t err_len)
{
    return parse(text, IK_PROTO_AH, out, err, err_len);
}

static void print_word(struct text *t, const struct ik_transform *tr)
{
    static const char *const types[] = {"type", "encr", "prf", "integ", "group", "esn"};
    for (size_t i = 0; i < WORDS_N; i++)
        if (words[i].type == tr->type && words[i].id == tr->id &&
            words[i].key_bits == tr->key_bits) {
            text_add(t, "%s", words[i].text);
            return;
        }
    text_add(t, "%s%u", tr->type < 6 ? types[tr->type] : types[0], (unsigned)tr->id);
    if (tr->key_bits != 0)
        text_add(t, "/%u", (unsigned)tr->key_bits);
}

size_t host_suite_print_word(const struct ik_transform *tr, char *out, size_t cap)
{
    struct text t;
    text_init(&t, out, cap);
    print_word(&t, tr);
    return t.len;
}

/* True if the prfs are just those that the parser would add by itself. */
static bool prfs_are_implied(const struct ik_proposal *p)
{
    unsigned n = 0;
    for (unsigned i = 0; i < p->transforms_n; i++)
        if (p->transforms[i].type == IK_TT_PRF && p->transforms[i].id != implied_prf(p, n++))
            return false;
    return n > 0 && implied_prf(p, n) == 0;
}

size_t host_suite_print(const struct ik_proposal *p, char *out, size_t cap)
{
    static const uint8_t order[] = {IK_TT_ENCR, IK_TT_INTEG, IK_TT_PRF, IK_TT_DH, IK_TT_ESN};
    struct text t;
    text_init(&t, out, cap);
    for (size_t k = 0; k < sizeof order; k++) {
        if (order[k] == IK_TT_PRF && prfs_are_implied(p))
            continue;
        if (order[k] == IK_TT_ESN && count(p, IK_TT_ESN) == 1 && has(p, &no_esn))
            continue;
        for (unsigned i = 0; i < p->transforms_n; i++) {
            if (p->transforms[i].type != order[k])
                continue;
            if (t.len > 0)
                text_add(&t, "-");
            print_word(&t, &p->transforms[i]);
        }
    }
    return t.len;
}
