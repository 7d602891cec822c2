/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include "conf_text.h"

#define PLACE(field) offsetof(struct rdl_conf, field), sizeof(((struct rdl_conf *)0)->field)

/* A number's key, its limits, and where it goes. */
static const struct {
	const char *group, *key;
	long long min, max;
	size_t offset, size;
} ranges[] = {
	{ NULL, "workers", 1, 64, PLACE(workers) },
	{ NULL, "shards", 1, 64, PLACE(shards) },
	{ NULL, "idle_sleep_us", 0, 100000, PLACE(idle_sleep_us) },
	{ NULL, "drain_s", 0, 3600, PLACE(drain_s) },
	{ "memory", "mb", 0, 16777216, PLACE(memory.mb) },
	{ "memory", "registrations", 1, 4000000000, PLACE(memory.registrations) },
	{ "memory", "name_octets", 1, 252, PLACE(memory.name_octets) },
	{ "memory", "prefix_percent", 1, 100, PLACE(memory.prefix_percent) },
	{ "coap", "exchange_lifetime", 1, 86400, PLACE(coap.exchange_lifetime_s) },
	{ "coap", "max_payload", 1024, 65536, PLACE(coap.max_payload) },
	{ "coap", "block_transfers", 1, 1048576, PLACE(coap.block_transfers) },
	{ "coap", "reassemblies", 1, 65536, PLACE(coap.reassemblies) },
	{ "dtls", "port", 1, 65535, PLACE(dtls.port) },
	{ "dtls", "sessions", 0, 4000000000, PLACE(dtls.sessions) },
	{ "dtls", "cbc_sessions", 1, 1000000, PLACE(dtls.cbc_sessions) },
	{ "dtls", "session_idle_s", 1, 86400, PLACE(dtls.session_idle_s) },
	{ "dtls", "handshakes", 1, 16, PLACE(dtls.handshakes) },
	{ "dtls", "handshakes_max", 0, 10000000, PLACE(dtls.handshakes_max) },
	{ "dtls", "handshake_timeout_s", 5, 600, PLACE(dtls.handshake_timeout_s) },
	{ "dtls", "retransmit_ms", 100, 60000, PLACE(dtls.retransmit_ms) },
	{ "dtls", "ticket_s", 0, 604800, PLACE(dtls.ticket_s) },
	{ "state", "window_ms", 1, 60000, PLACE(state.window_ms) },
	{ "state", "snapshot_s", 5, 86400, PLACE(state.snapshot_s) },
	{ "state", "restart_grace_s", 0, 86400, PLACE(state.restart_grace_s) },
	{ "state", "ring_kb", 1024, 1048576, PLACE(state.ring_kb) },
	{ "state", "keep_mb", 0, 131072, PLACE(state.keep_mb) },
	{ "lwm2m", "lifetime_min", 0, 2147483647, PLACE(lwm2m.lifetime_min_s) },
	{ "lwm2m", "lifetime_max", 1, 2147483647, PLACE(lwm2m.lifetime_max_s) },
	{ "lwm2m", "expiry_grace", 0, 86400, PLACE(lwm2m.expiry_grace_s) },
	{ "lwm2m", "max_links", 2, 8192, PLACE(lwm2m.max_links) },
	{ "admission", "registers_per_s", 0, 1000000000, PLACE(admission.registers_per_s) },
	{ "admission", "burst", 0, 1000000000, PLACE(admission.burst) },
	{ "admission", "per_prefix", 0, 1000000000, PLACE(admission.per_prefix) },
	{ "admission", "updates", 0, 1000, PLACE(admission.updates) },
	{ "events", "subscribers", 1, 1024, PLACE(events.subscribers) },
	{ "events", "buffer_kb", 1024, 1048576, PLACE(events.buffer_kb) },
	{ "events", "ring_kb", 1024, 1048576, PLACE(events.ring_kb) },
	{ "requests", "clients", 1, 1024, PLACE(requests.clients) },
	{ "requests", "buffer_kb", 1024, 1048576, PLACE(requests.buffer_kb) },
	{ "requests", "per_endpoint", 1, 1024, PLACE(requests.per_endpoint) },
	{ "requests", "outstanding", 1, 10000000, PLACE(requests.outstanding) },
	{ "requests", "observations", 0, 10000000, PLACE(requests.observations) },
	{ "requests", "awake_s", 1, 86400, PLACE(requests.awake_s) },
	{ "requests", "max_payload", 1024, 65535, PLACE(requests.max_payload) },
	{ "ports", "vlan", 0, 4094, PLACE(ports[0].vlan) },
	{ "ports", "exception_per_s", 1, 1000000, PLACE(ports[0].exception_per_s) },
};

