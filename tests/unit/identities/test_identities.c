/* SPDX-License-Identifier: BSD-3-Clause */
#include "fixture.h"

#define LONG "urn:uuid:6f4a8c2e-7a3b-4b1e-9f5d-0123456789ab/of-a-gateway-in-the-basement-of-a-house"

static void test_same_number(void **state)
{
	struct rdl_identities *identities = identities_begin(10, 24);
	uint8_t octets[RDL_IDENTITY_MAX];
	uint32_t a = intern(identities, psk("a"), "");
	uint32_t b = intern(identities, identity_of(RDL_IDENTITY_X509, "a"), "");
	uint32_t c = intern(identities, psk("aa"), "");

	assert_true(a != 0 && b != 0 && c != 0 && a != b && b != c && a != c);
	assert_int_equal(intern(identities, psk("a"), ""), a);
	assert_int_equal(intern(identities, identity_of(RDL_IDENTITY_X509, "a"), ""), b);
	assert_int_equal(rdl_identities_mode(identities, a), RDL_IDENTITY_PSK);
	assert_int_equal(rdl_identities_mode(identities, b), RDL_IDENTITY_X509);
	assert_int_equal(rdl_identities_mode(identities, 0), RDL_IDENTITY_NONE);
	assert_int_equal(rdl_identities_octets(identities, 0, octets), 0);
	assert_int_equal(rdl_identities_octets(identities, c, octets), 2);
	assert_memory_equal(octets, "aa", 2);
	assert_string_equal(rdl_identity_mode_text(RDL_IDENTITY_NONE), "none");
	assert_string_equal(rdl_identity_mode_text(RDL_IDENTITY_PSK), "psk");
	assert_string_equal(rdl_identity_mode_text(RDL_IDENTITY_X509), "x509");
	assert_string_equal(rdl_identity_mode_text(RDL_IDENTITY_RPK), "rpk");
	free(identities);
}

/* Every length, with a NUL in it, and names beside. */
static void test_lengths(void **state)
{
	struct rdl_identities *identities = identities_begin(2 * RDL_IDENTITY_MAX, 300);
	uint8_t octets[RDL_IDENTITY_MAX], found[RDL_IDENTITY_MAX];
	uint32_t numbers[RDL_IDENTITY_MAX + 1];
	uint64_t random = 7;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)test_random(&random);
	for (size_t len = 1; len <= RDL_IDENTITY_MAX; len++) {
		const struct rdl_identity identity = { RDL_IDENTITY_PSK, { octets, len } };

		numbers[len] = intern(identities, identity, len % 2 == 0 ? "name *" : "");
		assert_int_not_equal(numbers[len], 0);
	}
	for (size_t len = 1; len <= RDL_IDENTITY_MAX; len++) {
		const struct rdl_identity identity = { RDL_IDENTITY_PSK, { octets, len } };

		assert_int_equal(rdl_identities_octets(identities, numbers[len], found), len);
		assert_memory_equal(found, octets, len);
		assert_int_equal(
			intern(identities, identity, len % 2 == 0 ? "name *" : ""), numbers[len]);
		assert_int_equal(
			rdl_identities_permit(identities, numbers[len], RDL_SPAN("of the names")),
			len % 2 == 0);
	}
	free(identities);
}

/* What is full says so, and nothing is lost by it. */
static void test_full(void **state)
{
	struct rdl_identities *identities = identities_begin(2, 24);
	uint8_t names[RDL_IDENTITY_NAMES_MAX];
	struct rdl_identities_counts counts;
	uint32_t a = intern(identities, psk("a"), ""), b = intern(identities, psk("b"), "");

	assert_int_equal(intern(identities, psk("c"), ""), 0);
	assert_int_equal(intern(identities, psk("a"), ""), a);
	rdl_identities_release(identities, b);
	reclaim_all(identities, 0);
	reclaim_all(identities, 31000);
	counts = counts_of(identities);
	assert_int_equal(counts.identities, 1);
	assert_int_equal(counts.room, 2);
	/* Names that fill the memory: those who had less keep it, and nothing is taken. */
	memset(names, 1, sizeof(names));
	unsigned renamed = 0;
	while (names[1]++ < 255 &&
		rdl_identities_rename(identities,
			&(struct rdl_identity){ RDL_IDENTITY_PSK, RDL_SPAN("a") },
			(struct rdl_span){ names, sizeof(names) }))
		renamed++;
	/* 114 cells each, and 1024 in all. */
	assert_int_equal(renamed, 8);
	assert_int_equal(counts_of(identities).cells, 8 * 114);
	assert_int_equal(rdl_identities_incarnation(identities, a), 1);
	const struct rdl_identity longer = psk(LONG);
	assert_int_equal(rdl_identities_intern(
				 identities, &longer, (struct rdl_span){ names, sizeof(names) }),
		0);
	assert_int_equal(counts_of(identities).identities, 1);
	reclaim_all(identities, 31000);
	reclaim_all(identities, 62000);
	assert_int_equal(counts_of(identities).cells, 114);
	free(identities);
}

