/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A main for a fuzz target: runs it over each file of the folders and files given, by default of its own corpus. One
 * test a folder or file; a target that fails ends the program, and the input that did it is named.
 */
#include "support.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define PATH_ROOM 1024
#define INPUT_MAX 65536

#pragma weak LLVMFuzzerInitialize
/* The sanitizers' reports come without a signal. */
void __sanitizer_set_death_callback(void (*callback)(void));
#pragma weak __sanitizer_set_death_callback
void __ubsan_on_report(void);

static char current[PATH_ROOM];

/* Nothing but what a signal handler may call. */
static void name_input(void)
{
	static const char before[] = "# the input is ";

	if (current[0] == '\0')
		return;
	(void)!write(STDOUT_FILENO, before, sizeof(before) - 1);
	(void)!write(STDOUT_FILENO, current, strlen(current));
	(void)!write(STDOUT_FILENO, "\n", 1);
}

void __ubsan_on_report(void)
{
	name_input();
}

static void died(int signal_number)
{
	name_input();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void watch(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };

	signal(SIGABRT, died);
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(name_input);
	else
		for (size_t i = 0; i < RDL_ARRAY_LEN(signals); i++)
			signal(signals[i], died);
}

static bool run_file(const char *path)
{
	static uint8_t octets[INPUT_MAX];
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		return false;
	size_t len = fread(octets, 1, sizeof(octets), file);
	bool whole = feof(file) && !ferror(file);
	fclose(file);
	if (!whole)
		return false;
	snprintf(current, sizeof(current), "%s", path);
	uint8_t *input = guard_copy(octets, len);
	LLVMFuzzerTestOneInput(input, len);
	guard_free(input, len);
	current[0] = '\0';
	return true;
}

/* Returns the inputs that it ran, or -1 when one cannot be read. */
static int run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), runs = 0;

	for (int i = 0; i < count; i++) {
		char file[PATH_ROOM];
		bool hidden = entries[i]->d_name[0] == '.';

		snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
		free(entries[i]);
		if (hidden || runs < 0)
			continue;
		runs = run_file(file) ? runs + 1 : -1;
	}
	if (count >= 0)
		free(entries);
	return count < 0 ? -1 : runs;
}

static bool run(int number, const char *path)
{
	struct stat status;
	int runs = -1;

	if (stat(path, &status) == 0)
		runs = S_ISDIR(status.st_mode) ? run_folder(path) : run_file(path) ? 1 : -1;
	if (runs > 0)
		printf("ok %d - %s: %d inputs\n", number, path, runs);
	else
		printf("not ok %d - %s: %s\n", number, path,
			runs == 0 ? "no input" : strerror(errno));
	return runs > 0;
}

int main(int argc, char **argv)
{
	char corpus[PATH_ROOM];
	const char *slash = strrchr(argv[0], '/');
	char *paths[] = { corpus }, **path = argv + 1;
	int count = argc - 1;
	bool good = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	watch();
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	if (count == 0) {
		snprintf(corpus, sizeof(corpus), "tests/fuzz/corpus/%s",
			slash != NULL ? slash + 1 : argv[0]);
		path = paths;
		count = 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++)
		good = run(i + 1, path[i]) && good;
	return good ? 0 : 1;
}
