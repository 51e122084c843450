/* SPDX-License-Identifier: MIT */
/* Identities as they compare: names of the DNS without case (RFC 4343), and those of the PAD that
 * stand for many (RFC 4301 4.4.3.1). */
#include "ike/auth/auth.h"

#define ID_HEAD 4 /* ID type and three reserved octets */

/* RFC 4343: names in the DNS compare without case, of ASCII. */
static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static bool same_name(const uint8_t *a, const uint8_t *b, uint16_t len)
{
    for (uint16_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

/* From where on case does not count: an FQDN's first octet, what follows the last @ of an RFC 822
 * address (RFC 5321 2.4: what is before it is the receiver's own). */
static uint16_t name_from(uint8_t type, const uint8_t *p, uint16_t len)
{
    uint16_t at = len;
    if (type == IK_ID_FQDN) {
        return 0;
    }
    while (type == IK_ID_RFC822_ADDR && at > 0) {
        if (p[--at] == '@') {
            return at;
        }
    }
    return len;
}

/* Is theirs that name, of the same type and length? */
static bool same_id(const struct ik_id *id, const uint8_t *theirs)
{
    uint16_t len = id->data.len, name = name_from(id->type, id->data.p, len);
    return ik_ct_eq(id->data.p, theirs, name) &&
           same_name(id->data.p + name, theirs + name, (uint16_t)(len - name));
}

#if !IK_LINKED
bool ik_id_is_subtree(const struct ik_id *id)
{
    uint8_t second = id->type == IK_ID_FQDN ? '.' : '@';
    return (id->type == IK_ID_FQDN || id->type == IK_ID_RFC822_ADDR) && id->data.len > 2 &&
           id->data.p[0] == '*' && id->data.p[1] == second;
}

/* What follows the star is the end of it, and something stands before that: of an RFC 822 address,
 * a user of that very domain. */
static bool in_subtree(const struct ik_id *id, struct ik_span name)
{
    uint16_t tail = (uint16_t)(id->data.len - 1u);
    if (name.len <= tail) {
        return false;
    }
    uint16_t head = (uint16_t)(name.len - tail);
    return same_name(id->data.p + 1, name.p + head, tail);
}

bool ik_id_names(const struct ik_id *id, const struct ik_id *who)
{
    if (id->type == IK_ID_ANY) {
        return true;
    }
    return id->type == who->type &&
           (ik_id_is_subtree(id) ? in_subtree(id, who->data)
                                 : id->data.len == who->data.len && same_id(id, who->data.p));
}
#endif

bool ik_id_is(const struct ik_id *id, struct ik_span body)
{
    return body.len == ID_HEAD + id->data.len && body.p[0] == id->type &&
           same_id(id, body.p + ID_HEAD);
}

bool ik_id_is_of(const struct ik_id *id, struct ik_span body)
{
#if IK_LINKED
    return id->type == IK_ID_ANY || ik_id_is(id, body);
#else
    if (body.len < ID_HEAD) {
        return false;
    }
    const struct ik_id who = {body.p[0], {body.p + ID_HEAD, (uint16_t)(body.len - ID_HEAD)}};
    return ik_id_names(id, &who);
#endif
}

#if !IK_LINKED
void ik_id_digest(struct ik_node *node, struct ik_span body, uint8_t out[16])
{
    uint8_t full[32], c;
    uint16_t len = (uint16_t)(body.len - ID_HEAD);
    const uint8_t *name = body.p + ID_HEAD;
    uint16_t from = name_from(body.p[0], name, len);
    uint8_t folded[IK_ID_MAX];
    uint16_t n = 0;
    for (uint16_t i = from; i < len && n < sizeof folded; i++) {
        c = lower(name[i]);
        folded[n++] = c;
    }
    struct ik_span parts[4] = {{body.p, 1}, {name, from}, {folded, n}};
    /* What does not fit is longer than any name of ours: it stands as it is. */
    parts[3] = (struct ik_span){name + from + n, (uint16_t)(len - from - n)};
#if IK_METER
    /* It is for tables that a mote is without: what is metered is what a mote computes. */
    struct ik_meter meter = node->env.meter;
    ik_sha256(&node->env, parts, 4, full);
    node->env.meter = meter;
#else
    ik_sha256(&node->env, parts, 4, full);
#endif
    memcpy(out, full, 16);
}
#endif
