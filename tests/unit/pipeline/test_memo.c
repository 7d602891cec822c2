/* SPDX-License-Identifier: BSD-3-Clause */
/* Object lists known from earlier requests: the same verdicts as without, whatever came before. */
#include "fixture.h"

#include "objects.h"

#define LISTS_MAX 4096

static int fresh(void **state)
{
	struct rdl_policy_config config = gateway_policy();

	use_policy(&config);
	use_shards(1);
	return 0;
}

static struct run run_words(const char *words)
{
	struct row row = { words, SILENCE, 0 };
	struct message m = row_message(&row);

	return run_message(&m);
}

/* Given back, as when its shard has answered. */
static void done(struct run *run)
{
	struct rdl_packet *packets[] = { &run->packet };

	if (run->burst.hand_over != 0)
		rdl_pipeline_replies(&pipeline, policy, packets, 1);
	assert_int_equal(run->packet.list, 0);
	run_end(run);
}

static void expect_same_list(const struct run *a, const struct run *b)
{
	const struct rdl_object_list *list = a->packet.request.list.objects;

	assert_int_equal(a->packet.request.reason, b->packet.request.reason);
	assert_int_equal(
		a->packet.request.detail.number * (a->packet.request.reason != RDL_REASON_NONE),
		b->packet.request.detail.number * (a->packet.request.reason != RDL_REASON_NONE));
	if (a->packet.request.reason != RDL_REASON_NONE)
		return;
	assert_int_equal(a->packet.request.gives, b->packet.request.gives);
	if ((a->packet.request.gives & RDL_GIVES_OBJECTS) == 0)
		return;
	/* Where the shard will look: in the request's own memory, or in what is held for it. */
	assert_true(a->packet.list != 0 ||
		    ((const uint8_t *)list >= a->buffer &&
			    (const uint8_t *)list + list->len <= a->buffer + a->room));
	if (a->packet.request.list.digest != 0)
		assert_true(a->packet.request.list.digest ==
			    rdl_object_list_digest(&pipeline.config.list_key, list));
	assert_int_equal(list->len, b->packet.request.list.objects->len);
	assert_memory_equal(list, b->packet.request.list.objects, list->len);
}

/* Runs one request with what is known and without; 1 when its list was known. */
static unsigned expect_same(const char *words)
{
	static const enum rdl_stat ignored = RDL_STAT_ignored_security;
	struct rdl_policy_memo *lists = pipeline.memo;
	uint64_t left_out[RDL_IGNORED_COUNT];

	assert_non_null(lists);
	pipeline.memo = NULL;
	struct run plain = run_words(words);
	assert_int_equal(counter(RDL_STAT_list_cache_hits), 0);
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		left_out[i] = counter((enum rdl_stat)((unsigned)ignored + i));
	pipeline.memo = lists;
	struct run run = run_words(words);
	for (unsigned i = 0; i < RDL_IGNORED_COUNT; i++)
		assert_int_equal(counter((enum rdl_stat)((unsigned)ignored + i)), left_out[i]);
	unsigned known = (unsigned)counter(RDL_STAT_list_cache_hits);
	expect_same_list(&run, &plain);
	done(&run);
	done(&plain);
	return known;
}

/* Once is nothing, twice is kept, and then it is known. */
static void test_third_is_known(void **state)
{
	static const char *const lines[] = {
		"CON POST 11:rd 12:#28 15:ep=a 15:lwm2m=1.1" OBJECTS,
		"NON POST 11:rd 15:ep=b 15:sms=5 | "
		"</>;rt=\"oma.lwm2m\";ct=110,</3/0>;a,</1>;ver=1.1,"
		"</1/3>,</0/0>,</x>",
		"CON POST 11:rd 15:ep=b | </lwm2m>;rt=\"oma.lwm2m\",</lwm2m/3/0>,</lwm2m/1/0>",
		"CON POST 11:rd 11:@ 15:lt=7 15:sms=5 | </5/6>",
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++)
		for (unsigned n = 0; n < 6; n++)
			assert_int_equal(expect_same(lines[i]), n >= 2);
}

/* The same octets mean something else by another version, another operation. */
static void test_version_and_operation(void **state)
{
	static const char *const lines[] = {
		"CON POST 11:rd 15:ep=a 15:lwm2m=1.0 | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 15:ep=a | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 15:ep=a 15:lwm2m=1.1 | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 15:ep=a 15:lwm2m=1.01 | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 15:ep=a 15:lwm2m=1.257 | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 11:@ | </1/0>,</3/0>,</21/0>",
		"CON POST 11:rd 11:@ | </5/0>",
		"CON POST 11:rd 15:ep=a | </5/0>",
	};
	unsigned known = 0;

	for (unsigned n = 0; n < 5; n++)
		for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++)
			known += expect_same(lines[i]);
	assert_in_range(known, 20, 30);
}

