/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random traffic of many endpoints through two workers and two shards, beside a reference of plain
 * arrays that shares no code with them. Every reply is compared octet for octet, what a request
 * touched at once, all that is registered now and then. RDL_MODEL_OPERATIONS and RDL_MODEL_SEED
 * make it another run.
 */
#include "model_compare.h"
#include "model_restarts.h"
#include "model_scripts.h"
#include "model_sessions.h"

#define OPERATIONS 150000
#define SEED 7
#define COMPARE_EVERY 10000

/* The last messages that were sent, of any endpoint. */
#define RECENT 64
static struct sent *recent[RECENT];

static void keep(struct sent **slot, struct sent *q)
{
	sent_drop(*slot);
	*slot = sent_hold(q);
}

static void note(struct sent *q)
{
	struct endpoint *e = &endpoints[q->endpoint];

	keep(&recent[dice(RECENT)], q);
	if (q->what != ALIEN)
		keep(&e->history[e->history_next++ % HISTORY], q);
}

static struct sent *some_recent(void)
{
	struct sent *q = recent[dice(RECENT)];

	return q != NULL ? sent_hold(q) : NULL;
}

static struct sent *new_request(unsigned *worker)
{
	const unsigned weights[] = { phase->registers, phase->updates, phase->deregisters,
		phase->formers, phase->variants, phase->blocks, phase->faults, phase->others,
		phase->aliens };
	unsigned all = 0, i = 0;

	for (unsigned k = 0; k < RDL_ARRAY_LEN(weights); k++)
		all += weights[k];
	for (unsigned left = (unsigned)dice(all); left >= weights[i]; i++)
		left -= weights[i];
	unsigned source;

	switch (i) {
	case 0:
		return some_register();
	case 1:
		return to_location(UPDATE, false);
	case 2:
		return to_location(DEREGISTER, false);
	case 3:
		return to_location(one_in(2) ? UPDATE : DEREGISTER, true);
	case 4:
		return some_variant();
	case 5:
		return some_block(worker);
	case 6:
		return some_fault();
	case 7:
		return to_location(OTHER, one_in(4));
	default:
		source = (unsigned)dice(SOURCES);
		return alien_of(some_alien(), source,
			one_in(4) ? (unsigned)(1 + dice(session_count())) : 0);
	}
}

/* A message to send; blocks come to the worker of their transfer, all else to any. */
static struct sent *next_message(unsigned *worker)
{
	unsigned copies = phase->recents + phase->lates;

	for (;;) {
		struct sent *q;

		*worker = (unsigned)dice(WORKERS);
		if (dice(100) >= copies) {
			q = new_request(worker);
			if (q != NULL)
				note(q);
		} else {
			q = dice(copies) < phase->recents ? some_recent() : some_late();
			if (q != NULL && q->script != NULL)
				*worker = q->script->worker;
		}
		if (q != NULL)
			return q;
	}
}

/* ---- rounds ---- */

static void serve(unsigned s, unsigned w)
{
	while (requests[w][s].count > 0 && !one_in(6))
		shard_burst(s, w);
}

static void serve_all(void)
{
	for (unsigned s = 0; s < SHARDS; s++) {
		for (unsigned w = 0; w < WORKERS; w++)
			while (requests[w][s].count > 0)
				shard_burst(s, w);
		release_answers(s, shards[s].position);
		for (unsigned w = 0; w < WORKERS; w++)
			while (replies[w][s].count > 0)
				take_replies(w, s);
	}
}

static void send_bursts(void)
{
	struct sent *bursts[WORKERS][RDL_BURST_MAX];
	unsigned counts[WORKERS] = { 0 };
	unsigned n = one_in(10) ? WORKERS * RDL_BURST_MAX : (unsigned)(1 + dice(RDL_BURST_MAX));

	for (unsigned i = 0; i < n; i++) {
		unsigned worker;
		struct sent *q = next_message(&worker);

		bursts[worker][counts[worker]++] = q;
		operations++;
		if (counts[worker] == RDL_BURST_MAX)
			break;
	}
	for (unsigned w = 0; w < WORKERS; w++)
		if (counts[w] > 0)
			worker_burst(w, bursts[w], counts[w]);
}

