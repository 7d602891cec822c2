/* SPDX-License-Identifier: BSD-3-Clause */
/* Records sealed and opened, against octets that OpenSSL made, alone and side by side. */
#include "support.h"

#include <stdlib.h>

#include "aead.h"

#define TEXT_LEN 37
#define ROOM 512

static const char text[] = "registrationregistrationregistration!";

/* Of that text; key 10 11 ..., nonce a0 a1 ..., additional data 00 01 ... */
static const struct vector {
	uint8_t suite, additional_len;
	const char *sealed;
} vectors[] = {
	{ RDL_DTLS_AES_128_CCM_8, 13,
		"8f0e61808dad66e44604c5cbf3997682bda3f0bddee6f9904e2aa1960cf7afd0454e8b856d"
		"2677405dd6ae1e73" },
	{ RDL_DTLS_AES_128_CCM_8, 46,
		"8f0e61808dad66e44604c5cbf3997682bda3f0bddee6f9904e2aa1960cf7afd0454e8b856d"
		"db3e34704cfe12e5" },
	{ RDL_DTLS_AES_128_CCM, 13,
		"8f0e61808dad66e44604c5cbf3997682bda3f0bddee6f9904e2aa1960cf7afd0454e8b856d"
		"3d3ad31d6da23060a3cbf4cc6dac8e53" },
	{ RDL_DTLS_AES_128_CCM, 46,
		"8f0e61808dad66e44604c5cbf3997682bda3f0bddee6f9904e2aa1960cf7afd0454e8b856d"
		"551f5996913254f2e88944a8b58a4c56" },
	{ RDL_DTLS_AES_128_GCM, 13,
		"75ecc7111ceb00ace736de2efb135c9a7fa36d300ad06e3927d17a436ca0c8f084a1ad84f3"
		"5bf52acc1ab93e5c428425fc3ed4a480" },
	{ RDL_DTLS_AES_128_GCM, 46,
		"75ecc7111ceb00ace736de2efb135c9a7fa36d300ad06e3927d17a436ca0c8f084a1ad84f3"
		"1b5d2b9d03430eae5ec73d031005abae" },
	{ RDL_DTLS_AES_256_GCM, 13,
		"dbaa589f0d5b6e72a86464b9f860e4d21f53911d14b96aee0439ff1e7e1875ce599e514649"
		"afe524f7d05c0d3675cbe61de35adb20" },
	{ RDL_DTLS_AES_256_GCM, 46,
		"dbaa589f0d5b6e72a86464b9f860e4d21f53911d14b96aee0439ff1e7e1875ce599e514649"
		"ea85b1b7583d29de527ce875e6518c4c" },
};

struct bench {
	struct rdl_aead *aead;
	uint8_t key[RDL_DTLS_KEY_MAX];
	uint8_t texts[RDL_AEAD_BURST][ROOM];
	struct rdl_aead_job jobs[RDL_AEAD_BURST];
};

static int begin(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	size_t len = rdl_aead_memory();

	assert_non_null(b);
	assert_int_equal(len % RDL_CACHE_LINE, 0);
	b->aead = rdl_aead_init(aligned_alloc(RDL_CACHE_LINE, len));
	assert_non_null(b->aead);
	for (unsigned i = 0; i < sizeof(b->key); i++)
		b->key[i] = (uint8_t)(0x10 + i);
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;

	free(b->aead);
	free(b);
	return 0;
}

static struct rdl_aead_job *job_at(
	struct bench *b, unsigned at, unsigned suite, unsigned additional_len)
{
	struct rdl_aead_job *job = &b->jobs[at];

	*job = (struct rdl_aead_job){ .key = b->key,
		.text = b->texts[at],
		.len = TEXT_LEN,
		.suite = (uint8_t)suite,
		.additional_len = (uint8_t)additional_len };
	for (unsigned i = 0; i < sizeof(job->nonce); i++)
		job->nonce[i] = (uint8_t)(0xa0 + i);
	for (unsigned i = 0; i < sizeof(job->additional); i++)
		job->additional[i] = (uint8_t)i;
	memset(job->text, 0xee, ROOM);
	memcpy(job->text, text, TEXT_LEN);
	return job;
}

static void assert_hex(const uint8_t *octets, const char *hex)
{
	for (size_t i = 0; hex[2 * i] != '\0'; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		assert_int_equal(octets[i], strtoul(pair, NULL, 16));
	}
}

