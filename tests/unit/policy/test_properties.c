/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What holds for every request:
 * for those of real clients, for lists in any order, for hostile ones.
 */
#include "fixture.h"

#include "captures.h"

static const struct rdl_policy_version versions[] = { { 1, 0 }, { 1, 1 } };
static const struct rdl_policy_object supported[] = {
	{ .id = 0, .any_version = true, .multiple = true },
	{ .id = 1, .multiple = true, .version_count = 2, .versions = versions },
	{ .id = 3, .version_count = 2, .versions = versions },
	{ .id = 5, .any_version = true },
	{ .id = 7, .multiple = true, .version_count = 1, .versions = versions },
};

static struct rdl_policy_config with_list(void)
{
	struct rdl_policy_config config = defaults();

	config.all_objects = false;
	config.objects = supported;
	config.object_count = RDL_ARRAY_LEN(supported);
	return config;
}

static void test_captures(void **state)
{
	static const char *const expected[][2] = {
		{ "wakaama_11_register", "1.1 ep=wk-test-1 lt=300 b=U | 1/0 2/0 3/0 4/0 5/0 6/0 "
					 "7/0 31024/10 31024/11 "
					 "31024/12 | 1=1.1 31024=1.0 | ct 110" },
		{ "wakaama_10_register",
			"1.0 ep=wk10 lt=300 b=U | 1/0 2/0 3/0 4/0 5/0 6/0 7/0 31024/10 31024/11 "
			"31024/12 | 31024=1.0 | ct 11543" },
		{ "leshan_register", "1.1 ep=mx-leshan lt=300 b=U | 1/0 3/0 | 3=1.2 | ct 60 110 "
				     "112 11542 11543" },
		{ "leshan_queue_register",
			"1.1 ep=mx-leshanq lt=300 b=U Q | 1/0 3/0 | 3=1.2 | ct 60 110 112 11542 "
			"11543" },
		{ "lightclient_register",
			"1.1 ep=wklight lt=300 b=U | 1/0 3/0 31024/10 31024/11 31024/12 | ct 112" },
		{ "anjay_lifetime_0_register",
			"1.1 ep=anjay-lt0 lt=2147483647 b=U | 1/1 2 3/0 4/0 5/0 6/0 7/0 10/0 11 16 "
			"19 "
			"20/0 3303/0 3313/0 3347/0 33605 33606/0 33607/0 33608 33609/0 | 10=1.1" },
	};
	static struct message m;
	struct rdl_policy_config config = defaults();
	size_t judged = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		m.len = unhex(captures[i].hex, m.octets, sizeof(m.octets));
		for (size_t k = 0; k < RDL_ARRAY_LEN(expected); k++) {
			if (strcmp(captures[i].name, expected[k][0]) != 0)
				continue;
			assert_string_equal(judge(&config, &m, NULL), expected[k][1]);
			judged++;
		}
		/* Nobody is refused but who comes with 1.2, and then with 1.1. */
		if (captures[i].is_request && m.octets[1] == RDL_COAP_POST &&
			strstr(captures[i].text, "Block1") == NULL &&
			strstr(captures[i].text, "Uri-Query=ep=") != NULL &&
			strstr(captures[i].text, "x=1") == NULL)
			assert_memory_equal(judge(&config, &m, NULL),
				strstr(captures[i].text, "lwm2m=1.2") != NULL ? "version" : "1.",
				2);
	}
	assert_int_equal(judged, RDL_ARRAY_LEN(expected));
}

static const char *const links[] = { "</0>", "</0/0>", "<0/1>", "</0>;ver=1.0", "</00/0>",
	"</0/0/1>", "</0/>", "</1>", "</1/0>", "</1/1>", "</1>;ver=1.1", "</1>;ver=9.9", "</3>",
	"</3/0>", "</3/1>", "</3/0/1>", "</3>;ver=1.0", "</5>", "</5/0>", "</5/3>", "</5>;ver=x",
	"</7/0>", "</7/1>", "</7>;ver=1.0", "</7>;ver=1.1", "</9>", "</9/9>", "</21>", "</21/0>",
	"</23>", "</x>", "</65535>", "</l/1>", "</l/0/0>", "</l/0>", "</l/3/0>", "</l/7/7>" };
static const char *const roots[] = { "</>;rt=oma.lwm2m;ct=110", "</l>;rt=oma.lwm2m", NULL, NULL };

static void append(char *payload, const char *link)
{
	if (*payload != '\0')
		strcat(payload, ",");
	strcat(payload, link);
}

