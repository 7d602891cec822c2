/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of records as they are shown: datagrams of their own that are right, and words. */
#include "fixture.h"

#include "identities_made.h"

static struct rdl_capture_names names;

static const char *text_of(const struct rdl_captured *captured)
{
	static uint8_t got[RDL_CAPTURED_TEXT_MAX + 1];
	struct rdl_cursor out = rdl_cursor(got, sizeof(got) - 1);

	rdl_captured_text(&out, captured, &names, 12);
	assert_false(out.failed);
	*out.pos = '\0';
	return (const char *)got;
}

/* As frame_build() makes the same one. */
static void expect_datagram(
	struct rdl_captured *captured, const struct frame_spec *spec, const char *text)
{
	struct test_frame want = frame_build(spec);

	rdl_captured_mend(captured);
	assert_int_equal(captured->len, want.len);
	assert_memory_equal(rdl_captured_octets(captured), want.data, want.len);
	assert_string_equal(text_of(captured), text);
	rdl_capture_done(capture, captured);
}

/* The record that was there, longer than its message; the reply's, sealed in place. */
static void show(const char *peer, const char *ours, uint32_t identity)
{
	struct frame_spec spec = { .from = peer,
		.to = ours,
		.to_port = 5684,
		.payload = "record around a message and more",
		.payload_len = 32 };
	const struct rdl_capture_end ended = { RDL_FATE_ANSWERED, RDL_COAP_CHANGED, 0 };
	struct test_frame f = frame_build(&spec);
	struct rdl_frame frame = frame_of(&f);

	rdl_capture_clear(capture);
	rdl_capture_keep(capture, 0, &frame);
	rdl_capture_keep_opened(capture, 0, &frame, RDL_SPAN("message"), identity);
	rdl_capture_keep_reply(capture, 0, RDL_SPAN("\x60\x44reply"));
	rdl_net_reply(&frame, 30);
	rdl_capture_end(capture, 0, &ended, &frame);
	/* Of the peer's and ours the hop limit stays. */
	spec.to_port = 5683;
	spec.payload = "message";
	spec.payload_len = 7;
	char said[256], answered[256];
	const char *by = identity != 0 ? " of psk a?b" : "";
	snprintf(said, sizeof(said),
		"accepted: 2.04; opened from a DTLS record%s, shown at port 5683", by);
	snprintf(answered, sizeof(answered),
		"answer to packet 12: 2.04; sealed in a DTLS record%s, shown at port 5683", by);
	expect_datagram(rdl_capture_read(capture), &spec, said);
	spec = (struct frame_spec){ .mac_to = frame_peer_mac,
		.mac_from = frame_our_mac,
		.from = ours,
		.to = peer,
		.from_port = 5683,
		.to_port = 40000,
		.payload = "\x60\x44reply",
		.payload_len = 7 };
	struct rdl_captured *answer = rdl_capture_read(capture);
	assert_non_null(answer);
	assert_true(answer->outbound);
	expect_datagram(answer, &spec, answered);
}

static void test_opened(void **state)
{
	struct rdl_identities *identities = identities_made(4);

	start(&all);
	names.identities = identities;
	show("192.0.2.77", "192.0.2.1",
		identity_made_psk(identities, "a\x1b"
					      "b"));
	show("2001:db8::4", "2001:db8::1", 0);
	names.identities = NULL;
	free(identities);
}

/* Checksums that were left to the port are made; those of what came in stay as they were. */
static void test_summed(void **state)
{
	const struct frame_spec spec = {
		.from = "192.0.2.1", .to = "192.0.2.77", .payload = "flight", .payload_len = 6
	};
	struct test_frame f = frame_build(&spec);
	struct rdl_frame frame = frame_of(&f);

	start(&all);
	f.data[f.l3 + 10] ^= 0xff;
	f.data[f.l4 + 6] ^= 0xff;
	frame.flags = RDL_FRAME_TX_CHECKSUMS;
	rdl_capture_frame(capture, &frame, (struct rdl_capture_end){ RDL_FATE_FLIGHT, 0, 0 });
	expect_datagram(rdl_capture_read(capture), &spec, "sent by a DTLS handshaker");
	rdl_capture_frame(capture, &frame, dropped);
	struct rdl_captured *captured = rdl_capture_read(capture);
	rdl_captured_mend(captured);
	assert_memory_equal(rdl_captured_octets(captured), f.data, f.len);
}