static void test_vectors(void **state)
{
	struct bench *b = *state;

	for (size_t v = 0; v < RDL_ARRAY_LEN(vectors); v++) {
		struct rdl_aead_job *job =
			job_at(b, 0, vectors[v].suite, vectors[v].additional_len);
		unsigned end = TEXT_LEN + rdl_dtls_tag_len(vectors[v].suite);

		rdl_aead_seal(b->aead, job, 1);
		assert_true(job->good);
		assert_hex(job->text, vectors[v].sealed);
		assert_int_equal(strlen(vectors[v].sealed), 2 * end);
		assert_int_equal(job->text[end], 0xee);
		job->good = false;
		rdl_aead_open(b->aead, job, 1);
		assert_true(job->good);
		assert_memory_equal(job->text, text, TEXT_LEN);
	}
}

/* However many go together, of whatever suites, each is as it would be alone. */
static void test_bursts(void **state)
{
	struct bench *b = *state;

	for (unsigned count = 1; count <= RDL_AEAD_BURST; count++) {
		for (unsigned i = 0; i < count; i++)
			job_at(b, i, vectors[(i * 5 + count) % 8].suite,
				vectors[(i * 5 + count) % 8].additional_len);
		rdl_aead_seal(b->aead, b->jobs, count);
		for (unsigned i = 0; i < count; i++)
			assert_hex(b->texts[i], vectors[(i * 5 + count) % 8].sealed);
		/* Every third was changed on its way. */
		for (unsigned i = 0; i < count; i += 3)
			b->texts[i][i % TEXT_LEN] ^= 1;
		rdl_aead_open(b->aead, b->jobs, count);
		for (unsigned i = 0; i < count; i++) {
			assert_int_equal(b->jobs[i].good, i % 3 != 0);
			if (i % 3 != 0)
				assert_memory_equal(b->texts[i], text, TEXT_LEN);
		}
	}
}

static void test_lengths(void **state)
{
	struct bench *b = *state;

	for (unsigned suite = 0; suite < RDL_DTLS_AEADS; suite++) {
		for (uint16_t len = 1; len <= ROOM - RDL_AEAD_TAG_MAX; len++) {
			struct rdl_aead_job *job = job_at(b, 0, suite, len % 47);
			uint8_t before[ROOM];

			job->len = len;
			memcpy(before, job->text, ROOM);
			rdl_aead_seal(b->aead, job, 1);
			assert_true(job->good);
			rdl_aead_open(b->aead, job, 1);
			assert_true(job->good);
			assert_memory_equal(job->text, before, len);
		}
	}
}

/* A bit of anything turned round, and it does not open: `octet` counts through all there is. */
static void turn(struct rdl_aead_job *job, unsigned octet)
{
	unsigned text_end = job->len + rdl_dtls_tag_len(job->suite);

	if (octet < text_end)
		job->text[octet] ^= 0x80;
	else if (octet < text_end + RDL_AEAD_NONCE_LEN)
		job->nonce[octet - text_end] ^= 1;
	else
		job->additional[octet - text_end - RDL_AEAD_NONCE_LEN] ^= 0x10;
}

static void test_forged(void **state)
{
	struct bench *b = *state;

	for (size_t v = 0; v < RDL_ARRAY_LEN(vectors); v++) {
		unsigned octets = TEXT_LEN + rdl_dtls_tag_len(vectors[v].suite) +
				  RDL_AEAD_NONCE_LEN + vectors[v].additional_len;
		uint8_t other[RDL_DTLS_KEY_MAX];

		memcpy(other, b->key, sizeof(other));
		other[rdl_dtls_key_len(vectors[v].suite) - 1] ^= 1;
		for (unsigned octet = 0; octet <= octets; octet++) {
			struct rdl_aead_job *job =
				job_at(b, 0, vectors[v].suite, vectors[v].additional_len);

			rdl_aead_seal(b->aead, job, 1);
			if (octet < octets)
				turn(job, octet);
			else
				job->key = other;
			rdl_aead_open(b->aead, job, 1);
			assert_false(job->good);
		}
	}
}

/* Once a burst is done, nothing that would give a key away is left in memory. */
static void test_keys_are_forgotten(void **state)
{
	struct bench *b = *state;

	for (unsigned suite = 0; suite < RDL_DTLS_AEADS; suite++) {
		for (unsigned i = 0; i < RDL_AEAD_BURST; i++)
			job_at(b, i, suite, 31);
		rdl_aead_seal(b->aead, b->jobs, RDL_AEAD_BURST);
		assert_null(memmem(b->aead, rdl_aead_memory(), b->key, 16));
		rdl_aead_open(b->aead, b->jobs, RDL_AEAD_BURST);
		assert_null(memmem(b->aead, rdl_aead_memory(), b->key, 16));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_vectors, begin, end),
		cmocka_unit_test_setup_teardown(test_bursts, begin, end),
		cmocka_unit_test_setup_teardown(test_lengths, begin, end),
		cmocka_unit_test_setup_teardown(test_forged, begin, end),
		cmocka_unit_test_setup_teardown(test_keys_are_forgotten, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
