/* SPDX-License-Identifier: MIT */
#include "kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

/* ---- octets ---------------------------------------------------------------------------------- */

void kept_put(struct kept_cursor *c, const void *from, size_t len)
{
    c->bad = c->bad || len > c->left;
    if (c->bad)
        return;
    memcpy(c->p, from, len);
    c->p += len;
    c->left -= len;
}

void kept_put_number(struct kept_cursor *c, uint64_t n, size_t len)
{
    uint8_t b[8];
    for (size_t i = 0; i < len; i++)
        b[i] = (uint8_t)(n >> 8 * (len - 1 - i));
    kept_put(c, b, len);
}

void kept_get(struct kept_cursor *c, void *to, size_t len)
{
    c->bad = c->bad || len > c->left;
    memset(to, 0, len);
    if (c->bad)
        return;
    memcpy(to, c->p, len);
    c->p += len;
    c->left -= len;
}

uint64_t kept_get_number(struct kept_cursor *c, size_t len)
{
    uint8_t b[8];
    uint64_t n = 0;
    kept_get(c, b, len);
    for (size_t i = 0; i < len; i++)
        n = n << 8 | b[i];
    return n;
}

/* ---- the file -------------------------------------------------------------------------------- */

static ssize_t read_file(const char *file, uint8_t room[KEPT_ROOM])
{
    struct stat s = {0};
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe would wait for a writer */
    if (fd < 0)
        return -1;
    bool is_file = fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
    ssize_t n = is_file ? read(fd, room, KEPT_ROOM) : -1;
    int was = is_file ? errno : S_ISDIR(s.st_mode) ? EISDIR : EINVAL;
    close(fd);
    errno = was;
    return n;
}

/* Beside the file, and then in its place: whoever reads finds the old one or the new one. mkstemp()
 * makes it of mode 0600. */
static bool replace(const char *file, const uint8_t *octets, size_t len)
{
    char beside[4096];
    int n = snprintf(beside, sizeof beside, "%s.XXXXXX", file);
    if (n < 0 || (size_t)n >= sizeof beside) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = mkstemp(beside);
    if (fd < 0)
        return false;
    bool good = write(fd, octets, len) == (ssize_t)len && fsync(fd) == 0;
    int was = errno;
    if (close(fd) == 0 && good && rename(beside, file) == 0)
        return true;
    errno = good ? errno : was;
    was = errno;
    unlink(beside);
    errno = was;
    return false;
}

bool kept_load(const char *file, const char *const words[KEPT_VERDICTS],
               enum kept_verdict (*take)(void *to, const uint8_t *octets, size_t len,
                                         uint64_t now_s),
               void *to)
{
    uint8_t room[KEPT_ROOM];
    ssize_t n = read_file(file, room);
    if (n < 0 && errno != ENOENT) {
        complain("cannot read --ticket-file=%s: %s", file, strerror(errno));
        return false;
    }
    if (n <= 0)
        return true;
    enum kept_verdict v = take(to, room, (size_t)n, (uint64_t)time(NULL));
    explicit_bzero(room, sizeof room);
    if (v != KEPT_GOOD)
        complain("--ticket-file=%s: %s", file, words[v]);
    return v != KEPT_NONE;
}

bool kept_save(const char *file, const uint8_t *octets, size_t len)
{
    bool good = len > 0 ? replace(file, octets, len) : unlink(file) == 0 || errno == ENOENT;
    if (!good)
        complain("cannot write --ticket-file=%s: %s", file, strerror(errno));
    return good;
}
