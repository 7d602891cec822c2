/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions begin, open, are kept and end; whoever holds a name that is over finds nothing. */
#include "fixture.h"

static bool is_wiped(const struct rdl_dtls_session *slot)
{
	struct rdl_dtls_session empty = { .generation = slot->generation, .next = slot->next };

	return memcmp(slot, &empty, sizeof(empty)) == 0;
}

static void test_life(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_datagram datagram = from(1, 2);
	uint64_t address = rdl_dtls_address(t->dtls, &datagram), session = begin(t, 1, 2);
	struct rdl_dtls_keys keys = keys_of(9, RDL_DTLS_NO_CID);
	struct rdl_dtls_session *slot = rdl_dtls_find(t->dtls, session);

	assert_non_null(slot);
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_HANDSHAKE), slot);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	assert_int_equal(rdl_dtls_name(t->dtls, slot), session);
	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	assert_ptr_equal(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN), slot);
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_HANDSHAKE));
	assert_int_equal(slot->read_sequence, 1);
	assert_true(slot->window == RDL_DTLS_WINDOW_FULL);
	assert_int_equal(slot->read_key[31], 0xa5);
	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CCM_8][1], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 0);

	rdl_dtls_end(t->dtls, session);
	assert_null(rdl_dtls_find(t->dtls, session));
	assert_null(rdl_dtls_find_address(t->dtls, address, RDL_DTLS_OPEN));
	assert_true(is_wiped(slot));
	assert_int_equal(t->released[9], 1);
	assert_int_equal(rdl_dtls_counts(t->dtls)->open[RDL_DTLS_AES_128_CCM_8][1], 0);
	/* The slot again, under another name. */
	assert_true(begin(t, 1, 2) != session);
	assert_null(rdl_dtls_find(t->dtls, session));
	rdl_dtls_end(t->dtls, session);
	assert_int_equal(rdl_dtls_counts(t->dtls)->handshakes, 1);
	table_end(t);
}

static void test_establish_once(void **state)
{
	struct table *t = table_new(NULL);
	struct rdl_dtls_keys keys = keys_of(9, RDL_DTLS_NO_CID);
	uint64_t session = begin(t, 1, 2);

	assert_true(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	/* What comes twice does not end it, and holds nothing. */
	assert_false(rdl_dtls_establish(t->dtls, session, &keys, t->now_s));
	assert_non_null(rdl_dtls_find(t->dtls, session));
	table_end(t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_establish_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
