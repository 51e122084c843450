/* SPDX-License-Identifier: MIT */
#include "psk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define KEY_MAX 65535      /* octets, as struct ik_span has them */
#define ROOM (KEY_MAX + 3) /* and a line end, and one that is too many */

static bool read_all(int fd, uint8_t *out, size_t cap, size_t *len)
{
    *len = 0;
    while (*len < cap) {
        ssize_t n = read(fd, out + *len, cap - *len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            return true;
        *len += (size_t)n;
    }
    return true;
}

static bool read_file(const char *option, const char *file, uint8_t *key, size_t *len, char *err,
                      size_t err_len)
{
    /* Without stdio: its buffer would keep a copy of the key. */
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read_all(fd, key, ROOM, len);
    if (!good)
        snprintf(err, err_len, "cannot read --%s=%s: %s", option, file, strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

static void read_environment(uint8_t *key, size_t *len)
{
    char *text = getenv("IKELET_PSK");
    *len = 0;
    if (text == NULL)
        return;
    *len = strnlen(text, ROOM);
    memcpy(key, text, *len);
    explicit_bzero(text, strlen(text)); /* so that /proc/PID/environ does not show it either */
    unsetenv("IKELET_PSK");
}

/* Editors put a line end behind the last line. */
static void cut_line_end(const uint8_t *key, size_t *len)
{
    if (*len == 0 || key[*len - 1] != '\n')
        return;
    --*len;
    if (*len > 0 && key[*len - 1] == '\r')
        --*len;
}

/* RFC 7296 2.15: the interface for shared secrets "MUST also accept a hex encoding". */
bool psk_decode_hex(uint8_t *key, size_t *len)
{
    if (*len < 2 || key[0] != '0' || (key[1] | 0x20) != 'x')
        return true;
    if (*len == 2 || !host_hex_parse((const char *)key + 2, *len - 2, key))
        return false;
    size_t n = *len / 2 - 1;
    explicit_bzero(key + n, *len - n);
    *len = n;
    return true;
}

static bool read_key(const char *file, uint8_t *key, size_t *len, char *err, size_t err_len)
{
    if (file == NULL)
        read_environment(key, len);
    else if (!read_file("psk-file", file, key, len, err, err_len))
        return false;
    else
        cut_line_end(key, len);
    bool hex = *len > KEY_MAX || psk_decode_hex(key, len);
    if (hex && *len > 0 && *len <= KEY_MAX)
        return true;
    if (!hex)
        snprintf(err, err_len, "the pre-shared key begins with 0x, but is not pairs of hex digits");
    else if (*len > KEY_MAX)
        snprintf(err, err_len, "the pre-shared key has more than %d octets", KEY_MAX);
    else if (file != NULL)
        snprintf(err, err_len, "--psk-file=%s: it is empty", file);
    else
        snprintf(err, err_len, "no pre-shared key: give --psk-file=FILE or set IKELET_PSK");
    return false;
}

bool psk_read(const char *file, uint8_t **key, size_t *len, char *err, size_t err_len)
{
    *len = 0;
    *key = calloc(1, ROOM);
    if (*key == NULL) {
        snprintf(err, err_len, "out of memory");
        return false;
    }
    if (read_key(file, *key, len, err, err_len))
        return true;
    psk_forget(*key, ROOM);
    *key = NULL;
    return false;
}

bool psk_read_file(const char *option, const char *file, uint8_t **text, size_t *len, char *err,
                   size_t err_len)
{
    *len = 0;
    *text = calloc(1, ROOM);
    if (*text == NULL) {
        snprintf(err, err_len, "out of memory");
        return false;
    }
    bool good = read_file(option, file, *text, len, err, err_len);
    if (good && *len <= KEY_MAX)
        return true;
    if (good)
        snprintf(err, err_len, "--%s=%s: more than %d octets", option, file, KEY_MAX);
    psk_forget(*text, ROOM);
    *text = NULL;
    return false;
}

void psk_forget(uint8_t *key, size_t len)
{
    if (key != NULL)
        explicit_bzero(key, len);
    free(key);
}
