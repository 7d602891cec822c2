/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may send what, by requests.allow; and the socket, with its thread. */
#include "fixture.h"

#include "talk.h"

/* Groups by which this process is known, and one by which it is not. */
static const char *mine, *another, *others;

static int find_groups(void **state)
{
	const struct group *group;
	const gid_t own = getegid();

	setgrent();
	while ((group = getgrent()) != NULL) {
		if (group->gr_gid == own)
			mine = strdup(group->gr_name);
		else if (another == NULL)
			another = strdup(group->gr_name);
		else if (others == NULL)
			others = strdup(group->gr_name);
	}
	endgrent();
	return mine != NULL && another != NULL && others != NULL ? 0 : -1;
}

static int forget_groups(void **state)
{
	free((void *)(uintptr_t)mine);
	free((void *)(uintptr_t)another);
	free((void *)(uintptr_t)others);
	return 0;
}

static const char *two_paths[] = { "/3/*", "/1/?/8" };

/* Opens again with these entries. */
static void allow(unsigned count, const struct rdl_conf_allow *entries)
{
	close_callers();
	memcpy(conf.requests.allow, entries, count * sizeof(*entries));
	conf.requests.allow_count = count;
	open_callers();
}

static bool may(
	struct rdl_lines_client *client, const char *method, const char *to, const char *more)
{
	static const char denied[] = "{\"id\":\"1\",\"state\":\"refused\",\"code\":\"4.01\","
				     "\"reason\":\"not allowed\"}\n";

	says(client, request("1", method, to, more));
	if (given() != NULL)
		return true;
	assert_string_equal(told(client), denied);
	return false;
}

static void methods_and_paths(void **state)
{
	allow(2, (struct rdl_conf_allow[]){
			 { .group = mine, .methods = 1u << 1, .paths = { 2, two_paths } },
			 { .group = others, .methods = UINT32_MAX } });
	struct rdl_lines_client *client = connected(BUFFER);
	assert_true(may(client, "GET", "/3/0", ""));
	assert_true(may(client, "GET", "/3/0/11/0", ""));
	assert_true(may(client, "GET", "/%33/0", ""));
	assert_true(may(client, "GET", "/1/4/8", ""));
	assert_false(may(client, "GET", "/3", ""));
	assert_false(may(client, "GET", "/33/0", ""));
	assert_false(may(client, "GET", "/1/44/8", ""));
	assert_false(may(client, "PUT", "/3/0", ""));
	assert_false(may(client, "DELETE", "/3/0", ""));
	assert_int_equal(callers_counts(callers)->denied, 5);
}

/* [{"n":"/3/0"}], [{"n":"/3/0"},{"n":"/4/0"}] */
#define ONE ",\"content_format\":110,\"payload\":\"W3sibiI6Ii8zLzAifV0=\""
#define TWO ",\"content_format\":110,\"payload\":\"W3sibiI6Ii8zLzAifSx7Im4iOiIvNC8wIn1d\""

/* Of a composite operation all that it names counts, and the root does not. */
static void composite(void **state)
{
	allow(1, (struct rdl_conf_allow[]){ {
			 .group = mine,
			 .methods = 1u << RDL_COAP_FETCH | 1u << 3,
			 .paths = { 1, two_paths },
		 } });
	struct rdl_lines_client *client = connected(BUFFER);
	assert_true(may(client, "FETCH", "/", ONE));
	assert_false(may(client, "FETCH", "/", TWO));
	assert_false(may(client, "iPATCH", "/", ONE));
	assert_false(may(client, "FETCH", "/4", ONE));
	assert_true(may(client, "PUT", "/3/1", ONE));
	assert_false(may(client, "PUT", "/3/1", TWO));
}

/* Several entries add up; of a group that one is not of, nothing does. */
static void entries_add_up(void **state)
{
	static const char *three[] = { "/3/*" }, *four[] = { "/4/*" };

	allow(3, (struct rdl_conf_allow[]){
			 { .group = mine, .methods = 1u << 1, .paths = { 1, three } },
			 { .group = mine, .methods = 1u << 3, .paths = { 1, four } },
			 { .group = others, .methods = UINT32_MAX } });
	struct rdl_lines_client *client = connected(BUFFER);
	assert_true(may(client, "GET", "/3/0", ""));
	assert_true(may(client, "PUT", "/4/0", ""));
	assert_false(may(client, "PUT", "/3/0", ""));
	assert_false(may(client, "GET", "/4/0", ""));
	assert_false(may(client, "GET", "/5/0", ""));
}

/* The Security Object is for nobody, whoever may do all. */
static void never_security(void **state)
{
	allow(1, (struct rdl_conf_allow[]){ { .group = mine, .methods = UINT32_MAX } });
	struct rdl_lines_client *client = connected(BUFFER);
	says(client, request("1", "GET", "/0/0/1", ""));
	assert_non_null(strstr(told(client), "\"code\":\"4.01\""));
	assert_null(given());
	assert_true(may(client, "GET", "/5/0", ""));
}

