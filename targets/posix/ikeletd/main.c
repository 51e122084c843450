/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"
#include "help.h"
#include "say.h"

#define DEFAULT_FILE "/etc/ikelet/ikeletd.conf"

enum key { KEY_CHECK = 256, KEY_CONFIG };

struct wish {
    const char *check, *config;
};

static const struct argp_option rows[] = {
    {"config", KEY_CONFIG, "FILE", 0, "The configuration (default: " DEFAULT_FILE ")", 0},
    {"check", KEY_CHECK, "FILE", 0,
     "Only look for mistakes in FILE and what it names, and tell all", 0},
    {0, 0, 0, 0, 0, 0},
};

static error_t take(int key, char *arg, struct argp_state *state)
{
    struct wish *w = state->input;
    if (key == KEY_CHECK)
        w->check = arg;
    else if (key == KEY_CONFIG)
        w->config = arg;
    else if (key == ARGP_KEY_END && w->check != NULL && w->config != NULL)
        refuse("--check and --config: one file is enough");
    else if (key == ARGP_KEY_ARG)
        refuse(NO_OPTION, arg);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static int check(const char *file)
{
    struct mistakes m = {0};
    struct plan *p = plan_make(file, NULL, &m);
    mistakes_print(&m, p == NULL ? stderr : stdout);
    if (p != NULL)
        printf("%s: %u connections, %u remotes, %u policies: nothing is wrong\n", file,
               p->conf.connections_n, (unsigned)p->config.peers_n, (unsigned)p->config.policies_n);
    int status = p != NULL ? EXIT_ANSWERED : EXIT_FAILED;
    plan_free(p);
    mistakes_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct wish w = {NULL, NULL};
    const struct argp argp = {
        rows,
        take,
        NULL,
        "The IKEv2 and ESP daemon of ikelet: gateway and client, with ESP in user space."
        "\vIt runs in the foreground; SIGHUP reads the configuration again, SIGTERM deletes all "
        "SAs and ends. ikeletd.conf(5) explains the configuration, ikelet(1) how to ask a running "
        "daemon.\n\nExit status: 0 after SIGTERM, and if --check finds no mistake; 1 if --check "
        "finds one, or something failed; 2 if the command line is wrong, or the configuration that "
        "it was to begin with.",
        help_child,
        NULL,
        NULL};
    setvbuf(stdout, NULL, _IOLBF, 0);
    argp_program_version = "ikeletd " IK_VERSION;
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, &w) != 0)
        return EXIT_USAGE;
    return w.check != NULL ? check(w.check)
                           : daemon_run(&daemon, w.config != NULL ? w.config : DEFAULT_FILE);
}
