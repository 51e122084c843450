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
#include <time.h>
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

/* False: it has not ended in time. */
static bool ends(int fd)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const time_t until = now.tv_sec + HOOK_LASTS;
    int n = 0;
    while (n <= 0 && now.tv_sec < until) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        n = poll(&p, 1, (int)(until - now.tv_sec) * 1000);
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    return n > 0;
}

static void run(const char *path, char *const *variables, char *out, size_t cap)
{
    siginfo_t end = {0};
    pid_t child = fork();
    if (child == 0)
        become(path, variables);
    int fd = child > 0 ? pidfd_open(child, 0) : -1;
    int why = errno;
    bool late = fd >= 0 && !ends(fd);
    if (child > 0 && (fd < 0 || late)) {
        (void)kill(-child, SIGKILL);
        (void)kill(child, SIGKILL);
    }
    if (child > 0)
        (void)waitid(P_PID, (id_t)child, &end, WEXITED);
    if (fd >= 0)
        close(fd);
    if (fd < 0)
        snprintf(out, cap, "cannot be run: %s", strerror(why));
    else
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
        (void)signal(s,
                     s == SIGCHLD ? SIG_DFL : SIG_IGN); /* those of a terminal are the daemon's */
    (void)prctl(PR_SET_NAME, "ikeletd-updown", 0, 0, 0);
    bool armed = recv(fd, path, HOOK_MESSAGE_MAX, 0) > 0;
    while (armed && (n = recv(fd, message, HOOK_MESSAGE_MAX, 0)) > 0) {
        message[n] = '\0';
        serve(fd, path, message, (size_t)n);
    }
    _exit(0);
}
