/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Requests cut, flipped and made up:
 * no crash, no long answer, no answer to an answer, no ill-formed state.
 */
#include "fixture.h"

#include "captures.h"

/* Header, token, option 252 at most... what a refusal needs with its text; discovery is shorter. */
#define REPLY_MAX (4 + 8 + 5 + 1 + 48)

/* Reads the message as RFC 7252 section 3 has it, one octet after the other. */
static bool is_well_formed(const uint8_t *p, size_t len)
{
	size_t at = 4 + (len > 0 ? p[0] & 15u : 0);
	unsigned long number = 0;

	if (len < 4 || p[0] >> 6 != 1 || (p[0] & 15) > 8 || at > len)
		return false;
	while (at < len && p[at] != 0xff) {
		unsigned long part[2] = { p[at] >> 4, p[at] & 15u };

		at++;
		for (unsigned i = 0; i < 2; i++) {
			unsigned long nibble = part[i];
			size_t more = nibble == 13 ? 1 : nibble == 14 ? 2 : 0;

			if (nibble == 15 || more > len - at)
				return false;
			if (more == 1)
				part[i] = 13u + p[at];
			else if (more == 2)
				part[i] = 269u + rdl_get_be16(p + at);
			at += more;
		}
		number += part[0];
		if (number > 65535 || part[1] > len - at)
			return false;
		at += part[1];
	}
	return at == len || at + 1 < len;
}

/* The list is whole, canonical, and inside the packet's memory or among those that are known. */
static void expect_sane_objects(const struct run *run, const struct rdl_object_list *list)
{
	const uint8_t *at = (const uint8_t *)list;

	if (run->packet.list == 0) {
		assert_true(at >= run->buffer + run->sent.len);
		assert_true(list->len <= (size_t)(run->buffer + run->room - at));
	}
	assert_int_equal(list->len, sizeof(*list) + 4u * list->link_count +
					    6u * list->version_count + 2u * list->format_count +
					    list->root_len);
	for (unsigned i = 1; i < list->link_count; i++)
		assert_true(rdl_object_list_links(list)[i - 1] < rdl_object_list_links(list)[i]);
}

static void expect_sane_request(const struct run *run)
{
	const struct rdl_request *request = &run->packet.request;
	const struct rdl_reply *reply = &run->packet.reply;

	assert_true(reply->coap >= run->buffer);
	assert_in_range(reply->coap_len, 5, (size_t)(run->buffer + run->sent.len - reply->coap));
	assert_true(is_well_formed(reply->coap, reply->coap_len));
	assert_int_equal(request->code, 0);
	assert_in_range(request->reason, 0, RDL_REASON_COUNT - 1);
	if (request->reason != RDL_REASON_NONE) {
		assert_int_not_equal(request->operation, RDL_OPERATION_REGISTER);
		return;
	}
	assert_int_not_equal(request->operation, RDL_OPERATION_OTHER);
	if (request->gives & RDL_GIVES_OBJECTS)
		expect_sane_objects(run, request->list.objects);
	if (request->operation == RDL_OPERATION_REGISTER) {
		assert_true(request->gives & RDL_GIVES_OBJECTS);
		struct rdl_span endpoint = rdl_request_endpoint(request);

		assert_in_range(endpoint.len, 1, RDL_ENDPOINT_MAX);
		assert_true(rdl_utf8_valid(endpoint.data, endpoint.len));
	}
}

/* Whatever came in. run_go() has looked at masks and counters. */
static void expect_sane(const struct run *run, bool coap_only)
{
	const struct rdl_frame *frame = &run->packet.frame;

	if (run->burst.hand_over != 0)
		expect_sane_request(run);
	if (run->burst.reply == 0)
		return;
	assert_true(frame->len <= frame->room);
	assert_ptr_equal(frame->data + frame->room, run->buffer + run->room);
	if (counter(RDL_STAT_net_answered) + counter(RDL_STAT_net_unreachable) != 0)
		return;
	struct rdl_span coap = run_coap(run);
	assert_in_range(coap.len, 4, REPLY_MAX);
	assert_true(is_well_formed(coap.data, coap.len));
	if (!coap_only)
		return;
	unsigned type = run->sent.data[run->sent.l4 + 8] >> 4 & 3;
	assert_true(type <= RDL_COAP_NON);
	expect_reply_frame(run, coap.data, coap.len);
	if (coap.data[1] == 0)
		assert_int_equal(type, RDL_COAP_CON);
}

/* ---- golden messages ---- */

static const char *const golden[] = {
	capture_wakaama_11_register,
	capture_leshan_queue_register,
	capture_libcoap_blocks_0,
	"CON POST 11:rd 12:#28 15:lwm2m=1.1 15:ep=n\xc3\xb8"
	"de 15:lt=300 15:b=U 15:sms=+49 15:Q 27:#06"
	" | </l>;rt=\"x oma.lwm2m\";ct=\"110 112\",</l/1/0>,</l/3>;ver=1.1,</l/3/0>",
	"NON POST 11:rd 15:ep=a" OBJECTS,
	"CON POST 11:rd 11:@ 15:lt=60 15:b=U | </1/0>,</5>",
	"CON DELETE 11:rd 11:@",
	"CON GET 11:.well-known 11:core 15:rt=core.r*",
	"CON GET 3:host 7:#1633 11:nowhere 39:coap",
	"40001234",
};

