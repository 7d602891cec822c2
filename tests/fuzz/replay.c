/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A main for a fuzz target: runs it over each input of the packs, folders and files given; by
 * default over its own pack, and over the folder of named files beside it where there is one. One
 * test for each of them; a target that fails ends the program, and the input that did it is named.
 */
#include "octets.h"

#include <signal.h>
#include <unistd.h>

#include "corpus.h"
#include "fuzz.h"

#define PATH_ROOM 1024

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

static void run_input(const char *name, const uint8_t *octets, size_t len)
{
	snprintf(current, sizeof(current), "%s", name);
	uint8_t *input = guard_copy(octets, len);
	LLVMFuzzerTestOneInput(input, len);
	guard_free(input, len);
	current[0] = '\0';
}

static bool run(int number, const char *path)
{
	unsigned runs;
	const char *wrong = corpus_each(path, run_input, &runs);

	if (wrong == NULL)
		printf("ok %d - %s: %u inputs\n", number, path, runs);
	else
		printf("not ok %d - %s: %s, behind %u inputs\n", number, path, wrong, runs);
	return wrong == NULL;
}

int main(int argc, char **argv)
{
	static char pack[PATH_ROOM], named[PATH_ROOM];
	const char *slash = strrchr(argv[0], '/'), *target = slash != NULL ? slash + 1 : argv[0];
	char *own[] = { pack, named }, **paths = argv + 1;
	int count = argc - 1;
	bool good = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	watch();
	if (LLVMFuzzerInitialize != NULL)
		LLVMFuzzerInitialize(&argc, &argv);
	if (count == 0) {
		snprintf(pack, sizeof(pack), "tests/fuzz/corpus/%s.pack", target);
		snprintf(named, sizeof(named), "tests/fuzz/corpus/%s", target);
		paths = own;
		count = access(named, F_OK) == 0 ? 2 : 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++)
		good = run(i + 1, paths[i]) && good;
	return good ? 0 : 1;
}
