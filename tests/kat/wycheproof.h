/* SPDX-License-Identifier: MIT */
/*
 * Wycheproof vectors (C2SP/wycheproof): read from IK_VECTORS_DIR, which is not part of this tree.
 * Where it is missing the test says so aloud and is skipped.
 */
#ifndef IK_TESTS_WYCHEPROOF_H
#define IK_TESTS_WYCHEPROOF_H

#include <jansson.h>

#include "tests/kat/kat.h"

struct kat_case {
    const json_t *group, *test;
};

/* Answers whether the case fits what is tested; only such cases count. */
typedef bool (*kat_case_fn)(struct ik_env *env, const struct kat_case *c);

static inline struct kat_bytes kat_field(const struct kat_case *c, const char *name)
{
    const char *hex = json_string_value(json_object_get(c->test, name));

    cr_assert_not_null(hex, "no %s", name);
    return kat_hex(hex);
}

static inline long long kat_size(const struct kat_case *c, const char *name)
{
    return json_integer_value(json_object_get(c->group, name));
}

static inline int kat_id(const struct kat_case *c)
{
    return (int)json_integer_value(json_object_get(c->test, "tcId"));
}

static inline bool kat_result_is(const struct kat_case *c, const char *result)
{
    return strcmp(json_string_value(json_object_get(c->test, "result")), result) == 0;
}

static inline bool kat_has_flag(const struct kat_case *c, const char *flag)
{
    const json_t *value;
    size_t i;

    json_array_foreach(json_object_get(c->test, "flags"), i, value)
    {
        if (strcmp(json_string_value(value), flag) == 0) {
            return true;
        }
    }
    return false;
}

/* Runs every case of file with crypto; answers how many fitted. */
static inline size_t kat_wycheproof(const char *file, const struct ik_crypto *crypto,
                                    kat_case_fn run)
{
    struct ik_env env;
    struct kat_case c;
    char path[512];
    size_t ran = 0, i, j;
    json_t *root;

    snprintf(path, sizeof path, "%s/wycheproof/%s", IK_VECTORS_DIR, file);
    root = json_load_file(path, 0, NULL);
    if (root == NULL) {
        printf("SKIPPED: %s: no Wycheproof vectors at ../shared/vectors\n", file);
        fflush(stdout);
        cr_skip_test("no Wycheproof vectors");
    }
    kat_env(&env, crypto);
    json_array_foreach(json_object_get(root, "testGroups"), i, c.group)
    {
        json_array_foreach(json_object_get(c.group, "tests"), j, c.test)
        {
            ran += run(&env, &c);
        }
    }
    json_decref(root);
    return ran;
}

#endif
