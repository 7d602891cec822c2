/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The same octets from elsewhere are another request: another address, another port, another secure
 * session.
 */
#include "pipeline_internal.h"

#include "fixture.h"

#define SOURCES 5

static const struct source {
	struct rdl_peer peer;
	uint32_t identity;
} sources[SOURCES] = {
	{ { { [10] = 0xff, 0xff, 192, 0, 2, 77 }, 40000 }, 0 },
	{ { { [10] = 0xff, 0xff, 192, 0, 2, 78 }, 40000 }, 0 },
	{ { { [0] = 1, [10] = 0xff, 0xff, 192, 0, 2, 77 }, 40000 }, 0 },
	{ { { [10] = 0xff, 0xff, 192, 0, 2, 77 }, 40001 }, 0 },
	{ { { [10] = 0xff, 0xff, 192, 0, 2, 77 }, 40000 }, 1 },
};

static void test_exchanges(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);
	uint64_t digests[SOURCES];

	for (unsigned i = 0; i < SOURCES; i++) {
		struct rdl_packet packet = { .reply = { .coap = m.octets,
						     .coap_len = (uint16_t)m.len },
			.request = { .peer = sources[i].peer, .identity = sources[i].identity } };

		digests[i] = rdl_exchange_digest(&packet, 7);
		/* Nothing else of the request is in it. */
		packet.request.operation = RDL_OPERATION_UPDATE;
		packet.request.lifetime_s = 9;
		assert_true(rdl_exchange_digest(&packet, 7) == digests[i]);
		for (unsigned other = 0; other < i; other++)
			assert_true(digests[i] != digests[other]);
	}
}

static void test_transfers(void **state)
{
	static const struct rdl_key key = { 1, 2 };
	struct message m = line("CON POST 11:rd 15:ep=a 27:#08");
	struct rdl_block_key keys[SOURCES];
	struct rdl_coap_message message;

	assert_int_equal(
		rdl_coap_parse((struct rdl_span){ m.octets, m.len }, &message), RDL_COAP_MESSAGE);
	for (unsigned i = 0; i < SOURCES; i++) {
		keys[i] = rdl_block_key(&message, &sources[i].peer, sources[i].identity,
			(struct rdl_span){ NULL, 0 }, &key);
		for (unsigned other = 0; other < i; other++)
			assert_memory_not_equal(
				keys[i].request, keys[other].request, sizeof(keys[i].request));
	}
	/* Whose memory it takes is the network's to answer for, in whatever session. */
	assert_true(keys[0].holder == keys[4].holder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exchanges),
		cmocka_unit_test(test_transfers),
	};

	return RUN_PIPELINE_TESTS(tests);
}
