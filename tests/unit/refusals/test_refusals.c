/* SPDX-License-Identifier: BSD-3-Clause */
/* The last refusals of a worker, read beside it, and as JSON. */
#include "support.h"

#include <pthread.h>
#include <stdlib.h>

#include <jansson.h>

#include "identities_made.h"
#include "refusals.h"

static struct rdl_refusals refusals;
static struct rdl_identities *identities;

static int setup(void **state)
{
	memset(&refusals, 0, sizeof(refusals));
	identities = identities_made(4);
	refusals.identities = identities;
	return 0;
}

static int teardown(void **state)
{
	free(identities);
	return 0;
}

static void test_last_ones(void **state)
{
	struct rdl_refusal refusal = { .endpoint_len = 4 }, got;

	for (uint32_t n = 0; n < 1000; n++) {
		refusal.number = n;
		memcpy(refusal.endpoint, &n, 4);
		assert_false(rdl_refusals_get(&refusals, n, &got));
		rdl_refusals_add(&refusals, &refusal);
		assert_int_equal(rdl_refusals_count(&refusals), n + 1);
		for (uint32_t old = n < 300 ? 0 : n - 300; old <= n; old++) {
			bool there = rdl_refusals_get(&refusals, old, &got);

			assert_int_equal(there, n - old < RDL_REFUSALS);
			assert_true(!there || got.number == old);
		}
	}
}

/* ---- identities ---- */

static void refuse(uint32_t identity, unsigned times)
{
	const struct rdl_refusal refusal = { .identity = identity };

	while (times-- > 0)
		rdl_refusals_add(&refusals, &refusal);
}

/* Whose a request was can be told for as long as its refusal is kept, be the session over. */
static void test_held(void **state)
{
	uint32_t a = identity_made_psk(identities, "a"), b = identity_made_psk(identities, "b");

	refuse(a, 2);
	refuse(b, 1);
	rdl_identities_release(identities, a);
	rdl_identities_release(identities, b);
	identities_settle(identities, 0);
	assert_int_equal(identities_count(identities), 2);
	refuse(0, RDL_REFUSALS - 2);
	identities_settle(identities, 100000);
	assert_int_equal(identities_count(identities), 2);
	/* The last one of it makes way, and then that of the other. */
	refuse(0, 1);
	identities_settle(identities, 200000);
	assert_int_equal(identities_count(identities), 1);
	assert_int_equal(rdl_identities_mode(identities, b), RDL_IDENTITY_PSK);
	refuse(0, 1);
	identities_settle(identities, 300000);
	assert_int_equal(identities_count(identities), 0);
}

/* One that takes the place of another of the same identity. */
static void test_held_on(void **state)
{
	uint32_t a = identity_made_psk(identities, "a");

	refuse(a, 3 * RDL_REFUSALS);
	rdl_identities_release(identities, a);
	identities_settle(identities, 0);
	assert_int_equal(identities_count(identities), 1);
	refuse(0, RDL_REFUSALS);
	identities_settle(identities, 100000);
	assert_int_equal(identities_count(identities), 0);
	refuse(0, RDL_REFUSALS);
}

/* Where nobody has any, numbers are not looked at. */
static void test_no_identities(void **state)
{
	struct rdl_refusal got = { .time_ms = 0 };

	refusals.identities = NULL;
	refuse(3, RDL_REFUSALS + 1);
	assert_true(rdl_refusals_get(&refusals, RDL_REFUSALS, &got));
	assert_int_equal(got.identity, 3);
}

/* ---- two threads ---- */

#define WRITES 300000

static void *write_all(void *unused)
{
	struct rdl_refusal refusal = { .operation = 0 };

	for (uint32_t n = 0; n < WRITES; n++) {
		refusal.time_ms = n;
		refusal.number = ~n;
		refusal.endpoint_len = (uint8_t)(n % (RDL_ENDPOINT_MAX + 1));
		memset(refusal.endpoint, (int)(n % 251), refusal.endpoint_len);
		rdl_refusals_add(&refusals, &refusal);
	}
	return NULL;
}

