/* SPDX-License-Identifier: BSD-3-Clause */
#include "options.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS_MAX 10
#define REQUESTS_MIN 300000 /* of each phase */
#define WINDOW_MAX 900 /* of 1024 descriptors */
#define ENDPOINTS_MAX 16000000 /* addresses of 10.0.0.0/8 */

void options_usage(FILE *out)
{
	fputs("usage: rdline-bench -n REGISTRATIONS [-w WORKERS] [-s SHARDS] [options]\n"
	      "  --json             one JSON object per line and phase\n"
	      "  --mixed            Registers as several real clients write them\n"
	      "  --dtls             then the same in DTLS sessions, one for each endpoint\n"
	      "  --cid PERCENT      of them with a Connection ID (50)\n"
	      "  --gcm PERCENT      of them of AES-128-GCM (0), the others of AES-128-CCM-8\n"
	      "  --offload          checksums verified by the port, as NICs do\n"
	      "  --window N         requests under way (512)\n"
	      "  --generator WHERE  worker, shard: shares the first one's CPU; default: one to "
	      "spare, or the worker's\n"
	      "  --one-core         all roles on one CPU, so that the generator has one\n"
	      "  --uncounted        the same, in one thread, and the generator takes no time\n"
	      "  --open-loop RATE   then Updates at this rate a second, with their latency\n"
	      "  --storm N          with --open-loop: N requests, new Registers among them\n"
	      "  --updates PERCENT  of Updates in a storm (50)\n"
	      "  --asks N           then N requests to devices, which are answered at once\n"
	      "  --re-registers N   each endpoint so many times, for a profiler\n"
	      "  --updates-each N   the same\n"
	      "  --events N         N subscribers of the event stream; 0: nobody listens\n"
	      "  --state DIR        changes are kept there, which is to be empty\n"
	      "  --durability WORD  commit, window or none (commit)\n"
	      "  --expiry           instead: all registrations end in one second\n"
	      "  --stages           instead: ticks of each stage of a worker by itself\n"
	      "  --no-huge          memory in pages of 4 KiB\n"
	      "  --realtime         SCHED_FIFO, where the machine is shared with others\n",
		out);
}

enum { FLAG = 256, NUMBER = 512, WORD = 1024, EVENTS = 2048 };

static bool number(const char *text, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return *text != '\0' && *text != '-' && *end == '\0';
}

bool options_parse(int argc, char **argv, struct options *o)
{
	bool *const flags[] = { &o->json, &o->mixed, &o->offload, &o->one_core, &o->expiry,
		&o->stages, &o->no_huge, &o->realtime, &o->uncounted, &o->dtls };
	uint64_t *const numbers[] = { &o->registrations, &o->workers, &o->shards, &o->window,
		&o->open_loop, &o->storm, &o->updates_percent, &o->re_registers, &o->updates_each,
		&o->cid_percent, &o->gcm_percent, &o->asks };
	const char **const words[] = { &o->generator, &o->state, &o->durability };
	static const struct option names[] = { { "json", 0, NULL, FLAG },
		{ "mixed", 0, NULL, FLAG + 1 }, { "offload", 0, NULL, FLAG + 2 },
		{ "one-core", 0, NULL, FLAG + 3 }, { "expiry", 0, NULL, FLAG + 4 },
		{ "stages", 0, NULL, FLAG + 5 }, { "no-huge", 0, NULL, FLAG + 6 },
		{ "realtime", 0, NULL, FLAG + 7 }, { "uncounted", 0, NULL, FLAG + 8 },
		{ "dtls", 0, NULL, FLAG + 9 }, { "window", 1, NULL, NUMBER + 3 },
		{ "open-loop", 1, NULL, NUMBER + 4 }, { "storm", 1, NULL, NUMBER + 5 },
		{ "updates", 1, NULL, NUMBER + 6 }, { "re-registers", 1, NULL, NUMBER + 7 },
		{ "updates-each", 1, NULL, NUMBER + 8 }, { "cid", 1, NULL, NUMBER + 9 },
		{ "gcm", 1, NULL, NUMBER + 10 }, { "asks", 1, NULL, NUMBER + 11 },
		{ "generator", 1, NULL, WORD }, { "state", 1, NULL, WORD + 1 },
		{ "durability", 1, NULL, WORD + 2 }, { "events", 1, NULL, EVENTS },
		{ NULL, 0, NULL, 0 } };
	int option;

	*o = (struct options){ .workers = 1,
		.shards = 1,
		.window = 512,
		.updates_percent = 50,
		.cid_percent = 50,
		.generator = "own",
		.durability = "commit" };
	while ((option = getopt_long(argc, argv, "n:w:s:", names, NULL)) != -1) {
		if (option == 'n' || option == 'w' || option == 's')
			option = NUMBER + (option == 'n' ? 0 : option == 'w' ? 1 : 2);
		if (option >= NUMBER && option < WORD) {
			if (!number(optarg, numbers[option - NUMBER]))
				return false;
		} else if (option == EVENTS) {
			o->events = true;
			if (!number(optarg, &o->listeners))
				return false;
		} else if (option >= WORD) {
			*words[option - WORD] = optarg;
		} else if (option >= FLAG) {
			*flags[option - FLAG] = true;
		} else {
			return false;
		}
	}
	return optind == argc && o->registrations > 0 && o->workers > 0 && o->workers <= 16 &&
	       o->shards > 0 && o->shards <= 16 && o->window > 0 && o->window <= WINDOW_MAX &&
	       o->updates_percent <= 100 && !(o->uncounted && (o->workers > 1 || o->shards > 1)) &&
	       o->listeners <= LISTENERS_MAX && o->cid_percent <= 100 && o->gcm_percent <= 100 &&
	       !(o->dtls && (o->workers > 1 || o->storm > 0)) && !(o->asks > 0 && o->uncounted) &&
	       o->registrations * options_rounds(o) + o->storm < ENDPOINTS_MAX;
}

