/* SPDX-License-Identifier: BSD-3-Clause */
/* What a configuration that follows another changes, and what it cannot be read from. */
#include "support.h"

#include <sys/stat.h>

#include "conf_text.h"

static struct rdl_conf *load_text(const char *text)
{
	char *printed;
	struct rdl_conf *conf = load_octets(text, strlen(text), &printed);

	assert_string_equal(printed, "");
	free(printed);
	return conf;
}

/* Each change in a line: the key, what it was and is, and whether it waits. */
static char *print_changes(const struct rdl_conf *was, const struct rdl_conf *now)
{
	static struct rdl_conf_change changes[RDL_CONF_CHANGES_MAX];
	unsigned count = rdl_conf_changes(was, now, changes);
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%s%s %s %s\n", changes[i].when == RDL_CONF_AT_START ? "later " : "",
			changes[i].key, changes[i].was, changes[i].now);
	fclose(out);
	return text;
}

static void assert_changes(const char *before, const char *after, const char *expected)
{
	struct rdl_conf *was = load_text(before), *now = load_text(after);
	char *text = print_changes(was, now), *none = print_changes(now, now);

	if (strcmp(text, expected) != 0)
		print_error("from: %s\nto: %s\n", before, after);
	assert_string_equal(text, expected);
	assert_string_equal(none, "");
	free(text);
	free(none);
	rdl_conf_free(was);
	rdl_conf_free(now);
}

/*
 * From the least to a file that says everything:
 * every key, and on what occasion it takes effect.
 */
