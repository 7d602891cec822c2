/* SPDX-License-Identifier: BSD-3-Clause */
/* The reply builder: exact octets, and never one too many. */
#include "support.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coap.h"

static void write_created(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_option(reply, RDL_COAP_LOCATION_PATH, "rd", 2);
	rdl_coap_reply_option(reply, RDL_COAP_LOCATION_PATH, "tkzKj0rgAy", 10);
}

static void write_last_block(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_option(reply, RDL_COAP_LOCATION_PATH, "rd", 2);
	rdl_coap_reply_option(reply, RDL_COAP_LOCATION_PATH, "0", 1);
	rdl_coap_reply_uint(reply, RDL_COAP_BLOCK1,
		rdl_coap_block_value((struct rdl_coap_block){ 2, false, 2 }));
}

static void write_too_large(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_uint(reply, RDL_COAP_BLOCK1, 0x16);
	rdl_coap_reply_uint(reply, RDL_COAP_SIZE1, 8192);
	rdl_coap_reply_payload(reply, "too large", 9);
}

static void write_core(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_uint(reply, RDL_COAP_CONTENT_FORMAT, RDL_COAP_LINK_FORMAT);
	rdl_coap_reply_payload(reply, "</rd>", 5);
}

static void write_nothing(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_payload(reply, NULL, 0);
}

static void write_uints(struct rdl_coap_reply *reply)
{
	static const uint32_t values[] = { 0, 1, 0xff, 0x100, 0xffff, 0x10000, 0xffffff, 0x1000000,
		UINT32_MAX };

	for (size_t i = 0; i < RDL_ARRAY_LEN(values); i++)
		rdl_coap_reply_uint(reply, 0, values[i]);
}

static void write_far(struct rdl_coap_reply *reply)
{
	rdl_coap_reply_option(reply, 12, "abcdefghijkl", 12);
	rdl_coap_reply_option(reply, 25, "abcdefghijklm", 13);
	rdl_coap_reply_option(reply, 293, NULL, 0);
	rdl_coap_reply_option(reply, 562, NULL, 0);
	rdl_coap_reply_option(reply, 65535, "", 0);
}

static const struct {
	const char *request; /* header and token */
	const char *reply;
	uint8_t type, code, token_len;
	uint16_t message_id;
	void (*write)(struct rdl_coap_reply *reply);
} cases[] = {
	{ "480200f28ccd55be985a512d", "684100f28ccd55be985a512d8272640a746b7a4b6a3072674179",
		RDL_COAP_ACK, RDL_COAP_CREATED, 8, 0x00f2, write_created },
	{ "4402dbbdbbdb1ee9", "6441dbbdbbdb1ee98272640130d10622", RDL_COAP_ACK, RDL_COAP_CREATED, 4,
		0xdbbd, write_last_block },
	{ "440278a6a67819e9", "644478a6a67819e9", RDL_COAP_ACK, RDL_COAP_CHANGED, 4, 0x78a6,
		write_nothing },
	{ "5102000101", "518d123401d10e16d2142000ff746f6f206c61726765", RDL_COAP_NON,
		RDL_COAP_REQUEST_ENTITY_TOO_LARGE, 1, 0x1234, write_too_large },
	{ "40010001", "60450001c128ff3c2f72643e", RDL_COAP_ACK, RDL_COAP_CONTENT, 0, 1,
		write_core },
	{ "40020001", "600000010001010 1ff 020100 02ffff 03010000 03ffffff 0401000000 04ffffffff",
		RDL_COAP_ACK, RDL_COAP_EMPTY, 0, 1, write_uints },
	{ "40020001",
		"60450001 cc6162636465666768696a6b6c dd00006162636465666768696a6b6c6d d0ff e00000"
		"e0fcc0",
		RDL_COAP_ACK, RDL_COAP_CONTENT, 0, 1, write_far },
};

/* In every room from none to one octet more than needed; the octet behind the room is a guard's. */
static void test_replies(void **state)
{
	for (size_t i = 0; i < RDL_ARRAY_LEN(cases); i++) {
		uint8_t request[16] = { 0 }, expected[128];
		size_t request_len = unhex(cases[i].request, request, sizeof(request));
		size_t need = unhex(cases[i].reply, expected, sizeof(expected));

		for (size_t room = 0; room <= need + 1; room++) {
			struct rdl_coap_reply reply;
			uint8_t *buffer = guard_alloc(room);

			memcpy(buffer, request, room < request_len ? room : request_len);
			rdl_coap_reply_begin(&reply, buffer, room,
				(struct rdl_coap_header){ cases[i].type, cases[i].code,
					cases[i].token_len, cases[i].message_id });
			cases[i].write(&reply);
			assert_int_equal(rdl_coap_reply_end(&reply), room < need ? 0 : need);
			if (room >= need)
				assert_memory_equal(buffer, expected, need);
			guard_free(buffer, room);
		}
	}
}

/* What did not fit stays so, even where something shorter would. */
static void test_failure_sticks(void **state)
{
	uint8_t buffer[10] = { 0 };
	struct rdl_coap_reply reply;

	rdl_coap_reply_begin(&reply, buffer, sizeof(buffer),
		(struct rdl_coap_header){ RDL_COAP_ACK, RDL_COAP_CREATED, 0, 1 });
	rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "0123456789", 10);
	rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "", 0);
	assert_int_equal(rdl_coap_reply_end(&reply), 0);
}

static void test_empty(void **state)
{
	uint8_t *buffer = guard_alloc(4);

	assert_int_equal(rdl_coap_reset(buffer, 0xbeef), 4);
	assert_memory_equal(buffer, "\x70\x00\xbe\xef", 4);
	assert_int_equal(rdl_coap_ack(buffer, 0xcafe), 4);
	assert_memory_equal(buffer, "\x60\x00\xca\xfe", 4);
	guard_free(buffer, 4);
}

/* A caller that forgets the order is stopped before it sends something else than it meant. */
static void test_falling_order(void **state)
{
	uint8_t buffer[64] = { 0 };
	struct rdl_coap_reply reply;
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		rdl_coap_reply_begin(&reply, buffer, sizeof(buffer),
			(struct rdl_coap_header){ RDL_COAP_ACK, RDL_COAP_CREATED, 0, 1 });
		rdl_coap_reply_option(&reply, RDL_COAP_BLOCK1, "", 0);
		rdl_coap_reply_option(&reply, RDL_COAP_LOCATION_PATH, "", 0);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replies),
		cmocka_unit_test(test_failure_sticks),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_falling_order),
	};

	return RUN_TESTS(tests);
}
