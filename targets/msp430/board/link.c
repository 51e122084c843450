/* SPDX-License-Identifier: MIT */
/*
 * The link carries whole IPv6 packets. On hardware: SLIP (RFC 1055) over the UART; isr_uart fills
 * link_in. In the simulator the runner takes packets at link_send and puts them into link_in while
 * the firmware sleeps.
 */
#include "board/target.h"

#define ESC 0xdb
#define ESC_END 0xdc
#define ESC_ESC 0xdd

SEAM_DATA uint8_t link_in[LINK_RAW] __attribute__((aligned(2)));
SEAM_DATA volatile uint16_t link_in_len;
volatile uint16_t link_fill;   /* of isr_uart */
volatile uint8_t link_escaped; /* link_in holds what isr_uart brought, escapes and all */

_Static_assert(LINK_MTU <= LINK_RAW, "a packet fits the buffer");

static uint16_t without_escapes(uint8_t *p, uint16_t len)
{
    uint16_t out = 0;

    for (uint16_t i = 0; i < len; i++) {
        uint8_t octet = p[i];

        if (octet == ESC && i + 1 < len) {
            i++;
            octet = p[i] == ESC_END ? SLIP_END : p[i] == ESC_ESC ? ESC : p[i];
        }
        p[out++] = octet;
    }
    return out;
}

bool link_poll(void)
{
    if (link_in_len != 0 && link_escaped) {
        link_in_len = without_escapes(link_in, link_in_len);
        link_escaped = 0;
    }
    return link_in_len != 0;
}

void link_drop(void)
{
    link_in_len = 0;
}

static void put(const uint8_t *p, uint16_t len)
{
    for (; len > 0; len--, p++) {
        if (*p == SLIP_END || *p == ESC) {
            board_putc(ESC);
            board_putc(*p == SLIP_END ? ESC_END : ESC_ESC);
        } else {
            board_putc(*p);
        }
    }
}

SEAM void link_send(const uint8_t *head, uint16_t head_len, const uint8_t *body, uint16_t body_len)
{
    board_putc(SLIP_END); /* ends what noise on the line began */
    put(head, head_len);
    put(body, body_len);
    board_putc(SLIP_END);
}
