/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads read as object lists: what each link means, and what is not understood as one. */
#include "lists.h"

#include "captures.h"

/*
 * The list in words, then "| foreign n" and, when malformed,
 * "malformed at n"; memory as the header promises.
 */
static void expect_under(const char *root, const char *payload, const char *expected)
{
	static struct object_words words;
	size_t len = strlen(payload);
	struct memory memory = memory_begin(2 * len + 64);
	uint8_t *copy = guard_copy(payload, len);
	struct rdl_object_reader reader;
	enum rdl_status status =
		make_list(&reader, (struct rdl_span){ copy, len }, root, NO_LIMIT, &memory);

	assert_int_not_equal(status, RDL_NO_ROOM);
	words.len = 0;
	if (status == RDL_OK)
		describe_objects(reader.list, &words);
	else
		object_say(&words, "malformed at %zu", reader.offset);
	if (status == RDL_OK && reader.foreign > 0)
		object_say(&words, " | foreign %u", reader.foreign);
	if (strcmp(words.at, expected) != 0)
		fail_msg("'%s':\nis       %s\nnot what %s", payload, words.at, expected);
	guard_free(copy, len);
	memory_end(&memory);
}

static void expect_all(const char *const cases[][2], size_t count)
{
	for (size_t i = 0; i < count; i++)
		expect_under("", cases[i][0], cases[i][1]);
}

