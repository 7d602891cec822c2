/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of why an endpoint is registered, or not; of handshakes: test_why.py. */
#include "fixture.h"

static struct rdl_stats stats[WORKERS];

static int begin_why(void **state)
{
	memset(stats, 0, sizeof(stats));
	if (begin(state) != 0)
		return -1;
	sources.rulebook = &gateway_rulebook;
	for (unsigned w = 0; w < WORKERS; w++)
		sources.stats[w] = &stats[w];
	close_console();
	open_console();
	return 0;
}

static const char *ask(const char *endpoint)
{
	char request[64];

	snprintf(request, sizeof(request), "{\"command\":\"why\",\"endpoint\":\"%s\"}", endpoint);
	return talk_ask(client, request);
}

static void assert_has(const char *reply, const char *piece)
{
	if (strstr(reply, piece) == NULL)
		fail_msg("no %s in %s", piece, reply);
}

static void nothing_is_known(void **state)
{
	gateway_cores_run();
	assert_string_equal(ask("mine"),
		"{\"why\":{\"endpoint\":\"mine\",\"registration\":null,\"refusals\":[],\"shed\":[],"
		"\"shed_of_all\":{},\"clear_text\":false}}");
	expect_error("{\"command\":\"why\"}", "endpoint: missing");
	expect_error("{\"command\":\"why\",\"endpoint\":\"a\",\"address\":\"192.0.2.0/24\"}",
		"address: not an address");
}

static void registered(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);

	gateway_register("mine", 600, list);
	free(list);
	gateway_cores_run();
	assert_has(ask("mine"), "\"registration\":{\"endpoint\":\"mine\",\"location\":\"/rd/");
	assert_has(ask("yours"), "\"registration\":null");
}

static void barred(void **state)
{
	static const char *const deny[] = { "bad-*" };
	const struct rdl_admission_limits limits = { .shards = 1 };
	struct rdl_policy_config config = gateway_policy();

	config.deny = deny;
	config.deny_count = 1;
	gateway_cores_run();
	rdl_rulebook_change(&gateway_rulebook, rdl_rules_create(&config, &limits, RDL_LOG_INFO));
	assert_has(
		ask("bad-1"), "\"barred\":\"endpoint_barred\",\"barred_text\":\"ep: not allowed\"");
	assert_null(strstr(ask("good-1"), "barred"));
}

/* By whichever worker: its Registers by its name, and what went to its location. */
static void refused_and_shed(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	struct rdl_request shed = { .operation = RDL_OPERATION_REGISTER };
	struct rdl_refusal refused = { .time_ms = 1000,
		.operation = RDL_OPERATION_REGISTER,
		.reason = RDL_REASON_link_syntax,
		.number = 2,
		.endpoint_len = 4,
		.endpoint = "mine",
		.excerpt_len = 3,
		.excerpt_fault = 2,
		.excerpt = "</x" };

	struct rdl_location mine = gateway_register("mine", 600, list);
	free(list);
	gateway_cores_run();
	for (unsigned i = 0; i < 20; i++)
		rdl_refusals_add(&refusals[i % WORKERS], &refused);
	rdl_siphash128(&gateway_owners.endpoint_key, (const uint8_t *)"mine", 4, shed.digest.word);
	rdl_sheds_note(&refusals[1].sheds, &shed, RDL_STAT_drop_registry_full, 2000);
	shed.operation = RDL_OPERATION_UPDATE;
	shed.location = mine;
	rdl_sheds_note(&refusals[4].sheds, &shed, RDL_STAT_drop_journal_update, 3000);
	rdl_stats_add(&stats[2], RDL_STAT_drop_shed_backlog, 7);
	rdl_stats_add(&stats[3], RDL_STAT_drop_shed_backlog, 1);
	const char *reply = ask("mine");
	assert_int_equal(count_of(reply, "\"before\":\"</\",\"from\":\"x\""), 8);
	assert_has(reply, "\"shed\":[{\"time\":1700000003.000,\"reason\":\"drop_journal_update\",");
	assert_has(reply, "{\"time\":1700000002.000,\"reason\":\"drop_registry_full\",");
	assert_has(reply, "\"shed_of_all\":{\"drop_shed_backlog\":8}");
	reply = ask("yours");
	assert_has(reply, "\"refusals\":[],\"shed\":[]");
}

#define WHY_TEST(test) cmocka_unit_test_setup_teardown(test, begin_why, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WHY_TEST(nothing_is_known),
		WHY_TEST(registered),
		WHY_TEST(barred),
		WHY_TEST(refused_and_shed),
	};

	return RUN_CONSOLE_TESTS(tests);
}
