/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients are told of their requests, and what becomes of those of whoever leaves. */
#include "fixture.h"

static struct rdl_order *asked(struct rdl_lines_client *client, const char *id)
{
	says(client, request(id, "GET", "/3/0/0", ""));
	struct rdl_order *order = given();
	assert_non_null(order);
	return order;
}

static const char *heard(struct rdl_lines_client *client)
{
	works();
	return told(client);
}

static uint64_t outstanding(void)
{
	return callers_counts(callers)->outstanding;
}

static void an_answer(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *order = asked(client, "a\\\"b");

	/* While a shard has something of ours, rounds come often. */
	assert_int_equal(works(), 2);
	reports_of(order,
		&(struct rdl_report){
			.state = RDL_ORDER_queued, .reason = RDL_ORDER_REASON_asleep },
		"");
	reports_state(order, RDL_ORDER_sent);
	reports_state(order, RDL_ORDER_acknowledged);
	assert_string_equal(heard(client), "{\"id\":\"a\\\"b\",\"state\":\"queued\","
					   "\"asleep\":true}\n"
					   "{\"id\":\"a\\\"b\",\"state\":\"sent\"}\n"
					   "{\"id\":\"a\\\"b\",\"state\":\"acknowledged\"}\n");
	reports_text(order, "foobar");
	assert_string_equal(heard(client),
		"{\"id\":\"a\\\"b\",\"state\":\"answered\",\"code\":\"2.05\",\"content_format\":0,"
		"\"payload\":\"Zm9vYmFy\",\"rtt_ms\":7}\n");
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_int_equal(outstanding(), 1);
	assert_string_equal(heard(client), "");
	assert_int_equal(outstanding(), 0);
	assert_int_equal(callers_counts(callers)->octets, 0);
	/* Nothing is under way, and nobody is to be asked. */
	assert_int_equal(works(), -1);
	assert_null(given());
	for (unsigned s = 0; s < SHARDS; s++) {
		assert_int_equal(shards[s].under_way, 0);
		assert_int_equal(callers->shards[s].under_way, 0);
	}
}

/* One without octets needs no report; nor does what comes to nothing. */
static void without_a_report(void **state)
{
	static const struct {
		enum rdl_order_state state;
		enum rdl_order_reason reason;
		const char *says;
	} rows[] = {
		{ RDL_ORDER_answered, RDL_ORDER_REASON_none,
			"{\"id\":\"1\",\"state\":\"answered\",\"code\":\"4.12\","
			"\"rtt_ms\":7}\n" },
		{ RDL_ORDER_answered, RDL_ORDER_REASON_unread,
			"{\"id\":\"1\",\"state\":\"answered\",\"reason\":\"the answer could not "
			"be read\",\"rtt_ms\":7}\n" },
		{ RDL_ORDER_timeout, RDL_ORDER_REASON_none,
			"{\"id\":\"1\",\"state\":\"timeout\"}\n" },
		{ RDL_ORDER_reset, RDL_ORDER_REASON_none, "{\"id\":\"1\",\"state\":\"reset\"}\n" },
		{ RDL_ORDER_gone, RDL_ORDER_REASON_replaced,
			"{\"id\":\"1\",\"state\":\"gone\",\"reason\":\"the endpoint registered "
			"anew\"}\n" },
		{ RDL_ORDER_refused, RDL_ORDER_REASON_unknown,
			"{\"id\":\"1\",\"state\":\"refused\",\"reason\":\"no such endpoint is "
			"registered\"}\n" },
	};
	struct rdl_lines_client *client = connected(BUFFER);

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct rdl_order *order = asked(client, "1");

		if (rows[i].reason != RDL_ORDER_REASON_unread)
			order->code = RDL_COAP_CODE(4, 12);
		order->rtt_ms = 7;
		gives_back(order, rows[i].state, rows[i].reason);
		assert_string_equal(heard(client), rows[i].says);
	}
	assert_int_equal(outstanding(), 0);
}

static void piece(struct rdl_order *order, const void *octets, uint16_t len, bool more)
{
	reports_of(order,
		&(struct rdl_report){ .state = RDL_ORDER_answered,
			.code = RDL_COAP_CODE(2, 5),
			.content_format = RDL_FORMAT_NONE,
			.more = more,
			.len = len },
		octets);
}

