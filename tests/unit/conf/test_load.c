/* SPDX-License-Identifier: BSD-3-Clause */
#include "support.h"

#include <arpa/inet.h>
#include <glob.h>

#include "conf_text.h"

static struct rdl_conf *load_good(const char *path)
{
	char *printed;
	struct rdl_conf *conf = load_file(path, &printed);

	assert_string_equal(printed, "");
	free(printed);
	return conf;
}

static void print_strings(FILE *out, const char *name, const struct rdl_conf_strings *strings)
{
	fprintf(out, "%s:", name);
	for (unsigned i = 0; i < strings->count; i++)
		fprintf(out, " [%s]", strings->items[i]);
	fputc('\n', out);
}

static void print_port(FILE *out, const struct rdl_conf_port *port)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "port %s:%u device %s vlan %u", port->where.file, port->where.line,
		port->device, port->vlan);
	for (unsigned i = 0; i < port->ipv4_count; i++)
		fprintf(out, " %08x/%u", port->ipv4[i].address, port->ipv4[i].prefix);
	for (unsigned i = 0; i < port->ipv6_count; i++)
		fprintf(out, " %s/%u",
			inet_ntop(AF_INET6, port->ipv6[i].address, text, sizeof(text)),
			port->ipv6[i].prefix);
	for (unsigned i = 0; i < port->gateway_ipv4_count; i++)
		fprintf(out, " via %08x", port->gateway_ipv4[i]);
	for (unsigned i = 0; i < port->gateway_ipv6_count; i++)
		fprintf(out, " via %s",
			inet_ntop(AF_INET6, port->gateway_ipv6[i], text, sizeof(text)));
	if (port->mtu != 0)
		fprintf(out, " mtu %u", port->mtu);
	if (port->exception != RDL_CONF_EXCEPTION_NONE)
		fprintf(out, " tap %s %u", port->exception_interface, port->exception_per_s);
	fputc('\n', out);
}

static void print_objects(FILE *out, const struct rdl_conf *conf)
{
	fprintf(out, "all_objects %d\n", conf->lwm2m.all_objects);
	for (unsigned i = 0; i < conf->lwm2m.object_count; i++) {
		const struct rdl_conf_object *object = &conf->lwm2m.objects[i];

		fprintf(out, "object %u multiple %d any %d:", object->id, object->multiple,
			object->any_version);
		for (unsigned v = 0; v < object->version_count; v++)
			fprintf(out, " %u.%u", object->versions[v].major,
				object->versions[v].minor);
		fputc('\n', out);
	}
}

static const char *text_or_none(const char *text)
{
	return text != NULL ? text : "none";
}

static void print_file(FILE *out, const struct rdl_conf_file *file)
{
	fprintf(out, " %s %s:%u", text_or_none(file->path), text_or_none(file->where.file),
		file->where.line);
}

static void print_dtls(FILE *out, const struct rdl_conf *conf)
{
	fprintf(out, "dtls %u cid %d cbc %d %u ep %d ", conf->dtls.port, conf->dtls.cid,
		conf->dtls.cbc, conf->dtls.cbc_sessions, conf->dtls.endpoint_from_identity);
	fprintf(out, "sessions %llu %u handshakes %u %u %u %u ticket %u\n",
		(unsigned long long)conf->dtls.sessions, conf->dtls.session_idle_s,
		conf->dtls.handshakes, conf->dtls.handshakes_max, conf->dtls.handshake_timeout_s,
		conf->dtls.retransmit_ms, conf->dtls.ticket_s);
	if (conf->dtls.port == 0)
		return;
	fprintf(out, "at %s:%u", conf->dtls.where.file, conf->dtls.where.line);
	print_file(out, &conf->dtls.credentials);
	print_file(out, &conf->dtls.key_file);
	print_file(out, &conf->dtls.certificate);
	print_file(out, &conf->dtls.key);
	print_file(out, &conf->dtls.ca);
	print_file(out, &conf->dtls.crl);
	fputc('\n', out);
	print_strings(out, "suites", &conf->dtls.suites);
}

static void print_state(FILE *out, const struct rdl_conf *conf)
{
	fputs("state", out);
	print_file(out, &conf->state.directory);
	fprintf(out, " durability %d window %u snapshot %u grace %u ring %u keep %u sessions %d",
		conf->state.durability, conf->state.window_ms, conf->state.snapshot_s,
		conf->state.restart_grace_s, conf->state.ring_kb, conf->state.keep_mb,
		conf->state.sessions);
	print_file(out, &conf->state.key_file);
	fputc('\n', out);
}

