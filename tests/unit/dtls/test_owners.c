/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker without a session at an address knows who has one. */
#include "fixture.h"

#define WORKERS 3

static struct rdl_owners *owners_new(uint64_t sessions)
{
	size_t len = rdl_owners_memory(sessions);
	void *memory = aligned_alloc(RDL_CACHE_LINE, len);

	assert_non_null(memory);
	memset(memory, 0, len);
	return rdl_owners_init(memory, sessions);
}

static void test_elsewhere(void **state)
{
	struct rdl_owners *owners = owners_new(100);
	struct rdl_datagram datagram = from(1, 2), other = from(1, 3);
	struct table *t[WORKERS];

	for (unsigned w = 0; w < WORKERS; w++)
		t[w] = table_new(&(struct rdl_dtls_config){
			.worker = w, .workers = WORKERS, .owners = owners });
	uint64_t address = rdl_dtls_address(t[0]->dtls, &datagram), session;
	assert_int_equal(rdl_dtls_owner(t[0]->dtls, address), 0);
	session = begin(t[2], 1, 2);
	assert_int_equal(rdl_dtls_owner(t[0]->dtls, address), 2);
	rdl_dtls_end(t[2]->dtls, session);
	assert_int_equal(rdl_dtls_owner(t[0]->dtls, address), 0);
	/* Two, of which one ends: the device has rebooted, and its handshake fails. */
	session = establish(t[2], 1, 2);
	rdl_dtls_fail(t[2]->dtls, begin(t[2], 1, 2));
	assert_int_equal(rdl_dtls_owner(t[1]->dtls, address), 2);
	rdl_dtls_move(t[2]->dtls, rdl_dtls_find(t[2]->dtls, session),
		rdl_dtls_address(t[0]->dtls, &other));
	assert_int_equal(rdl_dtls_owner(t[1]->dtls, address), 1);
	assert_int_equal(rdl_dtls_owner(t[1]->dtls, rdl_dtls_address(t[0]->dtls, &other)), 2);
	session = begin(t[0], 1, 4);
	address = rdl_dtls_find(t[0]->dtls, session)->address;
	assert_int_equal(rdl_dtls_owner(t[1]->dtls, address), 0);
	for (unsigned w = 0; w < WORKERS; w++)
		table_end(t[w]);
	free(owners);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
