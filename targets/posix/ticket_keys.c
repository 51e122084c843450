/* SPDX-License-Identifier: MIT */
/*
 *     | "IKELET-TICKET-KEYS 1\n" | written at (8) | whose (32) | serial (4) | how many (1) |
 *     | age (4) | key (IK_ENCR_KEY_MAX) | ...
 *
 * whose: SHA-256 of the newest key, and of all that a ticket lets pass without being asked again.
 */
#include "ticket_keys.h"

#include <bearssl.h>
#include <string.h>
#include <time.h>

static const char magic[21] = "IKELET-TICKET-KEYS 1\n";

#define KEYS_MAX 2

/* ---- whose they are -------------------------------------------------------------------------- */

static void add(br_sha256_context *sha, const void *octets, size_t len)
{
    uint8_t head[2] = {(uint8_t)(len >> 8), (uint8_t)len};
    br_sha256_update(sha, head, sizeof head);
    br_sha256_update(sha, octets, len);
}

static void add_id(br_sha256_context *sha, const struct ik_id *id)
{
    br_sha256_update(sha, &id->type, 1);
    add(sha, id->data.p, id->data.len);
}

static void whose(const struct options *o, const uint8_t *key, uint8_t out[br_sha256_SIZE])
{
    br_sha256_context sha;
    uint8_t required = o->ppk_required;
    br_sha256_init(&sha);
    br_sha256_update(&sha, key, IK_ENCR_KEY_MAX);
    add_id(&sha, &o->id);
    add_id(&sha, &o->remote_id);
    add(&sha, o->psk, o->psk_len);
    br_sha256_update(&sha, &required, 1);
    for (uint8_t i = 0; i < o->ppks.n; i++) {
        add(&sha, o->ppks.list[i].id.p, o->ppks.list[i].id.len);
        add(&sha, o->ppks.list[i].key.p, o->ppks.list[i].key.len);
    }
    br_sha256_out(&sha, out);
    explicit_bzero(&sha, sizeof sha);
}

/* ---- the octets ------------------------------------------------------------------------------ */

size_t ticket_keys_write(const struct options *o, const struct ik_kept_ticket_keys *keys,
                         uint64_t now_s, uint8_t out[KEPT_ROOM])
{
    struct kept_cursor c = {out, KEPT_ROOM, false};
    uint8_t digest[br_sha256_SIZE];
    whose(o, keys->key[0], digest);
    kept_put(&c, magic, sizeof magic);
    kept_put_number(&c, now_s, 8);
    kept_put(&c, digest, sizeof digest);
    kept_put_number(&c, keys->serial, 4);
    kept_put_number(&c, keys->known, 1);
    for (uint8_t i = 0; i < keys->known; i++) {
        kept_put_number(&c, keys->age_s[i], 4);
        kept_put(&c, keys->key[i], sizeof keys->key[i]);
    }
    return c.bad ? 0 : KEPT_ROOM - c.left;
}

/* The clock may have been set back: then they are as old as they were. */
static uint32_t older(uint64_t age_s, uint64_t written, uint64_t now_s)
{
    uint64_t age = age_s + (now_s > written ? now_s - written : 0);
    return age < IK_LIFE_MAX ? (uint32_t)age : IK_LIFE_MAX;
}

static void get_keys(struct kept_cursor *c, uint64_t written, uint64_t now_s,
                     struct ik_kept_ticket_keys *keys)
{
    memset(keys, 0, sizeof *keys);
    keys->serial = (uint32_t)kept_get_number(c, 4);
    keys->known = (uint8_t)kept_get_number(c, 1);
    c->bad = c->bad || keys->known == 0 || keys->known > KEYS_MAX;
    for (uint8_t i = 0; !c->bad && i < keys->known; i++) {
        keys->age_s[i] = older(kept_get_number(c, 4), written, now_s);
        kept_get(c, keys->key[i], sizeof keys->key[i]);
    }
    c->bad = c->bad || c->left != 0;
}

enum kept_verdict ticket_keys_read(const struct options *o, const uint8_t *octets, size_t len,
                                   uint64_t now_s, struct ik_kept_ticket_keys *keys)
{
    uint8_t copy[KEPT_ROOM], digest[br_sha256_SIZE], want[br_sha256_SIZE];
    char begins[sizeof magic];
    struct kept_cursor c = {copy, len < sizeof copy ? len : sizeof copy, false};
    memcpy(copy, octets, c.left);
    kept_get(&c, begins, sizeof begins);
    uint64_t written = kept_get_number(&c, 8);
    kept_get(&c, digest, sizeof digest);
    get_keys(&c, written, now_s, keys);
    explicit_bzero(copy, sizeof copy);
    if (c.bad || memcmp(begins, magic, sizeof magic) != 0)
        return KEPT_NONE;
    whose(o, keys->key[0], want);
    return memcmp(digest, want, sizeof want) == 0 ? KEPT_GOOD : KEPT_OTHERS;
}

/* ---- the file -------------------------------------------------------------------------------- */

struct into {
    const struct options *o;
    struct ik_node *node;
    ik_time now;
};

static enum kept_verdict give(void *to, const uint8_t *octets, size_t len, uint64_t now_s)
{
    const struct into *into = to;
    struct ik_kept_ticket_keys keys = {0};
    enum kept_verdict v = ticket_keys_read(into->o, octets, len, now_s, &keys);
    if (v == KEPT_GOOD)
        ik_node_ticket_keys_put(into->node, into->now, &keys);
    explicit_bzero(&keys, sizeof keys);
    return v;
}

bool ticket_keys_load(const struct options *o, struct ik_node *node, ik_time now)
{
    static const char *const words[KEPT_VERDICTS] = {
        [KEPT_NONE] = "no keys of tickets stand in it, and it is left as it is",
        [KEPT_OTHERS] = "of another identity or another key: no ticket of before is taken"};
    struct into into = {o, node, now};
    return kept_load(o->ticket_file, words, give, &into);
}

bool ticket_keys_save(const struct options *o, const struct ik_node *node, uint32_t *serial)
{
    uint8_t room[KEPT_ROOM];
    struct ik_kept_ticket_keys keys;
    bool good = true;
    ik_node_ticket_keys_get(node, &keys);
    if (keys.known > 0 && keys.serial != *serial) {
        good = kept_save(o->ticket_file, room,
                         ticket_keys_write(o, &keys, (uint64_t)time(NULL), room));
        if (good)
            *serial = keys.serial;
    }
    explicit_bzero(&keys, sizeof keys);
    explicit_bzero(room, sizeof room);
    return good;
}
