/* SPDX-License-Identifier: MIT */
/* The pre-shared key: from a file without its line end, or from the environment and out of it. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "psk.h"

static char name[] = "psk-XXXXXX";

static void write_file(const void *content, size_t len)
{
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, content, len), (ssize_t)len);
    close(fd);
}

static void expect_key(const char *file, const char *wanted, size_t wanted_len)
{
    char err[300] = "";
    uint8_t *key = NULL;
    size_t len = 0;
    cr_assert(psk_read(file, &key, &len, err, sizeof err), "%s", err);
    cr_expect_eq(len, wanted_len);
    cr_expect_eq(memcmp(key, wanted, wanted_len), 0);
    psk_forget(key, len);
}

static void expect_refusal(const char *file, const char *wanted)
{
    char err[300] = "";
    uint8_t *key = NULL;
    size_t len = 0;
    cr_assert_not(psk_read(file, &key, &len, err, sizeof err));
    cr_expect_not_null(strstr(err, wanted), "%s", err);
    cr_expect_null(key);
}

static void expect_file(const char *content, size_t len, const char *key, size_t key_len)
{
    strncpy(name, "psk-XXXXXX", sizeof name);
    write_file(content, len);
    expect_key(name, key, key_len);
    unlink(name);
}

Test(psk, one_line_end_is_cut)
{
    expect_file("key", 3, "key", 3);
    expect_file("key\n", 4, "key", 3);
    expect_file("key\r\n", 5, "key", 3);
    expect_file("key\n\n", 5, "key\n", 4);
    expect_file("key\r", 4, "key\r", 4);
    expect_file(" key ", 5, " key ", 5);
    expect_file("k\0y\n", 4, "k\0y", 3);
}

Test(psk, hex)
{
    expect_file("0x00ff41Ab\n", 11, "\0\xff\x41\xab", 4);
    expect_file("0X7a", 4, "z", 1);
    expect_file("00x7a", 5, "00x7a", 5);
    const char *const wrong[] = {"0x", "0x\n", "0x123", "0x12g4", "0x12 34"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        strncpy(name, "psk-XXXXXX", sizeof name);
        write_file(wrong[i], strlen(wrong[i]));
        expect_refusal(name, "hex digits");
        unlink(name);
    }
}

Test(psk, size_limits)
{
    char *big = malloc(65538);
    memset(big, 'x', 65538);
    big[65535] = '\n';
    expect_file(big, 65536, big, 65535);
    big[65535] = 'x';
    strncpy(name, "psk-XXXXXX", sizeof name);
    write_file(big, 65538);
    expect_refusal(name, "more than 65535");
    unlink(name);
    strncpy(name, "psk-XXXXXX", sizeof name);
    write_file("\n", 1);
    expect_refusal(name, "empty");
    unlink(name);
    free(big);
}

Test(psk, what_cannot_be_read)
{
    expect_refusal("no/such/file", "No such file");
    expect_refusal(".", "Is a directory");
}

Test(psk, environment)
{
    setenv("IKELET_PSK", "from the environment\n", 1);
    char *where = getenv("IKELET_PSK");
    expect_key(NULL, "from the environment\n", 21);
    cr_expect_null(getenv("IKELET_PSK"));
    cr_expect_eq(where[0], '\0'); /* it was overwritten there, too */
    expect_refusal(NULL, "IKELET_PSK");
    setenv("IKELET_PSK", "", 1);
    expect_refusal(NULL, "IKELET_PSK");
}
