/* SPDX-License-Identifier: BSD-3-Clause */
/* load: options, phases, results. */
#include "load.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char usage[] =
	"usage: load [option...]        registers endpoints at a LwM2M server, and checks what it "
	"answers\n"
	"  --to ADDRESS[:PORT]     the server (127.0.0.1:5683)\n"
	"  --endpoints N           how many (100000)\n"
	"  --sources N             source addresses that they share; 0: one each (0)\n"
	"  --from ADDRESS          the first of them; all must be ours (127.1.0.1)\n"
	"  --device NAME           send frames by this interface, which knows the server's MAC\n"
	"  --window N              requests under way (256)\n"
	"  --phases LIST           of register,re-register,update,de-register (all, in this "
	"order),\n"
	"                          and serve: answers requests, and sends an Update where the\n"
	"                          server triggers one, until all have or the time is over\n"
	"  --dtls KEY              by DTLS, whose handshakes are the first phase; KEY is in hex, "
	"and "
	"all\n"
	"                          devices', whose PSK identities are their names (port 5684)\n"
	"  --storm N               N Registers at once, sent again as RFC 7252 says; nothing else\n"
	"  --ack-timeout MS        before a request is first sent again (2000)\n"
	"  --seconds S             most for a phase (120)\n"
	"  --step                  reads a line from standard input before each phase\n"
	"  --server NAME           what to call the server in the output\n"
	"  --json                  one JSON object for each phase\n";

static const char *const phase_names[LOAD_PHASES] = {
	[LOAD_HANDSHAKE] = "handshake",
	[LOAD_REGISTER] = "register",
	[LOAD_REREGISTER] = "re-register",
	[LOAD_UPDATE] = "update",
	[LOAD_SERVE] = "serve",
	[LOAD_DEREGISTER] = "de-register",
};

struct settings {
	const char *server;
	bool wanted[LOAD_PHASES];
	bool storm, step, json;
	uint8_t key[64];
	size_t key_len; /* 0: in clear text */
};

static int wrong_usage(const char *what)
{
	fprintf(stderr, "load: %s\n%s", what, usage);
	return -1;
}

static int parse_number(const char *text, uint32_t max, uint32_t *value)
{
	uint64_t n;

	if (!rdl_decimal(
		    (struct rdl_span){ (const uint8_t *)text, strlen(text) }, UINT64_MAX, &n) ||
		n > max)
		return wrong_usage("a number is not one, or too large");
	*value = (uint32_t)n;
	return 0;
}

static int parse_address(const char *text, struct sockaddr_in *address)
{
	char copy[64];
	uint32_t port = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	char *colon = strchr(copy, ':');
	if (colon != NULL) {
		*colon = '\0';
		if (parse_number(colon + 1, UINT16_MAX, &port) != 0)
			return -1;
		address->sin_port = htons((uint16_t)port);
	}
	address->sin_family = AF_INET;
	return inet_pton(AF_INET, copy, &address->sin_addr) == 1
		       ? 0
		       : wrong_usage("an IPv4 address is not one");
}

static int parse_phases(char *text, bool wanted[LOAD_PHASES])
{
	char *rest = NULL;

	memset(wanted, 0, LOAD_PHASES * sizeof(wanted[0]));
	for (char *name = strtok_r(text, ",", &rest); name != NULL;
		name = strtok_r(NULL, ",", &rest)) {
		unsigned p = 0;

		while (p < LOAD_PHASES && strcmp(name, phase_names[p]) != 0)
			p++;
		if (p == LOAD_PHASES)
			return wrong_usage("there is no such phase");
		wanted[p] = true;
	}
	return 0;
}

static int parse_key(const char *text, struct settings *settings)
{
	size_t len = strlen(text);

	if (len == 0 || len % 2 != 0 || len / 2 > sizeof(settings->key))
		return wrong_usage("a key is not one");
	for (size_t i = 0; i < len; i += 2) {
		unsigned octet;

		if (sscanf(text + i, "%2x", &octet) != 1)
			return wrong_usage("a key is not one");
		settings->key[i / 2] = (uint8_t)octet;
	}
	settings->key_len = len / 2;
	return 0;
}

static int parse_option(int option, char *value, struct load *load, struct settings *settings)
{
	struct sockaddr_in from = { 0 };

	switch (option) {
	case 't':
		return parse_address(value, &load->server);
	case 'f':
		if (parse_address(value, &from) != 0)
			return -1;
		load->from = ntohl(from.sin_addr.s_addr);
		return 0;
	case 'd':
		load->device = value;
		return 0;
	case 'S':
		settings->storm = true;
		/* fall through */
	case 'n':
		return parse_number(value, LOAD_ENDPOINTS_MAX, &load->count);
	case 's':
		return parse_number(value, LOAD_ENDPOINTS_MAX, &load->sources);
	case 'w':
		return parse_number(value, LOAD_ENDPOINTS_MAX, &load->window);
	case 'a':
		return parse_number(value, 60000, &load->ack_timeout_ms);
	case 'T':
		return parse_number(value, 86400, &load->seconds);
	case 'p':
		return parse_phases(value, settings->wanted);
	case 'D':
		return parse_key(value, settings);
	case 'N':
		settings->server = value;
		return 0;
	case 'x':
		settings->step = true;
		return 0;
	case 'j':
		settings->json = true;
		return 0;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		return wrong_usage("an option is not known, or lacks its value");
	}
}

