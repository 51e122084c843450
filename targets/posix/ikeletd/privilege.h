/* SPDX-License-Identifier: MIT */
/* What the daemon may do, given up once all is open. */
#ifndef IKELETD_PRIVILEGE_H
#define IKELETD_PRIVILEGE_H

#include <stdbool.h>
#include <stddef.h>

/* No core file, not to be traced, nothing new by exec. */
void privilege_close_memory(void);
/* The numbers of a user; group NULL: that of the user. False with a line in err. */
bool privilege_find(const char *user, const char *group, unsigned *uid, unsigned *gid, char *err,
                    size_t err_len);
/* Becomes that user (NULL: stays), with CAP_NET_ADMIN (routes, MTU) and nothing else, for good. */
bool privilege_drop(const char *user, char *err, size_t err_len);
/* Only the system calls that the daemon makes from here on. */
bool privilege_filter(char *err, size_t err_len);

#endif