static void pass_time(void)
{
	if (ledgers[0].slice || ledgers[1].slice)
		return;
	now_ms += dice(phase->pause_ms);
	if (one_in(300))
		now_ms += dice(30000);
}

static void expire(unsigned s)
{
	if (ledgers[s].slice ? one_in(2) : one_in(12)) {
		expire_whole(s);
	} else if (!ledgers[s].slice && one_in(10)) {
		expire_slice(s);
		happened(KIND_expiry_slice);
	}
}

static void round_of_all(void)
{
	pass_time();
	send_bursts();
	for (unsigned s = 0; s < SHARDS; s++) {
		expire(s);
		for (unsigned w = 0; w < WORKERS; w++) {
			serve(s, w);
			if (!one_in(4) || replies[w][s].count > 100)
				while (replies[w][s].count > 0)
					take_replies(w, s);
			if (requests[w][s].count > 100)
				serve_all();
		}
	}
}

static void next_phase(void)
{
	serve_all();
	sessions_renew();
	if (phase->leap) {
		for (unsigned s = 0; s < SHARDS; s++)
			if (ledgers[s].slice)
				expire_whole(s);
		now_ms += dice(LIFETIME_MAX_S * UINT64_C(1500));
	}
	phase_next();
}

static void make_endpoints(void)
{
	static const size_t lens[] = { 5, 12, 24, 25, 60, 251 };

	for (unsigned i = 0; i < ENDPOINTS; i++) {
		struct endpoint *e = &endpoints[i];
		size_t len = lens[i % RDL_ARRAY_LEN(lens)];

		snprintf(e->name, sizeof(e->name), "%04u", i);
		memset(e->name + 4, 'a' + (int)(i % 26), len - 4);
		if (i % 7 == 0)
			memcpy(e->name + len - 1, "\xc3\xa9", 2); /* é */
		e->shard = -1;
		e->source = (unsigned)dice(SOURCES);
	}
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 0) : otherwise;
}

static void report(void)
{
	static const char *const names[] = {
#define X(name, text) text,
		KINDS(X)
#undef X
	};

	print_message("# seed %" PRIu64 ", %" PRIu64 " operations, %" PRIu64
		      " s of the model's time, %zu locations\n",
		seed, operations, (now_ms - epoch_ms) / 1000, ids_count());
	for (unsigned i = 0; i < KIND_COUNT; i++)
		print_message("# %9" PRIu64 " %s\n", kinds[i], names[i]);
}

/* What never occurred was not tested. */
static void check_kinds(void)
{
	for (unsigned i = 0; i < KIND_COUNT; i++)
		CHECK(kinds[i] > 0);
	check_refusals();
}

static void drop_all(void)
{
	scripts_end();
	for (unsigned i = 0; i < RECENT; i++)
		sent_drop(recent[i]);
	for (unsigned i = 0; i < ENDPOINTS; i++)
		for (unsigned k = 0; k < HISTORY; k++)
			sent_drop(endpoints[i].history[k]);
	ids_end();
}

static void test_model(void **state)
{
	uint64_t wanted = from_environment("RDL_MODEL_OPERATIONS", OPERATIONS);
	uint64_t phase_ends = 0, compare_at = 0;

	seed = dice_state = from_environment("RDL_MODEL_SEED", SEED);
	epoch_ms = now_ms = 5000 + dice(1000);
	wall_ms = UINT64_C(1700000000000) + dice(1000);
	make_sources();
	make_endpoints();
	sessions_start();
	gateway_start();
	journals_start();
	while (operations < wanted) {
		if (operations >= phase_ends) {
			next_phase();
			phase_ends = operations + phase->operations / 2 + dice(phase->operations);
		}
		round_of_all();
		if (operations >= compare_at) {
			compare_all();
			compare_restarted();
			compare_at = operations + COMPARE_EVERY;
		}
	}
	serve_all();
	for (unsigned s = 0; s < SHARDS; s++)
		expire_whole(s);
	compare_end();
	report();
	/* Others may miss what is rare; this one must not. */
	if (seed == SEED && wanted >= OPERATIONS)
		check_kinds();
	sessions_end();
	drop_all();
	gateway_stop();
	journals_stop();
	sessions_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_model) };

	return RUN_TESTS(tests);
}
