/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every key that goes into struct rdl_conf: its type, when a new value takes effect, its range, and
 * what it is when it is absent.
 *
 * What sizes memory, cores and sockets, and what records depend on that are already there, is read
 * at the start only.
 */
#include "internal.h"

#include <limits.h>

#define FIELD(field) RDL_CONF_FIELD(struct rdl_conf, field)
#define START RDL_CONF_AT_START
#define RELOAD RDL_CONF_AT_RELOAD
#define NUMBER(key, field, effect, low, high, value)                                           \
	{                                                                                      \
		.name = key, .kind = RDL_CONF_NUMBER, .when = effect, .min = low, .max = high, \
		.preset = value, FIELD(field)                                                  \
	}
#define BOOLEAN(key, field, effect, value)                                              \
	{                                                                               \
		.name = key, .kind = RDL_CONF_BOOLEAN, .when = effect, .preset = value, \
		FIELD(field)                                                            \
	}
#define WORD(key, field, effect, list, value)                                      \
	{                                                                          \
		.name = key, .kind = RDL_CONF_WORD, .when = effect, .words = list, \
		.preset = value, FIELD(field)                                      \
	}

static const char *wrong_instance(const char *text)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return text[strspn(text, good)] == '\0' ? NULL : "may hold letters, digits, _ and - only";
}

static const struct rdl_conf_key root_keys[] = {
	{ .name = "instance",
		.kind = RDL_CONF_TEXT,
		.min = 1,
		.max = 16,
		.preset_text = "rdline",
		.wrong = wrong_instance,
		FIELD(instance) },
	NUMBER("workers", workers, START, 1, 64, 1),
	NUMBER("shards", shards, START, 1, 64, 1),
	{ .name = "cores",
		.kind = RDL_CONF_TEXT,
		.min = 1,
		.max = INT_MAX,
		.read = rdl_conf_read_cores,
		.same = rdl_conf_same_cores,
		FIELD(cores) },
	NUMBER("idle_sleep_us", idle_sleep_us, START, 0, 100000, 0),
	NUMBER("drain_s", drain_s, RELOAD, 0, 3600, 0),
	{ .name = "memory", .kind = RDL_CONF_GROUP },
	{ .name = "ports",
		.kind = RDL_CONF_LIST,
		.required = true,
		.min = 1,
		.max = RDL_CONF_PORTS_MAX,
		.same = rdl_conf_same_ports },
	{ .name = "coap", .kind = RDL_CONF_GROUP },
	{ .name = "dtls", .kind = RDL_CONF_GROUP },
	{ .name = "state", .kind = RDL_CONF_GROUP },
	{ .name = "lwm2m", .kind = RDL_CONF_GROUP },
	{ .name = "endpoints", .kind = RDL_CONF_GROUP },
	{ .name = "admission", .kind = RDL_CONF_GROUP },
	{ .name = "events", .kind = RDL_CONF_GROUP },
	{ .name = "control", .kind = RDL_CONF_GROUP },
	{ .name = "requests", .kind = RDL_CONF_GROUP },
	{ .name = "metrics", .kind = RDL_CONF_GROUP },
	{ .name = "eal", .kind = RDL_CONF_GROUP },
	{ .name = "log", .kind = RDL_CONF_GROUP },
};

static const struct rdl_conf_key memory_keys[] = {
	BOOLEAN("hugepages", memory.hugepages, START, true),
	NUMBER("mb", memory.mb, START, 0, 16777216, 0),
	NUMBER("registrations", memory.registrations, START, 1, 4000000000, 1000000),
	NUMBER("name_octets", memory.name_octets, START, 1, 252, 48),
	NUMBER("prefix_percent", memory.prefix_percent, START, 1, 100, 50),
};

static const struct rdl_conf_key coap_keys[] = {
	NUMBER("port", coap.port, START, 0, 65535, 5683),
	NUMBER("exchange_lifetime", coap.exchange_lifetime_s, START, 1, 86400, 247),
	NUMBER("max_payload", coap.max_payload, START, 1024, 65536, 8192),
	NUMBER("block_transfers", coap.block_transfers, START, 1, 1048576, 4096),
	NUMBER("reassemblies", coap.reassemblies, START, 1, 65536, 1024),
	BOOLEAN("diagnostics", coap.diagnostics, RELOAD, true),
};

