/* SPDX-License-Identifier: BSD-3-Clause */
/* Credentials as files have them: what is read, and what is refused. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"
#include "rows.h"
#include "text.h"

/* The line, at a guard page, and what became of it. */
static uint8_t *line;
static size_t line_len;
static struct rdl_credentials_row row;

static const char *read_row(struct rdl_span text)
{
	line = guard_copy(text.data, text.len);
	line_len = text.len;
	return row_read((char *)line, line_len, &row);
}

static void expect_row(struct rdl_span text, enum rdl_credentials_mode mode,
	struct rdl_span identity, struct rdl_span key, struct rdl_span names)
{
	const char *problem = read_row(text);

	if (problem != NULL)
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.data, problem);
	assert_int_equal(row.identity.mode, mode);
	assert_true(rdl_span_equal(row.identity.octets, identity));
	assert_true(rdl_span_equal(row.key, key));
	assert_true(rdl_span_equal(row.names, names));
	guard_free(line, line_len);
}

static void expect_problem(struct rdl_span text, const char *part)
{
	const char *problem = read_row(text);

	if (problem == NULL || strstr(problem, part) == NULL)
		fail_msg("%.*s: %s", (int)text.len, (const char *)text.data,
			problem != NULL ? problem : "taken");
	guard_free(line, line_len);
}

#define NONE RDL_SPAN("")
#define PSK(text, identity, key, names)                                                    \
	expect_row(RDL_SPAN(text), RDL_CREDENTIALS_PSK, RDL_SPAN(identity), RDL_SPAN(key), \
		RDL_SPAN(names))
#define BAD(text, part) expect_problem(RDL_SPAN(text), part)

static void test_csv(void **state)
{
	PSK("a,00", "a", "\0", "");
	PSK("urn:dev:1,0fF0", "urn:dev:1", "\x0f\xf0", "");
	PSK("a,00,b", "a", "\0", "\1b");
	PSK("a,00,b,fleet-*", "a", "\0", "\1b\7fleet-*");
	PSK("a,00,", "a", "\0", "");
	PSK("a,00,,b,,", "a", "\0", "\1b");
	PSK(" a ,00", " a ", "\0", "");
	PSK("#00ff,00", "\0\xff", "\0", "");
	PSK("\"a,b\",00", "a,b", "\0", "");
	PSK("\"a\"\"b\"\"\",00", "a\"b\"", "\0", "");
	PSK("\"a\",\"00\",\"b,\"\"c\",\"\",d", "a", "\0", "\4b,\"c\1d");
	PSK("a\"b,00,c\"", "a\"b", "\0", "\2c\"");
	PSK("a\0b,00,c", "a\0b", "\0", "\1c");
	PSK("\xff\xfe,00", "\xff\xfe", "\0", "");
	/* With a key it is an identity, whatever it looks like. */
	PSK("rpk:0000000000000000000000000000000000000000000000000000000000000000,00",
		"rpk:0000000000000000000000000000000000000000000000000000000000000000", "\0", "");
	PSK("a,00,x:11", "a", "\0", "\4x:11");
}

static void test_raw_keys(void **state)
{
	expect_row(RDL_SPAN("rpk:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F,,"
			    "e,f"),
		RDL_CREDENTIALS_RPK,
		RDL_SPAN("\0\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf"
			 "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"),
		NONE, RDL_SPAN("\1e\1f"));
	BAD("rpk:0000000000000000000000000000000000000000000000000000000000000000,,",
		"names no endpoint");
	BAD("rpk:000000000000000000000000000000000000000000000000000000000000000,,e", "no key");
	BAD("rpk:000000000000000000000000000000000000000000000000000000000000000g,,e", "no key");
	BAD("rpk:00000000000000000000000000000000000000000000000000000000000000000,,e", "no key");
}

