/* SPDX-License-Identifier: BSD-3-Clause */
/* What a request says when it is handed over, and to which shard. */
#include "fixture.h"

#include "captures.h"
#include "objects.h"

static void expect_span(struct rdl_span got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
}

static void expect_objects(const struct rdl_request *request, const char *want)
{
	static struct object_words words;

	assert_true(request->gives & RDL_GIVES_OBJECTS);
	assert_string_equal(describe_objects(request->list.objects, &words), want);
}

/* What every handed-over request has, whatever it asks. */
static void expect_envelope(const struct run *run, const struct message *m)
{
	const struct rdl_request *request = &run->packet.request;
	const struct rdl_reply *reply = &run->packet.reply;
	char text[RDL_ADDRESS_TEXT];

	assert_int_equal(reply->coap_len, m->len);
	assert_memory_equal(reply->coap, m->octets, m->len);
	assert_ptr_equal(reply->coap + reply->room, run->buffer + run->room);
	assert_int_equal(reply->id_mask, SALT);
	assert_int_equal(request->non, (m->octets[0] >> 4 & 3) == RDL_COAP_NON);
	assert_int_equal(request->code, 0);
	rdl_peer_address_text(&request->peer, text);
	assert_string_equal(text, run->spec.from);
	assert_int_equal(request->peer.port, 40000);
	assert_int_equal(request->identity, 0);
}

static void test_register(void **state)
{
	struct message m = line("NON POST 11:rd 12:#28 15:lwm2m=1.1 15:ep=n\xc3\xb8"
				"de=1&x "
				"15:lt=077 15:b=SU 15:Q 15:sms=+4912345 | "
				"</>;rt=\"oma.lwm2m\";ct=110,</1/0>,</3>;ver=1.1,</3/0>,</5>");
	struct run run = run_message(&m);
	const struct rdl_request *request = &run.packet.request;
	struct rdl_endpoint_digest digest;
	char binding[RDL_BINDING_TEXT];

	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	expect_envelope(&run, &m);
	struct rdl_span endpoint = rdl_request_endpoint(request);
	expect_span(endpoint, "n\xc3\xb8"
			      "de=1&x");
	rdl_siphash128(&gateway_endpoint_key, endpoint.data, endpoint.len, digest.word);
	assert_memory_equal(&request->digest, &digest, sizeof(digest));
	assert_int_equal(request->minor, 1);
	assert_int_equal(request->lifetime_s, 77);
	rdl_binding_text(request->binding, binding);
	assert_string_equal(binding, "SU");
	assert_true((request->gives & RDL_GIVES_QUEUE) != 0);
	assert_int_equal(run.packet.reply.block1, RDL_BLOCK1_NONE);
	expect_span(request->parameters, "\x0csms=+4912345");
	expect_objects(request, "1/0 3/0 5 | 3=1.1 | ct 110");
	run_end(&run);
}

static void test_register_defaults(void **state)
{
	struct message m = line("CON POST 11:rd 15:ep=a" OBJECTS);
	struct run run = run_message(&m);
	const struct rdl_request *request = &run.packet.request;

	expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
	expect_envelope(&run, &m);
	assert_int_equal(request->lifetime_s, 86400);
	assert_int_equal(request->minor, 0);
	assert_int_equal(request->binding, RDL_BINDING_DEFAULT);
	assert_true((request->gives & RDL_GIVES_QUEUE) == 0);
	assert_int_equal(request->parameters.len, 0);
	expect_objects(request, "1/0 3/0");
	run_end(&run);
}

static void test_update(void **state)
{
	static const struct {
		const char *request;
		unsigned gives;
	} rows[] = {
		{ "CON POST 11:rd 11:@", 0 },
		{ "CON POST 11:rd 11:@ 15:lt=60", RDL_GIVES_LIFETIME },
		{ "CON POST 11:rd 11:@ 15:b=UST", RDL_GIVES_BINDING },
		{ "CON POST 11:rd 11:@ 15:sms=1", RDL_GIVES_PARAMETERS },
		{ "CON POST 11:rd 11:@ | </5/6>", RDL_GIVES_OBJECTS },
		{ "NON POST 11:rd 11:@ 12:#28 15:lt=60 15:b=UST 15:sms=1 | </5/6>",
			RDL_GIVES_LIFETIME | RDL_GIVES_BINDING | RDL_GIVES_PARAMETERS |
				RDL_GIVES_OBJECTS },
	};

	for (size_t i = 0; i < RDL_ARRAY_LEN(rows); i++) {
		struct message m = line_at(rows[i].request, make_id(some_location));
		struct run run = run_message(&m);
		const struct rdl_request *request = &run.packet.request;
		char binding[RDL_BINDING_TEXT];

		expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
		expect_envelope(&run, &m);
		assert_int_equal(request->gives, rows[i].gives);
		if (request->gives & RDL_GIVES_LIFETIME)
			assert_int_equal(request->lifetime_s, 60);
		if (request->gives & RDL_GIVES_BINDING) {
			rdl_binding_text(request->binding, binding);
			assert_string_equal(binding, "UST");
		}
		if (request->gives & RDL_GIVES_PARAMETERS)
			expect_span(request->parameters, "\5sms=1");
		if (request->gives & RDL_GIVES_OBJECTS)
			expect_objects(request, "5/6");
		run_end(&run);
	}
}

