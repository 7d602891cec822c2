/* SPDX-License-Identifier: BSD-3-Clause */
/* How long nobody was there, by the clocks that outlive the process. */
#include "support.h"

#include "keeping_internal.h"

static const uint8_t one_life[RDL_JOURNAL_ID_LEN] = { 1 }, other_life[RDL_JOURNAL_ID_LEN] = { 2 };

#define DAY_MS (UINT64_C(24) * 3600 * 1000)

/* As of a moment by the two clocks; the run's own says nothing. */
static struct rdl_journal_stamp at(uint64_t boot_ms, uint64_t wall_ms)
{
	return (struct rdl_journal_stamp){ 12345, boot_ms, wall_ms };
}

static void assert_between(const struct rdl_journal_stamp *then,
	const struct rdl_journal_stamp *moment, const uint8_t *life, uint64_t ms)
{
	assert_int_equal(keeping_between_ms(then, one_life, moment, life), ms);
}

static void within_a_life_of_the_machine(void **state)
{
	struct rdl_journal_stamp then = at(1000, 50 * DAY_MS), later = at(4500, 50 * DAY_MS + 3600);

	assert_between(&then, &later, one_life, 3500);
	/* Whatever was done to the wall's clock meanwhile. */
	later.wall_ms += DAY_MS;
	assert_between(&then, &later, one_life, 3500);
	later.wall_ms -= 2 * DAY_MS;
	assert_between(&then, &later, one_life, 3500);
}

static void after_a_reboot(void **state)
{
	struct rdl_journal_stamp then = at(90000, 50 * DAY_MS), later = at(70, 50 * DAY_MS + 8000);

	assert_between(&then, &later, other_life, 8000);
	/* More time since the boot says nothing: it is another one's. */
	later.boot_ms = 5 * DAY_MS;
	assert_between(&then, &later, other_life, 8000);
}

static void never_negative(void **state)
{
	struct rdl_journal_stamp then = at(1000, 50 * DAY_MS), later = at(70, 49 * DAY_MS);

	assert_between(&then, &later, other_life, 0);
	assert_between(&then, &then, one_life, 0);
	assert_between(&then, &later, one_life, 0);
}

static void clocks_go_on(void **state)
{
	struct rdl_journal_stamp now = keeping_now();

	assert_true(now.boot_ms > 0);
	/* After this was written. */
	assert_true(now.wall_ms > 20000 * DAY_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(within_a_life_of_the_machine),
		cmocka_unit_test(after_a_reboot),
		cmocka_unit_test(never_negative),
		cmocka_unit_test(clocks_go_on),
	};

	return RUN_TESTS(tests);
}
