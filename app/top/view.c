/* SPDX-License-Identifier: BSD-3-Clause */
#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 3, 4))) static void put(
	struct view *view, enum view_style style, const char *format, ...)
{
	va_list arguments;

	if (view->count == VIEW_LINES_MAX)
		return;
	struct view_line *line = &view->lines[view->count++];
	line->style = style;
	va_start(arguments, format);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
	if (view->columns > 0 && view->columns < sizeof(line->text))
		line->text[view->columns] = '\0';
}

/* ---- figures ---- */

#define NUMBER 16 /* room for one */

/* Four digits at most, and what they count. */
static const char *short_number(double value, char text[NUMBER])
{
	static const char units[] = " kMGT";
	unsigned unit = 0;

	while (value >= 9999.5 && unit + 2 < sizeof(units)) {
		value /= 1000;
		unit++;
	}
	if (unit == 0)
		snprintf(text, NUMBER, value > 0 && value < 9.95 ? "%.1f" : "%.0f", value);
	else
		snprintf(text, NUMBER, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
	return text;
}

static double sum_of_rates(const struct sample *before, const struct sample *now,
	const enum rdl_stat *stats, unsigned count)
{
	double sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += sample_rate(before, now, stats[i]);
	return sum;
}

static void put_head(struct view *view, const struct sample *now, const char *problem)
{
	uint64_t up = now->uptime_s;
	time_t at = time(NULL);
	struct tm tm;
	char text[16];

	strftime(text, sizeof(text), "%T", localtime_r(&at, &tm));
	put(view, VIEW_STRONG, "rdline %s, instance %s, up %" PRIu64 "d %02u:%02u:%02u   %s",
		now->version, now->instance, up / 86400, (unsigned)(up / 3600 % 24),
		(unsigned)(up / 60 % 60), (unsigned)(up % 60), text);
	if (problem != NULL)
		put(view, VIEW_ALARM, "no newer figures: %s", problem);
}

static void put_registrations(
	struct view *view, const struct sample *before, const struct sample *now)
{
	uint64_t live = rdl_stats_get(&now->sum, RDL_STAT_registrations);
	double share = now->registrations_max > 0
			       ? 100 * (double)live / (double)now->registrations_max
			       : 0;
	char made[NUMBER], ended[NUMBER], max[NUMBER];
	static const enum rdl_stat making[] = { RDL_STAT_registered },
				   ending[] = { RDL_STAT_deregistered, RDL_STAT_expired,
					   RDL_STAT_removed };

	put(view, share >= 95 ? VIEW_ALARM : VIEW_PLAIN,
		"registrations  %" PRIu64 " of %s (%.0f %%)   +%s -%s a second", live,
		short_number((double)now->registrations_max, max), share,
		short_number(sum_of_rates(before, now, making, 1), made),
		short_number(sum_of_rates(before, now, ending, 3), ended));
	put(view,
		now->links_up < now->ports || now->rx_missed > before->rx_missed ? VIEW_ALARM
										 : VIEW_PLAIN,
		"ports          %" PRIu64 " of %" PRIu64 " up   NICs have missed %" PRIu64
		", for want of buffers %" PRIu64,
		now->links_up, now->ports, now->rx_missed, now->rx_no_buffer);
}

static void put_requests(struct view *view, const struct sample *before, const struct sample *now)
{
	static const struct {
		const char *name;
		enum rdl_stat stat;
	} operations[] = { { "Register", RDL_STAT_requests_register },
		{ "Update", RDL_STAT_requests_update },
		{ "De-register", RDL_STAT_requests_deregister },
		{ "other", RDL_STAT_requests_other } };
	char text[VIEW_COLUMNS_MAX] = "", number[NUMBER];
	size_t len = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(operations); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "   %s %s",
			operations[i].name,
			short_number(sample_rate(before, now, operations[i].stat), number));
	put(view, VIEW_PLAIN, "requests/s  %s", text);
	len = 0;
	text[0] = '\0';
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		const char *name = rdl_stat_name((enum rdl_stat)i);
		double rate = sample_rate(before, now, (enum rdl_stat)i);

		if (strncmp(name, "code_", 5) != 0 || rate == 0 || len + 32 > sizeof(text))
			continue;
		const char *code = name + 5; /* "2_05", "other" */
		bool is_number = code[1] == '_';
		len += (size_t)snprintf(text + len, sizeof(text) - len, "   %.*s%s%s %s",
			is_number ? 1 : 0, code, is_number ? "." : "", is_number ? code + 2 : code,
			short_number(rate, number));
	}
	put(view, VIEW_PLAIN, "answers/s   %s", len > 0 ? text : "   none");
}