static void every_key(void **state)
{
	char *printed;
	struct rdl_conf *was = load_text(TEST_PORT);
	struct rdl_conf *now = load_file("tests/data/conf/full.conf", &printed);

	assert_string_equal(printed, "");
	free(printed);
	char *text = print_changes(was, now);
	assert_string_equal(text, "later instance \"rdline\" \"gw_2-b\"\n"
				  "later workers 1 3\n"
				  "later shards 1 2\n"
				  "later cores absent \"7,2-4,0\"\n"
				  "later idle_sleep_us 0 50\n"
				  "later ports  \n"
				  "later memory.hugepages true false\n"
				  "later memory.mb 0 2048\n"
				  "later memory.registrations 1000000 3000000000\n"
				  "later coap.port 5683 61616\n"
				  "later coap.exchange_lifetime 247 100\n"
				  "later coap.max_payload 8192 4096\n"
				  "later coap.block_transfers 4096 10\n"
				  "later coap.reassemblies 1024 20\n"
				  "coap.diagnostics true false\n"
				  "later dtls.port 0 61617\n"
				  "later dtls.credentials absent "
				  "\"tests/data/conf/part/credentials\"\n"
				  "later dtls.key_file absent \"/etc/rdline/key\"\n"
				  "later dtls.certificate absent \"tests/data/conf/c.pem\"\n"
				  "later dtls.key absent \"tests/data/conf/k.pem\"\n"
				  "later dtls.ca absent \"tests/data/conf/ca.pem\"\n"
				  "later dtls.crl absent \"tests/data/conf/crl.pem\"\n"
				  "later dtls.suites  \n"
				  "later dtls.cid true false\n"
				  "later dtls.cbc false true\n"
				  "later dtls.cbc_sessions 10000 20\n"
				  "later dtls.sessions 0 5\n"
				  "later dtls.session_idle_s 300 6\n"
				  "later dtls.handshakes 1 2\n"
				  "later dtls.handshakes_max 0 7\n"
				  "later dtls.handshake_timeout_s 60 8\n"
				  "later dtls.retransmit_ms 1000 9000\n"
				  "later dtls.ticket_s 604800 10\n"
				  "later dtls.endpoint_from_identity false true\n"
				  "later state.directory absent \"tests/data/conf/part/state\"\n"
				  "later state.durability \"commit\" \"window\"\n"
				  "later state.window_ms 50 7\n"
				  "later state.snapshot_s 60 8\n"
				  "later state.restart_grace_s 120 9\n"
				  "later state.ring_kb 32768 1025\n"
				  "later state.keep_mb 0 3\n"
				  "later state.sessions true false\n"
				  "later state.key_file absent \"tests/data/conf/part/s.key\"\n"
				  "lwm2m.version \"1.1\" \"1.2\"\n"
				  "lwm2m.lifetime_min 0 60\n"
				  "lwm2m.lifetime_max 2147483647 86400\n"
				  "later lwm2m.expiry_grace 0 5\n"
				  "lwm2m.security_object \"strip\" \"refuse\"\n"
				  "lwm2m.mandatory_objects \"refuse\" \"accept\"\n"
				  "lwm2m.text_plain false true\n"
				  "lwm2m.keep_attributes false true\n"
				  "lwm2m.extra_parameters  \n"
				  "lwm2m.max_links 1024 64\n"
				  "lwm2m.objects  \n"
				  "lwm2m.own_objects  \n"
				  "endpoints.known absent \"part/known.txt\"\n"
				  "endpoints.deny  \n"
				  "endpoints.secured  \n"
				  "endpoints.unknown_code \"4.00\" \"4.03\"\n"
				  "admission.registers_per_s 0 1\n"
				  "admission.burst 0 2\n"
				  "admission.per_prefix 0 3\n"
				  "admission.updates 10 4\n"
				  "later events.socket absent \"/run/e.sock\"\n"
				  "later events.group absent \"wheel\"\n"
				  "later events.subscribers 16 3\n"
				  "later events.buffer_kb 4096 2000\n"
				  "later events.ring_kb 8192 1024\n"
				  "later control.socket absent \"/run/c.sock\"\n"
				  "later control.group absent \"operators\"\n"
				  "later requests.socket absent \"/run/r.sock\"\n"
				  "later requests.group absent \"senders\"\n"
				  "later requests.mode \"0660\" \"0600\"\n"
				  "later requests.clients 64 5\n"
				  "later requests.buffer_kb 4096 3000\n"
				  "later requests.per_endpoint 16 6\n"
				  "later requests.outstanding 100000 70\n"
				  "later requests.observations 100000 8\n"
				  "later requests.awake_s 93 9\n"
				  "later requests.max_payload 8192 2000\n"
				  "later requests.observe_unheard \"acknowledge\" \"reset\"\n"
				  "later requests.allow  \n"
				  "later metrics.listen absent \"[2001:db8::1]:9121\"\n"
				  "later eal.extra  \n"
				  "log.level \"info\" \"debug\"\n");
	free(text);
	rdl_conf_free(was);
	rdl_conf_free(now);
	assert_changes(TEST_PORT,
		TEST_PORT "memory = { name_octets = 50; prefix_percent = 60; };"
			  "lwm2m = { sms_msisdn = true; };",
		"later memory.name_octets 48 50\n"
		"later memory.prefix_percent 50 60\n"
		"lwm2m.sms_msisdn false true\n");
}

#define TWO_PORTS(device, first, gateway, vlan, ipv6)                                              \
	"ports = ( { device = \"" device "\"; addresses = [ \"" first "\" ]; gateway = [ " gateway \
	" ]; vlan = " vlan "; }, "                                                                 \
	"{ device = \"e\"; addresses = [ \"" ipv6 "\", \"2001:db8::2/64\" ]; } );"
#define ONE_PORT(more) "ports = ( { device = \"d\"; addresses = [ \"192.0.2.1/24\" ]; " more " } );"
#define PORTS TWO_PORTS("d", "192.0.2.1/24", "\"192.0.2.9\"", "5", "2001:db8::1/64")

