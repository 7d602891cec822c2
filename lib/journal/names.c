/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "journal_internal.h"

#define RUN RDL_JOURNAL_RUN "-"
#define SHARD "shard-"
#define CUT ".cut"

bool rdl_journal_problem(char *problem, const char *path, const char *format, ...)
{
	int len = snprintf(problem, RDL_JOURNAL_PROBLEM_MAX, "%s: ", path);
	va_list arguments;

	va_start(arguments, format);
	if (len >= 0 && len < RDL_JOURNAL_PROBLEM_MAX)
		vsnprintf(
			problem + len, (size_t)(RDL_JOURNAL_PROBLEM_MAX - len), format, arguments);
	va_end(arguments);
	return false;
}

void rdl_journal_run_path(
	char path[RDL_JOURNAL_RUN_PATH_MAX], const char *directory, const char *kind, uint32_t run)
{
	snprintf(path, RDL_JOURNAL_RUN_PATH_MAX, "%s/%s-%08" PRIu32, directory, kind, run);
}

void rdl_journal_file_path(
	char path[RDL_JOURNAL_PATH_MAX], const char *run_path, unsigned shard, uint32_t segment)
{
	snprintf(path, RDL_JOURNAL_PATH_MAX, "%s/" SHARD "%03u.%08" PRIu32, run_path, shard,
		segment);
}

void rdl_journal_segment_path(char path[RDL_JOURNAL_PATH_MAX], const char *directory, uint32_t run,
	unsigned shard, uint32_t segment)
{
	char run_path[RDL_JOURNAL_RUN_PATH_MAX];

	rdl_journal_run_path(run_path, directory, RDL_JOURNAL_RUN, run);
	rdl_journal_file_path(path, run_path, shard, segment);
}

void rdl_journal_cut_path(
	char path[RDL_JOURNAL_PATH_MAX], const char *directory, uint32_t run, unsigned shard)
{
	char run_path[RDL_JOURNAL_RUN_PATH_MAX];

	rdl_journal_run_path(run_path, directory, RDL_JOURNAL_RUN, run);
	snprintf(path, RDL_JOURNAL_PATH_MAX, "%s/" SHARD "%03u" CUT, run_path, shard);
}

/* Reads what begins with `prefix` and goes on with digits, up to *end. */
static bool number_of(const char *name, const char *prefix, uint32_t *number, const char **end)
{
	size_t len = strlen(prefix), digits;
	uint64_t value;

	if (strncmp(name, prefix, len) != 0)
		return false;
	digits = strspn(name + len, "0123456789");
	*end = name + len + digits;
	if (!rdl_decimal(
		    (struct rdl_span){ (const uint8_t *)name + len, digits }, UINT32_MAX, &value) ||
		value == UINT32_MAX)
		return false;
	*number = (uint32_t)value;
	return true;
}

bool rdl_journal_run_of(const char *name, uint32_t *run)
{
	const char *end;

	return number_of(name, RUN, run, &end) && *end == '\0' && *run > 0;
}

bool rdl_journal_segment_of(const char *name, unsigned *shard, uint32_t *segment)
{
	const char *end;

	return number_of(name, SHARD, shard, &end) && *shard < RDL_JOURNAL_SHARDS_MAX &&
	       number_of(end, ".", segment, &end) && *end == '\0' && *segment > 0;
}

bool rdl_journal_cut_of(const char *name, unsigned *shard)
{
	const char *end;

	return number_of(name, SHARD, shard, &end) && *shard < RDL_JOURNAL_SHARDS_MAX &&
	       strcmp(end, CUT) == 0;
}
