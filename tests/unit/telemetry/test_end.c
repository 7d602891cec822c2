/* SPDX-License-Identifier: BSD-3-Clause */
/* The end: nobody comes in any more, who is inside is waited for, who is connected is cut off. */
#include "fixture.h"

#include <pthread.h>
#include <sys/wait.h>

static int stopped;

static void *stops(void *unused)
{
	(void)unused;
	telemetry_stop();
	__atomic_store_n(&stopped, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Somebody in a process of its own: asks, hears null, and is hung up on. */
static pid_t visitor(int *ready)
{
	int ends[2];
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char octet;
		int fd = connected();

		if (write(ends[1], "", 1) != 1)
			_exit(1);
		/* Whatever is heard, the last of it is the end. */
		while (recv(fd, &octet, 1, 0) > 0)
			;
		_exit(0);
	}
	close(ends[1]);
	*ready = ends[0];
	return child;
}

static void who_is_inside(void **state)
{
	struct rdl_object_list *list = gateway_list(1, 1);
	pthread_t thread;
	char octet;
	int ready, status, other = connected();
	pid_t child = visitor(&ready);

	gateway_register("a", 60, list);
	free(list);
	assert_int_equal(read(ready, &octet, 1), 1);
	close(ready);
	/* A question is under way that no owner answers. */
	say(socket_fd, "/rdline/registration,a");
	while (!rdl_mailbox_pending(&gateway_owners.cores[0]->question.mailbox) &&
		!rdl_mailbox_pending(&gateway_owners.cores[1]->question.mailbox))
		usleep(50);
	assert_int_equal(pthread_create(&thread, NULL, stops, NULL), 0);
	/* Nobody comes in any more: others are told so at once. */
	do
		say(other, "/rdline/stats");
	while (strcmp(heard_from(other), "{\"/rdline/stats\":null}") != 0);
	/* Nobody is cut off, however long that takes. */
	usleep(20000);
	say(other, "/rdline/registrations");
	assert_string_equal(heard_from(other), "{\"/rdline/registrations\":null}");
	assert_int_equal(__atomic_load_n(&stopped, __ATOMIC_ACQUIRE), 0);
	/* It has its answer, and only then all are cut off. */
	own_clock_pass(QUESTION_WAIT_MS);
	assert_string_equal(heard_from(socket_fd), "{\"/rdline/registration\":null}");
	close(other);
	close(socket_fd);
	socket_fd = -1;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_null(telemetry_hold());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TELEMETRY_TEST(who_is_inside),
	};

	return RUN_TELEMETRY_TESTS(tests);
}