static void print_listen(FILE *out, const struct rdl_conf_listen *listen)
{
	fprintf(out, "metrics %s %s:%u ipv6 %d port %u address ", text_or_none(listen->text),
		text_or_none(listen->where.file), listen->where.line, listen->is_ipv6,
		listen->port);
	for (unsigned i = 0; i < sizeof(listen->address); i++)
		fprintf(out, "%02x", listen->address[i]);
	fputc('\n', out);
}

static void print_requests(FILE *out, const struct rdl_conf *conf)
{
	fprintf(out, "requests %s %s %s:%u mode %u unheard %d %u %u %u %u %u %u %u\n",
		text_or_none(conf->requests.socket.path), text_or_none(conf->requests.socket.group),
		text_or_none(conf->requests.socket.where.file), conf->requests.socket.where.line,
		conf->requests.mode, conf->requests.reset_unheard, conf->requests.clients,
		conf->requests.buffer_kb, conf->requests.per_endpoint, conf->requests.outstanding,
		conf->requests.observations, conf->requests.awake_s, conf->requests.max_payload);
	for (unsigned i = 0; i < conf->requests.allow_count; i++) {
		const struct rdl_conf_allow *allow = &conf->requests.allow[i];

		fprintf(out, "allow %s:%u %s %x ", allow->where.file, allow->where.line,
			allow->group, allow->methods);
		print_strings(out, "paths", &allow->paths);
	}
}

/* Every field as text, to be compared. */
static char *print_conf(const struct rdl_conf *conf)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fprintf(out, "instance %s workers %u shards %u cpus", conf->instance, conf->workers,
		conf->shards);
	for (unsigned i = 0; i < conf->cpu_count; i++)
		fprintf(out, " %u", conf->cpus[i]);
	fprintf(out, " %s:%u sleep %u\n", conf->cores_where.file, conf->cores_where.line,
		conf->idle_sleep_us);
	fprintf(out, "memory %s:%u huge %d mb %u registrations %llu\n", conf->memory.where.file,
		conf->memory.where.line, conf->memory.hugepages, conf->memory.mb,
		(unsigned long long)conf->memory.registrations);
	for (unsigned i = 0; i < conf->port_count; i++)
		print_port(out, &conf->ports[i]);
	fprintf(out, "coap %u %u %u %u %u %d\n", conf->coap.port, conf->coap.exchange_lifetime_s,
		conf->coap.max_payload, conf->coap.block_transfers, conf->coap.reassemblies,
		conf->coap.diagnostics);
	fprintf(out, "lwm2m %u.%u lifetime %u %u %u refuse %d %d text %d attributes %d links %u\n",
		conf->lwm2m.version.major, conf->lwm2m.version.minor, conf->lwm2m.lifetime_min_s,
		conf->lwm2m.lifetime_max_s, conf->lwm2m.expiry_grace_s,
		conf->lwm2m.security_object_refuse, conf->lwm2m.mandatory_objects_refuse,
		conf->lwm2m.text_plain, conf->lwm2m.keep_attributes, conf->lwm2m.max_links);
	print_strings(out, "extra_parameters", &conf->lwm2m.extra_parameters);
	print_objects(out, conf);
	fprintf(out, "known_only %d unknown_forbidden %d\n", conf->endpoints.known_only,
		conf->endpoints.unknown_forbidden);
	print_strings(out, "known", &conf->endpoints.known);
	print_strings(out, "deny", &conf->endpoints.deny);
	print_strings(out, "secured", &conf->endpoints.secured);
	fprintf(out, "admission %u %u %u %u\n", conf->admission.registers_per_s,
		conf->admission.burst, conf->admission.per_prefix, conf->admission.updates);
	fprintf(out, "events %s %s %s:%u %u %u %u\n", text_or_none(conf->events.socket.path),
		text_or_none(conf->events.socket.group),
		text_or_none(conf->events.socket.where.file), conf->events.socket.where.line,
		conf->events.subscribers, conf->events.buffer_kb, conf->events.ring_kb);
	fprintf(out, "control %s %s %s:%u\n", text_or_none(conf->control.path),
		text_or_none(conf->control.group), text_or_none(conf->control.where.file),
		conf->control.where.line);
	print_requests(out, conf);
	print_strings(out, "eal", &conf->eal_extra);
	print_dtls(out, conf);
	print_state(out, conf);
	print_listen(out, &conf->metrics);
	fprintf(out, "log %d\n", conf->log_level);
	fclose(out);
	return text;
}

#define REQUESTS_DEFAULTS \
	"requests none none none:0 mode 1 unheard 0 64 4096 16 100000 100000 93 8192\n"
