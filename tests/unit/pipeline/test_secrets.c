/* SPDX-License-Identifier: BSD-3-Clause */
/* What a worker sends shows none of its secrets: another value of one changes no octet. */
#include "fixture.h"

#include <xxhash.h>

static const char *const requests[] = {
	"NON POST 11:rd 11:x",
	"CON POST 11:bs",
	"NON GET 11:rd 15:xxxxxxxxxxxxxxxxxxxxx",
	"NON POST 11:rd 15:ep=a 15:lt=x" OBJECTS,
	"CON POST 11:rd 15:ep=a 27:#0f" OBJECTS,
	"NON POST 11:rd 15:ep=a 27:#08 | </1/0>,</3/0>,<",
	"NON POST 11:rd 15:ep=a 27:#1a | x",
	"NON POST 11:rd 15:ep=denied-1" OBJECTS,
	"NON GET 11:.well-known 11:core",
	"CON POST 11:rd 15:ep=a" OBJECTS,
	"NON POST 11:rd 15:ep=a" OBJECTS,
	"NON POST 11:rd 15:ep=a 15:sms=1" OBJECTS,
};

/*
 * All that is sent in answer to these, twice,
 * each as an octet of type, a Message ID, and a hash of the rest.
 */
static uint64_t conversation(const struct rdl_pipeline_config *config, uint16_t ids[64])
{
	uint64_t digest = 0;
	unsigned n = 0;

	gateway_worker_stop(&pipeline);
	gateway_worker_start(&pipeline, config);
	for (unsigned i = 0; i < 2 * RDL_ARRAY_LEN(requests); i++) {
		struct message m = line(requests[i % RDL_ARRAY_LEN(requests)]);
		struct run run = run_message(&m);
		struct rdl_packet *packets[] = { &run.packet };

		if (run.burst.hand_over != 0) {
			run.packet.request.code = RDL_COAP_CREATED;
			run.packet.request.location = some_location;
			rdl_pipeline_replies(&pipeline, policy, packets, 1);
		}
		struct rdl_span coap = run_coap(&run);
		ids[n++] = rdl_get_be16(coap.data + 2);
		rdl_put_be16((uint8_t *)(uintptr_t)coap.data + 2, 0);
		digest = XXH3_64bits_withSeed(coap.data, coap.len, digest);
		run_end(&run);
	}
	return digest;
}

static void expect_same(const struct rdl_pipeline_config *config, uint64_t digest,
	const uint16_t ids[64], uint16_t mask)
{
	uint16_t others[64];

	assert_true(conversation(config, others) == digest);
	for (unsigned i = 0; i < 2 * RDL_ARRAY_LEN(requests); i++) {
		bool non = requests[i % RDL_ARRAY_LEN(requests)][0] == 'N';

		assert_int_equal(others[i], ids[i] ^ (non ? mask : 0));
	}
}

static void test_secrets(void **state)
{
	struct rdl_pipeline_config config = pipeline.config, other = config;
	uint16_t ids[64];
	uint64_t digest = conversation(&config, ids);

	expect_same(&config, digest, ids, 0);
	other.list_key = (struct rdl_key){ 0x123456789abcdef1, 0xfedcba9876543210 };
	expect_same(&other, digest, ids, 0);
	other.exchange_seed = 0x0f1e2d3c4b5a6978;
	expect_same(&other, digest, ids, 0);
	other.memo_seed = 0x1122334455667788;
	expect_same(&other, digest, ids, 0);
	other.reply_salt ^= 0x4321;
	expect_same(&other, digest, ids, 0x4321);
	/* That a location is told by a key of its own must show. */
	other.location_key.round[0] ^= 1;
	assert_false(conversation(&other, ids) == digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_secrets),
	};

	return RUN_PIPELINE_TESTS(tests);
}
