/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked over the control socket, and answered. */
#include "fixture.h"

static void show(void **state)
{
	struct rdl_object_list *list = gateway_list(3, 2);
	struct rdl_location location = gateway_register("a", 60, list);
	char id[RDL_LOCATION_LEN + 1] = "", text[512];

	gateway_register("b", 86400, list);
	/* So many that each shard has some. */
	for (char name[] = "p"; name[0] < 'z'; name[0]++)
		gateway_register(name, 60, list);
	free(list);
	own_clock_pass(1500);
	gateway_cores_run();
	rdl_location_encode(&sources.facts.location_key, &location, (uint8_t *)id);
	const char *reply = talk_ask(client, "{\"command\":\"show\",\"endpoint\":\"a\"}");
	snprintf(text, sizeof(text),
		"{\"registration\":{\"endpoint\":\"a\",\"location\":\"/rd/%s\"", id);
	assert_memory_equal(reply, text, strlen(text));
	assert_non_null(strstr(reply, "\"lifetime\":60,"));
	assert_non_null(strstr(reply, "\"expires_in\":58,"));
	assert_non_null(strstr(reply, "\"objects\":[\"3/0\",\"3/1\"]"));
	assert_string_equal(reply + strlen(reply) - 2, "}}");
	reply = talk_ask(client, "{\"command\":\"show\",\"endpoint\":\"b\"}");
	assert_non_null(strstr(reply, "\"expires_in\":86398,"));
	for (char name[] = "p"; name[0] < 'z'; name[0]++) {
		snprintf(text, sizeof(text), "{\"command\":\"show\",\"endpoint\":\"%s\"}", name);
		assert_non_null(strstr(talk_ask(client, text), "\"lifetime\":60,"));
	}
	expect_error("{\"command\":\"show\",\"endpoint\":\"c\"}", "no such endpoint");
	expect_error("{\"command\":\"show\",\"endpoint\":\"\"}",
		"endpoint: not a name of 1 to 252 octets");
	expect_error("{\"command\":\"show\"}", "endpoint: missing");
}

/* Who made it, and who made what was removed. */
static void show_identity(void **state)
{
	struct rdl_identities *identities = identities_made(4);
	struct rdl_object_list *list = gateway_list(3, 2);

	close_console();
	sources.facts.identities = identities;
	open_console();
	gateway_register("a", 60, list);
	gateway_register_by(
		identity_made(identities, RDL_IDENTITY_X509, span_of("b")), "b", 60, list);
	free(list);
	gateway_cores_run();
	const char *reply = talk_ask(client, "{\"command\":\"show\",\"endpoint\":\"a\"}");
	assert_non_null(strstr(reply, "\"security\":\"none\",\"version\""));
	reply = talk_ask(client, "{\"command\":\"show\",\"endpoint\":\"b\"}");
	assert_non_null(strstr(reply, "\"security\":\"x509\",\"identity\":\"b\","));
	reply = talk_ask(client, "{\"command\":\"remove\",\"endpoint\":\"b\"}");
	assert_non_null(strstr(reply, "\"security\":\"x509\",\"identity\":\"b\","));
	gateway_cores_pause();
	free(identities);
}

static void count(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	unsigned registrations, tombstones, lists, octets;

	for (unsigned i = 0; i < 7; i++) {
		char name[8];

		snprintf(name, sizeof(name), "e%u", i);
		gateway_register(name, 60, list);
	}
	struct rdl_location gone = gateway_register("gone", 60, list);
	free(list);
	gateway_deregister(&gone);
	gateway_cores_run();
	const char *reply = talk_ask(client, "{\"command\":\"count\"}");
	assert_int_equal(sscanf(reply,
				 "{\"registrations\":%u,\"registrations_max\":1000,"
				 "\"tombstones\":%u,\"object_lists\":%u,\"store_octets\":%u}",
				 &registrations, &tombstones, &lists, &octets),
		4);
	assert_int_equal(registrations, 7);
	assert_int_equal(tombstones, 1);
	/* The same one, in each shard once. */
	assert_int_equal(lists, SHARDS);
	assert_in_range(octets, SHARDS * sizeof(struct rdl_object_list), 4096);
}

static void removal(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	char said[128];

	gateway_register("a\xc3\xa9", 60, list);
	gateway_register("c", 60, list);
	free(list);
	gateway_cores_run();
	listen_to();
	const char *reply = talk_ask(client, "{\"command\":\"remove\",\"endpoint\":\"a\xc3\xa9\"}");
	assert_memory_equal(reply, "{\"removed\":{\"endpoint\":\"a\xc3\xa9\",",
		strlen("{\"removed\":{\"endpoint\":\"a\xc3\xa9\","));
	expect_error("{\"command\":\"remove\",\"endpoint\":\"a\xc3\xa9\"}", "no such endpoint");
	expect_error("{\"command\":\"remove\"}", "endpoint: missing");
	expect_error("{\"command\":\"show\",\"endpoint\":\"a\xc3\xa9\"}", "no such endpoint");
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[\"c\"],\"next\":null}");
	/* Who had it removed; once, since there was nothing to remove the second time. */
	snprintf(said, sizeof(said), "info control: removed uid=%ld pid=%ld endpoint=a%%C3%%A9\n",
		(long)geteuid(), (long)getpid());
	assert_string_equal(heard(), said);
}

#define NO_ENDPOINT "endpoint: not a name of 1 to 252 octets"
#define NO_PREFIX "prefix: not a string of up to 252 octets"
#define NO_REQUEST                                                                       \
	"not a request: {command}, and of these what it needs: endpoint, prefix, name, " \
	"cursor, details, address, every, count, seconds, all, over"

