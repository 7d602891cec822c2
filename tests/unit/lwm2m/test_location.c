/* SPDX-License-Identifier: BSD-3-Clause */
/* Locations: what is encoded comes back, each has one spelling, and nothing of them shows. */
#include "support.h"

#include "lwm2m.h"

#define LEN RDL_LOCATION_LEN

static struct rdl_speck key;

static bool decode(const uint8_t *text, size_t len, struct rdl_location *location)
{
	uint8_t *copy = guard_copy(text, len);
	bool ok = rdl_location_decode(&key, (struct rdl_span){ copy, len }, location);

	guard_free(copy, len);
	return ok;
}

static struct rdl_location random_location(uint64_t *seed)
{
	uint64_t random = test_random(seed);

	return (struct rdl_location){ (uint32_t)random, random >> 32 & 3, random >> 40 & 1,
		(uint32_t)test_random(seed) & RDL_GENERATION_MAX };
}

static void assert_same(const struct rdl_location *got, const struct rdl_location *want)
{
	assert_int_equal(got->handle, want->handle);
	assert_int_equal(got->generation, want->generation);
	assert_int_equal(got->version_class, want->version_class);
	assert_int_equal(got->rooted, want->rooted);
}

static void expect_round_trip(const struct rdl_location *location)
{
	uint8_t *text = guard_alloc(LEN);
	struct rdl_location back = { 0 };

	rdl_location_encode(&key, location, text);
	for (size_t i = 0; i < LEN; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_",
			text[i]));
	assert_true(decode(text, LEN, &back));
	assert_same(&back, location);
	assert_int_equal(rdl_location_partition(&back), location->handle >> 24);
	assert_int_equal(rdl_location_slot(&back), location->handle & 0xffffff);
	guard_free(text, LEN);
}

static void test_round_trip(void **state)
{
	static const uint32_t handles[] = { 0, 1, 0xff, 0x100, 0x01000000, 0xff000000, UINT32_MAX };
	static const uint32_t generations[] = { 0, 1, 0xff, 0x100, 0x12345678, RDL_GENERATION_MAX };

	for (size_t h = 0; h < RDL_ARRAY_LEN(handles); h++)
		for (size_t g = 0; g < RDL_ARRAY_LEN(generations); g++)
			for (uint8_t rules = 0; rules <= RDL_VERSION_CLASS_LAST; rules++)
				for (unsigned rooted = 0; rooted < 2; rooted++)
					expect_round_trip(&(struct rdl_location){
						.handle = handles[h],
						.version_class = rules,
						.rooted = rooted,
						.generation = generations[g],
					});
}

/* The octets of the word that an id spells. */
static uint64_t word_of(const uint8_t text[LEN])
{
	uint64_t word;

	assert_true(rdl_base64url_decode(text, &word));
	return word;
}

/*
 * Each bit of what a location says changes half of its id. So ids of one partition, of neighbouring
 * slots and of one life after the other are no more alike than any two.
 */
static void test_nothing_shows(void **state)
{
	uint64_t seed = 3;

	for (unsigned bit = 0; bit < 64; bit++) {
		unsigned changed = 0;

		for (unsigned round = 0; round < 64; round++) {
			struct rdl_location a = random_location(&seed), b = a;
			uint8_t texts[2][LEN];

			if (bit < 32)
				b.handle ^= 1u << bit;
			else if (bit < 61)
				b.generation ^= 1u << (bit - 32);
			else if (bit < 63)
				b.version_class ^= (uint8_t)(1u << (bit - 61));
			else
				b.rooted = !b.rooted;
			rdl_location_encode(&key, &a, texts[0]);
			rdl_location_encode(&key, &b, texts[1]);
			changed += (unsigned)__builtin_popcountll(
				word_of(texts[0]) ^ word_of(texts[1]));
		}
		/* 2,048 of 4,096; seven standard deviations are 224. */
		assert_in_range(changed, 2048 - 224, 2048 + 224);
	}
}

/* Any other character anywhere is no id, or another one's: there is one spelling of each. */
static void test_every_character_counts(void **state)
{
	struct rdl_location location = {
		.handle = 0x12345678, .version_class = 1, .generation = 77
	};
	uint8_t text[LEN];
	unsigned spelt = 0;

	rdl_location_encode(&key, &location, text);
	for (size_t at = 0; at < sizeof(text); at++) {
		uint8_t good = text[at];

		for (unsigned c = 0; c < 256; c++) {
			struct rdl_location other = { 0 };

			text[at] = (uint8_t)c;
			if (c == good || !decode(text, sizeof(text), &other))
				continue;
			spelt++;
			assert_true(other.handle != location.handle ||
				    other.generation != location.generation ||
				    other.version_class != location.version_class ||
				    other.rooted != location.rooted);
		}
		text[at] = good;
	}
	/* 63 others, and of the last character the 15 that leave nothing over. */
	assert_int_equal(spelt, (LEN - 1) * 63 + 15);
}