static void ports(void **state)
{
	static const char *const others[] = {
		TWO_PORTS("f", "192.0.2.1/24", "\"192.0.2.9\"", "5", "2001:db8::1/64"),
		TWO_PORTS("d,a=b", "192.0.2.1/24", "\"192.0.2.9\"", "5", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.2/24", "\"192.0.2.9\"", "5", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.1/25", "\"192.0.2.9\"", "5", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.1/24", "\"192.0.2.8\"", "5", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.1/24", "", "5", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.1/24", "\"192.0.2.9\"", "6", "2001:db8::1/64"),
		TWO_PORTS("d", "192.0.2.1/24", "\"192.0.2.9\"", "5", "2001:db8::3/64"),
		TWO_PORTS("d", "192.0.2.1/24", "\"192.0.2.9\"", "5", "2001:db8::1/65"),
		TEST_PORT,
	};
	static const char *const exceptions[] = {
		ONE_PORT(""),
		ONE_PORT("exception = \"tap\";"),
		ONE_PORT("exception = \"tap\"; exception_interface = \"a\"; mtu = 1500;"),
		ONE_PORT("exception = \"tap\"; exception_interface = \"b\";"),
		ONE_PORT("exception = \"virtio-user\"; exception_interface = \"a\";"),
		ONE_PORT("exception = \"tap\"; exception_interface = \"a\"; exception_per_s = 1;"),
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(others); i++)
		assert_changes(PORTS, others[i], "later ports  \n");
	for (size_t i = 0; i < RDL_ARRAY_LEN(exceptions); i++)
		assert_changes(ONE_PORT("exception = \"tap\"; exception_interface = \"a\";"),
			exceptions[i], "later ports  \n");
	assert_changes(ONE_PORT(""), ONE_PORT("exception = \"none\";"), "");
	assert_changes("\n\n" PORTS, PORTS, "");
	assert_changes("ports = ( { device = \"d\"; addresses = [ \"2001:db8::1/64\" ]; "
		       "gateway = [ \"2001:db8::8\" ]; } );",
		"ports = ( { device = \"d\"; addresses = [ \"2001:db8::1/64\" ]; "
		"gateway = [ \"2001:db8::9\" ]; } );",
		"later ports  \n");
}

#define REQUESTS(more) TEST_PORT "requests = { socket = \"/r\"; " more "};"

/* Who may send what, a reload changes; whether anybody may, only a restart. */
static void allow(void **state)
{
	assert_changes(REQUESTS("allow = ( { group = \"a\"; } ); "),
		REQUESTS("allow = ( { group = \"b\"; } ); "), "requests.allow  \n");
	assert_changes(
		REQUESTS(""), REQUESTS("allow = ( { group = \"b\"; } ); "), "requests.allow  \n");
	assert_changes(REQUESTS("allow = ( { group = \"a\"; } ); "), TEST_PORT,
		"later requests.socket \"/r\" absent\n"
		"later requests.allow  \n");
}

#define OBJECTS(all, own) TEST_PORT "lwm2m = { objects = ( " all " ); own_objects = ( " own " ); };"

static void objects(void **state)
{
	static const char three[] = OBJECTS("{ id = 3; versions = [ \"1.0\", \"1.1\" ]; }", "");

	assert_changes(
		three, OBJECTS("{ id = 3; versions = [ \"1.1\" ]; }", ""), "lwm2m.objects  \n");
	assert_changes(three, OBJECTS("{ id = 3; versions = [ \"1.2\", \"1.1\" ]; }", ""),
		"lwm2m.objects  \n");
	assert_changes(three, OBJECTS("{ id = 3; }", ""), "lwm2m.objects  \n");
	assert_changes(three, OBJECTS("{ id = 4; versions = [ \"1.0\", \"1.1\" ]; }", ""),
		"lwm2m.objects  \n");
	assert_changes(three,
		OBJECTS("{ id = 3; versions = [ \"1.0\", \"1.1\" ]; multiple = false; }", ""),
		"lwm2m.objects  \n");
	assert_changes(three, OBJECTS("", "{ id = 3; versions = [ \"1.0\", \"1.1\" ]; }"),
		"lwm2m.objects  \nlwm2m.own_objects  \n");
	/* Which one wins is the merger's business: the list that was edited is named. */
	assert_changes(OBJECTS("{ id = 3; }", "{ id = 3; }"), OBJECTS("{ id = 3; }", ""),
		"lwm2m.own_objects  \n");
	/* None at all is another thing than an empty list. */
	assert_changes(TEST_PORT, OBJECTS("", ""), "lwm2m.objects  \nlwm2m.own_objects  \n");
	/* Names are for people, and the order says nothing. */
	assert_changes(OBJECTS("{ id = 3; versions = [ \"1.0\", \"1.1\" ]; }, { id = 4; }", ""),
		OBJECTS("{ id = 4; name = \"four\"; }, { id = 3; versions = [ \"1.1\", \"1.0\" ]; "
			"}",
			""),
		"");
}

