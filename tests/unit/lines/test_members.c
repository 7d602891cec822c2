/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of a line: what is said is as it has to be, or it is named. */
#include "support.h"

#include "members.h"

struct said {
	struct rdl_span name;
	bool all;
	uint64_t count, position;
	double seconds;
	json_t *list;
};

#define AT(field) .at = offsetof(struct said, field)

static const struct rdl_lines_member known[] = {
	{ .name = "name", .required = true, .least = 1, .most = 3, AT(name), .wrong = "name" },
	{ .name = "all", .kind = RDL_LINES_BOOLEAN, AT(all), .wrong = "all" },
	{ .name = "count",
		.kind = RDL_LINES_WHOLE,
		.least = 2,
		.most = 65534,
		AT(count),
		.wrong = "count" },
	{ .name = "position",
		.kind = RDL_LINES_WHOLE,
		.most = 0x1p63,
		AT(position),
		.wrong = "position" },
	{ .name = "seconds",
		.kind = RDL_LINES_NUMBER,
		.least = 0.5,
		.most = 10,
		AT(seconds),
		.wrong = "seconds" },
	{ .name = "list", .kind = RDL_LINES_ANY, AT(list) },
};

static const struct said untold = { .all = true, .count = 7, .position = 8, .seconds = 9 };

/* Returns what is wrong; "" for nothing. */
static const char *read(const char *text, bool whole_exact, struct said *said, json_t **line)
{
	const char *wrong;

	*said = untold;
	*line = rdl_lines_load(text, strlen(text), whole_exact, &wrong);
	if (*line == NULL)
		return wrong;
	wrong = rdl_lines_read(*line, known, RDL_ARRAY_LEN(known), said, "strange");
	return wrong == NULL ? "" : wrong;
}

static void each_kind(void **state)
{
	struct said said;
	json_t *line;

	for (int exact = 0; exact <= 1; exact++) {
		assert_string_equal(
			read("{\"list\":[],\"seconds\":0.5,\"count\":65534,\"all\":false,"
			     "\"name\":\"abc\",\"position\":3}",
				exact, &said, &line),
			"");
		assert_int_equal(said.name.len, 3);
		assert_memory_equal(said.name.data, "abc", 3);
		assert_false(said.all);
		assert_int_equal(said.count, 65534);
		assert_int_equal(said.position, 3);
		assert_true(said.seconds == 0.5);
		assert_true(json_is_array(said.list));
		json_decref(line);
	}
	/* A number of seconds may be whole, and a whole number written in any way. */
	assert_string_equal(
		read("{\"name\":\"a\",\"seconds\":10,\"count\":4e1}", true, &said, &line), "");
	assert_true(said.seconds == 10);
	assert_int_equal(said.count, 40);
	json_decref(line);
}

static void left_out(void **state)
{
	struct said said;
	json_t *line;

	assert_string_equal(read("{\"name\":\"a\"}", false, &said, &line), "");
	assert_true(said.all && said.count == 7 && said.position == 8 && said.seconds == 9);
	assert_null(said.list);
	json_decref(line);
}

/* Positions of a log are longer than a double is exact. */
static void exact(void **state)
{
	struct said said;
	json_t *line;

	assert_string_equal(
		read("{\"name\":\"a\",\"position\":9223372036854775807}", true, &said, &line), "");
	assert_int_equal(said.position, INT64_MAX);
	json_decref(line);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *wrong;
	} table[] = {
		{ "{}", "name" },
		{ "{\"name\":\"\"}", "name" },
		{ "{\"name\":\"abcd\"}", "name" },
		{ "{\"name\":1}", "name" },
		{ "{\"name\":null}", "name" },
		{ "{\"name\":\"a\",\"all\":0}", "all" },
		{ "{\"name\":\"a\",\"all\":null}", "all" },
		{ "{\"name\":\"a\",\"all\":\"true\"}", "all" },
		{ "{\"name\":\"a\",\"count\":1}", "count" },
		{ "{\"name\":\"a\",\"count\":-1}", "count" },
		{ "{\"name\":\"a\",\"count\":65535}", "count" },
		{ "{\"name\":\"a\",\"count\":65536}", "count" },
		{ "{\"name\":\"a\",\"count\":1e9}", "count" },
		{ "{\"name\":\"a\",\"count\":2.5}", "count" },
		{ "{\"name\":\"a\",\"count\":\"40\"}", "count" },
		{ "{\"name\":\"a\",\"count\":true}", "count" },
		{ "{\"name\":\"a\",\"count\":null}", "count" },
		{ "{\"name\":\"a\",\"count\":[40]}", "count" },
		{ "{\"name\":\"a\",\"position\":-1}", "position" },
		{ "{\"name\":\"a\",\"seconds\":0}", "seconds" },
		{ "{\"name\":\"a\",\"seconds\":0.4999}", "seconds" },
		{ "{\"name\":\"a\",\"seconds\":10.0001}", "seconds" },
		{ "{\"name\":\"a\",\"seconds\":\"1\"}", "seconds" },
		{ "{\"name\":\"a\",\"more\":1}", "strange" },
		{ "{\"name\":\"a\",\"Count\":40}", "strange" },
		{ "[]", "strange" },
	};
	struct said said;
	json_t *line;

	for (int exact = 0; exact <= 1; exact++) {
		for (size_t i = 0; i < RDL_ARRAY_LEN(table); i++) {
			assert_string_equal(
				read(table[i].text, exact, &said, &line), table[i].wrong);
			json_decref(line);
		}
	}
	assert_string_equal(
		read("{\"name\":\"a\",\"count\":99999999999999999999}", false, &said, &line),
		"count");
	json_decref(line);
}

static void no_values(void **state)
{
	struct said said;
	json_t *line;
	char deep[8192];

	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_string_equal(read(deep, false, &said, &line), "not JSON");
	assert_string_equal(read("", false, &said, &line), "not JSON");
	assert_string_equal(read("{\"name\":\"\xff\"}", false, &said, &line), "not JSON");
	assert_string_equal(read("{\"name\":\"\\u0000\"}", false, &said, &line), "not JSON");
	assert_string_equal(read("{\"name\":\"a\",\"name\":\"a\"}", false, &said, &line),
		"a member that comes twice");
	assert_string_equal(
		read("{\"name\":\"a\",\"position\":9223372036854775808}", true, &said, &line),
		"a number beyond all bounds");
	assert_string_equal(read("{\"name\":\"a\",\"seconds\":1e400}", false, &said, &line),
		"a number beyond all bounds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),
		cmocka_unit_test(left_out),
		cmocka_unit_test(exact),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(no_values),
	};

	return RUN_TESTS(tests);
}
