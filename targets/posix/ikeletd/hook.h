/* SPDX-License-Identifier: MIT */
/*
 * The `updown` program of the administrator, which is run when a tunnel comes up and when it goes:
 * for DNS, firewalls, whatever routes cannot say. A process of its own runs it (hook_runner.c): it
 * is forked before the first secret is read, keeps the rights that the daemon was begun with, and
 * knows one program only, the one of the file at the start; so the daemon itself needs no right to
 * run anything.
 */
#ifndef IKELETD_HOOK_H
#define IKELETD_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_MESSAGE_MAX 8192 /* octets: a label, then the variables, a zero behind each */
#define HOOK_LASTS 20         /* seconds; then it is killed */

struct daemon;
struct worker;
struct ik_effect;

/* Forks the runner. Before any secret is in memory. False after a line in the log. */
bool hook_fork(struct daemon *d);
/* The file is read: gives it the program, or lets it go where there is none. False after a line in
 * the log. */
bool hook_begin(struct daemon *d);
/* Waits for what still runs, for some seconds. */
void hook_end(struct daemon *d);

/* A Child SA is up, or down: the program is run for the first of a child of the file with its
 * selectors and after the last, so not when one is rekeyed. */
void hook_child_up(struct worker *w, const struct ik_effect *fx);
void hook_child_down(struct worker *w, uint16_t child);

/* The runner's process: runs what it is told, one after the other, until nobody tells any more. */
void hook_run(int fd) __attribute__((noreturn));

/* Why that file cannot be the program; NULL: it can. */
const char *hook_objection(const char *path);

#endif
