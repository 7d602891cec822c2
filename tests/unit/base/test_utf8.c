/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UTF-8 by RFC 3629, without NUL:
 * the sequences at every edge, and a second opinion on all of them.
 */
#include "support.h"

#define ROOM 64

static uint8_t *room; /* ends at a guard page */

/* Judged where it ends at the guard page, between `before` and `after` letters. */
static bool valid_between(const void *data, size_t len, size_t before, size_t after)
{
	uint8_t *text = room + ROOM - before - len - after;

	memset(text, 'a', before);
	memcpy(text + before, data, len);
	memset(text + before + len, 'z', after);
	return rdl_utf8_valid(text, before + len + after);
}

static void expect(const char *hex, bool valid)
{
	uint8_t octets[16];
	size_t len = unhex(hex, octets, sizeof(octets));

	for (size_t before = 0; before <= 17; before++)
		for (size_t after = 0; after <= 17; after++)
			if (valid_between(octets, len, before, after) != valid)
				fail_msg("%s behind %zu, before %zu octets", hex, before, after);
}

/* After Markus Kuhn's stress test. */
static void test_edges(void **state)
{
	static const char *const good[] = {
		"",
		"01",
		"7f",
		"c280",
		"dfbf",
		"e0a080",
		"efbfbf",
		"f0908080",
		"f48fbfbf",
		"ed9fbf",
		"ee8080",
		"efbfbd",
		"efbbbf", /* around the surrogates; U+FFFD; BOM */
		"efb790",
		"efbfbe",
		"f09fbfbf", /* noncharacters are characters enough */
		"cebae1bdb9cf83cebcceb5",
		"f09f9880f09f9880",
	};
	static const char *const bad[] = {
		"00", "6100", "c080", /* NUL, also the long way round */
		"80", "bf", "80bf", "80bf80", "80bf80bf80bf80", /* continuations alone */
		"c0", "c1", "f5", "f8", "fc", "fe", "ff", "fefeffff", /* never begin anything */
		"c2", "df", "e0a0", "efbf", "f09080", "f48fbf", "e0", "f0", /* cut */
		"c2c280", "c261", "e0a061", "e08080", "f0908061", "f0906180",
		"f0619080", /* broken */
		"c0af", "c1bf", "e080af", "e09fbf", "f08080af", "f08fbfbf", /* overlong */
		"f8888080 80", "fc8480808080", "f880808080", /* five and six octets */
		"eda080", "edadbf", "edae80", "edafbf", "edb080", "edbfbf",
		"eda080edb080", /* surrogates */
		"f4908080", "f5808080", "f7bfbfbf", /* above U+10FFFF */
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(good); i++)
		expect(good[i], true);
	for (size_t i = 0; i < RDL_ARRAY_LEN(bad); i++)
		expect(bad[i], false);
}

/* A NUL or a stray octet at each place of a long name. */
static void test_each_place(void **state)
{
	for (size_t len = 1; len <= 40; len++) {
		assert_true(valid_between("", 0, len, 0));
		for (size_t at = 0; at < len; at++) {
			assert_false(valid_between("\0", 1, at, len - at - 1));
			assert_false(valid_between("\x80", 1, at, len - at - 1));
			assert_false(valid_between("\xff", 1, at, len - at - 1));
			assert_true(valid_between("\x7f", 1, at, len - at - 1));
		}
	}
}

/*
 * Whether four octets begin with a well-formed character of `len` octets:
 * by its number, not by ranges of octets.
 */
static bool is_character(const uint8_t *p, size_t len)
{
	static const uint8_t lead_bits[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };
	static const uint8_t lead_mask[] = { 0, 0x80, 0xe0, 0xf0, 0xf8 };
	static const uint32_t least[] = { 0, 1, 0x80, 0x800, 0x10000 };
	uint32_t number = p[0] & (uint8_t)~lead_mask[len];

	if ((p[0] & lead_mask[len]) != lead_bits[len])
		return false;
	for (size_t i = 1; i < len; i++) {
		if (p[i] >> 6 != 2)
			return false;
		number = number << 6 | (p[i] & 0x3f);
	}
	return number >= least[len] && number <= 0x10ffff && (number < 0xd800 || number > 0xdfff);
}

static bool reference(const uint8_t *p, size_t len)
{
	while (len > 0) {
		size_t octets = 1;

		while (octets <= 4 && (octets > len || !is_character(p, octets)))
			octets++;
		if (octets > 4)
			return false;
		p += octets;
		len -= octets;
	}
	return true;
}

/* Whatever one, two or three octets there are, and the edges of four. */
static void test_all_short(void **state)
{
	static const uint8_t edges[] = { 0x00, 0x01, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
		0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xf0, 0xf4, 0xff };
	uint8_t *t = room + ROOM - 4;

	for (uint32_t n = 0; n < 1u << 24; n += n < 1u << 16 ? 1 : 7) {
		t[1] = (uint8_t)(n >> 16);
		t[2] = (uint8_t)(n >> 8);
		t[3] = (uint8_t)n;
		assert_true(rdl_utf8_valid(t + 3, 1) == reference(t + 3, 1));
		assert_true(rdl_utf8_valid(t + 2, 2) == reference(t + 2, 2));
		assert_true(rdl_utf8_valid(t + 1, 3) == reference(t + 1, 3));
	}
	for (uint32_t n = 0; n < 1u << 16; n++)
		for (size_t i = 0; i < RDL_ARRAY_LEN(edges); i++)
			for (size_t k = 0; k < RDL_ARRAY_LEN(edges); k++) {
				t[0] = (uint8_t)(n >> 8);
				t[1] = (uint8_t)n;
				t[2] = edges[i];
				t[3] = edges[k];
				assert_true(rdl_utf8_valid(t, 4) == reference(t, 4));
			}
}

static int setup(void **state)
{
	room = guard_alloc(ROOM);
	return 0;
}

static int teardown(void **state)
{
	guard_free(room, ROOM);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_each_place),
		cmocka_unit_test(test_all_short),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