/* A request of ours, in clear text and in a record, and what comes to it. */
static void test_asked(void **state)
{
	struct frame_spec spec = { .from = "192.0.2.1",
		.to = "192.0.2.77",
		.from_port = 5683,
		.to_port = 40000,
		.payload = "request",
		.payload_len = 7 };
	const struct rdl_location location = { .handle = 7 };
	const struct rdl_capture_end taken = { RDL_FATE_TAKEN, 0, 0 };
	struct test_frame f = frame_build(&spec);
	struct rdl_frame frame = frame_of(&f);

	start(&all);
	rdl_capture_asked(capture, &frame, &location, (struct rdl_span){ NULL, 0 });
	expect_datagram(rdl_capture_read(capture), &spec, "request to a device");
	spec.payload = "text";
	spec.payload_len = 4;
	rdl_capture_asked(capture, &frame, &location, RDL_SPAN("text"));
	expect_datagram(rdl_capture_read(capture), &spec,
		"request to a device; sealed in a DTLS record, shown at port 5683");
	rdl_capture_frame(capture, &frame, taken);
	struct rdl_captured *captured = rdl_capture_read(capture);
	assert_string_equal(text_of(captured), "taken: answer to a request of ours, or Send");
	rdl_capture_done(capture, captured);
}

/* Its reply could not be sent, or goes another way. */
static void test_unsent(void **state)
{
	static const char *const texts[] = {
		"accepted: 2.04; a DTLS handshaker seals and sends its answer",
		"accepted: 2.04; its answer was not sent: drop_dtls_over: reply in a session that "
		"had ended meanwhile",
	};
	const struct rdl_capture_end ended = { RDL_FATE_ANSWERED, RDL_COAP_CHANGED, 0 };
	struct test_frame f = datagram("192.0.2.77", "192.0.2.1", "x");
	struct rdl_frame frame = frame_of(&f);

	start(&all);
	for (unsigned over = 0; over < 2; over++) {
		rdl_capture_clear(capture);
		rdl_capture_keep(capture, 0, &frame);
		rdl_capture_unsent(capture, 0, over == 1 ? RDL_STAT_drop_dtls_over : 0);
		rdl_capture_end(capture, 0, &ended, NULL);
		struct rdl_captured *captured = rdl_capture_read(capture);
		assert_string_equal(text_of(captured), texts[over]);
		rdl_capture_done(capture, captured);
		assert_null(rdl_capture_read(capture));
	}
}

/* Of all there can be, none is longer than it is said. */
static void test_longest(void **state)
{
	struct rdl_identities *identities = identities_made(4);
	uint8_t longest[RDL_IDENTITY_MAX];
	struct rdl_captured captured = { .opened = true, .located = true, .deferred = true };

	memset(longest, 'i', sizeof(longest));
	captured.identity = identity_made(
		identities, RDL_IDENTITY_X509, (struct rdl_span){ longest, sizeof(longest) });
	names.identities = identities;
	memset(captured.parameter, 'p', sizeof(captured.parameter));
	captured.parameter_len = sizeof(captured.parameter);
	captured.number = UINT32_MAX;
	captured.code = RDL_COAP_BAD_REQUEST;
	for (unsigned stat = 0; stat < RDL_STAT_COUNT; stat++) {
		captured.stat = (uint8_t)stat;
		captured.fate = RDL_FATE_DROPPED;
		text_of(&captured);
		captured.fate = RDL_FATE_ANSWERED;
		for (unsigned reason = 0; reason < RDL_REASON_COUNT; reason++) {
			captured.reason = (uint8_t)reason;
			text_of(&captured);
		}
	}
	names.identities = NULL;
	free(identities);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CAPTURE_TEST(test_opened),
		CAPTURE_TEST(test_summed),
		CAPTURE_TEST(test_unsent),
		CAPTURE_TEST(test_asked),
		CAPTURE_TEST(test_longest),
	};

	return RUN_TESTS(tests);
}
