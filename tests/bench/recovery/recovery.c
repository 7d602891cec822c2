/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rdline-recovery: what it takes to make a registry again out of a log that is in memory, and what
 * a shard pays for an entry of a change. The fleet has a few object lists, names of 15 octets, and
 * has updated once. Everything is done by one core.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "entries.h"
#include "recovery.h"

int rte_eal_init(int argc, char **argv);

#define BURST RDL_REGISTRY_BURST
#define LISTS 8
#define LINKS 12

struct bench {
	struct rdl_registry_config config;
	struct rdl_registry *registry;
	uint64_t registrations, now_ms;
	struct rdl_location *locations;
	/* Entries, each behind its length. */
	uint8_t *log;
	size_t len, room;
	uint8_t entry[RDL_ENTRY_MAX];
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void die(const char *why)
{
	fprintf(stderr, "rdline-recovery: %s\n", why);
	exit(1);
}

static const struct rdl_object_list *some_list(uint64_t i)
{
	static uint64_t lists[LISTS][16];
	struct rdl_object_list *list = (struct rdl_object_list *)lists[i % LISTS];

	list->len = sizeof(*list) + LINKS * sizeof(rdl_object_link);
	list->link_count = LINKS;
	for (unsigned link = 0; link < LINKS; link++)
		((rdl_object_link *)(list + 1))[link] = link << 16 | (unsigned)(i % LISTS);
	return list;
}

static struct rdl_request request_of(const struct bench *bench, uint64_t i)
{
	struct rdl_request request = {
		.operation = RDL_OPERATION_REGISTER,
		.gives = RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_OBJECTS,
		.lifetime_s = 600 + (uint32_t)(i * 7919 % 86400),
		.binding = 1,
		.minor = 1,
		.peer = { { [10] = 0xff,
				  [11] = 0xff,
				  10,
				  (uint8_t)(i >> 16),
				  (uint8_t)(i >> 8),
				  (uint8_t)i },
			5683 },
		.exchange = i + 1,
		.list.objects = some_list(i),
	};
	char name[24];
	int len = snprintf(name, sizeof(name), "device-%08llu", (unsigned long long)i);
	struct rdl_span endpoint = { (const uint8_t *)name, (size_t)len };

	rdl_siphash128(
		&bench->config.endpoint_key, endpoint.data, endpoint.len, request.digest.word);
	rdl_request_set_endpoint(&request, endpoint);
	return request;
}

/* Entries of a burst's changes, as a shard puts them into its ring; returns what they took. */
static double put(struct bench *bench, const struct rdl_change changes[], unsigned count)
{
	static uint8_t ring[1 << 20];
	static size_t at;
	double before = seconds();

	for (unsigned i = 0; i < count; i++) {
		size_t room = rdl_entry_room(bench->registry, &changes[i]);

		if (at + room > sizeof(ring))
			at = 0;
		at += rdl_entry_of_change(bench->registry, &changes[i], ring + at);
	}
	return seconds() - before;
}

static void make_fleet(struct bench *bench)
{
	struct rdl_request requests[BURST], *pointers[BURST];
	struct rdl_change changes[BURST];
	rdl_handle hints[BURST];
	double entries = 0, updates = 0;
	struct rdl_sweep sweep;

	rdl_sweep_begin(&sweep, bench->registry, bench->entry);
	for (uint64_t first = 0; first < bench->registrations; first += BURST) {
		unsigned n = 0;

		for (; n < BURST && first + n < bench->registrations; n++) {
			requests[n] = request_of(bench, first + n);
			pointers[n] = &requests[n];
		}
		rdl_registry_lookup(bench->registry, n, pointers, hints);
		for (unsigned i = 0; i < n; i++)
			if (rdl_registry_register(bench->registry, &requests[i], hints[i],
				    bench->now_ms, &bench->locations[first + i],
				    &changes[i]) != RDL_REGISTRY_CREATED)
				die("a device cannot be registered");
		entries += put(bench, changes, n);
		for (unsigned i = 0; i < n; i++) {
			requests[i].operation = RDL_OPERATION_UPDATE;
			requests[i].gives = 0;
			requests[i].exchange += UINT64_C(1) << 32;
			if (!rdl_registry_update(bench->registry,
				    bench->locations[first + i].handle, &requests[i], bench->now_ms,
				    &changes[i]))
				die("a device cannot update");
		}
		updates += put(bench, changes, n);
	}
	printf("an entry of a Register: %.1f ns, of an Update: %.1f ns\n",
		entries * 1e9 / (double)bench->registrations,
		updates * 1e9 / (double)bench->registrations);
	/* Another one may begin when this one has ended. */
	while (!rdl_sweep_has_ended(&sweep))
		if (rdl_sweep_next(&sweep, bench->registry, &(unsigned){ UINT32_MAX },
			    sizeof(bench->entry), bench->entry) == 0)
			die("a sweep does not end");
}

static struct rdl_registry *create(struct bench *bench)
{
	struct rdl_registry *registry = rdl_registry_create(&bench->config);