static void write_setting(size_t row, long long value, char text[static 256])
{
	const char *group = ranges[row].group, *key = ranges[row].key;
	const char *suffix = value > INT32_MAX ? "L" : "";

	if (group == NULL)
		snprintf(text, 256, TEST_PORT "%s = %lld%s;\n", key, value, suffix);
	else if (strcmp(group, "ports") == 0)
		snprintf(text, 256,
			"ports = ( { device = \"d\"; addresses = [ \"192.0.2.1/24\" ];\n"
			"%s = %lld%s; } );",
			key, value, suffix);
	else
		snprintf(text, 256, TEST_PORT "%s = { %s%s = %lld%s; };\n", group,
			strcmp(group, "events") == 0 || strcmp(group, "requests") == 0
				? "socket = \"/s\"; "
			: strcmp(group, "dtls") == 0  ? "credentials = \"/c\"; cbc = true; "
			: strcmp(group, "state") == 0 ? "directory = \"/s\"; "
						      : "",
			key, value, suffix);
}

static void assert_stored(size_t row, long long value)
{
	char text[256], *printed;
	uint64_t stored = 0;

	write_setting(row, value, text);
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);
	assert_string_equal(printed, "");
	memcpy(&stored, (const uint8_t *)conf + ranges[row].offset, ranges[row].size);
	assert_int_equal(stored, value);
	rdl_conf_free(conf);
	free(printed);
}

static void assert_refused(size_t row, long long value)
{
	const char *group = ranges[row].group;
	char text[256], expected[256];

	write_setting(row, value, text);
	snprintf(expected, sizeof(expected),
		"2: %s%s%s%s must be a whole number from %lld to %lld, not %lld\n",
		group == NULL ? "" : group,
		group != NULL && strcmp(group, "ports") == 0 ? "[0]" : "", group == NULL ? "" : ".",
		ranges[row].key, ranges[row].min, ranges[row].max, value);
	assert_says(text, expected);
}

static void numbers(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(ranges); i++) {
		assert_stored(i, ranges[i].min);
		assert_stored(i, ranges[i].min + 1);
		assert_stored(i, ranges[i].max);
		assert_refused(i, ranges[i].min - 1);
		assert_refused(i, ranges[i].max + 1);
	}
}

#define REPEAT_4(s) s s s s
#define REPEAT_7(s) s s s s s s s
#define REPEAT_9(s) s s s s s s s s s
#define REPEAT_32(s) REPEAT_4(REPEAT_7(s)) REPEAT_4(s)
#define REPEAT_252(s) REPEAT_4(REPEAT_7(REPEAT_9(s)))
#define CORES " is not a list of CPU numbers below 1024, as in \"0-1,4\"\n"
#define VERSION " is not MAJOR.MINOR, 1 to 255 and 0 to 127, as in \"1.1\"\n"
#define OBJECT_VERSION " is not a version: MAJOR.MINOR, each up to 65535\n"

