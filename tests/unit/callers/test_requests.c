/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's line becomes, and what is refused before any shard hears of it. */
#include "fixture.h"

static void assert_octets(struct rdl_span octets, const char *hex)
{
	uint8_t expected[256];
	size_t len = unhex(hex, expected, sizeof(expected));

	assert_int_equal(octets.len, len);
	if (len > 0)
		assert_memory_equal(octets.data, expected, len);
}

static void every_member(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);

	says(client, "{\"id\":\"a\\u00e4\",\"endpoint\":\"urn:dev:1\",\"method\":\"FETCH\","
		     "\"path\":\"/\",\"query\":[\"pmin=1\",\"x\"],\"content_format\":110,"
		     "\"accept\":112,\"observe\":true,\"payload\":\"W3sibiI6Ii8zIn1d\","
		     "\"timeout_s\":1.5,\"expires_in_s\":60}");
	struct rdl_order *order = given();
	assert_non_null(order);
	assert_int_equal(order->kind, RDL_ORDER);
	assert_int_equal(order->method, RDL_COAP_FETCH);
	assert_int_equal(order->observe, RDL_ORDER_OBSERVE);
	assert_false(order->trigger);
	assert_int_equal(order->endpoint_len, 9);
	assert_memory_equal(order->endpoint, "urn:dev:1", 9);
	assert_int_equal(order->id_len, 3);
	assert_memory_equal(order->id, "a\xc3\xa4", 3);
	assert_int_equal(order->content_format, 110);
	assert_int_equal(order->accept, 112);
	assert_int_equal(order->timeout_ms, 1500);
	assert_int_equal(order->expires_ms, 60000);
	assert_octets(order->path, "");
	assert_octets(order->query, "06 706d696e3d31 01 78");
	assert_int_equal(order->payload.len, 12);
	assert_memory_equal(order->payload.data, "[{\"n\":\"/3\"}]", 12);
	struct rdl_endpoint_digest digest;
	rdl_siphash128(&owners.endpoint_key, "urn:dev:1", 9, digest.word);
	assert_memory_equal(&order->digest, &digest, sizeof(digest));
	assert_string_equal(told(client), "");
	assert_int_equal(callers_counts(callers)->outstanding, 1);
	assert_int_equal(callers_counts(callers)->requests, 1);
}

static void the_least(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);

	says(client, request("1", "GET", "/3/0/0", ""));
	struct rdl_order *order = given();
	assert_non_null(order);
	assert_int_equal(order->method, RDL_COAP_GET);
	assert_int_equal(order->observe, RDL_ORDER_NO_OBSERVE);
	assert_int_equal(order->content_format, RDL_FORMAT_NONE);
	assert_int_equal(order->accept, RDL_FORMAT_NONE);
	assert_int_equal(order->timeout_ms + order->expires_ms, 0);
	assert_octets(order->path, "01 33 01 30 01 30");
	assert_int_equal(order->query.len + order->payload.len, 0);
	says(client, request("2", "GET", "/3/0/0", ",\"observe\":false"));
	assert_int_equal(given()->observe, RDL_ORDER_CANCEL);
	says(client,
		request("3", "iPATCH", "/", ",\"content_format\":112,\"payload\":\"gaEAYi8z\""));
	assert_int_equal(given()->method, RDL_COAP_IPATCH);
}

/* Each endpoint's go to the shard that has it. */
static void to_its_shard(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	unsigned counts[SHARDS] = { 0 };

	for (unsigned i = 0; i < 100; i++) {
		char text[128];

		snprintf(text, sizeof(text),
			"{\"id\":\"x\",\"endpoint\":\"dev-%u\",\"method\":\"GET\",\"path\":\"/3\"}",
			i);
		says(client, text);
	}
	for (unsigned s = 0; s < SHARDS; s++) {
		struct rdl_order *order;

		while ((order = given_to(s)) != NULL) {
			assert_int_equal(shard_of(order), s);
			counts[s]++;
		}
	}
	assert_int_equal(counts[0] + counts[1], 100);
	assert_true(counts[0] > 0 && counts[1] > 0);
}

