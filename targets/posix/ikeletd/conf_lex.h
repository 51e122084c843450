/* SPDX-License-Identifier: MIT */
/* A configuration file cut into tokens as libconfuse cuts it, each with its line. */
#ifndef IKELETD_CONF_LEX_H
#define IKELETD_CONF_LEX_H

#include <stddef.h>

enum conf_token {
    CONF_END,
    CONF_LINE, /* its end */
    CONF_SPACE,
    CONF_COMMENT,
    CONF_OPEN,  /* { */
    CONF_CLOSE, /* } */
    CONF_WORD,  /* quoted or not */
    CONF_SIGN,
    CONF_UNCLOSED_COMMENT, /* up to the end of the file */
    CONF_UNCLOSED_QUOTES,  /* this and the next: up to the end of the line */
    CONF_UNCLOSED_VARIABLE
};

/* A caller sets at and next_line. */
struct conf_lex {
    char *token, *at; /* its first octet, and the one behind it */
    unsigned line, next_line;
};

enum conf_token conf_lex_next(struct conf_lex *l);

#endif
