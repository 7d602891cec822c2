/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events as JSON, to the letter, and as another reader of JSON sees them;
 * what an Update changed.
 */
#include "fixture.h"

#include <jansson.h>

#include "identities_made.h"

static char text[RDL_EVENT_TEXT_MAX];
static struct rdl_event_facts facts = { .major = 1 };

static const char *text_of(const struct rdl_event *event)
{
	struct rdl_cursor out = rdl_cursor(text, sizeof(text) - 1);

	rdl_event_text(&out, event, &facts);
	assert_false(out.failed);
	*out.pos = '\0';
	return text;
}

static json_t *parse(const struct rdl_event *event)
{
	json_error_t error;
	json_t *json = json_loads(text_of(event), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

	if (json == NULL)
		fail_msg("%s in %s", error.text, text);
	return json;
}

static const char *id_of(const struct made *made)
{
	static char id[RDL_LOCATION_LEN + 1];

	rdl_location_encode(&facts.location_key, &made->registration.location, (uint8_t *)id);
	return id;
}

static void test_letters(void **state)
{
	struct made *made = make(24, 200, 3);
	struct rdl_event event = event_of(RDL_EVENT_updated, made);
	char want[1024];

	make_parameter(made, "x=\"");
	made->registration.registered_ms = 1699999990000;
	made->registration.deadline_ms = 1700000020030;
	event.registration = made->registration;
	event.time_ms = 1700000000031;
	event.old.peer = (struct rdl_peer){ .address = { [15] = 1 }, .port = 9 };
	event.seq = 18446744073709551615u;
	event.changed = 1 << RDL_MEMBER_lifetime | 1 << RDL_MEMBER_address;
	snprintf(want, sizeof(want),
		"{\"event\":\"updated\",\"partition\":200,\"seq\":18446744073709551615,"
		"\"time\":1700000000.031,\"changed\":[\"lifetime\",\"address\"],"
		"\"old\":{\"address\":\"::1\",\"port\":9},"
		"\"endpoint\":\"%25u\",\"location\":\"/rd/%s\",\"address\":\"192.0.2.24\","
		"\"port\":24,\"security\":\"none\",\"version\":\"1.1\",\"lifetime\":24,\"binding\":"
		"\"U\",\"queue\":false,"
		"\"parameters\":[\"x=\\\"\"],\"sms\":\"123\",\"root\":\"/root\","
		"\"objects\":[\"24/0\",\"24/7\",\"25/0\"],"
		"\"object_versions\":{\"24\":\"1.3\",\"25\":\"1.0\"},\"objects_total\":3,"
		"\"content_formats\":[112],\"expires_in\":19,\"registered_at\":1699999990,"
		"\"updated_at\":1700000000.031}\n",
		24u, id_of(made));
	assert_string_equal(text_of(&event), want);
	free(made);
}

static void test_kinds(void **state)
{
	static const char *const names[] = { "registered", "updated", "replaced", "de-registered",
		"expired", "removed", "registration" };
	struct made *made = make(10, 0, 0);

	for (unsigned kind = 0; kind <= RDL_EVENT_row; kind++) {
		struct rdl_event event = event_of((enum rdl_event_kind)kind, made);
		json_t *json = parse(&event);

		assert_string_equal(json_string_value(json_object_get(json, "event")), names[kind]);
		assert_string_equal(rdl_event_kind_text(event.kind), names[kind]);
		assert_int_equal(
			json_object_get(json, "changed") != NULL, kind == RDL_EVENT_updated);
		assert_string_equal(json_string_value(json_object_get(json, "root")), "/");
		assert_string_equal(json_string_value(json_object_get(json, "sms")), "");
		assert_int_equal(json_array_size(json_object_get(json, "objects")), 0);
		assert_null(json_object_get(json, "parameters"));
		assert_null(json_object_get(json, "identity"));
		json_decref(json);
	}
	free(made);
}

/* Who made it: in every event, also of a registration that has ended. */
static void test_identity(void **state)
{
	static const uint8_t octets[] = { 'i', 0xff, 'd' };
	struct rdl_identities *identities = identities_made(4);
	struct made *made = make(10, 0, 0);

	facts.identities = identities;
	made->registration.identity = identity_made(
		identities, RDL_IDENTITY_PSK, (struct rdl_span){ octets, sizeof(octets) });
	for (unsigned kind = 0; kind <= RDL_EVENT_row; kind++) {
		struct rdl_event event = event_of((enum rdl_event_kind)kind, made);
		json_t *json = parse(&event);

		assert_string_equal(json_string_value(json_object_get(json, "security")), "psk");
		assert_string_equal(json_string_value(json_object_get(json, "identity")),
			"i\xef\xbf\xbd"
			"d");
		json_decref(json);
	}
	facts.identities = NULL;
	free(made);
	free(identities);
}

/*
 * What happens is told as when it happened, to the millisecond;
 * what happened before to the second.
 */
static void test_times(void **state)
{
	struct made *made = make(10, 0, 0);

	made->registration.registered_ms = 1700000001000;
	made->registration.updated_ms = 1700000002000;
	made->registration.deadline_ms = 1700000009700;
	for (unsigned kind = 0; kind <= RDL_EVENT_row; kind++) {
		struct rdl_event event = event_of((enum rdl_event_kind)kind, made);
		bool begins = kind == RDL_EVENT_registered || kind == RDL_EVENT_replaced;
		bool updates = begins || kind == RDL_EVENT_updated;

		event.time_ms = 1700000003007;
		json_decref(parse(&event));
		assert_non_null(strstr(text, "\"time\":1700000003.007,"));
		assert_non_null(strstr(text, begins ? "\"registered_at\":1700000003.007,"
						    : "\"registered_at\":1700000001,"));
		assert_non_null(strstr(text,
			updates ? "\"updated_at\":1700000003.007}" : "\"updated_at\":1700000002}"));
		assert_non_null(strstr(text, "\"expires_in\":6,"));
		event.time_ms = kind % 2 == 0 ? 1700000009700 : 1800000000000;
		assert_non_null(strstr(text_of(&event), "\"expires_in\":0,"));
	}
	free(made);
}

/* Where it was registered before, and from where, of those that have a before. */
static void test_old(void **state)
{
	struct made *made = make(10, 0, 0), *before = make(11, 3, 0);

	for (unsigned kind = 0; kind <= RDL_EVENT_row; kind++) {
		struct rdl_event event = event_of((enum rdl_event_kind)kind, made);
		char want[128] = "";

		event.old.location = before->registration.location;
		event.old.peer = before->registration.peer;
		for (unsigned moved = 0; moved < 2; moved++) {
			event.changed = moved != 0 ? 1 << RDL_MEMBER_address : 0;
			want[0] = '\0';
			if (kind == RDL_EVENT_replaced)
				snprintf(want, sizeof(want),
					",\"old\":{\"location\":\"/rd/%s\",\"address\":"
					"\"192.0.2.11\",\"port\":11},\"endpoint\":",
					id_of(before));
			else if (kind == RDL_EVENT_updated && moved != 0)
				strcpy(want, ",\"old\":{\"address\":\"192.0.2.11\",\"port\":11},");
			if (want[0] != '\0')
				assert_non_null(strstr(text_of(&event), want));
			else
				assert_null(strstr(text_of(&event), "\"old\""));
		}
	}
	free(made);
	free(before);
}

static void test_attributes(void **state)
{
	static const char payload[] =
		"</>;rt=\"oma.lwm2m\";hb,</3>;ver=1.1;d=\"\\\"\xc3\xa4\xff\",</3/0>,</5/0>;obs;m=1";
	static uint64_t memory[64];
	struct made *made = make(24, 0, 0);
	struct rdl_event event = event_of(RDL_EVENT_row, made);
	struct rdl_object_reader reader;
	struct rdl_span span = span_of(payload), none = { NULL, 0 };

	assert_int_equal(rdl_object_read(&reader, span, none, 99, memory, sizeof(memory)), RDL_OK);
	rdl_object_sort(&reader);
	assert_int_equal(rdl_object_seal(&reader), RDL_OK);
	event.registration.objects = reader.list;
	json_decref(parse(&event));
	assert_null(strstr(text, "object_attributes"));
	assert_int_equal(rdl_object_keep_attributes(reader.list, sizeof(memory), span), 0);
	json_t *json = parse(&event), *got = json_object_get(json, "object_attributes");
	assert_int_equal(json_object_size(got), 3);
	assert_string_equal(json_string_value(json_object_get(got, "/")), "hb");
	assert_string_equal(
		json_string_value(json_object_get(got, "3")), "d=\"\\\"\xc3\xa4\xef\xbf\xbd\"");
	assert_string_equal(json_string_value(json_object_get(got, "5/0")), "obs;m=1");
	json_decref(json);
	free(made);
}

/* Whatever a device put into its texts. */
static void test_hostile(void **state)
{
	uint64_t random = 1;
	struct made *made = make(24, 0, 2);
	struct rdl_registration *r = &made->registration;
	uint8_t *root = made->behind + 2 * sizeof(rdl_object_link) +
			sizeof(struct rdl_object_version) + sizeof(uint16_t);

	for (unsigned round = 0; round < 20000; round++) {
		r->parameters.len = 0;
		for (unsigned i = 0; i < 3; i++) {
			uint8_t *at = made->parameters + r->parameters.len;
			size_t len = test_random(&random) % 64;

			*at = (uint8_t)len;
			for (size_t k = 1; k <= len; k++)
				at[k] = (uint8_t)test_random(&random);
			r->parameters.len += len + 1;
		}
		for (size_t i = 0; i < r->endpoint.len; i++)
			made->endpoint[i] = (char)test_random(&random);
		for (size_t i = 0; i < made->list.root_len; i++)
			root[i] = (uint8_t)test_random(&random);
		struct rdl_event event = event_of(RDL_EVENT_row, made);
		json_t *json = parse(&event);

		assert_int_equal(strcspn(text, "\n"), strlen(text) - 1);
		assert_int_equal(json_array_size(json_object_get(json, "parameters")), 3);
		assert_string_equal(
			json_string_value(json_object_get(json, "location")) + 4, id_of(made));
		json_decref(json);
	}
	free(made);
}

/* The longest text there is fits; one that does not is cut, and says so. */
static void test_length(void **state)
{
	struct made *made = make(1, 0, 0);
	struct rdl_event event;
	struct rdl_cursor out;

	made->list.root_len = UINT16_MAX;
	memset(made->behind, 1, made->list.root_len + 64u);
	made->list.version_count = made->list.format_count = 0;
	event = event_of(RDL_EVENT_row, made);
	assert_true(strlen(text_of(&event)) > 6 * UINT16_MAX);
	for (size_t room = 0; room < 1000; room++) {
		uint8_t *octets = guard_alloc(room);

		out = rdl_cursor(octets, room);
		rdl_event_text(&out, &event, &facts);
		assert_true(out.failed);
		guard_free(octets, room);
	}
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_old),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_length),
	};
	rdl_speck_expand(&facts.location_key, &(struct rdl_key){ 1, 2 });
	return RUN_TESTS(tests);
}