/* What has no name of its own is an error; all else is refused by it. */
static const struct {
	const char *line, *says;
} bad[] = {
	{ "", "{\"error\":\"not JSON\"}\n" },
	{ "[]", "{\"error\":\"not a request: {id, endpoint, method, path}, and of these what is "
		"wanted: query, content_format, accept, observe, payload, timeout_s, "
		"expires_in_s\"}\n" },
	{ "{\"endpoint\":\"x\"}", "{\"error\":\"id: not a string of 1 to 64 octets\"}\n" },
	{ "{\"id\":7}", "{\"error\":\"id: not a string of 1 to 64 octets\"}\n" },
	{ "{\"id\":\"\"}", "{\"error\":\"id: not a string of 1 to 64 octets\"}\n" },
	{ "{\"id\":\"1\",\"id\":\"2\"}", "{\"error\":\"a member that comes twice\"}\n" },
	{ "{\"id\":\"01234567890123456789012345678901234567890123456789012345678901234\"}",
		"{\"error\":\"id: not a string of 1 to 64 octets\"}\n" },
};

static void without_a_name(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);

	for (size_t i = 0; i < RDL_ARRAY_LEN(bad); i++) {
		says(client, bad[i].line);
		assert_string_equal(told(client), bad[i].says);
	}
	assert_null(given());
	assert_int_equal(callers_counts(callers)->requests, 0);
}

static const struct {
	const char *method, *path, *more;
	const char *code, *reason;
} refused[] = {
	{ "get", "/3", "", "4.00", "method: none of GET, POST, PUT, DELETE, FETCH, iPATCH" },
	{ "PATCH", "/3", "", "4.00", "method: none of GET, POST, PUT, DELETE, FETCH, iPATCH" },
	{ "GET", "3", "", "4.00", "path: not one such as /3/0/0" },
	{ "GET", "/3/", "", "4.00", "path: not one such as /3/0/0" },
	{ "GET", "/3", ",\"observe\":1", "4.00",
		"observe: not a boolean, or not with GET or FETCH" },
	{ "PUT", "/3", ",\"observe\":true", "4.00",
		"observe: not a boolean, or not with GET or FETCH" },
	{ "GET", "/3", ",\"query\":\"x\"", "4.00",
		"query: not an array of strings of 1 to 255 octets" },
	{ "GET", "/3", ",\"query\":[\"\"]", "4.00",
		"query: not an array of strings of 1 to 255 octets" },
	{ "GET", "/3", ",\"query\":[1]", "4.00",
		"query: not an array of strings of 1 to 255 octets" },
	{ "GET", "/3", ",\"query\":null", "4.00",
		"query: not an array of strings of 1 to 255 octets" },
	{ "GET", "/3", ",\"observe\":null", "4.00",
		"observe: not a boolean, or not with GET or FETCH" },
	{ "GET", "/3", ",\"payload\":null", "4.00",
		"payload: not base64, or longer than requests.max_payload" },
	{ "PUT", "/3", ",\"payload\":\"a\"", "4.00",
		"payload: not base64, or longer than requests.max_payload" },
	{ "GET", "/3", ",\"payload\":\"Zg==\"", "4.00", "payload: not with GET or DELETE" },
	/* The Security Object, wherever it is named. */
	{ "GET", "/0", "", "4.01", "the Security Object is nobody's to name" },
	{ "GET", "/00/0/1", "", "4.01", "the Security Object is nobody's to name" },
	{ "GET", "/%30/0/1", "", "4.01", "the Security Object is nobody's to name" },
	{ "POST", "/lwm2m/0", "", "4.01", "the Security Object is nobody's to name" },
	{ "GET", "/", "", "4.01", "the Security Object is nobody's to name" },
	{ "DELETE", "/", "", "4.01", "the Security Object is nobody's to name" },
	/* [{"n":"/0/0/1"}], and the same in CBOR. */
	{ "FETCH", "/", ",\"content_format\":110,\"payload\":\"W3sibiI6Ii8wLzAvMSJ9XQ==\"", "4.01",
		"the Security Object is nobody's to name" },
	{ "PUT", "/3/0", ",\"content_format\":110,\"payload\":\"W3sibiI6Ii8wLzAvMSJ9XQ==\"", "4.01",
		"the Security Object is nobody's to name" },
	{ "iPATCH", "/", ",\"content_format\":112,\"payload\":\"gaEAYi8w\"", "4.01",
		"the Security Object is nobody's to name" },
	/* A composite operation has to name something that can be read. */
	{ "FETCH", "/", "", "4.15", "content_format: one whose paths cannot be read" },
	{ "FETCH", "/", ",\"content_format\":110,\"payload\":\"W10=\"", "4.00",
		"payload: its paths cannot be read" },
	{ "FETCH", "/3", ",\"content_format\":110,\"payload\":\"W10=\"", "4.00",
		"payload: its paths cannot be read" },
	{ "FETCH", "/", ",\"content_format\":110,\"payload\":\"Zg==\"", "4.00",
		"payload: its paths cannot be read" },
	{ "FETCH", "/", ",\"content_format\":0,\"payload\":\"Zg==\"", "4.15",
		"content_format: one whose paths cannot be read" },
	{ "PUT", "/3", ",\"content_format\":310,\"payload\":\"Zg==\"", "4.15",
		"content_format: one whose paths cannot be read" },
};

