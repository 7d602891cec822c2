/* SPDX-License-Identifier: BSD-3-Clause */
/* Locations: what is encoded comes back, and nothing that was not made with the key is taken for one. */
#include "support.h"

#include "lwm2m.h"

static const struct rdl_key key = { 0x0123456789abcdef, 0xfedcba9876543210 };

static bool decode(
	const struct rdl_key *with, const uint8_t *text, size_t len, struct rdl_location *location)
{
	uint8_t *copy = guard_copy(text, len);
	bool ok = rdl_location_decode(with, (struct rdl_span){ copy, len }, location);

	guard_free(copy, len);
	return ok;
}

static void expect_round_trip(const struct rdl_location *location)
{
	uint8_t *text = guard_alloc(RDL_LOCATION_LEN);
	struct rdl_location back = { 0 };

	rdl_location_encode(&key, location, text);
	for (size_t i = 0; i < RDL_LOCATION_LEN; i++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_",
			text[i]));
	assert_true(decode(&key, text, RDL_LOCATION_LEN, &back));
	assert_int_equal(back.handle, location->handle);
	assert_int_equal(back.generation, location->generation);
	assert_int_equal(back.rules, location->rules);
	assert_int_equal(back.rooted, location->rooted);
	assert_int_equal(rdl_location_partition(&back), location->handle >> 24);
	guard_free(text, RDL_LOCATION_LEN);
}

static void test_round_trip(void **state)
{
	static const uint32_t handles[] = { 0, 1, 0xff, 0x100, 0x01000000, 0xff000000, UINT32_MAX };
	static const uint32_t generations[] = { 0, 1, 0xff, 0x100, 0x12345678, RDL_GENERATION_MAX };
	static const uint8_t rules[] = { 0, 1, 2, 63, 64, 127 };

	for (size_t h = 0; h < RDL_ARRAY_LEN(handles); h++)
		for (size_t g = 0; g < RDL_ARRAY_LEN(generations); g++)
			for (size_t m = 0; m < RDL_ARRAY_LEN(rules); m++)
				for (unsigned rooted = 0; rooted < 2; rooted++)
					expect_round_trip(&(struct rdl_location){
						.handle = handles[h],
						.rules = rules[m],
						.rooted = rooted,
						.generation = generations[g],
					});
}

/* Each bit of what a location says makes another id, other than by that bit alone. */
static void test_ids_differ(void **state)
{
	uint8_t plain[RDL_LOCATION_LEN], other[RDL_LOCATION_LEN];
	struct rdl_location location = { .handle = 5, .rules = 1, .generation = 9 };

	rdl_location_encode(&key, &location, plain);
	for (unsigned bit = 0; bit < 32 + 29 + 7 + 1; bit++) {
		struct rdl_location changed = location;
		unsigned differences = 0;

		if (bit < 32)
			changed.handle ^= 1u << bit;
		else if (bit < 61)
			changed.generation ^= 1u << (bit - 32);
		else if (bit < 68)
			changed.rules ^= (uint8_t)(1u << (bit - 61));
		else
			changed.rooted = !changed.rooted;
		rdl_location_encode(&key, &changed, other);
		for (size_t i = 0; i < RDL_LOCATION_LEN; i++)
			differences += plain[i] != other[i];
		assert_in_range(differences, 5, RDL_LOCATION_LEN);
	}
}

static void test_every_character_counts(void **state)
{
	uint8_t text[RDL_LOCATION_LEN];
	struct rdl_location location = { .handle = 0x12345678, .rules = 1, .generation = 77 };

	rdl_location_encode(&key, &location, text);
	for (size_t at = 0; at < sizeof(text); at++) {
		uint8_t good = text[at];

		for (unsigned c = 0; c < 256; c++) {
			text[at] = (uint8_t)c;
			assert_true(decode(&key, text, sizeof(text), &location) == (c == good));
		}
		text[at] = good;
	}
}

/* Side by side as one by one, whatever lies beside: ids that are ours, spoilt ones, texts that are none, fewer than lanes. */
static void test_lanes(void **state)
{
	static const struct rdl_location untouched = { .handle = 0x5a5a5a5a, .rules = 90 };
	uint64_t seed = 7;
	unsigned ours = 0;

	for (unsigned round = 0; round < 2000; round++) {
		unsigned count = round % (RDL_LANES + 1);
		uint8_t texts[RDL_LANES][RDL_LOCATION_LEN + 1];
		struct rdl_location made[RDL_LANES], *locations[RDL_LANES];
		struct rdl_span spans[RDL_LANES];

		for (unsigned i = 0; i < count; i++) {
			uint64_t random = test_random(&seed);
			struct rdl_location location = { (uint32_t)random, random >> 32 & 127,
				random >> 40 & 1,
				(uint32_t)test_random(&seed) & RDL_GENERATION_MAX };

			rdl_location_encode(&key, &location, texts[i]);
			if ((random >> 48) % 3 == 0)
				texts[i][random >> 50 & 15] ^= (uint8_t)(random >> 56);
			spans[i] = (struct rdl_span){ texts[i], RDL_LOCATION_LEN };
			if ((random >> 46 & 7) == 0)
				spans[i].len = random >> 42 & 15;
			made[i] = untouched;
			locations[i] = &made[i];
		}
		uint32_t set = rdl_location_decode_lanes(&key, count, spans, locations);
		assert_int_equal(set >> count, 0);
		for (unsigned i = 0; i < count; i++) {
			struct rdl_location one = untouched;

			assert_int_equal(
				set >> i & 1, decode(&key, spans[i].data, spans[i].len, &one));
			assert_int_equal(made[i].handle, one.handle);
			assert_true(made[i].generation == one.generation);
			assert_int_equal(made[i].rules, one.rules);
			assert_true(made[i].rooted == one.rooted);
			ours += set >> i & 1;
		}
	}
	assert_in_range(ours, 1000, 7900);
}

static void test_wrong_length(void **state)
{
	uint8_t text[2 * RDL_LOCATION_LEN];
	struct rdl_location location = { .handle = 1 };

	memset(text, 'A', sizeof(text));
	rdl_location_encode(&key, &location, text);
	for (size_t len = 0; len <= sizeof(text); len++)
		assert_true(decode(&key, text, len, &location) == (len == RDL_LOCATION_LEN));
}

static void test_another_key(void **state)
{
	uint8_t text[RDL_LOCATION_LEN];
	struct rdl_location location = { .handle = 1 };

	rdl_location_encode(&key, &location, text);
	for (unsigned bit = 0; bit < 128; bit++) {
		struct rdl_key other = key;

		*(bit < 64 ? &other.k0 : &other.k1) ^= UINT64_C(1) << bit % 64;
		assert_false(decode(&other, text, sizeof(text), &location));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_lanes),
		cmocka_unit_test(test_ids_differ),
		cmocka_unit_test(test_every_character_counts),
		cmocka_unit_test(test_wrong_length),
		cmocka_unit_test(test_another_key),
	};

	return RUN_TESTS(tests);
}