static void test_threads(void **state)
{
	struct rdl_refusal got = { .time_ms = 0 };
	pthread_t writer;
	uint64_t whole = 0, gone = 0, count;

	assert_int_equal(pthread_create(&writer, NULL, write_all, NULL), 0);
	do {
		count = rdl_refusals_count(&refusals);
		for (uint64_t n = count < 3 ? 0 : count - 3; n <= count; n++) {
			if (!rdl_refusals_get(&refusals, n, &got)) {
				gone++;
				continue;
			}
			whole++;
			assert_int_equal(got.time_ms, n);
			assert_int_equal(got.number, ~(uint32_t)n);
			assert_int_equal(got.endpoint_len, n % (RDL_ENDPOINT_MAX + 1));
			for (unsigned i = 0; i < got.endpoint_len; i++)
				assert_int_equal(got.endpoint[i], n % 251);
		}
	} while (count < WRITES);
	pthread_join(writer, NULL);
	assert_true(whole > 0 && gone > 0);
}

/* ---- text ---- */

/* The refusal's text, as whoever asks reads it. */
static json_t *read_text(const struct rdl_refusal *refusal)
{
	static uint8_t text[RDL_REFUSAL_TEXT_MAX + 2];
	struct rdl_cursor out = rdl_cursor(text, sizeof(text));
	struct rdl_speck key;

	rdl_speck_expand(&key, &(struct rdl_key){ 1, 2 });
	rdl_cursor_u8(&out, '{');
	rdl_refusal_text(&out, refusal, &key, identities, 1700000000000);
	rdl_cursor_u8(&out, '}');
	assert_false(out.failed);
	json_t *read = json_loadb((const char *)text, (size_t)(out.pos - text), 0, NULL);
	assert_non_null(read);
	return read;
}

static void expect(json_t *read, const char *name, const char *value)
{
	const char *is = json_string_value(json_object_get(read, name));

	if (value == NULL)
		assert_null(is);
	else
		assert_string_equal(is, value);
}

static void test_text(void **state)
{
	struct rdl_refusal r = { .time_ms = 1234,
		.peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2, 7 }, .port = 40000 },
		.operation = RDL_OPERATION_REGISTER,
		.reason = RDL_REASON_link_syntax,
		.number = 17,
		.endpoint_len = 3,
		.endpoint = "a\"b",
		.path_len = 2,
		.path = "rd",
		.excerpt_len = 5,
		.excerpt_fault = 2,
		.excerpt = "</\xff>," };
	json_t *read = read_text(&r);

	assert_true(json_real_value(json_object_get(read, "time")) > 1700000001.2339);
	assert_true(json_real_value(json_object_get(read, "time")) < 1700000001.2341);
	expect(read, "endpoint", "a\"b");
	expect(read, "path", "rd");
	expect(read, "location", NULL);
	expect(read, "address", "192.0.2.7");
	assert_int_equal(json_integer_value(json_object_get(read, "port")), 40000);
	expect(read, "security", "none");
	expect(read, "identity", NULL);
	expect(read, "operation", "register");
	expect(read, "code", "4.00");
	expect(read, "reason", "link_syntax");
	expect(read, "text", "object list: syntax error at octet 17");
	expect(read, "parameter", NULL);
	assert_int_equal(json_integer_value(json_object_get(read, "octet")), 17);
	expect(read, "before", "</");
	expect(read, "from", "\xef\xbf\xbd>,");
	json_decref(read);
}

static void test_text_of_location(void **state)
{
	struct rdl_refusal r = { .operation = RDL_OPERATION_UPDATE,
		.reason = RDL_REASON_update_parameter,
		.located = true,
		.location = { .handle = 5, .generation = 3 },
		.parameter_len = 2,
		.parameter = "ep" };
	json_t *read = read_text(&r);

	assert_int_equal(
		json_string_length(json_object_get(read, "location")), 4 + RDL_LOCATION_LEN);
	expect(read, "path", NULL);
	expect(read, "operation", "update");
	expect(read, "reason", "update_parameter");
	expect(read, "parameter", "ep");
	assert_null(json_object_get(read, "octet"));
	json_decref(read);
}