static const char *time_text(uint64_t us, char text[NUMBER])
{
	if (us == UINT64_MAX)
		snprintf(text, NUMBER, "beyond 10 s");
	else if (us < 1000)
		snprintf(text, NUMBER, "%u us", (unsigned)us);
	else if (us < 1000000)
		snprintf(text, NUMBER, "%u ms", (unsigned)(us / 1000));
	else
		snprintf(text, NUMBER, "%u s", (unsigned)(us / 1000000));
	return text;
}

static void put_latency(struct view *view, const struct sample *before, const struct sample *now)
{
	static const struct {
		const char *name;
		unsigned thousandths;
	} percentiles[] = { { "half", 500 }, { "90 %", 900 }, { "99 %", 990 }, { "99.9 %", 999 } };
	char text[VIEW_COLUMNS_MAX] = "", time[NUMBER];
	struct rdl_latency latency;
	size_t len = 0;

	sample_latency(before, now, &latency);
	for (size_t i = 0; i < RDL_ARRAY_LEN(percentiles); i++) {
		uint64_t us = rdl_latency_percentile_us(&latency, percentiles[i].thousandths);

		if (us > 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "   %s %s",
				percentiles[i].name, time_text(us, time));
	}
	put(view, VIEW_PLAIN, "replies within %s", len > 0 ? text + 1 : "  (none looked at)");
}

/* ---- cores ---- */

#define BAR 20

static void put_cores(struct view *view, const struct sample *before, const struct sample *now)
{
	put(view, VIEW_HEAD, "%-12s %-*s %8s %8s %10s", "CORE", BAR + 2, "BUSY", "", "RING",
		"ROUND");
	for (unsigned i = 0; i < now->core_count; i++) {
		const struct sample_core *core = &now->cores[i];
		double busy = sample_busy(before, now, i);
		char bar[BAR + 1] = "", share[NUMBER] = "-";

		if (busy >= 0) {
			unsigned filled = (unsigned)(busy * BAR + 0.5);

			memset(bar, '|', filled);
			bar[filled] = '\0';
			snprintf(share, sizeof(share), "%.0f %%", 100 * busy);
		}
		put(view, busy > 0.95 || core->round_age_ms >= 1000 ? VIEW_ALARM : VIEW_PLAIN,
			"%-8s %3u [%-*s] %8s %8" PRIu64 " %7" PRIu64 " ms", core->role, core->index,
			BAR, bar, share, core->ring_depth, core->round_age_ms);
	}
}

/* ---- what does not get through ---- */

struct row {
	enum rdl_stat stat;
	double rate;
	uint64_t total;
};

static int compare_names(const struct row *a, const struct row *b)
{
	return strcmp(rdl_stat_name(a->stat), rdl_stat_name(b->stat));
}

static int by_name(const void *a, const void *b)
{
	return compare_names(a, b);
}

static int by_total(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->total != other->total)
		return one->total > other->total ? -1 : 1;
	return compare_names(one, other);
}

static int by_rate(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->rate > other->rate || one->rate < other->rate)
		return one->rate > other->rate ? -1 : 1;
	return by_total(a, b);
}

static bool is_loss(enum rdl_stat stat)
{
	const struct rdl_stat_family *family = rdl_stat_family(stat);

	return family != NULL && strcmp(family->differs_in, "reason") == 0;
}

static void put_losses(struct view *view, const struct sample *before, const struct sample *now,
	enum view_order order)
{
	static int (*const orders[VIEW_ORDERS])(
		const void *, const void *) = { by_rate, by_total, by_name };
	static const char *const names[VIEW_ORDERS] = { "rate", "total", "name" };
	struct row rows[RDL_STAT_COUNT];
	unsigned count = 0;

	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		enum rdl_stat stat = (enum rdl_stat)i;
		uint64_t total = rdl_stats_get(&now->sum, stat);

