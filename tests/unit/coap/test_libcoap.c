/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our parser against libcoap's: the same verdict on every datagram, and the same message, token,
 * options and payload in it. Where the two differ, one of the rules below must say why.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include <coap3/coap.h>

#include "captures.h"
#include "coap.h"
#include "corpus.h"

#define CORPUS "tests/fuzz/corpus/fuzz_message.pack"
#define DATAGRAM_MAX 4096
#define MUTATIONS 200000

enum rule {
	ALIKE,
	/*
	 * libcoap refuses the message when the length of an option that it knows is not one that
	 * RFC 7252 allows. Section 5.4.3 has such an option treated like one that is not
	 * recognized, which is no message format error: lib/lwm2m judges the options of requests.
	 */
	OPTION_LENGTH,
	/* The same of the signalling options of RFC 8323, which libcoap looks for over UDP, too. */
	SIGNALLING_LENGTH,
	/*
	 * libcoap adds the second octet of an extended delta in 16 bits, and takes an option with a
	 * number above 65535 for one with a small number.
	 */
	DELTA_WRAPS,
	RULES
};
static const char *const rule_names[RULES] = { "alike", "option length", "signalling option length",
	"delta wraps" };
static unsigned counts[RULES];

static const struct length_rule {
	uint16_t number, min, max;
} lengths[] = { { 1, 0, 8 }, { 3, 1, 255 }, { 4, 1, 8 }, { 5, 0, 0 }, { 6, 0, 3 }, { 7, 0, 2 },
	{ 8, 0, 255 }, { 9, 0, 255 }, { 11, 0, 255 }, { 12, 0, 2 }, { 14, 0, 4 }, { 15, 1, 255 },
	{ 16, 1, 1 }, { 17, 0, 2 }, { 20, 0, 255 }, { 23, 0, 3 }, { 27, 0, 3 }, { 28, 0, 4 },
	{ 35, 1, 1034 }, { 39, 1, 255 }, { 60, 0, 4 }, { 258, 0, 1 } };

static const struct signalling_rule {
	uint8_t code;
	struct length_rule length;
} signalling[] = { { 0xe1, { 2, 0, 4 } }, { 0xe1, { 4, 0, 0 } }, { 0xe2, { 2, 0, 0 } },
	{ 0xe3, { 2, 0, 0 } }, { 0xe4, { 2, 1, 255 } }, { 0xe4, { 4, 0, 3 } },
	{ 0xe5, { 2, 0, 2 } } };

static bool breaks(const struct length_rule *rule, const struct rdl_coap_option *option)
{
	return rule->number == option->number &&
	       (option->len < rule->min || option->len > rule->max);
}

/* Which rule has libcoap refuse what is well-formed; ALIKE when there is none. */
static enum rule why_refused(const struct rdl_coap_message *m)
{
	struct rdl_coap_options options = rdl_coap_options(m);
	struct rdl_coap_option option;

	while (rdl_coap_option_next(&options, &option) > 0) {
		for (size_t i = 0; i < RDL_ARRAY_LEN(signalling); i++)
			if (signalling[i].code == m->code && breaks(&signalling[i].length, &option))
				return SIGNALLING_LENGTH;
		for (size_t i = 0; i < RDL_ARRAY_LEN(lengths); i++)
			if (RDL_COAP_CODE_CLASS(m->code) != 7 && breaks(&lengths[i], &option))
				return OPTION_LENGTH;
	}
	return ALIKE;
}

/* Which has it take what is not: asked where our walk stopped. */
static enum rule why_taken(const struct rdl_coap_options *stopped)
{
	size_t left = (size_t)(stopped->end - stopped->pos);

	if (left >= 3 && stopped->pos[0] >> 4 == 14 &&
		269 + rdl_get_be16(stopped->pos + 1) > UINT16_MAX)
		return DELTA_WRAPS;
	return ALIKE;
}

static void expect_same_options(struct rdl_coap_options options, const coap_pdu_t *pdu)
{
	coap_opt_iterator_t iterator;
	struct rdl_coap_option ours;
	coap_opt_t *theirs;
	size_t len;
	const uint8_t *payload;

	coap_option_iterator_init(pdu, &iterator, COAP_OPT_ALL);
	while (rdl_coap_option_next(&options, &ours) > 0) {
		theirs = coap_option_next(&iterator);
		assert_non_null(theirs);
		assert_int_equal(ours.number, iterator.number);
		assert_int_equal(ours.len, coap_opt_length(theirs));
		assert_memory_equal(ours.value, coap_opt_value(theirs), ours.len);
	}
	assert_null(coap_option_next(&iterator));
	if (!coap_get_data(pdu, &len, &payload))
		len = 0;
	assert_int_equal(options.end - options.pos, len);
	if (len > 0)
		assert_memory_equal(options.pos, payload, len);
}

static void expect_same_message(const struct rdl_coap_message *m, const coap_pdu_t *pdu)
{
	coap_bin_const_t token = coap_pdu_get_token(pdu);

	assert_int_equal(m->type, coap_pdu_get_type(pdu));
	assert_int_equal(m->code, coap_pdu_get_code(pdu));
	assert_int_equal(m->message_id, coap_pdu_get_mid(pdu));
	assert_int_equal(m->token_len, token.length);
	assert_memory_equal(m->token, token.s, token.length);
	expect_same_options(rdl_coap_options(m), pdu);
}

