/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The iterator against the grammar as one regular expression: both must agree on every input. Walks
 * check for themselves that they stay inside, end at the end, and judge alike what is skipped.
 */
#include "describe.h"

#include <regex.h>

#include "captures.h"

#define PAYLOAD_MAX 1024

#define OWS "[ \t\r\n]*"
#define QUOTED "\"([^\"\\]|\\\\.)*\""
/* ']' must come first and '-' last inside brackets. */
#define PTOKEN "[]!#$%&'()*+./0-9:<=>?@A-Z[^_`a-z{|}~-]+"
#define CT "ct=[0-9]+( +[0-9]+)*"
#define NAME "[A-Za-z0-9!#$&+.^_`|~-]+[*]?"
#define LINK                                                                                       \
	"<[^"                                                                                      \
	"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16" \
	"\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x7f<>\"]+>"                                      \
	"(" OWS ";" OWS "(" NAME "(=(" QUOTED "|" PTOKEN "))?|" CT "))*"

static regex_t grammar;

/* Without NUL, which a regular expression cannot name. True when well-formed. */
static bool check(const uint8_t *data, size_t len)
{
	static struct text text;
	size_t offset;
	int r = walk_guarded(data, len, &text, &offset);
	regmatch_t whole = { 0, (regoff_t)len };
	char string[PAYLOAD_MAX + 1];

	assert_true(len <= PAYLOAD_MAX && memchr(data, 0, len) == NULL);
	memcpy(string, data, len);
	string[len] = '\0';
	bool matches = regexec(&grammar, string, 1, &whole, REG_STARTEND) == 0;
	if (matches != (r == 0))
		fail_msg("'%s': walk %d at %zu, grammar %d", string, r, offset, matches);
	return matches;
}

static void test_captures_cut(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		const char *payload = capture_payload(&captures[i]);

		for (size_t cut = 0; payload != NULL && cut <= strlen(payload); cut++)
			check((const uint8_t *)payload, cut);
	}
}

static void test_captures_flipped(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		const char *payload = capture_payload(&captures[i]);
		uint8_t octets[PAYLOAD_MAX];

		if (payload == NULL)
			continue;
		size_t len = strlen(payload);
		memcpy(octets, payload, len);
		for (size_t bit = 0; bit < len * 8; bit++) {
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (octets[bit / 8] != 0)
				check(octets, len);
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static size_t append(uint8_t *out, size_t len, const char *piece)
{
	size_t n = strlen(piece);

	memcpy(out + len, piece, n);
	return len + n;
}

/* Links put together from pieces of the grammar, now and then a wrong one or an octet less. */
static void test_pieces(void **state)
{
	static const char *const pieces[] = { "<", ">", "</1/0>", "</3>", "<caf\xc3\xa9>", "<>",
		",", ",", ",", ";", ";", "; ", " ,\t", "ct", "ver=1.1", "rt=\"oma.lwm2m\"",
		"title*", "=", "=\"", "\"", "\\", "\\\"", "\"a\\\\\"", " ", "\t", "\n", "\r\n",
		" 110", "ct=60 110", "*", "a", "\x01", "\xff", "=<>" };
	uint64_t seed = 3;
	size_t accepted = 0;

	for (size_t round = 0; round < 30000; round++) {
		uint8_t octets[PAYLOAD_MAX];
		size_t len = 0;
		size_t links = test_random(&seed) % 4;

		for (size_t i = 0; i < links; i++) {
			len = append(octets, len, i == 0 ? "</1>" : ",</3/0>");
			for (size_t n = test_random(&seed) % 3; n > 0; n--) {
				len = append(octets, len, ";");
				len = append(octets, len, pieces[13 + test_random(&seed) % 4]);
			}
			if (test_random(&seed) % 4 == 0)
				len = append(octets, len,
					pieces[test_random(&seed) % RDL_ARRAY_LEN(pieces)]);
		}
		for (size_t n = test_random(&seed) % 4 * (links == 0 ? 2 : 0); n > 0; n--)
			len = append(
				octets, len, pieces[test_random(&seed) % RDL_ARRAY_LEN(pieces)]);
		if (len > 0 && test_random(&seed) % 4 == 0) {
			size_t at = test_random(&seed) % len--;

			memmove(octets + at, octets + at + 1, len - at);
		}
		accepted += check(octets, len);
	}
	/* Neither side of the grammar was left out. */
	assert_in_range(accepted, 5000, 25000);
}

static void test_random_octets(void **state)
{
	static const char alphabet[] = "<<>>//,,;;==\"\"\\ \t\r\n*1aZ\x7f\x80";
	uint64_t seed = 4;

	for (size_t round = 0; round < 30000; round++) {
		uint8_t octets[24];
		size_t len = test_random(&seed) % (sizeof(octets) + 1);

		for (size_t i = 0; i < len; i++)
			octets[i] = round % 4 == 0 ? (uint8_t)(1 + test_random(&seed) % 255)
						   : (uint8_t)alphabet[test_random(&seed) %
								       (sizeof(alphabet) - 1)];
		check(octets, len);
	}
}

static int compile_grammar(void **state)
{
	return regcomp(&grammar, "^" OWS LINK "(" OWS "," OWS LINK ")*" OWS "$", REG_EXTENDED);
}

static int free_grammar(void **state)
{
	regfree(&grammar);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures_cut),
		cmocka_unit_test(test_captures_flipped),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_random_octets),
	};

	return cmocka_run_group_tests(tests, compile_grammar, free_grammar);
}
