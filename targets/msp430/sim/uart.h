/* SPDX-License-Identifier: MIT */
/*
 * UARTs: USART of the 1xx (SLAU049 chapter 13), USCI_A of the 5xx (SLAU208, "USCI - UART Mode"),
 * eUSCI_A of the FR parts (SLAU367, "eUSCI - UART Mode"). Eight data bits, one stop bit. Each is a
 * line out and a line in; the baud rate of either end has to fit the other's.
 */
#ifndef MSIM_UART_H
#define MSIM_UART_H

#include "io.h"

enum { UARTS = 2, UART_QUEUE = 4096 };

enum uart_kind { UART_NONE, UART_USART, UART_USCI, UART_EUSCI };

struct uart_part {
    enum uart_kind kind;
    uint16_t vector;               /* of USCI and eUSCI */
    uint16_t rx_flag, tx_flag;     /* of USART: bits of IFG1 and IFG2 */
    uint16_t rx_enable, tx_enable; /* and of ME1 and ME2 */
};

struct uart {
    uint8_t reg[0x20];
    uint8_t ifg; /* of USCI and eUSCI: 1 received, 2 transmit buffer empty */
    uint8_t shift, buffer, received;
    bool shifting, buffered;
    uint64_t sent_at; /* tick of its clock */
    uint32_t line_baud;
    msim_hear hear;
    void *hear_context;
    uint8_t queue[UART_QUEUE]; /* on the line towards the part */
    uint32_t queue_at, queued;
    struct msim_uart_errors errors;
};

extern const struct io_ops usart_ops, usci_ops, eusci_ops;

/* Sets the moment for that anew, after its clock has changed. */
void uart_plan(struct msim *m, unsigned unit);
/* The octet that is being sent has gone; the one that comes in is there. */
void uart_sent(struct msim *m, unsigned unit);
void uart_received(struct msim *m, unsigned unit);
/* Whether it needs SMCLK now. */
bool uart_requests_smclk(const struct msim *m, unsigned unit);
/* Flags that depend on interrupt enables, after those have changed. */
void uart_update(struct msim *m, unsigned unit);
void uarts_init(struct msim *m);

/* uart.c for uart_kinds.c: */
void uart_write_buffer(struct msim *m, unsigned unit, uint8_t octet);
uint8_t uart_read_buffer(struct msim *m, unsigned unit);
void uart_clear(struct msim *m, unsigned unit);
void uart_reset(struct msim *m, unsigned unit);

/* uart_kinds.c for uart.c: */
bool uart_is_on(const struct msim *m, unsigned unit);
bool uart_uses_aclk(const struct msim *m, unsigned unit);
bool uart_rx_flag(const struct msim *m, unsigned unit);
/* Eighths of a tick of its clock in a bit. */
uint32_t uart_eighths(const struct msim *m, unsigned unit);

#endif
