/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hook.h"

#define VARIABLES_MAX 32

const char *hook_objection(const char *path)
{
    struct stat s;
    if (path[0] != '/')
        return "not an absolute path";
    if (stat(path, &s) != 0)
        return strerror(errno);
    if (!S_ISREG(s.st_mode) || (s.st_mode & 0111) == 0)
        return "not a program";
    if ((s.st_uid != 0 && s.st_uid != geteuid()) || (s.st_mode & 022) != 0)
        return "others may write it: chown root, chmod go-w";
    return NULL;
}

/* The program's process: nothing of ours but stderr is open there. */
static void become(const char *path, char *const *variables)
{
    char *const argv[] = {strdup(path), NULL};
    sigset_t none;
    int nothing = open("/dev/null", O_RDONLY);
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (int n = 1; n < 32; n++)
        (void)signal(n, SIG_DFL);
    (void)setsid();
    if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(2, 1) < 0)
        _exit(126);
    (void)close_range(3, ~0u, 0);
    execve(path, argv, variables);
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    _exit(127);
}

/* Answers what is wrong with how it ended; "" if nothing is. */
static void tell_end(const siginfo_t *end, bool late, char *out, size_t cap)
{
    out[0] = '\0';
    if (late)
        snprintf(out, cap, "not done after %d s, and killed", HOOK_LASTS);
    else if (end->si_code != CLD_EXITED)
        snprintf(out, cap, "ended by signal %d", end->si_status);
    else if (end->si_status != 0)
        snprintf(out, cap, "exit status %d", end->si_status);
}

static void run(const char *path, char *const *variables, char *out, size_t cap)
{
    siginfo_t end = {0};
    pid_t child = fork();
    if (child == 0)
        become(path, variables);
    int fd = child > 0 ? pidfd_open(child, 0) : -1;
    if (fd < 0) {
        snprintf(out, cap, "cannot be run: %s", strerror(errno));
        return;
    }
    struct pollfd p = {.fd = fd, .events = POLLIN};
    bool late = poll(&p, 1, HOOK_LASTS * 1000) == 0;
    if (late) {
        (void)kill(-child, SIGKILL);
        (void)kill(child, SIGKILL);
    }
    (void)waitid(P_PIDFD, (id_t)fd, &end, WEXITED);
    close(fd);
    tell_end(&end, late, out, cap);
}

/* A label, then the variables. */
static void serve(int fd, const char *path, char *message, size_t len)
{
    char *variables[VARIABLES_MAX + 1], why[200], answer[400];
    unsigned n = 0;
    for (size_t at = strlen(message) + 1; at < len && n < VARIABLES_MAX;
         at += strlen(message + at) + 1)
        variables[n++] = message + at;
    variables[n] = NULL;
    run(path, variables, why, sizeof why);
    if (why[0] == '\0')
        return;
    int size = snprintf(answer, sizeof answer, "%.150s: %s", message, why);
    (void)send(fd, answer, (size_t)size, MSG_NOSIGNAL);
}

void hook_run(int fd)
{
    static char path[HOOK_MESSAGE_MAX + 1], message[HOOK_MESSAGE_MAX + 1];
    ssize_t n;
    for (int s = 1; s < 32; s++)
        if (s != SIGCHLD)
            (void)signal(s, SIG_IGN); /* a signal to all of a terminal is for the daemon */
    (void)prctl(PR_SET_NAME, "ikeletd-updown", 0, 0, 0);
    bool armed = recv(fd, path, HOOK_MESSAGE_MAX, 0) > 0;
    while (armed && (n = recv(fd, message, HOOK_MESSAGE_MAX, 0)) > 0) {
        message[n] = '\0';
        serve(fd, path, message, (size_t)n);
    }
    _exit(0);
}