/* DTLS whose group goes has its certificates until a restart. */
static void dtls_goes(void **state)
{
	static const char first[] =
		TEST_PORT "dtls = { certificate = \"/c.pem\"; key = \"/k.pem\"; "
			  "ca = \"/a.pem\"; };\n";
	static const char other[] =
		TEST_PORT "dtls = { certificate = \"/d.pem\"; key = \"/k.pem\"; "
			  "ca = \"/a.pem\"; };\n";

	assert_changes(first, TEST_PORT,
		"later dtls.port 5684 0\n"
		"later dtls.certificate \"/c.pem\" absent\n"
		"later dtls.key \"/k.pem\" absent\n"
		"later dtls.ca \"/a.pem\" absent\n");
	assert_changes(first, other, "dtls.certificate \"/c.pem\" \"/d.pem\"\n");
}

/* What is written otherwise and means the same. */
static void no_change(void **state)
{
	assert_changes(TEST_PORT "workers = 2; lwm2m = { version = \"1.1\"; };",
		"// moved\n" TEST_PORT "lwm2m = { version = \"01.1\"; }; workers = 0x2;", "");
	assert_changes(TEST_PORT "cores = \"1,2,3\";", TEST_PORT "cores = \"1-3\"; log = { };", "");
	assert_changes(TEST_PORT "cores = \"1,2,3\";", TEST_PORT "cores = \"1-2\";",
		"later cores \"1,2,3\" \"1-2\"\n");
	assert_changes(TEST_PORT "cores = \"1,2,3\";", TEST_PORT "cores = \"1,2,4\";",
		"later cores \"1,2,3\" \"1,2,4\"\n");
	assert_changes(TEST_PORT "endpoints = { deny = [ ]; };", TEST_PORT, "");
}

