/* SPDX-License-Identifier: BSD-3-Clause */
/* What is printed of broken files, to the letter. */
#include "support.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "conf_text.h"

/*
 * libconfig 1.5 forgets the text of a string that stands where its grammar allows none (a = "x" y
 * "z";): one string of each such file. Only that function of it: what we forget to free, or to have
 * it free, is still found.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:^strbuf_append$\n";
}

const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

static char *read_all(const char *path, size_t *len)
{
	char *data = NULL;
	FILE *in = fopen(path, "r"), *out = open_memstream(&data, len);

	assert_non_null(in);
	assert_non_null(out);
	for (int c = fgetc(in); c != EOF; c = fgetc(in))
		fputc(c, out);
	fclose(in);
	fclose(out);
	return data;
}

/* Beside each NAME.conf stands what it gets, NAME.txt. */
static void files(void **state)
{
	static const char *const names[] = { "errors", "ports", "nested", "missing",
		"include_syntax", "loop" };

	for (size_t i = 0; i < RDL_ARRAY_LEN(names); i++) {
		char path[64], *printed;
		size_t len;

		snprintf(path, sizeof(path), "tests/data/conf/%s.conf", names[i]);
		assert_null(load_file(path, &printed));
		snprintf(path, sizeof(path), "tests/data/conf/%s.txt", names[i]);
		char *expected = read_all(path, &len);
		assert_string_equal(printed, expected);
		free(expected);
		free(printed);
	}
}

static void unreadable(void **state)
{
	static const char *const rows[][2] = {
		{ "tests/data/conf/none.conf",
			"tests/data/conf/none.conf: cannot open: No such file or directory\n" },
		{ "none.conf", "none.conf: cannot open: No such file or directory\n" },
		{ "tests/data", "tests/data: cannot open: Is a directory\n" },
		{ "", ": cannot open: No such file or directory\n" },
		{ "/dev/zero", "/dev/zero: cannot open: a device, not a file\n" },
		{ "/dev/null", "/dev/null:1: ports is missing\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char *printed;

		assert_null(load_file(rows[i][0], &printed));
		assert_string_equal(printed, rows[i][1]);
		free(printed);
	}
}

/*
 * Said at once, before it takes all memory;
 * and what an editor puts before the text is no part of it.
 */
static void huge_and_marked(void **state)
{
	char path[] = "/tmp/rdline-conf-XXXXXX", text[256], expected[256], *printed;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)1 << 33), 0);
	alarm(10);
	snprintf(text, sizeof(text), TEST_PORT "endpoints = { known = \"%s\"; };", path);
	snprintf(expected, sizeof(expected), "2: endpoints.known cannot open %s: File too large\n",
		path);
	assert_says(text, expected);
	snprintf(expected, sizeof(expected), "%s: cannot open: File too large\n", path);
	assert_null(load_file(path, &printed));
	assert_string_equal(printed, expected);
	free(printed);
	alarm(0);
	assert_int_equal(ftruncate(fd, 0), 0);
	static const char marked[] = "\xef\xbb\xbf" TEST_PORT;
	assert_int_equal(write(fd, marked, sizeof(marked) - 1), sizeof(marked) - 1);
	struct rdl_conf *conf = load_file(path, &printed);
	assert_string_equal(printed, "");
	rdl_conf_free(conf);
	free(printed);
	assert_int_equal(pwrite(fd,
				 "\xef\xbb\xbf"
				 "first\n",
				 9, 0),
		9);
	assert_int_equal(ftruncate(fd, 9), 0);
	conf = load_octets(text, strlen(text), &printed);
	assert_string_equal(printed, "");
	assert_string_equal(conf->endpoints.known.items[0], "first");
	rdl_conf_free(conf);
	free(printed);
	close(fd);
	unlink(path);
}

