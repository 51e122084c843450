/* SPDX-License-Identifier: MIT */
/* What systemd is told (sd_notify(3)), if it asks: NOTIFY_SOCKET. */
#ifndef IKELETD_NOTIFY_H
#define IKELETD_NOTIFY_H

void notify_ready(void);
void notify_reloading(void);
void notify_stopping(void);
/* Each second: the watchdog's bone. */
void notify_alive(void);

#endif
