/* SPDX-License-Identifier: MIT */
#include "help.h"

#include <stddef.h>
#include <stdio.h>

/* getopt says what is wrong with an option, and refuse() the rest: argp would put a second line
 * behind each. */
static void be_quiet(struct argp_state *state)
{
    state->err_stream = fopen("/dev/null", "w");
    if (state->err_stream == NULL)
        state->err_stream = stderr;
}

static void be_heard(struct argp_state *state)
{
    if (state->err_stream != stderr)
        fclose(state->err_stream);
    state->err_stream = stderr;
}

static error_t take(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key == ARGP_KEY_INIT)
        be_quiet(state);
    else if (key == ARGP_KEY_FINI)
        be_heard(state);
    else if (key == 'h')
        argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
    else
        return ARGP_ERR_UNKNOWN;
    return 0;
}

static const struct argp_option rows[] = {{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
                                          {NULL, 0, NULL, 0, NULL, 0}};
static const struct argp argp = {rows, take, NULL, NULL, NULL, NULL, NULL};
const struct argp_child help_child[2] = {{&argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