/*
 * Side by side as one by one, whatever lies beside: ids, spoilt ones, texts of another length,
 * fewer than lanes.
 */
static void test_lanes(void **state)
{
	static const struct rdl_location untouched = { .handle = 0x5a5a5a5a, .version_class = 90 };
	uint64_t seed = 7;
	unsigned spelt = 0;

	for (unsigned round = 0; round < 2000; round++) {
		unsigned count = round % (RDL_LANES + 1);
		struct rdl_location given[RDL_LANES], made[RDL_LANES], *into[RDL_LANES];
		const struct rdl_location *from[RDL_LANES];
		uint8_t texts[RDL_LANES + 1][LEN], one[LEN];
		struct rdl_span spans[RDL_LANES];

		memset(texts, 0, sizeof(texts));
		for (unsigned i = 0; i < count; i++) {
			given[i] = random_location(&seed);
			from[i] = &given[i];
		}
		rdl_location_encode_lanes(&key, count, from, texts);
		assert_int_equal(texts[count][0], 0);
		for (unsigned i = 0; i < count; i++) {
			uint64_t random = test_random(&seed);

			rdl_location_encode(&key, &given[i], one);
			assert_memory_equal(texts[i], one, LEN);
			if (random % 3 == 0)
				texts[i][(random >> 8) % LEN] ^= (uint8_t)(random >> 16);
			spans[i] = (struct rdl_span){ texts[i], LEN };
			if ((random >> 24 & 7) == 0)
				spans[i].len = (random >> 32) % LEN;
			made[i] = untouched;
			into[i] = &made[i];
		}
		uint32_t set = rdl_location_decode_lanes(&key, count, spans, into);
		assert_int_equal(set >> count, 0);
		for (unsigned i = 0; i < count; i++) {
			struct rdl_location alone = untouched;

			assert_int_equal(set >> i & 1, decode(spans[i].data, spans[i].len, &alone));
			assert_same(&made[i], &alone);
			spelt += set >> i & 1;
		}
	}
	assert_in_range(spelt, 2000, 15900);
}

static void test_wrong_length(void **state)
{
	struct rdl_location location = { .handle = 1 };
	uint8_t text[3 * LEN];

	memset(text, 'A', sizeof(text));
	rdl_location_encode(&key, &location, text);
	for (size_t len = 0; len <= sizeof(text); len++)
		assert_true(decode(text, len, &location) == (len == LEN));
}

/* An id of another key says something else, whatever bit of the key it is. */
static void test_another_key(void **state)
{
	const struct rdl_key good = { 0x0123456789abcdef, 0xfedcba9876543210 };
	struct rdl_location location = { .handle = 1, .generation = 1 }, other;
	uint8_t text[LEN];

	rdl_location_encode(&key, &location, text);
	for (unsigned bit = 0; bit < 128; bit++) {
		struct rdl_key changed = good;
		struct rdl_speck speck;

		if (bit < 64)
			changed.k0 ^= UINT64_C(1) << bit;
		else
			changed.k1 ^= UINT64_C(1) << (bit - 64);
		rdl_speck_expand(&speck, &changed);
		assert_true(rdl_location_decode(&speck, (struct rdl_span){ text, LEN }, &other));
		assert_true(other.handle != location.handle && other.generation != 1);
	}
}

/* What an id says that nobody made: any place whatever. */
static void test_forged(void **state)
{
	unsigned partitions[RDL_PARTITIONS] = { 0 }, in_row = 0;
	uint64_t seed = 5;

	for (unsigned i = 0; i < 100 * RDL_PARTITIONS; i++) {
		struct rdl_location location;
		uint8_t text[LEN];

		rdl_base64url_encode(test_random(&seed), text);
		assert_true(decode(text, LEN, &location));
		partitions[rdl_location_partition(&location)]++;
		in_row += rdl_location_slot(&location) < 1u << 14;
	}
	for (unsigned p = 0; p < RDL_PARTITIONS; p++)
		assert_in_range(partitions[p], 40, 170);
	/* A slot in a thousand is one of 16,384. */
	assert_in_range(in_row, 5, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_nothing_shows),
		cmocka_unit_test(test_every_character_counts),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_wrong_length),
		cmocka_unit_test(test_another_key),
		cmocka_unit_test(test_forged),
	};

	rdl_speck_expand(&key, &(struct rdl_key){ 0x0123456789abcdef, 0xfedcba9876543210 });
	return RUN_TESTS(tests);
}
