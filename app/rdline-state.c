/* SPDX-License-Identifier: BSD-3-Clause */
/* rdline-state: prints what a state directory holds, checks it, and cuts what is damaged. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspect.h"
#include "version.h"

enum { EXIT_ERROR = 1, EXIT_USAGE = 2 };

static void usage(FILE *out)
{
	fputs("usage: rdline-state [--verify | --discard-after | --forget-sessions] DIRECTORY\n"
	      "  prints what a gateway's state directory holds, an entry a line, as JSON; no "
	      "gateway "
	      "has it\n"
	      "  --verify          prints nothing but how far each log can be read\n"
	      "  --discard-after   gives up what is damaged, and what comes after it in that log\n"
	      "  --forget-sessions of a directory from a backup: no DTLS session comes back\n"
	      "  -V, --version     print the version\n"
	      "  -h, --help        print this\n"
	      "exit: 0 done, 1 an error, or something is damaged, 2 usage\n",
		out);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "verify", no_argument, NULL, 'v' },
		{ "discard-after", no_argument, NULL, 'd' },
		{ "forget-sessions", no_argument, NULL, 'f' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct inspect_options options = { .verify = false };
	unsigned modes = 0;
	bool forget = false;
	int option;

	while ((option = getopt_long(argc, argv, "Vh", longs, NULL)) != -1) {
		switch (option) {
		case 'v':
			options.verify = true;
			modes++;
			break;
		case 'd':
			options.discard = true;
			modes++;
			break;
		case 'f':
			forget = true;
			modes++;
			break;
		case 'V':
			puts("rdline-state " RDL_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind + 1 != argc || modes > 1) {
		usage(stderr);
		return EXIT_USAGE;
	}
	options.directory = argv[optind];
	int rc = forget ? inspect_forget_sessions(options.directory, stdout, stderr)
			: inspect(&options, stdout, stderr);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("rdline-state: standard output cannot be written to\n", stderr);
		return EXIT_ERROR;
	}
	return rc;
}
