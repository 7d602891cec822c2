/* SPDX-License-Identifier: BSD-3-Clause */
/* A control socket in a folder of its own, before cores that are stepped by a thread. */
#ifndef RDL_TEST_CONSOLE_FIXTURE_H
#define RDL_TEST_CONSOLE_FIXTURE_H

#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "commands.h"
#include "console.h"
#include "eal.h"
#include "gateway_cores.h"
#include "heard.h"
#include "identities_made.h"
#include "own_clock.h"
#include "talk.h"

#define SHARDS 2
#define WORKERS 5

static char folder[] = "/tmp/rdl-console-XXXXXX";
static char path[64];
static struct rdl_refusals refusals[WORKERS];
static struct console_sources sources;
static struct console *console;
static int client;

static inline void open_console(void)
{
	const struct rdl_conf conf = { .control = { .path = path } };

	assert_int_equal(console_open(&conf, &console), 0);
	assert_non_null(console);
	assert_int_equal(console_start(console, &sources), 0);
	client = talk_to(path);
	assert_true(client >= 0);
}

static inline void close_console(void)
{
	close(client);
	console_stop(console);
	console_close(console);
}

/* Before each test, which registers what it wants, and has the cores run. */
static inline int begin(void **state)
{
	memset(refusals, 0, sizeof(refusals));
	gateway_cores_start(SHARDS);
	sources = (struct console_sources){
		.owners = &gateway_owners,
		.facts = { gateway_location_key(), 1 },
		.registrations_max = 1000,
		.worker_count = WORKERS,
	};
	for (unsigned w = 0; w < WORKERS; w++)
		sources.refusals[w] = &refusals[w];
	open_console();
	return 0;
}

static inline int end(void **state)
{
	close_console();
	gateway_cores_stop();
	return 0;
}

#define CONSOLE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

static inline int start(void **state)
{
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/socket", folder);
	return eal_start(state);
}

static inline int stop(void **state)
{
	return rmdir(folder) == 0 ? eal_stop(state) : -1;
}

#define RUN_CONSOLE_TESTS(tests) cmocka_run_group_tests((tests), start, stop)

/* As it comes over the socket. */
static inline void expect_reply(const char *request, const char *reply)
{
	assert_string_equal(talk_ask(client, request), reply);
}

static inline void expect_error(const char *request, const char *error)
{
	char reply[256];

	snprintf(reply, sizeof(reply), "{\"error\":\"%s\"}", error);
	expect_reply(request, reply);
}

/* The command itself, without a socket; its error, or its reply. */
static inline const char *run(const struct command *command)
{
	static uint8_t reply[COMMANDS_REPLY_MAX + 1];
	struct rdl_cursor out = rdl_cursor(reply, COMMANDS_REPLY_MAX);
	const char *wrong = commands_run(&sources, command, &out);

	assert_false(out.failed);
	*out.pos = '\0';
	return wrong != NULL ? wrong : (const char *)reply;
}

/* In how many places it is. */
static inline unsigned count_of(const char *text, const char *piece)
{
	unsigned n = 0;

	while ((text = strstr(text, piece)) != NULL) {
		text += strlen(piece);
		n++;
	}
	return n;
}

#endif