static void refused_at_once(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	uint64_t denied = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(refused); i++) {
		char expected[512];

		snprintf(expected, sizeof(expected),
			"{\"id\":\"n\",\"state\":\"refused\",\"code\":\"%s\",\"reason\":\"%s\"}\n",
			refused[i].code, refused[i].reason);
		says(client, request("n", refused[i].method, refused[i].path, refused[i].more));
		const char *is = told(client);
		if (strcmp(is, expected) != 0)
			print_error(
				"%s %s %s\n", refused[i].method, refused[i].path, refused[i].more);
		assert_string_equal(is, expected);
		denied += strcmp(refused[i].code, "4.01") == 0;
	}
	assert_null(given());
	assert_int_equal(callers_counts(callers)->refused, RDL_ARRAY_LEN(refused));
	assert_int_equal(callers_counts(callers)->denied, denied);
	assert_int_equal(callers_counts(callers)->outstanding, 0);
}

/* No number is taken for one that was left out. */
static void no_numbers(void **state)
{
	static const struct {
		const char *member, *reason;
	} members[] = {
		{ "content_format", "content_format: not a whole number of 0 to 65534" },
		{ "accept", "accept: not a whole number of 0 to 65534" },
		{ "timeout_s", "timeout_s: not a number of 0.001 to 604800" },
		{ "expires_in_s", "expires_in_s: not a number of 0.001 to 604800" },
	};
	static const char *const values[] = { "-1", "-2", "-0.5", "1e9", "99999999999999999999",
		"\"40\"", "null", "true", "[]", "{}" };
	/* Of these two each. */
	static const char *const formats[] = { "65535", "65536", "1.5" }, *const seconds[] = { "0",
		"0.0009", "604801" };
	struct rdl_lines_client *client = connected(BUFFER);
	char more[64], expected[256];

	for (size_t m = 0; m < RDL_ARRAY_LEN(members); m++) {
		const char *const *own = m < 2 ? formats : seconds;

		snprintf(expected, sizeof(expected),
			"{\"id\":\"n\",\"state\":\"refused\",\"code\":\"4.00\",\"reason\":\"%s\"}"
			"\n",
			members[m].reason);
		for (size_t v = 0; v < RDL_ARRAY_LEN(values) + 3; v++) {
			snprintf(more, sizeof(more), ",\"%s\":%s", members[m].member,
				v < 3 ? own[v] : values[v - 3]);
			says(client, request("n", "GET", "/3", more));
			assert_string_equal(told(client), expected);
		}
	}
	assert_null(given());
	says(client, request("n", "GET", "/3", ",\"accept\":65534,\"timeout_s\":0.001"));
	struct rdl_order *order = given();
	assert_int_equal(order->accept, 65534);
	assert_int_equal(order->timeout_ms, 1);
	says(client, request("n", "GET", "/3", ",\"accept\":0,\"content_format\":4e1"));
	order = given();
	assert_int_equal(order->accept, 0);
	assert_int_equal(order->content_format, 40);
}