/* The index of each word is the value of its field. */
static const char *const durability_words[] = {
	[RDL_CONF_COMMIT] = "commit",
	[RDL_CONF_WINDOW] = "window",
	[RDL_CONF_NO_DURABILITY] = "none",
	[RDL_CONF_NO_DURABILITY + 1] = NULL,
};
static const char *const security_words[] = { "strip", "refuse", NULL };
static const char *const mandatory_words[] = { "accept", "refuse", NULL };
static const char *const code_words[] = { "4.00", "4.03", NULL };
static const char *const level_words[] = {
	[RDL_CONF_LOG_ERROR] = "error",
	[RDL_CONF_LOG_WARN] = "warn",
	[RDL_CONF_LOG_INFO] = "info",
	[RDL_CONF_LOG_DEBUG] = "debug",
	[RDL_CONF_LOG_DEBUG + 1] = NULL,
};

static const struct rdl_conf_key state_keys[] = {
	{ .name = "directory",
		.kind = RDL_CONF_TEXT,
		.required = true,
		.min = 1,
		.max = 200,
		FIELD(state.directory.path) },
	WORD("durability", state.durability, START, durability_words, RDL_CONF_COMMIT),
	NUMBER("window_ms", state.window_ms, START, 1, 60000, 50),
	NUMBER("snapshot_s", state.snapshot_s, START, 5, 86400, 60),
	NUMBER("restart_grace_s", state.restart_grace_s, START, 0, 86400, 120),
	NUMBER("ring_kb", state.ring_kb, START, 1024, 1048576, 32768),
	NUMBER("keep_mb", state.keep_mb, START, 0, 131072, 0),
	BOOLEAN("sessions", state.sessions, START, true),
	{ .name = "key_file",
		.kind = RDL_CONF_TEXT,
		.min = 1,
		.max = INT_MAX,
		FIELD(state.key_file.path) },
};

static const char *wrong_parameter(const char *text)
{
	/* `ep` and `lwm2m` may be named: what they are then allowed in is Updates. */
	static const char *const standard[] = { "lt", "b", "sms", "Q" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(standard); i++)
		if (strcmp(text, standard[i]) == 0)
			return "is a standard parameter";
	return strchr(text, '=') == NULL ? NULL : "is not a name: it holds =";
}

static void read_version(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base)
{
	struct rdl_conf *conf = base;
	struct rdl_conf_version version;

	if (rdl_conf_version_parse(text, 255, 127, &version) && version.major > 0)
		conf->lwm2m.version = version;
	else
		rdl_conf_complain(loader, setting,
			"\"%s\" is not MAJOR.MINOR, 1 to 255 and 0 to 127, as in \"1.1\"", text);
}

static bool same_version(const struct rdl_conf *a, const struct rdl_conf *b)
{
	return a->lwm2m.version.major == b->lwm2m.version.major &&
	       a->lwm2m.version.minor == b->lwm2m.version.minor;
}

static const struct rdl_conf_key lwm2m_keys[] = {
	{ .name = "version",
		.kind = RDL_CONF_TEXT,
		.when = RELOAD,
		.max = INT_MAX,
		.preset_text = "1.1",
		.read = read_version,
		.same = same_version,
		FIELD(lwm2m.version_text) },
	NUMBER("lifetime_min", lwm2m.lifetime_min_s, RELOAD, 0, INT32_MAX, 0),
	NUMBER("lifetime_max", lwm2m.lifetime_max_s, RELOAD, 1, INT32_MAX, INT32_MAX),
	NUMBER("expiry_grace", lwm2m.expiry_grace_s, START, 0, 86400, 0),
	WORD("security_object", lwm2m.security_object_refuse, RELOAD, security_words, false),
	WORD("mandatory_objects", lwm2m.mandatory_objects_refuse, RELOAD, mandatory_words, true),
	BOOLEAN("sms_msisdn", lwm2m.sms_msisdn, RELOAD, false),
	BOOLEAN("text_plain", lwm2m.text_plain, RELOAD, false),
	BOOLEAN("keep_attributes", lwm2m.keep_attributes, RELOAD, false),
	{ .name = "extra_parameters",
		.kind = RDL_CONF_STRINGS,
		.when = RELOAD,
		.min = 1,
		.max = 32,
		.wrong = wrong_parameter,
		FIELD(lwm2m.extra_parameters) },
	NUMBER("max_links", lwm2m.max_links, RELOAD, 2, 8192, 1024),
	{ .name = "objects",
		.kind = RDL_CONF_LIST,
		.when = RELOAD,
		.max = INT_MAX,
		.same = rdl_conf_same_objects },
	{ .name = "own_objects",
		.kind = RDL_CONF_LIST,
		.when = RELOAD,
		.max = INT_MAX,
		.same = rdl_conf_same_own_objects },
};