/* Where the walk of a message ends; false when it is not well-formed. */
static bool walk(const struct rdl_coap_message *m, struct rdl_coap_options *end)
{
	struct rdl_coap_option option;
	int more;

	*end = rdl_coap_options(m);
	while ((more = rdl_coap_option_next(end, &option)) > 0)
		;
	return more == 0;
}

static void fail_datagram(const char *what, const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		print_message("%02x", octets[i]);
	fail_msg("%s", what);
}

static void compare(const uint8_t *octets, size_t len)
{
	uint8_t *copy = guard_copy(octets, len);
	coap_pdu_t *pdu = coap_pdu_init(0, 0, 0, DATAGRAM_MAX);
	struct rdl_coap_options end = { 0 };
	struct rdl_coap_message m;
	enum rule rule = ALIKE;

	assert_non_null(pdu);
	bool message = rdl_coap_parse((struct rdl_span){ copy, len }, &m) == RDL_COAP_MESSAGE;
	bool ours = message && walk(&m, &end);
	bool theirs = coap_pdu_parse(COAP_PROTO_UDP, copy, len, pdu) > 0;
	if (ours && theirs)
		expect_same_message(&m, pdu);
	else if (ours && (rule = why_refused(&m)) == ALIKE)
		fail_datagram("only libcoap refuses this", octets, len);
	else if (theirs && (!message || (rule = why_taken(&end)) == ALIKE))
		fail_datagram("only libcoap takes this", octets, len);
	counts[rule]++;
	coap_delete_pdu(pdu);
	guard_free(copy, len);
}

/* One of each rule: still true of the libcoap that is installed. */
static void test_rules(void **state)
{
	static const struct {
		const char *hex;
		enum rule rule;
	} cases[] = {
		{ "40011234 b2 7264", ALIKE },
		{ "40021234 c3 000028", OPTION_LENGTH }, /* Content-Format, elective */
		{ "40021234 d0 02", OPTION_LENGTH }, /* Uri-Query */
		{ "40e11234 41 00", SIGNALLING_LENGTH },
		{ "40021234 e0 fef3", DELTA_WRAPS },
		{ "40021234 e0 feff", DELTA_WRAPS },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t octets[32];
		unsigned before = counts[cases[i].rule];

		compare(octets, unhex(cases[i].hex, octets, sizeof(octets)));
		assert_int_equal(counts[cases[i].rule], before + 1);
	}
}

static void test_captures(void **state)
{
	uint8_t octets[DATAGRAM_MAX];

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		for (size_t cut = 0; cut <= len; cut++)
			compare(octets, cut);
	}
}

static void compare_input(const char *name, const uint8_t *octets, size_t len)
{
	compare(octets, len < DATAGRAM_MAX ? len : DATAGRAM_MAX);
}

static void test_corpus(void **state)
{
	unsigned count;

	assert_null(corpus_each(CORPUS, compare_input, &count));
	assert_true(count > 100);
}

/* A step of a mutation; returns the new length. */
static size_t mutate(uint8_t *octets, size_t len, uint64_t *seed)
{
	static const char *const pieces[] = { "\xff", "\xe1\xfe\xf3", "\xe0\xff\xff", "\xd0\x01",
		"\x0d\x05", "\xee\xfe\xff\x01\x02", "\x61\x62", "\x41\xff", "\xf0", "\x0f" };
	const char *piece = pieces[test_random(seed) % RDL_ARRAY_LEN(pieces)];
	size_t at = len > 0 ? test_random(seed) % len : 0, n = strlen(piece);

	if (len == 0)
		return 0;
	switch (test_random(seed) % 6) {
	case 0:
		octets[at] ^= (uint8_t)(1u << test_random(seed) % 8);
		return len;
	case 1:
		octets[at] = (uint8_t)test_random(seed);
		return len;
	case 2:
		memmove(octets + at, octets + at + 1, len - at - 1);
		return len - 1;
	case 3:
		return at;
	case 4:
		octets[at % 8 % len] = (uint8_t)test_random(seed);
		return len;
	default:
		memmove(octets + at + n, octets + at, len - at);
		memcpy(octets + at, piece, n);
		return len + n;
	}
}

static void test_mutations(void **state)
{
	uint64_t seed = 1;

	for (unsigned i = 0; i < MUTATIONS; i++) {
		uint8_t octets[DATAGRAM_MAX];
		const char *hex = captures[test_random(&seed) % RDL_ARRAY_LEN(captures)].hex;
		size_t len = unhex(hex, octets, sizeof(octets));

		for (uint64_t steps = 1 + test_random(&seed) % 4; steps > 0; steps--)
			len = mutate(octets, len, &seed);
		compare(octets, len);
	}
	for (unsigned rule = 0; rule < RULES; rule++)
		print_message("# %s: %u\n", rule_names[rule], counts[rule]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_mutations),
	};

	coap_set_log_level(LOG_EMERG);
	return RUN_TESTS(tests);
}