/* One that nobody holds lasts half a minute. */
static void test_lingers(void **state)
{
	struct rdl_identities *identities = identities_begin(2, 24);
	uint32_t a = intern(identities, psk("a"), ""), b = intern(identities, psk(LONG), "x y");
	uint8_t octets[RDL_IDENTITY_MAX];

	rdl_identities_hold(identities, a);
	rdl_identities_release(identities, a);
	reclaim_all(identities, 500);
	assert_int_equal(counts_of(identities).lingering, 0);
	rdl_identities_release(identities, a);
	rdl_identities_release(identities, b);
	reclaim_all(identities, 999);
	assert_int_equal(counts_of(identities).lingering, 2);
	reclaim_all(identities, 30999);
	assert_int_equal(rdl_identities_octets(identities, b, octets), strlen(LONG));
	assert_int_equal(counts_of(identities).identities, 2);
	reclaim_all(identities, 31000);
	assert_int_equal(counts_of(identities).identities, 0);
	assert_int_equal(counts_of(identities).cells, 0);
	assert_int_not_equal(intern(identities, psk("c"), ""), 0);
	assert_int_not_equal(intern(identities, psk("d"), ""), 0);
	assert_int_equal(intern(identities, psk("a"), ""), 0);
	free(identities);
}

/* Whoever holds it in that time keeps it; a shorter hold is half a minute more. */
static void test_held_again(void **state)
{
	struct rdl_identities *identities = identities_begin(4, 24);
	uint32_t held = intern(identities, psk("held"), "");
	uint32_t touched = intern(identities, psk("touched"), "");

	rdl_identities_release(identities, held);
	rdl_identities_release(identities, touched);
	reclaim_all(identities, 0);
	rdl_identities_hold(identities, held);
	rdl_identities_hold(identities, touched);
	reclaim_all(identities, 29000);
	rdl_identities_release(identities, touched);
	reclaim_all(identities, 31000);
	assert_int_equal(counts_of(identities).identities, 2);
	assert_int_equal(counts_of(identities).lingering, 1);
	assert_int_equal(intern(identities, psk("held"), ""), held);
	rdl_identities_release(identities, held);
	reclaim_all(identities, 60999);
	assert_int_equal(counts_of(identities).identities, 2);
	reclaim_all(identities, 62000);
	assert_int_equal(counts_of(identities).identities, 1);
	rdl_identities_release(identities, held);
	reclaim_all(identities, 62000);
	assert_int_equal(counts_of(identities).lingering, 1);
	reclaim_all(identities, 93000);
	assert_int_equal(counts_of(identities).identities, 0);
	free(identities);
}

static void test_revoked(void **state)
{
	struct rdl_identities *identities = identities_begin(4, 24);
	const struct rdl_identity a = psk("a"), nobody = psk("nobody");
	uint32_t number = intern(identities, a, "");
	uint8_t was = rdl_identities_incarnation(identities, number);

	rdl_identities_revoke(identities, &nobody);
	assert_int_equal(rdl_identities_incarnation(identities, number), was);
	rdl_identities_revoke(identities, &a);
	assert_int_equal(rdl_identities_incarnation(identities, number), (uint8_t)(was + 1));
	assert_int_equal(intern(identities, a, ""), number);
	assert_int_equal(rdl_identities_incarnation(identities, number), (uint8_t)(was + 1));
	free(identities);
}

