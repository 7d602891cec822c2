/* SPDX-License-Identifier: BSD-3-Clause */
/* The enabler version, and the parameters that are judged by it. */
#include "fixture.h"

static void expect_for(unsigned minor, const char *const cases[][2], size_t count)
{
	struct rdl_policy_config config = defaults();

	config.version.minor = (uint16_t)minor;
	for (size_t i = 0; i < count; i++)
		expect_parameters(&config, cases[i][0], cases[i][1]);
}

/* Wrong whatever the server's version. */
static void test_never(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a lwm2m=2.0", "version" },
		{ "ep=a lwm2m=0.9", "version" },
		{ "ep=a lwm2m=0.0", "version" },
		{ "ep=a lwm2m=10.0", "version" },
		{ "ep=a lwm2m=11.1", "version" },
		{ "ep=a lwm2m=1.3", "version" },
		{ "ep=a lwm2m=1.10", "version" },
		{ "ep=a lwm2m=1.100", "version" },
		/* Nothing wraps back to 1.0. */
		{ "ep=a lwm2m=257.0", "version" },
		{ "ep=a lwm2m=65537.0", "version" },
		{ "ep=a lwm2m=4294967297.0", "version" },
		{ "ep=a lwm2m=18446744073709551617.0", "version" },
		{ "ep=a lwm2m=1.256", "version" },
		{ "ep=a lwm2m=1.65536", "version" },
		{ "ep=a lwm2m=1.4294967296", "version" },
		{ "ep=a lwm2m=1.18446744073709551616", "version" },
		{ "ep=a lwm2m", "version_syntax" },
		{ "ep=a lwm2m=", "version_syntax" },
		{ "ep=a lwm2m=1", "version_syntax" },
		{ "ep=a lwm2m=1.", "version_syntax" },
		{ "ep=a lwm2m=.1", "version_syntax" },
		{ "ep=a lwm2m=1.0.2", "version_syntax" },
		{ "ep=a lwm2m=\"1.0\"", "version_syntax" },
		{ "ep=a lwm2m=abc", "version_syntax" },
		{ "ep=a lwm2m=-1.0", "version_syntax" },
		{ "ep=a lwm2m=1,0", "version_syntax" },
		{ "ep=a lwm2m=2", "version_syntax" },
	};

	for (unsigned minor = 0; minor <= 2; minor++)
		expect_for(minor, cases, RDL_ARRAY_LEN(cases));
}

static void test_served(void **state)
{
	static const char *const clients[] = { "", " lwm2m=1.0", " lwm2m=1.1", " lwm2m=1.2" };

	for (unsigned server = 0; server <= 2; server++)
		for (unsigned i = 0; i < RDL_ARRAY_LEN(clients); i++) {
			unsigned client = i > 0 ? i - 1 : 0;
			char queries[32], words[64];

			snprintf(queries, sizeof(queries), "ep=a%s", clients[i]);
			snprintf(words, sizeof(words), "1.%u ep=a lt=86400 b=U", client);
			const char *const one[][2] = { { queries,
				client <= server ? words : "version" } };
			expect_for(server, one, 1);
		}
}

static void test_numbers(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a lwm2m=1.9", "1.9 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=1.10", "1.10 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=1.11", "version" },
		{ "ep=a lwm2m=1.2", "1.2 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=01.02", "1.2 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=1.100", "version" },
	};
	static const char *const highest[][2] = {
		{ "ep=a lwm2m=1.127", "1.127 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=1.128", "version" },
		{ "ep=a lwm2m=1.383", "version" },
	};

	expect_for(10, cases, RDL_ARRAY_LEN(cases));
	expect_for(127, highest, RDL_ARRAY_LEN(highest));
}

static void test_binding_1_0(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a b=U", "1.0 ep=a lt=86400 b=U" },
		{ "ep=a b=UQ", "1.0 ep=a lt=86400 b=UQ" },
		{ "ep=a b=S", "1.0 ep=a lt=86400 b=S" },
		{ "ep=a b=SQ", "1.0 ep=a lt=86400 b=SQ" },
		{ "ep=a b=US lwm2m=1.0", "1.0 ep=a lt=86400 b=US" },
		{ "ep=a b=UQS lwm2m=1.0", "1.0 ep=a lt=86400 b=UQS" },
		{ "ep=a b=UQSQ", "binding" },
		{ "ep=a b=USQ", "binding" },
		{ "ep=a b=SU", "binding" },
		{ "ep=a b=QU", "binding" },
		{ "ep=a b=Q", "binding" },
		{ "ep=a b=UU", "binding" },
		{ "ep=a b=u", "binding" },
		{ "ep=a b=X", "binding" },
		{ "ep=a b=T", "binding" },
		{ "ep=a b=UT", "binding" },
		{ "ep=a b=N", "binding" },
		{ "ep=a b=M", "binding" },
		{ "ep=a b", "binding" },
		{ "ep=a b=", "binding" },
		{ "ep=a Q", "queue" },
		{ "ep=a lwm2m=1.0 Q", "queue" },
		{ "ep=a Q=", "queue" },
		{ "ep=a Q=1 lwm2m=1.0", "queue" },
	};

	for (unsigned minor = 0; minor <= 2; minor++)
		expect_for(minor, cases, RDL_ARRAY_LEN(cases));
}

