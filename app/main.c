/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline: start in stages, serve until told to stop,
 * undo the stages in reverse. The main thread never polls.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "start.h"
#include "version.h"

#define EXIT_USAGE 2

static void usage(FILE *out)
{
	fputs("usage: rdline [-t] -c FILE\n"
	      "  -c, --config FILE  serve as FILE says, in the foreground, until SIGTERM or "
	      "SIGINT\n"
	      "  -t, --test         only check FILE: print what is wrong with it, exit 0 or 1\n"
	      "  -V, --version      print the version\n"
	      "  -h, --help         print this\n",
		out);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "test", no_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = NULL;
	int check_only = 0;
	int option;

	while ((option = getopt_long(argc, argv, "c:tVh", longs, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 't':
			check_only = 1;
			break;
		case 'V':
			puts("rdline " RDL_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (path == NULL || optind != argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	return check_only ? start_check(path) : start_serve(path);
}
