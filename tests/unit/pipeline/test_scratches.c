/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of scratch memory: each apart from the others, each given out once. */
#include "support.h"

#include "octets.h"

#include "scratches.h"

#define MAX_PAYLOAD 1000

static void test_all(void **state)
{
	struct memory memory = memory_begin(rdl_scratches_memory(MAX_PAYLOAD));
	struct rdl_scratches scratches;
	struct rdl_cursor cursors[RDL_SCRATCHES], more;
	unsigned places[RDL_SCRATCHES];

	rdl_scratches_init(&scratches, MAX_PAYLOAD, memory.data);
	for (unsigned i = 0; i < RDL_SCRATCHES; i++) {
		places[i] = rdl_scratches_take(&scratches, &cursors[i]);
		assert_int_not_equal(places[i], 0);
		size_t room = (size_t)(cursors[i].end - cursors[i].pos);
		assert_in_range(room, 3 * MAX_PAYLOAD + 4096, SIZE_MAX);
		assert_int_equal((uintptr_t)cursors[i].pos % 8, 0);
		memset(cursors[i].pos, (int)i, room);
	}
	/* Written from end to end, none has become another's. */
	for (unsigned i = 0; i < RDL_SCRATCHES; i++)
		for (const uint8_t *p = cursors[i].pos; p < cursors[i].end; p++)
			assert_int_equal(*p, i);
	assert_int_equal(rdl_scratches_take(&scratches, &more), 0);
	memory_end(&memory);
}

static void test_again(void **state)
{
	struct memory memory = memory_begin(rdl_scratches_memory(MAX_PAYLOAD));
	struct rdl_scratches scratches;
	struct rdl_cursor cursor, again;
	unsigned place = 0;

	rdl_scratches_init(&scratches, MAX_PAYLOAD, memory.data);
	for (unsigned i = 0; i < RDL_SCRATCHES; i++)
		place = rdl_scratches_take(&scratches, &cursor);
	rdl_scratches_release(&scratches, place);
	assert_int_equal(rdl_scratches_take(&scratches, &again), place);
	assert_ptr_equal(again.pos, cursor.pos);
	assert_int_equal(rdl_scratches_take(&scratches, &again), 0);
	memory_end(&memory);
}

/* None, where a pipeline has no memory for them. */
static void test_none(void **state)
{
	struct rdl_scratches scratches = { 0 };
	struct rdl_cursor cursor;

	assert_int_equal(rdl_scratches_take(&scratches, &cursor), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
