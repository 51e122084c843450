/* SPDX-License-Identifier: MIT */
/*
 * Key logs in the tables that Wireshark and tshark read from their configuration folder. The names
 * of algorithms are Wireshark's own (4.0). An algorithm that it cannot decrypt goes in as a comment
 * line: one unknown name would make it refuse the whole table.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host.h"

struct algorithm {
    uint16_t id;
    uint16_t key_bits; /* 0: any */
    const char *name;
};

/* clang-format off */
#define BY_KEY(id, head, tail)                                                                     \
    {id, 128, head "128" tail}, {id, 192, head "192" tail}, {id, 256, head "256" tail}

static const struct algorithm ike_encrs[] = {
    BY_KEY(IK_ENCR_AES_CBC, "AES-CBC-", " [RFC3602]"),
    BY_KEY(IK_ENCR_AES_CTR, "AES-CTR-", " [RFC5930]"),
    BY_KEY(IK_ENCR_AES_CCM_8, "AES-CCM-", " with 8 octet ICV [RFC5282]"),
    BY_KEY(IK_ENCR_AES_CCM_12, "AES-CCM-", " with 12 octet ICV [RFC5282]"),
    BY_KEY(IK_ENCR_AES_CCM_16, "AES-CCM-", " with 16 octet ICV [RFC5282]"),
    BY_KEY(IK_ENCR_AES_GCM_8, "AES-GCM-", " with 8 octet ICV [RFC5282]"),
    BY_KEY(IK_ENCR_AES_GCM_12, "AES-GCM-", " with 12 octet ICV [RFC5282]"),
    BY_KEY(IK_ENCR_AES_GCM_16, "AES-GCM-", " with 16 octet ICV [RFC5282]"),
};
/* clang-format on */

/* "No Checking": Wireshark leaves the ICV out unchecked, and decrypts. For IKE it wants no key
 * then.
 */
static const struct algorithm ike_integs[] = {
    {IK_INTEG_NONE, 0, "NONE [RFC4306]"},
    {IK_INTEG_HMAC_SHA1_96, 0, "HMAC_SHA1_96 [RFC2404]"},
    {IK_INTEG_HMAC_SHA2_256_128, 0, "HMAC_SHA2_256_128 [RFC4868]"},
    {IK_INTEG_HMAC_SHA2_384_192, 0, "HMAC_SHA2_384_192 [RFC4868]"},
    {IK_INTEG_HMAC_SHA2_512_256, 0, "HMAC_SHA2_512_256 [RFC4868]"},
    {IK_INTEG_AES_XCBC_96, 0, "ANY 96-bits of Authentication [No Checking]"},
    {IK_INTEG_AES_CMAC_96, 0, "ANY 96-bits of Authentication [No Checking]"},
};

static const struct algorithm esp_encrs[] = {
    {IK_ENCR_NULL, 0, "NULL"},
    {IK_ENCR_AES_CBC, 0, "AES-CBC [RFC3602]"},
    {IK_ENCR_AES_CTR, 0, "AES-CTR [RFC3686]"},
    {IK_ENCR_AES_GCM_8, 0, "AES-GCM with 8 octet ICV [RFC4106]"},
    {IK_ENCR_AES_GCM_12, 0, "AES-GCM with 12 octet ICV [RFC4106]"},
    {IK_ENCR_AES_GCM_16, 0, "AES-GCM with 16 octet ICV [RFC4106]"},
};

static const struct algorithm esp_integs[] = {
    {IK_INTEG_NONE, 0, "NULL"},
    {IK_INTEG_HMAC_SHA1_96, 0, "HMAC-SHA-1-96 [RFC2404]"},
    {IK_INTEG_HMAC_SHA2_256_128, 0, "HMAC-SHA-256-128 [RFC4868]"},
    {IK_INTEG_HMAC_SHA2_384_192, 0, "HMAC-SHA-384-192 [RFC4868]"},
    {IK_INTEG_HMAC_SHA2_512_256, 0, "HMAC-SHA-512-256 [RFC4868]"},
    {IK_INTEG_AES_XCBC_96, 0, "ANY 96 bit authentication [no checking]"},
    {IK_INTEG_AES_CMAC_96, 0, "ANY 96 bit authentication [no checking]"},
};

#define FIND(table, id, bits) find(table, sizeof table / sizeof table[0], id, bits)

static const char *find(const struct algorithm *rows, size_t n, uint16_t id, uint16_t key_bits)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].id == id && (rows[i].key_bits == 0 || rows[i].key_bits == key_bits))
            return rows[i].name;
    return NULL;
}