static void texts(void **state)
{
	char long_text[256];

	assert_changes(TEST_PORT "endpoints = { deny = [ \"a\", \"b\" ]; };",
		TEST_PORT "endpoints = { deny = [ \"a\", \"c\" ]; };", "endpoints.deny  \n");
	assert_changes(TEST_PORT "control = { socket = \"/a\"; group = \"g\"; };", TEST_PORT,
		"later control.socket \"/a\" absent\nlater control.group \"g\" absent\n");
	snprintf(long_text, sizeof(long_text), "%s control = { socket = \"/%0100d\"; };", TEST_PORT,
		0);
	assert_changes(TEST_PORT, long_text,
		"later control.socket absent "
		"\"/000000000000000000000000000000000000000000000000000000000...\"\n");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* The lines of the file count, and not only its name. */
static void known_names(void **state)
{
	char path[] = "/tmp/rdline-known-XXXXXX", text[256];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	snprintf(text, sizeof(text), TEST_PORT "endpoints = { known = \"%s\"; };", path);
	write_file(path, "a\nb\n");
	struct rdl_conf *was = load_text(text);
	write_file(path, "# the same\n a\n\nb\n");
	struct rdl_conf *same = load_text(text);
	write_file(path, "a\nc\n");
	struct rdl_conf *now = load_text(text);
	char *printed = print_changes(was, now), *none = print_changes(was, same);
	assert_string_equal(printed, "endpoints.known  \n");
	assert_string_equal(none, "");
	free(printed);
	free(none);
	rdl_conf_free(was);
	rdl_conf_free(same);
	rdl_conf_free(now);
	unlink(path);
}

/* ---- what cannot be read again ---- */

/*
 * Reads what is to follow the least configuration;
 * what is said, with the path that stands in it.
 */
static void assert_again(const char *path, const char *expected)
{
	struct rdl_conf *running = load_text(TEST_PORT);
	char *printed;
	size_t len;
	FILE *out = open_memstream(&printed, &len);

	assert_non_null(out);
	struct rdl_conf *conf = rdl_conf_load_again(path, running, out);
	fclose(out);
	assert_int_equal(conf == NULL, len > 0);
	assert_string_equal(printed, expected);
	free(printed);
	rdl_conf_free(conf);
	rdl_conf_free(running);
}

/* A file of this process's own. */
static const char *file_path(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/rdline-changes-%d.conf", (int)getpid());
	return path;
}

static void write_and_read_again(const char *text, const char *expected)
{
	write_file(file_path(), text);
	assert_again(file_path(), expected);
	unlink(file_path());
}

/*
 * A pipe that nobody closes: it is refused at once, as the file itself, as what it includes, and as
 * the list of names.
 */
static void pipes(void **state)
{
	char path[32], text[256], expected[256];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], TEST_PORT, strlen(TEST_PORT)), strlen(TEST_PORT));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	alarm(10);
	snprintf(expected, sizeof(expected),
		"%s: cannot open: a pipe, which cannot be read again\n", path);
	assert_again(path, expected);
	snprintf(text, sizeof(text), "workers = 1;\n@include \"%s\"\n" TEST_PORT, path);
	snprintf(expected, sizeof(expected),
		"%s:2: cannot open %s: a pipe, which cannot be read again\n", file_path(), path);
	write_and_read_again(text, expected);
	snprintf(text, sizeof(text), TEST_PORT "endpoints = {\nknown = \"%s\"; };\n", path);
	snprintf(expected, sizeof(expected),
		"%s:3: endpoints.known cannot open %s: a pipe, which cannot be read again\n",
		file_path(), path);
	write_and_read_again(text, expected);
	alarm(0);
	close(fds[0]);
	close(fds[1]);
	write_and_read_again(TEST_PORT "endpoints = { known = \"/dev/null\"; };", "");
}

/* The major version cannot change; everything else that is wrong is said as ever. */
static void major(void **state)
{
	char expected[256];

	write_and_read_again(TEST_PORT "lwm2m = { version = \"1.2\"; };", "");
	snprintf(expected, sizeof(expected),
		"%s:3: lwm2m.version is 2.0: the major version is 1 until a restart\n"
		"%s:4: workers must be a whole number from 1 to 64, not 0\n",
		file_path(), file_path());
	write_and_read_again(TEST_PORT "lwm2m = {\nversion = \"2.0\"; };\nworkers = 0;", expected);
}

/* It may also have been left out. */
static void major_left_out(void **state)
{
	struct rdl_conf *running = load_text(TEST_PORT "lwm2m = { version = \"2.0\"; };");
	char *printed, expected[256];
	size_t len;
	FILE *out = open_memstream(&printed, &len);

	assert_non_null(out);
	write_file(file_path(), TEST_PORT);
	assert_null(rdl_conf_load_again(file_path(), running, out));
	unlink(file_path());
	fclose(out);
	snprintf(expected, sizeof(expected),
		"%s:1: lwm2m.version is 1.1: the major version is 2 until a restart\n",
		file_path());
	assert_string_equal(printed, expected);
	free(printed);
	rdl_conf_free(running);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(ports),
		cmocka_unit_test(allow),
		cmocka_unit_test(objects),
		cmocka_unit_test(dtls_goes),
		cmocka_unit_test(no_change),
		cmocka_unit_test(texts),
		cmocka_unit_test(known_names),
		cmocka_unit_test(pipes),
		cmocka_unit_test(major),
		cmocka_unit_test(major_left_out),
	};

	return RUN_TESTS(tests);
}
