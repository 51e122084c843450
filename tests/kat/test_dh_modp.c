/* SPDX-License-Identifier: MIT */
/*
 * MODP groups. The RFCs have no vectors for them; so the primes are computed once more from the
 * digits of pi as RFC 3526 defines them, and the powers below were computed with Python's pow().
 */
#include "tests/kat/dh.h"

static const struct {
    uint16_t group;
    const char *i, *gi, *r, *gr, *gir;
} vectors[] = {{IK_DH_MODP_1024, "ccc6924e33540b11a3a0e6131b07649fd8fc1b1d30cd83425396b4d977d7308d",
                "109c0337a31a40f347cf0488bccefee70336d470246a59939283c01f0e8e9771"
                "bef1f864635bde6467c254b9c9ba33b133c98355ceb93c3b193970bfc005e0ed"
                "f4b5425ed00493eed009c69fc4bf6929aba6d421fcdddd6fc5525b5c989fb457"
                "fd1b0fbfec86f812b215e8bdf140dabcd00206d8eb3ee68bee4693425c59c420",
                "5b9295b38edb23d903d8481b3639a7f45bc48c7cf58e03392c74ef11b898f38a",
                "3c7b9423dd15aca9e1cc5a8decb38051c8c8fd2c3eebff05d0af0701603bb85b"
                "612d3eee00fe438dcdae804191a427ae2931a32a398f5288823c64fdb6c01225"
                "e087bdd5cee99ca1c6224e624b2aa5247eb3acae58c5876b3e59d9bcd075f46d"
                "7f78d4a5bd7552982e9c27beb926ce07d040e156fdaf8db21bdb75491b55c5c3",
                "9ac79776bf6159bf6a39422c7bd287763af3a2544ef5ddc459897d4352fadf1d"
                "ba4216dabdd5338b2d6560ef4d365a267770559722927b6022070acf491a1ffc"
                "4d4d094ceaeef1cc5b07093d14b93582b2db74c6ba63c494c10b1c8884651717"
                "94eb30287043889dfa55c0be191669ea52fc88d0e212ba00fc08b098f235c603"},
               {IK_DH_MODP_2048, "1b8caed27ec02baeca275a1d78454c6f62510aee50b901a0a4f28737a88a7b9e",
                "50892ee92685855fc481bfa2cabbd627907cae67590bbf9269720fb961f731a2"
                "115d535dae69ec8a601f601d1528283aca71d9bbe38eedded22d05e12f4f0769"
                "8fce99f035d15fd878456e79d91e1c67c2333ab780f0dd58d5a2db14f298b22f"
                "fd51ccd79ed1f8126944ced54a4ce885ed1722a1ae57c59d80f0003aff24fd93"
                "e726c2c87fa6c2abd4346f338a70b384b086bb447c4961eac4a90799116d9019"
                "7fbc8fb21c66e8fecd95dbd38111b6872b4026ac780878e69304ae2cec5604c6"
                "52ac8b326eafe018979a5a29c3ae6a66c3d6d0e1229996243b94e55501aaf74d"
                "aa3089a29cb997499e95063096cb00b64011f63fc817f0d51cd2fbc03ce599a4",
                "c6a5b5ef00501f604499a300f9ce569bf5dc0535856dac615338d30f696d58d8",
                "88819fea01963b8e34a4dd027dba58151799ea2188ab467d110683de505f1971"
                "02a9a9f9b803f52415bf32622749fd4ad62aade78c3d9b323e0ced7ddb22d681"
                "bc98d1148277145691818070bce93ba7109a22fba997c853af9ffde24429a860"
                "0bec14d4186968c46726b9b22a15597da278eaeb000096ddb35309860b5f383c"
                "aa3dda58a8c6619190eec2822ef8d7f7f74fe3065108efef3e6122193e5ebc5d"
                "3186996ee31281ff82bad6e9bef86d1fd3cabf803d17830ab36cadec6aa653ac"
                "16b46bccc7c4355b73ee441eb94560ef67ade6f80332c60fba889f60bbf396ee"
                "2bb22382058b5c6dc61a36b1041ecce704eecb242f7f4b11df3ebf6aed67257e",
                "4d730c9294b8dec79782fbe52c4b3ae171074c47ae73cd32d61583dc110fd5c0"
                "136b3d5c2238d887724944929b95da16750ca31725ee59c2f95cc30ba2e60afc"
                "62e7aae3167ae0a536fa1a6a8f75e9c2069dad2edf897808b54f65634ced12e0"
                "7718b5b45b54bf220eb45669ab23e0b5556c1bb3472b3a0c1bbfa575b53fe50e"
                "abe548d7da6852cc1d734a55c2a2b7a2debc2dc4cee5acfd8398632d59c7aea4"
                "5cd11062d3543c4f1e40cc7e1b2361691658693a67508c6c62a2c39df4c84181"
                "5f04d12bd50d1e1d699fba49d3918e4cea542abf45ee62bd245b6519c6823be0"
                "5b37c888a95772589b804fb139e48d3bbec7ebcf3919c960cc1699d130223a86"},
               {IK_DH_MODP_3072,
                "03101e8b5b674c57cf7a9a67fd608a6034d1c8473f259fa99552ed0587471b65"
                "89d652ecb804346c",
                "880235346cdb9b9fe580b240ff030fbc201f943571e597cbace02e9c7d09ddbd"
                "047776dc7cc8f9acce0ac9c5e280e7ed286d474acc65780f45ea1637efc548f5"
                "8012402c90208ffcdc2578feffa8179b8b95314c3b5cd7b42317994a5b59cdd2"
                "a7ebc3abc271e8faf1496b88ac3bb2afc6da3be65ab8e79b49aa079a5ad4ead4"
                "0129bc2bc12111cbfab357b0b90e3fc243ee9405ae534f24410c74bd1cd9234c"
                "550eaa87325583c7edf2ef47cffa7c52c92367b865c8acf9ba73bad9f2da7a2d"
                "0764dacafabee25f02933c626d61520dccf4847af2c62508761e0f6184bf41bd"
                "a517f22c6f73846bfb4c6cf479c69997531c3b79f255ba980fe63c4b7eed8136"
                "dd6026c5b7c75451447d1a7d3cd092d825b48e577dcb305a5838f18a32839c33"
                "f4ba32c243fb18ca75d060625436e607cbafd0dc116d971b35b1292bf5206c46"
                "e308a7acea16dd854e3ec497819df96d179b2c5964ad10ddbe8a3106e70d87a4"
                "70fb90172a75a08c682f17d54b2a6c55dbb8661d4259272f6711262dcc913d75",
                "7d6565c56037f39b38298efcd6d354c7d63120c885600f9f3634827714f71524"
                "687a58094bd52617",
                "e7a56ce6cd04342209c08c750309bc685fa063e229dc13e88a280249f3f605d7"
                "7166c281d9f5efed9573a43e0ffa273a7926ea02b4ce2f0964022f5335306bc7"
                "696fe5cbec24bde0197b9f2ca2f9bdda59a2b4cd06f0227db6ff06379894ba99"
                "c6de2a28a2850fc8020595a3d911d50ed6260aad5ad2621e4ca39af8742b5a6a"
                "d14777862b343ff1fe938aa026a60e66a7e87d24d65bae05f27dcd83717841d3"
                "251a9f3ba6079a67cd9c566484a5b06aeb22deead41aebad2ea2113b30505699"
                "d7317247f20ac58bbe9de6e31c48d2f2fd31c7784e6b9c25c40fffd4c7c97514"
                "5cd8d6073e51629aa86d696de288a55ab4dce0d9e1fb2e22988b8169190fd46a"
                "c395a34bd82e5e9206b7b7accd97d175bc7179068ed8ec77d3a5808431f3190a"
                "15294a6e3dab626a83f3570bb003d649c2bd1be251df0807e6681500e345e5b9"
                "352f27cf779a6c36893b14f616ab85ea521a224a4f39d29c00f4c98e181f6c7f"
                "56da2fe1a94738afc668fb6c6a9bb6f55be6159fecd37836f4f112e900bf1c9c",
                "5e284a79486ef02ef8434322ac9af79ef77f8aefba787982a3cc6a9cba18f63c"
                "bc9df500793c32cb35c06f2f2525ffa15c50d66b59e983f40fbf65bbc56d8e0e"
                "346af726a9ace71131e0b5a615dc568742ce4b51d0c7a17406249c1d2617520b"
                "0a4086cc91ed8238060d9abf2a6eb9780f404a72d2ccc6f0cc32d5f7c6a7421a"
                "4f1f0754d35a7f72e3f1b82a5a70d9be28b520684139f0266d2a1af53e37de3e"
                "03f030b3db5ae69d54980268839cc6f00b8bc2fd25040ca68ad9297e5f0e25a4"
                "52c8fde09af27a7c285d19e1448dcefceb762d30bb2324fe1d24203e19483854"
                "f9699a11f09bd4a2887771a91c1243589870eb344ba0fb6c92c2a794c813adb5"
                "a8bbe36d2ab1936818f7b00e06f674b8a9513700248c2787ae05a118961ceb15"
                "922c30f601be6cfa7fd22ddeb877da499f839436ec3d27e95325d61827d2dea1"
                "02a3a47fad077d33b6cce2d82a54764c592ed89bc1b8006c5d747d3809ea5b2e"
                "86fe03f7ccfed99fef53f8083cc70b5b5a4c7c30899b7891280c43753c74dda1"}};