/* Random links in several orders; the verdict is one. Object 0 is in none. */
static void test_order_of_links(void **state)
{
	static struct message m;
	struct rdl_policy_config configs[] = { defaults(), with_list(), with_list(), with_list() };
	struct rdl_policy *policies[RDL_ARRAY_LEN(configs)];
	uint64_t seed = 1;
	size_t accepted = 0;

	configs[1].mandatory_objects_refuse = false;
	configs[3].security_object_refuse = true;
	for (size_t i = 0; i < RDL_ARRAY_LEN(configs); i++)
		policies[i] = rdl_policy_create(&configs[i]);
	for (size_t round = 0; round < 2000; round++) {
		const char *chosen[16];
		size_t count = 0;
		char first[1024] = "";
		struct rdl_policy *policy = policies[round % RDL_ARRAY_LEN(policies)];
		const char *root = roots[test_random(&seed) % RDL_ARRAY_LEN(roots)];

		if (root != NULL)
			chosen[count++] = root;
		chosen[count++] = root == roots[1] ? "</l/1/0>" : "</1/0>";
		chosen[count++] = root == roots[1] ? "</l/3/0>" : "</3/0>";
		for (size_t n = test_random(&seed) % 12; n > 0; n--)
			chosen[count++] = links[test_random(&seed) % RDL_ARRAY_LEN(links)];
		for (size_t order = 0; order < 4; order++) {
			char payload[512] = "";

			for (size_t i = count; i-- > 0;) {
				size_t k = test_random(&seed) % (i + 1);
				const char *link = chosen[k];

				chosen[k] = chosen[i];
				chosen[i] = link;
				append(payload, link);
			}
			message_post(&m, "rd", 40, "ep=a lwm2m=1.1", payload, strlen(payload));
			const char *words = judge_under(policy, &m, NULL);
			if (order == 0)
				snprintf(first, sizeof(first), "%s", words);
			assert_string_equal(words, first);
		}
		const char *list = strstr(first, " | ");
		if (list == NULL)
			continue;
		accepted++;
		assert_true(strncmp(list, " | 0 ", 5) != 0 && strncmp(list, " | 0/", 5) != 0);
	}
	assert_in_range(accepted, 1000, 1950);
	for (size_t i = 0; i < RDL_ARRAY_LEN(policies); i++)
		rdl_policy_destroy(policies[i]);
}

/* Some verdict, from octets in bounds and in the memory that is promised. */
static void judge_hostile(const struct rdl_policy *policy, const uint8_t *octets, size_t len)
{
	for (unsigned kind = 0; kind < 3; kind++) {
		struct rdl_location location = { .version_class = 1, .rooted = kind == 2 };
		static struct rdl_input input;
		struct rdl_request request = { .location = location };
		struct rdl_ignored_counts ignored = { { 0 } };
		static struct object_words words;
		uint8_t *copy = guard_copy(octets, len);
		struct memory scratch = memory_begin(2 * len + 64);
		struct rdl_cursor left = rdl_cursor(scratch.data, scratch.len);

		if (rdl_coap_parse((struct rdl_span){ copy, len }, &input.message) ==
				RDL_COAP_MESSAGE &&
			rdl_input_read(&input) == RDL_OK) {
			if (kind == 0)
				rdl_policy_register(
					policy, NULL, &input, &left, &request, &ignored);
			else
				rdl_policy_update(policy, NULL, &input, &left, &request, &ignored);
			assert_in_range(request.reason, 0, RDL_REASON_COUNT - 1);
			if (request.reason == RDL_REASON_NONE &&
				(request.gives & RDL_GIVES_OBJECTS) != 0) {
				describe_objects(request.list.objects, &words);
				assert_true(strncmp(words.at, "0/", 2) != 0 &&
					    strncmp(words.at, "0 ", 2) != 0 &&
					    strcmp(words.at, "0") != 0);
			}
		}
		memory_end(&scratch);
		guard_free(copy, len);
	}
}

static void test_hostile(void **state)
{
	static const char *const extra[] = { "x", "foo" };
	uint8_t octets[1024];
	struct rdl_policy_config config = with_list();

	config.extra = extra;
	config.extra_count = RDL_ARRAY_LEN(extra);
	config.mandatory_objects_refuse = false;
	config.text_plain = true;
	struct rdl_policy *policy = rdl_policy_create(&config);
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		size_t len = unhex(captures[i].hex, octets, sizeof(octets));

		for (size_t cut = 0; cut < len; cut++)
			judge_hostile(policy, octets, cut);
		for (size_t bit = 0; bit < len * 8; bit++) {
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
			judge_hostile(policy, octets, len);
			octets[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	rdl_policy_destroy(policy);
}

/* Options and payloads put together at random from what means something. */
static void test_random_requests(void **state)
{
	static const char *const queries[] = { "ep=a", "ep=", "lt=60", "lt=0", "lt=x", "b=U",
		"b=UQ", "lwm2m=1.0", "lwm2m=1.1", "lwm2m=1.2", "Q", "sms=1", "sms", "x=1", "x",
		"foo=", "" };
	static const char *const extra[] = { "x", "foo" };
	static const int formats[] = { -1, 0, 40 };
	static struct message m;
	struct rdl_policy_config config = with_list();
	uint64_t seed = 1;

	config.extra = extra;
	config.extra_count = RDL_ARRAY_LEN(extra);
	struct rdl_policy *policy = rdl_policy_create(&config);
	for (size_t round = 0; round < 10000; round++) {
		char text[256] = "ep=a", payload[512] = "";

		for (size_t n = test_random(&seed) % 6; n > 0; n--) {
			strcat(text, " ");
			strcat(text, queries[test_random(&seed) % RDL_ARRAY_LEN(queries)]);
		}
		for (size_t n = test_random(&seed) % 12; n > 0; n--)
			append(payload, links[test_random(&seed) % RDL_ARRAY_LEN(links)]);
		message_post(&m, "rd", formats[test_random(&seed) % RDL_ARRAY_LEN(formats)], text,
			payload, strlen(payload));
		judge_hostile(policy, m.octets, m.len);
	}
	rdl_policy_destroy(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_captures),
		cmocka_unit_test(test_order_of_links),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_random_requests),
	};

	return RUN_TESTS(tests);
}
