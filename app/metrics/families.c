/* SPDX-License-Identifier: BSD-3-Clause */
#include "families.h"

#include "clock.h"
#include "version.h"

/* ---- counters of all cores ---- */

/* "2_05" as it is written: 2.05. */
static const char *code_text(const char *rest, char text[8])
{
	snprintf(text, 8, "%s", rest);
	if (text[1] == '_')
		text[1] = '.';
	return text;
}

static void put_family(struct exposition *exposition, const struct rdl_stat_family *family,
	const struct rdl_stats *sum)
{
	exposition_family(exposition, family->name, EXPOSITION_COUNTER, family->help);
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		const char *rest = rdl_stat_name((enum rdl_stat)i) + strlen(family->prefix);
		char code[8];

		if (rdl_stat_family((enum rdl_stat)i) != family)
			continue;
		if (strcmp(family->differs_in, "code") == 0)
			rest = code_text(rest, code);
		exposition_sample(exposition, LABELS({ family->differs_in, rest }),
			rdl_stats_get(sum, (enum rdl_stat)i));
	}
}

static void put_stats(struct exposition *exposition, const struct metrics_sources *from)
{
	struct rdl_stats sum = { { 0 } };

	watched_stats(&from->watched, &sum);
	for (size_t i = 0; i < RDL_STAT_FAMILIES; i++)
		put_family(exposition, &rdl_stat_families[i], &sum);
	for (unsigned i = 0; i < RDL_STAT_COUNT; i++) {
		enum rdl_stat stat = (enum rdl_stat)i;
		const char *name = rdl_stat_name(stat);

		if (rdl_stat_family(stat) != NULL)
			continue;
		/* A unit by the name that Prometheus has for it. */
		if (stat == RDL_STAT_store_octets)
			name = "store_bytes";
		exposition_family(exposition, name,
			rdl_stat_type(stat) == RDL_STAT_GAUGE ? EXPOSITION_GAUGE
							      : EXPOSITION_COUNTER,
			rdl_stat_help(stat));
		exposition_sample(exposition, NULL, rdl_stats_get(&sum, stat));
	}
}

/* ---- ports ---- */

static void put_port(struct exposition *exposition, const struct metrics_sources *from,
	const char *name, enum exposition_type type, const char *help, size_t offset)
{
	exposition_family(exposition, name, type, help);
	for (unsigned p = 0; p < from->watched.conf->port_count; p++) {
		const char *port = (const char *)monitor_port(from->monitor, p);
		char number[12];

		snprintf(number, sizeof(number), "%u", p);
		exposition_sample(exposition,
			LABELS({ "port", number },
				{ "device", from->watched.conf->ports[p].device }),
			__atomic_load_n(
				(const uint64_t *)(const void *)(port + offset), __ATOMIC_RELAXED));
	}
}

static void put_ports(struct exposition *exposition, const struct metrics_sources *from)
{
#define COUNTER(name, help)                                                 \
	put_port(exposition, from, "port_" #name, EXPOSITION_COUNTER, help, \
		offsetof(struct monitor_port, name))

	put_port(exposition, from, "port_up", EXPOSITION_GAUGE, "1: the port has a link",
		offsetof(struct monitor_port, link));
	COUNTER(rx_missed, "packets that found the NIC's queues full");
	COUNTER(rx_no_buffer, "packets that found no buffer");
	COUNTER(rx_errors, "packets that came with errors");
	COUNTER(tx_errors, "packets that the NIC could not send");
#undef COUNTER
}

/* ---- the rest ---- */

static void put_state(struct exposition *exposition, const struct keeping *keeping)
{
	static const struct families_row rows[] = {
#define ROW(name, member, type, help) \
	{ "state_" name, help, EXPOSITION_##type, offsetof(struct keeping_figures, member) }
		ROW("entries", entries, COUNTER,
			"changes, and what is told again, given to the log"),
		ROW("confirmed", confirmed, COUNTER, "those of them that the disk has confirmed"),
		ROW("written_bytes", octets, COUNTER, "octets written"),
		ROW("writes", groups, COUNTER, "writes"),
		ROW("syncs", syncs, COUNTER, "times that the disk was told to keep what it has"),
		ROW("disk_bytes", disk_octets, GAUGE, "octets of the log's files"),
		ROW("segments", segments, GAUGE, "files of the log"),
		ROW("kept_bytes", kept_octets, GAUGE,
			"octets that state.keep_mb keeps though no start needs them"),
		ROW("runs_before", runs_before, GAUGE,
			"runs before this one whose logs are still needed"),
		ROW("restored_registrations", restored, GAUGE,
			"registrations that a restart found"),
		ROW("restored_ended", restored_ended, GAUGE,
			"registrations that had ended meanwhile"),
		ROW("restored_sessions", restored_sessions, GAUGE, "sessions that a restart found"),
#undef ROW
	};
	struct keeping_figures figures;

	if (keeping == NULL)
		return;
	keeping_figures(keeping, &figures);
	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		uint64_t value;

		memcpy(&value, (const char *)&figures + rows[i].offset, sizeof(value));
		exposition_family(exposition, rows[i].name, rows[i].type, rows[i].help);
		exposition_sample(exposition, NULL, value);
	}
	exposition_family(exposition, "state_well", EXPOSITION_GAUGE,
		"1: the disk takes what is acknowledged");
	exposition_sample(exposition, NULL, strcmp(keeping_health(keeping), "well") == 0);
}

void families_put(struct exposition *exposition, const struct metrics_sources *from)
{
	const struct rdl_conf *conf = from->watched.conf;

	exposition_family(exposition, "build_info", EXPOSITION_GAUGE, "1, with what this is");
	exposition_sample(exposition,
		LABELS({ "version", RDL_VERSION }, { "instance_name", conf->instance }), 1);
	exposition_family(
		exposition, "uptime_seconds", EXPOSITION_GAUGE, "time since the process began");
	exposition_thousandths(exposition, NULL, rdl_clock_ms() - from->started_ms);
	exposition_family(exposition, "registrations_max", EXPOSITION_GAUGE,
		"registrations that there is room for");
	exposition_sample(exposition, NULL, conf->memory.registrations);
	put_stats(exposition, from);
	families_put_cores(exposition, &from->watched);
	families_put_registrations(exposition, &from->watched);
	if (from->watched.handshakers != NULL)
		families_put_secure(exposition, &from->watched);
	if (from->watched.callers != NULL)
		families_put_requests(exposition, &from->watched);
	put_ports(exposition, from);
	put_state(exposition, from->watched.keeping);
	if (from->watched.recall != NULL)
		families_put_events(exposition, from->watched.recall);
	families_put_sockets(exposition, from);
	exposition_end(exposition);
}