static const struct rdl_conf_key endpoints_keys[] = {
	{ .name = "known",
		.kind = RDL_CONF_TEXT,
		.when = RELOAD,
		.min = 1,
		.max = INT_MAX,
		.read = rdl_conf_read_known,
		.same = rdl_conf_same_known,
		FIELD(endpoints.known_file) },
	{ .name = "deny",
		.kind = RDL_CONF_STRINGS,
		.when = RELOAD,
		.min = 1,
		.max = 252,
		FIELD(endpoints.deny) },
	{ .name = "secured",
		.kind = RDL_CONF_STRINGS,
		.when = RELOAD,
		.min = 1,
		.max = 252,
		FIELD(endpoints.secured) },
	WORD("unknown_code", endpoints.unknown_forbidden, RELOAD, code_words, false),
};

static const struct rdl_conf_key admission_keys[] = {
	NUMBER("registers_per_s", admission.registers_per_s, RELOAD, 0, 1000000000, 0),
	NUMBER("burst", admission.burst, RELOAD, 0, 1000000000, 0),
	NUMBER("per_prefix", admission.per_prefix, RELOAD, 0, 1000000000, 0),
	NUMBER("updates", admission.updates, RELOAD, 0, 1000, 10),
};

const char *rdl_conf_wrong_socket(const char *text)
{
	return text[0] == '/' ? NULL : "is not an absolute path";
}

#define SOCKET(field)                                                                           \
	{ .name = "socket",                                                                     \
		.kind = RDL_CONF_TEXT,                                                          \
		.required = true,                                                               \
		.min = 1,                                                                       \
		.max = RDL_CONF_SOCKET_PATH_MAX,                                                \
		.wrong = rdl_conf_wrong_socket,                                                 \
		FIELD(field.path) },                                                            \
	{                                                                                       \
		.name = "group", .kind = RDL_CONF_TEXT, .min = 1, .max = 32, FIELD(field.group) \
	}

static const struct rdl_conf_key events_keys[] = {
	SOCKET(events.socket),
	NUMBER("subscribers", events.subscribers, START, 1, 1024, 16),
	NUMBER("buffer_kb", events.buffer_kb, START, 1024, 1048576, 4096),
	NUMBER("ring_kb", events.ring_kb, START, 1024, 1048576, 8192),
};

static const struct rdl_conf_key control_keys[] = { SOCKET(control) };

static void read_listen(struct rdl_conf_loader *loader, const config_setting_t *setting,
	const char *text, void *base)
{
	struct rdl_conf *conf = base;

	conf->metrics.where = rdl_conf_where_of(loader, setting);
	if (!rdl_conf_listen_parse(text, &conf->metrics))
		rdl_conf_complain(loader, setting,
			"\"%s\" is not ADDRESS:PORT, as in \"127.0.0.1:9121\" or \"[::1]:9121\"",
			text);
}

static const struct rdl_conf_key metrics_keys[] = {
	{ .name = "listen",
		.kind = RDL_CONF_TEXT,
		.required = true,
		.min = 1,
		.max = 64,
		.read = read_listen,
		FIELD(metrics.text) },
};

static const struct rdl_conf_key eal_keys[] = {
	{ .name = "extra", .kind = RDL_CONF_STRINGS, .min = 1, .max = INT_MAX, FIELD(eal_extra) },
};

static const struct rdl_conf_key log_keys[] = {
	WORD("level", log_level, RELOAD, level_words, RDL_CONF_LOG_INFO),
};

const struct rdl_conf_section rdl_conf_sections[RDL_CONF_SECTIONS] = {
	{ NULL, RDL_CONF_GROUP_OF(root_keys) },
	{ "memory", RDL_CONF_GROUP_OF(memory_keys) },
	{ "coap", RDL_CONF_GROUP_OF(coap_keys) },
	{ "dtls", RDL_CONF_GROUP_OF(rdl_conf_dtls_keys) },
	{ "state", RDL_CONF_GROUP_OF(state_keys) },
	{ "lwm2m", RDL_CONF_GROUP_OF(lwm2m_keys) },
	{ "endpoints", RDL_CONF_GROUP_OF(endpoints_keys) },
	{ "admission", RDL_CONF_GROUP_OF(admission_keys) },
	{ "events", RDL_CONF_GROUP_OF(events_keys) },
	{ "control", RDL_CONF_GROUP_OF(control_keys) },
	{ "requests", RDL_CONF_GROUP_OF(rdl_conf_requests_keys) },
	{ "metrics", RDL_CONF_GROUP_OF(metrics_keys) },
	{ "eal", RDL_CONF_GROUP_OF(eal_keys) },
	{ "log", RDL_CONF_GROUP_OF(log_keys) },
};