/* A line behind the port's, and what it gets. */
static const struct {
	const char *text, *says;
} texts[] = {
	{ "instance = \"\";", "2: instance must not be empty\n" },
	{ "instance = \"abcdefghij-_XYZ9\";", "" },
	{ "instance = \"abcdefghij-_XYZ90\";",
		"2: instance must be a string of at most 16 octets, not 17\n" },
	{ "instance = \"a/b\";", "2: instance \"a/b\" may hold letters, digits, _ and - only\n" },
	{ "cores = \"1023\";", "" },
	{ "cores = \"1-1\";", "" },
	{ "cores = \"0-1023\";", "" },
	{ "cores = \"1024\";", "2: cores \"1024\"" CORES },
	{ "cores = \"4294967296\";", "2: cores \"4294967296\"" CORES },
	{ "cores = \"1-0\";", "2: cores \"1-0\"" CORES },
	{ "cores = \"1-\";", "2: cores \"1-\"" CORES },
	{ "cores = \"-1\";", "2: cores \"-1\"" CORES },
	{ "cores = \"1,\";", "2: cores \"1,\"" CORES },
	{ "cores = \",1\";", "2: cores \",1\"" CORES },
	{ "cores = \"1-2-3\";", "2: cores \"1-2-3\"" CORES },
	{ "cores = \"0, 1\";", "2: cores \"0, 1\"" CORES },
	{ "cores = \"\";", "2: cores must not be empty\n" },
	{ "cores = \"2-4,3\";", "2: cores names CPU 3 twice\n" },
	{ "cores = 1;", "2: cores must be a string\n" },
	{ "lwm2m = { version = \"255.127\"; };", "" },
	{ "lwm2m = { version = \"1.128\"; };", "2: lwm2m.version \"1.128\"" VERSION },
	{ "lwm2m = { version = \"256.0\"; };", "2: lwm2m.version \"256.0\"" VERSION },
	{ "lwm2m = { version = \"0.1\"; };", "2: lwm2m.version \"0.1\"" VERSION },
	{ "lwm2m = { version = \"1\"; };", "2: lwm2m.version \"1\"" VERSION },
	{ "lwm2m = { version = \"1.\"; };", "2: lwm2m.version \"1.\"" VERSION },
	{ "lwm2m = { version = \"1.1.1\"; };", "2: lwm2m.version \"1.1.1\"" VERSION },
	{ "lwm2m = { version = \"\"; };", "2: lwm2m.version \"\"" VERSION },
	{ "lwm2m = { version = 1.1; };", "2: lwm2m.version must be a string\n" },
	{ "lwm2m = { lifetime_min = 5; lifetime_max = 5; };", "" },
	{ "lwm2m = { lifetime_min = 6; lifetime_max = 5; };",
		"2: lwm2m.lifetime_max is less than lifetime_min: 5, 6\n" },
	{ "lwm2m = { keep_attributes = 1024; };",
		"2: lwm2m.keep_attributes must be true or false\n" },
	{ "lwm2m = { text_plain = 1; };", "2: lwm2m.text_plain must be true or false\n" },
	{ "lwm2m = { text_plain = \"true\"; };", "2: lwm2m.text_plain must be true or false\n" },
	{ "lwm2m = { security_object = \"accept\"; };",
		"2: lwm2m.security_object must be \"strip\" or \"refuse\", not \"accept\"\n" },
	{ "lwm2m = { mandatory_objects = \"strip\"; };",
		"2: lwm2m.mandatory_objects must be \"accept\" or \"refuse\", not \"strip\"\n" },
	{ "lwm2m = { extra_parameters = [ \"" REPEAT_32("x") "\" ]; };", "" },
	{ "lwm2m = { extra_parameters = [ \"" REPEAT_32("x") "x\", \"\" ]; };",
		"2: lwm2m.extra_parameters[0] must be a string of at most 32 octets, not 33\n"
		"2: lwm2m.extra_parameters[1] must not be empty\n" },
	{ "lwm2m = { extra_parameters = "
	  "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"A\",\"B\",\"C\",\"D\","
	  "\"E\",\"F\",\"G\",\"H\",\"I\",\"J\",\"K\",\"L\",\"M\",\"N\",\"O\",\"P\",\"R\",\"S\","
	  "\"T\",\"U\",\"V\",\"W\"]; };",
		"" },
	{ "lwm2m = { extra_parameters = "
	  "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"A\",\"B\",\"C\",\"D\","
	  "\"E\",\"F\",\"G\",\"H\",\"I\",\"J\",\"K\",\"L\",\"M\",\"N\",\"O\",\"P\",\"R\",\"S\","
	  "\"T\",\"U\",\"V\",\"W\",\"EP\"]; };",
		"2: lwm2m.extra_parameters must have at most 32 entries, not 33\n" },
	/* Those two for Updates. */
	{ "lwm2m = { extra_parameters = [ \"ep\", \"lwm2m\", \"Ep\" ]; };", "" },
	{ "lwm2m = { extra_parameters = [ \"ep\", \"lt\", \"lwm2m\", \"ep\" ]; };",
		"2: lwm2m.extra_parameters[1] \"lt\" is a standard parameter\n"
		"2: lwm2m.extra_parameters[3] \"ep\" is there twice\n" },
	{ "lwm2m = { extra_parameters = [ \"b\", \"sms\", \"Q\" ]; };",
		"2: lwm2m.extra_parameters[0] \"b\" is a standard parameter\n"
		"2: lwm2m.extra_parameters[1] \"sms\" is a standard parameter\n"
		"2: lwm2m.extra_parameters[2] \"Q\" is a standard parameter\n" },
	{ "lwm2m = { objects = ( { id = 0; }, { id = 65534; versions = [ \"0.0\", \"65535.65535\" "
	  "]; } ); };",
		"" },
	{ "lwm2m = { objects = ( ); };", "" },
	{ "lwm2m = { objects = ( { id = -1; }, { id = 65535; }, { id = 7L; }, { id = 7; } ); };",
		"2: lwm2m.objects[0].id must be a whole number from 0 to 65534, not -1\n"
		"2: lwm2m.objects[1].id must be a whole number from 0 to 65534, not 65535\n"
		"2: lwm2m.objects[3] describes object 7 again\n" },
	{ "lwm2m = { objects = ( { id = 1; versions = [ \"65536.0\", \"0.65536\" ]; } ); };",
		"2: lwm2m.objects[0].versions[0] \"65536.0\"" OBJECT_VERSION
		"2: lwm2m.objects[0].versions[1] \"0.65536\"" OBJECT_VERSION },
	{ "lwm2m = { own_objects = ( { id = 1; }, { id = 1; } ); objects = ( { id = 1; } ); };",
		"2: lwm2m.own_objects[1] describes object 1 again\n" },
	{ "lwm2m = { objects = { id = 1; }; };",
		"2: lwm2m.objects must be a list of groups: ( { ... }, { ... } )\n" },
	{ "endpoints = { deny = [ \"" REPEAT_252("x") "\" ]; };", "" },
	{ "endpoints = { deny = [ \"" REPEAT_252("x") "x\" ]; };",
		"2: endpoints.deny[0] must be a string of at most 252 octets, not 253\n" },
	{ "endpoints = { deny = ( \"x\" ); };",
		"2: endpoints.deny must be an array of strings: [ \"...\", \"...\" ]\n" },
	{ "endpoints = { known = \"/nowhere\"; };",
		"2: endpoints.known cannot open /nowhere: No such file or directory\n" },
	{ "endpoints = { known = \"/\"; };", "2: endpoints.known cannot open /: Is a directory\n" },
	{ "endpoints = { known = \"/dev/null\"; };", "" },
	{ "endpoints = { unknown_code = \"4.0\"; };",
		"2: endpoints.unknown_code must be \"4.00\" or \"4.03\", not \"4.0\"\n" },
	{ "dtls = { credentials = \"/c\"; };"
	  "endpoints = { secured = [ \"" REPEAT_252("x") "x\" ]; };",
		"2: endpoints.secured[0] must be a string of at most 252 octets, not 253\n" },
	{ "eal = { extra = [ \"\" ]; };", "2: eal.extra[0] must not be empty\n" },
	{ "log = { level = \"error\"; };", "" },
	{ "log = { level = \"warn\"; };", "" },
	{ "log = { level = \"INFO\"; };",
		"2: log.level must be \"error\", \"warn\", \"info\" or \"debug\", not \"INFO\"\n" },
};

