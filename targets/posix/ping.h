/* SPDX-License-Identifier: MIT */
/* `ikelet ping` */
#ifndef POSIX_PING_H
#define POSIX_PING_H

/* Answers the exit status. argv[0] is the subcommand's name. */
int ping_main(int argc, char **argv);

#endif