static struct message golden_message(size_t i)
{
	struct row row = { golden[i], SILENCE, 0 };

	return row_message(&row);
}

static struct frame_spec spec_of(const struct message *m, bool ipv6)
{
	return (struct frame_spec){
		.from = ipv6 ? PEER_IPV6 : PEER_IPV4,
		.to = ipv6 ? OUR_IPV6 : OUR_IPV4,
		.tags = ipv6 ? "8100 0064" : NULL,
		.payload = m->octets,
		.payload_len = m->len,
	};
}

static void test_cut(void **state)
{
	for (size_t g = 0; g < 2 * RDL_ARRAY_LEN(golden); g++) {
		struct message m = golden_message(g / 2);
		struct frame_spec spec = spec_of(&m, g % 2);
		struct test_frame whole = frame_build(&spec);

		/* the datagram, in a good packet */
		for (size_t len = 0; len <= m.len; len++) {
			spec.payload_len = len;
			struct run run = run_spec(&spec);
			expect_sane(&run, true);
			run_end(&run);
		}
		/* the frame */
		for (size_t len = 0; len < whole.len; len++) {
			struct test_frame f = whole;

			f.len = len;
			struct run run = run_frame(&f);
			assert_int_equal(run.burst.drop, 1);
			run_end(&run);
		}
	}
}

static void test_flip(void **state)
{
	for (size_t g = 0; g < 2 * RDL_ARRAY_LEN(golden); g++) {
		struct message m = golden_message(g / 2);
		struct frame_spec spec = spec_of(&m, g % 2);
		struct test_frame whole = frame_build(&spec);
		size_t coap = whole.l4 + 8;

		for (size_t bit = 0; bit < 8 * whole.len; bit++) {
			struct test_frame f = whole;

			f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			frame_fix(&f);
			struct run run = run_frame(&f);
			run.spec = spec;
			expect_sane(&run, bit / 8 >= coap);
			run_end(&run);
		}
	}
}

/* Octets at random: all, or some of a good message's. */
static void test_random_octets(void **state)
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 20000; round++) {
		struct message m = golden_message(test_random(&seed) % RDL_ARRAY_LEN(golden));
		unsigned changes = (unsigned)(test_random(&seed) % 6);

		if (round % 2 == 0) {
			m.len = test_random(&seed) % 200;
			changes = (unsigned)m.len;
		}
		for (unsigned i = 0; i < changes && m.len > 0; i++)
			m.octets[round % 2 == 0 ? i : test_random(&seed) % m.len] =
				(uint8_t)test_random(&seed);
		/* mostly a header that leads further */
		if (m.len > 0 && round % 8 != 0)
			m.octets[0] = (uint8_t)(0x40 | (m.octets[0] & 0x13));
		if (m.len > 1 && round % 16 > 2)
			m.octets[1] &= 7;
		struct frame_spec spec = spec_of(&m, round % 3 == 0);
		struct run run = run_spec(&spec);
		expect_sane(&run, true);
		run_end(&run);
	}
}

/* Pieces of requests put together at random: deeper than octets get. */
static void test_random_requests(void **state)
{
	static const char *const heads[] = { "CON POST", "NON POST", "CON DELETE", "CON GET",
		"NON PUT" };
	static const char *const paths[] = { " 11:rd", " 11:rd 11:@", " 11:rd 11:x",
		" 11:", " 11:.well-known 11:core" };
	static const char *const queries[] = { " 15:ep=a", " 15:ep=denied-x", " 15:lt=1",
		" 15:lt=x", " 15:b=U", " 15:b=", " 15:Q", " 15:sms=1", " 15:lwm2m=1.1",
		" 15:lwm2m=1.9", " 15:lwm2m", " 15:z=1", " 15:", " 15:*255", " 15:rt=core.rd" };
	static const char *const tails[] = { "", "", " 17:#28", " 23:#06", " 27:#06", " 27:#0e",
		" 39:coap", " 65535:" };
	static const char *const payloads[] = { "", OBJECTS, OBJECTS, " | </0/0>,</1>,</3>", " | <",
		" | </>;rt=oma.lwm2m,</1/0>,</3/0>" };
	uint64_t seed = 9;
	unsigned outcomes[3] = { 0 };
#define ANY(list) (list)[test_random(&seed) % RDL_ARRAY_LEN(list)]

	for (unsigned round = 0; round < 20000; round++) {
		char text[1200];
		unsigned count = (unsigned)(test_random(&seed) % 4);

		strcpy(text, ANY(heads));
		strcat(text, ANY(paths));
		for (unsigned i = 0; i < count; i++)
			strcat(text, ANY(queries));
		strcat(text, ANY(tails));
		strcat(text, ANY(payloads));
		struct message m = line_at(text, make_id(some_location));
		struct frame_spec spec = spec_of(&m, round % 2);
		struct run run = run_spec(&spec);
		expect_sane(&run, true);
		outcomes[run.burst.drop ? 0 : run.burst.reply ? 1 : 2]++;
		run_end(&run);
	}
#undef ANY
	for (unsigned i = 0; i < 3; i++)
		assert_true(outcomes[i] > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flip),
		cmocka_unit_test(test_random_octets),
		cmocka_unit_test(test_random_requests),
	};

	return RUN_PIPELINE_TESTS(tests);
}
