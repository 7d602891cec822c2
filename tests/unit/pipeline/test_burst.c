/* SPDX-License-Identifier: BSD-3-Clause */
/* Bursts: a packet's verdict is its own, wherever it stands and whoever stands beside it. */
#include "fixture.h"

#include <stdlib.h>

#include "bursts.h"

#include "captures.h"

static const char *const lines[] = {
	"CON POST 11:rd 15:ep=a 15:lwm2m=1.1 15:lt=60 15:b=UT 15:Q 15:sms=1" OBJECTS,
	"NON POST 11:rd 15:ep=bb" OBJECTS,
	"CON POST 11:rd 15:ep=ccc 27:#06 | </>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3/0>,</0/0>",
	"CON POST 11:rd 15:ep=denied-1" OBJECTS,
	"CON POST 11:rd 15:ep=a 15:lwm2m=9.9" OBJECTS,
	"CON POST 11:rd 12:#28 15:ep=a | </1/0>,</3/0>,<",
	"CON POST 11:rd 15:ep=a 15:ep=a" OBJECTS,
	"CON POST 5: 11:rd 15:ep=a" OBJECTS,
	"NON POST 5: 11:rd 15:ep=a" OBJECTS,
	"CON GET 11:rd 39:coap",
	"CON POST 11:rd 11:@",
	"CON POST 11:rd 11:@ 15:lt=7 15:sms=5 | </5/6>",
	"NON POST 11:rd 11:@ 15:ep=a",
	"CON DELETE 11:rd 11:@",
	"CON PUT 11:rd 11:@",
	"CON POST 11:rd 11:forged",
	"CON GET 11:.well-known 11:core",
	"NON GET 11:.well-known 11:core 15:rt=x",
	"CON GET 11:nowhere",
	"CON 2.05",
	"NON 2.05",
	"ACK POST 11:rd 15:ep=a" OBJECTS,
	"CON 7.07",
	"40001234",
	"60001234",
	"4f021234",
	"50021234 b3 72",
	"4002",
	"c0021234",
	capture_anjay_11_register,
	capture_leshan_queue_register,
	capture_wakaama_blocks_1,
};
#define KINDS RDL_ARRAY_LEN(lines)

/* One packet of a burst, or alone; what it was and what is now in its memory. */
static void place(struct run *run, size_t kind)
{
	struct row row = { lines[kind], SILENCE, 0 };
	struct message m = row_message(&row);
	bool ipv6 = kind % 3 == 1;
	struct frame_spec spec = {
		.from = ipv6 ? PEER_IPV6 : PEER_IPV4,
		.to = ipv6 ? OUR_IPV6 : OUR_IPV4,
		.from_port = (uint16_t)(1000 + kind),
		.payload = m.octets,
		.payload_len = m.len,
	};
	struct test_frame f = frame_build(&spec);

	run_place(run, f.data, f.len);
}

/* Compares by value; views by where in the packet they lead. */
static void expect_same_request(const struct run *a, const struct run *b)
{
	const struct rdl_request *x = &a->packet.request, *y = &b->packet.request;
	const struct rdl_reply *to = &a->packet.reply, *too = &b->packet.reply;

	assert_ptr_equal(to->coap - a->buffer, too->coap - b->buffer);
	assert_int_equal(to->coap_len, too->coap_len);
	assert_int_equal(to->room, too->room);
	assert_int_equal(to->id_mask, too->id_mask);
	assert_int_equal(to->block1, too->block1);
	assert_int_equal(x->non, y->non);
	assert_int_equal(x->operation, y->operation);
	assert_int_equal(x->reason, y->reason);
	assert_int_equal(x->code, y->code);
	assert_memory_equal(&x->peer, &y->peer, sizeof(x->peer));
	if (x->reason != RDL_REASON_NONE)
		return;
	assert_int_equal(x->gives, y->gives);
	if (x->gives & RDL_GIVES_LIFETIME)
		assert_int_equal(x->lifetime_s, y->lifetime_s);
	if (x->gives & RDL_GIVES_BINDING)
		assert_int_equal(x->binding, y->binding);
	if (x->gives & RDL_GIVES_OBJECTS)
		assert_ptr_equal((const uint8_t *)x->list.objects - a->buffer,
			(const uint8_t *)y->list.objects - b->buffer);
	if (x->operation == RDL_OPERATION_REGISTER) {
		assert_memory_equal(&x->digest, &y->digest, sizeof(x->digest));
		assert_true(rdl_span_equal(rdl_request_endpoint(x), rdl_request_endpoint(y)));
		assert_int_equal(x->minor, y->minor);
	} else {
		assert_int_equal(x->location.handle, y->location.handle);
		assert_true(x->location.generation == y->location.generation);
	}
}