static void in_pieces(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *order = asked(client, "1");

	piece(order, "foo", 3, true);
	piece(order, "", 0, true);
	assert_string_equal(heard(client), "");
	piece(order, "bar", 3, false);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(heard(client), "{\"id\":\"1\",\"state\":\"answered\",\"code\":\"2.05\","
					   "\"payload\":\"Zm9vYmFy\",\"rtt_ms\":0}\n");
	/* What broke off in the middle is no answer. */
	order = asked(client, "2");
	piece(order, "foo", 3, true);
	gives_back(order, RDL_ORDER_gone, RDL_ORDER_REASON_ended);
	assert_string_equal(heard(client), "{\"id\":\"2\",\"state\":\"gone\",\"reason\":\"the "
					   "registration ended\"}\n");
	assert_int_equal(callers_counts(callers)->octets, 0);
}

/* All of max_payload is put together, and nothing of what is longer. */
static void in_many_pieces(void **state)
{
	static const uint8_t block[1024];
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *order = asked(client, "1");

	for (unsigned i = 0; i < 4; i++)
		piece(order, block, sizeof(block), i < 3);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	const char *line = strstr(heard(client), "\"payload\":\"");
	assert_non_null(line);
	assert_int_equal(strcspn(line + 11, "\""), rdl_base64_len(4096));
	order = asked(client, "2");
	for (unsigned i = 0; i < 5; i++)
		piece(order, block, sizeof(block), true);
	piece(order, "x", 1, false);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(heard(client), "{\"id\":\"2\",\"state\":\"answered\",\"code\":\"2.05\","
					   "\"reason\":\"too many requests are under way\","
					   "\"rtt_ms\":0}\n");
}

/* It is not outstanding once it is answered, and says when it ends. */
static void an_observation(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);

	says(client, request("o", "GET", "/3303/0/5700", ",\"observe\":true"));
	struct rdl_order *order = given();
	assert_int_equal(order->observe, RDL_ORDER_OBSERVE);
	reports_text(order, "21");
	assert_non_null(strstr(heard(client), "\"answered\""));
	assert_int_equal(outstanding(), 0);
	assert_int_equal(callers_counts(callers)->observing, 1);
	/* Whoever says nothing more has not to stay for that. */
	client->ended = true;
	works();
	assert_false(client->keeps);
	client->ended = false;
	gives_back(order, RDL_ORDER_gone, RDL_ORDER_REASON_cancelled);
	assert_string_equal(heard(client), "{\"id\":\"o\",\"state\":\"gone\",\"reason\":\"the "
					   "observation was cancelled\",\"ended\":true}\n");
	assert_int_equal(callers_counts(callers)->observing, 0);
	/* One that the device answers once, and no more. */
	says(client, request("o", "GET", "/3303/0/5700", ",\"observe\":true"));
	order = given();
	reports_text(order, "21");
	order->code = RDL_COAP_CODE(2, 5);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_non_null(strstr(heard(client),
		"}\n{\"id\":\"o\",\"state\":\"answered\",\"code\":\"2.05\",\"ended\":true}\n"));
	/* One that the device did not take is over with its answer. */
	says(client, request("o", "GET", "/3303/0/5700", ",\"observe\":true"));
	order = given();
	order->code = RDL_COAP_CODE(4, 4);
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(heard(client),
		"{\"id\":\"o\",\"state\":\"answered\",\"code\":\"4.04\",\"rtt_ms\":0,"
		"\"ended\":true}\n");
	assert_int_equal(outstanding(), 0);
}

/* Whoever waits when the process stops is told so; no shard is asked. */
static void at_the_end(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER), *left = connected(BUFFER);

	asked(client, "1");
	says(client, request("o", "GET", "/3303/0/5700", ",\"observe\":true"));
	assert_non_null(given());
	asked(left, "2");
	leaves(left);
	callers->lines->config.stop(callers->lines);
	assert_string_equal(told(client),
		"{\"id\":\"o\",\"state\":\"gone\",\"reason\":\"the gateway "
		"stops\",\"ended\":true}\n"
		"{\"id\":\"1\",\"state\":\"gone\",\"reason\":\"the gateway stops\"}\n");
}