/*
 * An alternate path that the payload does not name is the registration's to know: it travels as it
 * is, however bad. One that names it is read here, the same as that of any other.
 */
static void test_update_rooted(void **state)
{
	struct rdl_location rooted = { 0x2a000007, 1, true, 3 };
	struct message m = line_at("CON POST 11:rd 11:@ 15:lt=60 | </1/0>,<", make_id(rooted));
	struct run run = run_message(&m);
	const struct rdl_request *request = &run.packet.request;

	expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
	assert_int_equal(request->gives, RDL_GIVES_PAYLOAD | RDL_GIVES_LIFETIME);
	expect_span(request->payload, "</1/0>,<");
	run_end(&run);

	m = line_at("CON POST 11:rd 11:@ 15:lt=60", make_id(rooted));
	run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
	assert_int_equal(run.packet.request.gives, RDL_GIVES_LIFETIME);
	run_end(&run);

	m = line_at("CON POST 11:rd 11:@ | </l/5/0>,</l>;rt=oma.lwm2m", make_id(rooted));
	run = run_message(&m);
	expect_handed(&run, RDL_OPERATION_UPDATE, RDL_REASON_NONE);
	assert_int_equal(run.packet.request.gives, RDL_GIVES_OBJECTS);
	expect_span(rdl_object_list_root(run.packet.request.list.objects), "l");
	run_end(&run);
}

/* A binding is judged by the version that the location remembers. */
static void test_update_by_registered_version(void **state)
{
	struct rdl_location old = { 0x2a000007, 0, false, 3 };
	static const struct {
		const char *request;
		enum rdl_reason old, newer;
	} rows[] = {
		{ "CON POST 11:rd 11:@ 15:b=UT", RDL_REASON_binding, RDL_REASON_NONE },
		{ "CON POST 11:rd 11:@ 15:b=UQ", RDL_REASON_NONE, RDL_REASON_NONE },
		{ "CON POST 11:rd 11:@ 15:Q", RDL_REASON_queue, RDL_REASON_NONE },
		{ "CON POST 11:rd 11:@ 15:b=U", RDL_REASON_NONE, RDL_REASON_NONE },
	};

	for (size_t i = 0; i < 2 * RDL_ARRAY_LEN(rows); i++) {
		struct message m =
			line_at(rows[i / 2].request, make_id(i % 2 ? old : some_location));
		struct run run = run_message(&m);

		expect_handed(
			&run, RDL_OPERATION_UPDATE, i % 2 ? rows[i / 2].old : rows[i / 2].newer);
		run_end(&run);
	}
}

/* ---- recorded Registers of real clients ---- */

#define ANJAY_LINKS                                                                        \
	"1/1 2 3/0 4/0 5/0 6/0 7/0 10/0 11 16 19 20/0 3303/0 3313/0 3347/0 33605 33606/0 " \
	"33607/0 33608 33609/0 | 10=1.1"

static const struct {
	const char *hex, *endpoint;
	unsigned minor;
	uint32_t lifetime_s;
	const char *binding;
	bool queue;
	const char *objects;
} clients[] = {
	{ capture_wakaama_11_register, "wk-test-1", 1, 300, "U", false,
		"1/0 2/0 3/0 4/0 5/0 6/0 7/0 31024/10 31024/11 31024/12 | 1=1.1 31024=1.0 | ct "
		"110" },
	{ capture_wakaama_10_register, "wk10", 0, 300, "U", false,
		"1/0 2/0 3/0 4/0 5/0 6/0 7/0 31024/10 31024/11 31024/12 | 31024=1.0 | ct 11543" },
	{ capture_anjay_10_register, "anjay-test-1.0", 0, 300, "U", false, ANJAY_LINKS },
	{ capture_anjay_11_register, "anjay-test-1.1", 1, 300, "U", false, ANJAY_LINKS },
	{ capture_anjay_12_fallback_register, "anjay-fb", 1, 300, "U", false, ANJAY_LINKS },
	{ capture_anjay_10_queue_register, "anjay-q10", 0, 300, "UQ", false, ANJAY_LINKS },
	{ capture_anjay_11_queue_register, "anjay-q11", 1, 300, "U", true, ANJAY_LINKS },
	{ capture_anjay_lifetime_0_register, "anjay-lt0", 1, INT32_MAX, "U", false, ANJAY_LINKS },
	{ capture_leshan_register, "mx-leshan", 1, 300, "U", false,
		"1/0 3/0 | 3=1.2 | ct 60 110 112 11542 11543" },
	{ capture_leshan_queue_register, "mx-leshanq", 1, 300, "U", true,
		"1/0 3/0 | 3=1.2 | ct 60 110 112 11542 11543" },
	{ capture_lightclient_register, "wklight", 1, 300, "U", false,
		"1/0 3/0 31024/10 31024/11 31024/12 | ct 112" },
};