/* Nobody writes to the FIFO: each way to name it comes back at once, and says what it is. */
static void no_files(void **state)
{
	static const char *const what[] = { "fifo", "socket" };
	static const char *const said[] = { "a FIFO, not a file", "a socket, not a file" };
	char folder[] = "/tmp/rdline-conf-XXXXXX", text[512], expected[640], *printed;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/fifo", folder);
	assert_int_equal(mkfifo(address.sun_path, 0600), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	alarm(10);
	for (size_t i = 0; i < RDL_ARRAY_LEN(what); i++) {
		snprintf(text, sizeof(text), "%s/%s", folder, what[i]);
		snprintf(expected, sizeof(expected), "%s: cannot open: %s\n", text, said[i]);
		assert_null(load_file(text, &printed));
		assert_string_equal(printed, expected);
		free(printed);
		snprintf(text, sizeof(text), TEST_PORT "\n@include \"%s/%s\"", folder, what[i]);
		snprintf(expected, sizeof(expected), "3: cannot open %s/%s: %s\n", folder, what[i],
			said[i]);
		assert_says(text, expected);
		snprintf(text, sizeof(text), TEST_PORT "endpoints = { known = \"%s/%s\"; };",
			folder, what[i]);
		snprintf(expected, sizeof(expected), "2: endpoints.known cannot open %s/%s: %s\n",
			folder, what[i], said[i]);
		assert_says(text, expected);
		snprintf(text, sizeof(text), "%s/%s", folder, what[i]);
		unlink(text);
	}
	alarm(0);
	rmdir(folder);
}

static void write_file(const char *path, const char *first, const char *more, unsigned times)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(first, out);
	while (times-- > 0)
		fputs(more, out);
	fclose(out);
}

/* A file of `lines` lines, all of which but the first are octets that are no text. */
static void check_no_list(const char *folder, unsigned lines)
{
	char conf[64], names[64], text[256], expected[2048] = "", *printed;
	size_t used = 0;

	snprintf(conf, sizeof(conf), "%s/conf", folder);
	snprintf(names, sizeof(names), "%s/names", folder);
	snprintf(text, sizeof(text), TEST_PORT "endpoints = { known = \"%s\"; };", names);
	write_file(conf, text, "", 0);
	write_file(names, "urn:dev:1\n",
		"\x7f"
		"ELF\xff\xfe\n",
		lines - 1);
	for (unsigned i = 2; i <= lines && i <= 6; i++)
		used += (size_t)snprintf(expected + used, sizeof(expected) - used,
			"%s:%u: not an endpoint name: 1 to 252 octets of UTF-8\n", names, i);
	if (lines > 6)
		snprintf(expected + used, sizeof(expected) - used,
			"%s: %u more lines that are no endpoint names: is it a list of them?\n",
			names, lines - 6);
	struct rdl_conf *loaded = load_file(conf, &printed);
	assert_string_equal(printed, expected);
	rdl_conf_free(loaded);
	free(printed);
	unlink(conf);
	unlink(names);
}

static void no_list_of_names(void **state)
{
	static const unsigned lines[] = { 1, 2, 6, 7, 16831 };
	char folder[] = "/tmp/rdline-conf-XXXXXX";

	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++)
		check_no_list(folder, lines[i]);
	rmdir(folder);
}

#define TOO_LONG_32 " does not fit 32 bits: write it with an L behind it\n"
#define TOO_LONG_64 " does not fit 64 bits\n"
#define MB_RANGE "2: memory.mb must be a whole number from 0 to 16777216, not "

