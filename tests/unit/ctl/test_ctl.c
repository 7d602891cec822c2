/* SPDX-License-Identifier: BSD-3-Clause */
/* What people are shown of a gateway's replies. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"

static int standard;
static FILE *file;
static char shown[4096];

/* From here on, what is printed is kept. */
static void begin_print(void)
{
	fflush(stdout);
	standard = dup(STDOUT_FILENO);
	file = tmpfile();
	assert_true(standard >= 0 && file != NULL);
	assert_int_equal(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
}

static const char *printed(void)
{
	fflush(stdout);
	assert_int_equal(dup2(standard, STDOUT_FILENO), STDOUT_FILENO);
	close(standard);
	rewind(file);
	shown[fread(shown, 1, sizeof(shown) - 1, file)] = '\0';
	fclose(file);
	return shown;
}

static json_t *json_of(const char *text)
{
	json_t *value = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(value);
	return value;
}

static const char *printed_of(void (*print)(json_t *value), const char *text)
{
	json_t *value = json_of(text);

	begin_print();
	print(value);
	json_decref(value);
	return printed();
}

/* Devices choose these: escapes, directions, ends of lines. */
static void test_hostile_names(void **state)
{
	assert_string_equal(
		printed_of(print_names, "[\"a\\u001b[31mb\", \"c\\\\d\", \"e\\nf\", \"g\\u202eh\","
					"\"\\u00e9\", \"\\udb40\\udc01\"]"),
		"a\\x1b[31mb\nc\\\\d\ne\\x0af\ng\\u202eh\n\u00e9\n\\U000e0001\n");
}

static void test_registration(void **state)
{
	assert_string_equal(
		printed_of(print_registration, "{\"endpoint\":\"a\\u0007\",\"lifetime\":60,"
					       "\"queue\":true,\"objects\":[\"1/0\",\"3/0\"]}"),
		"endpoint: a\\x07\nlifetime: 60\nqueue: yes\nobjects: 1/0 3/0\n");
}

static void test_refusals(void **state)
{
	setenv("TZ", "UTC", 1);
	const char *text = printed_of(print_refusals,
		"[{\"time\":1700000000.5,\"endpoint\":\"a\",\"path\":\"rd\","
		"\"address\":\"192.0.2.2\",\"port\":1234,\"operation\":\"register\","
		"\"code\":\"4.00\",\"reason\":\"x\",\"text\":\"bad\\u0000\"}]");

	assert_string_equal(text,
		"2023-11-14 22:13:20 4.00 register a rd from 192.0.2.2 port 1234: bad\\x00\n");
	assert_string_equal(printed_of(print_refusals,
				    "[{\"time\":1700000000.5,\"endpoint\":\"a\",\"path\":\"/rd\","
				    "\"address\":\"192.0.2.2\",\"port\":1234,\"security\":\"psk\","
				    "\"identity\":\"b\\u0007\",\"operation\":\"register\","
				    "\"code\":\"4.00\",\"text\":\"ep\"}]"),
		"2023-11-14 22:13:20 4.00 register a from 192.0.2.2 port 1234 by psk b\\x07: ep\n");
}

static void test_orders(void **state)
{
	enum list_order order;

	assert_true(list_order_of("left", &order));
	assert_int_equal(order, LIST_LEFT);
	assert_true(list_order_of("none", &order));
	assert_false(list_order_of("lef", &order));
}

#define ROW(name, address, left)                                                                   \
	"{\"endpoint\":\"" name "\",\"address\":\"" address "\",\"port\":5,\"security\":"          \
	"\"x509\",\"version\":\"1.1\",\"lifetime\":60,\"binding\":\"U\",\"queue\":true,\"expires_" \
	"in\":" left "}"

/* The names, each of a letter, that end the lines behind the columns' names. */
static const char *listed(enum list_order order)
{
	static char names[64];
	struct list_rows rows = { .count = 0 };
	json_t *page = json_of("[" ROW("b", "192.0.2.9", "1") "," ROW(
		"a", "192.0.2.10", "30") "," ROW("c", "2001:db8::1", "20") "]");

	assert_true(list_add(&rows, page));
	json_decref(page);
	begin_print();
	list_print(&rows, order);
	printed();
	names[0] = '\0';
	for (char *line = strchr(shown, '\n') + 1; *line != '\0'; line = strchr(line, '\n') + 1)
		strncat(names, strchr(line, '\n') - 1, 1);
	return names;
}

static void test_list(void **state)
{
	assert_string_equal(listed(LIST_ENDPOINT), "abc");
	assert_string_equal(listed(LIST_LEFT), "bca");
	assert_string_equal(listed(LIST_NONE), "bac");
	/* By number, not as text. */
	assert_string_equal(listed(LIST_ADDRESS), "bac");
	/* Queue mode as version 1.0 writes it. */
	assert_non_null(strstr(shown, "UQ"));
	assert_non_null(strstr(shown, "    5  x509      1.1  "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_registration),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_list),
	};

	return RUN_TESTS(tests);
}
