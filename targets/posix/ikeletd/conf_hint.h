/* SPDX-License-Identifier: MIT */
/* What somebody may have meant by a word that there is not. */
#ifndef IKELETD_CONF_HINT_H
#define IKELETD_CONF_HINT_H

#include <confuse.h>

/* ": it is a word of tun", or nothing. */
void conf_hint(const cfg_t *root, const char *word, char *out, size_t cap);

#endif
