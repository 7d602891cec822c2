/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Callers whose rounds the test makes, one by one, between shards that the test is and clients
 * whose buffers it reads: no thread, and a clock of its own.
 */
#ifndef RDL_TEST_CALLERS_FIXTURE_H
#define RDL_TEST_CALLERS_FIXTURE_H

#include "support.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "internal.h"
#include "octets.h"
#include "own_clock.h"

#define SHARDS 2
#define MOST_REPORTS 64
#define BUFFER (1 << 20)

static char folder[] = "/tmp/rdl-callers-XXXXXX";
static char path[64];
static struct callers *callers;
static struct rdl_channel shards[SHARDS]; /* their ends */
static void *channel_memory[SHARDS];
static struct shard_core *cores[SHARDS];
static struct owners owners;
static struct rdl_conf conf;
static struct rdl_report reports[MOST_REPORTS];
static unsigned report_count;

/* ---- clients ---- */

/* One with a buffer of so many octets, whose socket takes nothing. */
static inline struct rdl_lines_client *connected(size_t room)
{
	struct rdl_lines_client *client = calloc(1, sizeof(*client));
	int fds[2];

	assert_non_null(client);
	assert_true(rdl_outbox_init(&client->out, room));
	/* For whose it is. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[1]);
	client->fd = fds[0];
	client->lines = callers->lines;
	client->waits = true;
	callers->lines->clients[callers->lines->client_count++] = client;
	return client;
}

static inline void says(struct rdl_lines_client *client, const char *text)
{
	callers->lines->config.line(client, text, strlen(text));
}

static inline void leaves(struct rdl_lines_client *client)
{
	unsigned i = 0;

	while (callers->lines->clients[i] != client)
		i++;
	callers->lines->config.closed(client);
	callers->lines->clients[i] = callers->lines->clients[--callers->lines->client_count];
	close(client->fd);
	rdl_outbox_free(&client->out);
	free(client);
}

/* All that waits for it. */
static inline const char *told(struct rdl_lines_client *client)
{
	static char text[BUFFER + 1];
	struct rdl_outbox *out = &client->out;
	size_t n = 0;

	for (; out->len > 0; n++, out->len--, out->sent++) {
		text[n] = (char)out->octets[out->at];
		out->at = (out->at + 1) % out->room;
	}
	text[n] = '\0';
	return text;
}

/* One round; in how many milliseconds it wants the next. */
static inline int works(void)
{
	return callers->lines->config.work(callers->lines);
}

/* ---- shards ---- */

/* The next order that a shard was given, behind reports that came back to it; NULL: none. */
static inline struct rdl_order *given_to(unsigned shard)
{
	void *message;

	while (rdl_channel_take(&shards[shard], &message, 1) == 1) {
		if (*(const uint8_t *)message == RDL_ORDER)
			return message;
		rdl_channel_came_back(&shards[shard], 1);
	}
	return NULL;
}

static inline struct rdl_order *given(void)
{
	struct rdl_order *order = given_to(0);

	return order != NULL ? order : given_to(1);
}

static inline unsigned shard_of(const struct rdl_order *order)
{
	return rdl_endpoint_partition(order->digest) % SHARDS;
}

/* The shard tells something of it; `octets` are copied. */
static inline void reports_of(
	struct rdl_order *order, const struct rdl_report *what, const void *octets)
{
	struct rdl_report *report = &reports[report_count++ % MOST_REPORTS];
	void *message = report;

	*report = *what;
	report->kind = RDL_REPORT;
	report->order = order;
	memcpy(report->octets, octets, report->len);
	rdl_channel_send(&shards[shard_of(order)], &message, 1);
}

static inline void reports_state(struct rdl_order *order, enum rdl_order_state state)
{
	reports_of(order, &(struct rdl_report){ .state = (uint8_t)state }, "");
}

/* 2.05 with a text in one piece. */
static inline void reports_text(struct rdl_order *order, const char *text)
{
	reports_of(order,
		&(struct rdl_report){ .state = RDL_ORDER_answered,
			.code = RDL_COAP_CODE(2, 5),
			.content_format = 0,
			.rtt_ms = 7,
			.len = (uint16_t)strlen(text) },
		text);
}

static inline void gives_back(
	struct rdl_order *order, enum rdl_order_state state, enum rdl_order_reason reason)
{
	void *message = order;

	order->state = (uint8_t)state;
	order->reason = (uint8_t)reason;
	rdl_channel_give_back(&shards[shard_of(order)], &message, 1);
}

/* ---- begin and end ---- */

static inline void open_callers(void)
{
	const struct rdl_channel_credit credit = callers_credit(&conf);
	const struct rdl_channel_credit of_shards = { .limit = { [RDL_REPORT] = MOST_REPORTS } };

	assert_int_equal(callers_open(&conf, &callers), 0);
	callers->owners = &owners;
	for (unsigned s = 0; s < SHARDS; s++) {
		channel_memory[s] =
			aligned_alloc(64, rdl_whole_lines(rdl_channel_memory(&credit, &of_shards)));
		assert_non_null(channel_memory[s]);
		rdl_channel_join(callers_channel(callers, s), &credit, &shards[s], &of_shards,
			channel_memory[s]);
	}
}

static inline void close_callers(void)
{
	while (callers->lines->client_count > 0)
		leaves(callers->lines->clients[0]);
	callers_close(callers);
	for (unsigned s = 0; s < SHARDS; s++)
		free(channel_memory[s]);
}

static inline int begin(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	conf = (struct rdl_conf){ .requests = {
					  .socket = { .path = path },
					  .mode = RDL_CONF_MODE_OWNER,
					  .clients = 3,
					  .buffer_kb = BUFFER >> 10,
					  .per_endpoint = 16,
					  .outstanding = 2000,
					  .observations = 4,
					  .max_payload = 4096,
				  } };
	owners = (struct owners){ .count = SHARDS, .endpoint_key = { 1, 2 } };
	for (unsigned s = 0; s < SHARDS; s++) {
		cores[s] = calloc(1, sizeof(*cores[s]));
		rdl_mailbox_init(&cores[s]->question.mailbox);
		owners.cores[s] = cores[s];
	}
	open_callers();
	return 0;
}

static inline int end(void **state)
{
	close_callers();
	for (unsigned s = 0; s < SHARDS; s++)
		free(cores[s]);
	int ret = rmdir(folder);
	snprintf(folder, sizeof(folder), "/tmp/rdl-callers-XXXXXX");
	return ret;
}

#define CALLERS_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* ---- lines ---- */

/* A request with an id and more members, which begin with a comma. */
static inline const char *request(
	const char *id, const char *method, const char *to, const char *more)
{
	static char text[16384];

	snprintf(text, sizeof(text),
		"{\"id\":\"%s\",\"endpoint\":\"dev\",\"method\":\"%s\",\"path\":\"%s\"%s}", id,
		method, to, more);
	return text;
}

#endif
