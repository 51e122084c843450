/* SPDX-License-Identifier: MIT */
#include "help.h"

#include <stddef.h>

static error_t take(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key != 'h')
        return ARGP_ERR_UNKNOWN;
    argp_state_help(state, state->out_stream, ARGP_HELP_STD_HELP);
    return 0;
}

static const struct argp_option rows[] = {{NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0},
                                          {NULL, 0, NULL, 0, NULL, 0}};
static const struct argp argp = {rows, take, NULL, NULL, NULL, NULL, NULL};
const struct argp_child help_child[2] = {{&argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};