static void test_permits(void **state)
{
	static const struct {
		enum rdl_identity_mode mode;
		const char *identity, *names, *endpoint;
		bool permitted;
	} cases[] = {
		{ RDL_IDENTITY_PSK, "dev-1", "", "dev-1", true },
		{ RDL_IDENTITY_PSK, "dev-1", "", "dev-2", false },
		{ RDL_IDENTITY_PSK, "dev-1", "", "dev-11", false },
		{ RDL_IDENTITY_PSK, "dev-*", "", "dev-1", false },
		{ RDL_IDENTITY_PSK, "dev-*", "", "dev-*", true },
		{ RDL_IDENTITY_PSK, "dev-1", "other", "dev-1", false },
		{ RDL_IDENTITY_PSK, "dev-1", "other dev-?", "dev-1", true },
		{ RDL_IDENTITY_PSK, "dev-1", "other dev-?", "other", true },
		{ RDL_IDENTITY_PSK, "dev-1", "other dev-?", "othe", false },
		{ RDL_IDENTITY_PSK, LONG, "", LONG, true },
		{ RDL_IDENTITY_PSK, LONG, "", LONG "s", false },
		{ RDL_IDENTITY_PSK, "x", LONG " " LONG "s", LONG "s", true },
		{ RDL_IDENTITY_X509, "cn", "", "cn", true },
		{ RDL_IDENTITY_X509, "cn", "", "CN", false },
		{ RDL_IDENTITY_X509, "c*", "", "cn", false },
		{ RDL_IDENTITY_X509, "cn", "other", "other", false },
		{ RDL_IDENTITY_X509, "cn", "other", "cn", true },
		{ RDL_IDENTITY_RPK, "digest", "", "digest", false },
		{ RDL_IDENTITY_RPK, "digest", "named", "digest", false },
		{ RDL_IDENTITY_RPK, "digest", "named", "named", true },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_identities *identities = identities_begin(1, 24);
		uint32_t number = intern(
			identities, identity_of(cases[i].mode, cases[i].identity), cases[i].names);

		if (rdl_identities_permit(identities, number, span_of(cases[i].endpoint)) !=
			cases[i].permitted)
			fail_msg("%zu: %s as %s", i, cases[i].identity, cases[i].endpoint);
		free(identities);
	}
}