static void malformed(void **state)
{
	static const struct {
		const char *request, *error;
	} table[] = {
		{ "", "not JSON" },
		{ "{\"command\":\"count\"", "not JSON" },
		{ "{\"command\":\"count\",\"command\":\"list\"}", "a member that comes twice" },
		{ "{\"command\":\"\xff\"}", "not JSON" },
		{ "{\"command\":\"dance\"}", "no such command" },
		{ "{\"command\":\"\"}", "no such command" },
		{ "{\"command\":\"Count\"}", "no such command" },
		{ "{\"command\":\"list\",\"cursor\":\"x\"}", "cursor: not one of ours" },
		{ "{\"command\":\"list\",\"cursor\":\"-1\"}", "cursor: not one of ours" },
		{ "{\"command\":\"list\",\"cursor\":\"\"}", "cursor: not one of ours" },
		{ "{\"command\":\"list\",\"cursor\":0}", "cursor: not one of ours" },
		{ "\"count\"", "not JSON" },
		{ "[]", NO_REQUEST },
		{ "{\"command\":\"count\",\"more\":1}", NO_REQUEST },
		{ "{}", "command: missing, or not a string" },
		{ "{\"command\":1}", "command: missing, or not a string" },
		{ "{\"command\":null}", "command: missing, or not a string" },
		/* None of these is as if it had been left out. */
		{ "{\"command\":\"refusals\",\"endpoint\":\"\"}", NO_ENDPOINT },
		{ "{\"command\":\"show\",\"endpoint\":1}", NO_ENDPOINT },
		{ "{\"command\":\"list\",\"prefix\":null}", NO_PREFIX },
		{ "{\"command\":\"list\",\"details\":1}", "details: not a boolean" },
		{ "{\"command\":\"update\",\"all\":\"no\"}", "all: not a boolean" },
		{ "{\"command\":\"forget\",\"name\":\"\"}", "name: not a string, or an empty one" },
		{ "{\"command\":\"capture\",\"address\":\"\"}",
			"address: not an address, or ADDRESS/BITS" },
	};
	gateway_cores_run();
	for (size_t i = 0; i < RDL_ARRAY_LEN(table); i++)
		expect_error(table[i].request, table[i].error);
	/* The connection goes on, and errors are counted. */
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[],\"next\":null}");
	const struct rdl_lines_counts *counts = console_lines_counts(console);
	assert_int_equal(__atomic_load_n(&counts->errors, __ATOMIC_RELAXED), RDL_ARRAY_LEN(table));
	assert_int_equal(__atomic_load_n(&counts->accepted, __ATOMIC_RELAXED), 1);
}

static void too_long(void **state)
{
	char name[RDL_ENDPOINT_MAX + 2], request[512];

	gateway_cores_run();
	memset(name, 'n', sizeof(name) - 1);
	for (size_t len = RDL_ENDPOINT_MAX; len <= RDL_ENDPOINT_MAX + 1; len++) {
		name[len] = '\0';
		bool fits = len == RDL_ENDPOINT_MAX;
		snprintf(request, sizeof(request), "{\"command\":\"show\",\"endpoint\":\"%s\"}",
			name);
		expect_error(request, fits ? "no such endpoint" : NO_ENDPOINT);
		snprintf(
			request, sizeof(request), "{\"command\":\"list\",\"prefix\":\"%s\"}", name);
		if (fits)
			expect_reply(request, "{\"endpoints\":[],\"next\":null}");
		else
			expect_error(request, NO_PREFIX);
		name[len] = 'n';
	}
}

static int asked(const struct shard_core *core)
{
	return rdl_mailbox_pending(&core->question.mailbox);
}

/* Nobody steps the cores: who asks waits for half a second, and is told so. */
static void no_answer(void **state)
{
	static const char *const requests[] = { "{\"command\":\"show\",\"endpoint\":\"a\"}\n",
		"{\"command\":\"list\"}\n", "{\"command\":\"remove\",\"endpoint\":\"a\"}\n" };
	struct rdl_object_list *list = gateway_list(1, 1);

	gateway_register("a", 600, list);
	free(list);
	for (size_t i = 0; i < RDL_ARRAY_LEN(requests); i++) {
		talk_say(client, requests[i]);
		while (!asked(gateway_owners.cores[0]) && !asked(gateway_owners.cores[1]))
			usleep(50);
		own_clock_pass(QUESTION_WAIT_MS);
		assert_string_equal(
			talk_hear(client), "{\"error\":\"the shard did not answer in time\"}");
	}
	/* Nothing of it was done, and nothing is left. */
	gateway_cores_run();
	expect_reply("{\"command\":\"list\"}", "{\"endpoints\":[\"a\"],\"next\":null}");
}

static void without_a_socket(void **state)
{
	const struct rdl_conf none = { .control = { .path = NULL } };
	const struct rdl_conf taken = { .control = { .path = path } };
	struct console *other = console;

	assert_int_equal(console_open(&none, &other), 0);
	assert_null(other);
	assert_int_equal(console_start(NULL, &sources), 0);
	console_stop(NULL);
	console_close(NULL);
	listen_to();
	other = console;
	assert_int_equal(console_open(&taken, &other), -1);
	assert_null(other);
	assert_int_equal(lines_in(heard()), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONSOLE_TEST(show),
		CONSOLE_TEST(show_identity),
		CONSOLE_TEST(count),
		CONSOLE_TEST(removal),
		CONSOLE_TEST(malformed),
		CONSOLE_TEST(too_long),
		CONSOLE_TEST(no_answer),
		CONSOLE_TEST(without_a_socket),
	};

	return RUN_CONSOLE_TESTS(tests);
}