static void no_more_observations(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *orders[4];

	for (unsigned i = 0; i < 4; i++) {
		says(client, request("o", "GET", "/3", ",\"observe\":true"));
		orders[i] = given();
		reports_text(orders[i], "x");
	}
	heard(client);
	says(client, request("p", "GET", "/3", ",\"observe\":true"));
	assert_string_equal(told(client),
		"{\"id\":\"p\",\"state\":\"refused\",\"reason\":\"too many observations\"}\n");
	assert_int_equal(callers_counts(callers)->observations_full, 1);
	assert_int_equal(callers_counts(callers)->refused, 1);
	says(client, request("q", "GET", "/3", ""));
	assert_non_null(given());
	gives_back(orders[0], RDL_ORDER_gone, RDL_ORDER_REASON_ended);
	works();
	says(client, request("p", "GET", "/3", ",\"observe\":true"));
	assert_non_null(given());
}

/* Whoever has shut down his half of the connection stays for the answers. */
static void the_last_word(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *order = asked(client, "1");

	assert_true(client->keeps);
	client->ended = true;
	works();
	assert_true(client->keeps);
	gives_back(order, RDL_ORDER_timeout, RDL_ORDER_REASON_none);
	works();
	assert_false(client->keeps);
}

/* ---- who does not read, and who leaves ---- */

static void a_gap(void **state)
{
	struct rdl_lines_client *deaf = connected(16384), *other = connected(BUFFER);
	unsigned lines = 0;
	const char *text;

	for (unsigned i = 0; i < 600; i++) {
		struct rdl_order *order = asked(deaf, "deaf");

		gives_back(order, RDL_ORDER_timeout, RDL_ORDER_REASON_none);
		order = asked(other, "other");
		gives_back(order, RDL_ORDER_timeout, RDL_ORDER_REASON_none);
		works();
	}
	assert_int_equal(
		strlen(told(other)), 600 * strlen("{\"id\":\"other\",\"state\":\"timeout\"}\n"));
	for (text = told(deaf); *text != '\0'; text = strchr(text, '\n') + 1)
		lines++;
	assert_true(lines > 0 && lines < 600);
	char expected[64];
	snprintf(expected, sizeof(expected), "{\"state\":\"gap\",\"lost\":%u}\n", 600 - lines);
	assert_string_equal(heard(deaf), expected);
	assert_int_equal(callers_counts(callers)->lost, 600 - lines);
	struct rdl_order *order = asked(deaf, "1");
	gives_back(order, RDL_ORDER_timeout, RDL_ORDER_REASON_none);
	assert_string_equal(heard(deaf), "{\"id\":\"1\",\"state\":\"timeout\"}\n");
}

/* Nothing comes before the marker: whoever reads sees where lines are missing. */
static void nothing_before_the_gap(void **state)
{
	struct rdl_lines_client *deaf = connected(16384);
	struct rdl_outbox *out = &deaf->out;

	while (callers_counts(callers)->lost == 0) {
		gives_back(asked(deaf, "1"), RDL_ORDER_timeout, RDL_ORDER_REASON_none);
		works();
	}
	/* Room for many a line, and not half of the buffer. */
	out->at = (out->at + 2000) % out->room;
	out->len -= 2000;
	gives_back(asked(deaf, "2"), RDL_ORDER_timeout, RDL_ORDER_REASON_none);
	works();
	assert_int_equal(callers_counts(callers)->lost, 2);
	assert_null(strstr(told(deaf), "\"2\""));
	assert_string_equal(heard(deaf), "{\"state\":\"gap\",\"lost\":2}\n");
}

static void leaves_with_a_thousand(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER), *next;
	static struct rdl_order *orders[1000];

	for (unsigned i = 0; i < 1000; i++)
		orders[i] = asked(client, "1");
	leaves(client);
	/* Whoever comes into the same place is told nothing of them. */
	next = connected(BUFFER);
	struct rdl_order *own = asked(next, "own");
	assert_int_equal(outstanding(), 1001);
	for (unsigned i = 0; i < 1000; i++) {
		reports_text(orders[i], "x");
		gives_back(orders[i], RDL_ORDER_answered, RDL_ORDER_REASON_none);
		works();
		assert_null(given());
	}
	assert_string_equal(told(next), "");
	gives_back(own, RDL_ORDER_reset, RDL_ORDER_REASON_none);
	assert_string_equal(heard(next), "{\"id\":\"own\",\"state\":\"reset\"}\n");
	assert_int_equal(outstanding(), 0);
	assert_int_equal(callers_counts(callers)->octets, 0);
}