unsigned options_rounds(const struct options *options)
{
	uint64_t rounds = REQUESTS_MIN / options->registrations + 1;

	/* What is offered at a rate comes once. */
	if (options->open_loop > 0 || options->asks > 0)
		return 1;
	return rounds < ROUNDS_MAX ? (unsigned)rounds : ROUNDS_MAX;
}

static void write_configuration(const struct options *options, FILE *file)
{
	fprintf(file,
		"instance = \"bench-%d\"; workers = %llu; shards = %llu;\n"
		"memory = { hugepages = %s; registrations = %llu; name_octets = 24; };\n"
		"ports = ( { device = \"net_null0\"; addresses = [ \"192.0.2.1/24\" ];%s } );\n"
		/* Between rounds, tombstones have to be gone. */
		"coap = { exchange_lifetime = %u; };\n"
		"admission = { updates = 0; };\n",
		(int)getpid(), (unsigned long long)options->workers,
		(unsigned long long)options->shards, options->no_huge ? "false" : "true",
		(unsigned long long)(options->registrations + options->storm),
		options->asks > 0 ? " gateway = [ \"192.0.2.254\" ];" : "",
		options_rounds(options) > 1 || options->dtls ? 2 : 247);
	if (options->events)
		fprintf(file,
			"events = { socket = \"/tmp/rdline-bench-%d.sock\"; subscribers = %d; };\n",
			(int)getpid(), LISTENERS_MAX);
	if (options->asks > 0)
		fprintf(file, "requests = { socket = \"/tmp/rdline-bench-%d.requests\"; };\n",
			(int)getpid());
	if (options->dtls)
		fprintf(file,
			"dtls = { credentials = \"/tmp/rdline-bench-%d.credentials\"; "
			"sessions = %llu; session_idle_s = 86400; };\n",
			(int)getpid(),
			(unsigned long long)(options->registrations * options_rounds(options)));
	if (options->state != NULL)
		fprintf(file, "state = { directory = \"%s\"; durability = \"%s\"; };\n",
			options->state, options->durability);
	if (options->one_core)
		fprintf(file, "cores = \"%ld\";\n", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	fprintf(file, "lwm2m = { version = \"1.1\"; objects = (\n");
	for (unsigned id = 1; id <= 20; id++)
		fprintf(file, "{ id = %u; versions = [ \"1.0\", \"1.1\" ]; multiple = %s; },\n", id,
			id == 3 ? "false" : "true");
	for (unsigned id = 3300; id < 3350; id++)
		fprintf(file, "{ id = %u; versions = [ \"1.0\", \"1.1\" ]; multiple = true; }%s\n",
			id, id == 3349 ? " ); };" : ",");
}

struct rdl_conf *options_configure(const struct options *options)
{
	char path[] = "/tmp/rdline-bench-XXXXXX";
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file == NULL)
		return NULL;
	write_configuration(options, file);
	fclose(file);
	struct rdl_conf *conf = rdl_conf_load(path, stderr);
	unlink(path);
	return conf;
}