/* What stands behind `mb =`. */
static void literals(void **state)
{
	static const char *const rows[][2] = {
		{ "16777216", "" },
		{ "+16777216", "" },
		{ "16777216L", "" },
		{ "16777216LL", "" },
		{ "0x1000000", "" },
		{ "0X0000000000000001000000", "" },
		{ "0x1000000L", "" },
		{ "0000000000000000000000007", "" },
		{ "2147483647", MB_RANGE "2147483647\n" },
		{ "-2147483648", MB_RANGE "-2147483648\n" },
		{ "0x7fffffff", MB_RANGE "2147483647\n" },
		{ "2147483648L", MB_RANGE "2147483648\n" },
		{ "4294967297L", MB_RANGE "4294967297\n" },
		{ "0x100000001L", MB_RANGE "4294967297\n" },
		{ "9223372036854775807L", MB_RANGE "9223372036854775807\n" },
		{ "-9223372036854775808LL", MB_RANGE "-9223372036854775808\n" },
		{ "2147483648", "2: 2147483648" TOO_LONG_32 },
		{ "+2147483648", "2: +2147483648" TOO_LONG_32 },
		{ "-2147483649", "2: -2147483649" TOO_LONG_32 },
		{ "4294967297", "2: 4294967297" TOO_LONG_32 },
		{ "00000000004294967297", "2: 00000000004294967297" TOO_LONG_32 },
		{ "0x80000000", "2: 0x80000000" TOO_LONG_32 },
		{ "0xFFFFFFFF", "2: 0xFFFFFFFF" TOO_LONG_32 },
		{ "0X100000001", "2: 0X100000001" TOO_LONG_32 },
		{ "9223372036854775807", "2: 9223372036854775807" TOO_LONG_32 },
		{ "9223372036854775808", "2: 9223372036854775808" TOO_LONG_64 },
		{ "9223372036854775808L", "2: 9223372036854775808L" TOO_LONG_64 },
		{ "-9223372036854775809LL", "2: -9223372036854775809LL" TOO_LONG_64 },
		{ "0x8000000000000000L", "2: 0x8000000000000000L" TOO_LONG_64 },
		{ "0xffffffffffffffffLL", "2: 0xffffffffffffffffLL" TOO_LONG_64 },
		{ "18446744073709551617L", "2: 18446744073709551617L" TOO_LONG_64 },
		{ "99999999999999999999999999", "2: 99999999999999999999999999" TOO_LONG_64 },
		{ "0x10000000000000001", "2: 0x10000000000000001" TOO_LONG_64 },
		/* Nothing else is taken for an integer. */
		{ "1 # 4294967297", "" },
		{ "1 // 4294967297", "" },
		{ "/* 4294967297\n4294967297 **/ 1", "" },
		{ "4294967297.0", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "1.4294967297", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ ".4294967297", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "4294967297e1", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "1.5E+4294967297", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "\"4294967297\"", "2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "\"\\\"4294967297\\\\\"",
			"2: memory.mb must be a whole number from 0 to 16777216\n" },
		{ "1; x4294967297 = 1", "2: memory.x4294967297 is not a known key\n" },
		{ "1; x-4294967297 = 1", "2: memory.x-4294967297 is not a known key\n" },
		/* Behind all of which they are still seen. */
		{ "\"\\\\\"; a = 4294967297",
			"2: 4294967297" TOO_LONG_32
			"2: memory.mb must be a whole number from 0 to 16777216\n"
			"2: memory.a is not a known key\n" },
		{ "/* \" */ 4294967297 /* \" */", "2: 4294967297" TOO_LONG_32 },
		{ "[ 4294967297, 8589934592 ]",
			"2: 4294967297" TOO_LONG_32 "2: 8589934592" TOO_LONG_32
			"2: memory.mb must be a whole number from 0 to 16777216\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char text[256];

		snprintf(text, sizeof(text), TEST_PORT "memory = { mb = %s\n; };", rows[i][0]);
		assert_says(text, rows[i][1]);
	}
	/* The lines behind are not moved by what was put in place. */
	assert_says(TEST_PORT
		"workers = 4294967297; shards = 0;\n\nx = 3000000000L; y = 0x80000000;\nz = 1;",
		"2: 4294967297" TOO_LONG_32 "2: shards must be a whole number from 1 to 64, not 0\n"
		"4: 0x80000000" TOO_LONG_32 "4: x is not a known key\n4: y is not a known key\n"
		"5: z is not a known key\n");
}

static void sockets(void **state)
{
#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
	static const char *const rows[][2] = {
		{ "events = { };", "2: events lacks socket\n" },
		{ "control = { group = \"g\"; };", "2: control lacks socket\n" },
		{ "events = { socket = \"/" X100 "xxxxxx\"; };", "" },
		{ "events = { socket = \"/" X100 "xxxxxxx\"; };",
			"2: events.socket must be a string of at most 107 octets, not 108\n" },
		{ "control = { socket = \"run/x\"; };",
			"2: control.socket \"run/x\" is not an absolute path\n" },
		{ "control = { socket = \"\"; };", "2: control.socket must not be empty\n" },
		{ "metrics = { };", "2: metrics lacks listen\n" },
		{ "metrics = { listen = \"\"; };", "2: metrics.listen must not be empty\n" },
#define LISTEN(text)                                                                            \
	{ "metrics = { listen = \"" text "\"; };",                                              \
		"2: metrics.listen \"" text "\" is not ADDRESS:PORT, as in \"127.0.0.1:9121\" " \
		"or \"[::1]:9121\"\n" }
		LISTEN("127.0.0.1"),
		LISTEN("127.0.0.1:"),
		LISTEN("127.0.0.1:0"),
		LISTEN("127.0.0.1:65536"),
		LISTEN("127.0.0.1:80x"),
		LISTEN(":9121"),
		LISTEN("localhost:9121"),
		LISTEN("::1:9121"),
		LISTEN("[::1]"),
		LISTEN("[::1:9121"),
		LISTEN("[127.0.0.1]:9121"),
		LISTEN("[:9121"),
#undef LISTEN
		{ "events = { socket = \"/a\"; };\ncontrol = { group = \"g\";\n socket = \"/b\"; "
		  "};",
			"" },
		{ "events = { socket = \"/a\"; };\ncontrol = { group = \"g\";\n socket = \"/a\"; "
		  "};",
			"4: control.socket is the events' socket, too\n" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), TEST_PORT "%s", rows[i][0]);
		assert_says(text, rows[i][1]);
	}
}

