/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits for a client, through a socket that takes a part of it. */
#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

#include "outbox.h"

static void as_much_as_there_is_room(void **state)
{
	struct rdl_outbox outbox;

	assert_true(rdl_outbox_init(&outbox, 8));
	assert_int_equal(rdl_outbox_left(&outbox), 8);
	assert_true(rdl_outbox_put(&outbox, "12345", 5));
	/* All of it or nothing. */
	assert_false(rdl_outbox_put(&outbox, "6789", 4));
	assert_int_equal(rdl_outbox_left(&outbox), 3);
	assert_true(rdl_outbox_put(&outbox, "678", 3));
	assert_false(rdl_outbox_put(&outbox, "9", 1));
	rdl_outbox_free(&outbox);
}

static void in_order_round_the_end(void **state)
{
	struct rdl_outbox outbox;
	uint8_t next = 0, expected = 0;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(rdl_outbox_init(&outbox, 7));
	for (unsigned round = 0; round < 200; round++) {
		uint8_t in[7], out[7];
		size_t len = round % 7 + 1;

		for (size_t i = 0; i < len; i++)
			in[i] = next++;
		assert_true(rdl_outbox_put(&outbox, in, len));
		assert_true(rdl_outbox_send(&outbox, ends[0]));
		assert_int_equal(rdl_outbox_left(&outbox), 7);
		assert_int_equal(read(ends[1], out, sizeof(out)), len);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(out[i], expected++);
	}
	assert_int_equal(outbox.sent, 200 / 7 * 28 + 10);
	rdl_outbox_free(&outbox);
	close(ends[0]);
	close(ends[1]);
}

/* More than the socket takes: the rest stays, and what follows goes behind it. */
static void a_socket_that_takes_no_more(void **state)
{
	static uint8_t octets[1 << 20], back[1 << 20];
	struct rdl_outbox outbox;
	size_t got = 0;
	int ends[2];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)(i * 31 >> 3);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(rdl_outbox_init(&outbox, sizeof(octets)));
	assert_true(rdl_outbox_put(&outbox, octets, sizeof(octets) - 5));
	assert_true(rdl_outbox_send(&outbox, ends[0]));
	assert_true(outbox.len > 0 && outbox.sent + outbox.len == sizeof(octets) - 5);
	assert_true(rdl_outbox_put(&outbox, octets + sizeof(octets) - 5, 5));
	while (got < sizeof(back)) {
		ssize_t n = read(ends[1], back + got, sizeof(back) - got);

		assert_true(n > 0);
		got += (size_t)n;
		assert_true(rdl_outbox_send(&outbox, ends[0]));
	}
	assert_memory_equal(octets, back, sizeof(back));
	assert_int_equal(outbox.len, 0);
	rdl_outbox_free(&outbox);
	close(ends[0]);
	close(ends[1]);
}

static void nobody_at_the_other_end(void **state)
{
	struct rdl_outbox outbox;
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(rdl_outbox_init(&outbox, 16));
	assert_true(rdl_outbox_send(&outbox, ends[0]));
	close(ends[1]);
	assert_true(rdl_outbox_put(&outbox, "gone", 4));
	/* No signal, either. */
	assert_false(rdl_outbox_send(&outbox, ends[0]));
	rdl_outbox_free(&outbox);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_much_as_there_is_room),
		cmocka_unit_test(in_order_round_the_end),
		cmocka_unit_test(a_socket_that_takes_no_more),
		cmocka_unit_test(nobody_at_the_other_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