/* ---- pi ------------------------------------------------------------------------------------ */

/* Fixed point: word 0 is the integer part, the others the fraction, most significant first. */
#define WORDS (3072 / 32 + 3)

struct fixed {
    uint32_t w[WORDS];
};

static bool fixed_divide(struct fixed *a, uint32_t by)
{
    uint64_t rest = 0;
    bool any = false;

    for (size_t i = 0; i < WORDS; i++) {
        rest = rest << 32 | a->w[i];
        a->w[i] = (uint32_t)(rest / by);
        rest %= by;
        any = any || a->w[i] != 0;
    }
    return any;
}

/* a += b, or a -= b. */
static void fixed_add(struct fixed *a, const struct fixed *b, bool subtract)
{
    uint64_t carry = subtract;

    for (size_t i = WORDS; i-- > 0;) {
        carry += (uint64_t)a->w[i] + (subtract ? ~b->w[i] : b->w[i]);
        a->w[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* sum += sign * scale * arctan(1/x), by Gregory's series. */
static void add_arctan(struct fixed *sum, uint32_t scale, uint32_t x, bool subtract)
{
    struct fixed power = {.w = {scale}}, term;

    fixed_divide(&power, x);
    for (uint32_t n = 1;; n += 2) {
        term = power;
        if (!fixed_divide(&term, n)) {
            return;
        }
        fixed_add(sum, &term, subtract);
        subtract = !subtract;
        fixed_divide(&power, x * x);
    }
}

/* Machin: pi = 16 arctan(1/5) - 4 arctan(1/239) */
static struct fixed pi(void)
{
    struct fixed sum = {.w = {0}};

    add_arctan(&sum, 16, 5, false);
    add_arctan(&sum, 4, 239, true);
    return sum;
}

/* RFC 3526: 2^bits - 2^(bits-64) - 1 + 2^64 * ([2^(bits-130) * pi] + k). The first and the last 64
 * bits are ones; the 1 that is taken away is borrowed from what stands between them. */
static void prime_by_formula(size_t bits, uint32_t k, uint8_t *out)
{
    struct fixed middle = pi();
    size_t words = bits / 32 - 4;
    uint64_t carry = k - 1;

    memset(out, 0xff, bits / 8);
    /* 2 bits of the integer part, then bits - 130 of the fraction: words 1 to words, shifted by 2.
     */
    for (size_t i = WORDS; i-- > 1;) {
        middle.w[i] = middle.w[i] >> 2 | middle.w[i - 1] << 30;
    }
    for (size_t i = words; i > 0; i--) {
        carry += middle.w[i];
        ik_put32(out + 8 + 4 * (i - 1), (uint32_t)carry);
        carry >>= 32;
    }
    cr_assert_eq(carry, 0);
}

Test(dh_modp, primes_are_those_of_the_formula)
{
    static const struct {
        const struct ik_dh *dh;
        size_t bits;
        uint32_t k;
    } groups[] = {
        {&ik_dh_modp_1024, 1024, 129093}, /* RFC 2409 section 6.2 */
        {&ik_dh_modp_2048, 2048, 124476}, /* RFC 3526 section 3 */
        {&ik_dh_modp_3072, 3072, 1690314} /* RFC 3526 section 4 */
    };
    uint8_t expect[384];

    cr_assert_eq(pi().w[0], 3);
    cr_assert_eq(pi().w[1], 0x243f6a88u);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(groups[i].dh->pub_len * 8u, groups[i].bits);
        prime_by_formula(groups[i].bits, groups[i].k, expect);
        cr_assert_arr_eq(groups[i].dh->prime, expect, groups[i].bits / 8);
    }
}

/* ---- powers -------------------------------------------------------------------------------- */

static void check_side(struct ik_env *env, const struct ik_dh *dh, const char *priv_hex,
                       const char *pub_hex, const char *peer_hex, const char *shared_hex)
{
    struct kat_bytes priv = kat_hex(priv_hex), pub = kat_hex(pub_hex), peer = kat_hex(peer_hex);
    struct kat_bytes shared = kat_hex(shared_hex);
    struct ik_job job;

    cr_assert_eq(priv.len, dh->priv_len);
    cr_assert(kat_keygen(env, &job, dh, &priv));
    cr_assert_arr_eq(job.pub, pub.b, dh->pub_len);
    cr_assert(kat_shared(&job, peer.b));
    cr_assert_arr_eq(job.peer, shared.b, dh->shared_len);
}

Test(dh_modp, powers)
{
    struct ik_env env;

    for (size_t i = 0; i < KAT_TABLES * sizeof vectors / sizeof *vectors; i++) {
        size_t v = i / KAT_TABLES;

        kat_env(&env, kat_table(i % KAT_TABLES));
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, vectors[v].group);

        check_side(&env, dh, vectors[v].i, vectors[v].gi, vectors[v].gr, vectors[v].gir);
        check_side(&env, dh, vectors[v].r, vectors[v].gr, vectors[v].gi, vectors[v].gir);
    }
}

/* The secret is as long as the modulus, zeros in front included (RFC 7296 2.14): 2^2 is one octet.
 */
Test(dh_modp, short_values_are_padded)
{
    struct kat_bytes one = {.len = 1, .b = {1}}, two = {.len = 1, .b = {2}};
    struct ik_env env;
    struct ik_job job;

    for (size_t v = 0; v < sizeof vectors / sizeof *vectors; v++) {
        kat_env(&env, host_crypto());
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, vectors[v].group);

        cr_assert(kat_keygen(&env, &job, dh, &one));
        cr_assert_eq(job.pub[dh->pub_len - 1u], 2);
        kat_priv(&env, &job, dh, &two);
        cr_assert(kat_shared(&job, job.pub) == false, "no public value yet: 0");
        cr_assert(kat_keygen(&env, &job, dh, &two));
        cr_assert_eq(job.pub[dh->pub_len - 1u], 4);
        for (size_t i = 0; i + 1 < dh->pub_len; i++) {
            cr_assert_eq(job.pub[i], 0);
        }
    }
}