static void syntax(void **state)
{
	static const char *const rows[][2] = {
		{ "", "1: ports is missing\n" },
		{ "# only a comment", "1: ports is missing\n" },
		{ "\n\n/* never\nclosed", "3: the comment is never closed\n" },
		{ "/*/", "1: the comment is never closed\n" },
		{ "\na = \"never\nclosed\\\"", "2: the string is never closed\n" },
		{ "workers = 1\nshards\n= yes", "3: syntax error\n" },
		{ "workers = 1;\n\nworkers = 2;", "3: duplicate setting name\n" },
		{ "memory = {\nmb = 1;\nmb = 2; };", "3: duplicate setting name\n" },
		{ "eal = { extra = [ \"x\",\n1 ]; };", "2: mismatched element type in array\n" },
		{ "workers = 1;\n}", "2: syntax error\n" },
		{ "workers = 4294967297;\n\n)", "1: 4294967297" TOO_LONG_32 "3: syntax error\n" },
		{ "workers = - 1;", "1: syntax error\n" },
		{ "workers = 1; @include \"x\"", "1: syntax error\n" },
		{ "@include\"x\"", "1: syntax error\n" },
		{ "@includes \"x\"", "1: syntax error\n" },
		{ "\n@include \"x", "2: the name to include is never closed\n" },
		{ "\n@include \"x\n\"", "2: the name to include is never closed\n" },
		{ "\n@include \"/nowhere\"",
			"2: cannot open /nowhere: No such file or directory\n" },
		{ "\n\t@include\t \"/\"", "2: cannot open /: Is a directory\n" },
		/* These include nothing. */
		{ "# @include \"x\"\n/*\n@include \"x\"\n*/ /* \n */" TEST_PORT, "" },
		{ TEST_PORT "eal = { extra = [ \"\n@include \" ]; };", "" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++)
		assert_says(rows[i][0], rows[i][1]);
	char *printed;
	assert_null(load_octets("a = 1;\n\"x\0y\"", 12, &printed));
	assert_string_equal(printed, "2: NUL octet in the file\n");
	free(printed);
}

/* Ten files deep is fine, eleven is not; lines go on being counted behind them. */
static void depth(void **state)
{
	char folder[] = "/tmp/rdline-conf-XXXXXX", path[64], expected[256], *printed;

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i <= 11; i++) {
		snprintf(path, sizeof(path), "%s/%u.conf", folder, i);
		FILE *out = fopen(path, "w");
		assert_non_null(out);
		if (i < 11)
			fprintf(out, "@include \"%u.conf\"\nkey%u = 1;", i + 1, i);
		fclose(out);
	}
	snprintf(path, sizeof(path), "%s/0.conf", folder);
	assert_null(load_file(path, &printed));
	snprintf(expected, sizeof(expected), "%s/10.conf:1: @include is nested too deep\n", folder);
	assert_string_equal(printed, expected);
	free(printed);
	snprintf(path, sizeof(path), "%s/1.conf", folder);
	assert_null(load_file(path, &printed));
	snprintf(expected, sizeof(expected),
		"%s/1.conf:1: ports is missing\n%s/10.conf:2: key10 is not a known key\n"
		"%s/9.conf:2: key9 is not a known key\n",
		folder, folder, folder);
	assert_memory_equal(printed, expected, strlen(expected));
	free(printed);
	for (unsigned i = 0; i <= 11; i++) {
		snprintf(path, sizeof(path), "%s/%u.conf", folder, i);
		unlink(path);
	}
	rmdir(folder);
}

static void load_and_forget(const char *data, size_t len)
{
	char *printed;

	rdl_conf_free(load_octets(data, len, &printed));
	free(printed);
}

/* No crash, no leak: cut anywhere, any octet another. */
static void damaged(void **state)
{
	static const char *const paths[] = { "conf/rdline.conf", "conf/minimal.conf",
		"conf/lab.conf", "tests/data/conf/full.conf" };
	uint64_t random = 1;

	for (size_t i = 0; i < RDL_ARRAY_LEN(paths); i++) {
		size_t len;
		char *data = read_all(paths[i], &len);

		for (size_t cut = 0; cut < len; cut++) {
			char was = data[cut];

			load_and_forget(data, cut);
			data[cut] = (char)test_random(&random);
			load_and_forget(data, len);
			data[cut] = was;
		}
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(no_files),
		cmocka_unit_test(huge_and_marked),
		cmocka_unit_test(no_list_of_names),
		cmocka_unit_test(literals),
		cmocka_unit_test(sockets),
		cmocka_unit_test(syntax),
		cmocka_unit_test(depth),
		cmocka_unit_test(damaged),
	};
	return RUN_TESTS(tests);
}
