/* SPDX-License-Identifier: BSD-3-Clause */
/* A daemon whose file is read again: which rules are in force then, which configuration stays. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon.h"
#include "log.h"

#define PORT "ports = ( { device = \"net_tap0\"; addresses = [ \"192.0.2.1/24\" ]; } );\n"

static struct daemon *the_daemon;
static char path[64];
static uint64_t seen; /* by the only role that there is */

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int begin(void **state)
{
	snprintf(path, sizeof(path), "/tmp/rdline-reload-%d.conf", (int)getpid());
	write_file(PORT);
	the_daemon = calloc(1, sizeof(*the_daemon));
	assert_non_null(the_daemon);
	the_daemon->path = path;
	the_daemon->in_force = daemon_read(path, NULL, &the_daemon->dtls.certificates);
	the_daemon->conf = the_daemon->in_force;
	assert_non_null(the_daemon->conf);
	seen = 0;
	rdl_rulebook_init(&the_daemon->rulebook);
	rdl_rulebook_add_reader(&the_daemon->rulebook, &seen);
	rdl_rulebook_change(&the_daemon->rulebook, daemon_rules(the_daemon, the_daemon->conf));
	rdl_log_show(RDL_LOG_ERROR);
	return 0;
}

static int end(void **state)
{
	rdl_rulebook_close(&the_daemon->rulebook);
	if (the_daemon->in_force != the_daemon->conf)
		rdl_conf_free(the_daemon->in_force);
	rdl_conf_free((struct rdl_conf *)(uintptr_t)the_daemon->conf);
	free(the_daemon);
	unlink(path);
	return 0;
}

/* Reads this text; the rules that are in force then. */
static const struct rdl_rules *reload(const char *text)
{
	write_file(text);
	daemon_reload(the_daemon);
	return rdl_rulebook_read(&the_daemon->rulebook, &seen);
}

static void test_in_force(void **state)
{
	const struct rdl_conf *first = the_daemon->conf;
	const struct rdl_rules *rules = reload(PORT "admission = { updates = 7; };\n"
						    "workers = 9; log = { level = \"error\"; };\n");

	assert_int_equal(rules->number, 2);
	assert_int_equal(rules->limits.updates, 7);
	assert_int_equal(rules->log_level, RDL_LOG_ERROR);
	assert_int_equal(rdl_rulebook_reclaim(&the_daemon->rulebook), 0);
	/* What was set up by the first one lives on with it. */
	assert_ptr_equal(the_daemon->conf, first);
	assert_int_equal(the_daemon->conf->workers, 1);
	assert_int_equal(the_daemon->in_force->admission.updates, 7);
	rules = reload(PORT "endpoints = { deny = [ \"x\" ]; };\n");
	assert_int_equal(rules->number, 3);
	assert_int_equal(rules->limits.updates, 10);
	assert_int_equal(rdl_policy_config(rules->policy)->deny_count, 1);
}

/* Where nothing that may change has, the rules are the very same: what is known by them stays. */
static void test_the_same(void **state)
{
	const struct rdl_rules *rules = rdl_rulebook_read(&the_daemon->rulebook, &seen);

	assert_ptr_equal(reload("# a comment\n" PORT), rules);
	assert_ptr_equal(reload(PORT "shards = 5; coap = { port = 1; };\n"), rules);
	assert_int_equal(reload(PORT "admission = { burst = 1; };\n")->number, 2);
	assert_int_equal(reload(PORT "admission = { burst = 1; };\n")->number, 2);
	assert_int_equal(reload(PORT)->number, 3);
}

static void test_errors(void **state)
{
	static const char *const bad[] = { "", PORT "admission = { updates = 7; }; workers = 0;\n",
		PORT "lwm2m = { version = \"2.0\"; };\n",
		PORT "endpoints = { known = \"/dev/zero\"; };\n",
		PORT "admission = { updates = 7; }; dtls = { certificate = \"/nowhere\"; "
		     "key = \"/nowhere\"; ca = \"/nowhere\"; };\n" };
	const struct rdl_rules *rules = rdl_rulebook_read(&the_daemon->rulebook, &seen);

	for (size_t i = 0; i < RDL_ARRAY_LEN(bad); i++) {
		assert_ptr_equal(reload(bad[i]), rules);
		assert_ptr_equal(the_daemon->in_force, the_daemon->conf);
	}
	assert_int_equal(reload(PORT "admission = { updates = 7; };\n")->number, 2);
	assert_int_equal(reload("nothing")->limits.updates, 7);
	unlink(path);
	daemon_reload(the_daemon);
	assert_int_equal(rdl_rulebook_read(&the_daemon->rulebook, &seen)->number, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_force, begin, end),
		cmocka_unit_test_setup_teardown(test_the_same, begin, end),
		cmocka_unit_test_setup_teardown(test_errors, begin, end),
	};

	return RUN_TESTS(tests);
}
