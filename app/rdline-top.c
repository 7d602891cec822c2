/* SPDX-License-Identifier: BSD-3-Clause */
/* rdline-top: a live view of a gateway. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "top.h"
#include "version.h"

#define CONTROL_DEFAULT "/run/rdline/control.sock"
#define TELEMETRY_FORMAT "/var/run/dpdk/%s/dpdk_telemetry.v2"

enum { EXIT_USAGE = 2 };

static int usage(FILE *out, int code)
{
	fputs("usage: rdline-top [OPTION]...\n"
	      "  -i, --interval SECONDS   between two looks; default 1\n"
	      "  -n, --instance NAME      the gateway's `instance`; default rdline\n"
	      "  -t, --telemetry SOCKET   its telemetry socket, where that is elsewhere\n"
	      "  -s, --socket SOCKET      its control socket, for refusals and endpoints; default\n"
	      "                           $RDLINE_CONTROL, or " CONTROL_DEFAULT "\n"
	      "  -u, --url URL            of its metrics, from another machine: "
	      "http://HOST:9121/metrics\n"
	      "  -b, --batch N            print so many views, one below the other\n"
	      "  -V, --version            print the version\n"
	      "  -h, --help               print this\n",
		out);
	return code;
}

/* 0: it is none, or not within reason. */
static double number_of(const char *text, double max)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' && value > 0 && value <= max ? value : 0;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "interval", required_argument, NULL, 'i' },
		{ "instance", required_argument, NULL, 'n' },
		{ "telemetry", required_argument, NULL, 't' },
		{ "socket", required_argument, NULL, 's' },
		{ "url", required_argument, NULL, 'u' },
		{ "batch", required_argument, NULL, 'b' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct top_options options = { .control = getenv("RDLINE_CONTROL"), .interval_ms = 1000 };
	const char *instance = "rdline", *control = NULL;
	char telemetry[256];
	int option;

	while ((option = getopt_long(argc, argv, "i:n:t:s:u:b:Vh", longs, NULL)) != -1) {
		switch (option) {
		case 'i':
			options.interval_ms = (unsigned)(1000 * number_of(optarg, 3600));
			if (options.interval_ms == 0)
				return usage(stderr, EXIT_USAGE);
			break;
		case 'n':
			instance = optarg;
			break;
		case 't':
			options.telemetry = optarg;
			break;
		case 's':
			control = optarg;
			break;
		case 'u':
			options.url = optarg;
			break;
		case 'b':
			options.batch = (unsigned)number_of(optarg, 1e6);
			if (options.batch == 0)
				return usage(stderr, EXIT_USAGE);
			break;
		case 'V':
			puts("rdline-top " RDL_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, EXIT_USAGE);
		}
	}
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	if (control != NULL)
		options.control = control;
	/* Metrics come from another machine, whose sockets are not here. */
	if (options.url != NULL && control == NULL)
		options.control = NULL;
	else if (options.control == NULL && access(CONTROL_DEFAULT, F_OK) == 0)
		options.control = CONTROL_DEFAULT;
	snprintf(telemetry, sizeof(telemetry), TELEMETRY_FORMAT, instance);
	if (options.telemetry == NULL)
		options.telemetry = telemetry;
	return top_run(&options);
}
