/* SPDX-License-Identifier: MIT */
#include "notify.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static int notifier = -1;

static void begin(void)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path != NULL ? strlen(path) : 0;
    if (notifier >= 0 || len < 2 || len >= sizeof name.sun_path)
        return;
    memcpy(name.sun_path, path, len);
    if (name.sun_path[0] == '@')
        name.sun_path[0] = '\0';
    notifier = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (notifier >= 0 && connect(notifier, (struct sockaddr *)&name,
                                 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
        close(notifier);
        notifier = -1;
    }
}

static void tell(const char *text)
{
    begin();
    if (notifier >= 0 && send(notifier, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        close(notifier);
        notifier = -1;
    }
}

void notify_ready(void)
{
    tell("READY=1");
}

void notify_reloading(void)
{
    char text[80];
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000);
    tell(text);
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}

void notify_alive(void)
{
    if (getenv("WATCHDOG_USEC") != NULL)
        tell("WATCHDOG=1");
}
