/* SPDX-License-Identifier: BSD-3-Clause */
/* Places against a plain list: found by session, and the first in time in front. */
#include "support.h"

#include <stdlib.h>

#include "handshake_internal.h"

#define ROOM 40

static void test_against_a_list(void **state)
{
	struct rdl_handshake_places places;
	uint64_t due[ROOM + 1] = { 0 };

	srand(1);
	assert_true(rdl_handshake_places_init(&places, ROOM));
	for (int step = 0; step < 20000; step++) {
		uint64_t session = 1 + (uint64_t)rand() % ROOM, first = UINT64_MAX;
		struct rdl_handshake *handshake = rdl_handshake_find(&places, session);

		assert_int_equal(handshake != NULL, due[session] != 0);
		if (handshake == NULL) {
			handshake = rdl_handshake_place(&places, session);
			assert_non_null(handshake);
			due[session] = UINT64_MAX;
		}
		if (rand() % 3 == 0) {
			rdl_handshake_leave(&places, handshake);
			due[session] = 0;
		} else {
			due[session] = 1 + (uint64_t)rand() % 1000;
			rdl_handshake_due(&places, handshake, due[session]);
		}
		uint32_t count = 0;
		for (session = 1; session <= ROOM; session++) {
			count += due[session] != 0;
			if (due[session] != 0 && due[session] < first)
				first = due[session];
		}
		assert_int_equal(places.count, count);
		if (count > 0)
			assert_true(places.all[places.heap[0]].due_ms == first);
	}
	rdl_handshake_places_fini(&places);
}

static void test_full(void **state)
{
	struct rdl_handshake_places places;

	assert_true(rdl_handshake_places_init(&places, 2));
	assert_non_null(rdl_handshake_place(&places, 1));
	assert_non_null(rdl_handshake_place(&places, 2));
	assert_null(rdl_handshake_place(&places, 3));
	rdl_handshake_leave(&places, rdl_handshake_find(&places, 1));
	assert_non_null(rdl_handshake_place(&places, 3));
	rdl_handshake_places_fini(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_a_list),
		cmocka_unit_test(test_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