/* What follows the ports, as it is by default. */
#define DEFAULTS_AFTER                                                                      \
	"coap 5683 247 8192 4096 1024 1\n"                                                  \
	"lwm2m 1.1 lifetime 0 2147483647 0 refuse 0 1 text 0 attributes 0 links 1024\n"     \
	"extra_parameters:\n"                                                               \
	"all_objects 1\n"                                                                   \
	"known_only 0 unknown_forbidden 0\n"                                                \
	"known:\n"                                                                          \
	"deny:\n"                                                                           \
	"secured:\n"                                                                        \
	"admission 0 0 0 10\n"                                                              \
	"events none none none:0 16 4096 8192\n"                                            \
	"control none none none:0\n" REQUESTS_DEFAULTS "eal:\n"                             \
	"dtls 0 cid 1 cbc 0 10000 ep 0 sessions 0 300 "                                     \
	"handshakes 1 0 60 1000 ticket 604800\n"                                            \
	"state none none:0 durability 0 window 50 snapshot 60 grace 120 ring 32768 keep 0 " \
	"sessions 1 none none:0\n"                                                          \
	"metrics none none:0 ipv6 0 port 0 address 00000000000000000000000000000000\n"      \
	"log 2\n"

static void assert_conf(const char *path, const char *expected)
{
	struct rdl_conf *conf = load_good(path);
	char *text = print_conf(conf);

	assert_string_equal(text, expected);
	free(text);
	rdl_conf_free(conf);
}

static void minimal_has_the_defaults(void **state)
{
	assert_conf("conf/minimal.conf",
		"instance rdline workers 1 shards 1 cpus conf/minimal.conf:1 sleep 0\n"
		"memory conf/minimal.conf:1 huge 1 mb 0 registrations 1000000\n"
		"port conf/minimal.conf:2 device 0000:01:00.0 vlan 0 c0000201/24\n" DEFAULTS_AFTER);
}

/* Its lines may move: they are looked for in the file. */
static unsigned line_of(const char *path, const char *start)
{
	FILE *file = fopen(path, "r");
	char line[512];
	unsigned number = 1;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL && strncmp(line, start, strlen(start)) != 0)
		number++;
	assert_false(feof(file));
	fclose(file);
	return number;
}

static void documented_has_the_defaults(void **state)
{
	const char *path = "conf/rdline.conf";
	char expected[2048];

	snprintf(expected, sizeof(expected),
		"instance rdline workers 1 shards 1 cpus %s:1 sleep 0\n"
		"memory %s:%u huge 1 mb 0 registrations 1000000\n"
		"port %s:%u device net_af_packet0,iface=eth1 vlan 0 c0000201/24 2001:db8::1/64\n"
		"%s",
		path, path, line_of(path, "memory ="), path, line_of(path, "\t{\n"),
		DEFAULTS_AFTER);
	assert_conf(path, expected);
}

static void lab(void **state)
{
	assert_conf("conf/lab.conf",
		"instance rdline workers 1 shards 1 cpus conf/lab.conf:1 sleep 1000\n"
		"memory conf/lab.conf:4 huge 0 mb 0 registrations 10000\n"
		"port conf/lab.conf:5 device net_af_packet0,iface=rdl0 vlan 0"
		" c0000201/24 2001:db8::1/64\n"
		"coap 5683 247 8192 4096 1024 1\n"
		"lwm2m 1.1 lifetime 0 2147483647 0 refuse 0 1 text 0 attributes 0 links 1024\n"
		"extra_parameters:\n"
		"all_objects 1\n"
		"known_only 0 unknown_forbidden 0\n"
		"known:\n"
		"deny: [denied-*]\n"
		"secured:\n"
		"admission 0 0 0 10\n"
		"events /run/rdline/events.sock none conf/lab.conf:6 16 4096 8192\n"
		"control /run/rdline/control.sock none conf/lab.conf:7\n" REQUESTS_DEFAULTS "eal:\n"
		"dtls 0 cid 1 cbc 0 10000 ep 0 sessions 0 300 handshakes 1 0 60 1000 ticket "
		"604800\n"
		"state none none:0 durability 0 window 50 snapshot 60 grace 120 ring 32768 keep 0 "
		"sessions 1 none none:0\n"
		"metrics none none:0 ipv6 0 port 0 address 00000000000000000000000000000000\n"
		"log 2\n");
}

/*
 * Also: a list in an included file, relative names,
 * own_objects before objects, versions in order.
 */