static void test_binding_1_1(void **state)
{
	static const char *const cases[][2] = {
		{ "ep=a lwm2m=1.1", "1.1 ep=a lt=86400 b=U" },
		{ "ep=a lwm2m=1.1 b=UT", "1.1 ep=a lt=86400 b=UT" },
		{ "ep=a lwm2m=1.1 b=NSTU", "1.1 ep=a lt=86400 b=NSTU" },
		{ "ep=a lwm2m=1.1 b=SU Q", "1.1 ep=a lt=86400 b=SU Q" },
		{ "Q ep=a lwm2m=1.1", "1.1 ep=a lt=86400 b=U Q" },
		/* Of 1.0's spellings, those three. */
		{ "ep=a lwm2m=1.1 b=UQ", "1.1 ep=a lt=86400 b=UQ" },
		{ "ep=a lwm2m=1.1 b=SQ", "1.1 ep=a lt=86400 b=SQ" },
		{ "ep=a lwm2m=1.1 b=UQS Q", "1.1 ep=a lt=86400 b=UQS Q" },
		{ "ep=a lwm2m=1.1 b=Q", "binding" },
		{ "ep=a lwm2m=1.1 b=QU", "binding" },
		{ "ep=a lwm2m=1.1 b=USQ", "binding" },
		{ "ep=a lwm2m=1.1 b=SUQ", "binding" },
		{ "ep=a lwm2m=1.1 b=UTQ", "binding" },
		{ "ep=a lwm2m=1.1 b=UQT", "binding" },
		{ "ep=a lwm2m=1.1 b=UQSQ", "binding" },
		{ "ep=a lwm2m=1.1 b=uq", "binding" },
		{ "ep=a lwm2m=1.1 b=UU", "binding" },
		{ "ep=a lwm2m=1.1 b=", "binding" },
		{ "ep=a lwm2m=1.1 b", "binding" },
		{ "ep=a lwm2m=1.1 b=ut", "binding" },
		{ "ep=a lwm2m=1.1 b=UX", "binding" },
		{ "ep=a lwm2m=1.1 Q=", "queue" },
		{ "ep=a lwm2m=1.1 Q=1", "queue" },
		{ "ep=a lwm2m=1.1 Q=Q", "queue" },
	};

	for (unsigned minor = 1; minor <= 2; minor++)
		expect_for(minor, cases, RDL_ARRAY_LEN(cases));
}

/* MQTT and HTTP came with 1.2. */
static void test_binding_1_2(void **state)
{
	static const char *const before[][2] = {
		{ "ep=a lwm2m=1.1 b=M", "binding" },
		{ "ep=a lwm2m=1.1 b=UH", "binding" },
	};
	static const char *const since[][2] = {
		{ "ep=a lwm2m=1.2 b=M", "1.2 ep=a lt=86400 b=M" },
		{ "ep=a lwm2m=1.2 b=UH Q", "1.2 ep=a lt=86400 b=UH Q" },
		{ "ep=a lwm2m=1.2 b=NSTHMU", "1.2 ep=a lt=86400 b=NSTHMU" },
		{ "ep=a lwm2m=1.1 b=M", "1.1 ep=a lt=86400 b=M" },
		{ "ep=a lwm2m=1.2 b=MM", "binding" },
		{ "ep=a lwm2m=1.2 b=MQ", "binding" },
		{ "ep=a b=M", "binding" },
	};

	expect_for(1, before, RDL_ARRAY_LEN(before));
	expect_for(2, since, RDL_ARRAY_LEN(since));
}

/* A newer client may use all that we do not know; only 4.12 makes it fall back. */
static void test_version_first(void **state)
{
	static const char *const queries[] = { "lwm2m=1.2", "ep= lwm2m=1.2", "ep=a lwm2m=1.2 pid=1",
		"ep=a ep=b lwm2m=1.2", "ep=a lt=x lwm2m=1.2", "ep=a lwm2m=1.2 b=M", "lwm2m=1.2 Q=1",
		"ep=\xff lwm2m=2.0", "ep=denied lwm2m=1.2", "ep=unknown lwm2m=1.2",
		"lwm2m=1.2 lwm2m=1.0", "lwm2m=1.2 a c d e f g h i j k", "ep=a sms lwm2m=1.2" };
	static const char *const payloads[] = { "", "<", REQUIRED, "</1>", "</0>," REQUIRED };
	static const int formats[] = { -1, 0, 40, 60 };
	static const char *const deny[] = { "denied" }, *const known[] = { "a", "denied" };
	static struct message m;
	struct rdl_policy_config config = defaults();

	config.deny = deny;
	config.deny_count = 1;
	config.known_only = true;
	config.known = known;
	config.known_count = 2;
	config.security_object_refuse = true;
	for (size_t q = 0; q < RDL_ARRAY_LEN(queries); q++)
		for (size_t p = 0; p < RDL_ARRAY_LEN(payloads); p++)
			for (size_t f = 0; f < RDL_ARRAY_LEN(formats); f++) {
				message_post(&m, "rd", formats[f], queries[q], payloads[p],
					strlen(payloads[p]));
				assert_string_equal(judge(&config, &m, NULL), "version");
			}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_served),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_binding_1_0),
		cmocka_unit_test(test_binding_1_1),
		cmocka_unit_test(test_binding_1_2),
		cmocka_unit_test(test_version_first),
	};

	return RUN_TESTS(tests);
}
