/* SPDX-License-Identifier: MIT */
/*
 * Stories of the garage door, told twice in the same world: once the remote is the firmware image,
 * instruction by instruction, once its application on a core of this process. Each datagram of
 * either end has to be the same, and each story has to end as it should.
 *
 * Usage: msp430_story IMAGE; exit status 77: there is no image.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/firmware/door.h"
#include "sim/story.h"

#define SKIPPED 77
#define IMAGE_MAX (1 << 20)
#define HEAD 16 /* of an entry of sim.sent */

static uint8_t image[IMAGE_MAX];
static size_t image_len;

/* The world of the story that is being told. */
static struct door *door;
static uint32_t expected; /* answers so far */

static void press(struct sim *s)
{
    (void)s;
    door_press(door);
}

static void answered(struct sim *s)
{
    expected++;
    if (door_answers(door) != expected || door_answered(door) != expected)
        sim_fail(s, "press %u has no answer", (unsigned)expected);
}

#define PRESS CALL(press)
#define ANSWERED CALL(answered)
/* Power to the first sleep takes the machine most of a second; a core of this process nothing. */
#define BOOT WAIT(IK_SECOND)
#define HANDSHAKE                                                                                  \
    EXPECT(DOOR_REMOTE, IK_EV_IKE_UP), EXPECT(DOOR_REMOTE, IK_EV_CHILD_UP),                        \
        EXPECT(DOOR_GATEWAY, IK_EV_IKE_UP), EXPECT(DOOR_GATEWAY, IK_EV_CHILD_UP)

static const struct story_step plain[] = {
    BOOT,  PRESS,           HANDSHAKE, WAIT(IK_SECOND),       ANSWERED,
    PRESS, WAIT(IK_SECOND), ANSWERED,  WAIT(600 * IK_SECOND), /* asleep, deeply */
    PRESS, WAIT(IK_SECOND), ANSWERED,  SILENT(DOOR_REMOTE),
};

static const struct story_step lost[] = {
    DROP(DOOR_REMOTE, IK_EX_IKE_SA_INIT, REQUEST, FIRST),
    DROP(DOOR_GATEWAY, IK_EX_IKE_SA_INIT, RESPONSE, FIRST),
    DROP(DOOR_GATEWAY, IK_EX_IKE_AUTH, RESPONSE, FIRST),
    ON_KIND(DOOR_REMOTE, SIM_ESP, FIRST, .act = SIM_DROP),
    ON_KIND(DOOR_GATEWAY, SIM_ESP, FIRST, .act = SIM_DROP),
    BOOT,
    PRESS,
    HANDSHAKE,
    WAIT(10 * IK_SECOND),
    ANSWERED,
    HITS(0, 1),
    HITS(3, 1),
    HITS(4, 1),
};

/* What comes in the midst of a computation has to wait, and puts a machine back that ran ahead. */
static const struct story_step disturbed[] = {
    TWICE(DOOR_GATEWAY, IK_EX_IKE_SA_INIT, RESPONSE, FIRST),
    FLIP(DOOR_GATEWAY, IK_EX_IKE_AUTH, RESPONSE, FIRST, -1),
    ON_KIND(DOOR_GATEWAY, SIM_ESP, FIRST, .act = SIM_TWICE),
    BOOT,
    PRESS,
    HANDSHAKE,
    WAIT(5 * IK_SECOND),
    ANSWERED,
    HITS(0, 1),
    HITS(1, 1),
    HITS(2, 1),
    PRESS,
    WAIT(IK_SECOND),
    ANSWERED,
};

struct tale {
    const char *name;
    bool natt;
    const struct story_step *steps;
    size_t n;
};

#define TALE(story, by_udp)                                                                        \
    {                                                                                              \
        .name = #story, .natt = (by_udp), .steps = (story), .n = sizeof(story) / sizeof *(story)   \
    }

static const struct tale tales[] = {TALE(plain, false), TALE(plain, true), TALE(lost, false),
                                    TALE(lost, true), TALE(disturbed, true)};

/* Tells it; what was sent is in s->sent. False if it did not end as it should. */
static bool tell(struct sim *s, const struct tale *tale, bool by_image)
{
    struct door_opts opts = {.natt = tale->natt, .delay = 5 * IK_MS};
    struct sim_rng rng;

    if (by_image) {
        opts.image = image;
        opts.image_len = image_len;
    } else {
        opts.cpu = &sim_cpu_msp430f1611;
    }
    sim_rng_init(&rng, 1);
    sim_rng_bytes(&rng, opts.noise, sizeof opts.noise);
    expected = 0;
    door = door_add(s, &opts);
    return story_run(s, NULL, tale->steps, tale->n);
}

/* ---- what was sent ----------------------------------------------------------------------------
 */

static size_t entry_len(const char *entry)
{
    return HEAD + ((size_t)(uint8_t)entry[14] << 8 | (uint8_t)entry[15]);
}

/* Answers how many datagrams both have sent, all alike but for their moments; 0 if not. */
static unsigned compare(const struct sim_log *a, const struct sim_log *b)
{
    size_t i = 0, j = 0;
    unsigned n = 0;

    for (; i < a->len && j < b->len; n++) {
        size_t len = entry_len(a->p + i);

        if (len != entry_len(b->p + j) || memcmp(a->p + i + 8, b->p + j + 8, len - 8) != 0) {
            printf("datagram %u differs\n", n);
            return 0;
        }
        i += len;
        j += len;
    }
    if (i != a->len || j != b->len)
        printf("one has sent more than the other, which has sent %u\n", n);
    return i == a->len && j == b->len ? n : 0;
}

static bool compare_tale(const struct tale *tale)
{
    /* The spectator can't look into a machine for keys: what it says of the core holds for the same
     * octets of the machine. */
    const struct sim_opts watched = {.seed = 7, .record_sent = true};
    const struct sim_opts unwatched = {.seed = 7, .record_sent = true, .unchecked = true};
    struct sim *machine = sim_new(&unwatched), *core = sim_new(&watched);
    bool good = tell(machine, tale, true) && tell(core, tale, false);
    unsigned n = good ? compare(&machine->sent, &core->sent) : 0;

    printf("%s, %s: ", tale->name, tale->natt ? "ESP in UDP" : "ESP");
    if (n > 0)
        printf("%u datagrams, the same\n", n);
    else
        puts("FAILED");
    sim_free(machine);
    sim_free(core);
    return n > 0;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    bool good = true;

    if (!file) {
        printf("SKIPPED: machine code as a node: no %s\n", argc == 2 ? argv[1] : "image named");
        return SKIPPED;
    }
    image_len = fread(image, 1, sizeof image, file);
    fclose(file);
    for (size_t i = 0; i < sizeof tales / sizeof *tales; i++)
        good = compare_tale(&tales[i]) && good;
    return good ? 0 : 1;
}
