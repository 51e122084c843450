/* SPDX-License-Identifier: MIT */
#include "privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

void privilege_close_memory(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

bool privilege_find(const char *user, const char *group, unsigned *uid, unsigned *gid, char *err,
                    size_t err_len)
{
    const struct passwd *p = user != NULL ? getpwnam(user) : NULL;
    const struct group *g = group != NULL ? getgrnam(group) : NULL;
    *uid = p != NULL ? p->pw_uid : geteuid();
    *gid = g != NULL ? g->gr_gid : p != NULL ? p->pw_gid : getegid();
    if (user != NULL && p == NULL)
        snprintf(err, err_len, "there is no user %s", user);
    else if (group != NULL && g == NULL)
        snprintf(err, err_len, "there is no group %s", group);
    else
        return true;
    return false;
}

static bool set_capabilities(unsigned caps)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{caps, caps, 0}, {0, 0, 0}};
    return syscall(SYS_capset, &head, data) == 0;
}

/* Those that we have of the wanted. */
static unsigned have(unsigned wanted)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {0};
    return syscall(SYS_capget, &head, data) == 0 ? data[0].permitted & wanted : 0;
}

bool privilege_drop(const char *user, char *err, size_t err_len)
{
    unsigned uid, gid;
    if (!privilege_find(user, NULL, &uid, &gid, err, err_len))
        return false;
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (cap != CAP_NET_ADMIN)
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (user != NULL && geteuid() != uid &&
        (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 ||
         setresuid(uid, uid, uid) != 0)) {
        snprintf(err, err_len, "cannot become user %s: %s", user, strerror(errno));
        return false;
    }
    if (!set_capabilities(have(1u << CAP_NET_ADMIN))) {
        snprintf(err, err_len, "cannot give up capabilities: %s", strerror(errno));
        return false;
    }
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a change of user sets it anew */
    return true;
}

/* Of libc, libev and libmnl, and of getaddrinfo() at a reload. */
/* clang-format off */
#define CALLS(C) \
    C(read) C(write) C(writev) C(readv) C(close) C(openat) C(open) C(fstat) C(newfstatat) C(stat) \
    C(lseek) C(fcntl) C(recvmsg) C(recvmmsg) C(recvfrom) C(sendmsg) C(sendmmsg) C(sendto) \
    C(accept4) C(accept) C(socket) C(connect) C(bind) C(listen) C(setsockopt) C(getsockopt) \
    C(getsockname) C(getpeername) C(shutdown) C(socketpair) C(epoll_wait) C(epoll_pwait) \
    C(epoll_ctl) C(epoll_create1) C(poll) C(ppoll) C(select) C(pselect6) C(timerfd_create) \
    C(timerfd_settime) C(eventfd2) C(clock_gettime) C(clock_nanosleep) C(gettimeofday) C(time) \
    C(nanosleep) C(getrandom) C(mmap) C(munmap) C(mremap) C(mprotect) C(madvise) C(mlock) \
    C(munlock) C(brk) C(futex) C(ioctl) C(unlink) C(unlinkat) C(rename) C(renameat) C(renameat2) \
    C(fchmod) C(fsync) C(getpid) C(gettid) C(geteuid) C(getuid) C(getegid) C(getgid) C(uname) \
    C(sysinfo) C(rt_sigaction) C(rt_sigprocmask) C(rt_sigreturn) C(sigaltstack) C(tgkill) C(kill) \
    C(exit) C(exit_group) C(restart_syscall) C(getrusage) C(prlimit64) C(access) C(faccessat) \
    C(readlink) C(getcwd) C(rseq) C(set_robust_list) C(dup)
/* clang-format on */

bool privilege_filter(char *err, size_t err_len)
{
#define NUMBER(name) SCMP_SYS(name),
    static const int calls[] = {CALLS(NUMBER)};
#undef NUMBER
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool good = filter != NULL;
    for (unsigned i = 0; good && i < sizeof calls / sizeof calls[0]; i++)
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    good = good && seccomp_load(filter) == 0;
    if (filter != NULL)
        seccomp_release(filter);
    if (!good)
        snprintf(err, err_len, "no filter for system calls here");
    return good;
}
