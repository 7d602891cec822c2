/* SPDX-License-Identifier: BSD-3-Clause */
/* Registrations over the telemetry socket, asked of their owners, in pages that fit. */
#include "fixture.h"

/* Registers `name` with so many links. */
static struct rdl_location registered(const char *name, uint16_t links)
{
	struct rdl_object_list *list = gateway_list(3303, links);
	struct rdl_location location = gateway_register(name, 60, list);

	free(list);
	return location;
}

static void one(void **state)
{
	struct rdl_location location = registered("a,b \xc3\xa9", 2);
	char path[32] = "/rd/";

	rdl_location_encode(&telemetry.facts.location_key, &location, (uint8_t *)path + 4);
	uint64_t registered_s = (OWN_CLOCK_WALL_MS + own_clock_ms) / 1000;
	own_clock_pass(1500);
	gateway_cores_run();
	json_t *d = asked("/rdline/registration,a%2cb %C3%a9");
	expect_text(d, "endpoint", "a,b %C3%A9");
	expect_text(d, "location", path);
	expect_text(d, "version", "1.1");
	expect_number(d, "lifetime", 60);
	expect_number(d, "expires_in", 58);
	expect_text(d, "binding", "U");
	expect_number(d, "queue", 0);
	expect_text(d, "address", "192.0.2.7");
	expect_number(d, "port", 5683);
	expect_text(d, "security", "none");
	assert_null(json_object_get(d, "identity"));
	expect_text(d, "root", "/");
	expect_json(json_object_get(d, "objects"), "[\"3303/0\",\"3303/1\"]");
	expect_json(json_object_get(d, "object_versions"), "{\"3303\":\"1.0\"}");
	expect_number(d, "objects_total", 2);
	expect_number(d, "registered_at", (json_int_t)registered_s);
	expect_number(d, "updated_at", (json_int_t)registered_s);
	expect_number(d, "parameters_total", 0);
	/* Commas need not be encoded. */
	expect_number(asked("/rdline/registration,a,b %c3%a9"), "lifetime", 60);
}

/* Encoded as a name is, and as long as may be. */
static void identities(void **state)
{
	struct rdl_identities *known = identities_made(4);
	struct rdl_object_list *list = gateway_list(3303, 1);
	uint8_t octets[RDL_IDENTITY_MAX], digest[32] = { 0xab, 0x01 };

	memset(octets, 0xff, sizeof(octets));
	octets[0] = 'a';
	telemetry.facts.identities = known;
	gateway_register_by(
		identity_made(known, RDL_IDENTITY_PSK, (struct rdl_span){ octets, sizeof(octets) }),
		"long", 60, list);
	gateway_register_by(
		identity_made(known, RDL_IDENTITY_RPK, (struct rdl_span){ digest, sizeof(digest) }),
		"raw", 60, list);
	free(list);
	gateway_cores_run();
	json_t *d = asked("/rdline/registration,raw");
	expect_text(d, "security", "rpk");
	expect_text(
		d, "identity", "ab01000000000000000000000000000000000000000000000000000000000000");
	assert_null(json_object_get(d, "identity_parts"));
	d = asked("/rdline/registration,long");
	expect_text(d, "security", "psk");
	/* 127 octets hold 42 escapes behind the first; the rest is in seven parts. */
	assert_int_equal(json_string_length(json_object_get(d, "identity")), 1 + 3 * 42);
	json_t *parts = json_object_get(d, "identity_parts");
	size_t len = 0;
	for (size_t i = 0; i < json_array_size(parts); i++)
		len += json_string_length(json_array_get(parts, i));
	assert_int_equal(len, 1 + 3 * (sizeof(octets) - 1));
	gateway_cores_pause();
	free(known);
}

static void none(void **state)
{
	char longest[400] = "/rdline/registration,";
	static const char *const commands[] = { "/rdline/registration", "/rdline/registration,",
		"/rdline/registration,nobody", "/rdline/registration,%", "/rdline/registration,a%0",
		"/rdline/registration,%zz", "/rdline/objects", "/rdline/objects,",
		"/rdline/objects,nobody", "/rdline/objects,nobody,5", "/rdline/objects,%,5",
		"/rdline/registrations,x", "/rdline/registrations,-1", "/rdline/registrations,1x" };

	registered("a", 1);
	gateway_cores_run();
	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++)
		expect_json(asked(commands[i]), "{}");
	memset(longest + strlen(longest), 'n', RDL_ENDPOINT_MAX + 1);
	expect_json(asked(longest), "{}");
}

/* null when the owner does not answer in time. */
static void no_answer(void **state)
{
	static const char *const commands[] = { "/rdline/registration,a", "/rdline/objects,a",
		"/rdline/registrations" };

	registered("a", 1);
	for (size_t i = 0; i < RDL_ARRAY_LEN(commands); i++) {
		char want[64];

		say(socket_fd, commands[i]);
		while (!rdl_mailbox_pending(&gateway_owners.cores[0]->question.mailbox) &&
			!rdl_mailbox_pending(&gateway_owners.cores[1]->question.mailbox))
			usleep(50);
		own_clock_pass(QUESTION_WAIT_MS);
		snprintf(want, sizeof(want), "{\"%.*s\":null}", (int)strcspn(commands[i], ","),
			commands[i]);
		assert_string_equal(heard_from(socket_fd), want);
	}
}