		if (total > 0 && is_loss(stat))
			rows[count++] = (struct row){ stat, sample_rate(before, now, stat), total };
	}
	qsort(rows, count, sizeof(rows[0]), orders[order]);
	put(view, VIEW_HEAD, "%-28s %8s %12s  WHAT IT IS (by %s)", "DROPPED, REFUSED, LEFT OUT",
		"/S", "TOTAL", names[order]);
	for (unsigned i = 0; i < count; i++) {
		char number[NUMBER];

		put(view, rows[i].rate > 0 ? VIEW_STRONG : VIEW_PLAIN,
			"%-28s %8s %12" PRIu64 "  %s", rdl_stat_name(rows[i].stat),
			short_number(rows[i].rate, number), rows[i].total,
			rdl_stat_help(rows[i].stat));
	}
	if (count == 0)
		put(view, VIEW_PLAIN, "nothing");
}

void view_overview(struct view *view, const struct sample *before, const struct sample *now,
	enum view_order order, const char *problem)
{
	put_head(view, now, problem);
	put_registrations(view, before, now);
	put_requests(view, before, now);
	put_latency(view, before, now);
	put(view, VIEW_PLAIN, "%s", "");
	put_cores(view, before, now);
	put(view, VIEW_PLAIN, "%s", "");
	put_losses(view, before, now, order);
}

/* ---- what the control socket tells ---- */

/* A value as JSON in ASCII: whatever a device chose, nothing in it controls a terminal. */
static char *text_of(const json_t *value)
{
	return json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_COMPACT);
}

/* 2026-11-26 02:37:13 +0100 */
static void put_time(struct view *view, const char *key, const json_t *value)
{
	time_t at = (time_t)json_number_value(value);
	char text[32];
	struct tm tm;

	strftime(text, sizeof(text), "%F %T %z", localtime_r(&at, &tm));
	put(view, VIEW_PLAIN, "%-18s %s", key, text);
}

static void put_value(struct view *view, const char *key, const json_t *value)
{
	char *text = text_of(value);

	put(view, VIEW_PLAIN, "%-18s %s", key, text != NULL ? text : "");
	free(text);
}

static void put_refusal(struct view *view, const json_t *refusal)
{
	static const char *const members[] = { "code", "operation", "endpoint", "address", "text" };
	time_t at = (time_t)json_number_value(json_object_get(refusal, "time"));
	char line[VIEW_COLUMNS_MAX];
	struct tm tm;
	size_t len = strftime(line, sizeof(line), "%T", localtime_r(&at, &tm));

	for (size_t i = 0; i < RDL_ARRAY_LEN(members); i++) {
		const json_t *value = json_object_get(refusal, members[i]);
		char *text = value != NULL ? text_of(value) : NULL;

		/* Texts without their quotes, which stand at both ends. */
		unsigned quoted = json_is_string(value) ? 1 : 0;
		if (text != NULL && len < sizeof(line))
			len += (size_t)snprintf(line + len, sizeof(line) - len, "  %.*s",
				(int)strlen(text) - 2 * (int)quoted, text + quoted);
		free(text);
	}
	put(view, VIEW_PLAIN, "%s", line);
}

void view_refusals(struct view *view, const json_t *refusals)
{
	put(view, VIEW_PLAIN, "%s", "");
	put(view, VIEW_HEAD, "LAST REFUSALS");
	if (!json_is_array(refusals))
		put(view, VIEW_PLAIN, "the control socket does not tell");
	for (size_t i = 0; i < json_array_size(refusals); i++)
		put_refusal(view, json_array_get(refusals, i));
}

void view_endpoint(struct view *view, const char *endpoint, const json_t *registration,
	const char *error, const json_t *refusals)
{
	json_t *name = json_string(endpoint);
	char *text = name != NULL ? text_of(name) : NULL;
	const char *key;
	json_t *value;

	put(view, VIEW_STRONG, "endpoint %s", text != NULL ? text : "");
	free(text);
	json_decref(name);
	if (error != NULL)
		put(view, VIEW_ALARM, "%s", error);
	/* It reads, and has no word for that. */
	json_object_foreach((json_t *)(uintptr_t)registration, key, value)
	{
		if (strcmp(key, "registered_at") == 0 || strcmp(key, "updated_at") == 0)
			put_time(view, key, value);
		else
			put_value(view, key, value);
	}
	view_refusals(view, refusals);
}