static void test_psktool(void **state)
{
	PSK("alice:0011", "alice", "\0\x11", "");
	PSK("#613a62:0011", "a:b", "\0\x11", "");
	PSK("a b:0011", "a b", "\0\x11", "");
	PSK("a,b:0011", "a,b", "\0\x11", "");
	PSK("\"q:0011", "\"q", "\0\x11", "");
	BAD("a:b:0011", "key that is not hex");
	BAD("alice:", "key");
	BAD(":00", "identity");
	BAD("#zz:00", "#");
	BAD("urn:dev:1,urn:dev:1", "key that is not hex");
}

static void test_problems(void **state)
{
	static char text[2048];

	BAD("a", "neither");
	BAD("\"a,b\"", "neither");
	BAD("a,", "no key");
	BAD("a,,b", "no key");
	BAD(",00", "identity");
	BAD("a,0", "hex");
	BAD("a,0g", "hex");
	BAD("a, 00", "hex");
	BAD("#0,00", "#");
	BAD("#,00", "identity");
	BAD("\"a,00", "quotes");
	BAD("\"a\"b,00", "quotes");
	BAD("a,00,\"b", "quotes");
	BAD("a,00,b\xff", "name");
	BAD("a,00,b\0", "name");
	BAD("\",", "quotes");
	/* Identities of 255 octets, names of 252, keys of 512; and one more. */
	for (size_t i = 0; i < 3; i++) {
		static const size_t most[] = { 255, 252, 512 };
		static const char *const before[] = { "", "a,00,", "a," };
		static const char *const behind[] = { ",00", "", "" };

		for (size_t more = 0; more < 2; more++) {
			size_t len = (most[i] + more) * (i == 2 ? 2 : 1), at = strlen(before[i]);

			strcpy(text, before[i]);
			memset(text + at, 'a', len);
			strcpy(text + at + len, behind[i]);
			const char *problem = read_row(span_of(text));
			assert_int_equal(problem != NULL, more);
			guard_free(line, line_len);
		}
	}
}

/* Octets that mean something, at random: nothing is read or written beyond the line. */
static void test_random_lines(void **state)
{
	static const char letters[] = ",,,00000000aa:\"\"#\0\xff";
	uint64_t random = 7;
	size_t taken = 0;

	for (unsigned i = 0; i < 20000; i++) {
		uint8_t text[12];
		size_t len = 1 + test_random(&random) % sizeof(text);

		for (size_t n = 0; n < len; n++)
			text[n] = (uint8_t)letters[test_random(&random) % (sizeof(letters) - 1)];
		if (read_row((struct rdl_span){ text, len }) == NULL) {
			taken++;
			assert_null(rdl_credentials_row_problem(&row));
		}
		guard_free(line, line_len);
	}
	assert_true(taken > 100);
}

static char problems[256];

static void tell(void *context, size_t number, const char *problem)
{
	size_t at = strlen(problems);

	snprintf(problems + at, sizeof(problems) - at, "%zu ", number);
}

static void test_lines(void **state)
{
	char text[] = "\xef\xbb\xbfone,01\r\n\ntwo:02\nthree\n\r\n,04\nfive,05,e";
	struct row_table table;

	assert_true(rows_read(text, sizeof(text) - 1, &table, tell, NULL));
	assert_string_equal(problems, "4 6 ");
	assert_int_equal(table.count, 3);
	assert_true(rdl_span_equal(table.rows[0].identity.octets, RDL_SPAN("one")));
	assert_true(rdl_span_equal(table.rows[0].key, RDL_SPAN("\1")));
	assert_true(rdl_span_equal(table.rows[1].identity.octets, RDL_SPAN("two")));
	assert_int_equal(table.rows[1].line, 3);
	assert_true(rdl_span_equal(table.rows[2].names, RDL_SPAN("\1e")));
	assert_int_equal(table.rows[2].line, 7);
	free(table.rows);
}

/* What identity_print() makes of an identity, by way of a file. */
static const char *printed(struct rdl_credentials_identity identity)
{
	static char shown[1024];
	FILE *file = tmpfile();
	int standard = dup(STDOUT_FILENO);

	assert_non_null(file);
	fflush(stdout);
	dup2(fileno(file), STDOUT_FILENO);
	identity_print(identity);
	fflush(stdout);
	dup2(standard, STDOUT_FILENO);
	close(standard);
	rewind(file);
	shown[fread(shown, 1, sizeof(shown) - 1, file)] = '\0';
	fclose(file);
	return shown;
}

