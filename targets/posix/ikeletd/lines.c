/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <errno.h>
#include <fcntl.h>
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

static bool may_be_used(int fd, const char *file, bool secret, struct stat *s, struct mistakes *m)
{
    if (fstat(fd, s) != 0) {
        mistakes_add(m, file, 0, "cannot be read: %s", strerror(errno));
        return false;
    }
    if (!S_ISREG(s->st_mode) || s->st_size > FILE_MAX) {
        mistakes_add(m, file, 0, "is no file, or one of more than %lld MB",
                     (long long)(FILE_MAX >> 20));
        return false;
    }
    if (is_credential(file))
        return true;
    if (secret && (s->st_mode & 077) != 0) {
        mistakes_add(m, file, 0,
                     "holds keys, but others than its owner may read or write it (mode %03o): "
                     "chmod 600 %s",
                     (unsigned)s->st_mode & 0777, file);
        return false;
    }
    if (secret && s->st_uid != 0 && s->st_uid != geteuid()) {
        mistakes_add(m, file, 0,
                     "holds keys, but belongs to user %u: neither root nor who runs this",
                     (unsigned)s->st_uid);
        return false;
    }
    return true;
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

char *lines_read(const char *file, bool secret, size_t *len, struct mistakes *m)
{
    struct stat s;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        mistakes_add(m, file, 0, "cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *text = NULL;
    if (may_be_used(fd, file, secret, &s, m)) {
        *len = (size_t)s.st_size;
        text = calloc(1, *len + 1);
        if (text == NULL || !read_all(fd, text, *len)) {
            mistakes_add(m, file, 0, "cannot be read whole");
            lines_forget(text, *len);
            text = NULL;
        }
    }
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
