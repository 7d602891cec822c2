/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs that end anywhere: killed, or with the power gone at any operation of the disk, in the
 * middle of a start, too. Nothing that was confirmed is lost, nor what a run went on from; and what
 * comes back is what was put, without a hole.
 */
#include "fixture.h"

#include <malloc.h>

/* Without CRASHES in the environment. */
#define CRASHES_DEFAULT 20000
/* Runs of which is known what they logged; none is needed so long. */
#define RUNS 256

struct shard_model {
	uint64_t put, confirmed;
	/* Of the sweeps that were confirmed, the last: where it began. */
	uint64_t base;
	uint64_t sweep_first;
	struct {
		uint64_t first, last;
	} swept[64];
	unsigned swept_count;
	/* A later run went on from there. */
	bool fixed;
	uint64_t end;
};

static struct run_model {
	uint32_t run;
	unsigned shards;
	struct shard_model of[SHARDS_MAX];
} runs[RUNS];
static struct fixture fixture;
static unsigned crashes, crashes_at_start, kills, segments_gone, fixed_count;

static unsigned pick(unsigned below)
{
	return (unsigned)(memory_random(&fixture.memory) >> 20) % below;
}

static struct run_model *model_of(uint32_t run)
{
	struct run_model *model = &runs[run % RUNS];

	CHECK(model->run == run);
	return model;
}

/* All of its shards had ended a sweep for certain: nothing before it need be there. */
static bool may_stand_alone(const struct run_model *model)
{
	for (unsigned i = 0; i < model->shards; i++) {
		if (model->of[i].base == 0)
			return false;
	}
	return model->run > 0;
}

static bool is_needed(uint32_t run)
{
	const struct run_model *model = &runs[run % RUNS];
	bool has_entries = false;

	for (unsigned i = 0; i < model->shards; i++)
		has_entries |= model->of[i].confirmed > 0 || model->of[i].end > 0;
	if (model->run != run || !has_entries)
		return false;
	for (uint32_t later = run + 1; later < run + RUNS; later++) {
		if (runs[later % RUNS].run == later && may_stand_alone(&runs[later % RUNS]))
			return false;
	}
	return true;
}

static void look_at(size_t index)
{
	const struct rdl_journal_log *log = rdl_journal_logs_get(fixture.logs, index);
	const struct shard_model *model = &model_of(log->run)->of[log->shard];
	struct seen seen = fixture_read(&fixture, index, false);

	if (fixture.memory.stopped)
		return;
	if (seen.result != RDL_JOURNAL_END)
		fail_msg("%s", seen.problem);
	CHECK(log->shards == model_of(log->run)->shards);
	CHECK(log->end >= model->confirmed && log->end <= model->put);
	CHECK(!model->fixed || log->end == model->end);
	CHECK(seen.first <= (model->base > 0 ? model->base : 1));
	CHECK(seen.first > 0 || model->confirmed == 0);
	segments_gone += seen.first > 1;
}

/* False: the power went. */
static bool look_at_all(uint32_t *last)
{
	size_t count = rdl_journal_logs_count(fixture.logs);
	uint32_t oldest = UINT32_MAX;

	*last = 0;
	for (size_t i = 0; i < count && !fixture.memory.stopped; i++) {
		look_at(i);
		*last = rdl_journal_logs_get(fixture.logs, i)->run;
		if (i == 0)
			oldest = *last;
	}
	if (fixture.memory.stopped)
		return false;
	for (uint32_t i = 0; i < RUNS; i++) {
		uint32_t run = runs[i].run;

		CHECK(run + RUNS / 2 < *last || !is_needed(run) || (run >= oldest && run <= *last));
	}
	return true;
}

/* The run that begins goes on from what was read. */
static void fix(uint32_t last)
{
	for (size_t i = 0; i < rdl_journal_logs_count(fixture.logs); i++) {
		const struct rdl_journal_log *log = rdl_journal_logs_get(fixture.logs, i);
		struct shard_model *model = &model_of(log->run)->of[log->shard];

		if (log->run != last)
			continue;
		model->fixed = true;
		model->end = log->end;
		fixed_count += model->end > model->confirmed;
	}
}

