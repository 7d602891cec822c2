/* SPDX-License-Identifier: BSD-3-Clause */
/* The memory that a list needs, its limits, its order, and what hostile payloads do to it. */
#include <stdlib.h>

#include "lists.h"

#include "captures.h"

#define PAYLOAD_MAX 8192

struct payload {
	char at[PAYLOAD_MAX + 1];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(
	struct payload *payload, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(
		payload->at + payload->len, sizeof(payload->at) - payload->len, format, args);
	va_end(args);
	assert_in_range(n, 0, sizeof(payload->at) - payload->len - 1);
	payload->len += (size_t)n;
}

static struct rdl_span span(const struct payload *payload)
{
	return (struct rdl_span){ (const uint8_t *)payload->at, payload->len };
}

/* In every size of memory: no room, until there is; and then always the same list. */
static void test_every_size(void **state)
{
	static const char *const payloads[] = {
		"</1/0>",
		"</1/0>,</3/0>,</5>;ver=1.1",
		"</3>;ver=1.0,</3/0>,</3>;ver=1.1,</1>;ver,</2>;ver=2.0",
		"</lwm2m/1/0>,</3/0>,</lwm2m>;rt=oma.lwm2m;ct=\"60 110 112 11542 11543\"",
		"</>;ct=\"1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\"",
		"</x>,</y>,</a-rather-long-alternate-path-without-any-objects>;rt=oma.lwm2m",
	};
	static struct object_words first, words;

	for (size_t i = 0; i < RDL_ARRAY_LEN(payloads); i++) {
		struct rdl_span payload = span_of(payloads[i]);
		bool fits = false;

		for (size_t len = 0; len <= 2 * payload.len + 80; len++) {
			struct memory memory = memory_begin(len);
			struct rdl_object_reader reader;
			enum rdl_status status = make_list(&reader, payload, "", NO_LIMIT, &memory);

			assert_true(status == RDL_OK || (status == RDL_NO_ROOM && !fits));
			if (status == RDL_OK) {
				assert_true(reader.list->len <= len);
				describe_objects(reader.list, fits ? &words : &first);
				assert_true(!fits || strcmp(words.at, first.at) == 0);
				fits = true;
			}
			assert_true(fits || len < 2 * payload.len + 64);
			memory_end(&memory);
		}
	}
}

/* Links as short as they can be for what they store. */
static void test_densest(void **state)
{
	static const struct {
		const char *once, *again;
	} cases[] = {
		{ "<1>", ",<2>" },
		{ "<1>;ver", ",<2>;ver" },
		{ "<1>;ver=x", ",<1>;ver=x" },
		{ "</>;ct=\"0", " 0" },
		{ "<x>;rt=oma.lwm2m", ",<x/1>" },
		{ "<x>", ",<1>" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		for (size_t count = 0; count < 600; count += 1 + count / 8) {
			static struct payload payload;
			struct rdl_object_reader reader;

			payload.len = 0;
			add(&payload, "%s", cases[i].once);
			for (size_t k = 0; k < count; k++)
				add(&payload, "%s", cases[i].again);
			if (i == 3)
				add(&payload, "\"");
			struct memory memory = memory_begin(2 * payload.len + 64);
			assert_int_equal(
				make_list(&reader, span(&payload), "", NO_LIMIT, &memory), RDL_OK);
			memory_end(&memory);
		}
	}
}

/*
 * A link that stands for something else in each round;
 * none that contradicts another by its place.
 */
static void random_link(struct payload *payload, uint64_t *seed)
{
	unsigned object = (unsigned)(test_random(seed) % 12), n = (unsigned)(test_random(seed) % 5);

	switch (test_random(seed) % 8) {
	case 0:
		add(payload, "</%u>", object);
		break;
	case 1:
		add(payload, "</%u>;ver=%u.%u", object, n, object);
		break;
	case 2:
		add(payload, "</%u>;ver", object);
		break;
	case 3:
		add(payload, "</%u/%u/%u>;ver=1.0;obs", object, n, n);
		break;
	case 4:
		add(payload, "<%u/%u>", object, n);
		break;
	case 5:
		add(payload, "</l/%u/%u>;title=\",</9>\"", object, n);
		break;
	case 6:
		add(payload, "<x>");
		break;
	default:
		add(payload, "</%u/%u>", object, n);
		break;
	}
}

/* The same links in any order make the same octets, in as much memory as is promised. */
static void test_order_of_links(void **state)
{
	static const char *const roots[] = { "", "</>;rt=oma.lwm2m;ct=110",
		"</l>;rt=\"oma.lwm2m\";ct=\"110 112\"", "</l>;rt=oma.lwm2m" };
	static struct payload links[64], payload;
	static uint8_t first[sizeof(payload.at)];
	uint64_t seed = 1;

	for (size_t round = 0; round < 600; round++) {
		size_t count = 1 + test_random(&seed) % (round % 8 == 0 ? 63 : 12);
		const char *root = roots[test_random(&seed) % RDL_ARRAY_LEN(roots)];

		for (size_t i = 0; i < count; i++) {
			links[i].len = 0;
			random_link(&links[i], &seed);
		}
		if (*root != '\0') {
			links[0].len = 0;
			add(&links[0], "%s", root);
		}
		for (size_t order = 0; order < 6; order++) {
			struct rdl_object_reader reader;

			payload.len = 0;
			for (size_t i = count; i-- > 0;) {
				size_t k = test_random(&seed) % (i + 1);
				struct payload link = links[k];

				links[k] = links[i];
				links[i] = link;
				add(&payload, "%s%s", payload.len > 0 ? "," : "", link.at);
			}
			struct memory memory = memory_begin(2 * payload.len + 64);
			assert_int_equal(
				make_list(&reader, span(&payload), "", NO_LIMIT, &memory), RDL_OK);
			if (order == 0)
				memcpy(first, reader.list, reader.list->len);
			assert_memory_equal(first, reader.list, reader.list->len);
			memory_end(&memory);
		}
	}
}

static void test_max_links(void **state)
{
	static const char *const cases[] = { "</1>,</2>,</3>", "</1>,<x>,</>", "</1>,</1>,</1>",
		"</l/1>,</l>;rt=oma.lwm2m,</l/2>" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		for (uint32_t max = 0; max < 6; max++) {
			struct memory memory = memory_begin(256);
			struct rdl_object_reader reader;

			assert_int_equal(make_list(&reader, span_of(cases[i]), "", max, &memory),
				max < 3 ? RDL_NO_ROOM : RDL_OK);
			memory_end(&memory);
		}
}

/* A list in reverse order, as long as a payload can be. */
static void test_reversed(void **state)
{
	static struct payload payload;
	struct rdl_object_reader reader;

	payload.len = 0;
	for (unsigned i = 1024; i-- > 0;)
		add(&payload, "%s</%u>", payload.len > 0 ? "," : "", i);
	struct memory memory = memory_begin(2 * payload.len + 64);
	assert_int_equal(make_list(&reader, span(&payload), "", 1024, &memory), RDL_OK);
	assert_int_equal(reader.list->link_count, 1024);
	for (uint32_t i = 0; i < 1024; i++)
		assert_int_equal(rdl_object_list_links(reader.list)[i], i << 16 | RDL_ID_NONE);
	memory_end(&memory);
}

static int compare_links(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int compare_versions(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Against the C library, at every length around those where the way of sorting changes. */
static void test_sort(void **state)
{
	static rdl_object_link links[300], sorted_links[300];
	static uint64_t versions[300], sorted_versions[300];
	uint64_t seed = 1;

	for (size_t round = 0; round < 3000; round++) {
		uint32_t n = (uint32_t)(round % 301), shape = (uint32_t)(round / 301 % 4);
		struct rdl_object_reader reader = {
			.links = links, .link_count = n, .versions = versions, .version_count = n
		};

		for (uint32_t i = 0; i < n; i++) {
			uint64_t random = test_random(&seed);

			/* All kinds, few kinds, falling, rising but for one. */
			links[i] = shape == 0	? (uint32_t)random
				   : shape == 1 ? (uint32_t)(random % 4)
				   : shape == 2 ? n - i
						: (i == n - 1 ? 0 : i);
			versions[i] = (uint64_t)links[i] << 32 | (uint32_t)(random >> 32);
		}
		memcpy(sorted_links, links, sizeof(links));
		memcpy(sorted_versions, versions, sizeof(versions));
		qsort(sorted_links, n, sizeof(links[0]), compare_links);
		qsort(sorted_versions, n, sizeof(versions[0]), compare_versions);
		rdl_object_sort(&reader);
		assert_memory_equal(links, sorted_links, sizeof(links));
		assert_memory_equal(versions, sorted_versions, sizeof(versions));
	}
}

/* Any payload ends in a list or a refusal, in the memory that is promised. */
static void read_hostile(const void *data, size_t len)
{
	static struct object_words words;
	uint8_t *copy = guard_copy(data, len);
	struct memory memory = memory_begin(2 * len + 64);
	struct rdl_object_reader reader;
	enum rdl_status status =
		make_list(&reader, (struct rdl_span){ copy, len }, "", NO_LIMIT, &memory);

	assert_true(status == RDL_OK || status == RDL_MALFORMED);
	if (status == RDL_OK) {
		assert_true(reader.list->len <= memory.len);
		describe_objects(reader.list, &words);
	} else {
		assert_true(reader.offset <= len);
	}
	memory_end(&memory);
	guard_free(copy, len);
}

static void test_hostile(void **state)
{
	static const char *const pieces[] = { "</", "<", ">", ">,</", "0", "1", "3", "65535", "/",
		";ver=", "1.1", ";ct=\"", "110 ", "\"", ";rt=oma.lwm2m", "l", ",", ";ver", " " };
	uint64_t seed = 1;

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		const char *payload = capture_payload(&captures[i]);
		char octets[1024];

		if (payload == NULL)
			continue;
		size_t len = strlen(payload);
		memcpy(octets, payload, len);
		for (size_t cut = 0; cut < len; cut++)
			read_hostile(octets, cut);
		for (size_t bit = 0; bit < len * 8; bit++) {
			octets[bit / 8] = (char)(octets[bit / 8] ^ 1 << bit % 8);
			read_hostile(octets, len);
			octets[bit / 8] = (char)(octets[bit / 8] ^ 1 << bit % 8);
		}
	}
	for (size_t round = 0; round < 20000; round++) {
		static struct payload payload;

		payload.len = 0;
		add(&payload, "</");
		for (size_t n = test_random(&seed) % 24; n > 0; n--)
			add(&payload, "%s", pieces[test_random(&seed) % RDL_ARRAY_LEN(pieces)]);
		read_hostile(payload.at, payload.len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_densest),
		cmocka_unit_test(test_order_of_links),
		cmocka_unit_test(test_max_links),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_hostile),
	};

	return RUN_TESTS(tests);
}
