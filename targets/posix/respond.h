/* SPDX-License-Identifier: MIT */
/* `ikelet respond` */
#ifndef POSIX_RESPOND_H
#define POSIX_RESPOND_H

/* Answers the exit status. argv[0] is the subcommand's name. */
int respond_main(int argc, char **argv);

#endif