/* A list that is known from elsewhere is good for an alternate path where its payload names one. */
static void test_rooted(void **state)
{
	static const struct rdl_location rooted = { 0x2a000007, 1, true, 3 };
	static const struct {
		const char *words;
		unsigned gives;
	} lines[] = {
		{ "CON POST 11:rd 11:@ | </5/0>", RDL_GIVES_PAYLOAD },
		{ "CON POST 11:rd 11:@ | </l>;rt=oma.lwm2m,</l/5>", RDL_GIVES_OBJECTS },
		{ "CON POST 11:rd 11:@ | </>;rt=oma.lwm2m,</5>", RDL_GIVES_OBJECTS },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(lines); i++)
		for (unsigned n = 0; n < 5; n++) {
			struct message m = line_at(lines[i].words, make_id(rooted));
			struct run run = run_message(&m);
			bool read = lines[i].gives == RDL_GIVES_OBJECTS;

			assert_int_equal(run.packet.request.gives, lines[i].gives);
			assert_int_equal(counter(RDL_STAT_list_cache_hits), read && n >= 1);
			done(&run);
			run = run_words(lines[i].words);
			done(&run);
		}
}

static void test_another_policy(void **state)
{
	static const char words[] = "CON POST 11:rd 15:ep=a | </1/0>,</3/0>,</5/0>";
	static const struct rdl_policy_object objects[] = { { .id = 1, .any_version = true },
		{ .id = 3, .any_version = true } };
	struct rdl_policy_config config = gateway_policy();

	for (unsigned n = 0; n < 5; n++)
		expect_same(words);
	config.all_objects = false;
	config.objects = objects;
	config.object_count = RDL_ARRAY_LEN(objects);
	use_policy(&config);
	assert_int_equal(expect_same(words), 0);
	assert_int_equal(expect_same(words), 1);
}

static void test_refused_is_not_known(void **state)
{
	for (unsigned n = 0; n < 5; n++) {
		assert_int_equal(expect_same("CON POST 11:rd 15:ep=a | </1/0>,</3/0>,<"), 0);
		assert_int_equal(expect_same("CON POST 11:rd 15:ep=a | </1/0>"), 0);
		assert_int_equal(expect_same("CON POST 11:rd 15:ep=denied-a" OBJECTS), 0);
	}
}

/* At the limits of what is kept. */
static void test_lengths(void **state)
{
	char words[1024];

	for (unsigned len = RDL_MEMO_PAYLOAD_MAX - 8; len < RDL_MEMO_PAYLOAD_MAX + 8; len++) {
		int head = snprintf(words, sizeof(words), "CON POST 11:rd 15:ep=a | ");
		int n = head +
			snprintf(words + head, sizeof(words) - (size_t)head, "</1/0>,</3/0>");

		while (n - head + 6 <= (int)len)
			n += snprintf(words + n, sizeof(words) - (size_t)n, ",</%u>",
				(unsigned)(n / 6 % 10));
		memset(words + n, ' ', (size_t)head + len - (size_t)n);
		words[head + (int)len] = '\0';
		for (unsigned i = 0; i < 4; i++)
			assert_int_equal(expect_same(words), len <= RDL_MEMO_PAYLOAD_MAX && i >= 2);
	}
}

static const char *some_list(uint64_t random)
{
	static char words[512];
	int n = snprintf(words, sizeof(words), "CON POST 11:rd 15:ep=a | </1/0>,</3/0>");

	for (unsigned i = 0; i < 4; i++)
		n += snprintf(words + n, sizeof(words) - (size_t)n, ",</%u/%u>",
			(unsigned)(random >> 16 * i) & 0xff,
			(unsigned)(random >> (16 * i + 8)) & 0xff);
	return words;
}

/* What a fleet asks for stays, however many others come once, or twice. */
static void test_flood(void **state)
{
	static const char fleet[] = "CON POST 11:rd 15:ep=a" OBJECTS;
	uint64_t seed = 1;
	unsigned known = 0;

	for (unsigned n = 0; n < 300; n++)
		expect_same(fleet);
	for (unsigned n = 0; n < 20000; n++) {
		const char *words = some_list(test_random(&seed));
		struct run once = run_words(words);
		done(&once);
		if (n % 2 == 0) {
			struct run twice = run_words(words);
			done(&twice);
		}
		if (n % 100 == 0)
			known += expect_same(fleet);
	}
	assert_int_equal(known, 200);
}

/* A fleet that is gone makes room. */
static void test_room_again(void **state)
{
	uint64_t seed = 2;
	unsigned known = 0;

	for (unsigned list = 0; list < LISTS_MAX; list++) {
		const char *words = some_list(test_random(&seed));

		for (unsigned n = 0; n < 5; n++) {
			struct run run = run_words(words);
			done(&run);
		}
	}
	for (unsigned n = 0; n < 20; n++)
		known += expect_same("CON POST 11:rd 15:ep=a" OBJECTS);
	assert_in_range(known, 5, 18);
}