static void text_values(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(texts); i++) {
		char text[1024];

		snprintf(text, sizeof(text), TEST_PORT "%s\n", texts[i].text);
		assert_says(text, texts[i].says);
	}
}

/* An address as the port's only one, and what it gets behind `ports[0].addresses[0] "..." `. */
static const struct {
	const char *address, *says;
} addresses[] = {
	{ "1.0.0.1/1", NULL },
	{ "223.255.255.254/32", NULL },
	{ "10.0.0.0/31", NULL },
	{ "10.0.0.1/31", NULL },
	{ "10.0.0.0/30", "is the network's own address" },
	{ "10.0.0.3/30", "is the network's broadcast address" },
	{ "10.0.0.0/32", NULL },
	{ "0.0.0.0/24", "is not a unicast address" },
	{ "0.1.2.3/24", "is not a unicast address" },
	{ "127.0.0.1/8", "is not a unicast address" },
	{ "224.0.0.1/24", "is not a unicast address" },
	{ "255.255.255.255/32", "is not a unicast address" },
	{ "fe80::1/64", NULL },
	{ "2001:db8::1/1", NULL },
	{ "2001:db8::/127", NULL },
	{ "2001:db8::/128", NULL },
	{ "2001:db8::ffff:ffff:ffff:ffff/64", NULL },
	{ "2001:db8::/126", "is the network's own address" },
	{ "::/64", "is not a unicast address" },
	{ "::1/128", "is not a unicast address" },
	{ "ff02::1/64", "is not a unicast address" },
	{ "::ffff:192.0.2.1/120", "is not a unicast address" },
#define NONE "is not an address and its prefix, as in \"192.0.2.1/24\""
	{ "", NONE },
	{ "/24", NONE },
	{ "192.0.2.1", NONE },
	{ "192.0.2.1/", NONE },
	{ "192.0.2.1/0", NONE },
	{ "192.0.2.1/33", NONE },
	{ "192.0.2.1/-1", NONE },
	{ "192.0.2.1/24/24", NONE },
	{ "192.0.2.1/24 ", NONE },
	{ "192.0.2.01/24", NONE },
	{ "192.0.2/24", NONE },
	{ "host/24", NONE },
	{ "2001:db8::1/129", NONE },
	{ "2001:db8::1/0", NONE },
	{ "2001:db8:::1/64", NONE },
	{ "fe80::1%eth0/64", NONE },
	{ "1111:2222:3333:4444:5555:6666:255.255.255.255:7777/64", NONE },
};