/* RFC 6989 section 2.1: 1 < y < p - 1. */
Test(dh_modp, public_values_out_of_range_are_refused)
{
    struct ik_env env;
    struct ik_job job;

    for (size_t v = 0; v < KAT_TABLES * 3; v++) {
        kat_env(&env, kat_table(v / 3));
        const struct ik_dh *dh = ik_crypto_dh(env.crypto, vectors[v % 3].group);
        struct kat_bytes priv = kat_hex(vectors[v % 3].i), y = {.len = dh->pub_len};
        uint8_t *last = &y.b[y.len - 1];

        kat_priv(&env, &job, dh, &priv);
        cr_assert(!kat_shared(&job, y.b), "0");
        *last = 1;
        cr_assert(!kat_shared(&job, y.b), "1");
        *last = 2;
        cr_assert(kat_shared(&job, y.b), "2");
        memcpy(y.b, dh->prime, y.len);
        cr_assert(!kat_shared(&job, y.b), "p");
        *last -= 1;
        cr_assert(!kat_shared(&job, y.b), "p - 1");
        *last -= 1;
        cr_assert(kat_shared(&job, y.b), "p - 2");
        memset(y.b, 0xff, y.len);
        cr_assert(!kat_shared(&job, y.b), "2^n - 1");
        memcpy(y.b, dh->prime, y.len);
        y.b[y.len / 2] ^= 0x80; /* above or below p: what counts is the first octet that differs */
        bool below = y.b[y.len / 2] < dh->prime[y.len / 2];
        cr_assert_eq(kat_shared(&job, y.b), below);
    }
}

/* x = 0 gives the public value 1, which every peer refuses. */
Test(dh_modp, a_private_value_of_zero_is_refused)
{
    struct kat_bytes zero = {.len = 1};
    struct ik_env env;
    struct ik_job job;

    for (size_t v = 0; v < KAT_TABLES * 3; v++) {
        kat_env(&env, kat_table(v / 3));
        cr_assert(!kat_keygen(&env, &job, ik_crypto_dh(env.crypto, vectors[v % 3].group), &zero));
    }
}