/* Whatever is printed is read as what it was, and does nothing to a terminal. */
static void test_printed_identities(void **state)
{
	const struct {
		struct rdl_span octets;
		const char *text;
	} cases[] = {
		{ RDL_SPAN("urn:dev:1"), "urn:dev:1" },
		{ RDL_SPAN("a b,\"c\""), "a b,\"c\"" },
		{ RDL_SPAN("\xc3\xa9"), "\xc3\xa9" },
		{ RDL_SPAN("#00"), "#233030" },
		{ RDL_SPAN("a\0"), "#6100" },
		{ RDL_SPAN("\x1b[31m"), "#1b5b33316d" },
		{ RDL_SPAN("a\tb"), "#610962" },
		{ RDL_SPAN("\xff"), "#ff" },
		{ RDL_SPAN("rpk:ff"), "rpk:ff" },
		{ RDL_SPAN("rpk:0000000000000000000000000000000000000000000000000000000000000000"),
			"#72706b3a30303030303030303030303030303030303030303030303030303030303030303"
			"030"
			"303030303030303030303030303030303030303030303030303030303030" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct rdl_credentials_identity identity = { RDL_CREDENTIALS_PSK, cases[i].octets };
		char text[1024];

		assert_string_equal(printed(identity), cases[i].text);
		strcpy(text, cases[i].text);
		assert_true(identity_read(text, strlen(text), &identity));
		assert_int_equal(identity.mode, RDL_CREDENTIALS_PSK);
		assert_true(rdl_span_equal(identity.octets, cases[i].octets));
	}
	struct rdl_credentials_identity raw = { RDL_CREDENTIALS_RPK,
		RDL_SPAN("0123456789abcdef0123456789abcdef") };
	char text[128];
	strcpy(text, printed(raw));
	assert_string_equal(
		text, "rpk:3031323334353637383961626364656630313233343536373839616263646566");
	assert_true(identity_read(text, strlen(text), &raw));
	assert_int_equal(raw.mode, RDL_CREDENTIALS_RPK);
	assert_true(rdl_span_equal(raw.octets, RDL_SPAN("0123456789abcdef0123456789abcdef")));
}

/* Files of any length, and what comes through a pipe in pieces. */
static void test_text(void **state)
{
	static const size_t sizes[] = { 0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20 };
	struct text text;

	for (size_t i = 0; i < RDL_ARRAY_LEN(sizes); i++) {
		char path[] = "/tmp/rdline-text-XXXXXX", command[64];
		int fd = mkstemp(path), standard = dup(STDIN_FILENO);
		FILE *file = fdopen(fd, "w");

		for (size_t n = 0; n < sizes[i]; n++)
			fputc((int)(n % 251), file);
		fclose(file);
		snprintf(command, sizeof(command), "cat %s", path);
		FILE *pipe = popen(command, "r");
		assert_non_null(pipe);
		dup2(fileno(pipe), STDIN_FILENO);
		for (int piped = 0; piped < 2; piped++) {
			assert_true(text_read(&text, piped ? "-" : path));
			assert_int_equal(text.len, sizes[i]);
			for (size_t n = 0; n < text.len; n++)
				if ((uint8_t)text.data[n] != n % 251)
					fail_msg("octet %zu", n);
			text_wipe(&text);
			assert_null(text.data);
		}
		dup2(standard, STDIN_FILENO);
		close(standard);
		pclose(pipe);
		unlink(path);
	}
	assert_false(text_read(&text, "/tmp/rdline-no-such-file"));
	text_wipe(&text);
	assert_false(text_read(&text, "/tmp"));
	text_wipe(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_raw_keys),
		cmocka_unit_test(test_psktool),
		cmocka_unit_test(test_problems),
		cmocka_unit_test(test_random_lines),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_printed_identities),
		cmocka_unit_test(test_text),
	};

	return RUN_TESTS(tests);
}