static void test_objects_and_instances(void **state)
{
	static const char *const cases[][2] = {
		{ "</1/0>,</3/0>", "1/0 3/0" },
		{ "</3/0>,</1/0>", "1/0 3/0" },
		{ "</5>", "5" },
		{ "</5>,</5/0>", "5/0" },
		{ "</5/0>,</5>", "5/0" },
		{ "</5/7>,</5>,</5/0>,</6>", "5/0 5/7 6" },
		{ "</0>,</0/0>,</21>", "0/0 21" },
		{ "</31024/10>,</31024/12>,</31024/11>", "31024/10 31024/11 31024/12" },
		{ "</65534/65534>", "65534/65534" },
		{ "</65534>", "65534" },
		/* Doubles. */
		{ "</3/0>,</3/0>,</1>,</1>,</3/0>", "1 3/0" },
		/* Resources are inside instances. */
		{ "</3/0/1>", "3/0" },
		{ "</3/0/11/0>", "3/0" },
		{ "</3/0/11/0/>", "3/0" },
		{ "</3/0/65534/65534>", "3/0" },
		{ "</3/0>,</3/0/1>,</3/2/5>", "3/0 3/2" },
		/* Slashes at either end. */
		{ "</3/0/>", "3/0" },
		{ "</3/>", "3" },
		{ "<1/0>, <3/0>", "1/0 3/0" },
		{ "<3>", "3" },
		{ "<3/>", "3" },
		{ "<1/0> ,\t<3/0> ", "1/0 3/0" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

/* Well-formed links that name nothing of ours. */
static void test_foreign(void **state)
{
	static const char *const cases[] = { "/sensors/temp", "/a", "/1/a", "/1a", "/a1", "/1/0/x",
		"/1/0/1/2/3", "/1/0/1/2//", "//1", "//1/0", "/1//0", "/1//", "/3/0//", "///",
		"coap://h/1/0", "/1/0?x=1", "/1/0#f", "/-1", "/+1", "/1.0", "/0x1", "1:0", "*",
		"/%30", "/%31/0", "/\xc3\xa9",
		/* Not plain decimals. */
		"/00", "/00/0", "/03/0", "/03/00", "/3/00", "/3/01", "/3/0/01", "/3/0/1/00", "/000",
		/* Above 65534; what would wrap to something known, too. */
		"/65535", "/65535/0", "/3/65535", "/65536", "/65536/0", "/65537/0", "/3/65536",
		"/3/131072", "/3/0/65535", "/3/0/1/65536", "/4294967296", "/4294967297/0",
		"/3/4294967296", "/18446744073709551617/0", "/99999999999999999999",
		"/3/99999999999999999999", "/340282366920938463463374607431768211457" };
	char payload[128];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		snprintf(payload, sizeof(payload), "<%s>", cases[i]);
		expect_under("", payload, " | foreign 1");
		snprintf(payload, sizeof(payload), "</1/0>,<%s>,</3>", cases[i]);
		expect_under("", payload, "1/0 3 | foreign 1");
	}
}

static void test_root(void **state)
{
	static const char *const cases[][2] = {
		{ "</>;rt=\"oma.lwm2m\";ct=110", "ct 110" },
		{ "</>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3/0>", "1/0 3/0 | ct 110" },
		{ "</1/0>,</>;rt=\"oma.lwm2m\";ct=110,</3/0>", "1/0 3/0 | ct 110" },
		{ "</1/0>,</3/0>,</>;ct=110;rt=\"oma.lwm2m\"", "1/0 3/0 | ct 110" },
		{ "</>,</1>", "1" },
		/* A root of its own: links outside it are not the client's objects. */
		{ "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m/1/0>,</lwm2m/3>", "1/0 3 | root lwm2m" },
		{ "</lwm2m>;rt=\"oma.lwm2m\";ct=112,</lwm2m/1/0>,</3/0>",
			"1/0 | ct 112 | root lwm2m | foreign 1" },
		{ "</lwm2m/1/0>,</3/0>,</lwm2m/3/0>,</lwm2m>;ct=112;rt=\"oma.lwm2m\"",
			"1/0 3/0 | ct 112 | root lwm2m | foreign 1" },
		{ "</lwm2m/1/0>,</lwm2m/>;rt=\"oma.lwm2m\",</lwm2m/5/>", "1/0 5 | root lwm2m" },
		{ "<lwm2m>;rt=\"oma.lwm2m\",<lwm2m/1/0>,</lwm2m/3>", "1/0 3 | root lwm2m" },
		{ "</a/b/c>;rt=\"oma.lwm2m\",</a/b/c/1>,</a/b/1>,</a/1>",
			"1 | root a/b/c | foreign 2" },
		{ "</lwm2m>;rt=\"oma.lwm2m\",</lwm2m2/1>,</lwm2m1>,</lwm2/1>,</LWM2M/1>",
			"root lwm2m | foreign 4" },
		{ "</1>;rt=\"oma.lwm2m\",</1/3/0>,</1>,</3/0>", "3/0 | root 1 | foreign 1" },
		{ "</l>;rt=\"oma.lwm2m\",</l/00>,</l/01/0>,</l/0>,</l/65535>,</l//1>",
			"0 | root l | foreign 4" },
		{ "</l>;rt=\"oma.lwm2m\",</l/1>;ver=1.1,</1>;ver=1.0",
			"1 | 1=1.1 | root l | foreign 1" },
		{ "</1/0>;ver=3,</>;rt=x;ct=1,</l>;rt=oma.lwm2m;ct=2,</l/>;ct=3",
			"ct 2 | root l | foreign 2" },
		/* One word of rt, quoted or not, and no other. */
		{ "</l>;rt=oma.lwm2m,</l/1>", "1 | root l" },
		{ "</l>;rt=\"x oma.lwm2m y\",</l/1>", "1 | root l" },
		{ "</l>;rt=\"x y oma.lwm2m\",</l/1>", "1 | root l" },
		{ "</l>;rt=\"oma.lwm2m2\",</l/1>", " | foreign 2" },
		{ "</l>;rt=\"xoma.lwm2m\",</l/1>", " | foreign 2" },
		{ "</l>;rt=\"oma.lwm2m,x\",</l/1>", " | foreign 2" },
		{ "</l>;rt=\"OMA.LWM2M\",</l/1>", " | foreign 2" },
		{ "</l>;rt=\"\",</l/1>", " | foreign 2" },
		{ "</l>;rt,</l/1>", " | foreign 2" },
		{ "</l>;RT=oma.lwm2m,</l/1>", " | foreign 2" },
		{ "</l>;rt*=oma.lwm2m,</l/1>", " | foreign 2" },
		{ "</l>;title=\";rt=oma.lwm2m\",</l/1>", " | foreign 2" },
		/* The first rt of a link counts, and the first link that claims the root. */
		{ "</l>;rt=oma.lwm2m;rt=x,</l/1>", "1 | root l" },
		{ "</l>;rt=x;rt=oma.lwm2m,</l/1>", " | foreign 2" },
		{ "</l>;rt;rt=oma.lwm2m,</l/1>", " | foreign 2" },
		{ "</a>;rt=oma.lwm2m,</b>;rt=oma.lwm2m,</a/1>,</b/3>", "1 | root a | foreign 2" },
		{ "</a/1>,</b/3>,</b>;rt=oma.lwm2m,</a>;rt=oma.lwm2m", "3 | root b | foreign 2" },
		{ "</>;rt=oma.lwm2m,</b>;rt=oma.lwm2m,</1>,</b/3>", "1 | foreign 2" },
		{ "</b/3>,</1>,</b>;rt=oma.lwm2m,</>;rt=oma.lwm2m;ct=4", "3 | root b | foreign 2" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

/* The registration's root holds for an Update that names none. */
static void test_root_given(void **state)
{
	static const char *const cases[][3] = {
		{ "lwm2m", "</lwm2m/1/0>,</3/0>", "1/0 | root lwm2m | foreign 1" },
		{ "lwm2m", "</lwm2m>;ct=112,</lwm2m/1/0>", "1/0 | ct 112 | root lwm2m" },
		{ "lwm2m", "</lwm2m>;rt=oma.lwm2m,</lwm2m/1/0>", "1/0 | root lwm2m" },
		{ "lwm2m", "</l/1/0>,</l>;rt=oma.lwm2m,</lwm2m/3>", "1/0 | root l | foreign 1" },
		{ "lwm2m", "</1/0>,</>;rt=oma.lwm2m,</lwm2m/3>", "1/0 | foreign 1" },
		{ "", "</lwm2m/1/0>,</3/0>", "3/0 | foreign 1" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_under(cases[i][0], cases[i][1], cases[i][2]);
}

static void test_formats(void **state)
{
	static const char *const cases[][2] = {
		{ "</>;ct=0", "ct 0" },
		{ "</>;ct=\"110\"", "ct 110" },
		{ "</>;ct=\"60 110 112 11542 11543\"", "ct 60 110 112 11542 11543" },
		{ "</>;ct=\"112 110 110\"", "ct 112 110" },
		{ "</>;ct=\" 110  112 \"", "ct 110 112" },
		{ "</>;ct=0065535", "ct 65535" },
		/* Sixteen, each once; what is left out must be readable all the same. */
		{ "</>;ct=\"0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0\"", "ct 0 1" },
		{ "</>;ct=\"9 8 7 6 5 4 3 2 1 10 11 12 13 14 15 16 17 18 9\"",
			"ct 9 8 7 6 5 4 3 2 1 10 11 12 13 14 15 16" },
		{ "</>;ct=\"9 8 7 6 5 4 3 2 1 10 11 12 13 14 15 16 17 x\"", "" },
		/* The first attribute counts; of another link than the root, none. */
		{ "</>;ct=110;ct=112", "ct 110" },
		{ "</>;ct=x;ct=112", "" },
		{ "</1>;ct=110", "1" },
		{ "</1/0>;ct=110,</>", "1/0" },
		{ "</x>;ct=110", " | foreign 1" },
		/* What cannot be read is as if it were not there. */
		{ "</>;ct", "" },
		{ "</>;ct=\"\"", "" },
		{ "</>;ct=\" \"", "" },
		{ "</>;ct=65536", "" },
		{ "</>;ct=110x", "" },
		{ "</>;ct=-1", "" },
		{ "</>;ct=\"110 x\"", "" },
		{ "</>;ct=\"110,112\"", "" },
		{ "</>;ct=\"110\t112\"", "" },
		{ "</>;ct=\"110 65536\"", "" },
		{ "</>;ct=\"11\\0\"", "" },
		{ "</>;ct=18446744073709551726", "" },
		{ "</>;CT=110", "" },
		{ "</>;ct*=110", "" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

static void test_versions(void **state)
{
	static const char *const cases[][2] = {
		{ "</10>;ver=1.1,</10/0>", "10/0 | 10=1.1" },
		{ "</10/0>,</10>;ver=\"1.1\"", "10/0 | 10=1.1" },
		{ "</10>;ver=1.1,</1>;ver=\"1.2\",</3>", "1 3 10 | 1=1.2 10=1.1" },
		{ "</10>;ver=1.10", "10 | 10=1.10" },
		{ "</10>;ver=01.01", "10 | 10=1.1" },
		{ "</10>;ver=65534.65534", "10 | 10=65534.65534" },
		{ "</10>;ver=0.0", "10 | 10=0.0" },
		/* Only an object has a version. */
		{ "</10/0>;ver=1.1", "10/0" },
		{ "</10/0/1>;ver=1.1", "10/0" },
		{ "</>;ver=1.1", "" },
		{ "</x>;ver=1.1", " | foreign 1" },
		/* The first of a link; the highest of several links. */
		{ "</10>;ver=1.1;ver=2.0", "10 | 10=1.1" },
		{ "</10>;ver=1.1,</10>;ver=1.10,</10>;ver=1.9", "10 | 10=1.10" },
		{ "</10>;ver=1.1,</10>", "10 | 10=1.1" },
		{ "</10>;VER=1.1", "10" },
		{ "</10>;ver*=1.1", "10" },
		{ "</10>;verx=1.1;ve=2", "10" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

/* Nobody supports a version that cannot be read, whichever other the object claims. */
static void test_versions_unreadable(void **state)
{
	static const char *const cases[] = { "ver=x", "ver=1", "ver", "ver=\"\"", "ver=1.",
		"ver=.1", "ver=1.0.2", "ver=\"1.0 \"", "ver=65535.0", "ver=1.65535",
		"ver=65535.65535", "ver=4294967297.0", "ver=1.4294967296", "ver=x;ver=1.0",
		"ver=-1.0" };
	char payload[64];

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct memory memory = memory_begin(256);
		struct rdl_object_reader reader;

		snprintf(payload, sizeof(payload), "</3>;%s,</3/0>", cases[i]);
		assert_int_equal(rdl_object_read(&reader, span_of(payload), RDL_SPAN(""), NO_LIMIT,
					 memory.data, memory.len),
			RDL_OK);
		assert_int_equal(reader.link_count, 2);
		assert_int_equal(reader.version_count, 1);
		assert_true(
			reader.versions[0] == rdl_object_version_pack(3, RDL_VERSION_UNREADABLE));
		memory_end(&memory);
	}
}

static void test_other_attributes(void **state)
{
	static const char *const cases[][2] = {
		{ "</1/0>;if=\"x\";sz=12;title*=UTF-8''x;obs;hb;obs", "1/0" },
		{ "</>;rt=\"oma.lwm2m\";hb;ct=110,</3>", "3 | ct 110" },
		{ "</3/0>;title=\",</9/9>,\",</1>", "1 3/0" },
		{ "</3/0>;title=\">;ct=1;rt=oma.lwm2m,<\",</1>", "1 3/0" },
		{ "</3/0>;title=\"\\\",</9/9>;x=\\\\\",</1>", "1 3/0" },
		{ "</3>;title=\"\\\";ver=9.9\";ver=1.0", "3 | 3=1.0" },
		{ "</3> ; ver=1.0 ; obs , </1>", "1 3 | 3=1.0" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

static void test_malformed(void **state)
{
	static const char *const cases[][2] = {
		{ "", "malformed at 0" },
		{ "x", "malformed at 0" },
		{ "</1/0>,", "malformed at 7" },
		{ "</1/0>,]", "malformed at 7" },
		{ "</1/0>,,</3>", "malformed at 7" },
		{ "</1/0></3>", "malformed at 6" },
		{ "<>", "malformed at 1" },
		{ "</1/0", "malformed at 5" },
		{ "</1/0>;", "malformed at 7" },
		{ "</1/0>;,</3>", "malformed at 7" },
		{ "</1/0>;ct=110,112", "malformed at 14" },
		{ "</1/0>;x=\"abc", "malformed at 13" },
		/* Behind a root that made the list be read twice, and after links out of it. */
		{ "</1/0>,</l>;rt=oma.lwm2m,</l/1>,<", "malformed at 33" },
		{ "</x>,</l>;rt=oma.lwm2m;", "malformed at 23" },
	};

	expect_all(cases, RDL_ARRAY_LEN(cases));
}

/* What is listed, whatever becomes of it. */
static void test_noted_objects(void **state)
{
	static const struct {
		const char *payload;
		bool security, server, device;
	} cases[] = {
		{ "</1/0>,</3/0>", false, true, true },
		{ "</1>;ver=9.9,</3>;ver", false, true, true },
		{ "</0>", true, false, false },
		{ "</0/5>,</5>", true, false, false },
		{ "</0/0/1>,</3/0/1>", true, false, true },
		{ "</00>,</01>,</03>", false, false, false },
		{ "</10>,</30>,</13/1>", false, false, false },
		{ "</0>,</1>,</l/3>,</l>;rt=oma.lwm2m", false, false, true },
		{ "</>", false, false, false },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		struct memory memory = memory_begin(256);
		struct rdl_object_reader reader;

		assert_int_equal(rdl_object_read(&reader, span_of(cases[i].payload), RDL_SPAN(""),
					 NO_LIMIT, memory.data, memory.len),
			RDL_OK);
		assert_int_equal(reader.has_security, cases[i].security);
		assert_int_equal(reader.has_server, cases[i].server);
		assert_int_equal(reader.has_device, cases[i].device);
		memory_end(&memory);
	}
}

/* What real clients send. */
static void test_captures(void **state)
{
	expect_under("", capture_payload(&captures[0]),
		"1/0 2/0 3/0 4/0 5/0 6/0 7/0 31024/10 31024/11 31024/12 | 1=1.1 31024=1.0 | ct "
		"110");
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		if (strcmp(captures[i].name, "leshan_register") == 0)
			expect_under("", capture_payload(&captures[i]),
				"1/0 3/0 | 3=1.2 | ct 60 110 112 11542 11543");
		if (strcmp(captures[i].name, "lightclient_register") == 0)
			expect_under("", capture_payload(&captures[i]),
				"1/0 3/0 31024/10 31024/11 31024/12 | ct 112");
		if (strcmp(captures[i].name, "anjay_lifetime_0_register") == 0)
			expect_under("", capture_payload(&captures[i]),
				"1/1 2 3/0 4/0 5/0 6/0 7/0 10/0 11 16 19 20/0 3303/0 3313/0 3347/0 "
				"33605 33606/0 33607/0 33608 33609/0 | 10=1.1");
	}
}

/* What the operator may have kept beside: in one order, whatever order they came in. */
static void expect_kept(const char *payload, const char *expected, unsigned left_out)
{
	static struct object_words words;
	size_t len = strlen(payload), room = 2 * len + 64;
	struct memory memory = memory_begin(room);
	uint8_t *copy = guard_copy(payload, len);
	struct rdl_object_reader reader;
	struct rdl_span span = { copy, len };

	assert_int_equal(make_list(&reader, span, "", NO_LIMIT, &memory), RDL_OK);
	assert_int_equal(rdl_object_keep_attributes(reader.list, room, span), left_out);
	describe_objects(reader.list, &words);
	if (strcmp(words.at, expected) != 0)
		fail_msg("'%s':\nis       %s\nnot what %s", payload, words.at, expected);
	guard_free(copy, len);
	memory_end(&memory);
}

static void test_attributes(void **state)
{
	static const char *const cases[][2] = {
		{ "</1/0>,</3/0>", "1/0 3/0" },
		{ "</3303/0>;obs;title=\"x\"", "3303/0 | 3303/0 obs;title=\"x\"" },
		{ "</3303/0>;title=\"a,b;\\\"c\" ; obs",
			"3303/0 | 3303/0 title=\"a,b;\\\"c\";obs" },
		{ "</5>;ver=1.1", "5 | 5=1.1" },
		{ "</5>;a;ver=1.1;b=2;ver=3", "5 | 5=1.1 | 5 a;b=2" },
		{ "</5/0>;ver=1.1", "5/0 | 5/0 ver=1.1" },
		{ "</5>;ver=1.1;dim=1,</5/0>;x", "5/0 | 5=1.1 | 5/0 x | 5 dim=1" },
		{ "</6/0>;b,</5/0>;a,</5/0>;c", "5/0 6/0 | 5/0 a | 6/0 b" },
		{ "</5/0>;a,</6/0>;b", "5/0 6/0 | 5/0 a | 6/0 b" },
		{ "</5/0/1>;a,</5/0>", "5/0" },
		{ "<what>;a,</5/0>", "5/0" },
		{ "</>;rt=\"oma.lwm2m\";ct=112;hb,</1/0>", "1/0 | ct 112 | / hb" },
		{ "</>;rt=\"oma.lwm2m\";ct=112,</1/0>;ct=60;rt=y",
			"1/0 | ct 112 | 1/0 ct=60;rt=y" },
		{ "</x>;rt=\"oma.lwm2m\";if=i,</x/1/0>;a,</3/0>;b",
			"1/0 | root x | 1/0 a | / if=i" },
		{ "</1/0>;a", "1/0 | 1/0 a" },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++)
		expect_kept(cases[i][0], cases[i][1], 0);
}

/* The same links' in whatever order, within the bounds, and the rest counted. */
static void test_attributes_bounds(void **state)
{
	static char forth[65536], back[65536], one[32], wanted[32768], more[32768];
	static char text[1100];
	size_t len = 0, forth_len = 0, more_len = 0;

	for (unsigned i = 0; i < 100; i++) {
		forth_len += (size_t)snprintf(forth + forth_len, sizeof(forth) - forth_len,
			"%s</%u/0>;a=%u", i > 0 ? "," : "", 100 + i, i);
		len += (size_t)snprintf(
			wanted + len, sizeof(wanted) - len, "%s%u/0", i > 0 ? " " : "", 100 + i);
		if (i < RDL_ATTRIBUTES_LINKS)
			more_len += (size_t)snprintf(more + more_len, sizeof(more) - more_len,
				" | %u/0 a=%u", 100 + i, i);
	}
	for (unsigned i = 100; i-- > 0;) {
		snprintf(one, sizeof(one), "%s</%u/0>;a=%u", i < 99 ? "," : "", 100 + i, i);
		strcat(back, one);
	}
	strcat(wanted, more);
	expect_kept(forth, wanted, 100 - RDL_ATTRIBUTES_LINKS);
	expect_kept(back, wanted, 100 - RDL_ATTRIBUTES_LINKS);
	/* One that is too long is left out, whole; what is behind it is not. */
	for (unsigned over = 0; over < 2; over++) {
		unsigned octets = RDL_ATTRIBUTES_MAX - 2 * RDL_ATTRIBUTES_HEAD - 1 + over;

		memset(text, 'x', octets);
		text[octets] = '\0';
		snprintf(forth, sizeof(forth), "</1/0>;%s,</2/0>;y", text);
		strcpy(wanted, "1/0 2/0 | 1/0 ");
		strcat(wanted, text);
		if (!over)
			strcat(wanted, " | 2/0 y");
		expect_kept(forth, wanted, over);
	}
	memset(text, 'x', RDL_ATTRIBUTES_MAX - RDL_ATTRIBUTES_HEAD + 1);
	snprintf(forth, sizeof(forth), "</1/0>;%.*s,</2/0>;y",
		RDL_ATTRIBUTES_MAX - RDL_ATTRIBUTES_HEAD + 1, text);
	expect_kept(forth, "1/0 2/0 | 2/0 y", 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_and_instances),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_attributes_bounds),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_root_given),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_versions_unreadable),
		cmocka_unit_test(test_other_attributes),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_noted_objects),
		cmocka_unit_test(test_captures),
	};

	return RUN_TESTS(tests);
}