/* What shards have at the end is given up; a sanitizer sees that it is freed. */
static void the_end(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER);
	struct rdl_order *order = asked(client, "1");

	asked(client, "2");
	reports_text(order, "x");
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	says(client, request("3", "GET", "/3", ""));
	assert_int_equal(outstanding(), 3);
}

/* ---- shares ---- */

/* Asks until it is refused; how often it was not. */
static unsigned asks_for_all(struct rdl_lines_client *client)
{
	unsigned count = 0;

	for (;;) {
		says(client, request("1", "GET", "/3", ""));
		if (*told(client) != '\0')
			return count;
		assert_non_null(given());
		count++;
	}
}

/* What is over makes room, for whoever comes first as well. */
static void room_comes_back(void **state)
{
	struct rdl_lines_client *a = connected(BUFFER), *b = connected(BUFFER);
	static struct rdl_order *orders[300];

	for (unsigned i = 0; i < 300; i++)
		orders[i] = asked(a, "1");
	assert_int_equal(asks_for_all(a), 950);
	for (unsigned i = 0; i < 300; i++)
		gives_back(orders[i], RDL_ORDER_timeout, RDL_ORDER_REASON_none);
	while (works() == 0)
		;
	told(a);
	assert_int_equal(outstanding(), 950);
	assert_int_equal(asks_for_all(b), 550);
}

/* Of 2000: 250 for each of three clients, and for updates; 1000 for whoever comes first. */
static void shares(void **state)
{
	struct rdl_lines_client *a = connected(BUFFER), *b = connected(BUFFER);

	assert_int_equal(asks_for_all(a), 1250);
	assert_int_equal(asks_for_all(b), 250);
	/* Whoever comes again has what he left, however often, and the others their part. */
	for (unsigned i = 0; i < 5; i++) {
		leaves(a);
		a = connected(BUFFER);
		assert_int_equal(asks_for_all(a), 0);
	}
	struct rdl_lines_client *c = connected(BUFFER);
	assert_int_equal(asks_for_all(c), 250);
	assert_int_equal(outstanding(), 1750);
}

/* Asks to observe until it is refused, each answered at once or not; how often it was not. */
static unsigned observes_all(struct rdl_lines_client *client, bool answered)
{
	unsigned count = 0;

	for (;;) {
		says(client, request("1", "GET", "/3", ",\"observe\":true"));
		const char *said = told(client);
		if (*said != '\0') {
			assert_non_null(strstr(said, "\"too many observations\""));
			return count;
		}
		struct rdl_order *order = given();
		assert_non_null(order);
		if (answered) {
			reports_text(order, "x");
			heard(client);
		}
		count++;
	}
}

/* Of 12: two for each of three clients, and six for whoever comes first. */
static void shares_of_observations(void **state)
{
	close_callers();
	conf.requests.observations = 12;
	open_callers();
	struct rdl_lines_client *a = connected(BUFFER), *b = connected(BUFFER);
	assert_int_equal(observes_all(a, true), 8);
	assert_int_equal(observes_all(b, false), 2);
	assert_int_equal(callers_counts(callers)->observing, 8);
	assert_int_equal(callers_counts(callers)->observations_full, 2);
	/* Whoever comes again has what he left, however often, and the others their part. */
	for (unsigned i = 0; i < 5; i++) {
		leaves(a);
		a = connected(BUFFER);
		assert_int_equal(observes_all(a, true), 0);
	}
	struct rdl_lines_client *c = connected(BUFFER);
	assert_int_equal(observes_all(c, true), 2);
	says(c, request("q", "GET", "/3", ""));
	assert_non_null(given());
}

/* What a user has left observing is in no other's share. */
static void another_user(void **state)
{
	if (geteuid() != 0)
		skip();
	close_callers();
	conf.requests.observations = 12;
	open_callers();
	struct rdl_lines_client *a = connected(BUFFER);
	assert_int_equal(observes_all(a, true), 8);
	leaves(a);
	assert_int_equal(seteuid(65534), 0);
	struct rdl_lines_client *b = connected(BUFFER);
	says(b, request("b", "GET", "/3", ""));
	assert_int_equal(seteuid(0), 0);
	assert_non_null(given());
	assert_int_equal(observes_all(b, true), 2);
	a = connected(BUFFER);
	assert_int_equal(observes_all(a, true), 0);
}