static void test_captured_registers(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(clients); i++) {
		struct message m = line_hex(clients[i].hex);
		struct run run = run_message(&m);
		const struct rdl_request *request = &run.packet.request;
		char binding[RDL_BINDING_TEXT];

		expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
		expect_envelope(&run, &m);
		expect_span(rdl_request_endpoint(request), clients[i].endpoint);
		assert_int_equal(request->minor, clients[i].minor);
		assert_int_equal(request->lifetime_s, clients[i].lifetime_s);
		rdl_binding_text(request->binding, binding);
		assert_string_equal(binding, clients[i].binding);
		assert_int_equal((request->gives & RDL_GIVES_QUEUE) != 0, clients[i].queue);
		expect_objects(request, clients[i].objects);
		run_end(&run);
	}
}

/* All that clients and servers were heard to say: what is no Register to be accepted. */
static void test_captured_others(void **state)
{
	static const struct row rows[] = {
		{ capture_anjay_12_register, REFUSED, RDL_REASON_version },
		{ capture_anjay_uri_register, REFUSED, RDL_REASON_path },
		{ capture_wakaama_11_update, REFUSED, RDL_REASON_location },
		{ capture_anjay_10_update, REFUSED, RDL_REASON_location },
		{ capture_leshan_update, REFUSED, RDL_REASON_location },
		{ capture_leshan_deregister, REFUSED, RDL_REASON_location },
		{ capture_anjay_blocks_1, REFUSED, RDL_REASON_block_gap },
		{ capture_libcoap_blocks_1, REFUSED, RDL_REASON_block_gap },
	};
	unsigned handed = 0;

	EXPECT_ROWS(rows);
	for (size_t i = 0; i < RDL_ARRAY_LEN(captures); i++) {
		struct message m = line_hex(captures[i].hex);
		struct run run = run_message(&m);

		handed += rdl_packet_count(run.burst.hand_over);
		if (!captures[i].is_request)
			expect_silence(&run, RDL_STAT_drop_coap_ack_request);
		run_end(&run);
	}
	/* Two bodies in blocks became whole. */
	assert_int_equal(handed, RDL_ARRAY_LEN(clients) + 2);
}

/* ---- routes ---- */

static void test_route(void **state)
{
	static const unsigned shards[] = { 1, 2, 3, 7, 256 };

	for (size_t s = 0; s < RDL_ARRAY_LEN(shards); s++) {
		bool used[256] = { false };
		unsigned used_count = 0;

		use_shards(shards[s]);
		for (unsigned i = 0; i < 64; i++) {
			char text[80];

			snprintf(text, sizeof(text), "CON POST 11:rd 15:ep=node-%u" OBJECTS, i);
			struct message m = line(text);
			struct run run = run_message(&m);
			unsigned partition = (unsigned)(run.packet.request.digest.word[1] >> 56);
			unsigned shard = run.burst.shard[0];

			expect_handed(&run, RDL_OPERATION_REGISTER, RDL_REASON_NONE);
			assert_int_equal(shard, partition % shards[s]);
			used_count += !used[shard];
			used[shard] = true;
			run_end(&run);

			/* Its location, wherever it is there, leads to the same shard. */
			static const char *const lines[] = { "CON POST 11:rd 11:@",
				"CON DELETE 11:rd 11:@", "CON GET 11:rd 11:@",
				"CON POST 11:rd 11:@ 15:ep=a" };
			struct rdl_location location = { partition << 24 | i * 61, 1, false, 5 };
			m = line_at(lines[i % RDL_ARRAY_LEN(lines)], make_id(location));
			run = run_message(&m);
			assert_int_equal(run.burst.hand_over, 1);
			assert_int_equal(run.burst.shard[0], shard);
			run_end(&run);
		}
		assert_in_range(used_count, shards[s] < 8 ? shards[s] : 32, 64);
	}
	use_shards(1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_register_defaults),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_rooted),
		cmocka_unit_test(test_update_by_registered_version),
		cmocka_unit_test(test_captured_registers),
		cmocka_unit_test(test_captured_others),
		cmocka_unit_test(test_route),
	};

	return RUN_PIPELINE_TESTS(tests);
}
