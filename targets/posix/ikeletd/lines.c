/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)64 << 20)

/* systemd keeps what it hands over (LoadCredential) from all others itself. */
static bool is_credential(const char *file)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    size_t len = folder != NULL ? strlen(folder) : 0;
    return len > 1 && strncmp(file, folder, len) == 0 && file[len] == '/';
}

static bool is_file(int fd, const char *file, struct stat *s, struct mistakes *m)
{
    if (fstat(fd, s) != 0)
        mistakes_add(m, file, 0, "cannot be read: %s", strerror(errno));
    else if (!S_ISREG(s->st_mode) || s->st_size > FILE_MAX)
        mistakes_add(m, file, 0, "is no file, or one of more than %lld MB",
                     (long long)(FILE_MAX >> 20));
    else
        return true;
    return false;
}

/* Of root and of who runs this the passwords need not be asked. */
static bool is_owner(unsigned owner, const char *user)
{
    const struct passwd *p = NULL;
    if (owner == 0 || owner == geteuid())
        return true;
    if (user != NULL)
        p = getpwnam(user);
    return p != NULL && p->pw_uid == owner;
}

static bool keeps_keys(const char *file, const struct stat *s, const char *user, struct mistakes *m)
{
    if (is_credential(file))
        return true;
    if ((s->st_mode & 077) != 0) {
        mistakes_add(m, file, 0,
                     "holds keys, but others than its owner may read or write it (mode %03o): "
                     "chmod 600 %s",
                     (unsigned)s->st_mode & 0777, file);
        return false;
    }
    if (is_owner(s->st_uid, user))
        return true;
    mistakes_add(m, file, 0, "holds keys, but belongs to user %u: neither root nor who runs this%s",
                 (unsigned)s->st_uid, user != NULL ? ", nor daemon.user" : "");
    return false;
}

/* Without stdio: its buffer would keep a copy. */
static bool read_all(int fd, char *out, size_t len)
{
    size_t have = 0;
    while (have < len) {
        ssize_t n = read(fd, out + have, len - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

/* The daemon reads again as the user that it has become. */
static void not_opened(const char *file, bool keys, struct mistakes *m)
{
    const char *why = strerror(errno);
    unsigned user = geteuid();
    if (errno != EACCES)
        mistakes_add(m, file, 0, "cannot be read: %s", why);
    else if (keys)
        mistakes_add(m, file, 0, "cannot be read by user %u, who runs this: %s: chown %u %s", user,
                     why, user, file);
    else
        mistakes_add(m, file, 0, "cannot be read by user %u, who runs this: %s", user, why);
}

static int open_file(const char *file, bool keys, struct stat *s, struct mistakes *m)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        not_opened(file, keys, m);
    } else if (!is_file(fd, file, s, m)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static char *take_file(int fd, const char *file, size_t len, struct mistakes *m)
{
    char *text = calloc(1, len + 1);
    if (text != NULL && read_all(fd, text, len))
        return text;
    mistakes_add(m, file, 0, "cannot be read whole");
    lines_forget(text, len);
    return NULL;
}

char *lines_read(const char *file, size_t *len, struct mistakes *m)
{
    struct stat s;
    int fd = open_file(file, false, &s, m);
    if (fd < 0)
        return NULL;
    *len = (size_t)s.st_size;
    char *text = take_file(fd, file, *len, m);
    close(fd);
    return text;
}

char *lines_read_keys(const char *file, const char *user, size_t *len, struct mistakes *m)
{
    struct stat s;
    int fd = open_file(file, true, &s, m);
    if (fd < 0)
        return NULL;
    *len = (size_t)s.st_size;
    char *text = keeps_keys(file, &s, user, m) ? take_file(fd, file, *len, m) : NULL;
    close(fd);
    return text;
}

void lines_forget(char *text, size_t len)
{
    if (text != NULL)
        explicit_bzero(text, len);
    free(text);
}

char *lines_next(char **at, unsigned *line)
{
    while (*at != NULL && **at != '\0') {
        char *text = *at, *end = strchr(text, '\n');
        *at = end != NULL ? end + 1 : NULL;
        if (end == NULL)
            end = text + strlen(text);
        ++*line;
        while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
            end--;
        *end = '\0';
        text += strspn(text, " \t");
        if (*text != '\0' && *text != '#')
            return text;
    }
    return NULL;
}