static struct rdl_lines_client *connected_as(uid_t user)
{
	assert_int_equal(seteuid(user), 0);
	struct rdl_lines_client *client = connected(BUFFER);

	assert_int_equal(seteuid(0), 0);
	return client;
}

/* Where no other share is free, a user has one with what another has left, whose it stays. */
static void in_anothers_share(void **state)
{
	struct rdl_lines_client *others[3];

	if (geteuid() != 0)
		skip();
	struct rdl_lines_client *a = connected(BUFFER);
	assert_int_equal(asks_for_all(a), 1250);
	leaves(a);
	for (unsigned i = 0; i < 3; i++) {
		others[i] = connected_as(65534);
		says(others[i], request("1", "GET", "/3", ""));
	}
	assert_non_null(strstr(told(others[2]), "too many requests are under way"));
	for (unsigned i = 0; i < 3; i++)
		leaves(others[i]);
	for (unsigned i = 0; i < 3; i++) {
		a = connected(BUFFER);
		assert_int_equal(asks_for_all(a), 0);
		leaves(a);
	}
}

/* An observation that has ended makes room, in whichever way it ends. */
static void room_to_observe(void **state)
{
	static const enum rdl_order_state ends[] = { RDL_ORDER_refused, RDL_ORDER_timeout,
		RDL_ORDER_gone, RDL_ORDER_answered };
	struct rdl_lines_client *client = connected(BUFFER);

	for (size_t i = 0; i < RDL_ARRAY_LEN(ends); i++) {
		struct rdl_order *orders[4];

		for (unsigned k = 0; k < 4; k++) {
			says(client, request("1", "GET", "/3", ",\"observe\":true"));
			orders[k] = given();
			assert_non_null(orders[k]);
			if (ends[i] == RDL_ORDER_gone)
				reports_text(orders[k], "x");
		}
		assert_int_equal(observes_all(client, false), 0);
		for (unsigned k = 0; k < 4; k++)
			gives_back(orders[k], ends[i], RDL_ORDER_REASON_none);
		heard(client);
	}
	assert_int_equal(callers_counts(callers)->octets, 0);
	assert_int_equal(callers_counts(callers)->observing, 0);
	assert_int_equal(outstanding(), 0);
}

/* However much one has under way, others are sure of their part. */
static void octets_are_bounded(void **state)
{
	struct rdl_lines_client *client = connected(BUFFER), *other = connected(BUFFER);
	char more[8192] = ",\"payload\":\"";
	unsigned count = 0;

	memset(more + strlen(more), 'A', 5460);
	strcat(more, "\"");
	for (;;) {
		says(client, request("1", "PUT", "/3", more));
		if (*told(client) != '\0')
			break;
		assert_non_null(given());
		count++;
	}
	assert_true(count > 100 && count < 1000);
	assert_true(callers_counts(callers)->octets <= callers_memory(&conf));
	assert_in_range(asks_for_all(other), 250, 1000);
	assert_true(callers_counts(callers)->octets <= callers_memory(&conf));
	says(client, request("1", "GET", "/3", ""));
	assert_non_null(strstr(told(client), "too many requests are under way"));
	leaves(client);
	client = connected(BUFFER);
	assert_int_equal(asks_for_all(client), 0);
	assert_in_range(asks_for_all(connected(BUFFER)), 250, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLERS_TEST(an_answer),
		CALLERS_TEST(without_a_report),
		CALLERS_TEST(in_pieces),
		CALLERS_TEST(in_many_pieces),
		CALLERS_TEST(an_observation),
		CALLERS_TEST(no_more_observations),
		CALLERS_TEST(at_the_end),
		CALLERS_TEST(the_last_word),
		CALLERS_TEST(a_gap),
		CALLERS_TEST(nothing_before_the_gap),
		CALLERS_TEST(leaves_with_a_thousand),
		CALLERS_TEST(the_end),
		CALLERS_TEST(shares),
		CALLERS_TEST(room_comes_back),
		CALLERS_TEST(shares_of_observations),
		CALLERS_TEST(another_user),
		CALLERS_TEST(in_anothers_share),
		CALLERS_TEST(room_to_observe),
		CALLERS_TEST(octets_are_bounded),
	};

	return RUN_TESTS(tests);
}
