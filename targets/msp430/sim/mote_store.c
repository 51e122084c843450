/* SPDX-License-Identifier: MIT */
/* struct store of board/target.h, as it lies in information memory. */
#include "mote.h"

#include <string.h>

#define MAGIC 0x4c00 /* and the prf's number */
enum { NATT = 0x02, BRIEF = 0x04, KEY_ID = 0x08 };
enum { ID_MAX = 20, PSK_PAD_MAX = 32 };
enum { BOOTS_AT = 6, LOCAL_AT = 10, ID_AT = 50, PEER_ID_AT = 70, PSK_PAD_AT = 90, CRC_AT = 122 };

static void put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

/* CRC-16-CCITT from 0xffff. */
static unsigned crc16(const uint8_t *p, size_t len)
{
    unsigned crc = 0xffff;

    for (size_t i = 0; i < 8 * len; i++) {
        crc ^= i % 8 == 0 ? (unsigned)p[i / 8] << 8 : 0;
        crc = (crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021u : 0)) & 0xffff;
    }
    return crc;
}

static void put(uint8_t *to, const void *from, size_t len)
{
    if (len > 0) {
        memcpy(to, from, len);
    }
}

bool mote_store(const struct mote_identity *who, uint8_t out[MOTE_STORE_LEN])
{
    if (who->id_len > ID_MAX || who->peer_id_len > ID_MAX || who->psk_pad_len > PSK_PAD_MAX) {
        return false;
    }
    memset(out, 0, MOTE_STORE_LEN);
    put16(out, MAGIC | who->prf);
    out[2] =
        (uint8_t)((who->natt ? NATT : 0) | (who->brief ? BRIEF : 0) | (who->key_id ? KEY_ID : 0));
    out[3] = (uint8_t)who->id_len;
    out[4] = (uint8_t)who->peer_id_len;
    put16(out + BOOTS_AT, (unsigned)(who->boots & 0xffff));
    put16(out + BOOTS_AT + 2, (unsigned)(who->boots >> 16));
    memcpy(out + LOCAL_AT, who->local, 16);
    memcpy(out + LOCAL_AT + 16, who->remote, 16);
    memcpy(out + LOCAL_AT + 32, who->inner_prefix, 8);
    put(out + ID_AT, who->id, who->id_len);
    put(out + PEER_ID_AT, who->peer_id, who->peer_id_len);
    put(out + PSK_PAD_AT, who->psk_pad, who->psk_pad_len);
    put16(out + CRC_AT, crc16(out, CRC_AT));
    return true;
}

const char *mote_store_fault(uint16_t magic)
{
    if (magic == 0xffff) {
        return "nothing is written in its store";
    }
    return (magic & 0xff00) == MAGIC ? "its store is damaged, or made for another prf"
                                     : "its store is damaged";
}