static bool start(void)
{
	uint32_t last;

	if (!fixture_open(&fixture)) {
		if (!fixture.memory.stopped)
			fail_msg("%s", fixture.problem);
		return false;
	}
	if (!look_at_all(&last))
		return false;
	fixture.config.shards = 1 + pick(SHARDS_MAX);
	fixture.config.durability =
		pick(3) > 0 ? RDL_JOURNAL_COMMIT : (enum rdl_journal_durability)pick(3);
	if (!fixture_run(&fixture)) {
		if (!fixture.memory.stopped)
			fail_msg("%s", fixture.problem);
		return false;
	}
	fix(last);
	uint32_t run = rdl_journal_run(fixture.journal);
	runs[run % RUNS] = (struct run_model){ .run = run, .shards = fixture.config.shards };
	return true;
}

static void put(unsigned shard, struct shard_model *model)
{
	enum rdl_journal_mark mark = RDL_JOURNAL_PLAIN;

	if (pick(16) == 0)
		mark = model->sweep_first == 0 ? RDL_JOURNAL_SWEEP_BEGINS : RDL_JOURNAL_SWEEP_ENDS;
	if (!fixture_put(&fixture, shard, mark))
		return;
	model->put++;
	if (mark == RDL_JOURNAL_SWEEP_BEGINS)
		model->sweep_first = model->put;
	if (mark != RDL_JOURNAL_SWEEP_ENDS)
		return;
	CHECK(model->swept_count < RDL_ARRAY_LEN(model->swept));
	model->swept[model->swept_count].first = model->sweep_first;
	model->swept[model->swept_count++].last = model->put;
	model->sweep_first = 0;
}

static void work(void)
{
	struct run_model *model = model_of(rdl_journal_run(fixture.journal));
	unsigned shard = pick(model->shards);
	struct shard_model *of = &model->of[shard];

	switch (pick(4)) {
	case 0:
		for (unsigned i = pick(20); i > 0; i--)
			put(shard, of);
		rdl_journal_publish(&fixture.rings[shard]);
		break;
	case 1:
		rdl_journal_tend(fixture.journal);
		break;
	case 2:
		fixture.now.run_ms += pick(60);
		fixture_step(&fixture, shard);
		break;
	default:
		fixture_step(&fixture, shard);
		break;
	}
	of->confirmed = rdl_journal_confirmed(&fixture.rings[shard]);
	for (unsigned i = 0; i < of->swept_count; i++) {
		if (of->swept[i].last <= of->confirmed)
			of->base = of->swept[i].first;
	}
}

static void life(void)
{
	bool started;

	fixture.memory.stops_in = pick(4) == 0 ? 1 + pick(50) : 30 + pick(200);
	started = start();
	for (unsigned i = 10 + pick(150); started && i > 0 && !fixture.memory.stopped; i--)
		work();
	bool power_goes = fixture.memory.stopped || pick(2) == 0;
	crashes_at_start += !started;
	crashes += power_goes;
	fixture_stop(&fixture);
	if (power_goes)
		memory_crash(&fixture.memory);
	else
		memory_kill(&fixture.memory);
	kills += !power_goes;
}

static void nothing_confirmed_is_lost(void **state)
{
	const char *wanted = getenv("CRASHES"), *seed = getenv("SEED");
	unsigned count = wanted != NULL ? (unsigned)atoi(wanted) : CRASHES_DEFAULT;

	/* What readers take and give back stays mapped. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	fixture_begin(&fixture, 1);
	fixture.memory.random += seed != NULL ? strtoull(seed, NULL, 10) : 0;
	while (crashes < count)
		life();
	fixture_end(&fixture);
	print_message("%u crashes, %u of them during a start, %u kills; logs read without a "
		      "beginning %u, beyond what was confirmed %u\n",
		crashes, crashes_at_start, kills, segments_gone, fixed_count);
	assert_true(crashes_at_start > 0 && kills > 0);
	assert_true(segments_gone > 0 && fixed_count > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_confirmed_is_lost),
	};

	return RUN_TESTS(tests);
}
