/* SPDX-License-Identifier: MIT */
#include "slip_frame.h"

enum { END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd };

size_t slip_frame(const uint8_t *packet, size_t len, uint8_t out[SLIP_FRAME_MAX])
{
    size_t n = 0;
    out[n++] = END;
    for (size_t i = 0; i < len; i++) {
        bool special = packet[i] == END || packet[i] == ESC;
        if (special)
            out[n++] = ESC;
        out[n++] = !special ? packet[i] : packet[i] == END ? ESC_END : ESC_ESC;
    }
    out[n++] = END;
    return n;
}

static void add(struct slip_reader *r, uint8_t octet)
{
    if (r->len == sizeof r->packet)
        r->broken = true;
    else
        r->packet[r->len++] = octet;
}

/* The frame is over: is it a packet? */
static bool end(struct slip_reader *r, unsigned *dropped)
{
    bool broken = r->broken || r->escaped;
    if (broken) {
        ++*dropped;
        r->len = 0;
    }
    r->broken = r->escaped = false;
    return r->len > 0;
}

bool slip_read(struct slip_reader *r, uint8_t octet, unsigned *dropped)
{
    if (r->ended)
        r->len = 0;
    r->ended = octet == END;
    if (r->ended)
        return end(r, dropped);
    if (r->escaped) {
        r->escaped = false;
        r->broken = r->broken || (octet != ESC_END && octet != ESC_ESC);
        add(r, octet == ESC_END ? END : ESC);
    } else if (octet == ESC) {
        r->escaped = true;
    } else {
        add(r, octet);
    }
    return false;
}