static int parse(int argc, char **argv, struct load *load, struct settings *settings)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "device", required_argument, NULL, 'd' },
		{ "endpoints", required_argument, NULL, 'n' },
		{ "sources", required_argument, NULL, 's' },
		{ "window", required_argument, NULL, 'w' },
		{ "phases", required_argument, NULL, 'p' },
		{ "dtls", required_argument, NULL, 'D' },
		{ "storm", required_argument, NULL, 'S' },
		{ "ack-timeout", required_argument, NULL, 'a' },
		{ "seconds", required_argument, NULL, 'T' },
		{ "server", required_argument, NULL, 'N' },
		{ "step", no_argument, NULL, 'x' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (parse_option(option, optarg, load, settings) != 0)
			return -1;
	if (optind < argc)
		return wrong_usage("there is an argument too many");
	if (settings->storm) {
		load->window = load->count;
		for (unsigned p = 0; p < LOAD_PHASES; p++)
			settings->wanted[p] = p == LOAD_REGISTER;
	}
	if (load->sources == 0 || load->sources > load->count)
		load->sources = load->count;
	settings->wanted[LOAD_HANDSHAKE] = settings->key_len > 0;
	if (settings->key_len > 0 && (settings->storm || load->sources != load->count))
		return wrong_usage("with --dtls there is no storm, and each device is a source");
	if (load->server.sin_port == 0)
		load->server.sin_port = htons(settings->key_len > 0 ? 5684 : 5683);
	if (load->count == 0 || load->window == 0)
		return wrong_usage("without endpoints or a window there is nothing to do");
	return 0;
}

static int allocate(struct load *load)
{
	struct timespec t;

	load->endpoints = aligned_alloc(64, load->count * sizeof(*load->endpoints));
	load->order = calloc(load->count, sizeof(*load->order));
	load->mids = calloc(load->sources, sizeof(*load->mids));
	load->result.latencies_us = calloc(load->count, sizeof(uint32_t));
	if (load->endpoints == NULL || load->order == NULL || load->mids == NULL ||
		load->result.latencies_us == NULL) {
		fprintf(stderr, "load: no memory for %u endpoints\n", load->count);
		return -1;
	}
	/* Touched here, not while it is timed. */
	memset(load->endpoints, 0, load->count * sizeof(*load->endpoints));
	memset(load->result.latencies_us, 1, load->count * sizeof(uint32_t));
	clock_gettime(CLOCK_REALTIME, &t);
	load->random = (uint64_t)t.tv_sec << 20 | (uint64_t)t.tv_nsec | 1;
	for (uint32_t i = 0; i < load->sources; i++)
		load->mids[i] = (uint16_t)load_random(load);
	return 0;
}

static uint32_t percentile(const struct load_result *result, unsigned percent)
{
	return result->answered == 0
		       ? 0
		       : result->latencies_us[(uint64_t)(result->answered - 1) * percent / 100];
}

static void report(const struct load *load, const struct settings *settings)
{
	const struct load_result *r = &load->result;
	const char *phase = settings->storm ? "storm" : phase_names[load->phase];
	double seconds = (double)r->ns / 1e9;
	double rate = r->ns == 0 ? 0 : r->answered / seconds;

	if (settings->json)
		printf("{\"server\": \"%s\", \"phase\": \"%s\", \"registrations\": %u, "
		       "\"sources\": %u, "
		       "\"window\": %u, \"ops_per_s\": %.0f, \"last_ms\": %.1f, \"answered\": %u, "
		       "\"lost\": %u, "
		       "\"wrong\": %u, \"asked\": %llu, \"retransmitted\": %llu, \"late\": %llu, "
		       "\"p50_us\": %u, "
		       "\"p99_us\": %u}\n",
			settings->server, phase, load->count, load->sources, load->window, rate,
			seconds * 1e3, r->answered, r->lost, r->wrong, (unsigned long long)r->asked,
			(unsigned long long)r->retransmitted, (unsigned long long)r->late,
			percentile(r, 50), percentile(r, 99));
	else
		printf("%-12s %8.0f/s  last after %.1f ms  answered %u  lost %u  wrong %u  "
		       "retransmitted %llu  "
		       "late %llu  p50 %u us  p99 %u us\n",
			phase, rate, seconds * 1e3, r->answered, r->lost, r->wrong,
			(unsigned long long)r->retransmitted, (unsigned long long)r->late,
			percentile(r, 50), percentile(r, 99));
	fflush(stdout);
}

/* False when there is to be no next phase. */
static bool stepped(const struct settings *settings)
{
	char line[16];

	return !settings->step || fgets(line, sizeof(line), stdin) != NULL;
}

int main(int argc, char **argv)
{
	static struct load load = {
		.server = { .sin_family = AF_INET, .sin_addr.s_addr = 0, .sin_port = 0 },
		.from = 0x7f010001,
		.count = 100000,
		.window = 256,
		.ack_timeout_ms = 2000,
		.seconds = 120,
	};
	struct settings settings = { .server = "server",
		.wanted = { false, true, true, true, false, true } };
	bool good = true;

	load.server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (parse(argc, argv, &load, &settings) != 0)
		return 2;
	struct load_wire *wire = load_wire_open(&load);
	if (wire == NULL || allocate(&load) != 0)
		return 1;
	if (settings.key_len > 0) {
		load.secure = load_secure_create(
			&load, wire, (struct rdl_span){ settings.key, settings.key_len });
		if (load.secure == NULL)
			return 1;
	}
	for (unsigned p = 0; p < LOAD_PHASES; p++) {
		if (!settings.wanted[p] || !stepped(&settings))
			continue;
		load.phase = (enum load_phase)p;
		load_run(&load, wire);
		report(&load, &settings);
		good = good && load.result.wrong == 0 && load.result.lost == 0 &&
		       (p == LOAD_SERVE || load.result.answered == load.count);
	}
	load_secure_destroy(load.secure);
	load_wire_close(wire);
	return good ? 0 : 1;
}
