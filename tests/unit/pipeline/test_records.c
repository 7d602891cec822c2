/* SPDX-License-Identifier: BSD-3-Clause */
/* A reply inside a secure record: its frame has room for the record's header and tag. */
#include "fixture.h"

#include <stdlib.h>

#include "records.h"

#define REQUEST_HEAD 29
#define TAIL 8

/* What stands around a reply is left as it is. */
void rdl_dtls_seal(struct rdl_dtls *unused, struct rdl_dtls_seal seals[], unsigned count)
{
	(void)unused;
	for (unsigned i = 0; i < count; i++)
		seals[i].sealed = true;
}

/* Replies are to sessions that the table does not have: there is nothing to keep. */
static int start(void **state)
{
	const struct rdl_dtls_config config = { .workers = 1, .handshakers = 1, .handshakes = 1 };
	size_t len = rdl_dtls_memory(&config);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	setup(state);
	assert_non_null(memory);
	pipeline.config.dtls = rdl_dtls_init(&config, memset(memory, 0, len));
	return pipeline.config.dtls != NULL ? 0 : -1;
}

static int stop(void **state)
{
	free(pipeline.config.dtls);
	return teardown(state);
}

static const uint8_t heads[] = { 21, REQUEST_HEAD, 44 };

static const struct frame_spec ways[] = {
	{ .from = PEER_IPV4, .to = OUR_IPV4 },
	{ .from = PEER_IPV4, .to = OUR_IPV4_TOO, .tags = "8100 0064", .options = "94040000" },
	{ .from = PEER_IPV6, .to = OUR_IPV6 },
};

/* A packet whose request has been opened, as if a shard had answered it with `code`. */
static struct run opened(const struct frame_spec *way, const struct message *m, uint8_t code)
{
	struct frame_spec spec = *way;
	uint8_t record[256];
	struct run run;
	struct rdl_datagram datagram;

	memset(record, 0x77, sizeof(record));
	memcpy(record + REQUEST_HEAD, m->octets, m->len);
	spec.payload = record;
	spec.payload_len = REQUEST_HEAD + m->len + TAIL;
	run = (struct run){ .sent = frame_build(&spec), .spec = spec };
	run_place(&run, run.sent.data, run.sent.len);
	assert_int_equal(
		rdl_net_input(gateway_interfaces, &run.packet.frame, &datagram), RDL_NET_DATAGRAM);
	size_t before = (size_t)(datagram.data + REQUEST_HEAD - run.packet.frame.data);
	run.packet.scratch = run.packet.list = 0;
	run.packet.session = 0;
	run.packet.reply = (struct rdl_reply){ .coap = datagram.data + REQUEST_HEAD,
		.coap_len = (uint16_t)m->len,
		.room = (uint16_t)(run.packet.frame.room - before),
		.id_mask = SALT,
		.block1 = RDL_BLOCK1_NONE,
		.tail = TAIL,
		.request_head = REQUEST_HEAD };
	run.packet.request = (struct rdl_request){ .operation = RDL_OPERATION_UPDATE,
		.code = code,
		.reason = code == RDL_COAP_CHANGED ? RDL_REASON_NONE : RDL_REASON_location };
	memset(&pipeline.stats, 0, sizeof(pipeline.stats));
	return run;
}

/* The reply, where it is due; what stands around it is not the pipeline's, but is in the sums. */
static void expect_record(const struct run *run, uint8_t head, const struct message *reply)
{
	const struct rdl_frame *frame = &run->packet.frame;
	const uint8_t *payload = frame->data + frame->l2_len + frame->l3_len + 8;
	uint8_t record[256];
	size_t len = head + reply->len + TAIL;

	assert_int_equal(frame->len, payload - frame->data + (ptrdiff_t)len);
	memcpy(record, payload, len);
	memcpy(record + head, reply->octets, reply->len);
	expect_reply_frame(run, record, len);
}

static void test_replies(void **state)
{
	struct message m =
		line_at("CON POST 11:rd 11:@ 15:lt=300 15:longer-than-any", make_id(some_location));
	struct message changed = line_reply(&m, RDL_COAP_CHANGED, SALT);
	struct message refused = line_reply(&m, RDL_COAP_NOT_FOUND, SALT);

	message_payload(&refused, "not registered", 14);
	for (unsigned way = 0; way < RDL_ARRAY_LEN(ways); way++)
		for (unsigned h = 0; h < RDL_ARRAY_LEN(heads); h++) {
			struct run run = opened(&ways[way], &m, RDL_COAP_CHANGED);
			struct rdl_packet *packets[] = { &run.packet };

			run.packet.reply.head = heads[h];
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
			expect_record(&run, heads[h], &changed);
			run_end(&run);

			run = opened(&ways[way], &m, RDL_COAP_NOT_FOUND);
			packets[0] = &run.packet;
			run.packet.reply.head = heads[h];
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
			expect_record(&run, heads[h], &refused);
			run_end(&run);
		}
}

/* Who asks may not be who the source address says: the record as a whole is no longer. */
static void test_no_longer(void **state)
{
	struct message refused;

	for (unsigned spare = 13; spare <= 16; spare++) {
		char text[64];
		struct message m;

		snprintf(text, sizeof(text), "CON DELETE 11:rd 15:%.*s", (int)spare - 3,
			"xxxxxxxxxxxxxxxx");
		m = line(text);
		for (unsigned h = 0; h < RDL_ARRAY_LEN(heads); h++) {
			struct run run = opened(&ways[0], &m, RDL_COAP_NOT_FOUND);
			struct rdl_packet *packets[] = { &run.packet };
			size_t longest = REQUEST_HEAD + m.len + TAIL;

			refused = line_reply(&m, RDL_COAP_NOT_FOUND, SALT);
			if (heads[h] + refused.len + 1 + 14 + TAIL <= longest)
				message_payload(&refused, "not registered", 14);
			run.packet.reply.head = heads[h];
			assert_int_equal(rdl_pipeline_replies(&pipeline, policy, packets, 1), 1);
			expect_record(&run, heads[h], &refused);
			run_end(&run);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_no_longer),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