static void every_key_goes_to_its_place(void **state)
{
	assert_conf("tests/data/conf/full.conf",
		"instance gw_2-b workers 3 shards 2 cpus 7 2 3 4 0 tests/data/conf/full.conf:5 "
		"sleep 50\n"
		"memory tests/data/conf/full.conf:7 huge 0 mb 2048 registrations 3000000000\n"
		"port tests/data/conf/full.conf:9 device 0000:01:00.0 vlan 12"
		" c6336407/24 0a000002/31 fe80::7/10 via c6336401 via 0a000003 via fe80::1\n"
		"port tests/data/conf/full.conf:11 device net_tap0,iface=x vlan 0"
		" 2001:db8::1/64 2001:db8::2/128 mtu 4600 tap x 500\n"
		"coap 61616 100 4096 10 20 0\n"
		"lwm2m 1.2 lifetime 60 86400 5 refuse 1 0 text 1 attributes 1 links 64\n"
		"extra_parameters: [pid] [tenant]\n"
		"all_objects 0\n"
		"object 0 multiple 1 any 0:\n"
		"object 3 multiple 1 any 0: 2.0\n"
		"object 5 multiple 1 any 0: 0.1 1.9 1.10\n"
		"object 33000 multiple 0 any 1:\n"
		"known_only 1 unknown_forbidden 1\n"
		"known: [first] [urn:dev:2] [n\xc3\xa4me with blanks] [last]\n"
		"deny: [denied-*] [?]\n"
		"secured: [x509-*]\n"
		"admission 1 2 3 4\n"
		"events /run/e.sock wheel tests/data/conf/full.conf:27 3 2000 1024\n"
		"control /run/c.sock operators tests/data/conf/full.conf:28\n"
		"requests /run/r.sock senders tests/data/conf/full.conf:29 mode 0 unheard 1"
		" 5 3000 6 70 8 9 2000\n"
		"allow tests/data/conf/full.conf:32 operators 82 paths: [/1/*] [/3/*]\n"
		"allow tests/data/conf/full.conf:33 admin ffffffff paths:\n"
		"eal: [--log-level=pmd:debug] [-v]\n"
		"dtls 61617 cid 0 cbc 1 20 ep 1 sessions 5 6 handshakes 2 7 8 9000 ticket 10\n"
		"at tests/data/conf/full.conf:37"
		" tests/data/conf/part/credentials tests/data/conf/full.conf:38"
		" /etc/rdline/key tests/data/conf/full.conf:38"
		" tests/data/conf/c.pem tests/data/conf/full.conf:38"
		" tests/data/conf/k.pem tests/data/conf/full.conf:38"
		" tests/data/conf/ca.pem tests/data/conf/full.conf:39"
		" tests/data/conf/crl.pem tests/data/conf/full.conf:39\n"
		"suites: [TLS_PSK_WITH_AES_256_GCM_SHA384] [TLS_PSK_WITH_AES_128_CCM_8]"
		" [TLS_PSK_WITH_AES_128_CBC_SHA256]\n"
		"state tests/data/conf/part/state tests/data/conf/full.conf:44 durability 1 "
		"window 7 snapshot 8 grace 9 ring 1025 keep 3 sessions 0 "
		"tests/data/conf/part/s.key "
		"tests/data/conf/full.conf:45\n"
		"metrics [2001:db8::1]:9121 tests/data/conf/full.conf:47 ipv6 1 port 9121 address "
		"20010db8000000000000000000000001\n"
		"log 3\n");
}

/* Whatever else stands in conf/, such as the registry of objects, must be of use. */
static void shipped_files_parse(void **state)
{
	glob_t files;
	char folder[256];

	assert_non_null(getcwd(folder, sizeof(folder)));
	assert_int_equal(glob("conf/*.conf", 0, NULL, &files), 0);
	assert_true(files.gl_pathc >= 3);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char *printed, text[1024];

		snprintf(text, sizeof(text), TEST_PORT "lwm2m = {\n@include \"%s/%s\"\n};", folder,
			files.gl_pathv[i]);
		struct rdl_conf *conf = strstr(files.gl_pathv[i], "objects.conf") != NULL
						? load_octets(text, strlen(text), &printed)
						: load_file(files.gl_pathv[i], &printed);
		assert_string_equal(printed, "");
		rdl_conf_free(conf);
		free(printed);
	}
	globfree(&files);
}

static void a_pipe_is_a_file(void **state)
{
	int fds[2];
	char path[32];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], TEST_PORT, strlen(TEST_PORT)), strlen(TEST_PORT));
	close(fds[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fds[0]);
	rdl_conf_free(load_good(path));
	close(fds[0]);
	rdl_conf_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minimal_has_the_defaults),
		cmocka_unit_test(documented_has_the_defaults),
		cmocka_unit_test(lab),
		cmocka_unit_test(every_key_goes_to_its_place),
		cmocka_unit_test(shipped_files_parse),
		cmocka_unit_test(a_pipe_is_a_file),
	};
	return RUN_TESTS(tests);
}