static void test_text_of_identity(void **state)
{
	struct rdl_refusal r = { .operation = RDL_OPERATION_REGISTER,
		.reason = RDL_REASON_endpoint_identity,
		.identity = identity_made_psk(identities, "dev-\xff") };
	json_t *read = read_text(&r);

	expect(read, "security", "psk");
	expect(read, "identity", "dev-\xef\xbf\xbd");
	expect(read, "reason", "endpoint_identity");
	json_decref(read);
}

/* Whatever was sent: the longest of everything, each octet of which takes six. */
static void test_longest_text(void **state)
{
	struct rdl_refusal r = { .time_ms = UINT32_MAX,
		.operation = RDL_OPERATION_DEREGISTER,
		.endpoint_len = RDL_ENDPOINT_MAX,
		.path_len = RDL_REFUSAL_PATH_MAX,
		.parameter_len = RDL_REFUSAL_PARAMETER_MAX,
		.number = UINT32_MAX,
		.excerpt_len = RDL_REFUSAL_EXCERPT_MAX,
		.excerpt_fault = 7 };
	uint8_t octets[RDL_IDENTITY_MAX];

	memset(octets, 4, sizeof(octets));
	r.identity = identity_made(
		identities, RDL_IDENTITY_PSK, (struct rdl_span){ octets, sizeof(octets) });
	memset(r.endpoint, 1, sizeof(r.endpoint));
	memset(r.path, 2, sizeof(r.path));
	memset(r.parameter, 3, sizeof(r.parameter));
	memset(r.excerpt, 5, sizeof(r.excerpt));
	memset(r.peer.address, 0xfe, sizeof(r.peer.address));
	r.peer.port = 65535;
	for (unsigned reason = 1; reason < RDL_REASON_COUNT; reason++) {
		r.reason = (uint8_t)reason;
		json_decref(read_text(&r));
	}
}

/* ---- what was shed ---- */

static void test_sheds(void **state)
{
	static struct rdl_sheds sheds;
	struct rdl_request request = { .operation = RDL_OPERATION_REGISTER };
	unsigned known = 0;
	uint64_t time_ms = 0;
	enum rdl_stat stat;

	memset(&sheds, 0, sizeof(sheds));
	/* No more than fit, each of them the newest of its place. */
	for (uint32_t n = 0; n < 3 * RDL_SHEDS; n++) {
		request.operation = n % 2 == 0 ? RDL_OPERATION_REGISTER : RDL_OPERATION_UPDATE;
		if (n % 2 == 0)
			request.digest.word[0] = n * UINT64_C(0x123456789abcdef);
		else
			request.location = (struct rdl_location){ .handle = n };
		rdl_sheds_note(&sheds, &request,
			n % 2 == 0 ? RDL_STAT_drop_registry_full : RDL_STAT_drop_shed_update, n);
	}
	for (uint32_t n = 0; n < 3 * RDL_SHEDS; n++) {
		struct rdl_endpoint_digest digest = { { n * UINT64_C(0x123456789abcdef) } };
		uint64_t key =
			n % 2 == 0 ? rdl_sheds_key_endpoint(digest) : rdl_sheds_key_location(n);

		if (!rdl_sheds_find(&sheds, key, &stat, &time_ms))
			continue;
		known++;
		assert_int_equal(time_ms, n);
		assert_int_equal(
			stat, n % 2 == 0 ? RDL_STAT_drop_registry_full : RDL_STAT_drop_shed_update);
	}
	assert_in_range(known, RDL_SHEDS * 3 / 4, RDL_SHEDS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_last_ones),
		TEST(test_held),
		TEST(test_held_on),
		TEST(test_no_identities),
		TEST(test_threads),
		TEST(test_text),
		TEST(test_text_of_location),
		TEST(test_text_of_identity),
		TEST(test_longest_text),
		TEST(test_sheds),
	};

	return RUN_TESTS(tests);
}
