/* SPDX-License-Identifier: MIT */
/* The `ikelet` command: finds the subcommand. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "load.h"
#include "ping.h"
#include "respond.h"
#include "say.h"
#include "slip.h"

static const struct {
    const char *name;
    const char *title; /* stands before error messages about options */
    int (*run)(int argc, char **argv);
} commands[] = {
    {"ping", "ikelet ping", ping_main},
    {"respond", "ikelet respond", respond_main},
    {"load", "ikelet load", load_main},
    {"slip", "ikelet slip", slip_main},
};

#define COMMANDS_N (sizeof commands / sizeof commands[0])

static int help(void)
{
    puts("Usage: ikelet COMMAND [OPTION...]\n"
         "\n"
         "ikelet speaks IKEv2 and ESP with pre-shared keys.\n"
         "\n"
         "  ikelet ping      set up SAs with a responder, ping through them, delete them\n"
         "  ikelet respond   wait for such a peer, and answer its pings\n"
         "  ikelet load      be many clients of a gateway at once\n"
         "  ikelet slip      carry packets between a serial line and a network\n"
         "\n"
         "A running ikeletd is asked by");
    ctl_help();
    puts("\nikelet COMMAND --help explains the options. ikelet --version prints the version.");
    return EXIT_ANSWERED;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0); /* replies are seen when they come, by pipes too */
    char dash_help[] = "--help";
    if (argc < 2) {
        complain("which command? (ikelet --help lists them)");
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0 && argc == 3) { /* ikelet help VERB */
        argv[1] = argv[2];
        argv[2] = dash_help;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0)
        return help();
    argp_program_version = "ikelet " IK_VERSION;
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts(argp_program_version);
        return EXIT_ANSWERED;
    }
    if (ctl_knows(argv[1]))
        return ctl_main(argc - 1, argv + 1);
    for (unsigned i = 0; i < COMMANDS_N; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            char title[40];
            snprintf(title, sizeof title, "%s", commands[i].title);
            argv[1] = title;
            return commands[i].run(argc - 1, argv + 1);
        }
    complain("no command \"%s\" (ikelet --help lists them)", argv[1]);
    return EXIT_USAGE;
}
