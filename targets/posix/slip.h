/* SPDX-License-Identifier: MIT */
/* `ikelet slip`. */
#ifndef POSIX_SLIP_H
#define POSIX_SLIP_H

int slip_main(int argc, char **argv);

#endif