static FILE *create(const char *dir, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return NULL;
    /* An old file keeps its mode when it is truncated: the keys must not inherit it. */
    FILE *f = fchmod(fd, 0600) == 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL)
        close(fd);
    return f;
}

bool host_keylog_open(struct host_keylog *k, const char *dir)
{
    memset(k, 0, sizeof *k);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return false;
    k->ike = create(dir, "ikev2_decryption_table");
    k->esp = k->ike != NULL ? create(dir, "esp_sa") : NULL;
    if (k->esp != NULL)
        return true;
    int why = errno;
    host_keylog_close(k);
    errno = why;
    return false;
}

static void print_hex(FILE *f, const char *before, struct ik_span s)
{
    fputs(before, f);
    for (unsigned i = 0; i < s.len; i++)
        fprintf(f, "%02x", (unsigned)s.p[i]);
}

/* spi_i,spi_r,sk_ei,sk_er,"encryption",sk_ai,sk_ar,"integrity" */
void host_keylog_ike(struct host_keylog *k, const struct ik_node *node, uint16_t ike)
{
    struct ik_export_ike x;
    if (k->ike == NULL || !ik_export_ike(node, ike, &x))
        return;
    const char *encr = FIND(ike_encrs, x.encr_id, x.encr_key_bits);
    const char *integ = FIND(ike_integs, x.integ_id, 0);
    FILE *f = k->ike;
    if (integ != NULL && strstr(integ, "[No Checking]") != NULL)
        x.sk_ai.len = x.sk_ar.len = 0;
    print_hex(f, encr != NULL && integ != NULL ? "" : "# ", (struct ik_span){x.spi_i, IK_SPI_LEN});
    print_hex(f, ",", (struct ik_span){x.spi_r, IK_SPI_LEN});
    print_hex(f, ",", x.sk_ei);
    print_hex(f, ",", x.sk_er);
    fprintf(f, ",\"%s\"", encr != NULL ? encr : host_transform_name(IK_TT_ENCR, x.encr_id));
    print_hex(f, ",", x.sk_ai);
    print_hex(f, ",", x.sk_ar);
    fprintf(f, ",\"%s\"\n", integ != NULL ? integ : host_transform_name(IK_TT_INTEG, x.integ_id));
    fflush(f);
}

static void print_end(FILE *f, const struct ik_addr *a)
{
    char text[64] = "*";
    if (a->family != 0)
        host_addr_print(a, text, sizeof text);
    fprintf(f, ",\"%s\"", text);
}

/* "IPv4","src","dst","0xspi","encryption","0xkey","integrity","0xkey" */
static void print_direction(FILE *f, const struct ik_export_child *x, bool out)
{
    const char *encr = FIND(esp_encrs, x->encr_id, x->encr_key_bits);
    const char *integ = FIND(esp_integs, x->integ_id, 0);
    struct ik_span key = out ? x->encr_out : x->encr_in;
    struct ik_span integ_key = out ? x->integ_out : x->integ_in;
    fprintf(f, "%s\"IPv%c\"", encr != NULL && integ != NULL ? "" : "# ",
            x->path.remote.family == 6 ? '6' : '4');
    print_end(f, out ? &x->path.local : &x->path.remote);
    print_end(f, out ? &x->path.remote : &x->path.local);
    fprintf(f, ",\"0x%08lx\"", (unsigned long)(out ? x->spi_out : x->spi_in));
    fprintf(f, ",\"%s\"", encr != NULL ? encr : host_transform_name(IK_TT_ENCR, x->encr_id));
    print_hex(f, key.len > 0 ? ",\"0x" : ",\"", key);
    fprintf(f, "\",\"%s\"", integ != NULL ? integ : host_transform_name(IK_TT_INTEG, x->integ_id));
    print_hex(f, integ_key.len > 0 ? ",\"0x" : ",\"", integ_key);
    fputs("\"\n", f);
}

void host_keylog_child(struct host_keylog *k, const struct ik_node *node, uint16_t child)
{
    struct ik_export_child x;
    if (k->esp == NULL || !ik_export_child(node, child, &x))
        return;
    print_direction(k->esp, &x, true);
    print_direction(k->esp, &x, false);
    fflush(k->esp);
}

static bool shut(FILE **f)
{
    bool good = *f == NULL || !ferror(*f);
    if (*f != NULL && fclose(*f) != 0)
        good = false;
    *f = NULL;
    return good;
}

bool host_keylog_close(struct host_keylog *k)
{
    bool ike = shut(&k->ike);
    bool esp = shut(&k->esp);
    return ike && esp;
}