	if (registry == NULL)
		die("there is no memory for a registry");
	return registry;
}

static void append(struct bench *bench, size_t len)
{
	uint32_t word = (uint32_t)len;

	if (bench->len + sizeof(word) + len > bench->room)
		die("the log is longer than was thought");
	memcpy(bench->log + bench->len, &word, sizeof(word));
	memcpy(bench->log + bench->len + sizeof(word), bench->entry, len);
	bench->len += sizeof(word) + len;
}

static void tell_all(struct bench *bench)
{
	struct rdl_sweep sweep;
	double before = seconds();

	append(bench, rdl_sweep_begin(&sweep, bench->registry, bench->entry));
	while (!rdl_sweep_has_ended(&sweep))
		append(bench, rdl_sweep_next(&sweep, bench->registry, &(unsigned){ UINT32_MAX },
				      sizeof(bench->entry), bench->entry));
	printf("a sweep: %.2f s, %.0f octets for each registration\n", seconds() - before,
		(double)bench->len / (double)bench->registrations);
}

/* Each device updates once more, in whatever order. */
static void update_all(struct bench *bench)
{
	struct rdl_change change;

	for (uint64_t n = 0; n < bench->registrations; n++) {
		uint64_t i = n * 7368787 % bench->registrations;
		struct rdl_request request = request_of(bench, i);

		request.operation = RDL_OPERATION_UPDATE;
		request.gives = 0;
		request.exchange += UINT64_C(2) << 32;
		if (!rdl_registry_update(bench->registry, bench->locations[i].handle, &request,
			    bench->now_ms, &change))
			die("a device cannot update");
		append(bench, rdl_entry_of_change(bench->registry, &change, bench->entry));
	}
}

static struct rdl_span next(const struct bench *bench, size_t *at)
{
	uint32_t len;

	if (*at >= bench->len)
		return (struct rdl_span){ NULL, 0 };
	memcpy(&len, bench->log + *at, sizeof(len));
	struct rdl_span entry = { bench->log + *at + sizeof(len), len };
	*at += sizeof(len) + len;
	return entry;
}

static void recover(struct bench *bench)
{
	struct rdl_recovery *recovery = rdl_recovery_create(&bench->registry, 1);
	struct rdl_recovery_counts counts;
	struct rusage usage;
	size_t at = 0;

	if (recovery == NULL)
		die("there is no memory for a recovery");
	double begun = seconds();
	rdl_recovery_begin_log(recovery);
	rdl_recovery_set_time(recovery, bench->now_ms);
	for (;;) {
		struct rdl_span entry = next(bench, &at);

		if (entry.len == 0)
			break;
		if (!rdl_recovery_apply(recovery, entry))
			die(rdl_recovery_error(recovery));
	}
	double applied = seconds();
	rdl_recovery_end_run(recovery, bench->now_ms, 1000, bench->now_ms, 1);
	if (!rdl_recovery_finish(recovery, bench->now_ms, 120))
		die(rdl_recovery_error(recovery));
	double done = seconds();
	rdl_recovery_counts(recovery, &counts);
	if (counts.registrations != bench->registrations)
		die("registrations are missing");
	getrusage(RUSAGE_SELF, &usage);
	printf("recovered in %.2f s: %.2f s of entries, %.2f s at the end; %.0f ns each\n",
		done - begun, applied - begun, done - applied,
		(done - begun) * 1e9 / (double)bench->registrations);
	printf("memory: %ld MB in all, of these %.0f the log and %.0f the registry\n",
		usage.ru_maxrss / 1024, (double)bench->len / 1e6,
		(double)rdl_registry_memory(&bench->config) / 1e6);
	rdl_recovery_destroy(recovery);
}

/* What devices find again that come back: all is where it was. */
static void check(const struct bench *bench)
{
	for (uint64_t i = 0; i < bench->registrations; i++) {
		struct rdl_request request = request_of(bench, i);
		rdl_handle handle = rdl_registry_find_endpoint(bench->registry, request.digest,
			rdl_request_endpoint(&request), bench->now_ms);

		if (handle != bench->locations[i].handle ||
			rdl_registry_find(bench->registry, &bench->locations[i], bench->now_ms) !=
				handle)
			die("a registration is not where it was");
	}
}

static void start_eal(const struct bench *bench)
{
	static char words[][24] = { "rdline-recovery", "--no-huge", "--no-shconf", "-m", "",
		"--no-pci", "--no-telemetry", "--log-level", "error", "--file-prefix",
		"rdl_recovery" };
	char *arguments[RDL_ARRAY_LEN(words)];

	snprintf(words[4], sizeof(words[4]), "%llu",
		(unsigned long long)(rdl_registry_memory(&bench->config) * 5 / 4 >> 20) + 64);
	for (unsigned i = 0; i < RDL_ARRAY_LEN(words); i++)
		arguments[i] = words[i];
	if (rte_eal_init((int)RDL_ARRAY_LEN(words), arguments) < 0)
		die("EAL cannot be started");
}

static uint64_t parse(int argc, char **argv)
{
	uint64_t registrations = 1000000;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1)
		if (option != 'n' || (registrations = strtoull(optarg, NULL, 10)) == 0)
			die("usage: rdline-recovery [-n REGISTRATIONS]");
	return registrations;
}

int main(int argc, char **argv)
{
	static struct bench bench;

	bench.registrations = parse(argc, argv);
	bench.now_ms = 1000000;
	bench.config = (struct rdl_registry_config){
		.registrations = bench.registrations,
		.slots = rdl_registry_slots(bench.registrations),
		.shards = 1,
		.endpoint_key = { 1, 2 },
		.list_key = { 3, 4 },
		.exchange_lifetime_s = 247,
		.socket_id = -1,
		.now_ms = 1000,
	};
	start_eal(&bench);
	bench.room = 192 * (bench.registrations + 10000);
	bench.log = malloc(bench.room);
	bench.locations = calloc(bench.registrations, sizeof(*bench.locations));
	if (bench.log == NULL || bench.locations == NULL)
		die("there is no memory");
	bench.registry = create(&bench);
	make_fleet(&bench);
	tell_all(&bench);
	update_all(&bench);
	rdl_registry_destroy(bench.registry);
	bench.registry = create(&bench);
	recover(&bench);
	check(&bench);
	rdl_registry_destroy(bench.registry);
	return 0;
}