/* An array in one reply has 512 entries at most; in a registration it shows 256. */
static void objects(void **state)
{
	registered("many", 600);
	registered("just", 512);
	registered("many,5", 1);
	gateway_cores_run();
	json_t *d = asked("/rdline/registration,many");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 256);
	expect_number(d, "objects_total", 600);
	d = asked("/rdline/objects,many");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 512);
	expect_number(d, "objects_total", 600);
	expect_number(d, "next", 512);
	d = asked("/rdline/objects,many,512");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 88);
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(d, "objects"), 87)), "3303/599");
	expect_number(d, "next", 0);
	d = asked("/rdline/objects,just");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 512);
	expect_number(d, "next", 0);
	d = asked("/rdline/objects,many,600");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 0);
	expect_number(d, "objects_total", 600);
	d = asked("/rdline/objects,many,4294967296");
	assert_int_equal(json_array_size(json_object_get(d, "objects")), 0);
	expect_number(asked("/rdline/objects,many,99999999999999999999999"), "next", 0);
	/* Only digits behind the last comma are a cursor; a comma of the name is encoded then. */
	expect_number(asked("/rdline/objects,many,5"), "objects_total", 600);
	expect_number(asked("/rdline/objects,many%2c5"), "objects_total", 1);
	expect_number(asked("/rdline/objects,many,5,0"), "objects_total", 1);
	expect_json(asked("/rdline/objects,many,x"), "{}");
}

/* A string holds 127 octets; what is longer comes in parts, no escape torn. */
static void long_names(void **state)
{
	char name[128], command[600];
	json_t *d, *parts;

	memset(name, 'n', sizeof(name));
	name[127] = '\0';
	registered(name, 1);
	strcpy(name + 126, "\xe9");
	registered(name, 1);
	gateway_cores_run();
	snprintf(command, sizeof(command), "/rdline/registration,%.126sn", name);
	d = asked(command);
	expect_text(d, "endpoint", strchr(command, ',') + 1);
	assert_null(json_object_get(d, "endpoint_parts"));
	snprintf(command, sizeof(command), "/rdline/registration,%.126s%%e9", name);
	d = asked(command);
	/* Encoded it has 129. */
	snprintf(command, sizeof(command), "%.126s", name);
	expect_text(d, "endpoint", command);
	parts = json_object_get(d, "endpoint_parts");
	assert_int_equal(json_array_size(parts), 2);
	assert_string_equal(json_string_value(json_array_get(parts, 0)), command);
	assert_string_equal(json_string_value(json_array_get(parts, 1)), "%E9");
	d = asked("/rdline/registrations");
	while (json_integer_value(json_object_get(d, "next")) != 0 &&
		json_object_get(d, "endpoint_parts") == NULL) {
		snprintf(command, sizeof(command), "/rdline/registrations,%lld",
			(long long)json_integer_value(json_object_get(d, "next")));
		d = asked(command);
	}
	parts = json_object_get(json_object_get(d, "endpoint_parts"), "0");
	assert_int_equal(json_array_size(parts), 2);
	assert_string_equal(json_string_value(json_array_get(parts, 1)), "%E9");
}

#define NAMES 700

static void pages(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	bool seen[NAMES] = { false };
	unsigned total = 0, replies = 0;
	long long cursor = 0;
	char text[64];

	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "n-%u", i);
		gateway_register(text, 600, list);
	}
	free(list);
	gateway_cores_run();
	do {
		snprintf(text, sizeof(text), "/rdline/registrations,%lld", cursor);
		json_t *d = asked(text), *endpoints = json_object_get(d, "endpoints");
		size_t n = json_array_size(endpoints);

		/* None is empty: slots are walked until there is one. */
		assert_in_range(n, 1, 256);
		for (size_t i = 0; i < n; i++) {
			const char *name = json_string_value(json_array_get(endpoints, i));
			unsigned number;

			assert_int_equal(sscanf(name, "n-%u", &number), 1);
			assert_in_range(number, 0, NAMES - 1);
			assert_false(seen[number]);
			seen[number] = true;
			total++;
		}
		cursor = json_integer_value(json_object_get(d, "next"));
		replies++;
	} while (cursor != 0 && replies < 100);
	assert_int_equal(total, NAMES);
	/* One that nobody was given, and an empty gateway: an empty end. */
	expect_json(asked("/rdline/registrations,18446744073709551615"),
		"{\"endpoints\":[],\"next\":0}");
}

/* Slots without a name, of one owner and the next, are walked in one reply. */
static void the_first_page_is_not_empty(void **state)
{
	struct rdl_endpoint_digest digest;
	char name[] = "a";

	/* The last shard's. */
	for (;; name[0]++) {
		rdl_siphash128(&gateway_endpoint_key, (uint8_t *)name, 1, digest.word);
		if (rdl_endpoint_partition(digest) % SHARDS == SHARDS - 1)
			break;
	}
	registered(name, 1);
	gateway_cores_run();
	json_t *d = asked("/rdline/registrations");
	assert_int_equal(json_array_size(json_object_get(d, "endpoints")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TELEMETRY_TEST(one),
		TELEMETRY_TEST(identities),
		TELEMETRY_TEST(none),
		TELEMETRY_TEST(no_answer),
		TELEMETRY_TEST(objects),
		TELEMETRY_TEST(long_names),
		TELEMETRY_TEST(pages),
		TELEMETRY_TEST(the_first_page_is_not_empty),
	};

	return RUN_TELEMETRY_TESTS(tests);
}
