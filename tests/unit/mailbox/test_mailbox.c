/* SPDX-License-Identifier: BSD-3-Clause */
/* Askers on threads, and an owner that answers or does not. */
#include "support.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mailbox.h"

#define ASKERS 4
#define QUESTIONS 200
/* Longer than any answer takes. */
#define PATIENCE_MS 20000

static struct {
	struct rdl_mailbox mailbox;
	unsigned question, answer;
} box;
static unsigned askers_left;
static int ahead_s; /* of the system's clock */

/* In place of the system's, for this program. */
int clock_gettime(clockid_t id, struct timespec *now)
{
	long ret = syscall(SYS_clock_gettime, id, now);

	now->tv_sec += __atomic_load_n(&ahead_s, __ATOMIC_ACQUIRE);
	return (int)ret;
}

static void *ask_on(void *self)
{
	unsigned first = *(const unsigned *)self, wrong = 0;
	struct timespec end;

	for (unsigned n = first; n < first + QUESTIONS; n++) {
		if (!rdl_mailbox_take(&box.mailbox, PATIENCE_MS, &end)) {
			wrong++;
			continue;
		}
		box.question = n;
		wrong += !rdl_mailbox_ask(&box.mailbox, &end) || box.answer != n * 3 + 1;
		rdl_mailbox_give_back(&box.mailbox);
	}
	__atomic_sub_fetch(&askers_left, 1, __ATOMIC_RELEASE);
	return (void *)(uintptr_t)wrong;
}

static void each_has_its_own_answer(void **state)
{
	unsigned firsts[ASKERS], answered = 0;
	pthread_t askers[ASKERS];

	rdl_mailbox_init(&box.mailbox);
	askers_left = ASKERS;
	for (unsigned i = 0; i < ASKERS; i++) {
		firsts[i] = i * 1000;
		assert_int_equal(pthread_create(&askers[i], NULL, ask_on, &firsts[i]), 0);
	}
	while (__atomic_load_n(&askers_left, __ATOMIC_ACQUIRE) > 0) {
		static const struct timespec pause = { .tv_nsec = 1000 };

		if (!rdl_mailbox_pending(&box.mailbox)) {
			nanosleep(&pause, NULL);
			continue;
		}
		assert_true(rdl_mailbox_begin(&box.mailbox));
		box.answer = box.question * 3 + 1;
		answered++;
		rdl_mailbox_end(&box.mailbox);
	}
	for (unsigned i = 0; i < ASKERS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(askers[i], &wrong), 0);
		assert_null(wrong);
	}
	assert_int_equal(answered, ASKERS * QUESTIONS);
}

static void an_owner_that_does_not_answer(void **state)
{
	struct timespec end;

	rdl_mailbox_init(&box.mailbox);
	assert_true(rdl_mailbox_take(&box.mailbox, 20, &end));
	assert_false(rdl_mailbox_ask(&box.mailbox, &end));
	/* Taken back: nothing is left for the owner. */
	assert_false(rdl_mailbox_pending(&box.mailbox));
	assert_false(rdl_mailbox_begin(&box.mailbox));
	rdl_mailbox_give_back(&box.mailbox);
}

static void *take_in_vain(void *self)
{
	struct timespec end;

	return rdl_mailbox_take(&box.mailbox, 20, &end) ? self : NULL;
}

static void others_have_the_turn(void **state)
{
	struct timespec end;
	pthread_t other;
	void *had;

	rdl_mailbox_init(&box.mailbox);
	assert_true(rdl_mailbox_take(&box.mailbox, PATIENCE_MS, &end));
	assert_int_equal(pthread_create(&other, NULL, take_in_vain, &box), 0);
	assert_int_equal(pthread_join(other, &had), 0);
	assert_null(had);
	rdl_mailbox_give_back(&box.mailbox);
	assert_int_equal(pthread_create(&other, NULL, take_in_vain, &box), 0);
	assert_int_equal(pthread_join(other, &had), 0);
	assert_ptr_equal(had, &box);
}

/* Begins, and is late. */
static void *answer_late(void *self)
{
	static const struct timespec pause = { .tv_nsec = 20 * 1000000 };

	while (!rdl_mailbox_begin(&box.mailbox))
		sched_yield();
	__atomic_store_n(&ahead_s, 3600, __ATOMIC_RELEASE);
	nanosleep(&pause, NULL);
	box.answer = 77;
	rdl_mailbox_end(&box.mailbox);
	return self;
}

/* Who has begun is waited for: the answer is written where the next question would lie. */
static void an_owner_that_is_just_at_it(void **state)
{
	struct timespec end;
	pthread_t owner;

	rdl_mailbox_init(&box.mailbox);
	assert_int_equal(pthread_create(&owner, NULL, answer_late, &box), 0);
	assert_true(rdl_mailbox_take(&box.mailbox, PATIENCE_MS, &end));
	assert_true(rdl_mailbox_ask(&box.mailbox, &end));
	assert_int_equal(box.answer, 77);
	rdl_mailbox_give_back(&box.mailbox);
	assert_int_equal(pthread_join(owner, NULL), 0);
	ahead_s = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own_answer),
		cmocka_unit_test(an_owner_that_does_not_answer),
		cmocka_unit_test(others_have_the_turn),
		cmocka_unit_test(an_owner_that_is_just_at_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
