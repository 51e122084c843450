/* SPDX-License-Identifier: MIT */
/* A TUN device of our own. */
#ifndef POSIX_DEVICE_H
#define POSIX_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#define DEVICE_NAME 16 /* octets of a name with the final zero */

/* Can a network device have this name? */
bool device_name_fits(const char *name);
/* What it can be, for people. */
#define DEVICE_NAME_IS "at most 15 letters, no blank and none of / : %"
/* Makes it, new and without further headers; flags: further ones of TUNSETIFF. -1 after words in
 * err. */
int device_make(const char *name, int flags, char *err, size_t cap);
/* Another queue of one that is there (IFF_MULTI_QUEUE); -1 with errno. */
int device_queue(const char *name, int flags);
/* What can be done about errno, in brackets; or nothing. */
const char *device_hint(int why);

#endif
