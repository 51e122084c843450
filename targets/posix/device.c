/* SPDX-License-Identifier: MIT */
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

_Static_assert(DEVICE_NAME == IFNAMSIZ, "names are as long as the kernel's");

bool device_name_fits(const char *name)
{
    return *name != '\0' && strlen(name) < DEVICE_NAME && strpbrk(name, "/:% \t\r\n\v\f") == NULL &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

const char *device_hint(int why)
{
    return why == EPERM || why == EACCES ? " (it needs CAP_NET_ADMIN)"
           : why == ENOENT               ? " (is /dev/net/tun there?)"
                                         : "";
}

int device_queue(const char *name, int flags)
{
    struct ifreq r = {.ifr_flags = (short)(IFF_TUN | IFF_NO_PI | flags)};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    memcpy(r.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
    if (fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0)
        return fd;
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
    return -1;
}

/* One that is there is not taken over, whoever made it. */
int device_make(const char *name, int flags, char *err, size_t cap)
{
    int fd = device_queue(name, IFF_TUN_EXCL | flags);
    if (fd >= 0)
        return fd;
    int why = errno;
    if (why == EBUSY)
        snprintf(err, cap,
                 "cannot make the TUN device %s: there is a device of that name: end the program "
                 "that has it, or \"ip link delete %s\", or give another name",
                 name, name);
    else
        snprintf(err, cap, "cannot make the TUN device %s: %s%s", name, strerror(why),
                 device_hint(why));
    return -1;
}