static void addresses_of_a_port(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(addresses); i++) {
		char text[256], expected[256] = "";

		snprintf(text, sizeof(text),
			"ports = ( { device = \"d\"; addresses = [ \"%s\" ]; } );",
			addresses[i].address);
		if (addresses[i].says != NULL)
			snprintf(expected, sizeof(expected), "1: ports[0].addresses[0] \"%s\" %s\n",
				addresses[i].address, addresses[i].says);
		assert_says(text, expected);
	}
}

/* Whose an address is must be plain; a link-local one is of its port's link alone. */
static void addresses_of_two_ports(void **state)
{
	static const struct {
		const char *first, *second, *says;
	} rows[] = {
		{ "192.0.2.1/24", "192.0.2.2/24", "" },
		{ "192.0.2.1/24", "192.0.2.1/24",
			"1: ports[1].addresses[0] \"192.0.2.1/24\" is there twice\n" },
		{ "2001:db8::1/64", "2001:db8::1/48",
			"1: ports[1].addresses[0] \"2001:db8::1/48\" is there twice\n" },
		{ "fe80::1/64", "fe80::1/64", "" },
		{ "febf::1/64", "febf::1/64", "" },
		{ "fec0::1/64", "fec0::1/64",
			"1: ports[1].addresses[0] \"fec0::1/64\" is there twice\n" },
		{ "fe80::1/64\", \"fe80::1/10", "fe80::1/64",
			"1: ports[0].addresses[1] \"fe80::1/10\" is there twice\n" },
		{ "10.0.0.1/8\", \"10.0.0.1/8", "fe80::1/64",
			"1: ports[0].addresses[1] \"10.0.0.1/8\" is there twice\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text),
			"ports = ( { device = \"a\"; addresses = [ \"%s\" ]; }, "
			"{ device = \"b\"; addresses = [ \"%s\" ]; } );",
			rows[i].first, rows[i].second);
		assert_says(text, rows[i].says);
	}
}

static void room(void **state)
{
	static const struct {
		unsigned ports, ipv4, ipv6, gateways;
		const char *says;
	} rows[] = {
		{ 0, 0, 0, 0, "1: ports must have 1 to 16 entries, not 0\n" },
		{ 1, 16, 16, 16, "" },
		{ 16, 1, 0, 0, "" },
		{ 17, 1, 0, 0, "1: ports must have 1 to 16 entries, not 17\n" },
		{ 1, 17, 16, 1, "1: ports[0].addresses[16] is too much: at most 16 of IPv4\n" },
		{ 1, 16, 17, 1, "1: ports[0].addresses[32] is too much: at most 16 of IPv6\n" },
		{ 1, 1, 1, 17,
			"1: ports[0].gateway[16] is too much: at most 16 of IPv4\n"
			"1: ports[0].gateway[33] is too much: at most 16 of IPv6\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char *text;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		assert_non_null(out);
		fputs("ports = (", out);
		for (unsigned p = 0; p < rows[i].ports; p++) {
			/* d16 before d1: a name is not another's beginning. */
			fprintf(out, "%s{ device = \"d%u\"; addresses = [ ", p == 0 ? "" : ", ",
				rows[i].ports - p);
			for (unsigned a = 0; a < rows[i].ipv4; a++)
				fprintf(out, "%s\"10.%u.0.%u/16\"", a == 0 ? "" : ", ", p, a + 1);
			for (unsigned a = 0; a < rows[i].ipv6; a++)
				fprintf(out, ", \"2001:db8:%x::%x/64\"", p, a + 1);
			fputs("]; gateway = [ ", out);
			for (unsigned a = 0; a < rows[i].gateways; a++)
				fprintf(out, "%s\"10.%u.1.%u\"", a == 0 ? "" : ", ", p, a + 1);
			for (unsigned a = 0; a < rows[i].gateways; a++)
				fprintf(out, ", \"2001:db8:%x::1:%x\"", p, a + 1);
			fputs("]; }", out);
		}
		fputs(");", out);
		fclose(out);
		assert_says(text, rows[i].says);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(text_values),
		cmocka_unit_test(addresses_of_a_port),
		cmocka_unit_test(addresses_of_two_ports),
		cmocka_unit_test(room),
	};
	return RUN_TESTS(tests);
}
