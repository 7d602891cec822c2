/* SPDX-License-Identifier: BSD-3-Clause */
/* The last refusals of all workers, the latest first. */
#include "fixture.h"

static struct rdl_refusal refusal(uint64_t time_ms, const char *endpoint)
{
	struct rdl_refusal refusal = {
		.time_ms = time_ms,
		.peer = { .address = { [10] = 0xff, 0xff, 192, 0, 2, 9 }, .port = 7 },
		.operation = RDL_OPERATION_REGISTER,
		.reason = RDL_REASON_bad_option,
		.endpoint_len = (uint8_t)strlen(endpoint),
		.path_len = 3,
		.path = "/rd",
	};

	memcpy(refusal.endpoint, endpoint, strlen(endpoint));
	return refusal;
}

static void add(unsigned worker, uint64_t time_ms, const char *endpoint)
{
	const struct rdl_refusal refused = refusal(time_ms, endpoint);

	rdl_refusals_add(&refusals[worker], &refused);
}

/* Of an Update, which names no endpoint. */
static void add_located(unsigned worker, uint64_t time_ms, struct rdl_location location)
{
	struct rdl_refusal refused = refusal(time_ms, "");

	refused.operation = RDL_OPERATION_UPDATE;
	refused.located = true;
	refused.location = location;
	rdl_refusals_add(&refusals[worker], &refused);
}

/* "b a": the names that a reply tells of, in its order. */
static const char *names_in(const char *reply)
{
	static char names[4096];
	size_t len = 0;

	names[0] = '\0';
	for (const char *at = reply; (at = strstr(at, "\"endpoint\":\"")) != NULL;) {
		at += strlen("\"endpoint\":\"");
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.*s",
			len > 0 ? " " : "", (int)strcspn(at, "\""), at);
	}
	return names;
}

static void all_workers(void **state)
{
	gateway_cores_run();
	expect_reply("{\"command\":\"refusals\"}", "{\"refusals\":[]}");
	add(0, 1000, "one");
	add(4, 2000, "two");
	add(1, 4000, "four");
	add(0, 3000, "three");
	const char *reply = talk_ask(client, "{\"command\":\"refusals\"}");
	assert_string_equal(names_in(reply), "four three two one");
	assert_int_equal(count_of(reply, "},{"), 3);
	assert_memory_equal(reply, "{\"refusals\":[{\"", 15);
	assert_string_equal(reply + strlen(reply) - 3, "}]}");
	/* By the wall's clock. */
	assert_non_null(strstr(reply, "\"time\":1700000004.000"));
	assert_non_null(strstr(reply, "\"reason\":\"bad_option\""));
}

static void of_one_endpoint(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	struct rdl_location mine = gateway_register("mine", 600, list);
	struct rdl_location other = gateway_register("other", 600, list);

	free(list);
	gateway_cores_run();
	add(0, 1000, "mine");
	add(1, 2000, "mine too");
	add(1, 3000, "nobody");
	add_located(2, 4000, mine);
	add_located(2, 5000, other);
	/* Of a generation that is still to come, nobody was given a location. */
	mine.generation++;
	add_located(3, 6000, mine);
	const char *reply = talk_ask(client, "{\"command\":\"refusals\",\"endpoint\":\"mine\"}");
	assert_int_equal(count_of(reply, "\"time\":"), 2);
	assert_non_null(strstr(reply, "\"time\":1700000004.000"));
	assert_non_null(strstr(reply, "\"time\":1700000001.000"));
	assert_int_equal(count_of(reply, "\"location\":"), 1);
	/* One that is not registered goes by its name alone. */
	reply = talk_ask(client, "{\"command\":\"refusals\",\"endpoint\":\"nobody\"}");
	assert_int_equal(count_of(reply, "\"time\":"), 1);
	assert_string_equal(names_in(reply), "nobody");
}

/* An owner that does not answer hides nothing of what goes by the name. */
static void without_its_owner(void **state)
{
	add(0, 1000, "mine");
	talk_say(client, "{\"command\":\"refusals\",\"endpoint\":\"mine\"}\n");
	while (!rdl_mailbox_pending(&gateway_owners.cores[0]->question.mailbox) &&
		!rdl_mailbox_pending(&gateway_owners.cores[1]->question.mailbox))
		usleep(50);
	own_clock_pass(QUESTION_WAIT_MS);
	assert_string_equal(names_in(talk_hear(client)), "mine");
}

/* The longest that there can be of everything fits the reply. */
static void the_longest(void **state)
{
	struct rdl_identities *identities = identities_made(4);
	const struct command command = { .name = "refusals" };
	uint8_t octets[RDL_IDENTITY_MAX];
	struct rdl_refusal refused = refusal(1, "");

	memset(octets, 1, sizeof(octets));
	memset(refused.endpoint, 1, sizeof(refused.endpoint));
	memset(refused.path, 1, sizeof(refused.path));
	memset(refused.parameter, 1, sizeof(refused.parameter));
	refused.endpoint_len = sizeof(refused.endpoint);
	refused.path_len = sizeof(refused.path);
	refused.parameter_len = sizeof(refused.parameter);
	refused.reason = RDL_REASON_unknown_parameter;
	memset(refused.peer.address, 0xfe, sizeof(refused.peer.address));
	refused.peer.port = 65535;
	refused.identity = identity_made(
		identities, RDL_IDENTITY_PSK, (struct rdl_span){ octets, sizeof(octets) });
	sources.facts.identities = identities;
	for (unsigned i = 0; i < WORKERS * RDL_REFUSALS; i++)
		rdl_refusals_add(&refusals[i % WORKERS], &refused);
	assert_int_equal(count_of(run(&command), "\"identity\":"), 1024);
	free(identities);
}

static void no_more_than_a_thousand(void **state)
{
	const struct command command = { .name = "refusals" };
	char last[32];

	gateway_cores_run();
	for (unsigned i = 0; i < WORKERS * (RDL_REFUSALS + 10); i++)
		add(i % WORKERS, 1000 * (i + 1), "x");
	const char *reply = run(&command);
	assert_int_equal(count_of(reply, "\"time\":"), 1024);
	snprintf(last, sizeof(last), "\"time\":%u.000", 1700000000 + WORKERS * (RDL_REFUSALS + 10));
	assert_non_null(strstr(reply, last));
	/* The one behind the last that is shown. */
	snprintf(last, sizeof(last), "\"time\":%u.000",
		1700000000 + WORKERS * (RDL_REFUSALS + 10) - 1024);
	assert_null(strstr(reply, last));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(all_workers),
		CONSOLE_TEST(of_one_endpoint),
		CONSOLE_TEST(without_its_owner),
		CONSOLE_TEST(the_longest),
		CONSOLE_TEST(no_more_than_a_thousand),
	};

	return RUN_CONSOLE_TESTS(tests);
}
