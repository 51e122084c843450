/* SPDX-License-Identifier: MIT */
/*
 * The link carries whole IPv6 packets. On hardware: SLIP (RFC 1055) over the UART; isr_uart fills
 * link_in. In the simulator the runner takes packets at link_send and puts them into link_in while
 * the firmware sleeps.
 */
#include "board/target.h"

SEAM_DATA uint8_t link_in[LINK_MTU] __attribute__((aligned(2)));
SEAM_DATA volatile uint16_t link_in_len;
volatile uint16_t link_fill;   /* of isr_uart: where the next octet goes */
volatile uint8_t link_escaped; /* of isr_uart: the last one was ESC */

bool link_take(void)
{
    bool taken;

    irq_off();
    taken = link_in_len == 0;
    if (taken) {
        link_in_len = LINK_MTU;
    }
    irq_on();
    return taken;
}

static void put(const uint8_t *p, uint16_t len)
{
    for (; len > 0; len--) {
        uint8_t octet = *p++;

        if (octet == SLIP_END || octet == SLIP_ESC) {
            board_putc(SLIP_ESC);
            octet = octet == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
        }
        board_putc(octet);
    }
}

SEAM void link_send(const uint8_t *head, uint16_t head_len, const uint8_t *body, uint16_t body_len)
{
    board_putc(SLIP_END); /* ends what noise on the line began */
    put(head, head_len);
    put(body, body_len);
    board_putc(SLIP_END);
}
