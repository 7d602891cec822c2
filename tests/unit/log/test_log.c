/* SPDX-License-Identifier: BSD-3-Clause */
/* What comes out on stderr. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heard.h"
#include "log.h"

static void levels(void **state)
{
	listen_to();
	rdl_log_debug("area", "hidden");
	rdl_log_info("area", "n=%d", 5);
	rdl_log_show(RDL_LOG_WARN);
	rdl_log_info("area", "hidden");
	rdl_log_warn("area", "shown");
	rdl_log_error("start", "worst");
	rdl_log_line(RDL_LOG_DEBUG, "usage: ", "always shown");
	rdl_log_show(RDL_LOG_DEBUG);
	rdl_log_debug("area", "shown now");
	rdl_log_show(RDL_LOG_INFO);
	assert_string_equal(heard(), "info area: n=5\n"
				     "warn area: shown\n"
				     "error start: worst\n"
				     "usage: always shown\n"
				     "debug area: shown now\n");
}

static void a_line_is_one_line(void **state)
{
	char many[5000];

	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	listen_to();
	rdl_log_info("area", "name=%s", "a\nerror b: forged\x1b[2J");
	rdl_log_info("area", "%s", many);
	rdl_log_line(RDL_LOG_INFO, "", many);
	const char *said = heard();

	assert_int_equal(lines_in(said), 3);
	assert_non_null(strstr(said, "name=a?error b: forged?[2J\n"));
	assert_true(strlen(said) < 4300);
}

static void priorities_for_the_journal(void **state)
{
	struct stat status;
	char stream[64];

	listen_to();
	assert_int_equal(fstat(STDERR_FILENO, &status), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		(unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	rdl_log_open();
	rdl_log_show(RDL_LOG_DEBUG);
	rdl_log_error("a", "1");
	rdl_log_warn("a", "2");
	rdl_log_info("a", "3");
	rdl_log_debug("a", "4");
	/* Somebody else's stream: inherited, and stderr led elsewhere since. */
	setenv("JOURNAL_STREAM", "1:1", 1);
	rdl_log_open();
	rdl_log_info("a", "5");
	unsetenv("JOURNAL_STREAM");
	rdl_log_open();
	rdl_log_info("a", "6");
	rdl_log_show(RDL_LOG_INFO);
	assert_string_equal(heard(), "<3>error a: 1\n<4>warn a: 2\n<6>info a: 3\n<7>debug a: 4\n"
				     "info a: 5\ninfo a: 6\n");
}

static void lines_of_which_there_are_many(void **state)
{
	static struct rdl_log_kind kind = { RDL_LOG_KIND(RDL_LOG_WARN, "load", "things happened") };
	static struct rdl_log_kind other = { RDL_LOG_KIND(RDL_LOG_INFO, "core", "others") };

	listen_to();
	for (unsigned i = 0; i < 35; i++)
		rdl_log_some(&kind, 1000 + i, "thing=%u", i);
	rdl_log_some(&other, 1050, "a kind counts for itself");
	rdl_log_rest(10999);
	const char *said = heard();
	assert_int_equal(lines_in(said), 11);
	assert_non_null(strstr(said, "warn load: thing=9\ninfo core: a kind"));

	listen_to();
	rdl_log_some(&kind, 11000, "thing=%u", 77);
	for (unsigned i = 0; i < 12; i++)
		rdl_log_some(&kind, 11001, "again");
	rdl_log_rest(20999);
	said = heard();
	assert_int_equal(lines_in(said), 10);
	assert_non_null(strstr(said, "warn load: thing=77 swallowed=25\n"));

	/* No line follows: what was swallowed is said all the same, once. */
	listen_to();
	rdl_log_rest(21000);
	rdl_log_rest(40000);
	assert_string_equal(heard(), "warn load: things happened swallowed=3\n");
}

/* Not while nobody has read what there is. */
static void whether_it_flows(void **state)
{
	int ends[2], standard = dup(STDERR_FILENO);
	char octets[4096] = { 0 };

	assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	bool before = rdl_log_flows();
	while (write(ends[1], octets, sizeof(octets)) > 0)
		;
	bool full = rdl_log_flows();
	while (read(ends[0], octets, sizeof(octets)) > 0)
		;
	bool after = rdl_log_flows();
	dup2(standard, STDERR_FILENO);
	close(standard);
	close(ends[0]);
	close(ends[1]);
	assert_true(before);
	assert_false(full);
	assert_true(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(a_line_is_one_line),
		cmocka_unit_test(priorities_for_the_journal),
		cmocka_unit_test(lines_of_which_there_are_many),
		cmocka_unit_test(whether_it_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