struct alone {
	struct run run;
	struct rdl_stats stats;
};

static struct alone *run_alone(void)
{
	struct alone *alone = calloc(KINDS, sizeof(*alone));

	assert_non_null(alone);
	for (size_t k = 0; k < KINDS; k++) {
		place(&alone[k].run, k);
		run_go(&alone[k].run);
		alone[k].stats = pipeline.stats;
	}
	return alone;
}

/* Sends the kinds in this order as one burst and holds it against what each got alone. */
static void expect_burst(const struct alone *alone, const size_t kinds[], unsigned count)
{
	struct run *runs = calloc(count, sizeof(*runs));
	struct rdl_packet *packets[RDL_BURST_MAX];
	uint64_t expected[RDL_STAT_COUNT] = { 0 };

	assert_non_null(runs);
	for (unsigned i = 0; i < count; i++) {
		place(&runs[i], kinds[i]);
		packets[i] = &runs[i].packet;
		for (unsigned s = 0; s < RDL_STAT_COUNT; s++)
			expected[s] += alone[kinds[i]].stats.value[s];
	}
	memset(&pipeline.burst, 0xff, sizeof(pipeline.burst));
	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, packets, count);
	assert_true(burst_is_split(burst, count));
	assert_int_equal(burst->fragment, 0);
	for (unsigned i = 0; i < count; i++) {
		const struct run *one = &alone[kinds[i]].run;

		assert_int_equal(burst->reply >> i & 1, one->burst.reply);
		assert_int_equal(burst->hand_over >> i & 1, one->burst.hand_over);
		if (one->burst.hand_over != 0) {
			assert_int_equal(burst->shard[i], one->burst.shard[0]);
			expect_same_request(&runs[i], one);
		}
		assert_int_equal(packets[i]->frame.len, one->packet.frame.len);
		assert_memory_equal(runs[i].buffer, one->buffer, one->room);
		run_end(&runs[i]);
	}
	assert_memory_equal(pipeline.stats.value, expected, sizeof(expected));
	assert_int_equal(counter(RDL_STAT_rx_frames), count);
	assert_int_equal(counter(RDL_STAT_rx_frames),
		all_drops() + counter(RDL_STAT_tx_frames) + rdl_packet_count(burst->hand_over));
	free(runs);
}

static void test_independent(void **state)
{
	use_shards(5);
	/*
	 * What is known of earlier requests changes no verdict (test_memo.c),
	 * but what is left in the memory behind.
	 */
	pipeline.memo = NULL;
	struct alone *alone = run_alone();
	uint64_t seed = 42;
	size_t kinds[RDL_BURST_MAX];

	assert_in_range(KINDS, 1, RDL_BURST_MAX);
	for (unsigned i = 0; i < RDL_BURST_MAX; i++)
		kinds[i] = i % KINDS;
	expect_burst(alone, kinds, RDL_BURST_MAX);
	for (unsigned round = 0; round < 40; round++) {
		unsigned count = 1 + (unsigned)(test_random(&seed) % RDL_BURST_MAX);

		for (unsigned i = 0; i < count; i++)
			kinds[i] = test_random(&seed) % KINDS;
		expect_burst(alone, kinds, count);
	}
	/* All of one kind. */
	for (size_t k = 0; k < KINDS; k++) {
		for (unsigned i = 0; i < RDL_BURST_MAX; i++)
			kinds[i] = k;
		expect_burst(alone, kinds, RDL_BURST_MAX);
	}
	for (size_t k = 0; k < KINDS; k++)
		run_end(&alone[k].run);
	free(alone);
	use_shards(1);
}

static void test_nothing(void **state)
{
	pipeline.burst.reply = pipeline.burst.hand_over = pipeline.burst.drop = 1;
	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	const struct rdl_burst *burst = rdl_pipeline_burst(&pipeline, policy, NULL, 0);
	assert_int_equal(burst->reply | burst->hand_over | burst->drop, 0);
	for (unsigned s = 0; s < RDL_STAT_COUNT; s++)
		assert_int_equal(counter((enum rdl_stat)s), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_independent),
		cmocka_unit_test(test_nothing),
	};

	return RUN_PIPELINE_TESTS(tests);
}