static void test_endpoint(void **state)
{
	static const struct {
		enum rdl_identity_mode mode;
		const char *identity, *names, *endpoint;
	} cases[] = {
		{ RDL_IDENTITY_PSK, "dev-*", "", "dev-*" },
		{ RDL_IDENTITY_PSK, LONG, "", LONG },
		{ RDL_IDENTITY_PSK, "dev-1", "other", "other" },
		{ RDL_IDENTITY_PSK, "dev-1", LONG, LONG },
		{ RDL_IDENTITY_PSK, "dev-1", "a b", "" },
		{ RDL_IDENTITY_PSK, "dev-1", "a*", "" },
		{ RDL_IDENTITY_PSK, "dev-1", "a?b", "" },
		{ RDL_IDENTITY_PSK, "\xff", "", "" },
		{ RDL_IDENTITY_X509, "cn", "other", "cn" },
		{ RDL_IDENTITY_RPK, "digest", "", "" },
		{ RDL_IDENTITY_RPK, "digest", "named", "named" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_identities *identities = identities_begin(1, 24);
		uint8_t endpoint[RDL_ENDPOINT_MAX + 1];
		uint32_t number = intern(
			identities, identity_of(cases[i].mode, cases[i].identity), cases[i].names);

		endpoint[rdl_identities_endpoint(identities, number, endpoint)] = '\0';
		assert_string_equal((char *)endpoint, cases[i].endpoint);
		free(identities);
	}
}

/* 253 octets are an identity, and no endpoint's name. */
static void test_endpoint_too_long(void **state)
{
	struct rdl_identities *identities = identities_begin(2, 24);
	uint8_t endpoint[RDL_ENDPOINT_MAX];
	char text[RDL_ENDPOINT_MAX + 2];

	memset(text, 'a', sizeof(text) - 1);
	text[RDL_ENDPOINT_MAX + 1] = '\0';
	uint32_t number = intern(identities, psk(text), "");
	assert_int_equal(rdl_identities_endpoint(identities, number, endpoint), 0);
	text[RDL_ENDPOINT_MAX] = '\0';
	number = intern(identities, psk(text), "");
	assert_int_equal(rdl_identities_endpoint(identities, number, endpoint), RDL_ENDPOINT_MAX);
	assert_memory_equal(endpoint, text, RDL_ENDPOINT_MAX);
	free(identities);
}

/* New names hold at once, of a new proof or of a changed credential. */
static void test_renamed(void **state)
{
	struct rdl_identities *identities = identities_begin(2, 24);
	const struct rdl_identity a = psk(LONG), nobody = psk("nobody");
	uint8_t octets[RDL_IDENTITY_NAMES_MAX];
	uint32_t number = intern(identities, a, "one");

	assert_true(rdl_identities_permit(identities, number, RDL_SPAN("one")));
	assert_true(rdl_identities_rename(identities, &a, names_of("two", octets)));
	assert_false(rdl_identities_permit(identities, number, RDL_SPAN("one")));
	assert_true(rdl_identities_permit(identities, number, RDL_SPAN("two")));
	assert_true(rdl_identities_rename(identities, &nobody, names_of("two", octets)));
	assert_int_equal(counts_of(identities).identities, 1);
	assert_int_equal(intern(identities, a, ""), number);
	assert_true(rdl_identities_permit(identities, number, a.octets));
	assert_int_equal(rdl_identities_incarnation(identities, number), 0);
	rdl_identities_release(identities, number);
	rdl_identities_release(identities, number);
	reclaim_all(identities, 0);
	reclaim_all(identities, 31000);
	assert_int_equal(counts_of(identities).identities, 0);
	assert_int_equal(counts_of(identities).cells, 0);
	free(identities);
}

/* By whoever does not know its names: those it has stay, one that is not there has none. */
static void test_recalled(void **state)
{
	struct rdl_identities *identities = identities_begin(2, 24);
	const struct rdl_identity a = psk("key"), b = psk("other"), c = psk("no room");
	uint32_t number = intern(identities, a, "one");

	assert_int_equal(rdl_identities_recall(identities, &a), number);
	assert_true(rdl_identities_permit(identities, number, RDL_SPAN("one")));
	uint32_t other = rdl_identities_recall(identities, &b);
	assert_true(other != 0 && other != number);
	assert_true(rdl_identities_permit(identities, other, RDL_SPAN("other")));
	assert_int_equal(intern(identities, b, "two"), other);
	assert_true(rdl_identities_permit(identities, other, RDL_SPAN("two")));
	assert_int_equal(rdl_identities_recall(identities, &c), 0);
	/* Each is a hold. */
	for (unsigned i = 0; i < 2; i++) {
		reclaim_all(identities, 0);
		reclaim_all(identities, 31000);
		assert_int_equal(counts_of(identities).identities, 2);
		rdl_identities_release(identities, number);
		rdl_identities_release(identities, other);
	}
	reclaim_all(identities, 40000);
	reclaim_all(identities, 71000);
	assert_int_equal(counts_of(identities).identities, 0);
	free(identities);
}

static void test_next(void **state)
{
	struct rdl_identities *identities = identities_begin(4, 24);
	uint32_t number,
		n = 0,
		numbers[3] = { intern(identities, psk("a"), ""), intern(identities, psk("b"), ""),
			intern(identities, psk("c"), "") };

	assert_int_equal(rdl_identities_next(identities, 0), numbers[0]);
	rdl_identities_release(identities, numbers[1]);
	reclaim_all(identities, 0);
	reclaim_all(identities, 31000);
	for (number = 0; (number = rdl_identities_next(identities, number)) != 0; n++)
		assert_int_equal(number, numbers[2 * n]);
	assert_int_equal(n, 2);
	free(identities);
}

/* As the header tells. */
static void test_memory(void **state)
{
	struct rdl_identities_config config = { .identities = 1000000, .octets = 24 };

	assert_true(rdl_identities_memory(&config) < 54 * UINT64_C(1000000));
	config.octets = 24 + 25;
	assert_true(rdl_identities_memory(&config) < 102 * UINT64_C(1000000));
}

/* Against a plain table, in any order. */
static void test_random_steps(void **state)
{
	enum { NAMES = 64, STEPS = 200000 };
	struct rdl_identities *identities = identities_begin(32, 60);
	struct {
		uint32_t number;
		unsigned held;
		uint64_t free_ms; /* not before */
		char names[40];
	} known[NAMES] = { { 0 } };
	uint64_t random = 11, now_ms = 0;

	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)(test_random(&random) % NAMES);
		char text[80], names[40] = "";

		snprintf(text, sizeof(text), i % 3 == 0 ? "%u-" LONG : "device-%u", i);
		if (test_random(&random) % 2 == 0)
			snprintf(names, sizeof(names), "n%u", (unsigned)test_random(&random) % 9);
		switch (test_random(&random) % 4) {
		case 0: {
			uint32_t number = intern(identities, psk(text), names);

			if (number == 0)
				break;
			if (known[i].held > 0 || now_ms < known[i].free_ms)
				assert_int_equal(number, known[i].number);
			known[i].number = number;
			known[i].held++;
			strcpy(known[i].names, names);
			break;
		}
		case 1:
			if (known[i].held == 0)
				break;
			rdl_identities_hold(identities, known[i].number);
			known[i].held++;
			break;
		case 2:
			if (known[i].held == 0)
				break;
			rdl_identities_release(identities, known[i].number);
			if (--known[i].held == 0)
				known[i].free_ms = now_ms + 30000;
			break;
		default:
			now_ms += test_random(&random) % 3000;
			rdl_identities_reclaim(identities, now_ms, 3);
		}
		if (known[i].held == 0)
			continue;
		struct rdl_span name = span_of(known[i].names[0] ? known[i].names : text);
		assert_true(rdl_identities_permit(identities, known[i].number, name));
	}
	assert_true(counts_of(identities).identities > 16);
	free(identities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_number),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_lingers),
		cmocka_unit_test(test_held_again),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_permits),
		cmocka_unit_test(test_endpoint),
		cmocka_unit_test(test_endpoint_too_long),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_recalled),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_random_steps),
	};

	return RUN_TESTS(tests);
}