/* Many lists that come again in any order, on two policies that take turns. */
static void test_twins(void **state)
{
	struct rdl_policy_config config = gateway_policy();
	uint64_t seed = 3;
	unsigned known = 0;

	for (unsigned n = 0; n < 6000; n++) {
		uint64_t which = test_random(&seed) % 700;
		uint64_t of_list = which;
		const char *words = some_list(test_random(&of_list));

		if (n % 2000 == 1999) {
			config.mandatory_objects_refuse = !config.mandatory_objects_refuse;
			config.version.minor = n % 4000 == 1999 ? 0 : 1;
			use_policy(&config);
		}
		known += expect_same(words);
	}
	assert_in_range(known, 500, 5900);
}

/*
 * A list that a shard may still read stays as it is,
 * whatever comes meanwhile; then it makes room like any other.
 */
static void test_held(void **state)
{
	static const char words[] = "CON POST 11:rd 15:ep=a" OBJECTS;
	struct rdl_policy_config config = gateway_policy();
	uint64_t before[16], seed = 4;
	unsigned held = 0;

	for (unsigned n = 0; n < 2; n++)
		expect_same(words);
	struct run run = run_words(words);
	const struct rdl_object_list *list = run.packet.request.list.objects;
	assert_int_not_equal(run.packet.list, 0);
	assert_true(list->len <= sizeof(before));
	size_t len = list->len;
	memcpy(before, list, len);
	/* Under another policy every list is out of use. */
	config.version.minor = 0;
	use_policy(&config);
	for (unsigned n = 0; n < 4 * LISTS_MAX; n++) {
		const char *other = some_list(test_random(&seed));

		for (unsigned times = 0; times < 3; times++) {
			struct run more = run_words(other);

			assert_int_not_equal(more.packet.list, run.packet.list);
			done(&more);
		}
	}
	assert_memory_equal(list, before, len);
	done(&run);
	for (unsigned n = 0; n < 4 * LISTS_MAX && held == 0; n++) {
		const char *other = some_list(test_random(&seed));

		for (unsigned times = 0; times < 2; times++) {
			struct run more = run_words(other);
			done(&more);
		}
		held = memcmp(list, before, len) != 0;
	}
	assert_int_equal(held, 1);
}

static uint64_t all_held(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < RDL_ARRAY_LEN(pipeline.memo->entries); i++)
		sum += pipeline.memo->entries[i].held;
	return sum;
}

/*
 * One list for all of a burst, whatever becomes of them:
 * answered, shed by the shard, shed for want of credit, refused.
 */
static void test_held_by_many(void **state)
{
	static const char words[] = "CON POST 11:rd 15:ep=a" OBJECTS;
	struct rdl_packet *packets[RDL_BURST_MAX];
	static struct run runs[RDL_BURST_MAX];

	for (unsigned n = 0; n < 2; n++)
		expect_same(words);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		const char *odd = i % 4 == 3 ? "CON POST 11:rd 15:ep=denied-a" OBJECTS : words;
		struct message m = row_message(&(struct row){ odd, SILENCE, 0 });
		struct frame_spec spec = {
			.from = PEER_IPV4, .to = OUR_IPV4, .payload = m.octets, .payload_len = m.len
		};
		struct test_frame f = frame_build(&spec);

		run_place(&runs[i], f.data, f.len);
		packets[i] = &runs[i].packet;
	}
	const struct rdl_burst *burst =
		rdl_pipeline_burst(&pipeline, policy, packets, RDL_BURST_MAX);
	assert_int_equal(all_held(), RDL_BURST_MAX / 4 * 3);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++) {
		assert_int_equal(rdl_packet_is_in(burst->hand_over, i), i % 4 != 3);
		if (i % 4 == 3)
			continue;
		runs[i].packet.request.code = i % 4 == 0 ? RDL_COAP_CHANGED : 0;
		if (i % 4 == 2)
			rdl_pipeline_shed(&pipeline, packets[i]);
		else
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, &packets[i], 1),
				i % 4 == 0);
	}
	assert_int_equal(all_held(), 0);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++)
		run_end(&runs[i]);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_third_is_known),
		TEST(test_version_and_operation),
		TEST(test_rooted),
		TEST(test_another_policy),
		TEST(test_refused_is_not_known),
		TEST(test_lengths),
		TEST(test_held),
		TEST(test_held_by_many),
		TEST(test_flood),
		TEST(test_room_again),
		TEST(test_twins),
	};

	return RUN_PIPELINE_TESTS(tests);
}