/* Supplementary groups are looked at as the connection was made; only root can have others. */
static void supplementary(void **state)
{
	gid_t before[64];
	int count = getgroups(64, before);
	const struct group *group = getgrnam(another);

	assert_true(count >= 0);
	allow(1, (struct rdl_conf_allow[]){ { .group = another, .methods = UINT32_MAX } });
	if (geteuid() != 0)
		skip();
	assert_int_equal(setgroups(0, NULL), 0);
	struct rdl_lines_client *without = connected(BUFFER);
	assert_int_equal(setgroups(1, &group->gr_gid), 0);
	struct rdl_lines_client *with = connected(BUFFER);
	assert_int_equal(setgroups((size_t)count, before), 0);
	assert_false(may(without, "GET", "/3", ""));
	assert_true(may(with, "GET", "/3", ""));
}

/* Another configuration's entries hold from the next line on, whoever is connected since when. */
static void changed(void **state)
{
	char text[] = "/5";
	const char *one_path[] = { text };
	struct rdl_conf other = conf;
	struct rdl_lines_client *client = connected(BUFFER);

	assert_true(may(client, "GET", "/3/0", ""));
	other.requests.allow[0] = (struct rdl_conf_allow){
		.group = mine, .methods = 1u << 1, .paths = { 1, one_path }
	};
	other.requests.allow_count = 1;
	callers_allow(callers, callers_read_allows(&other));
	/* The configuration may go as soon as it was read. */
	memcpy(text, "/3", 3);
	assert_false(may(client, "GET", "/3", ""));
	assert_true(may(client, "GET", "/5", ""));
	assert_true(may(connected(BUFFER), "GET", "/5", ""));
	/* Only the last of several that come at once ever holds; others are of no group of his. */
	callers_allow(callers, callers_read_allows(&conf));
	other.requests.allow[0].group = others;
	callers_allow(callers, callers_read_allows(&other));
	works();
	assert_false(may(client, "GET", "/5", ""));
	callers_allow(callers, callers_read_allows(&conf));
	assert_true(may(client, "GET", "/3/0", ""));
	/* What nobody looks at any more is freed; a sanitizer sees that. */
	callers_allow(callers, callers_read_allows(&other));
}

static void no_such_group(void **state)
{
	struct rdl_conf wrong = conf;
	struct callers *none;

	wrong.requests.allow[0] =
		(struct rdl_conf_allow){ .group = "no such group", .where = { "x.conf", 7 } };
	wrong.requests.allow_count = 1;
	assert_null(callers_read_allows(&wrong));
	assert_int_equal(callers_open(&wrong, &none), -1);
	assert_null(none);
	wrong.requests.socket.path = NULL;
	assert_int_equal(callers_open(&wrong, &none), 0);
	assert_null(none);
	assert_int_equal(callers_memory(&wrong), 0);
	assert_int_equal(callers_start(none, &owners), 0);
	callers_stop(none);
	callers_close(none);
}

/* ---- the socket ---- */

/* As a client sees it: a line, what a shard makes of it, and a megabyte without an end. */
static void over_the_socket(void **state)
{
	struct rdl_order *order = NULL;
	char *long_one = malloc((1 << 20) + 1);

	assert_int_equal(callers_start(callers, &owners), 0);
	int fd = talk_to(path);
	assert_true(fd >= 0);
	talk_say(fd, request("1", "GET", "/3", ""));
	talk_say(fd, "\n");
	while ((order = given()) == NULL)
		usleep(1000);
	reports_text(order, "x");
	gives_back(order, RDL_ORDER_answered, RDL_ORDER_REASON_none);
	assert_string_equal(talk_hear(fd),
		"{\"id\":\"1\",\"state\":\"answered\",\"code\":\"2.05\","
		"\"content_format\":0,\"payload\":\"eA==\",\"rtt_ms\":7}");
	assert_string_equal(
		talk_ask(fd, "{}"), "{\"error\":\"id: not a string of 1 to 64 octets\"}");
	memset(long_one, 'x', 1 << 20);
	/* It hangs up on whoever goes on. */
	for (size_t sent = 0; sent < 1 << 20;) {
		ssize_t n = send(fd, long_one + sent, (1 << 20) - sent, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	close(fd);
	free(long_one);
	callers_stop(callers);
	assert_int_equal(callers_lines_counts(callers)->errors, 2);
	assert_int_equal(callers_counts(callers)->outstanding, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLERS_TEST(methods_and_paths),
		CALLERS_TEST(composite),
		CALLERS_TEST(entries_add_up),
		CALLERS_TEST(never_security),
		CALLERS_TEST(supplementary),
		CALLERS_TEST(changed),
		CALLERS_TEST(no_such_group),
		CALLERS_TEST(over_the_socket),
	};

	return cmocka_run_group_tests(tests, find_groups, forget_groups);
}
