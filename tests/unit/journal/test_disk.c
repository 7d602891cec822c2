/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine's own files: past the kernel's pages, and where a file system knows nothing else. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool only_pages;

/* In place of the system's, for this program. */
int open(const char *path, int flags, ...)
{
	if (only_pages && (flags & O_DIRECT) != 0) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

static void log_and_read(bool pages)
{
	static const char template[] = "/var/tmp/rdline-journal-XXXXXX";
	struct rdl_journal_state told;
	char directory[sizeof(template)], command[128];
	struct fixture fixture;

	fixture_begin(&fixture, 1);
	only_pages = pages;
	strcpy(directory, template);
	assert_non_null(mkdtemp(directory));
	for (unsigned run = 0; run < 3; run++) {
		fixture.logs = rdl_journal_logs_open(directory, true, NULL, fixture.problem);
		if (fixture.logs == NULL)
			fail_msg("%s", fixture.problem);
		assert_int_equal(rdl_journal_logs_count(fixture.logs), run);
		fixture_read_all(&fixture);
		if (run > 0)
			assert_int_equal(rdl_journal_logs_get(fixture.logs, run - 1)->end, 600);
		if (!fixture_run(&fixture))
			fail_msg("%s", fixture.problem);
		fixture_log(&fixture, 0, 600);
		assert_int_equal(rdl_journal_confirmed(&fixture.rings[0]), 600);
		rdl_journal_state(fixture.journal, 0, &told);
		assert_true(told.buffered || !pages);
		/* It is for nobody else, and one has it. */
		assert_null(rdl_journal_logs_open(directory, true, NULL, fixture.problem));
		assert_non_null(strstr(fixture.problem, "in use by another rdline"));
		fixture_stop(&fixture);
	}
	fixture_end(&fixture);
	snprintf(command, sizeof(command), "test -z \"$(find %s -perm /077)\" && rm -r %s",
		directory, directory);
	assert_int_equal(system(command), 0);
}

static void past_the_pages(void **state)
{
	log_and_read(false);
}

static void on_pages(void **state)
{
	log_and_read(true);
	only_pages = false;
}

/* Where there was none, with a relative path, too. */
static void a_directory_is_made(void **state)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX], above[] = "/var/tmp/rdline-journal-XXXXXX";

	assert_non_null(mkdtemp(above));
	assert_int_equal(chdir(above), 0);
	for (unsigned i = 0; i < 2; i++) {
		static const char *const names[] = { "a", "./a/b" };
		struct rdl_journal_logs *logs =
			rdl_journal_logs_open(names[i], true, NULL, problem);

		if (logs == NULL)
			fail_msg("%s", problem);
		assert_int_equal(rdl_journal_logs_count(logs), 0);
		rdl_journal_logs_close(logs);
	}
	assert_int_equal(system("test -d a/b && rm -r a"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(above), 0);
}

static void what_cannot_be(void **state)
{
	char problem[RDL_JOURNAL_PROBLEM_MAX], longest[RDL_JOURNAL_PROBLEM_MAX];

	assert_null(rdl_journal_logs_open("/nowhere/at/all", true, NULL, problem));
	assert_string_equal(problem, "/nowhere/at/all: No such file or directory");
	assert_null(rdl_journal_logs_open("/var/tmp/rdline-nothing", false, NULL, problem));
	assert_non_null(strstr(problem, "No such file or directory"));
	assert_null(rdl_journal_logs_open("/dev/null", true, NULL, problem));
	assert_non_null(strstr(problem, "Not a directory"));
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_null(rdl_journal_logs_open(longest, true, NULL, problem));
	assert_int_equal(strlen(problem), sizeof(problem) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(past_the_pages),
		cmocka_unit_test(on_pages),
		cmocka_unit_test(a_directory_is_made),
		cmocka_unit_test(what_cannot_be),
	};

	return RUN_TESTS(tests);
}