static void members_of_the_wrong_kind(void **state)
{
	static const struct {
		const char *line, *reason;
	} lines[] = {
		{ "{\"id\":\"n\"}", "endpoint: not a name of 1 to 252 octets" },
		{ "{\"id\":\"n\",\"endpoint\":5,\"method\":\"GET\",\"path\":\"/3\"}",
			"endpoint: not a name of 1 to 252 octets" },
		{ "{\"id\":\"n\",\"endpoint\":\"\",\"method\":\"GET\",\"path\":\"/3\"}",
			"endpoint: not a name of 1 to 252 octets" },
		{ "{\"id\":\"n\",\"endpoint\":\"d\",\"method\":7,\"path\":\"/3\"}",
			"method: none of GET, POST, PUT, DELETE, FETCH, iPATCH" },
		{ "{\"id\":\"n\",\"endpoint\":\"d\",\"method\":\"GET\"}",
			"path: not one such as /3/0/0" },
		{ "{\"id\":\"n\",\"endpoint\":\"d\",\"method\":\"GET\",\"path\":[\"3\"]}",
			"path: not one such as /3/0/0" },
		{ "{\"id\":\"n\",\"endpoint\":\"d\",\"method\":\"PUT\",\"path\":\"/3\","
		  "\"payload\":1}",
			"payload: not base64, or longer than requests.max_payload" },
		{ "{\"id\":\"n\",\"endpoint\":\"d\",\"method\":\"GET\",\"path\":\"/3\","
		  "\"timeout\":1}",
			"not a request: {id, endpoint, method, path}, and of these what is "
			"wanted: query, content_format, accept, observe, payload, timeout_s, "
			"expires_in_s" },
	};
	struct rdl_lines_client *client = connected(BUFFER);
	char expected[512];

	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++) {
		snprintf(expected, sizeof(expected),
			"{\"id\":\"n\",\"state\":\"refused\",\"code\":\"4.00\",\"reason\":\"%s\"}"
			"\n",
			lines[i].reason);
		says(client, lines[i].line);
		assert_string_equal(told(client), expected);
	}
	assert_null(given());
}

static void long_ones(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	char text[1024] = "", more[8192] = ",\"payload\":\"";

	for (unsigned i = 0; i < 300; i++)
		strcat(text, "/3");
	says(client, request("n", "GET", text, ""));
	assert_string_equal(told(client), "{\"id\":\"n\",\"state\":\"refused\",\"code\":\"4.00\","
					  "\"reason\":\"path and queries are too long for a "
					  "message\"}\n");
	/* 4096 octets are 5464 characters. */
	memset(more + strlen(more), 'A', 5468);
	strcat(more, "\"");
	says(client, request("n", "PUT", "/3", more));
	assert_string_equal(told(client), "{\"id\":\"n\",\"state\":\"refused\",\"code\":\"4.13\","
					  "\"reason\":\"payload: longer than "
					  "requests.max_payload\"}\n");
	more[12 + 5464] = '\0';
	memcpy(more + 12 + 5462, "==\"", 4);
	says(client, request("n", "PUT", "/3", more));
	assert_int_equal(given()->payload.len, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLERS_TEST(every_member),
		CALLERS_TEST(the_least),
		CALLERS_TEST(to_its_shard),
		CALLERS_TEST(without_a_name),
		CALLERS_TEST(refused_at_once),
		CALLERS_TEST(no_numbers),
		CALLERS_TEST(members_of_the_wrong_kind),
		CALLERS_TEST(long_ones),
	};

	return RUN_TESTS(tests);
}
