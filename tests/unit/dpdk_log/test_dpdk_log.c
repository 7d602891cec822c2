/* SPDX-License-Identifier: BSD-3-Clause */
/* What DPDK says, and what becomes of it in our log. */
#include "support.h"

#include <errno.h>

#include <rte_log.h>

#include "dpdk_log.h"
#include "heard.h"
#include "log.h"

/* The linker leads DPDK's perror() there. */
void __wrap_perror(const char *what);

static void say(uint32_t level, const char *text)
{
	assert_true(rte_log(level, RTE_LOGTYPE_USER1, "%s", text) >= 0);
}

/* First of all: what counts is the first error since the mark, or before it. */
static void the_reason(void **state)
{
	char longest[400];

	listen_to();
	assert_string_equal(dpdk_log_reason(), "");
	say(RTE_LOG_WARNING, "only a warning\n");
	assert_string_equal(dpdk_log_reason(), "");
	say(RTE_LOG_ERR, "EAL: first\n");
	say(RTE_LOG_ERR, "EAL: second\n");
	assert_string_equal(dpdk_log_reason(), "; DPDK says: EAL: first");
	dpdk_log_mark();
	say(RTE_LOG_WARNING, "no error\n");
	assert_string_equal(dpdk_log_reason(), "; DPDK says: EAL: first");
	say(RTE_LOG_CRIT, "third\nfourth\n");
	say(RTE_LOG_ERR, "fifth\n");
	assert_string_equal(dpdk_log_reason(), "; DPDK says: third");
	dpdk_log_mark();
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	say(RTE_LOG_ERR, longest);
	assert_int_equal(strlen(dpdk_log_reason()), 299);
	/* All of that was while DPDK starts: for debugging only. */
	assert_string_equal(heard(), "");
}

static void hidden_and_shown(void **state)
{
	listen_to();
	rdl_log_show(RDL_LOG_DEBUG);
	say(RTE_LOG_ERR, "an error at the start\n");
	dpdk_log_shown(true);
	say(RTE_LOG_ERR, "an error\n");
	dpdk_log_shown(false);
	say(RTE_LOG_WARNING, "a warning at the end\n");
	rdl_log_show(RDL_LOG_INFO);
	assert_string_equal(heard(), "debug dpdk: an error at the start\n"
				     "error dpdk: an error\n"
				     "debug dpdk: a warning at the end\n");
}

static void levels(void **state)
{
	listen_to();
	rdl_log_show(RDL_LOG_DEBUG);
	dpdk_log_shown(true);
	say(RTE_LOG_EMERG, "1\n");
	say(RTE_LOG_ERR, "4\n");
	say(RTE_LOG_WARNING, "5\n");
	say(RTE_LOG_NOTICE, "6\n");
	say(RTE_LOG_INFO, "7\n");
	say(RTE_LOG_DEBUG, "8\n");
	rdl_log_show(RDL_LOG_INFO);
	assert_string_equal(heard(), "error dpdk: 1\nerror dpdk: 4\nwarn dpdk: 5\n"
				     "info dpdk: 6\ninfo dpdk: 7\ndebug dpdk: 8\n");
}

/* A message may be several lines, an empty one, or one without an end. */
static void lines(void **state)
{
	listen_to();
	dpdk_log_shown(true);
	say(RTE_LOG_INFO, "one\n\ntwo\n");
	say(RTE_LOG_INFO, "\n");
	say(RTE_LOG_INFO, "three");
	say(RTE_LOG_INFO, "four\n");
	assert_string_equal(
		heard(), "info dpdk: one\ninfo dpdk: two\ninfo dpdk: three\ninfo dpdk: four\n");
}

/* The same warning without end: ten in ten seconds. Errors are another kind. */
static void many(void **state)
{
	listen_to();
	dpdk_log_shown(true);
	for (unsigned i = 0; i < 30; i++)
		say(RTE_LOG_WARNING, "again\n");
	say(RTE_LOG_ERR, "an error\n");
	const char *said = heard();
	assert_true(lines_in(said) <= 11);
	assert_non_null(strstr(said, "warn dpdk: again\n"));
	assert_non_null(strstr(said, "error dpdk: an error\n"));
}

static void of_the_system(void **state)
{
	listen_to();
	errno = EPIPE;
	__wrap_perror("Error writing to socket");
	assert_string_equal(heard(), "info dpdk: Error writing to socket: Broken pipe\n");
}

/* The operator asked for DPDK's words from the start. */
static void verbose(void **state)
{
	dpdk_log_open(true);
	listen_to();
	say(RTE_LOG_NOTICE, "at once\n");
	assert_string_equal(heard(), "info dpdk: at once\n");
}

static int begin(void **state)
{
	dpdk_log_open(false);
	return rte_log_set_level(RTE_LOGTYPE_USER1, RTE_LOG_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reason),
		cmocka_unit_test(hidden_and_shown),
		cmocka_unit_test(levels),
		cmocka_unit_test(lines),
		cmocka_unit_test(many),
		cmocka_unit_test(of_the_system),
		cmocka_unit_test(verbose),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
